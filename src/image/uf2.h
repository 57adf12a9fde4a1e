/* SPDX-License-Identifier: MIT
 *
 * UF2: blocks of 512 bytes, each with its flash address, which a bootloader that
 * poses as a USB disk writes as they come.
 *
 * Follows: Microsoft's UF2 specification (family id, MD5 trailer).  Left out:
 * files within the file system, extension tags.
 */
#ifndef ESPY_IMAGE_UF2_H
#define ESPY_IMAGE_UF2_H

#include "pieces.h"

#include <stdbool.h>

#define ESPY_UF2_FAMILY_ESP32S3 0xC47E5767u
#define ESPY_UF2_DATA 476u /* what a block holds; the MD5 trailer takes 24 of it */

typedef struct espy_uf2_options {
    uint32_t family;
    uint32_t chunk; /* bytes of data a block, a multiple of 4; 0: as many as fit */
    bool no_md5;    /* leave out the MD5 trailer of each block */
} espy_uf2_options;

/* Each piece is a file of its own, its blocks numbered from 0, as ESP-IDF's tools have
 * it.  ESPY_E_ARG: chunk is more than a block holds, or no multiple of 4. */
espy_status espy_uf2_write(espy_buf *out, const espy_pieces *pieces, const espy_uf2_options *options, espy_err *err);

/* Whether a file begins with a block. */
bool espy_uf2_is(const uint8_t *bytes, size_t size);

/* Reads all blocks that are for the family's flash into pieces, in ascending order, one
 * for each run without a gap.  ESPY_E_FORMAT names the block: damaged, missing, given
 * twice; ESPY_E_UNSUPPORTED: all are for another chip. */
espy_status espy_uf2_read(espy_pieces *pieces, const uint8_t *bytes, size_t size, uint32_t family, espy_err *err);

#endif
