/* SPDX-License-Identifier: MIT
 *
 * SLIP: round trips over generated frames, and what a decoder must survive: noise,
 * truncation at each byte, bad escapes, frames beyond its buffer.  The escape bytes
 * are those of RFC 1055.
 */
#include "espy/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct decoded {
    unsigned frames, bad;
    uint8_t last[600];
    size_t last_size;
} decoded;

static decoded decode(const uint8_t *wire, size_t n, size_t cap)
{
    decoded d = {0};
    uint8_t buf[600];
    espy_slip slip;
    espy_slip_init(&slip, buf, cap);
    for (size_t i = 0; i < n; i++) {
        espy_slip_event event = espy_slip_feed(&slip, wire[i]);
        d.bad += event == ESPY_SLIP_BAD;
        if (event == ESPY_SLIP_FRAME) {
            d.frames++;
            d.last_size = slip.size;
            memcpy(d.last, buf, slip.size);
        }
    }
    return d;
}

#define DECODE(cap, ...) decode((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), cap)

/* A small generator of our own, so that a failure is the same everywhere; every
 * third byte is one that needs an escape. */
static uint8_t next_byte(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    static const uint8_t special[] = {0xC0, 0xDB, 0xDC, 0xDD};
    uint32_t r = *state >> 16;
    return r % 3 == 0 ? special[r / 3 % 4] : (uint8_t)r;
}

static void round_trips(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t n = 1; n <= 300; n++) {
        uint8_t in[300], wire[ESPY_SLIP_MAX(300)];
        for (size_t i = 0; i < n; i++)
            in[i] = next_byte(&seed);
        size_t size = espy_slip_encode(wire, in, n);
        assert_true(size <= ESPY_SLIP_MAX(n));
        decoded d = decode(wire, size, 300);
        assert_int_equal(d.frames, 1);
        assert_int_equal(d.bad, 0);
        assert_int_equal(d.last_size, n);
        assert_memory_equal(d.last, in, n);
    }
}

static void truncation_loses_only_that_frame(void **state)
{
    (void)state;
    const uint8_t in[] = {1, 0xC0, 2, 0xDB, 3};
    uint8_t wire[64];
    size_t size = espy_slip_encode(wire, in, sizeof in);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t both[64];
        memcpy(both, wire, cut);
        memcpy(both + cut, wire, size);
        assert_int_equal(decode(wire, cut, 64).frames, 0);
        decoded d = decode(both, cut + size, 64);
        assert_true(d.frames >= 1);
        assert_int_equal(d.last_size, sizeof in);
        assert_memory_equal(d.last, in, sizeof in);
    }
}

static void noise_before_and_between(void **state)
{
    (void)state;
    decoded d = DECODE(16, 'b', 'o', 'o', 't', 0xC0, 1, 2, 0xC0);
    assert_int_equal(d.frames, 1);
    assert_int_equal(d.last_size, 2);
    /* Noise between frames reads as a frame of its own; the next one is whole. */
    d = DECODE(16, 0xC0, 1, 2, 0xC0, 'x', 'y', 'z', 0xC0, 7, 0xC0);
    assert_int_equal(d.frames, 3);
    assert_int_equal(d.last_size, 1);
    assert_int_equal(d.last[0], 7);
}

static void empty_frames_are_silent(void **state)
{
    (void)state;
    assert_int_equal(DECODE(16, 0xC0, 0xC0, 0xC0, 0xC0).frames, 0);
    assert_int_equal(DECODE(16, 0xC0, 0xC0, 5, 0xC0, 0xC0).frames, 1);
}

static void bad_escapes(void **state)
{
    (void)state;
    decoded d = DECODE(16, 0xC0, 1, 0xDB, 0x42, 9, 9, 0xC0, 0xC0, 3, 0xC0);
    assert_int_equal(d.bad, 1);
    assert_int_equal(d.frames, 1);
    assert_int_equal(d.last[0], 3);
    d = DECODE(16, 0xC0, 1, 0xDB, 0xC0, 4, 0xC0);
    assert_int_equal(d.bad, 1);
    assert_int_equal(d.frames, 1);
    assert_int_equal(d.last[0], 4);
}

static void frames_beyond_the_buffer(void **state)
{
    (void)state;
    assert_int_equal(DECODE(3, 0xC0, 1, 2, 3, 0xC0).frames, 1);
    decoded d = DECODE(3, 0xC0, 1, 2, 3, 4, 5, 0xC0, 6, 0xC0);
    assert_int_equal(d.bad, 1);
    assert_int_equal(d.frames, 1);
    assert_int_equal(d.last_size, 1);
    assert_int_equal(d.last[0], 6);
    /* An escaped byte counts as one. */
    assert_int_equal(DECODE(1, 0xC0, 0xDB, 0xDC, 0xC0).frames, 1);
    assert_int_equal(DECODE(0, 0xC0, 1, 0xC0).frames, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(truncation_loses_only_that_frame),
        cmocka_unit_test(noise_before_and_between),
        cmocka_unit_test(empty_frames_are_silent),
        cmocka_unit_test(bad_escapes),
        cmocka_unit_test(frames_beyond_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
