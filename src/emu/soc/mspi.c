/* SPDX-License-Identifier: MIT
 *
 * The registers of SPI0 and SPI1, and SPI1's transfers; see the header.
 */
#include "mspi.h"

#include "../../base/bytes.h"
#include "../core/regfile.h"
#include "mspi_reg.h"
#include "mspi_sample.h"
#include "mspi_shape.h"

#include <string.h>

enum { BUFFER_SIZE = 64 };

static const espy_reg_init reset_values[] = {
    {CTRL, 0x002ca000},           {0x0c, 0x00000ffc},        {CTRL2, 0x00002c21},    {CLOCK, 0x00030103},
    {USER, 0x80000000},           {USER1, 0x5c000007},       {USER2, 0x70000000},    {MISC, 0x00000002},
    {TX_CRC, 0xffffffff},         {CACHE_SCTRL, 0x0055c070}, {SRAM_CLK, 0x00030103}, {FLASH_WAITI_CTRL, 0x00000014},
    {FLASH_SUS_CTRL, 0x0000eaf4}, {ECC_CTRL, 0x0000000a},    {SMEM_AC, 0x0000b084},  {DDR, 0x00003020},
    {SMEM_DDR, 0x00003020},       {CLOCK_GATE, 0x00000001},  {DATE, 0x02101040},
};

static void update_irq(espy_mspi_port *port)
{
    port->reg[INT_ST / 4] = port->reg[INT_RAW / 4] & port->reg[INT_ENA / 4];
    espy_line_set(&port->mspi->irq[port->n], port->reg[INT_ST / 4] != 0);
}

static void raise(espy_mspi_port *port, uint32_t interrupts)
{
    port->reg[INT_RAW / 4] |= interrupts;
    update_irq(port);
}

/* DDR_RDAT_SWP and DDR_WDAT_SWP: bytes 1, 0, 3, 2. */
static void swap_pairs(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint8_t first = bytes[i];
        bytes[i] = bytes[i + 1];
        bytes[i + 1] = first;
    }
}

/* Passes the transfer to the selected chips and samples what comes back: x->rx and
 * x->rx_size are the caller's buffer, of at most BUFFER_SIZE bytes. */
static void exchange(espy_mspi_port *port, espy_spi_xfer *x, unsigned selected)
{
    espy_mspi *mspi = port->mspi;
    uint8_t wire[2 * BUFFER_SIZE], *rx = x->rx;
    size_t wanted = x->rx_size;
    memset(wire, ESPY_SPI_FLOAT, sizeof wire);
    x->rx = wire;
    x->rx_size = wanted > 0 ? wanted + 16 : 0; /* some more than wanted, for late sampling */
    for (unsigned cs = 0; cs < 2; cs++) {
        espy_spi_part *part = mspi->cs[cs];
        if (!(selected & BIT(cs)) || part == NULL)
            continue;
        x->latency = x->dummy;
        part->transfer(part->self, x);
        int slip = wanted > 0 ? espy_mspi_slip(mspi, port->n, cs, x) : 0;
        if (slip != 0)
            espy_mspi_slip_bytes(wire, x->rx_size, slip, x->data.lines);
        if (x->data.dtr && port->reg[DDR / 4] & DDR_RDAT_SWP)
            swap_pairs(wire, wanted);
    }
    if (wanted > 0)
        memcpy(rx, wire, wanted);
    x->rx = rx;
    x->rx_size = wanted;
    mspi->transfers++;
}

static unsigned selected(const espy_mspi_port *port)
{
    return ~port->reg[MISC / 4] & 3;
}

/* Bytes [first, first+n) of the 64 of W0 to W15. */
static void load_w(const espy_mspi_port *port, unsigned first, uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (first + i) % BUFFER_SIZE;
        bytes[i] = (uint8_t)(port->reg[W0 / 4 + at / 4] >> 8 * (at % 4));
    }
}

static void store_w(espy_mspi_port *port, unsigned first, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (first + i) % BUFFER_SIZE;
        uint32_t *word = &port->reg[W0 / 4 + at / 4];
        *word = (*word & ~(0xffu << 8 * (at % 4))) | (uint32_t)bytes[i] << 8 * (at % 4);
    }
}

static size_t data_bytes(uint32_t dlen)
{
    size_t n = (espy_bits(dlen, 9, 0) + 8) / 8;
    return n < BUFFER_SIZE ? n : BUFFER_SIZE;
}

static uint32_t addr_of(uint32_t value, unsigned bits)
{
    return bits < 32 ? value & (BIT(bits) - 1) : value;
}

