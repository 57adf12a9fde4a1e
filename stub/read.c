/* SPDX-License-Identifier: MIT
 *
 * READ: the flash as a stream of frames, each with a chunk: compressed, as it is, or a run
 * of one byte told by its length.  The interrupt keeps the wire busy meanwhile; how much
 * still waits for it tells how hard to compress the next chunk.
 */
#include "deflate.h"
#include "stub.h"

#include "../src/loader/stub_code.h"

enum { RAW_CHUNK = 2048, FIRST_CHUNK = 4096, PACKED_MIN = 256, RUN_MAX = 1 << 20 };
enum { DRY = 1024, LOW = TX_SIZE / 4, HIGH = TX_SIZE / 4 * 3 };

/* From nothing, which is for a wire that is faster than this CPU, to what is hard to beat. */
static const struct effort efforts[] = {{0, 0}, {1, 8}, {2, 8}, {4, 8}, {8, 16}, {16, 32}, {32, 64}, {128, 258}};
enum { FIRST_LEVEL = 3, HARDEST = sizeof efforts / sizeof efforts[0] - 1 };

static struct deflate compressor __attribute__((section(".noinit")));
/* A chunk lies where sessions have their window, and what becomes of it behind it. */
static uint8_t *const chunk = window, *const compressed = window + DEFLATE_MAX;
static unsigned level;
static bool noise; /* the last chunk that was to become smaller did not */

struct run {
    uint32_t addr, size;
    uint8_t value;
};

static void fetch(uint32_t addr, uint32_t n)
{
    for (uint32_t at = 0; at < n; at += PIECE)
        flash_read(addr + at, (uint32_t *)(chunk + at));
}

/* Whether all of the chunk is the same byte. */
static bool uniform(uint32_t n)
{
    const uint32_t *words = (const uint32_t *)chunk;
    uint32_t word = chunk[0] * 0x01010101u;
    for (uint32_t i = 0; i < n / 4; i++)
        if (words[i] != word)
            return false;
    return n % 4 == 0;
}

static void send(uint32_t addr, uint32_t n, unsigned form, const uint8_t *bytes, uint32_t size)
{
    reply_begin(ESPY_STUB_READ, ESPY_STUB_PART);
    reply_word(addr);
    reply_word(form << 24 | n);
    reply_bytes(bytes, size);
    reply_end();
}

static void send_run(struct run *run)
{
    if (run->size > 0)
        send(run->addr, run->size, ESPY_STUB_RUN, &run->value, 1);
    run->size = 0;
}

static void extend(struct run *run, uint32_t addr, uint32_t n)
{
    if (run->size > 0 && (run->value != chunk[0] || run->size >= RUN_MAX))
        send_run(run);
    if (run->size == 0)
        *run = (struct run){addr, 0, chunk[0]};
    run->size += n;
}

/* Before the first chunk the wire was idle for want of a request. */
static void adapt(void)
{
    uint32_t waiting = backlog();
    if (waiting < DRY && level > 0)
        level--;
    else if (waiting > HIGH && level < HARDEST)
        level++;
}

/* By the share of narrow instructions and of L32Rs, which code has more of than tables and
 * text; where the line is, four images of MicroPython have told. */
static bool is_code(uint32_t n)
{
    uint32_t all = 0, narrow = 0, l32r = 0;
    for (uint32_t at = 0, length; at < n; at += length, all++) {
        length = espy_code_length(chunk[at]);
        narrow += length == 2;
        l32r += (chunk[at] & 15) == ESPY_CODE_L32R;
    }
    return 15 * narrow + 20 * l32r > 6 * all;
}

/* Sends the chunk compressed; false where it does not get smaller. */
static bool send_packed(uint32_t addr, uint32_t n)
{
    bool code = level > FIRST_LEVEL && is_code(n);
    if (code)
        espy_code_absolute(chunk, n, addr, false);
    uint32_t size = deflate_chunk(&compressor, chunk, n, &efforts[level], compressed, n - 1);
    noise = size == 0;
    if (!noise) {
        send(addr, n, code ? ESPY_STUB_CODE : ESPY_STUB_DEFLATE, compressed, size);
        return true;
    }
    level = 0;
    if (code)
        espy_code_absolute(chunk, n, addr, true);
    return false;
}

static void send_chunk(uint32_t addr, uint32_t n, unsigned format)
{
    if (format == ESPY_STUB_DEFLATE && level > 0 && n >= PACKED_MIN && send_packed(addr, n))
        return;
    for (uint32_t at = 0, size; at < n; at += size) {
        size = n - at < RAW_CHUNK ? n - at : RAW_CHUNK;
        send(addr + at, size, ESPY_STUB_RAW, chunk + at, size);
    }
}

/* While little waits for the wire it waits for this chunk; and what is tried on noise is in
 * vain. */
static uint32_t chunk_size(unsigned format)
{
    if (format == ESPY_STUB_RAW)
        return RAW_CHUNK;
    return noise || backlog() < LOW ? FIRST_CHUNK : DEFLATE_MAX;
}

void read_set_up(void)
{
    level = FIRST_LEVEL;
}

void serve_read(void)
{
    uint32_t addr = payload()[0], left = payload()[1], format = payload()[2];
    struct run run = {0, 0, 0};
    if (payload_size != 12 || left == 0 || left - 1 > ~addr || format > ESPY_STUB_DEFLATE || !flash_wait()) {
        reply(ESPY_STUB_READ, ESPY_STUB_BAD_RANGE, NULL, 0);
        return;
    }
    for (bool first = true; left > 0; first = false) {
        uint32_t most = chunk_size(format), n = left < most ? left : most;
        if (!first)
            adapt();
        fetch(addr, n);
        if (uniform(n)) {
            extend(&run, addr, n);
        } else {
            send_run(&run);
            send_chunk(addr, n, format);
        }
        addr += n;
        left -= n;
    }
    send_run(&run);
    reply(ESPY_STUB_READ, ESPY_STUB_OK, &addr, 1);
}
