/* SPDX-License-Identifier: MIT
 *
 * Writes a file on a virtual board, resets the board by its EN pin, and reads
 * the file back; prints "ok", or what MicroPython said.  Usage: fs_probe SPEC,
 * where SPEC is what follows "emu:".
 */
#include "espy/machine.h"
#include "espy/repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char write_file[] = "f = open('/probe.txt', 'w')\n"
                                 "f.write('line\\n' * 2000)\n"
                                 "f.close()\n"
                                 "print('written')\n";
static const char read_file[] = "t = open('/probe.txt').read()\n"
                                "print('same' if t == 'line\\n' * 2000 else 'differs')\n";

static int give_up(const espy_err *err)
{
    printf("failed: %s\n", err->text);
    return 1;
}

static espy_status reset(espy_link *link, espy_err *err)
{
    espy_status st = espy_link_set_lines(link, false, true, err);
    if (st == ESPY_OK)
        st = espy_link_sleep(link, 100, err);
    if (st == ESPY_OK)
        st = espy_link_drain(link, err);
    return st == ESPY_OK ? espy_link_set_lines(link, false, false, err) : st;
}

/* Resets, waits for the prompt and runs code that must print `expected`. */
static espy_status boot_and_run(espy_link *link, espy_repl *repl, const char *code, const char *expected, espy_err *err)
{
    espy_repl_result result = {0};
    espy_status st = reset(link, err);
    if (st == ESPY_OK)
        st = espy_repl_wait(repl, NULL, err);
    if (st == ESPY_OK)
        st = espy_repl_enter(repl, err);
    if (st == ESPY_OK)
        st = espy_repl_exec(repl, code, strlen(code), 30000, &result, err);
    if (st != ESPY_OK)
        return st;
    if (strncmp(result.out, expected, strlen(expected)) != 0)
        return espy_fail(err, ESPY_E_DEVICE, "%s instead of %s: %s", result.out, expected, result.traceback);
    return ESPY_OK;
}

int main(int argc, char **argv)
{
    espy_link *link = NULL;
    espy_repl *repl = NULL;
    espy_err err = {0};
    if (argc != 2 || espy_emu_link_open(&link, argv[1], NULL, &err) != ESPY_OK)
        return give_up(&err);
    espy_status st = espy_repl_new(&repl, link, &err);
    if (st == ESPY_OK)
        st = boot_and_run(link, repl, write_file, "written", &err);
    if (st == ESPY_OK)
        st = boot_and_run(link, repl, read_file, "same", &err);
    espy_repl_free(repl);
    espy_link_close(link);
    if (st != ESPY_OK)
        return give_up(&err);
    printf("ok\n");
    return 0;
}
