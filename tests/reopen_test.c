/* SPDX-License-Identifier: MIT
 *
 * A board on its chip's own USB whose port goes and comes back: pseudo-terminals are its
 * ports, and a libserialport of our own, which stands before the system's, calls them USB.
 * The serial numbers are written as the USB Serial/JTAG controller and as MicroPython's own
 * USB do it (its ports/esp32/usb.c), for one MAC.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() and its like */

#include "espy/link.h"
#include "espy/ports.h"
#include "espy/repl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <libserialport.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

struct sp_port {
    char name[64];
    const char *serial;
    int vid, pid, master;
};

enum { PORTS = 2 };

static struct sp_port plugged[PORTS];
static int looks_until_there; /* how often the list is asked for before the second port is in it */

enum sp_return sp_get_port_by_name(const char *name, struct sp_port **port)
{
    for (int i = 0; i < PORTS; i++) {
        *port = &plugged[i];
        if (plugged[i].master >= 0 && strcmp(plugged[i].name, name) == 0)
            return SP_OK;
    }
    return SP_ERR_ARG;
}

void sp_free_port(struct sp_port *port)
{
    (void)port;
}

enum sp_return sp_list_ports(struct sp_port ***list)
{
    int n = 0, count = looks_until_there > 0 ? 1 : PORTS;
    looks_until_there -= looks_until_there > 0;
    *list = calloc(PORTS + 1, sizeof **list);
    for (int i = 0; i < count; i++)
        if (plugged[i].master >= 0)
            (*list)[n++] = &plugged[i];
    return SP_OK;
}

void sp_free_port_list(struct sp_port **list)
{
    free(list);
}

char *sp_get_port_name(const struct sp_port *port)
{
    return (char *)(uintptr_t)port->name;
}

char *sp_get_port_description(const struct sp_port *port)
{
    return (char *)(uintptr_t)port->name;
}

enum sp_transport sp_get_port_transport(const struct sp_port *port)
{
    (void)port;
    return SP_TRANSPORT_USB;
}

char *sp_get_port_usb_serial(const struct sp_port *port)
{
    return (char *)(uintptr_t)port->serial;
}

enum sp_return sp_get_port_usb_vid_pid(const struct sp_port *port, int *vid, int *pid)
{
    *vid = port->vid;
    *pid = port->pid;
    return SP_OK;
}

static void plug(int i, int vid, int pid, const char *serial)
{
    struct sp_port *port = &plugged[i];
    struct termios raw;
    *port = (struct sp_port){.serial = serial, .vid = vid, .pid = pid, .master = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(port->master >= 0);
    assert_int_equal(grantpt(port->master) | unlockpt(port->master), 0);
    strncpy(port->name, ptsname(port->master), sizeof port->name - 1);
    tcgetattr(port->master, &raw);
    cfmakeraw(&raw);
    tcsetattr(port->master, TCSANOW, &raw);
}

static void unplug(int i)
{
    close(plugged[i].master);
    plugged[i].master = -1;
}

static espy_link *open_first(void)
{
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, plugged[0].name, NULL, &err), ESPY_OK);
    return link;
}

static void under_another_name_and_product(void **state)
{
    (void)state;
    uint8_t byte = 0;
    size_t got;
    plug(0, 0x303A, 0x1001, "34:85:18:AB:CD:EF");
    plug(1, 0x303A, 0x4001, "348518ABCDEF0000");
    espy_link *link = open_first();
    assert_true(link->returns);
    unplug(0);
    looks_until_there = 3;
    assert_int_equal(espy_link_read(link, &byte, 1, 1000, &got, NULL), ESPY_E_IO);
    assert_int_equal(espy_link_reopen(link, 60000, NULL), ESPY_OK);
    assert_int_equal(looks_until_there, 0);
    assert_string_equal(link->name, plugged[1].name);
    assert_int_equal(link->usb_pid, 0x4001);
    assert_int_equal(write(plugged[1].master, "x", 1), 1);
    assert_int_equal(espy_link_read(link, &byte, 1, 5000, &got, NULL), ESPY_OK);
    assert_int_equal(byte, 'x');
    espy_link_close(link);
    unplug(1);
}

