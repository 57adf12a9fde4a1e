/* SPDX-License-Identifier: MIT
 *
 * The client's side of a Telnet stream with the COM-PORT option, without I/O
 * (RFC 854, 856, 2217).  Commands in the stream are taken out; what must be answered
 * is put into `reply`.
 */
#ifndef ESPY_LINK_TELNET_H
#define ESPY_LINK_TELNET_H

#include "../base/telnet.h"

typedef struct espy_telnet {
    espy_telnet_reader reader;
    bool will_com_port;    /* the server agreed to COM-PORT */
    bool refused_com_port; /* it will not */
    unsigned answers;      /* COM-PORT answers seen */
    uint32_t baud;         /* the last one the server said it has set, or 0 */
    espy_buf reply;        /* to send back; the owner clears it */
} espy_telnet;

/* Appends the opening negotiation: COM-PORT, binary both ways, no go-ahead. */
espy_status espy_telnet_hello(espy_buf *out, espy_err *err);
/* Takes n received bytes; leaves the data among them at bytes, *kept of them. */
espy_status espy_telnet_take(espy_telnet *telnet, uint8_t *bytes, size_t n, size_t *kept, espy_err *err);

#endif
