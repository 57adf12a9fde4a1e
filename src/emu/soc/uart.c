/* SPDX-License-Identifier: MIT
 *
 * The UART controller.  See uart.h.
 */
#include "uart.h"

#include <string.h>

enum {
    UART_FIFO = 0x00,
    UART_INT_RAW = 0x04,
    UART_INT_ST = 0x08,
    UART_INT_ENA = 0x0c,
    UART_INT_CLR = 0x10,
    UART_CLKDIV = 0x14,
    UART_RX_FILT = 0x18,
    UART_STATUS = 0x1c,
    UART_CONF0 = 0x20,
    UART_CONF1 = 0x24,
    UART_LOWPULSE = 0x28,
    UART_HIGHPULSE = 0x2c,
    UART_RXD_CNT = 0x30,
    UART_FLOW_CONF = 0x34,
    UART_SLEEP_CONF = 0x38,
    UART_SWFC_CONF0 = 0x3c,
    UART_SWFC_CONF1 = 0x40,
    UART_TXBRK_CONF = 0x44,
    UART_IDLE_CONF = 0x48,
    UART_AT_CMD_PRECNT = 0x50,
    UART_AT_CMD_POSTCNT = 0x54,
    UART_AT_CMD_GAPTOUT = 0x58,
    UART_AT_CMD_CHAR = 0x5c,
    UART_MEM_CONF = 0x60,
    UART_MEM_TX_STATUS = 0x64,
    UART_MEM_RX_STATUS = 0x68,
    UART_FSM_STATUS = 0x6c,
    UART_POSPULSE = 0x70,
    UART_NEGPULSE = 0x74,
    UART_CLK_CONF = 0x78,
    UART_DATE = 0x7c,
    UART_ID = 0x80,
    UART_SIZE = 0x84
};

/* UART_INT_* */
enum {
    RXFIFO_FULL = 1 << 0,
    TXFIFO_EMPTY = 1 << 1,
    PARITY_ERR = 1 << 2,
    FRM_ERR = 1 << 3,
    RXFIFO_OVF = 1 << 4,
    BRK_DET = 1 << 7,
    RXFIFO_TOUT = 1 << 8,
    SW_XON = 1 << 9,
    SW_XOFF = 1 << 10,
    TX_BRK_DONE = 1 << 12,
    TX_BRK_IDLE_DONE = 1 << 13,
    TX_DONE = 1 << 14,
    AT_CMD_CHAR_DET = 1 << 18,
    INT_ALL = (1 << 20) - 1
};

/* UART_CONF0 */
enum {
    PARITY_ODD = 1 << 0,
    PARITY_EN = 1 << 1,
    SW_RTS = 1 << 6,
    SW_DTR = 1 << 7,
    TXD_BRK = 1 << 8,
    LOOPBACK = 1 << 14,
    TX_FLOW_EN = 1 << 15,
    RXFIFO_RST = 1 << 17,
    TXFIFO_RST = 1 << 18,
    CTS_INV = 1 << 20,
    DSR_INV = 1 << 21,
    RTS_INV = 1 << 23,
    DTR_INV = 1 << 24,
    ERR_WR_MASK = 1 << 26,
    AUTOBAUD_EN = 1 << 27
};

/* UART_CONF1 */
enum { RX_FLOW_EN = 1 << 22, RX_TOUT_EN = 1 << 23 };

/* UART_FLOW_CONF */
enum { SW_FLOW_CON_EN = 1 << 0, XONOFF_DEL = 1 << 1, FORCE_XON = 1 << 2, FORCE_XOFF = 1 << 3 };

/* UART_CLK_CONF */
enum {
    SCLK_EN = 1 << 22,
    RST_CORE = 1 << 23,
    TX_SCLK_EN = 1 << 24,
    RX_SCLK_EN = 1 << 25,
    TX_RST_CORE = 1 << 26,
    RX_RST_CORE = 1 << 27
};

#define UART_REG_UPDATE (1u << 31)
#define XTAL_HZ 40000000u
#define RC_FAST_HZ 17500000u
#define POLLED_CHAR_TICKS ESPY_TICKS_PER_US
#define BUSY_CHAR_TICKS (4 * ESPY_TICKS_PER_MS)
#define LOOKED_INTO_MAX (12 * ESPY_TICKS_PER_MS)
#define LOOKED_INTO_CHARS 140 /* that long at 115200 */
#define PATIENCE (2 * ESPY_TICKS_PER_SECOND)

