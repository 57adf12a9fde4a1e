/* SPDX-License-Identifier: MIT
 *
 * The flasher against a pretended ROM: the whole way, and each way in which a board,
 * its wire or its flash goes wrong.  The n-th byte lost, n-th byte changed and n-th
 * reply lost are in tests/flasher_fault_test.c.
 */
#include "espy/flasher.h"

#include "../../tests/support/fake_rom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct bench {
    fake_rom *fake;
    espy_flasher *flasher;
    espy_err err;
} bench;

static bench set_up(bool has_lines, const fake_faults *faults, const espy_flasher_config *config)
{
    bench b = {.fake = fake_rom_new(has_lines, faults)};
    espy_flasher_config by_rom = config != NULL ? *config : (espy_flasher_config){0};
    by_rom.no_stub = true;
    assert_int_equal(espy_flasher_new(&b.flasher, fake_rom_link(b.fake), &by_rom, NULL), ESPY_OK);
    return b;
}

static void tear_down(bench *b)
{
    espy_flasher_free(b->flasher);
    fake_rom_free(b->fake);
}

static espy_status reach(bench *b, espy_board *board)
{
    espy_status st = espy_flasher_connect(b->flasher, &b->err);
    return st == ESPY_OK ? espy_flasher_identify(b->flasher, board, &b->err) : st;
}

/* Text that compresses, with every byte value somewhere. */
static uint8_t image[300001];

static void fill_image(void)
{
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * i >> 7 ^ i / 100);
}

static bool all(const uint8_t *bytes, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static void the_whole_way(void **state)
{
    (void)state;
    bench b = set_up(true, NULL, NULL);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_string_equal(board.chip, "ESP32-S3");
    assert_string_equal(board.package, "QFN56");
    assert_int_equal(board.revision_minor, 2);
    assert_memory_equal(board.mac, "\x34\x85\xC0\xDB\xFE\xED", 6);
    assert_int_equal(board.flash.size, FAKE_FLASH);
    assert_string_equal(board.flash.vendor, "Winbond");
    assert_int_equal(board.flash.width, ESPY_WIDTH_QUAD);
    assert_int_equal(board.psram.size, 8 << 20);
    assert_int_equal(board.psram.width, ESPY_WIDTH_OCTAL);
    assert_int_equal(fake_rom_baud(b.fake), 921600);
    const espy_flash_part parts[] = {{0x1000, sizeof image, image}, {0x70000, 0x2000, NULL}};
    assert_int_equal(espy_flasher_write(b.flasher, parts, 2, &b.err), ESPY_OK);
    const uint8_t *flash = fake_rom_flash(b.fake);
    assert_memory_equal(flash + 0x1000, image, sizeof image);
    assert_true(all(flash, 0x1000, 0xA5));
    assert_true(all(flash + 0x1000 + sizeof image, 0x4B000 - 0x1000 - sizeof image, 0xFF));
    assert_true(all(flash + 0x4B000, 0x70000 - 0x4B000, 0xA5));
    assert_true(all(flash + 0x70000, 0x2000, 0xFF));
    assert_true(all(flash + 0x72000, FAKE_FLASH - 0x72000, 0xA5));
    assert_int_equal(espy_flasher_reset(b.flasher, &b.err), ESPY_OK);
    assert_true(fake_rom_runs_flash(b.fake));
    const espy_flasher_stats *stats = espy_flasher_get_stats(b.flasher);
    assert_int_equal(stats->bytes_image, sizeof image);
    assert_int_equal(stats->bytes_skipped, 0);
    assert_int_equal(stats->regions_retried, 0);
    assert_true(stats->bytes_sent > 1000 && stats->erase_s > 0);
    tear_down(&b);
}

static void what_is_there_already_is_not_sent(void **state)
{
    (void)state;
    bench b = set_up(true, NULL, NULL);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_OK);
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    unsigned blocks = fake_rom_blocks(b.fake);
    fake_rom_flash(b.fake)[0x45678] ^= 1;
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_true(fake_rom_blocks(b.fake) > blocks && fake_rom_blocks(b.fake) < 2 * blocks);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->bytes_skipped, 256 * 1024);
    assert_memory_equal(fake_rom_flash(b.fake), image, sizeof image);
    tear_down(&b);
}

