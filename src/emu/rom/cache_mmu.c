/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the MMU of the caches, what it keeps of it for the firmware, and the
 * memory that the caches are made of.
 *
 * Sources: ESP-IDF v5.0.4, rom/cache.h, extmem_reg.h, ext_mem_defs.h; the real ROM.  Left
 * out: copying flash to PSRAM (Cache_Flash_To_SPIRAM_Copy).
 */
#include "cache.h"

#include "../core/regfile.h"

enum {
    MMU = 0x600c5000,
    MMU_ENTRIES = 512,
    MMU_PAGE_SHIFT = 16,
    MMU_INVALID = 0x4000,
    MMU_NOT_FLASH = 0xc000,
    MMU_PAGE = 0x3fff,
    CACHE_MMU_OWNER = 0x600c4148,
    IBUS = 0x42000000,
    DBUS = 0x3c000000,
    WINDOW = 0x2000000,
    SENSITIVE_CONNECT_1 = 0x600c1004,
    SENSITIVE_USAGE_1 = 0x600c1014,

    /* Variables of the ROM; sizes are bytes of the MMU's table. */
    DROM_MMU_SIZE = 0x3fcef714,
    IROM_MMU_SIZE = 0x3fcef718,
    RODATA_RESERVED_END = 0x3fcef71c,
    RODATA_RESERVED_START = 0x3fcef720,
    RODATA_OFFSET = 0x3fcef724,
    INSTR_OFFSET = 0x3fcef728,
    RODATA_PAGE_COUNT = 0x3fcef72c,
    RODATA_START_PAGE = 0x3fcef730,
    INSTR_PAGE_COUNT = 0x3fcef734,
    INSTR_START_PAGE = 0x3fcef738
};

void espy_rom_mmu_clear(const espy_rom_call *c)
{
    for (uint32_t i = 0; i < MMU_ENTRIES; i++)
        espy_rom_write32(c, MMU + 4 * i, MMU_INVALID);
}

void espy_rom_mmu_own_all(const espy_rom_call *c)
{
    espy_rom_update32(c, CACHE_MMU_OWNER, 0xffffff, 0xffffff);
}

static void Cache_MMU_Init(espy_rom_call *c)
{
    espy_rom_mmu_clear(c);
}

static void Cache_Owner_Init(espy_rom_call *c)
{
    espy_rom_mmu_own_all(c);
}

/* ---- entries ---- */

/* Maps up to the end of a window; returns how many pages. */
static uint32_t map_pages(const espy_rom_call *c, uint32_t addr, uint32_t page, uint32_t count, bool fixed)
{
    uint32_t room = (WINDOW - addr % WINDOW) >> MMU_PAGE_SHIFT, memory = espy_rom_arg(c, 0);
    if (count > room)
        count = room;
    uint32_t entry = MMU + 4 * (addr >> MMU_PAGE_SHIFT & (MMU_ENTRIES - 1));
    for (uint32_t i = 0; i < count; i++)
        espy_rom_write32(c, entry + 4 * i, (fixed ? page : page + i) | memory);
    return count;
}

/* Arguments: bits of the entry that say which memory, address, offset in the memory, KiB
 * of a page, number of pages, whether all show the same one.  Results: 0; 2 alignment; 3
 * size of a page; 4 address. */
static void mmu_set(espy_rom_call *c, uint32_t window)
{
    uint32_t addr = espy_rom_arg(c, 1), offset = espy_rom_arg(c, 2), kib = espy_rom_arg(c, 3);
    uint32_t left = espy_rom_arg(c, 4), result = 0;
    bool fixed = espy_rom_arg(c, 5) != 0;
    uint32_t shift = kib == 0 ? 0 : (64 / kib - 1) & 31;
    if ((addr | offset) & 0xffffu >> shift)
        result = 2;
    else if (kib != 64)
        result = 3;
    while (result == 0 && left > 0) {
        if (addr - window >= WINDOW) {
            result = 4;
            break;
        }
        left -= map_pages(c, addr, offset >> MMU_PAGE_SHIFT, left, fixed);
        uint32_t next = (addr + WINDOW) & ~(uint32_t)(WINDOW - 1);
        if (!fixed)
            offset += next - addr;
        addr = next;
    }
    espy_rom_return(c, result);
}

static void Cache_Ibus_MMU_Set(espy_rom_call *c)
{
    mmu_set(c, IBUS);
}

static void Cache_Dbus_MMU_Set(espy_rom_call *c)
{
    mmu_set(c, DBUS);
}

/* ---- how the table is divided between instructions and data ---- */

static void Cache_Set_IDROM_MMU_Size(espy_rom_call *c)
{
    uint32_t irom = espy_rom_arg(c, 0), drom = espy_rom_arg(c, 1);
    if (irom + drom > 0x400 || (irom | drom) % 4 != 0) {
        espy_rom_return(c, 1);
        return;
    }
    espy_rom_write32(c, IROM_MMU_SIZE, irom);
    espy_rom_write32(c, DROM_MMU_SIZE, drom);
    espy_rom_write32(c, INSTR_START_PAGE, espy_rom_read32(c, MMU));
    espy_rom_write32(c, RODATA_START_PAGE, espy_rom_read32(c, MMU + irom));
    espy_rom_return(c, 0);
}

static void Cache_Set_IDROM_MMU_Info(espy_rom_call *c)
{
    static const uint32_t variables[] = {INSTR_PAGE_COUNT,    RODATA_PAGE_COUNT, RODATA_RESERVED_START,
                                         RODATA_RESERVED_END, INSTR_OFFSET,      RODATA_OFFSET};
    for (unsigned i = 0; i < 6; i++)
        espy_rom_write32(c, variables[i], espy_rom_arg(c, i));
}

