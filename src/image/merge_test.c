/* SPDX-License-Identifier: MIT
 *
 * Merging, flash settings, UF2: the shapes that the formats' documents give.  That whole
 * files are esptool's own is tested in tests/esptool.
 */
#include "merge.h"

#include "digest.h"
#include "layout.h"
#include "../base/bytes.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static espy_pieces two(uint32_t first, uint32_t second)
{
    espy_pieces pieces = {0};
    const uint32_t addr[] = {first, second};
    for (unsigned i = 0; i < 2; i++) {
        espy_piece *piece = espy_pieces_add(&pieces, addr[i], i, NULL);
        assert_non_null(piece);
        assert_int_equal(espy_buf_append(&piece->data, "12345", 5, NULL), ESPY_OK);
    }
    return pieces;
}

static void finds_overlaps_by_sector(void **state)
{
    (void)state;
    espy_pieces pieces = two(0x1000, 0x1FFF);
    assert_null(espy_pieces_overlap(&pieces, 1));
    assert_ptr_equal(espy_pieces_overlap(&pieces, 4096), &pieces.piece[1]);
    espy_pieces_free(&pieces);
    pieces = two(0xFFFFF000, 0x2000);
    espy_pieces_sort(&pieces);
    assert_int_equal(pieces.piece[0].addr, 0x2000);
    assert_null(espy_pieces_overlap(&pieces, 4096));
    espy_pieces_free(&pieces);
}

static void widens_to_sectors(void **state)
{
    (void)state;
    espy_pieces pieces = two(0x1002, 0x1009);
    assert_int_equal(espy_pieces_widen(&pieces, 4096, NULL), ESPY_OK);
    assert_int_equal(pieces.count, 1);
    assert_int_equal(pieces.piece[0].addr, 0x1000);
    assert_int_equal(pieces.piece[0].data.size, 14);
    assert_memory_equal(pieces.piece[0].data.bytes,
                        "\xff\xff"
                        "12345"
                        "\xff\xff"
                        "12345",
                        14);
    espy_pieces_free(&pieces);
    pieces = two(0x1FFD, 0x3001); /* ends in the sector behind, which is not the next one's */
    assert_int_equal(espy_pieces_widen(&pieces, 4096, NULL), ESPY_OK);
    assert_int_equal(pieces.count, 2);
    assert_int_equal(pieces.piece[0].data.size, 0x1002);
    assert_int_equal(pieces.piece[1].addr, 0x3000);
    assert_int_equal(pieces.piece[1].data.size, 6);
    espy_pieces_free(&pieces);
}

static void fills_with_ff(void **state)
{
    (void)state;
    espy_pieces pieces = two(0x10, 0x18);
    espy_buf out = {0};
    espy_err err = {0};
    assert_int_equal(espy_merge_raw(&out, &pieces, 0x10, 0x20, &err), ESPY_OK);
    assert_int_equal(out.size, 16);
    assert_memory_equal(out.bytes,
                        "12345\xff\xff\xff"
                        "12345\xff\xff\xff",
                        16);
    assert_int_equal(espy_merge_raw(&out, &pieces, 0x11, 0, &err), ESPY_E_ARG);
    espy_buf_free(&out);
    espy_pieces_free(&pieces);
}

static void makes_uf2_blocks(void **state)
{
    (void)state;
    uint8_t md5[16];
    espy_pieces pieces = two(0x10, 0x20000);
    espy_buf out = {0};
    espy_err err = {0};
    espy_uf2_options options = {.family = ESPY_UF2_FAMILY_ESP32S3, .chunk = 4};
    assert_int_equal(espy_uf2_write(&out, &pieces, &options, &err), ESPY_OK);
    assert_int_equal(out.size, 4 * 512);
    const uint8_t *block = out.bytes + 512; /* "5", the second of two */
    const uint32_t head[] = {0x0A324655, 0x9E5D5157, 0x6000, 0x14, 1, 1, 2, 0xC47E5767};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(get_le32(block + 4 * i), head[i]);
    assert_int_equal(block[32], '5');
    assert_int_equal(get_le32(block + 33), 0x14);
    assert_int_equal(get_le32(block + 37), 1);
    espy_md5((const uint8_t *)"5", 1, md5);
    assert_memory_equal(block + 41, md5, 16);
    assert_int_equal(get_le32(block + 508), 0x0AB16F30);
    assert_int_equal(get_le32(out.bytes + 2 * 512 + 12), 0x20000);
    assert_int_equal(get_le32(out.bytes + 2 * 512 + 20), 0);
    options.chunk = 456;
    assert_int_equal(espy_uf2_write(&out, &pieces, &options, &err), ESPY_E_ARG);
    err = (espy_err){0};
    options.no_md5 = true;
    assert_int_equal(espy_uf2_write(&out, &pieces, &options, &err), ESPY_OK);
    assert_int_equal(get_le32(out.bytes + 4 * 512 + 8), 0x2000);
    espy_buf_free(&out);
    espy_pieces_free(&pieces);
}

