/* SPDX-License-Identifier: MIT
 *
 * RFC 2217 links against a small server in a thread of this process.  It speaks as the
 * RFC says a server does: it agrees to COM-PORT, confirms each command with the command
 * plus 100 and its value, and passes data through.
 */
#include "espy/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct server {
    int listener;
    bool agrees;
    char log[512]; /* "1=115200 5=9 " : commands and values */
    size_t log_size;
    pthread_t thread;
} server;

static void note(server *s, const uint8_t *sub, size_t n)
{
    unsigned long value = 0;
    for (size_t i = 2; i < n; i++)
        value = value << 8 | sub[i];
    s->log_size += (size_t)snprintf(s->log + s->log_size, sizeof s->log - s->log_size, "%u=%lu ", sub[1], value);
}

/* The port behind it makes 1 Mbaud of 2, as a CP2102 does. */
static void confirm(int client, const uint8_t *sub, size_t n)
{
    static const uint8_t two[] = {44, 1, 0, 0x1E, 0x84, 0x80}, one[] = {44, 1, 0, 0x0F, 0x42, 0x40};
    if (n == sizeof two && memcmp(sub, two, n) == 0)
        sub = one;
    uint8_t answer[32] = {255, 250, 44, (uint8_t)(sub[1] + 100)};
    size_t at = 4;
    for (size_t i = 2; i < n; i++) {
        answer[at++] = sub[i];
        if (sub[i] == 255)
            answer[at++] = 255;
    }
    answer[at++] = 255;
    answer[at++] = 240;
    send(client, answer, at, MSG_NOSIGNAL);
}

static bool next(int client, uint8_t *byte)
{
    return recv(client, byte, 1, 0) == 1;
}

static bool subnegotiate(server *s, int client)
{
    uint8_t sub[16], byte;
    size_t n = 0;
    for (;;) {
        if (!next(client, &byte))
            return false;
        if (byte == 255 && (!next(client, &byte) || byte == 240))
            break;
        if (n < sizeof sub)
            sub[n++] = byte;
    }
    note(s, sub, n);
    confirm(client, sub, n);
    return true;
}

static bool command(server *s, int client)
{
    uint8_t verb, option;
    if (!next(client, &verb))
        return false;
    if (verb == 250)
        return subnegotiate(s, client);
    if (verb == 255)
        return send(client, "\xFF\xFF", 2, MSG_NOSIGNAL) == 2;
    if (!next(client, &option))
        return false;
    if (verb == 251 && option == 44) {
        const uint8_t answer[] = {255, s->agrees ? 253 : 254, 44};
        send(client, answer, sizeof answer, MSG_NOSIGNAL);
    }
    return true;
}

static void *serve(void *self)
{
    server *s = self;
    int client = accept(s->listener, NULL, NULL);
    uint8_t byte;
    while (next(client, &byte)) {
        if (byte != 255)
            send(client, &byte, 1, MSG_NOSIGNAL);
        else if (!command(s, client))
            break;
    }
    close(client);
    return NULL;
}

static void start(server *s, bool agrees, char *name, size_t cap)
{
    *s = (server){.listener = socket(AF_INET, SOCK_STREAM, 0), .agrees = agrees};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(name, cap, "rfc2217://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(server *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static void lines_rate_and_every_byte(void **state)
{
    (void)state;
    server s;
    char name[64];
    start(&s, true, name, sizeof name);
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_OK);
    assert_true(link->has_lines);
    assert_int_equal(espy_link_set_lines(link, false, true, &err), ESPY_OK);
    assert_int_equal(espy_link_set_baud(link, 0xFF00FF, &err), ESPY_OK);
    assert_int_equal(espy_link_set_baud(link, 2000000, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, " does not do 2000000 baud, but 1000000"));
    err = (espy_err){0};
    uint8_t all[256], back[256];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(espy_link_write(link, all, sizeof all, &err), ESPY_OK);
    for (size_t at = 0, got; at < sizeof back; at += got)
        assert_int_equal(espy_link_read(link, back + at, sizeof back - at, 5000, &got, &err), ESPY_OK);
    assert_memory_equal(all, back, sizeof all);
    espy_link_close(link);
    stop(&s);
    /* 115200 8N1, no flow control, lines off; then RTS on, and the odd rate. */
    assert_string_equal(s.log, "1=115200 2=8 3=1 4=1 5=1 5=9 5=12 5=9 5=11 1=16711935 1=2000000 ");
}

static void a_server_that_refuses(void **state)
{
    (void)state;
    server s;
    char name[64];
    start(&s, false, name, sizeof name);
    espy_link *link = NULL;
    espy_err err = {0};
    assert_int_equal(espy_link_open(&link, name, NULL, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "without the COM-PORT option"));
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_rate_and_every_byte),
        cmocka_unit_test(a_server_that_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
