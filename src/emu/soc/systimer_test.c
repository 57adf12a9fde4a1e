/* SPDX-License-Identifier: MIT
 *
 * SYSTIMER, driven in the order in which ESP-IDF's systimer_hal.c does it.
 */
#include "systimer.h"

#include "../core/bench.h"

#define BASE 0x60023000u
#define CONF (BASE + 0x00)
#define UNIT_OP(n) (BASE + 0x04 + 4 * (n))
#define UNIT_LOAD_HI(n) (BASE + 0x0C + 8 * (n))
#define UNIT_LOAD_LO(n) (BASE + 0x10 + 8 * (n))
#define TARGET_HI(i) (BASE + 0x1C + 8 * (i))
#define TARGET_LO(i) (BASE + 0x20 + 8 * (i))
#define TARGET_CONF(i) (BASE + 0x34 + 4 * (i))
#define VALUE_HI(n) (BASE + 0x40 + 8 * (n))
#define VALUE_LO(n) (BASE + 0x44 + 8 * (n))
#define COMP_LOAD(i) (BASE + 0x50 + 4 * (i))
#define UNIT_LOAD(n) (BASE + 0x5C + 4 * (n))
#define INT_ENA (BASE + 0x64)
#define INT_RAW (BASE + 0x68)
#define INT_CLR (BASE + 0x6C)
#define INT_ST (BASE + 0x70)

#define WORK(i) (1u << (24 - (i)))
#define UNIT_WORK(n) (1u << (30 - (n)))
#define PERIOD_MODE (1u << 30)
#define UNIT1 (1u << 31)
#define TICKS 30 /* of 480 MHz in a count of 16 MHz */

typedef struct rig {
    bench b;
    espy_systimer timer;
    probe intr[3];
} rig;

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_systimer_init(&r->timer, &r->b.soc);
    for (unsigned i = 0; i < 3; i++)
        r->timer.intr[i] = probe_line(&r->b, &r->intr[i]);
}

static uint64_t count(rig *r, unsigned n)
{
    wr(&r->b, UNIT_OP(n), 1u << 30);
    assert_true(rd(&r->b, UNIT_OP(n)) & 1u << 29);
    return (uint64_t)rd(&r->b, VALUE_HI(n)) << 32 | rd(&r->b, VALUE_LO(n));
}

static void set_bits(rig *r, uint32_t addr, uint32_t bits)
{
    wr(&r->b, addr, rd(&r->b, addr) | bits);
}

static void clear_bits(rig *r, uint32_t addr, uint32_t bits)
{
    wr(&r->b, addr, rd(&r->b, addr) & ~bits);
}

static void load_unit(rig *r, unsigned n, uint64_t value)
{
    wr(&r->b, UNIT_LOAD_HI(n), (uint32_t)(value >> 32));
    wr(&r->b, UNIT_LOAD_LO(n), (uint32_t)value);
    wr(&r->b, UNIT_LOAD(n), 1);
}

static void set_target(rig *r, unsigned i, uint64_t value)
{
    clear_bits(r, CONF, WORK(i));
    wr(&r->b, TARGET_HI(i), (uint32_t)(value >> 32));
    wr(&r->b, TARGET_LO(i), (uint32_t)value);
    wr(&r->b, COMP_LOAD(i), 1);
    set_bits(r, CONF, WORK(i));
}

static void unit_0_counts_from_reset_and_unit_1_does_not(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    pass(&r.b, 1000 * TICKS + TICKS - 1);
    assert_int_equal(count(&r, 0), 1000);
    assert_int_equal(count(&r, 1), 0);
    pass(&r.b, 1);
    assert_int_equal(count(&r, 0), 1001);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    assert_int_equal(count(&r, 0), 16001001);
    bench_close(&r.b);
}

static void a_counter_wraps_at_52_bits(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    load_unit(&r, 0, (UINT64_C(1) << 52) - 2);
    pass(&r.b, TICKS);
    assert_int_equal(count(&r, 0), (UINT64_C(1) << 52) - 1);
    pass(&r.b, TICKS);
    assert_int_equal(count(&r, 0), 0);
    bench_close(&r.b);
}

static void a_target_is_met_to_the_count(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    pass(&r.b, 12345);
    wr(&r.b, INT_ENA, 4);
    set_target(&r, 2, UINT64_C(0x100000005));
    load_unit(&r, 0, UINT64_C(0x100000000));
    espy_tick loaded = r.b.clock.now / TICKS * TICKS;
    pass(&r.b, 100 * TICKS);
    assert_int_equal(r.intr[2].rises, 1);
    assert_int_equal(r.intr[2].rose_at, loaded + 5 * TICKS);
    assert_int_equal(rd(&r.b, INT_ST), 4);
    wr(&r.b, INT_CLR, 4);
    assert_false(r.intr[2].level);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.intr[2].rises, 1); /* one shot */
    bench_close(&r.b);
}

/* TRM: an alarm whose target has been passed is raised at once. */
static void a_target_in_the_past_is_due_at_once(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA, 1);
    pass(&r.b, 1000 * TICKS);
    set_target(&r, 0, 999);
    assert_int_equal(r.intr[0].rises, 1);
    bench_close(&r.b);
}

