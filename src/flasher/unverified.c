/* SPDX-License-Identifier: MIT
 *
 * Writing what no digest can verify afterwards: through the ROM, uncompressed, region by
 * region; see espy/flasher.h.
 *
 * The ROM takes the blocks of a region in order only, checks the sum of each, and, unless it
 * encrypts, reads each back from the flash and checks the sum of that.  It does not say
 * whether encrypting worked.  A region in which anything goes wrong is written from its
 * beginning again.
 */
#include "flasher.h"

#include "plan.h"
#include "rest.h"

#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 4096,
    XTS_UNIT = 16, /* the least that is encrypted at once, and 4 bytes the least that is written */
    TRIES = 4,     /* of each region */
    TRIES_FAST = 2,
    ROM_FLASH_SIZE = 2 << 20, /* what the ROM goes by until it is told better */
    BAD_PARAMETER = 0x64
};

typedef struct job {
    espy_flasher *flasher;
    bool encrypt;
    uint64_t done, total;
    uint8_t contents[ESPY_REGION_MAX]; /* of the region at work, filled up with 0xFF */
} job;

typedef struct region {
    uint32_t addr;
    uint32_t size;  /* to be erased, at least */
    uint32_t bytes; /* of the job's contents; 0: only to be erased */
} region;

static espy_status request(job *j, const espy_loader_request *r, uint32_t ms, espy_err *err)
{
    espy_loader_reply reply;
    return espy_session_request(&j->flasher->session, r, ms, &reply, err);
}

static espy_status send_once(job *j, const region *r, espy_err *err)
{
    uint32_t blocks = (r->bytes + BLOCK - 1) / BLOCK;
    espy_loader_request begin = j->encrypt ? espy_loader_flash_begin_encrypted(r->size, blocks, BLOCK, r->addr)
                                           : espy_loader_flash_begin(r->size, blocks, BLOCK, r->addr);
    espy_flasher_progress(j->flasher, ESPY_PHASE_WRITE, j->done, j->total);
    espy_status st = request(j, &begin, espy_flasher_timeout(r->size, ESPY_ERASE_MS_PER_MB), err);
    for (uint32_t i = 0; i < blocks && st == ESPY_OK; i++) {
        uint32_t at = i * BLOCK, n = r->bytes - at < BLOCK ? r->bytes - at : BLOCK;
        espy_loader_request block = espy_loader_flash_data(i, j->contents + at, n);
        espy_flasher_progress(j->flasher, ESPY_PHASE_WRITE, j->done + at, j->total);
        st = request(j, &block, espy_flasher_timeout(n, ESPY_WRITE_MS_PER_MB), err);
    }
    return st;
}

static espy_status refused(const job *j, const region *r, espy_err *why, espy_err *err)
{
    if (j->encrypt && why->detail == BAD_PARAMETER) {
        why->advice[0] = '\0';
        espy_advise(why, "The chip's eFuse DIS_DOWNLOAD_MANUAL_ENCRYPT may forbid it to encrypt for its loader.");
    }
    espy_pass(err, why->status, why);
    return espy_context(err, "flash at 0x%x", (unsigned)r->addr);
}

static espy_status send_region(job *j, const region *r, espy_err *err)
{
    for (unsigned i = 1;; i++) {
        espy_err why = {0};
        espy_status st = send_once(j, r, &why);
        if (st == ESPY_OK)
            return st;
        bool again = espy_session_transient(&why) || (st == ESPY_E_DEVICE && why.detail != BAD_PARAMETER);
        if (!again || i == TRIES)
            return refused(j, r, &why, err);
        espy_log(j->flasher->config.log, ESPY_LOG_CMD, "%s", why.text);
        j->flasher->stats.regions_retried++;
        st = espy_flasher_recover(j->flasher, i >= TRIES_FAST, err);
        if (st != ESPY_OK)
            return st;
    }
}

/* ---- what can be told of encrypted flash ------------------------------------------------------ */

static espy_status check_not(job *j, const region *r, const uint8_t is[16], const char *what, espy_err *err)
{
    uint8_t digest[16];
    if (mbedtls_md5_ret(j->contents, r->bytes, digest) != 0)
        return espy_fail(err, ESPY_E_MEMORY, "MD5 of %u bytes failed on this computer", (unsigned)r->bytes);
    if (memcmp(is, digest, sizeof digest) != 0)
        return ESPY_OK;
    espy_fail(err, ESPY_E_DEVICE, "the flash at 0x%x is %s after it was written encrypted", (unsigned)r->addr, what);
    espy_advise(err, "The chip has not encrypted: look at its keys with `espy esptool get-security-info`.");
    return ESPY_E_DEVICE;
}