/* A program takes what XTS_AES has ready, its address and size with it. */
static void take_ciphertext(espy_mspi_port *port, espy_spi_xfer *x, uint8_t tx[BUFFER_SIZE])
{
    const espy_spi_cipher *cipher = &port->mspi->cipher;
    const uint8_t *bytes;
    uint32_t addr;
    size_t n = cipher->take != NULL ? cipher->take(cipher->self, &addr, &bytes) : 0;
    if (n == 0)
        return;
    x->addr_value = addr_of(addr, x->addr.bits);
    x->tx_size = n;
    memcpy(tx, bytes, n);
}

/* A user-defined transfer, phase by phase as the registers say. */
static void start_user(espy_mspi_port *port)
{
    const uint32_t *reg = port->reg;
    uint32_t ctrl = reg[CTRL / 4], user = reg[USER / 4], fctrl = reg[CACHE_FCTRL / 4], ddr = reg[DDR / 4];
    bool reads = user & USR_MISO, writes = user & USR_MOSI, dtr = ddr & DDR_EN;
    uint8_t tx[BUFFER_SIZE], rx[BUFFER_SIZE];
    espy_spi_xfer x = {.tx = tx, .rx = rx, .mode_bits = espy_mspi_mode_bits(ctrl, reg[RD_STATUS / 4])};
    x.cmd_value = (uint16_t)espy_bits(reg[USER2 / 4], 15, 0);
    x.cmd.bits = (uint8_t)(user & USR_COMMAND ? espy_bits(reg[USER2 / 4], 31, 28) + 1 : 0);
    x.cmd.lines = (uint8_t)espy_mspi_cmd_lines(ctrl);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr.bits = (uint8_t)(user & USR_ADDR ? espy_bits(reg[USER1 / 4], 31, 26) + 1 : 0);
    x.addr.lines = (uint8_t)espy_mspi_addr_lines(ctrl, user, fctrl, reads, writes && !reads);
    x.addr.dtr = x.data.dtr = dtr;
    x.addr_value = addr_of(reg[ADDR / 4], x.addr.bits);
    x.data.lines = (uint8_t)(reads ? espy_mspi_din_lines(ctrl, fctrl) : espy_mspi_dout_lines(ctrl, user, fctrl));
    x.dummy = (uint16_t)(user & USR_DUMMY ? espy_bits(reg[USER1 / 4], 5, 0) + 1 : 0);
    if (reads)
        x.dummy = (uint16_t)(x.dummy + espy_mspi_extra_dummy(reg[TIMING_CALI / 4]));
    x.tx_size = writes ? data_bytes(reg[MOSI_DLEN / 4]) : 0;
    x.rx_size = reads ? data_bytes(reg[MISO_DLEN / 4]) : 0;
    load_w(port, user & USR_MOSI_HIGHPART ? BUFFER_SIZE / 2 : 0, tx, x.tx_size);
    if (writes && x.addr.bits > 0)
        take_ciphertext(port, &x, tx);
    if (dtr && ddr & DDR_WDAT_SWP)
        swap_pairs(tx, x.tx_size);
    exchange(port, &x, selected(port));
    store_w(port, user & USR_MISO_HIGHPART ? BUFFER_SIZE / 2 : 0, rx, x.rx_size);
}

/* A command on one line, with an address of 24 bits or none and n bytes of answer. */
static void simple(espy_mspi_port *port, uint8_t code, bool addr, const uint8_t *tx, size_t tx_size, uint8_t *rx,
                   size_t rx_size)
{
    espy_spi_xfer x = {.cmd = {8, 1, false}, .addr = {addr ? 24 : 0, 1, false}, .data = {0, 1, false}};
    x.cmd_value = code;
    x.addr_value = addr_of(port->reg[ADDR / 4], x.addr.bits);
    x.tx = tx;
    x.tx_size = tx_size;
    x.rx = rx;
    x.rx_size = rx_size;
    exchange(port, &x, selected(port));
}

/* Bits 31 to 24 of ADDR are the length of FLASH_READ and FLASH_PP. */
static size_t addr_length(const espy_mspi_port *port)
{
    size_t n = port->reg[ADDR / 4] >> 24;
    return n < BUFFER_SIZE ? n : BUFFER_SIZE;
}

