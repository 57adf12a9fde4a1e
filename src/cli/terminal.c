/* SPDX-License-Identifier: MIT
 *
 * The user's terminal on a board's prompt; see terminal.h.  The only file of the
 * program that changes terminal settings.
 */
#include "terminal.h"
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* LOOK_MS of waiting in turn for the board and the keyboard.  Pasted text goes in
 * pieces that the board's 259-byte ring takes. */
enum { LEAVE_KEY = 0x1D, LOOK_MS = 20, PIECE = 128, LAST_WORDS_MS = 500 };

typedef struct session {
    espy_link *link;
    bool tty;
    bool ended;
} session;

static uint64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static espy_status show(const uint8_t *bytes, size_t n, espy_err *err)
{
    while (n > 0) {
        ssize_t k = write(STDOUT_FILENO, bytes, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return espy_fail(err, ESPY_E_IO, "cannot write to the terminal: %s", strerror(errno));
        bytes += k;
        n -= (size_t)k;
    }
    return ESPY_OK;
}

static espy_status from_board(session *s, uint32_t ms, size_t *got, espy_err *err)
{
    uint8_t bytes[1024];
    espy_status st = espy_link_read(s->link, bytes, sizeof bytes, ms, got, err);
    return st == ESPY_OK ? show(bytes, *got, err) : st;
}

/* Takes what is typed within wait_ms to the board. */
static espy_status from_user(session *s, int wait_ms, espy_err *err)
{
    uint8_t keys[PIECE];
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&in, 1, wait_ms) <= 0)
        return ESPY_OK;
    ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
    if (n < 0 && errno == EINTR)
        return ESPY_OK;
    s->ended = n <= 0;
    size_t count = 0;
    for (; n > 0 && count < (size_t)n; count++) {
        if (s->tty && keys[count] == LEAVE_KEY) {
            s->ended = true;
            break;
        }
        if (!s->tty && keys[count] == '\n')
            keys[count] = '\r';
    }
    return count > 0 ? espy_link_write(s->link, keys, count, err) : ESPY_OK;
}

/* A virtual board's clock may run ahead of the wall's: a silent look at it that
 * was over at once leaves the rest of its time to the keyboard. */
static espy_status turn(session *s, espy_err *err)
{
    size_t got;
    uint64_t start = wall_ms();
    espy_status st = from_board(s, LOOK_MS, &got, err);
    uint64_t took = wall_ms() - start;
    int wait_ms = got == 0 && took < LOOK_MS ? (int)(LOOK_MS - took) : 0;
    return st == ESPY_OK ? from_user(s, wait_ms, err) : st;
}

static espy_status last_words(session *s, espy_err *err)
{
    size_t got;
    espy_status st;
    do
        st = from_board(s, LAST_WORDS_MS, &got, err);
    while (st == ESPY_OK && got > 0);
    return st;
}

espy_status espy_terminal_run(espy_link *link, espy_err *err)
{
    struct termios saved, raw;
    session s = {.link = link, .tty = tcgetattr(STDIN_FILENO, &saved) == 0};
    if (s.tty) {
        raw = saved;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    espy_status st = espy_link_write(link, (const uint8_t *)"\r", 1, err); /* shows a prompt */
    while (st == ESPY_OK && !s.ended && !espy_cli_cancelled(NULL))         /* Ctrl-C is the board's; this is SIGTERM */
        st = turn(&s, err);
    if (st == ESPY_OK && !s.tty)
        st = last_words(&s, err);
    if (s.tty)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    show((const uint8_t *)"\r\n", 2, NULL);
    return st;
}

/* The terminal's settings before espy_terminal_keys_begin(). */
static struct termios before_keys;

/* A program in the background that reads its terminal, or changes it, is stopped. */
static bool in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool espy_terminal_keys_begin(void)
{
    if (tcgetattr(STDIN_FILENO, &before_keys) != 0 || !in_foreground())
        return false;
    struct termios keys = before_keys;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

size_t espy_terminal_keys(char *keys, size_t cap)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!in_foreground() || poll(&in, 1, 0) <= 0)
        return 0;
    ssize_t n = read(STDIN_FILENO, keys, cap);
    return n > 0 ? (size_t)n : 0;
}

void espy_terminal_keys_end(void)
{
    if (in_foreground())
        tcsetattr(STDIN_FILENO, TCSANOW, &before_keys);
}
