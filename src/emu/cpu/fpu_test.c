/* SPDX-License-Identifier: MIT
 *
 * The floating-point unit against IEEE 754 and the host's arithmetic.  Expected
 * values are the host's, results and flags, in all four rounding modes, or stand
 * beside the reason.  tests/cpu/fpu_exact.c does the same for millions of operands.
 */
#include "fpu_sequences.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define QNAN(payload) (0x7fc00000u | (payload))
#define SNAN(payload) (0x7f800000u | (payload))
#define INF 0x7f800000u
#define MINUS 0x80000000u
#define ONE 0x3f800000u

static uint32_t random32(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static float to_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t to_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static bool is_nan(uint32_t bits)
{
    return (bits & ~MINUS) > INF;
}

typedef float host_operation(volatile float *x);

static float host_divide(volatile float *x)
{
    return x[0] / x[1];
}

static float host_root(volatile float *x)
{
    return sqrtf(x[0]);
}

static float host_add(volatile float *x)
{
    return x[0] + x[1];
}

static float host_madd(volatile float *x)
{
    return fmaf(x[0], x[1], x[2]);
}

/* The host's result in a rounding mode, and the flags it raises. */
static uint32_t on_host(host_operation *op, unsigned mode, const uint32_t *operands, uint32_t *flags)
{
    static const int rounding[4] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};
    volatile float x[3] = {to_float(operands[0]), to_float(operands[1]), to_float(operands[2])};
    fesetround(rounding[mode]);
    feclearexcept(FE_ALL_EXCEPT);
    volatile float result = op(x);
    int raised = fetestexcept(FE_ALL_EXCEPT);
    fesetround(FE_TONEAREST);
    *flags = (raised & FE_INEXACT ? ESPY_FSR_I : 0u) | (raised & FE_UNDERFLOW ? ESPY_FSR_U : 0u) |
             (raised & FE_OVERFLOW ? ESPY_FSR_O : 0u) | (raised & FE_DIVBYZERO ? ESPY_FSR_Z : 0u) |
             (raised & FE_INVALID ? ESPY_FSR_V : 0u);
    return to_bits(result);
}

static uint32_t our_divide(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_divide(fpu, x[0], x[1]);
}

static uint32_t our_root(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_root(fpu, x[0]);
}

static uint32_t our_add(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_add(fpu, x[0], x[1]);
}

static uint32_t our_madd(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_madd(fpu, x[2], x[0], x[1]);
}

static void assert_like_host(uint32_t (*ours)(espy_fpu *, const uint32_t *), host_operation *theirs,
                             const uint32_t *operands)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        espy_fpu fpu = {.fcr = mode};
        uint32_t flags, expected = on_host(theirs, mode, operands, &flags);
        uint32_t result = ours(&fpu, operands);
        if (is_nan(expected)) {
            assert_true(is_nan(result));
            continue;
        }
        assert_int_equal(result, expected);
        assert_int_equal(fpu.fsr, flags);
    }
}

static const uint32_t edges[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff,
    0x01000000, 0x3effffff, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fffffff, 0x40000000, 0x40400000,
    0x407fffff, 0x4b800000, 0x7e800000, 0x7effffff, 0x7f000000, 0x7f7fffff, INF,        QNAN(1),
};

static void test_edges(void **state)
{
    (void)state;
    const size_t n = sizeof edges / sizeof edges[0];
    for (size_t i = 0; i < 2 * n; i++)
        for (size_t j = 0; j < 2 * n; j++) {
            const uint32_t x[3] = {edges[i % n] | (i < n ? 0 : MINUS), edges[j % n] | (j < n ? 0 : MINUS), ONE};
            assert_like_host(our_divide, host_divide, x);
            assert_like_host(our_root, host_root, x);
            assert_like_host(our_add, host_add, x);
            assert_like_host(our_madd, host_madd, x);
        }
}

static void test_random(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned i = 0; i < 50000; i++) {
        const uint32_t x[3] = {random32(&seed), random32(&seed), random32(&seed)};
        const uint32_t near[3] = {(x[0] & 0x81ffffff) | 0x3e000000, (x[1] & 0x81ffffff) | 0x3e000000,
                                  (x[2] & 0x81ffffff) | 0x3e000000};
        assert_like_host(our_divide, host_divide, x);
        assert_like_host(our_divide, host_divide, near);
        assert_like_host(our_root, host_root, x);
        assert_like_host(our_add, host_add, near);
        assert_like_host(our_madd, host_madd, near);
    }
}

