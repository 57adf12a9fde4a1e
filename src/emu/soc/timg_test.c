/* SPDX-License-Identifier: MIT
 *
 * Timer groups: timers, watchdog, measurement of the slow clocks.
 */
#include "timg.h"

#include "../core/bench.h"

#define BASE(g) (0x6001F000u + 0x1000u * (g))
#define CONFIG(g, t) (BASE(g) + 0x24 * (t))
#define LO(g, t) (CONFIG(g, t) + 0x04)
#define HI(g, t) (CONFIG(g, t) + 0x08)
#define UPDATE(g, t) (CONFIG(g, t) + 0x0C)
#define ALARMLO(g, t) (CONFIG(g, t) + 0x10)
#define ALARMHI(g, t) (CONFIG(g, t) + 0x14)
#define LOADLO(g, t) (CONFIG(g, t) + 0x18)
#define LOADHI(g, t) (CONFIG(g, t) + 0x1C)
#define LOAD(g, t) (CONFIG(g, t) + 0x20)
#define WDTCONFIG0(g) (BASE(g) + 0x48)
#define WDTCONFIG1(g) (BASE(g) + 0x4C)
#define WDT_HOLD(g, s) (BASE(g) + 0x50 + 4 * (s))
#define WDTFEED(g) (BASE(g) + 0x60)
#define WDTWPROTECT(g) (BASE(g) + 0x64)
#define RTCCALICFG(g) (BASE(g) + 0x68)
#define RTCCALICFG1(g) (BASE(g) + 0x6C)
#define INT_ENA(g) (BASE(g) + 0x70)
#define INT_RAW(g) (BASE(g) + 0x74)
#define INT_ST(g) (BASE(g) + 0x78)
#define INT_CLR(g) (BASE(g) + 0x7C)
#define RTCCALICFG2(g) (BASE(g) + 0x80)

#define USE_XTAL (1u << 9)
#define ALARM_EN (1u << 10)
#define DIVIDER(n) ((uint32_t)(n) << 13)
#define AUTORELOAD (1u << 29)
#define INCREASE (1u << 30)
#define EN (1u << 31)
#define KEY 0x50D83AA1u

typedef struct rig {
    bench b;
    espy_timg group[2];
    probe intr[2][3];
    espy_reset_cause cause;
    unsigned cores, resets;
    espy_tick reset_at;
} rig;

static void request(void *self, espy_reset_cause cause, unsigned cores)
{
    rig *r = self;
    r->cause = cause;
    r->cores = cores;
    r->resets++;
    r->reset_at = r->b.clock.now;
}

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    for (unsigned g = 0; g < 2; g++) {
        espy_timg_init(&r->group[g], &r->b.soc, g);
        espy_timg_set_apb(&r->group[g], 6);
        r->group[g].intr_timer[0] = probe_line(&r->b, &r->intr[g][0]);
        r->group[g].intr_timer[1] = probe_line(&r->b, &r->intr[g][1]);
        r->group[g].intr_wdt = probe_line(&r->b, &r->intr[g][2]);
        r->group[g].reset = (espy_reset_port){request, r};
    }
}

static uint64_t value(rig *r, unsigned g, unsigned t)
{
    wr(&r->b, UPDATE(g, t), 1u << 31);
    assert_int_equal(rd(&r->b, UPDATE(g, t)), 0);
    return (uint64_t)rd(&r->b, HI(g, t)) << 32 | rd(&r->b, LO(g, t));
}

/* 80 MHz / 80 = 1 MHz; the crystal's 40 MHz / 2 = 20 MHz. */
static void a_timer_counts_its_divided_source(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, CONFIG(0, 0), EN | INCREASE | DIVIDER(80));
    wr(&r.b, CONFIG(0, 1), EN | INCREASE | DIVIDER(2) | USE_XTAL);
    pass(&r.b, ESPY_TICKS_PER_MS);
    assert_int_equal(value(&r, 0, 0), 1000);
    assert_int_equal(value(&r, 0, 1), 20000);
    espy_timg_set_apb(&r.group[0], 12); /* APB at 40 MHz halves only the first */
    pass(&r.b, ESPY_TICKS_PER_MS);
    assert_int_equal(value(&r, 0, 0), 1500);
    assert_int_equal(value(&r, 0, 1), 40000);
    bench_close(&r.b);
}

static void counting_down_wraps_at_54_bits(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, LOADLO(1, 0), 3);
    wr(&r.b, LOADHI(1, 0), 0);
    wr(&r.b, LOAD(1, 0), 1);
    wr(&r.b, CONFIG(1, 0), EN | DIVIDER(2));
    pass(&r.b, 3 * 12);
    assert_int_equal(value(&r, 1, 0), 0);
    pass(&r.b, 12);
    assert_int_equal(value(&r, 1, 0), (UINT64_C(1) << 54) - 1);
    bench_close(&r.b);
}

