/* SPDX-License-Identifier: MIT
 *
 * What every peripheral is given, and the lines by which peripherals meet
 * without knowing each other.
 *
 * A peripheral is a struct that the machine embeds, with
 *     void espy_NAME_init(espy_NAME *, espy_soc *, ...);   once; attaches to the bus
 *     void espy_NAME_reset(espy_NAME *, espy_reset);       registers to reset values
 * It allocates nothing, so that it needs no teardown.
 */
#ifndef ESPY_EMU_CORE_SOC_H
#define ESPY_EMU_CORE_SOC_H

#include "bus.h"
#include "clock.h"

/* A wire from one part of the machine to another: an interrupt source into the
 * matrix, a strap, a reset request.  An unconnected line (set == NULL) is legal. */
typedef struct espy_line {
    void (*set)(void *self, unsigned n, bool level);
    void *self;
    unsigned n;
} espy_line;

static inline void espy_line_set(const espy_line *line, bool level)
{
    if (line->set != NULL)
        line->set(line->self, line->n, level);
}

/* How deep a reset goes.  Source: TRM, "Reset and Clock". */
typedef enum espy_reset {
    ESPY_RESET_CHIP,   /* power-on, or EN low: everything, RTC domain included */
    ESPY_RESET_SYSTEM, /* digital system, RTC peripherals included; RTC memory and store registers survive */
    ESPY_RESET_CORE    /* digital core; the RTC domain survives */
} espy_reset;

typedef struct espy_soc {
    espy_clock *clock;
    espy_bus *bus;
    const espy_log *log;
} espy_soc;

#endif
