/* SPDX-License-Identifier: MIT
 *
 * W25QxxFV against what is known of the family; see the header for the sources.
 */
#include "nor.h"

#include "../../base/bytes.h"
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SIZE = 16 << 20 };

typedef struct board {
    bench *b;
    espy_nor nor;
} board;

static const wires plain = {8, 1, 0, 1, 1, false};
static const wires addressed = {8, 1, 24, 1, 1, false};
static const wires quad_out = {8, 1, 24, 1, 4, false};
static const wires quad_io = {8, 1, 24, 4, 4, false};
static const wires dual_out = {8, 1, 24, 1, 2, false};
static const wires dual_io = {8, 1, 24, 2, 2, false};
static const wires qpi = {8, 4, 0, 4, 4, false};
static const wires qpi_addressed = {8, 4, 24, 4, 4, false};

static void new_board(board *t, size_t size, bool timing_real)
{
    t->b = bench_new(size, 0xff);
    assert_int_equal(espy_nor_init(&t->nor, &t->b->soc, &t->b->mem, timing_real, NULL), ESPY_OK);
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

static void command(board *t, uint8_t code)
{
    bench_write(t->b, plain, code, 0, NULL, 0);
}

static uint8_t status(board *t, uint8_t code)
{
    bench_read(t->b, plain, code, 0, 1);
    return t->b->rx[0];
}

static void enable_quad(board *t)
{
    command(t, 0x06);
    bench_write(t->b, plain, 0x01, 0, (uint8_t[]){0x00, 0x02}, 2);
}

static void program(board *t, uint32_t addr, const void *bytes, size_t n)
{
    command(t, 0x06);
    bench_write(t->b, addressed, 0x02, addr, bytes, n);
}

/* Manufacturer and device identification; the JEDEC ids are those in Linux' spi-nor tables. */
static void test_ids(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint8_t capacity, device;
    } chips[] = {{4 << 20, 0x16, 0x15}, {8 << 20, 0x17, 0x16}, {16 << 20, 0x18, 0x17}};
    for (size_t i = 0; i < 3; i++) {
        board t;
        new_board(&t, chips[i].size, false);
        bench_read(t.b, plain, 0x9f, 0, 3);
        assert_memory_equal(t.b->rx, ((uint8_t[]){0xef, 0x40, chips[i].capacity}), 3);
        bench_read(t.b, addressed, 0x90, 0, 4);
        assert_memory_equal(t.b->rx, ((uint8_t[]){0xef, chips[i].device, 0xef, chips[i].device}), 4);
        bench_read(t.b, addressed, 0x90, 1, 2);
        assert_memory_equal(t.b->rx, ((uint8_t[]){chips[i].device, 0xef}), 2);
        assert_int_equal(bench_read(t.b, plain, 0xab, 0, 1), 24);
        assert_int_equal(t.b->rx[0], chips[i].device);
        bench_free(t.b);
    }
}

static void test_no_chip_of_that_size(void **state)
{
    (void)state;
    bench *b = bench_new(1 << 20, 0xff);
    espy_nor nor;
    espy_err err = {0};
    assert_int_equal(espy_nor_init(&nor, &b->soc, &b->mem, false, &err), ESPY_E_ARG);
    assert_non_null(strstr(err.text, "1048576"));
    bench_free(b);
}

/* Lines and dummy clocks of each read. */
static void test_reads(void **state)
{
    board *t = *state;
    static const struct {
        uint8_t code;
        const wires *wires;
        int clocks;
        bool quad;
    } reads[] = {{0x03, &addressed, 0, false}, {0x0b, &addressed, 8, false}, {0x3b, &dual_out, 8, false},
                 {0xbb, &dual_io, 4, false},   {0x6b, &quad_out, 8, true},   {0xeb, &quad_io, 6, true}};
    memcpy(t->b->bytes + 0x1234, "flash", 5);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
            bool answers = pass == 1 || !reads[i].quad;
            int latency = bench_read(t->b, *reads[i].wires, reads[i].code, 0x1234, 5);
            assert_int_equal(latency, answers ? reads[i].clocks : -1);
            assert_memory_equal(t->b->rx, answers ? "flash" : "\xff\xff\xff\xff\xff", 5);
            espy_spi_xfer x = bench_shape(*reads[i].wires, reads[i].code, 0);
            x.rx_size = 1;
            assert_ptr_equal(t->nor.part.linear(&t->nor, &x), answers ? &t->b->mem : NULL);
        }
        enable_quad(t);
    }
}

