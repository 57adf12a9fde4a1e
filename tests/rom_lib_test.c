/* SPDX-License-Identifier: MIT
 *
 * newlib's functions of the built-in mask ROM against the real one: memory and strings at
 * random places, around the ends of pages, in SRAM, flash and PSRAM.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE 0x1000u

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

/* A pair for memory and strings: random bytes in all that the tests use. */
static rom_pair *begin(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    rom_pair_map_chips(pair);
    rom_pair_random(pair, ROM_PAIR_DATA, ROM_PAIR_DATA_SIZE);
    rom_pair_random(pair, ROM_PAIR_FLASH, 4 * PAGE);
    rom_pair_random(pair, ROM_PAIR_PSRAM, 4 * PAGE);
    return pair;
}

/* A place for n bytes: often where a page ends within them or beside them. */
static uint32_t place_in(rom_pair *pair, uint32_t base, uint32_t size, uint32_t n)
{
    if (below(pair, 2) == 0)
        return base + below(pair, size - n);
    uint32_t near = base + PAGE * (1 + below(pair, size / PAGE - 2)) - below(pair, n + 9);
    return near + n <= base + size ? near : base;
}

/* To write to: the first half; to read from: the other, or a chip. */
static uint32_t target(rom_pair *pair, uint32_t n)
{
    return place_in(pair, ROM_PAIR_DATA, ROM_PAIR_DATA_SIZE / 2, n);
}

static uint32_t source(rom_pair *pair, uint32_t n)
{
    switch (below(pair, 6)) {
    case 0: return place_in(pair, ROM_PAIR_FLASH, 4 * PAGE, n);
    case 1: return place_in(pair, ROM_PAIR_PSRAM, 4 * PAGE, n);
    default: return place_in(pair, ROM_PAIR_DATA + ROM_PAIR_DATA_SIZE / 2, ROM_PAIR_DATA_SIZE / 2, n);
    }
}

/* Mostly short; zero, too. */
static uint32_t some_length(rom_pair *pair)
{
    static const uint32_t limits[] = {5, 20, 20, 70, 70, 5000};
    return below(pair, limits[below(pair, 6)]);
}

/* ---- memory ---- */

static void memory_is_copied(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t n = some_length(pair);
        rom_pair_call(pair, "memcpy", 3, target(pair, n), source(pair, n), n);
        rom_pair_call(pair, "memmove", 3, target(pair, n), source(pair, n), n);
    }
}

static void overlapping_memory_is_copied(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(150); i++) {
        uint32_t n = some_length(pair), to = target(pair, n + 40), from = to + below(pair, 40);
        rom_pair_call(pair, "memcpy", 3, to, from, n);
        rom_pair_call(pair, "memmove", 3, to, from, n);
        rom_pair_call(pair, "memmove", 3, from, to, n);
        if (i % 8 == 0)
            rom_pair_random(pair, to, n + 40);
        rom_pair_call(pair, "memcpy", 3, from, to, n);
    }
}

static void memory_is_filled(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(150); i++) {
        uint32_t n = some_length(pair);
        rom_pair_call(pair, "memset", 3, target(pair, n), rom_pair_rand(pair), n);
        rom_pair_call_void(pair, "bzero", 2, target(pair, n), some_length(pair));
    }
}

static void psram_is_written(void **state)
{
    rom_pair *pair = begin(state);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_CHIPS;
    for (unsigned i = 0; i < cases(10); i++) {
        uint32_t n = some_length(pair), to = place_in(pair, ROM_PAIR_PSRAM, 4 * PAGE, n);
        rom_pair_call(pair, "memcpy", 3, to, source(pair, n), n);
        rom_pair_call(pair, "memset", 3, to, rom_pair_rand(pair), below(pair, n + 1));
        rom_pair_call(pair, "memmove", 3, ROM_PAIR_FLASH, ROM_PAIR_DATA, n);
    }
}

/* Code that has run must not run again when other code was copied over it. */
static void code_is_overwritten(void **state)
{
    static const uint8_t first[] = {0x36, 0x41, 0, 0x1c, 0x02, 0x1d, 0xf0};  /* entry a1, 32; movi.n a2, 16; retw.n */
    static const uint8_t second[] = {0x36, 0x41, 0, 0x2c, 0x02, 0x1d, 0xf0}; /* ... movi.n a2, 32 */
    rom_pair *pair = begin(state);
    uint32_t code = rom_pair_code(pair, first, sizeof first);
    assert_int_equal(rom_pair_call_at(pair, code, 0), 16);
    rom_pair_write(pair, ROM_PAIR_DATA, second, sizeof second);
    rom_pair_call(pair, "memcpy", 3, code, ROM_PAIR_DATA, sizeof second);
    assert_int_equal(rom_pair_call_at(pair, code, 0), 32);
}

