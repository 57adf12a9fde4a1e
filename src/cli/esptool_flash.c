/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the commands that erase, write, read and verify the flash.
 */
#include "esptool_board.h"
#include "file_write.h"

#include "espy/image.h"
#include "../base/bytes.h"
#include "../image/digest.h"
#include "../image/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 4096, ANY_REVISION = 65535 };

/* Locked boards may never boot again once their bootloader is gone. */
static espy_status check_erasable(espy_esptool_board *board)
{
    if (board->et->force || board->info.secure_download || (!board->info.secure_boot && !board->info.flash_encryption))
        return ESPY_OK;
    return espy_fail(&board->et->cli->err, ESPY_E_UNSUPPORTED,
                     "Active security features detected, erasing flash is disabled as a safety measure. Use the force "
                     "argument to override, please use with caution, otherwise it may brick your device!");
}

static espy_status erase(espy_esptool_board *board, uint32_t addr, uint32_t size)
{
    const espy_flash_part part = {.addr = addr, .size = size};
    espy_status st = board->info.secure_download ? espy_esptool_erase_secure(board, addr, size)
                                                 : espy_flasher_write(board->flasher, &part, 1, &board->et->cli->err);
    espy_esptool_quiet(board);
    return st;
}

static espy_status erase_all(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    double start = espy_esptool_now(board);
    if (board->info.flash.size == 0)
        return espy_fail(&et->cli->err, ESPY_E_DEVICE, "Detecting flash size failed. Set an exact size value");
    espy_esptool_print(et, "Erasing flash memory (this may take a while)...");
    espy_status st = erase(board, 0, board->info.flash.size);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Flash memory erased successfully in %.1f seconds.", espy_esptool_now(board) - start);
    return st;
}

espy_status espy_esptool_erase_flash(espy_esptool *et, espy_esptool_board *board)
{
    (void)et;
    espy_status st = check_erasable(board);
    return st == ESPY_OK ? erase_all(board) : st;
}

espy_status espy_esptool_erase_region(espy_esptool *et, espy_esptool_board *board)
{
    espy_err *err = &et->cli->err;
    uint32_t size = et->size;
    espy_status st = check_erasable(board);
    if (st == ESPY_OK)
        st = espy_esptool_resolve_size(board, &size);
    if (st == ESPY_OK && et->address % SECTOR != 0)
        st = espy_fail(err, ESPY_E_ARG, "Offset to erase from must be a multiple of 4096");
    if (st == ESPY_OK && size % SECTOR != 0)
        st = espy_fail(err, ESPY_E_ARG, "Size of data to erase must be a multiple of 4096");
    if (st == ESPY_OK)
        st = espy_esptool_within(board, et->address, size);
    if (st != ESPY_OK)
        return st;
    double start = espy_esptool_now(board);
    espy_esptool_print(et, "Erasing flash memory region (this may take a while depending on size)...");
    st = size > 0 ? erase(board, et->address, size) : ESPY_OK;
    if (st == ESPY_OK)
        espy_esptool_print(et, "Flash memory region erased successfully in %.1f seconds.",
                           espy_esptool_now(board) - start);
    return st;
}

double espy_esptool_kbits(double bytes, double seconds)
{
    return seconds > 0 ? bytes * 8 / seconds / 1000 : 0;
}

/* Neither beyond the flash nor beyond --flash-size. */
static espy_status check_reading(espy_esptool_board *board, uint32_t addr, uint32_t size)
{
    char text[16];
    const char *name = espy_esptool_flash_size(board, text, sizeof text);
    uint32_t set = espy_esptool_bytes(name);
    uint64_t end = (uint64_t)addr + size;
    espy_status st = espy_esptool_within(board, addr, size);
    if (st != ESPY_OK || set == 0 || end <= set)
        return st;
    return espy_fail(&board->et->cli->err, ESPY_E_ARG,
                     "Can't read 0x%x bytes from address 0x%08x: the flash size is set to %s", (unsigned)size,
                     (unsigned)addr, name);
}

