/* SPDX-License-Identifier: MIT
 *
 * Events fire in the order of their times, each once, and may rearm themselves.
 */
#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct probe {
    espy_event ev;
    espy_clock *clock;
    char name;
    char *trail;
    espy_tick again; /* rearms itself this far ahead, once */
} probe;

static void note(void *self)
{
    probe *p = self;
    size_t n = strlen(p->trail);
    p->trail[n] = p->name;
    p->trail[n + 1] = '\0';
    if (p->again != 0)
        espy_clock_at(p->clock, &p->ev, p->clock->now + p->again);
    p->again = 0;
}

static probe make(espy_clock *clock, char name, char *trail)
{
    return (probe){.ev = {.fire = note}, .clock = clock, .name = name, .trail = trail};
}

static void fires_in_order(void **state)
{
    (void)state;
    espy_clock clock = {0};
    char trail[16] = "";
    probe a = make(&clock, 'a', trail), b = make(&clock, 'b', trail), c = make(&clock, 'c', trail);
    a.ev.self = &a, b.ev.self = &b, c.ev.self = &c;
    assert_true(espy_clock_next(&clock) == ESPY_NEVER);
    espy_clock_at(&clock, &a.ev, 30);
    espy_clock_at(&clock, &b.ev, 10);
    espy_clock_at(&clock, &c.ev, 30); /* as late as a, armed after it */
    assert_int_equal(espy_clock_next(&clock), 10);
    clock.now = 9;
    espy_clock_fire_due(&clock);
    assert_string_equal(trail, "");
    clock.now = 30;
    espy_clock_fire_due(&clock);
    assert_string_equal(trail, "bac");
    assert_true(espy_clock_next(&clock) == ESPY_NEVER);
}

static void moves_and_cancels(void **state)
{
    (void)state;
    espy_clock clock = {0};
    char trail[16] = "";
    probe a = make(&clock, 'a', trail), b = make(&clock, 'b', trail);
    a.ev.self = &a, b.ev.self = &b;
    espy_clock_at(&clock, &a.ev, 10);
    espy_clock_at(&clock, &b.ev, 20);
    espy_clock_at(&clock, &a.ev, 25); /* moved, not armed twice */
    espy_clock_cancel(&clock, &b.ev);
    espy_clock_cancel(&clock, &b.ev);
    clock.now = 100;
    espy_clock_fire_due(&clock);
    assert_string_equal(trail, "a");
}

static void rearms_from_its_own_call(void **state)
{
    (void)state;
    espy_clock clock = {.now = 50};
    char trail[16] = "";
    probe a = make(&clock, 'a', trail);
    a.ev.self = &a;
    a.again = 5;
    espy_clock_at(&clock, &a.ev, 50);
    espy_clock_fire_due(&clock);
    assert_string_equal(trail, "a");
    assert_int_equal(espy_clock_next(&clock), 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_in_order),
        cmocka_unit_test(moves_and_cancels),
        cmocka_unit_test(rearms_from_its_own_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
