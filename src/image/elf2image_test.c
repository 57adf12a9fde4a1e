/* SPDX-License-Identifier: MIT
 *
 * Images from programs: the rules that the format's document gives, on a program made
 * here.  That whole images are esptool's own is tested in tests/esptool.
 */
#include "elf2image.h"

#include "digest.h"
#include "elf.h"
#include "layout.h"
#include "../base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { IRAM = 0x40374000, TEXT = 0x42000020, IRAM_SIZE = 0x9000, TEXT_SIZE = 0x123, HEADERS = 4 };
enum { IRAM_AT = 0x34, TEXT_AT = IRAM_AT + IRAM_SIZE, NAMES_AT = TEXT_AT + TEXT_SIZE, HEADERS_AT = NAMES_AT + 32 };

static uint8_t elf[HEADERS_AT + HEADERS * 0x28];

static void section(unsigned index, uint32_t name, uint32_t type, uint32_t addr, uint32_t offset, uint32_t size)
{
    uint8_t *h = elf + HEADERS_AT + index * 0x28;
    put_le32(h, name);
    put_le32(h + 4, type);
    put_le32(h + 12, addr);
    put_le32(h + 16, offset);
    put_le32(h + 20, size);
    put_le32(h + 32, 4);
}

/* Code in RAM, code in flash. */
static int make_program(void **state)
{
    (void)state;
    memset(elf, 0, sizeof elf);
    memcpy(elf, "\177ELF\1\1\1", 7);
    put_le16(elf + 18, 0x5E);
    put_le32(elf + 24, IRAM + 4);
    put_le32(elf + 32, HEADERS_AT);
    put_le16(elf + 46, 0x28);
    put_le16(elf + 48, HEADERS);
    put_le16(elf + 50, HEADERS - 1);
    memset(elf + IRAM_AT, 0x11, IRAM_SIZE);
    memset(elf + TEXT_AT, 0x22, TEXT_SIZE);
    memcpy(elf + NAMES_AT, "\0.iram\0.text\0", 13);
    section(1, 1, 1, IRAM, IRAM_AT, IRAM_SIZE);
    section(2, 7, 1, TEXT, TEXT_AT, TEXT_SIZE);
    section(3, 0, 3, 0, NAMES_AT, 32);
    return 0;
}

