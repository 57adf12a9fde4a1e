/* SPDX-License-Identifier: MIT
 *
 * Register blocks that are NOT modelled: they remember what is written and read
 * it back, starting from the documented reset values, and do nothing else.  A
 * driver that configures such a block comes through; one that waits for it to
 * act (an RMT or SPI transfer, an I2C acknowledge) waits in vain, which the
 * mmio log shows.  Each block that gets a model of its own leaves the table.
 *
 * Source: the *_reg.h files of ESP-IDF v5.0.4, soc/esp32s3.
 */
#ifndef ESPY_EMU_SOC_STORAGE_H
#define ESPY_EMU_SOC_STORAGE_H

#include "../core/regfile.h"
#include "../core/soc.h"

#define ESPY_STORAGE_BLOCKS 48
#define ESPY_STORAGE_WORDS 12288 /* of all blocks together; the test checks both limits */

/* A row of the table of blocks. */
typedef struct espy_storage_block {
    const char *name;
    uint32_t base;
    uint32_t size;
    bool survives; /* lies in the RTC domain: a CORE reset leaves it alone */
    const espy_reg_init *init;
    size_t init_count;
} espy_storage_block;

typedef struct espy_storage_unit {
    const espy_storage_block *block;
    uint32_t *reg; /* into espy_storage's words */
} espy_storage_unit;

typedef struct espy_storage {
    espy_storage_unit unit[ESPY_STORAGE_BLOCKS];
    uint32_t word[ESPY_STORAGE_WORDS];
} espy_storage;

/* Attaches every block of the table. */
void espy_storage_init(espy_storage *storage, const espy_soc *soc);
void espy_storage_reset(espy_storage *storage, espy_reset depth);
/* The table, ended by a NULL name; for tools that list what is not modelled. */
extern const espy_storage_block espy_storage_blocks[];

#endif
