/* SPDX-License-Identifier: MIT
 *
 * Official MicroPython images: every field, and fitting, against other tools.
 *
 * The images are not part of this project.  They are looked for in the directory
 * named by ESPY_FIRMWARE, else in ../shared/firmware; tests of an image that is
 * not there are skipped, and say so.
 */
#include "espy/image.h"
#include "../base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MB (UINT32_C(1) << 20)

#define S3_1_23 "ESP32_GENERIC_S3-20240602-v1.23.0.bin"
#define S3_1_26 "ESP32_GENERIC_S3-20250809-v1.26.0.bin"
#define OCT_1_23 "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
#define OCT_1_24 "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin"

static const char *hex(const uint8_t digest[32])
{
    static char text[65];
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

static const char *file_hex(const espy_image *image)
{
    uint8_t digest[32];
    espy_image_sha256(image, digest);
    return hex(digest);
}

static espy_buf load(const char *name)
{
    const char *directory = getenv("ESPY_FIRMWARE");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory != NULL ? directory : "../shared/firmware", name);
    espy_buf file = {0};
    espy_err err = {0};
    if (espy_buf_read_file(&file, path, &err) != ESPY_OK) {
        printf("SKIPPED: %s (set ESPY_FIRMWARE to the directory of the images)\n", err.text);
        skip();
    }
    return file;
}

