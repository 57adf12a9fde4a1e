/* SPDX-License-Identifier: MIT
 *
 * The client's side of a Telnet stream with the COM-PORT option, without I/O
 * (RFC 854, 856, 2217).  Commands in the stream are taken out; what must be answered
 * is put into `reply`.
 */
#ifndef ESPY_LINK_TELNET_H
#define ESPY_LINK_TELNET_H

#include "espy/err.h"

#include "../base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* COM-PORT commands, client to server; the server's answers are 100 more. */
enum {
    ESPY_COM_SET_BAUDRATE = 1,
    ESPY_COM_SET_DATASIZE = 2,
    ESPY_COM_SET_PARITY = 3,
    ESPY_COM_SET_STOPSIZE = 4,
    ESPY_COM_SET_CONTROL = 5,
    ESPY_COM_PURGE_DATA = 12
};

typedef struct espy_telnet {
    enum { ESPY_TELNET_DATA, ESPY_TELNET_IAC, ESPY_TELNET_OPTION, ESPY_TELNET_SUB, ESPY_TELNET_SUB_IAC } state;
    uint8_t verb;    /* of the option being read */
    uint8_t sub[16]; /* the subnegotiation being read; longer ones are cut */
    size_t sub_size;
    bool will_com_port;    /* the server agreed to COM-PORT */
    bool refused_com_port; /* it will not */
    unsigned answers;      /* COM-PORT answers seen */
    espy_buf reply;        /* to send back; the owner clears it */
} espy_telnet;

/* Appends the opening negotiation: COM-PORT, binary both ways, no go-ahead. */
espy_status espy_telnet_hello(espy_buf *out, espy_err *err);
/* Appends one COM-PORT command with its value, escaped. */
espy_status espy_telnet_com_port(espy_buf *out, uint8_t command, const uint8_t *value, size_t n, espy_err *err);
/* Appends data, each 0xFF doubled. */
espy_status espy_telnet_escape(espy_buf *out, const uint8_t *bytes, size_t n, espy_err *err);
/* Takes n received bytes; leaves the data among them at bytes, *kept of them. */
espy_status espy_telnet_take(espy_telnet *telnet, uint8_t *bytes, size_t n, size_t *kept, espy_err *err);

#endif
