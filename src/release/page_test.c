/* SPDX-License-Identifier: MIT
 *
 * Pages: the links that matter are found, whatever stands around them.
 */
#include "espy/release.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static size_t parse(espy_release **list, const char *page)
{
    size_t count = 99;
    /* A copy of exactly that size: the sanitizer sees a byte too far. */
    size_t n = strlen(page);
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, page, n);
    assert_int_equal(espy_release_parse_page(list, &count, copy, n, NULL), ESPY_OK);
    free(copy);
    return count;
}

static void links_of_all_spellings_are_found(void **state)
{
    (void)state;
    espy_release *list;
    size_t n =
        parse(&list, "<p>Firmware</p>\n"
                     "<a class=\"x\" href=\"/resources/firmware/ESP32_GENERIC_S3-20240602-v1.23.0.bin\">v1.23.0</a>\n"
                     "<A HREF = 'https://host.example/f/ESP32_GENERIC_S3-20241129-v1.24.1.bin?x=1#y'>v1.24.1</A>\n"
                     "<a href=ESP32_GENERIC_S3-20250809-v1.26.0.bin>v1.26.0</a>");
    assert_int_equal(n, 3);
    assert_string_equal(list[0].file, "ESP32_GENERIC_S3-20240602-v1.23.0.bin");
    assert_string_equal(list[0].link, "/resources/firmware/ESP32_GENERIC_S3-20240602-v1.23.0.bin");
    assert_string_equal(list[1].file, "ESP32_GENERIC_S3-20241129-v1.24.1.bin");
    assert_string_equal(list[1].link, "https://host.example/f/ESP32_GENERIC_S3-20241129-v1.24.1.bin?x=1#y");
    assert_string_equal(list[2].link, "ESP32_GENERIC_S3-20250809-v1.26.0.bin");
    free(list);
}

static void other_content_is_passed_over(void **state)
{
    (void)state;
    static const char *const pages[] = {
        "",
        "href",
        "<a href",
        "<a href=",
        "<a href=\"",
        "<a href=\"ESP32_GENERIC_S3-20240602-v1.23.0.bin.sig\">",
        "ESP32_GENERIC_S3-20240602-v1.23.0.bin",
        "<a href=\"ESP32_GENERIC_S3-20240602-v1.23.0.elf\">",
        "<a href=\"/x/ESP32_GENERIC_S3-20240602-v1.23.0.bin/\">",
        "<a href='?ESP32_GENERIC_S3-20240602-v1.23.0.bin'>",
        "\x7f"
        "ELF href=\x01\x02",
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        espy_release *list;
        assert_int_equal(parse(&list, pages[i]), 0);
        free(list);
    }
}

static void a_name_counts_once(void **state)
{
    (void)state;
    espy_release *list;
    assert_int_equal(parse(&list, "<a href=\"/a/X-20240602-v1.23.0.bin\"><a href=\"/b/X-20240602-v1.23.0.bin\">"), 1);
    assert_string_equal(list[0].link, "/a/X-20240602-v1.23.0.bin");
    free(list);
}

static void a_link_beyond_measure_is_passed_over(void **state)
{
    (void)state;
    char page[1200] = "<a href=\"/";
    memset(page + strlen(page), 'x', 900);
    strcat(page, "/X-20240602-v1.23.0.bin\">");
    espy_release *list;
    assert_int_equal(parse(&list, page), 0);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_of_all_spellings_are_found),
        cmocka_unit_test(other_content_is_passed_over),
        cmocka_unit_test(a_name_counts_once),
        cmocka_unit_test(a_link_beyond_measure_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
