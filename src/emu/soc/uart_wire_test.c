/* SPDX-License-Identifier: MIT
 *
 * Characters on a wire, sampled at the sender's rate and at other rates.
 */
#include "uart_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct heard {
    espy_wire_received r[64];
    unsigned n;
} heard;

static void hear(void *user, const espy_wire_received *r)
{
    heard *h = user;
    assert_true(h->n < 64);
    h->r[h->n++] = *r;
}

static espy_wire_format format_8n1(int64_t bit)
{
    return (espy_wire_format){.data_bits = 8, .half_stops = 2, .bit = bit};
}

/* Sends text back to back at one rate to a receiver at another. */
static heard send(const char *text, size_t n, const espy_wire_format *from, const espy_wire_format *to)
{
    heard h = {0};
    espy_sampler s;
    espy_sampler_reset(&s);
    for (size_t i = 0; i < n; i++) {
        espy_wire_char c = espy_wire_encode((uint8_t)text[i], from);
        espy_sampler_feed(&s, &c, to, hear, &h);
    }
    espy_sampler_idle(&s, to, hear, &h);
    return h;
}

static void test_same_rate_carries_every_byte(void **state)
{
    (void)state;
    espy_wire_format f = format_8n1(1000);
    char all[256];
    for (unsigned i = 0; i < 256; i++)
        all[i] = (char)i;
    for (unsigned i = 0; i < 256; i += 32) {
        heard h = send(all + i, 32, &f, &f);
        assert_int_equal(h.n, 32);
        for (unsigned k = 0; k < 32; k++) {
            assert_int_equal(h.r[k].byte, i + k);
            assert_false(h.r[k].framing_error || h.r[k].parity_error || h.r[k].is_break);
        }
    }
}

/* The stop bit is sampled 9.5 receiver bits after the edge and must lie between
 * 9 and 10 sender bits: from 5.2 % too fast to 5.2 % too slow. */
static void test_margins(void **state)
{
    (void)state;
    espy_wire_format from = format_8n1(10000);
    for (int64_t bit = 9600; bit <= 10400; bit += 100) {
        espy_wire_format to = format_8n1(bit);
        heard h = send("U\x80w\xff", 4, &from, &to);
        assert_int_equal(h.n, 4);
        assert_int_equal(h.r[1].byte, 0x80);
        assert_int_equal(h.r[3].byte, 0xff);
    }
    espy_wire_format slow = format_8n1(10700), fast = format_8n1(9300);
    heard h = send("\x7f\x7f\x7f", 3, &from, &slow);
    assert_true(h.r[0].framing_error); /* the stop sample meets the next start bit */
    h = send("\x00\x00", 2, &from, &fast);
    assert_true(h.r[0].framing_error || h.n != 2); /* the stop sample is still in the last data bit */
}

static void test_twice_as_fast_receiver_hears_garbage(void **state)
{
    (void)state;
    espy_wire_format from = format_8n1(2000), to = format_8n1(1000);
    /* 0x55 at half the rate: two samples per bit, 0011001100 and so on. */
    heard h = send("U", 1, &from, &to);
    assert_true(h.n >= 1);
    assert_int_equal(h.r[0].byte, 0x66);
}

static void test_a_long_low_is_a_break(void **state)
{
    (void)state;
    espy_wire_format from = format_8n1(4000), to = format_8n1(1000);
    heard h = send("\0", 1, &from, &to); /* 36 of the receiver's bits are low */
    assert_int_equal(h.n, 1);
    assert_true(h.r[0].is_break && h.r[0].framing_error);
    assert_int_equal(h.r[0].byte, 0);
}

static void test_formats(void **state)
{
    (void)state;
    espy_wire_format e7 = {.data_bits = 7, .parity = true, .half_stops = 4, .bit = 1000};
    espy_wire_char c = espy_wire_encode('C', &e7); /* 0x43 has three ones: even parity sets the bit */
    assert_int_equal(c.bits, 10);
    assert_int_equal(c.levels, 1 << 9 | 1 << 8 | 0x43 << 1);
    assert_int_equal(c.length, 11000);
    heard h = send("CD", 2, &e7, &e7);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.r[1].byte, 'D');
    assert_false(h.r[0].parity_error || h.r[1].parity_error);
    espy_wire_format o7 = e7;
    o7.odd = true;
    h = send("CD", 2, &e7, &o7);
    assert_true(h.r[0].parity_error && h.r[1].parity_error);
    espy_wire_format n5 = {.data_bits = 5, .half_stops = 3, .bit = 1000};
    h = send("\x15", 1, &n5, &n5);
    assert_int_equal(h.r[0].byte, 0x15);
}

static void test_meter(void **state)
{
    (void)state;
    espy_wire_format f = format_8n1(1000);
    espy_wire_meter m;
    espy_wire_meter_reset(&m);
    espy_wire_char c = espy_wire_encode(0x55, &f);
    espy_wire_meter_feed(&m, &c, false);
    assert_int_equal(m.edges, 10); /* every one of the ten bits differs from the one before */
    assert_int_equal(m.low_min, 1000);
    assert_int_equal(m.high_min, 1000);
    assert_int_equal(m.rise_min, 2000);
    assert_int_equal(m.fall_min, 2000);
    espy_wire_meter_reset(&m);
    c = espy_wire_encode(0xf0, &f); /* five low, five high */
    espy_wire_meter_feed(&m, &c, false);
    assert_int_equal(m.low_min, 5000);
    assert_int_equal(m.high_min, 0); /* the high pulse has no end yet */
    espy_wire_meter_feed(&m, &c, true);
    assert_int_equal(m.high_min, 5000);
    assert_int_equal(m.fall_min, 10000);
    assert_int_equal(m.edges, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_rate_carries_every_byte),
        cmocka_unit_test(test_margins),
        cmocka_unit_test(test_twice_as_fast_receiver_hears_garbage),
        cmocka_unit_test(test_a_long_low_is_a_break),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
