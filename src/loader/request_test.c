/* SPDX-License-Identifier: MIT
 *
 * Requests on the wire.  The golden vectors are what esptool 5.6.0 writes to its port
 * for the same operation (ESP32S3ROM with a port object that records), save for
 * FLASH_BEGIN's size and block, which are esptool's choice there and given here.
 */
#include "espy/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(espy_loader_request request, const char *hex)
{
    uint8_t wire[512];
    char text[2 * sizeof wire + 1];
    size_t n = espy_loader_encode(wire, sizeof wire, &request);
    assert_true(n > 0 && n <= espy_loader_wire_max(&request));
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", wire[i]);
    assert_string_equal(text, hex);
    assert_int_equal(espy_loader_encode(wire, espy_loader_wire_max(&request) - 1, &request), 0);
}

static void control(void **state)
{
    (void)state;
    check(espy_loader_sync(),
          "c00008240000000000070712205555555555555555555555555555555555555555555555555555555555555555c0");
    check(espy_loader_read_reg(0x60007044), "c0000a04000000000044700060c0");
    check(espy_loader_security_info(), "c00014000000000000c0");
    check(espy_loader_change_baudrate(921600), "c0000f08000000000000100e0000000000c0");
}

static void registers(void **state)
{
    (void)state;
    const espy_loader_reg one = {0x6000812C, 0, 1, 0};
    check(espy_loader_write_reg(&one, 1), "c000091000000000002c810060000000000100000000000000c0");
    const espy_loader_reg two[] = {{0x60008098, 0xD0000102, 0xFFFFFFFF, 5}, {0x60000080, 0, 0, 1000}};
    check(espy_loader_write_reg(two, 2),
          "c0000920000000000098800060020100d0ffffffff05000000800000600000000000000000e8030000c0");
}

static void flash(void **state)
{
    (void)state;
    check(espy_loader_spi_attach(0), "c0000d0800000000000000000000000000c0");
    /* esptool --spi-connection 12,13,11,9,10: 9 << 24 | 10 << 18 | 11 << 12 | 13 << 6 | 12 */
    check(espy_loader_spi_attach(0x0928b34c), "c0000d0800000000004cb3280900000000c0");
    check(espy_loader_spi_set_params(16u << 20),
          "c0000b1800000000000000000000000001000001000010000000010000ffff0000c0");
    check(espy_loader_flash_begin(0x12345, 0x49, 0x400, 0x10000),
          "c000021400000000004523010049000000000400000000010000000000c0");
    check(espy_loader_flash_defl_begin(0x40000, 0x71, 0x400, 0xC0DB00),
          "c0001014000000000000000400710000000004000000dbdddbdc0000000000c0");
    check(espy_loader_flash_md5(0xC000, 0xDB00), "c0001310000000000000dbdc000000dbdd00000000000000000000c0");
    check(espy_loader_read_flash_slow(0x8000, 64), "c0000e0800000000000080000040000000c0");
}

static void data(void **state)
{
    (void)state;
    const uint8_t special[] = {0xC0, 0xDB, 0xDC, 0xDD, 0, 1, 2, 3};
    check(espy_loader_flash_data(7, special, sizeof special),
          "c000031800f500000008000000070000000000000000000000dbdcdbdddcdd00010203c0");
    uint8_t run[0x28];
    for (size_t i = 0; i < sizeof run; i++)
        run[i] = (uint8_t)(0xB8 + i);
    check(
        espy_loader_flash_defl_data(2, run, sizeof run),
        "c000113800ef00000028000000020000000000000000000000b8b9babbbcbdbebfdbdcc1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4"
        "d5d6d7d8d9dadbdddcdddedfc0");
}

/* "Serial Protocol", Checksum: 0xEF with each byte of the data XORed in. */
static void checksum(void **state)
{
    (void)state;
    assert_int_equal(espy_loader_checksum(NULL, 0), 0xEF);
    assert_int_equal(espy_loader_checksum((const uint8_t[]){0xFF, 0x01}, 2), 0xEF ^ 0xFF ^ 0x01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control), cmocka_unit_test(registers), cmocka_unit_test(flash),
        cmocka_unit_test(data),    cmocka_unit_test(checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
