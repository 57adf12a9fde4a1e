/* SPDX-License-Identifier: MIT
 *
 * The stream of a write session: what sectors shall hold, compressed, cut into blocks
 * and sent until the stub has all of them in the flash.
 */
#ifndef ESPY_FLASHER_STUB_STREAM_H
#define ESPY_FLASHER_STUB_STREAM_H

#include "espy/flasher.h"

typedef struct espy_sector {
    uint32_t addr;
    const uint8_t *bytes; /* NULL: none are given */
    uint32_t given;       /* of ESPY_STUB_SECTOR; the rest is 0xFF */
    uint32_t size;        /* how much of it counts: all, but for the end of a part that is only verified */
    bool blank;           /* all of it shall be 0xFF */
    bool was_blank;       /* all of it was 0xFF when it was compared */
    bool compared, done;
} espy_sector;

/* Copies what the sector shall hold to out, which has room for ESPY_STUB_SECTOR. */
void espy_sector_fill(const espy_sector *sector, uint8_t *out);

/* Writes n sectors, in the order of the ranges, which are (address, size) pairs as BEGIN
 * takes them; verified when it returns ESPY_OK. */
espy_status espy_stub_stream(espy_flasher *flasher, const uint8_t *ranges, size_t ranges_size,
                             espy_sector *const *sectors, size_t n, espy_err *err);

#endif
