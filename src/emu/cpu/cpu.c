/* SPDX-License-Identifier: MIT
 *
 * The core as the machine sees it: its life, its slices, its inputs.
 */
#include "exec.h"

#include <stdlib.h>
#include <string.h>

#define RESET_VECTOR 0x40000400u
#define RESET_VECBASE 0x40000000u
#define REGION_BYPASS 2 /* the attribute of every region after reset */
#define LONGEST_PART (1 << 30)

espy_status espy_cpu_new(espy_cpu **out, espy_bus *bus, espy_clock *clock, espy_code *code, const espy_log *log,
                         uint32_t prid, espy_err *err)
{
    espy_cpu *cpu = calloc(1, sizeof *cpu);
    *out = cpu;
    if (cpu == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a virtual core");
    cpu->bus = bus;
    cpu->clock = clock;
    cpu->code = code;
    cpu->log = log;
    cpu->prid = prid;
    cpu->cycle = cpu->next_cycle = 2;
    espy_cpu_reset(cpu);
    return ESPY_OK;
}

void espy_cpu_free(espy_cpu *cpu)
{
    free(cpu);
}

void espy_cpu_reset(espy_cpu *cpu)
{
    espy_cpu fresh = {
        .bus = cpu->bus,
        .clock = cpu->clock,
        .code = cpu->code,
        .log = cpu->log,
        .host = cpu->host,
        .host_self = cpu->host_self,
        .prid = cpu->prid,
        .cycle = cpu->next_cycle,
        .next_cycle = cpu->next_cycle,
        .instructions = cpu->instructions,
        .levels = cpu->levels,
        .pc = RESET_VECTOR,
        .vecbase = RESET_VECBASE,
        .ps = PS_EXCM | PS_INTLEVEL,
        .window_start = 1,
        .atomctl = 0x28,
        .read_page = cpu->bus->read_page,
        .write_page = cpu->bus->write_page,
        .jumps = cpu->code->jumps,
        .exit = {.run = espy_run_EXIT, .last = true},
    };
    *cpu = fresh;
    memset(cpu->itlb, REGION_BYPASS, sizeof cpu->itlb);
    memset(cpu->dtlb, REGION_BYPASS, sizeof cpu->dtlb);
    cpu->interrupt = cpu->levels & INT_LEVEL;
    espy_window_set_base(cpu, 0);
}

void espy_cpu_set_cycle(espy_cpu *cpu, unsigned ticks)
{
    cpu->next_cycle = ticks;
    cpu->attention = true;
}

/* ---- slices ---- */

/* CCOUNT between slices. */
static uint32_t ccount(const espy_cpu *cpu)
{
    return (uint32_t)cpu->cycles + cpu->ccount_base;
}

/* Runs to the end of the slice or to the next timer interrupt, whichever is
 * first, or to where something asks for attention. */
static void run_part(espy_cpu *cpu)
{
    cpu->cycle = cpu->next_cycle;
    uint32_t timer = espy_timers_next(cpu, ccount(cpu));
    espy_tick cycles = (cpu->slice_end - cpu->clock->now + cpu->cycle - 1) / cpu->cycle;
    if (cycles > (espy_tick)timer + 1)
        cycles = (espy_tick)timer + 1;
    if (cycles > LONGEST_PART)
        cycles = LONGEST_PART;
    cpu->part_start = cpu->clock->now;
    cpu->quota = cpu->budget = (int32_t)cycles;
    espy_exec_run(cpu);
    uint32_t done = (uint32_t)(cpu->quota - cpu->budget);
    espy_timers_pass(cpu, ccount(cpu), done);
    cpu->cycles += done;
    cpu->instructions += done;
    cpu->clock->now = cpu->part_start + (espy_tick)done * cpu->cycle;
}

espy_tick espy_cpu_run(espy_cpu *cpu, espy_tick ticks)
{
    espy_tick start = cpu->clock->now;
    cpu->slice_end = start + ticks;
    cpu->stop = false;
    while (!cpu->stop && cpu->clock->now < cpu->slice_end) {
        if (espy_interrupt_due(cpu))
            espy_interrupt_take(cpu);
        if (espy_cpu_waiting(cpu))
            break;
        cpu->waiting = false;
        run_part(cpu);
    }
    return cpu->clock->now - start;
}

void espy_cpu_stop(espy_cpu *cpu)
{
    cpu->stop = true;
}

void espy_cpu_set_interrupts(espy_cpu *cpu, uint32_t levels)
{
    uint32_t rising = levels & ~cpu->levels;
    cpu->levels = levels;
    cpu->interrupt = (cpu->interrupt & ~INT_LEVEL) | (levels & INT_LEVEL) | (rising & (INT_EDGE | INT_NMI));
    cpu->attention = true;
}

/* ---- waiting ---- */

bool espy_cpu_waiting(const espy_cpu *cpu)
{
    return cpu->waiting && cpu->clock->now < cpu->wake && !espy_interrupt_due(cpu);
}

bool espy_cpu_asleep(const espy_cpu *cpu)
{
    return espy_cpu_waiting(cpu) && cpu->wake == ESPY_NEVER;
}

espy_tick espy_cpu_wake_in(const espy_cpu *cpu)
{
    if (!cpu->waiting)
        return ESPY_NEVER;
    uint32_t cycles;
    espy_tick timer = ESPY_NEVER, pause = cpu->wake == ESPY_NEVER ? ESPY_NEVER : cpu->wake - cpu->clock->now;
    if (espy_timers_wake(cpu, ccount(cpu), &cycles))
        timer = ((espy_tick)cycles + 1) * cpu->next_cycle - cpu->idle_rest % cpu->next_cycle;
    return timer < pause ? timer : pause;
}

void espy_cpu_idle(espy_cpu *cpu, espy_tick ticks)
{
    cpu->cycle = cpu->next_cycle;
    cpu->idle_rest += ticks;
    espy_tick cycles = cpu->idle_rest / cpu->cycle;
    cpu->idle_rest %= cpu->cycle;
    espy_timers_pass(cpu, ccount(cpu), cycles);
    cpu->cycles += cycles;
}

/* ---- inspection ---- */

uint32_t espy_cpu_pc(const espy_cpu *cpu)
{
    return cpu->pc;
}

uint32_t espy_cpu_get_a(const espy_cpu *cpu, unsigned n)
{
    return cpu->a[n & 15];
}

void espy_cpu_set_a(espy_cpu *cpu, unsigned n, uint32_t value)
{
    cpu->a[n & 15] = value;
}

void espy_cpu_set_pc(espy_cpu *cpu, uint32_t pc)
{
    cpu->pc = pc;
}

uint64_t espy_cpu_instructions(const espy_cpu *cpu)
{
    return cpu->instructions;
}
