/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: from reset to the bootloader or to the serial loader.
 *
 * The reset vector gives the core its special registers, initialises the ROM's RAM on
 * core 0, and enters main(), which on core 1 waits for an address to go on at.  On core 0
 * main() sets up UART0 and its clock, says what reset the chip and what the straps ask,
 * and then runs the wake stub, the bootloader or the loader.
 *
 * Source: ESP32-S3 TRM, "Chip Boot Control", "Reset and Clock"; ESP-IDF, rom/rtc.h for
 * the names of the causes; the texts and their order are the mask ROM's.  Left out:
 * SPI slave download.
 */
#include "boot.h"

#include "download.h"
#include "fuses.h"
#include "xtos.h"

#include <stdarg.h>

enum {
    ARGS_MAX = 6,
    VECTORS = 0x40000000,
    RESET_VECTOR = 0x40000400,
    RESET_UNPACK = 0x4000050b,
    MAIN = 0x40043a2c,
    MAIN_RETURN = 0x40034c48,
    PS_MAIN = 0x40020, /* WOE, UM */
    CALL4 = 1,
    ATOMCTL_INTERNAL = 0x15, /* S32C1I acts on memory, not on a bus */
    MEMCTL_LOOP_BUFFER = 1,

    GPIO_STRAP = 0x60004038,
    RTC_CNTL_RESET_STATE = 0x60008038,
    RTC_CNTL_STORE4 = 0x600080c0, /* bit 0: print nothing */
    SYSTEM_CORE_1_CONTROL_1 = 0x600c0004,
    ASSIST_DEBUG_CORE_0_PC = 0x600ce05c,
    USB_WRAP_PERSIST = 0x600393fc, /* chip_usb_set_persist_flags() */
    USBDC_BOOT_DFU = 1 << 30,

    EFUSE_RD_REPEAT_DATA2 = 0x60007038,
    SECURE_BOOT_EN = 1 << 20,
    EFUSE_RD_REPEAT_DATA3 = 0x6000703c,
    DIS_DOWNLOAD_MODE = 1 << 0,
    ENABLE_SECURITY_DOWNLOAD = 1 << 5,
    UART_PRINT_CONTROL = 6, /* two bits */

    STRAP_GPIO46 = 1 << 2,
    STRAP_GPIO0 = 1 << 3,
    STRAP_LEGACY_FLASH = 4, /* of bits 0 to 3 */
    STRAP_NONE = 5,
    STRAP_SPI_DOWNLOAD = 6,
    STRAP_UART0 = 7,

    XTAL_HZ = 40000000,
    CAUSE_DEEP_SLEEP = 5,
    CAUSES = 24,
    UART_DEV_PRINT = 24, /* UartDev.buff_uart_no */
    RESTART_US = 200,
    APP_POLL_US = 100, /* the firmware waits as long for core 1, in turn */
    INIT_CYCLES = 9600 /* that the reset code takes to initialise RAM */
};

/* The step in which a part stands still. */
#define HANG 0xffffffffu

/* The causes after which the ROM boots; after others it resets the chip. */
#define CAUSES_KNOWN 0x00ffbfaau

/* ---- steps ---- */

void espy_rom_run_steps(espy_rom_call *c, espy_rom_step *const *steps, uint32_t count)
{
    if (c->step == HANG)
        espy_rom_wait(c, HANG, ESPY_NEVER - c->clock->now);
    else if (c->step < count)
        steps[c->step](c);
    else
        espy_rom_fault(c, "something wrote over the stack of %s in the built-in ROM", c->function->name);
}

espy_rom_call *espy_rom_then(espy_rom_call *c, uint32_t step)
{
    c->step = step - 1;
    return c;
}

static void call(espy_rom_call *c, uint32_t addr, unsigned argc, va_list list, unsigned given, uint32_t first)
{
    uint32_t args[ARGS_MAX] = {first};
    for (unsigned i = 0; i < argc; i++)
        args[given + i] = va_arg(list, uint32_t);
    espy_rom_guest(c, c->step + 1, addr, given + argc, args);
}

void espy_rom_say(espy_rom_call *c, uint32_t text, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    call(c, espy_rom_address("ets_printf"), argc, list, 1, text);
    va_end(list);
}

void espy_rom_do(espy_rom_call *c, const char *name, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    call(c, espy_rom_address(name), argc, list, 0, 0);
    va_end(list);
}

void espy_rom_do_at(espy_rom_call *c, uint32_t addr, unsigned argc, ...)
{
    va_list list;
    va_start(list, argc);
    call(c, addr, argc, list, 0, 0);
    va_end(list);
}

