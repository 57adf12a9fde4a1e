/* SPDX-License-Identifier: MIT
 *
 * IO_MUX.  See iomux.h.
 */
#include "iomux.h"

enum { PIN_CTRL = 0x00, IO_MUX_GPIO0 = 0x04, IO_MUX_DATE = 0xfc };

#define FUN_DRV_2 0x800u
#define PAD_MASK 0xffffu
#define DATE 0x1907160u

static uint32_t iomux_read(void *self, uint32_t offset)
{
    espy_iomux *iomux = self;
    unsigned pin = (offset - IO_MUX_GPIO0) / 4;
    if (offset == PIN_CTRL)
        return iomux->pin_ctrl;
    if (offset == IO_MUX_DATE)
        return iomux->date;
    return pin < ESPY_IOMUX_PINS ? iomux->pad[pin] : 0;
}

static void set_pad(espy_iomux *iomux, unsigned pin, uint32_t config)
{
    iomux->pad[pin] = config;
    if (iomux->changed != NULL)
        iomux->changed(iomux->user, pin, config);
}

static void iomux_write(void *self, uint32_t offset, uint32_t value)
{
    espy_iomux *iomux = self;
    unsigned pin = (offset - IO_MUX_GPIO0) / 4;
    if (offset == PIN_CTRL)
        iomux->pin_ctrl = value;
    else if (offset == IO_MUX_DATE)
        iomux->date = value;
    else if (pin < ESPY_IOMUX_PINS)
        set_pad(iomux, pin, value & PAD_MASK);
}

/* The data sheet's pin overview, column "at reset": which pads listen, which are pulled. */
static uint32_t reset_config(unsigned pin)
{
    bool input = pin <= 3 || pin == 14 || pin == 17 || pin == 18 || pin >= 26;
    bool up = pin == 0 || (pin >= 26 && pin <= 32) || pin == 43 || pin == 44;
    bool down = pin == 45 || pin == 46;
    return FUN_DRV_2 | (input ? ESPY_IOMUX_FUN_IE : 0) | (up ? ESPY_IOMUX_FUN_PU : 0) | (down ? ESPY_IOMUX_FUN_PD : 0);
}

void espy_iomux_init(espy_iomux *iomux, espy_soc *soc, void (*changed)(void *user, unsigned pin, uint32_t config),
                     void *user)
{
    *iomux = (espy_iomux){.soc = soc, .changed = changed, .user = user};
    espy_device device = {
        .name = "IO_MUX", .base = 0x60009000, .size = 0x1000, .self = iomux, .read = iomux_read, .write = iomux_write};
    espy_bus_attach(soc->bus, &device);
    espy_iomux_reset(iomux, ESPY_RESET_CHIP);
}

void espy_iomux_reset(espy_iomux *iomux, espy_reset reset)
{
    (void)reset;
    iomux->pin_ctrl = 0x7ff;
    iomux->date = DATE;
    for (unsigned pin = 0; pin < ESPY_IOMUX_PINS; pin++)
        set_pad(iomux, pin, reset_config(pin));
}
