/* SPDX-License-Identifier: MIT
 *
 * The text of an instruction; see the header.
 */
#include "disasm.h"

#include <inttypes.h>
#include <stdio.h>

/* Special registers by number.  Source: ESP-IDF, components/xtensa/include/xtensa/specreg.h
 * and the core's core-isa.h; 226 is INTSET to a write. */
static const char *const special_registers[256] = {
    [0] = "lbeg",        [1] = "lend",        [2] = "lcount",      [3] = "sar",           [4] = "br",
    [12] = "scompare1",  [16] = "acclo",      [17] = "acchi",      [32] = "m0",           [33] = "m1",
    [34] = "m2",         [35] = "m3",         [72] = "windowbase", [73] = "windowstart",  [96] = "ibreakenable",
    [97] = "memctl",     [99] = "atomctl",    [104] = "ddr",       [128] = "ibreaka0",    [129] = "ibreaka1",
    [144] = "dbreaka0",  [145] = "dbreaka1",  [160] = "dbreakc0",  [161] = "dbreakc1",    [176] = "configid0",
    [177] = "epc1",      [178] = "epc2",      [179] = "epc3",      [180] = "epc4",        [181] = "epc5",
    [182] = "epc6",      [183] = "epc7",      [192] = "depc",      [194] = "eps2",        [195] = "eps3",
    [196] = "eps4",      [197] = "eps5",      [198] = "eps6",      [199] = "eps7",        [208] = "configid1",
    [209] = "excsave1",  [210] = "excsave2",  [211] = "excsave3",  [212] = "excsave4",    [213] = "excsave5",
    [214] = "excsave6",  [215] = "excsave7",  [224] = "cpenable",  [226] = "interrupt",   [227] = "intclear",
    [228] = "intenable", [230] = "ps",        [231] = "vecbase",   [232] = "exccause",    [233] = "debugcause",
    [234] = "ccount",    [235] = "prid",      [236] = "icount",    [237] = "icountlevel", [238] = "excvaddr",
    [240] = "ccompare0", [241] = "ccompare1", [242] = "ccompare2", [244] = "misc0",       [245] = "misc1",
    [246] = "misc2",     [247] = "misc3",
};

static const char *const user_registers[256] = {[231] = "threadptr", [232] = "fcr", [233] = "fsr"};

/* Letter and number of a register operand; false for the other kinds. */
static bool register_of(const espy_insn *in, espy_operand kind, char *letter, unsigned *number)
{
    static const char files[] = "aaafffbbbmmm";
    const unsigned numbers[] = {in->r, in->s, in->t, in->r,      in->s,           in->t,
                                in->r, in->s, in->t, in->r & 3u, in->r >> 2 & 1u, 2 + (in->t >> 2 & 1u)};
    if (kind < ESPY_ARG_AR_R || kind > ESPY_ARG_MR_Y)
        return false;
    *letter = files[kind - ESPY_ARG_AR_R];
    *number = numbers[kind - ESPY_ARG_AR_R];
    return true;
}

static const char *name_of(const espy_insn *in, espy_operand kind)
{
    unsigned number = (unsigned)in->imm & 0xff;
    if (kind == ESPY_ARG_UR_ST || kind == ESPY_ARG_UR_RS)
        return user_registers[number];
    if (kind != ESPY_ARG_SR)
        return NULL;
    return number == 226 && in->op == ESPY_OP_WSR ? "intset" : special_registers[number];
}

static int print_operand(const espy_insn *in, espy_operand kind, char *text, size_t size)
{
    char letter;
    unsigned number;
    const char *name = name_of(in, kind);
    if (register_of(in, kind, &letter, &number))
        return snprintf(text, size, "%c%u", letter, number);
    if (name != NULL)
        return snprintf(text, size, "%s", name);
    if (kind >= ESPY_ARG_LITERAL)
        return snprintf(text, size, "0x%" PRIx32, in->target);
    if (kind == ESPY_ARG_WIDTH || kind == ESPY_ARG_UIMM_T)
        return snprintf(text, size, "%" PRId32, in->imm2);
    return snprintf(text, size, "%" PRId32, in->imm);
}

static size_t append(char *text, size_t size, size_t length, const char *more)
{
    char *end = length < size ? text + length : NULL;
    return length + (size_t)snprintf(end, end != NULL ? size - length : 0, "%s", more);
}

size_t espy_disasm(const espy_insn *insn, char *text, size_t size)
{
    const espy_opinfo *info = espy_opcode_info((espy_opcode)insn->op);
    size_t length = append(text, size, 0, info->mnemonic);
    for (unsigned i = 0; i < 4 && info->operand[i] != ESPY_ARG_NONE; i++) {
        char operand[24];
        print_operand(insn, (espy_operand)info->operand[i], operand, sizeof operand);
        length = append(text, size, length, i == 0 ? "\t" : ", ");
        length = append(text, size, length, operand);
    }
    return length;
}
