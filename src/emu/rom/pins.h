/* SPDX-License-Identifier: MIT
 *
 * Pads and signals for other parts of the built-in ROM: what its gpio_pad_* and
 * gpio_matrix_* functions do.  A number that no pad or pin has is passed over.
 */
#ifndef ESPY_EMU_ROM_PINS_H
#define ESPY_EMU_ROM_PINS_H

#include "native.h"

void espy_rom_pad_function(const espy_rom_call *c, uint32_t pad, uint32_t function);
void espy_rom_pad_gpio(const espy_rom_call *c, uint32_t pad);
void espy_rom_pad_pullup(const espy_rom_call *c, uint32_t pad);
void espy_rom_pad_input(const espy_rom_call *c, uint32_t pad);
void espy_rom_pad_drive(const espy_rom_call *c, uint32_t pad, uint32_t strength);
void espy_rom_pad_unhold(const espy_rom_call *c, uint32_t pad);
void espy_rom_signal_in(const espy_rom_call *c, uint32_t pin, uint32_t signal, bool inverted);
void espy_rom_signal_out(const espy_rom_call *c, uint32_t pin, uint32_t signal);
/* The signal's input comes from its own pad. */
void espy_rom_signal_bypass(const espy_rom_call *c, uint32_t signal);
void espy_rom_pin_output_off(const espy_rom_call *c, uint32_t pin);

#endif
