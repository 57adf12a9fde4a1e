/* SPDX-License-Identifier: MIT
 *
 * GPIO pads, matrix and interrupts.  See gpio.h.
 */
#include "gpio.h"

#include <string.h>

enum {
    GPIO_BT_SELECT = 0x00,
    GPIO_OUT = 0x04,
    GPIO_OUT_W1TS = 0x08,
    GPIO_OUT_W1TC = 0x0c,
    GPIO_OUT1 = 0x10,
    GPIO_OUT1_W1TS = 0x14,
    GPIO_OUT1_W1TC = 0x18,
    GPIO_SDIO_SELECT = 0x1c,
    GPIO_ENABLE = 0x20,
    GPIO_ENABLE_W1TS = 0x24,
    GPIO_ENABLE_W1TC = 0x28,
    GPIO_ENABLE1 = 0x2c,
    GPIO_ENABLE1_W1TS = 0x30,
    GPIO_ENABLE1_W1TC = 0x34,
    GPIO_STRAP = 0x38,
    GPIO_IN = 0x3c,
    GPIO_IN1 = 0x40,
    GPIO_STATUS = 0x44,
    GPIO_STATUS_W1TS = 0x48,
    GPIO_STATUS_W1TC = 0x4c,
    GPIO_STATUS1 = 0x50,
    GPIO_STATUS1_W1TS = 0x54,
    GPIO_STATUS1_W1TC = 0x58,
    GPIO_PCPU_INT = 0x5c,
    GPIO_PCPU_NMI_INT = 0x60,
    GPIO_PCPU_INT1 = 0x68,
    GPIO_PCPU_NMI_INT1 = 0x6c,
    GPIO_PIN0 = 0x74,
    GPIO_STATUS_NEXT = 0x14c,
    GPIO_STATUS_NEXT1 = 0x150,
    GPIO_FUNC0_IN_SEL_CFG = 0x154,
    GPIO_FUNC0_OUT_SEL_CFG = 0x554,
    GPIO_CLOCK_GATE = 0x62c,
    GPIO_DATE = 0x6fc,
    GPIO_SIGMADELTA0 = 0xf00
};

#define PINS 54 /* as the registers count them */
#define PIN_MASK ((UINT64_C(1) << PINS) - 1)

/* GPIO_PINn */
#define PAD_DRIVER (1u << 2) /* open drain */
#define INT_TYPE(pin) ((pin) >> 7 & 7)
#define WAKEUP_ENABLE (1u << 10)
#define INT_ENA_CPU (1u << 13)
#define INT_ENA_NMI (1u << 14)
enum { INT_OFF, INT_RISING, INT_FALLING, INT_ANY_EDGE, INT_LOW, INT_HIGH };

/* IO_MUX_GPIOn */
#define MUX_FUN_PD (1u << 7)
#define MUX_FUN_PU (1u << 8)
#define MUX_FUN_IE (1u << 9)
#define MUX_MCU_SEL(mux) ((mux) >> 12 & 7)
#define MUX_FUNC_GPIO 1

/* GPIO_FUNCn_OUT_SEL_CFG */
#define OUT_SEL(func) ((func)&0x1ff)
#define OUT_INV (1u << 9)

/* GPIO_FUNCn_IN_SEL_CFG */
#define IN_SEL(func) ((func)&0x3f)
#define SIG_IN_SEL (1u << 7)

static bool exists(unsigned pin)
{
    return pin < ESPY_GPIO_PINS && (pin < 22 || pin > 25);
}

/* ---- Pads ---- */

static bool is_taken(const espy_gpio *g, unsigned pin)
{
    return (g->taken >> pin & 1) != 0;
}

bool espy_gpio_is_output(const espy_gpio *g, unsigned pin)
{
    return exists(pin) && !is_taken(g, pin) && (g->enable >> pin & 1) != 0 &&
           MUX_MCU_SEL(g->mux[pin]) == MUX_FUNC_GPIO && OUT_SEL(g->func_out[pin]) == ESPY_GPIO_SIGNAL_NONE;
}

static bool is_held(const espy_gpio *g, unsigned pin)
{
    return (g->held >> pin & 1) != 0;
}

static espy_pad driven(const espy_gpio *g, unsigned pin)
{
    if (!espy_gpio_is_output(g, pin))
        return ESPY_PAD_FLOAT;
    bool out = (g->out >> pin & 1) != ((g->func_out[pin] & OUT_INV) != 0);
    bool open_drain = (g->pin[pin] & PAD_DRIVER) != 0;
    return !out ? ESPY_PAD_LOW : open_drain ? ESPY_PAD_FLOAT : ESPY_PAD_HIGH;
}

