/* SPDX-License-Identifier: MIT
 *
 * The memory SPI bus: what its controllers (soc/mspi.c) and the chips soldered
 * to it (parts/) say to each other, and what the cache is shown through it.
 *
 * A transfer is passed whole, phase by phase, to the part whose chip select is
 * low.  Lines and edges matter: a chip that is addressed on the wrong number of
 * lines, or at the wrong edge rate, does not understand, and its outputs float.
 * When data comes is the part's to say (latency), when it is sampled the
 * controller's; the controller lines the two up, so that a part never needs to
 * know the dummy cycles that the controller inserted.
 */
#ifndef ESPY_EMU_CORE_SPI_H
#define ESPY_EMU_CORE_SPI_H

#include "bus.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an undriven line reads as: the pads have pull-ups. */
#define ESPY_SPI_FLOAT 0xff

/* One phase: how many bits go over how many lines; dtr: on both clock edges.
 * bits == 0: the phase is left out. */
typedef struct espy_spi_phase {
    uint8_t bits;
    uint8_t lines; /* 1, 2, 4 or 8 */
    bool dtr;
} espy_spi_phase;

/* A time on the bus is counted in the steps of the data phase: clock cycles, or
 * half cycles where the data phase is DTR. */
typedef struct espy_spi_xfer {
    espy_spi_phase cmd, addr, data; /* data.bits is not used: see tx_size and rx_size */
    uint16_t cmd_value;             /* as sent: bits 7:0 first, each byte from its bit 7 */
    uint32_t addr_value;            /* the low addr.bits bits, sent from the highest */
    uint16_t dummy;                 /* steps between address and data */
    uint8_t mode_bits;              /* what the controller drives in the first byte of the dummy phase */
    const uint8_t *tx;              /* bytes to the part, after the dummy phase */
    size_t tx_size;
    uint8_t *rx; /* bytes from the part, from its first; preset to ESPY_SPI_FLOAT */
    size_t rx_size;

    /* The part's answer: */
    int latency;  /* steps after the address at which its data begins; it may be over before */
    bool strobed; /* it drives DQS along with the data */
    bool swapped; /* its bytes go over the wire in the order 1, 0, 3, 2 */
} espy_spi_xfer;

/* A chip on the bus. */
typedef struct espy_spi_part {
    const char *name;
    void *self;
    /* Carries out a transfer.  What the part does not drive it leaves alone. */
    void (*transfer)(void *self, espy_spi_xfer *x);
    /* Whether a read (tx_size == 0) or write of this shape, at any address, would
     * go straight to the array now, byte after byte: the array then, and the
     * answer in x; else NULL.  Says nothing about a program or erase under way. */
    espy_mem *(*linear)(void *self, espy_spi_xfer *x);
} espy_spi_part;

/* Where SPI1's programs get their data while it has some: bytes that are encrypted. */
typedef struct espy_spi_cipher {
    /* How many bytes there are, what they are and where they belong; 0: none. */
    size_t (*take)(void *self, uint32_t *addr, const uint8_t **bytes);
    void *self;
} espy_spi_cipher;

/* What the cache sees through SPI0: kept by the controller, watched by the cache. */
typedef struct espy_spi_view {
    espy_mem *flash;   /* NULL: the configured read does not reach the array */
    size_t flash_size; /* bytes until the address wraps: the chip's, or what the address phase can name */
    espy_mem *psram;   /* the same for external RAM */
    size_t psram_size;
    bool psram_writable;         /* and the configured write reaches it too */
    void (*changed)(void *self); /* called when any of the above has changed */
    void *self;
} espy_spi_view;

#endif
