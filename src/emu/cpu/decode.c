/* SPDX-License-Identifier: MIT
 *
 * The instruction decoder; see the header.
 */
#include "decode.h"

#include <stddef.h>

static const espy_opinfo info[ESPY_OP_COUNT] = {[ESPY_OP_ILLEGAL] = {.mnemonic = "ill"},
                                                [ESPY_OP_EE] = {.mnemonic = "ee"},
#define X(NAME, name, bits, value, a, b, c, d)                                                                         \
    [ESPY_OP_##NAME] = {.mnemonic = name,                                                                              \
                        .mask = bits,                                                                                  \
                        .match = value,                                                                                \
                        .operand = {ESPY_ARG_##a, ESPY_ARG_##b, ESPY_ARG_##c, ESPY_ARG_##d}},
                                                ESPY_OPS(X)
#undef X
};

typedef struct group {
    uint16_t first, last;
} group;

/* The opcodes of a major opcode; op0 = 0 has a second level. */
static const group by_op0[16] = {
    [1] = {ESPY_OP_L32R, ESPY_OP_L32R},      [2] = {ESPY_OP_L8UI, ESPY_OP_III},
    [3] = {ESPY_OP_LSI, ESPY_OP_SSIP},       [4] = {ESPY_OP_UMUL_AA_LL, ESPY_OP_LDDEC},
    [5] = {ESPY_OP_CALL0, ESPY_OP_CALL12},   [6] = {ESPY_OP_J, ESPY_OP_BGEUI},
    [7] = {ESPY_OP_BNONE, ESPY_OP_BBSI},     [8] = {ESPY_OP_L32I_N, ESPY_OP_L32I_N},
    [9] = {ESPY_OP_S32I_N, ESPY_OP_S32I_N},  [10] = {ESPY_OP_ADD_N, ESPY_OP_ADD_N},
    [11] = {ESPY_OP_ADDI_N, ESPY_OP_ADDI_N}, [12] = {ESPY_OP_MOVI_N, ESPY_OP_BNEZ_N},
    [13] = {ESPY_OP_MOV_N, ESPY_OP_NOP_N},
};

static const group by_op1[16] = {
    [0] = {ESPY_OP_ADD, ESPY_OP_RDTLB1},       [1] = {ESPY_OP_SLLI, ESPY_OP_MUL16S},
    [2] = {ESPY_OP_ANDB, ESPY_OP_REMS},        [3] = {ESPY_OP_RSR, ESPY_OP_WUR},
    [4] = {ESPY_OP_EXTUI, ESPY_OP_EXTUI},      [5] = {ESPY_OP_EXTUI, ESPY_OP_EXTUI},
    [8] = {ESPY_OP_LSX, ESPY_OP_SSXP},         [9] = {ESPY_OP_L32E, ESPY_OP_S32E},
    [10] = {ESPY_OP_ADD_S, ESPY_OP_ADDEXPM_S}, [11] = {ESPY_OP_UN_S, ESPY_OP_MOVT_S},
};

static const int32_t b4const[16] = {-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};
static const int32_t b4constu[16] = {32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};

unsigned espy_insn_length(uint8_t first)
{
    unsigned op0 = first & 15;
    return op0 >= 14 ? 4 : op0 >= 8 ? 2 : 3;
}

const espy_opinfo *espy_opcode_info(espy_opcode op)
{
    return &info[op];
}

/* The `width` bits of word from bit `low` on. */
static uint32_t field(uint32_t word, unsigned low, unsigned width)
{
    return word >> low & ((1u << width) - 1);
}

static int32_t sign_extend(uint32_t value, unsigned width)
{
    uint32_t sign = 1u << (width - 1);
    return (int32_t)((value ^ sign) - sign);
}

static int32_t signed_field(uint32_t word, unsigned low, unsigned width)
{
    return sign_extend(field(word, low, width), width);
}

/* Bits scattered over the word: bit `high` above the four of the s or t field. */
static int32_t five_bits(uint32_t word, unsigned high, uint32_t low)
{
    return (int32_t)(field(word, high, 1) << 4 | low);
}

/* MOVI.N loads -32 to 95: seven bits, negative when the two upper ones are set. */
static int32_t movi_n(uint32_t word)
{
    uint32_t value = field(word, 4, 3) << 4 | field(word, 12, 4);
    return value >= 96 ? (int32_t)value - 128 : (int32_t)value;
}

static int32_t small_operand(espy_operand kind, uint32_t w, const espy_insn *in)
{
    switch (kind) {
    case ESPY_ARG_UIMM_S: return in->s;
    case ESPY_ARG_SIMM_T: return sign_extend(in->t, 4);
    case ESPY_ARG_SSAI: return five_bits(w, 4, in->s);
    case ESPY_ARG_SLLI: return 32 - five_bits(w, 20, in->t);
    case ESPY_ARG_SRAI: return five_bits(w, 20, in->s);
    case ESPY_ARG_SHIFT_S: return five_bits(w, 16, in->s);
    case ESPY_ARG_BIT: return five_bits(w, 12, in->t);
    case ESPY_ARG_SEXT: return in->t + 7;
    case ESPY_ARG_SR:
    case ESPY_ARG_UR_RS: return (int32_t)field(w, 8, 8);
    case ESPY_ARG_UR_ST: return (int32_t)field(w, 4, 8);
    case ESPY_ARG_OFFSET_8: return (int32_t)field(w, 16, 8);
    case ESPY_ARG_OFFSET_16: return (int32_t)field(w, 16, 8) * 2;
    case ESPY_ARG_OFFSET_32: return (int32_t)field(w, 16, 8) * 4;
    case ESPY_ARG_OFFSET_N: return in->r * 4;
    case ESPY_ARG_OFFSET_E: return in->r * 4 - 64;
    case ESPY_ARG_SIMM_8: return signed_field(w, 16, 8);
    case ESPY_ARG_ADDMI: return signed_field(w, 16, 8) * 256;
    case ESPY_ARG_ADDI_N: return in->t == 0 ? -1 : in->t;
    case ESPY_ARG_MOVI: return sign_extend(field(w, 8, 4) << 8 | field(w, 16, 8), 12);
    case ESPY_ARG_MOVI_N: return movi_n(w);
    case ESPY_ARG_ENTRY: return (int32_t)field(w, 12, 12) * 8;
    case ESPY_ARG_B4CONST: return b4const[in->r];
    case ESPY_ARG_B4CONSTU: return b4constu[in->r];
    default: return in->imm;
    }
}

static uint32_t address_operand(espy_operand kind, uint32_t w, uint32_t pc, uint32_t otherwise)
{
    switch (kind) {
    case ESPY_ARG_LITERAL: return ((pc + 3) & ~3u) + ((0xffff0000u | field(w, 8, 16)) << 2);
    case ESPY_ARG_TARGET_CALL: return (pc & ~3u) + 4 + ((uint32_t)signed_field(w, 6, 18) << 2);
    case ESPY_ARG_TARGET_J: return pc + 4 + (uint32_t)signed_field(w, 6, 18);
    case ESPY_ARG_TARGET_12: return pc + 4 + (uint32_t)signed_field(w, 12, 12);
    case ESPY_ARG_TARGET_8: return pc + 4 + (uint32_t)signed_field(w, 16, 8);
    case ESPY_ARG_TARGET_6: return pc + 4 + (field(w, 4, 2) << 4 | field(w, 12, 4));
    case ESPY_ARG_TARGET_LOOP: return pc + 4 + field(w, 16, 8);
    default: return otherwise;
    }
}

static void take_operand(espy_insn *in, espy_operand kind, uint32_t w, uint32_t pc)
{
    if (kind == ESPY_ARG_WIDTH)
        in->imm2 = (int32_t)field(w, 20, 4) + 1;
    else if (kind == ESPY_ARG_UIMM_T)
        in->imm2 = in->t;
    else if (kind >= ESPY_ARG_LITERAL)
        in->target = address_operand(kind, w, pc, in->target);
    else
        in->imm = small_operand(kind, w, in);
}

static espy_opcode find(uint32_t w)
{
    unsigned op0 = w & 15;
    if (op0 >= 14)
        return ESPY_OP_EE;
    group g = op0 == 0 ? by_op1[field(w, 16, 4)] : by_op0[op0];
    for (unsigned op = g.first; op <= g.last && op != ESPY_OP_ILLEGAL; op++)
        if ((w & info[op].mask) == info[op].match)
            return (espy_opcode)op;
    return op0 == 4 ? ESPY_OP_EE : ESPY_OP_ILLEGAL;
}

bool espy_decode(espy_insn *insn, const uint8_t *bytes, uint32_t pc)
{
    unsigned length = espy_insn_length(bytes[0]);
    uint32_t w = 0;
    for (unsigned i = 0; i < length; i++)
        w |= (uint32_t)bytes[i] << 8 * i;
    *insn = (espy_insn){.op = (uint16_t)find(w), .length = (uint8_t)length};
    insn->r = (uint8_t)field(w, 12, 4);
    insn->s = (uint8_t)field(w, 8, 4);
    insn->t = (uint8_t)field(w, 4, 4);
    for (unsigned i = 0; i < 4; i++)
        take_operand(insn, (espy_operand)info[insn->op].operand[i], w, pc);
    return insn->op != ESPY_OP_ILLEGAL;
}
