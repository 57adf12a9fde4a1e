/* SPDX-License-Identifier: MIT
 *
 * The pretended ROM loader; see the header.
 */
#include "fake_rom.h"

#include "../../src/base/buf.h"
#include "../../src/base/bytes.h"

#include <mbedtls/md5.h>
#include <zlib.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RX_MAX = 0x2000, SECTOR = 4096, PAGE = 256, BLOCK_MAX = 0x1800, REGS = 32 };

struct fake_rom {
    espy_link link;
    fake_faults faults;
    uint64_t now_ms;
    uint64_t busy_until_ms; /* an erase or a digest keeps the reply back */
    uint32_t host_baud, chip_baud;
    bool dtr, rts, loader, ran_flash, struck, gone;
    unsigned sent, back, replies, writes, pages, blocks;

    uint8_t rx[RX_MAX]; /* never cleared, as in the ROM */
    size_t rx_size;
    bool in_frame, escape;
    espy_buf out;
    uint8_t last_op;

    uint32_t chip_size, addr, n, seq, block;
    z_stream inflate;
    bool inflating;
    struct {
        uint32_t addr, value;
    } regs[REGS];
    size_t reg_count;
    uint8_t flash[FAKE_FLASH];
};

/* ---- registers ----------------------------------------------------------------------- */

static uint32_t *reg(fake_rom *fake, uint32_t addr)
{
    for (size_t i = 0; i < fake->reg_count; i++)
        if (fake->regs[i].addr == addr)
            return &fake->regs[i].value;
    size_t i = fake->reg_count < REGS ? fake->reg_count++ : REGS - 1;
    fake->regs[i].addr = addr;
    fake->regs[i].value = 0;
    return &fake->regs[i].value;
}

static void power_on_registers(fake_rom *fake)
{
    fake->reg_count = 0;
    *reg(fake, 0x60007044) = 0xC0DBFEED; /* MAC 34:85:c0:db:fe:ed, with bytes that need escapes */
    *reg(fake, 0x60007048) = 0x3485;
    *reg(fake, 0x60007050) = 2u << 18;          /* minor revision 2 */
    *reg(fake, 0x60007054) = 1u << 3 | 1u << 7; /* 8 MB of AP_3v3 PSRAM */
    *reg(fake, 0x6000706C) = 1;
    *reg(fake, 0x6000812C) = 1; /* FORCE_DOWNLOAD_BOOT, as a USB reboot leaves it */
}

/* ---- from the board --------------------------------------------------------------------- */

static bool heard_at_this_rate(const fake_rom *fake)
{
    uint32_t difference =
        fake->host_baud > fake->chip_baud ? fake->host_baud - fake->chip_baud : fake->chip_baud - fake->host_baud;
    bool too_fast = fake->faults.top_baud != 0 && fake->host_baud > fake->faults.top_baud;
    return difference * 50 < fake->host_baud && !too_fast;
}

static void put_raw(fake_rom *fake, uint8_t byte)
{
    fake->back++;
    if (fake->faults.dead || !heard_at_this_rate(fake))
        return;
    bool drop = fake->back == fake->faults.drop_back, flip = fake->back == fake->faults.flip_back;
    fake->struck |= drop || flip;
    if (flip)
        byte ^= 0x10;
    if (!drop)
        espy_buf_append(&fake->out, &byte, 1, NULL);
}

static void put_text(fake_rom *fake, const char *text)
{
    for (; *text != '\0'; text++)
        put_raw(fake, (uint8_t)*text);
}

static void put_escaped(fake_rom *fake, uint8_t byte)
{
    if (byte != 0xC0 && byte != 0xDB) {
        put_raw(fake, byte);
        return;
    }
    put_raw(fake, 0xDB);
    put_raw(fake, byte == 0xC0 ? 0xDC : 0xDD);
}

static void reply_once(fake_rom *fake, uint32_t value, const uint8_t *data, size_t n, uint8_t error)
{
    uint8_t head[8] = {1, fake->last_op};
    const uint8_t status[4] = {error != 0, error};
    if (++fake->replies == fake->faults.lose_reply) {
        fake->struck = true;
        return;
    }
    size_t status_size = fake->faults.stub ? 2 : 4;
    put_le16(head + 2, (uint16_t)(n + status_size));
    put_le32(head + 4, fake->faults.stub ? 0 : value);
    put_raw(fake, 0xC0);
    for (size_t i = 0; i < 8; i++)
        put_escaped(fake, head[i]);
    for (size_t i = 0; i < n; i++)
        put_escaped(fake, data[i]);
    for (size_t i = 0; i < status_size; i++)
        put_escaped(fake, status[i]);
    put_raw(fake, 0xC0);
}

