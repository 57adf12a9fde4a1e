/* SPDX-License-Identifier: MIT
 *
 * Fuses for other parts of the built-in ROM: what its ets_efuse_* functions return.
 */
#ifndef ESPY_EMU_ROM_FUSES_H
#define ESPY_EMU_ROM_FUSES_H

#include "native.h"

/* The pads of CLK, Q, D, CS and HD in fields of six bits, lowest first; 0 for the usual ones. */
uint32_t espy_rom_fuse_spi_pads(const espy_rom_call *c);
uint32_t espy_rom_fuse_wp_pad(const espy_rom_call *c);
/* The pads of D4 to D7 and DQS, likewise. */
uint32_t espy_rom_fuse_opi_pads(const espy_rom_call *c);
bool espy_rom_fuse_octal(const espy_rom_call *c);
bool espy_rom_fuse_ecc(const espy_rom_call *c);
bool espy_rom_fuse_5pads_vddspi(const espy_rom_call *c);

#endif
