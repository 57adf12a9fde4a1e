/* SPDX-License-Identifier: MIT
 *
 * UF2; see the header.
 */
#include "uf2.h"

#include "digest.h"
#include "../base/bytes.h"

#include <string.h>

enum { UF2_BLOCK = 512, UF2_HEADER = 32, UF2_MD5 = 24 };
enum { UF2_NOT_FLASH = 1, UF2_FILE = 0x1000, UF2_HAS_FAMILY = 0x2000, UF2_HAS_MD5 = 0x4000 };

#define UF2_MAGIC_0 0x0A324655u
#define UF2_MAGIC_1 0x9E5D5157u
#define UF2_MAGIC_END 0x0AB16F30u

static void fill_block(uint8_t block[UF2_BLOCK], const espy_uf2_options *options, uint32_t addr, const uint8_t *data,
                       uint32_t n)
{
    memset(block, 0, UF2_BLOCK);
    put_le32(block, UF2_MAGIC_0);
    put_le32(block + 4, UF2_MAGIC_1);
    put_le32(block + 8, UF2_HAS_FAMILY | (options->no_md5 ? 0u : UF2_HAS_MD5));
    put_le32(block + 12, addr);
    put_le32(block + 16, n);
    put_le32(block + 28, options->family);
    memcpy(block + UF2_HEADER, data, n);
    if (!options->no_md5) {
        uint8_t *trailer = block + UF2_HEADER + n;
        put_le32(trailer, addr);
        put_le32(trailer + 4, n);
        espy_md5(data, n, trailer + 8);
    }
    put_le32(block + UF2_BLOCK - 4, UF2_MAGIC_END);
}

static espy_status write_piece(espy_buf *out, const espy_piece *piece, const espy_uf2_options *options, uint32_t chunk,
                               espy_err *err)
{
    uint8_t block[UF2_BLOCK];
    uint32_t blocks = (uint32_t)((piece->data.size + chunk - 1) / chunk);
    espy_status st = ESPY_OK;
    for (uint32_t i = 0; st == ESPY_OK && i < blocks; i++) {
        size_t at = (size_t)i * chunk, left = piece->data.size - at;
        uint32_t n = left < chunk ? (uint32_t)left : chunk;
        fill_block(block, options, piece->addr + (uint32_t)at, piece->data.bytes + at, n);
        put_le32(block + 20, i);
        put_le32(block + 24, blocks);
        st = espy_buf_append(out, block, sizeof block, err);
    }
    return st;
}

espy_status espy_uf2_write(espy_buf *out, const espy_pieces *pieces, const espy_uf2_options *options, espy_err *err)
{
    uint32_t most = ESPY_UF2_DATA - (options->no_md5 ? 0 : UF2_MD5);
    uint32_t chunk = options->chunk != 0 ? options->chunk : most;
    if (chunk > most || chunk % 4 != 0)
        return espy_fail(err, ESPY_E_ARG, "a UF2 block holds a multiple of 4 bytes and at most %u, not %u",
                         (unsigned)most, (unsigned)chunk);
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++)
        st = write_piece(out, &pieces->piece[i], options, chunk, err);
    return st;
}

/* ---- reading ------------------------------------------------------------------------------- */

bool espy_uf2_is(const uint8_t *bytes, size_t size)
{
    return size >= UF2_BLOCK && get_le32(bytes) == UF2_MAGIC_0 && get_le32(bytes + 4) == UF2_MAGIC_1 &&
           get_le32(bytes + UF2_BLOCK - 4) == UF2_MAGIC_END;
}

/* The MD5 that follows the data is of a range of addresses, which may be longer than the
 * block; where it is the block's own it must be right. */
static bool md5_is_wrong(const uint8_t *block, uint32_t addr, uint32_t n)
{
    uint8_t digest[16];
    const uint8_t *trailer = block + UF2_HEADER + n;
    if (!(get_le32(block + 8) & UF2_HAS_MD5) || n > ESPY_UF2_DATA - UF2_MD5 || get_le32(trailer) != addr ||
        get_le32(trailer + 4) != n)
        return false;
    espy_md5(block + UF2_HEADER, n, digest);
    return memcmp(digest, trailer + 8, sizeof digest) != 0;
}

