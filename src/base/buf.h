/* SPDX-License-Identifier: MIT
 *
 * A growing byte buffer.  A zero-initialised espy_buf is empty and valid.
 */
#ifndef ESPY_BASE_BUF_H
#define ESPY_BASE_BUF_H

#include "espy/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct espy_buf {
    uint8_t *bytes;
    size_t size;
    size_t cap;
} espy_buf;

espy_status espy_buf_append(espy_buf *buf, const void *bytes, size_t n, espy_err *err);
/* Makes room for n more bytes without adding them. */
espy_status espy_buf_reserve(espy_buf *buf, size_t n, espy_err *err);
/* Drops the first n bytes. */
void espy_buf_consume(espy_buf *buf, size_t n);
void espy_buf_clear(espy_buf *buf);
void espy_buf_free(espy_buf *buf);
/* Reads a whole file. */
espy_status espy_buf_read_file(espy_buf *buf, const char *path, espy_err *err);

#endif
