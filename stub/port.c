/* SPDX-License-Identifier: MIT
 *
 * Frames: SLIP around a header, a payload and a CRC-32, by UART0 or by the USB
 * Serial/JTAG controller, whichever the host is heard on.
 */
#include "stub.h"

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd };
enum { UART_INTERRUPT = 19 }; /* a level-2 interrupt of the CPU */
enum { RX_THRESHOLD = 64, TX_THRESHOLD = 32, TX_STRIDE = 64, USB_PATIENCE_US = 100000 };

#define XTAL_HZ 40000000u
#define CRC_RESIDUE 0xdebb20e3u /* of any bytes and their CRC */
#define ROM_SYNC 0x00240800u    /* the first word of the ROM's SYNC: u8 0, u8 8, u16 36 */
#define SYNC_SIZE 44u

uint32_t crc_table[256];
uint32_t frame[ESPY_STUB_FRAME_MAX / 4 + 1];
uint32_t payload_size;

/* After start.S, which knows it: */
struct rx rx;
struct tx tx;
uint8_t ring[RING_SIZE] __attribute__((section(".noinit")));
uint8_t tx_ring[TX_SIZE] __attribute__((section(".noinit")));

static uint32_t tail;
static uint32_t size; /* of the frame being received */
static bool inside;   /* an END was seen and nothing has gone wrong since */
static bool escaped;
static bool usb;     /* where answers go */
static uint32_t crc; /* of the frame being sent */

/* ---- receiving ---- */

static void make_crc_table(void)
{
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        crc_table[n] = c;
    }
}

static void listen(void)
{
    uint32_t conf = REG(UART0 + UART_CONF1) & ~(UART_RXFIFO_FULL_THRHD_M | UART_TXFIFO_EMPTY_THRHD_M);
    REG(UART0 + UART_CONF1) = conf | RX_THRESHOLD | TX_THRESHOLD << UART_TXFIFO_EMPTY_THRHD_S | UART_RX_TOUT_EN;
    REG(UART0 + UART_INT_CLR) = ~0u;
    REG(UART0 + UART_INT_ENA) = UART_RX_INTS;
    REG(USB + USB_INT_CLR) = ~0u;
    REG(USB + USB_INT_ENA) = USB_OUT_RECV_PKT_INT;
    REG(INTERRUPT_CORE0_UART_MAP) = UART_INTERRUPT;
    REG(INTERRUPT_CORE0_USB_DEVICE_MAP) = UART_INTERRUPT;
    __asm__ volatile("wsr.intenable %0; rsync" ::"a"(1u << UART_INTERRUPT));
}

uint32_t backlog(void)
{
    return tx.head - tx.tail;
}

/* Until the last bit is out. */
static void drain(void)
{
    while (backlog() > 0)
        ;
    while (REG(UART0 + UART_STATUS) >> 16 & 0x3ff)
        ;
    while (REG(UART0 + UART_FSM_STATUS) >> 4 & 0xf)
        ;
}

/* UART0 by the crystal, whatever the CPU's clock. */
void port_baud(uint32_t baud)
{
    uint32_t sixteenths = (XTAL_HZ * 16u + baud / 2) / baud;
    drain();
    REG(UART0 + UART_CLK_CONF) =
        (REG(UART0 + UART_CLK_CONF) & ~(UART_SCLK_SEL_M | UART_SCLK_DIV_M)) | UART_SCLK_SEL_XTAL;
    REG(UART0 + UART_CLKDIV) = (sixteenths & 15) << 20 | sixteenths >> 4;
    REG(UART0 + UART_ID) = UART_REG_UPDATE;
}

void port_set_up(void)
{
    make_crc_table();
    drain();
    listen();
}

/* Sleeps until something comes, unless it has come already. */
static void nap(void)
{
    uint32_t ps;
    __asm__ volatile("rsil %0, 15" : "=a"(ps)::"memory");
    if (rx.head == tail)
        __asm__ volatile("waiti 0" ::: "memory");
    else
        __asm__ volatile("wsr.ps %0; rsync" ::"a"(ps) : "memory");
}

static bool accept(uint32_t n, uint32_t sum)
{
    if (n == SYNC_SIZE && frame[0] == ROM_SYNC) {
        reply_sync();
        return false;
    }
    if (n < ESPY_STUB_HEADER + ESPY_STUB_CRC || sum != CRC_RESIDUE)
        return false;
    payload_size = n - ESPY_STUB_HEADER - ESPY_STUB_CRC;
    usb = rx.usb;
    return true;
}

/* An END ends a frame and begins the next.  True where a good one is complete. */
static bool end_frame(uint32_t sum)
{
    uint32_t n = size;
    bool whole = inside && !escaped && n > 0;
    size = 0;
    inside = true;
    escaped = false;
    return whole && accept(n, sum);
}

