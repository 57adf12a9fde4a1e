/* SPDX-License-Identifier: MIT
 *
 * RDID answers: of data sheets (Winbond W25Q128JV EF 40 18, GigaDevice GD25Q64 C8 40 17,
 * Macronix MX25UM25645G C2 80 39 and MX25UM51345G C2 81 3A, Adesto AT25SF161 1F 86 01),
 * and the capacities of esptool's DETECTED_FLASH_SIZES.
 */
#include "flash_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { KIB = 1 << 10, MIB = 1 << 20 };

static void data_sheets(void **state)
{
    (void)state;
    assert_int_equal(espy_flash_size_of_id(0x1840EF), 16 * MIB);
    assert_int_equal(espy_flash_size_of_id(0x1740C8), 8 * MIB);
    assert_int_equal(espy_flash_size_of_id(0x3980C2), 32 * MIB);
    assert_int_equal(espy_flash_size_of_id(0x3880C2), 16 * MIB);
    assert_int_equal(espy_flash_size_of_id(0x3A81C2), 64 * MIB);
    assert_int_equal(espy_flash_size_of_id(0x01861F), 2 * MIB);
    assert_string_equal(espy_flash_vendor_of_id(0x1840EF), "Winbond");
    assert_string_equal(espy_flash_vendor_of_id(0x3980C2), "Macronix");
    assert_string_equal(espy_flash_vendor_of_id(0x000001), "unknown");
}

static void capacities_as_esptool_has_them(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        uint32_t size;
    } cases[] = {
        {0x11, 0},         {0x12, 256 * KIB}, {0x16, 4 * MIB},   {0x19, 32 * MIB},  {0x1A, 64 * MIB}, {0x1C, 256 * MIB},
        {0x1D, 0},         {0x20, 64 * MIB},  {0x21, 128 * MIB}, {0x22, 256 * MIB}, {0x23, 0},        {0x31, 0},
        {0x32, 256 * KIB}, {0x3A, 64 * MIB},  {0x3B, 0},         {0x00, 0},         {0xFF, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(espy_flash_size_of_id(cases[i].code << 16 | 0x40EF), cases[i].size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_sheets),
        cmocka_unit_test(capacities_as_esptool_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
