/* SPDX-License-Identifier: MIT
 *
 * The array of a NOR flash; see the header.
 */
#include "nor_array.h"

#include <string.h>

bool espy_nor_array_busy(const espy_nor_array *array)
{
    return array->soc->clock->now < array->busy_until;
}

void espy_nor_array_work(espy_nor_array *array, uint64_t us)
{
    if (array->timing_real)
        array->busy_until = array->soc->clock->now + us * ESPY_TICKS_PER_US;
}

static void tell(espy_nor_array *array, size_t offset, size_t size)
{
    espy_bus_mem_changed(array->soc->bus, array->mem, offset, size);
    if (array->changed != NULL)
        array->changed(array->changed_user, offset, size);
}

void espy_nor_array_erase(espy_nor_array *array, uint32_t addr, size_t size, uint64_t us)
{
    size_t offset = (addr & (array->mem->size - 1)) & ~(size - 1);
    memset(array->mem->bytes + offset, 0xff, size);
    espy_nor_array_work(array, us);
    tell(array, offset, size);
}

void espy_nor_array_program(espy_nor_array *array, uint32_t addr, const uint8_t *bytes, size_t n, uint64_t us)
{
    uint8_t page[ESPY_NOR_PAGE_SIZE];
    memset(page, 0xff, sizeof page);
    for (size_t i = 0; i < n; i++)
        page[(addr + i) % ESPY_NOR_PAGE_SIZE] = bytes[i];
    size_t offset = addr & (array->mem->size - 1) & ~(size_t)(ESPY_NOR_PAGE_SIZE - 1);
    for (size_t i = 0; i < sizeof page; i++)
        array->mem->bytes[offset + i] &= page[i];
    espy_nor_array_work(array, us);
    tell(array, offset, sizeof page);
}
