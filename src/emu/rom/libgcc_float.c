/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: libgcc's floating point.
 *
 * The host computes; it is taken to have IEEE 754's float and double, rounding to nearest.
 * What IEEE 754 leaves open is done as the ROM does it: which NaN comes of which, what a
 * number beyond the range of an integer becomes, what a comparison with a NaN returns.
 * The functions that the ROM has on the core's FPU leave its registers alone here.
 *
 * Sources: GCC's manual of libgcc, "GCC low-level runtime library", for names and meanings;
 * C11, Annex G, for complex numbers.
 */
#include "libgcc.h"

#include "../cpu/fpu.h"

#include <string.h>

static double to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float to_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- floating point: what is no number ---- */

/* A format of IEEE 754 in a word of 64 bits. */
typedef struct format {
    uint64_t sign, infinity, quiet;
    uint64_t first; /* the register that has the sign */
} format;

static const format single = {UINT64_C(1) << 31, UINT64_C(0xff) << 23, UINT64_C(1) << 22, UINT32_MAX};
static const format wide = {UINT64_C(1) << 63, UINT64_C(0x7ff) << 52, UINT64_C(1) << 51, (uint64_t)UINT32_MAX << 32};

static bool is_special(const format *f, uint64_t x) /* infinite or a NaN */
{
    return (x & f->infinity) == f->infinity;
}

static bool is_nan(const format *f, uint64_t x)
{
    return (x & ~f->sign) > f->infinity;
}

static bool is_zero(const format *f, uint64_t x)
{
    return (x & ~f->sign) == 0;
}

static uint64_t quieted(const format *f, uint64_t x)
{
    return is_nan(f, x) ? x | f->quiet : x;
}

/* x + y where at least one is special and their signs are the same. */
static uint64_t add_special(const format *f, uint64_t x, uint64_t y)
{
    if (is_nan(f, x) || (is_special(f, x) && !is_special(f, y)))
        return quieted(f, x);
    return quieted(f, y);
}

/* x - y, likewise: infinity from infinity, and a NaN from infinity, make a NaN of x. */
static uint64_t subtract_special(const format *f, uint64_t x, uint64_t y)
{
    if (is_special(f, x) && is_special(f, y))
        return x | f->quiet;
    return quieted(f, is_special(f, x) ? x : y ^ f->sign);
}

static bool same_sign(const format *f, uint64_t x, uint64_t y)
{
    return ((x ^ y) & f->sign) == 0;
}

static uint64_t sum_special(const format *f, uint64_t x, uint64_t y)
{
    return same_sign(f, x, y) ? add_special(f, x, y) : subtract_special(f, x, y ^ f->sign);
}

static uint64_t difference_special(const format *f, uint64_t x, uint64_t y)
{
    return same_sign(f, x, y) ? subtract_special(f, x, y) : add_special(f, x, y ^ f->sign);
}

static uint64_t product_special(const format *f, uint64_t x, uint64_t y)
{
    if (is_special(f, x) && is_zero(f, y))
        return x | f->quiet;
    if (!is_special(f, x) && is_zero(f, x))
        return (y & f->first) | f->quiet;
    uint64_t result = !is_special(f, x) || is_nan(f, y) ? y : x;
    if (is_nan(f, result))
        return result | f->quiet;
    return (result & ~f->sign) | ((x ^ y) & f->sign);
}

static uint64_t quotient_special(const format *f, uint64_t x, uint64_t y)
{
    uint64_t sign = (x ^ y) & f->sign;
    if (is_special(f, x)) {
        x = (x & ~f->sign) | sign;
        return is_special(f, y) || is_nan(f, x) ? x | f->quiet : x;
    }
    return is_nan(f, y) ? y | f->quiet : sign;
}

/* ---- floating point: arithmetic ---- */

static uint64_t add_double(uint64_t x, uint64_t y)
{
    if (is_special(&wide, x) || is_special(&wide, y))
        return sum_special(&wide, x, y);
    return double_bits(to_double(x) + to_double(y));
}

