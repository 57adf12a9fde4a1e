/* SPDX-License-Identifier: MIT
 *
 * The choice of the one board.  The identities are those in Linux's usb.ids.
 */
#include "espy/ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void known_bridges(void **state)
{
    (void)state;
    assert_string_equal(espy_port_bridge(0x303A, 0x1001), "Espressif USB-Serial/JTAG");
    assert_string_equal(espy_port_bridge(0x10C4, 0xEA60), "Silicon Labs CP210x");
    assert_string_equal(espy_port_bridge(0x1A86, 0x1234), "WCH");
    assert_null(espy_port_bridge(0x067B, 0x0000));
    assert_null(espy_port_bridge(0, 0));
    assert_int_equal(espy_port_top_baud(0x0403, 0x6001), 3000000);
    assert_int_equal(espy_port_top_baud(0x303A, 0x1001), 0);
    assert_int_equal(espy_port_top_baud(0, 0), 0);
}

static void the_one_board_is_chosen(void **state)
{
    (void)state;
    const espy_port ports[] = {
        {.name = "/dev/ttyUSB0", .bridge = "WCH CH343"},
        {.name = "/dev/ttyS0"},
    };
    const espy_port *chosen;
    assert_int_equal(espy_ports_choose(ports, 2, &chosen, NULL), ESPY_OK);
    assert_ptr_equal(chosen, &ports[0]);
}

static void none_or_several_are_not(void **state)
{
    (void)state;
    const espy_port ports[] = {
        {.name = "/dev/ttyUSB0", .bridge = "WCH CH343"},
        {.name = "/dev/ttyACM0", .bridge = "Espressif"},
        {.name = "/dev/ttyS0"},
    };
    const espy_port *chosen;
    espy_err err = {0};
    assert_int_equal(espy_ports_choose(ports, 3, &chosen, &err), ESPY_E_ARG);
    assert_string_equal(err.text, "several ports look like a board: /dev/ttyUSB0, /dev/ttyACM0");
    err = (espy_err){0};
    assert_int_equal(espy_ports_choose(ports + 2, 1, &chosen, &err), ESPY_E_IO);
    assert_null(chosen);
    assert_non_null(strstr(err.advice, "emu:"));
}

static void listing_works_here(void **state)
{
    (void)state;
    espy_port *ports;
    size_t n;
    if (access("/sys/class/tty", R_OK) != 0) {
        fprintf(stderr, "SKIP: no /sys/class/tty here\n");
        skip();
    }
    assert_int_equal(espy_ports_list(&ports, &n, NULL), ESPY_OK);
    free(ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bridges),
        cmocka_unit_test(the_one_board_is_chosen),
        cmocka_unit_test(none_or_several_are_not),
        cmocka_unit_test(listing_works_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
