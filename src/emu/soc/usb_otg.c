/* SPDX-License-Identifier: MIT
 *
 * The USB OTG core without a cable.  See usb_otg.h.
 */
#include "usb_otg.h"

#include <string.h>

/* The core's registers, by their offsets. */
enum {
    GOTGCTL = 0x000,
    GOTGINT = 0x004,
    GAHBCFG = 0x008,
    GUSBCFG = 0x00c,
    GRSTCTL = 0x010,
    GINTSTS = 0x014,
    GINTMSK = 0x018,
    GRXSTSR = 0x01c,
    GRXSTSP = 0x020,
    GRXFSIZ = 0x024,
    GNPTXFSIZ = 0x028,
    GNPTXSTS = 0x02c,
    GSNPSID = 0x040,
    GHWCFG1 = 0x044,
    GHWCFG2 = 0x048,
    GHWCFG3 = 0x04c,
    GHWCFG4 = 0x050,
    HPTXFSIZ = 0x100,
    DIEPTXF1 = 0x104,
    HFIR = 0x404,
    HFNUM = 0x408,
    HPTXSTS = 0x410,
    DCFG = 0x800,
    DCTL = 0x804,
    DSTS = 0x808,
    DVBUSDIS = 0x828,
    DVBUSPULSE = 0x82c,
    DTHRCTL = 0x830,
    DIEP0 = 0x900,
    DOEP0 = 0xb00,
    CORE_SIZE = 0x1000
};

/* The seven endpoints of each direction, 0x20 apart. */
enum { EP_CTL = 0x00, EP_INT = 0x08, EP_TXFSTS = 0x18, EP_STEP = 0x20, EP_COUNT = 7 };

/* GOTGCTL */
#define CONIDSTS (1u << 16) /* the ID pin is open: we are the device */
/* GUSBCFG */
#define FORCEHSTMODE (1u << 29)
#define FORCEDEVMODE (1u << 30)
/* GRSTCTL */
#define CSFTRST (1u << 0)
#define GRSTCTL_SELF_CLEARING 0x3fu /* the resets and flushes */
#define TXFNUM 0x7c0u
#define AHBIDLE (1u << 31)
/* GINTSTS */
#define CURMOD_INT (1u << 0)
#define NPTXFEMP (1u << 5)
#define GINNAKEFF (1u << 6)
#define GOUTNAKEFF (1u << 7)
#define PTXFEMP (1u << 26)
#define GINTSTS_W1C 0xf010fc0au
/* DCTL */
#define GNPINNAKSTS (1u << 2)
#define GOUTNAKSTS (1u << 3)
#define SGNPINNAK (1u << 7)
#define CGNPINNAK (1u << 8)
#define SGOUTNAK (1u << 9)
#define CGOUTNAK (1u << 10)
/* DIEPCTL, DOEPCTL */
#define USBACTEP (1u << 15)
#define NAKSTS (1u << 17)
#define CNAK (1u << 26)
#define SNAK (1u << 27)
#define EPDIS (1u << 30)
#define EPENA (1u << 31)
/* DIEPINT, DOEPINT */
#define EPDISBLD (1u << 1)
#define INEPNAKEFF (1u << 6)

/* The wrapper. */
enum { WRAP_OTG_CONF = 0x00, WRAP_TEST_CONF = 0x04, WRAP_DATE = 0x3fc };
#define WRAP_OTG_CONF_RESET 0x1c0000u /* PHY and AHB clocks forced on, pads enabled */
#define WRAP_DATE_VALUE 0x2102010u

static const struct {
    uint16_t offset;
    uint32_t value;
} reset_values[] = {
    {GUSBCFG, 0x1440},
    {GRXFSIZ, 256},
    {GNPTXFSIZ, 256u << 16 | 256},
    {GSNPSID, 0x4f54400a},
    {GHWCFG2, 0x224dd930},
    {GHWCFG3, 0x00c804b5},
    {GHWCFG4, 0xd3f0a030},
    {HPTXFSIZ, 0x10000200},
    {DIEPTXF1, 0x10000200},
    {0x108, 0x10000200},
    {0x10c, 0x10000200},
    {0x110, 0x10000200},
    {HFIR, 6103},
    {HFNUM, 0x3fff},
    {HPTXSTS, 8u << 16 | 256},
    {DCFG, 4u << 18 | 2u << 26},
    {DCTL, 1u << 13},
    {DVBUSDIS, 6103},
    {DVBUSPULSE, 1464},
    {DTHRCTL, 8u << 2 | 1u << 17 | 1u << 27},
};

