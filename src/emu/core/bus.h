/* SPDX-License-Identifier: MIT
 *
 * The address space both cores share: memories, seen through 4 KiB pages with
 * direct host pointers, and peripherals, called word by word.
 *
 * A memory (espy_mem) may be mapped at several addresses: SRAM1 on the
 * instruction and the data bus, a flash page in both external windows.  Code
 * that has been decoded from it is marked in 256-byte lines of the memory
 * itself, not of an address, so that a write through any alias is noticed.  A
 * page with marked lines has no direct write pointer; such writes take the slow
 * path, which tells the decoder (code_changed) when it hits a marked line.
 *
 * Source: ESP32-S3 Technical Reference Manual, "System and Memory".
 */
#ifndef ESPY_EMU_CORE_BUS_H
#define ESPY_EMU_CORE_BUS_H

#include "espy/err.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_PAGE_BITS 12
#define ESPY_PAGE_SIZE (1u << ESPY_PAGE_BITS)
#define ESPY_PAGE_COUNT (1u << (32 - ESPY_PAGE_BITS))
#define ESPY_LINE_BITS 8
#define ESPY_BUS_DEVICES 96

/* A block of host memory that guests can address.  The owner keeps the bytes;
 * espy_mem_init allocates only the marks. */
typedef struct espy_mem {
    const char *name;
    uint8_t *bytes;
    size_t size;         /* a multiple of ESPY_PAGE_SIZE */
    uint8_t *code_lines; /* one per 256 bytes: decoded code lies here */
    uint8_t *code_pages; /* one per page: how many of its lines are marked */
    /* Told what espy_bus_mem_changed() is; may be NULL. */
    void (*changed)(void *self, size_t offset, size_t size);
    void *changed_self;
} espy_mem;

/* A peripheral: registers of 32 bits at word offsets within [base, base+size).
 * Narrower reads take their lanes of the word; narrower writes reach the device
 * as a word with the other lanes zero, as on the chip's APB. */
typedef struct espy_device {
    const char *name; /* Espressif's: "UART0"; also what the mmio log prints */
    uint32_t base;
    uint32_t size;
    void *self;
    uint32_t (*read)(void *self, uint32_t offset);
    void (*write)(void *self, uint32_t offset, uint32_t value);
} espy_device;

typedef struct espy_bus {
    uint8_t **read_page;                    /* [ESPY_PAGE_COUNT] host address of the page, or NULL */
    uint8_t **write_page;                   /* the same for direct writes */
    struct espy_bus_page *page;             /* what a page is, for the slow path */
    uint32_t first_writable, last_writable; /* page numbers that bound all writable mappings */
    espy_device devices[ESPY_BUS_DEVICES];
    unsigned device_count;
    uint8_t *device_page; /* [ESPY_PAGE_COUNT] 1 + index of the first device in the page, or 0 */
    /* Called when bytes of a marked line change, or a mapping of [addr, addr+size) does. */
    void (*code_changed)(void *user, espy_mem *mem, size_t offset, size_t size);
    void (*map_changed)(void *user, uint32_t addr, uint32_t size);
    void *code_user;
    const espy_log *log;
    uint64_t unmapped; /* accesses to nothing, for the curious */
} espy_bus;

typedef struct espy_bus_page {
    espy_mem *mem; /* NULL: no memory here */
    uint32_t offset;
    bool writable;
} espy_bus_page;

espy_status espy_mem_init(espy_mem *mem, const char *name, uint8_t *bytes, size_t size, espy_err *err);
void espy_mem_free(espy_mem *mem);

espy_status espy_bus_init(espy_bus *bus, const espy_log *log, espy_err *err);
void espy_bus_free(espy_bus *bus);

/* Maps [addr, addr+size) to mem at offset; all multiples of the page size. */
void espy_bus_map(espy_bus *bus, uint32_t addr, uint32_t size, espy_mem *mem, size_t offset, bool writable);
void espy_bus_unmap(espy_bus *bus, uint32_t addr, uint32_t size);
/* Adds a peripheral; the descriptor is copied.  Regions may not overlap. */
void espy_bus_attach(espy_bus *bus, const espy_device *device);

/* Any aligned or unaligned access of 1, 2 or 4 bytes: the slow path that knows
 * everything.  Unmapped reads give 0 and are counted and logged. */
uint32_t espy_bus_read(espy_bus *bus, uint32_t addr, unsigned size);
void espy_bus_write(espy_bus *bus, uint32_t addr, uint32_t value, unsigned size);
/* Whether [addr, addr+size) is memory from which code can be fetched. */
bool espy_bus_is_memory(const espy_bus *bus, uint32_t addr);

/* The decoder took code from [addr, addr+size), which lies in one page. */
void espy_bus_mark_code(espy_bus *bus, uint32_t addr, uint32_t size);
/* Something other than a guest store changed mem: DMA, a flash part erasing. */
void espy_bus_mem_changed(espy_bus *bus, espy_mem *mem, size_t offset, size_t size);

#endif
