/* SPDX-License-Identifier: MIT
 *
 * Which lines are driven, in which order and for how long.  Expected: the sequences of
 * esptool's documentation ("Boot Mode Selection", "Custom Reset Sequences").
 */
#include "reset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A link that writes down what is done to it: "DTR,RTS" and ":MS" for a wait. */
typedef struct bench {
    espy_link link;
    char text[400];
} bench;

static void add(bench *b, const char *fmt, unsigned x, unsigned y)
{
    size_t n = strlen(b->text);
    snprintf(b->text + n, sizeof b->text - n, fmt, x, y);
}

static espy_status set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)err;
    add(self, " %u,%u", dtr, rts);
    return ESPY_OK;
}

static espy_status wait(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    add(self, ":%u", ms, 0);
    return ESPY_OK;
}

static uint64_t now(void *self)
{
    (void)self;
    return 0;
}

static const espy_link_ops ops = {.set_lines = set_lines, .sleep = wait, .now_ms = now};

static const char *loader(bench *b, uint16_t pid, const char *way, unsigned attempt)
{
    *b = (bench){.link = {.ops = &ops, .self = b, .has_lines = true, .usb_vid = 0x303A, .usb_pid = pid}};
    assert_int_equal(espy_reset_to_loader(&b->link, way, attempt, NULL), ESPY_OK);
    return b->text;
}

#define TIGHT " 0,0 1,1 0,1:100 1,0:50 0,0"
#define TIGHT_SLOW " 0,0 1,1 0,1:100 1,0:550 0,0"
#define CLASSIC " 0,1:100 1,0:50 0,0"
#define CLASSIC_SLOW " 0,1:100 1,0:550 0,0"
#define USB_JTAG " 0,0:100 1,0:100 1,1 0,1:100 0,0"

static void each_port_in_its_order(void **state)
{
    (void)state;
    bench b;
    static const char *const bridge[] = {TIGHT, TIGHT_SLOW, CLASSIC, CLASSIC_SLOW, TIGHT};
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(loader(&b, 0x1002, NULL, i), bridge[i]);
    static const char *const jtag[] = {USB_JTAG, TIGHT, CLASSIC, USB_JTAG};
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(loader(&b, 0x1001, NULL, i), jtag[i]);
    static const char *const otg[] = {"", CLASSIC, USB_JTAG, ""};
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(loader(&b, 0x0009, NULL, i), otg[i]);
    b = (bench){.link = {.ops = &ops, .self = &b, .has_lines = true, .lines_apart = true}};
    assert_int_equal(espy_reset_to_loader(&b.link, NULL, 0, NULL), ESPY_OK);
    assert_string_equal(b.text, CLASSIC);
}

static void the_way_that_is_named(void **state)
{
    (void)state;
    bench b;
    assert_string_equal(loader(&b, 0x1001, "classic", 0), CLASSIC);
    assert_string_equal(loader(&b, 0x1001, "classic", 3), CLASSIC_SLOW);
    assert_string_equal(loader(&b, 0x1001, "tight", 2), TIGHT);
    assert_string_equal(loader(&b, 0, "usb-jtag", 5), USB_JTAG);
    assert_string_equal(loader(&b, 0, "none", 0), "");
    assert_true(espy_reset_possible(&b.link, NULL) && espy_reset_possible(&b.link, "D0"));
    assert_false(espy_reset_possible(&b.link, "none"));
    b.link.has_lines = false;
    assert_false(espy_reset_possible(&b.link, NULL));
}

static void a_sequence_of_ones_own(void **state)
{
    (void)state;
    bench b;
    /* The documentation's own example, which it calls the classic reset; one line at a time. */
    assert_string_equal(loader(&b, 0, "D0|R1|W0.1|D1|R0|W0.05|D0", 0), " 0,0 0,1:100 1,1 1,0:50 0,0");
    assert_string_equal(loader(&b, 0, "U1,1|U0,1|W0.1|U1,0|W0.55|U0,0|", 7), " 1,1 0,1:100 1,0:550 0,0");
    assert_string_equal(loader(&b, 0, "w.25| u1, 0 |W1|W0.5", 0), " 0,0:250 1,0:1500");
    b.text[0] = '\0';
    assert_int_equal(espy_reset_to_flash(&b.link, "R1|W0.1|R0", NULL), ESPY_OK);
    assert_string_equal(b.text, " 0,1:100 0,0");
}

static void out_of_the_loader(void **state)
{
    (void)state;
    bench b;
    loader(&b, 0x1002, "none", 0);
    assert_int_equal(espy_reset_to_flash(&b.link, NULL, NULL), ESPY_OK);
    assert_string_equal(b.text, " 0,1:100 0,0");
    loader(&b, 0x1001, "none", 0);
    assert_int_equal(espy_reset_to_flash(&b.link, NULL, NULL), ESPY_OK);
    assert_string_equal(b.text, " 0,1:200 0,0:200");
}

static void what_is_no_sequence(void **state)
{
    (void)state;
    static const char *const bad[] = {"D",    "D2",    "D0|X1", "U1", "U1;0", "W",      "W-1",    "W61",
                                      "Wnan", "D0 R1", "D01",   "|",  "",     "R1|W1s", "W0x|D0", "D0||Q|"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        espy_err err = {0};
        espy_reset_sequence s;
        assert_int_equal(espy_reset_parse(&s, bad[i], &err), ESPY_E_ARG);
        assert_true(err.advice[0] != '\0');
        assert_int_equal(espy_reset_check(bad[i], NULL), ESPY_E_ARG);
    }
    espy_err err = {0};
    assert_int_equal(espy_reset_check("D0|X1|R0", &err), ESPY_E_ARG);
    assert_string_equal(err.text, "\"X1\" at character 4 of the reset sequence \"D0|X1|R0\" is no step of one");
    err = (espy_err){0};
    assert_int_equal(espy_reset_check("clasic", &err), ESPY_E_ARG);
    assert_string_equal(err.text, "there is no way to reset a board that is called \"clasic\"");
    assert_int_equal(espy_reset_check(NULL, NULL), ESPY_OK);
    assert_int_equal(espy_reset_check("tight", NULL), ESPY_OK);
}

static void no_more_steps_than_fit(void **state)
{
    (void)state;
    char text[3 * (ESPY_RESET_STEPS_MAX + 1) + 1] = "";
    espy_reset_sequence s;
    for (int i = 0; i < ESPY_RESET_STEPS_MAX; i++)
        strcat(text, i % 2 == 0 ? "D1|" : "D0|");
    assert_int_equal(espy_reset_parse(&s, text, NULL), ESPY_OK);
    assert_int_equal(s.n, ESPY_RESET_STEPS_MAX);
    strcat(text, "D1|");
    assert_int_equal(espy_reset_parse(&s, text, NULL), ESPY_E_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_port_in_its_order), cmocka_unit_test(the_way_that_is_named),
        cmocka_unit_test(a_sequence_of_ones_own), cmocka_unit_test(out_of_the_loader),
        cmocka_unit_test(what_is_no_sequence),    cmocka_unit_test(no_more_steps_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
