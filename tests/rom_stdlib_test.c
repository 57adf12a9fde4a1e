/* SPDX-License-Identifier: MIT
 *
 * newlib's functions of the built-in mask ROM that call the guest, or concern its stack,
 * against the real one.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYSCALL_TABLE_PTR 0x3fceffd4u
#define ROM_VECTORS 0x40000000u

/* What the guest's functions keep. */
#define REENT (ROM_PAIR_DATA + 0x8000) /* errno, the heap's end, what malloc was asked, what compare was */
#define HEAP (REENT + 4)
#define SEEN (REENT + 16)
#define TABLE (REENT + 0x100)
#define TEXT ROM_PAIR_DATA
#define ARRAY (ROM_PAIR_DATA + 0x1000)

static const uint8_t guest[] = {
    0x00, 0x80, 0xca, 0x3f, /* lit: .long 0x3fca8000 */
    0x36, 0x41, 0x00,       /* reent: entry a1, 32 */
    0x21, 0xfe, 0xff,       /* l32r a2, lit */
    0x1d, 0xf0,             /* retw.n */
    0x36, 0x41, 0x00,       /* malloc: entry a1, 32 */
    0x81, 0xfc, 0xff,       /* l32r a8, lit */
    0x29, 0x28,             /* s32i.n a2, a8, 8 */
    0x39, 0x38,             /* s32i.n a3, a8, 12 */
    0x28, 0x18,             /* l32i.n a2, a8, 4 */
    0x3a, 0x92,             /* add.n a9, a2, a3 */
    0x99, 0x18,             /* s32i.n a9, a8, 4 */
    0x1d, 0xf0,             /* retw.n */
    0x3d, 0xf0,             /* nop.n */
    0x36, 0x41, 0x00,       /* cmp: entry a1, 32 */
    0x81, 0xf7, 0xff,       /* l32r a8, lit */
    0x98, 0x48,             /* l32i.n a9, a8, 16 */
    0xb0, 0xa9, 0x11,       /* slli a10, a9, 5 */
    0x90, 0x9a, 0xc0,       /* sub a9, a10, a9 */
    0x2a, 0x99,             /* add.n a9, a9, a2 */
    0xb0, 0xa9, 0x11,       /* slli a10, a9, 5 */
    0x90, 0x9a, 0xc0,       /* sub a9, a10, a9 */
    0x3a, 0x99,             /* add.n a9, a9, a3 */
    0x99, 0x48,             /* s32i.n a9, a8, 16 */
    0x22, 0x02, 0x00,       /* l8ui a2, a2, 0 */
    0x32, 0x03, 0x00,       /* l8ui a3, a3, 0 */
    0x30, 0x22, 0xc0,       /* sub a2, a2, a3 */
    0x1d, 0xf0,             /* retw.n */
    0xf0, 0x20, 0x00,       /* nop */
    0x36, 0x81, 0x00,       /* jump: entry a1, 64 */
    0xad, 0x02,             /* mov.n a10, a2 */
    0x7d, 0x03,             /* mov.n a7, a3 */
    0xe0, 0x04, 0x00,       /* callx8 a4 */
    0x72, 0xc7, 0x01,       /* addi a7, a7, 1 */
    0xcc, 0xda,             /* bnez.n a10, out */
    0xad, 0x02,             /* mov.n a10, a2 */
    0xbd, 0x05,             /* mov.n a11, a5 */
    0xcd, 0x06,             /* mov.n a12, a6 */
    0x0c, 0x3d,             /* movi.n a13, 3 */
    0xe5, 0x00, 0x00,       /* call8 deep */
    0x7c, 0xf2,             /* movi.n a2, -1 */
    0x1d, 0xf0,             /* retw.n */
    0x7a, 0x2a,             /* out: add.n a2, a10, a7 */
    0x1d, 0xf0,             /* retw.n */
    0x3d, 0xf0,             /* nop.n */
    0x36, 0x41, 0x00,       /* deep: entry a1, 32 */
    0x8c, 0xc5,             /* beqz.n a5, jmp */
    0xad, 0x02,             /* mov.n a10, a2 */
    0xbd, 0x03,             /* mov.n a11, a3 */
    0xcd, 0x04,             /* mov.n a12, a4 */
    0xd2, 0xc5, 0xff,       /* addi a13, a5, -1 */
    0x25, 0xff, 0xff,       /* call8 deep */
    0x1d, 0xf0,             /* retw.n */
    0xad, 0x02,             /* jmp: mov.n a10, a2 */
    0xbd, 0x04,             /* mov.n a11, a4 */
    0xe0, 0x03, 0x00,       /* callx8 a3 */
    0x1d, 0xf0,             /* retw.n */
};
enum { GETREENT = 0x04, MALLOC = 0x0c, COMPARE = 0x20, JUMP = 0x48 };

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

