/* SPDX-License-Identifier: MIT
 *
 * `espy flash` and `espy verify`: what they tell, for a person and as JSON.
 */
#include "flash.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ----------------------------------------------------------------------------- */

/* A part of a plan that lies in one partition and has one thing done to it. */
typedef struct row {
    uint32_t addr, size;
    espy_flash_action action;
    bool blank;
    const char *name;
} row;

static bool joins(const row *last, const row *next)
{
    return last->addr + last->size == next->addr && last->action == next->action && last->name == next->name;
}

/* For a plan it does not matter whether what is written over is blank: `blanks` false. */
static size_t make_rows(row *rows, const espy_flash_plan *plan, const espy_partitions *names, bool blanks)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const espy_flash_step *step = &plan->steps[i];
        for (uint32_t done = 0, end; done < step->size; done += rows[n - 1].size) {
            row next = {.addr = step->addr + done, .action = step->action, .blank = step->blank};
            next.name = espy_place_name(names, next.addr, &end);
            next.size = step->size - done < end - next.addr ? step->size - done : end - next.addr;
            rows[n++] = next;
        }
    }
    size_t kept = 0;
    for (size_t i = 1; i < n; i++)
        if (joins(&rows[kept], &rows[i]) && (!blanks || rows[kept].blank == rows[i].blank))
            rows[kept].size += rows[i].size;
        else
            rows[++kept] = rows[i];
    return n > 0 ? kept + 1 : 0;
}

static row *new_rows(const espy_flash_job *job, const espy_flash_plan *plan, bool blanks, size_t *n)
{
    row *rows = calloc(plan->n + 2 * ESPY_PARTITIONS_MAX + 4, sizeof *rows); /* each border cuts once */
    if (rows == NULL)
        espy_fail(&job->cli->err, ESPY_E_MEMORY, "no memory for a report");
    else
        *n = make_rows(rows, plan, job->names, blanks);
    return rows;
}

static void range_text(const row *r, char text[40])
{
    snprintf(text, 40, "0x%06x..0x%06x", (unsigned)r->addr, (unsigned)(r->addr + r->size));
}

static void json_head(const espy_flash_job *job, cJSON *object)
{
    espy_json_string(object, "port", job->board.link->name);
    cJSON *files = espy_json_array(object, "files");
    for (size_t i = 0; i < job->n; i++) {
        const espy_flash_origin *origin = &job->origins[i];
        if (origin->file == NULL)
            continue;
        cJSON *file = espy_json_item(files);
        espy_json_string(file, "file", origin->file->path);
        espy_json_number(file, "address", job->parts[i].addr);
        espy_json_number(file, "size", job->parts[i].size);
        espy_json_string(file, "partition", origin->partition != NULL ? origin->partition->label : NULL);
    }
}

/* ---- a plan ----------------------------------------------------------------------------- */

static const char *const actions[] = {
    [ESPY_FLASH_KEEP] = "keep", [ESPY_FLASH_ERASE] = "erase", [ESPY_FLASH_WRITE] = "write"};

/* 0: none, on the chip's own USB, which is faster than the flash. */
static uint32_t rate(const espy_flash_job *job)
{
    return job->board.link->returns ? 0 : espy_flasher_get_stats(job->board.flasher)->baud;
}

/* Ten bits a byte on the wire; 150 ms to erase a block of 64 KiB and 0.4 ms to program a
 * page of 256 bytes are what data sheets of quad flash call typical.  The stub does all at
 * once, the ROM one after the other. */
static double estimate(const espy_flash_job *job, const espy_flash_plan *plan)
{
    uint32_t baud = rate(job);
    double wire = baud > 0 ? (double)plan->compressed * 10 / baud : 0;
    double flash = (double)plan->to_erase / 65536 * 0.150 + (double)plan->write / 256 * 0.0004;
    if (!espy_flasher_has_stub(job->board.flasher))
        return wire + flash;
    return wire > flash ? wire : flash;
}

static void print_sums(const espy_flash_job *job, const espy_flash_plan *plan)
{
    char keep[32], erase[32], write[32], sent[32], port[64];
    printf("keep %s, erase %s, write %s", espy_size_text(plan->keep, keep, sizeof keep),
           espy_size_text(plan->erase, erase, sizeof erase), espy_size_text(plan->write, write, sizeof write));
    if (plan->write > 0)
        printf(", as about %s on the wire", espy_size_text(plan->compressed, sent, sizeof sent));
    printf("\nabout %.1f s on %s", estimate(job, plan), espy_board_port_name(job->board.link, port, sizeof port));
    if (rate(job) > 0)
        printf(" at %u baud", (unsigned)rate(job));
    printf("; nothing was written\n");
}

static void print_plan(const espy_flash_job *job, const espy_flash_plan *plan, const row *rows, size_t n)
{
    char range[40], size[32], port[64];
    printf("%-20s  %-16s %-6s %10s\n", "range", "partition", "what", "bytes");
    for (size_t i = 0; i < n; i++) {
        range_text(&rows[i], range);
        printf("%-20s  %-16s %-6s %10s\n", range, rows[i].name[0] != '\0' ? rows[i].name : "-", actions[rows[i].action],
               espy_size_text(rows[i].size, size, sizeof size));
    }
    putchar('\n');
    if (plan->erase + plan->write > 0)
        print_sums(job, plan);
    else
        printf("the flash on %s holds all of it already: nothing is to be erased or written\n",
               espy_board_port_name(job->board.link, port, sizeof port));
}

