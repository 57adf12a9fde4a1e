/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of the LX7's single-precision floating-point unit; see fpu.h
 * for the sources.
 *
 * Two paths give the same results.  The quick one lets the host compute in
 * single precision when FCR rounds to nearest and the result is an ordinary
 * normal number: then no flag but I can be due, and I is sticky, so that its
 * test is needed only until it is set.  The exact one computes in double
 * precision, rounded to odd, which a final rounding to 24 bits or fewer cannot
 * tell from the infinitely precise result (Boldo and Melquiond, 2008).
 */
#include "fpu.h"

#include <float.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "fpu.c needs float and double arithmetic without excess precision"
#endif

#define SIGN 0x80000000u
#define INFINITY_BITS 0x7f800000u
#define MAX_BITS 0x7f7fffffu
#define FRACTION 0x007fffffu
#define QUIET 0x00400000u
#define DEFAULT_NAN 0x7fc00000u
#define ONE 0x3f800000u

static float to_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t from_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static double to_double(uint32_t bits)
{
    return (double)to_float(bits);
}

static uint64_t double_bits(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static double double_from(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static unsigned exponent_field(uint32_t bits)
{
    return bits >> 23 & 0xff;
}

static bool is_nan(uint32_t bits)
{
    return (bits & ~SIGN) > INFINITY_BITS;
}

static bool is_infinite(uint32_t bits)
{
    return (bits & ~SIGN) == INFINITY_BITS;
}

static bool is_zero(uint32_t bits)
{
    return (bits & ~SIGN) == 0;
}

static bool is_signalling(uint32_t bits)
{
    return is_nan(bits) && (bits & QUIET) == 0;
}

/* A result that needs no flag but perhaps I: normal, and large enough that it
 * cannot have been tiny before it was rounded. */
static bool is_plain(uint32_t bits)
{
    return exponent_field(bits) - 2u < 253u;
}

/* x + y, rounded to odd when it is inexact. */
static double add_to_odd(double x, double y)
{
    double sum = x + y;
    double part = sum - x;
    double error = (x - (sum - part)) + (y - part);
    uint64_t bits = double_bits(sum);
    if (error != 0 && (bits & 1) == 0)
        bits += (error > 0) == (sum > 0) ? 1 : -(uint64_t)1;
    return double_from(bits);
}

static bool rounds_away(unsigned rm, bool negative, uint64_t rest, uint64_t half, bool odd)
{
    switch (rm) {
    case ESPY_RM_NEAREST: return rest > half || (rest == half && odd);
    case ESPY_RM_UP: return rest != 0 && !negative;
    case ESPY_RM_DOWN: return rest != 0 && negative;
    default: return false;
    }
}

/* m / 2^shift as an integer. */
static uint32_t shift_rounded(uint64_t m, unsigned shift, unsigned rm, bool negative)
{
    uint64_t rest = m & ((UINT64_C(1) << shift) - 1);
    uint64_t result = m >> shift;
    if (rounds_away(rm, negative, rest, UINT64_C(1) << (shift - 1), result & 1))
        result++;
    return (uint32_t)result;
}

static uint32_t overflow(uint32_t *fsr, unsigned rm, bool negative)
{
    bool to_max = rm == ESPY_RM_ZERO || rm == (negative ? ESPY_RM_UP : ESPY_RM_DOWN);
    *fsr |= ESPY_FSR_O | ESPY_FSR_I;
    return (negative ? SIGN : 0) | (to_max ? MAX_BITS : INFINITY_BITS);
}

/* Rounds x, neither zero nor outside double's normal range, to single. */
static uint32_t round_to_single(uint32_t *fsr, unsigned rm, double x)
{
    const unsigned drop = 52 - 23;
    uint64_t bits = double_bits(x);
    bool negative = bits >> 63;
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t m = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    unsigned shift = drop;
    if (exponent < -126)
        shift = exponent < -152 ? drop + 26 : drop + (unsigned)(-126 - exponent);
    uint32_t result = shift_rounded(m, shift, rm, negative);
    bool inexact = (m & ((UINT64_C(1) << shift) - 1)) != 0;
    if (exponent >= -126)
        result += (uint32_t)(exponent + 126) << 23;
    else if (inexact && !(exponent == -127 && shift_rounded(m, drop, rm, negative) >> 24 != 0))
        *fsr |= ESPY_FSR_U;
    if (result >= INFINITY_BITS)
        return overflow(fsr, rm, negative);
    if (inexact)
        *fsr |= ESPY_FSR_I;
    return result | (negative ? SIGN : 0);
}

/* The sum of x and y when it is zero: IEEE 754, 6.3. */
static uint32_t zero_sum(unsigned rm, double x, double y)
{
    bool negative = double_bits(x) >> 63;
    if (negative != (bool)(double_bits(y) >> 63))
        negative = rm == ESPY_RM_DOWN;
    return negative ? SIGN : 0;
}

static uint32_t round_sum(uint32_t *fsr, unsigned rm, double x, double y)
{
    double sum = add_to_odd(x, y);
    return sum == 0 ? zero_sum(rm, x, y) : round_to_single(fsr, rm, sum);
}

static uint32_t invalid(uint32_t *fsr)
{
    *fsr |= ESPY_FSR_V;
    return DEFAULT_NAN;
}

/* The first NaN of a list, made quiet.  A core with single precision alone takes
 * the operands in the order fs, ft, fr; one with double precision does not. */
static uint32_t first_nan(uint32_t *fsr, const uint32_t *operands, unsigned count)
{
    uint32_t result = 0;
    for (unsigned i = count; i-- > 0;) {
        if (is_signalling(operands[i]))
            *fsr |= ESPY_FSR_V;
        if (is_nan(operands[i]))
            result = operands[i] | QUIET;
    }
    return result;
}

static uint32_t add_exactly(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    if (is_nan(fs) || is_nan(ft))
        return first_nan(&fpu->fsr, (const uint32_t[]){fs, ft}, 2);
    if (is_infinite(fs))
        return is_infinite(ft) && fs != ft ? invalid(&fpu->fsr) : fs;
    if (is_infinite(ft))
        return ft;
    return round_sum(&fpu->fsr, fpu->fcr & ESPY_FCR_RM, to_double(fs), to_double(ft));
}

static uint32_t add_quickly(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    float a = to_float(fs), b = to_float(ft);
    float sum = a + b;
    uint32_t result = from_float(sum);
    if (!is_plain(result))
        return add_exactly(fpu, fs, ft);
    if ((fpu->fsr & ESPY_FSR_I) == 0) {
        float part = sum - a;
        if ((a - (sum - part)) + (b - part) != 0)
            fpu->fsr |= ESPY_FSR_I;
    }
    return result;
}

uint32_t espy_fpu_add(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return (fpu->fcr & ESPY_FCR_RM) == ESPY_RM_NEAREST ? add_quickly(fpu, fs, ft) : add_exactly(fpu, fs, ft);
}

uint32_t espy_fpu_sub(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return espy_fpu_add(fpu, fs, is_nan(ft) ? ft : ft ^ SIGN);
}

static uint32_t mul_exactly(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    uint32_t sign = (fs ^ ft) & SIGN;
    if (is_nan(fs) || is_nan(ft))
        return first_nan(&fpu->fsr, (const uint32_t[]){fs, ft}, 2);
    if (is_infinite(fs) || is_infinite(ft))
        return is_zero(fs) || is_zero(ft) ? invalid(&fpu->fsr) : sign | INFINITY_BITS;
    if (is_zero(fs) || is_zero(ft))
        return sign;
    return round_to_single(&fpu->fsr, fpu->fcr & ESPY_FCR_RM, to_double(fs) * to_double(ft));
}

uint32_t espy_fpu_mul(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    float product = to_float(fs) * to_float(ft);
    uint32_t result = from_float(product);
    if ((fpu->fcr & ESPY_FCR_RM) != ESPY_RM_NEAREST || !is_plain(result))
        return mul_exactly(fpu, fs, ft);
    /* The product of two singles is exact in double precision. */
    if ((fpu->fsr & ESPY_FSR_I) == 0 && to_double(fs) * to_double(ft) != (double)product)
        fpu->fsr |= ESPY_FSR_I;
    return result;
}

static uint32_t madd_exactly(uint32_t *fsr, unsigned rm, uint32_t fr, uint32_t fs, uint32_t ft)
{
    bool infinite = is_infinite(fs) || is_infinite(ft);
    bool zero_times_infinity = infinite && (is_zero(fs) || is_zero(ft));
    uint32_t sign = (fs ^ ft) & SIGN;
    if (is_nan(fr) || is_nan(fs) || is_nan(ft)) {
        if (zero_times_infinity)
            *fsr |= ESPY_FSR_V;
        return first_nan(fsr, (const uint32_t[]){fs, ft, fr}, 3);
    }
    if (zero_times_infinity || (infinite && is_infinite(fr) && sign != (fr & SIGN)))
        return invalid(fsr);
    if (infinite)
        return sign | INFINITY_BITS;
    if (is_infinite(fr))
        return fr;
    return round_sum(fsr, rm, to_double(fs) * to_double(ft), to_double(fr));
}

/* Rounding the sum to double and then to single is right unless the double is
 * halfway between two singles: the bits that are dropped read 100...0. */
static uint32_t madd(uint32_t *fsr, unsigned rm, uint32_t fr, uint32_t fs, uint32_t ft)
{
    double product = to_double(fs) * to_double(ft), addend = to_double(fr);
    double sum = product + addend;
    uint32_t result = from_float((float)sum);
    if (rm != ESPY_RM_NEAREST || !is_plain(result) || (double_bits(sum) & 0x1fffffff) == 0x10000000)
        return madd_exactly(fsr, rm, fr, fs, ft);
    if ((*fsr & ESPY_FSR_I) == 0) {
        double part = sum - product;
        if ((double)(float)sum != sum || (product - (sum - part)) + (addend - part) != 0)
            *fsr |= ESPY_FSR_I;
    }
    return result;
}

uint32_t espy_fpu_madd(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft)
{
    return madd(&fpu->fsr, fpu->fcr & ESPY_FCR_RM, fr, fs, ft);
}

uint32_t espy_fpu_msub(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft)
{
    return espy_fpu_madd(fpu, fr, is_nan(fs) ? fs : fs ^ SIGN, ft);
}

uint32_t espy_fpu_maddn(uint32_t fr, uint32_t fs, uint32_t ft)
{
    uint32_t ignored = ESPY_FSR_I;
    return madd(&ignored, ESPY_RM_NEAREST, fr, fs, ft);
}

/* A finite nonzero number taken apart: |x| = (1 + fraction / 2^23) * 2^exponent. */
typedef struct parts {
    int exponent;
    uint32_t fraction;
} parts;

static parts take_apart(uint32_t bits)
{
    parts p = {(int)exponent_field(bits) - 127, bits & FRACTION};
    if (p.exponent > -127)
        return p;
    for (p.exponent = -126; (p.fraction & ~FRACTION) == 0; p.exponent--)
        p.fraction <<= 1;
    p.fraction &= FRACTION;
    return p;
}

static int parity(parts p)
{
    return p.exponent & 1;
}

static bool is_special(uint32_t bits)
{
    return is_zero(bits) || exponent_field(bits) == 0xff;
}

uint32_t espy_fpu_nexp01(uint32_t fs)
{
    if (is_special(fs))
        return is_nan(fs) ? fs | QUIET : fs ^ SIGN;
    parts p = take_apart(fs);
    return ((fs ^ SIGN) & SIGN) | (ONE + ((uint32_t)parity(p) << 23)) | p.fraction;
}

/* Eight bits v of v / 256 = 1 / m, at the middle of the 128th part of [1, 2) that
 * holds m = 1 + fraction / 2^23: the relative error is below 2^-7. */
static uint32_t reciprocal_seed(uint32_t fraction)
{
    uint32_t middle = 257 + 2 * (fraction >> 16); /* 256 * m */
    return (65536 + middle / 2) / middle;
}

/* The same for v / 256 = 1 / sqrt(m * 2^odd). */
static uint32_t root_seed(uint32_t fraction, unsigned odd)
{
    uint32_t middle = (257 + 2 * (fraction >> 16)) << odd;
    uint32_t v = 0;
    for (uint32_t bit = 128; bit != 0; bit >>= 1) {
        uint32_t doubled = 2 * (v | bit) - 1;
        if (doubled * doubled <= (1u << 26) / middle)
            v |= bit;
    }
    return v;
}

/* v / 256 * 2^exponent with the given sign; 128 <= v < 256. */
static uint32_t seed(uint32_t sign, uint32_t v, int exponent)
{
    int field = exponent + 126;
    if (field >= 255)
        return sign | INFINITY_BITS;
    if (field <= 0)
        return sign | (v << 16) >> (1 - field);
    return sign | (uint32_t)field << 23 | ((v << 16) & FRACTION);
}

uint32_t espy_fpu_div0(uint32_t fs)
{
    if (is_special(fs))
        return is_nan(fs) ? fs | QUIET : ONE | (fs & SIGN);
    parts p = take_apart(fs);
    return seed(fs & SIGN, reciprocal_seed(p.fraction), -parity(p));
}

uint32_t espy_fpu_sqrt0(uint32_t fs)
{
    if (is_special(fs))
        return is_nan(fs) ? fs | QUIET : ONE;
    parts p = take_apart(fs);
    return seed(0, root_seed(p.fraction, (unsigned)parity(p)), 0);
}

static uint32_t divided_by_zero(uint32_t *fsr, uint32_t sign)
{
    *fsr |= ESPY_FSR_Z;
    return sign | INFINITY_BITS;
}

uint32_t espy_fpu_recip0(espy_fpu *fpu, uint32_t fs)
{
    if (is_nan(fs))
        return first_nan(&fpu->fsr, &fs, 1);
    if (is_zero(fs))
        return divided_by_zero(&fpu->fsr, fs & SIGN);
    if (is_infinite(fs))
        return fs & SIGN;
    parts p = take_apart(fs);
    return seed(fs & SIGN, reciprocal_seed(p.fraction), -p.exponent);
}

uint32_t espy_fpu_rsqrt0(espy_fpu *fpu, uint32_t fs)
{
    if (is_nan(fs))
        return first_nan(&fpu->fsr, &fs, 1);
    if (is_zero(fs))
        return divided_by_zero(&fpu->fsr, fs & SIGN);
    if ((fs & SIGN) != 0)
        return invalid(&fpu->fsr);
    if (is_infinite(fs))
        return 0;
    parts p = take_apart(fs);
    return seed(0, root_seed(p.fraction, (unsigned)parity(p)), -(p.exponent - parity(p)) / 2);
}

/* An adjustment is a special result (zero, infinity, NaN), or holds two numbers:
 * what ADDEXP.S adds to the reciprocal's exponent in its exponent field, and what
 * ADDEXPM.S adds to the quotient's in bits 22..15, biased by 128.
 *
 * A quotient can lie far outside the range of single precision until DIVN.S has
 * rounded it.  Beyond 2^100 either way the quotient is therefore moved back into
 * range, and the reciprocal's exponent set apart from it by FAR: DIVN.S sees
 * that distance, which is 3 at most otherwise, and moves both to where they
 * belong.  Where the result is sure to overflow or to vanish, the exponent is
 * cut.  All of the state is thus in the registers, and a sequence may be
 * interrupted anywhere.  How the chip does it is not public. */
enum { RANGE = 100, FAR = 90, LARGE_CUT = 132, LARGE_BIAS = 120, SMALL_CUT = -160, SMALL_BIAS = -160 };

static uint32_t adjustment(int exponent)
{
    int quotient = exponent, reciprocal = exponent;
    if (exponent > RANGE) {
        quotient = (exponent < LARGE_CUT ? exponent : LARGE_CUT) - LARGE_BIAS;
        reciprocal = quotient + FAR;
    } else if (exponent < -RANGE) {
        quotient = (exponent > SMALL_CUT ? exponent : SMALL_CUT) - SMALL_BIAS;
        reciprocal = quotient - FAR;
    }
    return (uint32_t)(reciprocal + 127) << 23 | (uint32_t)(quotient + 128) << 15;
}

static int even_exponent(uint32_t bits)
{
    parts p = take_apart(bits);
    return p.exponent - parity(p);
}

uint32_t espy_fpu_mkdadj(espy_fpu *fpu, uint32_t fr, uint32_t fs)
{
    uint32_t sign = (fr ^ fs) & SIGN;
    if (is_nan(fs) || is_nan(fr))
        return first_nan(&fpu->fsr, (const uint32_t[]){fs, fr}, 2);
    if ((is_zero(fs) && is_zero(fr)) || (is_infinite(fs) && is_infinite(fr)))
        return invalid(&fpu->fsr);
    if (is_infinite(fs))
        return sign | INFINITY_BITS;
    if (is_zero(fr))
        return divided_by_zero(&fpu->fsr, sign);
    if (is_zero(fs) || is_infinite(fr))
        return sign;
    return adjustment(even_exponent(fs) - even_exponent(fr));
}

uint32_t espy_fpu_mksadj(espy_fpu *fpu, uint32_t fs)
{
    if (is_nan(fs))
        return first_nan(&fpu->fsr, &fs, 1);
    if (is_zero(fs))
        return fs;
    if ((fs & SIGN) != 0)
        return invalid(&fpu->fsr);
    if (is_infinite(fs))
        return fs;
    return adjustment(even_exponent(fs) / 2);
}

static uint32_t add_to_exponent(uint32_t bits, int n)
{
    int field = (int)exponent_field(bits) + n;
    if (exponent_field(bits) == 0 || exponent_field(bits) == 0xff)
        return bits;
    if (field <= 0)
        return bits & SIGN;
    if (field >= 0xff)
        return (bits & SIGN) | INFINITY_BITS;
    return (bits & (SIGN | FRACTION)) | (uint32_t)field << 23;
}

uint32_t espy_fpu_addexp(uint32_t fr, uint32_t fs)
{
    return is_special(fs) ? fr : add_to_exponent(fr, (int)exponent_field(fs) - 127);
}

uint32_t espy_fpu_addexpm(uint32_t fr, uint32_t fs)
{
    return is_special(fs) ? fs : add_to_exponent(fr, (int)(fs >> 15 & 0xff) - 128);
}

/* 2^n in double precision. */
static double power_of_two(int n)
{
    return double_from((uint64_t)(n + 1023) << 52);
}

/* The sum of quotient and correction, where the correction falls short of what
 * it stands for by less than any rounding can notice.
 *
 * When all bits of the divisor are ones, the iteration's reciprocal stays half a
 * unit below the true one, and a quotient just beyond the middle of two singles
 * appears in the middle.  A remainder that is not zero says that the true
 * quotient is neither there nor representable; so an exact sum is moved on, in
 * the direction of the correction. */
static double add_correction(double quotient, double correction)
{
    double sum = add_to_odd(quotient, correction);
    uint64_t bits = double_bits(sum);
    if (correction == 0 || sum == 0 || (bits & 1) != 0)
        return sum;
    return double_from((correction > 0) == (sum > 0) ? bits | 1 : bits - 1);
}

uint32_t espy_fpu_divn(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft)
{
    unsigned rm = fpu->fcr & ESPY_FCR_RM;
    int distance = (int)exponent_field(fr) - (int)exponent_field(ft);
    if (is_special(fr))
        return is_nan(fr) ? fr | QUIET : fr;
    if (exponent_field(fs) == 0xff || is_special(ft))
        return madd(&fpu->fsr, rm, fr, fs, ft);
    double quotient = to_double(fr), reciprocal = to_double(ft);
    if (distance < -FAR / 2) {
        quotient *= power_of_two(LARGE_BIAS);
        reciprocal *= power_of_two(LARGE_BIAS - FAR);
    } else if (distance > FAR / 2) {
        quotient *= power_of_two(SMALL_BIAS);
        reciprocal *= power_of_two(SMALL_BIAS + FAR);
    }
    double sum = add_correction(quotient, to_double(fs) * reciprocal);
    return sum == 0 ? fr & SIGN : round_to_single(&fpu->fsr, rm, sum);
}

uint32_t espy_fpu_const(unsigned imm)
{
    static const uint32_t table[4] = {0x00000000, 0x3f800000, 0x40000000, 0x3f000000};
    return table[imm & 3];
}

static bool moves_away(unsigned rm, double rest, bool odd)
{
    double distance = rest < 0 ? -rest : rest;
    switch (rm) {
    case ESPY_RM_NEAREST: return distance > 0.5 || (distance == 0.5 && odd);
    case ESPY_RM_UP: return rest > 0;
    case ESPY_RM_DOWN: return rest < 0;
    default: return false;
    }
}

/* fs * 2^scale as an integer from least to most, whose nearer end is the result
 * for what lies outside. */
static int64_t to_integer(uint32_t *fsr, unsigned rm, uint32_t fs, unsigned scale, int64_t least, int64_t most)
{
    if (is_nan(fs)) {
        *fsr |= ESPY_FSR_V;
        return most;
    }
    double x = to_double(fs) * power_of_two((int)scale);
    if (x > -8589934592.0 && x < 8589934592.0) {
        int64_t n = (int64_t)x;
        double rest = x - (double)n;
        if (moves_away(rm, rest, n & 1))
            n += rest > 0 ? 1 : -1;
        if (n >= least && n <= most) {
            *fsr |= rest != 0 ? ESPY_FSR_I : 0;
            return n;
        }
    }
    *fsr |= ESPY_FSR_V;
    return x < 0 ? least : most;
}

static uint32_t to_signed(espy_fpu *fpu, unsigned rm, uint32_t fs, unsigned scale)
{
    return (uint32_t)to_integer(&fpu->fsr, rm, fs, scale, INT32_MIN, INT32_MAX);
}

uint32_t espy_fpu_round(espy_fpu *fpu, uint32_t fs, unsigned scale)
{
    return to_signed(fpu, ESPY_RM_NEAREST, fs, scale);
}

uint32_t espy_fpu_trunc(espy_fpu *fpu, uint32_t fs, unsigned scale)
{
    return to_signed(fpu, ESPY_RM_ZERO, fs, scale);
}

uint32_t espy_fpu_floor(espy_fpu *fpu, uint32_t fs, unsigned scale)
{
    return to_signed(fpu, ESPY_RM_DOWN, fs, scale);
}

uint32_t espy_fpu_ceil(espy_fpu *fpu, uint32_t fs, unsigned scale)
{
    return to_signed(fpu, ESPY_RM_UP, fs, scale);
}

/* A negative number is invalid, but gives what TRUNC.S would. */
uint32_t espy_fpu_utrunc(espy_fpu *fpu, uint32_t fs, unsigned scale)
{
    uint32_t fsr = 0;
    uint32_t result = (uint32_t)to_integer(&fsr, ESPY_RM_ZERO, fs, scale, INT32_MIN, UINT32_MAX);
    if ((fs & SIGN) != 0 && result != 0)
        fsr = ESPY_FSR_V;
    fpu->fsr |= fsr;
    return result;
}

static uint32_t from_integer(espy_fpu *fpu, double n, unsigned scale)
{
    double x = n * power_of_two(-(int)scale);
    unsigned rm = fpu->fcr & ESPY_FCR_RM;
    float nearest = (float)x; /* zero, or far from the ends of the range */
    if (rm != ESPY_RM_NEAREST && (double)nearest != x)
        return round_to_single(&fpu->fsr, rm, x);
    if ((double)nearest != x)
        fpu->fsr |= ESPY_FSR_I;
    return from_float(nearest);
}

uint32_t espy_fpu_float(espy_fpu *fpu, uint32_t as, unsigned scale)
{
    return from_integer(fpu, (double)(int32_t)as, scale);
}

uint32_t espy_fpu_ufloat(espy_fpu *fpu, uint32_t as, unsigned scale)
{
    return from_integer(fpu, (double)as, scale);
}

/* Whether two numbers have no order.  The ordered compares find any NaN invalid,
 * the others a signalling one. */
static bool unordered(espy_fpu *fpu, uint32_t fs, uint32_t ft, bool quiet)
{
    if (!is_nan(fs) && !is_nan(ft))
        return false;
    if (!quiet || is_signalling(fs) || is_signalling(ft))
        fpu->fsr |= ESPY_FSR_V;
    return true;
}

bool espy_fpu_un(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return unordered(fpu, fs, ft, true);
}

bool espy_fpu_oeq(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return !unordered(fpu, fs, ft, true) && to_float(fs) == to_float(ft);
}

bool espy_fpu_ueq(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return unordered(fpu, fs, ft, true) || to_float(fs) == to_float(ft);
}

bool espy_fpu_olt(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return !unordered(fpu, fs, ft, false) && to_float(fs) < to_float(ft);
}

bool espy_fpu_ult(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return unordered(fpu, fs, ft, true) || to_float(fs) < to_float(ft);
}

bool espy_fpu_ole(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return !unordered(fpu, fs, ft, false) && to_float(fs) <= to_float(ft);
}

bool espy_fpu_ule(espy_fpu *fpu, uint32_t fs, uint32_t ft)
{
    return unordered(fpu, fs, ft, true) || to_float(fs) <= to_float(ft);
}
