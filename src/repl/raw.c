/* SPDX-License-Identifier: MIT
 *
 * The raw REPL and raw-paste mode, after MicroPython's shared/runtime/pyexec.c.
 *
 * Raw: source, Ctrl-D; then "OK", output, Ctrl-D, traceback, Ctrl-D, ">".  There
 * is no flow control, so that source goes in pieces of 256 bytes with 10 ms
 * between them.  Raw-paste: Ctrl-E "A" Ctrl-A is answered by "R", 1 and the size
 * of the window (16 bits, little-endian); each byte 1 from the board allows as
 * many bytes more; a 4 from it means that it wants no more.
 */
#include "session.h"

#include "../base/bytes.h"

#include <string.h>

#define RAW_PROMPT "raw REPL; CTRL-B to exit\r\n>"

enum {
    ENTER_TRIES = 3,
    ENTER_MS = 1500,
    ANSWER_MS = 2000,
    EXEC_MS = 10000,
    QUIET_MS = 30,
    PIECE = 256,
    PIECE_PAUSE_MS = 10,
    CTRL_D = 4
};

/* A failed exchange leaves the board in an unknown state; the next call of
 * espy_repl_enter() finds out. */
static espy_status lost(espy_repl *repl, espy_status st)
{
    if (st != ESPY_OK)
        repl->raw = false;
    return st;
}

static espy_status silent(espy_repl *repl, const char *what, const espy_buf *seen, espy_err *err)
{
    espy_boot_fault fault = {0};
    char line[120] = "";
    if (seen != NULL) {
        espy_boot_diagnose((const char *)seen->bytes, seen->size, &fault);
        espy_repl_last_line(seen, line, sizeof line);
    }
    espy_status st = fault.found ? ESPY_E_DEVICE : ESPY_E_TIMEOUT;
    if (fault.found)
        espy_fail(err, st, "%s did not %s: %s", repl->link->name, what, fault.what);
    else if (line[0] != '\0')
        espy_fail(err, st, "%s did not %s in time; the last line was \"%s\"", repl->link->name, what, line);
    else
        espy_fail(err, st, "%s did not %s in time and said nothing", repl->link->name, what);
    espy_advise(err, "Press RESET on the board and try again.");
    return lost(repl, st);
}

static espy_status enter_once(espy_repl *repl, bool *entered, espy_buf *seen, espy_err *err)
{
    espy_status st = espy_repl_send(repl, "\003", 1, err);
    if (st == ESPY_OK)
        st = espy_repl_hush(repl, QUIET_MS, err);
    if (st == ESPY_OK)
        st = espy_repl_send(repl, "\001", 1, err);
    if (st == ESPY_OK)
        st = espy_repl_until(repl, RAW_PROMPT, espy_link_now_ms(repl->link) + ENTER_MS, seen, entered, err);
    return st;
}

espy_status espy_repl_enter(espy_repl *repl, espy_err *err)
{
    espy_buf seen = {0};
    espy_status st = ESPY_OK;
    repl->raw = false;
    for (int i = 0; i < ENTER_TRIES && st == ESPY_OK && !repl->raw; i++)
        st = enter_once(repl, &repl->raw, &seen, err);
    if (st == ESPY_OK && !repl->raw)
        st = silent(repl, "enter the raw REPL", &seen, err);
    espy_buf_free(&seen);
    return st;
}

static espy_status must_byte(espy_repl *repl, uint64_t deadline, const char *what, uint8_t *byte, espy_err *err)
{
    bool got;
    espy_status st = espy_repl_byte(repl, deadline, byte, &got, err);
    if (st != ESPY_OK || got)
        return st;
    return silent(repl, what, NULL, err);
}

static espy_status nonsense(espy_repl *repl, const char *where, uint8_t byte, espy_err *err)
{
    espy_fail(err, ESPY_E_PROTOCOL, "%s answered %s with 0x%02x, which no version of MicroPython does",
              repl->link->name, where, byte);
    espy_advise(err, "Another program may be talking to the board: close it, press RESET and try again.");
    return lost(repl, ESPY_E_PROTOCOL);
}

/* Old firmware takes Ctrl-A for a repeated entry and shows the raw prompt anew. */
static espy_status paste_unknown(espy_repl *repl, uint64_t deadline, espy_err *err)
{
    espy_buf seen = {0};
    bool found;
    espy_status st = espy_repl_until(repl, "w REPL; CTRL-B to exit\r\n>", deadline, &seen, &found, err);
    if (st == ESPY_OK && !found)
        st = silent(repl, "show the raw prompt again", &seen, err);
    espy_buf_free(&seen);
    repl->paste = ESPY_PASTE_NO;
    return st;
}

