/* SPDX-License-Identifier: MIT
 *
 * What the functions of the built-in ROM are written with; see native.h.
 */
#include "native.h"

#include "builtin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REGISTER_ARGS = 6, PRID_APP = 0xabab };

/* A frame that calls with CALL8 has 32 bytes of save areas at its top.  The step and what
 * follows it take the 16 at the bottom of a stepping function's. */
unsigned espy_rom_frame_size(const espy_rom_function *f)
{
    return f->kind == ESPY_ROM_STEPS ? 48u + f->locals : 32u;
}

/* ---- arguments and results ---- */

static uint32_t stack_pointer(const espy_rom_call *c)
{
    return espy_cpu_get_a(c->cpu, 1);
}

uint32_t espy_rom_arg(const espy_rom_call *c, unsigned n)
{
    if (n < REGISTER_ARGS)
        return espy_cpu_get_a(c->cpu, 2 + n);
    uint32_t caller_sp = stack_pointer(c) + espy_rom_frame_size(c->function);
    return espy_rom_read32(c, caller_sp + 4 * (n - REGISTER_ARGS));
}

uint64_t espy_rom_arg64(const espy_rom_call *c, unsigned n)
{
    return espy_rom_arg(c, n) | (uint64_t)espy_rom_arg(c, n + 1) << 32;
}

void espy_rom_return(espy_rom_call *c, uint32_t value)
{
    espy_cpu_set_a(c->cpu, 2, value);
}

void espy_rom_return64(espy_rom_call *c, uint64_t value)
{
    espy_cpu_set_a(c->cpu, 2, (uint32_t)value);
    espy_cpu_set_a(c->cpu, 3, (uint32_t)(value >> 32));
}

/* ---- memory ---- */

static uint32_t in_page(uint32_t addr)
{
    return addr & (ESPY_PAGE_SIZE - 1);
}

/* Only the first counts: the core would not have got to the next. */
static bool deny(const espy_rom_call *c, uint32_t addr, bool is_store)
{
    if (espy_cpu_may_access(c->cpu, addr))
        return false;
    if (!c->rom->denied) {
        c->rom->denied = true;
        c->rom->denied_store = is_store;
        c->rom->denied_addr = addr;
    }
    return true;
}

bool espy_rom_denied(const espy_rom_call *c)
{
    return c->rom->denied;
}

uint32_t espy_rom_get(const espy_rom_call *c, uint32_t addr, unsigned size)
{
    if (c->bus->read_page[addr >> ESPY_PAGE_BITS] == NULL && deny(c, addr, false))
        return 0;
    return espy_bus_read(c->bus, addr, size);
}

