/* SPDX-License-Identifier: MIT
 *
 * One binary in Espressif's image format: a 24-byte header, up to 16 segments of
 * an 8-byte header and data, a checksum byte that ends a 16-byte block, and, if
 * the header says so, a SHA-256 of everything before it.
 *
 * Follows: esptool documentation, "Firmware Image Format"; ESP-IDF programming
 * guide, "App Image Format" (esp_app_desc_t, esp_bootloader_desc_t).  Left out:
 * secure-boot signature blocks, which follow the digest; the ESP8266's formats.
 */
#include "binary.h"

#include "digest.h"
#include "../base/bytes.h"

#include <stdio.h>
#include <string.h>

#define CHECKSUM_SEED 0xEF
#define SEGMENT_HEADER 8u
#define APP_DESC_MAGIC 0xABCD5432u
#define APP_DESC_SIZE 256u
#define BOOTLOADER_DESC_MAGIC 80
#define BOOTLOADER_DESC_SIZE 80u

/* Where the parser stands: an offset into the file, and the end of its room. */
typedef struct cursor {
    const espy_file_view *file;
    size_t start;
    size_t at;
    uint64_t room_end;
    espy_err *err;
} cursor;

uint32_t espy_flash_size_of_code(unsigned code)
{
    return code <= 7 ? UINT32_C(0x100000) << code : 0;
}

int espy_flash_code_of_size(uint32_t size)
{
    for (int code = 0; code <= 7; code++)
        if (espy_flash_size_of_code((unsigned)code) == size)
            return code;
    return -1;
}

static espy_status truncated(cursor *c, uint64_t need, const char *what)
{
    espy_fail(c->err, ESPY_E_FORMAT, "the file ends at byte %zu, but %s reaches to byte %llu", c->file->size, what,
              (unsigned long long)need);
    espy_advise(c->err, "The file was cut short; fetch or build it again.");
    return ESPY_E_FORMAT;
}

/* Makes sure that n more bytes, which are `what`, are in the file and the room. */
static espy_status need(cursor *c, uint64_t n, const char *what)
{
    uint64_t end = c->at + n;
    if (end > c->room_end)
        return espy_fail(c->err, ESPY_E_FORMAT, "%s ends at 0x%llx, past the end of its room at 0x%llx", what,
                         (unsigned long long)(end + c->file->base), (unsigned long long)(c->room_end + c->file->base));
    if (end > c->file->size)
        return truncated(c, end, what);
    return ESPY_OK;
}

static espy_status parse_header(espy_binary *b, cursor *c)
{
    espy_status st = need(c, ESPY_BINARY_HEADER, "the image header");
    if (st != ESPY_OK)
        return st;
    const uint8_t *h = c->file->bytes + c->at;
    if (h[0] != ESPY_BINARY_MAGIC)
        return espy_fail(c->err, ESPY_E_FORMAT, "there is no image: the first byte is 0x%02x, not 0xe9", h[0]);
    if (h[1] == 0 || h[1] > ESPY_SEGMENTS_MAX)
        return espy_fail(c->err, ESPY_E_FORMAT, "the header counts %u segments; 1 to %d are possible", h[1],
                         ESPY_SEGMENTS_MAX);
    if (h[23] > 1)
        return espy_fail(c->err, ESPY_E_FORMAT, "the header's digest flag is 0x%02x, neither 0 nor 1", h[23]);
    b->segment_count = h[1];
    b->spi_mode = h[2];
    b->spi_freq = h[3] & 15;
    b->flash_size = espy_flash_size_of_code(h[3] >> 4);
    b->entry = get_le32(h + 4);
    b->chip_id = get_le16(h + 12);
    b->min_rev = get_le16(h + 15);
    b->max_rev = get_le16(h + 17);
    b->has_sha256 = h[23] == 1;
    c->at += ESPY_BINARY_HEADER;
    return ESPY_OK;
}

static espy_status parse_segment(espy_segment *segment, size_t index, cursor *c)
{
    char what[64];
    snprintf(what, sizeof what, "the header of segment %zu", index);
    espy_status st = need(c, SEGMENT_HEADER, what);
    if (st != ESPY_OK)
        return st;
    const uint8_t *h = c->file->bytes + c->at;
    c->at += SEGMENT_HEADER;
    *segment = (espy_segment){get_le32(h), (uint32_t)(c->at + c->file->base), get_le32(h + 4)};
    if (segment->size % 4 != 0)
        return espy_fail(c->err, ESPY_E_FORMAT, "segment %zu is 0x%x bytes long, not a multiple of 4", index,
                         (unsigned)segment->size);
    snprintf(what, sizeof what, "segment %zu (0x%x bytes)", index, (unsigned)segment->size);
    st = need(c, segment->size, what);
    if (st == ESPY_OK)
        c->at += segment->size;
    return st;
}

static uint8_t segments_checksum(const espy_binary *b, const espy_file_view *file)
{
    uint8_t sum = CHECKSUM_SEED;
    for (size_t i = 0; i < b->segment_count; i++) {
        const uint8_t *p = file->bytes + (b->segments[i].addr - file->base);
        for (uint32_t k = 0; k < b->segments[i].size; k++)
            sum ^= p[k];
    }
    return sum;
}

