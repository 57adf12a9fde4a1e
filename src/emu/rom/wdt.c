/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: wdt_hal.
 */
#include "native.h"

const espy_rom_function espy_rom_wdt_functions[] = {
    {0},
};
