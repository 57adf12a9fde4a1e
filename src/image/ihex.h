/* SPDX-License-Identifier: MIT
 *
 * Intel HEX: a text of records ":LLAAAATT<data>CC", where LL counts the data,
 * AAAA is the low half of the address, TT the type, and CC makes the sum zero.
 *
 * Follows: Intel, "Hexadecimal Object File Format Specification", revision A,
 * 1988; esptool documentation, "Hex Output Format".  Addresses that run past the
 * 64 KiB of a type 2 segment go on rather than wrap, as other tools have it.
 */
#ifndef ESPY_IMAGE_IHEX_H
#define ESPY_IMAGE_IHEX_H

#include "pieces.h"

#include <stdbool.h>

/* Whether a file begins with a whole record.  A binary may begin with ':' as well. */
bool espy_ihex_is(const uint8_t *bytes, size_t size);

/* Reads all records into pieces, in ascending order, one for each run without a gap;
 * origin is the line where it begins.  ESPY_E_FORMAT names the line: a bad digit,
 * length, type or checksum, bytes given twice, no end record. */
espy_status espy_ihex_read(espy_pieces *pieces, const uint8_t *bytes, size_t size, espy_err *err);

/* Writes sorted pieces that do not overlap, in records of at most 16 bytes. */
espy_status espy_ihex_write(espy_buf *out, const espy_pieces *pieces, espy_err *err);

#endif
