/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the UARTs, and the choice between them and the USB.
 *
 * Channels 0 to 2 are the UARTs, 3 is USB-OTG, 4 USB Serial/JTAG.  What the real ones do
 * by spinning, at a full FIFO or an empty one, lets time pass here and looks again.
 *
 * Sources: ESP-IDF v5.0.4, rom/uart.h and uart_reg.h; the real ROM.  What the serial
 * loader alone uses, the receiver's interrupt among it, is in download_link.c.
 */
#include "native.h"

#include "bits.h"

#include "data.h"
#include "pins.h"

#include "../core/regfile.h"

enum {
    /* Registers of a UART */
    FIFO = 0x00,
    INT_ENA = 0x0c,
    INT_CLR = 0x10,
    CLKDIV = 0x14,
    STATUS = 0x1c,
    CONF0 = 0x20,
    CONF1 = 0x24,
    FSM_STATUS = 0x6c,
    CLK_CONF = 0x78,
    INT_RXFIFO_FULL = 1,
    CONF0_MEM_CLK = 1 << 26,
    CONF0_FIFO_RST = 3 << 17,
    CLK_CONF_RST_CORE = 1 << 23,
    TX_FIFO_LIMIT = 128,

    /* UartDevice, a variable of the ROM */
    DEV_BAUD = ESPY_ROM_UART_DEV,
    DEV_DATA_BITS = DEV_BAUD + 4,
    DEV_PARITY = DEV_BAUD + 12,
    DEV_STOP_BITS = DEV_BAUD + 16,
    DEV_CHANNEL = DEV_BAUD + 24,
    DEV_RX = DEV_BAUD + 28,
    DEV_RX_TRIGGER = DEV_BAUD + 40,
    DEV_RX_STATE = DEV_BAUD + 44,
    DEV_BYTES = 56,
    /* in it, RcvMsgBuff: a ring */
    RX_START = 0,
    RX_WRITE = 4,
    RX_READ = 8,
    RX_SIZE = 0x800,

    UARTS = 3,
    OTG = 3,
    USB_DEVICE = 4,
    PRINTF_CHANNEL = 0x3fcef744,
    PAD_TX = 43,
    PAD_RX = 44,
    PERIP_CLK_EN0 = 0x600c0018,
    PERIP_RST_EN0 = 0x600c0020,
    PERIP_UART0 = 1 << 2,
    UART0_MAP = 0x600c206c, /* of core 0's interrupts */
    UART_INTERRUPT = 5,

    USB_EP1 = 0x60038000,
    USB_EP1_CONF = 0x60038004,
    USB_WRITE_DONE = 1,
    USB_IN_FREE = 2,
    USB_OUT_AVAILABLE = 4,
    USB_THERE = 0x3fcef130, /* usb_uart_connected */
    USB_TRIES = 50,

    /* Functions of the ROM */
    RX_INTR_HANDLER = 0x40048794,
    UART_RX_ONE_CHAR = 0x40000660,
    ETS_ISR_ATTACH = 0x40001b78,
    ETS_ISR_MASK = 0x40001b84,
    OTG_RX = 0x400025a4,
    OTG_RX_BLOCK = 0x400025b0,
    OTG_FLUSH = 0x400025bc,
    OTG_TX = 0x400025c8,
    DEVICE_RX = 0x400025d4,
    DEVICE_RX_BLOCK = 0x400025e0,
    DEVICE_FLUSH = 0x400025ec,
    DEVICE_TX = 0x400025f8
};

/* How long to wait before looking at a FIFO again: less than a bit at 115200 baud. */
#define LOOK (5 * ESPY_TICKS_PER_US)

static uint32_t base(uint32_t uart)
{
    return uart < 2 ? 0x60000000 + (uart << 16) : ((uart + 0x6000) << 16) + 0xe000;
}

static uint32_t tx_count(const espy_rom_call *c, uint32_t uart)
{
    return espy_bits(espy_rom_read32(c, base(uart) + STATUS), 25, 16);
}

static uint32_t rx_count(const espy_rom_call *c, uint32_t uart)
{
    return espy_bits(espy_rom_read32(c, base(uart) + STATUS), 9, 0);
}

static uint8_t first_arg(const espy_rom_call *c)
{
    return (uint8_t)espy_rom_arg(c, 0);
}

/* ---- sending ---- */

/* Sends a character to a channel and goes on at `done`; or waits, and is to be called again
 * at `step`.  The result is then espy_rom_result() for the USB channels, 0 for a UART. */
static bool sent(espy_rom_call *c, uint32_t channel, uint8_t byte, uint32_t step, uint32_t done)
{
    if (channel == OTG || channel == USB_DEVICE) {
        espy_rom_guest(c, done, channel == OTG ? OTG_TX : DEVICE_TX, 1, (const uint32_t[]){byte});
        return false;
    }
    if (tx_count(c, channel) >= TX_FIFO_LIMIT) {
        espy_rom_wait(c, step, LOOK);
        return false;
    }
    espy_rom_write32(c, base(channel) + FIFO, byte);
    return true;
}