/* Reset values that are not zero. */
static const uint32_t reset_values[UART_SIZE / 4] = {
    [UART_CLKDIV / 4] = 694,
    [UART_RX_FILT / 4] = 8,
    [UART_CONF0 / 4] = 0x1000001c,
    [UART_CONF1 / 4] = 96 << 10 | 96,
    [UART_SLEEP_CONF / 4] = 240,
    [UART_SWFC_CONF0 / 4] = 19 << 10 | 224,
    [UART_SWFC_CONF1 / 4] = 17 << 10,
    [UART_TXBRK_CONF / 4] = 10,
    [UART_IDLE_CONF / 4] = 256 << 10 | 256,
    [UART_AT_CMD_PRECNT / 4] = 2305,
    [UART_AT_CMD_POSTCNT / 4] = 2305,
    [UART_AT_CMD_GAPTOUT / 4] = 11,
    [UART_AT_CMD_CHAR / 4] = 3 << 8 | 43,
    [UART_MEM_CONF / 4] = 10 << 17 | 1 << 4 | 1 << 1,
    [UART_CLK_CONF / 4] = 0x03701000,
    [UART_DATE / 4] = 33587824,
    [UART_ID / 4] = 0x40000500,
};

static uint32_t field(const espy_uart *u, unsigned reg, unsigned shift, unsigned width)
{
    return u->reg[reg / 4] >> shift & ((1u << width) - 1);
}

static bool conf0(const espy_uart *u, uint32_t bits)
{
    return (u->reg[UART_CONF0 / 4] & bits) != 0;
}

/* ---- FIFOs ---- */

static void fifo_clear(espy_uart_fifo *f)
{
    f->count = f->first = 0;
}

static void fifo_put(espy_uart_fifo *f, uint8_t byte)
{
    f->bytes[(f->first + f->count++) % f->size] = byte;
}

static uint8_t fifo_get(espy_uart_fifo *f)
{
    uint8_t byte = f->bytes[f->first];
    f->first = (f->first + 1) % f->size;
    f->count--;
    return byte;
}

/* MEM_CONF counts in 128 bytes.  A size of 0, which would leave no FIFO, is taken as 1. */
static void size_fifos(espy_uart *u)
{
    unsigned rx = field(u, UART_MEM_CONF, 1, 3) * 128, tx = field(u, UART_MEM_CONF, 4, 3) * 128;
    if (rx == 0)
        rx = 128;
    if (tx == 0)
        tx = 128;
    if (rx != u->rx.size) {
        u->rx.size = rx;
        fifo_clear(&u->rx);
    }
    if (tx != u->tx.size) {
        u->tx.size = tx;
        fifo_clear(&u->tx);
    }
}

/* ---- Clocks and formats ---- */

/* The length of one cycle of the core clock, behind SCLK_DIV, times 16; 0 while it is off. */
static int64_t core_cycle_16(const espy_uart *u)
{
    uint32_t conf = u->reg[UART_CLK_CONF / 4];
    const uint32_t hz[4] = {0, u->apb_hz, RC_FAST_HZ, XTAL_HZ};
    uint32_t source = hz[conf >> 20 & 3];
    if (source == 0 || (conf & SCLK_EN) == 0)
        return 0;
    int64_t cycle = (int64_t)(ESPY_TICKS_PER_SECOND * ESPY_WIRE_SUBTICKS * 16 / source);
    uint32_t b = conf & 63, a = conf >> 6 & 63;
    return cycle * ((conf >> 12 & 255) + 1) + (a != 0 ? cycle * b / a : 0);
}

/* Works out how both ends frame their characters, after anything that they depend on has changed. */
static void update_formats(espy_uart *u)
{
    static const unsigned half_stops[4] = {2, 2, 3, 4};
    int64_t divider_16 = (int64_t)field(u, UART_CLKDIV, 0, 12) * 16 + field(u, UART_CLKDIV, 20, 4);
    u->guest = (espy_wire_format){
        .data_bits = field(u, UART_CONF0, 2, 2) + 5,
        .parity = conf0(u, PARITY_EN),
        .odd = conf0(u, PARITY_ODD),
        .half_stops = half_stops[field(u, UART_CONF0, 4, 2)],
        .bit = core_cycle_16(u) * divider_16 / 256,
    };
    u->host = u->host_frame;
    u->host.bit = (int64_t)(ESPY_TICKS_PER_SECOND * ESPY_WIRE_SUBTICKS / u->host_baud);
}

