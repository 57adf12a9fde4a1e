/* SPDX-License-Identifier: MIT
 *
 * Octal SPI NOR flash as on ESP32-S3-WROOM-2: Macronix MX25UM25645G (32 MB) and
 * its 16 MB sister MX25UW12845G.  Powers up speaking plain SPI and is told through
 * configuration register 2 to speak OPI, with single or double transfer rate.
 * There is no dual or quad command in it.
 *
 * The array is the machine's, as for espy_nor.
 *
 * Source: Macronix MX25UM25645G data sheet, rev. 1.1.
 */
#ifndef ESPY_EMU_PARTS_NOR_OCTAL_H
#define ESPY_EMU_PARTS_NOR_OCTAL_H

#include "../core/soc.h"
#include "../core/spi.h"

typedef enum espy_opi_mode { ESPY_OPI_SPI = 0, ESPY_OPI_STR = 1, ESPY_OPI_DTR = 2 } espy_opi_mode;

typedef struct espy_nor_octal_chip espy_nor_octal_chip; /* a row of the table in nor_octal.c */

typedef struct espy_nor_octal {
    espy_spi_part part;
    const espy_nor_octal_chip *chip;
    espy_soc *soc;
    espy_mem *array;
    bool timing_real;
    void (*changed)(void *user, size_t offset, size_t size);
    void *changed_user;

    espy_opi_mode mode;
    uint8_t sr, cr;             /* status register, WIP and WEL aside; configuration register */
    uint8_t cr2_dqs, cr2_dummy; /* configuration register 2 at 200h and 300h */
    bool wel;
    bool reset_enabled;
    bool powered_down;
    espy_tick busy_until;
} espy_nor_octal;

/* The chip is chosen by array->size; ESPY_E_ARG if there is none of that size. */
espy_status espy_nor_octal_init(espy_nor_octal *nor, espy_soc *soc, espy_mem *array, bool timing_real, espy_err *err);
void espy_nor_octal_reset(espy_nor_octal *nor, espy_reset kind);

#endif
