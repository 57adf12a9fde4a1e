/* SPDX-License-Identifier: MIT
 *
 * `espy esptool image-info`: what an image says about itself, right or wrong.
 *
 * Follows: esptool documentation, "Output Image Information: image-info";
 * ESP-IDF's esp_app_desc_t and esp_bootloader_desc_t.
 */
#include "esptool.h"

#include "espy/image.h"
#include "../base/bytes.h"
#include "../image/ihex.h"
#include "../image/layout.h"

#include <stdio.h>
#include <string.h>

enum { APP_DESC = 256, BOOTLOADER_DESC = 80, BOOTLOADER_MAGIC = 0x50, WP_PIN_DISABLED = 0xEE };
#define APP_DESC_MAGIC 0xABCD5432u

enum { MEMORY_DROM = 1, MEMORY_DRAM = 2 };

static const struct {
    uint32_t start, end;
    const char *name;
    unsigned kind;
} memory[] = {
    {0x00000000, 0x00010000, "PADDING", 0},
    {0x3C000000, 0x3D000000, "DROM", MEMORY_DROM},
    {0x3D000000, 0x3E000000, "EXTRAM_DATA", 0},
    {0x600FE000, 0x60100000, "RTC_DRAM", 0},
    {0x3FC88000, 0x3FD00000, "BYTE_ACCESSIBLE", 0},
    {0x3FC88000, 0x403E2000, "MEM_INTERNAL", 0},
    {0x3FC88000, 0x3FD00000, "DRAM", MEMORY_DRAM},
    {0x40000000, 0x4001A100, "IROM_MASK", 0},
    {0x40370000, 0x403E0000, "IRAM", 0},
    {0x600FE000, 0x60100000, "RTC_IRAM", 0},
    {0x42000000, 0x42800000, "IROM", 0},
    {0x50000000, 0x50002000, "RTC_DATA", 0},
};

static const char rule[] = "================================================================"
                           "================================================================";

static void title(const espy_esptool *et, const char *text)
{
    espy_esptool_print(et, "%s", text);
    espy_esptool_print(et, "%.*s", (int)strlen(text), rule);
}

/* A field of a description: text up to its end, NULs left out. */
static const char *text_of(const uint8_t *bytes, size_t size, char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != '\0')
            text[n++] = (char)bytes[i];
    text[n] = '\0';
    return text;
}

static void print_header(const espy_esptool *et, const espy_layout *layout)
{
    static const char *const sizes[] = {"1MB", "2MB", "4MB", "8MB", "16MB", "32MB", "64MB", "128MB"};
    const uint8_t *h = layout->header;
    const char *freq = espy_image_freq_name(ESPY_CHIP_ESP32S3, h[3] & 15);
    espy_esptool_print(et, "Image version: 1");
    if (get_le32(h + 4) != 0)
        espy_esptool_print(et, "Entry point: %#8x", (unsigned)get_le32(h + 4));
    else
        espy_esptool_print(et, "Entry point not set");
    espy_esptool_print(et, "Segments: %zu", layout->segment_count);
    if (h[3] >> 4 < 8)
        espy_esptool_print(et, "Flash size: %s", sizes[h[3] >> 4]);
    else
        espy_esptool_warn(et, "Invalid flash size (0x%x)", h[3] & 0xF0);
    if (strcmp(freq, "unknown") != 0)
        espy_esptool_print(et, "Flash freq: %s", freq);
    else
        espy_esptool_warn(et, "Invalid flash frequency (0x%x)", h[3] & 15);
    if (h[2] < 4)
        espy_esptool_print(et, "Flash mode: %s", espy_image_mode_name(h[2]));
    else
        espy_esptool_warn(et, "Invalid flash mode (%u)", h[2]);
}

static void print_extended(const espy_esptool *et, const uint8_t *h)
{
    unsigned chip = get_le16(h + 12), least = get_le16(h + 15), most = get_le16(h + 17);
    const char *name = espy_image_chip_name((uint16_t)chip);
    espy_esptool_print(et, "WP pin: 0x%x%s", h[8], h[8] == WP_PIN_DISABLED ? " (disabled)" : "");
    espy_esptool_print(et,
                       "Flash pins drive settings: clk_drv: 0x%x, q_drv: 0x%x, d_drv: 0x%x, cs0_drv: 0x%x, "
                       "hd_drv: 0x%x, wp_drv: 0x%x",
                       h[9] & 15, h[9] >> 4, h[10] & 15, h[10] >> 4, h[11] & 15, h[11] >> 4);
    espy_esptool_print(et, "Chip ID: %u (%s)", chip, name != NULL ? name : "Unknown ID");
    espy_esptool_print(et, "Minimal chip revision: v%u.%u, (legacy min_rev = %u)", least / 100, least % 100, h[14]);
    espy_esptool_print(et, "Maximal chip revision: v%u.%u", most / 100, most % 100);
}

