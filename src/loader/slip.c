/* SPDX-License-Identifier: MIT
 *
 * SLIP (RFC 1055) with an END at both ends of a frame, as the loader protocol uses
 * it; see espy/loader.h.
 */
#include "espy/loader.h"

enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

size_t espy_slip_encode(uint8_t *out, const uint8_t *bytes, size_t n)
{
    size_t at = 0;
    out[at++] = END;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == END || bytes[i] == ESC) {
            out[at++] = ESC;
            out[at++] = bytes[i] == END ? ESC_END : ESC_ESC;
        } else {
            out[at++] = bytes[i];
        }
    }
    out[at++] = END;
    return at;
}

void espy_slip_init(espy_slip *slip, uint8_t *buf, size_t cap)
{
    *slip = (espy_slip){.buf = buf, .cap = cap, .state = ESPY_SLIP_OUTSIDE};
}

static espy_slip_event drop(espy_slip *slip)
{
    slip->state = ESPY_SLIP_SKIP;
    slip->size = 0;
    return ESPY_SLIP_BAD;
}

static espy_slip_event add(espy_slip *slip, uint8_t byte)
{
    if (slip->size == slip->cap)
        return drop(slip);
    slip->buf[slip->size++] = byte;
    slip->state = ESPY_SLIP_INSIDE;
    return ESPY_SLIP_MORE;
}

/* An END within an escape is the sender's mistake, but still the end of its frame. */
static espy_slip_event end(espy_slip *slip)
{
    bool broken = slip->state == ESPY_SLIP_ESCAPE;
    bool frame = slip->state == ESPY_SLIP_INSIDE && slip->size > 0;
    if (!frame)
        slip->size = 0;
    slip->state = frame ? ESPY_SLIP_DONE : ESPY_SLIP_INSIDE;
    return broken ? ESPY_SLIP_BAD : frame ? ESPY_SLIP_FRAME : ESPY_SLIP_MORE;
}

espy_slip_event espy_slip_feed(espy_slip *slip, uint8_t byte)
{
    if (slip->state == ESPY_SLIP_DONE) {
        slip->state = ESPY_SLIP_INSIDE;
        slip->size = 0;
    }
    if (byte == END)
        return end(slip);
    switch (slip->state) {
    case ESPY_SLIP_INSIDE:
        if (byte != ESC)
            return add(slip, byte);
        slip->state = ESPY_SLIP_ESCAPE;
        return ESPY_SLIP_MORE;
    case ESPY_SLIP_ESCAPE:
        if (byte == ESC_END || byte == ESC_ESC)
            return add(slip, byte == ESC_END ? END : ESC);
        return drop(slip);
    default: return ESPY_SLIP_MORE;
    }
}
