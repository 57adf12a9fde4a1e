/* SPDX-License-Identifier: MIT
 *
 * The user's terminal on a board's prompt: what is typed goes there as it is,
 * Ctrl-C included, and what comes is shown.
 */
#ifndef ESPY_CLI_TERMINAL_H
#define ESPY_CLI_TERMINAL_H

#include "espy/link.h"

/* Runs until Ctrl-] is typed or stdin ends.  Where stdin is no terminal, its
 * line ends are sent as CR and the board's last words are awaited. */
espy_status espy_terminal_run(espy_link *link, espy_err *err);

#endif
