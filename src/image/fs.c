/* SPDX-License-Identifier: MIT
 *
 * What kind of file system a partition holds; see the header.
 */
#include "fs.h"

#include "../base/bytes.h"

#include <string.h>

const char *espy_fs_name(espy_fs_kind kind)
{
    static const char *const names[] = {
        [ESPY_FS_BLANK] = "blank",
        [ESPY_FS_LITTLEFS] = "littlefs",
        [ESPY_FS_FAT] = "FAT",
        [ESPY_FS_OTHER] = "other",
    };
    return names[kind];
}

/* A superblock's metadata block: revision count, a tag, "littlefs", a tag, and the six
 * words of the superblock, version first, block size and block count next. */
static bool littlefs(const uint8_t *block, espy_fs *fs)
{
    if (memcmp(block + 8, "littlefs", 8) != 0)
        return false;
    *fs = (espy_fs){.kind = ESPY_FS_LITTLEFS,
                    .version = get_le32(block + 20),
                    .size = (uint64_t)get_le32(block + 24) * get_le32(block + 28)};
    return true;
}

static bool fat(const uint8_t *block, espy_fs *fs)
{
    bool jump = block[0] == 0xEB || block[0] == 0xE9;
    bool named = memcmp(block + 54, "FAT", 3) == 0 || memcmp(block + 82, "FAT", 3) == 0;
    uint32_t sector = get_le16(block + 11), count = get_le16(block + 19);
    if (!jump || !named || block[510] != 0x55 || block[511] != 0xAA)
        return false;
    *fs = (espy_fs){.kind = ESPY_FS_FAT, .size = (uint64_t)sector * (count != 0 ? count : get_le32(block + 32))};
    return true;
}

espy_fs espy_fs_recognise(const uint8_t first[ESPY_FS_BEGIN], const uint8_t second[ESPY_FS_BEGIN])
{
    espy_fs fs = {.kind = bytes_blank(first, ESPY_FS_BEGIN) && bytes_blank(second, ESPY_FS_BEGIN) ? ESPY_FS_BLANK
                                                                                                  : ESPY_FS_OTHER};
    if (!littlefs(first, &fs) && !littlefs(second, &fs))
        (void)fat(first, &fs);
    return fs;
}
