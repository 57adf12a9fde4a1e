/* SPDX-License-Identifier: MIT
 *
 * "socket://HOST:PORT": a raw TCP stream, such as a terminal server or an emulator
 * gives.  It has no lines, and its baud rate is the other side's business.
 */
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 10000 };

typedef struct tcp {
    espy_link link;
    int fd;
} tcp;

static espy_status cannot_connect(const char *name, const char *why, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "cannot connect to %s: %s", name, why);
    espy_advise(err, "Check host and port, and that the server there is running.");
    return ESPY_E_IO;
}

/* "HOST:PORT", with an IPv6 address in brackets. */
static bool split(const char *host_port, char *host, size_t host_cap, char *port, size_t port_cap)
{
    const char *colon = strrchr(host_port, ':');
    if (colon == NULL || colon == host_port || colon[1] == '\0')
        return false;
    size_t n = (size_t)(colon - host_port);
    if (host_port[0] == '[' && n > 2 && host_port[n - 1] == ']') {
        host_port++;
        n -= 2;
    }
    bool number = colon[1 + strspn(colon + 1, "0123456789")] == '\0';
    if (n >= host_cap || strlen(colon + 1) >= port_cap || (number && strtoul(colon + 1, NULL, 10) > 65535))
        return false;
    memcpy(host, host_port, n);
    host[n] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

/* The errno of the attempt, 0 when connected. */
static int connect_within(int fd, const struct addrinfo *to)
{
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    bool ready;
    if (espy_host_wait(fd, true, CONNECT_MS, &ready, NULL) != ESPY_OK || !ready)
        return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

static int try_address(const struct addrinfo *to, int *error)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0) {
        *error = errno;
        return -1;
    }
    int one = 1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *error = connect_within(fd, to);
    if (*error == 0)
        return fd;
    close(fd);
    return -1;
}

espy_status espy_tcp_connect(int *fd, const char *name, const char *host_port, espy_err *err)
{
    char host[256], port[16];
    if (!split(host_port, host, sizeof host, port, sizeof port)) {
        espy_fail(err, ESPY_E_ARG, "\"%s\" does not name a host and a port", name);
        espy_advise(err, "Write it as socket://HOST:PORT or rfc2217://HOST:PORT, with a PORT up to 65535.");
        return ESPY_E_ARG;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int failed = getaddrinfo(host, port, &hints, &list);
    if (failed != 0)
        return cannot_connect(name, gai_strerror(failed), err);
    int error = 0;
    *fd = -1;
    for (const struct addrinfo *to = list; to != NULL && *fd < 0; to = to->ai_next)
        *fd = try_address(to, &error);
    freeaddrinfo(list);
    return *fd >= 0 ? ESPY_OK : cannot_connect(name, strerror(error), err);
}

espy_status espy_tcp_read(int fd, const char *name, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got,
                          espy_err *err)
{
    bool ready;
    espy_status st = espy_host_wait(fd, false, timeout_ms, &ready, err);
    if (st != ESPY_OK || !ready)
        return st;
    ssize_t n = recv(fd, bytes, cap, 0);
    if (n > 0) {
        *got = (size_t)n;
        return ESPY_OK;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return ESPY_OK;
    espy_fail(err, ESPY_E_IO, "reading %s: %s", name, n == 0 ? "the other side hung up" : strerror(errno));
    espy_advise(err, "Check that the server and the board behind it are still there, then try again.");
    return ESPY_E_IO;
}

static espy_status tcp_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    tcp *stream = self;
    return espy_tcp_read(stream->fd, stream->link.name, bytes, cap, timeout_ms, got, err);
}

static espy_status tcp_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    tcp *stream = self;
    return espy_host_write(stream->fd, stream->link.name, bytes, n, err);
}

static espy_status tcp_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)dtr;
    (void)rts;
    tcp *stream = self;
    return espy_fail(err, ESPY_E_UNSUPPORTED, "%s has no DTR and RTS lines", stream->link.name);
}

static espy_status tcp_set_baud(void *self, uint32_t baud, espy_err *err)
{
    tcp *stream = self;
    return espy_fail(err, ESPY_E_UNSUPPORTED, "the baud rate of %s cannot be set to %u", stream->link.name,
                     (unsigned)baud);
}

static void tcp_close(void *self)
{
    tcp *stream = self;
    close(stream->fd);
    free(stream);
}

static const espy_link_ops tcp_ops = {
    .read = tcp_read,
    .write = tcp_write,
    .set_lines = tcp_set_lines,
    .set_baud = tcp_set_baud,
    .now_ms = espy_host_now_ms,
    .sleep = espy_host_sleep,
    .close = tcp_close,
};

espy_status espy_tcp_open(espy_link **link, const char *name, const char *host_port, const espy_log *log, espy_err *err)
{
    tcp *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a connection to %s", name);
    espy_link_init(&stream->link, &tcp_ops, stream, name, log);
    espy_status st = espy_tcp_connect(&stream->fd, name, host_port, err);
    if (st != ESPY_OK) {
        free(stream);
        return st;
    }
    *link = &stream->link;
    return ESPY_OK;
}
