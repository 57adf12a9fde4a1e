/* SPDX-License-Identifier: MIT
 *
 * Images from programs; see the header.
 */
#include "elf2image.h"

#include "binary.h"
#include "digest.h"
#include "elf.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 0x10000,
    SEGMENT_HEADER = 8,
    DIGEST = 32,
    CHECKSUM_BLOCK = 16,
    CHECKSUM_SEED = 0xEF,
    WP_PIN_DISABLED = 0xEE,
    APP_DESC_ELF_DIGEST = 0xB0, /* header, segment header, and app_elf_sha256 in esp_app_desc_t */
    LONGEST_SEGMENT = 0x1000000,
    LARGEST_FLASH = 128 << 20,
};

/* What may not be merged into one segment.  Memory that is seen at two addresses has
 * two rows, and a part belongs to all that hold its first byte. */
static const struct {
    uint32_t start, end;
} memory_map[] = {
    {0x00000000, 0x00010000}, /* padding */
    {0x3C000000, 0x3D000000}, /* data in flash */
    {0x3D000000, 0x3E000000}, /* data in PSRAM */
    {0x600FE000, 0x60100000}, /* RTC fast memory */
    {0x3FC88000, 0x3FD00000}, /* data in SRAM */
    {0x3FC88000, 0x403E2000}, /* SRAM at all its addresses */
    {0x40000000, 0x4001A100}, /* mask ROM */
    {0x40370000, 0x403E0000}, /* code in SRAM */
    {0x42000000, 0x42800000}, /* code in flash */
    {0x50000000, 0x50002000}, /* RTC slow memory */
};

typedef struct part {
    const char *name;
    uint32_t addr;
    uint32_t align;
    size_t order; /* in the program's table: it decides between equal addresses */
    espy_buf data;
    size_t used; /* bytes at the beginning that are written already */
} part;

typedef struct builder {
    const espy_elf2image_options *options;
    uint8_t elf_digest[DIGEST];
    uint32_t elf_digest_offset; /* 0: none is put in */
    part *parts;                /* owned */
    size_t count;
    part **flash, **ram; /* owned; in the order of writing */
    size_t flash_count, ram_count;
    espy_buf *out;
    size_t written; /* segments */
    uint8_t checksum;
    espy_err *err;
} builder;

static bool in_flash(uint32_t addr)
{
    return (addr >= 0x42000000 && addr < 0x44000000) || (addr >= 0x3C000000 && addr < 0x3E000000);
}

static unsigned memory_types(uint32_t addr)
{
    unsigned types = 0;
    for (size_t i = 0; i < sizeof memory_map / sizeof memory_map[0]; i++)
        if (addr >= memory_map[i].start && addr < memory_map[i].end)
            types |= 1u << i;
    return types;
}

static size_t left(const part *p)
{
    return p->data.size - p->used;
}

static espy_status append_zeros(espy_buf *buf, size_t n, espy_err *err)
{
    espy_status st = espy_buf_reserve(buf, n, err);
    if (st != ESPY_OK || n == 0)
        return st;
    memset(buf->bytes + buf->size, 0, n);
    buf->size += n;
    return ESPY_OK;
}

/* Copies the program's parts, each made a multiple of 4 bytes long with zeros. */
static espy_status copy_parts(builder *b, const espy_elf *elf)
{
    const espy_elf_part *from = b->options->use_segments ? elf->segment : elf->section;
    b->count = b->options->use_segments ? elf->segment_count : elf->section_count;
    if (b->count == 0)
        return espy_fail(b->err, ESPY_E_FORMAT, "the ELF file has nothing to load");
    b->parts = calloc(b->count, sizeof *b->parts);
    b->flash = calloc(b->count, sizeof *b->flash);
    b->ram = calloc(b->count, sizeof *b->ram);
    if (b->parts == NULL || b->flash == NULL || b->ram == NULL)
        return espy_fail(b->err, ESPY_E_MEMORY, "no memory for %zu segments", b->count);
    espy_status st = ESPY_OK;
    uint64_t total = 0;
    for (size_t i = 0; st == ESPY_OK && i < b->count; i++) {
        part *p = &b->parts[i];
        total += from[i].size;
        if (total > LARGEST_FLASH)
            return espy_fail(b->err, ESPY_E_FORMAT, "the ELF file has more to load than the largest flash holds");
        *p = (part){.name = from[i].name, .addr = from[i].addr, .align = from[i].align, .order = i};
        st = espy_buf_append(&p->data, from[i].data, from[i].size, b->err);
        if (st == ESPY_OK)
            st = append_zeros(&p->data, -p->data.size % 4, b->err);
    }
    return st;
}

