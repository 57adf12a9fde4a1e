/* SPDX-License-Identifier: MIT
 *
 * Instructions and their text.  The expected texts were written by llvm-objdump 22;
 * L32R's and ADDMI's by binutils (LLVM gets their immediates wrong); L32AI, S32RI,
 * cache and external-register instructions after the ISA manual's syntax.
 * tests/cpu/decode.py compares whole encoding spaces.
 */
#include "disasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PC 0x40080000u

typedef struct sample {
    uint8_t bytes[4];
    const char *text;
} sample;

static const sample samples[] = {
    {{0x3d, 0xf0}, "nop.n"},
    {{0x1c, 0x53}, "movi.n\ta3, 21"},
    {{0x6c, 0x03}, "movi.n\ta3, -32"},
    {{0x0b, 0x12}, "addi.n\ta1, a2, -1"},
    {{0x8c, 0x22}, "beqz.n\ta2, 0x40080006"},
    {{0x78, 0x14}, "l32i.n\ta7, a4, 4"},
    {{0x51, 0x03, 0x40}, "l32r\ta5, 0x4005000c"},
    {{0x92, 0xda, 0x5e}, "addmi\ta9, a10, 24064"},
    {{0xd2, 0xdd, 0xd8}, "addmi\ta13, a13, -10240"},
    {{0x20, 0xeb, 0x03}, "rsr\ta2, prid"},
    {{0x00, 0xe2, 0x13}, "wsr\ta0, intset"},
    {{0x00, 0xe2, 0x03}, "rsr\ta0, interrupt"},
    {{0x50, 0xd0, 0xf3}, "wur\ta5, 208"},
    {{0x70, 0x2e, 0xe3}, "rur\ta2, threadptr"},
    {{0x06, 0x14, 0x00}, "j\t0x40080054"},
    {{0xe5, 0x04, 0x40}, "call8\t0x400c0050"},
    {{0xf7, 0x73, 0x08}, "bbci\ta3, 31, 0x4008000c"},
    {{0xb6, 0x07, 0xfc}, "bltui\ta7, 32768, 0x40080000"},
    {{0x30, 0x30, 0x74}, "extui\ta3, a3, 0, 8"},
    {{0xd0, 0x5b, 0x11}, "slli\ta5, a11, 3"},
    {{0xe0, 0xe4, 0x21}, "srai\ta14, a14, 4"},
    {{0x10, 0x84, 0x00}, "any4\tb1, b4"},
    {{0x60, 0x80, 0x40}, "rotw\t6"},
    {{0x44, 0x21, 0x48}, "mula.da.ll.ldinc\tm2, a1, m0, a4"},
    {{0x54, 0x07, 0x63}, "ee"},
    {{0x00, 0x62, 0xca}, "float.s\tf6, a2, 0"},
    {{0x60, 0x02, 0x7a}, "divn.s\tf0, f2, f6"},
    {{0x00, 0xc5, 0x49}, "s32e\ta0, a5, -16"},
    {{0xd2, 0xb2, 0x64}, "l32ai\ta13, a2, 400"},
    {{0x02, 0x71, 0x0c}, "dpfr\ta1, 48"},
    {{0x00, 0x00, 0x00}, "ill"},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        espy_insn insn;
        char text[ESPY_DISASM_SIZE];
        espy_decode(&insn, samples[i].bytes, PC);
        assert_int_equal(espy_disasm(&insn, text, sizeof text), strlen(samples[i].text));
        assert_string_equal(text, samples[i].text);
    }
}

static void test_cut(void **state)
{
    (void)state;
    espy_insn insn;
    espy_decode(&insn, (const uint8_t[]){0x44, 0x21, 0x48}, PC);
    const char *whole = "mula.da.ll.ldinc\tm2, a1, m0, a4";
    for (size_t size = 0; size <= strlen(whole) + 1; size++) {
        char text[ESPY_DISASM_SIZE];
        memset(text, 'x', sizeof text);
        assert_int_equal(espy_disasm(&insn, text, size), strlen(whole));
        if (size > 0) {
            assert_int_equal(strlen(text), size - 1);
            assert_memory_equal(text, whole, size - 1);
        }
        assert_int_equal(text[size], 'x');
    }
}

/* Every word has a text that fits, whatever it means. */
static void test_sizes(void **state)
{
    (void)state;
    for (uint32_t word = 0; word < 1u << 24; word += 13) {
        const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), 0xff};
        espy_insn insn;
        char text[ESPY_DISASM_SIZE];
        espy_decode(&insn, bytes, 0xfffffff0);
        assert_in_range(espy_disasm(&insn, text, sizeof text), 2, sizeof text - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
