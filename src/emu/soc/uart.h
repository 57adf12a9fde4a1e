/* SPDX-License-Identifier: MIT
 *
 * The three UART controllers, and the host at the other end of their wires.
 *
 * Source: ESP32-S3 Technical Reference Manual, "UART Controller"; ESP-IDF
 * v5.0.4, soc/uart_reg.h and hal/uart_ll.h.
 *
 * Two things differ from the chip by choice, with timing fast:
 *  - A character sent by the guest is at the host at once.
 *  - A character from the host never overruns the receiver.  While the guest has
 *    no receive interrupt enabled it polls, and finds the FIFO filled up to the
 *    full threshold whenever the host has that much to say.  While a receive
 *    interrupt is enabled, an interrupt handler moves characters into a buffer
 *    that this model cannot see, so they come at the rate of the wire, and wait
 *    on the wire while the FIFO is full.
 * With timing real both directions take their bits' time and overruns happen.
 *
 * Left out: IrDA encoding, RS-485 collision detection, wake-up from light sleep,
 * the glitch filter.  The registers hold what is written.
 */
#ifndef ESPY_EMU_SOC_UART_H
#define ESPY_EMU_SOC_UART_H

#include "../../base/buf.h"
#include "../core/soc.h"

#define ESPY_UART_RAM 1024

/* The receiving end of a wire: samples one sender's bits at its own rate. */
typedef struct espy_uart_sampler {
    int64_t next;    /* time of the next sample, relative to the end of what was fed, in 1/4096 ticks */
    unsigned sample; /* samples taken of the current character; 0: waiting for a start bit */
    uint32_t shift;  /* the samples, first in bit 0 */
    bool level;      /* of the wire at the end of what was fed */
} espy_uart_sampler;

/* A FIFO in the UART's RAM. */
typedef struct espy_uart_fifo {
    uint16_t bytes[ESPY_UART_RAM]; /* a byte, and its error flags above it */
    unsigned size, count, first;
} espy_uart_fifo;

typedef struct espy_uart_config {
    unsigned index; /* 0 to 2 */
    espy_line irq;
    espy_line output; /* pulsed when a byte for the host is there; may be unconnected */
    bool timing_real;
} espy_uart_config;

typedef struct espy_uart {
    espy_soc *soc;
    espy_uart_config config;
    uint32_t apb_hz;
    uint32_t reg[0x84 / 4]; /* registers that hold what is written */
    uint32_t raw;           /* UART_INT_RAW */
    espy_uart_fifo rx, tx;

    /* The transmitter. */
    espy_event tx_event;
    unsigned tx_state; /* ESPY_UART_TX_* in uart.c */
    uint8_t tx_shift;
    bool tx_paused; /* by XOFF or UART_FORCE_XOFF */

    /* The receiver. */
    espy_event rx_event; /* the end of a character from the host */
    espy_event tout_event;
    espy_tick rx_quiet; /* since when the receiver has been idle */
    espy_uart_sampler rx_sampler;
    bool rts; /* ready for more */
    unsigned edges, low_min, high_min, pos_min, neg_min;
    espy_event at_event;
    unsigned at_count;

    /* The host. */
    uint32_t host_baud;
    espy_buf from_host; /* [from_host_at, size) is still to be sent */
    size_t from_host_at;
    espy_buf to_host;
    espy_uart_sampler host_sampler;
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
/* The guest's rate, for reports; 0 while its clock is off. */
uint32_t espy_uart_baud(const espy_uart *uart);

#endif
