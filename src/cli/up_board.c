/* SPDX-License-Identifier: MIT
 *
 * `espy up`: the steps on the board.
 */
#include "up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The flasher reports what it begins: the time until its next report is spent on
 * that. */
static void enter_phase(espy_up *up, espy_phase phase)
{
    double now = espy_up_now();
    up->phase_s[up->phase] += now - up->phase_began;
    up->phase_began = now;
    up->phase = phase;
}

/* What a phase of writing has come to. */
static void phase_note(const espy_up *up, bool last, char *note, size_t cap)
{
    char bytes[32], other[32];
    const espy_flasher_stats *s = espy_flasher_get_stats(up->flasher);
    espy_size_text(up->progress.total, bytes, sizeof bytes);
    if (up->phase == ESPY_PHASE_COMPARE && s->bytes_skipped == s->bytes_image)
        snprintf(note, cap, "the flash holds this image already");
    else if (up->phase == ESPY_PHASE_COMPARE && s->bytes_skipped > 0)
        snprintf(note, cap, "%s of %s are there already", espy_size_text(s->bytes_skipped, other, sizeof other), bytes);
    else if (up->phase == ESPY_PHASE_COMPARE)
        snprintf(note, cap, "all of it is to be written");
    else if (up->phase == ESPY_PHASE_WRITE)
        snprintf(note, cap, "%s as %s on the wire", bytes, espy_size_text(s->bytes_sent, other, sizeof other));
    else if (up->phase == ESPY_PHASE_VERIFY && last)
        snprintf(note, cap, "%s, the chip's digest agrees", bytes);
    else if (up->phase == ESPY_PHASE_VERIFY)
        snprintf(note, cap, "not everything has arrived: once more");
    else
        snprintf(note, cap, "%s", bytes);
}

static void end_phase(espy_up *up, bool last)
{
    char note[120];
    if (!up->progress.active)
        return;
    phase_note(up, last, note, sizeof note);
    espy_progress_end(&up->progress, note);
}

static bool is_work(espy_phase phase)
{
    return phase >= ESPY_PHASE_COMPARE && phase <= ESPY_PHASE_VERIFY;
}

static void on_progress(void *user, espy_phase phase, uint64_t done, uint64_t total)
{
    espy_up *up = user;
    if (phase != up->phase && is_work(up->phase))
        end_phase(up, false);
    enter_phase(up, phase);
    if (phase == ESPY_PHASE_ERASE || phase == ESPY_PHASE_WRITE)
        up->writing = true;
    if (!is_work(phase))
        return;
    if (!up->progress.active)
        espy_progress_begin(&up->progress, up->cli, espy_phase_name(phase), total);
    up->progress.total = total;
    espy_progress_update(&up->progress, done);
}

espy_status espy_up_open(espy_up *up)
{
    return espy_up_open_port(up->cli, &up->link);
}

static void say_board(espy_up *up)
{
    char flash[32], psram[32], port[64], text[200];
    const espy_board *b = &up->board;
    espy_size_text(b->flash.size, flash, sizeof flash);
    espy_size_text(b->psram.size, psram, sizeof psram);
    int n =
        snprintf(text, sizeof text, "%s revision %u.%u on %s, %s %s flash", b->chip, b->revision_major,
                 b->revision_minor, espy_up_port_name(up, port, sizeof port), flash, espy_width_name(b->flash.width));
    if (n > 0 && (size_t)n < sizeof text) {
        if (b->psram.size > 0)
            snprintf(text + n, sizeof text - (size_t)n, ", %s %s PSRAM", psram, espy_width_name(b->psram.width));
        else
            snprintf(text + n, sizeof text - (size_t)n, ", no PSRAM");
    }
    espy_progress_end(&up->progress, text);
}

