/* SPDX-License-Identifier: MIT
 *
 * The flash drivers of the built-in mask ROM against the real one, on a quad chip and on
 * an octal one: the same commands with the same seeded arguments leave the same contents,
 * status registers, variables and controller registers.  ESPY_LONG=1 does it more often.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    BUFFER = ROM_PAIR_DATA,
    TABLE = ROM_PAIR_DATA + 0x8000,
    COUNTER = ROM_PAIR_DATA + 0x9000,
    CHIP_PTR = 0x3fceffe4,
    FUNCS_PTR = 0x3fceffe8,
    AREA = 0x40000 /* of flash, that is written */
};

static unsigned rounds(unsigned quick)
{
    return getenv("ESPY_LONG") != NULL ? quick * 30 : quick;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

/* Random contents, and the size of the chip told to the ROM. */
static rom_pair *prepared(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    rom_pair_call(pair, "esp_rom_spiflash_config_param", 6, 0xef4018u, 0x800000u, 0x10000u, 0x1000u, 0x100u, 0xffffu);
    rom_pair_map_chips(pair);
    rom_pair_random(pair, ROM_PAIR_FLASH, AREA);
    rom_pair_random(pair, BUFFER, 0x2000);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    return pair;
}

static void compare_chips(rom_pair *pair)
{
    pair->compare = ROM_PAIR_ALL;
    rom_pair_check(pair);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
}

static uint32_t chip(rom_pair *pair)
{
    return rom_pair_read32(pair, CHIP_PTR);
}

/* ---- quad ---- */

static void status(void **state)
{
    static const uint8_t commands[] = {0x05, 0x35, 0x15, 0x9f};
    rom_pair *pair = prepared(state);
    for (unsigned surplus = 0; surplus < 2; surplus++) {
        for (size_t i = 0; i < sizeof commands; i++)
            rom_pair_call_void(pair, "esp_rom_spiflash_read_user_cmd", 2, BUFFER, commands[i]);
        rom_pair_call(pair, "SPI_write_enable", 1, chip(pair));
        rom_pair_call(pair, "esp_rom_spiflash_read_status", 2, chip(pair), BUFFER);
        rom_pair_call_void(pair, "esp_rom_spiflash_write_disable", 0);
        rom_pair_call(pair, "esp_rom_spiflash_read_status", 2, chip(pair), BUFFER);
        rom_pair_call(pair, "Enable_QMode", 1, chip(pair));
        rom_pair_call(pair, "esp_rom_spiflash_read_statushigh", 2, chip(pair), BUFFER);
        rom_pair_call(pair, "Enable_QMode", 1, chip(pair));
        rom_pair_call(pair, "SPILock", 0);
        rom_pair_call(pair, "esp_rom_spiflash_read_status", 2, chip(pair), BUFFER);
        rom_pair_call(pair, "esp_rom_spiflash_unlock", 0);
        rom_pair_call(pair, "esp_rom_spiflash_read_status", 2, chip(pair), BUFFER);
        rom_pair_call(pair, "Disable_QMode", 1, chip(pair));
        rom_pair_call(pair, "Disable_QMode", 1, chip(pair));
        rom_pair_call(pair, "SPI_write_enable", 1, chip(pair));
        rom_pair_call(pair, "esp_rom_spiflash_write_status", 2, chip(pair), 0x240);
        rom_pair_call(pair, "Wait_SPI_Idle", 1, chip(pair));
        rom_pair_call(pair, "esp_rom_spiflash_wait_idle", 0);
        rom_pair_call_void(pair, "SPI_WakeUp", 0);
        rom_pair_call_void(pair, "esp_rom_spi_flash_update_id", 0);
    }
}

static void reads(void **state)
{
    rom_pair *pair = prepared(state);
    for (uint32_t mode = 0; mode < 8; mode++) {
        rom_pair_call(pair, mode % 2 ? "esp_rom_spiflash_config_readmode" : "SPIMasterReadModeCnfig", 2, mode, 0);
        for (unsigned i = 0; i < rounds(3); i++) {
            uint32_t n = below(pair, 300), from = below(pair, AREA - n);
            rom_pair_call(pair, "esp_rom_spiflash_read", 3, from, BUFFER, n);
            rom_pair_call(pair, "SPI_read_data", 4, chip(pair), from, BUFFER, n);
        }
        rom_pair_call(pair, "esp_rom_spiflash_config_readmode", 2, mode, 1);
    }
    rom_pair_call(pair, "esp_rom_spiflash_read", 3, 0x7ffff0u, BUFFER, 17);
    rom_pair_call(pair, "esp_rom_spiflash_read", 3, 0x7ffff0u, BUFFER, 16);
    rom_pair_call(pair, "esp_rom_spiflash_read", 3, 0, BUFFER, 0x1800);
}

static void writes(void **state)
{
    rom_pair *pair = prepared(state);
    rom_pair_call(pair, "SPIEraseArea", 2, 0, 0x20000);
    for (unsigned i = 0; i < rounds(6); i++) {
        uint32_t n = 4 * below(pair, 300), to = 4 * below(pair, 0x4000);
        rom_pair_call(pair, "esp_rom_spiflash_write", 3, to, BUFFER + 4 * below(pair, 64), n);
    }
    rom_pair_call(pair, "esp_rom_spiflash_write", 3, 0x1000, BUFFER, 0x300);
    rom_pair_call(pair, "esp_rom_spiflash_write", 3, 0x10f0, BUFFER, 0x10);
    rom_pair_call(pair, "esp_rom_spiflash_write", 3, 0x10f2, BUFFER, 0x11);
    rom_pair_call(pair, "esp_rom_spiflash_write", 3, 0x7fff00u, BUFFER, 0x200);
    rom_pair_call(pair, "SPI_page_program", 4, chip(pair), 0x1400u, BUFFER, 0x100u);
    rom_pair_call(pair, "SPI_page_program", 4, chip(pair), 0x1404u, BUFFER, 0x100u);
    rom_pair_call(pair, "SPI_page_program", 4, chip(pair), 0x1404u, BUFFER, 0x22u);
    rom_pair_call(pair, "esp_rom_spiflash_write", 3, 0x2000, BUFFER, 0);
    compare_chips(pair);
}

static void erases(void **state)
{
    rom_pair *pair = prepared(state);
    rom_pair_call(pair, "esp_rom_spiflash_erase_sector", 1, 3);
    rom_pair_call(pair, "esp_rom_spiflash_erase_sector", 1, 0x800);
    rom_pair_call(pair, "esp_rom_spiflash_erase_block", 1, 2);
    rom_pair_call(pair, "esp_rom_spiflash_erase_block", 1, 0x80);
    rom_pair_call(pair, "SPI_sector_erase", 2, chip(pair), 0x7000u);
    rom_pair_call(pair, "SPI_sector_erase", 2, chip(pair), 0x7100u);
    rom_pair_call(pair, "SPI_write_enable", 1, chip(pair));
    rom_pair_call(pair, "SPI_sector_erase", 2, chip(pair), 0x9000u);
    for (unsigned i = 0; i < rounds(3); i++) {
        rom_pair_random(pair, ROM_PAIR_FLASH, AREA);
        rom_pair_call(pair, "SPIEraseArea", 2, below(pair, 40) * 0x1000, below(pair, 0x30000));
        compare_chips(pair);
    }
    rom_pair_call(pair, "SPIEraseArea", 2, 0x1001, 0x1000);
    rom_pair_call(pair, "SPIEraseArea", 2, 0x7ff000u, 0x1001);
    rom_pair_call(pair, "SPILock", 0);
    rom_pair_call(pair, "esp_rom_spiflash_erase_sector", 1, 5);
    rom_pair_call(pair, "SPIEraseArea", 2, 0, 0x2000);
    rom_pair_call(pair, "esp_rom_spiflash_erase_chip", 0);
    compare_chips(pair);
}

/* Counts up the word at the address that is before it, and returns 7. */
static const uint8_t count_up[] = {
    0x00, 0x00, 0x00, 0x00, /* the address */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0x21, 0xfe, 0xff,       /* l32r a2, of two words back */
    0x38, 0x02,             /* l32i.n a3, a2, 0 */
    0x1b, 0x33,             /* addi.n a3, a3, 1 */
    0x39, 0x02,             /* s32i.n a3, a2, 0 */
    0x0c, 0x72,             /* movi.n a2, 7 */
    0x1d, 0xf0,             /* retw.n */
};

static uint32_t counting_function(rom_pair *pair)
{
    uint8_t program[sizeof count_up];
    memcpy(program, count_up, sizeof program);
    const uint32_t counter = COUNTER;
    memcpy(program, &counter, 4);
    rom_pair_write32(pair, COUNTER, 0);
    return rom_pair_code(pair, program, sizeof program) + 4;
}

/* What the firmware puts into rom_spiflash_legacy_funcs is called instead. */
static void replaced(void **state)
{
    static const struct {
        const char *name;
        uint32_t offset;
    } hooks[] = {
        {"esp_rom_spiflash_unlock", 12},
        {"esp_rom_spiflash_erase_sector", 16},
        {"esp_rom_spiflash_erase_block", 20},
        {"esp_rom_spiflash_read", 24},
        {"esp_rom_spiflash_write", 28},
        {"esp_rom_spiflash_write_encrypted", 32},
        {"SPI_write_enable", 40},
        {"esp_rom_spiflash_wait_idle", 44},
        {"SPIEraseArea", 48},
    };
    rom_pair *pair = prepared(state);
    uint32_t function = counting_function(pair), funcs = rom_pair_read32(pair, FUNCS_PTR);
    for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++) {
        rom_pair_write32(pair, funcs + hooks[i].offset, function);
        assert_int_equal(rom_pair_call(pair, hooks[i].name, 3, 1, BUFFER, 4), 7);
        rom_pair_write32(pair, funcs + hooks[i].offset, 0);
    }
    assert_int_equal(rom_pair_read32(pair, COUNTER), sizeof hooks / sizeof hooks[0]);
}

