/* SPDX-License-Identifier: MIT
 *
 * Compares the floating-point unit, results and flags, with the host's IEEE 754
 * arithmetic in all four rounding modes: single operations, and the division and
 * square-root sequences as programs run them.
 *
 *     fpu_exact COUNT [all]
 *
 * COUNT random operand pairs per operation and mode; `all` adds every square root
 * of a significand, and for every divisor the dividends whose quotients are the
 * nearest to the middle of two singles.  Prints one TAP line per comparison.
 *
 * The host's flags are those of an FPU that finds tiny results after rounding,
 * which x86 does and the Xtensa unit too; elsewhere the U flag is not compared.
 */
#include "../../src/emu/cpu/fpu_sequences.h"

#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int host_rounding[4] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};
static const char *const mode_names[4] = {"to nearest", "to zero", "up", "down"};
static unsigned test_number;
static bool failed;

#if defined(__x86_64__)
#define COMPARED ESPY_FSR_MASK
#else
#define COMPARED (ESPY_FSR_MASK & ~(uint32_t)ESPY_FSR_U)
#endif

static uint32_t random32(void)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
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
    return (bits & 0x7fffffff) > 0x7f800000;
}

static uint32_t host_flags(void)
{
    int flags = fetestexcept(FE_ALL_EXCEPT);
    return (flags & FE_INEXACT ? ESPY_FSR_I : 0u) | (flags & FE_UNDERFLOW ? ESPY_FSR_U : 0u) |
           (flags & FE_OVERFLOW ? ESPY_FSR_O : 0u) | (flags & FE_DIVBYZERO ? ESPY_FSR_Z : 0u) |
           (flags & FE_INVALID ? ESPY_FSR_V : 0u);
}

typedef struct operation {
    const char *name;
    unsigned operands;
    uint32_t (*ours)(espy_fpu *fpu, const uint32_t *x);
    float (*theirs)(volatile float *x);
} operation;

static uint32_t our_add(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_add(fpu, x[0], x[1]);
}

static uint32_t our_sub(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_sub(fpu, x[0], x[1]);
}

static uint32_t our_mul(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_mul(fpu, x[0], x[1]);
}

static uint32_t our_madd(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_madd(fpu, x[2], x[0], x[1]);
}

static uint32_t our_msub(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_msub(fpu, x[2], x[0], x[1]);
}

static uint32_t our_divide(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_divide(fpu, x[0], x[1]);
}

static uint32_t our_root(espy_fpu *fpu, const uint32_t *x)
{
    return espy_fpu_root(fpu, x[0]);
}

static float host_add(volatile float *x)
{
    return x[0] + x[1];
}

static float host_sub(volatile float *x)
{
    return x[0] - x[1];
}

static float host_mul(volatile float *x)
{
    return x[0] * x[1];
}

static float host_madd(volatile float *x)
{
    return fmaf(x[0], x[1], x[2]);
}

static float host_msub(volatile float *x)
{
    return fmaf(-x[0], x[1], x[2]);
}

static float host_divide(volatile float *x)
{
    return x[0] / x[1];
}

static float host_root(volatile float *x)
{
    return sqrtf(x[0]);
}

static const operation operations[] = {
    {"add.s", 2, our_add, host_add},         {"sub.s", 2, our_sub, host_sub},
    {"mul.s", 2, our_mul, host_mul},         {"madd.s", 3, our_madd, host_madd},
    {"msub.s", 3, our_msub, host_msub},      {"division", 2, our_divide, host_divide},
    {"square root", 1, our_root, host_root},
};

/* The host and the unit agree on which results are NaN, not on their payload. */
static bool agree(const operation *op, unsigned mode, const uint32_t *x)
{
    espy_fpu fpu = {.fcr = mode};
    volatile float in[3] = {to_float(x[0]), to_float(x[1]), to_float(x[2])};
    uint32_t ours = op->ours(&fpu, x);
    fesetround(host_rounding[mode]);
    feclearexcept(FE_ALL_EXCEPT);
    volatile float result = op->theirs(in);
    uint32_t flags = host_flags();
    fesetround(FE_TONEAREST);
    uint32_t theirs = to_bits(result);
    if ((ours == theirs || (is_nan(ours) && is_nan(theirs))) && ((fpu.fsr ^ flags) & COMPARED) == 0)
        return true;
    printf("# %s %s of %08" PRIx32 " %08" PRIx32 " %08" PRIx32 ": %08" PRIx32 " flags %03" PRIx32
           ", the host says %08" PRIx32 " flags %03" PRIx32 "\n",
           op->name, mode_names[mode], x[0], x[1], x[2], ours, fpu.fsr, theirs, flags);
    return false;
}

/* fmaf of a zero, an infinity and a NaN may or may not be invalid (IEEE 754, 7.2);
 * signalling NaNs do not survive every host's calling convention. */
static bool is_comparable(const operation *op, const uint32_t *x)
{
    bool nan = false;
    for (unsigned i = 0; i < op->operands; i++)
        nan = nan || is_nan(x[i]);
    return !nan;
}

