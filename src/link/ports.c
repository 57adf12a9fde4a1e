/* SPDX-License-Identifier: MIT
 *
 * The serial ports of this computer, through libserialport, and the USB identities of
 * the bridges that ESP32-S3 boards carry: Espressif's own (USB-Serial/JTAG and USB-OTG
 * of the chip, and the products of its "USB PIDs" list), and the bridge makers' default
 * identities of their data sheets.
 */
#include "espy/ports.h"

#include "system.h"

#include <libserialport.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* pid 0 matches any product of the vendor.  The rate is the highest of the maker's data
 * sheet; of chips that share an identity, that of the fastest, since a driver that knows them
 * apart tells what it has set; 0: there is no UART behind it. */
static const struct {
    uint16_t vid, pid;
    const char *name;
    uint32_t top_baud;
} bridges[] = {
    {0x303A, 0x1001, "Espressif USB-Serial/JTAG", 0},
    {0x303A, 0x0009, "Espressif ESP32-S3 in USB download mode", 0},
    {0x303A, 0x1002, "Espressif USB Bridge", 921600}, /* which has no data sheet */
    {0x303A, 0x4001, "MicroPython on an Espressif chip", 0},
    {0x303A, 0, "Espressif", 0},
    {0x10C4, 0xEA60, "Silicon Labs CP210x", 3000000}, /* CP2102N; the CP2102 does 1 Mbaud, the CP2104 2 */
    {0x10C4, 0, "Silicon Labs", 921600},
    {0x1A86, 0x7523, "WCH CH340", 2000000},
    {0x1A86, 0x55D3, "WCH CH343", 6000000},
    {0x1A86, 0x55D4, "WCH CH9102", 4000000},
    {0x1A86, 0, "WCH", 921600},
    {0x0403, 0x6001, "FTDI FT232R", 3000000},
    {0x0403, 0x6010, "FTDI FT2232", 3000000}, /* FT2232D; the FT2232H does 12 Mbaud */
    {0x0403, 0x6014, "FTDI FT232H", 12000000},
    {0x0403, 0x6015, "FTDI FT230X", 3000000},
    {0x0403, 0, "FTDI", 921600},
    {0x067B, 0x2303, "Prolific PL2303", 1228800}, /* PL2303H; the HX and later do 6 Mbaud and more */
};

/* Its index in bridges, or -1. */
static int find(uint16_t vid, uint16_t pid)
{
    for (size_t i = 0; i < sizeof bridges / sizeof bridges[0]; i++)
        if (bridges[i].vid == vid && (bridges[i].pid == pid || bridges[i].pid == 0))
            return (int)i;
    return -1;
}

const char *espy_port_bridge(uint16_t vid, uint16_t pid)
{
    int i = find(vid, pid);
    return i < 0 ? NULL : bridges[i].name;
}

uint32_t espy_port_top_baud(uint16_t vid, uint16_t pid)
{
    int i = find(vid, pid);
    return i < 0 ? 0 : bridges[i].top_baud;
}

static void identity(const struct sp_port *port, uint16_t *vid, uint16_t *pid)
{
    int v, p;
    if (sp_get_port_transport(port) != SP_TRANSPORT_USB || sp_get_port_usb_vid_pid(port, &v, &p) != SP_OK)
        return;
    *vid = (uint16_t)v;
    *pid = (uint16_t)p;
}

static void copy(char *to, size_t cap, const char *from)
{
    snprintf(to, cap, "%s", from == NULL ? "" : from);
}

bool espy_port_is_native(uint16_t vid, uint16_t pid)
{
    int i = find(vid, pid);
    return vid != 0 && (i < 0 || bridges[i].top_baud == 0);
}

/* "34:85:18:AB:CD:EF" as "348518ABCDEF". */
static void plain_serial(const char *serial, char *text, size_t cap)
{
    size_t n = 0;
    for (; *serial != '\0' && n + 1 < cap; serial++)
        if (isalnum((unsigned char)*serial))
            text[n++] = (char)toupper((unsigned char)*serial);
    text[n] = '\0';
}

enum { MAC_DIGITS = 12 };

