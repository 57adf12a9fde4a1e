/* SPDX-License-Identifier: MIT
 *
 * The serial loader of the built-in mask ROM against the real one: two boards that differ
 * in the ROM alone hear the same, and must say the same, byte for byte, and leave the same
 * in flash and in the loader's memory.  The sessions are seeded; ESPY_LONG=1 has more.
 */
#define _GNU_SOURCE

#include "espy/loader.h"

#include "support/rom_pair.h"

#include "../src/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

/* ---- tinfl_decompress ---- */

enum {
    SELF = ROM_PAIR_DATA, /* the tinfl_decompressor */
    SIZES = ROM_PAIR_DATA + 0x2c00,
    INPUT = ROM_PAIR_DATA + 0x3000,
    WINDOW = ROM_PAIR_DATA + 0x8000,
    WINDOW_SIZE = 0x8000,
    PLAIN_MAX = 60000,
    PACKED_MAX = 0x4f00
};

enum { PARSE_ZLIB_HEADER = 1, HAS_MORE_INPUT = 2, NON_WRAPPING = 4 };

/* Text with long and short matches, and noise. */
static void make_plain(rom_pair *pair, uint8_t *plain, size_t n)
{
    unsigned kinds = 1 + rom_pair_rand(pair) % 60;
    for (size_t i = 0; i < n; i++)
        if (i > 300 && rom_pair_rand(pair) % 40 == 0) {
            size_t from = rom_pair_rand(pair) % i, length = 3 + rom_pair_rand(pair) % 300;
            for (; length > 0 && i < n; length--)
                plain[i++] = plain[from++];
            i--;
        } else {
            plain[i] = (uint8_t)(rom_pair_rand(pair) % kinds);
        }
}

static size_t pack(rom_pair *pair, uint8_t *packed, size_t cap, const uint8_t *plain, size_t n)
{
    static const int levels[] = {0, 1, 6, 9}, strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, levels[rom_pair_rand(pair) % 4], Z_DEFLATED, 9 + (int)(rom_pair_rand(pair) % 7),
                                  9, strategies[rom_pair_rand(pair) % 4]),
                     Z_OK);
    z.next_in = (Bytef *)(uintptr_t)plain;
    z.avail_in = (uInt)n;
    z.next_out = packed;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    return size;
}

typedef struct stream {
    uint32_t in, in_left, out, flags;
} stream;

/* One call with a piece of the input and of the window; the status. */
static int inflate_some(rom_pair *pair, stream *s, uint32_t in_max, uint32_t out_max)
{
    uint32_t window_left = WINDOW + WINDOW_SIZE - s->out, in_size = s->in_left < in_max ? s->in_left : in_max;
    /* In a window, the size must reach its end. */
    uint32_t out_size = (s->flags & NON_WRAPPING) != 0 && out_max < window_left ? out_max : window_left;
    uint32_t flags = s->flags | (in_size < s->in_left ? HAS_MORE_INPUT : 0);
    rom_pair_write32(pair, SIZES, in_size);
    rom_pair_write32(pair, SIZES + 4, out_size);
    uint32_t status = rom_pair_call(pair, "tinfl_decompress", 7, SELF, s->in, SIZES, WINDOW, s->out, SIZES + 4, flags);
    s->in += rom_pair_read32(pair, SIZES);
    s->in_left -= rom_pair_read32(pair, SIZES);
    s->out += rom_pair_read32(pair, SIZES + 4);
    if (s->out == WINDOW + WINDOW_SIZE && (s->flags & NON_WRAPPING) == 0)
        s->out = WINDOW;
    return (int)status;
}

static void inflate_all(rom_pair *pair, stream *s)
{
    uint32_t in_max = 1 + rom_pair_rand(pair) % (rom_pair_rand(pair) % 4 == 0 ? 100 : 8000);
    int status = HAS_MORE_INPUT;
    for (unsigned calls = 0; status > 0 && calls < 200; calls++) {
        uint32_t in = s->in, out = s->out;
        status = inflate_some(pair, s, in_max, 1 + rom_pair_rand(pair) % 20000);
        if (status == 2 && s->in == in && s->out == out)
            break;
    }
    inflate_some(pair, s, in_max, 100);
}

