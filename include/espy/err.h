/* SPDX-License-Identifier: MIT
 *
 * Errors: who is at fault, what happened, what to do.
 *
 * Every function of the library that can fail returns an espy_status and takes
 * a caller-owned espy_err, which may be NULL where only the class matters.  A
 * zero-initialised espy_err means "no error".  The first failure wins: later
 * calls to espy_fail() on the same espy_err leave it alone, and callers on the
 * way up prepend context with espy_context().
 *
 * The numeric values are the exit statuses of the program and never change.
 */
#ifndef ESPY_ERR_H
#define ESPY_ERR_H

typedef enum espy_status {
    ESPY_OK = 0,
    ESPY_E_ARG = 2,         /* the caller asked for something impossible */
    ESPY_E_IO = 3,          /* the operating system or the network refused */
    ESPY_E_TIMEOUT = 4,     /* nobody answered in time */
    ESPY_E_PROTOCOL = 5,    /* an answer came that makes no sense */
    ESPY_E_DEVICE = 6,      /* the board answered: no, or has a fault */
    ESPY_E_FORMAT = 7,      /* a file or image is malformed */
    ESPY_E_UNSUPPORTED = 8, /* well-formed, but not for this board or tool */
    ESPY_E_MEMORY = 9,      /* out of memory */
    ESPY_E_CANCELLED = 10   /* the user stopped it */
} espy_status;

typedef struct espy_err {
    espy_status status;
    int detail;       /* errno, loader status byte, HTTP status, or 0 */
    char text[400];   /* one sentence: what failed, where, with the numbers */
    char advice[400]; /* a second one: what to do about it; may be empty */
} espy_err;

/* printf-style checking where the compiler has it. */
#if defined(__GNUC__)
#define ESPY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define ESPY_PRINTF(fmt, args)
#endif

/* Records a failure unless one is recorded already; returns status. */
espy_status espy_fail(espy_err *err, espy_status status, const char *fmt, ...) ESPY_PRINTF(3, 4);

/* Records the failure of a part, with its advice and detail, unless one is recorded
 * already; returns status, which is the part's. */
espy_status espy_pass(espy_err *err, espy_status status, const espy_err *part);

/* Sets the advice of the recorded failure unless it has one already. */
void espy_advise(espy_err *err, const char *fmt, ...) ESPY_PRINTF(2, 3);

/* Prepends "context: " to the recorded failure; returns its status. */
espy_status espy_context(espy_err *err, const char *fmt, ...) ESPY_PRINTF(2, 3);

/* The short name of a status, such as "time-out". */
const char *espy_status_name(espy_status status);

#endif
