/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: from reset to the bootloader.
 */
#include "native.h"

const espy_rom_function espy_rom_boot_functions[] = {
    {0},
};
