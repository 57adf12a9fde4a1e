/* SPDX-License-Identifier: MIT
 *
 * `espy info`, for a person.
 */
#include "info.h"

#include "board_report.h"
#include "security_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void head(const char *text)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    printf("%s%s%s\n\n", color ? "\x1b[1m" : "", text, color ? "\x1b[0m" : "");
}

/* ---- the chip ---------------------------------------------------------------------------- */

static void board_rows(const espy_info *info)
{
    static const char *const supplies[] = {
        [ESPY_SUPPLY_PIN] = ", its supply set by GPIO45",
        [ESPY_SUPPLY_3V3] = ", 3.3 V by eFuse",
        [ESPY_SUPPLY_1V8] = ", 1.8 V by eFuse",
        [ESPY_SUPPLY_OFF] = ", its supply from outside by eFuse",
    };
    espy_report_board(&info->board.info, supplies[info->board.info.flash.supply]);
    espy_report_row("crystal", "40 MHz, as every ESP32-S3 has it");
}

/* Adds to a list with commas. */
static void list(char *text, size_t cap, const char *item)
{
    size_t n = strlen(text);
    snprintf(text + n, cap - n, "%s%s", n > 0 ? ", " : "", item);
}

static void security_rows(const espy_info *info)
{
    char locks[200] = "", keys[300] = "", key[64];
    const espy_security *s = &info->security;
    for (size_t i = 0; espy_security_flags[i].name != NULL; i++)
        if (espy_security_has(s, &espy_security_flags[i]))
            list(locks, sizeof locks, espy_security_flags[i].text);
    for (unsigned i = 0; i < ESPY_INFO_KEYS; i++)
        if (s->key_purpose[i] != 0) {
            snprintf(key, sizeof key, "%u %s", i, espy_key_purpose_name(s->key_purpose[i]));
            list(keys, sizeof keys, key);
        }
    espy_report_row("locks", "%s", locks[0] != '\0' ? locks : "none: neither secure boot nor flash encryption");
    espy_report_row("keys", "%s", keys[0] != '\0' ? keys : "none has a purpose");
}

/* ---- the firmware -------------------------------------------------------------------------- */

static void loader_row(const espy_survey *s)
{
    char size[32];
    const char *freq = espy_image_freq_name(s->boot.chip_id, s->boot.spi_freq);
    size_t digits = strspn(freq, "0123456789"); /* "80m", as esptool calls it */
    if (s->bootloader != ESPY_CONTENT_FOUND)
        return;
    espy_report_row("loader", "a bootloader for %s of flash, %s, %.*s MHz%s%s",
                    espy_size_text(s->boot.flash_size, size, sizeof size), espy_image_mode_name(s->boot.spi_mode),
                    (int)digits, freq, s->boot.idf[0] != '\0' ? ", ESP-IDF " : "", s->boot.idf);
}

static void boots_rows(const espy_info *info)
{
    const espy_survey *s = &info->survey;
    char text[100];
    if (s->boots == NULL || s->bootloader != ESPY_CONTENT_FOUND) {
        espy_report_row("boots", "nothing");
        return;
    }
    const espy_partition *row = &s->rows.row[s->boots->row];
    const espy_binary *b = &s->boots->binary;
    espy_report_row("boots", "%s, from %s at 0x%x%s", espy_info_holds(info, s->boots->row, text, sizeof text),
                    row->label, (unsigned)row->addr, s->by_entry >= 0 ? ", as otadata chooses" : "");
    if (s->micropython.machine[0] != '\0')
        espy_report_row("", "%s", s->micropython.machine);
    if (b->idf[0] != '\0')
        espy_report_row("built", "%s with ESP-IDF %s", b->built, b->idf);
}

static void files_row(const espy_survey *s)
{
    char room[32], size[40] = "", held[32];
    if (!s->has_fs)
        return;
    if (s->fs.size > 0 && s->fs.size != s->fs_row.size)
        snprintf(size, sizeof size, " of %s", espy_size_text(s->fs.size, held, sizeof held));
    espy_report_row("files", "%s%s in %s, %s at 0x%x", s->fs_read ? espy_fs_name(s->fs.kind) : "not read", size,
                    s->fs_row.label, espy_size_text(s->fs_row.size, room, sizeof room), (unsigned)s->fs_row.addr);
}

static void otadata_row(const espy_survey *s)
{
    char text[100] = "", entry[40];
    for (unsigned i = 0; i < 2 && s->has_otadata; i++) {
        if (s->ota[i].blank)
            snprintf(entry, sizeof entry, "blank");
        else if (!s->ota[i].valid)
            snprintf(entry, sizeof entry, "not valid");
        else
            snprintf(entry, sizeof entry, "%u %s", (unsigned)s->ota[i].seq, espy_ota_state_name(s->ota[i].state));
        list(text, sizeof text, entry);
    }
    if (s->has_otadata)
        espy_report_row("otadata", "%s", text);
}

static void table(const espy_info *info)
{
    const espy_survey *s = &info->survey;
    if (s->table_content != ESPY_CONTENT_FOUND)
        return;
    printf("\n  %-16s  %-10s  %8s  %-14s  %s\n", "Partition", "Address", "Size", "Type", "Holds");
    for (size_t i = 0; i < s->rows.count; i++) {
        const espy_partition *p = &s->rows.row[i];
        char size[32], type[24], holds[100];
        const char *held = espy_info_holds(info, i, holds, sizeof holds);
        printf("  %-16s  0x%08x  %8s  %-*s%s\n", p->label, (unsigned)p->addr,
               espy_size_text(p->size, size, sizeof size), held[0] != '\0' ? 16 : 0,
               espy_partition_type_name(p, type, sizeof type), held);
    }
}

static void problem_rows(const espy_info *info)
{
    for (size_t i = 0; i < info->problem_count; i++) {
        const char *text = info->problems[i];
        espy_report_row("note", "%c%s", toupper((unsigned char)text[0]), text + 1);
    }
}

void espy_info_report(const espy_info *info)
{
    char port[64], text[120];
    espy_board_port_name(info->board.link, port, sizeof port);
    snprintf(text, sizeof text, "%s on %s", info->board.info.chip, port);
    espy_say(info->board.cli, "\n");
    head(text);
    board_rows(info);
    security_rows(info);
    printf("\n");
    head("Firmware");
    if (info->unreadable != NULL) {
        espy_report_row("boots", "unknown: %s", info->unreadable);
    } else {
        boots_rows(info);
        loader_row(&info->survey);
        otadata_row(&info->survey);
        files_row(&info->survey);
        problem_rows(info);
        table(info);
    }
    fflush(stdout);
}