/* Without a key, and without an XTS-AES block that would take one: all but its work. */
static void encrypted_writes(void **state)
{
    rom_pair *pair = prepared(state);
    rom_pair_call_void(pair, "esp_rom_spiflash_write_encrypted_enable", 0);
    rom_pair_call_void(pair, "esp_rom_spiflash_write_encrypted_disable", 0);
    rom_pair_call(pair, "esp_rom_spiflash_write_encrypted", 3, 0x1008, BUFFER, 0x20);
    for (uint32_t i = 0; i < 6; i++)
        rom_pair_call(pair, "esp_rom_spiflash_write_encrypted", 3, 0x1000 + 0x10 * i, BUFFER, 0x10 << i % 4);
    rom_pair_call(pair, "esp_rom_spiflash_write_encrypted_dest", 5, 1, 0x1000, BUFFER, 0x40, 1);
    rom_pair_call(pair, "esp_rom_spiflash_write_encrypted_dest", 5, 2, 0x1000, BUFFER, 0x40, 1);
    rom_pair_call(pair, "esp_rom_spiflash_write_encrypted_dest", 5, 0, 0x1000, BUFFER, 0, 1);
    compare_chips(pair);
}

static void controllers(void **state)
{
    rom_pair *pair = prepared(state);
    for (uint32_t i = 0; i < 12; i++) {
        rom_pair_call(pair, "esp_rom_spiflash_config_clk", 2, i, i % 2);
        rom_pair_call_void(pair, "esp_rom_spi_set_address_bit_len", 2, i % 2, 8 * (i % 5));
        rom_pair_call_void(pair, "spi_cache_mode_switch", 1, i % 2 ? 0x1002000u : 0x102000u * (i % 4));
        rom_pair_call_void(pair, "esp_rom_spi_set_op_mode", 2, i % 2, i);
        rom_pair_call_void(pair, "esp_rom_spi_set_op_mode", 2, 1, i + 1);
        rom_pair_call_void(pair, "esp_rom_spi_set_dtr_swap_mode", 3, i % 2, i / 2 % 2, i / 4 % 2);
        rom_pair_call_void(pair, "SPI_init", 2, i % 6, i);
        rom_pair_call_void(pair, "spi_common_set_dummy_output", 1, i % 4);
        rom_pair_call_void(pair, "esp_rom_spiflash_auto_wait_idle", 1, i % 2);
        rom_pair_call_void(pair, "esp_rom_spi_flash_auto_sus_res", 1, i / 2 % 2);
        rom_pair_call_void(pair, "esp_rom_spi_flash_send_resume", 0);
    }
    rom_pair_call_void(pair, "spi_common_set_flash_cs_timing", 0);
    rom_pair_call_void(pair, "spi_dummy_len_fix", 2, 1, 2);
    rom_pair_call_void(pair, "spi_flash_attach", 2, 0, 0);
    rom_pair_call(pair, "esp_rom_spiflash_read", 3, 0x1234, BUFFER, 100);
}

