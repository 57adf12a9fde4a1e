/* SPDX-License-Identifier: MIT
 *
 * The serial ports of this computer, and which of them looks like a board.
 *
 * USB identities are those that DevKits and their kin carry; see the table in
 * ports.c for sources.
 */
#ifndef ESPY_PORTS_H
#define ESPY_PORTS_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_port {
    char name[128];        /* "/dev/ttyUSB0": what espy_link_open() takes */
    char description[128]; /* the system's words, such as "CP2102N USB to UART Bridge" */
    char serial[64];       /* the USB serial number; may be empty */
    char location[64];     /* the USB socket, as "1-4.2" on Linux; empty where the system does not tell */
    bool usb;
    uint16_t vid, pid;  /* 0 unless usb */
    const char *bridge; /* "Silicon Labs CP210x"; NULL: nothing known to sit on a board */
} espy_port;

/* The name of the USB-serial device that boards carry under this identity, or NULL. */
const char *espy_port_bridge(uint16_t vid, uint16_t pid);

/* The highest rate of its UART by its maker's data sheet; 0: not known, or there is no UART. */
uint32_t espy_port_top_baud(uint16_t vid, uint16_t pid);

/* Whether the identity is that of a chip which is itself the USB device, so that its port goes
 * and comes back with the chip's resets: Espressif's, or one that no bridge is known to have. */
bool espy_port_is_native(uint16_t vid, uint16_t pid);

/* Whether two ports are of the same board, which may have changed name and product: the
 * serial number tells, in which firmware and ROM write the chip's MAC each in their own way,
 * or the socket. */
bool espy_port_same_board(const espy_port *a, const espy_port *b);

/* What is known of one port; *port has its name alone where nothing is. */
void espy_port_describe(const char *name, espy_port *port);

/* Why the port cannot be opened, as far as can be seen without opening it, which would move its
 * lines: permission, with the group that is missing or not yet in this session; or the program
 * that has it open.  ESPY_OK: nothing is known to be in the way. */
espy_status espy_port_trouble(const char *name, espy_err *err);

/* Lists the ports, likely boards first, then by name; the caller frees *ports. */
espy_status espy_ports_list(espy_port **ports, size_t *n, espy_err *err);

/* The one likely board: ESPY_E_ARG with the candidates in the sentence when
 * there are several, ESPY_E_IO when there is none. */
espy_status espy_ports_choose(const espy_port *ports, size_t n, const espy_port **chosen, espy_err *err);

#endif
