/* SPDX-License-Identifier: MIT
 *
 * `espy ports`, inside; see the header.
 */
#include "ports_report.h"

#include "json.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void espy_port_stable_path(const char *folder, const char *device, char *text, size_t cap)
{
    char real[PATH_MAX], path[PATH_MAX], target[PATH_MAX];
    text[0] = '\0';
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    const struct dirent *entry;
    bool known = realpath(device, real) != NULL;
    while (known && text[0] == '\0' && (entry = readdir(dir)) != NULL) {
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (n > 0 && (size_t)n < cap && (size_t)n < sizeof path && realpath(path, target) != NULL &&
            strcmp(target, real) == 0)
            memcpy(text, path, (size_t)n + 1);
    }
    closedir(dir);
}

/* "10c4:ea60", as lsusb writes it; empty unless it is on USB. */
static const char *identity(const espy_port *port, char text[12])
{
    text[0] = '\0';
    if (port->usb)
        snprintf(text, 12, "%04x:%04x", port->vid, port->pid);
    return text;
}

static void line(const char *name, const char *value)
{
    if (value[0] != '\0')
        printf("  %-8s %s\n", name, value);
}

void espy_ports_report(const espy_port_entry *entries, size_t n)
{
    bool color = espy_cli_color(STDOUT_FILENO);
    for (size_t i = 0; i < n; i++) {
        const espy_port_entry *e = &entries[i];
        const espy_port *p = e->port;
        char usb[12];
        printf("%s%s%s%s\n", color ? "\x1b[1m" : "", p->name, color ? "\x1b[0m" : "",
               p->bridge != NULL ? "" : ", which does not look like a board");
        line("bridge", p->bridge != NULL ? p->bridge : "");
        line("USB", identity(p, usb));
        line("serial", p->serial);
        line("says", p->description);
        line("path", e->stable);
        line("trouble", e->trouble.text);
        line("", e->trouble.advice);
    }
    fflush(stdout);
}

espy_status espy_ports_json(espy_cli *cli, const espy_port_entry *entries, size_t n)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = espy_json_array(root, "ports");
    for (size_t i = 0; i < n; i++) {
        const espy_port_entry *e = &entries[i];
        char usb[12];
        cJSON *port = espy_json_item(list);
        espy_json_string(port, "port", e->port->name);
        espy_json_bool(port, "board", e->port->bridge != NULL);
        espy_json_string(port, "usb", identity(e->port, usb));
        espy_json_string(port, "bridge", e->port->bridge);
        espy_json_string(port, "serial", e->port->serial);
        espy_json_string(port, "description", e->port->description);
        espy_json_string(port, "location", e->port->location);
        espy_json_string(port, "path", e->stable);
        espy_json_string(port, "trouble", e->trouble.text);
        espy_json_string(port, "advice", e->trouble.advice);
    }
    return espy_json_print(cli, root);
}
