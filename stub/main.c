/* SPDX-License-Identifier: MIT
 *
 * The stub: what it sets up, and which command goes where.  stub/PROTOCOL.md is the
 * manual.  It never returns to the ROM; the way out is a reset.
 */
#include "stub.h"

enum { REG_ENTRY = 16 };

uint32_t cpu_mhz;
struct fault faulted;
static bool waiting; /* a frame waits that a session has left to the main loop */

void delay_us(uint32_t us)
{
    for (uint32_t start = ccount(); ccount() - start < us * cpu_mhz;)
        ;
}

/* The crystal undivided, 40 MHz: twice what the ROM runs at, enough for 3 Mbaud, and no
 * matter of core voltage as the PLL's rates are.  A PLL that runs already is left alone. */
static void set_clock(void)
{
    static const uint8_t pll_mhz[4] = {80, 160, 240, 240};
    uint32_t conf = REG(SYSTEM_SYSCLK_CONF);
    if ((conf & SYSTEM_SOC_CLK_SEL_M) == SYSTEM_SOC_CLK_SEL_PLL) {
        cpu_mhz = pll_mhz[REG(SYSTEM_CPU_PER_CONF) & 3];
        return;
    }
    REG(SYSTEM_SYSCLK_CONF) = conf & ~(SYSTEM_SOC_CLK_SEL_M | SYSTEM_PRE_DIV_CNT_M);
    cpu_mhz = 40;
}

/* Of code and constants as they lie in RAM, both seen on the data bus: the ROM's loader
 * has but a byte of checksum for each block of them. */
static uint32_t own_crc(void)
{
    extern const uint8_t text_start[], text_end[], data_start[], data_end[];
    uint32_t crc = ~0u;
    for (const uint8_t *p = text_start; p < text_end; p++)
        crc = crc_byte(crc, *p);
    for (const uint8_t *p = data_start; p < data_end; p++)
        crc = crc_byte(crc, *p);
    return ~crc;
}

static void hello(void)
{
    const uint32_t words[] = {ESPY_STUB_MAGIC, ESPY_STUB_VERSION, RING_SIZE, ESPY_STUB_PAYLOAD_MAX,
                              flash_id(),      flash_octal,       cpu_mhz,   own_crc()};
    reply(ESPY_STUB_HELLO, ESPY_STUB_OK, words, sizeof words / 4);
}

/* Says HELLO by itself, so that the host need not guess when to ask. */
void set_up(void)
{
    port_set_up();
    set_clock();
    flash_set_up();
    sha_set_up();
    read_set_up();
    hello();
}

_Noreturn void leave_to_main(void)
{
    waiting = true;
    restart();
}

/* ---- registers and memory ---- */

static void regs_read(void)
{
    const uint32_t *addr = payload();
    uint32_t n = payload_size / 4;
    reply_begin(ESPY_STUB_REGS_READ, ESPY_STUB_OK);
    for (uint32_t i = 0; i < n; i++)
        reply_word(REG(addr[i]));
    reply_end();
}

/* Entries of address, value, mask and a pause before it in microseconds. */
static void regs_write(void)
{
    const uint32_t *e = payload();
    for (uint32_t n = payload_size / REG_ENTRY; n > 0; n--, e += REG_ENTRY / 4) {
        delay_us(e[3]);
        REG(e[0]) = e[2] == ~0u ? e[1] : (REG(e[0]) & ~e[2]) | (e[1] & e[2]);
    }
    reply(ESPY_STUB_REGS_WRITE, ESPY_STUB_OK, NULL, 0);
}

/* By words where that is possible: the instruction bus knows nothing else. */
static void mem_read(void)
{
    uint32_t addr = payload()[0], n = payload()[1];
    if (payload_size != 8 || n > ESPY_STUB_PAYLOAD_MAX) {
        reply(ESPY_STUB_MEM_READ, ESPY_STUB_BAD_REQUEST, NULL, 0);
        return;
    }
    reply_begin(ESPY_STUB_MEM_READ, ESPY_STUB_OK);
    for (; n >= 4 && addr % 4 == 0; addr += 4, n -= 4)
        reply_word(REG(addr));
    reply_bytes((const void *)addr, n);
    reply_end();
}

static void mem_write(void)
{
    uint32_t addr = payload()[0], n = payload_size - 4;
    const uint32_t *words = payload() + 1;
    for (; n >= 4 && addr % 4 == 0; addr += 4, n -= 4)
        REG(addr) = *words++;
    for (const uint8_t *bytes = (const uint8_t *)words; n > 0; n--)
        *(volatile uint8_t *)addr++ = *bytes++;
    reply(ESPY_STUB_MEM_WRITE, ESPY_STUB_OK, NULL, 0);
}

static void baud(void)
{
    uint32_t rate = payload_size == 4 ? payload()[0] : 0;
    reply(ESPY_STUB_BAUD, rate == 0 ? ESPY_STUB_BAD_REQUEST : ESPY_STUB_OK, NULL, 0);
    if (rate != 0)
        port_baud(rate);
}

bool serve_simple(void)
{
    switch (frame_op()) {
    case ESPY_STUB_HELLO: hello(); return true;
    case ESPY_STUB_REGS_READ: regs_read(); return true;
    case ESPY_STUB_REGS_WRITE: regs_write(); return true;
    case ESPY_STUB_MEM_READ: mem_read(); return true;
    case ESPY_STUB_MEM_WRITE: mem_write(); return true;
    case ESPY_STUB_BAUD: baud(); return true;
    default: return false;
    }
}

static void dispatch(void)
{
    if (serve_simple())
        return;
    switch (frame_op()) {
    case ESPY_STUB_BEGIN:
    case ESPY_STUB_DATA:
    case ESPY_STUB_END:
    case ESPY_STUB_STATUS: serve_session(); break;
    case ESPY_STUB_ERASE: serve_erase(); break;
    case ESPY_STUB_DIGESTS: serve_digests(); break;
    case ESPY_STUB_READ: serve_read(); break;
    default: reply(frame_op(), ESPY_STUB_BAD_REQUEST, NULL, 0); break;
    }
}

static void report_fault(void)
{
    const uint32_t words[] = {faulted.cause_plus_1 - 1, faulted.addr};
    faulted.cause_plus_1 = 0;
    reply_break(); /* an answer was perhaps under way */
    reply(frame_op(), ESPY_STUB_BAD_ADDRESS, words, 2);
}

_Noreturn void serve(void)
{
    if (faulted.cause_plus_1 != 0)
        report_fault();
    for (;;) {
        if (!waiting)
            receive(NULL);
        waiting = false;
        dispatch();
    }
}
