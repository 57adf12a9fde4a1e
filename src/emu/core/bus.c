/* SPDX-License-Identifier: MIT
 *
 * The shared address space; see the header.
 */
#include "bus.h"

#include "../../base/bytes.h"

#include <stdlib.h>
#include <string.h>

espy_status espy_mem_init(espy_mem *mem, const char *name, uint8_t *bytes, size_t size, espy_err *err)
{
    *mem = (espy_mem){.name = name, .bytes = bytes, .size = size};
    mem->code_lines = calloc(size >> ESPY_LINE_BITS, 1);
    mem->code_pages = calloc(size >> ESPY_PAGE_BITS, 1);
    if (mem->code_lines != NULL && mem->code_pages != NULL)
        return ESPY_OK;
    espy_mem_free(mem);
    return espy_fail(err, ESPY_E_MEMORY, "no memory for the marks of %s", name);
}

void espy_mem_free(espy_mem *mem)
{
    free(mem->code_lines);
    free(mem->code_pages);
    *mem = (espy_mem){0};
}

espy_status espy_bus_init(espy_bus *bus, const espy_log *log, espy_err *err)
{
    *bus = (espy_bus){.log = log, .first_writable = ESPY_PAGE_COUNT};
    bus->read_page = calloc(ESPY_PAGE_COUNT, sizeof *bus->read_page);
    bus->write_page = calloc(ESPY_PAGE_COUNT, sizeof *bus->write_page);
    bus->page = calloc(ESPY_PAGE_COUNT, sizeof *bus->page);
    bus->device_page = calloc(ESPY_PAGE_COUNT, 1);
    if (bus->read_page != NULL && bus->write_page != NULL && bus->page != NULL && bus->device_page != NULL)
        return ESPY_OK;
    espy_bus_free(bus);
    return espy_fail(err, ESPY_E_MEMORY, "no memory for the page tables of the virtual board");
}

void espy_bus_free(espy_bus *bus)
{
    free(bus->read_page);
    free(bus->write_page);
    free(bus->page);
    free(bus->device_page);
    *bus = (espy_bus){0};
}

static void set_page(espy_bus *bus, uint32_t n, espy_mem *mem, size_t offset, bool writable)
{
    bus->page[n] = (espy_bus_page){mem, (uint32_t)offset, writable};
    uint8_t *host = mem != NULL ? mem->bytes + offset : NULL;
    bus->read_page[n] = host;
    bool direct = mem != NULL && writable && mem->code_pages[offset >> ESPY_PAGE_BITS] == 0;
    bus->write_page[n] = direct ? host : NULL;
    if (writable && n < bus->first_writable)
        bus->first_writable = n;
    if (writable && n > bus->last_writable)
        bus->last_writable = n;
}

void espy_bus_map(espy_bus *bus, uint32_t addr, uint32_t size, espy_mem *mem, size_t offset, bool writable)
{
    for (uint32_t done = 0; done < size; done += ESPY_PAGE_SIZE)
        set_page(bus, (addr + done) >> ESPY_PAGE_BITS, mem, offset + done, writable);
    if (bus->map_changed != NULL)
        bus->map_changed(bus->code_user, addr, size);
}

void espy_bus_unmap(espy_bus *bus, uint32_t addr, uint32_t size)
{
    for (uint32_t done = 0; done < size; done += ESPY_PAGE_SIZE)
        set_page(bus, (addr + done) >> ESPY_PAGE_BITS, NULL, 0, false);
    if (bus->map_changed != NULL)
        bus->map_changed(bus->code_user, addr, size);
}

void espy_bus_attach(espy_bus *bus, const espy_device *device)
{
    if (bus->device_count == ESPY_BUS_DEVICES)
        return;
    bus->devices[bus->device_count++] = *device;
    uint32_t last = (device->base + device->size - 1) >> ESPY_PAGE_BITS;
    for (uint32_t n = device->base >> ESPY_PAGE_BITS; n <= last; n++)
        if (bus->device_page[n] == 0)
            bus->device_page[n] = (uint8_t)bus->device_count;
}

static espy_device *find_device(espy_bus *bus, uint32_t addr)
{
    unsigned first = bus->device_page[addr >> ESPY_PAGE_BITS];
    if (first == 0)
        return NULL;
    for (unsigned i = first - 1; i < bus->device_count; i++)
        if (addr - bus->devices[i].base < bus->devices[i].size)
            return &bus->devices[i];
    return NULL;
}

bool espy_bus_is_memory(const espy_bus *bus, uint32_t addr)
{
    return bus->read_page[addr >> ESPY_PAGE_BITS] != NULL;
}

static uint32_t unmapped(espy_bus *bus, const char *what, uint32_t addr, uint32_t value)
{
    bus->unmapped++;
    espy_log(bus->log, ESPY_LOG_MMIO, "unmapped %s 0x%08x 0x%08x", what, addr, value);
    return 0;
}

/* An aligned word of a peripheral. */
static uint32_t device_read(espy_bus *bus, uint32_t addr)
{
    espy_device *dev = find_device(bus, addr);
    if (dev == NULL)
        return unmapped(bus, "read", addr, 0);
    uint32_t value = dev->read(dev->self, addr - dev->base);
    espy_log(bus->log, ESPY_LOG_MMIO, "%s+0x%03x -> 0x%08x", dev->name, addr - dev->base, value);
    return value;
}

