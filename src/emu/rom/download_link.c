/* SPDX-License-Identifier: MIT
 *
 * The serial loader's ports and frames; see the header.
 */
#include "download_link.h"

/* Registers.  Source: ESP-IDF, soc/uart_reg.h and soc/usb_serial_jtag_reg.h. */
enum {
    UART_FIFO = 0x00,
    UART_INT_ST = 0x08,
    UART_INT_ENA = 0x0c,
    UART_INT_CLR = 0x10,
    UART_CLKDIV = 0x14,
    UART_RX_FILT = 0x18,
    UART_STATUS = 0x1c,
    UART_CONF0 = 0x20,
    UART_LOWPULSE = 0x28,
    UART_HIGHPULSE = 0x2c,
    UART_RXD_CNT = 0x30,
    UART_AUTOBAUD_EN = 1 << 27,
    UART_RXFIFO_FULL_INT = 1,
    UART_TXFIFO_SIZE = 128,
    USB_EP1 = 0x60038000,
    USB_EP1_CONF = 0x60038004,
    USB_WR_DONE = 1,
    USB_IN_FREE = 2,
    USB_OUT_AVAIL = 4
};

enum {
    ESCAPE = 0xdb,
    ESCAPED_END = 0xdc,
    ESCAPED_ESCAPE = 0xdd,
    EDGES = 128,                /* of the line, that make a measurement */
    GLITCH_FILTER = 0x104,      /* shorter pulses than 4 cycles are none */
    USB_CONNECTED = 0x3fcef130, /* usb_uart_connected */
    USB_TRIES = 50              /* 100 us apart, before the host is taken for gone */
};

#define XTAL_CYCLE (ESPY_TICKS_PER_US / 40)
#define USB_RETRY (100 * ESPY_TICKS_PER_US)

static uint32_t uart_base(unsigned port)
{
    return port < 2 ? 0x60000000u + 0x10000u * port : 0x6002e000u;
}

uint8_t espy_rom_download_port(const espy_rom_call *c)
{
    return espy_rom_read8(c, ESPY_UART_DEV_PORT);
}

/* ---- receiving bytes ---- */

static uint32_t after(const espy_rom_call *c, uint32_t at)
{
    uint32_t ring = espy_rom_read32(c, ESPY_UART_DEV_RING);
    return at + 1 == ring + ESPY_UART_RING_SIZE ? ring : at + 1;
}

static void put_in_ring(espy_rom_call *c, uint8_t byte)
{
    uint32_t at = espy_rom_read32(c, ESPY_UART_DEV_PUT);
    espy_rom_write8(c, at, byte);
    if (byte == '\r')
        espy_rom_write32(c, ESPY_UART_DEV_LINE, 2);
    espy_rom_write32(c, ESPY_UART_DEV_PUT, after(c, at));
}

static bool take_from_ring(espy_rom_call *c, uint8_t *byte)
{
    uint32_t at = espy_rom_read32(c, ESPY_UART_DEV_GET);
    if (at == espy_rom_read32(c, ESPY_UART_DEV_PUT))
        return false;
    *byte = espy_rom_read8(c, at);
    espy_rom_write32(c, ESPY_UART_DEV_GET, after(c, at));
    return true;
}

static bool take_from_usb(espy_rom_call *c, uint8_t *byte)
{
    if ((espy_rom_read32(c, USB_EP1_CONF) & USB_OUT_AVAIL) == 0)
        return false;
    *byte = (uint8_t)espy_rom_read32(c, USB_EP1);
    return true;
}

static bool take_byte(espy_rom_call *c, uint8_t *byte)
{
    unsigned port = espy_rom_download_port(c);
    if (port < ESPY_PORT_UARTS)
        return take_from_ring(c, byte);
    return port == ESPY_PORT_USB_SERIAL_JTAG && take_from_usb(c, byte);
}

/* Both UARTs have this handler; an interrupt of the one that is not received from costs
 * that one a byte. */
void espy_rom_uart_rx_intr_handler(espy_rom_call *c)
{
    unsigned port = espy_rom_download_port(c);
    uint32_t base = uart_base(port);
    if ((espy_rom_read32(c, base + UART_INT_ST) & UART_RXFIFO_FULL_INT) == 0) {
        espy_rom_read32(c, uart_base(1 - port) + UART_FIFO);
        return;
    }
    while ((espy_rom_read32(c, base + UART_STATUS) & 0x3ff) != 0)
        put_in_ring(c, (uint8_t)espy_rom_read32(c, base + UART_FIFO));
    espy_rom_write32(c, base + UART_INT_CLR, UART_RXFIFO_FULL_INT);
}

static void enable(espy_rom_call *c, unsigned uart, bool on)
{
    espy_rom_write32(c, uart_base(uart) + UART_INT_CLR, UINT32_MAX);
    espy_rom_update32(c, uart_base(uart) + UART_INT_ENA, UART_RXFIFO_FULL_INT, on);
}

