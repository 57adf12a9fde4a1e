/* SPDX-License-Identifier: MIT
 *
 * Arithmetic, logic, shifts, moves, multiplication and division, booleans.
 */
#include "exec.h"

#include <stddef.h>

#define R a[op->r]
#define S a[op->s]
#define T a[op->t]

#define ALU(NAME, result)                                                                                              \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        R = (result);                                                                                                  \
        NEXT;                                                                                                          \
    }

ALU(ADD, S + T)
ALU(SUB, S - T)
ALU(AND, S &T)
ALU(OR, S | T)
ALU(XOR, S ^ T)
ALU(ADDX2, (S << 1) + T)
ALU(ADDX4, (S << 2) + T)
ALU(ADDX8, (S << 3) + T)
ALU(SUBX2, (S << 1) - T)
ALU(SUBX4, (S << 2) - T)
ALU(SUBX8, (S << 3) - T)
ALU(NEG, 0 - T)
ALU(ABS, T >> 31 ? 0 - T : T)
ALU(MOV, S)
ALU(MIN, (int32_t)S < (int32_t)T ? S : T)
ALU(MAX, (int32_t)S > (int32_t)T ? S : T)
ALU(MINU, S < T ? S : T)
ALU(MAXU, S > T ? S : T)
ALU(SALT, (int32_t)S < (int32_t)T)
ALU(SALTU, S < T)
ALU(MULL, S *T)
ALU(MULUH, (uint32_t)((uint64_t)S *T >> 32))
ALU(MULSH, (uint32_t)((int64_t)(int32_t)S *(int32_t)T >> 32))
ALU(MUL16U, (S & 0xffff) * (T & 0xffff))
ALU(MUL16S, (uint32_t)((int16_t)S *(int16_t)T))

OP(ADDI)
{
    T = S + op->imm;
    NEXT;
}

OP(ADDMI)
{
    T = S + op->imm;
    NEXT;
}

OP(MOVI)
{
    T = op->imm;
    NEXT;
}

#define MOVE_IF(NAME, condition)                                                                                       \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        if (condition)                                                                                                 \
            R = S;                                                                                                     \
        NEXT;                                                                                                          \
    }

MOVE_IF(MOVEQZ, T == 0)
MOVE_IF(MOVNEZ, T != 0)
MOVE_IF(MOVLTZ, (int32_t)T < 0)
MOVE_IF(MOVGEZ, (int32_t)T >= 0)
MOVE_IF(MOVF, (cpu->br >> op->t & 1) == 0)
MOVE_IF(MOVT, (cpu->br >> op->t & 1) != 0)

/* Shifts by SAR take 0 to 32, hence the 64 bits. */
ALU(SLLI, (uint32_t)((uint64_t)S << op->imm))
ALU(SRLI, T >> op->imm)
ALU(SRAI, (uint32_t)((int32_t)T >> op->imm))
ALU(EXTUI, T >> op->s & op->imm)
ALU(SRC, (uint32_t)(((uint64_t)S << 32 | T) >> (cpu->sar & 63)))
ALU(SLL, (uint32_t)((uint64_t)S << ((32 - cpu->sar) & 63)))
ALU(SRL, (uint32_t)((uint64_t)T >> (cpu->sar & 63)))
ALU(SRA, (uint32_t)((int64_t)(int32_t)T >> (cpu->sar & 63)))

#define SET_SAR(NAME, amount)                                                                                          \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        cpu->sar = (amount);                                                                                           \
        NEXT;                                                                                                          \
    }

SET_SAR(SSR, S & 31)
SET_SAR(SSL, 32 - (S & 31))
SET_SAR(SSA8L, (S & 3) * 8)
SET_SAR(SSA8B, 32 - (S & 3) * 8)
SET_SAR(SSAI, op->imm)

static inline uint32_t sign_extend(uint32_t value, unsigned sign_bit)
{
    return (uint32_t)((int32_t)(value << (31 - sign_bit)) >> (31 - sign_bit));
}

static inline uint32_t clamp(uint32_t value, unsigned bit)
{
    int32_t v = (int32_t)value, most = (int32_t)((1u << bit) - 1);
    return (uint32_t)(v > most ? most : v < -most - 1 ? -most - 1 : v);
}

static inline uint32_t leading_zeros(uint32_t x)
{
    uint32_t n = 32;
    for (uint32_t width = 16; width > 0; width /= 2)
        if (x >> width != 0) {
            x >>= width;
            n -= width;
        }
    return n - x;
}

ALU(SEXT, sign_extend(S, op->imm))
ALU(CLAMPS, clamp(S, op->imm))

OP(NSA)
{
    uint32_t x = S >> 31 ? ~S : S;
    T = leading_zeros(x) - 1;
    NEXT;
}

OP(NSAU)
{
    T = leading_zeros(S);
    NEXT;
}

SLOWLY(divide_by_zero)
{
    GO(espy_raise(cpu, op, EXC_DIVIDE_BY_ZERO));
}

#define DIVIDE(NAME, result)                                                                                           \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        if (UNLIKELY(T == 0))                                                                                          \
            DEFER(divide_by_zero);                                                                                     \
        R = (result);                                                                                                  \
        NEXT;                                                                                                          \
    }

/* The quotient of -2^31 / -1 does not fit and is -2^31, the remainder 0. */
DIVIDE(QUOU, S / T)
DIVIDE(REMU, S % T)
DIVIDE(QUOS, T == UINT32_MAX ? 0 - S : (uint32_t)((int32_t)S / (int32_t)T))
DIVIDE(REMS, T == UINT32_MAX ? 0 : (uint32_t)((int32_t)S % (int32_t)T))

/* ---- booleans ---- */

static inline void set_boolean(espy_cpu *cpu, unsigned n, uint32_t value)
{
    cpu->br = (cpu->br & ~(1u << n)) | (value & 1) << n;
}

#define BOOLEAN(NAME, dest, result)                                                                                    \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        uint32_t s = cpu->br >> op->s, t = cpu->br >> op->t;                                                           \
        (void)t;                                                                                                       \
        set_boolean(cpu, op->dest, (result));                                                                          \
        NEXT;                                                                                                          \
    }

BOOLEAN(ANDB, r, s &t)
BOOLEAN(ANDBC, r, s & ~t)
BOOLEAN(ORB, r, s | t)
BOOLEAN(ORBC, r, s | ~t)
BOOLEAN(XORB, r, s ^ t)
BOOLEAN(ANY4, t, (s & 15) != 0)
BOOLEAN(ALL4, t, (s & 15) == 15)
BOOLEAN(ANY8, t, (s & 255) != 0)
BOOLEAN(ALL8, t, (s & 255) == 255)
