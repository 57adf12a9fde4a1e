/* SPDX-License-Identifier: MIT
 *
 * Naming what is not an image: the files that people pass by mistake, by their
 * first bytes.
 *
 * Follows: each format's own specification for its signature; UF2 families by
 * Microsoft's uf2families.json.
 */
#include "identify.h"

#include "../base/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct signature {
    const char *bytes;
    size_t size;
    const char *what;
    const char *advice;
} signature;

#define SIGNATURE(s) s, sizeof(s) - 1

static const signature signatures[] = {
    {SIGNATURE("\x7f"
               "ELF"),
     "an ELF program", "Flash the .bin file that the build made from it (esptool elf2image does that step)."},
    {SIGNATURE("PK\x03\x04"), "a ZIP archive", "Unpack it and pass the .bin file inside."},
    {SIGNATURE("\x1f\x8b"), "a gzip file", "Unpack it (gunzip) and pass the .bin file inside."},
    {SIGNATURE("BZh"), "a bzip2 file", "Unpack it (bunzip2) and pass the .bin file inside."},
    {SIGNATURE("\xfd"
               "7zXZ"),
     "an xz file", "Unpack it (unxz) and pass the .bin file inside."},
    {SIGNATURE("7z\xbc\xaf"), "a 7-Zip archive", "Unpack it and pass the .bin file inside."},
    {SIGNATURE("\x28\xb5\x2f\xfd"), "a zstd file", "Unpack it (unzstd) and pass the .bin file inside."},
    {SIGNATURE("version https://git-lfs"), "a Git LFS pointer, not the file itself",
     "Run `git lfs pull` to get the file."},
    {SIGNATURE("%PDF"), "a PDF document", NULL},
    {SIGNATURE("\x89PNG"), "a PNG picture", NULL},
    {SIGNATURE("\xff\xd8\xff"), "a JPEG picture", NULL},
    {SIGNATURE("\xaa\x50"), "a partition table alone",
     "Pass the merged image, which has bootloader, table and application."},
    {SIGNATURE("MZ"), "a Windows program", NULL},
};

static const struct {
    uint32_t id;
    const char *name;
} uf2_families[] = {
    {0x1C5F21B0, "ESP32"},    {0xBFDD4EEE, "ESP32-S2"}, {0xC47E5767, "ESP32-S3"}, {0xD42BA06C, "ESP32-C3"},
    {0x2B88D29C, "ESP32-C2"}, {0x540DDF62, "ESP32-C6"}, {0x332726F6, "ESP32-H2"}, {0x3D308E94, "ESP32-P4"},
    {0xF71C0343, "ESP32-C5"}, {0xE48BFF56, "RP2040"},   {0xE48BFF59, "RP2350"},   {0xADA52840, "nRF52840"},
    {0x68ED2B88, "SAMD21"},   {0x55114460, "SAMD51"},   {0x7EAB61ED, "ESP8266"},
};

static bool starts(const uint8_t *bytes, size_t size, const void *prefix, size_t n)
{
    return size >= n && memcmp(bytes, prefix, n) == 0;
}

static espy_status fail_as(espy_err *err, const char *what, const char *advice)
{
    espy_fail(err, ESPY_E_FORMAT, "this is %s, not a firmware image", what);
    espy_advise(err, "%s", advice != NULL ? advice : "Pass the .bin file of a firmware release.");
    return ESPY_E_FORMAT;
}

static espy_status fail_uf2(const uint8_t *bytes, size_t size, espy_err *err)
{
    uint32_t family = size >= 32 && (get_le32(bytes + 8) & 0x2000) != 0 ? get_le32(bytes + 28) : 0;
    char what[80] = "a UF2 file without a family id";
    if (family != 0)
        snprintf(what, sizeof what, "a UF2 file for family 0x%08x", (unsigned)family);
    for (size_t i = 0; i < sizeof uf2_families / sizeof uf2_families[0]; i++)
        if (uf2_families[i].id == family)
            snprintf(what, sizeof what, "a UF2 file for the %s (family 0x%08x)", uf2_families[i].name,
                     (unsigned)family);
    return fail_as(err, what,
                   "UF2 files are copied to a board's USB drive; the loader takes the .bin file of the release.");
}

/* Whether the beginning holds this word, whatever its case, behind blanks. */
static bool starts_with_word(const uint8_t *bytes, size_t size, const char *word)
{
    size_t i = 0;
    while (i < size && isspace(bytes[i]))
        i++;
    for (; *word != '\0'; word++, i++)
        if (i >= size || tolower(bytes[i]) != *word)
            return false;
    return true;
}

static bool is_html(const uint8_t *bytes, size_t size)
{
    return starts_with_word(bytes, size, "<!doctype html") || starts_with_word(bytes, size, "<html") ||
           starts_with_word(bytes, size, "<?xml");
}

static bool is_text(const uint8_t *bytes, size_t size)
{
    size_t n = size < 512 ? size : 512;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == 0x7F || (bytes[i] < 0x20 && !isspace(bytes[i])))
            return false;
    return n > 0;
}

static bool is_intel_hex(const uint8_t *bytes, size_t size)
{
    if (size < 11 || bytes[0] != ':')
        return false;
    for (size_t i = 1; i < 11; i++)
        if (!isxdigit(bytes[i]))
            return false;
    return true;
}

static bool all_same(const uint8_t *bytes, size_t size)
{
    for (size_t i = 1; i < size; i++)
        if (bytes[i] != bytes[0])
            return false;
    return true;
}

espy_status espy_identify_foreign(const uint8_t *bytes, size_t size, espy_err *err)
{
    if (size == 0) {
        espy_fail(err, ESPY_E_FORMAT, "the file is empty");
        espy_advise(err, "Fetch or build the image again.");
        return ESPY_E_FORMAT;
    }
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (starts(bytes, size, signatures[i].bytes, signatures[i].size))
            return fail_as(err, signatures[i].what, signatures[i].advice);
    if (all_same(bytes, size)) {
        char what[48];
        snprintf(what, sizeof what, "%zu bytes of 0x%02x", size, bytes[0]);
        return fail_as(err, what, NULL);
    }
    if (starts(bytes, size, "UF2\n", 4))
        return fail_uf2(bytes, size, err);
    if (is_html(bytes, size))
        return fail_as(err, "a web page", "The server answered with a page instead of the file; check the address.");
    if (is_intel_hex(bytes, size))
        return fail_as(err, "an Intel HEX file", NULL);
    if (is_text(bytes, size))
        return fail_as(err, "a text file", NULL);
    espy_fail(err, ESPY_E_FORMAT, "this is not a firmware image: its first byte is 0x%02x, not 0xe9", bytes[0]);
    espy_advise(err, "Pass the .bin file of a firmware release.");
    return ESPY_E_FORMAT;
}
