/* SPDX-License-Identifier: MIT
 *
 * The image of the built-in ROM holds together.
 */
#include "builtin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct rom_name {
    uint32_t call, code;
    const char *name;
} names[] = {
#define ROM(call, code, name) {call, code, #name},
#include "names.inc"
#undef ROM
};
enum { NAMES = sizeof names / sizeof names[0] };

typedef struct rom_image {
    uint8_t bytes[ESPY_ROM_SIZE];
    espy_builtin_rom rom;
} rom_image;

static int make_image(void **state)
{
    rom_image *image = malloc(sizeof *image);
    assert_non_null(image);
    assert_int_equal(espy_builtin_rom_init(&image->rom, image->bytes, NULL, NULL, NULL, NULL), ESPY_OK);
    *state = image;
    return 0;
}

static int free_image(void **state)
{
    rom_image *image = *state;
    espy_builtin_rom_free(&image->rom);
    free(image);
    return 0;
}

static void every_name_is_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++)
        for (unsigned k = i + 1; k < NAMES; k++) {
            assert_string_not_equal(names[i].name, names[k].name);
            assert_int_not_equal(names[i].call, names[k].call);
        }
}

/* The table of calls leads to the same function as the address behind it.  Those that share
 * code there, __eqdf2 and __nedf2 say, share what runs. */
static void both_addresses_run_the_same(void **state)
{
    const rom_image *image = *state;
    unsigned found = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        const espy_rom_function *at_call = espy_builtin_rom_function(&image->rom, names[i].call);
        const espy_rom_function *at_code = espy_builtin_rom_function(&image->rom, names[i].code);
        assert_int_equal(at_call != NULL, at_code != NULL);
        if (at_call == NULL)
            continue;
        assert_string_equal(at_call->name, names[i].name);
        assert_ptr_equal(at_call->run, at_code->run);
        assert_int_equal(at_call->kind, at_code->kind);
        found++;
    }
    assert_in_range(found, 300, NAMES);
}

/* The instructions of native.h, put together from the ISA Reference Manual. */
static size_t expected_code(const espy_rom_function *f, uint8_t code[16])
{
    static const uint8_t simcall[] = {0x00, 0x51, 0x00}, retw_n[] = {0x1d, 0xf0};
    size_t n = 0;
    if (f->kind != ESPY_ROM_NAKED) {
        unsigned imm = espy_rom_frame_size(f) / 8;
        code[n++] = 0x36;
        code[n++] = (uint8_t)(imm << 4 | 0x1);
        code[n++] = (uint8_t)(imm >> 4);
    }
    for (int calls = f->kind == ESPY_ROM_STEPS ? 2 : 1; calls > 0; calls--, n += sizeof simcall)
        memcpy(code + n, simcall, sizeof simcall);
    if (f->kind != ESPY_ROM_NAKED) {
        memcpy(code + n, retw_n, sizeof retw_n);
        n += sizeof retw_n;
    }
    return n;
}

static void check_code(const rom_image *image, uint32_t addr)
{
    uint8_t code[16];
    const espy_rom_function *f = espy_builtin_rom_function(&image->rom, addr);
    if (f == NULL)
        return;
    size_t n = expected_code(f, code);
    if (memcmp(image->bytes + (addr - ESPY_ROM_CODE_ADDR), code, n) != 0)
        fail_msg("%s at 0x%08x", f->name, (unsigned)addr);
}

/* Nothing was put over a function's instructions, neither another function nor data. */
static void no_code_is_overwritten(void **state)
{
    const rom_image *image = *state;
    for (unsigned i = 0; i < NAMES; i++) {
        check_code(image, names[i].call);
        check_code(image, names[i].code);
    }
    /* And those that have no name in the table of calls. */
    for (uint32_t addr = ESPY_ROM_CODE_ADDR; addr < ESPY_ROM_CODE_ADDR + ESPY_ROM_SIZE; addr += 4) {
        const espy_rom_function *f = espy_builtin_rom_function(&image->rom, addr);
        if (f != NULL && f->addr != 0)
            check_code(image, f->addr);
    }
}

#define on_image(test) cmocka_unit_test_setup_teardown(test, make_image, free_image)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_one),
        on_image(both_addresses_run_the_same),
        on_image(no_code_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