static espy_tick to_ticks(int64_t subticks)
{
    return (espy_tick)(subticks + ESPY_WIRE_SUBTICKS - 1) / ESPY_WIRE_SUBTICKS;
}

static espy_tick bit_ticks(const espy_uart *u, uint32_t bits)
{
    return to_ticks(u->guest.bit * (int64_t)bits);
}

static bool tx_clocked(const espy_uart *u)
{
    uint32_t conf = u->reg[UART_CLK_CONF / 4];
    return (conf & TX_SCLK_EN) != 0 && (conf & (RST_CORE | TX_RST_CORE)) == 0 && u->guest.bit != 0;
}

static bool rx_clocked(const espy_uart *u)
{
    uint32_t conf = u->reg[UART_CLK_CONF / 4];
    return (conf & RX_SCLK_EN) != 0 && (conf & (RST_CORE | RX_RST_CORE)) == 0 && u->guest.bit != 0;
}

uint32_t espy_uart_baud(const espy_uart *u)
{
    int64_t bit = u->guest.bit;
    int64_t second = (int64_t)(ESPY_TICKS_PER_SECOND * ESPY_WIRE_SUBTICKS);
    return bit != 0 ? (uint32_t)((second + bit / 2) / bit) : 0;
}

/* ---- Interrupts ---- */

/* EMPTY follows its condition: cleared while the condition holds, it comes back. */
static void update_interrupts(espy_uart *u)
{
    if (u->tx.count < field(u, UART_CONF1, 10, 10))
        u->raw |= TXFIFO_EMPTY;
    bool level = (u->raw & u->reg[UART_INT_ENA / 4]) != 0;
    if (level != u->irq_level) {
        u->irq_level = level;
        espy_line_set(&u->config.irq, level);
    }
}

/* The receiver times out when the wire is idle with something in the FIFO. */
static void update_timeout(espy_uart *u)
{
    espy_clock *clock = u->soc->clock;
    bool waits = (u->reg[UART_CONF1 / 4] & RX_TOUT_EN) != 0 && u->rx.count != 0 && !u->rx_event.armed;
    if (!waits || (u->raw & RXFIFO_TOUT) != 0) {
        espy_clock_cancel(clock, &u->tout_event);
        return;
    }
    espy_tick due = u->rx_quiet + bit_ticks(u, field(u, UART_MEM_CONF, 17, 10));
    if (due > clock->now)
        espy_clock_at(clock, &u->tout_event, due);
    else
        u->raw |= RXFIFO_TOUT;
}

/* ---- Receiver ---- */

static unsigned full_threshold(const espy_uart *u)
{
    unsigned full = field(u, UART_CONF1, 0, 10);
    return full != 0 ? full : 1;
}

static bool rtsn(const espy_uart *u)
{
    bool ready = conf0(u, SW_RTS);
    if ((u->reg[UART_CONF1 / 4] & RX_FLOW_EN) != 0)
        ready = u->rx.count < field(u, UART_MEM_CONF, 7, 10);
    return ready == conf0(u, RTS_INV);
}

static bool dtrn(const espy_uart *u)
{
    return conf0(u, SW_DTR) == conf0(u, DTR_INV);
}

/* Nothing is wired to CTS and DSR: CTS rests high, DSR low. */
static bool ctsn(const espy_uart *u)
{
    return (conf0(u, LOOPBACK) ? rtsn(u) : true) != conf0(u, CTS_INV);
}

static bool dsrn(const espy_uart *u)
{
    return (conf0(u, LOOPBACK) ? dtrn(u) : false) != conf0(u, DSR_INV);
}