static void a_link_without_lines_leaves_by_the_watchdog(void **state)
{
    (void)state;
    bench b = set_up(false, NULL, NULL);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(fake_rom_baud(b.fake), 921600);
    assert_int_equal(espy_flasher_reset(b.flasher, &b.err), ESPY_OK);
    assert_true(fake_rom_runs_flash(b.fake));
    tear_down(&b);
}

/* The request that sets the watchdog has no checksum.  Whichever byte of the leaving is lost or
 * changed: where it is said that the board was reset, it was. */
static void a_reset_by_watchdog_is_proven(void **state)
{
    (void)state;
    const espy_flasher_config config = {.baud = 115200};
    espy_board board;
    unsigned struck = 0, at = 0;
    for (unsigned i = 0; i == 0 || struck == i; i++) {
        fake_faults faults = {.drop_sent = i % 2 == 0 ? at + i / 2 : 0, .flip_sent = i % 2 == 1 ? at + i / 2 : 0};
        bench b = set_up(false, &faults, &config);
        assert_int_equal(reach(&b, &board), ESPY_OK);
        if (i == 0)
            at = (unsigned)espy_flasher_get_stats(b.flasher)->bytes_sent + 1;
        assert_int_equal(espy_flasher_reset(b.flasher, &b.err), ESPY_OK);
        assert_true(fake_rom_runs_flash(b.fake));
        struck += i == 0 || fake_rom_struck(b.fake);
        tear_down(&b);
    }
    assert_true(struck > 2 * 100); /* two requests, of 24 and 72 bytes and their heads */
}

static void a_rate_that_cannot_be_taken_back(void **state)
{
    (void)state;
    const espy_flasher_config config = {.baud = 921600};
    bench b = set_up(false, &(fake_faults){.top_baud = 300000}, &config);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_E_TIMEOUT);
    assert_string_equal(b.err.text,
                        "the loader on fake does not answer any more since its rate was set to 921600 baud");
    assert_non_null(strstr(b.err.advice, "-b 115200"));
    tear_down(&b);
}

static void nobody_answers(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.dead = true}, NULL);
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_E_TIMEOUT);
    assert_string_equal(b.err.text, "nothing answers on fake: after 7 resets not one byte has come back");
    tear_down(&b);
}

static void the_wrong_boot_mode(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.no_gpio0 = true}, NULL);
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_E_DEVICE);
    assert_string_equal(b.err.text,
                        "the board on fake starts in boot mode 0x8 (SPI_FAST_FLASH_BOOT), not in download mode");
    tear_down(&b);
}

static void a_board_that_hears_nothing(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.deaf = true}, NULL);
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_E_DEVICE);
    assert_non_null(strstr(b.err.text, "waits for a download but answers nothing"));
    tear_down(&b);
}

static void a_stub_that_still_runs(void **state)
{
    (void)state;
    bench b = set_up(false, &(fake_faults){.stub = true}, NULL);
    assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_E_DEVICE);
    assert_string_equal(b.err.text, "another tool's flasher stub runs on the board on fake");
    tear_down(&b);
}

static void another_chip(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.chip_id = 13}, NULL);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_E_UNSUPPORTED);
    assert_string_equal(b.err.text, "the board has an ESP32-C6, not an ESP32-S3");
    tear_down(&b);
}

static void secure_download_mode(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.secure_download = true}, NULL);
    espy_board board;
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_true(board.secure_download);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_E_UNSUPPORTED);
    tear_down(&b);
}

static void no_flash_at_all(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.rdid = 0xFFFFFF}, NULL);
    espy_board board;
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(board.flash.size, 0);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_E_DEVICE);
    tear_down(&b);
}