/* Knows raw-paste mode, and was built without it. */
static espy_status paste_refused(espy_repl *repl, uint64_t deadline, espy_err *err)
{
    uint8_t byte = 0;
    repl->paste = ESPY_PASTE_NO;
    espy_status st = must_byte(repl, deadline, "show the raw prompt again", &byte, err);
    return st == ESPY_OK && byte != '>' ? nonsense(repl, "the offer of raw-paste mode", byte, err) : st;
}

static espy_status paste_window(espy_repl *repl, uint64_t deadline, uint16_t *window, espy_err *err)
{
    uint8_t bytes[2] = {0};
    espy_status st = must_byte(repl, deadline, "name its paste window", &bytes[0], err);
    if (st == ESPY_OK)
        st = must_byte(repl, deadline, "name its paste window", &bytes[1], err);
    if (st != ESPY_OK)
        return st;
    *window = get_le16(bytes);
    repl->paste = ESPY_PASTE_YES;
    return *window == 0 ? nonsense(repl, "the offer of raw-paste mode (its window)", 0, err) : ESPY_OK;
}

/* Offers raw-paste mode; repl->paste tells how it was taken. */
static espy_status paste_begin(espy_repl *repl, uint16_t *window, espy_err *err)
{
    uint64_t deadline = espy_link_now_ms(repl->link) + ANSWER_MS;
    uint8_t a = 0, b = 0;
    espy_status st = espy_repl_send(repl, "\005A\001", 3, err);
    if (st == ESPY_OK)
        st = must_byte(repl, deadline, "answer the offer of raw-paste mode", &a, err);
    if (st == ESPY_OK)
        st = must_byte(repl, deadline, "answer the offer of raw-paste mode", &b, err);
    if (st != ESPY_OK)
        return st;
    if (a == 'r' && b == 'a')
        return paste_unknown(repl, deadline, err);
    if (a == 'R' && b == 0)
        return paste_refused(repl, deadline, err);
    if (a == 'R' && b == 1)
        return paste_window(repl, deadline, window, err);
    return nonsense(repl, "the offer of raw-paste mode", a == 'R' ? b : a, err);
}

/* Takes one byte of the board's flow control. */
static espy_status paste_flow(espy_repl *repl, uint16_t window, size_t *credit, bool *ended, espy_err *err)
{
    uint8_t byte = 0;
    espy_status st = must_byte(repl, espy_link_now_ms(repl->link) + ANSWER_MS, "take the code", &byte, err);
    if (st != ESPY_OK)
        return st;
    if (byte == 1)
        *credit += window;
    else if (byte == CTRL_D)
        *ended = true;
    else
        return nonsense(repl, "code in raw-paste mode", byte, err);
    return ESPY_OK;
}

static espy_status paste_send(espy_repl *repl, const char *code, size_t n, uint16_t window, espy_err *err)
{
    size_t credit = window;
    bool ended = false;
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && n > 0 && !ended) {
        if (credit == 0 || repl->in.size > 0) {
            st = paste_flow(repl, window, &credit, &ended, err);
            continue;
        }
        size_t piece = n < credit ? n : credit;
        st = espy_repl_send(repl, code, piece, err);
        code += piece;
        n -= piece;
        credit -= piece;
    }
    if (st == ESPY_OK)
        st = espy_repl_send(repl, "\004", 1, err);
    while (st == ESPY_OK && !ended)
        st = paste_flow(repl, window, &credit, &ended, err);
    return st;
}

static espy_status plain_send(espy_repl *repl, const char *code, size_t n, espy_err *err)
{
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && n > 0) {
        size_t piece = n < PIECE ? n : PIECE;
        st = espy_repl_send(repl, code, piece, err);
        if (st == ESPY_OK)
            st = espy_link_sleep(repl->link, PIECE_PAUSE_MS, err);
        code += piece;
        n -= piece;
    }
    if (st == ESPY_OK)
        st = espy_repl_send(repl, "\004", 1, err);
    for (const char *ok = "OK"; st == ESPY_OK && *ok != '\0'; ok++) {
        uint8_t byte = 0;
        st = must_byte(repl, espy_link_now_ms(repl->link) + ANSWER_MS, "take the code", &byte, err);
        if (st == ESPY_OK && byte != (uint8_t)*ok)
            st = nonsense(repl, "code in the raw REPL", byte, err);
    }
    return st;
}

static espy_status send_code(espy_repl *repl, const char *code, size_t n, espy_err *err)
{
    uint16_t window = 0;
    espy_status st = ESPY_OK;
    if (repl->paste != ESPY_PASTE_NO)
        st = paste_begin(repl, &window, err);
    if (st != ESPY_OK)
        return st;
    return repl->paste == ESPY_PASTE_YES ? paste_send(repl, code, n, window, err) : plain_send(repl, code, n, err);
}

