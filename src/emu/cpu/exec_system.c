/* SPDX-License-Identifier: MIT
 *
 * Special and user registers, exceptions raised and left by instructions,
 * interrupt levels, barriers, region protection, external registers.
 *
 * The debug module behind RER and WER is absent: it reads as 0, which also
 * means that no debugger is attached.
 */
#include "exec.h"

#define S a[op->s]
#define T a[op->t]

/* Memory is always in order here, and prefetches and the core's own caches, of
 * which this core has none, have no effect.  ISYNC ends its block instead. */
#define NOTHING(NAME)                                                                                                  \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        NEXT;                                                                                                          \
    }

NOTHING(ISYNC)
NOTHING(RSYNC)
NOTHING(ESYNC)
NOTHING(DSYNC)
NOTHING(EXCW)
NOTHING(MEMW)
NOTHING(EXTW)
NOTHING(NOP)
NOTHING(DPFR)
NOTHING(DPFW)
NOTHING(DPFRO)
NOTHING(DPFWO)
NOTHING(DHWB)
NOTHING(DHWBI)
NOTHING(DHI)
NOTHING(DII)
NOTHING(IPF)
NOTHING(IHI)
NOTHING(III)
NOTHING(IITLB)
NOTHING(IDTLB)

/* ---- exceptions ---- */

OP(ILLEGAL)
{
    GO(espy_raise(cpu, op, EXC_ILLEGAL));
}

OP(EE)
{
    GO(espy_raise(cpu, op, (cpu->cpenable & 8) != 0 ? EXC_ILLEGAL : EXC_CP0_DISABLED + 3));
}

OP(NO_FPU)
{
    GO(espy_raise(cpu, op, EXC_CP0_DISABLED));
}

OP(SYSCALL)
{
    GO(espy_raise(cpu, op, EXC_SYSCALL));
}

/* A call to the simulator does nothing on a chip. */
static espy_op *call_host(espy_cpu *cpu, espy_op *op)
{
    cpu->pc = op->pc + op->len;
    if (cpu->host == NULL)
        return espy_exec_goto(cpu, cpu->pc);
    espy_exec_sync(cpu, op);
    cpu->host_op = op;
    cpu->host(cpu->host_self, cpu, op->pc);
    cpu->host_op = NULL;
    return espy_exec_after_host(cpu, op);
}

OP(SIMCALL)
{
    GO(call_host(cpu, op));
}

OP(BREAK)
{
    GO(espy_raise_debug(cpu, op, DEBUGCAUSE_BREAK));
}

OP(BREAK_N)
{
    GO(espy_raise_debug(cpu, op, DEBUGCAUSE_BREAKN));
}

/* Control leaves an exception with this PS; an interrupt may be due then. */
static void set_ps_after(espy_cpu *cpu, espy_op *op, uint32_t ps)
{
    espy_set_ps(cpu, ps);
    if (espy_interrupt_due(cpu))
        espy_exec_shorten(cpu, op);
}

OP(RFE)
{
    set_ps_after(cpu, op, cpu->ps & ~PS_EXCM);
    JUMP(cpu->epc[1]);
}

OP(RFDE)
{
    JUMP(cpu->depc);
}

OP(RFI)
{
    if (op->imm < 2 || op->imm > NMI_LEVEL)
        DEFER(espy_run_ILLEGAL);
    set_ps_after(cpu, op, cpu->eps[op->imm]);
    JUMP(cpu->epc[op->imm]);
}

SLOWLY(leave)
{
    GO(espy_exec_leave(cpu, op));
}

OP(RSIL)
{
    T = cpu->ps;
    cpu->ps = (cpu->ps & ~PS_INTLEVEL) | op->imm;
    if (espy_interrupt_due(cpu))
        DEFER(leave);
    NEXT;
}

OP(WAITI)
{
    cpu->ps = (cpu->ps & ~PS_INTLEVEL) | op->imm;
    cpu->waiting = true;
    cpu->wake = ESPY_NEVER;
    GO(espy_exec_leave(cpu, op));
}

/* ---- registers ---- */

OP(RSR)
{
    if (UNLIKELY(!espy_sreg_readable(op->imm)))
        DEFER(espy_run_ILLEGAL);
    T = espy_sreg_read(cpu, op->imm, op);
    NEXT;
}

