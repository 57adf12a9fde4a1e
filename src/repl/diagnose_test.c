/* SPDX-License-Identifier: MIT
 *
 * Boot logs and what is to be read in them.  The lines are those of the chip's
 * ROM, of ESP-IDF and of MicroPython, quoted from users' reports.
 */
#include "espy/repl.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static espy_boot_fault diagnose(const char *line, unsigned times)
{
    espy_boot_fault fault;
    size_t len = strlen(line), n = 0;
    char *log = malloc(len * times + 1);
    assert_non_null(log);
    for (unsigned i = 0; i < times; i++, n += len)
        memcpy(log + n, line, len);
    espy_boot_diagnose(log, n, &fault);
    free(log);
    return fault;
}

static void a_good_boot_has_no_fault(void **state)
{
    (void)state;
    espy_boot_fault fault = diagnose("ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n"
                                     "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\nSPIWP:0xee\r\n"
                                     "mode:DIO, clock div:1\r\nload:0x3fce3818,len:0x508\r\nentry 0x403c88b8\r\n"
                                     "MicroPython v1.23.0\r\n>>> ",
                                     1);
    assert_false(fault.found);
    assert_false(fault.final);
    assert_string_equal(fault.what, "");
}

static void faults_are_named_and_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *line, *what;
        unsigned times; /* after which waiting is of no use */
    } rows[] = {
        {"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n", "download mode", 1},
        {"invalid header: 0xffffffff\r\n", "no program", 3},
        {"Brownout detector was triggered\r\n", "supply", 2},
        {"E (99) esp_image: image at 0x10000 has invalid magic byte (nothing flashed here?)\r\n", "no application", 2},
        {"Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.\r\n", "crashes", 3},
        {"The filesystem appears to be corrupted. If you had important data there, you\r\n", "file system", 1},
        {"rst:0x10 (RTCWDT_RTC_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n", "again and again", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        espy_boot_fault fault = diagnose(rows[i].line, rows[i].times);
        assert_true(fault.found);
        assert_true(fault.final);
        assert_non_null(strstr(fault.what, rows[i].what));
        assert_string_not_equal(fault.advice, "");
        if (rows[i].times > 1)
            assert_false(diagnose(rows[i].line, rows[i].times - 1).final);
    }
}

static void the_cause_is_named_before_what_it_leads_to(void **state)
{
    (void)state;
    espy_boot_fault fault = diagnose("rst:0xc (RTC_SW_CPU_RST),boot:0x8\r\nBrownout detector was triggered\r\n"
                                     "abort() was called at PC 0x403\r\n",
                                     4);
    assert_true(fault.final);
    assert_non_null(strstr(fault.what, "supply"));
    assert_non_null(strstr(fault.what, "4 starts"));
}

static void bytes_that_do_not_print_are_dots(void **state)
{
    (void)state;
    espy_boot_fault fault = diagnose("\x01\xff invalid header: 0x1b5b324a \x1b[2J\r\n", 3);
    assert_true(fault.found);
    for (const char *c = fault.what; *c != '\0'; c++)
        assert_in_range(*c, ' ', '~');
}

static void colours_are_left_out(void **state)
{
    (void)state;
    espy_boot_fault fault =
        diagnose("\033[0;31mE (12) boot: No bootable app partitions in the partition table\033[0m\r\n", 1);
    assert_non_null(strstr(fault.what, "\"E (12) boot: No bootable app partitions in the partition table\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_boot_has_no_fault),
        cmocka_unit_test(faults_are_named_and_quoted),
        cmocka_unit_test(the_cause_is_named_before_what_it_leads_to),
        cmocka_unit_test(colours_are_left_out),
        cmocka_unit_test(bytes_that_do_not_print_are_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
