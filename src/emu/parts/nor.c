/* SPDX-License-Identifier: MIT
 *
 * Winbond W25QxxFV; see the header for the documents.
 *
 * Left out: security registers, individual block locks (WPS), suspend and resume
 * (an operation under way cannot be seen to proceed), octal word read, the
 * /WP, /HOLD and /RESET pins, which the modules tie high.
 */
#include "nor.h"

#include <string.h>

enum {
    SR1_BUSY = 0x01,
    SR1_WEL = 0x02,
    SR1_BP = 0x1c, /* BP2 to BP0 */
    SR1_BP_SHIFT = 2,
    SR1_TB = 0x20,
    SR1_SEC = 0x40,
    SR1_KEPT = 0xfc,
    SR2_SRP1 = 0x01,
    SR2_QE = 0x02,
    SR2_LB = 0x38, /* one-time programmable */
    SR2_CMP = 0x40,
    SR2_KEPT = 0x7b,
    SR3_KEPT = 0xe4,
    SR3_DELIVERED = 0x60, /* DRV1, DRV0: 25 % */
    MANUFACTURER = 0xef,
    SFDP_SIZE = 256,
    BFPT = 0x80 /* where the SFDP's basic table lies */
};

struct espy_nor_chip {
    const char *name;
    uint32_t size;
    uint8_t capacity;  /* third byte of the JEDEC id */
    uint8_t device_id; /* of 90h and ABh */
    uint32_t chip_erase_us;
};

/* Typical times of the family, in microseconds; programming takes tBP1 for the first
 * byte and tBP2, in nanoseconds, for each more, until it comes to a page's. */
enum { T_FIRST_BYTE = 30, T_NEXT_BYTE_NS = 2500, T_PAGE = 700 };
enum { T_SECTOR = 45000, T_BLOCK32 = 120000, T_BLOCK64 = 150000, T_STATUS = 10000 };

static const espy_nor_chip chips[] = {
    {"W25Q32FV", 4u << 20, 0x16, 0x15, 10000000},
    {"W25Q64FV", 8u << 20, 0x17, 0x16, 20000000},
    {"W25Q128FV", 16u << 20, 0x18, 0x17, 40000000},
};

/* The SFDP's basic flash parameter table, without the density in its second word,
 * as a W25Q128JV gives it: linux-mtd, July 2023, message 099629. */
static const uint8_t bfpt[] = {
    0xe5, 0x20, 0xf9, 0xff, 0x00, 0x00, 0x00, 0x00, 0x44, 0xeb, 0x08, 0x6b, 0x08, 0x3b, 0x42, 0xbb,
    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0xff, 0xff, 0x40, 0xeb, 0x0c, 0x20, 0x0f, 0x52,
    0x10, 0xd8, 0x00, 0x00, 0x36, 0x02, 0xa6, 0x00, 0x82, 0xea, 0x14, 0xc9, 0xe9, 0x63, 0x76, 0x33,
    0x7a, 0x75, 0x7a, 0x75, 0xf7, 0xa2, 0xd5, 0x5c, 0x19, 0xf7, 0x4d, 0xff, 0xe9, 0x30, 0xf8, 0x80,
};

/* Signature, revision 1.5, one parameter header, which points to the table. */
static const uint8_t sfdp_header[] = {
    0x53, 0x46, 0x44, 0x50, 0x05, 0x01, 0x00, 0xff, 0x00, 0x05, 0x01, 0x10, BFPT, 0x00, 0x00, 0xff,
};

static uint8_t sfdp_byte(const espy_nor *nor, uint32_t addr)
{
    addr %= SFDP_SIZE;
    if (addr < sizeof sfdp_header)
        return sfdp_header[addr];
    if (addr < BFPT || addr >= BFPT + sizeof bfpt)
        return 0xff;
    uint32_t last_bit = nor->chip->size * 8 - 1;
    if (addr >= BFPT + 4 && addr < BFPT + 8)
        return (uint8_t)(last_bit >> 8 * (addr - BFPT - 4));
    return bfpt[addr - BFPT];
}