OP(RSR_STORED)
{
    T = *(const uint32_t *)(const void *)((const char *)cpu + op->imm);
    NEXT;
}

OP(RSR_CCOUNT)
{
    T = espy_ccount(cpu, op);
    NEXT;
}

/* What is due next is worked out anew between the parts of a slice only. */
static espy_op *write_sreg(espy_cpu *cpu, espy_op *op, uint32_t value)
{
    espy_sreg_write(cpu, op->imm, value, op);
    bool leave = espy_sreg_sets_time(op->imm) || (espy_sreg_ends_block(op->imm) && espy_interrupt_due(cpu));
    return leave ? espy_exec_leave(cpu, op) : op + 1;
}

OP(WSR)
{
    if (UNLIKELY(!espy_sreg_writable(op->imm)))
        DEFER(espy_run_ILLEGAL);
    GO(write_sreg(cpu, op, T));
}

OP(XSR)
{
    if (UNLIKELY(!espy_sreg_readable(op->imm) || !espy_sreg_writable(op->imm)))
        DEFER(espy_run_ILLEGAL);
    uint32_t value = T;
    T = espy_sreg_read(cpu, op->imm, op);
    GO(write_sreg(cpu, op, value));
}

enum { UR_THREADPTR = 231, UR_FCR = 232, UR_FSR = 233 };

/* The exception that access to user register n raises, or -1. */
static int user_register_fault(const espy_cpu *cpu, uint32_t n)
{
    if (n == UR_THREADPTR)
        return -1;
    if (n == UR_FCR || n == UR_FSR)
        return (cpu->cpenable & 1) != 0 ? -1 : EXC_CP0_DISABLED;
    if (n < ESPY_VECTOR_UR)
        return (cpu->cpenable & 8) != 0 ? -1 : EXC_CP0_DISABLED + 3;
    return EXC_ILLEGAL;
}

static espy_op *read_user_register(espy_cpu *cpu, espy_op *op)
{
    int fault = user_register_fault(cpu, op->imm);
    if (fault >= 0)
        return espy_raise(cpu, op, (unsigned)fault);
    cpu->a[op->r] = op->imm == UR_THREADPTR ? cpu->threadptr
                    : op->imm == UR_FCR     ? cpu->fpu.fcr
                    : op->imm == UR_FSR     ? cpu->fpu.fsr
                                            : cpu->vector_ur[op->imm];
    return op + 1;
}

static espy_op *write_user_register(espy_cpu *cpu, espy_op *op)
{
    uint32_t value = cpu->a[op->t];
    int fault = user_register_fault(cpu, op->imm);
    if (fault >= 0)
        return espy_raise(cpu, op, (unsigned)fault);
    switch (op->imm) {
    case UR_THREADPTR: cpu->threadptr = value; break;
    case UR_FCR: cpu->fpu.fcr = value & ESPY_FCR_MASK; break;
    case UR_FSR: cpu->fpu.fsr = value & ESPY_FSR_MASK; break;
    default: cpu->vector_ur[op->imm] = value; break;
    }
    return op + 1;
}

OP(RUR)
{
    GO(read_user_register(cpu, op));
}

OP(WUR)
{
    GO(write_user_register(cpu, op));
}

OP(RER)
{
    T = 0;
    NEXT;
}

NOTHING(WER)

/* ---- region protection: one attribute for each 512 MB, no translation ---- */

#define REGION (S >> 29)
#define HIT 1u

OP(WITLB)
{
    cpu->itlb[REGION] = T & 15;
    NEXT;
}

OP(WDTLB)
{
    cpu->dtlb[REGION] = T & 15;
    NEXT;
}

OP(RITLB0)
{
    T = S & 0xe0000000;
    NEXT;
}

OP(RDTLB0)
{
    T = S & 0xe0000000;
    NEXT;
}

OP(RITLB1)
{
    T = (S & 0xe0000000) | cpu->itlb[REGION];
    NEXT;
}

OP(RDTLB1)
{
    T = (S & 0xe0000000) | cpu->dtlb[REGION];
    NEXT;
}

OP(PITLB)
{
    T = (S & 0xe0000000) | HIT;
    NEXT;
}

OP(PDTLB)
{
    T = (S & 0xe0000000) | HIT;
    NEXT;
}
