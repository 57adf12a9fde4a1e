/* SPDX-License-Identifier: MIT
 *
 * The words that press the board's keys: one command a line.
 *
 *     boot 0|1      hold BOOT down, or let it go
 *     reset 0|1     the same for RESET
 *     reset         tap RESET
 *     download      tap RESET while BOOT is held: the ROM's serial loader
 *     power 0|1     take the supply away, or give it back
 *     status        what is held, whether there is power, and what went wrong
 *     quit          end
 */
#ifndef ESPY_EMU_PORT_CONTROL_H
#define ESPY_EMU_PORT_CONTROL_H

#include "bridge.h"

#include <stddef.h>

/* Does what a line says (without its end) and writes the answer, without its end, to
 * reply: "ok", "ok ..." or "error ...".  *quit is set by that word alone.  A tap takes
 * espy_bridge_busy() long; the answer is due when it is over. */
void espy_control_line(espy_bridge *bridge, const char *line, char *reply, size_t cap, bool *quit);

#endif
