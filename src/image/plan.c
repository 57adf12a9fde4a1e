/* SPDX-License-Identifier: MIT
 *
 * What writing a merged image means for the flash.
 *
 * The flash is cut where the table and the partitions begin and end.  A piece
 * that is blank in the file is left as it is on the board (nvs keeps its
 * settings); a piece with contents is written from its beginning, so that no
 * blank stretch inside it shows what was there before.
 */
#include "partitions.h"

#include <stdlib.h>
#include <string.h>

#define CUTS_MAX (2 * ESPY_PARTITIONS_MAX + 4)

static uint32_t sector_up(uint32_t addr)
{
    return (addr + ESPY_SECTOR - 1) / ESPY_SECTOR * ESPY_SECTOR;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All places where one piece ends and another begins, ascending. */
static size_t find_cuts(uint32_t *cuts, const espy_image *image)
{
    size_t n = 0;
    cuts[n++] = image->base;
    cuts[n++] = image->table_addr;
    cuts[n++] = image->table_addr + ESPY_SECTOR;
    cuts[n++] = sector_up((uint32_t)(image->base + image->size));
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if (row->type > ESPY_PARTITION_DATA)
            continue; /* rows for bootloader and table: these are known already */
        cuts[n++] = row->addr;
        cuts[n++] = sector_up(row->addr + row->size);
    }
    qsort(cuts, n, sizeof cuts[0], by_value);
    return n;
}

/* Where the file's contents between two addresses end: the end of the last
 * sector that is not blank, or `from`. */
static uint32_t contents_end(const espy_image *image, uint32_t from, uint32_t to)
{
    uint64_t file_end = (uint64_t)image->base + image->size;
    uint32_t addr = file_end < to ? (uint32_t)file_end : to;
    while (addr > from && image->bytes[addr - 1 - image->base] == 0xFF)
        addr--;
    return addr <= from ? from : sector_up(addr);
}

static bool is_data(const espy_image *image, uint32_t addr)
{
    for (size_t i = 0; i < image->table.count; i++)
        if (image->table.row[i].addr == addr)
            return image->table.row[i].type == ESPY_PARTITION_DATA;
    return false;
}

static void add_write(espy_image_plan *plan, uint32_t from, uint32_t to)
{
    espy_range *last = plan->write_count > 0 ? &plan->write[plan->write_count - 1] : NULL;
    if (last != NULL && last->addr + last->size == from)
        last->size += to - from;
    else if (plan->write_count < ESPY_WRITES_MAX)
        plan->write[plan->write_count++] = (espy_range){from, to - from};
}

static void plan_writes(espy_image_plan *plan, const espy_image *image)
{
    uint32_t cuts[CUTS_MAX];
    size_t n = find_cuts(cuts, image);
    uint64_t file_end = (uint64_t)image->base + image->size;
    for (size_t i = 0; i + 1 < n && cuts[i] < file_end; i++) {
        uint32_t end = contents_end(image, cuts[i], cuts[i + 1]);
        if (end > cuts[i])
            add_write(plan, cuts[i], is_data(image, cuts[i]) ? cuts[i + 1] : end);
    }
}

static bool is_written(const espy_image_plan *plan, uint32_t addr)
{
    for (size_t i = 0; i < plan->write_count; i++)
        if (addr >= plan->write[i].addr && addr - plan->write[i].addr < plan->write[i].size)
            return true;
    return false;
}

static void add_erase(espy_image_plan *plan, uint32_t addr, uint32_t size)
{
    if (plan->erase_count < ESPY_ERASES_MAX && !is_written(plan, addr))
        plan->erase[plan->erase_count++] = (espy_range){addr, sector_up(size)};
}

static bool same_fs(const espy_partition *a, const espy_partition *b)
{
    return a->addr == b->addr && a->size == b->size && a->subtype == b->subtype && strcmp(a->label, b->label) == 0;
}

/* The file system of firmware that is not MicroPython is an explicit one or none. */
bool espy_image_filesystem(const espy_image *image, uint32_t flash_size, espy_partition *fs)
{
    if (!espy_partitions_filesystem(&image->table, flash_size, fs))
        return false;
    for (size_t i = 0; i < image->table.count; i++)
        if (image->table.row[i].addr == fs->addr)
            return true;
    return image->sizes_itself;
}

void espy_image_plan_make(espy_image_plan *plan, const espy_image *image, uint32_t flash_size,
                          const espy_partitions *old)
{
    *plan = (espy_image_plan){0};
    if (image->kind != ESPY_IMAGE_MERGED)
        return;
    plan_writes(plan, image);
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if (row->type == ESPY_PARTITION_DATA && row->subtype == ESPY_DATA_OTA)
            add_erase(plan, row->addr, row->size);
    }
    espy_partition fs, old_fs;
    if (!espy_image_filesystem(image, flash_size, &fs))
        return;
    if (old == NULL || !espy_partitions_filesystem(old, flash_size, &old_fs) || !same_fs(&fs, &old_fs))
        add_erase(plan, fs.addr, fs.size < 2 * ESPY_SECTOR ? fs.size : 2 * ESPY_SECTOR);
}

const uint8_t *espy_image_at(const espy_image *image, espy_range range, size_t *available)
{
    size_t at = range.addr - image->base;
    size_t rest = range.addr >= image->base && at < image->size ? image->size - at : 0;
    *available = rest < range.size ? rest : range.size;
    return rest > 0 ? image->bytes + at : NULL;
}
