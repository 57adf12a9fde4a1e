/* SPDX-License-Identifier: MIT
 *
 * A virtual board as a link: the host end of its USB-to-serial bridge, or of the serial
 * port that the chip's own USB shows.
 *
 * With clock=virtual the link's clock is the machine's: the machine runs only
 * while the host waits, and idle time costs nothing.  With clock=real the link's
 * clock is the wall clock, and the machine is kept in step with it whenever the
 * host reads or sleeps.
 */
#include "pace.h"
#include "spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct emu_link {
    espy_link link;
    espy_machine *machine;
    bool real;
    espy_pace pace;  /* clock=real */
    bool usb;        /* port=usb */
    unsigned device; /* as espy_machine_usb_device() told when the port was opened */
} emu_link;

/* Of the board's bridge, a CP2102N (its data sheet). */
enum { BRIDGE_BAUD = 3000000 };

/* How much virtual time may pass between two looks at the clock, and how long a port on USB
 * may take to show up. */
enum { SLICE_US = 10000, ENUMERATION_US = 1000000 };

/* How long BOOT is held beyond RESET: EN rises within. */
enum { BOOT_US = 50000 };

static void wall_sleep_us(uint64_t us)
{
    struct timespec ts = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&ts, NULL);
}

static uint64_t now_us(emu_link *e)
{
    return e->real ? espy_wall_us() : espy_machine_now_us(e->machine);
}

static size_t take(emu_link *e, uint8_t *bytes, size_t cap)
{
    return e->usb ? espy_machine_usb_read(e->machine, bytes, cap) : espy_machine_uart_read(e->machine, bytes, cap);
}

static bool any_available(const emu_link *e)
{
    return (e->usb ? espy_machine_usb_available(e->machine) : espy_machine_uart_available(e->machine)) > 0;
}

/* What comes where nobody listens. */
static void drop_other(emu_link *e)
{
    uint8_t bytes[256];
    if (e->usb)
        while (espy_machine_uart_read(e->machine, bytes, sizeof bytes) > 0)
            ;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Lets a little time pass, at most left_us. */
static void step(emu_link *e, uint64_t left_us)
{
    uint64_t idle = 0;
    if (e->real)
        idle = espy_pace_step(&e->pace);
    else
        espy_machine_run(e->machine, min_u64(left_us, SLICE_US));
    drop_other(e);
    if (e->real && !any_available(e))
        wall_sleep_us(min_u64(left_us, idle));
}

/* A board whose ROM cannot go on says no more; why is the answer to whoever waits for it. */
static espy_status check_fault(emu_link *e, espy_err *err)
{
    const espy_err *fault = espy_machine_fault(e->machine);
    return fault != NULL ? espy_pass(err, fault->status, fault) : ESPY_OK;
}

static void advise_on_usb(const emu_link *e, espy_err *err)
{
    if (espy_machine_usb_is_otg(e->machine))
        espy_advise(err, "The firmware uses the chip's USB as USB OTG, which a virtual board does not have; port=uart "
                         "is there whatever the firmware does.");
    else
        espy_advise(err, "The chip was reset, sleeps, or has turned its USB off; open the port again.");
}

/* A port on USB that has gone away does not come back by itself; see emu_reopen(). */
static espy_status check_port(const emu_link *e, espy_err *err)
{
    if (!e->usb || espy_machine_usb_device(e->machine) == e->device)
        return ESPY_OK;
    espy_fail(err, ESPY_E_IO, "the USB port of %s has vanished", e->link.name);
    advise_on_usb(e, err);
    return ESPY_E_IO;
}

static espy_status emu_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    emu_link *e = self;
    uint64_t deadline = now_us(e) + (uint64_t)timeout_ms * 1000;
    for (;;) {
        espy_status st = check_port(e, err);
        if (st != ESPY_OK)
            return st;
        *got = take(e, bytes, cap);
        uint64_t now = now_us(e);
        if (*got > 0 || now >= deadline)
            return ESPY_OK;
        st = check_fault(e, err);
        if (st != ESPY_OK)
            return st;
        step(e, deadline - now);
    }
}

