/* SPDX-License-Identifier: MIT
 *
 * Macronix MX25UM25645G and MX25UW12845G; see the header for the documents.
 *
 * Left out: secured OTP, password and individual sector protection, suspend and
 * resume, CRC, the preamble bit, burst length (reads are linear), read while
 * write, and the power-up mode that one-time programmable bits of CR2 select.
 */
#include "nor_octal.h"

#include <string.h>

enum {
    SR_WIP = 0x01,
    SR_WEL = 0x02,
    SR_BP = 0x3c, /* BP3 to BP0 */
    SR_BP_SHIFT = 2,
    SR_KEPT = SR_BP,
    CR_TB = 0x08, /* one-time programmable */
    CR_KEPT = 0x0f,
    CR_DELIVERED = 0x07, /* ODS: 24 ohm */
    CR2_DQS_KEPT = 0x03,
    CR2_WAIT_KEPT = 0x07,
    SPI_WAIT = 8,      /* clocks of dummy in SPI fast reads */
    REGISTER_WAIT = 4, /* and of register reads in OPI */
    SFDP_WAIT = 20,    /* and of RDSFDP in OPI */
    SFDP_SIZE = 316    /* what of the table is used; the rest reads as ones */
};

struct espy_nor_octal_chip {
    const char *name;
    uint32_t size;
    uint8_t id[3];
    uint32_t chip_erase_us;
    const uint8_t *sfdp;
};

/* Typical times, in microseconds, as word 10 and 11 of the SFDP give them. */
enum { T_PROGRAM = 152, T_SECTOR = 25000, T_BLOCK = 256000, T_STATUS = 10000 };

static const uint8_t sfdp_12845[SFDP_SIZE] = {
    0x53, 0x46, 0x44, 0x50, 0x08, 0x01, 0x04, 0xfd, 0x00, 0x07, 0x01, 0x14, 0x40, 0x00, 0x00, 0xff, 0x87, 0x01, 0x01,
    0x1c, 0x90, 0x00, 0x00, 0xff, 0x0a, 0x00, 0x01, 0x08, 0x00, 0x01, 0x00, 0xff, 0x05, 0x00, 0x01, 0x05, 0x20, 0x01,
    0x00, 0xff, 0x84, 0x00, 0x01, 0x02, 0x34, 0x01, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe5, 0x20, 0x8a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0xff, 0x00, 0xff,
    0x00, 0xff, 0x00, 0xff, 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff, 0x00, 0xff, 0x0c, 0x20, 0x10,
    0xd8, 0x00, 0xff, 0x00, 0xff, 0x8b, 0x79, 0x01, 0x00, 0x8f, 0x12, 0x00, 0xc9, 0xcc, 0x04, 0x67, 0x46, 0x30, 0xb0,
    0x30, 0xb0, 0xf4, 0xbd, 0xd5, 0x5c, 0x00, 0x00, 0x00, 0xff, 0x10, 0x10, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x7c, 0xa3, 0x48, 0x00, 0x00, 0x00, 0x00, 0x00, 0x88, 0x88, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,
    0x0f, 0xd1, 0xff, 0xf3, 0x0f, 0xd1, 0xff, 0xf3, 0x00, 0x05, 0x00, 0x90, 0x00, 0x05, 0x00, 0xb1, 0x00, 0x2b, 0x00,
    0x95, 0x00, 0x2b, 0x00, 0x96, 0x72, 0x71, 0x03, 0xb8, 0x72, 0x71, 0x03, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x90, 0xa3,
    0x18, 0x82, 0x00, 0xc0, 0x69, 0x96, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0x71, 0x00, 0x98, 0x72,
    0x71, 0x00, 0xb8, 0x72, 0x71, 0x00, 0x99, 0x00, 0x00, 0x00, 0x00, 0x72, 0x71, 0x00, 0x98, 0x72, 0x71, 0x00, 0xf8,
    0x72, 0x71, 0x00, 0x99, 0x72, 0x71, 0x00, 0xf9, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x15, 0x01,
    0xd0, 0x72, 0x71, 0x06, 0xd8, 0x00, 0x00, 0x86, 0x50, 0x00, 0x00, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00,
    0x01, 0x03, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0x06, 0x00,
    0x02, 0x00, 0x00, 0x00, 0xee, 0xc0, 0x69, 0x72, 0x72, 0x71, 0x71, 0x00, 0xd8, 0xf7, 0xf6, 0x00, 0x0a, 0x00, 0x00,
    0x14, 0x45, 0x98, 0x80, 0x43, 0x06, 0x0f, 0x00, 0x21, 0xdc, 0xff, 0xff,
};

