/* SPDX-License-Identifier: MIT
 *
 * Telnet and COM-PORT: byte strings worked out from RFC 854 (IAC 255, SB 250, SE 240,
 * WILL 251, WONT 252, DO 253, DONT 254) and RFC 2217 (option 44, SET-BAUDRATE 1,
 * server answers from 100).
 */
#include "telnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void commands_are_escaped(void **state)
{
    (void)state;
    espy_buf out = {0};
    assert_int_equal(espy_telnet_com_port(&out, ESPY_COM_SET_BAUDRATE, (const uint8_t[]){0, 0, 0xFF, 1}, 4, NULL), 0);
    const uint8_t want[] = {255, 250, 44, 1, 0, 0, 255, 255, 1, 255, 240};
    assert_int_equal(out.size, sizeof want);
    assert_memory_equal(out.bytes, want, sizeof want);
    espy_buf_clear(&out);
    assert_int_equal(espy_telnet_escape(&out, (const uint8_t[]){1, 255, 2}, 3, NULL), 0);
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.bytes, "\x01\xFF\xFF\x02", 4);
    espy_buf_free(&out);
}

/* The same stream, cut at every place in two. */
static void data_and_commands_part(void **state)
{
    (void)state;
    const uint8_t stream[] = {'a', 255, 253, 44,  'b', 255, 255, 255, 250, 44,  101, 255,
                              255, 0,   255, 240, 'c', 255, 253, 24,  255, 251, 1,   'd'};
    for (size_t cut = 0; cut <= sizeof stream; cut++) {
        espy_telnet telnet = {0};
        uint8_t bytes[sizeof stream];
        size_t first, second;
        memcpy(bytes, stream, sizeof stream);
        assert_int_equal(espy_telnet_take(&telnet, bytes, cut, &first, NULL), 0);
        assert_int_equal(espy_telnet_take(&telnet, bytes + cut, sizeof stream - cut, &second, NULL), 0);
        memmove(bytes + first, bytes + cut, second);
        assert_int_equal(first + second, 5);
        assert_memory_equal(bytes,
                            "ab\xFF"
                            "cd",
                            5);
        assert_true(telnet.will_com_port);
        assert_int_equal(telnet.answers, 1);
        /* Terminal type and echo are declined. */
        assert_int_equal(telnet.reply.size, 6);
        assert_memory_equal(telnet.reply.bytes, ((const uint8_t[]){255, 252, 24, 255, 254, 1}), 6);
        espy_buf_free(&telnet.reply);
    }
}

static void a_server_without_com_port(void **state)
{
    (void)state;
    espy_telnet telnet = {0};
    uint8_t bytes[] = {255, 254, 44};
    size_t kept;
    assert_int_equal(espy_telnet_take(&telnet, bytes, sizeof bytes, &kept, NULL), 0);
    assert_true(telnet.refused_com_port);
    assert_false(telnet.will_com_port);
    assert_int_equal(telnet.reply.size, 0);
}

static void a_notice_is_no_answer(void **state)
{
    (void)state;
    espy_telnet telnet = {0};
    uint8_t bytes[] = {255, 250, 44, 107, 0x30, 255, 240, 255, 250, 44, 106, 0, 255, 240};
    size_t kept;
    assert_int_equal(espy_telnet_take(&telnet, bytes, sizeof bytes, &kept, NULL), 0);
    assert_int_equal(kept, 0);
    assert_int_equal(telnet.answers, 0);
}

static void a_long_subnegotiation_is_cut(void **state)
{
    (void)state;
    espy_telnet telnet = {0};
    uint8_t bytes[100] = {255, 250, 44, 100};
    size_t kept;
    bytes[97] = 255;
    bytes[98] = 240;
    bytes[99] = 'x';
    assert_int_equal(espy_telnet_take(&telnet, bytes, sizeof bytes, &kept, NULL), 0);
    assert_int_equal(kept, 1);
    assert_int_equal(bytes[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_escaped),         cmocka_unit_test(data_and_commands_part),
        cmocka_unit_test(a_server_without_com_port),    cmocka_unit_test(a_notice_is_no_answer),
        cmocka_unit_test(a_long_subnegotiation_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
