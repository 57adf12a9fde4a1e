/* SPDX-License-Identifier: MIT
 *
 * Speeds of the virtual board, for tools/bench: boot to prompt, instructions a
 * second in a Python loop, how long time.sleep(2) takes, and the share of a core that an
 * idle prompt takes.  Usage: board_bench SPEC, where SPEC is what follows "emu:" and
 * names a flash file that holds MicroPython.
 */
#include "espy/link.h"
#include "espy/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double cpu_seconds(void)
{
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
           (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1e-6;
}

static void fail(const char *what, const espy_err *err)
{
    fprintf(stderr, "board_bench: %s: %s\n", what, err->text);
    exit(1);
}

/* Reads until the output ends with `end`. */
static void wait_for(espy_link *link, const char *end, uint32_t timeout_ms)
{
    static char seen[65536];
    size_t n = 0, len = strlen(end);
    uint64_t deadline = espy_link_now_ms(link) + timeout_ms;
    espy_err err = {0};
    while (n < len || memcmp(seen + n - len, end, len) != 0) {
        size_t got = 0;
        if (n == sizeof seen - 1 || espy_link_now_ms(link) > deadline ||
            espy_link_read(link, (uint8_t *)seen + n, sizeof seen - 1 - n, 1000, &got, &err) != ESPY_OK) {
            snprintf(err.text, sizeof err.text, "the end of what came is \"%.200s\"", n > 200 ? seen + n - 200 : seen);
            fail("no prompt", &err);
        }
        n += got;
    }
}

static espy_link *open_board(const char *spec, const char *more)
{
    char text[1024];
    espy_link *link = NULL;
    espy_err err = {0};
    snprintf(text, sizeof text, "%s%s", spec, more);
    if (espy_emu_link_open(&link, text, NULL, &err) != ESPY_OK)
        fail("cannot open the board", &err);
    return link;
}

static void boot(espy_link *link)
{
    espy_err err = {0};
    if (espy_link_set_lines(link, false, true, &err) != ESPY_OK || espy_link_sleep(link, 100, &err) != ESPY_OK ||
        espy_link_set_lines(link, false, false, &err) != ESPY_OK)
        fail("cannot reset the board", &err);
    wait_for(link, ">>> ", 30000);
}

static void type(espy_link *link, const char *text)
{
    espy_err err = {0};
    if (espy_link_write(link, (const uint8_t *)text, strlen(text), &err) != ESPY_OK)
        fail("cannot type", &err);
}

static void bench_boot_and_loop(const char *spec)
{
    espy_link *link = open_board(spec, "");
    espy_machine *machine = espy_emu_link_machine(link);
    double start = now();
    boot(link);
    double seconds = now() - start;
    uint64_t booted = espy_machine_instructions(machine);
    printf("  boot to prompt            %8.3f s   (%.1f M instructions, %.3f s of board time)\n", seconds,
           (double)booted / 1e6, (double)espy_machine_now_us(machine) / 1e6);

    type(link, "def f(n):\r    s = 0\r    for i in range(n):\r        s = s + (i & 7) * 3\r    return s\r\r\r");
    wait_for(link, ">>> ", 30000);
    uint64_t before = espy_machine_instructions(machine);
    start = now();
    type(link, "f(1000000)\r");
    wait_for(link, ">>> ", 600000);
    seconds = now() - start;
    double done = (double)(espy_machine_instructions(machine) - before);
    printf("  Python loop               %8.1f M instructions/s   (%.1f M in %.2f s)\n", done / seconds / 1e6,
           done / 1e6, seconds);
    espy_link_close(link);
}

static void bench_sleep(espy_link *link)
{
    type(link, "import time\r");
    wait_for(link, ">>> ", 30000);
    type(link, "time.sleep(2)");
    wait_for(link, "sleep(2)", 30000);
    double start = now();
    type(link, "\r");
    wait_for(link, ">>> ", 30000);
    printf("  time.sleep(2), clock=real %8.3f s\n", now() - start);
}

static void bench_real(const char *spec)
{
    espy_link *link = open_board(spec, ",clock=real");
    espy_err err = {0};
    boot(link);
    bench_sleep(link);
    double start = now(), cpu = cpu_seconds();
    espy_link_sleep(link, 5000, &err);
    printf("  idle prompt, clock=real   %8.2f %% of a core\n", 100 * (cpu_seconds() - cpu) / (now() - start));
    espy_link_close(link);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: board_bench SPEC\n");
        return 2;
    }
    bench_boot_and_loop(argv[1]);
    bench_real(argv[1]);
    return 0;
}