void espy_rom_give_up(espy_rom_call *c, uint32_t file, uint32_t line)
{
    espy_rom_say(espy_rom_then(c, HANG), ESPY_TEXT_FILE_LINE, 2, file, line);
}

/* ---- reset ---- */

static void set_handlers(const espy_rom_call *c)
{
    static const uint32_t handlers[] = {ESPY_ROM_L2INT, ESPY_ROM_L3INT, ESPY_ROM_L4INT, ESPY_ROM_L5INT};
    for (unsigned i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        espy_cpu_set_sr(c->cpu, XT_EXCSAVE + 2 + i, handlers[i]);
    espy_rom_write32(c, ESPY_ROM_PRI_4_HANDLER, ESPY_ROM_L4INT);
    espy_rom_write32(c, ESPY_ROM_PRI_5_HANDLER, ESPY_ROM_L5INT);
}

static void start_main(const espy_rom_call *c)
{
    set_handlers(c);
    espy_cpu_set_a(c->cpu, 0, 0);
    espy_cpu_set_a(c->cpu, 1, espy_rom_core(c) == 0 ? ESPY_ROM_STACK : ESPY_ROM_STACK_APP);
    espy_cpu_set_a(c->cpu, 4, (uint32_t)CALL4 << 30 | (MAIN_RETURN & 0x3fffffff));
    espy_cpu_set_sr(c->cpu, XT_PS, PS_MAIN | CALL4 << 16);
    espy_cpu_set_pc(c->cpu, MAIN);
}

/* Nothing is allowed below 0x20000000, so that null pointers are caught. */
static void set_regions(const espy_rom_call *c)
{
    static const uint8_t attributes[8] = {15, 1, 1, 2, 2, 2, 2, 2};
    for (unsigned i = 0; i < 8; i++)
        espy_cpu_set_region(c->cpu, i, attributes[i]);
}

static void reset(espy_rom_call *c)
{
    espy_cpu_set_sr(c->cpu, XT_INTENABLE, 0);
    uint32_t start = espy_rom_core(c) == 1 ? espy_rom_read32(c, SYSTEM_CORE_1_CONTROL_1) : 0;
    if (start >> 31) { /* at once, as software may ask */
        espy_cpu_set_pc(c->cpu, start & 0x7fffffff);
        return;
    }
    espy_cpu_set_sr(c->cpu, XT_VECBASE, VECTORS);
    espy_cpu_set_sr(c->cpu, XT_ATOMCTL, ATOMCTL_INTERNAL);
    espy_cpu_set_sr(c->cpu, XT_MEMCTL, espy_cpu_get_sr(c->cpu, XT_MEMCTL) | MEMCTL_LOOP_BUFFER);
    set_regions(c);
    espy_cpu_set_sr(c->cpu, XT_WINDOWBASE, 0);
    espy_cpu_set_sr(c->cpu, XT_WINDOWSTART, 1);
    if (espy_rom_core(c) == 1) {
        start_main(c);
        return;
    }
    espy_rom_wait(c, 0, INIT_CYCLES * espy_cpu_cycle(c->cpu));
    espy_cpu_set_pc(c->cpu, RESET_UNPACK);
}

/* Firmware on core 1 that restarts the chip has its stack among the ROM's variables, and
 * counts on the time that core 0 takes to get there. */
static void unpack(espy_rom_call *c)
{
    espy_rom_init_ram(c);
    start_main(c);
}

/* ---- what the boot prints on: uart_usb_print_status_update() ---- */

enum { UPDATE_BEGIN, UPDATE_UART, UPDATE_USB };

static uint32_t straps(const espy_rom_call *c)
{
    return espy_rom_read32(c, GPIO_STRAP);
}

static bool boots_flash(const espy_rom_call *c)
{
    return (straps(c) & STRAP_GPIO0) != 0 || (straps(c) & 15) == STRAP_LEGACY_FLASH;
}

/* Always, never, or while GPIO46 is as the fuses say. */
static void is_print_boot(espy_rom_call *c)
{
    bool high = (straps(c) & STRAP_GPIO46) != 0;
    switch (espy_rom_read32(c, EFUSE_RD_REPEAT_DATA3) >> UART_PRINT_CONTROL & 3) {
    case 0: espy_rom_return(c, 1); break;
    case 1: espy_rom_return(c, !high); break;
    case 2: espy_rom_return(c, high); break;
    default: espy_rom_return(c, 0); break;
    }
}

static void update_begin(espy_rom_call *c)
{
    if (!boots_flash(c)) {
        espy_rom_write8(c, ESPY_ROM_G_UART_PRINT, 1);
        espy_rom_do(espy_rom_then(c, UPDATE_USB), "ets_efuse_usb_download_mode_disabled", 1, 4);
    } else if ((espy_rom_read32(c, RTC_CNTL_STORE4) & 1) == 0) {
        espy_rom_do(c, "ets_is_print_boot", 0);
    }
}

static void update_uart(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_write8(c, ESPY_ROM_G_UART_PRINT, 1);
    espy_rom_do(c, "ets_efuse_usb_print_is_disabled", 0);
}

static void update_usb(espy_rom_call *c)
{
    if (espy_rom_result(c) == 0)
        espy_rom_write8(c, ESPY_ROM_G_USB_PRINT, 1);
}

static espy_rom_step *const update_steps[] = {
    [UPDATE_BEGIN] = update_begin,
    [UPDATE_UART] = update_uart,
    [UPDATE_USB] = update_usb,
};

static void update_print_status(espy_rom_call *c)
{
    espy_rom_run_steps(c, update_steps, sizeof update_steps / sizeof update_steps[0]);
}

/* ---- restart(text) ---- */

enum { RESTART_SAY, RESTART_FLUSH, RESTART_DELAY, RESTART_RESET, RESTART_END };

static void restart(espy_rom_call *c)
{
    switch (c->step) {
    case RESTART_SAY: espy_rom_say(c, espy_rom_arg(c, 0), 0); break;
    case RESTART_FLUSH:
        espy_rom_do(c, "uart_tx_flush", 1, (uint32_t)espy_rom_read8(c, ESPY_ROM_UART_DEV + UART_DEV_PRINT));
        break;
    case RESTART_DELAY: espy_rom_do_at(c, espy_rom_read32(c, ESPY_ROM_ETS_OPS), 1, RESTART_US); break;
    case RESTART_RESET: espy_rom_do(c, "software_reset", 0); break;
    default: espy_rom_wait(c, RESTART_END, ESPY_NEVER - c->clock->now); break;
    }
}

/* ---- main ---- */

enum { REASON = 4, APB_HZ = 8 }; /* locals */
enum {
    MAIN_BEGIN,
    MAIN_UNHOLD,
    MAIN_ATTACH,
    MAIN_GET_APB,
    MAIN_FREQUENCY,
    MAIN_UART,
    MAIN_PRINT_TO,
    MAIN_UPDATE,
    MAIN_PRINTF,
    MAIN_SAY_ROM,
    MAIN_SAY_BUILD,
    MAIN_SAY_RESET,
    MAIN_DEBUG,
    MAIN_SAY_PC,
    MAIN_RECORD,
    MAIN_SUPER_WDT,
    MAIN_SAY_SUPER_WDT,
    MAIN_JTAG,
    MAIN_SAY_JTAG,
    MAIN_CLEAR,
    MAIN_CAUSE,
    MAIN_WAKE,
    MAIN_BOOT,
    MAIN_RUN,
    MAIN_RAN,
    MAIN_DOWNLOAD,
    MAIN_SAY_WAIT,
    MAIN_SAY_DFU,
    MAIN_LOADER,
    MAIN_USER,
    MAIN_USER_DONE,
    MAIN_DONE,
    MAIN_APP,
    MAIN_APP_DONE,
    MAIN_STEPS
};
static espy_rom_step *const main_steps[MAIN_STEPS];

static void go(espy_rom_call *c, uint32_t step)
{
    c->step = step;
    main_steps[step](c);
}

static void main_begin(espy_rom_call *c)
{
    if (espy_rom_core(c) == 1) {
        go(c, MAIN_APP);
        return;
    }
    espy_rom_set_local(c, REASON, espy_rom_read32(c, RTC_CNTL_RESET_STATE) & 0x3f);
    espy_rom_do(c, "Cache_Mask_All", 0);
}

static void main_unhold(espy_rom_call *c)
{
    espy_rom_do(c, "rtc_unhold_all_pads", 0);
}

static void main_attach(espy_rom_call *c)
{
    espy_rom_do(c, "uartAttach", 1, 0);
}

static void main_get_apb(espy_rom_call *c)
{
    espy_rom_do(c, "ets_get_apb_freq", 0);
}

static void main_frequency(espy_rom_call *c)
{
    espy_rom_set_local(c, APB_HZ, espy_rom_result(c));
    espy_rom_do(c, "ets_update_cpu_frequency", 1, espy_rom_result(c) / 1000000);
}

static void main_uart(espy_rom_call *c)
{
    espy_rom_do(c, "Uart_Init", 2, 0, XTAL_HZ);
}

static void main_print_to(espy_rom_call *c)
{
    espy_rom_do(c, "uart_tx_switch", 1, 0);
}

static void main_update(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_UPDATE_PRINT_STATUS, 0);
}

