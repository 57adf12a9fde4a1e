/* SPDX-License-Identifier: MIT
 *
 * `espy up`: the closing report for a person.
 */
#include "up.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One line: its name dim where stdout takes colours. */
ESPY_PRINTF(2, 3) static void row(const char *name, const char *fmt, ...)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    va_list args;
    printf("  %s%-8s%s ", color ? "\x1b[2m" : "", name, color ? "\x1b[0m" : "");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

static void head(const espy_up *up)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    char port[64];
    printf("%s%s %s is running on %s%s\n\n", color ? "\x1b[1;32m" : "",
           strcmp(up->proof.name, "micropython") == 0 ? "MicroPython" : up->proof.name, up->proof.version,
           espy_board_port_name(up->board.link, port, sizeof port), color ? "\x1b[0m" : "");
}

/* What esptool's names of makers mean. */
static const char *psram_maker(const char *vendor)
{
    if (strcmp(vendor, "AP_3v3") == 0)
        return "AP Memory at 3.3 V";
    return strcmp(vendor, "AP_1v8") == 0 ? "AP Memory at 1.8 V" : vendor;
}

static void board_rows(const espy_up *up)
{
    const espy_board *b = &up->board.info;
    char module[48], flash[32], psram[32], used[48] = "";
    row("chip", "%s (%s) revision %u.%u, MAC %02x:%02x:%02x:%02x:%02x:%02x", b->chip, b->package, b->revision_major,
        b->revision_minor, b->mac[0], b->mac[1], b->mac[2], b->mac[3], b->mac[4], b->mac[5]);
    if (espy_board_module(b, module, sizeof module)[0] != '\0')
        row("module", "like an %s", module);
    espy_size_text(b->flash.size, flash, sizeof flash);
    if (up->proof.flash_size == b->flash.size)
        snprintf(used, sizeof used, ", all of it in use");
    else if (up->proof.flash_size == 0)
        snprintf(used, sizeof used, ", none of it usable from Python");
    else
        snprintf(used, sizeof used, ", %s of it in use", espy_size_text(up->proof.flash_size, psram, sizeof psram));
    row("flash", "%s %s, %s (id %02x %02x %02x)%s", flash, espy_width_name(b->flash.width), b->flash.vendor,
        b->flash.id & 0xFFu, b->flash.id >> 8 & 0xFFu, b->flash.id >> 16 & 0xFFu, used);
    if (b->psram.size > 0)
        row("PSRAM", "%s %s%s%s", espy_size_text(b->psram.size, psram, sizeof psram), espy_width_name(b->psram.width),
            b->psram.vendor[0] != '\0' ? ", " : "", psram_maker(b->psram.vendor));
    else
        row("PSRAM", "none in the package");
}

static void image_row(const espy_up *up)
{
    char size[32], from[32], to[32], fit[96] = "";
    if (up->fit.changed)
        snprintf(fit, sizeof fit, ", fitted from %s to %s", espy_size_text(up->fit.old_flash_size, from, sizeof from),
                 espy_size_text(up->fit.image.flash_size, to, sizeof to));
    row("image", "%s, %s%s", espy_up_file_name(up), espy_size_text(up->image.size, size, sizeof size), fit);
}

static void python_rows(const espy_up *up)
{
    char memory[32], files[32], left[32];
    row("memory", "%s free for Python (gc.mem_free() is %llu)",
        espy_size_text(up->proof.mem_free, memory, sizeof memory), (unsigned long long)up->proof.mem_free);
    if (up->proof.fs_bytes > 0)
        row("files", "%s on /, %s free%s", espy_size_text(up->proof.fs_bytes, files, sizeof files),
            espy_size_text(up->proof.fs_free, left, sizeof left),
            up->proof.fs_works ? "; a file was written and read back" : "");
    if (up->proof.warning[0] != '\0')
        row("files", "%s", up->proof.warning);
}

static void time_row(const espy_up *up)
{
    const espy_up_seconds *s = &up->seconds;
    row("time", "connect %.1f s, erase %.1f, write %.1f, verify %.1f, boot %.1f; %.1f s in all", s->connect, s->erase,
        s->write, s->verify, s->boot, s->total);
}

void espy_up_report(const espy_up *up)
{
    espy_say(up->cli, "\n");
    head(up);
    board_rows(up);
    python_rows(up);
    image_row(up);
    time_row(up);
    if (!up->repl)
        printf("\n%s\nType \"help()\" for more information.\n>>>\n", up->proof.banner);
    fflush(stdout);
}
