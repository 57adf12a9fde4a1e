/* SPDX-License-Identifier: MIT
 *
 * A baud rate that the way to the board does not do, on links without DTR and RTS: the
 * virtual board is put into download mode by its buttons, and beyond a limit its bytes are
 * rubbish.  The flasher must end at a rate that works, its watchdog stopped.  With both
 * mask ROMs.
 */
#include "espy/flasher.h"
#include "espy/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WDTCONFIG0 = 0x60008098, LONGER_THAN_THE_WATCHDOG_MS = 2500 };

/* A way to the board that has no lines and spoils what is faster than its limit. */
typedef struct narrow {
    espy_link link, *inner;
    uint32_t limit, baud;
} narrow;

static bool spoils(const narrow *n)
{
    return n->baud > n->limit;
}

static espy_status narrow_read(void *self, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    narrow *n = self;
    espy_status st = espy_link_read(n->inner, bytes, cap, timeout_ms, got, err);
    for (size_t i = 0; st == ESPY_OK && spoils(n) && i < *got; i++)
        bytes[i] ^= 0x5a;
    return st;
}

static espy_status narrow_write(void *self, const uint8_t *bytes, size_t size, espy_err *err)
{
    narrow *n = self;
    uint8_t rubbish[64];
    memset(rubbish, 0x5a, sizeof rubbish);
    if (!spoils(n))
        return espy_link_write(n->inner, bytes, size, err);
    return espy_link_write(n->inner, rubbish, size < sizeof rubbish ? size : sizeof rubbish, err);
}

static espy_status narrow_set_baud(void *self, uint32_t baud, espy_err *err)
{
    narrow *n = self;
    n->baud = baud;
    return espy_link_set_baud(n->inner, baud, err);
}

static uint64_t narrow_now_ms(void *self)
{
    return espy_link_now_ms(((narrow *)self)->inner);
}

static espy_status narrow_sleep(void *self, uint32_t ms, espy_err *err)
{
    return espy_link_sleep(((narrow *)self)->inner, ms, err);
}

static void narrow_close(void *self)
{
    espy_link_close(((narrow *)self)->inner);
}

static const espy_link_ops narrow_ops = {
    .read = narrow_read,
    .write = narrow_write,
    .set_baud = narrow_set_baud,
    .now_ms = narrow_now_ms,
    .sleep = narrow_sleep,
    .close = narrow_close,
};

/* BOOT is let go, as a person does: what keeps the chip in download mode after a reset of its
 * core is the strapping value of the reset before. */
static void press_for_download(espy_machine *machine, espy_link *link)
{
    espy_machine_keys(machine, true, true);
    espy_link_sleep(link, 50, NULL);
    espy_machine_keys(machine, true, false);
    espy_link_sleep(link, 50, NULL);
    espy_machine_keys(machine, false, false);
}

static bool open_board(narrow *n, bool real_rom, uint32_t limit)
{
    char spec[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    espy_err err = {0};
    if (real_rom)
        snprintf(spec, sizeof spec, "n16r8,rom=%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    if (real_rom && access(spec + strlen("n16r8,rom="), R_OK) != 0)
        return false;
    *n = (narrow){.limit = limit, .baud = 115200};
    n->link = (espy_link){.ops = &narrow_ops, .self = n, .name = "narrow"};
    assert_int_equal(espy_emu_link_open(&n->inner, real_rom ? spec : "n16r8", NULL, &err), ESPY_OK);
    press_for_download(espy_emu_link_machine(n->inner), n->inner);
    return true;
}

/* Where the flasher ends that begins at 921600 baud; checks that it works there, for longer
 * than the watchdog's time. */
static uint32_t ends_at(narrow *n, bool no_stub)
{
    espy_flasher *flasher;
    espy_board board;
    espy_err err = {0};
    uint32_t dog, baud;
    const espy_flasher_config config = {.no_stub = no_stub};
    assert_int_equal(espy_flasher_new(&flasher, &n->link, &config, &err), ESPY_OK);
    espy_status st = espy_flasher_connect(flasher, &err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, &err);
    if (st != ESPY_OK)
        print_message("%s\n", err.text);
    assert_int_equal(st, ESPY_OK);
    assert_int_equal(espy_flasher_has_stub(flasher), !no_stub);
    baud = espy_flasher_get_stats(flasher)->baud;
    assert_int_equal(espy_flasher_read_word(flasher, WDTCONFIG0, &dog, &err), ESPY_OK);
    assert_int_equal(dog >> 31, 0);
    espy_link_sleep(&n->link, LONGER_THAN_THE_WATCHDOG_MS, NULL);
    assert_int_equal(espy_flasher_read_word(flasher, WDTCONFIG0, &dog, &err), ESPY_OK);
    espy_flasher_free(flasher);
    return baud;
}

static void check(uint32_t limit, uint32_t expected, bool no_stub)
{
    for (int real = 0; real < 2; real++) {
        narrow n;
        if (!open_board(&n, real != 0, limit)) {
            print_message("no mask ROM in ESPY_ROM_DIR\n");
            continue;
        }
        assert_int_equal(ends_at(&n, no_stub), expected);
        espy_link_close(&n.link);
    }
}

static void a_rate_that_works_stays(void **state)
{
    (void)state;
    check(921600, 921600, true);
}

static void a_rate_too_high_is_taken_back(void **state)
{
    (void)state;
    check(500000, 460800, false);
    check(115200, 115200, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_that_works_stays),
        cmocka_unit_test(a_rate_too_high_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
