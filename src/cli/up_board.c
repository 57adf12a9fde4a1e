/* SPDX-License-Identifier: MIT
 *
 * `espy up`: the steps on the board.
 */
#include "up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

espy_status espy_up_open(espy_up *up)
{
    return espy_board_open(&up->board);
}

espy_status espy_up_connect(espy_up *up)
{
    double start = espy_seconds();
    espy_status st = espy_board_connect(&up->board);
    up->seconds.connect = espy_seconds() - start;
    return st == ESPY_OK ? espy_board_need_flash(&up->board) : st;
}

espy_status espy_up_write(espy_up *up)
{
    size_t n;
    espy_flash_part parts[ESPY_IMAGE_PARTS_MAX];
    espy_status st = espy_flasher_image_parts(up->board.flasher, up->write, parts, &n, &up->cli->err);
    if (st == ESPY_OK)
        st = espy_flasher_write(up->board.flasher, parts, n, &up->cli->err);
    if (st != ESPY_OK)
        return st;
    espy_board_end_phase(&up->board);
    const double *spent = up->board.phase_s;
    up->stats = *espy_flasher_get_stats(up->board.flasher);
    up->seconds.erase = spent[ESPY_PHASE_ERASE];
    up->seconds.write = spent[ESPY_PHASE_WRITE] + spent[ESPY_PHASE_COMPARE];
    up->seconds.verify = spent[ESPY_PHASE_VERIFY];
    return ESPY_OK;
}

static espy_status wait_for_prompt(espy_up *up)
{
    espy_repl_wait_config config = {.cancelled = espy_cli_cancelled};
    espy_status st = espy_board_run(&up->board, &up->cli->err);
    if (st == ESPY_OK)
        st = espy_repl_new(&up->python, up->board.link, &up->cli->err);
    if (st == ESPY_OK)
        st = espy_repl_wait(up->python, &config, &up->cli->err);
    return st;
}

espy_status espy_up_boot(espy_up *up)
{
    espy_progress_begin(&up->board.progress, up->cli, "boot", 0);
    double start = espy_seconds();
    espy_status st = wait_for_prompt(up);
    if (st != ESPY_OK)
        return st;
    up->seconds.boot = espy_seconds() - start;
    st = espy_repl_prove(up->python, &up->proof, &up->cli->err);
    if (st != ESPY_OK)
        return st;
    up->seconds.total = espy_seconds() - up->started;
    espy_progress_end(&up->board.progress, espy_repl_interrupted(up->python)
                                               ? "at the prompt (a running program was stopped)"
                                               : "at the prompt");
    return ESPY_OK;
}

void espy_up_close(espy_up *up)
{
    espy_repl_free(up->python);
    espy_board_close(&up->board);
    espy_fit_free(&up->fit);
    espy_buf_free(&up->bytes);
}
