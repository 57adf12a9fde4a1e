/* SPDX-License-Identifier: MIT
 *
 * Log channels; see the header.
 */
#include "espy/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    espy_channel channel;
} channels[] = {
    {"wire", ESPY_LOG_WIRE}, {"cmd", ESPY_LOG_CMD}, {"cpu", ESPY_LOG_CPU},   {"mmio", ESPY_LOG_MMIO},
    {"irq", ESPY_LOG_IRQ},   {"rom", ESPY_LOG_ROM}, {"repl", ESPY_LOG_REPL},
};

void espy_log_write(const espy_log *log, espy_channel channel, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    log->sink(log->user, channel, line);
}

uint32_t espy_log_channel(const char *name)
{
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        if (strcmp(channels[i].name, name) == 0)
            return (uint32_t)channels[i].channel;
    return 0;
}
