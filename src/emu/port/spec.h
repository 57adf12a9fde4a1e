/* SPDX-License-Identifier: MIT
 *
 * The name of a virtual board: "MODEL[,key=value...]", without the "emu:".
 */
#ifndef ESPY_EMU_PORT_SPEC_H
#define ESPY_EMU_PORT_SPEC_H

#include "espy/machine.h"

/* Fills in what the text says and leaves the rest of config alone.  Cuts the text
 * up; config points into it then.  ESPY_E_ARG: no such model, key or value. */
espy_status espy_emu_spec_parse(espy_machine_config *config, char *text, espy_err *err);

#endif
