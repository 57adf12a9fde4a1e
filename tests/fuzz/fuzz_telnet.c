/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: what an RFC 2217 server sends.  Cut in two anywhere, the stream must
 * give the same data and the same answers.
 */
#include "../../src/link/telnet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct outcome {
    espy_telnet telnet;
    uint8_t *data;
    size_t size;
} outcome;

static outcome take(const uint8_t *bytes, size_t n, size_t cut)
{
    outcome o = {.data = malloc(n + 1)};
    size_t first = 0, second = 0;
    if (o.data == NULL)
        abort();
    memcpy(o.data, bytes, n);
    if (espy_telnet_take(&o.telnet, o.data, cut, &first, NULL) != ESPY_OK ||
        espy_telnet_take(&o.telnet, o.data + cut, n - cut, &second, NULL) != ESPY_OK)
        abort();
    memmove(o.data + first, o.data + cut, second);
    o.size = first + second;
    return o;
}

static bool same(const outcome *a, const outcome *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0 && a->telnet.answers == b->telnet.answers &&
           a->telnet.reply.size == b->telnet.reply.size &&
           (a->telnet.reply.size == 0 ||
            memcmp(a->telnet.reply.bytes, b->telnet.reply.bytes, a->telnet.reply.size) == 0);
}

static void release(outcome *o)
{
    espy_buf_free(&o->telnet.reply);
    free(o->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    outcome whole = take(bytes, n, n), parts = take(bytes, n, n == 0 ? 0 : bytes[0] % n);
    if (!same(&whole, &parts))
        abort();
    release(&whole);
    release(&parts);
    return 0;
}
