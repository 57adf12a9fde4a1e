/* SPDX-License-Identifier: MIT
 *
 * MAC16: products of 16-bit halves into a 40-bit accumulator.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, chapter 4,
 * "MAC16 Option".  No compiler emits these for the chip's firmware, so one
 * handler that interprets the opcode serves them all.
 */
#include "exec.h"

typedef enum effect { LOAD_ONLY, UMUL, MUL, MULA, MULS } effect;

typedef struct form {
    uint8_t effect;
    bool first_is_mr, second_is_mr;
    int8_t load; /* by how much the base changes, or 0 */
} form;

/* By opcode, in the order of opcodes.h; four halves each, then the two plain loads. */
static const form forms[] = {
    {UMUL, false, false, 0}, {MUL, false, false, 0}, {MULA, false, false, 0}, {MULS, false, false, 0},
    {MUL, false, true, 0},   {MULA, false, true, 0}, {MULS, false, true, 0},  {MUL, true, false, 0},
    {MULA, true, false, 0},  {MULS, true, false, 0}, {MUL, true, true, 0},    {MULA, true, true, 0},
    {MULS, true, true, 0},   {MULA, true, false, 4}, {MULA, true, false, -4}, {MULA, true, true, 4},
    {MULA, true, true, -4},
};

static const form plain_load[2] = {{LOAD_ONLY, false, false, 4}, {LOAD_ONLY, false, false, -4}};

static int64_t half(uint32_t value, bool high, bool is_signed)
{
    uint16_t h = (uint16_t)(high ? value >> 16 : value);
    return is_signed ? (int16_t)h : h;
}

static void accumulate(espy_cpu *cpu, const form *f, int64_t product)
{
    int64_t acc = (int64_t)((uint64_t)cpu->acchi << 32 | cpu->acclo);
    acc = f->effect == MULA ? acc + product : f->effect == MULS ? acc - product : product;
    cpu->acclo = (uint32_t)acc;
    cpu->acchi = (uint32_t)(int8_t)((uint64_t)acc >> 32);
}

static espy_op *mac16(espy_cpu *cpu, espy_op *op)
{
    uint32_t *a = cpu->a, n = op->imm - ESPY_OP_UMUL_AA_LL;
    const form *f = op->imm >= ESPY_OP_LDINC ? &plain_load[op->imm - ESPY_OP_LDINC] : &forms[n / 4];
    uint32_t first = f->first_is_mr ? cpu->mr[op->r >> 2 & 1] : a[op->s];
    uint32_t second = f->second_is_mr ? cpu->mr[2 + (op->t >> 2 & 1)] : a[op->t];
    uint32_t addr = a[op->s] + (uint32_t)(int32_t)f->load;
    if (f->load != 0 && cpu->dtlb[addr >> 29] == 15)
        return espy_raise_at(cpu, op, EXC_LOAD_PROHIBITED, addr);
    if (f->effect != LOAD_ONLY)
        accumulate(cpu, f,
                   half(first, (n & 1) != 0, f->effect != UMUL) * half(second, (n & 2) != 0, f->effect != UMUL));
    if (f->load == 0)
        return op + 1;
    espy_exec_sync(cpu, op);
    cpu->mr[op->r & 3] = espy_bus_read(cpu->bus, addr, 4);
    a[op->s] = addr;
    return espy_exec_after_access(cpu, op);
}

OP(MAC16)
{
    GO(mac16(cpu, op));
}
