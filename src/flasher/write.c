/* SPDX-License-Identifier: MIT
 *
 * Writing: what the flash does not hold yet is erased, sent region by region as zlib
 * streams, and verified by the chip's MD5, until the flash holds all of it.
 *
 * The ROM counts a data block as received before it looks at its checksum, and it does
 * not say which block an answer belongs to, so no block is ever sent twice: when
 * something goes wrong, the region is left to the next pass, which erases it again.  Nor
 * does the ROM check other requests at all, so that a byte lost in one can make it erase
 * elsewhere; therefore, once anything has gone wrong, every region is verified again, and
 * what was not to be written is compared with what it was before.
 */
#include "flasher.h"

#include "plan.h"
#include "rest.h"

#include <libdeflate.h>
#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 4096, /* of compressed data; the ROM takes up to ESPY_LOADER_BLOCK_MAX */
    PASSES = 6,
    FAILURES_MAX = 8,  /* of requests, over all passes */
    FAILURES_FAST = 2, /* then the baud rate goes down */
};

typedef struct job {
    espy_flasher *flasher;
    const espy_flash_part *parts;
    size_t n;
    espy_plan plan;
    unsigned pass;
    unsigned failures;
    bool trouble;         /* a request failed since all regions were last verified */
    uint64_t done, total; /* bytes, in this phase, for progress */
    uint8_t *contents;    /* of the region at work */
    uint8_t *stream;      /* its zlib stream */
    size_t stream_cap;
    struct libdeflate_compressor *compressor; /* of this pass */
} job;

/* ---- trouble -------------------------------------------------------------------------- */

/* After a failed request: ESPY_OK means that the board is in step again and that the
 * next pass shall mend what is missing. */
static espy_status absorb(job *j, const espy_err *why, espy_err *err)
{
    bool wire = why->status == ESPY_E_DEVICE || espy_session_transient(why);
    espy_log(j->flasher->config.log, ESPY_LOG_CMD, "%s", why->text);
    if (!wire || ++j->failures > FAILURES_MAX) {
        if (err != NULL && err->status == ESPY_OK)
            *err = *why;
        return why->status;
    }
    j->trouble = true;
    j->flasher->stats.regions_retried++;
    return espy_flasher_recover(j->flasher, j->failures >= FAILURES_FAST, err);
}

/* ---- phases ---------------------------------------------------------------------------- */

typedef bool (*selection)(const job *j, const espy_region *region);

static bool pending(const job *j, const espy_region *region)
{
    (void)j;
    return !region->done;
}

static bool pending_bytes(const job *j, const espy_region *region)
{
    return pending(j, region) && region->bytes != NULL;
}

static bool doubtful(const job *j, const espy_region *region)
{
    return pending(j, region) || j->trouble;
}

static void begin_phase(job *j, selection chosen)
{
    j->done = 0;
    j->total = 0;
    for (size_t i = 0; i < j->plan.n; i++)
        j->total += chosen(j, &j->plan.regions[i]) ? j->plan.regions[i].size : 0;
}

