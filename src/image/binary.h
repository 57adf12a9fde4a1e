/* SPDX-License-Identifier: MIT
 *
 * One binary in Espressif's image format, inside a file: a bootloader or an
 * application.
 */
#ifndef ESPY_IMAGE_BINARY_H
#define ESPY_IMAGE_BINARY_H

#include "espy/image.h"

#define ESPY_BINARY_MAGIC 0xE9
#define ESPY_BINARY_HEADER 24

/* A file and the flash address of its first byte. */
typedef struct espy_file_view {
    const uint8_t *bytes;
    size_t size;
    uint32_t base;
} espy_file_view;

/* Parses and verifies the binary at flash address addr, which must lie within
 * the file and may use at most `room` bytes. */
espy_status espy_binary_parse(espy_binary *binary, const espy_file_view *file, uint32_t addr, uint32_t room,
                              espy_err *err);

/* What these first bytes of the binary at flash address addr tell: the header, where the
 * first segment goes, the description.  Nothing is verified; size stays 0, and segments
 * but the first are not known. */
#define ESPY_BINARY_PEEK (ESPY_BINARY_HEADER + 8u + 256u)
espy_status espy_binary_peek(espy_binary *binary, const uint8_t *bytes, size_t n, uint32_t addr, espy_err *err);

/* Flash size code (high nibble of header byte 3) to bytes and back; 0 and -1 for none. */
uint32_t espy_flash_size_of_code(unsigned code);
int espy_flash_code_of_size(uint32_t size);

#endif
