/* SPDX-License-Identifier: MIT
 *
 * The interrupt matrix; see the header.
 */
#include "intmatrix.h"

#include <string.h>

#define BASE 0x600C2000u
#define CORE_SIZE 0x800u

#define INTR_STATUS_0 0x18Cu
#define INTR_STATUS_3 0x198u
#define CLOCK_GATE 0x19Cu
#define INTERRUPT_DATE 0x7FCu
#define INTERRUPT_DATE_VALUE 0x02012300u

#define MAP_RESET 16u
/* Inputs that the core drives itself: timers 6, 15, 16, software 7, 29, profiling 11. */
#define INTERNAL_INPUTS (1u << 6 | 1u << 7 | 1u << 11 | 1u << 15 | 1u << 16 | 1u << 29)

static bool input_level(const espy_intmatrix_core *core, unsigned input)
{
    const uint32_t *status = core->matrix->status;
    for (unsigned i = 0; i < ESPY_INT_STATUS_WORDS; i++)
        if (status[i] & core->input[input][i])
            return true;
    return false;
}

/* Works one input out again, and tells the core if that changes its levels. */
static void update(espy_intmatrix_core *core, unsigned input)
{
    uint32_t bit = (UINT32_C(1) << input) & ~INTERNAL_INPUTS;
    uint32_t levels = input_level(core, input) ? core->levels | bit : core->levels & ~bit;
    if (levels == core->levels)
        return;
    core->levels = levels;
    if (core->matrix->output != NULL)
        core->matrix->output(core->matrix->output_self, core->index, levels);
}

static void map_source(espy_intmatrix_core *core, unsigned source, unsigned input)
{
    uint32_t bit = UINT32_C(1) << (source & 31);
    unsigned old = core->map[source];
    core->input[old][source >> 5] &= ~bit;
    core->input[input][source >> 5] |= bit;
    core->map[source] = (uint8_t)input;
    update(core, old);
    update(core, input);
}

static void source_set(void *self, unsigned source, bool level)
{
    espy_intmatrix *matrix = self;
    uint32_t bit = UINT32_C(1) << (source & 31);
    uint32_t *word = &matrix->status[source >> 5];
    uint32_t next = level ? *word | bit : *word & ~bit;
    if (next == *word)
        return;
    *word = next;
    espy_log(matrix->soc->log, ESPY_LOG_IRQ, "source %u %s", source, level ? "high" : "low");
    for (unsigned i = 0; i < 2; i++)
        update(&matrix->core[i], matrix->core[i].map[source]);
}

espy_line espy_intmatrix_source(espy_intmatrix *matrix, unsigned source)
{
    return (espy_line){source_set, matrix, source};
}

static uint32_t core_read(void *self, uint32_t offset)
{
    espy_intmatrix_core *core = self;
    if (offset < ESPY_INT_SOURCES * 4)
        return core->map[offset / 4];
    if (offset >= INTR_STATUS_0 && offset <= INTR_STATUS_3)
        return core->matrix->status[(offset - INTR_STATUS_0) / 4];
    if (offset == CLOCK_GATE)
        return core->clock_gate;
    return offset == INTERRUPT_DATE ? INTERRUPT_DATE_VALUE : 0;
}

static void core_write(void *self, uint32_t offset, uint32_t value)
{
    espy_intmatrix_core *core = self;
    if (offset < ESPY_INT_SOURCES * 4)
        map_source(core, offset / 4, value & (ESPY_CPU_INPUTS - 1));
    else if (offset == CLOCK_GATE)
        core->clock_gate = value & 1;
}

static const char *const names[2] = {"INTERRUPT_CORE0", "INTERRUPT_CORE1"};

void espy_intmatrix_init(espy_intmatrix *matrix, const espy_soc *soc)
{
    *matrix = (espy_intmatrix){.soc = soc};
    for (unsigned i = 0; i < 2; i++) {
        matrix->core[i].matrix = matrix;
        matrix->core[i].index = i;
        espy_bus_attach(soc->bus, &(espy_device){names[i], BASE + i * CORE_SIZE, CORE_SIZE, &matrix->core[i], core_read,
                                                 core_write});
    }
    espy_intmatrix_reset(matrix, ESPY_RESET_CHIP);
}

void espy_intmatrix_reset(espy_intmatrix *matrix, espy_reset depth)
{
    (void)depth;
    for (unsigned i = 0; i < 2; i++) {
        espy_intmatrix_core *core = &matrix->core[i];
        core->clock_gate = 1;
        for (unsigned source = 0; source < ESPY_INT_SOURCES; source++)
            map_source(core, source, MAP_RESET);
    }
}
