/* SPDX-License-Identifier: MIT
 *
 * The parts of a linked 32-bit little-endian ELF program that have bytes and an
 * address, by sections or by program headers.
 *
 * Follows: TIS, "Executable and Linking Format" 1.2.
 */
#ifndef ESPY_IMAGE_ELF_H
#define ESPY_IMAGE_ELF_H

#include "espy/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct espy_elf_part {
    const char *name; /* borrowed from the file; "PHDR" for a program header */
    uint32_t addr;
    uint32_t align;
    const uint8_t *data; /* borrowed */
    uint32_t size;
} espy_elf_part;

typedef struct espy_elf {
    uint32_t entry;
    espy_elf_part *section; /* owned; in the file's order, as the next */
    size_t section_count;
    espy_elf_part *segment; /* owned; at their physical addresses */
    size_t segment_count;
} espy_elf;

/* Lists sections with bytes (PROGBITS and the three kinds of arrays of functions) and
 * segments to load; those at address 0 or without bytes are left out.  ESPY_E_FORMAT:
 * not such a file, or cut short; ESPY_E_UNSUPPORTED: neither Xtensa nor RISC-V. */
espy_status espy_elf_read(espy_elf *elf, const uint8_t *bytes, size_t size, espy_err *err);
void espy_elf_free(espy_elf *elf);

#endif
