/* SPDX-License-Identifier: MIT
 *
 * /sys and /proc as a computer with a DevKit at a hub has them, in a folder of our own; and
 * the sentences that follow when a port does not open.
 */
#include "trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/espy-system-XXXXXX";

/* Makes the folders above path, and leaves path in text. */
static void place(const char *path, char text[300])
{
    snprintf(text, 300, "%s/%s", root, path);
    for (char *slash = strchr(text + sizeof root, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(text, 0700);
        *slash = '/';
    }
}

static void put_file(const char *path, const char *content)
{
    char text[300];
    place(path, text);
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void put_link(const char *path, const char *target)
{
    char text[300];
    place(path, text);
    assert_int_equal(symlink(target, text), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(root) == NULL)
        return -1;
    put_link("sys/class/tty/ttyUSB0/device",
             "../../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0/ttyUSB0");
    put_link("sys/class/tty/ttyACM0/device", "../../../devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0");
    put_link("sys/class/tty/ttyS0/device", "../../../devices/pnp0/00:01");
    put_file("sys/bus/usb/devices/1-4.2/idVendor", "1a86\n");
    put_file("sys/bus/usb/devices/1-4.2/idProduct", "7523\n");
    put_file("sys/bus/usb/devices/usb1/idVendor", "1d6b\n");
    put_file("proc/1/comm", "systemd\n");
    put_file("proc/812/comm", "ModemManager\n");
    put_file("proc/4242/comm", "minicom\n");
    put_link("proc/4242/fd/0", "/dev/pts/3");
    put_link("proc/4242/fd/5", "/dev/ttyNoSuch7");
    put_file("proc/5001/comm", "board\n"); /* the end that serves a pseudo-terminal */
    put_link("proc/5001/fd/3", "/dev/ptmx");
    put_link("proc/5001/fd/4", "/dev/pts/98765");
    put_file("proc/5002/comm", "minicom\n");
    put_link("proc/5002/fd/3", "/dev/pts/98765");
    put_file("proc/meminfo", "\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void the_socket(void **state)
{
    (void)state;
    char text[64];
    espy_system_location(root, "/dev/ttyUSB0", text, sizeof text);
    assert_string_equal(text, "1-4.2");
    espy_system_location(root, "/dev/ttyACM0", text, sizeof text);
    assert_string_equal(text, "1-3");
    espy_system_location(root, "/dev/ttyS0", text, sizeof text);
    assert_string_equal(text, "");
    espy_system_location(root, "/dev/ttyUSB1", text, sizeof text);
    assert_string_equal(text, "");
}

static void devices_and_processes(void **state)
{
    (void)state;
    assert_true(espy_system_has_usb(root, 0x1A86, 0x7523));
    assert_false(espy_system_has_usb(root, 0x1A86, 0x55D3));
    assert_false(espy_system_has_usb("/nowhere", 0x1A86, 0x7523));
    espy_process who = espy_system_holder(root, "/dev/ttyNoSuch7");
    assert_int_equal(who.pid, 4242);
    assert_string_equal(who.name, "minicom");
    assert_int_equal(espy_system_holder(root, "/dev/ttyNoSuch8").pid, 0);
    assert_int_equal(espy_system_holder(root, "/dev/pts/98765").pid, 5002);
    assert_int_equal(espy_system_running(root, "ModemManager").pid, 812);
    assert_int_equal(espy_system_running(root, "brltty").pid, 0);
}

static espy_err tell(espy_port_facts facts)
{
    espy_err err = {0};
    facts.name = "/dev/ttyUSB0";
    assert_int_equal(espy_port_facts_tell(&facts, &err), ESPY_E_IO);
    assert_int_equal(err.detail, facts.error);
    return err;
}

static void permission(void **state)
{
    (void)state;
    espy_err err = tell((espy_port_facts){.error = EACCES, .group = "uucp"});
    assert_string_equal(err.text, "cannot open /dev/ttyUSB0: Permission denied");
    assert_string_equal(err.advice, "Join the group that may use it, \"sudo usermod -aG uucp $USER\", then log out and "
                                    "in again.");
    err = tell((espy_port_facts){.error = EACCES, .group = "dialout", .member = true});
    assert_string_equal(err.advice,
                        "You have joined the group dialout, but after this session began: log out and in again.");
    err = tell((espy_port_facts){.error = EACCES, .group = "dialout", .member = true, .active = true});
    assert_string_equal(err.advice,
                        "You are in its group, dialout, which does not suffice: see \"ls -l /dev/ttyUSB0\".");
}

static void in_use(void **state)
{
    (void)state;
    espy_err err = tell((espy_port_facts){.error = EBUSY, .holder = {4242, "minicom"}, .modem_manager = {812, "M"}});
    assert_string_equal(err.text, "cannot open /dev/ttyUSB0: minicom (process 4242) has it");
    assert_string_equal(err.advice, "Close it there, then try again.");
    err = tell((espy_port_facts){
        .error = EBUSY, .holder = {812, "ModemManager"}, .modem_manager = {812, "ModemManager"}, .vid = 0x10C4});
    assert_string_equal(err.text, "cannot open /dev/ttyUSB0: ModemManager (process 812) has it");
    assert_non_null(strstr(err.advice, "ATTRS{idVendor}==\"10c4\", ENV{ID_MM_DEVICE_IGNORE}=\"1\""));
    err = tell((espy_port_facts){.error = EWOULDBLOCK});
    assert_string_equal(err.text, "cannot open /dev/ttyUSB0: it is in use");
    assert_non_null(strstr(err.advice, "fuser"));
}

static void not_there(void **state)
{
    (void)state;
    espy_err err = tell((espy_port_facts){.error = ENOENT, .others = "/dev/ttyACM0 (WCH CH343)"});
    assert_string_equal(err.text, "cannot open /dev/ttyUSB0: No such file or directory");
    assert_string_equal(err.advice,
                        "There is /dev/ttyACM0 (WCH CH343); otherwise check the cable, which must carry data.");
    err = tell((espy_port_facts){.error = ENOENT, .brltty = {77, "brltty"}});
    assert_non_null(strstr(err.advice, "brltty (process 77) takes those for braille displays"));
    err = tell((espy_port_facts){.error = ENOENT});
    assert_non_null(strstr(err.advice, "no serial port at all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_socket), cmocka_unit_test(devices_and_processes),
        cmocka_unit_test(permission), cmocka_unit_test(in_use),
        cmocka_unit_test(not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