static void inflate_one(rom_pair *pair, bool spoil)
{
    uint8_t plain[PLAIN_MAX], packed[2 * PLAIN_MAX];
    size_t n = rom_pair_rand(pair) % 3 == 0 ? rom_pair_rand(pair) % 300 : rom_pair_rand(pair) % PLAIN_MAX, size;
    do {
        make_plain(pair, plain, n);
        size = pack(pair, packed, sizeof packed, plain, n);
        n /= 2;
    } while (size > PACKED_MAX);
    for (unsigned i = spoil ? 1 + rom_pair_rand(pair) % 3 : 0; i > 0; i--)
        packed[rom_pair_rand(pair) % (rom_pair_rand(pair) % 2 == 0 ? size
                                      : size < 100                 ? size
                                                                   : 100)] ^= (uint8_t)(1u << rom_pair_rand(pair) % 8);
    if (spoil && rom_pair_rand(pair) % 4 == 0)
        size -= rom_pair_rand(pair) % size;
    rom_pair_fill(pair, SELF, 0, 4);
    rom_pair_fill(pair, WINDOW, 0, WINDOW_SIZE);
    rom_pair_write(pair, INPUT, packed, size);
    stream s = {INPUT, (uint32_t)size, WINDOW, rom_pair_rand(pair) % 8 == 0 ? 0 : PARSE_ZLIB_HEADER};
    if (rom_pair_rand(pair) % 4 == 0)
        s.flags |= NON_WRAPPING;
    inflate_all(pair, &s);
}

static unsigned times(unsigned quick, unsigned slow)
{
    const char *lengthy = getenv("ESPY_LONG");
    return lengthy != NULL && *lengthy == '1' ? slow : quick;
}

static void inflates_whole_streams(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    for (unsigned i = 0; i < times(12, 500); i++)
        inflate_one(pair, false);
}

static void inflates_spoilt_streams(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    for (unsigned i = 0; i < times(40, 2000); i++)
        inflate_one(pair, true);
}

/* ---- what esptool's stubs call by its address ---- */

static void tells_a_stub_of_the_fuses(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    rom_pair_random(pair, ROM_PAIR_DATA, 64);
    assert_int_equal(rom_pair_call_at(pair, 0x40048174, 3, 0, 0, ROM_PAIR_DATA), 0);
}

/* ---- two boards in download mode, that hear the same ---- */

enum { REAL, BUILTIN, BOARDS, HEARD_MAX = 1 << 16, FRAME_MAX = 0x2400 };

typedef struct talk {
    espy_machine *board[BOARDS];
    uint8_t heard[BOARDS][HEARD_MAX];
    size_t n[BOARDS];
    uint32_t seed;
    bool usb;          /* by the chip's own USB, not by UART0 */
    bool over;         /* the loader is gone */
    unsigned quiet_ms; /* silence that ends an answer */
    char what[256];    /* the exchange under way, for a failure */
} talk;

static uint32_t rnd(talk *t)
{
    t->seed = t->seed * 1664525 + 1013904223;
    return t->seed >> 8;
}

