/* SPDX-License-Identifier: MIT
 *
 * Plans: whatever the parts, the regions hold each of their bytes once, none is larger
 * than a region may be, and none crosses a multiple of that.
 */
#include "plan.h"

#include "flasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FLASH = 4 << 20 };

static uint8_t data[1 << 20];

static void every_byte_once(void **state)
{
    (void)state;
    static const uint32_t addrs[] = {0, 0x1000, 0x3F000, 0x40000, 0x41000};
    static const uint32_t sizes[] = {1, 4095, 4096, 4097, 0x3F000, 0x3F001, 0x40000, 0x40001, 0xFFFFF};
    uint8_t *held = malloc(FLASH), piece[ESPY_REGION_MAX];
    memset(data, 0x5A, sizeof data);
    for (size_t a = 0; a < 5; a++)
        for (size_t s = 0; s < 9; s++) {
            const espy_flash_part part = {addrs[a], sizes[s], data};
            espy_plan plan;
            assert_int_equal(espy_plan_make(&plan, &part, 1, FLASH, NULL), ESPY_OK);
            memset(held, 0, FLASH);
            for (size_t i = 0; i < plan.n; i++) {
                const espy_region *r = &plan.regions[i];
                assert_true(r->size % 4096 == 0 && r->size <= ESPY_REGION_MAX && r->given <= r->size);
                assert_int_equal(r->addr / ESPY_REGION_MAX, (r->addr + r->size - 1) / ESPY_REGION_MAX);
                espy_region_fill(r, piece);
                for (uint32_t k = 0; k < r->size; k++)
                    held[r->addr + k] += piece[k];
            }
            for (uint32_t k = 0; k < part.size; k++)
                assert_int_equal(held[part.addr + k], 0x5A);
            for (uint32_t k = part.size; k < (part.size + 4095) / 4096 * 4096; k++)
                assert_int_equal(held[part.addr + k], 0xFF);
            espy_plan_free(&plan);
        }
    free(held);
}

static void blank_regions_are_erased_only(void **state)
{
    (void)state;
    memset(data, 0xFF, sizeof data);
    data[0x50000] = 0;
    const espy_flash_part parts[] = {{0, 0x80001, data}, {0x100000, 0x2000, NULL}};
    espy_plan plan;
    assert_int_equal(espy_plan_make(&plan, parts, 2, FLASH, NULL), ESPY_OK);
    assert_int_equal(plan.n, 4);
    assert_null(plan.regions[0].bytes);
    assert_non_null(plan.regions[1].bytes);
    assert_null(plan.regions[2].bytes);
    assert_int_equal(plan.regions[2].size, 4096);
    assert_null(plan.regions[3].bytes);
    assert_int_equal(plan.bytes, 0x40000 + 0x40000 + 0x1000 + 0x2000);
    espy_plan_free(&plan);
}

static void nothing_to_do(void **state)
{
    (void)state;
    espy_plan plan;
    assert_int_equal(espy_plan_make(&plan, NULL, 0, FLASH, NULL), ESPY_OK);
    assert_int_equal(plan.n, 0);
    espy_plan_free(&plan);
}

static void refusals_name_the_numbers(void **state)
{
    (void)state;
    espy_plan plan;
    espy_err err = {0};
    const espy_flash_part beyond = {0x3FF000, 0x1001, data};
    assert_int_equal(espy_plan_make(&plan, &beyond, 1, FLASH, &err), ESPY_E_ARG);
    assert_string_equal(err.text, "0x1001 bytes at 0x3ff000 go beyond the flash, which has 0x400000");
    err = (espy_err){0};
    const espy_flash_part high = {0xFFF000, 0x2000, data};
    assert_int_equal(espy_plan_make(&plan, &high, 1, 32 << 20, &err), ESPY_E_UNSUPPORTED);
    assert_string_equal(err.text, "0x2000 bytes at 0xfff000 go beyond the first 16 MB of the flash");
    err = (espy_err){0};
    const espy_flash_part crooked = {0x8001, 1, data};
    assert_int_equal(espy_plan_make(&plan, &crooked, 1, FLASH, &err), ESPY_E_ARG);
    assert_string_equal(err.text, "the address 0x8001 is not the beginning of a sector of 4 KB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_once),
        cmocka_unit_test(blank_regions_are_erased_only),
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(refusals_name_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
