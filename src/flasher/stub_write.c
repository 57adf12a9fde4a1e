/* SPDX-License-Identifier: MIT
 *
 * Writing through the stub.  The plan is by sectors: those whose digest on the chip is not
 * that of what they shall hold are written, as one stream however they are scattered, and
 * what shall be blank is erased where it is not.  A pass that went wrong, the wire
 * included, is followed by another, which begins with comparing everything again.
 */
#include "stub.h"

#include "compare.h"
#include "flasher.h"
#include "plan.h"
#include "stub_stream.h"

#include "../base/bytes.h"

#include <mbedtls/sha256.h>

#include <stdlib.h>
#include <string.h>

enum {
    PASSES = 6,
    SILENCES_MAX = 6,  /* in a row */
    FAILURES_FAST = 2, /* then the baud rate goes down */
    JOB_SIZE = 12,
    JOBS_MAX = ESPY_STUB_PAYLOAD_MAX / JOB_SIZE,
    RANGE_SIZE = 8
};

typedef bool (*selection)(const espy_sector *sector);

typedef struct job {
    espy_flasher *flasher;
    espy_sector *sectors;
    size_t n;
    bool exact;           /* see espy_sector.size */
    selection to_compare; /* which sectors the digests are asked of */
    unsigned failures;
    espy_sector **asked; /* of the request under way, in its order; room for n */
    size_t n_asked;
} job;

/* ---- sectors ------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const espy_sector *x = a, *y = b;
    return (x->addr > y->addr) - (x->addr < y->addr);
}

static espy_sector cut(const espy_flash_part *part, uint32_t at, bool exact)
{
    uint32_t left = part->size - at;
    espy_sector sector = {.addr = part->addr + at, .bytes = part->bytes != NULL ? part->bytes + at : NULL};
    sector.given = left < ESPY_STUB_SECTOR ? left : ESPY_STUB_SECTOR;
    sector.size = exact ? sector.given : ESPY_STUB_SECTOR;
    sector.blank = sector.bytes == NULL || bytes_blank(sector.bytes, sector.given);
    return sector;
}

static espy_status make_sectors(job *j, const espy_flash_part *parts, size_t n, espy_err *err)
{
    size_t max = 1;
    for (size_t i = 0; i < n; i++)
        max += parts[i].size / ESPY_STUB_SECTOR + 1;
    j->sectors = calloc(max, sizeof *j->sectors);
    j->asked = calloc(max, sizeof *j->asked);
    if (j->sectors == NULL || j->asked == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a plan of %zu sectors", max);
    for (size_t i = 0; i < n; i++)
        for (uint32_t at = 0; at < parts[i].size; at += ESPY_STUB_SECTOR)
            j->sectors[j->n++] = cut(&parts[i], at, j->exact);
    qsort(j->sectors, j->n, sizeof *j->sectors, by_address);
    return ESPY_OK;
}

static bool pending(const espy_sector *sector)
{
    return !sector->done;
}

static bool uncompared(const espy_sector *sector)
{
    return !sector->compared;
}

/* Whether what shall be blank is so, erasing finds out for itself. */
static bool uncompared_bytes(const espy_sector *sector)
{
    return uncompared(sector) && !sector->blank;
}

static bool to_erase(const espy_sector *sector)
{
    return !sector->done && sector->blank;
}

static bool to_write(const espy_sector *sector)
{
    return !sector->done && !sector->blank;
}

static size_t count(const job *j, selection chosen)
{
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++)
        n += chosen(&j->sectors[i]);
    return n;
}

static void progress(const job *j, espy_phase phase, uint64_t done, uint64_t total)
{
    espy_flasher_progress(j->flasher, phase, done, total);
}

/* Lists the chosen sectors as runs of (address, size, extra...) for a request, at most
 * max of them, and in j->asked one by one; returns the runs. */