/* The names of all memories that hold an address; returns their kinds. */
static unsigned memory_names(uint32_t addr, char *text, size_t cap)
{
    unsigned kinds = 0;
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        if (addr < memory[i].start || addr >= memory[i].end || n >= cap)
            continue;
        n += (size_t)snprintf(text + n, cap - n, "%s%s", n > 0 ? ", " : "", memory[i].name);
        kinds |= memory[i].kind;
    }
    return kinds;
}

/* The segments, and the two that may begin with a description. */
static void print_segments(const espy_esptool *et, const espy_layout *layout, const espy_layout_segment **app,
                           const espy_layout_segment **bootloader)
{
    char names[120];
    *app = *bootloader = NULL;
    espy_esptool_print(et, "%7s  %7s  %10s  %10s  %-10s", "Segment", "Length", "Load addr", "File offs",
                       "Memory types");
    espy_esptool_print(et, "-------  -------  ----------  ----------  ------------");
    for (size_t i = 0; i < layout->segment_count; i++) {
        const espy_layout_segment *s = &layout->segment[i];
        unsigned kinds = memory_names(s->load_addr, names, sizeof names);
        if ((kinds & MEMORY_DROM) != 0 && *app == NULL)
            *app = s;
        else if ((kinds & MEMORY_DRAM) != 0 && s->size >= BOOTLOADER_DESC)
            *bootloader = s;
        espy_esptool_print(et, "%7zu  0x%05x  0x%08x  0x%08zx  %s", i, (unsigned)s->size, (unsigned)s->load_addr,
                           s->offset, names);
    }
}

static void print_footer(const espy_esptool *et, const espy_layout *layout)
{
    char digest[65];
    if (layout->checksum == layout->checksum_sum)
        espy_esptool_print(et, "Checksum: 0x%02x (valid)", layout->checksum);
    else
        espy_esptool_print(et, "Checksum: 0x%02x (invalid - calculated 0x%02x)", layout->checksum,
                           layout->checksum_sum);
    for (size_t i = 0; i < 32; i++)
        snprintf(digest + 2 * i, 3, "%02x", layout->digest[i]);
    if (layout->has_digest)
        espy_esptool_print(et, "Validation hash: %s (%s)", digest, layout->digest_valid ? "valid" : "invalid");
}

static void print_app(const espy_esptool *et, const uint8_t *desc)
{
    char a[65], b[65], digest[65];
    espy_esptool_print(et, "%s", "");
    title(et, "Application Information");
    espy_esptool_print(et, "Project name: %s", text_of(desc + 48, 32, a));
    espy_esptool_print(et, "App version: %s", text_of(desc + 16, 32, a));
    espy_esptool_print(et, "Compile time: %s %s", text_of(desc + 96, 16, a), text_of(desc + 80, 16, b));
    for (size_t i = 0; i < 32; i++)
        snprintf(digest + 2 * i, 3, "%02x", desc[144 + i]);
    espy_esptool_print(et, "ELF file SHA256: %s", digest);
    espy_esptool_print(et, "ESP-IDF: %s", text_of(desc + 112, 32, a));
    unsigned least = get_le16(desc + 176), most = get_le16(desc + 178), page = desc[180];
    espy_esptool_print(et, "Minimal eFuse block revision: %u.%u", least / 100, least % 100);
    espy_esptool_print(et, "Maximal eFuse block revision: %u.%u", most / 100, most % 100);
    if (page >= 10 && page < 42)
        espy_esptool_print(et, "MMU page size: %llu KB", (unsigned long long)(UINT64_C(1) << page >> 10));
    espy_esptool_print(et, "Secure version: %u", (unsigned)get_le32(desc + 4));
}

