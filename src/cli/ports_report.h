/* SPDX-License-Identifier: MIT
 *
 * `espy ports`, inside: a port, and telling about it.
 */
#ifndef ESPY_CLI_PORTS_REPORT_H
#define ESPY_CLI_PORTS_REPORT_H

#include "cli.h"

#include "espy/ports.h"

typedef struct espy_port_entry {
    const espy_port *port;
    char stable[256]; /* a path that names this device whatever its number; may be empty */
    espy_err trouble; /* why it cannot be opened, and what to do; ESPY_OK: nothing known */
} espy_port_entry;

/* The symbolic link in the folder (/dev/serial/by-id) that leads to the device; empty: none. */
void espy_port_stable_path(const char *folder, const char *device, char *text, size_t cap);

void espy_ports_report(const espy_port_entry *entries, size_t n);
espy_status espy_ports_json(espy_cli *cli, const espy_port_entry *entries, size_t n);

#endif
