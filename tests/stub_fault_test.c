/* SPDX-License-Identifier: MIT
 *
 * Writing and reading through the RAM stub while the wire to a virtual board with the
 * real mask ROM loses, changes and doubles bytes: one, by its number; and many, at random
 * by seed.  Each session succeeds, and then the flash holds what it should and what was
 * read is what it holds; or says what is wrong, and then the next session on a good wire
 * succeeds.  Every position and many more seeds with ESPY_LONG set.
 */
#include "espy/flasher.h"

#include "../src/emu/inspect.h"
#include "support/fault_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { IMAGE_AT = 0x3f000, ERASE_AT = 0x45000, ERASE = 0x2000, AT_MOST_MS = 600000 };

static uint8_t image[3 * 4096 + 900];

static const espy_flash_part parts[] = {
    {IMAGE_AT, sizeof image, image},
    {ERASE_AT, ERASE, NULL},
};

typedef struct board {
    espy_link *link;
    uint8_t *flash;
    bool keep; /* the stub that runs: no reset before a session */
} board;

static unsigned sessions, successes;

static void fill_image(void)
{
    uint32_t r = 1;
    for (size_t i = 0; i < sizeof image; i++) {
        r = r * 1664525 + 1013904223;
        image[i] = i % 9 < 2 ? (uint8_t)(r >> 24) : 0x20;
    }
}

static int set_up(void **state)
{
    char spec[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    static board b;
    b.keep = false;
    snprintf(spec, sizeof spec, "n16r8,rom=%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    *state = NULL;
    if (access(spec + strlen("n16r8,rom="), R_OK) != 0)
        return 0;
    espy_err err = {0};
    if (espy_emu_link_open(&b.link, spec, NULL, &err) != ESPY_OK) {
        print_message("%s\n", err.text);
        return -1;
    }
    b.flash = espy_machine_flash(espy_emu_link_machine(b.link))->bytes;
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    if (*state != NULL)
        espy_link_close(((board *)*state)->link);
    return 0;
}

static board *board_of(void **state)
{
    if (*state == NULL) {
        print_message("no mask ROM in ESPY_ROM_DIR\n");
        skip();
    }
    return *state;
}

static espy_status work(espy_flasher *flasher, uint8_t *back, espy_err *err)
{
    espy_board found;
    espy_status st = espy_flasher_connect(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &found, err);
    if (st == ESPY_OK)
        st = espy_flasher_write(flasher, parts, 2, err);
    if (st == ESPY_OK)
        st = espy_flasher_read(flasher, IMAGE_AT, back, sizeof image, err);
    return st;
}

static void spoil(const board *b)
{
    memset(b->flash + IMAGE_AT, 0xa5, ERASE_AT + ERASE + 0x1000 - IMAGE_AT);
}

/* One session with its faults; *struck: how many there were. */
static espy_status session(const board *b, const fault_plan *plan, uint64_t *struck)
{
    static uint8_t back[sizeof image];
    fault_link fault;
    espy_flasher *flasher;
    espy_err err = {0};
    fault_link_init(&fault, b->link, plan);
    uint64_t start = espy_link_now_ms(b->link);
    const espy_flasher_config config = {.reset = b->keep ? "none" : NULL, .baud = b->keep ? 115200 : 0};
    assert_int_equal(espy_flasher_new(&flasher, &fault.link, &config, NULL), ESPY_OK);
    espy_status st = work(flasher, back, &err);
    assert_int_equal(err.status, st);
    assert_true(espy_link_now_ms(b->link) - start < AT_MOST_MS);
    if (st == ESPY_OK) {
        assert_memory_equal(b->flash + IMAGE_AT, image, sizeof image);
        assert_memory_equal(back, image, sizeof image);
        for (size_t i = 0; i < ERASE; i++)
            assert_int_equal(b->flash[ERASE_AT + i], 0xff);
        assert_int_equal(b->flash[ERASE_AT + ERASE], 0xa5);
    } else {
        assert_true(err.text[0] != '\0');
        print_message("kind %d back %d at %llu seed %llu: %s\n", plan->kind, plan->back, (unsigned long long)plan->at,
                      (unsigned long long)plan->seed, err.text);
    }
    *struck = fault.struck;
    espy_flasher_free(flasher);
    fault_link_free(&fault);
    return st;
}

/* False where no fault struck any more. */
static bool survive(const board *b, const fault_plan *plan)
{
    uint64_t struck, none;
    spoil(b);
    sessions++;
    espy_status st = session(b, plan, &struck);
    successes += st == ESPY_OK;
    if (st != ESPY_OK)
        assert_int_equal(session(b, &(fault_plan){0}, &none), ESPY_OK);
    return struck > 0;
}

static void report(const char *what, unsigned least_percent)
{
    print_message("%s: %u of %u sessions overcome\n", what, successes, sessions);
    assert_true(successes * 100 >= least_percent * sessions);
    sessions = successes = 0;
}

/* Each kind takes its turn, so that a run visits other positions with each. */
static void positions(const board *b, bool back, uint64_t step)
{
    static const fault_kind kinds[] = {FAULT_DROP, FAULT_FLIP, FAULT_DOUBLE};
    for (size_t k = 0; k < 3; k++)
        for (uint64_t at = 1 + k * step / 3;; at += step)
            if (!survive(b, &(fault_plan){.kind = kinds[k], .back = back, .at = at}))
                break;
}

static bool long_run(void)
{
    return getenv("ESPY_LONG") != NULL;
}

/* The whole way: reset, the ROM, the upload. */
static void a_byte_to_the_board(void **state)
{
    positions(board_of(state), false, long_run() ? 7 : 12007);
    report("byte to the board", 100);
}

static void a_byte_from_the_board(void **state)
{
    positions(board_of(state), true, long_run() ? 7 : 6007);
    report("byte from the board", 100);
}

/* The stub alone, which an earlier run of espy has left running. */
static void leave_it_running(board *b)
{
    uint64_t none;
    espy_flasher *flasher;
    espy_board found;
    const espy_flasher_config config = {.baud = 115200};
    assert_int_equal(espy_flasher_new(&flasher, b->link, &config, NULL), ESPY_OK);
    assert_int_equal(espy_flasher_connect(flasher, NULL), ESPY_OK);
    assert_int_equal(espy_flasher_identify(flasher, &found, NULL), ESPY_OK);
    espy_flasher_free(flasher);
    b->keep = true;
    spoil(b);
    assert_int_equal(session(b, &(fault_plan){0}, &none), ESPY_OK);
}

static void a_byte_to_the_stub(void **state)
{
    board *b = board_of(state);
    leave_it_running(b);
    positions(b, false, long_run() ? 1 : 193);
    report("byte to the stub", 100);
}

static void a_byte_from_the_stub(void **state)
{
    board *b = board_of(state);
    leave_it_running(b);
    positions(b, true, long_run() ? 1 : 587);
    report("byte from the stub", 100);
}

/* From now and then to hopeless. */
static void bytes_at_random(void **state)
{
    static const uint32_t one_in[] = {20000, 5000, 1000, 200};
    board *b = board_of(state);
    for (uint64_t seed = 1; seed <= (long_run() ? 2000 : 4); seed++)
        survive(b, &(fault_plan){.one_in = one_in[seed % 4], .seed = seed});
    report("bytes at random", 40);
}

int main(void)
{
    fill_image();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_byte_to_the_board, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_byte_from_the_board, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_byte_to_the_stub, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_byte_from_the_stub, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_at_random, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
