/* SPDX-License-Identifier: MIT
 *
 * espy image show, fit, merge, split: firmware images without a board.
 */
#include "cli.h"
#include "file_write.h"
#include "image_parts.h"
#include "json.h"
#include "espy/image.h"
#include "../base/buf.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_FLASH = 256, OPTION_FORMAT };

const espy_option espy_image_options[] = {
    {OPTION_FLASH, "flash", "SIZE", "fit, merge: the size of the flash, such as 16M"},
    {'o', "output", "OUT", "fit, merge: the file to write; split: the folder"},
    {OPTION_FORMAT, "format", "FORMAT", "merge: raw, uf2 or hex (default: by OUT's suffix)"},
    {0, NULL, NULL, NULL},
};

typedef struct job {
    espy_cli *cli;
    const char *path;
    const char *output;
    const char *format; /* merge */
    uint32_t flash_size;
    espy_buf file;
    espy_image image;
} job;

static espy_status load(job *j)
{
    espy_status st = espy_buf_read_file(&j->file, j->path, &j->cli->err);
    if (st != ESPY_OK)
        return st;
    st = espy_image_parse(&j->image, j->file.bytes, j->file.size, &j->cli->err);
    return st == ESPY_OK ? st : espy_context(&j->cli->err, "%s", j->path);
}

static void json_binary(cJSON *object, const espy_binary *b)
{
    espy_json_number(object, "address", b->addr);
    espy_json_number(object, "size", b->size);
    espy_json_number(object, "entry", b->entry);
    espy_json_number(object, "checksum", b->checksum);
    espy_json_hex(object, "sha256", b->sha256, b->has_sha256 ? 32 : 0);
    espy_json_number(object, "min_revision", b->min_rev);
    espy_json_number(object, "max_revision", b->max_rev);
    espy_json_string(object, "version", b->version);
    espy_json_string(object, "project", b->project);
    espy_json_string(object, "built", b->built);
    espy_json_string(object, "idf", b->idf);
    espy_json_hex(object, "elf_sha256", b->elf_sha256, b->has_desc ? 32 : 0);
    cJSON *segments = espy_json_array(object, "segments");
    for (size_t i = 0; i < b->segment_count; i++) {
        cJSON *segment = espy_json_item(segments);
        espy_json_number(segment, "load_address", b->segments[i].load_addr);
        espy_json_number(segment, "address", b->segments[i].addr);
        espy_json_number(segment, "size", b->segments[i].size);
    }
}

/* "1.23.0", as `espy up` says it. */
static const char *version(const espy_image *image)
{
    const char *text = image->micropython.version;
    return text[0] == 'v' ? text + 1 : text;
}

static void json_table(cJSON *object, const espy_image *image)
{
    cJSON *rows = espy_json_array(object, "partitions");
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *p = &image->table.row[i];
        char type[24];
        cJSON *row = espy_json_item(rows);
        espy_json_string(row, "label", p->label);
        espy_json_string(row, "type", espy_partition_type_name(p, type, sizeof type));
        espy_json_number(row, "address", p->addr);
        espy_json_number(row, "size", p->size);
    }
}

static const espy_binary *first_binary(const espy_image *image)
{
    return image->kind == ESPY_IMAGE_APP ? &image->apps[0] : &image->bootloader;
}

static void json_digest(cJSON *object, const espy_image *image)
{
    uint8_t digest[32];
    espy_image_sha256(image, digest);
    espy_json_hex(object, "sha256", digest, sizeof digest);
}

