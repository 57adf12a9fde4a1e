/* SPDX-License-Identifier: MIT
 *
 * For the tests of SPI0, SPI1 and the MMU: both with their chips on a bus, driven
 * through their registers as software does.
 */
#ifndef ESPY_EMU_SOC_MEMORY_BENCH_H
#define ESPY_EMU_SOC_MEMORY_BENCH_H

#include "../../src/emu/soc/extmem.h"
#include "../../src/emu/soc/mspi.h"

#include "../../src/emu/parts/nor.h"
#include "../../src/emu/parts/nor_octal.h"
#include "../../src/emu/parts/psram.h"

#include <stdlib.h>
#include <string.h>

enum {
    SPI0 = 0x60003000,
    SPI1 = 0x60002000,
    EXTMEM = 0x600c4000,
    MMU = 0x600c5000,
    IWIN = 0x42000000,
    DWIN = 0x3c000000
};

typedef struct memory_bench {
    espy_clock clock;
    espy_bus bus;
    espy_soc soc;
    espy_mem flash, ram;
    uint8_t *flash_bytes, *ram_bytes;
    espy_nor nor;
    espy_nor_octal nor_octal;
    espy_psram psram;
    espy_mspi mspi;
    espy_extmem extmem;
    bool irq;
} memory_bench;

static inline void memory_bench_irq(void *self, unsigned n, bool level)
{
    (void)n;
    ((memory_bench *)self)->irq = level;
}

/* A module: flash of 16 MB, PSRAM of 8 MB octal or 2 MB quad. */
static inline memory_bench *memory_bench_new(bool octal_flash, bool octal_ram, bool timing_real)
{
    enum { FLASH = 16 << 20 };
    size_t ram_size = octal_ram ? 8 << 20 : 2 << 20;
    memory_bench *b = calloc(1, sizeof *b);
    b->flash_bytes = malloc(FLASH);
    b->ram_bytes = calloc(1, ram_size);
    memset(b->flash_bytes, 0xff, FLASH);
    b->soc = (espy_soc){&b->clock, &b->bus, NULL};
    bool ok = espy_bus_init(&b->bus, NULL, NULL) == ESPY_OK &&
              espy_mem_init(&b->flash, "flash", b->flash_bytes, FLASH, NULL) == ESPY_OK &&
              espy_mem_init(&b->ram, "PSRAM", b->ram_bytes, ram_size, NULL) == ESPY_OK &&
              espy_nor_init(&b->nor, &b->soc, &b->flash, timing_real, NULL) == ESPY_OK &&
              espy_nor_octal_init(&b->nor_octal, &b->soc, &b->flash, timing_real, NULL) == ESPY_OK &&
              espy_psram_init(&b->psram, &b->soc, &b->ram, octal_ram, NULL) == ESPY_OK;
    if (!ok)
        abort();
    espy_mspi_init(&b->mspi, &b->soc, octal_flash ? &b->nor_octal.part : &b->nor.part, &b->psram.part);
    espy_extmem_init(&b->extmem, &b->soc, &b->mspi.view);
    b->mspi.irq[1] = (espy_line){memory_bench_irq, b, 0};
    return b;
}

static inline void memory_bench_free(memory_bench *b)
{
    espy_mem_free(&b->flash);
    espy_mem_free(&b->ram);
    espy_bus_free(&b->bus);
    free(b->flash_bytes);
    free(b->ram_bytes);
    free(b);
}

static inline uint32_t rd(memory_bench *b, uint32_t addr)
{
    return espy_bus_read(&b->bus, addr, 4);
}

static inline void wr(memory_bench *b, uint32_t addr, uint32_t value)
{
    espy_bus_write(&b->bus, addr, value, 4);
}

/* A transfer by SPI1's user registers; n bytes go from or to W0 on. */
typedef struct user_transfer {
    uint32_t ctrl, user; /* lines, and phases besides the command */
    uint32_t cmd, cmd_bits, addr, addr_bits, dummy, tx_bytes, rx_bytes;
    uint32_t cs; /* 0: flash, 1: PSRAM */
} user_transfer;

static inline void run_user(memory_bench *b, const user_transfer *t)
{
    uint32_t user = t->user | 1u << 31;
    user |= t->addr_bits > 0 ? 1u << 30 : 0;
    user |= t->dummy > 0 ? 1u << 29 : 0;
    user |= t->rx_bytes > 0 ? 1u << 28 : 0;
    user |= t->tx_bytes > 0 ? 1u << 27 : 0;
    wr(b, SPI1 + 0x08, t->ctrl);
    wr(b, SPI1 + 0x18, user);
    wr(b, SPI1 + 0x1c, (t->addr_bits > 0 ? t->addr_bits - 1 : 0) << 26 | (t->dummy > 0 ? t->dummy - 1 : 0));
    wr(b, SPI1 + 0x20, (t->cmd_bits - 1) << 28 | t->cmd);
    wr(b, SPI1 + 0x04, t->addr);
    wr(b, SPI1 + 0x24, t->tx_bytes > 0 ? t->tx_bytes * 8 - 1 : 0);
    wr(b, SPI1 + 0x28, t->rx_bytes > 0 ? t->rx_bytes * 8 - 1 : 0);
    wr(b, SPI1 + 0x34, t->cs == 0 ? 2 : 1);
    wr(b, SPI1 + 0x00, 1u << 18);
}

/* W0 on, as bytes. */
static inline void get_w(memory_bench *b, void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(rd(b, SPI1 + 0x58 + (uint32_t)(i & ~(size_t)3)) >> 8 * (i & 3));
}

static inline void put_w(memory_bench *b, const void *bytes, size_t n)
{
    uint8_t w[64] = {0};
    memcpy(w, bytes, n);
    for (uint32_t i = 0; i < 64; i += 4)
        wr(b, SPI1 + 0x58 + i,
           (uint32_t)w[i] | (uint32_t)w[i + 1] << 8 | (uint32_t)w[i + 2] << 16 | (uint32_t)w[i + 3] << 24);
}

#endif
