/* SPDX-License-Identifier: MIT
 *
 * The UART as firmware drives it: the ROM loader's autobaud and interrupt
 * handler, MicroPython's interrupt handler, polling, and both timings.
 */
#include "uart.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    BASE = 0x60000000,
    FIFO = BASE + 0x00,
    INT_RAW = BASE + 0x04,
    INT_ST = BASE + 0x08,
    INT_ENA = BASE + 0x0c,
    INT_CLR = BASE + 0x10,
    CLKDIV = BASE + 0x14,
    STATUS = BASE + 0x1c,
    CONF0 = BASE + 0x20,
    CONF1 = BASE + 0x24,
    LOWPULSE = BASE + 0x28,
    HIGHPULSE = BASE + 0x2c,
    RXD_CNT = BASE + 0x30,
    FLOW_CONF = BASE + 0x34,
    AT_CMD_CHAR = BASE + 0x5c,
    MEM_CONF = BASE + 0x60,
    MEM_RX_STATUS = BASE + 0x68,
    FSM_STATUS = BASE + 0x6c,
    CLK_CONF = BASE + 0x78,
    ID = BASE + 0x80
};

enum {
    RXFIFO_FULL = 1 << 0,
    TXFIFO_EMPTY = 1 << 1,
    FRM_ERR = 1 << 3,
    RXFIFO_OVF = 1 << 4,
    RXFIFO_TOUT = 1 << 8,
    SW_XON = 1 << 9,
    SW_XOFF = 1 << 10,
    TX_DONE = 1 << 14,
    AT_CMD_CHAR_DET = 1 << 18
};

/* 40 MHz from the crystal, undivided, to 115200: 347 + 3/16, as the ROM sets it. */
#define CLK_XTAL 0x03700000u
#define DIV_115200 (3u << 20 | 347)
#define CHAR_115200 (ESPY_TICKS_PER_SECOND * 10 / 115200)

typedef struct board {
    bench f;
    probe irq, output;
    espy_uart uart;
} board;

static board *make(bool timing_real)
{
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    espy_uart_init(&b->uart, &b->f.soc,
                   &(espy_uart_config){.index = 0,
                                       .irq = probe_line(&b->f, &b->irq),
                                       .output = probe_line(&b->f, &b->output),
                                       .timing_real = timing_real});
    wr(&b->f, CLK_CONF, CLK_XTAL);
    wr(&b->f, CLKDIV, DIV_115200);
    return b;
}

static void drop(board *b)
{
    espy_uart_free(&b->uart);
    bench_close(&b->f);
    free(b);
}

static void host_send(board *b, const char *text, size_t n)
{
    assert_int_equal(espy_uart_host_send(&b->uart, (const uint8_t *)text, n, NULL), ESPY_OK);
}

static unsigned rx_count(board *b)
{
    return rd(&b->f, STATUS) & 0x3ff;
}

static void test_reset_values(void **state)
{
    (void)state;
    board *b = make(false);
    espy_uart_reset(&b->uart, ESPY_RESET_CHIP);
    /* uart_reg.h: the defaults of each field. */
    assert_int_equal(rd(&b->f, CLKDIV), 694);
    assert_int_equal(rd(&b->f, CONF0), 0x1000001c);
    assert_int_equal(rd(&b->f, STATUS), 0xe000c000);
    assert_int_equal(rd(&b->f, INT_RAW), TXFIFO_EMPTY);
    assert_int_equal(rd(&b->f, MEM_CONF), 0x00140012);
    assert_int_equal(rd(&b->f, MEM_RX_STATUS), 512 << 11 | 512);
    assert_int_equal(rd(&b->f, CLK_CONF), 0x03701000);
    assert_int_equal(rd(&b->f, ID), 0x40000500);
    assert_int_equal(espy_uart_baud(&b->uart), 40000000 / 2 / 694);
    drop(b);
}

static void test_clock_sources(void **state)
{
    (void)state;
    board *b = make(false);
    assert_int_equal(espy_uart_baud(&b->uart), 115212); /* 40e6 / (347 + 3/16) */
    wr(&b->f, CLK_CONF, 0x03500000);
    assert_int_equal(espy_uart_baud(&b->uart), 230423); /* APB at 80 MHz */
    espy_uart_set_apb(&b->uart, 40000000);
    assert_int_equal(espy_uart_baud(&b->uart), 115212);
    wr(&b->f, CLK_CONF, 0x03303000); /* XTAL / 4, but SCLK_EN off */
    assert_int_equal(espy_uart_baud(&b->uart), 0);
    drop(b);
}

