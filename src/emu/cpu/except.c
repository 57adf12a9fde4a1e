/* SPDX-License-Identifier: MIT
 *
 * Exceptions and interrupts of Xtensa's exception architecture 2.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, chapter 4,
 * "Exception Option", "High-Priority Interrupt Option", "Debug Option"; levels
 * and vectors from ESP-IDF's core-isa.h.
 */
#include "exec.h"

/* The interrupts of each level. */
static const uint32_t level_mask[8] = {
    [1] = 0x000637ff, [2] = 0x00380000, [3] = 0x28c08800, [4] = 0x53000000,
    [5] = 0x84010000, [6] = 0x00000000, [7] = 0x00004000,
};

void espy_exception(espy_cpu *cpu, uint32_t pc, unsigned cause)
{
    uint32_t vector = (cpu->ps & PS_UM) != 0 ? VEC_USER : VEC_KERNEL;
    if ((cpu->ps & PS_EXCM) != 0) {
        cpu->depc = pc;
        vector = VEC_DOUBLE;
    } else {
        cpu->epc[1] = pc;
    }
    cpu->exccause = cause;
    espy_set_ps(cpu, cpu->ps | PS_EXCM);
    cpu->pc = cpu->vecbase + vector;
    espy_log(cpu->log, ESPY_LOG_CPU, "exception %u at 0x%08x, excvaddr 0x%08x", cause, pc, cpu->excvaddr);
}

espy_op *espy_raise(espy_cpu *cpu, espy_op *op, unsigned cause)
{
    cpu->budget += op->left - 1;
    espy_exception(cpu, op->pc, cause);
    return espy_exec_goto(cpu, cpu->pc);
}

espy_op *espy_raise_at(espy_cpu *cpu, espy_op *op, unsigned cause, uint32_t vaddr)
{
    cpu->excvaddr = vaddr;
    return espy_raise(cpu, op, cause);
}

/* Enters the vector of a level from 2 on. */
static void enter_level(espy_cpu *cpu, uint32_t pc, unsigned level)
{
    cpu->epc[level] = pc;
    cpu->eps[level] = cpu->ps;
    espy_set_ps(cpu, (cpu->ps & ~PS_INTLEVEL) | level | PS_EXCM);
    cpu->pc = cpu->vecbase + VEC_LEVEL2 + 0x40 * (level - 2);
}

espy_op *espy_raise_debug(espy_cpu *cpu, espy_op *op, uint32_t debugcause)
{
    if ((cpu->ps & PS_INTLEVEL) >= DEBUG_LEVEL)
        return op + 1;
    cpu->budget += op->left - 1;
    cpu->debugcause = debugcause;
    enter_level(cpu, op->pc, DEBUG_LEVEL);
    return espy_exec_goto(cpu, cpu->pc);
}

/* ---- interrupts ---- */

unsigned espy_interrupt_level(uint32_t interrupts)
{
    unsigned level = NMI_LEVEL;
    while (level > 0 && (interrupts & level_mask[level]) == 0)
        level--;
    return level;
}

static unsigned pending_level(const espy_cpu *cpu)
{
    return espy_interrupt_level(cpu->interrupt & (cpu->intenable | INT_NMI));
}

bool espy_interrupt_opens(const espy_cpu *cpu)
{
    unsigned masked = cpu->ps & PS_INTLEVEL;
    if ((cpu->ps & PS_EXCM) != 0 && masked < EXCM_LEVEL)
        masked = EXCM_LEVEL;
    return pending_level(cpu) > masked;
}

void espy_interrupt_take(espy_cpu *cpu)
{
    unsigned level = pending_level(cpu);
    espy_log(cpu->log, ESPY_LOG_IRQ, "interrupt level %u at 0x%08x, pending 0x%08x", level, cpu->pc, cpu->interrupt);
    cpu->waiting = false;
    if (level == NMI_LEVEL)
        cpu->interrupt &= ~INT_NMI;
    if (level == 1)
        espy_exception(cpu, cpu->pc, EXC_LEVEL1_INTERRUPT);
    else
        enter_level(cpu, cpu->pc, level);
}