static const char *real_rom(char *path, size_t cap)
{
    const char *file = getenv("ESPY_ROM"), *dir = getenv("ESPY_ROM_DIR");
    if (file != NULL && *file != '\0')
        return file;
    snprintf(path, cap, "%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    return path;
}

static size_t take(talk *t, unsigned i)
{
    uint8_t *to = t->heard[i] + t->n[i];
    size_t cap = HEARD_MAX - t->n[i];
    return t->usb ? espy_machine_usb_read(t->board[i], to, cap) : espy_machine_uart_read(t->board[i], to, cap);
}

static size_t pending(const talk *t, unsigned i)
{
    return t->usb ? espy_machine_usb_pending(t->board[i]) : espy_machine_uart_pending(t->board[i]);
}

/* Runs a board until it has been silent for a while. */
static void hear_one(talk *t, unsigned i, unsigned quiet_ms)
{
    espy_machine *m = t->board[i];
    uint64_t since = espy_machine_now_us(m), limit = since + 60000000;
    size_t left = pending(t, i);
    while (espy_machine_now_us(m) < since + 1000 * (uint64_t)quiet_ms && espy_machine_now_us(m) < limit) {
        espy_machine_run(m, 1000);
        size_t got = take(t, i);
        t->n[i] += got;
        if (got > 0 || pending(t, i) != left)
            since = espy_machine_now_us(m);
        left = pending(t, i);
    }
    if (espy_machine_fault(m) != NULL)
        fail_msg("%s: %s", t->what, espy_machine_fault(m)->text);
}

static void show(const char *name, const uint8_t *bytes, size_t n)
{
    fprintf(stderr, "%s (%zu):", name, n);
    for (size_t i = 0; i < n && i < 120; i++)
        fprintf(stderr, " %02x", bytes[i]);
    fprintf(stderr, "\n");
}

/* Where the core was when it was reset is each ROM's own affair. */
static void forget_saved_pc(talk *t, unsigned i)
{
    static const char text[] = "Saved PC:0x";
    uint8_t *at = memmem(t->heard[i], t->n[i], text, strlen(text));
    if (at != NULL && at + strlen(text) + 8 <= t->heard[i] + t->n[i])
        memset(at + strlen(text), '0', 8);
}

/* So are its registers when it panics, which ends the session. */
static void forget_registers(talk *t, unsigned i)
{
    static const char text[] = "Guru Meditation Error";
    uint8_t *at = memmem(t->heard[i], t->n[i], text, strlen(text));
    uint8_t *end = at != NULL ? memchr(at, '\r', t->n[i] - (size_t)(at - t->heard[i])) : NULL;
    if (end == NULL)
        return;
    t->n[i] = (size_t)(end - t->heard[i]);
    t->over = true;
}

static void hear(talk *t)
{
    t->n[REAL] = t->n[BUILTIN] = 0;
    for (unsigned i = 0; i < BOARDS; i++)
        hear_one(t, i, t->quiet_ms);
    /* One may just be slower. */
    for (unsigned tries = 0; t->n[REAL] != t->n[BUILTIN] && tries < 20; tries++)
        hear_one(t, t->n[REAL] < t->n[BUILTIN] ? REAL : BUILTIN, 50);
    for (unsigned i = 0; i < BOARDS; i++) {
        forget_saved_pc(t, i);
        forget_registers(t, i);
    }
    if (t->n[REAL] == t->n[BUILTIN] && memcmp(t->heard[REAL], t->heard[BUILTIN], t->n[REAL]) == 0)
        return;
    show("real", t->heard[REAL], t->n[REAL]);
    show("built in", t->heard[BUILTIN], t->n[BUILTIN]);
    fail_msg("%s: the answers differ", t->what);
}

static void tell_one(talk *t, unsigned i, const uint8_t *bytes, size_t n)
{
    espy_status st = t->usb ? espy_machine_usb_write(t->board[i], bytes, n, NULL)
                            : espy_machine_uart_write(t->board[i], bytes, n, NULL);
    assert_int_equal(st, ESPY_OK);
}

static void tell(talk *t, const uint8_t *bytes, size_t n)
{
    for (unsigned i = 0; i < BOARDS; i++)
        tell_one(t, i, bytes, n);
}

static void set_lines(talk *t, bool dtr, bool rts, unsigned ms)
{
    for (unsigned i = 0; i < BOARDS; i++) {
        if (t->usb)
            espy_machine_usb_lines(t->board[i], dtr, rts);
        else
            espy_machine_lines(t->board[i], dtr, rts);
        hear_one(t, i, ms);
    }
}

static void set_baud(talk *t, uint32_t baud)
{
    for (unsigned i = 0; i < BOARDS; i++)
        espy_machine_uart_baud(t->board[i], baud);
}

/* The last boot that was heard, and nothing before it. */
static void forget_the_past(talk *t, unsigned i)
{
    static const char banner[] = "ESP-ROM:";
    for (uint8_t *at = t->heard[i]; at != NULL; at = memmem(at + 1, t->n[i] - 1, banner, strlen(banner))) {
        t->n[i] -= (size_t)(at - t->heard[i]);
        memmove(t->heard[i], at, t->n[i]);
        at = t->heard[i];
    }
}

static void expect_download(talk *t, const char *cause)
{
    for (unsigned i = 0; i < BOARDS; i++) {
        forget_the_past(t, i);
        forget_saved_pc(t, i);
        t->heard[i][t->n[i]] = 0;
    }
    assert_string_equal((char *)t->heard[REAL], (char *)t->heard[BUILTIN]);
    assert_non_null(strstr((char *)t->heard[REAL], cause));
    assert_non_null(strstr((char *)t->heard[REAL], "download"));
}

/* RTS alone holds EN; then DTR alone holds GPIO0 while EN rises. */
static void enter_download_mode(talk *t)
{
    snprintf(t->what, sizeof t->what, "reset");
    set_baud(t, 115200);
    set_lines(t, false, true, 100);
    t->n[REAL] = t->n[BUILTIN] = 0;
    set_lines(t, true, false, 50);
    set_lines(t, false, false, 0);
    expect_download(t, "rst:0x1 (POWERON)");
}

/* Once the host has opened the port, DTR alone sets the flag, and RTS alone resets. */
static void enter_download_mode_by_usb(talk *t)
{
    snprintf(t->what, sizeof t->what, "USB reset");
    for (unsigned i = 0; i < BOARDS; i++) {
        espy_machine_usb_plug(t->board[i], true);
        hear_one(t, i, 300);
    }
    set_lines(t, true, false, 100);
    t->n[REAL] = t->n[BUILTIN] = 0;
    set_lines(t, false, true, 100);
    set_lines(t, false, false, 50);
    expect_download(t, "rst:0x15 (USB_UART_CHIP_RESET)");
}

static bool open_boards(talk *t, const char *model, bool timing_real)
{
    char path[512];
    espy_err err = {0};
    memset(t, 0, sizeof *t);
    t->seed = 1;
    t->quiet_ms = 15;
    const char *rom = real_rom(path, sizeof path);
    if (access(rom, R_OK) != 0) {
        fprintf(stderr, "SKIP: no %s\n", rom);
        return false;
    }
    for (unsigned i = 0; i < BOARDS; i++) {
        espy_machine_config config = {.model = espy_model_find(model), .timing_real = timing_real};
        config.rom_path = i == REAL ? rom : NULL;
        if (espy_machine_new(&t->board[i], &config, &err) != ESPY_OK)
            fail_msg("%s", err.text);
    }
    return true;
}

static void close_boards(talk *t)
{
    for (unsigned i = 0; i < BOARDS; i++)
        espy_machine_free(t->board[i]);
}

/* ---- requests ---- */

static void request(talk *t, uint8_t op, const void *data, size_t n, uint32_t sum)
{
    static uint8_t wire[ESPY_SLIP_MAX(FRAME_MAX)];
    uint8_t frame[FRAME_MAX] = {0, op};
    put_le16(frame + 2, (uint16_t)n);
    put_le32(frame + 4, sum);
    if (n > 0)
        memcpy(frame + 8, data, n);
    tell(t, wire, espy_slip_encode(wire, frame, 8 + n));
}

/* A request of words, and its answer. */
static void ask(talk *t, uint8_t op, unsigned n, ...)
{
    uint8_t data[64];
    va_list list;
    int at = snprintf(t->what, sizeof t->what, "op %02x", op);
    va_start(list, n);
    for (unsigned i = 0; i < n; i++) {
        uint32_t word = va_arg(list, uint32_t);
        put_le32(data + 4 * i, word);
        at += snprintf(t->what + at, sizeof t->what - (size_t)at, " %x", word);
    }
    va_end(list);
    request(t, op, data, 4 * n, 0);
    hear(t);
}

/* A data packet; bad is added to its checksum. */
static void give(talk *t, uint8_t op, uint32_t seq, const uint8_t *bytes, size_t n, uint8_t bad)
{
    static uint8_t data[16 + FRAME_MAX];
    memset(data, 0, 16);
    put_le32(data, (uint32_t)n);
    put_le32(data + 4, seq);
    memcpy(data + 16, bytes, n);
    snprintf(t->what, sizeof t->what, "op %02x, packet %u of %zu bytes", op, seq, n);
    request(t, op, data, 16 + n, (uint8_t)(espy_loader_checksum(bytes, n) + bad));
    hear(t);
}

/* Whether a board answers a SYNC now. */
static bool synced(talk *t, unsigned i)
{
    uint8_t frame[44] = {0, 0x08, 36, 0, 0, 0, 0, 0, 0x07, 0x07, 0x12, 0x20}, wire[ESPY_SLIP_MAX(sizeof frame)];
    memset(frame + 12, 0x55, 32);
    t->n[i] = 0;
    tell_one(t, i, wire, espy_slip_encode(wire, frame, sizeof frame));
    hear_one(t, i, t->quiet_ms);
    return t->n[i] > 0;
}

/* While a loader looks at its ports in turn it may lose a SYNC, by chance; with the next
 * that it has heard, both are in step. */
static void connect_at(talk *t, uint32_t baud)
{
    set_baud(t, baud);
    for (unsigned i = 0; i < BOARDS; i++) {
        unsigned tries = 1;
        snprintf(t->what, sizeof t->what, "SYNC at %u baud to board %u", baud, i);
        while (!synced(t, i))
            if (++tries > 12)
                fail_msg("%s: no answer", t->what);
        while (t->n[i] < 8 * 14 || !synced(t, i))
            if (++tries > 12)
                fail_msg("%s: %zu bytes", t->what, t->n[i]);
    }
    ask(t, 0x0a, 1, 0x60007044);
}

static void same_flash(talk *t)
{
    espy_mem *real = espy_machine_flash(t->board[REAL]), *builtin = espy_machine_flash(t->board[BUILTIN]);
    assert_memory_equal(real->bytes, builtin->bytes, real->size);
}

static void same_ram(talk *t, uint32_t addr, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t real = espy_bus_read(espy_machine_bus(t->board[REAL]), addr + i, 1);
        uint32_t builtin = espy_bus_read(espy_machine_bus(t->board[BUILTIN]), addr + i, 1);
        if (real != builtin)
            fail_msg("%s: 0x%08x: real 0x%02x, built in 0x%02x", t->what, addr + i, real, builtin);
    }
}

