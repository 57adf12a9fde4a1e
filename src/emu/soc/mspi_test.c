/* SPDX-License-Identifier: MIT
 *
 * SPI1's transfers, SPI0's view of the chips, and the sampling of data, driven
 * through the registers in the order in which ESP-IDF's drivers do.
 */
#include "../../../tests/support/memory_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    FASTRD = 1 << 13,
    QIO = 1 << 24 | FASTRD,
    OPI = 1 << 9 | 1 << 6 | 1 << 5 | 1 << 4 | FASTRD,
    CMD_QUAD = 1 << 8,
    FWRITE_QIO = 1 << 15,
    DDR_EN = 1,
    VAR_DUMMY = 2,
    RDAT_SWP = 4,
    WDAT_SWP = 8,
    FLASH_CE = 1 << 22,
    FLASH_SE = 1 << 24,
    FLASH_RDSR = 1 << 27,
    FLASH_RDID = 1 << 28,
    FLASH_WREN = 1 << 30
};

static int quad(void **state)
{
    *state = memory_bench_new(false, false, false);
    return 0;
}

static int octal(void **state)
{
    *state = memory_bench_new(true, true, false);
    return 0;
}

static int quad_real_time(void **state)
{
    *state = memory_bench_new(false, false, true);
    return 0;
}

static int teardown(void **state)
{
    memory_bench_free(*state);
    return 0;
}

static void command(memory_bench *b, uint32_t bit)
{
    wr(b, SPI1, bit);
    assert_int_equal(rd(b, SPI1), 0);
}

static void enable_quad(memory_bench *b)
{
    command(b, FLASH_WREN);
    put_w(b, "\x00\x02", 2);
    run_user(b, &(user_transfer){.cmd = 0x01, .cmd_bits = 8, .tx_bytes = 2});
}

/* The commands that have a bit of their own. */
static void test_hardware_commands(void **state)
{
    memory_bench *b = *state;
    uint8_t id[3];
    command(b, FLASH_RDID);
    get_w(b, id, 3);
    assert_memory_equal(id, "\xef\x40\x18", 3);
    command(b, FLASH_WREN);
    command(b, FLASH_RDSR);
    assert_int_equal(rd(b, SPI1 + 0x2c) & 0xffff, 0x02);
    memset(b->flash_bytes, 0, 0x3000);
    wr(b, SPI1 + 0x04, 0x1000);
    command(b, FLASH_SE | 1 << 17);
    assert_int_equal(b->flash_bytes[0xfff], 0);
    assert_int_equal(b->flash_bytes[0x1000] & b->flash_bytes[0x1fff], 0xff);
    assert_int_equal(b->flash_bytes[0x2000], 0);
    command(b, FLASH_WREN);
    put_w(b, "page", 4);
    wr(b, SPI1 + 0x04, 4u << 24 | 0x1100);
    command(b, 1 << 25);
    assert_memory_equal(b->flash_bytes + 0x1100, "page", 4);
    wr(b, SPI1 + 0x08, 0);
    wr(b, SPI1 + 0x04, 4u << 24 | 0x1100);
    command(b, 1u << 31);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x65676170); /* "page" */
    command(b, FLASH_WREN);
    command(b, FLASH_CE);
    assert_int_equal(b->flash_bytes[0x1100], 0xff);
}

static void test_user_read(void **state)
{
    memory_bench *b = *state;
    uint8_t data[64];
    for (int i = 0; i < 64; i++)
        b->flash_bytes[0x4000 + i] = (uint8_t)(i * 7);
    run_user(b, &(user_transfer){.cmd = 0x03, .cmd_bits = 8, .addr = 0x4000, .addr_bits = 24, .rx_bytes = 64});
    get_w(b, data, 64);
    assert_memory_equal(data, b->flash_bytes + 0x4000, 64);
    run_user(
        b, &(user_transfer){
               .ctrl = FASTRD, .cmd = 0x0b, .cmd_bits = 8, .addr = 0x4001, .addr_bits = 24, .dummy = 8, .rx_bytes = 1});
    get_w(b, data, 64);
    assert_int_equal(data[0], 7);
    assert_int_equal(data[1], 7); /* bytes beyond the transfer stay */
    run_user(b, &(user_transfer){
                    .user = 1 << 24, .cmd = 0x03, .cmd_bits = 8, .addr = 0x4003, .addr_bits = 24, .rx_bytes = 1});
    assert_int_equal(rd(b, SPI1 + 0x58 + 32) & 0xff, 21); /* high part: from W8 on */
}

