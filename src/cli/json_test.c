/* SPDX-License-Identifier: MIT
 *
 * Results as JSON: the text, and that a result is whole or an error, whichever of the
 * allocations for it fails.
 */
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned asked, fails_at; /* counted from 1; 0: none fails */
static int live;

static void *allocate(size_t size)
{
    if (++asked == fails_at)
        return NULL;
    live++;
    return malloc(size);
}

static void release(void *p)
{
    live -= p != NULL;
    free(p);
}

static espy_status build(espy_cli *cli)
{
    static const uint8_t digest[] = {0x00, 0xa5, 0xff};
    cJSON *root = cJSON_CreateObject();
    espy_json_string(root, "name", "a \"name\"\n");
    espy_json_string(root, "none", "");
    cJSON *object = espy_json_object(root, "object");
    espy_json_number(object, "size", UINT64_C(1) << 32);
    espy_json_seconds(object, "seconds", 0.1236);
    espy_json_hex(object, "digest", digest, sizeof digest);
    cJSON *item = espy_json_item(espy_json_array(root, "array"));
    espy_json_bool(item, "yes", true);
    return espy_json_print(cli, root);
}

/* What build() prints, in text[cap]. */
static espy_status capture(espy_cli *cli, char *text, size_t cap)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int out = dup(STDOUT_FILENO);
    assert_true(out >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
    espy_status st = build(cli);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    rewind(file);
    text[fread(text, 1, cap - 1, file)] = '\0';
    fclose(file);
    return st;
}

static const char expected[] = "{\n"
                               "\t\"name\":\t\"a \\\"name\\\"\\n\",\n"
                               "\t\"none\":\tnull,\n"
                               "\t\"object\":\t{\n"
                               "\t\t\"size\":\t4294967296,\n"
                               "\t\t\"seconds\":\t0.124,\n"
                               "\t\t\"digest\":\t\"00a5ff\"\n"
                               "\t},\n"
                               "\t\"array\":\t[{\n"
                               "\t\t\t\"yes\":\ttrue\n"
                               "\t\t}]\n"
                               "}\n";

static void every_form(void **state)
{
    (void)state;
    char text[1000];
    espy_cli cli = {0};
    assert_int_equal(capture(&cli, text, sizeof text), ESPY_OK);
    assert_string_equal(text, expected);
}

/* Cases of RFC 3629: what is right stays, each byte that is not becomes U+FFFD. */
static void text_is_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x90\x8D", "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x90\x8D"},
        {"caf\xE9", "caf\xEF\xBF\xBD"},                                             /* Latin-1 */
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                   /* longer than need be */
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                   /* half of a surrogate pair */
        {"\xF4\x90\x80\x80x", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx"}, /* beyond U+10FFFF */
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                   /* cut off */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cJSON *object = cJSON_CreateObject();
        espy_json_string(object, "text", rows[i].in);
        assert_string_equal(cJSON_GetObjectItem(object, "text")->valuestring, rows[i].out);
        cJSON_Delete(object);
    }
}

static void whole_or_an_error(void **state)
{
    (void)state;
    char text[1000];
    cJSON_InitHooks(&(cJSON_Hooks){allocate, release});
    for (fails_at = 1;; fails_at++) {
        espy_cli cli = {0};
        asked = 0;
        espy_status st = capture(&cli, text, sizeof text);
        assert_int_equal(live, 0);
        if (asked < fails_at)
            break;
        assert_int_equal(st, ESPY_E_MEMORY);
        assert_string_equal(text, "");
        assert_true(cli.err.text[0] != '\0');
    }
    cJSON_InitHooks(NULL);
    assert_string_equal(text, expected);
    assert_true(fails_at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(text_is_utf8),
        cmocka_unit_test(whole_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
