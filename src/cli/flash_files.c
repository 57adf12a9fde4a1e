/* SPDX-License-Identifier: MIT
 *
 * Files and where they go in the flash; see the header.
 */
#include "flash.h"

#include "../image/ihex.h"
#include "../image/partitions.h"
#include "../image/uf2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading the files ---------------------------------------------------------------- */

/* The file's name without its folder. */
static const char *name_of(const espy_flash_file *file)
{
    const char *slash = strrchr(file->path, '/');
    return slash != NULL ? slash + 1 : file->path;
}

/* "FILE@WHERE"; a file whose own name has an @ is taken as it is. */
static espy_status split(espy_flash_job *job, espy_flash_file *file, const char *word)
{
    const char *at = access(word, F_OK) == 0 ? NULL : strrchr(word, '@');
    size_t n = at != NULL ? (size_t)(at - word) : strlen(word);
    if (n == 0 || n >= sizeof file->path)
        return espy_usage(job->cli, job->board.command, "\"%s\" is not FILE or FILE@WHERE", word);
    memcpy(file->path, word, n);
    file->placed = at != NULL;
    espy_status st = at != NULL ? espy_place_parse(job->cli, job->board.command, at + 1, &file->place) : ESPY_OK;
    if (st == ESPY_OK && file->place.sized)
        return espy_usage(job->cli, job->board.command, "\"%s\" is a range; %s goes to an address or a partition",
                          file->place.text, file->path);
    return st;
}

/* Intel HEX and UF2 say where they go. */
static espy_status read_addresses(espy_flash_job *job, espy_flash_file *file)
{
    espy_err *err = &job->cli->err;
    espy_status st =
        espy_uf2_is(file->bytes.bytes, file->bytes.size)
            ? espy_uf2_read(&file->pieces, file->bytes.bytes, file->bytes.size, ESPY_UF2_FAMILY_ESP32S3, err)
            : espy_ihex_read(&file->pieces, file->bytes.bytes, file->bytes.size, err);
    file->has_addresses = true;
    if (st == ESPY_OK)
        st = espy_pieces_widen(&file->pieces, ESPY_SECTOR, err);
    if (st == ESPY_OK && file->placed)
        return espy_usage(job->cli, job->board.command, "%s has addresses of its own, and goes nowhere else",
                          file->path);
    return st;
}

static bool has_addresses(const espy_buf *bytes)
{
    return espy_ihex_is(bytes->bytes, bytes->size) || espy_uf2_is(bytes->bytes, bytes->size);
}

static espy_status unplaced(espy_flash_job *job, espy_flash_file *file, const espy_err *why)
{
    espy_err *err = &job->cli->err;
    if (file->is_image && file->image.kind == ESPY_IMAGE_MERGED) {
        file->merged = true;
        return ESPY_OK;
    }
    if (file->is_image && file->image.kind == ESPY_IMAGE_BOOTLOADER) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "%s is a bootloader alone, which starts nothing by itself", file->path);
        espy_advise(err, "Take the whole image, or write this one to its place: %s@0.", file->path);
        return ESPY_E_UNSUPPORTED;
    }
    if (file->is_image) /* the board's table tells where it would fit */
        return ESPY_OK;
    espy_fail(err, why->status, "%s: %s", file->path, why->text);
    if (file->bytes.size > 0 && file->bytes.bytes[0] == 0xE9) /* a damaged image, not mere data */
        espy_advise(err, "%s", why->advice);
    espy_advise(err, "As mere data it goes where you say: %s@ADDRESS, or %s@PARTITION.", file->path, file->path);
    return why->status;
}

static espy_status check_chip(espy_flash_job *job, const espy_flash_file *file)
{
    espy_err *err = &job->cli->err;
    const char *chip = espy_image_chip_name(file->image.chip_id);
    if (!file->is_image || file->image.chip_id == ESPY_CHIP_ESP32S3 || job->force)
        return ESPY_OK;
    espy_fail(err, ESPY_E_UNSUPPORTED, "%s is made for the %s (chip id %u), not for the ESP32-S3", file->path,
              chip == NULL ? "chip of another kind" : chip, file->image.chip_id);
    espy_advise(err, "Take the file for the ESP32-S3; --force writes this one all the same.");
    return ESPY_E_UNSUPPORTED;
}