static void a_wire_that_is_too_slow(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.top_baud = 300000}, NULL);
    espy_board board;
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(fake_rom_baud(b.fake), 230400);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->baud, 230400);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_memory_equal(fake_rom_flash(b.fake), image, sizeof image);
    tear_down(&b);
}

/* The first rate, by what is known of the port. */
static void the_rate_that_is_tried_first(void **state)
{
    (void)state;
    static const struct {
        bool lines;
        const char *reset;
        uint32_t top, first;
    } cases[] = {
        {true, NULL, 0, 921600},        /* an unknown bridge */
        {true, NULL, 3000000, 2000000}, /* no more than is useful */
        {true, NULL, 1228800, 1228800}, /* no more than it does */
        {false, NULL, 0, 921600},       /* a pseudo-terminal */
        {true, "none", 1228800, 1228800},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const espy_flasher_config config = {.reset = cases[i].reset, .no_stub = true};
        bench b = set_up(true, NULL, NULL);
        if (cases[i].reset != NULL) /* it has to be in download mode */
            assert_int_equal(espy_flasher_connect(b.flasher, &b.err), ESPY_OK);
        espy_flasher_free(b.flasher);
        if (!cases[i].lines)
            fake_rom_restart(b.fake, false, NULL);
        fake_rom_link(b.fake)->top_baud = cases[i].top;
        assert_int_equal(espy_flasher_new(&b.flasher, fake_rom_link(b.fake), &config, NULL), ESPY_OK);
        espy_board board;
        assert_int_equal(reach(&b, &board), ESPY_OK);
        assert_int_equal(espy_flasher_get_stats(b.flasher)->baud, cases[i].first);
        tear_down(&b);
    }
}

static void a_port_without_the_rate(void **state)
{
    (void)state;
    const espy_flasher_config config = {.baud = 2000000, .reset = "none"};
    bench b = set_up(false, &(fake_faults){.port_baud = 1000000}, &config);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_OK); /* which no reset could have helped */
    assert_int_equal(fake_rom_baud(b.fake), 921600);
    tear_down(&b);
}

static void a_way_to_reset_that_is_none(void **state)
{
    (void)state;
    espy_flasher *flasher = NULL;
    fake_rom *fake = fake_rom_new(true, NULL);
    const espy_flasher_config in = {.reset = "D0|Q"}, out = {.hard_reset = "tight"};
    assert_int_equal(espy_flasher_new(&flasher, fake_rom_link(fake), &in, NULL), ESPY_E_ARG);
    assert_int_equal(espy_flasher_new(&flasher, fake_rom_link(fake), &out, NULL), ESPY_E_ARG);
    assert_null(flasher);
    fake_rom_free(fake);
}

/* The ROM's loader behind USB-OTG: it needs no reset to be reached, and its watchdog to be left. */
static void the_loader_behind_usb_otg(void **state)
{
    (void)state;
    bench b = set_up(false, NULL, NULL);
    espy_link *link = fake_rom_link(b.fake);
    espy_board board;
    link->has_lines = true;
    link->usb_vid = 0x303A;
    link->usb_pid = 0x0009;
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->baud, 115200); /* on USB there is no rate */
    assert_int_equal(espy_flasher_reset(b.flasher, &b.err), ESPY_OK);
    assert_true(fake_rom_runs_flash(b.fake));
    tear_down(&b);
}

/* A port that goes when the firmware behind it, MicroPython with a USB stack of its own,
 * takes the lines as the wish for download mode; the ROM's is another. */
typedef struct leaving {
    espy_link link;
    espy_link *inner;
    bool gone, returns;
    unsigned reopened;
} leaving;

static espy_status leaving_read(void *self, uint8_t *bytes, size_t cap, uint32_t ms, size_t *got, espy_err *err)
{
    leaving *l = self;
    return l->gone ? espy_fail(err, ESPY_E_IO, "gone") : espy_link_read(l->inner, bytes, cap, ms, got, err);
}