static void test_fast_output_is_there_at_once(void **state)
{
    (void)state;
    board *b = make(false);
    for (const char *p = "ESP-ROM:esp32s3"; *p != 0; p++)
        wr(&b->f, FIFO, (uint8_t)*p);
    assert_int_equal(rd(&b->f, STATUS) >> 16 & 0x3ff, 0);
    assert_int_equal(rd(&b->f, FSM_STATUS), 0);
    assert_int_equal(rd(&b->f, INT_RAW) & TX_DONE, TX_DONE);
    assert_int_equal(b->output.rises, 1);
    uint8_t got[32];
    assert_int_equal(espy_uart_host_take(&b->uart, got, sizeof got), 15);
    assert_memory_equal(got, "ESP-ROM:esp32s3", 15);
    drop(b);
}

static void test_real_output_takes_its_bits(void **state)
{
    (void)state;
    board *b = make(true);
    for (unsigned n = 0; n < 128; n++)
        wr(&b->f, FIFO, n);
    assert_int_equal(rd(&b->f, STATUS) >> 16 & 0x3ff, 127); /* one is in the shifter */
    assert_int_not_equal(rd(&b->f, FSM_STATUS) >> 4, 0);
    wr(&b->f, INT_CLR, TX_DONE | TXFIFO_EMPTY);
    assert_int_equal(rd(&b->f, INT_RAW) & TXFIFO_EMPTY, 0); /* 127 is not below 96 */
    pass(&b->f, CHAR_115200 * 32 + CHAR_115200 / 2);
    assert_int_equal(rd(&b->f, STATUS) >> 16 & 0x3ff, 95);
    assert_int_equal(rd(&b->f, INT_RAW) & TXFIFO_EMPTY, TXFIFO_EMPTY);
    assert_int_equal(espy_uart_host_available(&b->uart), 32);
    assert_int_equal(rd(&b->f, INT_RAW) & TX_DONE, 0);
    pass(&b->f, CHAR_115200 * 96);
    assert_int_equal(espy_uart_host_available(&b->uart), 128);
    assert_int_equal(rd(&b->f, INT_RAW) & TX_DONE, TX_DONE);
    assert_int_equal(rd(&b->f, FSM_STATUS), 0);
    drop(b);
}

/* The ROM asks for an interrupt at one byte, drains the FIFO, then clears. */
static void test_full_threshold_is_reached_at_its_count(void **state)
{
    (void)state;
    board *b = make(false);
    wr(&b->f, CONF1, 1);
    wr(&b->f, INT_CLR, 0xffffffff);
    wr(&b->f, INT_ENA, RXFIFO_FULL);
    host_send(b, "\xc0", 1);
    assert_false(b->irq.level);
    pass(&b->f, CHAR_115200 + 2000);
    assert_true(b->irq.level);
    wr(&b->f, INT_CLR, RXFIFO_FULL);
    assert_false(b->irq.level); /* though the byte is still there */
    host_send(b, "\xdb", 1);
    pass(&b->f, CHAR_115200 + 2000);
    assert_true(b->irq.level);
    assert_int_equal(rd(&b->f, FIFO), 0xc0);
    assert_int_equal(rd(&b->f, FIFO), 0xdb);
    wr(&b->f, INT_CLR, RXFIFO_FULL);
    assert_false(b->irq.level);
    drop(b);
}

/* 40048794 in the ROM: uart_rx_intr_handler; 0x48868: threshold 1. */
static void rom_isr(board *b, uint8_t *ring, unsigned *n)
{
    if ((rd(&b->f, INT_ST) & RXFIFO_FULL) == 0)
        return;
    while (rx_count(b) != 0)
        ring[(*n)++] = (uint8_t)rd(&b->f, FIFO);
    wr(&b->f, INT_CLR, RXFIFO_FULL);
}