espy_status espy_up_connect(espy_up *up)
{
    espy_err *err = &up->cli->err;
    espy_flasher_config config = {
        .baud = up->cli->baud,
        .progress = on_progress,
        .cancelled = espy_cli_cancelled,
        .user = up,
        .log = &up->cli->log,
    };
    espy_progress_begin(&up->progress, up->cli, "connect", 0);
    double start = espy_up_now();
    espy_status st = espy_flasher_new(&up->flasher, up->link, &config, err);
    if (st == ESPY_OK)
        st = espy_flasher_connect(up->flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(up->flasher, &up->board, err);
    if (st != ESPY_OK)
        return st;
    up->seconds.connect = espy_up_now() - start;
    if (up->board.flash.size == 0) {
        espy_fail(err, ESPY_E_DEVICE, "no flash chip answers on %s (its id reads 0x%06x)", up->link->name,
                  (unsigned)up->board.flash.id);
        espy_advise(err, "Check the module's supply; a module without flash cannot run MicroPython.");
        return ESPY_E_DEVICE;
    }
    say_board(up);
    return ESPY_OK;
}

/* The partition table that the board has now; false: none that can be read. */
static bool read_table(espy_up *up, espy_partitions *table)
{
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    return espy_flasher_read(up->flasher, ESPY_PARTITION_TABLE, bytes, sizeof bytes, NULL) == ESPY_OK &&
           espy_partitions_parse(table, bytes, sizeof bytes, up->board.flash.size, NULL) == ESPY_OK;
}

static size_t plan_parts(const espy_image *image, const espy_image_plan *plan, espy_flash_part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->erase_count; i++)
        parts[n++] = (espy_flash_part){.addr = plan->erase[i].addr, .size = plan->erase[i].size};
    for (size_t i = 0; i < plan->write_count; i++) {
        size_t available;
        const uint8_t *bytes = espy_image_at(image, plan->write[i], &available);
        bool blank = available == 0;
        parts[n++] = (espy_flash_part){
            .addr = plan->write[i].addr,
            .size = blank ? plan->write[i].size : (uint32_t)available,
            .bytes = blank ? NULL : bytes,
        };
    }
    return n;
}

static espy_status write_plan(espy_up *up, const espy_image_plan *plan)
{
    espy_flash_part parts[ESPY_WRITES_MAX + ESPY_ERASES_MAX];
    size_t n = plan_parts(up->write, plan, parts);
    enter_phase(up, ESPY_PHASE_RESET);
    espy_status st = espy_flasher_write(up->flasher, parts, n, &up->cli->err);
    if (st == ESPY_OK)
        end_phase(up, true);
    enter_phase(up, ESPY_PHASE_RESET);
    if (st != ESPY_OK && up->writing)
        espy_advise(&up->cli->err, "The flash is half written: run `espy up` again.");
    if (st != ESPY_OK)
        return st;
    up->stats = *espy_flasher_get_stats(up->flasher);
    up->seconds.erase = up->phase_s[ESPY_PHASE_ERASE];
    up->seconds.write = up->phase_s[ESPY_PHASE_WRITE] + up->phase_s[ESPY_PHASE_COMPARE];
    up->seconds.verify = up->phase_s[ESPY_PHASE_VERIFY];
    return ESPY_OK;
}

espy_status espy_up_write(espy_up *up)
{
    espy_image_plan plan;
    espy_partitions *table = calloc(1, sizeof *table);
    if (table == NULL)
        return espy_fail(&up->cli->err, ESPY_E_MEMORY, "no memory for a partition table");
    bool readable = read_table(up, table);
    espy_image_plan_make(&plan, up->write, up->board.flash.size, readable ? table : NULL);
    free(table);
    return write_plan(up, &plan);
}

static espy_status wait_for_prompt(espy_up *up)
{
    espy_repl_wait_config config = {.cancelled = espy_cli_cancelled};
    espy_status st = espy_flasher_reset(up->flasher, &up->cli->err);
    if (st == ESPY_OK)
        st = espy_repl_new(&up->python, up->link, &up->cli->err);
    if (st == ESPY_OK)
        st = espy_repl_wait(up->python, &config, &up->cli->err);
    return st;
}

espy_status espy_up_boot(espy_up *up)
{
    espy_progress_begin(&up->progress, up->cli, "boot", 0);
    double start = espy_up_now();
    espy_status st = wait_for_prompt(up);
    if (st != ESPY_OK)
        return st;
    up->seconds.boot = espy_up_now() - start;
    st = espy_repl_prove(up->python, &up->proof, &up->cli->err);
    if (st != ESPY_OK)
        return st;
    up->seconds.total = espy_up_now() - up->started;
    espy_progress_end(&up->progress, espy_repl_interrupted(up->python) ? "at the prompt (a running program was stopped)"
                                                                       : "at the prompt");
    return ESPY_OK;
}

void espy_up_close(espy_up *up)
{
    /* A board that was not written to goes back to what it did before. */
    if (up->flasher != NULL && up->python == NULL && !up->writing && up->board.chip != NULL)
        espy_flasher_reset(up->flasher, NULL);
    espy_repl_free(up->python);
    espy_flasher_free(up->flasher);
    espy_link_close(up->link);
    espy_fit_free(&up->fit);
    espy_buf_free(&up->bytes);
}
