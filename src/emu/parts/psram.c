/* SPDX-License-Identifier: MIT
 *
 * AP Memory's PSRAM; see the header for the documents.
 *
 * Left out: refresh (a read in variable latency never collides with one), half
 * sleep, partial array refresh, data masking, row boundary rules of bursts.
 */
#include "psram.h"

#include <string.h>

static uint32_t clip(const espy_psram *psram, uint32_t addr)
{
    return addr & (uint32_t)(psram->mem->size - 1);
}

/* Bytes sent before the chip takes them are lost; bytes that it takes before they
 * are sent are what the lines float at. */
static uint8_t sent(const espy_spi_xfer *x, size_t i, int latency)
{
    int steps_per_byte = 8 / x->data.lines;
    int at = (int)i + (latency - x->dummy) / steps_per_byte;
    return at >= 0 && (size_t)at < x->tx_size ? x->tx[at] : ESPY_SPI_FLOAT;
}

static void store(espy_psram *psram, uint32_t addr, uint8_t byte)
{
    psram->mem->bytes[addr] = byte;
    espy_bus_mem_changed(psram->soc->bus, psram->mem, addr, 1);
}

/* ---- octal ---- */

enum {
    MR0_LT = 0x20, /* fixed latency */
    MR0_KEPT = 0x3f,
    MR4_KEPT = 0xff,
    MR8_BL = 0x03,
    MR8_HYBRID = 0x04,
    MR8_KEPT = 0x0f,
    VENDOR_AP = 0x0d,
    GOOD_DIE = 0x80,
    GENERATION_3 = 0x10,
    DENSITY_64M = 0x03,
    MR3_3V_FAST_REFRESH = 0x60
};

/* Mode registers after power-on. */
static void octal_restart(espy_psram *psram)
{
    static const uint8_t initial[9] = {
        [0] = 0x09, /* variable latency 5, half drive */
        [1] = VENDOR_AP, [2] = GOOD_DIE | GENERATION_3 | DENSITY_64M, [3] = MR3_3V_FAST_REFRESH,
        [4] = 0x40, /* write latency 5, full array refresh */
        [8] = 0x05, /* hybrid wrap in 32 bytes */
    };
    memcpy(psram->mr, initial, sizeof psram->mr);
}

/* Clocks are counted from the third address clock, half of which the address
 * takes; a step is half a clock. */
static int octal_steps(int clocks)
{
    return 2 * (clocks - 1);
}

static int octal_read_latency(const espy_psram *psram)
{
    int code = psram->mr[0] >> 2 & 7;
    return octal_steps(psram->mr[0] & MR0_LT ? 6 + 2 * code : 3 + code);
}

static int octal_write_latency(const espy_psram *psram)
{
    static const uint8_t clocks[8] = {[0] = 3, [4] = 4, [2] = 5, [6] = 6, [1] = 7};
    int n = clocks[psram->mr[4] >> 5];
    return octal_steps(n > 0 ? n : 5);
}

/* The address of byte i of a burst: MR8 wraps it in groups of 16, 32 or 64 bytes
 * or the page, a hybrid burst once and then on; linear bursts just go on. */
static uint32_t octal_at(const espy_psram *psram, uint32_t first, uint32_t i, bool linear)
{
    static const uint32_t group[4] = {16, 32, 64, 1024};
    uint32_t size = group[psram->mr[8] & MR8_BL], base = first & ~(size - 1);
    if (linear)
        return clip(psram, first + i);
    bool onward = (psram->mr[8] & MR8_HYBRID) && i >= size;
    return clip(psram, onward ? base + i : base + (first + i) % size);
}

static void octal_array(espy_psram *psram, espy_spi_xfer *x, bool linear, bool write)
{
    uint32_t first = x->addr_value & ~1u;
    x->latency = write ? octal_write_latency(psram) : octal_read_latency(psram);
    for (uint32_t i = 0; i < x->rx_size && !write; i++)
        x->rx[i] = psram->mem->bytes[octal_at(psram, first, i, linear)];
    for (uint32_t i = 0; i < x->tx_size && write; i++)
        store(psram, octal_at(psram, first, i, linear), sent(x, i, x->latency));
}

