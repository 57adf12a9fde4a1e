/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the legacy flash driver (esp_rom_spiflash_*, SPI_*): its commands to
 * the chip.  How the controllers and pads are set up is in spiflash_init.c.
 *
 * A function that needs another one which may wait, calls it at its address in the ROM,
 * as the firmware would.  Those that firmware may replace (rom_spiflash_legacy_funcs) are
 * looked up at every call.
 *
 * Sources: ESP-IDF v5.0.4, rom/spi_flash.h, spi_mem_reg.h; the real ROM for the order of
 * its commands.  Left out: SPI_Common_Command.
 */
#include "flash.h"
#include "fuses.h"

enum {
    STATUS_BUSY = 1,
    STATUS_WEL = 2,
    STATUS_BP = 0x1c,
    STATUS_QE = 0x200,
    OLD_CTRL = 4, /* locals of a write */
    WRITTEN = 8,
    PAGES_COUNTED = 256,
    READ_STATUS_1 = 0x05,
    READ_STATUS_2 = 0x35,

    /* Functions of the ROM */
    ERASE_SECTOR = 0x400009fc,
    ERASE_BLOCK = 0x40000a08,
    UNLOCK = 0x40000a2c,
    OWN_ERASE_SECTOR = 0x400009a8,
    OWN_ERASE_BLOCK = 0x400009b4,
    OWN_WRITE = 0x400009c0,
    OWN_READ = 0x400009cc,
    OWN_UNLOCK = 0x400009d8,
    OWN_ERASE_AREA = 0x400009e4,
    OWN_WRITE_ENABLE = 0x400009f0,
    WRITE_ENABLE = 0x40000a44,
    CONFIG_READMODE = 0x40000aa4,
    WRITE_STATUS = 0x40000ac8,
    BLOCK_ERASE = 0x40000ca8,
    CHIP_ERASE = 0x40000cb4,
    PAGE_PROGRAM = 0x40000ccc,
    SECTOR_ERASE = 0x40000ce4,
    WAIT_IDLE = 0x40000d08
};

static uint32_t reg(uint32_t offset)
{
    return espy_rom_spi(1) + offset;
}

static void set_bits(const espy_rom_call *c, uint32_t offset, uint32_t bits)
{
    espy_rom_update32(c, reg(offset), bits, bits);
}

static void clear_bits(const espy_rom_call *c, uint32_t offset, uint32_t bits)
{
    espy_rom_update32(c, reg(offset), bits, 0);
}

static uint8_t dummy_cycles(const espy_rom_call *c)
{
    return espy_rom_read8(c, espy_rom_chip(c) + CHIP_DUMMY + 1);
}

static void start(const espy_rom_call *c, uint32_t command)
{
    espy_rom_write32(c, reg(SPI_CMD), command);
}

bool espy_rom_spi_done(espy_rom_call *c, uint32_t port, uint32_t step)
{
    if (espy_rom_read32(c, espy_rom_spi(port) + SPI_CMD) == 0)
        return true;
    uint32_t check = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_CHECK_SUS);
    if (check != 0)
        espy_rom_guest(c, step, check, 0, NULL);
    else
        espy_rom_wait(c, step, ESPY_ROM_FLASH_LOOK);
    return false;
}

static bool done(espy_rom_call *c, uint32_t step)
{
    return espy_rom_spi_done(c, 1, step);
}

/* ---- status ---- */

/* A command of one byte that is answered by one; the controller's settings survive it. */
static uint8_t user_command(const espy_rom_call *c, uint8_t command)
{
    static const uint8_t kept[] = {SPI_CTRL, SPI_USER, SPI_USER1, SPI_USER2};
    uint32_t values[sizeof kept];
    for (unsigned i = 0; i < sizeof kept; i++)
        values[i] = espy_rom_read32(c, reg(kept[i]));
    uint8_t dummy = dummy_cycles(c);
    espy_rom_write32(c, reg(SPI_CTRL), values[0] & 0x200000);
    espy_rom_write32(c, reg(SPI_MISO_DLEN), 7);
    espy_rom_write32(c, reg(SPI_USER), SPI_USER_COMMAND | SPI_USER_MISO | (dummy ? SPI_USER_DUMMY : 0));
    if (dummy)
        espy_rom_write32(c, reg(SPI_USER1), dummy - 1u);
    espy_rom_write32(c, reg(SPI_USER2), 0x70000000u | command);
    espy_rom_write32(c, reg(SPI_W0), 0);
    start(c, SPI_CMD_USR);
    uint8_t answer = (uint8_t)espy_rom_read32(c, reg(SPI_W0));
    for (unsigned i = 0; i < sizeof kept; i++)
        espy_rom_write32(c, reg(kept[i]), values[i]);
    return answer;
}

