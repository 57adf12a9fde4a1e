/* SPDX-License-Identifier: MIT
 *
 * Pads of the always-on domain: who owns them, their levels, and how they wake the chip.
 */
#include "rtc_io.h"

#include "gpio.h"
#include "rtc.h"

#include "../core/bench.h"

#define IO 0x60008400u
#define OUT_W1TS (IO + 0x04)
#define ENABLE (IO + 0x0C)
#define ENABLE_W1TS (IO + 0x10)
#define ENABLE_W1TC (IO + 0x14)
#define IN (IO + 0x24)
#define PIN(n) (IO + 0x28 + 4 * (n))
#define PAD(n) (IO + 0x84 + 4 * (n))
#define EXT_WAKEUP0 (IO + 0xDC)
#define GPIO(n) (UINT32_C(1) << (10 + (n)))
#define IE (1u << 13)
#define MUX (1u << 19)
#define UP (1u << 27)
#define DOWN (1u << 28)

#define RTC 0x60008000u
#define STATE0 (RTC + 0x18)
#define WAKEUP_STATE (RTC + 0x3C)
#define EXT_WAKEUP_CONF (RTC + 0x64)
#define SLP_REJECT_CONF (RTC + 0x68)
#define DIG_PWC (RTC + 0x90)
#define DIG_ISO (RTC + 0x94)
#define PAD_HOLD (RTC + 0xD8)
#define DIG_PAD_HOLD (RTC + 0xDC)
#define EXT_WAKEUP1 (RTC + 0xE0)
#define EXT_WAKEUP1_STATUS (RTC + 0xE4)
#define SLP_REJECT_CAUSE (RTC + 0x128)
#define SLP_WAKEUP_CAUSE (RTC + 0x130)
#define SLEEP_EN (1u << 31)

#define DIGITAL_OUT_W1TS 0x60004008u
#define DIGITAL_OUT1_W1TS 0x60004014u
#define DIGITAL_ENABLE_W1TS 0x60004024u
#define DIGITAL_ENABLE1_W1TS 0x60004030u
#define DIGITAL_IN 0x6000403Cu
#define DIGITAL_PIN(n) (0x60004074u + 4 * (n))

typedef struct rig {
    bench b;
    espy_gpio gpio;
    espy_rtc_io io;
    espy_rtc rtc;
    probe sleep;
} rig;

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_gpio_init(&r->gpio, &r->b.soc, (espy_line){0}, (espy_line){0});
    espy_rtc_init(&r->rtc, &r->b.soc);
    espy_rtc_io_init(&r->io, &r->b.soc);
    r->io.pad = espy_gpio_set_rtc;
    r->io.pad_self = &r->gpio;
    r->io.inputs = espy_rtc_set_pads;
    r->io.inputs_self = &r->rtc;
    r->io.wake = (espy_line){espy_rtc_gpio_wakes, &r->rtc, 1};
    r->gpio.changed = (espy_line){espy_rtc_io_changed, &r->io, 0};
    r->gpio.wake = (espy_line){espy_rtc_gpio_wakes, &r->rtc, 0};
    r->rtc.sleep = probe_line(&r->b, &r->sleep);
    r->rtc.hold = espy_gpio_set_hold;
    r->rtc.hold_self = &r->gpio;
}

/* Longer than the crystal needs. */
static bool wakes(rig *r)
{
    pass(&r->b, ESPY_TICKS_PER_MS);
    return !r->sleep.level;
}

/* rtc_sleep_start() with one source; true if the chip sleeps. */
static bool fall_asleep(rig *r, espy_wake source)
{
    wr(&r->b, WAKEUP_STATE, (uint32_t)source << 15);
    wr(&r->b, STATE0, SLEEP_EN);
    return !wakes(r);
}

static void a_pad_has_one_owner(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    espy_gpio_set_mux(&r.gpio, 7, 1u << 9 | 1u << 8); /* IO_MUX: input, pulled up */
    assert_int_equal(rd(&r.b, DIGITAL_IN), 1u << 7);
    wr(&r.b, PAD(7), IE);
    assert_int_equal(rd(&r.b, IN), GPIO(7)); /* both may listen */
    wr(&r.b, PAD(7), IE | MUX);
    assert_int_equal(rd(&r.b, DIGITAL_IN), 0);
    assert_int_equal(rd(&r.b, IN), 0); /* IO_MUX's pull no longer counts */
    wr(&r.b, PAD(7), IE | MUX | UP);
    assert_int_equal(rd(&r.b, IN), GPIO(7));
    wr(&r.b, PAD(7), IE | MUX | UP | DOWN);
    assert_int_equal(rd(&r.b, IN), 0);
    wr(&r.b, PAD(7), 0);
    assert_int_equal(rd(&r.b, DIGITAL_IN), 1u << 7);
    bench_close(&r.b);
}

