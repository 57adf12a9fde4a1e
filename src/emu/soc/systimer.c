/* SPDX-License-Identifier: MIT
 *
 * SYSTIMER: two counters, three comparators; see the header.
 */
#include "systimer.h"

#include "../core/regfile.h"

#define BASE 0x60023000u
#define SIZE 0x1000u
#define TICKS_PER_COUNT (ESPY_TICKS_PER_SECOND / 16000000)
#define COUNT_MASK ((UINT64_C(1) << 52) - 1)
#define HI_MASK 0xFFFFFu

enum {
    CONF = 0x00,
    UNIT0_OP = 0x04,
    UNIT1_OP = 0x08,
    UNIT0_LOAD_HI = 0x0C,
    TARGET0_HI = 0x1C,
    TARGET0_CONF = 0x34,
    TARGET2_CONF = 0x3C,
    UNIT0_VALUE_HI = 0x40,
    COMP0_LOAD = 0x50,
    COMP2_LOAD = 0x58,
    UNIT0_LOAD = 0x5C,
    UNIT1_LOAD = 0x60,
    INT_ENA = 0x64,
    INT_RAW = 0x68,
    INT_CLR = 0x6C,
    INT_ST = 0x70,
    REAL_TARGET0_LO = 0x74,
    REAL_TARGET2_HI = 0x88,
    DATE = 0xFC
};

#define UNIT_VALUE_VALID (1u << 29)
#define UNIT_UPDATE (1u << 30)
#define TARGET_PERIOD_M 0x3FFFFFFu
#define TARGET_PERIOD_MODE (1u << 30)
#define TARGET_TIMER_UNIT_SEL_S 31
#define INT_MASK 7u

static const espy_reg_init reset_values[] = {
    {CONF, 0x46000000}, /* unit 0 works; unit 1 stalls with either core */
    {DATE, 0x02012251},
};

static uint32_t *reg(espy_systimer *timer, uint32_t offset)
{
    return &timer->reg[offset / 4];
}

static uint64_t machine_count(const espy_systimer *timer)
{
    return timer->soc->clock->now / TICKS_PER_COUNT;
}

static uint64_t unit_count(const espy_systimer *timer, unsigned n)
{
    const espy_systimer_unit *unit = &timer->unit[n];
    uint64_t count = machine_count(timer);
    uint64_t passed = unit->running && count > unit->since ? count - unit->since : 0;
    return (unit->value + passed) & COUNT_MASK;
}

/* TIMER_UNITn_WORK_EN is bit 30 - n, TIMER_UNITn_COREc_STALL_EN is bit 28 - 2n - c. */
static bool unit_should_run(espy_systimer *timer, unsigned n)
{
    uint32_t conf = *reg(timer, CONF);
    if (timer->stopped || (conf >> (30 - n) & 1) == 0)
        return false;
    for (unsigned c = 0; c < 2; c++)
        if (timer->stalled[c] && (conf >> (28 - 2 * n - c) & 1) != 0)
            return false;
    return true;
}

static unsigned target_unit(espy_systimer *timer, unsigned i)
{
    return *reg(timer, TARGET0_CONF + 4 * i) >> TARGET_TIMER_UNIT_SEL_S;
}

static bool target_works(espy_systimer *timer, unsigned i)
{
    return (*reg(timer, CONF) >> (24 - i) & 1) != 0;
}

static void update_interrupts(espy_systimer *timer)
{
    uint32_t active = *reg(timer, INT_RAW) & *reg(timer, INT_ENA);
    for (unsigned i = 0; i < 3; i++)
        espy_line_set(&timer->intr[i], (active >> i & 1) != 0);
}

/* Whether count b has been reached at count a, in 52-bit arithmetic. */
static bool reached(uint64_t a, uint64_t b)
{
    return ((a - b) & COUNT_MASK) < UINT64_C(1) << 51;
}

static void target_due(void *self);