/* Reads the status register until the chip is not busy. */
static bool read_status(espy_rom_call *c, uint32_t chip, uint32_t step, uint32_t *status)
{
    if (dummy_cycles(c) != 0) {
        *status = user_command(c, READ_STATUS_1);
    } else {
        clear_bits(c, SPI_USER, SPI_USER_DUMMY);
        clear_bits(c, SPI_RD_STATUS, 0xffff);
        start(c, SPI_CMD_RDSR);
        *status = espy_rom_read32(c, reg(SPI_RD_STATUS)) & espy_rom_read32(c, chip + CHIP_STATUS_MASK);
    }
    if ((*status & STATUS_BUSY) == 0)
        return true;
    espy_rom_wait(c, step, ESPY_ROM_FLASH_LOOK);
    return false;
}

static bool idle(espy_rom_call *c, uint32_t chip, uint32_t step)
{
    uint32_t status;
    return read_status(c, chip, step, &status);
}

static void Wait_SPI_Idle(espy_rom_call *c)
{
    if (idle(c, espy_rom_arg(c, 0), 0))
        espy_rom_return(c, 0);
}

static void esp_rom_spiflash_read_status(espy_rom_call *c)
{
    uint32_t status;
    if (!read_status(c, espy_rom_arg(c, 0), 0, &status))
        return;
    espy_rom_write32(c, espy_rom_arg(c, 1), status);
    espy_rom_return(c, 0);
}

/* The second register, in bits 15 to 8. */
static void esp_rom_spiflash_read_statushigh(espy_rom_call *c)
{
    if (!idle(c, espy_rom_chip(c), 0))
        return;
    espy_rom_write32(c, espy_rom_arg(c, 1), (uint32_t)user_command(c, READ_STATUS_2) << 8);
    espy_rom_return(c, 0);
}

static void esp_rom_spiflash_read_user_cmd(espy_rom_call *c)
{
    espy_rom_write32(c, espy_rom_arg(c, 0), user_command(c, (uint8_t)espy_rom_arg(c, 1)));
    espy_rom_return(c, 0);
}

static void esp_rom_spiflash_write_status(espy_rom_call *c)
{
    uint32_t chip = espy_rom_arg(c, 0);
    switch (c->step) {
    case 0:
        if (!idle(c, chip, 0))
            return;
        espy_rom_update32(c, reg(SPI_RD_STATUS), 0xffff, espy_rom_arg(c, 1));
        start(c, SPI_CMD_WRSR);
        /* fall through */
    case 1:
        if (!done(c, 1))
            return;
        /* fall through */
    default:
        if (idle(c, chip, 2))
            espy_rom_return(c, 0);
    }
}

static void own_write_enable(espy_rom_call *c)
{
    uint32_t chip = espy_rom_arg(c, 0), status;
    switch (c->step) {
    case 0:
        if (!idle(c, chip, 0))
            return;
        /* fall through */
    case 1:
        start(c, SPI_CMD_WREN);
        /* fall through */
    case 2:
        if (!done(c, 2))
            return;
        /* fall through */
    default:
        if (!read_status(c, chip, 3, &status))
            return;
        if (status & STATUS_WEL)
            espy_rom_return(c, 0);
        else
            espy_rom_wait(c, 1, ESPY_ROM_FLASH_LOOK);
    }
}

static void esp_rom_spiflash_write_disable(espy_rom_call *c)
{
    start(c, SPI_CMD_WRDI);
    espy_rom_return(c, 0);
}

static void SPI_WakeUp(espy_rom_call *c)
{
    start(c, SPI_CMD_HPM);
}

/* ---- changes of the status registers ---- */

typedef enum change { ENABLE_QUAD, DISABLE_QUAD, UNPROTECT, PROTECT } change;

/* What is to be written, from the second register's bits and the first one's. */
static uint32_t changed(change what, uint32_t high, uint32_t low)
{
    switch (what) {
    case ENABLE_QUAD: return low | STATUS_QE;
    case DISABLE_QUAD: return low & 0xff;
    case UNPROTECT: return high & STATUS_QE;
    default: return high | STATUS_BP;
    }
}