static void test_interrupts_come_at_the_rate_of_the_wire(void **state)
{
    (void)state;
    board *b = make(false);
    static uint8_t sent[1000], ring[1000];
    for (unsigned i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7);
    unsigned n = 0;
    wr(&b->f, CONF1, 1);
    wr(&b->f, INT_ENA, RXFIFO_FULL);
    host_send(b, (const char *)sent, sizeof sent);
    for (unsigned step = 0; step < 10000; step++) {
        pass(&b->f, CHAR_115200 / 10);
        if (b->irq.level)
            rom_isr(b, ring, &n);
        assert_true(n <= step / 10 + 1);
    }
    assert_true(n >= 998);
    pass(&b->f, CHAR_115200 * 3);
    rom_isr(b, ring, &n);
    assert_int_equal(n, sizeof sent);
    assert_memory_equal(ring, sent, sizeof sent);
    drop(b);
}

/* A handler that is kept out for long loses nothing with timing fast... */
static void test_fast_waits_for_a_full_fifo(void **state)
{
    (void)state;
    board *b = make(false);
    char sent[300];
    memset(sent, 'x', sizeof sent);
    wr(&b->f, INT_ENA, RXFIFO_FULL);
    host_send(b, sent, sizeof sent);
    pass(&b->f, CHAR_115200 * 1000);
    assert_int_equal(rx_count(b), 128);
    assert_int_equal(rd(&b->f, INT_RAW) & RXFIFO_OVF, 0);
    unsigned n = 0;
    for (unsigned step = 0; step < 400; step++, pass(&b->f, CHAR_115200))
        for (; rx_count(b) != 0; n++)
            assert_int_equal(rd(&b->f, FIFO), 'x');
    assert_int_equal(n, 300);
    drop(b);
}

/* ... and overruns with timing real. */
static void test_real_overruns(void **state)
{
    (void)state;
    board *b = make(true);
    char sent[200];
    memset(sent, 'x', sizeof sent);
    host_send(b, sent, sizeof sent);
    pass(&b->f, CHAR_115200 * 127);
    assert_int_equal(rd(&b->f, INT_RAW) & RXFIFO_OVF, 0);
    pass(&b->f, CHAR_115200 * 100);
    assert_int_equal(rx_count(b), 128);
    assert_int_equal(rd(&b->f, INT_RAW) & RXFIFO_OVF, RXFIFO_OVF);
    drop(b);
}

static void test_polling_is_quick_and_lossless(void **state)
{
    (void)state;
    board *b = make(false);
    static uint8_t sent[100000];
    for (unsigned i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i >> 3);
    host_send(b, (const char *)sent, sizeof sent);
    unsigned n = 0;
    while (n < sizeof sent) {
        for (; rx_count(b) != 0; n++)
            assert_int_equal(rd(&b->f, FIFO), sent[n]);
        pass(&b->f, ESPY_TICKS_PER_US / 10);
        assert_true(b->f.clock.now < ESPY_TICKS_PER_SECOND / 5);
    }
    assert_int_equal(espy_uart_host_pending(&b->uart), 0);
    drop(b);
}

/* What reads the FIFO is an interrupt handler; the task behind it, which looks into the handler's
 * buffer once in 10 ms, is busy for 300 ms.  MicroPython's buffer holds 259. */
static void test_a_busy_guest_is_not_flooded(void **state)
{
    (void)state;
    board *b = make(false);
    char sent[2000];
    memset(sent, 'z', sizeof sent);
    wr(&b->f, INT_ENA, RXFIFO_FULL | RXFIFO_TOUT);
    host_send(b, sent, sizeof sent);
    unsigned n = 0, buffered = 0, most = 0;
    espy_tick start = b->f.clock.now;
    for (unsigned ms = 0; n < sizeof sent; ms++, pass(&b->f, ESPY_TICKS_PER_MS)) {
        bool busy = ms >= 25 && ms < 325;
        if (!busy)
            espy_uart_guest_sleeps(&b->uart);
        for (; rx_count(b) != 0; n++, buffered++)
            rd(&b->f, FIFO);
        most = buffered > most ? buffered : most;
        if (ms % 10 == 0 && !busy)
            buffered = 0;
    }
    assert_in_range(most, 160, 259);
    /* Beside the 300 ms it took little more than the wire: 2000 characters of 87 us. */
    assert_true(b->f.clock.now - start < (300 + 174 + 30) * ESPY_TICKS_PER_MS);
    drop(b);
}

