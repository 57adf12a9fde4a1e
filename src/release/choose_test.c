/* SPDX-License-Identifier: MIT
 *
 * Which image a module gets.  The rules are MicroPython's board.md ("SPIRAM_OCT
 * for modules with octal PSRAM") and ESP-IDF's detection of octal flash, which
 * MicroPython has since 1.24.
 */
#include "espy/release.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

enum { MB = 1 << 20 };

/* A list as a page gives it, newest first, with what must not be taken in it. */
static size_t releases(espy_release *list)
{
    static const char *const files[] = {
        "ESP32_GENERIC_S3-SPIRAM_OCT-20250911-v1.27.0-preview.100.gabcdef0.bin",
        "ESP32_GENERIC_S3-20250809-v1.26.0.bin",
        "ESP32_GENERIC_S3-SPIRAM_OCT-20250809-v1.26.0.bin",
        "ESP32_GENERIC_S3-FLASH_4M-20250911-v1.26.1.bin",
        "ESP32_GENERIC-20250911-v1.26.1.bin",
        "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin",
        "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin",
        "ESP32_GENERIC_S3-20240602-v1.23.0.bin",
    };
    size_t n = sizeof files / sizeof files[0];
    for (size_t i = 0; i < n; i++)
        assert_true(espy_release_parse_name(&list[i], files[i], strlen(files[i])));
    return n;
}

static const char *picked(const espy_release_module *module, const char *version, espy_err *err)
{
    static espy_release list[16];
    size_t n = releases(list);
    espy_release_want want;
    espy_version v;
    assert_int_equal(espy_release_wanted(&want, module, err), ESPY_OK);
    if (version != NULL)
        assert_int_equal(espy_version_parse(&v, version, err), ESPY_OK);
    const espy_release *r = espy_release_pick(list, n, &want, version != NULL ? &v : NULL, err);
    return r != NULL ? r->file : NULL;
}

static void the_newest_stable_of_the_variant_is_taken(void **state)
{
    (void)state;
    const espy_release_module octal = {"ESP32-S3", 8 * MB, true, false}, quad = {"ESP32-S3", 2 * MB, false, false};
    const espy_release_module none = {"ESP32-S3", 0, false, false};
    assert_string_equal(picked(&octal, NULL, NULL), "ESP32_GENERIC_S3-SPIRAM_OCT-20250809-v1.26.0.bin");
    assert_string_equal(picked(&quad, NULL, NULL), "ESP32_GENERIC_S3-20250809-v1.26.0.bin");
    assert_string_equal(picked(&none, NULL, NULL), "ESP32_GENERIC_S3-20250809-v1.26.0.bin");
}

static void a_version_is_taken_exactly(void **state)
{
    (void)state;
    const espy_release_module octal = {"ESP32-S3", 8 * MB, true, false};
    assert_string_equal(picked(&octal, "1.23.0", NULL), "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin");
    assert_string_equal(picked(&octal, "1.27.0-preview", NULL),
                        "ESP32_GENERIC_S3-SPIRAM_OCT-20250911-v1.27.0-preview.100.gabcdef0.bin");
    espy_err err = {0};
    assert_null(picked(&octal, "1.25.0", &err));
    assert_int_equal(err.status, ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "1.25.0"));
    assert_non_null(strstr(err.advice, "1.26.0"));
}

static void octal_flash_takes_nothing_older_than_1_24(void **state)
{
    (void)state;
    const espy_release_module module = {"ESP32-S3", 8 * MB, true, true};
    assert_string_equal(picked(&module, "1.24.1", NULL), "ESP32_GENERIC_S3-SPIRAM_OCT-20241129-v1.24.1.bin");
    espy_err err = {0};
    assert_null(picked(&module, "1.23.0", &err));
    assert_int_equal(err.status, ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "octal flash"));
}

static void another_chip_has_no_image(void **state)
{
    (void)state;
    const espy_release_module module = {"ESP32-C3", 0, false, false};
    espy_release_want want;
    espy_err err = {0};
    assert_int_equal(espy_release_wanted(&want, &module, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "ESP32-C3"));
}

static void an_empty_list_says_so(void **state)
{
    (void)state;
    const espy_release_module module = {"ESP32-S3", 0, false, false};
    espy_release_want want;
    espy_err err = {0};
    assert_int_equal(espy_release_wanted(&want, &module, &err), ESPY_OK);
    assert_null(espy_release_pick(NULL, 0, &want, NULL, &err));
    assert_int_equal(err.status, ESPY_E_UNSUPPORTED);
    assert_string_not_equal(err.advice, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_stable_of_the_variant_is_taken),
        cmocka_unit_test(a_version_is_taken_exactly),
        cmocka_unit_test(octal_flash_takes_nothing_older_than_1_24),
        cmocka_unit_test(another_chip_has_no_image),
        cmocka_unit_test(an_empty_list_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
