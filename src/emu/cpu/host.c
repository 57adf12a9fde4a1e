/* SPDX-License-Identifier: MIT
 *
 * What the host may do to a core during a SIMCALL; see cpu.h.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, "Windowed
 * Register Option", for the places of a frame's registers on the stack.
 */
#include "core.h"

#define BASES 16u

void espy_cpu_set_host(espy_cpu *cpu, espy_cpu_host *host, void *self)
{
    cpu->host = host;
    cpu->host_self = self;
    cpu->code->host = host != NULL;
}

void espy_cpu_pause(espy_cpu *cpu, espy_tick until)
{
    cpu->waiting = true;
    cpu->wake = until;
}

void espy_cpu_call(espy_cpu *cpu, uint32_t to, uint32_t back)
{
    cpu->a[8] = 2u << 30 | (back & 0x3fffffff);
    espy_set_ps(cpu, (cpu->ps & ~PS_CALLINC) | 2u << PS_CALLINC_SHIFT);
    cpu->pc = to;
}

uint32_t espy_cpu_get_sr(const espy_cpu *cpu, unsigned n)
{
    return espy_sreg_readable(n) ? espy_sreg_read(cpu, n, cpu->host_op) : 0;
}

void espy_cpu_set_sr(espy_cpu *cpu, unsigned n, uint32_t value)
{
    if (espy_sreg_writable(n))
        espy_sreg_write(cpu, n, value, cpu->host_op);
    cpu->stop |= espy_sreg_sets_time(n);
}

void espy_cpu_set_region(espy_cpu *cpu, unsigned region, unsigned attribute)
{
    cpu->itlb[region] = cpu->dtlb[region] = (uint8_t)attribute;
}

bool espy_cpu_may_access(const espy_cpu *cpu, uint32_t addr)
{
    return cpu->dtlb[addr >> 29] != NO_ACCESS;
}

uint32_t espy_cpu_prid(const espy_cpu *cpu)
{
    return cpu->prid;
}

unsigned espy_cpu_cycle(const espy_cpu *cpu)
{
    return cpu->cycle;
}

/* ---- spilling ---- */

static uint32_t *frame_register(espy_cpu *cpu, unsigned base, unsigned n)
{
    return &cpu->ar[(4 * base + n) % ESPY_AR_COUNT];
}

static void store_registers(espy_cpu *cpu, unsigned base, unsigned first, unsigned count, uint32_t addr)
{
    for (unsigned i = 0; i < count; i++)
        espy_bus_write(cpu->bus, addr + 4 * i, *frame_register(cpu, base, first + i), 4);
}

/* A frame's a0 to a3 go below its callee's stack pointer, the rest below its
 * caller's, which is where the frame's own save area says. */
static void spill_frame(espy_cpu *cpu, unsigned base, unsigned size)
{
    uint32_t callee_sp = *frame_register(cpu, (base + size) % BASES, 1);
    store_registers(cpu, base, 0, 4, callee_sp - 16);
    if (size > 1) {
        uint32_t caller_sp = espy_bus_read(cpu->bus, *frame_register(cpu, base, 1) - 12, 4);
        store_registers(cpu, base, 4, 4 * (size - 1), caller_sp - 16 - 16 * (size - 1));
    }
    cpu->window_start &= ~(1u << base);
}

static unsigned frame_size(const espy_cpu *cpu, unsigned base)
{
    unsigned size = 1;
    while ((cpu->window_start >> (base + size) % BASES & 1) == 0)
        size++;
    return size;
}

/* The oldest frame first, since the save area of the next is above its stack. */
static void spill(espy_cpu *cpu, unsigned distances)
{
    /* While the window wraps, AR[0] to AR[11] are beyond AR[63]. */
    unsigned current = cpu->window_base;
    espy_window_set_base(cpu, 0);
    for (unsigned distance = 1; distance < distances; distance++) {
        unsigned base = (current + distance) % BASES;
        if (cpu->window_start >> base & 1)
            spill_frame(cpu, base, frame_size(cpu, base));
    }
    espy_window_set_base(cpu, current);
}

void espy_cpu_spill(espy_cpu *cpu)
{
    spill(cpu, BASES);
}

void espy_cpu_make_room(espy_cpu *cpu, unsigned quadrant)
{
    if (cpu->free < quadrant)
        spill(cpu, quadrant + 1);
}
