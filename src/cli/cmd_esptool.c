/* SPDX-License-Identifier: MIT
 *
 * `espy esptool ...`, and the program when it is called esptool or esptool.py.
 */
#include "esptool.h"

#include <string.h>

/* esptool's exit status, whatever went wrong: scripts that call it know no other. */
enum { FATAL = 2 };

static espy_status run(espy_esptool *et)
{
    espy_esptool_print(et, "espy %s, as esptool v%s", ESPY_VERSION, ESPY_ESPTOOL_VERSION);
    espy_status st = espy_esptool_configure(et);
    if (st != ESPY_OK)
        return st;
    return et->command->work != NULL ? espy_esptool_on_board(et) : et->command->run(et);
}

/* esptool has options of its own, -h and -v among them: espy's stop at its name. */
int espy_cmd_esptool(espy_cli *cli, int argc, char **argv)
{
    espy_esptool et = {.cli = cli};
    bool nothing = argc < 2;
    cli->complaint = "A fatal error occurred:";
    espy_status st = nothing ? ESPY_OK : espy_esptool_parse(&et, argc - 1, argv + 1);
    if (st == ESPY_OK && (nothing || et.help))
        espy_esptool_help(&et);
    else if (st == ESPY_OK)
        st = run(&et);
    espy_esptool_free(&et);
    return st == ESPY_OK && !nothing ? ESPY_OK : FATAL;
}
