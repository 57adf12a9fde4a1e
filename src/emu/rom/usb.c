/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: what firmware asks of the ROM's USB code before it restarts into the
 * serial loader, so that a host which is connected stays so.
 *
 * Source: ESP-IDF, components/bootloader_support/src/bootloader_console_loader.c and
 * rom/usb/chip_usb_dw_wrapper.h; Synopsys' names for the registers of USB OTG.  Left out:
 * the ROM's USB stack, since no host is connected to USB OTG here.
 */
#include "native.h"

enum {
    USB_WRAP_PERSIST = 0x600393fc, /* kept over a reset of the core */
    RTC_CNTL_USB_CONF = 0x60008120,
    USB_RESET_DISABLE = 1 << 17,
    IO_MUX_RESET_DISABLE = 1 << 18,
    USB_OTG = 0x60080000,
    GAHBCFG = USB_OTG + 0x008,
    GLBLINTRMSK = 1 << 0,
    DOEPCTL = USB_OTG + 0xb00, /* one every 32 bytes */
    SNAK = 1 << 27,
    OUT_ENDPOINTS = 7
};

static void get_persist_flags(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, USB_WRAP_PERSIST));
}

static void set_persist_flags(espy_rom_call *c)
{
    espy_rom_write32(c, USB_WRAP_PERSIST, espy_rom_arg(c, 0));
}

static void keep_over_reset(const espy_rom_call *c)
{
    espy_rom_update32(c, RTC_CNTL_USB_CONF, IO_MUX_RESET_DISABLE, IO_MUX_RESET_DISABLE);
    espy_rom_update32(c, RTC_CNTL_USB_CONF, USB_RESET_DISABLE, USB_RESET_DISABLE);
}

static void dw_prepare_persist(espy_rom_call *c)
{
    keep_over_reset(c);
}

/* The host is told to wait, and nothing interrupts any more. */
static void dc_prepare_persist(espy_rom_call *c)
{
    for (unsigned i = 0; i < OUT_ENDPOINTS; i++)
        espy_rom_write32(c, DOEPCTL + 32 * i, SNAK);
    espy_rom_update32(c, GAHBCFG, GLBLINTRMSK, 0);
    keep_over_reset(c);
    espy_rom_return(c, 0);
}

const espy_rom_function espy_rom_usb_functions[] = {
    {"chip_usb_get_persist_flags", .run = get_persist_flags},
    {"chip_usb_set_persist_flags", .run = set_persist_flags},
    {"chip_usb_dw_prepare_persist", .run = dw_prepare_persist},
    {"usb_dc_prepare_persist", .run = dc_prepare_persist},
    {0},
};
