/* SPDX-License-Identifier: MIT
 *
 * The general DMA controller.  See gdma.h.
 */
#include "gdma.h"

#include <string.h>

/* Registers of one half of a channel; the OUT half lies 0x60 behind the IN half. */
enum {
    CONF0 = 0x00,
    CONF1 = 0x04,
    INT_RAW = 0x08,
    INT_ST = 0x0c,
    INT_ENA = 0x10,
    INT_CLR = 0x14,
    FIFO_STATUS = 0x18,
    LINK = 0x20,
    STATE = 0x24,
    EOF_DES_ADDR = 0x28,
    ERR_EOF_DES_ADDR = 0x2c, /* OUT: EOF_BFR_DES_ADDR */
    DSCR = 0x30,
    DSCR_BF0 = 0x34,
    DSCR_BF1 = 0x38,
    WIGHT = 0x3c,
    PRI = 0x44,
    PERI_SEL = 0x48
};

enum { HALF = 0x60, CHANNEL = 0xc0, COMMON = ESPY_GDMA_CHANNELS * CHANNEL, GDMA_DATE = 0x40c };

/* IN_CONF0 and OUT_CONF0 */
#define RST (1u << 0)
#define MEM_TRANS_EN (1u << 4)
#define OUT_AUTO_WRBACK (1u << 2)
#define OUT_EOF_MODE (1u << 3)
/* CONF1 */
#define CHECK_OWNER (1u << 12)
#define INFIFO_FULL_THRS_RESET 0xcu

/* Interrupts: bit 0 means the same in both halves. */
#define DONE (1u << 0)
#define IN_SUC_EOF (1u << 1)
#define IN_DSCR_ERR (1u << 3)
#define IN_DSCR_EMPTY (1u << 4)
#define OUT_EOF (1u << 1)
#define OUT_DSCR_ERR (1u << 2)
#define OUT_TOTAL_EOF (1u << 3)

/* LINK: the OUT half has its bits one lower. */
#define LINK_ADDR 0xfffffu
#define IN_AUTO_RET (1u << 20)
#define IN_STOP (1u << 21)

/* FIFO_STATUS: everything empty. */
#define IN_FIFO_EMPTY 0x0f00002au
#define OUT_FIFO_EMPTY 0x0780002au

/* The first word of a descriptor. */
#define DW0_SIZE(dw0) ((dw0)&0xfff)
#define DW0_LENGTH(dw0) ((dw0) >> 12 & 0xfff)
#define DW0_SUC_EOF (1u << 30)
#define DW0_OWNER_DMA (1u << 31)

/* Descriptors walked in one go: a guest's endless list must not be endless for us. */
#define WALK 4096

/* Links give 20 bits of an address in internal RAM. */
#define LINK_BASE 0x3fc00000u

static void update_irq(espy_gdma_half *half)
{
    espy_line_set(&half->irq, (half->raw & half->ena) != 0);
}

static void raise_irq(espy_gdma_half *half, uint32_t bits)
{
    half->raw |= bits;
    update_irq(half);
}

/* ---- Memory ---- */

/* How much of [addr, addr+n) lies in one page. */
static size_t in_page(uint32_t addr, size_t n)
{
    size_t room = ESPY_PAGE_SIZE - addr % ESPY_PAGE_SIZE;
    return n < room ? n : room;
}

static void read_memory(espy_bus *bus, uint32_t addr, uint8_t *bytes, size_t n)
{
    while (n != 0) {
        size_t chunk = in_page(addr, n);
        const uint8_t *page = bus->read_page[addr >> ESPY_PAGE_BITS];
        for (size_t i = 0; page == NULL && i < chunk; i++)
            bytes[i] = (uint8_t)espy_bus_read(bus, addr + (uint32_t)i, 1);
        if (page != NULL)
            memcpy(bytes, page + addr % ESPY_PAGE_SIZE, chunk);
        bytes += chunk;
        addr += (uint32_t)chunk;
        n -= chunk;
    }
}

