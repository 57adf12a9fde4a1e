/* SPDX-License-Identifier: MIT
 *
 * The inside of the core, shared by the files of this directory only: the
 * decoded form of code and the state of a core.
 *
 * Code is decoded once into blocks of espy_op.  A block begins at any address
 * control reached, runs straight on through branches that are not taken, and
 * ends where control always leaves, at a page's end, or where a zero-overhead
 * loop may turn back.  Blocks are chained directly to each other.
 *
 * Time inside a block: `budget` holds the cycles the slice may still use; the
 * whole block is paid for when it is entered, and what was not executed is paid
 * back where control leaves it early.  Hence at any op
 *     cycles done = quota - budget - op->left.
 *
 * Registers: AR[] has 12 registers more than the core, so that the window is
 * always one array of 16.  While the window wraps (WindowBase > 12), those hold
 * AR[0] to AR[11].
 */
#ifndef ESPY_EMU_CPU_CORE_H
#define ESPY_EMU_CPU_CORE_H

#include "cpu.h"
#include "decode.h"
#include "fpu.h"

#if defined(__GNUC__)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ESPY_NOINLINE __attribute__((noinline))
#else
#define LIKELY(x) (x)
#define UNLIKELY(x) (x)
#define ESPY_NOINLINE
#endif

/* ---- decoded code ---- */

typedef struct espy_op espy_op;
typedef struct espy_block espy_block;

/* Executes one op and says which comes next, or NULL at the end of the slice.
 * `a` is cpu->a, passed along in a register. */
typedef espy_op *espy_handler(espy_cpu *cpu, espy_op *op, uint32_t *a);

struct espy_op {
    espy_handler *run;
    espy_block *chain; /* where a taken branch leads; never NULL, perhaps dead */
    uint32_t pc;
    uint32_t imm;    /* the immediate, or the target of a direct branch */
    uint8_t r, s, t; /* register numbers or small immediates */
    uint8_t left;    /* instructions from this one to the block's end, it included */
    uint8_t need;    /* highest window quadrant used, 0-3 */
    uint8_t len;     /* bytes; 0 marks a pseudo op, which takes no time */
    bool last;       /* control never passes beyond */
};

#define ESPY_BLOCK_MAX 32   /* instructions in a block */
#define ESPY_BLOCK_DEAD 255 /* as `need`: this block must not be entered */

struct espy_block {
    uint32_t pc;
    uint8_t cost;     /* instructions */
    uint8_t need;     /* highest window quadrant used before the first side exit */
    espy_block *next; /* with the same hash of pc */
    _Alignas(32) espy_op ops[];
};

/* A link target that is always dead. */
extern espy_block *const espy_no_block;

#define ESPY_JUMP_BITS 15

struct espy_code {
    espy_bus *bus;
    espy_block *jumps[1u << ESPY_JUMP_BITS];  /* direct-mapped by pc, for indirect jumps */
    espy_block *blocks[1u << ESPY_JUMP_BITS]; /* every live block, hashed by pc */
    struct espy_code_node **lines;            /* blocks by line of memory, hashed */
    struct espy_code_node **pages;            /* blocks by virtual page [ESPY_PAGE_COUNT] */
    uint32_t *loop_ends;                      /* open hash of known LEND values; 0 is free */
    uint32_t loop_end_count;
    bool loop_ends_everywhere; /* the table is full: any address may be one */
    bool host;                 /* SIMCALL calls the host */
    uint8_t *arena;
    size_t used, size;
    uint32_t flushes; /* how often the arena was emptied: older pointers are void */
    uint32_t kills;   /* how many blocks were killed */
};

static inline uint32_t espy_jump_slot(uint32_t pc)
{
    return (pc ^ pc >> ESPY_JUMP_BITS) & ((1u << ESPY_JUMP_BITS) - 1);
}

/* The block at pc, decoded if need be; NULL if no code can be fetched there.
 * May flush the arena. */
espy_block *espy_code_find(espy_code *code, uint32_t pc);
/* LEND may become `pc`: no block may run across it. */
void espy_code_mark_loop_end(espy_code *code, uint32_t pc);

/* The handler of an instruction. */
espy_handler *espy_exec_handler(espy_opcode op);

/* ---- the core ---- */

#define PS_INTLEVEL 0xfu
#define PS_EXCM 0x10u
#define PS_UM 0x20u
#define PS_OWB_SHIFT 8
#define PS_OWB 0xf00u
#define PS_CALLINC_SHIFT 16
#define PS_CALLINC 0x30000u
#define PS_WOE 0x40000u
#define PS_MASK 0x70f3fu /* what the core implements: no RING */

