/* SPDX-License-Identifier: MIT
 *
 * Which kind of link a port's name asks for.
 */
#include "transport.h"

#include <string.h>

static const struct {
    const char *prefix;
    espy_status (*open)(espy_link **link, const char *name, const char *rest, const espy_log *log, espy_err *err);
} schemes[] = {
    {"socket://", espy_tcp_open},
    {"rfc2217://", espy_rfc2217_open},
    {"replay:", espy_replay_open},
};

espy_status espy_link_open(espy_link **link, const char *port, const espy_log *log, espy_err *err)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i].prefix);
        if (strncmp(port, schemes[i].prefix, n) == 0)
            return schemes[i].open(link, port, port + n, log, err);
    }
    if (port[0] == '\0' || strstr(port, "://") != NULL) {
        espy_fail(err, ESPY_E_ARG, "\"%s\" names no port that espy knows", port);
        espy_advise(err,
                    "A port is a device such as /dev/ttyUSB0, socket://HOST:PORT, rfc2217://HOST:PORT or emu:MODEL.");
        return ESPY_E_ARG;
    }
    return espy_serial_open(link, port, log, err);
}
