/* SPDX-License-Identifier: MIT
 *
 * USB Serial/JTAG without a host.  See usb_serial_jtag.h.
 */
#include "usb_serial_jtag.h"

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
    IN_EP0_ST = 0x28,
    IN_EP1_ST = 0x2c,
    IN_EP2_ST = 0x30,
    IN_EP3_ST = 0x34,
    MISC_CONF = 0x44,
    MEM_CONF = 0x48,
    DATE = 0x80
};

#define WR_DONE (1u << 0)
#define SERIAL_IN_EP_DATA_FREE (1u << 1)
#define SERIAL_IN_EMPTY_INT (1u << 3)
#define INT_ALL 0xfffu
#define PACKET 64
#define EP_IDLE 1u
#define JFIFO_BOTH_EMPTY 0x44u
#define JFIFO_RESETS 0x300u

static bool in_free(const espy_usb_serial_jtag *usb)
{
    return !usb->in_flushed && usb->in_count < PACKET;
}

static uint32_t usb_read(void *self, uint32_t offset)
{
    espy_usb_serial_jtag *usb = self;
    switch (offset) {
    case EP1_CONF: return in_free(usb) ? SERIAL_IN_EP_DATA_FREE : 0;
    case INT_RAW: return usb->int_raw;
    case INT_ST: return usb->int_raw & usb->int_ena;
    case INT_ENA: return usb->int_ena;
    case CONF0: return usb->conf0;
    case TEST: return usb->test;
    case JFIFO_ST: return usb->jfifo | JFIFO_BOTH_EMPTY;
    case IN_EP1_ST: return EP_IDLE | (uint32_t)usb->in_count << 2;
    case IN_EP0_ST:
    case IN_EP2_ST:
    case IN_EP3_ST: return EP_IDLE;
    case MISC_CONF: return usb->misc_conf;
    case MEM_CONF: return usb->mem_conf;
    case DATE: return usb->date;
    default: return 0;
    }
}

/* The 64th byte hands the packet over by itself. */
static void put_byte(espy_usb_serial_jtag *usb)
{
    if (!in_free(usb))
        return;
    if (++usb->in_count == PACKET)
        usb->in_flushed = true;
}

static void usb_write(void *self, uint32_t offset, uint32_t value)
{
    espy_usb_serial_jtag *usb = self;
    switch (offset) {
    case EP1: put_byte(usb); break;
    case EP1_CONF:
        if ((value & WR_DONE) != 0)
            usb->in_flushed = true;
        break;
    case INT_ENA: usb->int_ena = value & INT_ALL; break;
    case INT_CLR: usb->int_raw &= ~value; break;
    case CONF0: usb->conf0 = value; break;
    case TEST: usb->test = value & 0xf; break;
    case JFIFO_ST: usb->jfifo = value & JFIFO_RESETS; break;
    case MISC_CONF: usb->misc_conf = value & 1; break;
    case MEM_CONF: usb->mem_conf = value & 3; break;
    case DATE: usb->date = value; break;
    default: break;
    }
    espy_line_set(&usb->irq, (usb->int_raw & usb->int_ena) != 0);
}

void espy_usb_serial_jtag_init(espy_usb_serial_jtag *usb, espy_soc *soc, espy_line irq)
{
    *usb = (espy_usb_serial_jtag){.soc = soc, .irq = irq};
    espy_device device = {.name = "USB_SERIAL_JTAG",
                          .base = 0x60038000,
                          .size = 0x1000,
                          .self = usb,
                          .read = usb_read,
                          .write = usb_write};
    espy_bus_attach(soc->bus, &device);
    espy_usb_serial_jtag_reset(usb, ESPY_RESET_CHIP);
}

/* On the chip, a core reset leaves the controller alone so that a host stays connected. */
void espy_usb_serial_jtag_reset(espy_usb_serial_jtag *usb, espy_reset reset)
{
    if (reset == ESPY_RESET_CORE)
        return;
    usb->int_raw = SERIAL_IN_EMPTY_INT;
    usb->int_ena = 0;
    usb->conf0 = 1u << 14 | 1u << 9; /* USB_PAD_ENABLE, DP_PULLUP */
    usb->test = usb->jfifo = usb->misc_conf = 0;
    usb->mem_conf = 2; /* USB_MEM_CLK_EN */
    usb->date = 0x2101200;
    usb->in_count = 0;
    usb->in_flushed = false;
    espy_line_set(&usb->irq, false);
}
