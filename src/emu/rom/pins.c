/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: pads (IO_MUX), the GPIO matrix, and what holds a pad.
 *
 * Sources: ESP-IDF v5.0.4, rom/gpio.h, gpio_reg.h, io_mux_reg.h, rtc_cntl_reg.h; the real
 * ROM for what it writes.
 */
#include "pins.h"

enum {
    GPIO = 0x60004000,
    GPIO_OUT_W1TS = GPIO + 0x08,
    GPIO_OUT_W1TC = GPIO + 0x0c,
    GPIO_ENABLE = GPIO + 0x20,
    GPIO_ENABLE_W1TS = GPIO + 0x24,
    GPIO_ENABLE_W1TC = GPIO + 0x28,
    GPIO_ENABLE1 = GPIO + 0x2c,
    GPIO_ENABLE1_W1TS = GPIO + 0x30,
    GPIO_IN = GPIO + 0x3c,
    GPIO_PIN0 = GPIO + 0x74,
    GPIO_FUNC0_IN_SEL = GPIO + 0x154,
    GPIO_FUNC0_OUT_SEL = GPIO + 0x554,
    PIN_INT_TYPE = 0x380,
    PIN_WAKEUP = 0x400,
    IN_INVERTED = 0x40,
    IN_BY_MATRIX = 0x80,
    IN_DIRECT = 58, /* no pad: the signal's own */
    OUT_INVERTED = 0x200,
    OUT_ENABLE_INVERTED = 0x800,

    IO_MUX_PAD0 = 0x60009004,
    PAD_PULLDOWN = 1 << 7,
    PAD_PULLUP = 1 << 8,
    PAD_INPUT = 1 << 9,
    PAD_DRIVE = 3 << 10,
    PAD_DRIVE_SHIFT = 10,
    PAD_FUNCTION = 7 << 12,
    PAD_FUNCTION_SHIFT = 12,
    FUNCTION_GPIO = 1,

    RTC_PAD_HOLD = 0x600080d8,
    RTC_DIG_PAD_HOLD = 0x600080dc,
    LAST_RTC_PAD = 21,
    LAST_PAD = 48,
    LAST_PIN = 53,
    PINS = 54,

    ETS_INTR_LOCK = 0x40001b60, /* ROM functions */
    ETS_INTR_UNLOCK = 0x40001b6c
};

static uint32_t bit(uint32_t n)
{
    return 1u << (n & 31);
}

/* ---- pads ---- */

static void update_pad(const espy_rom_call *c, uint32_t pad, uint32_t mask, uint32_t value)
{
    if (pad <= LAST_PAD)
        espy_rom_update32(c, IO_MUX_PAD0 + 4 * pad, mask, value);
}

void espy_rom_pad_function(const espy_rom_call *c, uint32_t pad, uint32_t function)
{
    update_pad(c, pad, PAD_FUNCTION, function << PAD_FUNCTION_SHIFT);
}

void espy_rom_pad_gpio(const espy_rom_call *c, uint32_t pad)
{
    espy_rom_pad_function(c, pad, FUNCTION_GPIO);
}

void espy_rom_pad_pullup(const espy_rom_call *c, uint32_t pad)
{
    update_pad(c, pad, PAD_PULLDOWN | PAD_PULLUP, PAD_PULLUP);
}

void espy_rom_pad_input(const espy_rom_call *c, uint32_t pad)
{
    update_pad(c, pad, PAD_INPUT, PAD_INPUT);
}

void espy_rom_pad_drive(const espy_rom_call *c, uint32_t pad, uint32_t strength)
{
    update_pad(c, pad, PAD_DRIVE, strength << PAD_DRIVE_SHIFT);
}

static void hold(const espy_rom_call *c, uint32_t pad, bool held)
{
    if (pad > LAST_PAD)
        return;
    uint32_t reg = pad <= LAST_RTC_PAD ? RTC_PAD_HOLD : RTC_DIG_PAD_HOLD;
    uint32_t mask = bit(pad <= LAST_RTC_PAD ? pad : pad - LAST_RTC_PAD);
    espy_rom_update32(c, reg, mask, held ? mask : 0);
}

void espy_rom_pad_unhold(const espy_rom_call *c, uint32_t pad)
{
    hold(c, pad, false);
}

static void gpio_pad_select_gpio(espy_rom_call *c)
{
    espy_rom_pad_gpio(c, espy_rom_arg(c, 0));
}

static void gpio_pad_set_drv(espy_rom_call *c)
{
    espy_rom_pad_drive(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1));
}

static void gpio_pad_pullup(espy_rom_call *c)
{
    espy_rom_pad_pullup(c, espy_rom_arg(c, 0));
}

static void gpio_pad_pulldown(espy_rom_call *c)
{
    update_pad(c, espy_rom_arg(c, 0), PAD_PULLDOWN | PAD_PULLUP, PAD_PULLDOWN);
}

static void gpio_pad_input_enable(espy_rom_call *c)
{
    espy_rom_pad_input(c, espy_rom_arg(c, 0));
}

static void gpio_pad_input_disable(espy_rom_call *c)
{
    update_pad(c, espy_rom_arg(c, 0), PAD_INPUT, 0);
}

static void gpio_pad_hold(espy_rom_call *c)
{
    hold(c, espy_rom_arg(c, 0), true);
}

static void gpio_pad_unhold(espy_rom_call *c)
{
    hold(c, espy_rom_arg(c, 0), false);
}

/* ---- the matrix ---- */

