/* SPDX-License-Identifier: MIT
 *
 * Writing: each region is compared, erased, sent as a zlib stream of its own and
 * verified by the chip's MD5.
 *
 * The ROM counts a data block as received before it looks at its checksum, and it does
 * not say which block an answer belongs to, so no block is ever sent twice: whatever
 * goes wrong, the region is begun again.  Nor does the ROM check the other requests, so
 * that a byte lost in one can make it erase elsewhere; therefore, once anything has gone
 * wrong, every region is verified again at the end.
 */
#include "flasher.h"

#include "plan.h"

#include <libdeflate.h>
#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 4096, /* of compressed data; the ROM takes up to ESPY_LOADER_BLOCK_MAX */
    BEST_LEVEL = 12,
    TRIES = 4,               /* of a region in one pass, slower from the third on */
    PASSES = 3,              /* over all regions */
    ERASE_MS_PER_MB = 40000, /* these as esptool has them */
    WRITE_MS_PER_MB = 40000,
    MD5_MS_PER_MB = 8000
};

typedef struct job {
    espy_flasher *flasher;
    espy_plan plan;
    uint64_t bytes_done; /* for progress: of the regions before this one */
    bool trouble;        /* something went wrong in this pass */
    uint8_t *contents;   /* of the region at work */
    uint8_t *stream;     /* its zlib stream */
    size_t stream_cap;
    struct libdeflate_compressor *compressor; /* made when first needed */
} job;

static uint32_t timeout(uint32_t size, uint32_t ms_per_mb)
{
    return ESPY_COMMAND_MS + (uint32_t)((uint64_t)size * ms_per_mb / 1000000);
}

static void progress(job *j, espy_phase phase, uint64_t in_region)
{
    espy_flasher_progress(j->flasher, phase, j->bytes_done + in_region, j->plan.bytes);
}

