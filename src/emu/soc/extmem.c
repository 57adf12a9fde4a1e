/* SPDX-License-Identifier: MIT
 *
 * EXTMEM and the MMU; see the header for the documents.
 */
#include "extmem.h"

#include "../core/regfile.h"

#include <string.h>

enum {
    BASE = 0x600c4000,
    SPACE = 0x400,
    MMU_BASE = 0x600c5000,
    IBUS = 0x42000000,
    DBUS = 0x3c000000,
    DCACHE_LOCK_CTRL = 0x1c,
    DCACHE_SYNC_CTRL = 0x28,
    DCACHE_OCCUPY_CTRL = 0x34,
    DCACHE_PRELOAD_CTRL = 0x40,
    DCACHE_AUTOLOAD_CTRL = 0x4c,
    ICACHE_LOCK_CTRL = 0x7c,
    ICACHE_SYNC_CTRL = 0x88,
    ICACHE_PRELOAD_CTRL = 0x94,
    ICACHE_AUTOLOAD_CTRL = 0xa0,
    CACHE_STATE = 0x130,
    CACHE_PRELOAD_INT_CTRL = 0x140,
    CACHE_SYNC_INT_CTRL = 0x144,
    DCACHE_FREEZE = 0x150,
    ICACHE_FREEZE = 0x154,
    /* In each of the two interrupt registers, three bits a cache: */
    INT_ST = 1,
    INT_ENA = 2,
    INT_CLR = 4,
    DCACHE_SHIFT = 3,
    FREEZE_ENA = 1,
    FREEZE_DONE = 4,
    /* An entry of the MMU: */
    ENTRY_PAGE = 0x3fff,
    ENTRY_INVALID = 0x4000,
    ENTRY_PSRAM = 0x8000
};

static const espy_reg_init reset_values[] = {
    {0x004, 0x3},
    {0x008, 0x5},
    {DCACHE_LOCK_CTRL, 0x4},
    {DCACHE_SYNC_CTRL, 0x8},
    {DCACHE_OCCUPY_CTRL, 0x2},
    {DCACHE_PRELOAD_CTRL, 0x2},
    {DCACHE_AUTOLOAD_CTRL, 0x8},
    {0x064, 0x3},
    {0x068, 0x5},
    {ICACHE_LOCK_CTRL, 0x4},
    {ICACHE_SYNC_CTRL, 0x2},
    {ICACHE_PRELOAD_CTRL, 0x2},
    {ICACHE_AUTOLOAD_CTRL, 0x8},
    {0x0b4, 0x44000000},
    {0x0b8, 0x47ffffff},
    {0x104, 0xffffffff},
    {0x10c, 0xffffffff},
    {0x114, 0xffffffff},
    {0x11c, 0xffffffff},
    {0x12c, 0x5},
    {CACHE_STATE, 0x001001},
    {DCACHE_FREEZE, FREEZE_DONE},
    {ICACHE_FREEZE, FREEZE_DONE},
    {0x138, 0x7},
    {0x14c, 0x7},
    {0x158, 0x1},
    {0x15c, 0x1},
    {0x164, 0x1},
    {0x3fc, 0x02012310},
};

/* ---- the windows ---- */

static void show(espy_extmem *extmem, unsigned n, espy_mem *mem, size_t offset, bool writable)
{
    uint32_t at = (uint32_t)n * ESPY_MMU_PAGE_SIZE;
    espy_bus_map(extmem->soc->bus, IBUS + at, ESPY_MMU_PAGE_SIZE, mem, offset, writable);
    espy_bus_map(extmem->soc->bus, DBUS + at, ESPY_MMU_PAGE_SIZE, mem, offset, writable);
}