static void test_wrong_lines_are_not_heard(void **state)
{
    board *t = *state;
    memset(t->b->bytes, 0, 16);
    assert_int_equal(bench_read(t->b, dual_out, 0x03, 0, 1), -1);
    assert_int_equal(bench_read(t->b, (wires){8, 8, 24, 8, 8, false}, 0x03, 0, 1), -1);
    assert_int_equal(bench_read(t->b, (wires){16, 1, 24, 1, 1, false}, 0x03, 0, 1), -1);
    assert_int_equal(bench_read(t->b, (wires){8, 1, 24, 1, 1, true}, 0x03, 0, 1), -1);
    assert_int_equal(t->b->rx[0], 0xff);
    espy_spi_xfer x = bench_shape((wires){16, 8, 32, 8, 8, true}, 0x11ee, 0);
    x.rx_size = 1;
    assert_null(t->nor.part.linear(&t->nor, &x));
}

/* 24 address bits name 16 MB; a smaller chip leaves the upper ones aside. */
static void test_address_wraps(void **state)
{
    (void)state;
    board t;
    new_board(&t, 4 << 20, false);
    t.b->bytes[0] = 0x5a;
    bench_read(t.b, addressed, 0x03, (4 << 20) - 1, 2);
    assert_int_equal(t.b->rx[1], 0x5a);
    bench_read(t.b, addressed, 0x03, 4 << 20, 1);
    assert_int_equal(t.b->rx[0], 0x5a);
    bench_free(t.b);
}

static void test_program_needs_write_enable(void **state)
{
    board *t = *state;
    bench_write(t->b, addressed, 0x02, 0, "x", 1);
    assert_int_equal(t->b->bytes[0], 0xff);
    command(t, 0x06);
    assert_int_equal(status(t, 0x05), 0x02);
    command(t, 0x04);
    bench_write(t->b, addressed, 0x02, 0, "x", 1);
    assert_int_equal(t->b->bytes[0], 0xff);
    program(t, 0, "x", 1);
    assert_int_equal(t->b->bytes[0], 'x');
    assert_int_equal(status(t, 0x05), 0x00);
}

static void test_program_clears_bits_within_a_page(void **state)
{
    board *t = *state;
    program(t, 0x1fe, (uint8_t[]){0xf0, 0x0f, 0x33}, 3);
    assert_int_equal(t->b->bytes[0x1fe], 0xf0);
    assert_int_equal(t->b->bytes[0x1ff], 0x0f);
    assert_int_equal(t->b->bytes[0x200], 0xff);
    assert_int_equal(t->b->bytes[0x100], 0x33);
    program(t, 0x1fe, (uint8_t[]){0x5a}, 1);
    assert_int_equal(t->b->bytes[0x1fe], 0x50);
    command(t, 0x06);
    bench_write(t->b, quad_out, 0x32, 0x300, "quad", 4);
    assert_int_equal(t->b->bytes[0x300], 0xff);
    enable_quad(t);
    command(t, 0x06);
    bench_write(t->b, quad_out, 0x32, 0x300, "quad", 4);
    assert_memory_equal(t->b->bytes + 0x300, "quad", 4);
}

static void test_erase_sizes(void **state)
{
    board *t = *state;
    static const struct {
        uint8_t code;
        size_t size;
    } erases[] = {{0x20, 4096}, {0x52, 32768}, {0xd8, 65536}};
    for (size_t i = 0; i < 3; i++) {
        memset(t->b->bytes, 0, 0x40000);
        command(t, 0x06);
        bench_write(t->b, addressed, erases[i].code, 0x21234, NULL, 0);
        size_t first = 0x21234 & ~(erases[i].size - 1);
        for (size_t at = 0; at < 0x40000; at += 4096)
            assert_int_equal(t->b->bytes[at], at >= first && at < first + erases[i].size ? 0xff : 0);
    }
    t->b->bytes[SIZE - 1] = 0;
    command(t, 0x06);
    command(t, 0xc7);
    assert_int_equal(t->b->bytes[SIZE - 1] & t->b->bytes[0], 0xff);
}

