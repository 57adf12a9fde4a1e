/* SPDX-License-Identifier: MIT
 *
 * The bytes of a partition table, for those who change it.
 */
#ifndef ESPY_IMAGE_PARTITIONS_H
#define ESPY_IMAGE_PARTITIONS_H

#include "espy/image.h"

#define ESPY_PARTITION_ROW 32u

enum { ESPY_PARTITION_APP = 0, ESPY_PARTITION_DATA = 1 };
enum { ESPY_DATA_OTA = 0x00, ESPY_DATA_FIRST_FS = 0x80, ESPY_DATA_LAST_FS = 0xFD };

/* Whether these bytes begin a partition table. */
bool espy_partitions_magic(const uint8_t *bytes, size_t size);
/* Sets the size of a row, in the table's bytes, and renews the MD5 row. */
void espy_partitions_resize(uint8_t *bytes, const espy_partitions *table, size_t row, uint32_t size);
/* Whether this row holds a file system (by its subtype). */
bool espy_partition_is_fs(const espy_partition *row);

#endif