/* Returns where the guest's functions are. */
static uint32_t begin(rom_pair *pair)
{
    uint32_t code = rom_pair_code(pair, guest, sizeof guest);
    pair->compare = ROM_PAIR_RAM;
    rom_pair_fill(pair, TABLE, 0, 0xa0);
    rom_pair_write32(pair, TABLE, code + GETREENT);
    rom_pair_write32(pair, TABLE + 4, code + MALLOC);
    rom_pair_write32(pair, SYSCALL_TABLE_PTR, TABLE);
    return code;
}

static void strings_are_duplicated(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    begin(pair);
    for (unsigned i = 0; i < cases(40); i++) {
        static const char text[] = "a string of some forty characters, or so";
        uint32_t skip = below(pair, sizeof text);
        rom_pair_write(pair, TEXT, text + skip, sizeof text - skip);
        rom_pair_write32(pair, HEAP, i % 8 == 0 ? 0 : ROM_PAIR_DATA + 0xc000 + i);
        rom_pair_call(pair, "strdup", 1, TEXT);
        rom_pair_write32(pair, HEAP, i % 8 == 0 ? 0 : ROM_PAIR_DATA + 0xd000 + i);
        rom_pair_call(pair, "strndup", 2, TEXT, below(pair, 50));
    }
}

static void convert(rom_pair *pair, const char *text, uint32_t base)
{
    static const char *const names[] = {"strtol", "strtoul"};
    rom_pair_write(pair, TEXT, text, strlen(text) + 1);
    for (unsigned k = 0; k < 2; k++) {
        rom_pair_write32(pair, REENT, 0);
        rom_pair_call(pair, names[k], 3, TEXT, ROM_PAIR_DATA + 0x800, base);
        rom_pair_call(pair, names[k], 3, TEXT, 0, base);
    }
}

static void text_becomes_numbers(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        " \t\n\v\f\r42",
        "+17",
        "-17",
        "--1",
        "0x",
        "0x1F",
        "0xg",
        "-0X7fffffff",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "4294967295",
        "4294967296",
        "-4294967295",
        "-4294967296",
        "99999999999999999999",
        "-99999999999999999999",
        "0755",
        "089",
        "zZ",
        "1z",
        "ffffffff",
        "100000000",
        "12 34",
        "\xa0"
        "5",
    };
    static const uint32_t bases[] = {0, 2, 8, 10, 16, 36};
    rom_pair *pair = rom_pair_get(state);
    begin(pair);
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (unsigned k = 0; k < 6; k++)
            convert(pair, texts[i], bases[k]);
        rom_pair_call(pair, "atoi", 1, TEXT);
        rom_pair_call(pair, "atol", 1, TEXT);
    }
    for (unsigned i = 0; i < cases(100); i++) {
        static const char letters[] = "0011789afzFZxX-+ ";
        char text[16] = "";
        for (uint32_t n = below(pair, sizeof text); n > 0; n--)
            text[n - 1] = letters[below(pair, sizeof letters - 1)];
        convert(pair, text, i % 4 == 0 ? 0 : 2 + below(pair, 35));
    }
}

static void numbers_become_text(void **state)
{
    static const uint32_t values[] = {0, 1, 9, 10, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff};
    rom_pair *pair = rom_pair_get(state);
    begin(pair);
    for (uint32_t base = 0; base < 39; base++)
        for (unsigned i = 0; i < 10; i++) {
            uint32_t value = i < 8 ? values[i] : rom_pair_rand(pair);
            rom_pair_call(pair, "itoa", 3, value, TEXT + i, base);
            rom_pair_call(pair, "utoa", 3, value, TEXT + i, base);
        }
}