void espy_rom_signal_in(const espy_rom_call *c, uint32_t pin, uint32_t signal, bool inverted)
{
    uint32_t value = pin | (inverted ? IN_INVERTED : 0) | (pin != IN_DIRECT ? IN_BY_MATRIX : 0);
    espy_rom_write32(c, GPIO_FUNC0_IN_SEL + 4 * signal, value);
}

static void signal_out(const espy_rom_call *c, uint32_t pin, uint32_t value)
{
    if (pin > LAST_PIN)
        return;
    espy_rom_write32(c, GPIO_FUNC0_OUT_SEL + 4 * pin, value);
    espy_rom_write32(c, pin < 32 ? GPIO_ENABLE_W1TS : GPIO_ENABLE1_W1TS, bit(pin));
}

void espy_rom_signal_out(const espy_rom_call *c, uint32_t pin, uint32_t signal)
{
    signal_out(c, pin, signal);
}

void espy_rom_signal_bypass(const espy_rom_call *c, uint32_t signal)
{
    espy_rom_update32(c, GPIO_FUNC0_IN_SEL + 4 * signal, IN_BY_MATRIX, 0);
}

void espy_rom_pin_output_off(const espy_rom_call *c, uint32_t pin)
{
    if (pin <= LAST_PIN)
        espy_rom_update32(c, pin < 32 ? GPIO_ENABLE : GPIO_ENABLE1, bit(pin), 0);
}

static void gpio_matrix_in(espy_rom_call *c)
{
    espy_rom_signal_in(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2) & 0xff);
}

static void gpio_matrix_out(espy_rom_call *c)
{
    uint32_t inverted = espy_rom_arg(c, 2) & 0xff ? OUT_INVERTED : 0;
    uint32_t enable_inverted = espy_rom_arg(c, 3) & 0xff ? OUT_ENABLE_INVERTED : 0;
    signal_out(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1) | inverted | enable_inverted);
}

static void gpio_bypass_matrix_in(espy_rom_call *c)
{
    espy_rom_signal_bypass(c, espy_rom_arg(c, 0));
}

/* ---- pins ---- */

static void gpio_output_enable(espy_rom_call *c)
{
    uint32_t pin = espy_rom_arg(c, 0);
    if (pin <= LAST_PIN)
        espy_rom_update32(c, pin < 32 ? GPIO_ENABLE : GPIO_ENABLE1, bit(pin), bit(pin));
}

static void gpio_output_disable(espy_rom_call *c)
{
    espy_rom_pin_output_off(c, espy_rom_arg(c, 0));
}

static void gpio_output_set(espy_rom_call *c)
{
    static const uint32_t regs[] = {GPIO_OUT_W1TS, GPIO_OUT_W1TC, GPIO_ENABLE_W1TS, GPIO_ENABLE_W1TC};
    for (unsigned i = 0; i < 4; i++)
        espy_rom_write32(c, regs[i], espy_rom_arg(c, i));
}

static void gpio_input_get(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_read32(c, GPIO_IN));
}

/* The real one's lock leaves all interrupts on when it is the last. */
static void gpio_pin_wakeup_enable(espy_rom_call *c)
{
    uint32_t pin = GPIO_PIN0 + 4 * espy_rom_arg(c, 0);
    if (c->step == 0) {
        espy_rom_guest(c, 1, ETS_INTR_LOCK, 0, NULL);
    } else if (c->step == 1) {
        uint32_t others = espy_rom_read32(c, pin) & ~(uint32_t)PIN_INT_TYPE;
        espy_rom_write32(c, pin, others | espy_rom_arg(c, 1) << 7 | PIN_WAKEUP);
        espy_rom_guest(c, 2, ETS_INTR_UNLOCK, 0, NULL);
    }
}

static void gpio_pin_wakeup_disable(espy_rom_call *c)
{
    for (uint32_t pin = GPIO_PIN0; pin < GPIO_PIN0 + 4 * PINS; pin += 4)
        if (espy_rom_read32(c, pin) & PIN_WAKEUP)
            espy_rom_update32(c, pin, PIN_INT_TYPE | PIN_WAKEUP, 0);
}

const espy_rom_function espy_rom_pin_functions[] = {
    {"gpio_pad_select_gpio", .run = gpio_pad_select_gpio},
    {"gpio_pad_set_drv", .run = gpio_pad_set_drv},
    {"gpio_pad_pullup", .run = gpio_pad_pullup},
    {"gpio_pad_pulldown", .run = gpio_pad_pulldown},
    {"gpio_pad_input_enable", .run = gpio_pad_input_enable},
    {"gpio_pad_input_disable", .run = gpio_pad_input_disable},
    {"gpio_pad_hold", .run = gpio_pad_hold},
    {"gpio_pad_unhold", .run = gpio_pad_unhold},
    {"gpio_matrix_in", .run = gpio_matrix_in},
    {"gpio_matrix_out", .run = gpio_matrix_out},
    {"gpio_bypass_matrix_in", .run = gpio_bypass_matrix_in},
    {"gpio_output_enable", .run = gpio_output_enable},
    {"gpio_output_disable", .run = gpio_output_disable},
    {"gpio_output_set", .run = gpio_output_set},
    {"gpio_input_get", .run = gpio_input_get},
    {"gpio_pin_wakeup_enable", .run = gpio_pin_wakeup_enable, .kind = ESPY_ROM_STEPS},
    {"gpio_pin_wakeup_disable", .run = gpio_pin_wakeup_disable},
    {0},
};
