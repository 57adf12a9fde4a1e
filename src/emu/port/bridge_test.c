/* SPDX-License-Identifier: MIT
 *
 * The bridge, the keys and the words, on a board whose flash is blank: the ROM's banner tells
 * how it was started.  GPIO0 low makes it boot:0x0 (DOWNLOAD...), high 0x8 (SPI_FAST_FLASH_BOOT),
 * as on the boards whose logs Espressif's documentation shows.
 */
#include "control.h"
#include "pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    espy_bridge bridge;
    char text[65536]; /* what the board said since the last look */
    size_t size;
    int one, two; /* two clients: their addresses */
} fixture;

static void run(fixture *f, unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        espy_machine_run(f->bridge.machine, 1000);
        espy_bridge_turn(&f->bridge, espy_wall_us());
        f->size += espy_bridge_receive(&f->bridge, (uint8_t *)f->text + f->size, sizeof f->text - 1 - f->size);
        f->text[f->size] = '\0';
    }
}

/* Runs on for a while; whether the board started anew, and in download mode. */
static bool started(fixture *f, bool download)
{
    f->size = 0;
    run(f, 60);
    return strstr(f->text, download ? "boot:0x0 (DOWNLOAD" : "boot:0x8 (SPI_FAST_FLASH_BOOT)") != NULL;
}

static bool silent(fixture *f)
{
    f->size = 0;
    run(f, 60);
    return f->size == 0;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    espy_machine *machine = NULL;
    assert_non_null(f);
    assert_int_equal(espy_machine_new(&machine, &(espy_machine_config){.model = espy_model_find("n4r2")}, NULL), 0);
    espy_bridge_init(&f->bridge, machine, false, NULL);
    assert_true(started(f, false));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    espy_machine_free(f->bridge.machine);
    free(f);
    return 0;
}

static void test_reset_circuit(void **state)
{
    fixture *f = *state;
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    assert_true(silent(f));
    espy_bridge_lines(&f->bridge, &f->one, false, false);
    assert_true(started(f, false));
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    espy_bridge_lines(&f->bridge, &f->one, true, false);
    assert_true(started(f, true));
    espy_bridge_lines(&f->bridge, &f->one, false, false);
    assert_true(silent(f)); /* the loader waits */
}

/* From RTS alone to DTR alone by way of both: EN stays low until the second change. */
static void test_both_lines_are_kept_back(void **state)
{
    fixture *f = *state;
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    run(f, 5);
    espy_bridge_lines(&f->bridge, &f->one, true, true);
    assert_true(f->bridge.kept_until > 0);
    uint64_t wait = espy_bridge_turn(&f->bridge, f->bridge.kept_until - 50);
    assert_int_equal(wait, 50);
    espy_bridge_lines(&f->bridge, &f->one, true, false);
    assert_true(started(f, true));
    /* Without a second change both lines are neither, in the end. */
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    run(f, 5);
    espy_bridge_lines(&f->bridge, &f->one, true, true);
    espy_bridge_turn(&f->bridge, f->bridge.kept_until);
    assert_true(started(f, false));
}

static void test_a_client_goes(void **state)
{
    fixture *f = *state;
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    espy_bridge_release(&f->bridge, &f->two); /* not the one that holds them */
    assert_true(silent(f));
    espy_bridge_release(&f->bridge, &f->one);
    assert_true(started(f, false));
}

static const char *say(fixture *f, const char *line)
{
    static char reply[512];
    bool quit = false;
    espy_control_line(&f->bridge, line, reply, sizeof reply, &quit);
    assert_int_equal(quit, strcmp(line, "quit") == 0);
    return reply;
}

static void test_words(void **state)
{
    fixture *f = *state;
    assert_string_equal(say(f, "download"), "ok");
    assert_true(espy_bridge_busy(&f->bridge));
    run(f, 100);
    assert_true(started(f, true));
    while (espy_bridge_busy(&f->bridge))
        run(f, 1);
    assert_string_equal(say(f, "reset"), "ok");
    run(f, 100);
    assert_true(started(f, false));
    assert_string_equal(say(f, "boot 1"), "ok");
    assert_string_equal(say(f, "power 0"), "ok");
    assert_string_equal(say(f, "  status "), "ok boot 1 reset 0 power 0");
    assert_true(silent(f));
    assert_string_equal(say(f, "power\t1"), "ok");
    assert_true(started(f, true));
    assert_string_equal(say(f, "quit"), "ok");
}

static void test_words_that_are_none(void **state)
{
    fixture *f = *state;
    static const char *const wrong[] = {"",
                                        " ",
                                        "boot",
                                        "boot 2",
                                        "boot 1 1",
                                        "reset on",
                                        "powers 1",
                                        "quit now",
                                        "BOOT 1",
                                        "status 1",
                                        "download 1",
                                        "power 1                                              "
                                        "                              "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(strncmp(say(f, wrong[i]), "error ", 6), 0);
    assert_string_equal(say(f, "status"), "ok boot 0 reset 0 power 1");
}

static void wait_for_usb(fixture *f)
{
    for (unsigned i = 0; i < 5000 && espy_machine_usb_device(f->bridge.machine) == 0; i++) {
        f->size = 0;
        run(f, 1);
    }
    assert_int_not_equal(espy_machine_usb_device(f->bridge.machine), 0);
}

/* The same on the chip's own USB: no circuit, and "both" passes for what it is. */
static void test_own_usb(void **state)
{
    fixture *f = *state;
    espy_bridge_init(&f->bridge, f->bridge.machine, true, NULL);
    wait_for_usb(f);
    espy_bridge_lines(&f->bridge, &f->one, true, false);
    espy_bridge_lines(&f->bridge, &f->one, true, true);
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    assert_true(silent(f)); /* held in reset */
    espy_bridge_lines(&f->bridge, &f->one, false, false);
    assert_true(started(f, true));
    espy_bridge_baud(&f->bridge, &f->one, 9600);
    espy_bridge_tap_reset(&f->bridge);
    assert_int_equal(espy_machine_usb_device(f->bridge.machine), 0);
    wait_for_usb(f);
    espy_bridge_lines(&f->bridge, &f->one, false, true);
    espy_bridge_release(&f->bridge, &f->one);
    assert_true(started(f, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_circuit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_lines_are_kept_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_client_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_usb, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
