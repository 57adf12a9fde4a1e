/* SPDX-License-Identifier: MIT
 *
 * Two boards, one with the real mask ROM and one with the built-in, boot the same small
 * bootloaders, and are then compared: what the bootloader finds in the core, in the
 * ROM's variables and in the peripherals; and what exceptions and interrupts do when a
 * bootloader uses the ROM's handlers.
 */
#include "../src/base/bytes.h"
#include "../src/emu/inspect.h"
#include "../src/emu/rom/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    CODE = 0x403c9700,    /* where the bootloader is loaded */
    RESULTS = 0x3fca0000, /* where it leaves what it found */
    DONE = RESULTS + 252,
    BOOT_US = 100000,
    REAL = 0,
    BUILTIN = 1,
    BOARDS = 2
};

static const char *const board_name[BOARDS] = {"real", "built in"};

typedef struct pair {
    char flash[2][64];
    espy_machine *machine[BOARDS];
    unsigned differences;
} pair;

/* ---- boards ---- */

/* Where the real ROM is; NULL if nowhere. */
static const char *rom_path(void)
{
    static char path[512];
    const char *folder = getenv("ESPY_ROM_DIR");
    snprintf(path, sizeof path, "%s/esp32s3_rev0_rom.elf", folder != NULL ? folder : "../shared/rom");
    return access(path, R_OK) == 0 ? path : NULL;
}

static uint8_t checksum(const uint8_t *code, size_t n)
{
    uint8_t sum = 0xef;
    for (size_t i = 0; i < n; i++)
        sum ^= code[i];
    return sum;
}

/* A bootloader of one segment, with a hash that is wrong, of which the ROM only complains. */
static void put_image(espy_machine *m, const uint8_t *code, size_t n, uint32_t entry)
{
    uint8_t *flash = espy_machine_flash(m)->bytes;
    static const uint8_t header[24] = {0xe9, 1, 2, 0x3f, [8] = 0xee, [12] = 9};
    size_t end = 24 + 8 + n;
    memcpy(flash, header, sizeof header);
    put_le32(flash + 4, entry);
    put_le32(flash + 24, CODE);
    put_le32(flash + 28, (uint32_t)n);
    memcpy(flash + 32, code, n);
    memset(flash + end, 0, 16);
    flash[end | 15] = checksum(code, n);
}

static uint32_t word(const pair *p, unsigned board, uint32_t addr)
{
    return espy_bus_read(espy_machine_bus(p->machine[board]), addr, 4);
}

/* Boots both boards and lets the bootloader finish. */
static void boot(pair *p, const char *model, const uint8_t *code, size_t n, uint32_t entry)
{
    espy_err err = {0};
    for (unsigned i = 0; i < BOARDS; i++) {
        espy_machine_config config = {.model = espy_model_find(model), .rom_path = i == REAL ? rom_path() : NULL};
        assert_int_equal(espy_machine_new(&p->machine[i], &config, &err), ESPY_OK);
        put_image(p->machine[i], code, n, entry);
        for (unsigned us = 0; us < BOOT_US && word(p, i, DONE) != 1; us += 1000)
            espy_machine_run(p->machine[i], 1000);
        if (espy_machine_fault(p->machine[i]) != NULL)
            fail_msg("%s", espy_machine_fault(p->machine[i])->text);
        if (word(p, i, DONE) != 1)
            fail_msg("the board with the %s ROM did not finish", board_name[i]);
    }
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(pair));
    return *state == NULL;
}

static int tear_down(void **state)
{
    pair *p = *state;
    for (unsigned i = 0; i < BOARDS; i++)
        espy_machine_free(p->machine[i]);
    free(p);
    return 0;
}

#define SKIP_WITHOUT_ROM()                                                                                             \
    if (rom_path() == NULL)                                                                                            \
    skip()

static void differ(pair *p, const char *what, uint32_t addr, uint32_t real, uint32_t builtin)
{
    if (p->differences++ < 40)
        print_message("#   %s 0x%08x: %s 0x%08x, %s 0x%08x\n", what, addr, board_name[REAL], real, board_name[BUILTIN],
                      builtin);
}

/* The initial values of the radio's variables, which the built-in ROM has not: the rates
 * of the MAC, the Bluetooth controller's options and handlers. */
