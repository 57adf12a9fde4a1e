/* SPDX-License-Identifier: MIT
 *
 * Parts cut into regions; see the header.
 */
#include "plan.h"

#include "flasher.h"

#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

static espy_status check_part(const espy_flash_part *part, uint32_t flash_size, uint32_t reach, espy_err *err)
{
    if (part->addr % ESPY_FLASH_SECTOR != 0)
        return espy_fail(err, ESPY_E_ARG, "the address 0x%x is not the beginning of a sector of 4 KB",
                         (unsigned)part->addr);
    if (part->bytes == NULL && part->size % ESPY_FLASH_SECTOR != 0)
        return espy_fail(err, ESPY_E_ARG, "0x%x bytes to erase at 0x%x are not whole sectors of 4 KB",
                         (unsigned)part->size, (unsigned)part->addr);
    if (part->addr <= flash_size && part->size <= flash_size - part->addr)
        return (uint64_t)part->addr + part->size <= reach ? ESPY_OK : espy_flasher_reach(part->addr, part->size, err);
    espy_fail(err, ESPY_E_ARG, "0x%x bytes at 0x%x go beyond the flash, which has 0x%x", (unsigned)part->size,
              (unsigned)part->addr, (unsigned)flash_size);
    if (part->bytes != NULL)
        espy_advise(err, "Choose a lower address or a smaller file; `espy image fit` fits an image to the flash.");
    return ESPY_E_ARG;
}

static uint64_t end_of(const espy_flash_part *part)
{
    uint64_t sector = ESPY_FLASH_SECTOR;
    return ((uint64_t)part->addr + part->size + sector - 1) / sector * sector;
}

espy_status espy_plan_check(const espy_flash_part *parts, size_t n, uint32_t flash_size, uint32_t reach, espy_err *err)
{
    for (size_t i = 0; i < n; i++) {
        espy_status st = check_part(&parts[i], flash_size, reach, err);
        if (st != ESPY_OK)
            return st;
        for (size_t j = 0; j < i; j++)
            if (parts[i].addr < end_of(&parts[j]) && parts[j].addr < end_of(&parts[i]))
                return espy_fail(err, ESPY_E_ARG, "the ranges that begin at 0x%x and at 0x%x overlap",
                                 (unsigned)parts[j].addr, (unsigned)parts[i].addr);
    }
    return ESPY_OK;
}

/* The region of the part at offset `at`; its end is the part's or the next multiple. */
static espy_region cut(const espy_flash_part *part, uint32_t at)
{
    espy_region region = {.addr = part->addr + at};
    uint32_t room = ESPY_REGION_MAX - region.addr % ESPY_REGION_MAX, left = part->size - at;
    region.given = left < room ? left : room;
    region.bytes = part->bytes != NULL ? part->bytes + at : NULL;
    region.size = (region.given + ESPY_FLASH_SECTOR - 1) / ESPY_FLASH_SECTOR * ESPY_FLASH_SECTOR;
    if (region.bytes != NULL && bytes_blank(region.bytes, region.given))
        region.bytes = NULL;
    return region;
}

espy_status espy_plan_make(espy_plan *plan, const espy_flash_part *parts, size_t n, uint32_t flash_size, espy_err *err)
{
    *plan = (espy_plan){0};
    espy_status st = espy_plan_check(parts, n, flash_size, ESPY_ROM_REACH, err);
    if (st != ESPY_OK)
        return st;
    size_t max = 0;
    for (size_t i = 0; i < n; i++)
        max += parts[i].size / ESPY_REGION_MAX + 2;
    plan->regions = calloc(max + 1, sizeof *plan->regions);
    if (plan->regions == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a plan of %zu regions", max);
    for (size_t i = 0; i < n; i++)
        for (uint32_t at = 0; at < parts[i].size; at += plan->regions[plan->n - 1].given) {
            plan->regions[plan->n] = cut(&parts[i], at);
            plan->bytes += plan->regions[plan->n++].size;
        }
    return ESPY_OK;
}

void espy_plan_free(espy_plan *plan)
{
    free(plan->regions);
    *plan = (espy_plan){0};
}

void espy_region_fill(const espy_region *region, uint8_t *out)
{
    memset(out, 0xFF, region->size);
    if (region->bytes != NULL)
        memcpy(out, region->bytes, region->given);
}
