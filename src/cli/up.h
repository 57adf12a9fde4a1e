/* SPDX-License-Identifier: MIT
 *
 * `espy up`, inside: what its steps hand on.  Each step is one function here;
 * cmd_up.c says their order.
 */
#ifndef ESPY_CLI_UP_H
#define ESPY_CLI_UP_H

#include "board.h"

#include "espy/image.h"
#include "espy/release.h"
#include "espy/repl.h"
#include "../base/buf.h"

/* Seconds of the wall clock, which is the user's. */
typedef struct espy_up_seconds {
    double connect; /* reset into download mode, and identify */
    double erase, write, verify;
    double boot; /* reset to prompt */
    double total;
} espy_up_seconds;

typedef struct espy_up {
    espy_cli *cli;
    espy_board_session board;

    /* Options. */
    const char *file; /* NULL: choose a release */
    bool no_fit, force, repl, has_version;
    const char *version_text;
    espy_version version;
    const char *firmware_url;
    uint32_t net_timeout_s;

    /* The image. */
    espy_fetched fetched; /* when there was no file */
    espy_buf bytes;
    espy_image image;        /* as it came */
    espy_fit fit;            /* fitted, unless no_fit */
    const espy_image *write; /* the one of the two that is written */
    bool files_kept;         /* the board's file system stays */

    /* The outcome. */
    espy_flasher_stats stats;
    espy_up_seconds seconds;
    double started;
    espy_repl *python;
    espy_repl_proof proof;
} espy_up;

/* up_image.c */
espy_status espy_up_read_image(espy_up *up);  /* the file: whole, sound, and for this kind of chip */
espy_status espy_up_fetch_image(espy_up *up); /* none given: the release that the board wants */
espy_status espy_up_check(espy_up *up);       /* image and board fit each other */
espy_status espy_up_fit(espy_up *up);

/* up_board.c */
espy_status espy_up_open(espy_up *up);
espy_status espy_up_connect(espy_up *up);
espy_status espy_up_write(espy_up *up);
espy_status espy_up_boot(espy_up *up);
void espy_up_close(espy_up *up);

/* up_report.c, up_json.c */
void espy_up_report(const espy_up *up);
espy_status espy_up_json(const espy_up *up);
/* The file's name without its folder. */
const char *espy_up_file_name(const espy_up *up);
/* "1.23.0" of "v1.23.0"; empty where the image is not MicroPython's. */
const char *espy_up_image_version(const espy_up *up);

#endif
