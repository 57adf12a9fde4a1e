/* SPDX-License-Identifier: MIT
 *
 * `espy erase`: ranges of the flash, partitions, or all of it made blank.
 *
 * What is blank already is left alone; that all of it is blank is verified on the chip.
 */
#include "flash.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_FORCE = 256 };

const espy_option espy_erase_options[] = {
    {OPTION_FORCE, "force", NULL, "erase the flash of a locked chip"},
    ESPY_BOARD_OPTIONS,
    ESPY_BOARD_STAY_OPTION,
    {0, NULL, NULL, NULL},
};

typedef struct job {
    espy_cli *cli;
    espy_board_session board;
    bool force, all;
    espy_place *places;
    espy_flash_part *parts;
    size_t n;
    espy_partitions table;
} job;

static espy_status parse(job *j, char **words, int n)
{
    espy_status st = ESPY_OK;
    if (n == 0)
        return espy_usage(j->cli, "erase",
                          "nothing to erase is named: give \"all\", a range such as 0x10000+64K, or a partition");
    j->places = calloc((size_t)n, sizeof *j->places);
    j->parts = calloc((size_t)n, sizeof *j->parts);
    if (j->places == NULL || j->parts == NULL)
        return espy_fail(&j->cli->err, ESPY_E_MEMORY, "no memory for %d places", n);
    j->all = n == 1 && strcmp(words[0], "all") == 0;
    for (int i = 0; st == ESPY_OK && i < n; i++) {
        espy_place *place = &j->places[j->n++];
        st = espy_place_parse(j->cli, "erase", words[i], place);
        if (st == ESPY_OK && !place->named && !place->sized)
            st = espy_usage(j->cli, "erase", "how much from %s? Give %s+SIZE or %s..END", words[i], words[i], words[i]);
    }
    return st;
}

static espy_status find_parts(job *j)
{
    bool named = false, found = false;
    espy_status st = ESPY_OK;
    if (j->all) {
        j->parts[0].size = j->board.info.flash.size;
        return ESPY_OK;
    }
    for (size_t i = 0; i < j->n; i++)
        named = named || j->places[i].named;
    if (named)
        st = espy_flasher_table(j->board.flasher, &j->table, &found, &j->cli->err);
    for (size_t i = 0; st == ESPY_OK && i < j->n; i++) {
        st = espy_place_find(&j->places[i], found ? &j->table : NULL, &j->cli->err);
        j->parts[i] = (espy_flash_part){j->places[i].addr, j->places[i].size, NULL};
    }
    return st;
}

static espy_status work(job *j)
{
    espy_status st = espy_board_need_flash(&j->board);
    if (st == ESPY_OK)
        st = espy_flash_check_locks(&j->board, j->force);
    if (st == ESPY_OK)
        st = find_parts(j);
    return st == ESPY_OK ? espy_flasher_write(j->board.flasher, j->parts, j->n, &j->cli->err) : st;
}

static espy_status tell(const job *j, double seconds)
{
    char text[32], port[64];
    uint64_t sum = 0;
    for (size_t i = 0; i < j->n; i++)
        sum += j->parts[i].size;
    if (!j->cli->json) {
        printf("%s on %s %s blank (%.1f s)\n", espy_size_text(sum, text, sizeof text),
               espy_board_port_name(j->board.link, port, sizeof port), j->all ? "are all" : "are", seconds);
        return ESPY_OK;
    }
    cJSON *object = cJSON_CreateObject();
    espy_json_string(object, "port", j->board.link->name);
    cJSON *ranges = espy_json_array(object, "ranges");
    for (size_t i = 0; i < j->n; i++) {
        cJSON *range = espy_json_item(ranges);
        espy_json_number(range, "address", j->parts[i].addr);
        espy_json_number(range, "size", j->parts[i].size);
        espy_json_string(range, "partition", !j->all && j->places[i].named ? j->places[i].text : NULL);
    }
    espy_json_seconds(object, "seconds", seconds);
    return espy_json_print(j->cli, object);
}

static espy_status run(job *j)
{
    double start = espy_seconds();
    espy_status st = espy_board_open(&j->board);
    if (st == ESPY_OK)
        st = espy_board_connect(&j->board);
    if (st == ESPY_OK)
        st = work(j);
    st = espy_board_leave(&j->board, st);
    return st == ESPY_OK ? tell(j, espy_seconds() - start) : st;
}

int espy_cmd_erase(espy_cli *cli, int argc, char **argv)
{
    espy_args args = {.cli = cli, .table = espy_erase_options, .argc = argc, .argv = argv};
    job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    *j = (job){.cli = cli, .board = {.cli = cli, .command = "erase"}};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (args.id == OPTION_FORCE)
            j->force = true;
        else
            espy_board_option(&j->board, args.id, args.value);
    espy_status st = cli->err.status;
    if (st == ESPY_OK && !cli->help)
        st = parse(j, argv + 1, args.operands);
    if (st == ESPY_OK && !cli->help)
        st = run(j);
    espy_board_close(&j->board);
    free(j->places);
    free(j->parts);
    free(j);
    return (int)st;
}
