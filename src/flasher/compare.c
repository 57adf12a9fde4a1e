/* SPDX-License-Identifier: MIT
 *
 * What the flash holds against what it shall hold: plans and verifications, and the way
 * of the ROM, whose MD5 is asked of regions and, to verify, of the sectors of those that
 * differ.
 */
#include "compare.h"

#include "flasher.h"
#include "plan.h"

#include "../base/bytes.h"

#include <libdeflate.h>
#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

enum {
    FAILURES_MAX = 8,
    FAILURES_FAST = 2,       /* then the baud rate goes down */
    CHUNK = ESPY_REGION_MAX, /* is compressed by itself, as write.c and stub_stream.c do it, */
    LEVEL = 12               /* at their level */
};

/* ---- the plan --------------------------------------------------------------------------- */

void espy_flash_plan_free(espy_flash_plan *plan)
{
    free(plan->steps);
    *plan = (espy_flash_plan){0};
}

static void add_up(espy_flash_plan *plan, const espy_flash_step *step)
{
    switch (step->action) {
    case ESPY_FLASH_KEEP: plan->keep += step->size; return;
    case ESPY_FLASH_ERASE: plan->erase += step->size; break;
    case ESPY_FLASH_WRITE: plan->write += step->size; break;
    }
    plan->to_erase += step->blank ? 0 : step->size;
}

/* That some of what is to be kept is blank is not worth a step. */
static bool alike(const espy_flash_step *a, const espy_flash_step *b)
{
    return a->action == b->action && (a->blank == b->blank || a->action == ESPY_FLASH_KEEP);
}

