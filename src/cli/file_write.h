/* SPDX-License-Identifier: MIT
 *
 * Writing result files so that a failure leaves nothing half-written.
 */
#ifndef ESPY_CLI_FILE_WRITE_H
#define ESPY_CLI_FILE_WRITE_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a file beside `path`, then renames it over path, or over what a symbolic
 * link of that name leads to.  Devices and pipes are refused: a rename would put a
 * file in their place. */
espy_status espy_file_write(const char *path, const uint8_t *bytes, size_t size, espy_err *err);
/* Whether both names lead to one existing file. */
bool espy_file_same(const char *a, const char *b);

#endif