/* What the chip does to a pad. */
static espy_rtc_pad configured(const espy_gpio *g, unsigned pin)
{
    if (is_held(g, pin))
        return g->held_pad[pin];
    if (is_taken(g, pin))
        return g->rtc[pin];
    bool pulled_up = (g->mux[pin] & (MUX_FUN_PU | MUX_FUN_PD)) == MUX_FUN_PU;
    return (espy_rtc_pad){.pulled_up = pulled_up, .drive = driven(g, pin)};
}

static bool pad_level(const espy_gpio *g, unsigned pin)
{
    espy_rtc_pad pad = configured(g, pin);
    espy_pad drive = pad.drive != ESPY_PAD_FLOAT ? pad.drive : g->outside[pin];
    return drive != ESPY_PAD_FLOAT ? drive == ESPY_PAD_HIGH : pad.pulled_up;
}

/* What GPIO_IN shows: the pads that listen. */
static uint64_t inputs(const espy_gpio *g)
{
    return g->level & g->listening & ~g->taken;
}

/* ---- Interrupts ---- */

static void set_mask(uint64_t *mask, unsigned pin, bool on)
{
    *mask = (*mask & ~(UINT64_C(1) << pin)) | (uint64_t)on << pin;
}

static void write_pin(espy_gpio *g, unsigned pin, uint32_t value)
{
    g->pin[pin] = value;
    set_mask(&g->int_ena, pin, (value & INT_ENA_CPU) != 0);
    set_mask(&g->nmi_ena, pin, (value & INT_ENA_NMI) != 0);
    set_mask(&g->wake_ena, pin, (value & WAKEUP_ENABLE) != 0);
    set_mask(&g->int_low, pin, INT_TYPE(value) == INT_LOW && exists(pin));
    set_mask(&g->int_high, pin, INT_TYPE(value) == INT_HIGH && exists(pin));
}

/* A level interrupt that is cleared while its level lasts comes back. */
static void update_interrupts(espy_gpio *g)
{
    uint64_t in = inputs(g);
    uint64_t at_level = (g->int_high & in) | (g->int_low & ~in);
    g->status |= at_level;
    espy_line_set(&g->wake, (at_level & g->wake_ena) != 0);
    espy_line_set(&g->irq, (g->status & g->int_ena) != 0);
    espy_line_set(&g->nmi, (g->status & g->nmi_ena) != 0);
}

static void edge(espy_gpio *g, unsigned pin, bool level)
{
    unsigned type = INT_TYPE(g->pin[pin]);
    bool seen = type == INT_ANY_EDGE || type == (level ? INT_RISING : INT_FALLING);
    if (seen && (g->mux[pin] & MUX_FUN_IE) != 0 && !is_taken(g, pin))
        g->status |= UINT64_C(1) << pin;
}

static void update_pad(espy_gpio *g, unsigned pin)
{
    bool level = pad_level(g, pin);
    if (level == ((g->level >> pin & 1) != 0))
        return;
    g->level ^= UINT64_C(1) << pin;
    edge(g, pin, level);
    if (g->changed.set != NULL)
        g->changed.set(g->changed.self, pin, level);
}

static void update(espy_gpio *g, uint64_t pins)
{
    for (unsigned pin = 0; pins >> pin != 0 && pin < ESPY_GPIO_PINS; pin++)
        if ((pins >> pin & 1) != 0)
            update_pad(g, pin);
    update_interrupts(g);
}

/* ---- Registers ---- */

static uint32_t read_table(espy_gpio *g, uint32_t offset)
{
    if (offset >= GPIO_SIGMADELTA0)
        return offset < GPIO_SIGMADELTA0 + sizeof g->sigma_delta ? g->sigma_delta[(offset - GPIO_SIGMADELTA0) / 4] : 0;
    if (offset >= GPIO_FUNC0_OUT_SEL_CFG)
        return offset < GPIO_CLOCK_GATE ? g->func_out[(offset - GPIO_FUNC0_OUT_SEL_CFG) / 4] : 0;
    if (offset >= GPIO_FUNC0_IN_SEL_CFG)
        return g->func_in[(offset - GPIO_FUNC0_IN_SEL_CFG) / 4];
    return offset >= GPIO_PIN0 && offset < GPIO_STATUS_NEXT ? g->pin[(offset - GPIO_PIN0) / 4] : 0;
}

