/* SPDX-License-Identifier: MIT
 *
 * `espy verify`: whether the flash holds what files say, by the chip's own digests.
 */
#include "flash.h"

#include <stdlib.h>

const espy_option espy_verify_options[] = {
    ESPY_BOARD_OPTIONS,
    ESPY_BOARD_STAY_OPTION,
    {0, NULL, NULL, NULL},
};

static espy_status work(espy_flash_job *job, espy_flash_plan *plan)
{
    espy_status st = espy_board_open(&job->board);
    if (st == ESPY_OK)
        st = espy_board_connect(&job->board);
    if (st == ESPY_OK)
        st = espy_board_need_flash(&job->board);
    if (st == ESPY_OK)
        st = espy_flash_place(job, false);
    if (st == ESPY_OK)
        st = espy_flasher_verify(job->board.flasher, job->parts, job->n, plan, &job->cli->err);
    return espy_board_leave(&job->board, st);
}

int espy_cmd_verify(espy_cli *cli, int argc, char **argv)
{
    espy_args args = {.cli = cli, .table = espy_verify_options, .argc = argc, .argv = argv};
    espy_flash_plan plan = {0};
    espy_flash_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    /* To compare is no risk, whatever the file is for. */
    *job = (espy_flash_job){.cli = cli, .board = {.cli = cli, .command = "verify"}, .force = true};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        espy_board_option(&job->board, args.id, args.value);
    espy_status st = cli->err.status;
    if (st == ESPY_OK && !cli->help) {
        st = espy_flash_load(job, argv + 1, args.operands);
        if (st == ESPY_OK)
            st = work(job, &plan);
        if (st == ESPY_OK)
            st = espy_flash_show_verified(job, &plan);
    }
    espy_flash_plan_free(&plan);
    espy_board_close(&job->board);
    espy_flash_free(job);
    free(job);
    return (int)st;
}
