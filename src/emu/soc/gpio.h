/* SPDX-License-Identifier: MIT
 *
 * The GPIO block: pads, strap register, pin interrupts, the GPIO matrix, and
 * the sigma-delta generators behind it.
 *
 * A pad's level is that of the chip's own driver if enabled, else of the outside
 * if that drives, else of the pull resistors; a floating pad reads 0.
 *
 * Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix" and
 * "Chip Boot Control"; ESP-IDF v5.0.4, soc/gpio_reg.h, soc/gpio_sd_reg.h.
 *
 * Left out: signals of other peripherals through the matrix (they are stored and
 * can be asked for, but only plain GPIO output reaches a pad), and the wave forms
 * of sigma-delta, sleep-mode pad settings, glitch filters.
 */
#ifndef ESPY_EMU_SOC_GPIO_H
#define ESPY_EMU_SOC_GPIO_H

#include "../core/pad.h"
#include "../core/soc.h"

#define ESPY_GPIO_PINS 49 /* GPIO0-GPIO48; 22-25 do not exist */
#define ESPY_GPIO_SIGNALS 256
#define ESPY_GPIO_SIGNAL_NONE 256 /* FUNC_OUT_SEL: the pad follows GPIO_OUT */

typedef struct espy_gpio {
    espy_soc *soc;
    espy_line irq, nmi;
    espy_line changed; /* a pad changed its level, or was reset: set(self, pin, level); n is the pin */
    espy_line wake;    /* high while a pad has the level for which its GPIO_PINn wakes from light sleep */
    uint64_t out, enable, status, level;
    uint32_t strap;
    uint32_t bt_select, sdio_select, clock_gate, date;
    uint32_t pin[54];
    /* Masks of pins, worked out from pin[] and mux[]. */
    uint64_t int_ena, nmi_ena, wake_ena, int_low, int_high, listening, taken, held;
    uint32_t func_in[ESPY_GPIO_SIGNALS];
    uint32_t func_out[54];
    uint32_t sigma_delta[12];
    uint32_t mux[ESPY_GPIO_PINS]; /* IO_MUX's register of each pad */
    espy_pad outside[ESPY_GPIO_PINS];
    espy_rtc_pad rtc[ESPY_RTC_PADS];
    espy_rtc_pad held_pad[ESPY_GPIO_PINS]; /* what a held pad was when its hold began */
} espy_gpio;

void espy_gpio_init(espy_gpio *gpio, espy_soc *soc, espy_line irq, espy_line nmi);
/* A chip or system reset latches the straps from the pads' levels: GPIO0 pulled up, GPIO45
 * and GPIO46 down, GPIO3 floating, unless driven from outside. */
void espy_gpio_reset(espy_gpio *gpio, espy_reset reset);

/* Drives a pad from outside, or lets it go; pins that do not exist are ignored. */
void espy_gpio_drive(espy_gpio *gpio, unsigned pin, espy_pad drive);
bool espy_gpio_level(const espy_gpio *gpio, unsigned pin);
/* True while the chip drives the pad itself. */
bool espy_gpio_is_output(const espy_gpio *gpio, unsigned pin);
/* The signal that the matrix puts on the pad; ESPY_GPIO_SIGNAL_NONE for GPIO_OUT. */
unsigned espy_gpio_out_signal(const espy_gpio *gpio, unsigned pin);
/* The pad that the matrix gives to an input signal: 0-48, 0x38 constant high,
 * 0x3C constant low; -1 while the signal bypasses the matrix. */
int espy_gpio_in_pad(const espy_gpio *gpio, unsigned signal);

/* IO_MUX tells a pad's new configuration; the shape fits espy_iomux_init(). */
void espy_gpio_set_mux(void *gpio, unsigned pin, uint32_t config);
/* RTC_CNTL tells which pads keep what they are, whatever is configured and through resets;
 * the shape fits espy_rtc's `hold`. */
void espy_gpio_set_hold(void *gpio, uint64_t pins);
/* RTC_IO tells what it does with a pad, 0-21; the shape fits espy_rtc_io's `pad`. */
void espy_gpio_set_rtc(void *gpio, unsigned pin, espy_rtc_pad pad);

#endif
