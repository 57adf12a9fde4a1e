/* SPDX-License-Identifier: MIT
 *
 * Trying a baud rate on a board that no line can reset.
 *
 * A rate that does not work leaves the loader where nobody hears it.  So the RTC watchdog
 * is set going before: if nobody stops it, it resets the chip's core, and the loader is
 * back at 115200 baud.  A core reset does not latch the strapping pins anew, nor does it
 * touch the forced download bit, so that the chip boots into the mode that it is in.
 * Source: ESP32-S3 Technical Reference Manual, "Watchdog Timers", "Reset and Clock",
 * "Chip Boot Control".
 */
#ifndef ESPY_FLASHER_RESCUE_H
#define ESPY_FLASHER_RESCUE_H

#include "flasher.h"

enum {
    /* The watchdog counts a slow clock: most often 136 kHz, for 2 s; 32 kHz at the least. */
    ESPY_RESCUE_TICKS = 272000,
    ESPY_RESCUE_MS_MAX = 9000
};

/* ESPY_E_DEVICE: the loader lets nobody at the registers (secure download mode). */
espy_status espy_rescue_arm(espy_flasher *flasher, espy_err *err);
espy_status espy_rescue_disarm(espy_flasher *flasher, espy_err *err);

#endif
