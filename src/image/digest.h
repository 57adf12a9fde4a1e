/* SPDX-License-Identifier: MIT
 *
 * The two digests that images carry, over mbed TLS' crypto library.
 */
#ifndef ESPY_IMAGE_DIGEST_H
#define ESPY_IMAGE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

void espy_sha256(const uint8_t *bytes, size_t n, uint8_t digest[32]);
void espy_md5(const uint8_t *bytes, size_t n, uint8_t digest[16]);

#endif
