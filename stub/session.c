/* SPDX-License-Identifier: MIT
 *
 * Writing: a session takes the blocks of one stream, whose bytes go to its ranges
 * one after the other.  While blocks come, the flash is erased ahead of the data,
 * programmed from the window, and read back and digested behind it.
 */
#include "stub.h"

enum { HEARTBEAT_MS = 250, SKIP_MAX = 16 };

static struct range ranges[ESPY_STUB_RANGES];
static struct eraser eraser;

static struct {
    uint32_t id;
    bool open; /* or over; there is one */
    bool done;
    uint32_t total;      /* bytes of the ranges */
    uint32_t next;       /* where in the stream the block that is expected begins */
    uint32_t held;       /* bytes of it, if it has come and is being worked at */
    uint32_t programmed; /* bytes of the stream that the flash has, once it is not busy */
    uint32_t hashed;     /* of these, read back */
    struct cursor to_program, to_hash;
    uint32_t error, error_at, error_addr; /* the first one */
    uint32_t digest[ESPY_STUB_DIGEST / 4];
} s;

uint32_t written;
const uint8_t *in, *in_end;
static uint32_t last_talk;

/* ---- answers ---- */

static void answer(unsigned op, unsigned status, bool with_digest)
{
    const uint32_t words[] = {s.id, s.next, s.programmed, s.error, s.error_at, s.error_addr, eraser.erased};
    reply_begin(op, s.error ? s.error : status);
    reply_bytes(words, sizeof words);
    if (with_digest)
        reply_bytes(s.digest, sizeof s.digest);
    reply_end();
    last_talk = ccount();
}

/* While the flash keeps the stub from listening, the host hears that it is alive. */
static void heartbeat(unsigned op)
{
    if (ccount() - last_talk > HEARTBEAT_MS * 1000u * cpu_mhz)
        answer(op, ESPY_STUB_PART, false);
}

/* The address in the flash of a byte of the stream. */
static uint32_t address_of(uint32_t at)
{
    const struct range *r = ranges;
    for (; at >= r->size && at < s.total; r++)
        at -= r->size;
    return r->addr + at;
}

static void attend(void);

/* Latches an error, which all answers carry from now on, and tells it at once, as the
 * answer to the block or END that it concerns. */
static _Noreturn void fail(uint32_t error, uint32_t at)
{
    s.error = error;
    s.error_at = s.next;
    s.error_addr = at < s.total ? address_of(at) : 0;
    s.held = 0;
    answer(frame_op() == ESPY_STUB_END ? ESPY_STUB_END : ESPY_STUB_DATA, error, false);
    for (;;) {
        receive(NULL);
        attend();
    }
}

/* ---- the flash ---- */

static void program_some(uint32_t clean)
{
    uint32_t end = written & ~(PIECE - 1);
    if (end > clean)
        end = clean;
    for (unsigned skipped = 0; s.programmed < end && skipped < SKIP_MAX; skipped++) {
        const uint32_t *words = (const uint32_t *)(window + s.programmed % WINDOW);
        uint32_t all = ~0u, addr = cursor_addr(&s.to_program);
        for (unsigned i = 0; i < PIECE / 4; i++)
            all &= words[i];
        s.programmed += PIECE;
        cursor_advance(&s.to_program, PIECE);
        if (all != ~0u) {
            flash_program(addr, words, PIECE);
            return;
        }
    }
}

/* What the window still has is compared at once, so that the error has an address. */
static void hash_piece(void)
{
    uint32_t words[PIECE / 4];
    flash_read(cursor_addr(&s.to_hash), words);
    sha_piece(words);
    const uint32_t *want = (const uint32_t *)(window + s.hashed % WINDOW);
    if (written - s.hashed <= WINDOW)
        for (unsigned i = 0; i < PIECE / 4; i++)
            if (words[i] != want[i])
                fail(ESPY_STUB_FLASH_DIFFERS, s.hashed + 4 * i);
    s.hashed += PIECE;
    cursor_advance(&s.to_hash, PIECE);
}

/* One step of what is most urgent; false where nothing is left to do for now. */
static bool step(void)
{
    if (flash_busy()) {
        if (flash_hung())
            fail(ESPY_STUB_FLASH_BUSY, s.programmed);
        return true;
    }
    uint32_t clean = s.total - eraser.left;
    if (s.programmed < (written & ~(PIECE - 1)) && s.programmed < clean)
        program_some(clean);
    else if (eraser.left > 0)
        eraser_step(&eraser);
    else if (s.hashed < s.programmed)
        hash_piece();
    else
        return false;
    return true;
}

/* ---- the stream ---- */

static void check_end(void)
{
    if (payload()[1] > s.next)
        answer(ESPY_STUB_END, ESPY_STUB_GAP, false);
    else
        fail(ESPY_STUB_STREAM_LENGTH, written);
}

static void answer_data(uint32_t at)
{
    answer(ESPY_STUB_DATA, at > s.next ? ESPY_STUB_GAP : ESPY_STUB_OK, false);
}

static bool is_ours(void)
{
    return payload_size >= 4 && payload()[0] == s.id;
}

/* Any frame but the block that is expected. */
static void attend(void)
{
    switch (frame_op()) {
    case ESPY_STUB_STATUS: answer(ESPY_STUB_STATUS, ESPY_STUB_OK, false); return;
    case ESPY_STUB_BEGIN:
        if (is_ours()) {
            answer(ESPY_STUB_BEGIN, ESPY_STUB_OK, false);
            return;
        }
        break;
    case ESPY_STUB_DATA:
    case ESPY_STUB_END:
        if (!is_ours() || payload_size < 8) {
            reply(frame_op(), ESPY_STUB_NO_SESSION, NULL, 0);
        } else if (s.error) {
            answer(frame_op(), s.error, false);
        } else if (frame_op() == ESPY_STUB_DATA) {
            answer_data(payload()[1]);
        } else {
            check_end();
        }
        return;
    default:
        if (serve_simple())
            return;
        break;
    }
    leave_to_main();
}

