/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: what the caches are told to do.  Their modes are in cache_mode.c, their
 * MMU in cache_mmu.c.
 *
 * The two caches have the same registers at different places, so that each function
 * exists once for both.  Every operation is over when its register has been written;
 * see soc/extmem.h.
 *
 * Sources: ESP-IDF v5.0.4, rom/cache.h and extmem_reg.h; the real ROM for the order of
 * its writes.  Left out: what reads the tag memories (Cache_Travel_Tag_Memory); operations
 * of the firmware's own in rom_cache_internal_table_ptr, which are refused.
 */
#include "cache.h"

#include "bits.h"

#include "../core/regfile.h"

enum {
    EXTMEM = 0x600c4000,
    DCACHE_CTRL1 = EXTMEM + 0x4,
    ICACHE_CTRL1 = EXTMEM + 0x64,
    OCCUPY = EXTMEM + 0x34,

    /* An operation's registers: its control, ... */
    OP_ADDR = 4,
    OP_SIZE = 8,
    OP_ADDR_1 = 0xc, /* of the second region */

    CTRL_ENABLE = 1,
    CTRL1_SHUT = 3, /* both buses */
    SYNC_INVALIDATE = 1,
    SYNC_WRITEBACK = 2,
    SYNC_CLEAN = 4,
    SYNC_SIZE = 0x7fffff,
    LOCK = 1,
    UNLOCK = 2,
    SMALL_SIZE = 0xffff,
    PRELOAD_START = 1,
    PRELOAD_DONE = 2,
    PRELOAD_BACKWARDS = 4,
    AUTOLOAD_ENABLE = 4,
    AUTOLOAD_BACKWARDS = 0x10,
    AUTOLOAD_CLEAR = 0x200,
    AUTOLOAD_SIZE = 0x7ffffff,
    FREEZE_ENABLE = 1,
    FREEZE_MODE = 2,

    /* Variables of the ROM */
    TABLE_PTR = 0x3fceffc4, /* rom_cache_internal_table_ptr */
    OWN_TABLE = 0x3ff1e2b4,
    OP_CB_START = 0x3fceffc8, /* rom_cache_op_cb: called before an operation on addresses, and after */
    OP_CB_END = 0x3fceffcc
};

const espy_rom_cache espy_rom_dcache = {
    .window = 0x3c000000,
    .ctrl = EXTMEM,
    .ctrl1 = DCACHE_CTRL1,
    .prelock = EXTMEM + 0xc,
    .sync = EXTMEM + 0x28,
    .preload = EXTMEM + 0x40,
    .autoload = EXTMEM + 0x4c,
    .freeze = EXTMEM + 0x150,
};

const espy_rom_cache espy_rom_icache = {
    .window = 0x42000000,
    .ctrl = EXTMEM + 0x60,
    .ctrl1 = ICACHE_CTRL1,
    .prelock = EXTMEM + 0x6c,
    .sync = EXTMEM + 0x88,
    .preload = EXTMEM + 0x94,
    .autoload = EXTMEM + 0xa0,
    .freeze = EXTMEM + 0x154,
};

static bool serves(const espy_rom_cache *which, uint32_t addr)
{
    return addr - which->window < 0x2000000;
}

uint32_t espy_rom_cache_line(const espy_rom_call *c, const espy_rom_cache *which)
{
    static const uint8_t sizes[] = {16, 32, 64, 64};
    uint32_t ctrl = espy_rom_read32(c, which->ctrl);
    return sizes[espy_bits(ctrl, which == &espy_rom_dcache ? 4 : 3, 3)];
}

bool espy_rom_cache_has_own_table(espy_rom_call *c)
{
    uint32_t table = espy_rom_read32(c, TABLE_PTR);
    if (table == OWN_TABLE)
        return true;
    espy_rom_fault(c, "the firmware's own cache operations, at 0x%08x, are not in the built-in ROM", table);
    return false;
}

/* ---- operations on lines, and on addresses ---- */

typedef struct operation {
    uint32_t dcache, icache; /* its registers; 0: none */
    uint32_t start, size_mask;
    uint32_t lines; /* on addresses, at most so many at once, and never across a multiple of them */
} operation;

