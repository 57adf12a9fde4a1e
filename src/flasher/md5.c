/* SPDX-License-Identifier: MIT
 *
 * The MD5 of a range of the flash: the ROM's, or of what the stub reads.
 */
#include "flasher.h"

#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

enum { MD5_TRIES = 3 };

static int hex_digit(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

/* The ROM sends its digest as 32 hexadecimal digits. */
static bool parse_digest(const espy_loader_reply *reply, uint8_t digest[16])
{
    if (reply->size != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high = hex_digit(reply->data[2 * i]), low = hex_digit(reply->data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A damaged digest is asked for again, as a damaged reply is. */
static espy_status chip_md5(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16], espy_err *err)
{
    espy_loader_request request = espy_loader_flash_md5(addr, size);
    uint32_t timeout_ms = espy_flasher_timeout(size, ESPY_MD5_MS_PER_MB);
    for (unsigned i = 0; i < MD5_TRIES; i++) {
        espy_loader_reply reply;
        espy_status st = espy_session_ask(&flasher->session, &request, timeout_ms, &reply, err);
        if (st != ESPY_OK)
            return espy_context(err, "MD5 of 0x%x bytes at 0x%x", (unsigned)size, (unsigned)addr);
        if (parse_digest(&reply, digest))
            return ESPY_OK;
    }
    espy_fail(err, ESPY_E_PROTOCOL, "the chip's MD5 of 0x%x bytes at 0x%x is no MD5", (unsigned)size, (unsigned)addr);
    espy_session_advise(err);
    return ESPY_E_PROTOCOL;
}

/* The stub has no MD5: its digests are SHA-256. */
static espy_status md5_by_reading(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16],
                                  espy_err *err)
{
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for %u bytes of flash", (unsigned)size);
    espy_status st = espy_stub_read(flasher, addr, bytes, size, err);
    if (st == ESPY_OK && mbedtls_md5_ret(bytes, size, digest) != 0)
        st = espy_fail(err, ESPY_E_MEMORY, "MD5 of %u bytes failed on this computer", (unsigned)size);
    free(bytes);
    return st;
}

espy_status espy_flasher_md5(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16], espy_err *err)
{
    espy_status st = espy_flasher_readable(flasher, addr, size, err);
    if (st != ESPY_OK)
        return st;
    return flasher->stub.running ? md5_by_reading(flasher, addr, size, digest, err)
                                 : chip_md5(flasher, addr, size, digest, err);
}
