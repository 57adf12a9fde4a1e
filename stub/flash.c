/* SPDX-License-Identifier: MIT
 *
 * The flash on SPI1, one line wide, by the commands that all NOR flashes of the modules
 * have.  Where 24 bits of address are not enough, the commands with 32 are taken, which
 * need no mode.  An octal flash is reset out of its octal modes first.
 */
#include "stub.h"

enum {
    READ = 0x03,
    PROGRAM = 0x02,
    ERASE_4K = 0x20,
    ERASE_32K = 0x52,
    ERASE_64K = 0xd8,
    READ_4B = 0x13,
    PROGRAM_4B = 0x12,
    ERASE_4K_4B = 0x21,
    ERASE_64K_4B = 0xdc,
    WRITE_ENABLE = 0x06,
    READ_STATUS = 0x05,
    WRITE_STATUS = 0x01,
    READ_ID = 0x9f,
    RESET_ENABLE = 0x66,
    RESET = 0x99
};

enum { RESET_US = 1000, HUNG_MS = 10000, REACH = 1 << 24, STATUS_WIP = 1, STATUS_BP = 0x3c };

bool flash_octal;
static bool busy;
static uint32_t busy_since;

static void run(uint32_t phases, uint32_t command)
{
    REG(SPI1 + SPI_MEM_USER) = phases | SPI_MEM_USR_COMMAND;
    REG(SPI1 + SPI_MEM_USER2) = command;
    REG(SPI1 + SPI_MEM_CMD) = SPI_MEM_USR;
    while (REG(SPI1 + SPI_MEM_CMD) & SPI_MEM_USR)
        ;
}

static uint32_t command8(unsigned code)
{
    return 7u << 28 | code;
}

static void simple(unsigned code)
{
    run(0, command8(code));
}

static uint32_t answer(unsigned code, unsigned bits)
{
    REG(SPI1 + SPI_MEM_W0) = 0;
    REG(SPI1 + SPI_MEM_MISO_DLEN) = bits - 1;
    run(SPI_MEM_USR_MISO, command8(code));
    return REG(SPI1 + SPI_MEM_W0);
}

/* Either command, by where it goes. */
static void addressed(uint32_t phases, unsigned code, unsigned code_4b, uint32_t addr)
{
    bool far = addr >= REACH;
    REG(SPI1 + SPI_MEM_USER1) = (far ? 31u : 23u) << 26;
    REG(SPI1 + SPI_MEM_ADDR) = addr;
    run(phases | SPI_MEM_USR_ADDR, command8(far ? code_4b : code));
}

/* In OPI a command is followed by its complement. */
static void reset_octal(uint32_t ctrl, bool dtr)
{
    REG(SPI1 + SPI_MEM_CTRL) = ctrl | SPI_MEM_FCMD_OCT;
    REG(SPI1 + SPI_MEM_DDR) = dtr ? SPI_MEM_SPI_FMEM_DDR_EN : 0;
    run(0, 15u << 28 | (0xffu ^ RESET_ENABLE) << 8 | RESET_ENABLE);
    run(0, 15u << 28 | (0xffu ^ RESET) << 8 | RESET);
}

static void reset_any(uint32_t ctrl)
{
    reset_octal(ctrl, true);
    reset_octal(ctrl, false);
    REG(SPI1 + SPI_MEM_CTRL) = ctrl;
    simple(RESET_ENABLE);
    simple(RESET);
    delay_us(RESET_US);
}

void flash_set_up(void)
{
    bool pll = (REG(SYSTEM_SYSCLK_CONF) & SYSTEM_SOC_CLK_SEL_M) == SYSTEM_SOC_CLK_SEL_PLL;
    uint32_t ctrl = REG(SPI1 + SPI_MEM_CTRL) & ~SPI_MEM_CTRL_LINES;
    flash_octal = REG(EFUSE_RD_REPEAT_DATA3) & EFUSE_FLASH_TYPE;
    REG(SPI1 + SPI_MEM_CLOCK) = pll ? SPI_MEM_CLOCK_BY_4 : SPI_MEM_CLOCK_BY_2; /* 20 MHz */
    REG(SPI1 + SPI_MEM_CACHE_FCTRL) &= ~SPI_MEM_CACHE_FCTRL_LINES;
    REG(SPI1 + SPI_MEM_MISC) = (REG(SPI1 + SPI_MEM_MISC) & ~SPI_MEM_CS_DIS_M) | SPI_MEM_CS1_DIS;
    REG(SPI1 + SPI_MEM_CTRL) = ctrl;
    if (flash_octal)
        reset_any(ctrl);
    REG(SPI1 + SPI_MEM_DDR) = 0;
}

uint32_t flash_id(void)
{
    return answer(READ_ID, 24);
}

/* ---- erase and program ---- */

bool flash_busy(void)
{
    if (busy)
        busy = answer(READ_STATUS, 8) & STATUS_WIP;
    return busy;
}

bool flash_hung(void)
{
    return busy && ccount() - busy_since > HUNG_MS * 1000u * cpu_mhz;
}

bool flash_wait(void)
{
    while (flash_busy())
        if (flash_hung())
            return false;
    return true;
}

static void begin_work(void)
{
    simple(WRITE_ENABLE);
    busy = true;
    busy_since = ccount();
}

/* Protected blocks ignore erasing and programming without a word.  BP3 to BP0, or TB and BP2 to
 * BP0, are the same bits on all modules' flashes; the others, QE among them on some, are kept. */
