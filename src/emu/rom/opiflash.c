/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: opiflash.
 */
#include "native.h"

const espy_rom_function espy_rom_opi_functions[] = {
    {0},
};