static const uint8_t sfdp_25645[SFDP_SIZE] = {
    0x53, 0x46, 0x44, 0x50, 0x08, 0x01, 0x04, 0xfd, 0x00, 0x07, 0x01, 0x14, 0x40, 0x00, 0x00, 0xff, 0x87, 0x01, 0x01,
    0x1c, 0x90, 0x00, 0x00, 0xff, 0x0a, 0x00, 0x01, 0x08, 0x00, 0x01, 0x00, 0xff, 0x05, 0x00, 0x01, 0x05, 0x20, 0x01,
    0x00, 0xff, 0x84, 0x00, 0x01, 0x02, 0x34, 0x01, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe5, 0x20, 0x8a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0xff, 0x00, 0xff,
    0x00, 0xff, 0x00, 0xff, 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff, 0x00, 0xff, 0x0c, 0x20, 0x10,
    0xd8, 0x00, 0xff, 0x00, 0xff, 0x87, 0x79, 0x01, 0x00, 0x84, 0x12, 0x00, 0xd2, 0xcc, 0x02, 0x67, 0x38, 0x30, 0xb0,
    0x30, 0xb0, 0xf4, 0xbd, 0xd5, 0x5c, 0x00, 0x00, 0x00, 0xff, 0x10, 0x10, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x7c, 0xa3, 0x48, 0x00, 0x00, 0x00, 0x00, 0x00, 0x88, 0x88, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,
    0x0f, 0xd1, 0xff, 0xf3, 0x0f, 0xd1, 0xff, 0xf3, 0x00, 0x05, 0x00, 0x90, 0x00, 0x05, 0x00, 0xb1, 0x00, 0x2b, 0x00,
    0x95, 0x00, 0x2b, 0x00, 0x96, 0x72, 0x71, 0x03, 0xb8, 0x72, 0x71, 0x03, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x90, 0xa3,
    0x18, 0x82, 0x00, 0xc0, 0x69, 0x96, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0x71, 0x00, 0x98, 0x72,
    0x71, 0x00, 0xb8, 0x72, 0x71, 0x00, 0x99, 0x00, 0x00, 0x00, 0x00, 0x72, 0x71, 0x00, 0x98, 0x72, 0x71, 0x00, 0xf8,
    0x72, 0x71, 0x00, 0x99, 0x72, 0x71, 0x00, 0xf9, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x15, 0x01,
    0xd0, 0x72, 0x71, 0x06, 0xd8, 0x00, 0x00, 0x86, 0x50, 0x00, 0x00, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00,
    0x01, 0x03, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0x06, 0x00,
    0x02, 0x00, 0x00, 0x00, 0xee, 0xc0, 0x69, 0x72, 0x72, 0x71, 0x71, 0x00, 0xd8, 0xf7, 0xf6, 0x00, 0x0a, 0x00, 0x00,
    0x14, 0x35, 0x9c, 0x80, 0x43, 0x06, 0x0f, 0x00, 0x21, 0xdc, 0xff, 0xff,
};

static const espy_nor_octal_chip chips[] = {
    {"MX25UW12845G", 16u << 20, {0xc2, 0x81, 0x38}, 40000000, sfdp_12845},
    {"MX25UM25645G", 32u << 20, {0xc2, 0x80, 0x39}, 76000000, sfdp_25645},
};

typedef struct command command;
struct command {
    uint8_t code;
    uint8_t addr_bits; /* in SPI; in OPI it is 32 or none, see OPI_ADDR */
    uint8_t flags;
    uint8_t wait; /* clocks from the address to the data out, in SPI */
    void (*run)(espy_nor_octal *nor, const command *c, espy_spi_xfer *x);
};

enum {
    IN_SPI = 1,
    IN_STR = 2,
    IN_DTR = 4,
    IN_OPI = IN_STR | IN_DTR,
    IN_ALL = IN_SPI | IN_OPI,
    OPI_ADDR = 8, /* has a 32-bit address in OPI */
    NEEDS_WEL = 16,
    WHILE_BUSY = 32,
    IS_READ = 64,     /* reads the array; in OPI with the wait of CR2[300h] */
    IS_REGISTER = 128 /* in DTR each byte is sent twice */
};

static uint32_t address(const espy_nor_octal *nor, const espy_spi_xfer *x)
{
    uint32_t addr = x->addr_value & (nor->chip->size - 1);
    return nor->mode == ESPY_OPI_DTR ? addr & ~1u : addr;
}

