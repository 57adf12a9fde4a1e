/* SPDX-License-Identifier: MIT
 *
 * Loads the ESP32-S3's mask ROM from a file: Espressif's ROM ELF, or the 384 KiB
 * as the core sees them at 0x40000000.  The last 128 KiB also appear at
 * 0x3FF00000 on the data bus.
 *
 * Source: TRM, "System and Memory"; section layout of esp32s3_rev0_rom.elf.
 */
#ifndef ESPY_EMU_ROM_ROM_H
#define ESPY_EMU_ROM_ROM_H

#include "espy/err.h"

#include <stddef.h>
#include <stdint.h>

#define ESPY_ROM_SIZE 0x60000u
#define ESPY_ROM_CODE_ADDR 0x40000000u
#define ESPY_ROM_DATA_ADDR 0x3ff00000u
#define ESPY_ROM_DATA_OFFSET 0x40000u

/* Fills image[ESPY_ROM_SIZE] from a file's contents; name is the file's, for the
 * error.  What is not the ROM of an ESP32-S3 is ESPY_E_UNSUPPORTED; the error names
 * what it seems to be. */
espy_status espy_rom_parse(uint8_t *image, const uint8_t *bytes, size_t size, const char *name, espy_err *err);

/* The same from a file. */
espy_status espy_rom_load(uint8_t *image, const char *path, espy_err *err);

#endif
