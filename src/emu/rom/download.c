/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the serial loader.
 */
#include "native.h"

const espy_rom_function espy_rom_loader_functions[] = {
    {0},
};
