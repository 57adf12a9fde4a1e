/* SPDX-License-Identifier: MIT
 *
 * What register blocks have in common: words at offsets, a const table of the
 * reset values that are not zero, and the RAW/ENA/ST/CLR quartet of interrupts.
 */
#ifndef ESPY_EMU_CORE_REGFILE_H
#define ESPY_EMU_CORE_REGFILE_H

#include "soc.h"

#include <stddef.h>
#include <string.h>

/* A register that is not zero after reset. */
typedef struct espy_reg_init {
    uint16_t offset; /* in bytes */
    uint32_t value;
} espy_reg_init;

/* Puts `words` words to their reset values. */
static inline void espy_regfile_reset(uint32_t *reg, size_t words, const espy_reg_init *table, size_t entries)
{
    memset(reg, 0, words * sizeof *reg);
    for (size_t i = 0; i < entries; i++)
        reg[table[i].offset / 4] = table[i].value;
}

/* Bits [hi:lo] of a register. */
static inline uint32_t espy_bits(uint32_t value, unsigned hi, unsigned lo)
{
    return value >> lo & (hi - lo == 31 ? UINT32_MAX : (UINT32_C(1) << (hi - lo + 1)) - 1);
}

#endif
