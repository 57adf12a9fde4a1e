/* SPDX-License-Identifier: MIT
 *
 * Xtensa code as it compresses better, for both ends of a READ: what CALLs and L32Rs name is
 * told by its own place instead of by its distance, so that it is the same bytes wherever it
 * is named from.  On what is no code this does harm, but no damage.  Source: Xtensa
 * Instruction Set Architecture, "CALL and CALLN format", "RI16" and the Code Density Option.
 */
#ifndef ESPY_LOADER_STUB_CODE_H
#define ESPY_LOADER_STUB_CODE_H

#include <stdbool.h>
#include <stdint.h>

enum { ESPY_CODE_L32R = 1, ESPY_CODE_CALL = 5 }; /* op0, the low nibble */

/* Bytes of the instruction that begins so. */
static inline uint32_t espy_code_length(uint8_t first)
{
    unsigned op0 = first & 15u;
    return op0 >= 8 && op0 < 14 ? 2 : 3;
}

/* n bytes that lie at addr in the flash; back undoes it. */
static inline void espy_code_absolute(uint8_t *bytes, uint32_t n, uint32_t addr, bool back)
{
    for (uint32_t at = 0; at + 3 <= n; at += espy_code_length(bytes[at])) {
        uint8_t *p = bytes + at;
        unsigned op0 = p[0] & 15u, shift = op0 == ESPY_CODE_CALL ? 6 : 8;
        if (op0 != ESPY_CODE_CALL && op0 != ESPY_CODE_L32R)
            continue;
        uint32_t word = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
        uint32_t from = (addr + at + (op0 == ESPY_CODE_CALL ? 0 : 3)) >> 2;
        word = (word & ((1u << shift) - 1)) | ((word >> shift) + (back ? 0 - from : from)) << shift;
        p[0] = (uint8_t)word;
        p[1] = (uint8_t)(word >> 8);
        p[2] = (uint8_t)(word >> 16);
    }
}

#endif