enum {
    EXC_ILLEGAL = 0,
    EXC_SYSCALL = 1,
    EXC_INSTR_ERROR = 2,
    EXC_LEVEL1_INTERRUPT = 4,
    EXC_ALLOCA = 5,
    EXC_DIVIDE_BY_ZERO = 6,
    EXC_UNALIGNED = 9,
    EXC_INSTR_PROHIBITED = 20,
    EXC_LOAD_PROHIBITED = 28,
    EXC_STORE_PROHIBITED = 29,
    EXC_CP0_DISABLED = 32
};

/* Offsets of the vectors from VECBASE. */
enum {
    VEC_OVERFLOW4 = 0x000,
    VEC_UNDERFLOW4 = 0x040, /* 8 and 12 follow at distances of 0x80 */
    VEC_LEVEL2 = 0x180,     /* 3 to 5, debug (6) and NMI (7) follow at distances of 0x40 */
    VEC_KERNEL = 0x300,
    VEC_USER = 0x340,
    VEC_DOUBLE = 0x3c0
};

/* The access attribute of a region where loads and stores raise exceptions. */
#define NO_ACCESS 15

#define DEBUG_LEVEL 6u
#define NMI_LEVEL 7u
#define EXCM_LEVEL 3u
#define DEBUGCAUSE_BREAK 0x08u
#define DEBUGCAUSE_BREAKN 0x10u

#define INT_SOFTWARE 0x20000080u
#define INT_EDGE 0x50400400u
#define INT_LEVEL 0x8fbe333fu
#define INT_NMI 0x00004000u

#define ESPY_AR_COUNT 64
#define ESPY_VECTOR_UR 19 /* user registers 0-18 belong to coprocessor 3 */

struct espy_cpu {
    /* What every block touches. */
    int32_t budget; /* cycles left in this part of the slice, after the running block */
    uint32_t free;  /* window quadrants beyond the first that can be used, 0-3 */
    uint32_t *a;    /* the window: &ar[4 * window_base] */
    uint8_t **read_page, **write_page;
    espy_block **jumps;
    uint32_t sar, ps;
    uint32_t lbeg, lend, lcount;
    uint32_t window_base, window_start;
    uint32_t br;
    uint32_t cpenable;
    espy_fpu fpu;
    uint32_t ar[ESPY_AR_COUNT + 12];

    uint32_t pc; /* where to go on; valid outside of blocks */
    uint32_t scompare1, acclo, mr[4], threadptr;
    uint32_t acchi; /* eight bits, sign-extended */
    uint32_t vecbase, exccause, excvaddr, depc;
    uint32_t epc[8], eps[8], excsave[8]; /* [1] to [7] */
    uint32_t misc[4], memctl, atomctl, prid;
    uint32_t ibreakenable, ibreaka[2], dbreaka[2], dbreakc[2], icount, icountlevel, debugcause, ddr;
    uint32_t vector_ur[ESPY_VECTOR_UR];
    uint8_t itlb[8], dtlb[8]; /* access attribute of each 512 MB region */

    uint32_t interrupt, intenable; /* pending, enabled */
    uint32_t levels;               /* of the inputs */
    uint32_t ccompare[3];
    bool waiting;   /* in WAITI, or paused by the host */
    espy_tick wake; /* when a pause ends; ESPY_NEVER in WAITI */
    bool stop;      /* espy_cpu_stop() was called */
    bool attention; /* an input or the cycle's length changed during an access */

    uint64_t cycles;       /* at the beginning of this part of the slice */
    uint32_t ccount_base;  /* CCOUNT = cycles + ccount_base */
    uint64_t instructions; /* the same, without idle time */
    int32_t quota;         /* cycles this part of the slice may use */
    espy_tick part_start, slice_end;
    unsigned cycle;      /* in ticks, */
    unsigned next_cycle; /* from the next part of the slice on */
    uint32_t kills;      /* of blocks, before the access under way */
    espy_tick idle_rest;

    espy_bus *bus;
    espy_clock *clock;
    espy_code *code;
    const espy_log *log;
    espy_cpu_host *host; /* what SIMCALL calls, or NULL */
    void *host_self;
    const espy_op *host_op;                  /* the SIMCALL under way */
    espy_op exit;                            /* ends the slice */
    espy_op scratch[2 * ESPY_BLOCK_MAX + 4]; /* a block cut short */
};

/* exec.c: the ways from block to block.  Each returns the op to go on with. */
espy_op *espy_exec_goto(espy_cpu *cpu, uint32_t pc);
/* Lets this part of the slice end with op, because an interrupt may be due. */
void espy_exec_shorten(espy_cpu *cpu, const espy_op *op);
/* The same, then goes on to the op that follows. */
espy_op *espy_exec_leave(espy_cpu *cpu, espy_op *op);
void espy_exec_run(espy_cpu *cpu);

