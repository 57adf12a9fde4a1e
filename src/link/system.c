/* SPDX-License-Identifier: MIT
 *
 * Reading /sys and /proc; see the header.
 */
#include "system.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* .../usb1/1-4/1-4.2/1-4.2:1.0/ttyUSB0: the folder of the interface is named by the socket. */
void espy_system_location(const char *root, const char *port, char *text, size_t cap)
{
    char link[256], path[512];
    text[0] = '\0';
    snprintf(link, sizeof link, "%s/sys/class/tty/%s/device", root == NULL ? "" : root, base_name(port));
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return;
    path[n] = '\0';
    for (char *part = strtok(path, "/"); part != NULL; part = strtok(NULL, "/")) {
        char *colon = strchr(part, ':');
        if (colon == NULL || strchr(part, '-') == NULL)
            continue;
        *colon = '\0';
        snprintf(text, cap, "%s", part);
    }
}
