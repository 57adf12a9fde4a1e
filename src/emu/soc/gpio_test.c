/* SPDX-License-Identifier: MIT
 *
 * Pads, straps, pin interrupts and the matrix, with IO_MUX beside GPIO as in the
 * machine.
 */
#include "gpio.h"
#include "iomux.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    BASE = 0x60004000,
    OUT = BASE + 0x04,
    OUT_W1TS = BASE + 0x08,
    OUT_W1TC = BASE + 0x0c,
    OUT1_W1TS = BASE + 0x14,
    ENABLE_W1TS = BASE + 0x24,
    ENABLE1_W1TS = BASE + 0x30,
    STRAP = BASE + 0x38,
    IN = BASE + 0x3c,
    IN1 = BASE + 0x40,
    STATUS = BASE + 0x44,
    STATUS_W1TC = BASE + 0x4c,
    STATUS1 = BASE + 0x50,
    PCPU_INT = BASE + 0x5c,
    PIN0 = BASE + 0x74,
    FUNC_IN_SEL = BASE + 0x154,
    FUNC_OUT_SEL = BASE + 0x554,
    SIGMADELTA0 = 0x60004f00,
    MUX = 0x60009004
};

enum { RISING = 1, FALLING, ANY_EDGE, LOW, HIGH };

#define MUX_GPIO (1u << 12)
#define MUX_IE (1u << 9)
#define MUX_PU (1u << 8)
#define MUX_PD (1u << 7)

typedef struct board {
    bench f;
    probe irq, nmi;
    espy_gpio gpio;
    espy_iomux iomux;
} board;

static int setup(void **state)
{
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    espy_gpio_init(&b->gpio, &b->f.soc, probe_line(&b->f, &b->irq), probe_line(&b->f, &b->nmi));
    espy_iomux_init(&b->iomux, &b->f.soc, espy_gpio_set_mux, &b->gpio);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    board *b = *state;
    bench_close(&b->f);
    free(b);
    return 0;
}

static void set_mux(board *b, unsigned pin, uint32_t config)
{
    wr(&b->f, MUX + 4 * pin, config);
}

/* TRM, "Chip Boot Control": GPIO0 high boots from flash (0x8); GPIO0 and GPIO46 low downloads.
 * Power-on, the RTC watchdog, brown-out, the super watchdog and clock glitches latch. */
static void test_straps(void **state)
{
    board *b = *state;
    assert_int_equal(rd(&b->f, STRAP), 0x8);
    espy_gpio_drive(&b->gpio, 0, ESPY_PAD_LOW);
    assert_int_equal(rd(&b->f, STRAP), 0x8); /* latched */
    espy_gpio_reset(&b->gpio, ESPY_RESET_CORE);
    assert_int_equal(rd(&b->f, STRAP), 0x8);
    espy_gpio_reset(&b->gpio, ESPY_RESET_CHIP);
    assert_int_equal(rd(&b->f, STRAP), 0);
    espy_gpio_drive(&b->gpio, 0, ESPY_PAD_FLOAT);
    espy_gpio_drive(&b->gpio, 46, ESPY_PAD_HIGH);
    espy_gpio_reset(&b->gpio, ESPY_RESET_SYSTEM);
    assert_int_equal(rd(&b->f, STRAP), 0xc);
}

static void test_output_and_input(void **state)
{
    board *b = *state;
    set_mux(b, 5, MUX_GPIO | MUX_IE);
    wr(&b->f, OUT_W1TS, 1 << 5);
    assert_false(espy_gpio_level(&b->gpio, 5)); /* not enabled yet */
    wr(&b->f, ENABLE_W1TS, 1 << 5);
    assert_true(espy_gpio_is_output(&b->gpio, 5));
    assert_true(espy_gpio_level(&b->gpio, 5));
    assert_int_equal(rd(&b->f, IN) & 0xff, 1 << 5 | 1 << 0); /* GPIO0 is pulled up and listens from reset on */
    wr(&b->f, FUNC_OUT_SEL + 4 * 5, 1 << 9 | 0x100);
    assert_false(espy_gpio_level(&b->gpio, 5));
    wr(&b->f, FUNC_OUT_SEL + 4 * 5, 0x100);
    wr(&b->f, OUT_W1TC, 1 << 5);
    assert_int_equal(rd(&b->f, IN) & 0xff, 1 << 0);
    wr(&b->f, FUNC_OUT_SEL + 4 * 5, 81); /* RMT_SIG_OUT0 */
    assert_int_equal(espy_gpio_out_signal(&b->gpio, 5), 81);
    assert_false(espy_gpio_is_output(&b->gpio, 5));
}

static void test_pins_above_31(void **state)
{
    board *b = *state;
    set_mux(b, 48, MUX_GPIO | MUX_IE);
    wr(&b->f, ENABLE1_W1TS, 1 << 16);
    wr(&b->f, OUT1_W1TS, 1 << 16);
    assert_true(espy_gpio_level(&b->gpio, 48));
    assert_int_equal(rd(&b->f, IN1) & 1 << 16, 1 << 16);
    wr(&b->f, OUT, 0xffffffff);
    assert_true(espy_gpio_level(&b->gpio, 48));
    espy_gpio_drive(&b->gpio, 23, ESPY_PAD_HIGH); /* does not exist */
    assert_false(espy_gpio_level(&b->gpio, 23));
    espy_gpio_drive(&b->gpio, 500, ESPY_PAD_HIGH);
}

