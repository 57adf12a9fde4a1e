/* SPDX-License-Identifier: MIT
 *
 * A board, told; see the header.  JSON keys never change their meaning; new ones may come.
 */
#include "board_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void espy_report_row(const char *name, const char *fmt, ...)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    va_list args;
    printf("  %s%-8s%s ", color ? "\x1b[2m" : "", name, color ? "\x1b[0m" : "");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

/* What esptool's names of makers mean. */
static const char *psram_maker(const char *vendor)
{
    if (strcmp(vendor, "AP_3v3") == 0)
        return "AP Memory at 3.3 V";
    return strcmp(vendor, "AP_1v8") == 0 ? "AP Memory at 1.8 V" : vendor;
}

static void flash_row(const espy_board *b, const char *after)
{
    char size[32];
    if (b->flash.size == 0)
        espy_report_row("flash", "none that answers (id %02x %02x %02x)%s", b->flash.id & 0xFFu,
                        b->flash.id >> 8 & 0xFFu, b->flash.id >> 16 & 0xFFu, after);
    else
        espy_report_row("flash", "%s %s, %s (id %02x %02x %02x)%s", espy_size_text(b->flash.size, size, sizeof size),
                        espy_width_name(b->flash.width), b->flash.vendor, b->flash.id & 0xFFu, b->flash.id >> 8 & 0xFFu,
                        b->flash.id >> 16 & 0xFFu, after);
}

void espy_report_board(const espy_board *board, const char *after_flash)
{
    const espy_board *b = board;
    char module[48], psram[32];
    if (b->secure_download) {
        espy_report_row("chip", "%s, in secure download mode, which tells no more", b->chip);
        return;
    }
    espy_report_row("chip", "%s (%s) revision %u.%u, MAC %02x:%02x:%02x:%02x:%02x:%02x", b->chip, b->package,
                    b->revision_major, b->revision_minor, b->mac[0], b->mac[1], b->mac[2], b->mac[3], b->mac[4],
                    b->mac[5]);
    if (espy_board_module(b, module, sizeof module)[0] != '\0')
        espy_report_row("module", "like an %s", module);
    flash_row(b, after_flash);
    if (b->psram.size > 0)
        espy_report_row("PSRAM", "%s %s%s%s", espy_size_text(b->psram.size, psram, sizeof psram),
                        espy_width_name(b->psram.width), b->psram.vendor[0] != '\0' ? ", " : "",
                        psram_maker(b->psram.vendor));
    else
        espy_report_row("PSRAM", "none in the package");
}

/* "quad", "octal", or null where there is no such memory. */
static const char *mode(espy_width width)
{
    return width == ESPY_WIDTH_NONE ? NULL : espy_width_name(width);
}

static void json_flash(cJSON *chip, const espy_board *b)
{
    static const char *const voltages[] = {
        [ESPY_SUPPLY_3V3] = "3.3", [ESPY_SUPPLY_1V8] = "1.8", [ESPY_SUPPLY_OFF] = "off"};
    char id[8];
    cJSON *flash = espy_json_object(chip, "flash");
    /* Manufacturer first, as data sheets print the answer to command 9Fh. */
    snprintf(id, sizeof id, "%02x%02x%02x", b->flash.id & 0xFFu, b->flash.id >> 8 & 0xFFu, b->flash.id >> 16 & 0xFFu);
    espy_json_number(flash, "size", b->flash.size);
    espy_json_string(flash, "id", id);
    espy_json_string(flash, "vendor", b->flash.vendor);
    espy_json_string(flash, "mode", mode(b->flash.width));
    espy_json_string(flash, "voltage", voltages[b->flash.supply]);
}

static void json_psram(cJSON *chip, const espy_board *b)
{
    cJSON *psram = espy_json_object(chip, "psram");
    espy_json_number(psram, "size", b->psram.size);
    espy_json_string(psram, "mode", b->psram.size > 0 ? mode(b->psram.width) : NULL);
    espy_json_string(psram, "vendor", b->psram.vendor);
}

void espy_json_board(cJSON *root, const espy_board *board)
{
    const espy_board *b = board;
    char revision[16] = "", mac[20] = "", module[48] = "";
    cJSON *chip = espy_json_object(root, "chip");
    if (!b->secure_download) {
        snprintf(revision, sizeof revision, "%u.%u", b->revision_major, b->revision_minor);
        snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", b->mac[0], b->mac[1], b->mac[2], b->mac[3],
                 b->mac[4], b->mac[5]);
        espy_board_module(b, module, sizeof module);
    }
    espy_json_string(chip, "name", b->chip);
    espy_json_string(chip, "package", b->secure_download ? NULL : b->package);
    espy_json_string(chip, "revision", revision);
    espy_json_string(chip, "mac", mac);
    espy_json_string(chip, "module", module);
    if (b->secure_download) {
        cJSON_AddNullToObject(chip, "flash");
        cJSON_AddNullToObject(chip, "psram");
        return;
    }
    json_flash(chip, b);
    json_psram(chip, b);
}