static espy_status verify_checksum(espy_binary *b, cursor *c)
{
    size_t length = c->at - c->start;
    size_t padded = (length / 16 + 1) * 16;
    espy_status st = need(c, padded - length, "the checksum");
    if (st != ESPY_OK)
        return st;
    c->at = c->start + padded;
    uint8_t stored = c->file->bytes[c->at - 1];
    b->checksum = segments_checksum(b, c->file);
    if (stored == b->checksum)
        return ESPY_OK;
    espy_fail(c->err, ESPY_E_FORMAT, "the checksum at 0x%zx is 0x%02x, but the segments add up to 0x%02x",
              c->at - 1 + c->file->base, stored, b->checksum);
    espy_advise(c->err, "The file is damaged; fetch or build it again.");
    return ESPY_E_FORMAT;
}

static espy_status verify_sha256(espy_binary *b, cursor *c)
{
    if (!b->has_sha256)
        return ESPY_OK;
    espy_status st = need(c, sizeof b->sha256, "the SHA-256 digest");
    if (st != ESPY_OK)
        return st;
    const uint8_t *stored = c->file->bytes + c->at;
    espy_sha256(c->file->bytes + c->start, c->at - c->start, b->sha256);
    if (memcmp(stored, b->sha256, sizeof b->sha256) != 0) {
        espy_fail(c->err, ESPY_E_FORMAT,
                  "the SHA-256 at 0x%zx is %02x%02x%02x%02x..., but the contents give %02x%02x%02x%02x...",
                  c->at + c->file->base, stored[0], stored[1], stored[2], stored[3], b->sha256[0], b->sha256[1],
                  b->sha256[2], b->sha256[3]);
        espy_advise(c->err, "The file is damaged; fetch or build it again.");
        return ESPY_E_FORMAT;
    }
    c->at += sizeof b->sha256;
    return ESPY_OK;
}

/* Copies a text field that need not be terminated, up to what is printable. */
static void copy_text(char *out, const uint8_t *field, size_t n)
{
    size_t i = 0;
    while (i < n && field[i] >= 0x20 && field[i] < 0x7F) {
        out[i] = (char)field[i];
        i++;
    }
    out[i] = '\0';
}

/* d: the first n bytes of the first segment. */
static void read_description(espy_binary *b, const uint8_t *d, size_t n)
{
    if (n >= APP_DESC_SIZE && get_le32(d) == APP_DESC_MAGIC) {
        char time[17], date[17];
        b->has_desc = true;
        copy_text(b->version, d + 16, 32);
        copy_text(b->project, d + 48, 32);
        copy_text(time, d + 80, 16);
        copy_text(date, d + 96, 16);
        copy_text(b->idf, d + 112, 32);
        memcpy(b->elf_sha256, d + 144, sizeof b->elf_sha256);
        snprintf(b->built, sizeof b->built, "%s%s%s", date, date[0] != '\0' ? " " : "", time);
    } else if (n >= BOOTLOADER_DESC_SIZE && d[0] == BOOTLOADER_DESC_MAGIC && d[8] == 'v') {
        copy_text(b->idf, d + 8, 32);
        copy_text(b->built, d + 40, 24);
    }
}

espy_status espy_binary_parse(espy_binary *binary, const espy_file_view *file, uint32_t addr, uint32_t room,
                              espy_err *err)
{
    *binary = (espy_binary){.addr = addr};
    size_t start = addr - file->base;
    cursor c = {file, start, start, (uint64_t)start + room, err};
    espy_status st = parse_header(binary, &c);
    for (size_t i = 0; st == ESPY_OK && i < binary->segment_count; i++)
        st = parse_segment(&binary->segments[i], i, &c);
    if (st == ESPY_OK)
        st = verify_checksum(binary, &c);
    if (st == ESPY_OK)
        st = verify_sha256(binary, &c);
    if (st != ESPY_OK)
        return st;
    binary->size = (uint32_t)(c.at - c.start);
    read_description(binary, file->bytes + (binary->segments[0].addr - file->base), binary->segments[0].size);
    return ESPY_OK;
}

espy_status espy_binary_peek(espy_binary *binary, const uint8_t *bytes, size_t n, uint32_t addr, espy_err *err)
{
    *binary = (espy_binary){.addr = addr};
    espy_file_view file = {bytes, n, addr};
    cursor c = {&file, 0, 0, UINT32_MAX, err};
    espy_status st = parse_header(binary, &c);
    if (st == ESPY_OK)
        st = need(&c, SEGMENT_HEADER, "the header of segment 0");
    if (st != ESPY_OK)
        return st;
    const uint8_t *h = bytes + c.at;
    size_t left = n - c.at - SEGMENT_HEADER;
    binary->segments[0] = (espy_segment){get_le32(h), addr + ESPY_BINARY_HEADER + SEGMENT_HEADER, get_le32(h + 4)};
    if (binary->segments[0].size < left)
        left = binary->segments[0].size;
    read_description(binary, h + SEGMENT_HEADER, left);
    return ESPY_OK;
}