espy_status espy_esptool_read_flash(espy_esptool *et, espy_esptool_board *board)
{
    espy_err *err = &et->cli->err;
    uint32_t size = et->size;
    espy_status st = espy_esptool_resolve_size(board, &size);
    if (st == ESPY_OK)
        st = check_reading(board, et->address, size);
    if (st != ESPY_OK)
        return st;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for %u bytes of flash", (unsigned)size);
    espy_esptool_print(et, "Configuring flash size...");
    double start = espy_esptool_now(board);
    st = espy_flasher_read(board->flasher, et->address, bytes, size, err);
    double seconds = espy_esptool_now(board) - start;
    espy_esptool_quiet(board);
    if (st == ESPY_OK)
        st = espy_file_write(et->output, bytes, size, err);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Read %u bytes from 0x%08x in %.1f seconds (%.1f kbit/s) to '%s'.", (unsigned)size,
                           (unsigned)et->address, seconds, espy_esptool_kbits(size, seconds), et->output);
    free(bytes);
    return st;
}

/* ---- writing ------------------------------------------------------------------------------- */

static const char *name_of(const espy_esptool *et, const espy_piece *piece)
{
    return et->pairs.word[piece->origin];
}

/* "v0.2 or higher": the revisions that an image is for. */
static void range_text(unsigned least, unsigned most, char *text, size_t cap)
{
    if (most == ANY_REVISION)
        snprintf(text, cap, "v%u.%u or higher", least / 100, least % 100);
    else if (least == 0)
        snprintf(text, cap, "v%u.%u or lower", most / 100, most % 100);
    else
        snprintf(text, cap, "in range v%u.%u - v%u.%u", least / 100, least % 100, most / 100, most % 100);
}

/* Why an image does not run on this chip, if it says so; empty: nothing is wrong.  Images
 * from before the full revisions have the major one alone. */
static void incompatibility(const espy_esptool_board *board, const espy_piece *piece, char *why, size_t cap)
{
    char range[48];
    espy_layout layout;
    const char *name = name_of(board->et, piece);
    const espy_board *info = &board->info;
    why[0] = '\0';
    if (espy_layout_read(&layout, piece->data.bytes, piece->data.size, NULL) != ESPY_OK)
        return;
    unsigned old = layout.header[14], least = get_le16(layout.header + 15), most = get_le16(layout.header + 17);
    unsigned rev = info->revision_major * 100 + info->revision_minor;
    bool full = most != 0 && (most != ANY_REVISION || least != 0 || old == 0);
    range_text(least, most, range, sizeof range);
    if (get_le16(layout.header + 12) != info->chip_id)
        snprintf(why, cap, "'%s' is not an %s image", name, info->chip);
    else if (full && (rev < least || rev > most))
        snprintf(why, cap, "'%s' requires chip revision %s (this chip is revision v%u.%u)", name, range, rev / 100,
                 rev % 100);
    else if (!full && info->revision_major < old)
        snprintf(why, cap, "'%s' requires chip revision %u or higher (this chip is revision %u)", name, old,
                 info->revision_major);
}

static espy_status check_piece(espy_esptool_board *board, const espy_piece *piece)
{
    char why[300];
    espy_esptool *et = board->et;
    uint64_t end = (uint64_t)piece->addr + piece->data.size;
    uint32_t flash = board->info.flash.size, set = espy_esptool_bytes(et->flash_size);
    flash = set > 0 && set < flash ? set : flash;
    why[0] = '\0';
    if (!et->force && !board->info.secure_download)
        incompatibility(board, piece, why, sizeof why);
    if (why[0] != '\0')
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "%s. Use the force argument to flash anyway", why);
    if (flash == 0 || end <= flash)
        return ESPY_OK;
    return espy_fail(&et->cli->err, ESPY_E_ARG,
                     "File '%s' (length %zu) at offset 0x%08x will not fit in %u bytes of flash. Change the "
                     "flash_size argument or flashing address",
                     name_of(et, piece), piece->data.size, (unsigned)piece->addr, (unsigned)flash);
}

