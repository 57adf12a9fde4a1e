/* SPDX-License-Identifier: MIT
 *
 * Talk: lines on stderr, and how numbers read.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void espy_say(const espy_cli *cli, const char *fmt, ...)
{
    if (cli->quiet)
        return;
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
}

bool espy_cli_color(int fd)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

double espy_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const char *espy_size_text(uint64_t bytes, char *text, size_t cap)
{
    const uint64_t kb = 1024, mb = 1024 * 1024;
    if (bytes >= mb && bytes % mb == 0)
        snprintf(text, cap, "%llu MB", (unsigned long long)(bytes / mb));
    else if (bytes >= mb)
        snprintf(text, cap, "%.2f MB", (double)bytes / (double)mb);
    else if (bytes >= kb && bytes % kb == 0)
        snprintf(text, cap, "%llu KB", (unsigned long long)(bytes / kb));
    else if (bytes >= 10 * kb)
        snprintf(text, cap, "%.1f KB", (double)bytes / (double)kb);
    else
        snprintf(text, cap, "%llu bytes", (unsigned long long)bytes);
    return text;
}
