/* SPDX-License-Identifier: MIT
 *
 * TCP links against a socket of this process: the kernel completes a connection
 * before anybody accepts it, so one thread is enough.
 */
#include "espy/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int listen_anywhere(char *name, size_t cap)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(server, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
    snprintf(name, cap, "socket://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return server;
}

static void carries_bytes_until_the_other_side_hangs_up(void **state)
{
    (void)state;
    char name[64];
    int server = listen_anywhere(name, sizeof name);
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_OK);
    assert_false(link->has_lines);
    assert_int_equal(espy_link_set_baud(link, 921600, NULL), ESPY_E_UNSUPPORTED);
    int board = accept(server, NULL, NULL);
    uint8_t bytes[8];
    size_t got;
    assert_int_equal(espy_link_write(link, (const uint8_t *)"\xC0\x00\x03", 3, &err), ESPY_OK);
    assert_int_equal(recv(board, bytes, sizeof bytes, 0), 3);
    assert_memory_equal(bytes, "\xC0\x00\x03", 3);
    assert_int_equal(send(board, "\xFF\xFF!", 3, 0), 3);
    assert_int_equal(espy_link_read(link, bytes, sizeof bytes, 5000, &got, &err), ESPY_OK);
    assert_int_equal(got, 3);
    close(board);
    assert_int_equal(espy_link_read(link, bytes, sizeof bytes, 5000, &got, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, "hung up"));
    espy_link_close(link);
    close(server);
}

static void nobody_there_and_bad_names(void **state)
{
    (void)state;
    char name[64];
    close(listen_anywhere(name, sizeof name));
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, "Connection refused"));
    static const char *const bad[] = {
        "socket://",   "socket://localhost",       "socket://:1",       "socket://localhost:",
        "rfc2217://x", "socket://localhost:65536", "tcp://localhost:1", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (espy_err){0};
        assert_int_equal(espy_link_open(&link, bad[i], NULL, &err), ESPY_E_ARG);
        assert_true(err.advice[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_until_the_other_side_hangs_up),
        cmocka_unit_test(nobody_there_and_bad_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
