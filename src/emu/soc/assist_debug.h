/* SPDX-License-Identifier: MIT
 *
 * ASSIST_DEBUG (0x600CE000): the recorder that keeps a core's last program counter
 * and stack pointer across a reset, from which the ROM's "Saved PC:" line comes.
 *
 * Source: ESP-IDF v5.0.4 soc/assist_debug_reg.h; the mask ROM's boot_prepare() and
 * assist_debug_record_enable().
 *
 * Left out: PC and SP are taken down at resets alone, not continuously; the bus and
 * stack monitors and the memory-access log store and watch nothing.
 */
#ifndef ESPY_EMU_SOC_ASSIST_DEBUG_H
#define ESPY_EMU_SOC_ASSIST_DEBUG_H

#include "../core/soc.h"

#define ESPY_ASSIST_DEBUG_WORDS (0x200 / 4)

typedef struct espy_assist_debug {
    uint32_t reg[ESPY_ASSIST_DEBUG_WORDS];
} espy_assist_debug;

void espy_assist_debug_init(espy_assist_debug *debug, const espy_soc *soc);
/* All but a CHIP reset keep what was recorded. */
void espy_assist_debug_reset(espy_assist_debug *debug, espy_reset depth);
/* A core is about to be reset; kept if software has the recorder on.  That stops the
 * recorder: ESP-IDF's restart resets a core twice, and logs of boards show where it was
 * at the first of them, not in the ROM. */
void espy_assist_debug_record(espy_assist_debug *debug, unsigned core, uint32_t pc, uint32_t sp);

#endif