static void change_status(espy_rom_call *c, uint32_t chip, change what)
{
    enum { HIGH = 4 };
    uint32_t high, low;
    switch (c->step) {
    case 0:
        if (!idle(c, chip, 0))
            return;
        high = (uint32_t)user_command(c, READ_STATUS_2) << 8;
        if ((what == ENABLE_QUAD && (high & STATUS_QE)) || (what == DISABLE_QUAD && !(high & STATUS_QE))) {
            espy_rom_return(c, 0);
            return;
        }
        espy_rom_set_local(c, HIGH, high);
        set_bits(c, SPI_CTRL, SPI_CTRL_WRSR_2B);
        espy_rom_guest(c, 1, WRITE_ENABLE, 1, &chip);
        return;
    case 1:
        if (espy_rom_result(c) != 0) {
            espy_rom_return(c, 1);
            return;
        }
        /* fall through */
    case 2:
        if (!read_status(c, chip, 2, &low))
            return;
        espy_rom_guest(c, 3, WRITE_STATUS, 2, (const uint32_t[]){chip, changed(what, espy_rom_local(c, HIGH), low)});
        return;
    default: espy_rom_return(c, espy_rom_result(c) != 0);
    }
}

static void Enable_QMode(espy_rom_call *c)
{
    change_status(c, espy_rom_arg(c, 0), ENABLE_QUAD);
}

static void Disable_QMode(espy_rom_call *c)
{
    change_status(c, espy_rom_arg(c, 0), DISABLE_QUAD);
}

static void own_unlock(espy_rom_call *c)
{
    change_status(c, espy_rom_chip(c), UNPROTECT);
}

static void SPILock(espy_rom_call *c)
{
    change_status(c, espy_rom_chip(c), PROTECT);
}

/* ---- erasing ---- */

/* Sends an erase, with an address or without. */
static void erase(espy_rom_call *c, uint32_t chip, uint32_t command, const uint32_t *addr)
{
    switch (c->step) {
    case 0:
        if (!idle(c, chip, 0))
            return;
        if (addr != NULL)
            espy_rom_write32(c, reg(SPI_ADDR), *addr);
        start(c, command);
        /* fall through */
    case 1:
        if (!done(c, 1))
            return;
        /* fall through */
    default:
        if (idle(c, chip, 2))
            espy_rom_return(c, 0);
    }
}

static void SPI_chip_erase(espy_rom_call *c)
{
    erase(c, espy_rom_arg(c, 0), SPI_CMD_CE, NULL);
}

static void SPI_block_erase(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 1);
    erase(c, espy_rom_arg(c, 0), SPI_CMD_BE | SPI_CMD_PE, &addr);
}

static void SPI_sector_erase(espy_rom_call *c)
{
    uint32_t chip = espy_rom_arg(c, 0), addr = espy_rom_arg(c, 1), sector = espy_rom_read32(c, chip + CHIP_SECTOR);
    if (c->step == 0 && (sector == 0 || addr % sector != 0))
        espy_rom_return(c, 1);
    else
        erase(c, chip, SPI_CMD_SE | SPI_CMD_PE, &addr);
}

/* Erases the unit of the size at chip_field with that number. */
static void erase_unit(espy_rom_call *c, unsigned bits_field, unsigned chip_field, uint32_t eraser)
{
    uint32_t chip = espy_rom_chip(c), unit = espy_rom_arg(c, 0), size = espy_rom_read32(c, chip + chip_field);
    switch (c->step) {
    case 0:
        clear_bits(c, SPI_USER, SPI_USER_DUMMY);
        espy_rom_spi_address_bits(c, 1, espy_rom_read8(c, espy_rom_flash_funcs(c) + bits_field));
        if (size == 0 || unit >= espy_rom_read32(c, chip + CHIP_SIZE) / size)
            espy_rom_return(c, 1);
        else
            espy_rom_guest(c, 1, WRITE_ENABLE, 1, &chip);
        return;
    case 1:
        if (espy_rom_result(c) != 0)
            espy_rom_return(c, 1);
        else
            espy_rom_guest(c, 2, eraser, 2, (const uint32_t[]){chip, unit * size});
        return;
    default: espy_rom_return(c, espy_rom_result(c) != 0);
    }
}

