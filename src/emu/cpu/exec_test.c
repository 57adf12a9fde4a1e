/* SPDX-License-Identifier: MIT
 *
 * What single instructions do at their edges: overflows, page ends, peripherals,
 * missing alignment, registers that keep some bits only.  tests/cpu compares the
 * bulk of the instructions with another implementation.
 */
#include "cpu_rig.h"

/* ---- arithmetic ---- */

typedef struct sum {
    uint8_t bytes[3]; /* a4 = a2 op a3 */
    uint32_t a2, a3, a4;
} sum;

#define LEAST 0x80000000u
#define MINUS(n) (0u - (n))

static const sum sums[] = {
    {{0x30, 0x42, 0xd2}, LEAST, MINUS(1), LEAST},             /* quos: the quotient that does not fit */
    {{0x30, 0x42, 0xf2}, LEAST, MINUS(1), 0},                 /* rems */
    {{0x30, 0x42, 0xd2}, MINUS(7), 2, MINUS(3)},              /* quos rounds to zero */
    {{0x30, 0x42, 0xf2}, MINUS(7), 2, MINUS(1)},              /* rems has the dividend's sign */
    {{0x30, 0x42, 0xc2}, MINUS(7), 2, 0x7ffffffc},            /* quou */
    {{0x30, 0x42, 0xb2}, LEAST, LEAST, 0x40000000},           /* mulsh */
    {{0x30, 0x42, 0xa2}, UINT32_MAX, UINT32_MAX, 0xfffffffe}, /* muluh */
    {{0x30, 0x42, 0xd1}, 0x18000, 0x28000, 0x40000000},       /* mul16s: low halves -32768 */
    {{0x30, 0x42, 0xc1}, 0x1ffff, 0x2ffff, 0xfffe0001},       /* mul16u */
    {{0x30, 0x42, 0x43}, MINUS(1), 1, MINUS(1)},              /* min */
    {{0x30, 0x42, 0x63}, MINUS(1), 1, 1},                     /* minu */
    {{0x30, 0x42, 0x72}, MINUS(1), 1, 1},                     /* salt */
    {{0x30, 0x42, 0x62}, MINUS(1), 1, 0},                     /* saltu */
    {{0x00, 0x42, 0x23}, 0x80, 0, 0xffffff80},                /* sext a4, a2, 7 */
    {{0x00, 0x42, 0x33}, 0x80, 0, 0x7f},                      /* clamps a4, a2, 7 */
    {{0x00, 0x42, 0x33}, LEAST, 0, 0xffffff80},               /* clamps */
    {{0x40, 0xe2, 0x40}, 0, 0, 31},                           /* nsa a4, a2 */
    {{0x40, 0xe2, 0x40}, MINUS(1), 0, 31},                    /* nsa */
    {{0x40, 0xe2, 0x40}, LEAST, 0, 0},                        /* nsa */
    {{0x40, 0xf2, 0x40}, 0, 0, 32},                           /* nsau a4, a2 */
    {{0x40, 0xf2, 0x40}, 1, 0, 31},                           /* nsau */
    {{0x20, 0x41, 0x60}, LEAST, 0, LEAST},                    /* abs a4, a2 */
    {{0x20, 0x40, 0x60}, LEAST, 0, LEAST},                    /* neg a4, a2 */
    {{0x20, 0x44, 0xf5}, 0x12345678, 0, 0x123},               /* extui a4, a2, 20, 16: zeros from above */
};

static void test_arithmetic(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, sums[i].bytes);
        espy_cpu_set_a(r.cpu, 2, sums[i].a2);
        espy_cpu_set_a(r.cpu, 3, sums[i].a3);
        rig_step(&r, 1);
        if (rig_a(&r, 4) != sums[i].a4)
            print_error("sums[%zu]\n", i);
        assert_int_equal(rig_a(&r, 4), sums[i].a4);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t shifts[] = {
    0x00, 0x12, 0x40,  /* 0x00 start: ssl a2 */
    0x00, 0x43, 0xa1,  /* 0x03 sll a4, a3 */
    0x00, 0x02, 0x40,  /* 0x06 ssr a2 */
    0x30, 0x50, 0x91,  /* 0x09 srl a5, a3 */
    0x30, 0x60, 0xb1,  /* 0x0c sra a6, a3 */
    0x80, 0x73, 0x81,  /* 0x0f src a7, a3, a8 */
    0x00, 0x22, 0x40,  /* 0x12 ssa8l a2 */
    0x90, 0x03, 0x03,  /* 0x15 rsr a9, sar */
};
/* clang-format on */