static void start_read(espy_mspi_port *port)
{
    const uint32_t *reg = port->reg;
    uint32_t ctrl = reg[CTRL / 4], fctrl = reg[CACHE_FCTRL / 4];
    uint8_t rx[BUFFER_SIZE];
    espy_spi_xfer x = {.cmd = {8, 1, false}, .rx = rx, .rx_size = addr_length(port)};
    x.cmd_value = (uint16_t)espy_mspi_read_command(ctrl);
    x.addr = (espy_spi_phase){24, (uint8_t)espy_mspi_addr_lines(ctrl, 0, fctrl, true, false), false};
    x.addr_value = addr_of(reg[ADDR / 4], 24);
    x.data.lines = (uint8_t)espy_mspi_din_lines(ctrl, fctrl);
    x.dummy = (uint16_t)(ctrl & FASTRD_MODE ? espy_bits(reg[USER1 / 4], 5, 0) + 1 : 0);
    x.mode_bits = espy_mspi_mode_bits(ctrl, reg[RD_STATUS / 4]);
    exchange(port, &x, selected(port));
    store_w(port, 0, rx, x.rx_size);
}

static void start_program(espy_mspi_port *port)
{
    uint8_t tx[BUFFER_SIZE];
    espy_spi_xfer x = {.cmd = {8, 1, false}, .cmd_value = 0x02, .addr = {24, 1, false}, .data = {0, 1, false}};
    x.addr_value = addr_of(port->reg[ADDR / 4], x.addr.bits);
    x.tx = tx;
    x.tx_size = addr_length(port);
    load_w(port, 0, tx, x.tx_size);
    take_ciphertext(port, &x, tx);
    exchange(port, &x, selected(port));
}

static void set_status(espy_mspi_port *port, uint32_t value)
{
    port->reg[RD_STATUS / 4] = (port->reg[RD_STATUS / 4] & 0xffff0000u) | (value & 0xffff);
}

static void start_status(espy_mspi_port *port, uint32_t op)
{
    uint8_t bytes[4];
    put_le16(bytes, (uint16_t)port->reg[RD_STATUS / 4]);
    if (op == FLASH_WRSR) {
        simple(port, 0x01, false, bytes, port->reg[CTRL / 4] & WRSR_2B ? 2 : 1, NULL, 0);
    } else if (op == FLASH_RDSR) {
        simple(port, 0x05, false, NULL, 0, bytes, 1);
        set_status(port, bytes[0]);
    } else { /* FLASH_RES: three bytes without meaning, then the id */
        simple(port, 0xab, false, NULL, 0, bytes, sizeof bytes);
        if (port->reg[CTRL / 4] & RESANDRES)
            set_status(port, bytes[3]);
    }
}

static void start_id(espy_mspi_port *port)
{
    uint8_t id[3];
    simple(port, 0x9f, false, NULL, 0, id, sizeof id);
    store_w(port, 0, id, sizeof id);
}

/* Carries out the one operation whose bit is set. */
static void start(espy_mspi_port *port, uint32_t op)
{
    switch (op) {
    case USR: start_user(port); break;
    case FLASH_READ: start_read(port); break;
    case FLASH_PP: start_program(port); break;
    case FLASH_RDID: start_id(port); break;
    case FLASH_RDSR:
    case FLASH_WRSR:
    case FLASH_RES: start_status(port, op); break;
    case FLASH_WREN: simple(port, 0x06, false, NULL, 0, NULL, 0); break;
    case FLASH_WRDI: simple(port, 0x04, false, NULL, 0, NULL, 0); break;
    case FLASH_SE: simple(port, 0x20, true, NULL, 0, NULL, 0); break;
    case FLASH_BE: simple(port, 0xd8, true, NULL, 0, NULL, 0); break;
    case FLASH_CE: simple(port, 0x60, false, NULL, 0, NULL, 0); break;
    case FLASH_DP: simple(port, 0xb9, false, NULL, 0, NULL, 0); break;
    case FLASH_HPM: simple(port, 0xa3, false, NULL, 0, NULL, 0); break;
    default: break;
    }
}

/* Whether the controller waits for the chip to be idle before it reports the end. */
static bool waits(const espy_mspi_port *port, uint32_t cmd)
{
    const uint32_t slow = FLASH_WRSR | FLASH_PP | FLASH_SE | FLASH_BE | FLASH_CE | FLASH_PE;
    return (port->reg[FLASH_WAITI_CTRL / 4] & WAITI_EN) && (cmd & slow);
}