/* Acknowledges the block that is used up and waits for the next. */
static void finish_block(void)
{
    s.next += s.held;
    s.held = 0;
    answer(ESPY_STUB_DATA, ESPY_STUB_OK, false);
}

void take_block(void)
{
    if (s.held > 0)
        finish_block();
    for (;;) {
        receive(step);
        if (frame_op() == ESPY_STUB_DATA && is_ours() && payload_size > 8 && payload()[1] == s.next)
            break;
        attend();
    }
    s.held = payload_size - 8;
    in = (const uint8_t *)(payload() + 2);
    in_end = in + s.held;
}

void piece_done(void)
{
    if (written > s.total)
        fail(ESPY_STUB_STREAM_LENGTH, s.total - 1);
    step();
    while (written - s.programmed > WINDOW - PIECE) {
        step();
        heartbeat(ESPY_STUB_STATUS);
    }
}

/* Compressed, it may be several streams one behind the other. */
static bool take_stream(uint32_t format)
{
    while (written < s.total)
        if (format == ESPY_STUB_RAW)
            put_byte(next_byte());
        else if (!inflate())
            return false;
    if (written > s.total)
        fail(ESPY_STUB_STREAM_LENGTH, s.total - 1);
    return true;
}

/* Everything is on its way to the flash; END waits for it. */
static void await_end(void)
{
    for (;;) {
        receive(step);
        if (frame_op() == ESPY_STUB_END && is_ours() && payload_size >= 8 && payload()[1] == s.next)
            break;
        attend();
    }
    while (step())
        heartbeat(ESPY_STUB_END);
    sha_end(s.total, s.digest);
    s.done = true;
    answer(ESPY_STUB_END, ESPY_STUB_OK, true);
}

/* ---- commands ---- */

/* Whole sectors that do not wrap round; their sum, or 0. */
static uint32_t take_ranges(const uint32_t *words, uint32_t n_words)
{
    const struct range *r = (const struct range *)words;
    uint32_t n = n_words / 2, total = 0;
    if (n_words == 0 || n_words % 2 != 0 || n > ESPY_STUB_RANGES)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (r[i].size == 0 || r[i].addr % SECTOR != 0 || r[i].size % SECTOR != 0 || r[i].size - 1 > ~r[i].addr)
            return 0;
        ranges[i] = r[i];
        total += r[i].size;
    }
    return total;
}

static void begin(void)
{
    const uint32_t *words = payload();
    uint32_t format = words[1];
    s.open = s.done = false;
    s.held = 0;
    s.total = payload_size >= 16 && format <= ESPY_STUB_DEFLATE ? take_ranges(words + 2, payload_size / 4 - 2) : 0;
    if (s.total == 0 || !flash_unlock()) {
        reply(ESPY_STUB_BEGIN, s.total == 0 ? ESPY_STUB_BAD_RANGE : ESPY_STUB_FLASH_BUSY, NULL, 0);
        return;
    }
    s.id = words[0];
    s.open = true;
    s.next = s.programmed = s.hashed = s.error = s.error_at = s.error_addr = 0;
    s.to_program = s.to_hash = (struct cursor){ranges, 0};
    eraser_begin(&eraser, ranges, s.total);
    written = 0;
    in = in_end = NULL;
    sha_begin();
    inflate_reset();
    answer(ESPY_STUB_BEGIN, ESPY_STUB_OK, false);
    if (!take_stream(format))
        fail(ESPY_STUB_BAD_STREAM, written);
    finish_block();
    await_end();
}

/* Outside of a session: the one that is over is still answered for. */
void serve_session(void)
{
    unsigned op = frame_op();
    bool ours = s.open && s.done && is_ours();
    if (op == ESPY_STUB_STATUS)
        answer(op, ESPY_STUB_OK, false);
    else if (op == ESPY_STUB_BEGIN && !ours)
        begin();
    else if (ours)
        answer(op, ESPY_STUB_OK, op == ESPY_STUB_END);
    else
        reply(op, ESPY_STUB_NO_SESSION, NULL, 0);
}

void serve_erase(void)
{
    uint32_t total = take_ranges(payload(), payload_size / 4);
    s.open = false;
    if (total == 0 || !flash_unlock()) {
        reply(ESPY_STUB_ERASE, total == 0 ? ESPY_STUB_BAD_RANGE : ESPY_STUB_FLASH_BUSY, NULL, 0);
        return;
    }
    eraser_begin(&eraser, ranges, total);
    last_talk = ccount();
    for (;;) {
        if (!flash_wait()) {
            reply(ESPY_STUB_ERASE, ESPY_STUB_FLASH_BUSY, (const uint32_t[]){total - eraser.left, total}, 2);
            return;
        }
        const uint32_t words[] = {total - eraser.left, total, eraser.erased};
        bool more = eraser.left > 0;
        if (!more || ccount() - last_talk > HEARTBEAT_MS * 1000u * cpu_mhz) {
            reply(ESPY_STUB_ERASE, more ? ESPY_STUB_PART : ESPY_STUB_OK, words, 3);
            last_talk = ccount();
        }
        if (!more)
            return;
        eraser_step(&eraser);
    }
}
