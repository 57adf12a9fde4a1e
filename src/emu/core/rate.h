/* SPDX-License-Identifier: MIT
 *
 * Clocks whose period is no whole number of machine ticks, as exact fractions,
 * so that a counter never drifts.  Frequencies are the nominal ones of
 * ESP-IDF's soc/esp32s3/include/soc/clk_tree_defs.h; on silicon the RC
 * oscillators differ from chip to chip and with temperature, here they do not.
 */
#ifndef ESPY_EMU_CORE_RATE_H
#define ESPY_EMU_CORE_RATE_H

#include "clock.h"

typedef struct espy_rate {
    uint32_t cycles; /* this many cycles of the clock ... */
    uint32_t ticks;  /* ... take this many ticks */
} espy_rate;

/* RC_SLOW_CLK, 136 kHz. */
#define ESPY_RATE_RC_SLOW ((espy_rate){17, 60000})
/* XTAL32K_CLK, 32.768 kHz; no model of ours has this crystal soldered. */
#define ESPY_RATE_XTAL32K ((espy_rate){16, 234375})
/* RC_FAST_D256_CLK, 17.5 MHz / 256. */
#define ESPY_RATE_RC_FAST_D256 ((espy_rate){7, 49152})

/* Ticks from `then` to now.  The cores of a machine take turns through a stretch
 * of time, so that the second one may come by a little before `then`: that is 0. */
static inline espy_tick espy_since(const espy_clock *clock, espy_tick then)
{
    return clock->now > then ? clock->now - then : 0;
}

/* The later of now and `then`. */
static inline espy_tick espy_not_before(const espy_clock *clock, espy_tick then)
{
    return clock->now > then ? clock->now : then;
}

/* Whole cycles in a span of ticks. */
static inline uint64_t espy_rate_cycles(espy_rate rate, espy_tick ticks)
{
    return ticks / rate.ticks * rate.cycles + ticks % rate.ticks * rate.cycles / rate.ticks;
}

/* The shortest span in which that many cycles have passed; at most ESPY_NEVER / 2,
 * six centuries, so that a time can be added to it. */
static inline espy_tick espy_rate_ticks(espy_rate rate, uint64_t cycles)
{
    if (cycles / rate.cycles >= ESPY_NEVER / 2 / rate.ticks)
        return ESPY_NEVER / 2;
    uint64_t rest = cycles % rate.cycles * rate.ticks;
    return cycles / rate.cycles * rate.ticks + (rest + rate.cycles - 1) / rate.cycles;
}

#endif
