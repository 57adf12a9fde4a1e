/* SPDX-License-Identifier: MIT
 *
 * A file that keeps a board's eFuses, in the format of `espefuse --chip esp32s3 --virt
 * --path-efuse-file FILE` (espefuse 5.6): the controller's 512 bytes of registers, from the
 * last to the first, the read registers among them.
 *
 * Those show zeros for a key that is protected from being read, and so the tool forgets such
 * a key.  The board does not: blocks 4 to 10 as they are blown, words in order and little
 * endian, then follow behind the registers, where espefuse does not look.
 */
#ifndef ESPY_EMU_EFUSE_FILE_H
#define ESPY_EMU_EFUSE_FILE_H

#include "espy/err.h"
#include "soc/efuse.h"

enum { ESPY_EFUSE_FILE_REGISTERS = 512 };

typedef struct espy_efuse_file {
    espy_efuse *efuse;
    char *path; /* NULL: nothing is open */
    const espy_log *log;
    int fd;    /* stays locked */
    bool made; /* the file was not there before */
    uint8_t registers[ESPY_EFUSE_FILE_REGISTERS];
} espy_efuse_file;

/* Blows what the file says on top of what the factory blew; then each burn is written to
 * the file.  In blocks 1 and 2, which the factory alone programs, the file's word counts
 * where it has any.  A missing or empty file is made.  ESPY_E_ARG: it is no such file, or
 * an encryption key was forgotten in it. */
espy_status espy_efuse_file_open(espy_efuse_file *file, const char *path, espy_efuse *efuse, const espy_log *log,
                                 espy_err *err);
void espy_efuse_file_close(espy_efuse_file *file);
/* The same where the board came to nothing after all: a file that was made is removed. */
void espy_efuse_file_undo(espy_efuse_file *file);

#endif
