/* SPDX-License-Identifier: MIT
 *
 * Quad SPI NOR flash as on ESP32-S3-WROOM-1: Winbond W25Q32FV, W25Q64FV or
 * W25Q128FV, by size (4, 8, 16 MB), as delivered: unprotected, quad mode not yet
 * enabled (QE clear).
 *
 * Commands, registers, protection and typical times are those of Winbond's W25QxxFV
 * family as ESP-IDF's and Linux' flash drivers use them and as its users know them;
 * the data sheet itself was not at hand to compare with.  The SFDP is a published
 * dump of a chip.
 */
#ifndef ESPY_EMU_PARTS_NOR_H
#define ESPY_EMU_PARTS_NOR_H

#include "../core/spi.h"
#include "nor_array.h"

typedef struct espy_nor_chip espy_nor_chip; /* a row of the table in nor.c */

typedef struct espy_nor {
    espy_spi_part part; /* what the controller is given */
    const espy_nor_chip *chip;
    espy_nor_array array;

    uint8_t sr[3];      /* status registers 1 to 3, BUSY and WEL aside */
    uint8_t kept_sr[3]; /* what they are after power-on */
    bool wel;           /* write enable latch */
    bool volatile_wel;  /* 50h seen: the next status write is not kept */
    bool reset_enabled; /* 66h seen */
    bool powered_down;
    uint8_t continuous; /* EBh or BBh: the command that goes on without being sent, or 0 */
    bool qpi;           /* 38h seen: every phase on four lines */
    uint8_t wrap;       /* bytes in which a quad I/O read wraps, or 0 */
    uint8_t qpi_wait;   /* clocks between address and data of a read in QPI */
} espy_nor;

/* The chip is chosen by mem->size; ESPY_E_ARG if there is none of that size. */
espy_status espy_nor_init(espy_nor *nor, espy_soc *soc, espy_mem *mem, bool timing_real, espy_err *err);
/* VDD_SPI falls with a chip reset alone; the lesser resets leave the part as it is. */
void espy_nor_reset(espy_nor *nor, espy_reset kind);

#endif
