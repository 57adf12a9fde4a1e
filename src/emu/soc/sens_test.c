/* SPDX-License-Identifier: MIT
 *
 * The ADCs through SENS, calibrated the way ESP-IDF does it, over the bus.
 */
#include "sens.h"

#include "efuse.h"

#include "../core/bench.h"

#define BASE 0x60008800u
#define MEAS_CTRL2(u) (BASE + ((u) == 0 ? 0x0Cu : 0x30u))
#define ATTEN(u) (BASE + ((u) == 0 ? 0x14u : 0x38u))
#define READER1_CTRL (BASE + 0x00)
#define TSENS_CTRL (BASE + 0x50)
#define START (1u << 17)
#define FORCE (1u << 18 | 1u << 31)
#define DONE (1u << 16)

typedef struct rig {
    bench b;
    espy_efuse efuse;
    espy_sens sens;
} rig;

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_calibration calibration;
    espy_efuse_init(&r->efuse, &r->b.soc, &(espy_efuse_config){0});
    espy_efuse_calibration(&r->efuse, &calibration);
    espy_sens_init(&r->sens, &r->b.soc, &calibration);
}

/* One conversion, as adc_oneshot_ll_start() and its callers make it. */
static uint32_t sample(rig *r, unsigned unit, uint32_t pads)
{
    wr(&r->b, MEAS_CTRL2(unit), FORCE | pads << 19);
    assert_false(rd(&r->b, MEAS_CTRL2(unit)) & DONE);
    wr(&r->b, MEAS_CTRL2(unit), FORCE | pads << 19 | START);
    uint32_t result = rd(&r->b, MEAS_CTRL2(unit));
    assert_true(result & DONE);
    return result & 0xFFFF;
}

static void set_atten(rig *r, unsigned unit, unsigned channel, uint32_t atten)
{
    uint32_t all = rd(&r->b, ATTEN(unit));
    wr(&r->b, ATTEN(unit), (all & ~(3u << 2 * channel)) | atten << 2 * channel);
}

static void set_code(rig *r, unsigned unit, unsigned code)
{
    unsigned low = unit == 0 ? 0 : 3;
    espy_sens_analog(&r->sens, low + 1, (uint8_t)(code >> 8));
    espy_sens_analog(&r->sens, low, (uint8_t)code);
}

/* Ground, and the smallest initial code at which it reads 0, by bisection. */
static unsigned calibrate(rig *r, unsigned unit)
{
    espy_sens_analog(&r->sens, 7, unit == 0 ? 1u << 5 : 1u << 7);
    unsigned low = 0, high = 4096;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        set_code(r, unit, middle);
        if (sample(r, unit, 0) == 0)
            high = middle;
        else
            low = middle;
    }
    espy_sens_analog(&r->sens, 7, 0);
    set_code(r, unit, high);
    return high;
}

static void self_calibration_converges(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (unsigned unit = 0; unit < 2; unit++)
        for (uint32_t atten = 0; atten < 4; atten++) {
            set_atten(&r, unit, 0, atten);
            unsigned code = calibrate(&r, unit);
            assert_in_range(code, 1, 4094);
            assert_int_equal(sample(&r, unit, 1), 0);
        }
    bench_close(&r.b);
}

/* Code above ground and the millivolts that ESP-IDF's curve-fitting scheme makes of it, for the
 * calibration values in efuse.c; computed with Python from ESP-IDF's own coefficient file. */
static const struct {
    unsigned unit, atten, code, mv;
} curve_points[] = {{0, 0, 200, 50},  {0, 0, 1000, 240}, {0, 0, 2000, 476},  {0, 0, 3000, 711},  {0, 0, 3900, 922},
                    {0, 1, 200, 66},  {0, 1, 1000, 320}, {0, 1, 2000, 634},  {0, 1, 3000, 947},  {0, 1, 3900, 1226},
                    {0, 2, 200, 93},  {0, 2, 1000, 454}, {0, 2, 2000, 897},  {0, 2, 3000, 1332}, {0, 2, 3900, 1716},
                    {0, 3, 200, 178}, {0, 3, 1000, 846}, {0, 3, 2000, 1665}, {0, 3, 3000, 2466}, {0, 3, 3900, 3043},
                    {1, 0, 200, 51},  {1, 0, 1000, 247}, {1, 0, 2000, 491},  {1, 0, 3000, 734},  {1, 0, 3900, 953},
                    {1, 1, 200, 68},  {1, 1, 1000, 328}, {1, 1, 2000, 651},  {1, 1, 3000, 972},  {1, 1, 3900, 1258},
                    {1, 2, 200, 95},  {1, 2, 1000, 469}, {1, 2, 2000, 925},  {1, 2, 3000, 1371}, {1, 2, 3900, 1762},
                    {1, 3, 200, 181}, {1, 3, 1000, 864}, {1, 3, 2000, 1699}, {1, 3, 3000, 2510}, {1, 3, 3900, 3060}};

