/* SPDX-License-Identifier: MIT
 *
 * The board's own USB, with the built-in mask ROM and with the real one: what the lines and
 * the other resets do to the chip and to the port, the ROM's words there, flashing through it,
 * and what a link shows of a port that goes away.
 *
 * The expected causes and boot modes are those of ESP-IDF's soc/reset_reasons.h and of the
 * TRM's chapters "Reset and Clock" and "USB Serial/JTAG Controller": RTS resets the core
 * alone, which latches no straps and leaves the device where it is.
 */
#define _GNU_SOURCE

#include "espy/flasher.h"

#include "../src/emu/inspect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RTC_CNTL_OPTIONS0 0x60008000u
#define RTC_CNTL_SW_SYS_RST (1u << 31)
#define RTC_CNTL_USB_CONF 0x60008120u
#define RTC_CNTL_SW_USB_PHY_SEL (1u << 19)
#define RTC_CNTL_SW_HW_USB_PHY_SEL (1u << 20)

static char rom[1024]; /* ",rom=FILE", or nothing */

typedef struct board {
    espy_link *link;
    espy_machine *machine;
    espy_err err;
    char heard[8192], uart[8192];
    size_t n, uart_n;
} board;

static void hear(board *b, unsigned ms)
{
    for (uint64_t end = espy_machine_now_us(b->machine) + ms * UINT64_C(1000); espy_machine_now_us(b->machine) < end;) {
        espy_machine_run(b->machine, 1000);
        b->n += espy_machine_usb_read(b->machine, (uint8_t *)b->heard + b->n, sizeof b->heard - 1 - b->n);
        b->uart_n += espy_machine_uart_read(b->machine, (uint8_t *)b->uart + b->uart_n, sizeof b->uart - 1 - b->uart_n);
    }
    b->heard[b->n] = b->uart[b->uart_n] = '\0';
}

static void forget(board *b)
{
    b->n = b->uart_n = 0;
}

static void open_board(board *b, const char *keys)
{
    char spec[1200];
    if (*rom != '\0' && access(strchr(rom, '=') + 1, R_OK) != 0)
        skip();
    *b = (board){0};
    snprintf(spec, sizeof spec, "n8r2,port=usb%s%s", keys, rom);
    assert_int_equal(espy_emu_link_open(&b->link, spec, NULL, &b->err), ESPY_OK);
    b->machine = espy_emu_link_machine(b->link);
}

static void close_board(board *b)
{
    espy_link_close(b->link);
}

static void lines(board *b, bool dtr, bool rts, unsigned ms)
{
    espy_machine_usb_lines(b->machine, dtr, rts);
    hear(b, ms);
}

static void to_loader(board *b)
{
    forget(b);
    lines(b, true, false, 0);
    lines(b, true, true, 0);
    lines(b, false, true, 100);
    lines(b, false, false, 50);
}

static void to_flash(board *b)
{
    forget(b);
    lines(b, false, true, 100);
    lines(b, false, false, 50);
}

#define expect(b, text) assert_non_null(strstr((b)->heard, text))

/* ---- resets ---- */

static void lines_reset_the_core(void **state)
{
    (void)state;
    board b;
    open_board(&b, "");
    to_loader(&b);
    expect(&b, "rst:0x15 (USB_UART_CHIP_RESET),boot:0x0 (DOWNLOAD(USB/UART0))");
    expect(&b, "waiting for download");
    to_flash(&b);
    expect(&b, "rst:0x15 (USB_UART_CHIP_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)");
    assert_int_equal(espy_machine_usb_device(b.machine), 1);
    close_board(&b);
}

/* The ROM prints on UART0 and on USB; on USB its first line of before the host came is still
 * to be fetched. */
static void both_ports_show_the_boot(void **state)
{
    (void)state;
    board b;
    open_board(&b, "");
    to_loader(&b);
    const char *usb = strstr(b.heard + 1, "ESP-ROM:"), *uart = strstr(b.uart, "ESP-ROM:");
    assert_memory_equal(b.heard, "ESP-ROM:", 8);
    assert_non_null(usb);
    assert_non_null(uart);
    assert_string_equal(usb, uart);
    close_board(&b);
}

/* TRM, table "Reset SoC into Booting": the step out of RTS alone is called "Exit reset". */
static void rts_holds_the_chip(void **state)
{
    (void)state;
    board b;
    open_board(&b, "");
    lines(&b, false, true, 10);
    forget(&b);
    uint64_t done = espy_machine_instructions(b.machine);
    hear(&b, 1000);
    assert_int_equal(espy_machine_instructions(b.machine), done);
    assert_int_equal(b.uart_n, 0);
    lines(&b, false, false, 20);
    expect(&b, "rst:0x15 (USB_UART_CHIP_RESET)");
    close_board(&b);
}

/* TRM: "if the download mode flag is set when the chip is reset", by whatever resets the core. */
static void flag_counts_for_other_resets(void **state)
{
    (void)state;
    board b;
    open_board(&b, "");
    to_flash(&b);
    lines(&b, true, false, 0);
    forget(&b);
    espy_bus_write(espy_machine_bus(b.machine), RTC_CNTL_OPTIONS0, RTC_CNTL_SW_SYS_RST, 4);
    hear(&b, 50);
    expect(&b, "rst:0x3 (RTC_SW_SYS_RST),boot:0x0 (DOWNLOAD(USB/UART0))");
    close_board(&b);
}

/* esptool's issue 970: a core reset latches no straps; that of the RTC watchdog does, and takes the
 * device along.  The registers are those with which esptool resets so. */