static espy_status show_json(job *j)
{
    const espy_image *image = &j->image;
    cJSON *object = cJSON_CreateObject();
    espy_json_string(object, "file", j->path);
    espy_json_string(object, "kind", espy_image_kind_name(image->kind));
    espy_json_number(object, "size", image->size);
    json_digest(object, image);
    espy_json_string(object, "chip", espy_image_chip_name(image->chip_id));
    espy_json_number(object, "flash_size", image->flash_size);
    espy_json_string(object, "flash_mode", espy_image_mode_name(first_binary(image)->spi_mode));
    espy_json_string(object, "flash_freq", espy_image_freq_name(image->chip_id, first_binary(image)->spi_freq));
    espy_json_string(object, "version", version(image));
    espy_json_string(object, "date", image->micropython.date);
    espy_json_string(object, "machine", image->micropython.machine);
    espy_json_string(object, "variant", image->micropython.variant);
    espy_json_string(object, "psram", image->psram != ESPY_PSRAM_UNKNOWN ? espy_psram_kind_name(image->psram) : NULL);
    espy_json_bool(object, "octal_flash", image->octal_flash);
    espy_json_bool(object, "sizes_itself", image->sizes_itself);
    if (image->kind != ESPY_IMAGE_APP)
        json_binary(espy_json_object(object, "bootloader"), &image->bootloader);
    cJSON *apps = espy_json_array(object, "applications");
    for (size_t i = 0; i < image->app_count; i++)
        json_binary(espy_json_item(apps), &image->apps[i]);
    json_table(object, image);
    return espy_json_print(j->cli, object);
}

