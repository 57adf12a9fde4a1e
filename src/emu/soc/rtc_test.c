/* SPDX-License-Identifier: MIT
 *
 * RTC_CNTL: causes, resets, stalls, timer, sleep, watchdogs, retention.
 */
#include "rtc.h"

#include "../core/bench.h"

#define BASE 0x60008000u
#define OPTIONS0 (BASE + 0x000)
#define SLP_TIMER0 (BASE + 0x004)
#define SLP_TIMER1 (BASE + 0x008)
#define TIME_UPDATE (BASE + 0x00C)
#define TIME_LOW0 (BASE + 0x010)
#define TIME_HIGH0 (BASE + 0x014)
#define STATE0 (BASE + 0x018)
#define RESET_STATE (BASE + 0x038)
#define WAKEUP_STATE (BASE + 0x03C)
#define INT_ENA (BASE + 0x040)
#define INT_RAW (BASE + 0x044)
#define INT_ST (BASE + 0x048)
#define INT_CLR (BASE + 0x04C)
#define STORE(n) (BASE + ((n) < 4 ? 0x050 : 0x0B0) + 4 * (n))
#define SLP_REJECT_CONF (BASE + 0x068)
#define CLK_CONF (BASE + 0x074)
#define DIG_PWC (BASE + 0x090)
#define WDTCONFIG0 (BASE + 0x098)
#define WDT_HOLD(s) (BASE + 0x09C + 4 * (s))
#define WDTFEED (BASE + 0x0AC)
#define WDTWPROTECT (BASE + 0x0B0)
#define SWD_CONF (BASE + 0x0B4)
#define SWD_WPROTECT (BASE + 0x0B8)
#define SW_CPU_STALL (BASE + 0x0BC)
#define TIME_LOW1 (BASE + 0x0EC)
#define SLP_REJECT_CAUSE (BASE + 0x128)
#define OPTION1 (BASE + 0x12C)
#define SLP_WAKEUP_CAUSE (BASE + 0x130)
#define INT_ENA_W1TS (BASE + 0x138)
#define INT_ENA_W1TC (BASE + 0x13C)

#define SLOW_HZ UINT64_C(136000)
#define INT_SLP_WAKEUP 1u
#define INT_SLP_REJECT 2u
#define INT_WDT 8u
#define INT_MAIN_TIMER (1u << 10)
#define INT_SWD (1u << 15)
#define BIT31 (1u << 31)

typedef struct rig {
    bench b;
    espy_rtc rtc;
    probe stall[2], sleep, intr, download;
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
    espy_rtc_init(&r->rtc, &r->b.soc);
    r->rtc.reset = (espy_reset_port){request, r};
    r->rtc.stall[0] = probe_line(&r->b, &r->stall[0]);
    r->rtc.stall[1] = probe_line(&r->b, &r->stall[1]);
    r->rtc.sleep = probe_line(&r->b, &r->sleep);
    r->rtc.intr = probe_line(&r->b, &r->intr);
    r->rtc.force_download = probe_line(&r->b, &r->download);
}

static uint64_t count(rig *r)
{
    wr(&r->b, TIME_UPDATE, BIT31);
    return (uint64_t)rd(&r->b, TIME_HIGH0) << 32 | rd(&r->b, TIME_LOW0);
}

/* ---- causes, resets, stalls ---- */