/* Arms the comparator's event, or lets it be due at once if its count has passed. */
static void schedule(espy_systimer *timer, unsigned i)
{
    espy_systimer_target *target = &timer->target[i];
    const espy_systimer_unit *unit = &timer->unit[target_unit(timer, i)];
    espy_clock_cancel(timer->soc->clock, &target->due);
    if (!target->waiting || !target_works(timer, i))
        return;
    uint64_t count = unit_count(timer, target_unit(timer, i));
    if (reached(count, target->value))
        target_due(target);
    else if (unit->running)
        espy_clock_at(timer->soc->clock, &target->due,
                      (machine_count(timer) + ((target->value - count) & COUNT_MASK)) * TICKS_PER_COUNT);
}

static bool periodic(espy_systimer *timer, unsigned i)
{
    return (*reg(timer, TARGET0_CONF + 4 * i) & TARGET_PERIOD_MODE) != 0 && timer->target[i].period != 0;
}

static void target_due(void *self)
{
    espy_systimer_target *target = self;
    espy_systimer *timer = target->timer;
    unsigned i = (unsigned)(target - timer->target);
    *reg(timer, INT_RAW) |= 1u << i;
    update_interrupts(timer);
    target->waiting = periodic(timer, i);
    if (!target->waiting)
        return;
    /* A counter that was set forward may have passed several periods: they are one interrupt. */
    uint64_t late = (unit_count(timer, target_unit(timer, i)) - target->value) & COUNT_MASK;
    target->value = (target->value + (late / target->period + 1) * target->period) & COUNT_MASK;
    schedule(timer, i);
}

/* The comparator begins to wait: for TARGET, or for one period from now. */
static void start_target(espy_systimer *timer, unsigned i)
{
    espy_systimer_target *target = &timer->target[i];
    if (periodic(timer, i))
        target->value = (unit_count(timer, target_unit(timer, i)) + target->period) & COUNT_MASK;
    else
        target->value = target->oneshot;
    target->waiting = true;
    schedule(timer, i);
}

/* TIMER_COMPn_LOAD: the values written before take effect. */
static void load_target(espy_systimer *timer, unsigned i)
{
    espy_systimer_target *target = &timer->target[i];
    target->oneshot = (uint64_t)*reg(timer, TARGET0_HI + 8 * i) << 32 | *reg(timer, TARGET0_HI + 8 * i + 4);
    target->period = *reg(timer, TARGET0_CONF + 4 * i) & TARGET_PERIOD_M;
    start_target(timer, i);
}

/* Freezes or releases the counters as CONF and the stalls now say. */
static void update_units(espy_systimer *timer)
{
    for (unsigned n = 0; n < 2; n++) {
        espy_systimer_unit *unit = &timer->unit[n];
        unit->value = unit_count(timer, n);
        if (unit->since < machine_count(timer))
            unit->since = machine_count(timer);
        unit->running = unit_should_run(timer, n);
    }
    for (unsigned i = 0; i < 3; i++)
        schedule(timer, i);
}

static void write_conf(espy_systimer *timer, uint32_t value)
{
    uint32_t enabled = value & ~*reg(timer, CONF);
    *reg(timer, CONF) = value;
    update_units(timer);
    for (unsigned i = 0; i < 3; i++)
        if (enabled >> (24 - i) & 1)
            start_target(timer, i);
}

static void write_target_conf(espy_systimer *timer, unsigned i, uint32_t value)
{
    uint32_t changed = value ^ *reg(timer, TARGET0_CONF + 4 * i);
    *reg(timer, TARGET0_CONF + 4 * i) = value;
    if (changed & TARGET_PERIOD_MODE)
        start_target(timer, i);
    else
        schedule(timer, i);
}

static void load_unit(espy_systimer *timer, unsigned n)
{
    espy_systimer_unit *unit = &timer->unit[n];
    unit->value = (uint64_t)*reg(timer, UNIT0_LOAD_HI + 8 * n) << 32 | *reg(timer, UNIT0_LOAD_HI + 8 * n + 4);
    unit->since = machine_count(timer);
    for (unsigned i = 0; i < 3; i++)
        schedule(timer, i);
}

