/* SPDX-License-Identifier: MIT
 *
 * A guess at the module's name.  Espressif writes N and the flash's megabytes, R
 * and the PSRAM's, and V for 1.8 V, which octal flash takes; modules with octal
 * flash are WROOM-2 (module data sheets, "Ordering Information").  Which one
 * it really is, chip and flash cannot tell: a MINI-1 or another maker's board
 * may hold the same.
 */
#include "board.h"

#include <stdio.h>

static const struct {
    uint32_t flash_mb, psram_mb;
    bool octal_flash;
} made[] = {
    {4, 0, false}, {8, 0, false}, {16, 0, false}, {4, 2, false}, {8, 2, false}, {16, 2, false},
    {4, 8, false}, {8, 8, false}, {16, 8, false}, {16, 8, true}, {32, 8, true}, {32, 16, true},
};

const char *espy_board_module(const espy_board *board, char *text, size_t cap)
{
    uint32_t flash = board->flash.size >> 20, psram = board->psram.size >> 20;
    bool octal = board->flash.width == ESPY_WIDTH_OCTAL;
    char ram[12] = "";
    text[0] = '\0';
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        if (made[i].flash_mb != flash || made[i].psram_mb != psram || made[i].octal_flash != octal)
            continue;
        if (psram > 0)
            snprintf(ram, sizeof ram, "R%u", psram);
        snprintf(text, cap, "ESP32-S3-WROOM-%d-N%u%s%s", octal ? 2 : 1, flash, ram, octal ? "V" : "");
    }
    return text;
}
