/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: what may follow "emu:" in the name of a port.
 */
#include "../../src/emu/port/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void inside(const char *value, const char *text, size_t n)
{
    if (value != NULL && (value < text || value + strlen(value) > text + n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = calloc(1, n + 1);
    espy_emu_spec spec = {0};
    espy_err err = {0};
    memcpy(text, bytes, n);
    espy_status st = espy_emu_spec_parse(&spec, text, &err);
    if (st != err.status || (st != ESPY_OK && (st != ESPY_E_ARG || err.advice[0] == '\0')))
        abort();
    if (st == ESPY_OK && spec.machine.model == NULL)
        abort();
    inside(spec.machine.rom_path, text, n);
    inside(spec.machine.flash_path, text, n);
    free(text);
    return 0;
}