static espy_status leaving_write(void *self, const uint8_t *bytes, size_t n, espy_err *err)
{
    leaving *l = self;
    return l->gone ? espy_fail(err, ESPY_E_IO, "gone") : espy_link_write(l->inner, bytes, n, err);
}

static espy_status leaving_lines(void *self, bool dtr, bool rts, espy_err *err)
{
    leaving *l = self;
    l->gone |= l->link.usb_pid == 0x4001 && dtr && !rts;
    espy_link_set_lines(l->inner, dtr, rts, NULL); /* the chip reset is the same */
    return l->gone ? espy_fail(err, ESPY_E_IO, "gone") : ESPY_OK;
}

static espy_status leaving_baud(void *self, uint32_t baud, espy_err *err)
{
    leaving *l = self;
    return l->gone ? espy_fail(err, ESPY_E_IO, "gone") : espy_link_set_baud(l->inner, baud, err);
}

static uint64_t leaving_now(void *self)
{
    return espy_link_now_ms(((leaving *)self)->inner);
}

static espy_status leaving_sleep(void *self, uint32_t ms, espy_err *err)
{
    return espy_link_sleep(((leaving *)self)->inner, ms, err);
}

static espy_status leaving_reopen(void *self, uint32_t ms, espy_err *err)
{
    leaving *l = self;
    espy_link_sleep(l->inner, ms / 10, NULL);
    if (!l->returns)
        return espy_fail(err, ESPY_E_IO, "it has not come back");
    l->gone = false;
    l->link.usb_pid = 0x1001;
    l->reopened++;
    return espy_link_set_lines(l->inner, false, false, err);
}

static const espy_link_ops leaving_ops = {
    .read = leaving_read,
    .write = leaving_write,
    .set_lines = leaving_lines,
    .set_baud = leaving_baud,
    .now_ms = leaving_now,
    .sleep = leaving_sleep,
    .reopen = leaving_reopen,
};

static espy_status connect_through(leaving *l, bool returns, espy_err *err)
{
    espy_flasher *flasher;
    fake_rom *fake = fake_rom_new(true, NULL);
    *l = (leaving){.inner = fake_rom_link(fake), .returns = returns};
    l->link = (espy_link){.ops = &leaving_ops, .self = l, .name = "leaving", .has_lines = true, .returns = true};
    l->link.usb_vid = 0x303A;
    l->link.usb_pid = 0x4001;
    assert_int_equal(espy_flasher_new(&flasher, &l->link, NULL, NULL), ESPY_OK);
    espy_status st = espy_flasher_connect(flasher, err);
    espy_flasher_free(flasher);
    fake_rom_free(fake);
    return st;
}

static void a_port_that_goes_into_download_mode(void **state)
{
    (void)state;
    leaving l;
    espy_err err = {0};
    assert_int_equal(connect_through(&l, true, &err), ESPY_OK);
    assert_int_equal(l.reopened, 1);
    assert_int_equal(connect_through(&l, false, &err), ESPY_E_IO);
    assert_string_equal(err.text, "it has not come back");
}

static void a_wire_that_fails_only_under_load(void **state)
{
    (void)state;
    const espy_flasher_config config = {.baud = 2000000};
    bench b = set_up(true, &(fake_faults){.top_block_baud = 921600}, &config);
    espy_board board;
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(fake_rom_baud(b.fake), 2000000);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->baud, 921600);
    assert_memory_equal(fake_rom_flash(b.fake), image, sizeof image);
    tear_down(&b);
}

