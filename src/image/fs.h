/* SPDX-License-Identifier: MIT
 *
 * What kind of file system a partition holds, by its first bytes.
 *
 * Follows: littlefs' SPEC.md (superblock entry) and Microsoft's FAT specification (boot
 * sector).  Nothing behind the first two blocks is looked at.
 */
#ifndef ESPY_IMAGE_FS_H
#define ESPY_IMAGE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_FS_BEGIN 512u /* of each of the first two 4-KiB blocks, what is to be looked at */

typedef enum espy_fs_kind { ESPY_FS_BLANK, ESPY_FS_LITTLEFS, ESPY_FS_FAT, ESPY_FS_OTHER } espy_fs_kind;

typedef struct espy_fs {
    espy_fs_kind kind;
    uint64_t size;    /* bytes that the file system says it has; 0: it does not */
    uint32_t version; /* littlefs: major << 16 | minor */
} espy_fs;

espy_fs espy_fs_recognise(const uint8_t first[ESPY_FS_BEGIN], const uint8_t second[ESPY_FS_BEGIN]);

/* "littlefs", "FAT", "blank", "other" */
const char *espy_fs_name(espy_fs_kind kind);

#endif
