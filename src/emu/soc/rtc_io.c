/* SPDX-License-Identifier: MIT
 *
 * Pads of the always-on domain; see the header.
 */
#include "rtc_io.h"

#include "../core/regfile.h"

#define BASE 0x60008400u
#define SIZE 0x400u

enum {
    RTC_GPIO_OUT = 0x00, /* each is followed by its W1TS and its W1TC */
    RTC_GPIO_ENABLE = 0x0C,
    RTC_GPIO_STATUS = 0x18,
    RTC_GPIO_IN = 0x24,
    RTC_GPIO_PIN0 = 0x28,
    PAD0 = 0x84, /* TOUCH_PAD0-14, XTAL_32P, XTAL_32N, PAD_DAC1, PAD_DAC2, RTC_PAD19-21 */
    EXT_WAKEUP0 = 0xDC
};

#define PINS_S 10 /* where the RTC_GPIO_xxx registers put GPIO0 */
#define PINS_M ((UINT32_C(1) << ESPY_RTC_PADS) - 1)

/* RTC_GPIO_PINn */
#define PAD_DRIVER (1u << 2) /* open drain */
#define INT_TYPE(pin) ((pin) >> 7 & 7)
#define WAKEUP_ENABLE (1u << 10)
enum { INT_LOW = 4, INT_HIGH = 5 };

/* The pads' registers: the same bits in all of them. */
#define FUN_IE (1u << 13)
#define MUX_SEL (1u << 19)
#define RUE (1u << 27)
#define RDE (1u << 28)

#define EXT_WAKEUP0_SEL_S 27

static const espy_reg_init reset_values[] = {
    {0x084, 0x50000000}, {0x088, 0x48000000}, {0x08C, 0x50000000}, {0x090, 0x48000000}, {0x094, 0x50000000},
    {0x098, 0x50000000}, {0x09C, 0x48000000}, {0x0A0, 0x40000000}, {0x0A4, 0x40000000}, {0x0A8, 0x40000000},
    {0x0AC, 0x40000000}, {0x0B0, 0x40000000}, {0x0B4, 0x40000000}, {0x0B8, 0x40000000}, {0x0BC, 0x40000000},
    {0x0C0, 0x40000000}, {0x0C4, 0x40000000}, {0x0C8, 0x40000000}, {0x0CC, 0x40000000}, {0x0D0, 0x50000000},
    {0x0D4, 0x50000000}, {0x0D8, 0x50000000}, {0x1FC, 0x02101180}, /* DATE */
};

static uint32_t reg(const espy_rtc_io *io, uint32_t offset)
{
    return io->reg[offset / 4];
}

static bool bit(uint32_t word, unsigned n)
{
    return (word >> n & 1) != 0;
}

/* The levels of the pads that listen. */
static uint32_t inputs(const espy_rtc_io *io)
{
    uint32_t listening = 0;
    for (unsigned pin = 0; pin < ESPY_RTC_PADS; pin++)
        if (reg(io, PAD0 + 4 * pin) & FUN_IE)
            listening |= UINT32_C(1) << pin;
    return io->level & listening;
}

static bool pin_wakes(const espy_rtc_io *io, unsigned pin, bool level)
{
    uint32_t conf = reg(io, RTC_GPIO_PIN0 + 4 * pin);
    return (conf & WAKEUP_ENABLE) != 0 && INT_TYPE(conf) == (level ? INT_HIGH : INT_LOW);
}

static void tell_inputs(espy_rtc_io *io)
{
    uint32_t in = inputs(io);
    bool wakes = false;
    for (unsigned pin = 0; pin < ESPY_RTC_PADS; pin++)
        wakes = wakes || pin_wakes(io, pin, bit(in, pin));
    if (io->inputs != NULL)
        io->inputs(io->inputs_self, in, bit(in, reg(io, EXT_WAKEUP0) >> EXT_WAKEUP0_SEL_S));
    espy_line_set(&io->wake, wakes);
}

static void tell_pad(espy_rtc_io *io, unsigned pin)
{
    uint32_t conf = reg(io, PAD0 + 4 * pin);
    bool out = bit(reg(io, RTC_GPIO_OUT), PINS_S + pin);
    bool open_drain = (reg(io, RTC_GPIO_PIN0 + 4 * pin) & PAD_DRIVER) != 0;
    bool drives = bit(reg(io, RTC_GPIO_ENABLE), PINS_S + pin) && !(out && open_drain);
    espy_rtc_pad pad = {
        .taken = (conf & MUX_SEL) != 0,
        .drive = !drives ? ESPY_PAD_FLOAT
                 : out   ? ESPY_PAD_HIGH
                         : ESPY_PAD_LOW,
        .pulled_up = (conf & (RUE | RDE)) == RUE,
    };
    if (io->pad != NULL)
        io->pad(io->pad_self, pin, pad);
}

static void tell_all(espy_rtc_io *io)
{
    for (unsigned pin = 0; pin < ESPY_RTC_PADS; pin++)
        tell_pad(io, pin);
    tell_inputs(io);
}

void espy_rtc_io_changed(void *self, unsigned pin, bool level)
{
    espy_rtc_io *io = self;
    if (pin >= ESPY_RTC_PADS)
        return;
    io->level = (io->level & ~(UINT32_C(1) << pin)) | (uint32_t)level << pin;
    tell_inputs(io);
}

/* OUT, ENABLE, STATUS: the register itself, the bits to set, the bits to clear. */
static void write_bits(espy_rtc_io *io, uint32_t offset, uint32_t value)
{
    uint32_t *word = &io->reg[offset / 12 * 3];
    value &= PINS_M << PINS_S;
    switch (offset % 12) {
    case 0: *word = value; break;
    case 4: *word |= value; break;
    default: *word &= ~value;
    }
}

static uint32_t rtc_io_read(void *self, uint32_t offset)
{
    const espy_rtc_io *io = self;
    if (offset == RTC_GPIO_IN)
        return inputs(io) << PINS_S;
    return offset < RTC_GPIO_IN && offset % 12 != 0 ? 0 : reg(io, offset);
}

static void rtc_io_write(void *self, uint32_t offset, uint32_t value)
{
    espy_rtc_io *io = self;
    if (offset < RTC_GPIO_IN)
        write_bits(io, offset, value);
    else if (offset != RTC_GPIO_IN)
        io->reg[offset / 4] = value;
    tell_all(io);
}

void espy_rtc_io_init(espy_rtc_io *io, const espy_soc *soc)
{
    *io = (espy_rtc_io){.soc = soc};
    espy_bus_attach(soc->bus, &(espy_device){"RTC_IO", BASE, SIZE, io, rtc_io_read, rtc_io_write});
    espy_rtc_io_reset(io, ESPY_RESET_CHIP);
}

void espy_rtc_io_reset(espy_rtc_io *io, espy_reset depth)
{
    if (depth != ESPY_RESET_CORE)
        espy_regfile_reset(io->reg, ESPY_RTC_IO_WORDS, reset_values, sizeof reset_values / sizeof *reset_values);
    tell_all(io);
}