/* A piece that begins within a sector gets 0xFF before it: that is what erasing the
 * sector leaves there. */
static espy_status align(espy_esptool *et, espy_piece *piece)
{
    uint32_t over = piece->addr % SECTOR;
    if (over == 0)
        return ESPY_OK;
    espy_esptool_print(et,
                       "NOTE: Flash address 0x%08x is not aligned to a 0x%x byte flash sector. 0x%x bytes before this "
                       "address will be erased.",
                       (unsigned)piece->addr, SECTOR, (unsigned)over);
    espy_status st = espy_buf_reserve(&piece->data, over, &et->cli->err);
    if (st != ESPY_OK)
        return st;
    memmove(piece->data.bytes + over, piece->data.bytes, piece->data.size);
    memset(piece->data.bytes, 0xFF, over);
    piece->data.size += over;
    piece->addr -= over;
    return ESPY_OK;
}

/* esptool fills up to whole words, or units of encryption, and counts and digests these bytes. */
static espy_status fill(espy_buf *data, size_t unit, espy_err *err)
{
    static const uint8_t blank[16] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    return espy_buf_append(data, blank, (unit - data->size % unit) % unit, err);
}

static void print_wrote(const espy_esptool *et, size_t size, uint32_t orig, double seconds)
{
    espy_esptool_print(et, "Wrote %zu bytes at 0x%08x in %.1f seconds (%.1f kbit/s).", size, (unsigned)orig, seconds,
                       espy_esptool_kbits((double)size, seconds));
}

static espy_status send_unverified(espy_esptool_board *board, const espy_piece *piece, uint32_t orig, size_t size)
{
    espy_esptool *et = board->et;
    const espy_flash_part part = {piece->addr, (uint32_t)piece->data.size, piece->data.bytes};
    double start = espy_esptool_now(board);
    espy_status st =
        espy_flasher_write_unverified(board->flasher, &part, 1, espy_esptool_encrypted(et, piece), &et->cli->err);
    espy_esptool_quiet(board);
    if (st != ESPY_OK)
        return st;
    print_wrote(et, size, orig, espy_esptool_now(board) - start);
    espy_esptool_print(et, "Cannot verify written data if encrypted or in secure download mode.");
    return ESPY_OK;
}

static espy_status send(espy_esptool_board *board, const espy_piece *piece, uint32_t orig, size_t size)
{
    espy_esptool *et = board->et;
    espy_flasher_stats before = *espy_flasher_get_stats(board->flasher);
    const espy_flash_part part = {piece->addr, (uint32_t)piece->data.size, piece->data.bytes};
    double start = espy_esptool_now(board);
    espy_status st = espy_flasher_write(board->flasher, &part, 1, &et->cli->err);
    double seconds = espy_esptool_now(board) - start;
    espy_esptool_quiet(board);
    if (st != ESPY_OK)
        return st;
    const espy_flasher_stats *after = espy_flasher_get_stats(board->flasher);
    if (after->bytes_skipped - before.bytes_skipped >= piece->data.size)
        espy_esptool_print(et, "'%s' at 0x%08x already in flash, skipping write.", name_of(et, piece), (unsigned)orig);
    else if (et->no_compress || after->bytes_sent - before.bytes_sent >= size)
        print_wrote(et, size, orig, seconds);
    else
        espy_esptool_print(et, "Wrote %zu bytes (%llu compressed) at 0x%08x in %.1f seconds (%.1f kbit/s).", size,
                           (unsigned long long)(after->bytes_sent - before.bytes_sent), (unsigned)orig, seconds,
                           espy_esptool_kbits((double)size, seconds));
    espy_esptool_print(et, "Hash of data verified.");
    return ESPY_OK;
}

