/* SPDX-License-Identifier: MIT
 *
 * Writes an image to a virtual board as `espy up` does, fitted to its flash, until the
 * power goes away.  Usage: powercut SPEC IMAGE BYTES off|reset, where SPEC is what
 * follows "emu:" and BYTES is how many bytes reach the board; then it is off for good,
 * or reset and left alone for a second.  With BYTES 0 nothing happens to it, and the
 * commands that erase, begin to write, or verify are printed as OPCODE and the number of
 * bytes before them, and at the end "0" and the number of all.
 */
#include "espy/flasher.h"
#include "espy/image.h"
#include "espy/machine.h"

#include "../../src/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct cutter {
    espy_link link;
    espy_link *board;
    unsigned long sent, cut; /* 0: never */
    bool reset;
} cutter;

/* The stub's ERASE, BEGIN, END and DIGESTS (stub/PROTOCOL.md); a frame for the ROM has 0
 * in place of the op. */
static bool is_point(const uint8_t *frame, size_t n)
{
    return n > 2 && frame[0] == 0xC0 && (frame[1] == 0x50 || frame[1] == 0x51 || frame[1] == 0x53 || frame[1] == 0x55);
}

static espy_status dark(const cutter *c, espy_err *err)
{
    bool off = c->cut != 0 && c->sent >= c->cut;
    return off ? espy_fail(err, ESPY_E_IO, "the power is off") : ESPY_OK;
}

/* The board's EN is pressed; what its flash holds by then is what starts. */
static void press_reset(espy_link *board)
{
    espy_link_set_lines(board, false, true, NULL);
    espy_link_sleep(board, 50, NULL);
    espy_link_set_lines(board, false, false, NULL);
    espy_link_sleep(board, 1000, NULL);
}

static espy_status cut_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    cutter *c = self;
    espy_status st = dark(c, err);
    if (st != ESPY_OK)
        return st;
    if (c->cut == 0 && is_point(bytes, n))
        printf("%u %lu\n", bytes[1], c->sent);
    bool last = c->cut != 0 && n >= c->cut - c->sent;
    size_t through = last ? c->cut - c->sent : n;
    c->sent += through;
    st = espy_link_write(c->board, bytes, through, err);
    if (last && c->reset)
        press_reset(c->board);
    return st;
}

static espy_status cut_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    cutter *c = self;
    espy_status st = dark(c, err);
    return st == ESPY_OK ? espy_link_read(c->board, bytes, cap, timeout_ms, got, err) : st;
}

static espy_status cut_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    cutter *c = self;
    espy_status st = dark(c, err);
    return st == ESPY_OK ? espy_link_set_lines(c->board, dtr, rts, err) : st;
}

static espy_status cut_set_baud(void *self, uint32_t baud, espy_err *err)
{
    return espy_link_set_baud(((cutter *)self)->board, baud, err);
}

static uint64_t cut_now(void *self)
{
    return espy_link_now_ms(((cutter *)self)->board);
}

static espy_status cut_sleep(void *self, uint32_t ms, espy_err *err)
{
    return espy_link_sleep(((cutter *)self)->board, ms, err);
}

static const espy_link_ops ops = {
    .read = cut_read,
    .write = cut_write,
    .set_lines = cut_set_lines,
    .set_baud = cut_set_baud,
    .now_ms = cut_now,
    .sleep = cut_sleep,
};

static espy_status work(espy_flasher *flasher, const espy_image *image, espy_err *err)
{
    espy_board board;
    espy_fit fit;
    size_t n;
    espy_flash_part parts[ESPY_IMAGE_PARTS_MAX];
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, err);
    if (st == ESPY_OK)
        st = espy_image_fit(&fit, image, board.flash.size, err);
    if (st != ESPY_OK)
        return st;
    st = espy_flasher_image_parts(flasher, &fit.image, parts, &n, err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, parts, n, err);
    espy_fit_free(&fit);
    return st;
}

static espy_status run(char **argv, cutter *c, espy_err *err)
{
    static espy_image image;
    espy_buf file = {0};
    espy_flasher *flasher = NULL;
    espy_status st = espy_buf_read_file(&file, argv[2], err);
    if (st == ESPY_OK)
        st = espy_image_parse(&image, file.bytes, file.size, err);
    if (st == ESPY_OK)
        st = espy_emu_link_open(&c->board, argv[1], NULL, err);
    if (st == ESPY_OK)
        st = espy_flasher_new(&flasher, &c->link, NULL, err);
    if (st == ESPY_OK)
        st = work(flasher, &image, err);
    espy_flasher_free(flasher);
    espy_link_close(c->board);
    espy_buf_free(&file);
    return st;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    cutter c = {.cut = strtoul(argv[3], NULL, 10), .reset = strcmp(argv[4], "reset") == 0};
    c.link = (espy_link){.ops = &ops, .self = &c, .name = "cut", .has_lines = true};
    espy_err err = {0};
    espy_status st = run(argv, &c, &err);
    if (c.cut == 0)
        printf("0 %lu\n", c.sent);
    if (st != ESPY_OK)
        fprintf(stderr, "%s\n", err.text);
    return (int)st;
}
