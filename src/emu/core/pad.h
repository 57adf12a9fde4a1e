/* SPDX-License-Identifier: MIT
 *
 * A pad of the chip, as the outside, the GPIO block and RTC_IO see it.
 *
 * Source: ESP32-S3 TRM, "IO MUX and GPIO Matrix".
 */
#ifndef ESPY_EMU_CORE_PAD_H
#define ESPY_EMU_CORE_PAD_H

#include <stdbool.h>

#define ESPY_RTC_PADS 22 /* GPIO0-GPIO21 also belong to RTC_IO */

/* What something does to a pad: a driver, or the world outside the chip. */
typedef enum espy_pad { ESPY_PAD_FLOAT, ESPY_PAD_LOW, ESPY_PAD_HIGH } espy_pad;

/* What RTC_IO does with a pad; while it has taken it, the GPIO block is cut off. */
typedef struct espy_rtc_pad {
    bool taken, pulled_up;
    espy_pad drive;
} espy_rtc_pad;

#endif
