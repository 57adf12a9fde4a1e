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

/* The USB socket behind a port, as "1-4.2"; "" where there is none. */
void espy_system_location(const char *root, const char *port, char *text, size_t cap);

#endif
