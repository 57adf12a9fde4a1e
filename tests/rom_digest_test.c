/* SPDX-License-Identifier: MIT
 *
 * CRC, MD5, HMAC and SHA of the built-in mask ROM against the real one, contexts and the
 * accelerator's registers included; and against published vectors.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT ROM_PAIR_DATA
#define CONTEXT (ROM_PAIR_DATA + 0x8000)
#define OTHER (ROM_PAIR_DATA + 0x8200)
#define DIGEST (ROM_PAIR_DATA + 0x8401) /* unaligned */
#define WORDS (ROM_PAIR_DATA + 0x8500)

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

static rom_pair *begin(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    rom_pair_map_chips(pair);
    rom_pair_random(pair, TEXT, 0x9000);
    rom_pair_random(pair, ROM_PAIR_FLASH, 0x4000);
    return pair;
}

static uint32_t some_bytes(rom_pair *pair)
{
    return below(pair, 3) == 0 ? ROM_PAIR_FLASH + below(pair, 0x3000) : TEXT + below(pair, 0x7000);
}

static uint32_t some_length(rom_pair *pair)
{
    static const uint32_t limits[] = {10, 70, 140, 300, 3000};
    return below(pair, limits[below(pair, 5)]);
}

static void crcs(void **state)
{
    static const char *const names[] = {"crc32_le", "mz_crc32", "crc32_be", "crc16_le",
                                        "crc16_be", "crc8_le",  "crc8_be"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(50); i++) {
        uint32_t crc = i % 4 == 0 ? 0 : rom_pair_rand(pair), n = some_length(pair);
        for (unsigned k = 0; k < 7; k++)
            rom_pair_call(pair, names[k], 3, crc, some_bytes(pair), n);
        rom_pair_call(pair, "esp_crc8", 2, some_bytes(pair), below(pair, 20));
    }
    rom_pair_call(pair, "mz_crc32", 3, 5, 0, 9);
    /* The check values of CRC-32/ISO-HDLC and CRC-16/KERMIT inverted, for "123456789". */
    rom_pair_write(pair, TEXT, "123456789", 9);
    assert_int_equal(rom_pair_call(pair, "crc32_le", 3, 0, TEXT, 9), 0xcbf43926);
    assert_int_equal(rom_pair_call(pair, "crc16_le", 3, 0, TEXT, 9), 0x906e);
}

static void md5(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(30); i++) {
        rom_pair_call_void(pair, "MD5Init", 1, CONTEXT);
        for (uint32_t pieces = below(pair, 5); pieces > 0; pieces--)
            rom_pair_call_void(pair, "MD5Update", 3, CONTEXT, some_bytes(pair), some_length(pair));
        rom_pair_call_void(pair, "MD5Final", 2, DIGEST, CONTEXT);
    }
    /* The count of bits carries. */
    rom_pair_random(pair, CONTEXT, 88);
    rom_pair_write32(pair, CONTEXT + 16, 0xfffffff8);
    rom_pair_call_void(pair, "MD5Update", 3, CONTEXT, TEXT, 100);
    rom_pair_call_void(pair, "MD5Final", 2, DIGEST, CONTEXT);
}

static void md5_of_pieces(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(20); i++) {
        uint32_t n = below(pair, 6);
        for (uint32_t k = 0; k < n; k++) {
            rom_pair_write32(pair, WORDS + 4 * k, some_bytes(pair));
            rom_pair_write32(pair, WORDS + 64 + 4 * k, some_length(pair));
        }
        assert_int_equal(rom_pair_call(pair, "md5_vector", 4, n, WORDS, WORDS + 64, DIGEST), 0);
    }
}

/* The guest's heap: __getreent, _malloc_r and _free_r, which note what they were asked. */
static const uint8_t heap[] = {
    0x00, 0xa0, 0xca, 0x3f, /* .long 0x3fcaa000 */
    0x36, 0x41, 0x00,       /* getreent: entry a1, 32 */
    0x21, 0xfe, 0xff,       /* l32r a2, the word */
    0x1d, 0xf0,             /* retw.n */
    0x36, 0x41, 0x00,       /* malloc: entry a1, 32 */
    0x81, 0xfc, 0xff,       /* l32r a8, the word */
    0x29, 0x28,             /* s32i.n a2, a8, 8 */
    0x39, 0x38,             /* s32i.n a3, a8, 12 */
    0x28, 0x18,             /* l32i.n a2, a8, 4 */
    0x1d, 0xf0,             /* retw.n */
    0x3d, 0xf0,             /* nop.n */
    0x36, 0x41, 0x00,       /* free: entry a1, 32 */
    0x81, 0xf8, 0xff,       /* l32r a8, the word */
    0x29, 0x48,             /* s32i.n a2, a8, 16 */
    0x39, 0x58,             /* s32i.n a3, a8, 20 */
    0x1d, 0xf0,             /* retw.n */
};
#define HEAP_STATE (ROM_PAIR_DATA + 0xa000)