/* Byte i of the wire, in memory order. */
static size_t wire_order(const espy_nor_octal *nor, size_t i)
{
    return nor->mode == ESPY_OPI_DTR ? i ^ 1 : i;
}

static void run_read(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint32_t addr = address(nor, x);
    for (size_t i = 0; i < x->rx_size; i++)
        x->rx[i] = nor->array.mem->bytes[(addr + wire_order(nor, i)) & (nor->chip->size - 1)];
}

static void run_sfdp(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint32_t addr = address(nor, x);
    for (size_t i = 0; i < x->rx_size; i++) {
        size_t at = addr + wire_order(nor, i);
        x->rx[i] = at < SFDP_SIZE ? nor->chip->sfdp[at] : 0xff;
    }
}

/* Sends a register's bytes over and over; in DTR each of them fills a clock. */
static void send(const espy_nor_octal *nor, espy_spi_xfer *x, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < x->rx_size; i++)
        x->rx[i] = bytes[(nor->mode == ESPY_OPI_DTR ? i / 2 : i) % n];
}

static void run_read_id(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    send(nor, x, nor->chip->id, sizeof nor->chip->id);
}

static void run_read_status(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint8_t live = espy_nor_array_busy(&nor->array) ? SR_WIP : 0;
    live |= nor->wel ? SR_WEL : 0;
    uint8_t sr = nor->sr | live;
    send(nor, x, &sr, 1);
}

static void run_read_config(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    send(nor, x, &nor->cr, 1);
}

/* RDSCUR: no failure, nothing locked. */
static void run_read_security(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    const uint8_t security = 0;
    send(nor, x, &security, 1);
}

static void run_read_config2(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint8_t value = 0;
    switch (x->addr_value) {
    case 0x000: value = (uint8_t)nor->mode; break;
    case 0x200: value = nor->cr2_dqs; break;
    case 0x300: value = nor->cr2_wait; break;
    default: break;
    }
    send(nor, x, &value, 1);
}

/* In OPI address 1 means the configuration register; in SPI it is the second byte. */
static void run_write_status(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    nor->wel = false;
    if (x->tx_size == 0)
        return;
    bool opi = nor->mode != ESPY_OPI_SPI;
    bool config = opi ? (x->addr_value & 1) != 0 : x->tx_size > 1;
    if (!opi || !config)
        nor->sr = x->tx[0] & SR_KEPT;
    if (config)
        nor->cr = (uint8_t)((x->tx[opi ? 0 : 1] & CR_KEPT) | (nor->cr & CR_TB));
    espy_nor_array_work(&nor->array, T_STATUS);
}

static void run_write_config2(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    nor->wel = false;
    if (x->tx_size == 0)
        return;
    uint8_t value = x->tx[0];
    switch (x->addr_value) {
    case 0x000: /* SOPI and DOPI together are not allowed */
        if ((value & 3) != 3)
            nor->mode = (espy_opi_mode)(value & 3);
        break;
    case 0x200: nor->cr2_dqs = value & CR2_DQS_KEPT; break;
    case 0x300: nor->cr2_wait = value & CR2_WAIT_KEPT; break;
    default: break;
    }
}

/* BP3-0 = n protects 2^(n-1) blocks of 64 KiB, from the top unless TB is set. */
static bool protects(const espy_nor_octal *nor, uint32_t addr, uint32_t size)
{
    unsigned bp = (nor->sr & SR_BP) >> SR_BP_SHIFT;
    if (bp == 0)
        return false;
    uint32_t whole = nor->chip->size, span = 65536u << (bp - 1);
    if (span > whole)
        span = whole;
    return nor->cr & CR_TB ? addr < span : addr + size > whole - span;
}

static void run_program(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint8_t page[ESPY_NOR_PAGE_SIZE];
    uint32_t addr = address(nor, x);
    nor->wel = false;
    if (x->tx_size == 0 || x->tx_size > sizeof page || protects(nor, addr, 1))
        return;
    memset(page, 0xff, sizeof page);
    for (size_t i = 0; i < x->tx_size; i++)
        page[wire_order(nor, i) % sizeof page] = x->tx[i];
    size_t n = nor->mode == ESPY_OPI_DTR ? (x->tx_size + 1) & ~(size_t)1 : x->tx_size;
    espy_nor_array_program(&nor->array, addr, page, n, T_PROGRAM);
}

