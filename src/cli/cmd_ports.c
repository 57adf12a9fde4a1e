/* SPDX-License-Identifier: MIT
 *
 * `espy ports`: what is plugged in, and whether it can be opened.  No port is opened for
 * that, since opening moves DTR and RTS, and a board may reset.
 */
#include "ports_report.h"

#include <stdlib.h>

enum { OPTION_ALL = 256 };

const espy_option espy_ports_options[] = {
    {OPTION_ALL, "all", NULL, "also ports that do not look like a board"},
    {0, NULL, NULL, NULL},
};

static void say_none(const espy_cli *cli, size_t others)
{
    espy_say(cli, "No board is plugged in.\n");
    if (others > 0)
        espy_say(cli, "There %s %zu serial port%s that %s not look like one: `espy ports --all`.\n",
                 others == 1 ? "is" : "are", others, others == 1 ? "" : "s", others == 1 ? "does" : "do");
    espy_say(cli, "Plug one in with a cable that carries data, or take a virtual board: -p emu:n16r8.\n");
}

static espy_status show(espy_cli *cli, const espy_port *ports, size_t n, bool all)
{
    size_t shown = 0;
    while (shown < n && (all || ports[shown].bridge != NULL)) /* likely ones come first */
        shown++;
    espy_port_entry *entries = calloc(shown + 1, sizeof *entries);
    if (entries == NULL)
        return espy_fail(&cli->err, ESPY_E_MEMORY, "no memory for %zu ports", shown);
    for (size_t i = 0; i < shown; i++) {
        entries[i].port = &ports[i];
        espy_port_stable_path("/dev/serial/by-id", ports[i].name, entries[i].stable, sizeof entries[i].stable);
        espy_port_trouble(ports[i].name, &entries[i].trouble);
    }
    espy_status st = ESPY_OK;
    if (cli->json)
        st = espy_ports_json(cli, entries, shown);
    else
        espy_ports_report(entries, shown);
    if (shown == 0)
        say_none(cli, n);
    free(entries);
    return st;
}

int espy_cmd_ports(espy_cli *cli, int argc, char **argv)
{
    bool all = false;
    espy_args args = {.cli = cli, .table = espy_ports_options, .argc = argc, .argv = argv};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        all = true;
    if (cli->err.status != ESPY_OK || cli->help)
        return (int)cli->err.status;
    if (args.operands > 0)
        return (int)espy_usage(cli, "ports", "ports takes nothing, and %s is something", argv[1]);
    espy_port *ports = NULL;
    size_t n = 0;
    espy_status st = espy_ports_list(&ports, &n, &cli->err);
    if (st == ESPY_OK)
        st = show(cli, ports, n, all);
    free(ports);
    return (int)st;
}
