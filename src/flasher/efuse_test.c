/* SPDX-License-Identifier: MIT
 *
 * eFuse fields.  The rows are generated: words from Python's random (seed 9), decoded by
 * esptool 5.6.0's ESP32S3ROM (get_major_chip_version() and its like) with a read_reg()
 * that answers from the words; then a chip of version v0.0 and an ESP32-S3R8 of v0.2.
 */
#include "efuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

typedef struct row {
    uint32_t words[ESPY_EFUSE_WORDS];
    unsigned major, minor, package;
    uint8_t mac[6];
    unsigned flash_mib, psram_mib;
    const char *psram_vendor;
    bool octal_flash, secure_boot, encryption;
} row;

static const row rows[] = {
    {{0x7687A66E, 0x9CFBAC6E, 0x5F915EF0, 0x4462EBFC, 0x237751AA, 0x2FA73207, 0xDDD6FF55, 0xAD38835E, 0x01A5BA50},
     1,
     1,
     5,
     {0x51, 0xAA, 0x44, 0x62, 0xEB, 0xFC},
     0,
     0,
     "AP_1v8",
     1,
     1,
     1},
    {{0x569C8036, 0x80B65386, 0x76B67451, 0xE5F6DB1D, 0x9ACD8ACD, 0x14B044D7, 0x558298E2, 0x8DE4AB47, 0xEFB6FBFE},
     1,
     12,
     5,
     {0x8A, 0xCD, 0xE5, 0xF6, 0xDB, 0x1D},
     4,
     0,
     "AP_3v3",
     0,
     1,
     1},
    {{0x9DDCC6F8, 0xB339A476, 0x0A78250F, 0xBA6ACE6C, 0x61076DC3, 0x2B5EBAA0, 0xB4174A67, 0xF23B2CC4, 0x73B7A490},
     2,
     7,
     2,
     {0x6D, 0xC3, 0xBA, 0x6A, 0xCE, 0x6C},
     0,
     4,
     "",
     0,
     1,
     1},
    {{0xF3868254, 0xB99DE255, 0x6C2EA417, 0x283B73A6, 0x2B1E1885, 0x3CEE5E2C, 0x0D243A16, 0x1C670EA9, 0x21E6A46F},
     0,
     3,
     7,
     {0x18, 0x85, 0x28, 0x3B, 0x73, 0xA6},
     0,
     2,
     "",
     0,
     1,
     1},
    {{0x819AD93B, 0xDF2965B3, 0xEC801BDF, 0xFDB119A9, 0x972651DA, 0x10363C5F, 0xC632976A, 0xB03DA701, 0x6237DBE6},
     0,
     5,
     1,
     {0x51, 0xDA, 0xFD, 0xB1, 0x19, 0xA9},
     4,
     0,
     "AP_1v8",
     1,
     0,
     0},
    {{0xCA22E4C7, 0xBF00188D, 0xE323BB2A, 0x1A070205, 0xEB40A9B8, 0x4A8AA593, 0x3478442B, 0xAC9ABB0C, 0x396BCB8F},
     0,
     10,
     4,
     {0xA9, 0xB8, 0x1A, 0x07, 0x02, 0x05},
     8,
     0,
     "",
     1,
     0,
     0},
    {{0xB9C7E435, 0xCB01C357, 0x6BF82959, 0xE3BB41B3, 0x1674518D, 0xC5C7D186, 0x4448A6A1, 0xE9502700, 0x35BB5C11},
     1,
     1,
     6,
     {0x51, 0x8D, 0xE3, 0xBB, 0x41, 0xB3},
     0,
     0,
     "AP_3v3",
     0,
     0,
     1},
    {{0x6583D614, 0x47FBB3B4, 0x5777039E, 0xCF3C17E5, 0x0B0ECF26, 0x33115519, 0xB573F6C5, 0xE2EB17C8, 0x01597AC1},
     2,
     12,
     0,
     {0xCF, 0x26, 0xCF, 0x3C, 0x17, 0xE5},
     0,
     4,
     "AP_3v3",
     1,
     1,
     0},
    {{0xE11E99FB, 0x694398C5, 0x0E06ACD4, 0xE553FB51, 0x60FA1C95, 0xD886C5D0, 0x7DE0D208, 0x239EDD3A, 0x0602FE0C},
     3,
     9,
     4,
     {0x1C, 0x95, 0xE5, 0x53, 0xFB, 0x51},
     0,
     0,
     "",
     0,
     0,
     1},
    {{0x3C9A8DF5, 0x6CBACCF1, 0xBC79CE03, 0xE80A86CF, 0xD9C98C23, 0x1CAF107A, 0xF6C986F2, 0x98CAE043, 0x00FDED65},
     0,
     11,
     5,
     {0x8C, 0x23, 0xE8, 0x0A, 0x86, 0xCF},
     0,
     0,
     "AP_3v3",
     1,
     1,
     0},
    {{0x1F0916CB, 0xC3AD4D99, 0x9425B3E2, 0x329A8613, 0xE5329B4E, 0xDA298ADE, 0x33FB4B4F, 0x548914EF, 0x021CD6FF},
     0,
     10,
     1,
     {0x9B, 0x4E, 0x32, 0x9A, 0x86, 0x13},
     0,
     0,
     "AP_1v8",
     1,
     0,
     1},
    {{0xE4794195, 0x15607DF9, 0x22184E82, 0x8A2E547E, 0xEAEB999B, 0x04789365, 0x8034A6A7, 0x15B7D95F, 0x92AEB20C},
     1,
     14,
     3,
     {0x99, 0x9B, 0x8A, 0x2E, 0x54, 0x7E},
     0,
     0,
     "AP_3v3",
     1,
     0,
     0},
    {{0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x01000000, 0x00000000, 0x03000000, 0x00000001},
     0,
     0,
     0,
     {0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
     0,
     0,
     "",
     0,
     0,
     0},
    {{0x00000000, 0x00000000, 0x00000000, 0xC0DBFEED, 0x00003485, 0x00080000, 0x00000088, 0x00000000, 0x00000000},
     0,
     2,
     0,
     {0x34, 0x85, 0xC0, 0xDB, 0xFE, 0xED},
     0,
     8,
     "AP_3v3",
     0,
     0,
     0},
};

static void fields_as_esptool_decodes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row *r = &rows[i];
        espy_board board = {0};
        espy_efuse_decode(&board, r->words);
        assert_int_equal(board.revision_major, r->major);
        assert_int_equal(board.revision_minor, r->minor);
        assert_string_equal(board.package, r->package == 0 ? "QFN56" : r->package == 1 ? "LGA56" : "unknown");
        assert_memory_equal(board.mac, r->mac, sizeof r->mac);
        assert_int_equal(board.flash.embedded, r->flash_mib * MIB);
        assert_int_equal(board.psram.size, r->psram_mib * MIB);
        assert_string_equal(board.psram.vendor, r->psram_vendor);
        assert_int_equal(board.flash.width, r->octal_flash ? ESPY_WIDTH_OCTAL : ESPY_WIDTH_QUAD);
        assert_int_equal(board.secure_boot, r->secure_boot);
        assert_int_equal(board.flash_encryption, r->encryption);
    }
}

/* ESP32-S3 Series Datasheet, "Series Comparison": R2 has quad PSRAM, R8, R8V and R16V
 * octal. */
static void psram_width_follows_from_its_size(void **state)
{
    (void)state;
    static const struct {
        unsigned cap;
        espy_width width;
    } cases[] = {
        {0, ESPY_WIDTH_NONE}, {1, ESPY_WIDTH_OCTAL}, {2, ESPY_WIDTH_QUAD}, {3, ESPY_WIDTH_OCTAL}, {4, ESPY_WIDTH_QUAD}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t words[ESPY_EFUSE_WORDS] = {0};
        words[ESPY_EFUSE_RD_MAC_SPI_SYS_4] = (cases[i].cap & 3) << 3;
        words[ESPY_EFUSE_RD_MAC_SPI_SYS_5] = (cases[i].cap >> 2) << 19;
        espy_board board = {0};
        espy_efuse_decode(&board, words);
        assert_int_equal(board.psram.width, cases[i].width);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_as_esptool_decodes_them),
        cmocka_unit_test(psram_width_follows_from_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