static uint64_t subtract_double(uint64_t x, uint64_t y)
{
    if (is_special(&wide, x) || is_special(&wide, y))
        return difference_special(&wide, x, y);
    return double_bits(to_double(x) - to_double(y));
}

static uint64_t multiply_double(uint64_t x, uint64_t y)
{
    if (is_special(&wide, x) || is_special(&wide, y))
        return product_special(&wide, x, y);
    return double_bits(to_double(x) * to_double(y));
}

static uint64_t divide_double(uint64_t x, uint64_t y)
{
    if (is_special(&wide, x) || is_special(&wide, y))
        return quotient_special(&wide, x, y);
    if (is_zero(&wide, y))
        return ((x ^ y) & wide.sign) | wide.infinity | (is_zero(&wide, x) ? wide.quiet : 0);
    return double_bits(to_double(x) / to_double(y));
}

static uint32_t add_float(uint32_t x, uint32_t y)
{
    if (is_special(&single, x) || is_special(&single, y))
        return (uint32_t)sum_special(&single, x, y);
    return float_bits(to_float(x) + to_float(y));
}

static uint32_t subtract_float(uint32_t x, uint32_t y)
{
    if (is_special(&single, x) || is_special(&single, y))
        return (uint32_t)difference_special(&single, x, y);
    return float_bits(to_float(x) - to_float(y));
}

static uint32_t multiply_float(uint32_t x, uint32_t y)
{
    if (is_special(&single, x) || is_special(&single, y))
        return (uint32_t)product_special(&single, x, y);
    return float_bits(to_float(x) * to_float(y));
}

/* The ROM divides on the FPU, whose one NaN is positive unless it was given. */
static uint32_t divide_float(uint32_t x, uint32_t y)
{
    if (is_nan(&single, x) || is_nan(&single, y))
        return (is_nan(&single, x) ? x : y) | (uint32_t)single.quiet;
    if ((is_zero(&single, x) && is_zero(&single, y)) || (is_special(&single, x) && is_special(&single, y)))
        return (uint32_t)(single.infinity | single.quiet);
    if (is_zero(&single, y))
        return (uint32_t)(((x ^ y) & single.sign) | single.infinity);
    return float_bits(to_float(x) / to_float(y));
}

static void rom_adddf3(espy_rom_call *c)
{
    espy_rom_return64(c, add_double(u64(c, 0), u64(c, 2)));
}

static void rom_subdf3(espy_rom_call *c)
{
    espy_rom_return64(c, subtract_double(u64(c, 0), u64(c, 2)));
}

static void rom_muldf3(espy_rom_call *c)
{
    espy_rom_return64(c, multiply_double(u64(c, 0), u64(c, 2)));
}

static void rom_divdf3(espy_rom_call *c)
{
    espy_rom_return64(c, divide_double(u64(c, 0), u64(c, 2)));
}

static void rom_negdf2(espy_rom_call *c)
{
    espy_rom_return64(c, u64(c, 0) ^ wide.sign);
}

static void rom_addsf3(espy_rom_call *c)
{
    espy_rom_return(c, add_float(u32(c, 0), u32(c, 1)));
}

static void rom_subsf3(espy_rom_call *c)
{
    espy_rom_return(c, subtract_float(u32(c, 0), u32(c, 1)));
}

static void rom_mulsf3(espy_rom_call *c)
{
    espy_rom_return(c, multiply_float(u32(c, 0), u32(c, 1)));
}

static void rom_divsf3(espy_rom_call *c)
{
    espy_rom_return(c, divide_float(u32(c, 0), u32(c, 1)));
}

static void rom_negsf2(espy_rom_call *c)
{
    espy_rom_return(c, u32(c, 0) ^ (uint32_t)single.sign);
}

static void rom_powidf2(espy_rom_call *c)
{
    const uint64_t one = double_bits(1.0);
    uint64_t x = u64(c, 0);
    int64_t power = s32(c, 2);
    uint64_t n = magnitude(power), y = (n & 1) != 0 ? x : one;
    while ((n >>= 1) != 0) {
        x = multiply_double(x, x);
        if ((n & 1) != 0)
            y = multiply_double(y, x);
    }
    espy_rom_return64(c, power < 0 ? divide_double(one, y) : y);
}

