/* SPDX-License-Identifier: MIT
 *
 * The ADCs through SENS, calibrated the way ESP-IDF does it, over the bus.
 */
#include "sens.h"

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
    espy_sens sens;
} rig;

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_sens_init(&r->sens, &r->b.soc);
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

/* Data sheet: effective ranges 0..950, 1250, 1750 and 3100 mV. */
static void a_voltage_is_converted_on_its_attenuation_s_scale(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    static const unsigned full[4] = {950, 1250, 1750, 3100};
    for (unsigned unit = 0; unit < 2; unit++) {
        calibrate(&r, unit);
        for (unsigned channel = 0; channel < 10; channel++)
            for (uint32_t atten = 0; atten < 4; atten++) {
                set_atten(&r, unit, channel, atten);
                espy_sens_set_input(&r.sens, unit, channel, full[atten]);
                assert_int_equal(sample(&r, unit, 1u << channel), 4095);
                espy_sens_set_input(&r.sens, unit, channel, full[atten] / 2);
                assert_in_range(sample(&r, unit, 1u << channel), 2045, 2048);
                espy_sens_set_input(&r.sens, unit, channel, 3300);
                assert_int_equal(sample(&r, unit, 1u << channel), 4095);
                espy_sens_set_input(&r.sens, unit, channel, 0);
                assert_int_equal(sample(&r, unit, 1u << channel), 0);
            }
    }
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

/* temperature_sensor.c: celsius = 0.4386 raw - 27.88 offset - 20.52, with each range's DAC code. */
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
            double measured = 0.4386 * (value & 0xFF) - 27.88 * ranges[i].offset - 20.52;
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
        cmocka_unit_test(a_voltage_is_converted_on_its_attenuation_s_scale),
        cmocka_unit_test(channels_do_not_mix),
        cmocka_unit_test(data_can_be_inverted),
        cmocka_unit_test(the_temperature_in_every_range),
        cmocka_unit_test(resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
