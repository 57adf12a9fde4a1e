/* SPDX-License-Identifier: MIT
 *
 * XTS_AES; see the header.
 */
#include "xts_aes.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    BASE = 0x600cc000,
    SPACE = 0x60,
    LINESIZE = 0x40,
    DESTINATION = 0x44,
    PHYSICAL_ADDRESS = 0x48,
    TRIGGER = 0x4c,
    RELEASE = 0x50,
    DESTROY = 0x54,
    STATE = 0x58
};

enum { IDLE, BUSY, ENCRYPTED, RELEASED };

/* SYSTEM_ENABLE_SPI_MANUAL_ENCRYPT, _DOWNLOAD_G0CB_DECRYPT, _DOWNLOAD_MANUAL_ENCRYPT */
enum { SPI_MANUAL_ENCRYPT = 1 << 0, DOWNLOAD_G0CB_DECRYPT = 1 << 2, DOWNLOAD_MANUAL_ENCRYPT = 1 << 3 };

enum { PAGE = 0x10000 };

/* ---- the cipher: IEEE 1619 on 128 bytes that are taken from the last to the first ---- */

void espy_xts_expand(espy_xts_key *key, const uint8_t *bytes, unsigned size)
{
    espy_aes_expand(&key->data, bytes, size / 2);
    espy_aes_expand(&key->tweak, bytes + size / 2, size / 2);
}

/* Multiplies by x in GF(2^128). */
static void advance(uint8_t tweak[ESPY_AES_BLOCK])
{
    unsigned carry = 0;
    for (unsigned i = 0; i < ESPY_AES_BLOCK; i++) {
        unsigned next = tweak[i] >> 7;
        tweak[i] = (uint8_t)(tweak[i] << 1 | carry);
        carry = next;
    }
    tweak[0] ^= carry != 0 ? 0x87 : 0;
}

/* The tweaks of a unit's blocks, in the order in which they lie in the flash. */
static void tweaks_of(const espy_xts_key *key, uint32_t addr, uint8_t tweaks[8][ESPY_AES_BLOCK])
{
    uint8_t tweak[ESPY_AES_BLOCK] = {0};
    put_le32(tweak, addr & ~(ESPY_XTS_UNIT - 1u));
    espy_aes_encrypt(&key->tweak, tweak);
    for (unsigned i = 8; i-- > 0;) {
        memcpy(tweaks[i], tweak, ESPY_AES_BLOCK);
        advance(tweak);
    }
}

typedef void (*cipher)(const espy_aes_key *key, uint8_t block[ESPY_AES_BLOCK]);

static void crypt_block(const espy_xts_key *key, cipher work, const uint8_t tweak[ESPY_AES_BLOCK], uint8_t *bytes)
{
    uint8_t block[ESPY_AES_BLOCK];
    for (unsigned i = 0; i < ESPY_AES_BLOCK; i++)
        block[i] = bytes[ESPY_AES_BLOCK - 1 - i] ^ tweak[i];
    work(&key->data, block);
    for (unsigned i = 0; i < ESPY_AES_BLOCK; i++)
        bytes[ESPY_AES_BLOCK - 1 - i] = block[i] ^ tweak[i];
}

static void crypt(const espy_xts_key *key, cipher work, uint32_t addr, uint8_t *bytes, size_t n)
{
    uint8_t tweaks[8][ESPY_AES_BLOCK];
    for (size_t at = 0; at < n; at += ESPY_AES_BLOCK) {
        uint32_t here = addr + (uint32_t)at;
        if (at == 0 || here % ESPY_XTS_UNIT == 0)
            tweaks_of(key, here, tweaks);
        crypt_block(key, work, tweaks[here % ESPY_XTS_UNIT / ESPY_AES_BLOCK], bytes + at);
    }
}

void espy_xts_encrypt(const espy_xts_key *key, uint32_t addr, uint8_t *bytes, size_t n)
{
    crypt(key, espy_aes_encrypt, addr, bytes, n);
}

void espy_xts_decrypt(const espy_xts_key *key, uint32_t addr, uint8_t *bytes, size_t n)
{
    crypt(key, espy_aes_decrypt, addr, bytes, n);
}

/* ---- what is enabled ---- */

static bool decrypts(const espy_xts_aes *xts)
{
    return xts->flash_boot ? xts->boot_decrypts : (xts->control & DOWNLOAD_G0CB_DECRYPT) != 0;
}

static bool encrypts(const espy_xts_aes *xts)
{
    return xts->flash_boot ? (xts->control & SPI_MANUAL_ENCRYPT) != 0
                           : (xts->control & DOWNLOAD_MANUAL_ENCRYPT) != 0 && !xts->no_download_encrypt;
}

static void update(espy_xts_aes *xts)
{
    bool level = decrypts(xts);
    if (level != xts->decrypting)
        espy_line_set(&xts->decrypts, level);
    xts->decrypting = level;
}

void espy_xts_aes_set_flash_boot(espy_xts_aes *xts, bool flash_boot)
{
    xts->flash_boot = flash_boot;
    update(xts);
}

