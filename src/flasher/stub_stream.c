/* SPDX-License-Identifier: MIT
 *
 * A write session; see the header.  Blocks are acknowledged cumulatively; some are always
 * on their way.  When one is lost, all from it on are sent again ("go back N").  An
 * answer to what was sent before the last going back is too old to ask for another.
 */
#include "stub_stream.h"

#include "flasher.h"
#include "stub.h"

#include "../base/bytes.h"

#include <libdeflate.h>
#include <mbedtls/sha256.h>

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_SECTORS = 64, /* compressed by themselves, so that the first bytes leave early */
    LEVEL = 12,
    FLYING_BLOCKS = 12, /* on their way: escaped throughout they are still less than the stub's ring, and where the
                         * wire is bad, and blocks small, there is little to send again after a loss */
    BLOCK_MIN = 256,
    GROW_AFTER = 8,   /* blocks without a loss */
    TROUBLES_MAX = 24 /* without a byte of progress */
};

typedef struct stream {
    espy_flasher *flasher;
    espy_sector *const *sectors;
    size_t n;
    size_t made; /* of the sectors */
    struct libdeflate_compressor *compressor;
    mbedtls_sha256_context sha;
    uint8_t contents[CHUNK_SECTORS * ESPY_STUB_SECTOR];
    espy_buf data; /* the stream as far as it is made */

    uint32_t acked, sent; /* bytes of it */
    uint32_t block;       /* the size of the next ones: what is lost often had better be small */
    unsigned good;        /* acknowledgements since it last changed */
    bool end_sent;
    uint16_t epoch;        /* the tag of the first frame since going back */
    uint16_t status_tag;   /* of the last STATUS, */
    uint32_t status_sent;  /* and what had been sent before it: */
    bool status_after_end; /* its answer says what of that has arrived */
    unsigned troubles;     /* since the last progress */
    bool finished;
    uint64_t verify_began; /* ms; 0: not yet */
} stream;

void espy_sector_fill(const espy_sector *sector, uint8_t *out)
{
    memset(out, 0xFF, ESPY_STUB_SECTOR);
    if (sector->bytes != NULL)
        memcpy(out, sector->bytes, sector->given);
}

/* ---- making the stream ----------------------------------------------------------------- */

static espy_status make_more(stream *s, espy_err *err)
{
    size_t n = s->n - s->made < CHUNK_SECTORS ? s->n - s->made : CHUNK_SECTORS;
    size_t size = n * ESPY_STUB_SECTOR, bound = libdeflate_deflate_compress_bound(s->compressor, size);
    for (size_t i = 0; i < n; i++)
        espy_sector_fill(s->sectors[s->made + i], s->contents + i * ESPY_STUB_SECTOR);
    espy_status st = espy_buf_reserve(&s->data, bound, err);
    if (st != ESPY_OK)
        return st;
    if (s->flasher->config.uncompressed)
        st = espy_buf_append(&s->data, s->contents, size, err);
    else
        s->data.size +=
            libdeflate_deflate_compress(s->compressor, s->contents, size, s->data.bytes + s->data.size, bound);
    mbedtls_sha256_update_ret(&s->sha, s->contents, size);
    s->made += n;
    return st;
}

static bool all_made(const stream *s)
{
    return s->made == s->n;
}

/* ---- sending ---------------------------------------------------------------------------- */

/* The session and the place in the stream, which all of DATA and END begin with. */
static void put_head(const stream *s, uint8_t head[8])
{
    put_le32(head, s->flasher->stub.session);
    put_le32(head + 4, s->sent);
}

static espy_status send_block(stream *s, espy_err *err)
{
    uint8_t head[8];
    const uint8_t *bytes = s->data.bytes + s->sent;
    size_t left = s->data.size - s->sent, n = left < s->block ? left : s->block;
    put_head(s, head);
    s->sent += (uint32_t)n;
    return espy_stub_send(s->flasher, ESPY_STUB_DATA, head, sizeof head, bytes, n, err);
}

