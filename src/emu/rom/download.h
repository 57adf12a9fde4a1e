/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the serial loader, which answers on UART0, UART1 and USB
 * Serial/JTAG while the straps say download.
 *
 * A session has two parts, as in the mask ROM.  First it looks at its ports in turn
 * until one of them brings a SYNC; a UART's rate is measured on the way.  Then it does
 * what that port asks, until it is asked to run a program or to reset.  Everything it
 * remembers is where the mask ROM has it: UartDev, the ring that the receive
 * interrupt fills, the frame, the inflater with its dictionary, and the stack.
 *
 * Source: esptool's documentation, "Serial Protocol"; ESP-IDF, rom/uart.h; the mask
 * ROM's behaviour for what neither says.  Left out: USB OTG, which has no host here,
 * and SPI slave download.
 */
#ifndef ESPY_EMU_ROM_DOWNLOAD_H
#define ESPY_EMU_ROM_DOWNLOAD_H

#include "native.h"

/* Where espy_rom_download() is for the guest: the boot path calls it by
 *     espy_rom_guest(c, step, ESPY_ROM_DOWNLOAD, 1, &apb_hz)
 * once uartAttach() has given UartDev its ring and "waiting for download" is out.  It
 * comes back when a program is to be run, with its entry, which is also in
 * user_code_start, or with 0 when FLASH_END left the loader. */
#define ESPY_ROM_DOWNLOAD 0x4004391cu
#define ESPY_ROM_USER_CODE_START 0x3fcedf14u

void espy_rom_download(espy_rom_call *c);

#endif
