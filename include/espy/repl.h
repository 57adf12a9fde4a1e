/* SPDX-License-Identifier: MIT
 *
 * The Python prompt at the other end of a link: wait for it after a reset, run
 * code through it, and have it prove what the board has.
 *
 * The protocols are those of MicroPython's shared/runtime/pyexec.c: the friendly
 * REPL, the raw REPL (since v1.9), and raw-paste mode (since v1.14), which is
 * used where the board knows it.  Left out: paste mode, streaming of output
 * while code runs.
 *
 * The usual order of calls after a reset:
 *
 *     espy_repl_new, espy_repl_wait, espy_repl_prove, espy_repl_free
 *
 * and to run code:
 *
 *     espy_repl_enter, espy_repl_exec ..., espy_repl_leave
 *
 * Everything blocks; all waiting is on the link's clock.  Not thread-safe.
 * ESPY_E_TIMEOUT: the board said nothing useful in time.  ESPY_E_DEVICE: it said
 * what is wrong (a panic, a boot loop, an empty flash), and the sentence repeats
 * it.  ESPY_E_PROTOCOL: an answer that the protocols do not have.  After a
 * failure espy_repl_enter() may be called again: it starts from any state.
 */
#ifndef ESPY_REPL_H
#define ESPY_REPL_H

#include "espy/err.h"
#include "espy/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_repl espy_repl;

/* The link stays the caller's and must outlive the repl. */
espy_status espy_repl_new(espy_repl **repl, espy_link *link, espy_err *err);
/* Leaves the board as it is; NULL is allowed. */
void espy_repl_free(espy_repl *repl);

/* Zero means the default in every member. */
typedef struct espy_repl_wait_config {
    uint32_t timeout_ms;           /* for the prompt to appear; 0: 15 s */
    uint32_t poke_ms;              /* silence after which a CR asks for a prompt; 0: 700 ms */
    uint32_t interrupt_ms;         /* without a prompt for so long, Ctrl-C stops a main.py that runs; 0: 5 s */
    bool no_interrupt;             /* leave a running program alone */
    bool (*cancelled)(void *user); /* true makes the wait fail with ESPY_E_CANCELLED; may be NULL */
    void *user;
} espy_repl_wait_config;

/* Waits until the board shows ">>> ".  config may be NULL. */
espy_status espy_repl_wait(espy_repl *repl, const espy_repl_wait_config *config, espy_err *err);
/* Whether the last wait had to interrupt a running program. */
bool espy_repl_interrupted(const espy_repl *repl);
/* What the board has said during the last wait (its end, at most 8 KiB, always
 * NUL-terminated, possibly with NULs inside); valid until the next call. */
const char *espy_repl_boot_text(const espy_repl *repl, size_t *n);

/* The first fault that a boot log tells of. */
typedef struct espy_boot_fault {
    bool found;
    bool final;       /* waiting longer is of no use */
    char what[200];   /* "the bootloader finds no image in the flash (invalid header: 0xffffffff)" */
    char advice[200]; /* may be empty */
} espy_boot_fault;

/* Reads a boot log.  Pure; text need not be terminated. */
void espy_boot_diagnose(const char *text, size_t n, espy_boot_fault *fault);

/* The outcome of code that has run.  Both texts are NUL-terminated, may hold
 * NULs inside, and are the repl's: valid until its next call. */
typedef struct espy_repl_result {
    const char *out; /* what the code printed, line ends as sent ("\r\n") */
    size_t out_size;
    const char *traceback; /* empty when the code ended well */
    size_t traceback_size;
    bool soft_reset; /* the code ended in machine.soft_reset(), and MicroPython started anew */
} espy_repl_result;

/* Goes from the friendly prompt, or from any other state, to the raw one. */
espy_status espy_repl_enter(espy_repl *repl, espy_err *err);
/* Runs code in the raw REPL and waits at most timeout_ms for its end (0: 10 s).
 * ESPY_OK whenever the protocol held: look at result->traceback.  Code may hold
 * any bytes but Ctrl-A to Ctrl-D (ESPY_E_ARG); output may not hold Ctrl-D. */
espy_status espy_repl_exec(espy_repl *repl, const char *code, size_t n, uint32_t timeout_ms, espy_repl_result *result,
                           espy_err *err);
/* Back to the friendly prompt, whose banner line it keeps. */
espy_status espy_repl_leave(espy_repl *repl, espy_err *err);
/* "MicroPython v1.23.0 on 2024-06-02; ..."; empty before the first leave. */
const char *espy_repl_banner(const espy_repl *repl);

/* What MicroPython itself says about the board. */
typedef struct espy_repl_proof {
    char banner[200];    /* the line the friendly prompt opens with */
    char name[40];       /* sys.implementation.name: "micropython" */
    char version[48];    /* of sys.implementation.version: "1.23.0", "1.25.0-preview" */
    char machine[128];   /* "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3" */
    char platform[32];   /* sys.platform: "esp32" */
    uint64_t mem_free;   /* gc.mem_free(), the first thing asked */
    uint64_t flash_size; /* esp.flash_size(); 0 where there is no such function */
    uint64_t fs_bytes;   /* size of the file system on /, by os.statvfs(); 0: none that works */
    uint64_t fs_free;    /* of these, free */
    bool fs_works;       /* a small file was written, synced, read back and removed */
    char warning[240];   /* why fs_bytes is 0 or fs_works false; else empty */
} espy_repl_proof;

/* Asks, starting from any state, and ends at the friendly prompt.  A file system
 * that does not work is a warning in the proof, not a failure. */
espy_status espy_repl_prove(espy_repl *repl, espy_repl_proof *proof, espy_err *err);
/* Reads the answers of the questions that espy_repl_prove() asks ("key\tvalue"
 * lines) into proof.  Pure: a parser of what boards say, apart for tests. */
void espy_repl_proof_parse(espy_repl_proof *proof, const char *text, size_t n);

#endif
