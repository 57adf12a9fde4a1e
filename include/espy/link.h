/* SPDX-License-Identifier: MIT
 *
 * A link: a byte stream to a board, the two modem lines that reset it, a baud
 * rate, and the clock by which time-outs on this link are measured.  The
 * flasher and the REPL reach the world through this interface alone, so that a
 * virtual board with virtual time serves them as a serial port does.
 */
#ifndef ESPY_LINK_H
#define ESPY_LINK_H

#include "espy/err.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_link_ops {
    /* Waits up to timeout_ms for at least one byte, then takes what is there, up
     * to cap.  *got == 0 with ESPY_OK means that the time passed in silence. */
    espy_status (*read)(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err);
    /* Writes all n bytes, or fails. */
    espy_status (*write)(void *self, const uint8_t *bytes, size_t n, espy_err *err);
    /* Drives both lines; true asserts the line (the pin is low). */
    espy_status (*set_lines)(void *self, bool dtr, bool rts, espy_err *err);
    /* ESPY_E_UNSUPPORTED: the rate is the other side's business, as on raw TCP.  Another
     * failure where what the port made of it is more than 3 % off, beyond which UARTs lose
     * characters. */
    espy_status (*set_baud)(void *self, uint32_t baud, espy_err *err);
    uint64_t (*now_ms)(void *self);
    /* Lets time pass on the link's clock. */
    espy_status (*sleep)(void *self, uint32_t ms, espy_err *err);
    /* After the port has gone: waits up to timeout_ms for the same board to show one again,
     * under whatever name and identity, and opens it.  NULL unless links of this kind have
     * `returns`. */
    espy_status (*reopen)(void *self, uint32_t timeout_ms, espy_err *err);
    void (*close)(void *self); /* frees self and the link, which usually lies within */
} espy_link_ops;

typedef struct espy_link {
    const espy_link_ops *ops;
    void *self;
    const espy_log *log; /* ESPY_LOG_WIRE; may be NULL */
    char name[256];      /* as the user wrote it: "/dev/ttyUSB0", "emu:n16r8"; a reopened port's own */
    bool has_lines;      /* DTR and RTS reach a reset circuit (false on raw TCP) */
    bool lines_apart;    /* they change one after the other, a round trip apart (RFC 2217) */
    uint16_t usb_vid;    /* the USB identity of the port, or 0 */
    uint16_t usb_pid;
    uint32_t top_baud; /* what its maker says it does; 0: nobody knows */
    bool returns;      /* the chip's own USB: it goes with a reset of the chip, and comes back */
    bool described;    /* in the wire log */
} espy_link;

/* Opens what PORT names: a device path such as /dev/ttyUSB0 (115200 8N1, lines
 * released, exclusive), "socket://HOST:PORT" (a raw byte stream, no lines) or
 * "rfc2217://HOST:PORT" (lines and baud rate by RFC 2217), or "replay:FILE" (what
 * a wire log of this module recorded, for tests and bug reports).  A pseudo-terminal
 * works and has no lines.  The clock is the computer's monotonic one. */
espy_status espy_link_open(espy_link **link, const char *port, const espy_log *log, espy_err *err);

/* The calls below log the wire and then do what the operation of that name does.
 * Each line of the log is "MS KIND REST": the time on the link's clock and one of
 *     MS port LINES VID PID TOP RETURNS NAME    what is open from now on: lines 0 none, 1 both
 *                         at once, 2 apart; the identity in hex; top_baud; 1 if it returns
 *     MS > HEX            bytes to the board
 *     MS < HEX            bytes from the board
 *     MS lines DTR RTS    1 asserts
 *     MS baud RATE
 *     MS failed CALL      read, write, lines or baud has failed with ESPY_E_IO
 */
espy_status espy_link_read(espy_link *link, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got,
                           espy_err *err);
espy_status espy_link_write(espy_link *link, const uint8_t *bytes, size_t n, espy_err *err);
espy_status espy_link_set_lines(espy_link *link, bool dtr, bool rts, espy_err *err);
espy_status espy_link_set_baud(espy_link *link, uint32_t baud, espy_err *err);
uint64_t espy_link_now_ms(espy_link *link);
espy_status espy_link_sleep(espy_link *link, uint32_t ms, espy_err *err);
/* After a call has failed with ESPY_E_IO: where link->returns, waits for the port as the
 * operation of that name does; ESPY_E_IO where it does not, or does not come back in time.
 * The port is then as one that was just opened. */
espy_status espy_link_reopen(espy_link *link, uint32_t timeout_ms, espy_err *err);
/* Discards what has arrived. */
espy_status espy_link_drain(espy_link *link, espy_err *err);
/* Closes and frees; NULL is allowed. */
void espy_link_close(espy_link *link);

#endif