static void same_buffers(talk *t)
{
    same_ram(t, 0x3fcd7e04, 0x2000 + 0x8024 + 10992);
}

/* ---- exchanges ---- */

static void with_boards(const char *model, bool timing_real, void (*run)(talk *))
{
    static talk t;
    if (!open_boards(&t, model, timing_real))
        skip();
    enter_download_mode(&t);
    connect_at(&t, 115200);
    run(&t);
    same_flash(&t);
    close_boards(&t);
}

static void with_boards_on_usb(const char *model, void (*run)(talk *))
{
    static talk t;
    if (!open_boards(&t, model, false))
        skip();
    t.usb = true;
    enter_download_mode_by_usb(&t);
    connect_at(&t, 115200);
    run(&t);
    same_flash(&t);
    close_boards(&t);
}

static void all_opcodes(talk *t)
{
    for (unsigned op = 0; op < 256; op++)
        if (op != 0x04 && op != 0x06) /* these leave */
            ask(t, (uint8_t)op, 0);
    same_buffers(t);
}

static void knows_the_same_commands(void **state)
{
    (void)state;
    with_boards("n8r2", false, all_opcodes);
}

/* ---- writing flash ---- */

enum { SECTOR = 4096, BLOCK = 0x400, PLAIN = 100000 };

