/* SPDX-License-Identifier: MIT
 *
 * MX25UM25645G against what ESP-IDF's driver relies on and the SFDP that Macronix published.
 */
#include "nor_octal.h"

#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <mbedtls/md5.h>

enum { SIZE = 32 << 20 };

typedef struct board {
    bench *b;
    espy_nor_octal nor;
} board;

static const wires plain = {8, 1, 0, 1, 1, false};
static const wires addr24 = {8, 1, 24, 1, 1, false};
static const wires addr32 = {8, 1, 32, 1, 1, false};
static const wires str_plain = {16, 8, 0, 8, 8, false};
static const wires str_addr = {16, 8, 32, 8, 8, false};
static const wires dtr_plain = {16, 8, 0, 8, 8, true};
static const wires dtr_addr = {16, 8, 32, 8, 8, true};

/* A command byte and its complement, the first byte in bits 7:0. */
static uint16_t opi(uint8_t code)
{
    return (uint16_t)(code | (0xff - code) << 8);
}

static void new_board(board *t, size_t size, bool timing_real)
{
    t->b = bench_new(size, 0xff);
    assert_int_equal(espy_nor_octal_init(&t->nor, &t->b->soc, &t->b->mem, timing_real, NULL), ESPY_OK);
    t->b->part = &t->nor.part;
}

static int setup(void **state)
{
    board *t = calloc(1, sizeof *t);
    new_board(t, SIZE, false);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    board *t = *state;
    bench_free(t->b);
    free(t);
    return 0;
}

static void enter(board *t, uint8_t mode)
{
    bench_write(t->b, plain, 0x06, 0, NULL, 0);
    bench_write(t->b, addr32, 0x72, 0, &mode, 1);
}

static bool speaks_spi(board *t)
{
    bench_read(t->b, plain, 0x9f, 0, 3);
    return t->b->rx[0] == 0xc2;
}

static void test_ids(void **state)
{
    (void)state;
    board t;
    new_board(&t, 32 << 20, false);
    bench_read(t.b, plain, 0x9f, 0, 3);
    assert_memory_equal(t.b->rx, "\xc2\x80\x39", 3);
    bench_free(t.b);
    new_board(&t, 16 << 20, false);
    bench_read(t.b, plain, 0x9f, 0, 3);
    assert_memory_equal(t.b->rx, "\xc2\x81\x38", 3);
    bench_free(t.b);
}

/* The digests are those that came with the dumps on the linux-mtd list. */
static void check_sfdp(size_t size, const uint8_t digest[16])
{
    board t;
    uint8_t table[316], md5[16];
    new_board(&t, size, false);
    for (uint32_t at = 0; at < sizeof table; at += 4) {
        assert_int_equal(bench_read(t.b, addr24, 0x5a, at, 4), 8);
        memcpy(table + at, t.b->rx, 4);
    }
    assert_int_equal(mbedtls_md5_ret(table, sizeof table, md5), 0);
    assert_memory_equal(md5, digest, sizeof md5);
    bench_free(t.b);
}

static void test_sfdp(void **state)
{
    (void)state;
    check_sfdp(32 << 20, (const uint8_t *)"\xd6\x52\x77\x9f\x17\x77\x0d\xc8\x33\xcd\x96\x26\x2c\xb2\xa6\x20");
    check_sfdp(16 << 20, (const uint8_t *)"\x9e\xac\xff\x90\xd7\xaa\x7c\xf7\x37\xb9\x70\xe0\xf2\xa7\xf2\xc6");
}

static void test_spi_reads(void **state)
{
    board *t = *state;
    memcpy(t->b->bytes + 0x100, "low", 3);
    memcpy(t->b->bytes + 0x1000100, "high", 4);
    assert_int_equal(bench_read(t->b, addr24, 0x03, 0x100, 3), 0);
    assert_memory_equal(t->b->rx, "low", 3);
    assert_int_equal(bench_read(t->b, addr24, 0x0b, 0x100, 3), 8);
    assert_memory_equal(t->b->rx, "low", 3);
    assert_int_equal(bench_read(t->b, addr32, 0x13, 0x1000100, 4), 0);
    assert_memory_equal(t->b->rx, "high", 4);
    assert_int_equal(bench_read(t->b, addr32, 0x0c, 0x1000100, 4), 8);
    assert_memory_equal(t->b->rx, "high", 4);
}

