/* SPDX-License-Identifier: MIT
 *
 * RTC_CNTL (0x60008000): the always-on domain.  Reset causes, software resets
 * and stalls, the RTC timer on the slow clock, its alarm, light and deep sleep,
 * the RTC watchdog, the super watchdog, and the registers that survive.
 *
 * What reaches the rest of the machine:
 *   reset      software and watchdog resets, as requests (core/reset.h)
 *   stall[c]   high while software stalls core c
 *   sleep      high while the chip sleeps (light or deep): both cores stand
 *              still and the 40 MHz crystal is off; time goes on by events.
 *              Waking takes the crystal's and the PLL's waits of TIMER1.
 *              Waking from deep sleep asks for a reset, ESPY_CAUSE_DEEP_SLEEP.
 *   intr       interrupt source 39, RTC_CORE
 *   force_download  OPTION1's FORCE_DOWNLOAD_BOOT, which survives a core reset
 *              and makes the ROM's next boot a download (machine.bootloader())
 *   otg_phy    USB_CONF gives the chip's own PHY to USB OTG, which also survives one
 *
 * Source: ESP32-S3 TRM, "Low-power Management", "Reset and Clock", "Watchdog
 * Timers"; register facts from ESP-IDF v5.0.4 soc/rtc_cntl_reg.h.
 *
 * Left out: brown-out detection, power domains, touch and ULP are registers
 * without effect; the RC oscillators have exactly their nominal
 * frequency; the super watchdog asks for food after 1 s without it and
 * resets after another, if its automatic feeding is off (the TRM numbers no time).
 */
#ifndef ESPY_EMU_SOC_RTC_H
#define ESPY_EMU_SOC_RTC_H

#include "../core/rate.h"
#include "../core/reset.h"
#include "../core/soc.h"
#include "../core/watchdog.h"

#define ESPY_RTC_WORDS (0x200 / 4)

/* Bits of WAKEUP_STATE's WAKEUP_ENA and of SLP_WAKEUP_CAUSE. */
typedef enum espy_wake {
    ESPY_WAKE_EXT0 = 1 << 0,
    ESPY_WAKE_EXT1 = 1 << 1,
    ESPY_WAKE_GPIO = 1 << 2, /* a level on a pin; light sleep only */
    ESPY_WAKE_TIMER = 1 << 3,
    ESPY_WAKE_WIFI = 1 << 5,
    ESPY_WAKE_UART0 = 1 << 6,
    ESPY_WAKE_UART1 = 1 << 7,
    ESPY_WAKE_TOUCH = 1 << 8
} espy_wake;

typedef struct espy_rtc {
    const espy_soc *soc;
    /* Outputs, wired by the machine after init. */
    espy_reset_port reset;
    espy_line stall[2];
    espy_line sleep;
    espy_line intr;
    espy_line force_download;
    espy_line otg_phy;
    void (*hold)(void *self, uint64_t pins); /* pads that are to stay as they are; espy_gpio_set_hold() */
    void *hold_self;

    uint32_t reg[ESPY_RTC_WORDS];
    bool flash_boot; /* the straps chose booting from flash */
    bool asleep;
    bool deep;
    uint32_t pads; /* levels of GPIO0-21, as RTC_IO passes them on ... */
    bool ext0_pad; /* ... and of the one that it selects for EXT0 */
    bool gpio_wakes[2];
    espy_event wakes;      /* the crystal is back, after a source has become active */
    uint64_t count_base;   /* the RTC timer's value ... */
    espy_tick count_since; /* ... at this time */
    espy_rate rate;        /* of the slow clock now selected */
    bool alarm_on;
    espy_event alarm;
    bool wdt_on; /* enabled, or guarding the boot */
    espy_watchdog wdt;
    espy_event swd;
} espy_rtc;

void espy_rtc_init(espy_rtc *rtc, const espy_soc *soc);
/* CHIP clears everything, the timer included.  SYSTEM keeps the timer, STORE0..7
 * and OPTION1; CORE keeps all and ends a sleep.
 * The reset cause is not touched: call espy_rtc_set_cause() afterwards. */
void espy_rtc_reset(espy_rtc *rtc, espy_reset depth);
/* Records why the cores (ESPY_CORE_0 | ESPY_CORE_1) were reset last. */
void espy_rtc_set_cause(espy_rtc *rtc, unsigned cores, espy_reset_cause cause);
/* Straps decide whether the watchdog guards the boot: true for booting from
 * flash, false for the download modes.  Call before the reset. */
void espy_rtc_set_flash_boot(espy_rtc *rtc, bool flash_boot);
/* A wake-up source is active; wakes the chip if it sleeps and the source is enabled. */
void espy_rtc_wake(espy_rtc *rtc, espy_wake source);
/* RTC_IO's pads, from which the sources EXT0 and EXT1 come; the shape fits espy_rtc_io's `inputs`. */
void espy_rtc_set_pads(void *rtc, uint32_t levels, bool ext0);
/* An input line: a pad asks to wake; n = 0: one of the GPIO block, 1: one of RTC_IO. */
void espy_rtc_gpio_wakes(void *rtc, unsigned n, bool level);
/* The RTC timer. */
uint64_t espy_rtc_count(const espy_rtc *rtc);

#endif
