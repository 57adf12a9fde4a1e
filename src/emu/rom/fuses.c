/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: what it reads from the eFuses, and programs there.
 *
 * Sources: ESP-IDF v5.0.4, rom/efuse.h, efuse_reg.h; the real ROM.  Left out: keys
 * (ets_efuse_write_key), Reed-Solomon symbols, JTAG's temporary enabling.
 */
#include "fuses.h"

#include "../core/regfile.h"

enum {
    EFUSE = 0x60007000,
    PGM_DATA0 = EFUSE,
    PGM_REGS = 11,
    RD_WR_DIS = EFUSE + 0x2c,
    RD_REPEAT_DATA0 = EFUSE + 0x30,
    RD_REPEAT_DATA1 = EFUSE + 0x34,
    RD_REPEAT_DATA2 = EFUSE + 0x38,
    RD_REPEAT_DATA3 = EFUSE + 0x3c,
    RD_MAC_SPI_SYS_0 = EFUSE + 0x44,
    RD_MAC_SPI_SYS_1 = EFUSE + 0x48,
    RD_MAC_SPI_SYS_2 = EFUSE + 0x4c,
    RD_MAC_SPI_SYS_3 = EFUSE + 0x50,
    CONF = EFUSE + 0x1cc,
    CMD = EFUSE + 0x1d4,
    WR_TIM_CONF2 = EFUSE + 0x1f8,
    CONF_READ = 0x5aa5,
    CONF_PROGRAM = 0x5a5a,
    CMD_READ = 1,
    CMD_PROGRAM = 2,
    BLOCKS = 11,
    KEY0 = 4, /* blocks that hold keys: 4 to 9; 10 may hold one, but has no purpose */
    KEY5 = 9,
    NO_PURPOSE = 12
};

static uint32_t fuse(const espy_rom_call *c, uint32_t reg, unsigned hi, unsigned lo)
{
    return espy_bits(espy_rom_read32(c, reg), hi, lo);
}

static bool odd(uint32_t bits)
{
    return (bits ^ bits >> 1 ^ bits >> 2) & 1; /* of three */
}

/* ---- functions that return a field ---- */

#define FIELDS(X)                                                                                                      \
    X(ets_efuse_usb_module_disabled, RD_REPEAT_DATA0, 13, 13)                                                          \
    X(ets_efuse_usb_device_disabled, RD_REPEAT_DATA2, 23, 23)                                                          \
    X(ets_efuse_secure_boot_enabled, RD_REPEAT_DATA2, 20, 20)                                                          \
    X(ets_efuse_secure_boot_aggressive_revoke_enabled, RD_REPEAT_DATA2, 21, 21)                                        \
    X(ets_efuse_download_modes_disabled, RD_REPEAT_DATA3, 0, 0)                                                        \
    X(ets_efuse_get_uart_print_control, RD_REPEAT_DATA3, 7, 6)                                                         \
    X(ets_efuse_flash_opi_5pads_power_sel_vddspi, RD_REPEAT_DATA3, 8, 8)                                               \
    X(ets_efuse_flash_octal_mode, RD_REPEAT_DATA3, 9, 9)                                                               \
    X(ets_efuse_ecc_flash_page_size, RD_REPEAT_DATA3, 11, 10)                                                          \
    X(ets_efuse_ecc_en, RD_REPEAT_DATA3, 12, 12)                                                                       \
    X(ets_efuse_ecc_16to17_mode, RD_REPEAT_DATA3, 3, 3)                                                                \
    X(ets_efuse_force_send_resume, RD_REPEAT_DATA3, 13, 13)

#define DEFINE(name, reg, hi, lo)                                                                                      \
    static void name(espy_rom_call *c)                                                                                 \
    {                                                                                                                  \
        espy_rom_return(c, fuse(c, reg, hi, lo));                                                                      \
    }
FIELDS(DEFINE)
#undef DEFINE

