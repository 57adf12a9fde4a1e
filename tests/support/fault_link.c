/* SPDX-License-Identifier: MIT
 *
 * See the header.
 */
#include "fault_link.h"

#include <stdlib.h>
#include <string.h>

enum { TO = 0, BACK = 1, END = 0xC0, MS = 1000 };

static uint64_t next_random(fault_link *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

const char *fault_name(fault_kind kind)
{
    static const char *const names[] = {
        [FAULT_NONE] = "nothing",
        [FAULT_DROP] = "bytes lost",
        [FAULT_FLIP] = "bytes changed",
        [FAULT_DOUBLE] = "bytes doubled",
        [FAULT_GARBAGE] = "noise",
        [FAULT_FRAME] = "frame lost",
        [FAULT_STALL] = "wire stands still",
        [FAULT_GONE] = "port gone",
        [FAULT_POWER] = "power cut",
        [FAULT_BROWNOUT] = "brown-out",
    };
    return names[kind];
}

static void put(fault_link *f, int way, uint8_t byte)
{
    espy_buf *queue = &f->queue[way];
    if (espy_buf_reserve(queue, 1, NULL) != ESPY_OK)
        abort();
    queue->bytes[queue->size++] = byte;
}

static uint64_t now_ms(const fault_link *f)
{
    return espy_link_now_ms(f->inner);
}

static uint64_t now_us(const fault_link *f)
{
    return espy_machine_now_us(espy_emu_link_machine(f->inner));
}

/* ---- what happens to a byte --------------------------------------------------------- */

/* The byte that ends a frame is the first END behind something else. */
static bool eat(fault_link *f, int i, uint8_t byte)
{
    bool last = byte == END && f->state[i].eaten;
    f->state[i].eaten |= byte != END;
    f->state[i].eating = !last;
    return true;
}

/* True where the byte is lost. */
static bool strike(fault_link *f, int i, int way, uint8_t *byte)
{
    const fault *what = &f->plan.faults[i];
    uint64_t n = f->state[i].bytes - what->at;
    bool several = what->kind == FAULT_DROP || what->kind == FAULT_FLIP || what->kind == FAULT_DOUBLE;
    if (n >= (several && what->n > 1 ? what->n : 1))
        return false;
    f->struck += n == 0;
    switch (what->kind) {
    case FAULT_DROP: return true;
    case FAULT_FLIP: *byte ^= (uint8_t)(1u << f->state[i].bytes % 8); return false;
    case FAULT_DOUBLE: put(f, way, *byte); return false;
    case FAULT_GARBAGE:
        for (uint32_t k = 0; k < what->n; k++)
            put(f, way, (uint8_t)(next_random(f) >> 32));
        return false;
    case FAULT_FRAME: return eat(f, i, *byte);
    case FAULT_STALL: f->stalled_ms[way] = now_ms(f) + what->n; return false;
    case FAULT_GONE:
    case FAULT_POWER:
    case FAULT_BROWNOUT:
        f->due = what;
        f->due_us = now_us(f) + what->after_us;
        return false;
    case FAULT_NONE: return false;
    }
    return false;
}

/* The same for noise. */
static bool disturb(fault_link *f, int way, uint8_t *byte)
{
    if (f->plan.one_in == 0 || f->baud <= f->plan.clean_baud || next_random(f) % f->plan.one_in != 0)
        return false;
    f->struck++;
    switch (next_random(f) % 3) {
    case 0: return true;
    case 1: *byte ^= (uint8_t)(1u << next_random(f) % 8); return false;
    default: put(f, way, *byte); return false;
    }
}

static void convey(fault_link *f, int way, const uint8_t *bytes, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint8_t byte = bytes[k];
        bool lost = false;
        f->bytes[way]++;
        for (int i = 0; i < FAULTS_MAX; i++) {
            const fault *what = &f->plan.faults[i];
            if (what->kind == FAULT_NONE || what->back != way || !f->state[i].counting)
                continue;
            f->state[i].bytes++;
            if (f->state[i].eating)
                lost |= eat(f, i, byte);
            else if (f->state[i].bytes >= what->at)
                lost |= strike(f, i, way, &byte);
        }
        if (!disturb(f, way, &byte) && !lost)
            put(f, way, byte);
    }
}

static void hear(fault_link *f, const uint8_t *bytes, size_t n)
{
    static const char mark[] = ",boot:0x";
    for (size_t i = 0; i < n; i++) {
        if (f->told == sizeof mark - 1)
            f->boot = (char)bytes[i];
        f->told = bytes[i] == (uint8_t)mark[f->told] ? f->told + 1 : bytes[i] == (uint8_t)mark[0];
    }
}

/* A frame with this opcode begins, or the reset is let go. */
static void mark(fault_link *f, unsigned since)
{
    for (int i = 0; i < FAULTS_MAX; i++)
        if (f->plan.faults[i].since == since && ++f->state[i].seen == f->plan.faults[i].nth)
            f->state[i].counting = true;
}

/* ---- what happens to the board ------------------------------------------------------- */

static void happen(fault_link *f)
{
    const fault *what = f->due;
    espy_machine *machine = espy_emu_link_machine(f->inner);
    f->due = NULL;
    f->dead = what->kind != FAULT_BROWNOUT;
    if (what->kind == FAULT_GONE)
        return;
    espy_machine_power(machine, false);
    if (what->kind == FAULT_POWER)
        return;
    espy_machine_run(machine, (uint64_t)what->n * MS);
    espy_machine_power(machine, true);
}

