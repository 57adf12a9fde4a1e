/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: UART.
 */
#include "native.h"

const espy_rom_function espy_rom_uart_functions[] = {
    {0},
};
