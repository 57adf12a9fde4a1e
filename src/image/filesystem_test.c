/* SPDX-License-Identifier: MIT
 *
 * The sizes that file systems say they have.  The fields are placed as the
 * documents named in filesystem.c have them; littlefs' are also checked with a file system
 * that MicroPython has made, in tests/flash.
 */
#include "espy/image.h"

#include "../base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[2 * ESPY_SECTOR];

static void a_boot_sector(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, "\xEB\xFE\x90MSDOS5.0", 11);
    put_le16(bytes + 11, 4096);
    put_le16(bytes + 19, 512);
    assert_false(espy_filesystem_spans(bytes, sizeof bytes, 2 << 20));
    put_le16(bytes + 510, 0xAA55);
    assert_true(espy_filesystem_spans(bytes, sizeof bytes, 2 << 20));
    assert_false(espy_filesystem_spans(bytes, sizeof bytes, 4 << 20));
    put_le16(bytes + 19, 0);
    put_le32(bytes + 32, 1024);
    assert_true(espy_filesystem_spans(bytes, ESPY_SECTOR, 4 << 20));
    assert_false(espy_filesystem_spans(bytes, 511, 4 << 20));
}

static void a_superblock_pair(void **state)
{
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    assert_false(espy_filesystem_spans(bytes, sizeof bytes, 1 << 20));
    memcpy(bytes + ESPY_SECTOR + 8, "littlefs", 8);
    put_le32(bytes + ESPY_SECTOR + 24, 4096);
    put_le32(bytes + ESPY_SECTOR + 28, 256);
    assert_true(espy_filesystem_spans(bytes, sizeof bytes, 1 << 20));
    assert_false(espy_filesystem_spans(bytes, sizeof bytes, 2 << 20));
    assert_false(espy_filesystem_spans(bytes, ESPY_SECTOR + 31, 1 << 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_sector),
        cmocka_unit_test(a_superblock_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
