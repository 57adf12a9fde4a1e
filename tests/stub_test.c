/* SPDX-License-Identifier: MIT
 *
 * The RAM stub on virtual boards, frame by frame and through the flasher: sessions with
 * doubled, missing and late blocks, errors that stay, ranges anywhere in quad and octal
 * flash, digests and reading.  With the built-in mask ROM, and on one board with the real one.
 */
#include "../src/base/bytes.h"
#include "../src/emu/inspect.h"
#include "../src/flasher/flasher.h"
#include "../src/flasher/stub_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <mbedtls/sha256.h>
#include <zlib.h>

enum { SECTOR = 4096, PATIENCE_MS = 3000 };

typedef struct bench {
    espy_link *link;
    espy_flasher *flasher;
    espy_board board;
    uint8_t *flash;
    espy_stub_frame frame;
    espy_stub_ack ack;
    espy_err err;
} bench;

static bench set_up(const char *spec)
{
    bench b = {0};
    assert_int_equal(espy_emu_link_open(&b.link, spec, NULL, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_new(&b.flasher, b.link, NULL, NULL), ESPY_OK);
    b.flash = espy_machine_flash(espy_emu_link_machine(b.link))->bytes;
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_identify(b.flasher, &b.board, &b.err), ESPY_OK);
    assert_true(b.flasher->stub.running);
    return b;
}

static void tear_down(bench *b)
{
    espy_flasher_free(b->flasher);
    espy_link_close(b->link);
}

/* ---- frames -------------------------------------------------------------------------- */

static void send(bench *b, unsigned op, const uint8_t *payload, size_t n)
{
    assert_int_equal(espy_stub_send(b->flasher, (espy_stub_op)op, payload, n, NULL, 0, &b->err), ESPY_OK);
}

/* The next answer to op; false where none comes. */
static bool hear(bench *b, unsigned op)
{
    bool found = true;
    uint64_t deadline = espy_link_now_ms(b->link) + PATIENCE_MS;
    do {
        assert_int_equal(espy_stub_next(b->flasher, deadline, &b->frame, &found, &b->err), ESPY_OK);
    } while (found && b->frame.op != op);
    return found;
}

static unsigned ask(bench *b, unsigned op, const uint32_t *words, size_t n)
{
    uint8_t payload[ESPY_STUB_PAYLOAD_MAX];
    for (size_t i = 0; i < n; i++)
        put_le32(payload + 4 * i, words[i]);
    send(b, op, payload, 4 * n);
    assert_true(hear(b, op));
    return b->frame.status;
}

static uint32_t word(const bench *b, size_t i)
{
    assert_true(b->frame.size >= 4 * i + 4);
    return get_le32(b->frame.payload + 4 * i);
}

#define ASK(b, op, ...) ask(b, op, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void begin(bench *b, uint32_t session, unsigned format, uint32_t addr, uint32_t size)
{
    assert_int_equal(ASK(b, ESPY_STUB_BEGIN, session, format, addr, size), ESPY_STUB_OK);
}

static void send_data(bench *b, uint32_t session, uint32_t at, const uint8_t *bytes, size_t n)
{
    uint8_t payload[ESPY_STUB_PAYLOAD_MAX];
    put_le32(payload, session);
    put_le32(payload + 4, at);
    memcpy(payload + 8, bytes, n);
    send(b, ESPY_STUB_DATA, payload, 8 + n);
}

static void hear_ack(bench *b, unsigned op, unsigned status, uint32_t next)
{
    assert_true(hear(b, op));
    assert_int_equal(b->frame.status, status);
    assert_true(espy_stub_parse_ack(&b->ack, &b->frame));
    assert_int_equal(b->ack.next, next);
}

static void expect_digest(const bench *b, const uint8_t *bytes, size_t n)
{
    uint8_t want[32];
    mbedtls_sha256_ret(bytes, n, want, 0);
    assert_true(b->ack.has_digest);
    assert_memory_equal(b->ack.digest, want, ESPY_STUB_DIGEST);
}

static uint8_t noise[3 * SECTOR];

