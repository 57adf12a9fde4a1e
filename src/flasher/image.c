/* SPDX-License-Identifier: MIT
 *
 * A merged image on a board that may have another one, and files, already.
 *
 * What is done must be right whenever it is interrupted and begun anew.  The decision
 * whether the board's file system stays is made from its partition table.  So what is
 * stale is erased before anything is written: as long as it is there, so is the table
 * that tells.  The table's own sector may be caught blank or torn; then the file system
 * itself tells whether it is the one that the image wants.
 */
#include "flasher.h"

#include "espy/image.h"

#include <stdlib.h>

espy_status espy_flasher_table(espy_flasher *flasher, espy_partitions *table, bool *found, espy_err *err)
{
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    *found = false;
    espy_status st = espy_flasher_read(flasher, ESPY_PARTITION_TABLE, bytes, sizeof bytes, err);
    if (st == ESPY_OK)
        *found = espy_partitions_parse(table, bytes, sizeof bytes, flasher->flash_size, NULL) == ESPY_OK;
    return st;
}

static espy_status has_files(espy_flasher *flasher, const espy_image *image, bool *has, espy_err *err)
{
    uint8_t bytes[2 * ESPY_SECTOR];
    espy_partition fs;
    *has = false;
    if (!espy_image_filesystem(image, flasher->flash_size, &fs))
        return ESPY_OK;
    size_t n = fs.size < sizeof bytes ? fs.size : sizeof bytes;
    espy_status st = espy_flasher_read(flasher, fs.addr, bytes, n, err);
    *has = st == ESPY_OK && espy_filesystem_spans(bytes, n, fs.size);
    return st;
}

static size_t list_parts(const espy_image *image, const espy_image_plan *plan, espy_flash_part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->erase_count; i++)
        parts[n++] = (espy_flash_part){.addr = plan->erase[i].addr, .size = plan->erase[i].size};
    for (size_t i = 0; i < plan->write_count; i++) {
        size_t available;
        const uint8_t *bytes = espy_image_at(image, plan->write[i], &available);
        bool blank = available == 0;
        parts[n++] = (espy_flash_part){
            .addr = plan->write[i].addr,
            .size = blank ? plan->write[i].size : (uint32_t)available,
            .bytes = blank ? NULL : bytes,
        };
    }
    return n;
}

espy_status espy_flasher_image_parts(espy_flasher *flasher, const espy_image *image, espy_flash_part *parts, size_t *n,
                                     espy_err *err)
{
    bool found, same = false;
    espy_image_plan plan;
    espy_partitions *table = calloc(1, sizeof *table);
    *n = 0;
    if (table == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a partition table");
    espy_status st = espy_flasher_table(flasher, table, &found, err);
    if (st == ESPY_OK && !found)
        st = has_files(flasher, image, &same, err);
    if (st == ESPY_OK) {
        espy_image_plan_make(&plan, image, flasher->flash_size, found ? table : same ? &image->table : NULL);
        *n = list_parts(image, &plan, parts);
    }
    free(table);
    return st;
}
