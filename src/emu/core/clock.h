/* SPDX-License-Identifier: MIT
 *
 * The machine's time and what is due in it.
 *
 * Time is counted in ticks of 1/480,000,000 s, the smallest unit in which the
 * chip's clocks are whole numbers: 2 ticks at 240 MHz, 3 at 160, 6 at 80, 12 at
 * the 40 MHz crystal, 30 at SYSTIMER's 16 MHz.  A u64 lasts 1218 years.
 *
 * A peripheral embeds its espy_event and never frees it while armed.
 */
#ifndef ESPY_EMU_CORE_CLOCK_H
#define ESPY_EMU_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t espy_tick;

#define ESPY_TICKS_PER_SECOND UINT64_C(480000000)
#define ESPY_TICKS_PER_MS (ESPY_TICKS_PER_SECOND / 1000)
#define ESPY_TICKS_PER_US (ESPY_TICKS_PER_SECOND / 1000000)
#define ESPY_NEVER UINT64_MAX

typedef struct espy_event {
    void (*fire)(void *self); /* set once by the owner; runs with clock->now >= when */
    void *self;
    espy_tick when;
    bool armed;
    struct espy_event *next;
} espy_event;

typedef struct espy_clock {
    espy_tick now;     /* exact during peripheral accesses and event calls */
    espy_event *first; /* armed events, soonest first */
} espy_clock;

/* Arms ev for the time `when`, moving it if it is armed already. */
void espy_clock_at(espy_clock *clock, espy_event *ev, espy_tick when);
void espy_clock_cancel(espy_clock *clock, espy_event *ev);
/* When the next event is due; ESPY_NEVER if none is. */
espy_tick espy_clock_next(const espy_clock *clock);
/* Fires everything due at clock->now, in order. */
void espy_clock_fire_due(espy_clock *clock);

#endif
