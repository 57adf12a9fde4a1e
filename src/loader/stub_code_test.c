/* SPDX-License-Identifier: MIT
 *
 * Code made absolute and back: instructions as llvm-mc assembles them, and anything at all.
 */
#include "stub_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* From 0x1000 on: call8 0x2000; l32r a3, 0xffc; mov.n a2, a3; and the first two again. */
static const uint8_t code[] = {0xe5, 0xff, 0x00, 0x31, 0xfe, 0xff, 0x2d, 0x03, 0x65, 0xff, 0x00, 0x31, 0xfc, 0xff};

static void the_same_place_is_the_same_bytes(void **state)
{
    (void)state;
    uint8_t bytes[sizeof code];
    memcpy(bytes, code, sizeof code);
    espy_code_absolute(bytes, sizeof bytes, 0x1000, false);
    assert_memory_equal(bytes + 8, bytes, 6);
    assert_memory_equal(bytes + 6, code + 6, 2);
    espy_code_absolute(bytes, sizeof bytes, 0x1000, true);
    assert_memory_equal(bytes, code, sizeof code);
}

static void anything_comes_back(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (uint32_t turn = 0; turn < 2000; turn++) {
        uint8_t bytes[64], before[64];
        uint32_t n = turn % 65;
        for (uint32_t i = 0; i < n; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = before[i] = (uint8_t)(random >> 24);
        }
        espy_code_absolute(bytes, n, random, false);
        espy_code_absolute(bytes, n, random, true);
        assert_memory_equal(bytes, before, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_place_is_the_same_bytes),
        cmocka_unit_test(anything_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