/* To the channel that receives, too. */
static void uart_tx_one_char2(espy_rom_call *c)
{
    if (c->step == 1)
        espy_rom_return(c, espy_rom_result(c));
    else if (sent(c, espy_rom_read8(c, DEV_CHANNEL), first_arg(c), 0, 1))
        espy_rom_return(c, 0);
}

/* To the USB and to a UART, as the boot has switched them on. */
static void uart_tx_one_char(espy_rom_call *c)
{
    enum { TO_USB, USB_DONE, TO_CHANNEL, CHANNEL_DONE };
    enum { RESULT = 4 };
    uint8_t channel = espy_rom_read8(c, PRINTF_CHANNEL), byte = first_arg(c);
    switch (c->step) {
    case TO_USB:
        espy_rom_set_local(c, RESULT, 0);
        if (espy_rom_read8(c, ESPY_ROM_G_USB_PRINT)) {
            sent(c, USB_DEVICE, byte, TO_USB, USB_DONE);
            return;
        }
        break;
    case USB_DONE:
        espy_rom_set_local(c, RESULT, espy_rom_result(c));
        if (byte == '\n') {
            espy_rom_guest(c, TO_CHANNEL, DEVICE_FLUSH, 0, NULL);
            return;
        }
        break;
    case CHANNEL_DONE: espy_rom_return(c, espy_rom_result(c)); return;
    default: break;
    }
    bool both = channel == USB_DEVICE && espy_rom_read8(c, ESPY_ROM_G_USB_PRINT);
    if (both || !espy_rom_read8(c, ESPY_ROM_G_UART_PRINT))
        espy_rom_return(c, espy_rom_local(c, RESULT));
    else if (sent(c, channel, byte, TO_CHANNEL, CHANNEL_DONE))
        espy_rom_return(c, 0);
}

static void uart_tx_flush(espy_rom_call *c)
{
    uint8_t channel = first_arg(c);
    if (c->step == 1)
        return;
    if (channel == OTG || channel == USB_DEVICE)
        espy_rom_guest(c, 1, channel == OTG ? OTG_FLUSH : DEVICE_FLUSH, 0, NULL);
    else if (tx_count(c, channel) > 0)
        espy_rom_wait(c, 0, LOOK);
}

static void uart_tx_wait_idle(espy_rom_call *c)
{
    uint8_t uart = first_arg(c);
    if (uart < UARTS && (tx_count(c, uart) > 0 || espy_bits(espy_rom_read32(c, base(uart) + FSM_STATUS), 7, 4) != 0))
        espy_rom_wait(c, 0, LOOK);
}

static void uart_tx_switch(espy_rom_call *c)
{
    espy_rom_write8(c, PRINTF_CHANNEL, first_arg(c));
}

/* ---- receiving ---- */

/* Result: 1 if there is nothing. */
static void uart_rx_one_char(espy_rom_call *c)
{
    uint32_t channel = espy_rom_read8(c, DEV_CHANNEL);
    if (c->step == 1) {
        espy_rom_return(c, espy_rom_result(c));
    } else if (channel == OTG || channel == USB_DEVICE) {
        espy_rom_guest(c, 1, channel == OTG ? OTG_RX : DEVICE_RX, 1, (const uint32_t[]){espy_rom_arg(c, 0)});
    } else if (rx_count(c, channel) == 0) {
        espy_rom_return(c, 1);
    } else {
        espy_rom_write8(c, espy_rom_arg(c, 0), (uint8_t)espy_rom_read32(c, base(channel) + FIFO));
        espy_rom_return(c, 0);
    }
}

static void uart_rx_one_char_block(espy_rom_call *c)
{
    uint32_t channel = espy_rom_read8(c, DEV_CHANNEL);
    if (c->step == 1)
        espy_rom_return(c, espy_rom_result(c));
    else if (channel == OTG || channel == USB_DEVICE)
        espy_rom_guest(c, 1, channel == OTG ? OTG_RX_BLOCK : DEVICE_RX_BLOCK, 0, NULL);
    else if (rx_count(c, channel) == 0)
        espy_rom_wait(c, 0, LOOK);
    else
        espy_rom_return(c, espy_rom_read32(c, base(channel) + FIFO) & 0xff);
}

/* A position in the ring, and the one after it. */
static uint32_t next_position(const espy_rom_call *c, uint32_t ring, uint32_t position)
{
    uint32_t start = espy_rom_read32(c, ring + RX_START);
    return position + 1 == start + RX_SIZE ? start : position + 1;
}

