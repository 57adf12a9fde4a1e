/* SPDX-License-Identifier: MIT
 *
 * Intel HEX; see the header.
 */
#include "ihex.h"

#include <stdio.h>

enum { RECORD_DATA, RECORD_END, RECORD_SEGMENT, RECORD_START_SEGMENT, RECORD_LINEAR, RECORD_START_LINEAR };
enum { RECORD_MAX = 5 + 255, RECORD_BYTES = 16 };

typedef struct reader {
    espy_pieces *pieces;
    espy_err *err;
    unsigned line;
    uint32_t base; /* what the last type 2 or 4 record adds to addresses */
    bool ended;
} reader;

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of one line, or what is wrong with it. */
static const char *decode(const uint8_t *text, size_t n, uint8_t record[RECORD_MAX], size_t *size)
{
    uint8_t sum = 0;
    if (text[0] != ':')
        return "does not begin with a colon";
    if (n % 2 == 0 || n < 11 || n > 1 + 2 * RECORD_MAX)
        return "has no whole record";
    *size = (n - 1) / 2;
    for (size_t i = 0; i < *size; i++) {
        int high = digit(text[1 + 2 * i]), low = digit(text[2 + 2 * i]);
        if (high < 0 || low < 0)
            return "has a character that is no hexadecimal digit";
        record[i] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + record[i]);
    }
    if (*size != 5u + record[0])
        return "is not as long as its count says";
    if (sum != 0)
        return "has a wrong checksum";
    return NULL;
}

/* The length of the line at text, without its end; *next: where the next one begins. */
static size_t line_length(const uint8_t *text, size_t size, size_t *next)
{
    size_t n = 0;
    while (n < size && text[n] != '\n' && text[n] != '\r')
        n++;
    *next = n;
    if (*next < size && text[*next] == '\r')
        ++*next;
    if (*next < size && text[*next] == '\n')
        ++*next;
    return n;
}

bool espy_ihex_is(const uint8_t *bytes, size_t size)
{
    uint8_t record[RECORD_MAX];
    size_t n, next;
    return size > 0 && bytes[0] == ':' && decode(bytes, line_length(bytes, size, &next), record, &n) == NULL;
}

static espy_status bad_line(reader *r, const char *what)
{
    espy_fail(r->err, ESPY_E_FORMAT, "line %u of the Intel HEX file %s", r->line, what);
    espy_advise(r->err, "The file is damaged; build it again.");
    return ESPY_E_FORMAT;
}

static espy_status take_data(reader *r, const uint8_t *record)
{
    uint64_t addr = (uint64_t)r->base + ((uint32_t)record[1] << 8 | record[2]);
    if (addr + record[0] > UINT64_C(1) << 32)
        return bad_line(r, "goes past the last 32-bit address");
    if (record[0] == 0)
        return ESPY_OK;
    espy_piece *piece = r->pieces->count > 0 ? &r->pieces->piece[r->pieces->count - 1] : NULL;
    if (piece == NULL || (uint64_t)piece->addr + piece->data.size != addr)
        piece = espy_pieces_add(r->pieces, (uint32_t)addr, r->line, r->err);
    if (piece == NULL)
        return ESPY_E_MEMORY;
    return espy_buf_append(&piece->data, record + 4, record[0], r->err);
}

static espy_status take_base(reader *r, const uint8_t *record, unsigned shift)
{
    if (record[0] != 2)
        return bad_line(r, "is an address record that has not 2 bytes");
    r->base = ((uint32_t)record[4] << 8 | record[5]) << shift;
    return ESPY_OK;
}

static espy_status take_record(reader *r, const uint8_t *record)
{
    switch (record[3]) {
    case RECORD_DATA: return take_data(r, record);
    case RECORD_END: r->ended = true; return ESPY_OK;
    case RECORD_SEGMENT: return take_base(r, record, 4);
    case RECORD_LINEAR: return take_base(r, record, 16);
    case RECORD_START_SEGMENT:
    case RECORD_START_LINEAR: return ESPY_OK; /* where to begin is in the image's own header */
    default: return bad_line(r, "has a record type above 5");
    }
}