static void causes_are_kept_per_core(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    espy_rtc_set_cause(&r.rtc, ESPY_CORES_BOTH, ESPY_CAUSE_POWER_ON);
    assert_int_equal(rd(&r.b, RESET_STATE), 1u | 1u << 6 | 3u << 12 | 3u << 14);
    espy_rtc_set_cause(&r.rtc, ESPY_CORE_1, ESPY_CAUSE_CPU_SW);
    assert_int_equal(rd(&r.b, RESET_STATE) & 0xFFF, 1u | 12u << 6);
    wr(&r.b, RESET_STATE, rd(&r.b, RESET_STATE) | 3u << 16); /* RESET_FLAG_xxx_CLR */
    assert_int_equal(rd(&r.b, RESET_STATE), 1u | 12u << 6 | 3u << 12);
    wr(&r.b, RESET_STATE, 0); /* the causes are read-only */
    assert_int_equal(rd(&r.b, RESET_STATE), 1u | 12u << 6);
    espy_rtc_reset(&r.rtc, ESPY_RESET_CORE);
    espy_rtc_reset(&r.rtc, ESPY_RESET_SYSTEM);
    assert_int_equal(rd(&r.b, RESET_STATE) & 0xFFF, 1u | 12u << 6);
    bench_close(&r.b);
}

static void software_resets(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    uint32_t options = rd(&r.b, OPTIONS0);
    assert_int_equal(options, 0x1C00A000);
    wr(&r.b, OPTIONS0, options | 1u << 5);
    assert_int_equal(r.cause, ESPY_CAUSE_CPU_SW);
    assert_int_equal(r.cores, ESPY_CORE_0);
    wr(&r.b, OPTIONS0, options | 1u << 4);
    assert_int_equal(r.cores, ESPY_CORE_1);
    wr(&r.b, OPTIONS0, options | BIT31);
    assert_int_equal(r.cause, ESPY_CAUSE_CORE_SW);
    assert_int_equal(r.cores, ESPY_CORES_BOTH);
    assert_int_equal(r.resets, 3);
    assert_int_equal(rd(&r.b, OPTIONS0), options); /* the request bits do not stay */
    bench_close(&r.b);
}

static void what_a_cause_resets(void **state)
{
    (void)state;
    assert_true(espy_reset_is_cpu(ESPY_CAUSE_CPU_SW));
    assert_false(espy_reset_is_cpu(ESPY_CAUSE_CORE_SW));
    assert_int_equal(espy_reset_depth(ESPY_CAUSE_POWER_ON), ESPY_RESET_CHIP);
    assert_int_equal(espy_reset_depth(ESPY_CAUSE_SYS_RWDT), ESPY_RESET_SYSTEM);
    assert_int_equal(espy_reset_depth(ESPY_CAUSE_DEEP_SLEEP), ESPY_RESET_CORE);
    assert_int_equal(espy_reset_depth(ESPY_CAUSE_CORE_MWDT0), ESPY_RESET_CORE);
}

/* esp_cpu_stall(): 0x21 in C1 and 0x2 in C0 of the core. */
static void a_core_is_stalled_by_both_halves_of_the_key(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    uint32_t options = rd(&r.b, OPTIONS0);
    wr(&r.b, SW_CPU_STALL, 0x21u << 20);
    assert_false(r.stall[1].level);
    wr(&r.b, OPTIONS0, options | 2);
    assert_true(r.stall[1].level);
    assert_false(r.stall[0].level);
    wr(&r.b, SW_CPU_STALL, 0x21u << 20 | 0x21u << 26);
    wr(&r.b, OPTIONS0, options | 2u << 2);
    assert_true(r.stall[0].level);
    assert_false(r.stall[1].level);
    bench_close(&r.b);
}

/* ---- timer and sleep ---- */

