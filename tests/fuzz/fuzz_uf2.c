/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: UF2 files, and the sectors of what they hold.
 */
#include "../../src/image/uf2.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    espy_pieces pieces = {0};
    (void)espy_uf2_is(bytes, size);
    if (espy_uf2_read(&pieces, bytes, size, ESPY_UF2_FAMILY_ESP32S3, NULL) == ESPY_OK) {
        if (espy_pieces_overlap(&pieces, 1) != NULL || espy_pieces_widen(&pieces, 4096, NULL) != ESPY_OK ||
            espy_pieces_overlap(&pieces, 4096) != NULL)
            abort();
    }
    espy_pieces_free(&pieces);
    return 0;
}