static void own_erase_sector(espy_rom_call *c)
{
    erase_unit(c, FUNCS_SE_BITS, CHIP_SECTOR, SECTOR_ERASE);
}

static void own_erase_block(espy_rom_call *c)
{
    erase_unit(c, FUNCS_BE_BITS, CHIP_BLOCK, BLOCK_ERASE);
}

static void esp_rom_spiflash_erase_chip(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c);
    if (c->step == 0)
        espy_rom_guest(c, 1, WRITE_ENABLE, 1, &chip);
    else if (c->step == 1 && espy_rom_result(c) == 0)
        espy_rom_guest(c, 2, CHIP_ERASE, 1, &chip);
    else
        espy_rom_return(c, espy_rom_result(c) != 0);
}

/* The rest of an area as erase_area() goes on: argument 0 is the next sector, argument 1
 * how many are left, argument 2 how many of them come before the first whole block. */
static void erase_next(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c), sector = espy_rom_read32(c, chip + CHIP_SECTOR);
    uint32_t per_block = sector == 0 ? 0 : espy_rom_read32(c, chip + CHIP_BLOCK) / sector;
    uint32_t next = espy_rom_arg(c, 0), left = espy_rom_arg(c, 1), head = espy_rom_arg(c, 2);
    if (left == 0) {
        espy_rom_return(c, 0);
        return;
    }
    bool block = head == 0 && left > per_block && per_block > 0;
    uint32_t count = block ? per_block : 1;
    espy_rom_set_arg(c, 0, next + count);
    espy_rom_set_arg(c, 1, left - count);
    espy_rom_set_arg(c, 2, head > 0 ? head - 1 : 0);
    uint32_t unit = block ? next / per_block : next;
    espy_rom_guest(c, 3, block ? ERASE_BLOCK : ERASE_SECTOR, 1, &unit);
}

/* Arguments: address and size, which is rounded up to sectors. */
static bool begin_area(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c), addr = espy_rom_arg(c, 0), size = espy_rom_arg(c, 1);
    uint32_t sector = espy_rom_read32(c, chip + CHIP_SECTOR), block = espy_rom_read32(c, chip + CHIP_BLOCK);
    if (sector == 0 || block < sector || addr + size > espy_rom_read32(c, chip + CHIP_SIZE) || addr % sector != 0)
        return false;
    uint32_t first = addr / sector, count = size / sector + (size % sector != 0), per_block = block / sector;
    uint32_t head = per_block - first % per_block;
    espy_rom_set_arg(c, 0, first);
    espy_rom_set_arg(c, 1, count);
    espy_rom_set_arg(c, 2, count < head ? count : head);
    return true;
}

static void own_erase_area(espy_rom_call *c)
{
    switch (c->step) {
    case 0: espy_rom_guest(c, 1, CONFIG_READMODE, 2, (const uint32_t[]){5, 1}); return;
    case 1:
        if (espy_rom_fuse_ecc(c))
            espy_rom_fault(c, "the eFuses ask for ECC in flash, which is not in the built-in ROM");
        else if (begin_area(c))
            espy_rom_guest(c, 2, UNLOCK, 0, NULL);
        else
            espy_rom_return(c, 1);
        return;
    default:
        if (espy_rom_result(c) != 0)
            espy_rom_return(c, 1);
        else
            erase_next(c);
    }
}

/* ---- writing ---- */

/* Sends one piece of a page: arguments 1 to 3 are address, source and what is left. */
static void program_piece(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 1), from = espy_rom_arg(c, 2), left = espy_rom_arg(c, 3);
    uint32_t piece = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_WRITE_SUB_LEN);
    bool last = left < piece;
    if (last)
        piece = left;
    espy_rom_write32(c, reg(SPI_ADDR), addr);
    espy_rom_update32(c, reg(SPI_MOSI_DLEN), 0x3ff, piece * 8 - 1);
    for (uint32_t i = 0; i < piece / 4; i++)
        espy_rom_write32(c, reg(SPI_W0) + 4 * i, espy_rom_read32(c, from + 4 * i));
    set_bits(c, SPI_USER, SPI_USER_COMMAND | SPI_USER_ADDR | SPI_USER_MOSI);
    clear_bits(c, SPI_USER, SPI_USER_DUMMY | SPI_USER_MISO);
    espy_rom_write32(c, reg(SPI_USER2), 0x70000002);
    start(c, SPI_CMD_USR | SPI_CMD_PE);
    espy_rom_set_arg(c, 1, last ? addr : addr + piece);
    espy_rom_set_arg(c, 2, from + piece);
    espy_rom_set_arg(c, 3, left - piece);
}

