/* SPDX-License-Identifier: MIT
 *
 * The frame of execution: which handler runs an instruction, how control gets
 * from block to block when the direct way is closed, and the pseudo ops.
 */
#include "exec.h"

#include <stddef.h>

/* clang-format off */
static espy_handler *const handlers[ESPY_OP_COUNT] = {
    [ESPY_OP_ILLEGAL] = espy_run_ILLEGAL,
    [ESPY_OP_EE] = espy_run_EE,
#define X(NAME, mnemonic, mask, match, a, b, c, d) [ESPY_OP_##NAME] = espy_run_##NAME,
    ESPY_OPS_OWN(X)
#undef X
#define X(NAME, mnemonic, mask, match, a, b, c, d) [ESPY_OP_##NAME] = espy_run_MAC16,
    ESPY_OPS_MAC16(X)
#undef X
    [ESPY_OP_L32E] = espy_run_L32I,
    [ESPY_OP_S32E] = espy_run_S32I,
    [ESPY_OP_L32I_N] = espy_run_L32I,
    [ESPY_OP_S32I_N] = espy_run_S32I,
    [ESPY_OP_ADD_N] = espy_run_ADD,
    [ESPY_OP_ADDI_N] = espy_run_ADDI,
    [ESPY_OP_MOVI_N] = espy_run_MOVI,
    [ESPY_OP_BEQZ_N] = espy_run_BEQZ,
    [ESPY_OP_BNEZ_N] = espy_run_BNEZ,
    [ESPY_OP_MOV_N] = espy_run_MOV,
    [ESPY_OP_RET_N] = espy_run_RET,
    [ESPY_OP_RETW_N] = espy_run_RETW,
    [ESPY_OP_BREAK_N] = espy_run_BREAK_N,
    [ESPY_OP_NOP_N] = espy_run_NOP,
};
/* clang-format on */

espy_handler *espy_exec_handler(espy_opcode op)
{
    return handlers[op];
}

void espy_exec_run(espy_cpu *cpu)
{
    espy_op *op = espy_exec_goto(cpu, cpu->pc);
#if ESPY_TAIL_CALLS
    op->run(cpu, op, cpu->a);
#else
    while (op != NULL)
        op = op->run(cpu, op, cpu->a);
#endif
}

/* ---- from block to block ---- */

/* Ends a shortened copy at op's place with a pseudo op. */
static void end_copy(espy_op *copy, espy_handler *run, const espy_op *op)
{
    *copy = (espy_op){.run = run, .chain = espy_no_block, .pc = op->pc, .need = op->need, .last = true};
}

/* Copies the ops from `op` on to cpu->scratch up to where the budget ends or a
 * window quadrant is used that is not free.  Returns the instructions copied. */
static unsigned copy_until(espy_cpu *cpu, const espy_op *op, unsigned *ops)
{
    espy_op *copy = cpu->scratch;
    unsigned count = 0;
    for (;; op++) {
        if (op->run == espy_run_CHECK)
            continue;
        if (op->len != 0 && count == (unsigned)cpu->budget) {
            end_copy(copy++, espy_run_STOP, op);
            break;
        }
        if (op->len != 0 && op->need > cpu->free) {
            end_copy(copy, espy_run_OVERFLOW, op);
            copy++->len = 1;
            count++;
            break;
        }
        count += op->len != 0;
        *copy++ = *op;
        if (op->last)
            break;
    }
    *ops = (unsigned)(copy - cpu->scratch);
    return count;
}

/* Goes on with the ops from `op` on as far as budget and window allow. */
static espy_op *cut(espy_cpu *cpu, const espy_op *op)
{
    unsigned ops, count = copy_until(cpu, op, &ops);
    for (unsigned i = 0, left = count; i < ops; i++) {
        cpu->scratch[i].left = (uint8_t)left;
        left -= cpu->scratch[i].len != 0;
    }
    cpu->budget -= (int32_t)count;
    return cpu->scratch;
}

/* Begins at op, from which on its block has `cost` instructions. */
static espy_op *begin(espy_cpu *cpu, espy_op *op, unsigned cost, unsigned need)
{
    for (; op->run == espy_run_CHECK; op++)
        need = op->need;
    if (cpu->budget <= 0) {
        cpu->pc = op->pc;
        return &cpu->exit;
    }
    if ((int32_t)cost > cpu->budget || need > cpu->free)
        return cut(cpu, op);
    cpu->budget -= (int32_t)cost;
    return op;
}

/* The block at pc, or NULL when the slice ended in vain attempts to find code. */
static espy_block *find(espy_cpu *cpu, uint32_t pc)
{
    espy_block *block = cpu->jumps[espy_jump_slot(pc)];
    if (block->pc == pc && block->need != ESPY_BLOCK_DEAD)
        return block;
    while ((block = espy_code_find(cpu->code, pc)) == NULL && cpu->budget > 0) {
        cpu->budget--;
        cpu->excvaddr = pc;
        espy_exception(cpu, pc, cpu->itlb[pc >> 29] == 15 ? EXC_INSTR_PROHIBITED : EXC_INSTR_ERROR);
        pc = cpu->pc;
    }
    cpu->pc = pc;
    return block;
}