/* BP2-0 = 1 protects the upper 64th, with TB the lower. */
static void test_block_protection(void **state)
{
    board *t = *state;
    static const struct {
        uint8_t sr1, sr2;
        uint32_t free, locked;
    } cases[] = {{0x04, 0x00, 0xfbffff, 0xfc0000},
                 {0x24, 0x00, 0x040000, 0x03ffff},
                 {0x44, 0x00, 0xffefff, 0xfff000},
                 {0x18, 0x00, 0x7fffff, 0x800000},
                 {0x04, 0x40, 0xfc0000, 0xfbffff}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        command(t, 0x06);
        bench_write(t->b, plain, 0x01, 0, (uint8_t[]){cases[i].sr1, cases[i].sr2}, 2);
        program(t, cases[i].free, "\0", 1);
        program(t, cases[i].locked, "\0", 1);
        assert_int_equal(t->b->bytes[cases[i].free], 0);
        assert_int_equal(t->b->bytes[cases[i].locked], 0xff);
        command(t, 0x06);
        command(t, 0xc7); /* a chip with a protected block is not erased */
        assert_int_equal(t->b->bytes[cases[i].free], 0);
        memset(t->b->bytes, 0xff, SIZE);
    }
}

static void test_status_registers(void **state)
{
    board *t = *state;
    assert_int_equal(status(t, 0x35), 0x00);
    assert_int_equal(status(t, 0x15), 0x60);
    bench_write(t->b, plain, 0x31, 0, "\x02", 1);
    assert_int_equal(status(t, 0x35), 0x00);
    command(t, 0x50);
    bench_write(t->b, plain, 0x31, 0, "\x02", 1);
    assert_int_equal(status(t, 0x35), 0x02);
    espy_nor_reset(&t->nor, ESPY_RESET_CORE);
    assert_int_equal(status(t, 0x35), 0x02);
    espy_nor_reset(&t->nor, ESPY_RESET_CHIP);
    assert_int_equal(status(t, 0x35), 0x00);
    enable_quad(t);
    espy_nor_reset(&t->nor, ESPY_RESET_CHIP);
    assert_int_equal(status(t, 0x35), 0x02);
    command(t, 0x06);
    bench_write(t->b, plain, 0x01, 0, "\x00", 1); /* one byte leaves register 2 alone */
    assert_int_equal(status(t, 0x35), 0x02);
}

/* JESD216: signature, header, and in the table the density, erase and fast read. */
static void test_sfdp(void **state)
{
    board *t = *state;
    assert_int_equal(bench_read(t->b, addressed, 0x5a, 0, 16), 8);
    assert_memory_equal(t->b->rx, "SFDP", 4);
    uint32_t table = get_le32(t->b->rx + 12) & 0xffffff, words = t->b->rx[11];
    assert_in_range(words, 9, 16);
    bench_read(t->b, addressed, 0x5a, table, 64);
    assert_int_equal(get_le32(t->b->rx) & 3, 1);             /* 4 KiB erase everywhere */
    assert_int_equal(t->b->rx[1], 0x20);                     /* with this command */
    assert_int_equal(get_le32(t->b->rx + 4), SIZE * 8u - 1); /* density in bits, less one */
    assert_int_equal(t->b->rx[9], 0xeb);                     /* 1-4-4 read */
    assert_int_equal((t->b->rx[8] & 0x1f) + (t->b->rx[8] >> 5), 6);
    assert_int_equal(t->b->rx[11], 0x6b);                                      /* 1-1-4 read */
    assert_memory_equal(t->b->rx + 28, "\x0c\x20\x0f\x52\x10\xd8\x00\x00", 8); /* 2^12, 2^15, 2^16 bytes */
    assert_int_equal(1u << (t->b->rx[40] >> 4), 256);                          /* page size */
}

static void test_reset_takes_two_commands(void **state)
{
    board *t = *state;
    command(t, 0x06);
    command(t, 0x99);
    assert_int_equal(status(t, 0x05), 0x02);
    command(t, 0x66);
    command(t, 0x06);
    command(t, 0x99);
    assert_int_equal(status(t, 0x05), 0x02);
    command(t, 0x66);
    command(t, 0x99);
    assert_int_equal(status(t, 0x05), 0x00);
}