static uint32_t *reg(espy_usb_otg *usb, uint32_t offset)
{
    return &usb->reg[offset / 4];
}

/* ---- Interrupts ---- */

/* The bits of GINTSTS that follow a state: which mode, FIFOs empty, NAK in effect. */
static uint32_t gintsts(espy_usb_otg *usb)
{
    bool host = (*reg(usb, GUSBCFG) & (FORCEHSTMODE | FORCEDEVMODE)) == FORCEHSTMODE;
    uint32_t dctl = *reg(usb, DCTL), level = NPTXFEMP | PTXFEMP | (host ? CURMOD_INT : 0);
    level |= (dctl & GNPINNAKSTS) != 0 ? GINNAKEFF : 0;
    level |= (dctl & GOUTNAKSTS) != 0 ? GOUTNAKEFF : 0;
    return *reg(usb, GINTSTS) | level;
}

static void update_irq(espy_usb_otg *usb)
{
    bool enabled = (*reg(usb, GAHBCFG) & 1) != 0;
    espy_line_set(&usb->irq, enabled && (gintsts(usb) & ~CURMOD_INT & *reg(usb, GINTMSK)) != 0);
}

/* ---- Registers ---- */

static void core_reset(espy_usb_otg *usb)
{
    memset(usb->reg, 0, sizeof usb->reg);
    for (size_t n = 0; n < sizeof reset_values / sizeof reset_values[0]; n++)
        *reg(usb, reset_values[n].offset) = reset_values[n].value;
    for (unsigned ep = 0; ep < EP_COUNT; ep++) {
        *reg(usb, DIEP0 + ep * EP_STEP + EP_CTL) = USBACTEP;
        *reg(usb, DOEP0 + ep * EP_STEP + EP_CTL) = USBACTEP;
    }
}

static bool is_endpoint(uint32_t offset)
{
    return (offset >= DIEP0 && offset < DIEP0 + EP_COUNT * EP_STEP) ||
           (offset >= DOEP0 && offset < DOEP0 + EP_COUNT * EP_STEP);
}

/* The room in an IN endpoint's FIFO: all of it, in words. */
static uint32_t tx_fifo_room(espy_usb_otg *usb, unsigned ep)
{
    if (ep == 0)
        return *reg(usb, GNPTXFSIZ) >> 16;
    return ep <= 4 ? *reg(usb, DIEPTXF1 + (ep - 1) * 4) >> 16 : 0;
}

static uint32_t otg_read(void *self, uint32_t offset)
{
    espy_usb_otg *usb = self;
    if (offset >= CORE_SIZE)
        return 0; /* the FIFOs are empty */
    if (offset >= DIEP0 && offset < DIEP0 + EP_COUNT * EP_STEP && offset % EP_STEP == EP_TXFSTS)
        return tx_fifo_room(usb, (offset - DIEP0) / EP_STEP);
    switch (offset) {
    case GOTGCTL: return *reg(usb, GOTGCTL) | CONIDSTS;
    case GRSTCTL: return *reg(usb, GRSTCTL) | AHBIDLE;
    case GINTSTS: return gintsts(usb);
    case GRXSTSR:
    case GRXSTSP: return 0;
    case GNPTXSTS: return 4u << 16 | *reg(usb, GNPTXFSIZ) >> 16;
    case DSTS: return 1u << 1; /* full speed, if ever */
    default: return *reg(usb, offset);
    }
}

