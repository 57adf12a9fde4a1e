/* SPDX-License-Identifier: MIT
 *
 * The text of an instruction, for traces and a debugger: the mnemonic, a tab, and
 * the operands as LLVM's disassembler writes them, with targets as addresses.
 *
 * What espy_decode does not know is "ill"; a vector instruction is "ee".
 */
#ifndef ESPY_EMU_CPU_DISASM_H
#define ESPY_EMU_CPU_DISASM_H

#include "decode.h"

#include <stddef.h>

/* No instruction's text is longer, its NUL included. */
#define ESPY_DISASM_SIZE 64

/* Writes the text and a NUL to text, cut to `size` bytes.  Returns the length of
 * the whole text, as snprintf does. */
size_t espy_disasm(const espy_insn *insn, char *text, size_t size);

#endif
