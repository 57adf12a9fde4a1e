/* SPDX-License-Identifier: MIT
 *
 * The chips that images name.
 */
#ifndef ESPY_IMAGE_CHIPS_H
#define ESPY_IMAGE_CHIPS_H

#include "espy/image.h"

typedef struct espy_image_chip {
    uint16_t id;
    const char *name;
    uint32_t bootloader_addr; /* where in flash the ROM looks for the bootloader, and where merged images begin */
    const char *freq[16];     /* by the low nibble of header byte 3 */
} espy_image_chip;

const espy_image_chip *espy_image_chip_find(uint16_t id);

#endif
