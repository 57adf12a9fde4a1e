/* SPDX-License-Identifier: MIT
 *
 * An asynchronous serial wire: characters become levels in time, a receiver
 * samples them at its own rate, and a meter measures pulses.  From this follow
 * garbage and framing errors when two ends disagree about the rate, rather than
 * from a rule about how much they may.
 *
 * Times are int64_t in 1/4096 of a clock tick, relative to the start of the
 * character at hand.
 */
#ifndef ESPY_EMU_SOC_UART_WIRE_H
#define ESPY_EMU_SOC_UART_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define ESPY_WIRE_SUBTICKS 4096

/* A character as levels: bit 0 first, then idle until `length`. */
typedef struct espy_wire_char {
    uint32_t levels;
    unsigned bits;
    int64_t bit;    /* the length of one of them */
    int64_t length; /* of the whole character, stop bits included */
} espy_wire_char;

/* How an end frames its characters. */
typedef struct espy_wire_format {
    unsigned data_bits; /* 5 to 8 */
    bool parity, odd;
    unsigned half_stops; /* 2, 3 or 4 half bits of stop */
    int64_t bit;
} espy_wire_format;

/* A receiver, between two characters or inside one.  Zero-initialised and then
 * espy_sampler_reset() is a wire at rest. */
typedef struct espy_sampler {
    bool active;      /* a start bit was seen */
    bool level;       /* of the wire at the end of what was fed */
    unsigned taken;   /* samples of the character so far */
    uint32_t samples; /* the first in bit 0: start, data, parity, stop */
    int64_t next;     /* when the next is due */
} espy_sampler;

/* What a receiver made of a character. */
typedef struct espy_wire_received {
    uint8_t byte;
    bool parity_error, framing_error, is_break;
} espy_wire_received;

typedef void espy_wire_emit(void *user, const espy_wire_received *received);

/* Pulse widths in receiver clocks, and edges, as UART_LOWPULSE and its kin report them. */
typedef struct espy_wire_meter {
    unsigned edges;
    int64_t low_min, high_min, rise_min, fall_min; /* 0: none seen */
    int64_t high, last_rise, last_fall;            /* before the character at hand; 0: unknown */
} espy_wire_meter;

/* The levels of one byte in a format. */
espy_wire_char espy_wire_encode(uint8_t byte, const espy_wire_format *format);

void espy_sampler_reset(espy_sampler *sampler);
/* Feeds one character to a receiver of the given format, which may find none,
 * one or, if it is much the faster, several characters in it. */
void espy_sampler_feed(espy_sampler *sampler, const espy_wire_char *sent, const espy_wire_format *format,
                       espy_wire_emit *emit, void *user);
/* The wire stays at rest long enough to end a character. */
void espy_sampler_idle(espy_sampler *sampler, const espy_wire_format *format, espy_wire_emit *emit, void *user);

void espy_wire_meter_reset(espy_wire_meter *meter);
/* Measures one character; `joined` if it followed the one before without a pause. */
void espy_wire_meter_feed(espy_wire_meter *meter, const espy_wire_char *sent, bool joined);

#endif
