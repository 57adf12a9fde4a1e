/* SPDX-License-Identifier: MIT
 *
 * What the commands of the program share: their table, the options that all of
 * them take, how they talk, and how they are stopped.
 *
 * Results go to stdout, talk and progress to stderr.  A command is a function
 * int espy_cmd_NAME(espy_cli *, int argc, char **argv) with argv[0] its name.  It
 * returns an espy_status, which is the exit status, and leaves the sentence in
 * cli->err; main prints that.  A command that prints its result as JSON does so
 * when cli->json is set, and prints nothing else on stdout then.
 */
#ifndef ESPY_CLI_CLI_H
#define ESPY_CLI_CLI_H

#include "espy/err.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_VERSION "0.1.0"

typedef struct espy_cli {
    const char *port; /* -p, else ESPY_PORT, else NULL: the one board found */
    uint32_t baud;    /* -b; 0: the default */
    bool json;
    bool quiet;            /* -q: neither talk nor progress */
    bool verbose;          /* -v: more talk */
    bool help;             /* -h was among the options: main prints the command's help */
    espy_log log;          /* the channels of --trace, and those of -v */
    const char *complaint; /* what an error begins with; NULL: "espy:" */
    espy_err err;
} espy_cli;

/* One option of a command.  Tables end with a row whose id is 0. */
typedef struct espy_option {
    int id;           /* the letter, or a number above 255 where there is none */
    const char *name; /* "flash" for --flash; NULL: the letter alone */
    const char *arg;  /* "SIZE"; NULL: takes no argument */
    const char *help; /* one line, small letter, no full stop */
} espy_option;

typedef struct espy_command {
    const char *name;
    int (*run)(espy_cli *cli, int argc, char **argv);
    const char *usage; /* what follows "espy ", one form a line */
    const char *brief; /* one line, for the list */
    const char *about; /* a paragraph for `espy help NAME` */
    const espy_option *options;
} espy_command;

extern const espy_command espy_commands[]; /* ends with a NULL name */
extern const espy_option espy_global_options[];

/* Reading options, those of the command and the global ones in any order and
 * mixed with operands:
 *
 *     espy_args args = {.cli = cli, .table = table, .argc = argc, .argv = argv};
 *     while (espy_args_next(&args) == ESPY_OK && args.id != 0)
 *         switch (args.id) { case 'o': out = args.value; break; ... }
 *     if (cli->err.status != ESPY_OK || cli->help)
 *         return (int)cli->err.status;
 *
 * Global options are taken into cli and not returned.  Operands are moved to the
 * front: argv[1] to argv[args.operands]. */
typedef struct espy_args {
    espy_cli *cli;
    const espy_option *table;
    int argc;
    char **argv;
    int id;            /* out: the option found; 0: none is left */
    const char *value; /* out: its argument */
    int operands;      /* out: how many operands were passed over */
    int next;          /* private, as are the rest */
    bool only_operands;
    bool stop_at_operand;
    const char *cluster;
} espy_args;

espy_status espy_args_next(espy_args *args);

/* Records a usage error (exit status 2) with advice to see the command's help. */
espy_status espy_usage(espy_cli *cli, const char *command, const char *fmt, ...) ESPY_PRINTF(3, 4);

/* "16M", "4096K", "0x10000", "4096": bytes.  what names the value in the error. */
espy_status espy_parse_size(espy_cli *cli, const char *what, const char *text, uint32_t *size);

/* A line of talk on stderr, unless -q; the full stop and the newline are the caller's. */
void espy_say(const espy_cli *cli, const char *fmt, ...) ESPY_PRINTF(2, 3);
/* Whether stderr takes colours: a terminal, TERM not "dumb", NO_COLOR unset. */
bool espy_cli_color(int fd);
/* Seconds of the wall clock, which is the user's. */
double espy_seconds(void);
/* "16 MB", "1.56 MB", "64 KB", "300 bytes"; writes into text. */
const char *espy_size_text(uint64_t bytes, char *text, size_t cap);

/* After the first Ctrl-C (or SIGTERM or SIGHUP) this is true: pass it where the library
 * takes a `cancelled` callback.  A second Ctrl-C ends the program at once. */
bool espy_cli_cancelled(void *unused);
void espy_cli_catch_signals(void);
/* What reads our output may go before we have cleaned up; writing fails then, and no more. */
void espy_cli_ignore_pipes(void);

int espy_cmd_up(espy_cli *cli, int argc, char **argv);
int espy_cmd_ports(espy_cli *cli, int argc, char **argv);
int espy_cmd_info(espy_cli *cli, int argc, char **argv);
int espy_cmd_flash(espy_cli *cli, int argc, char **argv);
int espy_cmd_read(espy_cli *cli, int argc, char **argv);
int espy_cmd_verify(espy_cli *cli, int argc, char **argv);
int espy_cmd_erase(espy_cli *cli, int argc, char **argv);
int espy_cmd_emu(espy_cli *cli, int argc, char **argv);
int espy_cmd_image(espy_cli *cli, int argc, char **argv);
int espy_cmd_esptool(espy_cli *cli, int argc, char **argv);
/* The tables of these commands' options. */
extern const espy_option espy_up_options[];
extern const espy_option espy_ports_options[];
extern const espy_option espy_info_options[];
extern const espy_option espy_flash_options[];
extern const espy_option espy_read_options[];
extern const espy_option espy_verify_options[];
extern const espy_option espy_erase_options[];
extern const espy_option espy_emu_options[];
extern const espy_option espy_image_options[];

#endif
