/* SPDX-License-Identifier: MIT
 *
 * `espy emu`: a virtual board on serial ports, for other programs.
 *
 * What is served is told on stdout, a line each, once all of it is there; then the board runs
 * until a signal, a key, the control socket or --for ends it.
 */
#include "json.h"
#include "terminal.h"

#include "espy/serve.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPTION_FLASH = 256, OPTION_PTY, OPTION_TCP, OPTION_RFC2217, OPTION_CONTROL, OPTION_DOWNLOAD, OPTION_FOR };

enum { PORTS = 64 };

const espy_option espy_emu_options[] = {
    {OPTION_FLASH, "flash", "FILE", "keep the flash in FILE, which is made if it is not there"},
    {OPTION_PTY, "pty", "PATH", "a pseudo-terminal, with a link to it at PATH"},
    {OPTION_TCP, "tcp", "PORT", "a raw TCP port on loopback, or HOST:PORT"},
    {OPTION_RFC2217, "rfc2217", "PORT", "the same with DTR, RTS and baud rate"},
    {OPTION_CONTROL, "control", "PATH", "a Unix socket that takes words for the keys"},
    {OPTION_DOWNLOAD, "download", NULL, "start in download mode, as if BOOT were held"},
    {OPTION_FOR, "for", "SECONDS", "end after that time"},
    {0, NULL, NULL, NULL},
};

typedef struct emu {
    espy_cli *cli;
    espy_serve *serve;
    espy_serve_config config;
    espy_serve_port ports[PORTS];
    double seconds; /* --for; 0: no end */
    bool keys;      /* stdin is a terminal */
} emu;

static espy_status add_port(emu *e, espy_serve_kind kind, const char *where)
{
    if (e->config.port_count == PORTS)
        return espy_usage(e->cli, "emu", "a board is served on %d ports at most", PORTS);
    e->ports[e->config.port_count++] = (espy_serve_port){kind, where};
    return ESPY_OK;
}

static espy_status set_seconds(emu *e, const char *text)
{
    char *end;
    errno = 0;
    e->seconds = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(e->seconds > 0 && e->seconds < 1e9))
        return espy_usage(e->cli, "emu", "\"%s\" is not a number of seconds", text);
    return ESPY_OK;
}

static espy_status set_option(emu *e, int id, const char *value)
{
    switch (id) {
    case OPTION_FLASH: e->config.flash_path = value; break;
    case OPTION_PTY: return add_port(e, ESPY_SERVE_PTY, value);
    case OPTION_TCP: return add_port(e, ESPY_SERVE_TCP, value);
    case OPTION_RFC2217: return add_port(e, ESPY_SERVE_RFC2217, value);
    case OPTION_CONTROL: return add_port(e, ESPY_SERVE_CONTROL, value);
    case OPTION_DOWNLOAD: e->config.download = true; break;
    case OPTION_FOR: return set_seconds(e, value);
    }
    return ESPY_OK;
}

static bool has_serial_port(const emu *e)
{
    for (size_t i = 0; i < e->config.port_count; i++)
        if (e->ports[i].kind != ESPY_SERVE_CONTROL)
            return true;
    return false;
}

static espy_status read_options(emu *e, int argc, char **argv)
{
    espy_cli *cli = e->cli;
    espy_args args = {.cli = cli, .table = espy_emu_options, .argc = argc, .argv = argv};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        if (set_option(e, args.id, args.value) != ESPY_OK)
            break;
    if (cli->err.status != ESPY_OK || cli->help)
        return cli->err.status;
    if (args.operands > 1)
        return espy_usage(cli, "emu", "one board at a time, and %s is a second one", argv[2]);
    const char *board = args.operands == 1 ? argv[1] : "";
    e->config.board = strncmp(board, "emu:", 4) == 0 ? board + 4 : board;
    return has_serial_port(e) ? ESPY_OK : add_port(e, ESPY_SERVE_PTY, NULL);
}

/* What is served, for people and scripts. */

static const char *const kinds[] = {[ESPY_SERVE_PTY] = "pty",
                                    [ESPY_SERVE_TCP] = "tcp",
                                    [ESPY_SERVE_RFC2217] = "rfc2217",
                                    [ESPY_SERVE_CONTROL] = "control"};

