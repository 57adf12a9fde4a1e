/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: any bytes as a partition table.
 */
#include "espy/image.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    espy_partitions table;
    espy_partition fs;
    char text[24];
    if (espy_partitions_parse(&table, bytes, size, 16 << 20, NULL) != ESPY_OK)
        return 0;
    (void)espy_partitions_filesystem(&table, 16 << 20, &fs);
    for (size_t i = 0; i < table.count; i++)
        (void)espy_partition_type_name(&table.row[i], text, sizeof text);
    return 0;
}
