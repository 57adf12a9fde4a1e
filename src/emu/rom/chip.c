/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: clocks and delays, resets, interrupt sources, and the analogue
 * registers behind the internal I2C master (regi2c).  Pins are in pins.c, fuses in fuses.c.
 *
 * Sources: ESP-IDF v5.0.4, rom/ets_sys.h, rom/rtc.h, rtc_cntl_reg.h, system_reg.h,
 * regi2c_ctrl.h; the real ROM for what it writes and where it keeps its variables.
 *
 * Left out: the radio may replace the functions that regi2c goes through
 * (rom_phyFuns); the built-in ROM has no radio, and takes the ROM's own.
 */
#include "native.h"

#include "bits.h"

#include "../core/regfile.h"

enum {
    /* Variables of the ROM. */
    USER_CODE_START = 0x3fcedf14,
    COEX_VERSION = 0x3fcef1a4,
    NET80211_VERSION = 0x3fcef1a8,
    PP_VERSION = 0x3fcef304,
    TICKS_PER_US = 0x3fcef758,
    JTAG_RESET_APP = 0x3fcef75c,
    JTAG_RESET_PRO = 0x3fcef75d,
    SUPER_WDT_RESET = 0x3fcef75e,
    APB_BACKUP_UNLOCK = 0x3fcef760,
    APB_BACKUP_LOCK = 0x3fcef764,
    STACK_SENTRY = 0x3fce9710,
    STACK = 0x3fceb710,

    RTC_OPTIONS0 = 0x60008000,
    RTC_STATE0 = 0x60008018,
    RTC_RESET_STATE = 0x60008038,
    RTC_PWC = 0x60008088,
    RTC_DIG_ISO = 0x60008094,
    RTC_WDTCONFIG0 = 0x60008098,
    RTC_SWD_CONF = 0x600080b4,
    RTC_STORE5 = 0x600080c4,
    RTC_STORE6 = 0x600080c8,
    RTC_STORE7 = 0x600080cc,
    TIMG0_WDTCONFIG0 = 0x6001f048,
    SYSTEM_CORE_1_CONTROL_1 = 0x600c0004,
    SYSTEM_CPU_PERI_CLK_EN = 0x600c0008,
    SYSTEM_CPU_PERI_RST_EN = 0x600c000c,
    SYSTEM_SYSCLK_CONF = 0x600c0060,
    INTERRUPT_CORE0 = 0x600c2000,
    INTERRUPT_CORE1 = 0x600c2800,
    ASSIST_DEBUG_CORE_0_RCD_EN = 0x600ce048,
    ASSIST_DEBUG_CORE_0_RCD_RECORDING = 0x600ce04c,

    SR_CCOUNT = 234,
    CRC32_LE = 0x40001c98 /* ROM function */
};

/* ---- clocks ---- */

static void ets_get_cpu_frequency(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, TICKS_PER_US));
}

static void ets_update_cpu_frequency(espy_rom_call *c)
{
    espy_rom_write32(c, TICKS_PER_US, espy_rom_arg(c, 0));
}

static uint32_t xtal_hz(const espy_rom_call *c)
{
    return espy_bits(espy_rom_read32(c, SYSTEM_SYSCLK_CONF), 18, 12) * 1000000u;
}

static uint32_t xtal_div(const espy_rom_call *c)
{
    uint32_t conf = espy_rom_read32(c, SYSTEM_SYSCLK_CONF);
    return espy_bits(conf, 19, 19) ? espy_bits(conf, 9, 0) + 1 : 1;
}

static void ets_get_xtal_freq(espy_rom_call *c)
{
    espy_rom_return(c, xtal_hz(c));
}

static void ets_get_xtal_div(espy_rom_call *c)
{
    espy_rom_return(c, xtal_div(c));
}

static void ets_set_xtal_div(espy_rom_call *c)
{
    espy_rom_update32(c, SYSTEM_SYSCLK_CONF, 0x3ff, espy_rom_arg(c, 0) - 1);
}

static void ets_get_apb_freq(espy_rom_call *c)
{
    static const uint32_t fixed[] = {0, 80000000, 8000000, 16000000};
    uint32_t source = espy_bits(espy_rom_read32(c, SYSTEM_SYSCLK_CONF), 11, 10);
    espy_rom_return(c, source == 0 ? xtal_hz(c) / xtal_div(c) : fixed[source]);
}

/* Counts cycles, as the real one does by spinning; an interrupt, or a change of the
 * clock, may come in between. */
