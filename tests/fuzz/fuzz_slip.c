/* SPDX-License-Identifier: MIT
 *
 * Fuzz harness: bytes from a board through the SLIP decoder and the reply decoder.
 * Whatever frame comes out must survive a round trip.
 */
#include "espy/loader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void round_trip(const uint8_t *frame, size_t n)
{
    uint8_t wire[ESPY_SLIP_MAX(ESPY_LOADER_FRAME_MAX)], back[ESPY_LOADER_FRAME_MAX];
    size_t size = espy_slip_encode(wire, frame, n);
    espy_slip slip;
    espy_slip_init(&slip, back, sizeof back);
    for (size_t i = 0; i + 1 < size; i++)
        if (espy_slip_feed(&slip, wire[i]) != ESPY_SLIP_MORE)
            abort();
    if (espy_slip_feed(&slip, wire[size - 1]) != ESPY_SLIP_FRAME || slip.size != n || memcmp(back, frame, n) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t buf[ESPY_LOADER_FRAME_MAX];
    espy_slip slip;
    espy_slip_init(&slip, buf, sizeof buf);
    for (size_t i = 0; i < n; i++) {
        if (espy_slip_feed(&slip, bytes[i]) != ESPY_SLIP_FRAME)
            continue;
        round_trip(buf, slip.size);
        espy_loader_reply reply;
        if (espy_loader_reply_parse(&reply, buf, slip.size, ESPY_LOADER_ROM_STATUS) && reply.size > slip.size)
            abort();
    }
    return 0;
}