static bool is_for(const uint8_t *block, uint32_t family)
{
    uint32_t flags = get_le32(block + 8);
    return !(flags & (UF2_NOT_FLASH | UF2_FILE)) && (!(flags & UF2_HAS_FAMILY) || get_le32(block + 28) == family);
}

static espy_status read_block(espy_pieces *pieces, const uint8_t *block, unsigned number, espy_err *err)
{
    uint32_t addr = get_le32(block + 12), n = get_le32(block + 16);
    if (n > ESPY_UF2_DATA || addr + (uint64_t)n > UINT32_MAX || md5_is_wrong(block, addr, n)) {
        espy_fail(err, ESPY_E_FORMAT, "block %u of the UF2 file, for 0x%x, is damaged", number, (unsigned)addr);
        espy_advise(err, "Fetch or build the file again.");
        return ESPY_E_FORMAT;
    }
    espy_piece *last = pieces->count > 0 ? &pieces->piece[pieces->count - 1] : NULL;
    if (last == NULL || last->addr + last->data.size != addr)
        last = espy_pieces_add(pieces, addr, number, err);
    return last != NULL ? espy_buf_append(&last->data, block + UF2_HEADER, n, err) : ESPY_E_MEMORY;
}

static espy_status put_in_order(espy_pieces *pieces, espy_err *err)
{
    espy_pieces_sort(pieces);
    const espy_piece *twice = espy_pieces_overlap(pieces, 1);
    if (twice != NULL)
        return espy_fail(err, ESPY_E_FORMAT, "block %u of the UF2 file gives bytes at 0x%x that others give too",
                         twice->origin, (unsigned)twice->addr);
    return espy_pieces_join(pieces, err);
}

/* Blocks count from 0 in each of the files that are one behind the other. */
static espy_status check_number(const uint8_t *block, unsigned number, uint32_t *next, espy_err *err)
{
    uint32_t index = get_le32(block + 20), count = get_le32(block + 24);
    if (!espy_uf2_is(block, UF2_BLOCK))
        return espy_fail(err, ESPY_E_FORMAT, "block %u of the UF2 file is none", number);
    if (index != *next || index >= count)
        return espy_fail(err, ESPY_E_FORMAT, "block %u of the UF2 file is number %u of %u, and %u is missing", number,
                         (unsigned)index, (unsigned)count, (unsigned)*next);
    *next = index + 1 < count ? index + 1 : 0;
    return ESPY_OK;
}

espy_status espy_uf2_read(espy_pieces *pieces, const uint8_t *bytes, size_t size, uint32_t family, espy_err *err)
{
    if (size % UF2_BLOCK != 0)
        return espy_fail(err, ESPY_E_FORMAT, "the UF2 file has %zu bytes, which are no whole blocks of %d", size,
                         UF2_BLOCK);
    espy_status st = ESPY_OK;
    uint32_t next = 0;
    for (size_t at = 0; st == ESPY_OK && at < size; at += UF2_BLOCK) {
        unsigned number = (unsigned)(at / UF2_BLOCK);
        st = check_number(bytes + at, number, &next, err);
        if (st == ESPY_OK && is_for(bytes + at, family))
            st = read_block(pieces, bytes + at, number, err);
    }
    if (st == ESPY_OK && next != 0)
        st = espy_fail(err, ESPY_E_FORMAT, "the UF2 file was cut short: block %u is missing", (unsigned)next);
    if (st == ESPY_OK && pieces->count == 0)
        st = espy_fail(err, ESPY_E_UNSUPPORTED, "the UF2 file has nothing for the flash of this chip (family 0x%08x)",
                       (unsigned)family);
    return st == ESPY_OK ? put_in_order(pieces, err) : st;
}