void espy_rom_download_switch(espy_rom_call *c, unsigned port)
{
    uint8_t lost;
    if (port != 0)
        enable(c, 0, false);
    if (port != 1)
        enable(c, 1, false);
    while (take_byte(c, &lost))
        ;
    espy_rom_write32(c, ESPY_UART_DEV_LINE, 0);
    if (port < ESPY_PORT_UARTS)
        enable(c, port, true);
    espy_rom_write8(c, ESPY_UART_DEV_PORT, (uint8_t)port);
}

/* ---- the rate ---- */

/* A SYNC is mostly 0x55, single bits low and high in turn, so that the shortest pulse of
 * each kind is one bit; each is one cycle longer than its register says. */
uint32_t espy_rom_download_measure(espy_rom_call *c, unsigned uart)
{
    uint32_t base = uart_base(uart), conf0 = espy_rom_read32(c, base + UART_CONF0);
    if (espy_rom_read32(c, ESPY_UART_DEV_STATE) == ESPY_RCV_BAUD_RATE)
        espy_rom_write32(c, ESPY_UART_DEV_STATE, ESPY_RCV_WAIT_SYNC);
    if ((conf0 & UART_AUTOBAUD_EN) == 0) {
        espy_rom_write32(c, base + UART_RX_FILT, GLITCH_FILTER);
        espy_rom_write32(c, base + UART_CONF0, conf0 | UART_AUTOBAUD_EN);
    }
    if (espy_rom_read32(c, base + UART_RXD_CNT) < EDGES)
        return 0;
    uint32_t low = espy_rom_read32(c, base + UART_LOWPULSE) & 0xfff;
    uint32_t high = espy_rom_read32(c, base + UART_HIGHPULSE) & 0xfff;
    espy_rom_update32(c, base + UART_CONF0, UART_AUTOBAUD_EN, 0);
    return 8 * (low + high) + 16;
}

/* ---- receiving frames ---- */

typedef struct frame {
    uint32_t dst, max, size;
} frame;

static void put_in_frame(espy_rom_call *c, frame *f, uint8_t byte)
{
    if (f->size >= f->max)
        return;
    espy_rom_write8(c, f->dst + f->size++, byte);
    espy_rom_write32(c, ESPY_UART_DEV_RECEIVED, espy_rom_read32(c, ESPY_UART_DEV_RECEIVED) + 1);
}

/* What follows ESCAPE and should not stands for itself. */
static uint8_t unescaped(uint8_t byte)
{
    return byte == ESCAPED_END ? ESPY_SLIP_END : byte == ESCAPED_ESCAPE ? ESCAPE : byte;
}

/* A byte of a frame, in a state that it may change; true at the frame's end.  Before a
 * baud rate was measured, which USB needs not, the frame needs no END in front, and its
 * first ESCAPE is taken for a 0. */
static bool take(espy_rom_call *c, frame *f, uint32_t *state, uint8_t byte)
{
    if (*state == ESPY_RCV_HEAD) {
        *state = byte == ESPY_SLIP_END ? ESPY_RCV_BODY : ESPY_RCV_HEAD;
    } else if (*state == ESPY_RCV_ESCAPE) {
        put_in_frame(c, f, unescaped(byte));
        *state = ESPY_RCV_BODY;
    } else if (byte == ESCAPE && *state != ESPY_RCV_BODY) {
        put_in_frame(c, f, 0);
        *state = ESPY_RCV_BODY;
    } else if (byte == ESCAPE) {
        *state = ESPY_RCV_ESCAPE;
    } else if (byte != ESPY_SLIP_END) {
        put_in_frame(c, f, byte);
    } else {
        return f->size > 0;
    }
    return false;
}

static bool take_frame(espy_rom_call *c, frame *f, uint32_t *state)
{
    uint8_t byte;
    while (take_byte(c, &byte))
        if (take(c, f, state, byte))
            return true;
    return false;
}

uint32_t espy_rom_download_poll(espy_rom_call *c, uint32_t dst, uint32_t max)
{
    frame f = {dst, max, espy_rom_read32(c, ESPY_UART_DEV_RECEIVED)};
    uint32_t state = espy_rom_read32(c, ESPY_UART_DEV_STATE);
    bool whole = take_frame(c, &f, &state);
    espy_rom_write32(c, ESPY_UART_DEV_STATE, whole ? ESPY_RCV_HEAD : state);
    if (whole)
        espy_rom_write32(c, ESPY_UART_DEV_RECEIVED, 0);
    return whole ? f.size : 0;
}

/* An interrupt ends the wait at a UART, and nothing at USB. */
static espy_tick receive_wait(const espy_rom_call *c)
{
    return espy_rom_download_port(c) < ESPY_PORT_UARTS ? 10 * ESPY_TICKS_PER_MS : USB_RETRY;
}

