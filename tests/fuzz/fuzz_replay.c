/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: any text as a wire log.  A log that is taken can be played to its end,
 * whatever is sent, on a clock that does not go back.
 */
#include "../../src/link/transport.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    espy_link *link;
    espy_err err = {0};
    espy_status st = espy_replay_parse(&link, "replay:fuzz", (const char *)bytes, n, NULL, &err);
    if (st != err.status || (st != ESPY_OK && st != ESPY_E_FORMAT))
        abort();
    if (st != ESPY_OK)
        return 0;
    uint64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t back[3];
        size_t got = 0;
        espy_link_write(link, bytes + i, 1, NULL);
        espy_link_read(link, back, sizeof back, bytes[i] * 1000u, &got, NULL);
        if (got > sizeof back || espy_link_now_ms(link) < before)
            abort();
        before = espy_link_now_ms(link);
    }
    espy_link_close(link);
    return 0;
}