static espy_image parsed(const espy_buf *file)
{
    espy_image image;
    espy_err err = {0};
    if (espy_image_parse(&image, file->bytes, file->size, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    return image;
}

/* Bootloader and application: esptool 5.6.0, `esptool image-info FILE`, and the
 * same of the bytes from 0x10000 on.  File digest: sha256sum. */
typedef struct expected {
    const char *file, *sha256;
    uint32_t flash_size;
    size_t boot_segments;
    uint8_t boot_checksum;
    const char *boot_sha256;
    uint32_t app_entry;
    uint8_t app_checksum;
    const char *app_sha256, *built, *idf, *elf_sha256;
    size_t partitions;
    const char *version, *date, *machine, *variant;
    espy_psram_kind psram;
    bool octal_flash, sizes_itself;
} expected;

static const expected images[] = {
    {S3_1_23,
     "b91080af2e9b78bad4308f98bb6187567cae24ed77cd7f48ef99b47af3ef0555",
     8 * MB,
     3,
     0x3D,
     "8a44d662a8bf8b449e4fed0ba7de4e2f4b89af831d9e77d09a76c993bbbf1a37",
     0x4037565C,
     0x53,
     "93e1a9333692b8309def17e1163d9f204f9f9a4701ebb733d41c50fa7251544d",
     "Jun  2 2024 07:18:29",
     "v5.0.4",
     "5d3596550ab087427db9cf4c45db2254f2379b1f67e9a1eb7e65c854eda59f4b",
     4,
     "v1.23.0",
     "2024-06-02",
     "Generic ESP32S3 module with ESP32S3",
     "",
     ESPY_PSRAM_QUAD,
     false,
     false},
    {S3_1_26,
     "01bac90e726db0585a0439b235f3453b1e66ccc02a2f7d31fee537b687caa53a",
     4 * MB,
     4,
     0x31,
     "c46fb4d6e7cccfd59e715976059fa45186b6f457776d997e7a6f13f15e41ddf3",
     0x4037541C,
     0x76,
     "9cbc4b35c13ebb9084650389d761e4e83ce69d7b5e3a88a63aea868fd5e833b3",
     "Aug  9 2025 15:24:02",
     "v5.4.2",
     "b913028d0dda4d5ccffce19981777719a9baea258c38173054924b1f3eada242",
     3,
     "v1.26.0",
     "2025-08-09",
     "Generic ESP32S3 module with ESP32S3",
     "",
     ESPY_PSRAM_QUAD,
     true,
     true},
    {OCT_1_23,
     "41a750a8f047224e3e0a7544a626338c252407df420e2b94dcb0d2dad9793212",
     8 * MB,
     3,
     0x3D,
     "8a44d662a8bf8b449e4fed0ba7de4e2f4b89af831d9e77d09a76c993bbbf1a37",
     0x4037574C,
     0xEC,
     "ec9121fb36424cc3d5379292e12dcd12a2d66f172af6096863c7f3496e3edfd6",
     "Jun  2 2024 07:22:43",
     "v5.0.4",
     "04509604cc5240829d4aaa708c48ee1c28adf6168569bfc08f9844bbfd2f4a88",
     4,
     "v1.23.0",
     "2024-06-02",
     "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3",
     "SPIRAM_OCT",
     ESPY_PSRAM_OCTAL,
     false,
     false},
    {OCT_1_24,
     "55b385fc5d187aab6d91077678f4d6eba25ddf8454f2ef5c7057dcbfc9313bf5",
     8 * MB,
     4,
     0x86,
     "fb2dd35180bc3083b218669f0c21911e1dd57f996bb90eac3db96e8f7242ac06",
     0x4037545C,
     0xDE,
     "d205f38aacaa95908cd649594d1b8707bcd88ec0204aa3863492b9dcbd4e7f73",
     "Nov 29 2024 13:28:08",
     "v5.2.2",
     "aaaf10046c325aaccdb967ab719ade8b34eaefd83853c01738453cb93ade34be",
     4,
     "v1.24.1",
     "2024-11-29",
     "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3",
     "SPIRAM_OCT",
     ESPY_PSRAM_OCTAL,
     true,
     false},
};

static void fields(void **state)
{
    const expected *e = *state;
    espy_buf file = load(e->file);
    espy_image image = parsed(&file);
    const espy_binary *boot = &image.bootloader, *app = &image.apps[0];
    assert_int_equal(image.kind, ESPY_IMAGE_MERGED);
    assert_int_equal(image.base, 0);
    assert_int_equal(image.chip_id, ESPY_CHIP_ESP32S3);
    assert_string_equal(file_hex(&image), e->sha256);
    assert_int_equal(image.flash_size, e->flash_size);
    assert_string_equal(espy_image_mode_name(boot->spi_mode), "DIO");
    assert_string_equal(espy_image_freq_name(image.chip_id, boot->spi_freq), "80m");
    assert_int_equal(boot->segment_count, e->boot_segments);
    assert_int_equal(boot->checksum, e->boot_checksum);
    assert_string_equal(hex(boot->sha256), e->boot_sha256);
    assert_int_equal(image.app_count, 1);
    assert_int_equal(app->addr, 0x10000);
    assert_int_equal(app->addr + app->size, file.size);
    assert_int_equal(app->segment_count, 6);
    assert_int_equal(app->entry, e->app_entry);
    assert_int_equal(app->checksum, e->app_checksum);
    assert_string_equal(hex(app->sha256), e->app_sha256);
    assert_string_equal(app->built, e->built);
    assert_string_equal(app->idf, e->idf);
    assert_string_equal(hex(app->elf_sha256), e->elf_sha256);
    assert_int_equal(image.table_addr, ESPY_PARTITION_TABLE);
    assert_int_equal(image.table.count, e->partitions);
    assert_true(image.table.has_md5);
    assert_string_equal(image.micropython.version, e->version);
    assert_string_equal(image.micropython.date, e->date);
    assert_string_equal(image.micropython.machine, e->machine);
    assert_string_equal(image.micropython.variant, e->variant);
    assert_int_equal(image.psram, e->psram);
    assert_int_equal(image.octal_flash, e->octal_flash);
    assert_int_equal(image.sizes_itself, e->sizes_itself);
    espy_buf_free(&file);
}

/* Whole files as mp-image-tool-esp32 0.1.1 makes them:
 *     mp-image-tool-esp32 FILE -f 16M --resize vfs=0 -o OUT      (growing)
 *     mp-image-tool-esp32 FILE --resize vfs=2M -f 4M -o OUT      (shrinking to 4 MB)
 * `esptool image-info OUT` finds checksum and digest valid, and ESP-IDF v5.4.2's
 * gen_esp32part.py reads the table. */
static const struct fit_case {
    const char *file;
    uint32_t flash_size;
    const char *sha256;
} fit_cases[] = {
    {OCT_1_23, 16 * MB, "06a86dfa7d29755cf3e8ff13263f2aa95b7c3ecf5f3ab67d458947f3275103d8"},
    {OCT_1_23, 32 * MB, "80afda2bb541227d0f68bbc5ff6934f673bbedd7f6771b5d3eba52434893cfba"},
    {S3_1_23, 16 * MB, "edaf6a4df7d140ff2120f518a1b8c96fce45267a64da0f9579eda95c6500f9c3"},
    {S3_1_23, 4 * MB, "01bc7f155487832138ee38e015b216b4daa32eee04c34df9250bb458350f0d3c"},
    {OCT_1_24, 16 * MB, "460c5487f1f51c22325fb06e924f63b1a91addb7ed00feb03d4c73a9eb7cea35"},
    {OCT_1_24, 4 * MB, "357d943e390a764f4309b016d15e409589bfa9fc94526427b17c441b258da236"},
    /* left alone: the file's own digest */
    {OCT_1_23, 8 * MB, "41a750a8f047224e3e0a7544a626338c252407df420e2b94dcb0d2dad9793212"},
    {S3_1_26, 16 * MB, "01bac90e726db0585a0439b235f3453b1e66ccc02a2f7d31fee537b687caa53a"},
};

static void fits_as_another_tool_does(void **state)
{
    const struct fit_case *c = *state;
    espy_buf file = load(c->file);
    espy_image image = parsed(&file);
    espy_fit fit;
    espy_err err = {0};
    if (espy_image_fit(&fit, &image, c->flash_size, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    assert_string_equal(file_hex(&fit.image), c->sha256);
    espy_fit_free(&fit);
    espy_buf_free(&file);
}

/* Three stretches, with nvs (0x9000 to 0xefff) and phy_init left out. */
static void plan(void **state)
{
    (void)state;
    espy_buf file = load(OCT_1_23);
    espy_image image = parsed(&file);
    espy_image_plan p;
    espy_image_plan_make(&p, &image, 16 * MB, NULL);
    assert_int_equal(p.write_count, 3);
    assert_int_equal(p.write[0].addr, 0);
    assert_int_equal(p.write[0].size, 0x5000);
    assert_int_equal(p.write[1].addr, 0x8000);
    assert_int_equal(p.write[1].size, 0x1000);
    assert_int_equal(p.write[2].addr, 0x10000);
    assert_int_equal(p.write[2].addr + p.write[2].size, 0x18F000);
    assert_int_equal(p.erase_count, 1);
    assert_int_equal(p.erase[0].addr, 0x200000);
    espy_buf_free(&file);
}

/* Cut anywhere behind the table's first row, the file is refused as cut. */
static void truncated(void **state)
{
    (void)state;
    espy_buf file = load(OCT_1_23);
    for (size_t n = file.size - 1; n > 0x8001; n = n > 0x20000 ? n - 99991 : n - 1009) {
        espy_image image;
        espy_err err = {0};
        assert_int_equal(espy_image_parse(&image, file.bytes, n, &err), ESPY_E_FORMAT);
        assert_non_null(strstr(err.advice, "cut short"));
    }
    espy_buf_free(&file);
}

int main(void)
{
    enum { IMAGES = sizeof images / sizeof images[0], FITS = sizeof fit_cases / sizeof fit_cases[0] };
    struct CMUnitTest tests[IMAGES + FITS + 2];
    size_t n = 0;
    for (size_t i = 0; i < IMAGES; i++)
        tests[n++] = (struct CMUnitTest){images[i].file, fields, NULL, NULL, (void *)&images[i]};
    for (size_t i = 0; i < FITS; i++)
        tests[n++] =
            (struct CMUnitTest){fit_cases[i].file, fits_as_another_tool_does, NULL, NULL, (void *)&fit_cases[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(plan);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(truncated);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
