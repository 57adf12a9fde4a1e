/* SPDX-License-Identifier: MIT
 *
 * Naming what is not an image.
 */
#ifndef ESPY_IMAGE_IDENTIFY_H
#define ESPY_IMAGE_IDENTIFY_H

#include "espy/image.h"

/* Fails with a sentence that says what the bytes are instead of an image. */
espy_status espy_identify_foreign(const uint8_t *bytes, size_t size, espy_err *err);

#endif
