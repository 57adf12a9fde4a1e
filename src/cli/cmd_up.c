/* SPDX-License-Identifier: MIT
 *
 * `espy up`: from a bare chip to a proven Python prompt.
 *
 * What can be refused is refused first: the image before the board is touched,
 * the pair of them before anything is written.
 */
#include "up.h"
#include "terminal.h"

#include <stdlib.h>

enum { OPTION_NO_FIT = 256, OPTION_FORCE, OPTION_REPL, OPTION_VERSION, OPTION_URL, OPTION_NET_TIMEOUT };

const espy_option espy_up_options[] = {
    {OPTION_NO_FIT, "no-fit", NULL, "leave the image as it is, whatever the size of the flash"},
    {OPTION_FORCE, "force", NULL, "write an image that this module cannot use fully"},
    {OPTION_REPL, "repl", NULL, "stay at the prompt (Ctrl-] leaves)"},
    {OPTION_VERSION, "version", "V", "without IMAGE: take release V, such as 1.23.0"},
    {OPTION_URL, "firmware-url", "URL", "the site of the releases (else ESPY_FIRMWARE_URL, else micropython.org)"},
    {OPTION_NET_TIMEOUT, "net-timeout", "S", "give up on a network that is silent for S seconds (default 15)"},
    ESPY_BOARD_OPTIONS,
    {0, NULL, NULL, NULL},
};

static espy_status set_timeout(espy_up *up, const char *text)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || seconds < 1 || seconds > 3600)
        return espy_usage(up->cli, "up", "\"%s\" is not a number of seconds (1 to 3600)", text);
    up->net_timeout_s = (uint32_t)seconds;
    return ESPY_OK;
}

static espy_status set_option(espy_up *up, int id, const char *value)
{
    switch (id) {
    case OPTION_NO_FIT: up->no_fit = true; break;
    case OPTION_FORCE: up->force = true; break;
    case OPTION_REPL: up->repl = true; break;
    case OPTION_URL: up->firmware_url = value; break;
    case OPTION_NET_TIMEOUT: return set_timeout(up, value);
    case OPTION_VERSION:
        up->has_version = true;
        up->version_text = value;
        return espy_version_parse(&up->version, value, &up->cli->err);
    default: espy_board_option(&up->board, id, value);
    }
    return ESPY_OK;
}

static espy_status read_options(espy_up *up, int argc, char **argv)
{
    espy_cli *cli = up->cli;
    espy_args args = {.cli = cli, .table = espy_up_options, .argc = argc, .argv = argv};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (set_option(up, args.id, args.value) != ESPY_OK)
            break;
    if (cli->err.status != ESPY_OK || cli->help)
        return cli->err.status;
    if (args.operands > 1)
        return espy_usage(cli, "up", "one image at a time, and %s is a second one", argv[2]);
    if (args.operands == 1)
        up->file = argv[1];
    if (up->file != NULL && up->has_version)
        return espy_usage(cli, "up", "--version %s chooses a release, and %s is one already", up->version_text,
                          up->file);
    if (up->repl && cli->json)
        return espy_usage(cli, "up", "--repl and --json both want stdout");
    return ESPY_OK;
}

static espy_status stay(espy_up *up)
{
    espy_say(up->cli, "At the prompt; Ctrl-] leaves.\n");
    return espy_terminal_run(up->board.link, &up->cli->err);
}

static espy_status run(espy_up *up)
{
    static espy_status (*const steps[])(espy_up *) = {
        espy_up_read_image, espy_up_open, espy_up_connect, espy_up_fetch_image,
        espy_up_check,      espy_up_fit,  espy_up_write,   espy_up_boot,
    };
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && st == ESPY_OK; i++) {
        st = espy_cli_cancelled(NULL) ? espy_fail(&up->cli->err, ESPY_E_CANCELLED, "stopped") : steps[i](up);
    }
    st = espy_board_leave(&up->board, st);
    if (st != ESPY_OK) {
        if (st == ESPY_E_TIMEOUT || st == ESPY_E_PROTOCOL)
            espy_advise(&up->cli->err,
                        "Check the cable and what else is wired to the board, press RESET, and try again.");
        return st;
    }
    if (up->cli->json)
        return espy_up_json(up);
    espy_up_report(up);
    return up->repl ? stay(up) : ESPY_OK;
}

int espy_cmd_up(espy_cli *cli, int argc, char **argv)
{
    espy_up *up = calloc(1, sizeof *up);
    if (up == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    up->cli = cli;
    up->board = (espy_board_session){.cli = cli, .command = "up"};
    up->started = espy_seconds();
    espy_status st = read_options(up, argc, argv);
    if (st == ESPY_OK && !cli->help)
        st = run(up);
    espy_up_close(up);
    free(up);
    return (int)st;
}
