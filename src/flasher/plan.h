/* SPDX-License-Identifier: MIT
 *
 * Parts cut into regions: the pieces that are erased, written and verified each by
 * itself.  Pure functions.
 */
#ifndef ESPY_FLASHER_PLAN_H
#define ESPY_FLASHER_PLAN_H

#include "espy/flasher.h"

typedef struct espy_region {
    uint32_t addr;
    uint32_t size;        /* of the flash that must hold the contents: whole sectors */
    const uint8_t *bytes; /* NULL: all of it is 0xFF */
    uint32_t given;       /* of the caller's bytes; up to size the rest is 0xFF */
    bool done;
} espy_region;

typedef struct espy_plan {
    espy_region *regions;
    size_t n;
    uint64_t bytes; /* of all regions */
} espy_plan;

/* ESPY_E_ARG: misaligned, overlapping or beyond flash_size; ESPY_E_UNSUPPORTED: beyond reach. */
espy_status espy_plan_check(const espy_flash_part *parts, size_t n, uint32_t flash_size, uint32_t reach, espy_err *err);

/* ESPY_E_ARG: misaligned, overlapping or beyond flash_size.  Whole regions of 0xFF
 * become erasures.  Cuts are at multiples of ESPY_REGION_MAX, so that erasing goes by
 * the flash's large blocks. */
espy_status espy_plan_make(espy_plan *plan, const espy_flash_part *parts, size_t n, uint32_t flash_size, espy_err *err);
void espy_plan_free(espy_plan *plan);

/* Copies what the flash must hold to out, which has room for region->size. */
void espy_region_fill(const espy_region *region, uint8_t *out);

#endif