static void Cache_Get_IROM_MMU_End(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, IROM_MMU_SIZE));
}

static void Cache_Get_DROM_MMU_End(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, IROM_MMU_SIZE) + espy_rom_read32(c, DROM_MMU_SIZE));
}

static void flash2spiram_instruction_offset(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, INSTR_OFFSET));
}

static void flash2spiram_rodata_offset(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, RODATA_OFFSET));
}

/* Argument 0: 0 for instructions, else data. */
static uint32_t start_page(const espy_rom_call *c)
{
    return espy_rom_read32(c, espy_rom_arg(c, 0) == 0 ? INSTR_START_PAGE : RODATA_START_PAGE);
}

static void flash_instr_rodata_start_page(espy_rom_call *c)
{
    espy_rom_return(c, start_page(c));
}

static void flash_instr_rodata_end_page(espy_rom_call *c)
{
    uint32_t count = espy_rom_read32(c, espy_rom_arg(c, 0) == 0 ? INSTR_PAGE_COUNT : RODATA_PAGE_COUNT);
    espy_rom_return(c, start_page(c) + count - 1);
}

/* How many pages of PSRAM a copy of one bus' flash would take.  Page 0 of the flash is
 * copied once however often it is mapped; argument 1 adds up how often. */
static void Cache_Count_Flash_Pages(espy_rom_call *c)
{
    uint32_t irom = espy_rom_read32(c, IROM_MMU_SIZE), counter = espy_rom_arg(c, 1);
    uint32_t from = espy_rom_arg(c, 0) == 0 ? 0 : irom;
    uint32_t to = espy_rom_arg(c, 0) == 0 ? irom : irom + espy_rom_read32(c, DROM_MMU_SIZE);
    uint32_t pages = 0, first = 0, before = espy_rom_read32(c, counter);
    for (; from < to; from += 4) {
        uint32_t entry = espy_rom_read32(c, MMU + from);
        if (entry & MMU_NOT_FLASH)
            continue;
        pages++;
        first += (entry & MMU_PAGE) == 0;
    }
    espy_rom_write32(c, counter, before + first);
    espy_rom_return(c, pages - first + (before == 0 ? 1 : 0));
}

/* ---- the memory of the caches ---- */

/* The address of a bank, or 0 if it is not memory now. */
static uint32_t bank_address(const espy_rom_call *c, bool instructions, uint32_t bank)
{
    uint32_t used = espy_rom_read32(c, SENSITIVE_USAGE_1) >> (instructions ? 0 : 2);
    uint32_t connected = espy_bits(espy_rom_read32(c, SENSITIVE_CONNECT_1), instructions ? 3 : 7, instructions ? 0 : 4);
    connected >>= (2 * bank) & 31;
    if ((connected & 1) && !(used & 1))
        return instructions ? 0x40370000 : 0x3fcf0000;
    if ((connected & 2) && !(used & 2))
        return instructions ? 0x40374000 : 0x3fcf8000;
    return 0;
}

static void Cache_Get_Memory_BaseAddr(espy_rom_call *c)
{
    espy_rom_return(c, bank_address(c, espy_rom_arg(c, 0) != 0, espy_rom_arg(c, 1)));
}

/* Arguments: struct cache_mode, offset in the cache's memory, address. */
static void Cache_Get_Memory_Addr(espy_rom_call *c)
{
    uint32_t mode = espy_rom_arg(c, 0), offset = espy_rom_arg(c, 1);
    bool instructions = espy_rom_read8(c, mode + 7) != 0;
    unsigned bits = instructions ? 14 : 15;
    uint32_t line = espy_rom_read32(c, mode + 4) & 0xffff;
    uint32_t in_line = line == 0 ? 0 : espy_rom_arg(c, 2) % line;
    espy_rom_return(c, bank_address(c, instructions, offset >> bits) + in_line + (offset & ((1u << bits) - 1)));
}

/* Arguments: struct cache_mode, offset of the way, offset in it. */
static void Cache_Get_Virtual_Addr(espy_rom_call *c)
{
    uint32_t mode = espy_rom_arg(c, 0), ways = espy_rom_read8(c, mode + 6);
    uint32_t way = ways == 0 ? 0 : espy_rom_read32(c, mode) / ways;
    uint32_t window = espy_rom_read8(c, mode + 7) != 0 ? IBUS : DBUS;
    espy_rom_return(c, window + (way * espy_rom_arg(c, 1) & (WINDOW - 1)) + espy_rom_arg(c, 2));
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }

const espy_rom_function espy_rom_mmu_functions[] = {
    ROW(Cache_MMU_Init),
    ROW(Cache_Owner_Init),
    ROW(Cache_Ibus_MMU_Set),
    ROW(Cache_Dbus_MMU_Set),
    ROW(Cache_Set_IDROM_MMU_Size),
    ROW(Cache_Set_IDROM_MMU_Info),
    ROW(Cache_Get_IROM_MMU_End),
    ROW(Cache_Get_DROM_MMU_End),
    ROW(flash2spiram_instruction_offset),
    ROW(flash2spiram_rodata_offset),
    ROW(flash_instr_rodata_start_page),
    ROW(flash_instr_rodata_end_page),
    ROW(Cache_Count_Flash_Pages),
    ROW(Cache_Get_Memory_BaseAddr),
    ROW(Cache_Get_Memory_Addr),
    ROW(Cache_Get_Virtual_Addr),
    {0},
};