/* The chip's MAC, which MicroPython fills up with zeros and the ROM does not; or any other
 * number, in full. */
static bool same_serial(const char *a, const char *b)
{
    char x[64], y[64];
    plain_serial(a, x, sizeof x);
    plain_serial(b, y, sizeof y);
    size_t n = strlen(x) < strlen(y) ? strlen(x) : strlen(y);
    return n >= MAC_DIGITS ? strncmp(x, y, n) == 0 : n > 0 && strcmp(x, y) == 0;
}

bool espy_port_same_board(const espy_port *a, const espy_port *b)
{
    if (same_serial(a->serial, b->serial))
        return true;
    return a->location[0] != '\0' && strcmp(a->location, b->location) == 0;
}

static espy_port describe(const struct sp_port *port)
{
    espy_port entry = {.usb = sp_get_port_transport(port) == SP_TRANSPORT_USB};
    copy(entry.name, sizeof entry.name, sp_get_port_name(port));
    copy(entry.description, sizeof entry.description, sp_get_port_description(port));
    copy(entry.serial, sizeof entry.serial, sp_get_port_usb_serial(port));
    identity(port, &entry.vid, &entry.pid);
    if (entry.usb)
        espy_system_location(NULL, entry.name, entry.location, sizeof entry.location);
    entry.bridge = entry.usb ? espy_port_bridge(entry.vid, entry.pid) : NULL;
    return entry;
}

void espy_port_describe(const char *name, espy_port *port)
{
    struct sp_port *found;
    *port = (espy_port){0};
    copy(port->name, sizeof port->name, name);
    if (sp_get_port_by_name(name, &found) != SP_OK)
        return;
    *port = describe(found);
    sp_free_port(found);
}

static int by_likelihood(const void *a, const void *b)
{
    const espy_port *x = a, *y = b;
    if ((x->bridge != NULL) != (y->bridge != NULL))
        return x->bridge != NULL ? -1 : 1;
    return strcmp(x->name, y->name);
}

espy_status espy_ports_list(espy_port **ports, size_t *n, espy_err *err)
{
    struct sp_port **list;
    *ports = NULL;
    *n = 0;
    if (sp_list_ports(&list) != SP_OK) {
        espy_status st = espy_fail(err, ESPY_E_IO, "the system does not list its serial ports");
        espy_advise(err, "Name the port with -p PORT, or use a virtual board with -p emu:n16r8.");
        return st;
    }
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    espy_port *found = calloc(count + 1, sizeof *found);
    if (found == NULL) {
        sp_free_port_list(list);
        return espy_fail(err, ESPY_E_MEMORY, "no memory for %zu ports", count);
    }
    for (size_t i = 0; i < count; i++)
        found[i] = describe(list[i]);
    sp_free_port_list(list);
    qsort(found, count, sizeof *found, by_likelihood);
    *ports = found;
    *n = count;
    return ESPY_OK;
}

static espy_status several(const espy_port *ports, size_t n, espy_err *err)
{
    char names[256] = "";
    for (size_t i = 0, at = 0; i < n && at < sizeof names; i++)
        if (ports[i].bridge != NULL)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at == 0 ? "" : ", ", ports[i].name);
    espy_fail(err, ESPY_E_ARG, "several ports look like a board: %s", names);
    espy_advise(err, "Name one with -p PORT.");
    return ESPY_E_ARG;
}

espy_status espy_ports_choose(const espy_port *ports, size_t n, const espy_port **chosen, espy_err *err)
{
    size_t likely = 0;
    *chosen = NULL;
    for (size_t i = 0; i < n; i++) {
        if (ports[i].bridge == NULL)
            continue;
        likely++;
        *chosen = &ports[i];
    }
    if (likely == 1)
        return ESPY_OK;
    *chosen = NULL;
    if (likely > 1)
        return several(ports, n, err);
    espy_fail(err, ESPY_E_IO, "no board found among %zu serial port%s", n, n == 1 ? "" : "s");
    espy_advise(err, "Plug the board in with a cable that carries data, name its port with -p PORT, or use a virtual "
                     "board with -p emu:n16r8.");
    return ESPY_E_IO;
}
