/* SPDX-License-Identifier: MIT
 *
 * clock=real: a machine that keeps in step with the wall clock.
 */
#ifndef ESPY_EMU_PORT_PACE_H
#define ESPY_EMU_PORT_PACE_H

#include "espy/machine.h"

typedef struct espy_pace {
    espy_machine *machine;
    uint64_t epoch_us; /* the wall time at which the machine's was 0 */
} espy_pace;

/* The monotonic clock in microseconds. */
uint64_t espy_wall_us(void);

/* The machine's time now is the wall's. */
void espy_pace_start(espy_pace *pace, espy_machine *machine);
/* Runs the machine towards the wall's time, for a slice at most; returns for how many
 * microseconds it has nothing to do, 0 if it is still behind.  A machine that has fallen
 * far behind, or that nobody ran for a while, is forgiven the difference. */
uint64_t espy_pace_step(espy_pace *pace);

#endif
