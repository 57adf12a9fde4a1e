/* SPDX-License-Identifier: MIT
 *
 * READ: the flash as a stream of frames, in which a run of one byte is told by its
 * length and its first four bytes, so that a frame of four bytes means the same either
 * way.  The UART's FIFO keeps the wire busy while the next chunk is read.
 */
#include "stub.h"

enum { CHUNK = 2048, RUN_MAX = 1 << 20 };

static uint32_t chunk[CHUNK / 4] __attribute__((section(".noinit")));

struct run {
    uint32_t addr, size, word;
};

static void fetch(uint32_t addr, uint32_t n)
{
    for (uint32_t at = 0; at < n; at += PIECE)
        flash_read(addr + at, chunk + at / 4);
}

/* Whether all of the chunk is the same byte. */
static bool uniform(uint32_t n)
{
    uint32_t word = (chunk[0] & 0xff) * 0x01010101u;
    for (uint32_t i = 0; i < n / 4; i++)
        if (chunk[i] != word)
            return false;
    return n % 4 == 0;
}

static void send_run(struct run *run)
{
    if (run->size > 0)
        reply(ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){run->addr, run->size, run->word}, 3);
    run->size = 0;
}

static void send_chunk(uint32_t addr, uint32_t n)
{
    reply_begin(ESPY_STUB_READ, ESPY_STUB_PART);
    reply_word(addr);
    reply_word(n);
    reply_bytes(chunk, n);
    reply_end();
}

static void extend(struct run *run, uint32_t addr, uint32_t n)
{
    uint32_t word = chunk[0];
    if (run->size > 0 && (run->word != word || run->size >= RUN_MAX))
        send_run(run);
    if (run->size == 0)
        *run = (struct run){addr, 0, word};
    run->size += n;
}

void serve_read(void)
{
    uint32_t addr = payload()[0], left = payload()[1];
    struct run run = {0, 0, 0};
    if (payload_size != 8 || left == 0 || left - 1 > ~addr || !flash_wait()) {
        reply(ESPY_STUB_READ, ESPY_STUB_BAD_RANGE, NULL, 0);
        return;
    }
    while (left > 0) {
        uint32_t n = left < CHUNK ? left : CHUNK;
        fetch(addr, n);
        if (uniform(n)) {
            extend(&run, addr, n);
        } else {
            send_run(&run);
            send_chunk(addr, n);
        }
        addr += n;
        left -= n;
    }
    send_run(&run);
    reply(ESPY_STUB_READ, ESPY_STUB_OK, &addr, 1);
}