static void reply(fake_rom *fake, uint32_t value, const uint8_t *data, size_t n, uint8_t error)
{
    for (int i = fake->last_op == 8 ? 8 : 1; i > 0; i--)
        reply_once(fake, value, data, n, error);
}

/* ---- flash -------------------------------------------------------------------------------- */

static uint8_t erase(fake_rom *fake, uint32_t addr, uint32_t size)
{
    if (addr % SECTOR != 0 || (uint64_t)addr + size > fake->chip_size)
        return 6;
    uint64_t end = ((uint64_t)addr + size + SECTOR - 1) / SECTOR * SECTOR;
    for (uint64_t at = addr; at < end; at += SECTOR)
        if (at < FAKE_FLASH)
            memset(fake->flash + at, 0xFF, SECTOR);
    fake->busy_until_ms = fake->now_ms + 2 * size / 1024;
    return 0;
}

static void program(fake_rom *fake, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++, fake->addr++) {
        if (fake->addr % PAGE == 0 && ++fake->pages == fake->faults.bad_page) {
            fake->struck = true;
            continue;
        }
        if (fake->addr < FAKE_FLASH)
            fake->flash[fake->addr] &= bytes[i];
    }
}

static uint8_t begin(fake_rom *fake, const uint8_t *data, uint32_t length)
{
    if (length != 20 || get_le32(data + 8) > BLOCK_MAX)
        return 5;
    if (get_le32(data + 16) != 0)
        return 0x64;
    fake->n = get_le32(data + 4);
    fake->block = get_le32(data + 8);
    fake->addr = get_le32(data + 12);
    fake->seq = 0;
    return erase(fake, fake->addr, get_le32(data));
}

static void end_inflate(fake_rom *fake)
{
    if (fake->inflating)
        inflateEnd(&fake->inflate);
    fake->inflating = false;
}

static uint8_t begin_deflated(fake_rom *fake, const uint8_t *data, uint32_t length)
{
    end_inflate(fake);
    fake->inflate = (z_stream){0};
    fake->inflating = inflateInit(&fake->inflate) == Z_OK;
    return begin(fake, data, length);
}

static uint8_t data_block(fake_rom *fake, const uint8_t *data, uint32_t length, uint32_t sum, const uint8_t **bytes,
                          uint32_t *n)
{
    *n = get_le32(data);
    *bytes = data + 16;
    if (length > 0x1810 || get_le32(data + 4) != fake->seq || *n > fake->block)
        return 5;
    fake->seq++;
    uint8_t have = 0xEF;
    for (uint32_t i = 0; i < *n; i++)
        have ^= (*bytes)[i];
    return have == (uint8_t)sum ? 0 : 7;
}

static uint8_t deflated(fake_rom *fake, const uint8_t *data, uint32_t length, uint32_t sum)
{
    const uint8_t *bytes;
    uint32_t n;
    uint8_t error = data_block(fake, data, length, sum, &bytes, &n), page[1024];
    fake->blocks++;
    if (error != 0)
        return error;
    if (!fake->inflating)
        return 0x0B;
    fake->inflate.next_in = (Bytef *)(uintptr_t)bytes;
    fake->inflate.avail_in = n;
    int result = Z_OK;
    while (result == Z_OK && (fake->inflate.avail_in > 0 || fake->inflate.avail_out == 0)) {
        fake->inflate.next_out = page;
        fake->inflate.avail_out = sizeof page;
        result = inflate(&fake->inflate, Z_NO_FLUSH);
        program(fake, page, sizeof page - fake->inflate.avail_out);
    }
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? 0 : 0x0B;
}

/* ---- requests ------------------------------------------------------------------------------ */

static void write_regs(fake_rom *fake, const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i + 16 <= length && i < 1024; i += 16) {
        uint32_t mask = get_le32(data + i + 8);
        uint32_t *r = reg(fake, get_le32(data + i));
        *r = (*r & ~mask) | (get_le32(data + i + 4) & mask);
        if (get_le32(data + i) == 0x60002000 && (*r & 1u << 18) != 0) {
            *r &= ~(1u << 18);
            if ((*reg(fake, 0x60002020) & 0xFF) == 0x9F)
                *reg(fake, 0x60002058) = fake->faults.rdid != 0 ? fake->faults.rdid : FAKE_RDID;
        }
    }
    /* A watchdog that resets the chip. */
    if (*reg(fake, 0x60008098) >> 28 == 0xC) {
        fake->loader = *reg(fake, 0x6000812C) & 1;
        fake->ran_flash = !fake->loader;
        fake->chip_baud = 115200;
    }
}

