/* SPDX-License-Identifier: MIT
 *
 * Replies.  The frames are those of esptool's "Serial Protocol" document and the
 * layouts that its check_command() expects: four status bytes from the ROM, two from
 * a stub.
 */
#include "espy/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void sync_of_the_rom(void **state)
{
    (void)state;
    const uint8_t frame[] = {1, 8, 4, 0, 0x07, 0x07, 0x12, 0x20, 0, 0, 0, 0};
    espy_loader_reply reply;
    assert_true(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
    assert_int_equal(reply.op, ESPY_OP_SYNC);
    assert_int_equal(reply.value, 0x20120707);
    assert_int_equal(reply.size, 0);
    assert_int_equal(reply.status, 0);
}

static void errors_of_rom_and_stub(void **state)
{
    (void)state;
    const uint8_t rom[] = {1, 3, 4, 0, 0, 0, 0, 0, 1, 7, 0, 0};
    espy_loader_reply reply;
    assert_true(espy_loader_reply_parse(&reply, rom, sizeof rom, ESPY_LOADER_ROM_STATUS));
    assert_int_equal(reply.status, 1);
    assert_string_equal(espy_loader_error_name(reply.error), "wrong checksum");
    const uint8_t stub[] = {1, 3, 2, 0, 0, 0, 0, 0, 1, 0xC1};
    assert_true(espy_loader_reply_parse(&reply, stub, sizeof stub, ESPY_LOADER_STUB_STATUS));
    assert_string_equal(espy_loader_error_name(reply.error), "stub: wrong checksum");
}

static void md5_of_the_rom(void **state)
{
    (void)state;
    uint8_t frame[8 + 32 + 4] = {1, 0x13, 36, 0};
    memcpy(frame + 8, "0123456789abcdef0123456789abcdef", 32);
    espy_loader_reply reply;
    assert_true(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
    assert_int_equal(reply.size, 32);
    assert_memory_equal(reply.data, "0123456789abcdef0123456789abcdef", 32);
}

static void every_truncation_and_wrong_length_is_refused(void **state)
{
    (void)state;
    uint8_t frame[] = {1, 0x0A, 4, 0, 1, 2, 3, 4, 0, 0, 0, 0};
    espy_loader_reply reply;
    for (size_t n = 0; n < sizeof frame; n++)
        assert_false(espy_loader_reply_parse(&reply, frame, n, ESPY_LOADER_ROM_STATUS));
    assert_true(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
    frame[2] = 5;
    assert_false(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
    frame[2] = 4;
    frame[0] = 0;
    assert_false(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
    frame[0] = 1;
    frame[8] = 0x10;
    assert_false(espy_loader_reply_parse(&reply, frame, sizeof frame, ESPY_LOADER_ROM_STATUS));
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(espy_loader_op_name(0x13), "SPI_FLASH_MD5");
    assert_string_equal(espy_loader_op_name(0x0C), "unknown command");
    assert_string_equal(espy_loader_op_name(0xD2), "unknown command");
    assert_string_equal(espy_loader_error_name(0x42), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync_of_the_rom), cmocka_unit_test(errors_of_rom_and_stub),
        cmocka_unit_test(md5_of_the_rom),  cmocka_unit_test(every_truncation_and_wrong_length_is_refused),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