/* Here the ROM multiplies on the FPU. */
static void rom_powisf2(espy_rom_call *c)
{
    espy_fpu fpu = {.fcr = ESPY_RM_NEAREST};
    const uint32_t one = float_bits(1.0f);
    uint32_t x = u32(c, 0);
    int64_t power = s32(c, 1);
    uint64_t n = magnitude(power);
    uint32_t y = (n & 1) != 0 ? x : one;
    while ((n >>= 1) != 0) {
        x = espy_fpu_mul(&fpu, x, x);
        if ((n & 1) != 0)
            y = espy_fpu_mul(&fpu, y, x);
    }
    espy_rom_return(c, power < 0 ? divide_float(one, y) : y);
}

/* ---- floating point: comparisons ---- */

typedef enum order { LESS, EQUAL, GREATER, UNORDERED } order;

static order compare(const format *f, uint64_t x, uint64_t y)
{
    if (is_nan(f, x) || is_nan(f, y))
        return UNORDERED;
    if (x == y || (is_zero(f, x) && is_zero(f, y)))
        return EQUAL;
    if (!same_sign(f, x, y))
        return (x & f->sign) != 0 ? LESS : GREATER;
    return (x < y) != ((x & f->sign) != 0) ? LESS : GREATER;
}

static order compare_double(const espy_rom_call *c)
{
    return compare(&wide, u64(c, 0), u64(c, 2));
}

static order compare_float(const espy_rom_call *c)
{
    return compare(&single, u32(c, 0), u32(c, 1));
}

/* Each answers so that comparing the answer with 0 is the comparison asked for, and false
 * for a NaN; the same function serves == and !=. */
static void return_equal(espy_rom_call *c, order is)
{
    espy_rom_return(c, is != EQUAL);
}

static void return_greater(espy_rom_call *c, order is)
{
    espy_rom_return(c, is == GREATER);
}

static void return_less_or_equal(espy_rom_call *c, order is)
{
    espy_rom_return(c, is != LESS && is != EQUAL);
}

static void return_greater_or_equal(espy_rom_call *c, order is)
{
    espy_rom_return(c, is == GREATER || is == EQUAL ? 0 : UINT32_MAX);
}

static void return_less(espy_rom_call *c, order is)
{
    espy_rom_return(c, is == LESS ? UINT32_MAX : 0);
}

static void rom_eqdf2(espy_rom_call *c)
{
    return_equal(c, compare_double(c));
}

static void rom_gtdf2(espy_rom_call *c)
{
    return_greater(c, compare_double(c));
}

static void rom_ledf2(espy_rom_call *c)
{
    return_less_or_equal(c, compare_double(c));
}

static void rom_gedf2(espy_rom_call *c)
{
    return_greater_or_equal(c, compare_double(c));
}

static void rom_ltdf2(espy_rom_call *c)
{
    return_less(c, compare_double(c));
}

static void rom_unorddf2(espy_rom_call *c)
{
    espy_rom_return(c, compare_double(c) == UNORDERED);
}

static void rom_eqsf2(espy_rom_call *c)
{
    return_equal(c, compare_float(c));
}

static void rom_gtsf2(espy_rom_call *c)
{
    return_greater(c, compare_float(c));
}

static void rom_lesf2(espy_rom_call *c)
{
    return_less_or_equal(c, compare_float(c));
}

static void rom_gesf2(espy_rom_call *c)
{
    return_greater_or_equal(c, compare_float(c));
}

static void rom_ltsf2(espy_rom_call *c)
{
    return_less(c, compare_float(c));
}

static void rom_unordsf2(espy_rom_call *c)
{
    espy_rom_return(c, compare_float(c) == UNORDERED);
}

/* ---- floating point: conversions ---- */

/* Payloads of NaNs get lost on the way. */
static void rom_truncdfsf2(espy_rom_call *c)
{
    uint64_t x = u64(c, 0);
    uint32_t sign = (uint32_t)(x >> 63) << 31;
    espy_rom_return(c, is_nan(&wide, x) ? sign | 0x7fc00000 : float_bits((float)to_double(x)));
}