static void snapshot_unit(espy_systimer *timer, unsigned n)
{
    uint64_t count = unit_count(timer, n);
    *reg(timer, UNIT0_VALUE_HI + 8 * n) = (uint32_t)(count >> 32);
    *reg(timer, UNIT0_VALUE_HI + 8 * n + 4) = (uint32_t)count;
    *reg(timer, UNIT0_OP + 4 * n) = UNIT_VALUE_VALID;
}

static uint32_t systimer_read(void *self, uint32_t offset)
{
    espy_systimer *timer = self;
    if (offset >= ESPY_SYSTIMER_WORDS * 4)
        return 0;
    if (offset == INT_ST)
        return *reg(timer, INT_RAW) & *reg(timer, INT_ENA);
    if (offset >= REAL_TARGET0_LO && offset <= REAL_TARGET2_HI) {
        uint64_t value = timer->target[(offset - REAL_TARGET0_LO) / 8].value;
        return (uint32_t)((offset - REAL_TARGET0_LO) & 4 ? value >> 32 : value);
    }
    return *reg(timer, offset);
}

/* UNITn_LOAD_HI/LO and TARGETn_HI/LO: the high halves have 20 bits. */
static void write_value(espy_systimer *timer, uint32_t offset, uint32_t value)
{
    bool high = (offset - UNIT0_LOAD_HI) % 8 == 0;
    *reg(timer, offset) = high ? value & HI_MASK : value;
}

static void systimer_write(void *self, uint32_t offset, uint32_t value)
{
    espy_systimer *timer = self;
    if (offset >= UNIT0_LOAD_HI && offset < TARGET0_CONF)
        write_value(timer, offset, value);
    else if (offset >= TARGET0_CONF && offset <= TARGET2_CONF)
        write_target_conf(timer, (offset - TARGET0_CONF) / 4, value);
    else if (offset >= COMP0_LOAD && offset <= COMP2_LOAD && (value & 1))
        load_target(timer, (offset - COMP0_LOAD) / 4);
    else if ((offset == UNIT0_LOAD || offset == UNIT1_LOAD) && (value & 1))
        load_unit(timer, (offset - UNIT0_LOAD) / 4);
    else if ((offset == UNIT0_OP || offset == UNIT1_OP) && (value & UNIT_UPDATE))
        snapshot_unit(timer, (offset - UNIT0_OP) / 4);
    else if (offset == CONF)
        write_conf(timer, value);
    else if (offset == INT_ENA || offset == INT_CLR) {
        if (offset == INT_ENA)
            *reg(timer, INT_ENA) = value & INT_MASK;
        else
            *reg(timer, INT_RAW) &= ~value;
        update_interrupts(timer);
    }
}

void espy_systimer_halt(void *self, unsigned n, bool level)
{
    espy_systimer *timer = self;
    if (n < 2)
        timer->stalled[n] = level;
    else
        timer->stopped = level;
    update_units(timer);
}

void espy_systimer_init(espy_systimer *timer, const espy_soc *soc)
{
    *timer = (espy_systimer){.soc = soc};
    for (unsigned i = 0; i < 3; i++) {
        timer->target[i].timer = timer;
        timer->target[i].due = (espy_event){.fire = target_due, .self = &timer->target[i]};
    }
    espy_bus_attach(soc->bus, &(espy_device){"SYSTIMER", BASE, SIZE, timer, systimer_read, systimer_write});
    espy_systimer_reset(timer, ESPY_RESET_CHIP);
}

void espy_systimer_reset(espy_systimer *timer, espy_reset depth)
{
    (void)depth;
    espy_regfile_reset(timer->reg, ESPY_SYSTIMER_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    for (unsigned i = 0; i < 3; i++) {
        espy_systimer_target *target = &timer->target[i];
        espy_clock_cancel(timer->soc->clock, &target->due);
        target->value = target->oneshot = 0;
        target->period = 0;
        target->waiting = false;
    }
    for (unsigned n = 0; n < 2; n++)
        timer->unit[n] = (espy_systimer_unit){.since = machine_count(timer), .running = unit_should_run(timer, n)};
    update_interrupts(timer);
}