/* Counts AT_CMD_CHARs in a row: idle before, short gaps between, and idle after. */
static void watch_at_cmd(espy_uart *u, uint8_t byte, espy_tick quiet)
{
    espy_clock *clock = u->soc->clock;
    uint32_t limit = u->at_count == 0 ? UART_AT_CMD_PRECNT : UART_AT_CMD_GAPTOUT;
    bool idle = quiet >= bit_ticks(u, field(u, limit, 0, 16));
    espy_clock_cancel(clock, &u->at_event);
    if (byte != field(u, UART_AT_CMD_CHAR, 0, 8) || idle != (u->at_count == 0)) {
        u->at_count = 0;
        return;
    }
    if (++u->at_count < field(u, UART_AT_CMD_CHAR, 8, 8))
        return;
    u->at_count = 0;
    espy_clock_at(clock, &u->at_event, clock->now + bit_ticks(u, field(u, UART_AT_CMD_POSTCNT, 0, 16)));
}

static void at_cmd_done(void *self)
{
    espy_uart *u = self;
    u->raw |= AT_CMD_CHAR_DET;
    update_interrupts(u);
}

/* Software flow control; true when the byte is to be dropped. */
static bool take_xon_xoff(espy_uart *u, uint8_t byte)
{
    uint32_t flow = u->reg[UART_FLOW_CONF / 4];
    if ((flow & SW_FLOW_CON_EN) == 0)
        return false;
    bool xon = byte == field(u, UART_SWFC_CONF1, 10, 8), xoff = byte == field(u, UART_SWFC_CONF0, 10, 8);
    if (!xon && !xoff)
        return false;
    u->raw |= xon ? SW_XON : SW_XOFF;
    u->tx_stopped = xoff;
    return (flow & XONOFF_DEL) != 0;
}

/* A character has been sampled: where everything that arrives comes through.  It is the arrival
 * that raises FULL, not the count: the mask ROM's loader clears and enables FULL with characters
 * in the FIFO before it notes which UART it listens to, and its handler could not end that one. */
static void receive(void *user, const espy_wire_received *r)
{
    espy_uart *u = user;
    bool bad = r->parity_error || r->framing_error;
    u->raw |= (r->parity_error ? PARITY_ERR : 0) | (r->framing_error ? FRM_ERR : 0) | (r->is_break ? BRK_DET : 0);
    if ((bad && conf0(u, ERR_WR_MASK)) || take_xon_xoff(u, r->byte))
        return;
    if (u->rx.count >= u->rx.size)
        u->raw |= RXFIFO_OVF;
    else
        fifo_put(&u->rx, r->byte);
    if (u->rx.count >= full_threshold(u))
        u->raw |= RXFIFO_FULL;
}

/* Feeds the receiver one character from whatever drives the wire. */
static void hear(espy_uart *u, const espy_wire_char *sent, uint8_t byte, bool joined, bool more)
{
    espy_tick quiet = u->soc->clock->now - u->rx_quiet;
    if (conf0(u, AUTOBAUD_EN))
        espy_wire_meter_feed(&u->meter, sent, joined);
    espy_sampler_feed(&u->rx_sampler, sent, &u->guest, receive, u);
    if (!more)
        espy_sampler_idle(&u->rx_sampler, &u->guest, receive, u);
    watch_at_cmd(u, byte, quiet);
    u->rx_quiet = u->soc->clock->now;
}

static bool host_has_more(const espy_uart *u)
{
    return u->from_host_at < u->from_host.size;
}

static bool polled(const espy_uart *u)
{
    return (u->reg[UART_INT_ENA / 4] & (RXFIFO_FULL | RXFIFO_TOUT | AT_CMD_CHAR_DET)) == 0;
}

/* Whether the host's next character may set out: always, but with timing fast only if it can be taken. */
static bool wire_open(const espy_uart *u)
{
    if (u->config.timing_real || u->rx_given_up)
        return true;
    unsigned limit = u->rx.size;
    if (polled(u) && full_threshold(u) < limit)
        limit = full_threshold(u);
    return u->rx.count < limit && rx_clocked(u) && !conf0(u, LOOPBACK | RXFIFO_RST);
}

/* Whether the buffer behind the guest's interrupt handler may be filling up.  At a higher rate a
 * guest must look into it more often, or it would lose characters on a board. */
static bool crowded(const espy_uart *u, espy_tick wire)
{
    espy_tick came = u->rx_came[u->rx_oldest], looks = LOOKED_INTO_CHARS * wire;
    if (looks > LOOKED_INTO_MAX)
        looks = LOOKED_INTO_MAX;
    return u->rx_sleeper && came != 0 && u->rx_slept < came + looks;
}

