/* SPDX-License-Identifier: MIT
 *
 * Firmware images for Espressif's chips: what a file is, whether it is whole,
 * and how to fit it to the flash that a board really has.
 *
 * Pure functions over buffers: no file is opened, nothing is printed.  A parsed
 * espy_image borrows the bytes it was parsed from, which must outlive it; it
 * owns nothing.  Parsing is strict: checksum, appended SHA-256, the table's MD5
 * row and every bound are verified, and the first thing wrong is the error.
 *
 * Addresses are flash addresses; the file's byte 0 lies at flash address `base`
 * (0 on the ESP32-S3).
 *
 * Follows: ESP-IDF programming guide, "App Image Format" and "Partition Tables";
 * esptool documentation, "Firmware Image Format".  Left out: encrypted images
 * and secure-boot signature blocks (carried along, not verified).
 */
#ifndef ESPY_IMAGE_H
#define ESPY_IMAGE_H

#include "espy/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESPY_SECTOR 4096u
#define ESPY_SEGMENTS_MAX 16
#define ESPY_PARTITIONS_MAX 95
#define ESPY_APPS_MAX 17             /* factory and ota_0 to ota_15 */
#define ESPY_PARTITION_TABLE 0x8000u /* where ESP-IDF puts the table unless configured otherwise */
#define ESPY_PARTITION_TABLE_SIZE 0xC00u

/* Chip ids, as in the extended header. */
enum { ESPY_CHIP_ESP32 = 0, ESPY_CHIP_ESP32S2 = 2, ESPY_CHIP_ESP32C3 = 5, ESPY_CHIP_ESP32S3 = 9 };

typedef enum espy_image_kind {
    ESPY_IMAGE_MERGED,    /* bootloader, partition table and application: what `up` writes */
    ESPY_IMAGE_APP,       /* an application alone */
    ESPY_IMAGE_BOOTLOADER /* a second-stage bootloader alone */
} espy_image_kind;

/* The kind of PSRAM that the application was built to drive. */
typedef enum espy_psram_kind { ESPY_PSRAM_UNKNOWN, ESPY_PSRAM_QUAD, ESPY_PSRAM_OCTAL } espy_psram_kind;

typedef struct espy_segment {
    uint32_t load_addr;
    uint32_t addr; /* of its data in flash */
    uint32_t size;
} espy_segment;

/* One image in Espressif's format: a bootloader or an application.  Its
 * checksum, and its digest if there is one, have been verified. */
typedef struct espy_binary {
    uint32_t addr;
    uint32_t size; /* header to digest, both included */
    uint16_t chip_id;
    uint8_t spi_mode;    /* 0 QIO, 1 QOUT, 2 DIO, 3 DOUT */
    uint8_t spi_freq;    /* the low nibble of byte 3, see espy_image_freq_name() */
    uint32_t flash_size; /* bytes, decoded from the high nibble of byte 3 */
    uint16_t min_rev;    /* major * 100 + minor */
    uint16_t max_rev;
    uint32_t entry;
    espy_segment segments[ESPY_SEGMENTS_MAX];
    size_t segment_count;
    uint8_t checksum;
    bool has_sha256;
    uint8_t sha256[32];
    bool has_desc; /* esp_app_desc_t, at the start of an application's first segment */
    char version[33];
    char project[33];
    char built[34]; /* date and time */
    char idf[33];   /* "v5.0.4"; also from a bootloader's own description (ESP-IDF 5.1 on) */
    uint8_t elf_sha256[32];
} espy_binary;

typedef struct espy_partition {
    uint8_t type; /* 0 application, 1 data */
    uint8_t subtype;
    uint32_t addr;
    uint32_t size;
    char label[17];
    uint32_t flags;
} espy_partition;

typedef struct espy_partitions {
    espy_partition row[ESPY_PARTITIONS_MAX];
    size_t count;
    bool has_md5;
} espy_partitions;

/* What MicroPython's own strings say; empty where the application is another. */
typedef struct espy_micropython {
    char version[32]; /* "v1.23.0"; empty: this is not MicroPython */
    char date[16];    /* "2024-06-02" */
    char machine[96]; /* "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3" */
    char variant[32]; /* "SPIRAM_OCT"; empty for the standard variant */
} espy_micropython;

typedef struct espy_image {
    espy_image_kind kind;
    const uint8_t *bytes; /* borrowed */
    size_t size;
    uint32_t base; /* the flash address of bytes[0] */
    uint16_t chip_id;
    uint32_t flash_size;    /* as the first header declares it, and so what the boot chain believes */
    espy_binary bootloader; /* MERGED and BOOTLOADER */
    uint32_t table_addr;    /* MERGED */
    espy_partitions table;  /* MERGED */
    espy_binary apps[ESPY_APPS_MAX];
    size_t app_count; /* apps[0] is the one that a board with blank otadata boots */
    espy_micropython micropython;
    espy_psram_kind psram;
    bool octal_flash;  /* finds out at run time, or is built to assume, that the flash is octal */
    bool sizes_itself; /* MicroPython without a file-system partition: it takes the flash's rest at boot */
} espy_image;

typedef struct espy_range {
    uint32_t addr;
    uint32_t size;
} espy_range;

/* The digest of the whole file: of 1.6 MB in 5 ms. */
void espy_image_sha256(const espy_image *image, uint8_t digest[32]);