static void make_noise(void)
{
    uint32_t r = 7;
    for (size_t i = 0; i < sizeof noise; i++) {
        r = r * 1664525 + 1013904223;
        noise[i] = (uint8_t)(r >> 24);
    }
}

/* ---- sessions ------------------------------------------------------------------------ */

static void blocks_lost_and_doubled(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    memset(b.flash + 0x10000, 0, sizeof noise);
    begin(&b, 5, ESPY_STUB_RAW, 0x10000, sizeof noise);
    send_data(&b, 5, 0, noise, 4000);
    send_data(&b, 5, 0, noise, 4000);           /* the same again */
    send_data(&b, 5, 5000, noise + 5000, 1000); /* one is missing */
    send_data(&b, 4, 4000, noise, 1000);        /* of no session that there is */
    hear_ack(&b, ESPY_STUB_DATA, ESPY_STUB_OK, 4000);
    hear_ack(&b, ESPY_STUB_DATA, ESPY_STUB_OK, 4000);
    hear_ack(&b, ESPY_STUB_DATA, ESPY_STUB_GAP, 4000);
    assert_true(hear(&b, ESPY_STUB_DATA));
    assert_int_equal(b.frame.status, ESPY_STUB_NO_SESSION);
    /* A BEGIN that was thought lost does not begin anew. */
    begin(&b, 5, ESPY_STUB_RAW, 0x10000, sizeof noise);
    assert_true(espy_stub_parse_ack(&b.ack, &b.frame) && b.ack.next == 4000);
    assert_int_equal(ASK(&b, ESPY_STUB_END, 5, sizeof noise), ESPY_STUB_GAP);
    for (uint32_t at = 4000; at < sizeof noise; at += 2072) {
        send_data(&b, 5, at, noise + at, 2072);
        hear_ack(&b, ESPY_STUB_DATA, ESPY_STUB_OK, at + 2072);
    }
    for (int i = 0; i < 2; i++) { /* and an END that was lost is answered again */
        assert_int_equal(ASK(&b, ESPY_STUB_END, 5, sizeof noise), ESPY_STUB_OK);
        assert_true(espy_stub_parse_ack(&b.ack, &b.frame));
        expect_digest(&b, noise, sizeof noise);
        assert_int_equal(b.ack.durable, sizeof noise);
        assert_int_equal(b.ack.erased, sizeof noise);
    }
    assert_memory_equal(b.flash + 0x10000, noise, sizeof noise);
    tear_down(&b);
}

static void errors_stay(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    begin(&b, 9, ESPY_STUB_DEFLATE, 0x20000, SECTOR);
    send_data(&b, 9, 0, (const uint8_t *)"\x07", 1); /* a block of type 3, which RFC 1951 reserves */
    for (int i = 0; i < 3; i++) {
        unsigned op = i == 0 ? ESPY_STUB_DATA : i == 1 ? ESPY_STUB_STATUS : ESPY_STUB_END;
        if (i > 0)
            ASK(&b, op, 9, 1);
        else
            assert_true(hear(&b, op));
        assert_int_equal(b.frame.status, ESPY_STUB_BAD_STREAM);
        assert_true(espy_stub_parse_ack(&b.ack, &b.frame));
        assert_int_equal(b.ack.error, ESPY_STUB_BAD_STREAM);
        assert_int_equal(b.ack.error_at, 0);
        assert_int_equal(b.ack.error_addr, 0x20000);
    }
    begin(&b, 10, ESPY_STUB_RAW, 0x20000, SECTOR);
    assert_true(espy_stub_parse_ack(&b.ack, &b.frame) && b.ack.error == 0);
    tear_down(&b);
}