static void a_voltage_reads_as_the_calibration_expects(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (size_t i = 0; i < sizeof curve_points / sizeof *curve_points; i++) {
        unsigned unit = curve_points[i].unit;
        set_atten(&r, unit, 0, curve_points[i].atten);
        calibrate(&r, unit);
        for (unsigned channel = 0; channel < 10; channel++) {
            set_atten(&r, unit, channel, curve_points[i].atten);
            espy_sens_set_input(&r.sens, unit, channel, curve_points[i].mv);
            unsigned code = sample(&r, unit, 1u << channel);
            assert_in_range(code, curve_points[i].code - 4, curve_points[i].code + 4); /* 1 mV is up to 4.2 codes */
        }
    }
    bench_close(&r.b);
}

static void codes_rise_with_the_voltage_to_the_end_of_the_scale(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (unsigned unit = 0; unit < 2; unit++)
        for (uint32_t atten = 0; atten < 4; atten++) {
            set_atten(&r, unit, 0, atten);
            calibrate(&r, unit);
            uint32_t last = 0;
            for (unsigned mv = 0; mv <= 3600; mv += 10) {
                espy_sens_set_input(&r.sens, unit, 0, mv);
                uint32_t code = sample(&r, unit, 1);
                assert_true(code >= last);
                last = code;
            }
            assert_int_equal(last, 4095);
            espy_sens_set_input(&r.sens, unit, 0, 100000);
            assert_int_equal(sample(&r, unit, 1), 4095);
        }
    bench_close(&r.b);
}

/* esp_efuse_rtc_calib_get_init_code() for efuse.c's BLOCK2, at 12 dB. */
static void self_calibration_finds_the_efuses_codes(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set_atten(&r, 0, 0, 3);
    set_atten(&r, 1, 0, 3);
    assert_int_equal(calibrate(&r, 0), 1850 + 0x6C + 90 + 0x24 + 0x16 + 70 + 0x20);
    assert_int_equal(calibrate(&r, 1), 2020 + 0x92 + 0x24 + 0x0C + 0x1C);
    bench_close(&r.b);
}

static void channels_do_not_mix(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    calibrate(&r, 0);
    calibrate(&r, 1);
    espy_sens_set_input(&r.sens, 0, 3, 1000);
    assert_int_equal(sample(&r, 0, 1u << 2), 0);
    assert_int_equal(sample(&r, 1, 1u << 3), 0);
    assert_int_not_equal(sample(&r, 0, 1u << 3), 0);
    espy_sens_set_input(&r.sens, 2, 0, 1); /* no such unit, no such channel: ignored */
    espy_sens_set_input(&r.sens, 0, 10, 1);
    bench_close(&r.b);
}

static void data_can_be_inverted(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    calibrate(&r, 0);
    wr(&r.b, READER1_CTRL, rd(&r.b, READER1_CTRL) | 1u << 28);
    assert_int_equal(sample(&r, 0, 1), 4095);
    bench_close(&r.b);
}

/* temperature_sensor.c: celsius = 0.4386 raw - 27.88 offset - 20.52 - TEMP_CALIB / 10, with each range's
 * DAC code; efuse.c's TEMP_CALIB is -109. */
static void the_temperature_in_every_range(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    static const struct {
        uint8_t dac;
        int offset, low, high;
    } ranges[] = {{5, -2, 50, 125}, {7, -1, 20, 100}, {15, 0, -10, 80}, {11, 1, -30, 50}, {10, 2, -40, 20}};
    for (unsigned i = 0; i < 5; i++) {
        espy_sens_analog(&r.sens, 6, ranges[i].dac);
        for (int celsius = ranges[i].low; celsius <= ranges[i].high; celsius += 5) {
            espy_sens_set_temperature(&r.sens, celsius);
            wr(&r.b, TSENS_CTRL, 3u << 22);
            assert_false(rd(&r.b, TSENS_CTRL) & 1u << 8);
            wr(&r.b, TSENS_CTRL, 3u << 22 | 1u << 24);
            uint32_t value = rd(&r.b, TSENS_CTRL);
            assert_true(value & 1u << 8);
            double measured = 0.4386 * (value & 0xFF) - 27.88 * ranges[i].offset - 20.52 + 10.9;
            assert_true(measured > celsius - 0.5 && measured < celsius + 0.5);
        }
    }
    bench_close(&r.b);
}

static void resets(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, ATTEN(0), 0);
    espy_sens_reset(&r.sens, ESPY_RESET_CORE);
    assert_int_equal(rd(&r.b, ATTEN(0)), 0);
    espy_sens_reset(&r.sens, ESPY_RESET_SYSTEM);
    assert_int_equal(rd(&r.b, ATTEN(0)), 0xFFFFFFFF);
    assert_int_equal(rd(&r.b, BASE + 0x1FC), 0x02101180);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_calibration_converges),
        cmocka_unit_test(self_calibration_finds_the_efuses_codes),
        cmocka_unit_test(a_voltage_reads_as_the_calibration_expects),
        cmocka_unit_test(codes_rise_with_the_voltage_to_the_end_of_the_scale),
        cmocka_unit_test(channels_do_not_mix),
        cmocka_unit_test(data_can_be_inverted),
        cmocka_unit_test(the_temperature_in_every_range),
        cmocka_unit_test(resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