static void another_board_is_not_taken(void **state)
{
    (void)state;
    espy_err err = {0};
    plug(0, 0x303A, 0x1001, "34:85:18:AB:CD:EF");
    plug(1, 0x303A, 0x1001, "34:85:18:AB:CD:F0");
    looks_until_there = 0;
    espy_link *link = open_first();
    unplug(0);
    assert_int_equal(espy_link_reopen(link, 120, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, "(USB serial number 34:85:18:AB:CD:EF) has not come back within 0.1 s"));
    uint8_t byte = 'x';
    size_t got;
    assert_int_equal(espy_link_write(link, &byte, 1, NULL), ESPY_E_IO);
    assert_int_equal(espy_link_read(link, &byte, 1, 0, &got, NULL), ESPY_E_IO);
    assert_int_equal(espy_link_set_baud(link, 115200, NULL), ESPY_E_IO);
    espy_link_close(link);
    unplug(1);
}

/* A bridge has a board behind it, with whose resets it does not go: its cable is out. */
static void a_bridge_is_not_waited_for(void **state)
{
    (void)state;
    plug(0, 0x10C4, 0xEA60, "0001");
    espy_link *link = open_first();
    assert_false(link->returns);
    assert_int_equal(link->top_baud, 3000000);
    unplug(0);
    assert_int_equal(espy_link_reopen(link, 60000, NULL), ESPY_E_IO);
    espy_link_close(link);
}

/* What is not the same board is worse than none. */
static void which_ports_are_one_board(void **state)
{
    (void)state;
    static const struct {
        espy_port a, b;
        bool same;
    } cases[] = {
        {{.serial = "34:85:18:AB:CD:EF"}, {.serial = "348518abcdef"}, true},
        {{.serial = "34:85:18:AB:CD:EF"}, {.serial = "348518ABCDEF7F01"}, true},
        {{.serial = "34:85:18:AB:CD:EF"}, {.serial = "348518ABCDEE"}, false},
        {{.serial = ""}, {.serial = ""}, false},
        {{.serial = "0"}, {.serial = "01"}, false},
        {{.serial = "34:85:18:AB:CD:EF", .location = "1-4"}, {.serial = "0", .location = "1-4"}, true},
        {{.location = "1-4"}, {.location = "1-4.2"}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(espy_port_same_board(&cases[i].a, &cases[i].b), cases[i].same);
}

/* MicroPython takes the USB over when it starts: its prompt is on another port. */
static void *answer(void *unused)
{
    char byte;
    while (read(plugged[1].master, &byte, 1) == 1)
        if (byte == '\r' && write(plugged[1].master, "\r\n>>> ", 6) != 6)
            break;
    return unused;
}

static void the_prompt_behind_another_port(void **state)
{
    (void)state;
    pthread_t board;
    espy_repl *repl;
    espy_err err = {0};
    plug(0, 0x303A, 0x1001, "34:85:18:AB:CD:EF");
    plug(1, 0x303A, 0x4001, "348518ABCDEF0000");
    espy_link *link = open_first();
    looks_until_there = 2;
    assert_int_equal(espy_repl_new(&repl, link, &err), ESPY_OK);
    unplug(0);
    int kept = open(plugged[1].name, O_RDWR | O_NOCTTY); /* so that the thread's reads wait */
    assert_int_equal(pthread_create(&board, NULL, answer, NULL), 0);
    espy_status st = espy_repl_wait(repl, &(espy_repl_wait_config){.poke_ms = 30}, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(st, ESPY_OK);
    espy_repl_free(repl);
    espy_link_close(link);
    close(kept);
    pthread_join(board, NULL); /* nobody has the port: its reads fail */
    unplug(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_another_name_and_product), cmocka_unit_test(another_board_is_not_taken),
        cmocka_unit_test(a_bridge_is_not_waited_for),     cmocka_unit_test(which_ports_are_one_board),
        cmocka_unit_test(the_prompt_behind_another_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
