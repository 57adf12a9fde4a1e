/* SPDX-License-Identifier: MIT
 *
 * Images made by hand for tests: the layout is that of a MicroPython image, the
 * parts are a few hundred bytes.  Nothing of the library is used here, so that a
 * misreading of the format cannot cancel itself out.
 *
 * Follows: esptool documentation, "Firmware Image Format"; ESP-IDF programming
 * guide, "Partition Tables".
 */
#ifndef ESPY_IMAGE_SYNTH_TEST_H
#define ESPY_IMAGE_SYNTH_TEST_H

#include <mbedtls/md.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SYNTH_APP 0x10000u
#define SYNTH_TABLE 0x8000u

typedef struct synth_row {
    const char *label;
    uint8_t type, subtype;
    uint32_t addr, size;
} synth_row;

typedef struct synth {
    uint8_t *bytes;
    size_t size;            /* to the end of the application */
    size_t cap;             /* allocated, 0xFF behind size */
    size_t bootloader_size; /* digest included */
    size_t app_size;
} synth;

static inline void synth_le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static inline void synth_digest(mbedtls_md_type_t type, const uint8_t *p, size_t n, uint8_t *out)
{
    mbedtls_md(mbedtls_md_info_from_type(type), p, n, out);
}

/* Writes a binary with one segment of n bytes at p; returns its length. */
static inline size_t synth_binary(uint8_t *p, uint16_t chip, uint8_t size_freq, uint32_t load, const uint8_t *data,
                                  size_t n)
{
    static const uint8_t header[24] = {0xE9, 1, 2, 0, 0x00, 0x04, 0x37, 0x40, 0xEE, 0, 0, 0,
                                       0,    0, 0, 0, 0,    99,   0,    0,    0,    0, 0, 1};
    memcpy(p, header, 24);
    p[3] = size_freq;
    p[12] = (uint8_t)chip;
    p[13] = (uint8_t)(chip >> 8);
    synth_le32(p + 24, load);
    synth_le32(p + 28, (uint32_t)n);
    memcpy(p + 32, data, n);
    size_t length = (32 + n) / 16 * 16 + 16;
    memset(p + 32 + n, 0, length - 32 - n);
    uint8_t sum = 0xEF;
    for (size_t i = 0; i < n; i++)
        sum ^= data[i];
    p[length - 1] = sum;
    synth_digest(MBEDTLS_MD_SHA256, p, length, p + length);
    return length + 32;
}

/* An application: descriptor, then strings as MicroPython has them. */
static inline size_t synth_app(uint8_t *p, uint16_t chip, const char *strings, size_t n)
{
    uint8_t data[1024] = {0};
    synth_le32(data, 0xABCD5432);
    memcpy(data + 16, "v9.9", 4);
    memcpy(data + 48, "synth", 5);
    memcpy(data + 80, "12:34:56", 8);
    memcpy(data + 96, "Jan  2 2025", 11);
    memcpy(data + 112, "v5.0.4", 6);
    memcpy(data + 256, strings, n);
    return synth_binary(p, chip, 0x3F, 0x3C120020, data, (256 + n + 3) / 4 * 4);
}

static inline void synth_table(uint8_t *p, const synth_row *rows, size_t n)
{
    memset(p, 0xFF, 0xC00);
    for (size_t i = 0; i < n; i++, rows++) {
        uint8_t *row = p + 32 * i;
        memset(row, 0, 32);
        row[0] = 0xAA;
        row[1] = 0x50;
        row[2] = rows->type;
        row[3] = rows->subtype;
        synth_le32(row + 4, rows->addr);
        synth_le32(row + 8, rows->size);
        memcpy(row + 12, rows->label, strlen(rows->label));
    }
    p[32 * n] = p[32 * n + 1] = 0xEB;
    synth_digest(MBEDTLS_MD_MD5, p, 32 * n, p + 32 * n + 16);
}

static const synth_row synth_rows[] = {{"nvs", 1, 2, 0x9000, 0x6000},
                                       {"phy_init", 1, 1, 0xF000, 0x1000},
                                       {"factory", 0, 0, 0x10000, 0x1F0000},
                                       {"vfs", 1, 0x81, 0x200000, 0x600000}};

#define SYNTH_STRINGS                                                                                                  \
    "\0MicroPython v1.23.0 on 2024-06-02\0\0\0; Synthetic module with Octal-SPIRAM with ESP32S3\0\0octal_psram\0"

/* A merged image that declares 8 MB of flash, in a buffer of cap bytes. */
static inline synth synth_merged_in(size_t cap, const synth_row *rows, size_t n)
{
    static const uint8_t boot[60] = {1, 2, 3};
    synth s = {.cap = cap};
    s.bytes = malloc(s.cap);
    memset(s.bytes, 0xFF, s.cap);
    s.bootloader_size = synth_binary(s.bytes, 9, 0x3F, 0x403C9700, boot, sizeof boot);
    synth_table(s.bytes + SYNTH_TABLE, rows, n);
    s.app_size = synth_app(s.bytes + SYNTH_APP, 9, SYNTH_STRINGS, sizeof SYNTH_STRINGS);
    s.size = SYNTH_APP + s.app_size;
    return s;
}

static inline synth synth_merged(const synth_row *rows, size_t n)
{
    return synth_merged_in(0x400000, rows, n);
}

static inline synth synth_default(void)
{
    return synth_merged(synth_rows, 4);
}

#endif