/* Makes both windows show what entry n says. */
static void map_entry(espy_extmem *extmem, unsigned n)
{
    uint32_t entry = extmem->entry[n];
    const espy_spi_view *view = extmem->view;
    if (entry & ENTRY_INVALID) {
        uint32_t at = (uint32_t)n * ESPY_MMU_PAGE_SIZE;
        espy_bus_unmap(extmem->soc->bus, IBUS + at, ESPY_MMU_PAGE_SIZE);
        espy_bus_unmap(extmem->soc->bus, DBUS + at, ESPY_MMU_PAGE_SIZE);
        return;
    }
    bool psram = entry & ENTRY_PSRAM;
    espy_mem *mem = psram ? view->psram : view->flash;
    if (mem == NULL) {
        show(extmem, n, &extmem->open_bus, 0, false);
        return;
    }
    size_t at = (size_t)(entry & ENTRY_PAGE) * ESPY_MMU_PAGE_SIZE % (psram ? view->psram_size : view->flash_size);
    if (!psram && extmem->flash_page != NULL)
        mem = extmem->flash_page(extmem->flash_page_self, at);
    show(extmem, n, mem, at, psram && view->psram_writable);
}

void espy_extmem_refresh(espy_extmem *extmem)
{
    for (unsigned n = 0; n < ESPY_MMU_ENTRIES; n++)
        if (!(extmem->entry[n] & ENTRY_INVALID))
            map_entry(extmem, n);
}

static void view_changed(void *self)
{
    espy_extmem_refresh(self);
}

static uint32_t mmu_read(void *self, uint32_t offset)
{
    espy_extmem *extmem = self;
    return extmem->entry[offset / 4];
}

static void mmu_write(void *self, uint32_t offset, uint32_t value)
{
    espy_extmem *extmem = self;
    uint32_t *entry = &extmem->entry[offset / 4];
    value &= ENTRY_PAGE | ENTRY_INVALID | ENTRY_PSRAM;
    if (*entry == value)
        return;
    *entry = value;
    map_entry(extmem, offset / 4);
}

/* ---- cache operations ---- */

/* An operation is over as soon as it is enabled: the bits that enable it read 0,
 * the bit that says it is done 1. */
static const struct operation {
    uint16_t offset;
    uint8_t enable, done;
    bool interrupts; /* in the register of that kind, at the bits of its cache */
    uint16_t int_ctrl;
    uint8_t int_shift;
} operations[] = {
    {DCACHE_LOCK_CTRL, 0x3, 0x4, false, 0, 0},
    {DCACHE_SYNC_CTRL, 0x7, 0x8, true, CACHE_SYNC_INT_CTRL, DCACHE_SHIFT},
    {DCACHE_OCCUPY_CTRL, 0x1, 0x2, false, 0, 0},
    {DCACHE_PRELOAD_CTRL, 0x1, 0x2, true, CACHE_PRELOAD_INT_CTRL, DCACHE_SHIFT},
    {DCACHE_AUTOLOAD_CTRL, 0x0, 0x8, false, 0, 0},
    {ICACHE_LOCK_CTRL, 0x3, 0x4, false, 0, 0},
    {ICACHE_SYNC_CTRL, 0x1, 0x2, true, CACHE_SYNC_INT_CTRL, 0},
    {ICACHE_PRELOAD_CTRL, 0x1, 0x2, true, CACHE_PRELOAD_INT_CTRL, 0},
    {ICACHE_AUTOLOAD_CTRL, 0x0, 0x8, false, 0, 0},
};

static void update_irq(espy_extmem *extmem)
{
    static const struct {
        espy_extmem_irq irq;
        uint16_t offset;
        uint8_t shift;
    } sources[] = {
        {ESPY_EXTMEM_DCACHE_PRELOAD, CACHE_PRELOAD_INT_CTRL, DCACHE_SHIFT},
        {ESPY_EXTMEM_ICACHE_PRELOAD, CACHE_PRELOAD_INT_CTRL, 0},
        {ESPY_EXTMEM_DCACHE_SYNC, CACHE_SYNC_INT_CTRL, DCACHE_SHIFT},
        {ESPY_EXTMEM_ICACHE_SYNC, CACHE_SYNC_INT_CTRL, 0},
    };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        uint32_t bits = extmem->reg[sources[i].offset / 4] >> sources[i].shift;
        espy_line_set(&extmem->irq[sources[i].irq], (bits & INT_ST) && (bits & INT_ENA));
    }
}

