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

/* The partition table that the board has now; false: none that can be read. */
static bool read_table(espy_up *up, espy_partitions *table)
{
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    return espy_flasher_read(up->board.flasher, ESPY_PARTITION_TABLE, bytes, sizeof bytes, NULL) == ESPY_OK &&
           espy_partitions_parse(table, bytes, sizeof bytes, up->board.info.flash.size, NULL) == ESPY_OK;
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
    espy_status st = espy_flasher_write(up->board.flasher, parts, n, &up->cli->err);
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

espy_status espy_up_write(espy_up *up)
{
    espy_image_plan plan;
    espy_partitions *table = calloc(1, sizeof *table);
    if (table == NULL)
        return espy_fail(&up->cli->err, ESPY_E_MEMORY, "no memory for a partition table");
    bool readable = read_table(up, table);
    espy_image_plan_make(&plan, up->write, up->board.info.flash.size, readable ? table : NULL);
    free(table);
    return write_plan(up, &plan);
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
