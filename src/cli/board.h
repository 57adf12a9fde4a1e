/* SPDX-License-Identifier: MIT
 *
 * What the commands with a board share: the options about it, opening its port, getting
 * in touch and saying what is there, a bar for each phase of the flasher, and leaving.
 *
 *     espy_board_session s = {.cli = cli, .command = "flash"};
 *     ... options: default: espy_board_option(&s, args.id, args.value) ...
 *     espy_status st = espy_board_open(&s);
 *     if (st == ESPY_OK)
 *         st = espy_board_connect(&s);
 *     if (st == ESPY_OK)
 *         st = work(&s);               ... with s.flasher and s.info
 *     st = espy_board_leave(&s, st);
 *     espy_board_close(&s);
 *
 * Ctrl-C makes the flasher's calls fail with ESPY_E_CANCELLED; a command with steps of its
 * own asks espy_cli_cancelled() between them.
 */
#ifndef ESPY_CLI_BOARD_H
#define ESPY_CLI_BOARD_H

#include "cli.h"
#include "progress.h"

#include "espy/flasher.h"
#include "espy/link.h"

enum { ESPY_OPTION_NO_STUB = 512, ESPY_OPTION_RESET, ESPY_OPTION_STAY };

/* Rows for the option table of a command with a board; the second for one that lets the
 * board run at its end. */
#define ESPY_BOARD_OPTIONS                                                                                             \
    {ESPY_OPTION_NO_STUB, "no-stub", NULL, "work through the chip's ROM alone (default: espy's program in RAM)"},      \
    {                                                                                                                  \
        ESPY_OPTION_RESET, "reset", "WAY", "into download mode: auto, classic, tight, usb-jtag, none or D0|R1|W0.1..." \
    }
#define ESPY_BOARD_STAY_OPTION                                                                                         \
    {                                                                                                                  \
        ESPY_OPTION_STAY, "stay", NULL, "leave the board in download mode"                                             \
    }

typedef struct espy_board_session {
    espy_cli *cli;
    const char *command; /* "flash": the one to run again, in advice */

    /* The options. */
    bool no_stub, stay;
    const char *reset; /* as espy_flasher_config has it */

    espy_link *link;
    espy_flasher *flasher;
    espy_board info; /* what connect found; chip: NULL until there is contact */
    bool touched;    /* erasing or writing has begun: the flash may be half written */
    bool running;    /* the board was reset into its firmware */
    bool leaving;    /* Ctrl-C no longer stops the flasher: the board is put back */

    espy_progress progress;
    espy_phase phase; /* the one that runs */
    double phase_began;
    double phase_s[ESPY_PHASE_RESET + 1]; /* seconds of the wall clock spent in each */
} espy_board_session;

/* Takes an option of the rows above; any other id is ignored. */
void espy_board_option(espy_board_session *session, int id, const char *value);

/* Opens -p, ESPY_PORT, or the one board found. */
espy_status espy_board_open(espy_board_session *session);
espy_status espy_board_open_port(espy_cli *cli, espy_link **link);

/* Resets the board into download mode and identifies it; says in one line what it is. */
espy_status espy_board_connect(espy_board_session *session);

/* ESPY_E_DEVICE unless a flash answers, which in secure download mode nobody can tell. */
espy_status espy_board_need_flash(espy_board_session *session);

/* After a call of the flasher that went well: ends its last bar with a note of what it has
 * come to; the flash is whole.  Bars begin by themselves, except for reads of less than
 * 64 KB. */
void espy_board_end_phase(espy_board_session *session);

/* Resets the board into its firmware. */
espy_status espy_board_run(espy_board_session *session, espy_err *err);

/* Ends the work, which came to st: lets the board run, or stay in download mode with
 * --stay or where its flash may be half written, which the advice says then.  The result is
 * st, or what went wrong in leaving. */
espy_status espy_board_leave(espy_board_session *session, espy_status st);

/* Frees all that the session has; it may be at any step. */
void espy_board_close(espy_board_session *session);

/* How to call the board: its port, a virtual one without its keys. */
const char *espy_board_port_name(const espy_link *link, char *text, size_t cap);

/* A name for what the chip's eFuses and flash tell, such as "ESP32-S3-WROOM-1-N16R8";
 * empty where no module of Espressif's has these. */
const char *espy_board_module(const espy_board *board, char *text, size_t cap);

#endif