static void a_pad_drives_and_lets_go(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, PAD(3), IE | MUX | UP);
    wr(&r.b, ENABLE_W1TS, GPIO(3));
    assert_false(espy_gpio_level(&r.gpio, 3));
    wr(&r.b, OUT_W1TS, GPIO(3));
    assert_true(espy_gpio_level(&r.gpio, 3));
    espy_gpio_drive(&r.gpio, 3, ESPY_PAD_LOW); /* the chip's driver is taken to win */
    assert_true(espy_gpio_level(&r.gpio, 3));
    wr(&r.b, PIN(3), 1u << 2); /* open drain: a high lets go */
    assert_false(espy_gpio_level(&r.gpio, 3));
    espy_gpio_drive(&r.gpio, 3, ESPY_PAD_FLOAT);
    assert_int_equal(rd(&r.b, IN), GPIO(3));
    assert_int_equal(rd(&r.b, ENABLE), GPIO(3));
    wr(&r.b, ENABLE_W1TC, GPIO(3));
    assert_int_equal(rd(&r.b, ENABLE), 0);
    bench_close(&r.b);
}

static void ext0_waits_for_a_level(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, PAD(0), IE | MUX | UP);
    wr(&r.b, EXT_WAKEUP0, 0u << 27);
    wr(&r.b, EXT_WAKEUP_CONF, 0); /* low */
    assert_true(fall_asleep(&r, ESPY_WAKE_EXT0));
    espy_gpio_drive(&r.gpio, 1, ESPY_PAD_LOW);
    assert_false(wakes(&r)); /* another pad */
    espy_gpio_drive(&r.gpio, 0, ESPY_PAD_LOW);
    assert_true(wakes(&r));
    assert_int_equal(rd(&r.b, SLP_WAKEUP_CAUSE), ESPY_WAKE_EXT0);
    wr(&r.b, EXT_WAKEUP_CONF, 1u << 30); /* high */
    assert_true(fall_asleep(&r, ESPY_WAKE_EXT0));
    espy_gpio_drive(&r.gpio, 0, ESPY_PAD_FLOAT);
    assert_true(wakes(&r));
    bench_close(&r.b);
}

static void ext1_waits_for_any_high_or_all_low(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, PAD(5), IE | MUX);
    wr(&r.b, PAD(9), IE | MUX);
    wr(&r.b, EXT_WAKEUP1, 1u << 5 | 1u << 9);
    wr(&r.b, EXT_WAKEUP_CONF, 1u << 31);
    assert_true(fall_asleep(&r, ESPY_WAKE_EXT1));
    espy_gpio_drive(&r.gpio, 9, ESPY_PAD_HIGH);
    assert_true(wakes(&r));
    assert_int_equal(rd(&r.b, EXT_WAKEUP1_STATUS), 1u << 9);
    wr(&r.b, EXT_WAKEUP1, 1u << 5 | 1u << 9 | 1u << 22); /* STATUS_CLR */
    assert_int_equal(rd(&r.b, EXT_WAKEUP1_STATUS), 0);
    wr(&r.b, EXT_WAKEUP_CONF, 0);
    assert_true(fall_asleep(&r, ESPY_WAKE_EXT1)); /* one is high */
    espy_gpio_drive(&r.gpio, 9, ESPY_PAD_FLOAT);
    assert_true(wakes(&r));
    assert_int_equal(rd(&r.b, EXT_WAKEUP1_STATUS), 1u << 5 | 1u << 9);
    bench_close(&r.b);
}

/* gpio_wakeup_enable(): by either block, and never from deep sleep. */
static void gpio_wakes_from_light_sleep(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    espy_gpio_set_mux(&r.gpio, 40, 1u << 9); /* input */
    wr(&r.b, DIGITAL_PIN(40), 1u << 10 | 5u << 7);
    assert_true(fall_asleep(&r, ESPY_WAKE_GPIO));
    espy_gpio_drive(&r.gpio, 40, ESPY_PAD_HIGH);
    assert_true(wakes(&r));
    espy_gpio_drive(&r.gpio, 40, ESPY_PAD_LOW);
    wr(&r.b, PAD(2), IE | MUX | UP);
    wr(&r.b, PIN(2), 1u << 10 | 4u << 7);
    assert_true(fall_asleep(&r, ESPY_WAKE_GPIO));
    espy_gpio_drive(&r.gpio, 2, ESPY_PAD_LOW);
    assert_true(wakes(&r));
    wr(&r.b, DIG_PWC, 1u << 31);
    assert_true(fall_asleep(&r, ESPY_WAKE_GPIO));
    bench_close(&r.b);
}

