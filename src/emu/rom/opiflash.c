/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the driver for octal flash (esp_rom_opiflash_*), for which the firmware
 * brings a table of commands (esp_rom_opiflash_def_t).
 *
 * Sources: ESP-IDF v5.0.4, rom/opi_flash.h; the real ROM for the order of its commands.
 * Left out: a driver without a table, with which the real ROM stands still.
 */
#include "fuses.h"
#include "pins.h"
#include "spi_command.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    STATUS_BUSY = 1,
    STATUS_WEL = 2,

    /* Functions of the ROM */
    OPI_ERASE_SECTOR = 0x40000900,
    OPI_ERASE_BLOCK = 0x4000090c
};

/* ---- the commands of the firmware's table ---- */

enum { RDID = 0, RDSR = 12, WREN = 24, SE = 36, BE64K = 48, READ = 60, PP = 72 };

/* Reads esp_rom_opiflash_cmd_t at that offset. */
static bool get_command(espy_rom_call *c, unsigned offset, espy_spi_execution *e)
{
    uint8_t cmd[12];
    uint32_t table = espy_rom_read32(c, ESPY_ROM_OPI_COMMANDS);
    if (table == 0) {
        espy_rom_fault(c, "the firmware uses octal flash without a table of its commands; the ROM stands still");
        return false;
    }
    if (!espy_spi_has_own_commands(c))
        return false;
    espy_rom_read(c, table + offset, cmd, sizeof cmd);
    *e = (espy_spi_execution){
        .port = 1, .mode = cmd[0], .cs_mask = cmd[11] & 0xf, .program_or_erase = cmd[11] >> 4 != 0};
    e->x = (espy_spi_command){.code = get_le16(cmd + 2),
                              .code_bits = cmd[1],
                              .addr = get_le32(cmd + 4),
                              .addr_bits = cmd[8],
                              .dummy = cmd[9],
                              .rx_bits = cmd[10]};
    return true;
}

/* A command that the controller carries out at once, and the first word of its answer. */
static bool short_command(espy_rom_call *c, unsigned offset, uint32_t step, uint32_t *answer)
{
    espy_spi_execution e;
    if (!get_command(c, offset, &e))
        return false;
    e.x.rx = espy_rom_locals_addr(c) + ESPY_SPI_ANSWER - 4;
    if (!espy_spi_executed(c, step, true, &e))
        return false;
    *answer = espy_rom_local(c, ESPY_SPI_ANSWER);
    return true;
}

static bool idle(espy_rom_call *c, uint32_t step)
{
    uint32_t status;
    if (!short_command(c, RDSR, step, &status))
        return false;
    if ((status & STATUS_BUSY) == 0)
        return true;
    espy_rom_wait(c, step, ESPY_ROM_FLASH_LOOK);
    return false;
}

static bool write_enabled(espy_rom_call *c, uint32_t step)
{
    uint32_t status, none;
    if (!short_command(c, RDSR, step, &status))
        return false;
    if (status & STATUS_WEL)
        return true;
    if (short_command(c, WREN, step, &none))
        espy_rom_wait(c, step, 1);
    return false;
}

static void esp_rom_opiflash_rdsr(espy_rom_call *c)
{
    uint32_t status;
    if (short_command(c, RDSR, 0, &status))
        espy_rom_return(c, status & 0xff);
}

/* Argument: where to. */
static void esp_rom_opiflash_read_id(espy_rom_call *c)
{
    espy_spi_execution e;
    if (!get_command(c, RDID, &e))
        return;
    e.x.rx = espy_rom_arg(c, 0);
    espy_spi_executed(c, 1, c->step == 0, &e);
}

static void esp_rom_opiflash_wait_idle(espy_rom_call *c)
{
    if (idle(c, 0))
        espy_rom_return(c, 0);
}

static void esp_rom_opiflash_wren(espy_rom_call *c)
{
    if (write_enabled(c, 0))
        espy_rom_return(c, 0);
}

/* ---- reading, writing, erasing ---- */

/* Calls a lock function, if there is one, and goes on at step. */
static bool called(espy_rom_call *c, uint32_t variable, uint32_t step)
{
    uint32_t function = espy_rom_read32(c, variable);
    if (function == 0)
        return false;
    espy_rom_guest(c, step, function, 0, NULL);
    return true;
}

