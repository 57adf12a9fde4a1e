/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: libgcc's integers of 64 bits, and of 32.
 *
 * Source: GCC's manual of libgcc, "GCC low-level runtime library", for names and meanings.
 */
#include "libgcc.h"

/* ---- integers: shifts ---- */

/* The core's shifter takes five bits of a count, after a signed look for 32 or more. */
static void rom_ashldi3(espy_rom_call *c)
{
    uint64_t value = u64(c, 0);
    unsigned by = u32(c, 2) & 31;
    espy_rom_return64(c, (int32_t)u32(c, 2) >= 32 ? value << 32 << by : value << by);
}

static void rom_lshrdi3(espy_rom_call *c)
{
    uint64_t value = u64(c, 0);
    unsigned by = u32(c, 2) & 31;
    espy_rom_return64(c, (int32_t)u32(c, 2) >= 32 ? value >> 32 >> by : value >> by);
}

static uint64_t sign_fill(uint64_t value, unsigned by)
{
    uint64_t sign = value >> 63 != 0 ? ~UINT64_C(0) : 0;
    return by == 0 ? value : value >> by | sign << (64 - by);
}

static void rom_ashrdi3(espy_rom_call *c)
{
    unsigned by = (u32(c, 2) & 31) + ((int32_t)u32(c, 2) >= 32 ? 32 : 0);
    espy_rom_return64(c, sign_fill(u64(c, 0), by));
}

/* ---- integers: bits ---- */

static unsigned leading_zeros(uint64_t value, unsigned width)
{
    unsigned n = 0;
    while (n < width && (value >> (width - 1 - n) & 1) == 0)
        n++;
    return n;
}

static unsigned trailing_zeros(uint64_t value, unsigned width)
{
    unsigned n = 0;
    while (n < width && (value >> n & 1) == 0)
        n++;
    return n;
}

static unsigned ones(uint64_t value)
{
    unsigned n = 0;
    for (; value != 0; value &= value - 1)
        n++;
    return n;
}

static void rom_clzsi2(espy_rom_call *c)
{
    espy_rom_return(c, leading_zeros(u32(c, 0), 32));
}

static void rom_clzdi2(espy_rom_call *c)
{
    espy_rom_return(c, leading_zeros(u64(c, 0), 64));
}

/* Undefined for 0; the ROM says -1. */
static void rom_ctzsi2(espy_rom_call *c)
{
    espy_rom_return(c, u32(c, 0) != 0 ? trailing_zeros(u32(c, 0), 32) : UINT32_MAX);
}

/* Here it says 31. */
static void rom_ctzdi2(espy_rom_call *c)
{
    espy_rom_return(c, u64(c, 0) != 0 ? trailing_zeros(u64(c, 0), 64) : 31);
}

static void rom_ffssi2(espy_rom_call *c)
{
    espy_rom_return(c, u32(c, 0) != 0 ? trailing_zeros(u32(c, 0), 32) + 1 : 0);
}

static void rom_ffsdi2(espy_rom_call *c)
{
    espy_rom_return(c, u64(c, 0) != 0 ? trailing_zeros(u64(c, 0), 64) + 1 : 0);
}

static void rom_clrsbsi2(espy_rom_call *c)
{
    uint32_t value = u32(c, 0);
    espy_rom_return(c, leading_zeros(value >> 31 != 0 ? ~value : value, 32) - 1);
}

static void rom_clrsbdi2(espy_rom_call *c)
{
    uint64_t value = u64(c, 0);
    espy_rom_return(c, leading_zeros(value >> 63 != 0 ? ~value : value, 64) - 1);
}

static void rom_popcountsi2(espy_rom_call *c)
{
    espy_rom_return(c, ones(u32(c, 0)));
}

static void rom_popcountdi2(espy_rom_call *c)
{
    espy_rom_return(c, ones(u64(c, 0)));
}

static void rom_paritysi2(espy_rom_call *c)
{
    espy_rom_return(c, ones(u32(c, 0)) & 1);
}

static uint32_t swap_bytes(uint32_t value)
{
    return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24;
}

static void rom_bswapsi2(espy_rom_call *c)
{
    espy_rom_return(c, swap_bytes(u32(c, 0)));
}

static void rom_bswapdi2(espy_rom_call *c)
{
    espy_rom_return64(c, swap_bytes(u32(c, 1)) | (uint64_t)swap_bytes(u32(c, 0)) << 32);
}

/* ---- integers: arithmetic ---- */

static void rom_mulsi3(espy_rom_call *c)
{
    espy_rom_return(c, u32(c, 0) * u32(c, 1));
}

static void rom_muldi3(espy_rom_call *c)
{
    espy_rom_return64(c, u64(c, 0) * u64(c, 2));
}

static void rom_negdi2(espy_rom_call *c)
{
    espy_rom_return64(c, -u64(c, 0));
}

typedef struct quotient {
    uint64_t quotient, remainder;
} quotient;

static quotient divide(uint64_t a, uint64_t b)
{
    return (quotient){a / b, a % b};
}

