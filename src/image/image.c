/* SPDX-License-Identifier: MIT
 *
 * A whole file: which kind of image it is, its parts, and whether it suits a
 * board.
 *
 * A merged image is a bootloader, a partition table on a later sector, and the
 * applications where the table says.  The table is looked for instead of
 * expected at 0x8000, since CONFIG_PARTITION_TABLE_OFFSET moves it.
 */
#include "binary.h"
#include "chips.h"
#include "digest.h"
#include "identify.h"
#include "micropython.h"
#include "partitions.h"
#include "../base/bytes.h"

#include <stdio.h>
#include <string.h>

#define TABLE_LAST 0x20000u          /* the table is not looked for behind this address */
#define BOOTLOADER_SIZE_MAX 0x10000u /* larger than any bootloader, smaller than any application */
#define APP_DESC_AT 32u              /* header, and header of the first segment */
#define APP_DESC_MAGIC 0xABCD5432u

/* Where the first binary begins: at once, or, where a file begins at flash
 * address 0 of a chip whose bootloader does not, behind blank sectors. */
static bool find_first(const uint8_t *bytes, size_t size, size_t *at)
{
    static const size_t places[] = {0, 0x1000, 0x2000};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (size > places[i] && bytes[places[i]] == ESPY_BINARY_MAGIC && bytes_blank(bytes, places[i])) {
            *at = places[i];
            return true;
        }
    return false;
}

static bool describes_app(const uint8_t *bytes, size_t size, size_t at)
{
    return size >= at + APP_DESC_AT + 4 && get_le32(bytes + at + APP_DESC_AT) == APP_DESC_MAGIC;
}

static espy_status check_chip(uint16_t chip_id, espy_err *err)
{
    if (espy_image_chip_find(chip_id) != NULL)
        return ESPY_OK;
    espy_fail(err, ESPY_E_UNSUPPORTED, "the header names chip id 0x%04x, which no known chip has", chip_id);
    espy_advise(err, "Images for the ESP8266 look like this; pass one for the ESP32-S3.");
    return ESPY_E_UNSUPPORTED;
}

/* The sector behind the bootloader that begins like a table; 0: none. */
static uint32_t find_table(const espy_image *image)
{
    uint32_t addr = image->bootloader.addr + image->bootloader.size;
    for (addr = (addr + ESPY_SECTOR - 1) / ESPY_SECTOR * ESPY_SECTOR; addr <= TABLE_LAST; addr += ESPY_SECTOR) {
        size_t at = addr - image->base;
        if (at >= image->size)
            return 0;
        if (espy_partitions_magic(image->bytes + at, image->size - at))
            return addr;
    }
    return 0;
}

static espy_status parse_table(espy_image *image, espy_err *err)
{
    size_t at = image->table_addr - image->base;
    espy_status st = espy_partitions_parse(&image->table, image->bytes + at, image->size - at, image->flash_size, err);
    uint32_t table_end = image->table_addr + ESPY_SECTOR;
    for (size_t i = 0; st == ESPY_OK && i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if (row->type <= ESPY_PARTITION_DATA && row->addr < table_end)
            st = espy_fail(err, ESPY_E_FORMAT, "partition \"%s\" begins at 0x%x, before the table's end at 0x%x",
                           row->label, (unsigned)row->addr, (unsigned)table_end);
    }
    return st == ESPY_OK ? st : espy_context(err, "partition table at 0x%x", (unsigned)image->table_addr);
}

/* How much of a partition the file has. */
static size_t present(const espy_image *image, const espy_partition *row)
{
    size_t at = row->addr - image->base;
    if (at >= image->size)
        return 0;
    return image->size - at < row->size ? image->size - at : row->size;
}

static espy_status parse_app(espy_image *image, const espy_partition *row, espy_err *err)
{
    size_t n = present(image, row);
    if (n == 0 || bytes_blank(image->bytes + (row->addr - image->base), n) || image->app_count == ESPY_APPS_MAX)
        return ESPY_OK;
    espy_binary *app = &image->apps[image->app_count];
    espy_file_view file = {image->bytes, image->size, image->base};
    espy_status st = espy_binary_parse(app, &file, row->addr, row->size, err);
    if (st == ESPY_OK && app->chip_id != image->chip_id)
        st = espy_fail(err, ESPY_E_FORMAT, "it is for chip id %u, but the bootloader is for the %s", app->chip_id,
                       espy_image_chip_name(image->chip_id));
    if (st != ESPY_OK) {
        espy_context(err, "application \"%s\" at 0x%x", row->label, (unsigned)row->addr);
        return st;
    }
    image->app_count++;
    return ESPY_OK;
}

