/* SPDX-License-Identifier: MIT
 *
 * A Telnet stream with the COM-PORT option, as both of its ends read and write it,
 * without I/O and without an opinion on what is agreed to (RFC 854, 855, 2217).
 */
#ifndef ESPY_BASE_TELNET_H
#define ESPY_BASE_TELNET_H

#include "buf.h"

#include <stdbool.h>

enum {
    ESPY_TELNET_SE = 240,
    ESPY_TELNET_SB = 250,
    ESPY_TELNET_WILL = 251,
    ESPY_TELNET_WONT = 252,
    ESPY_TELNET_DO = 253,
    ESPY_TELNET_DONT = 254,
    ESPY_TELNET_IAC = 255
};

/* Options. */
enum { ESPY_TELNET_BINARY = 0, ESPY_TELNET_ECHO = 1, ESPY_TELNET_NO_GO_AHEAD = 3, ESPY_TELNET_COM_PORT = 44 };

/* COM-PORT commands, client to server; the server's answers, and its notices, are 100 more. */
enum {
    ESPY_COM_SIGNATURE = 0,
    ESPY_COM_SET_BAUDRATE = 1,
    ESPY_COM_SET_DATASIZE = 2,
    ESPY_COM_SET_PARITY = 3,
    ESPY_COM_SET_STOPSIZE = 4,
    ESPY_COM_SET_CONTROL = 5,
    ESPY_COM_NOTIFY_LINESTATE = 6,
    ESPY_COM_NOTIFY_MODEMSTATE = 7,
    ESPY_COM_FLOWCONTROL_SUSPEND = 8,
    ESPY_COM_FLOWCONTROL_RESUME = 9,
    ESPY_COM_SET_LINESTATE_MASK = 10,
    ESPY_COM_SET_MODEMSTATE_MASK = 11,
    ESPY_COM_PURGE_DATA = 12,
    ESPY_COM_ANSWER = 100
};

/* Values of SET-CONTROL. */
enum {
    ESPY_COM_ASK_FLOW = 0,
    ESPY_COM_NO_FLOW = 1,
    ESPY_COM_HARDWARE_FLOW = 3, /* both ways */
    ESPY_COM_ASK_BREAK = 4,
    ESPY_COM_BREAK_ON = 5,
    ESPY_COM_BREAK_OFF = 6,
    ESPY_COM_ASK_DTR = 7,
    ESPY_COM_DTR_ON = 8,
    ESPY_COM_DTR_OFF = 9,
    ESPY_COM_ASK_RTS = 10,
    ESPY_COM_RTS_ON = 11,
    ESPY_COM_RTS_OFF = 12,
    ESPY_COM_ASK_INBOUND_FLOW = 13,
    ESPY_COM_NO_INBOUND_FLOW = 14,
    ESPY_COM_HARDWARE_INBOUND_FLOW = 16,
    ESPY_COM_DCD_FLOW = 17,
    ESPY_COM_DSR_FLOW = 19
};

/* The reader of one direction; zero-initialised it is at the start of a stream. */
typedef struct espy_telnet_reader {
    enum {
        ESPY_TELNET_IN_DATA,
        ESPY_TELNET_AFTER_IAC,
        ESPY_TELNET_AFTER_VERB,
        ESPY_TELNET_IN_SUB,
        ESPY_TELNET_IN_SUB_IAC
    } state;
    uint8_t verb, option; /* of the last negotiation */
    uint8_t sub[64];      /* the last subnegotiation, its option first; longer ones are cut */
    size_t sub_size;
} espy_telnet_reader;

typedef enum espy_telnet_event {
    ESPY_TELNET_NOTHING,     /* all was read */
    ESPY_TELNET_NEGOTIATION, /* verb and option */
    ESPY_TELNET_COMMAND      /* sub[] */
} espy_telnet_event;

/* Reads up to the end of the next command, or all n bytes: *used of them.  The data
 * among those are left at bytes, *kept of them. */
espy_telnet_event espy_telnet_read(espy_telnet_reader *reader, uint8_t *bytes, size_t n, size_t *used, size_t *kept);

/* Appends WILL, WONT, DO or DONT of an option. */
espy_status espy_telnet_negotiate(espy_buf *out, uint8_t verb, uint8_t option, espy_err *err);
/* Appends one COM-PORT command with its value, escaped. */
espy_status espy_telnet_com_port(espy_buf *out, uint8_t command, const uint8_t *value, size_t n, espy_err *err);
/* Appends data, each 0xFF doubled. */
espy_status espy_telnet_escape(espy_buf *out, const uint8_t *bytes, size_t n, espy_err *err);

#endif
