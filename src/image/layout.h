/* SPDX-License-Identifier: MIT
 *
 * What a binary in Espressif's format says about itself, right or wrong: for
 * showing it, and for changing its header.  espy_image_parse() is the strict
 * reader; here a wrong checksum or digest is a finding and no error.
 *
 * Follows: esptool documentation, "Firmware Image Format".
 */
#ifndef ESPY_IMAGE_LAYOUT_H
#define ESPY_IMAGE_LAYOUT_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_LAYOUT_SEGMENTS 16

typedef struct espy_layout_segment {
    uint32_t load_addr;
    uint32_t size;
    size_t offset; /* of its 8-byte header in the file */
    const uint8_t *data;
} espy_layout_segment;

typedef struct espy_layout {
    const uint8_t *header; /* 24 bytes; borrowed, as all pointers are */
    espy_layout_segment segment[ESPY_LAYOUT_SEGMENTS];
    size_t segment_count;
    uint8_t checksum;     /* as stored */
    uint8_t checksum_sum; /* as the segments add up */
    size_t length;        /* header to checksum: what the digest covers */
    bool has_digest;      /* the header says that one follows */
    bool digest_valid;    /* it is there and right */
    uint8_t digest[32];   /* as calculated */
} espy_layout;

/* ESPY_E_FORMAT: not an image, or segments that the file does not hold. */
espy_status espy_layout_read(espy_layout *layout, const uint8_t *bytes, size_t size, espy_err *err);

#endif