static void rom_extendsfdf2(espy_rom_call *c)
{
    uint64_t x = u32(c, 0), sign = x >> 31 << 63;
    if (is_nan(&single, x))
        espy_rom_return64(c, sign | wide.infinity | wide.quiet);
    else
        espy_rom_return64(c, double_bits(to_float((uint32_t)x)));
}

static const double two31 = 2147483648.0, two32 = 4294967296.0, two63 = 9223372036854775808.0;
static const double two64 = 18446744073709551616.0;

/* Beyond the range: its end; a NaN is positive. */
static uint32_t signed32(double x)
{
    if (x < two31 && x > -two31 - 1.0)
        return (uint32_t)(int32_t)x;
    return x < 0 ? 0x80000000 : 0x7fffffff;
}

static uint64_t signed64(double x)
{
    if (x < two63 && x >= -two63)
        return (uint64_t)(int64_t)x;
    return x < 0 ? UINT64_C(1) << 63 : INT64_MAX;
}

/* A negative number becomes the complement of its magnitude, as long as that has fewer
 * than 32 bits. */
static uint32_t unsigned32(double x)
{
    if (x < 0)
        return x > -two31 ? -(uint32_t)-x : 0x80000000;
    return x < two32 ? (uint32_t)x : UINT32_MAX;
}

static uint64_t unsigned64(double x)
{
    if (x < 0)
        return x > -two63 ? -(uint64_t)-x : UINT64_C(1) << 63;
    return x < two64 ? (uint64_t)x : UINT64_MAX;
}

static void rom_fixdfsi(espy_rom_call *c)
{
    espy_rom_return(c, signed32(to_double(u64(c, 0))));
}

static void rom_fixdfdi(espy_rom_call *c)
{
    espy_rom_return64(c, signed64(to_double(u64(c, 0))));
}

static void rom_fixunsdfsi(espy_rom_call *c)
{
    espy_rom_return(c, unsigned32(to_double(u64(c, 0))));
}

static void rom_fixsfsi(espy_rom_call *c)
{
    espy_rom_return(c, signed32(to_float(u32(c, 0))));
}

static void rom_fixsfdi(espy_rom_call *c)
{
    espy_rom_return64(c, signed64(to_float(u32(c, 0))));
}

static void rom_fixunssfsi(espy_rom_call *c)
{
    espy_rom_return(c, unsigned32(to_float(u32(c, 0))));
}

static void rom_fixunssfdi(espy_rom_call *c)
{
    espy_rom_return64(c, unsigned64(to_float(u32(c, 0))));
}

static void rom_floatsidf(espy_rom_call *c)
{
    espy_rom_return64(c, double_bits((double)s32(c, 0)));
}

static void rom_floatunsidf(espy_rom_call *c)
{
    espy_rom_return64(c, double_bits((double)u32(c, 0)));
}

static void rom_floatdidf(espy_rom_call *c)
{
    espy_rom_return64(c, double_bits((double)s64(c, 0)));
}

static void rom_floatundidf(espy_rom_call *c)
{
    espy_rom_return64(c, double_bits((double)u64(c, 0)));
}

static void rom_floatsisf(espy_rom_call *c)
{
    espy_rom_return(c, float_bits((float)s32(c, 0)));
}

static void rom_floatunsisf(espy_rom_call *c)
{
    espy_rom_return(c, float_bits((float)u32(c, 0)));
}

static void rom_floatdisf(espy_rom_call *c)
{
    espy_rom_return(c, float_bits((float)s64(c, 0)));
}

static void rom_floatundisf(espy_rom_call *c)
{
    espy_rom_return(c, float_bits((float)u64(c, 0)));
}

/* ---- complex numbers ---- */

/* The arithmetic of one format; values are its bits. */
typedef struct arithmetic {
    const format *f;
    uint64_t one;
    uint64_t (*add)(uint64_t x, uint64_t y);
    uint64_t (*subtract)(uint64_t x, uint64_t y);
    uint64_t (*multiply)(uint64_t x, uint64_t y);
    uint64_t (*divide)(uint64_t x, uint64_t y);
    uint64_t (*product_plus)(uint64_t x, uint64_t y, uint64_t z);  /* xy + z */
    uint64_t (*product_minus)(uint64_t x, uint64_t y, uint64_t z); /* xy - z */
    uint64_t (*minus_product)(uint64_t z, uint64_t x, uint64_t y); /* z - xy */
} arithmetic;

