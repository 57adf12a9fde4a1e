/* SPDX-License-Identifier: MIT
 *
 * `espy flash` and `espy verify`, inside: files and where they go.
 */
#ifndef ESPY_CLI_FLASH_H
#define ESPY_CLI_FLASH_H

#include "board.h"
#include "place.h"

#include "../base/buf.h"
#include "../image/pieces.h"

/* One FILE[@WHERE]. */
typedef struct espy_flash_file {
    char path[4096];
    bool placed; /* there is a WHERE */
    espy_place place;
    espy_buf bytes;
    bool is_image; /* as which it is sound */
    espy_image image;
    bool has_addresses; /* Intel HEX or UF2, */
    espy_pieces pieces; /* which are these */
    bool merged;        /* goes piece by piece, as `espy up` writes it */
} espy_flash_file;

/* A part of the flash, and the file that it comes from; NULL: what is to be blank. */
typedef struct espy_flash_origin {
    const espy_flash_file *file;
    const espy_partition *partition;
} espy_flash_origin;

typedef struct espy_flash_job {
    espy_cli *cli;
    espy_board_session board;
    bool force;
    espy_flash_file *files;
    size_t n_files;
    espy_partitions table;        /* the board's, if found */
    const espy_partitions *names; /* in which places are found: of the merged image, else the board's; or NULL */
    espy_flash_part *parts;
    espy_flash_origin *origins; /* of the parts, one by one */
    size_t n, cap;
} espy_flash_job;

/* Reads the files and refuses what no board of this kind would take.  Before the port is
 * opened. */
espy_status espy_flash_load(espy_flash_job *job, char **words, int n);

/* Finds the places on the board that is connected, checks, and lists the parts; with
 * blanks: those that writing a merged image leaves blank besides. */
espy_status espy_flash_place(espy_flash_job *job, bool blanks);

/* Adds what lies between the parts and around them, to be blank. */
espy_status espy_flash_blank_rest(espy_flash_job *job);

/* ESPY_E_UNSUPPORTED where security would make a brick of it; with force a warning. */
espy_status espy_flash_check_locks(espy_board_session *board, bool force);

void espy_flash_free(espy_flash_job *job);

/* flash_report.c: a plan as a table or JSON; what a comparison has found. */
espy_status espy_flash_show_plan(const espy_flash_job *job, const espy_flash_plan *plan);
espy_status espy_flash_show_written(const espy_flash_job *job, double seconds);
espy_status espy_flash_show_verified(const espy_flash_job *job, const espy_flash_plan *plan);

#endif
