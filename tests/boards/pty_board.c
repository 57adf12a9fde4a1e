/* SPDX-License-Identifier: MIT
 *
 * Puts a virtual board's UART0 on a pseudo-terminal, for programs that want a
 * serial port: prints the terminal's name and runs until it is killed.  There are
 * no modem lines on a pseudo-terminal, so nothing can reset the board.
 * Usage: pty_board SPEC, where SPEC is what follows "emu:".
 */
#define _GNU_SOURCE

#include "espy/link.h"
#include "espy/machine.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* Opens both ends, so that the terminal outlives the programs that use it. */
static int open_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return -1;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios settings;
    if (slave < 0 || tcgetattr(slave, &settings) != 0)
        return -1;
    cfmakeraw(&settings);
    if (tcsetattr(slave, TCSANOW, &settings) != 0 || fcntl(master, F_SETFL, O_NONBLOCK) != 0)
        return -1;
    return master;
}

static void write_all(int fd, const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t done = write(fd, bytes + at, n - at);
        if (done > 0)
            at += (size_t)done;
        else
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 100);
    }
}

/* Carries bytes both ways; where neither side has any, waits a millisecond. */
static espy_status carry(espy_link *link, int master, espy_err *err)
{
    uint8_t bytes[4096];
    size_t got = 0;
    ssize_t typed = read(master, bytes, sizeof bytes);
    espy_status st = typed > 0 ? espy_link_write(link, bytes, (size_t)typed, err) : ESPY_OK;
    if (st == ESPY_OK)
        st = espy_link_read(link, bytes, sizeof bytes, 2, &got, err);
    write_all(master, bytes, got);
    if (typed <= 0 && got == 0)
        poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 1);
    return st;
}

int main(int argc, char **argv)
{
    espy_link *link = NULL;
    espy_err err = {0};
    int master = open_terminal();
    if (argc != 2 || master < 0 || espy_emu_link_open(&link, argv[1], NULL, &err) != ESPY_OK) {
        fprintf(stderr, "pty_board: %s\n", err.status != ESPY_OK ? err.text : "no terminal, or not one SPEC");
        return 1;
    }
    printf("%s\n", ptsname(master));
    fflush(stdout);
    while (carry(link, master, &err) == ESPY_OK)
        ;
    espy_link_close(link);
    return 1;
}
