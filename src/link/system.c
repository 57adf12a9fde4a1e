/* SPDX-License-Identifier: MIT
 *
 * Reading /sys and /proc; see the header.
 */
#include "system.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 600 };

static const char *or_nothing(const char *root)
{
    return root == NULL ? "" : root;
}

/* The first line of a small file; "" where there is none. */
static void read_line(const char *path, char *text, size_t cap)
{
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(text, (int)cap, file) == NULL)
        text[0] = '\0';
    if (file != NULL)
        fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

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
    snprintf(link, sizeof link, "%s/sys/class/tty/%s/device", or_nothing(root), base_name(port));
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

static bool has_number(const char *folder, const char *device, const char *file, uint16_t number)
{
    char path[PATH_ROOM], text[16];
    snprintf(path, sizeof path, "%s/%.64s/%s", folder, device, file);
    read_line(path, text, sizeof text);
    return text[0] != '\0' && strtoul(text, NULL, 16) == number;
}

bool espy_system_has_usb(const char *root, uint16_t vid, uint16_t pid)
{
    char folder[256];
    bool found = false;
    const struct dirent *entry;
    snprintf(folder, sizeof folder, "%s/sys/bus/usb/devices", or_nothing(root));
    DIR *dir = opendir(folder);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found =
            has_number(folder, entry->d_name, "idVendor", vid) && has_number(folder, entry->d_name, "idProduct", pid);
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* ---- processes ---------------------------------------------------------------------------- */

/* What a process is looked for by; folder is its own in /proc. */
typedef bool (*trait)(const char *folder, const char *what);

static void comm(const char *folder, char *name, size_t cap)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/comm", folder);
    read_line(path, name, cap);
}

static bool is_called(const char *folder, const char *what)
{
    char name[32];
    comm(folder, name, sizeof name);
    return strcmp(name, what) == 0;
}

static bool has_open(const char *folder, const char *what)
{
    char path[PATH_ROOM], target[PATH_ROOM];
    bool found = false;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%s/fd", folder);
    DIR *dir = opendir(path);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof path, "%s/fd/%.32s", folder, entry->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        found = strcmp(target, what) == 0;
    }
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* Who serves a pseudo-terminal keeps it open, too, and is seldom who is in the way. */
static bool is_client(const char *folder, const char *what)
{
    return has_open(folder, what) && !has_open(folder, "/dev/ptmx") && !has_open(folder, "/dev/pts/ptmx");
}

static espy_process find_process(const char *root, trait has, const char *what)
{
    char folder[300], path[400];
    espy_process process = {0};
    const struct dirent *entry;
    snprintf(folder, sizeof folder, "%s/proc", or_nothing(root));
    DIR *dir = opendir(folder);
    while (dir != NULL && process.pid == 0 && (entry = readdir(dir)) != NULL) {
        int pid = atoi(entry->d_name);
        snprintf(path, sizeof path, "%s/%.32s", folder, entry->d_name);
        if (pid <= 0 || pid == (int)getpid() || !has(path, what))
            continue;
        process.pid = pid;
        comm(path, process.name, sizeof process.name);
    }
    if (dir != NULL)
        closedir(dir);
    return process;
}

espy_process espy_system_holder(const char *root, const char *device)
{
    char real[PATH_MAX];
    const char *name = realpath(device, real) != NULL ? real : device;
    espy_process client = find_process(root, is_client, name);
    return client.pid != 0 ? client : find_process(root, has_open, name);
}

espy_process espy_system_running(const char *root, const char *name)
{
    return find_process(root, is_called, name);
}
