/* SPDX-License-Identifier: MIT
 *
 * A virtual board as a link: the host end of its USB-to-serial bridge.
 *
 * With clock=virtual the link's clock is the machine's: the machine runs only
 * while the host waits, and idle time costs nothing.  With clock=real the link's
 * clock is the wall clock, and the machine is kept in step with it whenever the
 * host reads or sleeps.
 */
#include "spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct emu_link {
    espy_link link;
    espy_machine *machine;
    bool real;
    uint64_t epoch_us; /* clock=real: the wall time at which the machine's was 0 */
} emu_link;

/* A slice is long enough to be cheap (an idle prompt wakes this process a hundred
 * times a second), and short enough for typing to feel immediate. */
enum { SLICE_US = 10000, LAG_US = 100000 };

static uint64_t wall_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void wall_sleep_us(uint64_t us)
{
    struct timespec ts = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&ts, NULL);
}

static uint64_t now_us(emu_link *e)
{
    return e->real ? wall_us() : espy_machine_now_us(e->machine);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Lets the machine catch up with the wall clock; one that has fallen far behind,
 * or that nobody ran for a while, is forgiven the difference. */
static void step_real(emu_link *e, uint64_t left_us)
{
    uint64_t target = wall_us() - e->epoch_us;
    uint64_t at = espy_machine_now_us(e->machine);
    if (target > at + LAG_US) {
        e->epoch_us += target - at - SLICE_US;
        target = at + SLICE_US;
    }
    if (target <= at) {
        wall_sleep_us(min_u64(left_us, SLICE_US));
        return;
    }
    espy_machine_run(e->machine, min_u64(target - at, SLICE_US));
}

/* Lets a little time pass, at most left_us. */
static void step(emu_link *e, uint64_t left_us)
{
    if (e->real)
        step_real(e, left_us);
    else
        espy_machine_run(e->machine, min_u64(left_us, SLICE_US));
}

static espy_status emu_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    (void)err;
    emu_link *e = self;
    uint64_t deadline = now_us(e) + (uint64_t)timeout_ms * 1000;
    for (;;) {
        *got = espy_machine_uart_read(e->machine, bytes, cap);
        uint64_t now = now_us(e);
        if (*got > 0 || now >= deadline)
            return ESPY_OK;
        step(e, deadline - now);
    }
}

static espy_status emu_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    emu_link *e = self;
    return espy_machine_uart_write(e->machine, bytes, n, err);
}

static espy_status emu_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)err;
    emu_link *e = self;
    espy_machine_lines(e->machine, dtr, rts);
    return ESPY_OK;
}

static espy_status emu_set_baud(void *self, uint32_t baud, espy_err *err)
{
    (void)err;
    emu_link *e = self;
    espy_machine_uart_baud(e->machine, baud);
    return ESPY_OK;
}

static uint64_t emu_now_ms(void *self)
{
    return now_us(self) / 1000;
}

static espy_status emu_sleep(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    emu_link *e = self;
    uint64_t deadline = now_us(e) + (uint64_t)ms * 1000;
    for (uint64_t now = now_us(e); now < deadline; now = now_us(e))
        step(e, deadline - now);
    return ESPY_OK;
}

static void emu_close(void *self)
{
    emu_link *e = self;
    espy_machine_free(e->machine);
    free(e);
}

static const espy_link_ops ops = {
    .read = emu_read,
    .write = emu_write,
    .set_lines = emu_set_lines,
    .set_baud = emu_set_baud,
    .now_ms = emu_now_ms,
    .sleep = emu_sleep,
    .close = emu_close,
};

/* The ROM to run when the board's name gives none: ESPY_ROM, else the file where
 * tools/bootstrap puts it, if there is one. */
static const char *default_rom(char *path, size_t cap)
{
    const char *rom = getenv("ESPY_ROM"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (rom != NULL && *rom != '\0')
        return rom;
    if (data != NULL && *data != '\0')
        snprintf(path, cap, "%s/espy/esp32s3_rev0_rom.elf", data);
    else
        snprintf(path, cap, "%s/.local/share/espy/esp32s3_rev0_rom.elf", home != NULL ? home : "");
    return access(path, R_OK) == 0 ? path : NULL;
}

static espy_status open_machine(emu_link *e, char *spec, const espy_log *log, espy_err *err)
{
    espy_emu_spec parsed = {.machine.log = log};
    espy_status st = espy_emu_spec_parse(&parsed, spec, err);
    if (st != ESPY_OK)
        return st;
    char path[1024];
    if (parsed.machine.rom_path == NULL)
        parsed.machine.rom_path = default_rom(path, sizeof path);
    e->real = parsed.clock_real;
    return espy_machine_new(&e->machine, &parsed.machine, err);
}

espy_status espy_emu_link_open(espy_link **link, const char *spec, const espy_log *log, espy_err *err)
{
    emu_link *e = calloc(1, sizeof *e);
    char *text = strdup(spec);
    espy_status st = e == NULL || text == NULL ? espy_fail(err, ESPY_E_MEMORY, "no memory for a virtual board")
                                               : open_machine(e, text, log, err);
    free(text);
    if (st != ESPY_OK) {
        free(e);
        return st;
    }
    e->epoch_us = wall_us();
    e->link = (espy_link){.ops = &ops, .self = e, .log = log, .has_lines = true};
    snprintf(e->link.name, sizeof e->link.name, "emu:%s", spec);
    *link = &e->link;
    return ESPY_OK;
}

espy_machine *espy_emu_link_machine(espy_link *link)
{
    return link->ops == &ops ? ((emu_link *)link->self)->machine : NULL;
}