static void md5(fake_rom *fake, const uint8_t *data)
{
    uint32_t addr = get_le32(data), size = get_le32(data + 4);
    uint8_t digest[16];
    char hex[33];
    if (addr > FAKE_FLASH || size > FAKE_FLASH - addr) {
        reply(fake, 0, (const uint8_t *)hex, 0, 9);
        return;
    }
    mbedtls_md5_ret(fake->flash + addr, size, digest);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    fake->busy_until_ms = fake->now_ms + size / 1024;
    reply(fake, 0, (const uint8_t *)hex, 32, 0);
}

static void security_info(fake_rom *fake)
{
    uint8_t info[20] = {fake->faults.secure_download ? 4 : 0};
    put_le32(info + 12, fake->faults.chip_id != 0 ? fake->faults.chip_id : 9);
    reply(fake, 0, info, sizeof info, 0);
}

static void change_baud(fake_rom *fake, uint32_t baud)
{
    reply(fake, 0, NULL, 0, 0);
    put_raw(fake, 0xC0);
    put_raw(fake, 0xC0);
    if (baud != 0)
        fake->chip_baud = baud;
}

static void request(fake_rom *fake)
{
    uint8_t op = fake->rx[1];
    uint32_t length = get_le16(fake->rx + 2), sum = get_le32(fake->rx + 4);
    const uint8_t *data = fake->rx + 8;
    static const uint8_t known[] = {2, 3, 8, 9, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x13, 0x14};
    if (fake->rx[0] != 0 || memchr(known, op, sizeof known) == NULL) {
        reply(fake, 0, NULL, 0, 5);
        return;
    }
    fake->last_op = op;
    switch (op) {
    case 0x02: reply(fake, 0, NULL, 0, begin(fake, data, length)); break;
    case 0x08: reply(fake, get_le32(data), NULL, 0, 0); break;
    case 0x09:
        write_regs(fake, data, length);
        reply(fake, 0, NULL, 0, 0);
        break;
    case 0x0A: reply(fake, *reg(fake, get_le32(data)), NULL, 0, 0); break;
    case 0x0B:
        if (length == 24)
            fake->chip_size = get_le32(data + 4);
        reply(fake, 0, NULL, 0, length == 24 ? 0 : 5);
        break;
    case 0x0D: reply(fake, 0, NULL, 0, 0); break;
    case 0x0E:
        if (get_le32(data + 4) > 64 || get_le32(data) > FAKE_FLASH - 64)
            reply(fake, 0, fake->flash, 64, 0x0A);
        else
            reply(fake, 0, fake->flash + get_le32(data), 64, 0);
        break;
    case 0x0F: change_baud(fake, get_le32(data)); break;
    case 0x10: reply(fake, 0, NULL, 0, begin_deflated(fake, data, length)); break;
    case 0x11: reply(fake, 0, NULL, 0, deflated(fake, data, length, sum)); break;
    case 0x13: md5(fake, data); break;
    case 0x14: security_info(fake); break;
    default: reply(fake, 0, NULL, 0, 5); break;
    }
}

/* ---- to the board ---------------------------------------------------------------------------- */

static void take(fake_rom *fake, uint8_t byte)
{
    if (byte == 0xC0) {
        bool whole = fake->in_frame && fake->rx_size > 0;
        fake->in_frame = !whole;
        fake->escape = false;
        if (whole)
            request(fake);
        fake->rx_size = 0;
        return;
    }
    if (!fake->in_frame)
        return;
    if (fake->escape && byte != 0xDC && byte != 0xDD) {
        fake->in_frame = fake->escape = false;
        return;
    }
    if (!fake->escape && byte == 0xDB) {
        fake->escape = true;
        return;
    }
    bool overrun = fake->faults.top_block_baud != 0 && fake->host_baud > fake->faults.top_block_baud;
    if (fake->rx_size < (overrun ? 1024 : RX_MAX))
        fake->rx[fake->rx_size++] = fake->escape ? (byte == 0xDC ? 0xC0 : 0xDB) : byte;
    fake->escape = false;
}

