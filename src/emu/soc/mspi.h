/* SPDX-License-Identifier: MIT
 *
 * The memory SPI controllers: SPI0, by which the caches read flash and reach
 * PSRAM, and SPI1, by which software talks to either chip.  They share pins, the
 * core clock and the input delay registers, so they are one model.
 *
 * SPI1 carries out each transfer when it is started, at once.  SPI0 carries out
 * none: whenever its registers or a chip's mode change, it works out the transfer
 * that the cache would make, asks the chip whether that reads the array, checks
 * that the data would be sampled in time, and publishes the answer in `view`.
 *
 * Sampling: data is sampled right if the round trip from clock pad to data pad,
 * the input delay lines and the surplus dummy cycles add up to a point inside the
 * data eye; else bits are early, late or torn, as the tuning loops of ESP-IDF
 * expect.  See mspi_sample.h.
 *
 * Sources: TRM, "SPI Controller"; ESP-IDF v5.0.4, spi_mem_reg.h.
 * Left out: flash encryption, ECC, auto suspend, the AC timing registers' effect.
 */
#ifndef ESPY_EMU_SOC_MSPI_H
#define ESPY_EMU_SOC_MSPI_H

#include "../core/soc.h"
#include "../core/spi.h"

#define ESPY_MSPI_WORDS (0x400 / 4)

typedef struct espy_mspi espy_mspi;

/* One register block. */
typedef struct espy_mspi_port {
    espy_mspi *mspi;
    unsigned n; /* 0: SPI0, 1: SPI1 */
    uint32_t reg[ESPY_MSPI_WORDS];
} espy_mspi_port;

struct espy_mspi {
    espy_soc *soc;
    espy_spi_part *cs[2]; /* flash on CS0, PSRAM on CS1; NULL: nothing there */
    espy_mspi_port port[2];
    espy_line irq[2];       /* SPI_MEM_INT_ST of SPI0 and SPI1; connect after init */
    espy_spi_cipher cipher; /* connect after init, or leave it empty */
    espy_spi_view view;     /* give this to espy_extmem_init() */
    uint64_t transfers;     /* made by SPI1 so far */
};

/* Either part may be NULL. */
void espy_mspi_init(espy_mspi *mspi, espy_soc *soc, espy_spi_part *cs0, espy_spi_part *cs1);
/* After the parts' own reset: the view is worked out anew. */
void espy_mspi_reset(espy_mspi *mspi, espy_reset kind);
/* A part's mode changed by something other than a transfer of SPI1. */
void espy_mspi_update(espy_mspi *mspi);

#endif