/* Erases the unit of the size at chip_field with that number, argument 0. */
static void erase(espy_rom_call *c, unsigned chip_field, unsigned offset)
{
    enum { LOCKED = 1, ENABLING, ERASING, ERASED, DONE };
    uint32_t chip = espy_rom_chip(c), size = espy_rom_read32(c, chip + chip_field), unit = espy_rom_arg(c, 0);
    espy_spi_execution e;
    if (c->step == 0 && (size == 0 || unit >= espy_rom_read32(c, chip + CHIP_SIZE) / size)) {
        espy_rom_return(c, 1);
        return;
    }
    if (!get_command(c, offset, &e))
        return;
    e.x.addr = unit * size;
    e.x.rx_bits = 0;
    e.cs_mask = 1;
    e.program_or_erase = true;
    switch (c->step) {
    case 0:
        if (called(c, ESPY_ROM_OPI_LOCK, LOCKED))
            return;
        /* fall through */
    case LOCKED:
        if (!idle(c, LOCKED))
            return;
        /* fall through */
    case ENABLING:
        if (!write_enabled(c, ENABLING))
            return;
        /* fall through */
    case ERASING:
        if (!espy_spi_executed(c, ERASING, c->step != ERASING, &e))
            return;
        /* fall through */
    case ERASED:
        if (!idle(c, ERASED) || called(c, ESPY_ROM_OPI_UNLOCK, DONE))
            return;
        /* fall through */
    default: espy_rom_return(c, 0);
    }
}

static void esp_rom_opiflash_erase_sector(espy_rom_call *c)
{
    erase(c, CHIP_SECTOR, SE);
}

static void esp_rom_opiflash_erase_block_64k(espy_rom_call *c)
{
    erase(c, CHIP_BLOCK, BE64K);
}

/* Arguments: address and size.  While it runs, argument 0 is the next sector, argument 1
 * how many are left, argument 2 how many of them come before the first whole block. */
static void esp_rom_opiflash_erase_area(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c), sector = espy_rom_read32(c, chip + CHIP_SECTOR);
    uint32_t per_block = sector == 0 ? 0 : espy_rom_read32(c, chip + CHIP_BLOCK) / sector;
    if (per_block == 0 || (c->step != 0 && espy_rom_result(c) != 0)) {
        espy_rom_return(c, 1);
        return;
    }
    uint32_t next = espy_rom_arg(c, 0), left = espy_rom_arg(c, 1), head = espy_rom_arg(c, 2);
    if (c->step == 0) {
        next /= sector;
        left = left / sector + (left % sector != 0);
        head = next % per_block == 0 ? 0 : per_block - next % per_block;
    }
    if (left == 0) {
        espy_rom_return(c, 0);
        return;
    }
    bool block = head == 0 && left > per_block;
    uint32_t count = block ? per_block : 1, unit = block ? next / per_block : next;
    espy_rom_set_arg(c, 0, next + count);
    espy_rom_set_arg(c, 1, left - count);
    espy_rom_set_arg(c, 2, head > 0 ? head - 1 : 0);
    espy_rom_guest(c, 1, block ? OPI_ERASE_BLOCK : OPI_ERASE_SECTOR, 1, &unit);
}

/* Reads a piece: arguments are address, where to, bytes left. */
static bool read_piece(espy_rom_call *c)
{
    uint32_t most = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_READ_SUB_LEN), left = espy_rom_arg(c, 2);
    uint32_t piece = left < most ? left : most;
    espy_spi_execution e;
    if (!get_command(c, READ, &e))
        return false;
    e.x.addr = espy_rom_arg(c, 0);
    e.x.rx = espy_rom_arg(c, 1);
    e.x.rx_bits = piece * 8;
    if (!espy_spi_executed(c, 2, true, &e))
        return false;
    espy_rom_set_arg(c, 0, e.x.addr + piece);
    espy_rom_set_arg(c, 1, e.x.rx + piece);
    espy_rom_set_arg(c, 2, left - piece);
    return true;
}

static bool is_outside(const espy_rom_call *c)
{
    return espy_rom_arg(c, 0) + espy_rom_arg(c, 2) > espy_rom_read32(c, espy_rom_chip(c) + CHIP_SIZE);
}

/* Arguments: address, where to, length. */
static void esp_rom_opiflash_read(espy_rom_call *c)
{
    switch (c->step) {
    case 0:
        if (is_outside(c)) {
            espy_rom_return(c, 1);
            return;
        }
        if (called(c, ESPY_ROM_OPI_LOCK, 1))
            return;
        /* fall through */
    case 1:
        if (!idle(c, 1))
            return;
        while ((int32_t)espy_rom_arg(c, 2) > 0)
            if (!read_piece(c))
                return;
        if (called(c, ESPY_ROM_OPI_UNLOCK, 3))
            return;
        /* fall through */
    default: espy_rom_return(c, 0);
    }
}