/* The protected range that the status registers describe. */
static bool protects(const espy_nor *nor, uint32_t addr, uint32_t size)
{
    uint32_t whole = nor->chip->size;
    unsigned bp = (nor->sr[0] & SR1_BP) >> SR1_BP_SHIFT;
    uint32_t span = bp == 0 ? 0 : bp == 7 ? whole : whole >> (7 - bp);
    if ((nor->sr[0] & SR1_SEC) && bp > 0 && bp < 7)
        span = 4096u << (bp < 4 ? bp - 1 : 3);
    bool bottom = nor->sr[0] & SR1_TB;
    if (nor->sr[1] & SR2_CMP) {
        span = whole - span;
        bottom = !bottom;
    }
    uint32_t first = bottom ? 0 : whole - span;
    return span > 0 && addr < first + span && addr + size > first;
}

typedef struct command command;
struct command {
    uint8_t code;
    uint8_t addr_bits; /* 0 or 24 */
    uint8_t addr_lines, data_lines;
    uint8_t latency; /* clocks from the address, or from the command if there is none, to the data out */
    uint8_t flags;
    void (*run)(espy_nor *nor, const command *c, espy_spi_xfer *x);
};

enum {
    NEEDS_WEL = 1,
    NEEDS_QE = 2,
    WHILE_BUSY = 4,
    IN_QPI = 8,     /* understood in QPI */
    ONLY_QPI = 16,  /* and nowhere else */
    IS_READ = 32,   /* reads the array */
    MODE_BITS = 64, /* eight bits after the address say whether the read continues */
};

static void fill(espy_spi_xfer *x, uint8_t value)
{
    for (size_t i = 0; i < x->rx_size; i++)
        x->rx[i] = value;
}

static void repeat(espy_spi_xfer *x, const uint8_t *bytes, size_t n, size_t first)
{
    for (size_t i = 0; i < x->rx_size; i++)
        x->rx[i] = bytes[(first + i) % n];
}

static uint32_t address(const espy_spi_xfer *x)
{
    return x->addr.bits > 24 ? x->addr_value >> (x->addr.bits - 24) : x->addr_value;
}

static void run_read(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    uint32_t mask = nor->chip->size - 1, wrap = c->addr_lines == 4 ? nor->wrap : 0;
    uint32_t addr = address(x) & mask;
    for (size_t i = 0; i < x->rx_size; i++) {
        x->rx[i] = nor->array.mem->bytes[addr];
        uint32_t next = (addr + 1) & mask;
        addr = wrap != 0 && next % wrap == 0 ? addr & ~(wrap - 1) : next;
    }
    if (c->flags & MODE_BITS) {
        uint8_t mode = x->addr.bits == 32 ? (uint8_t)x->addr_value : x->dummy > 0 ? x->mode_bits : ESPY_SPI_FLOAT;
        nor->continuous = (mode & 0x30) == 0x20 ? c->code : 0;
    }
}

static void run_sfdp(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    for (size_t i = 0; i < x->rx_size; i++)
        x->rx[i] = sfdp_byte(nor, address(x) + (uint32_t)i);
}

static uint64_t program_us(size_t n)
{
    uint64_t us = T_FIRST_BYTE + (uint64_t)(n - 1) * T_NEXT_BYTE_NS / 1000;
    return us < T_PAGE ? us : T_PAGE;
}

static void run_program(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    uint32_t addr = address(x) & (nor->chip->size - 1);
    nor->wel = false;
    if (x->tx_size > 0 && !protects(nor, addr, 1))
        espy_nor_array_program(&nor->array, addr, x->tx, x->tx_size, program_us(x->tx_size));
}

static void erase(espy_nor *nor, uint32_t addr, uint32_t size, uint32_t us)
{
    addr &= (nor->chip->size - 1) & ~(size - 1);
    nor->wel = false;
    if (!protects(nor, addr, size))
        espy_nor_array_erase(&nor->array, addr, size, us);
}