static void set_heap(rom_pair *pair)
{
    uint32_t code = rom_pair_code(pair, heap, sizeof heap);
    static const uint8_t at[] = {4, 12, 28};
    for (unsigned i = 0; i < 3; i++)
        rom_pair_write32(pair, HEAP_STATE + 0x100 + 4 * i, code + at[i]);
    rom_pair_write32(pair, 0x3fceffd4, HEAP_STATE + 0x100);
    rom_pair_write32(pair, HEAP_STATE + 4, HEAP_STATE + 0x201);
}

static void hmacs(void **state)
{
    rom_pair *pair = begin(state);
    set_heap(pair);
    for (unsigned i = 0; i < cases(25); i++) {
        uint32_t key = some_bytes(pair), size = i == 0 ? 64 : below(pair, 100), n = below(pair, 8);
        rom_pair_call(pair, "hmac_md5", 5, key, size, some_bytes(pair), some_length(pair), DIGEST);
        for (uint32_t k = 0; k < n; k++) {
            rom_pair_write32(pair, WORDS + 4 * k, some_bytes(pair));
            rom_pair_write32(pair, WORDS + 64 + 4 * k, some_length(pair));
        }
        if (n > 0)
            rom_pair_call(pair, "hmac_md5_vector", 6, key, size, n, WORDS, WORDS + 64, DIGEST);
    }
    rom_pair_write32(pair, HEAP_STATE + 4, 0);
    rom_pair_call(pair, "hmac_md5", 5, TEXT, 5, TEXT, 7, DIGEST);
}

static void start_sha(rom_pair *pair, uint32_t type, uint32_t t)
{
    rom_pair_call_void(pair, "ets_sha_enable", 0);
    rom_pair_call(pair, "ets_sha_init", 2, CONTEXT, type);
    rom_pair_call(pair, "ets_sha_starts", 2, CONTEXT, t);
}

static void shas(void **state)
{
    rom_pair *pair = begin(state);
    pair->compare |= ROM_PAIR_BLOCKS;
    for (unsigned i = 0; i < cases(16); i++) {
        start_sha(pair, i % 8, 1 + below(pair, 511));
        for (uint32_t pieces = below(pair, 4); pieces > 0; pieces--)
            rom_pair_call_void(pair, "ets_sha_update", 4, CONTEXT, some_bytes(pair), some_length(pair), below(pair, 2));
        if (i % 3 == 0) {
            rom_pair_call_void(pair, "ets_sha_clone", 2, OTHER, CONTEXT);
            rom_pair_call_void(pair, "ets_sha_update", 4, OTHER, TEXT, 300, 1);
            rom_pair_call(pair, "ets_sha_finish", 2, OTHER, DIGEST);
            rom_pair_fill(pair, CONTEXT + 1, 0, 1);
        }
        rom_pair_call(pair, "ets_sha_finish", 2, CONTEXT, DIGEST);
    }
    rom_pair_call_void(pair, "ets_sha_process", 2, CONTEXT, TEXT + 1);
    rom_pair_call_void(pair, "ets_sha_get_state", 1, CONTEXT);
    rom_pair_call_void(pair, "ets_sha_disable", 0);
}

/* FIPS 180-4's example for SHA-256. */
static void sha_of_abc(void **state)
{
    static const uint8_t expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                       0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                       0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t digest[32];
    rom_pair *pair = begin(state);
    start_sha(pair, 2, 0);
    rom_pair_write(pair, TEXT, "abc", 3);
    rom_pair_call_void(pair, "ets_sha_update", 4, CONTEXT, TEXT, 3, 0);
    rom_pair_call(pair, "ets_sha_finish", 2, CONTEXT, DIGEST);
    rom_pair_read(pair, DIGEST, digest, sizeof digest);
    assert_memory_equal(digest, expected, sizeof digest);
}

static void sha_refuses(void **state)
{
    rom_pair *pair = begin(state);
    rom_pair_call(pair, "ets_sha_init", 2, 0, 2);
    rom_pair_call(pair, "ets_sha_init", 2, CONTEXT, 8);
    rom_pair_call(pair, "ets_sha_starts", 2, 0, 1);
    static const uint32_t lengths[] = {0, 384, 512, 0x10005};
    for (unsigned i = 0; i < 4; i++)
        start_sha(pair, 7, lengths[i]);
    /* The counter of bits carries through its words. */
    start_sha(pair, 4, 0);
    rom_pair_fill(pair, CONTEXT + 200, 0xff, 16);
    rom_pair_fill(pair, CONTEXT + 200, 0xf8, 1);
    rom_pair_call_void(pair, "ets_sha_update", 4, CONTEXT, TEXT, 3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(crcs), rom_pair_test(md5),        rom_pair_test(md5_of_pieces), rom_pair_test(hmacs),
        rom_pair_test(shas), rom_pair_test(sha_of_abc), rom_pair_test(sha_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