static void the_timer_runs_on_the_slow_clock(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    assert_int_equal(count(&r), SLOW_HZ);
    wr(&r.b, CLK_CONF, (rd(&r.b, CLK_CONF) & 0x3FFFFFFF) | 2u << 30); /* RC_FAST_D256 */
    pass(&r.b, 8 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(count(&r), SLOW_HZ + 546875);
    assert_int_equal(rd(&r.b, TIME_LOW1), SLOW_HZ); /* the snapshot before */
    bench_close(&r.b);
}

static void set_alarm(rig *r, uint64_t target)
{
    wr(&r->b, SLP_TIMER0, (uint32_t)target);
    wr(&r->b, SLP_TIMER1, (uint32_t)(target >> 32));
    wr(&r->b, INT_CLR, INT_MAIN_TIMER);
    wr(&r->b, SLP_TIMER1, (uint32_t)(target >> 32) | 1u << 16);
}

static void the_alarm_interrupts(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA_W1TS, INT_MAIN_TIMER | 1);
    wr(&r.b, INT_ENA_W1TC, 1);
    assert_int_equal(rd(&r.b, INT_ENA), INT_MAIN_TIMER);
    set_alarm(&r, 17000);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.intr.rises, 1);
    assert_int_equal(r.intr.rose_at, ESPY_TICKS_PER_SECOND / 8);
    assert_int_equal(rd(&r.b, INT_ST), INT_MAIN_TIMER);
    wr(&r.b, INT_CLR, INT_MAIN_TIMER);
    assert_false(r.intr.level);
    bench_close(&r.b);
}

/* What waking takes with TIMER1 as it is after reset: XTL_BUF_WAIT 80, PLL_BUF_WAIT 40. */
#define WAIT espy_rate_ticks(ESPY_RATE_RC_SLOW, 80 + 40)

/* rtc_sleep_start(): light sleep for 0.25 s. */
static void light_sleep_ends_with_the_timer(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_alarm(&r, SLOW_HZ / 4);
    wr(&r.b, WAKEUP_STATE, (uint32_t)ESPY_WAKE_TIMER << 15);
    wr(&r.b, STATE0, BIT31);
    assert_true(r.sleep.level);
    assert_int_equal(rd(&r.b, INT_RAW), 0);
    pass(&r.b, ESPY_TICKS_PER_SECOND / 4 + WAIT - 1);
    assert_true(r.sleep.level);
    pass(&r.b, 1);
    assert_false(r.sleep.level);
    assert_true(rd(&r.b, INT_RAW) & INT_SLP_WAKEUP);
    assert_int_equal(rd(&r.b, SLP_WAKEUP_CAUSE), ESPY_WAKE_TIMER);
    assert_int_equal(rd(&r.b, TIME_LOW0) - rd(&r.b, TIME_LOW1), SLOW_HZ / 4 + 120); /* rtc_light_slp_time_get() */
    assert_int_equal(r.resets, 0);
    bench_close(&r.b);
}

static void only_enabled_sources_wake(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WAKEUP_STATE, (uint32_t)ESPY_WAKE_UART0 << 15);
    wr(&r.b, STATE0, BIT31);
    espy_rtc_wake(&r.rtc, ESPY_WAKE_GPIO);
    pass(&r.b, WAIT);
    assert_true(r.sleep.level);
    espy_rtc_wake(&r.rtc, ESPY_WAKE_UART0);
    pass(&r.b, WAIT);
    assert_false(r.sleep.level);
    assert_int_equal(rd(&r.b, SLP_WAKEUP_CAUSE), ESPY_WAKE_UART0);
    espy_rtc_wake(&r.rtc, ESPY_WAKE_UART0); /* awake already */
    assert_int_equal(r.sleep.rises, 1);
    bench_close(&r.b);
}

static void an_active_source_rejects_sleep(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_alarm(&r, 1);
    pass(&r.b, ESPY_TICKS_PER_MS);
    wr(&r.b, SLP_REJECT_CONF, 1u << 30 | (uint32_t)ESPY_WAKE_TIMER << 12);
    wr(&r.b, STATE0, BIT31);
    assert_false(r.sleep.level);
    assert_true(rd(&r.b, INT_RAW) & INT_SLP_REJECT);
    assert_int_equal(rd(&r.b, SLP_REJECT_CAUSE), ESPY_WAKE_TIMER);
    wr(&r.b, STATE0, 2);
    assert_int_equal(rd(&r.b, SLP_REJECT_CAUSE), 0);
    bench_close(&r.b);
}

