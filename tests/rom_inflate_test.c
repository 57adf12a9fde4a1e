/* SPDX-License-Identifier: MIT
 *
 * tinfl_decompress of the built-in mask ROM against the real one, on what zlib makes at
 * all its levels, in pieces of any size, and on what is broken.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

/* The decompressor's state is compared too. */
#define STATE 0x3fc98000u
#define PARAMS 0x3fc9c000u

#define IN (ROM_PAIR_DATA)
#define OUT (ROM_PAIR_DATA + 0x7000)
#define SIZES (ROM_PAIR_DATA + 0xf800)
enum { MOST_IN = 0x7000, MOST_OUT = 0x8000 };
enum { PARSE_ZLIB_HEADER = 1, HAS_MORE_INPUT = 2, NON_WRAPPING_OUTPUT = 4, COMPUTE_ADLER32 = 8 };

/* Calls [0] until it returns less than 1, with state [4], the input at [8] of [12] bytes,
 * the output from [16] on at [20] with room for [24], and the flags [28]. */
static const uint8_t loop[] = {
    0x36, 0x61, 0x00, /* entry a1, 48 */
    0x7d, 0x02,       /* mov.n a7, a2 */
    0x88, 0x07,       /* 1: l32i.n a8, a7, 0 */
    0xa8, 0x17,       /* l32i.n a10, a7, 4 */
    0xb8, 0x27,       /* l32i.n a11, a7, 8 */
    0x98, 0x37,       /* l32i.n a9, a7, 12 */
    0x99, 0x87,       /* s32i.n a9, a7, 32 */
    0xc2, 0xc7, 0x20, /* addi a12, a7, 32 */
    0xd8, 0x47,       /* l32i.n a13, a7, 16 */
    0xe8, 0x57,       /* l32i.n a14, a7, 20 */
    0x98, 0x67,       /* l32i.n a9, a7, 24 */
    0x99, 0x97,       /* s32i.n a9, a7, 36 */
    0xf2, 0xc7, 0x24, /* addi a15, a7, 36 */
    0x98, 0x77,       /* l32i.n a9, a7, 28 */
    0x99, 0x01,       /* s32i.n a9, a1, 0 */
    0xe0, 0x08, 0x00, /* callx8 a8 */
    0x98, 0x87,       /* l32i.n a9, a7, 32 */
    0xb8, 0x27,       /* l32i.n a11, a7, 8 */
    0x9a, 0xbb,       /* add.n a11, a11, a9 */
    0xb9, 0x27,       /* s32i.n a11, a7, 8 */
    0xb8, 0x37,       /* l32i.n a11, a7, 12 */
    0x90, 0xbb, 0xc0, /* sub a11, a11, a9 */
    0xb9, 0x37,       /* s32i.n a11, a7, 12 */
    0x98, 0x97,       /* l32i.n a9, a7, 36 */
    0xb8, 0x57,       /* l32i.n a11, a7, 20 */
    0x9a, 0xbb,       /* add.n a11, a11, a9 */
    0xb9, 0x57,       /* s32i.n a11, a7, 20 */
    0xe6, 0x1a, 0xc6, /* bgei a10, 1, 1b */
    0x2d, 0x0a,       /* mov.n a2, a10 */
    0x1d, 0xf0,       /* retw.n */
};
enum { LEFT = PARAMS + 12 };

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

/* Puts a compressed stream of up to `most` random bytes, more or less alike, at IN. */
static uint32_t put_stream(rom_pair *pair, uint32_t most, bool raw)
{
    static uint8_t bytes[MOST_OUT], stream[2 * MOST_OUT];
    uint32_t n = below(pair, most), kinds = 1 + below(pair, 200), distance = 1 + below(pair, 3000);
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = i > distance && below(pair, 8) != 0 ? bytes[i - distance] : (uint8_t)below(pair, kinds);
    z_stream z = {.next_in = bytes, .avail_in = n, .next_out = stream, .avail_out = sizeof stream};
    int strategy = (int)below(pair, 5);
    assert_int_equal(deflateInit2(&z, (int)below(pair, 10), Z_DEFLATED, raw ? -15 : 15, 8, strategy), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    uint32_t size = (uint32_t)z.total_out;
    deflateEnd(&z);
    if (size > MOST_IN)
        return put_stream(pair, most / 2, raw);
    rom_pair_write(pair, IN, stream, size);
    return size;
}

static uint32_t decompress(rom_pair *pair, uint32_t in, uint32_t in_size, uint32_t out, uint32_t out_size,
                           uint32_t flags)
{
    rom_pair_write32(pair, SIZES, in_size);
    rom_pair_write32(pair, SIZES + 4, out_size);
    return rom_pair_call(pair, "tinfl_decompress", 7, STATE, in, SIZES, OUT, out, SIZES + 4, flags);
}

static rom_pair *begin(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    return pair;
}

static void whole_streams(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(25); i++) {
        uint32_t size = put_stream(pair, MOST_OUT, i % 4 == 0);
        rom_pair_fill(pair, STATE, 0, 4);
        uint32_t flags = NON_WRAPPING_OUTPUT | (i % 4 == 0 ? COMPUTE_ADLER32 : PARSE_ZLIB_HEADER);
        assert_int_equal(decompress(pair, IN, size, OUT, MOST_OUT, flags), 0);
        assert_int_equal(espy_bus_read(pair->bus[ROM_PAIR_REAL], STATE + 28, 4),
                         espy_bus_read(pair->bus[ROM_PAIR_BUILTIN], STATE + 28, 4));
    }
}

