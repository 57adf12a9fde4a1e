/* SPDX-License-Identifier: MIT
 *
 * Comparing parts with the flash: what espy_flasher_plan() and espy_flasher_verify() in
 * espy/flasher.h have in common, and the ways of the stub and of the ROM.
 */
#ifndef ESPY_FLASHER_COMPARE_H
#define ESPY_FLASHER_COMPARE_H

#include "espy/flasher.h"

/* Puts a step behind the others, or makes it part of the last one. */
espy_status espy_compare_add(espy_flash_plan *plan, const espy_flash_step *step, espy_err *err);

/* By sectors; exact: not what is behind a part in its last sector.  The parts have been
 * checked. */
espy_status espy_stub_compare(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool exact,
                              espy_flash_plan *plan, espy_err *err);

#endif
