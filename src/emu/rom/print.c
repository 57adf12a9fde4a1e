/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: ets_printf and what it prints to.
 */
#include "native.h"

const espy_rom_function espy_rom_print_functions[] = {
    {0},
};
