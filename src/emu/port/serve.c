/* SPDX-License-Identifier: MIT
 *
 * A virtual board on serial ports that other programs open; see the header.
 */
#include "espy/serve.h"

#include "bridge.h"
#include "client.h"
#include "control.h"
#include "listen.h"
#include "pace.h"
#include "pty.h"
#include "spec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs at a time, on all sockets together. */
enum { CLIENTS = 64 };

/* A signal may come just before the wait for something to happen begins. */
enum { LONGEST_MS = 200 };

typedef struct port {
    espy_serve_kind kind;
    char name[300]; /* for the user */
    char path[128]; /* CONTROL: to remove at the end */
    int listener;   /* -1: none */
    espy_pty pty;
} port;

struct espy_serve {
    const espy_model *model;
    espy_machine *machine;
    espy_pace pace;
    espy_bridge bridge;
    bool flash_is_new; /* the file was not there */
    int spare;         /* a descriptor kept free for turn_away() */
    bool fault_told, ended;
    size_t turns; /* so that who comes first changes: the bridge's queue is shared */
    size_t port_count, client_count;
    port *ports;
    espy_client **clients; /* one for each PTY, and CLIENTS more at most */
    struct pollfd *fds;
};

/* Ports. */

static espy_status open_tcp(port *p, const char *where, const char *scheme, espy_err *err)
{
    char at[280];
    espy_status st = espy_listen_tcp(&p->listener, where, at, sizeof at, err);
    if (st == ESPY_OK)
        snprintf(p->name, sizeof p->name, "%s%s", scheme, at);
    return st;
}

static espy_status open_port(port *p, const espy_serve_port *wanted, espy_err *err)
{
    espy_status st = ESPY_OK;
    *p = (port){.kind = wanted->kind, .listener = -1, .pty = {.master = -1, .slave = -1, .watch = -1}};
    switch (wanted->kind) {
    case ESPY_SERVE_PTY:
        st = espy_pty_open(&p->pty, wanted->where, err);
        snprintf(p->name, sizeof p->name, "%s", wanted->where != NULL ? wanted->where : p->pty.device);
        break;
    case ESPY_SERVE_TCP: st = open_tcp(p, wanted->where, "socket://", err); break;
    case ESPY_SERVE_RFC2217: st = open_tcp(p, wanted->where, "rfc2217://", err); break;
    case ESPY_SERVE_CONTROL:
        st = espy_listen_unix(&p->listener, wanted->where, err);
        if (st == ESPY_OK)
            snprintf(p->path, sizeof p->path, "%s", wanted->where);
        snprintf(p->name, sizeof p->name, "%s", wanted->where);
        break;
    }
    return st;
}

static void close_port(port *p)
{
    espy_pty_close(&p->pty);
    if (p->listener >= 0)
        close(p->listener);
    if (p->path[0] != '\0')
        unlink(p->path);
}

static espy_status open_ports(espy_serve *s, const espy_serve_config *config, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (; s->port_count < config->port_count && st == ESPY_OK; s->port_count++)
        st = open_port(&s->ports[s->port_count], &config->ports[s->port_count], err);
    return st;
}

/* The board. */

static bool missing(const char *path)
{
    struct stat info;
    return path != NULL && stat(path, &info) != 0 && errno == ENOENT;
}

static espy_status make_machine(espy_serve *s, const espy_machine_config *config, espy_err *err)
{
    bool is_new = missing(config->flash_path);
    s->model = config->model;
    espy_status st = espy_machine_new(&s->machine, config, err);
    s->flash_is_new = st == ESPY_OK && is_new;
    return st;
}

static espy_status add_client(espy_serve *s, espy_serve_kind kind, int fd, espy_pty *pty, espy_err *err)
{
    espy_status st = espy_client_open(&s->clients[s->client_count], kind, fd, pty, &s->bridge, err);
    s->client_count += st == ESPY_OK;
    return st;
}

