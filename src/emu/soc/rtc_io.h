/* SPDX-License-Identifier: MIT
 *
 * RTC_IO (0x60008400): GPIO0-21 as the always-on domain sees them.  A pad whose
 * MUX_SEL is set belongs to it: output, pulls and input come from here, and the
 * GPIO block is cut off.  This is how pads wake the chip from deep sleep.
 *
 * Source: ESP32-S3 TRM, "IO MUX and GPIO Matrix" (RTC IO MUX) and "Low-power
 * Management"; ESP-IDF v5.0.4 soc/rtc_io_reg.h, hal/esp32s3 rtc_io_ll.h.
 *
 * Left out: the analog functions of pads (touch, crystal, DAC), the settings for
 * sleep (SLP_xx), drive strengths, the clock gate in SENS.
 */
#ifndef ESPY_EMU_SOC_RTC_IO_H
#define ESPY_EMU_SOC_RTC_IO_H

#include "../core/pad.h"
#include "../core/soc.h"

#define ESPY_RTC_IO_WORDS (0x400 / 4)

typedef struct espy_rtc_io {
    const espy_soc *soc;
    /* Outputs, wired by the machine after init.  `pad` tells the GPIO block about a
     * pad (espy_gpio_set_rtc()), `inputs` RTC_CNTL about the levels of all pads that
     * listen here and of the one that EXT_WAKEUP0 selects (espy_rtc_set_pads());
     * `wake` is high while a pad has the level for which its PINn wakes. */
    void (*pad)(void *self, unsigned pin, espy_rtc_pad pad);
    void *pad_self;
    void (*inputs)(void *self, uint32_t levels, bool ext0);
    void *inputs_self;
    espy_line wake;

    uint32_t level; /* of the pads */
    uint32_t reg[ESPY_RTC_IO_WORDS];
} espy_rtc_io;

void espy_rtc_io_init(espy_rtc_io *io, const espy_soc *soc);
/* CORE keeps everything. */
void espy_rtc_io_reset(espy_rtc_io *io, espy_reset depth);
/* A pad changed its level; the shape fits espy_gpio's line `changed`. */
void espy_rtc_io_changed(void *io, unsigned pin, bool level);

#endif