static uint64_t product_plus_double(uint64_t x, uint64_t y, uint64_t z)
{
    return add_double(multiply_double(x, y), z);
}

static uint64_t product_minus_double(uint64_t x, uint64_t y, uint64_t z)
{
    return subtract_double(multiply_double(x, y), z);
}

static uint64_t minus_product_double(uint64_t z, uint64_t x, uint64_t y)
{
    return subtract_double(z, multiply_double(x, y));
}

static uint64_t fpu_add(uint64_t x, uint64_t y)
{
    return espy_fpu_add(&(espy_fpu){.fcr = ESPY_RM_NEAREST}, (uint32_t)x, (uint32_t)y);
}

static uint64_t fpu_subtract(uint64_t x, uint64_t y)
{
    return espy_fpu_sub(&(espy_fpu){.fcr = ESPY_RM_NEAREST}, (uint32_t)x, (uint32_t)y);
}

static uint64_t fpu_multiply(uint64_t x, uint64_t y)
{
    return espy_fpu_mul(&(espy_fpu){.fcr = ESPY_RM_NEAREST}, (uint32_t)x, (uint32_t)y);
}

static uint64_t fpu_divide(uint64_t x, uint64_t y)
{
    return divide_float((uint32_t)x, (uint32_t)y);
}

/* The FPU rounds once. */
static uint64_t fpu_product_plus(uint64_t x, uint64_t y, uint64_t z)
{
    return espy_fpu_madd(&(espy_fpu){.fcr = ESPY_RM_NEAREST}, (uint32_t)z, (uint32_t)x, (uint32_t)y);
}

static uint64_t fpu_product_minus(uint64_t x, uint64_t y, uint64_t z)
{
    return fpu_product_plus(x, y, z ^ single.sign);
}

static uint64_t fpu_minus_product(uint64_t z, uint64_t x, uint64_t y)
{
    return espy_fpu_msub(&(espy_fpu){.fcr = ESPY_RM_NEAREST}, (uint32_t)z, (uint32_t)x, (uint32_t)y);
}

static const arithmetic on_doubles = {
    &wide,         UINT64_C(0x3ff) << 52, add_double,           subtract_double,     multiply_double,
    divide_double, product_plus_double,   product_minus_double, minus_product_double};
static const arithmetic on_floats = {&single,          UINT64_C(0x7f) << 23, fpu_add,
                                     fpu_subtract,     fpu_multiply,         fpu_divide,
                                     fpu_product_plus, fpu_product_minus,    fpu_minus_product};

typedef struct complex_pair {
    uint64_t a, b, c, d; /* a + ib and c + id */
} complex_pair;

typedef struct complex_value {
    uint64_t x, y;
} complex_value;

static bool is_infinite(const format *f, uint64_t x)
{
    return (x & ~f->sign) == f->infinity;
}

/* An infinity becomes 1, what is finite 0, with their signs. */
static void box(const arithmetic *m, uint64_t *x)
{
    *x = (*x & m->f->sign) | (is_infinite(m->f, *x) ? m->one : 0);
}

static void drop_nan(const format *f, uint64_t *x)
{
    if (is_nan(f, *x))
        *x &= f->sign;
}

/* Annex G.5.1, for infinities whose product came out as two NaNs: false if it is to stay so. */
static bool recover_factors(const arithmetic *m, complex_pair *p, bool overflowed)
{
    const format *f = m->f;
    bool recovered = false;
    if (is_infinite(f, p->a) || is_infinite(f, p->b)) {
        box(m, &p->a);
        box(m, &p->b);
        drop_nan(f, &p->c);
        drop_nan(f, &p->d);
        recovered = true;
    }
    if (is_infinite(f, p->c) || is_infinite(f, p->d)) {
        box(m, &p->c);
        box(m, &p->d);
        drop_nan(f, &p->a);
        drop_nan(f, &p->b);
        recovered = true;
    }
    if (recovered || !overflowed)
        return recovered;
    drop_nan(f, &p->a);
    drop_nan(f, &p->b);
    drop_nan(f, &p->c);
    drop_nan(f, &p->d);
    return true;
}

