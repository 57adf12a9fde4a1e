/* SPDX-License-Identifier: MIT
 *
 * RTC_CNTL, the always-on domain; see the header.
 */
#include "rtc.h"

#include "../core/regfile.h"

#include <string.h>

#define BASE 0x60008000u
#define SIZE 0x400u

enum {
    OPTIONS0 = 0x000,
    SLP_TIMER0 = 0x004,
    SLP_TIMER1 = 0x008,
    TIME_UPDATE = 0x00C,
    TIME_LOW0 = 0x010,
    TIME_HIGH0 = 0x014,
    STATE0 = 0x018,
    TIMER1 = 0x01C,
    RESET_STATE = 0x038,
    WAKEUP_STATE = 0x03C,
    INT_ENA = 0x040,
    INT_RAW = 0x044,
    INT_ST = 0x048,
    INT_CLR = 0x04C,
    STORE0 = 0x050,
    STORE3 = 0x05C,
    EXT_WAKEUP_CONF = 0x064,
    SLP_REJECT_CONF = 0x068,
    CLK_CONF = 0x074,
    SLOW_CLK_CONF = 0x078,
    PWC = 0x088,
    DIG_PWC = 0x090,
    DIG_ISO = 0x094,
    WDTCONFIG0 = 0x098,
    WDTCONFIG1 = 0x09C,
    WDTFEED = 0x0AC,
    WDTWPROTECT = 0x0B0,
    SWD_CONF = 0x0B4,
    SWD_WPROTECT = 0x0B8,
    SW_CPU_STALL = 0x0BC,
    STORE4 = 0x0C0,
    STORE7 = 0x0CC,
    PAD_HOLD = 0x0D8,
    DIG_PAD_HOLD = 0x0DC,
    EXT_WAKEUP1 = 0x0E0,
    EXT_WAKEUP1_STATUS = 0x0E4,
    TIME_LOW1 = 0x0EC,
    TIME_HIGH1 = 0x0F0,
    USB_CONF = 0x120,
    SLP_REJECT_CAUSE = 0x128,
    OPTION1 = 0x12C,
    SLP_WAKEUP_CAUSE = 0x130,
    INT_ENA_W1TS = 0x138,
    INT_ENA_W1TC = 0x13C
};

/* OPTIONS0 */
#define SW_APPCPU_RST (1u << 4)
#define SW_PROCPU_RST (1u << 5)
#define SW_SYS_RST (1u << 31)
#define SW_STALL_KEY 0x86u /* C1 and C0 of a core, put together */

/* SLP_TIMER1, TIME_UPDATE, STATE0, DIG_PWC, OPTION1 */
#define SLP_VAL_HI_M 0xFFFFu
#define MAIN_TIMER_ALARM_EN (1u << 16)
#define TIME_UPDATE_NOW (1u << 31)
#define SLP_REJECT_CAUSE_CLR (1u << 1)
#define SLEEP_EN (1u << 31)
#define DG_WRAP_PD_EN (1u << 31)
#define FORCE_DOWNLOAD_BOOT 1u

/* USB_CONF: whether software chooses, and whom; else the fuse USB_PHY_SEL, which nobody burns. */
#define SW_USB_PHY_SEL (1u << 19)
#define SW_HW_USB_PHY_SEL (1u << 20)

/* TIMER1, in cycles of the slow clock */
#define XTL_BUF_WAIT(timer1) ((timer1) >> 14 & 0x3FF)
#define PLL_BUF_WAIT(timer1) ((timer1) >> 24)

/* PWC, DIG_ISO, DIG_PAD_HOLD */
#define PAD_FORCE_HOLD (1u << 21)
#define DG_PAD_AUTOHOLD_EN (1u << 11)
#define DG_PAD_FORCE_UNHOLD (1u << 14)
#define DG_PAD_FORCE_HOLD (1u << 15)
#define RTC_PADS_M ((UINT64_C(1) << 22) - 1) /* GPIO0-21; the others are digital pads */
#define DIG_PAD_HOLD_S 21                    /* bit 1 is GPIO22 */

