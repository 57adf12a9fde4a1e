/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: SPI commands of any shape (esp_rom_spi_*, esp_rom_opiflash_exec_cmd).
 *
 * Sources: ESP-IDF v5.0.4, rom/opi_flash.h, spi_mem_reg.h; the real ROM for the order of
 * its writes.  Left out: functions of the firmware's own in rom_spi_usr_cmd_legacy_funcs,
 * which are refused.
 */
#include "bits.h"
#include "spi_command.h"

#include "../../base/bytes.h"

enum {
    OWN_USER_COMMANDS = 0x3ff1e290, /* rom_default_spi_usr_cmd_legacy_funcs */
    MISC_CS_DISABLED = 3,
    DDR_RD_SWAP = 4,
    DDR_WR_SWAP = 8
};

static uint32_t reg(uint32_t port, uint32_t offset)
{
    return espy_rom_spi(port) + offset;
}

/* ---- modes ---- */

static void reset_mode(const espy_rom_call *c, uint32_t port, bool ddr_too)
{
    if (ddr_too)
        espy_rom_write32(c, reg(port, SPI_DDR), 0);
    espy_rom_clear_bits(c, reg(port, SPI_CTRL), SPI_CTRL_MODES);
    espy_rom_clear_bits(c, reg(port, SPI_USER), 0xf000);
}

static void esp_rom_spi_reset_rw_mode(espy_rom_call *c)
{
    reset_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1) & 0xff);
}

void espy_spi_set_mode(const espy_rom_call *c, uint32_t port, uint32_t mode)
{
    static const struct {
        uint32_t ctrl, user; /* bits to set in SPI_MEM_CTRL and SPI_MEM_USER */
        uint8_t ddr_off, ddr_on;
    } modes[ESPY_SPI_MODES] = {
        /* QIO, QOUT, DIO, DOUT */
        {SPI_CTRL_QIO | SPI_CTRL_FASTRD, 0x8000, 0, 0},
        {SPI_CTRL_QUAD | SPI_CTRL_FASTRD, 0x2000, 0, 0},
        {SPI_CTRL_DIO | SPI_CTRL_FASTRD, 0x4000, 0, 0},
        {SPI_CTRL_DUAL | SPI_CTRL_FASTRD, 0x1000, 0, 0},
        /* fast, slow */
        {SPI_CTRL_FASTRD, 0, 0, 0},
        {0, 0, 0, 0},
        /* on eight lines: OPI STR, OPI DTR, OOUT, OIO STR, OIO DTR */
        {SPI_CTRL_FASTRD | 0x270, 0, 0, 0},
        {SPI_CTRL_FASTRD | 0x270, 0, 0x10, 0x01},
        {SPI_CTRL_FASTRD | 0x030, 0, 0, 0},
        {SPI_CTRL_FASTRD | 0x070, 0, 0, 0},
        {SPI_CTRL_FASTRD | 0x070, 0, 0, 0x11},
        /* QPI */
        {SPI_CTRL_QIO | SPI_CTRL_FASTRD | 0x100, 0x8000, 0, 0},
    };
    reset_mode(c, port, mode != ESPY_SPI_OPI_DTR && mode != ESPY_SPI_OIO_DTR);
    if (mode >= ESPY_SPI_MODES)
        return;
    espy_rom_set_bits(c, reg(port, SPI_CTRL), modes[mode].ctrl);
    espy_rom_set_bits(c, reg(port, SPI_USER), modes[mode].user);
    espy_rom_update32(c, reg(port, SPI_DDR), modes[mode].ddr_off | modes[mode].ddr_on, modes[mode].ddr_on);
}

bool espy_spi_has_own_commands(espy_rom_call *c)
{
    uint32_t table = espy_rom_read32(c, ESPY_ROM_USER_COMMANDS);
    if (table == OWN_USER_COMMANDS)
        return true;
    espy_rom_fault(c, "the firmware's own SPI commands, at 0x%08x, are not in the built-in ROM", table);
    return false;
}

