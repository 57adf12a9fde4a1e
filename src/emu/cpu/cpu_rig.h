/* SPDX-License-Identifier: MIT
 *
 * What the tests of this directory run programs on: one core, 64 KiB of RAM seen
 * at a code and at a data address as on the chip, and one peripheral.
 *
 * Programs are bytes made by `llvm-mc -triple=xtensa -mcpu=esp32` from the text
 * beside them.  They end by jumping to themselves.
 */
#ifndef ESPY_EMU_CPU_CPU_RIG_H
#define ESPY_EMU_CPU_CPU_RIG_H

#include "core.h"

#include "../../base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define RIG_SIZE 0x10000u
#define RIG_CODE 0x40378000u /* the same bytes on the instruction bus */
#define RIG_DATA 0x3fc88000u /* and on the data bus */
#define RIG_STACK (RIG_DATA + 0xfff0u)
#define RIG_VECTORS (RIG_CODE + 0x4000u)
#define RIG_DEVICE 0x60000000u
#define RIG_NOTHING 0x70000000u

#define RIG_CYCLE 2u /* ticks */

typedef struct rig {
    uint8_t ram[RIG_SIZE];
    espy_mem mem;
    espy_bus bus;
    espy_clock clock;
    espy_code *code;
    espy_cpu *cpu;
    /* The peripheral: what it answers, what it was told, and when it was asked. */
    uint32_t answer, told;
    espy_tick asked_at;
    void (*on_access)(struct rig *rig);
} rig;

static inline uint32_t rig_read(void *self, uint32_t offset)
{
    rig *r = self;
    (void)offset;
    r->asked_at = r->clock.now;
    if (r->on_access != NULL)
        r->on_access(r);
    return r->answer;
}

static inline void rig_write(void *self, uint32_t offset, uint32_t value)
{
    rig *r = self;
    r->told = value;
    rig_read(r, offset);
}

static inline void rig_init(rig *r)
{
    memset(r, 0, sizeof *r);
    assert_int_equal(espy_bus_init(&r->bus, NULL, NULL), ESPY_OK);
    assert_int_equal(espy_mem_init(&r->mem, "RAM", r->ram, RIG_SIZE, NULL), ESPY_OK);
    espy_bus_map(&r->bus, RIG_CODE, RIG_SIZE, &r->mem, 0, true);
    espy_bus_map(&r->bus, RIG_DATA, RIG_SIZE, &r->mem, 0, true);
    espy_device device = {"DEVICE", RIG_DEVICE, ESPY_PAGE_SIZE, r, rig_read, rig_write};
    espy_bus_attach(&r->bus, &device);
    assert_int_equal(espy_code_new(&r->code, &r->bus, NULL), ESPY_OK);
    assert_int_equal(espy_cpu_new(&r->cpu, &r->bus, &r->clock, r->code, NULL, 0xcdcd, NULL), ESPY_OK);
    /* A task's state: windows on, interrupts open, vectors in RAM. */
    r->cpu->vecbase = RIG_VECTORS;
    espy_set_ps(r->cpu, PS_WOE | PS_UM);
    espy_cpu_set_pc(r->cpu, RIG_CODE);
    espy_cpu_set_a(r->cpu, 1, RIG_STACK);
}

static inline void rig_free(rig *r)
{
    espy_cpu_free(r->cpu);
    espy_code_free(r->code);
    espy_bus_free(&r->bus);
    espy_mem_free(&r->mem);
}

static inline void rig_load(rig *r, uint32_t addr, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        espy_bus_write(&r->bus, addr + (uint32_t)i, bytes[i], 1);
}

/* Exactly n instructions. */
static inline void rig_step(rig *r, unsigned n)
{
    assert_int_equal(espy_cpu_run(r->cpu, (espy_tick)n * RIG_CYCLE), (espy_tick)n * RIG_CYCLE);
}

/* Runs until the program stands at pc; it must within a million instructions. */
static inline void rig_run_to(rig *r, uint32_t pc)
{
    for (unsigned i = 0; i < 1000 && espy_cpu_pc(r->cpu) != pc; i++)
        espy_cpu_run(r->cpu, (espy_tick)999 * RIG_CYCLE);
    assert_int_equal(espy_cpu_pc(r->cpu), pc);
}

static inline uint32_t rig_a(const rig *r, unsigned n)
{
    return espy_cpu_get_a(r->cpu, n);
}

static inline uint32_t rig_word(const rig *r, uint32_t addr)
{
    return get_le32(r->ram + ((addr - RIG_CODE) & (RIG_SIZE - 1)));
}

#define LOAD_AT(r, addr, program) rig_load((r), (addr), (program), sizeof(program))

#endif