/* RESET_STATE */
#define RESET_CAUSE_APPCPU_S 6
#define RESET_CAUSES_M 0xFFFu
#define RESET_FLAG_PROCPU (1u << 14)
#define RESET_FLAG_APPCPU (1u << 15)
#define RESET_FLAG_CLR_S 2 /* RESET_FLAG_xxx_CLR are two bits above their flags */
#define RESET_STATE_RW 0x030C3000u

#define WAKEUP_ENA_S 15
#define SLEEP_REJECT_ENA_S 12
#define SLEEP_REJECT_ENA_M 0x3FFFFu
#define LIGHT_SLP_REJECT_EN (1u << 30)
#define DEEP_SLP_REJECT_EN (1u << 31)

/* EXT_WAKEUP_CONF, EXT_WAKEUP1 */
#define EXT_WAKEUP0_LV (1u << 30)
#define EXT_WAKEUP1_LV (1u << 31)
#define EXT_WAKEUP1_SEL_M 0x3FFFFFu
#define EXT_WAKEUP1_STATUS_CLR (1u << 22)

#define INT_SLP_WAKEUP (1u << 0)
#define INT_SLP_REJECT (1u << 1)
#define INT_WDT (1u << 3)
#define INT_MAIN_TIMER (1u << 10)
#define INT_SWD (1u << 15)
#define INT_MASK 0x1FFFFFu

#define ANA_CLK_RTC_SEL_S 30
#define ANA_CLK_DIV_S 23
#define ANA_CLK_DIV_M 0xFFu
#define SLOW_CLK_NEXT_EDGE (1u << 31)

/* WDTCONFIG0 */
#define WDT_PAUSE_IN_SLP (1u << 9)
#define WDT_APPCPU_RESET_EN (1u << 10)
#define WDT_PROCPU_RESET_EN (1u << 11)
#define WDT_FLASHBOOT_MOD_EN (1u << 12)
#define WDT_STG0_S 28
/* No header names this action; it is what esptool's watchdog reset of the ESP32-S3 has always used, and which
 * therefore works. */
#define RESET_RTC_OF_ESPTOOL 5
#define WDT_STAGES_M (0xFFFu << 19)
#define WDT_EN (1u << 31)
#define WDT_FEED (1u << 31)

/* SWD_CONF */
#define SWD_RESET_FLAG 1u
#define SWD_FEED_INT (1u << 1)
#define SWD_RST_FLAG_CLR (1u << 28)
#define SWD_FEED (1u << 29)
#define SWD_DISABLE (1u << 30)
#define SWD_AUTO_FEED_EN (1u << 31)
#define SWD_KEY 0x8F1D312Au
#define SWD_PERIOD ESPY_TICKS_PER_SECOND

static const espy_reg_init reset_values[] = {
    {0x000, 0x1C00A000}, /* OPTIONS0 */
    {0x01C, 0x28140403}, /* TIMER1 */
    {0x020, 0x01080000}, /* TIMER2 */
    {0x024, 0x14160A08}, /* TIMER3 */
    {0x028, 0x10200A08}, /* TIMER4 */
    {0x02C, 0x00008000}, /* TIMER5 */
    {0x030, 0x10200A08}, /* TIMER6 */
    {0x034, 0x00440000}, /* ANA_CONF */
    {0x038, 0x00003000}, /* RESET_STATE: both cores start in ROM */
    {0x03C, 0x00060000}, /* WAKEUP_STATE */
    {0x060, 0x00066C80}, /* EXT_XTL_CONF */
    {0x074, 0x1158321C}, /* CLK_CONF */
    {0x078, 0x00400000}, /* SLOW_CLK_CONF */
    {0x07C, 0x0AB0BE0A}, /* SDIO_CONF */
    {0x080, 0x00010800}, /* BIAS_CONF */
    {0x084, 0xA0000000}, /* RTC_CNTL */
    {0x088, 0x00000925}, /* PWC */
    {0x090, 0x00545010}, /* DIG_PWC */
    {0x094, 0xAA805080}, /* DIG_ISO */
    {0x098, 0x00013214}, /* WDTCONFIG0 */
    {0x09C, 200000},     /* WDTCONFIG1: stage 0 */
    {0x0A0, 80000},      /* WDTCONFIG2 */
    {0x0A4, 0x00000FFF}, /* WDTCONFIG3 */
    {0x0A8, 0x00000FFF}, /* WDTCONFIG4 */
    {0x0B0, 0x50D83AA1}, /* WDTWPROTECT */
    {0x0B4, 0x04B00000}, /* SWD_CONF */
    {0x0B8, 0x8F1D312A}, /* SWD_WPROTECT */
    {0x0E8, 0x43FF0010}, /* BROWN_OUT */
    {0x0F8, 0x0FF00000}, /* XTAL32K_CONF */
    {0x100, 0x00100200}, /* ULP_CP_CTRL */
    {0x104, 0x008A0810}, /* COCPU_CTRL */
    {0x108, 0x10000100}, /* TOUCH_CTRL1 */
    {0x10C, 0x000840CC}, /* TOUCH_CTRL2 */
    {0x110, 0xF0000102}, /* TOUCH_SCAN_CTRL */
    {0x114, 0x78000000}, /* TOUCH_SLP_THRES */
    {0x118, 0x50000000}, /* TOUCH_APPROACH */
    {0x11C, 0x96AA8800}, /* TOUCH_FILTER_CTRL */
    {0x124, 0x007FFFFF}, /* TOUCH_TIMEOUT_CTRL */
    {0x134, 0x0000C800}, /* ULP_CP_TIMER_1 */
    {0x140, 0x28340000}, /* RETENTION_CTRL */
    {0x148, 0x00000007}, /* FIB_SEL */
    {0x1FC, 0x02101271}, /* DATE */
};

