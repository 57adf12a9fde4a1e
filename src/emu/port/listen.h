/* SPDX-License-Identifier: MIT
 *
 * Sockets that programs connect to: TCP, and a Unix socket.
 */
#ifndef ESPY_EMU_PORT_LISTEN_H
#define ESPY_EMU_PORT_LISTEN_H

#include "espy/err.h"

#include <stddef.h>

/* Listens on "PORT" of the loopback interface or on "HOST:PORT"; "[HOST]:PORT" for an
 * IPv6 address.  Port 0 is any free one.  Writes "HOST:PORT" as a client says it to name. */
espy_status espy_listen_tcp(int *fd, const char *where, char *name, size_t cap, espy_err *err);
/* Makes a Unix socket at path.  One that nobody listens on any more is replaced; anything
 * else there stays, and is an error. */
espy_status espy_listen_unix(int *fd, const char *path, espy_err *err);
/* The next connection, non-blocking, or -1. */
int espy_listen_accept(int fd);

#endif
