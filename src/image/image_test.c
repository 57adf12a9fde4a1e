/* SPDX-License-Identifier: MIT
 *
 * Whole files: fields, truncation at each byte, a flip of each bit, and files
 * that are something else.
 */
#include "espy/image.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static espy_status parse(const uint8_t *bytes, size_t size, espy_err *err)
{
    espy_image image;
    *err = (espy_err){0};
    return espy_image_parse(&image, bytes, size, err);
}

/* Fails to parse with this class, and says so with these words. */
#define assert_refused(bytes, size, status_, words)                                                                    \
    do {                                                                                                               \
        espy_err err_;                                                                                                 \
        assert_int_equal(parse((const uint8_t *)(bytes), size, &err_), status_);                                       \
        if (strstr(err_.text, words) == NULL)                                                                          \
            fail_msg("\"%s\" does not say \"%s\"", err_.text, words);                                                  \
    } while (0)

static void fields(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image;
    espy_err err = {0};
    assert_int_equal(espy_image_parse(&image, s.bytes, s.size, &err), ESPY_OK);
    assert_int_equal(image.kind, ESPY_IMAGE_MERGED);
    assert_int_equal(image.chip_id, ESPY_CHIP_ESP32S3);
    assert_int_equal(image.flash_size, 8 << 20);
    assert_int_equal(image.bootloader.size, s.bootloader_size);
    assert_int_equal(image.bootloader.max_rev, 99);
    assert_int_equal(image.table_addr, SYNTH_TABLE);
    assert_int_equal(image.table.count, 4);
    assert_true(image.table.has_md5);
    assert_string_equal(image.table.row[3].label, "vfs");
    assert_int_equal(image.app_count, 1);
    assert_int_equal(image.apps[0].size, s.app_size);
    assert_string_equal(image.apps[0].project, "synth");
    assert_string_equal(image.apps[0].version, "v9.9");
    assert_string_equal(image.apps[0].built, "Jan  2 2025 12:34:56");
    assert_string_equal(image.apps[0].idf, "v5.0.4");
    assert_string_equal(image.micropython.version, "v1.23.0");
    assert_string_equal(image.micropython.date, "2024-06-02");
    assert_string_equal(image.micropython.machine, "Synthetic module with Octal-SPIRAM with ESP32S3");
    assert_string_equal(image.micropython.variant, "SPIRAM_OCT");
    assert_int_equal(image.psram, ESPY_PSRAM_OCTAL);
    assert_false(image.octal_flash);
    assert_false(image.sizes_itself);
    free(s.bytes);
}

/* Every length is refused, but for those that end in the blank behind the
 * bootloader: these are a bootloader alone, and whole.  Inside long blanks every
 * 61st length is tried. */
static void truncation(void **state)
{
    (void)state;
    synth s = synth_default();
    for (size_t n = 0; n < s.size; n++) {
        bool inside = n < 0x200 || (n >= SYNTH_TABLE && n < SYNTH_TABLE + 0x100) || n + 0x20 >= SYNTH_APP;
        if (!inside && n % 61 != 0)
            continue;
        uint8_t *exact = malloc(n > 0 ? n : 1); /* so that the sanitizer sees every byte read past the end */
        memcpy(exact, s.bytes, n);
        espy_image image;
        espy_err err = {0};
        espy_status st = espy_image_parse(&image, exact, n, &err);
        if (n >= s.bootloader_size && n <= SYNTH_TABLE) {
            assert_int_equal(st, ESPY_OK);
            assert_int_equal(image.kind, ESPY_IMAGE_BOOTLOADER);
        } else if (n == SYNTH_TABLE + 1) {
            assert_int_equal(st, ESPY_E_FORMAT);
        } else if (st != ESPY_E_FORMAT || (n > 0 && strstr(err.advice, "cut short") == NULL)) {
            fail_msg("%zu bytes: %d \"%s\" \"%s\"", n, (int)st, err.text, err.advice);
        }
        free(exact);
    }
    free(s.bytes);
}

