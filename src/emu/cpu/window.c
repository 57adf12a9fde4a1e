/* SPDX-License-Identifier: MIT
 *
 * The register window: moving it, its overflow and underflow, and the
 * instructions about it.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, chapter 4,
 * "Windowed Register Option".
 */
#include "exec.h"

#include <string.h>

#define FRAME (PS_WOE | PS_EXCM)
#define BASES 16

/* WINDOWSTART, rotated so that bit 0 is that of frame `from`. */
static inline uint32_t starts_from(const espy_cpu *cpu, unsigned from)
{
    return (cpu->window_start | cpu->window_start << BASES) >> (from & (BASES - 1));
}

/* The number of zero bits below the first set one, looking at three. */
static const uint8_t first_set[8] = {3, 0, 1, 0, 2, 0, 1, 0};

void espy_window_refresh(espy_cpu *cpu)
{
    bool checked = (cpu->ps & FRAME) == PS_WOE;
    cpu->free = checked ? first_set[starts_from(cpu, cpu->window_base + 1) & 7] : 3;
}

/* Registers of a window that wraps live beyond AR[63]. */
static inline bool wraps(unsigned base)
{
    return base > BASES - 4;
}

/* Moves the window between places where it does not wrap. */
static inline uint32_t *move_plainly(espy_cpu *cpu, unsigned base)
{
    cpu->window_base = base;
    return cpu->a = cpu->ar + 4 * base;
}

static inline uint32_t *move(espy_cpu *cpu, unsigned base)
{
    if (wraps(cpu->window_base))
        memcpy(cpu->ar, cpu->ar + ESPY_AR_COUNT, 12 * sizeof *cpu->ar);
    if (wraps(base))
        memcpy(cpu->ar + ESPY_AR_COUNT, cpu->ar, 12 * sizeof *cpu->ar);
    return move_plainly(cpu, base);
}

void espy_window_set_base(espy_cpu *cpu, unsigned base)
{
    move(cpu, base & (BASES - 1));
    espy_window_refresh(cpu);
}

/* What overflow and underflow have in common: the window is already moved. */
static void enter_vector(espy_cpu *cpu, uint32_t pc, unsigned old_base, unsigned vector)
{
    cpu->epc[1] = pc;
    espy_set_ps(cpu, (cpu->ps & ~PS_OWB) | old_base << PS_OWB_SHIFT | PS_EXCM);
    cpu->pc = cpu->vecbase + vector;
}

void espy_window_overflow(espy_cpu *cpu, uint32_t pc)
{
    unsigned old = cpu->window_base;
    unsigned owner = old + 1 + first_set[starts_from(cpu, old + 1) & 7]; /* the frame in the way */
    unsigned size = 1 + first_set[starts_from(cpu, owner + 1) & 7];      /* in quadrants */
    move(cpu, owner & (BASES - 1));
    enter_vector(cpu, pc, old, VEC_OVERFLOW4 + 0x80 * ((size > 3 ? 3 : size) - 1));
}

static espy_op *overflow(espy_cpu *cpu, espy_op *op)
{
    cpu->budget += op->left - 1;
    espy_window_overflow(cpu, op->pc);
    return espy_exec_goto(cpu, cpu->pc);
}

/* ---- procedures ---- */

SLOWLY(bad_entry)
{
    if ((cpu->ps & FRAME) == PS_WOE && op->s < 4)
        GO(overflow(cpu, op));
    GO(espy_raise(cpu, op, EXC_ILLEGAL));
}

#define ENTER_FRAME(mover)                                                                                             \
    do {                                                                                                               \
        uint32_t sp = a[op->s] - op->imm;                                                                              \
        a = mover(cpu, base);                                                                                          \
        a[op->s] = sp;                                                                                                 \
        cpu->window_start |= 1u << base;                                                                               \
        cpu->free = first_set[starts_from(cpu, base + 1) & 7];                                                         \
        LINK(op->pc + op->len, 0);                                                                                     \
    } while (0)

SLOWLY(enter_wrapping)
{
    unsigned n = (cpu->ps & PS_CALLINC) >> PS_CALLINC_SHIFT, base = (cpu->window_base + n) & (BASES - 1);
    ENTER_FRAME(move);
}

