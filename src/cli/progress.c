/* SPDX-License-Identifier: MIT
 *
 * Progress on stderr; see the header.
 */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 50
#define REST_AFTER_MS 1000
#define LABEL_COLUMNS 12
#define NUMBER_COLUMNS 22 /* " 43 %  1234 s left" and a margin */
#define BAR_MIN 8
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

/* Whether the terminal's encoding has block characters. */
static bool has_utf8(void)
{
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
    }
    return false;
}

static void draw_bar(const espy_progress *p, int cells)
{
    int full = (int)((double)p->done / (double)p->total * cells + 0.5);
    fputs(p->color ? "\x1b[36m" : "", stderr);
    for (int i = 0; i < cells; i++)
        fputs(i < full ? (p->utf8 ? "\u2588" : "#") : (p->utf8 ? "\u2591" : "."), stderr);
    fputs(p->color ? "\x1b[0m " : " ", stderr);
}

/* The time left, once there is something to tell it from. */
static void draw_rest(const espy_progress *p)
{
    uint64_t passed = wall_ms() - p->started_ms;
    if (passed < REST_AFTER_MS || p->done == 0 || p->done >= p->total)
        return;
    double left = (double)passed / 1000 * (double)(p->total - p->done) / (double)p->done;
    fprintf(stderr, "  %.0f s left", left < 1 ? 1 : left);
}

static void draw(const espy_progress *p)
{
    int cells = terminal_columns() - LABEL_COLUMNS - NUMBER_COLUMNS;
    fprintf(stderr, "\r%-*s ", LABEL_COLUMNS, p->label);
    if (p->total > 0) {
        if (cells >= BAR_MIN)
            draw_bar(p, cells < BAR_MAX ? cells : BAR_MAX);
        fprintf(stderr, "%3d %%", (int)((double)p->done / (double)p->total * 100));
        if (cells >= 0) /* a line that wraps could not be drawn over */
            draw_rest(p);
    } else {
        fputs("...", stderr);
    }
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
                                .terminal = isatty(STDERR_FILENO) == 1 && cli->log.mask == 0,
                                .color = espy_cli_color(STDERR_FILENO),
                                .utf8 = has_utf8()};
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
