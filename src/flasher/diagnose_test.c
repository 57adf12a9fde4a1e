/* SPDX-License-Identifier: MIT
 *
 * Boot logs.  The texts are what the ROM prints, as esptool's "Boot Mode Selection"
 * page and its issues quote them.
 */
#include "diagnose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void boot_modes(void **state)
{
    (void)state;
    espy_boot_log log = espy_boot_log_parse("ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n"
                                            "rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\n"
                                            "waiting for download\r\n");
    assert_true(log.found && log.waiting);
    assert_int_equal(log.boot_mode, 0);
    assert_string_equal(log.mode_name, "DOWNLOAD(USB/UART0)");
    log = espy_boot_log_parse("rst:0x15 (USB_UART_CHIP_RESET),boot:0x2b (SPI_FAST_FLASH_BOOT)\r\nSaved PC:0x4037\r\n");
    assert_true(log.found && !log.waiting);
    assert_int_equal(log.boot_mode, 0x2B);
    assert_string_equal(log.mode_name, "SPI_FAST_FLASH_BOOT");
    /* The last boot counts. */
    log = espy_boot_log_parse("boot:0x0 (DOWNLOAD(USB/UART0))\nwaiting for download\nboot:0x8 (SPI_FAST_FLASH_BOOT)\n");
    assert_int_equal(log.boot_mode, 8);
    assert_false(log.waiting);
}

static void text_that_is_cut_or_is_no_log(void **state)
{
    (void)state;
    static const char text[] = "rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download";
    char cut[sizeof text];
    for (size_t n = 0; n < sizeof text; n++) {
        memcpy(cut, text, n);
        cut[n] = '\0';
        espy_boot_log log = espy_boot_log_parse(cut);
        assert_int_equal(log.found, n >= strlen("rst:0x1 (POWERON),boot:0x"));
        assert_int_equal(log.waiting, n == strlen(text));
    }
    assert_false(espy_boot_log_parse(">>> print('boot')").found);
    assert_false(espy_boot_log_parse("").found);
}

static void sentences(void **state)
{
    (void)state;
    espy_err err = {0};
    assert_int_equal(espy_diagnose_silence("/dev/ttyUSB0", false, 28, "", &err), ESPY_E_TIMEOUT);
    assert_non_null(strstr(err.text, "no lines"));
    assert_non_null(strstr(err.advice, "BOOT"));
    err = (espy_err){0};
    assert_int_equal(espy_diagnose_silence("/dev/ttyUSB0", true, 7, "login: ", &err), ESPY_E_TIMEOUT);
    assert_string_equal(err.text, "the board on /dev/ttyUSB0 talks (7 bytes) but not as a loader");
    assert_true(err.advice[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_modes),
        cmocka_unit_test(text_that_is_cut_or_is_no_log),
        cmocka_unit_test(sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