static espy_status read_lines(reader *r, const uint8_t *bytes, size_t size)
{
    espy_status st = ESPY_OK;
    uint8_t record[RECORD_MAX];
    size_t next, n;
    while (st == ESPY_OK && size > 0 && !r->ended) {
        size_t length = line_length(bytes, size, &next);
        r->line++;
        const char *fault = length > 0 ? decode(bytes, length, record, &n) : NULL;
        if (fault != NULL)
            return bad_line(r, fault);
        if (length > 0)
            st = take_record(r, record);
        bytes += next;
        size -= next;
    }
    if (st == ESPY_OK && !r->ended) {
        espy_fail(r->err, ESPY_E_FORMAT, "the Intel HEX file ends after line %u without an end record", r->line);
        espy_advise(r->err, "The file was cut short; build it again.");
        return ESPY_E_FORMAT;
    }
    return st;
}

espy_status espy_ihex_read(espy_pieces *pieces, const uint8_t *bytes, size_t size, espy_err *err)
{
    reader r = {.pieces = pieces, .err = err};
    espy_status st = read_lines(&r, bytes, size);
    espy_pieces_sort(pieces);
    const espy_piece *twice = st == ESPY_OK ? espy_pieces_overlap(pieces, 1) : NULL;
    if (twice != NULL)
        st = espy_fail(err, ESPY_E_FORMAT, "the Intel HEX file gives byte 0x%x twice, near line %u",
                       (unsigned)twice->addr, twice->origin);
    if (st == ESPY_OK)
        st = espy_pieces_join(pieces, err);
    if (st != ESPY_OK)
        espy_pieces_free(pieces);
    return st;
}

static espy_status write_record(espy_buf *out, unsigned type, uint32_t addr, const uint8_t *data, size_t n,
                                espy_err *err)
{
    char text[2 * (5 + RECORD_BYTES) + 3];
    uint8_t sum = (uint8_t)(n + (addr >> 8 & 0xFF) + (addr & 0xFF) + type);
    int at = snprintf(text, sizeof text, ":%02X%04X%02X", (unsigned)n, (unsigned)addr & 0xFFFF, type);
    for (size_t i = 0; i < n; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "%02X", data[i]);
        sum = (uint8_t)(sum + data[i]);
    }
    at += snprintf(text + at, sizeof text - (size_t)at, "%02X\n", (unsigned)(uint8_t)-sum);
    return espy_buf_append(out, text, (size_t)at, err);
}

/* The records of one piece; *high is the upper half of the address that is in force. */
static espy_status write_piece(espy_buf *out, const espy_piece *piece, uint32_t *high, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (size_t at = 0; st == ESPY_OK && at < piece->data.size;) {
        uint32_t addr = piece->addr + (uint32_t)at;
        if (addr >> 16 != *high) {
            *high = addr >> 16;
            const uint8_t base[2] = {(uint8_t)(*high >> 8), (uint8_t)*high};
            st = write_record(out, RECORD_LINEAR, 0, base, sizeof base, err);
        }
        size_t n = piece->data.size - at, room = 0x10000 - (addr & 0xFFFF);
        n = n < RECORD_BYTES ? n : RECORD_BYTES;
        n = n < room ? n : room;
        if (st == ESPY_OK)
            st = write_record(out, RECORD_DATA, addr, piece->data.bytes + at, n, err);
        at += n;
    }
    return st;
}

espy_status espy_ihex_write(espy_buf *out, const espy_pieces *pieces, espy_err *err)
{
    /* A file that never leaves the first 64 KiB needs no upper half. */
    uint32_t high = 0;
    for (size_t i = 0; i < pieces->count; i++)
        if (pieces->piece[i].addr + (uint64_t)pieces->piece[i].data.size > 0x10000)
            high = UINT32_MAX;
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++)
        st = write_piece(out, &pieces->piece[i], &high, err);
    return st == ESPY_OK ? write_record(out, RECORD_END, 0, NULL, 0, err) : st;
}