/* When FSR.I is set already the quick path is taken; the results are the same. */
static void test_sticky(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t a = random32(&seed), b = random32(&seed), c = random32(&seed);
        espy_fpu fresh = {0}, used = {.fsr = ESPY_FSR_I};
        assert_int_equal(espy_fpu_add(&fresh, a, b), espy_fpu_add(&used, a, b));
        assert_int_equal(espy_fpu_sub(&fresh, a, b), espy_fpu_sub(&used, a, b));
        assert_int_equal(espy_fpu_mul(&fresh, a, b), espy_fpu_mul(&used, a, b));
        assert_int_equal(espy_fpu_madd(&fresh, c, a, b), espy_fpu_madd(&used, c, a, b));
        assert_int_equal(fresh.fsr | ESPY_FSR_I, used.fsr);
    }
}

/* IEEE 754, 6.2: a quiet NaN passes silently, a signalling one is made quiet and is
 * invalid.  Of several, a core without double precision passes on the first. */
static void test_nan(void **state)
{
    (void)state;
    espy_fpu fpu = {0};
    assert_int_equal(espy_fpu_add(&fpu, ONE, QNAN(1)), QNAN(1));
    assert_int_equal(espy_fpu_mul(&fpu, QNAN(1) | MINUS, QNAN(2)), QNAN(1) | MINUS);
    assert_int_equal(espy_fpu_sub(&fpu, ONE, QNAN(3)), QNAN(3));
    assert_int_equal(espy_fpu_msub(&fpu, ONE, QNAN(3), ONE), QNAN(3));
    assert_int_equal(fpu.fsr, 0);
    assert_int_equal(espy_fpu_add(&fpu, SNAN(1), ONE), QNAN(1));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
}

/* Zero times infinity is invalid even if a NaN is added to it. */
static void test_invalid(void **state)
{
    (void)state;
    espy_fpu fpu = {0};
    assert_int_equal(espy_fpu_madd(&fpu, QNAN(1), INF, 0), QNAN(1));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_madd(&fpu, ONE, INF, 0), QNAN(0));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_madd(&fpu, INF | MINUS, INF, ONE), QNAN(0));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
}

/* 1 / 0 is an infinity and Z, 0 / 0 and the root of a negative number are V. */
static void test_helpers_flags(void **state)
{
    (void)state;
    espy_fpu fpu = {0};
    assert_int_equal(espy_fpu_divide(&fpu, ONE | MINUS, 0), INF | MINUS);
    assert_int_equal(fpu.fsr, ESPY_FSR_Z);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_divide(&fpu, 0, MINUS), QNAN(0));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_root(&fpu, ONE | MINUS), QNAN(0));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_recip0(&fpu, MINUS), INF | MINUS);
    assert_int_equal(espy_fpu_rsqrt0(&fpu, 0), INF);
    assert_int_equal(fpu.fsr, ESPY_FSR_Z);
    fpu.fsr = 0;
    assert_int_equal(espy_fpu_rsqrt0(&fpu, ONE | MINUS), QNAN(0));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
}

/* The seeds are good to 2^-7, as the header says. */
static void test_seeds(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t x = (random32(&seed) & 0x7fffffff) % 0x7e000000 + 0x00800000;
        double value = to_float(x), narrow = -(double)to_float(espy_fpu_nexp01(x));
        espy_fpu fpu = {0};
        assert_true(narrow >= 1 && narrow < 4);
        assert_true(fabs(narrow * to_float(espy_fpu_div0(x)) - 1) < 0x1p-7);
        assert_true(fabs(sqrt(narrow) * to_float(espy_fpu_sqrt0(x)) - 1) < 0x1p-7);
        assert_true(fabs(value * to_float(espy_fpu_recip0(&fpu, x)) - 1) < 0x1p-7);
        assert_true(fabs(sqrt(value) * to_float(espy_fpu_rsqrt0(&fpu, x)) - 1) < 0x1p-7);
    }
}

typedef struct conversion {
    uint32_t (*convert)(espy_fpu *fpu, uint32_t fs, unsigned scale);
    float from;
    unsigned scale;
    uint32_t to, flags;
} conversion;