static const operation invalidate = {EXTMEM + 0x28, EXTMEM + 0x88, SYNC_INVALIDATE, SYNC_SIZE, 0x400000};
static const operation clean = {EXTMEM + 0x28, 0, SYNC_CLEAN, SYNC_SIZE, 0x400000};
static const operation write_back = {EXTMEM + 0x28, 0, SYNC_WRITEBACK, SYNC_SIZE, 0x400000};
static const operation lock = {EXTMEM + 0x1c, EXTMEM + 0x7c, LOCK, SMALL_SIZE, 0x8000};
static const operation unlock = {EXTMEM + 0x1c, EXTMEM + 0x7c, UNLOCK, SMALL_SIZE, 0x8000};
static const operation occupy = {OCCUPY, 0, 1, SMALL_SIZE, 0x8000};

static void operate(const espy_rom_call *c, const operation *op, uint32_t regs, uint32_t addr, uint32_t lines)
{
    espy_rom_write32(c, regs + OP_ADDR, addr);
    espy_rom_update32(c, regs + OP_SIZE, op->size_mask, lines);
    espy_rom_set_bits(c, regs, op->start);
}

static void on_items(const espy_rom_call *c, const operation *op, uint32_t regs)
{
    operate(c, op, regs, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void on_range(const espy_rom_call *c, const operation *op, const espy_rom_cache *which, uint32_t addr,
                     uint32_t size)
{
    uint32_t line = espy_rom_cache_line(c, which), offset = addr & (line - 1);
    uint32_t most = op->lines * line;
    addr -= offset;
    size = (size + offset + line - 1) & (0u - line);
    while (size > 0) {
        uint32_t part = ((addr + most) & (0u - most)) - addr;
        if (part > size)
            part = size;
        operate(c, op, which == &espy_rom_dcache ? op->dcache : op->icache, addr, part / line);
        addr += part;
        size -= part;
    }
}

/* The cache that serves both ends of a range; NULL if none does. */
static const espy_rom_cache *cache_of(const operation *op, uint32_t addr, uint32_t size)
{
    const espy_rom_cache *which = serves(&espy_rom_dcache, addr) ? &espy_rom_dcache : &espy_rom_icache;
    if ((which == &espy_rom_icache && op->icache == 0) || !serves(which, addr) || !serves(which, addr + size - 1))
        return NULL;
    return which;
}

static void on_addresses(espy_rom_call *c, const operation *op)
{
    uint32_t addr = espy_rom_arg(c, 0), size = espy_rom_arg(c, 1), callback;
    const espy_rom_cache *which = cache_of(op, addr, size);
    switch (c->step) {
    case 0:
        if (!espy_rom_cache_has_own_table(c))
            return;
        if (which == NULL || (op == &occupy && size < espy_rom_cache_line(c, which))) {
            espy_rom_return(c, 1);
            return;
        }
        callback = espy_rom_read32(c, OP_CB_START);
        if (callback != 0) {
            espy_rom_guest(c, 1, callback, 0, NULL);
            return;
        }
        /* fall through */
    case 1:
        on_range(c, op, which, addr, size);
        callback = espy_rom_read32(c, OP_CB_END);
        if (callback != 0) {
            espy_rom_guest(c, 2, callback, 0, NULL);
            return;
        }
        /* fall through */
    default: espy_rom_return(c, 0);
    }
}

static void all(espy_rom_call *c, const operation *op, const espy_rom_cache *which)
{
    if (espy_rom_cache_has_own_table(c))
        operate(c, op, which->sync, 0, 0);
}

void espy_rom_cache_invalidate_all(espy_rom_call *c, const espy_rom_cache *which)
{
    all(c, &invalidate, which);
}

#define ITEMS(name, op, cache)                                                                                         \
    static void name(espy_rom_call *c)                                                                                 \
    {                                                                                                                  \
        on_items(c, &op, op.cache);                                                                                    \
    }
ITEMS(Cache_Invalidate_ICache_Items, invalidate, icache)
ITEMS(Cache_Invalidate_DCache_Items, invalidate, dcache)
ITEMS(Cache_Clean_Items, clean, dcache)
ITEMS(Cache_WriteBack_Items, write_back, dcache)
ITEMS(Cache_Lock_ICache_Items, lock, icache)
ITEMS(Cache_Lock_DCache_Items, lock, dcache)
ITEMS(Cache_Unlock_ICache_Items, unlock, icache)
ITEMS(Cache_Unlock_DCache_Items, unlock, dcache)
ITEMS(Cache_Occupy_Items, occupy, dcache)
#undef ITEMS

#define ADDRESSES(name, op)                                                                                            \
    static void name(espy_rom_call *c)                                                                                 \
    {                                                                                                                  \
        on_addresses(c, &op);                                                                                          \
    }
ADDRESSES(Cache_Invalidate_Addr, invalidate)
ADDRESSES(Cache_Clean_Addr, clean)
ADDRESSES(Cache_WriteBack_Addr, write_back)
ADDRESSES(Cache_Lock_Addr, lock)
ADDRESSES(Cache_Unlock_Addr, unlock)
ADDRESSES(Cache_Occupy_Addr, occupy)
#undef ADDRESSES

static void Cache_Invalidate_ICache_All(espy_rom_call *c)
{
    espy_rom_cache_invalidate_all(c, &espy_rom_icache);
}

static void Cache_Invalidate_DCache_All(espy_rom_call *c)
{
    espy_rom_cache_invalidate_all(c, &espy_rom_dcache);
}

static void Cache_Clean_All(espy_rom_call *c)
{
    all(c, &clean, &espy_rom_dcache);
}

static void Cache_WriteBack_All(espy_rom_call *c)
{
    all(c, &write_back, &espy_rom_dcache);
}

/* ---- autoload ---- */

static void clear_autoload(const espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_set_bits(c, which->autoload, AUTOLOAD_CLEAR);
    espy_rom_clear_bits(c, which->autoload, AUTOLOAD_CLEAR);
}

static void disable_autoload(const espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_clear_bits(c, which->autoload, AUTOLOAD_ENABLE);
    clear_autoload(c, which);
}

/* Returns what resume_autoload() is to be given. */
static uint32_t suspend_autoload(const espy_rom_call *c, const espy_rom_cache *which)
{
    uint32_t enabled = espy_rom_read32(c, which->autoload) & AUTOLOAD_ENABLE;
    if (enabled)
        disable_autoload(c, which);
    else
        espy_rom_clear_bits(c, which->autoload, AUTOLOAD_CLEAR);
    return enabled;
}

static void resume_autoload(const espy_rom_call *c, const espy_rom_cache *which, uint32_t suspended)
{
    if (suspended & AUTOLOAD_ENABLE)
        espy_rom_set_bits(c, which->autoload, AUTOLOAD_ENABLE);
}

/* Argument 0: struct autoload_config. */
static void config_autoload(const espy_rom_call *c, const espy_rom_cache *which)
{
    uint8_t config[4]; /* ena, order, trigger, size */
    espy_rom_read(c, espy_rom_arg(c, 0), config, sizeof config);
    disable_autoload(c, which);
    if (config[0] == 0)
        return;
    espy_rom_update32(c, which->autoload, AUTOLOAD_BACKWARDS, config[1] == 1 ? AUTOLOAD_BACKWARDS : 0);
    espy_rom_update32(c, which->autoload, 3 << 5, (uint32_t)config[2] << 5);
    espy_rom_update32(c, which->autoload, 3 << 7, (uint32_t)config[3] << 7);
}

/* Argument 0: struct autoload_region_config. */
static void config_region(espy_rom_call *c, const espy_rom_cache *which)
{
    uint32_t config = espy_rom_arg(c, 0);
    uint8_t region = espy_rom_read8(c, config), enable = espy_rom_read8(c, config + 1);
    uint32_t addr = espy_rom_read32(c, config + 4), size = espy_rom_read32(c, config + 8);
    if (!espy_rom_cache_has_own_table(c))
        return;
    if (region > 1 || !serves(which, addr) || !serves(which, addr + size - 1)) {
        espy_rom_return(c, 1);
        return;
    }
    if (espy_rom_read32(c, which->autoload) & 1u << region) {
        clear_autoload(c, which);
        espy_rom_clear_bits(c, which->autoload, 1u << region);
    }
    if (enable) {
        uint32_t regs = which->autoload + (region == 0 ? OP_ADDR : OP_ADDR_1);
        espy_rom_write32(c, regs, addr);
        espy_rom_update32(c, regs + 4, AUTOLOAD_SIZE, size);
        espy_rom_set_bits(c, which->autoload, 1u << region);
    }
    espy_rom_return(c, 0);
}

/* ---- preload, lock in advance ---- */

static void start_preload(espy_rom_call *c, const espy_rom_cache *which)
{
    if (!espy_rom_cache_has_own_table(c))
        return;
    uint32_t suspended = suspend_autoload(c, which), order = espy_rom_arg(c, 2);
    espy_rom_write32(c, which->preload + OP_ADDR, espy_rom_arg(c, 0));
    espy_rom_update32(c, which->preload, PRELOAD_BACKWARDS, order ? PRELOAD_BACKWARDS : 0);
    espy_rom_update32(c, which->preload + OP_SIZE, SMALL_SIZE, espy_rom_arg(c, 1) / espy_rom_cache_line(c, which));
    espy_rom_set_bits(c, which->preload, PRELOAD_START);
    espy_rom_return(c, suspended);
}

static void end_preload(espy_rom_call *c, const espy_rom_cache *which)
{
    if (espy_rom_cache_has_own_table(c))
        resume_autoload(c, which, espy_rom_arg(c, 0));
}

static void preload_done(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_return(c, espy_rom_read32(c, which->preload) & PRELOAD_DONE);
}

/* Argument 0: struct lock_config, an address and halfwords of size and group. */
static void enable_prelock(espy_rom_call *c, const espy_rom_cache *which)
{
    uint32_t config = espy_rom_arg(c, 0);
    uint32_t sizes = espy_rom_read32(c, config + 4), size = sizes & 0xffff;
    bool first = sizes >> 16 == 0;
    espy_rom_write32(c, which->prelock + (first ? 4 : 8), espy_rom_read32(c, config));
    espy_rom_update32(c, which->prelock + 0xc, first ? 0xffff0000 : 0xffff, first ? size << 16 : size);
    espy_rom_set_bits(c, which->prelock, first ? 1 : 2);
}

static void disable_prelock(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_clear_bits(c, which->prelock, (espy_rom_arg(c, 0) & 0xffff) == 0 ? 1 : 2);
}

/* ---- on and off ---- */

static void freeze(const espy_rom_call *c, const espy_rom_cache *which, bool mode)
{
    espy_rom_update32(c, which->freeze, FREEZE_MODE, mode ? FREEZE_MODE : 0);
    espy_rom_set_bits(c, which->freeze, FREEZE_ENABLE);
}

static void thaw(const espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_clear_bits(c, which->freeze, FREEZE_ENABLE);
}

static void disable(espy_rom_call *c, const espy_rom_cache *which)
{
    if (!espy_rom_cache_has_own_table(c))
        return;
    espy_rom_clear_bits(c, which->ctrl, CTRL_ENABLE);
    espy_rom_return(c, suspend_autoload(c, which));
    operate(c, &invalidate, which->sync, 0, 0);
}

void espy_rom_cache_enable(const espy_rom_call *c, const espy_rom_cache *which, uint32_t autoload)
{
    espy_rom_set_bits(c, which->ctrl, CTRL_ENABLE);
    resume_autoload(c, which, autoload);
}

static void enable(espy_rom_call *c, const espy_rom_cache *which)
{
    if (espy_rom_cache_has_own_table(c))
        espy_rom_cache_enable(c, which, espy_rom_arg(c, 0));
}

static void suspend(espy_rom_call *c, const espy_rom_cache *which)
{
    if (!espy_rom_cache_has_own_table(c))
        return;
    espy_rom_set_bits(c, which->ctrl1, CTRL1_SHUT);
    espy_rom_clear_bits(c, which->ctrl, CTRL_ENABLE);
    espy_rom_return(c, suspend_autoload(c, which));
    freeze(c, which, 0);
    thaw(c, which);
}

static void resume(espy_rom_call *c, const espy_rom_cache *which)
{
    if (!espy_rom_cache_has_own_table(c))
        return;
    espy_rom_set_bits(c, which->ctrl, CTRL_ENABLE);
    espy_rom_clear_bits(c, which->ctrl1, CTRL1_SHUT);
    resume_autoload(c, which, espy_rom_arg(c, 0));
}

static void get_line_size(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_return(c, espy_rom_cache_line(c, which));
}

static void address_through(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_return(c, serves(which, espy_rom_arg(c, 0)));
}

static void cache_suspend_autoload(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_return(c, suspend_autoload(c, which));
}

static void cache_resume_autoload(espy_rom_call *c, const espy_rom_cache *which)
{
    resume_autoload(c, which, espy_rom_arg(c, 0));
}

static void enable_autoload(espy_rom_call *c, const espy_rom_cache *which)
{
    espy_rom_set_bits(c, which->autoload, AUTOLOAD_ENABLE);
}

static void cache_disable_autoload(espy_rom_call *c, const espy_rom_cache *which)
{
    disable_autoload(c, which);
}

static void cache_config_autoload(espy_rom_call *c, const espy_rom_cache *which)
{
    config_autoload(c, which);
}

static void freeze_enable(espy_rom_call *c, const espy_rom_cache *which)
{
    freeze(c, which, espy_rom_arg(c, 0) != 0);
}

static void freeze_disable(espy_rom_call *c, const espy_rom_cache *which)
{
    thaw(c, which);
}

/* What there is for either cache: the ROM's name up to the cache's, from there on, and what it does. */
#define BOTH(X)                                                                                                        \
    X(Cache_Get_, _Line_Size, get_line_size)                                                                           \
    X(Cache_Address_Through_, , address_through)                                                                       \
    X(Cache_Suspend_, _Autoload, cache_suspend_autoload)                                                               \
    X(Cache_Resume_, _Autoload, cache_resume_autoload)                                                                 \
    X(Cache_Enable_, _Autoload, enable_autoload)                                                                       \
    X(Cache_Disable_, _Autoload, cache_disable_autoload)                                                               \
    X(Cache_Config_, _Autoload, cache_config_autoload)                                                                 \
    X(Cache_Config_, _Region_Autoload, config_region)                                                                  \
    X(Cache_Start_, _Preload, start_preload)                                                                           \
    X(Cache_End_, _Preload, end_preload)                                                                               \
    X(Cache_, _Preload_Done, preload_done)                                                                             \
    X(Cache_Enable_, _PreLock, enable_prelock)                                                                         \
    X(Cache_Disable_, _PreLock, disable_prelock)                                                                       \
    X(Cache_Disable_, , disable)                                                                                       \
    X(Cache_Enable_, , enable)                                                                                         \
    X(Cache_Suspend_, , suspend)                                                                                       \
    X(Cache_Resume_, , resume)                                                                                         \
    X(Cache_Freeze_, _Enable, freeze_enable)                                                                           \
    X(Cache_Freeze_, _Disable, freeze_disable)

#define DEFINE(before, after, function)                                                                                \
    static void before##ICache##after(espy_rom_call *c)                                                                \
    {                                                                                                                  \
        function(c, &espy_rom_icache);                                                                                 \
    }                                                                                                                  \
    static void before##DCache##after(espy_rom_call *c)                                                                \
    {                                                                                                                  \
        function(c, &espy_rom_dcache);                                                                                 \
    }
BOTH(DEFINE)
#undef DEFINE

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }
#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS                                                                     \
    }
#define ROWS(before, after, function) ROW(before##ICache##after), ROW(before##DCache##after),

const espy_rom_function espy_rom_cache_functions[] = {
    BOTH(ROWS) ROW(Cache_Invalidate_ICache_Items),
    ROW(Cache_Invalidate_DCache_Items),
    ROW(Cache_Clean_Items),
    ROW(Cache_WriteBack_Items),
    ROW(Cache_Lock_ICache_Items),
    ROW(Cache_Lock_DCache_Items),
    ROW(Cache_Unlock_ICache_Items),
    ROW(Cache_Unlock_DCache_Items),
    ROW(Cache_Occupy_Items),
    STEPS(Cache_Invalidate_Addr),
    STEPS(Cache_Clean_Addr),
    STEPS(Cache_WriteBack_Addr),
    STEPS(Cache_Lock_Addr),
    STEPS(Cache_Unlock_Addr),
    STEPS(Cache_Occupy_Addr),
    ROW(Cache_Invalidate_ICache_All),
    ROW(Cache_Invalidate_DCache_All),
    ROW(Cache_Clean_All),
    ROW(Cache_WriteBack_All),
    {0},
};
