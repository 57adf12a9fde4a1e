/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the legacy flash driver's setting up: pads, clocks, read modes of the
 * cache's controller and of software's, and reading.
 *
 * Sources: ESP-IDF v5.0.4, rom/spi_flash.h, spi_mem_reg.h; the real ROM for the order of
 * its writes.  Left out: ECC in flash.
 */
#include "bits.h"
#include "flash.h"
#include "fuses.h"
#include "pins.h"

#include <stdio.h>
#include <string.h>

enum {
    PERIP_CLK_EN0 = 0x600c0018,
    PERIP_RST_EN0 = 0x600c0020,
    PERIP_SPI01 = 2,
    PAD_POWER_CTRL = 0x60009000, /* whether D4 to D7 and DQS have the voltage of the flash */
    PAD_POWER_5PADS = 1 << 15,
    MODES = 6, /* QIO, QOUT, DIO, DOUT, fast, slow; beyond are the octal ones */

    /* Signals of the matrix, and the pads that have them without it */
    SIGNAL_Q = 0,
    SIGNAL_D = 1,
    SIGNAL_HD = 2,
    SIGNAL_WP = 3,
    SIGNAL_CLK = 4,
    SIGNAL_CS = 5,
    PAD_HD = 27,
    PAD_WP = 28,
    PAD_CS = 29,
    PAD_CLK = 30,
    PAD_Q = 31,
    PAD_D = 32,
    LAST_USABLE = 46,

    ETS_PRINTF = 0x400005d0, /* functions of the ROM */
    READ_DATA = 0x40000cd8,
    ENABLE_QMODE = 0x40000d2c,
    DISABLE_QMODE = 0x40000d20,
    WAIT_IDLE = 0x40000d08,
    CONFIG_READMODE = 0x40000aa4,
    OPI_MODE_RESET = 0x400008ac,
    SPI_WAKEUP = 0x40000c9c
};

/* Bits of SPI_MEM_CTRL for each mode. */
static const uint32_t mode_bits[MODES] = {
    SPI_CTRL_QIO | SPI_CTRL_FASTRD,
    SPI_CTRL_QUAD | SPI_CTRL_FASTRD,
    SPI_CTRL_DIO | SPI_CTRL_FASTRD,
    SPI_CTRL_DUAL | SPI_CTRL_FASTRD,
    SPI_CTRL_FASTRD,
    0,
};

static uint32_t reg(uint32_t port, uint32_t offset)
{
    return espy_rom_spi(port) + offset;
}

/* ---- read commands ---- */

/* A read command, and the cycles between its address and its data. */
typedef struct read_shape {
    uint8_t command, dummy;
} read_shape;

static read_shape shape_of(uint32_t ctrl)
{
    if ((ctrl & (SPI_CTRL_QIO | SPI_CTRL_FASTRD)) == (SPI_CTRL_QIO | SPI_CTRL_FASTRD))
        return (read_shape){0xeb, 6};
    if (!(ctrl & SPI_CTRL_FASTRD))
        return (read_shape){0x03, 0};
    if (ctrl & SPI_CTRL_DIO)
        return (read_shape){0xbb, 4};
    return (read_shape){ctrl & SPI_CTRL_QUAD ? 0x6b : ctrl & SPI_CTRL_DUAL ? 0x3b : 0x0b, 8};
}

/* The phases of a read; the chip's surplus cycles come on top. */
static void set_phases(const espy_rom_call *c, uint32_t port, read_shape shape)
{
    uint32_t dummy = shape.dummy + (uint32_t)espy_rom_read8(c, espy_rom_chip(c) + CHIP_DUMMY + port);
    espy_rom_clear_bits(c, reg(port, SPI_USER), SPI_USER_MOSI);
    espy_rom_update32(c, reg(port, SPI_USER), SPI_USER_DUMMY, dummy > 0 ? SPI_USER_DUMMY : 0);
    if (dummy > 0)
        espy_rom_update32(c, reg(port, SPI_USER1), 0x3f, dummy - 1);
    espy_rom_set_bits(c, reg(port, SPI_USER), SPI_USER_ADDR | SPI_USER_MISO);
}