/* The registers of SPI2 and of a UART, where a byte is not a word. */
static void registers_are_copied(void **state)
{
    rom_pair *pair = begin(state);
    pair->compare = ROM_PAIR_RAM | ROM_PAIR_BLOCKS;
    for (unsigned i = 0; i < cases(20); i++) {
        uint32_t n = below(pair, 65), at = below(pair, 64 - n + 1);
        rom_pair_call(pair, "memcpy", 3, 0x60024098 + at, source(pair, n), n);
        rom_pair_call(pair, "memset", 3, 0x60024098 + at, rom_pair_rand(pair), n);
        rom_pair_call(pair, "memcpy", 3, target(pair, n), 0x60024098 + at, n);
        rom_pair_call(pair, "memcpy", 3, target(pair, n), 0x60010014, n);
    }
}

/* Pointers that lead nowhere, whatever the length. */
static void null_pointers_raise_exceptions(void **state)
{
    enum { LOAD_PROHIBITED = 28, STORE_PROHIBITED = 29 };
    rom_pair *pair = begin(state);
    assert_int_equal(rom_pair_call_raises(pair, "strlen", 1, 0), LOAD_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "memcpy", 3, 0, ROM_PAIR_DATA, 40), STORE_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "memcpy", 3, ROM_PAIR_DATA, 4, 0xffffffff), LOAD_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "memset", 3, 0x10, 0, 0xfffffff0), STORE_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "memcmp", 3, 0, 0, 0xffffffff), LOAD_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "memchr", 3, 0x100, 1, 0x0fffffff), LOAD_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "strcmp", 2, 0, ROM_PAIR_DATA), LOAD_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "strcpy", 2, 0, ROM_PAIR_DATA), STORE_PROHIBITED);
    assert_int_equal(rom_pair_call_raises(pair, "div", 2, 1, 0), 6);
    assert_int_equal(rom_pair_call_raises(pair, "__divdi3", 4, 1, 0, 0, 0), 6);
    assert_int_equal(rom_pair_call_raises(pair, "__udivdi3", 4, 1, 0, 0, 0), 6);
    assert_int_equal(rom_pair_call_raises(pair, "__umodsi3", 2, 1, 0), 6);
}

static void memory_is_searched(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t n = some_length(pair), at = source(pair, n), to = target(pair, n), byte = rom_pair_rand(pair);
        rom_pair_call(pair, "memchr", 3, at, byte, n);
        rom_pair_call(pair, "memrchr", 3, at, byte, n);
        rom_pair_call(pair, "memccpy", 4, to, at, byte, n);
        rom_pair_call(pair, "memcmp", 3, at, to, n);
        rom_pair_call(pair, "memcpy", 3, to, at, n);
        rom_pair_call(pair, "memcmp", 3, at, to, n);
        if (n > 0)
            rom_pair_write(pair, to + below(pair, n), "x", 1);
        rom_pair_call(pair, "memcmp", 3, at, to, n);
    }
}

/* ---- strings ---- */

/* Puts a string of up to n-1 of a few letters; so that many begin alike. */
static uint32_t put_text(rom_pair *pair, uint32_t at, uint32_t n)
{
    static const char letters[] = "aaaabAB, z\x80\xff";
    char text[256];
    uint32_t size = below(pair, n);
    for (uint32_t i = 0; i < size; i++)
        text[i] = letters[below(pair, sizeof letters - 1)];
    text[size] = '\0';
    rom_pair_write(pair, at, text, size + 1);
    return at;
}

static uint32_t some_text(rom_pair *pair, uint32_t n)
{
    return put_text(pair, source(pair, n), n);
}

static void strings_are_measured(void **state)
{
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t text = some_text(pair, 90);
        rom_pair_call(pair, "strlen", 1, text);
        rom_pair_call(pair, "strnlen", 2, text, below(pair, 100));
    }
}

