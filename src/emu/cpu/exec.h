/* SPDX-License-Identifier: MIT
 *
 * How the handlers of ops are written: OP(ADD) { ...; NEXT; }
 *
 * Where the compiler makes sibling calls, a handler ends in a jump to the next
 * one.  Elsewhere it returns the next op to the loop of espy_exec_run().  Both
 * are the same source.
 */
#ifndef ESPY_EMU_CPU_EXEC_H
#define ESPY_EMU_CPU_EXEC_H

/* Clang can be told to make sibling calls.  GCC makes them on these processors
 * when it optimises, whichever level was asked for, once told to here.  Sanitizers
 * keep frames alive. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ESPY_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ESPY_SANITIZED 1
#endif
#if defined(__OPTIMIZE__) && !defined(ESPY_SANITIZED) && (defined(__x86_64__) || defined(__aarch64__))
#define ESPY_TAIL_CALLS 1
#else
#define ESPY_TAIL_CALLS 0
#endif

#if ESPY_TAIL_CALLS && defined(__clang__)
#define TAIL __attribute__((musttail)) return
#else
#define TAIL return
#endif

#if ESPY_TAIL_CALLS && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "optimize-sibling-calls")
#endif

#include "core.h"

#define HANDLER(name) espy_op *name(espy_cpu *cpu, espy_op *op, uint32_t *a)
#define OP(NAME) HANDLER(espy_run_##NAME)
/* What a handler defers to: kept out of it, so that it needs no stack frame. */
#define SLOWLY(name) static ESPY_NOINLINE HANDLER(name)

#if ESPY_TAIL_CALLS
/* On to the next op of this block. */
#define NEXT TAIL op[1].run(cpu, op + 1, a)
/* On to an op of the same window; of any. */
#define GO_SAME(to)                                                                                                    \
    do {                                                                                                               \
        espy_op *go_ = (to);                                                                                           \
        TAIL go_->run(cpu, go_, a);                                                                                    \
    } while (0)
#define GO(to)                                                                                                         \
    do {                                                                                                               \
        espy_op *go_ = (to);                                                                                           \
        (void)a;                                                                                                       \
        TAIL go_->run(cpu, go_, cpu->a);                                                                               \
    } while (0)
#else
#define NEXT                                                                                                           \
    do {                                                                                                               \
        (void)cpu, (void)a;                                                                                            \
        return op + 1;                                                                                                 \
    } while (0)
#define GO_SAME(to) GO(to)
#define GO(to)                                                                                                         \
    do {                                                                                                               \
        (void)a;                                                                                                       \
        return (to);                                                                                                   \
    } while (0)
#endif

/* Leaves this op to another handler. */
#define DEFER(handler) TAIL handler(cpu, op, a)

/* Goes to an address that is always the same for this op, along its chain.  The
 * block entered is paid for here; what this one was paid and did not execute,
 * `back`, is returned. */
#define LINK(to, back)                                                                                                 \
    do {                                                                                                               \
        espy_block *block_ = op->chain;                                                                                \
        int32_t rest_ = cpu->budget + (back)-block_->cost;                                                             \
        if (UNLIKELY(rest_ < 0) || UNLIKELY(block_->need > cpu->free)) {                                               \
            cpu->pc = (to);                                                                                            \
            DEFER(espy_run_link_slowly);                                                                               \
        }                                                                                                              \
        cpu->budget = rest_;                                                                                           \
        GO_SAME(block_->ops);                                                                                          \
    } while (0)

/* Takes a branch out of the middle of a block. */
#define BRANCH LINK(op->imm, op->left - 1)

/* Goes to an address only known now.  `op` ends its block. */
#define JUMP(to)                                                                                                       \
    do {                                                                                                               \
        uint32_t pc_ = (to);                                                                                           \
        espy_block *block_ = cpu->jumps[espy_jump_slot(pc_)];                                                          \
        int32_t rest_ = cpu->budget - block_->cost;                                                                    \
        if (UNLIKELY(block_->pc != pc_) || UNLIKELY(rest_ < 0) || UNLIKELY(block_->need > cpu->free)) {                \
            cpu->pc = pc_;                                                                                             \
            DEFER(espy_run_jump_slowly);                                                                               \
        }                                                                                                              \
        cpu->budget = rest_;                                                                                           \
        GO(block_->ops);                                                                                               \
    } while (0)

/* One handler per instruction, and the pseudo ops. */
#define X(NAME, mnemonic, mask, match, a, b, c, d) espy_handler espy_run_##NAME;
ESPY_OPS_OWN(X)
#undef X
espy_handler espy_run_ILLEGAL;
espy_handler espy_run_EE;
espy_handler espy_run_BREAK_N;
espy_handler espy_run_MOV;        /* a[r] = a[s] */
espy_handler espy_run_RSR_STORED; /* from where op->imm points to in espy_cpu */
espy_handler espy_run_RSR_CCOUNT;
espy_handler espy_run_NOTHING;  /* barriers, prefetches, cache management */
espy_handler espy_run_MAC16;    /* the whole group, by op->imm */
espy_handler espy_run_FALL;     /* pseudo: the block ends, go on at op->imm */
espy_handler espy_run_LOOP_END; /* pseudo: LEND may be op->pc */
espy_handler espy_run_CHECK;    /* pseudo: quadrants up to op->need are used from here on */
espy_handler espy_run_OVERFLOW; /* pseudo: quadrant op->need is used and not free */
espy_handler espy_run_STOP;     /* pseudo: the slice ends here */
espy_handler espy_run_EXIT;
espy_handler espy_run_NO_FPU; /* coprocessor 0 is used and disabled */
/* The ways of LINK and JUMP, to cpu->pc, that handle everything. */
espy_handler espy_run_link_slowly;
espy_handler espy_run_jump_slowly;

#endif
