/* SPDX-License-Identifier: MIT
 *
 * Merging; see the header.
 */
#include "merge.h"

#include "binary.h"
#include "digest.h"
#include "layout.h"

#include <string.h>

enum { BOOTLOADER_ADDR = 0, SHORTEST_HEADER = 8, DIGEST = 32 };

static int find(const char *const *names, const char *name)
{
    for (int i = 0; i < 16; i++)
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int espy_flash_mode_code(const char *name)
{
    static const char *const names[16] = {"qio", "qout", "dio", "dout"};
    return find(names, name);
}

int espy_flash_freq_code(const char *name)
{
    static const char *const names[16] = {"40m", "26m", "20m", [15] = "80m"};
    return find(names, name);
}

int espy_flash_size_code(const char *name)
{
    static const char *const names[16] = {"1MB", "2MB", "4MB", "8MB", "16MB", "32MB", "64MB", "128MB"};
    return find(names, name);
}

/* Stores the digest behind the checksum.  A file that ends within it is made longer. */
static espy_status store_digest(espy_buf *data, size_t length, espy_err *err)
{
    uint8_t digest[DIGEST];
    espy_sha256(data->bytes, length, digest);
    if (data->size < length + DIGEST) {
        data->size = length;
        return espy_buf_append(data, digest, sizeof digest, err);
    }
    memcpy(data->bytes + length, digest, sizeof digest);
    return ESPY_OK;
}

espy_status espy_settings_apply(espy_buf *data, uint32_t addr, const espy_flash_settings *settings,
                                espy_setting_result *result, espy_err *err)
{
    espy_layout layout;
    bool keep = settings->mode == ESPY_KEEP && settings->freq == ESPY_KEEP && settings->size == ESPY_KEEP;
    *result = (espy_setting_result){ESPY_SETTINGS_NOTHING, 0, false};
    if (keep || addr != BOOTLOADER_ADDR || data->size < SHORTEST_HEADER)
        return ESPY_OK;
    result->outcome = data->bytes[0] != ESPY_BINARY_MAGIC ? ESPY_SETTINGS_NO_MAGIC : ESPY_SETTINGS_INVALID;
    if (data->bytes[0] != ESPY_BINARY_MAGIC || espy_layout_read(&layout, data->bytes, data->size, NULL) != ESPY_OK)
        return ESPY_OK;
    int mode = settings->mode != ESPY_KEEP ? settings->mode : data->bytes[2];
    int freq = settings->freq != ESPY_KEEP ? settings->freq : data->bytes[3] & 15;
    int size = settings->size != ESPY_KEEP ? settings->size : data->bytes[3] >> 4;
    uint16_t before = (uint16_t)(data->bytes[2] << 8 | data->bytes[3]);
    result->params = (uint16_t)(mode << 8 | size << 4 | freq);
    result->outcome = result->params != before ? ESPY_SETTINGS_CHANGED : ESPY_SETTINGS_SAME;
    data->bytes[2] = (uint8_t)mode;
    data->bytes[3] = (uint8_t)result->params;
    result->digest_stored = layout.has_digest;
    return layout.has_digest ? store_digest(data, layout.length, err) : ESPY_OK;
}

static espy_status pad(espy_buf *out, uint64_t size, espy_err *err)
{
    if (out->size >= size)
        return ESPY_OK;
    espy_status st = espy_buf_reserve(out, (size_t)size - out->size, err);
    if (st != ESPY_OK)
        return st;
    memset(out->bytes + out->size, 0xFF, (size_t)size - out->size);
    out->size = (size_t)size;
    return ESPY_OK;
}

espy_status espy_merge_raw(espy_buf *out, const espy_pieces *pieces, uint32_t target_offset, uint32_t pad_to,
                           espy_err *err)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++) {
        const espy_piece *piece = &pieces->piece[i];
        if (piece->addr < target_offset)
            return espy_fail(err, ESPY_E_ARG,
                             "Output data target offset is 0x%x. Input data offset 0x%x is before this",
                             (unsigned)target_offset, (unsigned)piece->addr);
        st = pad(out, piece->addr - target_offset, err);
        if (st == ESPY_OK)
            st = espy_buf_append(out, piece->data.bytes, piece->data.size, err);
    }
    return st == ESPY_OK && pad_to > target_offset ? pad(out, pad_to - target_offset, err) : st;
}