static void test_pulls_and_the_outside(void **state)
{
    board *b = *state;
    set_mux(b, 7, MUX_GPIO | MUX_IE);
    assert_false(espy_gpio_level(&b->gpio, 7));
    set_mux(b, 7, MUX_GPIO | MUX_IE | MUX_PU);
    assert_true(espy_gpio_level(&b->gpio, 7));
    espy_gpio_drive(&b->gpio, 7, ESPY_PAD_LOW); /* a button to ground */
    assert_int_equal(rd(&b->f, IN) & 1 << 7, 0);
    espy_gpio_drive(&b->gpio, 7, ESPY_PAD_FLOAT);
    assert_int_equal(rd(&b->f, IN) & 1 << 7, 1 << 7);
    set_mux(b, 7, MUX_GPIO | MUX_PU); /* deaf */
    assert_int_equal(rd(&b->f, IN) & 1 << 7, 0);
    set_mux(b, 7, MUX_GPIO | MUX_IE | MUX_PD);
    assert_int_equal(rd(&b->f, IN) & 1 << 7, 0);
}

static void test_open_drain(void **state)
{
    board *b = *state;
    set_mux(b, 8, MUX_GPIO | MUX_IE | MUX_PU);
    wr(&b->f, PIN0 + 4 * 8, 1 << 2);
    wr(&b->f, ENABLE_W1TS, 1 << 8);
    assert_false(espy_gpio_level(&b->gpio, 8));
    wr(&b->f, OUT_W1TS, 1 << 8);
    assert_true(espy_gpio_level(&b->gpio, 8)); /* released, pulled up */
    espy_gpio_drive(&b->gpio, 8, ESPY_PAD_LOW);
    assert_false(espy_gpio_level(&b->gpio, 8)); /* somebody else pulls it down, as in I2C */
}

static void test_edge_interrupts(void **state)
{
    board *b = *state;
    set_mux(b, 4, MUX_GPIO | MUX_IE);
    wr(&b->f, PIN0 + 4 * 4, RISING << 7 | 1 << 13);
    espy_gpio_drive(&b->gpio, 4, ESPY_PAD_HIGH);
    assert_true(b->irq.level);
    assert_int_equal(rd(&b->f, PCPU_INT), 1 << 4);
    wr(&b->f, STATUS_W1TC, 1 << 4);
    assert_false(b->irq.level);
    espy_gpio_drive(&b->gpio, 4, ESPY_PAD_LOW);
    assert_false(b->irq.level);
    wr(&b->f, PIN0 + 4 * 4, ANY_EDGE << 7 | 1 << 14);
    espy_gpio_drive(&b->gpio, 4, ESPY_PAD_HIGH);
    assert_false(b->irq.level);
    assert_true(b->nmi.level);
    wr(&b->f, STATUS_W1TC, 1 << 4);
    espy_gpio_drive(&b->gpio, 4, ESPY_PAD_LOW);
    assert_true(b->nmi.level);
}

static void test_level_interrupts_come_back(void **state)
{
    board *b = *state;
    set_mux(b, 33, MUX_GPIO | MUX_IE | MUX_PU);
    wr(&b->f, PIN0 + 4 * 33, LOW << 7 | 1 << 13);
    assert_false(b->irq.level);
    espy_gpio_drive(&b->gpio, 33, ESPY_PAD_LOW);
    assert_true(b->irq.level);
    assert_int_equal(rd(&b->f, STATUS1), 1 << 1);
    wr(&b->f, STATUS1 + 8, 1 << 1);
    assert_true(b->irq.level);
    espy_gpio_drive(&b->gpio, 33, ESPY_PAD_FLOAT);
    wr(&b->f, STATUS1 + 8, 1 << 1);
    assert_false(b->irq.level);
    assert_int_equal(rd(&b->f, STATUS), 0);
}

static void test_matrix_and_sigma_delta_hold(void **state)
{
    board *b = *state;
    assert_int_equal(espy_gpio_in_pad(&b->gpio, 12), -1);
    wr(&b->f, FUNC_IN_SEL + 4 * 12, 1 << 7 | 44);
    assert_int_equal(espy_gpio_in_pad(&b->gpio, 12), 44);
    wr(&b->f, FUNC_IN_SEL + 4 * 255, 1 << 7 | 0x38);
    assert_int_equal(espy_gpio_in_pad(&b->gpio, 255), 0x38);
    assert_int_equal(rd(&b->f, FUNC_OUT_SEL), 0x100);
    assert_int_equal(rd(&b->f, FUNC_OUT_SEL + 4 * 53), 0x100);
    assert_int_equal(rd(&b->f, SIGMADELTA0), 0xff00);
    wr(&b->f, SIGMADELTA0 + 4 * 7, 0x1234);
    assert_int_equal(rd(&b->f, SIGMADELTA0 + 4 * 7), 0x1234);
    assert_int_equal(rd(&b->f, BASE + 0x6fc), 0x1907040);
}

/* Data sheet, pin overview: U0TXD and U0RXD listen and are pulled up, GPIO45 and 46 down. */
static void test_mux_reset(void **state)
{
    board *b = *state;
    assert_int_equal(rd(&b->f, MUX + 4 * 43), 0xb00);
    assert_int_equal(rd(&b->f, MUX + 4 * 46), 0xa80);
    assert_int_equal(rd(&b->f, 0x600090fc), 0x1907160);
    assert_true(espy_gpio_level(&b->gpio, 44));
    assert_false(espy_gpio_level(&b->gpio, 46));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_straps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_output_and_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pins_above_31, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pulls_and_the_outside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_drain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edge_interrupts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_level_interrupts_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matrix_and_sigma_delta_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mux_reset, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