static uint32_t *reg(espy_rtc *rtc, uint32_t offset)
{
    return &rtc->reg[offset / 4];
}

static void update_interrupt(espy_rtc *rtc)
{
    espy_line_set(&rtc->intr, (*reg(rtc, INT_RAW) & *reg(rtc, INT_ENA)) != 0);
}

static void raise(espy_rtc *rtc, uint32_t bits)
{
    *reg(rtc, INT_RAW) |= bits;
    update_interrupt(rtc);
}

/* ---- the RTC timer and its alarm ---- */

uint64_t espy_rtc_count(const espy_rtc *rtc)
{
    return rtc->count_base + espy_rate_cycles(rtc->rate, espy_since(rtc->soc->clock, rtc->count_since));
}

/* The slow clock that CLK_CONF selects; a missing crystal leaves the RC oscillator. */
static espy_rate slow_rate(espy_rtc *rtc)
{
    uint32_t divider = (*reg(rtc, SLOW_CLK_CONF) >> ANA_CLK_DIV_S & ANA_CLK_DIV_M) + 1;
    if (*reg(rtc, CLK_CONF) >> ANA_CLK_RTC_SEL_S == 2)
        return ESPY_RATE_RC_FAST_D256;
    return (espy_rate){ESPY_RATE_RC_SLOW.cycles, ESPY_RATE_RC_SLOW.ticks * divider};
}

static uint64_t alarm_count(espy_rtc *rtc)
{
    return (uint64_t)(*reg(rtc, SLP_TIMER1) & SLP_VAL_HI_M) << 32 | *reg(rtc, SLP_TIMER0);
}

static void arm_alarm(espy_rtc *rtc)
{
    espy_clock_cancel(rtc->soc->clock, &rtc->alarm);
    if (!rtc->alarm_on)
        return;
    uint64_t target = alarm_count(rtc);
    espy_tick when = rtc->soc->clock->now;
    if (target > espy_rtc_count(rtc))
        when = rtc->count_since + espy_rate_ticks(rtc->rate, target - rtc->count_base);
    espy_clock_at(rtc->soc->clock, &rtc->alarm, when);
}

static void alarm_due(void *self)
{
    espy_rtc *rtc = self;
    rtc->alarm_on = false;
    raise(rtc, INT_MAIN_TIMER);
    espy_rtc_wake(rtc, ESPY_WAKE_TIMER);
}

static void update_slow_clock(espy_rtc *rtc)
{
    rtc->count_base = espy_rtc_count(rtc);
    rtc->count_since = espy_not_before(rtc->soc->clock, rtc->count_since);
    rtc->rate = slow_rate(rtc);
    espy_watchdog_set_rate(&rtc->wdt, rtc->rate);
    arm_alarm(rtc);
}

