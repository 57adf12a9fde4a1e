/* SPDX-License-Identifier: MIT
 *
 * ets_printf of the built-in mask ROM against the real one: every conversion, quirks
 * included, into functions of the guest and onto UART0.
 */
#include "support/rom_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FORMAT ROM_PAIR_DATA
#define TEXT (ROM_PAIR_DATA + 0x400)
#define END (ROM_PAIR_DATA + 0x8000) /* where the guest's functions append, */
#define LOG (ROM_PAIR_DATA + 0x9000) /* at first */

/* Each appends a byte to the log: its argument, that and 80h, "(" or ")". */
static const uint8_t guest[] = {
    0x00, 0x80, 0xca, 0x3f, /*    .long 0x3fca8000 */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0xc6, 0x07, 0x00,       /* j append */
    0x3d, 0xf0,             /* nop.n */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0x32, 0xa0, 0x80,       /* movi a3, 0x80 */
    0x30, 0x22, 0x20,       /* or a2, a2, a3 */
    0x46, 0x04, 0x00,       /* j append */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0x22, 0xa0, 0x28,       /* movi a2, 40 */
    0x06, 0x02, 0x00,       /* j append */
    0xf0, 0x20, 0x00,       /* nop */
    0x36, 0x41, 0x00,       /* entry a1, 32 */
    0x22, 0xa0, 0x29,       /* movi a2, 41 */
    0x81, 0xf5, 0xff,       /* append: l32r a8, the word */
    0x98, 0x08,             /* l32i.n a9, a8, 0 */
    0x22, 0x49, 0x00,       /* s8i a2, a9, 0 */
    0x1b, 0x99,             /* addi.n a9, a9, 1 */
    0x99, 0x08,             /* s32i.n a9, a8, 0 */
    0x1d, 0xf0,             /* retw.n */
};
enum { PUTC1 = 4, PUTC2 = 12, LOCK = 24, UNLOCK = 36 };

static unsigned cases(unsigned n)
{
    const char *campaign = getenv("ESPY_LONG");
    return campaign != NULL && campaign[0] != '\0' ? 50 * n : n;
}

static uint32_t below(rom_pair *pair, uint32_t n)
{
    return rom_pair_rand(pair) % n;
}

static uint32_t begin(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    uint32_t code = rom_pair_code(pair, guest, sizeof guest);
    rom_pair_call_void(pair, "ets_install_putc1", 1, code + PUTC1);
    rom_pair_call_void(pair, "ets_install_putc2", 1, 0);
    rom_pair_write(pair, TEXT, "some text", 10);
    return code;
}

/* Prints, with nine arguments; what both have printed is in `text`. */
static void print(rom_pair *pair, const char *format, const uint32_t args[9], char text[512])
{
    rom_pair_write(pair, FORMAT, format, strlen(format) + 1);
    rom_pair_write32(pair, END, LOG);
    rom_pair_call(pair, "ets_printf", 10, FORMAT, args[0], args[1], args[2], args[3], args[4], args[5], args[6],
                  args[7], args[8]);
    uint32_t n = rom_pair_read32(pair, END) - LOG;
    assert_true(n < 512);
    rom_pair_read(pair, LOG, text, n);
    text[n] = '\0';
}

static void conversions(void **state)
{
    static const struct {
        const char *format, *text;
    } list[] = {
        {"plain\r\n", "plain\r\n"},
        {"%d|%u|%x|%X|%p|%s|%c", "-5|4294967291|fffffffb|FFFFFFFB|0x3fca0400|some text|A"},
        {"%8d|%-8d|%08d|%.8d", "      -5|-5      |-0000005|-5"},
        {"%3x", "fffffffb"},
    };
    rom_pair *pair = rom_pair_get(state);
    const uint32_t args[4][9] = {
        {0},
        {(uint32_t)-5, (uint32_t)-5, (uint32_t)-5, (uint32_t)-5, TEXT, TEXT, 'A'},
        {(uint32_t)-5, (uint32_t)-5, (uint32_t)-5, (uint32_t)-5},
        {(uint32_t)-5},
    };
    char text[512];
    begin(state);
    for (unsigned i = 0; i < 4; i++) {
        print(pair, list[i].format, args[i], text);
        assert_string_equal(text, list[i].text);
    }
}

/* Formats of random conversions, most of them sensible. */
static void make_format(rom_pair *pair, char format[256], uint32_t args[9])
{
    static const char *const flags[] = {"", "", "", "-", "0", "-0", "."}, *const longs[] = {"", "", "", "l", "ll"};
    static const char letters[] = "dduuxxXXppssccDUSC%%ifo";
    static const uint32_t numbers[] = {0, 1, 9, 10, 0x7fffffff, 0x80000000, 0xffffffff};
    size_t n = 0;
    format[0] = '\0';
    for (unsigned i = 0; i < 9; i++)
        args[i] = below(pair, 2) == 0 ? rom_pair_rand(pair) >> below(pair, 32) : numbers[below(pair, 7)];
    for (uint32_t pieces = below(pair, 6), arg = 0; pieces > 0; pieces--) {
        char letter = letters[below(pair, sizeof letters - 1)], width[8] = "";
        const char *size = longs[below(pair, 5)], *flag = flags[below(pair, 7)];
        if (below(pair, 2) == 0)
            snprintf(width, sizeof width, "%u%s", (unsigned)below(pair, 25),
                     below(pair, 4) == 0 && flag[0] != '.' ? ".3" : "");
        if (letter == 's' || letter == 'S') {
            arg = arg < 8 ? arg : 8;
            args[arg] = below(pair, 4) == 0 ? 0 : TEXT + below(pair, 10);
            size = "";
        }
        /* An "ll" would shift the texts behind it. */
        if (strcmp(size, "ll") == 0 && strpbrk(format, "sS") == NULL && pieces == 1)
            arg++;
        else if (strcmp(size, "ll") == 0)
            size = "l";
        arg += letter != '%' && strchr("ifo", letter) == NULL;
        n += (size_t)snprintf(format + n, 256 - n, "%s%%%s%s%s%c", below(pair, 3) == 0 ? "abc " : "", flag, width, size,
                              letter);
    }
}