/* The digests cover every bit but two: the flags that say there is a digest. */
static void bit_flips(void **state)
{
    (void)state;
    synth s = synth_default();
    const size_t parts[][2] = {{0, s.bootloader_size}, {SYNTH_TABLE, 5 * 32}, {SYNTH_APP, s.app_size}};
    for (size_t p = 0; p < 3; p++)
        for (size_t bit = 0; bit < parts[p][1] * 8; bit++) {
            size_t at = parts[p][0] + bit / 8;
            s.bytes[at] ^= (uint8_t)(1u << bit % 8);
            espy_err err;
            espy_status st = parse(s.bytes, s.size, &err);
            bool flag = (at == 23 || at == SYNTH_APP + 23) && bit % 8 == 0;
            if ((st == ESPY_OK) != flag)
                fail_msg("bit %zu of byte 0x%zx: %d \"%s\"", bit % 8, at, (int)st, err.text);
            s.bytes[at] ^= (uint8_t)(1u << bit % 8);
        }
    free(s.bytes);
}

static void sentences(void **state)
{
    (void)state;
    synth s = synth_default();
    s.bytes[SYNTH_APP + 100] ^= 1;
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "application \"factory\" at 0x10000: the checksum at 0x10");
    s.bytes[SYNTH_APP + 100] ^= 1;
    s.bytes[4] ^= 1; /* the entry address: outside the checksum, inside the digest */
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "bootloader at 0x0: the SHA-256 at 0x60 is ");
    s.bytes[4] ^= 1;
    s.bytes[SYNTH_TABLE + 3] ^= 1;
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "partition table at 0x8000: the table's MD5 row is ");
    s.bytes[SYNTH_TABLE + 3] ^= 1;
    s.bytes[SYNTH_TABLE] = 0;
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "no partition table behind the bootloader, which ends at 0x80");
    s.bytes[SYNTH_TABLE] = 0xAA;
    s.bytes[1] = 17;
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "the header counts 17 segments");
    s.bytes[1] = 1;
    s.bytes[12] = 0x77;
    assert_refused(s.bytes, s.size, ESPY_E_UNSUPPORTED, "chip id 0x0077");
    s.bytes[12] = 9;
    assert_refused(s.bytes, SYNTH_APP, ESPY_E_FORMAT, "ends at byte 65536, before application \"factory\" at 0x10000");
    memset(s.bytes + SYNTH_APP, 0xFF, s.app_size);
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "no application partition of the table holds an application");
    free(s.bytes);
}

static void bad_tables(void **state)
{
    (void)state;
    const struct {
        synth_row row;
        const char *words;
    } bad[] = {
        {{"vfs", 1, 0x81, 0x200000, 0x600001},
         "partition \"vfs\" ends at 0x800001, past the end of the flash at 0x800000"},
        {{"vfs", 1, 0x81, 0x1FF000, 0x100000}, "partitions \"factory\" (0x10000 to 0x200000) and \"vfs\" (0x1ff000 to"},
        {{"vfs", 1, 0x81, 0x200800, 0x100000}, "partition \"vfs\" begins at 0x200800, not on a multiple of 0x1000"},
        {{"ota", 0, 0x10, 0x201000, 0x100000}, "partition \"ota\" begins at 0x201000, not on a multiple of 0x10000"},
        {{"vfs", 1, 0x81, 0xFFFFF000, 0x2000}, "partition \"vfs\" ends at 0x100001000, past the end of the flash"},
        {{"vfs", 1, 0x81, 0x200000, 0}, "partition \"vfs\" at 0x200000 is empty"},
        {{"low", 1, 0x81, 0x8000, 0x1000}, "partition \"low\" begins at 0x8000, before the table's end at 0x9000"},
        {{"far", 0, 0x10, 0x800000, 0x10000}, "past the end of the flash"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        synth_row rows[4];
        memcpy(rows, synth_rows, sizeof rows);
        rows[3] = bad[i].row;
        synth s = synth_merged(rows, 4);
        assert_refused(s.bytes, s.size, ESPY_E_FORMAT, bad[i].words);
        free(s.bytes);
    }
}

static void app_of_another_chip(void **state)
{
    (void)state;
    synth s = synth_default();
    (void)synth_app(s.bytes + SYNTH_APP, 5, SYNTH_STRINGS, sizeof SYNTH_STRINGS);
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "it is for chip id 5, but the bootloader is for the ESP32-S3");
    free(s.bytes);
}

static void larger_than_declared(void **state)
{
    (void)state;
    synth s = synth_merged(synth_rows, 3);
    const uint8_t boot[60] = {1};
    (void)synth_binary(s.bytes, 9, 0x1F, 0x403C9700, boot, sizeof boot); /* declares 2 MB */
    espy_err err;
    assert_int_equal(parse(s.bytes, 2 << 20, &err), ESPY_OK);
    assert_refused(s.bytes, (2 << 20) + 1, ESPY_E_FORMAT, "2097153 bytes long, more than the 2097152 bytes of flash");
    (void)synth_binary(s.bytes, 9, 0x8F, 0x403C9700, boot, sizeof boot);
    assert_refused(s.bytes, s.size, ESPY_E_FORMAT, "a flash size of code 0x8");
    free(s.bytes);
}

