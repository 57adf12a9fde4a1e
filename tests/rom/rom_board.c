/* SPDX-License-Identifier: MIT
 *
 * A virtual board that does what its arguments say, one after the other, and prints what
 * its UART0 sends:
 *
 *     rom_board MODEL[,key=value...] STEP...
 *
 *     run MS          lets time pass
 *     until TEXT MS   lets time pass until the board has sent this
 *     send TEXT       types it; \r, \n, \\ and \xNN are escapes
 *     boot 0|1        lets go of BOOT, or holds it
 *     reset           presses RESET
 *     power           takes the power away for a moment
 *     drive PIN 0|1   drives a pin, such as a strapping pin before a reset
 *     poke ADDR VALUE writes a word
 *     peek ADDR N     prints N words
 *
 * A fault of the built-in ROM is printed as "[fault: ...]", and ends the program with
 * status 3; a text that did not come with 4.
 */
#include "../../src/emu/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE_US = 1000, FAULT = 3, SILENCE = 4 };

typedef struct board {
    espy_link *link;
    espy_machine *machine;
    char tail[256]; /* what came last */
    size_t length;
} board;

static void keep(board *b, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (b->length == sizeof b->tail - 1)
            memmove(b->tail, b->tail + 1, --b->length);
        b->tail[b->length++] = bytes[i] != 0 ? (char)bytes[i] : ' ';
        b->tail[b->length] = '\0';
    }
}

static void step(board *b)
{
    uint8_t bytes[512];
    espy_machine_run(b->machine, SLICE_US);
    for (size_t n; (n = espy_machine_uart_read(b->machine, bytes, sizeof bytes)) > 0;) {
        fwrite(bytes, 1, n, stdout);
        keep(b, bytes, n);
    }
    const espy_err *fault = espy_machine_fault(b->machine);
    if (fault != NULL) {
        printf("[fault: %s]\n", fault->text);
        exit(FAULT);
    }
}

static void run(board *b, const char *text, uint64_t ms)
{
    b->length = 0;
    b->tail[0] = '\0';
    for (uint64_t end = espy_machine_now_us(b->machine) + ms * 1000; espy_machine_now_us(b->machine) < end;) {
        step(b);
        if (text != NULL && strstr(b->tail, text) != NULL)
            return;
    }
    if (text != NULL) {
        printf("[no %s]\n", text);
        exit(SILENCE);
    }
}

static void send_text(board *b, const char *text)
{
    espy_err err = {0};
    for (; *text != '\0'; text++) {
        uint8_t byte = (uint8_t)*text;
        if (byte == '\\' && text[1] == 'x') {
            char hex[3] = {text[2], text[3], 0};
            byte = (uint8_t)strtoul(hex, NULL, 16);
            text += 3;
        } else if (byte == '\\') {
            text++;
            byte = *text == 'r' ? '\r' : *text == 'n' ? '\n' : '\\';
        }
        espy_machine_uart_write(b->machine, &byte, 1, &err);
    }
}

static void peek(board *b, uint32_t addr, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        printf("[%08" PRIx32 ": %08" PRIx32 "]\n", addr + 4 * i,
               espy_bus_read(espy_machine_bus(b->machine), addr + 4 * i, 4));
}

/* Does the step at argv; how many arguments it took. */
static int perform(board *b, char **argv)
{
    const char *what = argv[0];
    if (strcmp(what, "run") == 0) {
        run(b, NULL, strtoull(argv[1], NULL, 0));
        return 2;
    }
    if (strcmp(what, "until") == 0) {
        run(b, argv[1], strtoull(argv[2], NULL, 0));
        return 3;
    }
    if (strcmp(what, "send") == 0) {
        send_text(b, argv[1]);
        return 2;
    }
    if (strcmp(what, "boot") == 0) {
        espy_machine_keys(b->machine, argv[1][0] == '1', false);
        return 2;
    }
    if (strcmp(what, "reset") == 0) {
        espy_machine_keys(b->machine, false, true);
        espy_machine_keys(b->machine, false, false);
        return 1;
    }
    if (strcmp(what, "power") == 0) {
        espy_machine_power(b->machine, false);
        espy_machine_power(b->machine, true);
        return 1;
    }
    if (strcmp(what, "drive") == 0) {
        espy_machine_drive(b->machine, (unsigned)strtoul(argv[1], NULL, 0), argv[2][0] == '1');
        return 3;
    }
    if (strcmp(what, "poke") == 0) {
        espy_bus_write(espy_machine_bus(b->machine), (uint32_t)strtoul(argv[1], NULL, 0),
                       (uint32_t)strtoul(argv[2], NULL, 0), 4);
        return 3;
    }
    if (strcmp(what, "peek") == 0) {
        peek(b, (uint32_t)strtoul(argv[1], NULL, 0), (unsigned)strtoul(argv[2], NULL, 0));
        return 3;
    }
    fprintf(stderr, "rom_board: no step %s\n", what);
    exit(2);
}

int main(int argc, char **argv)
{
    static board b;
    espy_err err = {0};
    if (argc < 2 || espy_emu_link_open(&b.link, argv[1], NULL, &err) != ESPY_OK) {
        fprintf(stderr, "rom_board: %s\n", argc < 2 ? "no board" : err.text);
        return 2;
    }
    b.machine = espy_emu_link_machine(b.link);
    for (int i = 2; i < argc;)
        i += perform(&b, argv + i);
    espy_link_close(b.link);
    return 0;
}