static espy_status send_end(stream *s, espy_err *err)
{
    uint8_t head[8];
    put_head(s, head);
    s->end_sent = true;
    return espy_stub_send(s->flasher, ESPY_STUB_END, head, sizeof head, NULL, 0, err);
}

/* Sends as much as may be on its way. */
static espy_status fill(stream *s, espy_err *err)
{
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && s->sent - s->acked < FLYING_BLOCKS * s->block) {
        if (s->data.size - s->sent < s->block && !all_made(s))
            st = make_more(s, err);
        else if (s->sent < s->data.size)
            st = send_block(s, err);
        else
            break;
    }
    if (st == ESPY_OK && all_made(s) && s->sent == s->data.size && !s->end_sent)
        st = send_end(s, err);
    return st;
}

static void go_back(stream *s)
{
    espy_log(s->flasher->config.log, ESPY_LOG_CMD, "stub: again from byte %u of %u of the stream", (unsigned)s->acked,
             (unsigned)s->sent);
    s->block = s->block / 2 > BLOCK_MIN ? s->block / 2 : BLOCK_MIN;
    s->good = 0;
    s->sent = s->acked;
    s->end_sent = false;
    s->epoch = (uint16_t)(s->flasher->stub.tag + 1);
    s->flasher->stats.regions_retried++;
}

static espy_status ask_status(stream *s, espy_err *err)
{
    s->troubles += 3; /* a silence weighs more than a loss */
    espy_status st = espy_stub_send(s->flasher, ESPY_STUB_STATUS, NULL, 0, NULL, 0, err);
    s->status_tag = s->flasher->stub.tag;
    s->status_sent = s->sent;
    s->status_after_end = s->end_sent;
    return st;
}

/* ---- answers ------------------------------------------------------------------------------ */

static espy_status failed(const espy_stub_ack *ack, espy_err *err)
{
    espy_fail(err, ESPY_E_DEVICE, "flash at 0x%x, byte %u of the stream: %s (0x%02x)", (unsigned)ack->error_addr,
              (unsigned)ack->error_at, espy_stub_status_name(ack->error), (unsigned)ack->error);
    return ESPY_E_DEVICE;
}

/* What is left once the stub has all of the stream is its own reading back. */
static void report(stream *s, uint32_t durable)
{
    uint64_t total = (uint64_t)s->n * ESPY_STUB_SECTOR, done = durable < total ? durable : total;
    bool all = s->end_sent && s->acked == s->data.size;
    if (all && s->verify_began == 0)
        s->verify_began = espy_link_now_ms(s->flasher->link);
    espy_flasher_progress(s->flasher, all ? ESPY_PHASE_VERIFY : ESPY_PHASE_WRITE, done, total);
}

static espy_status finish(stream *s, const espy_stub_ack *ack, espy_err *err)
{
    uint8_t want[32];
    mbedtls_sha256_finish_ret(&s->sha, want);
    s->finished = true;
    report(s, ack->durable);
    double seconds = (double)(espy_link_now_ms(s->flasher->link) - s->verify_began) / 1000;
    s->flasher->stats.verify_s += seconds;
    s->flasher->stats.write_s -= seconds; /* of which it is a part */
    if (memcmp(want, ack->digest, ESPY_STUB_DIGEST) == 0)
        return ESPY_OK;
    return espy_fail(err, ESPY_E_DEVICE, "the flash does not hold what was written to it between 0x%x and 0x%x",
                     (unsigned)s->sectors[0]->addr, (unsigned)s->sectors[s->n - 1]->addr);
}

/* What was sent before going back may arrive after all. */
static void advance(stream *s, uint32_t next)
{
    s->acked = next;
    s->troubles = 0;
    if (s->sent < next)
        s->sent = next;
    if (++s->good < GROW_AFTER)
        return;
    s->good = 0;
    s->block = s->block * 2 < ESPY_STUB_BLOCK ? s->block * 2 : ESPY_STUB_BLOCK;
}

