/* SPDX-License-Identifier: MIT
 *
 * USB Serial/JTAG and its host.  See usb_serial_jtag.h.
 */
#include "usb_serial_jtag.h"

#include <string.h>

enum {
    EP1 = 0x00,
    EP1_CONF = 0x04,
    INT_RAW = 0x08,
    INT_ST = 0x0c,
    INT_ENA = 0x10,
    INT_CLR = 0x14,
    CONF0 = 0x18,
    TEST = 0x1c,
    JFIFO_ST = 0x20,
    FRAM_NUM = 0x24,
    IN_EP0_ST = 0x28,
    IN_EP1_ST = 0x2c,
    IN_EP2_ST = 0x30,
    IN_EP3_ST = 0x34,
    OUT_EP1_ST = 0x3c,
    MISC_CONF = 0x44,
    MEM_CONF = 0x48,
    DATE = 0x80
};

/* EP1_CONF */
#define WR_DONE (1u << 0)
#define SERIAL_IN_EP_DATA_FREE (1u << 1)
#define SERIAL_OUT_EP_DATA_AVAIL (1u << 2)
/* Interrupts */
#define SOF_INT (1u << 1)
#define SERIAL_OUT_RECV_PKT_INT (1u << 2)
#define SERIAL_IN_EMPTY_INT (1u << 3)
#define IN_TOKEN_REC_IN_EP1_INT (1u << 8)
#define USB_BUS_RESET_INT (1u << 9)
#define INT_ALL 0xfffu
/* CONF0 */
#define PHY_SEL (1u << 0)
#define PAD_PULL_OVERRIDE (1u << 8)
#define DP_PULLUP (1u << 9)
#define USB_PAD_ENABLE (1u << 14)
/* The rest */
#define EP_IDLE 1u
#define JFIFO_BOTH_EMPTY 0x44u
#define JFIFO_RESETS 0x300u
#define FRAME_M 0x7ffu
#define CRC_SIZE 2u /* OUT_EP1_WR_ADDR counts it */

#define SETTLE_TIME (100 * ESPY_TICKS_PER_MS)
#define ENUMERATION_TIME (60 * ESPY_TICKS_PER_MS)
/* Bytes at 12 Mbit/s. */
#define WIRE_TIME(n) ((n)*8 * (ESPY_TICKS_PER_SECOND / 12000000))
enum { PACKET_OVERHEAD = 13, TRANSFER_PACKETS = 2 };

/* ---- frames and interrupts ---- */

static bool has_frames(const espy_usb_serial_jtag *usb)
{
    return usb->bus >= ESPY_USB_BUS_RESET;
}

static uint64_t frame(const espy_usb_serial_jtag *usb)
{
    return has_frames(usb) ? usb->soc->clock->now / ESPY_TICKS_PER_MS : usb->frame;
}

static uint32_t raw(const espy_usb_serial_jtag *usb)
{
    return usb->int_raw | (frame(usb) != usb->sof_cleared ? SOF_INT : 0);
}

/* A frame is worth an event only where an interrupt waits for it. */
static void update_irq(espy_usb_serial_jtag *usb)
{
    uint32_t pending = raw(usb);
    espy_line_set(&usb->irq, (pending & usb->int_ena) != 0);
    if ((usb->int_ena & ~pending & SOF_INT) != 0 && has_frames(usb))
        espy_clock_at(usb->soc->clock, &usb->sof_event, (frame(usb) + 1) * ESPY_TICKS_PER_MS);
    else
        espy_clock_cancel(usb->soc->clock, &usb->sof_event);
}

static void raise(espy_usb_serial_jtag *usb, uint32_t interrupts)
{
    usb->int_raw |= interrupts;
    update_irq(usb);
}

static void sof_due(void *self)
{
    update_irq(self);
}

static void clear_interrupts(espy_usb_serial_jtag *usb, uint32_t interrupts)
{
    usb->int_raw &= ~interrupts;
    if ((interrupts & SOF_INT) != 0)
        usb->sof_cleared = frame(usb);
}

