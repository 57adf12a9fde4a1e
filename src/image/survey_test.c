/* SPDX-License-Identifier: MIT
 *
 * What a flash holds, on flashes made by hand (synth_test.h) and by hand changed.
 */
#include "survey.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

enum { MB = 1 << 20, FLASH = 8 * MB };

/* A flash in memory, and how much of it was read. */
typedef struct fake {
    const uint8_t *bytes;
    size_t size, read;
} fake;

static espy_status read_fake(void *user, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    fake *f = user;
    if (addr + n > f->size)
        return espy_fail(err, ESPY_E_ARG, "0x%x is beyond the flash", (unsigned)addr);
    memcpy(bytes, f->bytes + addr, n);
    f->read += n;
    return ESPY_OK;
}

static espy_survey *look(const synth *s, uint32_t size)
{
    espy_survey *survey = test_malloc(sizeof *survey);
    fake f = {s->bytes, s->cap, 0};
    espy_flash_reader flash = {read_fake, &f, size, size};
    espy_err err = {0};
    assert_int_equal(espy_survey_flash(survey, &flash, &err), ESPY_OK);
    assert_true(f.read < 8192);
    return survey;
}

static void done(espy_survey *survey, synth *s)
{
    test_free(survey);
    free(s->bytes);
}

static void tells_micropython(void **state)
{
    (void)state;
    synth s = synth_merged_in(FLASH, synth_rows, 4);
    /* What littlefs 2.9 writes for 4096 blocks of 4 KiB: its SPEC.md, "Superblock". */
    static const uint8_t superblock[32] = {1,   0,   0,   0,    0xF0, 0x0F, 0xFF, 0xF7, 'l',  'i', 't',
                                           't', 'l', 'e', 'f',  's',  0x2F, 0xE0, 0,    0x10, 1,   0,
                                           2,   0,   0,   0x10, 0,    0,    0,    0x06, 0,    0};
    memcpy(s.bytes + 0x200000, superblock, sizeof superblock);
    espy_survey *v = look(&s, FLASH);
    assert_int_equal(v->bootloader, ESPY_CONTENT_FOUND);
    assert_int_equal(v->boot.flash_size, 8 * MB);
    assert_int_equal(v->table_content, ESPY_CONTENT_FOUND);
    assert_int_equal(v->rows.count, 4);
    assert_non_null(v->boots);
    assert_int_equal(v->boots->row, 2);
    assert_string_equal(v->boots->binary.project, "synth");
    assert_string_equal(v->boots->binary.built, "Jan  2 2025 12:34:56");
    assert_string_equal(v->micropython.version, ""); /* another project: not looked for */
    assert_true(v->fs_read);
    assert_int_equal(v->fs.kind, ESPY_FS_LITTLEFS);
    assert_int_equal(v->fs.version, 0x20001);
    assert_int_equal(v->fs.size, 0x600 * 4096);
    done(v, &s);

    s = synth_merged_in(FLASH, synth_rows, 4);
    memset(s.bytes + SYNTH_APP + 32 + 48, 0, 32); /* no project */
    v = look(&s, FLASH);
    assert_string_equal(v->micropython.version, "v1.23.0");
    assert_string_equal(v->micropython.variant, "SPIRAM_OCT");
    assert_int_equal(v->fs.kind, ESPY_FS_BLANK);
    done(v, &s);
}

static void tells_blank_and_garbage(void **state)
{
    (void)state;
    synth s = {.bytes = malloc(FLASH), .cap = FLASH};
    memset(s.bytes, 0xFF, FLASH);
    espy_survey *v = look(&s, FLASH);
    assert_int_equal(v->bootloader, ESPY_CONTENT_BLANK);
    assert_int_equal(v->table_content, ESPY_CONTENT_BLANK);
    assert_null(v->boots);
    assert_false(v->has_fs);
    test_free(v);
    for (size_t i = 0; i < FLASH; i++)
        s.bytes[i] = (uint8_t)(i * 7 + 3);
    v = look(&s, FLASH);
    assert_int_equal(v->bootloader, ESPY_CONTENT_OTHER);
    assert_int_equal(v->table_content, ESPY_CONTENT_OTHER);
    assert_non_null(strstr(v->table_err.text, "aa 50"));
    assert_null(v->boots);
    done(v, &s);
}

static void tells_a_table_elsewhere(void **state)
{
    (void)state;
    static const synth_row rows[] = {{"nvs", 1, 2, 0x11000, 0x6000}, {"factory", 0, 0, 0x20000, 0x100000}};
    synth s = synth_merged_in(FLASH, rows, 2);
    memset(s.bytes + SYNTH_TABLE, 0xFF, 0xC00);
    memset(s.bytes + SYNTH_APP, 0xFF, s.app_size);
    synth_table(s.bytes + 0x10000, rows, 2);
    espy_survey *v = look(&s, FLASH);
    assert_int_equal(v->table_content, ESPY_CONTENT_FOUND);
    assert_int_equal(v->table_addr, 0x10000);
    assert_int_equal(v->app_count, 1);
    assert_int_equal(v->apps[0].content, ESPY_CONTENT_BLANK);
    assert_null(v->boots);
    done(v, &s);
}

static void tells_a_flash_too_small(void **state)
{
    (void)state;
    synth s = synth_merged_in(FLASH, synth_rows, 4);
    espy_survey *v = look(&s, 4 * MB);
    assert_int_equal(v->table_content, ESPY_CONTENT_FOUND);
    assert_string_equal(espy_survey_beyond(v, 4 * MB)->label, "vfs");
    assert_null(espy_survey_beyond(v, 8 * MB));
    assert_non_null(v->boots);
    done(v, &s);
}

/* ---- otadata ------------------------------------------------------------------------- */