static espy_status load_one(espy_flash_job *job, espy_flash_file *file, const char *word)
{
    espy_err *err = &job->cli->err, why = {0};
    espy_status st = split(job, file, word);
    if (st == ESPY_OK)
        st = espy_buf_read_file(&file->bytes, file->path, err);
    if (st != ESPY_OK)
        return st;
    if (file->bytes.size == 0)
        return espy_fail(err, ESPY_E_FORMAT, "%s is empty", file->path);
    if (has_addresses(&file->bytes)) {
        st = read_addresses(job, file);
        if (st != ESPY_OK && st != ESPY_E_ARG)
            espy_context(err, "%s", file->path);
        return st;
    }
    file->is_image = espy_image_parse(&file->image, file->bytes.bytes, file->bytes.size, &why) == ESPY_OK;
    st = check_chip(job, file);
    return st == ESPY_OK && !file->placed ? unplaced(job, file, &why) : st;
}

espy_status espy_flash_load(espy_flash_job *job, char **words, int n)
{
    size_t merged = 0;
    espy_status st = ESPY_OK;
    if (n == 0)
        return espy_usage(job->cli, job->board.command, "no FILE is given");
    job->files = calloc((size_t)n, sizeof *job->files);
    if (job->files == NULL)
        return espy_fail(&job->cli->err, ESPY_E_MEMORY, "no memory for %d files", n);
    for (int i = 0; st == ESPY_OK && i < n; i++) {
        st = load_one(job, &job->files[job->n_files++], words[i]);
        merged += job->files[i].merged;
    }
    if (st == ESPY_OK && merged > 1)
        st = espy_usage(job->cli, job->board.command, "one whole image at a time");
    return st;
}

/* ---- checks with the board ----------------------------------------------------------------- */

static void warn(const espy_cli *cli, const char *what)
{
    bool color = espy_cli_color(STDERR_FILENO);
    espy_say(cli, "%swarning%s      %s\n", color ? "\x1b[33m" : "", color ? "\x1b[0m" : "", what);
}

espy_status espy_flash_check_locks(espy_board_session *board, bool force)
{
    const espy_board *b = &board->info;
    const char *lock = b->flash_encryption ? "flash encryption" : "secure boot";
    if (b->secure_download || (!b->flash_encryption && !b->secure_boot))
        return ESPY_OK; /* the first of these the flasher refuses */
    if (force) {
        warn(board->cli, "this chip is locked: what is written as it is may never run");
        return ESPY_OK;
    }
    espy_fail(&board->cli->err, ESPY_E_UNSUPPORTED, "this chip is locked (%s): changing its flash may leave it dead",
              lock);
    espy_advise(&board->cli->err, "Use a chip that is not locked; --force changes it all the same, byte for byte.");
    return ESPY_E_UNSUPPORTED;
}

/* A note where the header's flash size leaves some of the flash unused: it is not changed
 * here. */
static void note_size(const espy_flash_job *job, const espy_flash_file *file)
{
    char declared[32], real[32];
    const espy_image *image = &file->image;
    uint32_t flash = job->board.info.flash.size;
    if (image->kind == ESPY_IMAGE_APP || image->flash_size >= flash)
        return;
    espy_say(job->cli, "%-12s %s declares %s of flash, the board has %s: `espy up` or `espy image fit` change that\n",
             "note", name_of(file), espy_size_text(image->flash_size, declared, sizeof declared),
             espy_size_text(flash, real, sizeof real));
}

static espy_status check_size(espy_flash_job *job, const espy_flash_file *file)
{
    espy_err *err = &job->cli->err;
    uint32_t flash = job->board.info.flash.size;
    if (file->image.kind == ESPY_IMAGE_APP || file->image.flash_size <= flash)
        return ESPY_OK;
    espy_fail(err, ESPY_E_UNSUPPORTED, "%s declares %u MB of flash, but the board has %u MB", file->path,
              (unsigned)(file->image.flash_size >> 20), (unsigned)(flash >> 20));
    espy_advise(err, "`espy up` or `espy image fit` make it fit; --force writes it as it is.");
    return ESPY_E_UNSUPPORTED;
}

static espy_status check_image(espy_flash_job *job, const espy_flash_file *file)
{
    const espy_board *b = &job->board.info;
    espy_image_target target = {
        .chip_id = (uint16_t)b->chip_id,
        .revision = (uint16_t)(b->revision_major * 100 + b->revision_minor),
        .flash_size = b->flash.size,
    };
    if (!file->is_image || job->force)
        return ESPY_OK;
    espy_status st = espy_image_check_chip(&file->image, &target, &job->cli->err);
    if (st != ESPY_OK)
        return espy_context(&job->cli->err, "%s", file->path);
    note_size(job, file);
    return check_size(job, file);
}