static void ets_delay_us(espy_rom_call *c)
{
    uint32_t cycles = espy_rom_arg(c, 0) * espy_rom_read32(c, TICKS_PER_US);
    uint32_t now = espy_cpu_get_sr(c->cpu, SR_CCOUNT);
    if (c->step == 0)
        espy_rom_set_local(c, 4, now);
    uint32_t passed = now - espy_rom_local(c, 4);
    if (passed < cycles)
        espy_rom_wait(c, 1, (espy_tick)(cycles - passed) * espy_cpu_cycle(c->cpu));
}

/* ---- resets ---- */

static void rtc_get_reset_reason(espy_rom_call *c)
{
    uint32_t state = espy_rom_read32(c, RTC_RESET_STATE);
    espy_rom_return(c, espy_rom_arg(c, 0) == 0 ? espy_bits(state, 5, 0) : espy_bits(state, 11, 6));
}

static void rtc_get_wakeup_cause(espy_rom_call *c)
{
    espy_rom_return(c, espy_bits(espy_rom_read32(c, RTC_RESET_STATE), 16, 0));
}

static void software_reset(espy_rom_call *c)
{
    espy_rom_set_bits(c, RTC_OPTIONS0, 1u << 31);
}

static void software_reset_cpu(espy_rom_call *c)
{
    espy_rom_set_bits(c, RTC_OPTIONS0, espy_rom_arg(c, 0) == 0 ? 1 << 5 : 1 << 4);
}

static void jtag_cpu_reset_happened(espy_rom_call *c)
{
    bool app = espy_rom_arg(c, 0) != 0;
    uint32_t seen = app ? JTAG_RESET_APP : JTAG_RESET_PRO;
    uint32_t state = espy_rom_read32(c, RTC_RESET_STATE);
    if (state >> (app ? 21 : 20) & 1) {
        espy_rom_set_bits(c, RTC_RESET_STATE, app ? 1 << 23 : 1 << 22);
        espy_rom_write8(c, seen, 1);
    }
    espy_rom_return(c, espy_rom_read8(c, seen));
}

static bool clear_super_wdt_flag(const espy_rom_call *c)
{
    if ((espy_rom_read32(c, RTC_SWD_CONF) & 1) == 0)
        return false;
    espy_rom_set_bits(c, RTC_SWD_CONF, 1 << 28);
    return true;
}

static void clear_super_wdt_reset_flag(espy_rom_call *c)
{
    clear_super_wdt_flag(c);
}

static void analog_super_wdt_reset_happened(espy_rom_call *c)
{
    if (espy_rom_arg(c, 0) != 1) {
        espy_rom_return(c, 0);
        return;
    }
    if (clear_super_wdt_flag(c))
        espy_rom_write8(c, SUPER_WDT_RESET, 1);
    espy_rom_return(c, espy_rom_read8(c, SUPER_WDT_RESET));
}

static void disable_default_watchdog(espy_rom_call *c)
{
    espy_rom_clear_bits(c, RTC_WDTCONFIG0, 1 << 12);
    espy_rom_clear_bits(c, TIMG0_WDTCONFIG0, 1 << 14);
}

static void ets_set_appcpu_boot_addr(espy_rom_call *c)
{
    espy_rom_write32(c, SYSTEM_CORE_1_CONTROL_1, espy_rom_arg(c, 0));
}

static void ets_set_user_start(espy_rom_call *c)
{
    espy_rom_write32(c, USER_CODE_START, espy_rom_arg(c, 0));
}

/* ---- where to go on after deep sleep: an address in RTC memory, a length and their CRC ---- */

static void set_wake_stub(const espy_rom_call *c, uint32_t addr, uint32_t length, uint32_t crc)
{
    espy_rom_write32(c, RTC_STORE6, addr);
    espy_rom_write32(c, RTC_STORE5, length);
    espy_rom_write32(c, RTC_STORE7, crc);
}

static void esp_rom_set_rtc_wake_addr(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 0), length = espy_rom_arg(c, 1);
    if (c->step != 0)
        set_wake_stub(c, addr, length, espy_rom_result(c));
    else if (addr == 0 || length > 0x2000 || length % 4 != 0)
        set_wake_stub(c, 0, 0, 0);
    else
        espy_rom_guest(c, 1, CRC32_LE, 3, (const uint32_t[]){0, addr, length});
}

static void esp_rom_get_rtc_wake_addr(espy_rom_call *c)
{
    uint32_t addr = espy_rom_read32(c, RTC_STORE6), length = espy_rom_read32(c, RTC_STORE5);
    if (c->step != 0)
        espy_rom_return(c, espy_rom_result(c) == espy_rom_read32(c, RTC_STORE7) ? addr : 0);
    else if (addr == 0 || length == 0 || length > 0x2000 || (addr | length) % 4 != 0)
        espy_rom_return(c, 0);
    else
        espy_rom_guest(c, 1, CRC32_LE, 3, (const uint32_t[]){0, addr, length});
}

