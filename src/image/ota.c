/* SPDX-License-Identifier: MIT
 *
 * Which application a board boots; see the header.
 */
#include "ota.h"

#include "partitions.h"
#include "../base/bytes.h"

enum { STATE_INVALID = 3, STATE_ABORTED = 4, SLOTS = 16, OTA_0 = 0x10, TEST = 0x20 };

/* The ROM's crc32_le(0xFFFFFFFF, seq): CRC-32 with both complements cancelling at the start. */
static uint32_t crc_of_seq(const uint8_t seq[4])
{
    uint32_t crc = 0;
    for (int i = 0; i < 4; i++) {
        crc ^= seq[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

espy_ota_entry espy_ota_entry_read(const uint8_t bytes[ESPY_OTA_ENTRY])
{
    espy_ota_entry e = {.seq = get_le32(bytes), .state = get_le32(bytes + 24)};
    e.blank = bytes_blank(bytes, ESPY_OTA_ENTRY);
    e.valid = e.seq != UINT32_MAX && e.state != STATE_INVALID && e.state != STATE_ABORTED &&
              get_le32(bytes + 28) == crc_of_seq(bytes);
    return e;
}

const char *espy_ota_state_name(uint32_t state)
{
    static const char *const names[] = {"new", "pending verify", "valid", "invalid", "aborted"};
    return state < sizeof names / sizeof names[0] ? names[state] : "undefined";
}

static int active_entry(const espy_ota_entry entries[2])
{
    if (entries[0].valid && entries[1].valid)
        return entries[0].seq >= entries[1].seq ? 0 : 1;
    return entries[0].valid ? 0 : entries[1].valid ? 1 : -1;
}

/* The row of an application of this subtype, or -1. */
static int find_app(const espy_partitions *table, unsigned subtype)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->row[i].type == ESPY_PARTITION_APP && table->row[i].subtype == subtype)
            return (int)i;
    return -1;
}

static void add(size_t rows[ESPY_APPS_MAX], size_t *n, int row)
{
    if (row >= 0 && *n < ESPY_APPS_MAX)
        rows[(*n)++] = (size_t)row;
}

/* From the chosen slot down to the first, then factory, then the slots above; the test
 * application where nothing else boots. */
size_t espy_ota_order(const espy_partitions *table, const espy_ota_entry entries[2], size_t rows[ESPY_APPS_MAX],
                      int *by_entry)
{
    size_t n = 0;
    unsigned slots = 0, above = 0;
    while (slots < SLOTS && find_app(table, OTA_0 + slots) >= 0)
        slots++;
    *by_entry = entries != NULL && slots > 0 ? active_entry(entries) : -1;
    if (*by_entry >= 0) {
        above = (entries[*by_entry].seq - 1) % slots + 1;
        for (unsigned slot = above; slot > 0; slot--)
            add(rows, &n, find_app(table, OTA_0 + slot - 1));
    }
    add(rows, &n, find_app(table, 0));
    for (unsigned slot = above; slot < slots; slot++)
        add(rows, &n, find_app(table, OTA_0 + slot));
    add(rows, &n, find_app(table, TEST));
    return n;
}
