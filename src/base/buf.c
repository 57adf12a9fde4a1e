/* SPDX-License-Identifier: MIT
 *
 * A growing byte buffer; see the header.
 */
#include "buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

espy_status espy_buf_reserve(espy_buf *buf, size_t n, espy_err *err)
{
    if (n <= buf->cap - buf->size)
        return ESPY_OK;
    if (n > SIZE_MAX / 2 - buf->size)
        return espy_fail(err, ESPY_E_MEMORY, "a buffer of %zu bytes cannot grow by %zu", buf->size, n);
    size_t cap = buf->cap < 256 ? 256 : buf->cap;
    while (cap < buf->size + n)
        cap += cap / 2;
    uint8_t *bytes = realloc(buf->bytes, cap);
    if (bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a buffer of %zu bytes", cap);
    buf->bytes = bytes;
    buf->cap = cap;
    return ESPY_OK;
}

espy_status espy_buf_append(espy_buf *buf, const void *bytes, size_t n, espy_err *err)
{
    espy_status st = espy_buf_reserve(buf, n, err);
    if (st != ESPY_OK || n == 0)
        return st;
    memcpy(buf->bytes + buf->size, bytes, n);
    buf->size += n;
    return ESPY_OK;
}

void espy_buf_consume(espy_buf *buf, size_t n)
{
    if (n > buf->size)
        n = buf->size;
    if (n == 0)
        return;
    memmove(buf->bytes, buf->bytes + n, buf->size - n);
    buf->size -= n;
}

void espy_buf_clear(espy_buf *buf)
{
    buf->size = 0;
}

void espy_buf_free(espy_buf *buf)
{
    free(buf->bytes);
    *buf = (espy_buf){0};
}

/* No file that this program reads whole is longer: the largest flash is 128 MB. */
static const size_t FILE_LIMIT = (size_t)256 << 20;

/* EINTR: a signal came that the program catches in order to stop, while a pipe had
 * nothing to give. */
static espy_status cannot(const char *what, const char *path, int error, espy_err *err)
{
    const char *name = path[0] != '\0' ? path : "a file without a name";
    if (error == EINTR)
        return espy_fail(err, ESPY_E_CANCELLED, "stopped before %s was read", name);
    espy_fail(err, ESPY_E_IO, "cannot %s %s: %s", what, name, strerror(error));
    espy_advise(err, "Check the path and its permissions.");
    return ESPY_E_IO;
}

static espy_status read_all(espy_buf *buf, FILE *file, const char *path, espy_err *err)
{
    for (;;) {
        espy_status st = espy_buf_reserve(buf, 65536, err);
        if (st != ESPY_OK)
            return st;
        size_t n = fread(buf->bytes + buf->size, 1, buf->cap - buf->size, file);
        buf->size += n;
        if (n == 0)
            break;
        if (buf->size > FILE_LIMIT) {
            espy_fail(err, ESPY_E_FORMAT, "%s is longer than %zu MB", path, FILE_LIMIT >> 20);
            espy_advise(err, "Check the path: no flash chip would hold this.");
            return ESPY_E_FORMAT;
        }
    }
    return ferror(file) ? cannot("read", path, errno, err) : ESPY_OK;
}

espy_status espy_buf_read_file(espy_buf *buf, const char *path, espy_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return cannot("open", path, errno, err);
    espy_status st = read_all(buf, file, path, err);
    fclose(file);
    return st;
}