static void octal_read_registers(espy_psram *psram, espy_spi_xfer *x)
{
    uint32_t n = x->addr_value & 0x0f;
    x->latency = octal_read_latency(psram);
    for (size_t i = 0; i < x->rx_size; i++) {
        size_t at = n + i % 2;
        x->rx[i] = at < sizeof psram->mr ? psram->mr[at] : 0;
    }
}

static void octal_write_register(espy_psram *psram, espy_spi_xfer *x)
{
    static const uint8_t kept[9] = {[0] = MR0_KEPT, [4] = MR4_KEPT, [8] = MR8_KEPT};
    uint32_t n = x->addr_value & 0x0f;
    if (n < sizeof psram->mr && x->tx_size > 0 && kept[n] != 0)
        psram->mr[n] = sent(x, 0, 0) & kept[n];
}

/* Command on one clock, address on two, all on eight lines; the byte of the
 * command's second edge means nothing. */
static bool octal_fits(const espy_spi_xfer *x)
{
    if (x->cmd.bits != 16 || x->cmd.lines != 8 || x->addr.bits != 32 || x->addr.lines != 8 || !x->addr.dtr)
        return false;
    return (x->tx_size == 0 && x->rx_size == 0) || (x->data.lines == 8 && x->data.dtr);
}

static void octal_transfer(void *self, espy_spi_xfer *x)
{
    espy_psram *psram = self;
    if (!octal_fits(x))
        return;
    x->strobed = true;
    x->swapped = false;
    switch (x->cmd_value & 0xff) {
    case 0x00: octal_array(psram, x, false, false); break;
    case 0x20: octal_array(psram, x, true, false); break;
    case 0x80: octal_array(psram, x, false, true); break;
    case 0xa0: octal_array(psram, x, true, true); break;
    case 0x40: octal_read_registers(psram, x); break;
    case 0xc0: octal_write_register(psram, x); break;
    case 0xff: octal_restart(psram); break;
    default: break;
    }
}

static espy_mem *octal_linear(void *self, espy_spi_xfer *x)
{
    espy_psram *psram = self;
    bool write = x->tx_size > 0;
    unsigned code = x->cmd_value & 0xdf;
    if (!octal_fits(x) || code != (write ? 0x80u : 0x00u))
        return NULL;
    x->latency = write ? octal_write_latency(psram) : octal_read_latency(psram);
    x->strobed = true;
    x->swapped = false;
    return psram->mem;
}

/* ---- quad ---- */

static void quad_restart(espy_psram *psram)
{
    psram->qpi = psram->wrap32 = psram->reset_enabled = false;
}

/* Commands that reach the array. */
static const struct quad_command {
    uint8_t code;
    uint8_t addr_lines, data_lines; /* in SPI; in QPI all phases take four */
    uint8_t latency[2];             /* clocks, in SPI and in QPI */
    bool in_qpi, write;
} quad_commands[] = {
    {0x03, 1, 1, {0, 0}, false, false}, {0x0b, 1, 1, {8, 4}, true, false}, {0xeb, 4, 4, {6, 6}, true, false},
    {0x02, 1, 1, {0, 0}, true, true},   {0x38, 4, 4, {0, 0}, true, true},
};

static const struct quad_command *quad_find(const espy_psram *psram, espy_spi_xfer *x)
{
    for (size_t i = 0; i < sizeof quad_commands / sizeof quad_commands[0]; i++) {
        const struct quad_command *c = &quad_commands[i];
        unsigned addr_lines = psram->qpi ? 4 : c->addr_lines, data_lines = psram->qpi ? 4 : c->data_lines;
        if (c->code != (x->cmd_value & 0xff) || (psram->qpi && !c->in_qpi))
            continue;
        x->latency = c->latency[psram->qpi];
        x->strobed = x->swapped = false;
        bool fits = x->addr.bits == 24 && x->addr.lines == addr_lines && !x->addr.dtr;
        return fits && x->data.lines == data_lines && !x->data.dtr ? c : NULL;
    }
    return NULL;
}

