/* SPDX-License-Identifier: MIT
 *
 * What the commands with a board share; see the header.
 */
#include "board.h"

#include <stdio.h>
#include <string.h>

enum { SMALL_READ = 64 * 1024 };

/* ---- options ------------------------------------------------------------------------ */

void espy_board_option(espy_board_session *session, int id, const char *value)
{
    switch (id) {
    case ESPY_OPTION_NO_STUB: session->no_stub = true; break;
    case ESPY_OPTION_STAY: session->stay = true; break;
    case ESPY_OPTION_RESET: session->reset = strcmp(value, "auto") == 0 ? NULL : value; break;
    default: break;
    }
}

/* ---- phases ------------------------------------------------------------------------- */

/* The flasher reports what it begins: the time until its next report is spent on
 * that. */
static void enter_phase(espy_board_session *s, espy_phase phase)
{
    double now = espy_seconds();
    s->phase_s[s->phase] += now - s->phase_began;
    s->phase_began = now;
    s->phase = phase;
}

/* A flasher that begins again connects and compares again. */
static bool fails(espy_phase phase, espy_phase next)
{
    return next <= ESPY_PHASE_COMPARE && (phase == ESPY_PHASE_ERASE || phase == ESPY_PHASE_WRITE);
}

/* What a phase has come to. */
static void phase_note(const espy_board_session *s, espy_phase next, char *note, size_t cap)
{
    char bytes[32], other[32];
    const espy_flasher_stats *stats = espy_flasher_get_stats(s->flasher);
    espy_size_text(s->progress.total, bytes, sizeof bytes);
    if (fails(s->phase, next))
        snprintf(note, cap, "interrupted at %s of %s: once more", espy_size_text(s->progress.done, other, sizeof other),
                 bytes);
    else if (s->phase == ESPY_PHASE_ERASE)
        snprintf(note, cap, "%s are blank now", bytes);
    else if (s->phase == ESPY_PHASE_COMPARE && (stats->bytes_image == 0 || s->touched)) /* for its own sake, or again */
        snprintf(note, cap, "%s", bytes);
    else if (s->phase == ESPY_PHASE_COMPARE && stats->bytes_skipped == stats->bytes_image)
        snprintf(note, cap, "the flash holds this image already");
    else if (s->phase == ESPY_PHASE_COMPARE && stats->bytes_skipped > 0)
        snprintf(note, cap, "%s of %s are there already", espy_size_text(stats->bytes_skipped, other, sizeof other),
                 bytes);
    else if (s->phase == ESPY_PHASE_COMPARE)
        snprintf(note, cap, "all of it is to be written");
    else if (s->phase == ESPY_PHASE_WRITE)
        snprintf(note, cap, "%s as %s on the wire", bytes, espy_size_text(stats->bytes_sent, other, sizeof other));
    else if (s->phase == ESPY_PHASE_VERIFY && next == ESPY_PHASE_RESET)
        snprintf(note, cap, "%s, the chip's digest agrees", bytes);
    else if (s->phase == ESPY_PHASE_VERIFY)
        snprintf(note, cap, "not everything has arrived: once more");
    else
        snprintf(note, cap, "%s", bytes);
}

static void end_bar(espy_board_session *s, espy_phase next)
{
    char note[120];
    if (!s->progress.active)
        return;
    phase_note(s, next, note, sizeof note);
    espy_progress_end(&s->progress, note);
}

void espy_board_end_phase(espy_board_session *session)
{
    end_bar(session, ESPY_PHASE_RESET);
    enter_phase(session, ESPY_PHASE_RESET);
    session->touched = false;
}

static bool has_bar(espy_phase phase, uint64_t total)
{
    if (phase == ESPY_PHASE_READ)
        return total >= SMALL_READ;
    return phase >= ESPY_PHASE_COMPARE && phase <= ESPY_PHASE_VERIFY;
}

static void on_progress(void *user, espy_phase phase, uint64_t done, uint64_t total)
{
    espy_board_session *s = user;
    bool bar = has_bar(phase, total);
    if (phase != s->phase && has_bar(s->phase, s->progress.total))
        end_bar(s, phase);
    enter_phase(s, phase);
    if (phase == ESPY_PHASE_ERASE || phase == ESPY_PHASE_WRITE)
        s->touched = true;
    if (!bar)
        return;
    if (!s->progress.active)
        espy_progress_begin(&s->progress, s->cli, espy_phase_name(phase), total);
    s->progress.total = total;
    espy_progress_update(&s->progress, done);
}