static size_t list_runs(job *j, selection chosen, uint8_t *payload, size_t entry, size_t max)
{
    size_t runs = 0;
    uint32_t end = 0;
    j->n_asked = 0;
    for (size_t i = 0; i < j->n; i++) {
        espy_sector *s = &j->sectors[i];
        if (!chosen(s))
            continue;
        uint8_t *at = payload + (runs - 1) * entry;
        if (runs > 0 && s->addr == end) {
            put_le32(at + 4, get_le32(at + 4) + s->size);
        } else if (runs == max) {
            break;
        } else {
            at = payload + runs++ * entry;
            put_le32(at, s->addr);
            put_le32(at + 4, s->size);
            if (entry == JOB_SIZE)
                put_le32(at + 8, ESPY_STUB_SECTOR);
        }
        end = s->addr + ESPY_STUB_SECTOR;
        j->asked[j->n_asked++] = s;
    }
    return runs;
}

/* ---- comparing ----------------------------------------------------------------------- */

static bool has_digest(const uint8_t *contents, size_t n, const uint8_t digest[ESPY_STUB_DIGEST])
{
    uint8_t want[32];
    mbedtls_sha256_ret(contents, n, want, 0);
    return memcmp(want, digest, ESPY_STUB_DIGEST) == 0;
}

/* That of 4096 bytes 0xFF: see stub/PROTOCOL.md, "Digests". */
static const uint8_t blank_digest[ESPY_STUB_DIGEST] = {0xF4, 0x7A, 0x8E, 0xC3, 0xE9, 0xAF, 0xF2, 0x31,
                                                       0x8D, 0x89, 0x69, 0x42, 0x28, 0x2A, 0xD4, 0xFE};

static void compare_one(espy_sector *s, const uint8_t digest[ESPY_STUB_DIGEST])
{
    uint8_t contents[ESPY_STUB_SECTOR];
    espy_sector_fill(s, contents);
    s->compared = true;
    s->done = has_digest(contents, s->size, digest);
    memset(contents, 0xFF, sizeof contents);
    s->was_blank = s->size == ESPY_STUB_SECTOR ? memcmp(digest, blank_digest, ESPY_STUB_DIGEST) == 0
                                               : has_digest(contents, s->size, digest);
}

static void compare_some(job *j, const espy_stub_digests *d)
{
    for (uint32_t i = 0; i < d->n && d->first + i < j->n_asked; i++)
        compare_one(j->asked[d->first + i], d->digests + (size_t)i * ESPY_STUB_DIGEST);
}

/* Takes the frames that answer the request; *silent: they ended before the last. */
static espy_status take_digests(job *j, bool *silent, size_t total, espy_err *err)
{
    espy_flasher *flasher = j->flasher;
    for (bool over = false; !over;) {
        espy_stub_frame frame;
        espy_stub_digests d;
        bool found;
        espy_status st =
            espy_stub_next(flasher, espy_link_now_ms(flasher->link) + ESPY_STUB_ALIVE_MS, &frame, &found, err);
        if (st != ESPY_OK || (*silent = !found))
            return st;
        if (frame.op != ESPY_STUB_DIGESTS || frame.tag != flasher->stub.tag)
            continue;
        if (frame.status > ESPY_STUB_PART)
            return espy_stub_refused(ESPY_STUB_DIGESTS, frame.status, err);
        if (espy_stub_parse_digests(&d, &frame) && d.total == j->n_asked)
            compare_some(j, &d);
        size_t left = count(j, j->to_compare);
        progress(j, ESPY_PHASE_COMPARE, (uint64_t)(total - left) * ESPY_STUB_SECTOR,
                 (uint64_t)total * ESPY_STUB_SECTOR);
        over = frame.status == ESPY_STUB_OK;
    }
    return ESPY_OK;
}

static espy_status compare_all(job *j, espy_err *err)
{
    uint8_t payload[JOBS_MAX * JOB_SIZE];
    size_t total = count(j, j->to_compare), before;
    espy_status st = ESPY_OK;
    for (unsigned silences = 0; st == ESPY_OK && (before = count(j, j->to_compare)) > 0;) {
        bool silent = false;
        size_t runs = list_runs(j, j->to_compare, payload, JOB_SIZE, JOBS_MAX);
        st = espy_stub_send(j->flasher, ESPY_STUB_DIGESTS, payload, runs * JOB_SIZE, NULL, 0, err);
        if (st == ESPY_OK)
            st = take_digests(j, &silent, total, err);
        silences = count(j, j->to_compare) < before ? 0 : silences + 1;
        if (st == ESPY_OK && silences > SILENCES_MAX)
            st = espy_stub_silent(j->flasher, ESPY_STUB_DIGESTS, err);
    }
    return st;
}