/* How much of a write fits into the controller and into the page. */
static uint32_t write_size(const espy_rom_call *c)
{
    uint32_t page = espy_rom_read32(c, espy_rom_chip(c) + CHIP_PAGE), left = espy_rom_arg(c, 2);
    uint32_t most = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_WRITE_SUB_LEN);
    uint32_t room = page == 0 ? most : page - espy_rom_arg(c, 0) % page;
    uint32_t size = left < room ? left : room;
    return size < most ? size : most;
}

/* Arguments: address, source, length. */
static void esp_rom_opiflash_write(espy_rom_call *c)
{
    enum { LOCKED = 1, NEXT, SENT, FINISHING, DONE };
    espy_spi_execution e;
    if (c->step == 0 && is_outside(c)) {
        espy_rom_return(c, 1);
        return;
    }
    if (c->step == DONE || !get_command(c, PP, &e)) {
        espy_rom_return(c, 0);
        return;
    }
    uint32_t size = write_size(c);
    e.x.addr = espy_rom_arg(c, 0);
    e.x.tx = espy_rom_arg(c, 1);
    e.x.tx_bits = size * 8;
    e.x.rx_bits = 0;
    switch (c->step) {
    case 0:
        if (called(c, ESPY_ROM_OPI_LOCK, LOCKED))
            return;
        /* fall through */
    case LOCKED:
        if (!idle(c, LOCKED))
            return;
        /* fall through */
    case NEXT:
        if ((int32_t)espy_rom_arg(c, 2) <= 0)
            break;
        if (!write_enabled(c, NEXT))
            return;
        /* fall through */
    case SENT:
        if (!espy_spi_executed(c, SENT, c->step != SENT, &e))
            return;
        espy_rom_set_arg(c, 0, e.x.addr + size);
        espy_rom_set_arg(c, 1, e.x.tx + size);
        espy_rom_set_arg(c, 2, espy_rom_arg(c, 2) - size);
        /* fall through */
    case FINISHING:
        if (!idle(c, FINISHING))
            return;
        if ((int32_t)espy_rom_arg(c, 2) > 0) {
            espy_rom_wait(c, NEXT, 1);
            return;
        }
        break;
    default: break;
    }
    if (!called(c, ESPY_ROM_OPI_UNLOCK, DONE))
        espy_rom_return(c, 0);
}

/* ---- modes of the chip ---- */

/* A command of one phase, in a mode. */
static bool bare_command(espy_rom_call *c, uint32_t mode, uint32_t code, uint32_t bits)
{
    espy_spi_execution e = {
        .port = espy_rom_arg(c, 0), .mode = mode, .cs_mask = 1, .x = {.code = code, .code_bits = bits}};
    return espy_spi_executed(c, c->step, true, &e);
}

/* Reset enable, reset: in a mode with lines for 8 bits or for 16. */
static bool soft_reset(espy_rom_call *c, uint32_t mode, bool second)
{
    bool octal = mode == ESPY_SPI_OPI_STR || mode == ESPY_SPI_OPI_DTR;
    uint32_t code = second ? (octal ? 0x6699 : 0x99) : (octal ? 0x9966 : 0x66);
    if (!second)
        espy_spi_set_mode(c, espy_rom_arg(c, 0), mode);
    return bare_command(c, mode, code, octal ? 16 : 8);
}

/* Arguments: controller, mode. */
static void esp_rom_opiflash_soft_reset(espy_rom_call *c)
{
    if (!espy_spi_has_own_commands(c) || !soft_reset(c, espy_rom_arg(c, 1), c->step != 0))
        return;
    if (c->step == 0)
        espy_rom_wait(c, 1, ESPY_TICKS_PER_US);
}

static void exit_continuous_read(espy_rom_call *c)
{
    espy_spi_execution e = {.port = espy_rom_arg(c, 0), .mode = ESPY_SPI_OPI_STR, .cs_mask = 1};
    espy_spi_set_mode(c, e.port, ESPY_SPI_OPI_STR);
    e.x = (espy_spi_command){
        .code_bits = 16, .addr_bits = 24, .tx = espy_rom_locals_addr(c) + ESPY_SPI_ANSWER - 4, .tx_bits = 24};
    espy_rom_set_local(c, ESPY_SPI_ANSWER, 0);
    espy_spi_executed(c, c->step, true, &e);
}

static void esp_rom_opiflash_exit_continuous_read_mode(espy_rom_call *c)
{
    if (espy_spi_has_own_commands(c))
        exit_continuous_read(c);
}