static void fill(talk *t, uint8_t *bytes, size_t n)
{
    uint32_t kinds = 2 + rnd(t) % 200;
    for (size_t i = 0; i < n; i++)
        bytes[i] = i > 1000 && rnd(t) % 4 != 0 ? bytes[i - 1 - rnd(t) % 900] : (uint8_t)(rnd(t) % kinds);
}

static void prepare_flash(talk *t)
{
    ask(t, 0x0d, 2, 0, 0);
    ask(t, 0x0b, 6, 0, espy_machine_flash(t->board[REAL])->size, 0x10000, 0x1000, 0x100, 0xffff);
}

static void write_plainly(talk *t, uint32_t addr, const uint8_t *bytes, size_t n)
{
    uint32_t packets = (uint32_t)((n + BLOCK - 1) / BLOCK);
    ask(t, 0x02, 5, (uint32_t)n, packets, BLOCK, addr, 0);
    for (uint32_t i = 0; i < packets; i++)
        give(t, 0x03, i, bytes + i * BLOCK, BLOCK, 0);
    ask(t, 0x13, 4, addr, (uint32_t)n, 0, 0);
}

static void write_deflated(talk *t, uint32_t addr, const uint8_t *bytes, size_t n, uint32_t block)
{
    static uint8_t packed[2 * PLAIN];
    uLongf size = sizeof packed;
    assert_int_equal(compress2(packed, &size, bytes, n, 9), Z_OK);
    uint32_t packets = (uint32_t)((size + block - 1) / block);
    ask(t, 0x10, 5, (uint32_t)n, packets, block, addr, 0);
    for (uint32_t i = 0; i < packets; i++)
        give(t, 0x11, i, packed + i * block, i + 1 < packets ? block : size - i * block, 0);
    ask(t, 0x13, 4, addr, (uint32_t)n, 0, 0);
    same_buffers(t);
}

static void flashing_session(talk *t)
{
    static uint8_t bytes[PLAIN];
    fill(t, bytes, sizeof bytes);
    prepare_flash(t);
    ask(t, 0x14, 0);
    ask(t, 0x0f, 2, 921600, 0);
    set_baud(t, 921600);
    hear(t);
    write_plainly(t, 0x1000, bytes, 20 * BLOCK);
    write_deflated(t, 0x10000, bytes, sizeof bytes, BLOCK);
    write_deflated(t, 0x30000, bytes + 5, 0x8000, 0x1800);
    write_deflated(t, 0x30000, bytes + 7, 30001, 0x1800);
    write_deflated(t, 0x50000, bytes, 3, 0x1800);
    for (unsigned i = 0; i < 70; i += 3)
        ask(t, 0x0e, 2, 0x10000 + 5 * i, i);
    ask(t, 0x12, 1, 1);
    ask(t, 0x13, 4, 0, 0x60000, 0, 0);
}

static void writes_flash(void **state)
{
    (void)state;
    with_boards("n8r2", false, flashing_session);
}

static void writes_octal_flash(void **state)
{
    (void)state;
    with_boards("n16r8v", false, flashing_session);
}

/* ---- what a host should not do ---- */

static uint32_t any_addr(talk *t)
{
    static const uint32_t addrs[] = {0, 0x1000, 0x1001, 0x10000, 0x7ff000, 0x800000, 0x1fffff, 0xffffff00, 0x3fcc0000};
    return rnd(t) % 4 == 0 ? rnd(t) : addrs[rnd(t) % (sizeof addrs / sizeof addrs[0])];
}

static uint32_t any_size(talk *t)
{
    static const uint32_t sizes[] = {0, 1, 4, 64, 65, 0x100, 0x1000, 0x1001, 0x1800, 0x1801, 0x8000, 0xffffffff};
    return rnd(t) % 3 == 0 ? rnd(t) % 0x2000 : sizes[rnd(t) % (sizeof sizes / sizeof sizes[0])];
}

