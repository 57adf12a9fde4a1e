/* SPDX-License-Identifier: MIT
 *
 * The prompt's protocols against a small board that follows MicroPython's
 * shared/runtime/pyexec.c byte by byte and, like a real one, loses what exceeds
 * its 259-byte ring.  Its clock runs only while the host waits.
 */
#include "espy/repl.h"
#include "../base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNER "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with ESP32S3"

enum { RING = 259, WINDOW = 128 };

/* What running a piece of code gives: the first row whose key is part of it. */
typedef struct answer {
    const char *key, *out, *traceback;
} answer;

typedef struct board {
    espy_link link;
    uint64_t now_ms;
    espy_buf to_host, from_host;
    espy_buf line; /* collected by the raw REPL */
    enum { DEAD, RUNNING, FRIENDLY, RAW, PASTE, PASTE_SKIP } state;
    const char *boot; /* said at boot_ms, followed by the prompt if it ends in ">>> " */
    uint64_t boot_ms;
    bool paste_known, paste_built;
    const char *syntax_error_at; /* compiling stops where this has been read */
    size_t credit, lost;
    unsigned resets;
    const answer *answers;
} board;

static void say(board *b, const char *text, size_t n)
{
    assert_int_equal(espy_buf_append(&b->to_host, text, n, NULL), ESPY_OK);
}

static void says(board *b, const char *text)
{
    say(b, text, strlen(text));
}

static void run_code(board *b)
{
    uint8_t end = 0;
    assert_int_equal(espy_buf_append(&b->line, &end, 1, NULL), ESPY_OK);
    const char *code = (const char *)b->line.bytes, *out = "", *traceback = "";
    for (const answer *a = b->answers; a != NULL && a->key != NULL; a++)
        if (strstr(code, a->key) != NULL) {
            out = a->out;
            traceback = a->traceback;
            break;
        }
    if (b->syntax_error_at != NULL && strstr(code, b->syntax_error_at) != NULL)
        traceback =
            "Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nSyntaxError: invalid syntax\r\n";
    bool leaves = strstr(code, "soft_reset") != NULL;
    espy_buf_clear(&b->line);
    b->state = RAW;
    if (strstr(code, "while True") != NULL) {
        b->state = RUNNING;
        return;
    }
    says(b, out);
    says(b, "\004");
    says(b, leaves ? "" : traceback);
    says(b, "\004");
    says(b, leaves ? "MPY: soft reboot\r\nboot.py speaks > here\r\nraw REPL; CTRL-B to exit\r\n>" : ">");
}

static void paste_byte(board *b, uint8_t byte)
{
    if (b->state == PASTE_SKIP && byte != 4)
        return;
    if (byte == 4) {
        if (b->state == PASTE)
            says(b, "\004");
        run_code(b);
        return;
    }
    assert_true(b->credit > 0); /* the host keeps to the window */
    b->credit--;
    espy_buf_append(&b->line, &byte, 1, NULL);
    if (b->syntax_error_at != NULL && b->line.size >= strlen(b->syntax_error_at) &&
        memcmp(b->line.bytes + b->line.size - strlen(b->syntax_error_at), b->syntax_error_at,
               strlen(b->syntax_error_at)) == 0) {
        says(b, "\004");
        b->state = PASTE_SKIP;
    } else if (b->credit % WINDOW == 0) {
        says(b, "\001");
        b->credit += WINDOW;
    }
}

static void raw_ctrl_a(board *b)
{
    bool offer = b->paste_known && b->line.size == 2 && b->line.bytes[0] == 5;
    espy_buf_clear(&b->line);
    if (!offer) {
        says(b, "raw REPL; CTRL-B to exit\r\n>");
        return;
    }
    if (!b->paste_built) {
        say(b, "R\000>", 3);
        return;
    }
    say(b, "R\001\200\000\001", 5);
    b->credit = 2 * WINDOW;
    b->state = PASTE;
}

