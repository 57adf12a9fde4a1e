/* SPDX-License-Identifier: MIT
 *
 * Printing to USB Serial/JTAG with nobody there.
 */
#include "usb_serial_jtag.h"

#include "../core/bench.h"

enum {
    BASE = 0x60038000,
    EP1 = BASE + 0x00,
    EP1_CONF = BASE + 0x04,
    INT_RAW = BASE + 0x08,
    INT_ST = BASE + 0x0c,
    INT_ENA = BASE + 0x10,
    INT_CLR = BASE + 0x14,
    CONF0 = BASE + 0x18,
    FRAM_NUM = BASE + 0x24
};

/* The ROM's usb_uart_device_tx_one_char: wait a bounded time for room, then drop. */
static void test_buffer_fills_and_stays_full(void **state)
{
    (void)state;
    bench b;
    probe irq;
    espy_usb_serial_jtag usb;
    bench_open(&b);
    espy_usb_serial_jtag_init(&usb, &b.soc, probe_line(&b, &irq));
    for (unsigned n = 0; n < 64; n++) {
        assert_int_equal(rd(&b, EP1_CONF) & 6, 2);
        wr(&b, EP1, 'x');
    }
    assert_int_equal(rd(&b, EP1_CONF) & 6, 0);
    wr(&b, EP1, 'x');
    pass(&b, ESPY_TICKS_PER_SECOND);
    assert_int_equal(rd(&b, EP1_CONF) & 6, 0);
    espy_usb_serial_jtag_reset(&usb, ESPY_RESET_CORE); /* the controller survives */
    assert_int_equal(rd(&b, EP1_CONF) & 6, 0);
    espy_usb_serial_jtag_reset(&usb, ESPY_RESET_CHIP);
    wr(&b, EP1, 'x');
    assert_int_equal(rd(&b, EP1_CONF) & 6, 2);
    wr(&b, EP1_CONF, 1); /* flushed: nobody fetches it */
    assert_int_equal(rd(&b, EP1_CONF) & 6, 0);
    bench_close(&b);
}

static void test_registers(void **state)
{
    (void)state;
    bench b;
    probe irq;
    espy_usb_serial_jtag usb;
    bench_open(&b);
    espy_usb_serial_jtag_init(&usb, &b.soc, probe_line(&b, &irq));
    assert_int_equal(rd(&b, CONF0), 1 << 14 | 1 << 9);
    assert_int_equal(rd(&b, INT_RAW), 1 << 3); /* SERIAL_IN_EMPTY */
    assert_int_equal(rd(&b, INT_ST), 0);
    wr(&b, INT_ENA, 1 << 3);
    assert_true(irq.level);
    wr(&b, INT_CLR, 1 << 3);
    assert_false(irq.level);
    uint32_t frame = rd(&b, FRAM_NUM);
    pass(&b, ESPY_TICKS_PER_SECOND / 10);
    assert_int_equal(rd(&b, FRAM_NUM), frame); /* no host, no start of frame */
    assert_int_equal(rd(&b, INT_RAW), 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_fills_and_stays_full),
        cmocka_unit_test(test_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
