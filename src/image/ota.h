/* SPDX-License-Identifier: MIT
 *
 * Which application a board boots: the two entries of the otadata partition, one at the
 * beginning of each of its sectors, and the order in which the bootloader tries.
 *
 * Follows: ESP-IDF programming guide, "Over The Air Updates", and bootloader_support's
 * behaviour in 5.x.  Left out: anti-rollback by eFuses, the button that selects the test
 * application, and what a bootloader with rollback does to an entry as it boots.
 */
#ifndef ESPY_IMAGE_OTA_H
#define ESPY_IMAGE_OTA_H

#include "espy/image.h"

#define ESPY_OTA_ENTRY 32u

typedef struct espy_ota_entry {
    uint32_t seq;   /* counts up from 1; 0xFFFFFFFF: never written */
    uint32_t state; /* see espy_ota_state_name() */
    bool blank, valid;
} espy_ota_entry;

espy_ota_entry espy_ota_entry_read(const uint8_t bytes[ESPY_OTA_ENTRY]);

enum { ESPY_OTA_PENDING_VERIFY = 1 };

/* "new", "pending verify", "valid", "invalid", "aborted", "undefined". */
const char *espy_ota_state_name(uint32_t state);

/* Lists the applications in the order in which the bootloader tries them: the rows of the
 * table, at most ESPY_APPS_MAX.  entries: NULL without otadata.  *by_entry: the entry that
 * chose the first of them, or -1: the default. */
size_t espy_ota_order(const espy_partitions *table, const espy_ota_entry entries[2], size_t rows[ESPY_APPS_MAX],
                      int *by_entry);

#endif
