/* SPDX-License-Identifier: MIT
 *
 * The built-in mask ROM against the real one: clocks, pins, fuses, watchdogs, caches and
 * UARTs.  Each function is called on both with the same seeded arguments; what it returned
 * and left in memory and in the peripherals must be the same.  ESPY_LONG=1 does it more often.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARGS = 6 };

/* A function and its arguments: each is base + step * a number below count. */
typedef struct argument {
    uint32_t count, base, step;
} argument;

typedef struct probe {
    const char *name;
    bool returns;
    unsigned argc;
    argument arg[ARGS];
} probe;

#define BELOW(n)                                                                                                       \
    {                                                                                                                  \
        (n), 0, 1                                                                                                      \
    }
#define ANY                                                                                                            \
    {                                                                                                                  \
        0, 0, 1                                                                                                        \
    }
#define FLAG                                                                                                           \
    {                                                                                                                  \
        2, 0, 1                                                                                                        \
    }
#define ONE_OF(n, base, step)                                                                                          \
    {                                                                                                                  \
        (n), (base), (step)                                                                                            \
    }
#define AT(address)                                                                                                    \
    {                                                                                                                  \
        1, (address), 0                                                                                                \
    }

static unsigned rounds(unsigned quick)
{
    return getenv("ESPY_LONG") != NULL ? quick * 50 : quick;
}

static uint32_t pick(rom_pair *pair, const argument *a)
{
    uint32_t n = rom_pair_rand(pair);
    return a->base + a->step * (a->count == 0 ? n : n % a->count);
}

static void call(rom_pair *pair, const probe *p)
{
    uint32_t v[ARGS];
    for (unsigned i = 0; i < ARGS; i++)
        v[i] = i < p->argc ? pick(pair, &p->arg[i]) : 0;
    if (p->returns)
        rom_pair_call(pair, p->name, p->argc, v[0], v[1], v[2], v[3], v[4], v[5]);
    else
        rom_pair_call_void(pair, p->name, p->argc, v[0], v[1], v[2], v[3], v[4], v[5]);
}

/* The registers are compared after each call of the first round, then after each round. */
static void try_all(rom_pair *pair, const probe *probes, size_t count, unsigned times)
{
    for (unsigned round = 0; round < times; round++) {
        pair->compare = round == 0 ? ROM_PAIR_RAM | ROM_PAIR_BLOCKS : ROM_PAIR_RAM;
        for (size_t i = 0; i < count; i++)
            call(pair, &probes[i]);
        pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
        rom_pair_check(pair);
    }
}

#define TRY(pair, probes, times) try_all(pair, probes, sizeof(probes) / sizeof(probes)[0], rounds(times))

/* ---- clocks, resets, odds and ends ---- */

static void clocks(void **state)
{
    static const probe probes[] = {
        {"ets_get_cpu_frequency", true, 0, {{0}}}, {"ets_update_cpu_frequency", false, 1, {ONE_OF(240, 1, 1)}},
        {"ets_get_xtal_freq", true, 0, {{0}}},     {"ets_get_xtal_div", true, 0, {{0}}},
        {"ets_get_apb_freq", true, 0, {{0}}},      {"ets_delay_us", false, 1, {BELOW(300)}},
    };
    rom_pair *pair = rom_pair_get(state);
    TRY(pair, probes, 4);
    static const uint32_t sysclk[] = {0x28001, 0x28400, 0x28801, 0x28c01, 0x800000 + 0x28003};
    for (size_t i = 0; i < sizeof sysclk / sizeof sysclk[0]; i++) {
        rom_pair_write32(pair, 0x600c0060, sysclk[i]);
        rom_pair_call(pair, "ets_get_xtal_freq", 0);
        rom_pair_call(pair, "ets_get_xtal_div", 0);
        rom_pair_call(pair, "ets_get_apb_freq", 0);
        rom_pair_call_void(pair, "ets_set_xtal_div", 1, 1u + i);
    }
}

