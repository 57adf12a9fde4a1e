/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: 64-bit integers, double.
 */
#include "native.h"

const espy_rom_function espy_rom_libgcc_functions[] = {
    {0},
};
