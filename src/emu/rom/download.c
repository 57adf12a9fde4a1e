/* SPDX-License-Identifier: MIT
 *
 * The serial loader: from the first look at the ports to the program that it was given;
 * see the header.
 */
#include "download.h"

#include "download_command.h"
#include "download_inflate.h"
#include "download_link.h"

#include "../../base/bytes.h"

#include <string.h>

/* Functions of the ROM. */
enum {
    UART_TX_WAIT_IDLE = 0x4000069c,
    UART_DIV_MODIFY = 0x400006a8,
    SEND_PACKET = 0x40000744,
    UART_DWN_LD_PROC = 0x40000768,
    UART_INIT = 0x40000774,
    ETS_UPDATE_CPU_FREQUENCY = 0x40001a4c,
    ETS_GET_XTAL_DIV = 0x40001a64,
    ETS_SET_XTAL_DIV = 0x40001a70,
    ISR_MASK = 0x40001b84,
    ISR_UNMASK = 0x40001b90,
    SECURITY_DOWNLOAD_ENABLED = 0x40001fbc, /* ets_efuse_security_download_modes_enabled */
    USB_DOWNLOAD_DISABLED = 0x40001fe0,     /* ets_efuse_usb_download_mode_disabled */
    GET_SECURITY_INFO_PROC = 0x40048174,
    UART_SECURE_DWN_LD_PROC = 0x40048570,
    UART_RX_INTR_HANDLER = 0x40048794
};

enum {
    SYNC = 0x0800, /* direction and opcode of a frame */
    SYNC_REPLIES = 8,
    UART1_INTR_MAP = 0x600c2070, /* INTERRUPT_CORE0_UART1_INTR_MAP_REG */
    UNUSED_INTERRUPT = 16
};

/* The ports, and how long it stays at each: a millisecond from the look at the rate to the
 * one at the bytes, and what the mask ROM's code takes.  A round of exactly 4 ms would find
 * a host that knocks at whole milliseconds at the same place for ever. */
static const struct {
    uint8_t port;
    uint16_t settle_us;
} ports[] = {
    {0, 1004},
    {1, 1004},
    {ESPY_PORT_USB_OTG, 1007},
    {ESPY_PORT_USB_SERIAL_JTAG, 1008},
};
enum { PORTS = sizeof ports / sizeof ports[0] };

#define LOOK_TIME (4 * ESPY_TICKS_PER_US) /* at a UART that has heard nothing */

/* Locals. */
enum { APB = 4, PORT = 8, BARRED = 12, LEFT = 16, REPLY = 20, REPLY_SIZE = 12, LOCALS = 16 };

/* Where it goes on. */
enum {
    START,
    LINE_IDLE,
    OTG_ASKED,
    JTAG_ASKED,
    DIV_KNOWN,
    DIV_SET,
    CLOCK_TOLD,
    UART1_READY,
    LOOK,
    RATE_SET,
    SETTLED,
    REPLIED,
    MASKED,
    MODE_KNOWN,
    FINISHED
};

static void call(espy_rom_call *c, uint32_t step, uint32_t to, uint32_t arg)
{
    espy_rom_guest(c, step, to, 1, &arg);
}

static uint32_t get(const espy_rom_call *c, unsigned local)
{
    return espy_rom_local(c, local);
}

static void set(const espy_rom_call *c, unsigned local, uint32_t value)
{
    espy_rom_set_local(c, local, value);
}

static unsigned port(const espy_rom_call *c)
{
    return ports[get(c, PORT) % PORTS].port;
}

/* ---- getting ready ---- */

static void start(espy_rom_call *c)
{
    set(c, APB, espy_rom_arg(c, 0));
    set(c, PORT, 0);
    set(c, BARRED, 0);
    call(c, LINE_IDLE, UART_TX_WAIT_IDLE, 0);
}

static void bar_if_asked(espy_rom_call *c, unsigned usb)
{
    set(c, BARRED, get(c, BARRED) | (uint32_t)(espy_rom_result(c) != 0) << usb);
}

static bool is_barred(const espy_rom_call *c, unsigned usb)
{
    return (get(c, BARRED) >> usb & 1) != 0;
}

static void init_uart1(espy_rom_call *c)
{
    const uint32_t args[] = {1, get(c, APB)};
    espy_rom_guest(c, UART1_READY, UART_INIT, 2, args);
}

/* For USB OTG, if it may be used, the core runs at the crystal's full rate. */
static void speed_up(espy_rom_call *c)
{
    if (is_barred(c, ESPY_PORT_USB_OTG))
        init_uart1(c);
    else
        espy_rom_guest(c, DIV_KNOWN, ETS_GET_XTAL_DIV, 0, NULL);
}

static void remember_rate(espy_rom_call *c)
{
    set(c, APB, get(c, APB) * espy_rom_result(c));
    call(c, DIV_SET, ETS_SET_XTAL_DIV, 1);
}

/* ---- looking for a SYNC ---- */

static void next_port(const espy_rom_call *c)
{
    set(c, PORT, (get(c, PORT) + 1) % PORTS);
}

static void look_at_next(espy_rom_call *c)
{
    next_port(c);
    espy_rom_wait(c, LOOK, LOOK_TIME);
}

static void settle(espy_rom_call *c)
{
    espy_rom_wait(c, SETTLED, ports[get(c, PORT) % PORTS].settle_us * ESPY_TICKS_PER_US);
}

