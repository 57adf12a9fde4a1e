/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: CRC, MD5, SHA.
 */
#include "native.h"

const espy_rom_function espy_rom_digest_functions[] = {
    {0},
};