/* The same changes are made to the older file, so that they do not count as a difference. */
static espy_status write_changed(espy_esptool_board *board, const espy_piece *piece, espy_piece *old, uint32_t orig,
                                 const char *flash_size, bool *done)
{
    espy_esptool *et = board->et;
    old->addr = orig;
    espy_status st = fill(&old->data, 4, &et->cli->err);
    if (st == ESPY_OK && !board->info.secure_boot)
        st = espy_esptool_patch(et, old, flash_size);
    return st == ESPY_OK ? espy_esptool_write_changed(board, piece, old, name_of(et, piece), done) : st;
}

/* The signature of an image does not allow for another header. */
static espy_status patch(espy_esptool_board *board, espy_piece *piece, const char *flash_size)
{
    if (!board->info.secure_boot && !board->info.secure_download)
        return espy_esptool_patch(board->et, piece, flash_size);
    espy_esptool_warn(board->et, "Security features enabled, so not changing any flash settings.");
    return ESPY_OK;
}

static espy_status write_piece(espy_esptool_board *board, size_t index, const char *flash_size)
{
    espy_esptool *et = board->et;
    espy_piece *piece = &board->pieces.piece[index];
    espy_piece *old = index < board->old.count ? &board->old.piece[index] : NULL;
    bool several = board->pieces.count > 1, done = false, encrypted = espy_esptool_encrypted(et, piece);
    uint32_t orig = piece->addr;
    if (several)
        espy_esptool_print(et, "\nWriting '%s' at 0x%08x...", name_of(et, piece), (unsigned)orig);
    if (piece->data.size == 0) {
        espy_esptool_warn(et, "'%s' is empty.", name_of(et, piece));
        return ESPY_OK;
    }
    if (encrypted && old != NULL && old->data.size > 0)
        espy_esptool_print(et, "NOTE: Fast reflashing encrypted images is not supported. Will flash the full %s.",
                           name_of(et, piece));
    espy_status st = fill(&piece->data, encrypted ? 16 : 4, &et->cli->err);
    size_t size = piece->data.size;
    if (st == ESPY_OK)
        st = patch(board, piece, flash_size);
    if (st == ESPY_OK)
        st = align(et, piece);
    if (st == ESPY_OK && !encrypted && old != NULL && old->data.size > 0)
        st = write_changed(board, piece, old, orig, flash_size, &done);
    if (st != ESPY_OK || done)
        return st;
    uint64_t end = ((uint64_t)piece->addr + piece->data.size + SECTOR - 1) / SECTOR * SECTOR;
    if (!et->erase_all)
        espy_esptool_print(et, "Flash will be erased from 0x%08x to 0x%08llx...", (unsigned)piece->addr,
                           (unsigned long long)end - 1);
    return encrypted || board->info.secure_download ? send_unverified(board, piece, orig, size)
                                                    : send(board, piece, orig, size);
}

static espy_status check_pieces(espy_esptool_board *board, const espy_pieces *pieces)
{
    espy_esptool *et = board->et;
    espy_status st = ESPY_OK;
    uint32_t set = espy_esptool_bytes(et->flash_size), flash = board->info.flash.size;
    char name[16];
    if (flash > 0 && set > flash)
        espy_esptool_warn(et, "Set flash_size %s is larger than the available flash size of %s.", et->flash_size,
                          espy_esptool_size_name(flash, name, sizeof name));
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++)
        st = check_piece(board, &pieces->piece[i]);
    return st;
}

static espy_status write_pieces(espy_esptool_board *board, espy_pieces *pieces)
{
    char text[16];
    espy_esptool *et = board->et;
    espy_status st = espy_esptool_check_locks(board);
    if (st == ESPY_OK)
        st = espy_esptool_secure_size(board);
    if (st == ESPY_OK)
        st = check_pieces(board, pieces);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Configuring flash size...");
    const char *flash_size = espy_esptool_flash_size(board, text, sizeof text);
    if (et->erase_all)
        st = erase_all(board);
    for (size_t i = 0; st == ESPY_OK && i < pieces->count; i++)
        st = write_piece(board, i, flash_size);
    return st;
}

