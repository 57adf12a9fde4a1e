/* SPDX-License-Identifier: MIT
 *
 * Why a serial port cannot be opened, told by name: the group that one is not in, the program
 * that has it, the daemon that took it away.  The facts are gathered first, so that the
 * sentences follow from them alone.
 */
#ifndef ESPY_LINK_TROUBLE_H
#define ESPY_LINK_TROUBLE_H

#include "espy/ports.h"

#include "system.h"

typedef struct espy_port_facts {
    const char *name;
    int error;           /* what opening it came to, an errno */
    char group[32];      /* that may use it */
    bool member;         /* the user is in that group by the system's list, ... */
    bool active;         /* ... and this session is, too */
    espy_process holder; /* who has it open */
    espy_process modem_manager;
    espy_process brltty; /* with a CH340 plugged in, which is what it takes */
    uint16_t vid;        /* of the port, or 0 */
    char others[160];    /* the ports that are there */
} espy_port_facts;

void espy_port_facts_gather(espy_port_facts *facts, const char *name, int error);
/* The sentence and the advice; returns ESPY_E_IO. */
espy_status espy_port_facts_tell(const espy_port_facts *facts, espy_err *err);

#endif
