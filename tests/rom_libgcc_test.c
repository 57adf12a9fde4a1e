/* SPDX-License-Identifier: MIT
 *
 * libgcc's functions of the built-in mask ROM against the real one: every pair of a list of
 * values at which arithmetic turns, and seeded ones.
 */
#include "support/rom_pair.h"

#include "../src/emu/cpu/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

/* Single floats are divided on the FPU, so it is on.  Memory is compared at the end. */
static rom_pair *begin(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = 0;
    pair->cpu[ROM_PAIR_REAL]->cpenable = pair->cpu[ROM_PAIR_BUILTIN]->cpenable = 1;
    return pair;
}

static void end(rom_pair *pair)
{
    pair->compare = ROM_PAIR_ALL;
    rom_pair_check(pair);
}

static const uint64_t wides[] = {
    0,
    1,
    2,
    10,
    0x7fffffff,
    0x80000000,
    0x80000001,
    0xffffffff,
    0x100000000,
    0x123456789abcdef,
    0x7fffffff00000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0x8000000000000001,
    0xffffffff80000000,
    0xfffffffffffffff6,
    0xffffffffffffffff,
};

/* Zeros, the least and the largest denormal and normal, neighbours of 1, the ends of the
 * integers, infinities, quiet and signalling NaNs. */
static const uint64_t doubles[] = {
    0x0000000000000000, 0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x3fe0000000000000,
    0x3fefffffffffffff, 0x3ff0000000000000, 0x3ff0000000000001, 0x4008000000000000, 0x41dfffffffc00000,
    0x41dfffffffe00000, 0x41e0000000000000, 0x41efffffffffffff, 0x41f0000000000000, 0x43dfffffffffffff,
    0x43e0000000000000, 0x43efffffffffffff, 0x43f0000000000000, 0x36a0000000000000, 0x380fffffffffffff,
    0x3810000000000000, 0x47efffffefffffff, 0x47effffff0000000, 0x7fefffffffffffff, 0x7ff0000000000000,
    0x7ff0000000000001, 0x7ff7000000000000, 0x7ff8000000000000, 0x7ff8000000000123, 0x7fffffffffffffff,
};

static const uint32_t floats[] = {
    0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001,
    0x40400000, 0x4effffff, 0x4f000000, 0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0x5f7fffff,
    0x5f800000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fc00123, 0x7fffffff,
};

static uint64_t random64(rom_pair *pair)
{
    uint64_t high = rom_pair_rand(pair);
    return high << 32 | rom_pair_rand(pair);
}

static uint64_t some_wide(rom_pair *pair)
{
    return rom_pair_rand(pair) % 4 == 0 ? wides[rom_pair_rand(pair) % COUNT(wides)]
                                        : random64(pair) >> rom_pair_rand(pair) % 64;
}

/* Often close to another in magnitude. */
static uint64_t some_double(rom_pair *pair)
{
    uint64_t sign = (uint64_t)(rom_pair_rand(pair) & 1) << 63, bits = random64(pair);
    switch (rom_pair_rand(pair) % 4) {
    case 0: return doubles[rom_pair_rand(pair) % COUNT(doubles)] ^ sign;
    case 1: return bits;
    case 2: return sign | (bits >> 12) >> rom_pair_rand(pair) % 52; /* denormal */
    default: return sign | ((uint64_t)(1023 + 70 - rom_pair_rand(pair) % 140) << 52 | bits >> 12);
    }
}

static uint32_t some_float(rom_pair *pair)
{
    uint32_t sign = rom_pair_rand(pair) << 31, bits = rom_pair_rand(pair);
    switch (rom_pair_rand(pair) % 4) {
    case 0: return floats[rom_pair_rand(pair) % COUNT(floats)] ^ sign;
    case 1: return bits;
    case 2: return sign | (bits >> 9) >> rom_pair_rand(pair) % 23;
    default: return sign | (127 + 70 - rom_pair_rand(pair) % 140) << 23 | bits >> 9;
    }
}

#define LOW(x) (uint32_t)(x)
#define HIGH(x) (uint32_t)((x) >> 32)

static void call2(rom_pair *pair, const char *name, uint64_t a, uint64_t b, bool wide)
{
    if (wide)
        rom_pair_call64(pair, name, 4, LOW(a), HIGH(a), LOW(b), HIGH(b));
    else
        rom_pair_call(pair, name, 4, LOW(a), HIGH(a), LOW(b), HIGH(b));
}

