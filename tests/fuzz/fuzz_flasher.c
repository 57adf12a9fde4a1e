/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: a board that answers every request with the next frame of the input,
 * whatever that is.  The flasher must end, with success or with a sentence.
 */
#include "espy/flasher.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct player {
    const uint8_t *bytes;
    size_t n;
    size_t open; /* bytes of the frame that the last request has earned */
    uint64_t now_ms;
} player;

static espy_status play(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    player *p = self;
    (void)err;
    *got = p->open < cap ? p->open : cap;
    memcpy(bytes, p->bytes, *got);
    p->bytes += *got;
    p->n -= *got;
    p->open -= *got;
    p->now_ms += *got > 0 ? 1 : timeout_ms;
    return ESPY_OK;
}

/* A frame goes from its first to its second END. */
static espy_status earn(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    player *p = self;
    (void)bytes, (void)n, (void)err;
    const uint8_t *first = memchr(p->bytes, 0xC0, p->n), *second = NULL;
    if (first != NULL)
        second = memchr(first + 1, 0xC0, p->n - (size_t)(first + 1 - p->bytes));
    p->open = second != NULL ? (size_t)(second + 1 - p->bytes) : p->n;
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
    .read = play, .write = earn, .set_lines = move_lines, .set_baud = take_baud, .now_ms = now, .sleep = wait};

static espy_status work(espy_flasher *flasher, espy_err *err)
{
    static const uint8_t image[5000] = {0xE9, 3, 2, 0x3F};
    const espy_flash_part part = {0, sizeof image, image};
    uint8_t bytes[100];
    espy_board board;
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, &part, 1, err);
    if (st == ESPY_OK)
        st = espy_flasher_read(flasher, 0x8000, bytes, sizeof bytes, err);
    return st == ESPY_OK ? espy_flasher_reset(flasher, err) : st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    player p = {.bytes = bytes, .n = n};
    espy_link link = {.ops = &ops, .self = &p, .name = "fuzz", .has_lines = true};
    espy_flasher *flasher;
    espy_err err = {0};
    if (espy_flasher_new(&flasher, &link, &(espy_flasher_config){.no_stub = true}, &err) != ESPY_OK)
        return 0;
    if (work(flasher, &err) != err.status || (err.status != ESPY_OK && err.text[0] == '\0'))
        abort();
    espy_flasher_free(flasher);
    return 0;
}