static void raw_byte(board *b, uint8_t byte)
{
    if (byte == 1)
        raw_ctrl_a(b);
    else if (byte == 2) {
        b->state = FRIENDLY;
        says(b, "\r\n" BANNER "\r\nType \"help()\" for more information.\r\n>>> ");
    } else if (byte == 3)
        espy_buf_clear(&b->line);
    else if (byte == 4) {
        says(b, "OK");
        run_code(b);
    } else
        espy_buf_append(&b->line, &byte, 1, NULL);
}

static void friendly_byte(board *b, uint8_t byte)
{
    if (byte == 1) {
        b->state = RAW;
        espy_buf_clear(&b->line);
        says(b, "\r\nraw REPL; CTRL-B to exit\r\n>");
    } else if (byte == 2)
        says(b, "\r\n" BANNER "\r\nType \"help()\" for more information.\r\n>>> ");
    else if (byte == 3 || byte == '\r')
        says(b, "\r\n>>> ");
}

static void take_byte(board *b, uint8_t byte)
{
    if (b->state == RUNNING && byte == 3) {
        b->state = FRIENDLY;
        says(b, "Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n" BANNER "\r\n>>> ");
    } else if (b->state == FRIENDLY)
        friendly_byte(b, byte);
    else if (b->state == RAW)
        raw_byte(b, byte);
    else if (b->state == PASTE || b->state == PASTE_SKIP)
        paste_byte(b, byte);
}

/* The board gets to run. */
static void work(board *b)
{
    if (b->boot != NULL && b->now_ms >= b->boot_ms) {
        size_t n = strlen(b->boot);
        says(b, b->boot);
        if (n >= 4 && strcmp(b->boot + n - 4, ">>> ") == 0)
            b->state = FRIENDLY;
        b->boot = NULL;
    }
    for (size_t i = 0; i < b->from_host.size; i++)
        take_byte(b, b->from_host.bytes[i]);
    espy_buf_clear(&b->from_host);
}

static espy_status board_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    board *b = self;
    (void)err;
    work(b);
    for (uint32_t ms = 0; ms < timeout_ms && b->to_host.size == 0; ms++) {
        b->now_ms++;
        work(b);
    }
    *got = b->to_host.size < cap ? b->to_host.size : cap;
    memcpy(bytes, b->to_host.bytes != NULL ? b->to_host.bytes : bytes, *got);
    espy_buf_consume(&b->to_host, *got);
    return ESPY_OK;
}

static espy_status board_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    board *b = self;
    size_t room = RING - b->from_host.size;
    if (n > room)
        b->lost += n - room;
    return espy_buf_append(&b->from_host, bytes, n < room ? n : room, err);
}

static uint64_t board_now(void *self)
{
    return ((board *)self)->now_ms;
}

static espy_status board_sleep(void *self, uint32_t ms, espy_err *err)
{
    board *b = self;
    (void)err;
    for (; ms > 0; ms--) {
        b->now_ms++;
        work(b);
    }
    return ESPY_OK;
}

static const espy_link_ops ops = {.read = board_read, .write = board_write, .now_ms = board_now, .sleep = board_sleep};

static espy_repl *begin(board *b, int state)
{
    espy_repl *repl;
    *b = (board){.link = {.ops = &ops, .self = b, .name = "board"}, .paste_known = true, .paste_built = true};
    b->state = (unsigned)state;
    assert_int_equal(espy_repl_new(&repl, &b->link, NULL), ESPY_OK);
    return repl;
}

static void end(board *b, espy_repl *repl)
{
    assert_int_equal(b->lost, 0);
    espy_repl_free(repl);
    espy_buf_free(&b->to_host);
    espy_buf_free(&b->from_host);
    espy_buf_free(&b->line);
}