/* For the cache: 24 bits of address. */
static void set_cache_read(const espy_rom_call *c, uint32_t ctrl)
{
    read_shape shape = shape_of(ctrl);
    set_phases(c, 0, shape);
    espy_rom_update32(c, reg(0, SPI_USER1), 0xfc000000, 23u << 26);
    espy_rom_update32(c, reg(0, SPI_USER2), 0xffff, shape.command);
}

static void spi_cache_mode_switch(espy_rom_call *c)
{
    set_cache_read(c, espy_rom_arg(c, 0));
}

void espy_rom_spi_address_bits(const espy_rom_call *c, uint32_t port, uint32_t bits)
{
    espy_rom_update32(c, reg(port, SPI_CACHE_FCTRL), 2, bits == 32 ? 2 : 0);
    espy_rom_update32(c, reg(port, SPI_USER), SPI_USER_ADDR, (int32_t)bits >= 1 ? SPI_USER_ADDR : 0);
    espy_rom_update32(c, reg(port, SPI_USER1), 0xfc000000, (bits - 1) << 26);
}

static void esp_rom_spi_set_address_bit_len(espy_rom_call *c)
{
    espy_rom_spi_address_bits(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void set_software_read(const espy_rom_call *c)
{
    read_shape shape = shape_of(espy_rom_read32(c, reg(1, SPI_CTRL)));
    set_phases(c, 1, shape);
    if (shape.command == 0xbb)
        espy_rom_update32(c, reg(1, SPI_USER2), 0xffff, shape.command);
    else
        espy_rom_write32(c, reg(1, SPI_USER2), 0x70000000u | shape.command);
    espy_rom_spi_address_bits(c, 1, espy_rom_read8(c, espy_rom_flash_funcs(c) + FUNCS_RD_BITS));
}

/* Arguments: address, where to, length. */
static void own_read(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c);
    switch (c->step) {
    case 0: espy_rom_guest(c, 1, WAIT_IDLE, 1, &chip); return;
    case 1:
        set_software_read(c);
        espy_rom_guest(c, 2, READ_DATA, 4,
                       (const uint32_t[]){chip, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2)});
        return;
    default: espy_rom_return(c, espy_rom_result(c) != 0);
    }
}

/* ---- read modes ---- */

static void add_mode_bits(const espy_rom_call *c, uint32_t mode)
{
    espy_rom_set_bits(c, reg(1, SPI_CTRL), mode_bits[mode]);
    espy_rom_set_bits(c, reg(0, SPI_CTRL), mode_bits[mode]);
    set_cache_read(c, mode_bits[mode]);
}

/* An octal mode, for which there must be a table of commands. */
static void set_octal_mode(espy_rom_call *c, uint32_t mode)
{
    uint32_t commands = espy_rom_read32(c, ESPY_ROM_OPI_COMMANDS);
    if (commands != 0)
        espy_rom_opi_cache_mode(c, mode, commands + OPI_CACHE_READ);
}

static void set_mode(espy_rom_call *c, uint32_t mode)
{
    if (mode < MODES)
        add_mode_bits(c, mode);
    else
        set_octal_mode(c, mode);
    espy_rom_return(c, 0);
}

/* Arguments: mode, whether to take the chip's quad enable bit away where it is not needed. */
static void esp_rom_spiflash_config_readmode(espy_rom_call *c)
{
    uint32_t mode = espy_rom_arg(c, 0), chip = espy_rom_chip(c);
    if (c->step == 1) {
        set_mode(c, mode);
        return;
    }
    for (uint32_t port = 0; port < 2; port++) {
        espy_rom_write32(c, reg(port, SPI_DDR), 0);
        espy_rom_clear_bits(c, reg(port, SPI_CTRL), SPI_CTRL_MODES);
    }
    if (mode < 2)
        espy_rom_guest(c, 1, ENABLE_QMODE, 1, &chip);
    else if (mode < MODES && (espy_rom_arg(c, 1) & 0xff))
        espy_rom_guest(c, 1, DISABLE_QMODE, 1, &chip);
    else
        set_mode(c, mode);
}

