/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM's serial loader: bytes and SLIP frames, on the port that UartDev
 * names.
 *
 * A UART's bytes come through a ring in RAM that its receive interrupt fills; nothing
 * keeps the ring from running over, which then looks empty, as in the mask ROM.  USB
 * Serial/JTAG is polled.
 *
 * Source: ESP-IDF, rom/uart.h, for UartDevice; RFC 1055; the mask ROM's behaviour where
 * a frame is not as it should be.
 */
#ifndef ESPY_EMU_ROM_DOWNLOAD_LINK_H
#define ESPY_EMU_ROM_DOWNLOAD_LINK_H

#include "native.h"

/* UartDevice, and where its fields are. */
enum {
    ESPY_UART_DEV = 0x3fcef134,
    ESPY_UART_DEV_PORT = ESPY_UART_DEV + 24, /* buff_uart_no, a byte */
    ESPY_UART_DEV_RING = ESPY_UART_DEV + 28, /* rcv_buff: its address, ... */
    ESPY_UART_DEV_PUT = ESPY_UART_DEV + 32,  /* ... where the next byte goes, ... */
    ESPY_UART_DEV_GET = ESPY_UART_DEV + 36,  /* ... and comes from */
    ESPY_UART_DEV_LINE = ESPY_UART_DEV + 44, /* BuffState: 2 once a carriage return came */
    ESPY_UART_DEV_STATE = ESPY_UART_DEV + 48,
    ESPY_UART_DEV_RECEIVED = ESPY_UART_DEV + 52,
    ESPY_UART_RING_SIZE = 2048
};

/* Values of rcv_state. */
enum { ESPY_RCV_BAUD_RATE, ESPY_RCV_WAIT_SYNC, ESPY_RCV_HEAD, ESPY_RCV_BODY, ESPY_RCV_ESCAPE };

/* Ports, as buff_uart_no numbers them: 0 to 2 are UARTs. */
enum { ESPY_PORT_UARTS = 3, ESPY_PORT_USB_OTG = 3, ESPY_PORT_USB_SERIAL_JTAG = 4 };

enum { ESPY_SLIP_END = 0xc0 };

uint8_t espy_rom_download_port(const espy_rom_call *c);
/* Makes a port the one that is received from; what is in the ring is lost. */
void espy_rom_download_switch(espy_rom_call *c, unsigned port);
/* The divider, in sixteenths, for the rate at which a UART hears a SYNC; 0 if it has not
 * heard enough yet. */
uint32_t espy_rom_download_measure(espy_rom_call *c, unsigned uart);
/* Takes what has come of a frame into dst[max]; its size once it is whole, else 0. */
uint32_t espy_rom_download_poll(espy_rom_call *c, uint32_t dst, uint32_t max);

/* The ROM's functions. */
void espy_rom_send_packet(espy_rom_call *c);          /* (bytes, n), with 16 bytes of locals */
void espy_rom_recv_packet(espy_rom_call *c);          /* (dst, max, poll), with 16 bytes of locals */
void espy_rom_uart_rx_intr_handler(espy_rom_call *c); /* (rcv_buff) */

#endif
