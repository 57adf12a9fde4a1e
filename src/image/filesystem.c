/* SPDX-License-Identifier: MIT
 *
 * What a file system says about its own size.
 *
 * Follows: littlefs, "SPEC.md", the superblock; Microsoft, "FAT: General Overview of
 * On-Disk Format", version 1.03, the boot sector.  Left out: whether the file system is
 * sound, which is for who mounts it.
 */
#include "espy/image.h"

#include "../base/bytes.h"

#include <string.h>

/* Either block of the superblock pair will do: one may be old, or torn. */
static bool is_littlefs(const uint8_t *block, size_t n, uint32_t size)
{
    enum { MAGIC = 8, BLOCK_SIZE = 24, BLOCK_COUNT = 28, NEEDED = 32 };
    return n >= NEEDED && memcmp(block + MAGIC, "littlefs", 8) == 0 &&
           (uint64_t)get_le32(block + BLOCK_SIZE) * get_le32(block + BLOCK_COUNT) == size;
}

static bool is_fat(const uint8_t *sector, size_t n, uint32_t size)
{
    enum { SECTOR_SIZE = 11, SECTORS_16 = 19, SECTORS_32 = 32, SIGNATURE = 510, NEEDED = 512 };
    if (n < NEEDED || get_le16(sector + SIGNATURE) != 0xAA55)
        return false;
    uint32_t sectors = get_le16(sector + SECTORS_16);
    if (sectors == 0)
        sectors = get_le32(sector + SECTORS_32);
    return (uint64_t)get_le16(sector + SECTOR_SIZE) * sectors == size;
}

bool espy_filesystem_spans(const uint8_t *bytes, size_t n, uint32_t size)
{
    return is_littlefs(bytes, n, size) || is_fat(bytes, n, size) ||
           (n > ESPY_SECTOR && is_littlefs(bytes + ESPY_SECTOR, n - ESPY_SECTOR, size));
}
