/* SPDX-License-Identifier: MIT
 *
 * Waiting for the friendly prompt.
 *
 * A board that has just been reset shows its prompt unasked.  One that was
 * running shows it after a CR, one left in raw mode after Ctrl-B, and one whose
 * main.py runs after Ctrl-C.  Ctrl-C comes last and late, since it would also
 * stop the code that makes the file system on a first start.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

enum { SETTLE_MS = 20, AGAIN_MS = 1000, CTRL_C_GAP_MS = 100 };

typedef struct wait_state {
    espy_repl_wait_config c;
    uint64_t start, last_byte, next_poke, next_interrupt;
    unsigned pokes;
} wait_state;

static bool at_prompt(const espy_buf *text)
{
    if (text->size < 4 || memcmp(text->bytes + text->size - 4, ">>> ", 4) != 0)
        return false;
    return text->size == 4 || text->bytes[text->size - 5] == '\n' || text->bytes[text->size - 5] == '\r';
}

/* Moves what has come to the boot text, of which the end is kept. */
static espy_status keep(espy_repl *repl, espy_err *err)
{
    espy_status st = espy_buf_append(&repl->boot, repl->in.bytes, repl->in.size, err);
    espy_buf_clear(&repl->in);
    if (repl->boot.size > ESPY_BOOT_TEXT_MAX)
        espy_buf_consume(&repl->boot, repl->boot.size - ESPY_BOOT_TEXT_MAX);
    return st != ESPY_OK ? st : espy_repl_terminate(&repl->boot, err);
}

static espy_status listen(espy_repl *repl, uint32_t ms, bool *heard, espy_err *err)
{
    espy_status st = espy_repl_fill(repl, espy_link_now_ms(repl->link) + ms, err);
    *heard = repl->in.size > 0;
    return st != ESPY_OK ? st : keep(repl, err);
}

static espy_status poke(espy_repl *repl, wait_state *w, uint64_t now, espy_err *err)
{
    w->next_poke = now + AGAIN_MS;
    return espy_repl_send(repl, "\r\002", w->pokes++ == 0 ? 1 : 2, err);
}

static espy_status interrupt(espy_repl *repl, wait_state *w, uint64_t now, espy_err *err)
{
    espy_log(repl->link->log, ESPY_LOG_REPL, "no prompt after %u ms: interrupting what runs", w->c.interrupt_ms);
    repl->interrupted = true;
    w->next_interrupt = now + AGAIN_MS;
    w->next_poke = now + CTRL_C_GAP_MS * 3;
    espy_status st = espy_repl_send(repl, "\003", 1, err);
    if (st == ESPY_OK)
        st = espy_link_sleep(repl->link, CTRL_C_GAP_MS, err);
    return st == ESPY_OK ? espy_repl_send(repl, "\003", 1, err) : st;
}

/* Does whatever the silence so far calls for. */
static espy_status prompt_board(espy_repl *repl, wait_state *w, espy_err *err)
{
    uint64_t now = espy_link_now_ms(repl->link);
    if (!w->c.no_interrupt && now >= w->next_interrupt)
        return interrupt(repl, w, now, err);
    if (now >= w->next_poke && now - w->last_byte >= w->c.poke_ms)
        return poke(repl, w, now, err);
    return ESPY_OK;
}

static espy_status fault_error(espy_repl *repl, const espy_boot_fault *fault, espy_err *err)
{
    espy_status st = espy_fail(err, ESPY_E_DEVICE, "no Python prompt on %s: %s", repl->link->name, fault->what);
    espy_advise(err, "%s", fault->advice);
    return st;
}