static void integers_of_64_bits(void **state)
{
    static const char *const wide[] = {"__muldi3"}, *const divide[] = {"__divdi3", "__moddi3", "__udivdi3",
                                                                       "__umoddi3"};
    static const char *const narrow[] = {"__cmpdi2", "__ucmpdi2"};
    rom_pair *pair = begin(state);
    unsigned listed = COUNT(wides) * COUNT(wides);
    for (unsigned i = 0; i < listed + cases(300); i++) {
        uint64_t a = i < listed ? wides[i / COUNT(wides)] : some_wide(pair);
        uint64_t b = i < listed ? wides[i % COUNT(wides)] : some_wide(pair);
        call2(pair, wide[0], a, b, true);
        for (unsigned k = 0; k < COUNT(narrow); k++)
            call2(pair, narrow[k], a, b, false);
        if (b == 0)
            continue;
        for (unsigned k = 0; k < COUNT(divide); k++)
            call2(pair, divide[k], a, b, true);
        pair->compare = i % 16 == 0 ? ROM_PAIR_RAM : 0;
        uint32_t remainder = i % 2 == 0 ? ROM_PAIR_DATA : 0;
        rom_pair_call64(pair, "__udivmoddi4", 5, LOW(a), HIGH(a), LOW(b), HIGH(b), remainder);
        pair->compare = 0;
    }
    end(pair);
}

static void bits_of_integers(void **state)
{
    static const char *const narrow[] = {"__clzsi2",   "__clzdi2",      "__ctzsi2",      "__ctzdi2",
                                         "__ffssi2",   "__ffsdi2",      "__clrsbsi2",    "__clrsbdi2",
                                         "__bswapsi2", "__popcountsi2", "__popcountdi2", "__paritysi2"};
    static const char *const wide[] = {"__bswapdi2", "__negdi2"};
    static const char *const shifts[] = {"__ashldi3", "__ashrdi3", "__lshrdi3"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < COUNT(wides) + cases(100); i++) {
        uint64_t a = i < COUNT(wides) ? wides[i] : some_wide(pair);
        for (unsigned k = 0; k < COUNT(narrow); k++)
            rom_pair_call(pair, narrow[k], 2, LOW(a), HIGH(a));
        for (unsigned k = 0; k < COUNT(wide); k++)
            rom_pair_call64(pair, wide[k], 2, LOW(a), HIGH(a));
        for (unsigned k = 0; k < COUNT(shifts); k++)
            for (uint32_t by = 0; by < 70; by += 1 + by % 7)
                rom_pair_call64(pair, shifts[k], 3, LOW(a), HIGH(a), by);
    }
    end(pair);
}

static void integers_of_32_bits(void **state)
{
    static const char *const divide[] = {"__divsi3", "__modsi3", "__udivsi3", "__umodsi3"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t a = LOW(some_wide(pair)), b = LOW(some_wide(pair));
        rom_pair_call(pair, "__mulsi3", 2, a, b);
        for (unsigned k = 0; k < COUNT(divide) && b != 0; k++)
            rom_pair_call(pair, divide[k], 2, a, b);
    }
    end(pair);
}

/* Results count where abort() was not called; both must call it, or neither. */
static void call_checked(rom_pair *pair, const char *name, unsigned results, uint32_t a, uint32_t b, uint32_t c,
                         uint32_t d)
{
    uint32_t aborted = rom_pair_read32(pair, ROM_PAIR_DATA + 0x8000);
    pair->compare = ROM_PAIR_RAM;
    rom_pair_call_void(pair, name, 4, a, b, c, d);
    for (unsigned i = 10; i < 10 + results && rom_pair_read32(pair, ROM_PAIR_DATA + 0x8000) == aborted; i++)
        if (espy_cpu_get_a(pair->cpu[ROM_PAIR_REAL], i) != espy_cpu_get_a(pair->cpu[ROM_PAIR_BUILTIN], i))
            fail_msg("%s(0x%08x, 0x%08x, 0x%08x, 0x%08x)", name, (unsigned)a, (unsigned)b, (unsigned)c, (unsigned)d);
}

