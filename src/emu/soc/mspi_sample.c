/* SPDX-License-Identifier: MIT
 *
 * When data is sampled; see the header.
 */
#include "mspi_sample.h"

#include "../core/regfile.h"
#include "mspi_reg.h"

#include <string.h>

/* Times of this section are in quarters of a machine tick: 1/1,920,000,000 s. */
enum {
    ROUND_TRIP = 10, /* clock pad to data pad: 5.2 ns */
    EDGE = 1         /* how long data is torn around each change, to either side */
};

/* SPI_MEM_CORE_CLK_SEL, with the PLL at 480 MHz: 80, 120, 160, 240 MHz. */
static int core_period(const espy_mspi *mspi)
{
    static const uint8_t quarters[4] = {24, 16, 12, 8};
    return quarters[espy_mspi_get(mspi, 0, CORE_CLK_SEL) & 3];
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
        .din_mode = espy_mspi_get(mspi, 0, cs == 0 ? DIN_MODE : SMEM_DIN_MODE),
        .din_num = espy_mspi_get(mspi, 0, cs == 0 ? DIN_NUM : SMEM_DIN_NUM),
        .cali = espy_mspi_get(mspi, 0, cs == 0 ? TIMING_CALI : SMEM_TIMING_CALI),
        .clock = espy_mspi_get(mspi, port, port == 0 && cs == 1 ? SRAM_CLK : CLOCK),
        .ddr = espy_mspi_get(mspi, port, port == 0 && cs == 1 ? SMEM_DDR : DDR),
    };
    return s;
}

/* By how many steps one line is sampled late: 0 is right, ESPY_MSPI_TORN torn. */
static int line_slip(const espy_mspi *mspi, const sampling *s, unsigned line, int step, int surplus)
{
    unsigned mode = espy_bits(s->din_mode, 3 * line + 2, 3 * line), num = espy_bits(s->din_num, 2 * line + 1, 2 * line);
    int delay = line_delay(mspi, mode, num, s->cali & CALI_HCLK);
    if (delay < 0)
        return ESPY_MSPI_TORN;
    int at = step / 2 + surplus * step - delay - ROUND_TRIP;
    int slip = at >= 0 ? at / step : -((step - 1 - at) / step);
    int in_eye = at - slip * step;
    return in_eye < EDGE || in_eye > step - EDGE ? ESPY_MSPI_TORN : slip;
}

/* The controller samples in the middle of each step.  What it then sees was sent a
 * round trip and a line delay ago, but also later by the dummy steps that it made
 * and the part did not need.  A strobe takes all of that away. */
int espy_mspi_slip(const espy_mspi *mspi, unsigned port, unsigned cs, const espy_spi_xfer *x)
{
    const sampling now = sampling_of(mspi, port, cs), *s = &now;
    if (x->data.dtr && x->strobed && (s->ddr & VAR_DUMMY) && !(s->ddr & DDR_DQS_LOOP))
        return 0;
    int step = spi_period(mspi, s->clock) / (x->data.dtr ? 2 : 1);
    int first = line_slip(mspi, s, x->data.lines == 1 ? 1 : 0, step, x->dummy - x->latency);
    for (unsigned line = 1; line < x->data.lines; line++)
        if (line_slip(mspi, s, line, step, x->dummy - x->latency) != first)
            return ESPY_MSPI_TORN;
    return first;
}

/* Makes of the n bytes on the wire what sampling `slip` steps late gives. */
void espy_mspi_slip_bytes(uint8_t *bytes, size_t n, int slip, unsigned data_lines)
{
    uint8_t wire[128];
    memcpy(wire, bytes, n);
    if (slip == ESPY_MSPI_TORN) { /* each step mixed with the one before */
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