espy_status espy_esptool_write_flash(espy_esptool *et, espy_esptool_board *board)
{
    (void)et;
    return write_pieces(board, &board->pieces);
}

/* ---- verifying ------------------------------------------------------------------------------ */

static espy_status show_difference(espy_esptool_board *board, const espy_piece *piece)
{
    size_t count = 0, first = 0;
    uint8_t *is = malloc(piece->data.size);
    if (is == NULL)
        return espy_fail(&board->et->cli->err, ESPY_E_MEMORY, "no memory for %zu bytes of flash", piece->data.size);
    espy_status st = espy_flasher_read(board->flasher, piece->addr, is, piece->data.size, &board->et->cli->err);
    espy_esptool_quiet(board);
    for (size_t i = piece->data.size; st == ESPY_OK && i > 0; i--)
        if (is[i - 1] != piece->data.bytes[i - 1]) {
            first = i - 1;
            count++;
        }
    if (st == ESPY_OK)
        espy_esptool_print(board->et, "Verification failed: %zu differences, first at 0x%08x:", count,
                           (unsigned)(piece->addr + first));
    for (size_t i = first; st == ESPY_OK && i < piece->data.size; i++)
        if (is[i] != piece->data.bytes[i])
            espy_esptool_print(board->et, "   0x%08x %02x %02x", (unsigned)(piece->addr + i), is[i],
                               piece->data.bytes[i]);
    free(is);
    return st;
}

espy_status espy_esptool_in_flash(espy_esptool_board *board, const espy_piece *piece, bool *same)
{
    uint8_t is[16], was[16];
    espy_status st =
        espy_flasher_md5(board->flasher, piece->addr, (uint32_t)piece->data.size, is, &board->et->cli->err);
    espy_esptool_quiet(board);
    if (st != ESPY_OK)
        return st;
    espy_md5(piece->data.bytes, piece->data.size, was);
    *same = memcmp(is, was, sizeof is) == 0;
    return ESPY_OK;
}

static espy_status verify_piece(espy_esptool_board *board, espy_piece *piece, const char *flash_size, bool *same)
{
    espy_esptool *et = board->et;
    espy_status st = fill(&piece->data, 4, &et->cli->err);
    if (st == ESPY_OK)
        st = espy_esptool_patch(et, piece, flash_size);
    if (st == ESPY_OK)
        st = espy_esptool_within(board, piece->addr, (uint32_t)piece->data.size);
    if (st != ESPY_OK || piece->data.size == 0)
        return st;
    espy_esptool_print(et, "Verifying 0x%zx (%zu) bytes at 0x%08x in flash against '%s'...", piece->data.size,
                       piece->data.size, (unsigned)piece->addr, name_of(et, piece));
    bool held = false;
    st = espy_esptool_in_flash(board, piece, &held);
    if (st != ESPY_OK)
        return st;
    if (held) {
        espy_esptool_print(et, "Verification successful (digest matched).");
        return ESPY_OK;
    }
    *same = false;
    if (et->diff)
        return show_difference(board, piece);
    espy_esptool_print(et, "Verification failed (digest mismatch).");
    return ESPY_OK;
}

espy_status espy_esptool_verify_flash(espy_esptool *et, espy_esptool_board *board)
{
    char text[16];
    bool same = true;
    espy_status st = ESPY_OK;
    espy_esptool_print(et, "Configuring flash size...");
    const char *flash_size = espy_esptool_flash_size(board, text, sizeof text);
    for (size_t i = 0; st == ESPY_OK && i < board->pieces.count; i++)
        st = verify_piece(board, &board->pieces.piece[i], flash_size, &same);
    if (st == ESPY_OK && !same)
        st = espy_fail(&et->cli->err, ESPY_E_DEVICE, "Verification failed");
    return st;
}
