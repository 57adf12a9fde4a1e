/* SPDX-License-Identifier: MIT
 *
 * Into download mode and out of it again on virtual boards, with the built-in mask ROM and,
 * where it is there, the real one: every way to reset, and the chip's own USB, whose port goes
 * and comes back.  What has to come about is what the ROM says on its port.
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

/* "n8r2,KEYS" with the real ROM, or the built-in one; NULL: it is not there. */
static espy_link *open_board(const char *keys, bool real)
{
    char rom[1000], spec[1200];
    const char *dir = getenv("ESPY_ROM_DIR");
    espy_link *link = NULL;
    espy_err err = {0};
    snprintf(rom, sizeof rom, "%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    if (real && access(rom, R_OK) != 0) {
        print_message("no mask ROM at %s\n", rom);
        return NULL;
    }
    snprintf(spec, sizeof spec, "n8r2%s%s%s", keys, real ? ",rom=" : "", real ? rom : "");
    if (espy_emu_link_open(&link, spec, NULL, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    return link;
}

static espy_flasher *reach(espy_link *link, const espy_flasher_config *config)
{
    espy_flasher *flasher;
    espy_board board;
    espy_err err = {0};
    assert_int_equal(espy_flasher_new(&flasher, link, config, &err), ESPY_OK);
    espy_status st = espy_flasher_connect(flasher, &err);
    if (st == ESPY_OK)
        st = espy_flasher_identify(flasher, &board, &err);
    if (st != ESPY_OK)
        fail_msg("%s on %s", err.text, link->name);
    return flasher;
}

/* Whether the board says so within five seconds, wherever its port goes meanwhile. */
static bool says(espy_link *link, const char *what)
{
    static char text[65536];
    size_t size = 0;
    for (uint64_t end = espy_link_now_ms(link) + 5000; espy_link_now_ms(link) < end && size + 1 < sizeof text;) {
        size_t got;
        espy_status st = espy_link_read(link, (uint8_t *)text + size, sizeof text - 1 - size, 100, &got, NULL);
        if (st == ESPY_E_IO && link->returns)
            assert_int_equal(espy_link_reopen(link, 3000, NULL), ESPY_OK);
        size += got;
        text[size] = '\0';
        if (strstr(text, what) != NULL)
            return true;
    }
    print_message("%s says %s\n", link->name, text);
    return false;
}

static void by_uart(bool real)
{
    static const char *const ways[] = {NULL, "classic", "tight", "D0|R1|W0.1|D1|R0|W0.05|D0"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        espy_link *link = open_board("", real);
        if (link == NULL)
            skip();
        espy_flasher *flasher = reach(link, &(espy_flasher_config){.reset = ways[i], .attempts = 2, .no_stub = true});
        assert_int_equal(espy_flasher_reset(flasher, NULL), ESPY_OK);
        assert_true(says(link, "SPI_FAST_FLASH_BOOT"));
        espy_flasher_free(flasher);
        espy_link_close(link);
    }
}

static void each_way_by_uart(void **state)
{
    (void)state;
    by_uart(false);
}

static void each_way_by_uart_with_the_real_rom(void **state)
{
    (void)state;
    by_uart(true);
}

/* By lines; and after BOOT was held, which the lines do not undo, by the watchdog. */
static void by_usb(bool real)
{
    static const char *const keys[] = {",port=usb", ",port=usb,boot=download"};
    for (size_t i = 0; i < 2; i++) {
        espy_link *link = open_board(keys[i], real);
        if (link == NULL)
            skip();
        espy_flasher *flasher = reach(link, &(espy_flasher_config){.no_stub = i == 0});
        assert_int_equal(espy_flasher_reset(flasher, NULL), ESPY_OK);
        assert_true(says(link, "invalid header: 0xffffffff")); /* the flash is blank */
        espy_flasher_free(flasher);
        espy_link_close(link);
    }
}

static void out_of_the_chips_own_usb(void **state)
{
    (void)state;
    by_usb(false);
}

static void out_of_the_chips_own_usb_with_the_real_rom(void **state)
{
    (void)state;
    by_usb(true);
}

/* Every rate that may be asked for; how far up the ROM itself keeps up is its own affair. */
static void rates(bool real)
{
    static const uint32_t asked[] = {2000000, 3000000};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        espy_link *link = open_board(",timing=real", real);
        if (link == NULL)
            skip();
        espy_flasher *flasher = reach(link, &(espy_flasher_config){.baud = asked[i]});
        assert_true(espy_flasher_has_stub(flasher));
        uint32_t baud = espy_flasher_get_stats(flasher)->baud;
        assert_true(asked[i] > 2000000 ? baud >= 2000000 : baud == asked[i]);
        espy_flasher_free(flasher);
        espy_link_close(link);
    }
}

static void up_to_three_megabaud(void **state)
{
    (void)state;
    rates(false);
}

static void up_to_three_megabaud_with_the_real_rom(void **state)
{
    (void)state;
    rates(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_by_uart),         cmocka_unit_test(each_way_by_uart_with_the_real_rom),
        cmocka_unit_test(out_of_the_chips_own_usb), cmocka_unit_test(out_of_the_chips_own_usb_with_the_real_rom),
        cmocka_unit_test(up_to_three_megabaud),     cmocka_unit_test(up_to_three_megabaud_with_the_real_rom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
