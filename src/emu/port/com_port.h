/* SPDX-License-Identifier: MIT
 *
 * The server's side of a serial port behind Telnet, without I/O: RFC 2217's COM-PORT option
 * with RFC 854's negotiation.
 *
 * A terminal program without COM-PORT gets along too: the server offers to echo, as the
 * board's prompt does, so that such a program sends each key at once.
 *
 * The bridge's CTS is tied to "ready", and the bridge always has room: with RTS/CTS flow
 * control nothing ever waits.  RTS stays the client's then too, since it is what resets
 * the board.
 *
 * Left out: flow control by XON/XOFF, DCD and DSR (an answer says so), mark and space
 * parity, and the notices of line and modem state: nothing on the board is wired to the
 * bridge's DSR, RI and DCD, so that there is one notice, and no change to tell.
 */
#ifndef ESPY_EMU_PORT_COM_PORT_H
#define ESPY_EMU_PORT_COM_PORT_H

#include "../../base/telnet.h"

/* The frame of a character, by the numbers of RFC 2217. */
typedef struct espy_com_frame {
    uint8_t data_size; /* 5 to 8 */
    uint8_t parity;    /* 1 none, 2 odd, 3 even */
    uint8_t stop_size; /* 1; 2; 3 is one and a half */
} espy_com_frame;

/* The port behind the server. */
typedef struct espy_com_port_ops {
    void (*data)(void *self, const uint8_t *bytes, size_t n);
    void (*baud)(void *self, uint32_t baud);
    void (*frame)(void *self, const espy_com_frame *frame);
    void (*lines)(void *self, bool dtr, bool rts); /* true asserts */
    void (*send_break)(void *self, bool on);
    /* Drops what waits for the client, and what waits for the board. */
    void (*purge)(void *self, bool received, bool sent);
} espy_com_port_ops;

typedef enum espy_com_agreement { ESPY_COM_NO, ESPY_COM_ASKED, ESPY_COM_YES } espy_com_agreement;

/* One client; set ops, self, baud and frame, the rest is 0 at first. */
typedef struct espy_com_port {
    const espy_com_port_ops *ops;
    void *self;
    uint32_t baud;
    espy_com_frame frame;
    bool dtr, rts, breaking;
    bool outbound_flow, inbound_flow; /* RTS/CTS */
    bool suspended;                   /* the client asked for silence */
    espy_telnet_reader reader;
    espy_com_agreement we[4], they[4]; /* by the rows of the table of options */
} espy_com_port;

/* Appends to out what a new client is greeted with. */
espy_status espy_com_port_hello(espy_com_port *port, espy_buf *out, espy_err *err);
/* Takes n bytes from the client, in their order: data and commands go to ops, and answers
 * are appended to out.  The bytes are overwritten. */
espy_status espy_com_port_take(espy_com_port *port, uint8_t *bytes, size_t n, espy_buf *out, espy_err *err);

#endif