static espy_status compare(job *j, bool first, espy_err *err)
{
    uint64_t start = espy_link_now_ms(j->flasher->link);
    for (size_t i = 0; i < j->n; i++)
        j->sectors[i].compared = j->sectors[i].done = false;
    espy_status st = first && j->flasher->config.rewrite ? ESPY_OK : compare_all(j, err);
    for (size_t i = 0; i < j->n && first && st == ESPY_OK; i++)
        if (j->sectors[i].done)
            j->flasher->stats.bytes_skipped += j->sectors[i].given;
    espy_flasher_spent(j->flasher, &j->flasher->stats.compare_s, start);
    return st;
}

/* ---- erasing --------------------------------------------------------------------------- */

/* One ERASE; *erased: how much was not blank. */
static espy_status erase_once(job *j, const uint8_t *payload, size_t n, uint32_t *erased, espy_err *err)
{
    espy_flasher *flasher = j->flasher;
    for (unsigned silences = 0; silences <= SILENCES_MAX; silences++) {
        espy_stub_frame frame;
        bool found = true;
        espy_status st = espy_stub_send(flasher, ESPY_STUB_ERASE, payload, n, NULL, 0, err);
        while (st == ESPY_OK && found) {
            st = espy_stub_next(flasher, espy_link_now_ms(flasher->link) + ESPY_STUB_ALIVE_MS, &frame, &found, err);
            if (st != ESPY_OK || !found || frame.op != ESPY_STUB_ERASE || frame.tag != flasher->stub.tag)
                continue;
            if (frame.status > ESPY_STUB_PART || frame.size < 12)
                return espy_stub_refused(ESPY_STUB_ERASE, frame.status, err);
            progress(j, ESPY_PHASE_ERASE, get_le32(frame.payload), get_le32(frame.payload + 4));
            *erased = get_le32(frame.payload + 8);
            if (frame.status == ESPY_STUB_OK)
                return ESPY_OK;
        }
        if (st != ESPY_OK)
            return st;
    }
    return espy_stub_silent(flasher, ESPY_STUB_ERASE, err);
}

/* What is erased is erased once more: nothing is left to do then, or the flash is bad. */
static espy_status erase_listed(job *j, const uint8_t *payload, size_t n, uint32_t *erased, espy_err *err)
{
    uint32_t left;
    espy_status st = erase_once(j, payload, n, erased, err);
    if (st == ESPY_OK && (left = *erased) > 0)
        st = erase_once(j, payload, n, &left, err);
    if (st == ESPY_OK && left > 0)
        return espy_fail(err, ESPY_E_DEVICE, "the flash near 0x%x is not blank after it was erased",
                         (unsigned)get_le32(payload));
    for (size_t i = 0; i < j->n_asked && st == ESPY_OK; i++)
        j->asked[i]->done = true;
    return st;
}

/* Bytes of files that the stub found blank as they shall be: at least these, since it
 * does not say which sectors it erased. */
static void count_blank(job *j, uint32_t erased)
{
    uint64_t blank = 0;
    for (size_t i = 0; i < j->n_asked; i++)
        blank += j->asked[i]->bytes != NULL ? j->asked[i]->given : 0;
    j->flasher->stats.bytes_skipped += blank > erased ? blank - erased : 0;
}

static espy_status erase(job *j, bool first, espy_err *err)
{
    uint8_t payload[ESPY_STUB_RANGES * RANGE_SIZE];
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    size_t runs;
    while (st == ESPY_OK && (runs = list_runs(j, to_erase, payload, RANGE_SIZE, ESPY_STUB_RANGES)) > 0) {
        uint32_t erased;
        st = erase_listed(j, payload, runs * RANGE_SIZE, &erased, err);
        if (st == ESPY_OK && first && !j->flasher->config.rewrite)
            count_blank(j, erased);
    }
    espy_flasher_spent(j->flasher, &j->flasher->stats.erase_s, start);
    return st;
}

/* ---- writing ---------------------------------------------------------------------------- */