/* The flash must not hold the plaintext, nor nothing.  What it should hold only who knows
 * the key could say. */
static espy_status check_encrypted(job *j, const region *r, espy_err *err)
{
    uint8_t is[16];
    espy_status st = espy_flasher_md5(j->flasher, r->addr, r->bytes, is, err);
    if (st == ESPY_OK)
        st = check_not(j, r, is, "not encrypted", err);
    memset(j->contents, 0xFF, r->bytes);
    return st == ESPY_OK ? check_not(j, r, is, "blank", err) : st;
}

/* ---- all together ---------------------------------------------------------------------------- */

static espy_status write_part(job *j, const espy_flash_part *part, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (uint32_t at = 0, n; at < part->size && st == ESPY_OK; at += n) {
        region r = {.addr = part->addr + at};
        uint32_t room = ESPY_REGION_MAX - r.addr % ESPY_REGION_MAX, unit = j->encrypt ? XTS_UNIT : 4;
        n = part->size - at < room ? part->size - at : room;
        r.size = n;
        if (part->bytes != NULL) {
            r.bytes = (n + unit - 1) / unit * unit;
            memset(j->contents, 0xFF, r.bytes);
            memcpy(j->contents, part->bytes + at, n);
        }
        st = send_region(j, &r, err);
        if (st == ESPY_OK && j->encrypt && r.bytes > 0 && !j->flasher->secure_download)
            st = check_encrypted(j, &r, err);
        j->done += n;
    }
    return st;
}

static espy_status write_parts(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool encrypt,
                               espy_err *err)
{
    job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a region of %d bytes", ESPY_REGION_MAX);
    j->flasher = flasher;
    j->encrypt = encrypt;
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < n; i++)
        j->total += parts[i].size;
    for (size_t i = 0; i < n && st == ESPY_OK; i++)
        st = write_part(j, &parts[i], err);
    if (st == ESPY_OK)
        espy_flasher_progress(flasher, ESPY_PHASE_WRITE, j->total, j->total);
    free(j);
    return st;
}

/* The rest of the flash is compared with what it was before, where it can be read. */
static espy_status write_and_look(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool encrypt,
                                  espy_err *err)
{
    uint8_t before[16];
    if (flasher->secure_download)
        return write_parts(flasher, parts, n, encrypt, err);
    espy_status st = espy_rest_digest(flasher, parts, n, ESPY_PHASE_COMPARE, before, err);
    if (st == ESPY_OK)
        st = write_parts(flasher, parts, n, encrypt, err);
    return st == ESPY_OK ? espy_rest_verify(flasher, parts, n, before, err) : st;
}

/* A board in secure download mode does not say how large its flash is. */
static espy_status check_unknown_size(const espy_flash_part *parts, size_t n, espy_err *err)
{
    for (size_t i = 0; i < n; i++)
        if ((uint64_t)parts[i].addr + parts[i].size > ROM_FLASH_SIZE) {
            espy_fail(err, ESPY_E_ARG,
                      "0x%x bytes at 0x%x go beyond the 2 MB that the board's loader takes its flash for",
                      (unsigned)parts[i].size, (unsigned)parts[i].addr);
            espy_advise(err, "In secure download mode the board does not tell: say how large it is with --flash-size.");
            return ESPY_E_ARG;
        }
    return espy_plan_check(parts, n, ROM_FLASH_SIZE, ESPY_ROM_REACH, err);
}

static espy_status check(const espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err)
{
    if (flasher->stub.running)
        return espy_fail(err, ESPY_E_ARG, "the ROM alone can do this, and the stub runs in its place");
    if (flasher->secure_download && flasher->flash_size == 0)
        return check_unknown_size(parts, n, err);
    espy_status st = flasher->secure_download ? ESPY_OK : espy_flasher_writable(flasher, err);
    return st == ESPY_OK ? espy_plan_check(parts, n, flasher->flash_size, ESPY_ROM_REACH, err) : st;
}

espy_status espy_flasher_write_unverified(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool encrypt,
                                          espy_err *err)
{
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_status st = check(flasher, parts, n, err);
    if (st != ESPY_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        flasher->stats.bytes_image += parts[i].bytes != NULL ? parts[i].size : 0;
    st = write_and_look(flasher, parts, n, encrypt, err);
    espy_flasher_spent(flasher, &flasher->stats.write_s, start);
    return st;
}

espy_status espy_flasher_set_flash_size(espy_flasher *flasher, uint32_t size, espy_err *err)
{
    flasher->flash_size = size;
    return espy_flasher_attach(flasher, err);
}