/* A byte of a frame, or of its end: what take() leaves to others. */
static bool special(uint8_t byte)
{
    if (escaped && (byte == ESC_END || byte == ESC_ESC)) {
        ((uint8_t *)frame)[size++] = byte == ESC_END ? END : ESC;
        escaped = false;
        return true;
    }
    inside = inside && !escaped && byte == ESC;
    escaped = inside;
    return false;
}

/* Takes what is in the ring until a frame is whole. */
static bool take(void)
{
    static uint32_t sum;
    uint8_t *out = (uint8_t *)frame;
    uint32_t at = tail, head = rx.head, crc_now = sum;
    bool done = false;
    while (at != head && !done) {
        uint8_t byte = ring[at];
        at = (at + 1) % RING_SIZE;
        if (byte == END) {
            done = end_frame(crc_now);
            crc_now = ~0u;
        } else if (size == ESPY_STUB_FRAME_MAX) {
            inside = false;
        } else if (byte != ESC && inside && !escaped) {
            out[size++] = byte;
            crc_now = crc_byte(crc_now, byte);
        } else if (special(byte)) {
            crc_now = crc_byte(crc_now, out[size - 1]);
        }
    }
    tail = at;
    sum = crc_now;
    return done;
}

void receive(bool (*idle)(void))
{
    while (!take())
        if (idle == NULL || !idle())
            nap();
}

/* ---- sending ---- */

/* Whether the host has fetched what it was given.  One that does not for a while is taken
 * for gone, and not waited for until it does. */
static bool usb_free(void)
{
    static bool gone;
    uint32_t start = ccount();
    while (!(REG(USB + USB_EP1_CONF) & USB_IN_FREE)) {
        gone = gone || ccount() - start > USB_PATIENCE_US * cpu_mhz;
        if (gone)
            return false;
    }
    gone = false;
    return true;
}

/* From now on the interrupt takes bytes out of the ring, until there are none. */
static void flush(void)
{
    REG(UART0 + UART_INT_ENA) = UART_RX_INTS | UART_TXFIFO_EMPTY_INT;
}

static void raw(uint8_t byte)
{
    if (usb) {
        if (usb_free())
            REG(USB + USB_EP1) = byte;
        return;
    }
    while (backlog() == TX_SIZE)
        flush();
    tx_ring[tx.head % TX_SIZE] = byte;
    tx.head++;
}

static void put(uint8_t byte)
{
    if (byte == END || byte == ESC) {
        raw(ESC);
        byte = byte == END ? ESC_END : ESC_ESC;
    }
    raw(byte);
}

/* TX_STRIDE bytes into the ring: as put() and crc_byte(), with the place in a register, since
 * all that is read goes through here. */
static void put_stride(const uint8_t *from)
{
    while (backlog() > TX_SIZE - 2 * TX_STRIDE)
        flush();
    uint32_t head = tx.head, sum = crc;
    for (const uint8_t *end = from + TX_STRIDE; from < end; from++) {
        uint8_t byte = *from;
        sum = crc_byte(sum, byte);
        if (byte == END || byte == ESC) {
            tx_ring[head++ % TX_SIZE] = ESC;
            byte = byte == END ? ESC_END : ESC_ESC;
        }
        tx_ring[head++ % TX_SIZE] = byte;
    }
    tx.head = head;
    crc = sum;
    flush();
}

void reply_bytes(const void *bytes, size_t n)
{
    const uint8_t *from = bytes;
    for (; !usb && n >= TX_STRIDE; n -= TX_STRIDE, from += TX_STRIDE)
        put_stride(from);
    for (; n > 0; n--, from++) {
        crc = crc_byte(crc, *from);
        put(*from);
    }
}

void reply_word(uint32_t word)
{
    reply_bytes(&word, sizeof word);
}

void reply_begin(unsigned op, unsigned status)
{
    raw(END);
    crc = ~0u;
    reply_word((frame[0] & 0xffff0000u) | status << 8 | op | ESPY_STUB_REPLY);
}

/* A full packet has gone by itself, but ends no transfer of the host's: the empty one that
 * does is to be asked for once the buffer is free. */
void reply_break(void)
{
    raw(END);
    if (!usb)
        flush();
    else if (usb_free())
        REG(USB + USB_EP1_CONF) = USB_WR_DONE;
}

void reply_end(void)
{
    reply_word(~crc);
    reply_break();
}

void reply(unsigned op, unsigned status, const uint32_t *words, size_t n)
{
    reply_begin(op, status);
    reply_bytes(words, 4 * n);
    reply_end();
}

/* u8 1, u8 op, u16 length, u32 value, 4 bytes of status: the value tells who it is. */
void reply_sync(void)
{
    static const uint32_t words[] = {0x00040801, ESPY_STUB_MAGIC, 0};
    usb = rx.usb;
    raw(END);
    reply_bytes(words, sizeof words);
    reply_break();
}
