/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: wdt_hal, the watchdogs of the RTC and of the two timer groups.
 *
 * Sources: ESP-IDF v5.0.4, hal/wdt_hal.h and hal/wdt_types.h for the functions, rtc_cntl_reg.h
 * and timer_group_reg.h for the registers; the real ROM for what it writes.
 */
#include "native.h"

enum {
    KEY = 0x50d83aa1,
    STAGES = 4,
    /* wdt_hal_context_t */
    HAL_INST = 0,
    HAL_BASE = 4
};

#define WDT_EN 0x80000000u

/* What differs between the two kinds. */
typedef struct watchdog {
    uint16_t config, first_stage, feed, protect, int_ena, int_clr;
    uint32_t feed_mask, feed_value;
    uint32_t interrupt;
    uint32_t set_by_init; /* lengths of the reset signals, and for the RTC's who is reset and when it pauses */
    uint32_t cleared_by_init;
    uint32_t flashboot;
    uint8_t first_shift, action_bits; /* stage n's action is action_bits wide and n of them below first_shift */
} watchdog;

static const watchdog rtc = {
    .config = 0x98,
    .first_stage = 0x9c,
    .feed = 0xac,
    .protect = 0xb0,
    .int_ena = 0x40,
    .int_clr = 0x4c,
    .feed_mask = 0x80000000,
    .feed_value = 0x80000000,
    .interrupt = 0x8,
    .set_by_init = 0x7ee00,
    .cleared_by_init = 0x1ff,
    .flashboot = 0x1000,
    .first_shift = 28,
    .action_bits = 3,
};

static const watchdog timg = {
    .config = 0x48,
    .first_stage = 0x50,
    .feed = 0x60,
    .protect = 0x64,
    .int_ena = 0x70,
    .int_clr = 0x7c,
    .feed_mask = 0xffffffff,
    .feed_value = 1,
    .interrupt = 0x4,
    .set_by_init = 0x1f8000,
    .flashboot = 0x4000,
    .first_shift = 29,
    .action_bits = 2,
};

enum { TIMG_PRESCALE = 0x4c, TIMG_PRESCALE_SHIFT = 16 };

/* The watchdog that a function was called for. */
typedef struct target {
    const watchdog *wdt;
    uint32_t base;
} target;

static target target_of(const espy_rom_call *c)
{
    uint32_t hal = espy_rom_arg(c, 0);
    return (target){espy_rom_read32(c, hal + HAL_INST) == 0 ? &rtc : &timg, espy_rom_read32(c, hal + HAL_BASE)};
}

static uint32_t stage_mask(const watchdog *wdt, unsigned stage)
{
    return ((1u << wdt->action_bits) - 1) << (wdt->first_shift - stage * wdt->action_bits);
}

static void feed(const espy_rom_call *c, target t)
{
    espy_rom_update32(c, t.base + t.wdt->feed, t.wdt->feed_mask, t.wdt->feed_value);
}

static void set_protect(const espy_rom_call *c, target t, bool protect)
{
    espy_rom_write32(c, t.base + t.wdt->protect, protect ? 0 : KEY);
}

static void clear_interrupt(const espy_rom_call *c, target t)
{
    espy_rom_update32(c, t.base + t.wdt->int_clr, t.wdt->interrupt, t.wdt->interrupt);
}

static void enable_interrupt(const espy_rom_call *c, target t, bool enable)
{
    espy_rom_update32(c, t.base + t.wdt->int_ena, t.wdt->interrupt, enable ? t.wdt->interrupt : 0);
}

static void wdt_hal_init(espy_rom_call *c)
{
    static const uint32_t bases[] = {0x60008000, 0x6001f000, 0x60020000};
    uint32_t hal = espy_rom_arg(c, 0), inst = espy_rom_arg(c, 1), prescale = espy_rom_arg(c, 2);
    espy_rom_write32(c, hal + HAL_INST, inst);
    espy_rom_write32(c, hal + HAL_BASE, bases[inst < 3 ? inst : 0]);
    target t = target_of(c);
    uint32_t actions = 0;
    for (unsigned stage = 0; stage < STAGES; stage++)
        actions |= stage_mask(t.wdt, stage);
    set_protect(c, t, false);
    espy_rom_update32(c, t.base + t.wdt->config, WDT_EN | actions | t.wdt->cleared_by_init, 0);
    enable_interrupt(c, t, espy_rom_arg(c, 3) & 1);
    clear_interrupt(c, t);
    espy_rom_update32(c, t.base + t.wdt->config, t.wdt->set_by_init, t.wdt->set_by_init);
    if (t.wdt == &timg)
        espy_rom_update32(c, t.base + TIMG_PRESCALE, 0xffff0000, prescale << TIMG_PRESCALE_SHIFT);
    set_protect(c, t, true);
}

