/* SPDX-License-Identifier: MIT
 *
 * The board's USB-to-serial bridge as all served ports share it, and the fingers on the
 * board's keys.  With port=usb it is the serial port of the chip's own USB, which knows neither
 * rate nor frame; while that is away, what is for the board is lost.
 *
 * Whoever set the lines, the rate or the frame last has them; when that client goes, the lines are let
 * go, as a driver does on the last close, and rate and frame are 115200 8N1 again.
 *
 * A client of RFC 2217 sets DTR and RTS one after the other, a round trip apart, where a
 * program on a desk does both within the 14 ms that EN takes to rise.  So a change that
 * would assert both lines, which for the reset circuit is the same as neither, is kept back
 * for a while: the next one usually makes it RTS alone or DTR alone.
 */
#ifndef ESPY_EMU_PORT_BRIDGE_H
#define ESPY_EMU_PORT_BRIDGE_H

#include "espy/machine.h"

#define ESPY_BRIDGE_BAUD 115200u

typedef struct espy_bridge_step espy_bridge_step; /* of what a finger does */

typedef struct espy_bridge {
    espy_machine *machine;
    bool usb;
    const espy_log *log; /* ESPY_LOG_WIRE, in the lines of espy/link.h and the board's time; may be NULL */
    const void *line_owner, *baud_owner, *frame_owner;
    bool dtr, rts;        /* as the owner wants them */
    bool en_low;          /* by lines, key or supply */
    unsigned falls;       /* how often EN went low ... */
    const void *fell_for; /* ... and which client made it, or NULL */
    uint64_t kept_until;  /* wall time: both are wanted asserted, and the board sees that then; or 0 */
    bool boot, power_off; /* keys and switch, as they were left */
    bool reset;
    const espy_bridge_step *step; /* under way, or NULL */
    uint64_t step_until;          /* machine time */
} espy_bridge;

void espy_bridge_init(espy_bridge *bridge, espy_machine *machine, bool usb, const espy_log *log);
/* Bytes for the board; how many the bridge takes without more being queued than it holds;
 * drops what it has taken. */
void espy_bridge_send(espy_bridge *bridge, const uint8_t *bytes, size_t n);
size_t espy_bridge_room(const espy_bridge *bridge);
void espy_bridge_purge(espy_bridge *bridge);
/* Bytes from the board. */
size_t espy_bridge_receive(espy_bridge *bridge, uint8_t *bytes, size_t cap);
void espy_bridge_break(espy_bridge *bridge);
void espy_bridge_lines(espy_bridge *bridge, const void *owner, bool dtr, bool rts);
void espy_bridge_baud(espy_bridge *bridge, const void *owner, uint32_t baud);
void espy_bridge_frame(espy_bridge *bridge, const void *owner, const espy_uart_frame *frame);
/* A client goes. */
void espy_bridge_release(espy_bridge *bridge, const void *owner);

/* Holds the keys down or lets them go. */
void espy_bridge_keys(espy_bridge *bridge, bool boot, bool reset);
void espy_bridge_power(espy_bridge *bridge, bool on);
/* Taps RESET; then the same with BOOT held, which starts download mode.  Takes a while of the
 * board's time, during which espy_bridge_busy(). */
void espy_bridge_tap_reset(espy_bridge *bridge);
void espy_bridge_download(espy_bridge *bridge);
bool espy_bridge_busy(const espy_bridge *bridge);

/* Does what is due; returns for how many microseconds nothing is. */
uint64_t espy_bridge_turn(espy_bridge *bridge, uint64_t wall_us);

#endif