static bool ring_is_empty(const espy_rom_call *c, uint32_t ring)
{
    return espy_rom_read32(c, ring + RX_WRITE) == espy_rom_read32(c, ring + RX_READ);
}

static uint8_t take(const espy_rom_call *c, uint32_t ring)
{
    uint32_t at = espy_rom_read32(c, ring + RX_READ);
    espy_rom_write32(c, ring + RX_READ, next_position(c, ring, at));
    return espy_rom_read8(c, at);
}

/* Arguments: the ring, where the character goes.  Result: 1 if there is nothing. */
static void uart_rx_readbuff(espy_rom_call *c)
{
    uint32_t ring = espy_rom_arg(c, 0), to = espy_rom_arg(c, 1);
    if (c->step == 1) {
        espy_rom_return(c, espy_rom_result(c));
    } else if (espy_rom_read8(c, DEV_CHANNEL) >= UARTS) {
        espy_rom_guest(c, 1, UART_RX_ONE_CHAR, 1, &to);
    } else if (ring_is_empty(c, ring)) {
        espy_rom_return(c, 1);
    } else {
        espy_rom_write8(c, to, take(c, ring));
        espy_rom_return(c, 0);
    }
}

/* Arguments: where a line goes, and how much room there is. */
static void UartRxString(espy_rom_call *c)
{
    enum { AT = 4 };
    uint32_t start = espy_rom_arg(c, 0), room = espy_rom_arg(c, 1) & 0xff;
    uint32_t at = c->step == 0 ? start : espy_rom_local(c, AT);
    if (c->step == 1 && espy_rom_result(c) == 1) {
        espy_rom_wait(c, 2, LOOK);
        return;
    }
    bool end = false;
    if (c->step == 1) {
        uint8_t byte = espy_rom_read8(c, at);
        end = byte == '\n' || byte == '\r';
        at += end ? 0 : 1;
    }
    espy_rom_set_local(c, AT, at);
    if (!end && (c->step == 2 || ((at - start + 1) & 0xff) < room)) {
        espy_rom_guest(c, 1, UART_RX_ONE_CHAR, 1, &at);
        return;
    }
    espy_rom_write8(c, at + 1, 0);
    espy_rom_return(c, 0);
}

/* ---- USB Serial/JTAG ---- */

static bool usb_has_room(const espy_rom_call *c)
{
    return espy_rom_read32(c, USB_EP1_CONF) & USB_IN_FREE;
}

static bool usb_has_byte(const espy_rom_call *c)
{
    return espy_rom_read32(c, USB_EP1_CONF) & USB_OUT_AVAILABLE;
}

/* A host that takes nothing for 5 ms is taken to be gone until there is room again. */
static void usb_uart_device_tx_one_char(espy_rom_call *c)
{
    bool room = usb_has_room(c), there = espy_rom_read32(c, USB_THERE) != 0;
    if (there && !room && c->step < USB_TRIES) {
        espy_rom_wait(c, c->step + 1, 100 * ESPY_TICKS_PER_US);
        return;
    }
    room = room && !(there && c->step == USB_TRIES);
    if (there != room)
        espy_rom_write32(c, USB_THERE, room);
    if (room)
        espy_rom_write32(c, USB_EP1, first_arg(c));
    espy_rom_return(c, 0);
}

static void usb_uart_device_tx_flush(espy_rom_call *c)
{
    espy_rom_write32(c, USB_EP1_CONF, USB_WRITE_DONE);
}

static void usb_uart_device_rx_one_char_block(espy_rom_call *c)
{
    if (usb_has_byte(c))
        espy_rom_return(c, espy_rom_read32(c, USB_EP1) & 0xff);
    else
        espy_rom_wait(c, 0, LOOK);
}

static void usb_uart_device_rx_one_char(espy_rom_call *c)
{
    bool got = usb_has_byte(c);
    if (got)
        espy_rom_write8(c, espy_rom_arg(c, 0), (uint8_t)espy_rom_read32(c, USB_EP1));
    espy_rom_return(c, got ? 0 : 1);
}

/* ---- settings ---- */

static void set_divisor(const espy_rom_call *c, uint32_t uart, uint32_t sixteenths)
{
    espy_rom_write32(c, base(uart) + CLKDIV, espy_bits(sixteenths, 15, 4) | (sixteenths & 0xf) << 20);
    espy_rom_set_bits(c, base(uart) + CONF0, CONF0_FIFO_RST);
    espy_rom_clear_bits(c, base(uart) + CONF0, CONF0_FIFO_RST);
}

static void uart_div_modify(espy_rom_call *c)
{
    if (first_arg(c) < UARTS)
        set_divisor(c, first_arg(c), espy_rom_arg(c, 1));
}