/* Before an access through the bus: sets clock->now to the beginning of op. */
void espy_exec_sync(espy_cpu *cpu, const espy_op *op);
/* After it: goes on after op, or leaves the block because its code was changed,
 * or ends the slice. */
espy_op *espy_exec_after_access(espy_cpu *cpu, espy_op *op);
/* The same after a call of the host by op, which ends its block: goes on at cpu->pc. */
espy_op *espy_exec_after_host(espy_cpu *cpu, const espy_op *op);

static inline int32_t espy_cycles_done(const espy_cpu *cpu, const espy_op *op)
{
    return cpu->quota - cpu->budget - op->left;
}

/* CCOUNT as op sees it. */
static inline uint32_t espy_ccount(const espy_cpu *cpu, const espy_op *op)
{
    return (uint32_t)cpu->cycles + cpu->ccount_base + (uint32_t)espy_cycles_done(cpu, op);
}

/* except.c */
/* Enters the vector of exception `cause` for the instruction at pc. */
void espy_exception(espy_cpu *cpu, uint32_t pc, unsigned cause);
/* The same from a handler; op counts as executed. */
espy_op *espy_raise(espy_cpu *cpu, espy_op *op, unsigned cause);
espy_op *espy_raise_at(espy_cpu *cpu, espy_op *op, unsigned cause, uint32_t vaddr);
/* Debug exception of a BREAK. */
espy_op *espy_raise_debug(espy_cpu *cpu, espy_op *op, uint32_t debugcause);
/* Whether what is pending and enabled is above the level that masks. */
bool espy_interrupt_opens(const espy_cpu *cpu);
/* Whether an interrupt is to be taken now, and taking it. */
static inline bool espy_interrupt_due(const espy_cpu *cpu)
{
    return UNLIKELY((cpu->interrupt & (cpu->intenable | INT_NMI)) != 0) && espy_interrupt_opens(cpu);
}
void espy_interrupt_take(espy_cpu *cpu);
/* The highest level among these interrupts, 0 if none. */
unsigned espy_interrupt_level(uint32_t interrupts);

/* sreg.c */
enum {
    ESPY_SR_LEND = 1,
    ESPY_SR_ACCHI = 17,
    ESPY_SR_WINDOWBASE = 72,
    ESPY_SR_WINDOWSTART = 73,
    ESPY_SR_CONFIGID0 = 176,
    ESPY_SR_CONFIGID1 = 208,
    ESPY_SR_INTSET = 226, /* read: INTERRUPT */
    ESPY_SR_INTCLEAR = 227,
    ESPY_SR_PS = 230,
    ESPY_SR_CCOUNT = 234,
    ESPY_SR_CCOMPARE = 240 /* to 242 */
};

/* Whether the core has special register n and it can be read, written. */
bool espy_sreg_readable(unsigned n);
bool espy_sreg_writable(unsigned n);
/* Whether writing n changes what blocks rely on. */
bool espy_sreg_ends_block(unsigned n);
/* Whether writing n changes when the next timer interrupt is due. */
bool espy_sreg_sets_time(unsigned n);
/* Where in espy_cpu reading n finds its value; 0 if that takes more. */
size_t espy_sreg_offset(unsigned n);
uint32_t espy_sreg_read(const espy_cpu *cpu, unsigned n, const espy_op *op);
void espy_sreg_write(espy_cpu *cpu, unsigned n, uint32_t value, const espy_op *op);
/* Cycles, less one, until CCOUNT next equals a CCOMPARE. */
uint32_t espy_timers_next(const espy_cpu *cpu, uint32_t ccount);
/* The same for those that would wake the core now; false if none would. */
bool espy_timers_wake(const espy_cpu *cpu, uint32_t ccount, uint32_t *cycles);
/* CCOUNT goes on from `ccount` by `cycles`: raises the timer interrupts passed. */
void espy_timers_pass(espy_cpu *cpu, uint32_t ccount, uint64_t cycles);

/* window.c */
/* Recomputes cpu->free after a change of PS, WindowBase or WindowStart. */
void espy_window_refresh(espy_cpu *cpu);
void espy_window_set_base(espy_cpu *cpu, unsigned base);
/* Enters the overflow vector, for the instruction at pc. */
void espy_window_overflow(espy_cpu *cpu, uint32_t pc);

static inline void espy_set_ps(espy_cpu *cpu, uint32_t ps)
{
    cpu->ps = ps & PS_MASK;
    espy_window_refresh(cpu);
}

#endif
