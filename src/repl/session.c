/* SPDX-License-Identifier: MIT
 *
 * The repl's state and its reading of the link; see session.h.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum { HUSH_MAX_MS = 500 };

espy_status espy_repl_new(espy_repl **repl, espy_link *link, espy_err *err)
{
    *repl = calloc(1, sizeof **repl);
    if (*repl == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the prompt's state");
    (*repl)->link = link;
    return ESPY_OK;
}

void espy_repl_free(espy_repl *repl)
{
    if (repl == NULL)
        return;
    espy_buf_free(&repl->in);
    espy_buf_free(&repl->boot);
    espy_buf_free(&repl->out);
    espy_buf_free(&repl->traceback);
    free(repl);
}

const char *espy_repl_banner(const espy_repl *repl)
{
    return repl->banner;
}

bool espy_repl_interrupted(const espy_repl *repl)
{
    return repl->interrupted;
}

const char *espy_repl_boot_text(const espy_repl *repl, size_t *n)
{
    if (n != NULL)
        *n = repl->boot.size;
    return repl->boot.bytes == NULL ? "" : (const char *)repl->boot.bytes;
}

uint32_t espy_repl_left(espy_repl *repl, uint64_t deadline)
{
    uint64_t now = espy_link_now_ms(repl->link);
    if (now >= deadline)
        return 0;
    return deadline - now > UINT32_MAX ? UINT32_MAX : (uint32_t)(deadline - now);
}

espy_status espy_repl_fill(espy_repl *repl, uint64_t deadline, espy_err *err)
{
    uint8_t bytes[1024];
    size_t got = 0;
    do {
        uint32_t left = espy_repl_left(repl, deadline);
        espy_status st = espy_link_read(repl->link, bytes, sizeof bytes, left, &got, err);
        if (st != ESPY_OK)
            return st;
    } while (got == 0 && espy_repl_left(repl, deadline) > 0);
    return espy_buf_append(&repl->in, bytes, got, err);
}

espy_status espy_repl_byte(espy_repl *repl, uint64_t deadline, uint8_t *byte, bool *got, espy_err *err)
{
    *got = false;
    if (repl->in.size == 0) {
        espy_status st = espy_repl_fill(repl, deadline, err);
        if (st != ESPY_OK || repl->in.size == 0)
            return st;
    }
    *byte = repl->in.bytes[0];
    espy_buf_consume(&repl->in, 1);
    *got = true;
    return ESPY_OK;
}

/* Where mark ends in text if it begins at from or later, or 0. */
static size_t mark_end(const espy_buf *text, size_t from, const char *mark)
{
    size_t n = strlen(mark);
    for (size_t i = from; i + n <= text->size; i++)
        if (memcmp(text->bytes + i, mark, n) == 0)
            return i + n;
    return 0;
}

espy_status espy_repl_until(espy_repl *repl, const char *mark, uint64_t deadline, espy_buf *text, bool *found,
                            espy_err *err)
{
    *found = false;
    for (;;) {
        size_t before = text->size, overlap = strlen(mark) - 1;
        espy_status st = espy_buf_append(text, repl->in.bytes, repl->in.size, err);
        if (st != ESPY_OK)
            return st;
        size_t end = mark_end(text, before > overlap ? before - overlap : 0, mark);
        if (end > 0) {
            espy_buf_consume(&repl->in, end - before);
            text->size = end;
            *found = true;
            return ESPY_OK;
        }
        espy_buf_clear(&repl->in);
        st = espy_repl_fill(repl, deadline, err);
        if (st != ESPY_OK || repl->in.size == 0)
            return st;
    }
}

espy_status espy_repl_hush(espy_repl *repl, uint32_t quiet_ms, espy_err *err)
{
    uint64_t end = espy_link_now_ms(repl->link) + HUSH_MAX_MS;
    do {
        espy_buf_clear(&repl->in);
        espy_status st = espy_repl_fill(repl, espy_link_now_ms(repl->link) + quiet_ms, err);
        if (st != ESPY_OK)
            return st;
    } while (repl->in.size > 0 && espy_repl_left(repl, end) > 0);
    espy_buf_clear(&repl->in);
    return ESPY_OK;
}

espy_status espy_repl_send(espy_repl *repl, const char *bytes, size_t n, espy_err *err)
{
    return espy_link_write(repl->link, (const uint8_t *)bytes, n, err);
}

espy_status espy_repl_terminate(espy_buf *text, espy_err *err)
{
    espy_status st = espy_buf_reserve(text, 1, err);
    if (st == ESPY_OK)
        text->bytes[text->size] = '\0';
    return st;
}

/* How long the escape sequence at text is (a colour of ESP-IDF's log), or 0. */
static size_t escape_length(const char *text, size_t n)
{
    size_t i = 2;
    if (n < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    while (i < n && (text[i] < '@' || text[i] > '~'))
        i++;
    return i < n ? i + 1 : 0;
}

void espy_repl_printable(char *to, size_t cap, const char *from, size_t n)
{
    size_t len = 0;
    while (n > 0 && (unsigned char)from[n - 1] <= ' ')
        n--;
    for (size_t i = 0; i < n && len + 1 < cap;) {
        size_t escape = escape_length(from + i, n - i);
        bool blank = len == 0 && (unsigned char)from[i] <= ' ';
        if (escape == 0 && !blank)
            to[len++] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '.';
        i += escape > 0 ? escape : 1;
    }
    while (len > 0 && to[len - 1] == ' ')
        len--;
    to[len] = '\0';
}

void espy_repl_last_line(const espy_buf *text, char *line, size_t cap)
{
    const char *bytes = (const char *)text->bytes;
    size_t end = text->size;
    while (end > 0 && (unsigned char)bytes[end - 1] <= ' ')
        end--;
    size_t start = end;
    while (start > 0 && bytes[start - 1] != '\n' && bytes[start - 1] != '\r')
        start--;
    line[0] = '\0';
    if (end > start)
        espy_repl_printable(line, cap, bytes + start, end - start);
}
