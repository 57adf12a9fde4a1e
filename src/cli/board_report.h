/* SPDX-License-Identifier: MIT
 *
 * A board, told: rows of a report for a person, keys for a program.  `espy up` and
 * `espy info` say it alike.
 */
#ifndef ESPY_CLI_BOARD_REPORT_H
#define ESPY_CLI_BOARD_REPORT_H

#include "board.h"
#include "json.h"

/* One line on stdout: its name dim where stdout takes colours. */
void espy_report_row(const char *name, const char *fmt, ...) ESPY_PRINTF(2, 3);

/* The rows chip, module, flash and PSRAM; what follows the flash is the caller's. */
void espy_report_board(const espy_board *board, const char *after_flash);

/* Adds the object "chip".  What secure download mode hides becomes null. */
void espy_json_board(cJSON *root, const espy_board *board);

#endif
