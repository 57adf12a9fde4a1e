/* SPDX-License-Identifier: MIT
 *
 * The factory's fuses of each kind of module, and the controller's commands.
 *
 * The words below were taken from the model and given to Espressif's decoder
 * (espefuse 5.6.0, `--virt summary`), which reads from them: MAC 7c:df:a1:00:53:33,
 * wafer v0.2, block version 1.3, ADC calib V1 with the calibration of its
 * documentation's sample chip, and
 *   n16r8   PSRAM 8M AP_3v3, flash 4 data lines, VDD_SPI 3.3 V by efuse
 *   n16r8v  PSRAM 8M AP_1v8, flash 8 data lines, VDD_SPI 1.8 V by efuse, GPIO33-37 on VDD_SPI
 *   n8r2    PSRAM 2M AP_3v3, flash 4 data lines, VDD_SPI 3.3 V by efuse
 *   n8      no PSRAM, VDD_SPI by GPIO45
 */
#include "efuse.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    BASE = 0x60007000,
    PGM_DATA0 = BASE,
    RD_WR_DIS = BASE + 0x2c,
    BLOCK1 = BASE + 0x44,
    BLOCK2 = BASE + 0x5c,
    BLOCK3 = BASE + 0x7c,
    KEY0 = BASE + 0x9c,
    BLOCK10 = BASE + 0x15c,
    RD_RS_ERR0 = BASE + 0x1c0,
    CONF = BASE + 0x1cc,
    CMD = BASE + 0x1d4,
    INT_ENA = BASE + 0x1e0,
    INT_CLR = BASE + 0x1e4
};

typedef struct board {
    bench f;
    probe irq;
    espy_efuse efuse;
} board;

static board *make(uint32_t psram_mib, bool flash_octal)
{
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    espy_efuse_config config = {
        .psram_size = psram_mib << 20, .flash_octal = flash_octal, .irq = probe_line(&b->f, &b->irq)};
    espy_efuse_init(&b->efuse, &b->f.soc, &config);
    return b;
}

static void drop(board *b)
{
    bench_close(&b->f);
    free(b);
}

static void test_modules(void **state)
{
    (void)state;
    static const struct {
        uint32_t psram_mib;
        bool octal;
        uint32_t block0[6], block1[6];
    } modules[] = {
        {8, false, {0, 0, 0x70, 0, 0, 0}, {0xa1005333, 0x7cdf, 0, 0x03080000, 0x2c706088, 0x9800cc58}},
        {8, true, {0, 0, 0x50, 0, 0x300, 0}, {0xa1005333, 0x7cdf, 0, 0x03080000, 0x2c706108, 0x9800cc58}},
        {2, false, {0, 0, 0x70, 0, 0, 0}, {0xa1005333, 0x7cdf, 0, 0x03080000, 0x2c706090, 0x9800cc58}},
        {0, false, {0, 0, 0, 0, 0, 0}, {0xa1005333, 0x7cdf, 0, 0x03080000, 0x2c706000, 0x9800cc58}},
    };
    static const uint32_t block2_calibration[4] = {0x8d8b16d1, 0x924940b4, 0xb2c4cee1, 0x50a53ace};
    for (unsigned m = 0; m < sizeof modules / sizeof modules[0]; m++) {
        board *b = make(modules[m].psram_mib, modules[m].octal);
        for (uint32_t n = 0; n < 6; n++) {
            assert_int_equal(rd(&b->f, RD_WR_DIS + 4 * n), modules[m].block0[n]);
            assert_int_equal(rd(&b->f, BLOCK1 + 4 * n), modules[m].block1[n]);
        }
        for (uint32_t n = 0; n < 4; n++)
            assert_int_equal(rd(&b->f, BLOCK2 + 4 * (4 + n)), block2_calibration[n]);
        assert_int_equal(rd(&b->f, RD_RS_ERR0), 0);
        drop(b);
    }
}