static void device_write(espy_bus *bus, uint32_t addr, uint32_t value)
{
    espy_device *dev = find_device(bus, addr);
    if (dev == NULL) {
        unmapped(bus, "write", addr, value);
        return;
    }
    espy_log(bus->log, ESPY_LOG_MMIO, "%s+0x%03x <- 0x%08x", dev->name, addr - dev->base, value);
    dev->write(dev->self, addr - dev->base, value);
}

static uint32_t truncate_to(uint32_t value, unsigned size)
{
    return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

uint32_t espy_bus_read(espy_bus *bus, uint32_t addr, unsigned size)
{
    uint32_t in_page = addr & (ESPY_PAGE_SIZE - 1);
    const uint8_t *host = bus->read_page[addr >> ESPY_PAGE_BITS];
    if (host != NULL && in_page + size <= ESPY_PAGE_SIZE) {
        host += in_page;
        return size == 4 ? get_le32(host) : size == 2 ? get_le16(host) : *host;
    }
    if ((addr & 3) + size <= 4)
        return host != NULL ? 0 : truncate_to(device_read(bus, addr & ~3u) >> 8 * (addr & 3), size);
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= espy_bus_read(bus, addr + i, 1) << 8 * i;
    return value;
}

/* Takes the marks off the lines of [offset, offset+size) and tells the decoder. */
static void drop_code(espy_bus *bus, espy_mem *mem, size_t offset, size_t size)
{
    size_t last = (offset + size - 1) >> ESPY_LINE_BITS;
    for (size_t line = offset >> ESPY_LINE_BITS; line <= last; line++) {
        if (!mem->code_lines[line])
            continue;
        mem->code_lines[line] = 0;
        mem->code_pages[line >> (ESPY_PAGE_BITS - ESPY_LINE_BITS)]--;
        if (bus->code_changed != NULL)
            bus->code_changed(bus->code_user, mem, line << ESPY_LINE_BITS, (size_t)1 << ESPY_LINE_BITS);
    }
}

/* A store into one page of memory that had no direct write pointer. */
static void memory_write(espy_bus *bus, uint32_t addr, uint32_t value, unsigned size)
{
    uint32_t n = addr >> ESPY_PAGE_BITS;
    espy_bus_page *page = &bus->page[n];
    if (!page->writable) {
        espy_log(bus->log, ESPY_LOG_MMIO, "write to read-only %s at 0x%08x", page->mem->name, addr);
        return;
    }
    size_t offset = page->offset + (addr & (ESPY_PAGE_SIZE - 1));
    drop_code(bus, page->mem, offset, size);
    for (unsigned i = 0; i < size; i++)
        page->mem->bytes[offset + i] = (uint8_t)(value >> 8 * i);
    if (page->mem->code_pages[page->offset >> ESPY_PAGE_BITS] == 0)
        bus->write_page[n] = bus->read_page[n];
}

void espy_bus_write(espy_bus *bus, uint32_t addr, uint32_t value, unsigned size)
{
    uint32_t in_page = addr & (ESPY_PAGE_SIZE - 1);
    bool memory = bus->page[addr >> ESPY_PAGE_BITS].mem != NULL;
    if (memory && in_page + size <= ESPY_PAGE_SIZE)
        memory_write(bus, addr, value, size);
    else if ((addr & 3) + size <= 4)
        device_write(bus, addr & ~3u, truncate_to(value, size) << 8 * (addr & 3));
    else
        for (unsigned i = 0; i < size; i++)
            espy_bus_write(bus, addr + i, value >> 8 * i & 0xff, 1);
}

/* Takes the direct write pointer from every page that shows this page of mem. */
static void protect(espy_bus *bus, const espy_mem *mem, size_t page_offset)
{
    for (uint32_t n = bus->first_writable; n <= bus->last_writable; n++)
        if (bus->write_page[n] == mem->bytes + page_offset)
            bus->write_page[n] = NULL;
}

void espy_bus_mark_code(espy_bus *bus, uint32_t addr, uint32_t size)
{
    espy_bus_page *page = &bus->page[addr >> ESPY_PAGE_BITS];
    espy_mem *mem = page->mem;
    size_t offset = page->offset + (addr & (ESPY_PAGE_SIZE - 1));
    uint8_t *in_page = &mem->code_pages[page->offset >> ESPY_PAGE_BITS];
    for (size_t line = offset >> ESPY_LINE_BITS; line <= (offset + size - 1) >> ESPY_LINE_BITS; line++) {
        if (mem->code_lines[line])
            continue;
        mem->code_lines[line] = 1;
        if ((*in_page)++ == 0)
            protect(bus, mem, page->offset);
    }
}

void espy_bus_mem_changed(espy_bus *bus, espy_mem *mem, size_t offset, size_t size)
{
    if (size > 0)
        drop_code(bus, mem, offset, size);
    if (size > 0 && mem->changed != NULL)
        mem->changed(mem->changed_self, offset, size);
}