static void deep_sleep_ends_in_a_reset(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, DIG_PWC, rd(&r.b, DIG_PWC) | BIT31);
    set_alarm(&r, SLOW_HZ);
    wr(&r.b, WAKEUP_STATE, (uint32_t)ESPY_WAKE_TIMER << 15);
    wr(&r.b, STATE0, BIT31);
    pass(&r.b, ESPY_TICKS_PER_SECOND + WAIT);
    assert_int_equal(r.resets, 1);
    assert_int_equal(r.cause, ESPY_CAUSE_DEEP_SLEEP);
    assert_true(r.sleep.level); /* until the machine resets */
    espy_rtc_reset(&r.rtc, espy_reset_depth(r.cause));
    assert_false(r.sleep.level);
    assert_int_equal(rd(&r.b, SLP_WAKEUP_CAUSE), ESPY_WAKE_TIMER);
    assert_int_equal(count(&r), SLOW_HZ + 120);
    bench_close(&r.b);
}

/* ---- watchdogs ---- */

/* As bootloader_config_wdt(): 9 s, then a reset of the RTC domain; stage 0 counts twice its register. */
static void the_watchdog_of_the_bootloader(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WDT_HOLD(0), (uint32_t)(9 * SLOW_HZ) >> 1);
    wr(&r.b, WDTCONFIG0, BIT31 | 4u << 28 | 1u << 9);
    wr(&r.b, WDTWPROTECT, 0);
    pass(&r.b, 5 * ESPY_TICKS_PER_SECOND);
    wr(&r.b, WDTFEED, BIT31); /* locked: not heard */
    pass(&r.b, 4 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 1);
    assert_int_equal(r.cause, ESPY_CAUSE_SYS_RWDT);
    assert_int_equal(r.reset_at, 9 * ESPY_TICKS_PER_SECOND);
    bench_close(&r.b);
}

static void every_action_of_the_watchdog(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, INT_ENA, INT_WDT);
    wr(&r.b, WDT_HOLD(0), 8);
    for (unsigned s = 1; s < 4; s++)
        wr(&r.b, WDT_HOLD(s), 17);
    wr(&r.b, WDTCONFIG0, BIT31 | 1u << 28 | 2u << 25 | 3u << 22 | 4u << 19 | 1u << 11);
    pass(&r.b, espy_rate_ticks(ESPY_RATE_RC_SLOW, 16));
    assert_int_equal(r.intr.rises, 1);
    pass(&r.b, 60000);
    assert_int_equal(r.cause, ESPY_CAUSE_CPU_RWDT);
    assert_int_equal(r.cores, ESPY_CORE_0);
    pass(&r.b, 60000);
    assert_int_equal(r.cause, ESPY_CAUSE_CORE_RWDT);
    pass(&r.b, 60000);
    assert_int_equal(r.cause, ESPY_CAUSE_SYS_RWDT);
    assert_int_equal(r.resets, 3);
    bench_close(&r.b);
}

static void the_watchdog_pauses_in_sleep_if_told(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WDT_HOLD(0), (uint32_t)SLOW_HZ / 2);
    wr(&r.b, WAKEUP_STATE, (uint32_t)ESPY_WAKE_GPIO << 15);
    wr(&r.b, WDTCONFIG0, BIT31 | 3u << 28 | 1u << 9);
    wr(&r.b, STATE0, BIT31);
    pass(&r.b, 10 * ESPY_TICKS_PER_SECOND);
    espy_rtc_wake(&r.rtc, ESPY_WAKE_GPIO);
    assert_int_equal(r.resets, 0);
    pass(&r.b, WAIT + ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 1);
    bench_close(&r.b);
}

static void the_boot_is_guarded_when_booting_from_flash(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    pass(&r.b, 60 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 0); /* a download mode */
    espy_rtc_set_flash_boot(&r.rtc, true);
    wr(&r.b, SWD_CONF, BIT31); /* SWD_AUTO_FEED_EN */
    pass(&r.b, espy_rate_ticks(ESPY_RATE_RC_SLOW, 400000));
    assert_int_equal(r.resets, 1);
    assert_int_equal(r.cause, ESPY_CAUSE_SYS_RWDT);
    wr(&r.b, WDTCONFIG0, 0);
    pass(&r.b, 60 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 1);
    bench_close(&r.b);
}