bool espy_rom_fuse_octal(const espy_rom_call *c)
{
    return fuse(c, RD_REPEAT_DATA3, 9, 9);
}

bool espy_rom_fuse_ecc(const espy_rom_call *c)
{
    return fuse(c, RD_REPEAT_DATA3, 12, 12);
}

bool espy_rom_fuse_5pads_vddspi(const espy_rom_call *c)
{
    return fuse(c, RD_REPEAT_DATA3, 8, 8);
}

/* ---- pads of the flash ---- */

/* 36 bits, of which none or all set means that there is no such configuration. */
static uint64_t spi_pads(const espy_rom_call *c)
{
    uint64_t pads = fuse(c, RD_MAC_SPI_SYS_1, 31, 16) | (uint64_t)fuse(c, RD_MAC_SPI_SYS_2, 19, 0) << 16;
    return pads == 0xfffffffff ? 0 : pads;
}

uint32_t espy_rom_fuse_spi_pads(const espy_rom_call *c)
{
    return spi_pads(c) & 0x3fffffff;
}

uint32_t espy_rom_fuse_wp_pad(const espy_rom_call *c)
{
    uint64_t pads = spi_pads(c);
    return pads == 0 ? 0x3f : (uint32_t)(pads >> 30);
}

uint32_t espy_rom_fuse_opi_pads(const espy_rom_call *c)
{
    uint32_t pads = fuse(c, RD_MAC_SPI_SYS_2, 31, 20) | fuse(c, RD_MAC_SPI_SYS_3, 17, 0) << 12;
    return pads == 0x3fffffff ? 0 : pads;
}

static void ets_efuse_get_spiconfig(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_fuse_spi_pads(c));
}

static void ets_efuse_get_wp_pad(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_fuse_wp_pad(c));
}

/* ---- modes ---- */

static bool download_disabled(const espy_rom_call *c)
{
    return fuse(c, RD_REPEAT_DATA3, 0, 0);
}

static bool secure_download(const espy_rom_call *c)
{
    return fuse(c, RD_REPEAT_DATA3, 5, 5) && !download_disabled(c);
}

static bool encrypted(const espy_rom_call *c)
{
    return odd(fuse(c, RD_REPEAT_DATA1, 20, 18));
}

static void ets_efuse_cache_encryption_enabled(espy_rom_call *c)
{
    espy_rom_return(c, encrypted(c));
}

static void ets_efuse_security_download_modes_enabled(espy_rom_call *c)
{
    espy_rom_return(c, secure_download(c));
}

static void ets_efuse_legacy_spi_boot_mode_disabled(espy_rom_call *c)
{
    bool disabled = fuse(c, RD_REPEAT_DATA3, 1, 1) || fuse(c, RD_REPEAT_DATA2, 20, 20) || encrypted(c);
    espy_rom_return(c, disabled);
}

static void ets_efuse_jtag_disabled(espy_rom_call *c)
{
    bool hard = fuse(c, RD_REPEAT_DATA0, 19, 19) && fuse(c, RD_REPEAT_DATA2, 22, 22);
    espy_rom_return(c, hard || odd(fuse(c, RD_REPEAT_DATA0, 18, 16)));
}

/* Without either USB the fuse is not asked. */
static void ets_efuse_usb_print_is_disabled(espy_rom_call *c)
{
    bool device = !fuse(c, RD_REPEAT_DATA2, 23, 23), module = !fuse(c, RD_REPEAT_DATA0, 13, 13);
    espy_rom_return(c, device || module ? fuse(c, RD_REPEAT_DATA3, 2, 2) : 0);
}

