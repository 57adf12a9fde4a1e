/* SPDX-License-Identifier: MIT
 *
 * `espy up`: the closing report for a person.
 */
#include "up.h"

#include "board_report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void head(const espy_up *up)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    char port[64];
    printf("%s%s %s is running on %s%s\n\n", color ? "\x1b[1;32m" : "",
           strcmp(up->proof.name, "micropython") == 0 ? "MicroPython" : up->proof.name, up->proof.version,
           espy_board_port_name(up->board.link, port, sizeof port), color ? "\x1b[0m" : "");
}

static void board_rows(const espy_up *up)
{
    char size[32], used[48];
    if (up->proof.flash_size == up->board.info.flash.size)
        snprintf(used, sizeof used, ", all of it in use");
    else if (up->proof.flash_size == 0)
        snprintf(used, sizeof used, ", none of it usable from Python");
    else
        snprintf(used, sizeof used, ", %s of it in use", espy_size_text(up->proof.flash_size, size, sizeof size));
    espy_report_board(&up->board.info, used);
}

static void image_row(const espy_up *up)
{
    char size[32], from[32], to[32], fit[96] = "";
    if (up->fit.changed)
        snprintf(fit, sizeof fit, ", fitted from %s to %s", espy_size_text(up->fit.old_flash_size, from, sizeof from),
                 espy_size_text(up->fit.image.flash_size, to, sizeof to));
    espy_report_row("image", "%s, %s%s", espy_up_file_name(up), espy_size_text(up->image.size, size, sizeof size), fit);
}

static void python_rows(const espy_up *up)
{
    char memory[32], files[32], left[32];
    espy_report_row("memory", "%s free for Python (gc.mem_free() is %llu)",
                    espy_size_text(up->proof.mem_free, memory, sizeof memory), (unsigned long long)up->proof.mem_free);
    if (up->proof.fs_bytes > 0)
        espy_report_row("files", "%s on /, %s free%s", espy_size_text(up->proof.fs_bytes, files, sizeof files),
                        espy_size_text(up->proof.fs_free, left, sizeof left),
                        up->proof.fs_works ? "; a file was written and read back" : "");
    if (up->proof.warning[0] != '\0')
        espy_report_row("files", "%s", up->proof.warning);
}

static void time_row(const espy_up *up)
{
    const espy_up_seconds *s = &up->seconds;
    espy_report_row("time", "connect %.1f s, erase %.1f, write %.1f, verify %.1f, boot %.1f; %.1f s in all", s->connect,
                    s->erase, s->write, s->verify, s->boot, s->total);
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
