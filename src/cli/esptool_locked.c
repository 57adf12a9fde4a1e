/* SPDX-License-Identifier: MIT
 *
 * `espy esptool write-flash` and `erase-region` on locked chips: whether the chip can
 * encrypt what is to be written, whether plaintext would do harm, and secure download mode,
 * in which the chip does not say how large its flash is.
 */
#include "esptool_board.h"

#include <string.h>

enum { XTS_UNIT = 16, LEAST_FLASH = 4 << 20, ROM_FLASH_SIZE = 2 << 20 /* what the ROM goes by */ };

bool espy_esptool_encrypted(const espy_esptool *et, const espy_piece *piece)
{
    return et->encrypt || piece->origin >= et->plain_pairs;
}

static bool any_encrypted(const espy_esptool_board *board)
{
    for (size_t i = 0; i < board->pieces.count; i++)
        if (espy_esptool_encrypted(board->et, &board->pieces.piece[i]))
            return true;
    return false;
}

/* ---- encryption -------------------------------------------------------------------------------- */

static bool has_key(const espy_esptool_board *board)
{
    if (board->info.secure_download || board->info.encryption_key)
        return true;
    espy_esptool_print(board->et, "Flash encryption key is not programmed.");
    return false;
}

static bool aligned(const espy_esptool_board *board)
{
    const espy_esptool *et = board->et;
    bool all = true;
    for (size_t i = 0; i < board->pieces.count; i++) {
        const espy_piece *piece = &board->pieces.piece[i];
        if (!espy_esptool_encrypted(et, piece) || piece->addr % XTS_UNIT == 0)
            continue;
        all = false;
        espy_esptool_warn(et, "'%s' (address 0x%x) is not %d byte aligned, can't flash encrypted.",
                          et->pairs.word[piece->origin], (unsigned)piece->addr, XTS_UNIT);
    }
    return all;
}

static espy_status check_encrypting(espy_esptool_board *board)
{
    espy_err *err = &board->et->cli->err;
    if (!board->info.secure_download && !board->info.encrypts_for_loader)
        return espy_fail(err, ESPY_E_UNSUPPORTED,
                         "This chip has encrypt functionality in UART download mode disabled. This is the Flash "
                         "Encryption configuration for Production mode instead of Development mode");
    bool key = has_key(board), addresses = aligned(board);
    if (addresses && (key || board->et->ignore_flash_enc_efuse))
        return ESPY_OK;
    return espy_fail(err, ESPY_E_UNSUPPORTED,
                     "Can't perform encrypted flash write, consult Flash Encryption documentation for more "
                     "information");
}

/* A chip in development mode may be written to as it is: what is written may be ciphertext. */
static espy_status check_plaintext(espy_esptool_board *board)
{
    espy_err *err = &board->et->cli->err;
    const espy_board *info = &board->info;
    if (board->et->force || !info->flash_encryption)
        return ESPY_OK;
    if (info->secure_download)
        return espy_fail(err, ESPY_E_UNSUPPORTED,
                         "Detected flash encryption and secure download mode enabled. Flashing plaintext binary may "
                         "brick your device! Use the force argument to override the warning");
    if (!info->encrypts_for_loader)
        return espy_fail(err, ESPY_E_UNSUPPORTED,
                         "Detected flash encryption enabled and download manual encrypt disabled. Data must be "
                         "encrypted appropriately before flashing. Flashing plaintext data may brick your device! Use "
                         "the force argument to override the warning");
    espy_esptool_warn(board->et, "Flash encryption is enabled: the chip can only read what --encrypt has written, or "
                                 "what was encrypted before.");
    return ESPY_OK;
}

/* ---- both ------------------------------------------------------------------------------------ */

espy_status espy_esptool_check_locks(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    const char *reason = et->erase_all                 ? "erase-all"
                         : et->encrypt                 ? "encryption"
                         : board->info.secure_download ? "secure download mode"
                                                       : NULL;
    if (reason != NULL && board->old.count > 0) {
        espy_esptool_print(et,
                           "NOTE: Fast reflashing of changed data sectors is not supported with enabled %s. Will flash "
                           "all data.",
                           reason);
        espy_pieces_free(&board->old);
    }
    if (reason != NULL && et->skip_flashed)
        espy_esptool_print(et,
                           "NOTE: Skipping flashing of already flashed content is not supported with enabled %s. Will "
                           "flash all data.",
                           reason);
    return any_encrypted(board) ? check_encrypting(board) : check_plaintext(board);
}

espy_status espy_esptool_secure_size(espy_esptool_board *board)
{
    espy_esptool *et = board->et;
    if (!board->info.secure_download)
        return ESPY_OK;
    if (strcmp(et->flash_size, "detect") == 0)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED,
                         "Detecting flash size is not supported in secure download mode. Need to manually specify "
                         "flash size");
    board->info.flash.size = espy_esptool_bytes(et->flash_size);
    if (board->info.flash.size > 0)
        return espy_flasher_set_flash_size(board->flasher, board->info.flash.size, &et->cli->err);
    board->info.flash.size = ROM_FLASH_SIZE;
    espy_esptool_print(et, "NOTE: In case of failure, please set a specific flash size.");
    return ESPY_OK;
}

espy_status espy_esptool_erase_secure(espy_esptool_board *board, uint32_t addr, uint32_t size)
{
    enum { LARGEST = 16 << 20 };
    const espy_flash_part part = {.addr = addr, .size = size};
    espy_err *err = &board->et->cli->err;
    if (board->info.flash.size == 0 && (uint64_t)addr + size > LEAST_FLASH)
        espy_esptool_warn(board->et,
                          "In Secure Download Mode the size of the flash is not known: beyond its end, addresses "
                          "begin again at 0.");
    espy_status st = espy_flasher_set_flash_size(board->flasher, LARGEST, err);
    if (st == ESPY_OK)
        st = espy_flasher_write_unverified(board->flasher, &part, 1, false, err);
    if (st == ESPY_OK && board->info.flash.size > 0)
        st = espy_flasher_set_flash_size(board->flasher, board->info.flash.size, err);
    return st;
}
