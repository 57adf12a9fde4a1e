/* SPDX-License-Identifier: MIT
 *
 * The internal bus, spoken as the mask ROM's rom_chip_i2c_readReg_org() and
 * rom_chip_i2c_writeReg() do.
 */
#include "regi2c.h"

#include "../core/bench.h"

#define BASE 0x6000E000u
#define ANA_CONF0 (BASE + 0x40)
#define BUSY (1u << 25)
#define BBPLL 0x66
#define ULP 0x61

typedef struct rig {
    bench b;
    espy_regi2c bus;
    uint8_t seen[16];
} rig;

static void sar_adc(void *self, unsigned reg, uint8_t value)
{
    rig *r = self;
    if (reg < 16)
        r->seen[reg] = value;
}

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_regi2c_init(&r->bus, &r->b.soc);
    r->bus.sar_adc = sar_adc;
    r->bus.sar_adc_self = r;
}

static uint8_t read_reg(rig *r, unsigned host, uint32_t block, uint32_t reg)
{
    wr(&r->b, BASE + 4 * host, block | reg << 8);
    uint32_t word = rd(&r->b, BASE + 4 * host);
    assert_false(word & BUSY);
    return (uint8_t)(word >> 16);
}

static void write_reg(rig *r, unsigned host, uint32_t block, uint32_t reg, uint32_t value)
{
    assert_false(rd(&r->b, BASE + 4 * host) & BUSY);
    wr(&r->b, BASE + 4 * host, block | reg << 8 | value << 16 | 1u << 24);
    assert_false(rd(&r->b, BASE + 4 * host) & BUSY);
}

static void blocks_store_bytes(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    write_reg(&r, 1, BBPLL, 4, 0x6B);
    write_reg(&r, 1, 0x6D, 4, 0x9A);
    assert_int_equal(read_reg(&r, 1, BBPLL, 4), 0x6B);
    assert_int_equal(read_reg(&r, 0, 0x6D, 4), 0x9A);
    assert_int_equal(read_reg(&r, 1, BBPLL, 5), 0);
    bench_close(&r.b);
}

static void an_unknown_slave_reads_0(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    static const uint32_t slaves[] = {0x00, 0x5F, 0x70, 0xFF};
    for (unsigned i = 0; i < 4; i++) {
        write_reg(&r, 0, slaves[i], 255, 0xA5);
        assert_int_equal(read_reg(&r, 0, slaves[i], 255), 0);
    }
    bench_close(&r.b);
}

/* regi2c_ctrl_ll_bbpll_calibration_start(), _is_done(), _stop() */
static void the_pll_s_calibration_is_done_while_it_may_run(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, ANA_CONF0, (rd(&r.b, ANA_CONF0) & ~(1u << 2)) | 1u << 3);
    assert_true(rd(&r.b, ANA_CONF0) & 1u << 24);
    wr(&r.b, ANA_CONF0, (rd(&r.b, ANA_CONF0) & ~(1u << 3)) | 1u << 2);
    assert_false(rd(&r.b, ANA_CONF0) & 1u << 24);
    bench_close(&r.b);
}

/* rtc_init.c, calibrate_ocode(): IR_RESETB low, high, then both done flags. */
static void the_bandgap_calibrates_when_released(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    write_reg(&r, 1, ULP, 0, 0);
    assert_int_equal(read_reg(&r, 1, ULP, 3) & 9, 0);
    write_reg(&r, 1, ULP, 0, 1);
    assert_int_equal(read_reg(&r, 1, ULP, 3) & 9, 9);
    bench_close(&r.b);
}

static void writes_to_the_adc_are_passed_on(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    write_reg(&r, 1, ESPY_REGI2C_SAR_ADC, 7, 0x20);
    write_reg(&r, 1, BBPLL, 6, 0x77);
    assert_int_equal(r.seen[7], 0x20);
    assert_int_equal(r.seen[6], 0);
    espy_regi2c_reset(&r.bus, ESPY_RESET_CORE);
    assert_int_equal(read_reg(&r, 1, ESPY_REGI2C_SAR_ADC, 7), 0x20);
    espy_regi2c_reset(&r.bus, ESPY_RESET_CHIP);
    assert_int_equal(read_reg(&r, 1, ESPY_REGI2C_SAR_ADC, 7), 0);
    assert_int_equal(r.seen[7], 0);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_store_bytes),
        cmocka_unit_test(an_unknown_slave_reads_0),
        cmocka_unit_test(the_pll_s_calibration_is_done_while_it_may_run),
        cmocka_unit_test(the_bandgap_calibrates_when_released),
        cmocka_unit_test(writes_to_the_adc_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