static espy_status start(espy_serve *s, const espy_serve_config *config, const espy_emu_spec *spec, espy_err *err)
{
    espy_pace_start(&s->pace, s->machine);
    espy_bridge_init(&s->bridge, s->machine, spec->usb, config->log);
    if (config->download || spec->download)
        espy_bridge_download(&s->bridge);
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < s->port_count && st == ESPY_OK; i++)
        if (s->ports[i].kind == ESPY_SERVE_PTY)
            st = add_client(s, ESPY_SERVE_PTY, s->ports[i].pty.master, &s->ports[i].pty, err);
    return st;
}

static espy_status open_machine(espy_serve *s, const espy_serve_config *config, char *text, espy_err *err)
{
    espy_emu_spec spec = {.machine.log = config->log, .clock_real = true};
    espy_status st = espy_emu_spec_parse(&spec, text, err);
    if (st != ESPY_OK)
        return st;
    if (!spec.clock_real) {
        espy_fail(err, ESPY_E_ARG, "a board that other programs use follows the wall clock");
        espy_advise(err, "Leave clock=virtual out.");
        return ESPY_E_ARG;
    }
    if (config->flash_path != NULL)
        spec.machine.flash_path = config->flash_path;
    if (spec.machine.rom_path == NULL)
        spec.machine.rom_path = espy_emu_default_rom();
    st = make_machine(s, &spec.machine, err);
    if (st == ESPY_OK)
        st = start(s, config, &spec, err);
    if (st != ESPY_OK && s->flash_is_new)
        unlink(spec.machine.flash_path);
    return st;
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static espy_status open_all(espy_serve *s, const espy_serve_config *config, espy_err *err)
{
    s->spare = open_spare();
    s->ports = calloc(config->port_count, sizeof *s->ports);
    s->clients = calloc(config->port_count + CLIENTS, sizeof *s->clients);
    s->fds = calloc(1 + 2 * config->port_count + CLIENTS, sizeof *s->fds);
    char *text = strdup(config->board);
    espy_status st = s->ports != NULL && s->clients != NULL && s->fds != NULL && text != NULL
                         ? ESPY_OK
                         : espy_fail(err, ESPY_E_MEMORY, "no memory to serve a virtual board");
    if (st == ESPY_OK)
        st = open_ports(s, config, err);
    if (st == ESPY_OK)
        st = open_machine(s, config, text, err);
    free(text);
    return st;
}

espy_status espy_serve_open(espy_serve **serve, const espy_serve_config *config, espy_err *err)
{
    espy_serve *s = calloc(1, sizeof *s);
    if (s == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory to serve a virtual board");
    espy_status st = open_all(s, config, err);
    if (st != ESPY_OK)
        espy_serve_close(s);
    else
        *serve = s;
    return st;
}

void espy_serve_close(espy_serve *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->client_count; i++)
        espy_client_free(s->clients[i]);
    for (size_t i = 0; i < s->port_count; i++)
        close_port(&s->ports[i]);
    espy_machine_free(s->machine);
    if (s->spare >= 0)
        close(s->spare);
    free(s->ports);
    free(s->clients);
    free(s->fds);
    free(s);
}

/* Running. */

static void carry_output(espy_serve *s)
{
    uint8_t bytes[4096];
    for (size_t n; (n = espy_bridge_receive(&s->bridge, bytes, sizeof bytes)) > 0;)
        for (size_t i = 0; i < s->client_count; i++)
            espy_client_send(s->clients[i], bytes, n);
}

static void sweep(espy_serve *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->client_count; i++) {
        s->ended |= s->clients[i]->quit;
        if (s->clients[i]->fd >= 0)
            s->clients[kept++] = s->clients[i];
        else
            espy_client_free(s->clients[i]);
    }
    s->client_count = kept;
}

/* A program that has said all and may be gone makes room for one that comes. */
static void make_room(espy_serve *s)
{
    for (size_t i = 0; i < s->client_count && s->client_count >= CLIENTS; i++)
        if (s->clients[i]->eof) {
            espy_client_free(s->clients[i]);
            s->clients[i] = s->clients[--s->client_count];
        }
}