static void esp_rom_spi_set_op_mode(espy_rom_call *c)
{
    if (espy_spi_has_own_commands(c))
        espy_spi_set_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void esp_rom_spi_set_dtr_swap_mode(espy_rom_call *c)
{
    uint32_t swap = (espy_rom_arg(c, 1) & 0xff ? DDR_WR_SWAP : 0) | (espy_rom_arg(c, 2) & 0xff ? DDR_RD_SWAP : 0);
    espy_rom_update32(c, reg(espy_rom_arg(c, 0), SPI_DDR), DDR_WR_SWAP | DDR_RD_SWAP, swap);
}

void espy_rom_opi_cache_mode(espy_rom_call *c, uint32_t mode, uint32_t read)
{
    uint8_t shape[6]; /* bits of address, dummy cycles, command (2), its bits, variable dummy */
    espy_spi_set_mode(c, 0, mode);
    espy_rom_clear_bits(c, reg(0, SPI_USER), SPI_USER_MOSI);
    espy_rom_set_bits(c, reg(0, SPI_USER), SPI_USER_ADDR | SPI_USER_DUMMY | SPI_USER_MISO);
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
    if (espy_spi_has_own_commands(c))
        espy_rom_opi_cache_mode(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

/* ---- a command ---- */

/* A phase of `bits` that begins at `shift` of a register, and is on if there are any. */
static void set_phase(const espy_rom_call *c, uint32_t port, uint32_t user, uint32_t bits, uint32_t offset,
                      uint32_t mask, unsigned shift)
{
    espy_rom_update32(c, reg(port, SPI_USER), user, bits > 0 ? user : 0);
    espy_rom_update32(c, reg(port, offset), mask, bits > 0 ? (bits - 1) << shift : 0);
}

static void configure(const espy_rom_call *c, uint32_t port, const espy_spi_command *x)
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
    espy_spi_command x = {.code = word[0] & 0xffff, .code_bits = word[0] >> 16, .addr_bits = word[2], .tx = word[3]};
    x.addr = x.addr_bits > 0 ? espy_rom_read32(c, word[1]) : 0;
    x.tx_bits = word[4];
    x.rx_bits = word[6];
    x.dummy = word[7];
    configure(c, espy_rom_arg(c, 0), &x);
}

static void start(const espy_rom_call *c, uint32_t port, uint32_t cs_mask, bool program_or_erase)
{
    espy_rom_update32(c, reg(port, SPI_MISC), MISC_CS_DISABLED, ~cs_mask);
    espy_rom_set_bits(c, reg(port, SPI_CMD), program_or_erase ? SPI_CMD_USR | SPI_CMD_PE : SPI_CMD_USR);
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

static void begin(const espy_rom_call *c, const espy_spi_execution *e)
{
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_set_local(c, ESPY_SPI_SAVED + 4 * i, espy_rom_read32(c, reg(1, kept[i])));
    espy_spi_command x = e->x;
    x.dummy += espy_rom_read8(c, espy_rom_chip(c) + CHIP_DUMMY + e->port);
    espy_spi_set_mode(c, e->port, e->mode);
    configure(c, e->port, &x);
    start(c, e->port, e->cs_mask, e->program_or_erase);
}

bool espy_spi_executed(espy_rom_call *c, uint32_t step, bool first, const espy_spi_execution *e)
{
    if (first)
        begin(c, e);
    if (!espy_rom_spi_done(c, e->port, step))
        return false;
    select_flash(c, e->port);
    fetch(c, e->port, e->x.rx, e->x.rx_bits / 8);
    for (unsigned i = 0; i < KEPT; i++)
        espy_rom_write32(c, reg(1, kept[i]), espy_rom_local(c, ESPY_SPI_SAVED + 4 * i));
    return true;
}

/* Arguments: controller, mode, command, its bits, address, its bits, dummy cycles, what to
 * send, its bits, where to receive, bits, mask of chips, whether it programs or erases. */
static void esp_rom_opiflash_exec_cmd(espy_rom_call *c)
{
    espy_spi_execution e = {.port = espy_rom_arg(c, 0), .mode = espy_rom_arg(c, 1)};
    e.x = (espy_spi_command){espy_rom_arg(c, 2) & 0xffff, espy_rom_arg(c, 3) & 0xffff, espy_rom_arg(c, 4),
                             espy_rom_arg(c, 5),          espy_rom_arg(c, 6),          espy_rom_arg(c, 7),
                             espy_rom_arg(c, 8),          espy_rom_arg(c, 9),          espy_rom_arg(c, 10)};
    e.cs_mask = espy_rom_arg(c, 11) & 0xff;
    e.program_or_erase = espy_rom_arg(c, 12) & 0xff;
    if (c->step != 0 || espy_spi_has_own_commands(c))
        espy_spi_executed(c, 1, c->step == 0, &e);
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }
#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS, .locals = ESPY_SPI_LOCALS                                          \
    }

const espy_rom_function espy_rom_spi_functions[] = {
    {"esp_rom_spi_reset_rw_mode", 0x4004db94, esp_rom_spi_reset_rw_mode, ESPY_ROM_LEAF, 0},
    ROW(esp_rom_spi_set_op_mode),
    ROW(esp_rom_spi_set_dtr_swap_mode),
    ROW(esp_rom_opiflash_cache_mode_config),
    STEPS(esp_rom_spi_cmd_config),
    STEPS(esp_rom_spi_cmd_start),
    {"esp_rom_opiflash_backup_reg", 0x4004dfe8, esp_rom_opiflash_backup_reg, ESPY_ROM_LEAF, 0},
    {"esp_rom_opiflash_recover_reg", 0x4004e020, esp_rom_opiflash_recover_reg, ESPY_ROM_LEAF, 0},
    STEPS(esp_rom_opiflash_exec_cmd),
    {0},
};
