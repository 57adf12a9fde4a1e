/* SPDX-License-Identifier: MIT
 *
 * eFuse fields of the ESP32-S3; see the header.
 */
#include "efuse.h"

#include "espy/image.h"

enum { MIB = 1 << 20 };

const uint32_t espy_efuse_addr[ESPY_EFUSE_WORDS] = {
    [ESPY_EFUSE_RD_REPEAT_DATA1] = 0x60007034,    [ESPY_EFUSE_RD_REPEAT_DATA2] = 0x60007038,
    [ESPY_EFUSE_RD_REPEAT_DATA3] = 0x6000703C,    [ESPY_EFUSE_RD_MAC_SPI_SYS_0] = 0x60007044,
    [ESPY_EFUSE_RD_MAC_SPI_SYS_1] = 0x60007048,   [ESPY_EFUSE_RD_MAC_SPI_SYS_3] = 0x60007050,
    [ESPY_EFUSE_RD_MAC_SPI_SYS_4] = 0x60007054,   [ESPY_EFUSE_RD_MAC_SPI_SYS_5] = 0x60007058,
    [ESPY_EFUSE_RD_SYS_PART1_DATA4] = 0x6000706C, [ESPY_EFUSE_RD_REPEAT_DATA0] = 0x60007030,
};

static uint32_t field(uint32_t word, unsigned low, unsigned bits)
{
    return word >> low & ((1u << bits) - 1);
}

/* Chips of version v0.0 carry other things where later ones have their version; they
 * are known by block version 1.1 with a minor version of 0 in its low bits. */
static void decode_revision(espy_board *board, const uint32_t *words)
{
    uint32_t sys3 = words[ESPY_EFUSE_RD_MAC_SPI_SYS_3], sys5 = words[ESPY_EFUSE_RD_MAC_SPI_SYS_5];
    unsigned minor = field(sys5, 23, 1) << 3 | field(sys3, 18, 3);
    unsigned major = field(sys5, 24, 2);
    bool v0_0 = (minor & 7) == 0 && field(words[ESPY_EFUSE_RD_SYS_PART1_DATA4], 0, 2) == 1 && field(sys3, 24, 3) == 1;
    board->revision_major = v0_0 ? 0 : major;
    board->revision_minor = v0_0 ? 0 : minor;
}

static void decode_mac(espy_board *board, uint32_t low, uint32_t high)
{
    const uint8_t mac[6] = {(uint8_t)(high >> 8), (uint8_t)high,       (uint8_t)(low >> 24),
                            (uint8_t)(low >> 16), (uint8_t)(low >> 8), (uint8_t)low};
    for (int i = 0; i < 6; i++)
        board->mac[i] = mac[i];
}

static void decode_psram(espy_board *board, uint32_t sys4, uint32_t sys5)
{
    static const uint32_t sizes[8] = {0, 8 * MIB, 2 * MIB, 16 * MIB, 4 * MIB};
    static const char *const vendors[4] = {"", "AP_3v3", "AP_1v8", ""};
    board->psram.size = sizes[field(sys5, 19, 1) << 2 | field(sys4, 3, 2)];
    board->psram.vendor = vendors[field(sys4, 7, 2)];
    board->psram.width = board->psram.size == 0          ? ESPY_WIDTH_NONE
                         : board->psram.size >= 8u * MIB ? ESPY_WIDTH_OCTAL
                                                         : ESPY_WIDTH_QUAD;
}

/* Of three bits the odd counts mean yes. */
static uint32_t odd(uint32_t bits)
{
    return (bits ^ bits >> 1 ^ bits >> 2) & 1;
}

