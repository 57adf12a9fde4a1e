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

/* Each cell has its turn at a time of its own: true for a share of them, in 256ths. */
static bool had_its_turn(size_t cell, unsigned share)
{
    uint32_t x = (uint32_t)cell * 2654435761u; /* Knuth's multiplicative hash */
    return (x >> 24) < share;
}

/* Erases or programs the cells that have had their turn. */
static void change(espy_nor_array *array, unsigned share)
{
    uint8_t *bytes = array->mem->bytes + array->offset;
    for (size_t i = 0; i < array->size; i++)
        if (share > 255 || had_its_turn(array->offset + i, share))
            bytes[i] = array->work == ESPY_NOR_ERASE ? 0xff : bytes[i] & array->page[i];
    array->work = ESPY_NOR_NOTHING;
    tell(array, array->offset, array->size);
}

static void complete(void *self)
{
    espy_nor_array *array = self;
    if (array->work != ESPY_NOR_NOTHING)
        change(array, 256);
}

void espy_nor_array_settle(espy_nor_array *array)
{
    if (espy_nor_array_busy(array))
        return;
    espy_clock_cancel(array->soc->clock, &array->end);
    complete(array);
}

void espy_nor_array_cut(espy_nor_array *array)
{
    espy_nor_array_settle(array);
    if (array->work != ESPY_NOR_NOTHING) {
        espy_tick done = array->soc->clock->now - array->since, whole = array->busy_until - array->since;
        change(array, (unsigned)(done * 256 / whole));
    }
    espy_clock_cancel(array->soc->clock, &array->end);
    array->busy_until = 0;
}

static void begin(espy_nor_array *array, size_t offset, size_t size, uint64_t us)
{
    array->offset = offset;
    array->size = size;
    array->since = array->soc->clock->now;
    espy_nor_array_work(array, us);
    if (!espy_nor_array_busy(array)) {
        complete(array);
        return;
    }
    espy_clock_cancel(array->soc->clock, &array->end);
    array->end = (espy_event){.fire = complete, .self = array};
    espy_clock_at(array->soc->clock, &array->end, array->busy_until);
}

void espy_nor_array_erase(espy_nor_array *array, uint32_t addr, size_t size, uint64_t us)
{
    array->work = ESPY_NOR_ERASE;
    begin(array, (addr & (array->mem->size - 1)) & ~(size - 1), size, us);
}

void espy_nor_array_program(espy_nor_array *array, uint32_t addr, const uint8_t *bytes, size_t n, uint64_t us)
{
    memset(array->page, 0xff, sizeof array->page);
    for (size_t i = 0; i < n; i++)
        array->page[(addr + i) % ESPY_NOR_PAGE_SIZE] = bytes[i];
    array->work = ESPY_NOR_PROGRAM;
    begin(array, addr & (array->mem->size - 1) & ~(size_t)(ESPY_NOR_PAGE_SIZE - 1), ESPY_NOR_PAGE_SIZE, us);
}