static espy_status read_uf2(const espy_buf *file, size_t size, espy_pieces *pieces, espy_err *err)
{
    *err = (espy_err){0};
    espy_pieces_free(pieces);
    *pieces = (espy_pieces){0};
    return espy_uf2_read(pieces, file->bytes, size, ESPY_UF2_FAMILY_ESP32S3, err);
}

static void reads_uf2_blocks(void **state)
{
    (void)state;
    espy_pieces pieces = two(0x10, 0x20000), back = {0};
    espy_buf out = {0};
    espy_err err = {0};
    const espy_uf2_options options = {.family = ESPY_UF2_FAMILY_ESP32S3, .chunk = 4};
    assert_int_equal(espy_uf2_write(&out, &pieces, &options, &err), ESPY_OK);
    assert_true(espy_uf2_is(out.bytes, out.size));
    assert_int_equal(read_uf2(&out, out.size, &back, &err), ESPY_OK);
    assert_int_equal(back.count, pieces.count);
    for (size_t i = 0; i < back.count; i++) {
        assert_int_equal(back.piece[i].addr, pieces.piece[i].addr);
        assert_int_equal(back.piece[i].data.size, pieces.piece[i].data.size);
        assert_memory_equal(back.piece[i].data.bytes, pieces.piece[i].data.bytes, back.piece[i].data.size);
    }
    assert_int_equal(read_uf2(&out, 512, &back, &err), ESPY_E_FORMAT);
    assert_string_equal(err.text, "the UF2 file was cut short: block 1 is missing");
    assert_int_equal(read_uf2(&out, 511, &back, &err), ESPY_E_FORMAT);
    out.bytes[512 + 32] ^= 1;
    assert_int_equal(read_uf2(&out, out.size, &back, &err), ESPY_E_FORMAT);
    assert_string_equal(err.text, "block 1 of the UF2 file, for 0x14, is damaged");
    out.bytes[512 + 32] ^= 1;
    for (size_t at = 28; at < out.size; at += 512)
        out.bytes[at] ^= 1;
    assert_int_equal(read_uf2(&out, out.size, &back, &err), ESPY_E_UNSUPPORTED);
    espy_buf_free(&out);
    espy_pieces_free(&pieces);
    espy_pieces_free(&back);
}

static void renews_the_digest(void **state)
{
    (void)state;
    synth s = synth_default();
    espy_buf data = {0};
    espy_layout before, after;
    espy_setting_result result;
    espy_flash_settings settings = {.mode = 1, .freq = 15, .size = ESPY_KEEP};
    assert_int_equal(espy_buf_append(&data, s.bytes, s.size, NULL), ESPY_OK);
    assert_int_equal(espy_layout_read(&before, data.bytes, data.size, NULL), ESPY_OK);
    assert_true(before.digest_valid);
    int size = data.bytes[3] >> 4;
    assert_int_equal(espy_settings_apply(&data, 0, &settings, &result, NULL), ESPY_OK);
    assert_int_equal(result.outcome, ESPY_SETTINGS_CHANGED);
    assert_int_equal(result.params, 0x100 | size << 4 | 15);
    assert_int_equal(espy_layout_read(&after, data.bytes, data.size, NULL), ESPY_OK);
    assert_true(after.digest_valid);
    assert_memory_not_equal(after.digest, before.digest, 32);
    assert_memory_equal(data.bytes + after.length + 32, s.bytes + after.length + 32, s.size - after.length - 32);
    assert_int_equal(espy_settings_apply(&data, 0, &settings, &result, NULL), ESPY_OK);
    assert_int_equal(result.outcome, ESPY_SETTINGS_SAME);
    assert_int_equal(espy_settings_apply(&data, 0x1000, &settings, &result, NULL), ESPY_OK);
    assert_int_equal(result.outcome, ESPY_SETTINGS_NOTHING);
    data.size = 30;
    assert_int_equal(espy_settings_apply(&data, 0, &settings, &result, NULL), ESPY_OK);
    assert_int_equal(result.outcome, ESPY_SETTINGS_INVALID);
    data.bytes[0] = 0;
    assert_int_equal(espy_settings_apply(&data, 0, &settings, &result, NULL), ESPY_OK);
    assert_int_equal(result.outcome, ESPY_SETTINGS_NO_MAGIC);
    espy_buf_free(&data);
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_overlaps_by_sector), cmocka_unit_test(fills_with_ff),
        cmocka_unit_test(makes_uf2_blocks),         cmocka_unit_test(reads_uf2_blocks),
        cmocka_unit_test(widens_to_sectors),        cmocka_unit_test(renews_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