espy_status espy_compare_add(espy_flash_plan *plan, const espy_flash_step *step, espy_err *err)
{
    espy_flash_step *last = plan->n > 0 ? &plan->steps[plan->n - 1] : NULL;
    add_up(plan, step);
    if (last != NULL && alike(last, step) && last->addr + last->size == step->addr) {
        last->size += step->size;
        last->blank = last->blank && step->blank;
        return ESPY_OK;
    }
    espy_flash_step *more = realloc(plan->steps, (plan->n + 1) * sizeof *more);
    if (more == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a plan of %zu steps", plan->n + 1);
    plan->steps = more;
    more[plan->n++] = *step;
    return ESPY_OK;
}

/* ---- the ROM ---------------------------------------------------------------------------- */

typedef struct job {
    espy_flasher *flasher;
    espy_flash_plan *plan;
    bool exact;
    unsigned failures;
    uint8_t *contents; /* of the region at hand */
} job;

static espy_status chip_md5(job *j, uint32_t addr, uint32_t n, uint8_t digest[16], espy_err *err)
{
    for (;;) {
        espy_err why = {0};
        espy_status st = espy_flasher_md5(j->flasher, addr, n, digest, &why);
        if (st == ESPY_OK)
            return ESPY_OK;
        bool wire = why.status == ESPY_E_DEVICE || espy_session_transient(&why);
        if (!wire || ++j->failures > FAILURES_MAX)
            return espy_pass(err, st, &why);
        espy_log(j->flasher->config.log, ESPY_LOG_CMD, "%s", why.text);
        st = espy_flasher_recover(j->flasher, j->failures >= FAILURES_FAST, err);
        if (st != ESPY_OK)
            return st;
    }
}

static bool has_md5(const uint8_t *bytes, size_t n, const uint8_t digest[16])
{
    uint8_t is[16];
    return mbedtls_md5_ret(bytes, n, is) == 0 && memcmp(is, digest, sizeof is) == 0;
}

/* Compares n bytes of contents, which are spoilt where they differ. */
static espy_status compare_range(job *j, uint32_t addr, uint8_t *contents, uint32_t n, espy_flash_step *step,
                                 espy_err *err)
{
    uint8_t digest[16];
    espy_status st = chip_md5(j, addr, n, digest, err);
    bool blank = bytes_blank(contents, n);
    *step = (espy_flash_step){.addr = addr, .size = n, .blank = blank};
    if (st != ESPY_OK || has_md5(contents, n, digest))
        return st;
    step->action = blank ? ESPY_FLASH_ERASE : ESPY_FLASH_WRITE;
    memset(contents, 0xFF, n);
    step->blank = !blank && has_md5(contents, n, digest);
    return ESPY_OK;
}

static espy_status compare_sectors(job *j, const espy_region *region, espy_err *err)
{
    espy_status st = ESPY_OK;
    espy_region_fill(region, j->contents);
    for (uint32_t at = 0; at < region->given && st == ESPY_OK; at += ESPY_FLASH_SECTOR) {
        espy_flash_step step;
        uint32_t left = region->given - at;
        st = compare_range(j, region->addr + at, j->contents + at, left < ESPY_FLASH_SECTOR ? left : ESPY_FLASH_SECTOR,
                           &step, err);
        if (st == ESPY_OK)
            st = espy_compare_add(j->plan, &step, err);
    }
    return st;
}

static espy_status compare_region(job *j, const espy_region *region, espy_err *err)
{
    espy_flash_step step;
    espy_region_fill(region, j->contents);
    espy_status st = compare_range(j, region->addr, j->contents, j->exact ? region->given : region->size, &step, err);
    if (st == ESPY_OK && j->exact && step.action != ESPY_FLASH_KEEP)
        return compare_sectors(j, region, err);
    if (!j->exact)
        step.size = (step.size + ESPY_FLASH_SECTOR - 1) / ESPY_FLASH_SECTOR * ESPY_FLASH_SECTOR;
    return st == ESPY_OK ? espy_compare_add(j->plan, &step, err) : st;
}

static int by_address(const void *a, const void *b)
{
    const espy_region *x = a, *y = b;
    return (x->addr > y->addr) - (x->addr < y->addr);
}

static espy_status compare_regions(job *j, espy_plan *regions, espy_err *err)
{
    uint64_t done = 0;
    espy_status st = ESPY_OK;
    qsort(regions->regions, regions->n, sizeof regions->regions[0], by_address);
    for (size_t i = 0; i < regions->n && st == ESPY_OK; i++) {
        espy_flasher_progress(j->flasher, ESPY_PHASE_COMPARE, done, regions->bytes);
        st = compare_region(j, &regions->regions[i], err);
        done += regions->regions[i].size;
    }
    if (st == ESPY_OK)
        espy_flasher_progress(j->flasher, ESPY_PHASE_COMPARE, done, regions->bytes);
    return st;
}

static espy_status compare_by_rom(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool exact,
                                  espy_flash_plan *plan, espy_err *err)
{
    espy_plan regions;
    uint64_t start = espy_link_now_ms(flasher->link);
    job j = {.flasher = flasher, .plan = plan, .exact = exact};
    espy_status st = espy_plan_make(&regions, parts, n, flasher->flash_size, err);
    if (st != ESPY_OK)
        return st;
    j.contents = malloc(ESPY_REGION_MAX);
    st = j.contents == NULL ? espy_fail(err, ESPY_E_MEMORY, "no memory for a region of %d bytes", ESPY_REGION_MAX)
                            : compare_regions(&j, &regions, err);
    espy_flasher_spent(flasher, &flasher->stats.compare_s, start);
    free(j.contents);
    espy_plan_free(&regions);
    return st;
}

static espy_status compare(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool exact,
                           espy_flash_plan *plan, espy_err *err)
{
    *plan = (espy_flash_plan){0};
    espy_status st = espy_flasher_writable(flasher, err);
    if (st == ESPY_OK)
        st = espy_plan_check(parts, n, flasher->flash_size, flasher->stub.running ? UINT32_MAX : ESPY_ROM_REACH, err);
    if (st == ESPY_OK)
        st = flasher->stub.running ? espy_stub_compare(flasher, parts, n, exact, plan, err)
                                   : compare_by_rom(flasher, parts, n, exact, plan, err);
    if (st != ESPY_OK)
        espy_flash_plan_free(plan);
    return st;
}

/* ---- what goes over the wire -------------------------------------------------------------- */

typedef struct packer {
    struct libdeflate_compressor *compressor;
    uint8_t contents[CHUNK], *packed;
    size_t n, cap;
    uint64_t total;
} packer;

static void pack(packer *p)
{
    if (p->n > 0)
        p->total += libdeflate_deflate_compress(p->compressor, p->contents, p->n, p->packed, p->cap);
    p->n = 0;
}

/* The sector at addr as the part that it belongs to has it. */
static void pack_sector(packer *p, const espy_flash_part *parts, uint32_t addr)
{
    while (addr < parts->addr || addr - parts->addr >= parts->size)
        parts++;
    uint32_t at = addr - parts->addr, left = parts->size - at;
    memset(p->contents + p->n, 0xFF, ESPY_FLASH_SECTOR);
    memcpy(p->contents + p->n, parts->bytes + at, left < ESPY_FLASH_SECTOR ? left : ESPY_FLASH_SECTOR);
    p->n += ESPY_FLASH_SECTOR;
    if (p->n == CHUNK)
        pack(p);
}

static void pack_steps(packer *p, const espy_flash_part *parts, const espy_flash_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        for (uint32_t at = 0; plan->steps[i].action == ESPY_FLASH_WRITE && at < plan->steps[i].size;
             at += ESPY_FLASH_SECTOR)
            pack_sector(p, parts, plan->steps[i].addr + at);
    pack(p);
}

static espy_status measure(espy_flash_plan *plan, const espy_flash_part *parts, espy_err *err)
{
    packer *p = calloc(1, sizeof *p);
    if (p != NULL) {
        p->compressor = libdeflate_alloc_compressor(LEVEL);
        p->cap = libdeflate_deflate_compress_bound(p->compressor, CHUNK);
        p->packed = malloc(p->cap);
    }
    bool good = p != NULL && p->compressor != NULL && p->packed != NULL;
    if (good) {
        pack_steps(p, parts, plan);
        plan->compressed = p->total;
    }
    if (p != NULL) {
        libdeflate_free_compressor(p->compressor);
        free(p->packed);
    }
    free(p);
    return good ? ESPY_OK : espy_fail(err, ESPY_E_MEMORY, "no memory for a compressor");
}

espy_status espy_flasher_plan(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_flash_plan *plan,
                              espy_err *err)
{
    espy_status st = compare(flasher, parts, n, false, plan, err);
    if (st == ESPY_OK && plan->write > 0)
        st = measure(plan, parts, err);
    if (st != ESPY_OK)
        espy_flash_plan_free(plan);
    return st;
}

espy_status espy_flasher_verify(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_flash_plan *plan,
                                espy_err *err)
{
    return compare(flasher, parts, n, true, plan, err);
}
