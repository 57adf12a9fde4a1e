/* SPDX-License-Identifier: MIT
 *
 * Options in every form, sizes, and the sentences of usage errors.
 */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { OPTION_FLASH = 256 };

static const espy_option table[] = {
    {OPTION_FLASH, "flash", "SIZE", "a size"},
    {'o', "output", "OUT", "a file"},
    {'n', "no-fit", NULL, "a switch"},
    {0, NULL, NULL, NULL},
};

/* Parses words (argv[0] included, NULL at the end) and notes what came as
 * "id=value id ... | operand operand". */
static espy_status parse(espy_cli *cli, char **words, char *out)
{
    espy_args args = {.cli = cli, .table = table, .argv = words};
    while (words[args.argc] != NULL)
        args.argc++;
    out[0] = '\0';
    espy_status st;
    while ((st = espy_args_next(&args)) == ESPY_OK && args.id != 0) {
        strcat(out, args.id == OPTION_FLASH ? "flash" : args.id == 'o' ? "o" : "n");
        if (args.value != NULL)
            strcat(strcat(out, "="), args.value);
        strcat(out, " ");
    }
    strcat(out, "|");
    for (int i = 1; i <= args.operands; i++)
        strcat(strcat(out, " "), words[i]);
    return st;
}

static void all_forms(void **state)
{
    (void)state;
    const struct {
        char *words[9];
        const char *expected;
    } cases[] = {
        {{"image", "show", "FILE", NULL}, "| show FILE"},
        {{"image", "fit", "FILE", "--flash", "16M", "-o", "OUT", NULL}, "flash=16M o=OUT | fit FILE"},
        {{"image", "--flash=16M", "fit", "-oOUT", "FILE", NULL}, "flash=16M o=OUT | fit FILE"},
        {{"image", "-no", "OUT", "x", NULL}, "n o=OUT | x"},
        {{"image", "-noOUT", "x", NULL}, "n o=OUT | x"},
        {{"image", "-nq", "x", "-", NULL}, "n | x -"},
        {{"image", "--no-fit", "--", "-o", "--flash", NULL}, "n | -o --flash"},
        {{"image", "--flash=", "a", NULL}, "flash= | a"},
        {{"image", NULL}, "|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        espy_cli cli = {0};
        char *words[9], out[200];
        memcpy(words, cases[i].words, sizeof words);
        assert_int_equal(parse(&cli, words, out), ESPY_OK);
        assert_string_equal(out, cases[i].expected);
    }
}

static void global_options(void **state)
{
    (void)state;
    espy_cli cli = {0};
    char *words[] = {"up", "-p", "emu:n16r8", "--json", "-b115200", "file", "-qv", "--trace=wire,rom", NULL};
    char out[200];
    assert_int_equal(parse(&cli, words, out), ESPY_OK);
    assert_string_equal(out, "| file");
    assert_string_equal(cli.port, "emu:n16r8");
    assert_int_equal(cli.baud, 115200);
    assert_true(cli.json && cli.quiet && cli.verbose);
    assert_int_equal(cli.log.mask, ESPY_LOG_WIRE | ESPY_LOG_ROM | ESPY_LOG_CMD);
    char *all[] = {"up", "--trace", "all", "-h", NULL};
    assert_int_equal(parse(&cli, all, out), ESPY_OK);
    assert_true(cli.help);
    assert_true((cli.log.mask & ESPY_LOG_REPL) != 0);
}

static void refusals(void **state)
{
    (void)state;
    const struct {
        char *words[5];
        const char *sentence;
    } cases[] = {
        {{"image", "--flsh", "1", NULL}, "there is no option --flsh"},
        {{"image", "-x", NULL}, "there is no option -x"},
        {{"image", "-nx", NULL}, "there is no option -x"},
        {{"image", "show", "--flash", NULL}, "--flash needs SIZE"},
        {{"image", "-o", NULL}, "--output needs OUT"},
        {{"image", "--no-fit=1", NULL}, "--no-fit takes no argument"},
        {{"image", "-b", "fast", NULL}, "\"fast\" is not a baud rate"},
        {{"image", "-b", "-9", NULL}, "\"-9\" is not a baud rate"},
        {{"image", "--trace", "wire,air", NULL}, "there is no trace channel \"air\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        espy_cli cli = {0};
        char *words[5], out[200];
        memcpy(words, cases[i].words, sizeof words);
        assert_int_equal(parse(&cli, words, out), ESPY_E_ARG);
        assert_int_equal(cli.err.status, ESPY_E_ARG);
        if (strstr(cli.err.text, cases[i].sentence) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", cli.err.text, cases[i].sentence);
        assert_true(strstr(cli.err.advice, "espy help") != NULL);
    }
}

static void sizes(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t size;
    } good[] = {{"16M", 16777216}, {"16MB", 16777216}, {"4096k", 4194304}, {"0x400000", 4194304}, {"4096", 4096}};
    const char *bad[] = {"", "M", "16X", "16 M", "-1", "4096M", "99999999999", "0x", "1.5M"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        espy_cli cli = {0};
        uint32_t size = 0;
        assert_int_equal(espy_parse_size(&cli, "--flash", good[i].text, &size), ESPY_OK);
        assert_int_equal(size, good[i].size);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        espy_cli cli = {0};
        uint32_t size = 0;
        if (espy_parse_size(&cli, "--flash", bad[i], &size) != ESPY_E_ARG)
            fail_msg("\"%s\" was taken as %u", bad[i], (unsigned)size);
    }
}

static void size_texts(void **state)
{
    (void)state;
    const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},     {300, "300 bytes"},   {1024, "1 KB"},     {4500, "4500 bytes"},
                 {12345, "12.1 KB"}, {1631424, "1.56 MB"}, {16777216, "16 MB"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        assert_string_equal(espy_size_text(cases[i].bytes, text, sizeof text), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms), cmocka_unit_test(global_options), cmocka_unit_test(refusals),
        cmocka_unit_test(sizes),     cmocka_unit_test(size_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
