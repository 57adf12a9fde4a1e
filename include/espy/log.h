/* SPDX-License-Identifier: MIT
 *
 * Log channels.  A log is a caller-owned sink with a mask of channels; the
 * library never prints.  A channel that is off costs one test of the mask:
 * call through espy_log(), never espy_log_write() directly.
 */
#ifndef ESPY_LOG_H
#define ESPY_LOG_H

#include "espy/err.h"

#include <stdint.h>

typedef enum espy_channel {
    ESPY_LOG_WIRE = 1 << 0, /* the bytes on a link, both directions */
    ESPY_LOG_CMD = 1 << 1,  /* loader commands and answers */
    ESPY_LOG_CPU = 1 << 2,  /* exceptions, core starts, resets */
    ESPY_LOG_MMIO = 1 << 3, /* peripheral accesses, unmapped ones included */
    ESPY_LOG_IRQ = 1 << 4,  /* interrupt lines */
    ESPY_LOG_ROM = 1 << 5,  /* ROM entry points */
    ESPY_LOG_REPL = 1 << 6  /* the Python prompt's protocols */
} espy_channel;

typedef struct espy_log {
    uint32_t mask; /* of espy_channel */
    void (*sink)(void *user, espy_channel channel, const char *line);
    void *user;
} espy_log;

void espy_log_write(const espy_log *log, espy_channel channel, const char *fmt, ...) ESPY_PRINTF(3, 4);

/* The channel called NAME, or 0. */
uint32_t espy_log_channel(const char *name);

#define espy_log_on(log, channel) ((log) != NULL && ((log)->mask & (uint32_t)(channel)) != 0)
#define espy_log(log, channel, ...)                                                                                    \
    do {                                                                                                               \
        if (espy_log_on(log, channel))                                                                                 \
            espy_log_write(log, channel, __VA_ARGS__);                                                                 \
    } while (0)

#endif