static void the_prompt_of_a_booting_board_is_awaited(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, DEAD);
    b.boot = "ESP-ROM:esp32s3-20210327\r\nrst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n" BANNER "\r\n>>> ";
    b.boot_ms = 900;
    assert_int_equal(espy_repl_wait(repl, NULL, NULL), ESPY_OK);
    assert_true(b.now_ms < 1000);
    assert_false(espy_repl_interrupted(repl));
    assert_non_null(strstr(espy_repl_boot_text(repl, NULL), "POWERON"));
    end(&b, repl);
}

static void a_waiting_prompt_is_found_by_a_poke(void **state)
{
    (void)state;
    for (int mode = FRIENDLY; mode <= RAW; mode++) {
        board b;
        espy_repl *repl = begin(&b, mode);
        assert_int_equal(espy_repl_wait(repl, NULL, NULL), ESPY_OK);
        assert_int_equal(b.state, FRIENDLY);
        assert_true(b.now_ms < 5000);
        assert_false(espy_repl_interrupted(repl));
        end(&b, repl);
    }
}

static void a_running_program_is_interrupted_unless_forbidden(void **state)
{
    (void)state;
    board b;
    espy_err err = {0};
    espy_repl *repl = begin(&b, RUNNING);
    const espy_repl_wait_config leave_alone = {.no_interrupt = true, .timeout_ms = 9000};
    assert_int_equal(espy_repl_wait(repl, &leave_alone, &err), ESPY_E_TIMEOUT);
    assert_int_equal(b.state, RUNNING);
    assert_non_null(strstr(err.text, "9.0 s"));
    assert_int_equal(espy_repl_wait(repl, NULL, NULL), ESPY_OK);
    assert_true(espy_repl_interrupted(repl));
    end(&b, repl);
}

static void a_silent_board_times_out_with_advice(void **state)
{
    (void)state;
    board b;
    espy_err err = {0};
    espy_repl *repl = begin(&b, DEAD);
    assert_int_equal(espy_repl_wait(repl, NULL, &err), ESPY_E_TIMEOUT);
    assert_in_range(b.now_ms, 15000, 15200);
    assert_non_null(strstr(err.text, "nothing at all"));
    assert_non_null(strstr(err.advice, "RESET"));
    end(&b, repl);
}

static void a_fault_at_boot_is_reported_at_once(void **state)
{
    (void)state;
    board b;
    espy_err err = {0};
    espy_repl *repl = begin(&b, DEAD);
    b.boot = "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n"
             "invalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n";
    assert_int_equal(espy_repl_wait(repl, NULL, &err), ESPY_E_DEVICE);
    assert_true(b.now_ms < 1000);
    assert_non_null(strstr(err.text, "invalid header: 0xffffffff"));
    end(&b, repl);
}

static const answer answers[] = {
    {"1/0", "", "Traceback (most recent call last):\r\nZeroDivisionError: divide by zero\r\n"},
    {"hello", "hello\r\n", ""},
    {NULL, NULL, NULL},
};

static void exec(espy_repl *repl, const char *code, espy_repl_result *result)
{
    espy_err err = {0};
    espy_status st = espy_repl_exec(repl, code, strlen(code), 0, result, &err);
    if (st != ESPY_OK)
        print_error("%s\n", err.text);
    assert_int_equal(st, ESPY_OK);
}

/* Long enough to need many windows. */
static char *long_code(const char *tail)
{
    size_t cap = 3000;
    char *code = malloc(cap);
    assert_non_null(code);
    memset(code, '#', cap);
    snprintf(code + 2500, cap - 2500, "\n%s\n", tail);
    return code;
}