/* Nobody reads: the wire does not stay blocked for good, and the guest sees the overrun. */
static void test_a_deaf_guest_overruns_at_last(void **state)
{
    (void)state;
    board *b = make(false);
    char sent[1000];
    memset(sent, 'z', sizeof sent);
    host_send(b, sent, sizeof sent);
    pass(&b->f, ESPY_TICKS_PER_SECOND);
    assert_int_equal(espy_uart_host_pending(&b->uart), 1000 - 96); /* the default threshold */
    pass(&b->f, 2 * ESPY_TICKS_PER_SECOND);
    assert_int_equal(espy_uart_host_pending(&b->uart), 0);
    assert_int_equal(rx_count(b), 128);
    assert_int_equal(rd(&b->f, INT_RAW) & RXFIFO_OVF, RXFIFO_OVF);
    while (rx_count(b) != 0)
        rd(&b->f, FIFO);
    host_send(b, sent, 200);
    pass(&b->f, ESPY_TICKS_PER_SECOND);
    assert_int_equal(rx_count(b), 96);
    drop(b);
}

static void test_timeout_fires_on_an_idle_wire(void **state)
{
    (void)state;
    board *b = make(false);
    wr(&b->f, CONF1, 1u << 23 | 120);
    wr(&b->f, INT_ENA, RXFIFO_FULL | RXFIFO_TOUT);
    host_send(b, "abc", 3);
    pass(&b->f, CHAR_115200 * 3 + 100);
    assert_int_equal(rx_count(b), 3);
    assert_int_equal(rd(&b->f, INT_ST), 0); /* nothing timed out between the characters */
    pass(&b->f, CHAR_115200 + 100);         /* ten bits is the default threshold */
    assert_int_equal(rd(&b->f, INT_ST), RXFIFO_TOUT);
    while (rx_count(b) != 0)
        rd(&b->f, FIFO);
    wr(&b->f, INT_CLR, RXFIFO_TOUT);
    pass(&b->f, CHAR_115200 * 5);
    assert_int_equal(rd(&b->f, INT_ST), 0);
    drop(b);
}

/* Driver code stops both receive interrupts while its own buffer is full. */
static void test_masking_interrupts_holds_the_wire(void **state)
{
    (void)state;
    board *b = make(false);
    wr(&b->f, CONF1, 1u << 23 | 120);
    char sent[500];
    memset(sent, 'y', sizeof sent);
    host_send(b, sent, sizeof sent);
    pass(&b->f, CHAR_115200 * 1000);
    assert_int_equal(rx_count(b), 120);
    assert_int_equal(espy_uart_host_pending(&b->uart), 380);
    wr(&b->f, INT_ENA, RXFIFO_FULL | RXFIFO_TOUT);
    assert_true(b->irq.level);
    drop(b);
}

/* The ROM's loader measures the host's rate from SYNC: 0x40047b00 in the ROM. */
static void test_autobaud(void **state)
{
    (void)state;
    /* A bit of 9600 Bd is 4167 clocks of the crystal, more than the counters hold. */
    static const uint32_t rates[] = {19200, 74880, 115200, 230400, 460800, 921600, 1500000, 2000000};
    for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        board *b = make(false);
        espy_uart_host_baud(&b->uart, rates[i]);
        wr(&b->f, CONF0, rd(&b->f, CONF0) | 1u << 27);
        assert_int_equal(rd(&b->f, LOWPULSE), 0xfff);
        char sync[32];
        memset(sync, 0x55, sizeof sync);
        wr(&b->f, CONF1, 1);
        wr(&b->f, INT_ENA, RXFIFO_FULL);
        host_send(b, sync, sizeof sync);
        for (unsigned step = 0; rd(&b->f, RXD_CNT) <= 127; step++) {
            pass(&b->f, CHAR_115200);
            while (rx_count(b) != 0)
                rd(&b->f, FIFO);
            assert_true(step < 1000);
        }
        uint32_t divider_16 = ((rd(&b->f, LOWPULSE) & 0xfff) + (rd(&b->f, HIGHPULSE) & 0xfff)) * 8 + 16;
        wr(&b->f, CONF0, rd(&b->f, CONF0) & ~(1u << 27));
        wr(&b->f, CLKDIV, divider_16 >> 4 | (divider_16 & 15) << 20);
        uint32_t baud = espy_uart_baud(&b->uart);
        assert_in_range(baud, rates[i] - rates[i] / 40, rates[i] + rates[i] / 40);
        drop(b);
    }
}

