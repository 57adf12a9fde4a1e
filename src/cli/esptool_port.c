/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: which port, how to reset the board behind it, and on which pins its flash
 * is.
 *
 * Follows: esptool documentation, "Advanced Options".
 */
#include "board.h"
#include "esptool_board.h"

#include "espy/ports.h"
#include "../flasher/reset.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- --port-filter ---------------------------------------------------------------------- */

typedef enum filter_key { KEY_VID, KEY_PID, KEY_NAME, KEY_SERIAL, KEYS } filter_key;

static const char *const key_names[KEYS] = {"vid", "pid", "name", "serial"};

/* The key of KEY=VALUE, or KEYS. */
static filter_key key_of(const char *filter)
{
    size_t n = strcspn(filter, "=");
    for (filter_key key = 0; key < KEYS; key++)
        if (strlen(key_names[key]) == n && strncasecmp(key_names[key], filter, n) == 0)
            return key;
    return KEYS;
}

static espy_status check_filter(espy_esptool *et, const char *filter)
{
    espy_err *err = &et->cli->err;
    uint64_t number;
    const char *value = strchr(filter, '=');
    if (value == NULL)
        return espy_fail(err, ESPY_E_ARG, "Invalid port filter format: '%s'. Expected key=value", filter);
    filter_key key = key_of(filter);
    if (key == KEYS)
        return espy_fail(err, ESPY_E_ARG,
                         "Unknown port filter key: '%.*s'. Valid keys: ['name', 'pid', 'serial', 'vid']",
                         (int)(value - filter), filter);
    if (key <= KEY_PID && !espy_esptool_number(value + 1, &number))
        return espy_fail(err, ESPY_E_ARG, "Invalid integer for port filter '%s': '%s'", key_names[key], value + 1);
    return ESPY_OK;
}

static bool contains(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; strlen(text) >= n; text++)
        if (strncasecmp(text, part, n) == 0)
            return true;
    return false;
}

static bool passes(const espy_port *port, filter_key key, const char *value)
{
    uint64_t number = 0;
    espy_esptool_number(value, &number);
    switch (key) {
    case KEY_VID: return port->usb && port->vid == number;
    case KEY_PID: return port->usb && port->pid == number;
    case KEY_NAME: return contains(port->name, value);
    default: return contains(port->serial, value);
    }
}

/* One of the filters of each key that there is must pass. */
static bool wanted(const espy_esptool *et, const espy_port *port)
{
    bool asked[KEYS] = {false}, passed[KEYS] = {false};
    for (size_t i = 0; i < et->port_filter.count; i++) {
        const char *filter = et->port_filter.word[i];
        filter_key key = key_of(filter);
        asked[key] = true;
        passed[key] |= passes(port, key, strchr(filter, '=') + 1);
    }
    for (filter_key key = 0; key < KEYS; key++)
        if (asked[key] && !passed[key])
            return false;
    return true;
}

/* What passes a filter is tried even where nothing says that it is a board. */
static espy_status choose(espy_esptool *et, const espy_port *ports, size_t n, const espy_port **chosen)
{
    espy_esptool_print(et, "Found %zu serial ports...", n);
    *chosen = ports;
    if (et->port_filter.count == 0 || n > 1)
        return espy_ports_choose(ports, n, chosen, &et->cli->err);
    return n == 1 ? ESPY_OK
                  : espy_fail(&et->cli->err, ESPY_E_IO,
                              "Could not connect to an Espressif device on any of the 0 available serial ports");
}

static espy_status find_port(espy_esptool *et, char *name, size_t cap)
{
    espy_port *ports = NULL;
    const espy_port *chosen;
    size_t n = 0, left = 0;
    espy_status st = espy_ports_list(&ports, &n, &et->cli->err);
    for (size_t i = 0; i < et->port_filter.count && st == ESPY_OK; i++)
        st = check_filter(et, et->port_filter.word[i]);
    for (size_t i = 0; i < n && st == ESPY_OK; i++)
        if (wanted(et, &ports[i]))
            ports[left++] = ports[i];
    if (st == ESPY_OK)
        st = choose(et, ports, left, &chosen);
    if (st == ESPY_OK)
        snprintf(name, cap, "%s", chosen->name);
    free(ports);
    return st;
}

