/* SPDX-License-Identifier: MIT
 *
 * Resets through DTR and RTS, as the auto-reset circuit of Espressif's boards wires
 * them (ESP32-S3-DevKitC-1 schematic): RTS alone holds EN low, DTR alone GPIO0, both
 * together neither.  The sequences and their times are those of esptool's
 * documentation, "Boot Mode Selection", and of what its releases do; the notation of
 * one's own is that of its "Custom Reset Sequences".
 */
#ifndef ESPY_FLASHER_RESET_H
#define ESPY_FLASHER_RESET_H

#include "espy/link.h"

enum { ESPY_RESET_STEPS_MAX = 32 };

typedef struct espy_reset_step {
    bool dtr, rts;
    uint32_t ms; /* to hold it */
} espy_reset_step;

typedef struct espy_reset_sequence {
    espy_reset_step steps[ESPY_RESET_STEPS_MAX];
    size_t n;
} espy_reset_sequence;

/* Reads a sequence of one's own.  Its lines begin released, as a port is opened.
 * ESPY_E_ARG: the sentence names the step. */
espy_status espy_reset_parse(espy_reset_sequence *sequence, const char *text, espy_err *err);

/* The chip's own USB ports, where the lines are messages to it, not a circuit's:
 * USB-Serial/JTAG, and USB-OTG with the ROM's loader behind it. */
bool espy_reset_is_usb_jtag(const espy_link *link);
bool espy_reset_is_usb_otg(const espy_link *link);

/* `way` is the configuration's `reset` (espy/flasher.h) from here on. */

/* ESPY_E_ARG where it is none. */
espy_status espy_reset_check(const char *way, espy_err *err);
/* Whether the board can be reset at all. */
bool espy_reset_possible(const espy_link *link, const char *way);
/* Resets into the ROM loader, each attempt in the next of the ways there are. */
espy_status espy_reset_to_loader(espy_link *link, const char *way, unsigned attempt, espy_err *err);

/* Resets into the firmware; way: a sequence of one's own, or NULL. */
espy_status espy_reset_to_flash(espy_link *link, const char *way, espy_err *err);

#endif