/* How long the host's next character takes to be here. */
static espy_tick rx_length(const espy_uart *u)
{
    espy_tick wire = to_ticks(espy_wire_encode(0, &u->host).length);
    if (u->config.timing_real || u->rx_given_up)
        return wire;
    if (polled(u))
        return wire < POLLED_CHAR_TICKS ? wire : POLLED_CHAR_TICKS;
    return crowded(u, wire) && wire < BUSY_CHAR_TICKS ? BUSY_CHAR_TICKS : wire;
}

/* Starts the next character from the host, if there is one and the wire is free. */
static void start_rx(espy_uart *u)
{
    espy_clock *clock = u->soc->clock;
    if (u->rx_event.armed || !host_has_more(u))
        return;
    if (wire_open(u)) {
        espy_clock_cancel(clock, &u->rx_patience);
        espy_clock_at(clock, &u->rx_event, clock->now + rx_length(u));
    } else if (!u->rx_patience.armed) {
        espy_clock_at(clock, &u->rx_patience, clock->now + PATIENCE);
    }
}

static void settle(espy_uart *u)
{
    start_rx(u);
    update_timeout(u);
    update_interrupts(u);
}

static void drop_sent(espy_uart *u)
{
    if (u->from_host_at == u->from_host.size) {
        espy_buf_clear(&u->from_host);
        u->from_host_at = 0;
    } else if (u->from_host_at >= 65536 && u->from_host_at > u->from_host.size / 2) {
        espy_buf_consume(&u->from_host, u->from_host_at);
        u->from_host_at = 0;
    }
}

static void rx_timed_out(void *self)
{
    espy_uart *u = self;
    u->raw |= RXFIFO_TOUT;
    update_interrupts(u);
}

static void rx_given_up(void *self)
{
    espy_uart *u = self;
    u->rx_given_up = true;
    settle(u);
}

/* ---- Transmitter ---- */

static void host_receive(void *user, const espy_wire_received *r)
{
    espy_uart *u = user;
    if (espy_buf_append(&u->to_host, &r->byte, 1, NULL) != ESPY_OK)
        u->lost++;
    else if (u->to_host.size == 1)
        espy_line_set(&u->config.output, true);
}

/* A character has left the transmitter; `more` if another follows without a pause. */
static void speak(espy_uart *u, uint8_t byte, bool more)
{
    espy_wire_char sent = espy_wire_encode(byte, &u->guest);
    espy_sampler_feed(&u->host_sampler, &sent, &u->host, host_receive, u);
    if (!more)
        espy_sampler_idle(&u->host_sampler, &u->host, host_receive, u);
    if (conf0(u, LOOPBACK))
        hear(u, &sent, byte, false, more);
}

static bool tx_held(const espy_uart *u)
{
    uint32_t flow = u->reg[UART_FLOW_CONF / 4];
    bool stopped =
        (flow & SW_FLOW_CON_EN) != 0 && (flow & FORCE_XON) == 0 && (u->tx_stopped || (flow & FORCE_XOFF) != 0);
    return stopped || (conf0(u, TX_FLOW_EN) && ctsn(u)) || !tx_clocked(u);
}

static void tx_enter(espy_uart *u, espy_uart_tx_state state, espy_tick length)
{
    u->tx_state = state;
    espy_clock_at(u->soc->clock, &u->tx_event, u->soc->clock->now + length);
}

/* What the transmitter does when it has nothing more to do at the moment. */
static void start_tx(espy_uart *u)
{
    if (u->tx_state != ESPY_UART_TX_IDLE || tx_held(u))
        return;
    if (u->tx.count != 0) {
        u->tx_byte = fifo_get(&u->tx);
        tx_enter(u, ESPY_UART_TX_CHAR, to_ticks(espy_wire_encode(u->tx_byte, &u->guest).length));
    } else if (conf0(u, TXD_BRK) && (u->raw & TX_BRK_DONE) == 0) {
        tx_enter(u, ESPY_UART_TX_BREAK, bit_ticks(u, field(u, UART_TXBRK_CONF, 0, 8)));
    }
}

