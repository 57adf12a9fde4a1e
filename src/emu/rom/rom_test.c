/* SPDX-License-Identifier: MIT
 *
 * The ELF and the flat dump of the mask ROM must give the same 384 KiB; anything
 * else must be refused with a sentence.  ESPY_ROM_DIR says where the dumps are.
 */
#include "rom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *rom_file(char *path, size_t cap, const char *name)
{
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(path, cap, "%s/%s", dir != NULL ? dir : "../shared/rom", name);
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "SKIP: no %s\n", path);
        skip();
    }
    return path;
}

static void elf_equals_dump(void **state)
{
    (void)state;
    char path[512];
    static uint8_t elf[ESPY_ROM_SIZE], dump[ESPY_ROM_SIZE];
    espy_err err = {0};
    assert_int_equal(espy_rom_load(elf, rom_file(path, sizeof path, "esp32s3_rev0_rom.elf"), &err), ESPY_OK);
    assert_int_equal(espy_rom_load(dump, rom_file(path, sizeof path, "esp32s3_rev0_rom.bin"), &err), ESPY_OK);
    assert_memory_equal(elf, dump, ESPY_ROM_SIZE);
}

/* Loads n bytes from a temporary file. */
static espy_status load_bytes(const uint8_t *bytes, size_t n, espy_err *err)
{
    char path[] = "/tmp/espy_rom_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    uint8_t *image = malloc(ESPY_ROM_SIZE);
    espy_status st = espy_rom_load(image, path, err);
    free(image);
    unlink(path);
    return st;
}

static void other_chips_are_named(void **state)
{
    (void)state;
    uint8_t *rom = calloc(1, ESPY_ROM_SIZE);
    memcpy(rom + 0x1000, "esp32c3-20210207", 16);
    espy_err err = {0};
    assert_int_equal(load_bytes(rom, ESPY_ROM_SIZE, &err), ESPY_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "esp32c3-20210207"));
    assert_true(err.advice[0] != '\0');
    free(rom);
}

/* A name that runs into the end of the ROM is none, and nothing behind it is read. */
static void a_name_at_the_very_end_is_none(void **state)
{
    (void)state;
    uint8_t *rom = malloc(ESPY_ROM_SIZE), *image = malloc(ESPY_ROM_SIZE);
    memset(rom, 'a', ESPY_ROM_SIZE);
    for (size_t left = 1; left < 32; left++) {
        memcpy(rom + ESPY_ROM_SIZE - left, "esp32aaaaaaaaaaaaaaaaaaaaaaaaaaa", left);
        assert_int_equal(espy_rom_parse(image, rom, ESPY_ROM_SIZE, "rom", NULL), ESPY_E_UNSUPPORTED);
    }
    free(rom);
    free(image);
}

static void junk_is_refused(void **state)
{
    (void)state;
    static const uint8_t elf_cut[] = {0x7f, 'E', 'L', 'F', 1, 1, 1, 0};
    espy_err err = {0};
    assert_int_equal(load_bytes(elf_cut, sizeof elf_cut, &err), ESPY_E_UNSUPPORTED);
    err = (espy_err){0};
    assert_int_equal(load_bytes(elf_cut, 0, &err), ESPY_E_UNSUPPORTED);
    uint8_t image[1];
    err = (espy_err){0};
    assert_int_equal(espy_rom_load(image, "/nonexistent/rom.elf", &err), ESPY_E_IO);
}

/* Every truncation of the real ELF is either refused or still a whole ROM, and
 * none reads outside the file (the sanitizers watch). */
static void truncated_elf_is_harmless(void **state)
{
    (void)state;
    char path[512];
    rom_file(path, sizeof path, "esp32s3_rev0_rom.elf");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static uint8_t bytes[2 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut < n; cut += n / 40) {
        espy_err err = {0};
        if (load_bytes(bytes, cut, &err) != ESPY_OK)
            assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elf_equals_dump),
        cmocka_unit_test(other_chips_are_named),
        cmocka_unit_test(a_name_at_the_very_end_is_none),
        cmocka_unit_test(junk_is_refused),
        cmocka_unit_test(truncated_elf_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
