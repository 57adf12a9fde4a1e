/* SPDX-License-Identifier: MIT
 *
 * Failure is an input: the n-th byte to or from the board is lost or changed, the n-th
 * reply is lost, the port vanishes at the n-th write, for n = 1 until the fault no
 * longer strikes (of the bytes every third; every one with ESPY_LONG set).  Each time
 * the flasher either succeeds, and then the flash holds what it should, or says what is
 * wrong; and it ends, in less than an hour of the board's time.
 */
#include "espy/flasher.h"

#include "support/fake_rom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Small, so that every byte has its turn; over a border of regions, with an erasure. */
enum { PART_AT = 0x3F000, ERASE_AT = 0x42000, ERASE = 0x1000, AT_MOST_MS = 3600000 };

static uint8_t image[0x1000 + 900];

static const espy_flash_part parts[] = {
    {PART_AT, sizeof image, image},
    {ERASE_AT, ERASE, NULL},
};

static void fill_image(void)
{
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = i % 23 == 0 ? (uint8_t)(i * 7 ^ i >> 4) : 0x20;
}

static espy_status work(espy_flasher *flasher, espy_err *err)
{
    espy_board board;
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, parts, 2, err);
    if (st == ESPY_OK)
        st = espy_flasher_reset(flasher, err);
    return st;
}

static void check_flash(const uint8_t *flash)
{
    assert_memory_equal(flash + PART_AT, image, sizeof image);
    for (size_t i = 0; i < ERASE; i++)
        assert_int_equal(flash[ERASE_AT + i], 0xFF);
}

/* True where the fault struck. */
static bool run(fake_rom *fake, unsigned *successes)
{
    espy_flasher *flasher;
    espy_err err = {0};
    assert_int_equal(espy_flasher_new(&flasher, fake_rom_link(fake), &(espy_flasher_config){.no_stub = true}, NULL),
                     ESPY_OK);
    espy_status st = work(flasher, &err);
    assert_int_equal(err.status, st);
    if (st == ESPY_OK) {
        check_flash(fake_rom_flash(fake));
        assert_true(fake_rom_runs_flash(fake));
        ++*successes;
    } else {
        assert_true(err.text[0] != '\0');
    }
    assert_true(espy_link_now_ms(fake_rom_link(fake)) < AT_MOST_MS);
    bool struck = fake_rom_struck(fake);
    espy_flasher_free(flasher);
    return struck;
}

static void every(const char *what, unsigned first, unsigned step, size_t offset, unsigned least_percent)
{
    unsigned runs = 0, successes = 0;
    fake_rom *fake = fake_rom_new(true, NULL);
    for (unsigned n = first;; n += step) {
        fake_faults faults = {0};
        *(unsigned *)(void *)((char *)&faults + offset) = n;
        fake_rom_restart(fake, true, &faults);
        if (!run(fake, &successes))
            break;
        runs++;
    }
    fake_rom_free(fake);
    print_message("%s: %u of %u overcome\n", what, successes - 1, runs);
    assert_true(runs > 0 && (successes - 1) * 100 >= least_percent * runs);
}

static unsigned byte_step(void)
{
    return getenv("ESPY_LONG") != NULL ? 1 : 3;
}

static void a_byte_to_the_board_is_lost(void **state)
{
    (void)state;
    every("byte to the board lost", 1, byte_step(), offsetof(fake_faults, drop_sent), 99);
}

static void a_byte_to_the_board_is_changed(void **state)
{
    (void)state;
    every("byte to the board changed", 1, byte_step(), offsetof(fake_faults, flip_sent), 99);
}

static void a_byte_from_the_board_is_lost(void **state)
{
    (void)state;
    every("byte from the board lost", 1, byte_step(), offsetof(fake_faults, drop_back), 99);
}

static void a_byte_from_the_board_is_changed(void **state)
{
    (void)state;
    every("byte from the board changed", 1, byte_step(), offsetof(fake_faults, flip_back), 99);
}

static void a_reply_is_lost(void **state)
{
    (void)state;
    every("reply lost", 1, 1, offsetof(fake_faults, lose_reply), 100);
}

static void the_port_vanishes(void **state)
{
    (void)state;
    every("port vanished", 1, 1, offsetof(fake_faults, vanish), 0);
}

int main(void)
{
    fill_image();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_to_the_board_is_lost),
        cmocka_unit_test(a_byte_to_the_board_is_changed),
        cmocka_unit_test(a_byte_from_the_board_is_lost),
        cmocka_unit_test(a_byte_from_the_board_is_changed),
        cmocka_unit_test(a_reply_is_lost),
        cmocka_unit_test(the_port_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
