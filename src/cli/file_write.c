/* SPDX-License-Identifier: MIT
 *
 * Writing result files; see the header.
 */
#include "file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static espy_status fail_io(const char *what, const char *path, int error, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "cannot %s %s: %s", what, path, strerror(error));
    if (err != NULL)
        err->detail = error;
    espy_advise(err, "Check the path, its permissions and the free space.");
    return ESPY_E_IO;
}

/* Replaces the regular file `path`, or makes it. */
static espy_status replace(const char *path, const uint8_t *bytes, size_t size, espy_err *err)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return espy_fail(err, ESPY_E_ARG, "the path is %zu characters long, too long", strlen(path));
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0)
        return fail_io("create", path, errno, err);
    bool written = write_all(fd, bytes, size) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    if (written && rename(temporary, path) == 0)
        return ESPY_OK;
    if (written)
        error = errno;
    unlink(temporary);
    return fail_io("write", path, error, err);
}

espy_status espy_file_write(const char *path, const uint8_t *bytes, size_t size, espy_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return replace(path, bytes, size, err);
    if (S_ISDIR(info.st_mode))
        return fail_io("write", path, EISDIR, err);
    if (!S_ISREG(info.st_mode)) {
        espy_fail(err, ESPY_E_ARG, "%s is not a regular file, which a result could replace", path);
        espy_advise(err, "Name a file.");
        return ESPY_E_ARG;
    }
    char *target = realpath(path, NULL);
    if (target == NULL)
        return fail_io("write", path, errno, err);
    espy_status st = replace(target, bytes, size, err);
    free(target);
    return st;
}

bool espy_file_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
