/* SPDX-License-Identifier: MIT
 *
 * See the header.
 */
#include "fault_link.h"

#include <stdlib.h>
#include <string.h>

static uint64_t next_random(fault_link *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

/* The fault that the n-th byte of a direction meets. */
static fault_kind strike(fault_link *f, bool back, uint64_t n)
{
    const fault_plan *plan = &f->plan;
    uint64_t burst = plan->burst > 0 ? plan->burst : 1;
    if (plan->at > 0 && plan->back == back && n >= plan->at && n < plan->at + burst)
        return plan->kind;
    if (plan->one_in > 0 && next_random(f) % plan->one_in == 0)
        return (fault_kind)(1 + next_random(f) % (FAULT_KINDS - 1));
    return FAULT_NONE;
}

/* Copies n bytes to out, which has room for twice as many; returns how many they are now. */
static size_t distort(fault_link *f, bool back, uint64_t *count, uint8_t *out, const uint8_t *bytes, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        fault_kind kind = strike(f, back, ++*count);
        f->struck += kind != FAULT_NONE;
        if (kind == FAULT_DROP)
            continue;
        out[size++] = kind == FAULT_FLIP ? bytes[i] ^ (uint8_t)(1u << *count % 8) : bytes[i];
        if (kind == FAULT_DOUBLE)
            out[size++] = bytes[i];
    }
    return size;
}

static espy_status fault_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    fault_link *f = self;
    if (f->cap < 2 * n) {
        free(f->scratch);
        f->cap = 2 * n;
        f->scratch = malloc(f->cap);
        if (f->scratch == NULL)
            abort();
    }
    size_t size = distort(f, false, &f->sent, f->scratch, bytes, n);
    return size > 0 ? espy_link_write(f->inner, f->scratch, size, err) : ESPY_OK;
}

static espy_status fault_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    fault_link *f = self;
    uint8_t raw[sizeof f->held / 2];
    uint64_t deadline = espy_link_now_ms(f->inner) + timeout_ms;
    while (f->held_size == 0) {
        uint64_t now = espy_link_now_ms(f->inner);
        size_t n;
        espy_status st =
            espy_link_read(f->inner, raw, sizeof raw, now < deadline ? (uint32_t)(deadline - now) : 0, &n, err);
        if (st != ESPY_OK)
            return st;
        f->held_size = distort(f, true, &f->received, f->held, raw, n);
        if (n == 0 || (f->held_size == 0 && timeout_ms == 0))
            break;
    }
    *got = f->held_size < cap ? f->held_size : cap;
    memcpy(bytes, f->held, *got);
    f->held_size -= *got;
    memmove(f->held, f->held + *got, f->held_size);
    return ESPY_OK;
}

static espy_status fault_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    return espy_link_set_lines(((fault_link *)self)->inner, dtr, rts, err);
}

static espy_status fault_set_baud(void *self, uint32_t baud, espy_err *err)
{
    return espy_link_set_baud(((fault_link *)self)->inner, baud, err);
}

static uint64_t fault_now_ms(void *self)
{
    return espy_link_now_ms(((fault_link *)self)->inner);
}

static espy_status fault_sleep(void *self, uint32_t ms, espy_err *err)
{
    return espy_link_sleep(((fault_link *)self)->inner, ms, err);
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
    *f = (fault_link){.inner = inner, .plan = *plan, .random = plan->seed * 0x9E3779B97F4A7C15u + 1};
    f->link = (espy_link){.ops = &ops, .self = f, .name = "faulty", .has_lines = inner->has_lines};
}

void fault_link_free(fault_link *f)
{
    free(f->scratch);
}
