/* SPDX-License-Identifier: MIT
 *
 * The rest of the flash: what a write through the ROM must leave alone.  The ROM checks
 * neither where a request tells it to erase or to write nor how far, so that one byte that
 * the wire changes can make it do so elsewhere, and say that all is well.
 */
#ifndef ESPY_FLASHER_REST_H
#define ESPY_FLASHER_REST_H

#include "espy/flasher.h"

/* The MD5 of the chip's MD5s of all that the ROM reaches and no part covers; progress is
 * told as `phase`. */
espy_status espy_rest_digest(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_phase phase,
                             uint8_t digest[16], espy_err *err);
/* ESPY_E_DEVICE unless it is what it was. */
espy_status espy_rest_verify(espy_flasher *flasher, const espy_flash_part *parts, size_t n, const uint8_t before[16],
                             espy_err *err);

#endif