static void test_quad_read_needs_qe(void **state)
{
    memory_bench *b = *state;
    const user_transfer read = {
        .ctrl = QIO, .cmd = 0xeb, .cmd_bits = 8, .addr = 0x10, .addr_bits = 24, .dummy = 6, .rx_bytes = 4};
    memcpy(b->flash_bytes + 0x10, "quad", 4);
    run_user(b, &read);
    assert_int_equal(rd(b, SPI1 + 0x58), 0xffffffff);
    enable_quad(b);
    run_user(b, &read);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x64617571);
    user_transfer late = read;
    late.dummy = 7; /* one clock too many on four lines: half a byte is missed */
    run_user(b, &late);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x4f165617);
    late.dummy = 5; /* one too few: half a byte of nothing first */
    run_user(b, &late);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x165617f7);
}

static void test_interrupt(void **state)
{
    memory_bench *b = *state;
    command(b, FLASH_RDSR);
    assert_int_equal(rd(b, SPI1 + 0xf8), 4);
    assert_false(b->irq);
    wr(b, SPI1 + 0xf0, 4);
    assert_true(b->irq);
    assert_int_equal(rd(b, SPI1 + 0xfc), 4);
    wr(b, SPI1 + 0xf4, 4);
    assert_false(b->irq);
    assert_int_equal(rd(b, SPI1 + 0xf8), 0);
}

/* With WAITI_EN, SPI1 polls the chip and stays busy until WIP is clear. */
static void test_auto_wait(void **state)
{
    memory_bench *b = *state;
    wr(b, SPI1 + 0x98, 0x14 | 1);
    command(b, FLASH_WREN);
    wr(b, SPI1 + 0x04, 0);
    wr(b, SPI1, FLASH_SE);
    assert_int_equal(rd(b, SPI1), FLASH_SE);
    wr(b, SPI1, FLASH_RDID); /* busy: not taken */
    b->clock.now += 45 * ESPY_TICKS_PER_MS;
    assert_int_equal(rd(b, SPI1), 0);
    wr(b, SPI1 + 0x98, 0x14);
    command(b, FLASH_WREN);
    wr(b, SPI1, FLASH_SE);
    assert_int_equal(rd(b, SPI1), 0); /* without it the end of the transfer is the end */
}

/* ESP-IDF's search for a quad PSRAM: 9Fh with 24 address bits on CS1. */
static void test_quad_psram(void **state)
{
    memory_bench *b = *state;
    uint8_t id[3];
    run_user(b, &(user_transfer){.cmd = 0x9f, .cmd_bits = 8, .addr_bits = 24, .rx_bytes = 3, .cs = 1});
    get_w(b, id, 3);
    assert_memory_equal(id, "\x0d\x5d", 2);
    run_user(b, &(user_transfer){.cmd = 0x35, .cmd_bits = 8, .cs = 1});
    put_w(b, "\x5a\x00\xff\xa5", 4);
    run_user(b, &(user_transfer){.ctrl = QIO | CMD_QUAD,
                                 .user = FWRITE_QIO,
                                 .cmd = 0x38,
                                 .cmd_bits = 8,
                                 .addr = 0x20,
                                 .addr_bits = 24,
                                 .tx_bytes = 4,
                                 .cs = 1});
    assert_memory_equal(b->ram_bytes + 0x20, "\x5a\x00\xff\xa5", 4);
    run_user(b, &(user_transfer){.ctrl = QIO | CMD_QUAD,
                                 .cmd = 0xeb,
                                 .cmd_bits = 8,
                                 .addr = 0x20,
                                 .addr_bits = 24,
                                 .dummy = 6,
                                 .rx_bytes = 4,
                                 .cs = 1});
    assert_int_equal(rd(b, SPI1 + 0x58), 0xa5ff005a);
}

