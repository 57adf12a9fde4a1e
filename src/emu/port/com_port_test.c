/* SPDX-License-Identifier: MIT
 *
 * The RFC 2217 server, against byte strings worked out from RFC 854 (IAC 255, SB 250, SE 240,
 * WILL 251, WONT 252, DO 253, DONT 254), RFC 857, 858 and RFC 2217 (option 44; commands 0 to
 * 12, answers 100 more).
 */
#include "com_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the server did to the port, in order, as text. */
typedef struct wire {
    espy_com_port port;
    espy_buf out;
    char done[512];
} wire;

static void note(wire *w, const char *fmt, ...) ESPY_PRINTF(2, 3);
static void note(wire *w, const char *fmt, ...)
{
    size_t n = strlen(w->done);
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->done + n, sizeof w->done - n, fmt, args);
    va_end(args);
}

static void on_data(void *self, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        note(self, "%02x; ", bytes[i]);
}

static void on_baud(void *self, uint32_t baud)
{
    note(self, "baud %u; ", (unsigned)baud);
}

static void on_frame(void *self, const espy_com_frame *frame)
{
    note(self, "frame %d %d %d; ", frame->data_size, frame->parity, frame->stop_size);
}

static void on_lines(void *self, bool dtr, bool rts)
{
    note(self, "lines %d %d; ", dtr, rts);
}

static void on_break(void *self, bool on)
{
    note(self, "break %d; ", on);
}

static void on_purge(void *self, bool received, bool sent)
{
    note(self, "purge %d %d; ", received, sent);
}

static const espy_com_port_ops ops = {on_data, on_baud, on_frame, on_lines, on_break, on_purge};

static wire new_wire(void)
{
    return (wire){.port = {.ops = &ops, .baud = 115200, .frame = {8, 1, 1}}};
}

static void say(wire *w, const void *bytes, size_t n)
{
    uint8_t copy[256];
    assert_true(n <= sizeof copy);
    memcpy(copy, bytes, n);
    w->port.self = w;
    assert_int_equal(espy_com_port_take(&w->port, copy, n, &w->out, NULL), ESPY_OK);
}

#define SAY(w, ...) say(w, (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

static void check_answer(wire *w, const uint8_t *want, size_t n)
{
    assert_int_equal(w->out.size, n);
    if (n > 0)
        assert_memory_equal(w->out.bytes, want, n);
    espy_buf_clear(&w->out);
}

#define ANSWERS(w, ...) check_answer(w, (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})
#define SILENT(w) check_answer(w, NULL, 0)

static void check_done(wire *w, const char *want)
{
    assert_string_equal(w->done, want);
    w->done[0] = '\0';
}

static void test_negotiation(void **state)
{
    (void)state;
    wire w = new_wire();
    assert_int_equal(espy_com_port_hello(&w.port, &w.out, NULL), ESPY_OK);
    ANSWERS(&w, 255, 253, 44, 255, 251, 0, 255, 253, 0, 255, 251, 3, 255, 253, 3, 255, 251, 1);
    /* The client agrees to what it was asked, and that is the end of it. */
    SAY(&w, 255, 251, 44, 255, 253, 0, 255, 251, 0, 255, 253, 3, 255, 251, 3, 255, 253, 1);
    SILENT(&w);
    /* It asks for our COM-PORT, which was not offered, once more than needed. */
    SAY(&w, 255, 253, 44);
    ANSWERS(&w, 255, 251, 44);
    SAY(&w, 255, 253, 44);
    SILENT(&w);
    /* We do not take its echo, nor a terminal type (24); a refusal needs no answer. */
    SAY(&w, 255, 251, 1, 255, 251, 24, 255, 253, 24, 255, 254, 24, 255, 252, 24);
    ANSWERS(&w, 255, 254, 1, 255, 254, 24, 255, 252, 24);
    /* What was agreed to can be taken back, and that is confirmed once. */
    SAY(&w, 255, 254, 1, 255, 254, 1);
    ANSWERS(&w, 255, 252, 1);
    check_done(&w, "");
    espy_buf_free(&w.out);
}

static void test_rate_and_frame(void **state)
{
    (void)state;
    wire w = new_wire();
    SAY(&w, 255, 250, 44, 1, 0, 0, 0, 0, 255, 240);
    ANSWERS(&w, 255, 250, 44, 101, 0, 1, 0xC2, 0, 255, 240); /* 115200 is 0x1c200 */
    SAY(&w, 255, 250, 44, 1, 0, 14, 16, 0, 255, 240);
    ANSWERS(&w, 255, 250, 44, 101, 0, 14, 16, 0, 255, 240);
    /* 255 in a number is doubled both ways: 0xff00 is 65280. */
    SAY(&w, 255, 250, 44, 1, 0, 0, 255, 255, 0, 255, 240);
    ANSWERS(&w, 255, 250, 44, 101, 0, 0, 255, 255, 0, 255, 240);
    SAY(&w, 255, 250, 44, 2, 7, 255, 240, 255, 250, 44, 3, 3, 255, 240, 255, 250, 44, 4, 2, 255, 240);
    ANSWERS(&w, 255, 250, 44, 102, 7, 255, 240, 255, 250, 44, 103, 3, 255, 240, 255, 250, 44, 104, 2, 255, 240);
    /* 0 asks; mark parity, 9 data bits and a stop size of 4 are not to be had. */
    SAY(&w, 255, 250, 44, 2, 0, 255, 240, 255, 250, 44, 3, 4, 255, 240, 255, 250, 44, 4, 4, 255, 240);
    ANSWERS(&w, 255, 250, 44, 102, 7, 255, 240, 255, 250, 44, 103, 3, 255, 240, 255, 250, 44, 104, 2, 255, 240);
    check_done(&w, "baud 921600; baud 65280; frame 7 1 1; frame 7 3 1; frame 7 3 2; ");
    espy_buf_free(&w.out);
}

