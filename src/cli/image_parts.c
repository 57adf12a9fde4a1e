/* SPDX-License-Identifier: MIT
 *
 * Merging and splitting images; see the header.
 */
#include "image_parts.h"

#include "file_write.h"
#include "json.h"

#include "../image/ihex.h"
#include "../image/merge.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- merge --------------------------------------------------------------------------------- */

/* "FILE@ADDRESS" to its two parts; no address: addr stays as it is and *has is false. */
static espy_status split_word(espy_cli *cli, const char *word, char *path, size_t cap, uint32_t *addr, bool *has)
{
    const char *at = strrchr(word, '@');
    size_t n = at != NULL ? (size_t)(at - word) : strlen(word);
    *has = at != NULL;
    if (n == 0 || n >= cap)
        return espy_usage(cli, "image", "\"%s\" is not FILE@ADDRESS", word);
    memcpy(path, word, n);
    path[n] = '\0';
    return at != NULL ? espy_parse_size(cli, "the address of", at + 1, addr) : ESPY_OK;
}

static espy_status take_hex(espy_cli *cli, espy_pieces *pieces, unsigned index, const espy_buf *file)
{
    espy_pieces parts = {0};
    espy_status st = espy_ihex_read(&parts, file->bytes, file->size, &cli->err);
    for (size_t i = 0; st == ESPY_OK && i < parts.count; i++) {
        espy_piece *piece = espy_pieces_add(pieces, parts.piece[i].addr, index, &cli->err);
        if (piece == NULL)
            st = ESPY_E_MEMORY;
        else
            piece->data = parts.piece[i].data;
        parts.piece[i].data = (espy_buf){0};
    }
    espy_pieces_free(&parts);
    return st;
}

static espy_status take_word(espy_cli *cli, espy_pieces *pieces, char **words, unsigned index)
{
    char path[4096];
    uint32_t addr = 0;
    bool has_addr;
    espy_buf file = {0};
    espy_status st = split_word(cli, words[index], path, sizeof path, &addr, &has_addr);
    if (st == ESPY_OK)
        st = espy_buf_read_file(&file, path, &cli->err);
    if (st == ESPY_OK && espy_ihex_is(file.bytes, file.size)) {
        st = take_hex(cli, pieces, index, &file);
        if (st != ESPY_OK)
            espy_context(&cli->err, "%s", path);
    } else if (st == ESPY_OK && !has_addr) {
        st = espy_usage(cli, "image", "%s has no address: write it FILE@ADDRESS", path);
    } else if (st == ESPY_OK) {
        espy_piece *piece = espy_pieces_add(pieces, addr, index, &cli->err);
        st = piece != NULL ? ESPY_OK : ESPY_E_MEMORY;
        if (piece != NULL) {
            piece->data = file;
            file = (espy_buf){0};
        }
    }
    espy_buf_free(&file);
    return st;
}

static espy_status collect(espy_cli *cli, espy_pieces *pieces, char **words, int n)
{
    espy_status st = ESPY_OK;
    for (int i = 0; st == ESPY_OK && i < n; i++)
        st = take_word(cli, pieces, words, (unsigned)i);
    if (st != ESPY_OK)
        return st;
    espy_pieces_sort(pieces);
    const espy_piece *twice = espy_pieces_overlap(pieces, ESPY_SECTOR);
    if (twice == NULL)
        return ESPY_OK;
    espy_fail(&cli->err, ESPY_E_ARG, "%s shares a sector at 0x%x with the file before it", words[twice->origin],
              (unsigned)twice->addr);
    espy_advise(&cli->err, "Flash is erased by sectors of 4096 bytes, and no two files may share one.");
    return ESPY_E_ARG;
}