static espy_status json_plan(const espy_flash_job *job, const espy_flash_plan *plan, const row *rows, size_t n)
{
    cJSON *object = cJSON_CreateObject();
    json_head(job, object);
    cJSON *steps = espy_json_array(object, "plan");
    for (size_t i = 0; i < n; i++) {
        cJSON *step = espy_json_item(steps);
        espy_json_number(step, "address", rows[i].addr);
        espy_json_number(step, "size", rows[i].size);
        espy_json_string(step, "action", actions[rows[i].action]);
        espy_json_string(step, "partition", rows[i].name);
    }
    cJSON *bytes = espy_json_object(object, "bytes");
    espy_json_number(bytes, "keep", plan->keep);
    espy_json_number(bytes, "erase", plan->erase);
    espy_json_number(bytes, "write", plan->write);
    espy_json_number(bytes, "not_blank", plan->to_erase);
    espy_json_number(bytes, "compressed", plan->compressed);
    if (rate(job) > 0)
        espy_json_number(object, "baud", rate(job));
    else
        cJSON_AddNullToObject(object, "baud");
    espy_json_seconds(object, "seconds", estimate(job, plan));
    return espy_json_print(job->cli, object);
}

espy_status espy_flash_show_plan(const espy_flash_job *job, const espy_flash_plan *plan)
{
    size_t n;
    row *rows = new_rows(job, plan, false, &n);
    if (rows == NULL)
        return ESPY_E_MEMORY;
    espy_status st = ESPY_OK;
    if (job->cli->json)
        st = json_plan(job, plan, rows, n);
    else
        print_plan(job, plan, rows, n);
    free(rows);
    return st;
}

/* ---- what was written --------------------------------------------------------------------- */

espy_status espy_flash_show_written(const espy_flash_job *job, double seconds)
{
    char image[32], skipped[32], port[64];
    const espy_flasher_stats *stats = espy_flasher_get_stats(job->board.flasher);
    espy_size_text(stats->bytes_image, image, sizeof image);
    if (job->cli->json) {
        cJSON *object = cJSON_CreateObject();
        json_head(job, object);
        cJSON *bytes = espy_json_object(object, "bytes");
        espy_json_number(bytes, "image", stats->bytes_image);
        espy_json_number(bytes, "skipped", stats->bytes_skipped);
        espy_json_number(bytes, "sent", stats->bytes_sent);
        espy_json_seconds(object, "seconds", seconds);
        return espy_json_print(job->cli, object);
    }
    printf("%s on %s, verified in its flash", image, espy_board_port_name(job->board.link, port, sizeof port));
    if (stats->bytes_skipped > 0)
        printf("; %s of it %s there already",
               stats->bytes_skipped == stats->bytes_image
                   ? "all"
                   : espy_size_text(stats->bytes_skipped, skipped, sizeof skipped),
               stats->bytes_skipped == stats->bytes_image ? "was" : "were");
    printf(" (%.1f s)\n", seconds);
    return ESPY_OK;
}

/* ---- what a comparison has found ------------------------------------------------------------ */

static bool differs(const row *r)
{
    return r->action != ESPY_FLASH_KEEP;
}

static void print_differences(const row *rows, size_t n)
{
    char range[40], size[32];
    for (size_t i = 0; i < n; i++) {
        if (!differs(&rows[i]))
            continue;
        range_text(&rows[i], range);
        printf("%-20s  %-16s %-8s %10s\n", range, rows[i].name[0] != '\0' ? rows[i].name : "-",
               rows[i].blank ? "is blank" : "differs", espy_size_text(rows[i].size, size, sizeof size));
    }
}

static espy_status json_differences(const espy_flash_job *job, const espy_flash_plan *plan, const row *rows, size_t n)
{
    cJSON *object = cJSON_CreateObject();
    json_head(job, object);
    espy_json_bool(object, "equal", plan->write + plan->erase == 0);
    cJSON *ranges = espy_json_array(object, "differences");
    for (size_t i = 0; i < n; i++) {
        if (!differs(&rows[i]))
            continue;
        cJSON *range = espy_json_item(ranges);
        espy_json_number(range, "address", rows[i].addr);
        espy_json_number(range, "size", rows[i].size);
        espy_json_bool(range, "blank", rows[i].blank);
        espy_json_string(range, "partition", rows[i].name);
    }
    cJSON *bytes = espy_json_object(object, "bytes");
    espy_json_number(bytes, "equal", plan->keep);
    espy_json_number(bytes, "different", plan->write + plan->erase);
    return espy_json_print(job->cli, object);
}

static espy_status judge(const espy_flash_job *job, const espy_flash_plan *plan, const row *rows, size_t n)
{
    char part[32], whole[32];
    size_t count = 0, first = n;
    for (size_t i = n; i > 0; i--)
        if (differs(&rows[i - 1])) {
            first = i - 1;
            count++;
        }
    espy_size_text(plan->write + plan->erase, part, sizeof part);
    espy_size_text(plan->keep + plan->write + plan->erase, whole, sizeof whole);
    if (count == 0) {
        if (!job->cli->json)
            printf("all of %s is in the flash\n", whole);
        return ESPY_OK;
    }
    espy_fail(&job->cli->err, ESPY_E_DEVICE, "the flash differs in %s of %s, %zu range%s, the first at 0x%x", part,
              whole, count, count == 1 ? "" : "s", (unsigned)rows[first].addr);
    espy_advise(&job->cli->err, "`espy flash` with the same files writes what differs.");
    return ESPY_E_DEVICE;
}

espy_status espy_flash_show_verified(const espy_flash_job *job, const espy_flash_plan *plan)
{
    size_t n;
    row *rows = new_rows(job, plan, true, &n);
    if (rows == NULL)
        return ESPY_E_MEMORY;
    espy_status st = ESPY_OK;
    if (job->cli->json)
        st = json_differences(job, plan, rows, n);
    else
        print_differences(rows, n);
    if (st == ESPY_OK)
        st = judge(job, plan, rows, n);
    free(rows);
    return st;
}
