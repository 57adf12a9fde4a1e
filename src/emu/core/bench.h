/* SPDX-License-Identifier: MIT
 *
 * A bench for the tests of peripherals: a bus, a clock, and nothing else.
 * Included by *_test.c alone.
 */
#ifndef ESPY_EMU_CORE_BENCH_H
#define ESPY_EMU_CORE_BENCH_H

#include "soc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

typedef struct bench {
    espy_clock clock;
    espy_bus bus;
    espy_soc soc;
} bench;

static inline void bench_open(bench *b)
{
    *b = (bench){0};
    assert_int_equal(espy_bus_init(&b->bus, NULL, NULL), ESPY_OK);
    b->soc = (espy_soc){&b->clock, &b->bus, NULL};
}

static inline void bench_close(bench *b)
{
    espy_bus_free(&b->bus);
}

/* RAM for a DMA controller's descriptors, say; close with espy_mem_free(). */
static inline void bench_map_ram(bench *b, espy_mem *mem, uint8_t *bytes, uint32_t addr, uint32_t size)
{
    assert_int_equal(espy_mem_init(mem, "ram", bytes, size, NULL), ESPY_OK);
    espy_bus_map(&b->bus, addr, size, mem, 0, true);
}

static inline uint32_t rd(bench *b, uint32_t addr)
{
    return espy_bus_read(&b->bus, addr, 4);
}

static inline void wr(bench *b, uint32_t addr, uint32_t value)
{
    espy_bus_write(&b->bus, addr, value, 4);
}

/* Lets time pass as the machine does: from event to event. */
static inline void pass(bench *b, espy_tick ticks)
{
    espy_tick end = b->clock.now + ticks;
    while (espy_clock_next(&b->clock) <= end) {
        espy_tick next = espy_clock_next(&b->clock);
        b->clock.now = next > b->clock.now ? next : b->clock.now;
        espy_clock_fire_due(&b->clock);
    }
    b->clock.now = end;
}

/* A line's end: the level, how often it rose, and when last. */
typedef struct probe {
    const espy_clock *clock;
    bool level;
    unsigned rises;
    espy_tick rose_at;
} probe;

static inline void probe_set(void *self, unsigned n, bool level)
{
    probe *p = self;
    (void)n;
    if (level && !p->level) {
        p->rises++;
        p->rose_at = p->clock->now;
    }
    p->level = level;
}

static inline espy_line probe_line(bench *b, probe *p)
{
    *p = (probe){.clock = &b->clock};
    return (espy_line){probe_set, p, 0};
}

#endif
