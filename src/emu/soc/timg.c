/* SPDX-License-Identifier: MIT
 *
 * A timer group; see the header.
 */
#include "timg.h"

#include "../core/rate.h"
#include "../core/regfile.h"

#define BASE 0x6001F000u
#define SIZE 0x1000u
#define XTAL_TICKS 12u

enum {
    TIMER_SPAN = 0x24, /* from one timer's registers to the next one's */
    T0CONFIG = 0x00,
    T0LO = 0x04,
    T0HI = 0x08,
    T0UPDATE = 0x0C,
    T0ALARMLO = 0x10, /* each xxxLO is followed by its xxxHI */
    T0LOADLO = 0x18,
    T0LOAD = 0x20,
    WDTCONFIG0 = 0x48,
    WDTCONFIG1 = 0x4C,
    WDTCONFIG2 = 0x50,
    WDTCONFIG5 = 0x5C,
    WDTFEED = 0x60,
    WDTWPROTECT = 0x64,
    RTCCALICFG = 0x68,
    RTCCALICFG1 = 0x6C,
    INT_ENA = 0x70,
    INT_RAW = 0x74,
    INT_ST = 0x78,
    INT_CLR = 0x7C,
    RTCCALICFG2 = 0x80,
    NTIMERS_DATE = 0xF8
};

/* T0CONFIG */
#define T_USE_XTAL (1u << 9)
#define T_ALARM_EN (1u << 10)
#define T_DIVCNT_RST (1u << 12)
#define T_DIVIDER_S 13
#define T_AUTORELOAD (1u << 29)
#define T_INCREASE (1u << 30)
#define T_EN (1u << 31)
#define COUNT_MASK ((UINT64_C(1) << 54) - 1)

/* WDTCONFIG0 */
#define WDT_APPCPU_RESET_EN (1u << 12)
#define WDT_PROCPU_RESET_EN (1u << 13)
#define WDT_FLASHBOOT_MOD_EN (1u << 14)
#define WDT_STG0_S 29
#define WDT_STAGES_M (0xFFu << 23)
#define WDT_EN (1u << 31)

#define INT_WDT (1u << 2)
#define INT_MASK 7u

/* RTCCALICFG, RTCCALICFG2 */
#define CALI_START_CYCLING (1u << 12)
#define CALI_CLK_SEL_S 13
#define CALI_RDY (1u << 15)
#define CALI_MAX_S 16
#define CALI_START (1u << 31)
#define CALI_CYCLING_DATA_VLD 1u
#define CALI_VALUE_S 7
#define CALI_TIMEOUT 1u
#define CALI_TIMEOUT_THRES_S 7

static const espy_reg_init reset_values[] = {
    {T0CONFIG, 0x60002000},
    {T0CONFIG + TIMER_SPAN, 0x60002000},
    {WDTCONFIG0, 0x0004C000},
    {WDTCONFIG1, 0x00010000},
    {0x50, 26000000},   /* WDTCONFIG2: stage 0 */
    {0x54, 0x07FFFFFF}, /* WDTCONFIG3 */
    {0x58, 0x000FFFFF}, /* WDTCONFIG4 */
    {0x5C, 0x000FFFFF}, /* WDTCONFIG5 */
    {WDTWPROTECT, ESPY_WATCHDOG_KEY},
    {RTCCALICFG, 0x00013000},
    {RTCCALICFG2, 0xFFFFFF98},
    {NTIMERS_DATE, 0x02003071},
};

static uint32_t *reg(espy_timg *group, uint32_t offset)
{
    return &group->reg[offset / 4];
}

static void update_interrupts(espy_timg *group)
{
    uint32_t active = *reg(group, INT_RAW) & *reg(group, INT_ENA);
    for (unsigned i = 0; i < 2; i++)
        espy_line_set(&group->intr_timer[i], (active >> i & 1) != 0);
    espy_line_set(&group->intr_wdt, (active & INT_WDT) != 0);
}

/* ---- timers ---- */

static uint32_t *timer_reg(espy_timg_timer *timer, uint32_t offset)
{
    return reg(timer->group, timer->index * TIMER_SPAN + offset);
}

static uint64_t timer_pair(espy_timg_timer *timer, uint32_t low)
{
    return ((uint64_t)*timer_reg(timer, low + 4) << 32 | *timer_reg(timer, low)) & COUNT_MASK;
}

