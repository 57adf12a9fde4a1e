/* SPDX-License-Identifier: MIT
 *
 * XTS_AES: what is encrypted before SPI1 writes it to the flash, and decrypted when the
 * cache reads it.
 *
 * Manual encryption takes a plaintext of 16 to 64 bytes and an address, and holds its
 * ciphertext ready for SPI1's next program.  Automatic decryption shows the cache another
 * memory in the flash's place, a page of which is decrypted when it is first mapped.
 *
 * Sources: TRM, "External Memory Encryption and Decryption (XTS_AES)"; ESP-IDF v5.2.2,
 * hal/spi_flash_encrypted_ll.h; IEEE Std 1619.  The order of bytes and tweaks is that of
 * `espsecure encrypt-flash-data --aes-xts`, which writes what the chip reads.
 * Left out: encryption of PSRAM, which only somebody who probes its wires could tell; the
 * time that it takes; that keys leak.
 */
#ifndef ESPY_EMU_SOC_XTS_AES_H
#define ESPY_EMU_SOC_XTS_AES_H

#include "../core/aes_block.h"
#include "../core/flash_crypt.h"
#include "../core/soc.h"
#include "../core/spi.h"

#define ESPY_XTS_BUFFER 64
#define ESPY_XTS_UNIT 128 /* bytes that share a tweak */

/* Both keys: of the data and of the tweak. */
typedef struct espy_xts_key {
    espy_aes_key data, tweak;
} espy_xts_key;

/* size: 32 or 64 bytes, the data's half first, as in a key file. */
void espy_xts_expand(espy_xts_key *key, const uint8_t *bytes, unsigned size);
/* A run of flash; address and size are multiples of 16. */
void espy_xts_encrypt(const espy_xts_key *key, uint32_t addr, uint8_t *bytes, size_t n);
void espy_xts_decrypt(const espy_xts_key *key, uint32_t addr, uint8_t *bytes, size_t n);

typedef struct espy_xts_aes {
    espy_soc *soc;
    espy_xts_key key;
    bool boot_decrypts, no_download_encrypt;
    bool flash_boot; /* and not one of the download modes */
    bool decrypting;
    uint32_t control; /* SYSTEM_EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL */
    uint8_t plain[ESPY_XTS_BUFFER], ready[ESPY_XTS_BUFFER];
    uint32_t linesize, destination, address, state;

    espy_mem *flash;    /* what SPI reads */
    espy_mem *clear;    /* what the cache reads; of the same size */
    uint8_t *known;     /* for each 64 KiB of it, whether it has been decrypted */
    espy_line decrypts; /* automatic decryption goes on or off: connect after init */
} espy_xts_aes;

/* clear: of flash's size, its contents without meaning; known: a byte for each 64 KiB. */
void espy_xts_aes_init(espy_xts_aes *xts, espy_soc *soc, espy_mem *flash, espy_mem *clear, uint8_t *known);
/* crypt: what eFuse tells at this reset. */
void espy_xts_aes_reset(espy_xts_aes *xts, const espy_flash_crypt *crypt);
/* Which boot mode the straps say. */
void espy_xts_aes_set_flash_boot(espy_xts_aes *xts, bool flash_boot);
/* self: an espy_xts_aes.  SYSTEM's register has been written. */
void espy_xts_aes_control(void *self, uint32_t value);

/* self: an espy_xts_aes.  The memory that the cache sees where it maps 64 KiB of the flash
 * from offset on. */
espy_mem *espy_xts_aes_page(void *self, size_t offset);
/* self: an espy_xts_aes.  For SPI1's next program, espy_spi_cipher.take. */
size_t espy_xts_aes_take(void *self, uint32_t *addr, const uint8_t **bytes);

#endif