static espy_status take_ack(stream *s, const espy_stub_frame *frame, const espy_stub_ack *ack, espy_err *err)
{
    if (ack->error != 0)
        return failed(ack, err);
    if (ack->next > s->acked && ack->next <= s->data.size)
        advance(s, ack->next);
    if (ack->has_digest)
        return finish(s, ack, err);
    bool fresh = (int16_t)(frame->tag - s->epoch) >= 0;
    bool asked = frame->op == ESPY_STUB_STATUS && frame->status == ESPY_STUB_OK && frame->tag == s->status_tag &&
                 (ack->next < s->status_sent || s->status_after_end);
    if (fresh && (frame->status == ESPY_STUB_GAP || asked)) {
        s->troubles++;
        go_back(s);
    }
    report(s, ack->durable);
    return ESPY_OK;
}

/* An answer of no session means that the stub has started anew. */
static espy_status take(stream *s, const espy_stub_frame *frame, espy_err *err)
{
    espy_stub_ack ack;
    if (frame->op >= ESPY_STUB_BEGIN && frame->op <= ESPY_STUB_STATUS && frame->status == ESPY_STUB_NO_SESSION)
        return espy_fail(err, ESPY_E_PROTOCOL, "the stub on %s has lost its session", s->flasher->link->name);
    if (!espy_stub_parse_ack(&ack, frame) || ack.session != s->flasher->stub.session)
        return ESPY_OK;
    return take_ack(s, frame, &ack, err);
}

static espy_status run(stream *s, espy_err *err)
{
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && !s->finished) {
        espy_stub_frame frame;
        bool found = false;
        st = fill(s, err);
        if (st == ESPY_OK)
            st = espy_stub_next(s->flasher, espy_link_now_ms(s->flasher->link) + ESPY_STUB_ALIVE_MS, &frame, &found,
                                err);
        if (st == ESPY_OK)
            st = found ? take(s, &frame, err) : ask_status(s, err);
        if (st == ESPY_OK && s->troubles > TROUBLES_MAX)
            st = espy_stub_silent(s->flasher, ESPY_STUB_DATA, err);
    }
    return st;
}

static espy_status begin(espy_flasher *flasher, const uint8_t *ranges, size_t size, espy_err *err)
{
    uint8_t payload[ESPY_STUB_PAYLOAD_MAX];
    espy_stub_frame frame;
    put_le32(payload, ++flasher->stub.session);
    put_le32(payload + 4, flasher->config.uncompressed ? ESPY_STUB_RAW : ESPY_STUB_DEFLATE);
    memcpy(payload + 8, ranges, size);
    return espy_stub_ask(flasher, ESPY_STUB_BEGIN, payload, 8 + size, &frame, err);
}

espy_status espy_stub_stream(espy_flasher *flasher, const uint8_t *ranges, size_t ranges_size,
                             espy_sector *const *sectors, size_t n, espy_err *err)
{
    espy_status st = begin(flasher, ranges, ranges_size, err);
    if (st != ESPY_OK)
        return st;
    stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the stream of a write");
    s->flasher = flasher;
    s->sectors = sectors;
    s->n = n;
    s->block = ESPY_STUB_BLOCK;
    s->compressor = libdeflate_alloc_compressor(LEVEL);
    s->epoch = (uint16_t)(flasher->stub.tag + 1);
    mbedtls_sha256_init(&s->sha);
    mbedtls_sha256_starts_ret(&s->sha, 0);
    st = s->compressor == NULL ? espy_fail(err, ESPY_E_MEMORY, "no memory for a compressor") : run(s, err);
    mbedtls_sha256_free(&s->sha);
    libdeflate_free_compressor(s->compressor);
    espy_buf_free(&s->data);
    free(s);
    return st;
}