/* Where the ELF's own digest goes: where the user wants it, or into the application's
 * description, which begins the image. */
static void place_elf_digest(builder *b)
{
    b->elf_digest_offset = b->options->elf_sha256_offset;
    for (size_t i = 0; b->elf_digest_offset == 0 && i < b->count; i++)
        if (strstr(b->parts[i].name, ".flash.appdesc") != NULL) {
            b->elf_digest_offset = in_flash(b->parts[i].addr) ? APP_DESC_ELF_DIGEST : 0;
            break;
        }
}

static int compare(const part *a, const part *b)
{
    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int by_address(const void *a, const void *b)
{
    return compare(a, b);
}

static int by_pointed_address(const void *a, const void *b)
{
    return compare(*(part *const *)a, *(part *const *)b);
}

/* Fills the gap to a neighbour that only its alignment made. */
static espy_status close_gap(builder *b, part *p, const part *next)
{
    uint64_t end = (uint64_t)p->addr + p->data.size, align = next->align > 0 ? next->align : 1;
    uint64_t aligned = (end + align - 1) / align * align;
    return aligned == next->addr ? append_zeros(&p->data, (size_t)(aligned - end), b->err) : ESPY_OK;
}

/* Makes one segment of parts that touch and lie in the same memory. */
static espy_status merge_parts(builder *b)
{
    espy_status st = ESPY_OK;
    size_t first = b->count - 1; /* parts[first] begins what is merged already */
    for (size_t i = b->count - 1; st == ESPY_OK && i > 0; i--) {
        part *p = &b->parts[i - 1], *next = &b->parts[first];
        if (b->options->ram_only_header)
            st = close_gap(b, p, next);
        bool touch = (uint64_t)p->addr + p->data.size == next->addr;
        if (st == ESPY_OK && touch && memory_types(p->addr) == memory_types(next->addr)) {
            st = espy_buf_append(&p->data, next->data.bytes, next->data.size, b->err);
            espy_buf_free(&next->data);
            *next = *p;
            *p = (part){0};
        } else if (st == ESPY_OK && --first != i - 1) {
            b->parts[first] = *p;
            *p = (part){0};
        }
    }
    if (st == ESPY_OK) {
        b->count -= first;
        memmove(b->parts, b->parts + first, b->count * sizeof *b->parts);
        memset(b->parts + b->count, 0, first * sizeof *b->parts);
    }
    return st;
}

/* Moves the part of this name to the front of its list. */
static void put_first(part **list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i]->name, name) == 0) {
            part *p = list[i];
            memmove(list + 1, list, i * sizeof *list);
            list[0] = p;
            return;
        }
}

static espy_status sort_parts(builder *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (in_flash(b->parts[i].addr))
            b->flash[b->flash_count++] = &b->parts[i];
        else
            b->ram[b->ram_count++] = &b->parts[i];
    qsort(b->flash, b->flash_count, sizeof *b->flash, by_pointed_address);
    qsort(b->ram, b->ram_count, sizeof *b->ram, by_pointed_address);
    put_first(b->flash, b->flash_count, ".flash.appdesc");
    put_first(b->ram, b->ram_count, ".dram0.bootdesc");
    for (size_t i = 1; i < b->flash_count; i++)
        if (b->flash[i]->addr / PAGE == b->flash[i - 1]->addr / PAGE)
            return espy_fail(b->err, ESPY_E_FORMAT,
                             "Segment loaded at 0x%08x lands in same 64 KB flash mapping as segment loaded at 0x%08x. "
                             "Can't generate binary",
                             (unsigned)b->flash[i]->addr, (unsigned)b->flash[i - 1]->addr);
    return ESPY_OK;
}

/* Puts the ELF's digest into a segment whose header is at `at` in the file. */
static espy_status patch_elf_digest(builder *b, size_t at, size_t size)
{
    uint32_t offset = b->elf_digest_offset;
    if (offset == 0 || offset < at || offset >= at + size)
        return ESPY_OK;
    if (offset - at < SEGMENT_HEADER || offset - at + DIGEST > size)
        return espy_fail(b->err, ESPY_E_FORMAT,
                         "Cannot place SHA256 digest on segment boundary (elf_sha256_offset=%u, file_pos=%zu, "
                         "segment_size=%zu)",
                         (unsigned)offset, at, size);
    static const uint8_t zeros[DIGEST];
    uint8_t *place = b->out->bytes + offset;
    if (memcmp(place, zeros, DIGEST) != 0)
        return espy_fail(b->err, ESPY_E_FORMAT,
                         "Contents of segment at SHA256 digest offset 0x%x are not zero. Refusing to overwrite",
                         (unsigned)offset);
    memcpy(place, b->elf_digest, DIGEST);
    return ESPY_OK;
}

