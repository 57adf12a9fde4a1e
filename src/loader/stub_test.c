/* SPDX-License-Identifier: MIT
 *
 * Frames of the stub: golden vectors made by hand with zlib's CRC-32, truncation and
 * change at each byte, and each payload.
 */
#include "stub.h"

#include "../base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static void crc(void **state)
{
    (void)state;
    /* The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRCs. */
    assert_int_equal(espy_stub_crc(0, (const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(espy_stub_crc(espy_stub_crc(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5),
                     0xcbf43926);
}

static void requests(void **state)
{
    (void)state;
    uint8_t out[64];
    /* zlib.crc32(bytes.fromhex("40000201")) == 0xff61d535 */
    assert_int_equal(espy_stub_encode(out, sizeof out, ESPY_STUB_HELLO, 0x102, NULL, 0, NULL, 0), 10);
    assert_memory_equal(out, "\xc0\x40\x00\x02\x01\x35\xd5\x61\xff\xc0", 10);
    /* A head and data, with bytes that SLIP escapes: zlib.crc32(bytes.fromhex("52000300c0db7f")) == 0x5d5fbb09 */
    assert_int_equal(espy_stub_encode(out, sizeof out, ESPY_STUB_DATA, 3, (const uint8_t *)"\xc0", 1,
                                      (const uint8_t *)"\xdb\x7f", 2),
                     15);
    assert_memory_equal(out, "\xc0\x52\x00\x03\x00\xdb\xdc\xdb\xdd\x7f\x09\xbb\x5f\x5d\xc0", 15);
}

static void requests_that_do_not_fit(void **state)
{
    (void)state;
    static uint8_t out[ESPY_STUB_WIRE_MAX(ESPY_STUB_PAYLOAD_MAX)], data[ESPY_STUB_PAYLOAD_MAX + 1];
    assert_int_equal(espy_stub_encode(out, ESPY_STUB_WIRE_MAX(0) - 1, ESPY_STUB_HELLO, 0, NULL, 0, NULL, 0), 0);
    assert_int_equal(espy_stub_encode(out, sizeof out, ESPY_STUB_DATA, 0, data, sizeof data, NULL, 0), 0);
    assert_int_equal(espy_stub_encode(out, sizeof out, ESPY_STUB_DATA, 0, data, 1, data, sizeof data - 1), 0);
    assert_true(espy_stub_encode(out, sizeof out, ESPY_STUB_DATA, 0, data, 8, data, sizeof data - 9) > 0);
}

/* What a stub would send: op with the reply's bit, status, tag, payload, CRC by zlib. */
static size_t answer(uint8_t *out, unsigned op, unsigned status, uint16_t tag, const uint32_t *words, size_t n)
{
    out[0] = (uint8_t)(op | 0x80);
    out[1] = (uint8_t)status;
    put_le16(out + 2, tag);
    for (size_t i = 0; i < n; i++)
        put_le32(out + 4 + 4 * i, words[i]);
    put_le32(out + 4 + 4 * n, (uint32_t)crc32(0, out, (uInt)(4 + 4 * n)));
    return 8 + 4 * n;
}

static void answers(void **state)
{
    (void)state;
    uint8_t bytes[64];
    espy_stub_frame frame;
    size_t n = answer(bytes, ESPY_STUB_REGS_READ, ESPY_STUB_OK, 0xfedc, (const uint32_t[]){0x11223344, 5}, 2);
    assert_true(espy_stub_parse(&frame, bytes, n));
    assert_int_equal(frame.op, ESPY_STUB_REGS_READ);
    assert_int_equal(frame.status, ESPY_STUB_OK);
    assert_int_equal(frame.tag, 0xfedc);
    assert_int_equal(frame.size, 8);
    assert_int_equal(get_le32(frame.payload), 0x11223344);
    for (size_t i = 0; i < n; i++)
        assert_false(espy_stub_parse(&frame, bytes, i));
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_false(espy_stub_parse(&frame, bytes, n));
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* A request that comes back, as on a wire that is short-circuited, is no answer. */
static void echoes(void **state)
{
    (void)state;
    uint8_t out[64];
    espy_stub_frame frame;
    size_t n = espy_stub_encode(out, sizeof out, ESPY_STUB_HELLO, 1, NULL, 0, NULL, 0);
    assert_false(espy_stub_parse(&frame, out + 1, n - 2));
}

static espy_stub_frame made(uint8_t *bytes, unsigned op, unsigned status, const uint32_t *words, size_t n)
{
    espy_stub_frame frame;
    assert_true(espy_stub_parse(&frame, bytes, answer(bytes, op, status, 1, words, n)));
    return frame;
}

static void hello(void **state)
{
    (void)state;
    uint8_t bytes[64];
    const uint32_t words[] = {ESPY_STUB_MAGIC, 1, 131072, 4104, 0x1840ef, 1, 40, 0xdeadbeef};
    espy_stub_hello h;
    espy_stub_frame frame = made(bytes, ESPY_STUB_HELLO, ESPY_STUB_OK, words, 8);
    assert_true(espy_stub_parse_hello(&h, &frame));
    assert_int_equal(h.version, 1);
    assert_int_equal(h.ring, 131072);
    assert_int_equal(h.flash_id, 0x1840ef);
    assert_true(h.flash_octal);
    assert_int_equal(h.cpu_mhz, 40);
    assert_int_equal(h.crc, 0xdeadbeef);
    for (size_t n = 0; n < 8; n++) {
        frame = made(bytes, ESPY_STUB_HELLO, ESPY_STUB_OK, words, n);
        assert_false(espy_stub_parse_hello(&h, &frame));
    }
    frame = made(bytes, ESPY_STUB_STATUS, ESPY_STUB_OK, words, 8);
    assert_false(espy_stub_parse_hello(&h, &frame));
    frame = made(bytes, ESPY_STUB_HELLO, ESPY_STUB_OK, (const uint32_t[8]){0}, 8);
    assert_false(espy_stub_parse_hello(&h, &frame));
}

static void acknowledgements(void **state)
{
    (void)state;
    uint8_t bytes[64];
    const uint32_t words[] = {7, 4096, 8192, 0x31, 2048, 0x10040, 65536, 1, 2, 3, 4};
    espy_stub_ack ack;
    espy_stub_frame frame = made(bytes, ESPY_STUB_DATA, ESPY_STUB_FLASH_DIFFERS, words, 7);
    assert_true(espy_stub_parse_ack(&ack, &frame));
    assert_int_equal(ack.session, 7);
    assert_int_equal(ack.next, 4096);
    assert_int_equal(ack.durable, 8192);
    assert_int_equal(ack.error, ESPY_STUB_FLASH_DIFFERS);
    assert_int_equal(ack.error_at, 2048);
    assert_int_equal(ack.error_addr, 0x10040);
    assert_int_equal(ack.erased, 65536);
    assert_false(ack.has_digest);
    frame = made(bytes, ESPY_STUB_END, ESPY_STUB_OK, words, 11);
    assert_true(espy_stub_parse_ack(&ack, &frame));
    assert_true(ack.has_digest);
    assert_memory_equal(ack.digest, "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0", 16);
    for (size_t n = 0; n < 12; n++) {
        frame = made(bytes, ESPY_STUB_END, ESPY_STUB_OK, words, n < 11 ? n : 10);
        assert_int_equal(espy_stub_parse_ack(&ack, &frame), n == 7);
    }
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_OK, words, 7);
    assert_false(espy_stub_parse_ack(&ack, &frame));
}

static void digests(void **state)
{
    (void)state;
    uint8_t bytes[64];
    const uint32_t words[] = {1, 3, 10, 11, 12, 13, 20, 21, 22, 23};
    espy_stub_digests d;
    espy_stub_frame frame = made(bytes, ESPY_STUB_DIGESTS, ESPY_STUB_OK, words, 10);
    assert_true(espy_stub_parse_digests(&d, &frame));
    assert_int_equal(d.first, 1);
    assert_int_equal(d.total, 3);
    assert_int_equal(d.n, 2);
    assert_int_equal(get_le32(d.digests + 16), 20);
    for (size_t n = 0; n < 10; n++) {
        frame = made(bytes, ESPY_STUB_DIGESTS, ESPY_STUB_PART, words, n);
        assert_int_equal(espy_stub_parse_digests(&d, &frame), n == 2 || n == 6);
    }
    /* More than there are. */
    frame = made(bytes, ESPY_STUB_DIGESTS, ESPY_STUB_PART, (const uint32_t[10]){2, 3}, 10);
    assert_false(espy_stub_parse_digests(&d, &frame));
    frame = made(bytes, ESPY_STUB_DIGESTS, ESPY_STUB_PART, (const uint32_t[10]){0xffffffff, 3}, 10);
    assert_false(espy_stub_parse_digests(&d, &frame));
    frame = made(bytes, ESPY_STUB_DIGESTS, ESPY_STUB_FLASH_BUSY, words, 10);
    assert_false(espy_stub_parse_digests(&d, &frame));
}

static void pieces(void **state)
{
    (void)state;
    uint8_t bytes[64];
    espy_stub_piece p;
    espy_stub_frame frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 8, 1, 2}, 4);
    assert_true(espy_stub_parse_piece(&p, &frame));
    assert_int_equal(p.addr, 0x1000);
    assert_int_equal(p.size, 8);
    assert_int_equal(p.format, ESPY_STUB_RAW);
    assert_ptr_equal(p.bytes, frame.payload + 8);
    assert_int_equal(p.n_bytes, 8);
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 0x01004000, 1, 2}, 4);
    assert_true(espy_stub_parse_piece(&p, &frame));
    assert_int_equal(p.size, 0x4000);
    assert_int_equal(p.format, ESPY_STUB_DEFLATE);
    assert_int_equal(p.n_bytes, 8);
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 0x01004001, 1, 2}, 4);
    assert_false(espy_stub_parse_piece(&p, &frame)); /* more than a chunk */
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 12, 1, 2}, 4);
    assert_false(espy_stub_parse_piece(&p, &frame));
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_OK, (const uint32_t[]){0x1000, 8, 1, 2}, 4);
    assert_false(espy_stub_parse_piece(&p, &frame));
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000}, 1);
    assert_false(espy_stub_parse_piece(&p, &frame));
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 0x04000004, 1}, 3);
    assert_false(espy_stub_parse_piece(&p, &frame)); /* a format that there is not */
    frame = made(bytes, ESPY_STUB_READ, ESPY_STUB_PART, (const uint32_t[]){0x1000, 0x02000004, 0xff}, 3);
    assert_false(espy_stub_parse_piece(&p, &frame)); /* a run of four bytes' worth */
    /* By zlib.crc32(bytes.fromhex("d60101000010000000000102ff")) */
    static const uint8_t run[] = {0xd6, 1, 1, 0, 0, 0x10, 0, 0, 0, 0, 1, 2, 0xff, 0x85, 0xce, 0x17, 0x3e};
    assert_true(espy_stub_parse(&frame, run, sizeof run) && espy_stub_parse_piece(&p, &frame));
    assert_int_equal(p.size, 65536);
    assert_int_equal(p.format, ESPY_STUB_RUN);
    assert_int_equal(p.bytes[0], 0xff);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(espy_stub_op_name(ESPY_STUB_DIGESTS), "DIGESTS");
    assert_string_equal(espy_stub_op_name(0xff), "unknown command");
    assert_string_equal(espy_stub_status_name(ESPY_STUB_GAP), "blocks are missing");
    assert_string_equal(espy_stub_status_name(0x99), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc),     cmocka_unit_test(requests), cmocka_unit_test(requests_that_do_not_fit),
        cmocka_unit_test(answers), cmocka_unit_test(echoes),   cmocka_unit_test(hello),
        cmocka_unit_test(digests), cmocka_unit_test(pieces),   cmocka_unit_test(acknowledgements),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
