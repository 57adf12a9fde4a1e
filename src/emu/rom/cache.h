/* SPDX-License-Identifier: MIT
 *
 * The caches for other parts of the built-in ROM.
 */
#ifndef ESPY_EMU_ROM_CACHE_H
#define ESPY_EMU_ROM_CACHE_H

#include "native.h"

/* Not in the table of calls: for an image that runs from flash without a bootloader. */
#define ESPY_ROM_DIRECT_BOOT_CACHE_INIT 0x4004e420u

/* Where a cache's registers are. */
typedef struct espy_rom_cache {
    uint32_t window; /* what it serves, of 32 MiB */
    uint32_t ctrl, ctrl1, prelock, sync, preload, autoload, freeze;
} espy_rom_cache;

extern const espy_rom_cache espy_rom_icache, espy_rom_dcache;

/* Bytes of a line. */
uint32_t espy_rom_cache_line(const espy_rom_call *c, const espy_rom_cache *which);
/* The ROM reaches its operations through a table, which firmware could replace: false, and
 * a fault, if it did. */
bool espy_rom_cache_has_own_table(espy_rom_call *c);
void espy_rom_cache_invalidate_all(espy_rom_call *c, const espy_rom_cache *which);
/* autoload: what a function that switched the cache off returned. */
void espy_rom_cache_enable(const espy_rom_call *c, const espy_rom_cache *which, uint32_t autoload);

/* No address leads anywhere. */
void espy_rom_mmu_clear(const espy_rom_call *c);
/* Both caches own all of the MMU's memory. */
void espy_rom_mmu_own_all(const espy_rom_call *c);

#endif
