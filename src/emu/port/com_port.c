/* SPDX-License-Identifier: MIT
 *
 * A serial port behind Telnet; see the header.
 */
#include "com_port.h"

#include <string.h>

static const char signature[] = "espy, a virtual ESP32-S3 board";

/* What we are ready to do, and what the client may. */
static const struct {
    uint8_t code;
    bool will, may;
} options[] = {
    {ESPY_TELNET_COM_PORT, true, true},
    {ESPY_TELNET_BINARY, true, true},
    {ESPY_TELNET_NO_GO_AHEAD, true, true},
    {ESPY_TELNET_ECHO, true, false},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

espy_status espy_com_port_hello(espy_com_port *port, espy_buf *out, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < OPTIONS && st == ESPY_OK; i++) {
        if (options[i].code != ESPY_TELNET_COM_PORT) {
            port->we[i] = ESPY_COM_ASKED;
            st = espy_telnet_negotiate(out, ESPY_TELNET_WILL, options[i].code, err);
        }
        if (options[i].may && st == ESPY_OK) {
            port->they[i] = ESPY_COM_ASKED;
            st = espy_telnet_negotiate(out, ESPY_TELNET_DO, options[i].code, err);
        }
    }
    return st;
}

/* One side's part in an option: the answer to a wish of the other, or 0 where it needs none. */
static uint8_t settle(espy_com_agreement *have, bool wish, bool ready, uint8_t yes, uint8_t no)
{
    espy_com_agreement had = *have;
    if (!wish) {
        *have = ESPY_COM_NO;
        return had == ESPY_COM_YES ? no : 0;
    }
    if (!ready)
        return no;
    *have = ESPY_COM_YES;
    return had == ESPY_COM_NO ? yes : 0;
}

static espy_status negotiated(espy_com_port *port, espy_buf *out, espy_err *err)
{
    uint8_t verb = port->reader.verb, code = port->reader.option;
    bool ours = verb == ESPY_TELNET_DO || verb == ESPY_TELNET_DONT;
    bool wish = verb == ESPY_TELNET_DO || verb == ESPY_TELNET_WILL;
    uint8_t yes = ours ? ESPY_TELNET_WILL : ESPY_TELNET_DO, no = ours ? ESPY_TELNET_WONT : ESPY_TELNET_DONT;
    uint8_t answer = wish ? no : 0;
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].code == code)
            answer =
                settle(ours ? &port->we[i] : &port->they[i], wish, ours ? options[i].will : options[i].may, yes, no);
    return answer != 0 ? espy_telnet_negotiate(out, answer, code, err) : ESPY_OK;
}