OP(ENTRY)
{
    unsigned n = (cpu->ps & PS_CALLINC) >> PS_CALLINC_SHIFT, base = (cpu->window_base + n) & (BASES - 1);
    if (UNLIKELY((cpu->ps & FRAME) != PS_WOE) || UNLIKELY(op->s > 3) || UNLIKELY(n > cpu->free))
        DEFER(bad_entry);
    if (UNLIKELY(wraps(cpu->window_base) || wraps(base)))
        DEFER(enter_wrapping);
    ENTER_FRAME(move_plainly);
}

/* RETW when the caller's frame is no longer in the registers, or all is wrong. */
static espy_op *underflow(espy_cpu *cpu, espy_op *op)
{
    uint32_t n = cpu->a[0] >> 30;
    unsigned old = cpu->window_base;
    uint32_t below = starts_from(cpu, old - 3 + BASES) & 7; /* frames old-3, old-2, old-1 */
    unsigned m = below & 4 ? 1 : below & 2 ? 2 : below & 1 ? 3 : 0;
    if (n == 0 || (m != 0 && m != n) || (cpu->ps & FRAME) != PS_WOE)
        return espy_raise(cpu, op, EXC_ILLEGAL);
    cpu->budget += op->left - 1;
    move(cpu, (old - n) & (BASES - 1));
    enter_vector(cpu, op->pc, old, VEC_UNDERFLOW4 + 0x80 * (n - 1));
    return espy_exec_goto(cpu, cpu->pc);
}

SLOWLY(run_underflow)
{
    GO(underflow(cpu, op));
}

#define LEAVE_FRAME(mover)                                                                                             \
    do {                                                                                                               \
        cpu->window_start &= ~(1u << old);                                                                             \
        mover(cpu, base);                                                                                              \
        cpu->free = first_set[starts_from(cpu, base + 1) & 7];                                                         \
        JUMP((op->pc & 0xc0000000) | (to & 0x3fffffff));                                                               \
    } while (0)

SLOWLY(leave_wrapping)
{
    uint32_t to = a[0], n = to >> 30;
    unsigned old = cpu->window_base, base = (old - n) & (BASES - 1);
    LEAVE_FRAME(move);
}

OP(RETW)
{
    uint32_t to = a[0], n = to >> 30;
    unsigned old = cpu->window_base, base = (old - n) & (BASES - 1);
    uint32_t between = starts_from(cpu, base) & ((1u << n) - 1);
    if (UNLIKELY((cpu->ps & FRAME) != PS_WOE) || UNLIKELY(between != 1))
        DEFER(run_underflow);
    if (UNLIKELY(wraps(old) || wraps(base)))
        DEFER(leave_wrapping);
    LEAVE_FRAME(move_plainly);
}

SLOWLY(alloca)
{
    GO(espy_raise(cpu, op, EXC_ALLOCA));
}

OP(MOVSP)
{
    if (UNLIKELY((starts_from(cpu, cpu->window_base - 3 + BASES) & 7) == 0))
        DEFER(alloca);
    a[op->t] = a[op->s];
    NEXT;
}

/* ---- for window handlers ---- */

OP(ROTW)
{
    espy_window_set_base(cpu, cpu->window_base + op->imm);
    GO(op + 1);
}

/* The window and PS of the code that overflowed or underflowed. */
static void restore(espy_cpu *cpu, espy_op *op)
{
    unsigned owb = (cpu->ps & PS_OWB) >> PS_OWB_SHIFT;
    move(cpu, owb);
    espy_set_ps(cpu, cpu->ps & ~PS_EXCM);
    if (espy_interrupt_due(cpu))
        espy_exec_shorten(cpu, op);
}

OP(RFWO)
{
    cpu->window_start &= ~(1u << cpu->window_base);
    restore(cpu, op);
    JUMP(cpu->epc[1]);
}

OP(RFWU)
{
    cpu->window_start |= 1u << cpu->window_base;
    restore(cpu, op);
    JUMP(cpu->epc[1]);
}
