/* SPDX-License-Identifier: MIT
 *
 * A flash file is made blank, kept, and never cut or filled up.
 */
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 64 * 1024 };

static char dir[] = "/tmp/espy_store_XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/flash.bin", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void write_file(size_t n, int byte)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        fputc(byte, file);
    fclose(file);
}

static void memory_is_blank(void **state)
{
    (void)state;
    espy_store store;
    assert_int_equal(espy_store_open(&store, NULL, SIZE, NULL), ESPY_OK);
    assert_int_equal(store.size, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(store.bytes[i], 0xff);
    espy_store_close(&store);
}

static void file_keeps_what_was_written(void **state)
{
    (void)state;
    espy_store store;
    assert_int_equal(espy_store_open(&store, path, SIZE, NULL), ESPY_OK);
    assert_int_equal(store.bytes[SIZE - 1], 0xff);
    store.bytes[100] = 0x5a;
    espy_store_close(&store);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, SIZE);
    assert_int_equal(espy_store_open(&store, path, SIZE, NULL), ESPY_OK);
    assert_int_equal(store.bytes[100], 0x5a);
    espy_store_close(&store);
}

static void empty_file_is_filled(void **state)
{
    (void)state;
    write_file(0, 0);
    espy_store store;
    assert_int_equal(espy_store_open(&store, path, SIZE, NULL), ESPY_OK);
    assert_int_equal(store.bytes[0], 0xff);
    assert_int_equal(store.bytes[SIZE - 1], 0xff);
    espy_store_close(&store);
}

static void refused_untouched(size_t size, const char *told)
{
    write_file(size, 0x22);
    espy_store store;
    espy_err err = {0};
    assert_int_equal(espy_store_open(&store, path, SIZE, &err), ESPY_E_ARG);
    assert_non_null(strstr(err.text, told));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, size);
    espy_store_close(&store);
}

static void file_of_another_size_is_refused_untouched(void **state)
{
    (void)state;
    refused_untouched(SIZE - 1, "65535");
    refused_untouched(SIZE + 1, "65537");
}

static void one_board_at_a_time_has_the_file(void **state)
{
    (void)state;
    espy_store first, second;
    espy_err err = {0};
    assert_int_equal(espy_store_open(&first, path, SIZE, NULL), ESPY_OK);
    first.bytes[0] = 0x33;
    assert_int_equal(espy_store_open(&second, path, SIZE, &err), ESPY_E_IO);
    assert_non_null(strstr(err.text, "another virtual board"));
    espy_store_close(&first);
    assert_int_equal(espy_store_open(&second, path, SIZE, NULL), ESPY_OK);
    assert_int_equal(second.bytes[0], 0x33);
    espy_store_close(&second);
}

static void unusable_paths_are_errors(void **state)
{
    (void)state;
    espy_store store;
    espy_err err = {0};
    assert_int_equal(espy_store_open(&store, "/nonexistent/flash.bin", SIZE, &err), ESPY_E_IO);
    assert_true(err.advice[0] != '\0');
    err = (espy_err){0};
    assert_int_not_equal(espy_store_open(&store, dir, SIZE, &err), ESPY_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(memory_is_blank),
        TEST(file_keeps_what_was_written),
        TEST(empty_file_is_filled),
        TEST(file_of_another_size_is_refused_untouched),
        TEST(one_board_at_a_time_has_the_file),
        TEST(unusable_paths_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