static void SPIMasterReadModeCnfig(espy_rom_call *c)
{
    uint32_t mode = espy_rom_arg(c, 0), chip = espy_rom_chip(c);
    if (c->step == 0) {
        espy_rom_guest(c, 1, WAIT_IDLE, 1, &chip);
        return;
    }
    for (uint32_t port = 0; port < 2; port++)
        espy_rom_clear_bits(c, reg(port, SPI_CTRL), 0x01906180);
    set_mode(c, mode);
}

/* ---- the controllers ---- */

/* The controllers' clock, from 80 MHz. */
static uint32_t clock_divided_by(uint32_t divisor)
{
    return divisor < 2 ? 0x80000000u : (divisor - 1) << 16 | (divisor / 2 - 1) << 8 | (divisor - 1);
}

static void esp_rom_spiflash_config_clk(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c);
    if (c->step == 0) {
        espy_rom_guest(c, 1, WAIT_IDLE, 1, &chip);
        return;
    }
    espy_rom_write32(c, reg(espy_rom_arg(c, 1) & 0xff, SPI_CLOCK), clock_divided_by(espy_rom_arg(c, 0) & 0xff));
    espy_rom_return(c, 0);
}

/* Setup and hold of CS: one cycle and two. */
static void set_cs_timing(const espy_rom_call *c)
{
    for (uint32_t port = 0; port < 2; port++) {
        espy_rom_set_bits(c, reg(port, SPI_USER), 0xc0);
        espy_rom_update32(c, reg(port, SPI_CTRL2), 0x3ff, 0x41);
    }
    espy_rom_update32(c, reg(0, SPI_SMEM_AC), 0xfff, 0x107);
}

static void spi_common_set_flash_cs_timing(espy_rom_call *c)
{
    set_cs_timing(c);
}

/* While dummy cycles pass, D and Q are driven. */
static void drive_dummy(const espy_rom_call *c, uint32_t mode)
{
    if ((mode & ~2u) != 0)
        return;
    for (uint32_t port = 0; port < 2; port++)
        espy_rom_set_bits(c, reg(port, SPI_CTRL), 0xc0008);
}

static void spi_common_set_dummy_output(espy_rom_call *c)
{
    drive_dummy(c, espy_rom_arg(c, 0));
}

static void spi_dummy_len_fix(espy_rom_call *c)
{
    espy_rom_write8(c, espy_rom_chip(c) + CHIP_DUMMY + (espy_rom_arg(c, 0) & 0xff), 0);
}

static void reset_controllers(const espy_rom_call *c)
{
    espy_rom_set_bits(c, PERIP_CLK_EN0, PERIP_SPI01);
    espy_rom_set_bits(c, PERIP_RST_EN0, PERIP_SPI01);
    espy_rom_clear_bits(c, PERIP_RST_EN0, PERIP_SPI01);
    espy_rom_clear_bits(c, reg(1, SPI_SUS_STATUS), 1);
    espy_rom_update32(c, reg(0, SPI_MISC), 3, 2); /* CS0 */
}

static void init_controllers(espy_rom_call *c, uint32_t mode, uint32_t divisor)
{
    uint32_t ctrl = mode < MODES ? mode_bits[mode] : 0;
    reset_controllers(c);
    drive_dummy(c, mode);
    set_cs_timing(c);
    for (uint32_t port = 0; port < 2; port++) {
        espy_rom_write8(c, espy_rom_chip(c) + CHIP_DUMMY + port, 0);
        espy_rom_write32(c, reg(port, SPI_CLOCK), clock_divided_by(divisor));
    }
    espy_rom_write32(c, reg(1, SPI_CTRL), ctrl | 0x208000);
    espy_rom_write32(c, reg(0, SPI_CTRL), ctrl | 0x200000);
    espy_rom_update32(c, reg(0, SPI_MISO_DLEN), 0x3ff, 0xff);
    espy_rom_update32(c, reg(0, SPI_MOSI_DLEN), 0x3ff, 0xff);
    espy_rom_update32(c, reg(0, SPI_USER2), 0xf0000000, 0x70000000);
    espy_rom_set_bits(c, reg(0, SPI_CACHE_FCTRL), 1);
    if (mode >= MODES) {
        set_octal_mode(c, mode);
    } else {
        espy_rom_write32(c, reg(0, SPI_DDR), 0);
        espy_rom_write32(c, reg(1, SPI_DDR), 0);
        set_cache_read(c, ctrl);
    }
    espy_rom_set_bits(c, reg(0, SPI_CACHE_FCTRL), 4);
}

