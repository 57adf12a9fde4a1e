/* SPDX-License-Identifier: MIT
 *
 * What the eFuses of an ESP32-S3 say about its board: the ESP32-S3 Technical Reference
 * Manual, chapter "eFuse Controller", and ESP-IDF's esp_efuse_table.csv for the fields
 * of BLOCK1 and BLOCK2 that the manual leaves to the maker.
 */
#ifndef ESPY_FLASHER_EFUSE_H
#define ESPY_FLASHER_EFUSE_H

#include "espy/flasher.h"

/* The words that are read, in this order. */
typedef enum espy_efuse_word {
    ESPY_EFUSE_RD_REPEAT_DATA1, /* SPI_BOOT_CRYPT_CNT */
    ESPY_EFUSE_RD_REPEAT_DATA2, /* SECURE_BOOT_EN */
    ESPY_EFUSE_RD_REPEAT_DATA3, /* FLASH_TYPE */
    ESPY_EFUSE_RD_MAC_SPI_SYS_0,
    ESPY_EFUSE_RD_MAC_SPI_SYS_1,
    ESPY_EFUSE_RD_MAC_SPI_SYS_3,
    ESPY_EFUSE_RD_MAC_SPI_SYS_4,
    ESPY_EFUSE_RD_MAC_SPI_SYS_5,
    ESPY_EFUSE_RD_SYS_PART1_DATA4, /* BLK_VERSION_MAJOR */
    ESPY_EFUSE_RD_REPEAT_DATA0,    /* DIS_DOWNLOAD_MANUAL_ENCRYPT */
    ESPY_EFUSE_WORDS
} espy_efuse_word;

extern const uint32_t espy_efuse_addr[ESPY_EFUSE_WORDS];

/* What the ROM's GET_SECURITY_INFO makes of EFUSE_RD_REPEAT_DATA0 to 3. */
enum { ESPY_EFUSE_REPEAT_DATA0 = 0x60007030, ESPY_EFUSE_REPEAT_WORDS = 4 };
void espy_efuse_security(espy_security *security, const uint32_t data[ESPY_EFUSE_REPEAT_WORDS]);

/* Fills in everything of the board that eFuses tell. */
void espy_efuse_decode(espy_board *board, const uint32_t words[ESPY_EFUSE_WORDS]);

#endif