static void test_given_mac_and_revision(void **state)
{
    (void)state;
    bench f;
    bench_open(&f);
    espy_efuse efuse;
    espy_efuse_config config = {
        .mac = {0xec, 0xda, 0x3b, 0x41, 0xf2, 0x70}, .wafer_major = 1, .wafer_minor = 9, .psram_size = 4u << 20};
    espy_efuse_init(&efuse, &f.soc, &config);
    assert_int_equal(rd(&f, BLOCK1), 0x3b41f270);
    assert_int_equal(rd(&f, BLOCK1 + 4), 0xecda);
    assert_int_equal(rd(&f, BLOCK1 + 12) >> 18 & 7, 1); /* minor 9 = 1 here ... */
    assert_int_equal(rd(&f, BLOCK1 + 20) >> 23 & 1, 1); /* ... and 8 there */
    assert_int_equal(rd(&f, BLOCK1 + 20) >> 24 & 3, 1);
    assert_int_equal(rd(&f, BLOCK1 + 16) >> 3 & 3, 0); /* PSRAM_CAP 4: 4 MB */
    assert_int_equal(rd(&f, BLOCK1 + 20) >> 19 & 1, 1);
    bench_close(&f);
}

static void command(board *b, uint32_t op_code, uint32_t cmd)
{
    wr(&b->f, CONF, op_code);
    wr(&b->f, CMD, cmd);
    assert_int_equal(rd(&b->f, CMD) & 3, 0); /* firmware waits for this */
}

/* As IDF and the ROM do it: fill PGM_DATA, program, read again. */
static void test_programming(void **state)
{
    (void)state;
    board *b = make(8, false);
    wr(&b->f, INT_ENA, 3);
    wr(&b->f, PGM_DATA0 + 4 * 2, 0x00ff00ff);
    command(b, 0x5a5a, 3 << 2 | 2);
    assert_true(b->irq.level);
    wr(&b->f, INT_CLR, 3);
    assert_false(b->irq.level);
    assert_int_equal(rd(&b->f, BLOCK3 + 8), 0); /* not read yet */
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, BLOCK3 + 8), 0x00ff00ff);
    wr(&b->f, PGM_DATA0 + 4 * 2, 0x0f0f0f0f); /* fuses only ever blow */
    command(b, 0x5a5a, 3 << 2 | 2);
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, BLOCK3 + 8), 0x0fff0fff);
    espy_efuse_reset(&b->efuse, ESPY_RESET_CHIP);
    assert_int_equal(rd(&b->f, BLOCK3 + 8), 0x0fff0fff);
    assert_int_equal(rd(&b->f, PGM_DATA0 + 8), 0);
    drop(b);
}

static void test_wrong_op_code_does_nothing(void **state)
{
    (void)state;
    board *b = make(8, false);
    wr(&b->f, PGM_DATA0, 1);
    command(b, 0x5aa5, 3 << 2 | 2);
    command(b, 0x1234, 3 << 2 | 2);
    command(b, 0x5a5a, 15 << 2 | 2); /* no such block */
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, BLOCK3), 0);
    drop(b);
}

static void test_protection(void **state)
{
    (void)state;
    board *b = make(8, false);
    espy_efuse_blow(&b->efuse, 4, 0, 0xcafef00d);
    espy_efuse_blow(&b->efuse, 10, 7, 0x12345678);
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, KEY0), 0xcafef00d);
    assert_int_equal(rd(&b->f, BLOCK10 + 28), 0x12345678);
    espy_efuse_blow(&b->efuse, 0, 1, 1);       /* RD_DIS of KEY0 */
    espy_efuse_blow(&b->efuse, 0, 0, 1 << 22); /* WR_DIS of USER_DATA */
    wr(&b->f, PGM_DATA0, 1);
    command(b, 0x5a5a, 3 << 2 | 2);
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, KEY0), 0);
    assert_int_equal(espy_efuse_word(&b->efuse, 4, 0), 0xcafef00d);
    assert_int_equal(rd(&b->f, BLOCK10 + 28), 0x12345678);
    assert_int_equal(rd(&b->f, BLOCK3), 0);
    drop(b);
}