/* The input comes in pieces, each of which is taken whole. */
static void input_in_pieces(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(12); i++) {
        uint32_t size = put_stream(pair, MOST_OUT, false), status = 1, got = 0, piece = 1 + below(pair, 700);
        rom_pair_fill(pair, STATE, 0, 4);
        for (uint32_t done = 0, n; status == 1; done += n) {
            n = size - done < piece ? size - done : 1 + below(pair, piece);
            status = decompress(pair, IN + done, n, OUT + got, MOST_OUT - got, PARSE_ZLIB_HEADER | HAS_MORE_INPUT);
            got += rom_pair_read32(pair, SIZES + 4);
        }
        assert_int_equal(status, 0);
    }
}

static void output_in_pieces(void **state)
{
    rom_pair *pair = begin(state);
    uint32_t code = rom_pair_code(pair, loop, sizeof loop);
    for (unsigned i = 0; i < cases(25); i++) {
        uint32_t size = put_stream(pair, MOST_OUT, false);
        const uint32_t params[8] = {
            espy_rom_address("tinfl_decompress"),   STATE, IN, size, OUT, OUT, 1 + below(pair, 900),
            PARSE_ZLIB_HEADER | NON_WRAPPING_OUTPUT};
        rom_pair_fill(pair, STATE, 0, 4);
        for (unsigned k = 0; k < 8; k++)
            rom_pair_write32(pair, PARAMS + 4 * k, params[k]);
        assert_int_equal(rom_pair_call_at(pair, code, 1, PARAMS), 0);
        for (unsigned n = 0; n < ROM_PAIR_BOARDS; n++)
            assert_int_equal(espy_bus_read(pair->bus[n], LEFT, 4), 0);
    }
}

static void broken_streams(void **state)
{
    static const struct {
        uint8_t bytes[8];
        uint32_t size;
    } list[] = {
        {{0x78, 0x9d}, 2},                         /* header's check */
        {{0x79, 0x9b}, 2},                         /* method */
        {{0x78, 0x9c, 0x07}, 3},                   /* block of type 3 */
        {{0x78, 0x9c, 0x01, 1, 0, 1, 0}, 7},       /* stored length */
        {{0x78, 0x9c, 0x05, 0, 0, 0, 0, 0}, 8},    /* empty code of code lengths */
        {{0x78, 0x9c, 0x63, 0x04, 0x22, 0, 0}, 7}, /* a match before the beginning */
    };
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < sizeof list / sizeof list[0]; i++) {
        rom_pair_write(pair, IN, list[i].bytes, 8);
        rom_pair_fill(pair, STATE, 0, 4);
        decompress(pair, IN, list[i].size, OUT, MOST_OUT, PARSE_ZLIB_HEADER | NON_WRAPPING_OUTPUT);
    }
    uint32_t size = put_stream(pair, 2000, false);
    rom_pair_write(pair, IN + size - 1, "\x5a", 1); /* a wrong checksum, but for one in 256 */
    rom_pair_fill(pair, STATE, 0, 4);
    decompress(pair, IN, size, OUT, MOST_OUT, PARSE_ZLIB_HEADER | NON_WRAPPING_OUTPUT);
    assert_int_equal(decompress(pair, IN, size, OUT, 1000, PARSE_ZLIB_HEADER), (uint32_t)-3);
}

static void checksums(void **state)
{
    rom_pair *pair = begin(state);
    rom_pair_random(pair, IN, MOST_IN);
    for (unsigned i = 0; i < cases(10); i++)
        rom_pair_call(pair, "mz_adler32", 3, i < 2 ? 1 : rom_pair_rand(pair) & 0x7fff7fff, IN, below(pair, MOST_IN));
    rom_pair_call(pair, "mz_adler32", 3, 7, 0, 5);
}

/* Whatever is in the guest's memory, the host's is left alone: the sanitizers watch. */
static void senseless_state(void **state)
{
    rom_pair *pair = begin(state);
    espy_bus *bus = pair->bus[ROM_PAIR_BUILTIN];
    for (unsigned i = 0; i < cases(100); i++) {
        put_stream(pair, 2000, false);
        rom_pair_random(pair, STATE, 1000);
        for (uint32_t k = 0; k < 16; k++)
            if (below(pair, 3) != 0)
                rom_pair_write32(pair, STATE + 4 * k, below(pair, 40));
        espy_bus_write(bus, SIZES, 500, 4);
        espy_bus_write(bus, SIZES + 4, 500, 4);
        rom_pair_call_builtin(pair, "tinfl_decompress", 7, STATE, IN, SIZES, OUT, OUT, SIZES + 4, 4u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(whole_streams),  rom_pair_test(input_in_pieces), rom_pair_test(output_in_pieces),
        rom_pair_test(broken_streams), rom_pair_test(checksums),       rom_pair_test(senseless_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
