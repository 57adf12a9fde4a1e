/* SPDX-License-Identifier: MIT
 *
 * "replay:FILE": the board of a recorded wire log (espy/link.h).  What the board said
 * comes again once everything that was sent before it has been sent again; a byte that
 * differs is an error.  Time is the log's, and a call that failed fails again.  Lines and
 * rates are not compared, since they carry no answer.
 */
#include "transport.h"

#include "../base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kinds of lines that are played, by the word after the time. */
typedef enum chunk_kind { TO_BOARD, FROM_BOARD, FAILURE, PORT, KINDS } chunk_kind;

static const char *const kind_words[KINDS] = {">", "<", "failed", "port"};

#define TIME_MAX_MS (UINT64_C(1) << 48)

typedef struct chunk {
    uint64_t ms;
    chunk_kind kind;
    size_t at, size; /* in bytes: what went over the wire, or the rest of the line */
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

static void skip(replay *tape)
{
    tape->next++;
    tape->used = 0;
}

static void advance(replay *tape, size_t n)
{
    tape->used += n;
    if (tape->used >= current(tape)->size)
        skip(tape);
}

/* What this call failed with when it was recorded, if it is its turn to fail by `until`. */
static espy_status check_failure(replay *tape, const char *call, uint64_t until, espy_err *err)
{
    const chunk *c = current(tape);
    if (c == NULL || c->kind != FAILURE || c->ms > until || c->size != strlen(call) ||
        memcmp(tape->bytes.bytes + c->at, call, c->size) != 0)
        return ESPY_OK;
    if (c->ms > tape->now_ms)
        tape->now_ms = c->ms;
    skip(tape);
    espy_fail(err, ESPY_E_IO, "%s: here the port failed when it was recorded", tape->link.name);
    espy_advise(err, "It is what the log tells; nothing else is wrong.");
    return ESPY_E_IO;
}

static espy_status replay_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    replay *tape = self;
    espy_status st = check_failure(tape, "read", tape->now_ms + timeout_ms, err);
    const chunk *c = current(tape);
    if (st != ESPY_OK)
        return st;
    if (c == NULL || c->kind != FROM_BOARD || c->ms > tape->now_ms + timeout_ms) {
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
    while (current(tape) != NULL && current(tape)->kind == FROM_BOARD)
        skip(tape);
}

static espy_status replay_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    replay *tape = self;
    for (size_t i = 0; i < n; i++) {
        skip_unread(tape);
        const chunk *c = current(tape);
        if (c == NULL || c->kind != TO_BOARD || tape->bytes.bytes[c->at + tape->used] != bytes[i]) {
            espy_fail(err, ESPY_E_ARG, "%s: what is sent differs from what was recorded, at chunk %zu, byte %zu",
                      tape->link.name, tape->next, tape->used);
            espy_advise(err, "The log must come from the same command with the same input.");
            return ESPY_E_ARG;
        }
        advance(tape, 1);
    }
    return check_failure(tape, "write", tape->now_ms, err);
}

static espy_status replay_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)dtr;
    (void)rts;
    return check_failure(self, "lines", ((replay *)self)->now_ms, err);
}

static espy_status replay_set_baud(void *self, uint32_t baud, espy_err *err)
{
    (void)baud;
    return check_failure(self, "baud", ((replay *)self)->now_ms, err);
}

/* The port that a line of the log describes; the link keeps its own name. */
static void take_port(replay *tape, const chunk *c)
{
    char text[64];
    unsigned lines, vid, pid, top;
    int returns;
    snprintf(text, sizeof text, "%.*s", (int)c->size, (const char *)tape->bytes.bytes + c->at);
    if (sscanf(text, "%1u %4x %4x %9u %1d", &lines, &vid, &pid, &top, &returns) != 5)
        return;
    tape->link.has_lines = lines > 0;
    tape->link.lines_apart = lines > 1;
    tape->link.usb_vid = (uint16_t)vid;
    tape->link.usb_pid = (uint16_t)pid;
    tape->link.top_baud = top;
    tape->link.returns = returns != 0;
}

static espy_status replay_reopen(void *self, uint32_t timeout_ms, espy_err *err)
{
    replay *tape = self;
    skip_unread(tape);
    const chunk *c = current(tape);
    if (c == NULL || c->kind != PORT || c->ms > tape->now_ms + timeout_ms)
        return espy_fail(err, ESPY_E_IO, "%s: the port did not come back when it was recorded", tape->link.name);
    if (c->ms > tape->now_ms)
        tape->now_ms = c->ms;
    take_port(tape, c);
    skip(tape);
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
    .reopen = replay_reopen,
    .close = replay_close,
};

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

static espy_status add_hex(replay *tape, const char *hex, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (; st == ESPY_OK && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2) {
        uint8_t byte = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        st = espy_buf_append(&tape->bytes, &byte, 1, err);
    }
    return st;
}

static espy_status add_chunk(replay *tape, uint64_t ms, chunk_kind kind, const char *rest, espy_err *err)
{
    chunk c = {.ms = ms, .kind = kind, .at = tape->bytes.size};
    espy_status st = kind == TO_BOARD || kind == FROM_BOARD ? add_hex(tape, rest, err)
                                                            : espy_buf_append(&tape->bytes, rest, strlen(rest), err);
    c.size = tape->bytes.size - c.at;
    return st != ESPY_OK || c.size == 0 ? st : espy_buf_append(&tape->chunks, &c, sizeof c, err);
}

/* The kind of line that begins with this word, or KINDS; *rest is what follows. */
static chunk_kind find_kind(const char *text, const char **rest)
{
    for (chunk_kind k = 0; k < KINDS; k++) {
        size_t n = strlen(kind_words[k]);
        *rest = text + n + 1;
        if (strncmp(text, kind_words[k], n) == 0 && text[n] == ' ')
            return k;
    }
    return KINDS;
}

/* Lines of other kinds and of other channels are none of ours; the program writes its
 * channel's name before the line, as in "wire: 12 > c0".  The clock of a computer that has been up for ten
 * thousand years is not a recorder's. */
static espy_status add_line(replay *tape, const char *line, espy_err *err)
{
    if (strncmp(line, "wire", 4) == 0)
        line += strspn(line + 4, ": ") + 4;
    char *end;
    unsigned long long ms = strtoull(line, &end, 10);
    if (ms > TIME_MAX_MS || end == line || end[0] != ' ')
        return ESPY_OK;
    const char *rest;
    chunk_kind k = find_kind(end + 1, &rest);
    return k < KINDS ? add_chunk(tape, ms, k, rest, err) : ESPY_OK;
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
    if (st != ESPY_OK) {
        replay_close(tape);
        return st;
    }
    if (current(tape)->kind == PORT) { /* the one that was open from the beginning */
        tape->now_ms = current(tape)->ms;
        take_port(tape, current(tape));
        skip(tape);
    }
    *link = &tape->link;
    return ESPY_OK;
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
