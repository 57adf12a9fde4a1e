/* SPDX-License-Identifier: MIT
 *
 * SENS (0x60008800), the RTC side of the two SAR ADCs: one-shot conversions of
 * the voltage given per channel, the internal ground that the self-calibration
 * measures, and the temperature sensor.
 *
 * The converter is that of the chip whose calibration the eFuses carry
 * (efuse.h): an offset and a gain per unit and attenuation, and the curvature
 * that ESP-IDF's curve-fitting scheme takes out, so that a program which
 * calibrates by the eFuses reads the voltage that was given.  The initial code,
 * set through the internal bus (regi2c.h), is subtracted from the result;
 * self-calibration finds the code at which ground just reads 0.
 *
 * Source: ESP32-S3 TRM, "On-Chip Sensors and Analog Signal Processing";
 * ESP-IDF v5.0.4 hal/esp32s3 adc_ll.h, temperature_sensor_ll.h, soc/sens_reg.h,
 * efuse/esp32s3 esp_efuse_rtc_calib.c, esp_adc/esp32s3 curve fitting.
 *
 * Left out: noise, the ULP's control of the ADCs, ULP-RISC-V,
 * touch sensing (its registers store and read as no pad touched).
 */
#ifndef ESPY_EMU_SOC_SENS_H
#define ESPY_EMU_SOC_SENS_H

#include "../core/calibration.h"
#include "../core/soc.h"

#define ESPY_SENS_WORDS (0x200 / 4)
#define ESPY_SENS_CHANNELS 10

typedef struct espy_sens {
    const espy_soc *soc;
    espy_calibration calibration;
    uint32_t reg[ESPY_SENS_WORDS];
    uint16_t input_mv[2][ESPY_SENS_CHANNELS]; /* ADC1: GPIO1..10, ADC2: GPIO11..20 */
    int temperature;                          /* degrees Celsius */
    uint8_t analog[16];                       /* the SAR_ADC block of the internal bus */
} espy_sens;

/* calibration: of the chip, from espy_efuse_calibration(). */
void espy_sens_init(espy_sens *sens, const espy_soc *soc, const espy_calibration *calibration);
void espy_sens_reset(espy_sens *sens, espy_reset depth);
/* The voltage on a channel (unit 0: ADC1, 1: ADC2), in millivolts. */
void espy_sens_set_input(espy_sens *sens, unsigned unit, unsigned channel, unsigned mv);
/* The chip's temperature in degrees Celsius; 25 at first. */
void espy_sens_set_temperature(espy_sens *sens, int celsius);
/* A register of the SAR_ADC block was written; the machine wires regi2c's
 * `sar_adc` output to this. */
void espy_sens_analog(void *self, unsigned reg, uint8_t value);

#endif