static complex_value multiply_complex(const arithmetic *m, complex_pair p)
{
    const format *f = m->f;
    uint64_t ac = m->multiply(p.a, p.c), bd = m->multiply(p.b, p.d);
    uint64_t ad = m->multiply(p.a, p.d), bc = m->multiply(p.b, p.c);
    complex_value z = {m->subtract(ac, bd), m->add(ad, bc)};
    if (!is_nan(f, z.x) || !is_nan(f, z.y))
        return z;
    bool overflowed = is_infinite(f, ac) || is_infinite(f, bd) || is_infinite(f, ad) || is_infinite(f, bc);
    if (recover_factors(m, &p, overflowed)) {
        z.x = m->multiply(f->infinity, m->subtract(m->multiply(p.a, p.c), m->multiply(p.b, p.d)));
        z.y = m->multiply(f->infinity, m->add(m->multiply(p.a, p.d), m->multiply(p.b, p.c)));
    }
    return z;
}

static bool is_finite(const format *f, uint64_t x)
{
    return !is_special(f, x);
}

/* Smith, "Algorithm 116: Complex Division". */
static complex_value divide_plainly(const arithmetic *m, const complex_pair *p)
{
    uint64_t no_sign = ~m->f->sign;
    if (compare(m->f, p->c & no_sign, p->d & no_sign) == LESS) {
        uint64_t ratio = m->divide(p->c, p->d), by = m->product_plus(p->c, ratio, p->d);
        return (complex_value){m->divide(m->product_plus(p->a, ratio, p->b), by),
                               m->divide(m->product_minus(p->b, ratio, p->a), by)};
    }
    uint64_t ratio = m->divide(p->d, p->c), by = m->product_plus(p->d, ratio, p->c);
    return (complex_value){m->divide(m->product_plus(p->b, ratio, p->a), by),
                           m->divide(m->minus_product(p->b, p->a, ratio), by)};
}

/* times (ac + bd) and times (bc - ad) */
static complex_value scaled(const arithmetic *m, uint64_t times, const complex_pair *p)
{
    uint64_t x = m->product_plus(p->a, p->c, m->multiply(p->b, p->d));
    uint64_t y = m->minus_product(m->multiply(p->b, p->c), p->a, p->d);
    return (complex_value){m->multiply(times, x), m->multiply(times, y)};
}

static complex_value divide_complex(const arithmetic *m, complex_pair p)
{
    const format *f = m->f;
    complex_value z = divide_plainly(m, &p);
    if (!is_nan(f, z.x) || !is_nan(f, z.y))
        return z;
    if (is_zero(f, p.c) && is_zero(f, p.d) && (!is_nan(f, p.a) || !is_nan(f, p.b))) {
        uint64_t infinity = f->infinity | (p.c & f->sign);
        return (complex_value){m->multiply(infinity, p.a), m->multiply(infinity, p.b)};
    }
    if ((is_infinite(f, p.a) || is_infinite(f, p.b)) && is_finite(f, p.c) && is_finite(f, p.d)) {
        box(m, &p.a);
        box(m, &p.b);
        return scaled(m, f->infinity, &p);
    }
    if ((is_infinite(f, p.c) || is_infinite(f, p.d)) && is_finite(f, p.a) && is_finite(f, p.b)) {
        box(m, &p.c);
        box(m, &p.d);
        return scaled(m, 0, &p);
    }
    return z;
}

/* A complex double comes back in four registers. */
static void return_complex_double(espy_rom_call *c, complex_value z)
{
    espy_rom_return64(c, z.x);
    espy_cpu_set_a(c->cpu, 4, (uint32_t)z.y);
    espy_cpu_set_a(c->cpu, 5, (uint32_t)(z.y >> 32));
}

static void return_complex_float(espy_rom_call *c, complex_value z)
{
    espy_rom_return64(c, z.x | z.y << 32);
}