/* ---- where an application would go ------------------------------------------------------------ */

static void list_apps(const espy_partitions *table, size_t size, char *text, size_t cap)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < table->count && n + 20 < cap; i++)
        if (table->row[i].type == ESPY_PARTITION_APP && table->row[i].size >= size)
            n += (size_t)snprintf(text + n, cap - n, "%s%s", n > 0 ? ", " : "", table->row[i].label);
}

static espy_status app_without_a_place(espy_flash_job *job, const espy_flash_file *file)
{
    char apps[200] = "";
    espy_err *err = &job->cli->err;
    espy_fail(err, ESPY_E_UNSUPPORTED, "%s is an application alone, and there is no saying where it goes", file->path);
    if (job->names != NULL)
        list_apps(job->names, file->bytes.size, apps, sizeof apps);
    if (apps[0] != '\0')
        espy_advise(err, "Name a partition, as in %s@%.*s; of the board's, these have room: %s.", file->path,
                    (int)strcspn(apps, ","), apps, apps);
    else
        espy_advise(err, "%s; take the whole image, with bootloader and partition table.",
                    job->names != NULL ? "None of the board's partitions has room for it"
                                       : "The board has no partition table to go by");
    return ESPY_E_UNSUPPORTED;
}

/* ---- parts ---------------------------------------------------------------------------------------- */

static espy_status add(espy_flash_job *job, const espy_flash_part *part, const espy_flash_origin *origin)
{
    if (job->n == job->cap) {
        size_t cap = job->cap > 0 ? 2 * job->cap : 64;
        espy_flash_part *parts = realloc(job->parts, cap * sizeof *parts);
        job->parts = parts != NULL ? parts : job->parts;
        espy_flash_origin *origins = realloc(job->origins, cap * sizeof *origins);
        job->origins = origins != NULL ? origins : job->origins;
        if (parts == NULL || origins == NULL)
            return espy_fail(&job->cli->err, ESPY_E_MEMORY, "no memory for %zu parts", cap);
        job->cap = cap;
    }
    job->parts[job->n] = *part;
    job->origins[job->n++] = *origin;
    return ESPY_OK;
}

static espy_status wrong_contents(espy_flash_job *job, const espy_flash_file *file)
{
    const espy_partition *p = file->place.partition;
    bool app = file->is_image && file->image.kind == ESPY_IMAGE_APP;
    if (p == NULL || job->force || app == (p->type == ESPY_PARTITION_APP))
        return ESPY_OK;
    espy_fail(&job->cli->err, ESPY_E_UNSUPPORTED, "%s is %s application, and the partition \"%s\" is for %s",
              file->path, app ? "an" : "no", p->label, app ? "data" : "one");
    espy_advise(&job->cli->err, "--force writes it there all the same.");
    return ESPY_E_UNSUPPORTED;
}

static espy_status add_placed(espy_flash_job *job, espy_flash_file *file)
{
    espy_err *err = &job->cli->err;
    espy_status st = espy_place_find(&file->place, job->names, err);
    if (st == ESPY_OK)
        st = wrong_contents(job, file);
    if (st != ESPY_OK)
        return st;
    const espy_place *place = &file->place;
    if (place->partition != NULL && file->bytes.size > place->size)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "%s has %zu bytes, and the partition \"%s\" has room for %u",
                         file->path, file->bytes.size, place->partition->label, (unsigned)place->size);
    if (file->bytes.size > UINT32_MAX / 2)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "%s is larger than any flash", file->path);
    return add(job, &(espy_flash_part){place->addr, (uint32_t)file->bytes.size, file->bytes.bytes},
               &(espy_flash_origin){file, place->partition});
}

static espy_status add_pieces(espy_flash_job *job, const espy_flash_file *file)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < file->pieces.count; i++) {
        const espy_piece *piece = &file->pieces.piece[i];
        st = add(job, &(espy_flash_part){piece->addr, (uint32_t)piece->data.size, piece->data.bytes},
                 &(espy_flash_origin){.file = file});
    }
    return st;
}

/* Whether a part of another file begins in what is to be blank: then it is not. */
static bool is_taken(const espy_flash_job *job, const espy_flash_part *blank)
{
    for (size_t i = 0; i < job->n; i++)
        if (job->parts[i].addr < blank->addr + blank->size && blank->addr < job->parts[i].addr + job->parts[i].size)
            return true;
    return false;
}

