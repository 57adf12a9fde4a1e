/* SPDX-License-Identifier: MIT
 *
 * `espy read`: the flash, or parts of it, into a file.
 *
 * What has been read is compared with the chip's own digests before it counts.
 */
#include "board.h"
#include "file_write.h"
#include "json.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const espy_option espy_read_options[] = {
    {'o', "output", "FILE", "where to; - is standard output"},
    ESPY_BOARD_OPTIONS,
    ESPY_BOARD_STAY_OPTION,
    {0, NULL, NULL, NULL},
};

typedef struct job {
    espy_cli *cli;
    espy_board_session board;
    const char *output;
    espy_place *places;
    size_t n;
    espy_partitions table;
    uint8_t *bytes; /* of all places, one behind the other */
    size_t size;
    double seconds;
} job;

static espy_status parse(job *j, char **words, int n)
{
    espy_status st = ESPY_OK;
    if (j->output == NULL)
        return espy_usage(j->cli, "read", "no output: give -o FILE, or -o - for standard output");
    if (j->cli->json && strcmp(j->output, "-") == 0)
        return espy_usage(j->cli, "read", "-o - and --json both want stdout");
    j->places = calloc((size_t)n + 1, sizeof *j->places);
    if (j->places == NULL)
        return espy_fail(&j->cli->err, ESPY_E_MEMORY, "no memory for %d places", n);
    for (int i = 0; st == ESPY_OK && i < n; i++) {
        espy_place *place = &j->places[j->n++];
        st = espy_place_parse(j->cli, "read", words[i], place);
        if (st == ESPY_OK && !place->named && !place->sized)
            st = espy_usage(j->cli, "read", "how much from %s? Give %s+SIZE or %s..END", words[i], words[i], words[i]);
    }
    return st;
}

/* Without a place: all of the flash. */
static espy_status find_places(job *j)
{
    espy_err *err = &j->cli->err;
    bool named = false, found = false;
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < j->n; i++)
        named = named || j->places[i].named;
    if (named)
        st = espy_flasher_table(j->board.flasher, &j->table, &found, &j->cli->err);
    for (size_t i = 0; st == ESPY_OK && i < j->n; i++) {
        st = espy_place_find(&j->places[i], found ? &j->table : NULL, err);
        j->size += j->places[i].size;
    }
    if (j->n == 0) {
        j->places[j->n++] = (espy_place){.sized = true, .size = j->board.info.flash.size};
        j->size = j->board.info.flash.size;
    }
    uint32_t flash = j->board.info.flash.size;
    for (size_t i = 0; st == ESPY_OK && flash > 0 && i < j->n; i++)
        if ((uint64_t)j->places[i].addr + j->places[i].size > flash)
            st = espy_fail(err, ESPY_E_ARG, "%s goes beyond the flash, which has 0x%x bytes", j->places[i].text,
                           (unsigned)flash);
    return st;
}

/* Digests go by sectors: reading begins where one does. */
static espy_status read_one(job *j, const espy_place *place, uint8_t *out)
{
    espy_err *err = &j->cli->err;
    uint32_t before = place->addr % ESPY_SECTOR, n = before + place->size;
    espy_flash_plan plan = {0};
    uint8_t *bytes = malloc(n);
    if (bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for %u bytes of flash", (unsigned)n);
    const espy_flash_part part = {place->addr - before, n, bytes};
    espy_status st = espy_flasher_read(j->board.flasher, part.addr, bytes, n, err);
    if (st == ESPY_OK)
        st = espy_flasher_verify(j->board.flasher, &part, 1, &plan, err);
    if (st == ESPY_OK && plan.write + plan.erase > 0)
        st = espy_fail(err, ESPY_E_PROTOCOL,
                       "what was read from 0x%x..0x%x does not have the digests of the flash there",
                       (unsigned)place->addr, (unsigned)(place->addr + place->size));
    if (st == ESPY_OK)
        memcpy(out, bytes + before, place->size);
    espy_flash_plan_free(&plan);
    free(bytes);
    return st;
}

static espy_status read_all(job *j)
{
    espy_status st = espy_board_need_flash(&j->board);
    if (st == ESPY_OK)
        st = find_places(j);
    if (st != ESPY_OK)
        return st;
    j->bytes = malloc(j->size > 0 ? j->size : 1);
    if (j->bytes == NULL)
        return espy_fail(&j->cli->err, ESPY_E_MEMORY, "no memory for %zu bytes of flash", j->size);
    uint8_t *at = j->bytes;
    double start = espy_seconds();
    for (size_t i = 0; st == ESPY_OK && i < j->n; at += j->places[i++].size)
        st = read_one(j, &j->places[i], at);
    j->seconds = espy_seconds() - start;
    return st;
}

static espy_status save(job *j)
{
    if (strcmp(j->output, "-") != 0)
        return espy_file_write(j->output, j->bytes, j->size, &j->cli->err);
    if (fwrite(j->bytes, 1, j->size, stdout) != j->size || fflush(stdout) != 0)
        return espy_fail(&j->cli->err, ESPY_E_IO, "cannot write to standard output");
    return ESPY_OK;
}

static espy_status tell(const job *j)
{
    char size[32];
    if (j->cli->json) {
        cJSON *object = cJSON_CreateObject();
        espy_json_string(object, "port", j->board.link->name);
        espy_json_string(object, "output", j->output);
        cJSON *ranges = espy_json_array(object, "ranges");
        for (size_t i = 0; i < j->n; i++) {
            cJSON *range = espy_json_item(ranges);
            espy_json_number(range, "address", j->places[i].addr);
            espy_json_number(range, "size", j->places[i].size);
            espy_json_string(range, "partition", j->places[i].named ? j->places[i].text : NULL);
        }
        espy_json_number(object, "size", j->size);
        espy_json_seconds(object, "seconds", j->seconds);
        return espy_json_print(j->cli, object);
    }
    if (strcmp(j->output, "-") != 0)
        printf("%s in %s, as the chip's digests have it (%.1f s)\n", espy_size_text(j->size, size, sizeof size),
               j->output, j->seconds);
    return ESPY_OK;
}

static espy_status run(job *j)
{
    espy_status st = espy_board_open(&j->board);
    if (st == ESPY_OK)
        st = espy_board_connect(&j->board);
    if (st == ESPY_OK)
        st = read_all(j);
    st = espy_board_leave(&j->board, st);
    if (st == ESPY_OK)
        st = save(j);
    return st == ESPY_OK ? tell(j) : st;
}

int espy_cmd_read(espy_cli *cli, int argc, char **argv)
{
    espy_args args = {.cli = cli, .table = espy_read_options, .argc = argc, .argv = argv};
    job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    *j = (job){.cli = cli, .board = {.cli = cli, .command = "read"}};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (args.id == 'o')
            j->output = args.value;
        else
            espy_board_option(&j->board, args.id, args.value);
    espy_status st = cli->err.status;
    if (st == ESPY_OK && !cli->help)
        st = parse(j, argv + 1, args.operands);
    if (st == ESPY_OK && !cli->help)
        st = run(j);
    espy_board_close(&j->board);
    free(j->places);
    free(j->bytes);
    free(j);
    return (int)st;
}