static void tx_finished(void *self)
{
    espy_uart *u = self;
    espy_uart_tx_state state = u->tx_state;
    u->tx_state = ESPY_UART_TX_IDLE;
    if (state == ESPY_UART_TX_CHAR) {
        speak(u, u->tx_byte, u->tx.count != 0 && !tx_held(u));
        if (u->tx.count == 0)
            u->raw |= TX_DONE;
    } else if (state == ESPY_UART_TX_BREAK) {
        u->raw |= TX_BRK_DONE;
        tx_enter(u, ESPY_UART_TX_BREAK_IDLE, bit_ticks(u, field(u, UART_IDLE_CONF, 10, 10)));
    } else if (state == ESPY_UART_TX_BREAK_IDLE) {
        u->raw |= TX_BRK_IDLE_DONE;
    }
    start_tx(u);
    settle(u);
}

/* With timing fast, characters are gone at once; breaks take their time, and so
 * does loopback, whose receiver could not take them. */
static void flush_tx(espy_uart *u)
{
    if (u->config.timing_real || conf0(u, LOOPBACK))
        return;
    while (u->tx.count != 0 && u->tx_state == ESPY_UART_TX_IDLE && !tx_held(u)) {
        uint8_t byte = fifo_get(&u->tx);
        speak(u, byte, u->tx.count != 0);
        if (u->tx.count == 0)
            u->raw |= TX_DONE;
    }
}

static void settle_tx(espy_uart *u)
{
    flush_tx(u);
    start_tx(u);
    settle(u);
}

/* ---- The end of a character from the host ---- */

static void rx_arrived(void *self)
{
    espy_uart *u = self;
    uint8_t byte = u->from_host.bytes[u->from_host_at++];
    drop_sent(u);
    u->rx_came[u->rx_oldest] = u->soc->clock->now;
    u->rx_oldest = (u->rx_oldest + 1) % ESPY_UART_UNREAD;
    if (rx_clocked(u) && !conf0(u, LOOPBACK | RXFIFO_RST)) {
        espy_wire_char sent = espy_wire_encode(byte, &u->host);
        hear(u, &sent, byte, u->rx_joined, host_has_more(u));
    }
    u->rx_joined = host_has_more(u);
    settle_tx(u); /* the character may have been XON */
}

/* ---- Registers ---- */

static uint32_t read_status(const espy_uart *u)
{
    bool breaking = u->tx_state == ESPY_UART_TX_BREAK;
    return u->rx.count | (uint32_t)dsrn(u) << 13 | (uint32_t)ctsn(u) << 14 | 1u << 15 | u->tx.count << 16 |
           (uint32_t)dtrn(u) << 29 | (uint32_t)rtsn(u) << 30 | (uint32_t)!breaking << 31;
}

/* The RAM holds the three transmit FIFOs first, then the three receive FIFOs. */
static uint32_t mem_status(const espy_uart_fifo *f, unsigned base, bool guest_writes)
{
    unsigned read = base + f->first, write = base + (f->first + f->count) % f->size;
    return guest_writes ? write | read << 11 : read | write << 11;
}

static uint32_t fsm_status(const espy_uart *u)
{
    bool receiving = u->rx_event.armed && u->config.timing_real;
    bool sending = u->tx_state == ESPY_UART_TX_CHAR || u->tx_state == ESPY_UART_TX_BREAK;
    return (uint32_t)receiving | (uint32_t)sending << 4;
}

/* A pulse in core clocks, as the counters have it: one less, and all ones before the first. */
static uint32_t pulse(const espy_uart *u, int64_t length)
{
    int64_t cycle_16 = core_cycle_16(u);
    if (length == 0 || cycle_16 == 0)
        return 0xfff;
    int64_t clocks = (length * 16 + cycle_16 / 2) / cycle_16;
    return clocks > 0xfff ? 0xfff : (uint32_t)(clocks > 0 ? clocks - 1 : 0);
}

static uint32_t read_fifo(espy_uart *u)
{
    if (u->rx.count == 0)
        return 0;
    u->rx_given_up = false;
    uint8_t byte = fifo_get(&u->rx);
    settle(u);
    return byte;
}