static void set_baud(espy_com_port *port, const uint8_t *value, size_t n)
{
    uint32_t baud =
        n == 4 ? (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 | value[3] : 0;
    if (baud == 0)
        return;
    port->baud = baud;
    port->ops->baud(port->self, baud);
}

/* 0 asks; what the port cannot do leaves it as it is. */
static void set_frame(espy_com_port *port, uint8_t *field, uint8_t value, uint8_t least, uint8_t most)
{
    if (value < least || value > most)
        return;
    *field = value;
    port->ops->frame(port->self, &port->frame);
}

static void set_line(espy_com_port *port, bool *line, bool level)
{
    *line = level;
    port->ops->lines(port->self, port->dtr, port->rts);
}

static void set_break(espy_com_port *port, bool on)
{
    port->breaking = on;
    port->ops->send_break(port->self, on);
}

static uint8_t set_flow(espy_com_port *port, uint8_t value)
{
    if (value == ESPY_COM_NO_FLOW || value == ESPY_COM_HARDWARE_FLOW)
        port->outbound_flow = port->inbound_flow = value == ESPY_COM_HARDWARE_FLOW;
    if (value == ESPY_COM_NO_INBOUND_FLOW || value == ESPY_COM_HARDWARE_INBOUND_FLOW)
        port->inbound_flow = value == ESPY_COM_HARDWARE_INBOUND_FLOW;
    bool inbound = value >= ESPY_COM_ASK_INBOUND_FLOW && value != ESPY_COM_DCD_FLOW && value != ESPY_COM_DSR_FLOW;
    if (inbound)
        return port->inbound_flow ? ESPY_COM_HARDWARE_INBOUND_FLOW : ESPY_COM_NO_INBOUND_FLOW;
    return port->outbound_flow ? ESPY_COM_HARDWARE_FLOW : ESPY_COM_NO_FLOW;
}

/* Returns the state of what was set or asked for. */
static uint8_t control(espy_com_port *port, uint8_t value)
{
    switch (value) {
    case ESPY_COM_BREAK_ON: set_break(port, true); break;
    case ESPY_COM_BREAK_OFF: set_break(port, false); break;
    case ESPY_COM_DTR_ON: set_line(port, &port->dtr, true); break;
    case ESPY_COM_DTR_OFF: set_line(port, &port->dtr, false); break;
    case ESPY_COM_RTS_ON: set_line(port, &port->rts, true); break;
    case ESPY_COM_RTS_OFF: set_line(port, &port->rts, false); break;
    default: break;
    }
    if (value >= ESPY_COM_ASK_BREAK && value <= ESPY_COM_BREAK_OFF)
        return port->breaking ? ESPY_COM_BREAK_ON : ESPY_COM_BREAK_OFF;
    if (value >= ESPY_COM_ASK_DTR && value <= ESPY_COM_DTR_OFF)
        return port->dtr ? ESPY_COM_DTR_ON : ESPY_COM_DTR_OFF;
    if (value >= ESPY_COM_ASK_RTS && value <= ESPY_COM_RTS_OFF)
        return port->rts ? ESPY_COM_RTS_ON : ESPY_COM_RTS_OFF;
    return set_flow(port, value);
}

static espy_status answer(espy_buf *out, uint8_t command, const void *value, size_t n, espy_err *err)
{
    return espy_telnet_com_port(out, (uint8_t)(command + ESPY_COM_ANSWER), value, n, err);
}

static espy_status answer_byte(espy_buf *out, uint8_t command, uint8_t value, espy_err *err)
{
    return answer(out, command, &value, 1, err);
}

static espy_status answer_baud(const espy_com_port *port, espy_buf *out, espy_err *err)
{
    const uint8_t value[] = {(uint8_t)(port->baud >> 24), (uint8_t)(port->baud >> 16), (uint8_t)(port->baud >> 8),
                             (uint8_t)port->baud};
    return answer(out, ESPY_COM_SET_BAUDRATE, value, sizeof value, err);
}

static espy_status commanded(espy_com_port *port, espy_buf *out, espy_err *err)
{
    enum { TRANSMITTER_EMPTY = 0x60, CTS = 0x10 };
    const uint8_t *sub = port->reader.sub, *value = sub + 2;
    size_t n = port->reader.sub_size;
    if (n < 2 || sub[0] != ESPY_TELNET_COM_PORT)
        return ESPY_OK;
    uint8_t first = n > 2 ? value[0] : 0;
    switch (sub[1]) {
    case ESPY_COM_SIGNATURE: return n == 2 ? answer(out, sub[1], signature, strlen(signature), err) : ESPY_OK;
    case ESPY_COM_SET_BAUDRATE: set_baud(port, value, n - 2); return answer_baud(port, out, err);
    case ESPY_COM_SET_DATASIZE:
        set_frame(port, &port->frame.data_size, first, 5, 8);
        return answer_byte(out, sub[1], port->frame.data_size, err);
    case ESPY_COM_SET_PARITY:
        set_frame(port, &port->frame.parity, first, 1, 3);
        return answer_byte(out, sub[1], port->frame.parity, err);
    case ESPY_COM_SET_STOPSIZE:
        set_frame(port, &port->frame.stop_size, first, 1, 3);
        return answer_byte(out, sub[1], port->frame.stop_size, err);
    case ESPY_COM_SET_CONTROL: return answer_byte(out, sub[1], control(port, first), err);
    case ESPY_COM_NOTIFY_LINESTATE: return answer_byte(out, sub[1], TRANSMITTER_EMPTY, err);
    case ESPY_COM_NOTIFY_MODEMSTATE: return answer_byte(out, sub[1], CTS, err);
    case ESPY_COM_FLOWCONTROL_SUSPEND: port->suspended = true; return ESPY_OK;
    case ESPY_COM_FLOWCONTROL_RESUME: port->suspended = false; return ESPY_OK;
    case ESPY_COM_SET_LINESTATE_MASK: return answer_byte(out, sub[1], first, err);
    case ESPY_COM_SET_MODEMSTATE_MASK: return answer_byte(out, sub[1], first, err);
    case ESPY_COM_PURGE_DATA:
        port->ops->purge(port->self, (first & 1) != 0, (first & 2) != 0);
        return answer_byte(out, sub[1], first, err);
    default: return ESPY_OK;
    }
}

espy_status espy_com_port_take(espy_com_port *port, uint8_t *bytes, size_t n, espy_buf *out, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (size_t at = 0; at < n && st == ESPY_OK;) {
        size_t used, kept;
        espy_telnet_event event = espy_telnet_read(&port->reader, bytes + at, n - at, &used, &kept);
        if (kept > 0)
            port->ops->data(port->self, bytes + at, kept);
        at += used;
        if (event == ESPY_TELNET_NEGOTIATION)
            st = negotiated(port, out, err);
        else if (event == ESPY_TELNET_COMMAND)
            st = commanded(port, out, err);
    }
    return st;
}