static bool fits_page(const espy_rom_call *c)
{
    uint32_t page = espy_rom_read32(c, espy_rom_arg(c, 0) + CHIP_PAGE), length = espy_rom_arg(c, 3);
    return length % 4 == 0 && page != 0 && espy_rom_arg(c, 1) % page + length <= page;
}

/* Arguments: chip, address, source, length. */
static void SPI_page_program(espy_rom_call *c)
{
    enum { BETWEEN, ENABLED, SENT, FIRST };
    uint32_t chip = espy_rom_arg(c, 0);
    switch (c->step) {
    case BETWEEN:
        if (!fits_page(c)) {
            espy_rom_return(c, 1);
            return;
        }
        break;
    case ENABLED:
        if (espy_rom_result(c) != 0) {
            espy_rom_return(c, 1);
            return;
        }
        program_piece(c);
        /* fall through */
    case SENT:
        if (!done(c, SENT))
            return;
        break;
    default: break;
    }
    if (!idle(c, chip, FIRST))
        return;
    if ((int32_t)espy_rom_arg(c, 3) > 0)
        espy_rom_guest(c, ENABLED, WRITE_ENABLE, 1, &chip);
    else
        espy_rom_return(c, 0);
}

/* Programs what comes next of a write, to the end of a page; the last piece may be empty. */
static void write_piece(espy_rom_call *c, uint32_t written)
{
    uint32_t chip = espy_rom_chip(c), page = espy_rom_read32(c, chip + CHIP_PAGE);
    uint32_t addr = espy_rom_arg(c, 0) + written, from = espy_rom_arg(c, 1) + (written & ~3u);
    uint32_t left = espy_rom_arg(c, 2) - written, room = page - addr % page;
    bool last = left < room;
    uint32_t piece = last ? left : room;
    espy_rom_set_local(c, WRITTEN, written + piece);
    espy_rom_guest(c, last ? 2 : 1, PAGE_PROGRAM, 4, (const uint32_t[]){chip, addr, from, piece});
}

/* Arguments: address, source, length. */
static void own_write(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c), page = espy_rom_read32(c, chip + CHIP_PAGE), length = espy_rom_arg(c, 2);
    if (c->step != 0 && espy_rom_result(c) != 0) {
        espy_rom_return(c, 1);
    } else if (c->step == 2) {
        espy_rom_write32(c, reg(SPI_CTRL), espy_rom_local(c, OLD_CTRL));
        espy_rom_return(c, 0);
    } else if (c->step == 1) {
        write_piece(c, espy_rom_local(c, WRITTEN));
    } else {
        clear_bits(c, SPI_USER, SPI_USER_DUMMY);
        espy_rom_spi_address_bits(c, 1, espy_rom_read8(c, espy_rom_flash_funcs(c) + FUNCS_PP_BITS));
        espy_rom_set_local(c, OLD_CTRL, espy_rom_read32(c, reg(SPI_CTRL)));
        clear_bits(c, SPI_CTRL, SPI_CTRL_QIO | SPI_CTRL_DIO | SPI_CTRL_QUAD | SPI_CTRL_DUAL);
        if (page == 0 || espy_rom_arg(c, 0) + length > espy_rom_read32(c, chip + CHIP_SIZE))
            espy_rom_return(c, 1);
        else if (length / page > PAGES_COUNTED)
            espy_rom_fault(c, "the firmware wrote %u bytes at once, of which the ROM would lose count",
                           (unsigned)length);
        else
            write_piece(c, 0);
    }
}

/* ---- reading ---- */

