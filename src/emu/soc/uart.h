/* SPDX-License-Identifier: MIT
 *
 * The three UART controllers, and the host at the other end of their wires.
 *
 * Source: ESP32-S3 Technical Reference Manual, "UART Controller"; ESP-IDF
 * v5.0.4, soc/uart_reg.h and hal/uart_ll.h.
 *
 * Two things differ from the chip by choice, with timing fast:
 *  - A character sent by the guest is at the host at once (save in loopback).
 *  - A character from the host waits on the wire for a receiver that is full.  While a
 *    receive interrupt is enabled, an interrupt handler moves characters into a buffer
 *    that this model cannot see (MicroPython's holds 259), so they come at the rate of
 *    the wire.  A guest that sleeps when it has nothing to do looks into that buffer once
 *    a tick of its scheduler (10 ms): what came 12 ms before a moment in which both cores
 *    sleep is out of it (at higher rates, what came 140 characters' time before).  While
 *    160 characters may still be in it the next come slowly, one in 4 ms, so that Ctrl-C
 *    gets through.  While no receive interrupt is enabled the guest polls: a character
 *    comes every microsecond, as long as the FIFO is below its full threshold.  A guest
 *    that takes nothing for two seconds is not served any longer: what is for it
 *    overruns, as on a board, until it reads again.
 * With timing real both directions take their bits' time and overruns happen.
 *
 * Left out: IrDA, RS-485 and its collisions, inversion of the lines, wake-up from
 * light sleep, the glitch filter, sending XON and XOFF by itself; a break reaches
 * no host.  Their registers hold what is written.
 */
#ifndef ESPY_EMU_SOC_UART_H
#define ESPY_EMU_SOC_UART_H

#include "../../base/buf.h"
#include "../core/soc.h"
#include "uart_wire.h"

#define ESPY_UART_RAM 1024
#define ESPY_UART_UNREAD 160

/* A FIFO in the UART's RAM. */
typedef struct espy_uart_fifo {
    uint8_t bytes[ESPY_UART_RAM];
    unsigned size, count, first;
} espy_uart_fifo;

typedef struct espy_uart_config {
    unsigned index; /* 0 to 2 */
    espy_line irq;
    espy_line output; /* set to true when the first byte for the host is there; may be unconnected */
    bool timing_real;
} espy_uart_config;

typedef enum espy_uart_tx_state {
    ESPY_UART_TX_IDLE,
    ESPY_UART_TX_CHAR,
    ESPY_UART_TX_BREAK,
    ESPY_UART_TX_BREAK_IDLE
} espy_uart_tx_state;

typedef struct espy_uart {
    espy_soc *soc;
    espy_uart_config config;
    uint32_t apb_hz;
    uint32_t reg[0x84 / 4]; /* registers that hold what is written */
    uint32_t raw;           /* UART_INT_RAW */
    bool irq_level;
    espy_wire_format guest, host; /* what the registers and host_baud amount to */
    espy_uart_fifo rx, tx;

    /* The transmitter. */
    espy_event tx_event;
    espy_uart_tx_state tx_state;
    uint8_t tx_byte;
    bool tx_stopped; /* by a received XOFF */
    espy_sampler host_sampler;

    /* The receiver. */
    espy_event rx_event;                 /* the end of a character on the wire */
    bool rx_joined;                      /* that character follows one without a pause */
    espy_event rx_patience;              /* ends when the wire has waited for too long ... */
    bool rx_given_up;                    /* ... and this is true until the guest reads */
    bool rx_sleeper;                     /* the guest sleeps when it has nothing to do ... */
    espy_tick rx_slept;                  /* ... and last did at this time */
    espy_tick rx_came[ESPY_UART_UNREAD]; /* when the last characters did */
    unsigned rx_oldest;                  /* among them */
    espy_sampler rx_sampler;
    espy_wire_meter meter;
    espy_event tout_event;
    espy_tick rx_quiet; /* since when the wire has been idle */
    espy_event at_event;
    unsigned at_count; /* AT_CMD_CHARs in a row */

    /* The host. */
    uint32_t host_baud;
    espy_wire_format host_frame; /* save its rate */
    espy_buf from_host;
    size_t from_host_at; /* the bytes of from_host before this one have been sent */
    espy_buf to_host;
    uint64_t lost; /* bytes to the host for which there was no memory */
} espy_uart;

/* Attaches to the bus at the base of UART config->index; the host speaks 115200 8N1. */
void espy_uart_init(espy_uart *uart, espy_soc *soc, const espy_uart_config *config);
/* The host's queues are unbounded, as a host's driver's are; this frees them. */
void espy_uart_free(espy_uart *uart);
/* Any reset clears the registers and both FIFOs; what the host has queued stays. */
void espy_uart_reset(espy_uart *uart, espy_reset reset);
/* The APB clock, one of the clock sources: 80 MHz on the PLL, else that of the CPU. */
void espy_uart_set_apb(espy_uart *uart, uint32_t hz);

/* Queues bytes for the guest, sent at the host's baud rate. */
espy_status espy_uart_host_send(espy_uart *uart, const uint8_t *bytes, size_t n, espy_err *err);
/* Bytes queued that the guest's receiver has not yet taken. */
size_t espy_uart_host_pending(const espy_uart *uart);
/* Forgets them, as when a cable is pulled. */
void espy_uart_host_flush(espy_uart *uart);
/* Takes up to cap of the bytes that the guest has sent. */
size_t espy_uart_host_take(espy_uart *uart, uint8_t *bytes, size_t cap);
/* How many there are. */
size_t espy_uart_host_available(const espy_uart *uart);
/* The host's rate, both directions; 0 is ignored. */
void espy_uart_host_baud(espy_uart *uart, uint32_t baud);
/* The host's frame, both directions, 8N1 at first; frame->bit is not used. */
void espy_uart_host_frame(espy_uart *uart, const espy_wire_format *frame);
/* The host holds the wire low for a character and three bits. */
void espy_uart_host_break(espy_uart *uart);
/* Both cores sleep: whoever has something to do with what came has done it. */
void espy_uart_guest_sleeps(espy_uart *uart);
/* Other code runs now, which may never sleep, as the ROM's loader does not. */
void espy_uart_guest_restarts(espy_uart *uart);
/* The guest's rate, for reports; 0 while its clock is off. */
uint32_t espy_uart_baud(const espy_uart *uart);

#endif
