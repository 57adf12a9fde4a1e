/* SPDX-License-Identifier: MIT
 *
 * Names of what an image's numbers mean.
 *
 * Follows: esptool's targets (chip ids, bootloader offsets, flash frequencies);
 * ESP-IDF's esp_partition.h (types and subtypes).
 */
#include "chips.h"

#include <stdio.h>

static const espy_image_chip chips[] = {
    {.id = 0, .name = "ESP32", .bootloader_addr = 0x1000, .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 2, .name = "ESP32-S2", .bootloader_addr = 0x1000, .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 5, .name = "ESP32-C3", .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 9, .name = "ESP32-S3", .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 12, .name = "ESP32-C2", .freq = {"30m", "20m", "15m", [15] = "60m"}},
    {.id = 13, .name = "ESP32-C6", .freq = {"80m", [2] = "20m"}},
    {.id = 16, .name = "ESP32-H2", .freq = {"24m", "16m", "12m", [15] = "48m"}},
    {.id = 18, .name = "ESP32-P4", .bootloader_addr = 0x2000, .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 20, .name = "ESP32-C61", .freq = {"40m", [2] = "20m", [15] = "80m"}},
    {.id = 23, .name = "ESP32-C5", .bootloader_addr = 0x2000, .freq = {"40m", [2] = "20m", [15] = "80m"}},
    {.id = 25, .name = "ESP32-H21", .freq = {"24m", [15] = "48m"}},
    {.id = 28, .name = "ESP32-H4", .bootloader_addr = 0x2000, .freq = {"24m", [15] = "48m"}},
    {.id = 31, .name = "ESP32-E22", .freq = {"40m", "26m", "20m", [15] = "80m"}},
    {.id = 32, .name = "ESP32-S31", .bootloader_addr = 0x2000, .freq = {"40m", "26m", "20m", [15] = "80m"}},
};

const espy_image_chip *espy_image_chip_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].id == id)
            return &chips[i];
    return NULL;
}

const char *espy_image_chip_name(uint16_t chip_id)
{
    const espy_image_chip *chip = espy_image_chip_find(chip_id);
    return chip != NULL ? chip->name : NULL;
}

const char *espy_image_mode_name(uint8_t spi_mode)
{
    static const char *const names[] = {"QIO", "QOUT", "DIO", "DOUT", "FAST_READ", "SLOW_READ"};
    return spi_mode < sizeof names / sizeof names[0] ? names[spi_mode] : "unknown";
}

const char *espy_image_freq_name(uint16_t chip_id, uint8_t spi_freq)
{
    const espy_image_chip *chip = espy_image_chip_find(chip_id);
    const char *name = chip != NULL ? chip->freq[spi_freq & 15] : NULL;
    return name != NULL ? name : "unknown";
}

const char *espy_image_kind_name(espy_image_kind kind)
{
    switch (kind) {
    case ESPY_IMAGE_MERGED: return "merged image";
    case ESPY_IMAGE_APP: return "application";
    case ESPY_IMAGE_BOOTLOADER: return "bootloader";
    }
    return "unknown";
}

const char *espy_psram_kind_name(espy_psram_kind kind)
{
    switch (kind) {
    case ESPY_PSRAM_UNKNOWN: return "unknown";
    case ESPY_PSRAM_QUAD: return "quad";
    case ESPY_PSRAM_OCTAL: return "octal";
    }
    return "unknown";
}

static const struct {
    uint8_t type, subtype;
    const char *name;
} subtypes[] = {
    {0, 0x00, "app/factory"},    {0, 0x20, "app/test"},      {1, 0x00, "data/ota"},      {1, 0x01, "data/phy"},
    {1, 0x02, "data/nvs"},       {1, 0x03, "data/coredump"}, {1, 0x04, "data/nvs_keys"}, {1, 0x05, "data/efuse"},
    {1, 0x06, "data/undefined"}, {1, 0x80, "data/esphttpd"}, {1, 0x81, "data/fat"},      {1, 0x82, "data/spiffs"},
    {1, 0x83, "data/littlefs"},  {1, 0x8F, "data/romfs"},
};

const char *espy_partition_type_name(const espy_partition *row, char *text, size_t cap)
{
    for (size_t i = 0; i < sizeof subtypes / sizeof subtypes[0]; i++)
        if (subtypes[i].type == row->type && subtypes[i].subtype == row->subtype) {
            snprintf(text, cap, "%s", subtypes[i].name);
            return text;
        }
    if (row->type == 0 && row->subtype >= 0x10 && row->subtype < 0x20)
        snprintf(text, cap, "app/ota_%d", row->subtype - 0x10);
    else if (row->type <= 1)
        snprintf(text, cap, "%s/0x%02x", row->type == 0 ? "app" : "data", row->subtype);
    else
        snprintf(text, cap, "0x%02x/0x%02x", row->type, row->subtype);
    return text;
}