static void write_endpoint(espy_usb_otg *usb, uint32_t offset, uint32_t value)
{
    uint32_t field = offset % EP_STEP, *at = reg(usb, offset);
    if (field == EP_INT) {
        *at &= ~value;
    } else if (field == EP_CTL) {
        uint32_t nak = *at & NAKSTS, *interrupt = reg(usb, offset + EP_INT);
        if ((value & SNAK) != 0) {
            nak = NAKSTS;
            *interrupt |= offset < DOEP0 ? INEPNAKEFF : 0;
        } else if ((value & CNAK) != 0) {
            nak = 0;
        }
        if ((value & EPDIS) != 0) {
            value &= ~EPENA;
            *interrupt |= EPDISBLD;
        }
        *at = (value & ~(CNAK | SNAK | EPDIS | NAKSTS)) | nak | USBACTEP;
    } else if (field != EP_TXFSTS) {
        *at = value;
    }
}

static void write_dctl(espy_usb_otg *usb, uint32_t value)
{
    uint32_t status = *reg(usb, DCTL) & (GNPINNAKSTS | GOUTNAKSTS);
    if ((value & SGNPINNAK) != 0)
        status |= GNPINNAKSTS;
    if ((value & CGNPINNAK) != 0)
        status &= ~GNPINNAKSTS;
    if ((value & SGOUTNAK) != 0)
        status |= GOUTNAKSTS;
    if ((value & CGOUTNAK) != 0)
        status &= ~GOUTNAKSTS;
    value &= ~(GNPINNAKSTS | GOUTNAKSTS | SGNPINNAK | CGNPINNAK | SGOUTNAK | CGOUTNAK);
    *reg(usb, DCTL) = value | status;
}

static void otg_write(void *self, uint32_t offset, uint32_t value)
{
    espy_usb_otg *usb = self;
    if (offset >= CORE_SIZE)
        return; /* a FIFO that nobody will read */
    switch (offset) {
    case GRSTCTL:
        if ((value & CSFTRST) != 0)
            core_reset(usb);
        *reg(usb, GRSTCTL) = value & TXFNUM & ~GRSTCTL_SELF_CLEARING;
        break;
    case GOTGINT: *reg(usb, offset) &= ~value; break;
    case GINTSTS: *reg(usb, offset) &= ~(value & GINTSTS_W1C); break;
    case DCTL: write_dctl(usb, value); break;
    case GRXSTSR:
    case GRXSTSP:
    case GNPTXSTS:
    case GSNPSID:
    case GHWCFG1:
    case GHWCFG2:
    case GHWCFG3:
    case GHWCFG4:
    case HPTXSTS:
    case HFNUM:
    case DSTS: break;
    default:
        if (is_endpoint(offset))
            write_endpoint(usb, offset, value);
        else
            *reg(usb, offset) = value;
        break;
    }
    update_irq(usb);
}

static uint32_t wrap_read(void *self, uint32_t offset)
{
    espy_usb_otg *usb = self;
    switch (offset) {
    case WRAP_OTG_CONF: return usb->wrap_conf;
    case WRAP_TEST_CONF: return usb->wrap_test;
    case WRAP_DATE: return usb->wrap_date;
    default: return 0;
    }
}

static void wrap_write(void *self, uint32_t offset, uint32_t value)
{
    espy_usb_otg *usb = self;
    if (offset == WRAP_OTG_CONF)
        usb->wrap_conf = value;
    else if (offset == WRAP_TEST_CONF)
        usb->wrap_test = value & 0xf;
    else if (offset == WRAP_DATE)
        usb->wrap_date = value;
}

/* ---- The machine's side ---- */

void espy_usb_otg_init(espy_usb_otg *usb, espy_soc *soc, espy_line irq)
{
    *usb = (espy_usb_otg){.soc = soc, .irq = irq};
    espy_device core = {
        .name = "USB", .base = 0x60080000, .size = 0x40000, .self = usb, .read = otg_read, .write = otg_write};
    espy_device wrap = {
        .name = "USB_WRAP", .base = 0x60039000, .size = 0x1000, .self = usb, .read = wrap_read, .write = wrap_write};
    espy_bus_attach(soc->bus, &core);
    espy_bus_attach(soc->bus, &wrap);
    espy_usb_otg_reset(usb, ESPY_RESET_CHIP);
}

void espy_usb_otg_reset(espy_usb_otg *usb, espy_reset reset)
{
    (void)reset;
    core_reset(usb);
    usb->wrap_conf = WRAP_OTG_CONF_RESET;
    usb->wrap_test = 0;
    usb->wrap_date = WRAP_DATE_VALUE;
    update_irq(usb);
}