static void any_begin(talk *t)
{
    static const uint8_t ops[] = {0x02, 0x05, 0x10};
    unsigned kind = rnd(t) % 3, n = rnd(t) % 6 == 0 ? rnd(t) % 7 : kind == 1 ? 4 : 5;
    uint32_t addr = kind == 1 ? 0x3fcb0000 + rnd(t) % 0x8000 : any_addr(t), block = any_size(t);
    uint32_t size = any_size(t), packets = 1 + rnd(t) % 4;
    ask(t, ops[kind], n, size, packets, block, addr, (uint32_t)(rnd(t) % 8 == 0), 7);
}

/* Packets in a row as often as not. */
static void any_data(talk *t)
{
    static const uint8_t ops[] = {0x03, 0x07, 0x11};
    static uint8_t bytes[0x2000];
    unsigned kind = rnd(t) % 3, first = rnd(t) % 3;
    for (unsigned i = 0, n = 1 + rnd(t) % 4; i < n; i++) {
        size_t size = rnd(t) % 12 == 0 ? 0x1700 + rnd(t) % 0x300 : (rnd(t) % 0x500) & ~(rnd(t) % 4 == 0 ? 0u : 3u);
        fill(t, bytes, size);
        give(t, ops[kind], rnd(t) % 8 == 0 ? rnd(t) % 3 : first + i, bytes, size, rnd(t) % 8 == 0);
    }
}

/* A frame that says more or less data than it has. */
static void any_length(talk *t)
{
    static const uint8_t ops[] = {0x02, 0x03, 0x05, 0x07, 0x0b, 0x0d, 0x10, 0x11, 0x13, 0x15};
    uint8_t frame[128], wire[ESPY_SLIP_MAX(sizeof frame)];
    size_t n = 1 + rnd(t) % sizeof frame;
    for (size_t i = 0; i < n; i++)
        frame[i] = (uint8_t)(rnd(t) % 4 == 0 ? rnd(t) : 0);
    frame[0] = rnd(t) % 8 == 0;
    if (n > 1)
        frame[1] = ops[rnd(t) % sizeof ops];
    snprintf(t->what, sizeof t->what, "op %02x, frame of %zu bytes", frame[1], n);
    tell(t, wire, espy_slip_encode(wire, frame, n));
    hear(t);
}

/* Bytes that are no frame, maybe in the middle of one. */
static void any_noise(talk *t)
{
    static const uint8_t some[] = {0xc0, 0xdb, 0xdc, 0xdd, 0x55, 0x00, 0x08};
    uint8_t noise[64];
    size_t n = 1 + rnd(t) % sizeof noise;
    for (size_t i = 0; i < n; i++)
        noise[i] = rnd(t) % 2 == 0 ? some[rnd(t) % sizeof some] : (uint8_t)rnd(t);
    snprintf(t->what, sizeof t->what, "%zu bytes of noise", n);
    /* Not by chance a command that ends the session or changes a register. */
    for (size_t i = 0; i + 1 < n; i++)
        if (noise[i] == 0)
            noise[i] = 0x01;
    tell(t, noise, n);
    hear(t);
}

static void any_too_long(talk *t)
{
    static uint8_t bytes[0x2100];
    fill(t, bytes, sizeof bytes);
    give(t, rnd(t) % 2 == 0 ? 0x07 : 0x13, 0, bytes, 0x1f00 + rnd(t) % 0x200, 0);
}

static void any_register(talk *t)
{
    uint32_t addr = 0x3fcb0000 + rnd(t) % 64 * 4, mask = rnd(t) % 2 == 0 ? UINT32_MAX : rnd(t);
    if (rnd(t) % 2 == 0)
        ask(t, 0x0a, 1, addr);
    else
        ask(t, 0x09, rnd(t) % 8 == 0 ? 3 : 8, addr, rnd(t), mask, rnd(t) % 3 * 200, addr + 4, rnd(t), mask, 0);
}

static void any_flash_question(talk *t)
{
    uint32_t addr = any_addr(t), size = any_size(t);
    switch (rnd(t) % 5) {
    case 0: ask(t, 0x13, rnd(t) % 5, addr, size > 0x10000 ? 77 : size, 0, 0); break;
    case 1: ask(t, 0x0e, 2, addr, size); break;
    case 2: ask(t, 0x14, rnd(t) % 2, 0); break;
    case 3: ask(t, 0x12, rnd(t) % 2 == 0 ? 2 : 1, 1, 0); break;
    default: prepare_flash(t); break;
    }
}