static espy_status set_flash_size(espy_cli *cli, espy_pieces *pieces, uint32_t flash_size)
{
    espy_flash_settings settings = {ESPY_KEEP, ESPY_KEEP, 0};
    espy_setting_result result = {0};
    while (settings.size < 8 && UINT32_C(0x100000) << settings.size != flash_size)
        settings.size++;
    if (settings.size == 8)
        return espy_usage(cli, "image", "a flash has 1M, 2M, 4M and so on up to 128M, not 0x%x bytes",
                          (unsigned)flash_size);
    espy_status st = ESPY_OK;
    if (pieces->count > 0)
        st = espy_settings_apply(&pieces->piece[0].data, pieces->piece[0].addr, &settings, &result, &cli->err);
    if (st == ESPY_OK && result.outcome != ESPY_SETTINGS_SAME && result.outcome != ESPY_SETTINGS_CHANGED)
        st = espy_fail(&cli->err, ESPY_E_FORMAT,
                       "--flash needs an ESP32-S3's bootloader at address 0, and there is none");
    return st;
}

static const char *format_of(const espy_merge_options *options)
{
    const char *dot = strrchr(options->output, '.');
    if (options->format != NULL)
        return options->format;
    return dot != NULL && (strcmp(dot, ".uf2") == 0 || strcmp(dot, ".hex") == 0) ? dot + 1 : "raw";
}

static espy_status merge_to(espy_cli *cli, espy_buf *out, espy_pieces *pieces, const char *format)
{
    if (strcmp(format, "raw") == 0)
        return espy_merge_raw(out, pieces, 0, 0, &cli->err);
    if (strcmp(format, "hex") == 0) {
        espy_status st = espy_pieces_join(pieces, &cli->err);
        return st == ESPY_OK ? espy_ihex_write(out, pieces, &cli->err) : st;
    }
    if (strcmp(format, "uf2") != 0)
        return espy_usage(cli, "image", "there is no format \"%s\": raw, uf2 or hex", format);
    espy_uf2_options options = {.family = ESPY_UF2_FAMILY_ESP32S3};
    return espy_uf2_write(out, pieces, &options, &cli->err);
}

static espy_status tell_merge(espy_cli *cli, const espy_pieces *pieces, char **words, const espy_buf *out,
                              const espy_merge_options *options)
{
    char size[32];
    if (cli->json) {
        cJSON *object = cJSON_CreateObject();
        espy_json_string(object, "output", options->output);
        espy_json_string(object, "format", format_of(options));
        espy_json_number(object, "size", out->size);
        cJSON *rows = espy_json_array(object, "pieces");
        for (size_t i = 0; i < pieces->count; i++) {
            cJSON *row = espy_json_item(rows);
            espy_json_number(row, "address", pieces->piece[i].addr);
            espy_json_number(row, "size", pieces->piece[i].data.size);
        }
        return espy_json_print(cli, object);
    }
    for (size_t i = 0; i < pieces->count; i++)
        printf("  0x%08x  %10s  %s\n", (unsigned)pieces->piece[i].addr,
               espy_size_text(pieces->piece[i].data.size, size, sizeof size), words[pieces->piece[i].origin]);
    printf("%s has %s, %s\n", options->output, espy_size_text(out->size, size, sizeof size), format_of(options));
    return ESPY_OK;
}

espy_status espy_image_merge(espy_cli *cli, char **words, int n, const espy_merge_options *options)
{
    espy_pieces pieces = {0};
    espy_buf out = {0};
    if (options->output == NULL || n == 0)
        return espy_usage(cli, "image", "image merge needs %s", n == 0 ? "files, as FILE@ADDRESS" : "-o OUT");
    espy_status st = collect(cli, &pieces, words, n);
    if (st == ESPY_OK && options->flash_size != 0)
        st = set_flash_size(cli, &pieces, options->flash_size);
    if (st == ESPY_OK)
        st = merge_to(cli, &out, &pieces, format_of(options));
    if (st == ESPY_OK)
        st = espy_file_write(options->output, out.bytes, out.size, &cli->err);
    if (st == ESPY_OK)
        st = tell_merge(cli, &pieces, words, &out, options);
    espy_pieces_free(&pieces);
    espy_buf_free(&out);
    return st;
}

