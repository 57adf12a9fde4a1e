/* SPDX-License-Identifier: MIT
 *
 * ELF programs; see the header.
 */
#include "elf.h"

#include "../base/bytes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EHDR_SIZE = 0x34, SHDR_SIZE = 0x28, PHDR_SIZE = 0x20 };
enum { EM_XTENSA = 0x5E, EM_RISCV = 0xF3, PT_LOAD = 1 };
enum { SHT_PROGBITS = 1, SHT_INIT_ARRAY = 14, SHT_FINI_ARRAY = 15, SHT_PREINIT_ARRAY = 16 };

typedef struct source {
    const uint8_t *bytes;
    size_t size;
    espy_err *err;
} source;

/* The bytes of the file from `offset`; NULL, with the error: it is not that long. */
static const uint8_t *at(const source *s, uint32_t offset, uint64_t n, const char *what)
{
    if (offset <= s->size && n <= s->size - offset)
        return s->bytes + offset;
    espy_fail(s->err, ESPY_E_FORMAT, "the ELF file ends at byte %zu, but %s reaches to byte %llu", s->size, what,
              (unsigned long long)(offset + n));
    espy_advise(s->err, "The file was cut short; link it again.");
    return NULL;
}

static espy_status check_header(const source *s)
{
    const uint8_t *h = s->bytes;
    if (s->size < EHDR_SIZE || memcmp(h,
                                      "\x7f"
                                      "ELF",
                                      4) != 0)
        return espy_fail(s->err, ESPY_E_FORMAT, "this is not an ELF file");
    if (h[4] != 1 || h[5] != 1)
        return espy_fail(s->err, ESPY_E_FORMAT, "the ELF file is not a 32-bit little-endian one");
    unsigned machine = get_le16(h + 18);
    if (machine != EM_XTENSA && machine != EM_RISCV)
        return espy_fail(s->err, ESPY_E_UNSUPPORTED,
                         "this does not appear to be an Xtensa or a RISC-V ELF image (e_machine = 0x%04x)", machine);
    if (get_le16(h + 46) != SHDR_SIZE)
        return espy_fail(s->err, ESPY_E_FORMAT, "a section header of 0x%x bytes, not 0x%x, is none that is known",
                         get_le16(h + 46), SHDR_SIZE);
    if (get_le16(h + 48) == 0)
        return espy_fail(s->err, ESPY_E_FORMAT, "the ELF file has no section headers");
    return ESPY_OK;
}

static bool has_bytes(uint32_t type)
{
    return type == SHT_PROGBITS || type == SHT_INIT_ARRAY || type == SHT_FINI_ARRAY || type == SHT_PREINIT_ARRAY;
}

/* The table of the names of sections. */
static const char *names(const source *s, const uint8_t *headers, unsigned count, uint32_t *size)
{
    unsigned index = get_le16(s->bytes + 50);
    if (index >= count) {
        espy_fail(s->err, ESPY_E_FORMAT, "the ELF file has no section names: e_shstrndx is %u of %u", index, count);
        return NULL;
    }
    const uint8_t *h = headers + (size_t)index * SHDR_SIZE;
    *size = get_le32(h + 20);
    return (const char *)at(s, get_le32(h + 16), *size, "the table of section names");
}

static espy_status take_section(espy_elf *elf, const source *s, const uint8_t *h, const char *text, uint32_t text_size)
{
    uint32_t name = get_le32(h), addr = get_le32(h + 12), size = get_le32(h + 20);
    if (addr == 0 || size == 0 || !has_bytes(get_le32(h + 4)))
        return ESPY_OK;
    if (name >= text_size || memchr(text + name, '\0', text_size - name) == NULL)
        return espy_fail(s->err, ESPY_E_FORMAT, "the name of the section at 0x%x lies outside of its table",
                         (unsigned)addr);
    const uint8_t *data = at(s, get_le32(h + 16), size, "a section");
    if (data == NULL)
        return ESPY_E_FORMAT;
    elf->section[elf->section_count++] = (espy_elf_part){text + name, addr, get_le32(h + 32), data, size};
    return ESPY_OK;
}

static espy_status read_sections(espy_elf *elf, const source *s)
{
    unsigned count = get_le16(s->bytes + 48);
    const uint8_t *headers = at(s, get_le32(s->bytes + 32), (uint64_t)count * SHDR_SIZE, "the section headers");
    uint32_t text_size = 0;
    const char *text = headers != NULL ? names(s, headers, count, &text_size) : NULL;
    if (text == NULL)
        return ESPY_E_FORMAT;
    elf->section = calloc(count, sizeof *elf->section);
    if (elf->section == NULL)
        return espy_fail(s->err, ESPY_E_MEMORY, "no memory for %u sections", count);
    espy_status st = ESPY_OK;
    for (unsigned i = 0; st == ESPY_OK && i < count; i++)
        st = take_section(elf, s, headers + (size_t)i * SHDR_SIZE, text, text_size);
    return st;
}

static espy_status take_segment(espy_elf *elf, const source *s, const uint8_t *h)
{
    uint32_t addr = get_le32(h + 12), size = get_le32(h + 16);
    if (get_le32(h) != PT_LOAD || addr == 0 || size == 0)
        return ESPY_OK;
    const uint8_t *data = at(s, get_le32(h + 4), size, "a program segment");
    if (data == NULL)
        return ESPY_E_FORMAT;
    elf->segment[elf->segment_count++] = (espy_elf_part){"PHDR", addr, get_le32(h + 28), data, size};
    return ESPY_OK;
}

static espy_status read_segments(espy_elf *elf, const source *s)
{
    unsigned count = get_le16(s->bytes + 44);
    if (count == 0)
        return ESPY_OK;
    const uint8_t *headers = at(s, get_le32(s->bytes + 28), (uint64_t)count * PHDR_SIZE, "the program headers");
    if (headers == NULL)
        return ESPY_E_FORMAT;
    elf->segment = calloc(count, sizeof *elf->segment);
    if (elf->segment == NULL)
        return espy_fail(s->err, ESPY_E_MEMORY, "no memory for %u program segments", count);
    espy_status st = ESPY_OK;
    for (unsigned i = 0; st == ESPY_OK && i < count; i++)
        st = take_segment(elf, s, headers + (size_t)i * PHDR_SIZE);
    return st;
}

espy_status espy_elf_read(espy_elf *elf, const uint8_t *bytes, size_t size, espy_err *err)
{
    source s = {bytes, size, err};
    *elf = (espy_elf){0};
    espy_status st = check_header(&s);
    if (st == ESPY_OK)
        elf->entry = get_le32(bytes + 24);
    if (st == ESPY_OK)
        st = read_sections(elf, &s);
    if (st == ESPY_OK)
        st = read_segments(elf, &s);
    if (st != ESPY_OK)
        espy_elf_free(elf);
    return st;
}

void espy_elf_free(espy_elf *elf)
{
    free(elf->section);
    free(elf->segment);
    *elf = (espy_elf){0};
}