/* ---- packets ---- */

static void packet_at_end(espy_usb_serial_jtag *usb, espy_event *event, size_t n)
{
    espy_clock_at(usb->soc->clock, event, usb->soc->clock->now + WIRE_TIME(PACKET_OVERHEAD + n));
}

/* The host fetches what has been handed over. */
static void update_in(espy_usb_serial_jtag *usb)
{
    if (usb->in_flushed && usb->bus == ESPY_USB_BUS_OPEN && !usb->in_event.armed)
        packet_at_end(usb, &usb->in_event, usb->in_count);
}

/* A host that has no memory for the packet fetches it later. */
static void in_fetched(void *self)
{
    espy_usb_serial_jtag *usb = self;
    unsigned n = usb->in_count;
    if (espy_buf_append(&usb->to_host, usb->in, n, NULL) != ESPY_OK) {
        packet_at_end(usb, &usb->in_event, n);
        return;
    }
    if (n < ESPY_USB_PACKET || usb->to_host.size - usb->to_host_whole >= TRANSFER_PACKETS * ESPY_USB_PACKET)
        usb->to_host_whole = usb->to_host.size;
    usb->in_count = 0;
    usb->in_flushed = false;
    raise(usb, SERIAL_IN_EMPTY_INT | IN_TOKEN_REC_IN_EP1_INT);
}

static bool in_free(const espy_usb_serial_jtag *usb)
{
    return !usb->in_flushed && usb->in_count < ESPY_USB_PACKET;
}

static void flush(espy_usb_serial_jtag *usb)
{
    usb->in_flushed = true;
    update_in(usb);
}

static void put_byte(espy_usb_serial_jtag *usb, uint8_t byte)
{
    if (!in_free(usb))
        return;
    usb->in[usb->in_count++] = byte;
    if (usb->in_count == ESPY_USB_PACKET)
        flush(usb);
}

static unsigned out_left(const espy_usb_serial_jtag *usb)
{
    return usb->out_count - usb->out_at;
}

static size_t next_out_size(const espy_usb_serial_jtag *usb)
{
    size_t pending = espy_usb_serial_jtag_host_pending(usb);
    return pending < ESPY_USB_PACKET ? pending : ESPY_USB_PACKET;
}

/* The host sends what it has once there is room. */
static void update_out(espy_usb_serial_jtag *usb)
{
    if (next_out_size(usb) > 0 && out_left(usb) == 0 && !usb->out_event.armed)
        packet_at_end(usb, &usb->out_event, next_out_size(usb));
}

static void out_arrived(void *self)
{
    espy_usb_serial_jtag *usb = self;
    size_t n = next_out_size(usb);
    memcpy(usb->out, usb->from_host.bytes + usb->from_host_at, n);
    usb->from_host_at += n;
    if (usb->from_host_at > usb->from_host.size / 2) {
        espy_buf_consume(&usb->from_host, usb->from_host_at);
        usb->from_host_at = 0;
    }
    usb->out_count = (unsigned)n;
    usb->out_at = 0;
    raise(usb, SERIAL_OUT_RECV_PKT_INT);
}

static uint8_t get_byte(espy_usb_serial_jtag *usb)
{
    if (out_left(usb) == 0)
        return 0;
    uint8_t byte = usb->out[usb->out_at++];
    update_out(usb);
    return byte;
}

/* ---- the bus ---- */

static bool pulls_up(const espy_usb_serial_jtag *usb)
{
    bool pulled = (usb->conf0 & PAD_PULL_OVERRIDE) == 0 || (usb->conf0 & DP_PULLUP) != 0;
    return usb->clocked && !usb->otg_phy && (usb->conf0 & (USB_PAD_ENABLE | PHY_SEL)) == USB_PAD_ENABLE && pulled;
}

static void set_lines(espy_usb_serial_jtag *usb, bool dtr, bool rts)
{
    bool held = usb->rts && !usb->dtr, hold = rts && !dtr;
    usb->dtr = dtr;
    usb->rts = rts;
    if (!rts)
        usb->download = dtr;
    if (hold != held)
        espy_line_set(&usb->reset, hold);
}

