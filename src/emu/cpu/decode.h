/* SPDX-License-Identifier: MIT
 *
 * From instruction bytes to an instruction: which one, its registers, its
 * immediates as the numbers they stand for, its target as an address.
 *
 * Source: see opcodes.h.
 */
#ifndef ESPY_EMU_CPU_DECODE_H
#define ESPY_EMU_CPU_DECODE_H

#include "opcodes.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum espy_opcode {
    ESPY_OP_ILLEGAL, /* nothing this core knows, ILL and ILL.N included */
    ESPY_OP_EE,      /* in the encoding space of coprocessor 3, the vector unit */
#define X(NAME, mnemonic, mask, match, a, b, c, d) ESPY_OP_##NAME,
    ESPY_OPS(X)
#undef X
        ESPY_OP_COUNT
} espy_opcode;

/* What an operand is and where in espy_insn it is found. */
typedef enum espy_operand {
    ESPY_ARG_NONE,
    ESPY_ARG_AR_R, /* address registers, number in .r, .s, .t */
    ESPY_ARG_AR_S,
    ESPY_ARG_AR_T,
    ESPY_ARG_FR_R, /* floating-point registers, in .r, .s, .t */
    ESPY_ARG_FR_S,
    ESPY_ARG_FR_T,
    ESPY_ARG_BR_R, /* booleans, in .r, .s, .t; the first one of ANY4, ALL8 and so on */
    ESPY_ARG_BR_S,
    ESPY_ARG_BR_T,
    ESPY_ARG_MR_W, /* MAC16 registers: m0-m3 is .r & 3; */
    ESPY_ARG_MR_X, /* m0-m1 is .r >> 2 & 1; */
    ESPY_ARG_MR_Y, /* m2-m3 is 2 + (.t >> 2 & 1) */
    /* All further operands are in .imm, save the second of two: */
    ESPY_ARG_WIDTH,  /* EXTUI's width 1-16, in .imm2 */
    ESPY_ARG_UIMM_T, /* the t field as a number, in .imm2 */
    ESPY_ARG_UIMM_S, /* the s field as a number */
    ESPY_ARG_SIMM_T, /* ROTW: -8 to 7 */
    ESPY_ARG_SSAI,   /* shift amounts 0-31 */
    ESPY_ARG_SLLI,
    ESPY_ARG_SRAI,
    ESPY_ARG_SHIFT_S,
    ESPY_ARG_BIT,      /* a bit number 0-31 */
    ESPY_ARG_SEXT,     /* 7-22 */
    ESPY_ARG_SR,       /* a special register's number */
    ESPY_ARG_UR_ST,    /* a user register's number, RUR */
    ESPY_ARG_UR_RS,    /* and WUR */
    ESPY_ARG_OFFSET_8, /* unsigned byte offsets of loads and stores */
    ESPY_ARG_OFFSET_16,
    ESPY_ARG_OFFSET_32,
    ESPY_ARG_OFFSET_N,
    ESPY_ARG_OFFSET_E, /* L32E, S32E: -64 to -4 */
    ESPY_ARG_SIMM_8,   /* signed numbers to add or to load */
    ESPY_ARG_ADDMI,
    ESPY_ARG_ADDI_N,
    ESPY_ARG_MOVI,
    ESPY_ARG_MOVI_N,
    ESPY_ARG_ENTRY,    /* the frame's size in bytes */
    ESPY_ARG_B4CONST,  /* what BEQI and so on compare with, signed */
    ESPY_ARG_B4CONSTU, /* the same for BLTUI, BGEUI, unsigned */
    /* Addresses, in .target */
    ESPY_ARG_LITERAL,
    ESPY_ARG_TARGET_CALL,
    ESPY_ARG_TARGET_J,
    ESPY_ARG_TARGET_12,
    ESPY_ARG_TARGET_8,
    ESPY_ARG_TARGET_6,
    ESPY_ARG_TARGET_LOOP
} espy_operand;

typedef struct espy_insn {
    uint16_t op;    /* espy_opcode */
    uint8_t length; /* 2, 3 or 4 bytes */
    uint8_t r, s, t;
    int32_t imm, imm2;
    uint32_t target;
} espy_insn;

typedef struct espy_opinfo {
    const char *mnemonic;
    uint32_t mask, match;
    uint8_t operand[4]; /* espy_operand, in the assembler's order */
} espy_opinfo;

/* Decodes the instruction at pc.  Reads no byte beyond the instruction's
 * length, which espy_insn_length(bytes[0]) tells.  Returns false, with op
 * ESPY_OP_ILLEGAL, for what is no instruction of this core. */
bool espy_decode(espy_insn *insn, const uint8_t *bytes, uint32_t pc);

/* The length of the instruction that begins with this byte: 2, 3 or 4. */
unsigned espy_insn_length(uint8_t first);

/* What is known about op; the mnemonic of ILLEGAL is "ill". */
const espy_opinfo *espy_opcode_info(espy_opcode op);

#endif
