/* SPDX-License-Identifier: MIT
 *
 * A pseudo-terminal as programs find it, by what termios(3) and tty_ioctl(4) say of a
 * serial port, and the rules for its link.
 */
#include "pty.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    char folder[64], link[96];
    espy_pty pty;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/espy-pty-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->link, sizeof f->link, "%s/board.tty", f->folder);
    assert_int_equal(espy_pty_open(&f->pty, f->link, NULL), ESPY_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    espy_pty_close(&f->pty);
    unlink(f->link);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static int open_link(const fixture *f)
{
    int fd = open(f->link, O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

/* Reads n bytes, which the system may take a moment to carry over. */
static void take(int fd, void *bytes, size_t n)
{
    for (size_t got = 0; got < n;) {
        struct pollfd in = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&in, 1, 10000), 1);
        ssize_t more = read(fd, (char *)bytes + got, n - got);
        assert_true(more > 0);
        got += (size_t)more;
    }
}

static void test_bytes_pass_as_they_are(void **state)
{
    fixture *f = *state;
    int fd = open_link(f);
    uint8_t all[256], back[256];
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(write(fd, all, sizeof all), 256);
    take(f->pty.master, back, sizeof back);
    assert_memory_equal(back, all, 256);
    assert_int_equal(write(f->pty.master, all, sizeof all), 256);
    take(fd, back, sizeof back);
    assert_memory_equal(back, all, 256);
    close(fd);
}

static void test_rates(void **state)
{
    fixture *f = *state;
    assert_int_equal(espy_pty_baud(&f->pty), 115200);
    int fd = open_link(f);
    struct termios mode;
    static const struct {
        speed_t code;
        uint32_t baud;
    } rates[] = {{B9600, 9600}, {B921600, 921600}, {B2000000, 2000000}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        assert_int_equal(tcgetattr(fd, &mode), 0);
        cfsetospeed(&mode, rates[i].code);
        cfsetispeed(&mode, rates[i].code);
        assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
        assert_int_equal(espy_pty_baud(&f->pty), rates[i].baud);
    }
    close(fd);
}

static void test_users_come_and_go(void **state)
{
    fixture *f = *state;
    if (f->pty.watch < 0)
        skip();
    espy_pty_look(&f->pty);
    assert_int_equal(f->pty.users, 0);
    int one = open_link(f), two = open_link(f); /* told as one, since nobody looked between */
    espy_pty_look(&f->pty);
    assert_true(f->pty.users > 0);
    close(one);
    espy_pty_look(&f->pty);
    assert_true(f->pty.users > 0);
    assert_false(f->pty.stale);
    close(two);
    espy_pty_look(&f->pty);
    assert_int_equal(f->pty.users, 0);
    assert_true(f->pty.stale);
    close(open_link(f)); /* too quick to be seen open */
    espy_pty_look(&f->pty);
    assert_int_equal(f->pty.users, 0);
    assert_true(f->pty.stale);
}

/* The next program finds the port as the first did, whatever the last one left. */
static void test_renewed(void **state)
{
    fixture *f = *state;
    if (f->pty.watch < 0)
        skip();
    int fd = open_link(f);
    espy_pty_look(&f->pty);
    char text[16];
    assert_int_equal(write(f->pty.master, "unread\n", 7), 7);
    take(fd, text, 1);
    assert_int_equal(write(fd, "last\n", 5), 5);
    struct termios mode;
    assert_int_equal(tcgetattr(fd, &mode), 0);
    mode.c_lflag |= ECHO | ICANON;
    cfsetospeed(&mode, B300);
    assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
    assert_int_equal(ioctl(fd, TIOCEXCL), 0);
    close(fd);
    espy_pty_look(&f->pty);
    take(f->pty.master, text, 5);
    assert_memory_equal(text, "last\n", 5);
    espy_pty_renew(&f->pty);
    fd = open_link(f);
    assert_int_equal(read(fd, text, sizeof text), -1);
    assert_int_equal(tcgetattr(fd, &mode), 0);
    assert_int_equal(mode.c_lflag & (ECHO | ICANON), 0);
    assert_int_equal(espy_pty_baud(&f->pty), 115200);
    close(fd);
}

static espy_status try_link(const char *path)
{
    espy_pty other;
    espy_err err = {0};
    espy_status st = espy_pty_open(&other, path, &err);
    if (st == ESPY_OK)
        espy_pty_close(&other);
    else
        assert_non_null(strstr(err.text, path));
    return st;
}

static void test_links(void **state)
{
    fixture *f = *state;
    char other[128];
    snprintf(other, sizeof other, "%s/other", f->folder);
    assert_int_equal(try_link(f->link), ESPY_E_IO); /* it leads to a terminal that is there */
    assert_int_equal(symlink("/dev/pts/99999", other), 0);
    assert_int_equal(try_link(other), ESPY_OK);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(symlink("/no/such/thing", other), 0);
    assert_int_equal(try_link(other), ESPY_E_IO);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(try_link(other), ESPY_E_IO);
    assert_int_equal(rmdir(other), 0);
    /* A link that was replaced meanwhile is another's. */
    assert_int_equal(unlink(f->link), 0);
    assert_int_equal(symlink("/etc/passwd", f->link), 0);
    espy_pty_close(&f->pty);
    struct stat info;
    assert_int_equal(lstat(f->link, &info), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bytes_pass_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_users_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