static void write_memory(espy_bus *bus, uint32_t addr, const uint8_t *bytes, size_t n)
{
    while (n != 0) {
        size_t chunk = in_page(addr, n);
        uint8_t *page = bus->write_page[addr >> ESPY_PAGE_BITS];
        for (size_t i = 0; page == NULL && i < chunk; i++)
            espy_bus_write(bus, addr + (uint32_t)i, bytes[i], 1);
        if (page != NULL)
            memcpy(page + addr % ESPY_PAGE_SIZE, bytes, chunk);
        bytes += chunk;
        addr += (uint32_t)chunk;
        n -= chunk;
    }
}

/* ---- Descriptors ---- */

static void stop(espy_gdma_half *half)
{
    half->running = false;
    half->loaded = false;
}

/* Makes sure that a descriptor with bytes to move is loaded. */
static bool load_descriptor(espy_gdma *gdma, espy_gdma_half *half)
{
    if (!half->running || half->loaded)
        return half->running;
    if (gdma->walk == 0)
        return false;
    gdma->walk--;
    espy_bus *bus = gdma->soc->bus;
    half->dw0 = espy_bus_read(bus, half->desc, 4);
    half->buffer = espy_bus_read(bus, half->desc + 4, 4);
    half->done = 0;
    bool ours = (half->dw0 & DW0_OWNER_DMA) != 0 || (half->conf1 & CHECK_OWNER) == 0;
    if (half->desc == 0 || !ours) {
        stop(half);
        raise_irq(half, half->out ? OUT_DSCR_ERR : IN_DSCR_ERR);
        return false;
    }
    half->loaded = true;
    return true;
}

/* The loaded descriptor is used up: write it back, report it, go on to the next. */
static void finish_descriptor(espy_gdma *gdma, espy_gdma_half *half, bool eof)
{
    uint32_t dw0 = half->dw0 & ~DW0_OWNER_DMA, raised = DONE;
    if (!half->out)
        dw0 = DW0_SIZE(dw0) | half->done << 12 | (eof ? DW0_SUC_EOF : 0);
    if (!half->out || (half->conf0 & OUT_AUTO_WRBACK) != 0)
        espy_bus_write(gdma->soc->bus, half->desc, dw0, 4);
    if (eof) {
        half->eof_before_desc = half->before;
        half->eof_desc = half->desc;
        raised |= half->out ? OUT_EOF : IN_SUC_EOF;
    }
    half->before = half->desc;
    half->loaded = false;
    half->next = espy_bus_read(gdma->soc->bus, half->desc + 8, 4);
    if (half->next != 0) {
        half->desc = half->next;
    } else {
        half->running = false;
        raised |= half->out ? OUT_TOTAL_EOF : 0;
    }
    raise_irq(half, raised);
}

/* Takes up to n bytes, from one descriptor only; *eof if they ended a packet. */
static size_t take(espy_gdma *gdma, espy_gdma_half *out, uint8_t *bytes, size_t n, bool *eof)
{
    *eof = false;
    if (!load_descriptor(gdma, out))
        return 0;
    size_t left = DW0_LENGTH(out->dw0) - out->done;
    size_t got = n < left ? n : left;
    read_memory(gdma->soc->bus, out->buffer + out->done, bytes, got);
    out->done += (uint32_t)got;
    if (out->done == DW0_LENGTH(out->dw0)) {
        *eof = (out->dw0 & DW0_SUC_EOF) != 0;
        finish_descriptor(gdma, out, *eof);
    }
    return got;
}

/* Puts n bytes into as many descriptors as it takes. */
static size_t put(espy_gdma *gdma, espy_gdma_half *in, const uint8_t *bytes, size_t n, bool eof)
{
    size_t given = 0;
    while (given < n || eof) {
        if (!load_descriptor(gdma, in)) {
            raise_irq(in, IN_DSCR_EMPTY);
            break;
        }
        size_t room = DW0_SIZE(in->dw0) - in->done;
        size_t chunk = n - given < room ? n - given : room;
        write_memory(gdma->soc->bus, in->buffer + in->done, bytes + given, chunk);
        in->done += (uint32_t)chunk;
        given += chunk;
        bool last = eof && given == n;
        if (last || in->done == DW0_SIZE(in->dw0))
            finish_descriptor(gdma, in, last);
        if (last)
            break;
    }
    return given;
}