static void print_bootloader(const espy_esptool *et, const uint8_t *desc)
{
    char text[33];
    espy_esptool_print(et, "%s", "");
    title(et, "Bootloader Information");
    espy_esptool_print(et, "Bootloader version: %u", (unsigned)get_le32(desc + 4));
    espy_esptool_print(et, "ESP-IDF: %s", text_of(desc + 8, 32, text));
    espy_esptool_print(et, "Compile time: %s", text_of(desc + 40, 24, text));
}

static void print_image(const espy_esptool *et, const espy_layout *layout)
{
    const espy_layout_segment *app, *bootloader;
    espy_esptool_print(et, "%s", "");
    title(et, "ESP32-S3 Image Header");
    print_header(et, layout);
    espy_esptool_print(et, "%s", "");
    title(et, "ESP32-S3 Extended Image Header");
    print_extended(et, layout->header);
    espy_esptool_print(et, "%s", "");
    title(et, "Segments Information");
    print_segments(et, layout, &app, &bootloader);
    espy_esptool_print(et, "%s", "");
    title(et, "ESP32-S3 Image Footer");
    print_footer(et, layout);
    if (app != NULL && app->size >= APP_DESC) {
        if (get_le32(app->data) == APP_DESC_MAGIC)
            print_app(et, app->data);
    } else if (app == NULL && bootloader != NULL && bootloader->data[0] == BOOTLOADER_MAGIC) {
        print_bootloader(et, bootloader->data);
    }
}

/* Another chip's image is named and not shown: its header and memories differ. */
static espy_status check_chip(espy_esptool *et, const espy_layout *layout)
{
    unsigned id = get_le16(layout->header + 12);
    const char *name = espy_image_chip_name((uint16_t)id);
    if (id == ESPY_CHIP_ESP32S3 || strcmp(et->chip, "auto") != 0)
        return ESPY_OK;
    if (name != NULL)
        return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "%s is an image for the %s; espy shows the ESP32-S3's",
                         et->input, name);
    return espy_fail(&et->cli->err, ESPY_E_UNSUPPORTED, "%s is an image for an unknown chip (id %u)", et->input, id);
}

static espy_status show(espy_esptool *et, const espy_buf *data)
{
    espy_layout layout;
    espy_status st = espy_layout_read(&layout, data->bytes, data->size, &et->cli->err);
    if (st == ESPY_OK)
        st = check_chip(et, &layout);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Image size: %zu bytes", data->size);
    if (strcmp(et->chip, "auto") == 0)
        espy_esptool_print(et, "Detected image type: ESP32-S3");
    print_image(et, &layout);
    return ESPY_OK;
}

/* The runs of an Intel HEX file; what is no image, such as a partition table, is said to be none. */
static void show_pieces(espy_esptool *et, const espy_pieces *pieces)
{
    espy_esptool_print(et, "Merged binary image detected. Processing each file individually.");
    for (size_t i = 0; i < pieces->count; i++) {
        char line[120];
        espy_layout layout;
        espy_err err = {0};
        const espy_piece *piece = &pieces->piece[i];
        snprintf(line, sizeof line, "Processing file %zu/%zu, offset: 0x%x, size: %zu bytes", i + 1, pieces->count,
                 (unsigned)piece->addr, piece->data.size);
        espy_esptool_print(et, "\n%.*s", (int)strlen(line), rule);
        title(et, line);
        if (espy_layout_read(&layout, piece->data.bytes, piece->data.size, &err) == ESPY_OK)
            print_image(et, &layout);
        else
            espy_esptool_warn(et,
                              "Error processing file %zu/%zu: %s. Probably not a valid firmware image (e.g. "
                              "partition table).",
                              i + 1, pieces->count, err.text);
    }
}

espy_status espy_esptool_image_info(espy_esptool *et)
{
    espy_buf file = {0};
    espy_pieces pieces = {0};
    espy_status st = espy_buf_read_file(&file, et->input, &et->cli->err);
    bool hex = st == ESPY_OK && espy_ihex_is(file.bytes, file.size);
    if (hex)
        st = espy_ihex_read(&pieces, file.bytes, file.size, &et->cli->err);
    if (st == ESPY_OK && pieces.count > 1)
        show_pieces(et, &pieces);
    else if (st == ESPY_OK)
        st = show(et, hex && pieces.count == 1 ? &pieces.piece[0].data : &file);
    espy_pieces_free(&pieces);
    espy_buf_free(&file);
    return st;
}
