/* SPDX-License-Identifier: MIT
 *
 * An update of a board's image, interrupted at each state that its flash goes through:
 * whatever is found then, the next run completes it, keeps the files that were to stay,
 * and leaves no file system of the layout before.
 *
 * The flash is watched a millisecond of the board's time apart while the update runs with
 * the times of the data sheet.  Between two states there are torn ones, in which some of
 * the bytes have changed; of these there is one each.  By the ROM, which takes long over the
 * digests of all the rest, every 25th is tried; all of them with ESPY_LONG set.
 */
#include "espy/flasher.h"
#include "espy/machine.h"

#include "../src/emu/inspect.h"
#include "../src/image/synth_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECTOR = 4096, VFS = 0x200000, FS_SIZE = 0x600000, STATES_MAX = 200 };

/* Where the update changes something. */
static const espy_range watched[] = {{0, 0x20000}, {VFS, 4 * SECTOR}};
enum { WATCHED = 0x20000 + 4 * SECTOR };

typedef struct bench {
    espy_link link; /* to the flasher: the board's, watched */
    espy_link *board;
    espy_flasher *flasher;
    uint8_t *flash;
    uint8_t *states[STATES_MAX];
    size_t n;
    bool watch;
    espy_err err;
} bench;

static void save(const bench *b, uint8_t *state)
{
    memcpy(state, b->flash, watched[0].size);
    memcpy(state + watched[0].size, b->flash + watched[1].addr, watched[1].size);
}

static void restore(const bench *b, const uint8_t *state)
{
    memcpy(b->flash, state, watched[0].size);
    memcpy(b->flash + watched[1].addr, state + watched[0].size, watched[1].size);
}

static void look(bench *b)
{
    const uint8_t *last = b->n > 0 ? b->states[b->n - 1] : NULL;
    if (last != NULL && memcmp(last, b->flash, watched[0].size) == 0 &&
        memcmp(last + watched[0].size, b->flash + watched[1].addr, watched[1].size) == 0)
        return;
    assert_in_range(b->n, 0, STATES_MAX - 1);
    b->states[b->n] = malloc(WATCHED);
    save(b, b->states[b->n++]);
}

static espy_status watched_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    bench *b = self;
    espy_status st;
    uint64_t end = espy_link_now_ms(b->board) + timeout_ms;
    do {
        st = espy_link_read(b->board, bytes, cap, b->watch ? 1 : timeout_ms, got, err);
        if (b->watch)
            look(b);
    } while (st == ESPY_OK && *got == 0 && espy_link_now_ms(b->board) < end);
    return st;
}

static espy_status watched_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    return espy_link_write(((bench *)self)->board, bytes, n, err);
}

static espy_status watched_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    return espy_link_set_lines(((bench *)self)->board, dtr, rts, err);
}

static espy_status watched_baud(void *self, uint32_t baud, espy_err *err)
{
    return espy_link_set_baud(((bench *)self)->board, baud, err);
}

static uint64_t watched_now(void *self)
{
    return espy_link_now_ms(((bench *)self)->board);
}

static espy_status watched_sleep(void *self, uint32_t ms, espy_err *err)
{
    return espy_link_sleep(((bench *)self)->board, ms, err);
}

static const espy_link_ops ops = {
    .read = watched_read,
    .write = watched_write,
    .set_lines = watched_lines,
    .set_baud = watched_baud,
    .now_ms = watched_now,
    .sleep = watched_sleep,
};

static void set_up(bench *b, bool no_stub)
{
    espy_board board;
    const espy_flasher_config config = {.no_stub = no_stub};
    *b = (bench){.link = {.ops = &ops, .self = b, .name = "watched", .has_lines = true}};
    assert_int_equal(espy_emu_link_open(&b->board, "n8r2,timing=real", NULL, &b->err), ESPY_OK);
    assert_int_equal(espy_flasher_new(&b->flasher, &b->link, &config, NULL), ESPY_OK);
    b->flash = espy_machine_flash(espy_emu_link_machine(b->board))->bytes;
    assert_int_equal(espy_flasher_connect(b->flasher, &b->err), ESPY_OK);
    assert_int_equal(espy_flasher_identify(b->flasher, &board, &b->err), ESPY_OK);
}

static void tear_down(bench *b)
{
    espy_flasher_free(b->flasher);
    espy_link_close(b->board);
    for (size_t i = 0; i < b->n; i++)
        free(b->states[i]);
}

/* littlefs, "SPEC.md": the superblock entry of a file system of `size` bytes. */
static void put_littlefs(uint8_t *at, uint32_t size)
{
    const uint32_t words[] = {0xE0002FFF, 0x20001, SECTOR, size / SECTOR, 255, 0x7FFFFFFF, 1022};
    for (int block = 0; block < 2; block++, at += SECTOR) {
        memcpy(at, "\2\0\0\0\xf0\xff\xff\xf7littlefs", 16);
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            synth_le32(at + 16 + 4 * i, words[i]);
    }
    memset(at, 0x5A, SECTOR); /* a file */
}

