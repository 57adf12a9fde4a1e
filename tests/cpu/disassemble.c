/* SPDX-License-Identifier: MIT
 *
 * Disassembles what it reads from its input: records of an address (4 bytes, little
 * endian) and 4 bytes of code there.  Prints a line for each: "LENGTH TEXT".
 */
#include "../../src/base/bytes.h"
#include "../../src/emu/cpu/disasm.h"

#include <stdio.h>

int main(void)
{
    uint8_t record[8];
    while (fread(record, 1, sizeof record, stdin) == sizeof record) {
        espy_insn insn;
        char text[ESPY_DISASM_SIZE];
        espy_decode(&insn, record + 4, get_le32(record));
        espy_disasm(&insn, text, sizeof text);
        printf("%u %s\n", insn.length, text);
    }
    return 0;
}
