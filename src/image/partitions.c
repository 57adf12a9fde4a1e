/* SPDX-License-Identifier: MIT
 *
 * The partition table: rows of 32 bytes, closed by a row of 0xFF or the end of
 * the table's 0xC00 bytes, with an MD5 row that covers the rows before it.
 *
 * Follows: ESP-IDF programming guide, "Partition Tables" (alignment and the MD5
 * row included).  Left out: signed tables, whose signature follows at 0xC00.
 */
#include "partitions.h"

#include "digest.h"
#include "../base/bytes.h"

#include <stdio.h>
#include <string.h>

static const uint8_t row_magic[2] = {0xAA, 0x50};
static const uint8_t md5_magic[16] = {0xEB, 0xEB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

bool espy_partitions_magic(const uint8_t *bytes, size_t size)
{
    return size >= 2 && memcmp(bytes, row_magic, 2) == 0;
}

bool espy_partition_is_fs(const espy_partition *row)
{
    return row->type == ESPY_PARTITION_DATA && row->subtype >= ESPY_DATA_FIRST_FS && row->subtype <= ESPY_DATA_LAST_FS;
}

static bool all_ff(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0xFF)
            return false;
    return true;
}

static espy_status check_md5(const uint8_t *table, size_t at, espy_err *err)
{
    uint8_t md5[16];
    espy_md5(table, at, md5);
    if (memcmp(md5, table + at + 16, sizeof md5) == 0)
        return ESPY_OK;
    espy_fail(err, ESPY_E_FORMAT, "the table's MD5 row is %02x%02x%02x%02x..., but its rows give %02x%02x%02x%02x...",
              table[at + 16], table[at + 17], table[at + 18], table[at + 19], md5[0], md5[1], md5[2], md5[3]);
    espy_advise(err, "The partition table is damaged; fetch or build the image again.");
    return ESPY_E_FORMAT;
}

static void read_row(espy_partition *row, const uint8_t *p)
{
    *row = (espy_partition){
        .type = p[2], .subtype = p[3], .addr = get_le32(p + 4), .size = get_le32(p + 8), .flags = get_le32(p + 28)};
    for (size_t i = 0; i < 16 && p[12 + i] != '\0'; i++)
        row->label[i] = p[12 + i] >= 0x20 && p[12 + i] < 0x7F ? (char)p[12 + i] : '?';
}

static espy_status check_row(const espy_partition *row, uint32_t flash_size, espy_err *err)
{
    uint32_t align = row->type == ESPY_PARTITION_APP ? 0x10000 : ESPY_SECTOR;
    uint64_t end = (uint64_t)row->addr + row->size;
    if (row->addr % align != 0)
        return espy_fail(err, ESPY_E_FORMAT, "partition \"%s\" begins at 0x%x, not on a multiple of 0x%x", row->label,
                         (unsigned)row->addr, (unsigned)align);
    if (row->size == 0)
        return espy_fail(err, ESPY_E_FORMAT, "partition \"%s\" at 0x%x is empty", row->label, (unsigned)row->addr);
    if (end > flash_size)
        return espy_fail(err, ESPY_E_FORMAT, "partition \"%s\" ends at 0x%llx, past the end of the flash at 0x%x",
                         row->label, (unsigned long long)end, (unsigned)flash_size);
    return ESPY_OK;
}

static espy_status check_overlap(const espy_partitions *table, espy_err *err)
{
    for (size_t i = 0; i < table->count; i++)
        for (size_t k = 0; k < i; k++) {
            const espy_partition *a = &table->row[k], *b = &table->row[i];
            if (a->addr < b->addr + b->size && b->addr < a->addr + a->size)
                return espy_fail(err, ESPY_E_FORMAT,
                                 "partitions \"%s\" (0x%x to 0x%x) and \"%s\" (0x%x to 0x%x) overlap", a->label,
                                 (unsigned)a->addr, (unsigned)(a->addr + a->size), b->label, (unsigned)b->addr,
                                 (unsigned)(b->addr + b->size));
        }
    return ESPY_OK;
}

/* Takes the row at offset `at`; *end becomes true behind the last one. */
static espy_status take_row(espy_partitions *table, const uint8_t *bytes, size_t at, uint32_t flash_size, bool *end,
                            espy_err *err)
{
    const uint8_t *p = bytes + at;
    *end = all_ff(p, ESPY_PARTITION_ROW);
    if (*end)
        return ESPY_OK;
    if (memcmp(p, md5_magic, sizeof md5_magic) == 0 && !table->has_md5) {
        table->has_md5 = true;
        return check_md5(bytes, at, err);
    }
    if (memcmp(p, row_magic, 2) != 0 || table->has_md5)
        return espy_fail(err, ESPY_E_FORMAT, "row %zu of the table begins with %02x %02x, not with aa 50",
                         at / ESPY_PARTITION_ROW, p[0], p[1]);
    if (table->count == ESPY_PARTITIONS_MAX)
        return espy_fail(err, ESPY_E_FORMAT, "the table has more than %d partitions", ESPY_PARTITIONS_MAX);
    espy_partition *row = &table->row[table->count++];
    read_row(row, p);
    return check_row(row, flash_size, err);
}

espy_status espy_partitions_parse(espy_partitions *table, const uint8_t *bytes, size_t size, uint32_t flash_size,
                                  espy_err *err)
{
    *table = (espy_partitions){0};
    espy_status st = ESPY_OK;
    bool end = false;
    size_t at = 0;
    for (; st == ESPY_OK && !end && at < ESPY_PARTITION_TABLE_SIZE; at += ESPY_PARTITION_ROW) {
        if (size < at + ESPY_PARTITION_ROW) {
            espy_fail(err, ESPY_E_FORMAT, "the table is cut short after %zu bytes, before the row that ends it", size);
            espy_advise(err, "The file was cut short; fetch or build it again.");
            return ESPY_E_FORMAT;
        }
        st = take_row(table, bytes, at, flash_size, &end, err);
    }
    if (st == ESPY_OK && table->count == 0)
        st = espy_fail(err, ESPY_E_FORMAT, "the table is blank");
    return st == ESPY_OK ? check_overlap(table, err) : st;
}

void espy_partitions_resize(uint8_t *bytes, const espy_partitions *table, size_t row, uint32_t size)
{
    put_le32(bytes + row * ESPY_PARTITION_ROW + 8, size);
    size_t rows = table->count * ESPY_PARTITION_ROW;
    if (table->has_md5)
        espy_md5(bytes, rows, bytes + rows + 16);
}

static const espy_partition *explicit_fs(const espy_partitions *table)
{
    const espy_partition *last = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const espy_partition *row = &table->row[i];
        if (row->type == ESPY_PARTITION_DATA && (strcmp(row->label, "vfs") == 0 || strcmp(row->label, "ffat") == 0))
            return row;
        if (espy_partition_is_fs(row) && (last == NULL || row->addr > last->addr))
            last = row;
    }
    return last;
}

bool espy_partitions_filesystem(const espy_partitions *table, uint32_t flash_size, espy_partition *fs)
{
    const espy_partition *row = explicit_fs(table);
    if (row != NULL) {
        *fs = *row;
        return true;
    }
    uint32_t end = 0;
    for (size_t i = 0; i < table->count; i++)
        if (table->row[i].addr + table->row[i].size > end)
            end = table->row[i].addr + table->row[i].size;
    if (end == 0 || end >= flash_size)
        return false;
    *fs = (espy_partition){.type = ESPY_PARTITION_DATA, .subtype = 0x81, .addr = end, .size = flash_size - end};
    memcpy(fs->label, "vfs", 4);
    return true;
}
