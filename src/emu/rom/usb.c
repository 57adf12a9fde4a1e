/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: what esp_restart hands to the USB of the ROM.
 */
#include "native.h"

const espy_rom_function espy_rom_usb_functions[] = {
    {0},
};
