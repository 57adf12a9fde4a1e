/* SPDX-License-Identifier: MIT
 *
 * RDID answers: see flash_id.c.  espy_flash_size_of_id() is in espy/flasher.h.
 */
#ifndef ESPY_FLASHER_FLASH_ID_H
#define ESPY_FLASHER_FLASH_ID_H

#include "espy/flasher.h"

/* "Macronix", or "unknown". */
const char *espy_flash_vendor_of_id(uint32_t id);

#endif