/* There is no dual or quad command: what IDF's quad driver sends goes unheard. */
static void test_never_quad(void **state)
{
    board *t = *state;
    memset(t->b->bytes, 0, 64);
    static const struct {
        uint8_t code;
        wires wires;
    } reads[] = {{0xeb, {8, 1, 24, 4, 4, false}},
                 {0x6b, {8, 1, 24, 1, 4, false}},
                 {0xbb, {8, 1, 24, 2, 2, false}},
                 {0x3b, {8, 1, 24, 1, 2, false}}};
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        assert_int_equal(bench_read(t->b, reads[i].wires, reads[i].code, 0, 4), -1);
        assert_memory_equal(t->b->rx, "\xff\xff\xff\xff", 4);
    }
    bench_read(t->b, plain, 0x35, 0, 1); /* nor a second status register: see answer_unknown() */
    assert_int_equal(t->b->rx[0], 0);
}

static void test_mode_needs_write_enable(void **state)
{
    board *t = *state;
    uint8_t str = 1;
    bench_write(t->b, addr32, 0x72, 0, &str, 1);
    assert_true(speaks_spi(t));
    enter(t, 1);
    assert_false(speaks_spi(t));
    enter(t, 3);
}

static void test_str(void **state)
{
    board *t = *state;
    enter(t, 1);
    assert_int_equal(bench_read(t->b, str_addr, opi(0x9f), 0, 3), 4);
    assert_memory_equal(t->b->rx, "\xc2\x80\x39", 3);
    assert_int_equal(bench_read(t->b, str_addr, 0x9f9f, 0, 3), -1); /* no complement */
    assert_int_equal(bench_read(t->b, dtr_addr, opi(0x9f), 0, 3), -1);
    bench_write(t->b, str_plain, opi(0x06), 0, NULL, 0);
    bench_write(t->b, str_addr, opi(0x12), 0x2000, "octal", 5);
    assert_int_equal(bench_read(t->b, str_addr, opi(0xec), 0x2000, 5), 20);
    assert_memory_equal(t->b->rx, "octal", 5);
    assert_int_equal(bench_read(t->b, str_addr, opi(0xee), 0x2000, 5), -1);
}

/* CR2[300h] bits 2:0: 0 to 7 give 20, 18, ... 6 dummy cycles. */
static void test_dummy_cycles(void **state)
{
    board *t = *state;
    enter(t, 1);
    for (uint8_t code = 0; code < 8; code++) {
        bench_write(t->b, str_plain, opi(0x06), 0, NULL, 0);
        bench_write(t->b, str_addr, opi(0x72), 0x300, &code, 1);
        assert_int_equal(bench_read(t->b, str_addr, opi(0xec), 0, 1), 20 - 2 * code);
        bench_read(t->b, str_addr, opi(0x71), 0x300, 1);
        assert_int_equal(t->b->rx[0], code);
    }
}

/* In DTR a word's bytes travel as 1, 0, and a register fills both edges. */
static void test_dtr(void **state)
{
    board *t = *state;
    memcpy(t->b->bytes + 0x40, "abcdef", 6);
    enter(t, 2);
    assert_int_equal(bench_read(t->b, dtr_addr, opi(0x9f), 0, 6), 8);
    assert_memory_equal(t->b->rx, "\xc2\xc2\x80\x80\x39\x39", 6);
    assert_int_equal(bench_read(t->b, dtr_addr, opi(0xee), 0x40, 6), 40);
    assert_memory_equal(t->b->rx, "badcfe", 6);
    bench_write(t->b, dtr_plain, opi(0x06), 0, NULL, 0);
    bench_read(t->b, dtr_addr, opi(0x05), 0, 2);
    assert_memory_equal(t->b->rx, "\x02\x02", 2);
    bench_write(t->b, dtr_addr, opi(0x12), 0x80, "badc", 4);
    assert_memory_equal(t->b->bytes + 0x80, "abcd", 4);
    espy_spi_xfer x = bench_shape(dtr_addr, opi(0xee), 0);
    x.rx_size = 1;
    assert_ptr_equal(t->nor.part.linear(&t->nor, &x), &t->b->mem);
    assert_true(x.swapped && x.strobed);
}

