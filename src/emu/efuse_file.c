/* SPDX-License-Identifier: MIT
 *
 * A board's eFuses in a file; see the header.
 */
#include "efuse_file.h"

#include "../base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FIRST_KEY = 4, /* block */
    HIDDEN = (ESPY_EFUSE_BLOCKS - FIRST_KEY) * ESPY_EFUSE_WORDS * 4,
    FULL = ESPY_EFUSE_FILE_REGISTERS + HIDDEN
};

static espy_status fail_errno(const espy_efuse_file *file, const char *what, espy_err *err)
{
    espy_status st = espy_fail(err, ESPY_E_IO, "%s the eFuse file %s: %s", what, file->path, strerror(errno));
    espy_advise(err, "Name a file in a folder that you can write to.");
    return st;
}

/* The register's bytes are in the file from the highest to the lowest. */
static uint8_t *place(espy_efuse_file *file, unsigned block, unsigned word)
{
    return file->registers + ESPY_EFUSE_FILE_REGISTERS - 4 - espy_efuse_read_offset(block, word);
}

static uint32_t get_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_be32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* ---- to the file ---- */

static bool is_hidden(const espy_efuse *efuse, unsigned block)
{
    return block >= FIRST_KEY && (espy_efuse_word(efuse, 0, 1) >> (block - FIRST_KEY) & 1) != 0;
}

static size_t encode(espy_efuse_file *file, uint8_t bytes[FULL])
{
    bool hidden = false;
    for (unsigned block = 0; block < ESPY_EFUSE_BLOCKS; block++)
        for (unsigned word = 0; word < espy_efuse_words(block); word++) {
            uint32_t value = espy_efuse_word(file->efuse, block, word);
            hidden |= is_hidden(file->efuse, block);
            put_be32(place(file, block, word), is_hidden(file->efuse, block) ? 0 : value);
            if (block >= FIRST_KEY)
                put_le32(bytes + ESPY_EFUSE_FILE_REGISTERS + ((block - FIRST_KEY) * ESPY_EFUSE_WORDS + word) * 4,
                         value);
        }
    memcpy(bytes, file->registers, ESPY_EFUSE_FILE_REGISTERS);
    return hidden ? FULL : ESPY_EFUSE_FILE_REGISTERS;
}

static espy_status save(espy_efuse_file *file, espy_err *err)
{
    uint8_t bytes[FULL];
    size_t size = encode(file, bytes);
    ssize_t wrote = pwrite(file->fd, bytes, size, 0);
    if (wrote >= 0 && (size_t)wrote != size)
        errno = ENOSPC;
    return wrote == (ssize_t)size ? ESPY_OK : fail_errno(file, "cannot write", err);
}

/* On the board nobody could be told. */
static void burnt(void *self)
{
    espy_efuse_file *file = self;
    espy_err err = {0};
    if (save(file, &err) != ESPY_OK)
        espy_log(file->log, ESPY_LOG_MMIO, "%s", err.text);
}

/* ---- from the file ---- */

static bool any(const uint32_t *words, unsigned n)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < n; i++)
        bits |= words[i];
    return bits != 0;
}

/* KEY_PURPOSE_0 to 5 lie one behind the other, two in the one word and four in the next. */
static bool is_xts_key(const espy_efuse *efuse, unsigned block)
{
    enum { XTS_AES_256_KEY_1 = 2, XTS_AES_128_KEY = 4 };
    unsigned key = block - FIRST_KEY;
    uint32_t purposes =
        key < 2 ? espy_efuse_word(efuse, 0, 2) >> (24 + 4 * key) : espy_efuse_word(efuse, 0, 3) >> 4 * (key - 2);
    return (purposes & 15) >= XTS_AES_256_KEY_1 && (purposes & 15) <= XTS_AES_128_KEY;
}

