/* SPDX-License-Identifier: MIT
 *
 * Branches, jumps, zero-overhead loops, and calls without a window.
 */
#include "exec.h"

#define S a[op->s]
#define T a[op->t]

#define BRANCH_IF(NAME, condition)                                                                                     \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        if (condition)                                                                                                 \
            BRANCH;                                                                                                    \
        NEXT;                                                                                                          \
    }

BRANCH_IF(BEQZ, S == 0)
BRANCH_IF(BNEZ, S != 0)
BRANCH_IF(BLTZ, (int32_t)S < 0)
BRANCH_IF(BGEZ, (int32_t)S >= 0)
BRANCH_IF(BEQ, S == T)
BRANCH_IF(BNE, S != T)
BRANCH_IF(BLT, (int32_t)S < (int32_t)T)
BRANCH_IF(BGE, (int32_t)S >= (int32_t)T)
BRANCH_IF(BLTU, S < T)
BRANCH_IF(BGEU, S >= T)
BRANCH_IF(BANY, (S & T) != 0)
BRANCH_IF(BNONE, (S & T) == 0)
BRANCH_IF(BALL, (~S & T) == 0)
BRANCH_IF(BNALL, (~S & T) != 0)
BRANCH_IF(BBC, (S >> (T & 31) & 1) == 0)
BRANCH_IF(BBS, (S >> (T & 31) & 1) != 0)
BRANCH_IF(BBCI, (S >> op->t & 1) == 0)
BRANCH_IF(BBSI, (S >> op->t & 1) != 0)
BRANCH_IF(BF, (cpu->br >> op->s & 1) == 0)
BRANCH_IF(BT, (cpu->br >> op->s & 1) != 0)

/* Compares with one of 16 constants; the decoder leaves its number in r. */
static const int32_t b4const[16] = {-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};
static const uint32_t b4constu[16] = {32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};

BRANCH_IF(BEQI, (int32_t)S == b4const[op->r])
BRANCH_IF(BNEI, (int32_t)S != b4const[op->r])
BRANCH_IF(BLTI, (int32_t)S < b4const[op->r])
BRANCH_IF(BGEI, (int32_t)S >= b4const[op->r])
BRANCH_IF(BLTUI, S < b4constu[op->r])
BRANCH_IF(BGEUI, S >= b4constu[op->r])

OP(J)
{
    LINK(op->imm, 0);
}

OP(JX)
{
    JUMP(S);
}

OP(CALL0)
{
    a[0] = op->pc + op->len;
    LINK(op->imm, 0);
}

OP(CALLX0)
{
    uint32_t to = S;
    a[0] = op->pc + op->len;
    JUMP(to);
}

OP(RET)
{
    JUMP(a[0]);
}

/* A windowed call leaves the size of the caller's frame in the return address
 * and in PS; the callee's ENTRY moves the window. */
static inline void prepare_call(espy_cpu *cpu, const espy_op *op, uint32_t *a, uint32_t n)
{
    a[4 * n] = n << 30 | ((op->pc + op->len) & 0x3fffffff);
    cpu->ps = (cpu->ps & ~PS_CALLINC) | n << PS_CALLINC_SHIFT;
}

#define CALL(NAME, n)                                                                                                  \
    OP(CALL##NAME)                                                                                                     \
    {                                                                                                                  \
        prepare_call(cpu, op, a, n);                                                                                   \
        LINK(op->imm, 0);                                                                                              \
    }                                                                                                                  \
    OP(CALLX##NAME)                                                                                                    \
    {                                                                                                                  \
        uint32_t to = S;                                                                                               \
        prepare_call(cpu, op, a, n);                                                                                   \
        JUMP(to);                                                                                                      \
    }

CALL(4, 1u)
CALL(8, 2u)
CALL(12, 3u)

static inline void set_loop(espy_cpu *cpu, const espy_op *op, uint32_t count)
{
    cpu->lcount = count - 1;
    cpu->lbeg = op->pc + op->len;
    cpu->lend = op->imm;
}

OP(LOOP)
{
    set_loop(cpu, op, S);
    LINK(cpu->lbeg, 0);
}

OP(LOOPNEZ)
{
    set_loop(cpu, op, S);
    if (S != 0)
        LINK(cpu->lbeg, 0);
    JUMP(op->imm);
}

OP(LOOPGTZ)
{
    set_loop(cpu, op, S);
    if ((int32_t)S > 0)
        LINK(cpu->lbeg, 0);
    JUMP(op->imm);
}