/* Argument 0: 3 is USB-OTG, 4 USB Serial/JTAG. */
static void ets_efuse_usb_download_mode_disabled(espy_rom_call *c)
{
    bool disabled = true;
    if (espy_rom_arg(c, 0) == 4)
        disabled = fuse(c, RD_REPEAT_DATA2, 23, 23) || fuse(c, RD_REPEAT_DATA3, 4, 4);
    else if (espy_rom_arg(c, 0) == 3)
        disabled = fuse(c, RD_REPEAT_DATA0, 13, 13) || fuse(c, RD_REPEAT_DATA3, 31, 31) || secure_download(c);
    espy_rom_return(c, disabled || download_disabled(c));
}

static void returns_0(espy_rom_call *c)
{
    espy_rom_return(c, 0);
}

/* ---- numbers ---- */

static void ets_efuse_get_flash_delay_us(espy_rom_call *c)
{
    uint32_t tpuw = fuse(c, RD_REPEAT_DATA2, 31, 28);
    espy_rom_return(c, (tpuw == 15 ? 30 : tpuw) * 1000);
}

static void ets_efuse_get_mac(espy_rom_call *c)
{
    uint32_t low = espy_rom_read32(c, RD_MAC_SPI_SYS_0), high = espy_rom_read32(c, RD_MAC_SPI_SYS_1);
    uint8_t mac[6] = {(uint8_t)(high >> 8), (uint8_t)high,       (uint8_t)(low >> 24),
                      (uint8_t)(low >> 16), (uint8_t)(low >> 8), (uint8_t)low};
    espy_rom_write(c, espy_rom_arg(c, 0), mac, sizeof mac);
}

/* ---- blocks ---- */

static uint32_t block_address(uint32_t block)
{
    static const uint16_t offsets[] = {0x30, 0x44, 0x5c, 0x7c, 0x9c, 0xbc, 0xdc, 0xfc, 0x11c, 0x13c};
    return block < sizeof offsets / sizeof offsets[0] ? EFUSE + (uint32_t)offsets[block] : 0;
}

static uint32_t key_purpose(const espy_rom_call *c, uint32_t block)
{
    if (block < KEY0 || block > KEY5)
        return NO_PURPOSE;
    unsigned lo = 24 + 4 * (block - KEY0); /* in the two registers together */
    return fuse(c, lo < 32 ? RD_REPEAT_DATA1 : RD_REPEAT_DATA2, lo % 32 + 3, lo % 32);
}

static bool key_unused(const espy_rom_call *c, uint32_t block)
{
    if (block < KEY0 || block > KEY5 || key_purpose(c, block) != 0)
        return false;
    unsigned key = block - KEY0;
    if (fuse(c, RD_REPEAT_DATA0, key, key) || fuse(c, RD_WR_DIS, key + 8, key + 8) ||
        fuse(c, RD_WR_DIS, key + 23, key + 23))
        return false;
    for (uint32_t word = 0; word < 32; word += 4)
        if (espy_rom_read32(c, block_address(block) + word) != 0)
            return false;
    return true;
}

static void ets_efuse_get_read_register_address(espy_rom_call *c)
{
    espy_rom_return(c, block_address(espy_rom_arg(c, 0)));
}

static void ets_efuse_get_key_purpose(espy_rom_call *c)
{
    espy_rom_return(c, key_purpose(c, espy_rom_arg(c, 0)));
}

static void ets_efuse_key_block_unused(espy_rom_call *c)
{
    espy_rom_return(c, key_unused(c, espy_rom_arg(c, 0)));
}

static void ets_efuse_find_unused_key_block(espy_rom_call *c)
{
    uint32_t block = KEY0;
    while (block < BLOCKS && !key_unused(c, block))
        block++;
    espy_rom_return(c, block);
}

static void ets_efuse_count_unused_key_blocks(espy_rom_call *c)
{
    uint32_t count = 0;
    for (uint32_t block = KEY0; block < BLOCKS; block++)
        count += key_unused(c, block);
    espy_rom_return(c, count);
}