static void SPI_init(espy_rom_call *c)
{
    init_controllers(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1) & 0xff);
}

static void esp_rom_spi_flash_update_id(espy_rom_call *c)
{
    uint32_t chip = espy_rom_chip(c);
    uint8_t dummy = espy_rom_read8(c, chip + CHIP_DUMMY + 1);
    espy_rom_update32(c, reg(1, SPI_USER), SPI_USER_DUMMY, dummy ? SPI_USER_DUMMY : 0);
    if (dummy)
        espy_rom_write32(c, reg(1, SPI_USER1), dummy - 1u);
    espy_rom_write32(c, reg(1, SPI_W0), 0);
    espy_rom_write32(c, reg(1, SPI_CMD), SPI_CMD_RDID);
    uint32_t id = espy_rom_read32(c, reg(1, SPI_W0));
    espy_rom_write32(c, chip + CHIP_ID, (id & 0xff) << 16 | (id & 0xff00) | (id >> 16 & 0xff));
}

/* Arguments: id, sizes of chip, block, sector and page, mask of the status. */
static void esp_rom_spiflash_config_param(espy_rom_call *c)
{
    for (unsigned i = 0; i < 6; i++)
        espy_rom_write32(c, espy_rom_chip(c) + 4 * i, espy_rom_arg(c, i));
    espy_rom_return(c, 0);
}

static void wait_idle_by_hardware(const espy_rom_call *c, bool enable)
{
    espy_rom_clear_bits(c, reg(1, SPI_DDR), SPI_DDR_ENABLE);
    espy_rom_update32(c, reg(1, SPI_FLASH_WAITI_CTRL), 0x3fd, 0x14 | (enable ? 1u : 0)); /* 05h */
}

static void esp_rom_spiflash_auto_wait_idle(espy_rom_call *c)
{
    wait_idle_by_hardware(c, espy_rom_arg(c, 0) & 0xff);
}

/* The chip goes on with what was suspended. */
static void esp_rom_spi_flash_send_resume(espy_rom_call *c)
{
    uint32_t waited = espy_rom_read32(c, reg(1, SPI_FLASH_WAITI_CTRL)) & 1;
    wait_idle_by_hardware(c, true);
    espy_rom_clear_bits(c, reg(1, SPI_MISC), 0x800);
    espy_rom_set_bits(c, reg(1, SPI_FLASH_SUS_CMD), 1);
    espy_rom_set_bits(c, reg(1, SPI_FLASH_WAITI_CTRL), waited);
}

static void esp_rom_spi_flash_auto_sus_res(espy_rom_call *c)
{
    bool enable = espy_rom_arg(c, 0) & 0xff;
    espy_rom_update32(c, reg(1, SPI_FLASH_SUS_CTRL), 0x1fffe, 0xeaf4); /* 75h, 7Ah */
    if (enable)
        wait_idle_by_hardware(c, true);
    espy_rom_update32(c, reg(1, SPI_MISC), 0x800, enable ? 0x800 : 0);
    espy_rom_update32(c, reg(1, SPI_FLASH_SUS_CTRL), 1, enable ? 1 : 0);
}

/* ---- pads ---- */

static void take_pad(const espy_rom_call *c, uint32_t pad)
{
    espy_rom_pad_pullup(c, pad);
    espy_rom_pad_gpio(c, pad);
    espy_rom_pad_unhold(c, pad);
}

