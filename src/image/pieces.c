/* SPDX-License-Identifier: MIT
 *
 * Lists of pieces; see the header.
 */
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

espy_piece *espy_pieces_add(espy_pieces *pieces, uint32_t addr, unsigned origin, espy_err *err)
{
    if (pieces->count == pieces->cap) {
        size_t cap = pieces->cap > 0 ? 2 * pieces->cap : 8;
        espy_piece *grown = realloc(pieces->piece, cap * sizeof *grown);
        if (grown == NULL) {
            espy_fail(err, ESPY_E_MEMORY, "no memory for %zu pieces of an image", cap);
            return NULL;
        }
        pieces->piece = grown;
        pieces->cap = cap;
    }
    espy_piece *piece = &pieces->piece[pieces->count++];
    *piece = (espy_piece){.addr = addr, .origin = origin};
    return piece;
}

static int by_address(const void *a, const void *b)
{
    const espy_piece *left = a, *right = b;
    if (left->addr != right->addr)
        return left->addr < right->addr ? -1 : 1;
    return left->origin < right->origin ? -1 : left->origin > right->origin;
}

void espy_pieces_sort(espy_pieces *pieces)
{
    if (pieces->count > 1)
        qsort(pieces->piece, pieces->count, sizeof pieces->piece[0], by_address);
}

const espy_piece *espy_pieces_overlap(const espy_pieces *pieces, uint32_t unit)
{
    uint64_t end = 0; /* of the blocks that are taken */
    for (size_t i = 0; i < pieces->count; i++) {
        const espy_piece *piece = &pieces->piece[i];
        if (piece->data.size == 0)
            continue;
        if (piece->addr / unit * (uint64_t)unit < end)
            return piece;
        end = ((uint64_t)piece->addr + piece->data.size + unit - 1) / unit * unit;
    }
    return NULL;
}

espy_status espy_pieces_join(espy_pieces *pieces, espy_err *err)
{
    size_t kept = 0;
    espy_status st = ESPY_OK;
    for (size_t i = 1; i < pieces->count; i++) {
        espy_piece *last = &pieces->piece[kept], *piece = &pieces->piece[i];
        if (st == ESPY_OK && last->addr + (uint64_t)last->data.size == piece->addr) {
            st = espy_buf_append(&last->data, piece->data.bytes, piece->data.size, err);
            espy_buf_free(&piece->data);
        } else if (++kept != i) {
            pieces->piece[kept] = *piece;
            *piece = (espy_piece){0};
        }
    }
    if (pieces->count > 0)
        pieces->count = kept + 1;
    return st;
}

/* Puts n bytes 0xFF in front. */
static espy_status prepend(espy_piece *piece, uint32_t n, espy_err *err)
{
    espy_status st = espy_buf_reserve(&piece->data, n, err);
    if (st != ESPY_OK || n == 0)
        return st;
    memmove(piece->data.bytes + n, piece->data.bytes, piece->data.size);
    memset(piece->data.bytes, 0xFF, n);
    piece->data.size += n;
    piece->addr -= n;
    return ESPY_OK;
}

espy_status espy_pieces_widen(espy_pieces *pieces, uint32_t unit, espy_err *err)
{
    uint64_t end = 0; /* of the piece before */
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++) {
        espy_piece *piece = &pieces->piece[i];
        uint32_t block = piece->addr - piece->addr % unit;
        uint64_t from = i > 0 && end > block ? end : block;
        st = prepend(piece, (uint32_t)(piece->addr - from), err);
        end = (uint64_t)piece->addr + piece->data.size;
    }
    return st == ESPY_OK ? espy_pieces_join(pieces, err) : st;
}

void espy_pieces_free(espy_pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        espy_buf_free(&pieces->piece[i].data);
    free(pieces->piece);
    *pieces = (espy_pieces){0};
}