void espy_efuse_security(espy_security *security, const uint32_t data[ESPY_EFUSE_REPEAT_WORDS])
{
    bool download = field(data[3], 5, 1) != 0 && field(data[3], 0, 1) == 0;
    *security = (espy_security){
        .flags = field(data[2], 20, 2)             /* SECURE_BOOT_EN, SECURE_BOOT_AGGRESSIVE_REVOKE */
                 | (uint32_t)download << 2         /* ENABLE_SECURITY_DOWNLOAD, DIS_DOWNLOAD_MODE */
                 | field(data[1], 21, 3) << 3      /* SECURE_BOOT_KEY_REVOKE0 to 2 */
                 | odd(field(data[0], 16, 3)) << 6 /* SOFT_DIS_JTAG */
                 | field(data[0], 19, 1) << 7      /* DIS_PAD_JTAG */
                 | field(data[0], 13, 1) << 8      /* DIS_USB_OTG */
                 | field(data[0], 11, 1) << 9      /* DIS_DOWNLOAD_DCACHE */
                 | field(data[0], 10, 1) << 10,    /* DIS_DOWNLOAD_ICACHE */
        .crypt_count = (uint8_t)field(data[1], 18, 3),
        .chip_id = ESPY_CHIP_ESP32S3,
    };
    for (unsigned key = 0; key < 6; key++)
        security->key_purpose[key] = (uint8_t)field(data[key < 2 ? 1 : 2], key < 2 ? 24 + 4 * key : 4 * (key - 2), 4);
}

static espy_supply supply(uint32_t data1)
{
    enum { VDD_SPI_XPD = 1 << 4, VDD_SPI_TIEH = 1 << 5, VDD_SPI_FORCE = 1 << 6 };
    if ((data1 & VDD_SPI_FORCE) == 0)
        return ESPY_SUPPLY_PIN;
    if ((data1 & VDD_SPI_XPD) == 0)
        return ESPY_SUPPLY_OFF;
    return (data1 & VDD_SPI_TIEH) != 0 ? ESPY_SUPPLY_3V3 : ESPY_SUPPLY_1V8;
}

/* An XTS-AES-128 key, or both halves of an XTS-AES-256 key, in any of the six key blocks. */
static bool has_encryption_key(uint32_t data1, uint32_t data2)
{
    enum { XTS_AES_256_KEY_1 = 2, XTS_AES_256_KEY_2 = 3, XTS_AES_128_KEY = 4 };
    unsigned found = 0;
    for (unsigned key = 0; key < 6; key++)
        found |= 1u << (key < 2 ? field(data1, 24 + 4 * key, 4) : field(data2, 4 * (key - 2), 4));
    return (found >> XTS_AES_128_KEY & 1) != 0 ||
           ((found >> XTS_AES_256_KEY_1 & 1) != 0 && (found >> XTS_AES_256_KEY_2 & 1) != 0);
}

void espy_efuse_decode(espy_board *board, const uint32_t words[ESPY_EFUSE_WORDS])
{
    static const char *const packages[8] = {"QFN56", "LGA56"};
    static const uint32_t embedded[8] = {0, 8 * MIB, 4 * MIB};
    uint32_t sys3 = words[ESPY_EFUSE_RD_MAC_SPI_SYS_3];
    const char *package = packages[field(sys3, 21, 3)];
    board->package = package != NULL ? package : "unknown";
    decode_revision(board, words);
    decode_mac(board, words[ESPY_EFUSE_RD_MAC_SPI_SYS_0], words[ESPY_EFUSE_RD_MAC_SPI_SYS_1]);
    decode_psram(board, words[ESPY_EFUSE_RD_MAC_SPI_SYS_4], words[ESPY_EFUSE_RD_MAC_SPI_SYS_5]);
    board->flash.embedded = embedded[field(sys3, 27, 3)];
    board->flash.width = field(words[ESPY_EFUSE_RD_REPEAT_DATA3], 9, 1) ? ESPY_WIDTH_OCTAL : ESPY_WIDTH_QUAD;
    board->flash.supply = supply(words[ESPY_EFUSE_RD_REPEAT_DATA1]);
    board->secure_boot = field(words[ESPY_EFUSE_RD_REPEAT_DATA2], 20, 1) != 0;
    board->flash_encryption = odd(field(words[ESPY_EFUSE_RD_REPEAT_DATA1], 18, 3)) != 0;
    board->encryption_key = has_encryption_key(words[ESPY_EFUSE_RD_REPEAT_DATA1], words[ESPY_EFUSE_RD_REPEAT_DATA2]);
    board->encrypts_for_loader = field(words[ESPY_EFUSE_RD_REPEAT_DATA0], 20, 1) == 0;
}