static void run_erase(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    switch (c->code) {
    case 0x20: erase(nor, address(x), 4096, T_SECTOR); break;
    case 0x52: erase(nor, address(x), 32768, T_BLOCK32); break;
    case 0xd8: erase(nor, address(x), 65536, T_BLOCK64); break;
    default: erase(nor, 0, nor->chip->size, nor->chip->chip_erase_us); break;
    }
}

static void run_read_status(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    unsigned n = c->code == 0x05 ? 0 : c->code == 0x35 ? 1 : 2;
    uint8_t live = espy_nor_array_busy(&nor->array) ? SR1_BUSY : 0;
    live |= nor->wel ? SR1_WEL : 0;
    fill(x, n == 0 ? nor->sr[0] | live : nor->sr[n]);
}

static void set_status(espy_nor *nor, unsigned n, uint8_t value)
{
    static const uint8_t writable[3] = {SR1_KEPT, SR2_KEPT, SR3_KEPT};
    value &= writable[n];
    if (n == 1)
        value |= nor->sr[1] & SR2_LB;
    nor->sr[n] = value;
    if (!nor->volatile_wel)
        nor->kept_sr[n] = value;
}

/* 01h writes register 1, and 2 if a second byte follows; 31h and 11h one each. */
static void run_write_status(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    bool allowed = (nor->wel || nor->volatile_wel) && x->tx_size > 0 && !(nor->sr[1] & SR2_SRP1);
    if (allowed && c->code == 0x01) {
        set_status(nor, 0, x->tx[0]);
        if (x->tx_size > 1)
            set_status(nor, 1, x->tx[1]);
    } else if (allowed) {
        set_status(nor, c->code == 0x31 ? 1 : 2, x->tx[0]);
    }
    if (allowed && !nor->volatile_wel)
        espy_nor_array_work(&nor->array, T_STATUS);
    nor->wel = nor->volatile_wel = false;
}

static void run_latch(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    nor->wel = c->code == 0x06;
    nor->volatile_wel = c->code == 0x50;
}

static void run_jedec_id(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    const uint8_t id[3] = {MANUFACTURER, nor->qpi ? 0x60 : 0x40, nor->chip->capacity};
    for (size_t i = 0; i < x->rx_size && i < sizeof id; i++)
        x->rx[i] = id[i];
}

static void run_device_id(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    const uint8_t id[2] = {MANUFACTURER, nor->chip->device_id};
    repeat(x, id, sizeof id, address(x) & 1);
}

static void run_release(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    nor->powered_down = false;
    fill(x, nor->chip->device_id);
}

/* 64 bits that Winbond gives each chip; here the same for all of a kind. */
static void run_unique_id(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    const uint8_t id[8] = {0x45, 0x53, 0x50, 0x59, 0x00, 0x00, nor->chip->device_id, nor->chip->capacity};
    repeat(x, id, sizeof id, 0);
}

static void run_power_down(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)c;
    (void)x;
    nor->powered_down = true;
}

/* 77h takes W7-0 after 24 bits without meaning; C0h takes P7-0, in QPI. */
static void run_set_wrap(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    static const uint8_t length[4] = {8, 16, 32, 64};
    if (x->tx_size == 0)
        return;
    uint8_t w = x->tx[x->tx_size - 1];
    if (c->code == 0x77) {
        nor->wrap = w & 0x10 ? 0 : length[w >> 5 & 3];
        return;
    }
    static const uint8_t wait[4] = {2, 4, 6, 8};
    nor->wrap = length[w & 3];
    nor->qpi_wait = wait[w >> 4 & 3];
}

static void run_qpi(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    nor->qpi = c->code == 0x38;
    nor->qpi_wait = 2;
}

/* To the state after power-on. */
static void restart(espy_nor *nor)
{
    memcpy(nor->sr, nor->kept_sr, sizeof nor->sr);
    nor->wel = nor->volatile_wel = nor->reset_enabled = nor->powered_down = nor->qpi = false;
    nor->continuous = nor->wrap = 0;
    nor->qpi_wait = 2;
    espy_nor_array_cut(&nor->array);
}