static void erase(espy_nor_octal *nor, uint32_t addr, uint32_t size, uint32_t us)
{
    addr &= (nor->chip->size - 1) & ~(size - 1);
    nor->wel = false;
    if (!protects(nor, addr, size))
        espy_nor_array_erase(&nor->array, addr, size, us);
}

static void run_erase(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    switch (c->code) {
    case 0x20:
    case 0x21: erase(nor, x->addr_value, 4096, T_SECTOR); break;
    case 0xd8:
    case 0xdc: erase(nor, x->addr_value, 65536, T_BLOCK); break;
    default: erase(nor, 0, nor->chip->size, nor->chip->chip_erase_us); break;
    }
}

static void run_latch(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    nor->wel = c->code == 0x06;
}

static void run_power(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    nor->powered_down = c->code == 0xb9;
}

/* To the state after power-on; the status register and CR are kept. */
static void restart(espy_nor_octal *nor)
{
    nor->mode = ESPY_OPI_SPI;
    nor->cr2_dqs = nor->cr2_wait = 0;
    nor->wel = nor->reset_enabled = nor->powered_down = false;
    espy_nor_array_cut(&nor->array);
}

static void run_reset(espy_nor_octal *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    if (c->code == 0x66)
        nor->reset_enabled = true;
    else if (nor->reset_enabled)
        restart(nor);
}

/* The command set of the MX25UM family. */
static const command commands[] = {
    {0x03, 24, IN_SPI | IS_READ, 0, run_read},
    {0x0b, 24, IN_SPI | IS_READ, SPI_WAIT, run_read},
    {0x13, 32, IN_SPI | IS_READ, 0, run_read},
    {0x0c, 32, IN_SPI | IS_READ, SPI_WAIT, run_read},
    {0xec, 0, IN_STR | OPI_ADDR | IS_READ, 0, run_read},
    {0xee, 0, IN_DTR | OPI_ADDR | IS_READ, 0, run_read},
    {0x02, 24, IN_SPI | NEEDS_WEL, 0, run_program},
    {0x12, 32, IN_ALL | OPI_ADDR | NEEDS_WEL, 0, run_program},
    {0x20, 24, IN_SPI | NEEDS_WEL, 0, run_erase},
    {0xd8, 24, IN_SPI | NEEDS_WEL, 0, run_erase},
    {0x21, 32, IN_ALL | OPI_ADDR | NEEDS_WEL, 0, run_erase},
    {0xdc, 32, IN_ALL | OPI_ADDR | NEEDS_WEL, 0, run_erase},
    {0x60, 0, IN_ALL | NEEDS_WEL, 0, run_erase},
    {0xc7, 0, IN_ALL | NEEDS_WEL, 0, run_erase},
    {0x06, 0, IN_ALL, 0, run_latch},
    {0x04, 0, IN_ALL, 0, run_latch},
    {0x9f, 0, IN_ALL | OPI_ADDR | IS_REGISTER, 0, run_read_id},
    {0x05, 0, IN_ALL | OPI_ADDR | IS_REGISTER | WHILE_BUSY, 0, run_read_status},
    {0x15, 0, IN_ALL | OPI_ADDR | IS_REGISTER, 0, run_read_config},
    {0x2b, 0, IN_ALL | OPI_ADDR | IS_REGISTER, 0, run_read_security},
    {0x01, 0, IN_ALL | OPI_ADDR | NEEDS_WEL, 0, run_write_status},
    {0x71, 32, IN_ALL | OPI_ADDR | IS_REGISTER, 0, run_read_config2},
    {0x72, 32, IN_ALL | OPI_ADDR | NEEDS_WEL, 0, run_write_config2},
    {0x5a, 24, IN_ALL | OPI_ADDR, SPI_WAIT, run_sfdp},
    {0xb9, 0, IN_ALL, 0, run_power},
    {0xab, 0, IN_ALL, 0, run_power},
    {0x66, 0, IN_ALL, 0, run_reset},
    {0x99, 0, IN_ALL, 0, run_reset},
};

static unsigned lines_of(const espy_nor_octal *nor)
{
    return nor->mode == ESPY_OPI_SPI ? 1 : 8;
}

static bool phase_fits(const espy_nor_octal *nor, const espy_spi_phase *phase)
{
    return phase->lines == lines_of(nor) && phase->dtr == (nor->mode == ESPY_OPI_DTR);
}

/* The command the chip hears, or NULL.  In OPI a command is followed by its
 * complement, or is none. */
