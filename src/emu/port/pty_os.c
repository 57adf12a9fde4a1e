/* SPDX-License-Identifier: MIT
 *
 * What POSIX does not say about a pseudo-terminal: any baud rate (Linux: termios2 of
 * tty_ioctl(4)), and who opens and closes it (Linux: inotify(7)).
 */
#include "pty.h"

#ifdef __linux__

/* <asm/termbits.h> and <termios.h> both define struct termios: only one may be had. */
#include <asm/termbits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

uint32_t espy_pty_os_baud(int fd)
{
    struct termios2 mode;
    return ioctl(fd, TCGETS2, &mode) == 0 ? mode.c_ospeed : 0;
}

int espy_pty_os_watch(const char *device)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch >= 0 && inotify_add_watch(watch, device, IN_OPEN | IN_CLOSE) < 0) {
        close(watch);
        return -1;
    }
    return watch;
}

void espy_pty_os_events(int watch, unsigned *opened, unsigned *closed)
{
    char bytes[1024];
    ssize_t n;
    while ((n = read(watch, bytes, sizeof bytes)) > 0)
        for (size_t at = 0; at < (size_t)n;) {
            struct inotify_event event;
            memcpy(&event, bytes + at, sizeof event);
            *opened += (event.mask & IN_OPEN) != 0;
            *closed += (event.mask & IN_CLOSE) != 0;
            at += sizeof event + event.len;
        }
}

#else

#include <termios.h>

uint32_t espy_pty_os_baud(int fd)
{
    struct termios mode;
    return tcgetattr(fd, &mode) == 0 ? (uint32_t)cfgetospeed(&mode) : 0;
}

int espy_pty_os_watch(const char *device)
{
    (void)device;
    return -1;
}

void espy_pty_os_events(int watch, unsigned *opened, unsigned *closed)
{
    (void)watch;
    (void)opened;
    (void)closed;
}

#endif
