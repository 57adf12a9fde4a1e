/* SPDX-License-Identifier: MIT
 *
 * What a flash holds; see the header.
 */
#include "survey.h"

#include "binary.h"
#include "micropython.h"
#include "partitions.h"

#include "../base/buf.h"
#include "../base/bytes.h"

#include <string.h>

enum {
    TABLE_BEGIN = 256,        /* holds the table of nearly every board, with the row that ends it */
    TABLE_LAST = 0x20000,     /* as in image.c */
    STRINGS_STEP = 16 * 1024, /* the banner lies 24 to 52 KB into MicroPython's releases */
    STRINGS_MAX = 128 * 1024  /* where it is given up */
};

static bool within(const espy_flash_reader *flash, uint32_t addr, size_t n)
{
    return (uint64_t)addr + n <= flash->reach;
}

/* The binary at addr, by its beginning. */
static espy_status look_at(const espy_flash_reader *flash, uint32_t addr, size_t n, espy_content *content,
                           espy_binary *binary, espy_err *err)
{
    uint8_t bytes[ESPY_BINARY_PEEK];
    *content = ESPY_CONTENT_NONE;
    if (!within(flash, addr, n))
        return ESPY_OK;
    espy_status st = flash->read(flash->user, addr, bytes, n, err);
    if (st != ESPY_OK)
        return st;
    if (espy_binary_peek(binary, bytes, n, addr, NULL) == ESPY_OK)
        *content = ESPY_CONTENT_FOUND;
    else
        *content = bytes_blank(bytes, n) ? ESPY_CONTENT_BLANK : ESPY_CONTENT_OTHER;
    return ESPY_OK;
}

/* ---- the table ---------------------------------------------------------------------- */

/* The bytes of the table: its beginning, and the rest where it is longer. */
static espy_status read_table(const espy_flash_reader *flash, uint32_t addr, uint8_t *bytes, espy_err *err)
{
    memset(bytes, 0xFF, ESPY_PARTITION_TABLE_SIZE);
    espy_status st = flash->read(flash->user, addr, bytes, TABLE_BEGIN, err);
    if (st != ESPY_OK || bytes_blank(bytes + TABLE_BEGIN - ESPY_PARTITION_ROW, ESPY_PARTITION_ROW))
        return st;
    return flash->read(flash->user, addr + TABLE_BEGIN, bytes + TABLE_BEGIN, ESPY_PARTITION_TABLE_SIZE - TABLE_BEGIN,
                       err);
}

/* Where the table begins, if not at its usual place; 0: nowhere. */
static espy_status find_table(const espy_flash_reader *flash, uint32_t *found, espy_err *err)
{
    *found = 0;
    for (uint32_t addr = ESPY_PARTITION_TABLE + ESPY_SECTOR; addr <= TABLE_LAST && *found == 0; addr += ESPY_SECTOR) {
        uint8_t bytes[ESPY_PARTITION_ROW];
        espy_status st = flash->read(flash->user, addr, bytes, sizeof bytes, err);
        if (st != ESPY_OK)
            return st;
        if (espy_partitions_magic(bytes, sizeof bytes))
            *found = addr;
    }
    return ESPY_OK;
}

static espy_status look_at_table(espy_survey *s, const espy_flash_reader *flash, espy_err *err)
{
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    s->table_addr = ESPY_PARTITION_TABLE;
    if (!within(flash, TABLE_LAST, ESPY_SECTOR))
        return ESPY_OK;
    espy_status st = read_table(flash, s->table_addr, bytes, err);
    if (st == ESPY_OK && !espy_partitions_magic(bytes, sizeof bytes) && s->bootloader == ESPY_CONTENT_FOUND) {
        uint32_t elsewhere;
        st = find_table(flash, &elsewhere, err);
        if (st == ESPY_OK && elsewhere != 0) {
            s->table_addr = elsewhere;
            st = read_table(flash, elsewhere, bytes, err);
        }
    }
    if (st != ESPY_OK)
        return st;
    if (espy_partitions_parse(&s->rows, bytes, sizeof bytes, UINT32_MAX, &s->table_err) == ESPY_OK)
        s->table_content = ESPY_CONTENT_FOUND;
    else
        s->table_content = bytes_blank(bytes, sizeof bytes) ? ESPY_CONTENT_BLANK : ESPY_CONTENT_OTHER;
    return ESPY_OK;
}

/* ---- applications --------------------------------------------------------------------- */