espy_op *espy_exec_goto(espy_cpu *cpu, uint32_t pc)
{
    espy_block *block = find(cpu, pc);
    if (block == NULL)
        return &cpu->exit;
    return begin(cpu, block->ops, block->cost, block->need);
}

static espy_op *link_slowly(espy_cpu *cpu, espy_op *op)
{
    uint32_t pc = cpu->pc, flushes = cpu->code->flushes;
    cpu->budget += op->left - (op->len != 0);
    espy_block *block = find(cpu, pc);
    if (block == NULL)
        return &cpu->exit;
    if (block->pc == pc && flushes == cpu->code->flushes)
        op->chain = block;
    return begin(cpu, block->ops, block->cost, block->need);
}

HANDLER(espy_run_link_slowly)
{
    GO(link_slowly(cpu, op));
}

HANDLER(espy_run_jump_slowly)
{
    (void)op;
    GO(espy_exec_goto(cpu, cpu->pc));
}

/* ---- slices that end early ---- */

/* Lets this part of the slice last for `limit` cycles at most. */
static void shorten(espy_cpu *cpu, espy_tick limit)
{
    if (limit >= (espy_tick)cpu->quota)
        return;
    cpu->budget -= cpu->quota - (int32_t)limit;
    cpu->quota = (int32_t)limit;
}

void espy_exec_shorten(espy_cpu *cpu, const espy_op *op)
{
    shorten(cpu, (espy_tick)espy_cycles_done(cpu, op) + 1);
}

/* Goes on after op, no further than the budget allows. */
static espy_op *resume(espy_cpu *cpu, espy_op *op)
{
    if (cpu->budget >= 0)
        return op + 1;
    cpu->budget += op->left - 1;
    return begin(cpu, op + 1, op->left - 1u, 0);
}

espy_op *espy_exec_leave(espy_cpu *cpu, espy_op *op)
{
    espy_exec_shorten(cpu, op);
    return resume(cpu, op);
}

/* ---- accesses that may look at the time ---- */

void espy_exec_sync(espy_cpu *cpu, const espy_op *op)
{
    cpu->clock->now = cpu->part_start + (espy_tick)espy_cycles_done(cpu, op) * cpu->cycle;
    cpu->kills = cpu->code->kills;
}

/* The cycles this part of the slice may last, counted from its beginning. */
static espy_tick allowed(espy_cpu *cpu, espy_tick done)
{
    espy_tick next = espy_clock_next(cpu->clock);
    if (next < cpu->slice_end)
        cpu->slice_end = next;
    bool now = cpu->stop || cpu->kills != cpu->code->kills ||
               (cpu->attention && (espy_interrupt_due(cpu) || cpu->next_cycle != cpu->cycle));
    if (now || cpu->slice_end <= cpu->part_start)
        return done;
    espy_tick cycles = (cpu->slice_end - cpu->part_start + cpu->cycle - 1) / cpu->cycle;
    return cycles > done ? cycles : done;
}

espy_op *espy_exec_after_access(espy_cpu *cpu, espy_op *op)
{
    espy_tick limit = allowed(cpu, (espy_tick)espy_cycles_done(cpu, op) + 1);
    cpu->attention = false;
    shorten(cpu, limit);
    return resume(cpu, op);
}

espy_op *espy_exec_after_host(espy_cpu *cpu, const espy_op *op)
{
    espy_tick done = (espy_tick)espy_cycles_done(cpu, op) + 1;
    shorten(cpu, cpu->waiting || espy_interrupt_due(cpu) ? done : allowed(cpu, done));
    cpu->attention = false;
    return espy_exec_goto(cpu, cpu->pc);
}

/* ---- pseudo ops ---- */

OP(FALL)
{
    LINK(op->imm, 0);
}

OP(LOOP_END)
{
    if (cpu->lcount == 0 || cpu->lend != op->pc || (cpu->ps & PS_EXCM) != 0)
        NEXT;
    cpu->lcount--;
    if (LIKELY(op->chain->pc == cpu->lbeg))
        LINK(cpu->lbeg, 0);
    cpu->pc = cpu->lbeg;
    DEFER(espy_run_link_slowly);
}

static espy_op *check_slowly(espy_cpu *cpu, espy_op *op)
{
    cpu->budget += op->left;
    return begin(cpu, op + 1, op->left, op->need);
}

SLOWLY(run_check_slowly)
{
    GO(check_slowly(cpu, op));
}

OP(CHECK)
{
    if (UNLIKELY(op->need > cpu->free))
        DEFER(run_check_slowly);
    NEXT;
}

OP(STOP)
{
    (void)a;
    cpu->pc = op->pc;
    return NULL;
}

OP(EXIT)
{
    (void)cpu;
    (void)op;
    (void)a;
    return NULL;
}

OP(OVERFLOW)
{
    espy_window_overflow(cpu, op->pc);
    JUMP(cpu->pc);
}