static void pads(void **state)
{
    rom_pair *pair = prepared(state);
    rom_pair_call_void(pair, "esp_rom_opiflash_pin_config", 0);
    rom_pair_call_void(pair, "SelectSpiFunction", 1, 0);
    rom_pair_call_void(pair, "esp_rom_spiflash_select_qio_pins", 2, 28, 0);
    for (unsigned i = 0; i < rounds(10); i++) {
        uint32_t config = below(pair, 0x40000000), drives = i % 3 ? rom_pair_rand(pair) : 0;
        rom_pair_call_void(pair, "SelectSpiFunction", 1, config);
        rom_pair_call_void(pair, "esp_rom_spiflash_select_qio_pins", 2, below(pair, 60), config);
        rom_pair_write(pair, BUFFER, &drives, 4);
        rom_pair_call_void(pair, "SetSpiDrvs", 3, below(pair, 60), i % 2 ? config : 0, BUFFER);
    }
}

/* The pads that the eFuses name. */
static void fused_pads(void **state)
{
    rom_pair *pair = prepared(state);
    for (unsigned i = 0; i < rounds(2); i++) {
        rom_pair_write32(pair, 0x60007004, rom_pair_rand(pair) & 0x0fff0000);
        rom_pair_write32(pair, 0x60007008, rom_pair_rand(pair) & rom_pair_rand(pair));
        rom_pair_write32(pair, 0x6000700c, rom_pair_rand(pair) & rom_pair_rand(pair) & 0x3ffff);
        rom_pair_call(pair, "ets_efuse_program", 1, 1);
        rom_pair_call_void(pair, "esp_rom_opiflash_pin_config", 0);
        rom_pair_call_void(pair, "SelectSpiFunction", 1, 0);
    }
}

