/* SPDX-License-Identifier: MIT
 *
 * `espy esptool write-flash --diff-with`: writing only the sectors in which a file differs
 * from the one that is believed to be in the flash, and checking that belief.
 */
#include "esptool_board.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR = 4096 };

espy_status espy_esptool_load_old(espy_esptool *et, espy_pieces *old)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < et->diff_with.count; i++) {
        const char *name = et->diff_with.word[i];
        if (strcmp(name, "skip") != 0)
            st = espy_esptool_load_file(et, old, name, 0, (unsigned)i);
        else
            st = espy_pieces_add(old, 0, (unsigned)i, &et->cli->err) != NULL ? ESPY_OK : ESPY_E_MEMORY;
    }
    return st;
}

/* ---- what has changed ------------------------------------------------------------------------ */

static uint8_t byte_at(const espy_buf *buf, size_t at)
{
    return at < buf->size ? buf->bytes[at] : 0xFF;
}

/* Whether the sector at `at` of a piece differs; before the old file's first byte, and
 * behind its last, there is 0xFF. */
static bool differs(const espy_piece *piece, const espy_piece *old, size_t at)
{
    size_t before = old->addr - piece->addr;
    for (size_t i = at; i < at + SECTOR; i++) {
        uint8_t was = i >= before ? byte_at(&old->data, i - before) : 0xFF;
        if (was != byte_at(&piece->data, i))
            return true;
    }
    return false;
}

/* The runs of sectors that differ; parts has room for one a sector. */
static size_t list_runs(const espy_piece *piece, const espy_piece *old, espy_flash_part *parts)
{
    size_t n = 0;
    bool run = false;
    for (size_t at = 0; at < piece->data.size; at += SECTOR) {
        size_t left = piece->data.size - at;
        uint32_t size = left < SECTOR ? (uint32_t)left : SECTOR;
        bool changed = differs(piece, old, at);
        if (changed && run)
            parts[n - 1].size += size;
        else if (changed)
            parts[n++] = (espy_flash_part){piece->addr + (uint32_t)at, size, piece->data.bytes + at};
        run = changed;
    }
    return n;
}

static espy_status nothing_changed(espy_esptool_board *board, const espy_piece *piece, const char *name, bool *done)
{
    espy_esptool *et = board->et;
    *done = et->trust_flash_content;
    if (*done) {
        espy_esptool_print(et, "No changed sectors found and trust flash content mode is enabled, skipping write and "
                               "verification.");
        return ESPY_OK;
    }
    espy_esptool_print(et, "No changed sectors found, verifying if data is in flash...");
    espy_status st = espy_esptool_in_flash(board, piece, done);
    if (st == ESPY_OK && *done)
        espy_esptool_print(et, "'%s' at 0x%08x verified.", name, (unsigned)piece->addr);
    else if (st == ESPY_OK)
        espy_esptool_print(et, "NOTE: Data not found in flash, flashing the whole image...");
    return st;
}

static espy_status write_runs(espy_esptool_board *board, const espy_piece *piece, const espy_flash_part *parts,
                              size_t n, bool *done)
{
    espy_esptool *et = board->et;
    espy_esptool_print(et, "Changed data sectors found, fast reflashing...");
    for (size_t i = 0; i < n; i++) {
        unsigned sectors = (unsigned)((parts[i].size + SECTOR - 1) / SECTOR);
        espy_esptool_print(et, "Reflashing %u changed sector%s at 0x%08x...", sectors, sectors > 1 ? "s" : "",
                           (unsigned)parts[i].addr);
    }
    espy_status st = espy_flasher_write(board->flasher, parts, n, &et->cli->err);
    espy_esptool_quiet(board);
    if (st == ESPY_OK)
        st = espy_esptool_in_flash(board, piece, done);
    if (st == ESPY_OK && *done)
        espy_esptool_print(et, "Hash of data verified.");
    else if (st == ESPY_OK)
        espy_esptool_print(et, "NOTE: Verification failed after fast reflash: the flash did not hold what --diff-with "
                               "says. Reflashing the whole image...");
    return st;
}

espy_status espy_esptool_write_changed(espy_esptool_board *board, const espy_piece *piece, const espy_piece *old,
                                       const char *name, bool *done)
{
    espy_flash_part *parts = calloc(piece->data.size / SECTOR + 1, sizeof *parts);
    if (parts == NULL)
        return espy_fail(&board->et->cli->err, ESPY_E_MEMORY, "no memory to compare %zu bytes", piece->data.size);
    size_t n = list_runs(piece, old, parts);
    espy_status st = n > 0 ? write_runs(board, piece, parts, n, done) : nothing_changed(board, piece, name, done);
    free(parts);
    return st;
}
