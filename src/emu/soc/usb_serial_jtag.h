/* SPDX-License-Identifier: MIT
 *
 * The USB Serial/JTAG controller, and the host at the other end of its cable.
 *
 * While the cable is in, the controller has its clock, and its pads are enabled and its own,
 * it pulls D+ up.  The host then waits until the contacts have settled, resets the bus, asks
 * for descriptors, and opens the serial port; it goes away when the pull-up does.
 *
 * Bytes go by packets of at most 64, each of which takes its time on the wire.  To the host:
 * EP1 fills a buffer; WR_DONE or the 64th byte hands it over, and it is not free again until
 * the host has fetched it, so that firmware that prints with no host there has to give up.
 * The host's driver passes on what it has at a packet of less than 64 bytes, or after two, as
 * Linux' cdc-acm does: what ends with a packet of 64 needs an empty one behind it.
 * From the host: a packet is accepted once the one before it has been read, else refused
 * (NAK) and sent again.  So nothing is lost in either direction.
 *
 * DTR and RTS, which the host sets by SET_CONTROL_LINE_STATE, are commands to the controller
 * (TRM, table "CDC-ACM Settings with RTS and DTR"): DTR alone sets the download flag, none
 * clears it, RTS alone resets the chip's digital core and keeps it in reset, both do nothing.
 * A core reset leaves the controller alone, so that a host stays connected; any deeper one
 * makes the device go away and come back.
 *
 * Source: ESP32-S3 Technical Reference Manual, "USB Serial/JTAG Controller"; ESP-IDF v5.2.2,
 * soc/usb_serial_jtag_reg.h, hal/usb_serial_jtag_ll.h, hal/usb_fsls_phy_ll.h; USB 2.0, 5.8.4
 * (a bulk packet costs 13 bytes beside its own), 7.1.7.3 (100 ms until contacts have settled)
 * and 7.1.7.5 (50 ms of reset, 10 ms to recover).
 *
 * Left out: JTAG; bit stuffing, and that both directions share the wire; suspend; errors on
 * the wire; the fuses that turn the controller, its resets or its PHY off.
 */
#ifndef ESPY_EMU_SOC_USB_SERIAL_JTAG_H
#define ESPY_EMU_SOC_USB_SERIAL_JTAG_H

#include "../../base/buf.h"
#include "../core/soc.h"

#define ESPY_USB_PACKET 64

typedef enum espy_usb_bus {
    ESPY_USB_BUS_EMPTY,    /* the host sees no device */
    ESPY_USB_BUS_ATTACHED, /* it has seen the pull-up, and waits */
    ESPY_USB_BUS_RESET,    /* it resets and enumerates; frames begin */
    ESPY_USB_BUS_OPEN      /* its serial port is open */
} espy_usb_bus;

typedef struct espy_usb_serial_jtag {
    espy_soc *soc;
    espy_line irq;
    espy_line reset; /* wired by the machine after init: high while the host keeps the chip in reset */

    uint32_t int_raw, int_ena; /* save SOF in int_raw, see sof_cleared */
    uint32_t conf0, test, jfifo, misc_conf, mem_conf, date;
    uint8_t in[ESPY_USB_PACKET], out[ESPY_USB_PACKET];
    unsigned in_count; /* bytes in the IN endpoint's buffer */
    bool in_flushed;   /* and handed over to the bus */
    unsigned out_count, out_at;
    bool clocked, otg_phy; /* what the rest of the chip decides */
    bool download;         /* the flag: the boot after a core reset is to be a download */

    bool plugged;
    espy_usb_bus bus;
    espy_event bus_event; /* the next step to ESPY_USB_BUS_OPEN */
    unsigned devices;     /* how often that was reached */
    bool dtr, rts;
    uint64_t frame;       /* the host's last, while there is none on the bus */
    uint64_t sof_cleared; /* the frame during which SOF_INT was cleared last */
    espy_event sof_event;
    espy_event in_event, out_event; /* the end of a packet */
    espy_buf to_host, from_host;
    size_t from_host_at;  /* the bytes of from_host before this one have been sent */
    size_t to_host_whole; /* those of to_host that the driver has passed on */
} espy_usb_serial_jtag;

void espy_usb_serial_jtag_init(espy_usb_serial_jtag *usb, espy_soc *soc, espy_line irq);
/* Frees what the host has queued. */
void espy_usb_serial_jtag_free(espy_usb_serial_jtag *usb);
void espy_usb_serial_jtag_reset(espy_usb_serial_jtag *usb, espy_reset reset);
/* Input lines: the controller has clock and power, at first true; USB OTG has the PHY and with it the pads. */
void espy_usb_serial_jtag_clock(void *usb, unsigned n, bool level);
void espy_usb_serial_jtag_phy(void *usb, unsigned n, bool otg);

/* The host's side: the cable, which is out at first, and what a program there does with the port while
 * usb->bus is ESPY_USB_BUS_OPEN.  Going away loses what is on its way, what has come, and lets the lines go. */
void espy_usb_serial_jtag_plug(espy_usb_serial_jtag *usb, bool plugged);
espy_status espy_usb_serial_jtag_host_send(espy_usb_serial_jtag *usb, const uint8_t *bytes, size_t n, espy_err *err);
size_t espy_usb_serial_jtag_host_pending(const espy_usb_serial_jtag *usb);
size_t espy_usb_serial_jtag_host_take(espy_usb_serial_jtag *usb, uint8_t *bytes, size_t cap);
size_t espy_usb_serial_jtag_host_available(const espy_usb_serial_jtag *usb);
void espy_usb_serial_jtag_host_lines(espy_usb_serial_jtag *usb, bool dtr, bool rts);

#endif
