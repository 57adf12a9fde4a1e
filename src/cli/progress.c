/* SPDX-License-Identifier: MIT
 *
 * Progress on stderr; see the header.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 50
#define LABEL_COLUMNS 12
#define BAR_MAX 40

static uint64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static void draw_bar(int cells, double share)
{
    int full = (int)(share * cells + 0.5);
    for (int i = 0; i < cells; i++)
        fputs(i < full ? "\u2588" : "\u2591", stderr);
}

static void draw(espy_progress *p)
{
    double share = p->total > 0 ? (double)p->done / (double)p->total : 0;
    int cells = terminal_columns() - LABEL_COLUMNS - 24;
    fprintf(stderr, "\r%-*s ", LABEL_COLUMNS, p->label);
    if (p->total > 0 && cells >= 8) {
        fputs(p->color ? "\x1b[36m" : "", stderr);
        draw_bar(cells < BAR_MAX ? cells : BAR_MAX, share);
        fputs(p->color ? "\x1b[0m " : " ", stderr);
    }
    if (p->total > 0)
        fprintf(stderr, "%3d %%", (int)(share * 100));
    else
        fputs("...", stderr);
    fputs("\x1b[K", stderr);
    fflush(stderr);
}

void espy_progress_begin(espy_progress *progress, const espy_cli *cli, const char *label, uint64_t total)
{
    espy_progress_end(progress, NULL);
    *progress = (espy_progress){.cli = cli,
                                .total = total,
                                .started_ms = wall_ms(),
                                .active = true,
                                .terminal = isatty(STDERR_FILENO) == 1,
                                .color = espy_cli_color(STDERR_FILENO)};
    snprintf(progress->label, sizeof progress->label, "%s", label);
    progress->drawn_ms = progress->started_ms;
    if (progress->terminal && !cli->quiet)
        draw(progress);
}

void espy_progress_update(espy_progress *progress, uint64_t done)
{
    if (!progress->active)
        return;
    progress->done = done < progress->total || progress->total == 0 ? done : progress->total;
    if (!progress->terminal || progress->cli->quiet)
        return;
    uint64_t now = wall_ms();
    if (now - progress->drawn_ms < REDRAW_MS)
        return;
    progress->drawn_ms = now;
    draw(progress);
}

void espy_progress_end(espy_progress *progress, const char *note)
{
    if (!progress->active)
        return;
    progress->active = false;
    if (progress->cli->quiet)
        return;
    const char *clear = progress->terminal ? "\r\x1b[K" : "";
    fprintf(stderr, "%s%-*s %s%s%s\n", clear, LABEL_COLUMNS, progress->label, progress->color ? "\x1b[32m" : "",
            note != NULL ? note : "done", progress->color ? "\x1b[0m" : "");
}

void espy_progress_abort(espy_progress *progress)
{
    if (!progress->active)
        return;
    progress->active = false;
    if (progress->terminal && !progress->cli->quiet)
        fputs("\n", stderr);
}