static void code_runs_in_every_dialect(void **state)
{
    (void)state;
    for (int dialect = 0; dialect < 3; dialect++) {
        board b;
        espy_repl *repl = begin(&b, FRIENDLY);
        espy_repl_result result;
        b.answers = answers;
        b.paste_known = dialect >= 1;
        b.paste_built = dialect == 2;
        exec(repl, "print('hello')\n", &result);
        assert_string_equal(result.out, "hello\r\n");
        assert_string_equal(result.traceback, "");
        exec(repl, "1/0\n", &result);
        assert_string_equal(result.out, "");
        assert_non_null(strstr(result.traceback, "ZeroDivisionError"));
        char *code = long_code("print('hello')");
        exec(repl, code, &result);
        assert_string_equal(result.out, "hello\r\n");
        free(code);
        assert_int_equal(espy_repl_leave(repl, NULL), ESPY_OK);
        assert_string_equal(espy_repl_banner(repl), BANNER);
        assert_int_equal(b.state, FRIENDLY);
        end(&b, repl);
    }
}

static void a_syntax_error_in_mid_paste_ends_the_transfer(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_result result;
    char *code = long_code("print('hello')");
    memcpy(code, "x = )", 5);
    b.syntax_error_at = "= )";
    b.answers = answers;
    exec(repl, code, &result);
    assert_non_null(strstr(result.traceback, "SyntaxError"));
    b.syntax_error_at = NULL;
    exec(repl, "print('hello')", &result);
    assert_string_equal(result.out, "hello\r\n");
    free(code);
    end(&b, repl);
}

static void a_soft_reset_is_noticed_and_survived(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_result result;
    b.answers = answers;
    exec(repl, "import machine; machine.soft_reset()", &result);
    assert_true(result.soft_reset);
    exec(repl, "print('hello')", &result);
    assert_false(result.soft_reset);
    assert_string_equal(result.out, "hello\r\n");
    end(&b, repl);
}

static void endless_code_times_out_and_the_prompt_comes_back(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_result result;
    espy_err err = {0};
    b.answers = answers;
    assert_int_equal(espy_repl_exec(repl, "while True:pass", 15, 3000, &result, &err), ESPY_E_TIMEOUT);
    exec(repl, "print('hello')", &result);
    assert_string_equal(result.out, "hello\r\n");
    end(&b, repl);
}

static void control_characters_in_code_are_refused(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_result result;
    espy_err err = {0};
    assert_int_equal(espy_repl_exec(repl, "a\004b", 3, 0, &result, &err), ESPY_E_ARG);
    assert_non_null(strstr(err.text, "offset 1"));
    assert_int_equal(espy_repl_exec(repl, "", 0, 0, &result, NULL), ESPY_E_ARG);
    assert_int_equal(b.state, FRIENDLY);
    end(&b, repl);
}

static void a_board_that_talks_nonsense_is_a_protocol_error(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_result result;
    espy_err err = {0};
    assert_int_equal(espy_repl_enter(repl, NULL), ESPY_OK);
    b.state = DEAD;
    says(&b, "?!");
    assert_int_equal(espy_repl_exec(repl, "x", 1, 0, &result, &err), ESPY_E_PROTOCOL);
    assert_non_null(strstr(err.text, "0x3f"));
    end(&b, repl);
}

static const answer healthy[] = {
    {"gc.mem_free", "mem_free\t8312160\r\n", ""},
    {"sys.implementation",
     "name\tmicropython\r\nversion\t1.23.0\r\nmachine\tGeneric ESP32S3 module with ESP32S3\r\nplatform\tesp32\r\n"
     "flash_size\t16777216\r\n",
     ""},
    {"statvfs", "fs_bytes\t14680064\r\nfs_free\t14671872\r\nfs_works\t1\r\n", ""},
    {NULL, NULL, NULL},
};

static void the_proof_holds_what_the_board_answers(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_proof proof;
    b.answers = healthy;
    assert_int_equal(espy_repl_prove(repl, &proof, NULL), ESPY_OK);
    assert_string_equal(proof.banner, BANNER);
    assert_string_equal(proof.name, "micropython");
    assert_string_equal(proof.version, "1.23.0");
    assert_string_equal(proof.machine, "Generic ESP32S3 module with ESP32S3");
    assert_string_equal(proof.platform, "esp32");
    assert_int_equal(proof.mem_free, 8312160);
    assert_int_equal(proof.flash_size, 16777216);
    assert_int_equal(proof.fs_bytes, 14680064);
    assert_int_equal(proof.fs_free, 14671872);
    assert_true(proof.fs_works);
    assert_string_equal(proof.warning, "");
    assert_int_equal(b.state, FRIENDLY);
    end(&b, repl);
}