static user_transfer psram_command(uint32_t cmd, uint32_t addr, uint32_t dummy, uint32_t tx, uint32_t rx)
{
    return (user_transfer){.ctrl = OPI,
                           .cmd = cmd,
                           .cmd_bits = 16,
                           .addr = addr,
                           .addr_bits = 32,
                           .dummy = dummy,
                           .tx_bytes = tx,
                           .rx_bytes = rx,
                           .cs = 1};
}

/* Fixed latency 10, as ESP-IDF sets it: MR0 = 28h. */
static void prepare_octal_psram(memory_bench *b)
{
    wr(b, SPI1 + 0xe0, DDR_EN | VAR_DUMMY);
    put_w(b, "\x28\x00", 2);
    user_transfer set = psram_command(0xc0c0, 0, 0, 2, 0);
    run_user(b, &set);
}

static void test_octal_psram_registers(void **state)
{
    memory_bench *b = *state;
    prepare_octal_psram(b);
    user_transfer get = psram_command(0x4040, 0, 18, 0, 2);
    run_user(b, &get);
    assert_int_equal(rd(b, SPI1 + 0x58) & 0xffff, 0x0d28);
    get.addr = 2;
    run_user(b, &get);
    assert_int_equal(rd(b, SPI1 + 0x58) & 7, 3); /* 64 Mbit */
}

/* ESP-IDF's delay settings for PSRAM at 80 MHz DTR with a core clock of 160 MHz
 * (mode, number, extra dummy), from the least to the most delay. */
static const uint8_t settings[14][3] = {{0, 0, 0}, {4, 2, 2}, {2, 1, 2}, {4, 1, 2}, {1, 0, 1}, {4, 0, 2}, {0, 0, 1},
                                        {4, 2, 3}, {2, 1, 3}, {4, 1, 3}, {1, 0, 2}, {4, 0, 3}, {0, 0, 2}, {4, 2, 4}};

static void set_delay(memory_bench *b, const uint8_t setting[3])
{
    uint32_t mode = 0, num = 0;
    for (unsigned line = 0; line < 9; line++) {
        mode |= (uint32_t)setting[0] << 3 * line;
        num |= (uint32_t)setting[1] << 2 * line;
    }
    wr(b, SPI0 + 0xc0, mode);
    wr(b, SPI0 + 0xc4, num);
    wr(b, SPI1 + 0xa8, (uint32_t)setting[2] << 2 | (setting[2] > 0 ? 2 : 0));
}

/* The tuning accepts 3 to 5 settings in a row, and takes the last but one or two. */
static void test_timing_tuning_converges(void **state)
{
    memory_bench *b = *state;
    uint8_t reference[32], data[32];
    for (int i = 0; i < 32; i++)
        reference[i] = (uint8_t)(0xa5ff005a >> 8 * (i % 4));
    prepare_octal_psram(b);
    wr(b, SPI1 + 0x14, 3 << 16 | 1 << 8 | 3); /* 20 MHz */
    put_w(b, reference, 32);
    user_transfer write = psram_command(0x8080, 0, 8, 32, 0), read = psram_command(0x0000, 0, 18, 0, 32);
    run_user(b, &write);
    run_user(b, &read);
    get_w(b, data, 32);
    assert_memory_equal(data, reference, 32);
    wr(b, SPI1 + 0xe0, DDR_EN); /* without the strobe */
    wr(b, SPI0 + 0xec, 2);      /* core clock 160 MHz, divided by two */
    wr(b, SPI1 + 0x14, 1 << 16 | 0 << 8 | 1);
    wr(b, SPI0 + 0xbc, 1); /* delay cells' clock */
    unsigned good = 0, last = 0;
    for (unsigned i = 0; i < 14; i++) {
        set_delay(b, settings[i]);
        run_user(b, &read);
        get_w(b, data, 32);
        if (memcmp(data, reference, 32) != 0)
            continue;
        assert_true(good == 0 || last == i - 1);
        good++;
        last = i;
    }
    assert_in_range(good, 3, 5);
    assert_in_range(last, 5, 8);
}

