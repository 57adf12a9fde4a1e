/* SPDX-License-Identifier: MIT
 *
 * APS6408L and APS1604M against what ESP-IDF's drivers rely on.
 */
#include "psram.h"

#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct board {
    bench *b;
    espy_psram psram;
} board;

static const wires octal = {16, 8, 32, 8, 8, true};
static const wires spi = {8, 1, 0, 1, 1, false};
static const wires spi_addr = {8, 1, 24, 1, 1, false};
static const wires spi_quad = {8, 1, 24, 4, 4, false};
static const wires qpi = {8, 4, 0, 4, 4, false};
static const wires qpi_addr = {8, 4, 24, 4, 4, false};

static board *new_board(bool is_octal)
{
    board *t = calloc(1, sizeof *t);
    t->b = bench_new(is_octal ? 8 << 20 : 2 << 20, 0);
    assert_int_equal(espy_psram_init(&t->psram, &t->b->soc, &t->b->mem, is_octal, NULL), ESPY_OK);
    t->b->part = &t->psram.part;
    return t;
}

static int setup_octal(void **state)
{
    *state = new_board(true);
    return 0;
}

static int setup_quad(void **state)
{
    *state = new_board(false);
    return 0;
}

static int teardown(void **state)
{
    board *t = *state;
    bench_free(t->b);
    free(t);
    return 0;
}

static void octal_write(board *t, uint16_t code, uint32_t addr, const void *bytes, size_t n, uint16_t dummy)
{
    espy_spi_xfer x = bench_shape(octal, code, addr);
    x.tx = bytes;
    x.tx_size = n;
    x.dummy = dummy;
    t->b->part->transfer(t->b->part->self, &x);
}

static void test_unknown_chip(void **state)
{
    (void)state;
    bench *b = bench_new(4 << 20, 0);
    espy_psram psram;
    assert_int_equal(espy_psram_init(&psram, &b->soc, &b->mem, true, NULL), ESPY_E_ARG);
    bench_free(b);
}

/* What ESP-IDF prints of this chip on boards: vendor AP, generation 3, 64 Mbit, good
 * die, 3 V, fast refresh, hybrid wrap in 32 bytes. */
static void test_mode_registers(void **state)
{
    board *t = *state;
    bench_read(t->b, octal, 0x4040, 0, 2);
    assert_int_equal(t->b->rx[1] & 0x1f, 0x0d);
    bench_read(t->b, octal, 0x4040, 2, 2);
    assert_int_equal(t->b->rx[0] & 7, 3);
    assert_int_equal(t->b->rx[0] >> 3 & 3, 2);
    assert_int_equal(t->b->rx[0] >> 7, 1);
    assert_int_equal(t->b->rx[1] >> 5 & 3, 3);
    bench_read(t->b, octal, 0x4040, 8, 1);
    assert_int_equal(t->b->rx[0], 0x05);
    octal_write(t, 0xc0c0, 1, "\x00", 1, 0); /* the vendor cannot be written */
    bench_read(t->b, octal, 0x4040, 0, 2);
    assert_int_equal(t->b->rx[1] & 0x1f, 0x0d);
}

/* Latency codes: 3 to 7 clocks variable, twice that fixed; the first data comes one
 * clock less after the address ends, counted in half clocks. */
static void test_latency(void **state)
{
    board *t = *state;
    for (uint8_t code = 0; code < 5; code++) {
        uint8_t variable = (uint8_t)(code << 2), fixed = variable | 0x20;
        octal_write(t, 0xc0c0, 0, &variable, 1, 0);
        assert_int_equal(bench_read(t->b, octal, 0x0000, 0, 2), 2 * (3 + code - 1));
        octal_write(t, 0xc0c0, 0, &fixed, 1, 0);
        assert_int_equal(bench_read(t->b, octal, 0x0000, 0, 2), 2 * (2 * (3 + code) - 1));
    }
}

static void test_octal_array(void **state)
{
    board *t = *state;
    octal_write(t, 0xa0a0, 0x123456, "double rate!", 12, 8); /* write latency 5: 2 * (5 - 1) */
    assert_memory_equal(t->b->bytes + 0x123456, "double rate!", 12);
    bench_read(t->b, octal, 0x2020, 0x123456, 12);
    assert_memory_equal(t->b->rx, "double rate!", 12);
    octal_write(t, 0xa0a0, 0x200, "abcd", 4, 6); /* two half clocks early: two bytes lost */
    assert_memory_equal(t->b->bytes + 0x200, "cd", 2);
}

/* MR8 = 05h: a wrapped burst turns round in its 32 bytes once, then goes on. */
static void test_hybrid_wrap(void **state)
{
    board *t = *state;
    for (int i = 0; i < 128; i++)
        t->b->bytes[i] = (uint8_t)i;
    bench_read(t->b, octal, 0x0000, 28, 40);
    assert_int_equal(t->b->rx[3], 31);
    assert_int_equal(t->b->rx[4], 0);
    assert_int_equal(t->b->rx[31], 27);
    assert_int_equal(t->b->rx[32], 32);
    octal_write(t, 0xc0c0, 8, "\x01", 1, 0); /* plain wrap */
    bench_read(t->b, octal, 0x0000, 28, 40);
    assert_int_equal(t->b->rx[32], 28);
    bench_read(t->b, octal, 0x2020, 28, 40);
    assert_int_equal(t->b->rx[4], 32);
}

