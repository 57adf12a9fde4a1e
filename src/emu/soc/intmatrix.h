/* SPDX-License-Identifier: MIT
 *
 * The interrupt matrix, INTERRUPT_CORE0 (0x600C2000) and INTERRUPT_CORE1
 * (0x600C2800): 99 level sources, each mapped to one of 32 inputs per core.
 *
 * Source: ESP32-S3 TRM, "Interrupt Matrix"; ESP-IDF v5.0.4
 * soc/interrupt_core0_reg.h, and soc/periph_defs.h for the sources' numbers.
 */
#ifndef ESPY_EMU_SOC_INTMATRIX_H
#define ESPY_EMU_SOC_INTMATRIX_H

#include "../core/soc.h"

#define ESPY_INT_SOURCES 99
#define ESPY_INT_STATUS_WORDS 4
#define ESPY_CPU_INPUTS 32

/* The sources of the peripherals that this program models. */
enum {
    ESPY_INT_GPIO = 16,
    ESPY_INT_GPIO_NMI = 17,
    ESPY_INT_SPI1 = 20,
    ESPY_INT_UART0 = 27,
    ESPY_INT_UART1 = 28,
    ESPY_INT_UART2 = 29,
    ESPY_INT_EFUSE = 36,
    ESPY_INT_USB = 38,
    ESPY_INT_RTC_CORE = 39,
    ESPY_INT_TG0_T0 = 50,
    ESPY_INT_TG0_T1 = 51,
    ESPY_INT_TG0_WDT = 52,
    ESPY_INT_TG1_T0 = 53,
    ESPY_INT_TG1_T1 = 54,
    ESPY_INT_TG1_WDT = 55,
    ESPY_INT_CACHE_IA = 56,
    ESPY_INT_SYSTIMER_TARGET0 = 57,
    ESPY_INT_APB_ADC = 65,
    ESPY_INT_DMA_IN_CH0 = 66,
    ESPY_INT_DMA_OUT_CH0 = 71,
    ESPY_INT_RSA = 76,
    ESPY_INT_AES = 77,
    ESPY_INT_SHA = 78,
    ESPY_INT_FROM_CPU_0 = 79,
    ESPY_INT_CACHE_CORE0_ACS = 94,
    ESPY_INT_CACHE_CORE1_ACS = 95,
    ESPY_INT_USB_SERIAL_JTAG = 96
};

typedef struct espy_intmatrix_core {
    struct espy_intmatrix *matrix;
    unsigned index;
    uint8_t map[ESPY_INT_SOURCES];
    uint32_t input[ESPY_CPU_INPUTS][ESPY_INT_STATUS_WORDS]; /* the sources that each input ors */
    uint32_t levels;                                        /* as last told to the core */
    uint32_t clock_gate;
} espy_intmatrix_core;

typedef struct espy_intmatrix {
    const espy_soc *soc;
    /* The level of all 32 inputs of a core, called when it changes. */
    void (*output)(void *self, unsigned core, uint32_t levels);
    void *output_self;
    uint32_t status[ESPY_INT_STATUS_WORDS]; /* the sources' levels */
    espy_intmatrix_core core[2];
} espy_intmatrix;

void espy_intmatrix_init(espy_intmatrix *matrix, const espy_soc *soc);
/* Maps every source to input 16; the sources' levels are not touched, since
 * their owners drive them. */
void espy_intmatrix_reset(espy_intmatrix *matrix, espy_reset depth);
/* The line of a source, to be stored in the peripheral that drives it. */
espy_line espy_intmatrix_source(espy_intmatrix *matrix, unsigned source);

#endif
