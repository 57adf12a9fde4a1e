/* SPDX-License-Identifier: MIT
 *
 * Inside the repl: its state, and reading a link up to a mark.
 */
#ifndef ESPY_REPL_SESSION_H
#define ESPY_REPL_SESSION_H

#include "espy/link.h"
#include "espy/repl.h"
#include "../base/buf.h"

enum { ESPY_BOOT_TEXT_MAX = 8192 };

typedef enum espy_paste { ESPY_PASTE_UNTRIED, ESPY_PASTE_YES, ESPY_PASTE_NO } espy_paste;

struct espy_repl {
    espy_link *link;
    espy_buf in; /* received and not yet consumed */
    espy_buf boot;
    espy_buf out, traceback; /* of the last exec */
    char banner[200];
    espy_paste paste;
    bool raw; /* at the raw prompt, with nothing left to read */
    bool interrupted;
};

/* Milliseconds until deadline on the link's clock, 0 when it is past. */
uint32_t espy_repl_left(espy_repl *repl, uint64_t deadline);

/* Waits for more bytes; ESPY_OK with nothing new only when the deadline is past. */
espy_status espy_repl_fill(espy_repl *repl, uint64_t deadline, espy_err *err);

/* Takes one byte; *got is false when the deadline is past. */
espy_status espy_repl_byte(espy_repl *repl, uint64_t deadline, uint8_t *byte, bool *got, espy_err *err);

/* Takes bytes into text up to and with mark; *found is false when the deadline
 * passed first.  text keeps what came either way. */
espy_status espy_repl_until(espy_repl *repl, const char *mark, uint64_t deadline, espy_buf *text, bool *found,
                            espy_err *err);

/* Discards what has come, and what still comes until the line is silent for
 * quiet_ms, at most half a second. */
espy_status espy_repl_hush(espy_repl *repl, uint32_t quiet_ms, espy_err *err);

espy_status espy_repl_send(espy_repl *repl, const char *bytes, size_t n, espy_err *err);

/* NUL-terminates without counting the NUL. */
espy_status espy_repl_terminate(espy_buf *text, espy_err *err);

/* The last line of text that holds something, its unprintable bytes as dots. */
void espy_repl_last_line(const espy_buf *text, char *line, size_t cap);
/* Copies n bytes without colours and without blanks at both ends, the unprintable
 * ones as dots. */
void espy_repl_printable(char *to, size_t cap, const char *from, size_t n);

#endif