/* Parses and verifies a whole file.  ESPY_E_FORMAT: not an image (the sentence
 * names what it is instead), cut short, or damaged. */
espy_status espy_image_parse(espy_image *image, const uint8_t *bytes, size_t size, espy_err *err);

/* Parses and verifies a partition table, such as the one read back from a
 * board.  flash_size bounds the partitions.  An all-0xFF table is ESPY_E_FORMAT. */
espy_status espy_partitions_parse(espy_partitions *table, const uint8_t *bytes, size_t size, uint32_t flash_size,
                                  espy_err *err);

/* What an image is about to be written to. */
typedef struct espy_image_target {
    uint16_t chip_id;
    uint16_t revision; /* major * 100 + minor */
    uint32_t flash_size;
} espy_image_target;

/* Whether the image, as it is, can be written to this board and start there:
 * ESPY_E_UNSUPPORTED for another chip, a chip revision too old, an application
 * or bootloader alone, a file or a declared size larger than the flash. */
espy_status espy_image_check(const espy_image *image, const espy_image_target *target, espy_err *err);

/* The same for an image of any kind, wherever it is put: only the chip and its revision. */
espy_status espy_image_check_chip(const espy_image *image, const espy_image_target *target, espy_err *err);

/* ESPY_E_UNSUPPORTED unless this is a merged image; the sentence says what it is. */
espy_status espy_image_need_merged(const espy_image *image, espy_err *err);

/* An image fitted to a flash size. */
typedef struct espy_fit {
    uint8_t *bytes; /* owned; image.size of them */
    espy_image image;
    bool changed;            /* false: bytes are a plain copy */
    const char *why;         /* where nothing changed, the reason, one clause; else NULL */
    uint32_t old_flash_size; /* as the header declared it before */
    int row;                 /* the partition that was resized, or -1 */
    uint32_t old_size;       /* of that partition */
} espy_fit;

/* Fits a merged image to flash_size bytes (a power of two, 1 to 128 MiB): the
 * bootloader header's size nibble and the bootloader's SHA-256, the size of the
 * file-system partition that reaches the end of the declared flash, the table's
 * MD5 row.  An image that sizes itself is left alone unless its header declares
 * more than there is.  A file system that the file itself carries keeps its size.
 * Fitting twice changes nothing more.  ESPY_E_UNSUPPORTED: the application or a
 * partition that must not shrink does not fit, or the image is not a merged one. */
espy_status espy_image_fit(espy_fit *fit, const espy_image *image, uint32_t flash_size, espy_err *err);
void espy_fit_free(espy_fit *fit);

/* The file system that firmware with this table uses on a flash of this size:
 * the partition labelled vfs or ffat, else the last data partition of a
 * file-system subtype, else what MicroPython 1.26 and later take by themselves,
 * the flash behind the last partition.  false: there is none. */
bool espy_partitions_filesystem(const espy_partitions *table, uint32_t flash_size, espy_partition *fs);

/* The file system of the firmware in a merged image; false: it has none. */
bool espy_image_filesystem(const espy_image *image, uint32_t flash_size, espy_partition *fs);

/* Whether the beginning of a partition holds a littlefs or FAT file system that says of
 * itself that it has exactly `size` bytes.  n: two sectors, or all of a smaller one. */
bool espy_filesystem_spans(const uint8_t *bytes, size_t n, uint32_t size);

#define ESPY_WRITES_MAX (2 * ESPY_PARTITIONS_MAX + 4)
#define ESPY_ERASES_MAX 4

/* What writing an image means for the flash: every range is on sector
 * boundaries and ascending.  Bytes past the end of the file count as 0xFF. */
typedef struct espy_image_plan {
    espy_range write[ESPY_WRITES_MAX];
    size_t write_count;
    espy_range erase[ESPY_ERASES_MAX];
    size_t erase_count;
} espy_image_plan;

/* Plans writing a merged image to a board whose table is `old` (NULL: blank or
 * unreadable).  Written whole are the bootloader, the table, the applications
 * and data partitions with contents; blank partitions (nvs) are not touched.
 * Erased besides are otadata that the image has blank, and the first two blocks
 * of the file system (littlefs' superblock pair, FAT's boot sector) unless `old`
 * had the very same file system, whose files then stay.  They must be erased before the
 * table is written, after which nobody could tell any more that they are stale. */
void espy_image_plan_make(espy_image_plan *plan, const espy_image *image, uint32_t flash_size,
                          const espy_partitions *old);

/* The bytes of a planned range: a pointer into the file and how many of the
 * range's bytes are there; the rest is 0xFF. */
const uint8_t *espy_image_at(const espy_image *image, espy_range range, size_t *available);

/* Names: "ESP32-S3" (NULL: unknown id), "DIO", "80m", "merged image". */
const char *espy_image_chip_name(uint16_t chip_id);
const char *espy_image_mode_name(uint8_t spi_mode);
const char *espy_image_freq_name(uint16_t chip_id, uint8_t spi_freq);
const char *espy_image_kind_name(espy_image_kind kind);
const char *espy_psram_kind_name(espy_psram_kind kind);
/* "data/fat", "app/ota_0", or numbers where there is no name; writes into text. */
const char *espy_partition_type_name(const espy_partition *row, char *text, size_t cap);

#endif