static espy_status tell_json(const emu *e)
{
    cJSON *root = cJSON_CreateObject();
    espy_json_string(root, "model", espy_serve_model(e->serve)->name);
    espy_json_string(root, "module", espy_serve_model(e->serve)->module);
    cJSON *ports = espy_json_array(root, "ports");
    for (size_t i = 0; i < e->config.port_count; i++) {
        cJSON *port = espy_json_item(ports);
        espy_json_string(port, "kind", kinds[e->ports[i].kind]);
        espy_json_string(port, "name", espy_serve_name(e->serve, i));
    }
    return espy_json_print_line(e->cli, root);
}

static espy_status tell(const emu *e)
{
    if (e->cli->json) {
        espy_status st = tell_json(e);
        if (st != ESPY_OK)
            return st;
    } else {
        for (size_t i = 0; i < e->config.port_count; i++)
            printf("%-8s %s\n", kinds[e->ports[i].kind], espy_serve_name(e->serve, i));
        printf("ready    %s, like an %s\n", espy_serve_model(e->serve)->name, espy_serve_model(e->serve)->module);
    }
    if (fflush(stdout) != 0)
        return espy_fail(&e->cli->err, ESPY_E_IO, "cannot write to standard output");
    return ESPY_OK;
}

/* Keys. */

static void show_keys(const emu *e)
{
    espy_say(e->cli, "Keys: b BOOT down or up, r RESET, d RESET with BOOT held, p power off or on, q quit, ? this.\n");
}

static void press(emu *e, char key)
{
    espy_serve_state state = espy_serve_get_state(e->serve);
    switch (tolower((unsigned char)key)) {
    case 'b':
        espy_serve_control(e->serve, state.boot ? "boot 0" : "boot 1");
        espy_say(e->cli, "BOOT is %s.\n", state.boot ? "up" : "held down");
        break;
    case 'p':
        espy_serve_control(e->serve, state.power ? "power 0" : "power 1");
        espy_say(e->cli, "The power is %s.\n", state.power ? "off" : "on");
        break;
    case 'r':
        espy_serve_control(e->serve, "reset");
        espy_say(e->cli, "RESET.\n");
        break;
    case 'd':
        espy_serve_control(e->serve, "download");
        espy_say(e->cli, "RESET with BOOT held: download mode.\n");
        break;
    case 'q': espy_serve_control(e->serve, "quit"); break;
    case '?': show_keys(e); break;
    default: break;
    }
}

/* An arrow or function key sends ESC and letters, all at once; these are no keys of the board. */
static void read_keys(emu *e)
{
    char keys[16];
    size_t n = espy_terminal_keys(keys, sizeof keys);
    for (size_t i = 0; i < n && keys[i] != '\x1b'; i++)
        press(e, keys[i]);
}

/* Running. */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell_fault(const emu *e)
{
    const espy_err *fault = espy_serve_new_fault(e->serve);
    if (fault != NULL)
        fprintf(stderr, "espy: the board has stopped: %s.\n%s%sA reset revives it.\n", fault->text, fault->advice,
                fault->advice[0] != '\0' ? "\n" : "");
}

static espy_status run(emu *e)
{
    double end = e->seconds > 0 ? now() + e->seconds : 0;
    espy_status st = ESPY_OK;
    while (st == ESPY_OK && !espy_cli_cancelled(NULL) && !espy_serve_get_state(e->serve).ended) {
        double left = end > 0 ? end - now() : 1;
        if (left <= 0)
            break;
        st = espy_serve_turn(e->serve, e->keys ? STDIN_FILENO : -1, left < 1 ? (uint32_t)(left * 1000) + 1 : 1000,
                             &e->cli->err);
        tell_fault(e);
        if (e->keys)
            read_keys(e);
    }
    return st;
}

static espy_status serve(emu *e)
{
    espy_cli_ignore_pipes();
    espy_status st = espy_serve_open(&e->serve, &e->config, &e->cli->err);
    if (st != ESPY_OK)
        return st;
    st = tell(e);
    if (st != ESPY_OK)
        return st;
    e->keys = espy_terminal_keys_begin();
    if (e->keys)
        show_keys(e);
    st = run(e);
    if (e->keys)
        espy_terminal_keys_end();
    return st;
}

int espy_cmd_emu(espy_cli *cli, int argc, char **argv)
{
    emu *e = calloc(1, sizeof *e);
    if (e == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    e->cli = cli;
    e->config.ports = e->ports;
    e->config.log = &cli->log;
    espy_status st = read_options(e, argc, argv);
    if (st == ESPY_OK && !cli->help)
        st = serve(e);
    espy_serve_close(e->serve);
    free(e);
    return (int)st;
}
