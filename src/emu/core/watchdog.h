/* SPDX-License-Identifier: MIT
 *
 * What the chip's watchdogs (two MWDT, one RWDT) have in common: a counter that
 * runs through four stages, each with its own length, from the last feeding on.
 * What a stage does when it ends is the owner's matter.
 *
 * Source: ESP32-S3 TRM, "Watchdog Timers".
 */
#ifndef ESPY_EMU_CORE_WATCHDOG_H
#define ESPY_EMU_CORE_WATCHDOG_H

#include "clock.h"
#include "rate.h"

#define ESPY_WATCHDOG_STAGES 4
#define ESPY_WATCHDOG_KEY 0x50D83AA1u /* unlocks the registers of MWDT and RWDT */

/* What a stage does; the values are those of the STGn fields. */
typedef enum espy_watchdog_action {
    ESPY_WATCHDOG_OFF,
    ESPY_WATCHDOG_INTERRUPT,
    ESPY_WATCHDOG_RESET_CPU,
    ESPY_WATCHDOG_RESET_CORE, /* "system" in ESP-IDF's names */
    ESPY_WATCHDOG_RESET_RTC   /* RWDT only */
} espy_watchdog_action;

typedef struct espy_watchdog {
    /* Set by the owner before espy_watchdog_init(). */
    espy_clock *clock;
    void (*expire)(void *self, unsigned stage);   /* the stage has ended */
    uint64_t (*hold)(void *self, unsigned stage); /* its length in cycles */
    void *self;
    espy_rate rate; /* of the clock that it counts */

    bool running;
    unsigned stage;
    uint64_t count;  /* cycles into the stage ... */
    espy_tick since; /* ... at this time */
    espy_event due;
} espy_watchdog;

/* Stopped, at the start of stage 0. */
void espy_watchdog_init(espy_watchdog *dog);
/* Back to the start of stage 0. */
void espy_watchdog_feed(espy_watchdog *dog);
/* Starts, stops where it is, goes on. */
void espy_watchdog_run(espy_watchdog *dog, bool running);
void espy_watchdog_set_rate(espy_watchdog *dog, espy_rate rate);

#endif
