/* SPDX-License-Identifier: MIT
 *
 * "rfc2217://HOST:PORT": a serial port behind TCP, with its lines and its baud rate,
 * by Telnet's COM-PORT option (RFC 2217).  Every command is confirmed by the server
 * before the next byte goes out, so that a line change and data keep their order.
 */
#include "telnet.h"
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 3000, FIRST_BAUD = 115200 };

typedef struct remote {
    espy_link link;
    int fd;
    espy_telnet telnet;
    espy_buf early; /* data that came while a confirmation was awaited */
} remote;

static espy_status send_buf(remote *port, espy_buf *buf, espy_err *err)
{
    espy_status st = espy_host_write(port->fd, port->link.name, buf->bytes, buf->size, err);
    espy_buf_clear(buf);
    return st;
}

/* One read from the socket; *got counts data alone. */
static espy_status pump(remote *port, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    size_t n = 0;
    espy_status st = espy_tcp_read(port->fd, port->link.name, bytes, cap, timeout_ms, &n, err);
    if (st == ESPY_OK)
        st = espy_telnet_take(&port->telnet, bytes, n, got, err);
    if (st == ESPY_OK && port->telnet.reply.size > 0)
        st = send_buf(port, &port->telnet.reply, err);
    return st;
}

typedef bool (*condition)(const remote *port, unsigned arg);

static bool answered(const remote *port, unsigned before)
{
    return port->telnet.answers != before;
}

static bool negotiated(const remote *port, unsigned arg)
{
    (void)arg;
    return port->telnet.will_com_port || port->telnet.refused_com_port;
}

static espy_status wait_until(remote *port, condition done, unsigned arg, espy_err *err)
{
    uint64_t deadline = espy_host_now_ms(NULL) + ANSWER_MS;
    while (!done(port, arg)) {
        uint64_t now = espy_host_now_ms(NULL);
        if (now >= deadline) {
            espy_fail(err, ESPY_E_TIMEOUT, "%s has not confirmed a COM-PORT command within %d ms", port->link.name,
                      ANSWER_MS);
            espy_advise(err, "Check that the server speaks RFC 2217; for a raw stream write socket://HOST:PORT.");
            return ESPY_E_TIMEOUT;
        }
        uint8_t bytes[512];
        size_t got = 0;
        espy_status st = pump(port, bytes, sizeof bytes, (uint32_t)(deadline - now), &got, err);
        if (st == ESPY_OK)
            st = espy_buf_append(&port->early, bytes, got, err);
        if (st != ESPY_OK)
            return st;
    }
    return ESPY_OK;
}

static espy_status command(remote *port, uint8_t op, const uint8_t *value, size_t n, espy_err *err)
{
    espy_buf out = {0};
    unsigned before = port->telnet.answers;
    espy_status st = espy_telnet_com_port(&out, op, value, n, err);
    if (st == ESPY_OK)
        st = send_buf(port, &out, err);
    espy_buf_free(&out);
    return st == ESPY_OK ? wait_until(port, answered, before, err) : st;
}

static espy_status command_byte(remote *port, uint8_t op, uint8_t value, espy_err *err)
{
    return command(port, op, &value, 1, err);
}

static espy_status remote_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    remote *port = self;
    if (port->early.size == 0)
        return pump(port, bytes, cap, timeout_ms, got, err);
    *got = port->early.size < cap ? port->early.size : cap;
    memcpy(bytes, port->early.bytes, *got);
    espy_buf_consume(&port->early, *got);
    return ESPY_OK;
}

static espy_status remote_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    remote *port = self;
    espy_buf out = {0};
    espy_status st = espy_telnet_escape(&out, bytes, n, err);
    if (st == ESPY_OK)
        st = send_buf(port, &out, err);
    espy_buf_free(&out);
    return st;
}

static espy_status remote_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    espy_status st = command_byte(self, ESPY_COM_SET_CONTROL, dtr ? ESPY_COM_DTR_ON : ESPY_COM_DTR_OFF, err);
    if (st == ESPY_OK)
        st = command_byte(self, ESPY_COM_SET_CONTROL, rts ? ESPY_COM_RTS_ON : ESPY_COM_RTS_OFF, err);
    return st;
}

static espy_status remote_set_baud(void *self, uint32_t baud, espy_err *err)
{
    remote *port = self;
    const uint8_t value[] = {(uint8_t)(baud >> 24), (uint8_t)(baud >> 16), (uint8_t)(baud >> 8), (uint8_t)baud};
    espy_status st = command(port, ESPY_COM_SET_BAUDRATE, value, sizeof value, err);
    if (st == ESPY_OK && port->telnet.baud != 0 && !espy_baud_matches(baud, port->telnet.baud))
        st = espy_fail(err, ESPY_E_IO, "%s does not do %u baud, but %u", port->link.name, (unsigned)baud,
                       (unsigned)port->telnet.baud);
    return st;
}

static void remote_close(void *self)
{
    remote *port = self;
    close(port->fd);
    espy_buf_free(&port->telnet.reply);
    espy_buf_free(&port->early);
    free(port);
}

static const espy_link_ops remote_ops = {
    .read = remote_read,
    .write = remote_write,
    .set_lines = remote_set_lines,
    .set_baud = remote_set_baud,
    .now_ms = espy_host_now_ms,
    .sleep = espy_host_sleep,
    .close = remote_close,
};

static espy_status greet(remote *port, espy_err *err)
{
    espy_buf out = {0};
    espy_status st = espy_telnet_hello(&out, err);
    if (st == ESPY_OK)
        st = send_buf(port, &out, err);
    espy_buf_free(&out);
    if (st == ESPY_OK)
        st = wait_until(port, negotiated, 0, err);
    if (st == ESPY_OK && !port->telnet.will_com_port) {
        st = espy_fail(err, ESPY_E_UNSUPPORTED, "%s is a Telnet server without the COM-PORT option", port->link.name);
        espy_advise(err, "Use a server that speaks RFC 2217, or socket://HOST:PORT for a raw stream.");
    }
    return st;
}

/* 115200 8N1 without flow control, the lines released. */
static espy_status set_up(remote *port, espy_err *err)
{
    static const uint8_t mode[][2] = {
        {ESPY_COM_SET_DATASIZE, 8},
        {ESPY_COM_SET_PARITY, 1},
        {ESPY_COM_SET_STOPSIZE, 1},
        {ESPY_COM_SET_CONTROL, ESPY_COM_NO_FLOW},
    };
    espy_status st = greet(port, err);
    if (st == ESPY_OK)
        st = remote_set_baud(port, FIRST_BAUD, err);
    for (size_t i = 0; i < sizeof mode / sizeof mode[0] && st == ESPY_OK; i++)
        st = command_byte(port, mode[i][0], mode[i][1], err);
    return st == ESPY_OK ? remote_set_lines(port, false, false, err) : st;
}

espy_status espy_rfc2217_open(espy_link **link, const char *name, const char *host_port, const espy_log *log,
                              espy_err *err)
{
    remote *port = calloc(1, sizeof *port);
    if (port == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a connection to %s", name);
    espy_link_init(&port->link, &remote_ops, port, name, log);
    port->link.has_lines = port->link.lines_apart = true;
    espy_status st = espy_tcp_connect(&port->fd, name, host_port, err);
    if (st != ESPY_OK) {
        free(port);
        return st;
    }
    st = set_up(port, err);
    if (st != ESPY_OK)
        remote_close(port);
    else
        *link = &port->link;
    return st;
}