static const uint32_t edges[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x003fffff, 0x00400000, 0x00400001, 0x007ffffe, 0x007fffff,
    0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x01000001, 0x0b800000, 0x0c000000, 0x1fffffff, 0x20000000,
    0x337fffff, 0x33800000, 0x33800001, 0x34000000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7ffffe, 0x3f7fffff,
    0x3f800000, 0x3f800001, 0x3f800002, 0x3fb504f3, 0x3fc00000, 0x3fffffff, 0x40000000, 0x40000001, 0x40400000,
    0x407fffff, 0x40800000, 0x4b7fffff, 0x4b800000, 0x4effffff, 0x4f000000, 0x5f7fffff, 0x5f800000, 0x7e7fffff,
    0x7e800000, 0x7effffff, 0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000,
};

enum { EDGES = sizeof edges / sizeof edges[0] };

static uint32_t edge(unsigned i)
{
    return i < EDGES ? edges[i] : edges[i - EDGES] | 0x80000000;
}

static void report(bool ok, const char *what, const char *mode, uint64_t count)
{
    failed = failed || !ok;
    printf("%sok %u - %s, rounding %s: %" PRIu64 " cases\n", ok ? "" : "not ", ++test_number, what, mode, count);
    fflush(stdout);
}

static bool check_edges(const operation *op, unsigned mode, uint64_t *count)
{
    bool ok = true;
    for (unsigned i = 0; i < 2 * EDGES; i++)
        for (unsigned j = 0; j < (op->operands > 1 ? 2 * EDGES : 1); j++)
            for (unsigned k = 0; k < (op->operands > 2 ? 2 * EDGES : 1); k++, ++*count)
                ok = agree(op, mode, (const uint32_t[]){edge(i), edge(j), edge(k)}) && ok;
    return ok;
}

/* Every other case has exponents near each other, where rounding is decided. */
static uint32_t random_operand(uint64_t i)
{
    uint32_t x = random32();
    switch (i & 3) {
    case 1: return (x & 0x807fffff) | (0x3f000000 + (x >> 6 & 0x3800000));
    case 2: return (x & 0x81ffffff);
    case 3: return (x & 0xff000000) | (edges[x % EDGES] & 0xffffff);
    default: return x;
    }
}

static bool check_random(const operation *op, unsigned mode, uint64_t wanted)
{
    bool ok = true;
    for (uint64_t i = 0; i < wanted && ok; i++) {
        uint32_t x[3] = {random_operand(i), random_operand(i >> 2), random_operand(i >> 4)};
        if (is_comparable(op, x))
            ok = agree(op, mode, x);
    }
    return ok;
}

static void check_operation(const operation *op, uint64_t wanted)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        uint64_t count = 0;
        bool ok = check_edges(op, mode, &count) && check_random(op, mode, wanted);
        report(ok, op->name, mode_names[mode], count + wanted);
    }
}

/* The result depends on the significand and the exponent's parity, and the
 * exponent comes back exactly: this is every root there is. */
static void check_every_root(void)
{
    const operation *op = &operations[6];
    for (unsigned mode = 0; mode < 4; mode++) {
        bool ok = true;
        for (uint32_t i = 0; i < 1u << 24 && ok; i++)
            ok = agree(op, mode, (const uint32_t[]){0x3f800000 + i, 0, 0});
        report(ok, "every square root in [1, 4)", mode_names[mode], 1u << 24);
    }
}

/* The inverse of an odd number modulo 2^25, by Newton's iteration. */
static uint32_t inverse(uint32_t b)
{
    uint32_t x = b;
    for (unsigned i = 0; i < 4; i++)
        x *= 2 - b * x;
    return x & 0x1ffffff;
}

/* With significands as integers of 24 bits, 2^shift a = (2 q + 1) b + d says that a / b
 * is d / 2b of a unit from the middle of two singles; d is small and odd.  Each d gives
 * 2 q + 1 modulo 2^shift, and that gives a.  A quotient below one needs shift 25, one
 * above it 24.  An even divisor has its hardest cases where its odd half has them. */
static bool check_hard_dividend(uint32_t b, unsigned shift, int d, unsigned mode, uint64_t *count)
{
    uint32_t odd = ((uint32_t)-d * inverse(b)) & ((1u << shift) - 1);
    if (shift == 24)
        odd |= 1u << 24;
    uint64_t a = ((uint64_t)odd * b + (uint64_t)(int64_t)d) >> shift;
    if (odd < 1u << 24 || a < 1u << 23 || a >= 1u << 24)
        return true;
    const uint32_t x[3] = {0x3f800000 | ((uint32_t)a & 0x7fffff), 0x3f800000 | (b & 0x7fffff), 0};
    ++*count;
    return agree(&operations[5], mode, x);
}

static bool check_hard_dividends(uint32_t b, unsigned mode, uint64_t *count)
{
    bool ok = true;
    for (int d = -7; d <= 7 && (b & 1) != 0; d += 2)
        ok = check_hard_dividend(b, 24, d, mode, count) && check_hard_dividend(b, 25, d, mode, count) && ok;
    return ok;
}

static void check_hard_divisions(void)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        bool ok = true;
        uint64_t count = 0;
        for (uint32_t b = 1u << 23; b < 1u << 24 && ok; b++) {
            const uint32_t one[3] = {0x3f800000, 0x3f800000 | (b & 0x7fffff), 0};
            ok = check_hard_dividends(b, mode, &count) && agree(&operations[5], mode, one);
        }
        report(ok, "the hardest divisions by every divisor", mode_names[mode], count);
    }
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 20000;
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++)
        check_operation(&operations[i], count);
    if (argc > 2 && strcmp(argv[2], "all") == 0) {
        check_every_root();
        check_hard_divisions();
    }
    printf("1..%u\n", test_number);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