static void test_control(void **state)
{
    static const struct {
        uint8_t ask, answer;
    } pairs[] = {{7, 9},
                 {8, 8},
                 {7, 8},
                 {10, 12},
                 {11, 11},
                 {10, 11},
                 {9, 9},
                 {12, 12},
                 {4, 6},
                 {5, 5},
                 {6, 6},
                 {0, 1},
                 {1, 1},
                 {2, 1},
                 {13, 14},
                 {15, 14},
                 {18, 14},
                 {17, 1},
                 {19, 1},
                 /* RTS/CTS is agreed to, both ways or one; the other kinds change nothing. */
                 {3, 3},
                 {0, 3},
                 {13, 16},
                 {2, 3},
                 {17, 3},
                 {19, 3},
                 {14, 14},
                 {0, 3},
                 {16, 16},
                 {15, 16},
                 {18, 16},
                 {1, 1},
                 {13, 14},
                 {16, 16},
                 {0, 1}};
    (void)state;
    wire w = new_wire();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        SAY(&w, 255, 250, 44, 5, pairs[i].ask, 255, 240);
        ANSWERS(&w, 255, 250, 44, 105, pairs[i].answer, 255, 240);
    }
    check_done(&w, "lines 1 0; lines 1 1; lines 0 1; lines 0 0; break 1; break 0; ");
    espy_buf_free(&w.out);
}

static void test_the_rest(void **state)
{
    (void)state;
    wire w = new_wire();
    SAY(&w, 255, 250, 44, 12, 1, 255, 240, 255, 250, 44, 12, 2, 255, 240, 255, 250, 44, 12, 3, 255, 240);
    ANSWERS(&w, 255, 250, 44, 112, 1, 255, 240, 255, 250, 44, 112, 2, 255, 240, 255, 250, 44, 112, 3, 255, 240);
    check_done(&w, "purge 1 0; purge 0 1; purge 1 1; ");
    SAY(&w, 255, 250, 44, 10, 0, 255, 240, 255, 250, 44, 11, 255, 255, 255, 240);
    ANSWERS(&w, 255, 250, 44, 110, 0, 255, 240, 255, 250, 44, 111, 255, 255, 255, 240);
    SAY(&w, 255, 250, 44, 6, 255, 240, 255, 250, 44, 7, 255, 240);
    ANSWERS(&w, 255, 250, 44, 106, 0x60, 255, 240, 255, 250, 44, 107, 0x10, 255, 240);
    SAY(&w, 255, 250, 44, 8, 255, 240);
    assert_true(w.port.suspended);
    SAY(&w, 255, 250, 44, 9, 255, 240);
    assert_false(w.port.suspended);
    /* The client's own signature needs no answer; ours is a line of text. */
    SAY(&w, 255, 250, 44, 0, 'm', 'e', 255, 240);
    SILENT(&w);
    SAY(&w, 255, 250, 44, 0, 255, 240);
    assert_memory_equal(w.out.bytes, ((const uint8_t[]){255, 250, 44, 100, 'e', 's', 'p', 'y'}), 8);
    espy_buf_clear(&w.out);
    /* Commands that are none: unknown, empty, of another option. */
    SAY(&w, 255, 250, 44, 77, 1, 255, 240, 255, 250, 255, 240, 255, 250, 24, 1, 255, 240);
    SILENT(&w);
    check_done(&w, "");
    espy_buf_free(&w.out);
}

/* Data before a command reach the port before it does anything, wherever the stream is cut. */
static void test_order(void **state)
{
    (void)state;
    const uint8_t stream[] = {'a', 255, 255, 255, 250, 44, 5, 11, 255, 240, 'b', 255, 250, 44, 12, 2, 255, 240, 'c'};
    for (size_t cut = 0; cut <= sizeof stream; cut++) {
        wire w = new_wire();
        say(&w, stream, cut);
        say(&w, stream + cut, sizeof stream - cut);
        check_done(&w, "61; ff; lines 0 1; 62; purge 0 1; 63; ");
        espy_buf_free(&w.out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_negotiation), cmocka_unit_test(test_rate_and_frame), cmocka_unit_test(test_control),
        cmocka_unit_test(test_the_rest),    cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
