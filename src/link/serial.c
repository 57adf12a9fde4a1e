/* SPDX-License-Identifier: MIT
 *
 * A serial port as a link, by POSIX termios: 115200 8N1, no flow control, exclusive.
 * DTR and RTS change together in one TIOCMSET, so that the auto-reset circuit sees no
 * state between; HUPCL is off, so that closing the port does not move them.  A
 * pseudo-terminal has neither lines nor a rate, and works without.
 *
 * libserialport, which ports.c lists ports with, is not used here: it refuses
 * pseudo-terminals and moves the two lines one after the other.
 */
#include "transport.h"
#include "trouble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { FIRST_BAUD = 115200, LOOK_MS = 50 /* between two looks for a port that is to come back */ };

enum { ESPRESSIF_VID = 0x303A, USB_JTAG_PID = 0x1001 };

typedef struct serial {
    espy_link link;
    int fd; /* -1: gone, and not yet back */
    espy_port identity;
} serial;

static espy_status vanished(serial *port, const char *doing, const char *why, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "%s %s: %s", doing, port->link.name, why);
    espy_advise(err, "The port has gone: check the cable and that the board has power, then try again.");
    return ESPY_E_IO;
}

static espy_status serial_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    serial *port = self;
    bool ready;
    if (port->fd < 0)
        return vanished(port, "reading", "it has not come back", err);
    espy_status st = espy_host_wait(port->fd, false, timeout_ms, &ready, err);
    if (st != ESPY_OK || !ready)
        return st;
    ssize_t n = read(port->fd, bytes, cap);
    if (n > 0)
        *got = (size_t)n;
    else if (n == 0)
        return vanished(port, "reading", "end of file", err);
    else if (errno != EAGAIN && errno != EINTR)
        return vanished(port, "reading", strerror(errno), err);
    return ESPY_OK;
}

static espy_status serial_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    serial *port = self;
    return espy_host_write(port->fd, port->link.name, bytes, n, err);
}

static bool set_lines(int fd, bool dtr, bool rts)
{
    int bits;
    if (ioctl(fd, TIOCMGET, &bits) != 0)
        return false;
    bits = (bits & ~(TIOCM_DTR | TIOCM_RTS)) | (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
    return ioctl(fd, TIOCMSET, &bits) == 0;
}

static espy_status serial_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    serial *port = self;
    if (!port->link.has_lines)
        return espy_fail(err, ESPY_E_UNSUPPORTED, "%s has no DTR and RTS lines", port->link.name);
    if (!set_lines(port->fd, dtr, rts))
        return vanished(port, "setting the lines of", strerror(errno), err);
    return ESPY_OK;
}

static espy_status serial_set_baud(void *self, uint32_t baud, espy_err *err)
{
    serial *port = self;
    uint32_t actual = 0;
    tcdrain(port->fd);
    bool set = espy_serial_set_baud(port->fd, baud, &actual);
    if (set && espy_baud_matches(baud, actual))
        return ESPY_OK;
    if (set)
        espy_fail(err, ESPY_E_IO, "%s does not do %u baud, but %u", port->link.name, (unsigned)baud, (unsigned)actual);
    else
        espy_fail(err, ESPY_E_IO, "%s does not do %u baud: %s", port->link.name, (unsigned)baud, strerror(errno));
    espy_advise(err, "Choose another rate, such as 460800 or 115200.");
    return ESPY_E_IO;
}

static void serial_close(void *self)
{
    serial *port = self;
    if (port->fd >= 0)
        close(port->fd);
    free(port);
}

static espy_status cannot_open(const char *path, int error, espy_err *err)
{
    espy_port_facts facts;
    if (err == NULL)
        return ESPY_E_IO;
    espy_port_facts_gather(&facts, path, error);
    return espy_port_facts_tell(&facts, err);
}

/* TIOCEXCL keeps later openers out; the lock keeps and notices those that lock too,
 * as esptool and other pyserial programs do. */
static bool make_exclusive(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return false;
#ifdef TIOCEXCL
    return ioctl(fd, TIOCEXCL) == 0;
#else
    return true;
#endif
}

static bool make_raw(int fd)
{
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | HUPCL);
#ifdef CRTSCTS
    mode.c_cflag &= ~(tcflag_t)CRTSCTS;
#endif
    mode.c_cflag |= CLOCAL | CREAD | CS8;
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

/* What the board behind it needs of the lines: released, so that a reset circuit rests.  A
 * chip with a USB stack of its own, as MicroPython's, sends nothing to a port without DTR. */
