/* SPDX-License-Identifier: MIT
 *
 * Octal SPI NOR flash as on ESP32-S3-WROOM-2: Macronix MX25UM25645G (32 MB) and
 * its 16 MB sister MX25UW12845G, by size.  Powers up speaking plain SPI and is
 * told through configuration register 2 to speak OPI, with single (STR) or double
 * (DTR) transfer rate.  There is no dual or quad command in it.
 *
 * In DTR mode the chip moves the bytes of each 16-bit word in the order 1, 0.
 *
 * Commands, registers and dummy cycles are those that ESP-IDF's octal flash driver
 * (components/spi_flash/esp32s3) and the SFDP rely on; the ids and SFDP tables are
 * those that Macronix published with its Linux driver patches of February 2024.  The
 * data sheet itself was not at hand to compare with.
 */
#ifndef ESPY_EMU_PARTS_NOR_OCTAL_H
#define ESPY_EMU_PARTS_NOR_OCTAL_H

#include "../core/spi.h"
#include "nor_array.h"

/* CR2[0] bits 1:0. */
typedef enum espy_opi_mode { ESPY_OPI_SPI = 0, ESPY_OPI_STR = 1, ESPY_OPI_DTR = 2 } espy_opi_mode;

typedef struct espy_nor_octal_chip espy_nor_octal_chip; /* a row of the table in nor_octal.c */

typedef struct espy_nor_octal {
    espy_spi_part part;
    const espy_nor_octal_chip *chip;
    espy_nor_array array;

    espy_opi_mode mode;
    uint8_t sr, cr;   /* status register, WIP and WEL aside; configuration register */
    uint8_t cr2_dqs;  /* CR2[200h] */
    uint8_t cr2_wait; /* CR2[300h]: dummy cycles of OPI reads */
    bool wel;
    bool reset_enabled;
    bool powered_down;
} espy_nor_octal;

/* The chip is chosen by mem->size; ESPY_E_ARG if there is none of that size. */
espy_status espy_nor_octal_init(espy_nor_octal *nor, espy_soc *soc, espy_mem *mem, bool timing_real, espy_err *err);
/* VDD_SPI falls with a chip reset alone. */
void espy_nor_octal_reset(espy_nor_octal *nor, espy_reset kind);

#endif