static void route_output(const espy_rom_call *c, uint32_t pad, uint32_t signal)
{
    espy_rom_signal_out(c, pad, signal);
    take_pad(c, pad);
}

static void route_both(const espy_rom_call *c, uint32_t pad, uint32_t signal)
{
    espy_rom_signal_in(c, pad, signal, false);
    espy_rom_pad_input(c, pad);
    route_output(c, pad, signal);
}

static uint32_t pad_of(uint32_t config, unsigned n)
{
    return config >> 6 * n & 0x3f;
}

static void default_pads(const espy_rom_call *c)
{
    static const uint8_t own[] = {PAD_CLK, PAD_Q, PAD_D, PAD_CS},
                         all[] = {PAD_HD, PAD_WP, PAD_CS, PAD_CLK, PAD_Q, PAD_D};
    for (uint32_t pad = PAD_HD; pad <= PAD_WP; pad++) {
        espy_rom_pin_output_off(c, pad);
        espy_rom_pad_gpio(c, pad);
    }
    for (unsigned i = 0; i < sizeof all; i++) {
        espy_rom_pad_pullup(c, all[i]);
        espy_rom_pad_unhold(c, all[i]);
    }
    for (unsigned i = 0; i < sizeof own; i++)
        espy_rom_pad_function(c, own[i], 0);
    for (uint32_t signal = SIGNAL_Q; signal <= SIGNAL_D; signal++) {
        espy_rom_signal_bypass(c, signal);
        espy_rom_pad_input(c, PAD_Q + signal);
    }
}

/* A configuration has six bits for each of CLK, Q, D, CS and HD. */
static void configured_pads(const espy_rom_call *c, uint32_t config)
{
    espy_rom_write8(c, espy_rom_chip(c) + CHIP_OTHER_PADS, 1);
    route_output(c, pad_of(config, 0), SIGNAL_CLK);
    route_both(c, pad_of(config, 1), SIGNAL_Q);
    route_both(c, pad_of(config, 2), SIGNAL_D);
    route_output(c, pad_of(config, 3), SIGNAL_CS);
    if (pad_of(config, 4) <= LAST_USABLE)
        take_pad(c, pad_of(config, 4));
}

static void select_pads(const espy_rom_call *c, uint32_t config)
{
    if (config == 0)
        config = espy_rom_fuse_spi_pads(c);
    if (config == 0)
        default_pads(c);
    else
        configured_pads(c, config);
}

static void SelectSpiFunction(espy_rom_call *c)
{
    select_pads(c, espy_rom_arg(c, 0));
}

/* Arguments: the pad of WP, a configuration. */
static void esp_rom_spiflash_select_qio_pins(espy_rom_call *c)
{
    uint32_t wp = espy_rom_arg(c, 0) & 0xff, config = espy_rom_arg(c, 1), hd = pad_of(config, 4);
    if (config == 0) {
        for (uint32_t i = 0; i < 2; i++) {
            espy_rom_pad_function(c, PAD_HD + i, 0);
            espy_rom_signal_bypass(c, SIGNAL_HD + i);
        }
        return;
    }
    if (wp <= LAST_USABLE)
        route_both(c, wp, SIGNAL_WP);
    if (hd <= LAST_USABLE) {
        espy_rom_signal_in(c, hd, SIGNAL_HD, false);
        espy_rom_pad_input(c, hd);
        espy_rom_signal_out(c, hd, SIGNAL_HD);
    }
}

/* Arguments: the pad of WP, a configuration, three bytes of two drives each: bit 3 says
 * that there is one.  If any is not zero, all are printed. */