/* 9600 is below what the UART can divide to; what a board then hears is no frame. */
static void any_rate(talk *t)
{
    static const uint32_t rates[] = {19200, 57600, 115200, 230400, 460800, 921600, 1500000, 2000000};
    uint32_t rate = rates[rnd(t) % (sizeof rates / sizeof rates[0])];
    bool divider = rnd(t) % 3 == 0;
    ask(t, 0x0f, 2, divider ? 16 * 40000000u / rate : rate, divider);
    set_baud(t, rate);
}

/* Several requests before the first is answered: more than the loader's ring holds, at times. */
static void any_hurry(talk *t)
{
    static uint8_t bytes[0x900];
    size_t size = rnd(t) % 4 == 0 ? sizeof bytes : rnd(t) % 64;
    unsigned n = 2 + rnd(t) % 3;
    for (unsigned i = 0; i < n; i++) {
        uint8_t addr[4];
        put_le32(addr, 0x60007044 + 4 * i);
        request(t, 0x0a, addr, sizeof addr, 0);
        fill(t, bytes, size);
        request(t, 0x07, bytes, size, 0);
    }
    snprintf(t->what, sizeof t->what, "%u requests in a hurry, of %zu bytes", 2 * n, size);
    hear(t);
}

static void any_sync(talk *t)
{
    ask(t, 0x08, 1 + rnd(t) % 8, rnd(t), 0x55, 0, 0, 0, 0, 0, 0);
}

static void (*const any[])(talk *) = {
    any_begin,    any_begin,    any_data,           any_data, any_data, any_length, any_noise,
    any_too_long, any_register, any_flash_question, any_rate, any_sync, any_hurry,
};

static void disorderly_session(talk *t)
{
    static unsigned session;
    t->seed = ++session;
    for (unsigned i = 0; i < 60 && !t->over; i++)
        any[rnd(t) % (sizeof any / sizeof any[0])](t);
    same_buffers(t);
    same_ram(t, 0x3fcb0000, 0xa000);
}

static void answers_a_disorderly_host(void **state)
{
    (void)state;
    for (unsigned i = 0; i < times(2, 100); i++)
        with_boards("n8r2", false, disorderly_session);
}

/* ---- the rate ---- */

static void connects_at_any_rate(void **state)
{
    static const uint32_t rates[] = {460800, 57600, 921600, 19200, 74880, 230400, 1500000};
    static talk t;
    (void)state;
    for (unsigned i = 0; i < times(2, sizeof rates / sizeof rates[0]); i++) {
        if (!open_boards(&t, "n8r2", true))
            skip();
        t.quiet_ms = 60;
        enter_download_mode(&t);
        connect_at(&t, rates[i]);
        close_boards(&t);
    }
}

/* ---- leaving ---- */

/* Stores PS and the stack pointer at 0x3fcb0000, and returns 1:
 *     entry a1, 32; l32r ...; rsr a2, PS; s32i a2, a3, 0; s32i a1, a3, 4; retw.n */
static const uint8_t program[] = {
    0x00, 0x00, 0xcb, 0x3f, /* literal */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0x31, 0xfe, 0xff,       /* l32r a3, literal */
    0x20, 0xe6, 0x03,       /* rsr a2, PS */
    0x29, 0x03,             /* s32i.n a2, a3, 0 */
    0x19, 0x13,             /* s32i.n a1, a3, 4 */
    0x1d, 0xf0,             /* retw.n */
    0x00,
};

static void program_session(talk *t)
{
    ask(t, 0x05, 4, (uint32_t)sizeof program, 1, 0x1800, 0x40378000);
    give(t, 0x07, 0, program, sizeof program, 0);
    ask(t, 0x06, 2, 0, 0x40378004);
    same_ram(t, 0x3fcb0000, 4);
    uint32_t sp = espy_bus_read(espy_machine_bus(t->board[BUILTIN]), 0x3fcb0004, 4);
    assert_in_range(sp, 0x3fcea000, 0x3fceb710);
}

static void runs_a_program(void **state)
{
    (void)state;
    with_boards("n8r2", false, program_session);
}

static void flash_end_session(talk *t)
{
    prepare_flash(t);
    ask(t, 0x02, 5, 0, 0, 0x400, 0x1000, 0);
    ask(t, 0x04, 1, 1);
}

static void reboot_session(talk *t)
{
    prepare_flash(t);
    ask(t, 0x10, 5, 0, 0, 0x400, 0x1000, 0);
    ask(t, 0x12, 1, 0);
}

static void bad_flash_end_session(talk *t)
{
    ask(t, 0x04, 1, 0);
}

