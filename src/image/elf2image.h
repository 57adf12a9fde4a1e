/* SPDX-License-Identifier: MIT
 *
 * An application (or bootloader) image for the ESP32-S3 from a linked program.
 *
 * The MMU maps flash by pages of 64 KiB, so that what runs or is read from flash
 * must lie in the file at the same offset within a page as in memory.  The room
 * before such a segment is filled with pieces of what is loaded into RAM, else
 * with zeros.
 *
 * Follows: esptool documentation, "Convert ELF to Binary: elf2image" and
 * "Firmware Image Format"; the result is byte for byte that of esptool 5.6.
 */
#ifndef ESPY_IMAGE_ELF2IMAGE_H
#define ESPY_IMAGE_ELF2IMAGE_H

#include "espy/err.h"
#include "../base/buf.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct espy_elf2image_options {
    uint8_t flash_mode, flash_freq, flash_size; /* codes, see merge.h */
    uint8_t min_rev;                            /* the older field of the header */
    uint16_t min_rev_full, max_rev_full;        /* major * 100 + minor; 65535: no limit */
    uint32_t elf_sha256_offset; /* where in the file the ELF's digest goes; 0: into an app description */
    uint32_t pad_to_size;       /* fill the last block of this size with 0xFF; 0: not */
    bool no_digest;
    bool use_segments;    /* program headers instead of sections */
    bool ram_only_header; /* the header counts only what is loaded into RAM; implies no_digest */
    bool secure_pad_v2;   /* leave room so that the signature's sector begins on a page */
} espy_elf2image_options;

typedef struct espy_elf2image_result {
    size_t merged; /* sections that became part of the one before */
} espy_elf2image_result;

/* ESPY_E_FORMAT: not a program that makes an image (the sentence says why). */
espy_status espy_elf2image(espy_buf *out, const uint8_t *elf, size_t size, const espy_elf2image_options *options,
                           espy_elf2image_result *result, espy_err *err);

#endif