static uint32_t uart_read(void *self, uint32_t offset)
{
    espy_uart *u = self;
    switch (offset) {
    case UART_FIFO: return read_fifo(u);
    case UART_INT_RAW: return u->raw;
    case UART_INT_ST: return u->raw & u->reg[UART_INT_ENA / 4];
    case UART_INT_CLR: return 0;
    case UART_STATUS: return read_status(u);
    case UART_LOWPULSE: return pulse(u, u->meter.low_min);
    case UART_HIGHPULSE: return pulse(u, u->meter.high_min);
    case UART_POSPULSE: return pulse(u, u->meter.rise_min);
    case UART_NEGPULSE: return pulse(u, u->meter.fall_min);
    case UART_RXD_CNT: return u->meter.edges < 0x3ff ? u->meter.edges : 0x3ff;
    case UART_MEM_TX_STATUS: return mem_status(&u->tx, 0x80 * u->config.index, true);
    case UART_MEM_RX_STATUS: return mem_status(&u->rx, 0x200 + 0x80 * u->config.index, false);
    case UART_FSM_STATUS: return fsm_status(u);
    default: return offset < UART_SIZE ? u->reg[offset / 4] : 0;
    }
}

static void write_fifo(espy_uart *u, uint8_t byte)
{
    if (conf0(u, TXFIFO_RST))
        return;
    if (u->tx.count < u->tx.size)
        fifo_put(&u->tx, byte);
    settle_tx(u);
}

static void write_conf0(espy_uart *u, uint32_t value)
{
    if ((value & AUTOBAUD_EN) != 0 && !conf0(u, AUTOBAUD_EN))
        espy_wire_meter_reset(&u->meter);
    u->reg[UART_CONF0 / 4] = value;
    if ((value & RXFIFO_RST) != 0)
        fifo_clear(&u->rx);
    if ((value & TXFIFO_RST) != 0)
        fifo_clear(&u->tx);
}

/* The core's reset drops what is in the FIFOs and shifters and keeps the configuration. */
static void write_clk_conf(espy_uart *u, uint32_t value)
{
    u->reg[UART_CLK_CONF / 4] = value;
    if ((value & (RST_CORE | RX_RST_CORE)) != 0) {
        fifo_clear(&u->rx);
        espy_sampler_reset(&u->rx_sampler);
    }
    if ((value & (RST_CORE | TX_RST_CORE)) != 0) {
        fifo_clear(&u->tx);
        espy_sampler_reset(&u->host_sampler);
        espy_clock_cancel(u->soc->clock, &u->tx_event);
        u->tx_state = ESPY_UART_TX_IDLE;
    }
}

static void uart_write(void *self, uint32_t offset, uint32_t value)
{
    espy_uart *u = self;
    switch (offset) {
    case UART_FIFO: write_fifo(u, (uint8_t)value); return;
    case UART_INT_RAW:
    case UART_INT_ST:
    case UART_STATUS:
    case UART_LOWPULSE:
    case UART_HIGHPULSE:
    case UART_POSPULSE:
    case UART_NEGPULSE:
    case UART_RXD_CNT:
    case UART_MEM_TX_STATUS:
    case UART_MEM_RX_STATUS:
    case UART_FSM_STATUS: return;
    case UART_INT_ENA: u->reg[offset / 4] = value & INT_ALL; break;
    case UART_INT_CLR: u->raw &= ~value; break;
    case UART_CONF0: write_conf0(u, value); break;
    case UART_CLK_CONF: write_clk_conf(u, value); break;
    case UART_ID: u->reg[offset / 4] = value & ~UART_REG_UPDATE; break;
    default:
        if (offset < UART_SIZE)
            u->reg[offset / 4] = value;
        break;
    }
    if (offset == UART_MEM_CONF)
        size_fifos(u);
    if (offset == UART_CLKDIV || offset == UART_CONF0 || offset == UART_CLK_CONF)
        update_formats(u);
    settle_tx(u);
}

/* ---- The machine's side ---- */

