/* SPDX-License-Identifier: MIT
 *
 * TIMG0 (0x6001F000) and TIMG1 (0x60020000): a timer group.  Two 54-bit timers
 * on APB or the crystal, the main watchdog with four stages and its resets, and
 * (group 0) the measurement of a slow clock against the crystal.
 *
 * Source: ESP32-S3 TRM, "Timer Group", "Watchdog Timers"; ESP-IDF v5.0.4
 * soc/timer_group_reg.h, esp_hw_support/port/esp32s3/rtc_time.c.
 *
 * Left out: the length of reset signals; no 32.768 kHz crystal is soldered, so
 * measuring it times out, as on the boards.
 */
#ifndef ESPY_EMU_SOC_TIMG_H
#define ESPY_EMU_SOC_TIMG_H

#include "../core/reset.h"
#include "../core/soc.h"
#include "../core/watchdog.h"

#define ESPY_TIMG_WORDS (0x100 / 4)

typedef struct espy_timg_timer {
    struct espy_timg *group;
    unsigned index;
    uint64_t value;  /* at `since` */
    espy_tick since; /* a count boundary */
    espy_event alarm;
} espy_timg_timer;

typedef struct espy_timg {
    const espy_soc *soc;
    /* Outputs, wired by the machine after init. */
    espy_line intr_timer[2]; /* TIMG0: sources 50, 51; TIMG1: 53, 54 */
    espy_line intr_wdt;      /* TIMG0: source 52; TIMG1: 55 */
    espy_reset_port reset;

    unsigned index;
    unsigned apb_ticks; /* the length of an APB cycle */
    bool flash_boot;
    bool halted; /* the crystal is off (sleep) */
    uint32_t reg[ESPY_TIMG_WORDS];
    espy_timg_timer timer[2];
    bool wdt_on; /* enabled, or guarding the boot */
    espy_watchdog wdt;
    espy_tick cali_since; /* when the measurement began */
} espy_timg;

/* index: 0 or 1. */
void espy_timg_init(espy_timg *group, const espy_soc *soc, unsigned index);
/* Any depth resets the group. */
void espy_timg_reset(espy_timg *group, espy_reset depth);
/* The APB clock changed to one cycle in `ticks`; 6 at 80 MHz. */
void espy_timg_set_apb(espy_timg *group, unsigned ticks);
/* See espy_rtc_set_flash_boot(); group 0 guards the boot as well. */
void espy_timg_set_flash_boot(espy_timg *group, bool flash_boot);
/* An input line: the crystal is off (sleep), everything stands still. */
void espy_timg_halt(void *self, unsigned n, bool level);

#endif