/* One text of the answer, up to its Ctrl-D. */
static espy_status read_text(espy_repl *repl, uint64_t deadline, const char *what, espy_buf *text, espy_err *err)
{
    bool found;
    espy_buf_clear(text);
    espy_status st = espy_repl_until(repl, "\004", deadline, text, &found, err);
    if (st != ESPY_OK)
        return st;
    if (!found)
        return silent(repl, what, text, err);
    text->size--;
    return espy_repl_terminate(text, err);
}

/* ">" follows, or the messages of a soft reset and the raw prompt anew. */
static espy_status read_prompt(espy_repl *repl, bool *soft_reset, espy_err *err)
{
    uint64_t deadline = espy_link_now_ms(repl->link) + EXEC_MS;
    uint8_t byte = 0;
    espy_status st = must_byte(repl, deadline, "show its raw prompt again", &byte, err);
    if (st != ESPY_OK || byte == '>')
        return st;
    *soft_reset = true;
    espy_buf seen = {0};
    bool found;
    st = espy_repl_until(repl, RAW_PROMPT, deadline, &seen, &found, err);
    if (st == ESPY_OK && !found)
        st = silent(repl, "come back from its soft reset", &seen, err);
    espy_buf_free(&seen);
    return st;
}

static espy_status read_answer(espy_repl *repl, uint32_t timeout_ms, espy_repl_result *result, espy_err *err)
{
    uint64_t deadline = espy_link_now_ms(repl->link) + (timeout_ms > 0 ? timeout_ms : EXEC_MS);
    espy_status st = read_text(repl, deadline, "finish the code", &repl->out, err);
    if (st == ESPY_OK)
        st = read_text(repl, espy_link_now_ms(repl->link) + ANSWER_MS, "end its answer", &repl->traceback, err);
    if (st == ESPY_OK)
        st = read_prompt(repl, &result->soft_reset, err);
    if (st != ESPY_OK)
        return st;
    result->out = (const char *)repl->out.bytes;
    result->out_size = repl->out.size;
    result->traceback = (const char *)repl->traceback.bytes;
    result->traceback_size = repl->traceback.size;
    return ESPY_OK;
}

static espy_status check_code(const char *code, size_t n, espy_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (code[i] >= 1 && code[i] <= CTRL_D)
            return espy_fail(err, ESPY_E_ARG, "the code holds the control character 0x%02x at offset %zu",
                             (unsigned)code[i], i);
    if (n == 0)
        return espy_fail(err, ESPY_E_ARG, "there is no code to run");
    return ESPY_OK;
}

espy_status espy_repl_exec(espy_repl *repl, const char *code, size_t n, uint32_t timeout_ms, espy_repl_result *result,
                           espy_err *err)
{
    *result = (espy_repl_result){0};
    espy_status st = check_code(code, n, err);
    if (st != ESPY_OK)
        return st;
    if (!repl->raw)
        st = espy_repl_enter(repl, err);
    if (st == ESPY_OK)
        st = send_code(repl, code, n, err);
    if (st == ESPY_OK)
        st = read_answer(repl, timeout_ms, result, err);
    espy_log(repl->link->log, ESPY_LOG_REPL, "exec of %zu bytes: %s, %zu bytes out, %zu of traceback", n,
             espy_status_name(st), result->out_size, result->traceback_size);
    return lost(repl, st);
}

/* The first line with something on it. */
static void take_banner(espy_repl *repl, const espy_buf *text)
{
    size_t start = 0, end;
    while (start < text->size && (text->bytes[start] == '\r' || text->bytes[start] == '\n'))
        start++;
    for (end = start; end < text->size && text->bytes[end] != '\r' && text->bytes[end] != '\n';)
        end++;
    if (end > start)
        espy_repl_printable(repl->banner, sizeof repl->banner, (const char *)text->bytes + start, end - start);
}

espy_status espy_repl_leave(espy_repl *repl, espy_err *err)
{
    espy_buf seen = {0};
    bool found = false;
    repl->raw = false;
    espy_status st = espy_repl_send(repl, "\002", 1, err);
    if (st == ESPY_OK)
        st = espy_repl_until(repl, "\n>>> ", espy_link_now_ms(repl->link) + ANSWER_MS, &seen, &found, err);
    if (st == ESPY_OK && !found)
        st = silent(repl, "leave the raw REPL", &seen, err);
    if (st == ESPY_OK)
        take_banner(repl, &seen);
    espy_buf_free(&seen);
    return st;
}
