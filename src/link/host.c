/* SPDX-License-Identifier: MIT
 *
 * The computer's clock and waiting on its file descriptors, by POSIX.
 */
#include "transport.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long a write may make no progress: no port is that slow. */
enum { STUCK_MS = 10000 };

uint64_t espy_host_now_ms(void *self)
{
    (void)self;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

espy_status espy_host_sleep(void *self, uint32_t ms, espy_err *err)
{
    (void)self;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0)
        if (errno != EINTR)
            return espy_fail(err, ESPY_E_IO, "sleeping %u ms: %s", (unsigned)ms, strerror(errno));
    return ESPY_OK;
}

espy_status espy_host_wait(int fd, bool write_it, uint32_t timeout_ms, bool *ready, espy_err *err)
{
    struct pollfd entry = {.fd = fd, .events = write_it ? POLLOUT : POLLIN};
    int n = poll(&entry, 1, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
    *ready = n > 0;
    if (n < 0 && errno != EINTR)
        return espy_fail(err, ESPY_E_IO, "waiting for a port: %s", strerror(errno));
    return ESPY_OK;
}

static espy_status gone(const char *name, const char *why, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "writing to %s: %s", name, why);
    espy_advise(err, "Check that the board is still plugged in, then try again.");
    return ESPY_E_IO;
}

espy_status espy_host_write(int fd, const char *name, const uint8_t *bytes, size_t n, espy_err *err)
{
    uint64_t moved = espy_host_now_ms(NULL);
    while (n > 0) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return gone(name, strerror(errno), err);
        if (wrote > 0) {
            bytes += wrote;
            n -= (size_t)wrote;
            moved = espy_host_now_ms(NULL);
            continue;
        }
        bool ready;
        espy_status st = espy_host_wait(fd, true, 100, &ready, err);
        if (st != ESPY_OK)
            return st;
        if (espy_host_now_ms(NULL) - moved > STUCK_MS)
            return gone(name, "it has taken no bytes for 10 s", err);
    }
    return ESPY_OK;
}