/* Writes a segment; data NULL: of zeros. */
static espy_status put_segment(builder *b, uint32_t addr, const uint8_t *data, size_t size)
{
    uint8_t header[SEGMENT_HEADER];
    size_t at = b->out->size;
    if (size % 4 != 0)
        return espy_fail(b->err, ESPY_E_FORMAT, "Invalid segment length 0x%zx. It has to be multiple of 4", size);
    if (size >= LONGEST_SEGMENT)
        return espy_fail(b->err, ESPY_E_FORMAT, "Invalid segment length 0x%zx. The 16 MB limit has been exceeded",
                         size);
    put_le32(header, addr);
    put_le32(header + 4, (uint32_t)size);
    espy_status st = espy_buf_append(b->out, header, sizeof header, b->err);
    if (st == ESPY_OK)
        st = data != NULL ? espy_buf_append(b->out, data, size, b->err) : append_zeros(b->out, size, b->err);
    if (st == ESPY_OK)
        st = patch_elf_digest(b, at, size);
    for (size_t i = at + SEGMENT_HEADER; st == ESPY_OK && i < b->out->size; i++)
        b->checksum ^= b->out->bytes[i];
    b->written++;
    return st;
}

/* Writes the next `size` bytes of a part, or what is left of it. */
static espy_status put_part(builder *b, part *p, size_t size)
{
    size = size < left(p) ? size : left(p);
    espy_status st = put_segment(b, p->addr + (uint32_t)p->used, p->data.bytes + p->used, size);
    p->used += size;
    return st;
}

/* How many bytes of padding, less their header, bring the next segment to its place in a
 * page; 0: it is there already, or needs the header alone.  Where its offset in the page
 * is larger than the file's, that is a page more than needed, as esptool has it. */
static size_t padding(const builder *b, uint32_t addr)
{
    long gap = PAGE - (long)(b->out->size % PAGE) + (long)(addr % PAGE) - SEGMENT_HEADER;
    if (gap == 0 || gap == PAGE)
        return 0;
    gap -= SEGMENT_HEADER;
    return (size_t)(gap < 0 ? gap + PAGE : gap);
}

/* The usual order: RAM's parts are cut up to fill the gaps between flash's. */
static espy_status put_all(builder *b)
{
    espy_status st = ESPY_OK;
    size_t next = 0; /* of ram */
    for (size_t i = 0; st == ESPY_OK && i < b->flash_count;) {
        size_t pad = padding(b, b->flash[i]->addr);
        bool aligned = (b->out->size + SEGMENT_HEADER) % PAGE == b->flash[i]->addr % PAGE;
        if (pad == 0 && aligned)
            st = put_part(b, b->flash[i++], SIZE_MAX);
        else if (next < b->ram_count && pad > SEGMENT_HEADER)
            st = put_part(b, b->ram[next], pad);
        else
            st = put_segment(b, 0, NULL, pad);
        if (next < b->ram_count && left(b->ram[next]) == 0)
            next++;
    }
    for (; st == ESPY_OK && next < b->ram_count; next++)
        st = put_part(b, b->ram[next], SIZE_MAX);
    return st;
}

static espy_status put_checksum(builder *b)
{
    espy_status st = append_zeros(b->out, CHECKSUM_BLOCK - 1 - b->out->size % CHECKSUM_BLOCK, b->err);
    return st == ESPY_OK ? espy_buf_append(b->out, &b->checksum, 1, b->err) : st;
}

/* The order for a ROM that loads the program alone: RAM's parts and the checksum, then
 * flash's, which the header does not count. */
static espy_status put_ram_first(builder *b)
{
    espy_status st = ESPY_OK;
    for (size_t i = 0; st == ESPY_OK && i < b->ram_count; i++)
        st = put_part(b, b->ram[i], SIZE_MAX);
    if (st == ESPY_OK)
        st = put_checksum(b);
    for (size_t i = b->flash_count; st == ESPY_OK && i > 0; i--) {
        part *p = b->flash[i - 1];
        st = put_segment(b, 0, NULL, (p->addr - b->out->size - 2 * SEGMENT_HEADER) % PAGE);
        if (st == ESPY_OK)
            st = put_part(b, p, SIZE_MAX);
    }
    return st;
}