static void random_formats(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    begin(state);
    for (unsigned i = 0; i < cases(300); i++) {
        char format[256], text[512];
        uint32_t args[9];
        make_format(pair, format, args);
        print(pair, format, args, text);
    }
}

/* Both functions get each character; the lock is held meanwhile. */
static void two_functions_and_a_lock(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint32_t code = begin(state);
    char text[512];
    static const uint32_t args[9] = {42};
    rom_pair_call_void(pair, "ets_install_putc2", 1, code + PUTC2);
    rom_pair_call_void(pair, "ets_install_lock", 2, code + LOCK, code + UNLOCK);
    print(pair, "%4d", args, text);
    assert_string_equal(text, "( \xa0 \xa0"
                              "4\xb4"
                              "2\xb2)");
    rom_pair_call_void(pair, "ets_install_putc1", 1, 0);
    print(pair, "%4d", args, text);
    assert_string_equal(text, "(\xa0\xa0\xb4\xb2)");
    rom_pair_call_void(pair, "ets_install_putc2", 1, 0);
    print(pair, "%4d", args, text);
    assert_string_equal(text, "");
}

/* A text longer than the FIFO, with line ends, at the speed of the wire. */
static void uart0(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    char format[512];
    begin(state);
    pair->compare = ROM_PAIR_ALL;
    rom_pair_call_void(pair, "ets_install_uart_printf", 0);
    memset(format, 'x', sizeof format);
    memcpy(format, "a\nb\rc\r\n", 7);
    snprintf(format + 300, 8, "%%d\n");
    rom_pair_write(pair, FORMAT, format, sizeof format);
    rom_pair_call(pair, "ets_printf", 2, FORMAT, 7);
    rom_pair_pass(pair, 100000);
    rom_pair_call_void(pair, "ets_write_char_uart", 1, '\n');
    rom_pair_pass(pair, 1000);
    rom_pair_call(pair, "ets_get_printf_channel", 0);
}

/* Nobody takes the packets: the first that is in the way is waited for, the others are not. */
static void usb_serial_jtag(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    pair->compare = ROM_PAIR_RAM;
    for (uint32_t i = 0; i < 70; i++)
        rom_pair_call(pair, "usb_uart_device_tx_one_char", 1, 'a' + i);
    rom_pair_call_void(pair, "usb_uart_device_tx_flush", 0);
    rom_pair_call(pair, "usb_uart_device_tx_one_char", 1, 'z');
    pair->compare = ROM_PAIR_ALL;
    rom_pair_call(pair, "usb_uart_device_rx_one_char", 1, TEXT);
}

/* With a host, which takes them and has something to say. */
static void usb_serial_jtag_with_a_host(void **state)
{
    rom_pair *pair = rom_pair_get(state);
    uint8_t heard[ROM_PAIR_BOARDS][256], said[100];
    size_t n[ROM_PAIR_BOARDS];
    memset(said, 0x5c, sizeof said);
    pair->compare = ROM_PAIR_RAM;
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        espy_machine_usb_plug(pair->machine[i], true);
    rom_pair_pass(pair, 200000);
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        espy_machine_usb_read(pair->machine[i], heard[i], sizeof heard[i]); /* the banner's first line */
    for (uint32_t i = 0; i < 150; i++)
        rom_pair_call(pair, "usb_uart_device_tx_one_char", 1, i);
    rom_pair_call_void(pair, "usb_uart_device_tx_flush", 0);
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        assert_int_equal(espy_machine_usb_write(pair->machine[i], said, sizeof said, NULL), ESPY_OK);
    rom_pair_pass(pair, 1000);
    for (uint32_t i = 0; i < 60; i++)
        rom_pair_call(pair, "usb_uart_device_rx_one_char", 1, TEXT + i);
    rom_pair_pass(pair, 1000);
    for (uint32_t i = 0; i < 40; i++)
        rom_pair_call(pair, "usb_uart_device_rx_one_char_block", 0);
    rom_pair_call(pair, "usb_uart_device_rx_one_char", 1, TEXT);
    for (unsigned i = 0; i < ROM_PAIR_BOARDS; i++)
        n[i] = espy_machine_usb_read(pair->machine[i], heard[i], sizeof heard[i]);
    assert_int_equal(n[ROM_PAIR_REAL], 150);
    assert_int_equal(n[ROM_PAIR_BUILTIN], 150);
    assert_memory_equal(heard[ROM_PAIR_REAL], heard[ROM_PAIR_BUILTIN], 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rom_pair_test(conversions), rom_pair_test(random_formats),  rom_pair_test(two_functions_and_a_lock),
        rom_pair_test(uart0),       rom_pair_test(usb_serial_jtag), rom_pair_test(usb_serial_jtag_with_a_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
