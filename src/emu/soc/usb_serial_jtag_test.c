/* SPDX-License-Identifier: MIT
 *
 * USB Serial/JTAG with nobody there, and with a host.  What is expected are sentences of the
 * TRM's chapter "USB Serial/JTAG Controller" and of USB 2.0, quoted by what they say.
 */
#include "usb_serial_jtag.h"

#include "../core/bench.h"

#include <string.h>

enum {
    BASE = 0x60038000,
    EP1 = BASE + 0x00,
    EP1_CONF = BASE + 0x04,
    INT_RAW = BASE + 0x08,
    INT_ST = BASE + 0x0c,
    INT_ENA = BASE + 0x10,
    INT_CLR = BASE + 0x14,
    CONF0 = BASE + 0x18,
    FRAM_NUM = BASE + 0x24,
    OUT_EP1_ST = BASE + 0x3c
};

/* EP1_CONF */
enum { WR_DONE = 1, IN_FREE = 2, OUT_AVAIL = 4 };
/* INT_* */
enum { SOF = 1 << 1, OUT_RECV_PKT = 1 << 2, IN_EMPTY = 1 << 3, BUS_RESET = 1 << 9 };
/* CONF0 */
enum { PHY_SEL = 1, PAD_PULL_OVERRIDE = 1 << 8, DP_PULLUP = 1 << 9, PAD_ENABLE = 1 << 14 };

#define MS ESPY_TICKS_PER_MS
#define FRAME MS

/* A controller whose cable leads to a host that has opened the port. */
typedef struct device {
    bench b;
    probe irq, reset;
    espy_usb_serial_jtag usb;
} device;

static void open_device(device *d)
{
    bench_open(&d->b);
    espy_usb_serial_jtag_init(&d->usb, &d->b.soc, probe_line(&d->b, &d->irq));
    d->usb.reset = probe_line(&d->b, &d->reset);
    espy_usb_serial_jtag_plug(&d->usb, true);
    pass(&d->b, 1000 * MS);
    assert_int_equal(d->usb.bus, ESPY_USB_BUS_OPEN);
}

static void close_device(device *d)
{
    espy_usb_serial_jtag_free(&d->usb);
    bench_close(&d->b);
}

static void print(device *d, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        wr(&d->b, EP1, i & 0xff);
}

static void send(device *d, unsigned n)
{
    uint8_t bytes[1024];
    for (unsigned i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 7);
    assert_int_equal(espy_usb_serial_jtag_host_send(&d->usb, bytes, n, NULL), ESPY_OK);
}

static size_t available(const device *d)
{
    return espy_usb_serial_jtag_host_available(&d->usb);
}

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

/* USB 2.0, 7.1.7.3: the host lets 100 ms pass for the contacts; 7.1.7.5: a root port's reset
 * takes 50 ms, then 10 ms to recover.  TRM: BUS_RESET_INT at the reset; frames only come then. */
static void test_host_enumerates(void **state)
{
    (void)state;
    device d;
    bench_open(&d.b);
    espy_usb_serial_jtag_init(&d.usb, &d.b.soc, probe_line(&d.b, &d.irq));
    espy_usb_serial_jtag_plug(&d.usb, true);
    wr(&d.b, INT_ENA, BUS_RESET);
    pass(&d.b, 99 * MS);
    assert_int_equal(rd(&d.b, INT_RAW) & (BUS_RESET | SOF), 0);
    pass(&d.b, 2 * MS);
    assert_true(d.irq.level);
    assert_int_equal(rd(&d.b, INT_RAW) & BUS_RESET, BUS_RESET);
    assert_int_not_equal(d.usb.bus, ESPY_USB_BUS_OPEN);
    pass(&d.b, 60 * MS);
    assert_int_equal(d.usb.bus, ESPY_USB_BUS_OPEN);
    assert_int_equal(d.usb.devices, 1);
    close_device(&d);
}

/* A frame number every millisecond, of 11 bits; SOF_INT with each, and so again after it was cleared. */
static void test_frames(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    uint32_t first = rd(&d.b, FRAM_NUM);
    pass(&d.b, 5 * MS);
    assert_int_equal(rd(&d.b, FRAM_NUM), (first + 5) & 0x7ff);
    pass(&d.b, 2048 * MS);
    assert_int_equal(rd(&d.b, FRAM_NUM), (first + 5) & 0x7ff);
    wr(&d.b, INT_CLR, SOF);
    assert_int_equal(rd(&d.b, INT_RAW) & SOF, 0);
    wr(&d.b, INT_ENA, SOF);
    pass(&d.b, MS);
    assert_int_equal(d.irq.rises, 1);
    for (unsigned i = 0; i < 10; i++) {
        wr(&d.b, INT_CLR, SOF);
        pass(&d.b, MS);
    }
    assert_int_equal(d.irq.rises, 11);
    close_device(&d);
}