static bool is_radio(uint32_t addr)
{
    return (addr >= 0x3fcef1ac && addr < 0x3fcef304) || (addr >= 0x3fcef958 && addr < 0x3fcefa14);
}

static void compare_words(pair *p, const char *what, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at += 4)
        if (!is_radio(at) && word(p, REAL, at) != word(p, BUILTIN, at))
            differ(p, what, at, word(p, REAL, at), word(p, BUILTIN, at));
}

static void end(const pair *p)
{
    if (p->differences > 0)
        fail_msg("%u differences", p->differences);
}

/* ---- what a bootloader finds ---- */

/* Special registers by their numbers in the ISA: not SAR, LBEG and LEND, which are any
 * function's, nor WINDOWSTART, since the functions of the host nest less. */
static const uint8_t special[] = {2,   4,   12,  72,  97,  99,  209, 210, 211, 212, 213, 214,
                                  215, 224, 226, 228, 231, 232, 238, 240, 241, 242, 244};

/* Leaves a0, a1, PS without OWB, and those registers.  Encodings: ISA Reference Manual. */
static size_t put_probe(uint8_t *code)
{
    static const uint8_t start[] = {
        0x36, 0x41, 0x00, /* entry a1, 32 */
        0x32, 0xa3, 0xfc, /* movi a3, 0x3fc */
        0xc0, 0x33, 0x11, /* slli a3, a3, 4 */
        0x32, 0xc3, 0x0a, /* addi a3, a3, 10 */
        0x00, 0x33, 0x11, /* slli a3, a3, 16 */
        0x12, 0x63, 0x01, /* s32i a1, a3, 4 */
    };
    static const uint8_t stop[] = {
        0x22, 0xa0, 0x01, /* movi a2, 1 */
        0x22, 0x63, 0x3f, /* s32i a2, a3, 252 */
        0x06, 0xff, 0xff, /* j . */
    };
    uint8_t *at = code;
    memcpy(at, start, sizeof start);
    at += sizeof start;
    for (size_t i = 0; i < sizeof special; i++) {
        const uint8_t read[] = {0x20, special[i], 0x03, 0x22, 0x63, (uint8_t)(8 + i)}; /* rsr a2; s32i a2, a3, ... */
        memcpy(at, read, sizeof read);
        at += sizeof read;
    }
    memcpy(at, stop, sizeof stop);
    return (size_t)(at + sizeof stop - code + 3) / 4 * 4;
}

static void compare_core(pair *p)
{
    compare_words(p, "stack pointer", RESULTS + 4, RESULTS + 8);
    for (size_t i = 0; i < sizeof special; i++) {
        uint32_t addr = RESULTS + 32 + 4 * (uint32_t)i, real = word(p, REAL, addr), builtin = word(p, BUILTIN, addr);
        if (real != builtin)
            differ(p, "special register", special[i], real, builtin);
    }
}

static void compare_blocks(pair *p)
{
    const espy_bus *real = espy_machine_bus(p->machine[REAL]), *builtin = espy_machine_bus(p->machine[BUILTIN]);
    for (unsigned i = 0; i < real->device_count; i++) {
        const espy_device *r = &real->devices[i], *b = &builtin->devices[i];
        for (uint32_t at = 0; at < r->size && at < 0x1000; at += 4) {
            uint32_t x = r->read(r->self, at), y = b->read(b->self, at);
            if (x != y)
                differ(p, r->name, at, x, y);
        }
    }
}

static void finds(pair *p, const char *model)
{
    uint8_t code[512] = {0};
    SKIP_WITHOUT_ROM();
    boot(p, model, code, put_probe(code), CODE);
    compare_core(p);
    compare_words(p, "variable", 0x3fced710, 0x3fcf0000);
    compare_blocks(p);
    end(p);
}

static void test_quad(void **state)
{
    finds(*state, "n8r2");
}

static void test_octal(void **state)
{
    finds(*state, "n16r8v");
}

/* ---- data in ROM ---- */

