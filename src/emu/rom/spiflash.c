/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: spiflash.
 */
#include "native.h"

const espy_rom_function espy_rom_flash_functions[] = {
    {0},
};
