/* SPDX-License-Identifier: MIT
 *
 * Serial ports: a pseudo-terminal stands for one, as it does for pyserial and for
 * QEMU.  What only a real port has (lines, a rate that matters) is not tested here.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() and its like */

#include "transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int open_master(char *name, size_t cap)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    strncpy(name, ptsname(master), cap - 1);
    return master;
}

static espy_link *open_pair(int *master)
{
    char name[64] = "";
    *master = open_master(name, sizeof name);
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_OK);
    assert_string_equal(link->name, name);
    return link;
}

static void carries_every_byte(void **state)
{
    (void)state;
    int master;
    espy_link *link = open_pair(&master);
    uint8_t all[256], back[256];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(espy_link_write(link, all, sizeof all, NULL), ESPY_OK);
    for (size_t at = 0; at < sizeof back;) {
        ssize_t n = read(master, back + at, sizeof back - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    assert_memory_equal(all, back, sizeof all);
    assert_int_equal(write(master, all, sizeof all), sizeof all);
    memset(back, 0, sizeof back);
    for (size_t at = 0, got; at < sizeof back; at += got) {
        assert_int_equal(espy_link_read(link, back + at, sizeof back - at, 5000, &got, NULL), ESPY_OK);
        assert_true(got > 0);
    }
    assert_memory_equal(all, back, sizeof all);
    espy_link_close(link);
    close(master);
}

static void has_no_lines_but_any_rate(void **state)
{
    (void)state;
    int master;
    espy_link *link = open_pair(&master);
    espy_err err = {0};
    assert_false(link->has_lines);
    assert_int_equal(espy_link_set_lines(link, true, false, &err), ESPY_E_UNSUPPORTED);
    assert_int_equal(espy_link_set_baud(link, 921600, NULL), ESPY_OK);
    assert_int_equal(espy_link_set_baud(link, 1234567, NULL), ESPY_OK);
    espy_link_close(link);
    close(master);
}

/* What FTDI's and Silicon Labs' data sheets say their chips make of 921600, and what a CP2102
 * makes of more than it does. */
static void near_enough_is_the_rate(void **state)
{
    (void)state;
    assert_true(espy_baud_matches(921600, 923077) && espy_baud_matches(921600, 921600));
    assert_true(espy_baud_matches(2000000, 1940000) && espy_baud_matches(2000000, 2060000));
    assert_false(espy_baud_matches(2000000, 1930000) || espy_baud_matches(2000000, 1000000));
    assert_false(espy_baud_matches(2000000, 2070000) || espy_baud_matches(115200, 0));
}

static void silence_is_no_error(void **state)
{
    (void)state;
    int master;
    espy_link *link = open_pair(&master);
    uint8_t byte;
    size_t got = 9;
    assert_int_equal(espy_link_read(link, &byte, 1, 1, &got, NULL), ESPY_OK);
    assert_int_equal(got, 0);
    espy_link_close(link);
    close(master);
}

static void a_port_that_vanishes(void **state)
{
    (void)state;
    int master;
    espy_link *link = open_pair(&master);
    close(master);
    espy_err err = {0};
    uint8_t byte = 0;
    size_t got;
    assert_int_equal(espy_link_read(link, &byte, 1, 1000, &got, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, link->name));
    assert_true(err.advice[0] != '\0');
    err = (espy_err){0};
    assert_int_equal(espy_link_write(link, &byte, 1, &err), ESPY_E_IO);
    espy_link_close(link);
}

static void a_port_in_use(void **state)
{
    (void)state;
    int master;
    espy_link *link = open_pair(&master), *second = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&second, link->name, NULL, &err), ESPY_E_IO);
    assert_non_null(strstr(err.advice, "Another program has the port"));
    espy_link_close(link);
    close(master);
}

static void no_port_at_all(void **state)
{
    (void)state;
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, "/dev/ttyNoSuchPort", NULL, &err), ESPY_E_IO);
    assert_string_equal(err.text, "cannot open /dev/ttyNoSuchPort: No such file or directory");
    err = (espy_err){0};
    assert_int_equal(espy_link_open(&link, "/dev/null", NULL, &err), ESPY_E_ARG);
    assert_string_equal(err.text, "/dev/null is not a serial port");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_every_byte),   cmocka_unit_test(has_no_lines_but_any_rate),
        cmocka_unit_test(silence_is_no_error),  cmocka_unit_test(near_enough_is_the_rate),
        cmocka_unit_test(a_port_that_vanishes), cmocka_unit_test(a_port_in_use),
        cmocka_unit_test(no_port_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
