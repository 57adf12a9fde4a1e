/* SPDX-License-Identifier: MIT
 *
 * What an application says about itself in its strings.
 */
#ifndef ESPY_IMAGE_MICROPYTHON_H
#define ESPY_IMAGE_MICROPYTHON_H

#include "espy/image.h"

/* What the strings in these bytes say of MicroPython; all of *m is empty where they do not. */
void espy_micropython_read(espy_micropython *m, const uint8_t *bytes, size_t size);

/* Fills micropython, psram and octal_flash from the application's bytes. */
void espy_image_read_strings(espy_image *image, const uint8_t *app, size_t size);

#endif
