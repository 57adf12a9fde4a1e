/* SPDX-License-Identifier: MIT
 *
 * The mask ROM from a file; see the header.
 *
 * The ELF keeps initialised data at its run-time address in RAM.  A chip has it
 * in ROM, from where the reset code unpacks it by a table of (start, end, source,
 * core) rows between the symbols _data_start and _data_end.  Loading an ELF puts
 * each piece of data where that table expects it, so that the ROM's own reset
 * code initialises the RAM here as it does on a chip.
 */
#include "rom.h"

#include "../../base/buf.h"
#include "../../base/bytes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EHDR_SIZE = 52, SHDR_SIZE = 40, SYM_SIZE = 16, EM_XTENSA = 94, SHT_PROGBITS = 1, SHT_SYMTAB = 2 };

typedef struct elf {
    const uint8_t *bytes;
    size_t size;
    uint32_t section_table;
    unsigned section_count;
} elf;

typedef struct section {
    uint32_t type, addr, offset, size, link;
} section;

static bool elf_open(elf *e, const uint8_t *bytes, size_t size)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 1, 1};
    if (size < EHDR_SIZE || memcmp(bytes, ident, sizeof ident) != 0 || get_le16(bytes + 18) != EM_XTENSA)
        return false;
    *e = (elf){bytes, size, get_le32(bytes + 32), get_le16(bytes + 48)};
    return e->section_table <= size && e->section_count <= (size - e->section_table) / SHDR_SIZE;
}

/* Section n, or an empty one where it points outside the file. */
static section elf_section(const elf *e, unsigned n)
{
    if (n >= e->section_count)
        return (section){0};
    const uint8_t *p = e->bytes + e->section_table + n * SHDR_SIZE;
    section s = {get_le32(p + 4), get_le32(p + 12), get_le32(p + 16), get_le32(p + 20), get_le32(p + 24)};
    if (s.offset > e->size || s.size > e->size - s.offset)
        return (section){0};
    return s;
}

/* The one symbol table that an ELF may have. */
static section symbol_table(const elf *e)
{
    unsigned n = 0;
    while (n < e->section_count && elf_section(e, n).type != SHT_SYMTAB)
        n++;
    return elf_section(e, n);
}

/* The value of a symbol, or 0. */
static uint32_t elf_symbol(const elf *e, const char *name)
{
    section symbols = symbol_table(e), strings = elf_section(e, symbols.link);
    size_t len = strlen(name) + 1;
    for (uint32_t at = 0; at + SYM_SIZE <= symbols.size; at += SYM_SIZE) {
        const uint8_t *sym = e->bytes + symbols.offset + at;
        uint32_t str = get_le32(sym);
        if (str <= strings.size && len <= strings.size - str && memcmp(e->bytes + strings.offset + str, name, len) == 0)
            return get_le32(sym + 4);
    }
    return 0;
}

/* Where an address range of the ROM lies in the image; ESPY_ROM_SIZE if it does not. */
static uint32_t rom_offset(uint32_t addr, uint32_t size)
{
    uint32_t offset = addr - ESPY_ROM_CODE_ADDR;
    if (addr - ESPY_ROM_DATA_ADDR < ESPY_ROM_SIZE - ESPY_ROM_DATA_OFFSET)
        offset = addr - ESPY_ROM_DATA_ADDR + ESPY_ROM_DATA_OFFSET;
    return offset < ESPY_ROM_SIZE && size <= ESPY_ROM_SIZE - offset ? offset : ESPY_ROM_SIZE;
}

/* Copies what the ELF has of the RAM range [start, end) to source in the image. */
static void place_data(uint8_t *image, const elf *e, uint32_t start, uint32_t end, uint32_t source)
{
    uint32_t to = rom_offset(source, end - start);
    if (end <= start || to == ESPY_ROM_SIZE)
        return;
    for (unsigned n = 0; n < e->section_count; n++) {
        section s = elf_section(e, n);
        if (s.type == SHT_PROGBITS && s.addr >= start && s.addr < end && s.size <= end - s.addr)
            memcpy(image + to + (s.addr - start), e->bytes + s.offset, s.size);
    }
}