/* Without a descriptor for it, a connection would be reported for ever: the spare one is for turning it away. */
static bool turn_away(espy_serve *s, const port *p)
{
    if ((errno != EMFILE && errno != ENFILE) || s->spare < 0)
        return false;
    close(s->spare);
    int fd = espy_listen_accept(p->listener);
    if (fd >= 0)
        close(fd);
    s->spare = open_spare();
    return fd >= 0;
}

static void accept_all(espy_serve *s, const port *p)
{
    int fd;
    while ((fd = espy_listen_accept(p->listener)) >= 0 || turn_away(s, p)) {
        if (fd < 0)
            continue;
        make_room(s);
        if (s->client_count >= CLIENTS || add_client(s, p->kind, fd, NULL, NULL) != ESPY_OK)
            close(fd);
    }
}

/* Fills s->fds: the input, what may open, the clients. */
static size_t gather(espy_serve *s, int input_fd)
{
    size_t n = 0;
    s->fds[n++] = (struct pollfd){.fd = input_fd, .events = POLLIN};
    for (size_t i = 0; i < s->port_count; i++) {
        const port *p = &s->ports[i];
        s->fds[n++] = (struct pollfd){.fd = p->kind == ESPY_SERVE_PTY ? p->pty.watch : p->listener, .events = POLLIN};
    }
    for (size_t i = 0; i < s->client_count; i++)
        s->fds[n++] = (struct pollfd){.fd = s->clients[i]->fd, .events = espy_client_events(s->clients[i])};
    return n;
}

static void serve_clients(espy_serve *s, size_t count)
{
    const struct pollfd *fds = s->fds + 1 + s->port_count;
    for (size_t i = 0; i < count; i++) {
        size_t k = (i + s->turns) % count;
        if (fds[k].revents != 0 && s->clients[k]->fd >= 0)
            espy_client_ready(s->clients[k], fds[k].revents);
    }
    s->turns++;
}

static espy_status wait_for(espy_serve *s, int input_fd, uint64_t us, espy_err *err)
{
    size_t n = gather(s, input_fd), count = s->client_count;
    int ms = us < LONGEST_MS * 1000 ? (int)((us + 999) / 1000) : LONGEST_MS;
    if (poll(s->fds, (nfds_t)n, ms) < 0 && errno != EINTR)
        return espy_fail(err, ESPY_E_IO, "cannot wait for the served ports: %s", strerror(errno));
    serve_clients(s, count);
    for (size_t i = 0; i < s->port_count; i++)
        if (s->ports[i].listener >= 0 && s->fds[1 + i].revents != 0)
            accept_all(s, &s->ports[i]);
    return ESPY_OK;
}

espy_status espy_serve_turn(espy_serve *s, int input_fd, uint32_t ms, espy_err *err)
{
    uint64_t idle = espy_pace_step(&s->pace), due = espy_bridge_turn(&s->bridge, espy_wall_us());
    if (due < idle)
        idle = due;
    if ((uint64_t)ms * 1000 < idle)
        idle = (uint64_t)ms * 1000;
    carry_output(s);
    for (size_t i = 0; i < s->client_count; i++)
        espy_client_turn(s->clients[(i + s->turns) % s->client_count]);
    sweep(s);
    return wait_for(s, input_fd, idle, err);
}

/* Asking. */

const char *espy_serve_name(const espy_serve *s, size_t n)
{
    return s->ports[n].name;
}

const espy_model *espy_serve_model(const espy_serve *s)
{
    return s->model;
}

bool espy_serve_control(espy_serve *s, const char *line)
{
    char reply[512];
    bool quit = false;
    espy_control_line(&s->bridge, line, reply, sizeof reply, &quit);
    s->ended |= quit;
    return strncmp(reply, "ok", 2) == 0;
}

espy_serve_state espy_serve_get_state(const espy_serve *s)
{
    return (espy_serve_state){s->bridge.boot, s->bridge.reset, !s->bridge.power_off, s->ended};
}

const espy_err *espy_serve_new_fault(espy_serve *s)
{
    const espy_err *fault = espy_machine_fault(s->machine);
    bool is_new = fault != NULL && !s->fault_told;
    s->fault_told = fault != NULL;
    return is_new ? fault : NULL;
}