static void test_power_down(void **state)
{
    board *t = *state;
    command(t, 0xb9);
    assert_int_equal(bench_read(t->b, plain, 0x9f, 0, 3), -1);
    assert_int_equal(t->b->rx[0], 0xff);
    espy_spi_xfer x = bench_shape(addressed, 0x03, 0);
    x.rx_size = 1;
    assert_null(t->nor.part.linear(&t->nor, &x));
    command(t, 0xab);
    bench_read(t->b, plain, 0x9f, 0, 3);
    assert_int_equal(t->b->rx[0], 0xef);
}

/* M5-4 = (1,0) keeps the command; anything else ends it. */
static void test_continuous_read(void **state)
{
    board *t = *state;
    enable_quad(t);
    memcpy(t->b->bytes, "0123", 4);
    bench_read(t->b, (wires){8, 1, 32, 4, 4, false}, 0xeb, 0x00000120, 1);
    const wires bare = {0, 1, 32, 4, 4, false};
    assert_int_equal(bench_read(t->b, bare, 0, 0x00000220, 1), 4);
    assert_int_equal(t->b->rx[0], '2');
    assert_int_equal(bench_read(t->b, plain, 0x9f, 0, 3), -1); /* not a command, and 9Fh ends it */
    bench_read(t->b, plain, 0x9f, 0, 3);
    assert_int_equal(t->b->rx[0], 0xef);
    bench_read(t->b, (wires){8, 1, 32, 4, 4, false}, 0xeb, 0x00000120, 1);
    bench_read(t->b, bare, 0, 0x000003ff, 1);
    assert_int_equal(t->b->rx[0], '3');
    bench_read(t->b, plain, 0x9f, 0, 3);
    assert_int_equal(t->b->rx[0], 0xef);
}

static void test_wrapped_read(void **state)
{
    board *t = *state;
    enable_quad(t);
    for (int i = 0; i < 64; i++)
        t->b->bytes[i] = (uint8_t)i;
    bench_write(t->b, quad_io, 0x77, 0, "\x00", 1); /* W4 clear, W6-5 = 0: 8 bytes */
    bench_read(t->b, quad_io, 0xeb, 6, 4);
    assert_memory_equal(t->b->rx, "\x06\x07\x00\x01", 4);
    bench_read(t->b, quad_out, 0x6b, 6, 4);
    assert_memory_equal(t->b->rx, "\x06\x07\x08\x09", 4);
    bench_write(t->b, quad_io, 0x77, 0, "\x10", 1);
    bench_read(t->b, quad_io, 0xeb, 6, 4);
    assert_memory_equal(t->b->rx, "\x06\x07\x08\x09", 4);
}

static void test_qpi(void **state)
{
    board *t = *state;
    command(t, 0x38);
    bench_read(t->b, plain, 0x9f, 0, 3);
    assert_int_equal(t->b->rx[1], 0x40); /* QE was clear: still SPI */
    enable_quad(t);
    command(t, 0x38);
    assert_int_equal(bench_read(t->b, plain, 0x9f, 0, 3), -1);
    bench_read(t->b, qpi, 0x9f, 0, 3);
    assert_memory_equal(t->b->rx, "\xef\x60\x18", 3);
    t->b->bytes[5] = 0x77;
    assert_int_equal(bench_read(t->b, qpi_addressed, 0xeb, 5, 1), 2);
    assert_int_equal(t->b->rx[0], 0x77);
    bench_write(t->b, qpi, 0xc0, 0, "\x20", 1); /* P5-4 = 2: six clocks */
    assert_int_equal(bench_read(t->b, qpi_addressed, 0x0b, 5, 1), 6);
    bench_write(t->b, qpi, 0xff, 0, NULL, 0);
    bench_read(t->b, plain, 0x9f, 0, 3);
    assert_int_equal(t->b->rx[1], 0x40);
}