/* The guest's abort(), by syscall_table_ptr: it counts, and returns. */
static void overflow_aborts(void **state)
{
    static const uint8_t abort_[] = {
        0x00, 0x80, 0xca, 0x3f, /* .long 0x3fca8000 */
        0x36, 0x41, 0x00,       /* entry a1, 32 */
        0x81, 0xfe, 0xff,       /* l32r a8, the word before */
        0x98, 0x08,             /* l32i.n a9, a8, 0 */
        0x1b, 0x99,             /* addi.n a9, a9, 1 */
        0x99, 0x08,             /* s32i.n a9, a8, 0 */
        0x1d, 0xf0,             /* retw.n */
    };
    static const char *const narrow[] = {"__absvsi2", "__negvsi2", "__addvsi3", "__subvsi3", "__mulvsi3"};
    static const char *const wide[] = {"__absvdi2", "__negvdi2", "__addvdi3", "__subvdi3", "__mulvdi3"};
    rom_pair *pair = begin(state);
    rom_pair_write32(pair, ROM_PAIR_DATA + 20, rom_pair_code(pair, abort_, sizeof abort_) + 4);
    rom_pair_write32(pair, 0x3fceffd4, ROM_PAIR_DATA);
    for (unsigned i = 0; i < COUNT(wides) * COUNT(wides); i++) {
        uint64_t a = wides[i / COUNT(wides)], b = wides[i % COUNT(wides)];
        for (unsigned k = 0; k < 5; k++) {
            call_checked(pair, narrow[k], 1, LOW(a), LOW(b), 0, 0);
            call_checked(pair, wide[k], 2, LOW(a), HIGH(a), LOW(b), HIGH(b));
        }
    }
    assert_int_not_equal(rom_pair_read32(pair, ROM_PAIR_DATA + 0x8000), 0);
    end(pair);
}

static void doubles_are_computed(void **state)
{
    static const char *const wide[] = {"__adddf3", "__subdf3", "__muldf3", "__divdf3"};
    static const char *const narrow[] = {"__eqdf2", "__nedf2", "__gtdf2",   "__gedf2",
                                         "__ltdf2", "__ledf2", "__unorddf2"};
    rom_pair *pair = begin(state);
    unsigned n = COUNT(doubles), listed = 2 * n * n;
    for (unsigned i = 0; i < listed + cases(1500); i++) {
        uint64_t a = i < listed ? doubles[i / 2 / n] ^ (uint64_t)(i & 1) << 63 : some_double(pair);
        uint64_t b = i < listed ? doubles[i / 2 % n] ^ (uint64_t)(i / 4 & 1) << 63 : some_double(pair);
        if (i % 16 == 15)
            b = a ^ rom_pair_rand(pair) % 4;
        for (unsigned k = 0; k < COUNT(wide); k++)
            call2(pair, wide[k], a, b, true);
        for (unsigned k = 0; k < COUNT(narrow); k++)
            call2(pair, narrow[k], a, b, false);
    }
    end(pair);
}

static void doubles_are_converted(void **state)
{
    static const char *const narrow[] = {"__truncdfsf2", "__fixdfsi", "__fixunsdfsi"};
    static const char *const wide[] = {"__negdf2", "__fixdfdi"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < 2 * COUNT(doubles) + cases(600); i++) {
        uint64_t a = i < 2 * COUNT(doubles) ? doubles[i / 2] ^ (uint64_t)(i & 1) << 63 : some_double(pair);
        for (unsigned k = 0; k < COUNT(narrow); k++)
            rom_pair_call(pair, narrow[k], 2, LOW(a), HIGH(a));
        for (unsigned k = 0; k < COUNT(wide); k++)
            rom_pair_call64(pair, wide[k], 2, LOW(a), HIGH(a));
        rom_pair_call64(pair, "__powidf2", 3, LOW(a), HIGH(a), rom_pair_rand(pair) % 41 - 20);
    }
    end(pair);
}

static void floats_are_computed(void **state)
{
    static const char *const names[] = {"__addsf3", "__subsf3", "__mulsf3", "__divsf3", "__eqsf2",   "__nesf2",
                                        "__gtsf2",  "__gesf2",  "__ltsf2",  "__lesf2",  "__unordsf2"};
    rom_pair *pair = begin(state);
    unsigned n = COUNT(floats), listed = 2 * n * n;
    for (unsigned i = 0; i < listed + cases(1000); i++) {
        uint32_t a = i < listed ? floats[i / 2 / n] ^ (i & 1) << 31 : some_float(pair);
        uint32_t b = i < listed ? floats[i / 2 % n] ^ (i / 4 & 1) << 31 : some_float(pair);
        for (unsigned k = 0; k < COUNT(names); k++)
            rom_pair_call(pair, names[k], 2, a, b);
    }
    end(pair);
}

static void floats_are_converted(void **state)
{
    static const char *const narrow[] = {"__negsf2", "__fixsfsi", "__fixunssfsi"};
    static const char *const wide[] = {"__extendsfdf2", "__fixsfdi", "__fixunssfdi"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < 2 * COUNT(floats) + cases(500); i++) {
        uint32_t a = i < 2 * COUNT(floats) ? floats[i / 2] ^ (i & 1) << 31 : some_float(pair);
        for (unsigned k = 0; k < COUNT(narrow); k++)
            rom_pair_call(pair, narrow[k], 1, a);
        for (unsigned k = 0; k < COUNT(wide); k++)
            rom_pair_call64(pair, wide[k], 1, a);
    }
    end(pair);
}