void espy_xts_aes_control(void *self, uint32_t value)
{
    espy_xts_aes *xts = self;
    xts->control = value;
    update(xts);
}

/* ---- automatic decryption ---- */

espy_mem *espy_xts_aes_page(void *self, size_t offset)
{
    espy_xts_aes *xts = self;
    if (!xts->decrypting)
        return xts->flash;
    uint8_t *known = &xts->known[offset / PAGE], *bytes = xts->clear->bytes + offset / PAGE * PAGE;
    if (*known == 0) {
        memcpy(bytes, xts->flash->bytes + offset / PAGE * PAGE, PAGE);
        espy_xts_decrypt(&xts->key, (uint32_t)(offset / PAGE * PAGE), bytes, PAGE);
        *known = 1;
    }
    return xts->clear;
}

/* The flash has changed, and so has what is seen of it. */
static void flash_changed(void *self, size_t offset, size_t size)
{
    espy_xts_aes *xts = self;
    size_t end = (offset + size + ESPY_AES_BLOCK - 1) / ESPY_AES_BLOCK * ESPY_AES_BLOCK;
    for (size_t at = offset / ESPY_AES_BLOCK * ESPY_AES_BLOCK, n; at < end; at += n) {
        n = PAGE - at % PAGE < end - at ? PAGE - at % PAGE : end - at;
        if (xts->known[at / PAGE] == 0)
            continue;
        memcpy(xts->clear->bytes + at, xts->flash->bytes + at, n);
        espy_xts_decrypt(&xts->key, (uint32_t)at, xts->clear->bytes + at, n);
        espy_bus_mem_changed(xts->soc->bus, xts->clear, at, n);
    }
}

/* ---- manual encryption ---- */

static size_t size_of(const espy_xts_aes *xts)
{
    return (size_t)16 << (xts->linesize < 3 ? xts->linesize : 2);
}

/* The plaintext lies in the buffer where it would in 64 bytes of flash. */
static void trigger(espy_xts_aes *xts)
{
    size_t n = size_of(xts), at = xts->address % ESPY_XTS_BUFFER / n * n;
    if (!encrypts(xts) || xts->state != IDLE)
        return;
    memcpy(xts->ready, xts->plain + at, n);
    espy_xts_encrypt(&xts->key, xts->address / (uint32_t)n * (uint32_t)n, xts->ready, n);
    xts->state = ENCRYPTED;
}

size_t espy_xts_aes_take(void *self, uint32_t *addr, const uint8_t **bytes)
{
    espy_xts_aes *xts = self;
    if (xts->state != RELEASED || xts->destination != 0)
        return 0;
    *addr = xts->address;
    *bytes = xts->ready;
    return size_of(xts);
}

/* ---- registers ---- */

static uint32_t read(void *self, uint32_t offset)
{
    espy_xts_aes *xts = self;
    switch (offset) {
    case LINESIZE: return xts->linesize;
    case DESTINATION: return xts->destination;
    case PHYSICAL_ADDRESS: return xts->address;
    case STATE: return xts->state;
    default: return offset < ESPY_XTS_BUFFER ? get_le32(xts->plain + offset) : 0;
    }
}

static void write(void *self, uint32_t offset, uint32_t value)
{
    espy_xts_aes *xts = self;
    switch (offset) {
    case LINESIZE: xts->linesize = value & 3; break;
    case DESTINATION: xts->destination = value & 1; break;
    case PHYSICAL_ADDRESS: xts->address = value & 0x3fffffff; break;
    case TRIGGER: trigger(xts); break;
    case RELEASE: xts->state = xts->state == ENCRYPTED ? RELEASED : xts->state; break;
    case DESTROY: xts->state = xts->state == RELEASED ? IDLE : xts->state; break;
    default:
        if (offset < ESPY_XTS_BUFFER)
            put_le32(xts->plain + offset, value);
        break;
    }
}

void espy_xts_aes_init(espy_xts_aes *xts, espy_soc *soc, espy_mem *flash, espy_mem *clear, uint8_t *known)
{
    *xts = (espy_xts_aes){.soc = soc, .flash = flash, .clear = clear, .known = known};
    flash->changed = flash_changed;
    flash->changed_self = xts;
    espy_device device = {.name = "XTS_AES", .base = BASE, .size = SPACE, .self = xts, .read = read, .write = write};
    espy_bus_attach(soc->bus, &device);
}

void espy_xts_aes_reset(espy_xts_aes *xts, const espy_flash_crypt *crypt)
{
    espy_xts_expand(&xts->key, crypt->key, crypt->key_size);
    xts->boot_decrypts = crypt->boot_decrypts;
    xts->no_download_encrypt = crypt->no_download_encrypt;
    memset(xts->known, 0, xts->flash->size / PAGE);
    memset(xts->plain, 0, sizeof xts->plain);
    xts->linesize = xts->destination = xts->address = xts->state = 0;
    update(xts);
}
