/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: SPI commands of any shape (esp_rom_spi_*, esp_rom_opiflash_exec_cmd),
 * and the driver for octal flash on top of them, for which the firmware brings a table of
 * commands (esp_rom_opiflash_def_t).
 *
 * Sources: ESP-IDF v5.0.4, rom/opi_flash.h, spi_mem_reg.h; the real ROM for the order of
 * its writes.  Left out: functions of the firmware's own in rom_spi_usr_cmd_legacy_funcs,
 * which are refused; a driver without a table, with which the real ROM stands still.
 */
#include "flash.h"

#include "fuses.h"
#include "pins.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    OWN_USER_COMMANDS = 0x3ff1e290, /* rom_default_spi_usr_cmd_legacy_funcs */
    MISC_CS_DISABLED = 3,
    DDR_RD_SWAP = 4,
    DDR_WR_SWAP = 8,
    STATUS_BUSY = 1,
    STATUS_WEL = 2,

    /* Functions of the ROM */
    OPI_ERASE_SECTOR = 0x40000900,
    OPI_ERASE_BLOCK = 0x4000090c
};

static uint32_t reg(uint32_t port, uint32_t offset)
{
    return espy_rom_spi(port) + offset;
}

static void set_bits(const espy_rom_call *c, uint32_t addr, uint32_t bits)
{
    espy_rom_update32(c, addr, bits, bits);
}

static void clear_bits(const espy_rom_call *c, uint32_t addr, uint32_t bits)
{
    espy_rom_update32(c, addr, bits, 0);
}

/* ---- modes ---- */

enum { OPI_STR = 6, OPI_DTR = 7, OIO_DTR = 10, MODES = 12 };

static void reset_mode(const espy_rom_call *c, uint32_t port, bool ddr_too)
{
    if (ddr_too)
        espy_rom_write32(c, reg(port, SPI_DDR), 0);
    clear_bits(c, reg(port, SPI_CTRL), SPI_CTRL_MODES);
    clear_bits(c, reg(port, SPI_USER), 0xf000);
}

static void esp_rom_spi_reset_rw_mode(espy_rom_call *c)
{
    reset_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1) & 0xff);
}

/* Reads and writes go by the same number of lines. */
static void set_mode(const espy_rom_call *c, uint32_t port, uint32_t mode)
{
    static const struct {
        uint32_t ctrl, user;
        uint8_t ddr_off, ddr_on;
    } modes[MODES] = {
        {0x1002000, 0x8000, 0, 0}, {0x102000, 0x2000, 0, 0}, {0x802000, 0x4000, 0, 0},
        {0x6000, 0x1000, 0, 0},    {0x2000, 0, 0, 0},        {0, 0, 0, 0},
        {0x2270, 0, 0, 0},         {0x2270, 0, 0x10, 1},     {0x2030, 0, 0, 0},
        {0x2070, 0, 0, 0},         {0x2070, 0, 0, 0x11},     {0x1002100, 0x8000, 0, 0},
    };
    reset_mode(c, port, mode != OPI_DTR && mode != OIO_DTR);
    if (mode >= MODES)
        return;
    set_bits(c, reg(port, SPI_CTRL), modes[mode].ctrl);
    set_bits(c, reg(port, SPI_USER), modes[mode].user);
    espy_rom_update32(c, reg(port, SPI_DDR), modes[mode].ddr_off | modes[mode].ddr_on, modes[mode].ddr_on);
}

/* The ROM reaches the parts of a command through a table that firmware could replace. */
static bool has_own_commands(espy_rom_call *c)
{
    uint32_t table = espy_rom_read32(c, ESPY_ROM_USER_COMMANDS);
    if (table == OWN_USER_COMMANDS)
        return true;
    espy_rom_fault(c, "the firmware's own SPI commands, at 0x%08x, are not in the built-in ROM", table);
    return false;
}

