/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: bits of registers.
 */
#ifndef ESPY_EMU_ROM_BITS_H
#define ESPY_EMU_ROM_BITS_H

#include "native.h"

static inline void espy_rom_set_bits(const espy_rom_call *c, uint32_t addr, uint32_t bits)
{
    espy_rom_update32(c, addr, bits, bits);
}

static inline void espy_rom_clear_bits(const espy_rom_call *c, uint32_t addr, uint32_t bits)
{
    espy_rom_update32(c, addr, bits, 0);
}

#endif
