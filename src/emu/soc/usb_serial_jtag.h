/* SPDX-License-Identifier: MIT
 *
 * USB Serial/JTAG with nothing plugged in.
 *
 * The IN endpoint's 64-byte buffer takes bytes until it is full or flushed with
 * WR_DONE; without a host nobody fetches it, so it never becomes free again, and
 * firmware that prints here gives up, as on a board powered by the other port.
 *
 * Source: ESP32-S3 Technical Reference Manual, "USB Serial/JTAG Controller";
 * ESP-IDF v5.0.4, soc/usb_serial_jtag_reg.h.
 *
 * Left out: a host, JTAG.
 */
#ifndef ESPY_EMU_SOC_USB_SERIAL_JTAG_H
#define ESPY_EMU_SOC_USB_SERIAL_JTAG_H

#include "../core/soc.h"

typedef struct espy_usb_serial_jtag {
    espy_soc *soc;
    espy_line irq;
    uint32_t int_raw, int_ena;
    uint32_t conf0, test, jfifo, misc_conf, mem_conf, date;
    unsigned in_count; /* bytes in the IN endpoint's buffer */
    bool in_flushed;   /* and handed over to the bus */
} espy_usb_serial_jtag;

void espy_usb_serial_jtag_init(espy_usb_serial_jtag *usb, espy_soc *soc, espy_line irq);
void espy_usb_serial_jtag_reset(espy_usb_serial_jtag *usb, espy_reset reset);

#endif
