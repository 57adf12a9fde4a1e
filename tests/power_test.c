/* SPDX-License-Identifier: MIT
 *
 * A board under the real MicroPython goes through its resets, sleeps and clock
 * speeds, with each of the mask ROMs; what it says is compared with what owners of
 * boards see.  One image on one model: the RTC domain is the same on all.
 * ESPY_ROM_DIR and ESPY_FIRMWARE say where the ROM and the image are.
 */
#include "espy/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define IMAGE "ESP32_GENERIC_S3-SPIRAM_OCT-20240602-v1.23.0.bin"
#define PROMPT "\n>>> "

typedef struct board {
    espy_machine *machine;
    char flash[64];
    char text[16384]; /* what the board has said since the last command */
} board;

static bool path_of(char *path, size_t cap, const char *variable, const char *fallback, const char *name)
{
    const char *dir = getenv(variable);
    snprintf(path, cap, "%s/%s", dir != NULL ? dir : fallback, name);
    if (access(path, R_OK) == 0)
        return true;
    fprintf(stderr, "SKIP: no %s\n", path);
    return false;
}

/* The image at the start of an erased flash of 16 MB, in a file of its own. */
static void make_flash(board *b, const char *image)
{
    snprintf(b->flash, sizeof b->flash, "/tmp/espy-power-XXXXXX");
    int fd = mkstemp(b->flash);
    FILE *in = fopen(image, "rb"), *out = fdopen(fd, "wb");
    assert_non_null(in);
    assert_non_null(out);
    static uint8_t bytes[16 << 20];
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_not_equal(fread(bytes, 1, sizeof bytes, in), 0);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, out), sizeof bytes);
    fclose(in);
    fclose(out);
}

static int open_board(void **state, const char *rom)
{
    char image[512];
    if (!path_of(image, sizeof image, "ESPY_FIRMWARE", "../shared/firmware", IMAGE))
        return 0;
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    make_flash(b, image);
    espy_err err = {0};
    espy_machine_config config = {.model = espy_model_find("n16r8"), .rom_path = rom, .flash_path = b->flash};
    if (espy_machine_new(&b->machine, &config, &err) != ESPY_OK)
        fail_msg("%s", err.text);
    *state = b;
    return 0;
}

static int open_builtin(void **state)
{
    return open_board(state, NULL);
}

static int open_real(void **state)
{
    char rom[512];
    if (!path_of(rom, sizeof rom, "ESPY_ROM_DIR", "../shared/rom", "esp32s3_rev0_rom.elf"))
        return 0;
    return open_board(state, rom);
}

static int close_board(void **state)
{
    board *b = *state; /* here: NULL if skipped */
    if (b == NULL)
        return 0;
    espy_machine_free(b->machine);
    unlink(b->flash);
    free(b);
    return 0;
}