bool flash_unlock(void)
{
    if (!flash_wait())
        return false;
    uint32_t status = answer(READ_STATUS, 8);
    if ((status & STATUS_BP) == 0)
        return true;
    begin_work();
    REG(SPI1 + SPI_MEM_W0) = status & ~(uint32_t)STATUS_BP;
    REG(SPI1 + SPI_MEM_MOSI_DLEN) = 7;
    run(SPI_MEM_USR_MOSI, command8(WRITE_STATUS));
    return flash_wait();
}

void flash_program(uint32_t addr, const uint32_t *words, unsigned n)
{
    begin_work();
    for (unsigned i = 0; i < n / 4; i++)
        REG(SPI1 + SPI_MEM_W0 + 4 * i) = words[i];
    REG(SPI1 + SPI_MEM_MOSI_DLEN) = n * 8 - 1;
    addressed(SPI_MEM_USR_MOSI, PROGRAM, PROGRAM_4B, addr);
}

void flash_erase(uint32_t addr, uint32_t bytes)
{
    begin_work();
    if (bytes == BLOCK64)
        addressed(0, ERASE_64K, ERASE_64K_4B, addr);
    else if (bytes == BLOCK32)
        addressed(0, ERASE_32K, ERASE_32K, addr);
    else
        addressed(0, ERASE_4K, ERASE_4K_4B, addr);
}

/* ---- reading ---- */

void flash_read(uint32_t addr, uint32_t words[PIECE / 4])
{
    REG(SPI1 + SPI_MEM_MISO_DLEN) = PIECE * 8 - 1;
    addressed(SPI_MEM_USR_MISO, READ, READ_4B, addr);
    for (unsigned i = 0; i < PIECE / 4; i++)
        words[i] = REG(SPI1 + SPI_MEM_W0 + 4 * i);
}

bool flash_blank(uint32_t addr, uint32_t bytes)
{
    uint32_t words[PIECE / 4];
    for (uint32_t at = 0; at < bytes; at += PIECE) {
        uint32_t all = ~0u;
        flash_read(addr + at, words);
        for (unsigned i = 0; i < PIECE / 4; i++)
            all &= words[i];
        if (all != ~0u)
            return false;
    }
    return true;
}

/* ---- ranges ---- */

void cursor_advance(struct cursor *c, uint32_t n)
{
    c->at += n;
    if (c->at == c->range->size) {
        c->range++;
        c->at = 0;
    }
}

void eraser_begin(struct eraser *e, const struct range *ranges, uint32_t total)
{
    *e = (struct eraser){.at = {ranges, 0}, .left = total};
}

/* The next piece: to the end of its range or of its block. */
static void look(struct eraser *e)
{
    uint32_t addr = cursor_addr(&e->at), n = BLOCK64 - addr % BLOCK64, rest = e->at.range->size - e->at.at;
    e->unit = n < rest ? n : rest;
    e->pending = 0;
    for (uint32_t at = 0; at < e->unit; at += SECTOR)
        if (!flash_blank(addr + at, SECTOR))
            e->pending |= (uint16_t)(1u << (addr + at) % BLOCK64 / SECTOR);
}

static unsigned count(uint16_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= (uint16_t)(bits - 1))
        n++;
    return n;
}

/* By data sheets: quad flash takes 45 ms for a sector, 120 for half a block and 150 for a
 * block; octal flash 25 and 256, and has no half blocks. */
enum { SECTORS_PER_BLOCK_QUAD = 3, SECTORS_PER_BLOCK_OCTAL = 10, SECTORS_PER_HALF = 2 };

static void erase_some(struct eraser *e, uint32_t addr, uint32_t bytes, uint16_t sectors)
{
    flash_erase(addr, bytes);
    e->pending &= (uint16_t)~sectors;
    e->erased += bytes;
}

static void erase_pending(struct eraser *e)
{
    uint32_t base = cursor_addr(&e->at) & ~(BLOCK64 - 1);
    uint32_t first = cursor_addr(&e->at) - base, end = first + e->unit;
    if (e->unit == BLOCK64 && count(e->pending) > (flash_octal ? SECTORS_PER_BLOCK_OCTAL : SECTORS_PER_BLOCK_QUAD)) {
        erase_some(e, base, BLOCK64, 0xffff);
        return;
    }
    bool halves = !flash_octal && base < REACH;
    if (halves && first == 0 && end >= BLOCK32 && count(e->pending & 0xff) > SECTORS_PER_HALF) {
        erase_some(e, base, BLOCK32, 0x00ff);
        return;
    }
    if (halves && first <= BLOCK32 && end == BLOCK64 && count(e->pending >> 8) > SECTORS_PER_HALF) {
        erase_some(e, base + BLOCK32, BLOCK32, 0xff00);
        return;
    }
    unsigned n = 0;
    while (!(e->pending >> n & 1))
        n++;
    erase_some(e, base + n * SECTOR, SECTOR, (uint16_t)(1u << n));
}

void eraser_step(struct eraser *e)
{
    if (e->left == 0)
        return;
    if (e->unit == 0)
        look(e);
    if (e->pending != 0)
        erase_pending(e);
    if (e->pending == 0) {
        cursor_advance(&e->at, e->unit);
        e->left -= e->unit;
        e->unit = 0;
    }
}