static void run(bench *b, const espy_image *image)
{
    espy_flash_part parts[ESPY_IMAGE_PARTS_MAX];
    size_t n;
    assert_int_equal(espy_flasher_image_parts(b->flasher, image, parts, &n, &b->err), ESPY_OK);
    if (espy_flasher_write(b->flasher, parts, n, &b->err) != ESPY_OK)
        fail_msg("%s", b->err.text);
}

static bool all_ff(const uint8_t *bytes, size_t n)
{
    return bytes[0] == 0xFF && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static void expect_complete(const bench *b, const espy_image *image, const uint8_t *files)
{
    assert_memory_equal(b->flash, image->bytes, SECTOR);
    assert_memory_equal(b->flash + SYNTH_TABLE, image->bytes + SYNTH_TABLE, SECTOR);
    assert_memory_equal(b->flash + SYNTH_APP, image->bytes + SYNTH_APP, image->size - SYNTH_APP);
    if (files != NULL)
        assert_memory_equal(b->flash + VFS, files, 3 * SECTOR);
    else
        assert_true(all_ff(b->flash + VFS, 2 * SECTOR));
}

/* Some bytes as they were, some as they will be. */
static void tear(uint8_t *out, const uint8_t *before, const uint8_t *after)
{
    for (size_t i = 0; i < WATCHED; i++)
        out[i] = (uint32_t)i * 2654435761u >> 31 ? after[i] : before[i];
}

/* The update from a table with rows `old` on; fs_size: of the file system before it. */
static void interrupt(bool no_stub, const synth_row *old, uint32_t fs_size, bool stays)
{
    bench b;
    espy_image image;
    uint8_t files[3 * SECTOR], *torn = malloc(WATCHED);
    synth before = synth_merged(old, 4), after = synth_default();
    memset(before.bytes + SYNTH_APP + 100, 0, 50); /* whatever it is, it is another */
    assert_int_equal(espy_image_parse(&image, after.bytes, after.size, NULL), ESPY_OK);
    set_up(&b, no_stub);
    memcpy(b.flash, before.bytes, before.size);
    put_littlefs(b.flash + VFS, fs_size);
    memcpy(files, b.flash + VFS, sizeof files);
    b.watch = true;
    run(&b, &image);
    b.watch = false;
    look(&b);
    expect_complete(&b, &image, stays ? files : NULL);
    assert_in_range(b.n, 5, STATES_MAX); /* erased and programmed: table and application */
    for (size_t i = 0; i + 1 < b.n; i += no_stub && getenv("ESPY_LONG") == NULL ? 25 : 1) {
        restore(&b, b.states[i]);
        run(&b, &image);
        expect_complete(&b, &image, stays ? files : NULL);
        tear(torn, b.states[i], b.states[i + 1]);
        restore(&b, torn);
        run(&b, &image);
        expect_complete(&b, &image, stays ? files : NULL);
    }
    tear_down(&b);
    free(torn);
    free(before.bytes);
    free(after.bytes);
}

/* Another row has changed: the file system is where it was. */
static const synth_row files_stay[] = {{"nvs", 1, 2, 0x9000, 0x6000},
                                       {"phy_init", 1, 1, 0xF000, 0x1000},
                                       {"ota_0", 0, 0x10, 0x10000, 0x1F0000},
                                       {"vfs", 1, 0x81, VFS, FS_SIZE}};
/* It had less room, and would be mounted with that size again. */
static const synth_row files_go[] = {{"nvs", 1, 2, 0x9000, 0x6000},
                                     {"phy_init", 1, 1, 0xF000, 0x1000},
                                     {"factory", 0, 0, 0x10000, 0x1F0000},
                                     {"vfs", 1, 0x81, VFS, 0x200000}};

static void files_stay_by_the_stub(void **state)
{
    (void)state;
    interrupt(false, files_stay, FS_SIZE, true);
}

static void files_stay_by_the_rom(void **state)
{
    (void)state;
    interrupt(true, files_stay, FS_SIZE, true);
}

static void stale_files_go_by_the_stub(void **state)
{
    (void)state;
    interrupt(false, files_go, 0x200000, false);
}

static void stale_files_go_by_the_rom(void **state)
{
    (void)state;
    interrupt(true, files_go, 0x200000, false);
}

/* A file system of a kind that says nothing of its size is stale where the table says so. */
static void unknown_files_go(void **state)
{
    (void)state;
    interrupt(false, files_go, 0, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_stay_by_the_stub),     cmocka_unit_test(files_stay_by_the_rom),
        cmocka_unit_test(stale_files_go_by_the_stub), cmocka_unit_test(stale_files_go_by_the_rom),
        cmocka_unit_test(unknown_files_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
