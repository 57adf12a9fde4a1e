/* SPDX-License-Identifier: MIT
 *
 * The USB OTG core (Synopsys DWC2) and its wrapper, with nothing plugged in: no
 * session, no reset from a host, no start of frame.  Registers, FIFO sizes and
 * endpoint controls hold what is written; resets and flushes complete at once.
 *
 * Source: ESP-IDF v5.0.4, soc/usb_reg.h, soc/usb_wrap_reg.h,
 * soc/usb_dwc_struct.h (register names, fields, reset values).
 *
 * Left out: everything that takes a cable: traffic, host mode, the PHY.
 */
#ifndef ESPY_EMU_SOC_USB_OTG_H
#define ESPY_EMU_SOC_USB_OTG_H

#include "../core/soc.h"

typedef struct espy_usb_otg {
    espy_soc *soc;
    espy_line irq;
    uint32_t reg[0x1000 / 4]; /* the core's control and status registers */
    uint32_t wrap_conf, wrap_test, wrap_date;
} espy_usb_otg;

void espy_usb_otg_init(espy_usb_otg *usb, espy_soc *soc, espy_line irq);
void espy_usb_otg_reset(espy_usb_otg *usb, espy_reset reset);

#endif
