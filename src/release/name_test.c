/* SPDX-License-Identifier: MIT
 *
 * Names as micropython.org has published them, and near misses.
 */
#include "espy/release.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void published_names_parse(void **state)
{
    (void)state;
    static const struct {
        const char *file, *board, *variant;
        uint32_t date;
        espy_version version;
    } rows[] = {
        {"ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin",
         "ESP32_GENERIC_S3",
         "SPIRAM_OCT",
         20241129,
         {1, 24, 1, false}},
        {"ESP32_GENERIC_S3-20250809-v1.26.0.bin", "ESP32_GENERIC_S3", "", 20250809, {1, 26, 0, false}},
        {"ESP32_GENERIC_S3-FLASH_4M-20241129-v1.24.1.bin", "ESP32_GENERIC_S3", "FLASH_4M", 20241129, {1, 24, 1, false}},
        {"ESP32_GENERIC_S3-SPIRAM_OCT-20240920-v1.24.0-preview.335.gb08ddbba5.bin",
         "ESP32_GENERIC_S3",
         "SPIRAM_OCT",
         20240920,
         {1, 24, 0, true}},
        {"GENERIC_S3-20220117-v1.18.bin", "GENERIC_S3", "", 20220117, {1, 18, 0, false}},
        {"GENERIC_S3-20220414-unstable-v1.18-338-g988827b85.bin", "GENERIC_S3", "", 20220414, {1, 18, 0, true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        espy_release r;
        assert_true(espy_release_parse_name(&r, rows[i].file, strlen(rows[i].file)));
        assert_string_equal(r.file, rows[i].file);
        assert_string_equal(r.board, rows[i].board);
        assert_string_equal(r.variant, rows[i].variant);
        assert_int_equal(r.date, rows[i].date);
        assert_int_equal(espy_version_compare(&r.version, &rows[i].version), 0);
    }
}

static void other_names_do_not(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        ".bin",
        "ESP32_GENERIC_S3-20241129-v1.24.1.elf",
        "ESP32_GENERIC_S3-20241129-v1.24.1.app-bin",
        "ESP32_GENERIC_S3-20241129-v1.24.1",
        "ESP32_GENERIC_S3-20241129-1.24.1.bin",
        "ESP32_GENERIC_S3-2024112-v1.24.1.bin",
        "ESP32_GENERIC_S3-v1.24.1.bin",
        "ESP32_GENERIC_S3-A-B-20241129-v1.24.1.bin",
        "-20241129-v1.24.1.bin",
        "../ESP32_GENERIC_S3-20241129-v1.24.1.bin",
        "ESP32_GENERIC_S3-20241129-v1.24.1/../../x.bin",
        "ESP32_GENERIC_S3-20241129-v1..bin",
        "ESP32_GENERIC_S3-20241129-v99999.0.bin",
        "ESP32_GENERIC_S3-20241129-v1.24.1 .bin",
    };
    espy_release r;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(espy_release_parse_name(&r, names[i], strlen(names[i])));
    char longest[300];
    memset(longest, 'A', sizeof longest);
    assert_false(espy_release_parse_name(&r, longest, sizeof longest));
    memcpy(longest + 100, "-20241129-v1.24.1.bin", 21);
    assert_false(espy_release_parse_name(&r, longest, 121));
}

static void every_beginning_of_a_name_is_refused(void **state)
{
    (void)state;
    static const char name[] = "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin";
    espy_release r;
    for (size_t n = 0; n + 1 < sizeof name; n++)
        assert_false(espy_release_parse_name(&r, name, n));
}

static void versions_are_read_and_ordered(void **state)
{
    (void)state;
    /* Ascending: a preview precedes the release it leads to. */
    static const char *const ascending[] = {"1.9.4", "v1.18", "1.23.0", "v1.24.0-preview", "1.24.0", "1.24.1", "2.0"};
    enum { N = sizeof ascending / sizeof ascending[0] };
    espy_version v[N];
    for (size_t i = 0; i < N; i++)
        assert_int_equal(espy_version_parse(&v[i], ascending[i], NULL), ESPY_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            int order = espy_version_compare(&v[i], &v[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

static void odd_versions_are_refused_with_advice(void **state)
{
    (void)state;
    static const char *const odd[] = {"", "v", "1", "1.", "1.2.", "1.2.3.4", "newest", "1.2 ", "-1.2", "1.2-\n"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        espy_version v;
        espy_err err = {0};
        assert_int_equal(espy_version_parse(&v, odd[i], &err), ESPY_E_ARG);
        assert_non_null(strstr(err.advice, "1.23.0"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_names_parse),
        cmocka_unit_test(other_names_do_not),
        cmocka_unit_test(every_beginning_of_a_name_is_refused),
        cmocka_unit_test(versions_are_read_and_ordered),
        cmocka_unit_test(odd_versions_are_refused_with_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
