/* SPDX-License-Identifier: MIT
 *
 * Progress as it reaches a terminal (a pseudo-terminal of 60 columns) and a pipe.
 */
#include "progress.h"

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* Puts fd in stderr's place, and what was there back. */
static int swap_stderr(int fd)
{
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    return saved;
}

static void restore_stderr(int saved)
{
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static uint64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void run_steps(const espy_cli *cli)
{
    espy_progress progress = {0};
    espy_progress_end(&progress, "no step is active");
    espy_progress_begin(&progress, cli, "write", 1000);
    for (uint64_t done = 0; done <= 1100; done += 100) {
        progress.drawn_ms = 0; /* as if the last drawing were long ago */
        progress.started_ms = wall_ms() - 4000;
        espy_progress_update(&progress, done);
    }
    espy_progress_end(&progress, "1000 bytes");
    espy_progress_begin(&progress, cli, "boot", 0);
    espy_progress_abort(&progress);
    espy_progress_abort(&progress);
}

static void capture_pipe(const espy_cli *cli, char *text, size_t cap)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int saved = swap_stderr(fds[1]);
    run_steps(cli);
    restore_stderr(saved);
    close(fds[1]);
    ssize_t n = read(fds[0], text, cap - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fds[0]);
}

static void lines_on_a_pipe(void **state)
{
    (void)state;
    espy_cli cli = {0};
    char text[4096];
    capture_pipe(&cli, text, sizeof text);
    assert_string_equal(text, "write        1000 bytes\n");
}

static void nothing_when_quiet(void **state)
{
    (void)state;
    espy_cli cli = {.quiet = true};
    char text[4096];
    capture_pipe(&cli, text, sizeof text);
    assert_string_equal(text, "");
}

static void capture_terminal(const espy_cli *cli, unsigned short columns, char *text, size_t cap)
{
    int master, slave;
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    int saved = swap_stderr(slave);
    run_steps(cli);
    restore_stderr(saved);
    /* A terminal hands over what was written in pieces; the mark tells the end. */
    assert_int_equal(write(slave, "END", 3), 3);
    size_t n = 0;
    for (text[0] = '\0'; strstr(text, "END") == NULL; text[n] = '\0') {
        ssize_t got = read(master, text + n, cap - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    close(slave);
    close(master);
}

static void a_bar_on_a_terminal(void **state)
{
    (void)state;
    espy_cli cli = {0};
    char text[8192];
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    capture_terminal(&cli, 60, text, sizeof text);
    /* 60 columns less 12 of the label and 22 of the numbers: 26 cells */
    assert_non_null(strstr(text, "\rwrite        ..........................   0 %"));
    assert_non_null(strstr(text, "\rwrite        #############.............  50 %"));
    assert_non_null(strstr(text, "\rwrite        ########################## 100 %"));
    assert_non_null(strstr(text, "\r\x1b[Kwrite        1000 bytes\r\n"));
    assert_non_null(strstr(text, "\rboot         ...\x1b[K\r\n"));
    assert_null(strstr(text, "\x1b[36m"));
    capture_terminal(&cli, 35, text, sizeof text);
    assert_non_null(strstr(text, "\rwrite         50 %  4 s left")); /* no room for a bar */
    assert_non_null(strstr(text, "\rwrite         90 %  1 s left")); /* not 0 */
    capture_terminal(&cli, 30, text, sizeof text);
    assert_non_null(strstr(text, "\rwrite         50 %\x1b[K")); /* nor for the time */
}

static void colours_and_blocks(void **state)
{
    (void)state;
    espy_cli cli = {0};
    char text[16384];
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    setenv("LC_ALL", "en_US.UTF-8", 1);
    capture_terminal(&cli, 60, text, sizeof text);
    assert_non_null(strstr(text, "\x1b[36m\u2588\u2588\u2588\u2591"));
    setenv("TERM", "dumb", 1);
    capture_terminal(&cli, 60, text, sizeof text);
    assert_null(strstr(text, "\x1b[36m"));
}

static void no_bar_where_a_log_runs(void **state)
{
    (void)state;
    espy_cli cli = {.log.mask = ESPY_LOG_CMD};
    char text[4096];
    setenv("NO_COLOR", "1", 1);
    capture_terminal(&cli, 60, text, sizeof text);
    assert_string_equal(text, "write        1000 bytes\r\nEND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_on_a_pipe),         cmocka_unit_test(nothing_when_quiet),
        cmocka_unit_test(a_bar_on_a_terminal),     cmocka_unit_test(colours_and_blocks),
        cmocka_unit_test(no_bar_where_a_log_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