/* The length of a count.  A divider of 0 means 65536, and 1 works as 2. */
static unsigned timer_ticks(espy_timg_timer *timer)
{
    uint32_t conf = *timer_reg(timer, T0CONFIG);
    unsigned divider = conf >> T_DIVIDER_S & 0xFFFF;
    divider = divider == 0 ? 65536 : divider == 1 ? 2 : divider;
    return divider * (conf & T_USE_XTAL ? XTAL_TICKS : timer->group->apb_ticks);
}

static bool timer_runs(espy_timg_timer *timer)
{
    return (*timer_reg(timer, T0CONFIG) & T_EN) != 0 && !timer->group->halted;
}

static uint64_t timer_value(espy_timg_timer *timer)
{
    if (!timer_runs(timer))
        return timer->value;
    uint64_t counts = espy_since(timer->group->soc->clock, timer->since) / timer_ticks(timer);
    bool up = (*timer_reg(timer, T0CONFIG) & T_INCREASE) != 0;
    return (up ? timer->value + counts : timer->value - counts) & COUNT_MASK;
}

/* Brings value and since up to now, without losing the part of a count. */
static void timer_settle(espy_timg_timer *timer)
{
    espy_tick now = espy_not_before(timer->group->soc->clock, timer->since);
    timer->value = timer_value(timer);
    espy_tick part = espy_since(timer->group->soc->clock, timer->since) % timer_ticks(timer);
    timer->since = timer_runs(timer) ? now - part : now;
}

static void timer_set(espy_timg_timer *timer, uint64_t value)
{
    timer->value = value;
    timer->since = timer->group->soc->clock->now;
}

static void timer_schedule(espy_timg_timer *timer)
{
    espy_clock *clock = timer->group->soc->clock;
    espy_clock_cancel(clock, &timer->alarm);
    uint32_t conf = *timer_reg(timer, T0CONFIG);
    if (!timer_runs(timer) || (conf & T_ALARM_EN) == 0)
        return;
    uint64_t target = timer_pair(timer, T0ALARMLO);
    uint64_t left = (conf & T_INCREASE ? target - timer->value : timer->value - target) & COUNT_MASK;
    /* An alarm that has been passed goes off at once. */
    bool passed = left >= UINT64_C(1) << 53;
    espy_tick span = espy_rate_ticks((espy_rate){1, timer_ticks(timer)}, left);
    espy_clock_at(clock, &timer->alarm, passed ? clock->now : timer->since + span);
}

static void timer_alarm(void *self)
{
    espy_timg_timer *timer = self;
    timer_settle(timer);
    *timer_reg(timer, T0CONFIG) &= ~T_ALARM_EN;
    if (*timer_reg(timer, T0CONFIG) & T_AUTORELOAD) {
        timer->value = timer_pair(timer, T0LOADLO);
        timer->since = timer->alarm.when; /* and not now, which may be a little later */
    }
    *reg(timer->group, INT_RAW) |= 1u << timer->index;
    update_interrupts(timer->group);
}

static void timer_write(espy_timg_timer *timer, uint32_t offset, uint32_t value)
{
    timer_settle(timer);
    switch (offset) {
    case T0CONFIG:
        if (value & T_DIVCNT_RST)
            timer->since = timer->group->soc->clock->now;
        *timer_reg(timer, T0CONFIG) = value & ~T_DIVCNT_RST;
        break;
    case T0UPDATE:
        *timer_reg(timer, T0LO) = (uint32_t)timer->value;
        *timer_reg(timer, T0HI) = (uint32_t)(timer->value >> 32);
        break;
    case T0LOAD: timer_set(timer, timer_pair(timer, T0LOADLO)); break;
    case T0LO:
    case T0HI: break;
    default: *timer_reg(timer, offset) = value;
    }
    timer_schedule(timer);
}

/* ---- main watchdog ---- */

static bool wdt_guards_boot(espy_timg *group)
{
    return group->index == 0 && group->flash_boot && (*reg(group, WDTCONFIG0) & WDT_FLASHBOOT_MOD_EN) != 0;
}

static void wdt_apply(espy_timg *group)
{
    uint32_t conf = *reg(group, WDTCONFIG0);
    bool on = ((conf & WDT_EN) != 0 && (conf & WDT_STAGES_M) != 0) || wdt_guards_boot(group);
    if (on && !group->wdt_on)
        espy_watchdog_feed(&group->wdt);
    group->wdt_on = on;
    espy_watchdog_run(&group->wdt, on && !group->halted);
}

