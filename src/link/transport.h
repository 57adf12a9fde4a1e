/* SPDX-License-Identifier: MIT
 *
 * What the kinds of links share: making one, the computer's clock, sockets, and the
 * constructors that open.c chooses from.
 */
#ifndef ESPY_LINK_TRANSPORT_H
#define ESPY_LINK_TRANSPORT_H

#include "espy/link.h"

/* Fills in a link, which lies within self. */
void espy_link_init(espy_link *link, const espy_link_ops *ops, void *self, const char *name, const espy_log *log);

/* The monotonic clock: `now_ms` and `sleep` of every link to the outside. */
uint64_t espy_host_now_ms(void *self);
espy_status espy_host_sleep(void *self, uint32_t ms, espy_err *err);
/* Waits until fd can be read (or written); *ready == false when the time passed or a
 * signal came, so that a caller can look at its cancel flag. */
espy_status espy_host_wait(int fd, bool write, uint32_t timeout_ms, bool *ready, espy_err *err);
/* Writes all n bytes to a non-blocking fd; name is for the error. */
espy_status espy_host_write(int fd, const char *name, const uint8_t *bytes, size_t n, espy_err *err);

/* Connects to "HOST:PORT"; name is what the user wrote. */
espy_status espy_tcp_connect(int *fd, const char *name, const char *host_port, espy_err *err);
espy_status espy_tcp_read(int fd, const char *name, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got,
                          espy_err *err);

espy_status espy_serial_open(espy_link **link, const char *path, const espy_log *log, espy_err *err);
/* Any rate: *actual is what the driver made of it; false with errno set where it refuses. */
bool espy_serial_set_baud(int fd, uint32_t baud, uint32_t *actual);
/* Whether a UART at one rate understands one at the other: they are within 3 %. */
bool espy_baud_matches(uint32_t wanted, uint32_t actual);
/* Asks the driver not to hold received bytes back (an FTDI does so for 16 ms). */
void espy_serial_low_latency(int fd);

espy_status espy_tcp_open(espy_link **link, const char *name, const char *host_port, const espy_log *log,
                          espy_err *err);
espy_status espy_rfc2217_open(espy_link **link, const char *name, const char *host_port, const espy_log *log,
                              espy_err *err);
/* Plays the lines of text[n]; name is the link's. */
espy_status espy_replay_parse(espy_link **link, const char *name, const char *text, size_t n, const espy_log *log,
                              espy_err *err);
espy_status espy_replay_open(espy_link **link, const char *name, const char *path, const espy_log *log, espy_err *err);

#endif
