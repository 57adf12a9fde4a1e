/* SPDX-License-Identifier: MIT
 *
 * SHA-256 by the chip's accelerator, typed in block by block ("SHA Accelerator" of the
 * Technical Reference Manual), and the answers to DIGESTS.
 */
#include "stub.h"

enum { PER_FRAME = 128 };

static bool begun; /* a block has been taken since sha_begin() */

void sha_set_up(void)
{
    REG(SYSTEM_PERIP_CLK_EN1) |= SYSTEM_CRYPTO_SHA;
    /* While these two are in reset, so is the accelerator. */
    REG(SYSTEM_PERIP_RST_EN1) &= ~(SYSTEM_CRYPTO_SHA | SYSTEM_CRYPTO_DS | SYSTEM_CRYPTO_HMAC);
    REG(SHA_BASE + SHA_MODE) = SHA_MODE_256;
}

void sha_begin(void)
{
    begun = false;
}

static void finish_block(void)
{
    while (REG(SHA_BASE + SHA_BUSY))
        ;
}

/* Returns while the accelerator works. */
void sha_piece(const uint32_t words[16])
{
    finish_block();
    for (unsigned i = 0; i < 16; i++)
        REG(SHA_BASE + SHA_M + 4 * i) = words[i];
    REG(SHA_BASE + (begun ? SHA_CONTINUE : SHA_START)) = 1;
    begun = true;
}

/* The padding of FIPS 180-4, 5.1.1; the first n % 64 bytes of rest are the message's. */
static void finish(uint32_t rest[16], uint32_t n, uint32_t digest[ESPY_STUB_DIGEST / 4])
{
    uint8_t *bytes = (uint8_t *)rest;
    unsigned at = n % 64;
    bytes[at++] = 0x80;
    if (at > 56) {
        while (at < 64)
            bytes[at++] = 0;
        sha_piece(rest);
        at = 0;
    }
    while (at < 56)
        bytes[at++] = 0;
    for (unsigned i = 0; i < 8; i++)
        bytes[63 - i] = i < 4 ? (uint8_t)(n << 3 >> 8 * i) : i == 4 ? (uint8_t)(n >> 29) : 0;
    sha_piece(rest);
    finish_block();
    for (unsigned i = 0; i < ESPY_STUB_DIGEST / 4; i++)
        digest[i] = REG(SHA_BASE + SHA_H + 4 * i);
}

void sha_end(uint32_t n, uint32_t digest[ESPY_STUB_DIGEST / 4])
{
    uint32_t rest[16];
    finish(rest, n, digest);
}

static void digest_flash(uint32_t addr, uint32_t n, uint32_t digest[ESPY_STUB_DIGEST / 4])
{
    uint32_t words[PIECE / 4], at = 0;
    sha_begin();
    for (; n - at >= PIECE; at += PIECE) {
        flash_read(addr + at, words);
        sha_piece(words);
    }
    flash_read(addr + at, words);
    finish(words, n, digest);
}

struct job {
    uint32_t addr, size, granule;
};

static uint32_t granules(const struct job *job)
{
    return job->size / job->granule + (job->size % job->granule != 0);
}

/* The digests of a job's granules from number *first on; they are sent once a frame is
 * full, and at the very end. */
static void send(uint32_t index, uint32_t total, const uint32_t *digests, uint32_t n, bool last)
{
    reply_begin(ESPY_STUB_DIGESTS, last ? ESPY_STUB_OK : ESPY_STUB_PART);
    reply_word(index);
    reply_word(total);
    reply_bytes(digests, n * ESPY_STUB_DIGEST);
    reply_end();
}

static void run(const struct job *jobs, uint32_t n, uint32_t total)
{
    static uint32_t digests[PER_FRAME][ESPY_STUB_DIGEST / 4] __attribute__((section(".noinit")));
    uint32_t sent = 0, ready = 0;
    for (; n > 0; n--, jobs++)
        for (uint32_t at = 0; at < jobs->size; at += jobs->granule) {
            uint32_t left = jobs->size - at;
            digest_flash(jobs->addr + at, left < jobs->granule ? left : jobs->granule, digests[ready]);
            if (++ready < PER_FRAME && sent + ready < total)
                continue;
            send(sent, total, digests[0], ready, sent + ready == total);
            sent += ready;
            ready = 0;
        }
}

void serve_digests(void)
{
    const struct job *jobs = (const struct job *)payload();
    uint32_t n = payload_size / sizeof *jobs, total = 0;
    bool good = n > 0 && payload_size % sizeof *jobs == 0;
    for (uint32_t i = 0; i < n && good; i++) {
        good = jobs[i].granule > 0 && jobs[i].size > 0 && jobs[i].size - 1 <= ~jobs[i].addr;
        if (good)
            total += granules(&jobs[i]);
    }
    if (!good || !flash_wait())
        reply(ESPY_STUB_DIGESTS, good ? ESPY_STUB_FLASH_BUSY : ESPY_STUB_BAD_RANGE, NULL, 0);
    else
        run(jobs, n, total);
}
