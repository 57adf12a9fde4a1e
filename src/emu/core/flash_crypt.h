/* SPDX-License-Identifier: MIT
 *
 * What the eFuses say about flash encryption: eFuse tells it, XTS_AES does it.
 *
 * Source: TRM, "External Memory Encryption and Decryption (XTS_AES)".
 */
#ifndef ESPY_EMU_CORE_FLASH_CRYPT_H
#define ESPY_EMU_CORE_FLASH_CRYPT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct espy_flash_crypt {
    uint8_t key[64];          /* as in a key file: of the data, then of the tweak */
    unsigned key_size;        /* 32 or 64; zeros where no key was burnt */
    bool boot_decrypts;       /* by SPI_BOOT_CRYPT_CNT */
    bool no_download_encrypt; /* DIS_DOWNLOAD_MANUAL_ENCRYPT */
} espy_flash_crypt;

#endif
