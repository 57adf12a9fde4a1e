/* SPDX-License-Identifier: MIT
 *
 * The bytes of a flash chip: in memory, or in a file that keeps them.
 */
#ifndef ESPY_EMU_STORE_H
#define ESPY_EMU_STORE_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_store {
    uint8_t *bytes;
    size_t size;
    bool mapped; /* from the file fd, which stays locked */
    bool made;   /* the file was not there before */
    int fd;
} espy_store;

/* path == NULL: blank (0xff) and forgotten at the end.  A missing or empty
 * file is made blank; one of another size is refused untouched, and so is one that
 * another virtual board has in use.  What fails leaves no new file behind.  What changes
 * in bytes[] changes in the file. */
espy_status espy_store_open(espy_store *store, const char *path, size_t size, espy_err *err);
void espy_store_close(espy_store *store);
/* The same where the board came to nothing after all: a file that was made is removed. */
void espy_store_undo(espy_store *store, const char *path);

#endif