/* Calls argument 1 with argument 0, and puts the cycles that it took at argument 2. */
static const uint8_t measure[] = {
    0x36, 0x41, 0x00, /* entry a1, 32 */
    0x20, 0xa2, 0x20, /* or a10, a2, a2 */
    0x60, 0xea, 0x03, /* rsr a6, ccount */
    0xe0, 0x03, 0x00, /* callx8 a3 */
    0x70, 0xea, 0x03, /* rsr a7, ccount */
    0x60, 0x77, 0xc0, /* sub a7, a7, a6 */
    0x72, 0x64, 0x00, /* s32i a7, a4, 0 */
    0x90, 0x00, 0x00, /* retw */
};

/* The built-in delay takes as many cycles as the real one, to a microsecond. */
static void delays(void **state)
{
    static const uint32_t us[] = {1, 2, 10, 100, 1000, 12345};
    rom_pair *pair = rom_pair_get(state);
    uint32_t program = rom_pair_code(pair, measure, sizeof measure);
    pair->compare = 0;
    for (size_t i = 0; i < sizeof us / sizeof us[0]; i++) {
        rom_pair_call_void(pair, "ets_update_cpu_frequency", 1, 40);
        rom_pair_call_at(pair, program, 3, us[i], 0x40000600u, ROM_PAIR_DATA);
        uint32_t real = espy_bus_read(pair->bus[ROM_PAIR_REAL], ROM_PAIR_DATA, 4);
        uint32_t builtin = espy_bus_read(pair->bus[ROM_PAIR_BUILTIN], ROM_PAIR_DATA, 4);
        assert_in_range(real, us[i] * 40, us[i] * 40 + 40);
        assert_in_range(builtin + 40, real, real + 80);
    }
}

static void resets(void **state)
{
    static const probe probes[] = {
        {"rtc_get_reset_reason", true, 1, {FLAG}},
        {"rtc_get_wakeup_cause", true, 0, {{0}}},
        {"jtag_cpu_reset_happened", true, 1, {FLAG}},
        {"analog_super_wdt_reset_happened", true, 1, {BELOW(3)}},
        {"clear_super_wdt_reset_flag", false, 0, {{0}}},
        {"rtc_select_apb_bridge", false, 1, {FLAG}},
        {"rtc_unhold_all_pads", false, 0, {{0}}},
        {"disable_default_watchdog", false, 0, {{0}}},
        {"ets_set_appcpu_boot_addr", false, 1, {ANY}},
        {"ets_set_user_start", false, 1, {ANY}},
        {"ets_apb_backup_init_lock_func", false, 2, {ANY, ANY}},
        {"assist_debug_clock_enable", false, 0, {{0}}},
        {"assist_debug_record_enable", false, 0, {{0}}},
        {"intr_matrix_set", false, 3, {FLAG, BELOW(99), BELOW(32)}},
        {"multofup", true, 2, {ANY, ONE_OF(1000, 1, 1)}},
        {"esp_coex_rom_version_get", true, 0, {{0}}},
        {"esp_net80211_rom_version_get", true, 0, {{0}}},
        {"esp_pp_rom_version_get", true, 0, {{0}}},
        {"ets_get_stack_info", true, 3, {FLAG, AT(ROM_PAIR_DATA), AT(ROM_PAIR_DATA + 4)}},
    };
    rom_pair *pair = rom_pair_get(state);
    TRY(pair, probes, 3);
}

static void wake_stubs(void **state)
{
    static const probe probes[] = {
        {"esp_rom_set_rtc_wake_addr", false, 2, {ONE_OF(64, 0x600fe000, 4), ONE_OF(20, 0, 4)}},
        {"esp_rom_get_rtc_wake_addr", true, 0, {{0}}},
        {"esp_rom_set_rtc_wake_addr", false, 2, {ONE_OF(2, 0, 0x50000001), BELOW(0x2002)}},
        {"esp_rom_get_rtc_wake_addr", true, 0, {{0}}},
    };
    rom_pair *pair = rom_pair_get(state);
    rom_pair_random(pair, 0x600fe000, 512);
    TRY(pair, probes, 8);
    rom_pair_call_void(pair, "esp_rom_set_rtc_wake_addr", 2, 0x600fe000u, 64u);
    rom_pair_write32(pair, 0x600fe010, 1);
    assert_int_equal(rom_pair_call(pair, "esp_rom_get_rtc_wake_addr", 0), 0);
}