static void go_away(espy_usb_serial_jtag *usb)
{
    espy_event *const events[] = {&usb->bus_event, &usb->sof_event, &usb->in_event, &usb->out_event};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        espy_clock_cancel(usb->soc->clock, events[i]);
    usb->frame = frame(usb);
    usb->bus = ESPY_USB_BUS_EMPTY;
    espy_buf_clear(&usb->from_host);
    espy_buf_clear(&usb->to_host);
    usb->from_host_at = usb->to_host_whole = 0;
    set_lines(usb, false, false);
}

static void wait_for(espy_usb_serial_jtag *usb, espy_usb_bus bus, espy_tick ticks)
{
    usb->bus = bus;
    espy_clock_at(usb->soc->clock, &usb->bus_event, usb->soc->clock->now + ticks);
}

static void update_bus(espy_usb_serial_jtag *usb)
{
    bool there = usb->plugged && pulls_up(usb);
    if (there && usb->bus == ESPY_USB_BUS_EMPTY)
        wait_for(usb, ESPY_USB_BUS_ATTACHED, SETTLE_TIME);
    else if (!there && usb->bus != ESPY_USB_BUS_EMPTY)
        go_away(usb);
}

static void bus_step(void *self)
{
    espy_usb_serial_jtag *usb = self;
    if (usb->bus == ESPY_USB_BUS_ATTACHED) {
        bool sof = (raw(usb) & SOF_INT) != 0;
        wait_for(usb, ESPY_USB_BUS_RESET, ENUMERATION_TIME);
        usb->sof_cleared = frame(usb) - sof;
        raise(usb, USB_BUS_RESET_INT);
        return;
    }
    usb->bus = ESPY_USB_BUS_OPEN;
    usb->devices++;
    update_in(usb);
}

/* ---- registers ---- */

static uint32_t usb_read(void *self, uint32_t offset)
{
    espy_usb_serial_jtag *usb = self;
    switch (offset) {
    case EP1: return get_byte(usb);
    case EP1_CONF:
        return (in_free(usb) ? SERIAL_IN_EP_DATA_FREE : 0) | (out_left(usb) > 0 ? SERIAL_OUT_EP_DATA_AVAIL : 0);
    case INT_RAW: return raw(usb);
    case INT_ST: return raw(usb) & usb->int_ena;
    case INT_ENA: return usb->int_ena;
    case CONF0: return usb->conf0;
    case TEST: return usb->test;
    case JFIFO_ST: return usb->jfifo | JFIFO_BOTH_EMPTY;
    case FRAM_NUM: return frame(usb) & FRAME_M;
    case IN_EP1_ST: return EP_IDLE | (uint32_t)usb->in_count << 2;
    case IN_EP0_ST:
    case IN_EP2_ST:
    case IN_EP3_ST: return EP_IDLE;
    case OUT_EP1_ST:
        return usb->out_count == 0 ? 0 : usb->out_count << 16 | usb->out_at << 9 | (usb->out_count + CRC_SIZE) << 2;
    case MISC_CONF: return usb->misc_conf;
    case MEM_CONF: return usb->mem_conf;
    case DATE: return usb->date;
    default: return 0;
    }
}

static void usb_write(void *self, uint32_t offset, uint32_t value)
{
    espy_usb_serial_jtag *usb = self;
    switch (offset) {
    case EP1: put_byte(usb, (uint8_t)value); break;
    case EP1_CONF:
        if ((value & WR_DONE) != 0)
            flush(usb);
        break;
    case INT_ENA: usb->int_ena = value & INT_ALL; break;
    case INT_CLR: clear_interrupts(usb, value); break;
    case CONF0:
        usb->conf0 = value;
        update_bus(usb);
        break;
    case TEST: usb->test = value & 0xf; break;
    case JFIFO_ST: usb->jfifo = value & JFIFO_RESETS; break;
    case MISC_CONF: usb->misc_conf = value & 1; break;
    case MEM_CONF: usb->mem_conf = value & 3; break;
    case DATE: usb->date = value; break;
    default: break;
    }
    update_irq(usb);
}

