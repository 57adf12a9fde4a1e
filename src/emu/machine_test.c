/* SPDX-License-Identifier: MIT
 *
 * The board as a whole, with each of the mask ROMs: what it says at power-on and in
 * download mode (the texts are the real ROM's, as owners of boards see them), the reset
 * circuit, and that boards share nothing.  ESPY_ROM_DIR says where the real ROM is.
 */
#include "espy/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char rom[512]; /* its path; "" for the built-in one */

static int find_rom(void **state)
{
    (void)state;
    const char *env = getenv("ESPY_ROM_DIR");
    snprintf(rom, sizeof rom, "%s/esp32s3_rev0_rom.elf", env != NULL ? env : "../shared/rom");
    return 0;
}

static espy_machine *make(const char *model)
{
    if (*rom != '\0' && access(rom, R_OK) != 0) {
        fprintf(stderr, "SKIP: no %s\n", rom);
        skip();
    }
    espy_machine *m = NULL;
    espy_err err = {0};
    espy_machine_config config = {.model = espy_model_find(model), .rom_path = *rom != '\0' ? rom : NULL};
    if (espy_machine_new(&m, &config, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    return m;
}

/* Runs for ms of board time and adds what the board says to text[cap]. */
static void listen(espy_machine *m, uint64_t ms, char *text, size_t cap)
{
    uint64_t end = espy_machine_now_us(m) + ms * 1000;
    size_t n = strlen(text);
    while (espy_machine_now_us(m) < end) {
        espy_machine_run(m, end - espy_machine_now_us(m));
        n += espy_machine_uart_read(m, (uint8_t *)text + n, cap - 1 - n);
        text[n] = '\0';
    }
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void blank_board_says_what_it_lacks(void **state)
{
    (void)state;
    espy_machine *m = make("n16r8");
    char text[8192] = "";
    listen(m, 200, text, sizeof text);
    assert_says(text, "ESP-ROM:esp32s3-20210327");
    assert_says(text, "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)");
    assert_says(text, "invalid header: 0xffffffff");
    espy_machine_free(m);
}

/* RTS alone holds EN, then DTR alone holds GPIO0 while EN rises. */
static void enter_download_mode(espy_machine *m, char *text, size_t cap)
{
    espy_machine_lines(m, false, true);
    listen(m, 100, text, cap);
    text[0] = '\0';
    espy_machine_lines(m, true, false);
    listen(m, 50, text, cap);
    espy_machine_lines(m, false, false);
    listen(m, 50, text, cap);
}

static void lines_lead_to_download_mode(void **state)
{
    (void)state;
    espy_machine *m = make("n16r8");
    char text[8192] = "";
    enter_download_mode(m, text, sizeof text);
    assert_says(text, "boot:0x0 (DOWNLOAD(USB/UART0))");
    assert_says(text, "waiting for download");
    /* Both lines together do nothing; RTS alone resets to a normal boot. */
    text[0] = '\0';
    espy_machine_lines(m, true, true);
    listen(m, 50, text, sizeof text);
    assert_string_equal(text, "");
    espy_machine_lines(m, false, true);
    listen(m, 50, text, sizeof text);
    assert_string_equal(text, "");
    espy_machine_lines(m, false, false);
    listen(m, 100, text, sizeof text);
    assert_says(text, "boot:0x8 (SPI_FAST_FLASH_BOOT)");
    espy_machine_free(m);
}

/* The request and the eight replies of the loader's SYNC, from Espressif's
 * "Serial Protocol". */
static void download_mode_answers_sync(void **state)
{
    (void)state;
    espy_machine *m = make("n8r2");
    char text[8192] = "";
    enter_download_mode(m, text, sizeof text);
    uint8_t sync[46] = {0xc0, 0x00, 0x08, 0x24, 0x00, 0, 0, 0, 0, 0x07, 0x07, 0x12, 0x20};
    memset(sync + 13, 0x55, 32);
    sync[45] = 0xc0;
    uint8_t reply[256];
    size_t n = 0;
    /* The first goes to the measurement of the host's rate, as with esptool. */
    for (int tries = 0; tries < 5 && n < 8 * 14; tries++) {
        assert_int_equal(espy_machine_uart_write(m, sync, sizeof sync, NULL), ESPY_OK);
        for (uint64_t end = espy_machine_now_us(m) + 100000; espy_machine_now_us(m) < end && n < 8 * 14;) {
            espy_machine_run(m, 1000);
            n += espy_machine_uart_read(m, reply + n, sizeof reply - n);
        }
    }
    static const uint8_t head[] = {0xc0, 0x01, 0x08, 0x04, 0x00, 0x07, 0x07, 0x12, 0x20};
    assert_true(n >= 8 * 14);
    assert_memory_equal(reply, head, sizeof head);
    espy_machine_free(m);
}

/* One board in download mode, one booting; each behaves as if it were alone, and
 * a run repeats exactly. */
static void boards_share_nothing_and_repeat(void **state)
{
    (void)state;
    char alone[8192] = "", first[8192] = "", second[8192] = "";
    espy_machine *m = make("n16r8");
    for (int i = 0; i < 100; i++)
        listen(m, 1, alone, sizeof alone);
    uint64_t instructions = espy_machine_instructions(m);
    espy_machine_free(m);

    espy_machine *a = make("n16r8"), *b = make("n4r2");
    for (int i = 0; i < 100; i++) {
        espy_machine_lines(b, i >= 20, i >= 10 && i < 20); /* b is reset into download mode on the way */
        listen(a, 1, first, sizeof first);
        listen(b, 1, second, sizeof second);
    }
    assert_string_equal(first, alone);
    assert_int_equal(espy_machine_instructions(a), instructions);
    assert_string_not_equal(first, second);
    espy_machine_free(a);
    espy_machine_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_board_says_what_it_lacks),
        cmocka_unit_test(lines_lead_to_download_mode),
        cmocka_unit_test(download_mode_answers_sync),
        cmocka_unit_test(boards_share_nothing_and_repeat),
    };
    int failed = cmocka_run_group_tests_name("built-in ROM", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("real ROM", tests, find_rom, NULL);
}