static espy_status emu_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    emu_link *e = self;
    espy_status st = check_port(e, err);
    if (st != ESPY_OK)
        return st;
    return e->usb ? espy_machine_usb_write(e->machine, bytes, n, err)
                  : espy_machine_uart_write(e->machine, bytes, n, err);
}

static espy_status emu_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    emu_link *e = self;
    if (e->usb)
        espy_machine_usb_lines(e->machine, dtr, rts);
    else
        espy_machine_lines(e->machine, dtr, rts);
    return check_port(e, err);
}

static espy_status emu_set_baud(void *self, uint32_t baud, espy_err *err)
{
    emu_link *e = self;
    if (!e->usb)
        espy_machine_uart_baud(e->machine, baud);
    return check_port(e, err);
}

static uint64_t emu_now_ms(void *self)
{
    return now_us(self) / 1000;
}

static espy_status emu_sleep(void *self, uint32_t ms, espy_err *err)
{
    emu_link *e = self;
    uint64_t deadline = now_us(e) + (uint64_t)ms * 1000;
    espy_status st = ESPY_OK;
    for (uint64_t now = now_us(e); now < deadline && st == ESPY_OK; now = now_us(e)) {
        step(e, deadline - now);
        st = check_fault(e, err);
    }
    return st;
}

static espy_status open_usb(emu_link *e, uint64_t within_us, espy_err *err)
{
    uint64_t deadline = now_us(e) + within_us;
    for (uint64_t now = now_us(e); now < deadline; now = now_us(e)) {
        e->device = espy_machine_usb_device(e->machine);
        if (e->device != 0)
            return ESPY_OK;
        step(e, deadline - now);
    }
    espy_fail(err, ESPY_E_IO, "%s shows no USB port", e->link.name);
    advise_on_usb(e, err);
    return ESPY_E_IO;
}

static espy_status emu_reopen(void *self, uint32_t timeout_ms, espy_err *err)
{
    return open_usb(self, (uint64_t)timeout_ms * 1000, err);
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
    .reopen = emu_reopen,
    .close = emu_close,
};

/* A finger on BOOT while RESET is tapped. */
static void start_download(espy_machine *machine)
{
    espy_machine_keys(machine, true, true);
    espy_machine_keys(machine, true, false);
    for (uint64_t end = espy_machine_now_us(machine) + BOOT_US, now; (now = espy_machine_now_us(machine)) < end;)
        espy_machine_run(machine, end - now);
    espy_machine_keys(machine, false, false);
}

static espy_status open_machine(emu_link *e, char *spec, const espy_log *log, espy_err *err)
{
    espy_emu_spec parsed = {.machine.log = log};
    espy_status st = espy_emu_spec_parse(&parsed, spec, err);
    if (st != ESPY_OK)
        return st;
    if (parsed.machine.rom_path == NULL)
        parsed.machine.rom_path = espy_emu_default_rom();
    e->real = parsed.clock_real;
    e->usb = parsed.usb;
    st = espy_machine_new(&e->machine, &parsed.machine, err);
    if (st == ESPY_OK && parsed.download)
        start_download(e->machine);
    return st;
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
    espy_pace_start(&e->pace, e->machine);
    e->link = (espy_link){.ops = &ops, .self = e, .log = log, .has_lines = true, .top_baud = BRIDGE_BAUD};
    snprintf(e->link.name, sizeof e->link.name, "emu:%s", spec);
    if (e->usb) {
        e->link.usb_vid = 0x303a;
        e->link.usb_pid = 0x1001;
        e->link.top_baud = 0;
        e->link.returns = true;
        espy_machine_usb_plug(e->machine, true);
        st = open_usb(e, ENUMERATION_US, err);
    }
    if (st == ESPY_OK)
        *link = &e->link;
    else
        emu_close(e);
    return st;
}

espy_machine *espy_emu_link_machine(espy_link *link)
{
    return link->ops == &ops ? ((emu_link *)link->self)->machine : NULL;
}
