/* SPDX-License-Identifier: MIT
 *
 * ASSIST_DEBUG: the recorder of program counters; see the header.
 */
#include "assist_debug.h"

#include "../core/regfile.h"

#define BASE 0x600CE000u
#define SIZE 0x200u

/* Core 1's registers follow core 0's. */
#define CORE_SPAN 0x90u
#define RCD_PDEBUGENABLE(core) (0x48 + (core)*CORE_SPAN)
#define RCD_RECORDING(core) (0x4C + (core)*CORE_SPAN)
#define RCD_PDEBUGINST(core) (0x50 + (core)*CORE_SPAN)
#define RCD_PDEBUGPC(core) (0x5C + (core)*CORE_SPAN)
#define RCD_SP(core) (0x6C + (core)*CORE_SPAN)

static const espy_reg_init reset_values[] = {
    {0x128, 0x00000040}, /* LOG_SETTING */
    {0x1FC, 0x02003040}, /* DATE */
};

static uint32_t *reg(espy_assist_debug *debug, uint32_t offset)
{
    return &debug->reg[offset / 4];
}

/* PDEBUGINST to SP of either core. */
static bool is_record(uint32_t offset)
{
    uint32_t in_core = offset >= CORE_SPAN ? offset - CORE_SPAN : offset;
    return in_core >= RCD_PDEBUGINST(0) && in_core <= RCD_SP(0);
}

static uint32_t debug_read(void *self, uint32_t offset)
{
    return *reg(self, offset);
}

static void debug_write(void *self, uint32_t offset, uint32_t value)
{
    if (!is_record(offset))
        *reg(self, offset) = value;
}

void espy_assist_debug_record(espy_assist_debug *debug, unsigned core, uint32_t pc, uint32_t sp)
{
    if ((*reg(debug, RCD_PDEBUGENABLE(core)) & *reg(debug, RCD_RECORDING(core)) & 1) == 0)
        return;
    *reg(debug, RCD_PDEBUGPC(core)) = pc;
    *reg(debug, RCD_SP(core)) = sp;
    *reg(debug, RCD_RECORDING(core)) = 0;
}

void espy_assist_debug_init(espy_assist_debug *debug, const espy_soc *soc)
{
    espy_bus_attach(soc->bus, &(espy_device){"ASSIST_DEBUG", BASE, SIZE, debug, debug_read, debug_write});
    espy_assist_debug_reset(debug, ESPY_RESET_CHIP);
}

void espy_assist_debug_reset(espy_assist_debug *debug, espy_reset depth)
{
    espy_assist_debug kept = *debug;
    espy_regfile_reset(debug->reg, ESPY_ASSIST_DEBUG_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    for (uint32_t offset = 0; offset < SIZE && depth != ESPY_RESET_CHIP; offset += 4)
        if (is_record(offset))
            *reg(debug, offset) = *reg(&kept, offset);
}