/* Longer than its ranges, and shorter. */
static void streams_of_the_wrong_length(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    uint8_t packed[2 * SECTOR];
    z_stream z = {.next_in = noise, .avail_in = SECTOR + 1, .next_out = packed, .avail_out = sizeof packed};
    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    uint32_t n = (uint32_t)z.total_out;
    deflateEnd(&z);
    begin(&b, 1, ESPY_STUB_DEFLATE, 0x20000, SECTOR);
    send_data(&b, 1, 0, packed, SECTOR);
    send_data(&b, 1, SECTOR, packed + SECTOR, n - SECTOR);
    while (hear(&b, ESPY_STUB_DATA) && b.frame.status == ESPY_STUB_OK)
        continue;
    assert_int_equal(b.frame.status, ESPY_STUB_STREAM_LENGTH);
    begin(&b, 2, ESPY_STUB_RAW, 0x20000, SECTOR);
    send_data(&b, 2, 0, noise, 100);
    assert_int_equal(ASK(&b, ESPY_STUB_END, 2, 100), ESPY_STUB_STREAM_LENGTH);
    tear_down(&b);
}

/* Writes the flash's status registers, the second from bits 15:8, by SPI1's own commands. */
static void write_status(bench *b, uint32_t value)
{
    enum { SPI_MEM_CMD = 0x60002000, SPI_MEM_CTRL = 0x60002008, SPI_MEM_RD_STATUS = 0x6000202c };
    const uint32_t wrsr_2b = 1u << 22;
    const espy_loader_reg regs[] = {
        {SPI_MEM_CTRL, b->board.flash.width == ESPY_WIDTH_QUAD ? wrsr_2b : 0, wrsr_2b, 0},
        {SPI_MEM_RD_STATUS, value, UINT32_MAX, 0},
        {SPI_MEM_CMD, 1u << 30 /* WREN */, UINT32_MAX, 0},
        {SPI_MEM_CMD, 1u << 26 /* WRSR */, UINT32_MAX, 0},
    };
    assert_int_equal(espy_flasher_write_regs(b->flasher, regs, sizeof regs / sizeof regs[0], &b->err), ESPY_OK);
}

static uint32_t read_status(bench *b)
{
    static const uint32_t addr[] = {0x6000202c};
    const espy_loader_reg rdsr = {0x60002000, 1u << 27, UINT32_MAX, 0};
    uint32_t value;
    assert_int_equal(espy_flasher_write_regs(b->flasher, &rdsr, 1, &b->err), ESPY_OK);
    assert_int_equal(espy_stub_read_regs(b->flasher, addr, 1, &value, &b->err), ESPY_OK);
    return value & 0xff;
}

/* Sectors whose protection the chip keeps, since its status is locked (SRP1); the error names
 * the first byte that differs. */
static void a_flash_that_does_not_take_it(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    memset(b.flash + 0x30000, 0xa5, SECTOR);
    write_status(&b, 0x011c);
    const espy_flash_part part = {0x30000, SECTOR, noise};
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_E_DEVICE);
    assert_non_null(strstr(b.err.text, "0x3000"));
    assert_non_null(strstr(b.err.text, "does not hold what was written"));
    tear_down(&b);
}

/* Protected throughout, by BP2 to BP0 or BP3 to BP0; other bits, as SRP0, stay. */
static void protected_blocks_are_freed(const char *spec, uint32_t protection, uint32_t others)
{
    bench b = set_up(spec);
    memset(b.flash + 0x30000, 0xa5, 2 * SECTOR);
    write_status(&b, protection | others);
    assert_int_equal(read_status(&b), protection | others);
    const espy_flash_part blank = {0x31000, SECTOR, NULL}, part = {0x30000, SECTOR, noise};
    assert_int_equal(espy_flasher_write(b.flasher, &blank, 1, &b.err), ESPY_OK);
    assert_int_equal(read_status(&b), others);
    write_status(&b, protection | others);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_memory_equal(b.flash + 0x30000, noise, SECTOR);
    assert_int_equal(b.flash[0x31000], 0xff);
    assert_int_equal(read_status(&b), others);
    tear_down(&b);
}

static void protected_blocks(void **state)
{
    (void)state;
    protected_blocks_are_freed("n4r2", 0x1c, 0x80);
    protected_blocks_are_freed("n32r8v", 0x3c, 0);
}

/* ---- commands ------------------------------------------------------------------------- */