static void esp_rom_spi_set_op_mode(espy_rom_call *c)
{
    if (has_own_commands(c))
        set_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void esp_rom_spi_set_dtr_swap_mode(espy_rom_call *c)
{
    uint32_t swap = (espy_rom_arg(c, 1) & 0xff ? DDR_WR_SWAP : 0) | (espy_rom_arg(c, 2) & 0xff ? DDR_RD_SWAP : 0);
    espy_rom_update32(c, reg(espy_rom_arg(c, 0), SPI_DDR), DDR_WR_SWAP | DDR_RD_SWAP, swap);
}

void espy_rom_opi_cache_mode(espy_rom_call *c, uint32_t mode, uint32_t read)
{
    uint8_t shape[6]; /* bits of address, dummy cycles, command (2), its bits, variable dummy */
    set_mode(c, 0, mode);
    clear_bits(c, reg(0, SPI_USER), SPI_USER_MOSI);
    set_bits(c, reg(0, SPI_USER), SPI_USER_ADDR | SPI_USER_DUMMY | SPI_USER_MISO);
    if (read == 0)
        return;
    espy_rom_read(c, read, shape, sizeof shape);
    uint32_t surplus = espy_rom_read8(c, espy_rom_chip(c) + CHIP_DUMMY);
    espy_rom_spi_address_bits(c, 0, shape[0]);
    espy_rom_update32(c, reg(0, SPI_USER1), 0x3f, shape[1] - 1u + surplus);
    espy_rom_update32(c, reg(0, SPI_USER2), 0xf000ffff, (shape[4] - 1u) << 28 | get_le16(shape + 2));
    espy_rom_update32(c, reg(0, SPI_DDR), DDR_RD_SWAP, (uint32_t)shape[5] << 1); /* as the ROM has it */
}

static void esp_rom_opiflash_cache_mode_config(espy_rom_call *c)
{
    if (has_own_commands(c))
        espy_rom_opi_cache_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

/* ---- a command ---- */

/* Addresses are of guest memory; lengths are in bits. */
typedef struct command {
    uint32_t code, code_bits, addr, addr_bits, dummy, tx, tx_bits, rx, rx_bits;
} command;

/* A phase of `bits` that begins at `shift` of a register, and is on if there are any. */
static void set_phase(const espy_rom_call *c, uint32_t port, uint32_t user, uint32_t bits, uint32_t offset,
                      uint32_t mask, unsigned shift)
{
    espy_rom_update32(c, reg(port, SPI_USER), user, bits > 0 ? user : 0);
    espy_rom_update32(c, reg(port, offset), mask, bits > 0 ? (bits - 1) << shift : 0);
}

static void configure(const espy_rom_call *c, uint32_t port, const command *x)
{
    set_phase(c, port, SPI_USER_COMMAND, x->code_bits, SPI_USER2, 0xf0000000, 28);
    if (x->code_bits > 0)
        espy_rom_update32(c, reg(port, SPI_USER2), 0xffff, x->code);
    set_phase(c, port, SPI_USER_ADDR, x->addr_bits, SPI_USER1, 0xfc000000, 26);
    if (x->addr_bits > 0) {
        espy_rom_write32(c, reg(port, SPI_ADDR), x->addr);
        espy_rom_update32(c, reg(port, SPI_CACHE_FCTRL), 2, x->addr_bits == 32 ? 2 : 0);
    }
    if (x->tx_bits > 0 && x->tx != 0)
        for (uint32_t i = 0; i < (x->tx_bits + 31) / 32; i++)
            espy_rom_write32(c, reg(port, SPI_W0) + 4 * i, espy_rom_read32(c, x->tx + 4 * i));
    set_phase(c, port, SPI_USER_MOSI, x->tx_bits, SPI_MOSI_DLEN, 0x3ff, 0);
    set_phase(c, port, SPI_USER_MISO, x->rx_bits, SPI_MISO_DLEN, 0x3ff, 0);
    set_phase(c, port, SPI_USER_DUMMY, x->dummy, SPI_USER1, 0x3f, 0);
}

/* Argument 1: esp_rom_spi_cmd_t. */
static void esp_rom_spi_cmd_config(espy_rom_call *c)
{
    uint32_t at = espy_rom_arg(c, 1), word[8];
    if (espy_rom_read32(c, reg(espy_rom_arg(c, 0), SPI_CMD)) != 0) {
        espy_rom_wait(c, 0, ESPY_ROM_FLASH_LOOK);
        return;
    }
    for (unsigned i = 0; i < 8; i++)
        word[i] = espy_rom_read32(c, at + 4 * i);
    command x = {.code = word[0] & 0xffff, .code_bits = word[0] >> 16, .addr_bits = word[2], .tx = word[3]};
    x.addr = x.addr_bits > 0 ? espy_rom_read32(c, word[1]) : 0;
    x.tx_bits = word[4];
    x.rx_bits = word[6];
    x.dummy = word[7];
    configure(c, espy_rom_arg(c, 0), &x);
}

static void start(const espy_rom_call *c, uint32_t port, uint32_t cs_mask, bool program_or_erase)
{
    espy_rom_update32(c, reg(port, SPI_MISC), MISC_CS_DISABLED, ~cs_mask);
    set_bits(c, reg(port, SPI_CMD), program_or_erase ? SPI_CMD_USR | SPI_CMD_PE : SPI_CMD_USR);
}

static void fetch(const espy_rom_call *c, uint32_t port, uint32_t to, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4) {
        uint8_t word[4];
        put_le32(word, espy_rom_read32(c, reg(port, SPI_W0) + i));
        espy_rom_write(c, to + i, word, bytes - i < 4 ? bytes - i : 4);
    }
}

/* Afterwards CS0 is selected. */
static void select_flash(const espy_rom_call *c, uint32_t port)
{
    espy_rom_update32(c, reg(port, SPI_MISC), MISC_CS_DISABLED, 2);
}

/* Arguments: controller, where to, bytes, mask of chips, whether it programs or erases. */
static void esp_rom_spi_cmd_start(espy_rom_call *c)
{
    uint32_t port = espy_rom_arg(c, 0);
    if (c->step == 0)
        start(c, port, espy_rom_arg(c, 3), espy_rom_arg(c, 4) & 0xff);
    if (!espy_rom_spi_done(c, port, 1))
        return;
    select_flash(c, port);
    fetch(c, port, espy_rom_arg(c, 1), espy_rom_arg(c, 2) & 0xffff);
}

/* ---- a command that leaves the controller's settings as they were ---- */

enum { KEPT = 5 };
static const uint8_t kept[KEPT] = {SPI_USER, SPI_USER1, SPI_USER2, SPI_CTRL, SPI_DDR};

static void esp_rom_opiflash_backup_reg(espy_rom_call *c)
{
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_write32(c, espy_rom_arg(c, 0) + 4 * i, espy_rom_read32(c, reg(1, kept[i])));
}

static void esp_rom_opiflash_recover_reg(espy_rom_call *c)
{
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_write32(c, reg(1, kept[i]), espy_rom_read32(c, espy_rom_arg(c, 0) + 4 * i));
}

/* Locals of a function that executes commands: the settings meanwhile, and up to 256 bits. */
enum { SAVED = 8, ANSWER = 28, LOCALS = 48 };

typedef struct execution {
    uint32_t port, mode, cs_mask;
    bool program_or_erase;
    command x;
} execution;

static void begin(const espy_rom_call *c, const execution *e)
{
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_set_local(c, SAVED + 4 * i, espy_rom_read32(c, reg(1, kept[i])));
    command x = e->x;
    x.dummy += espy_rom_read8(c, espy_rom_chip(c) + CHIP_DUMMY + e->port);
    set_mode(c, e->port, e->mode);
    configure(c, e->port, &x);
    start(c, e->port, e->cs_mask, e->program_or_erase);
}

/* Begins it at `step`, if first, and waits there for its end. */
static bool executed(espy_rom_call *c, uint32_t step, bool first, const execution *e)
{
    if (first)
        begin(c, e);
    if (!espy_rom_spi_done(c, e->port, step))
        return false;
    select_flash(c, e->port);
    fetch(c, e->port, e->x.rx, e->x.rx_bits / 8);
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_write32(c, reg(1, kept[i]), espy_rom_local(c, SAVED + 4 * i));
    return true;
}

/* Arguments: controller, mode, command, its bits, address, its bits, dummy cycles, what to
 * send, its bits, where to receive, bits, mask of chips, whether it programs or erases. */
static void esp_rom_opiflash_exec_cmd(espy_rom_call *c)
{
    execution e = {.port = espy_rom_arg(c, 0), .mode = espy_rom_arg(c, 1)};
    e.x = (command){espy_rom_arg(c, 2) & 0xffff, espy_rom_arg(c, 3) & 0xffff, espy_rom_arg(c, 4),
                    espy_rom_arg(c, 5),          espy_rom_arg(c, 6),          espy_rom_arg(c, 7),
                    espy_rom_arg(c, 8),          espy_rom_arg(c, 9),          espy_rom_arg(c, 10)};
    e.cs_mask = espy_rom_arg(c, 11) & 0xff;
    e.program_or_erase = espy_rom_arg(c, 12) & 0xff;
    if (c->step != 0 || has_own_commands(c))
        executed(c, 1, c->step == 0, &e);
}

/* ---- the commands of the firmware's table ---- */

enum { RDID = 0, RDSR = 12, WREN = 24, SE = 36, BE64K = 48, READ = 60, PP = 72 };

/* Reads esp_rom_opiflash_cmd_t at that offset. */
static bool get_command(espy_rom_call *c, unsigned offset, execution *e)
{
    uint8_t cmd[12];
    uint32_t table = espy_rom_read32(c, ESPY_ROM_OPI_COMMANDS);
    if (table == 0) {
        espy_rom_fault(c, "the firmware uses octal flash without a table of its commands; the ROM stands still");
        return false;
    }
    if (!has_own_commands(c))
        return false;
    espy_rom_read(c, table + offset, cmd, sizeof cmd);
    *e = (execution){.port = 1, .mode = cmd[0], .cs_mask = cmd[11] & 0xf, .program_or_erase = cmd[11] >> 4 != 0};
    e->x = (command){.code = get_le16(cmd + 2),
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
    execution e;
    if (!get_command(c, offset, &e))
        return false;
    e.x.rx = espy_rom_locals_addr(c) + ANSWER - 4;
    if (!executed(c, step, true, &e))
        return false;
    *answer = espy_rom_local(c, ANSWER);
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
    execution e;
    if (!get_command(c, RDID, &e))
        return;
    e.x.rx = espy_rom_arg(c, 0);
    executed(c, 1, c->step == 0, &e);
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
    execution e;
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
        if (!executed(c, ERASING, c->step != ERASING, &e))
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
    execution e;
    if (!get_command(c, READ, &e))
        return false;
    e.x.addr = espy_rom_arg(c, 0);
    e.x.rx = espy_rom_arg(c, 1);
    e.x.rx_bits = piece * 8;
    if (!executed(c, 2, true, &e))
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
    execution e;
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
        if (!executed(c, SENT, c->step != SENT, &e))
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
    execution e = {.port = espy_rom_arg(c, 0), .mode = mode, .cs_mask = 1, .x = {.code = code, .code_bits = bits}};
    return executed(c, c->step, true, &e);
}

/* Reset enable, reset: in a mode with lines for 8 bits or for 16. */
static bool soft_reset(espy_rom_call *c, uint32_t mode, bool second)
{
    bool octal = mode == OPI_STR || mode == OPI_DTR;
    uint32_t code = second ? (octal ? 0x6699 : 0x99) : (octal ? 0x9966 : 0x66);
    if (!second)
        set_mode(c, espy_rom_arg(c, 0), mode);
    return bare_command(c, mode, code, octal ? 16 : 8);
}

/* Arguments: controller, mode. */
static void esp_rom_opiflash_soft_reset(espy_rom_call *c)
{
    if (!has_own_commands(c) || !soft_reset(c, espy_rom_arg(c, 1), c->step != 0))
        return;
    if (c->step == 0)
        espy_rom_wait(c, 1, ESPY_TICKS_PER_US);
}

static void exit_continuous_read(espy_rom_call *c)
{
    execution e = {.port = espy_rom_arg(c, 0), .mode = OPI_STR, .cs_mask = 1};
    set_mode(c, e.port, OPI_STR);
    e.x = (command){.code_bits = 16, .addr_bits = 24, .tx = espy_rom_locals_addr(c) + ANSWER - 4, .tx_bits = 24};
    espy_rom_set_local(c, ANSWER, 0);
    executed(c, c->step, true, &e);
}

static void esp_rom_opiflash_exit_continuous_read_mode(espy_rom_call *c)
{
    if (has_own_commands(c))
        exit_continuous_read(c);
}

/* Whatever mode the chip is in, it is in the one of power-on afterwards.  Argument: controller. */
static void esp_rom_opiflash_mode_reset(espy_rom_call *c)
{
    static const uint8_t modes[] = {OPI_STR, OPI_STR, OPI_DTR, OPI_DTR, 4, 4};
    enum { RESETS = sizeof modes };
    uint32_t us = 1;
    if (!has_own_commands(c))
        return;
    if (c->step == 0)
        exit_continuous_read(c);
    if (c->step < RESETS) {
        soft_reset(c, modes[c->step], c->step % 2 != 0);
    } else if (c->step == RESETS) {
        bare_command(c, OPI_DTR, 0x0606, 16);
        us = 10;
    } else if (c->step == RESETS + 1) {
        bare_command(c, OPI_DTR, 0xffff, 16);
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
#name, .run = name, .kind = ESPY_ROM_STEPS, .locals = LOCALS                                                   \
    }

const espy_rom_function espy_rom_opi_functions[] = {
    {"esp_rom_spi_reset_rw_mode", 0x4004db94, esp_rom_spi_reset_rw_mode, ESPY_ROM_LEAF, 0},
    ROW(esp_rom_spi_set_op_mode),
    ROW(esp_rom_spi_set_dtr_swap_mode),
    ROW(esp_rom_opiflash_cache_mode_config),
    STEPS(esp_rom_spi_cmd_config),
    STEPS(esp_rom_spi_cmd_start),
    {"esp_rom_opiflash_backup_reg", 0x4004dfe8, esp_rom_opiflash_backup_reg, ESPY_ROM_LEAF, 0},
    {"esp_rom_opiflash_recover_reg", 0x4004e020, esp_rom_opiflash_recover_reg, ESPY_ROM_LEAF, 0},
    STEPS(esp_rom_opiflash_exec_cmd),
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
