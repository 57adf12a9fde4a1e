/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: qsort, strtol, setjmp, locks.
 */
#include "native.h"

const espy_rom_function espy_rom_stdlib_functions[] = {
    {0},
};