static void integers_become_floats(void **state)
{
    static const char *const narrow[] = {"__floatsisf", "__floatunsisf", "__floatdisf", "__floatundisf"};
    static const char *const wide[] = {"__floatsidf", "__floatunsidf", "__floatdidf", "__floatundidf"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < COUNT(wides) + cases(300); i++) {
        uint64_t a = i < COUNT(wides) ? wides[i] : some_wide(pair);
        for (unsigned k = 0; k < 4; k++) {
            rom_pair_call(pair, narrow[k], 2, LOW(a), HIGH(a));
            rom_pair_call64(pair, wide[k], 2, LOW(a), HIGH(a));
        }
    }
    end(pair);
}

/* Of NaNs, which bits they have is not compared: it hangs on the order of the operands. */
static bool same_or_nans(uint64_t a, uint64_t b, uint64_t sign, uint64_t infinity)
{
    return a == b || ((a & ~sign) > infinity && (b & ~sign) > infinity);
}

static void complex_doubles(void **state)
{
    static const char *const names[] = {"__muldc3", "__divdc3"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(600); i++) {
        uint64_t a = some_double(pair), b = some_double(pair), c = some_double(pair), d = some_double(pair);
        for (unsigned k = 0; k < 2; k++) {
            uint64_t x[2], y[2];
            rom_pair_call_void(pair, names[k], 8, LOW(a), HIGH(a), LOW(b), HIGH(b), LOW(c), HIGH(c), LOW(d), HIGH(d));
            for (unsigned n = 0; n < 2; n++) {
                const espy_cpu *cpu = pair->cpu[n];
                x[n] = espy_cpu_get_a(cpu, 10) | (uint64_t)espy_cpu_get_a(cpu, 11) << 32;
                y[n] = espy_cpu_get_a(cpu, 12) | (uint64_t)espy_cpu_get_a(cpu, 13) << 32;
            }
            const uint64_t sign = UINT64_C(1) << 63, infinity = UINT64_C(0x7ff) << 52;
            if (!same_or_nans(x[0], x[1], sign, infinity) || !same_or_nans(y[0], y[1], sign, infinity))
                fail_msg("%s: %llx %llx, %llx %llx: real %llx %llx, built in %llx %llx", names[k],
                         (unsigned long long)a, (unsigned long long)b, (unsigned long long)c, (unsigned long long)d,
                         (unsigned long long)x[0], (unsigned long long)y[0], (unsigned long long)x[1],
                         (unsigned long long)y[1]);
        }
    }
    end(pair);
}

static void complex_floats(void **state)
{
    static const char *const names[] = {"__mulsc3", "__divsc3"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(800); i++) {
        uint32_t a = some_float(pair), b = some_float(pair), c = some_float(pair), d = some_float(pair);
        for (unsigned k = 0; k < 2; k++) {
            rom_pair_call_void(pair, names[k], 4, a, b, c, d);
            for (unsigned n = 10; n < 12; n++) {
                uint32_t real = espy_cpu_get_a(pair->cpu[0], n), builtin = espy_cpu_get_a(pair->cpu[1], n);
                if (!same_or_nans(real, builtin, 1u << 31, 0x7f800000))
                    fail_msg("%s: %x %x, %x %x: real %x, built in %x", names[k], (unsigned)a, (unsigned)b, (unsigned)c,
                             (unsigned)d, (unsigned)real, (unsigned)builtin);
            }
        }
        rom_pair_call(pair, "__powisf2", 2, a, rom_pair_rand(pair) % 41 - 20);
    }
    end(pair);
}

static void the_rest(void **state)
{
    rom_pair *pair = begin(state);
    rom_pair_random(pair, ROM_PAIR_DATA, 64);
    rom_pair_call(pair, "__gcc_bcmp", 3, ROM_PAIR_DATA, ROM_PAIR_DATA + 8, 8);
    rom_pair_call(pair, "__gcc_bcmp", 3, ROM_PAIR_DATA, ROM_PAIR_DATA, 64);
    rom_pair_call(pair, "__udiv_w_sdiv", 4, ROM_PAIR_DATA, 1, 2, 3);
    rom_pair_call_void(pair, "__clear_cache", 2, ROM_PAIR_DATA, ROM_PAIR_DATA + 64);
    end(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(integers_of_64_bits), rom_pair_test(bits_of_integers),     rom_pair_test(integers_of_32_bits),
        rom_pair_test(overflow_aborts),     rom_pair_test(doubles_are_computed), rom_pair_test(doubles_are_converted),
        rom_pair_test(floats_are_computed), rom_pair_test(floats_are_converted), rom_pair_test(integers_become_floats),
        rom_pair_test(complex_doubles),     rom_pair_test(complex_floats),       rom_pair_test(the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