/* ---- the machine's side ---- */

void espy_usb_serial_jtag_init(espy_usb_serial_jtag *usb, espy_soc *soc, espy_line irq)
{
    *usb = (espy_usb_serial_jtag){.soc = soc, .irq = irq, .clocked = true};
    usb->bus_event = (espy_event){.fire = bus_step, .self = usb};
    usb->sof_event = (espy_event){.fire = sof_due, .self = usb};
    usb->in_event = (espy_event){.fire = in_fetched, .self = usb};
    usb->out_event = (espy_event){.fire = out_arrived, .self = usb};
    espy_device device = {.name = "USB_SERIAL_JTAG",
                          .base = 0x60038000,
                          .size = 0x1000,
                          .self = usb,
                          .read = usb_read,
                          .write = usb_write};
    espy_bus_attach(soc->bus, &device);
    espy_usb_serial_jtag_reset(usb, ESPY_RESET_CHIP);
}

void espy_usb_serial_jtag_free(espy_usb_serial_jtag *usb)
{
    espy_buf_free(&usb->to_host);
    espy_buf_free(&usb->from_host);
}

void espy_usb_serial_jtag_reset(espy_usb_serial_jtag *usb, espy_reset reset)
{
    if (reset == ESPY_RESET_CORE)
        return;
    go_away(usb);
    usb->int_raw = SERIAL_IN_EMPTY_INT;
    usb->int_ena = 0;
    usb->conf0 = USB_PAD_ENABLE | DP_PULLUP;
    usb->test = usb->jfifo = usb->misc_conf = 0;
    usb->mem_conf = 2; /* USB_MEM_CLK_EN */
    usb->date = 0x2101200;
    usb->in_count = usb->out_count = usb->out_at = 0;
    usb->in_flushed = false;
    usb->frame = usb->sof_cleared = 0;
    update_bus(usb);
    update_irq(usb);
}

void espy_usb_serial_jtag_clock(void *self, unsigned n, bool level)
{
    (void)n;
    espy_usb_serial_jtag *usb = self;
    usb->clocked = level;
    update_bus(usb);
}

void espy_usb_serial_jtag_phy(void *self, unsigned n, bool otg)
{
    (void)n;
    espy_usb_serial_jtag *usb = self;
    usb->otg_phy = otg;
    update_bus(usb);
}

/* ---- the host's side ---- */

void espy_usb_serial_jtag_plug(espy_usb_serial_jtag *usb, bool plugged)
{
    usb->plugged = plugged;
    update_bus(usb);
}

espy_status espy_usb_serial_jtag_host_send(espy_usb_serial_jtag *usb, const uint8_t *bytes, size_t n, espy_err *err)
{
    if (usb->bus != ESPY_USB_BUS_OPEN)
        return ESPY_OK;
    espy_status st = espy_buf_append(&usb->from_host, bytes, n, err);
    update_out(usb);
    return st;
}

size_t espy_usb_serial_jtag_host_pending(const espy_usb_serial_jtag *usb)
{
    return usb->from_host.size - usb->from_host_at;
}

size_t espy_usb_serial_jtag_host_take(espy_usb_serial_jtag *usb, uint8_t *bytes, size_t cap)
{
    size_t n = usb->to_host_whole < cap ? usb->to_host_whole : cap;
    if (n == 0)
        return 0;
    memcpy(bytes, usb->to_host.bytes, n);
    espy_buf_consume(&usb->to_host, n);
    usb->to_host_whole -= n;
    return n;
}

size_t espy_usb_serial_jtag_host_available(const espy_usb_serial_jtag *usb)
{
    return usb->to_host_whole;
}

void espy_usb_serial_jtag_host_lines(espy_usb_serial_jtag *usb, bool dtr, bool rts)
{
    if (usb->bus == ESPY_USB_BUS_OPEN)
        set_lines(usb, dtr, rts);
}
