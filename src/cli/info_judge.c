/* SPDX-License-Identifier: MIT
 *
 * `espy info`: what the findings come to.
 */
#include "info.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *espy_info_version(const espy_info *info)
{
    const char *text = info->survey.micropython.version;
    return text[0] == 'v' ? text + 1 : text;
}

static const char *app_name(const espy_info *info, const espy_survey_app *app, char *text, size_t cap)
{
    const espy_micropython *m = &info->survey.micropython;
    const espy_binary *b = &app->binary;
    if (app->content == ESPY_CONTENT_BLANK)
        return "blank";
    if (app->content == ESPY_CONTENT_OTHER)
        return "no application";
    if (app->content == ESPY_CONTENT_NONE)
        return "";
    if (app == info->survey.boots && m->version[0] != '\0')
        snprintf(text, cap, "MicroPython %s%s%s", espy_info_version(info), m->variant[0] != '\0' ? " " : "",
                 m->variant);
    else if (b->project[0] != '\0')
        snprintf(text, cap, "%s%s%s", b->project, b->version[0] != '\0' ? " " : "", b->version);
    else
        snprintf(text, cap, "an application%s%s", b->idf[0] != '\0' ? " for ESP-IDF " : "", b->idf);
    return text;
}

const char *espy_info_holds(const espy_info *info, size_t row, char *text, size_t cap)
{
    const espy_survey *s = &info->survey;
    for (size_t i = 0; i < s->app_count; i++)
        if (s->apps[i].row == row)
            return app_name(info, &s->apps[i], text, cap);
    if (s->fs_read && s->rows.row[row].addr == s->fs_row.addr)
        return espy_fs_name(s->fs.kind);
    return "";
}

/* ---- problems --------------------------------------------------------------------------- */

ESPY_PRINTF(2, 3) static void problem(espy_info *info, const char *fmt, ...)
{
    if (info->problem_count == ESPY_INFO_PROBLEMS)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(info->problems[info->problem_count++], sizeof info->problems[0], fmt, args);
    va_end(args);
}

static void judge_chip(espy_info *info, const char *what, const espy_binary *b)
{
    const char *name = espy_image_chip_name(b->chip_id);
    if (b->chip_id == info->board.info.chip_id)
        return;
    if (name != NULL)
        problem(info, "the %s is for the %s", what, name);
    else
        problem(info, "the %s is for a chip of id %u", what, b->chip_id);
}

/* Firmware without a file-system partition in its table takes what is behind it. */
static bool sizes_itself(const espy_survey *s)
{
    for (size_t i = 0; i < s->rows.count; i++)
        if (s->has_fs && s->rows.row[i].addr == s->fs_row.addr)
            return false;
    return s->micropython.version[0] != '\0';
}

static void judge_size(espy_info *info)
{
    char a[32], b[32];
    const espy_survey *s = &info->survey;
    uint32_t declared = s->boot.flash_size, real = info->board.info.flash.size;
    espy_size_text(declared, a, sizeof a);
    espy_size_text(real, b, sizeof b);
    if (declared == 0)
        problem(info, "the bootloader's header declares no size of flash that exists");
    else if (declared > real)
        problem(info, "the bootloader's header declares %s of flash, and there are %s: ESP-IDF refuses to use it", a,
                b);
    else if (declared < real && !sizes_itself(s))
        problem(info, "the bootloader's header declares %s of flash: the rest of %s is not used", a, b);
}

static void judge_bootloader(espy_info *info)
{
    const espy_survey *s = &info->survey;
    if (s->bootloader == ESPY_CONTENT_FOUND) {
        judge_chip(info, "bootloader", &s->boot);
        judge_size(info);
    } else {
        problem(info, s->bootloader == ESPY_CONTENT_BLANK ? "there is no bootloader: the flash is blank at 0x0"
                                                          : "there is no bootloader: 0x0 holds something else");
    }
}

static void judge_table(espy_info *info)
{
    const espy_survey *s = &info->survey;
    if (s->table_content == ESPY_CONTENT_FOUND) {
        const espy_partition *beyond = espy_survey_beyond(s, info->board.info.flash.size);
        if (beyond != NULL)
            problem(info, "partition \"%s\" ends at 0x%llx, beyond the flash", beyond->label,
                    (unsigned long long)beyond->addr + beyond->size);
    } else if (s->table_content == ESPY_CONTENT_BLANK) {
        problem(info, "there is no partition table: the flash is blank at 0x%x", (unsigned)s->table_addr);
    } else {
        problem(info, "there is no partition table at 0x%x: %.80s", (unsigned)s->table_addr, s->table_err.text);
    }
}

static void judge_apps(espy_info *info)
{
    const espy_survey *s = &info->survey;
    if (s->table_content != ESPY_CONTENT_FOUND)
        return;
    if (s->app_count == 0)
        problem(info, "the partition table has no application");
    else if (s->boots == NULL)
        problem(info, "no application partition holds an application");
    else if (s->boots != &s->apps[0])
        problem(info, "partition \"%s\", which comes first, holds no application: \"%s\" boots instead",
                s->rows.row[s->apps[0].row].label, s->rows.row[s->boots->row].label);
    if (s->by_entry >= 0 && s->ota[s->by_entry].state == ESPY_OTA_PENDING_VERIFY)
        problem(info, "\"%s\" has not said yet that it works: a bootloader with rollback takes another",
                s->rows.row[s->apps[0].row].label);
    if (s->boots != NULL)
        judge_chip(info, "application", &s->boots->binary);
}

void espy_info_judge(espy_info *info)
{
    judge_bootloader(info);
    judge_table(info);
    judge_apps(info);
}
