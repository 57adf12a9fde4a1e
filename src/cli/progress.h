/* SPDX-License-Identifier: MIT
 *
 * Progress on stderr: a bar that redraws itself on a terminal, one line at the
 * end of each step elsewhere and where a log (-v, --trace) would run into the bar,
 * nothing with -q.
 *
 * Bars are drawn at most twenty times a second, of the wall clock, whatever the
 * number of updates.
 */
#ifndef ESPY_CLI_PROGRESS_H
#define ESPY_CLI_PROGRESS_H

#include "cli.h"

typedef struct espy_progress {
    const espy_cli *cli;
    char label[48];
    uint64_t total; /* 0: unknown, no bar */
    uint64_t done;
    uint64_t drawn_ms;
    uint64_t started_ms;
    bool active;
    bool terminal;
    bool color;
    bool utf8;
} espy_progress;

/* Starts a step, ending the one before it if it is still active.  A
 * zero-initialised espy_progress is valid before the first begin. */
void espy_progress_begin(espy_progress *progress, const espy_cli *cli, const char *label, uint64_t total);
void espy_progress_update(espy_progress *progress, uint64_t done);
/* Ends the step with a closing note such as "1.56 MB, 142 kB/s"; NULL: none.
 * Without an active step nothing happens. */
void espy_progress_end(espy_progress *progress, const char *note);
/* Ends the step because something failed, so that the error starts on a line of
 * its own. */
void espy_progress_abort(espy_progress *progress);

#endif
