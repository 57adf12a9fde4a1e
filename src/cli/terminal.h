/* SPDX-License-Identifier: MIT
 *
 * The user's terminal on a board's prompt: what is typed goes there as it is,
 * Ctrl-C included, and what comes is shown.  And the terminal as a row of keys.
 */
#ifndef ESPY_CLI_TERMINAL_H
#define ESPY_CLI_TERMINAL_H

#include "espy/link.h"

/* Runs until Ctrl-] is typed or stdin ends.  Where stdin is no terminal, its
 * line ends are sent as CR and the board's last words are awaited. */
espy_status espy_terminal_run(espy_link *link, espy_err *err);

/* Lets each key on stdin be read as it is pressed, unseen; Ctrl-C and its kind keep their
 * meaning.  False, and nothing changes, where stdin is not a terminal that is ours to use. */
bool espy_terminal_keys_begin(void);
/* The keys that were pressed; does not wait. */
size_t espy_terminal_keys(char *keys, size_t cap);
void espy_terminal_keys_end(void);

#endif
