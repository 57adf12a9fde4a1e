/* SPDX-License-Identifier: MIT
 *
 * The inside of a machine, for tests that compare two of them: to be looked at, and set,
 * between slices only.
 */
#ifndef ESPY_EMU_INSPECT_H
#define ESPY_EMU_INSPECT_H

#include "core/bus.h"
#include "cpu/cpu.h"

#include "espy/machine.h"

espy_cpu *espy_machine_cpu(espy_machine *machine, unsigned core);
espy_bus *espy_machine_bus(espy_machine *machine);
/* What the chips hold; psram has no bytes where the model has no PSRAM. */
espy_mem *espy_machine_flash(espy_machine *machine);
espy_mem *espy_machine_psram(espy_machine *machine);
/* Something outside drives a pin, as a level at a strapping pin before a reset. */
void espy_machine_drive(espy_machine *machine, unsigned pin, bool high);

#endif