static espy_status no_app(const espy_image *image, espy_err *err)
{
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *row = &image->table.row[i];
        if (row->type != ESPY_PARTITION_APP || present(image, row) != 0)
            continue;
        espy_fail(err, ESPY_E_FORMAT, "the file ends at byte %zu, before application \"%s\" at 0x%x", image->size,
                  row->label, (unsigned)row->addr);
        espy_advise(err, "The file was cut short; fetch or build it again.");
        return ESPY_E_FORMAT;
    }
    return espy_fail(err, ESPY_E_FORMAT, "no application partition of the table holds an application");
}

/* Factory first: it is what the bootloader takes while otadata is blank. */
static espy_status parse_apps(espy_image *image, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; st == ESPY_OK && i < image->table.count; i++) {
            const espy_partition *row = &image->table.row[i];
            if (row->type == ESPY_PARTITION_APP && (row->subtype == 0) == (pass == 0))
                st = parse_app(image, row, err);
        }
    return st == ESPY_OK && image->app_count == 0 ? no_app(image, err) : st;
}

static bool has_vfs(const espy_partitions *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const espy_partition *row = &table->row[i];
        if (row->type == ESPY_PARTITION_DATA && (strcmp(row->label, "vfs") == 0 || strcmp(row->label, "ffat") == 0))
            return true;
    }
    return false;
}

static espy_status parse_merged(espy_image *image, espy_err *err)
{
    image->kind = ESPY_IMAGE_MERGED;
    if (image->flash_size == 0)
        return espy_fail(err, ESPY_E_FORMAT,
                         "the bootloader's header declares a flash size of code 0x%x, which is none",
                         image->bytes[image->bootloader.addr - image->base + 3] >> 4);
    if ((uint64_t)image->base + image->size > image->flash_size)
        return espy_fail(err, ESPY_E_FORMAT, "the file is %zu bytes long, more than the %u bytes of flash it declares",
                         image->size, (unsigned)image->flash_size);
    espy_status st = parse_table(image, err);
    if (st == ESPY_OK)
        st = parse_apps(image, err);
    return st;
}

/* No table: an application, or a bootloader and nothing else. */
static espy_status parse_single(espy_image *image, espy_err *err)
{
    const espy_binary *first = &image->bootloader;
    size_t end = first->addr - image->base + first->size;
    if (!first->has_desc && first->size <= BOOTLOADER_SIZE_MAX) {
        image->kind = ESPY_IMAGE_BOOTLOADER;
        if (bytes_blank(image->bytes + end, image->size - end))
            return ESPY_OK;
        espy_fail(err, ESPY_E_FORMAT, "there is no partition table behind the bootloader, which ends at 0x%x",
                  (unsigned)(first->addr + first->size));
        espy_advise(err, "The file is damaged; fetch or build it again.");
        return ESPY_E_FORMAT;
    }
    image->kind = ESPY_IMAGE_APP;
    image->apps[0] = *first;
    image->app_count = 1;
    image->bootloader = (espy_binary){0};
    return ESPY_OK;
}

static espy_status parse_first(espy_image *image, size_t at, espy_err *err)
{
    bool app = describes_app(image->bytes, image->size, at);
    espy_file_view file = {image->bytes, image->size, 0};
    if (image->size >= at + ESPY_BINARY_HEADER) {
        uint16_t chip_id = get_le16(image->bytes + at + 12);
        espy_status st = check_chip(chip_id, err);
        if (st != ESPY_OK)
            return st;
        if (!app && at == 0)
            file.base = espy_image_chip_find(chip_id)->bootloader_addr;
    }
    image->base = file.base;
    uint32_t addr = (uint32_t)at + file.base;
    espy_status st = espy_binary_parse(&image->bootloader, &file, addr, UINT32_MAX - addr, err);
    if (st != ESPY_OK) {
        espy_context(err, "%s at 0x%x", app ? "application" : "bootloader", (unsigned)addr);
        return st;
    }
    image->chip_id = image->bootloader.chip_id;
    image->flash_size = image->bootloader.flash_size;
    return ESPY_OK;
}

