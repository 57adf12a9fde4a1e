/* SPDX-License-Identifier: MIT
 *
 * For tests of peripherals: a bus, a clock, some RAM at 0x3FC88000, lines that
 * remember their level, and register access by address.
 */
#ifndef ESPY_EMU_SOC_FIXTURE_H
#define ESPY_EMU_SOC_FIXTURE_H

#include "../core/soc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURE_RAM 0x3fc88000u
#define FIXTURE_RAM_SIZE 0x10000u

typedef struct fixture {
    espy_bus bus;
    espy_clock clock;
    espy_soc soc;
    espy_mem mem;
    uint8_t *ram;
    bool level[32];      /* of line n */
    unsigned raised[32]; /* how often it rose */
} fixture;

static inline void fixture_setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(espy_bus_init(&f->bus, NULL, NULL), ESPY_OK);
    f->ram = calloc(1, FIXTURE_RAM_SIZE);
    assert_non_null(f->ram);
    assert_int_equal(espy_mem_init(&f->mem, "ram", f->ram, FIXTURE_RAM_SIZE, NULL), ESPY_OK);
    espy_bus_map(&f->bus, FIXTURE_RAM, FIXTURE_RAM_SIZE, &f->mem, 0, true);
    f->soc = (espy_soc){.clock = &f->clock, .bus = &f->bus};
}

static inline void fixture_teardown(fixture *f)
{
    espy_mem_free(&f->mem);
    espy_bus_free(&f->bus);
    free(f->ram);
}

static inline void fixture_set_line(void *self, unsigned n, bool level)
{
    fixture *f = self;
    f->raised[n] += level && !f->level[n];
    f->level[n] = level;
}

static inline espy_line fixture_line(fixture *f, unsigned n)
{
    return (espy_line){fixture_set_line, f, n};
}

static inline uint32_t rd(fixture *f, uint32_t addr)
{
    return espy_bus_read(&f->bus, addr, 4);
}

static inline void wr(fixture *f, uint32_t addr, uint32_t value)
{
    espy_bus_write(&f->bus, addr, value, 4);
}

/* Lets time pass, event by event. */
static inline void run_for(fixture *f, espy_tick ticks)
{
    espy_tick end = f->clock.now + ticks;
    while (espy_clock_next(&f->clock) <= end) {
        if (espy_clock_next(&f->clock) > f->clock.now)
            f->clock.now = espy_clock_next(&f->clock);
        espy_clock_fire_due(&f->clock);
    }
    f->clock.now = end;
}

#endif