/* TIME0 takes the time, TIME1 what TIME0 held. */
static void latch_time(espy_rtc *rtc)
{
    uint64_t count = espy_rtc_count(rtc);
    *reg(rtc, TIME_LOW1) = *reg(rtc, TIME_LOW0);
    *reg(rtc, TIME_HIGH1) = *reg(rtc, TIME_HIGH0);
    *reg(rtc, TIME_LOW0) = (uint32_t)count;
    *reg(rtc, TIME_HIGH0) = (uint32_t)(count >> 32) & 0xFFFF;
}

/* ---- RTC watchdog ---- */

static bool wdt_guards_boot(espy_rtc *rtc)
{
    return rtc->flash_boot && (*reg(rtc, WDTCONFIG0) & WDT_FLASHBOOT_MOD_EN) != 0;
}

static void wdt_apply(espy_rtc *rtc)
{
    uint32_t conf = *reg(rtc, WDTCONFIG0);
    bool on = ((conf & WDT_EN) != 0 && (conf & WDT_STAGES_M) != 0) || wdt_guards_boot(rtc);
    bool paused = rtc->asleep && (conf & WDT_PAUSE_IN_SLP) != 0;
    if (on && !rtc->wdt_on)
        espy_watchdog_feed(&rtc->wdt);
    rtc->wdt_on = on;
    espy_watchdog_run(&rtc->wdt, on && !paused);
}

/* Stage 0 counts twice its register: the multiplier that eFuse WDT_DELAY_SEL gives at 0. */
static uint64_t wdt_hold(void *self, unsigned stage)
{
    uint64_t hold = *reg(self, WDTCONFIG1 + 4 * stage);
    return stage == 0 ? hold << 1 : hold;
}

static unsigned wdt_cores(uint32_t conf)
{
    return (conf & WDT_PROCPU_RESET_EN ? ESPY_CORE_0 : 0) | (conf & WDT_APPCPU_RESET_EN ? ESPY_CORE_1 : 0);
}

static void wdt_expire(void *self, unsigned stage)
{
    espy_rtc *rtc = self;
    uint32_t conf = *reg(rtc, WDTCONFIG0);
    unsigned action = conf >> (WDT_STG0_S - 3 * stage) & 7;
    if (stage == 0 && wdt_guards_boot(rtc))
        action = ESPY_WATCHDOG_RESET_RTC;
    switch (action) {
    case ESPY_WATCHDOG_INTERRUPT: raise(rtc, INT_WDT); break;
    case ESPY_WATCHDOG_RESET_CPU: espy_reset_request(&rtc->reset, ESPY_CAUSE_CPU_RWDT, wdt_cores(conf)); break;
    case ESPY_WATCHDOG_RESET_CORE: espy_reset_request(&rtc->reset, ESPY_CAUSE_CORE_RWDT, ESPY_CORES_BOTH); break;
    case ESPY_WATCHDOG_RESET_RTC:
    case RESET_RTC_OF_ESPTOOL: espy_reset_request(&rtc->reset, ESPY_CAUSE_SYS_RWDT, ESPY_CORES_BOTH); break;
    default: break;
    }
}

static void wdt_write(espy_rtc *rtc, uint32_t offset, uint32_t value)
{
    if (*reg(rtc, WDTWPROTECT) != ESPY_WATCHDOG_KEY)
        return;
    if (offset == WDTFEED) {
        if (value & WDT_FEED)
            espy_watchdog_feed(&rtc->wdt);
        return;
    }
    *reg(rtc, offset) = value;
    wdt_apply(rtc);
}

/* ---- super watchdog ---- */

static void swd_apply(espy_rtc *rtc)
{
    bool off = !rtc->flash_boot || (*reg(rtc, SWD_CONF) & (SWD_DISABLE | SWD_AUTO_FEED_EN)) != 0;
    if (off)
        espy_clock_cancel(rtc->soc->clock, &rtc->swd);
    else if (!rtc->swd.armed)
        espy_clock_at(rtc->soc->clock, &rtc->swd, rtc->soc->clock->now + SWD_PERIOD);
}

static void swd_feed(espy_rtc *rtc)
{
    *reg(rtc, SWD_CONF) &= ~SWD_FEED_INT;
    espy_clock_cancel(rtc->soc->clock, &rtc->swd);
    swd_apply(rtc);
}