void espy_image_sha256(const espy_image *image, uint8_t digest[32])
{
    espy_sha256(image->bytes, image->size, digest);
}

espy_status espy_image_parse(espy_image *image, const uint8_t *bytes, size_t size, espy_err *err)
{
    *image = (espy_image){.bytes = bytes, .size = size};
    size_t at;
    if (!find_first(bytes, size, &at))
        return espy_identify_foreign(bytes, size, err);
    if (size > UINT32_MAX / 2)
        return espy_fail(err, ESPY_E_FORMAT, "the file is %zu bytes long, larger than any flash", size);
    espy_status st = parse_first(image, at, err);
    if (st != ESPY_OK)
        return st;
    if (!image->bootloader.has_desc)
        image->table_addr = find_table(image);
    st = image->table_addr != 0 ? parse_merged(image, err) : parse_single(image, err);
    if (st != ESPY_OK)
        return st;
    if (image->app_count > 0)
        espy_image_read_strings(image, bytes + (image->apps[0].addr - image->base), image->apps[0].size);
    image->sizes_itself =
        image->kind == ESPY_IMAGE_MERGED && image->micropython.version[0] != '\0' && !has_vfs(&image->table);
    return ESPY_OK;
}

static espy_status check_fits(const espy_image *image, uint32_t flash_size, espy_err *err)
{
    if (image->flash_size > flash_size) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "the image declares %u MB of flash, but the board has %u MB",
                  (unsigned)(image->flash_size >> 20), (unsigned)(flash_size >> 20));
        espy_advise(err, "Let espy fit the image to the flash (leave out --no-fit).");
        return ESPY_E_UNSUPPORTED;
    }
    if ((uint64_t)image->base + image->size > flash_size)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "the image is %zu bytes long, but the board's flash has %u",
                         image->size, (unsigned)flash_size);
    return ESPY_OK;
}

static uint16_t min_revision(const espy_image *image)
{
    uint16_t min_rev = image->kind == ESPY_IMAGE_APP ? 0 : image->bootloader.min_rev;
    return image->app_count > 0 && image->apps[0].min_rev > min_rev ? image->apps[0].min_rev : min_rev;
}

espy_status espy_image_check_chip(const espy_image *image, const espy_image_target *target, espy_err *err)
{
    const char *name = espy_image_chip_name(image->chip_id), *board = espy_image_chip_name(target->chip_id);
    uint16_t min_rev = min_revision(image);
    if (image->chip_id != target->chip_id) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "the image is for the %s (chip id %u), but the board has an %s (chip id %u)",
                  name, image->chip_id, board != NULL ? board : "unknown chip", target->chip_id);
        espy_advise(err, "Pass an image for the board's chip.");
        return ESPY_E_UNSUPPORTED;
    }
    if (target->revision < min_rev)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "the image needs chip revision v%u.%u, but the board has v%u.%u",
                         min_rev / 100, min_rev % 100, target->revision / 100, target->revision % 100);
    return ESPY_OK;
}

espy_status espy_image_check(const espy_image *image, const espy_image_target *target, espy_err *err)
{
    espy_status st = espy_image_check_chip(image, target, err);
    if (st == ESPY_OK)
        st = espy_image_need_merged(image, err);
    return st == ESPY_OK ? check_fits(image, target->flash_size, err) : st;
}

espy_status espy_image_need_merged(const espy_image *image, espy_err *err)
{
    if (image->kind == ESPY_IMAGE_MERGED)
        return ESPY_OK;
    bool app = image->kind == ESPY_IMAGE_APP;
    espy_fail(err, ESPY_E_UNSUPPORTED, "the file is %s, without %s",
              app ? "an application alone" : "a bootloader alone",
              app ? "bootloader and partition table" : "partition table and application");
    espy_advise(err, "Pass a merged image, such as the .bin files that MicroPython publishes (with ESP-IDF: "
                     "`esptool merge-bin`).");
    return ESPY_E_UNSUPPORTED;
}