/* recv_packet(dst, max, poll): the frame's size; with poll, 0 if it is not whole yet. */
void espy_rom_recv_packet(espy_rom_call *c)
{
    enum { SIZE = 4, STATE = 8 };
    frame f = {espy_rom_arg(c, 0), espy_rom_arg(c, 1), c->step != 0 ? espy_rom_local(c, SIZE) : 0};
    uint32_t state = c->step != 0 ? espy_rom_local(c, STATE) : ESPY_RCV_HEAD;
    if ((espy_rom_arg(c, 2) & 0xff) != 0) {
        espy_rom_return(c, espy_rom_download_poll(c, f.dst, f.max));
    } else if (take_frame(c, &f, &state)) {
        espy_rom_return(c, f.size);
    } else {
        espy_rom_set_local(c, SIZE, f.size);
        espy_rom_set_local(c, STATE, state);
        espy_rom_wait(c, 1, receive_wait(c));
    }
}

/* ---- sending frames ---- */

/* Whether the UART takes a byte; it has one place less every ten bits. */
static bool uart_send(espy_rom_call *c, unsigned port, uint8_t byte)
{
    uint32_t base = uart_base(port);
    if ((espy_rom_read32(c, base + UART_STATUS) >> 16 & 0x3ff) >= UART_TXFIFO_SIZE)
        return false;
    espy_rom_write32(c, base + UART_FIFO, byte);
    return true;
}

static espy_tick uart_wait(const espy_rom_call *c, unsigned port)
{
    return 10 * XTAL_CYCLE * (espy_rom_read32(c, uart_base(port) + UART_CLKDIV) & 0xfff) + 1;
}

/* A host that does not take its bytes is taken for gone, and then they are lost. */
static bool usb_send(espy_rom_call *c, uint8_t byte, uint32_t tries)
{
    if ((espy_rom_read32(c, USB_EP1_CONF) & USB_IN_FREE) != 0) {
        espy_rom_write32(c, USB_CONNECTED, 1);
        espy_rom_write32(c, USB_EP1, byte);
        return true;
    }
    if (espy_rom_read32(c, USB_CONNECTED) != 0 && tries < USB_TRIES)
        return false;
    espy_rom_write32(c, USB_CONNECTED, 0);
    return true;
}

/* Where send_packet() is in its frame: END, the bytes, each maybe in two, END. */
typedef struct place {
    uint32_t at;      /* 0: the END in front; else the byte before is the next */
    uint32_t escaped; /* the first half of an escape is out */
    uint32_t tries;   /* at the byte that is due */
} place;

/* The byte for the wire that is due at p, and whether another follows from the same. */
static bool wire_byte(const espy_rom_call *c, const place *p, uint8_t *byte)
{
    uint32_t n = espy_rom_arg(c, 1);
    *byte = ESPY_SLIP_END;
    if (p->at == 0 || p->at == n + 1)
        return false;
    *byte = espy_rom_read8(c, espy_rom_arg(c, 0) + p->at - 1);
    if (*byte != ESPY_SLIP_END && *byte != ESCAPE)
        return false;
    if (p->escaped != 0)
        *byte = *byte == ESCAPE ? ESCAPED_ESCAPE : ESCAPED_END;
    else
        *byte = ESCAPE;
    return p->escaped == 0;
}

/* Sends what the port takes now; true when that was everything. */
static bool send_some(espy_rom_call *c, place *p)
{
    unsigned port = espy_rom_download_port(c);
    for (uint32_t end = espy_rom_arg(c, 1) + 2; p->at < end; p->tries = 0) {
        uint8_t byte;
        bool half = wire_byte(c, p, &byte);
        if (port < ESPY_PORT_UARTS ? !uart_send(c, port, byte)
                                   : port == ESPY_PORT_USB_SERIAL_JTAG && !usb_send(c, byte, p->tries))
            return false;
        p->escaped = half;
        p->at += !half;
    }
    return true;
}

/* send_packet(bytes, n) */
void espy_rom_send_packet(espy_rom_call *c)
{
    enum { AT = 4, ESCAPED = 8, TRIES = 12 };
    unsigned port = espy_rom_download_port(c);
    place p = {0};
    if (c->step != 0)
        p = (place){espy_rom_local(c, AT), espy_rom_local(c, ESCAPED), espy_rom_local(c, TRIES)};
    if (send_some(c, &p)) {
        if (port == ESPY_PORT_USB_SERIAL_JTAG)
            espy_rom_write32(c, USB_EP1_CONF, USB_WR_DONE);
        return;
    }
    espy_rom_set_local(c, AT, p.at);
    espy_rom_set_local(c, ESCAPED, p.escaped);
    espy_rom_set_local(c, TRIES, p.tries + 1);
    espy_rom_wait(c, 1, port < ESPY_PORT_UARTS ? uart_wait(c, port) : USB_RETRY);
}
