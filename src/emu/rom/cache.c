/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: cache.
 */
#include "native.h"

const espy_rom_function espy_rom_cache_functions[] = {
    {0},
};