/* First it asks to be fed, then it resets. */
static void swd_due(void *self)
{
    espy_rtc *rtc = self;
    if (*reg(rtc, SWD_CONF) & SWD_FEED_INT) {
        espy_reset_request(&rtc->reset, ESPY_CAUSE_SUPER_WDT, ESPY_CORES_BOTH);
        return;
    }
    *reg(rtc, SWD_CONF) |= SWD_FEED_INT;
    swd_apply(rtc);
    raise(rtc, INT_SWD);
}

static void swd_write(espy_rtc *rtc, uint32_t value)
{
    if (*reg(rtc, SWD_WPROTECT) != SWD_KEY)
        return;
    uint32_t flags = *reg(rtc, SWD_CONF) & (SWD_RESET_FLAG | SWD_FEED_INT);
    if (value & SWD_RST_FLAG_CLR)
        flags &= ~SWD_RESET_FLAG;
    *reg(rtc, SWD_CONF) = (value & ~(SWD_RST_FLAG_CLR | SWD_FEED | SWD_RESET_FLAG | SWD_FEED_INT)) | flags;
    if (value & SWD_FEED)
        swd_feed(rtc);
    else
        swd_apply(rtc);
}

/* ---- sleep ---- */

/* In deep sleep, digital pads are held only if that is enabled for all of them. */
static bool digital_holds(espy_rtc *rtc)
{
    uint32_t iso = *reg(rtc, DIG_ISO);
    return !(rtc->asleep && rtc->deep) || (iso & (DG_PAD_AUTOHOLD_EN | DG_PAD_FORCE_UNHOLD)) == DG_PAD_AUTOHOLD_EN;
}

static void update_hold(espy_rtc *rtc)
{
    uint64_t pins = *reg(rtc, PWC) & PAD_FORCE_HOLD ? RTC_PADS_M : *reg(rtc, PAD_HOLD) & RTC_PADS_M;
    uint64_t digital =
        *reg(rtc, DIG_ISO) & DG_PAD_FORCE_HOLD ? UINT64_MAX : (uint64_t)*reg(rtc, DIG_PAD_HOLD) << DIG_PAD_HOLD_S;
    if (digital_holds(rtc))
        pins |= digital & ~RTC_PADS_M;
    if (rtc->hold != NULL)
        rtc->hold(rtc->hold_self, pins);
}

static void set_asleep(espy_rtc *rtc, bool asleep)
{
    if (asleep == rtc->asleep)
        return;
    rtc->asleep = asleep;
    latch_time(rtc);
    wdt_apply(rtc);
    update_hold(rtc);
    espy_line_set(&rtc->sleep, asleep);
}

/* The pads that EXT1 selects and that have its level: it waits for any high, or for all low. */
static uint32_t ext1_pads(espy_rtc *rtc)
{
    uint32_t selected = *reg(rtc, EXT_WAKEUP1) & EXT_WAKEUP1_SEL_M;
    uint32_t high = selected & rtc->pads;
    if (*reg(rtc, EXT_WAKEUP_CONF) & EXT_WAKEUP1_LV)
        return high;
    return high == 0 ? selected : 0;
}

static uint32_t active_sources(espy_rtc *rtc)
{
    bool ext0_level = (*reg(rtc, EXT_WAKEUP_CONF) & EXT_WAKEUP0_LV) != 0;
    return (*reg(rtc, INT_RAW) & INT_MAIN_TIMER ? ESPY_WAKE_TIMER : 0u) |
           (rtc->ext0_pad == ext0_level ? ESPY_WAKE_EXT0 : 0u) | (ext1_pads(rtc) != 0 ? ESPY_WAKE_EXT1 : 0u) |
           (!rtc->deep && (rtc->gpio_wakes[0] || rtc->gpio_wakes[1]) ? ESPY_WAKE_GPIO : 0u);
}

/* Whether a source that is active now turns the request down. */
static bool reject_sleep(espy_rtc *rtc, bool deep)
{
    uint32_t conf = *reg(rtc, SLP_REJECT_CONF);
    uint32_t cause = active_sources(rtc) & (conf >> SLEEP_REJECT_ENA_S & SLEEP_REJECT_ENA_M);
    if (cause == 0 || (conf & (deep ? DEEP_SLP_REJECT_EN : LIGHT_SLP_REJECT_EN)) == 0)
        return false;
    *reg(rtc, SLP_REJECT_CAUSE) = cause;
    raise(rtc, INT_SLP_REJECT);
    return true;
}

