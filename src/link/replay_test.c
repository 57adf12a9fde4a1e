/* SPDX-License-Identifier: MIT
 *
 * The wire log and its replay: what one link logs, another plays back, at the same
 * times.
 */
#include "espy/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char tape[] = "cmd: not ours\n"
                           "wire: 0 lines 0 1\n"
                           "wire: 10 > c00008c0\n"
                           "12 < 414243\n"
                           "20 baud 921600\n"
                           "20 > ff\n"
                           "3000 < 5a\n";

static espy_link *play(const char *text, const espy_log *log, espy_err *err)
{
    char name[] = "replay:/tmp/espy-replay-XXXXXX";
    int fd = mkstemp(name + strlen("replay:"));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    espy_link *link = NULL;
    espy_link_open(&link, name, log, err);
    unlink(name + strlen("replay:"));
    return link;
}

static void plays_back_in_order_and_time(void **state)
{
    (void)state;
    espy_link *link = play(tape, NULL, NULL);
    assert_non_null(link);
    uint8_t bytes[8];
    size_t got;
    assert_int_equal(espy_link_read(link, bytes, sizeof bytes, 5, &got, NULL), ESPY_OK);
    assert_int_equal(got, 0);
    assert_int_equal(espy_link_now_ms(link), 5);
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xC0\x00\x08\xC0", 4, NULL), ESPY_OK);
    assert_int_equal(espy_link_read(link, bytes, 2, 1000, &got, NULL), ESPY_OK);
    assert_int_equal(got, 2);
    assert_int_equal(espy_link_now_ms(link), 12);
    /* The C is dropped, as by a drain, when the next byte goes out. */
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xFF", 1, NULL), ESPY_OK);
    assert_int_equal(espy_link_read(link, bytes, sizeof bytes, 5000, &got, NULL), ESPY_OK);
    assert_int_equal(got, 1);
    assert_int_equal(bytes[0], 'Z');
    assert_int_equal(espy_link_now_ms(link), 3000);
    espy_link_close(link);
}

static void a_differing_byte_is_an_error(void **state)
{
    (void)state;
    espy_link *link = play(tape, NULL, NULL);
    espy_err err = {0};
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xC0\x01", 2, &err), ESPY_E_PROTOCOL);
    assert_non_null(strstr(err.text, "chunk 0, byte 1"));
    espy_link_close(link);
}

static void a_file_without_a_log(void **state)
{
    (void)state;
    espy_err err = {0};
    assert_null(play("hello\n", NULL, &err));
    assert_int_equal(err.status, ESPY_E_FORMAT);
}

static void collect(void *user, espy_channel channel, const char *line)
{
    assert_int_equal(channel, ESPY_LOG_WIRE);
    char *text = user;
    strcat(text, line);
    strcat(text, "\n");
}

static void the_log_is_what_replay_reads(void **state)
{
    (void)state;
    char text[512] = "";
    espy_log log = {.mask = ESPY_LOG_WIRE, .sink = collect, .user = text};
    espy_link *link = play(tape, &log, NULL);
    uint8_t bytes[8];
    size_t got;
    espy_link_set_lines(link, false, true, NULL);
    espy_link_sleep(link, 10, NULL);
    espy_link_write(link, (const uint8_t *)"\xC0\x00\x08\xC0", 4, NULL);
    espy_link_read(link, bytes, sizeof bytes, 100, &got, NULL);
    espy_link_set_baud(link, 921600, NULL);
    assert_string_equal(text, "0 lines 0 1\n10 > c00008c0\n12 < 414243\n12 baud 921600\n");
    espy_link_close(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_back_in_order_and_time),
        cmocka_unit_test(a_differing_byte_is_an_error),
        cmocka_unit_test(a_file_without_a_log),
        cmocka_unit_test(the_log_is_what_replay_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