static const synth_row ota_rows[] = {{"otadata", 1, 0, 0x9000, 0x2000},
                                     {"factory", 0, 0, 0x10000, 0x10000},
                                     {"ota_0", 0, 0x10, 0x20000, 0x10000},
                                     {"ota_1", 0, 0x11, 0x30000, 0x10000},
                                     {"ota_2", 0, 0x12, 0x40000, 0x10000}};

/* crc: python3 -c "import zlib; print(hex(zlib.crc32(SEQ.to_bytes(4,'little'), 0xffffffff)))",
 * which is how the entry that esp_ota_set_boot_partition() writes comes out. */
static void entry(uint8_t *p, uint32_t seq, uint32_t state, uint32_t crc)
{
    memset(p, 0xFF, ESPY_OTA_ENTRY);
    synth_le32(p, seq);
    synth_le32(p + 24, state);
    synth_le32(p + 28, crc);
}

enum { CRC_1 = 0x4743989A, CRC_2 = 0x55F63774 };

static void otadata_chooses(void **state)
{
    (void)state;
    synth s = synth_merged_in(FLASH, ota_rows, 5);
    memcpy(s.bytes + 0x30000, s.bytes + SYNTH_APP, s.app_size);
    espy_survey *v = look(&s, FLASH);
    assert_true(v->has_otadata && v->ota[0].blank && v->ota[1].blank);
    assert_int_equal(v->by_entry, -1);
    assert_int_equal(v->boots->row, 1); /* factory, while otadata is blank */
    test_free(v);

    entry(s.bytes + 0x9000, 1, UINT32_MAX, CRC_1);
    entry(s.bytes + 0xA000, 2, 0, CRC_2);
    v = look(&s, FLASH);
    assert_int_equal(v->by_entry, 1);
    assert_string_equal(espy_ota_state_name(v->ota[1].state), "new");
    assert_string_equal(espy_ota_state_name(v->ota[0].state), "undefined");
    assert_int_equal(v->boots->row, 3); /* number 2 of three: ota_1 */
    test_free(v);

    s.bytes[0x30000] = 0; /* not bootable any more: ota_0 is blank, so factory */
    v = look(&s, FLASH);
    assert_int_equal(v->apps[0].row, 3);
    assert_int_equal(v->apps[0].content, ESPY_CONTENT_OTHER);
    assert_int_equal(v->boots->row, 1);
    done(v, &s);
}

static void otadata_may_be_bad(void **state)
{
    (void)state;
    uint8_t bytes[ESPY_OTA_ENTRY];
    entry(bytes, 2, 2, CRC_1);
    assert_false(espy_ota_entry_read(bytes).valid); /* the CRC of another number */
    entry(bytes, 2, 2, CRC_2);
    assert_true(espy_ota_entry_read(bytes).valid);
    entry(bytes, 2, 3, CRC_2);
    assert_false(espy_ota_entry_read(bytes).valid); /* invalid */
    entry(bytes, 2, 4, CRC_2);
    assert_false(espy_ota_entry_read(bytes).valid); /* aborted */
}

static void tries_in_order(void **state)
{
    (void)state;
    synth s = synth_merged_in(FLASH, ota_rows, 5);
    espy_survey *v = look(&s, FLASH);
    size_t rows[ESPY_APPS_MAX];
    int by;
    espy_ota_entry entries[2] = {{.seq = 5, .valid = true}, {.seq = 4, .valid = true}};
    /* (5 - 1) % 3 is slot 1: downwards, then factory, then what is above. */
    static const size_t expected[] = {3, 2, 1, 4};
    assert_int_equal(espy_ota_order(&v->rows, entries, rows, &by), 4);
    assert_int_equal(by, 0);
    assert_memory_equal(rows, expected, sizeof expected);
    /* Without otadata: factory, then the slots. */
    static const size_t plain[] = {1, 2, 3, 4};
    assert_int_equal(espy_ota_order(&v->rows, NULL, rows, &by), 4);
    assert_memory_equal(rows, plain, sizeof plain);
    /* The test application comes last. */
    static const size_t tested[] = {2, 3, 4, 1};
    v->rows.row[1].subtype = 0x20;
    assert_int_equal(espy_ota_order(&v->rows, NULL, rows, &by), 4);
    assert_memory_equal(rows, tested, sizeof tested);
    done(v, &s);
}

/* ---- file systems ------------------------------------------------------------------------ */

static void tells_fat(void **state)
{
    (void)state;
    uint8_t first[ESPY_FS_BEGIN] = {0}, second[ESPY_FS_BEGIN];
    memset(second, 0xFF, sizeof second);
    assert_int_equal(espy_fs_recognise(first, second).kind, ESPY_FS_OTHER);
    /* Microsoft's specification: jump, bytes per sector at 11, sectors at 19, type at 54. */
    first[0] = 0xEB;
    first[12] = 0x10; /* 4096 */
    first[20] = 0x02; /* 512 */
    memcpy(first + 54, "FAT16   ", 8);
    first[510] = 0x55;
    assert_int_equal(espy_fs_recognise(first, second).kind, ESPY_FS_OTHER);
    first[511] = 0xAA;
    espy_fs fs = espy_fs_recognise(first, second);
    assert_int_equal(fs.kind, ESPY_FS_FAT);
    assert_int_equal(fs.size, 2 * MB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_micropython),       cmocka_unit_test(tells_blank_and_garbage),
        cmocka_unit_test(tells_a_table_elsewhere), cmocka_unit_test(tells_a_flash_too_small),
        cmocka_unit_test(otadata_chooses),         cmocka_unit_test(otadata_may_be_bad),
        cmocka_unit_test(tries_in_order),          cmocka_unit_test(tells_fat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
