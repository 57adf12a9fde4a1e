/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the commands that need no board and make files.
 */
#include "esptool.h"
#include "file_write.h"

#include "../image/elf2image.h"
#include "../image/ihex.h"
#include "../image/merge.h"

#include <stdio.h>
#include <string.h>

espy_status espy_esptool_version(espy_esptool *et)
{
    espy_esptool_print(et, "%s", ESPY_ESPTOOL_VERSION);
    return ESPY_OK;
}

static espy_status merge_to(espy_esptool *et, espy_buf *out, espy_pieces *pieces)
{
    espy_err *err = &et->cli->err;
    if (strcmp(et->format, "uf2") == 0) {
        espy_uf2_options options = {ESPY_UF2_FAMILY_ESP32S3, et->chunk_size, et->md5_disable};
        for (size_t i = 0; i < pieces->count; i++)
            espy_esptool_print(et, "Adding '%s' at 0x%x...", et->pairs.word[pieces->piece[i].origin],
                               (unsigned)pieces->piece[i].addr);
        return espy_uf2_write(out, pieces, &options, err);
    }
    if (strcmp(et->format, "raw") == 0) {
        uint32_t pad_to = et->pad_to_size != NULL ? espy_esptool_bytes(et->pad_to_size) : 0;
        return espy_merge_raw(out, pieces, et->target_offset, pad_to, err);
    }
    espy_status st = espy_pieces_join(pieces, err);
    return st == ESPY_OK ? espy_ihex_write(out, pieces, err) : st;
}

static espy_status merge(espy_esptool *et, espy_pieces *pieces, espy_buf *out)
{
    espy_status st = espy_esptool_load(et, pieces);
    if (st == ESPY_OK && pieces->count > 0 && pieces->piece[0].addr < et->target_offset)
        st = espy_fail(&et->cli->err, ESPY_E_ARG,
                       "Output data target offset is 0x%x. Input data offset 0x%x is before this",
                       (unsigned)et->target_offset, (unsigned)pieces->piece[0].addr);
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++)
        st = espy_esptool_patch(et, &pieces->piece[i], NULL);
    if (st == ESPY_OK)
        st = merge_to(et, out, pieces);
    return st == ESPY_OK ? espy_file_write(et->output, out->bytes, out->size, &et->cli->err) : st;
}

espy_status espy_esptool_merge_bin(espy_esptool *et)
{
    espy_pieces pieces = {0};
    espy_buf out = {0};
    if (et->output == NULL) {
        espy_fail(&et->cli->err, ESPY_E_ARG, "Missing option '--output' / '-o'");
        espy_advise(&et->cli->err, "Try 'esptool merge-bin --help' for help.");
        return ESPY_E_ARG;
    }
    espy_status st = merge(et, &pieces, &out);
    if (st == ESPY_OK && strcmp(et->format, "uf2") == 0)
        espy_esptool_print(et, "Wrote 0x%zx bytes to file '%s', ready to be flashed with any ESP USB Bridge.", out.size,
                           et->output);
    else if (st == ESPY_OK)
        espy_esptool_print(et, "Wrote 0x%zx bytes to file '%s', ready to flash to offset 0x%x.", out.size, et->output,
                           (unsigned)et->target_offset);
    espy_pieces_free(&pieces);
    espy_buf_free(&out);
    return st;
}

/* FILENAME.bin, in place of the file's own suffix. */
static espy_status default_output(const char *input, char *text, size_t cap, espy_err *err)
{
    const char *slash = strrchr(input, '/'), *base = slash != NULL ? slash + 1 : input;
    const char *dot = strrchr(base, '.');
    size_t n = dot != NULL && dot != base ? (size_t)(dot - input) : strlen(input);
    if (snprintf(text, cap, "%.*s.bin", (int)n, input) >= (int)cap)
        return espy_fail(err, ESPY_E_ARG, "the name %s is too long", input);
    return ESPY_OK;
}

static espy_status elf_settings(espy_esptool *et, espy_elf2image_options *o)
{
    espy_err *err = &et->cli->err;
    int freq = et->flash_freq != NULL ? espy_flash_freq_code(et->flash_freq) : 0;
    int size = espy_flash_size_code(et->flash_size);
    if (freq < 0)
        return espy_fail(err, ESPY_E_ARG,
                         "Flash frequency '%s' is not supported by this chip type. Supported frequencies: 80m, 40m, "
                         "26m, 20m",
                         et->flash_freq);
    if (size < 0)
        return espy_fail(err, ESPY_E_ARG,
                         "Flash size '%s' is not supported by this chip type. Supported sizes: 1MB, 2MB, 4MB, 8MB, "
                         "16MB, 32MB, 64MB, 128MB",
                         et->flash_size);
    o->pad_to_size = et->pad_to_size != NULL ? espy_esptool_bytes(et->pad_to_size) : 0;
    if (et->pad_to_size != NULL && o->pad_to_size == 0)
        return espy_fail(err, ESPY_E_ARG, "Unknown size %s", et->pad_to_size);
    o->flash_mode = (uint8_t)espy_flash_mode_code(et->flash_mode);
    o->flash_freq = (uint8_t)freq;
    o->flash_size = (uint8_t)size;
    return ESPY_OK;
}

static espy_status convert(espy_esptool *et, const espy_elf2image_options *options, espy_buf *elf, espy_buf *out)
{
    char name[1024];
    espy_elf2image_result result;
    espy_err *err = &et->cli->err;
    espy_status st = espy_buf_read_file(elf, et->input, err);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Creating ESP32-S3 image...");
    if (et->mmu_page_size != NULL && strcmp(et->mmu_page_size, "64KB") != 0)
        espy_esptool_warn(et, "Changing MMU page size is not supported on ESP32-S3! Defaulting to 64KB.");
    if (et->ram_only_header)
        espy_esptool_print(et, "Image has only RAM segments visible. ROM segments are hidden and SHA256 digest is not "
                               "appended.");
    st = espy_elf2image(out, elf->bytes, elf->size, options, &result, err);
    if (st != ESPY_OK)
        return espy_context(err, "%s", et->input);
    if (result.merged > 0)
        espy_esptool_print(et, "Merged %zu ELF section%s.", result.merged, result.merged > 1 ? "s" : "");
    if (et->output == NULL)
        st = default_output(et->input, name, sizeof name, err);
    if (st == ESPY_OK)
        st = espy_file_write(et->output != NULL ? et->output : name, out->bytes, out->size, err);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Successfully created ESP32-S3 image.");
    return st;
}

espy_status espy_esptool_elf2image(espy_esptool *et)
{
    espy_elf2image_options options = {
        .min_rev = (uint8_t)et->min_rev,
        .min_rev_full = (uint16_t)et->min_rev_full,
        .max_rev_full = (uint16_t)et->max_rev_full,
        .elf_sha256_offset = et->elf_sha256_offset,
        .no_digest = et->dont_append_digest,
        .use_segments = et->use_segments,
        .ram_only_header = et->ram_only_header,
        .secure_pad_v2 = et->secure_pad_v2,
    };
    espy_buf elf = {0}, out = {0};
    espy_status st = elf_settings(et, &options);
    if (st == ESPY_OK)
        st = convert(et, &options, &elf, &out);
    espy_buf_free(&elf);
    espy_buf_free(&out);
    return st;
}