static espy_status write_pending(job *j, espy_err *err)
{
    uint8_t payload[ESPY_STUB_RANGES * RANGE_SIZE];
    uint64_t start = espy_link_now_ms(j->flasher->link);
    espy_status st = ESPY_OK;
    size_t runs;
    while (st == ESPY_OK && (runs = list_runs(j, to_write, payload, RANGE_SIZE, ESPY_STUB_RANGES - 1)) > 0) {
        st = espy_stub_stream(j->flasher, payload, runs * RANGE_SIZE, j->asked, j->n_asked, err);
        for (size_t i = 0; i < j->n_asked && st == ESPY_OK; i++)
            j->asked[i]->done = true;
    }
    espy_flasher_spent(j->flasher, &j->flasher->stats.write_s, start);
    return st;
}

/* ---- all together ------------------------------------------------------------------------- */

/* After trouble: ESPY_OK means that the board is in step again. */
static espy_status absorb(job *j, const espy_err *why, espy_err *err)
{
    espy_log(j->flasher->config.log, ESPY_LOG_CMD, "%s", why->text);
    if (why->status != ESPY_E_DEVICE && !espy_session_transient(why))
        return espy_pass(err, why->status, why);
    j->flasher->stats.regions_retried++;
    return espy_flasher_recover(j->flasher, ++j->failures >= FAILURES_FAST, err);
}

static espy_status pass(job *j, bool first, espy_err *err)
{
    espy_status st = compare(j, first, err);
    if (st == ESPY_OK)
        st = erase(j, first, err);
    if (st == ESPY_OK)
        st = write_pending(j, err);
    return st;
}

/* Without a stub, which a recovery may have lost, the ROM's way goes on. */
static espy_status run(job *j, espy_err *err)
{
    espy_err why = {0};
    for (unsigned i = 0; i < PASSES && j->flasher->stub.running; i++) {
        why = (espy_err){0};
        espy_status st = pass(j, i == 0, &why);
        if (st == ESPY_OK && count(j, pending) == 0)
            return ESPY_OK;
        st = absorb(j, &why, err);
        if (st != ESPY_OK)
            return st;
    }
    espy_advise(&why, "Try a lower baud rate and another cable; if it stays, the flash is damaged, write-protected or "
                      "short of power.");
    return espy_pass(err, why.status, &why);
}

espy_status espy_stub_write(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err)
{
    job j = {.flasher = flasher, .to_compare = uncompared_bytes};
    espy_status st = make_sectors(&j, parts, n, err);
    if (st == ESPY_OK)
        st = run(&j, err);
    free(j.sectors);
    free(j.asked);
    return st;
}

/* ---- comparing for its own sake ------------------------------------------------------------ */

static espy_status compare_patiently(job *j, espy_err *err)
{
    espy_err why = {0};
    for (unsigned i = 0; i < PASSES && j->flasher->stub.running; i++) {
        why = (espy_err){0};
        espy_status st = compare_all(j, &why);
        if (st != ESPY_OK)
            st = absorb(j, &why, err);
        if (st != ESPY_OK || why.status == ESPY_OK)
            return st;
    }
    return espy_pass(err, why.status, &why);
}

static espy_status add_step(espy_flash_plan *plan, const espy_sector *s, espy_err *err)
{
    espy_flash_step step = {.addr = s->addr, .size = s->size, .blank = s->was_blank};
    if (!s->done)
        step.action = s->blank ? ESPY_FLASH_ERASE : ESPY_FLASH_WRITE;
    return espy_compare_add(plan, &step, err);
}

espy_status espy_stub_compare(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool exact,
                              espy_flash_plan *plan, espy_err *err)
{
    job j = {.flasher = flasher, .exact = exact, .to_compare = uncompared};
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_status st = make_sectors(&j, parts, n, err);
    if (st == ESPY_OK)
        st = compare_patiently(&j, err);
    for (size_t i = 0; i < j.n && st == ESPY_OK; i++)
        st = add_step(plan, &j.sectors[i], err);
    espy_flasher_spent(flasher, &flasher->stats.compare_s, start);
    free(j.sectors);
    free(j.asked);
    return st;
}
