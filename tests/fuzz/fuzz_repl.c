/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: whatever a board says, as a boot log, as answers to the proof's
 * questions, and as the far end of the prompt's protocols.
 */
#include "espy/repl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* A link that plays the input, a piece of at most 64 bytes a read, on a clock of
 * its own. */
typedef struct player {
    const uint8_t *bytes;
    size_t n;
    uint64_t now_ms;
} player;

static espy_status play(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    player *p = self;
    (void)err;
    *got = p->n < cap ? p->n : cap;
    if (*got > 64)
        *got = 64;
    memcpy(bytes, p->bytes, *got);
    p->bytes += *got;
    p->n -= *got;
    p->now_ms += *got > 0 ? 1 : timeout_ms;
    return ESPY_OK;
}

static espy_status swallow(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    (void)self, (void)bytes, (void)n, (void)err;
    return ESPY_OK;
}

static uint64_t now(void *self)
{
    return ((player *)self)->now_ms;
}

static espy_status wait(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    ((player *)self)->now_ms += ms;
    return ESPY_OK;
}

static const espy_link_ops ops = {.read = play, .write = swallow, .now_ms = now, .sleep = wait};

static void talk(const uint8_t *bytes, size_t n, int how)
{
    static const char code[] = "print('a piece of code that is longer than the window of the board, if it is small')\n";
    player p = {bytes, n, 0};
    espy_link link = {.ops = &ops, .self = &p};
    espy_repl *repl;
    espy_repl_result result;
    espy_repl_proof proof;
    if (espy_repl_new(&repl, &link, NULL) != ESPY_OK)
        return;
    if (how == 0)
        espy_repl_wait(repl, NULL, NULL);
    else if (how == 1 && espy_repl_exec(repl, code, sizeof code - 1, 0, &result, NULL) == ESPY_OK)
        /* both are terminated where their sizes say */
        if (result.out[result.out_size] != '\0' || result.traceback[result.traceback_size] != '\0')
            abort();
    if (how == 2)
        espy_repl_prove(repl, &proof, NULL);
    espy_repl_free(repl);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    espy_boot_fault fault;
    espy_repl_proof proof = {0};
    espy_boot_diagnose((const char *)bytes, n, &fault);
    if (fault.found != (fault.what[0] != '\0'))
        abort();
    espy_repl_proof_parse(&proof, (const char *)bytes, n);
    for (int how = 0; how < 3; how++)
        talk(bytes, n, how);
    return 0;
}
