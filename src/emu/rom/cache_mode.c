/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: how large the caches are, which memory is theirs, and how they are
 * set up for a boot.
 *
 * Sources: ESP-IDF v5.0.4, rom/cache.h, extmem_reg.h, sensitive_reg.h; the real ROM.
 */
#include "cache.h"

#include "bits.h"

enum {
    ILG_INT_CLR = 0x600c40e0,
    WRAP_AROUND_CTRL = 0x600c4128,
    SENSITIVE_CONNECT_1 = 0x600c1004,
    SENSITIVE_USAGE_1 = 0x600c1014,
    SYSTEM_CACHE_CONTROL = 0x600c0048,
    ICACHE_CLOCK = 1,
    ICACHE_RESET = 2,
    DCACHE_CLOCK = 4,
    DCACHE_RESET = 8,
    CTRL1_SHUT = 3 /* both buses */
};

/* Which banks of memory are the cache's; the two arguments are of one bit each, 0 to 3. */
static void occupy_memory(const espy_rom_call *c, unsigned shift, uint32_t low, uint32_t high)
{
    espy_rom_update32(c, SENSITIVE_CONNECT_1, 0xfu << shift, (low | high << 2) << shift);
    espy_rom_update32(c, SENSITIVE_USAGE_1, 3u << shift / 2, ~(low | high) << shift / 2);
}

static void occupy_icache(const espy_rom_call *c, uint32_t low, uint32_t high)
{
    occupy_memory(c, 0, low, high);
}

static void occupy_dcache(const espy_rom_call *c, uint32_t low, uint32_t high)
{
    occupy_memory(c, 4, low, high);
}

static void set_icache_mode(const espy_rom_call *c, bool large, bool eight_ways, bool lines_of_32)
{
    espy_rom_update32(c, espy_rom_icache.ctrl, 0xe, (large ? 4u : 0) | (eight_ways ? 2u : 0) | (lines_of_32 ? 8u : 0));
}

static void set_dcache_mode(const espy_rom_call *c, bool large, uint32_t line)
{
    espy_rom_update32(c, espy_rom_dcache.ctrl, 0x1c, (large ? 4u : 0) | (line > 2 ? 2 : line) << 3);
}