/* ---- Peripherals ---- */

static size_t pull(void *self, unsigned peripheral, uint8_t *bytes, size_t n)
{
    espy_gdma *gdma = self;
    size_t got = 0;
    gdma->walk = WALK;
    for (unsigned c = 0; c < ESPY_GDMA_CHANNELS; c++) {
        espy_gdma_half *out = &gdma->out[c];
        bool eof;
        while (got < n && gdma->walk != 0 && out->running && out->peripheral == peripheral)
            got += take(gdma, out, bytes + got, n - got, &eof);
    }
    return got;
}

static size_t push(void *self, unsigned peripheral, const uint8_t *bytes, size_t n, bool eof)
{
    espy_gdma *gdma = self;
    gdma->walk = WALK;
    for (unsigned c = 0; c < ESPY_GDMA_CHANNELS; c++) {
        espy_gdma_half *in = &gdma->in[c];
        if (in->running && in->peripheral == peripheral)
            return put(gdma, in, bytes, n, eof);
    }
    return 0;
}

espy_dma_port espy_gdma_port(espy_gdma *gdma, unsigned peripheral)
{
    return (espy_dma_port){.pull = pull, .push = push, .self = gdma, .peripheral = peripheral};
}

/* Memory to memory: the IN half of the channel swallows what the OUT half has. */
static void copy(espy_gdma *gdma, unsigned c)
{
    espy_gdma_half *in = &gdma->in[c], *out = &gdma->out[c];
    uint8_t bytes[256];
    gdma->walk = WALK;
    while (gdma->walk != 0 && in->running && out->running) {
        bool eof;
        size_t n = take(gdma, out, bytes, sizeof bytes, &eof);
        put(gdma, in, bytes, n, eof);
    }
}

/* A half was started, or given to a peripheral. */
static void announce(espy_gdma *gdma, unsigned c, const espy_gdma_half *half)
{
    if (!half->running)
        return;
    if ((gdma->in[c].conf0 & MEM_TRANS_EN) != 0)
        copy(gdma, c);
    else if (half->peripheral < ESPY_GDMA_PERIPHERALS)
        espy_line_set(&gdma->ready[half->peripheral], true);
}

/* ---- Registers ---- */

static void write_link(espy_gdma *gdma, unsigned c, espy_gdma_half *half, uint32_t value)
{
    unsigned shift = half->out ? 1 : 0;
    bool stop_it = (value & IN_STOP >> shift) != 0, start = (value & IN_STOP << 1 >> shift) != 0,
         restart = (value & IN_STOP << 2 >> shift) != 0;
    half->link = value & (LINK_ADDR | (half->out ? 0 : IN_AUTO_RET));
    if (stop_it)
        stop(half);
    if (start) {
        half->desc = (value & LINK_ADDR) != 0 ? LINK_BASE | (value & LINK_ADDR) : 0;
        half->running = true;
        half->loaded = false;
    }
    /* At the end of the list, which may have grown since. */
    if (restart && !half->running && half->before != 0) {
        half->desc = espy_bus_read(gdma->soc->bus, half->before + 8, 4);
        half->running = half->desc != 0;
    }
    if (start || restart)
        announce(gdma, c, half);
}

static uint32_t read_link(const espy_gdma_half *half)
{
    uint32_t park = half->out ? 1u << 23 : 1u << 24;
    return half->link | (half->running ? 0 : park);
}

