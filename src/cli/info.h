/* SPDX-License-Identifier: MIT
 *
 * `espy info`, inside: what was found out, and the two ways to tell it.
 */
#ifndef ESPY_CLI_INFO_H
#define ESPY_CLI_INFO_H

#include "board.h"

#include "../image/survey.h"

enum { ESPY_INFO_KEYS = 6, ESPY_INFO_PROBLEMS = 8 };

typedef struct espy_info {
    espy_board_session board;
    espy_security security;
    const char *unreadable; /* why the flash was not read; NULL: it was */
    espy_survey survey;
    char problems[ESPY_INFO_PROBLEMS][160]; /* what keeps it from booting, or from using all it has */
    size_t problem_count;
    uint64_t flash_read; /* bytes of flash that it took */
} espy_info;

/* info_judge.c */
void espy_info_judge(espy_info *info);
/* "1.23.0" of "v1.23.0". */
const char *espy_info_version(const espy_info *info);
/* What a row of the table holds, as far as it was looked at: "MicroPython 1.23.0",
 * "hello 1.0", "an application", "littlefs", "blank", or ""; writes into text. */
const char *espy_info_holds(const espy_info *info, size_t row, char *text, size_t cap);

/* info_report.c, info_json.c */
void espy_info_report(const espy_info *info);
espy_status espy_info_json(const espy_info *info);

#endif