static void single_binaries(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image;
    espy_err err = {0};
    assert_int_equal(espy_image_parse(&image, s.bytes + SYNTH_APP, s.app_size, &err), ESPY_OK);
    assert_int_equal(image.kind, ESPY_IMAGE_APP);
    assert_int_equal(image.app_count, 1);
    assert_string_equal(image.micropython.version, "v1.23.0");
    assert_int_equal(espy_image_need_merged(&image, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "an application alone, without bootloader"));
    assert_int_equal(espy_image_parse(&image, s.bytes, s.bootloader_size, &err), ESPY_OK);
    assert_int_equal(image.kind, ESPY_IMAGE_BOOTLOADER);
    err = (espy_err){0};
    assert_int_equal(espy_image_need_merged(&image, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "a bootloader alone"));
    free(s.bytes);
}

/* The forms that the strings have had in official images: v1.18; v1.20; v1.22
 * for the ESP32 with SPIRAM, where the linker kept the banner only as the end of
 * sys.version; a preview; a changed banner. */
static void strings_of_other_versions(void **state)
{
    (void)state;
    static const struct {
        const char *strings;
        size_t n;
        const char *version, *date, *machine, *variant;
        espy_psram_kind psram;
    } cases[] = {
#define STRINGS(s) s, sizeof(s)
        {STRINGS("\0MicroPython v1.18 on 2022-01-17; ESP32 module (spiram) with ESP32\r\n\0\0psram"), "v1.18",
         "2022-01-17", "ESP32 module (spiram) with ESP32", "SPIRAM", ESPY_PSRAM_QUAD},
        {STRINGS("\0MicroPython v1.20.0 on 2023-04-26\0; ESP32S3 module (spiram octal) with ESP32S3\r\n\0opi psram"),
         "v1.20.0", "2023-04-26", "ESP32S3 module (spiram octal) with ESP32S3", "SPIRAM_OCT", ESPY_PSRAM_OCTAL},
        {STRINGS("\0MicroPython-1.22.0-xtensa-IDFv5.0.4\0B3.4.0; MicroPython v1.22.0 on 2023-12-27\0\0; A with ESP32"),
         "v1.22.0", "2023-12-27", "A with ESP32", "", ESPY_PSRAM_UNKNOWN},
        {STRINGS("\0MicroPython v1.25.0-preview.393.gf1018ee5c on 2025-03-17\0; see\0\0; B with ESP32\0xquad_psram\0"),
         "v1.25.0-preview.393.gf1018ee5c", "2025-03-17", "B with ESP32", "", ESPY_PSRAM_UNKNOWN},
        {STRINGS("\0LVGL build\0MicroPython-1.24.1-xtensa-IDFv5.2.2\0quad_psram\0MicroPython-like"), "v1.24.1", "", "",
         "", ESPY_PSRAM_QUAD},
        {STRINGS("\0hello world\0MicroPython-like\0; with ESP"), "", "", "", "", ESPY_PSRAM_UNKNOWN},
        {STRINGS("\0MicroPython v"), "", "", "", "", ESPY_PSRAM_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        synth s = synth_default();
        size_t size = SYNTH_APP + synth_app(s.bytes + SYNTH_APP, 9, cases[i].strings, cases[i].n);
        espy_image image;
        assert_int_equal(espy_image_parse(&image, s.bytes, size, NULL), ESPY_OK);
        assert_string_equal(image.micropython.version, cases[i].version);
        assert_string_equal(image.micropython.date, cases[i].date);
        assert_string_equal(image.micropython.machine, cases[i].machine);
        assert_string_equal(image.micropython.variant, cases[i].variant);
        assert_int_equal(image.psram, cases[i].psram);
        free(s.bytes);
    }
}

/* MicroPython's images for the ESP32 begin with the bootloader, which lies at
 * 0x1000 there; `esptool merge-bin` puts the blank before it into the file. */
static void esp32_begins_at_0x1000(void **state)
{
    (void)state;
    synth s = synth_default();
    const uint8_t boot[60] = {1};
    (void)synth_binary(s.bytes + 0x1000, 0, 0x3F, 0x3FFF0000, boot, sizeof boot);
    memset(s.bytes, 0xFF, 0x1000);
    (void)synth_app(s.bytes + SYNTH_APP, 0, SYNTH_STRINGS, sizeof SYNTH_STRINGS);
    espy_image image;
    espy_err err = {0};
    assert_int_equal(espy_image_parse(&image, s.bytes, s.size, &err), ESPY_OK);
    assert_int_equal(image.base, 0);
    assert_int_equal(image.bootloader.addr, 0x1000);
    assert_int_equal(espy_image_parse(&image, s.bytes + 0x1000, s.size - 0x1000, &err), ESPY_OK);
    assert_int_equal(image.base, 0x1000);
    assert_int_equal(image.kind, ESPY_IMAGE_MERGED);
    assert_int_equal(image.table_addr, SYNTH_TABLE);
    assert_int_equal(image.apps[0].addr, SYNTH_APP);
    free(s.bytes);
}

static void foreign_files(void **state)
{
    (void)state;
    static const uint8_t uf2[512] = {'U', 'F', '2', '\n', 0x57, 0x51, 0x5D, 0x9E, 0,    0x20, 0,
                                     0,   0,   0,   0,    0,    0,    1,    0,    0,    0,    0,
                                     0,   0,   1,   0,    0,    0,    0x67, 0x57, 0x7E, 0xC4};
    static const uint8_t blank[64] = {0};
    assert_refused("", 0, ESPY_E_FORMAT, "the file is empty");
    assert_refused("\x7f"
                   "ELF\1\1\1",
                   7, ESPY_E_FORMAT, "an ELF program");
    assert_refused(uf2, sizeof uf2, ESPY_E_FORMAT, "a UF2 file for the ESP32-S3 (family 0xc47e5767)");
    assert_refused(uf2, 16, ESPY_E_FORMAT, "a UF2 file without a family id");
    assert_refused("PK\3\4abc", 7, ESPY_E_FORMAT, "a ZIP archive");
    assert_refused("\x1f\x8b\x08", 3, ESPY_E_FORMAT, "a gzip file");
    assert_refused("\n  <!DOCTYPE html><title>404</title>", 36, ESPY_E_FORMAT, "a web page");
    assert_refused("<HTML>", 6, ESPY_E_FORMAT, "a web page");
    assert_refused("print('hello')\n", 15, ESPY_E_FORMAT, "a text file");
    assert_refused(":10000000AABBCCDD", 17, ESPY_E_FORMAT, "an Intel HEX file");
    assert_refused("version https://git-lfs.github.com/spec/v1\n", 43, ESPY_E_FORMAT, "a Git LFS pointer");
    assert_refused(blank, sizeof blank, ESPY_E_FORMAT, "64 bytes of 0x00");
    assert_refused("\xAA\x50\1\2", 4, ESPY_E_FORMAT, "a partition table alone");
    assert_refused("\x12\x34\x00", 3, ESPY_E_FORMAT, "its first byte is 0x12, not 0xe9");
}

static void suits_the_board(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image;
    assert_int_equal(espy_image_parse(&image, s.bytes, s.size, NULL), ESPY_OK);
    const struct {
        espy_image_target target;
        espy_status status;
        const char *words;
    } cases[] = {
        {{9, 0, 8 << 20}, ESPY_OK, ""},
        {{9, 2, 16 << 20}, ESPY_OK, ""},
        {{5, 3, 8 << 20},
         ESPY_E_UNSUPPORTED,
         "for the ESP32-S3 (chip id 9), but the board has an ESP32-C3 (chip id 5)"},
        {{9, 0, 4 << 20}, ESPY_E_UNSUPPORTED, "declares 8 MB of flash, but the board has 4 MB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        espy_err err = {0};
        assert_int_equal(espy_image_check(&image, &cases[i].target, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].words));
    }
    image.apps[0].min_rev = 101;
    espy_err err = {0};
    espy_image_target old = {9, 2, 8 << 20};
    assert_int_equal(espy_image_check(&image, &old, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "needs chip revision v1.1, but the board has v0.2"));
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),          cmocka_unit_test(truncation),
        cmocka_unit_test(bit_flips),       cmocka_unit_test(sentences),
        cmocka_unit_test(bad_tables),      cmocka_unit_test(app_of_another_chip),
        cmocka_unit_test(single_binaries), cmocka_unit_test(esp32_begins_at_0x1000),
        cmocka_unit_test(foreign_files),   cmocka_unit_test(larger_than_declared),
        cmocka_unit_test(suits_the_board), cmocka_unit_test(strings_of_other_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