static espy_status fake_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    fake_rom *fake = self;
    if (fake->gone || ++fake->writes == fake->faults.vanish) {
        fake->gone = fake->struck = true;
        return espy_fail(err, ESPY_E_IO, "writing to fake: it is gone");
    }
    for (size_t i = 0; i < n; i++) {
        bool drop = ++fake->sent == fake->faults.drop_sent, flip = fake->sent == fake->faults.flip_sent;
        fake->struck |= drop || flip;
        if (!drop && fake->loader && !fake->faults.deaf && heard_at_this_rate(fake))
            take(fake, flip ? bytes[i] ^ 0x10 : bytes[i]);
    }
    return ESPY_OK;
}

static espy_status fake_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    fake_rom *fake = self;
    if (fake->gone)
        return espy_fail(err, ESPY_E_IO, "reading fake: it is gone");
    uint64_t until = fake->now_ms + timeout_ms;
    if (fake->out.size == 0 || fake->busy_until_ms > until) {
        fake->now_ms = until;
        return ESPY_OK;
    }
    if (fake->busy_until_ms > fake->now_ms)
        fake->now_ms = fake->busy_until_ms;
    *got = fake->out.size < cap ? fake->out.size : cap;
    memcpy(bytes, fake->out.bytes, *got);
    espy_buf_consume(&fake->out, *got);
    return ESPY_OK;
}

/* ---- lines, time -------------------------------------------------------------------------------- */

static void boot(fake_rom *fake, bool download)
{
    fake->loader = download;
    fake->ran_flash = !download;
    fake->chip_baud = 115200;
    fake->in_frame = fake->escape = false;
    fake->last_op = 8;
    power_on_registers(fake);
    put_text(fake, "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n");
    put_text(fake, download ? "rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n"
                            : "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\nSPIWP:0xee\r\n");
}

static espy_status fake_set_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    fake_rom *fake = self;
    if (fake->gone)
        return espy_fail(err, ESPY_E_IO, "setting the lines of fake: it is gone");
    bool was_held = fake->rts && !fake->dtr, held = rts && !dtr;
    fake->dtr = dtr;
    fake->rts = rts;
    if (was_held && !held)
        boot(fake, dtr && !rts && !fake->faults.no_gpio0);
    return ESPY_OK;
}

static espy_status fake_set_baud(void *self, uint32_t baud, espy_err *err)
{
    fake_rom *fake = self;
    if (fake->faults.port_baud != 0 && baud > fake->faults.port_baud)
        return espy_fail(err, ESPY_E_IO, "fake does not do %u baud", (unsigned)baud);
    fake->host_baud = baud;
    return ESPY_OK;
}

static uint64_t fake_now(void *self)
{
    return ((fake_rom *)self)->now_ms;
}

static espy_status fake_sleep(void *self, uint32_t ms, espy_err *err)
{
    (void)err;
    ((fake_rom *)self)->now_ms += ms;
    return ESPY_OK;
}

static void fake_close(void *self)
{
    (void)self;
}

static const espy_link_ops fake_ops = {
    .read = fake_read,
    .write = fake_write,
    .set_lines = fake_set_lines,
    .set_baud = fake_set_baud,
    .now_ms = fake_now,
    .sleep = fake_sleep,
    .close = fake_close,
};

void fake_rom_restart(fake_rom *fake, bool has_lines, const fake_faults *faults)
{
    end_inflate(fake);
    espy_buf out = fake->out;
    espy_buf_clear(&out);
    memset(fake, 0, offsetof(fake_rom, flash));
    fake->out = out;
    fake->link = (espy_link){.ops = &fake_ops, .self = fake, .name = "fake", .has_lines = has_lines};
    if (faults != NULL)
        fake->faults = *faults;
    memset(fake->flash, 0xA5, sizeof fake->flash);
    fake->host_baud = 115200;
    fake->chip_size = 2 << 20;
    boot(fake, !has_lines);
}

fake_rom *fake_rom_new(bool has_lines, const fake_faults *faults)
{
    fake_rom *fake = calloc(1, sizeof *fake);
    if (fake == NULL)
        abort();
    fake_rom_restart(fake, has_lines, faults);
    return fake;
}

void fake_rom_free(fake_rom *fake)
{
    end_inflate(fake);
    espy_buf_free(&fake->out);
    free(fake);
}

espy_link *fake_rom_link(fake_rom *fake)
{
    return &fake->link;
}

uint8_t *fake_rom_flash(fake_rom *fake)
{
    return fake->flash;
}

bool fake_rom_runs_flash(const fake_rom *fake)
{
    return fake->ran_flash;
}

unsigned fake_rom_blocks(const fake_rom *fake)
{
    return fake->blocks;
}

uint32_t fake_rom_baud(const fake_rom *fake)
{
    return fake->chip_baud;
}

bool fake_rom_struck(const fake_rom *fake)
{
    return fake->struck;
}