static void the_super_watchdog_wants_food(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, WDTCONFIG0, 0);
    espy_rtc_set_flash_boot(&r.rtc, true);
    wr(&r.b, INT_ENA, INT_SWD);
    for (unsigned n = 1; n < 4; n++) {
        pass(&r.b, ESPY_TICKS_PER_SECOND);
        assert_int_equal(r.intr.rises, n);
        wr(&r.b, SWD_CONF, 1u << 29); /* SWD_FEED */
        wr(&r.b, INT_CLR, INT_SWD);
    }
    assert_int_equal(r.resets, 0);
    wr(&r.b, SWD_WPROTECT, 0);
    wr(&r.b, SWD_CONF, BIT31); /* locked: not heard */
    pass(&r.b, 2 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.cause, ESPY_CAUSE_SUPER_WDT);
    espy_rtc_reset(&r.rtc, espy_reset_depth(r.cause));
    espy_rtc_set_cause(&r.rtc, ESPY_CORES_BOTH, r.cause);
    wr(&r.b, WDTCONFIG0, 0);
    assert_true(rd(&r.b, SWD_CONF) & 1);
    wr(&r.b, SWD_CONF, rd(&r.b, SWD_CONF) | 1u << 28 | BIT31);
    assert_false(rd(&r.b, SWD_CONF) & 1);
    pass(&r.b, 10 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(r.resets, 1);
    bench_close(&r.b);
}

/* ---- retention ---- */

static void what_survives_which_reset(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (unsigned n = 0; n < 8; n++)
        wr(&r.b, STORE(n), 0x1111 * (n + 1));
    wr(&r.b, OPTION1, 1);
    assert_true(r.download.level);
    wr(&r.b, INT_ENA, 1);
    pass(&r.b, ESPY_TICKS_PER_SECOND);
    espy_rtc_reset(&r.rtc, ESPY_RESET_CORE);
    assert_int_equal(rd(&r.b, INT_ENA), 1);
    espy_rtc_reset(&r.rtc, ESPY_RESET_SYSTEM);
    assert_int_equal(rd(&r.b, INT_ENA), 0);
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(rd(&r.b, STORE(n)), 0x1111 * (n + 1));
    assert_true(r.download.level);
    assert_int_equal(count(&r), SLOW_HZ);
    espy_rtc_reset(&r.rtc, ESPY_RESET_CHIP);
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(rd(&r.b, STORE(n)), 0);
    assert_false(r.download.level);
    assert_int_equal(count(&r), 0);
    assert_int_equal(rd(&r.b, RESET_STATE), 0x3000);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_are_kept_per_core),
        cmocka_unit_test(software_resets),
        cmocka_unit_test(what_a_cause_resets),
        cmocka_unit_test(a_core_is_stalled_by_both_halves_of_the_key),
        cmocka_unit_test(the_timer_runs_on_the_slow_clock),
        cmocka_unit_test(the_alarm_interrupts),
        cmocka_unit_test(light_sleep_ends_with_the_timer),
        cmocka_unit_test(only_enabled_sources_wake),
        cmocka_unit_test(an_active_source_rejects_sleep),
        cmocka_unit_test(deep_sleep_ends_in_a_reset),
        cmocka_unit_test(the_watchdog_of_the_bootloader),
        cmocka_unit_test(every_action_of_the_watchdog),
        cmocka_unit_test(the_watchdog_pauses_in_sleep_if_told),
        cmocka_unit_test(the_boot_is_guarded_when_booting_from_flash),
        cmocka_unit_test(the_super_watchdog_wants_food),
        cmocka_unit_test(what_survives_which_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