static void enter_sleep(espy_rtc *rtc)
{
    bool deep = (*reg(rtc, DIG_PWC) & DG_WRAP_PD_EN) != 0;
    *reg(rtc, STATE0) &= ~SLEEP_EN;
    rtc->deep = deep;
    if (reject_sleep(rtc, deep))
        return;
    espy_log(rtc->soc->log, ESPY_LOG_CPU, "%s sleep", deep ? "deep" : "light");
    set_asleep(rtc, true);
    espy_rtc_wake(rtc, (espy_wake)active_sources(rtc));
}

void espy_rtc_set_pads(void *self, uint32_t levels, bool ext0)
{
    espy_rtc *rtc = self;
    rtc->pads = levels;
    rtc->ext0_pad = ext0;
    espy_rtc_wake(rtc, (espy_wake)active_sources(rtc));
}

void espy_rtc_gpio_wakes(void *self, unsigned n, bool level)
{
    espy_rtc *rtc = self;
    rtc->gpio_wakes[n] = level;
    espy_rtc_wake(rtc, (espy_wake)active_sources(rtc));
}

void espy_rtc_wake(espy_rtc *rtc, espy_wake source)
{
    uint32_t cause = (uint32_t)source & *reg(rtc, WAKEUP_STATE) >> WAKEUP_ENA_S;
    if (!rtc->asleep || rtc->wakes.armed || cause == 0)
        return;
    *reg(rtc, SLP_WAKEUP_CAUSE) = cause;
    if (cause & ESPY_WAKE_EXT1)
        *reg(rtc, EXT_WAKEUP1_STATUS) |= ext1_pads(rtc);
    uint32_t timer1 = *reg(rtc, TIMER1);
    espy_tick wait = espy_rate_ticks(rtc->rate, XTL_BUF_WAIT(timer1) + PLL_BUF_WAIT(timer1));
    espy_clock_at(rtc->soc->clock, &rtc->wakes, rtc->soc->clock->now + wait);
}

static void awake(void *self)
{
    espy_rtc *rtc = self;
    if (rtc->deep) {
        espy_reset_request(&rtc->reset, ESPY_CAUSE_DEEP_SLEEP, ESPY_CORES_BOTH);
        return;
    }
    set_asleep(rtc, false);
    raise(rtc, INT_SLP_WAKEUP);
}

/* ---- resets and stalls ---- */

static void update_stalls(espy_rtc *rtc)
{
    uint32_t c0 = *reg(rtc, OPTIONS0);
    uint32_t c1 = *reg(rtc, SW_CPU_STALL);
    espy_line_set(&rtc->stall[0], (c1 >> 26 << 2 | (c0 >> 2 & 3)) == SW_STALL_KEY);
    espy_line_set(&rtc->stall[1], ((c1 >> 20 & 0x3F) << 2 | (c0 & 3)) == SW_STALL_KEY);
}

static void write_options0(espy_rtc *rtc, uint32_t value)
{
    *reg(rtc, OPTIONS0) = value & ~(SW_SYS_RST | SW_PROCPU_RST | SW_APPCPU_RST);
    update_stalls(rtc);
    if (value & SW_SYS_RST)
        espy_reset_request(&rtc->reset, ESPY_CAUSE_CORE_SW, ESPY_CORES_BOTH);
    else if (value & (SW_PROCPU_RST | SW_APPCPU_RST))
        espy_reset_request(&rtc->reset, ESPY_CAUSE_CPU_SW,
                           (value & SW_PROCPU_RST ? ESPY_CORE_0 : 0) | (value & SW_APPCPU_RST ? ESPY_CORE_1 : 0));
}

static void write_reset_state(espy_rtc *rtc, uint32_t value)
{
    uint32_t state = *reg(rtc, RESET_STATE) & ~RESET_STATE_RW;
    state &= ~(value >> RESET_FLAG_CLR_S & (RESET_FLAG_PROCPU | RESET_FLAG_APPCPU));
    *reg(rtc, RESET_STATE) = state | (value & RESET_STATE_RW);
}