static void init_uart0(const espy_rom_call *c)
{
    espy_rom_set_bits(c, PERIP_CLK_EN0, PERIP_UART0);
    espy_rom_clear_bits(c, PERIP_RST_EN0, PERIP_UART0);
    espy_rom_set_bits(c, base(0) + CLK_CONF, CLK_CONF_RST_CORE);
    espy_rom_set_bits(c, PERIP_RST_EN0, PERIP_UART0);
    espy_rom_clear_bits(c, base(0) + CLK_CONF, CLK_CONF_RST_CORE);
    espy_rom_clear_bits(c, PERIP_RST_EN0, PERIP_UART0);
    for (uint32_t pad = PAD_RX; pad >= PAD_TX; pad--) {
        espy_rom_pad_function(c, pad, 0);
        espy_rom_pad_pullup(c, pad);
        espy_rom_pad_unhold(c, pad);
    }
}

/* Argument: UART.  To what UartDevice says. */
static void Uart_Init(espy_rom_call *c)
{
    uint32_t uart = first_arg(c), regs = base(uart), baud = espy_rom_read32(c, DEV_BAUD);
    if (uart >= UARTS)
        return;
    if (uart == 0)
        init_uart0(c);
    espy_rom_write32(c, regs + CLK_CONF, 0x3400000);
    espy_rom_set_bits(c, regs + CLK_CONF, 0x300000);
    set_divisor(c, uart, baud == 0 ? 0 : 640000000 / baud); /* 16 times the crystal's 40 MHz */
    uint32_t frame = espy_rom_read32(c, DEV_STOP_BITS) << 4 | espy_rom_read32(c, DEV_DATA_BITS) << 2;
    espy_rom_write32(c, regs + CONF0, frame | espy_rom_read32(c, DEV_PARITY));
    espy_rom_set_bits(c, regs + CONF0, CONF0_MEM_CLK | CONF0_FIFO_RST);
    espy_rom_clear_bits(c, regs + CONF0, CONF0_FIFO_RST);
    espy_rom_write32(c, regs + CONF1, espy_rom_read8(c, DEV_RX_TRIGGER));
    espy_rom_write32(c, regs + INT_CLR, 0xffffffff);
    espy_rom_set_bits(c, regs + INT_ENA, INT_RXFIFO_FULL);
    if (uart == 0)
        espy_rom_write32(c, UART0_MAP, UART_INTERRUPT);
}

/* Argument: 2 KiB for what is received, or 0. */
static void uartAttach(espy_rom_call *c)
{
    static const uint8_t device[DEV_BYTES] = {[1] = 0xc2, [2] = 0x01, [4] = 3, [16] = 1, [40] = 1}; /* 115200 8N1 */
    uint32_t buffer = espy_rom_arg(c, 0);
    switch (c->step) {
    case 0:
        espy_rom_write(c, DEV_BAUD, device, 25);
        espy_rom_write32(c, DEV_RX + RX_START, buffer);
        espy_rom_write32(c, DEV_RX + RX_WRITE, buffer);
        espy_rom_write32(c, DEV_RX + RX_READ, buffer);
        espy_rom_write8(c, DEV_RX_TRIGGER, 1);
        espy_rom_write(c, DEV_RX_STATE, device + 44, 12);
        espy_rom_write32(c, base(0) + INT_CLR, INT_RXFIFO_FULL);
        espy_rom_write32(c, base(1) + INT_CLR, INT_RXFIFO_FULL);
        espy_rom_guest(c, 1, ETS_ISR_MASK, 1, (const uint32_t[]){1 << UART_INTERRUPT});
        return;
    case 1:
        if (buffer != 0)
            espy_rom_guest(c, 2, ETS_ISR_ATTACH, 3, (const uint32_t[]){UART_INTERRUPT, RX_INTR_HANDLER, DEV_RX});
        return;
    default: return;
    }
}

static void GetUartDevice(espy_rom_call *c)
{
    espy_rom_return(c, ESPY_ROM_UART_DEV);
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }
#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS                                                                     \
    }

const espy_rom_function espy_rom_uart_functions[] = {
    STEPS(uart_tx_one_char),
    STEPS(uart_tx_one_char2),
    STEPS(uart_tx_flush),
    STEPS(uart_tx_wait_idle),
    ROW(uart_tx_switch),
    STEPS(uart_rx_one_char),
    STEPS(uart_rx_one_char_block),
    STEPS(uart_rx_readbuff),
    STEPS(UartRxString),
    STEPS(usb_uart_device_tx_one_char),
    ROW(usb_uart_device_tx_flush),
    ROW(usb_uart_device_rx_one_char),
    STEPS(usb_uart_device_rx_one_char_block),
    ROW(uart_div_modify),
    ROW(Uart_Init),
    STEPS(uartAttach),
    ROW(GetUartDevice),
    {0},
};
