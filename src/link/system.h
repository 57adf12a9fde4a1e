/* SPDX-License-Identifier: MIT
 *
 * What Linux tells of a port beside its device: /sys (Documentation/ABI, sysfs-bus-usb) and
 * /proc (proc(5)).  `root` stands before "/sys" and "/proc", for tests; NULL: nothing.  On
 * systems without these files nothing is known.
 */
#ifndef ESPY_LINK_SYSTEM_H
#define ESPY_LINK_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The USB socket behind a port, as "1-4.2"; "" where there is none. */
void espy_system_location(const char *root, const char *port, char *text, size_t cap);

/* Whether a USB device of this identity is plugged in, with a port or without. */
bool espy_system_has_usb(const char *root, uint16_t vid, uint16_t pid);

typedef struct espy_process {
    int pid;       /* 0: none */
    char name[32]; /* as in ps */
} espy_process;

/* The process that has the device open, other than this one: of another user's processes only
 * root can tell. */
espy_process espy_system_holder(const char *root, const char *device);
/* A process of this name. */
espy_process espy_system_running(const char *root, const char *name);

#endif
