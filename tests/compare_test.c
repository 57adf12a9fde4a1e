/* SPDX-License-Identifier: MIT
 *
 * Plans and verifications on a virtual board, by the stub's digests and by the ROM's:
 * the steps follow from what the test has put into the flash, a plan writes nothing,
 * writing does what the plan says, and nothing is left to do after it.
 */
#include "../src/emu/inspect.h"
#include "espy/flasher.h"
#include "espy/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECTOR = 4096, FLASH = 4 << 20 };

#define KEEP ESPY_FLASH_KEEP
#define ERASE ESPY_FLASH_ERASE
#define WRITE ESPY_FLASH_WRITE

typedef struct bench {
    espy_link *link;
    espy_flasher *flasher;
    uint8_t *flash;
    espy_flash_plan plan;
    espy_err err;
} bench;

static bench set_up(bool no_stub)
{
    bench b = {0};
    espy_board board;
    const espy_flasher_config config = {.no_stub = no_stub};
    assert_int_equal(espy_emu_link_open(&b.link, "n4r2", NULL, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_new(&b.flasher, b.link, &config, NULL), ESPY_OK);
    b.flash = espy_machine_flash(espy_emu_link_machine(b.link))->bytes;
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_identify(b.flasher, &board, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_has_stub(b.flasher), !no_stub);
    return b;
}

static void tear_down(bench *b)
{
    espy_flash_plan_free(&b->plan);
    espy_flasher_free(b->flasher);
    espy_link_close(b->link);
}

static void expect(bench *b, const espy_flash_step *steps, size_t n)
{
    assert_int_equal(b->plan.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(b->plan.steps[i].addr, steps[i].addr);
        assert_int_equal(b->plan.steps[i].size, steps[i].size);
        assert_int_equal(b->plan.steps[i].action, steps[i].action);
        assert_int_equal(b->plan.steps[i].blank, steps[i].blank);
    }
    espy_flash_plan_free(&b->plan);
}

#define EXPECT(b, ...)                                                                                                 \
    expect(b, (const espy_flash_step[]){__VA_ARGS__},                                                                  \
           sizeof((const espy_flash_step[]){__VA_ARGS__}) / sizeof(espy_flash_step))

/* Eight sectors and a bit: 0 to 2 are there, 3 is blank in the flash, 4 to 5 are other
 * bytes there, 6 is to be blank and is not, 7 is blank as it shall be, the rest is there,
 * and something behind it. */
enum { AT = 0x11000, SIZE = 8 * SECTOR + 100 };
static uint8_t image[SIZE];

static void put_case(uint8_t *flash)
{
    for (size_t i = 0; i < SIZE; i++)
        image[i] = (uint8_t)(i * i >> 7 ^ i / 100);
    memset(image + 6 * SECTOR, 0xFF, 2 * SECTOR);
    memcpy(flash + AT, image, SIZE);
    memset(flash + AT + 3 * SECTOR, 0xFF, SECTOR);
    flash[AT + 4 * SECTOR] ^= 1;
    flash[AT + 6 * SECTOR - 1] ^= 1;
    flash[AT + 7 * SECTOR - 1] = 0;
    flash[AT + SIZE] = 0x55;
    memset(flash + 0x80000, 0, SECTOR); /* of the part that is an erasure */
}

static const espy_flash_part parts[] = {{0x80000, 2 * SECTOR, NULL}, {AT, SIZE, image}};
static const espy_flash_step exactly[] = {
    {AT, 3 * SECTOR, KEEP, false},
    {AT + 3 * SECTOR, SECTOR, WRITE, true},
    {AT + 4 * SECTOR, 2 * SECTOR, WRITE, false},
    {AT + 6 * SECTOR, SECTOR, ERASE, false},
    {AT + 7 * SECTOR, SECTOR + 100, KEEP, false},
    {0x80000, SECTOR, ERASE, false},
    {0x81000, SECTOR, KEEP, true},
};

static void make_plan(bench *b)
{
    uint8_t *before = malloc(FLASH);
    memcpy(before, b->flash, FLASH);
    assert_int_equal(espy_flasher_plan(b->flasher, parts, 2, &b->plan, &b->err), ESPY_OK);
    assert_memory_equal(b->flash, before, FLASH);
    free(before);
}

static void a_plan_by_sectors(void **state)
{
    (void)state;
    bench b = set_up(false);
    put_case(b.flash);
    make_plan(&b);
    assert_int_equal(b.plan.keep, 5 * SECTOR);
    assert_int_equal(b.plan.erase, 2 * SECTOR);
    assert_int_equal(b.plan.write, 4 * SECTOR);
    assert_int_equal(b.plan.to_erase, 5 * SECTOR);
    uint64_t compressed = b.plan.compressed, sent = espy_flasher_get_stats(b.flasher)->bytes_sent;
    /* The last sector is written for what is behind the part. */
    EXPECT(&b, exactly[0], exactly[1], exactly[2], exactly[3], {AT + 7 * SECTOR, SECTOR, KEEP, true},
           {AT + 8 * SECTOR, SECTOR, WRITE, false}, exactly[5], exactly[6]);
    assert_int_equal(espy_flasher_write(b.flasher, parts, 2, &b.err), ESPY_OK);
    sent = espy_flasher_get_stats(b.flasher)->bytes_sent - sent;
    assert_in_range(sent, compressed, compressed + 2000); /* frames, and what asks for digests */
    make_plan(&b);
    EXPECT(&b, {AT, 9 * SECTOR, KEEP, false}, {0x80000, 2 * SECTOR, KEEP, true});
    tear_down(&b);
}

static void a_plan_by_regions(void **state)
{
    (void)state;
    bench b = set_up(true);
    put_case(b.flash);
    make_plan(&b);
    EXPECT(&b, {AT, 9 * SECTOR, WRITE, false}, {0x80000, 2 * SECTOR, ERASE, false});
    assert_int_equal(espy_flasher_write(b.flasher, parts, 2, &b.err), ESPY_OK);
    make_plan(&b);
    EXPECT(&b, {AT, 9 * SECTOR, KEEP, false}, {0x80000, 2 * SECTOR, KEEP, true});
    tear_down(&b);
}

static void verify(bool no_stub)
{
    bench b = set_up(no_stub);
    put_case(b.flash);
    assert_int_equal(espy_flasher_verify(b.flasher, parts, 2, &b.plan, &b.err), ESPY_OK);
    assert_int_equal(b.plan.compressed, 0);
    expect(&b, exactly, sizeof exactly / sizeof exactly[0]);
    memcpy(b.flash + AT, image, SIZE);
    memset(b.flash + AT + SIZE, 0xFF, SECTOR);
    assert_int_equal(espy_flasher_verify(b.flasher, parts + 1, 1, &b.plan, &b.err), ESPY_OK);
    EXPECT(&b, {AT, SIZE, KEEP, false});
    const espy_flash_part beyond = {FLASH - SECTOR, SECTOR + 1, image};
    assert_int_equal(espy_flasher_verify(b.flasher, &beyond, 1, &b.plan, &b.err), ESPY_E_ARG);
    tear_down(&b);
}

static void verified_by_the_stub(void **state)
{
    (void)state;
    verify(false);
}

static void verified_by_the_rom(void **state)
{
    (void)state;
    verify(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_by_sectors),
        cmocka_unit_test(a_plan_by_regions),
        cmocka_unit_test(verified_by_the_stub),
        cmocka_unit_test(verified_by_the_rom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