/* Proves a board whose file system answers as given. */
static espy_repl_proof prove_files(const char *out)
{
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_proof proof;
    const answer rows[] = {healthy[0], healthy[1], {"statvfs", out, ""}, {NULL, NULL, NULL}};
    b.answers = rows;
    assert_int_equal(espy_repl_prove(repl, &proof, NULL), ESPY_OK);
    end(&b, repl);
    return proof;
}

static void a_file_system_that_fails_is_a_warning_and_no_bytes(void **state)
{
    (void)state;
    espy_repl_proof none = prove_files("!fs_bytes\tOSError(19,)\r\n");
    assert_int_equal(none.fs_bytes, 0);
    assert_non_null(strstr(none.warning, "OSError(19,)"));
    espy_repl_proof unmounted = prove_files("fs_bytes\t0\r\nfs_free\t0\r\n!fs_works\tOSError(19,)\r\n");
    assert_int_equal(unmounted.fs_bytes, 0);
    assert_non_null(strstr(unmounted.warning, "no file system"));
    espy_repl_proof broken = prove_files("fs_bytes\t4096\r\nfs_free\t2048\r\n!fs_works\tOSError(5,)\r\n");
    assert_int_equal(broken.fs_bytes, 0);
    assert_false(broken.fs_works);
    assert_non_null(strstr(broken.warning, "OSError(5,)"));
    espy_repl_proof differs = prove_files("fs_bytes\t4096\r\nfs_free\t2048\r\nfs_works\t0\r\n");
    assert_int_equal(differs.fs_bytes, 0);
    assert_non_null(strstr(differs.warning, "reads back other"));
    espy_repl_proof full = prove_files("fs_bytes\t4096\r\nfs_free\t0\r\n!fs_works\tOSError(28,)\r\n");
    assert_int_equal(full.fs_bytes, 4096);
    assert_non_null(strstr(full.warning, "full"));
}

static void a_question_that_fails_is_the_devices_fault(void **state)
{
    (void)state;
    board b;
    espy_repl *repl = begin(&b, FRIENDLY);
    espy_repl_proof proof;
    espy_err err = {0};
    static const answer rows[] = {{"gc.mem_free", "", "Traceback:\r\nMemoryError: \r\n"}, {NULL, NULL, NULL}};
    b.answers = rows;
    assert_int_equal(espy_repl_prove(repl, &proof, &err), ESPY_E_DEVICE);
    assert_non_null(strstr(err.text, "MemoryError"));
    end(&b, repl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prompt_of_a_booting_board_is_awaited),
        cmocka_unit_test(a_waiting_prompt_is_found_by_a_poke),
        cmocka_unit_test(a_running_program_is_interrupted_unless_forbidden),
        cmocka_unit_test(a_silent_board_times_out_with_advice),
        cmocka_unit_test(a_fault_at_boot_is_reported_at_once),
        cmocka_unit_test(code_runs_in_every_dialect),
        cmocka_unit_test(a_syntax_error_in_mid_paste_ends_the_transfer),
        cmocka_unit_test(a_soft_reset_is_noticed_and_survived),
        cmocka_unit_test(endless_code_times_out_and_the_prompt_comes_back),
        cmocka_unit_test(control_characters_in_code_are_refused),
        cmocka_unit_test(a_board_that_talks_nonsense_is_a_protocol_error),
        cmocka_unit_test(the_proof_holds_what_the_board_answers),
        cmocka_unit_test(a_file_system_that_fails_is_a_warning_and_no_bytes),
        cmocka_unit_test(a_question_that_fails_is_the_devices_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