static void strings_are_compared(void **state)
{
    static const char *const names[] = {"strcmp", "strcoll", "strcasecmp"};
    static const char *const counted[] = {"strncmp", "strncasecmp"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(150); i++) {
        uint32_t size = 2 + below(pair, 9), a = some_text(pair, size), b = some_text(pair, size);
        if (below(pair, 4) == 0) {
            char same[16];
            rom_pair_read(pair, a, same, size);
            rom_pair_write(pair, b, same, size);
        }
        for (unsigned k = 0; k < 3; k++)
            rom_pair_call(pair, names[k], 2, a, b);
        for (unsigned k = 0; k < 2; k++)
            rom_pair_call(pair, counted[k], 3, a, b, below(pair, size + 2));
    }
}

static void strings_are_searched(void **state)
{
    static const char *const names[] = {"strstr", "strcasestr", "strspn", "strcspn"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t text = some_text(pair, 40), wanted = some_text(pair, 1 + below(pair, 6));
        static const char letters[] = "ab,\x80q";
        uint32_t letter = (uint8_t)letters[below(pair, sizeof letters)] | (rom_pair_rand(pair) & 0xff00);
        for (unsigned k = 0; k < 4; k++)
            rom_pair_call(pair, names[k], 2, text, wanted);
        rom_pair_call(pair, "strchr", 2, text, letter);
        /* The ROM's strrchr() runs away from a letter that becomes 0 as a char. */
        rom_pair_call(pair, "strrchr", 2, text, (letter & 0xff) != 0 ? letter : 0);
    }
}

static void strings_are_copied(void **state)
{
    static const char *const names[] = {"strncpy", "strlcpy"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(200); i++) {
        uint32_t text = some_text(pair, 50);
        rom_pair_call(pair, "strcpy", 2, target(pair, 60), text);
        for (unsigned k = 0; k < 2; k++)
            rom_pair_call(pair, names[k], 3, target(pair, 90), text, below(pair, 80));
    }
}

static void strings_are_appended(void **state)
{
    static const char *const names[] = {"strncat", "strlcat"};
    rom_pair *pair = begin(state);
    for (unsigned i = 0; i < cases(150); i++) {
        uint32_t to = target(pair, 150), text = some_text(pair, 40);
        put_text(pair, to, 30);
        rom_pair_call(pair, "strcat", 2, to, text);
        for (unsigned k = 0; k < 2; k++) {
            put_text(pair, to, 30);
            rom_pair_call(pair, names[k], 3, to, text, below(pair, 60));
        }
    }
}

static void strings_are_cut(void **state)
{
    rom_pair *pair = begin(state);
    const uint32_t rest = ROM_PAIR_DATA + ROM_PAIR_DATA_SIZE - 4;
    for (unsigned i = 0; i < cases(60); i++) {
        uint32_t text = put_text(pair, target(pair, 40), 40), separators = some_text(pair, 3);
        uint32_t left = rom_pair_call(pair, "strtok_r", 3, text, separators, rest);
        while (left != 0)
            left = rom_pair_call(pair, "strtok_r", 3, 0, separators, rest);
        rom_pair_write32(pair, rest, put_text(pair, text, 40));
        do
            left = rom_pair_call(pair, "strsep", 2, rest, separators);
        while (left != 0);
        put_text(pair, text, 40);
        rom_pair_call(pair, "strlwr", 1, text);
        put_text(pair, text, 40);
        rom_pair_call(pair, "strupr", 1, text);
    }
}

static void characters_have_classes(void **state)
{
    static const char *const names[] = {"isalnum", "isalpha", "isascii", "isblank", "iscntrl",
                                        "isdigit", "isgraph", "islower", "isprint", "ispunct",
                                        "isspace", "isupper", "toascii", "tolower", "toupper"};
    rom_pair *pair = begin(state);
    pair->compare = 0;
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++)
        for (int character = -1; character < 256; character++)
            rom_pair_call(pair, names[k], 1, (uint32_t)character);
    rom_pair_check(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(memory_is_copied),
        rom_pair_test(overlapping_memory_is_copied),
        rom_pair_test(memory_is_filled),
        rom_pair_test(psram_is_written),
        rom_pair_test(code_is_overwritten),
        rom_pair_test(registers_are_copied),
        rom_pair_test(null_pointers_raise_exceptions),
        rom_pair_test(memory_is_searched),
        rom_pair_test(strings_are_measured),
        rom_pair_test(strings_are_compared),
        rom_pair_test(strings_are_searched),
        rom_pair_test(strings_are_copied),
        rom_pair_test(strings_are_appended),
        rom_pair_test(strings_are_cut),
        rom_pair_test(characters_have_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
