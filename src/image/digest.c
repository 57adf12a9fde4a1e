/* SPDX-License-Identifier: MIT
 *
 * Digests; see the header.  The generic interface is used because its name and
 * its meaning are the same in mbed TLS 2 and 3.
 */
#include "digest.h"

#include <mbedtls/md.h>

/* These calls fail only for an algorithm that the library was built without; the
 * digest then stays zero and matches nothing. */
static void digest_of(mbedtls_md_type_t type, const uint8_t *bytes, size_t n, uint8_t *digest, size_t size)
{
    for (size_t i = 0; i < size; i++)
        digest[i] = 0;
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
    if (info != NULL)
        (void)mbedtls_md(info, bytes, n, digest);
}

void espy_sha256(const uint8_t *bytes, size_t n, uint8_t digest[32])
{
    digest_of(MBEDTLS_MD_SHA256, bytes, n, digest, 32);
}

void espy_md5(const uint8_t *bytes, size_t n, uint8_t digest[16])
{
    digest_of(MBEDTLS_MD_MD5, bytes, n, digest, 16);
}