/* As MicroPython's machine.Timer in periodic mode: reload, alarm enabled again by each handler. */
static void a_periodic_alarm_does_not_drift(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA(0), 1);
    wr(&r.b, ALARMLO(0, 0), 1000);
    uint32_t conf = EN | INCREASE | AUTORELOAD | DIVIDER(8);
    wr(&r.b, CONFIG(0, 0), conf | ALARM_EN);
    for (unsigned n = 1; n <= 100; n++) {
        pass(&r.b, 48000 - (n == 1 ? 0 : 100));
        assert_int_equal(r.intr[0][0].rises, n);
        assert_int_equal(r.intr[0][0].rose_at, n * 48000);
        assert_int_equal(rd(&r.b, CONFIG(0, 0)), conf); /* ALARM_EN clears itself */
        assert_int_equal(rd(&r.b, INT_ST(0)), 1);
        pass(&r.b, 100); /* the handler is late */
        wr(&r.b, INT_CLR(0), 1);
        wr(&r.b, CONFIG(0, 0), conf | ALARM_EN);
    }
    bench_close(&r.b);
}

static void an_alarm_that_has_been_passed_is_due_at_once(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA(0), 2);
    wr(&r.b, CONFIG(0, 1), EN | INCREASE | DIVIDER(2));
    pass(&r.b, 1000 * 12);
    wr(&r.b, ALARMLO(0, 1), 500);
    wr(&r.b, CONFIG(0, 1), EN | INCREASE | DIVIDER(2) | ALARM_EN);
    pass(&r.b, 0);
    assert_int_equal(r.intr[0][1].rises, 1);
    assert_int_equal(value(&r, 0, 1), 1000);
    bench_close(&r.b);
}

static void unlock(rig *r, unsigned g)
{
    wr(&r->b, WDTWPROTECT(g), KEY);
}

/* As esp_int_wdt.c: 500 us per cycle; an interrupt, then a system reset. */
static void the_watchdog_interrupts_then_resets(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    unlock(&r, 1);
    wr(&r.b, WDTCONFIG1(1), 40000u << 16);
    wr(&r.b, WDT_HOLD(1, 0), 600); /* 300 ms */
    wr(&r.b, WDT_HOLD(1, 1), 1200);
    wr(&r.b, INT_ENA(1), 4);
    wr(&r.b, WDTCONFIG0(1), 1u << 31 | 1u << 29 | 3u << 27);
    wr(&r.b, WDTWPROTECT(1), 0);
    pass(&r.b, 300 * ESPY_TICKS_PER_MS - 1);
    assert_int_equal(r.intr[1][2].rises, 0);
    pass(&r.b, 1);
    assert_int_equal(r.intr[1][2].rises, 1);
    pass(&r.b, 600 * ESPY_TICKS_PER_MS);
    assert_int_equal(r.resets, 1);
    assert_int_equal(r.cause, ESPY_CAUSE_CORE_MWDT1);
    assert_int_equal(r.cores, ESPY_CORES_BOTH);
    assert_int_equal(r.reset_at, 900 * ESPY_TICKS_PER_MS);
    bench_close(&r.b);
}

static void a_cpu_reset_names_the_enabled_cores(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WDT_HOLD(0, 0), 10);
    wr(&r.b, WDTCONFIG0(0), 1u << 31 | 2u << 29 | 1u << 12);
    pass(&r.b, 60);
    assert_int_equal(r.cause, ESPY_CAUSE_CPU_MWDT0);
    assert_int_equal(r.cores, ESPY_CORE_1);
    bench_close(&r.b);
}

static void the_key_protects_the_watchdog(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WDTWPROTECT(0), 1);
    uint32_t conf = rd(&r.b, WDTCONFIG0(0));
    wr(&r.b, WDTCONFIG0(0), 0);
    assert_int_equal(rd(&r.b, WDTCONFIG0(0)), conf);
    unlock(&r, 0);
    wr(&r.b, WDTCONFIG0(0), 1u << 31 | 3u << 29);
    wr(&r.b, WDT_HOLD(0, 0), 100);
    for (unsigned n = 0; n < 10; n++) {
        pass(&r.b, 599);
        wr(&r.b, WDTFEED(0), 1);
    }
    assert_int_equal(r.resets, 0);
    wr(&r.b, WDTWPROTECT(0), 0);
    pass(&r.b, 599);
    wr(&r.b, WDTFEED(0), 1); /* locked: not heard */
    pass(&r.b, 1);
    assert_int_equal(r.resets, 1);
    bench_close(&r.b);
}