static const command *find(const espy_nor_octal *nor, const espy_spi_xfer *x)
{
    bool opi = nor->mode != ESPY_OPI_SPI;
    uint8_t code = (uint8_t)x->cmd_value, second = (uint8_t)(x->cmd_value >> 8);
    if (x->cmd.bits != (opi ? 16 : 8) || !phase_fits(nor, &x->cmd) || (opi && (code ^ second) != 0xff))
        return NULL;
    unsigned in = nor->mode == ESPY_OPI_SPI ? IN_SPI : nor->mode == ESPY_OPI_STR ? IN_STR : IN_DTR;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].code == code && commands[i].flags & in)
            return &commands[i];
    return NULL;
}

/* Clocks from the address to the data out. */
static int wait_of(const espy_nor_octal *nor, const command *c)
{
    if (nor->mode == ESPY_OPI_SPI)
        return c->wait;
    if (c->flags & IS_READ)
        return 20 - 2 * nor->cr2_wait;
    return c->flags & IS_REGISTER ? REGISTER_WAIT : c->code == 0x5a ? SFDP_WAIT : 0;
}

static bool fits(const espy_nor_octal *nor, const command *c, espy_spi_xfer *x, bool has_data)
{
    unsigned addr_bits = nor->mode == ESPY_OPI_SPI ? c->addr_bits : c->flags & OPI_ADDR ? 32 : 0;
    if (x->addr.bits != addr_bits || (addr_bits > 0 && !phase_fits(nor, &x->addr)))
        return false;
    if (has_data && !phase_fits(nor, &x->data))
        return false;
    bool dtr = nor->mode == ESPY_OPI_DTR;
    x->latency = wait_of(nor, c) * (dtr ? 2 : 1);
    x->strobed = dtr || (nor->mode == ESPY_OPI_STR && (nor->cr2_dqs & 2));
    x->swapped = dtr;
    return true;
}

/* What SO carries behind a command that the chip does not know, no document at hand
 * says.  It is inferred: on a WROOM-2 module an image built for quad flash starts
 * its application, and only the flash driver in it fails (the log in "Bootloop" of
 * Arduino-ESP32's troubleshooting guide); so its bootloader, which asks with 35h for
 * the quad-enable bit, was told that there is none. */
static void answer_unknown(const espy_nor_octal *nor, espy_spi_xfer *x)
{
    if (nor->mode == ESPY_OPI_SPI && !nor->powered_down && x->cmd.bits == 8 && x->cmd.lines == 1 && x->data.lines == 1)
        memset(x->rx, 0, x->rx_size);
}

static void transfer(void *self, espy_spi_xfer *x)
{
    espy_nor_octal *nor = self;
    espy_nor_array_settle(&nor->array);
    const command *c = find(nor, x);
    if (c == NULL && x->rx_size > 0)
        answer_unknown(nor, x);
    if (c == NULL || (nor->powered_down && c->code != 0xab) || ((c->flags & NEEDS_WEL) && !nor->wel))
        return;
    if (espy_nor_array_busy(&nor->array) && !(c->flags & WHILE_BUSY))
        return;
    if (!fits(nor, c, x, x->tx_size > 0 || x->rx_size > 0))
        return;
    bool reset_was_enabled = nor->reset_enabled;
    c->run(nor, c, x);
    if (reset_was_enabled)
        nor->reset_enabled = false; /* 99h must follow 66h at once */
}

static espy_mem *linear(void *self, espy_spi_xfer *x)
{
    espy_nor_octal *nor = self;
    const command *c = find(nor, x);
    if (c == NULL || nor->powered_down || !(c->flags & IS_READ) || x->tx_size > 0)
        return NULL;
    return fits(nor, c, x, true) ? nor->array.mem : NULL;
}

espy_status espy_nor_octal_init(espy_nor_octal *nor, espy_soc *soc, espy_mem *mem, bool timing_real, espy_err *err)
{
    *nor = (espy_nor_octal){.array = {.soc = soc, .mem = mem, .timing_real = timing_real}};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].size == mem->size)
            nor->chip = &chips[i];
    if (nor->chip == NULL)
        return espy_fail(err, ESPY_E_ARG, "no octal SPI flash of %zu bytes is known", mem->size);
    nor->part = (espy_spi_part){nor->chip->name, nor, transfer, linear};
    nor->cr = CR_DELIVERED;
    restart(nor);
    return ESPY_OK;
}

void espy_nor_octal_reset(espy_nor_octal *nor, espy_reset kind)
{
    if (kind == ESPY_RESET_CHIP)
        restart(nor);
}
