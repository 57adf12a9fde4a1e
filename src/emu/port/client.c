/* SPDX-License-Identifier: MIT
 *
 * One program at a served port; see the header.
 */
#include "client.h"

#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What waits for a program that does not read: esptool has up to 256 KiB of a read-back under way. */
enum { TO_PROGRAM_CAP = 1 << 20 };

/* What is read ahead of the board: RFC 2217 has commands among the data, which are not to
 * wait until a board that is slow or hangs has taken those. */
enum { AHEAD = 65536 };

enum { CHUNK = 4096 };

/* The bridge as the RFC 2217 server sees it. */

static void leave(espy_client *c)
{
    espy_bridge_release(c->bridge, c);
    if (c->pty == NULL && c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static void com_data(void *self, const uint8_t *bytes, size_t n)
{
    espy_client *c = self;
    if (!c->deaf && espy_buf_append(&c->in, bytes, n, NULL) != ESPY_OK)
        leave(c);
}

static void com_baud(void *self, uint32_t baud)
{
    espy_client *c = self;
    espy_bridge_baud(c->bridge, c, baud);
}

static void com_frame(void *self, const espy_com_frame *frame)
{
    espy_client *c = self;
    static const uint8_t half_stops[4] = {[1] = 2, [2] = 4, [3] = 3};
    espy_bridge_frame(c->bridge, c,
                      &(espy_uart_frame){.data_bits = frame->data_size,
                                         .parity = frame->parity != 1,
                                         .odd = frame->parity == 2,
                                         .half_stops = half_stops[frame->stop_size]});
}

/* What it said before it made EN fall is lost; what it says afterwards is not. */
static void com_lines(void *self, bool dtr, bool rts)
{
    espy_client *c = self;
    espy_bridge_lines(c->bridge, c, dtr, rts);
    if (c->falls != c->bridge->falls)
        espy_buf_clear(&c->in);
    c->falls = c->bridge->falls;
}

static void com_break(void *self, bool on)
{
    espy_client *c = self;
    if (on)
        espy_bridge_break(c->bridge);
}

static void com_purge(void *self, bool received, bool sent)
{
    espy_client *c = self;
    if (received)
        espy_buf_clear(&c->data);
    if (!sent)
        return;
    espy_buf_clear(&c->in);
    espy_bridge_purge(c->bridge);
}

static const espy_com_port_ops com_ops = {com_data, com_baud, com_frame, com_lines, com_break, com_purge};

espy_status espy_client_open(espy_client **client, espy_serve_kind kind, int fd, espy_pty *pty, espy_bridge *bridge,
                             espy_err *err)
{
    espy_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a client");
    *c = (espy_client){
        .kind = kind, .bridge = bridge, .fd = fd, .pty = pty, .baud = ESPY_BRIDGE_BAUD, .falls = bridge->falls};
    c->com = (espy_com_port){.ops = &com_ops, .self = c, .baud = ESPY_BRIDGE_BAUD, .frame = {8, 1, 1}};
    espy_status st = kind == ESPY_SERVE_RFC2217 ? espy_com_port_hello(&c->com, &c->out, err) : ESPY_OK;
    if (st == ESPY_OK) {
        *client = c;
    } else {
        c->fd = -1; /* stays the caller's */
        espy_client_free(c);
    }
    return st;
}

void espy_client_free(espy_client *c)
{
    if (c == NULL)
        return;
    leave(c);
    espy_buf_free(&c->out);
    espy_buf_free(&c->data);
    espy_buf_free(&c->in);
    free(c);
}

static bool listens(const espy_client *c)
{
    return c->kind != ESPY_SERVE_CONTROL && (c->pty == NULL || c->pty->users > 0);
}

void espy_client_send(espy_client *c, const uint8_t *bytes, size_t n)
{
    if (listens(c) && c->data.size + n <= TO_PROGRAM_CAP)
        espy_buf_append(&c->data, bytes, n, NULL);
}

/* Puts the board's next bytes behind what is under way, as the stream frames them. */
static void frame(espy_client *c)
{
    size_t n = c->data.size < CHUNK ? c->data.size : CHUNK;
    if (n == 0 || c->out.size > 0 || c->com.suspended)
        return;
    espy_status st = c->kind == ESPY_SERVE_RFC2217 ? espy_telnet_escape(&c->out, c->data.bytes, n, NULL)
                                                   : espy_buf_append(&c->out, c->data.bytes, n, NULL);
    if (st == ESPY_OK)
        espy_buf_consume(&c->data, n);
}

/* Writes what the program takes.  One that has gone is found out here, or by reading. */
static void flush(espy_client *c)
{
    for (frame(c); c->fd >= 0 && c->out.size > 0; frame(c)) {
        ssize_t n = c->pty != NULL ? write(c->fd, c->out.bytes, c->out.size)
                                   : send(c->fd, c->out.bytes, c->out.size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            leave(c);
        else
            espy_buf_consume(&c->out, (size_t)n);
    }
}

/* Hands the bridge what it takes. */
static void feed(espy_client *c)
{
    size_t room = espy_bridge_room(c->bridge), n = c->in.size < room ? c->in.size : room;
    if (n == 0)
        return;
    espy_bridge_send(c->bridge, c->in.bytes, n);
    espy_buf_consume(&c->in, n);
}

static bool reads(const espy_client *c)
{
    return !c->eof && c->in.size < (c->kind == ESPY_SERVE_RFC2217 ? AHEAD : CHUNK);
}

short espy_client_events(const espy_client *c)
{
    return (short)((reads(c) ? POLLIN : 0) | (c->out.size > 0 ? POLLOUT : 0));
}

/* Does the next command, if there is a whole one and the one before is over. */
static void control(espy_client *c)
{
    char line[128];
    const uint8_t *end = c->in.size > 0 ? memchr(c->in.bytes, '\n', c->in.size) : NULL;
    if (end == NULL || c->reply[0] != '\0' || espy_bridge_busy(c->bridge))
        return;
    size_t n = (size_t)(end - c->in.bytes), keep = n > 0 && end[-1] == '\r' ? n - 1 : n;
    snprintf(line, sizeof line, "%.*s", (int)keep, (const char *)c->in.bytes);
    espy_buf_consume(&c->in, n + 1);
    espy_control_line(c->bridge, line, c->reply, sizeof c->reply, &c->quit);
}

/* A command that does not end is none. */
static void take_control(espy_client *c, const uint8_t *bytes, size_t n)
{
    if (espy_buf_append(&c->in, bytes, n, NULL) != ESPY_OK ||
        (c->in.size >= CHUNK && memchr(c->in.bytes, '\n', c->in.size) == NULL))
        leave(c);
}

static void take(espy_client *c, uint8_t *bytes, size_t n)
{
    switch (c->kind) {
    case ESPY_SERVE_CONTROL: take_control(c, bytes, n); break;
    case ESPY_SERVE_RFC2217:
        if (espy_com_port_take(&c->com, bytes, n, &c->out, NULL) != ESPY_OK)
            leave(c);
        break;
    default: com_data(c, bytes, n);
    }
}

/* A raw stream whose program has said all may still be listening; the others are over. */
static void ended(espy_client *c)
{
    c->eof = true;
    if (c->kind != ESPY_SERVE_TCP)
        leave(c);
}

/* True if there may be more. */
static bool receive(espy_client *c)
{
    uint8_t bytes[CHUNK];
    ssize_t n = read(c->fd, bytes, sizeof bytes);
    if (n > 0)
        take(c, bytes, (size_t)n);
    else if (c->pty == NULL && (n == 0 || (errno != EAGAIN && errno != EINTR)))
        ended(c);
    return n > 0 && c->fd >= 0;
}

/* EN has fallen, by another's doing: what was on its way to the board is lost. */
static void notice_fall(espy_client *c)
{
    enum { ON_THE_WAY = 2048 }; /* chunks that a system holds for a connection, and more */
    if (c->falls == c->bridge->falls)
        return;
    c->falls = c->bridge->falls;
    espy_buf_clear(&c->in);
    c->deaf = true;
    for (int i = 0; i < ON_THE_WAY && !c->eof && receive(c); i++)
        ;
    c->deaf = false;
}

/* The rate of a pseudo-terminal counts from when its program sets it. */
static void look_at_pty(espy_client *c)
{
    espy_pty_look(c->pty);
    uint32_t baud = espy_pty_baud(c->pty);
    if (baud != 0 && baud != c->baud) {
        c->baud = baud;
        espy_bridge_baud(c->bridge, c, baud);
    }
    struct pollfd left = {.fd = c->fd, .events = POLLIN};
    if (!c->pty->stale || (poll(&left, 1, 0) == 1 && (left.revents & POLLIN) != 0))
        return;
    espy_pty_renew(c->pty);
    espy_buf_clear(&c->data);
    espy_buf_clear(&c->out);
    espy_bridge_release(c->bridge, c);
    c->baud = ESPY_BRIDGE_BAUD;
}

void espy_client_ready(espy_client *c, short revents)
{
    if (c->pty != NULL)
        look_at_pty(c);
    if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0 && reads(c))
        receive(c);
    if (c->fd >= 0 && c->eof && (revents & (POLLHUP | POLLERR)) != 0)
        leave(c);
    if (c->kind != ESPY_SERVE_CONTROL)
        feed(c);
    if ((revents & POLLOUT) != 0)
        flush(c);
}

/* The answer to the last command is due when what it started is over. */
static void answer(espy_client *c)
{
    if (c->reply[0] == '\0' || espy_bridge_busy(c->bridge))
        return;
    espy_buf_append(&c->out, c->reply, strlen(c->reply), NULL);
    espy_buf_append(&c->out, "\n", 1, NULL);
    c->reply[0] = '\0';
}

void espy_client_turn(espy_client *c)
{
    if (c->pty != NULL)
        look_at_pty(c);
    if (c->kind == ESPY_SERVE_CONTROL) {
        control(c);
        answer(c);
    } else {
        notice_fall(c);
        feed(c);
    }
    flush(c);
}