/* TRM, "Flash Boot Protection": group 0 alone, until software clears the bit. */
static void the_boot_is_guarded_when_booting_from_flash(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    pass(&r.b, 10 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 0); /* a download mode */
    for (unsigned g = 0; g < 2; g++)
        espy_timg_set_flash_boot(&r.group[g], true);
    pass(&r.b, 26000000 * UINT64_C(6)); /* the reset value of stage 0 at APB's 80 MHz */
    assert_int_equal(r.resets, 1);
    assert_int_equal(r.cause, ESPY_CAUSE_CORE_MWDT0);
    wr(&r.b, WDTCONFIG0(0), rd(&r.b, WDTCONFIG0(0)) & ~(1u << 14));
    pass(&r.b, 100 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 1);
    bench_close(&r.b);
}

static uint32_t measure(rig *r, unsigned clock, uint32_t cycles, espy_tick wait)
{
    wr(&r->b, RTCCALICFG(0), cycles << 16 | clock << 13);
    wr(&r->b, RTCCALICFG(0), cycles << 16 | clock << 13 | 1u << 31);
    pass(&r->b, wait);
    return rd(&r->b, RTCCALICFG1(0)) >> 7;
}

/* rtc_clk_cal_internal(): crystal cycles in 1024 cycles of 136 kHz and of 17.5 MHz / 256. */
static void a_slow_clock_is_measured_against_the_crystal(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    assert_int_equal(measure(&r, 0, 1024, 7 * ESPY_TICKS_PER_MS), 0);
    assert_false(rd(&r.b, RTCCALICFG(0)) & 1u << 15);
    pass(&r.b, ESPY_TICKS_PER_MS);
    assert_true(rd(&r.b, RTCCALICFG(0)) & 1u << 15);
    assert_int_equal(rd(&r.b, RTCCALICFG1(0)) >> 7, 1024 * UINT64_C(40000000) / 136000);
    assert_int_equal(measure(&r, 1, 1024, 16 * ESPY_TICKS_PER_MS), 1024 * UINT64_C(40000000) * 256 / 17500000);
    bench_close(&r.b);
}

static void the_missing_crystal_times_out(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, RTCCALICFG2(0), (1024u << 12) << 7); /* RTC_SLOW_CLK_X32K_CAL_TIMEOUT_THRES */
    assert_int_equal(measure(&r, 2, 1024, 100 * ESPY_TICKS_PER_MS), 0);
    assert_false(rd(&r.b, RTCCALICFG2(0)) & 1);
    pass(&r.b, 10 * ESPY_TICKS_PER_MS);
    assert_false(rd(&r.b, RTCCALICFG(0)) & 1u << 15);
    assert_true(rd(&r.b, RTCCALICFG2(0)) & 1);
    bench_close(&r.b);
}

static void sleep_stops_everything(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, CONFIG(0, 0), EN | INCREASE | DIVIDER(80));
    pass(&r.b, ESPY_TICKS_PER_MS);
    espy_timg_halt(&r.group[0], 0, true);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    espy_timg_halt(&r.group[0], 0, false);
    pass(&r.b, ESPY_TICKS_PER_MS);
    assert_int_equal(value(&r, 0, 0), 2000);
    bench_close(&r.b);
}

static void reset_values(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, CONFIG(1, 1), EN | DIVIDER(5));
    espy_timg_reset(&r.group[1], ESPY_RESET_CORE);
    assert_int_equal(rd(&r.b, CONFIG(1, 1)), 0x60002000);
    assert_int_equal(rd(&r.b, WDT_HOLD(1, 0)), 26000000);
    assert_int_equal(rd(&r.b, WDTWPROTECT(1)), KEY);
    assert_int_equal(rd(&r.b, BASE(1) + 0xF8), 0x02003071);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_counts_its_divided_source),
        cmocka_unit_test(counting_down_wraps_at_54_bits),
        cmocka_unit_test(a_periodic_alarm_does_not_drift),
        cmocka_unit_test(an_alarm_that_has_been_passed_is_due_at_once),
        cmocka_unit_test(the_watchdog_interrupts_then_resets),
        cmocka_unit_test(a_cpu_reset_names_the_enabled_cores),
        cmocka_unit_test(the_key_protects_the_watchdog),
        cmocka_unit_test(the_boot_is_guarded_when_booting_from_flash),
        cmocka_unit_test(a_slow_clock_is_measured_against_the_crystal),
        cmocka_unit_test(the_missing_crystal_times_out),
        cmocka_unit_test(sleep_stops_everything),
        cmocka_unit_test(reset_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