static void test_wrong_rate_garbles(void **state)
{
    (void)state;
    board *b = make(false);
    espy_uart_host_baud(&b->uart, 230400);
    host_send(b, "hello, world", 12);
    pass(&b->f, CHAR_115200 * 20);
    char got[32] = "";
    for (unsigned n = 0; rx_count(b) != 0; n++)
        got[n] = (char)rd(&b->f, FIFO);
    assert_null(strstr(got, "h"));
    for (const char *p = "hello"; *p != 0; p++)
        wr(&b->f, FIFO, (uint8_t)*p);
    uint8_t back[64] = {0};
    size_t n = espy_uart_host_take(&b->uart, back, sizeof back);
    assert_true(n >= 5);
    assert_memory_not_equal(back, "hello", 5);
    drop(b);
}

static void test_slow_host_makes_framing_errors(void **state)
{
    (void)state;
    board *b = make(false);
    espy_uart_host_baud(&b->uart, 9600);
    host_send(b, "\0", 1);
    pass(&b->f, CHAR_115200 * 15);
    assert_int_equal(rd(&b->f, INT_RAW) & (FRM_ERR | 1 << 7), FRM_ERR | 1 << 7);
    drop(b);
}

/* A start bit and 8 data bits of zero, and no stop bit; what follows is unharmed. */
static void test_break(void **state)
{
    (void)state;
    board *b = make(true);
    espy_uart_host_break(&b->uart);
    assert_int_equal(rd(&b->f, INT_RAW) & (FRM_ERR | 1 << 7), FRM_ERR | 1 << 7);
    wr(&b->f, INT_CLR, FRM_ERR | 1 << 7);
    host_send(b, "a", 1);
    pass(&b->f, CHAR_115200 * 2);
    assert_int_equal(rd(&b->f, INT_RAW) & (FRM_ERR | 1 << 7), 0);
    assert_int_equal(rd(&b->f, FIFO), 0);
    assert_int_equal(rd(&b->f, FIFO), 'a');
    drop(b);
}

/* 7E1 from a terminal, heard as 8N1: the parity bit is the eighth. */
static void test_frame_of_the_host(void **state)
{
    (void)state;
    board *b = make(true);
    espy_uart_host_frame(&b->uart, &(espy_wire_format){.data_bits = 7, .parity = true, .half_stops = 2});
    host_send(b, "ac", 2);
    pass(&b->f, CHAR_115200 * 3);
    assert_int_equal(rd(&b->f, FIFO), 'a' | 0x80); /* 0x61 has three ones */
    assert_int_equal(rd(&b->f, FIFO), 'c');        /* 0x63 has four */
    assert_int_equal(rd(&b->f, INT_RAW) & FRM_ERR, 0);
    /* Nine bits are heard as eight: 0 for the stop bit of "a", which is its parity. */
    espy_uart_host_frame(&b->uart, &(espy_wire_format){.data_bits = 8, .parity = true, .odd = true, .half_stops = 2});
    host_send(b, "a", 1);
    pass(&b->f, CHAR_115200 * 3);
    assert_int_equal(rd(&b->f, INT_RAW) & FRM_ERR, FRM_ERR);
    drop(b);
}

static void test_loopback(void **state)
{
    (void)state;
    board *b = make(true);
    wr(&b->f, CONF0, rd(&b->f, CONF0) | 1u << 14);
    wr(&b->f, FIFO, 0xa5);
    pass(&b->f, CHAR_115200 * 2);
    assert_int_equal(rx_count(b), 1);
    assert_int_equal(rd(&b->f, FIFO), 0xa5);
    drop(b);
    b = make(false);
    wr(&b->f, CONF0, rd(&b->f, CONF0) | 1u << 14);
    wr(&b->f, FIFO, 0x5a);
    assert_int_equal(rx_count(b), 0); /* its bits take their time here too */
    pass(&b->f, CHAR_115200 * 2);
    assert_int_equal(rd(&b->f, FIFO), 0x5a);
    drop(b);
}