static void a_level_that_is_there_rejects_light_sleep(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, PAD(6), IE | MUX | UP);
    wr(&r.b, EXT_WAKEUP0, 6u << 27);
    wr(&r.b, EXT_WAKEUP_CONF, 1u << 30);
    wr(&r.b, SLP_REJECT_CONF, 1u << 30 | (uint32_t)ESPY_WAKE_EXT0 << 12);
    assert_false(fall_asleep(&r, ESPY_WAKE_EXT0));
    assert_int_equal(rd(&r.b, SLP_REJECT_CAUSE), ESPY_WAKE_EXT0);
    assert_int_equal(r.sleep.rises, 0);
    bench_close(&r.b);
}

/* gpio_hold_en(): GPIO4 by PAD_HOLD, GPIO38 by bit 17 of DIG_PAD_HOLD (soc/esp32s3/gpio_periph.c). */
static void a_held_pad_stays_as_it_is(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    const uint64_t both = UINT64_C(1) << 4 | UINT64_C(1) << 38;
    espy_gpio_set_mux(&r.gpio, 4, 1u << 12 | 1u << 9);
    espy_gpio_set_mux(&r.gpio, 38, 1u << 12 | 1u << 9);
    wr(&r.b, DIGITAL_OUT_W1TS, (uint32_t)both);
    wr(&r.b, DIGITAL_OUT1_W1TS, (uint32_t)(both >> 32));
    wr(&r.b, DIGITAL_ENABLE_W1TS, (uint32_t)both);
    wr(&r.b, DIGITAL_ENABLE1_W1TS, (uint32_t)(both >> 32));
    wr(&r.b, PAD_HOLD, 1u << 4);
    wr(&r.b, DIG_PAD_HOLD, 1u << (38 - 21));
    wr(&r.b, DIGITAL_OUT_W1TS + 4, (uint32_t)both); /* W1TC: not heard */
    espy_gpio_reset(&r.gpio, ESPY_RESET_CORE);
    espy_gpio_set_mux(&r.gpio, 4, 0);
    espy_gpio_set_mux(&r.gpio, 38, 0);
    assert_int_equal(rd(&r.b, DIGITAL_IN), (uint32_t)both);
    assert_int_equal(rd(&r.b, DIGITAL_IN + 4), (uint32_t)(both >> 32));
    wr(&r.b, PAD_HOLD, 0);
    assert_int_equal(rd(&r.b, DIGITAL_IN), 0);
    assert_true(espy_gpio_level(&r.gpio, 38));
    wr(&r.b, DIG_PAD_HOLD, 0);
    assert_false(espy_gpio_level(&r.gpio, 38));
    bench_close(&r.b);
}

/* gpio_deep_sleep_hold_en() */
static void digital_pads_are_held_in_deep_sleep_if_told(void **state)
{
    (void)state;
    for (unsigned told = 0; told < 2; told++) {
        rig r;
        open_rig(&r);
        espy_gpio_set_mux(&r.gpio, 38, 1u << 12);
        wr(&r.b, DIGITAL_OUT1_W1TS, 1u << 6);
        wr(&r.b, DIGITAL_ENABLE1_W1TS, 1u << 6);
        wr(&r.b, DIG_PAD_HOLD, 1u << (38 - 21));
        if (told)
            wr(&r.b, DIG_ISO, (rd(&r.b, DIG_ISO) & ~(1u << 14)) | 1u << 11);
        wr(&r.b, DIG_PWC, 1u << 31);
        wr(&r.b, STATE0, SLEEP_EN);
        espy_gpio_set_mux(&r.gpio, 38, 0); /* the digital domain has no power */
        assert_int_equal(espy_gpio_level(&r.gpio, 38), told);
        bench_close(&r.b);
    }
}

static void it_survives_a_core_reset(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    assert_int_equal(rd(&r.b, IO + 0x1FC), 0x02101180); /* DATE */
    wr(&r.b, PAD(6), IE | MUX | UP);
    espy_rtc_io_reset(&r.io, ESPY_RESET_CORE);
    assert_int_equal(rd(&r.b, PAD(6)), IE | MUX | UP);
    assert_true(espy_gpio_level(&r.gpio, 6));
    espy_rtc_io_reset(&r.io, ESPY_RESET_SYSTEM);
    assert_int_equal(rd(&r.b, PAD(6)), 0x48000000); /* soc/rtc_io_reg.h: RUE, DRV 2 */
    assert_false(espy_gpio_level(&r.gpio, 6));      /* the pad is the GPIO block's again */
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pad_has_one_owner),         cmocka_unit_test(a_pad_drives_and_lets_go),
        cmocka_unit_test(ext0_waits_for_a_level),      cmocka_unit_test(ext1_waits_for_any_high_or_all_low),
        cmocka_unit_test(gpio_wakes_from_light_sleep), cmocka_unit_test(a_level_that_is_there_rejects_light_sleep),
        cmocka_unit_test(a_held_pad_stays_as_it_is),   cmocka_unit_test(digital_pads_are_held_in_deep_sleep_if_told),
        cmocka_unit_test(it_survives_a_core_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
