/* SPDX-License-Identifier: MIT
 *
 * The rest of the flash; see the header.
 */
#include "rest.h"

#include "flasher.h"

#include <mbedtls/md5.h>

#include <string.h>

enum { PIECE_MAX = 1 << 20 }; /* for an MD5 that is answered before one loses patience */

static uint64_t end_of(const espy_flash_part *part)
{
    uint64_t end = (uint64_t)part->addr + part->size;
    return (end + ESPY_FLASH_SECTOR - 1) / ESPY_FLASH_SECTOR * ESPY_FLASH_SECTOR;
}

/* Where the rest goes on, from `at` on; *size: how far, at most; 0: nowhere. */
static uint32_t next_gap(const espy_flash_part *parts, size_t n, uint32_t at, uint32_t end, uint32_t *size)
{
    uint32_t stop = end;
    for (size_t i = 0; i < n;) {
        bool covered = parts[i].addr <= at && at < end_of(&parts[i]);
        if (covered)
            at = (uint32_t)end_of(&parts[i]);
        i = covered ? 0 : i + 1;
    }
    for (size_t i = 0; i < n; i++)
        if (parts[i].addr >= at && parts[i].addr < stop)
            stop = parts[i].addr;
    *size = at < stop ? stop - at : 0;
    if (*size > PIECE_MAX)
        *size = PIECE_MAX;
    return at;
}

espy_status espy_rest_digest(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_phase phase,
                             uint8_t digest[16], espy_err *err)
{
    uint32_t end = flasher->flash_size < ESPY_ROM_REACH ? flasher->flash_size : ESPY_ROM_REACH, size;
    espy_status st = ESPY_OK;
    mbedtls_md5_context md5;
    mbedtls_md5_init(&md5);
    mbedtls_md5_starts_ret(&md5);
    for (uint32_t at = next_gap(parts, n, 0, end, &size); size > 0 && st == ESPY_OK;
         at = next_gap(parts, n, at + size, end, &size)) {
        uint8_t piece[16];
        espy_flasher_progress(flasher, phase, at, end);
        st = espy_flasher_md5(flasher, at, size, piece, err);
        if (st == ESPY_OK)
            mbedtls_md5_update_ret(&md5, piece, sizeof piece);
    }
    mbedtls_md5_finish_ret(&md5, digest);
    mbedtls_md5_free(&md5);
    return st;
}

/* Once more before it is believed: an answer may be what was damaged. */
espy_status espy_rest_verify(espy_flasher *flasher, const espy_flash_part *parts, size_t n, const uint8_t before[16],
                             espy_err *err)
{
    uint8_t now[16] = {0};
    espy_status st = ESPY_OK;
    for (unsigned i = 0; i < 2 && st == ESPY_OK; i++) {
        st = espy_rest_digest(flasher, parts, n, ESPY_PHASE_VERIFY, now, err);
        if (st == ESPY_OK && memcmp(now, before, sizeof now) == 0)
            return ESPY_OK;
    }
    if (st != ESPY_OK)
        return st;
    espy_fail(err, ESPY_E_DEVICE,
              "the MD5 of the flash outside of what was written is not what it was: a request, or an answer, was "
              "damaged on its way");
    espy_advise(err,
                "What else the flash holds may be lost: check it, or write all of it again, through the stub or at "
                "a lower baud rate.");
    return ESPY_E_DEVICE;
}