static void wdt_set_rate(espy_timg *group)
{
    uint32_t prescale = *reg(group, WDTCONFIG1) >> 16;
    espy_watchdog_set_rate(&group->wdt, (espy_rate){1, group->apb_ticks * (prescale != 0 ? prescale : 1)});
}

static uint64_t wdt_hold(void *self, unsigned stage)
{
    return *reg(self, WDTCONFIG2 + 4 * stage);
}

static unsigned wdt_cores(uint32_t conf)
{
    return (conf & WDT_PROCPU_RESET_EN ? ESPY_CORE_0 : 0) | (conf & WDT_APPCPU_RESET_EN ? ESPY_CORE_1 : 0);
}

static void wdt_expire(void *self, unsigned stage)
{
    espy_timg *group = self;
    uint32_t conf = *reg(group, WDTCONFIG0);
    unsigned action = conf >> (WDT_STG0_S - 2 * stage) & 3;
    if (stage == 0 && wdt_guards_boot(group))
        action = ESPY_WATCHDOG_RESET_CORE;
    if (action == ESPY_WATCHDOG_INTERRUPT) {
        *reg(group, INT_RAW) |= INT_WDT;
        update_interrupts(group);
    } else if (action == ESPY_WATCHDOG_RESET_CPU) {
        espy_reset_request(&group->reset, group->index == 0 ? ESPY_CAUSE_CPU_MWDT0 : ESPY_CAUSE_CPU_MWDT1,
                           wdt_cores(conf));
    } else if (action == ESPY_WATCHDOG_RESET_CORE) {
        espy_reset_request(&group->reset, group->index == 0 ? ESPY_CAUSE_CORE_MWDT0 : ESPY_CAUSE_CORE_MWDT1,
                           ESPY_CORES_BOTH);
    }
}

static void wdt_write(espy_timg *group, uint32_t offset, uint32_t value)
{
    if (*reg(group, WDTWPROTECT) != ESPY_WATCHDOG_KEY)
        return;
    if (offset == WDTFEED) {
        espy_watchdog_feed(&group->wdt);
        return;
    }
    *reg(group, offset) = value;
    if (offset == WDTCONFIG1)
        wdt_set_rate(group);
    wdt_apply(group);
}

/* ---- measuring a slow clock ---- */

/* The clock that RTC_CALI_CLK_SEL names; false for the crystal that no board has. */
static bool cali_rate(espy_timg *group, espy_rate *rate)
{
    unsigned select = *reg(group, RTCCALICFG) >> CALI_CLK_SEL_S & 3;
    *rate = select == 1 ? ESPY_RATE_RC_FAST_D256 : ESPY_RATE_RC_SLOW;
    return select < 2;
}

/* How long the requested number of slow cycles takes; ESPY_NEVER for a dead clock. */
static espy_tick cali_span(espy_timg *group)
{
    espy_rate rate;
    uint32_t max = *reg(group, RTCCALICFG) >> CALI_MAX_S & 0x7FFF;
    return cali_rate(group, &rate) ? espy_rate_ticks(rate, max) : ESPY_NEVER;
}

static bool cali_active(espy_timg *group)
{
    return (*reg(group, RTCCALICFG) & (CALI_START | CALI_START_CYCLING)) != 0;
}

static bool cali_ready(espy_timg *group)
{
    return cali_active(group) && espy_since(group->soc->clock, group->cali_since) >= cali_span(group);
}

static bool cali_timed_out(espy_timg *group)
{
    espy_tick limit = (espy_tick)(*reg(group, RTCCALICFG2) >> CALI_TIMEOUT_THRES_S) * XTAL_TICKS;
    return cali_active(group) && !cali_ready(group) && espy_since(group->soc->clock, group->cali_since) >= limit;
}

/* RTCCALICFG1: crystal cycles counted in the slow cycles asked for. */
static uint32_t cali_value(espy_timg *group)
{
    if (!cali_ready(group))
        return 0;
    uint32_t cycles = (uint32_t)(cali_span(group) / XTAL_TICKS);
    bool cycling = (*reg(group, RTCCALICFG) & CALI_START_CYCLING) != 0;
    return cycles << CALI_VALUE_S | (cycling ? CALI_CYCLING_DATA_VLD : 0);
}