static void analogue(void **state)
{
#define BLOCK_REG ONE_OF(16, 0x60, 1), FLAG, BELOW(16)
    static const probe probes[] = {
        {"rom_i2c_writeReg", false, 4, {BLOCK_REG, ANY}},
        {"rom_i2c_readReg", true, 3, {BLOCK_REG}},
        {"rom_i2c_writeReg_Mask", false, 6, {BLOCK_REG, ONE_OF(4, 4, 1), BELOW(4), ANY}},
        {"rom_i2c_readReg_Mask", true, 5, {BLOCK_REG, ONE_OF(4, 4, 1), BELOW(4)}},
        {"rom_chip_i2c_writeReg", false, 4, {BLOCK_REG, ANY}},
        {"rom_chip_i2c_readReg", true, 3, {BLOCK_REG}},
    };
#undef BLOCK_REG
    TRY(rom_pair_get(state), probes, 20);
}

/* ---- pins ---- */

static void pins(void **state)
{
    static const probe probes[] = {
        {"gpio_pad_select_gpio", false, 1, {BELOW(60)}},
        {"gpio_pad_set_drv", false, 2, {BELOW(60), BELOW(8)}},
        {"gpio_pad_pullup", false, 1, {BELOW(60)}},
        {"gpio_pad_pulldown", false, 1, {BELOW(60)}},
        {"gpio_pad_input_enable", false, 1, {BELOW(60)}},
        {"gpio_pad_input_disable", false, 1, {BELOW(60)}},
        {"gpio_pad_hold", false, 1, {BELOW(60)}},
        {"gpio_pad_unhold", false, 1, {BELOW(60)}},
        {"gpio_matrix_in", false, 3, {BELOW(64), BELOW(256), FLAG}},
        {"gpio_matrix_out", false, 4, {BELOW(60), BELOW(257), FLAG, FLAG}},
        {"gpio_bypass_matrix_in", false, 1, {BELOW(256)}},
        {"gpio_output_enable", false, 1, {BELOW(60)}},
        {"gpio_output_disable", false, 1, {BELOW(60)}},
        {"gpio_output_set", false, 4, {ANY, ANY, ANY, ANY}},
        {"gpio_input_get", true, 0, {{0}}},
        {"gpio_pin_wakeup_enable", false, 2, {BELOW(54), BELOW(6)}},
        {"gpio_pin_wakeup_disable", false, 0, {{0}}},
    };
    TRY(rom_pair_get(state), probes, 8);
}

/* ---- fuses ---- */

static void read_fuses(rom_pair *pair)
{
    static const char *const readers[] = {
        "ets_efuse_usb_module_disabled",
        "ets_efuse_usb_device_disabled",
        "ets_efuse_secure_boot_enabled",
        "ets_efuse_secure_boot_aggressive_revoke_enabled",
        "ets_efuse_download_modes_disabled",
        "ets_efuse_get_uart_print_control",
        "ets_efuse_flash_opi_5pads_power_sel_vddspi",
        "ets_efuse_flash_octal_mode",
        "ets_efuse_ecc_flash_page_size",
        "ets_efuse_ecc_en",
        "ets_efuse_ecc_16to17_mode",
        "ets_efuse_force_send_resume",
        "ets_efuse_get_spiconfig",
        "ets_efuse_get_wp_pad",
        "ets_efuse_cache_encryption_enabled",
        "ets_efuse_security_download_modes_enabled",
        "ets_efuse_legacy_spi_boot_mode_disabled",
        "ets_efuse_jtag_disabled",
        "ets_efuse_usb_print_is_disabled",
        "ets_efuse_get_uart_print_channel",
        "ets_efuse_get_flash_delay_us",
        "ets_efuse_find_unused_key_block",
        "ets_efuse_count_unused_key_blocks",
    };
    static const probe others[] = {
        {"ets_efuse_usb_download_mode_disabled", true, 1, {BELOW(6)}},
        {"ets_efuse_get_mac", false, 1, {AT(ROM_PAIR_DATA)}},
        {"ets_efuse_get_key_purpose", true, 1, {BELOW(12)}},
        {"ets_efuse_key_block_unused", true, 1, {BELOW(12)}},
        {"ets_efuse_get_read_register_address", true, 1, {BELOW(12)}},
        {"ets_efuse_find_purpose", true, 2, {BELOW(13), ONE_OF(2, 0, ROM_PAIR_DATA)}},
    };
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        rom_pair_call(pair, readers[i], 0);
    for (size_t i = 0; i < 2 * sizeof others / sizeof others[0]; i++)
        call(pair, &others[i / 2]);
}