static void an_interrupt_not_enabled_is_only_raw(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_target(&r, 1, 10);
    pass(&r.b, 20 * TICKS);
    assert_int_equal(rd(&r.b, INT_RAW), 2);
    assert_int_equal(rd(&r.b, INT_ST), 0);
    assert_int_equal(r.intr[1].rises, 0);
    wr(&r.b, INT_ENA, 2);
    assert_true(r.intr[1].level);
    bench_close(&r.b);
}

static void start_tick(rig *r, unsigned i, uint32_t period)
{
    set_bits(r, TARGET_CONF(i), UNIT1);
    clear_bits(r, CONF, WORK(i));
    wr(&r->b, TARGET_CONF(i), UNIT1 | period);
    wr(&r->b, COMP_LOAD(i), 1);
    set_bits(r, CONF, WORK(i));
    set_bits(r, TARGET_CONF(i), PERIOD_MODE);
}

/* FreeRTOS' tick: 100 Hz, half a period apart on the two cores, as port_systick.c sets it up. */
static void the_tick_of_both_cores(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    start_tick(&r, 0, 160000);
    set_bits(&r, CONF, UNIT_WORK(1));
    load_unit(&r, 1, 80000);
    start_tick(&r, 1, 160000);
    wr(&r.b, INT_CLR, 7);
    wr(&r.b, INT_ENA, 3);
    espy_tick first[2] = {80000 * TICKS, 160000 * TICKS};
    for (unsigned n = 0; n < 50; n++) {
        pass(&r.b, 5 * ESPY_TICKS_PER_MS);
        unsigned i = n & 1;
        assert_int_equal(r.intr[i].rises, n / 2 + 1);
        assert_int_equal(r.intr[i].rose_at, first[i] + n / 2 * UINT64_C(160000) * TICKS);
        wr(&r.b, INT_CLR, 1u << i);
    }
    bench_close(&r.b);
}

/* Set forward over many periods, the comparator raises one interrupt and keeps its phase. */
static void a_counter_set_forward_keeps_the_phase(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_bits(&r, CONF, UNIT_WORK(1));
    start_tick(&r, 0, 1000);
    wr(&r.b, INT_CLR, 7);
    wr(&r.b, INT_ENA, 1);
    unsigned before = r.intr[0].rises;
    load_unit(&r, 1, 1000000000500);
    assert_int_equal(r.intr[0].rises, before + 1);
    wr(&r.b, INT_CLR, 1);
    espy_tick now = r.b.clock.now;
    pass(&r.b, 600 * TICKS);
    assert_int_equal(r.intr[0].rises, before + 2);
    assert_int_equal(r.intr[0].rose_at, now + 500 * TICKS);
    bench_close(&r.b);
}

static void a_stalled_core_stops_the_unit_that_follows_it(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_bits(&r, CONF, UNIT_WORK(1)); /* reset value: unit 1 stalls with either core, unit 0 with none */
    pass(&r.b, 100 * TICKS);
    espy_systimer_halt(&r.timer, 1, true);
    pass(&r.b, 100 * TICKS);
    assert_int_equal(count(&r, 0), 200);
    assert_int_equal(count(&r, 1), 100);
    espy_systimer_halt(&r.timer, 1, false);
    pass(&r.b, 100 * TICKS);
    assert_int_equal(count(&r, 1), 200);
    espy_systimer_halt(&r.timer, 2, true);
    pass(&r.b, 100 * TICKS);
    assert_int_equal(count(&r, 0), 300);
    bench_close(&r.b);
}

static void an_alarm_waits_while_its_unit_stands_still(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA, 1);
    set_target(&r, 0, 100);
    pass(&r.b, 50 * TICKS);
    espy_systimer_halt(&r.timer, 2, true);
    pass(&r.b, 1000 * TICKS);
    assert_int_equal(r.intr[0].rises, 0);
    espy_systimer_halt(&r.timer, 2, false);
    pass(&r.b, 1000 * TICKS);
    assert_int_equal(r.intr[0].rose_at, 1100 * TICKS);
    bench_close(&r.b);
}

static void reset_stops_everything(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA, 7);
    set_target(&r, 0, 100);
    espy_systimer_reset(&r.timer, ESPY_RESET_CORE);
    assert_int_equal(rd(&r.b, CONF), 0x46000000);
    assert_int_equal(rd(&r.b, BASE + 0xFC), 0x02012251);
    assert_int_equal(espy_clock_next(&r.b.clock), ESPY_NEVER);
    assert_int_equal(count(&r, 0), 0);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unit_0_counts_from_reset_and_unit_1_does_not),
        cmocka_unit_test(a_counter_wraps_at_52_bits),
        cmocka_unit_test(a_target_is_met_to_the_count),
        cmocka_unit_test(a_target_in_the_past_is_due_at_once),
        cmocka_unit_test(an_interrupt_not_enabled_is_only_raw),
        cmocka_unit_test(the_tick_of_both_cores),
        cmocka_unit_test(a_counter_set_forward_keeps_the_phase),
        cmocka_unit_test(a_stalled_core_stops_the_unit_that_follows_it),
        cmocka_unit_test(an_alarm_waits_while_its_unit_stands_still),
        cmocka_unit_test(reset_stops_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