static espy_status check(fault_link *f, espy_err *err)
{
    if (f->due != NULL && now_us(f) >= f->due_us)
        happen(f);
    if (f->dead)
        return espy_fail(err, ESPY_E_IO, "%s is gone", f->link.name);
    f->late |= f->plan.last_ms != 0 && now_ms(f) >= f->plan.last_ms;
    return f->late ? espy_fail(err, ESPY_E_CANCELLED, "this takes too long") : ESPY_OK;
}

/* ---- time ------------------------------------------------------------------------------ */

static espy_status flush(fault_link *f, espy_err *err)
{
    espy_buf *queue = &f->queue[TO];
    espy_status st = ESPY_OK;
    if (queue->size > 0 && now_ms(f) >= f->stalled_ms[TO]) {
        st = espy_link_write(f->inner, queue->bytes, queue->size, err);
        espy_buf_clear(queue);
    }
    return st;
}

static uint64_t sooner(uint64_t a, uint64_t b, uint64_t now)
{
    return b > now && b < a ? b : a;
}

/* Lets time pass until the deadline, something happens, or bytes come. */
static espy_status step(fault_link *f, uint64_t deadline, espy_err *err)
{
    uint8_t raw[1024];
    size_t n = 0;
    uint64_t now = now_ms(f), until = sooner(sooner(deadline, f->stalled_ms[TO], now), f->stalled_ms[BACK], now);
    espy_status st = flush(f, err);
    if (f->due != NULL && f->due_us / MS <= until && f->due_us - now_us(f) < 2 * MS)
        espy_machine_run(espy_emu_link_machine(f->inner), f->due_us - now_us(f));
    else if (f->due != NULL)
        until = sooner(until, f->due_us / MS, now);
    now = now_ms(f);
    if (st == ESPY_OK)
        st = espy_link_read(f->inner, raw, sizeof raw, until > now ? (uint32_t)(until - now) : 0, &n, err);
    hear(f, raw, n);
    convey(f, BACK, raw, n);
    return st;
}

/* ---- the link --------------------------------------------------------------------------- */

static espy_status fault_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    fault_link *f = self;
    espy_status st = check(f, err);
    if (st != ESPY_OK)
        return st;
    if (n > 2) /* the ROM's requests have a 0 before the opcode */
        mark(f, bytes[1] == 0 ? bytes[2] : bytes[1]);
    convey(f, TO, bytes, n);
    return flush(f, err);
}

static espy_status fault_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    fault_link *f = self;
    espy_buf *queue = &f->queue[BACK];
    uint64_t deadline = now_ms(f) + timeout_ms;
    *got = 0;
    for (bool last = false;;) {
        espy_status st = check(f, err);
        bool stalled = now_ms(f) < f->stalled_ms[BACK];
        if (st != ESPY_OK || last || (queue->size > 0 && !stalled))
            break;
        last = now_ms(f) >= deadline;
        st = step(f, deadline, err);
        if (st != ESPY_OK)
            return st;
    }
    espy_status st = check(f, err);
    if (st != ESPY_OK || now_ms(f) < f->stalled_ms[BACK])
        return st;
    *got = queue->size < cap ? queue->size : cap;
    if (*got > 0)
        memcpy(bytes, queue->bytes, *got);
    espy_buf_consume(queue, *got);
    return ESPY_OK;
}

static espy_status fault_sleep(void *self, uint32_t ms, espy_err *err)
{
    fault_link *f = self;
    uint64_t deadline = now_ms(f) + ms;
    espy_status st = check(f, err);
    while (st == ESPY_OK && now_ms(f) < deadline) {
        st = step(f, deadline, err);
        if (st == ESPY_OK)
            st = check(f, err);
    }
    return st;
}

static espy_status fault_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    fault_link *f = self;
    espy_status st = check(f, err);
    if (st != ESPY_OK)
        return st;
    if (f->rts && !rts)
        mark(f, FAULT_SINCE_RESET);
    f->rts = rts;
    return espy_link_set_lines(f->inner, dtr, rts, err);
}

static espy_status fault_set_baud(void *self, uint32_t baud, espy_err *err)
{
    fault_link *f = self;
    espy_status st = check(f, err);
    if (st != ESPY_OK)
        return st;
    if (f->plan.no_lines)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "%s has no rate to set", f->link.name);
    f->baud = baud;
    return espy_link_set_baud(f->inner, baud, err);
}

static uint64_t fault_now_ms(void *self)
{
    return now_ms(self);
}

static void fault_close(void *self)
{
    (void)self;
}

static const espy_link_ops ops = {
    .read = fault_read,
    .write = fault_write,
    .set_lines = fault_set_lines,
    .set_baud = fault_set_baud,
    .now_ms = fault_now_ms,
    .sleep = fault_sleep,
    .close = fault_close,
};

void fault_link_init(fault_link *f, espy_link *inner, const fault_plan *plan)
{
    *f = (fault_link){.inner = inner, .plan = *plan, .baud = 115200};
    f->random = plan->seed * 0x9E3779B97F4A7C15u + 1;
    f->link = (espy_link){.ops = &ops, .self = f, .name = "/dev/ttyF0", .has_lines = !plan->no_lines};
    mark(f, FAULT_SINCE_START);
}

void fault_link_free(fault_link *f)
{
    espy_buf_free(&f->queue[TO]);
    espy_buf_free(&f->queue[BACK]);
}