static void place_all_data(uint8_t *image, const elf *e)
{
    uint32_t first = rom_offset(elf_symbol(e, "_data_start"), 16);
    uint32_t last = rom_offset(elf_symbol(e, "_data_end"), 0);
    for (uint32_t row = first; last < ESPY_ROM_SIZE && row + 16 <= last; row += 16) {
        const uint8_t *p = image + row;
        place_data(image, e, get_le32(p), get_le32(p + 4), get_le32(p + 8));
    }
    /* The Bluetooth controller copies its own piece, by a pointer of its own. */
    uint32_t source = rom_offset(elf_symbol(e, "_data_start_btdm_rom"), 4);
    if (source < ESPY_ROM_SIZE)
        place_data(image, e, elf_symbol(e, "_data_start_btdm"), elf_symbol(e, "_data_end_btdm"),
                   get_le32(image + source));
}

static void load_elf(uint8_t *image, const elf *e)
{
    for (unsigned n = 0; n < e->section_count; n++) {
        section s = elf_section(e, n);
        uint32_t to = rom_offset(s.addr, s.size);
        if (s.type == SHT_PROGBITS && s.addr != 0 && to < ESPY_ROM_SIZE)
            memcpy(image + to, e->bytes + s.offset, s.size);
    }
    place_all_data(image, e);
}

/* The chip and date that every ROM of this family carries for its banner, such as
 * "esp32s3-20210327"; NULL if there is none. */
static const char *find_build(const uint8_t *image)
{
    const uint8_t *end = image + ESPY_ROM_SIZE - 24;
    for (const uint8_t *at = image; (at = memchr(at, 'e', (size_t)(end - at))) != NULL; at++) {
        const char *p = (const char *)at;
        if (memcmp(p, "esp32", 5) != 0)
            continue;
        size_t dash = 5;
        while (dash < 10 && ((p[dash] >= 'a' && p[dash] <= 'z') || (p[dash] >= '0' && p[dash] <= '9')))
            dash++;
        if (dash < 10 && p[dash] == '-' && strncmp(p + dash + 1, "20", 2) == 0)
            return p;
    }
    return NULL;
}

static espy_status check_chip(const uint8_t *image, const char *name, espy_err *err)
{
    const char *build = find_build(image);
    if (build != NULL && strncmp(build, "esp32s3-", 8) == 0)
        return ESPY_OK;
    espy_status st = build != NULL
                         ? espy_fail(err, ESPY_E_UNSUPPORTED, "%s is the mask ROM of another chip (%.20s)", name, build)
                         : espy_fail(err, ESPY_E_UNSUPPORTED, "%s is not the mask ROM of an ESP32-S3", name);
    espy_advise(err, "Take esp32s3_rev0_rom.elf from the releases of github.com/espressif/esp-rom-elfs.");
    return st;
}

espy_status espy_rom_parse(uint8_t *image, const uint8_t *bytes, size_t size, const char *name, espy_err *err)
{
    elf e;
    memset(image, 0, ESPY_ROM_SIZE);
    if (elf_open(&e, bytes, size))
        load_elf(image, &e);
    else if (size == ESPY_ROM_SIZE)
        memcpy(image, bytes, ESPY_ROM_SIZE);
    return check_chip(image, name, err);
}

espy_status espy_rom_load(uint8_t *image, const char *path, espy_err *err)
{
    espy_buf file = {0};
    espy_status st = espy_buf_read_file(&file, path, err);
    if (st == ESPY_OK)
        st = espy_rom_parse(image, file.bytes, file.size, path, err);
    else
        espy_context(err, "the mask ROM");
    espy_buf_free(&file);
    return st;
}
