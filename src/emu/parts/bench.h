/* SPDX-License-Identifier: MIT
 *
 * For the tests of memory chips: a chip with nothing around it but a clock and an
 * empty bus, and transfers as a controller would make them.
 */
#ifndef ESPY_EMU_PARTS_BENCH_H
#define ESPY_EMU_PARTS_BENCH_H

#include "../core/soc.h"
#include "../core/spi.h"

#include <stdlib.h>
#include <string.h>

typedef struct bench {
    espy_clock clock;
    espy_bus bus;
    espy_soc soc;
    espy_mem mem;
    uint8_t *bytes;
    espy_spi_part *part;
    uint8_t rx[64];
} bench;

static inline bench *bench_new(size_t size, uint8_t fill)
{
    bench *b = calloc(1, sizeof *b);
    b->bytes = malloc(size);
    memset(b->bytes, fill, size);
    if (espy_bus_init(&b->bus, NULL, NULL) != ESPY_OK ||
        espy_mem_init(&b->mem, "chip", b->bytes, size, NULL) != ESPY_OK)
        abort();
    b->soc = (espy_soc){&b->clock, &b->bus, NULL};
    return b;
}

static inline void bench_free(bench *b)
{
    espy_mem_free(&b->mem);
    espy_bus_free(&b->bus);
    free(b->bytes);
    free(b);
}

/* How a transfer is laid on the lines: command, address, data; bits of address. */
typedef struct wires {
    unsigned cmd_bits, cmd_lines, addr_bits, addr_lines, data_lines;
    bool dtr;
} wires;

static inline espy_spi_xfer bench_shape(wires w, uint16_t cmd, uint32_t addr)
{
    espy_spi_xfer x = {.cmd = {(uint8_t)w.cmd_bits, (uint8_t)w.cmd_lines, w.dtr},
                       .addr = {(uint8_t)w.addr_bits, (uint8_t)w.addr_lines, w.dtr},
                       .data = {0, (uint8_t)w.data_lines, w.dtr},
                       .cmd_value = cmd,
                       .addr_value = addr,
                       .mode_bits = ESPY_SPI_FLOAT};
    return x;
}

/* Reads n bytes into b->rx; gives the latency that the chip named, or -1 if it
 * drove nothing but ones and named none. */
static inline int bench_read(bench *b, wires w, uint16_t cmd, uint32_t addr, size_t n)
{
    espy_spi_xfer x = bench_shape(w, cmd, addr);
    memset(b->rx, ESPY_SPI_FLOAT, sizeof b->rx);
    x.rx = b->rx;
    x.rx_size = n;
    x.latency = -1;
    b->part->transfer(b->part->self, &x);
    return x.latency;
}

static inline void bench_write(bench *b, wires w, uint16_t cmd, uint32_t addr, const void *bytes, size_t n)
{
    espy_spi_xfer x = bench_shape(w, cmd, addr);
    x.tx = bytes;
    x.tx_size = n;
    b->part->transfer(b->part->self, &x);
}

#endif
