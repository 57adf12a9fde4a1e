/* SPDX-License-Identifier: MIT
 *
 * A pseudo-terminal that looks like a serial port: raw at 115200 baud for whoever opens it
 * first, with a symbolic link to it where the user wants one.
 *
 * A pseudo-terminal has no modem lines.  Its rate is what the program on it asked for, and
 * is read back.  As a USB bridge's driver does, the board's output is dropped while no
 * program has the port open, what one did not read is gone when it closes, and the next one
 * finds the port as the first did.
 */
#ifndef ESPY_EMU_PORT_PTY_H
#define ESPY_EMU_PORT_PTY_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_pty {
    int master;
    int slave;      /* our own: keeps the terminal and its settings */
    int watch;      /* readable when a program opens or closes it; -1: it is taken to be open */
    unsigned users; /* programs that have it open */
    bool stale;     /* the last one has gone, and what it left is still there */
    char device[64];
    char *link; /* NULL: none */
} espy_pty;

/* link: NULL for none.  What is at that path stays and is an error, unless it is a link to
 * a pseudo-terminal that is gone. */
espy_status espy_pty_open(espy_pty *pty, const char *link, espy_err *err);
/* Removes the link too; a zeroed pty whose descriptors are -1 is allowed. */
void espy_pty_close(espy_pty *pty);

/* Learns who has come and gone; call it before looking at users. */
void espy_pty_look(espy_pty *pty);
/* What the last program sent has been read: makes the port as new. */
void espy_pty_renew(espy_pty *pty);
/* The rate at which the program on it sends and expects to receive; 0: hung up. */
uint32_t espy_pty_baud(const espy_pty *pty);

/* The operating system's part, in pty_os.c. */
uint32_t espy_pty_os_baud(int fd);
int espy_pty_os_watch(const char *device);
/* Adds the opens since the last call to *opened, and the closes to *closed. */
void espy_pty_os_events(int watch, unsigned *opened, unsigned *closed);

#endif
