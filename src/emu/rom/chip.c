/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: clocks, resets, pins, fuses, interrupts, regi2c.
 */
#include "native.h"

const espy_rom_function espy_rom_chip_functions[] = {
    {0},
};
