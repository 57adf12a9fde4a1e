/* SPDX-License-Identifier: MIT
 *
 * A pseudo-terminal as a serial port; see the header.
 */
#define _XOPEN_SOURCE 700

#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static const char pts[] = "/dev/pts/";

static bool make_raw(int fd)
{
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    cfsetispeed(&mode, B115200);
    cfsetospeed(&mode, B115200);
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

static int open_slave(const char *device)
{
    return open(device, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
}

/* A link that an espy left behind: to a pseudo-terminal that is gone, or to the very one
 * that the system has now given us. */
static bool left_behind(const char *path, const char *device)
{
    char target[sizeof((espy_pty *)NULL)->device];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    struct stat info;
    bool gone = stat(target, &info) != 0 && errno == ENOENT;
    return strcmp(target, device) == 0 || (gone && strncmp(target, pts, strlen(pts)) == 0);
}

static espy_status make_link(espy_pty *pty, const char *path, espy_err *err)
{
    if (left_behind(path, pty->device))
        unlink(path);
    char *copy = strdup(path);
    if (copy == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the path %s", path);
    if (symlink(pty->device, path) == 0) {
        pty->link = copy;
        return ESPY_OK;
    }
    espy_fail(err, ESPY_E_IO, "cannot make the serial port %s: %s", path,
              errno == EEXIST ? "something is there already" : strerror(errno));
    if (err != NULL)
        err->detail = errno;
    espy_advise(err, "Give a path that is free, in a folder that you can write to.");
    free(copy);
    return ESPY_E_IO;
}

static bool open_ends(espy_pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (pty->master < 0 || grantpt(pty->master) != 0 || unlockpt(pty->master) != 0)
        return false;
    const char *name = ptsname(pty->master);
    if (name == NULL || strlen(name) >= sizeof pty->device)
        return false;
    strcpy(pty->device, name);
    pty->slave = open_slave(pty->device);
    fcntl(pty->master, F_SETFD, FD_CLOEXEC);
    return pty->slave >= 0 && make_raw(pty->slave) && fcntl(pty->master, F_SETFL, O_NONBLOCK) == 0;
}

espy_status espy_pty_open(espy_pty *pty, const char *link, espy_err *err)
{
    *pty = (espy_pty){.master = -1, .slave = -1, .watch = -1};
    espy_status st = ESPY_OK;
    if (!open_ends(pty)) {
        st = espy_fail(err, ESPY_E_IO, "cannot open a pseudo-terminal: %s", strerror(errno));
        espy_advise(err, "See that /dev/pts is mounted and its limit not reached, or serve --tcp instead.");
    } else {
        pty->watch = espy_pty_os_watch(pty->device);
        pty->users = pty->watch < 0;
        st = link != NULL ? make_link(pty, link, err) : ESPY_OK;
    }
    if (st != ESPY_OK)
        espy_pty_close(pty);
    return st;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* What is at the path may be another's by now. */
static bool is_ours(const espy_pty *pty)
{
    char target[sizeof pty->device];
    ssize_t n = readlink(pty->link, target, sizeof target);
    return n == (ssize_t)strlen(pty->device) && memcmp(target, pty->device, (size_t)n) == 0;
}

void espy_pty_close(espy_pty *pty)
{
    if (pty->link != NULL && is_ours(pty))
        unlink(pty->link);
    free(pty->link);
    pty->link = NULL;
    close_fd(&pty->watch);
    close_fd(&pty->slave);
    close_fd(&pty->master);
}

/* Who is left after the last known close.  The watch may have taken two opens at once for
 * one; the terminal itself knows whether anyone has it, once we let go of it.  A program
 * may have made it exclusive. */
static unsigned users_left(espy_pty *pty)
{
    ioctl(pty->slave, TIOCNXCL);
    close_fd(&pty->slave);
    struct pollfd look = {.fd = pty->master, .events = POLLIN};
    bool hung_up = poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
    pty->slave = open_slave(pty->device);
    unsigned opened = 0, closed = 0;
    espy_pty_os_events(pty->watch, &opened, &closed);
    bool newcomer = opened > 1 && closed <= 1; /* one of each was ours */
    return !hung_up || newcomer;
}

void espy_pty_look(espy_pty *pty)
{
    if (pty->watch < 0)
        return;
    unsigned opened = 0, closed = 0;
    espy_pty_os_events(pty->watch, &opened, &closed);
    if (opened == 0 && closed == 0)
        return;
    unsigned users = pty->users + opened;
    pty->users = users > closed ? users - closed : 0;
    if (pty->users > 0)
        return;
    pty->users = users_left(pty);
    pty->stale = pty->users == 0;
}

void espy_pty_renew(espy_pty *pty)
{
    pty->stale = false;
    tcflush(pty->slave, TCIFLUSH);
    make_raw(pty->slave);
}

uint32_t espy_pty_baud(const espy_pty *pty)
{
    return espy_pty_os_baud(pty->master);
}
