/* SPDX-License-Identifier: MIT
 *
 * One program at a served port: what it sends goes to the bridge, what the board sends goes
 * into its queue.  A pseudo-terminal is one client for good, whoever has it open.
 */
#ifndef ESPY_EMU_PORT_CLIENT_H
#define ESPY_EMU_PORT_CLIENT_H

#include "espy/serve.h"

#include "bridge.h"
#include "com_port.h"
#include "pty.h"

typedef struct espy_client {
    espy_serve_kind kind;
    espy_bridge *bridge;
    int fd; /* -1: it has gone */
    espy_pty *pty;
    bool eof;       /* the program has said all that it will */
    bool quit;      /* CONTROL: that was the word */
    bool deaf;      /* what it says now is not for the board */
    unsigned falls; /* of EN that it has noticed */
    espy_buf in;    /* from the program: for the board, or CONTROL: commands that are not done */
    espy_buf data;  /* from the board */
    espy_buf out;   /* on its way to the program, framed */
    espy_com_port com;
    uint32_t baud;   /* PTY: as last seen */
    char reply[512]; /* CONTROL: due when the bridge is no longer busy, or "" */
} espy_client;

/* Takes over the descriptor, which is non-blocking; of a PTY it is the pty's own. */
espy_status espy_client_open(espy_client **client, espy_serve_kind kind, int fd, espy_pty *pty, espy_bridge *bridge,
                             espy_err *err);
/* Also closes the descriptor, save a PTY's. */
void espy_client_free(espy_client *client);

/* What to poll for. */
short espy_client_events(const espy_client *client);
/* The descriptor is ready as revents says: reads and writes what it can. */
void espy_client_ready(espy_client *client, short revents);
/* Time has passed: settings may have changed, an answer may be due. */
void espy_client_turn(espy_client *client);
/* The board has sent this. */
void espy_client_send(espy_client *client, const uint8_t *bytes, size_t n);

#endif