static espy_status look_at_otadata(espy_survey *s, const espy_flash_reader *flash, espy_err *err)
{
    for (size_t i = 0; i < s->rows.count && !s->has_otadata; i++) {
        const espy_partition *row = &s->rows.row[i];
        if (row->type != ESPY_PARTITION_DATA || row->subtype != ESPY_DATA_OTA || row->size < 2 * ESPY_SECTOR ||
            !within(flash, row->addr, row->size))
            continue;
        for (uint32_t k = 0; k < 2; k++) {
            uint8_t bytes[ESPY_OTA_ENTRY];
            espy_status st = flash->read(flash->user, row->addr + k * ESPY_SECTOR, bytes, sizeof bytes, err);
            if (st != ESPY_OK)
                return st;
            s->ota[k] = espy_ota_entry_read(bytes);
        }
        s->has_otadata = true;
    }
    return ESPY_OK;
}

static espy_status look_at_apps(espy_survey *s, const espy_flash_reader *flash, espy_err *err)
{
    size_t rows[ESPY_APPS_MAX];
    espy_status st = look_at_otadata(s, flash, err);
    if (st != ESPY_OK)
        return st;
    s->app_count = espy_ota_order(&s->rows, s->has_otadata ? s->ota : NULL, rows, &s->by_entry);
    for (size_t i = 0; i < s->app_count && st == ESPY_OK; i++) {
        espy_survey_app *app = &s->apps[i];
        app->row = rows[i];
        st = look_at(flash, s->rows.row[app->row].addr, ESPY_BINARY_PEEK, &app->content, &app->binary, err);
        if (app->content == ESPY_CONTENT_FOUND && s->boots == NULL)
            s->boots = app;
    }
    return st;
}

/* MicroPython's builds have no project in their description, or "micropython". */
static bool may_be_micropython(const espy_binary *app)
{
    return app->project[0] == '\0' || strcmp(app->project, "micropython") == 0;
}

static bool complete(const espy_micropython *m)
{
    return m->version[0] != '\0' && m->date[0] != '\0' && m->machine[0] != '\0';
}

/* Its strings are in the first segment, the banner near the beginning. */
static espy_status look_for_micropython(espy_survey *s, const espy_flash_reader *flash, espy_err *err)
{
    const espy_segment *strings = &s->boots->binary.segments[0];
    uint32_t end = strings->size < STRINGS_MAX ? strings->size : STRINGS_MAX;
    espy_buf buf = {0};
    espy_status st = ESPY_OK;
    for (uint32_t at = 0; at < end && st == ESPY_OK && !complete(&s->micropython); at += STRINGS_STEP) {
        uint32_t n = end - at < STRINGS_STEP ? end - at : STRINGS_STEP;
        if (!within(flash, strings->addr + at, n))
            break;
        st = espy_buf_reserve(&buf, n, err);
        if (st == ESPY_OK)
            st = flash->read(flash->user, strings->addr + at, buf.bytes + at, n, err);
        buf.size = at + n;
        if (st == ESPY_OK)
            espy_micropython_read(&s->micropython, buf.bytes, buf.size);
    }
    espy_buf_free(&buf);
    return st;
}

/* ---- the file system ------------------------------------------------------------------- */

static espy_status look_at_fs(espy_survey *s, const espy_flash_reader *flash, espy_err *err)
{
    uint8_t first[ESPY_FS_BEGIN], second[ESPY_FS_BEGIN];
    s->has_fs = espy_partitions_filesystem(&s->rows, flash->size, &s->fs_row);
    s->fs_read = s->has_fs && s->fs_row.size >= 2 * ESPY_SECTOR && within(flash, s->fs_row.addr, 2 * ESPY_SECTOR);
    if (!s->fs_read)
        return ESPY_OK;
    espy_status st = flash->read(flash->user, s->fs_row.addr, first, sizeof first, err);
    if (st == ESPY_OK)
        st = flash->read(flash->user, s->fs_row.addr + ESPY_SECTOR, second, sizeof second, err);
    if (st == ESPY_OK)
        s->fs = espy_fs_recognise(first, second);
    return st;
}

espy_status espy_survey_flash(espy_survey *survey, const espy_flash_reader *flash, espy_err *err)
{
    enum { BOOTLOADER_DESC_END = 112 };
    *survey = (espy_survey){.by_entry = -1};
    espy_status st = look_at(flash, 0, BOOTLOADER_DESC_END, &survey->bootloader, &survey->boot, err);
    if (st == ESPY_OK)
        st = look_at_table(survey, flash, err);
    if (st != ESPY_OK || survey->table_content != ESPY_CONTENT_FOUND)
        return st;
    st = look_at_apps(survey, flash, err);
    if (st == ESPY_OK && survey->boots != NULL && may_be_micropython(&survey->boots->binary))
        st = look_for_micropython(survey, flash, err);
    return st == ESPY_OK ? look_at_fs(survey, flash, err) : st;
}

const espy_partition *espy_survey_beyond(const espy_survey *survey, uint32_t flash_size)
{
    for (size_t i = 0; i < survey->rows.count; i++) {
        const espy_partition *row = &survey->rows.row[i];
        if ((uint64_t)row->addr + row->size > flash_size)
            return row;
    }
    return NULL;
}