/* ---- commands of any shape ---- */

static void exec(rom_pair *pair, uint32_t mode, uint32_t cmd, uint32_t bits, uint32_t addr_bits, uint32_t dummy,
                 uint32_t tx_bits, uint32_t rx_bits, uint32_t cs)
{
    rom_pair_call_void(pair, "esp_rom_opiflash_exec_cmd", 13, 1, mode, cmd, bits, below(pair, AREA), addr_bits, dummy,
                       BUFFER + 0x1000, tx_bits, BUFFER, rx_bits, cs, tx_bits > 0);
}

/* Calls argument 0 with arguments 1 and 2, and returns 0. */
static const uint8_t call_void[] = {
    0x36, 0x41, 0x00, /* entry a1, 32 */
    0xad, 0x03,       /* mov.n a10, a3 */
    0xbd, 0x04,       /* mov.n a11, a4 */
    0xe0, 0x02, 0x00, /* callx8 a2 */
    0x0c, 0x02,       /* movi.n a2, 0 */
    0x1d, 0xf0,       /* retw.n */
};

static void commands(void **state)
{
    rom_pair *pair = prepared(state);
    exec(pair, 5, 0x9f, 8, 0, 0, 0, 24, 1);
    exec(pair, 5, 0x05, 8, 0, 0, 0, 8, 1);
    exec(pair, 5, 0x03, 8, 24, 0, 0, 256, 1);
    exec(pair, 4, 0x0b, 8, 24, 8, 0, 200, 1);
    exec(pair, 3, 0x3b, 8, 24, 8, 0, 104, 1);
    exec(pair, 2, 0xbb, 8, 24, 4, 0, 104, 1);
    exec(pair, 5, 0x13, 8, 32, 0, 0, 512, 1);
    exec(pair, 5, 0x06, 8, 0, 0, 0, 0, 1);
    exec(pair, 5, 0x02, 8, 24, 0, 256, 0, 1);
    for (unsigned i = 0; i < rounds(6); i++)
        exec(pair, below(pair, 12), 0x0f & rom_pair_rand(pair), 8 * below(pair, 3), 8 * below(pair, 5), below(pair, 9),
             8 * below(pair, 20), 8 * below(pair, 20), below(pair, 4));
    static const uint32_t words[] = {0x0008009f, 0, 0, 0, 0, 0, 24, 0};
    rom_pair_write(pair, TABLE, words, sizeof words);
    rom_pair_call_void(pair, "esp_rom_spi_cmd_config", 2, 1, TABLE);
    rom_pair_call_void(pair, "esp_rom_spi_cmd_start", 5, 1, BUFFER + 1, 3, 1, 0);
    static const uint32_t read[] = {0x00080003, TABLE + 64, 24, 0, 0, 0, 500, 0};
    rom_pair_write(pair, TABLE, read, sizeof read);
    rom_pair_call_void(pair, "esp_rom_spi_cmd_config", 2, 1, TABLE);
    rom_pair_call_void(pair, "esp_rom_spi_cmd_start", 5, 1, BUFFER + 1, 61, 1, 0);
    /* What rom_spi_usr_cmd_legacy_funcs leads to, besides: esp_rom_opiflash_backup_reg,
     * esp_rom_spi_reset_rw_mode, esp_rom_opiflash_recover_reg. */
    uint32_t program = rom_pair_code(pair, call_void, sizeof call_void);
    rom_pair_call_at(pair, program, 2, 0x4004dfe8, BUFFER);
    rom_pair_call_at(pair, program, 3, 0x4004db94, 1, 1);
    rom_pair_call_at(pair, program, 2, 0x4004e020, BUFFER);
    compare_chips(pair);
}