/* ---- odds and ends ---- */

static void rtc_select_apb_bridge(espy_rom_call *c)
{
    espy_rom_update32(c, RTC_STATE0, 1 << 22, espy_rom_arg(c, 0) & 0xff ? 1 << 22 : 0);
}

static void rtc_unhold_all_pads(espy_rom_call *c)
{
    espy_rom_clear_bits(c, RTC_PWC, 1 << 21);
    espy_rom_clear_bits(c, RTC_DIG_ISO, 1 << 15);
    espy_rom_set_bits(c, RTC_DIG_ISO, 1 << 10);
}

static void ets_apb_backup_init_lock_func(espy_rom_call *c)
{
    espy_rom_write32(c, APB_BACKUP_LOCK, espy_rom_arg(c, 0));
    espy_rom_write32(c, APB_BACKUP_UNLOCK, espy_rom_arg(c, 1));
}

static void ets_get_stack_info(espy_rom_call *c)
{
    if (espy_rom_arg(c, 0) == 0) {
        espy_rom_write32(c, espy_rom_arg(c, 1), STACK_SENTRY);
        espy_rom_write32(c, espy_rom_arg(c, 2), STACK);
    }
    espy_rom_return(c, espy_cpu_get_a(c->cpu, 1));
}

static void assist_debug_clock_enable(espy_rom_call *c)
{
    espy_rom_clear_bits(c, SYSTEM_CPU_PERI_RST_EN, 1 << 6);
    espy_rom_set_bits(c, SYSTEM_CPU_PERI_CLK_EN, 1 << 6);
}

static void assist_debug_record_enable(espy_rom_call *c)
{
    espy_rom_write32(c, ASSIST_DEBUG_CORE_0_RCD_EN, 1);
    espy_rom_write32(c, ASSIST_DEBUG_CORE_0_RCD_RECORDING, 1);
}

static void intr_matrix_set(espy_rom_call *c)
{
    uint32_t matrix = espy_rom_arg(c, 0) == 0 ? INTERRUPT_CORE0 : INTERRUPT_CORE1;
    espy_rom_write32(c, matrix + 4 * espy_rom_arg(c, 1), espy_rom_arg(c, 2));
}

static void multofup(espy_rom_call *c)
{
    uint32_t unit = espy_rom_arg(c, 1);
    espy_rom_return(c, unit == 0 ? 0 : (espy_rom_arg(c, 0) - 1 + unit) / unit);
}

static void esp_coex_rom_version_get(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, COEX_VERSION));
}

static void esp_net80211_rom_version_get(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, NET80211_VERSION));
}

static void esp_pp_rom_version_get(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, PP_VERSION));
}

/* ---- regi2c ---- */

enum {
    I2C_MST = 0x6000e000,
    I2C_MST_READ_MASK = 0x44,
    I2C_MST_ANA_CONF2 = 0x48,
    I2C_WRITE = 1 << 24,
    I2C_START = 1 << 26
};

/* The two masters; which one a block hangs on. */
static uint32_t master_of(const espy_rom_call *c, uint8_t block)
{
    espy_rom_update32(c, I2C_MST + I2C_MST_ANA_CONF2, 0x1fff0, 0x1ff40);
    return I2C_MST + (block >= 0x62 && block <= 0x64 ? 4 : 0);
}

/* The bit that a block has in the mask of those that are not to be read. */
static uint32_t read_bit(uint8_t block)
{
    static const uint8_t bits[] = {22, 11, 9, 8, 16, 17, 10, 15, 18, 13, 12, 0, 14};
    unsigned i = (unsigned)block - 0x61;
    return i < sizeof bits && bits[i] != 0 ? 1u << bits[i] : 0;
}

static uint8_t read_analogue(const espy_rom_call *c)
{
    uint8_t block = (uint8_t)espy_rom_arg(c, 0), reg = (uint8_t)espy_rom_arg(c, 2);
    uint32_t master = master_of(c, block);
    espy_rom_write32(c, I2C_MST + I2C_MST_READ_MASK, ~read_bit(block));
    espy_rom_write32(c, master, (uint32_t)I2C_START | (uint32_t)reg << 8 | block);
    return (uint8_t)(espy_rom_read32(c, master) >> 16);
}

