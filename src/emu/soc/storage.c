/* SPDX-License-Identifier: MIT
 *
 * Blocks that only store; see the header.
 */
#include "storage.h"

static uint32_t storage_read(void *self, uint32_t offset)
{
    const espy_storage_unit *unit = self;
    return unit->reg[offset / 4];
}

static void storage_write(void *self, uint32_t offset, uint32_t value)
{
    espy_storage_unit *unit = self;
    unit->reg[offset / 4] = value;
}

static void reset_unit(espy_storage_unit *unit)
{
    const espy_storage_block *block = unit->block;
    espy_regfile_reset(unit->reg, block->size / 4, block->init, block->init_count);
}

void espy_storage_init(espy_storage *storage, const espy_soc *soc)
{
    uint32_t *next = storage->word;
    espy_storage_unit *unit = storage->unit;
    for (const espy_storage_block *block = espy_storage_blocks; block->name != NULL; block++, unit++) {
        unit->block = block;
        unit->reg = next;
        next += block->size / 4;
        reset_unit(unit);
        espy_bus_attach(soc->bus,
                        &(espy_device){block->name, block->base, block->size, unit, storage_read, storage_write});
    }
}

void espy_storage_reset(espy_storage *storage, espy_reset depth)
{
    espy_storage_unit *unit = storage->unit;
    for (const espy_storage_block *block = espy_storage_blocks; block->name != NULL; block++, unit++)
        if (depth != ESPY_RESET_CORE || !block->survives)
            reset_unit(unit);
}