static void compare_text(pair *p, uint32_t addr, size_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t real = espy_bus_read(espy_machine_bus(p->machine[REAL]), addr + i, 1);
        uint32_t builtin = espy_bus_read(espy_machine_bus(p->machine[BUILTIN]), addr + i, 1);
        if (real != builtin)
            differ(p, "text", addr + i, real, builtin);
    }
}

/* Texts, the layout, the tables of functions, the Bluetooth controller's variables, the
 * vectors that jump. */
static void test_data(void **state)
{
    static const struct {
        uint32_t addr;
        size_t size;
    } texts[] = {
#define ROW(address, name, text) {address, sizeof text},
        ESPY_ROM_TEXTS(ROW)
#undef ROW
    };
    static const uint32_t tables[][2] = {
        {0x40000570, 0x40000578}, {0x40057350, 0x40057354}, {0x40057d28, 0x40057d34}, {0x3ff1a810, 0x3ff1a814},
        {0x3ff1a81c, 0x3ff1a830}, {0x3ff1ae90, 0x3ff1af30}, {0x3ff1b218, 0x3ff1b244}, {0x3ff1e078, 0x3ff1e084},
        {0x3ff1e290, 0x3ff1e324}, {0x3ff1fffc, 0x3ff20000}, {0x40000180, 0x40000184}, {0x40000240, 0x40000244},
    };
    pair *p = *state;
    uint8_t code[512] = {0};
    SKIP_WITHOUT_ROM();
    boot(p, "n8r2", code, put_probe(code), CODE);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        compare_text(p, texts[i].addr, texts[i].size);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        compare_words(p, "table", tables[i][0], tables[i][1]);
    end(p);
}

/* The mask ROM's table was rounded before it was complete. */
static void test_twiddles(void **state)
{
    pair *p = *state;
    uint8_t code[512] = {0};
    SKIP_WITHOUT_ROM();
    boot(p, "n8r2", code, put_probe(code), CODE);
    for (uint32_t at = 0x3ff1c050; at < 0x3ff1d050; at += 4) {
        uint32_t words[BOARDS] = {word(p, REAL, at), word(p, BUILTIN, at)};
        float value[BOARDS];
        memcpy(value, words, sizeof value);
        assert_float_equal(value[REAL], value[BUILTIN], 1.5e-6f);
    }
}

/* ---- what the handlers do ---- */

#include "rom/boot_code.inc"

enum { INTERRUPTS_ENTRY = CODE + 0x20, EXCEPTIONS_ENTRY = CODE + 0x10, LEVELS_ENTRY = CODE + 0x20, LEVELS = 4 };

/* Where in the ROM a program was is not compared. */
static void test_interrupts(void **state)
{
    pair *p = *state;
    SKIP_WITHOUT_ROM();
    boot(p, "n8r2", interrupts_code, sizeof interrupts_code, INTERRUPTS_ENTRY);
    assert_int_equal(word(p, REAL, RESULTS + 8), 5);
    assert_int_equal(word(p, REAL, RESULTS + 16), 5);
    compare_words(p, "result", RESULTS, RESULTS + 256);
    compare_words(p, "variable", 0x3fcedf60, 0x3fcee378);
    end(p);
}

static void test_exceptions(void **state)
{
    pair *p = *state;
    SKIP_WITHOUT_ROM();
    boot(p, "n8r2", exceptions_code, sizeof exceptions_code, EXCEPTIONS_ENTRY);
    assert_int_equal(word(p, REAL, RESULTS + 12), 99);
    assert_int_equal(word(p, REAL, RESULTS + 24), 78);
    compare_words(p, "result", RESULTS, RESULTS + 256);
    compare_words(p, "variable", 0x3fcedf60, 0x3fcee378);
    end(p);
}

static void test_levels(void **state)
{
    pair *p = *state;
    SKIP_WITHOUT_ROM();
    boot(p, "n8r2", levels_code, sizeof levels_code, LEVELS_ENTRY);
    for (uint32_t i = 0; i < LEVELS; i++) {
        assert_int_equal(word(p, REAL, RESULTS + 16 * i + 4), 3);
        assert_int_equal(word(p, REAL, RESULTS + 16 * i + 8) & 15, i + 2);
    }
    compare_words(p, "result", RESULTS, RESULTS + 256);
    end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_octal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twiddles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exceptions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_levels, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
