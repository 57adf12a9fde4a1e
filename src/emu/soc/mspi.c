/* SPDX-License-Identifier: MIT
 *
 * SPI0 and SPI1; see the header for the documents.
 */
#include "mspi.h"

#include "../../base/bytes.h"
#include "../core/regfile.h"

#include <string.h>

enum {
    CMD = 0x00,
    ADDR = 0x04,
    CTRL = 0x08,
    CTRL2 = 0x10,
    CLOCK = 0x14,
    USER = 0x18,
    USER1 = 0x1c,
    USER2 = 0x20,
    MOSI_DLEN = 0x24,
    MISO_DLEN = 0x28,
    RD_STATUS = 0x2c,
    MISC = 0x34,
    TX_CRC = 0x38,
    CACHE_FCTRL = 0x3c,
    CACHE_SCTRL = 0x40,
    SRAM_CMD = 0x44,
    SRAM_DRD_CMD = 0x48,
    SRAM_DWR_CMD = 0x4c,
    SRAM_CLK = 0x50,
    FSM = 0x54,
    W0 = 0x58,
    FLASH_WAITI_CTRL = 0x98,
    FLASH_SUS_CMD = 0x9c,
    FLASH_SUS_CTRL = 0xa0,
    SUS_STATUS = 0xa4,
    TIMING_CALI = 0xa8,
    DIN_MODE = 0xac,
    DIN_NUM = 0xb0,
    SMEM_TIMING_CALI = 0xbc,
    SMEM_DIN_MODE = 0xc0,
    SMEM_DIN_NUM = 0xc4,
    ECC_CTRL = 0xcc,
    SMEM_AC = 0xdc,
    DDR = 0xe0,
    SMEM_DDR = 0xe4,
    CLOCK_GATE = 0xe8,
    CORE_CLK_SEL = 0xec,
    INT_ENA = 0xf0,
    INT_CLR = 0xf4,
    INT_RAW = 0xf8,
    INT_ST = 0xfc,
    DATE = 0x3fc,
    SPACE = 0x400
};

#define BIT(n) (UINT32_C(1) << (n))

/* CMD: one bit starts each operation. */
#define FLASH_READ BIT(31)
#define FLASH_WREN BIT(30)
#define FLASH_WRDI BIT(29)
#define FLASH_RDID BIT(28)
#define FLASH_RDSR BIT(27)
#define FLASH_WRSR BIT(26)
#define FLASH_PP BIT(25)
#define FLASH_SE BIT(24)
#define FLASH_BE BIT(23)
#define FLASH_CE BIT(22)
#define FLASH_DP BIT(21)
#define FLASH_RES BIT(20)
#define FLASH_HPM BIT(19)
#define USR BIT(18)
#define FLASH_PE BIT(17) /* says of USR that it programs or erases */

#define FREAD_QIO BIT(24)
#define FREAD_DIO BIT(23)
#define WRSR_2B BIT(22)
#define FREAD_QUAD BIT(20)
#define RESANDRES BIT(15)
#define FREAD_DUAL BIT(14)
#define FASTRD_MODE BIT(13)
#define FCMD_OCT BIT(9)
#define FCMD_QUAD BIT(8)
#define FCMD_DUAL BIT(7)
#define FADDR_OCT BIT(6)
#define FDIN_OCT BIT(5)
#define FDOUT_OCT BIT(4)

#define USR_COMMAND BIT(31)
#define USR_ADDR BIT(30)
#define USR_DUMMY BIT(29)
#define USR_MISO BIT(28)
#define USR_MOSI BIT(27)
#define USR_MOSI_HIGHPART BIT(25)
#define USR_MISO_HIGHPART BIT(24)
#define FWRITE_QIO BIT(15)
#define FWRITE_DIO BIT(14)
#define FWRITE_QUAD BIT(13)
#define FWRITE_DUAL BIT(12)

