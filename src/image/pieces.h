/* SPDX-License-Identifier: MIT
 *
 * Pieces of a flash image: bytes and where each run of them belongs.  What an
 * Intel HEX file holds, and what is merged into one file.
 *
 * A zero-initialised espy_pieces is empty and valid; it owns its bytes.
 */
#ifndef ESPY_IMAGE_PIECES_H
#define ESPY_IMAGE_PIECES_H

#include "espy/err.h"
#include "../base/buf.h"

#include <stddef.h>
#include <stdint.h>

typedef struct espy_piece {
    uint32_t addr;
    espy_buf data;
    unsigned origin; /* which file, line or argument it came from: for the caller's errors */
} espy_piece;

typedef struct espy_pieces {
    espy_piece *piece;
    size_t count, cap;
} espy_pieces;

/* Adds an empty piece; NULL: out of memory.  The pointer holds until the next one is added. */
espy_piece *espy_pieces_add(espy_pieces *pieces, uint32_t addr, unsigned origin, espy_err *err);
/* Sorts by address; pieces at one address keep their order. */
void espy_pieces_sort(espy_pieces *pieces);
/* The first piece, in a sorted list, that shares a block of `unit` bytes (1: a byte) with
 * the piece before it; NULL: none does.  Empty pieces share nothing. */
const espy_piece *espy_pieces_overlap(const espy_pieces *pieces, uint32_t unit);
/* Makes one of sorted pieces that touch. */
espy_status espy_pieces_join(espy_pieces *pieces, espy_err *err);
/* Makes sorted pieces begin at a block of `unit` bytes, 0xFF before them, and one of those
 * that share a block or touch, 0xFF between them.  None may overlap. */
espy_status espy_pieces_widen(espy_pieces *pieces, uint32_t unit, espy_err *err);
void espy_pieces_free(espy_pieces *pieces);

#endif
