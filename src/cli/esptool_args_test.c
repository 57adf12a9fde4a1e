/* SPDX-License-Identifier: MIT
 *
 * esptool's command line, as its documentation and MicroPython's tutorials write it.
 */
#include "esptool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct parsed {
    espy_cli cli;
    espy_esptool et;
    espy_status status;
} parsed;

/* Parses words that are separated by spaces; they must outlive the result. */
static void parse(parsed *p, char *words)
{
    char *argv[32];
    int argc = 0;
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    memset(p, 0, sizeof *p);
    p->et.cli = &p->cli;
    p->status = espy_esptool_parse(&p->et, argc, argv);
}

#define PARSE(text)                                                                                                    \
    char words[] = text;                                                                                               \
    parsed p;                                                                                                          \
    parse(&p, words)

static void assert_refused(const char *text, const char *sentence)
{
    char words[200];
    parsed p;
    snprintf(words, sizeof words, "%s", text);
    parse(&p, words);
    assert_int_not_equal(p.status, ESPY_OK);
    if (strstr(p.cli.err.text, sentence) == NULL)
        fail_msg("\"%s\": \"%s\" does not say \"%s\"", text, p.cli.err.text, sentence);
    espy_esptool_free(&p.et);
}

static void the_tutorials_line(void **state)
{
    (void)state;
    PARSE("--chip esp32s3 --port /dev/ttyUSB0 write_flash -z 0 firmware.bin");
    assert_int_equal(p.status, ESPY_OK);
    assert_string_equal(p.et.chip, "esp32s3");
    assert_string_equal(p.et.port, "/dev/ttyUSB0");
    assert_string_equal(p.et.command->name, "write-flash");
    assert_true(p.et.compress);
    assert_int_equal(p.et.pairs.count, 2);
    assert_string_equal(p.et.pairs.word[1], "firmware.bin");
    assert_string_equal(p.et.flash_size, "keep");
    assert_string_equal(p.et.before, "default-reset");
    assert_int_equal(p.et.baud, 0);
    assert_int_equal(p.et.connect_attempts, ESPY_ET_NOT_GIVEN);
    espy_esptool_free(&p.et);
}

static void both_spellings_and_all_forms(void **state)
{
    (void)state;
    PARSE("-c ESP32-S3 -b921600 --before=no_reset --after no-reset-stub --connect-attempts -1 write-flash 0x1000 a "
          "-fm dio --flash_freq=40m -fs detect 0b11 b --erase-all");
    assert_int_equal(p.status, ESPY_OK);
    assert_string_equal(p.et.chip, "esp32s3");
    assert_int_equal(p.et.baud, 921600);
    assert_string_equal(p.et.before, "no-reset");
    assert_string_equal(p.et.after, "no-reset-stub");
    assert_int_equal(p.et.connect_attempts, -1);
    assert_string_equal(p.et.flash_mode, "dio");
    assert_string_equal(p.et.flash_freq, "40m");
    assert_string_equal(p.et.flash_size, "detect");
    assert_true(p.et.erase_all);
    assert_int_equal(p.et.pairs.count, 4);
    espy_esptool_free(&p.et);
}

static void sizes(void **state)
{
    (void)state;
    PARSE("read_flash 0x8000 12k out.bin");
    assert_int_equal(p.status, ESPY_OK);
    assert_int_equal(p.et.address, 0x8000);
    assert_int_equal(p.et.size, 12 * 1024);
    assert_string_equal(p.et.output, "out.bin");
    espy_esptool_free(&p.et);
    char more[] = "erase-region 0 ALL";
    parse(&p, more);
    assert_int_equal(p.et.size, ESPY_SIZE_ALL);
    espy_esptool_free(&p.et);
    char mask[] = "write-mem 0x3fc90000 0xabad1dea";
    parse(&p, mask);
    assert_int_equal(p.status, ESPY_OK);
    assert_int_equal(p.et.mask, UINT32_MAX);
    espy_esptool_free(&p.et);
}

static void usage_errors(void **state)
{
    (void)state;
    assert_refused("", "Missing command");
    assert_refused("flash", "No such command 'flash'");
    assert_refused("--fast read-mac", "No such option: --fast");
    assert_refused("read-mac --port x", "No such option: --port");
    assert_refused("--port", "requires an argument");
    assert_refused("--no-stub=1 read-mac", "does not take a value");
    assert_refused("read-mac now", "unexpected extra argument (now)");
    assert_refused("read-flash 0 4M", "Missing argument 'OUTPUT'");
    assert_refused("read-flash 0 4G x", "'4G' is not a valid integer");
    assert_refused("read-flash 0 4096M x", "'4096M' is not a valid integer");
    assert_refused("read-flash 0x100000000 1 x", "not a valid integer");
    assert_refused("write-flash", "Missing argument");
    assert_refused("write-flash 0 a 0x1000", "Must be pairs");
    assert_refused("write-flash -z -u 0 a", "exclude each other");
    assert_refused("write-flash -fs 3MB 0 a", "'3MB' is not one of 'detect', 'keep'");
    assert_refused("-v -s read-mac", "Cannot use both");
    assert_refused("merge-bin -o x 0 a", "Specify the --chip argument");
    assert_refused("--chip esp32c3 image-info /dev/null", "no esp32c3");
    assert_refused("--chip esp33 read-mac", "'esp33' is not one of");
    assert_refused("image-info /nonexistent/a.bin", "'/nonexistent/a.bin'");
    assert_refused("--chip esp32s3 elf2image --max-rev-full 65536 /dev/null", "range 0 to 65535");
    assert_refused("@/nonexistent/args", "/nonexistent/args");
}

static void words_of_a_file(void **state)
{
    (void)state;
    char name[] = "/tmp/espy-args-XXXXXX", word[40];
    int fd = mkstemp(name);
    const char text[] = "0x1000 'two words'\n\"a \\\"quoted\\\" \\one\" back\\ slash ''\n";
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    espy_cli cli = {0};
    espy_esptool et = {.cli = &cli};
    espy_words words = {0};
    snprintf(word, sizeof word, "@%s", name);
    char *argv[] = {"write-flash", word, "end"};
    assert_int_equal(espy_esptool_expand(&et, &words, 3, argv), ESPY_OK);
    const char *expected[] = {"write-flash", "0x1000", "two words", "a \"quoted\" \\one", "back slash", "", "end"};
    assert_int_equal(words.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(words.word[i], expected[i]);
    free(words.word);
    espy_esptool_free(&et);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorials_line),
        cmocka_unit_test(both_spellings_and_all_forms),
        cmocka_unit_test(sizes),
        cmocka_unit_test(usage_errors),
        cmocka_unit_test(words_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