static bool rest_lines(serial *port)
{
    const espy_port *id = &port->identity;
    bool listens = id->vid == ESPRESSIF_VID && id->pid != USB_JTAG_PID && espy_port_is_native(id->vid, id->pid);
    return set_lines(port->fd, listens, listens);
}

static espy_status set_up(serial *port, espy_err *err)
{
    if (!isatty(port->fd)) {
        espy_fail(err, ESPY_E_ARG, "%s is not a serial port", port->link.name);
        espy_advise(err, "Check the port's name.");
        return ESPY_E_ARG;
    }
    uint32_t actual; /* every port has this rate */
    if (!make_exclusive(port->fd) || !make_raw(port->fd) || !espy_serial_set_baud(port->fd, FIRST_BAUD, &actual))
        return cannot_open(port->link.name, errno, err);
    espy_serial_low_latency(port->fd);
    port->link.has_lines = rest_lines(port);
    tcflush(port->fd, TCIOFLUSH);
    return ESPY_OK;
}

/* Closes the port again if that fails. */
static espy_status open_port(serial *port, const espy_port *identity, espy_err *err)
{
    espy_link *link = &port->link;
    snprintf(link->name, sizeof link->name, "%s", identity->name);
    port->fd = open(link->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0)
        return cannot_open(link->name, errno, err);
    port->identity = *identity;
    link->usb_vid = identity->vid;
    link->usb_pid = identity->pid;
    link->top_baud = espy_port_top_baud(identity->vid, identity->pid);
    link->returns = espy_port_is_native(identity->vid, identity->pid);
    espy_status st = set_up(port, err);
    if (st != ESPY_OK) {
        close(port->fd);
        port->fd = -1;
    }
    return st;
}

/* Opens a port of the same board if there is one.  A port that has just shown up may refuse
 * until the system has given it its group. */
static bool open_again(serial *port)
{
    espy_port *ports;
    size_t n;
    bool open = false;
    if (espy_ports_list(&ports, &n, NULL) != ESPY_OK)
        return false;
    for (size_t i = 0; i < n && !open; i++)
        open = espy_port_same_board(&port->identity, &ports[i]) && open_port(port, &ports[i], NULL) == ESPY_OK;
    free(ports);
    return open;
}

static espy_status did_not_return(const serial *port, uint32_t ms, espy_err *err)
{
    const espy_port *id = &port->identity;
    bool serial_known = id->serial[0] != '\0';
    espy_fail(err, ESPY_E_IO, "the board that was %s (USB %s %s) has not come back within %.1f s", id->name,
              serial_known ? "serial number" : "socket", serial_known ? id->serial : id->location, ms / 1000.0);
    espy_advise(err,
                "If it has no USB now, its firmware uses the pins otherwise or does not start: hold BOOT, press and "
                "release RESET, release BOOT, and try again.");
    return ESPY_E_IO;
}

static espy_status serial_reopen(void *self, uint32_t timeout_ms, espy_err *err)
{
    serial *port = self;
    uint64_t deadline = espy_host_now_ms(NULL) + timeout_ms;
    if (port->fd >= 0)
        close(port->fd);
    port->fd = -1;
    for (;;) {
        if (open_again(port))
            return ESPY_OK;
        if (espy_host_now_ms(NULL) >= deadline)
            return did_not_return(port, timeout_ms, err);
        espy_status st = espy_host_sleep(NULL, LOOK_MS, err);
        if (st != ESPY_OK)
            return st;
    }
}

static const espy_link_ops serial_ops = {
    .read = serial_read,
    .write = serial_write,
    .set_lines = serial_set_lines,
    .set_baud = serial_set_baud,
    .now_ms = espy_host_now_ms,
    .sleep = espy_host_sleep,
    .reopen = serial_reopen,
    .close = serial_close,
};

espy_status espy_serial_open(espy_link **link, const char *path, const espy_log *log, espy_err *err)
{
    espy_port identity;
    serial *port = calloc(1, sizeof *port);
    if (port == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the port %s", path);
    espy_link_init(&port->link, &serial_ops, port, path, log);
    espy_port_describe(path, &identity);
    snprintf(identity.name, sizeof identity.name, "%s", path);
    espy_status st = open_port(port, &identity, err);
    if (st != ESPY_OK) {
        free(port);
        return st;
    }
    if (!port->link.has_lines)
        espy_log(log, ESPY_LOG_WIRE, "# %s has no DTR and RTS lines; the board will not be reset by them", path);
    *link = &port->link;
    return ESPY_OK;
}