static void ets_efuse_find_purpose(espy_rom_call *c)
{
    uint32_t found = espy_rom_arg(c, 1);
    for (uint32_t block = KEY0; block < BLOCKS; block++) {
        if (key_purpose(c, block) != espy_rom_arg(c, 0))
            continue;
        if (found != 0)
            espy_rom_write32(c, found, block);
        espy_rom_return(c, 1);
        return;
    }
    espy_rom_return(c, 0);
}

/* ---- programming ---- */

static void set_timing(const espy_rom_call *c)
{
    espy_rom_update32(c, WR_TIM_CONF2, 0xffff, 0x40);
}

static void reload(const espy_rom_call *c)
{
    set_timing(c);
    espy_rom_write32(c, CONF, CONF_READ);
    espy_rom_write32(c, CMD, CMD_READ);
}

static void ets_efuse_set_timing(espy_rom_call *c)
{
    set_timing(c);
    espy_rom_return(c, 0);
}

static void ets_efuse_read(espy_rom_call *c)
{
    reload(c);
    espy_rom_return(c, 0);
}

static void clear_program_registers(const espy_rom_call *c)
{
    for (uint32_t i = 0; i < PGM_REGS; i++)
        espy_rom_write32(c, PGM_DATA0 + 4 * i, 0);
}

static void ets_efuse_clear_program_registers(espy_rom_call *c)
{
    clear_program_registers(c);
}

static void ets_efuse_program(espy_rom_call *c)
{
    uint32_t block = espy_rom_arg(c, 0);
    if (block >= BLOCKS) {
        espy_rom_return(c, 1);
        return;
    }
    set_timing(c);
    espy_rom_write32(c, CONF, CONF_PROGRAM);
    espy_rom_write32(c, CMD, block << 2 | CMD_PROGRAM);
    clear_program_registers(c);
    reload(c);
    espy_rom_return(c, 0);
}

const espy_rom_function espy_rom_fuse_functions[] = {
#define ROW(name, reg, hi, lo) {#name, .run = name},
    FIELDS(ROW)
#undef ROW
        {"ets_efuse_get_spiconfig", .run = ets_efuse_get_spiconfig},
    {"ets_efuse_get_wp_pad", .run = ets_efuse_get_wp_pad},
    {"ets_efuse_cache_encryption_enabled", .run = ets_efuse_cache_encryption_enabled},
    {"ets_efuse_security_download_modes_enabled", .run = ets_efuse_security_download_modes_enabled},
    {"ets_efuse_legacy_spi_boot_mode_disabled", .run = ets_efuse_legacy_spi_boot_mode_disabled},
    {"ets_efuse_jtag_disabled", .run = ets_efuse_jtag_disabled},
    {"ets_efuse_usb_print_is_disabled", .run = ets_efuse_usb_print_is_disabled},
    {"ets_efuse_usb_download_mode_disabled", .run = ets_efuse_usb_download_mode_disabled},
    {"ets_efuse_get_uart_print_channel", .run = returns_0},
    {"ets_efuse_get_flash_delay_us", .run = ets_efuse_get_flash_delay_us},
    {"ets_efuse_get_mac", .run = ets_efuse_get_mac},
    {"ets_efuse_get_read_register_address", .run = ets_efuse_get_read_register_address},
    {"ets_efuse_get_key_purpose", .run = ets_efuse_get_key_purpose},
    {"ets_efuse_key_block_unused", .run = ets_efuse_key_block_unused},
    {"ets_efuse_find_unused_key_block", .run = ets_efuse_find_unused_key_block},
    {"ets_efuse_count_unused_key_blocks", .run = ets_efuse_count_unused_key_blocks},
    {"ets_efuse_find_purpose", .run = ets_efuse_find_purpose},
    {"ets_efuse_set_timing", .run = ets_efuse_set_timing},
    {"ets_efuse_read", .run = ets_efuse_read},
    {"ets_efuse_clear_program_registers", .run = ets_efuse_clear_program_registers},
    {"ets_efuse_program", .run = ets_efuse_program},
    {0},
};