static void wdt_hal_deinit(espy_rom_call *c)
{
    target t = target_of(c);
    set_protect(c, t, false);
    feed(c, t);
    espy_rom_update32(c, t.base + t.wdt->config, WDT_EN, 0);
    clear_interrupt(c, t);
    enable_interrupt(c, t, false);
    set_protect(c, t, true);
    espy_rom_write32(c, espy_rom_arg(c, 0) + HAL_BASE, 0);
}

static void wdt_hal_config_stage(espy_rom_call *c)
{
    target t = target_of(c);
    uint32_t stage = espy_rom_arg(c, 1), timeout = espy_rom_arg(c, 2);
    if (stage >= STAGES) {
        if (t.wdt == &rtc)
            espy_rom_fault(c, "the firmware gave the RTC watchdog a stage %u, and the ROM aborts", (unsigned)stage);
        return;
    }
    uint32_t mask = stage_mask(t.wdt, stage), lowest = mask & (0u - mask);
    espy_rom_update32(c, t.base + t.wdt->config, mask, espy_rom_arg(c, 3) * lowest);
    /* The RTC's first stage lasts twice as long as its register says. */
    bool halved = t.wdt == &rtc && stage == 0;
    espy_rom_write32(c, t.base + t.wdt->first_stage + 4 * stage, halved ? timeout >> 1 : timeout);
}

static void wdt_hal_write_protect_disable(espy_rom_call *c)
{
    set_protect(c, target_of(c), false);
}

static void wdt_hal_write_protect_enable(espy_rom_call *c)
{
    set_protect(c, target_of(c), true);
}

static void wdt_hal_enable(espy_rom_call *c)
{
    target t = target_of(c);
    feed(c, t);
    espy_rom_update32(c, t.base + t.wdt->config, WDT_EN, WDT_EN);
}

static void wdt_hal_disable(espy_rom_call *c)
{
    target t = target_of(c);
    espy_rom_update32(c, t.base + t.wdt->config, WDT_EN, 0);
}

static void wdt_hal_handle_intr(espy_rom_call *c)
{
    target t = target_of(c);
    feed(c, t);
    clear_interrupt(c, t);
}

static void wdt_hal_feed(espy_rom_call *c)
{
    feed(c, target_of(c));
}

static void wdt_hal_set_flashboot_en(espy_rom_call *c)
{
    target t = target_of(c);
    espy_rom_update32(c, t.base + t.wdt->config, t.wdt->flashboot, espy_rom_arg(c, 1) & 1 ? t.wdt->flashboot : 0);
}

static void wdt_hal_is_enabled(espy_rom_call *c)
{
    target t = target_of(c);
    espy_rom_return(c, espy_rom_read32(c, t.base + t.wdt->config) >> 31);
}

const espy_rom_function espy_rom_wdt_functions[] = {
    {"wdt_hal_init", .run = wdt_hal_init},
    {"wdt_hal_deinit", .run = wdt_hal_deinit},
    {"wdt_hal_config_stage", .run = wdt_hal_config_stage},
    {"wdt_hal_write_protect_disable", .run = wdt_hal_write_protect_disable},
    {"wdt_hal_write_protect_enable", .run = wdt_hal_write_protect_enable},
    {"wdt_hal_enable", .run = wdt_hal_enable},
    {"wdt_hal_disable", .run = wdt_hal_disable},
    {"wdt_hal_handle_intr", .run = wdt_hal_handle_intr},
    {"wdt_hal_feed", .run = wdt_hal_feed},
    {"wdt_hal_set_flashboot_en", .run = wdt_hal_set_flashboot_en},
    {"wdt_hal_is_enabled", .run = wdt_hal_is_enabled},
    {0},
};