static void test_octal_ignores_quad(void **state)
{
    board *t = *state;
    assert_int_equal(bench_read(t->b, spi_addr, 0x9f, 0, 3), -1);
    assert_int_equal(bench_read(t->b, qpi_addr, 0xeb, 0, 3), -1);
    assert_memory_equal(t->b->rx, "\xff\xff\xff", 3);
    espy_spi_xfer x = bench_shape(qpi_addr, 0xeb, 0);
    x.rx_size = 1;
    assert_null(t->psram.part.linear(&t->psram, &x));
}

static void test_quad_ignores_octal(void **state)
{
    board *t = *state;
    assert_int_equal(bench_read(t->b, octal, 0x4040, 0, 2), -1);
    assert_memory_equal(t->b->rx, "\xff\xff", 2);
}

/* Manufacturer 0Dh, known good die 5Dh, density 000 (16 Mbit) in the next three bits. */
static void test_quad_id(void **state)
{
    board *t = *state;
    assert_int_equal(bench_read(t->b, spi_addr, 0x9f, 0, 3), 0);
    assert_memory_equal(t->b->rx, "\x0d\x5d", 2);
    assert_int_equal(t->b->rx[2] >> 5, 0);
    bench_write(t->b, spi, 0x35, 0, NULL, 0);
    assert_int_equal(bench_read(t->b, qpi_addr, 0x9f, 0, 3), -1);
    bench_write(t->b, qpi, 0xf5, 0, NULL, 0);
    bench_read(t->b, spi_addr, 0x9f, 0, 1);
    assert_int_equal(t->b->rx[0], 0x0d);
}

static void test_quad_array(void **state)
{
    board *t = *state;
    bench_write(t->b, spi_addr, 0x02, 0x1ffffe, "abcd", 4); /* wraps at 2 MB */
    assert_memory_equal(t->b->bytes, "cd", 2);
    assert_int_equal(bench_read(t->b, spi_addr, 0x03, 0x1ffffe, 2), 0);
    assert_memory_equal(t->b->rx, "ab", 2);
    assert_int_equal(bench_read(t->b, spi_addr, 0x0b, 0, 2), 8);
    assert_int_equal(bench_read(t->b, spi_quad, 0xeb, 0, 2), 6);
    assert_memory_equal(t->b->rx, "cd", 2);
    bench_write(t->b, spi, 0x35, 0, NULL, 0);
    assert_int_equal(bench_read(t->b, spi_addr, 0x03, 0, 2), -1);
    bench_write(t->b, qpi_addr, 0x38, 0x100, "qpi", 3);
    assert_int_equal(bench_read(t->b, qpi_addr, 0x0b, 0x100, 3), 4);
    assert_int_equal(bench_read(t->b, qpi_addr, 0xeb, 0x100, 3), 6);
    assert_memory_equal(t->b->rx, "qpi", 3);
}

static void test_quad_reset_and_wrap(void **state)
{
    board *t = *state;
    for (int i = 0; i < 64; i++)
        t->b->bytes[i] = (uint8_t)i;
    bench_write(t->b, spi, 0xc0, 0, NULL, 0);
    bench_read(t->b, spi_addr, 0x03, 30, 3);
    assert_memory_equal(t->b->rx, "\x1e\x1f\x00", 3);
    bench_write(t->b, spi, 0xc0, 0, NULL, 0);
    bench_read(t->b, spi_addr, 0x03, 30, 3);
    assert_memory_equal(t->b->rx, "\x1e\x1f\x20", 3);
    bench_write(t->b, spi, 0x35, 0, NULL, 0);
    bench_write(t->b, qpi, 0x99, 0, NULL, 0);
    assert_int_equal(bench_read(t->b, spi_addr, 0x9f, 0, 1), -1);
    bench_write(t->b, qpi, 0x66, 0, NULL, 0);
    bench_write(t->b, qpi, 0x99, 0, NULL, 0);
    assert_int_equal(bench_read(t->b, spi_addr, 0x9f, 0, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_chip),
        cmocka_unit_test_setup_teardown(test_mode_registers, setup_octal, teardown),
        cmocka_unit_test_setup_teardown(test_latency, setup_octal, teardown),
        cmocka_unit_test_setup_teardown(test_octal_array, setup_octal, teardown),
        cmocka_unit_test_setup_teardown(test_hybrid_wrap, setup_octal, teardown),
        cmocka_unit_test_setup_teardown(test_octal_ignores_quad, setup_octal, teardown),
        cmocka_unit_test_setup_teardown(test_quad_ignores_octal, setup_quad, teardown),
        cmocka_unit_test_setup_teardown(test_quad_id, setup_quad, teardown),
        cmocka_unit_test_setup_teardown(test_quad_array, setup_quad, teardown),
        cmocka_unit_test_setup_teardown(test_quad_reset_and_wrap, setup_quad, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