/* Which bit protects which field is in espefuse's table (esp32s3.yaml). */
static void test_protection_within_block_0(void **state)
{
    (void)state;
    board *b = make(0, false);
    wr(&b->f, PGM_DATA0, 1 << 4 | 1 << 8); /* WR_DIS of SPI_BOOT_CRYPT_CNT and KEY_PURPOSE_0, ... */
    wr(&b->f, PGM_DATA0 + 8, 1 << 18);     /* which this burn still reaches */
    command(b, 0x5a5a, 2);
    wr(&b->f, PGM_DATA0 + 8, 0xffffffff);
    command(b, 0x5a5a, 2);
    command(b, 0x5aa5, 1);
    assert_int_equal(rd(&b->f, RD_WR_DIS), 1 << 4 | 1 << 8);
    assert_int_equal(rd(&b->f, RD_WR_DIS + 8), 0xffffffff & ~(6u << 18) & ~(15u << 24));
    drop(b);
}

/* A half of a key file of the bytes 00 01 02 ..., as espefuse burns it: last byte first. */
static void burn_key(board *b, unsigned key, unsigned purpose, unsigned from)
{
    for (unsigned i = 0; i < 32; i++)
        espy_efuse_blow(&b->efuse, 4 + key, (31 - i) / 4, (uint32_t)(from + i) << 8 * ((31 - i) % 4));
    espy_efuse_blow(&b->efuse, 0, key < 2 ? 2 : 3, purpose << (key < 2 ? 24 + 4 * key : 4 * (key - 2)));
}

static void check_key(const board *b, unsigned size, unsigned from, unsigned to)
{
    espy_flash_crypt crypt;
    espy_efuse_flash_crypt(&b->efuse, &crypt);
    assert_int_equal(crypt.key_size, size);
    for (unsigned i = 0; i < size; i++)
        assert_int_equal(crypt.key[i], i >= from && i < to ? i : 0);
}

/* The halves of a long key may be in any blocks, and in any order; it goes before a short one. */
static void test_flash_encryption(void **state)
{
    (void)state;
    espy_flash_crypt crypt;
    board *b = make(0, false);
    check_key(b, 32, 0, 0);
    burn_key(b, 3, 4, 0);
    check_key(b, 32, 0, 32);
    burn_key(b, 1, 3, 32);
    check_key(b, 64, 32, 64);
    burn_key(b, 5, 2, 0);
    espy_efuse_blow(&b->efuse, 0, 1, 1 << 5); /* RD_DIS of KEY5 */
    check_key(b, 64, 0, 64);
    for (unsigned bits = 0; bits < 3; bits++) {
        espy_efuse_flash_crypt(&b->efuse, &crypt);
        assert_int_equal(crypt.boot_decrypts, bits % 2);
        espy_efuse_blow(&b->efuse, 0, 2, 1u << (18 + bits));
    }
    assert_false(crypt.no_download_encrypt);
    espy_efuse_blow(&b->efuse, 0, 1, 1 << 20);
    espy_efuse_flash_crypt(&b->efuse, &crypt);
    assert_true(crypt.no_download_encrypt);
    drop(b);
}

/* As ESP-IDF's esp_efuse_rtc_calib.c works it out from what espefuse's documentation shows of a sample chip. */
static void test_calibration(void **state)
{
    (void)state;
    static const espy_calibration sample = {
        .ground_code = {{1958, 2084, 2106, 2208}, {2166, 2202, 2214, 2242}},
        .code_at_850mv = {{3593, 2690, 1892, 1003}, {3476, 2618, 1832, 980}},
        .temperature_error = -109,
    };
    board *b = make(8, false);
    espy_calibration calibration;
    espy_efuse_calibration(&b->efuse, &calibration);
    assert_memory_equal(&calibration, &sample, sizeof sample);
    drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_given_mac_and_revision),
        cmocka_unit_test(test_programming),
        cmocka_unit_test(test_wrong_op_code_does_nothing),
        cmocka_unit_test(test_flash_encryption),
        cmocka_unit_test(test_protection),
        cmocka_unit_test(test_protection_within_block_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