/* esp_rom_opiflash_cmd_t: mode, bits and command, address bits, dummy, bits of data, CS, program or erase */
static void put_command(rom_pair *pair, unsigned n, uint8_t mode, uint8_t bits, uint16_t cmd, uint8_t addr_bits,
                        uint8_t dummy, uint8_t data_bits, bool program)
{
    uint8_t row[12] = {mode,  bits,      (uint8_t)cmd,      (uint8_t)(cmd >> 8), [8] = addr_bits,
                       dummy, data_bits, program ? 0x11 : 1};
    rom_pair_write(pair, TABLE + 12 * n, row, sizeof row);
}

static void drive(rom_pair *pair)
{
    static const uint8_t cache_read[6] = {24, 8, 0x0b, 0, 8, 0};
    rom_pair_write(pair, TABLE + 84, cache_read, sizeof cache_read);
    uint32_t function = counting_function(pair);
    rom_pair_call_void(pair, "esp_rom_opiflash_legacy_driver_init", 1, TABLE);
    rom_pair_call_void(pair, "opi_flash_set_lock_func", 2, function, function);
    rom_pair_call_void(pair, "esp_rom_opiflash_read_id", 1, BUFFER);
    rom_pair_call(pair, "esp_rom_opiflash_rdsr", 0);
    rom_pair_call(pair, "esp_rom_opiflash_wait_idle", 0);
    rom_pair_call(pair, "esp_rom_opiflash_wren", 0);
    rom_pair_call(pair, "esp_rom_opiflash_rdsr", 0);
    rom_pair_call(pair, "esp_rom_opiflash_erase_sector", 1, 3);
    rom_pair_call(pair, "esp_rom_opiflash_erase_sector", 1, 0x800);
    rom_pair_call(pair, "esp_rom_opiflash_erase_block_64k", 1, 1);
    rom_pair_call(pair, "esp_rom_opiflash_erase_area", 2, 0xe000, 0x24000);
    rom_pair_call(pair, "esp_rom_opiflash_erase_area", 2, 0x1000, 0xfff);
    for (unsigned i = 0; i < rounds(3); i++) {
        uint32_t n = below(pair, 700), at = 0xe000 + below(pair, 0x20000);
        rom_pair_call(pair, "esp_rom_opiflash_write", 3, at, BUFFER + 0x1000, n);
        rom_pair_call(pair, "esp_rom_opiflash_read", 3, at - 8, BUFFER, n);
    }
    rom_pair_call(pair, "esp_rom_opiflash_read", 3, 0x7ffff0u, BUFFER, 17);
    rom_pair_call(pair, "esp_rom_opiflash_write", 3, 0x7ffff0u, BUFFER, 17);
    compare_chips(pair);
}