static void boot_key_needs_the_watchdog(void **state)
{
    (void)state;
    static const uint32_t regs[][2] = {
        {0x600080b0, 0x50d83aa1}, {0x6000809c, 2000}, {0x60008098, 0xd0000102}, {0x600080b0, 0}};
    board b;
    open_board(&b, ",boot=download");
    to_flash(&b);
    expect(&b, "rst:0x15 (USB_UART_CHIP_RESET),boot:0x0 (DOWNLOAD(USB/UART0))");
    forget(&b);
    for (unsigned i = 0; i < 4; i++)
        espy_bus_write(espy_machine_bus(b.machine), regs[i][0], regs[i][1], 4);
    hear(&b, 500);
    assert_non_null(strstr(b.uart, "rst:0x10 (RTCWDT_RTC_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"));
    assert_int_equal(espy_machine_usb_device(b.machine), 2);
    close_board(&b);
}

/* ---- what takes the port away ---- */

enum { KEY, POWER, CABLE, PHY, WAYS };

static void take_away(board *b, int way, bool away)
{
    uint32_t otg = RTC_CNTL_SW_HW_USB_PHY_SEL | RTC_CNTL_SW_USB_PHY_SEL;
    switch (way) {
    case KEY: espy_machine_keys(b->machine, false, away); break;
    case POWER: espy_machine_power(b->machine, !away); break;
    case CABLE: espy_machine_usb_plug(b->machine, !away); break;
    default: espy_bus_write(espy_machine_bus(b->machine), RTC_CNTL_USB_CONF, away ? otg : 0, 4); break;
    }
}

static void a_port_vanishes(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        board b;
        uint8_t byte;
        size_t got;
        open_board(&b, ",boot=download");
        assert_int_equal(espy_link_read(b.link, &byte, 1, 500, &got, &b.err), ESPY_OK);
        take_away(&b, way, true);
        hear(&b, 20);
        assert_int_equal(espy_machine_usb_device(b.machine), 0);
        assert_int_equal(espy_machine_usb_is_otg(b.machine), way == PHY);
        assert_int_equal(espy_link_read(b.link, &byte, 1, 100, &got, &b.err), ESPY_E_IO);
        assert_non_null(strstr(b.err.text, "has vanished"));
        assert_int_equal(strstr(b.err.advice, "USB OTG") != NULL, way == PHY);
        assert_int_equal(espy_link_write(b.link, &byte, 1, NULL), ESPY_E_IO);
        take_away(&b, way, false);
        hear(&b, 500);
        assert_int_equal(espy_machine_usb_device(b.machine), 2);
        assert_int_equal(espy_link_read(b.link, &byte, 1, 100, &got, NULL), ESPY_E_IO); /* this one is another */
        close_board(&b);
    }
}

/* ---- flashing ---- */

enum { SIZE = 40000 };

static void flash(const char *keys, bool no_stub)
{
    board b;
    espy_flasher *flasher;
    espy_board found;
    static uint8_t bytes[SIZE], back[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    const espy_flash_part part = {0x20000, SIZE, bytes};
    open_board(&b, keys);
    assert_int_equal(b.link->usb_vid, 0x303a);
    assert_int_equal(b.link->usb_pid, 0x1001);
    assert_int_equal(espy_flasher_new(&flasher, b.link, &(espy_flasher_config){.no_stub = no_stub}, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_connect(flasher, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_identify(flasher, &found, &b.err), ESPY_OK);
    assert_int_equal(espy_flasher_has_stub(flasher), !no_stub);
    assert_int_equal(found.flash.size, 8 << 20);
    assert_int_equal(espy_flasher_write(flasher, &part, 1, &b.err), ESPY_OK);
    assert_memory_equal(espy_machine_flash(b.machine)->bytes + part.addr, bytes, SIZE);
    size_t n = no_stub ? 500 : SIZE; /* 64 bytes a command */
    assert_int_equal(espy_flasher_read(flasher, part.addr, back, n, &b.err), ESPY_OK);
    assert_memory_equal(back, bytes, n);
    assert_int_equal(espy_machine_usb_device(b.machine), 1);
    espy_flasher_free(flasher);
    to_flash(&b);
    assert_int_equal(strstr(b.heard, "SPI_FAST_FLASH_BOOT") != NULL, *keys == '\0');
    close_board(&b);
}

static void flashes_through_the_stub(void **state)
{
    (void)state;
    flash("", false);
    flash(",boot=download", false);
}

static void flashes_through_the_rom(void **state)
{
    (void)state;
    flash("", true);
}

static int find_rom(void **state)
{
    (void)state;
    const char *dir = getenv("ESPY_ROM_DIR");
    snprintf(rom, sizeof rom, ",rom=%s/esp32s3_rev0_rom.elf", dir != NULL ? dir : "../shared/rom");
    return 0;
}

int main(void)
{
    unsetenv("ESPY_ROM");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_reset_the_core),        cmocka_unit_test(both_ports_show_the_boot),
        cmocka_unit_test(rts_holds_the_chip),          cmocka_unit_test(flag_counts_for_other_resets),
        cmocka_unit_test(boot_key_needs_the_watchdog), cmocka_unit_test(a_port_vanishes),
        cmocka_unit_test(flashes_through_the_stub),    cmocka_unit_test(flashes_through_the_rom),
    };
    int failed = cmocka_run_group_tests_name("built-in ROM", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("real ROM", tests, find_rom, NULL);
}