/* Comes last, when it is known what other files put over its blanks. */
static espy_status add_merged(espy_flash_job *job, const espy_flash_file *file, bool blanks)
{
    size_t n;
    espy_flash_part parts[ESPY_IMAGE_PARTS_MAX];
    espy_status st = espy_flasher_image_parts(job->board.flasher, &file->image, parts, &n, &job->cli->err);
    for (size_t i = 0; st == ESPY_OK && i < n; i++) {
        bool blank = parts[i].bytes == NULL;
        if (!blank || (blanks && !is_taken(job, &parts[i])))
            st = add(job, &parts[i], &(espy_flash_origin){.file = blank ? NULL : file});
    }
    return st;
}

static espy_status add_file(espy_flash_job *job, espy_flash_file *file)
{
    espy_status st = check_image(job, file);
    if (st != ESPY_OK || file->merged)
        return st;
    if (file->has_addresses)
        return add_pieces(job, file);
    return file->placed ? add_placed(job, file) : app_without_a_place(job, file);
}

/* Names are those of the table that the board will have. */
static espy_status find_names(espy_flash_job *job)
{
    bool found;
    for (size_t i = 0; i < job->n_files; i++)
        if (job->files[i].merged)
            job->names = &job->files[i].image.table;
    if (job->names != NULL)
        return ESPY_OK;
    espy_status st = espy_flasher_table(job->board.flasher, &job->table, &found, &job->cli->err);
    job->names = found ? &job->table : NULL;
    return st;
}

static uint64_t sector_end(const espy_flash_part *part)
{
    return ((uint64_t)part->addr + part->size + ESPY_SECTOR - 1) / ESPY_SECTOR * ESPY_SECTOR;
}

static espy_status check_overlap(espy_flash_job *job)
{
    for (size_t i = 0; i < job->n; i++)
        for (size_t k = 0; k < i; k++) {
            const espy_flash_part *a = &job->parts[k], *b = &job->parts[i];
            const espy_flash_file *x = job->origins[k].file, *y = job->origins[i].file;
            if (x == NULL || y == NULL || a->addr >= sector_end(b) || b->addr >= sector_end(a))
                continue;
            espy_fail(&job->cli->err, ESPY_E_ARG, "%s and %s overlap at 0x%x", x->path, y->path,
                      (unsigned)(a->addr > b->addr ? a->addr : b->addr));
            espy_advise(&job->cli->err, "Flash is erased by sectors of 4096 bytes, and no two files may share one.");
            return ESPY_E_ARG;
        }
    return ESPY_OK;
}

espy_status espy_flash_place(espy_flash_job *job, bool blanks)
{
    espy_status st = find_names(job);
    for (size_t i = 0; st == ESPY_OK && i < job->n_files; i++)
        st = add_file(job, &job->files[i]);
    for (size_t i = 0; st == ESPY_OK && i < job->n_files; i++)
        if (job->files[i].merged)
            st = add_merged(job, &job->files[i], blanks);
    return st == ESPY_OK ? check_overlap(job) : st;
}

/* The next part that begins at or behind `at`; NULL: there is none. */
static const espy_flash_part *next_part(const espy_flash_part *parts, size_t n, uint64_t at)
{
    const espy_flash_part *next = NULL;
    for (size_t i = 0; i < n; i++)
        if (parts[i].addr >= at && (next == NULL || parts[i].addr < next->addr))
            next = &parts[i];
    return next;
}

espy_status espy_flash_blank_rest(espy_flash_job *job)
{
    espy_status st = ESPY_OK;
    uint64_t flash = job->board.info.flash.size;
    size_t n = job->n;
    for (uint64_t at = 0; st == ESPY_OK && at < flash;) {
        const espy_flash_part *next = next_part(job->parts, n, at);
        uint64_t end = next != NULL && next->addr < flash ? next->addr : flash;
        uint64_t after = next != NULL ? sector_end(next) : flash;
        if (end > at)
            st = add(job, &(espy_flash_part){(uint32_t)at, (uint32_t)(end - at), NULL}, &(espy_flash_origin){0});
        at = after;
    }
    return st;
}

void espy_flash_free(espy_flash_job *job)
{
    for (size_t i = 0; i < job->n_files; i++) {
        espy_buf_free(&job->files[i].bytes);
        espy_pieces_free(&job->files[i].pieces);
    }
    free(job->files);
    free(job->parts);
    free(job->origins);
}