/* ---- MD5 ---------------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

/* The ROM sends its digest as 32 hexadecimal digits. */
static bool parse_digest(const espy_loader_reply *reply, uint8_t digest[16])
{
    if (reply->size != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high = hex_digit(reply->data[2 * i]), low = hex_digit(reply->data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static espy_status chip_md5(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16], espy_err *err)
{
    espy_loader_request request = espy_loader_flash_md5(addr, size);
    espy_loader_reply reply;
    espy_status st = espy_session_ask(&flasher->session, &request, timeout(size, MD5_MS_PER_MB), &reply, err);
    if (st != ESPY_OK)
        espy_context(err, "MD5 of 0x%x bytes at 0x%x", (unsigned)size, (unsigned)addr);
    if (st == ESPY_OK && !parse_digest(&reply, digest))
        return espy_fail(err, ESPY_E_PROTOCOL, "the chip's MD5 of 0x%x bytes at 0x%x is no MD5", (unsigned)size,
                         (unsigned)addr);
    return st;
}

espy_status espy_flasher_md5(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16], espy_err *err)
{
    return chip_md5(flasher, addr, size, digest, err);
}

/* Whether the flash holds the first n bytes of the region's contents. */
static espy_status matches(job *j, const espy_region *region, uint32_t n, bool *equal, espy_err *err)
{
    uint8_t want[16], have[16];
    espy_region_fill(region, j->contents);
    if (mbedtls_md5_ret(j->contents, n, want) != 0)
        return espy_fail(err, ESPY_E_MEMORY, "MD5 of %u bytes failed on this computer", (unsigned)n);
    espy_status st = chip_md5(j->flasher, region->addr, n, have, err);
    *equal = st == ESPY_OK && memcmp(want, have, sizeof want) == 0;
    return st;
}

/* The beginning first: on a board with something else on it that is all it takes. */
static espy_status compare(job *j, const espy_region *region, bool *equal, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    progress(j, ESPY_PHASE_COMPARE, 0);
    *equal = true;
    espy_status st = ESPY_OK;
    if (region->size > ESPY_FLASH_SECTOR)
        st = matches(j, region, ESPY_FLASH_SECTOR, equal, err);
    if (st == ESPY_OK && *equal)
        st = matches(j, region, region->size, equal, err);
    espy_flasher_spent(j->flasher, &j->flasher->stats.compare_s, start);
    return st;
}

static espy_status verify(job *j, const espy_region *region, espy_err *err)
{
    bool equal;
    uint64_t start = espy_link_now_ms(j->flasher->link);
    progress(j, ESPY_PHASE_VERIFY, region->size);
    espy_status st = matches(j, region, region->size, &equal, err);
    espy_flasher_spent(j->flasher, &j->flasher->stats.verify_s, start);
    if (st != ESPY_OK || equal)
        return st;
    espy_fail(err, ESPY_E_DEVICE, "the flash does not hold what was written to 0x%x..0x%x", (unsigned)region->addr,
              (unsigned)(region->addr + region->size));
    espy_advise(err, "Try a lower baud rate and another cable; if it stays, the flash is damaged, write-protected or "
                     "short of power.");
    return ESPY_E_DEVICE;
}

/* ---- one region --------------------------------------------------------------------- */

static espy_status compress_with(job *j, const espy_region *region, struct libdeflate_compressor *compressor,
                                 size_t *size, espy_err *err)
{
    if (compressor == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory to compress %u bytes", (unsigned)region->size);
    espy_region_fill(region, j->contents);
    *size = libdeflate_zlib_compress(compressor, j->contents, region->size, j->stream, j->stream_cap);
    return *size > 0 ? ESPY_OK : espy_fail(err, ESPY_E_MEMORY, "no room to compress %u bytes", (unsigned)region->size);
}

/* libdeflate's best level; a region that is done again gets another level, so that it is
 * never the same stream that fails twice. */
static espy_status compress(job *j, const espy_region *region, unsigned again, size_t *size, espy_err *err)
{
    if (j->compressor == NULL)
        j->compressor = libdeflate_alloc_compressor(BEST_LEVEL);
    if (again == 0)
        return compress_with(j, region, j->compressor, size, err);
    struct libdeflate_compressor *other = libdeflate_alloc_compressor(again == 1 ? 9 : 6);
    espy_status st = compress_with(j, region, other, size, err);
    libdeflate_free_compressor(other);
    return st;
}

static espy_status request(job *j, const espy_loader_request *r, uint32_t ms, const espy_region *region, espy_err *err)
{
    espy_loader_reply reply;
    espy_status st = espy_session_request(&j->flasher->session, r, ms, &reply, err);
    if (st != ESPY_OK)
        espy_context(err, "flash at 0x%x", (unsigned)region->addr);
    if (st == ESPY_E_TIMEOUT)
        espy_advise(err, "Try a lower baud rate and another cable, and check that the board keeps its power.");
    return st;
}

/* Both kinds of BEGIN erase before they answer. */
static espy_status erase(job *j, const espy_region *region, const espy_loader_request *begin, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    progress(j, ESPY_PHASE_ERASE, 0);
    espy_status st = request(j, begin, timeout(region->size, ERASE_MS_PER_MB), region, err);
    espy_flasher_spent(j->flasher, &j->flasher->stats.erase_s, start);
    return st;
}

static espy_status send_stream(job *j, const espy_region *region, size_t size, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    for (size_t at = 0; at < size && st == ESPY_OK; at += BLOCK) {
        size_t n = size - at < BLOCK ? size - at : BLOCK;
        espy_loader_request block = espy_loader_flash_defl_data((uint32_t)(at / BLOCK), j->stream + at, n);
        progress(j, ESPY_PHASE_WRITE, (uint64_t)region->size * at / size);
        st = request(j, &block, timeout(region->size, WRITE_MS_PER_MB), region, err);
    }
    espy_flasher_spent(j->flasher, &j->flasher->stats.write_s, start);
    return st;
}

static espy_status write_once(job *j, const espy_region *region, unsigned again, espy_err *err)
{
    if (region->bytes == NULL) {
        espy_loader_request begin = espy_loader_flash_begin(region->size, 0, BLOCK, region->addr);
        return erase(j, region, &begin, err);
    }
    size_t size;
    espy_status st = compress(j, region, again, &size, err);
    if (st != ESPY_OK)
        return st;
    uint32_t blocks = (uint32_t)((size + BLOCK - 1) / BLOCK);
    espy_loader_request begin = espy_loader_flash_defl_begin(region->size, blocks, BLOCK, region->addr);
    st = erase(j, region, &begin, err);
    return st == ESPY_OK ? send_stream(j, region, size, err) : st;
}

static bool worth_another_try(const espy_err *why)
{
    return why->status == ESPY_E_DEVICE || espy_session_transient(why);
}

static void pass_on(espy_err *err, const espy_err *why)
{
    if (err != NULL && err->status == ESPY_OK)
        *err = *why;
}

static espy_status write_region(job *j, const espy_region *region, espy_err *err)
{
    for (unsigned again = 0;; again++) {
        espy_err why = {0};
        espy_status st = write_once(j, region, again, &why);
        if (st == ESPY_OK)
            st = verify(j, region, &why);
        if (st == ESPY_OK)
            return st;
        j->trouble = true;
        espy_log(j->flasher->config.log, ESPY_LOG_CMD, "region 0x%x, try %u: %s", (unsigned)region->addr, again + 1,
                 why.text);
        if (again + 1 == TRIES || !worth_another_try(&why)) {
            pass_on(err, &why);
            return st;
        }
        j->flasher->stats.regions_retried++;
        st = espy_flasher_recover(j->flasher, again > 0, err);
        if (st != ESPY_OK)
            return st;
    }
}

/* ---- all regions ---------------------------------------------------------------------- */

/* A comparison may fail as anything may; then the region is simply written. */
static espy_status do_region(job *j, espy_region *region, bool look_first, espy_err *err)
{
    bool equal = false;
    if (look_first) {
        espy_err why = {0};
        espy_status st = compare(j, region, &equal, &why);
        if (st != ESPY_OK && !worth_another_try(&why)) {
            pass_on(err, &why);
            return st;
        }
        if (st != ESPY_OK) {
            j->trouble = true;
            st = espy_flasher_recover(j->flasher, false, err);
            if (st != ESPY_OK)
                return st;
        }
    }
    if (equal && !region->done)
        j->flasher->stats.bytes_skipped += region->bytes != NULL ? region->given : 0;
    espy_status st = equal ? ESPY_OK : write_region(j, region, err);
    region->done = true;
    return st;
}

static espy_status run_pass(job *j, bool look_first, espy_err *err)
{
    j->trouble = false;
    j->bytes_done = 0;
    for (size_t i = 0; i < j->plan.n; i++) {
        espy_status st = do_region(j, &j->plan.regions[i], look_first, err);
        if (st != ESPY_OK)
            return st;
        j->bytes_done += j->plan.regions[i].size;
    }
    return ESPY_OK;
}

static espy_status run(job *j, espy_err *err)
{
    for (unsigned pass = 0; pass < PASSES; pass++) {
        espy_status st = run_pass(j, pass > 0 || !j->flasher->config.rewrite, err);
        if (st != ESPY_OK || !j->trouble)
            return st;
    }
    espy_fail(err, ESPY_E_PROTOCOL, "the wire to %s is too bad: something went wrong in each of %d passes",
              j->flasher->link->name, PASSES);
    espy_advise(err, "Try a lower baud rate, another cable, or another USB port.");
    return ESPY_E_PROTOCOL;
}

static espy_status allocate(job *j, espy_err *err)
{
    j->contents = malloc(ESPY_REGION_MAX);
    j->stream_cap = libdeflate_zlib_compress_bound(NULL, ESPY_REGION_MAX);
    j->stream = malloc(j->stream_cap);
    if (j->contents == NULL || j->stream == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a region of %d bytes", ESPY_REGION_MAX);
    return ESPY_OK;
}

espy_status espy_flasher_write(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err)
{
    job j = {.flasher = flasher};
    espy_status st = espy_flasher_writable(flasher, err);
    if (st == ESPY_OK)
        st = espy_plan_make(&j.plan, parts, n, flasher->flash_size, err);
    if (st == ESPY_OK)
        st = allocate(&j, err);
    if (st == ESPY_OK) {
        for (size_t i = 0; i < n; i++)
            flasher->stats.bytes_image += parts[i].bytes != NULL ? parts[i].size : 0;
        st = run(&j, err);
    }
    libdeflate_free_compressor(j.compressor);
    free(j.contents);
    free(j.stream);
    espy_plan_free(&j.plan);
    return st;
}