static bool chip_busy(espy_mspi_port *port)
{
    uint32_t waiti = port->reg[FLASH_WAITI_CTRL / 4];
    uint8_t status = 0;
    espy_spi_xfer x = {.cmd = {8, 1, false}, .data = {0, 1, false}, .rx = &status, .rx_size = 1};
    x.cmd_value = (uint16_t)espy_bits(waiti, 9, 2);
    x.dummy = (uint16_t)(waiti & WAITI_DUMMY ? espy_bits(waiti, 15, 10) + 1 : 0);
    exchange(port, &x, selected(port));
    return status != ESPY_SPI_FLOAT && (status & 1);
}

static void finish(espy_mspi_port *port)
{
    port->reg[CMD / 4] = 0;
    raise(port, TOTAL_TRANS_END_INT);
}

static void write_cmd(espy_mspi_port *port, uint32_t value)
{
    if (port->n == 0 || port->reg[CMD / 4] != 0 || (value & ~FLASH_PE) == 0)
        return;
    for (unsigned bit = 31; bit >= 18; bit--)
        if (value & BIT(bit))
            start(port, BIT(bit));
    espy_mspi_update(port->mspi);
    port->reg[CMD / 4] = value;
    if (!waits(port, value))
        finish(port);
}

static uint32_t read_cmd(espy_mspi_port *port)
{
    if (port->reg[CMD / 4] != 0 && !chip_busy(port))
        finish(port);
    return port->reg[CMD / 4];
}

/* Suspend and resume by hand. */
static void write_sus_cmd(espy_mspi_port *port, uint32_t value)
{
    uint32_t ctrl = port->reg[FLASH_SUS_CTRL / 4];
    port->reg[FLASH_SUS_CMD / 4] = value & ~(FLASH_PES | FLASH_PER);
    if (port->n == 0 || !(value & (FLASH_PES | FLASH_PER)))
        return;
    bool suspend = value & FLASH_PES;
    simple(port, (uint8_t)(suspend ? espy_bits(ctrl, 16, 9) : espy_bits(ctrl, 8, 1)), false, NULL, 0, NULL, 0);
    port->reg[SUS_STATUS / 4] = (port->reg[SUS_STATUS / 4] & ~FLASH_SUS) | (suspend ? FLASH_SUS : 0);
    raise(port, suspend ? PES_END_INT : PER_END_INT);
}

/* ---- registers ---- */

static uint32_t read(void *self, uint32_t offset)
{
    espy_mspi_port *port = self;
    if (offset == CMD)
        return read_cmd(port);
    return port->reg[offset / 4];
}

static void write(void *self, uint32_t offset, uint32_t value)
{
    espy_mspi_port *port = self;
    switch (offset) {
    case CMD: write_cmd(port, value); return;
    case FLASH_SUS_CMD: write_sus_cmd(port, value); return;
    case INT_CLR:
        port->reg[INT_RAW / 4] &= ~value;
        update_irq(port);
        return;
    case INT_ENA:
        port->reg[INT_ENA / 4] = value & INT_ALL;
        update_irq(port);
        return;
    case CTRL2: value &= ~SYNC_RESET; break;
    case FSM:
    case TX_CRC:
    case INT_RAW:
    case INT_ST: return;
    default: break;
    }
    bool changes = port->reg[offset / 4] != value;
    port->reg[offset / 4] = value;
    if (port->n == 0 && changes)
        espy_mspi_update(port->mspi);
}

static void attach(espy_mspi *mspi, unsigned n, const char *name, uint32_t base)
{
    mspi->port[n].mspi = mspi;
    mspi->port[n].n = n;
    espy_device device = {
        .name = name, .base = base, .size = SPACE, .self = &mspi->port[n], .read = read, .write = write};
    espy_bus_attach(mspi->soc->bus, &device);
}

void espy_mspi_init(espy_mspi *mspi, espy_soc *soc, espy_spi_part *cs0, espy_spi_part *cs1)
{
    *mspi = (espy_mspi){.soc = soc, .cs = {cs0, cs1}};
    attach(mspi, 0, "SPI0", 0x60003000);
    attach(mspi, 1, "SPI1", 0x60002000);
    espy_mspi_reset(mspi, ESPY_RESET_CHIP);
}

void espy_mspi_reset(espy_mspi *mspi, espy_reset kind)
{
    (void)kind;
    for (unsigned n = 0; n < 2; n++) {
        espy_regfile_reset(mspi->port[n].reg, ESPY_MSPI_WORDS, reset_values,
                           sizeof reset_values / sizeof reset_values[0]);
        update_irq(&mspi->port[n]);
    }
    espy_mspi_update(mspi);
}