static void cali_write(espy_timg *group, uint32_t value)
{
    uint32_t old = *reg(group, RTCCALICFG);
    *reg(group, RTCCALICFG) = value & ~CALI_RDY;
    if ((value & ~old & (CALI_START | CALI_START_CYCLING)) != 0)
        group->cali_since = group->soc->clock->now;
}

/* ---- the block ---- */

static uint32_t timg_read(void *self, uint32_t offset)
{
    espy_timg *group = self;
    switch (offset) {
    case INT_ST: return *reg(group, INT_RAW) & *reg(group, INT_ENA);
    case RTCCALICFG: return *reg(group, RTCCALICFG) | (cali_ready(group) ? CALI_RDY : 0);
    case RTCCALICFG1: return cali_value(group);
    case RTCCALICFG2: return *reg(group, RTCCALICFG2) | (cali_timed_out(group) ? CALI_TIMEOUT : 0);
    default: return offset < ESPY_TIMG_WORDS * 4 ? *reg(group, offset) : 0;
    }
}

static void timg_write(void *self, uint32_t offset, uint32_t value)
{
    espy_timg *group = self;
    if (offset < 2 * TIMER_SPAN) {
        timer_write(&group->timer[offset / TIMER_SPAN], offset % TIMER_SPAN, value);
        return;
    }
    if (offset >= WDTCONFIG0 && offset <= WDTFEED) {
        wdt_write(group, offset, value);
        return;
    }
    switch (offset) {
    case WDTWPROTECT: *reg(group, WDTWPROTECT) = value; break;
    case RTCCALICFG: cali_write(group, value); break;
    case RTCCALICFG2: *reg(group, RTCCALICFG2) = value & ~CALI_TIMEOUT; break;
    case INT_ENA: *reg(group, INT_ENA) = value & INT_MASK; break;
    case INT_CLR: *reg(group, INT_RAW) &= ~value; break;
    default: return;
    }
    update_interrupts(group);
}

static void settle_timers(espy_timg *group)
{
    for (unsigned i = 0; i < 2; i++)
        timer_settle(&group->timer[i]);
}

static void schedule_timers(espy_timg *group)
{
    for (unsigned i = 0; i < 2; i++)
        timer_schedule(&group->timer[i]);
}

void espy_timg_set_apb(espy_timg *group, unsigned ticks)
{
    settle_timers(group);
    group->apb_ticks = ticks;
    wdt_set_rate(group);
    schedule_timers(group);
}

void espy_timg_set_flash_boot(espy_timg *group, bool flash_boot)
{
    group->flash_boot = flash_boot;
    wdt_apply(group);
}

void espy_timg_halt(void *self, unsigned n, bool level)
{
    espy_timg *group = self;
    (void)n;
    settle_timers(group);
    group->halted = level;
    settle_timers(group);
    schedule_timers(group);
    wdt_apply(group);
}

static const char *const names[2] = {"TIMG0", "TIMG1"};

void espy_timg_init(espy_timg *group, const espy_soc *soc, unsigned index)
{
    *group = (espy_timg){.soc = soc, .index = index, .apb_ticks = 2 * XTAL_TICKS};
    for (unsigned i = 0; i < 2; i++) {
        espy_timg_timer *timer = &group->timer[i];
        *timer = (espy_timg_timer){.group = group, .index = i};
        timer->alarm = (espy_event){.fire = timer_alarm, .self = timer};
    }
    group->wdt = (espy_watchdog){
        .clock = soc->clock, .expire = wdt_expire, .hold = wdt_hold, .self = group, .rate = {1, group->apb_ticks}};
    espy_watchdog_init(&group->wdt);
    espy_bus_attach(soc->bus, &(espy_device){names[index], BASE + index * SIZE, SIZE, group, timg_read, timg_write});
    espy_timg_reset(group, ESPY_RESET_CHIP);
}

void espy_timg_reset(espy_timg *group, espy_reset depth)
{
    (void)depth;
    espy_regfile_reset(group->reg, ESPY_TIMG_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    group->cali_since = group->soc->clock->now;
    for (unsigned i = 0; i < 2; i++) {
        timer_set(&group->timer[i], 0);
        timer_schedule(&group->timer[i]);
    }
    group->wdt_on = false;
    wdt_set_rate(group);
    wdt_apply(group);
    update_interrupts(group);
}
