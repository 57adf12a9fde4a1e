/* SPDX-License-Identifier: MIT
 *
 * Partition tables alone, such as read back from a board.
 */
#include "espy/image.h"
#include "synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MB (UINT32_C(1) << 20)

/* What Espressif's gen_esp32part.py 1.3 (ESP-IDF v5.4.2) makes of the lines
 *     nvs,data,nvs,0x9000,0x6000
 *     storage,data,littlefs,0x200000,2M,readonly
 */
static const uint8_t by_gen_esp32part[] = {
    0xAA, 0x50, 0x01, 0x02, 0x00, 0x90, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x6E, 0x76, 0x73, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xAA, 0x50, 0x01, 0x83, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x20, 0x00, 0x73, 0x74, 0x6F, 0x72,
    0x61, 0x67, 0x65, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,
    0xEB, 0xEB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0x26, 0x88, 0x69, 0xF8, 0x39, 0xA2, 0x89, 0x0E, 0xFB, 0x11, 0x10, 0xE7, 0x7B, 0x2A, 0x4A,
};

static void reads_espressifs_table(void **state)
{
    (void)state;
    espy_partitions table;
    espy_err err = {0};
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    memset(bytes, 0xFF, sizeof bytes);
    memcpy(bytes, by_gen_esp32part, sizeof by_gen_esp32part);
    assert_int_equal(espy_partitions_parse(&table, bytes, sizeof bytes, 4 * MB, &err), ESPY_OK);
    assert_int_equal(table.count, 2);
    assert_true(table.has_md5);
    assert_string_equal(table.row[0].label, "nvs");
    assert_int_equal(table.row[0].addr, 0x9000);
    assert_int_equal(table.row[0].size, 0x6000);
    assert_int_equal(table.row[1].subtype, 0x83);
    assert_int_equal(table.row[1].size, 2 * MB);
    assert_int_equal(table.row[1].flags, 2);
}

static void blank_and_cut(void **state)
{
    (void)state;
    espy_partitions table;
    espy_err err = {0};
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(espy_partitions_parse(&table, bytes, sizeof bytes, 4 * MB, &err), ESPY_E_FORMAT);
    assert_non_null(strstr(err.text, "the table is blank"));
    synth_table(bytes, synth_rows, 4);
    for (size_t n = 0; n < 6 * 32; n++) {
        err = (espy_err){0};
        assert_int_equal(espy_partitions_parse(&table, bytes, n, 8 * MB, &err), ESPY_E_FORMAT);
        assert_non_null(strstr(err.text, "cut short after"));
    }
    assert_int_equal(espy_partitions_parse(&table, bytes, 6 * 32, 8 * MB, NULL), ESPY_OK);
}

/* A table of 95 rows and its MD5 row fill the 0xC00 bytes. */
static void full_table(void **state)
{
    (void)state;
    synth_row rows[96];
    for (uint32_t i = 0; i < 96; i++)
        rows[i] = (synth_row){"d", 1, 6, 0x10000 + i * 0x1000, 0x1000};
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE + 32];
    espy_partitions table;
    synth_table(bytes, rows, 95);
    assert_int_equal(espy_partitions_parse(&table, bytes, ESPY_PARTITION_TABLE_SIZE, 4 * MB, NULL), ESPY_OK);
    assert_int_equal(table.count, 95);
    synth_table(bytes, rows, 96);
    espy_err err = {0};
    assert_int_equal(espy_partitions_parse(&table, bytes, ESPY_PARTITION_TABLE_SIZE, 4 * MB, &err), ESPY_E_FORMAT);
    assert_non_null(strstr(err.text, "more than 95 partitions"));
}

/* Tables of ESP-IDF before 3.1, and with the row disabled, have no MD5. */
static void without_md5(void **state)
{
    (void)state;
    uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
    espy_partitions table;
    synth_table(bytes, synth_rows, 4);
    memset(bytes + 4 * 32, 0xFF, 32);
    assert_int_equal(espy_partitions_parse(&table, bytes, sizeof bytes, 8 * MB, NULL), ESPY_OK);
    assert_false(table.has_md5);
    assert_int_equal(table.count, 4);
}

static void file_system(void **state)
{
    (void)state;
    const struct {
        synth_row rows[3];
        size_t n;
        bool found;
        uint32_t addr, size;
    } cases[] = {
        {{{"f", 0, 0, 0x10000, 0x1F0000}, {"vfs", 1, 0x81, 0x200000, 0x600000}}, 2, true, 0x200000, 0x600000},
        {{{"f", 0, 0, 0x10000, 0x1F0000}}, 1, true, 0x200000, 0xE00000},
        {{{"f", 0, 0, 0x10000, 0xFF0000}}, 1, false, 0, 0},
        /* the label decides before the subtype, and the last one of several */
        {{{"a", 1, 0x81, 0x200000, MB}, {"vfs", 1, 0x06, 0x300000, MB}, {"b", 1, 0x83, 0x400000, MB}},
         3,
         true,
         0x300000,
         MB},
        {{{"b", 1, 0x83, 0x400000, MB}, {"a", 1, 0x81, 0x200000, MB}, {"f", 0, 0, 0x10000, MB}}, 3, true, 0x400000, MB},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[ESPY_PARTITION_TABLE_SIZE];
        espy_partitions table;
        espy_partition fs = {0};
        synth_table(bytes, cases[i].rows, cases[i].n);
        assert_int_equal(espy_partitions_parse(&table, bytes, sizeof bytes, 16 * MB, NULL), ESPY_OK);
        assert_int_equal(espy_partitions_filesystem(&table, 16 * MB, &fs), cases[i].found);
        assert_int_equal(fs.addr, cases[i].addr);
        assert_int_equal(fs.size, cases[i].size);
    }
}

static void type_names(void **state)
{
    (void)state;
    const struct {
        uint8_t type, subtype;
        const char *name;
    } cases[] = {{0, 0, "app/factory"}, {0, 0x1F, "app/ota_15"}, {0, 0x30, "app/0x30"},
                 {1, 2, "data/nvs"},    {1, 0x99, "data/0x99"},  {0x40, 1, "0x40/0x01"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[24];
        espy_partition row = {.type = cases[i].type, .subtype = cases[i].subtype};
        assert_string_equal(espy_partition_type_name(&row, text, sizeof text), cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_espressifs_table),
        cmocka_unit_test(blank_and_cut),
        cmocka_unit_test(full_table),
        cmocka_unit_test(without_md5),
        cmocka_unit_test(file_system),
        cmocka_unit_test(type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