static void main_printf(espy_rom_call *c)
{
    espy_rom_do(c, "ets_install_uart_printf", 0);
}

static void main_say_rom(espy_rom_call *c)
{
    if ((straps(c) & 15) == STRAP_NONE)
        espy_rom_give_up(c, ESPY_TEXT_ETS_MAIN, 263);
    else
        espy_rom_say(c, ESPY_TEXT_ESP_ROM, 1, ESPY_TEXT_ROM_VERSION);
}

static void main_say_build(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_BUILD, 1, ESPY_TEXT_ROM_DATE);
}

static uint32_t cause_name(uint32_t cause)
{
    static const uint32_t names[CAUSES] = {
        [1] = ESPY_TEXT_RST_POWERON,       [3] = ESPY_TEXT_RST_SW_SYS,    [5] = ESPY_TEXT_RST_DSLEEP,
        [7] = ESPY_TEXT_RST_TG0_SYS,       [8] = ESPY_TEXT_RST_TG1_SYS,   [9] = ESPY_TEXT_RST_RTC_SYS,
        [10] = ESPY_TEXT_RST_INTRUSION,    [11] = ESPY_TEXT_RST_TG0_CPU,  [12] = ESPY_TEXT_RST_SW_CPU,
        [13] = ESPY_TEXT_RST_RTC_CPU,      [15] = ESPY_TEXT_RST_BROWNOUT, [16] = ESPY_TEXT_RST_RTC_RTC,
        [17] = ESPY_TEXT_RST_TG1_CPU,      [18] = ESPY_TEXT_RST_SUPER,    [19] = ESPY_TEXT_RST_GLITCH,
        [20] = ESPY_TEXT_RST_EFUSE,        [21] = ESPY_TEXT_RST_USB_UART, [22] = ESPY_TEXT_RST_USB_JTAG,
        [23] = ESPY_TEXT_RST_POWER_GLITCH,
    };
    if (cause >= CAUSES)
        return ESPY_TEXT_UNKNOWN_MODE;
    return names[cause] != 0 ? names[cause] : ESPY_TEXT_RST_NONE;
}