static uint32_t read_half(const espy_gdma_half *half, uint32_t offset)
{
    switch (offset) {
    case CONF0: return half->conf0;
    case CONF1: return half->conf1;
    case INT_RAW: return half->raw;
    case INT_ST: return half->raw & half->ena;
    case INT_ENA: return half->ena;
    case FIFO_STATUS: return half->out ? OUT_FIFO_EMPTY : IN_FIFO_EMPTY;
    case LINK: return read_link(half);
    case STATE: return half->desc & 0x3ffff;
    case EOF_DES_ADDR: return half->eof_desc;
    case ERR_EOF_DES_ADDR: return half->out ? half->eof_before_desc : 0;
    case DSCR: return half->next;
    case DSCR_BF0: return half->desc;
    case DSCR_BF1: return half->before;
    case WIGHT: return half->weight;
    case PRI: return half->priority;
    case PERI_SEL: return half->peripheral;
    default: return 0;
    }
}

static void write_half(espy_gdma *gdma, unsigned c, espy_gdma_half *half, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case CONF0:
        half->conf0 = value;
        if ((value & RST) != 0)
            stop(half);
        break;
    case CONF1: half->conf1 = value; break;
    case INT_ENA: half->ena = value; break;
    case INT_CLR: half->raw &= ~value; break;
    case LINK: write_link(gdma, c, half, value); break;
    case WIGHT: half->weight = value & 0xf00; break;
    case PRI: half->priority = value & 0xf; break;
    case PERI_SEL:
        half->peripheral = value & 0x3f;
        announce(gdma, c, half);
        break;
    default: break;
    }
    update_irq(half);
}

static espy_gdma_half *half_at(espy_gdma *gdma, uint32_t offset)
{
    unsigned c = offset / CHANNEL;
    return offset % CHANNEL < HALF ? &gdma->in[c] : &gdma->out[c];
}

static uint32_t gdma_read(void *self, uint32_t offset)
{
    espy_gdma *gdma = self;
    if (offset < COMMON)
        return read_half(half_at(gdma, offset), offset % CHANNEL % HALF);
    uint32_t n = (offset - COMMON) / 4;
    return n < sizeof gdma->common / 4 ? gdma->common[n] : 0;
}

static void gdma_write(void *self, uint32_t offset, uint32_t value)
{
    espy_gdma *gdma = self;
    uint32_t n = (offset - COMMON) / 4;
    if (offset < COMMON)
        write_half(gdma, offset / CHANNEL, half_at(gdma, offset), offset % CHANNEL % HALF, value);
    else if (n < sizeof gdma->common / 4)
        gdma->common[n] = value;
}

/* ---- The machine's side ---- */

void espy_gdma_init(espy_gdma *gdma, espy_soc *soc, const espy_line irq_in[ESPY_GDMA_CHANNELS],
                    const espy_line irq_out[ESPY_GDMA_CHANNELS])
{
    *gdma = (espy_gdma){.soc = soc};
    for (unsigned c = 0; c < ESPY_GDMA_CHANNELS; c++) {
        gdma->in[c].irq = irq_in[c];
        gdma->out[c].irq = irq_out[c];
    }
    espy_device device = {
        .name = "GDMA", .base = 0x6003f000, .size = 0x1000, .self = gdma, .read = gdma_read, .write = gdma_write};
    espy_bus_attach(soc->bus, &device);
    espy_gdma_reset(gdma, ESPY_RESET_CHIP);
}

static void reset_half(espy_gdma_half *half, bool out)
{
    *half = (espy_gdma_half){.irq = half->irq,
                             .out = out,
                             .conf0 = out ? OUT_EOF_MODE : 0,
                             .conf1 = out ? 0 : INFIFO_FULL_THRS_RESET,
                             .link = out ? 0 : IN_AUTO_RET,
                             .weight = 0xf00,
                             .peripheral = 0x3f};
    update_irq(half);
}

void espy_gdma_reset(espy_gdma *gdma, espy_reset reset)
{
    (void)reset;
    for (unsigned c = 0; c < ESPY_GDMA_CHANNELS; c++) {
        reset_half(&gdma->in[c], false);
        reset_half(&gdma->out[c], true);
    }
    memset(gdma->common, 0, sizeof gdma->common);
    gdma->common[(GDMA_DATE - COMMON) / 4] = 0x2101180;
}
