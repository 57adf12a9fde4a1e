/* SPDX-License-Identifier: MIT
 *
 * A virtual board on serial ports that other programs open: pseudo-terminals, raw TCP and
 * RFC 2217, any number at once.  The board follows the wall clock.
 *
 * All ports are ends of the one USB-to-serial bridge on the board: each shows what UART0
 * sends, and what comes from each goes to UART0 in turn.  A program that writes faster than
 * the board reads is held up, not robbed; one that does not read what comes loses it once
 * its queue is full, as at a bridge.  RFC 2217 carries DTR, RTS, rate and frame; raw TCP has
 * none of them, and a pseudo-terminal a rate alone.  With the key port=usb in the board's name they
 * are ends of the serial port that the chip's own USB shows.
 *
 *     espy_serve_open(&serve, &config, &err);
 *     while (not to end && espy_serve_turn(serve, -1, 1000, &err) == ESPY_OK)
 *         ;
 *     espy_serve_close(serve);
 */
#ifndef ESPY_SERVE_H
#define ESPY_SERVE_H

#include "espy/machine.h"

typedef enum espy_serve_kind {
    ESPY_SERVE_PTY,     /* where: the path of a symbolic link to make, or NULL for none */
    ESPY_SERVE_TCP,     /* where: "PORT" on the loopback interface, or "HOST:PORT" */
    ESPY_SERVE_RFC2217, /* the same */
    ESPY_SERVE_CONTROL  /* where: the path of a Unix socket that takes the words of
                         * src/emu/port/control.h */
} espy_serve_kind;

typedef struct espy_serve_port {
    espy_serve_kind kind;
    const char *where;
} espy_serve_port;

typedef struct espy_serve_config {
    const char *board;            /* "MODEL[,key=value...]"; clock= is always real */
    const char *flash_path;       /* instead of the key flash=, or NULL; made blank if it is not there */
    const espy_serve_port *ports; /* at least one */
    size_t port_count;
    bool download;       /* starts in download mode, as if BOOT had been held */
    const espy_log *log; /* may be NULL */
} espy_serve_config;

typedef struct espy_serve espy_serve;

/* Opens the ports, then the board.  Fails whole: what it has made is removed again.
 * ESPY_E_ARG: no such model, key or place, or a flash file of another size than the chip's;
 * ESPY_E_IO: the system refuses a path, a port or the flash file. */
espy_status espy_serve_open(espy_serve **serve, const espy_serve_config *config, espy_err *err);
/* Lets the board run and the ports talk until `ms` milliseconds have passed, input_fd can be
 * read (-1: none), a signal came, or something else happened: at least one turn. */
espy_status espy_serve_turn(espy_serve *serve, int input_fd, uint32_t ms, espy_err *err);
/* Ends it: links and sockets are removed, the flash file is kept.  NULL is allowed. */
void espy_serve_close(espy_serve *serve);

/* Port n of the configuration as a program opens it: the path, "socket://HOST:PORT" or
 * "rfc2217://HOST:PORT". */
const char *espy_serve_name(const espy_serve *serve, size_t n);
const espy_model *espy_serve_model(const espy_serve *serve);
/* What the control socket takes, such as "boot 1"; true if it was understood. */
bool espy_serve_control(espy_serve *serve, const char *line);

typedef struct espy_serve_state {
    bool boot, reset; /* held down */
    bool power;
    bool ended; /* somebody said "quit" */
} espy_serve_state;

espy_serve_state espy_serve_get_state(const espy_serve *serve);
/* What stopped the board (espy_machine_fault), the first time it is asked for since then; or NULL. */
const espy_err *espy_serve_new_fault(espy_serve *serve);

#endif