static espy_status check_keys(const espy_efuse_file *file, espy_err *err)
{
    for (unsigned block = FIRST_KEY; block < FIRST_KEY + 6; block++)
        if (is_hidden(file->efuse, block) && is_xts_key(file->efuse, block) &&
            !any(file->efuse->fuse[block], ESPY_EFUSE_WORDS)) {
            espy_fail(err, ESPY_E_ARG,
                      "the eFuse file %s says that BLOCK_KEY%u holds an encryption key that cannot be read, and does "
                      "not hold it",
                      file->path, block - FIRST_KEY);
            espy_advise(err, "espefuse --virt forgets such keys: burn it with --no-read-protect, or through the serial "
                             "port of the virtual board.");
            return ESPY_E_ARG;
        }
    return ESPY_OK;
}

static espy_status restore(espy_efuse_file *file, const uint8_t bytes[FULL], bool full, espy_err *err)
{
    memcpy(file->registers, bytes, sizeof file->registers);
    for (unsigned block = 0; block < ESPY_EFUSE_BLOCKS; block++) {
        uint32_t words[ESPY_EFUSE_WORDS] = {0};
        for (unsigned word = 0; word < espy_efuse_words(block); word++) {
            words[word] = get_be32(place(file, block, word));
            if (block >= FIRST_KEY && full)
                words[word] |=
                    get_le32(bytes + ESPY_EFUSE_FILE_REGISTERS + ((block - FIRST_KEY) * ESPY_EFUSE_WORDS + word) * 4);
        }
        if ((block == 1 || block == 2) && any(words, ESPY_EFUSE_WORDS))
            memset(file->efuse->fuse[block], 0, sizeof file->efuse->fuse[block]);
        for (unsigned word = 0; word < espy_efuse_words(block); word++)
            espy_efuse_blow(file->efuse, block, word, words[word]);
    }
    espy_efuse_reset(file->efuse, ESPY_RESET_CHIP);
    return check_keys(file, err);
}

/* Two boards would undo each other's burns. */
static espy_status lock_file(const espy_efuse_file *file, espy_err *err)
{
    if (flock(file->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return ESPY_OK;
    return espy_fail(err, ESPY_E_IO, "the eFuse file %s belongs to another virtual board that is running", file->path);
}

static espy_status load(espy_efuse_file *file, espy_err *err)
{
    uint8_t bytes[FULL + 1];
    ssize_t size = pread(file->fd, bytes, sizeof bytes, 0);
    if (size < 0)
        return fail_errno(file, "cannot read", err);
    if (size == 0)
        return save(file, err);
    if (size == ESPY_EFUSE_FILE_REGISTERS || size == FULL)
        return restore(file, bytes, size == FULL, err);
    espy_fail(err, ESPY_E_ARG, "the eFuse file %s does not have the %d bytes of one", file->path,
              ESPY_EFUSE_FILE_REGISTERS);
    espy_advise(err, "Make one with `espefuse --chip esp32s3 --virt --path-efuse-file FILE`, or name a new file.");
    return ESPY_E_ARG;
}

espy_status espy_efuse_file_open(espy_efuse_file *file, const char *path, espy_efuse *efuse, const espy_log *log,
                                 espy_err *err)
{
    *file = (espy_efuse_file){.efuse = efuse, .path = strdup(path), .log = log};
    if (file->path == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the name of the eFuse file");
    file->fd = open(path, O_RDWR | O_CLOEXEC);
    file->made = file->fd < 0 && errno == ENOENT;
    if (file->made)
        file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        espy_status st = fail_errno(file, "cannot open", err);
        free(file->path);
        *file = (espy_efuse_file){0};
        return st;
    }
    espy_status st = lock_file(file, err);
    if (st == ESPY_OK)
        st = load(file, err);
    if (st == ESPY_OK) {
        efuse->burnt = burnt;
        efuse->burnt_self = file;
    }
    return st;
}

void espy_efuse_file_close(espy_efuse_file *file)
{
    if (file->path != NULL)
        close(file->fd);
    free(file->path);
    *file = (espy_efuse_file){0};
}

void espy_efuse_file_undo(espy_efuse_file *file)
{
    if (file->made)
        unlink(file->path);
    espy_efuse_file_close(file);
}