/* Shift amounts 0 to 31 by register; SSL 0 puts 32 into SAR. */
static void test_shifts(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 64; n++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, shifts);
        uint32_t low = n % 32, x = 0x87654321, y = 0xfedcba98;
        espy_cpu_set_a(r.cpu, 2, n);
        espy_cpu_set_a(r.cpu, 3, x);
        espy_cpu_set_a(r.cpu, 8, y);
        rig_step(&r, 8);
        assert_int_equal(rig_a(&r, 4), x << low);
        assert_int_equal(rig_a(&r, 5), x >> low);
        assert_int_equal(rig_a(&r, 6), x >> low | (low ? ~0u << (32 - low) : 0));
        assert_int_equal(rig_a(&r, 7), y >> low | (low ? x << (32 - low) : 0));
        assert_int_equal(rig_a(&r, 9), n % 4 * 8);
        rig_free(&r);
    }
}

/* ---- memory ---- */

/* clang-format off */
static const uint8_t load_store[] = {
    0x32, 0x62, 0x00,  /* 0x00 start: s32i a3, a2, 0 */
    0x42, 0x22, 0x00,  /* 0x03 l32i a4, a2, 0 */
    0x52, 0x12, 0x00,  /* 0x06 l16ui a5, a2, 0 */
    0x62, 0x92, 0x00,  /* 0x09 l16si a6, a2, 0 */
    0x72, 0x02, 0x03,  /* 0x0c l8ui a7, a2, 3 */
    0x82, 0x52, 0x00,  /* 0x0f s16i a8, a2, 0 */
    0x82, 0x42, 0x02,  /* 0x12 s8i a8, a2, 2 */
    0x92, 0x22, 0x00,  /* 0x15 l32i a9, a2, 0 */
};
/* clang-format on */

/* At every alignment, and where the access lies in two pages. */
static void test_unaligned(void **state)
{
    (void)state;
    for (uint32_t at = RIG_DATA + 0x1ff8; at < RIG_DATA + 0x2004; at++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, load_store);
        espy_cpu_set_a(r.cpu, 2, at);
        espy_cpu_set_a(r.cpu, 3, 0x8765fedc);
        espy_cpu_set_a(r.cpu, 8, 0x1234);
        rig_step(&r, 8);
        assert_int_equal(rig_a(&r, 4), 0x8765fedc);
        assert_int_equal(rig_a(&r, 5), 0xfedc);
        assert_int_equal(rig_a(&r, 6), 0xfffffedc);
        assert_int_equal(rig_a(&r, 7), 0x87);
        assert_int_equal(rig_a(&r, 9), 0x87341234);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t swap[] = {
    0x32, 0xe2, 0x00,  /* 0x00 start: s32c1i a3, a2, 0 */
};
/* clang-format on */

static void test_compare_and_swap(void **state)
{
    (void)state;
    for (unsigned device = 0; device < 2; device++)
        for (unsigned equal = 0; equal < 2; equal++) {
            rig r;
            rig_init(&r);
            LOAD_AT(&r, RIG_CODE, swap);
            espy_bus_write(&r.bus, RIG_DATA + 0x1000, 100, 4);
            r.answer = 100;
            r.cpu->scompare1 = 99 + equal;
            espy_cpu_set_a(r.cpu, 2, device ? RIG_DEVICE : RIG_DATA + 0x1000);
            espy_cpu_set_a(r.cpu, 3, 7);
            rig_step(&r, 1);
            assert_int_equal(rig_a(&r, 3), 100);
            if (device)
                assert_int_equal(r.told, equal ? 7 : 0);
            else
                assert_int_equal(rig_word(&r, RIG_DATA + 0x1000), equal ? 7 : 100);
            rig_free(&r);
        }
}

/* clang-format off */
static const uint8_t float_moves[] = {
    0x20, 0xe0, 0x13,  /* 0x00 start: wsr a2, cpenable */
    0x50, 0x13, 0xfa,  /* 0x03 wfr f1, a3 */
    0x13, 0xc4, 0x02,  /* 0x06 ssip f1, a4, 8 */
    0x23, 0x05, 0x00,  /* 0x09 lsi f2, a5, 0 */
    0x40, 0x62, 0xfa,  /* 0x0c rfr a6, f2 */
    0x70, 0x35, 0x18,  /* 0x0f lsxp f3, a5, a7 */
    0x40, 0x83, 0xfa,  /* 0x12 rfr a8, f3 */
    0x30, 0x43, 0xfa,  /* 0x15 const.s f4, 3 */
    0x40, 0x94, 0xfa,  /* 0x18 rfr a9, f4 */
};
/* clang-format on */

static void test_float_registers(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, float_moves);
    espy_cpu_set_a(r.cpu, 2, 1);
    espy_cpu_set_a(r.cpu, 3, 0x7fa00001); /* a signalling NaN passes unchanged */
    espy_cpu_set_a(r.cpu, 4, RIG_DATA + 0x1000);
    espy_cpu_set_a(r.cpu, 5, RIG_DATA + 0x1000);
    espy_cpu_set_a(r.cpu, 7, 12);
    rig_step(&r, 9);
    assert_int_equal(rig_a(&r, 4), RIG_DATA + 0x1008);
    assert_int_equal(rig_a(&r, 6), 0x7fa00001);
    assert_int_equal(rig_a(&r, 8), 0x7fa00001);
    assert_int_equal(rig_a(&r, 5), RIG_DATA + 0x100c);
    assert_int_equal(rig_a(&r, 9), 0x3f000000);
    rig_free(&r);
}