/* Towards zero; the remainder has the sign of a.  The most negative number by -1 wraps. */
static quotient divide_signed(int64_t a, int64_t b)
{
    quotient q = divide(magnitude(a), magnitude(b));
    if ((a < 0) != (b < 0))
        q.quotient = -q.quotient;
    if (a < 0)
        q.remainder = -q.remainder;
    return q;
}

static void rom_divsi3(espy_rom_call *c)
{
    int32_t a = (int32_t)u32(c, 0), b = (int32_t)u32(c, 1);
    if (b == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return(c, (uint32_t)divide_signed(a, b).quotient);
}

static void rom_modsi3(espy_rom_call *c)
{
    int32_t a = (int32_t)u32(c, 0), b = (int32_t)u32(c, 1);
    if (b == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return(c, (uint32_t)divide_signed(a, b).remainder);
}

static void rom_udivsi3(espy_rom_call *c)
{
    if (u32(c, 1) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return(c, u32(c, 0) / u32(c, 1));
}

static void rom_umodsi3(espy_rom_call *c)
{
    if (u32(c, 1) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return(c, u32(c, 0) % u32(c, 1));
}

static void rom_divdi3(espy_rom_call *c)
{
    if (u64(c, 2) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return64(c, divide_signed(s64(c, 0), s64(c, 2)).quotient);
}

static void rom_moddi3(espy_rom_call *c)
{
    if (u64(c, 2) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return64(c, divide_signed(s64(c, 0), s64(c, 2)).remainder);
}

static void rom_udivdi3(espy_rom_call *c)
{
    if (u64(c, 2) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return64(c, u64(c, 0) / u64(c, 2));
}

static void rom_umoddi3(espy_rom_call *c)
{
    if (u64(c, 2) == 0)
        espy_rom_divide_by_zero(c);
    else
        espy_rom_return64(c, u64(c, 0) % u64(c, 2));
}

static void rom_udivmoddi4(espy_rom_call *c)
{
    if (u64(c, 2) == 0) {
        espy_rom_divide_by_zero(c);
        return;
    }
    quotient q = divide(u64(c, 0), u64(c, 2));
    uint32_t remainder = u32(c, 4);
    if (remainder != 0) {
        espy_rom_write32(c, remainder, (uint32_t)q.remainder);
        espy_rom_write32(c, remainder + 4, (uint32_t)(q.remainder >> 32));
    }
    espy_rom_return64(c, q.quotient);
}

/* Not provided for this core: the ROM's returns 0. */
static void rom_udiv_w_sdiv(espy_rom_call *c)
{
    espy_rom_return(c, 0);
}

static void rom_cmpdi2(espy_rom_call *c)
{
    espy_rom_return(c, s64(c, 0) < s64(c, 2) ? 0 : s64(c, 0) > s64(c, 2) ? 2 : 1);
}

static void rom_ucmpdi2(espy_rom_call *c)
{
    espy_rom_return(c, u64(c, 0) < u64(c, 2) ? 0 : u64(c, 0) > u64(c, 2) ? 2 : 1);
}

/* ---- integers: arithmetic that aborts when it overflows ---- */

/* newlib's syscall_table_ptr, which firmware sets, has the guest's abort() at 20. */
enum { SYSCALL_TABLE_PTR = 0x3fceffd4, ABORT = 20 };

/* Were abort() to return, the wrapped result would be returned too. */
static void checked(espy_rom_call *c, bool overflows, uint64_t result, bool wide)
{
    if (overflows && c->step == 0)
        espy_rom_guest(c, 1, espy_rom_read32(c, espy_rom_read32(c, SYSCALL_TABLE_PTR) + ABORT), 0, NULL);
    else if (wide)
        espy_rom_return64(c, result);
    else
        espy_rom_return(c, (uint32_t)result);
}

static void checked32(espy_rom_call *c, int64_t result)
{
    checked(c, result < INT32_MIN || result > INT32_MAX, (uint64_t)result, false);
}

static void rom_absvsi2(espy_rom_call *c)
{
    checked32(c, s32(c, 0) < 0 ? -s32(c, 0) : s32(c, 0));
}

static void rom_negvsi2(espy_rom_call *c)
{
    checked32(c, -s32(c, 0));
}

static void rom_addvsi3(espy_rom_call *c)
{
    checked32(c, s32(c, 0) + s32(c, 1));
}

static void rom_subvsi3(espy_rom_call *c)
{
    checked32(c, s32(c, 0) - s32(c, 1));
}

static void rom_mulvsi3(espy_rom_call *c)
{
    checked32(c, s32(c, 0) * s32(c, 1));
}

static bool negative(uint64_t value)
{
    return value >> 63 != 0;
}

static void rom_negvdi2(espy_rom_call *c)
{
    uint64_t a = u64(c, 0);
    checked(c, a == UINT64_C(1) << 63, -a, true);
}

static void rom_absvdi2(espy_rom_call *c)
{
    uint64_t a = u64(c, 0);
    checked(c, a == UINT64_C(1) << 63, negative(a) ? -a : a, true);
}

static void rom_addvdi3(espy_rom_call *c)
{
    uint64_t a = u64(c, 0), b = u64(c, 2), sum = a + b;
    checked(c, negative(a) == negative(b) && negative(sum) != negative(a), sum, true);
}

static void rom_subvdi3(espy_rom_call *c)
{
    uint64_t a = u64(c, 0), b = u64(c, 2), difference = a - b;
    checked(c, negative(a) != negative(b) && negative(difference) != negative(a), difference, true);
}

static void rom_mulvdi3(espy_rom_call *c)
{
    uint64_t a = magnitude(s64(c, 0)), b = magnitude(s64(c, 2));
    bool minus = (s64(c, 0) < 0) != (s64(c, 2) < 0);
    uint64_t limit = minus ? UINT64_C(1) << 63 : INT64_MAX;
    checked(c, a != 0 && b > limit / a, u64(c, 0) * u64(c, 2), true);
}

/* ---- the rest ---- */

/* Caches of instructions are the chip's matter, not the core's. */
static void rom_clear_cache(espy_rom_call *c)
{
    (void)c;
}

static void rom_gcc_bcmp(espy_rom_call *c)
{
    uint32_t a = u32(c, 0), b = u32(c, 1), n = u32(c, 2), difference = 0;
    for (uint32_t i = 0; i < n && difference == 0; i++)
        difference = (uint32_t)espy_rom_read8(c, a + i) - espy_rom_read8(c, b + i);
    espy_rom_return(c, difference);
}

const espy_rom_function espy_rom_libgcc_functions[] = {
    {.name = "__ashldi3", .run = rom_ashldi3},
    {.name = "__ashrdi3", .run = rom_ashrdi3},
    {.name = "__lshrdi3", .run = rom_lshrdi3},
    {.name = "__bswapsi2", .run = rom_bswapsi2},
    {.name = "__bswapdi2", .run = rom_bswapdi2},
    {.name = "__clrsbsi2", .run = rom_clrsbsi2},
    {.name = "__clrsbdi2", .run = rom_clrsbdi2},
    {.name = "__clzsi2", .run = rom_clzsi2},
    {.name = "__clzdi2", .run = rom_clzdi2},
    {.name = "__ctzsi2", .run = rom_ctzsi2},
    {.name = "__ctzdi2", .run = rom_ctzdi2},
    {.name = "__ffssi2", .run = rom_ffssi2},
    {.name = "__ffsdi2", .run = rom_ffsdi2},
    {.name = "__paritysi2", .run = rom_paritysi2},
    {.name = "__popcountsi2", .run = rom_popcountsi2},
    {.name = "__popcountdi2", .run = rom_popcountdi2},
    {.name = "__cmpdi2", .run = rom_cmpdi2},
    {.name = "__ucmpdi2", .run = rom_ucmpdi2},
    {.name = "__mulsi3", .run = rom_mulsi3},
    {.name = "__muldi3", .run = rom_muldi3},
    {.name = "__negdi2", .run = rom_negdi2},
    {.name = "__divsi3", .run = rom_divsi3},
    {.name = "__divdi3", .run = rom_divdi3},
    {.name = "__modsi3", .run = rom_modsi3},
    {.name = "__moddi3", .run = rom_moddi3},
    {.name = "__udivsi3", .run = rom_udivsi3},
    {.name = "__udivdi3", .run = rom_udivdi3},
    {.name = "__umodsi3", .run = rom_umodsi3},
    {.name = "__umoddi3", .run = rom_umoddi3},
    {.name = "__udivmoddi4", .run = rom_udivmoddi4},
    {.name = "__udiv_w_sdiv", .run = rom_udiv_w_sdiv},
    {.name = "__absvsi2", .run = rom_absvsi2, .kind = ESPY_ROM_STEPS},
    {.name = "__absvdi2", .run = rom_absvdi2, .kind = ESPY_ROM_STEPS},
    {.name = "__addvsi3", .run = rom_addvsi3, .kind = ESPY_ROM_STEPS},
    {.name = "__addvdi3", .run = rom_addvdi3, .kind = ESPY_ROM_STEPS},
    {.name = "__subvsi3", .run = rom_subvsi3, .kind = ESPY_ROM_STEPS},
    {.name = "__subvdi3", .run = rom_subvdi3, .kind = ESPY_ROM_STEPS},
    {.name = "__mulvsi3", .run = rom_mulvsi3, .kind = ESPY_ROM_STEPS},
    {.name = "__mulvdi3", .run = rom_mulvdi3, .kind = ESPY_ROM_STEPS},
    {.name = "__negvsi2", .run = rom_negvsi2, .kind = ESPY_ROM_STEPS},
    {.name = "__negvdi2", .run = rom_negvdi2, .kind = ESPY_ROM_STEPS},
    {.name = "__clear_cache", .run = rom_clear_cache},
    {.name = "__gcc_bcmp", .run = rom_gcc_bcmp},
    {0},
};
