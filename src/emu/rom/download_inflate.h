/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: tinfl_decompress(), by which the serial loader and the stubs that
 * it loads inflate.
 *
 * All of its state is in the caller's tinfl_decompressor in guest memory, tables
 * included, in the mask ROM's layout, so that it can stop after any byte of input or
 * output.  That is why it is no call of zlib, whose state is the host's.
 *
 * Source: RFC 1950, RFC 1951; ESP-IDF, rom/miniz.h, for the interface and the layout.
 */
#ifndef ESPY_EMU_ROM_DOWNLOAD_INFLATE_H
#define ESPY_EMU_ROM_DOWNLOAD_INFLATE_H

#include "native.h"

#define ESPY_TINFL_SIZE 10992u /* sizeof(tinfl_decompressor); all zero, or its first word: a new stream */

enum {
    ESPY_TINFL_PARSE_ZLIB_HEADER = 1,
    ESPY_TINFL_HAS_MORE_INPUT = 2,
    ESPY_TINFL_NON_WRAPPING = 4, /* the output buffer holds everything; else it is a window of 2^n bytes */
    ESPY_TINFL_COMPUTE_ADLER32 = 8
};

typedef enum espy_tinfl_status {
    ESPY_TINFL_BAD_PARAM = -3,
    ESPY_TINFL_ADLER32_MISMATCH = -2,
    ESPY_TINFL_FAILED = -1,
    ESPY_TINFL_DONE = 0,
    ESPY_TINFL_NEEDS_MORE_INPUT = 1,
    ESPY_TINFL_HAS_MORE_OUTPUT = 2
} espy_tinfl_status;

/* Addresses are the guest's. */
typedef struct espy_tinfl_call {
    uint32_t self; /* the tinfl_decompressor */
    uint32_t in, in_size;
    uint32_t out_start; /* of the window */
    uint32_t out, out_size;
    uint32_t flags;
} espy_tinfl_call;

/* in_size and out_size become what was taken and given. */
espy_tinfl_status espy_rom_inflate(const espy_rom_call *c, espy_tinfl_call *call);
/* tinfl_decompress() */
void espy_rom_tinfl_decompress(espy_rom_call *c);

#endif