/* Arguments: chip, address, where to, length.  Whole words are stored. */
static void SPI_read_data(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 1), to = espy_rom_arg(c, 2), left = espy_rom_arg(c, 3);
    uint32_t most = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_READ_SUB_LEN);
    if (addr + left > espy_rom_read32(c, espy_rom_arg(c, 0) + CHIP_SIZE) || most == 0) {
        espy_rom_return(c, 1);
        return;
    }
    while ((int32_t)left > 0) {
        uint32_t piece = left < most ? left : most;
        espy_rom_write32(c, reg(SPI_MISO_DLEN), most * 8 - 1);
        espy_rom_write32(c, reg(SPI_ADDR), addr);
        start(c, SPI_CMD_USR);
        for (uint32_t i = 0; i < piece; i += 4)
            espy_rom_write32(c, to + i, espy_rom_read32(c, reg(SPI_W0) + i));
        addr += piece;
        to += piece;
        left -= piece;
    }
    espy_rom_return(c, 0);
}

/* ---- those that firmware may replace ---- */

/* Calls what is at that offset of rom_spiflash_legacy_funcs, else the ROM's own. */
static void replaceable(espy_rom_call *c, unsigned offset, uint32_t own)
{
    if (c->step != 0) {
        espy_rom_return(c, espy_rom_result(c));
        return;
    }
    uint32_t function = espy_rom_read32(c, espy_rom_flash_funcs(c) + offset);
    uint32_t args[] = {espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2)};
    espy_rom_guest(c, 1, function != 0 ? function : own, 3, args);
}

#define REPLACEABLE(name, offset, own)                                                                                 \
    static void name(espy_rom_call *c)                                                                                 \
    {                                                                                                                  \
        replaceable(c, offset, own);                                                                                   \
    }
REPLACEABLE(esp_rom_spiflash_unlock, FUNCS_UNLOCK, OWN_UNLOCK)
REPLACEABLE(esp_rom_spiflash_erase_sector, FUNCS_ERASE_SECTOR, OWN_ERASE_SECTOR)
REPLACEABLE(esp_rom_spiflash_erase_block, FUNCS_ERASE_BLOCK, OWN_ERASE_BLOCK)
REPLACEABLE(esp_rom_spiflash_read, FUNCS_READ, OWN_READ)
REPLACEABLE(esp_rom_spiflash_write, FUNCS_WRITE, OWN_WRITE)
REPLACEABLE(SPI_write_enable, FUNCS_WREN, OWN_WRITE_ENABLE)
REPLACEABLE(SPIEraseArea, FUNCS_ERASE_AREA, OWN_ERASE_AREA)
#undef REPLACEABLE

/* Its own takes the chip. */
static void esp_rom_spiflash_wait_idle(espy_rom_call *c)
{
    if (c->step == 0)
        espy_rom_set_arg(c, 0, espy_rom_chip(c));
    replaceable(c, FUNCS_WAIT_IDLE, WAIT_IDLE);
}

#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS                                                                     \
    }
#define OWN(name, function)                                                                                            \
    {                                                                                                                  \
#name, .run = function, .kind = ESPY_ROM_STEPS                                                                 \
    }
#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }

const espy_rom_function espy_rom_flash_functions[] = {
    STEPS(Wait_SPI_Idle),
    STEPS(esp_rom_spiflash_wait_idle),
    STEPS(esp_rom_spiflash_read_status),
    STEPS(esp_rom_spiflash_read_statushigh),
    ROW(esp_rom_spiflash_read_user_cmd),
    STEPS(esp_rom_spiflash_write_status),
    OWN(_SPI_write_enable, own_write_enable),
    STEPS(SPI_write_enable),
    ROW(esp_rom_spiflash_write_disable),
    ROW(SPI_WakeUp),
    STEPS(Enable_QMode),
    STEPS(Disable_QMode),
    OWN(_esp_rom_spiflash_unlock, own_unlock),
    STEPS(esp_rom_spiflash_unlock),
    STEPS(SPILock),
    STEPS(SPI_chip_erase),
    STEPS(SPI_block_erase),
    STEPS(SPI_sector_erase),
    STEPS(esp_rom_spiflash_erase_chip),
    OWN(_esp_rom_spiflash_erase_sector, own_erase_sector),
    STEPS(esp_rom_spiflash_erase_sector),
    OWN(_esp_rom_spiflash_erase_block, own_erase_block),
    STEPS(esp_rom_spiflash_erase_block),
    OWN(_SPIEraseArea, own_erase_area),
    STEPS(SPIEraseArea),
    STEPS(SPI_page_program),
    OWN(_esp_rom_spiflash_write, own_write),
    STEPS(esp_rom_spiflash_write),
    ROW(SPI_read_data),
    STEPS(esp_rom_spiflash_read),
    {0},
};