static void run_reset(espy_nor *nor, const command *c, espy_spi_xfer *x)
{
    (void)x;
    if (c->code == 0x66)
        nor->reset_enabled = true;
    else if (nor->reset_enabled)
        restart(nor);
}

/* The instruction set of the W25QxxFV. */
static const command commands[] = {
    {0x03, 24, 1, 1, 0, IS_READ, run_read},
    {0x0b, 24, 1, 1, 8, IS_READ | IN_QPI, run_read},
    {0x3b, 24, 1, 2, 8, IS_READ, run_read},
    {0xbb, 24, 2, 2, 4, IS_READ | MODE_BITS, run_read},
    {0x6b, 24, 1, 4, 8, IS_READ | NEEDS_QE, run_read},
    {0xeb, 24, 4, 4, 6, IS_READ | NEEDS_QE | IN_QPI | MODE_BITS, run_read},
    {0x02, 24, 1, 1, 0, NEEDS_WEL | IN_QPI, run_program},
    {0x32, 24, 1, 4, 0, NEEDS_WEL | NEEDS_QE, run_program},
    {0x20, 24, 1, 1, 0, NEEDS_WEL | IN_QPI, run_erase},
    {0x52, 24, 1, 1, 0, NEEDS_WEL | IN_QPI, run_erase},
    {0xd8, 24, 1, 1, 0, NEEDS_WEL | IN_QPI, run_erase},
    {0x60, 0, 1, 1, 0, NEEDS_WEL | IN_QPI, run_erase},
    {0xc7, 0, 1, 1, 0, NEEDS_WEL | IN_QPI, run_erase},
    {0x05, 0, 1, 1, 0, WHILE_BUSY | IN_QPI, run_read_status},
    {0x35, 0, 1, 1, 0, WHILE_BUSY | IN_QPI, run_read_status},
    {0x15, 0, 1, 1, 0, WHILE_BUSY | IN_QPI, run_read_status},
    {0x01, 0, 1, 1, 0, IN_QPI, run_write_status},
    {0x31, 0, 1, 1, 0, IN_QPI, run_write_status},
    {0x11, 0, 1, 1, 0, IN_QPI, run_write_status},
    {0x06, 0, 1, 1, 0, IN_QPI, run_latch},
    {0x04, 0, 1, 1, 0, IN_QPI, run_latch},
    {0x50, 0, 1, 1, 0, IN_QPI, run_latch},
    {0x9f, 0, 1, 1, 0, IN_QPI, run_jedec_id},
    {0x90, 24, 1, 1, 0, IN_QPI, run_device_id},
    {0xab, 0, 1, 1, 24, IN_QPI, run_release},
    {0x4b, 0, 1, 1, 32, 0, run_unique_id},
    {0x5a, 24, 1, 1, 8, 0, run_sfdp},
    {0xb9, 0, 1, 1, 0, IN_QPI, run_power_down},
    {0x77, 24, 4, 4, 0, NEEDS_QE, run_set_wrap},
    {0xc0, 0, 4, 4, 0, IN_QPI | ONLY_QPI, run_set_wrap},
    {0x38, 0, 1, 1, 0, NEEDS_QE, run_qpi},
    {0xff, 0, 4, 4, 0, IN_QPI | ONLY_QPI, run_qpi},
    {0x66, 0, 1, 1, 0, IN_QPI, run_reset},
    {0x99, 0, 1, 1, 0, IN_QPI, run_reset},
};

static bool phase_is(const espy_spi_phase *phase, unsigned lines)
{
    return phase->bits == 0 || (phase->lines == lines && !phase->dtr);
}

/* The command that the chip hears, or NULL: a transfer on other lines than it
 * listens to, or cut short, is none. */