static void test_software_flow_control(void **state)
{
    (void)state;
    board *b = make(false);
    wr(&b->f, FLOW_CONF, 3); /* SW_FLOW_CON_EN, XONOFF_DEL */
    host_send(b, "\x13", 1);
    pass(&b->f, CHAR_115200);
    assert_int_equal(rd(&b->f, INT_RAW) & SW_XOFF, SW_XOFF);
    assert_int_equal(rx_count(b), 0);
    wr(&b->f, FIFO, 'a');
    assert_int_equal(espy_uart_host_available(&b->uart), 0);
    host_send(b, "\x11", 1);
    pass(&b->f, CHAR_115200);
    assert_int_equal(rd(&b->f, INT_RAW) & SW_XON, SW_XON);
    assert_int_equal(espy_uart_host_available(&b->uart), 1);
    drop(b);
}

static void test_at_command_needs_silence_around_it(void **state)
{
    (void)state;
    board *b = make(true);
    wr(&b->f, INT_ENA, AT_CMD_CHAR_DET);
    pass(&b->f, CHAR_115200 * 300); /* longer than PRE_IDLE_NUM, 2305 bits */
    host_send(b, "+++", 3);
    pass(&b->f, CHAR_115200 * 100);
    assert_int_equal(rd(&b->f, INT_ST), 0);
    pass(&b->f, CHAR_115200 * 200);
    assert_int_equal(rd(&b->f, INT_ST), AT_CMD_CHAR_DET);
    wr(&b->f, INT_CLR, AT_CMD_CHAR_DET);
    host_send(b, "x+++", 4);
    pass(&b->f, CHAR_115200 * 300);
    assert_int_equal(rd(&b->f, INT_ST), 0);
    drop(b);
}

static void test_fifo_reset_and_sizes(void **state)
{
    (void)state;
    board *b = make(true);
    wr(&b->f, MEM_CONF, 10u << 17 | 1 << 4 | 3 << 1); /* 384 bytes to receive into */
    char sent[300];
    memset(sent, 'z', sizeof sent);
    host_send(b, sent, sizeof sent);
    pass(&b->f, CHAR_115200 * 310);
    assert_int_equal(rx_count(b), 300);
    wr(&b->f, CONF0, rd(&b->f, CONF0) | 1u << 17);
    wr(&b->f, CONF0, rd(&b->f, CONF0) & ~(1u << 17));
    assert_int_equal(rx_count(b), 0);
    assert_int_equal(rd(&b->f, FIFO), 0);
    drop(b);
}

static void test_queue_survives_a_reset(void **state)
{
    (void)state;
    board *b = make(false);
    host_send(b, "abc", 3);
    espy_uart_reset(&b->uart, ESPY_RESET_CHIP);
    wr(&b->f, CLK_CONF, CLK_XTAL);
    wr(&b->f, CLKDIV, DIV_115200);
    pass(&b->f, CHAR_115200 * 4);
    assert_int_equal(rx_count(b), 3);
    assert_int_equal(rd(&b->f, FIFO), 'a');
    host_send(b, "def", 3);
    espy_uart_host_flush(&b->uart);
    pass(&b->f, CHAR_115200 * 4);
    assert_int_equal(rx_count(b), 2);
    drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),
        cmocka_unit_test(test_clock_sources),
        cmocka_unit_test(test_fast_output_is_there_at_once),
        cmocka_unit_test(test_real_output_takes_its_bits),
        cmocka_unit_test(test_full_threshold_is_reached_at_its_count),
        cmocka_unit_test(test_interrupts_come_at_the_rate_of_the_wire),
        cmocka_unit_test(test_fast_waits_for_a_full_fifo),
        cmocka_unit_test(test_real_overruns),
        cmocka_unit_test(test_polling_is_quick_and_lossless),
        cmocka_unit_test(test_a_busy_guest_is_not_flooded),
        cmocka_unit_test(test_a_deaf_guest_overruns_at_last),
        cmocka_unit_test(test_timeout_fires_on_an_idle_wire),
        cmocka_unit_test(test_masking_interrupts_holds_the_wire),
        cmocka_unit_test(test_autobaud),
        cmocka_unit_test(test_wrong_rate_garbles),
        cmocka_unit_test(test_slow_host_makes_framing_errors),
        cmocka_unit_test(test_break),
        cmocka_unit_test(test_frame_of_the_host),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_software_flow_control),
        cmocka_unit_test(test_at_command_needs_silence_around_it),
        cmocka_unit_test(test_fifo_reset_and_sizes),
        cmocka_unit_test(test_queue_survives_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