/* How many frames of each format answer a READ. */
static void count_formats(bench *b, uint32_t addr, uint32_t size, unsigned counts[4])
{
    espy_stub_piece piece;
    unsigned status = ASK(b, ESPY_STUB_READ, addr, size, ESPY_STUB_DEFLATE);
    for (; status == ESPY_STUB_PART; status = b->frame.status) {
        assert_true(espy_stub_parse_piece(&piece, &b->frame));
        counts[piece.format]++;
        assert_true(hear(b, ESPY_STUB_READ));
    }
    assert_int_equal(status, ESPY_STUB_OK);
}

/* On a wire that is slower than the CPU each format has its use: six bits of noise a byte, code, a
 * run, and eight bits of noise. */
static void reading_by_all_formats(void **state)
{
    (void)state;
    enum { BAUD = 921600, AT = 0x20000, SIZE = 0x30000, CODE_AT = 0x14000, RUN_AT = 0x18000, NOISE_AT = 0x28000 };
    static uint8_t back[SIZE];
    bench b = set_up("n4r2,timing=real");
    const espy_stub_segment *code = &espy_stub_esp32s3.segments[0];
    assert_int_equal(espy_stub_baud(b.flasher, BAUD, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_link_baud(b.flasher, BAUD, &b.err), ESPY_OK);
    uint32_t r = 5;
    for (size_t i = 0; i < SIZE; i++) {
        r = r * 1664525 + 1013904223;
        b.flash[AT + i] = (uint8_t)(r >> (i < NOISE_AT ? 26 : 24));
    }
    memcpy(b.flash + AT + CODE_AT, code->bytes, code->size < 0x4000 ? code->size : 0x4000);
    memset(b.flash + AT + RUN_AT, 0xff, NOISE_AT - RUN_AT);
    unsigned counts[4] = {0};
    count_formats(&b, AT, SIZE, counts);
    assert_true(counts[ESPY_STUB_RAW] > 0 && counts[ESPY_STUB_DEFLATE] > 0);
    assert_true(counts[ESPY_STUB_RUN] > 0 && counts[ESPY_STUB_CODE] > 0);
    assert_int_equal(espy_flasher_read(b.flasher, AT + 1, back, SIZE - 1, &b.err), ESPY_OK);
    assert_memory_equal(back, b.flash + AT + 1, SIZE - 1);
    tear_down(&b);
}

static void malformed_requests(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    assert_int_equal(ASK(&b, 0x7f, 1), ESPY_STUB_BAD_REQUEST);
    assert_int_equal(ASK(&b, ESPY_STUB_ERASE, 0x1000), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_ERASE, 0x1004, 0x1000), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_ERASE, 0x1000, 0), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_ERASE, 0xfffff000, 0x2000), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_BEGIN, 1, 7, 0, 0x1000), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_DIGESTS, 0, 0x1000, 0), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_READ, 0xffffffff, 2, ESPY_STUB_RAW), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_READ, 0, 2, ESPY_STUB_RUN), ESPY_STUB_BAD_RANGE);
    assert_int_equal(ASK(&b, ESPY_STUB_END, 77, 0), ESPY_STUB_NO_SESSION);
    assert_int_equal(ASK(&b, ESPY_STUB_BAUD, 0), ESPY_STUB_BAD_REQUEST);
    tear_down(&b);
}

static void registers_and_memory(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    enum { FREE_RAM = 0x3fcd0000 };
    uint8_t payload[4 + 11] = {0};
    put_le32(payload, FREE_RAM + 2);
    memcpy(payload + 4, "hello stub!", 11);
    send(&b, ESPY_STUB_MEM_WRITE, payload, sizeof payload);
    assert_true(hear(&b, ESPY_STUB_MEM_WRITE));
    assert_int_equal(ASK(&b, ESPY_STUB_MEM_READ, FREE_RAM + 2, 11), ESPY_STUB_OK);
    assert_memory_equal(b.frame.payload, "hello stub!", 11);
    assert_int_equal(ASK(&b, ESPY_STUB_REGS_WRITE, FREE_RAM, 0x1234abcd, 0x0000ff00, 5), ESPY_STUB_OK);
    assert_int_equal(ASK(&b, ESPY_STUB_REGS_READ, FREE_RAM, FREE_RAM + 4), ESPY_STUB_OK);
    assert_int_equal(word(&b, 0) >> 8, 0x6568ab);
    assert_memory_equal(b.frame.payload + 4, "llo ", 4);
    tear_down(&b);
}

