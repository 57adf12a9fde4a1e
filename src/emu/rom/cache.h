/* SPDX-License-Identifier: MIT
 *
 * The caches for other parts of the built-in ROM.
 */
#ifndef ESPY_EMU_ROM_CACHE_H
#define ESPY_EMU_ROM_CACHE_H

#include "native.h"

/* Not in the table of calls: for an image that runs from flash without a bootloader. */
#define ESPY_ROM_DIRECT_BOOT_CACHE_INIT 0x4004e420u

/* No address leads anywhere. */
void espy_rom_mmu_clear(const espy_rom_call *c);
/* Both caches own all of the MMU's memory. */
void espy_rom_mmu_own_all(const espy_rom_call *c);

#endif