static void test_erase(void **state)
{
    board *t = *state;
    enter(t, 1);
    memset(t->b->bytes + 0x1000000, 0, 0x20000);
    bench_write(t->b, str_addr, opi(0x21), 0x1001000, NULL, 0);
    assert_int_equal(t->b->bytes[0x1001000], 0);
    bench_write(t->b, str_plain, opi(0x06), 0, NULL, 0);
    bench_write(t->b, str_addr, opi(0x21), 0x1001234, NULL, 0);
    assert_int_equal(t->b->bytes[0x1000fff], 0);
    assert_int_equal(t->b->bytes[0x1001000] & t->b->bytes[0x1001fff], 0xff);
    assert_int_equal(t->b->bytes[0x1002000], 0);
    bench_write(t->b, str_plain, opi(0x06), 0, NULL, 0);
    bench_write(t->b, str_addr, opi(0xdc), 0x1001234, NULL, 0);
    assert_int_equal(t->b->bytes[0x1000000] & t->b->bytes[0x100ffff], 0xff);
    assert_int_equal(t->b->bytes[0x1010000], 0);
}

/* Reset by command needs both commands, in the mode of the day, and leads to SPI. */
static void test_reset(void **state)
{
    board *t = *state;
    enter(t, 2);
    bench_write(t->b, plain, 0x66, 0, NULL, 0);
    bench_write(t->b, plain, 0x99, 0, NULL, 0);
    assert_false(speaks_spi(t));
    bench_write(t->b, dtr_plain, opi(0x66), 0, NULL, 0);
    bench_write(t->b, dtr_plain, opi(0x99), 0, NULL, 0);
    assert_true(speaks_spi(t));
    enter(t, 1);
    espy_nor_octal_reset(&t->nor, ESPY_RESET_CORE);
    assert_false(speaks_spi(t));
    espy_nor_octal_reset(&t->nor, ESPY_RESET_CHIP);
    assert_true(speaks_spi(t));
}

/* Output drive strength lives in CR, written as the second byte of WRSR. */
static void test_configuration(void **state)
{
    board *t = *state;
    bench_read(t->b, plain, 0x15, 0, 1);
    assert_int_equal(t->b->rx[0], 0x07);
    bench_write(t->b, plain, 0x06, 0, NULL, 0);
    bench_write(t->b, plain, 0x01, 0, "\x00\x05", 2);
    bench_read(t->b, plain, 0x15, 0, 1);
    assert_int_equal(t->b->rx[0], 0x05);
}

/* Sector erase takes 25 ms typically: word 10 of the SFDP, bits 10:4. */
static void test_busy_time(void **state)
{
    (void)state;
    board t;
    new_board(&t, SIZE, true);
    bench_write(t.b, plain, 0x06, 0, NULL, 0);
    bench_write(t.b, addr32, 0x21, 0, NULL, 0);
    t.b->clock.now += 25 * ESPY_TICKS_PER_MS - 1;
    bench_read(t.b, plain, 0x05, 0, 1);
    assert_int_equal(t.b->rx[0], 0x01);
    t.b->clock.now += 1;
    bench_read(t.b, plain, 0x05, 0, 1);
    assert_int_equal(t.b->rx[0], 0x00);
    bench_free(t.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_sfdp),
        cmocka_unit_test_setup_teardown(test_spi_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_quad, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mode_needs_write_enable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_str, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dummy_cycles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dtr, setup, teardown),
        cmocka_unit_test_setup_teardown(test_erase, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_configuration, setup, teardown),
        cmocka_unit_test(test_busy_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
