/* SPDX-License-Identifier: MIT
 *
 * The caches' controller (EXTMEM) and the MMU that gives flash and PSRAM their
 * addresses: 512 entries of 64 KiB, shared by the instruction bus (0x42000000)
 * and the data bus (0x3C000000).
 *
 * Caches hold no data here: both windows show the memories themselves, so that
 * every cache operation finds its work done.  Its handshakes are those of the
 * chip.
 *
 * Sources: TRM, "System and Memory"; ESP-IDF v5.0.4, extmem_reg.h, ext_mem_defs.h.
 * Left out: stale lines, write-back order, access counters, rejected accesses.
 */
#ifndef ESPY_EMU_SOC_EXTMEM_H
#define ESPY_EMU_SOC_EXTMEM_H

#include "../core/soc.h"
#include "../core/spi.h"

#define ESPY_EXTMEM_WORDS (0x400 / 4)
#define ESPY_MMU_ENTRIES 512
#define ESPY_MMU_PAGE_SIZE 0x10000u

/* Interrupt sources, see espy_extmem.irq. */
typedef enum espy_extmem_irq {
    ESPY_EXTMEM_CACHE_IA,       /* ETS_CACHE_IA_INTR_SOURCE: illegal access */
    ESPY_EXTMEM_DCACHE_PRELOAD, /* ETS_DCACHE_PRELOAD0_INTR_SOURCE */
    ESPY_EXTMEM_ICACHE_PRELOAD, /* ETS_ICACHE_PRELOAD0_INTR_SOURCE */
    ESPY_EXTMEM_DCACHE_SYNC,    /* ETS_DCACHE_SYNC0_INTR_SOURCE */
    ESPY_EXTMEM_ICACHE_SYNC,    /* ETS_ICACHE_SYNC0_INTR_SOURCE */
    ESPY_EXTMEM_IRQS
} espy_extmem_irq;

typedef struct espy_extmem {
    espy_soc *soc;
    espy_spi_view *view;
    espy_line irq[ESPY_EXTMEM_IRQS]; /* connect after init */
    /* What is seen of 64 KiB of the flash, where that is not the flash itself; connect after
     * init, or leave it NULL. */
    espy_mem *(*flash_page)(void *self, size_t offset);
    void *flash_page_self;
    uint32_t reg[ESPY_EXTMEM_WORDS];
    uint32_t entry[ESPY_MMU_ENTRIES];
    /* What a page shows when the chip behind it does not answer. */
    espy_mem open_bus;
    uint8_t open_bytes[ESPY_MMU_PAGE_SIZE];
    uint8_t open_lines[ESPY_MMU_PAGE_SIZE >> ESPY_LINE_BITS];
    uint8_t open_pages[ESPY_MMU_PAGE_SIZE >> ESPY_PAGE_BITS];
} espy_extmem;

/* Takes over view->changed.  Call after espy_mspi_init(). */
void espy_extmem_init(espy_extmem *extmem, espy_soc *soc, espy_spi_view *view);
/* What flash_page() answers has changed. */
void espy_extmem_refresh(espy_extmem *extmem);
/* After espy_mspi_reset(). */
void espy_extmem_reset(espy_extmem *extmem, espy_reset kind);

#endif
