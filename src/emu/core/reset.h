/* SPDX-License-Identifier: MIT
 *
 * Why the chip resets, and the wire by which a peripheral asks for it.
 *
 * A peripheral that wants a reset (software, a watchdog) cannot perform it: it
 * is usually in the middle of a register access.  It calls its espy_reset_port;
 * the machine notes the request, ends the slice, resets what the cause's depth
 * says, and writes the cause down with espy_rtc_set_cause().
 *
 * Source: ESP32-S3 TRM, "Reset and Clock", table of reset sources; the numbers
 * are those that ESP-IDF's soc/esp32s3/include/soc/reset_reasons.h names.
 */
#ifndef ESPY_EMU_CORE_RESET_H
#define ESPY_EMU_CORE_RESET_H

#include "soc.h"

#include <stddef.h>

typedef enum espy_reset_cause {
    ESPY_CAUSE_NONE = 0x00,
    ESPY_CAUSE_POWER_ON = 0x01,   /* chip: power-on, EN, brown-out of the analog part */
    ESPY_CAUSE_CORE_SW = 0x03,    /* core: RTC_CNTL_SW_SYS_RST */
    ESPY_CAUSE_DEEP_SLEEP = 0x05, /* core: woken from deep sleep */
    ESPY_CAUSE_CORE_MWDT0 = 0x07, /* core: watchdog of timer group 0 */
    ESPY_CAUSE_CORE_MWDT1 = 0x08, /* core: watchdog of timer group 1 */
    ESPY_CAUSE_CORE_RWDT = 0x09,  /* core: RTC watchdog */
    ESPY_CAUSE_CPU_MWDT0 = 0x0B,  /* one CPU: watchdog of timer group 0 */
    ESPY_CAUSE_CPU_SW = 0x0C,     /* one CPU: RTC_CNTL_SW_xxxCPU_RST */
    ESPY_CAUSE_CPU_RWDT = 0x0D,   /* one CPU: RTC watchdog */
    ESPY_CAUSE_BROWN_OUT = 0x0F,  /* system */
    ESPY_CAUSE_SYS_RWDT = 0x10,   /* system: RTC watchdog */
    ESPY_CAUSE_CPU_MWDT1 = 0x11,  /* one CPU: watchdog of timer group 1 */
    ESPY_CAUSE_SUPER_WDT = 0x12,  /* system: super watchdog */
    ESPY_CAUSE_CLK_GLITCH = 0x13, /* system */
    ESPY_CAUSE_EFUSE_CRC = 0x14,  /* core */
    ESPY_CAUSE_USB_UART = 0x15,   /* core: USB_SERIAL_JTAG's serial lines */
    ESPY_CAUSE_USB_JTAG = 0x16,   /* core: USB_SERIAL_JTAG's debugger */
    ESPY_CAUSE_PWR_GLITCH = 0x17  /* core */
} espy_reset_cause;

#define ESPY_CORE_0 1u
#define ESPY_CORE_1 2u
#define ESPY_CORES_BOTH 3u

typedef struct espy_reset_port {
    /* cores: which CPUs, for a CPU reset; ESPY_CORES_BOTH for the deeper ones. */
    void (*request)(void *self, espy_reset_cause cause, unsigned cores);
    void *self;
} espy_reset_port;

static inline void espy_reset_request(const espy_reset_port *port, espy_reset_cause cause, unsigned cores)
{
    if (port->request != NULL)
        port->request(port->self, cause, cores);
}

/* Whether the cause resets CPUs alone and leaves every peripheral as it is. */
static inline bool espy_reset_is_cpu(espy_reset_cause cause)
{
    return cause == ESPY_CAUSE_CPU_MWDT0 || cause == ESPY_CAUSE_CPU_SW || cause == ESPY_CAUSE_CPU_RWDT ||
           cause == ESPY_CAUSE_CPU_MWDT1;
}

/* What the other causes do to the peripherals. */
static inline espy_reset espy_reset_depth(espy_reset_cause cause)
{
    switch (cause) {
    case ESPY_CAUSE_POWER_ON: return ESPY_RESET_CHIP;
    case ESPY_CAUSE_BROWN_OUT:
    case ESPY_CAUSE_SYS_RWDT:
    case ESPY_CAUSE_SUPER_WDT:
    case ESPY_CAUSE_CLK_GLITCH: return ESPY_RESET_SYSTEM;
    default: return ESPY_RESET_CORE;
    }
}

#endif