/* The octal driver with a table of commands that a quad chip knows. */
static void single_line_table(void **state)
{
    rom_pair *pair = prepared(state);
    put_command(pair, 0, 5, 8, 0x9f, 0, 0, 24, false);
    put_command(pair, 1, 5, 8, 0x05, 0, 0, 8, false);
    put_command(pair, 2, 5, 8, 0x06, 0, 0, 0, false);
    put_command(pair, 3, 5, 8, 0x20, 24, 0, 0, true);
    put_command(pair, 4, 5, 8, 0xd8, 24, 0, 0, true);
    put_command(pair, 5, 4, 8, 0x0b, 24, 8, 0, false);
    put_command(pair, 6, 5, 8, 0x02, 24, 0, 0, true);
    drive(pair);
    rom_pair_call_void(pair, "esp_rom_opiflash_cache_mode_config", 2, 4, TABLE + 84);
    rom_pair_call_void(pair, "esp_rom_opiflash_cache_mode_config", 2, 7, 0);
    rom_pair_call(pair, "esp_rom_spiflash_config_readmode", 2, 6, 0);
}

/* ---- octal ---- */

static int octal_setup(void **state)
{
    *state = rom_pair_open("n16r8v");
    return 0;
}

/* The chip is told to speak OPI, as ESP-IDF's spi_flash_oct_flash_init.c does, and then all
 * is done on eight lines. */
static void octal(void **state)
{
    rom_pair *pair = prepared(state);
    static const uint8_t opi_str = 1;
    rom_pair_call_void(pair, "esp_rom_opiflash_mode_reset", 1, 1);
    exec(pair, 5, 0x9f, 8, 0, 0, 0, 24, 1);
    exec(pair, 5, 0x06, 8, 0, 0, 0, 0, 1);
    rom_pair_write(pair, BUFFER + 0x1000, &opi_str, 1);
    rom_pair_call_void(pair, "esp_rom_opiflash_exec_cmd", 13, 1, 5, 0x72, 8, 0, 32, 0, BUFFER + 0x1000, 8, 0, 0, 1, 0);
    put_command(pair, 0, 6, 16, 0x609f, 32, 4, 24, false);
    put_command(pair, 1, 6, 16, 0xfa05, 32, 4, 8, false);
    put_command(pair, 2, 6, 16, 0xf906, 0, 0, 0, false);
    put_command(pair, 3, 6, 16, 0xde21, 32, 0, 0, true);
    put_command(pair, 4, 6, 16, 0x23dc, 32, 0, 0, true);
    put_command(pair, 5, 6, 16, 0x13ec, 32, 20, 0, false);
    put_command(pair, 6, 6, 16, 0xed12, 32, 0, 0, true);
    drive(pair);
    rom_pair_call_void(pair, "esp_rom_opiflash_soft_reset", 2, 1, 6);
    exec(pair, 5, 0x9f, 8, 0, 0, 0, 24, 1);
    rom_pair_call_void(pair, "esp_rom_opiflash_exit_continuous_read_mode", 1, 1);
    rom_pair_call_void(pair, "esp_rom_opiflash_mode_reset", 1, 1);
    rom_pair_call_void(pair, "spi_flash_attach", 2, 0, 0);
}