static uint32_t mode_name(uint32_t strap)
{
    if ((strap & 15) == STRAP_SPI_DOWNLOAD)
        return ESPY_TEXT_SPI_DOWNLOAD_BOOT;
    if (strap & STRAP_GPIO0)
        return ESPY_TEXT_SPI_FAST_FLASH_BOOT;
    if ((strap & 15) == STRAP_LEGACY_FLASH)
        return ESPY_TEXT_SPI_FLASH_BOOT;
    if ((strap & 15) == STRAP_UART0)
        return ESPY_TEXT_UART0_BOOT;
    return (strap & 12) == 0 ? ESPY_TEXT_DOWNLOAD : ESPY_TEXT_UNKNOWN_MODE;
}

static void main_say_reset(espy_rom_call *c)
{
    uint32_t cause = espy_rom_local(c, REASON);
    espy_rom_say(c, ESPY_TEXT_RST, 4, cause, cause_name(cause), straps(c), mode_name(straps(c)));
}

static void main_debug(espy_rom_call *c)
{
    espy_rom_do(c, "assist_debug_clock_enable", 0);
}

static void main_say_pc(espy_rom_call *c)
{
    uint32_t pc = espy_rom_read32(c, ASSIST_DEBUG_CORE_0_PC);
    if (pc != 0)
        espy_rom_say(c, ESPY_TEXT_SAVED_PC, 1, pc);
    else
        go(c, MAIN_RECORD);
}

static void main_record(espy_rom_call *c)
{
    espy_rom_do(c, "assist_debug_record_enable", 0);
}

/* fatal_handlers_attach(), then the first of the other causes. */
static void main_super_wdt(espy_rom_call *c)
{
    static const uint8_t causes[] = {0, 2, 3, 8, 9, 28, 29};
    for (unsigned i = 0; i < sizeof causes; i++) {
        espy_rom_write32(c, ESPY_ROM_EXC_HANDLER_TABLE + 4u * causes[i], ESPY_ROM_C_WRAPPER);
        espy_rom_write32(c, ESPY_ROM_C_HANDLER_TABLE + 4u * causes[i], ESPY_ROM_FATAL_EXCEPTION);
    }
    espy_rom_do(c, "analog_super_wdt_reset_happened", 1, espy_rom_local(c, REASON));
}

