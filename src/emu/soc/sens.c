/* SPDX-License-Identifier: MIT
 *
 * SENS: the RTC side of the ADCs and the temperature sensor; see the header.
 */
#include "sens.h"

#include "../core/regfile.h"

#define BASE 0x60008800u
#define SIZE 0x400u

enum {
    SAR_READER1_CTRL = 0x00,
    SAR_MEAS1_CTRL2 = 0x0C,
    SAR_ATTEN1 = 0x14,
    SAR_READER2_CTRL = 0x24,
    SAR_MEAS2_CTRL2 = 0x30,
    SAR_ATTEN2 = 0x38,
    SAR_TSENS_CTRL = 0x50
};

/* SAR_MEASn_CTRL2 */
#define MEAS_DATA_M 0xFFFFu
#define MEAS_DONE (1u << 16)
#define MEAS_START (1u << 17)
#define EN_PAD_S 19
#define EN_PAD_M 0xFFFu

/* SAR_READERn_CTRL */
#define SAR1_DATA_INV (1u << 28)
#define SAR2_DATA_INV (1u << 29)

/* SAR_TSENS_CTRL */
#define TSENS_OUT_M 0xFFu
#define TSENS_READY (1u << 8)
#define TSENS_POWER_UP (1u << 22)
#define TSENS_DUMP_OUT (1u << 24)

/* The SAR_ADC block of the internal bus. */
#define ANALOG_TSENS_DAC 6
#define ANALOG_ENCAL 7
#define ENCAL_GND1 (1u << 5)
#define ENCAL_GND2 (1u << 7)

#define RAW_MAX 4095
#define CAL_MV 850
#define VDD_MAX_MV 3600 /* absolute maximum of a pin */

/* How far the straight line through 0 and 850 mV lies above the voltage that is there, a
 * polynomial in the line's value (millivolts).  Coefficients: ESP-IDF v5.0.4,
 * esp_adc/esp32s3/curve_fitting_coefficients.c. */
static const double curve[2][4][5] = {
    {{-2.7856531419538344, -0.0050871540569528, 9.798249589e-6},
     {-2.9831022915028695, -0.0049393185868806, 1.01379430548e-5},
     {-2.3285545746296417, -0.0147640181047414, 2.08385525314e-5},
     {-0.644403418269478, -0.0644334888647536, 1.297891447611e-4, -7.0769718e-8, 1.3515e-11}},
    {{-2.5668651654328927, 1.353548869615e-4, 3.6615265189e-6},
     {-2.3690184690298404, -0.0066319894226185, 1.18964995959e-5},
     {-0.9452499397020617, -0.0200996773954387, 2.59011467956e-5},
     {1.2247719764336924, -0.0755717904943462, 1.478791187119e-4, -7.9672528e-8, 1.5038e-11}},
};

static const espy_reg_init reset_values[] = {
    {0x000, 0x20040002}, /* SAR_READER1_CTRL */
    {0x014, 0xFFFFFFFF}, /* SAR_ATTEN1 */
    {0x018, 0x000A000A}, /* SAR_AMP_CTRL1 */
    {0x01C, 0x000A0000}, /* SAR_AMP_CTRL2 */
    {0x020, 0x007338F3}, /* SAR_AMP_CTRL3 */
    {0x024, 0x40050002}, /* SAR_READER2_CTRL */
    {0x02C, 0x07020200}, /* SAR_MEAS2_CTRL1 */
    {0x038, 0xFFFFFFFF}, /* SAR_ATTEN2 */
    {0x050, 0x00019000}, /* SAR_TSENS_CTRL */
    {0x054, 0x00004002}, /* SAR_TSENS_CTRL2 */
    {0x05C, 0xFFF07FFF}, /* SAR_TOUCH_CONF */
    {0x0FC, 0xA0000000}, /* SAR_HALL_CTRL */
    {0x1FC, 0x02101180}, /* SARDATE */
};

/* Where the registers of ADC1 and ADC2 differ. */
static const struct unit {
    uint32_t reader, meas, atten;
    uint32_t invert;
    uint32_t encal_gnd;
    unsigned code; /* number of the initial code's low byte; the high one follows */
} units[2] = {
    {SAR_READER1_CTRL, SAR_MEAS1_CTRL2, SAR_ATTEN1, SAR1_DATA_INV, ENCAL_GND1, 0},
    {SAR_READER2_CTRL, SAR_MEAS2_CTRL2, SAR_ATTEN2, SAR2_DATA_INV, ENCAL_GND2, 3},
};

/* The lowest selected channel; with none selected, the hardware uses channel 0's attenuation. */
static unsigned channel_of(uint32_t pads)
{
    unsigned channel = 0;
    while (channel < ESPY_SENS_CHANNELS && (pads >> channel & 1) == 0)
        channel++;
    return channel;
}

static double curve_error(unsigned n, unsigned atten, double mv)
{
    const double *k = curve[n][atten];
    return k[0] + mv * (k[1] + mv * (k[2] + mv * (k[3] + mv * k[4])));
}

/* The code above ground that a voltage gives.  The error's slope is well below 1, so
 * that repeating `line = mv + error(line)` closes in on the line's value. */
