/* SPDX-License-Identifier: MIT
 *
 * Resets through DTR and RTS, as the auto-reset circuit of Espressif's boards wires
 * them (ESP32-S3-DevKitC-1 schematic): RTS alone holds EN low, DTR alone GPIO0, both
 * together neither.  The sequences and their times are those of esptool's
 * documentation, "Boot Mode Selection", and of what its releases do.
 */
#ifndef ESPY_FLASHER_RESET_H
#define ESPY_FLASHER_RESET_H

#include "espy/link.h"

/* The chip's own USB port, where the lines are the controller's, not a circuit's. */
bool espy_reset_is_usb_jtag(const espy_link *link);

/* Resets into the ROM loader, each attempt in the next of the ways there are. */
espy_status espy_reset_to_loader(espy_link *link, unsigned attempt, espy_err *err);
/* Resets into the firmware. */
espy_status espy_reset_to_flash(espy_link *link, espy_err *err);

#endif