/* A sector erase takes 45 ms typically. */
static void test_busy_time(void **state)
{
    (void)state;
    board t;
    new_board(&t, SIZE, true);
    command(&t, 0x06);
    bench_write(t.b, addressed, 0x20, 0, NULL, 0);
    assert_int_equal(status(&t, 0x05), 0x01);
    assert_int_equal(bench_read(t.b, addressed, 0x03, 0, 1), -1);
    t.b->clock.now += 45 * ESPY_TICKS_PER_MS - 1;
    assert_int_equal(status(&t, 0x05), 0x01);
    t.b->clock.now += 1;
    assert_int_equal(status(&t, 0x05), 0x00);
    assert_int_equal(bench_read(t.b, addressed, 0x03, 0, 1), 0);
    /* tBP1 and 15 times tBP2: 30 + 37.5 us */
    static const uint8_t bytes[16] = {0};
    command(&t, 0x06);
    bench_write(t.b, addressed, 0x02, 0, bytes, sizeof bytes);
    t.b->clock.now += 66 * ESPY_TICKS_PER_US;
    assert_int_equal(status(&t, 0x05), 0x01);
    t.b->clock.now += 2 * ESPY_TICKS_PER_US;
    assert_int_equal(status(&t, 0x05), 0x00);
    bench_free(t.b);
}

/* Half way through, half of the cells have changed, give or take what chance does to 4096. */
static void test_power_cut(void **state)
{
    (void)state;
    board t;
    new_board(&t, SIZE, true);
    memset(t.b->mem.bytes, 0x5A, 8192);
    command(&t, 0x06);
    bench_write(t.b, addressed, 0x20, 0, NULL, 0);
    t.b->clock.now += 45 * ESPY_TICKS_PER_MS / 2;
    espy_nor_reset(&t.nor, ESPY_RESET_CHIP);
    size_t erased = 0, old = 0;
    for (size_t i = 0; i < 4096; i++) {
        erased += t.b->mem.bytes[i] == 0xff;
        old += t.b->mem.bytes[i] == 0x5A;
    }
    assert_int_equal(erased + old, 4096);
    assert_in_range(erased, 1800, 2300);
    for (size_t i = 4096; i < 8192; i++)
        assert_int_equal(t.b->mem.bytes[i], 0x5A);
    assert_int_equal(status(&t, 0x05), 0x00);

    static const uint8_t zeros[256] = {0};
    command(&t, 0x06);
    bench_write(t.b, addressed, 0x02, 4096, zeros, sizeof zeros);
    t.b->clock.now += 700 * ESPY_TICKS_PER_US / 4;
    espy_nor_reset(&t.nor, ESPY_RESET_CHIP);
    size_t programmed = 0;
    for (size_t i = 4096; i < 4096 + 256; i++)
        programmed += t.b->mem.bytes[i] == 0;
    assert_in_range(programmed, 30, 100);

    /* What was over before the cut is whole. */
    command(&t, 0x06);
    bench_write(t.b, addressed, 0x20, 0, NULL, 0);
    t.b->clock.now += 45 * ESPY_TICKS_PER_MS;
    espy_nor_reset(&t.nor, ESPY_RESET_CHIP);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(t.b->mem.bytes[i], 0xff);
    bench_free(t.b);
}

static size_t told_offset, told_size;

static void changed(void *user, size_t offset, size_t size)
{
    (void)user;
    told_offset = offset;
    told_size = size;
}

static void test_owner_is_told(void **state)
{
    board *t = *state;
    t->nor.array.changed = changed;
    program(t, 0x12345, "x", 1);
    assert_int_equal(told_offset, 0x12300);
    assert_int_equal(told_size, 256);
    command(t, 0x06);
    bench_write(t->b, addressed, 0x20, 0x12345, NULL, 0);
    assert_int_equal(told_offset, 0x12000);
    assert_int_equal(told_size, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_no_chip_of_that_size),
        cmocka_unit_test_setup_teardown(test_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_lines_are_not_heard, setup, teardown),
        cmocka_unit_test(test_address_wraps),
        cmocka_unit_test_setup_teardown(test_program_needs_write_enable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_program_clears_bits_within_a_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_erase_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_block_protection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_status_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sfdp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_takes_two_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_power_down, setup, teardown),
        cmocka_unit_test_setup_teardown(test_continuous_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrapped_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_qpi, setup, teardown),
        cmocka_unit_test(test_busy_time),
        cmocka_unit_test(test_power_cut),
        cmocka_unit_test_setup_teardown(test_owner_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