/* CACHE_FCTRL */
#define FADDR_QUAD BIT(8)
#define FDOUT_QUAD BIT(7)
#define FDIN_QUAD BIT(6)
#define FADDR_DUAL BIT(5)
#define FDOUT_DUAL BIT(4)
#define FDIN_DUAL BIT(3)
#define CACHE_FLASH_USR_CMD BIT(2)

/* CACHE_SCTRL */
#define SRAM_OCT BIT(21)
#define CACHE_SRAM_USR_WCMD BIT(20)
#define CACHE_SRAM_USR_RCMD BIT(5)
#define USR_RD_SRAM_DUMMY BIT(4)
#define USR_WR_SRAM_DUMMY BIT(3)
#define USR_SRAM_QIO BIT(2)
#define USR_SRAM_DIO BIT(1)

/* SRAM_CMD */
#define SCMD_OCT BIT(21)
#define SADDR_OCT BIT(20)
#define SDOUT_OCT BIT(19)
#define SDIN_OCT BIT(18)
#define SCMD_QUAD BIT(17)
#define SADDR_QUAD BIT(16)
#define SDOUT_QUAD BIT(15)
#define SDIN_QUAD BIT(14)
#define SCMD_DUAL BIT(13)
#define SADDR_DUAL BIT(12)
#define SDOUT_DUAL BIT(11)
#define SDIN_DUAL BIT(10)

/* DDR and SPI_SMEM_DDR */
#define DDR_DQS_LOOP BIT(21)
#define DDR_CMD_DIS BIT(4)
#define DDR_WDAT_SWP BIT(3)
#define DDR_RDAT_SWP BIT(2)
#define VAR_DUMMY BIT(1)
#define DDR_EN BIT(0)

#define CALI_ENABLE BIT(1)
#define CALI_HCLK BIT(0)
#define CLK_EQU_SYSCLK BIT(31)
#define SYNC_RESET BIT(31)
#define WAITI_EN BIT(0)
#define WAITI_DUMMY BIT(1)
#define FLASH_PES BIT(1)
#define FLASH_PER BIT(0)
#define FLASH_SUS BIT(0)
#define PER_END_INT BIT(0)
#define PES_END_INT BIT(1)
#define TOTAL_TRANS_END_INT BIT(2)
#define INT_ALL 0x1fu

#define BUFFER_SIZE 64

static const espy_reg_init reset_values[] = {
    {CTRL, 0x002ca000},           {0x0c, 0x00000ffc},        {CTRL2, 0x00002c21},    {CLOCK, 0x00030103},
    {USER, 0x80000000},           {USER1, 0x5c000007},       {USER2, 0x70000000},    {MISC, 0x00000002},
    {TX_CRC, 0xffffffff},         {CACHE_SCTRL, 0x0055c070}, {SRAM_CLK, 0x00030103}, {FLASH_WAITI_CTRL, 0x00000014},
    {FLASH_SUS_CTRL, 0x0000eaf4}, {ECC_CTRL, 0x0000000a},    {SMEM_AC, 0x0000b084},  {DDR, 0x00003020},
    {SMEM_DDR, 0x00003020},       {CLOCK_GATE, 0x00000001},  {DATE, 0x02101040},
};

static uint32_t get(const espy_mspi *mspi, unsigned n, uint32_t offset)
{
    return mspi->port[n].reg[offset / 4];
}

/* ---- how many lines a phase takes ---- */

static unsigned lines(bool oct, bool quad, bool dual)
{
    return oct ? 8 : quad ? 4 : dual ? 2 : 1;
}

static unsigned cmd_lines(uint32_t ctrl)
{
    return lines(ctrl & FCMD_OCT, ctrl & FCMD_QUAD, ctrl & FCMD_DUAL);
}

/* The FREAD_ bits shape transfers that read, the FWRITE_ bits those that write. */
static unsigned addr_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl, bool reads, bool writes)
{
    bool quad = (fctrl & FADDR_QUAD) || (reads && ctrl & FREAD_QIO) || (writes && user & FWRITE_QIO);
    bool dual = (fctrl & FADDR_DUAL) || (reads && ctrl & FREAD_DIO) || (writes && user & FWRITE_DIO);
    return lines(ctrl & FADDR_OCT, quad, dual);
}

