/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM's serial loader: the commands.
 *
 * Each packet is answered once, a SYNC eight times.  An answer carries more than it
 * means to, as the mask ROM's does: the value of the last READ_REG or SYNC, the code of
 * the last error even in a success that has none to set, the last known opcode where
 * this one is unknown, and old data behind the status.
 *
 * Source: esptool's documentation, "Serial Protocol"; the mask ROM's behaviour for what
 * it checks, in which order, and what it forgets to.
 */
#ifndef ESPY_EMU_ROM_DOWNLOAD_COMMAND_H
#define ESPY_EMU_ROM_DOWNLOAD_COMMAND_H

#include "native.h"

enum {
    ESPY_ROM_DOWNLOAD_LOCALS = 352,    /* bytes of locals of the two below */
    ESPY_DOWNLOAD_PACKET = 0x3fcd7e04, /* where the mask ROM receives */
    ESPY_DOWNLOAD_PACKET_MAX = 0x2000,
    ESPY_DOWNLOAD_ISR = 1 << 5 /* the UARTs' CPU interrupt */
};

/* UartDwnLdProc(packet, max, &entry): obeys until a program is to be run (0), whose entry
 * it stores, or 0 after FLASH_END. */
void espy_rom_uart_dwn_ld_proc(espy_rom_call *c);
/* The same where the fuses allow flashing alone.  FLASH_END resets. */
void espy_rom_uart_secure_dwn_ld_proc(espy_rom_call *c);
/* GetSecurityInfoProc(packet, &error, info): the 20 bytes of GET_SECURITY_INFO, which
 * esptool's stubs ask of the ROM. */
void espy_rom_get_security_info_proc(espy_rom_call *c);

#endif