/* ---- getting there, and leaving --------------------------------------------------------- */

espy_status espy_board_open(espy_board_session *session)
{
    return espy_board_open_port(session->cli, &session->link);
}

static void say_board(espy_board_session *s)
{
    char flash[32], psram[32] = "no", port[64], text[200];
    const espy_board *b = &s->info;
    espy_board_port_name(s->link, port, sizeof port);
    if (b->secure_download) {
        snprintf(text, sizeof text, "%s on %s, in secure download mode", b->chip, port);
    } else {
        espy_size_text(b->flash.size, flash, sizeof flash);
        if (b->psram.size > 0)
            espy_size_text(b->psram.size, psram, sizeof psram);
        snprintf(text, sizeof text, "%s revision %u.%u on %s, %s %s flash, %s%s%s PSRAM", b->chip, b->revision_major,
                 b->revision_minor, port, flash, espy_width_name(b->flash.width), psram, b->psram.size > 0 ? " " : "",
                 b->psram.size > 0 ? espy_width_name(b->psram.width) : "");
    }
    espy_progress_end(&s->progress, text);
}

/* That the rate asked for did not work; on TCP and on the chip's own USB there is none. */
static void say_baud(const espy_board_session *s)
{
    uint32_t wanted = s->cli->baud, is = espy_flasher_get_stats(s->flasher)->baud;
    if (wanted != 0 && is < wanted && s->link->has_lines && !s->link->returns)
        espy_say(s->cli, "The transfer runs at %u baud, since %u does not work here.\n", (unsigned)is,
                 (unsigned)wanted);
}

static bool cancelled(void *user)
{
    const espy_board_session *s = user;
    return !s->leaving && espy_cli_cancelled(NULL);
}

espy_status espy_board_connect(espy_board_session *session)
{
    espy_err *err = &session->cli->err;
    espy_flasher_config config = {
        .baud = session->cli->baud,
        .reset = session->reset,
        .no_stub = session->no_stub,
        .progress = on_progress,
        .cancelled = cancelled,
        .user = session,
        .log = &session->cli->log,
    };
    session->phase_began = espy_seconds();
    espy_progress_begin(&session->progress, session->cli, "connect", 0);
    espy_status st = espy_flasher_new(&session->flasher, session->link, &config, err);
    if (st == ESPY_OK)
        st = espy_flasher_connect(session->flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(session->flasher, &session->info, err);
    if (st != ESPY_OK)
        return st;
    say_board(session);
    say_baud(session);
    enter_phase(session, ESPY_PHASE_RESET);
    return ESPY_OK;
}

espy_status espy_board_need_flash(espy_board_session *session)
{
    espy_err *err = &session->cli->err;
    if (session->info.flash.size > 0 || session->info.secure_download)
        return ESPY_OK;
    espy_fail(err, ESPY_E_DEVICE, "no flash chip answers on %s (its id reads 0x%06x)", session->link->name,
              (unsigned)session->info.flash.id);
    espy_advise(err, "Check the module's supply; a module without flash cannot run MicroPython.");
    return ESPY_E_DEVICE;
}

espy_status espy_board_run(espy_board_session *session, espy_err *err)
{
    session->running = true;
    return espy_flasher_reset(session->flasher, err);
}

/* Behind what the failure itself advises: that there is more to do is never left out. */
static void advise_again(const espy_board_session *s)
{
    espy_err *err = &s->cli->err;
    size_t n = strlen(err->advice);
    snprintf(err->advice + n, sizeof err->advice - n, "%sThe flash is half written: run `espy %s` again.",
             n > 0 ? "\n" : "", s->command);
}

/* A board that was not written to goes back to what it did before. */
static void leave_failed(espy_board_session *s)
{
    bool in_download = s->info.chip != NULL && !s->running;
    espy_progress_abort(&s->progress);
    if (in_download && s->touched)
        advise_again(s);
    else if (in_download && !s->stay)
        espy_board_run(s, NULL);
    else if (in_download)
        espy_flasher_stay(s->flasher, NULL);
}

espy_status espy_board_leave(espy_board_session *session, espy_status st)
{
    espy_err *err = &session->cli->err;
    session->leaving = true;
    if (st != ESPY_OK) {
        leave_failed(session);
        return st;
    }
    espy_board_end_phase(session);
    if (session->running)
        return ESPY_OK;
    return session->stay ? espy_flasher_stay(session->flasher, err) : espy_board_run(session, err);
}

void espy_board_close(espy_board_session *session)
{
    espy_flasher_free(session->flasher);
    espy_link_close(session->link);
}