static unsigned din_lines(uint32_t ctrl, uint32_t fctrl)
{
    bool quad = (fctrl & FDIN_QUAD) || (ctrl & (FREAD_QIO | FREAD_QUAD));
    bool dual = (fctrl & FDIN_DUAL) || (ctrl & (FREAD_DIO | FREAD_DUAL));
    return lines(ctrl & FDIN_OCT, quad, dual);
}

static unsigned dout_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl)
{
    bool quad = (fctrl & FDOUT_QUAD) || (user & (FWRITE_QIO | FWRITE_QUAD));
    bool dual = (fctrl & FDOUT_DUAL) || (user & (FWRITE_DIO | FWRITE_DUAL));
    return lines(ctrl & FDOUT_OCT, quad, dual);
}

/* ---- when data is sampled ---- */

/* Times of this section are in quarters of a machine tick: 1/1,920,000,000 s. */
enum {
    ROUND_TRIP = 10, /* clock pad to data pad: 5.2 ns */
    EDGE = 1,        /* how long data is torn around each change, to either side */
    SLIPPED = 1 << 16
};

/* SPI_MEM_CORE_CLK_SEL, with the PLL at 480 MHz: 80, 120, 160, 240 MHz. */
static int core_period(const espy_mspi *mspi)
{
    static const uint8_t quarters[4] = {24, 16, 12, 8};
    return quarters[get(mspi, 0, CORE_CLK_SEL) & 3];
}

static int spi_period(const espy_mspi *mspi, uint32_t clock)
{
    return core_period(mspi) * (clock & CLK_EQU_SYSCLK ? 1 : (int)espy_bits(clock, 23, 16) + 1);
}

/* What one data line's delay cell adds; -1 if its clock is off. */
static int line_delay(const espy_mspi *mspi, unsigned mode, unsigned num, bool hclk)
{
    int core = core_period(mspi), n = (int)num;
    if (mode >= 2 && !hclk)
        return -1;
    switch (mode) {
    case 0: return 0;
    case 1: return n * core + core / 2;
    case 2: return 4 * (n + 1) + core;
    case 3: return 4 * (n + 1) + core / 2;
    case 4: return 4 * n + 2 + core;
    case 5: return 4 * n + 2 + core / 2;
    default: return -1;
    }
}

/* Where a transfer's data is sampled: which chip's delay cells, which clock, and
 * what the controller does with a strobe. */
typedef struct sampling {
    uint32_t din_mode, din_num, cali, clock, ddr;
} sampling;

static sampling sampling_of(const espy_mspi *mspi, unsigned port, unsigned cs)
{
    sampling s = {
        .din_mode = get(mspi, 0, cs == 0 ? DIN_MODE : SMEM_DIN_MODE),
        .din_num = get(mspi, 0, cs == 0 ? DIN_NUM : SMEM_DIN_NUM),
        .cali = get(mspi, 0, cs == 0 ? TIMING_CALI : SMEM_TIMING_CALI),
        .clock = get(mspi, port, port == 0 && cs == 1 ? SRAM_CLK : CLOCK),
        .ddr = get(mspi, port, port == 0 && cs == 1 ? SMEM_DDR : DDR),
    };
    return s;
}

/* By how many steps one line is sampled late: 0 is right, SLIPPED torn. */
static int line_slip(const espy_mspi *mspi, const sampling *s, unsigned line, int step, int surplus)
{
    unsigned mode = espy_bits(s->din_mode, 3 * line + 2, 3 * line), num = espy_bits(s->din_num, 2 * line + 1, 2 * line);
    int delay = line_delay(mspi, mode, num, s->cali & CALI_HCLK);
    if (delay < 0)
        return SLIPPED;
    int at = step / 2 + surplus * step - delay - ROUND_TRIP;
    int slip = at >= 0 ? at / step : -((step - 1 - at) / step);
    int in_eye = at - slip * step;
    return in_eye < EDGE || in_eye > step - EDGE ? SLIPPED : slip;
}