static const command *find(const espy_nor *nor, const espy_spi_xfer *x)
{
    bool goes_on = nor->continuous != 0;
    if (goes_on ? x->cmd.bits != 0 : x->cmd.bits != 8 || !phase_is(&x->cmd, nor->qpi ? 4 : 1))
        return NULL;
    uint8_t code = goes_on ? nor->continuous : (uint8_t)x->cmd_value;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].code == code && (nor->qpi ? commands[i].flags & IN_QPI : !(commands[i].flags & ONLY_QPI)))
            return &commands[i];
    return NULL;
}

/* Whether the phases after the command are those of c; sets the latency. */
static bool fits(const espy_nor *nor, const command *c, espy_spi_xfer *x, bool has_data)
{
    unsigned addr_lines = nor->qpi ? 4 : c->addr_lines, data_lines = nor->qpi ? 4 : c->data_lines;
    if (x->addr.bits < c->addr_bits || x->addr.bits > 32 || !phase_is(&x->addr, addr_lines))
        return false;
    if (has_data && (x->data.lines != data_lines || x->data.dtr))
        return false;
    int wait = nor->qpi && (c->flags & IS_READ) ? nor->qpi_wait : nor->qpi ? c->latency / 4 : c->latency;
    x->latency = wait - (x->addr.bits - c->addr_bits) / (int)addr_lines;
    x->strobed = x->swapped = false;
    return true;
}

/* Anything sent to a chip in continuous read mode is address, then mode bits, by
 * which it may leave.  Sent on one line, they come on IO0, the others pulled up:
 * of M5 and M4, clocked in on IO1 and IO0, only M4 can be other than 1. */
static void disturb(espy_nor *nor, const espy_spi_xfer *x)
{
    if (nor->continuous == 0 || x->cmd.bits < 8)
        return;
    if (x->cmd_value & 0x02)
        nor->continuous = 0;
}

static bool may_run(const espy_nor *nor, const command *c)
{
    if (nor->powered_down && c->code != 0xab)
        return false;
    if (espy_nor_array_busy(&nor->array) && !(c->flags & WHILE_BUSY))
        return false;
    if ((c->flags & NEEDS_WEL) && !nor->wel)
        return false;
    return !(c->flags & NEEDS_QE) || (nor->sr[1] & SR2_QE);
}

static void transfer(void *self, espy_spi_xfer *x)
{
    espy_nor *nor = self;
    espy_nor_array_settle(&nor->array);
    const command *c = find(nor, x);
    if (c == NULL) {
        disturb(nor, x);
        return;
    }
    bool has_data = x->tx_size > 0 || x->rx_size > 0;
    if (!may_run(nor, c) || !fits(nor, c, x, has_data))
        return;
    bool reset_was_enabled = nor->reset_enabled;
    c->run(nor, c, x);
    if (reset_was_enabled)
        nor->reset_enabled = false; /* 99h must follow 66h at once */
}

static espy_mem *linear(void *self, espy_spi_xfer *x)
{
    espy_nor *nor = self;
    const command *c = find(nor, x);
    if (c == NULL || nor->continuous != 0 || nor->powered_down || !(c->flags & IS_READ) || x->tx_size > 0)
        return NULL;
    if ((c->flags & NEEDS_QE) && !(nor->sr[1] & SR2_QE))
        return NULL;
    return x->addr.bits == 24 && fits(nor, c, x, true) ? nor->array.mem : NULL;
}

espy_status espy_nor_init(espy_nor *nor, espy_soc *soc, espy_mem *mem, bool timing_real, espy_err *err)
{
    *nor = (espy_nor){.array = {.soc = soc, .mem = mem, .timing_real = timing_real}};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].size == mem->size)
            nor->chip = &chips[i];
    if (nor->chip == NULL)
        return espy_fail(err, ESPY_E_ARG, "no quad SPI flash of %zu bytes is known", mem->size);
    nor->part = (espy_spi_part){nor->chip->name, nor, transfer, linear};
    nor->kept_sr[2] = SR3_DELIVERED;
    restart(nor);
    return ESPY_OK;
}

void espy_nor_reset(espy_nor *nor, espy_reset kind)
{
    if (kind == ESPY_RESET_CHIP)
        restart(nor);
}
