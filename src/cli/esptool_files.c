/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the files that go into the flash.
 */
#include "esptool.h"

#include "../image/ihex.h"
#include "../image/merge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* esptool's addresses: as Python reads a number. */
static bool read_address(const char *text, uint32_t *addr)
{
    char *end;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    unsigned long long value = strtoull(digits, &end, hex ? 16 : 10);
    *addr = (uint32_t)value;
    return isxdigit((unsigned char)digits[0]) && *end == '\0' && value <= UINT32_MAX;
}

espy_status espy_esptool_load_file(espy_esptool *et, espy_pieces *pieces, const char *name, uint32_t addr,
                                   unsigned origin)
{
    espy_err *err = &et->cli->err;
    espy_buf file = {0};
    espy_pieces parts = {0};
    espy_status st = espy_buf_read_file(&file, name, err);
    bool hex = st == ESPY_OK && espy_ihex_is(file.bytes, file.size);
    if (hex)
        st = espy_ihex_read(&parts, file.bytes, file.size, err);
    if (hex && st != ESPY_OK)
        espy_context(err, "%s", name);
    for (size_t i = 0; st == ESPY_OK && i < (hex ? parts.count : 1); i++) {
        espy_buf *from = hex ? &parts.piece[i].data : &file;
        espy_piece *piece = espy_pieces_add(pieces, hex ? parts.piece[i].addr : addr, origin, err);
        st = piece != NULL ? ESPY_OK : ESPY_E_MEMORY;
        if (piece != NULL) {
            piece->data = *from;
            *from = (espy_buf){0};
        }
    }
    espy_pieces_free(&parts);
    espy_buf_free(&file);
    return st;
}

espy_status espy_esptool_load(espy_esptool *et, espy_pieces *pieces)
{
    espy_err *err = &et->cli->err;
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < et->pairs.count; i += 2) {
        uint32_t addr;
        if (!read_address(et->pairs.word[i], &addr))
            return espy_fail(err, ESPY_E_ARG, "Address \"%s\" must be a number", et->pairs.word[i]);
        st = espy_esptool_load_file(et, pieces, et->pairs.word[i + 1], addr, (unsigned)i + 1);
    }
    if (st != ESPY_OK)
        return st;
    espy_pieces_sort(pieces);
    const espy_piece *twice = espy_pieces_overlap(pieces, 4096);
    if (twice == NULL)
        return ESPY_OK;
    espy_fail(err, ESPY_E_ARG, "Detected overlap at address: 0x%x for file: %s", (unsigned)twice->addr,
              et->pairs.word[twice->origin]);
    espy_advise(err, "Flash is erased by sectors of 4096 bytes, and no two files may share one.");
    return ESPY_E_ARG;
}

uint32_t espy_esptool_bytes(const char *size)
{
    char *end;
    unsigned long value = strtoul(size, &end, 10);
    unsigned shift = strncmp(end, "MB", 2) == 0 ? 20 : strncmp(end, "KB", 2) == 0 ? 10 : 0;
    return isdigit((unsigned char)size[0]) && shift > 0 && value <= UINT32_MAX >> shift ? (uint32_t)value << shift : 0;
}

const char *espy_esptool_size_name(uint32_t bytes, char *text, size_t cap)
{
    if (bytes >= UINT32_C(1) << 20)
        snprintf(text, cap, "%uMB", (unsigned)(bytes >> 20));
    else
        snprintf(text, cap, "%uKB", (unsigned)(bytes >> 10));
    return text;
}

/* The codes of the options; what this chip does not have is refused by name. */
static espy_status settings_of(espy_esptool *et, const char *size, espy_flash_settings *settings)
{
    *settings = (espy_flash_settings){ESPY_KEEP, ESPY_KEEP, ESPY_KEEP};
    if (strcmp(et->flash_mode, "keep") != 0)
        settings->mode = espy_flash_mode_code(et->flash_mode);
    if (strcmp(et->flash_freq, "keep") != 0) {
        settings->freq = espy_flash_freq_code(et->flash_freq);
        if (settings->freq < 0)
            return espy_fail(&et->cli->err, ESPY_E_ARG,
                             "Flash frequency '%s' is not supported by this chip type. Supported frequencies: 80m, "
                             "40m, 26m, 20m",
                             et->flash_freq);
    }
    if (strcmp(size, "keep") != 0) {
        settings->size = espy_flash_size_code(size);
        if (settings->size < 0)
            return espy_fail(&et->cli->err, ESPY_E_ARG,
                             "Flash size '%s' is not supported by this chip type. Supported sizes: 1MB, 2MB, 4MB, "
                             "8MB, 16MB, 32MB, 64MB, 128MB",
                             size);
    }
    return ESPY_OK;
}

espy_status espy_esptool_patch(espy_esptool *et, espy_piece *piece, const char *size)
{
    espy_flash_settings settings;
    espy_setting_result result = {0};
    espy_status st = settings_of(et, size != NULL ? size : et->flash_size, &settings);
    if (st == ESPY_OK)
        st = espy_settings_apply(&piece->data, piece->addr, &settings, &result, &et->cli->err);
    if (st != ESPY_OK)
        return st;
    if (result.outcome == ESPY_SETTINGS_NO_MAGIC)
        espy_esptool_warn(et, "Image file at 0x%x doesn't look like an image file, so not changing any flash settings.",
                          (unsigned)piece->addr);
    else if (result.outcome == ESPY_SETTINGS_INVALID)
        espy_esptool_warn(et, "Image file at 0x%x is not a valid ESP32-S3 image, so not changing any flash settings.",
                          (unsigned)piece->addr);
    else if (result.outcome == ESPY_SETTINGS_CHANGED)
        espy_esptool_print(et, "Flash parameters set to 0x%04x.", result.params);
    if (result.digest_stored)
        espy_esptool_print(et, "SHA digest in image updated.");
    return ESPY_OK;
}
