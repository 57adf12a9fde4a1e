/* SPDX-License-Identifier: MIT
 *
 * The network, through libcurl: a page into memory, a file onto disk.  http and
 * https only; a redirect never leaves https for http.
 */
#ifndef ESPY_RELEASE_HTTP_H
#define ESPY_RELEASE_HTTP_H

#include "espy/release.h"
#include "../base/buf.h"

typedef struct espy_http espy_http;

/* The config must outlive it. */
espy_status espy_http_new(espy_http **http, const espy_fetch_config *config, espy_err *err);
void espy_http_free(espy_http *http);

/* Fetches a page of at most 4 MiB; final is where redirects ended. */
espy_status espy_http_page(espy_http *http, const char *url, espy_buf *page, char *final, size_t cap, espy_err *err);

typedef enum espy_http_next {
    ESPY_HTTP_STOP,    /* trying again is of no use */
    ESPY_HTTP_RESUME,  /* the transfer was cut: go on behind what has come */
    ESPY_HTTP_RESTART, /* the server does not continue a transfer: begin anew */
} espy_http_next;

/* Fetches what url has from offset on and writes it there to fd, under the name
 * `file` in messages and progress.  After a failure *next says how to go on, and
 * *size how long the file is. */
espy_status espy_http_file(espy_http *http, const char *url, const char *file, int fd, uint64_t offset, uint64_t *size,
                           espy_http_next *next, espy_err *err);

/* link, as a page at base gives it, in full. */
espy_status espy_http_resolve(char *url, size_t cap, const char *base, const char *link, espy_err *err);

#endif