static int ideal_code(const espy_sens *sens, unsigned n, unsigned atten, unsigned mv)
{
    double line = mv;
    for (unsigned i = 0; i < 24; i++)
        line = mv + curve_error(n, atten, line);
    double code = line * sens->calibration.code_at_850mv[n][atten] / CAL_MV + 0.5;
    return mv == 0 || code < 0 ? 0 : code > RAW_MAX ? RAW_MAX : (int)code;
}

static uint32_t convert(const espy_sens *sens, unsigned n)
{
    const struct unit *unit = &units[n];
    unsigned channel = channel_of(sens->reg[unit->meas / 4] >> EN_PAD_S & EN_PAD_M);
    bool connected = channel < ESPY_SENS_CHANNELS && (sens->analog[ANALOG_ENCAL] & unit->encal_gnd) == 0;
    unsigned mv = connected ? sens->input_mv[n][channel] : 0;
    unsigned atten = sens->reg[unit->atten / 4] >> (connected ? 2 * channel : 0) & 3;
    int initial = (sens->analog[unit->code + 1] & 0xF) << 8 | sens->analog[unit->code];
    int raw = ideal_code(sens, n, atten, mv) + sens->calibration.ground_code[n][atten] - initial;
    raw = raw < 0 ? 0 : raw > RAW_MAX ? RAW_MAX : raw;
    return (uint32_t)(sens->reg[unit->reader / 4] & unit->invert ? RAW_MAX - raw : raw);
}

/* A conversion starts when START rises, and is done before software can look. */
static void write_meas(espy_sens *sens, unsigned n, uint32_t value)
{
    uint32_t *meas = &sens->reg[units[n].meas / 4];
    bool rises = (value & ~*meas & MEAS_START) != 0;
    uint32_t result = *meas & (MEAS_DATA_M | MEAS_DONE);
    *meas = value & ~(MEAS_DATA_M | MEAS_DONE);
    if (rises)
        result = convert(sens, n) | MEAS_DONE;
    else if ((value & MEAS_START) == 0)
        result &= ~MEAS_DONE;
    *meas |= result;
}

/* How far the DAC code shifts the range, in units of 27.88 degrees. */
static int tsens_offset(uint8_t dac)
{
    switch (dac & 0xF) {
    case 5: return -2;
    case 7: return -1;
    case 11: return 1;
    case 10: return 2;
    default: return 0; /* 15 */
    }
}

/* celsius + error = 0.4386 * raw - 27.88 * offset - 20.52 */
static uint32_t tsens_raw(const espy_sens *sens)
{
    int offset = tsens_offset(sens->analog[ANALOG_TSENS_DAC]);
    int reads = sens->temperature * 10000 + sens->calibration.temperature_error * 1000;
    int raw = (reads + 278800 * offset + 205200 + 4386 / 2) / 4386;
    return (uint32_t)(raw < 0 ? 0 : raw > 255 ? 255 : raw);
}

static void write_tsens(espy_sens *sens, uint32_t value)
{
    uint32_t conf = value & ~(TSENS_OUT_M | TSENS_READY);
    uint32_t wanted = TSENS_POWER_UP | TSENS_DUMP_OUT;
    bool ready = (value & wanted) == wanted;
    uint32_t out = ready ? tsens_raw(sens) | TSENS_READY : sens->reg[SAR_TSENS_CTRL / 4] & TSENS_OUT_M;
    sens->reg[SAR_TSENS_CTRL / 4] = conf | out;
}

static uint32_t sens_read(void *self, uint32_t offset)
{
    const espy_sens *sens = self;
    return offset < ESPY_SENS_WORDS * 4 ? sens->reg[offset / 4] : 0;
}

static void sens_write(void *self, uint32_t offset, uint32_t value)
{
    espy_sens *sens = self;
    if (offset == SAR_MEAS1_CTRL2)
        write_meas(sens, 0, value);
    else if (offset == SAR_MEAS2_CTRL2)
        write_meas(sens, 1, value);
    else if (offset == SAR_TSENS_CTRL)
        write_tsens(sens, value);
    else if (offset < ESPY_SENS_WORDS * 4)
        sens->reg[offset / 4] = value;
}

void espy_sens_set_input(espy_sens *sens, unsigned unit, unsigned channel, unsigned mv)
{
    if (unit < 2 && channel < ESPY_SENS_CHANNELS)
        sens->input_mv[unit][channel] = (uint16_t)(mv < VDD_MAX_MV ? mv : VDD_MAX_MV);
}

void espy_sens_set_temperature(espy_sens *sens, int celsius)
{
    sens->temperature = celsius;
}

void espy_sens_analog(void *self, unsigned number, uint8_t value)
{
    espy_sens *sens = self;
    if (number < sizeof sens->analog)
        sens->analog[number] = value;
}

void espy_sens_init(espy_sens *sens, const espy_soc *soc, const espy_calibration *calibration)
{
    *sens = (espy_sens){.soc = soc, .calibration = *calibration, .temperature = 25};
    espy_bus_attach(soc->bus, &(espy_device){"SENS", BASE, SIZE, sens, sens_read, sens_write});
    espy_sens_reset(sens, ESPY_RESET_CHIP);
}

void espy_sens_reset(espy_sens *sens, espy_reset depth)
{
    if (depth != ESPY_RESET_CORE)
        espy_regfile_reset(sens->reg, ESPY_SENS_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
}