static bool quad_hears(const espy_psram *psram, const espy_spi_xfer *x)
{
    return x->cmd.bits == 8 && x->cmd.lines == (psram->qpi ? 4 : 1) && !x->cmd.dtr;
}

static void quad_array(espy_psram *psram, const struct quad_command *c, espy_spi_xfer *x)
{
    uint32_t addr = x->addr_value;
    for (size_t i = 0; i < (c->write ? x->tx_size : x->rx_size); i++) {
        if (c->write)
            store(psram, clip(psram, addr), sent(x, i, x->latency));
        else
            x->rx[i] = psram->mem->bytes[clip(psram, addr)];
        addr = psram->wrap32 && (addr + 1) % 32 == 0 ? addr & ~31u : addr + 1;
    }
}

/* Manufacturer, known good die, density in the top bits of the third byte; the
 * address that precedes them means nothing.  Not in QPI. */
static void quad_read_id(espy_psram *psram, espy_spi_xfer *x)
{
    static const uint8_t id[8] = {VENDOR_AP, 0x5d, 0x05, 0x45, 0x53, 0x50, 0x59, 0x00};
    if (psram->qpi || x->data.lines != 1)
        return;
    x->latency = 24 - x->addr.bits;
    for (size_t i = 0; i < x->rx_size && i < sizeof id; i++)
        x->rx[i] = id[i];
}

static void quad_transfer(void *self, espy_spi_xfer *x)
{
    espy_psram *psram = self;
    if (!quad_hears(psram, x))
        return;
    bool reset_was_enabled = psram->reset_enabled;
    const struct quad_command *c = quad_find(psram, x);
    switch (x->cmd_value & 0xff) {
    case 0x9f: quad_read_id(psram, x); break;
    case 0x35: psram->qpi = true; break;
    case 0xf5: psram->qpi = false; break;
    case 0xc0: psram->wrap32 = !psram->wrap32; break;
    case 0x66: psram->reset_enabled = true; break;
    case 0x99:
        if (psram->reset_enabled)
            quad_restart(psram);
        break;
    default:
        if (c != NULL)
            quad_array(psram, c, x);
        break;
    }
    if (reset_was_enabled)
        psram->reset_enabled = false; /* 99h must follow 66h at once */
}

static espy_mem *quad_linear(void *self, espy_spi_xfer *x)
{
    espy_psram *psram = self;
    const struct quad_command *c = quad_hears(psram, x) ? quad_find(psram, x) : NULL;
    return c != NULL && c->write == (x->tx_size > 0) ? psram->mem : NULL;
}

/* ---- both ---- */

static const struct {
    const char *name;
    bool octal;
    uint32_t size;
} chips[] = {{"APS6408L", true, 8u << 20}, {"APS1604M", false, 2u << 20}};

espy_status espy_psram_init(espy_psram *psram, espy_soc *soc, espy_mem *mem, bool octal, espy_err *err)
{
    *psram = (espy_psram){.soc = soc, .mem = mem};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].octal == octal && chips[i].size == mem->size)
            psram->part.name = chips[i].name;
    if (psram->part.name == NULL)
        return espy_fail(err, ESPY_E_ARG, "no %s PSRAM of %zu bytes is known", octal ? "octal" : "quad", mem->size);
    psram->part.self = psram;
    psram->part.transfer = octal ? octal_transfer : quad_transfer;
    psram->part.linear = octal ? octal_linear : quad_linear;
    espy_psram_reset(psram, ESPY_RESET_CHIP);
    return ESPY_OK;
}

void espy_psram_reset(espy_psram *psram, espy_reset kind)
{
    if (kind != ESPY_RESET_CHIP)
        return;
    octal_restart(psram);
    quad_restart(psram);
}
