/* SPDX-License-Identifier: MIT
 *
 * The client of Telnet with the COM-PORT option (RFC 854, 856, 2217); see the header.  Left
 * out: the server's notices of line and modem state, which are read and dropped.
 */
#include "telnet.h"

#include <string.h>

espy_status espy_telnet_hello(espy_buf *out, espy_err *err)
{
    static const uint8_t options[] = {ESPY_TELNET_COM_PORT, ESPY_TELNET_BINARY, ESPY_TELNET_NO_GO_AHEAD};
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < sizeof options && st == ESPY_OK; i++) {
        st = espy_telnet_negotiate(out, ESPY_TELNET_WILL, options[i], err);
        if (st == ESPY_OK)
            st = espy_telnet_negotiate(out, ESPY_TELNET_DO, options[i], err);
    }
    return st;
}

static bool wanted(uint8_t option)
{
    return option == ESPY_TELNET_BINARY || option == ESPY_TELNET_NO_GO_AHEAD || option == ESPY_TELNET_COM_PORT;
}

/* The options in wanted() were asked for by us: an agreement needs no answer.  All
 * others are declined once asked. */
static espy_status negotiated(espy_telnet *telnet, uint8_t verb, uint8_t option, espy_err *err)
{
    bool yes = verb == ESPY_TELNET_DO || verb == ESPY_TELNET_WILL;
    if (option == ESPY_TELNET_COM_PORT && yes)
        telnet->will_com_port = true;
    if (option == ESPY_TELNET_COM_PORT && !yes)
        telnet->refused_com_port = true;
    if (wanted(option) || !yes)
        return ESPY_OK;
    uint8_t no = verb == ESPY_TELNET_DO ? ESPY_TELNET_WONT : ESPY_TELNET_DONT;
    return espy_telnet_negotiate(&telnet->reply, no, option, err);
}

/* The answer to a command; a notice of line or modem state is none. */
static bool is_answer(const espy_telnet_reader *r)
{
    return r->sub_size >= 2 && r->sub[0] == ESPY_TELNET_COM_PORT && r->sub[1] >= ESPY_COM_ANSWER &&
           r->sub[1] != ESPY_COM_ANSWER + ESPY_COM_NOTIFY_LINESTATE &&
           r->sub[1] != ESPY_COM_ANSWER + ESPY_COM_NOTIFY_MODEMSTATE;
}

static void answered(espy_telnet *telnet)
{
    const espy_telnet_reader *r = &telnet->reader;
    telnet->answers++;
    if (r->sub[1] == ESPY_COM_ANSWER + ESPY_COM_SET_BAUDRATE && r->sub_size >= 6)
        telnet->baud = (uint32_t)r->sub[2] << 24 | (uint32_t)r->sub[3] << 16 | (uint32_t)r->sub[4] << 8 | r->sub[5];
}

espy_status espy_telnet_take(espy_telnet *telnet, uint8_t *bytes, size_t n, size_t *kept, espy_err *err)
{
    const espy_telnet_reader *r = &telnet->reader;
    espy_status st = ESPY_OK;
    *kept = 0;
    for (size_t at = 0; at < n && st == ESPY_OK;) {
        size_t used, data;
        espy_telnet_event event = espy_telnet_read(&telnet->reader, bytes + at, n - at, &used, &data);
        memmove(bytes + *kept, bytes + at, data);
        *kept += data;
        at += used;
        if (event == ESPY_TELNET_NEGOTIATION)
            st = negotiated(telnet, r->verb, r->option, err);
        else if (event == ESPY_TELNET_COMMAND && is_answer(r))
            answered(telnet);
    }
    return st;
}
