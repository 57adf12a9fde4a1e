/* SPDX-License-Identifier: MIT
 *
 * Making one file of several: flash settings in a bootloader's header, and the
 * raw, UF2 and Intel HEX forms of the whole.
 *
 * Follows: esptool documentation, "Merge Binaries for Flashing: merge-bin" and
 * "Firmware Image Format".  For the ESP32-S3, whose bootloader lies at address 0.
 */
#ifndef ESPY_IMAGE_MERGE_H
#define ESPY_IMAGE_MERGE_H

#include "pieces.h"
#include "uf2.h"

#include <stdbool.h>

#define ESPY_KEEP (-1)

/* Codes as in header bytes 2 and 3, or ESPY_KEEP. */
typedef struct espy_flash_settings {
    int mode; /* 0 QIO, 1 QOUT, 2 DIO, 3 DOUT */
    int freq; /* low nibble */
    int size; /* high nibble, not shifted */
} espy_flash_settings;

/* The codes of esptool's names; -1: there is none. "qio", "80m", "16MB". */
int espy_flash_mode_code(const char *name);
int espy_flash_freq_code(const char *name);
int espy_flash_size_code(const char *name);

typedef enum espy_setting_outcome {
    ESPY_SETTINGS_NOTHING,  /* all are kept, or this is not what lies at the bootloader's address */
    ESPY_SETTINGS_NO_MAGIC, /* not an image: left alone */
    ESPY_SETTINGS_INVALID,  /* begins like one, but is none: left alone */
    ESPY_SETTINGS_SAME,     /* the header had them */
    ESPY_SETTINGS_CHANGED
} espy_setting_outcome;

typedef struct espy_setting_result {
    espy_setting_outcome outcome;
    uint16_t params;    /* header bytes 2 and 3, in this order */
    bool digest_stored; /* the image has a digest, and it was renewed */
} espy_setting_result;

/* Puts settings into the image that begins at `data` and belongs at flash address addr. */
espy_status espy_settings_apply(espy_buf *data, uint32_t addr, const espy_flash_settings *settings,
                                espy_setting_result *result, espy_err *err);

/* One file from target_offset on, 0xFF between the pieces, padded with 0xFF to flash
 * address pad_to (0: not).  pieces are sorted and do not overlap.  ESPY_E_ARG: a piece
 * lies before target_offset. */
espy_status espy_merge_raw(espy_buf *out, const espy_pieces *pieces, uint32_t target_offset, uint32_t pad_to,
                           espy_err *err);

#endif
