/* SPDX-License-Identifier: MIT
 *
 * Telnet with the COM-PORT option (RFC 854, 856, 2217); see the header.  Left out: the
 * server's notices of line and modem state, which are read and dropped.
 */
#include "telnet.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { BINARY = 0, SUPPRESS_GO_AHEAD = 3, COM_PORT = 44 };

/* The first of the server's COM-PORT answers. */
enum { SERVER_ANSWER = 100 };

espy_status espy_telnet_hello(espy_buf *out, espy_err *err)
{
    static const uint8_t hello[] = {IAC, WILL, COM_PORT, IAC, DO,   COM_PORT,          IAC, WILL, BINARY,
                                    IAC, DO,   BINARY,   IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO,   SUPPRESS_GO_AHEAD};
    return espy_buf_append(out, hello, sizeof hello, err);
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
    const uint8_t begin[] = {IAC, SB, COM_PORT, command}, end[] = {IAC, SE};
    espy_status st = espy_buf_append(out, begin, sizeof begin, err);
    if (st == ESPY_OK)
        st = espy_telnet_escape(out, value, n, err);
    if (st == ESPY_OK)
        st = espy_buf_append(out, end, sizeof end, err);
    return st;
}

static bool wanted(uint8_t option)
{
    return option == BINARY || option == SUPPRESS_GO_AHEAD || option == COM_PORT;
}

/* The options in wanted() were asked for by us: an agreement needs no answer.  All
 * others are declined once asked. */
static espy_status negotiate(espy_telnet *telnet, uint8_t option, espy_err *err)
{
    if (option == COM_PORT && (telnet->verb == DO || telnet->verb == WILL))
        telnet->will_com_port = true;
    if (option == COM_PORT && (telnet->verb == DONT || telnet->verb == WONT))
        telnet->refused_com_port = true;
    if (wanted(option) || telnet->verb == DONT || telnet->verb == WONT)
        return ESPY_OK;
    const uint8_t no[] = {IAC, telnet->verb == DO ? WONT : DONT, option};
    return espy_buf_append(&telnet->reply, no, sizeof no, err);
}

static void end_sub(espy_telnet *telnet)
{
    if (telnet->sub_size >= 2 && telnet->sub[0] == COM_PORT && telnet->sub[1] >= SERVER_ANSWER)
        telnet->answers++;
    telnet->state = ESPY_TELNET_DATA;
}

static void add_sub(espy_telnet *telnet, uint8_t byte)
{
    if (telnet->sub_size < sizeof telnet->sub)
        telnet->sub[telnet->sub_size++] = byte;
    telnet->state = ESPY_TELNET_SUB;
}

/* After an IAC in the data: true where the byte is data after all. */
static bool command(espy_telnet *telnet, uint8_t byte)
{
    telnet->state = ESPY_TELNET_DATA;
    if (byte == SB) {
        telnet->sub_size = 0;
        telnet->state = ESPY_TELNET_SUB;
    } else if (byte >= WILL && byte <= DONT) {
        telnet->verb = byte;
        telnet->state = ESPY_TELNET_OPTION;
    }
    return byte == IAC;
}

static espy_status take(espy_telnet *telnet, uint8_t byte, bool *data, espy_err *err)
{
    *data = false;
    switch (telnet->state) {
    case ESPY_TELNET_DATA:
        *data = byte != IAC;
        if (byte == IAC)
            telnet->state = ESPY_TELNET_IAC;
        break;
    case ESPY_TELNET_IAC: *data = command(telnet, byte); break;
    case ESPY_TELNET_OPTION: telnet->state = ESPY_TELNET_DATA; return negotiate(telnet, byte, err);
    case ESPY_TELNET_SUB:
        if (byte == IAC)
            telnet->state = ESPY_TELNET_SUB_IAC;
        else
            add_sub(telnet, byte);
        break;
    case ESPY_TELNET_SUB_IAC:
        if (byte == SE)
            end_sub(telnet);
        else
            add_sub(telnet, byte);
        break;
    }
    return ESPY_OK;
}

espy_status espy_telnet_take(espy_telnet *telnet, uint8_t *bytes, size_t n, size_t *kept, espy_err *err)
{
    *kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool data;
        espy_status st = take(telnet, bytes[i], &data, err);
        if (st != ESPY_OK)
            return st;
        if (data)
            bytes[(*kept)++] = bytes[i];
    }
    return ESPY_OK;
}