static complex_pair complex_doubles(const espy_rom_call *c)
{
    return (complex_pair){u64(c, 0), u64(c, 2), u64(c, 4), u64(c, 6)};
}

static complex_pair complex_floats(const espy_rom_call *c)
{
    return (complex_pair){u32(c, 0), u32(c, 1), u32(c, 2), u32(c, 3)};
}

static void rom_muldc3(espy_rom_call *c)
{
    return_complex_double(c, multiply_complex(&on_doubles, complex_doubles(c)));
}

static void rom_divdc3(espy_rom_call *c)
{
    return_complex_double(c, divide_complex(&on_doubles, complex_doubles(c)));
}

static void rom_mulsc3(espy_rom_call *c)
{
    return_complex_float(c, multiply_complex(&on_floats, complex_floats(c)));
}

static void rom_divsc3(espy_rom_call *c)
{
    return_complex_float(c, divide_complex(&on_floats, complex_floats(c)));
}

const espy_rom_function espy_rom_float_functions[] = {
    {.name = "__adddf3", .run = rom_adddf3},
    {.name = "__subdf3", .run = rom_subdf3},
    {.name = "__muldf3", .run = rom_muldf3},
    {.name = "__divdf3", .run = rom_divdf3},
    {.name = "__negdf2", .run = rom_negdf2},
    {.name = "__powidf2", .run = rom_powidf2},
    {.name = "__muldc3", .run = rom_muldc3},
    {.name = "__divdc3", .run = rom_divdc3},
    {.name = "__mulsc3", .run = rom_mulsc3},
    {.name = "__divsc3", .run = rom_divsc3},
    {.name = "__powisf2", .run = rom_powisf2},
    {.name = "__addsf3", .run = rom_addsf3},
    {.name = "__subsf3", .run = rom_subsf3},
    {.name = "__mulsf3", .run = rom_mulsf3},
    {.name = "__divsf3", .run = rom_divsf3},
    {.name = "__negsf2", .run = rom_negsf2},
    {.name = "__eqdf2", .run = rom_eqdf2},
    {.name = "__nedf2", .run = rom_eqdf2},
    {.name = "__gtdf2", .run = rom_gtdf2},
    {.name = "__gedf2", .run = rom_gedf2},
    {.name = "__ltdf2", .run = rom_ltdf2},
    {.name = "__ledf2", .run = rom_ledf2},
    {.name = "__unorddf2", .run = rom_unorddf2},
    {.name = "__eqsf2", .run = rom_eqsf2},
    {.name = "__nesf2", .run = rom_eqsf2},
    {.name = "__gtsf2", .run = rom_gtsf2},
    {.name = "__gesf2", .run = rom_gesf2},
    {.name = "__ltsf2", .run = rom_ltsf2},
    {.name = "__lesf2", .run = rom_lesf2},
    {.name = "__unordsf2", .run = rom_unordsf2},
    {.name = "__truncdfsf2", .run = rom_truncdfsf2},
    {.name = "__extendsfdf2", .run = rom_extendsfdf2},
    {.name = "__fixdfsi", .run = rom_fixdfsi},
    {.name = "__fixdfdi", .run = rom_fixdfdi},
    {.name = "__fixunsdfsi", .run = rom_fixunsdfsi},
    {.name = "__fixsfsi", .run = rom_fixsfsi},
    {.name = "__fixsfdi", .run = rom_fixsfdi},
    {.name = "__fixunssfsi", .run = rom_fixunssfsi},
    {.name = "__fixunssfdi", .run = rom_fixunssfdi},
    {.name = "__floatsidf", .run = rom_floatsidf},
    {.name = "__floatunsidf", .run = rom_floatunsidf},
    {.name = "__floatdidf", .run = rom_floatdidf},
    {.name = "__floatundidf", .run = rom_floatundidf},
    {.name = "__floatsisf", .run = rom_floatsisf},
    {.name = "__floatunsisf", .run = rom_floatunsisf},
    {.name = "__floatdisf", .run = rom_floatdisf},
    {.name = "__floatundisf", .run = rom_floatundisf},
    {0},
};
