/* SPDX-License-Identifier: MIT
 *
 * Watchdog stages and exact rates.
 */
#include "watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

typedef struct kennel {
    espy_clock clock;
    espy_watchdog dog;
    uint64_t hold[4];
    unsigned barks;
    unsigned last_stage;
    espy_tick last_at;
} kennel;

static void expire(void *self, unsigned stage)
{
    kennel *k = self;
    k->barks++;
    k->last_stage = stage;
    k->last_at = k->clock.now;
}

static uint64_t hold(void *self, unsigned stage)
{
    kennel *k = self;
    return k->hold[stage];
}

static void open_kennel(kennel *k, espy_rate rate)
{
    *k = (kennel){.hold = {10, 20, 30, 40}};
    k->dog = (espy_watchdog){.clock = &k->clock, .expire = expire, .hold = hold, .self = k, .rate = rate};
    espy_watchdog_init(&k->dog);
}

static void pass(kennel *k, espy_tick ticks)
{
    espy_tick end = k->clock.now + ticks;
    while (espy_clock_next(&k->clock) <= end) {
        k->clock.now = espy_clock_next(&k->clock);
        espy_clock_fire_due(&k->clock);
    }
    k->clock.now = end;
}

/* TRM: the stages follow each other, and after the last comes the first. */
static void stages_follow_each_other(void **state)
{
    (void)state;
    kennel k;
    open_kennel(&k, (espy_rate){1, 6});
    espy_watchdog_run(&k.dog, true);
    const espy_tick ends[5] = {60, 180, 360, 600, 660};
    for (unsigned i = 0; i < 5; i++) {
        pass(&k, ends[i] - k.clock.now);
        assert_int_equal(k.barks, i + 1);
        assert_int_equal(k.last_stage, i % 4);
        assert_int_equal(k.last_at, ends[i]);
    }
}

static void feeding_starts_over(void **state)
{
    (void)state;
    kennel k;
    open_kennel(&k, (espy_rate){1, 6});
    espy_watchdog_run(&k.dog, true);
    for (unsigned i = 0; i < 100; i++) {
        pass(&k, 59);
        espy_watchdog_feed(&k.dog);
    }
    assert_int_equal(k.barks, 0);
    pass(&k, 60);
    assert_int_equal(k.barks, 1);
    pass(&k, 60);
    espy_watchdog_feed(&k.dog); /* in stage 1 */
    pass(&k, 60);
    assert_int_equal(k.barks, 2);
    assert_int_equal(k.last_stage, 0);
}

static void stopping_keeps_the_count(void **state)
{
    (void)state;
    kennel k;
    open_kennel(&k, (espy_rate){1, 6});
    espy_watchdog_run(&k.dog, true);
    pass(&k, 30);
    espy_watchdog_run(&k.dog, false);
    pass(&k, 100000);
    assert_int_equal(k.barks, 0);
    espy_watchdog_run(&k.dog, true);
    pass(&k, 29);
    assert_int_equal(k.barks, 0);
    pass(&k, 1);
    assert_int_equal(k.barks, 1);
}

/* Half of the stage at one speed, half at the other. */
static void a_change_of_speed_keeps_the_count(void **state)
{
    (void)state;
    kennel k;
    open_kennel(&k, (espy_rate){1, 24});
    espy_watchdog_run(&k.dog, true);
    pass(&k, 5 * 24);
    espy_watchdog_set_rate(&k.dog, (espy_rate){1, 6});
    pass(&k, 5 * 6 - 1);
    assert_int_equal(k.barks, 0);
    pass(&k, 1);
    assert_int_equal(k.barks, 1);
}

/* A stage of no length must not stop time. */
static void a_stage_of_no_length_takes_a_cycle(void **state)
{
    (void)state;
    kennel k;
    open_kennel(&k, (espy_rate){1, 6});
    for (unsigned i = 0; i < 4; i++)
        k.hold[i] = 0;
    espy_watchdog_run(&k.dog, true);
    pass(&k, 600);
    assert_int_equal(k.barks, 100);
}

/* One second holds exactly the nominal number of cycles, and the inverse agrees. */
static void rates_are_exact(void **state)
{
    (void)state;
    const struct {
        espy_rate rate;
        uint64_t hz, in; /* cycles in `in` seconds */
    } cases[] = {{ESPY_RATE_RC_SLOW, 136000, 1}, {ESPY_RATE_XTAL32K, 32768, 1}, {ESPY_RATE_RC_FAST_D256, 546875, 8}};
    for (unsigned i = 0; i < 3; i++) {
        espy_tick span = cases[i].in * ESPY_TICKS_PER_SECOND;
        assert_int_equal(espy_rate_cycles(cases[i].rate, span), cases[i].hz);
        assert_int_equal(espy_rate_cycles(cases[i].rate, span - 1), cases[i].hz - 1);
        assert_int_equal(espy_rate_cycles(cases[i].rate, 365 * 86400 * span), 365 * 86400 * cases[i].hz);
        for (uint64_t n = 1; n < 1000; n++) {
            espy_tick ticks = espy_rate_ticks(cases[i].rate, n);
            assert_int_equal(espy_rate_cycles(cases[i].rate, ticks), n);
            assert_int_equal(espy_rate_cycles(cases[i].rate, ticks - 1), n - 1);
        }
    }
}

/* A span too long to be told must stay one that lies in the future. */
static void a_span_does_not_wrap(void **state)
{
    (void)state;
    espy_rate slow = {1, 65536 * 24};
    assert_int_equal(espy_rate_ticks(slow, UINT64_C(1) << 53), ESPY_NEVER / 2);
    assert_int_equal(espy_rate_ticks(slow, UINT64_MAX), ESPY_NEVER / 2);
    assert_int_equal(espy_rate_ticks(slow, 1000), UINT64_C(1000) * 65536 * 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(feeding_starts_over),
        cmocka_unit_test(stopping_keeps_the_count),
        cmocka_unit_test(a_change_of_speed_keeps_the_count),
        cmocka_unit_test(a_stage_of_no_length_takes_a_cycle),
        cmocka_unit_test(rates_are_exact),
        cmocka_unit_test(a_span_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
