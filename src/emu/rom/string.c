/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: newlib's mem*, str*, and kin.
 */
#include "native.h"

const espy_rom_function espy_rom_string_functions[] = {
    {0},
};