static void print_summary(const job *j)
{
    const espy_image *image = &j->image;
    const espy_micropython *m = &image->micropython;
    const char *chip = espy_image_chip_name(image->chip_id);
    char size[32];
    printf("%s\n\n", j->path);
    if (m->version[0] != '\0')
        printf("  MicroPython %s%s%s for the %s\n", version(image), m->date[0] != '\0' ? " of " : "", m->date, chip);
    else
        printf("  %s for the %s\n",
               image->kind == ESPY_IMAGE_BOOTLOADER ? "A bootloader" : "Firmware that is not MicroPython", chip);
    if (m->machine[0] != '\0')
        printf("  %s\n", m->machine);
    printf("\n  Kind      %s, %s (%zu bytes)\n", espy_image_kind_name(image->kind),
           espy_size_text(image->size, size, sizeof size), image->size);
    printf("  SHA-256   ");
    uint8_t digest[32];
    espy_image_sha256(image, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        printf("%02x", digest[i]);
    printf("\n");
}

static void print_facts(const job *j)
{
    const espy_image *image = &j->image;
    const espy_binary *first = first_binary(image);
    char size[32];
    const char *freq = espy_image_freq_name(image->chip_id, first->spi_freq);
    size_t digits = strspn(freq, "0123456789"); /* "80m", as esptool calls it */
    printf("  Flash     declares %s, %s, %.*s%s\n", espy_size_text(image->flash_size, size, sizeof size),
           espy_image_mode_name(first->spi_mode), (int)(digits > 0 ? digits : strlen(freq)), freq,
           digits > 0 ? " MHz" : " frequency");
    if (image->sizes_itself)
        printf("            and sizes itself to the flash when it boots\n");
    if (image->app_count > 0) {
        const espy_binary *app = &image->apps[0];
        if (image->chip_id == ESPY_CHIP_ESP32S3) {
            printf("            octal flash %s\n", image->octal_flash ? "is supported" : "is not supported");
            printf("  PSRAM     %s\n",
                   image->psram != ESPY_PSRAM_UNKNOWN ? espy_psram_kind_name(image->psram) : "none");
        }
        if (app->idf[0] != '\0')
            printf("  Built     %s, ESP-IDF %s\n", app->built, app->idf);
        if (app->project[0] != '\0')
            printf("  Project   %s %s\n", app->project, app->version);
    }
}

static void print_binary(const char *name, const espy_binary *b)
{
    char size[32], digest[24] = "none";
    if (b->has_sha256)
        snprintf(digest, sizeof digest, "%02x%02x%02x%02x... ok", b->sha256[0], b->sha256[1], b->sha256[2],
                 b->sha256[3]);
    printf("  %-12s  0x%08x  %10s  %8zu  0x%02x ok   %s\n", name, (unsigned)b->addr,
           espy_size_text(b->size, size, sizeof size), b->segment_count, b->checksum, digest);
}

static const char *label_at(const espy_image *image, uint32_t addr)
{
    for (size_t i = 0; i < image->table.count; i++)
        if (image->table.row[i].addr == addr)
            return image->table.row[i].label;
    return "application";
}

static void print_binaries(const espy_image *image)
{
    printf("\n  %-12s  %-10s  %10s  %8s  %-8s  %s\n", "Program", "Address", "Size", "Segments", "Checksum", "SHA-256");
    if (image->kind != ESPY_IMAGE_APP)
        print_binary("bootloader", &image->bootloader);
    for (size_t i = 0; i < image->app_count; i++)
        print_binary(label_at(image, image->apps[i].addr), &image->apps[i]);
}

static void print_table(const espy_image *image)
{
    if (image->table.count == 0)
        return;
    printf("\n  %-12s  %-10s  %10s  %s\n", "Partition", "Address", "Size", "Type");
    for (size_t i = 0; i < image->table.count; i++) {
        const espy_partition *p = &image->table.row[i];
        char size[32], type[24];
        printf("  %-12s  0x%08x  %10s  %s\n", p->label, (unsigned)p->addr, espy_size_text(p->size, size, sizeof size),
               espy_partition_type_name(p, type, sizeof type));
    }
    printf("  table at 0x%x, %s\n", (unsigned)image->table_addr, image->table.has_md5 ? "MD5 ok" : "without MD5 row");
}

static espy_status show(job *j)
{
    espy_status st = load(j);
    if (st != ESPY_OK)
        return st;
    if (j->cli->json)
        return show_json(j);
    print_summary(j);
    print_facts(j);
    print_binaries(&j->image);
    print_table(&j->image);
    return ESPY_OK;
}

static espy_status fit_json(job *j, const espy_fit *fit)
{
    cJSON *object = cJSON_CreateObject();
    espy_json_string(object, "file", j->path);
    espy_json_string(object, "output", j->output);
    espy_json_number(object, "size", fit->image.size);
    json_digest(object, &fit->image);
    espy_json_bool(object, "fitted", fit->changed);
    espy_json_string(object, "why", fit->why);
    espy_json_number(object, "old_flash_size", fit->old_flash_size);
    espy_json_number(object, "flash_size", fit->image.flash_size);
    if (fit->row >= 0) {
        const espy_partition *p = &fit->image.table.row[fit->row];
        cJSON *row = espy_json_object(object, "partition");
        espy_json_string(row, "label", p->label);
        espy_json_number(row, "address", p->addr);
        espy_json_number(row, "old_size", fit->old_size);
        espy_json_number(row, "size", p->size);
    }
    return espy_json_print(j->cli, object);
}

static void fit_print(const job *j, const espy_fit *fit)
{
    char a[32], b[32];
    if (!fit->changed) {
        printf("%s is a copy: %s\n", j->output, fit->why);
        return;
    }
    printf("%s is fitted to a flash of %s (was %s)\n", j->output, espy_size_text(fit->image.flash_size, a, sizeof a),
           espy_size_text(fit->old_flash_size, b, sizeof b));
    if (fit->row < 0)
        return;
    const espy_partition *p = &fit->image.table.row[fit->row];
    printf("partition %s at 0x%x has %s (was %s)\n", p->label, (unsigned)p->addr, espy_size_text(p->size, a, sizeof a),
           espy_size_text(fit->old_size, b, sizeof b));
    fflush(stdout);
    espy_say(j->cli,
             "On a board that had another layout, erase 0x2000 bytes at 0x%x, so that the file system "
             "is made anew (`espy up` does that).\n",
             (unsigned)p->addr);
}

static espy_status fit(job *j)
{
    espy_cli *cli = j->cli;
    if (j->flash_size == 0)
        return espy_usage(cli, "image", "image fit needs --flash SIZE");
    if (j->output == NULL)
        return espy_usage(cli, "image", "image fit needs -o OUT");
    if (espy_file_same(j->path, j->output))
        return espy_usage(cli, "image", "%s is the image itself, which fit does not overwrite", j->output);
    espy_status st = load(j);
    if (st != ESPY_OK)
        return st;
    espy_fit result;
    st = espy_image_fit(&result, &j->image, j->flash_size, &cli->err);
    if (st != ESPY_OK && st != ESPY_E_ARG)
        espy_context(&cli->err, "%s", j->path);
    if (st != ESPY_OK)
        return st;
    st = espy_file_write(j->output, result.bytes, result.image.size, &cli->err);
    if (st == ESPY_OK && cli->json)
        st = fit_json(j, &result);
    else if (st == ESPY_OK)
        fit_print(j, &result);
    espy_fit_free(&result);
    return st;
}

static espy_status read_options(job *j, espy_args *args)
{
    espy_status st;
    while ((st = espy_args_next(args)) == ESPY_OK && args->id != 0) {
        if (args->id == 'o')
            j->output = args->value;
        else if (args->id == OPTION_FORMAT)
            j->format = args->value;
        else if (args->id == OPTION_FLASH)
            st = espy_parse_size(j->cli, "--flash", args->value, &j->flash_size);
        if (st != ESPY_OK)
            break;
    }
    return st;
}

static espy_status split(job *j)
{
    if (j->output == NULL)
        return espy_usage(j->cli, "image", "image split needs -o FOLDER");
    espy_status st = load(j);
    return st == ESPY_OK ? espy_image_split(j->cli, &j->image, j->output) : st;
}

/* The options that an action takes not. */
static espy_status check_options(const job *j, const char *action, bool output, bool flash_size, bool format)
{
    const char *extra = j->output != NULL && !output        ? "-o"
                        : j->flash_size != 0 && !flash_size ? "--flash"
                        : j->format != NULL && !format      ? "--format"
                                                            : NULL;
    if (extra == NULL)
        return ESPY_OK;
    return espy_usage(j->cli, "image", "%s is not an option of image %s", extra, action);
}

static espy_status merge(job *j, char **words, int n)
{
    espy_merge_options options = {j->format, j->flash_size, j->output};
    return espy_image_merge(j->cli, words, n, &options);
}

int espy_cmd_image(espy_cli *cli, int argc, char **argv)
{
    static const struct {
        const char *name;
        espy_status (*run)(job *j); /* NULL: merge, which takes many files */
        bool output, flash_size, format;
    } actions[] = {{"show", show, false, false, false},
                   {"fit", fit, true, true, false},
                   {"merge", NULL, true, true, true},
                   {"split", split, true, false, false}};
    job j = {.cli = cli};
    espy_args args = {.cli = cli, .table = espy_image_options, .argc = argc, .argv = argv};
    espy_status st = read_options(&j, &args);
    if (st != ESPY_OK || cli->help)
        return (int)st;
    size_t i = 0;
    while (i < 4 && (args.operands < 1 || strcmp(argv[1], actions[i].name) != 0))
        i++;
    if (i == 4)
        return (int)espy_usage(cli, "image", "image takes show, fit, merge or split, %s%s",
                               args.operands >= 1 ? "not " : "but has none of them", args.operands >= 1 ? argv[1] : "");
    st = check_options(&j, argv[1], actions[i].output, actions[i].flash_size, actions[i].format);
    if (st == ESPY_OK && actions[i].run != NULL && args.operands != 2)
        st = espy_usage(cli, "image", "image %s takes one FILE, not %d", argv[1], args.operands - 1);
    if (st != ESPY_OK)
        return (int)st;
    j.path = argv[2];
    st = actions[i].run != NULL ? actions[i].run(&j) : merge(&j, argv + 2, args.operands - 1);
    espy_buf_free(&j.file);
    return (int)st;
}