static bool operate(espy_extmem *extmem, uint32_t offset, uint32_t value)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct operation *op = &operations[i];
        if (op->offset != offset)
            continue;
        extmem->reg[offset / 4] = (value & ~(uint32_t)op->enable) | op->done;
        if (op->interrupts && (value & op->enable)) {
            extmem->reg[op->int_ctrl / 4] |= (uint32_t)INT_ST << op->int_shift;
            update_irq(extmem);
        }
        return true;
    }
    return false;
}

/* Status stays, unless its CLR bit is written; ENA is what is written. */
static void write_int_ctrl(espy_extmem *extmem, uint32_t offset, uint32_t value)
{
    uint32_t *reg = &extmem->reg[offset / 4], kept = 0;
    for (unsigned shift = 0; shift <= DCACHE_SHIFT; shift += DCACHE_SHIFT) {
        uint32_t bits = value >> shift;
        kept |= bits & INT_CLR ? 0 : *reg & (uint32_t)INT_ST << shift;
        kept |= (bits & INT_ENA) << shift;
    }
    *reg = kept;
    update_irq(extmem);
}

static uint32_t read(void *self, uint32_t offset)
{
    espy_extmem *extmem = self;
    return extmem->reg[offset / 4];
}

/* Registers that software cannot write: states, counters, what was rejected. */
static bool read_only(uint32_t offset)
{
    return (offset >= 0xc8 && offset <= 0xd8) || offset == 0xe4 || offset == 0xf0 || offset == 0xfc ||
           (offset >= 0x100 && offset <= 0x124) || offset == CACHE_STATE;
}

static void write(void *self, uint32_t offset, uint32_t value)
{
    espy_extmem *extmem = self;
    if (operate(extmem, offset, value) || read_only(offset))
        return;
    switch (offset) {
    case DCACHE_FREEZE:
    case ICACHE_FREEZE: value = (value & 3) | (value & FREEZE_ENA ? FREEZE_DONE : 0); break;
    case CACHE_PRELOAD_INT_CTRL:
    case CACHE_SYNC_INT_CTRL: write_int_ctrl(extmem, offset, value); return;
    case 0xc4:
    case 0xe0:
    case 0xec:
    case 0xf8: return; /* counters and illegal accesses to clear: there are none */
    default: break;
    }
    extmem->reg[offset / 4] = value;
}

void espy_extmem_init(espy_extmem *extmem, espy_soc *soc, espy_spi_view *view)
{
    memset(extmem, 0, sizeof *extmem);
    extmem->soc = soc;
    extmem->view = view;
    view->changed = view_changed;
    view->self = extmem;
    memset(extmem->open_bytes, 0xff, sizeof extmem->open_bytes);
    extmem->open_bus = (espy_mem){.name = "open memory bus",
                                  .bytes = extmem->open_bytes,
                                  .size = sizeof extmem->open_bytes,
                                  .code_lines = extmem->open_lines,
                                  .code_pages = extmem->open_pages};
    for (unsigned n = 0; n < ESPY_MMU_ENTRIES; n++)
        extmem->entry[n] = ENTRY_INVALID;
    espy_bus_attach(soc->bus, &(espy_device){"EXTMEM", BASE, SPACE, extmem, read, write});
    espy_bus_attach(soc->bus, &(espy_device){"MMU", MMU_BASE, ESPY_MMU_ENTRIES * 4, extmem, mmu_read, mmu_write});
    espy_extmem_reset(extmem, ESPY_RESET_CHIP);
}

/* The MMU's table is memory: only the loss of power takes it. */
void espy_extmem_reset(espy_extmem *extmem, espy_reset kind)
{
    espy_regfile_reset(extmem->reg, ESPY_EXTMEM_WORDS, reset_values, sizeof reset_values / sizeof reset_values[0]);
    update_irq(extmem);
    for (unsigned n = 0; n < ESPY_MMU_ENTRIES && kind == ESPY_RESET_CHIP; n++)
        mmu_write(extmem, n * 4, ENTRY_INVALID);
}