espy_status espy_esptool_open(espy_esptool *et, espy_link **link)
{
    char found[128];
    if (et->port != NULL)
        et->cli->port = et->port;
    else if (et->cli->port == NULL) {
        espy_status st = find_port(et, found, sizeof found);
        if (st != ESPY_OK)
            return st;
        et->cli->port = found;
    }
    espy_status st = espy_board_open_port(et->cli, link);
    if (et->cli->port == found)
        et->cli->port = NULL;
    return st;
}

/* ---- resets -------------------------------------------------------------------------------- */

const char *espy_esptool_reset(const espy_esptool *et, const espy_link *link, char *text, size_t cap)
{
    const char *delay = et->config.reset_delay;
    if (strncmp(et->before, "no-reset", 8) == 0) /* in step one gets in any case */
        return "none";
    if (et->config.reset != NULL)
        return et->config.reset;
    if (strcmp(et->before, "usb-reset") == 0)
        return "usb-jtag";
    if (delay == NULL || espy_reset_is_usb_jtag(link))
        return NULL;
    if (link->lines_apart)
        snprintf(text, cap, "D0|R1|W0.1|D1|R0|W%s|D0", delay);
    else
        snprintf(text, cap, "U0,0|U1,1|U0,1|W0.1|U1,0|W%s|U0,0", delay);
    return text;
}

/* ---- --spi-connection ---------------------------------------------------------------------- */

enum { PINS = 5, PIN_HD = 3, PIN_HD_MAX = 46, PIN_MAX = 48 };

static espy_status read_pins(espy_esptool *et, const char *text, uint32_t pins[PINS])
{
    char copy[64];
    unsigned n = 0;
    bool good = strlen(text) < sizeof copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *at = copy, *next; good && at != NULL; at = next) {
        uint64_t value = 0;
        next = strchr(at, ',');
        if (next != NULL)
            *next++ = '\0';
        good = n < PINS && espy_esptool_number(at, &value) && value <= UINT32_MAX;
        if (good)
            pins[n++] = (uint32_t)value;
    }
    if (good && n == PINS)
        return ESPY_OK;
    return espy_fail(&et->cli->err, ESPY_E_ARG,
                     "%s is not a valid spi-connection value. Values are SPI, HSPI, or a sequence of 5 pin numbers - "
                     "CLK,Q,D,HD,CS",
                     text);
}

static espy_status check_pins(espy_esptool *et, const uint32_t pins[PINS])
{
    bool usb = false;
    for (unsigned i = 0; i < PINS; i++) {
        if (pins[i] > PIN_MAX || (pins[i] > 21 && pins[i] < 26))
            return espy_fail(&et->cli->err, ESPY_E_ARG, "SPI Pin numbers must be in the range 0-21, or 26-48");
        usb |= pins[i] == 19 || pins[i] == 20;
    }
    if (pins[PIN_HD] > PIN_HD_MAX)
        return espy_fail(&et->cli->err, ESPY_E_ARG, "SPI HD Pin number must be <= 46");
    if (usb)
        espy_esptool_warn(et, "GPIO pins 19 and 20 are used by USB-Serial/JTAG and USB-OTG, consider using other pins "
                              "for SPI flash connection.");
    return ESPY_OK;
}

espy_status espy_esptool_pins(espy_esptool *et, uint32_t *word)
{
    uint32_t pins[PINS];
    const char *text = et->spi_connection;
    *word = 0;
    if (text == NULL || strcasecmp(text, "SPI") == 0)
        return ESPY_OK;
    if (strcasecmp(text, "HSPI") == 0)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "Using --spi-connection HSPI is not supported by ESP32-S3");
    espy_status st = read_pins(et, text, pins);
    if (st == ESPY_OK)
        st = check_pins(et, pins);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Configuring SPI NOR flash mode (CLK:%u, Q:%u, D:%u, HD:%u, CS:%u)...", (unsigned)pins[0],
                       (unsigned)pins[1], (unsigned)pins[2], (unsigned)pins[PIN_HD], (unsigned)pins[4]);
    *word = pins[PIN_HD] << 24 | pins[4] << 18 | pins[2] << 12 | pins[1] << 6 | pins[0];
    return ESPY_OK;
}
