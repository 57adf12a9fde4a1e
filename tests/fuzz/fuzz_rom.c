/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: any file as the mask ROM.  What is taken for one carries its name.
 */
#include "../../src/emu/rom/rom.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t image[ESPY_ROM_SIZE];
    espy_err err = {0};
    espy_status st = espy_rom_parse(image, bytes, n, "fuzz", &err);
    if (st != err.status || (st != ESPY_OK && (st != ESPY_E_UNSUPPORTED || err.advice[0] == '\0')))
        abort();
    return 0;
}
