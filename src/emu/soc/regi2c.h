/* SPDX-License-Identifier: MIT
 *
 * I2C_MST (0x6000E000): the internal bus to the analog blocks (PLL, regulators,
 * ADC).  Two host registers carry slave, register and data in one word; a
 * transfer takes no time, so that the busy bit always reads 0.  The blocks are
 * registers of 8 bits; of the PLL's calibration, ANA_CONF0 shows the end, and
 * the bandgap's ULP block sets its done flags when released from reset.
 *
 * Source: the mask ROM's rom_chip_i2c_readReg_org() and _writeReg() for the host
 * word; ESP-IDF v5.0.4 soc/esp32s3 regi2c_*.h and hal regi2c_ctrl_ll.h for the
 * blocks.  Espressif publishes no reset values of the blocks: they start at 0.
 *
 * Left out: what the analog registers do (voltages, PLL dividers); software here
 * always programs the PLL that SYSTEM's clock selection assumes.
 */
#ifndef ESPY_EMU_SOC_REGI2C_H
#define ESPY_EMU_SOC_REGI2C_H

#include "../core/soc.h"

#define ESPY_REGI2C_WORDS (0x400 / 4)
#define ESPY_REGI2C_FIRST_BLOCK 0x60 /* slave addresses are 0x60..0x6F */
#define ESPY_REGI2C_BLOCKS 16
#define ESPY_REGI2C_SAR_ADC 0x69

typedef struct espy_regi2c {
    const espy_soc *soc;
    /* Called for each write to the SAR_ADC block; wired to espy_sens_analog(). */
    void (*sar_adc)(void *self, unsigned reg, uint8_t value);
    void *sar_adc_self;
    uint32_t reg[ESPY_REGI2C_WORDS];
    uint8_t block[ESPY_REGI2C_BLOCKS][256];
} espy_regi2c;

void espy_regi2c_init(espy_regi2c *bus, const espy_soc *soc);
/* The analog blocks keep their registers but for a CHIP reset. */
void espy_regi2c_reset(espy_regi2c *bus, espy_reset depth);

#endif
