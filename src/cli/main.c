/* SPDX-License-Identifier: MIT
 *
 * The program: the table of commands, help, and how errors are told.
 */
#include "cli.h"
#include "esptool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_help(espy_cli *cli, int argc, char **argv);

static const espy_option no_options[] = {{0, NULL, NULL, NULL}};

enum { OPTION_VERSION = 256 };

static const espy_option main_options[] = {
    {OPTION_VERSION, "version", NULL, "show the version"},
    {0, NULL, NULL, NULL},
};

const espy_command espy_commands[] = {
    {"up", espy_cmd_up, "up [OPTIONS] [IMAGE]", "put MicroPython on a board, and prove its prompt",
     "Resets the board into download mode, identifies it, checks the image and fits it to\n"
     "the flash, writes and verifies it, and waits for the Python prompt. Without IMAGE the\n"
     "newest official release for this board is taken.\n"
     "\n"
     "The board is a device such as /dev/ttyUSB0, socket://HOST:PORT, rfc2217://HOST:PORT,\n"
     "or emu:MODEL[,KEY=VALUE...], a virtual one: MODEL n16r8 (the default), n16r8v, n16r2,\n"
     "n8r8, n8r2, n4r2, n8 or n32r8v, named after flash and PSRAM in MB, v for octal flash;\n"
     "KEY rom=FILE a real mask ROM (else ESPY_ROM, else the built-in one), flash=FILE keeps\n"
     "the flash in a file, clock=virtual|real, timing=fast|real, port=uart|usb the bridge or\n"
     "the chip's own USB, boot=flash|download whether BOOT is held at the start.",
     espy_up_options},
    {"ports", espy_cmd_ports, "ports [--all]", "the boards that are plugged in",
     "Lists the serial ports that look like a board by their USB identity, with a path that stays the\n"
     "same whatever is plugged in besides, and what keeps you from opening one. No port is opened.",
     espy_ports_options},
    {"info", espy_cmd_info, "info [OPTIONS]", "what a board has, what is locked, and what it would boot",
     "Resets the board into download mode, identifies chip, flash, PSRAM and locks, and reads of the\n"
     "flash what tells the firmware: bootloader, partition table, which application boots, its\n"
     "version, and whether there is a file system. Nothing is written; then the board runs again.",
     espy_info_options},
    {"flash", espy_cmd_flash, "flash [OPTIONS] FILE[@WHERE]...", "write files into the flash, as they are",
     "WHERE is an address (0x10000, 64K) or the name of a partition in the board's table, or in\n"
     "that of the image written with it. A whole image needs none: what is blank in it stays as\n"
     "it is on the board, and so do settings and files; with @0 all of it is written. Intel HEX\n"
     "and UF2 have addresses of their own. What the flash holds already, by the chip's digests,\n"
     "is neither erased nor sent; --plan shows that and writes nothing.",
     espy_flash_options},
    {"read", espy_cmd_read, "read -o FILE [OPTIONS] [RANGE | PARTITION]...", "read the flash into a file",
     "RANGE is ADDRESS+SIZE or ADDRESS..END; without any, all of the flash is read. Several are\n"
     "written one behind the other. The file appears once it agrees with the chip's digests.",
     espy_read_options},
    {"verify", espy_cmd_verify, "verify [OPTIONS] FILE[@WHERE]...", "compare files with the flash",
     "WHERE is as in `espy help flash`. Lists the ranges that differ, or are blank, by the chip's\n"
     "digests, and ends with status 6 if there are any.",
     espy_verify_options},
    {"erase", espy_cmd_erase, "erase [OPTIONS] all\nerase [OPTIONS] RANGE | PARTITION...", "make flash blank",
     "RANGE is ADDRESS+SIZE or ADDRESS..END, in whole sectors of 4 KB. What is blank already is\n"
     "left alone, and that all is blank in the end is verified on the chip.",
     espy_erase_options},
    {"image", espy_cmd_image,
     "image show FILE\nimage fit FILE --flash SIZE -o OUT\n"
     "image merge FILE@ADDRESS... -o OUT\nimage split FILE -o FOLDER",
     "look into firmware images, fit, merge and split them",
     "`show` checks a file and prints what is in it. `fit` writes a copy whose header and\n"
     "file-system partition use a flash of SIZE; the original stays as it is. `merge` makes one\n"
     "file of several, of which Intel HEX files need no ADDRESS. `split` takes a merged image, or\n"
     "a flash that was read, apart by its partition table.",
     espy_image_options},
    {"emu", espy_cmd_emu, "emu [OPTIONS] [MODEL[,KEY=VALUE...]]", "a virtual board on serial ports for other programs",
     "Runs a virtual board, in step with the wall clock, and serves its USB-to-serial bridge on\n"
     "any number of ports at once until Ctrl-C. RFC 2217 carries DTR, RTS and the baud rate,\n"
     "so that a client resets the board; a pseudo-terminal has no such lines. Without a port\n"
     "there is one pseudo-terminal. MODEL and KEYs are those of `espy help up`.\n"
     "\n"
     "On a terminal, keys: b BOOT down or up, r RESET, d download mode, p power, q quit. The\n"
     "control socket takes lines: boot 0|1, reset [0|1], download, power 0|1, status, quit,\n"
     "and answers ok or error.",
     espy_emu_options},
    {"esptool", espy_cmd_esptool, "esptool [OPTIONS] COMMAND [ARGS]...",
     "the command line of esptool, for the ESP32-S3",
     "Takes esptool's commands and options word for word, in the spelling of version 5 or 4, as\n"
     "does this program when it is called esptool or esptool.py. `espy esptool --help` lists them.",
     no_options},
    {"help", run_help, "help [COMMAND]", "show this, or what a command takes", NULL, no_options},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const espy_command *find_command(const char *name)
{
    for (const espy_command *c = espy_commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* Prints "head" in bold where stdout takes it. */
static void print_head(const char *head)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    printf("%s%s%s\n", color ? "\x1b[1m" : "", head, color ? "\x1b[0m" : "");
}

static void print_options(const espy_option *option)
{
    for (; option->id != 0; option++) {
        char left[40] = "    ";
        if (option->id < 256)
            snprintf(left, sizeof left, "-%c%s", option->id, option->name != NULL ? ", " : "");
        size_t n = strlen(left);
        if (option->name != NULL)
            n += (size_t)snprintf(left + n, sizeof left - n, "--%s", option->name);
        if (option->arg != NULL && n < sizeof left)
            snprintf(left + n, sizeof left - n, " %s", option->arg);
        printf("  %-24s %s\n", left, option->help);
    }
}

static void print_help(void)
{
    printf("espy takes an ESP32-S3 from bare chip to a Python prompt, and gives you the board\n"
           "when you have none.\n\n");
    print_head("Usage");
    printf("  espy [OPTIONS] COMMAND ...\n\n");
    print_head("Commands");
    for (const espy_command *c = espy_commands; c->name != NULL; c++)
        printf("  %-8s %s\n", c->name, c->brief);
    printf("\n");
    print_head("Options");
    print_options(espy_global_options);
    print_options(main_options);
    printf("\n");
    print_head("For example");
    printf("  espy up                                      the board on USB gets the newest release\n"
           "  espy up -p emu:n16r8 IMAGE.bin               the same on a virtual board\n"
           "  espy emu n16r8 --pty ./board.tty             a virtual board for other programs\n"
           "  espy image show IMAGE.bin                    what is in this file?\n");
}

static void print_command_help(const espy_command *command)
{
    print_head("Usage");
    for (const char *line = command->usage; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        printf("  espy %.*s\n", (int)n, line);
        line += line[n] == '\n' ? n + 1 : n;
    }
    printf("\n%s\n", command->about != NULL ? command->about : command->brief);
    if (command->options->id != 0) {
        printf("\n");
        print_head("Options");
        print_options(command->options);
    }
    printf("\n");
    print_head("Options of every command");
    print_options(espy_global_options);
}

/* Edit distance, for suggestions: the names are short. */
static size_t distance(const char *a, const char *b)
{
    enum { CAP = 24 };
    size_t row[CAP + 1], n = strlen(b);
    if (n > CAP)
        return CAP;
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 1; k <= n; k++) {
            size_t best = diagonal + (a[i] != b[k - 1]);
            diagonal = row[k];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            row[k] = best;
        }
    }
    return row[n];
}

