/* SPDX-License-Identifier: MIT
 *
 * The RAM stub as it is uploaded; its source is in stub/.
 */
#ifndef ESPY_FLASHER_STUB_IMAGE_H
#define ESPY_FLASHER_STUB_IMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct espy_stub_segment {
    uint32_t addr;
    size_t size; /* a multiple of 4 */
    const uint8_t *bytes;
} espy_stub_segment;

typedef struct espy_stub_image {
    const espy_stub_segment *segments;
    size_t n;
    uint32_t entry;
} espy_stub_image;

extern const espy_stub_image espy_stub_esp32s3;

#endif
