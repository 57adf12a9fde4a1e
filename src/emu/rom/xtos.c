/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: vectors, interrupt levels and handlers.
 */
#include "native.h"

const espy_rom_function espy_rom_xtos_functions[] = {
    {0},
};