static void main_say_super_wdt(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_say(c, ESPY_TEXT_SUPER_WDT, 0);
    else
        go(c, MAIN_JTAG);
}

static void main_jtag(espy_rom_call *c)
{
    espy_rom_do(c, "jtag_cpu_reset_happened", 1, 0);
}

static void main_say_jtag(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_say(c, ESPY_TEXT_JTAG_RESET, 0);
    else
        go(c, MAIN_CLEAR);
}

static void main_clear(espy_rom_call *c)
{
    espy_rom_do(c, "clear_super_wdt_reset_flag", 0);
}

static void main_cause(espy_rom_call *c)
{
    uint32_t cause = espy_rom_local(c, REASON);
    if (cause >= CAUSES || (CAUSES_KNOWN >> cause & 1) == 0)
        espy_rom_do_at(c, ESPY_ROM_RESTART, 1, ESPY_TEXT_INVALID_RESET);
    else if (cause == CAUSE_DEEP_SLEEP && boots_flash(c))
        espy_rom_do(c, "esp_rom_get_rtc_wake_addr", 0);
    else
        go(c, MAIN_BOOT);
}

static void main_wake(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_do_at(c, espy_rom_result(c), 0);
    else
        go(c, MAIN_BOOT);
}

static void main_boot(espy_rom_call *c)
{
    if (boots_flash(c))
        espy_rom_do(c, "spi_flash_boot_attach", 3, espy_rom_fuse_spi_pads(c), 0, 0);
    else
        go(c, MAIN_DOWNLOAD);
}

static void main_run(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_RUN_FLASH_BOOTLOADER, 0);
}

static void main_ran(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        espy_rom_give_up(c, ESPY_TEXT_ETS_MAIN, 329);
    else
        go(c, MAIN_USER);
}

static void main_download(espy_rom_call *c)
{
    uint32_t fuses = espy_rom_read32(c, EFUSE_RD_REPEAT_DATA3);
    if (fuses & DIS_DOWNLOAD_MODE)
        espy_rom_do_at(c, ESPY_ROM_RESTART, 1, ESPY_TEXT_NO_DOWNLOAD);
    else if ((straps(c) & 15) == STRAP_SPI_DOWNLOAD)
        espy_rom_fault(c, "the straps of this board ask for SPI slave download, which is not in the built-in ROM");
    else
        espy_rom_do(c, "uartAttach", 1, ESPY_ROM_UART_RX_BUFF);
}

static void main_say_wait(espy_rom_call *c)
{
    bool secure = (espy_rom_read32(c, EFUSE_RD_REPEAT_DATA3) & ENABLE_SECURITY_DOWNLOAD) != 0;
    bool uart0 = (straps(c) & 15) == STRAP_UART0;
    espy_rom_say(c, secure ? ESPY_TEXT_WAIT_SECURE : uart0 ? ESPY_TEXT_WAIT_UART0 : ESPY_TEXT_WAITING, 0);
}

/* Firmware may ask for the loader of DFU on USB OTG; no host is there. */
static void main_say_dfu(espy_rom_call *c)
{
    if ((straps(c) & 15) != STRAP_UART0 && espy_rom_read32(c, USB_WRAP_PERSIST) & USBDC_BOOT_DFU)
        espy_rom_say(c, ESPY_TEXT_DFU, 0);
    else
        go(c, MAIN_LOADER);
}

static void main_loader(espy_rom_call *c)
{
    espy_rom_do_at(c, ESPY_ROM_DOWNLOAD, 1, espy_rom_local(c, APB_HZ));
}

/* A program that the loader took, or one that a bootloader left by ets_set_user_start().
 * With secure boot there is none that may run. */
static void main_user(espy_rom_call *c)
{
    uint32_t start = espy_rom_read32(c, ESPY_ROM_USER_CODE_START);
    if ((espy_rom_read32(c, EFUSE_RD_REPEAT_DATA2) & SECURE_BOOT_EN) != 0)
        espy_rom_do(c, "software_reset", 0);
    else if (start != 0)
        espy_rom_do_at(c, start, 0);
    else
        go(c, MAIN_USER_DONE);
}