static uint32_t gpio_read(void *self, uint32_t offset)
{
    espy_gpio *g = self;
    switch (offset) {
    case GPIO_BT_SELECT: return g->bt_select;
    case GPIO_OUT: return (uint32_t)g->out;
    case GPIO_OUT1: return (uint32_t)(g->out >> 32);
    case GPIO_SDIO_SELECT: return g->sdio_select;
    case GPIO_ENABLE: return (uint32_t)g->enable;
    case GPIO_ENABLE1: return (uint32_t)(g->enable >> 32);
    case GPIO_STRAP: return g->strap;
    case GPIO_IN: return (uint32_t)inputs(g);
    case GPIO_IN1: return (uint32_t)(inputs(g) >> 32);
    case GPIO_STATUS:
    case GPIO_STATUS_NEXT: return (uint32_t)g->status;
    case GPIO_STATUS1:
    case GPIO_STATUS_NEXT1: return (uint32_t)(g->status >> 32);
    case GPIO_PCPU_INT: return (uint32_t)(g->status & g->int_ena);
    case GPIO_PCPU_NMI_INT: return (uint32_t)(g->status & g->nmi_ena);
    case GPIO_PCPU_INT1: return (uint32_t)((g->status & g->int_ena) >> 32);
    case GPIO_PCPU_NMI_INT1: return (uint32_t)((g->status & g->nmi_ena) >> 32);
    case GPIO_CLOCK_GATE: return g->clock_gate;
    case GPIO_DATE: return g->date;
    default: return read_table(g, offset);
    }
}

static void write_table(espy_gpio *g, uint32_t offset, uint32_t value)
{
    unsigned n;
    if (offset >= GPIO_SIGMADELTA0) {
        if (offset < GPIO_SIGMADELTA0 + sizeof g->sigma_delta)
            g->sigma_delta[(offset - GPIO_SIGMADELTA0) / 4] = value;
    } else if (offset >= GPIO_FUNC0_OUT_SEL_CFG && offset < GPIO_CLOCK_GATE) {
        n = (offset - GPIO_FUNC0_OUT_SEL_CFG) / 4;
        g->func_out[n] = value & 0xfff;
        update(g, UINT64_C(1) << n);
    } else if (offset >= GPIO_FUNC0_IN_SEL_CFG && offset < GPIO_FUNC0_OUT_SEL_CFG) {
        g->func_in[(offset - GPIO_FUNC0_IN_SEL_CFG) / 4] = value & 0xff;
    } else if (offset >= GPIO_PIN0 && offset < GPIO_STATUS_NEXT) {
        n = (offset - GPIO_PIN0) / 4;
        write_pin(g, n, value & 0x3ffff);
        update(g, UINT64_C(1) << n);
    }
}

/* A register, its set-bits and its clear-bits twin lie side by side: step 0, 1, 2. */
static void write_bits(uint64_t *bits, unsigned step, uint64_t value)
{
    value &= PIN_MASK;
    if (step == 0)
        *bits = value;
    else
        *bits = step == 1 ? *bits | value : *bits & ~value;
}

/* The low or high half of such a register. */
static void write_half(uint64_t *bits, uint32_t offset, uint32_t low, uint32_t high, uint32_t value)
{
    bool upper = offset >= high;
    unsigned step = (offset - (upper ? high : low)) / 4;
    uint64_t wide = upper ? (uint64_t)value << 32 : value;
    if (step == 0)
        wide |= *bits & (upper ? UINT32_MAX : (uint64_t)UINT32_MAX << 32);
    write_bits(bits, step, wide);
}

static void gpio_write(void *self, uint32_t offset, uint32_t value)
{
    espy_gpio *g = self;
    if (offset == GPIO_BT_SELECT) {
        g->bt_select = value;
    } else if (offset == GPIO_SDIO_SELECT) {
        g->sdio_select = value;
    } else if (offset >= GPIO_OUT && offset <= GPIO_OUT1_W1TC) {
        uint64_t before = g->out;
        write_half(&g->out, offset, GPIO_OUT, GPIO_OUT1, value);
        update(g, before ^ g->out);
    } else if (offset >= GPIO_ENABLE && offset <= GPIO_ENABLE1_W1TC) {
        uint64_t before = g->enable;
        write_half(&g->enable, offset, GPIO_ENABLE, GPIO_ENABLE1, value);
        update(g, before ^ g->enable);
    } else if (offset >= GPIO_STATUS && offset <= GPIO_STATUS1_W1TC) {
        write_half(&g->status, offset, GPIO_STATUS, GPIO_STATUS1, value);
        update_interrupts(g);
    } else if (offset == GPIO_CLOCK_GATE) {
        g->clock_gate = value & 1;
    } else if (offset == GPIO_DATE) {
        g->date = value;
    } else {
        write_table(g, offset, value);
    }
}