static espy_status timeout_error(espy_repl *repl, const wait_state *w, espy_err *err)
{
    espy_boot_fault fault;
    espy_boot_diagnose((const char *)repl->boot.bytes, repl->boot.size, &fault);
    if (fault.found)
        return fault_error(repl, &fault, err);
    double seconds = w->c.timeout_ms / 1000.0;
    char line[120];
    espy_repl_last_line(&repl->boot, line, sizeof line);
    if (line[0] == '\0') {
        espy_fail(err, ESPY_E_TIMEOUT, "no Python prompt on %s within %.1f s: the board says nothing at all",
                  repl->link->name, seconds);
        espy_advise(err, "Press RESET; check that this is the board's UART port and that its flash holds MicroPython.");
        return ESPY_E_TIMEOUT;
    }
    espy_fail(err, ESPY_E_TIMEOUT, "no Python prompt on %s within %.1f s; the last line was \"%s\"", repl->link->name,
              seconds, line);
    espy_advise(err, w->c.no_interrupt ? "A program may be running: allow it to be interrupted."
                                       : "What runs on the board does not react to Ctrl-C: press RESET and try again.");
    return ESPY_E_TIMEOUT;
}

static wait_state wait_begin(espy_repl *repl, const espy_repl_wait_config *config)
{
    wait_state w = {0};
    if (config != NULL)
        w.c = *config;
    w.c.timeout_ms = w.c.timeout_ms > 0 ? w.c.timeout_ms : 15000;
    w.c.poke_ms = w.c.poke_ms > 0 ? w.c.poke_ms : 700;
    w.c.interrupt_ms = w.c.interrupt_ms > 0 ? w.c.interrupt_ms : 5000;
    w.start = w.last_byte = espy_link_now_ms(repl->link);
    w.next_interrupt = w.start + w.c.interrupt_ms;
    repl->raw = repl->interrupted = false;
    espy_buf_clear(&repl->boot);
    return w;
}

/* One look at the line; *prompt when it is the prompt that stands there. */
static espy_status wait_step(espy_repl *repl, wait_state *w, bool *prompt, espy_err *err)
{
    bool heard = false;
    if (w->c.cancelled != NULL && w->c.cancelled(w->c.user))
        return espy_fail(err, ESPY_E_CANCELLED, "waiting for the prompt on %s was stopped", repl->link->name);
    espy_status st = listen(repl, SETTLE_MS, &heard, err);
    if (st != ESPY_OK)
        return st;
    *prompt = !heard && at_prompt(&repl->boot);
    if (*prompt)
        return ESPY_OK;
    if (heard) {
        espy_boot_fault fault;
        w->last_byte = espy_link_now_ms(repl->link);
        espy_boot_diagnose((const char *)repl->boot.bytes, repl->boot.size, &fault);
        if (fault.final)
            return fault_error(repl, &fault, err);
    }
    return prompt_board(repl, w, err);
}

/* The chip's own USB goes when the chip is reset, and again when the firmware takes it over;
 * what the board said in between is lost, but for the prompt it is asked again. */
static espy_status follow_port(espy_repl *repl, const wait_state *w, espy_err *err)
{
    espy_buf_clear(&repl->in);
    return espy_link_reopen(repl->link, espy_repl_left(repl, w->start + w->c.timeout_ms), err);
}

static espy_status wait_once(espy_repl *repl, wait_state *w, bool *prompt, espy_err *err)
{
    espy_err why = {0};
    espy_status st = wait_step(repl, w, prompt, &why);
    if (st == ESPY_E_IO && repl->link->returns)
        return follow_port(repl, w, err);
    return espy_pass(err, st, &why);
}

espy_status espy_repl_wait(espy_repl *repl, const espy_repl_wait_config *config, espy_err *err)
{
    wait_state w = wait_begin(repl, config);
    espy_status st = espy_repl_terminate(&repl->boot, err);
    bool prompt = false;
    while (st == ESPY_OK && !prompt && espy_repl_left(repl, w.start + w.c.timeout_ms) > 0)
        st = wait_once(repl, &w, &prompt, err);
    if (st != ESPY_OK || prompt)
        return st;
    return timeout_error(repl, &w, err);
}
