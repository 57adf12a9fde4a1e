/* SPDX-License-Identifier: MIT
 *
 * Which board, and the link to it.
 */
#include "board.h"

#include "espy/machine.h"
#include "espy/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* That a ROM file is missing is no ordinary missing file: most users never saw one. */
static espy_status open_virtual(espy_cli *cli, espy_link **link, const char *spec)
{
    espy_status st = espy_emu_link_open(link, spec, &cli->log, &cli->err);
    if (st == ESPY_OK || strncmp(cli->err.text, "the mask ROM", 12) != 0)
        return st;
    cli->err.advice[0] = '\0';
    espy_advise(&cli->err, "Leave rom= and ESPY_ROM out for the built-in mask ROM; the chip's own is "
                           "esp32s3_rev0_rom.elf in the releases of github.com/espressif/esp-rom-elfs.");
    return st;
}

static espy_status find_board(espy_cli *cli, char *name, size_t cap)
{
    espy_port *ports = NULL;
    const espy_port *chosen = NULL;
    size_t n = 0;
    espy_status st = espy_ports_list(&ports, &n, &cli->err);
    if (st == ESPY_OK)
        st = espy_ports_choose(ports, n, &chosen, &cli->err);
    if (st == ESPY_OK)
        snprintf(name, cap, "%s", chosen->name);
    free(ports);
    return st;
}

espy_status espy_board_open_port(espy_cli *cli, espy_link **link)
{
    char found[128];
    const char *port = cli->port;
    if (port == NULL) {
        espy_status st = find_board(cli, found, sizeof found);
        if (st != ESPY_OK) {
            espy_advise(&cli->err, "Plug one in, name it with -p PORT, or take a virtual one: -p emu:n16r8.");
            return st;
        }
        port = found;
    }
    if (strncmp(port, "emu:", 4) == 0)
        return open_virtual(cli, link, port + 4);
    return espy_link_open(link, port, &cli->log, &cli->err);
}

const char *espy_board_port_name(const espy_link *link, char *text, size_t cap)
{
    const char *name = link->name;
    size_t n = strncmp(name, "emu:", 4) == 0 ? strcspn(name, ",") : strlen(name);
    snprintf(text, cap, "%.*s", (int)n, name);
    return text;
}