static void main_user_done(espy_rom_call *c)
{
    espy_rom_say(c, ESPY_TEXT_USER_CODE_DONE, 0);
}

static void main_done(espy_rom_call *c)
{
    espy_rom_return(c, 0);
}

static void main_app(espy_rom_call *c)
{
    uint32_t start = espy_rom_read32(c, SYSTEM_CORE_1_CONTROL_1);
    if (start != 0)
        espy_rom_do_at(c, start, 0);
    else
        espy_rom_wait(c, MAIN_APP, APP_POLL_US * ESPY_TICKS_PER_US);
}

static espy_rom_step *const main_steps[MAIN_STEPS] = {
    [MAIN_BEGIN] = main_begin,
    [MAIN_UNHOLD] = main_unhold,
    [MAIN_ATTACH] = main_attach,
    [MAIN_GET_APB] = main_get_apb,
    [MAIN_FREQUENCY] = main_frequency,
    [MAIN_UART] = main_uart,
    [MAIN_PRINT_TO] = main_print_to,
    [MAIN_UPDATE] = main_update,
    [MAIN_PRINTF] = main_printf,
    [MAIN_SAY_ROM] = main_say_rom,
    [MAIN_SAY_BUILD] = main_say_build,
    [MAIN_SAY_RESET] = main_say_reset,
    [MAIN_DEBUG] = main_debug,
    [MAIN_SAY_PC] = main_say_pc,
    [MAIN_RECORD] = main_record,
    [MAIN_SUPER_WDT] = main_super_wdt,
    [MAIN_SAY_SUPER_WDT] = main_say_super_wdt,
    [MAIN_JTAG] = main_jtag,
    [MAIN_SAY_JTAG] = main_say_jtag,
    [MAIN_CLEAR] = main_clear,
    [MAIN_CAUSE] = main_cause,
    [MAIN_WAKE] = main_wake,
    [MAIN_BOOT] = main_boot,
    [MAIN_RUN] = main_run,
    [MAIN_RAN] = main_ran,
    [MAIN_DOWNLOAD] = main_download,
    [MAIN_SAY_WAIT] = main_say_wait,
    [MAIN_SAY_DFU] = main_say_dfu,
    [MAIN_LOADER] = main_loader,
    [MAIN_USER] = main_user,
    [MAIN_USER_DONE] = main_user_done,
    [MAIN_DONE] = main_done,
    [MAIN_APP] = main_app,
    [MAIN_APP_DONE] = main_done,
};

static void rom_main(espy_rom_call *c)
{
    espy_rom_run_steps(c, main_steps, MAIN_STEPS);
}

/* main() came back: on a chip a call to a simulator, then a BREAK. */
static void stand_still(espy_rom_call *c)
{
    espy_rom_wait(c, 0, ESPY_NEVER - c->clock->now);
}

const espy_rom_function espy_rom_boot_functions[] = {
    {"reset vector", RESET_VECTOR, reset, ESPY_ROM_NAKED, 0},
    {"reset vector", RESET_UNPACK, unpack, ESPY_ROM_NAKED, 0},
    {"main", MAIN, rom_main, ESPY_ROM_STEPS, 0},
    {"end of main", MAIN_RETURN, stand_still, ESPY_ROM_NAKED, 0},
    {"uart_usb_print_status_update", ESPY_ROM_UPDATE_PRINT_STATUS, update_print_status, ESPY_ROM_STEPS, 0},
    {"ets_fatal_exception_handler", ESPY_ROM_FATAL_EXCEPTION, espy_rom_fatal_exception, ESPY_ROM_STEPS, 16},
    {"ets_is_print_boot", 0, is_print_boot, ESPY_ROM_LEAF, 0},
    {"restart", ESPY_ROM_RESTART, restart, ESPY_ROM_STEPS, 0},
    {"ets_loader_map_range", ESPY_ROM_LOADER_MAP_RANGE, espy_rom_loader_map_range, ESPY_ROM_STEPS, 0},
    {"ets_config_flash_by_image_hdr", ESPY_ROM_CONFIG_FLASH, espy_rom_config_flash, ESPY_ROM_STEPS, 16},
    {"print_hash", ESPY_ROM_PRINT_HASH, espy_rom_print_hash, ESPY_ROM_STEPS, 0},
    {"ets_run_flash_bootloader", ESPY_ROM_RUN_FLASH_BOOTLOADER, espy_rom_run_flash_bootloader, ESPY_ROM_STEPS,
     ESPY_ROM_RUN_FLASH_LOCALS},
    {0},
};
