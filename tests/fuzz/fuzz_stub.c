/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: a stub that answers every request with frames whose CRC is right and
 * whose contents are the input's.  For each frame the input gives: how it differs from an
 * answer to the last request, its status, the size of its payload, the payload.  Reading
 * and writing through it must end, with success or with a sentence.
 */
#include "../../src/base/bytes.h"
#include "../../src/flasher/flasher.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { OTHER_OP = 1, OTHER_TAG = 2, ANY_SESSION = 4, ONE_MORE = 8 };

typedef struct player {
    const uint8_t *bytes;
    size_t n;
    espy_slip slip;
    uint8_t request[ESPY_STUB_FRAME_MAX];
    uint8_t answer[65536];
    size_t size;
    uint64_t now_ms;
} player;

static uint8_t take(player *p)
{
    if (p->n == 0)
        return 0;
    p->n--;
    return *p->bytes++;
}

/* One frame from the input; true where another shall follow. */
static bool make_frame(player *p)
{
    uint8_t frame[512] = {p->request[0] | ESPY_STUB_REPLY, 0, p->request[2], p->request[3]}, how = take(p);
    if (how & OTHER_OP)
        frame[0] = take(p) | ESPY_STUB_REPLY;
    if (how & OTHER_TAG)
        frame[2] = take(p);
    frame[1] = take(p);
    size_t n = take(p);
    for (size_t i = 0; i < n; i++)
        frame[ESPY_STUB_HEADER + i] = take(p);
    if (!(how & ANY_SESSION) && n >= 4)
        put_le32(frame + ESPY_STUB_HEADER, 1);
    put_le32(frame + ESPY_STUB_HEADER + n, espy_stub_crc(0, frame, ESPY_STUB_HEADER + n));
    if (p->size + ESPY_SLIP_MAX(sizeof frame) > sizeof p->answer)
        return false;
    p->size += espy_slip_encode(p->answer + p->size, frame, ESPY_STUB_HEADER + n + ESPY_STUB_CRC);
    return how & ONE_MORE && p->n > 0;
}

static espy_status listen(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    player *p = self;
    (void)err;
    for (size_t i = 0; i < n; i++)
        if (espy_slip_feed(&p->slip, bytes[i]) == ESPY_SLIP_FRAME && p->slip.size >= ESPY_STUB_HEADER)
            while (p->n > 0 && make_frame(p))
                continue;
    return ESPY_OK;
}

static espy_status speak(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    player *p = self;
    (void)err;
    *got = p->size < cap ? p->size : cap;
    memcpy(bytes, p->answer, *got);
    p->size -= *got;
    memmove(p->answer, p->answer + *got, p->size);
    p->now_ms += *got > 0 ? 1 : timeout_ms;
    return ESPY_OK;
}

static espy_status move_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    (void)self, (void)dtr, (void)rts, (void)err;
    return ESPY_OK;
}

static espy_status take_baud(void *self, uint32_t baud, espy_err *err)
{
    (void)self, (void)baud, (void)err;
    return ESPY_OK;
}

static uint64_t now(void *self)
{
    return ((player *)self)->now_ms;
}

static espy_status wait(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    ((player *)self)->now_ms += ms;
    return ESPY_OK;
}

static const espy_link_ops ops = {
    .read = speak, .write = listen, .set_lines = move_lines, .set_baud = take_baud, .now_ms = now, .sleep = wait};

static espy_status work(espy_flasher *flasher, espy_err *err)
{
    static const uint8_t image[9000] = {0xE9, 3, 2, 0x3F};
    const espy_flash_part parts[] = {{0, sizeof image, image}, {0x10000, 0x2000, NULL}};
    uint8_t bytes[5000];
    espy_status st = espy_flasher_read(flasher, 0x8000, bytes, sizeof bytes, err);
    return st == ESPY_OK ? espy_flasher_write(flasher, parts, 2, err) : st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static player p;
    p = (player){.bytes = bytes, .n = n};
    espy_slip_init(&p.slip, p.request, sizeof p.request);
    espy_link link = {.ops = &ops, .self = &p, .name = "fuzz"};
    espy_flasher *flasher;
    espy_err err = {0};
    if (espy_flasher_new(&flasher, &link, NULL, &err) != ESPY_OK)
        return 0;
    flasher->identified = flasher->stub.running = true;
    flasher->flash_size = 4 << 20;
    flasher->baud = flasher->top_baud = 115200;
    flasher->config.attempts = 1;
    if (work(flasher, &err) != err.status || (err.status != ESPY_OK && err.text[0] == '\0'))
        abort();
    espy_flasher_free(flasher);
    return 0;
}
