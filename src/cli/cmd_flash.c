/* SPDX-License-Identifier: MIT
 *
 * `espy flash`: files into the flash, as they are, and the plan of it.
 *
 * Everything that can be refused is refused before the first erase.  docs/FLASH.md says
 * what an interruption leaves.
 */
#include "flash.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_PLAN = 256, OPTION_ERASE, OPTION_FORCE };

const espy_option espy_flash_options[] = {
    {OPTION_PLAN, "plan", NULL, "show what would be kept, erased and written, and write nothing"},
    {OPTION_ERASE, "erase", "all", "leave everything else blank: settings and files too"},
    {OPTION_FORCE, "force", NULL, "write what this board cannot use, and onto a locked chip"},
    ESPY_BOARD_OPTIONS,
    ESPY_BOARD_STAY_OPTION,
    {0, NULL, NULL, NULL},
};

typedef struct options {
    bool plan, erase_all;
} options;

static espy_status read_options(espy_flash_job *job, options *o, espy_args *args)
{
    while (espy_args_next(args) == ESPY_OK && args->id != 0)
        switch (args->id) {
        case OPTION_PLAN: o->plan = true; break;
        case OPTION_FORCE: job->force = true; break;
        case OPTION_ERASE:
            if (strcmp(args->value, "all") != 0)
                return espy_usage(job->cli, "flash", "--erase takes \"all\", not \"%s\"", args->value);
            o->erase_all = true;
            break;
        default: espy_board_option(&job->board, args->id, args->value);
        }
    return job->cli->err.status;
}

static espy_status show_plan(espy_flash_job *job)
{
    espy_flash_plan plan;
    espy_status st = espy_flasher_plan(job->board.flasher, job->parts, job->n, &plan, &job->cli->err);
    if (st != ESPY_OK)
        return st;
    espy_board_end_phase(&job->board);
    st = espy_flash_show_plan(job, &plan);
    espy_flash_plan_free(&plan);
    return st;
}

static espy_status work(espy_flash_job *job, const options *o)
{
    espy_status st = espy_board_need_flash(&job->board);
    if (st == ESPY_OK)
        st = espy_flash_check_locks(&job->board, job->force);
    if (st == ESPY_OK)
        st = espy_flash_place(job, !o->erase_all);
    if (st == ESPY_OK && o->erase_all)
        st = espy_flash_blank_rest(job);
    if (st != ESPY_OK)
        return st;
    return o->plan ? show_plan(job) : espy_flasher_write(job->board.flasher, job->parts, job->n, &job->cli->err);
}

static espy_status run(espy_flash_job *job, const options *o)
{
    double start = espy_seconds();
    espy_status st = espy_board_open(&job->board);
    if (st == ESPY_OK)
        st = espy_board_connect(&job->board);
    if (st == ESPY_OK)
        st = work(job, o);
    st = espy_board_leave(&job->board, st);
    if (st == ESPY_OK && !o->plan)
        st = espy_flash_show_written(job, espy_seconds() - start);
    return st;
}

int espy_cmd_flash(espy_cli *cli, int argc, char **argv)
{
    espy_args args = {.cli = cli, .table = espy_flash_options, .argc = argc, .argv = argv};
    options o = {0};
    espy_flash_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    *job = (espy_flash_job){.cli = cli, .board = {.cli = cli, .command = "flash"}};
    espy_status st = read_options(job, &o, &args);
    if (st == ESPY_OK && !cli->help) {
        st = espy_flash_load(job, argv + 1, args.operands);
        if (st == ESPY_OK)
            st = run(job, &o);
    }
    espy_board_close(&job->board);
    espy_flash_free(job);
    free(job);
    return (int)st;
}
