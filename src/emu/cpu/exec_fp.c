/* SPDX-License-Identifier: MIT
 *
 * The floating-point instructions: which registers go into which function of
 * fpu.h, and nothing at all while coprocessor 0 is disabled.
 */
#include "exec.h"

#define FR cpu->fpu.f[op->r]
#define FS cpu->fpu.f[op->s]
#define FT cpu->fpu.f[op->t]
#define FPU &cpu->fpu

#define FP(NAME, statement)                                                                                            \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        if (UNLIKELY((cpu->cpenable & 1) == 0))                                                                        \
            DEFER(espy_run_NO_FPU);                                                                                    \
        statement;                                                                                                     \
        NEXT;                                                                                                          \
    }

FP(ADD_S, FR = espy_fpu_add(FPU, FS, FT))
FP(SUB_S, FR = espy_fpu_sub(FPU, FS, FT))
FP(MUL_S, FR = espy_fpu_mul(FPU, FS, FT))
FP(MADD_S, FR = espy_fpu_madd(FPU, FR, FS, FT))
FP(MSUB_S, FR = espy_fpu_msub(FPU, FR, FS, FT))
FP(MADDN_S, FR = espy_fpu_maddn(FR, FS, FT))
FP(DIVN_S, FR = espy_fpu_divn(FPU, FR, FS, FT))
FP(DIV0_S, FR = espy_fpu_div0(FS))
FP(SQRT0_S, FR = espy_fpu_sqrt0(FS))
FP(RECIP0_S, FR = espy_fpu_recip0(FPU, FS))
FP(RSQRT0_S, FR = espy_fpu_rsqrt0(FPU, FS))
FP(NEXP01_S, FR = espy_fpu_nexp01(FS))
FP(MKDADJ_S, FR = espy_fpu_mkdadj(FPU, FR, FS))
FP(MKSADJ_S, FR = espy_fpu_mksadj(FPU, FS))
FP(ADDEXP_S, FR = espy_fpu_addexp(FR, FS))
FP(ADDEXPM_S, FR = espy_fpu_addexpm(FR, FS))

FP(MOV_S, FR = FS)
FP(ABS_S, FR = espy_fpu_abs(FS))
FP(NEG_S, FR = espy_fpu_neg(FS))
FP(CONST_S, FR = espy_fpu_const(op->s))
FP(RFR, a[op->r] = FS)
FP(WFR, FR = a[op->s])

FP(ROUND_S, a[op->r] = espy_fpu_round(FPU, FS, op->t))
FP(TRUNC_S, a[op->r] = espy_fpu_trunc(FPU, FS, op->t))
FP(FLOOR_S, a[op->r] = espy_fpu_floor(FPU, FS, op->t))
FP(CEIL_S, a[op->r] = espy_fpu_ceil(FPU, FS, op->t))
FP(UTRUNC_S, a[op->r] = espy_fpu_utrunc(FPU, FS, op->t))
FP(FLOAT_S, FR = espy_fpu_float(FPU, a[op->s], op->t))
FP(UFLOAT_S, FR = espy_fpu_ufloat(FPU, a[op->s], op->t))

static inline void set_boolean(espy_cpu *cpu, unsigned n, bool value)
{
    cpu->br = (cpu->br & ~(1u << n)) | (uint32_t)value << n;
}

FP(UN_S, set_boolean(cpu, op->r, espy_fpu_un(FPU, FS, FT)))
FP(OEQ_S, set_boolean(cpu, op->r, espy_fpu_oeq(FPU, FS, FT)))
FP(UEQ_S, set_boolean(cpu, op->r, espy_fpu_ueq(FPU, FS, FT)))
FP(OLT_S, set_boolean(cpu, op->r, espy_fpu_olt(FPU, FS, FT)))
FP(ULT_S, set_boolean(cpu, op->r, espy_fpu_ult(FPU, FS, FT)))
FP(OLE_S, set_boolean(cpu, op->r, espy_fpu_ole(FPU, FS, FT)))
FP(ULE_S, set_boolean(cpu, op->r, espy_fpu_ule(FPU, FS, FT)))

FP(MOVEQZ_S, if (a[op->t] == 0) FR = FS)
FP(MOVNEZ_S, if (a[op->t] != 0) FR = FS)
FP(MOVLTZ_S, if ((int32_t)a[op->t] < 0) FR = FS)
FP(MOVGEZ_S, if ((int32_t)a[op->t] >= 0) FR = FS)
FP(MOVF_S, if ((cpu->br >> op->t & 1) == 0) FR = FS)
FP(MOVT_S, if ((cpu->br >> op->t & 1) != 0) FR = FS)