static espy_status unknown_command(espy_cli *cli, const char *name)
{
    const espy_command *nearest = NULL;
    size_t least = 3; /* farther is no typing error */
    for (const espy_command *c = espy_commands; c->name != NULL; c++) {
        size_t d = distance(name, c->name);
        if (d < least && d < strlen(c->name)) {
            least = d;
            nearest = c;
        }
    }
    espy_fail(&cli->err, ESPY_E_ARG, "there is no command \"%s\"", name);
    if (espy_esptool_has(name))
        espy_advise(&cli->err, "It is one of esptool's: `espy esptool %s`.", name);
    else if (nearest != NULL)
        espy_advise(&cli->err, "Did you mean `espy %s`? `espy help` lists them all.", nearest->name);
    else
        espy_advise(&cli->err, "See `espy help` for the commands.");
    return ESPY_E_ARG;
}

static int run_help(espy_cli *cli, int argc, char **argv)
{
    espy_args args = {.cli = cli, .table = no_options, .argc = argc, .argv = argv};
    espy_status st = espy_args_next(&args);
    if (st != ESPY_OK)
        return (int)st;
    if (args.operands > 1)
        return (int)espy_usage(cli, "help", "help takes one command");
    cli->help = false;
    if (args.operands == 0) {
        print_help();
        return ESPY_OK;
    }
    const espy_command *command = find_command(argv[1]);
    if (command == NULL)
        return (int)unknown_command(cli, argv[1]);
    print_command_help(command);
    return ESPY_OK;
}

