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
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xC0\x01", 2, &err), ESPY_E_ARG);
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
    static const char port[] = "0 port 1 0000 0000 0 0 replay:/tmp/espy-replay-";
    assert_memory_equal(text, port, sizeof port - 1);
    assert_string_equal(strchr(text, '\n') + 1, "0 lines 0 1\n10 > c00008c0\n12 < 414243\n12 baud 921600\n");
    espy_link_close(link);
}

/* A board on the chip's own USB whose port goes when it is reset, and comes back as another. */
static void a_port_that_goes_and_comes_back(void **state)
{
    (void)state;
    espy_link *link = play("5000 port 1 303a 4001 0 1 /dev/ttyACM0\n"
                           "5000 lines 0 1\n"
                           "5100 lines 1 0\n"
                           "5100 failed lines\n"
                           "5900 port 2 303a 1001 0 1 /dev/ttyACM1\n"
                           "5900 > c0\n"
                           "5910 < 41\n"
                           "5920 failed read\n",
                           NULL, NULL);
    uint8_t byte;
    size_t got;
    assert_int_equal(link->usb_pid, 0x4001);
    assert_true(link->has_lines && link->returns);
    assert_int_equal(espy_link_now_ms(link), 5000);
    assert_int_equal(espy_link_set_lines(link, false, true, NULL), ESPY_OK);
    assert_int_equal(espy_link_sleep(link, 100, NULL), ESPY_OK);
    assert_int_equal(espy_link_set_lines(link, true, false, NULL), ESPY_E_IO);
    assert_int_equal(espy_link_reopen(link, 100, NULL), ESPY_E_IO); /* it took 800 ms */
    assert_int_equal(espy_link_reopen(link, 5000, NULL), ESPY_OK);
    assert_int_equal(espy_link_now_ms(link), 5900);
    assert_int_equal(link->usb_pid, 0x1001);
    assert_true(link->lines_apart);
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xC0", 1, NULL), ESPY_OK);
    assert_int_equal(espy_link_read(link, &byte, 1, 100, &got, NULL), ESPY_OK);
    assert_int_equal(got, 1);
    assert_int_equal(espy_link_read(link, &byte, 1, 1, &got, NULL), ESPY_OK);
    assert_int_equal(espy_link_read(link, &byte, 1, 100, &got, NULL), ESPY_E_IO);
    assert_int_equal(espy_link_reopen(link, 5000, NULL), ESPY_E_IO);
    espy_link_close(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_back_in_order_and_time),
        cmocka_unit_test(a_differing_byte_is_an_error),
        cmocka_unit_test(a_file_without_a_log),
        cmocka_unit_test(the_log_is_what_replay_reads),
        cmocka_unit_test(a_port_that_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