/* TRM: writing the buffer does not send it; a flush does, and until the host has read it the
 * buffer is not free; then comes SERIAL_IN_EMPTY_INT. */
static void test_flush_sends(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    wr(&d.b, INT_CLR, IN_EMPTY);
    print(&d, 5);
    pass(&d.b, 10 * MS);
    assert_int_equal(available(&d), 0);
    wr(&d.b, EP1_CONF, WR_DONE);
    assert_int_equal(rd(&d.b, EP1_CONF), 0);
    wr(&d.b, EP1, 'x'); /* has no room */
    assert_int_equal(rd(&d.b, INT_RAW) & IN_EMPTY, 0);
    pass(&d.b, MS);
    assert_int_equal(rd(&d.b, EP1_CONF), IN_FREE);
    assert_int_equal(rd(&d.b, INT_RAW) & IN_EMPTY, IN_EMPTY);
    uint8_t bytes[8];
    assert_int_equal(espy_usb_serial_jtag_host_take(&d.usb, bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "\0\1\2\3\4", 5);
    close_device(&d);
}

/* TRM: the 64th byte flushes by itself.  hal/usb_serial_jtag_ll.h: such a packet does not end a
 * transfer; WR_DONE at once does nothing, and once the buffer is free it sends an empty packet,
 * which does. */
static void test_full_packet_waits_for_its_end(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    print(&d, 64);
    wr(&d.b, EP1_CONF, WR_DONE);
    pass(&d.b, MS);
    assert_int_equal(rd(&d.b, EP1_CONF), IN_FREE);
    assert_int_equal(available(&d), 0);
    wr(&d.b, EP1_CONF, WR_DONE);
    assert_int_equal(rd(&d.b, EP1_CONF), 0);
    pass(&d.b, MS);
    assert_int_equal(available(&d), 64);
    print(&d, 64);
    pass(&d.b, MS);
    print(&d, 64); /* cdc-acm asks for two packets at a time */
    pass(&d.b, MS);
    assert_int_equal(available(&d), 192);
    close_device(&d);
}

/* USB 2.0, table 5-9: at full speed 19 packets of 64 bytes fit into a frame. */
static void test_wire_takes_its_time(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    unsigned packets = 0;
    for (espy_tick end = d.b.clock.now + FRAME; d.b.clock.now < end; packets++) {
        print(&d, 64);
        while (rd(&d.b, EP1_CONF) == 0)
            pass(&d.b, ESPY_TICKS_PER_US / 10);
    }
    assert_int_equal(packets, 20); /* the last one ends in the next frame */
    close_device(&d);
}

/* TRM: packets of 0 to 64 bytes; OUT_RECV_PKT_INT for each; DATA_AVAIL while there is unread
 * data; the next one is accepted after all data was read. */
static void test_host_sends_packets(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    send(&d, 150);
    wr(&d.b, INT_ENA, OUT_RECV_PKT);
    for (unsigned n = 0, packet = 0; n < 150; packet++) {
        unsigned size = packet < 2 ? 64 : 22;
        pass(&d.b, 10 * MS);
        assert_int_equal(d.irq.rises, packet + 1);
        assert_int_equal(rd(&d.b, OUT_EP1_ST) >> 16 & 0x7f, size);
        assert_int_equal(rd(&d.b, OUT_EP1_ST) >> 2 & 0x7f, size + 2); /* soc/usb_serial_jtag_reg.h: WR_ADDR - 2 bytes */
        wr(&d.b, INT_CLR, OUT_RECV_PKT);
        for (unsigned i = 0; i < size; i++, n++) {
            assert_int_equal(rd(&d.b, EP1_CONF) & OUT_AVAIL, OUT_AVAIL);
            assert_int_equal(rd(&d.b, EP1), (uint8_t)(n * 7));
        }
        assert_int_equal(rd(&d.b, EP1_CONF) & OUT_AVAIL, 0);
        assert_int_equal(espy_usb_serial_jtag_host_pending(&d.usb), 150 - n);
    }
    pass(&d.b, 10 * MS);
    assert_int_equal(d.irq.rises, 3);
    close_device(&d);
}

/* TRM, table "CDC-ACM Settings with RTS and DTR", and tables "Reset SoC into Download Mode" and
 * "into Booting", a line at a time as pyserial sets them. */
static void test_lines(void **state)
{
    (void)state;
    device d;
    open_device(&d);
    static const struct {
        bool dtr, rts, download, reset;
    } steps[] = {
        {0, 0, 0, 0}, {1, 0, 1, 0}, {1, 1, 1, 0}, {0, 1, 1, 1}, {0, 1, 1, 1},
        {0, 0, 0, 0}, {0, 1, 0, 1}, {1, 1, 0, 0}, {1, 0, 1, 0}, {0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        espy_usb_serial_jtag_host_lines(&d.usb, steps[i].dtr, steps[i].rts);
        assert_int_equal(d.usb.download, steps[i].download);
        assert_int_equal(d.reset.level, steps[i].reset);
    }
    assert_int_equal(d.reset.rises, 2);
    espy_usb_serial_jtag_host_lines(&d.usb, false, true);
    espy_usb_serial_jtag_plug(&d.usb, false); /* nobody holds the chip any more */
    assert_false(d.reset.level);
    espy_usb_serial_jtag_host_lines(&d.usb, false, true); /* and nobody can */
    assert_false(d.reset.level);
    close_device(&d);
}

static void set_conf0(device *d, int what)
{
    static const uint32_t values[] = {
        DP_PULLUP,                         /* pads disabled, as gpio_ll.h does to use the pins */
        DP_PULLUP | PAD_ENABLE | PHY_SEL,  /* an external PHY */
        PAD_ENABLE | PAD_PULL_OVERRIDE,    /* no pull-up by software's choice */
        DP_PULLUP | PAD_ENABLE | 1u << 13, /* still there, with a stronger pull-up */
    };
    wr(&d->b, CONF0, values[what]);
}

/* What makes the device go away, and that another one comes when it is over. */
static void test_device_vanishes(void **state)
{
    (void)state;
    for (int what = 0; what < 8; what++) {
        device d;
        open_device(&d);
        send(&d, 100);
        espy_usb_serial_jtag_host_lines(&d.usb, true, false);
        if (what < 4)
            set_conf0(&d, what);
        else if (what == 4)
            espy_usb_serial_jtag_phy(&d.usb, 0, true);
        else if (what == 5)
            espy_usb_serial_jtag_clock(&d.usb, 0, false);
        else
            espy_usb_serial_jtag_reset(&d.usb, what == 6 ? ESPY_RESET_SYSTEM : ESPY_RESET_CORE);
        bool stays = what == 3 || what == 7;
        assert_int_equal(d.usb.bus == ESPY_USB_BUS_OPEN, stays);
        assert_int_equal(d.usb.download, stays);
        assert_int_equal(espy_usb_serial_jtag_host_pending(&d.usb) > 0, stays);
        wr(&d.b, CONF0, PAD_ENABLE | DP_PULLUP);
        espy_usb_serial_jtag_phy(&d.usb, 0, false);
        espy_usb_serial_jtag_clock(&d.usb, 0, true);
        pass(&d.b, 1000 * MS);
        assert_int_equal(d.usb.bus, ESPY_USB_BUS_OPEN);
        assert_int_equal(d.usb.devices, stays ? 1 : 2);
        close_device(&d);
    }
}

/* What was handed over before the host had come is fetched by it. */
static void test_host_comes_late(void **state)
{
    (void)state;
    device d;
    bench_open(&d.b);
    espy_usb_serial_jtag_init(&d.usb, &d.b.soc, probe_line(&d.b, &d.irq));
    print(&d, 10);
    wr(&d.b, EP1_CONF, WR_DONE);
    pass(&d.b, 5000 * MS);
    espy_usb_serial_jtag_plug(&d.usb, true);
    send(&d, 10); /* to nobody */
    pass(&d.b, 1000 * MS);
    assert_int_equal(available(&d), 10);
    assert_int_equal(rd(&d.b, EP1_CONF), IN_FREE);
    close_device(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_fills_and_stays_full),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_host_enumerates),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_flush_sends),
        cmocka_unit_test(test_full_packet_waits_for_its_end),
        cmocka_unit_test(test_wire_takes_its_time),
        cmocka_unit_test(test_host_sends_packets),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_device_vanishes),
        cmocka_unit_test(test_host_comes_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
