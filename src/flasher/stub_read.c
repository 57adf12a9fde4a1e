/* SPDX-License-Identifier: MIT
 *
 * Reading through the stub: two requests are always on their way, so that the wire stays
 * full, and what does not arrive is asked for again, then uncompressed: smaller frames are
 * lost more rarely.
 */
#include "stub.h"

#include "flasher.h"

#include "../base/bytes.h"
#include "../loader/stub_code.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 2048,     /* the stub's frames hold one or many */
    SPAN = 64 * 1024, /* of a request */
    FLYING_MAX = 2,
    TROUBLES_MAX = 24 /* without a byte of progress */
};

/* Of a chunk. */
typedef enum state { MISSING, ASKED, HAVE } state;

typedef struct request {
    uint16_t tag;
    state was;
    size_t first, end; /* chunks */
} request;

typedef struct reading {
    espy_flasher *flasher;
    uint32_t addr;
    uint8_t *bytes;
    size_t n;
    size_t chunks;
    state *states; /* by chunk */
    struct libdeflate_decompressor *decompressor;
    size_t missing;
    size_t at; /* where the next request is looked for */
    request flying[FLYING_MAX];
    size_t n_flying;
    unsigned troubles; /* since the last progress */
} reading;

static size_t chunk_size(const reading *r, size_t chunk)
{
    size_t left = r->n - chunk * CHUNK;
    return left < CHUNK ? left : CHUNK;
}

/* The next run of missing chunks; false where there is none behind r->at. */
static bool next_gap(reading *r, request *gap)
{
    while (r->at < r->chunks && r->states[r->at] == HAVE)
        r->at++;
    gap->first = r->at;
    gap->was = r->at < r->chunks ? r->states[r->at] : HAVE;
    while (r->at < r->chunks && r->states[r->at] == gap->was && r->at - gap->first < SPAN / CHUNK)
        r->states[r->at++] = ASKED;
    gap->end = r->at;
    return gap->first < gap->end;
}

/* Rewinds once nothing is on its way any more. */
static espy_status fill(reading *r, espy_err *err)
{
    if (r->n_flying == 0 && r->at == r->chunks) {
        r->at = 0;
        r->troubles++;
    }
    request gap;
    while (r->n_flying < FLYING_MAX && next_gap(r, &gap)) {
        uint8_t payload[12];
        size_t end = gap.end * CHUNK < r->n ? gap.end * CHUNK : r->n;
        put_le32(payload, r->addr + (uint32_t)(gap.first * CHUNK));
        put_le32(payload + 4, (uint32_t)(end - gap.first * CHUNK));
        put_le32(payload + 8, gap.was == MISSING ? ESPY_STUB_DEFLATE : ESPY_STUB_RAW);
        espy_status st = espy_stub_send(r->flasher, ESPY_STUB_READ, payload, sizeof payload, NULL, 0, err);
        if (st != ESPY_OK)
            return st;
        gap.tag = r->flasher->stub.tag;
        r->flying[r->n_flying++] = gap;
    }
    return ESPY_OK;
}

/* Frames come in the order of their requests: what is older than this one is over. */
static bool land(reading *r, uint16_t tag, bool over)
{
    for (size_t i = 0; i < r->n_flying; i++)
        if (r->flying[i].tag == tag) {
            size_t gone = over ? i + 1 : i;
            memmove(r->flying, r->flying + gone, (r->n_flying - gone) * sizeof r->flying[0]);
            r->n_flying -= gone;
            return true;
        }
    return false;
}

static bool unpack(reading *r, const espy_stub_piece *piece, uint8_t *to)
{
    switch (piece->format) {
    case ESPY_STUB_RAW: memcpy(to, piece->bytes, piece->size); return true;
    case ESPY_STUB_RUN: memset(to, piece->bytes[0], piece->size); return true;
    default: break;
    }
    if (libdeflate_deflate_decompress(r->decompressor, piece->bytes, piece->n_bytes, to, piece->size, NULL) !=
        LIBDEFLATE_SUCCESS)
        return false;
    if (piece->format == ESPY_STUB_CODE)
        espy_code_absolute(to, piece->size, piece->addr, true);
    return true;
}

/* Whole chunks at their places; anything else is not what was asked for. */
static void keep(reading *r, const espy_stub_piece *piece)
{
    size_t from = piece->addr - r->addr;
    if (from >= r->n || from % CHUNK != 0 || piece->size > r->n - from)
        return;
    if (piece->size % CHUNK != 0 && from + piece->size != r->n)
        return;
    if (!unpack(r, piece, r->bytes + from))
        return;
    for (size_t done = 0; done < piece->size; done += CHUNK) {
        size_t chunk = (from + done) / CHUNK;
        r->missing -= r->states[chunk] == HAVE ? 0 : chunk_size(r, chunk);
        r->troubles = 0;
        r->states[chunk] = HAVE;
    }
}

static espy_status take(reading *r, const espy_stub_frame *frame, espy_err *err)
{
    espy_stub_piece piece;
    if (frame->op != ESPY_STUB_READ || !land(r, frame->tag, frame->status != ESPY_STUB_PART))
        return ESPY_OK;
    if (frame->status > ESPY_STUB_PART)
        return espy_stub_refused(ESPY_STUB_READ, frame->status, err);
    if (espy_stub_parse_piece(&piece, frame))
        keep(r, &piece);
    return ESPY_OK;
}

/* After a silence nothing is on its way any more. */
static void start_over(reading *r)
{
    r->n_flying = 0;
    r->at = 0;
    r->troubles += 3;
}

/* The longest frame takes its time, which at low rates is most of it. */
static uint64_t deadline(const reading *r)
{
    enum { BITS = 10 };
    return espy_link_now_ms(r->flasher->link) + ESPY_STUB_ALIVE_MS +
           1000ull * BITS * ESPY_SLIP_MAX(ESPY_STUB_ANSWER_MAX) / r->flasher->baud;
}

static espy_status run(reading *r, espy_err *err)
{
    espy_status st = ESPY_OK;
    while (r->missing > 0 && st == ESPY_OK) {
        espy_stub_frame frame;
        bool found = false;
        st = fill(r, err);
        if (st == ESPY_OK)
            st = espy_stub_next(r->flasher, deadline(r), &frame, &found, err);
        if (st == ESPY_OK && found)
            st = take(r, &frame, err);
        else if (st == ESPY_OK)
            start_over(r);
        if (st == ESPY_OK && r->troubles > TROUBLES_MAX)
            st = espy_stub_silent(r->flasher, ESPY_STUB_READ, err);
        espy_flasher_progress(r->flasher, ESPY_PHASE_READ, r->n - r->missing, r->n);
    }
    return st;
}

espy_status espy_stub_read(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    reading r = {.flasher = flasher, .addr = addr, .bytes = bytes, .n = n, .missing = n};
    espy_status st = ESPY_E_MEMORY;
    r.chunks = (n + CHUNK - 1) / CHUNK;
    r.states = calloc(r.chunks + 1, sizeof *r.states);
    r.decompressor = libdeflate_alloc_decompressor();
    if (r.states != NULL && r.decompressor != NULL)
        st = run(&r, err);
    else
        espy_fail(err, st, "no memory to read %zu bytes of flash", n);
    libdeflate_free_decompressor(r.decompressor);
    free(r.states);
    return st;
}