void espy_uart_init(espy_uart *u, espy_soc *soc, const espy_uart_config *config)
{
    static const char *const names[3] = {"UART0", "UART1", "UART2"};
    static const uint32_t bases[3] = {0x60000000, 0x60010000, 0x6002e000};
    *u = (espy_uart){.soc = soc, .config = *config, .apb_hz = 80000000, .host_baud = 115200};
    u->host_frame = (espy_wire_format){.data_bits = 8, .half_stops = 2};
    u->tx_event = (espy_event){.fire = tx_finished, .self = u};
    u->rx_event = (espy_event){.fire = rx_arrived, .self = u};
    u->rx_patience = (espy_event){.fire = rx_given_up, .self = u};
    u->tout_event = (espy_event){.fire = rx_timed_out, .self = u};
    u->at_event = (espy_event){.fire = at_cmd_done, .self = u};
    espy_device device = {.name = names[config->index],
                          .base = bases[config->index],
                          .size = 0x1000,
                          .self = u,
                          .read = uart_read,
                          .write = uart_write};
    espy_bus_attach(soc->bus, &device);
    espy_uart_reset(u, ESPY_RESET_CHIP);
}

void espy_uart_free(espy_uart *u)
{
    espy_buf_free(&u->from_host);
    espy_buf_free(&u->to_host);
}

void espy_uart_reset(espy_uart *u, espy_reset reset)
{
    (void)reset;
    espy_clock_cancel(u->soc->clock, &u->tx_event);
    espy_clock_cancel(u->soc->clock, &u->rx_event);
    espy_clock_cancel(u->soc->clock, &u->rx_patience);
    espy_clock_cancel(u->soc->clock, &u->tout_event);
    espy_clock_cancel(u->soc->clock, &u->at_event);
    memcpy(u->reg, reset_values, sizeof u->reg);
    update_formats(u);
    u->raw = 0;
    u->tx_state = ESPY_UART_TX_IDLE;
    u->tx_stopped = u->rx_joined = u->rx_given_up = u->rx_sleeper = false;
    u->at_count = 0;
    u->rx_quiet = u->soc->clock->now;
    espy_sampler_reset(&u->rx_sampler);
    espy_sampler_reset(&u->host_sampler);
    espy_wire_meter_reset(&u->meter);
    size_fifos(u);
    fifo_clear(&u->rx);
    fifo_clear(&u->tx);
    settle(u);
}

void espy_uart_set_apb(espy_uart *u, uint32_t hz)
{
    u->apb_hz = hz;
    update_formats(u);
}

espy_status espy_uart_host_send(espy_uart *u, const uint8_t *bytes, size_t n, espy_err *err)
{
    espy_status status = espy_buf_append(&u->from_host, bytes, n, err);
    settle(u);
    return status;
}

size_t espy_uart_host_pending(const espy_uart *u)
{
    return u->from_host.size - u->from_host_at;
}

void espy_uart_host_flush(espy_uart *u)
{
    espy_buf_clear(&u->from_host);
    u->from_host_at = 0;
    u->rx_joined = false;
    espy_clock_cancel(u->soc->clock, &u->rx_event);
    espy_clock_cancel(u->soc->clock, &u->rx_patience);
    settle(u);
}

size_t espy_uart_host_take(espy_uart *u, uint8_t *bytes, size_t cap)
{
    size_t n = u->to_host.size < cap ? u->to_host.size : cap;
    if (n == 0)
        return 0;
    memcpy(bytes, u->to_host.bytes, n);
    espy_buf_consume(&u->to_host, n);
    return n;
}

size_t espy_uart_host_available(const espy_uart *u)
{
    return u->to_host.size;
}

void espy_uart_host_baud(espy_uart *u, uint32_t baud)
{
    if (baud == 0)
        return;
    u->host_baud = baud;
    update_formats(u);
}

void espy_uart_host_frame(espy_uart *u, const espy_wire_format *frame)
{
    u->host_frame = *frame;
    update_formats(u);
}

void espy_uart_host_break(espy_uart *u)
{
    if (!rx_clocked(u) || conf0(u, LOOPBACK | RXFIFO_RST))
        return;
    unsigned low = 1 + u->host.data_bits + 3;
    espy_wire_char sent = {1u << low, low + 1, u->host.bit, (low + 1) * u->host.bit};
    hear(u, &sent, 0, false, false);
    settle_tx(u);
}

void espy_uart_guest_sleeps(espy_uart *u)
{
    u->rx_sleeper = true;
    u->rx_slept = u->soc->clock->now;
}

void espy_uart_guest_restarts(espy_uart *u)
{
    u->rx_sleeper = false;
}