static board *the_board(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

/* Runs until the board says `what`, or fails after 20 s of its time. */
static void await(board *b, const char *what)
{
    uint64_t end = espy_machine_now_us(b->machine) + 20000000;
    size_t n = strlen(b->text);
    while (strstr(b->text, what) == NULL) {
        if (espy_machine_now_us(b->machine) >= end || n + 1 == sizeof b->text)
            fail_msg("the board says \"%s\" and not \"%s\"", b->text, what);
        espy_machine_run(b->machine, 10000);
        n += espy_machine_uart_read(b->machine, (uint8_t *)b->text + n, sizeof b->text - 1 - n);
        b->text[n] = '\0';
    }
}

static void type(board *b, const char *line)
{
    espy_err err = {0};
    b->text[0] = '\0';
    assert_int_equal(espy_machine_uart_write(b->machine, (const uint8_t *)line, strlen(line), &err), ESPY_OK);
    assert_int_equal(espy_machine_uart_write(b->machine, (const uint8_t *)"\r", 1, &err), ESPY_OK);
}

/* Types a line that has nothing to say. */
static void tell(board *b, const char *line)
{
    type(b, line);
    await(b, PROMPT);
    assert_null(strstr(b->text, "Traceback"));
}

/* Types a line and wants the answer before the next prompt. */
static void ask(board *b, const char *line, const char *answer)
{
    type(b, line);
    await(b, PROMPT);
    char expected[256];
    snprintf(expected, sizeof expected, "\n%s\r\n", answer);
    if (strstr(b->text, expected) == NULL)
        fail_msg("%s answers \"%s\" and not \"%s\"", line, b->text, answer);
}

static void it_boots(void **state)
{
    board *b = the_board(state);
    await(b, PROMPT);
    assert_non_null(strstr(b->text, "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"));
    tell(b, "import machine, time, esp32");
}

static void power_on_is_the_first_cause(void **state)
{
    ask(the_board(state), "machine.reset_cause() == machine.PWRON_RESET", "True");
}

/* 25 degrees, through the eFuses' calibration of the sensor. */
static void the_temperature(void **state)
{
    ask(the_board(state), "esp32.mcu_temperature()", "25");
}

/* A pin at ground, through the eFuses' calibration of the converter. */
static void a_voltage(void **state)
{
    ask(the_board(state), "machine.ADC(machine.Pin(1), atten=3).read_uv()", "0");
}

/* Sleeping is by SYSTIMER, busy waiting by the CPU's cycle counter: they must agree at every speed. */
static void every_speed(void **state)
{
    board *b = the_board(state);
    static const char *const hz[] = {"20000000", "40000000", "80000000", "160000000", "240000000"};
    for (unsigned i = 0; i < 5; i++) {
        char line[256];
        snprintf(line, sizeof line, "machine.freq(%s); machine.freq()", hz[i]);
        ask(b, line, hz[i]);
        ask(b, "t = time.ticks_us(); time.sleep_us(5000); 5000 <= time.ticks_diff(time.ticks_us(), t) < 5200", "True");
        ask(b, "t = time.ticks_us(); time.sleep_ms(50); 50000 <= time.ticks_diff(time.ticks_us(), t) < 52000", "True");
    }
}

static void timers_count(void **state)
{
    board *b = the_board(state);
    tell(b, "c = []; t = machine.Timer(0)");
    tell(b, "t.init(period=10, callback=c.append)");
    ask(b, "time.sleep_ms(505); t.deinit(); 49 <= len(c) <= 52", "True");
}

static void light_sleep(void **state)
{
    ask(the_board(state),
        "t = time.ticks_ms(); machine.lightsleep(200); 195 <= time.ticks_diff(time.ticks_ms(), t) <= 205", "True");
}

static void deep_sleep_keeps_the_time_and_the_memory(void **state)
{
    board *b = the_board(state);
    tell(b, "r = machine.RTC(); r.datetime((2024, 6, 2, 0, 1, 2, 3, 0)); r.memory(b'hello')");
    type(b, "machine.deepsleep(2000)");
    await(b, PROMPT);
    assert_non_null(strstr(b->text, "rst:0x5 (DSLEEP),boot:0x8 (SPI_FAST_FLASH_BOOT)"));
    tell(b, "import machine, time");
    ask(b, "machine.reset_cause() == machine.DEEPSLEEP_RESET, machine.RTC().memory()", "(True, b'hello')");
    ask(b, "machine.wake_reason() == machine.TIMER_WAKE, machine.RTC().datetime()[:7]",
        "(True, (2024, 6, 2, 6, 1, 2, 5))");
}

/* esp_restart() resets the CPUs alone. */
static void software_reset(void **state)
{
    board *b = the_board(state);
    type(b, "machine.reset()");
    await(b, PROMPT);
    assert_non_null(strstr(b->text, "rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"));
    assert_non_null(strstr(b->text, "\r\nSaved PC:0x40"));
    assert_null(strstr(b->text, "ets_loader.c"));
    tell(b, "import machine");
    ask(b, "machine.reset_cause() == machine.HARD_RESET", "True");
}

static void bootloader(void **state)
{
    board *b = the_board(state);
    type(b, "machine.bootloader()");
    await(b, "waiting for download\r\n");
    assert_non_null(strstr(b->text, "(DOWNLOAD(USB/UART0))"));
    /* No watchdog bites in download mode. */
    assert_int_equal(espy_machine_run(b->machine, 1500000), ESPY_STOP_TIME);
}

static void the_reset_button_ends_download_mode(void **state)
{
    board *b = the_board(state);
    b->text[0] = '\0';
    espy_machine_lines(b->machine, false, true);
    espy_machine_run(b->machine, 50000);
    espy_machine_lines(b->machine, false, false);
    await(b, PROMPT);
    assert_non_null(strstr(b->text, "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_boots),
        cmocka_unit_test(power_on_is_the_first_cause),
        cmocka_unit_test(the_temperature),
        cmocka_unit_test(a_voltage),
        cmocka_unit_test(every_speed),
        cmocka_unit_test(timers_count),
        cmocka_unit_test(light_sleep),
        cmocka_unit_test(deep_sleep_keeps_the_time_and_the_memory),
        cmocka_unit_test(software_reset),
        cmocka_unit_test(bootloader),
        cmocka_unit_test(the_reset_button_ends_download_mode),
    };
    int failed = cmocka_run_group_tests_name("built-in ROM", tests, open_builtin, close_board);
    return failed + cmocka_run_group_tests_name("real ROM", tests, open_real, close_board);
}