void espy_rtc_set_cause(espy_rtc *rtc, unsigned cores, espy_reset_cause cause)
{
    uint32_t state = *reg(rtc, RESET_STATE);
    if (cores & ESPY_CORE_0)
        state = (state & ~0x3Fu) | (uint32_t)cause | RESET_FLAG_PROCPU;
    if (cores & ESPY_CORE_1)
        state =
            (state & ~(0x3Fu << RESET_CAUSE_APPCPU_S)) | (uint32_t)cause << RESET_CAUSE_APPCPU_S | RESET_FLAG_APPCPU;
    *reg(rtc, RESET_STATE) = state;
    if (cause == ESPY_CAUSE_SUPER_WDT)
        *reg(rtc, SWD_CONF) |= SWD_RESET_FLAG;
}

/* ---- the block ---- */

static void update_phy(espy_rtc *rtc)
{
    const uint32_t otg = SW_HW_USB_PHY_SEL | SW_USB_PHY_SEL;
    espy_line_set(&rtc->otg_phy, (*reg(rtc, USB_CONF) & otg) == otg);
}

static void write_timer1(espy_rtc *rtc, uint32_t value)
{
    *reg(rtc, SLP_TIMER1) = value & SLP_VAL_HI_M;
    if (value & MAIN_TIMER_ALARM_EN)
        rtc->alarm_on = true;
    arm_alarm(rtc);
}

static void write_ext1(espy_rtc *rtc, uint32_t value)
{
    *reg(rtc, EXT_WAKEUP1) = value & EXT_WAKEUP1_SEL_M;
    if (value & EXT_WAKEUP1_STATUS_CLR)
        *reg(rtc, EXT_WAKEUP1_STATUS) = 0;
}

static void write_state0(espy_rtc *rtc, uint32_t value)
{
    *reg(rtc, STATE0) = value & ~SLP_REJECT_CAUSE_CLR;
    if (value & SLP_REJECT_CAUSE_CLR)
        *reg(rtc, SLP_REJECT_CAUSE) = 0;
    if (value & SLEEP_EN)
        enter_sleep(rtc);
}

static void write_interrupts(espy_rtc *rtc, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case INT_ENA: *reg(rtc, INT_ENA) = value & INT_MASK; break;
    case INT_ENA_W1TS: *reg(rtc, INT_ENA) |= value & INT_MASK; break;
    case INT_ENA_W1TC: *reg(rtc, INT_ENA) &= ~value; break;
    case INT_CLR: *reg(rtc, INT_RAW) &= ~value; break;
    default: break; /* INT_RAW and INT_ST are read-only */
    }
    update_interrupt(rtc);
}

static uint32_t rtc_read(void *self, uint32_t offset)
{
    espy_rtc *rtc = self;
    if (offset >= ESPY_RTC_WORDS * 4)
        return 0;
    return offset == INT_ST ? *reg(rtc, INT_RAW) & *reg(rtc, INT_ENA) : *reg(rtc, offset);
}

static void rtc_write(void *self, uint32_t offset, uint32_t value)
{
    espy_rtc *rtc = self;
    if (offset >= ESPY_RTC_WORDS * 4)
        return;
    if (offset >= WDTCONFIG0 && offset <= WDTFEED) {
        wdt_write(rtc, offset, value);
        return;
    }
    switch (offset) {
    case OPTIONS0: write_options0(rtc, value); return;
    case SLP_TIMER1: write_timer1(rtc, value); return;
    case STATE0: write_state0(rtc, value); return;
    case EXT_WAKEUP1: write_ext1(rtc, value); return;
    case RESET_STATE: write_reset_state(rtc, value); return;
    case INT_ENA:
    case INT_RAW:
    case INT_ST:
    case INT_CLR:
    case INT_ENA_W1TS:
    case INT_ENA_W1TC: write_interrupts(rtc, offset, value); return;
    case SWD_CONF: swd_write(rtc, value); return;
    case TIME_LOW0:
    case TIME_HIGH0:
    case TIME_LOW1:
    case TIME_HIGH1:
    case EXT_WAKEUP1_STATUS:
    case SLP_WAKEUP_CAUSE:
    case SLP_REJECT_CAUSE: return;
    default: break;
    }
    *reg(rtc, offset) = offset == SLOW_CLK_CONF ? value & ~SLOW_CLK_NEXT_EDGE : value;
    switch (offset) {
    case SLP_TIMER0: arm_alarm(rtc); break;
    case TIME_UPDATE:
        *reg(rtc, TIME_UPDATE) &= ~TIME_UPDATE_NOW;
        if (value & TIME_UPDATE_NOW)
            latch_time(rtc);
        break;
    case CLK_CONF:
    case SLOW_CLK_CONF: update_slow_clock(rtc); break;
    case SW_CPU_STALL: update_stalls(rtc); break;
    case PWC:
    case DIG_ISO:
    case PAD_HOLD:
    case DIG_PAD_HOLD: update_hold(rtc); break;
    case OPTION1: espy_line_set(&rtc->force_download, (value & FORCE_DOWNLOAD_BOOT) != 0); break;
    case USB_CONF: update_phy(rtc); break;
    default: break;
    }
}