/* The bus' own write is the slow way for memory without decoded code. */
void espy_rom_put(const espy_rom_call *c, uint32_t addr, uint32_t value, unsigned size)
{
    uint8_t *host = c->bus->write_page[addr >> ESPY_PAGE_BITS];
    if (host == NULL || in_page(addr) + size > ESPY_PAGE_SIZE) {
        if (host != NULL || !deny(c, addr, true))
            espy_bus_write(c->bus, addr, value, size);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        host[in_page(addr) + i] = (uint8_t)(value >> 8 * i);
}

uint32_t espy_rom_read32(const espy_rom_call *c, uint32_t addr)
{
    return espy_rom_get(c, addr, 4);
}

uint8_t espy_rom_read8(const espy_rom_call *c, uint32_t addr)
{
    return (uint8_t)espy_rom_get(c, addr, 1);
}

uint8_t *espy_rom_edit(const espy_rom_call *c, uint32_t addr, size_t n)
{
    const espy_bus_page *page = &c->bus->page[addr >> ESPY_PAGE_BITS];
    uint8_t *host = c->bus->write_page[addr >> ESPY_PAGE_BITS];
    if (host != NULL)
        return host + in_page(addr);
    if (page->mem == NULL || !page->writable)
        return NULL;
    espy_bus_mem_changed(c->bus, page->mem, page->offset + in_page(addr), n);
    return page->mem->bytes + page->offset + in_page(addr);
}

void espy_rom_write32(const espy_rom_call *c, uint32_t addr, uint32_t value)
{
    espy_rom_put(c, addr, value, 4);
}

void espy_rom_write8(const espy_rom_call *c, uint32_t addr, uint8_t value)
{
    espy_rom_put(c, addr, value, 1);
}

void espy_rom_update32(const espy_rom_call *c, uint32_t addr, uint32_t mask, uint32_t value)
{
    espy_rom_write32(c, addr, (espy_rom_read32(c, addr) & ~mask) | (value & mask));
}

const uint8_t *espy_rom_view(const espy_rom_call *c, uint32_t addr, size_t *n)
{
    const uint8_t *host = c->bus->read_page[addr >> ESPY_PAGE_BITS];
    *n = ESPY_PAGE_SIZE - in_page(addr);
    return host != NULL ? host + in_page(addr) : NULL;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

void espy_rom_read(const espy_rom_call *c, uint32_t addr, void *bytes, size_t n)
{
    uint8_t *to = bytes;
    for (size_t done = 0, span; done < n; done += span) {
        const uint8_t *from = espy_rom_view(c, addr + (uint32_t)done, &span);
        span = min_size(span, n - done);
        if (from != NULL)
            memcpy(to + done, from, span);
        else
            for (size_t i = 0; i < span; i++)
                to[done + i] = espy_rom_read8(c, addr + (uint32_t)(done + i));
    }
}

void espy_rom_write(const espy_rom_call *c, uint32_t addr, const void *bytes, size_t n)
{
    const uint8_t *from = bytes;
    for (size_t done = 0, span; done < n; done += span) {
        uint32_t at = addr + (uint32_t)done;
        span = min_size(ESPY_PAGE_SIZE - in_page(at), n - done);
        uint8_t *to = espy_rom_edit(c, at, span);
        if (to != NULL)
            memcpy(to, from + done, span);
        else
            for (size_t i = 0; i < span; i++)
                espy_rom_put(c, at + (uint32_t)i, from[done + i], 1);
    }
}

/* ---- stepping ---- */

uint32_t espy_rom_local(const espy_rom_call *c, unsigned offset)
{
    return espy_rom_read32(c, stack_pointer(c) + offset);
}

void espy_rom_set_local(const espy_rom_call *c, unsigned offset, uint32_t value)
{
    espy_rom_write32(c, stack_pointer(c) + offset, value);
}

uint32_t espy_rom_locals_addr(const espy_rom_call *c)
{
    return stack_pointer(c) + 4;
}

static void come_back(espy_rom_call *c, uint32_t step)
{
    if (c->function->kind == ESPY_ROM_STEPS)
        espy_rom_set_local(c, 0, step);
}

void espy_rom_wait(espy_rom_call *c, uint32_t step, espy_tick ticks)
{
    come_back(c, step);
    espy_cpu_set_pc(c->cpu, c->pc);
    espy_cpu_pause(c->cpu, c->clock->now + ticks);
}

void espy_rom_guest(espy_rom_call *c, uint32_t step, uint32_t to, unsigned argc, const uint32_t *args)
{
    come_back(c, step);
    espy_cpu_make_room(c->cpu, argc > 2 ? 3 : 2);
    for (unsigned i = 0; i < argc; i++)
        espy_cpu_set_a(c->cpu, 10 + i, args[i]);
    espy_cpu_call(c->cpu, to, c->pc);
}

uint32_t espy_rom_result(const espy_rom_call *c)
{
    return espy_cpu_get_a(c->cpu, 10);
}

/* ---- the rest ---- */

void espy_rom_divide_by_zero(espy_rom_call *c)
{
    espy_cpu_set_pc(c->cpu, ESPY_ROM_DIVIDE_BY_ZERO);
}

unsigned espy_rom_core(const espy_rom_call *c)
{
    return espy_cpu_prid(c->cpu) == PRID_APP;
}

static void stop(espy_rom_call *c, const char *advice, const char *fmt, va_list args)
{
    espy_builtin_rom *rom = c->rom;
    char text[256];
    vsnprintf(text, sizeof text, fmt, args);
    if (rom->fault.status == ESPY_OK) {
        espy_fail(&rom->fault, ESPY_E_UNSUPPORTED, "%s", text);
        espy_advise(&rom->fault, "%s", advice);
    }
    espy_cpu_set_pc(c->cpu, c->pc);
    espy_cpu_pause(c->cpu, ESPY_NEVER);
    rom->stop(rom->stop_self);
}

void espy_rom_fault(espy_rom_call *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    stop(c, "Give the board a real mask ROM: rom=FILE, or set ESPY_ROM; see `espy help up`.", fmt, args);
    va_end(args);
}

/* With a real mask ROM the driver would wait for ever for a radio that is not there. */
void espy_rom_fault_radio(espy_rom_call *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    stop(c, "The virtual board has no radio: leave out what needs Wi-Fi or Bluetooth.", fmt, args);
    va_end(args);
}
