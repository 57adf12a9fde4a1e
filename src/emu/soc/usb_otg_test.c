/* SPDX-License-Identifier: MIT
 *
 * The steps by which TinyUSB and ESP-IDF bring the core up as a device; each of
 * their waits must end, and nothing may happen on the bus.
 */
#include "usb_otg.h"

#include "../core/bench.h"

enum {
    BASE = 0x60080000,
    GOTGCTL = BASE + 0x000,
    GAHBCFG = BASE + 0x008,
    GUSBCFG = BASE + 0x00c,
    GRSTCTL = BASE + 0x010,
    GINTSTS = BASE + 0x014,
    GINTMSK = BASE + 0x018,
    GSNPSID = BASE + 0x040,
    GHWCFG2 = BASE + 0x048,
    GHWCFG3 = BASE + 0x04c,
    GHWCFG4 = BASE + 0x050,
    DIEPTXF1 = BASE + 0x104,
    DCTL = BASE + 0x804,
    DAINTMSK = BASE + 0x81c,
    DIEPCTL1 = BASE + 0x920,
    DIEPINT1 = BASE + 0x928,
    DTXFSTS1 = BASE + 0x938,
    DOEPCTL2 = BASE + 0xb40,
    WRAP = 0x60039000
};

typedef struct board {
    bench f;
    probe irq;
    espy_usb_otg usb;
} board;

static board the;

static int setup(void **state)
{
    *state = &the;
    bench_open(&the.f);
    espy_usb_otg_init(&the.usb, &the.f.soc, probe_line(&the.f, &the.irq));
    return 0;
}

static int teardown(void **state)
{
    board *b = *state;
    bench_close(&b->f);
    return 0;
}

/* ESP-IDF's hal/usb_dwc_hal.c asserts these. */
static void test_identity(void **state)
{
    board *b = *state;
    assert_int_equal(rd(&b->f, GSNPSID), 0x4f54400a);
    assert_int_equal(rd(&b->f, GHWCFG2), 0x224dd930);
    assert_int_equal(rd(&b->f, GHWCFG3), 0x00c804b5);
    assert_int_equal(rd(&b->f, GHWCFG4), 0xd3f0a030);
    wr(&b->f, GSNPSID, 0);
    assert_int_equal(rd(&b->f, GSNPSID), 0x4f54400a);
    assert_int_equal(rd(&b->f, WRAP), 0x1c0000);
    assert_int_equal(rd(&b->f, WRAP + 0x3fc), 0x2102010);
}

static void test_resets_and_flushes_end(void **state)
{
    board *b = *state;
    wr(&b->f, DAINTMSK, 0x10001);
    wr(&b->f, GRSTCTL, 1);
    assert_int_equal(rd(&b->f, GRSTCTL), 1u << 31);
    assert_int_equal(rd(&b->f, DAINTMSK), 0);
    wr(&b->f, GRSTCTL, 0x10 << 6 | 1 << 5); /* all transmit FIFOs */
    assert_int_equal(rd(&b->f, GRSTCTL) & 1 << 5, 0);
    wr(&b->f, GRSTCTL, 1 << 4);
    assert_int_equal(rd(&b->f, GRSTCTL) & 1 << 4, 0);
}

static void test_device_mode_and_silence(void **state)
{
    board *b = *state;
    wr(&b->f, GUSBCFG, rd(&b->f, GUSBCFG) | 1u << 30);
    assert_int_equal(rd(&b->f, GINTSTS) & 1, 0);                   /* device */
    assert_int_equal(rd(&b->f, GOTGCTL) & (1 << 18 | 1 << 19), 0); /* no session */
    /* MMIS, OTG, SOF, RXFLVL, suspend, reset, enumeration, IN, OUT, session, wake-up */
    wr(&b->f, GINTMSK,
       1u << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 18 | 1 << 19 | 1u << 30 | 1u << 31);
    wr(&b->f, GAHBCFG, 1);
    wr(&b->f, DCTL, rd(&b->f, DCTL) & ~2u);
    pass(&b->f, ESPY_TICKS_PER_SECOND);
    assert_int_equal(b->irq.rises, 0);
    wr(&b->f, GINTMSK, 1 << 5); /* the transmit FIFO is empty, and says so */
    assert_true(b->irq.level);
    wr(&b->f, GUSBCFG, 1u << 29);
    assert_int_equal(rd(&b->f, GINTSTS) & 1, 1); /* host */
}

static void test_endpoints(void **state)
{
    board *b = *state;
    wr(&b->f, DIEPTXF1, 64u << 16 | 512);
    assert_int_equal(rd(&b->f, DTXFSTS1), 64);
    wr(&b->f, DIEPCTL1, 1u << 27); /* SNAK */
    assert_int_equal(rd(&b->f, DIEPCTL1) & 1 << 17, 1 << 17);
    assert_int_equal(rd(&b->f, DIEPINT1) & 1 << 6, 1 << 6);
    wr(&b->f, DIEPCTL1, 1u << 31 | 1u << 26 | 64); /* CNAK, EPENA */
    assert_int_equal(rd(&b->f, DIEPCTL1), 1u << 31 | 1 << 15 | 64);
    wr(&b->f, DIEPCTL1, 1u << 31 | 1u << 30 | 64);
    assert_int_equal(rd(&b->f, DIEPCTL1) >> 30, 0);
    assert_int_equal(rd(&b->f, DIEPINT1) & 2, 2);
    wr(&b->f, DIEPINT1, 0xff);
    assert_int_equal(rd(&b->f, DIEPINT1), 0);
    wr(&b->f, DCTL, rd(&b->f, DCTL) | 1 << 9); /* global OUT NAK, for closing an endpoint */
    assert_int_equal(rd(&b->f, GINTSTS) & 1 << 7, 1 << 7);
    wr(&b->f, DOEPCTL2, 1u << 30);
    assert_int_equal(rd(&b->f, DOEPCTL2 + 8) & 2, 2);
    wr(&b->f, DCTL, rd(&b->f, DCTL) | 1 << 10);
    assert_int_equal(rd(&b->f, GINTSTS) & 1 << 7, 0);
    wr(&b->f, BASE + 0x1000, 0x12345678); /* into a FIFO */
    assert_int_equal(rd(&b->f, BASE + 0x1000), 0);
    assert_int_equal(rd(&b->f, BASE + 0x3fffc), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resets_and_flushes_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_device_mode_and_silence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endpoints, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