/* Burns a few bits of a block. */
static void burn(rom_pair *pair, uint32_t block)
{
    for (uint32_t i = 0; i < 8; i++)
        rom_pair_write32(pair, 0x60007000 + 4 * i, rom_pair_rand(pair) & rom_pair_rand(pair) & rom_pair_rand(pair));
    rom_pair_call(pair, "ets_efuse_program", 1, block);
}

static void fuses(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    read_fuses(pair);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    rom_pair_call(pair, "ets_efuse_set_timing", 1, 20000000u);
    rom_pair_call(pair, "ets_efuse_clear_program_registers", 0);
    for (unsigned i = 0; i < rounds(3); i++) {
        burn(pair, rom_pair_rand(pair) % 13);
        burn(pair, rom_pair_rand(pair) % 2);
        rom_pair_call(pair, "ets_efuse_read", 0);
        pair->compare = ROM_PAIR_RAM;
        read_fuses(pair);
        pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    }
}

/* ---- watchdogs ---- */

static void watchdogs(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    for (uint32_t round = 0; round < rounds(2); round++) {
        for (uint32_t inst = 0; inst < 3; inst++) {
            const uint32_t hal = ROM_PAIR_DATA;
            rom_pair_call_void(pair, "wdt_hal_init", 4, hal, inst, rom_pair_rand(pair) & 0xffff,
                               rom_pair_rand(pair) & 1);
            rom_pair_call_void(pair, "wdt_hal_write_protect_disable", 1, hal);
            for (uint32_t stage = 0; stage < 4; stage++)
                rom_pair_call_void(pair, "wdt_hal_config_stage", 4, hal, stage, 0x10000000u + rom_pair_rand(pair) % 999,
                                   rom_pair_rand(pair) % 5);
            rom_pair_call_void(pair, "wdt_hal_set_flashboot_en", 2, hal, round % 2);
            rom_pair_call_void(pair, "wdt_hal_enable", 1, hal);
            rom_pair_call(pair, "wdt_hal_is_enabled", 1, hal);
            rom_pair_call_void(pair, "wdt_hal_feed", 1, hal);
            rom_pair_call_void(pair, "wdt_hal_handle_intr", 1, hal);
            rom_pair_call_void(pair, "wdt_hal_disable", 1, hal);
            rom_pair_call(pair, "wdt_hal_is_enabled", 1, hal);
            rom_pair_call_void(pair, "wdt_hal_write_protect_enable", 1, hal);
            rom_pair_call_void(pair, "wdt_hal_deinit", 1, hal);
        }
    }
}

/* ---- caches ---- */

#define IN_DBUS                                                                                                        \
    {                                                                                                                  \
        0x1000, 0x3c000000, 0x1234                                                                                     \
    }
#define IN_IBUS                                                                                                        \
    {                                                                                                                  \
        0x1000, 0x42000000, 0x1234                                                                                     \
    }
#define SOMEWHERE ONE_OF(12, 0x3bffff00, 0x01000123)
#define SIZE ONE_OF(4000, 0, 61)

