/* SPDX-License-Identifier: MIT
 *
 * The stub's compressor on the host: what it makes, zlib and libdeflate take back, for every
 * small size, for data of many kinds and for real images; and it makes it about as small as
 * zlib does.
 */
#include "../stub/deflate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>
#include <zlib.h>

static const struct effort efforts[] = {{1, 8}, {2, 8}, {8, 16}, {128, 258}};
enum { EFFORTS = sizeof efforts / sizeof efforts[0], HARDEST = EFFORTS - 1 };

static struct deflate state_of_one;
static uint8_t data[DEFLATE_MAX], stream[DEFLATE_MAX + 1], back[DEFLATE_MAX];
static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static void inflate_by_zlib(uint32_t size, uint32_t n)
{
    z_stream z = {.next_in = stream, .avail_in = size, .next_out = back, .avail_out = n};
    memset(back, 0, sizeof back);
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_in, size);
    assert_int_equal(z.total_out, n);
    inflateEnd(&z);
}

/* The size of a stream, 0 where it does not fit into cap: then nothing is written. */
static uint32_t round_trip(uint32_t n, unsigned effort, uint32_t cap)
{
    static struct libdeflate_decompressor *decompressor;
    uint8_t *exact = malloc(n); /* so that a byte too far is seen */
    assert_non_null(exact);
    if (decompressor == NULL)
        decompressor = libdeflate_alloc_decompressor();
    memcpy(exact, data, n);
    memset(stream, 0xa5, sizeof stream);
    uint32_t size = deflate_chunk(&state_of_one, exact, n, &efforts[effort], stream, cap);
    free(exact);
    assert_true(size <= cap);
    assert_int_equal(stream[size], 0xa5);
    if (size == 0)
        return 0;
    inflate_by_zlib(size, n);
    assert_memory_equal(back, data, n);
    size_t taken, made;
    memset(back, 0, sizeof back);
    assert_int_equal(libdeflate_deflate_decompress_ex(decompressor, stream, size, back, n, &taken, &made),
                     LIBDEFLATE_SUCCESS);
    assert_int_equal(taken, size);
    assert_int_equal(made, n);
    assert_memory_equal(back, data, n);
    return size;
}

static void every_small_size(void **state)
{
    (void)state;
    seed = 1;
    for (uint32_t n = 1; n <= 300; n++) {
        memset(data, 0x55, n);
        assert_true(round_trip(n, n % EFFORTS, DEFLATE_MAX) > 0);
        for (uint32_t i = 0; i < n; i++)
            data[i] = (uint8_t)below(4);
        assert_true(round_trip(n, n % EFFORTS, DEFLATE_MAX) > 0);
        for (uint32_t i = 0; i < n; i++)
            data[i] = (uint8_t)below(256);
        assert_true(round_trip(n, n % EFFORTS, DEFLATE_MAX) > 0);
    }
}

/* A run is a literal and 64 matches: 16 KiB in 13 bytes by zlib. */
static void runs(void **state)
{
    (void)state;
    memset(data, 0xff, sizeof data);
    assert_true(round_trip(DEFLATE_MAX, HARDEST, DEFLATE_MAX) < 40);
    memset(data + 8192, 0, 8192);
    assert_true(round_trip(DEFLATE_MAX, 0, DEFLATE_MAX) < 60);
}

static void noise_does_not_fit(void **state)
{
    (void)state;
    seed = 2;
    for (uint32_t i = 0; i < DEFLATE_MAX; i++)
        data[i] = (uint8_t)below(256);
    for (unsigned i = 0; i < EFFORTS; i++)
        assert_int_equal(round_trip(DEFLATE_MAX, i, DEFLATE_MAX - 1), 0);
}

/* What is at hand is exactly enough, and one byte less is not. */
static void room(void **state)
{
    (void)state;
    seed = 3;
    for (uint32_t i = 0; i < 5000; i++)
        data[i] = (uint8_t)below(40);
    uint32_t size = round_trip(5000, HARDEST, DEFLATE_MAX);
    assert_int_equal(round_trip(5000, HARDEST, size), size);
    assert_int_equal(round_trip(5000, HARDEST, size - 1), 0);
}

/* Counts as Fibonacci's numbers would make codes of more than 15 bits, whatever is rarest. */
static void codes_that_were_too_long(void **state)
{
    (void)state;
    uint32_t n = 0, a = 1, b = 1;
    for (uint8_t symbol = 0; n + a <= DEFLATE_MAX; symbol++) {
        for (uint32_t i = 0; i < a; i++)
            data[n++] = symbol;
        uint32_t sum = a + b;
        a = b;
        b = sum;
    }
    seed = 4;
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t other = below(i + 1);
        uint8_t byte = data[i];
        data[i] = data[other];
        data[other] = byte;
    }
    /* No matches, so that the counts stay. */
    const struct effort none = {0, 0};
    uint32_t size = deflate_chunk(&state_of_one, data, n, &none, stream, DEFLATE_MAX);
    assert_true(size > 0);
    inflate_by_zlib(size, n);
    assert_memory_equal(back, data, n);
}

/* Text of a drawn alphabet with copies from drawn distances of drawn lengths. */
static void drawn(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 60; turn++) {
        seed = 100 + turn;
        uint32_t n = 1 + below(DEFLATE_MAX), letters = 1 + below(256), often = 1 + below(40);
        for (uint32_t i = 0; i < n;) {
            uint32_t length = i > 0 && below(often) == 0 ? 1 + below(400) : 0;
            uint32_t distance = i > 0 ? 1 + below(below(2) ? i : i < 50 ? i : 50) : 0;
            for (; length > 0 && i < n; length--, i++)
                data[i] = data[i - distance];
            if (i < n)
                data[i++] = (uint8_t)below(letters);
        }
        round_trip(n, turn % EFFORTS, DEFLATE_MAX);
    }
}

static uint32_t size_by_zlib(uint32_t n, int level)
{
    static uint8_t out[2 * DEFLATE_MAX];
    z_stream z = {.next_in = data, .avail_in = n, .next_out = out, .avail_out = sizeof out};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (uint32_t)z.total_out;
}

/* No larger than by zlib's level 6 and half a percent, with 1 MB of real firmware. */
static void an_image(void **state)
{
    (void)state;
    char path[1200];
    const char *dir = getenv("ESPY_FIRMWARE");
    snprintf(path, sizeof path, "%s/ESP32_GENERIC_S3-20240602-v1.23.0.bin", dir != NULL ? dir : "../shared/firmware");
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        print_message("no firmware in ESPY_FIRMWARE\n");
        skip();
    }
    uint64_t ours = 0, theirs = 0;
    for (unsigned i = 0; i < 64 && fread(data, 1, DEFLATE_MAX, f) == DEFLATE_MAX; i++) {
        uint32_t size = round_trip(DEFLATE_MAX, HARDEST, DEFLATE_MAX - 1);
        ours += size > 0 ? size : DEFLATE_MAX;
        theirs += size_by_zlib(DEFLATE_MAX, 6);
    }
    fclose(f);
    assert_true(theirs > 0 && ours <= theirs + theirs / 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_size),
        cmocka_unit_test(runs),
        cmocka_unit_test(noise_does_not_fit),
        cmocka_unit_test(room),
        cmocka_unit_test(codes_that_were_too_long),
        cmocka_unit_test(drawn),
        cmocka_unit_test(an_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