/* ---- split ---------------------------------------------------------------------------------- */

typedef struct splitter {
    espy_cli *cli;
    const espy_image *image;
    const char *folder;
    cJSON *rows; /* with --json */
} splitter;

/* The bytes up to the last that is not 0xFF, but at least `least`. */
static size_t used(const uint8_t *bytes, size_t size, size_t least)
{
    while (size > least && bytes[size - 1] == 0xFF)
        size--;
    return size;
}

static espy_status put(splitter *s, const char *label, uint32_t addr, size_t size)
{
    char path[4096], safe[24], text[32];
    snprintf(safe, sizeof safe, "%s", label);
    for (char *c = safe; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
            *c = '_';
    int n = snprintf(path, sizeof path, "%s/0x%06x-%s.bin", s->folder, (unsigned)addr, safe);
    if (n < 0 || (size_t)n >= sizeof path)
        return espy_usage(s->cli, "image", "the name of the folder is too long");
    espy_status st = espy_file_write(path, s->image->bytes + (addr - s->image->base), size, &s->cli->err);
    if (st != ESPY_OK)
        return st;
    if (s->rows == NULL) {
        printf("  0x%08x  %10s  %s\n", (unsigned)addr, espy_size_text(size, text, sizeof text), path);
        return ESPY_OK;
    }
    cJSON *row = espy_json_item(s->rows);
    espy_json_number(row, "address", addr);
    espy_json_number(row, "size", size);
    espy_json_string(row, "file", path);
    return ESPY_OK;
}

/* A program's signature may follow it: what is not blank stays with it. */
static espy_status put_partition(splitter *s, const espy_partition *p)
{
    const espy_image *image = s->image;
    uint64_t from = p->addr - image->base, end = from + p->size;
    if (from >= image->size)
        return ESPY_OK;
    size_t size = (size_t)((end < image->size ? end : image->size) - from);
    const uint8_t *bytes = image->bytes + from;
    if (used(bytes, size, 0) == 0)
        return ESPY_OK;
    for (size_t i = 0; i < image->app_count; i++)
        if (image->apps[i].addr == p->addr)
            size = used(bytes, size, image->apps[i].size);
    return put(s, p->label, p->addr, size);
}

static espy_status put_all(splitter *s)
{
    const espy_image *image = s->image;
    const espy_binary *boot = &image->bootloader;
    size_t room = image->table_addr - boot->addr, left = image->size - (image->table_addr - image->base);
    espy_status st =
        put(s, "bootloader", boot->addr, used(image->bytes + (boot->addr - image->base), room, boot->size));
    if (st == ESPY_OK)
        st = put(s, "partition-table", image->table_addr,
                 left < ESPY_PARTITION_TABLE_SIZE ? left : ESPY_PARTITION_TABLE_SIZE);
    for (size_t i = 0; st == ESPY_OK && i < image->table.count; i++)
        st = put_partition(s, &image->table.row[i]);
    return st;
}

espy_status espy_image_split(espy_cli *cli, const espy_image *image, const char *folder)
{
    splitter s = {.cli = cli, .image = image, .folder = folder};
    espy_status st = espy_image_need_merged(image, &cli->err);
    if (st != ESPY_OK)
        return st;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return espy_fail(&cli->err, ESPY_E_IO, "cannot make the folder %s: %s", folder, strerror(errno));
    cJSON *object = cli->json ? cJSON_CreateObject() : NULL;
    if (object != NULL)
        s.rows = espy_json_array(object, "parts");
    st = put_all(&s);
    if (object == NULL)
        return st;
    if (st == ESPY_OK)
        return espy_json_print(cli, object);
    cJSON_Delete(object);
    return st;
}