static void Cache_Occupy_ICache_MEMORY(espy_rom_call *c)
{
    occupy_icache(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void Cache_Occupy_DCache_MEMORY(espy_rom_call *c)
{
    occupy_dcache(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void Cache_Set_ICache_Mode(espy_rom_call *c)
{
    set_icache_mode(c, espy_rom_arg(c, 0) != 0, espy_rom_arg(c, 1) == 1, espy_rom_arg(c, 2) != 0);
}

static void Cache_Set_DCache_Mode(espy_rom_call *c)
{
    set_dcache_mode(c, espy_rom_arg(c, 0) != 0, espy_rom_arg(c, 2));
}

/* Argument 0: struct cache_mode. */
static void Cache_Get_Mode(espy_rom_call *c)
{
    uint32_t mode = espy_rom_arg(c, 0);
    bool instructions = espy_rom_read8(c, mode + 7) != 0;
    const espy_rom_cache *which = instructions ? &espy_rom_icache : &espy_rom_dcache;
    uint32_t ctrl = espy_rom_read32(c, which->ctrl), line = espy_rom_cache_line(c, which);
    if (!espy_rom_cache_has_own_table(c))
        return;
    espy_rom_write32(c, mode, (instructions ? 0x4000u : 0x8000u) << (ctrl >> 2 & 1));
    espy_rom_write8(c, mode + 4, (uint8_t)line);
    espy_rom_write8(c, mode + 5, 0);
    espy_rom_write8(c, mode + 6, instructions && (ctrl & 2) ? 8 : 4);
}

/* The index of a line size, 16, 32 or other. */
static uint32_t line_index(uint32_t line)
{
    return line == 16 ? 0 : line == 32 ? 1 : 2;
}

/* Arguments: bytes of cache, ways, bytes of a line. */
static void rom_config_instruction_cache_mode(espy_rom_call *c)
{
    bool large = espy_rom_arg(c, 0) != 0x4000;
    uint32_t ways = espy_rom_arg(c, 1) & 0xff, line = espy_rom_arg(c, 2) & 0xff;
    occupy_icache(c, 1, large ? 2 : 0);
    set_icache_mode(c, large, ways != 4, line_index(line) != 0);
    espy_rom_cache_invalidate_all(c, &espy_rom_icache);
    espy_rom_cache_enable(c, &espy_rom_icache, 0);
}

static void rom_config_data_cache_mode(espy_rom_call *c)
{
    bool large = espy_rom_arg(c, 0) != 0x8000;
    uint32_t line = espy_rom_arg(c, 2) & 0xff;
    occupy_dcache(c, 2, large ? 1 : 0);
    set_dcache_mode(c, large, line_index(line));
    espy_rom_cache_invalidate_all(c, &espy_rom_dcache);
}

static void set_default_mode(espy_rom_call *c)
{
    espy_rom_write32(c, ILG_INT_CLR, 0xffffffff);
    espy_rom_clear_bits(c, WRAP_AROUND_CTRL, 3);
    occupy_dcache(c, 2, 0);
    set_dcache_mode(c, false, 0);
    espy_rom_cache_invalidate_all(c, &espy_rom_dcache);
}

static void Cache_Set_Default_Mode(espy_rom_call *c)
{
    set_default_mode(c);
}

static void Cache_Enable_Defalut_ICache_Mode(espy_rom_call *c)
{
    occupy_icache(c, 1, 0);
    set_icache_mode(c, false, false, false);
    espy_rom_cache_invalidate_all(c, &espy_rom_icache);
    espy_rom_cache_enable(c, &espy_rom_icache, 0);
}

static void Cache_Mask_All(espy_rom_call *c)
{
    espy_rom_set_bits(c, espy_rom_icache.ctrl1, CTRL1_SHUT);
    espy_rom_set_bits(c, espy_rom_dcache.ctrl1, CTRL1_SHUT);
}

static void Cache_UnMask_Dram0(espy_rom_call *c)
{
    espy_rom_clear_bits(c, espy_rom_dcache.ctrl1, 1);
}

/* Both caches are reset and see nothing. */
static void start_afresh(espy_rom_call *c, uint32_t clocks, uint32_t resets)
{
    espy_rom_set_bits(c, SYSTEM_CACHE_CONTROL, clocks | resets);
    espy_rom_clear_bits(c, SYSTEM_CACHE_CONTROL, resets);
    espy_rom_mmu_own_all(c);
    espy_rom_mmu_clear(c);
    set_default_mode(c);
}

static void ROM_Boot_Cache_Init(espy_rom_call *c)
{
    start_afresh(c, DCACHE_CLOCK, DCACHE_RESET);
    espy_rom_cache_enable(c, &espy_rom_dcache, 0);
    espy_rom_clear_bits(c, espy_rom_dcache.ctrl1, 1);
}

static void ROM_Direct_Boot_Cache_Init(espy_rom_call *c)
{
    start_afresh(c, DCACHE_CLOCK | ICACHE_CLOCK, DCACHE_RESET | ICACHE_RESET);
    Cache_Enable_Defalut_ICache_Mode(c);
    espy_rom_clear_bits(c, espy_rom_dcache.ctrl1, CTRL1_SHUT);
    espy_rom_clear_bits(c, espy_rom_icache.ctrl1, CTRL1_SHUT);
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }

const espy_rom_function espy_rom_cache_mode_functions[] = {
    ROW(Cache_Occupy_ICache_MEMORY),
    ROW(Cache_Occupy_DCache_MEMORY),
    ROW(Cache_Set_ICache_Mode),
    ROW(Cache_Set_DCache_Mode),
    ROW(Cache_Get_Mode),
    ROW(rom_config_instruction_cache_mode),
    ROW(rom_config_data_cache_mode),
    ROW(Cache_Set_Default_Mode),
    ROW(Cache_Enable_Defalut_ICache_Mode),
    ROW(Cache_Mask_All),
    ROW(Cache_UnMask_Dram0),
    ROW(ROM_Boot_Cache_Init),
    {"ROM_Direct_Boot_Cache_Init", ESPY_ROM_DIRECT_BOOT_CACHE_INIT, ROM_Direct_Boot_Cache_Init, ESPY_ROM_LEAF, 0},
    {0},
};