static void SetSpiDrvs(espy_rom_call *c)
{
    enum { PINS = 6, TEXT = 108 };
    static const uint8_t usual[PINS] = {PAD_CLK, PAD_Q, PAD_D, PAD_CS, PAD_HD, PAD_WP};
    uint32_t config = espy_rom_arg(c, 1);
    uint8_t bytes[PINS / 2], drive[PINS];
    espy_rom_read(c, espy_rom_arg(c, 2), bytes, sizeof bytes);
    for (unsigned i = 0; i < PINS; i++)
        drive[i] = i % 2 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xf;
    if (c->step == 0 && (bytes[0] | bytes[1] | bytes[2])) {
        char text[TEXT];
        snprintf(text, sizeof text,
                 "clk_drv:0x%02x,q_drv:0x%02x,d_drv:0x%02x,cs0_drv:0x%02x,hd_drv:0x%02x,wp_drv:0x%02x\n", drive[0],
                 drive[1], drive[2], drive[3], drive[4], drive[5]);
        uint32_t at = espy_rom_locals_addr(c);
        espy_rom_write(c, at, text, strlen(text) + 1);
        espy_rom_guest(c, 1, ETS_PRINTF, 1, &at);
        return;
    }
    for (unsigned i = 0; i < PINS; i++) {
        uint32_t pad = config == 0 ? usual[i] : i == 5 ? espy_rom_arg(c, 0) & 0xff : pad_of(config, i);
        if ((drive[i] & 8) && (i < 4 || pad <= LAST_USABLE))
            espy_rom_pad_drive(c, pad, drive[i] & 3);
    }
}

/* ---- attaching ---- */

/* Arguments: a configuration, as of config_readmode, whether to wake the chip. */
static void spi_flash_boot_attach(espy_rom_call *c)
{
    bool octal = espy_rom_fuse_octal(c), wake = espy_rom_arg(c, 2) & 0xff;
    if (c->step == 0) {
        espy_rom_update32(c, PAD_POWER_CTRL, PAD_POWER_5PADS, espy_rom_fuse_5pads_vddspi(c) ? PAD_POWER_5PADS : 0);
        if (octal)
            espy_rom_opi_pads(c);
        else
            select_pads(c, espy_rom_arg(c, 0));
        init_controllers(c, 5, 4);
        if (espy_rom_fuse_ecc(c))
            espy_rom_fault(c, "the eFuses ask for ECC in flash, which is not in the built-in ROM");
        else
            espy_rom_guest(c, 1, CONFIG_READMODE, 2, (const uint32_t[]){5, espy_rom_arg(c, 1) & 0xff});
    } else if (c->step == 1 && wake) {
        espy_rom_guest(c, 2, octal ? OPI_MODE_RESET : SPI_WAKEUP, 1, (const uint32_t[]){1});
    }
}

/* Arguments: a configuration, as of config_readmode. */
static void spi_flash_attach(espy_rom_call *c)
{
    espy_rom_set_arg(c, 2, 1);
    spi_flash_boot_attach(c);
}

#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS                                                                     \
    }
#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }

const espy_rom_function espy_rom_flash_init_functions[] = {
    ROW(spi_cache_mode_switch),
    ROW(esp_rom_spi_set_address_bit_len),
    {"_esp_rom_spiflash_read", .run = own_read, .kind = ESPY_ROM_STEPS},
    STEPS(esp_rom_spiflash_config_readmode),
    STEPS(SPIMasterReadModeCnfig),
    STEPS(esp_rom_spiflash_config_clk),
    ROW(spi_common_set_flash_cs_timing),
    ROW(spi_common_set_dummy_output),
    ROW(spi_dummy_len_fix),
    ROW(SPI_init),
    ROW(esp_rom_spi_flash_update_id),
    ROW(esp_rom_spiflash_config_param),
    ROW(esp_rom_spiflash_auto_wait_idle),
    ROW(esp_rom_spi_flash_auto_sus_res),
    ROW(esp_rom_spi_flash_send_resume),
    ROW(SelectSpiFunction),
    ROW(esp_rom_spiflash_select_qio_pins),
    {"SetSpiDrvs", .run = SetSpiDrvs, .kind = ESPY_ROM_STEPS, .locals = 112},
    STEPS(spi_flash_boot_attach),
    STEPS(spi_flash_attach),
    {0},
};
