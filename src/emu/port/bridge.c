/* SPDX-License-Identifier: MIT
 *
 * The bridge and the keys; see the header.
 */
#include "bridge.h"

#include "pace.h"

#include <inttypes.h>
#include <stdio.h>

/* What a finger does: a key is down for a tenth of a second; EN rises well within the next. */
struct espy_bridge_step {
    bool hold_boot, reset;
    uint32_t us; /* 0: the end */
};

static const espy_bridge_step tap[] = {{false, true, 100000}, {false, false, 50000}, {false, false, 0}};
static const espy_bridge_step download[] = {{true, true, 100000}, {true, false, 50000}, {false, false, 0}};

/* Longer than a client's round trip (pyserial looks for an answer every 50 ms), shorter than
 * any program holds a line. */
enum { KEEP_US = 90000 };

/* What waits at the bridge for the board.  RFC 2217 carries its commands between the data, and
 * pyserial waits 3 s for an answer: a block of esptool's stub, 16 KiB before its escapes, must not
 * hold up the command after it where the board runs slower than the wall clock. */
enum { TO_BOARD_CAP = 65536 };

/* Bytes per line of the log. */
enum { LOG_BYTES = 64 };

void espy_bridge_init(espy_bridge *b, espy_machine *machine, bool usb, const espy_log *log)
{
    *b = (espy_bridge){.machine = machine, .usb = usb, .log = log};
    espy_machine_usb_plug(machine, usb);
}

static uint64_t now_ms(const espy_bridge *b)
{
    return espy_machine_now_us(b->machine) / 1000;
}

static void log_bytes(const espy_bridge *b, char kind, const uint8_t *bytes, size_t n)
{
    char hex[2 * LOG_BYTES + 1];
    for (size_t at = 0; at < n; at += LOG_BYTES) {
        for (size_t i = 0; i < LOG_BYTES && at + i < n; i++)
            snprintf(hex + 2 * i, 3, "%02x", bytes[at + i]);
        espy_log(b->log, ESPY_LOG_WIRE, "%" PRIu64 " %c %s", now_ms(b), kind, hex);
    }
}

void espy_bridge_send(espy_bridge *b, const uint8_t *bytes, size_t n)
{
    if (espy_log_on(b->log, ESPY_LOG_WIRE))
        log_bytes(b, '>', bytes, n);
    if (b->usb)
        espy_machine_usb_write(b->machine, bytes, n, NULL);
    else
        espy_machine_uart_write(b->machine, bytes, n, NULL);
}

size_t espy_bridge_room(const espy_bridge *b)
{
    size_t pending = b->usb ? espy_machine_usb_pending(b->machine) : espy_machine_uart_pending(b->machine);
    return pending <= TO_BOARD_CAP / 2 ? TO_BOARD_CAP - pending : 0; /* not byte by byte */
}

void espy_bridge_purge(espy_bridge *b)
{
    if (!b->usb)
        espy_machine_uart_purge(b->machine);
}

size_t espy_bridge_receive(espy_bridge *b, uint8_t *bytes, size_t cap)
{
    size_t n = espy_machine_uart_read(b->machine, bytes, cap);
    if (b->usb) /* what UART0 says is heard by nobody */
        n = espy_machine_usb_read(b->machine, bytes, cap);
    if (espy_log_on(b->log, ESPY_LOG_WIRE))
        log_bytes(b, '<', bytes, n);
    return n;
}

void espy_bridge_break(espy_bridge *b)
{
    if (!b->usb)
        espy_machine_uart_break(b->machine);
}

static bool reset_down(const espy_bridge *b)
{
    return b->reset || (b->step != NULL && b->step->reset);
}

/* After something that may have moved EN. */
static void watch_en(espy_bridge *b, const void *owner)
{
    bool held = b->kept_until != 0 ? b->en_low : b->rts && !b->dtr && !b->usb;
    bool low = held || reset_down(b) || b->power_off;
    if (low && !b->en_low) {
        b->falls++;
        b->fell_for = owner;
    }
    b->en_low = low;
}

static void apply_lines(espy_bridge *b)
{
    espy_log(b->log, ESPY_LOG_WIRE, "%" PRIu64 " lines %d %d", now_ms(b), b->dtr, b->rts);
    b->kept_until = 0;
    if (b->usb)
        espy_machine_usb_lines(b->machine, b->dtr, b->rts);
    else
        espy_machine_lines(b->machine, b->dtr, b->rts);
    watch_en(b, b->line_owner);
}

void espy_bridge_lines(espy_bridge *b, const void *owner, bool dtr, bool rts)
{
    bool both = dtr && rts, were_both = b->dtr && b->rts;
    b->line_owner = owner;
    b->dtr = dtr;
    b->rts = rts;
    if (!both || b->usb)
        apply_lines(b);
    else if (!were_both)
        b->kept_until = espy_wall_us() + KEEP_US;
}

void espy_bridge_baud(espy_bridge *b, const void *owner, uint32_t baud)
{
    espy_log(b->log, ESPY_LOG_WIRE, "%" PRIu64 " baud %" PRIu32, now_ms(b), baud);
    b->baud_owner = owner;
    if (!b->usb)
        espy_machine_uart_baud(b->machine, baud);
}

void espy_bridge_frame(espy_bridge *b, const void *owner, const espy_uart_frame *frame)
{
    b->frame_owner = owner;
    if (!b->usb)
        espy_machine_uart_frame(b->machine, frame);
}

void espy_bridge_release(espy_bridge *b, const void *owner)
{
    if (b->line_owner == owner)
        espy_bridge_lines(b, NULL, false, false);
    if (b->baud_owner == owner)
        espy_bridge_baud(b, NULL, ESPY_BRIDGE_BAUD);
    if (b->frame_owner == owner)
        espy_bridge_frame(b, NULL, &(espy_uart_frame){.data_bits = 8, .half_stops = 2});
}

static void press(espy_bridge *b)
{
    bool boot = b->boot || (b->step != NULL && b->step->hold_boot);
    espy_machine_keys(b->machine, boot, reset_down(b));
    watch_en(b, NULL);
}

void espy_bridge_keys(espy_bridge *b, bool boot, bool reset)
{
    b->boot = boot;
    b->reset = reset;
    press(b);
}

void espy_bridge_power(espy_bridge *b, bool on)
{
    b->power_off = !on;
    espy_machine_power(b->machine, on);
    watch_en(b, NULL);
}

static void begin(espy_bridge *b, const espy_bridge_step *step)
{
    b->step = step->us > 0 ? step : NULL;
    b->step_until = espy_machine_now_us(b->machine) + step->us;
    press(b);
}

void espy_bridge_tap_reset(espy_bridge *b)
{
    begin(b, tap);
}

void espy_bridge_download(espy_bridge *b)
{
    begin(b, download);
}

bool espy_bridge_busy(const espy_bridge *b)
{
    return b->step != NULL;
}

uint64_t espy_bridge_turn(espy_bridge *b, uint64_t wall_us)
{
    uint64_t now = espy_machine_now_us(b->machine), wait = UINT64_MAX;
    if (b->kept_until != 0 && wall_us >= b->kept_until)
        apply_lines(b);
    if (b->kept_until != 0)
        wait = b->kept_until - wall_us;
    if (b->step != NULL && now >= b->step_until)
        begin(b, b->step + 1);
    if (b->step != NULL && b->step_until - now < wait)
        wait = b->step_until - now;
    return wait;
}