/* Where nothing is, the stub lets the CPU take an exception, says so and goes on. */
static void addresses_that_fault(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ASK(&b, ESPY_STUB_MEM_READ, 0x100, 1), ESPY_STUB_BAD_ADDRESS);
        assert_int_equal(word(&b, 0), 28); /* EXCCAUSE: LoadProhibitedCause */
        assert_int_equal(word(&b, 1), 0x100);
        assert_int_equal(ASK(&b, ESPY_STUB_REGS_READ, 0x6000702c), ESPY_STUB_OK);
    }
    tear_down(&b);
}

static void digests_of_ranges(void **state)
{
    (void)state;
    bench b = set_up("n4r2");
    memcpy(b.flash + 0x40000, noise, sizeof noise);
    assert_int_equal(
        ASK(&b, ESPY_STUB_DIGESTS, 0x40000, sizeof noise, SECTOR, 0x40000, 100, 64, 0x50000, 0x100000, 0x1000),
        ESPY_STUB_PART);
    for (uint32_t index = 0; index < 3 + 2 + 256;) {
        espy_stub_digests d;
        assert_true(espy_stub_parse_digests(&d, &b.frame));
        assert_int_equal(d.first, index);
        assert_int_equal(d.total, 3 + 2 + 256);
        for (uint32_t i = 0; i < d.n; i++, index++) {
            static const uint32_t at[] = {0, SECTOR, 2 * SECTOR, 0, 64}, size[] = {SECTOR, SECTOR, SECTOR, 64, 36};
            uint8_t want[32], blank[SECTOR];
            memset(blank, 0xff, sizeof blank);
            mbedtls_sha256_ret(index < 5 ? noise + at[index] : blank, index < 5 ? size[index] : SECTOR, want, 0);
            assert_memory_equal(d.digests + 16 * (size_t)i, want, 16);
        }
        assert_int_equal(b.frame.status, index < 3 + 2 + 256 ? ESPY_STUB_PART : ESPY_STUB_OK);
        if (index < 3 + 2 + 256)
            assert_true(hear(&b, ESPY_STUB_DIGESTS));
    }
    tear_down(&b);
}

/* ---- through the flasher ----------------------------------------------------------------- */

static void write_across(bench *b, uint32_t addr, uint32_t erase_addr)
{
    const espy_flash_part parts[] = {{addr, sizeof noise, noise}, {erase_addr, 2 * SECTOR, NULL}};
    uint8_t back[sizeof noise];
    memset(b->flash + addr - SECTOR, 0x5a, sizeof noise + 2 * SECTOR);
    memset(b->flash + erase_addr - SECTOR, 0x5a, 4 * SECTOR);
    assert_int_equal(espy_flasher_write(b->flasher, parts, 2, &b->err), ESPY_OK);
    assert_memory_equal(b->flash + addr, noise, sizeof noise);
    assert_int_equal(b->flash[addr - 1], 0x5a);
    assert_int_equal(b->flash[addr + sizeof noise], 0x5a);
    for (size_t i = 0; i < 2 * SECTOR; i++)
        assert_int_equal(b->flash[erase_addr + i], 0xff);
    assert_int_equal(b->flash[erase_addr - 1], 0x5a);
    assert_int_equal(b->flash[erase_addr + 2 * SECTOR], 0x5a);
    assert_int_equal(espy_flasher_read(b->flasher, addr, back, sizeof back, &b->err), ESPY_OK);
    assert_memory_equal(back, noise, sizeof noise);
}

static void beyond_16_mb(void **state)
{
    (void)state;
    bench b = set_up("n32r8v");
    memset(b.flash, 0x77, 0x10000);
    write_across(&b, 0x1000000 - SECTOR, 0x1800000 + SECTOR);
    write_across(&b, 0x1f00000, 0xfff000 - 8 * SECTOR);
    for (size_t i = 0; i < 0x10000; i++)
        assert_int_equal(b.flash[i], 0x77);
    tear_down(&b);
}