static void cache_lines(void **state)
{
    static const probe probes[] = {
        {"Cache_Get_ICache_Line_Size", true, 0, {{0}}},
        {"Cache_Get_DCache_Line_Size", true, 0, {{0}}},
        {"Cache_Address_Through_ICache", true, 1, {SOMEWHERE}},
        {"Cache_Address_Through_DCache", true, 1, {SOMEWHERE}},
        {"Cache_Invalidate_ICache_Items", false, 2, {IN_IBUS, BELOW(0x900000)}},
        {"Cache_Invalidate_DCache_Items", false, 2, {IN_DBUS, BELOW(0x900000)}},
        {"Cache_Clean_Items", false, 2, {IN_DBUS, BELOW(0x900000)}},
        {"Cache_WriteBack_Items", false, 2, {IN_DBUS, BELOW(0x900000)}},
        {"Cache_Lock_ICache_Items", false, 2, {IN_IBUS, BELOW(0x20000)}},
        {"Cache_Lock_DCache_Items", false, 2, {IN_DBUS, BELOW(0x20000)}},
        {"Cache_Unlock_ICache_Items", false, 2, {IN_IBUS, BELOW(0x20000)}},
        {"Cache_Unlock_DCache_Items", false, 2, {IN_DBUS, BELOW(0x20000)}},
        {"Cache_Occupy_Items", false, 2, {IN_DBUS, BELOW(0x20000)}},
        {"Cache_Invalidate_Addr", true, 2, {SOMEWHERE, SIZE}},
        {"Cache_Invalidate_Addr", true, 2, {IN_IBUS, SIZE}},
        {"Cache_Clean_Addr", true, 2, {IN_DBUS, SIZE}},
        {"Cache_WriteBack_Addr", true, 2, {IN_DBUS, SIZE}},
        {"Cache_WriteBack_Addr", true, 2, {SOMEWHERE, SIZE}},
        {"Cache_Lock_Addr", true, 2, {IN_DBUS, ONE_OF(64, 0, 0x8001)}},
        {"Cache_Lock_Addr", true, 2, {IN_IBUS, ONE_OF(64, 0, 0x8001)}},
        {"Cache_Unlock_Addr", true, 2, {IN_DBUS, ONE_OF(64, 0, 0x8001)}},
        {"Cache_Occupy_Addr", true, 2, {IN_DBUS, BELOW(200)}},
        {"Cache_Invalidate_ICache_All", false, 0, {{0}}},
        {"Cache_Invalidate_DCache_All", false, 0, {{0}}},
        {"Cache_Clean_All", false, 0, {{0}}},
        {"Cache_WriteBack_All", false, 0, {{0}}},
        {"Cache_Set_ICache_Mode", false, 3, {FLAG, FLAG, FLAG}},
        {"Cache_Set_DCache_Mode", false, 3, {FLAG, FLAG, BELOW(4)}},
    };
    TRY(rom_pair_get(state), probes, 5);
}