static void look(espy_rom_call *c)
{
    unsigned p = port(c);
    if (is_barred(c, p)) {
        look_at_next(c);
        return;
    }
    espy_rom_download_switch(c, p);
    if (p >= ESPY_PORT_UARTS || espy_rom_read32(c, ESPY_UART_DEV_STATE) >= ESPY_RCV_HEAD) {
        settle(c);
        return;
    }
    const uint32_t args[] = {p, espy_rom_download_measure(c, p)};
    if (args[1] != 0)
        espy_rom_guest(c, RATE_SET, UART_DIV_MODIFY, 2, args);
    else
        look_at_next(c);
}

static void send_reply(espy_rom_call *c)
{
    const uint32_t args[] = {espy_rom_locals_addr(c) - 4 + REPLY, REPLY_SIZE};
    espy_rom_guest(c, REPLIED, SEND_PACKET, 2, args);
}

/* The first command must be a SYNC, and is answered with its first word. */
static void settled(espy_rom_call *c)
{
    uint8_t packet[12], reply[REPLY_SIZE] = {1, 0x08, 4};
    bool whole = espy_rom_download_poll(c, ESPY_DOWNLOAD_PACKET, ESPY_DOWNLOAD_PACKET_MAX) != 0;
    espy_rom_read(c, ESPY_DOWNLOAD_PACKET, packet, sizeof packet);
    if (!whole || get_le16(packet) != SYNC) {
        next_port(c);
        look(c); /* at once: the ring is about to be emptied */
        return;
    }
    memcpy(reply + 4, packet + 8, 4);
    espy_rom_write(c, espy_rom_locals_addr(c) - 4 + REPLY, reply, sizeof reply);
    set(c, LEFT, SYNC_REPLIES);
    send_reply(c);
}

/* ---- obeying ---- */

static void replied(espy_rom_call *c)
{
    set(c, LEFT, get(c, LEFT) - 1);
    if (get(c, LEFT) != 0) {
        send_reply(c);
        return;
    }
    if (port(c) == 0)
        espy_rom_write32(c, UART1_INTR_MAP, UNUSED_INTERRUPT);
    call(c, MASKED, ISR_MASK, ESPY_DOWNLOAD_ISR);
}

static void obey(espy_rom_call *c)
{
    const uint32_t args[] = {ESPY_DOWNLOAD_PACKET, ESPY_DOWNLOAD_PACKET_MAX, ESPY_ROM_USER_CODE_START};
    espy_rom_guest(c, FINISHED, espy_rom_result(c) != 0 ? UART_SECURE_DWN_LD_PROC : UART_DWN_LD_PROC, 3, args);
}

void espy_rom_download(espy_rom_call *c)
{
    switch (c->step) {
    case START: start(c); break;
    case LINE_IDLE: call(c, OTG_ASKED, USB_DOWNLOAD_DISABLED, ESPY_PORT_USB_OTG); break;
    case OTG_ASKED:
        bar_if_asked(c, ESPY_PORT_USB_OTG);
        call(c, JTAG_ASKED, USB_DOWNLOAD_DISABLED, ESPY_PORT_USB_SERIAL_JTAG);
        break;
    case JTAG_ASKED:
        bar_if_asked(c, ESPY_PORT_USB_SERIAL_JTAG);
        speed_up(c);
        break;
    case DIV_KNOWN: remember_rate(c); break;
    case DIV_SET: call(c, CLOCK_TOLD, ETS_UPDATE_CPU_FREQUENCY, get(c, APB) / 1000000); break;
    case CLOCK_TOLD: init_uart1(c); break;
    case UART1_READY: call(c, LOOK, ISR_UNMASK, ESPY_DOWNLOAD_ISR); break;
    case LOOK: look(c); break;
    case RATE_SET:
        espy_rom_write32(c, ESPY_UART_DEV_STATE, ESPY_RCV_HEAD);
        settle(c);
        break;
    case SETTLED: settled(c); break;
    case REPLIED: replied(c); break;
    case MASKED: espy_rom_guest(c, MODE_KNOWN, SECURITY_DOWNLOAD_ENABLED, 0, NULL); break;
    case MODE_KNOWN: obey(c); break;
    default: espy_rom_return(c, espy_rom_read32(c, ESPY_ROM_USER_CODE_START)); break;
    }
}

const espy_rom_function espy_rom_loader_functions[] = {
    {"detect_uart_usb_spi_boot_mode", ESPY_ROM_DOWNLOAD, espy_rom_download, ESPY_ROM_STEPS, LOCALS},
    {"uart_rx_intr_handler", UART_RX_INTR_HANDLER, espy_rom_uart_rx_intr_handler, ESPY_ROM_LEAF, 0},
    {"send_packet", 0, espy_rom_send_packet, ESPY_ROM_STEPS, 16},
    {"recv_packet", 0, espy_rom_recv_packet, ESPY_ROM_STEPS, 16},
    {"UartDwnLdProc", 0, espy_rom_uart_dwn_ld_proc, ESPY_ROM_STEPS, ESPY_ROM_DOWNLOAD_LOCALS},
    {"UartSecureDwnLdProc", UART_SECURE_DWN_LD_PROC, espy_rom_uart_secure_dwn_ld_proc, ESPY_ROM_STEPS,
     ESPY_ROM_DOWNLOAD_LOCALS},
    {"GetSecurityInfoProc", GET_SECURITY_INFO_PROC, espy_rom_get_security_info_proc, ESPY_ROM_LEAF, 0},
    {"tinfl_decompress", 0, espy_rom_tinfl_decompress, ESPY_ROM_LEAF, 0},
    {0},
};
