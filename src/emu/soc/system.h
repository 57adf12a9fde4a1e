/* SPDX-License-Identifier: MIT
 *
 * SYSTEM (0x600C0000): clock selection, module clocks and resets, the second
 * core's control, and the interrupts that cores send each other.
 *
 * Source: ESP32-S3 TRM, "System Registers", "Reset and Clock"; ESP-IDF v5.0.4
 * soc/system_reg.h, hal clk_tree_ll.h; CLK_XTAL_FREQ from the mask ROM's
 * ets_get_xtal_freq().
 *
 * Left out: clock gates of modules store and do not stop them; RC_FAST as the
 * CPU's clock runs at 480/27 MHz (nominal 17.5); memory power and the PVT
 * monitors, and the CRC unit of the RTC fast memory, are registers without effect.
 */
#ifndef ESPY_EMU_SOC_SYSTEM_H
#define ESPY_EMU_SOC_SYSTEM_H

#include "../core/soc.h"

#define ESPY_SYSTEM_WORDS (0x1000 / 4)

/* Numbers of module reset outputs: the bit in PERIP_RST_EN0, and 32 + the bit in
 * PERIP_RST_EN1. */
enum {
    ESPY_RST_TIMERS = 0,
    ESPY_RST_SPI01 = 1,
    ESPY_RST_UART = 2,
    ESPY_RST_UART1 = 5,
    ESPY_RST_TIMERGROUP = 13,
    ESPY_RST_EFUSE = 14,
    ESPY_RST_TIMERGROUP1 = 15,
    ESPY_RST_USB = 23,
    ESPY_RST_UART_MEM = 24,
    ESPY_RST_APB_SARADC = 28,
    ESPY_RST_SYSTIMER = 29,
    ESPY_RST_CRYPTO_AES = 33,
    ESPY_RST_CRYPTO_SHA = 34,
    ESPY_RST_CRYPTO_RSA = 35,
    ESPY_RST_CRYPTO_DS = 36,
    ESPY_RST_CRYPTO_HMAC = 37,
    ESPY_RST_DMA = 38,
    ESPY_RST_UART2 = 41,
    ESPY_RST_USB_DEVICE = 42,
    ESPY_RST_COUNT = 64
};

typedef struct espy_system {
    const espy_soc *soc;
    /* Outputs, wired by the machine after init.  espy_system_reset() calls the
     * clock and drives every line but the module resets that do not change. */
    /* The CPU's cycle and the APB's cycle in ticks, whenever either changes:
     * 2 and 6 at 240 MHz; 24 and 24 after reset (20 MHz from the crystal). */
    void (*clock)(void *self, unsigned cpu_ticks, unsigned apb_ticks);
    void *clock_self;
    /* The second core: held in reset, clock on, stalled.  It runs when reset and
     * stall are low and the clock is high; it starts at the reset vector when
     * reset falls. */
    espy_line core1_reset;
    espy_line core1_clock;
    espy_line core1_stall;
    /* EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL, whenever it is written or reset. */
    void (*encryption)(void *self, uint32_t control);
    void *encryption_self;
    espy_line from_cpu[4];                  /* interrupt sources 79..82 */
    espy_line module_reset[ESPY_RST_COUNT]; /* high while software holds the module in reset */
    uint32_t reg[ESPY_SYSTEM_WORDS];
} espy_system;

void espy_system_init(espy_system *system, const espy_soc *soc);
void espy_system_reset(espy_system *system, espy_reset depth);

#endif