/* More runs than one session has ranges for, in an order of their own. */
static void scattered_sectors(void **state)
{
    (void)state;
    bench b = set_up("n8r8");
    enum { N = 700 };
    static espy_flash_part parts[N];
    for (uint32_t i = 0; i < N; i++)
        parts[i] = (espy_flash_part){0x100000 + (i * 37 % N) * 2 * SECTOR, 64 + i % 7, noise + i};
    memset(b.flash + 0x100000, 0, N * 2 * SECTOR);
    assert_int_equal(espy_flasher_write(b.flasher, parts, N, &b.err), ESPY_OK);
    for (size_t i = 0; i < N; i++) {
        assert_memory_equal(b.flash + parts[i].addr, parts[i].bytes, parts[i].size);
        assert_int_equal(b.flash[parts[i].addr + parts[i].size], 0xff);
        assert_int_equal(b.flash[parts[i].addr + SECTOR], 0);
    }
    uint64_t sent = espy_flasher_get_stats(b.flasher)->bytes_sent;
    assert_int_equal(espy_flasher_write(b.flasher, parts, N, &b.err), ESPY_OK);
    assert_true(espy_flasher_get_stats(b.flasher)->bytes_sent - sent < 12 * N * 2);
    tear_down(&b);
}

/* Contents that use each kind of DEFLATE block, and matches over borders of all sizes. */
static void all_kinds_of_contents(void **state)
{
    (void)state;
    bench b = set_up("n16r8v");
    enum { N = 600000 };
    uint8_t *image = malloc(N);
    assert_non_null(image);
    uint32_t r = 1;
    for (size_t i = 0; i < N; i++) {
        r = r * 1103515245 + 12345;
        size_t kind = i / 40000 % 5;
        image[i] = kind == 0   ? (uint8_t)(r >> 16)
                   : kind == 1 ? (uint8_t)(r >> 28)
                   : kind == 2 ? 0xff
                   : kind == 3 ? image[i - 32768]
                               : (uint8_t) "espy writes this "[i % 17];
    }
    const espy_flash_part part = {0, N, image};
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_memory_equal(b.flash, image, N);
    uint8_t *back = malloc(N);
    assert_int_equal(espy_flasher_read(b.flasher, 1, back, N - 2, &b.err), ESPY_OK);
    assert_memory_equal(back, image + 1, N - 2);
    /* A run as short as the frame that tells of it. */
    for (uint32_t n = 1; n <= 8; n++) {
        assert_int_equal(espy_flasher_read(b.flasher, 80000, back, n, &b.err), ESPY_OK);
        assert_memory_equal(back, image + 80000, n);
    }
    free(back);
    free(image);
    tear_down(&b);
}

static void another_rate(void **state)
{
    (void)state;
    bench b = set_up("n4r2,timing=real");
    b.flasher->top_baud = 460800;
    assert_int_equal(espy_flasher_to_top_baud(b.flasher, &b.err), ESPY_OK);
    assert_true(b.flasher->stub.running);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->baud, 460800);
    write_across(&b, 0x3f0000, 0x100000);
    tear_down(&b);
}

/* Two bits changed in a word of the code, which the ROM's checksum does not see; the stub
 * resets the chip, and the ROM's loader waits again. */
static void upload_damaged(espy_session *session, size_t damage)
{
    espy_loader_reply reply;
    for (size_t i = 0; i < espy_stub_esp32s3.n; i++) {
        const espy_stub_segment *segment = &espy_stub_esp32s3.segments[i];
        for (size_t at = 0; at < segment->size; at += 4096) {
            uint8_t block[4096];
            size_t n = segment->size - at < 4096 ? segment->size - at : 4096;
            memcpy(block, segment->bytes + at, n);
            if (i == 0 && damage >= at && damage + 1 < at + n) {
                block[damage - at] ^= 4;
                block[damage - at + 1] ^= 4;
            }
            espy_loader_request request =
                espy_loader_mem_begin((uint32_t)n, 1, (uint32_t)n, segment->addr + (uint32_t)at);
            assert_int_equal(espy_session_request(session, &request, PATIENCE_MS, &reply, NULL), ESPY_OK);
            request = espy_loader_mem_data(0, block, n);
            assert_int_equal(espy_session_request(session, &request, PATIENCE_MS, &reply, NULL), ESPY_OK);
        }
    }
    espy_loader_request end = espy_loader_mem_end(espy_stub_esp32s3.entry);
    espy_session_request(session, &end, 200, &reply, NULL);
}

