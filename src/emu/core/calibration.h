/* SPDX-License-Identifier: MIT
 *
 * What the factory measured of a chip's analog parts: eFuse tells it, SENS behaves so.
 *
 * Source: ESP-IDF v5.0.4, efuse/esp32s3/esp_efuse_rtc_calib.c.
 */
#ifndef ESPY_EMU_CORE_CALIBRATION_H
#define ESPY_EMU_CORE_CALIBRATION_H

#include <stdint.h>

typedef struct espy_calibration {
    uint16_t ground_code[2][4];   /* ADC1, ADC2; by attenuation: the initial code that reads 0 at ground */
    uint16_t code_at_850mv[2][4]; /* above that */
    int temperature_error;        /* what the temperature sensor reads too much, in tenths of a degree */
} espy_calibration;

#endif