static void cache_states(void **state)
{
    static const probe probes[] = {
        {"Cache_Suspend_ICache_Autoload", true, 0, {{0}}},
        {"Cache_Resume_ICache_Autoload", false, 1, {BELOW(8)}},
        {"Cache_Suspend_DCache_Autoload", true, 0, {{0}}},
        {"Cache_Resume_DCache_Autoload", false, 1, {BELOW(8)}},
        {"Cache_Enable_ICache_Autoload", false, 0, {{0}}},
        {"Cache_Enable_DCache_Autoload", false, 0, {{0}}},
        {"Cache_Config_ICache_Autoload", false, 1, {ONE_OF(64, ROM_PAIR_DATA, 4)}},
        {"Cache_Config_DCache_Autoload", false, 1, {ONE_OF(64, ROM_PAIR_DATA, 4)}},
        {"Cache_Config_ICache_Region_Autoload", true, 1, {ONE_OF(32, ROM_PAIR_DATA + 0x200, 12)}},
        {"Cache_Config_DCache_Region_Autoload", true, 1, {ONE_OF(32, ROM_PAIR_DATA + 0x200, 12)}},
        {"Cache_Disable_ICache_Autoload", false, 0, {{0}}},
        {"Cache_Disable_DCache_Autoload", false, 0, {{0}}},
        {"Cache_Start_ICache_Preload", true, 3, {IN_IBUS, SIZE, FLAG}},
        {"Cache_ICache_Preload_Done", true, 0, {{0}}},
        {"Cache_End_ICache_Preload", false, 1, {BELOW(8)}},
        {"Cache_Start_DCache_Preload", true, 3, {IN_DBUS, SIZE, FLAG}},
        {"Cache_DCache_Preload_Done", true, 0, {{0}}},
        {"Cache_End_DCache_Preload", false, 1, {BELOW(8)}},
        {"Cache_Enable_ICache_PreLock", false, 1, {ONE_OF(32, ROM_PAIR_DATA + 0x400, 8)}},
        {"Cache_Enable_DCache_PreLock", false, 1, {ONE_OF(32, ROM_PAIR_DATA + 0x400, 8)}},
        {"Cache_Disable_ICache_PreLock", false, 1, {FLAG}},
        {"Cache_Disable_DCache_PreLock", false, 1, {FLAG}},
        {"Cache_Disable_ICache", true, 0, {{0}}},
        {"Cache_Enable_ICache", false, 1, {BELOW(8)}},
        {"Cache_Disable_DCache", true, 0, {{0}}},
        {"Cache_Enable_DCache", false, 1, {BELOW(8)}},
        {"Cache_Suspend_ICache", true, 0, {{0}}},
        {"Cache_Resume_ICache", false, 1, {BELOW(8)}},
        {"Cache_Suspend_DCache", true, 0, {{0}}},
        {"Cache_Resume_DCache", false, 1, {BELOW(8)}},
        {"Cache_Freeze_ICache_Enable", false, 1, {FLAG}},
        {"Cache_Freeze_ICache_Disable", false, 0, {{0}}},
        {"Cache_Freeze_DCache_Enable", false, 1, {FLAG}},
        {"Cache_Freeze_DCache_Disable", false, 0, {{0}}},
        {"Cache_Mask_All", false, 0, {{0}}},
        {"Cache_UnMask_Dram0", false, 0, {{0}}},
        {"Cache_Occupy_ICache_MEMORY", false, 2, {BELOW(4), BELOW(4)}},
        {"Cache_Occupy_DCache_MEMORY", false, 2, {BELOW(4), BELOW(4)}},
        {"rom_config_instruction_cache_mode",
         false,
         3,
         {ONE_OF(2, 0x4000, 0x4000), ONE_OF(2, 4, 4), ONE_OF(3, 16, 16)}},
        {"rom_config_data_cache_mode", false, 3, {ONE_OF(2, 0x8000, 0x8000), ONE_OF(2, 4, 4), ONE_OF(3, 16, 16)}},
        {"Cache_Get_Mode", false, 1, {ONE_OF(32, ROM_PAIR_DATA + 0x800, 8)}},
        {"Cache_Get_Virtual_Addr", true, 3, {ONE_OF(3, ROM_PAIR_DATA + 0x900, 8), BELOW(100), BELOW(0x8000)}},
        {"Cache_Get_Memory_Addr", true, 3, {ONE_OF(3, ROM_PAIR_DATA + 0x900, 8), BELOW(0x10000), ANY}},
        {"Cache_Get_Memory_BaseAddr", true, 2, {FLAG, FLAG}},
        {"Cache_Set_Default_Mode", false, 0, {{0}}},
        {"Cache_Enable_Defalut_ICache_Mode", false, 0, {{0}}},
    };
    rom_pair *pair = rom_pair_get(state);
    for (unsigned round = 0; round < rounds(3); round++) {
        rom_pair_random(pair, ROM_PAIR_DATA, 0x900);
        for (uint32_t i = 0; i < 32; i++) {
            uint32_t region = ROM_PAIR_DATA + 0x200 + 12 * i;
            rom_pair_write32(pair, region, rom_pair_rand(pair) % 3 | (rom_pair_rand(pair) & 1) << 8);
            rom_pair_write32(pair, region + 4, (i & 1 ? 0x42000000 : 0x3c000000) + (rom_pair_rand(pair) & 0x1ffffff));
            rom_pair_write32(pair, region + 8, rom_pair_rand(pair) & 0x1ffffff);
            rom_pair_write32(pair, ROM_PAIR_DATA + 0x404 + 8 * i, rom_pair_rand(pair) & 0x1ffff);
        }
        static const uint32_t modes[] = {0x4000, 0x01080020, 0x8000, 0x00040040, 0x10000, 0x00040010};
        rom_pair_write(pair, ROM_PAIR_DATA + 0x900, modes, sizeof modes);
        try_all(pair, probes, sizeof probes / sizeof probes[0], 1);
    }
}

/* Calls argument 0, and returns 0. */
static const uint8_t call_void[] = {
    0x36, 0x41, 0x00, /* entry a1, 32 */
    0xe0, 0x02, 0x00, /* callx8 a2 */
    0x0c, 0x02,       /* movi.n a2, 0 */
    0x1d, 0xf0,       /* retw.n */
};