/* The controller samples in the middle of each step.  What it then sees was sent a
 * round trip and a line delay ago, but also later by the dummy steps that it made
 * and the part did not need.  A strobe takes all of that away. */
static int slip_of(const espy_mspi *mspi, const sampling *s, const espy_spi_xfer *x)
{
    if (x->data.dtr && x->strobed && (s->ddr & VAR_DUMMY) && !(s->ddr & DDR_DQS_LOOP))
        return 0;
    int step = spi_period(mspi, s->clock) / (x->data.dtr ? 2 : 1);
    int first = line_slip(mspi, s, x->data.lines == 1 ? 1 : 0, step, x->dummy - x->latency);
    for (unsigned line = 1; line < x->data.lines; line++)
        if (line_slip(mspi, s, line, step, x->dummy - x->latency) != first)
            return SLIPPED;
    return first;
}

/* Makes of the n bytes on the wire what sampling `slip` steps late gives. */
static void slip_bytes(uint8_t *bytes, size_t n, int slip, unsigned data_lines)
{
    uint8_t wire[2 * BUFFER_SIZE];
    memcpy(wire, bytes, n);
    if (slip == SLIPPED) { /* each step mixed with the one before */
        for (size_t i = 0; i < n; i++)
            bytes[i] = wire[i] & (i > 0 ? wire[i - 1] : ESPY_SPI_FLOAT);
        return;
    }
    long shift = (long)slip * (long)data_lines;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            long from = (long)(i * 8 + bit) + shift;
            bool one = from < 0 || from >= (long)(n * 8) || (wire[from / 8] >> (7 - from % 8) & 1);
            bytes[i] |= (uint8_t)(one << (7 - bit));
        }
    }
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

/* ---- what the cache sees ---- */

static unsigned read_command(uint32_t ctrl)
{
    if (!(ctrl & FASTRD_MODE))
        return 0x03;
    return ctrl & FREAD_QIO    ? 0xeb
           : ctrl & FREAD_DIO  ? 0xbb
           : ctrl & FREAD_QUAD ? 0x6b
           : ctrl & FREAD_DUAL ? 0x3b
                               : 0x0b;
}

static uint16_t extra_dummy(uint32_t cali)
{
    return cali & CALI_ENABLE ? (uint16_t)espy_bits(cali, 4, 2) : 0;
}

static uint8_t mode_bits(uint32_t ctrl, uint32_t rd_status)
{
    bool sends = (ctrl & FASTRD_MODE) && (ctrl & (FREAD_QIO | FREAD_DIO));
    return sends ? (uint8_t)espy_bits(rd_status, 23, 16) : ESPY_SPI_FLOAT;
}

static espy_spi_xfer flash_fetch(const espy_mspi *mspi)
{
    uint32_t ctrl = get(mspi, 0, CTRL), user = get(mspi, 0, USER), fctrl = get(mspi, 0, CACHE_FCTRL);
    uint32_t user1 = get(mspi, 0, USER1), user2 = get(mspi, 0, USER2), ddr = get(mspi, 0, DDR);
    bool own = fctrl & CACHE_FLASH_USR_CMD, dtr = ddr & DDR_EN;
    espy_spi_xfer x = {.rx_size = 1};
    x.cmd_value = (uint16_t)(own ? espy_bits(user2, 15, 0) : read_command(ctrl));
    x.cmd.bits = (uint8_t)(own ? espy_bits(user2, 31, 28) + 1 : 8);
    x.cmd.lines = (uint8_t)cmd_lines(ctrl);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr = (espy_spi_phase){(uint8_t)(espy_bits(user1, 31, 26) + 1),
                              (uint8_t)addr_lines(ctrl, user, fctrl, true, false), dtr};
    x.data = (espy_spi_phase){0, (uint8_t)din_lines(ctrl, fctrl), dtr};
    x.dummy = (uint16_t)(user & USR_DUMMY ? espy_bits(user1, 5, 0) + 1 : 0);
    x.dummy = (uint16_t)(x.dummy + extra_dummy(get(mspi, 0, TIMING_CALI)));
    x.mode_bits = mode_bits(ctrl, get(mspi, 0, RD_STATUS));
    return x;
}

