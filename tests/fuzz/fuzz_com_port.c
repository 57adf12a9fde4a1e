/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: what an RFC 2217 client sends.  Cut in two anywhere, the stream must do the
 * same to the port and give the same answers.
 */
#include "../../src/emu/port/com_port.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct outcome {
    espy_com_port port;
    espy_buf done; /* what was done, a byte of name and its arguments each */
    espy_buf out;
} outcome;

static void note(void *self, const uint8_t *bytes, size_t n)
{
    outcome *o = self;
    if (espy_buf_append(&o->done, bytes, n, NULL) != ESPY_OK)
        abort();
}

static void on_data(void *self, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        note(self, (const uint8_t[]){'d', bytes[i]}, 2);
}

static void on_baud(void *self, uint32_t baud)
{
    if (baud == 0)
        abort();
    note(self, (const uint8_t[]){'b', (uint8_t)baud, (uint8_t)(baud >> 24)}, 3);
}

static void on_frame(void *self, const espy_com_frame *f)
{
    if (f->data_size < 5 || f->data_size > 8 || f->parity < 1 || f->parity > 3 || f->stop_size < 1 || f->stop_size > 3)
        abort();
    note(self, (const uint8_t[]){'f', f->data_size, f->parity, f->stop_size}, 4);
}

static void on_lines(void *self, bool dtr, bool rts)
{
    note(self, (const uint8_t[]){'l', dtr, rts}, 3);
}

static void on_break(void *self, bool on)
{
    note(self, (const uint8_t[]){'k', on}, 2);
}

static void on_purge(void *self, bool received, bool sent)
{
    note(self, (const uint8_t[]){'p', received, sent}, 3);
}

static const espy_com_port_ops ops = {on_data, on_baud, on_frame, on_lines, on_break, on_purge};

static void take(outcome *o, const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, n);
    if (espy_com_port_take(&o->port, copy, n, &o->out, NULL) != ESPY_OK)
        abort();
    free(copy);
}

static bool same(const espy_buf *a, const espy_buf *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

static void run(outcome *o, const uint8_t *bytes, size_t n, size_t cut)
{
    *o = (outcome){.port = {.ops = &ops, .self = o, .baud = 115200, .frame = {8, 1, 1}}};
    if (espy_com_port_hello(&o->port, &o->out, NULL) != ESPY_OK)
        abort();
    take(o, bytes, cut);
    take(o, bytes + cut, n - cut);
}

static void release(outcome *o)
{
    espy_buf_free(&o->done);
    espy_buf_free(&o->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    outcome whole, parts;
    run(&whole, bytes, n, n);
    run(&parts, bytes, n, n == 0 ? 0 : bytes[0] % n);
    if (!same(&whole.done, &parts.done) || !same(&whole.out, &parts.out))
        abort();
    release(&whole);
    release(&parts);
    return 0;
}