void espy_rtc_set_flash_boot(espy_rtc *rtc, bool flash_boot)
{
    rtc->flash_boot = flash_boot;
    wdt_apply(rtc);
    swd_apply(rtc);
}

void espy_rtc_init(espy_rtc *rtc, const espy_soc *soc)
{
    *rtc = (espy_rtc){.soc = soc, .rate = ESPY_RATE_RC_SLOW};
    rtc->alarm = (espy_event){.fire = alarm_due, .self = rtc};
    rtc->swd = (espy_event){.fire = swd_due, .self = rtc};
    rtc->wakes = (espy_event){.fire = awake, .self = rtc};
    rtc->wdt = (espy_watchdog){
        .clock = soc->clock, .expire = wdt_expire, .hold = wdt_hold, .self = rtc, .rate = ESPY_RATE_RC_SLOW};
    espy_watchdog_init(&rtc->wdt);
    espy_bus_attach(soc->bus, &(espy_device){"RTC_CNTL", BASE, SIZE, rtc, rtc_read, rtc_write});
    espy_rtc_reset(rtc, ESPY_RESET_CHIP);
}

/* A SYSTEM reset leaves the store registers, OPTION1 and the last causes alone. */
static void reset_registers(espy_rtc *rtc, espy_reset depth)
{
    uint32_t kept[ESPY_RTC_WORDS];
    memcpy(kept, rtc->reg, sizeof kept);
    espy_regfile_reset(rtc->reg, ESPY_RTC_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    if (depth == ESPY_RESET_CHIP)
        return;
    for (uint32_t offset = STORE0; offset <= STORE3; offset += 4)
        *reg(rtc, offset) = kept[offset / 4];
    for (uint32_t offset = STORE4; offset <= STORE7; offset += 4)
        *reg(rtc, offset) = kept[offset / 4];
    *reg(rtc, OPTION1) = kept[OPTION1 / 4];
    *reg(rtc, RESET_STATE) |= kept[RESET_STATE / 4] & RESET_CAUSES_M;
}

static void reset_domain(espy_rtc *rtc, espy_reset depth)
{
    reset_registers(rtc, depth);
    rtc->alarm_on = false;
    rtc->wdt_on = false;
    if (depth == ESPY_RESET_CHIP) {
        rtc->count_base = 0;
        rtc->count_since = rtc->soc->clock->now;
    }
    update_slow_clock(rtc);
    update_stalls(rtc);
    update_hold(rtc);
    espy_line_set(&rtc->force_download, (*reg(rtc, OPTION1) & FORCE_DOWNLOAD_BOOT) != 0);
    update_phy(rtc);
}

void espy_rtc_reset(espy_rtc *rtc, espy_reset depth)
{
    set_asleep(rtc, false);
    espy_clock_cancel(rtc->soc->clock, &rtc->wakes);
    /* The ROM cannot feed the super watchdog, and boards without an image are seen to be reset by
     * TIMG0's watchdog over and over, never by this one: a core reset must feed it. */
    espy_clock_cancel(rtc->soc->clock, &rtc->swd);
    *reg(rtc, SWD_CONF) &= ~SWD_FEED_INT;
    if (depth != ESPY_RESET_CORE)
        reset_domain(rtc, depth);
    wdt_apply(rtc);
    swd_apply(rtc);
    update_interrupt(rtc);
}
