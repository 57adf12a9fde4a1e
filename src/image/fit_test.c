/* SPDX-License-Identifier: MIT
 *
 * Fitting synthetic images.  That a fitted image is right is judged by parsing
 * it, which recomputes every digest; official_test.c compares whole
 * files with another tool's.
 */
#include "espy/image.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define MB (UINT32_C(1) << 20)

static espy_image parsed(const synth *s, size_t size)
{
    espy_image image;
    espy_err err = {0};
    if (espy_image_parse(&image, s->bytes, size, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    return image;
}

static espy_fit fitted(const espy_image *image, uint32_t flash_size)
{
    espy_fit fit;
    espy_err err = {0};
    if (espy_image_fit(&fit, image, flash_size, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    return fit;
}

static void assert_no_fit(const espy_image *image, uint32_t flash_size, espy_status status, const char *words)
{
    espy_fit fit;
    espy_err err = {0};
    assert_int_equal(espy_image_fit(&fit, image, flash_size, &err), status);
    assert_null(fit.bytes);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

/* Up and down; only the nibble, its digest, the row's size and the MD5 differ. */
static void grows_and_shrinks(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image = parsed(&s, s.size);
    const uint32_t sizes[] = {4 * MB, 16 * MB, 32 * MB, 128 * MB};
    for (size_t i = 0; i < 4; i++) {
        espy_fit fit = fitted(&image, sizes[i]);
        assert_true(fit.changed);
        assert_int_equal(fit.row, 3);
        assert_int_equal(fit.old_size, 6 * MB);
        assert_int_equal(fit.old_flash_size, 8 * MB);
        assert_int_equal(fit.image.size, s.size);
        assert_int_equal(fit.image.flash_size, sizes[i]);
        assert_int_equal(fit.image.table.row[3].size, sizes[i] - 2 * MB);
        assert_int_equal(fit.bytes[3] & 15, s.bytes[3] & 15);
        for (size_t k = 0; k < s.size; k++)
            if (fit.bytes[k] != s.bytes[k]) {
                bool digest = k + 32 >= s.bootloader_size && k < s.bootloader_size;
                bool row = k >= SYNTH_TABLE + 3 * 32 + 8 && k < SYNTH_TABLE + 3 * 32 + 12;
                bool md5 = k >= SYNTH_TABLE + 4 * 32 + 16 && k < SYNTH_TABLE + 5 * 32;
                assert_true(k == 3 || digest || row || md5);
            }
        espy_fit_free(&fit);
    }
    free(s.bytes);
}

static void is_idempotent_and_reversible(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image = parsed(&s, s.size);
    espy_fit once = fitted(&image, 16 * MB);
    espy_fit twice = fitted(&once.image, 16 * MB);
    espy_fit back = fitted(&once.image, 8 * MB);
    assert_false(twice.changed);
    assert_non_null(twice.why);
    assert_memory_equal(once.bytes, twice.bytes, s.size);
    assert_memory_equal(back.bytes, s.bytes, s.size);
    espy_fit_free(&once);
    espy_fit_free(&twice);
    espy_fit_free(&back);
    free(s.bytes);
}

/* No file-system partition: MicroPython takes the rest by itself. */
static void leaves_alone_what_sizes_itself(void **state)
{
    (void)state;
    synth s = synth_merged(synth_rows, 3);
    espy_image image = parsed(&s, s.size);
    assert_true(image.sizes_itself);
    espy_fit fit = fitted(&image, 16 * MB);
    assert_false(fit.changed);
    assert_memory_equal(fit.bytes, s.bytes, s.size);
    espy_fit_free(&fit);
    fit = fitted(&image, 4 * MB); /* the header may not declare more than there is */
    assert_true(fit.changed);
    assert_int_equal(fit.image.flash_size, 4 * MB);
    assert_int_equal(fit.row, -1);
    espy_fit_free(&fit);
    assert_no_fit(&image, 2 * MB, ESPY_E_UNSUPPORTED, "begins at 0x200000, which leaves no room");
    free(s.bytes);
}

/* A file system that is in the file was made for its size. */
static void keeps_a_file_system_with_contents(void **state)
{
    (void)state;
    synth s = synth_default();
    memcpy(s.bytes + 2 * MB + 8, "littlefs", 8);
    espy_image image = parsed(&s, 2 * MB + ESPY_SECTOR);
    espy_fit fit = fitted(&image, 16 * MB);
    assert_true(fit.changed);
    assert_int_equal(fit.row, -1);
    assert_int_equal(fit.image.flash_size, 16 * MB);
    assert_int_equal(fit.image.table.row[3].size, 6 * MB);
    espy_fit_free(&fit);
    assert_no_fit(&image, 4 * MB, ESPY_E_UNSUPPORTED,
                  "partition \"vfs\" (data/fat) ends at 0x800000, but a flash of 4 MB");
    free(s.bytes);
}

static void cuts_blank_padding(void **state)
{
    (void)state;
    const synth_row rows[] = {{"factory", 0, 0, 0x10000, 0x10000}, {"vfs", 1, 0x81, 0x20000, 0x7E0000}};
    synth s = synth_merged(rows, 2);
    espy_image image = parsed(&s, 4 * MB);
    espy_fit fit = fitted(&image, 1 * MB);
    assert_int_equal(fit.image.size, 1 * MB);
    assert_int_equal(fit.image.table.row[1].size, 0xE0000);
    espy_fit_free(&fit);
    free(s.bytes);
}

/* The rule is the place, not the name: what does not reach the end stays. */
static void follows_the_layout(void **state)
{
    (void)state;
    const synth_row inner[] = {{"factory", 0, 0, 0x10000, 0x1F0000}, {"vfs", 1, 0x81, 0x200000, 0x100000}};
    synth s = synth_merged(inner, 2);
    espy_image image = parsed(&s, s.size);
    espy_fit fit = fitted(&image, 16 * MB);
    assert_int_equal(fit.row, -1);
    assert_int_equal(fit.image.flash_size, 16 * MB);
    espy_fit_free(&fit);
    free(s.bytes);
    const synth_row other[] = {{"storage", 1, 0x83, 0x400000, 0x400000}, {"factory", 0, 0, 0x10000, 0x1F0000}};
    s = synth_merged(other, 2);
    size_t size = SYNTH_APP + synth_app(s.bytes + SYNTH_APP, 9, "", 1); /* not MicroPython, which wants "vfs" */
    image = parsed(&s, size);
    fit = fitted(&image, 16 * MB);
    assert_int_equal(fit.row, 0);
    assert_int_equal(fit.image.table.row[0].size, 12 * MB);
    espy_fit_free(&fit);
    free(s.bytes);
}

static void refuses(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image = parsed(&s, s.size);
    assert_no_fit(&image, 3 * MB, ESPY_E_ARG, "3145728 bytes is not a flash size");
    assert_no_fit(&image, 0, ESPY_E_ARG, "0 bytes is not a flash size");
    assert_no_fit(&image, 2 * MB, ESPY_E_UNSUPPORTED, "leaves no room");
    assert_no_fit(&image, 1 * MB, ESPY_E_UNSUPPORTED, "partition \"factory\" (app/factory) ends at 0x200000");
    espy_image app;
    assert_int_equal(espy_image_parse(&app, s.bytes + SYNTH_APP, s.app_size, NULL), ESPY_OK);
    assert_no_fit(&app, 16 * MB, ESPY_E_UNSUPPORTED, "an application alone");
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_shrinks),
        cmocka_unit_test(is_idempotent_and_reversible),
        cmocka_unit_test(leaves_alone_what_sizes_itself),
        cmocka_unit_test(keeps_a_file_system_with_contents),
        cmocka_unit_test(cuts_blank_padding),
        cmocka_unit_test(follows_the_layout),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
