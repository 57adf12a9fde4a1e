/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of the LX7's single-precision floating-point unit, as functions
 * over raw IEEE 754 binary32 bits.  They read FCR's rounding mode and add to
 * FSR's sticky flags; the register file is the caller's business.
 *
 * Sources: Xtensa Instruction Set Architecture Reference Manual, chapter 4,
 * "Floating-Point Coprocessor Option", for FCR, FSR, conversions and compares;
 * the division and square-root sequences of the chip's mask ROM and of libgcc
 * for the helper instructions, which no public manual describes.  What is
 * derived and what is chosen stands beside each helper.
 *
 * Left out: FCR's exception enables, which no implementation acts on.
 */
#ifndef ESPY_EMU_CPU_FPU_H
#define ESPY_EMU_CPU_FPU_H

#include <stdbool.h>
#include <stdint.h>

/* FCR: bits 1..0 are the rounding mode, bits 6..2 the exception enables. */
#define ESPY_FCR_MASK 0x7fu
#define ESPY_FCR_RM 0x03u
/* FSR: what WUR.FSR can write and RUR.FSR reads. */
#define ESPY_FSR_MASK 0xf80u

typedef enum espy_fsr_flag {
    ESPY_FSR_I = 0x080, /* inexact */
    ESPY_FSR_U = 0x100, /* underflow: tiny after rounding, and inexact */
    ESPY_FSR_O = 0x200, /* overflow */
    ESPY_FSR_Z = 0x400, /* division by zero */
    ESPY_FSR_V = 0x800  /* invalid operation */
} espy_fsr_flag;

typedef enum espy_fcr_rm {
    ESPY_RM_NEAREST = 0, /* ties to even */
    ESPY_RM_ZERO = 1,
    ESPY_RM_UP = 2,
    ESPY_RM_DOWN = 3
} espy_fcr_rm;

typedef struct espy_fpu {
    uint32_t f[16];
    uint32_t fcr, fsr;
} espy_fpu;

/* ADD.S, SUB.S, MUL.S: fr = fs op ft. */
uint32_t espy_fpu_add(espy_fpu *fpu, uint32_t fs, uint32_t ft);
uint32_t espy_fpu_sub(espy_fpu *fpu, uint32_t fs, uint32_t ft);
uint32_t espy_fpu_mul(espy_fpu *fpu, uint32_t fs, uint32_t ft);
/* MADD.S, MSUB.S: fr + fs * ft, fr - fs * ft, rounded once. */
uint32_t espy_fpu_madd(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft);
uint32_t espy_fpu_msub(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft);

/* The steps of division and square root.
 *
 * A sequence narrows its operands to [1, 4), iterates there with MADDN.S, and
 * puts the exponent back at the end: MKDADJ.S or MKSADJ.S make an adjustment
 * from the original operands, ADDEXPM.S applies it to the quotient (root),
 * ADDEXP.S to the reciprocal, and DIVN.S adds the last correction with FCR's
 * rounding.  Run so, they give the correctly rounded result and its flags for
 * every pair of operands in every rounding mode (checked, see fpu_test.c). */

/* MADDN.S: like MADD.S, but always to nearest and without flags, so that a
 * sequence does the same in every rounding mode and leaves no trace in FSR. */
uint32_t espy_fpu_maddn(uint32_t fr, uint32_t fs, uint32_t ft);
/* NEXP01.S: -fs with its exponent narrowed to 0 or 1, keeping its parity. */
uint32_t espy_fpu_nexp01(uint32_t fs);
/* DIV0.S, SQRT0.S: a first approximation of 1/m and 1/sqrt(m), m = -NEXP01(fs).
 * The chip's tables are not public; these are good to 2^-7, which the sequences
 * need, and agree with none in their last bits. */
uint32_t espy_fpu_div0(uint32_t fs);
uint32_t espy_fpu_sqrt0(uint32_t fs);
/* RECIP0.S, RSQRT0.S: the same for fs itself, with IEEE's special results. */
uint32_t espy_fpu_recip0(espy_fpu *fpu, uint32_t fs);
uint32_t espy_fpu_rsqrt0(espy_fpu *fpu, uint32_t fs);
/* MKDADJ.S: the adjustment of the quotient fs / fr; sets V or Z.
 * MKSADJ.S: that of the root of fs; sets V. */
uint32_t espy_fpu_mkdadj(espy_fpu *fpu, uint32_t fr, uint32_t fs);
uint32_t espy_fpu_mksadj(espy_fpu *fpu, uint32_t fs);
/* ADDEXP.S adds the exponent of fs to that of fr; ADDEXPM.S adds the exponent
 * kept in the mantissa of an adjustment, or installs the special result. */
uint32_t espy_fpu_addexp(uint32_t fr, uint32_t fs);
uint32_t espy_fpu_addexpm(uint32_t fr, uint32_t fs);
/* DIVN.S: fr + fs * ft, the last step; a zero, infinite or NaN fr is the result. */
uint32_t espy_fpu_divn(espy_fpu *fpu, uint32_t fr, uint32_t fs, uint32_t ft);
/* CONST.S: 0.0, 1.0, 2.0, 0.5; the other twelve are reserved and repeat them. */
uint32_t espy_fpu_const(unsigned imm);

/* ROUND.S, TRUNC.S, FLOOR.S, CEIL.S, UTRUNC.S: fs * 2^scale as an integer. */
uint32_t espy_fpu_round(espy_fpu *fpu, uint32_t fs, unsigned scale);
uint32_t espy_fpu_trunc(espy_fpu *fpu, uint32_t fs, unsigned scale);
uint32_t espy_fpu_floor(espy_fpu *fpu, uint32_t fs, unsigned scale);
uint32_t espy_fpu_ceil(espy_fpu *fpu, uint32_t fs, unsigned scale);
uint32_t espy_fpu_utrunc(espy_fpu *fpu, uint32_t fs, unsigned scale);
/* FLOAT.S, UFLOAT.S: as * 2^-scale. */
uint32_t espy_fpu_float(espy_fpu *fpu, uint32_t as, unsigned scale);
uint32_t espy_fpu_ufloat(espy_fpu *fpu, uint32_t as, unsigned scale);

/* UN.S and the ordered and unordered compares. */
bool espy_fpu_un(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_oeq(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_ueq(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_olt(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_ult(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_ole(espy_fpu *fpu, uint32_t fs, uint32_t ft);
bool espy_fpu_ule(espy_fpu *fpu, uint32_t fs, uint32_t ft);

/* ABS.S and NEG.S touch the sign bit alone. */
static inline uint32_t espy_fpu_abs(uint32_t fs)
{
    return fs & 0x7fffffffu;
}

static inline uint32_t espy_fpu_neg(uint32_t fs)
{
    return fs ^ 0x80000000u;
}

#endif
