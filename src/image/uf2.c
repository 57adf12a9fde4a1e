/* SPDX-License-Identifier: MIT
 *
 * UF2; see the header.
 */
#include "uf2.h"

#include "digest.h"
#include "../base/bytes.h"

#include <string.h>

enum { UF2_BLOCK = 512, UF2_HEADER = 32, UF2_MD5 = 24 };
enum { UF2_HAS_FAMILY = 0x2000, UF2_HAS_MD5 = 0x4000 };

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
