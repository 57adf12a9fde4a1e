/* SPDX-License-Identifier: MIT
 *
 * The name of a virtual board: "MODEL[,key=value...]", without the "emu:".
 */
#ifndef ESPY_EMU_PORT_SPEC_H
#define ESPY_EMU_PORT_SPEC_H

#include "espy/machine.h"

typedef struct espy_emu_spec {
    espy_machine_config machine;
    bool download;   /* BOOT was held at the start; this and the next two are the link's affair */
    bool clock_real; /* follow the wall clock instead of skipping idle time */
    bool usb;        /* the chip's own serial port, not the bridge's */
} espy_emu_spec;

/* Fills in what the text says and leaves the rest of spec alone.  Cuts the text
 * up; spec points into it then.  ESPY_E_ARG: no such model, key or value. */
espy_status espy_emu_spec_parse(espy_emu_spec *spec, char *text, espy_err *err);

/* The ROM to run when the board's name gives none: ESPY_ROM, else NULL, the built-in one. */
const char *espy_emu_default_rom(void);

#endif
