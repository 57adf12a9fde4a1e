/* SPDX-License-Identifier: MIT
 *
 * SYSTIMER (0x60023000): two 52-bit counters at 16 MHz and three comparators,
 * one-shot or periodic, exact to the count.
 *
 * Source: ESP32-S3 TRM, "System Timer"; ESP-IDF v5.0.4 soc/systimer_reg.h.
 */
#ifndef ESPY_EMU_SOC_SYSTIMER_H
#define ESPY_EMU_SOC_SYSTIMER_H

#include "../core/soc.h"

#define ESPY_SYSTIMER_WORDS (0x100 / 4)

/* A counter: value at `since`, counting on if running. */
typedef struct espy_systimer_unit {
    uint64_t value;
    uint64_t since; /* in counts of the machine's time */
    bool running;
} espy_systimer_unit;

typedef struct espy_systimer_target {
    struct espy_systimer *timer;
    espy_event due;
    bool waiting;     /* for `value` */
    uint64_t value;   /* the count at which it fires next */
    uint64_t oneshot; /* TARGET and TARGET_PERIOD as they were at the last load */
    uint32_t period;
} espy_systimer_target;

typedef struct espy_systimer {
    const espy_soc *soc;
    espy_line intr[3]; /* interrupt sources 57, 58, 59 */
    uint32_t reg[ESPY_SYSTIMER_WORDS];
    espy_systimer_unit unit[2];
    espy_systimer_target target[3];
    bool stalled[2]; /* the cores */
    bool stopped;    /* the crystal is off */
} espy_systimer;

void espy_systimer_init(espy_systimer *timer, const espy_soc *soc);
void espy_systimer_reset(espy_systimer *timer, espy_reset depth);
/* An input line: n = 0, 1: core n is stalled; n = 2: the crystal is off (sleep). */
void espy_systimer_halt(void *self, unsigned n, bool level);

#endif