/* What lies outside gives the nearer end of the range, and V alone. */
static void test_to_integer(void **state)
{
    static const conversion table[] = {
        {espy_fpu_round, 0.5f, 0, 0, ESPY_FSR_I},
        {espy_fpu_round, 1.5f, 0, 2, ESPY_FSR_I},
        {espy_fpu_round, -2.5f, 0, (uint32_t)-2, ESPY_FSR_I},
        {espy_fpu_round, -1.25f, 2, (uint32_t)-5, 0},
        {espy_fpu_trunc, -1.75f, 0, (uint32_t)-1, ESPY_FSR_I},
        {espy_fpu_trunc, 65536, 15, 0x7fffffff, ESPY_FSR_V},
        {espy_fpu_trunc, -65536, 15, 0x80000000, 0},
        {espy_fpu_floor, -0.25f, 0, (uint32_t)-1, ESPY_FSR_I},
        {espy_fpu_floor, 0.75f, 0, 0, ESPY_FSR_I},
        {espy_fpu_ceil, -0.75f, 0, 0, ESPY_FSR_I},
        {espy_fpu_ceil, 1e-45f, 15, 1, ESPY_FSR_I},
        {espy_fpu_ceil, 3e38f, 15, 0x7fffffff, ESPY_FSR_V},
        {espy_fpu_utrunc, 4294967040.0f, 0, 0xffffff00, 0},
        {espy_fpu_utrunc, 4294967296.0f, 0, 0xffffffff, ESPY_FSR_V},
        {espy_fpu_utrunc, -0.75f, 0, 0, ESPY_FSR_I},
        {espy_fpu_utrunc, -1.5f, 0, (uint32_t)-1, ESPY_FSR_V},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        espy_fpu fpu = {.fcr = ESPY_RM_UP};
        assert_int_equal(table[i].convert(&fpu, to_bits(table[i].from), table[i].scale), table[i].to);
        assert_int_equal(fpu.fsr, table[i].flags);
    }
    espy_fpu fpu = {0};
    assert_int_equal(espy_fpu_trunc(&fpu, QNAN(0) | MINUS, 0), 0x7fffffff);
    assert_int_equal(espy_fpu_utrunc(&fpu, QNAN(0) | MINUS, 0), 0xffffffff);
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
}

static void test_from_integer(void **state)
{
    (void)state;
    espy_fpu fpu = {0};
    assert_int_equal(espy_fpu_float(&fpu, (uint32_t)-3, 1), to_bits(-1.5f));
    assert_int_equal(espy_fpu_ufloat(&fpu, 0x80000000, 15), to_bits(65536));
    assert_int_equal(espy_fpu_float(&fpu, 0, 7), 0);
    assert_int_equal(fpu.fsr, 0);
    assert_int_equal(espy_fpu_float(&fpu, 0x7fffffff, 0), to_bits(2147483648.0f));
    assert_int_equal(fpu.fsr, ESPY_FSR_I);
    fpu.fcr = ESPY_RM_ZERO;
    assert_int_equal(espy_fpu_ufloat(&fpu, 0xffffffff, 0), to_bits(4294967040.0f));
}

/* IEEE 754, 5.11: OLT and OLE signal any NaN, the others a signalling one alone. */
static void test_compare(void **state)
{
    (void)state;
    espy_fpu fpu = {0};
    assert_true(espy_fpu_oeq(&fpu, 0, MINUS) && espy_fpu_ole(&fpu, MINUS, 0) && !espy_fpu_olt(&fpu, MINUS, 0));
    assert_true(espy_fpu_olt(&fpu, INF | MINUS, ONE) && espy_fpu_ule(&fpu, ONE, ONE) && !espy_fpu_ult(&fpu, ONE, ONE));
    assert_true(espy_fpu_un(&fpu, ONE, QNAN(1)) && espy_fpu_ueq(&fpu, QNAN(1), ONE) &&
                espy_fpu_ult(&fpu, ONE, QNAN(1)));
    assert_true(espy_fpu_ule(&fpu, ONE, QNAN(1)) && !espy_fpu_oeq(&fpu, QNAN(1), QNAN(1)) &&
                !espy_fpu_un(&fpu, INF, INF));
    assert_int_equal(fpu.fsr, 0);
    assert_false(espy_fpu_olt(&fpu, ONE, QNAN(1)));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
    fpu.fsr = 0;
    assert_true(espy_fpu_un(&fpu, SNAN(1), ONE));
    assert_int_equal(fpu.fsr, ESPY_FSR_V);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),   cmocka_unit_test(test_random),     cmocka_unit_test(test_sticky),
        cmocka_unit_test(test_nan),     cmocka_unit_test(test_invalid),    cmocka_unit_test(test_helpers_flags),
        cmocka_unit_test(test_seeds),   cmocka_unit_test(test_to_integer), cmocka_unit_test(test_from_integer),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
