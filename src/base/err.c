/* SPDX-License-Identifier: MIT
 *
 * Errors; see the header.
 */
#include "espy/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

espy_status espy_fail(espy_err *err, espy_status status, const char *fmt, ...)
{
    if (err == NULL || err->status != ESPY_OK)
        return status;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    err->status = status;
    return status;
}

espy_status espy_pass(espy_err *err, espy_status status, const espy_err *part)
{
    if (err == NULL || err->status != ESPY_OK)
        return status;
    *err = *part;
    err->status = status;
    return status;
}

void espy_advise(espy_err *err, const char *fmt, ...)
{
    if (err == NULL || err->status == ESPY_OK || err->advice[0] != '\0')
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->advice, sizeof err->advice, fmt, args);
    va_end(args);
}

espy_status espy_context(espy_err *err, const char *fmt, ...)
{
    if (err == NULL)
        return ESPY_E_ARG;
    char text[2 * sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, ": %s", err->text);
    snprintf(err->text, sizeof err->text, "%.*s", (int)sizeof err->text - 1, text);
    return err->status;
}

const char *espy_status_name(espy_status status)
{
    switch (status) {
    case ESPY_OK: return "ok";
    case ESPY_E_ARG: return "usage";
    case ESPY_E_IO: return "input/output";
    case ESPY_E_TIMEOUT: return "time-out";
    case ESPY_E_PROTOCOL: return "protocol";
    case ESPY_E_DEVICE: return "device";
    case ESPY_E_FORMAT: return "format";
    case ESPY_E_UNSUPPORTED: return "unsupported";
    case ESPY_E_MEMORY: return "memory";
    case ESPY_E_CANCELLED: return "cancelled";
    }
    return "unknown";
}
