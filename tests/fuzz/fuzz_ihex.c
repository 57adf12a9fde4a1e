/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: Intel HEX files.  What was read is written, and read again.
 */
#include "../../src/image/ihex.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    espy_pieces pieces = {0}, again = {0};
    espy_buf out = {0};
    (void)espy_ihex_is(bytes, size);
    if (espy_ihex_read(&pieces, bytes, size, NULL) == ESPY_OK) {
        if (espy_ihex_write(&out, &pieces, NULL) != ESPY_OK ||
            espy_ihex_read(&again, out.bytes, out.size, NULL) != ESPY_OK || again.count != pieces.count)
            abort();
        for (size_t i = 0; i < pieces.count; i++)
            if (pieces.piece[i].addr != again.piece[i].addr || pieces.piece[i].data.size != again.piece[i].data.size ||
                memcmp(pieces.piece[i].data.bytes, again.piece[i].data.bytes, again.piece[i].data.size) != 0)
                abort();
    }
    espy_buf_free(&out);
    espy_pieces_free(&pieces);
    espy_pieces_free(&again);
    return 0;
}
