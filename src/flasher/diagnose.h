/* SPDX-License-Identifier: MIT
 *
 * What a board that does not answer says about itself: the boot log of the ROM
 * ("rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)", then "waiting for download" in
 * download mode).
 */
#ifndef ESPY_FLASHER_DIAGNOSE_H
#define ESPY_FLASHER_DIAGNOSE_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct espy_boot_log {
    bool found;         /* a boot mode was named */
    unsigned boot_mode; /* of the last boot in the text */
    char mode_name[40]; /* "SPI_FAST_FLASH_BOOT"; may be empty */
    bool waiting;       /* it waits for a download */
} espy_boot_log;

espy_boot_log espy_boot_log_parse(const char *text);

/* Records why a board did not answer: `heard` is what it said since its last reset. */
espy_status espy_diagnose_silence(const char *port, bool has_lines, unsigned resets, const char *heard, espy_err *err);

#endif