static void print_trace(void *user, espy_channel channel, const char *line)
{
    static const struct {
        espy_channel channel;
        const char *name;
    } names[] = {{ESPY_LOG_WIRE, "wire"}, {ESPY_LOG_CMD, "cmd"}, {ESPY_LOG_CPU, "cpu"},  {ESPY_LOG_MMIO, "mmio"},
                 {ESPY_LOG_IRQ, "irq"},   {ESPY_LOG_ROM, "rom"}, {ESPY_LOG_REPL, "repl"}};
    (void)user;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].channel == channel)
            fprintf(stderr, "%-4s %s\n", names[i].name, line);
}

static void print_error(const espy_cli *cli)
{
    if (cli->err.status == ESPY_OK)
        return;
    bool color = espy_cli_color(STDERR_FILENO);
    size_t n = strlen(cli->err.text);
    bool stopped = n > 0 && strchr(".?!", cli->err.text[n - 1]) != NULL;
    fprintf(stderr, "%s%s%s %s%s\n", color ? "\x1b[1;31m" : "",
            cli->complaint != NULL ? cli->complaint : "espy:", color ? "\x1b[0m" : "", cli->err.text,
            stopped ? "" : ".");
    if (cli->err.advice[0] != '\0')
        fprintf(stderr, "%s\n", cli->err.advice);
}

/* Runs the command that argv[0] names. */
static int run_command(espy_cli *cli, int argc, char **argv)
{
    const espy_command *command = find_command(argv[0]);
    if (command == NULL)
        return (int)unknown_command(cli, argv[0]);
    int status = command->run(cli, argc, argv);
    if (cli->help && cli->err.status == ESPY_OK) {
        print_command_help(command);
        return ESPY_OK;
    }
    return status;
}

/* Whether this program goes by esptool's name. */
static bool is_esptool(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    return strcmp(name, "esptool") == 0 || strcmp(name, "esptool.py") == 0;
}

static int run(espy_cli *cli, int argc, char **argv)
{
    if (argc > 0 && is_esptool(argv[0]))
        return espy_cmd_esptool(cli, argc, argv);
    espy_args args = {.cli = cli, .table = main_options, .argc = argc, .argv = argv, .stop_at_operand = true};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (args.id == OPTION_VERSION) {
            printf("espy %s\n", ESPY_VERSION);
            return ESPY_OK;
        }
    if (cli->err.status != ESPY_OK)
        return (int)cli->err.status;
    if (args.next < args.argc)
        return run_command(cli, argc - args.next, argv + args.next);
    if (cli->help) {
        print_help();
        return ESPY_OK;
    }
    return (int)espy_usage(cli, NULL, "no command is given");
}

/* A stream that the caller closed must not become the port's or the flash file's
 * descriptor; what is written to it fails instead. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    espy_cli cli = {.log.sink = print_trace};
    const char *port = getenv("ESPY_PORT");
    if (port != NULL && port[0] != '\0')
        cli.port = port;
    espy_cli_catch_signals();
    int status = run(&cli, argc, argv);
    bool lost = fflush(stdout) != 0 || ferror(stdout); /* before the error: it is what comes last */
    print_error(&cli);
    if (lost && status == ESPY_OK) {
        fprintf(stderr, "espy: cannot write to standard output.\n");
        status = ESPY_E_IO;
    }
    return status;
}
