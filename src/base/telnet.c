/* SPDX-License-Identifier: MIT
 *
 * Telnet with the COM-PORT option; see the header.
 */
#include "telnet.h"

#define IAC ESPY_TELNET_IAC

espy_status espy_telnet_negotiate(espy_buf *out, uint8_t verb, uint8_t option, espy_err *err)
{
    const uint8_t bytes[] = {IAC, verb, option};
    return espy_buf_append(out, bytes, sizeof bytes, err);
}

espy_status espy_telnet_escape(espy_buf *out, const uint8_t *bytes, size_t n, espy_err *err)
{
    espy_status st = espy_buf_reserve(out, 2 * n, err);
    for (size_t i = 0; i < n && st == ESPY_OK; i++) {
        out->bytes[out->size++] = bytes[i];
        if (bytes[i] == IAC)
            out->bytes[out->size++] = IAC;
    }
    return st;
}

espy_status espy_telnet_com_port(espy_buf *out, uint8_t command, const uint8_t *value, size_t n, espy_err *err)
{
    const uint8_t begin[] = {IAC, ESPY_TELNET_SB, ESPY_TELNET_COM_PORT, command}, end[] = {IAC, ESPY_TELNET_SE};
    espy_status st = espy_buf_append(out, begin, sizeof begin, err);
    if (st == ESPY_OK)
        st = espy_telnet_escape(out, value, n, err);
    if (st == ESPY_OK)
        st = espy_buf_append(out, end, sizeof end, err);
    return st;
}

static void add_sub(espy_telnet_reader *r, uint8_t byte)
{
    if (r->sub_size < sizeof r->sub)
        r->sub[r->sub_size++] = byte;
    r->state = ESPY_TELNET_IN_SUB;
}

/* After an IAC in the data: true where the byte is data after all. */
static bool after_iac(espy_telnet_reader *r, uint8_t byte)
{
    r->state = ESPY_TELNET_IN_DATA;
    if (byte == ESPY_TELNET_SB) {
        r->sub_size = 0;
        r->state = ESPY_TELNET_IN_SUB;
    } else if (byte >= ESPY_TELNET_WILL && byte <= ESPY_TELNET_DONT) {
        r->verb = byte;
        r->state = ESPY_TELNET_AFTER_VERB;
    }
    return byte == IAC;
}

static espy_telnet_event take(espy_telnet_reader *r, uint8_t byte, bool *data)
{
    switch (r->state) {
    case ESPY_TELNET_IN_DATA:
        *data = byte != IAC;
        if (byte == IAC)
            r->state = ESPY_TELNET_AFTER_IAC;
        break;
    case ESPY_TELNET_AFTER_IAC: *data = after_iac(r, byte); break;
    case ESPY_TELNET_AFTER_VERB:
        r->option = byte;
        r->state = ESPY_TELNET_IN_DATA;
        return ESPY_TELNET_NEGOTIATION;
    case ESPY_TELNET_IN_SUB:
        if (byte == IAC)
            r->state = ESPY_TELNET_IN_SUB_IAC;
        else
            add_sub(r, byte);
        break;
    case ESPY_TELNET_IN_SUB_IAC:
        if (byte == ESPY_TELNET_SE) {
            r->state = ESPY_TELNET_IN_DATA;
            return ESPY_TELNET_COMMAND;
        }
        add_sub(r, byte);
        break;
    }
    return ESPY_TELNET_NOTHING;
}

espy_telnet_event espy_telnet_read(espy_telnet_reader *reader, uint8_t *bytes, size_t n, size_t *used, size_t *kept)
{
    espy_telnet_event event = ESPY_TELNET_NOTHING;
    *used = *kept = 0;
    while (*used < n && event == ESPY_TELNET_NOTHING) {
        bool data = false;
        uint8_t byte = bytes[(*used)++];
        event = take(reader, byte, &data);
        if (data)
            bytes[(*kept)++] = byte;
    }
    return event;
}