static void progress(const job *j, espy_phase phase, uint64_t more)
{
    espy_flasher_progress(j->flasher, phase, j->done + more, j->total);
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* Whether the flash holds the first n bytes of the region's contents. */
static espy_status matches(job *j, const espy_region *region, uint32_t n, bool *equal, espy_err *err)
{
    uint8_t want[16], have[16];
    espy_region_fill(region, j->contents);
    if (mbedtls_md5_ret(j->contents, n, want) != 0)
        return espy_fail(err, ESPY_E_MEMORY, "MD5 of %u bytes failed on this computer", (unsigned)n);
    espy_status st = espy_flasher_md5(j->flasher, region->addr, n, have, err);
    *equal = st == ESPY_OK && memcmp(want, have, sizeof want) == 0;
    return st;
}

/* The beginning first: on a board with something else on it that is all it takes. */
static espy_status matches_already(job *j, const espy_region *region, bool *equal, espy_err *err)
{
    espy_status st = ESPY_OK;
    *equal = true;
    if (region->size > ESPY_FLASH_SECTOR)
        st = matches(j, region, ESPY_FLASH_SECTOR, equal, err);
    return st == ESPY_OK && *equal ? matches(j, region, region->size, equal, err) : st;
}

static espy_status compare(job *j, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    begin_phase(j, pending);
    for (size_t i = 0; i < j->plan.n && st == ESPY_OK; i++) {
        espy_region *region = &j->plan.regions[i];
        espy_err why = {0};
        progress(j, ESPY_PHASE_COMPARE, 0);
        st = matches_already(j, region, &region->done, &why);
        if (st != ESPY_OK)
            st = absorb(j, &why, err);
        if (region->done && region->bytes != NULL)
            j->flasher->stats.bytes_skipped += region->given;
        j->done += region->size;
    }
    progress(j, ESPY_PHASE_COMPARE, 0);
    espy_flasher_spent(j->flasher, &j->flasher->stats.compare_s, start);
    return st;
}

static espy_status verify_region(job *j, espy_region *region, espy_err *err)
{
    espy_err why = {0};
    bool was_done = region->done;
    espy_status st = matches(j, region, region->size, &region->done, &why);
    if (st != ESPY_OK) {
        region->done = was_done;
        return absorb(j, &why, err);
    }
    if (!region->done) {
        espy_log(j->flasher->config.log, ESPY_LOG_CMD, "region 0x%x differs", (unsigned)region->addr);
        j->flasher->stats.regions_retried++;
    }
    return ESPY_OK;
}

/* Trouble before this is made good by it; trouble in it asks for another round. */
static espy_status verify(job *j, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    bool everything = j->trouble;
    begin_phase(j, doubtful);
    j->trouble = false;
    for (size_t i = 0; i < j->plan.n && st == ESPY_OK; i++) {
        espy_region *region = &j->plan.regions[i];
        if (region->done && !everything)
            continue;
        progress(j, ESPY_PHASE_VERIFY, 0);
        st = verify_region(j, region, err);
        j->done += region->size;
    }
    progress(j, ESPY_PHASE_VERIFY, 0);
    espy_flasher_spent(j->flasher, &j->flasher->stats.verify_s, start);
    return st;
}

/* ---- erasing ---------------------------------------------------------------------------- */

static espy_status request(job *j, const espy_loader_request *r, uint32_t ms, uint32_t addr, espy_err *err)
{
    espy_loader_reply reply;
    espy_status st = espy_session_request(&j->flasher->session, r, ms, &reply, err);
    if (st != ESPY_OK)
        espy_context(err, "flash at 0x%x", (unsigned)addr);
    return st;
}

static uint32_t erased_end(const espy_region *region)
{
    return (region->addr + region->size + ESPY_FLASH_SECTOR - 1) / ESPY_FLASH_SECTOR * ESPY_FLASH_SECTOR;
}

/* The ROM erases by blocks of 64 KiB only where more than a block is left and not
 * before the first border of blocks behind the beginning; the rest goes by sectors, at
 * three times the time.  Pieces that reach one sector into both of their neighbours in
 * the run make it use blocks. */
static espy_status erase_run(job *j, uint32_t begin, uint32_t end, espy_err *err)
{
    for (uint32_t at = begin; at < end;) {
        uint32_t next = at - at % ESPY_REGION_MAX + ESPY_REGION_MAX;
        uint32_t from = at == begin ? at : at - ESPY_FLASH_SECTOR;
        uint32_t to = next < end ? next + ESPY_FLASH_SECTOR : end;
        espy_loader_request piece = espy_loader_flash_begin(to - from, 0, BLOCK, from);
        progress(j, ESPY_PHASE_ERASE, 0);
        espy_status st = request(j, &piece, espy_flasher_timeout(to - from, ESPY_ERASE_MS_PER_MB), from, err);
        if (st != ESPY_OK)
            return st;
        next = next < end ? next : end;
        j->done += next - at;
        at = next;
    }
    return ESPY_OK;
}

/* Neighbours that are pending are one run. */
static size_t run_end(const job *j, size_t first)
{
    const espy_region *regions = j->plan.regions;
    size_t last = first;
    while (last + 1 < j->plan.n && !regions[last + 1].done && regions[last + 1].addr == erased_end(&regions[last]))
        last++;
    return last;
}

static espy_status erase(job *j, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    begin_phase(j, pending);
    for (size_t i = 0; i < j->plan.n && st == ESPY_OK; i++) {
        if (j->plan.regions[i].done)
            continue;
        espy_err why = {0};
        size_t last = run_end(j, i);
        st = erase_run(j, j->plan.regions[i].addr, erased_end(&j->plan.regions[last]), &why);
        if (st != ESPY_OK)
            st = absorb(j, &why, err);
        i = last;
    }
    if (j->total > 0)
        progress(j, ESPY_PHASE_ERASE, 0);
    espy_flasher_spent(j->flasher, &j->flasher->stats.erase_s, start);
    return st;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* libdeflate's best level; another level in later passes, so that it is never the same
 * stream that fails twice. */
static espy_status make_compressor(job *j, espy_err *err)
{
    static const int levels[] = {12, 9, 6};
    libdeflate_free_compressor(j->compressor);
    j->compressor = libdeflate_alloc_compressor(levels[j->pass % 3]);
    return j->compressor != NULL ? ESPY_OK : espy_fail(err, ESPY_E_MEMORY, "no memory for a compressor");
}

/* A region's contents are longer than its blocks say: some block may hold nearly all. */
static uint32_t block_timeout(const espy_region *region, size_t stream_size)
{
    uint64_t likely = (uint64_t)region->size * BLOCK / stream_size * 8;
    return espy_flasher_timeout(likely < region->size ? likely : region->size, ESPY_WRITE_MS_PER_MB);
}

/* A size of 0 erases nothing: that has been done. */
static espy_status send_stream(job *j, const espy_region *region, const uint8_t *bytes, size_t size, espy_err *err)
{
    bool raw = j->flasher->config.uncompressed;
    uint32_t blocks = (uint32_t)((size + BLOCK - 1) / BLOCK), ms = block_timeout(region, size);
    espy_loader_request begin = raw ? espy_loader_flash_begin(0, blocks, BLOCK, region->addr)
                                    : espy_loader_flash_defl_begin(0, blocks, BLOCK, region->addr);
    espy_status st = request(j, &begin, ESPY_COMMAND_MS, region->addr, err);
    for (uint32_t i = 0; i < blocks && st == ESPY_OK; i++) {
        size_t at = (size_t)i * BLOCK, n = size - at < BLOCK ? size - at : BLOCK;
        espy_loader_request block =
            raw ? espy_loader_flash_data(i, bytes + at, n) : espy_loader_flash_defl_data(i, bytes + at, n);
        progress(j, ESPY_PHASE_WRITE, (uint64_t)region->size * at / size);
        st = request(j, &block, ms, region->addr, err);
    }
    return st;
}

/* What is sent as it is comes in whole blocks. */
static espy_status write_region(job *j, const espy_region *region, espy_err *err)
{
    size_t size = (region->size + BLOCK - 1) / BLOCK * BLOCK;
    memset(j->contents, 0xFF, size);
    espy_region_fill(region, j->contents);
    if (j->flasher->config.uncompressed)
        return send_stream(j, region, j->contents, size, err);
    size = libdeflate_zlib_compress(j->compressor, j->contents, region->size, j->stream, j->stream_cap);
    if (size == 0)
        return espy_fail(err, ESPY_E_MEMORY, "no room to compress %u bytes", (unsigned)region->size);
    return send_stream(j, region, j->stream, size, err);
}

static espy_status write_all(job *j, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    begin_phase(j, pending_bytes);
    espy_status st = j->total > 0 ? make_compressor(j, err) : ESPY_OK;
    for (size_t i = 0; i < j->plan.n && st == ESPY_OK; i++) {
        espy_err why = {0};
        if (!pending_bytes(j, &j->plan.regions[i]))
            continue;
        st = write_region(j, &j->plan.regions[i], &why);
        if (st != ESPY_OK)
            st = absorb(j, &why, err);
        j->done += j->plan.regions[i].size;
    }
    if (j->total > 0)
        progress(j, ESPY_PHASE_WRITE, 0);
    espy_flasher_spent(j->flasher, &j->flasher->stats.write_s, start);
    return st;
}

/* ---- all together ------------------------------------------------------------------------- */

static const espy_region *first_pending(const job *j)
{
    for (size_t i = 0; i < j->plan.n; i++)
        if (!j->plan.regions[i].done)
            return &j->plan.regions[i];
    return NULL;
}

static espy_status give_up(const job *j, espy_err *err)
{
    const espy_region *region = first_pending(j);
    if (region != NULL)
        espy_fail(err, ESPY_E_DEVICE, "the flash does not hold what was written %d times to 0x%x..0x%x", PASSES,
                  (unsigned)region->addr, (unsigned)(region->addr + region->size));
    else
        espy_fail(err, ESPY_E_PROTOCOL, "the wire to %s is too bad: something went wrong in each of %d passes",
                  j->flasher->link->name, PASSES);
    espy_advise(err, "Try a lower baud rate and another cable; if it stays, the flash is damaged, write-protected or "
                     "short of power.");
    return region != NULL ? ESPY_E_DEVICE : ESPY_E_PROTOCOL;
}

static espy_status digest_rest(job *j, uint8_t digest[16], espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = espy_rest_digest(j->flasher, j->parts, j->n, ESPY_PHASE_COMPARE, digest, err);
    espy_flasher_spent(j->flasher, &j->flasher->stats.compare_s, start);
    return st;
}

static espy_status verify_rest(job *j, const uint8_t before[16], espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = espy_rest_verify(j->flasher, j->parts, j->n, before, err);
    espy_flasher_spent(j->flasher, &j->flasher->stats.verify_s, start);
    return st;
}

static espy_status until_verified(job *j, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (; st == ESPY_OK && (first_pending(j) != NULL || j->trouble); j->pass++) {
        if (j->pass == PASSES)
            return give_up(j, err);
        st = erase(j, err);
        if (st == ESPY_OK)
            st = write_all(j, err);
        if (st == ESPY_OK)
            st = verify(j, err);
    }
    return st;
}

static espy_status run(job *j, espy_err *err)
{
    uint8_t before[16];
    espy_status st = j->flasher->config.rewrite ? ESPY_OK : compare(j, err);
    if (st != ESPY_OK || (first_pending(j) == NULL && !j->trouble))
        return st;
    st = digest_rest(j, before, err);
    if (st == ESPY_OK)
        st = until_verified(j, err);
    return st == ESPY_OK ? verify_rest(j, before, err) : st;
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

static espy_status write_by_rom(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err)
{
    job j = {.flasher = flasher, .parts = parts, .n = n};
    espy_status st = espy_plan_make(&j.plan, parts, n, flasher->flash_size, err);
    if (st == ESPY_OK)
        st = allocate(&j, err);
    if (st == ESPY_OK)
        st = run(&j, err);
    libdeflate_free_compressor(j.compressor);
    free(j.contents);
    free(j.stream);
    espy_plan_free(&j.plan);
    return st;
}

espy_status espy_flasher_write(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err)
{
    espy_status st = espy_flasher_writable(flasher, err);
    if (st == ESPY_OK)
        st = espy_plan_check(parts, n, flasher->flash_size, flasher->stub.running ? UINT32_MAX : ESPY_ROM_REACH, err);
    if (st != ESPY_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        flasher->stats.bytes_image += parts[i].bytes != NULL ? parts[i].size : 0;
    return flasher->stub.running ? espy_stub_write(flasher, parts, n, err) : write_by_rom(flasher, parts, n, err);
}
