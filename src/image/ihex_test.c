/* SPDX-License-Identifier: MIT
 *
 * Intel HEX.  The long records are the well-known example that describes the format in
 * manuals and encyclopedias; the short ones are by hand.
 */
#include "ihex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char manual[] = ":10010000214601360121470136007EFE09D2190140\r\n"
                             ":100110002146017E17C20001FF5F16002148011928\r\n"
                             ":10012000194E79234623965778239EDA3F01B2CAA7\r\n"
                             ":100130003F0156702B5E712B722B732146013421C7\r\n"
                             ":00000001FF\r\n";

static espy_status read_text(const char *text, espy_pieces *pieces, espy_err *err)
{
    *pieces = (espy_pieces){0};
    return espy_ihex_read(pieces, (const uint8_t *)text, strlen(text), err);
}

static void assert_refused(const char *text, const char *words)
{
    espy_pieces pieces;
    espy_err err = {0};
    assert_int_equal(read_text(text, &pieces, &err), ESPY_E_FORMAT);
    assert_int_equal(pieces.count, 0);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void reads_what_manuals_show(void **state)
{
    (void)state;
    espy_pieces pieces;
    espy_err err = {0};
    assert_true(espy_ihex_is((const uint8_t *)manual, sizeof manual - 1));
    assert_int_equal(read_text(manual, &pieces, &err), ESPY_OK);
    assert_int_equal(pieces.count, 1);
    assert_int_equal(pieces.piece[0].addr, 0x100);
    assert_int_equal(pieces.piece[0].data.size, 64);
    assert_memory_equal(pieces.piece[0].data.bytes, "\x21\x46\x01\x36", 4);
    assert_int_equal(pieces.piece[0].data.bytes[63], 0x21);
    espy_pieces_free(&pieces);
}

/* Out of order, with a gap, and behind records of both kinds of base. */
static void sorts_and_splits(void **state)
{
    (void)state;
    espy_pieces pieces;
    espy_err err = {0};
    const char *text = ":020000040001F9\n:0100020055A8\n\n:01000000AA55\n:0100010033CB\n"
                       ":020000022000DC\n:01000500BB3F\n:0400000500000100F6\n:00000001FF\nanything\n";
    assert_int_equal(read_text(text, &pieces, &err), ESPY_OK);
    assert_int_equal(pieces.count, 2);
    assert_int_equal(pieces.piece[0].addr, 0x10000);
    assert_int_equal(pieces.piece[0].data.size, 3);
    assert_memory_equal(pieces.piece[0].data.bytes, "\xAA\x33\x55", 3);
    assert_int_equal(pieces.piece[1].addr, 0x20005);
    espy_pieces_free(&pieces);
}

static void names_the_line(void **state)
{
    (void)state;
    assert_refused(":0100000055AA\n:0100010055AA\n:00000001FF\n", "line 2 of the Intel HEX file has a wrong checksum");
    assert_refused(":0100000055AA\n:01000g0055A9\n", "line 2 of the Intel HEX file has a character");
    assert_refused(":0100000055AA\nhello\n", "line 2 of the Intel HEX file does not begin with a colon");
    assert_refused(":0200000055A9\n", "line 1 of the Intel HEX file is not as long as its count says");
    assert_refused(":0100000655A4\n", "record type above 5");
    assert_refused(":0100000400FB\n", "has not 2 bytes");
    assert_refused(":02000004FFFFFC\n:02FFFF0001 02\n", "line 2");
    assert_refused(":02000004FFFFFC\n:02FFFF000102FD\n:00000001FF\n", "goes past the last 32-bit address");
    assert_refused(":0100000055AA\n:0100000055AA\n:00000001FF\n", "byte 0x0 twice, near line 2");
    assert_refused(":0100000055AA\n", "ends after line 1 without an end record");
    assert_refused(":", "line 1 of the Intel HEX file has no whole record");
}

/* A binary may begin with a colon. */
static void knows_it_by_a_whole_record(void **state)
{
    (void)state;
    assert_false(espy_ihex_is((const uint8_t *)":\x01\x02", 3));
    assert_false(espy_ihex_is((const uint8_t *)"", 0));
    assert_false(espy_ihex_is((const uint8_t *)":0100000055AB\n", 14));
    assert_true(espy_ihex_is((const uint8_t *)":0100000055AA", 13));
}

static void add(espy_pieces *pieces, uint32_t addr, const char *bytes, size_t n)
{
    espy_piece *piece = espy_pieces_add(pieces, addr, 0, NULL);
    assert_non_null(piece);
    assert_int_equal(espy_buf_append(&piece->data, bytes, n, NULL), ESPY_OK);
}

static void assert_writes(espy_pieces *pieces, const char *text)
{
    espy_buf out = {0};
    assert_int_equal(espy_ihex_write(&out, pieces, NULL), ESPY_OK);
    assert_int_equal(espy_buf_append(&out, "", 1, NULL), ESPY_OK);
    assert_string_equal((char *)out.bytes, text);
    espy_buf_free(&out);
    espy_pieces_free(pieces);
}

static void writes_records(void **state)
{
    (void)state;
    espy_pieces pieces = {0};
    add(&pieces, 0x100, "\x21\x46\x01\x36\x01\x21\x47\x01\x36\x00\x7E\xFE\x09\xD2\x19\x01\x55", 17);
    assert_writes(&pieces, ":10010000214601360121470136007EFE09D2190140\n:010110005599\n:00000001FF\n");
    add(&pieces, 0xFFFF, "\xAA\x55", 2); /* across 64 KiB: an upper half before each */
    assert_writes(&pieces, ":020000040000FA\n:01FFFF00AA57\n:020000040001F9\n:0100000055AA\n:00000001FF\n");
    assert_writes(&pieces, ":00000001FF\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_manuals_show), cmocka_unit_test(sorts_and_splits),
        cmocka_unit_test(names_the_line),          cmocka_unit_test(knows_it_by_a_whole_record),
        cmocka_unit_test(writes_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