/* Whatever mode the chip is in, it is in the one of power-on afterwards.  Argument: controller. */
static void esp_rom_opiflash_mode_reset(espy_rom_call *c)
{
    static const uint8_t modes[] = {ESPY_SPI_OPI_STR, ESPY_SPI_OPI_STR,   ESPY_SPI_OPI_DTR,
                                    ESPY_SPI_OPI_DTR, ESPY_SPI_FAST_READ, ESPY_SPI_FAST_READ};
    enum { RESETS = sizeof modes };
    uint32_t us = 1;
    if (!espy_spi_has_own_commands(c))
        return;
    if (c->step == 0)
        exit_continuous_read(c);
    if (c->step < RESETS) {
        soft_reset(c, modes[c->step], c->step % 2 != 0);
    } else if (c->step == RESETS) {
        bare_command(c, ESPY_SPI_OPI_DTR, 0x0606, 16);
        us = 10;
    } else if (c->step == RESETS + 1) {
        bare_command(c, ESPY_SPI_OPI_DTR, 0xffff, 16);
        us = 40;
    } else {
        return;
    }
    espy_rom_wait(c, c->step + 1, us * ESPY_TICKS_PER_US);
}

/* ---- pads, variables ---- */

enum { PINS = 11, NO_INPUT = 0xff };

/* CLK, CS, D, Q, WP, HD, D4 to D7, DQS. */
static void opi_pad_numbers(const espy_rom_call *c, uint8_t pads[PINS])
{
    static const uint8_t usual[PINS] = {30, 29, 32, 31, 28, 27, 33, 34, 35, 36, 37};
    static const uint8_t from[PINS] = {0, 3, 2, 1, 0, 4, 1, 2, 3, 4, 0}; /* fields of six bits */
    uint32_t spi = espy_rom_fuse_spi_pads(c), opi = espy_rom_fuse_opi_pads(c);
    memcpy(pads, usual, PINS);
    for (unsigned i = 0; i < PINS && spi != 0; i++)
        pads[i] = (uint8_t)((i < 6 ? spi : opi) >> 6 * from[i] & 0x3f);
    if (spi != 0)
        pads[4] = (uint8_t)espy_rom_fuse_wp_pad(c);
}

void espy_rom_opi_pads(const espy_rom_call *c)
{
    static const uint8_t outputs[PINS] = {4, 5, 1, 0, 3, 2, 7, 8, 9, 10, 11};
    static const uint8_t inputs[PINS] = {NO_INPUT, NO_INPUT, 1, 0, 3, 2, 7, 8, 9, 10, 11};
    static const uint8_t functions[PINS] = {0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4};
    bool configured = espy_rom_fuse_spi_pads(c) != 0;
    uint8_t pads[PINS];
    opi_pad_numbers(c, pads);
    for (unsigned i = 0; i < PINS; i++) {
        if (configured)
            espy_rom_signal_out(c, pads[i], outputs[i]);
        if (inputs[i] != NO_INPUT && configured)
            espy_rom_signal_in(c, pads[i], inputs[i], false);
        else if (inputs[i] != NO_INPUT)
            espy_rom_signal_bypass(c, inputs[i]);
        if (configured)
            espy_rom_pad_gpio(c, pads[i]);
        else
            espy_rom_pad_function(c, pads[i], functions[i]);
        espy_rom_pad_pullup(c, pads[i]);
        espy_rom_pad_input(c, pads[i]);
        espy_rom_pad_unhold(c, pads[i]);
    }
}

static void esp_rom_opiflash_pin_config(espy_rom_call *c)
{
    espy_rom_opi_pads(c);
}

static void esp_rom_opiflash_legacy_driver_init(espy_rom_call *c)
{
    espy_rom_write32(c, ESPY_ROM_OPI_COMMANDS, espy_rom_arg(c, 0));
}

static void opi_flash_set_lock_func(espy_rom_call *c)
{
    espy_rom_write32(c, ESPY_ROM_OPI_LOCK, espy_rom_arg(c, 0));
    espy_rom_write32(c, ESPY_ROM_OPI_UNLOCK, espy_rom_arg(c, 1));
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }
#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS, .locals = ESPY_SPI_LOCALS                                          \
    }

const espy_rom_function espy_rom_opi_functions[] = {
    STEPS(esp_rom_opiflash_read_id),
    STEPS(esp_rom_opiflash_rdsr),
    STEPS(esp_rom_opiflash_wait_idle),
    STEPS(esp_rom_opiflash_wren),
    STEPS(esp_rom_opiflash_erase_sector),
    STEPS(esp_rom_opiflash_erase_block_64k),
    STEPS(esp_rom_opiflash_erase_area),
    STEPS(esp_rom_opiflash_read),
    STEPS(esp_rom_opiflash_write),
    STEPS(esp_rom_opiflash_soft_reset),
    STEPS(esp_rom_opiflash_exit_continuous_read_mode),
    STEPS(esp_rom_opiflash_mode_reset),
    ROW(esp_rom_opiflash_pin_config),
    ROW(esp_rom_opiflash_legacy_driver_init),
    ROW(opi_flash_set_lock_func),
    {0},
};