/* ---- MAC16 ---- */

/* clang-format off */
static const uint8_t mac[] = {
    0x34, 0x02, 0x74,  /* 0x00 start: mul.aa.ll a2, a3 */
    0x34, 0x02, 0x7b,  /* 0x03 mula.aa.hh a2, a3 */
    0x34, 0x02, 0x7e,  /* 0x06 muls.aa.lh a2, a3 */
    0x40, 0x10, 0x03,  /* 0x09 rsr a4, acclo */
    0x50, 0x11, 0x03,  /* 0x0c rsr a5, acchi */
    0x34, 0x02, 0x70,  /* 0x0f umul.aa.ll a2, a3 */
    0x60, 0x10, 0x03,  /* 0x12 rsr a6, acclo */
    0x70, 0x11, 0x03,  /* 0x15 rsr a7, acchi */
};
/* clang-format on */

/* a2 = -2 : 3, a3 = 5 : -7 (high : low): 3 * -7 + -2 * 5 - 3 * 5 = -46. */
static void test_mac16(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, mac);
    espy_cpu_set_a(r.cpu, 2, 0xfffe0003);
    espy_cpu_set_a(r.cpu, 3, 0x0005fff9);
    rig_step(&r, 8);
    assert_int_equal(rig_a(&r, 4), MINUS(46));
    assert_int_equal(rig_a(&r, 5), UINT32_MAX);
    assert_int_equal(rig_a(&r, 6), 3 * 0xfff9);
    assert_int_equal(rig_a(&r, 7), 0);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t mac_loads[] = {
    0x04, 0x02, 0x80,  /* 0x00 start: ldinc m0, a2 */
    0x34, 0x02, 0x48,  /* 0x03 mula.da.ll.ldinc m0, a2, m0, a3 */
    0x34, 0x22, 0x58,  /* 0x06 mula.da.ll.lddec m2, a2, m0, a3 */
    0x40, 0x20, 0x03,  /* 0x09 rsr a4, m0 */
    0x50, 0x22, 0x03,  /* 0x0c rsr a5, m2 */
    0x60, 0x10, 0x03,  /* 0x0f rsr a6, acclo */
};
/* clang-format on */

/* The product takes the register as it was before the load. */
static void test_mac16_loads(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, mac_loads);
    for (uint32_t i = 0; i < 4; i++)
        espy_bus_write(&r.bus, RIG_DATA + 0x1000 + 4 * i, 10 + i, 4);
    espy_cpu_set_a(r.cpu, 2, RIG_DATA + 0x1000);
    espy_cpu_set_a(r.cpu, 3, 100);
    rig_step(&r, 6);
    assert_int_equal(rig_a(&r, 4), 12);
    assert_int_equal(rig_a(&r, 5), 11);
    assert_int_equal(rig_a(&r, 6), 11 * 100 + 12 * 100);
    assert_int_equal(rig_a(&r, 2), RIG_DATA + 0x1004);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t saturate[] = {
    0x20, 0x10, 0x13,  /* 0x00 start: wsr a2, acclo */
    0x30, 0x11, 0x13,  /* 0x03 wsr a3, acchi */
    0x54, 0x04, 0x78,  /* 0x06 mula.aa.ll a4, a5 */
    0x60, 0x10, 0x03,  /* 0x09 rsr a6, acclo */
    0x70, 0x11, 0x03,  /* 0x0c rsr a7, acchi */
};
/* clang-format on */

/* 40 bits, wrapping; ACCHI reads sign-extended. */
static void test_accumulator_is_40_bits(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, saturate);
    espy_cpu_set_a(r.cpu, 2, UINT32_MAX);
    espy_cpu_set_a(r.cpu, 3, 0x7f);
    espy_cpu_set_a(r.cpu, 4, 1);
    espy_cpu_set_a(r.cpu, 5, 1);
    rig_step(&r, 5);
    assert_int_equal(rig_a(&r, 6), 0);
    assert_int_equal(rig_a(&r, 7), 0xffffff80);
    rig_free(&r);
}

/* ---- registers ---- */

typedef struct kept {
    uint8_t number;
    uint32_t mask;
} kept;