static void test_octal_flash(void **state)
{
    memory_bench *b = *state;
    uint8_t id[6];
    command(b, FLASH_RDID);
    get_w(b, id, 3);
    assert_memory_equal(id, "\xc2\x81\x38", 3);
    memcpy(b->flash_bytes + 0x100, "abcd", 4);
    command(b, FLASH_WREN);
    put_w(b, "\x02", 1);
    run_user(b, &(user_transfer){.cmd = 0x72, .cmd_bits = 8, .addr_bits = 32, .tx_bytes = 1}); /* DTR OPI */
    wr(b, SPI1 + 0xe0, DDR_EN);
    run_user(b,
             &(user_transfer){.ctrl = OPI, .cmd = 0x609f, .cmd_bits = 16, .addr_bits = 32, .dummy = 8, .rx_bytes = 6});
    get_w(b, id, 6);
    assert_memory_equal(id, "\xc2\xc2\x81\x81\x38\x38", 6);
    const user_transfer read = {
        .ctrl = OPI, .cmd = 0x11ee, .cmd_bits = 16, .addr = 0x100, .addr_bits = 32, .dummy = 40, .rx_bytes = 4};
    run_user(b, &read);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x63646162); /* "badc" */
    wr(b, SPI1 + 0xe0, DDR_EN | RDAT_SWP | WDAT_SWP);
    run_user(b, &read);
    assert_int_equal(rd(b, SPI1 + 0x58), 0x64636261); /* "abcd" */
    run_user(b, &(user_transfer){.ctrl = OPI, .cmd = 0xf906, .cmd_bits = 16});
    put_w(b, "efgh", 4);
    run_user(
        b, &(user_transfer){.ctrl = OPI, .cmd = 0xed12, .cmd_bits = 16, .addr = 0x200, .addr_bits = 32, .tx_bytes = 4});
    assert_memory_equal(b->flash_bytes + 0x200, "efgh", 4);
}

/* SPI0's registers for a flash read in the ROM's modes. */
static void set_fetch(memory_bench *b, uint32_t ctrl, uint32_t dummy)
{
    wr(b, SPI0 + 0x18, 1u << 31 | (dummy > 0 ? 1u << 29 : 0));
    wr(b, SPI0 + 0x1c, 23u << 26 | (dummy > 0 ? dummy - 1 : 0));
    wr(b, SPI0 + 0x08, ctrl);
}

static void test_view_of_quad_flash(void **state)
{
    memory_bench *b = *state;
    set_fetch(b, 0, 0);
    assert_ptr_equal(b->mspi.view.flash, &b->flash);
    assert_int_equal(b->mspi.view.flash_size, 16 << 20);
    set_fetch(b, FASTRD | 1 << 23, 4); /* DIO */
    assert_ptr_equal(b->mspi.view.flash, &b->flash);
    set_fetch(b, FASTRD | 1 << 23, 6);
    assert_null(b->mspi.view.flash);
    set_fetch(b, QIO, 6);
    assert_null(b->mspi.view.flash);
    enable_quad(b);
    assert_ptr_equal(b->mspi.view.flash, &b->flash);
    wr(b, SPI0 + 0x14, 1u << 31); /* 80 MHz */
    assert_ptr_equal(b->mspi.view.flash, &b->flash);
    assert_null(b->mspi.view.psram);
}

/* As ESP-IDF sets it for the quad chip in QPI: all phases on four lines. */
static void test_view_of_quad_psram(void **state)
{
    memory_bench *b = *state;
    run_user(b, &(user_transfer){.cmd = 0x35, .cmd_bits = 8, .cs = 1});
    wr(b, SPI0 + 0x4c, 7u << 28 | 0x38);
    wr(b, SPI0 + 0x48, 7u << 28 | 0xeb);
    wr(b, SPI0 + 0x40, 1 << 20 | 23 << 14 | 5 << 6 | 1 << 5 | 1 << 4 | 1 << 2);
    assert_ptr_equal(b->mspi.view.psram, &b->ram);
    assert_int_equal(b->mspi.view.psram_size, 2 << 20);
    assert_true(b->mspi.view.psram_writable);
    run_user(b, &(user_transfer){.ctrl = CMD_QUAD, .cmd = 0xf5, .cmd_bits = 8, .cs = 1});
    assert_null(b->mspi.view.psram);
}