static void a_damaged_stub(const char *spec)
{
    bench b = {0};
    const espy_flasher_config config = {.no_stub = true, .baud = 115200};
    assert_int_equal(espy_emu_link_open(&b.link, spec, NULL, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_new(&b.flasher, b.link, &config, NULL), ESPY_OK);
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_identify(b.flasher, &b.board, &b.err), ESPY_OK);
    for (size_t damage = 900; damage + 2 < espy_stub_esp32s3.segments[0].size; damage += 3001) {
        upload_damaged(&b.flasher->session, damage);
        espy_link_sleep(b.link, 100, NULL);
        assert_int_equal(espy_session_sync(&b.flasher->session, 5, &b.err), ESPY_OK);
        assert_int_equal(b.flasher->session.sync_value, 0x20120707);
    }
    assert_int_equal(espy_flasher_attach(b.flasher, &b.err), ESPY_OK);
    assert_int_equal(espy_stub_start(b.flasher, &b.err), ESPY_OK);
    tear_down(&b);
}

static void a_damaged_stub_does_not_start(void **state)
{
    (void)state;
    a_damaged_stub("n4r2");
}

/* A transfer on USB ends with a packet of less than 64 bytes: an answer that fills its last
 * packet must not wait in the host's driver for the next one, and the wire not for a second try. */
static void answers_of_any_length_by_usb(void **state)
{
    (void)state;
    bench b = set_up("n8r2,port=usb");
    for (uint32_t n = 0; n < 200; n++) {
        uint64_t start = espy_link_now_ms(b.link);
        assert_int_equal(ask(&b, ESPY_STUB_MEM_READ, (const uint32_t[]){0x3fcb0000, n}, 2), ESPY_STUB_OK);
        assert_int_equal(b.frame.size, n);
        assert_in_range(espy_link_now_ms(b.link) - start, 0, 20);
    }
    write_across(&b, 0x200000, 0x3f0000);
    tear_down(&b);
}

static void the_real_mask_rom(void **state)
{
    (void)state;
    char spec[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(spec, sizeof spec, "n16r8v,rom=%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    if (access(strchr(spec, '=') + 1, R_OK) != 0) {
        print_message("no mask ROM in ESPY_ROM_DIR\n");
        skip();
    }
    a_damaged_stub(spec);
    bench b = set_up(spec);
    write_across(&b, 0x200000, 0xff0000);
    assert_int_equal(espy_flasher_reset(b.flasher, &b.err), ESPY_OK);
    tear_down(&b);
}

int main(void)
{
    make_noise();
    unsetenv("ESPY_ROM");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_lost_and_doubled),
        cmocka_unit_test(errors_stay),
        cmocka_unit_test(streams_of_the_wrong_length),
        cmocka_unit_test(a_flash_that_does_not_take_it),
        cmocka_unit_test(protected_blocks),
        cmocka_unit_test(reading_by_all_formats),
        cmocka_unit_test(malformed_requests),
        cmocka_unit_test(registers_and_memory),
        cmocka_unit_test(addresses_that_fault),
        cmocka_unit_test(digests_of_ranges),
        cmocka_unit_test(beyond_16_mb),
        cmocka_unit_test(scattered_sectors),
        cmocka_unit_test(all_kinds_of_contents),
        cmocka_unit_test(another_rate),
        cmocka_unit_test(a_damaged_stub_does_not_start),
        cmocka_unit_test(answers_of_any_length_by_usb),
        cmocka_unit_test(the_real_mask_rom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