/* Which bits WSR leaves of ones, for registers whose writing has no other effect. */
static const kept keeps[] = {
    {0, UINT32_MAX},   {2, UINT32_MAX},   {3, 0x3f},         {4, 0xffff},       {12, UINT32_MAX},  {16, UINT32_MAX},
    {17, UINT32_MAX},  {32, UINT32_MAX},  {35, UINT32_MAX},  {96, 3},           {97, UINT32_MAX},  {99, 0x3f},
    {104, UINT32_MAX}, {128, UINT32_MAX}, {145, UINT32_MAX}, {161, 0xc000003f}, {177, UINT32_MAX}, {183, UINT32_MAX},
    {192, UINT32_MAX}, {194, 0x70f3f},    {199, 0x70f3f},    {209, UINT32_MAX}, {215, UINT32_MAX}, {224, 0xff},
    {228, UINT32_MAX}, {231, 0xfffffc00}, {232, 0x3f},       {237, 0xf},        {238, UINT32_MAX}, {240, UINT32_MAX},
    {242, UINT32_MAX}, {244, UINT32_MAX}, {247, UINT32_MAX},
};

static void test_special_registers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
        rig r;
        uint8_t n = keeps[i].number;
        const uint8_t program[] = {0x20, n, 0x13, 0x30, n, 0x03, 0x40, n, 0x61}; /* wsr a2; rsr a3; xsr a4 */
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, program);
        espy_set_ps(r.cpu, PS_WOE | 7);
        espy_cpu_set_a(r.cpu, 2, UINT32_MAX);
        espy_cpu_set_a(r.cpu, 4, 0);
        rig_step(&r, 3);
        assert_int_equal(rig_a(&r, 3), keeps[i].mask);
        assert_int_equal(rig_a(&r, 4), keeps[i].mask);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t identify[] = {
    0x20, 0xeb, 0x03,  /* 0x00 start: rsr a2, prid */
    0x30, 0xb0, 0x03,  /* 0x03 rsr a3, configid0 */
    0x40, 0xd0, 0x03,  /* 0x06 rsr a4, configid1 */
    0x70, 0x5e, 0xe3,  /* 0x09 rur a5, threadptr */
    0x60, 0xe7, 0xf3,  /* 0x0c wur a6, threadptr */
    0x70, 0x7e, 0xe3,  /* 0x0f rur a7, threadptr */
};
/* clang-format on */

static void test_identity(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, identify);
    espy_cpu_set_a(r.cpu, 6, 0x3fc90000);
    rig_step(&r, 6);
    assert_int_equal(rig_a(&r, 2), 0xcdcd);
    assert_int_equal(rig_a(&r, 3), 0xc2f0fffe);
    assert_int_equal(rig_a(&r, 4), 0x23090f1f);
    assert_int_equal(rig_a(&r, 5), 0);
    assert_int_equal(rig_a(&r, 7), 0x3fc90000);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t region[] = {
    0x20, 0xe3, 0x50,  /* 0x00 start: wdtlb a2, a3 */
    0x40, 0xf3, 0x50,  /* 0x03 rdtlb1 a4, a3 */
    0x50, 0x73, 0x50,  /* 0x06 ritlb1 a5, a3 */
    0x60, 0xd3, 0x50,  /* 0x09 pdtlb a6, a3 */
};
/* clang-format on */

static void test_region_protection(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, region);
    espy_cpu_set_a(r.cpu, 2, 0x1f);
    espy_cpu_set_a(r.cpu, 3, 0xa0000004);
    rig_step(&r, 4);
    assert_int_equal(rig_a(&r, 4), 0xa000000f);
    assert_int_equal(rig_a(&r, 5), 0xa0000002);
    assert_int_equal(r.cpu->dtlb[5], 15);
    rig_free(&r);
}

static void test_reset(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    espy_cpu_set_a(r.cpu, 5, 99);
    espy_cpu_reset(r.cpu);
    assert_int_equal(espy_cpu_pc(r.cpu), 0x40000400);
    assert_int_equal(r.cpu->ps, 0x1f);
    assert_int_equal(r.cpu->vecbase, 0x40000000);
    assert_int_equal(r.cpu->window_start, 1);
    assert_int_equal(r.cpu->atomctl, 0x28);
    assert_int_equal(r.cpu->prid, 0xcdcd);
    assert_int_equal(rig_a(&r, 5), 0);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),        cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_unaligned),         cmocka_unit_test(test_compare_and_swap),
        cmocka_unit_test(test_float_registers),   cmocka_unit_test(test_mac16),
        cmocka_unit_test(test_mac16_loads),       cmocka_unit_test(test_accumulator_is_40_bits),
        cmocka_unit_test(test_special_registers), cmocka_unit_test(test_identity),
        cmocka_unit_test(test_region_protection), cmocka_unit_test(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