static void write_analogue(const espy_rom_call *c, uint8_t value)
{
    uint8_t block = (uint8_t)espy_rom_arg(c, 0), reg = (uint8_t)espy_rom_arg(c, 2);
    uint32_t master = master_of(c, block);
    espy_rom_write32(c, master, (uint32_t)I2C_START | I2C_WRITE | (uint32_t)value << 16 | (uint32_t)reg << 8 | block);
}

/* Arguments 3 and 4 are the highest and the lowest bit of a field. */
static uint32_t field_mask(const espy_rom_call *c)
{
    uint32_t width = (espy_rom_arg(c, 3) & 0xff) - (espy_rom_arg(c, 4) & 0xff) + 1;
    return (1u << (width & 31)) - 1;
}

static unsigned field_shift(const espy_rom_call *c)
{
    return espy_rom_arg(c, 4) & 31;
}

static void rom_i2c_readReg(espy_rom_call *c)
{
    espy_rom_return(c, read_analogue(c));
}

static void rom_i2c_writeReg(espy_rom_call *c)
{
    write_analogue(c, (uint8_t)espy_rom_arg(c, 3));
}

static void rom_i2c_readReg_Mask(espy_rom_call *c)
{
    espy_rom_return(c, read_analogue(c) >> field_shift(c) & field_mask(c) & 0xff);
}

static void rom_i2c_writeReg_Mask(espy_rom_call *c)
{
    uint32_t value = espy_rom_arg(c, 5) & 0xff;
    uint32_t kept = read_analogue(c) & ~(field_mask(c) << field_shift(c));
    write_analogue(c, (uint8_t)(kept | value << field_shift(c)));
}

const espy_rom_function espy_rom_chip_functions[] = {
    {"ets_get_cpu_frequency", .run = ets_get_cpu_frequency},
    {"ets_update_cpu_frequency", .run = ets_update_cpu_frequency},
    {"ets_get_xtal_freq", .run = ets_get_xtal_freq},
    {"ets_get_xtal_div", .run = ets_get_xtal_div},
    {"ets_set_xtal_div", .run = ets_set_xtal_div},
    {"ets_get_apb_freq", .run = ets_get_apb_freq},
    {"ets_delay_us", .run = ets_delay_us, .kind = ESPY_ROM_STEPS},
    {"rtc_get_reset_reason", .run = rtc_get_reset_reason},
    {"rtc_get_wakeup_cause", .run = rtc_get_wakeup_cause},
    {"software_reset", .run = software_reset},
    {"software_reset_cpu", .run = software_reset_cpu},
    {"jtag_cpu_reset_happened", .run = jtag_cpu_reset_happened},
    {"clear_super_wdt_reset_flag", .run = clear_super_wdt_reset_flag},
    {"analog_super_wdt_reset_happened", .run = analog_super_wdt_reset_happened},
    {"disable_default_watchdog", .run = disable_default_watchdog},
    {"ets_set_appcpu_boot_addr", .run = ets_set_appcpu_boot_addr},
    {"ets_set_user_start", .run = ets_set_user_start},
    {"esp_rom_set_rtc_wake_addr", .run = esp_rom_set_rtc_wake_addr, .kind = ESPY_ROM_STEPS},
    {"esp_rom_get_rtc_wake_addr", .run = esp_rom_get_rtc_wake_addr, .kind = ESPY_ROM_STEPS},
    {"rtc_select_apb_bridge", .run = rtc_select_apb_bridge},
    {"rtc_unhold_all_pads", .run = rtc_unhold_all_pads},
    {"ets_apb_backup_init_lock_func", .run = ets_apb_backup_init_lock_func},
    {"ets_get_stack_info", .run = ets_get_stack_info},
    {"assist_debug_clock_enable", .run = assist_debug_clock_enable},
    {"assist_debug_record_enable", .run = assist_debug_record_enable},
    {"intr_matrix_set", .run = intr_matrix_set},
    {"multofup", .run = multofup},
    {"esp_coex_rom_version_get", .run = esp_coex_rom_version_get},
    {"esp_net80211_rom_version_get", .run = esp_net80211_rom_version_get},
    {"esp_pp_rom_version_get", .run = esp_pp_rom_version_get},
    {"rom_i2c_readReg", .run = rom_i2c_readReg},
    {"rom_i2c_writeReg", .run = rom_i2c_writeReg},
    {"rom_i2c_readReg_Mask", .run = rom_i2c_readReg_Mask},
    {"rom_i2c_writeReg_Mask", .run = rom_i2c_writeReg_Mask},
    {"rom_chip_i2c_readReg", .run = rom_i2c_readReg},
    {"rom_chip_i2c_writeReg", .run = rom_i2c_writeReg},
    {0},
};