static bool is_over_after(uint8_t op, unsigned n, const uint32_t words[])
{
    static talk t;
    uint8_t data[32];
    if (!open_boards(&t, "n8r2", false))
        skip();
    enter_download_mode(&t);
    connect_at(&t, 115200);
    for (unsigned i = 0; i < n; i++)
        put_le32(data + 4 * i, words[i]);
    request(&t, op, data, 4 * n, 0);
    hear(&t);
    close_boards(&t);
    return t.over;
}

/* The core must not touch what is below 0x20000000.  Of a division by zero it says nothing. */
static void panics(void **state)
{
    (void)state;
    assert_true(is_over_after(0x0a, 1, (const uint32_t[]){0x1000}));
    assert_true(is_over_after(0x09, 4, (const uint32_t[]){0, 1, UINT32_MAX, 0}));
    assert_false(is_over_after(0x0f, 2, (const uint32_t[]){0, 0}));
}

static void leaves(void **state)
{
    (void)state;
    with_boards("n8r2", false, flash_end_session);
    with_boards("n8r2", false, bad_flash_end_session);
    with_boards("n8r2", false, reboot_session);
}

/* ---- fuses ---- */

/* Burns ENABLE_SECURITY_DOWNLOAD. */
static void burn(talk *t)
{
    ask(t, 0x09, 4, 0x60007010, 1 << 5, UINT32_MAX, 0); /* EFUSE_PGM_DATA4: REPEAT_DATA3 */
    ask(t, 0x09, 4, 0x600071cc, 0x5a5a, UINT32_MAX, 0); /* EFUSE_CONF: write */
    ask(t, 0x09, 4, 0x600071d4, 2, UINT32_MAX, 1000);   /* EFUSE_CMD: program block 0 */
}

static void secure_session(talk *t)
{
    burn(t);
    enter_download_mode(t);
    assert_non_null(strstr((char *)t->heard[REAL], "(secure mode)"));
    connect_at(t, 115200);
    for (unsigned op = 0; op < 256; op++)
        if (op != 0x04)
            ask(t, (uint8_t)op, 0);
    prepare_flash(t);
    ask(t, 0x14, 0);
    ask(t, 0x02, 5, 4, 1, 0x400, 0x1000, 0);
    give(t, 0x03, 0, (const uint8_t *)"espy", 4, 0);
    ask(t, 0x04, 1, 1);
}

static void flashes_where_fuses_allow_no_more(void **state)
{
    (void)state;
    with_boards("n8r2", false, secure_session);
}

/* ---- time ---- */

static uint64_t answer_us(talk *t, unsigned i)
{
    espy_machine *m = t->board[i];
    uint64_t since = espy_machine_now_us(m);
    while (espy_machine_uart_available(m) == 0 && espy_machine_now_us(m) < since + 60000000)
        espy_machine_run(m, 100000);
    return espy_machine_now_us(m) - since;
}

/* Sectors and blocks to be erased hold the answer back. */
static void takes_its_time(void **state)
{
    static talk t;
    static const uint32_t sizes[] = {0, 4096, 40000, 200000};
    (void)state;
    if (!open_boards(&t, "n8r2", true))
        skip();
    enter_download_mode(&t);
    connect_at(&t, 115200);
    prepare_flash(&t);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t data[20] = {0};
        put_le32(data, sizes[i]);
        put_le32(data + 4, 1);
        put_le32(data + 8, 0x400);
        put_le32(data + 12, 0x9000);
        request(&t, 0x02, data, sizeof data, 0);
        uint64_t real = answer_us(&t, REAL), builtin = answer_us(&t, BUILTIN);
        hear(&t);
        if (real > builtin + 3000 + real / 50 || builtin > real + 3000 + real / 50)
            fail_msg("erasing %u bytes: real %u us, built in %u us", sizes[i], (unsigned)real, (unsigned)builtin);
    }
    close_boards(&t);
}

static void serves_usb(void **state)
{
    (void)state;
    with_boards_on_usb("n8r2", flashing_session);
    for (unsigned i = 0; i < times(0, 1); i++)
        with_boards_on_usb("n8r2", all_opcodes);
    for (unsigned i = 0; i < times(0, 50); i++)
        with_boards_on_usb("n8r2", disorderly_session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(inflates_whole_streams),
        rom_pair_test(inflates_spoilt_streams),
        rom_pair_test(tells_a_stub_of_the_fuses),
        cmocka_unit_test(knows_the_same_commands),
        cmocka_unit_test(writes_flash),
        cmocka_unit_test(writes_octal_flash),
        cmocka_unit_test(connects_at_any_rate),
        cmocka_unit_test(runs_a_program),
        cmocka_unit_test(leaves),
        cmocka_unit_test(panics),
        cmocka_unit_test(flashes_where_fuses_allow_no_more),
        cmocka_unit_test(takes_its_time),
        cmocka_unit_test(answers_a_disorderly_host),
        cmocka_unit_test(serves_usb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