static void mmu(void **state)
{
    static const probe probes[] = {
        {"Cache_Ibus_MMU_Set",
         true,
         6,
         {ONE_OF(2, 0, 0x8000), ONE_OF(600, 0x42000000, 0x10000), ONE_OF(256, 0, 0x10000), AT(64), BELOW(80), FLAG}},
        {"Cache_Dbus_MMU_Set",
         true,
         6,
         {ONE_OF(2, 0, 0x8000), ONE_OF(600, 0x3c000000, 0x10000), ONE_OF(256, 0, 0x10000), AT(64), BELOW(80), FLAG}},
        {"Cache_Dbus_MMU_Set", true, 6, {FLAG, ANY, ANY, ONE_OF(3, 16, 16), BELOW(80), FLAG}},
        {"Cache_Set_IDROM_MMU_Size", true, 2, {ONE_OF(0x300, 0, 2), ONE_OF(0x300, 0, 4)}},
        {"Cache_Set_IDROM_MMU_Size", true, 2, {ONE_OF(0x80, 0, 4), ONE_OF(0x80, 0, 4)}},
        {"Cache_Set_IDROM_MMU_Info", false, 6, {BELOW(500), BELOW(500), ANY, ANY, ANY, ANY}},
        {"Cache_Get_IROM_MMU_End", true, 0, {{0}}},
        {"Cache_Get_DROM_MMU_End", true, 0, {{0}}},
        {"flash2spiram_instruction_offset", true, 0, {{0}}},
        {"flash2spiram_rodata_offset", true, 0, {{0}}},
        {"flash_instr_rodata_start_page", true, 1, {FLAG}},
        {"flash_instr_rodata_end_page", true, 1, {FLAG}},
        {"Cache_Count_Flash_Pages", true, 2, {FLAG, ONE_OF(8, ROM_PAIR_DATA, 4)}},
    };
    rom_pair *pair = rom_pair_get(state);
    rom_pair_fill(pair, ROM_PAIR_DATA, 0, 16);
    TRY(pair, probes, 6);
    rom_pair_call_void(pair, "Cache_Owner_Init", 0);
    rom_pair_call_void(pair, "Cache_MMU_Init", 0);
    rom_pair_call_void(pair, "ROM_Boot_Cache_Init", 0);
    rom_pair_call_void(pair, "Cache_Mask_All", 0);
    uint32_t program = rom_pair_code(pair, call_void, sizeof call_void);
    rom_pair_call_at(pair, program, 1, 0x4004e420); /* ROM_Direct_Boot_Cache_Init */
}

/* Counts up the word at the address that is before it. */
static const uint8_t count_up[] = {
    0x36, 0x41, 0x00, /* entry a1, 32 */
    0x21, 0xfe, 0xff, /* l32r a2, of two words back */
    0x38, 0x02,       /* l32i.n a3, a2, 0 */
    0x1b, 0x33,       /* addi.n a3, a3, 1 */
    0x39, 0x02,       /* s32i.n a3, a2, 0 */
    0x1d, 0xf0,       /* retw.n */
};

/* rom_cache_op_cb: called before and after, on both alike. */
static void cache_callbacks(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint8_t program[4 + sizeof count_up + 2] = {0};
    const uint32_t counter = ROM_PAIR_DATA + 0x100;
    memcpy(program, &counter, 4);
    memcpy(program + 4, count_up, sizeof count_up);
    uint32_t code = rom_pair_code(pair, program, sizeof program) + 4;
    rom_pair_write32(pair, counter, 0);
    rom_pair_write32(pair, 0x3fceffc8, code);
    rom_pair_write32(pair, 0x3fceffcc, code);
    rom_pair_call(pair, "Cache_WriteBack_Addr", 2, 0x3c000100u, 300u);
    rom_pair_call(pair, "Cache_Invalidate_Addr", 2, 0x42000100u, 300u);
    rom_pair_call(pair, "Cache_Invalidate_Addr", 2, 0x3fca0000u, 300u);
    assert_int_equal(rom_pair_read32(pair, counter), 4);
}

/* ---- UARTs ---- */

static void uart_settings(void **state)
{
    static const probe probes[] = {
        {"uart_div_modify", false, 2, {BELOW(4), BELOW(0x10000)}},
        {"uart_tx_switch", false, 1, {BELOW(5)}},
        {"uartAttach", false, 1, {ONE_OF(2, 0, ROM_PAIR_DATA)}},
        {"Uart_Init", false, 1, {BELOW(4)}},
        {"GetUartDevice", true, 0, {{0}}},
        {"uart_tx_flush", false, 1, {BELOW(3)}},
        {"uart_tx_wait_idle", false, 1, {BELOW(4)}},
    };
    TRY(rom_pair_get(state), probes, 4);
}

