/* SPDX-License-Identifier: MIT
 *
 * Prints the names of the mask ROM's functions that the built-in ROM has.
 */
#include "../../src/emu/rom/builtin.h"

#include <stdio.h>

static const struct {
    uint32_t call;
    const char *name;
} names[] = {
#define ROM(call, code, name) {call, #name},
#include "../../src/emu/rom/names.inc"
#undef ROM
};

int main(void)
{
    static uint8_t image[ESPY_ROM_SIZE];
    espy_builtin_rom rom;
    if (espy_builtin_rom_init(&rom, image, NULL, NULL, NULL, NULL) != ESPY_OK)
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (espy_builtin_rom_function(&rom, names[i].call) != NULL)
            printf("%s\n", names[i].name);
    espy_builtin_rom_free(&rom);
    return 0;
}
