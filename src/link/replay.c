/* SPDX-License-Identifier: MIT
 *
 * "replay:FILE": the board of a recorded wire log (espy/link.h).  What the board said
 * comes again once everything that was sent before it has been sent again; a byte that
 * differs is an error.  Time is the log's.  Lines and rates are not compared, since
 * they carry no answer.
 */
#include "transport.h"

#include "../base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chunk {
    uint64_t ms;
    bool to_board;
    size_t at, size; /* in bytes */
} chunk;

typedef struct replay {
    espy_link link;
    espy_buf bytes;
    espy_buf chunks; /* of chunk */
    size_t next;     /* index of the chunk in progress */
    size_t used;     /* of its bytes */
    uint64_t now_ms;
} replay;

static chunk *current(replay *tape)
{
    return tape->next < tape->chunks.size / sizeof(chunk) ? (chunk *)(void *)tape->chunks.bytes + tape->next : NULL;
}

static void advance(replay *tape, size_t n)
{
    tape->used += n;
    if (tape->used < current(tape)->size)
        return;
    tape->next++;
    tape->used = 0;
}

static espy_status replay_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    (void)err;
    replay *tape = self;
    const chunk *c = current(tape);
    if (c == NULL || c->to_board || c->ms > tape->now_ms + timeout_ms) {
        tape->now_ms += timeout_ms;
        return ESPY_OK;
    }
    if (c->ms > tape->now_ms)
        tape->now_ms = c->ms;
    *got = c->size - tape->used < cap ? c->size - tape->used : cap;
    memcpy(bytes, tape->bytes.bytes + c->at + tape->used, *got);
    advance(tape, *got);
    return ESPY_OK;
}

/* What the board said and nobody read was dropped when it was recorded, too. */
static void skip_unread(replay *tape)
{
    while (current(tape) != NULL && !current(tape)->to_board)
        advance(tape, current(tape)->size - tape->used);
}

static espy_status replay_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    replay *tape = self;
    for (size_t i = 0; i < n; i++) {
        skip_unread(tape);
        const chunk *c = current(tape);
        if (c == NULL || tape->bytes.bytes[c->at + tape->used] != bytes[i]) {
            espy_fail(err, ESPY_E_PROTOCOL, "%s: what is sent differs from what was recorded, at chunk %zu, byte %zu",
                      tape->link.name, tape->next, tape->used);
            espy_advise(err, "The log must come from the same command with the same input.");
            return ESPY_E_PROTOCOL;
        }
        advance(tape, 1);
    }
    return ESPY_OK;
}

static espy_status replay_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)self;
    (void)dtr;
    (void)rts;
    (void)err;
    return ESPY_OK;
}

static espy_status replay_set_baud(void *self, uint32_t baud, espy_err *err)
{
    (void)self;
    (void)baud;
    (void)err;
    return ESPY_OK;
}

static uint64_t replay_now(void *self)
{
    return ((replay *)self)->now_ms;
}

static espy_status replay_sleep(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    ((replay *)self)->now_ms += ms;
    return ESPY_OK;
}

static void replay_close(void *self)
{
    replay *tape = self;
    espy_buf_free(&tape->bytes);
    espy_buf_free(&tape->chunks);
    free(tape);
}

static const espy_link_ops replay_ops = {
    .read = replay_read,
    .write = replay_write,
    .set_lines = replay_set_lines,
    .set_baud = replay_set_baud,
    .now_ms = replay_now,
    .sleep = replay_sleep,
    .close = replay_close,
};

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

static espy_status add_chunk(replay *tape, uint64_t ms, bool to_board, const char *hex, espy_err *err)
{
    chunk c = {.ms = ms, .to_board = to_board, .at = tape->bytes.size};
    for (; hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2) {
        uint8_t byte = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        espy_status st = espy_buf_append(&tape->bytes, &byte, 1, err);
        if (st != ESPY_OK)
            return st;
        c.size++;
    }
    return c.size == 0 ? ESPY_OK : espy_buf_append(&tape->chunks, &c, sizeof c, err);
}

/* Lines of other kinds and of other channels are none of ours; the program writes its
 * channel's name before the line, as in "wire: 12 > c0".  A time of more than 49 days is
 * not a recorder's. */
static espy_status add_line(replay *tape, const char *line, espy_err *err)
{
    if (strncmp(line, "wire", 4) == 0)
        line += strspn(line + 4, ": ") + 4;
    char *rest;
    unsigned long long ms = strtoull(line, &rest, 10);
    if (ms > UINT32_MAX || rest == line || rest[0] != ' ' || (rest[1] != '>' && rest[1] != '<') || rest[2] != ' ')
        return ESPY_OK;
    return add_chunk(tape, ms, rest[1] == '>', rest + 3, err);
}

static espy_status add_lines(replay *tape, const char *text, size_t n, espy_err *err)
{
    espy_buf copy = {0};
    espy_status st = espy_buf_append(&copy, text, n, err);
    if (st == ESPY_OK)
        st = espy_buf_append(&copy, "\n", 2, err);
    char *at = (char *)copy.bytes;
    for (char *end; st == ESPY_OK && (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        st = add_line(tape, at, err);
    }
    espy_buf_free(&copy);
    if (st == ESPY_OK && tape->chunks.size == 0) {
        st = espy_fail(err, ESPY_E_FORMAT, "%s holds no wire log", tape->link.name);
        espy_advise(err, "Record one with the wire log channel on.");
    }
    return st;
}

espy_status espy_replay_parse(espy_link **link, const char *name, const char *text, size_t n, const espy_log *log,
                              espy_err *err)
{
    replay *tape = calloc(1, sizeof *tape);
    if (tape == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for %s", name);
    espy_link_init(&tape->link, &replay_ops, tape, name, log);
    tape->link.has_lines = true;
    espy_status st = add_lines(tape, text, n, err);
    if (st != ESPY_OK)
        replay_close(tape);
    else
        *link = &tape->link;
    return st;
}

espy_status espy_replay_open(espy_link **link, const char *name, const char *path, const espy_log *log, espy_err *err)
{
    espy_buf file = {0};
    espy_status st = espy_buf_read_file(&file, path, err);
    if (st == ESPY_OK)
        st = espy_replay_parse(link, name, (const char *)file.bytes, file.size, log, err);
    espy_buf_free(&file);
    return st;
}
