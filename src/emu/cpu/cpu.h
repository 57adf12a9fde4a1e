/* SPDX-License-Identifier: MIT
 *
 * One Xtensa LX7 core as the ESP32-S3 has it: what the machine sees of it.
 *
 * The core reads code and data through the bus, takes 32 interrupt inputs, and
 * runs in slices.  One instruction is one cycle.  Decoded code lives in an
 * espy_code, which both cores of a machine share.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual; core
 * configuration from ESP-IDF, components/xtensa/esp32s3/include/xtensa/config/core-isa.h.
 */
#ifndef ESPY_EMU_CPU_CPU_H
#define ESPY_EMU_CPU_CPU_H

#include "../core/bus.h"
#include "../core/clock.h"

typedef struct espy_code espy_code;
typedef struct espy_cpu espy_cpu;

/* The decoded-code cache of one machine; hooks itself to the bus's callbacks. */
espy_status espy_code_new(espy_code **code, espy_bus *bus, espy_err *err);
void espy_code_free(espy_code *code);

/* prid: 0xCDCD for core 0, 0xABAB for core 1. */
espy_status espy_cpu_new(espy_cpu **cpu, espy_bus *bus, espy_clock *clock, espy_code *code, const espy_log *log,
                         uint32_t prid, espy_err *err);
void espy_cpu_free(espy_cpu *cpu);

/* Reset state; execution begins at the reset vector 0x40000400. */
void espy_cpu_reset(espy_cpu *cpu);

/* The length of a cycle in clock ticks (2 at 240 MHz), from now on. */
void espy_cpu_set_cycle(espy_cpu *cpu, unsigned ticks);

/* Runs from clock->now for about `ticks`, advancing clock->now for peripheral
 * accesses as it goes, and returns the ticks used (possibly a few cycles over).
 * Returns early when the core enters WAITI with nothing pending, when
 * espy_cpu_stop() was called from a peripheral access, or when an access armed an
 * event due before the end of the slice.  clock->now is left at the stop. */
espy_tick espy_cpu_run(espy_cpu *cpu, espy_tick ticks);

/* Asks a running slice to end after the current instruction. */
void espy_cpu_stop(espy_cpu *cpu);

/* The level of the 32 interrupt inputs, from the interrupt matrix.  Edge-type
 * inputs (10, 22, 28, 30) latch on rising.  May be called during run(). */
void espy_cpu_set_interrupts(espy_cpu *cpu, uint32_t levels);

/* In WAITI, or paused by the host, with no interrupt to take. */
bool espy_cpu_waiting(const espy_cpu *cpu);
/* The former: the guest itself has nothing to do. */
bool espy_cpu_asleep(const espy_cpu *cpu);
/* Ticks until a CCOMPARE timer wakes the waiting core; ESPY_NEVER if none will. */
espy_tick espy_cpu_wake_in(const espy_cpu *cpu);
/* A waiting core lets time pass: CCOUNT advances, timers may become due. */
void espy_cpu_idle(espy_cpu *cpu, espy_tick ticks);

/* What SIMCALL means: nothing on a chip; on a machine whose ROM is the host's work,
 * a call of `host` with the address of the instruction.  During the call clock->now is
 * the instruction's time, the accessors below may be used, and a0 to a7 are free of
 * older frames.  The core then goes on after the instruction, or where
 * espy_cpu_set_pc() says.  Set before the first run. */
typedef void espy_cpu_host(void *self, espy_cpu *cpu, uint32_t pc);
void espy_cpu_set_host(espy_cpu *cpu, espy_cpu_host *host, void *self);
/* During a host call: the core sleeps until the clock reads `until`, or until an
 * interrupt is due, and then goes on at its pc. */
void espy_cpu_pause(espy_cpu *cpu, espy_tick until);
/* During a host call: writes the older frames that are in the window's registers up to
 * a11 (quadrant 2) or a15 (3) to their stacks, as their overflow would.  No sooner than
 * a function of the chip's would: a frame at the end of a chain may have nowhere to go. */
void espy_cpu_make_room(espy_cpu *cpu, unsigned quadrant);
/* During a host call: a windowed call of `to` (CALL8) that will return to `back`;
 * its arguments are in a10 to a15, its result will be in a10. */
void espy_cpu_call(espy_cpu *cpu, uint32_t to, uint32_t back);
/* During a host call: writes every frame but the current one to its stack, as the
 * window overflow handlers would. */
void espy_cpu_spill(espy_cpu *cpu);
/* During a host call: a special register, by its number in the ISA (230 is PS); 0 where
 * the core has none.  A write obeys what WSR obeys. */
uint32_t espy_cpu_get_sr(const espy_cpu *cpu, unsigned n);
void espy_cpu_set_sr(espy_cpu *cpu, unsigned n, uint32_t value);
/* The access attribute of a region of 512 MiB, as WITLB and WDTLB set it. */
void espy_cpu_set_region(espy_cpu *cpu, unsigned region, unsigned attribute);
/* Whether a load or a store may go to addr; it raises an exception otherwise. */
bool espy_cpu_may_access(const espy_cpu *cpu, uint32_t addr);
uint32_t espy_cpu_prid(const espy_cpu *cpu);
/* The length of a cycle in clock ticks. */
unsigned espy_cpu_cycle(const espy_cpu *cpu);

/* Inspection, for tests, traces and a debugger. */
uint32_t espy_cpu_pc(const espy_cpu *cpu);
uint32_t espy_cpu_get_a(const espy_cpu *cpu, unsigned n);
void espy_cpu_set_a(espy_cpu *cpu, unsigned n, uint32_t value);
void espy_cpu_set_pc(espy_cpu *cpu, uint32_t pc);
uint64_t espy_cpu_instructions(const espy_cpu *cpu);

#endif