/* Padding after which checksum and digest end a page; the signature follows there. */
static espy_status put_secure_pad(builder *b)
{
    size_t past = (b->out->size + SEGMENT_HEADER) % PAGE;
    return put_segment(b, 0, NULL, (PAGE - past - CHECKSUM_BLOCK - DIGEST) % PAGE);
}

static espy_status put_header(builder *b, uint32_t entry)
{
    const espy_elf2image_options *o = b->options;
    uint8_t h[ESPY_BINARY_HEADER] = {ESPY_BINARY_MAGIC, 0, o->flash_mode,
                                     (uint8_t)(o->flash_size << 4 | o->flash_freq)};
    put_le32(h + 4, entry);
    h[8] = WP_PIN_DISABLED;
    put_le16(h + 12, ESPY_CHIP_ESP32S3);
    h[14] = o->min_rev;
    put_le16(h + 15, o->min_rev_full);
    put_le16(h + 17, o->max_rev_full);
    h[23] = !o->no_digest && !o->ram_only_header;
    return espy_buf_append(b->out, h, sizeof h, b->err);
}

static espy_status put_digest(builder *b)
{
    uint8_t digest[DIGEST];
    espy_sha256(b->out->bytes, b->out->size, digest);
    return espy_buf_append(b->out, digest, sizeof digest, b->err);
}

static espy_status put_image(builder *b, uint32_t entry)
{
    const espy_elf2image_options *o = b->options;
    espy_status st = put_header(b, entry);
    if (st == ESPY_OK)
        st = o->ram_only_header ? put_ram_first(b) : put_all(b);
    if (st == ESPY_OK && o->secure_pad_v2)
        st = put_secure_pad(b);
    if (st == ESPY_OK && !o->ram_only_header)
        st = put_checksum(b);
    size_t segments = o->ram_only_header ? b->ram_count : b->written;
    if (st == ESPY_OK && segments > 255)
        st = espy_fail(b->err, ESPY_E_FORMAT, "the image would have %zu segments; a header counts 255", segments);
    if (st != ESPY_OK)
        return st;
    b->out->bytes[1] = (uint8_t)segments;
    if (b->out->bytes[23] == 1)
        st = put_digest(b);
    size_t end = b->out->size;
    size_t fill = o->pad_to_size > 0 && end % o->pad_to_size > 0 ? o->pad_to_size - end % o->pad_to_size : 0;
    if (st == ESPY_OK && fill > 0 && (st = append_zeros(b->out, fill, b->err)) == ESPY_OK)
        memset(b->out->bytes + end, 0xFF, fill);
    return st;
}

static espy_status build(builder *b, const espy_elf *elf, espy_elf2image_result *result)
{
    const espy_elf2image_options *o = b->options;
    if (o->secure_pad_v2 && (o->no_digest || o->ram_only_header))
        return espy_fail(b->err, ESPY_E_ARG,
                         "secure_pad only applies if a SHA-256 digest is also appended to the image");
    espy_status st = copy_parts(b, elf);
    if (st != ESPY_OK)
        return st;
    place_elf_digest(b);
    if (o->ram_only_header)
        qsort(b->parts, b->count, sizeof *b->parts, by_address);
    size_t before = b->count;
    st = merge_parts(b);
    result->merged = before - b->count;
    if (st == ESPY_OK && b->count > ESPY_SEGMENTS_MAX)
        st = espy_fail(b->err, ESPY_E_FORMAT,
                       "Invalid segment count %zu (max %d). Usually this indicates a linker script problem", b->count,
                       ESPY_SEGMENTS_MAX);
    if (st == ESPY_OK)
        st = sort_parts(b);
    return st == ESPY_OK ? put_image(b, elf->entry) : st;
}

espy_status espy_elf2image(espy_buf *out, const uint8_t *elf, size_t size, const espy_elf2image_options *options,
                           espy_elf2image_result *result, espy_err *err)
{
    espy_elf program;
    builder b = {.options = options, .out = out, .checksum = CHECKSUM_SEED, .err = err};
    *result = (espy_elf2image_result){0};
    espy_status st = espy_elf_read(&program, elf, size, err);
    if (st != ESPY_OK)
        return st;
    espy_sha256(elf, size, b.elf_digest);
    size_t parts = options->use_segments ? program.segment_count : program.section_count;
    st = build(&b, &program, result);
    for (size_t i = 0; b.parts != NULL && i < parts; i++)
        espy_buf_free(&b.parts[i].data);
    free(b.parts);
    free(b.flash);
    free(b.ram);
    espy_elf_free(&program);
    return st;
}
