/* SPDX-License-Identifier: MIT
 *
 * Fitting a merged image to the flash that a board has.
 *
 * Firmware before MicroPython 1.26 takes the size of its flash from the
 * bootloader's header and the size of its file system from the partition table.
 * Both are changed here, with the digests that cover them: the bootloader's
 * SHA-256 (the checksum covers segments alone) and the table's MD5 row.  An
 * application's header also has a size nibble, which nothing reads at run time;
 * it stays, so that the application keeps its digest.
 *
 * Left out: signed bootloaders and tables, whose signatures this would break.
 */
#include "binary.h"
#include "digest.h"
#include "partitions.h"

#include <stdlib.h>
#include <string.h>

/* Less would not hold a useful program, nor satisfy FAT. */
#define FS_SIZE_MIN 0x10000u

static bool file_has(const espy_image *image, const espy_partition *row)
{
    for (size_t at = row->addr - image->base; at < image->size && at - (row->addr - image->base) < row->size; at++)
        if (image->bytes[at] != 0xFF)
            return true;
    return false;
}

/* The file system that ends where the declared flash ends, or -1. */
static int last_fs(const espy_image *image)
{
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if (espy_partition_is_fs(row) && row->addr + row->size == image->flash_size)
            return (int)i;
    }
    return -1;
}

/* Every partition but the one that gives way must end within the flash. */
static espy_status check_rows(const espy_image *image, int resizable, uint32_t flash_size, espy_err *err)
{
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if ((int)i == resizable || row->addr + row->size <= flash_size)
            continue;
        char type[24];
        espy_fail(err, ESPY_E_UNSUPPORTED, "partition \"%s\" (%s) ends at 0x%x, but a flash of %u MB ends at 0x%x",
                  row->label, espy_partition_type_name(row, type, sizeof type), (unsigned)(row->addr + row->size),
                  (unsigned)(flash_size >> 20), (unsigned)flash_size);
        espy_advise(err, "Take an image that was built for a flash of this size.");
        return ESPY_E_UNSUPPORTED;
    }
    return ESPY_OK;
}

/* Whether the flash behind addr can hold the file system. */
static espy_status check_fs_room(uint32_t addr, uint32_t flash_size, espy_err *err)
{
    if (addr <= flash_size && flash_size - addr >= FS_SIZE_MIN)
        return ESPY_OK;
    espy_fail(err, ESPY_E_UNSUPPORTED,
              "the file system begins at 0x%x, which leaves no room for it in a flash of %u MB", (unsigned)addr,
              (unsigned)(flash_size >> 20));
    espy_advise(err, "Take an image that was built for a flash of this size.");
    return ESPY_E_UNSUPPORTED;
}

/* Behind the last partition, where an image that sizes itself puts its files. */
static uint32_t partitions_end(const espy_image *image)
{
    uint32_t end = 0;
    for (size_t i = 0; i < image->table.count; i++)
        if (image->table.row[i].addr + image->table.row[i].size > end)
            end = image->table.row[i].addr + image->table.row[i].size;
    return end;
}

static espy_status copy_image(espy_fit *fit, const espy_image *image, uint32_t flash_size, espy_err *err)
{
    size_t size = image->size;
    if (size > flash_size - image->base)
        size = flash_size - image->base; /* what is cut is blank: no partition is left there */
    fit->bytes = malloc(size);
    if (fit->bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for an image of %zu bytes", size);
    memcpy(fit->bytes, image->bytes, size);
    fit->image.size = size;
    return ESPY_OK;
}

static void set_header_size(espy_fit *fit, const espy_image *image, uint32_t flash_size)
{
    const espy_binary *b = &image->bootloader;
    uint8_t *p = fit->bytes + (b->addr - image->base);
    p[3] = (uint8_t)((unsigned)espy_flash_code_of_size(flash_size) << 4 | b->spi_freq);
    if (b->has_sha256)
        espy_sha256(p, b->size - 32, p + b->size - 32);
}

/* Whether there is something to change; sets fit->why if not. */
static bool wants_change(espy_fit *fit, const espy_image *image, uint32_t flash_size)
{
    if (image->sizes_itself && image->flash_size <= flash_size)
        fit->why = "it sizes itself to the flash when it boots";
    else if (image->flash_size == flash_size)
        fit->why = "it is built for a flash of this size";
    return fit->why == NULL;
}

static espy_status apply(espy_fit *fit, const espy_image *image, uint32_t flash_size, espy_err *err)
{
    fit->row = last_fs(image);
    if (fit->row >= 0 && file_has(image, &image->table.row[fit->row]))
        fit->row = -1; /* it was made for its size, so it keeps it */
    espy_status st = check_rows(image, fit->row, flash_size, err);
    if (st == ESPY_OK && fit->row >= 0)
        st = check_fs_room(image->table.row[fit->row].addr, flash_size, err);
    if (st == ESPY_OK && image->sizes_itself)
        st = check_fs_room(partitions_end(image), flash_size, err);
    if (st == ESPY_OK)
        st = copy_image(fit, image, flash_size, err);
    if (st != ESPY_OK)
        return st;
    set_header_size(fit, image, flash_size);
    if (fit->row >= 0) {
        const espy_partition *row = &image->table.row[fit->row];
        fit->old_size = row->size;
        espy_partitions_resize(fit->bytes + (image->table_addr - image->base), &image->table, (size_t)fit->row,
                               flash_size - row->addr);
    }
    fit->changed = true;
    return ESPY_OK;
}

espy_status espy_image_fit(espy_fit *fit, const espy_image *image, uint32_t flash_size, espy_err *err)
{
    *fit = (espy_fit){.row = -1, .old_flash_size = image->flash_size};
    if (espy_flash_code_of_size(flash_size) < 0) {
        espy_fail(err, ESPY_E_ARG, "%u bytes is not a flash size that a header can declare", (unsigned)flash_size);
        espy_advise(err, "Flash chips have 1, 2, 4, 8, 16, 32, 64 or 128 MB.");
        return ESPY_E_ARG;
    }
    espy_status st = espy_image_need_merged(image, err);
    if (st != ESPY_OK)
        return st;
    st = wants_change(fit, image, flash_size) ? apply(fit, image, flash_size, err)
                                              : copy_image(fit, image, flash_size, err);
    if (st == ESPY_OK)
        st = espy_image_parse(&fit->image, fit->bytes, fit->image.size, err);
    if (st != ESPY_OK)
        espy_fit_free(fit);
    return st;
}

void espy_fit_free(espy_fit *fit)
{
    free(fit->bytes);
    *fit = (espy_fit){.row = -1};
}
