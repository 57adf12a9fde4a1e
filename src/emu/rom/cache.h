/* SPDX-License-Identifier: MIT
 *
 * The cache's MMU for other parts of the built-in ROM.
 */
#ifndef ESPY_EMU_ROM_CACHE_H
#define ESPY_EMU_ROM_CACHE_H

#include "native.h"

/* No address leads anywhere. */
void espy_rom_mmu_clear(const espy_rom_call *c);
/* Both caches own all of the MMU's memory. */
void espy_rom_mmu_own_all(const espy_rom_call *c);

#endif