/* ---- time ---- */

static int timed_setup(void **state)
{
    *state = rom_pair_open("n8r2,timing=real");
    return 0;
}

/* The built-in one waits for the chip as long as the real one, which also takes a while for
 * its own instructions: half of the time, where it writes 32 bytes at once. */
static void as_long(const rom_pair *pair)
{
    uint64_t real = pair->took_us[ROM_PAIR_REAL], builtin = pair->took_us[ROM_PAIR_BUILTIN];
    assert_in_range(builtin, real < 2100 ? 0 : real / 2 - 1050, real + 1050);
}

static void erase_and_write(rom_pair *pair, const char *erase, const char *write)
{
    rom_pair_call(pair, erase, 1, 3);
    assert_in_range(pair->took_us[ROM_PAIR_BUILTIN], 30000, 60000); /* a W25Q's sector: 45 ms */
    as_long(pair);
    rom_pair_call(pair, write, 3, 0x3010, BUFFER, 0x500);
    as_long(pair);
}

/* The driver waits for the chip, asking it, letting the controller ask, and with the
 * firmware's own function called meanwhile. */
static void waits(void **state)
{
    rom_pair *pair = prepared(state);
    uint32_t funcs = rom_pair_read32(pair, FUNCS_PTR), function = counting_function(pair);
    put_command(pair, 1, 5, 8, 0x05, 0, 0, 8, false);
    put_command(pair, 2, 5, 8, 0x06, 0, 0, 0, false);
    put_command(pair, 3, 5, 8, 0x20, 24, 0, 0, true);
    put_command(pair, 6, 5, 8, 0x02, 24, 0, 0, true);
    rom_pair_call_void(pair, "esp_rom_opiflash_legacy_driver_init", 1, TABLE);
    pair->compare = 0; /* how often they looked is not the same */
    for (uint32_t by_hardware = 0; by_hardware < 2; by_hardware++) {
        for (uint32_t check = 0; check < 2; check++) {
            rom_pair_call_void(pair, "esp_rom_spiflash_auto_wait_idle", 1, by_hardware);
            rom_pair_write32(pair, funcs + 36, check ? function : 0);
            erase_and_write(pair, "esp_rom_spiflash_erase_sector", "esp_rom_spiflash_write");
            erase_and_write(pair, "esp_rom_opiflash_erase_sector", "esp_rom_opiflash_write");
        }
    }
    rom_pair_call(pair, "SPILock", 0);
    as_long(pair);
    rom_pair_call(pair, "esp_rom_spiflash_unlock", 0);
    as_long(pair);
    rom_pair_call(pair, "SPIEraseArea", 2, 0xf000, 0x12000);
    as_long(pair);
    assert_true(rom_pair_read32(pair, COUNTER) > 0);
    pair->compare = ROM_PAIR_CHIPS;
    rom_pair_check(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(status),
        rom_pair_test(reads),
        rom_pair_test(writes),
        rom_pair_test(erases),
        rom_pair_test(replaced),
        rom_pair_test(encrypted_writes),
        rom_pair_test(controllers),
        rom_pair_test(pads),
        rom_pair_test(fused_pads),
        rom_pair_test(commands),
        rom_pair_test(single_line_table),
        cmocka_unit_test_setup_teardown(octal, octal_setup, rom_pair_teardown),
        cmocka_unit_test_setup_teardown(waits, timed_setup, rom_pair_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
