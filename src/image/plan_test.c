/* SPDX-License-Identifier: MIT
 *
 * Write plans of synthetic images.
 */
#include "espy/image.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
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

static void assert_range(espy_range range, uint32_t addr, uint32_t size)
{
    assert_int_equal(range.addr, addr);
    assert_int_equal(range.size, size);
}

/* Bootloader, table and application; nvs and phy_init are blank and stay. */
static void skips_blanks(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image = parsed(&s, s.size);
    espy_image_plan plan;
    espy_image_plan_make(&plan, &image, 8 * MB, NULL);
    assert_int_equal(plan.write_count, 3);
    assert_range(plan.write[0], 0, 0x1000);
    assert_range(plan.write[1], 0x8000, 0x1000);
    assert_range(plan.write[2], 0x10000, 0x1000);
    assert_int_equal(plan.erase_count, 1);
    assert_range(plan.erase[0], 0x200000, 0x2000);
    size_t n;
    assert_ptr_equal(espy_image_at(&image, plan.write[2], &n), s.bytes + SYNTH_APP);
    assert_int_equal(n, s.app_size);
    free(s.bytes);
}

/* A blank stretch inside an application is written: old contents must not show. */
static void writes_blanks_inside(void **state)
{
    (void)state;
    synth s = synth_default();
    memset(s.bytes + SYNTH_APP + s.app_size, 0xFF, 0x8000);
    s.bytes[SYNTH_APP + 0x7FFF] = 0; /* such as a signature behind the application */
    espy_image image = parsed(&s, SYNTH_APP + 0x8000);
    espy_image_plan plan;
    espy_image_plan_make(&plan, &image, 8 * MB, NULL);
    assert_range(plan.write[2], 0x10000, 0x8000);
    free(s.bytes);
}

static void keeps_the_same_file_system(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_image image = parsed(&s, s.size);
    espy_image_plan plan;
    espy_image_plan_make(&plan, &image, 8 * MB, &image.table);
    assert_int_equal(plan.erase_count, 0);
    espy_fit fit;
    assert_int_equal(espy_image_fit(&fit, &image, 16 * MB, NULL), ESPY_OK);
    espy_image_plan_make(&plan, &fit.image, 16 * MB, &image.table); /* was 6 MB, is 14 MB */
    assert_int_equal(plan.erase_count, 1);
    assert_range(plan.erase[0], 0x200000, 0x2000);

    /* From a fitted table to an image that sizes itself: the place is the same. */
    synth bare = synth_merged(synth_rows, 3);
    espy_image self = parsed(&bare, bare.size);
    espy_image_plan_make(&plan, &self, 16 * MB, &fit.image.table);
    assert_int_equal(plan.erase_count, 0);
    espy_image_plan_make(&plan, &self, 16 * MB, &image.table);
    assert_int_equal(plan.erase_count, 1);
    espy_image_plan_make(&plan, &self, 16 * MB, &self.table);
    assert_int_equal(plan.erase_count, 0);
    espy_fit_free(&fit);
    free(bare.bytes);
    free(s.bytes);
}

/* Blank otadata in the image means: boot the first application. */
static void erases_otadata(void **state)
{
    (void)state;
    const synth_row rows[] = {{"otadata", 1, 0, 0xD000, 0x2000},
                              {"ota_0", 0, 0x10, 0x10000, 0x100000},
                              {"ota_1", 0, 0x11, 0x110000, 0x100000},
                              {"vfs", 1, 0x81, 0x210000, 0x5F0000}};
    synth s = synth_merged(rows, 4);
    espy_image image = parsed(&s, s.size);
    espy_image_plan plan;
    espy_image_plan_make(&plan, &image, 8 * MB, &image.table);
    assert_int_equal(plan.erase_count, 1);
    assert_range(plan.erase[0], 0xD000, 0x2000);
    memset(s.bytes + 0xD000, 1, 32);
    image = parsed(&s, s.size);
    espy_image_plan_make(&plan, &image, 8 * MB, &image.table);
    assert_int_equal(plan.erase_count, 0);
    assert_range(plan.write[1], 0x8000, 0x1000);
    assert_range(plan.write[2], 0xD000, 0x2000);
    free(s.bytes);
}

/* A file system in the file is written as far as the file goes, and not erased. */
static void writes_file_systems(void **state)
{
    (void)state;
    synth s = synth_default();
    s.bytes[2 * MB] = 1;
    espy_image image = parsed(&s, 3 * MB);
    espy_image_plan plan;
    espy_image_plan_make(&plan, &image, 8 * MB, NULL);
    assert_int_equal(plan.write_count, 4);
    assert_range(plan.write[3], 2 * MB, 1 * MB);
    assert_int_equal(plan.erase_count, 0);
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skips_blanks),
        cmocka_unit_test(writes_blanks_inside),
        cmocka_unit_test(keeps_the_same_file_system),
        cmocka_unit_test(erases_otadata),
        cmocka_unit_test(writes_file_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
