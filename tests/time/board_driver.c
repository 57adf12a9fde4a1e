/* SPDX-License-Identifier: MIT
 *
 * A virtual board on a leash, for test scripts: commands come in as lines, and
 * what the board sends goes out with the board's time in microseconds.
 * Usage: board_driver SPEC, where SPEC is what follows "emu:".
 *
 *     send HEX       bytes to the board
 *     lines DTR RTS  1 asserts
 *     keys BOOT RESET, power ON   1 is held down, or on
 *     wait MS HEX    until the bytes have come, or MS of the link's time are over;
 *                    "-" waits for nothing and takes all that comes
 *
 * The answer to each is any number of "out US HEX", and then "found US", "over US"
 * or "error TEXT".
 */
#include "espy/link.h"
#include "espy/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* STEP_US: how exactly the times of what the board sends are known. */
enum { TEXT_MAX = 1 << 20, STEP_US = 100 };

typedef struct driver {
    espy_link *link;
    espy_machine *machine;
    bool real; /* clock=real: the link keeps the pace */
    espy_err err;
    uint8_t seen[TEXT_MAX]; /* not yet found or given up */
    size_t seen_size;
} driver;

static size_t from_hex(uint8_t *bytes, size_t cap, const char *hex)
{
    size_t n = 0;
    unsigned value;
    for (; n < cap && sscanf(hex + 2 * n, "%2x", &value) == 1; n++)
        bytes[n] = (uint8_t)value;
    return n;
}

static void answer(driver *d, const char *word)
{
    printf("%s %llu\n", word, (unsigned long long)espy_machine_now_us(d->machine));
}

static void show(driver *d, const uint8_t *bytes, size_t n)
{
    printf("out %llu ", (unsigned long long)espy_machine_now_us(d->machine));
    for (size_t i = 0; i < n; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

/* Whether the bytes have come; what came up to their end is then forgotten. */
static bool found(driver *d, const uint8_t *want, size_t n)
{
    for (size_t at = 0; n > 0 && at + n <= d->seen_size; at++)
        if (memcmp(d->seen + at, want, n) == 0) {
            d->seen_size -= at + n;
            memmove(d->seen, d->seen + at + n, d->seen_size);
            return true;
        }
    return false;
}

/* What has come within ms, or a little before. */
static espy_status take(driver *d, uint32_t ms, size_t *got)
{
    uint8_t *at = d->seen + d->seen_size;
    size_t cap = TEXT_MAX - d->seen_size;
    if (d->real)
        return espy_link_read(d->link, at, cap, ms, got, &d->err);
    espy_stop stop = espy_machine_run(d->machine, STEP_US);
    *got = espy_machine_uart_read(d->machine, at, cap);
    if (stop != ESPY_STOP_FAULT || *got > 0)
        return ESPY_OK;
    d->err = *espy_machine_fault(d->machine);
    return d->err.status;
}

static espy_status wait_for(driver *d, uint32_t ms, const uint8_t *want, size_t n)
{
    uint64_t end = espy_link_now_ms(d->link) + ms;
    bool done = found(d, want, n);
    while (!done && d->seen_size < TEXT_MAX) {
        uint64_t now = espy_link_now_ms(d->link);
        size_t got = 0;
        espy_status st = now < end ? take(d, (uint32_t)(end - now), &got) : ESPY_E_TIMEOUT;
        if (st == ESPY_E_TIMEOUT)
            break;
        if (st != ESPY_OK)
            return st;
        if (got == 0)
            continue;
        show(d, d->seen + d->seen_size, got);
        d->seen_size += got;
        done = found(d, want, n);
    }
    if (!done)
        d->seen_size = 0;
    answer(d, done ? "found" : "over");
    return ESPY_OK;
}

static espy_status press(driver *d, bool boot, bool reset)
{
    espy_machine_keys(d->machine, boot, reset);
    return ESPY_OK;
}

static espy_status supply(driver *d, bool on)
{
    espy_machine_power(d->machine, on);
    return ESPY_OK;
}

static espy_status obey(driver *d, const char *line)
{
    static uint8_t bytes[TEXT_MAX];
    unsigned a = 0, b = 0;
    int hex = 0;
    if (sscanf(line, "wait %u %n", &a, &hex) == 1 && hex > 0)
        return wait_for(d, a, bytes, from_hex(bytes, sizeof bytes, line + hex));
    espy_status st = ESPY_E_ARG;
    if (strncmp(line, "send ", 5) == 0)
        st = espy_link_write(d->link, bytes, from_hex(bytes, sizeof bytes, line + 5), &d->err);
    else if (sscanf(line, "lines %u %u", &a, &b) == 2)
        st = espy_link_set_lines(d->link, a != 0, b != 0, &d->err);
    else if (sscanf(line, "keys %u %u", &a, &b) == 2)
        st = press(d, a != 0, b != 0);
    else if (sscanf(line, "power %u", &a) == 1)
        st = supply(d, a != 0);
    else
        espy_fail(&d->err, ESPY_E_ARG, "what is %s", line);
    if (st == ESPY_OK)
        answer(d, "found");
    return st;
}

int main(int argc, char **argv)
{
    static driver d;
    static char line[2 * TEXT_MAX + 64];
    if (argc != 2)
        return 2;
    if (espy_emu_link_open(&d.link, argv[1], NULL, &d.err) != ESPY_OK) {
        fprintf(stderr, "board_driver: %s\n", d.err.text);
        return 1;
    }
    d.machine = espy_emu_link_machine(d.link);
    d.real = strstr(argv[1], "clock=real") != NULL;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    while (fgets(line, sizeof line, stdin) != NULL) {
        d.err = (espy_err){0};
        if (obey(&d, line) != ESPY_OK)
            printf("error %s\n", d.err.text);
        fflush(stdout);
    }
    espy_link_close(d.link);
    return 0;
}