static void numbers_are_divided(void **state)
{
    static const uint32_t values[] = {1, 2, 0x7fffffff, 0x80000000, 0xffffffff};
    rom_pair *pair = rom_pair_get(state);
    begin(pair);
    for (unsigned i = 0; i < cases(100); i++) {
        uint32_t a = below(pair, 4) == 0 ? values[below(pair, 5)] : rom_pair_rand(pair);
        uint32_t b = below(pair, 4) == 0 ? values[below(pair, 5)] : rom_pair_rand(pair) >> below(pair, 31);
        rom_pair_call64(pair, "div", 2, a, b != 0 ? b : 1);
        rom_pair_call64(pair, "ldiv", 2, a, b != 0 ? b : 1);
        rom_pair_call(pair, "abs", 1, a);
        rom_pair_call(pair, "labs", 1, a);
        rom_pair_write32(pair, TEXT, i == 0 ? 0 : a);
        rom_pair_call(pair, "rand_r", 1, TEXT);
    }
}

/* The guest's function sees the same pairs in the same order: it adds them up. */
static void arrays_are_sorted(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint32_t code = begin(pair);
    for (unsigned i = 0; i < cases(60); i++) {
        static const uint32_t limits[] = {3, 9, 9, 50, 300};
        uint32_t n = below(pair, limits[below(pair, 5)]), size = 1 + below(pair, 9), kinds = 1 + below(pair, 255);
        uint32_t order = below(pair, 3);
        for (uint32_t k = 0; k < n; k++) {
            uint8_t element[10] = {(uint8_t)(order == 0   ? below(pair, kinds)
                                             : order == 1 ? k
                                                          : n - k),
                                   (uint8_t)k, (uint8_t)(k >> 8)};
            rom_pair_write(pair, ARRAY + k * size, element, size);
        }
        rom_pair_write32(pair, SEEN, 0);
        rom_pair_call_void(pair, "qsort", 4, ARRAY, n, size, code + COMPARE);
    }
    rom_pair_random(pair, ARRAY, 300 * 100);
    rom_pair_call_void(pair, "qsort", 4, ARRAY, 60, 100, code + COMPARE);
}

/* The state is allocated by whichever comes first; sbrk() is served by the same function. */
static void random_numbers_and_sbrk(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint32_t code = begin(pair);
    for (unsigned first = 0; first < 2; first++) {
        rom_pair_write32(pair, REENT + 56, 0);
        rom_pair_write32(pair, HEAP, ROM_PAIR_DATA + 0xc000);
        for (unsigned i = 0; i < 6; i++) {
            rom_pair_call(pair, "rand", 0);
            rom_pair_call_void(pair, "srand", 1, i * 0x12345678);
        }
        rom_pair_write32(pair, REENT + 56, 0);
        rom_pair_call_void(pair, "srand", 1, 5);
    }
    rom_pair_write32(pair, TABLE + 60, code + MALLOC);
    rom_pair_call(pair, "sbrk", 1, 100);
}

/* The real setjmp() has its caller's frame spilled by the ROM's handler of SYSCALL. */
static void a_jump_comes_back(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint32_t code = begin(pair);
    pair->vecbase[ROM_PAIR_REAL] = ROM_VECTORS;
    uint32_t set = espy_rom_address("setjmp"), jump = espy_rom_address("longjmp");
    for (uint32_t value = 0; value < 3; value++) {
        uint32_t result = rom_pair_call_at(pair, code + JUMP, 5, TEXT, 100, set, jump, value);
        assert_int_equal(result, (value != 0 ? value : 1) + 101);
    }
}

static void newlib_gets_its_mutexes(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    rom_pair_random(pair, TEXT, 16);
    rom_pair_call_void(pair, "esp_rom_newlib_init_common_mutexes", 2, TEXT, TEXT + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(strings_are_duplicated),  rom_pair_test(text_becomes_numbers),
        rom_pair_test(numbers_become_text),     rom_pair_test(numbers_are_divided),
        rom_pair_test(arrays_are_sorted),       rom_pair_test(a_jump_comes_back),
        rom_pair_test(newlib_gets_its_mutexes), rom_pair_test(random_numbers_and_sbrk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
