/* SPDX-License-Identifier: MIT
 *
 * Sockets that programs connect to; see the header.
 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static espy_status bad_address(const char *where, espy_err *err)
{
    espy_fail(err, ESPY_E_ARG, "\"%s\" is no place to listen on", where);
    espy_advise(err, "Write a port number up to 65535 (on this computer alone), or HOST:PORT such as 0.0.0.0:5555.");
    return ESPY_E_ARG;
}

/* "HOST:PORT" or "PORT"; the host is the loopback interface by default. */
static bool split(const char *where, char *host, size_t host_cap, char *port, size_t port_cap)
{
    const char *colon = strrchr(where, ':');
    const char *digits = colon != NULL ? colon + 1 : where;
    size_t n = colon != NULL ? (size_t)(colon - where) : 0;
    if (n > 2 && where[0] == '[' && where[n - 1] == ']') {
        where++;
        n -= 2;
    }
    if (*digits == '\0' || strlen(digits) >= port_cap || n >= host_cap || (colon != NULL && n == 0) ||
        digits[strspn(digits, "0123456789")] != '\0' || strtoul(digits, NULL, 10) > 65535)
        return false;
    snprintf(host, host_cap, "%.*s", colon != NULL ? (int)n : 9, colon != NULL ? where : "127.0.0.1");
    snprintf(port, port_cap, "%s", digits);
    return true;
}

static void make_quiet(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static bool listen_at(int fd, const struct addrinfo *at)
{
    int one = 1;
    make_quiet(fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
}

static espy_status cannot_listen(const char *where, int error, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "cannot listen on %s: %s", where, strerror(error));
    if (err != NULL)
        err->detail = error;
    if (error == EADDRINUSE)
        espy_advise(err, "Another program has that port; take another one, or 0 for any free one.");
    else if (error == EACCES)
        espy_advise(err, "Ports below 1024 are for the administrator; take a higher one.");
    else if (error == EMFILE || error == ENFILE)
        espy_advise(err, "Let it have more open files, by `ulimit -n`.");
    else
        espy_advise(err, "Give an address of this computer.");
    return ESPY_E_IO;
}

static void tell_name(int fd, const char *host, char *name, size_t cap)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    char port[16] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &size) == 0)
        getnameinfo((struct sockaddr *)&at, size, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    snprintf(name, cap, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

espy_status espy_listen_tcp(int *fd, const char *where, char *name, size_t cap, espy_err *err)
{
    char host[256], port[16];
    *fd = -1;
    if (!split(where, host, sizeof host, port, sizeof port))
        return bad_address(where, err);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *at = NULL;
    int failed = getaddrinfo(host, port, &hints, &at);
    if (failed != 0) {
        espy_fail(err, ESPY_E_IO, "cannot listen on %s: %s", where, gai_strerror(failed));
        espy_advise(err, "Give an address of this computer.");
        return ESPY_E_IO;
    }
    *fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    bool listens = *fd >= 0 && listen_at(*fd, at);
    int error = errno;
    freeaddrinfo(at);
    if (listens) {
        tell_name(*fd, host, name, cap);
        return ESPY_OK;
    }
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return cannot_listen(where, error, err);
}

/* A socket whose program is gone refuses connections. */
static bool abandoned(const struct sockaddr_un *at)
{
    struct stat info;
    if (lstat(at->sun_path, &info) != 0 || !S_ISSOCK(info.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

espy_status espy_listen_unix(int *fd, const char *path, espy_err *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *fd = -1;
    if (*path == '\0' || strlen(path) >= sizeof at.sun_path) {
        espy_fail(err, ESPY_E_ARG, "a control socket's path has 1 to %zu characters, and this one %zu: %s",
                  sizeof at.sun_path - 1, strlen(path), path);
        espy_advise(err, "Name one in a folder nearer to the root, or relative to this one.");
        return ESPY_E_ARG;
    }
    strcpy(at.sun_path, path);
    if (abandoned(&at))
        unlink(path);
    *fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (*fd >= 0)
        make_quiet(*fd);
    bool bound = *fd >= 0 && bind(*fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (bound && listen(*fd, BACKLOG) == 0)
        return ESPY_OK;
    int error = errno;
    if (bound)
        unlink(path);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    espy_fail(err, ESPY_E_IO, "cannot make the control socket %s: %s", path,
              error == EADDRINUSE ? "something is there already" : strerror(error));
    espy_advise(err, "Give a path that is free, in a folder that you can write to.");
    return ESPY_E_IO;
}

int espy_listen_accept(int fd)
{
    int client = accept(fd, NULL, NULL), one = 1;
    if (client < 0)
        return -1;
    make_quiet(client);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* has no effect on a Unix socket */
    setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    return client;
}
