/* SPDX-License-Identifier: MIT
 *
 * Division and square root as programs run them, for tests: the instructions of
 * __divsf3 in the chip's mask ROM (0x4005612d to 0x40056175), and the sequence of
 * libgcc's square root, each line one instruction.
 */
#ifndef ESPY_EMU_CPU_FPU_SEQUENCES_H
#define ESPY_EMU_CPU_FPU_SEQUENCES_H

#include "fpu.h"

static inline void espy_maddn_into(uint32_t *f, unsigned r, unsigned s, unsigned t)
{
    f[r] = espy_fpu_maddn(f[r], f[s], f[t]);
}

/* a / b; leaves the reciprocal's and quotient's registers in fpu->f. */
static inline uint32_t espy_fpu_divide(espy_fpu *fpu, uint32_t a, uint32_t b)
{
    uint32_t *f = fpu->f;
    f[1] = a;
    f[2] = b;
    f[3] = espy_fpu_div0(f[2]);
    f[4] = espy_fpu_nexp01(f[2]);
    f[5] = espy_fpu_const(1);
    espy_maddn_into(f, 5, 4, 3);
    f[6] = f[3];
    f[7] = f[2];
    f[2] = espy_fpu_nexp01(f[1]);
    espy_maddn_into(f, 6, 5, 6);
    f[5] = espy_fpu_const(1);
    f[0] = espy_fpu_const(0);
    f[8] = espy_fpu_neg(f[2]);
    espy_maddn_into(f, 5, 4, 6);
    espy_maddn_into(f, 0, 8, 3);
    f[7] = espy_fpu_mkdadj(fpu, f[7], f[1]);
    espy_maddn_into(f, 6, 5, 6);
    espy_maddn_into(f, 8, 4, 0);
    f[3] = espy_fpu_const(1);
    espy_maddn_into(f, 3, 4, 6);
    espy_maddn_into(f, 0, 8, 6);
    f[2] = espy_fpu_neg(f[2]);
    espy_maddn_into(f, 6, 3, 6);
    espy_maddn_into(f, 2, 4, 0);
    f[0] = espy_fpu_addexpm(f[0], f[7]);
    f[6] = espy_fpu_addexp(f[6], f[7]);
    f[0] = espy_fpu_divn(fpu, f[0], f[2], f[6]);
    return f[0];
}

static inline uint32_t espy_fpu_root(espy_fpu *fpu, uint32_t a)
{
    uint32_t *f = fpu->f;
    f[1] = a;
    f[2] = espy_fpu_sqrt0(f[1]);
    f[3] = espy_fpu_const(0);
    espy_maddn_into(f, 3, 2, 2);
    f[4] = espy_fpu_nexp01(f[1]);
    f[0] = espy_fpu_const(3);
    f[4] = espy_fpu_addexp(f[4], f[0]);
    espy_maddn_into(f, 0, 3, 4);
    f[3] = espy_fpu_nexp01(f[1]);
    f[5] = espy_fpu_neg(f[3]);
    espy_maddn_into(f, 2, 0, 2);
    f[0] = espy_fpu_const(0);
    f[6] = espy_fpu_const(0);
    f[7] = espy_fpu_const(0);
    espy_maddn_into(f, 0, 5, 2);
    espy_maddn_into(f, 6, 2, 4);
    f[4] = espy_fpu_const(3);
    espy_maddn_into(f, 7, 4, 2);
    espy_maddn_into(f, 3, 0, 0);
    espy_maddn_into(f, 4, 6, 2);
    f[2] = espy_fpu_neg(f[7]);
    espy_maddn_into(f, 0, 3, 2);
    espy_maddn_into(f, 7, 4, 7);
    f[2] = espy_fpu_mksadj(fpu, f[1]);
    f[1] = espy_fpu_nexp01(f[1]);
    espy_maddn_into(f, 1, 0, 0);
    f[3] = espy_fpu_neg(f[7]);
    f[0] = espy_fpu_addexpm(f[0], f[2]);
    f[3] = espy_fpu_addexp(f[3], f[2]);
    f[0] = espy_fpu_divn(fpu, f[0], f[1], f[3]);
    return f[0];
}

#endif