static espy_spi_xfer psram_fetch(const espy_mspi *mspi, bool write)
{
    uint32_t sctrl = get(mspi, 0, CACHE_SCTRL), scmd = get(mspi, 0, SRAM_CMD), ddr = get(mspi, 0, SMEM_DDR);
    uint32_t own = get(mspi, 0, write ? SRAM_DWR_CMD : SRAM_DRD_CMD);
    bool all8 = sctrl & SRAM_OCT, all4 = sctrl & USR_SRAM_QIO, all2 = sctrl & USR_SRAM_DIO, dtr = ddr & DDR_EN;
    bool has_own = sctrl & (write ? CACHE_SRAM_USR_WCMD : CACHE_SRAM_USR_RCMD);
    bool has_dummy = sctrl & (write ? USR_WR_SRAM_DUMMY : USR_RD_SRAM_DUMMY);
    espy_spi_xfer x = {.tx_size = write, .rx_size = !write};
    x.cmd_value = (uint16_t)(has_own ? espy_bits(own, 15, 0) : write ? 0x02 : 0x03);
    x.cmd.bits = (uint8_t)(has_own ? espy_bits(own, 31, 28) + 1 : 8);
    x.cmd.lines = (uint8_t)lines(all8 || scmd & SCMD_OCT, all4 || scmd & SCMD_QUAD, all2 || scmd & SCMD_DUAL);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr.bits = (uint8_t)(espy_bits(sctrl, 19, 14) + 1);
    x.addr.lines = (uint8_t)lines(all8 || scmd & SADDR_OCT, all4 || scmd & SADDR_QUAD, all2 || scmd & SADDR_DUAL);
    bool oct = write ? scmd & SDOUT_OCT : scmd & SDIN_OCT;
    bool quad = write ? scmd & SDOUT_QUAD : scmd & SDIN_QUAD;
    bool dual = write ? scmd & SDOUT_DUAL : scmd & SDIN_DUAL;
    x.data.lines = (uint8_t)lines(all8 || oct, all4 || quad, all2 || dual);
    x.addr.dtr = x.data.dtr = dtr;
    x.dummy = (uint16_t)(has_dummy ? (write ? espy_bits(sctrl, 27, 22) : espy_bits(sctrl, 11, 6)) + 1 : 0);
    if (!write)
        x.dummy = (uint16_t)(x.dummy + extra_dummy(get(mspi, 0, SMEM_TIMING_CALI)));
    return x;
}

/* The array that such a fetch reads, or writes, byte for byte; or NULL. */
static espy_mem *reached(const espy_mspi *mspi, unsigned cs, espy_spi_xfer *x)
{
    espy_spi_part *part = mspi->cs[cs];
    espy_mem *mem = part != NULL ? part->linear(part->self, x) : NULL;
    if (mem == NULL)
        return NULL;
    sampling s = sampling_of(mspi, 0, cs);
    bool write = x->tx_size > 0;
    bool swap = x->data.dtr && (s.ddr & (write ? DDR_WDAT_SWP : DDR_RDAT_SWP));
    bool in_time = write ? x->dummy == x->latency : slip_of(mspi, &s, x) == 0;
    return in_time && swap == x->swapped ? mem : NULL;
}

static size_t reach(const espy_mem *mem, const espy_spi_xfer *x)
{
    if (mem == NULL)
        return 0;
    return x->addr.bits < 32 && mem->size > BIT(x->addr.bits) ? BIT(x->addr.bits) : mem->size;
}