/* ---- The machine's side ---- */

void espy_gpio_init(espy_gpio *g, espy_soc *soc, espy_line irq, espy_line nmi)
{
    *g = (espy_gpio){.soc = soc, .irq = irq, .nmi = nmi};
    espy_device device = {
        .name = "GPIO", .base = 0x60004000, .size = 0x1000, .self = g, .read = gpio_read, .write = gpio_write};
    espy_bus_attach(soc->bus, &device);
    espy_gpio_reset(g, ESPY_RESET_CHIP);
}

/* The straps: bit 2 GPIO46, 3 GPIO0, 4 GPIO45, 5 GPIO3; only GPIO0 is pulled up. */
static uint32_t latch_straps(const espy_gpio *g)
{
    static const unsigned pins[4] = {46, 0, 45, 3};
    uint32_t strap = 0;
    for (unsigned n = 0; n < 4; n++) {
        espy_pad drive = g->outside[pins[n]];
        if (drive == ESPY_PAD_HIGH || (drive == ESPY_PAD_FLOAT && pins[n] == 0))
            strap |= 4u << n;
    }
    return strap;
}

/* For who began to watch the pads after they had got their levels. */
static void tell_levels(const espy_gpio *g)
{
    for (unsigned pin = 0; pin < ESPY_GPIO_PINS && g->changed.set != NULL; pin++)
        g->changed.set(g->changed.self, pin, espy_gpio_level(g, pin));
}

void espy_gpio_reset(espy_gpio *g, espy_reset reset)
{
    if (reset != ESPY_RESET_CORE)
        g->strap = latch_straps(g);
    g->out = g->enable = g->status = 0;
    g->bt_select = g->sdio_select = 0;
    g->clock_gate = 1;
    g->date = 0x1907040;
    for (unsigned pin = 0; pin < PINS; pin++)
        write_pin(g, pin, 0);
    memset(g->func_in, 0, sizeof g->func_in);
    for (unsigned pin = 0; pin < PINS; pin++)
        g->func_out[pin] = ESPY_GPIO_SIGNAL_NONE;
    memset(g->sigma_delta, 0, sizeof g->sigma_delta);
    for (unsigned n = 0; n < 8; n++)
        g->sigma_delta[n] = 0xff00;
    g->sigma_delta[10] = 0x1802260;
    update(g, PIN_MASK);
    tell_levels(g);
}

void espy_gpio_drive(espy_gpio *g, unsigned pin, espy_pad drive)
{
    if (!exists(pin))
        return;
    g->outside[pin] = drive;
    update(g, UINT64_C(1) << pin);
}

bool espy_gpio_level(const espy_gpio *g, unsigned pin)
{
    return exists(pin) && (g->level >> pin & 1) != 0;
}

unsigned espy_gpio_out_signal(const espy_gpio *g, unsigned pin)
{
    return exists(pin) ? OUT_SEL(g->func_out[pin]) : ESPY_GPIO_SIGNAL_NONE;
}

int espy_gpio_in_pad(const espy_gpio *g, unsigned signal)
{
    if (signal >= ESPY_GPIO_SIGNALS || (g->func_in[signal] & SIG_IN_SEL) == 0)
        return -1;
    return (int)IN_SEL(g->func_in[signal]);
}

void espy_gpio_set_mux(void *gpio, unsigned pin, uint32_t config)
{
    espy_gpio *g = gpio;
    if (!exists(pin))
        return;
    g->mux[pin] = config;
    if (!is_held(g, pin))
        set_mask(&g->listening, pin, (config & MUX_FUN_IE) != 0);
    update(g, UINT64_C(1) << pin);
}

void espy_gpio_set_hold(void *gpio, uint64_t pins)
{
    espy_gpio *g = gpio;
    uint64_t changed = pins ^ g->held;
    for (unsigned pin = 0; pin < ESPY_GPIO_PINS; pin++)
        if (exists(pin) && (changed >> pin & 1) != 0) {
            g->held_pad[pin] = configured(g, pin);
            set_mask(&g->held, pin, (pins >> pin & 1) != 0);
            espy_gpio_set_mux(g, pin, g->mux[pin]);
        }
}

void espy_gpio_set_rtc(void *gpio, unsigned pin, espy_rtc_pad pad)
{
    espy_gpio *g = gpio;
    g->rtc[pin] = pad;
    set_mask(&g->taken, pin, pad.taken);
    update(g, UINT64_C(1) << pin);
}
