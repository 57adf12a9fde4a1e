/* SPDX-License-Identifier: MIT
 *
 * `espy ports`: the stable path, and what is printed of a list made by hand.
 */
#include "ports_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void finds_the_stable_path(void **state)
{
    (void)state;
    char folder[] = "/tmp/espy-ports-XXXXXX", other[64], link[64], text[64];
    assert_non_null(mkdtemp(folder));
    snprintf(other, sizeof other, "%s/usb-another-if00", folder);
    snprintf(link, sizeof link, "%s/usb-a_board-if00", folder);
    assert_int_equal(symlink("/dev/zero", other), 0);
    assert_int_equal(symlink("../../dev/null", link), 0); /* relative, as udev makes them */
    char deep[80];
    snprintf(deep, sizeof deep, "%s/gone", folder);
    assert_int_equal(symlink("/dev/no-such-device", deep), 0);
    espy_port_stable_path(folder, "/dev/null", text, sizeof text);
    assert_string_equal(text, link);
    espy_port_stable_path(folder, "/dev/full", text, sizeof text);
    assert_string_equal(text, "");
    espy_port_stable_path(folder, "/dev/null", text, 8); /* no room is no path */
    assert_string_equal(text, "");
    espy_port_stable_path("/no/such/folder", "/dev/null", text, sizeof text);
    assert_string_equal(text, "");
    unlink(deep);
    unlink(link);
    unlink(other);
    rmdir(folder);
}

/* What the call prints on stdout. */
static void capture(void (*print)(const espy_port_entry *, size_t), const espy_port_entry *entries, size_t n,
                    char *text, size_t cap)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fds[1], STDOUT_FILENO);
    print(entries, n);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(fds[1]);
    ssize_t got = read(fds[0], text, cap - 1);
    close(fds[0]);
    text[got > 0 ? got : 0] = '\0';
}

static void print_json(const espy_port_entry *entries, size_t n)
{
    espy_cli cli = {0};
    assert_int_equal(espy_ports_json(&cli, entries, n), ESPY_OK);
}

static void tells_of_ports(void **state)
{
    (void)state;
    const espy_port ports[] = {
        {.name = "/dev/ttyUSB0", .serial = "0001", .usb = true, .vid = 0x10C4, .pid = 0xEA60, .bridge = "CP210x"},
        {.name = "/dev/ttyS0", .description = "ttyS0"},
    };
    espy_port_entry entries[] = {{.port = &ports[0], .stable = "/dev/serial/by-id/usb-x"}, {.port = &ports[1]}};
    espy_fail(&entries[1].trouble, ESPY_E_IO, "no");
    char text[2048];
    capture(espy_ports_report, entries, 2, text, sizeof text);
    assert_string_equal(text, "/dev/ttyUSB0\n"
                              "  bridge   CP210x\n"
                              "  USB      10c4:ea60\n"
                              "  serial   0001\n"
                              "  path     /dev/serial/by-id/usb-x\n"
                              "/dev/ttyS0, which does not look like a board\n"
                              "  says     ttyS0\n"
                              "  trouble  no\n");
    capture(print_json, entries, 2, text, sizeof text);
    assert_non_null(strstr(text, "\"usb\":\t\"10c4:ea60\""));
    assert_non_null(strstr(text, "\"usb\":\tnull"));
    assert_non_null(strstr(text, "\"board\":\tfalse"));
    capture(print_json, entries, 0, text, sizeof text);
    assert_string_equal(text, "{\n\t\"ports\":\t[]\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_stable_path), cmocka_unit_test(tells_of_ports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