static void one_bad_page_is_written_again(void **state)
{
    (void)state;
    bench b = set_up(true, &(fake_faults){.bad_page = 77}, NULL);
    espy_board board;
    const espy_flash_part part = {0, sizeof image, image};
    assert_int_equal(reach(&b, &board), ESPY_OK);
    assert_int_equal(espy_flasher_write(b.flasher, &part, 1, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_get_stats(b.flasher)->regions_retried, 1);
    assert_memory_equal(fake_rom_flash(b.fake), image, sizeof image);
    tear_down(&b);
}

static void parts_that_do_not_fit_write_nothing(void **state)
{
    (void)state;
    bench b = set_up(true, NULL, NULL);
    espy_board board;
    assert_int_equal(reach(&b, &board), ESPY_OK);
    const espy_flash_part bad[][2] = {
        {{0, 100, image}, {0x100, 100, image}},     /* misaligned */
        {{0, 0x1001, image}, {0x1000, 100, image}}, /* the last sector is the first one's */
        {{0, 100, image}, {FAKE_FLASH - 0x1000, 0x1001, image}},
        {{0, 100, image}, {0xFFFFF000, 0x2000, NULL}},
        {{0, 100, image}, {0x1000, 100, NULL}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        b.err = (espy_err){0};
        assert_int_equal(espy_flasher_write(b.flasher, bad[i], 2, &b.err), ESPY_E_ARG);
    }
    assert_true(all(fake_rom_flash(b.fake), FAKE_FLASH, 0xA5));
    tear_down(&b);
}

static void reads_and_digests(void **state)
{
    (void)state;
    bench b = set_up(true, NULL, NULL);
    espy_board board;
    uint8_t bytes[200], digest[16];
    assert_int_equal(reach(&b, &board), ESPY_OK);
    memcpy(fake_rom_flash(b.fake) + 0x8000, image, sizeof bytes);
    assert_int_equal(espy_flasher_read(b.flasher, 0x8000, bytes, sizeof bytes, &b.err), ESPY_OK);
    assert_memory_equal(bytes, image, sizeof bytes);
    /* RFC 1321, A.5: the digest of "abc". */
    memcpy(fake_rom_flash(b.fake) + 0x9000, "abc", 3);
    assert_int_equal(espy_flasher_md5(b.flasher, 0x9000, 3, digest, &b.err), ESPY_OK);
    assert_memory_equal(digest, "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72", 16);
    tear_down(&b);
}

static bool after_a_while(void *user)
{
    unsigned *left = user;
    return *left == 0 || --*left == 0;
}

static void the_user_stops_it(void **state)
{
    (void)state;
    for (unsigned patience = 1; patience < 400; patience += 13) {
        unsigned left = patience;
        const espy_flasher_config config = {.cancelled = after_a_while, .user = &left};
        bench b = set_up(true, NULL, &config);
        espy_board board;
        const espy_flash_part part = {0, sizeof image, image};
        espy_status st = reach(&b, &board);
        if (st == ESPY_OK)
            st = espy_flasher_write(b.flasher, &part, 1, &b.err);
        assert_true(st == ESPY_E_CANCELLED || (st == ESPY_OK && left > 0));
        assert_int_equal(b.err.status, st);
        tear_down(&b);
    }
}

int main(void)
{
    fill_image();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_way),
        cmocka_unit_test(what_is_there_already_is_not_sent),
        cmocka_unit_test(a_link_without_lines_leaves_by_the_watchdog),
        cmocka_unit_test(a_reset_by_watchdog_is_proven),
        cmocka_unit_test(a_rate_that_cannot_be_taken_back),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(the_wrong_boot_mode),
        cmocka_unit_test(a_board_that_hears_nothing),
        cmocka_unit_test(a_stub_that_still_runs),
        cmocka_unit_test(another_chip),
        cmocka_unit_test(secure_download_mode),
        cmocka_unit_test(no_flash_at_all),
        cmocka_unit_test(a_wire_that_is_too_slow),
        cmocka_unit_test(the_rate_that_is_tried_first),
        cmocka_unit_test(a_port_without_the_rate),
        cmocka_unit_test(a_way_to_reset_that_is_none),
        cmocka_unit_test(the_loader_behind_usb_otg),
        cmocka_unit_test(a_port_that_goes_into_download_mode),
        cmocka_unit_test(a_wire_that_fails_only_under_load),
        cmocka_unit_test(one_bad_page_is_written_again),
        cmocka_unit_test(parts_that_do_not_fit_write_nothing),
        cmocka_unit_test(reads_and_digests),
        cmocka_unit_test(the_user_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
