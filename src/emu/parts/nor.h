/* SPDX-License-Identifier: MIT
 *
 * Quad SPI NOR flash as on ESP32-S3-WROOM-1: GigaDevice GD25Q32C, GD25Q64C or
 * GD25Q128C, by size (4, 8, 16 MB).
 *
 * The array is an espy_mem of exactly the chip's size that the machine owns and
 * fills (0xff: blank); the part changes it only as flash changes.  Where time is
 * real, erasing and programming take the data sheet's typical times; the array
 * changes at once and the chip stays busy (WIP) meanwhile.
 *
 * Source: GD25Q128C data sheet, rev. 2.5 (commands, registers, SFDP, times).
 */
#ifndef ESPY_EMU_PARTS_NOR_H
#define ESPY_EMU_PARTS_NOR_H

#include "../core/soc.h"
#include "../core/spi.h"

typedef struct espy_nor_chip espy_nor_chip; /* a row of the table in nor.c */

typedef struct espy_nor {
    espy_spi_part part; /* what the controller is given */
    const espy_nor_chip *chip;
    espy_soc *soc;
    espy_mem *array;
    bool timing_real;
    /* Told after each erase or program what changed, so that the owner can keep
     * it; may be NULL.  Set by the owner after espy_nor_init(). */
    void (*changed)(void *user, size_t offset, size_t size);
    void *changed_user;

    uint8_t sr[3];     /* status registers 1 to 3, WIP and WEL aside */
    bool wel;          /* write enable latch */
    bool volatile_wel; /* 50h seen: the next status write is not kept over power */
    uint8_t kept_sr[3];
    espy_tick busy_until;
    bool reset_enabled; /* 66h seen */
    bool powered_down;
    bool qpi;
    uint8_t continuous; /* EBh or BBh: the command that continues without being sent, or 0 */
    uint8_t wrap;       /* bytes of a wrapped quad read, or 0 */
} espy_nor;

/* The chip is chosen by array->size; ESPY_E_ARG if there is none of that size. */
espy_status espy_nor_init(espy_nor *nor, espy_soc *soc, espy_mem *array, bool timing_real, espy_err *err);
/* VDD_SPI falls with a chip reset alone; the lesser resets leave the part as it is. */
void espy_nor_reset(espy_nor *nor, espy_reset kind);

#endif