static espy_layout convert(const espy_elf2image_options *options, espy_buf *out)
{
    espy_err err = {0};
    espy_layout layout;
    espy_elf2image_result result;
    *out = (espy_buf){0};
    if (espy_elf2image(out, elf, sizeof elf, options, &result, &err) != ESPY_OK ||
        espy_layout_read(&layout, out->bytes, out->size, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    assert_int_equal(layout.checksum, layout.checksum_sum);
    return layout;
}

/* Flash lies in the file at its place in a page; RAM fills the gap before it. */
static void maps_by_pages(void **state)
{
    (void)state;
    espy_buf out;
    espy_elf2image_options options = {.flash_mode = 2, .flash_freq = 15, .flash_size = 4, .max_rev_full = 199};
    espy_layout l = convert(&options, &out);
    assert_true(l.has_digest && l.digest_valid);
    assert_memory_equal(out.bytes, "\xE9\2\2\x4F", 4);
    assert_int_equal(get_le32(out.bytes + 4), IRAM + 4);
    assert_int_equal(out.bytes[8], 0xEE);
    assert_int_equal(get_le16(out.bytes + 12), 9);
    assert_int_equal(get_le16(out.bytes + 17), 199);
    assert_int_equal(l.segment_count, 2);
    /* 24 bytes of header and 8 of segment header are 0x20: flash code comes first. */
    assert_int_equal(l.segment[0].load_addr, TEXT);
    assert_int_equal(l.segment[0].offset + 8, 0x20);
    assert_int_equal(l.segment[0].size, 0x124);
    assert_int_equal(l.segment[1].load_addr, IRAM);
    assert_int_equal(l.segment[1].size, IRAM_SIZE);
    espy_buf_free(&out);
}

static void cuts_ram_up_to_fill_gaps(void **state)
{
    (void)state;
    espy_buf out;
    espy_elf2image_options options = {.no_digest = true, .pad_to_size = 0x1000};
    section(2, 7, 1, TEXT + 0x8000, TEXT_AT, TEXT_SIZE);
    espy_layout l = convert(&options, &out);
    assert_false(l.has_digest);
    assert_int_equal(out.size % 0x1000, 0);
    assert_int_equal(out.bytes[out.size - 1], 0xFF);
    const espy_layout_segment *text = &l.segment[l.segment_count - 1];
    assert_int_equal(text->load_addr, TEXT + 0x8000);
    assert_int_equal((text->offset + 8) % 0x10000, (TEXT + 0x8000) % 0x10000);
    assert_int_equal(l.segment[0].load_addr, IRAM);
    espy_buf_free(&out);
}

static void shows_the_rom_only_ram(void **state)
{
    (void)state;
    espy_buf out;
    espy_elf2image_options options = {.ram_only_header = true};
    espy_layout l = convert(&options, &out);
    assert_int_equal(l.segment_count, 1);
    assert_int_equal(l.segment[0].load_addr, IRAM);
    assert_false(l.has_digest);
    assert_true(out.size > l.length);
    espy_buf_free(&out);
}

static void pads_for_a_signature(void **state)
{
    (void)state;
    espy_buf out;
    espy_elf2image_options options = {.secure_pad_v2 = true};
    (void)convert(&options, &out);
    assert_int_equal(out.size % 0x10000, 0); /* checksum and digest end a page */
    espy_buf_free(&out);
}

static void puts_the_programs_digest(void **state)
{
    (void)state;
    uint8_t digest[32];
    espy_buf out;
    espy_elf2image_options options = {.elf_sha256_offset = 0x40};
    memset(elf + TEXT_AT + 0x20, 0, 32); /* 0x40 in the file, and it must be blank */
    espy_sha256(elf, sizeof elf, digest);
    (void)convert(&options, &out);
    assert_memory_equal(out.bytes + 0x40, digest, 32);
    espy_buf_free(&out);
}

static void assert_refused(size_t size, const espy_elf2image_options *options, espy_status status, const char *words)
{
    espy_err err = {0};
    espy_buf out = {0};
    espy_elf2image_result result;
    assert_int_equal(espy_elf2image(&out, elf, size, options, &result, &err), status);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    espy_buf_free(&out);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    espy_elf2image_options plain = {0}, pad = {.secure_pad_v2 = true, .no_digest = true},
                           offset = {.elf_sha256_offset = 0x40}, segments = {.use_segments = true};
    assert_refused(20, &plain, ESPY_E_FORMAT, "not an ELF file");
    assert_refused(HEADERS_AT + 30, &plain, ESPY_E_FORMAT, "the section headers reaches to byte");
    assert_refused(sizeof elf, &pad, ESPY_E_ARG, "secure_pad");
    assert_refused(sizeof elf, &offset, ESPY_E_FORMAT, "not zero");
    assert_refused(sizeof elf, &segments, ESPY_E_FORMAT, "nothing to load");
    section(1, 1, 1, TEXT + 0x1000, IRAM_AT, 16);
    assert_refused(sizeof elf, &plain, ESPY_E_FORMAT, "same 64 KB flash mapping");
    section(1, 1, 1, IRAM, HEADERS_AT, 0x10000);
    assert_refused(sizeof elf, &plain, ESPY_E_FORMAT, "a section reaches to byte");
    section(1, 99, 1, IRAM, IRAM_AT, 16);
    assert_refused(sizeof elf, &plain, ESPY_E_FORMAT, "outside of its table");
    put_le16(elf + 18, 0x28);
    assert_refused(sizeof elf, &plain, ESPY_E_UNSUPPORTED, "e_machine = 0x0028");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(maps_by_pages, make_program),
        cmocka_unit_test_setup(cuts_ram_up_to_fill_gaps, make_program),
        cmocka_unit_test_setup(shows_the_rom_only_ram, make_program),
        cmocka_unit_test_setup(pads_for_a_signature, make_program),
        cmocka_unit_test_setup(puts_the_programs_digest, make_program),
        cmocka_unit_test_setup(says_what_is_wrong, make_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
