/* SPDX-License-Identifier: MIT
 *
 * What the flash drivers of the built-in ROM share: the registers of the two SPI memory
 * controllers, the variables that the drivers keep, and waiting for the chip.
 *
 * A wait looks at the chip every few microseconds.  The functions that take a step return
 * false if they have to wait, or to call the firmware: their caller must then return at
 * once, and is called again at that step.
 *
 * Sources: ESP-IDF v5.0.4, spi_mem_reg.h, rom/spi_flash.h, rom/opi_flash.h.
 */
#ifndef ESPY_EMU_ROM_FLASH_H
#define ESPY_EMU_ROM_FLASH_H

#include "native.h"

/* SPI_MEM_*: offsets from espy_rom_spi(). */
enum {
    SPI_CMD = 0x00,
    SPI_ADDR = 0x04,
    SPI_CTRL = 0x08,
    SPI_CTRL2 = 0x10,
    SPI_CLOCK = 0x14,
    SPI_USER = 0x18,
    SPI_USER1 = 0x1c,
    SPI_USER2 = 0x20,
    SPI_MOSI_DLEN = 0x24,
    SPI_MISO_DLEN = 0x28,
    SPI_RD_STATUS = 0x2c,
    SPI_MISC = 0x34,
    SPI_CACHE_FCTRL = 0x3c,
    SPI_W0 = 0x58,
    SPI_FLASH_WAITI_CTRL = 0x98,
    SPI_FLASH_SUS_CMD = 0x9c,
    SPI_FLASH_SUS_CTRL = 0xa0,
    SPI_SUS_STATUS = 0xa4,
    SPI_SMEM_AC = 0xdc,
    SPI_DDR = 0xe0
};

/* Bits of them */
#define SPI_CMD_PE 0x00020000u /* a program or an erase: the controller may wait for its end */
#define SPI_CMD_USR 0x00040000u
#define SPI_CMD_SE 0x01000000u
#define SPI_CMD_BE 0x00800000u
#define SPI_CMD_CE 0x00400000u
#define SPI_CMD_HPM 0x00100000u
#define SPI_CMD_WRSR 0x04000000u
#define SPI_CMD_RDSR 0x08000000u
#define SPI_CMD_RDID 0x10000000u
#define SPI_CMD_WRDI 0x20000000u
#define SPI_CMD_WREN 0x40000000u
#define SPI_USER_COMMAND 0x80000000u
#define SPI_USER_ADDR 0x40000000u
#define SPI_USER_DUMMY 0x20000000u
#define SPI_USER_MISO 0x10000000u
#define SPI_USER_MOSI 0x08000000u
#define SPI_CTRL_FASTRD 0x00002000u
#define SPI_CTRL_DUAL 0x00004000u
#define SPI_CTRL_QUAD 0x00100000u
#define SPI_CTRL_WRSR_2B 0x00400000u
#define SPI_CTRL_DIO 0x00800000u
#define SPI_CTRL_QIO 0x01000000u
#define SPI_CTRL_MODES 0x019063f0u /* all of the above and the octal ones */
#define SPI_DDR_ENABLE 0x1u

/* Variables of the ROM */
enum {
    ESPY_ROM_LEGACY_DATA = 0x3fceffe4,   /* rom_spiflash_legacy_data: the chip */
    ESPY_ROM_LEGACY_FUNCS = 0x3fceffe8,  /* rom_spiflash_legacy_funcs: spiflash_legacy_funcs_t */
    ESPY_ROM_USER_COMMANDS = 0x3fcefff0, /* rom_spi_usr_cmd_legacy_funcs */
    ESPY_ROM_OPI_COMMANDS = 0x3fcefff4,  /* rom_opiflash_cmd_def */
    ESPY_ROM_OPI_UNLOCK = 0x3fcef73c,
    ESPY_ROM_OPI_LOCK = 0x3fcef740,

    /* esp_rom_spiflash_chip_t, and what the ROM keeps behind it */
    CHIP_ID = 0,
    CHIP_SIZE = 4,
    CHIP_BLOCK = 8,
    CHIP_SECTOR = 12,
    CHIP_PAGE = 16,
    CHIP_STATUS_MASK = 20,
    CHIP_DUMMY = 24, /* surplus cycles of SPI0 and of SPI1 */
    CHIP_OTHER_PADS = 27,

    /* spiflash_legacy_funcs_t */
    FUNCS_PP_BITS = 0,
    FUNCS_SE_BITS = 1,
    FUNCS_BE_BITS = 2,
    FUNCS_RD_BITS = 3,
    FUNCS_READ_SUB_LEN = 4,
    FUNCS_WRITE_SUB_LEN = 8,
    FUNCS_UNLOCK = 12,
    FUNCS_ERASE_SECTOR = 16,
    FUNCS_ERASE_BLOCK = 20,
    FUNCS_READ = 24,
    FUNCS_WRITE = 28,
    FUNCS_ENCRYPT_WRITE = 32,
    FUNCS_CHECK_SUS = 36,
    FUNCS_WREN = 40,
    FUNCS_WAIT_IDLE = 44,
    FUNCS_ERASE_AREA = 48,

    /* Offset of the cache's read command in rom_opiflash_cmd_def */
    OPI_CACHE_READ = 84
};

/* How long to wait before looking at a chip again. */
#define ESPY_ROM_FLASH_LOOK (5 * ESPY_TICKS_PER_US)

/* A controller's registers: 0 for the cache's, 1 for software's. */
static inline uint32_t espy_rom_spi(uint32_t port)
{
    return (0x60003 - port) << 12;
}

static inline uint32_t espy_rom_chip(const espy_rom_call *c)
{
    return espy_rom_read32(c, ESPY_ROM_LEGACY_DATA);
}

static inline uint32_t espy_rom_flash_funcs(const espy_rom_call *c)
{
    return espy_rom_read32(c, ESPY_ROM_LEGACY_FUNCS);
}

/* A frame's argument registers are its own variables; see espy_rom_arg(). */
static inline void espy_rom_set_arg(espy_rom_call *c, unsigned n, uint32_t value)
{
    espy_cpu_set_a(c->cpu, 2 + n, value);
}

/* spiflash.c */
/* Whether a controller has finished a transfer; calls check_sus meanwhile, if there is one. */
bool espy_rom_spi_done(espy_rom_call *c, uint32_t port, uint32_t step);

/* spiflash_init.c */
void espy_rom_spi_address_bits(const espy_rom_call *c, uint32_t port, uint32_t bits);

/* opiflash.c */
void espy_rom_opi_pads(const espy_rom_call *c);

/* spi_command.c */
/* Sets SPI0 to a mode and a read command (esp_rom_opiflash_spi0rd_t, or 0 for none). */
void espy_rom_opi_cache_mode(espy_rom_call *c, uint32_t mode, uint32_t read);

#endif