/* And for the octal one: OPI with DTR, latency 10 fixed and 5. */
static void set_octal_psram(memory_bench *b)
{
    wr(b, SPI0 + 0x4c, 15u << 28 | 0x8080);
    wr(b, SPI0 + 0x48, 15u << 28 | 0x0000);
    wr(b, SPI0 + 0x40, 7 << 22 | 1 << 21 | 1 << 20 | 31 << 14 | 17 << 6 | 1 << 5 | 1 << 4 | 1 << 3 | 1);
    wr(b, SPI0 + 0x44, 1 << 22 | 1 << 21 | 1 << 20 | 1 << 19 | 1 << 18);
    wr(b, SPI0 + 0xe4, DDR_EN | VAR_DUMMY);
}

static void test_view_of_octal_psram(void **state)
{
    memory_bench *b = *state;
    prepare_octal_psram(b);
    set_octal_psram(b);
    assert_ptr_equal(b->mspi.view.psram, &b->ram);
    assert_true(b->mspi.view.psram_writable);
    wr(b, SPI0 + 0x40, 5 << 22 | (rd(b, SPI0 + 0x40) & ~(0x3fu << 22)));
    assert_ptr_equal(b->mspi.view.psram, &b->ram);
    assert_false(b->mspi.view.psram_writable);
    wr(b, SPI0 + 0xe4, DDR_EN | RDAT_SWP);
    assert_null(b->mspi.view.psram);
}

static void test_quad_settings_do_not_reach_octal_flash(void **state)
{
    memory_bench *b = *state;
    set_fetch(b, QIO, 6);
    assert_null(b->mspi.view.flash);
    set_fetch(b, 0, 0);
    assert_ptr_equal(b->mspi.view.flash, &b->flash);
}

static void test_no_chip(void **state)
{
    memory_bench *b = *state;
    b->mspi.cs[1] = NULL;
    run_user(b, &(user_transfer){.cmd = 0x9f, .cmd_bits = 8, .addr_bits = 24, .rx_bytes = 4, .cs = 1});
    assert_int_equal(rd(b, SPI1 + 0x58), 0xffffffff);
}

/* Whatever is written, nothing is accessed that is not ours and every start ends. */
static void test_any_register_values(void **state)
{
    memory_bench *b = *state;
    uint32_t random = 1;
    for (int i = 0; i < 60000; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t port = random >> 31 ? SPI1 : SPI0, offset = (random >> 20) & 0xfc;
        random = random * 1664525 + 1013904223;
        wr(b, port + offset, random ^ random >> 16);
        if (i % 16 == 0)
            wr(b, SPI1, 1u << (random >> 27));
        rd(b, SPI1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hardware_commands, quad, teardown),
        cmocka_unit_test_setup_teardown(test_user_read, quad, teardown),
        cmocka_unit_test_setup_teardown(test_quad_read_needs_qe, quad, teardown),
        cmocka_unit_test_setup_teardown(test_interrupt, quad, teardown),
        cmocka_unit_test_setup_teardown(test_auto_wait, quad_real_time, teardown),
        cmocka_unit_test_setup_teardown(test_quad_psram, quad, teardown),
        cmocka_unit_test_setup_teardown(test_octal_psram_registers, octal, teardown),
        cmocka_unit_test_setup_teardown(test_timing_tuning_converges, octal, teardown),
        cmocka_unit_test_setup_teardown(test_octal_flash, octal, teardown),
        cmocka_unit_test_setup_teardown(test_view_of_quad_flash, quad, teardown),
        cmocka_unit_test_setup_teardown(test_view_of_quad_psram, quad, teardown),
        cmocka_unit_test_setup_teardown(test_view_of_octal_psram, octal, teardown),
        cmocka_unit_test_setup_teardown(test_quad_settings_do_not_reach_octal_flash, octal, teardown),
        cmocka_unit_test_setup_teardown(test_no_chip, quad, teardown),
        cmocka_unit_test_setup_teardown(test_any_register_values, quad, teardown),
        cmocka_unit_test_setup_teardown(test_any_register_values, octal, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
