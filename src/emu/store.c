/* SPDX-License-Identifier: MIT
 *
 * The bytes of a flash chip; see the header.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static espy_status fail_errno(espy_err *err, const char *what, const char *path)
{
    espy_status st = espy_fail(err, ESPY_E_IO, "%s the flash file %s: %s", what, path, strerror(errno));
    espy_advise(err, "Name a file in a folder that you can write to.");
    return st;
}

static espy_status check_file(int fd, const char *path, size_t size, size_t *have, espy_err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail_errno(err, "cannot examine", path);
    if (!S_ISREG(info.st_mode)) {
        espy_fail(err, ESPY_E_ARG, "the flash file %s is not a regular file", path);
        espy_advise(err, "Name a file that may be mapped into memory, or a new one.");
        return ESPY_E_ARG;
    }
    *have = (size_t)info.st_size;
    if (*have == 0 || *have == size)
        return ESPY_OK;
    espy_fail(err, ESPY_E_ARG, "the flash file %s has %zu bytes, and the board's flash %zu", path, *have, size);
    espy_advise(err, "Choose the model that it was made for, or another file; an image is written to the board with "
                     "`espy up`.");
    return ESPY_E_ARG;
}

/* Two boards on one chip would spoil each other's file system. */
static espy_status lock_file(int fd, const char *path, espy_err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return ESPY_OK; /* a file system without locks is no reason to refuse it */
    espy_status st =
        espy_fail(err, ESPY_E_IO, "the flash file %s belongs to another virtual board that is running", path);
    espy_advise(err, "End that one, or take another file.");
    return st;
}

/* Blocks are reserved now: a full disk must not strike in the middle of a run. */
static espy_status make_room(int fd, const char *path, size_t size, espy_err *err)
{
    errno = posix_fallocate(fd, 0, (off_t)size);
    return errno == 0 ? ESPY_OK : fail_errno(err, "cannot make room in", path);
}

static espy_status map_file(espy_store *store, int fd, const char *path, bool made, size_t size, espy_err *err)
{
    size_t have = 0;
    espy_status st = check_file(fd, path, size, &have, err);
    if (st == ESPY_OK)
        st = lock_file(fd, path, err);
    if (st == ESPY_OK)
        st = make_room(fd, path, size, err);
    if (st != ESPY_OK)
        return st;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return fail_errno(err, "cannot map", path);
    *store = (espy_store){bytes, size, true, made, fd};
    memset(store->bytes + have, 0xff, size - have);
    return ESPY_OK;
}

static espy_status open_memory(espy_store *store, size_t size, espy_err *err)
{
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a flash chip of %zu bytes", size);
    memset(bytes, 0xff, size);
    *store = (espy_store){.bytes = bytes, .size = size};
    return ESPY_OK;
}

espy_status espy_store_open(espy_store *store, const char *path, size_t size, espy_err *err)
{
    *store = (espy_store){0};
    if (path == NULL)
        return open_memory(store, size, err);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool made = fd < 0 && errno == ENOENT;
    if (made)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_errno(err, "cannot open", path);
    espy_status st = map_file(store, fd, path, made, size, err);
    if (st == ESPY_OK)
        return ESPY_OK;
    if (made)
        unlink(path);
    close(fd);
    return st;
}

void espy_store_undo(espy_store *store, const char *path)
{
    if (store->made)
        unlink(path);
    espy_store_close(store);
}

void espy_store_close(espy_store *store)
{
    if (store->mapped) {
        munmap(store->bytes, store->size);
        close(store->fd);
    } else {
        free(store->bytes);
    }
    *store = (espy_store){0};
}
