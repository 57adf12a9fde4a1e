/* SPDX-License-Identifier: MIT
 *
 * The instructions of the ESP32-S3's Xtensa LX7 core, one row each:
 *     X(NAME, "mnemonic", mask, match, operand, operand, operand, operand)
 * An instruction is NAME when its little-endian word ANDed with mask is match.
 * Operands stand in the order of the assembler, of kind espy_operand without
 * its prefix.  Rows are grouped by the major opcode, so that decoding looks at
 * one group only; the groups' bounds are in decode.c.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, chapter 7 (the
 * opcode maps) and chapter 6; the options the core has, from ESP-IDF's
 * core-isa.h.  Left out: the 217 vector instructions of coprocessor 3, known
 * only as EE, and those of the on-chip debugger, which are illegal in a program.
 */
#ifndef ESPY_EMU_CPU_OPCODES_H
#define ESPY_EMU_CPU_OPCODES_H

/* op0 = 0, op1 = 0 */
#define ESPY_OPS_RST0(X)                                                                                               \
    X(ADD, "add", 0xff000f, 0x800000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(SUB, "sub", 0xff000f, 0xc00000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(OR, "or", 0xff000f, 0x200000, AR_R, AR_S, AR_T, NONE)                                                            \
    X(AND, "and", 0xff000f, 0x100000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(XOR, "xor", 0xff000f, 0x300000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(ADDX2, "addx2", 0xff000f, 0x900000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(ADDX4, "addx4", 0xff000f, 0xa00000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(ADDX8, "addx8", 0xff000f, 0xb00000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(SUBX2, "subx2", 0xff000f, 0xd00000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(SUBX4, "subx4", 0xff000f, 0xe00000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(SUBX8, "subx8", 0xff000f, 0xf00000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(NEG, "neg", 0xff0f0f, 0x600000, AR_R, AR_T, NONE, NONE)                                                          \
    X(ABS, "abs", 0xff0f0f, 0x600100, AR_R, AR_T, NONE, NONE)                                                          \
    X(RET, "ret", 0xffffff, 0x000080, NONE, NONE, NONE, NONE)                                                          \
    X(RETW, "retw", 0xffffff, 0x000090, NONE, NONE, NONE, NONE)                                                        \
    X(JX, "jx", 0xfff0ff, 0x0000a0, AR_S, NONE, NONE, NONE)                                                            \
    X(CALLX0, "callx0", 0xfff0ff, 0x0000c0, AR_S, NONE, NONE, NONE)                                                    \
    X(CALLX4, "callx4", 0xfff0ff, 0x0000d0, AR_S, NONE, NONE, NONE)                                                    \
    X(CALLX8, "callx8", 0xfff0ff, 0x0000e0, AR_S, NONE, NONE, NONE)                                                    \
    X(CALLX12, "callx12", 0xfff0ff, 0x0000f0, AR_S, NONE, NONE, NONE)                                                  \
    X(MOVSP, "movsp", 0xfff00f, 0x001000, AR_T, AR_S, NONE, NONE)                                                      \
    X(ISYNC, "isync", 0xffffff, 0x002000, NONE, NONE, NONE, NONE)                                                      \
    X(RSYNC, "rsync", 0xffffff, 0x002010, NONE, NONE, NONE, NONE)                                                      \
    X(ESYNC, "esync", 0xffffff, 0x002020, NONE, NONE, NONE, NONE)                                                      \
    X(DSYNC, "dsync", 0xffffff, 0x002030, NONE, NONE, NONE, NONE)                                                      \
    X(EXCW, "excw", 0xffffff, 0x002080, NONE, NONE, NONE, NONE)                                                        \
    X(MEMW, "memw", 0xffffff, 0x0020c0, NONE, NONE, NONE, NONE)                                                        \
    X(EXTW, "extw", 0xffffff, 0x0020d0, NONE, NONE, NONE, NONE)                                                        \
    X(NOP, "nop", 0xffffff, 0x0020f0, NONE, NONE, NONE, NONE)                                                          \
    X(RFE, "rfe", 0xffffff, 0x003000, NONE, NONE, NONE, NONE)                                                          \
    X(RFDE, "rfde", 0xffffff, 0x003200, NONE, NONE, NONE, NONE)                                                        \
    X(RFWO, "rfwo", 0xffffff, 0x003400, NONE, NONE, NONE, NONE)                                                        \
    X(RFWU, "rfwu", 0xffffff, 0x003500, NONE, NONE, NONE, NONE)                                                        \
    X(RFI, "rfi", 0xfff0ff, 0x003010, UIMM_S, NONE, NONE, NONE)                                                        \
    X(BREAK, "break", 0xfff00f, 0x004000, UIMM_S, UIMM_T, NONE, NONE)                                                  \
    X(SYSCALL, "syscall", 0xffffff, 0x005000, NONE, NONE, NONE, NONE)                                                  \
    X(SIMCALL, "simcall", 0xffffff, 0x005100, NONE, NONE, NONE, NONE)                                                  \
    X(RSIL, "rsil", 0xfff00f, 0x006000, AR_T, UIMM_S, NONE, NONE)                                                      \
    X(WAITI, "waiti", 0xfff0ff, 0x007000, UIMM_S, NONE, NONE, NONE)                                                    \
    X(ANY4, "any4", 0xfff00f, 0x008000, BR_T, BR_S, NONE, NONE)                                                        \
    X(ALL4, "all4", 0xfff00f, 0x009000, BR_T, BR_S, NONE, NONE)                                                        \
    X(ANY8, "any8", 0xfff00f, 0x00a000, BR_T, BR_S, NONE, NONE)                                                        \
    X(ALL8, "all8", 0xfff00f, 0x00b000, BR_T, BR_S, NONE, NONE)                                                        \
    X(SSR, "ssr", 0xfff0ff, 0x400000, AR_S, NONE, NONE, NONE)                                                          \
    X(SSL, "ssl", 0xfff0ff, 0x401000, AR_S, NONE, NONE, NONE)                                                          \
    X(SSA8L, "ssa8l", 0xfff0ff, 0x402000, AR_S, NONE, NONE, NONE)                                                      \
    X(SSA8B, "ssa8b", 0xfff0ff, 0x403000, AR_S, NONE, NONE, NONE)                                                      \
    X(SSAI, "ssai", 0xfff0ef, 0x404000, SSAI, NONE, NONE, NONE)                                                        \
    X(RER, "rer", 0xfff00f, 0x406000, AR_T, AR_S, NONE, NONE)                                                          \
    X(WER, "wer", 0xfff00f, 0x407000, AR_T, AR_S, NONE, NONE)                                                          \
    X(ROTW, "rotw", 0xffff0f, 0x408000, SIMM_T, NONE, NONE, NONE)                                                      \
    X(NSA, "nsa", 0xfff00f, 0x40e000, AR_T, AR_S, NONE, NONE)                                                          \
    X(NSAU, "nsau", 0xfff00f, 0x40f000, AR_T, AR_S, NONE, NONE)                                                        \
    X(RITLB0, "ritlb0", 0xfff00f, 0x503000, AR_T, AR_S, NONE, NONE)                                                    \
    X(IITLB, "iitlb", 0xfff0ff, 0x504000, AR_S, NONE, NONE, NONE)                                                      \
    X(PITLB, "pitlb", 0xfff00f, 0x505000, AR_T, AR_S, NONE, NONE)                                                      \
    X(WITLB, "witlb", 0xfff00f, 0x506000, AR_T, AR_S, NONE, NONE)                                                      \
    X(RITLB1, "ritlb1", 0xfff00f, 0x507000, AR_T, AR_S, NONE, NONE)                                                    \
    X(RDTLB0, "rdtlb0", 0xfff00f, 0x50b000, AR_T, AR_S, NONE, NONE)                                                    \
    X(IDTLB, "idtlb", 0xfff0ff, 0x50c000, AR_S, NONE, NONE, NONE)                                                      \
    X(PDTLB, "pdtlb", 0xfff00f, 0x50d000, AR_T, AR_S, NONE, NONE)                                                      \
    X(WDTLB, "wdtlb", 0xfff00f, 0x50e000, AR_T, AR_S, NONE, NONE)                                                      \
    X(RDTLB1, "rdtlb1", 0xfff00f, 0x50f000, AR_T, AR_S, NONE, NONE)

/* op0 = 0, op1 = 1 */
#define ESPY_OPS_RST1(X)                                                                                               \
    X(SLLI, "slli", 0xef000f, 0x010000, AR_R, AR_S, SLLI, NONE)                                                        \
    X(SRAI, "srai", 0xef000f, 0x210000, AR_R, AR_T, SRAI, NONE)                                                        \
    X(SRLI, "srli", 0xff000f, 0x410000, AR_R, AR_T, UIMM_S, NONE)                                                      \
    X(XSR, "xsr", 0xff000f, 0x610000, AR_T, SR, NONE, NONE)                                                            \
    X(SRC, "src", 0xff000f, 0x810000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(SRL, "srl", 0xff0f0f, 0x910000, AR_R, AR_T, NONE, NONE)                                                          \
    X(SLL, "sll", 0xff00ff, 0xa10000, AR_R, AR_S, NONE, NONE)                                                          \
    X(SRA, "sra", 0xff0f0f, 0xb10000, AR_R, AR_T, NONE, NONE)                                                          \
    X(MUL16U, "mul16u", 0xff000f, 0xc10000, AR_R, AR_S, AR_T, NONE)                                                    \
    X(MUL16S, "mul16s", 0xff000f, 0xd10000, AR_R, AR_S, AR_T, NONE)

/* op0 = 0, op1 = 2 */
#define ESPY_OPS_RST2(X)                                                                                               \
    X(ANDB, "andb", 0xff000f, 0x020000, BR_R, BR_S, BR_T, NONE)                                                        \
    X(ANDBC, "andbc", 0xff000f, 0x120000, BR_R, BR_S, BR_T, NONE)                                                      \
    X(ORB, "orb", 0xff000f, 0x220000, BR_R, BR_S, BR_T, NONE)                                                          \
    X(ORBC, "orbc", 0xff000f, 0x320000, BR_R, BR_S, BR_T, NONE)                                                        \
    X(XORB, "xorb", 0xff000f, 0x420000, BR_R, BR_S, BR_T, NONE)                                                        \
    X(SALTU, "saltu", 0xff000f, 0x620000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(SALT, "salt", 0xff000f, 0x720000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(MULL, "mull", 0xff000f, 0x820000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(MULUH, "muluh", 0xff000f, 0xa20000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(MULSH, "mulsh", 0xff000f, 0xb20000, AR_R, AR_S, AR_T, NONE)                                                      \
    X(QUOU, "quou", 0xff000f, 0xc20000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(QUOS, "quos", 0xff000f, 0xd20000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(REMU, "remu", 0xff000f, 0xe20000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(REMS, "rems", 0xff000f, 0xf20000, AR_R, AR_S, AR_T, NONE)

/* op0 = 0, op1 = 3 */
#define ESPY_OPS_RST3(X)                                                                                               \
    X(RSR, "rsr", 0xff000f, 0x030000, AR_T, SR, NONE, NONE)                                                            \
    X(WSR, "wsr", 0xff000f, 0x130000, AR_T, SR, NONE, NONE)                                                            \
    X(SEXT, "sext", 0xff000f, 0x230000, AR_R, AR_S, SEXT, NONE)                                                        \
    X(CLAMPS, "clamps", 0xff000f, 0x330000, AR_R, AR_S, SEXT, NONE)                                                    \
    X(MIN, "min", 0xff000f, 0x430000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(MAX, "max", 0xff000f, 0x530000, AR_R, AR_S, AR_T, NONE)                                                          \
    X(MINU, "minu", 0xff000f, 0x630000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(MAXU, "maxu", 0xff000f, 0x730000, AR_R, AR_S, AR_T, NONE)                                                        \
    X(MOVEQZ, "moveqz", 0xff000f, 0x830000, AR_R, AR_S, AR_T, NONE)                                                    \
    X(MOVNEZ, "movnez", 0xff000f, 0x930000, AR_R, AR_S, AR_T, NONE)                                                    \
    X(MOVLTZ, "movltz", 0xff000f, 0xa30000, AR_R, AR_S, AR_T, NONE)                                                    \
    X(MOVGEZ, "movgez", 0xff000f, 0xb30000, AR_R, AR_S, AR_T, NONE)                                                    \
    X(MOVF, "movf", 0xff000f, 0xc30000, AR_R, AR_S, BR_T, NONE)                                                        \
    X(MOVT, "movt", 0xff000f, 0xd30000, AR_R, AR_S, BR_T, NONE)                                                        \
    X(RUR, "rur", 0xff000f, 0xe30000, AR_R, UR_ST, NONE, NONE)                                                         \
    X(WUR, "wur", 0xff000f, 0xf30000, AR_T, UR_RS, NONE, NONE)

/* op0 = 0, op1 = 4 or 5 */
#define ESPY_OPS_EXTUI(X) X(EXTUI, "extui", 0x0e000f, 0x040000, AR_R, AR_T, SHIFT_S, WIDTH)

/* op0 = 0, op1 = 8 */
#define ESPY_OPS_LSCX(X)                                                                                               \
    X(LSX, "lsx", 0xff000f, 0x080000, FR_R, AR_S, AR_T, NONE)                                                          \
    X(LSXP, "lsxp", 0xff000f, 0x180000, FR_R, AR_S, AR_T, NONE)                                                        \
    X(SSX, "ssx", 0xff000f, 0x480000, FR_R, AR_S, AR_T, NONE)                                                          \
    X(SSXP, "ssxp", 0xff000f, 0x580000, FR_R, AR_S, AR_T, NONE)

/* op0 = 0, op1 = 9 */
#define ESPY_OPS_LSC4(X)                                                                                               \
    X(L32E, "l32e", 0xff000f, 0x090000, AR_T, AR_S, OFFSET_E, NONE)                                                    \
    X(S32E, "s32e", 0xff000f, 0x490000, AR_T, AR_S, OFFSET_E, NONE)

/* op0 = 0, op1 = 10 */
#define ESPY_OPS_FP0(X)                                                                                                \
    X(ADD_S, "add.s", 0xff000f, 0x0a0000, FR_R, FR_S, FR_T, NONE)                                                      \
    X(SUB_S, "sub.s", 0xff000f, 0x1a0000, FR_R, FR_S, FR_T, NONE)                                                      \
    X(MUL_S, "mul.s", 0xff000f, 0x2a0000, FR_R, FR_S, FR_T, NONE)                                                      \
    X(MADD_S, "madd.s", 0xff000f, 0x4a0000, FR_R, FR_S, FR_T, NONE)                                                    \
    X(MSUB_S, "msub.s", 0xff000f, 0x5a0000, FR_R, FR_S, FR_T, NONE)                                                    \
    X(MADDN_S, "maddn.s", 0xff000f, 0x6a0000, FR_R, FR_S, FR_T, NONE)                                                  \
    X(DIVN_S, "divn.s", 0xff000f, 0x7a0000, FR_R, FR_S, FR_T, NONE)                                                    \
    X(ROUND_S, "round.s", 0xff000f, 0x8a0000, AR_R, FR_S, UIMM_T, NONE)                                                \
    X(TRUNC_S, "trunc.s", 0xff000f, 0x9a0000, AR_R, FR_S, UIMM_T, NONE)                                                \
    X(FLOOR_S, "floor.s", 0xff000f, 0xaa0000, AR_R, FR_S, UIMM_T, NONE)                                                \
    X(CEIL_S, "ceil.s", 0xff000f, 0xba0000, AR_R, FR_S, UIMM_T, NONE)                                                  \
    X(FLOAT_S, "float.s", 0xff000f, 0xca0000, FR_R, AR_S, UIMM_T, NONE)                                                \
    X(UFLOAT_S, "ufloat.s", 0xff000f, 0xda0000, FR_R, AR_S, UIMM_T, NONE)                                              \
    X(UTRUNC_S, "utrunc.s", 0xff000f, 0xea0000, AR_R, FR_S, UIMM_T, NONE)                                              \
    X(MOV_S, "mov.s", 0xff00ff, 0xfa0000, FR_R, FR_S, NONE, NONE)                                                      \
    X(ABS_S, "abs.s", 0xff00ff, 0xfa0010, FR_R, FR_S, NONE, NONE)                                                      \
    X(CONST_S, "const.s", 0xff00ff, 0xfa0030, FR_R, UIMM_S, NONE, NONE)                                                \
    X(RFR, "rfr", 0xff00ff, 0xfa0040, AR_R, FR_S, NONE, NONE)                                                          \
    X(WFR, "wfr", 0xff00ff, 0xfa0050, FR_R, AR_S, NONE, NONE)                                                          \
    X(NEG_S, "neg.s", 0xff00ff, 0xfa0060, FR_R, FR_S, NONE, NONE)                                                      \
    X(DIV0_S, "div0.s", 0xff00ff, 0xfa0070, FR_R, FR_S, NONE, NONE)                                                    \
    X(RECIP0_S, "recip0.s", 0xff00ff, 0xfa0080, FR_R, FR_S, NONE, NONE)                                                \
    X(SQRT0_S, "sqrt0.s", 0xff00ff, 0xfa0090, FR_R, FR_S, NONE, NONE)                                                  \
    X(RSQRT0_S, "rsqrt0.s", 0xff00ff, 0xfa00a0, FR_R, FR_S, NONE, NONE)                                                \
    X(NEXP01_S, "nexp01.s", 0xff00ff, 0xfa00b0, FR_R, FR_S, NONE, NONE)                                                \
    X(MKSADJ_S, "mksadj.s", 0xff00ff, 0xfa00c0, FR_R, FR_S, NONE, NONE)                                                \
    X(MKDADJ_S, "mkdadj.s", 0xff00ff, 0xfa00d0, FR_R, FR_S, NONE, NONE)                                                \
    X(ADDEXP_S, "addexp.s", 0xff00ff, 0xfa00e0, FR_R, FR_S, NONE, NONE)                                                \
    X(ADDEXPM_S, "addexpm.s", 0xff00ff, 0xfa00f0, FR_R, FR_S, NONE, NONE)

/* op0 = 0, op1 = 11 */
#define ESPY_OPS_FP1(X)                                                                                                \
    X(UN_S, "un.s", 0xff000f, 0x1b0000, BR_R, FR_S, FR_T, NONE)                                                        \
    X(OEQ_S, "oeq.s", 0xff000f, 0x2b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(UEQ_S, "ueq.s", 0xff000f, 0x3b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(OLT_S, "olt.s", 0xff000f, 0x4b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(ULT_S, "ult.s", 0xff000f, 0x5b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(OLE_S, "ole.s", 0xff000f, 0x6b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(ULE_S, "ule.s", 0xff000f, 0x7b0000, BR_R, FR_S, FR_T, NONE)                                                      \
    X(MOVEQZ_S, "moveqz.s", 0xff000f, 0x8b0000, FR_R, FR_S, AR_T, NONE)                                                \
    X(MOVNEZ_S, "movnez.s", 0xff000f, 0x9b0000, FR_R, FR_S, AR_T, NONE)                                                \
    X(MOVLTZ_S, "movltz.s", 0xff000f, 0xab0000, FR_R, FR_S, AR_T, NONE)                                                \
    X(MOVGEZ_S, "movgez.s", 0xff000f, 0xbb0000, FR_R, FR_S, AR_T, NONE)                                                \
    X(MOVF_S, "movf.s", 0xff000f, 0xcb0000, FR_R, FR_S, BR_T, NONE)                                                    \
    X(MOVT_S, "movt.s", 0xff000f, 0xdb0000, FR_R, FR_S, BR_T, NONE)

/* op0 = 1 */
#define ESPY_OPS_L32R(X) X(L32R, "l32r", 0x00000f, 0x000001, AR_T, LITERAL, NONE, NONE)

/* op0 = 2 */
#define ESPY_OPS_LSAI(X)                                                                                               \
    X(L8UI, "l8ui", 0x00f00f, 0x000002, AR_T, AR_S, OFFSET_8, NONE)                                                    \
    X(L16UI, "l16ui", 0x00f00f, 0x001002, AR_T, AR_S, OFFSET_16, NONE)                                                 \
    X(L32I, "l32i", 0x00f00f, 0x002002, AR_T, AR_S, OFFSET_32, NONE)                                                   \
    X(S8I, "s8i", 0x00f00f, 0x004002, AR_T, AR_S, OFFSET_8, NONE)                                                      \
    X(S16I, "s16i", 0x00f00f, 0x005002, AR_T, AR_S, OFFSET_16, NONE)                                                   \
    X(S32I, "s32i", 0x00f00f, 0x006002, AR_T, AR_S, OFFSET_32, NONE)                                                   \
    X(L16SI, "l16si", 0x00f00f, 0x009002, AR_T, AR_S, OFFSET_16, NONE)                                                 \
    X(MOVI, "movi", 0x00f00f, 0x00a002, AR_T, MOVI, NONE, NONE)                                                        \
    X(L32AI, "l32ai", 0x00f00f, 0x00b002, AR_T, AR_S, OFFSET_32, NONE)                                                 \
    X(ADDI, "addi", 0x00f00f, 0x00c002, AR_T, AR_S, SIMM_8, NONE)                                                      \
    X(ADDMI, "addmi", 0x00f00f, 0x00d002, AR_T, AR_S, ADDMI, NONE)                                                     \
    X(S32C1I, "s32c1i", 0x00f00f, 0x00e002, AR_T, AR_S, OFFSET_32, NONE)                                               \
    X(S32RI, "s32ri", 0x00f00f, 0x00f002, AR_T, AR_S, OFFSET_32, NONE)                                                 \
    X(DPFR, "dpfr", 0x00f0ff, 0x007002, AR_S, OFFSET_32, NONE, NONE)                                                   \
    X(DPFW, "dpfw", 0x00f0ff, 0x007012, AR_S, OFFSET_32, NONE, NONE)                                                   \
    X(DPFRO, "dpfro", 0x00f0ff, 0x007022, AR_S, OFFSET_32, NONE, NONE)                                                 \
    X(DPFWO, "dpfwo", 0x00f0ff, 0x007032, AR_S, OFFSET_32, NONE, NONE)                                                 \
    X(DHWB, "dhwb", 0x00f0ff, 0x007042, AR_S, OFFSET_32, NONE, NONE)                                                   \
    X(DHWBI, "dhwbi", 0x00f0ff, 0x007052, AR_S, OFFSET_32, NONE, NONE)                                                 \
    X(DHI, "dhi", 0x00f0ff, 0x007062, AR_S, OFFSET_32, NONE, NONE)                                                     \
    X(DII, "dii", 0x00f0ff, 0x007072, AR_S, OFFSET_32, NONE, NONE)                                                     \
    X(IPF, "ipf", 0x00f0ff, 0x0070c2, AR_S, OFFSET_32, NONE, NONE)                                                     \
    X(IHI, "ihi", 0x00f0ff, 0x0070e2, AR_S, OFFSET_32, NONE, NONE)                                                     \
    X(III, "iii", 0x00f0ff, 0x0070f2, AR_S, OFFSET_32, NONE, NONE)

/* op0 = 3 */
#define ESPY_OPS_LSCI(X)                                                                                               \
    X(LSI, "lsi", 0x00f00f, 0x000003, FR_T, AR_S, OFFSET_32, NONE)                                                     \
    X(SSI, "ssi", 0x00f00f, 0x004003, FR_T, AR_S, OFFSET_32, NONE)                                                     \
    X(LSIP, "lsip", 0x00f00f, 0x008003, FR_T, AR_S, OFFSET_32, NONE)                                                   \
    X(SSIP, "ssip", 0x00f00f, 0x00c003, FR_T, AR_S, OFFSET_32, NONE)

/* The four half-word selections of a MAC16 instruction: low or high half of
 * the first operand, then of the second. */
#define ESPY_OPS_HALVES(X, NAME, name, mask, match, a, b, c, d)                                                        \
    X(NAME##_LL, name ".ll", mask, (match), a, b, c, d)                                                                \
    X(NAME##_HL, name ".hl", mask, (match) | 0x010000, a, b, c, d)                                                     \
    X(NAME##_LH, name ".lh", mask, (match) | 0x020000, a, b, c, d)                                                     \
    X(NAME##_HH, name ".hh", mask, (match) | 0x030000, a, b, c, d)

/* The same, for an instruction that also loads: the suffix goes last. */
#define ESPY_OPS_HALVES_LOAD(X, NAME, name, suffix, mask, match, y)                                                    \
    X(NAME##_LL, name ".ll" suffix, mask, (match), MR_W, AR_S, MR_X, y)                                                \
    X(NAME##_HL, name ".hl" suffix, mask, (match) | 0x010000, MR_W, AR_S, MR_X, y)                                     \
    X(NAME##_LH, name ".lh" suffix, mask, (match) | 0x020000, MR_W, AR_S, MR_X, y)                                     \
    X(NAME##_HH, name ".hh" suffix, mask, (match) | 0x030000, MR_W, AR_S, MR_X, y)

/* op0 = 4 */
#define ESPY_OPS_MAC16(X)                                                                                              \
    ESPY_OPS_HALVES(X, UMUL_AA, "umul.aa", 0xfff00f, 0x700004, AR_S, AR_T, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MUL_AA, "mul.aa", 0xfff00f, 0x740004, AR_S, AR_T, NONE, NONE)                                   \
    ESPY_OPS_HALVES(X, MULA_AA, "mula.aa", 0xfff00f, 0x780004, AR_S, AR_T, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MULS_AA, "muls.aa", 0xfff00f, 0x7c0004, AR_S, AR_T, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MUL_AD, "mul.ad", 0xfff0bf, 0x340004, AR_S, MR_Y, NONE, NONE)                                   \
    ESPY_OPS_HALVES(X, MULA_AD, "mula.ad", 0xfff0bf, 0x380004, AR_S, MR_Y, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MULS_AD, "muls.ad", 0xfff0bf, 0x3c0004, AR_S, MR_Y, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MUL_DA, "mul.da", 0xffbf0f, 0x640004, MR_X, AR_T, NONE, NONE)                                   \
    ESPY_OPS_HALVES(X, MULA_DA, "mula.da", 0xffbf0f, 0x680004, MR_X, AR_T, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MULS_DA, "muls.da", 0xffbf0f, 0x6c0004, MR_X, AR_T, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MUL_DD, "mul.dd", 0xffbfbf, 0x240004, MR_X, MR_Y, NONE, NONE)                                   \
    ESPY_OPS_HALVES(X, MULA_DD, "mula.dd", 0xffbfbf, 0x280004, MR_X, MR_Y, NONE, NONE)                                 \
    ESPY_OPS_HALVES(X, MULS_DD, "muls.dd", 0xffbfbf, 0x2c0004, MR_X, MR_Y, NONE, NONE)                                 \
    ESPY_OPS_HALVES_LOAD(X, MULA_DA_LDINC, "mula.da", ".ldinc", 0xff800f, 0x480004, AR_T)                              \
    ESPY_OPS_HALVES_LOAD(X, MULA_DA_LDDEC, "mula.da", ".lddec", 0xff800f, 0x580004, AR_T)                              \
    ESPY_OPS_HALVES_LOAD(X, MULA_DD_LDINC, "mula.dd", ".ldinc", 0xff80bf, 0x080004, MR_Y)                              \
    ESPY_OPS_HALVES_LOAD(X, MULA_DD_LDDEC, "mula.dd", ".lddec", 0xff80bf, 0x180004, MR_Y)                              \
    X(LDINC, "ldinc", 0xffc0ff, 0x800004, MR_W, AR_S, NONE, NONE)                                                      \
    X(LDDEC, "lddec", 0xffc0ff, 0x900004, MR_W, AR_S, NONE, NONE)

/* op0 = 5 */
#define ESPY_OPS_CALLN(X)                                                                                              \
    X(CALL0, "call0", 0x00003f, 0x000005, TARGET_CALL, NONE, NONE, NONE)                                               \
    X(CALL4, "call4", 0x00003f, 0x000015, TARGET_CALL, NONE, NONE, NONE)                                               \
    X(CALL8, "call8", 0x00003f, 0x000025, TARGET_CALL, NONE, NONE, NONE)                                               \
    X(CALL12, "call12", 0x00003f, 0x000035, TARGET_CALL, NONE, NONE, NONE)

/* op0 = 6 */
#define ESPY_OPS_SI(X)                                                                                                 \
    X(J, "j", 0x00003f, 0x000006, TARGET_J, NONE, NONE, NONE)                                                          \
    X(BEQZ, "beqz", 0x0000ff, 0x000016, AR_S, TARGET_12, NONE, NONE)                                                   \
    X(BNEZ, "bnez", 0x0000ff, 0x000056, AR_S, TARGET_12, NONE, NONE)                                                   \
    X(BLTZ, "bltz", 0x0000ff, 0x000096, AR_S, TARGET_12, NONE, NONE)                                                   \
    X(BGEZ, "bgez", 0x0000ff, 0x0000d6, AR_S, TARGET_12, NONE, NONE)                                                   \
    X(BEQI, "beqi", 0x0000ff, 0x000026, AR_S, B4CONST, TARGET_8, NONE)                                                 \
    X(BNEI, "bnei", 0x0000ff, 0x000066, AR_S, B4CONST, TARGET_8, NONE)                                                 \
    X(BLTI, "blti", 0x0000ff, 0x0000a6, AR_S, B4CONST, TARGET_8, NONE)                                                 \
    X(BGEI, "bgei", 0x0000ff, 0x0000e6, AR_S, B4CONST, TARGET_8, NONE)                                                 \
    X(ENTRY, "entry", 0x0000ff, 0x000036, AR_S, ENTRY, NONE, NONE)                                                     \
    X(BF, "bf", 0x00f0ff, 0x000076, BR_S, TARGET_8, NONE, NONE)                                                        \
    X(BT, "bt", 0x00f0ff, 0x001076, BR_S, TARGET_8, NONE, NONE)                                                        \
    X(LOOP, "loop", 0x00f0ff, 0x008076, AR_S, TARGET_LOOP, NONE, NONE)                                                 \
    X(LOOPNEZ, "loopnez", 0x00f0ff, 0x009076, AR_S, TARGET_LOOP, NONE, NONE)                                           \
    X(LOOPGTZ, "loopgtz", 0x00f0ff, 0x00a076, AR_S, TARGET_LOOP, NONE, NONE)                                           \
    X(BLTUI, "bltui", 0x0000ff, 0x0000b6, AR_S, B4CONSTU, TARGET_8, NONE)                                              \
    X(BGEUI, "bgeui", 0x0000ff, 0x0000f6, AR_S, B4CONSTU, TARGET_8, NONE)

/* op0 = 7 */
#define ESPY_OPS_B(X)                                                                                                  \
    X(BNONE, "bnone", 0x00f00f, 0x000007, AR_S, AR_T, TARGET_8, NONE)                                                  \
    X(BEQ, "beq", 0x00f00f, 0x001007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BLT, "blt", 0x00f00f, 0x002007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BLTU, "bltu", 0x00f00f, 0x003007, AR_S, AR_T, TARGET_8, NONE)                                                    \
    X(BALL, "ball", 0x00f00f, 0x004007, AR_S, AR_T, TARGET_8, NONE)                                                    \
    X(BBC, "bbc", 0x00f00f, 0x005007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BBCI, "bbci", 0x00e00f, 0x006007, AR_S, BIT, TARGET_8, NONE)                                                     \
    X(BANY, "bany", 0x00f00f, 0x008007, AR_S, AR_T, TARGET_8, NONE)                                                    \
    X(BNE, "bne", 0x00f00f, 0x009007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BGE, "bge", 0x00f00f, 0x00a007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BGEU, "bgeu", 0x00f00f, 0x00b007, AR_S, AR_T, TARGET_8, NONE)                                                    \
    X(BNALL, "bnall", 0x00f00f, 0x00c007, AR_S, AR_T, TARGET_8, NONE)                                                  \
    X(BBS, "bbs", 0x00f00f, 0x00d007, AR_S, AR_T, TARGET_8, NONE)                                                      \
    X(BBSI, "bbsi", 0x00e00f, 0x00e007, AR_S, BIT, TARGET_8, NONE)

/* op0 = 8 to 13: the 16-bit instructions */
#define ESPY_OPS_DENSITY(X)                                                                                            \
    X(L32I_N, "l32i.n", 0x00000f, 0x000008, AR_T, AR_S, OFFSET_N, NONE)                                                \
    X(S32I_N, "s32i.n", 0x00000f, 0x000009, AR_T, AR_S, OFFSET_N, NONE)                                                \
    X(ADD_N, "add.n", 0x00000f, 0x00000a, AR_R, AR_S, AR_T, NONE)                                                      \
    X(ADDI_N, "addi.n", 0x00000f, 0x00000b, AR_R, AR_S, ADDI_N, NONE)                                                  \
    X(MOVI_N, "movi.n", 0x00008f, 0x00000c, AR_S, MOVI_N, NONE, NONE)                                                  \
    X(BEQZ_N, "beqz.n", 0x0000cf, 0x00008c, AR_S, TARGET_6, NONE, NONE)                                                \
    X(BNEZ_N, "bnez.n", 0x0000cf, 0x0000cc, AR_S, TARGET_6, NONE, NONE)                                                \
    X(MOV_N, "mov.n", 0x00f00f, 0x00000d, AR_T, AR_S, NONE, NONE)                                                      \
    X(RET_N, "ret.n", 0x00ffff, 0x00f00d, NONE, NONE, NONE, NONE)                                                      \
    X(RETW_N, "retw.n", 0x00ffff, 0x00f01d, NONE, NONE, NONE, NONE)                                                    \
    X(BREAK_N, "break.n", 0x00f0ff, 0x00f02d, UIMM_S, NONE, NONE, NONE)                                                \
    X(NOP_N, "nop.n", 0x00ffff, 0x00f03d, NONE, NONE, NONE, NONE)

/* The groups in which each instruction has a handler of its own. */
#define ESPY_OPS_OWN(X)                                                                                                \
    ESPY_OPS_RST0(X)                                                                                                   \
    ESPY_OPS_RST1(X)                                                                                                   \
    ESPY_OPS_RST2(X)                                                                                                   \
    ESPY_OPS_RST3(X)                                                                                                   \
    ESPY_OPS_EXTUI(X)                                                                                                  \
    ESPY_OPS_LSCX(X)                                                                                                   \
    ESPY_OPS_FP0(X)                                                                                                    \
    ESPY_OPS_FP1(X)                                                                                                    \
    ESPY_OPS_L32R(X)                                                                                                   \
    ESPY_OPS_LSAI(X)                                                                                                   \
    ESPY_OPS_LSCI(X)                                                                                                   \
    ESPY_OPS_CALLN(X)                                                                                                  \
    ESPY_OPS_SI(X)                                                                                                     \
    ESPY_OPS_B(X)

#define ESPY_OPS(X)                                                                                                    \
    ESPY_OPS_OWN(X)                                                                                                    \
    ESPY_OPS_LSC4(X)                                                                                                   \
    ESPY_OPS_MAC16(X)                                                                                                  \
    ESPY_OPS_DENSITY(X)

#endif