static void uart_sends(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    rom_pair_call_void(pair, "uart_tx_switch", 1, 0);
    for (uint32_t prints = 0; prints < 4; prints++) {
        uint8_t flags[] = {prints & 1, prints >> 1};
        rom_pair_write(pair, 0x3fceffb8, flags, 2);
        for (uint32_t i = 0; i < 200; i++)
            rom_pair_call(pair, "uart_tx_one_char", 1, i % 50 == 0 ? '\n' : 'a' + i % 26);
        rom_pair_call_void(pair, "uart_tx_wait_idle", 1, 0);
    }
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    rom_pair_call(pair, "uart_tx_one_char2", 1, '!');
}

static void uart_receives(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    static const char text[] = "hello\rworld, and more than there is room for\n";
    rom_pair_call(pair, "uart_rx_one_char", 1, ROM_PAIR_DATA);
    rom_pair_call(pair, "usb_uart_device_rx_one_char", 1, ROM_PAIR_DATA);
    rom_pair_call_void(pair, "usb_uart_device_tx_flush", 0);
    rom_pair_receive(pair, text, sizeof text - 1);
    rom_pair_pass(pair, 20000);
    rom_pair_call(pair, "uart_rx_one_char", 1, ROM_PAIR_DATA);
    rom_pair_call(pair, "uart_rx_one_char_block", 0);
    rom_pair_call(pair, "UartRxString", 2, ROM_PAIR_DATA, 100);
    rom_pair_call(pair, "UartRxString", 2, ROM_PAIR_DATA, 10);
    rom_pair_call(pair, "UartRxString", 2, ROM_PAIR_DATA, 60);
}

/* The ring that the receiver's interrupt fills. */
static void uart_ring(void **state)
{
    enum { RING = ROM_PAIR_DATA, BYTES = ROM_PAIR_DATA + 0x1000, RING_SIZE = 0x800 };
    static const uint32_t positions[][2] = {{0, 0}, {5, 0}, {3, RING_SIZE - 2}, {0, RING_SIZE - 1}};
    rom_pair *pair = rom_pair_get(state);
    rom_pair_random(pair, BYTES, RING_SIZE);
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        const uint32_t ring[] = {BYTES, BYTES + positions[i][0], BYTES + positions[i][1]};
        rom_pair_write(pair, RING, ring, sizeof ring);
        for (unsigned n = 0; n < 6; n++)
            rom_pair_call(pair, "uart_rx_readbuff", 2, RING, RING + 0x100);
    }
}

/* Channel 4, the USB, at which nobody is. */
static void usb_channel(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    static const uint8_t channel = 4, both[] = {1, 1};
    rom_pair_write(pair, 0x3fcef14c, &channel, 1);
    rom_pair_write(pair, 0x3fceffb8, both, 2);
    rom_pair_call_void(pair, "uart_tx_switch", 1, 4);
    rom_pair_call(pair, "uart_tx_one_char", 1, 'x');
    rom_pair_call(pair, "uart_tx_one_char", 1, '\n');
    rom_pair_call(pair, "uart_tx_one_char2", 1, 'x');
    rom_pair_call(pair, "uart_rx_one_char", 1, ROM_PAIR_DATA);
    rom_pair_call(pair, "uart_rx_readbuff", 2, ROM_PAIR_DATA, ROM_PAIR_DATA + 0x100);
    rom_pair_call_void(pair, "uart_tx_flush", 1, 4);
    rom_pair_call_void(pair, "uart_tx_wait_idle", 1, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(clocks),        rom_pair_test(delays),      rom_pair_test(resets),
        rom_pair_test(wake_stubs),    rom_pair_test(analogue),    rom_pair_test(pins),
        rom_pair_test(fuses),         rom_pair_test(watchdogs),   rom_pair_test(cache_lines),
        rom_pair_test(cache_states),  rom_pair_test(mmu),         rom_pair_test(cache_callbacks),
        rom_pair_test(uart_settings), rom_pair_test(uart_sends),  rom_pair_test(uart_receives),
        rom_pair_test(uart_ring),     rom_pair_test(usb_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