void espy_mspi_update(espy_mspi *mspi)
{
    espy_spi_xfer flash = flash_fetch(mspi), read = psram_fetch(mspi, false), write = psram_fetch(mspi, true);
    espy_spi_view old = mspi->view, *view = &mspi->view;
    view->flash = reached(mspi, 0, &flash);
    view->flash_size = reach(view->flash, &flash);
    view->psram = reached(mspi, 1, &read);
    view->psram_size = reach(view->psram, &read);
    view->psram_writable = reached(mspi, 1, &write) != NULL;
    bool same = old.flash == view->flash && old.flash_size == view->flash_size && old.psram == view->psram &&
                old.psram_size == view->psram_size && old.psram_writable == view->psram_writable;
    if (!same && view->changed != NULL)
        view->changed(view->self);
}

/* ---- SPI1's transfers ---- */

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
        sampling s = sampling_of(mspi, port->n, cs);
        int slip = wanted > 0 ? slip_of(mspi, &s, x) : 0;
        if (slip != 0)
            slip_bytes(wire, x->rx_size, slip, x->data.lines);
        if (x->data.dtr && s.ddr & DDR_RDAT_SWP)
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

/* A user-defined transfer, phase by phase as the registers say. */
static void start_user(espy_mspi_port *port)
{
    const uint32_t *reg = port->reg;
    uint32_t ctrl = reg[CTRL / 4], user = reg[USER / 4], fctrl = reg[CACHE_FCTRL / 4], ddr = reg[DDR / 4];
    bool reads = user & USR_MISO, writes = user & USR_MOSI, dtr = ddr & DDR_EN;
    uint8_t tx[BUFFER_SIZE], rx[BUFFER_SIZE];
    espy_spi_xfer x = {.tx = tx, .rx = rx, .mode_bits = mode_bits(ctrl, reg[RD_STATUS / 4])};
    x.cmd_value = (uint16_t)espy_bits(reg[USER2 / 4], 15, 0);
    x.cmd.bits = (uint8_t)(user & USR_COMMAND ? espy_bits(reg[USER2 / 4], 31, 28) + 1 : 0);
    x.cmd.lines = (uint8_t)cmd_lines(ctrl);
    x.cmd.dtr = dtr && !(ddr & DDR_CMD_DIS);
    x.addr.bits = (uint8_t)(user & USR_ADDR ? espy_bits(reg[USER1 / 4], 31, 26) + 1 : 0);
    x.addr.lines = (uint8_t)addr_lines(ctrl, user, fctrl, reads, writes && !reads);
    x.addr.dtr = x.data.dtr = dtr;
    x.addr_value = addr_of(reg[ADDR / 4], x.addr.bits);
    x.data.lines = (uint8_t)(reads ? din_lines(ctrl, fctrl) : dout_lines(ctrl, user, fctrl));
    x.dummy = (uint16_t)(user & USR_DUMMY ? espy_bits(reg[USER1 / 4], 5, 0) + 1 : 0);
    if (reads)
        x.dummy = (uint16_t)(x.dummy + extra_dummy(reg[TIMING_CALI / 4]));
    x.tx_size = writes ? data_bytes(reg[MOSI_DLEN / 4]) : 0;
    x.rx_size = reads ? data_bytes(reg[MISO_DLEN / 4]) : 0;
    load_w(port, user & USR_MOSI_HIGHPART ? BUFFER_SIZE / 2 : 0, tx, x.tx_size);
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
    x.cmd_value = (uint16_t)read_command(ctrl);
    x.addr = (espy_spi_phase){24, (uint8_t)addr_lines(ctrl, 0, fctrl, true, false), false};
    x.addr_value = addr_of(reg[ADDR / 4], 24);
    x.data.lines = (uint8_t)din_lines(ctrl, fctrl);
    x.dummy = (uint16_t)(ctrl & FASTRD_MODE ? espy_bits(reg[USER1 / 4], 5, 0) + 1 : 0);
    x.mode_bits = mode_bits(ctrl, reg[RD_STATUS / 4]);
    exchange(port, &x, selected(port));
    store_w(port, 0, rx, x.rx_size);
}

static void start_program(espy_mspi_port *port)
{
    uint8_t tx[BUFFER_SIZE];
    size_t n = addr_length(port);
    load_w(port, 0, tx, n);
    simple(port, 0x02, true, tx, n, NULL, 0);
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
