/* SPDX-License-Identifier: MIT
 *
 * The prompt's protocols with MicroPython itself at the other end, on a virtual
 * board that main.py has flashed.  Usage: repl_probe SPEC, where SPEC is what
 * follows "emu:".  Prints "ok", or what went wrong.
 */
#include "espy/machine.h"
#include "espy/repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct probe {
    espy_link *link;
    espy_repl *repl;
    espy_err err;
    espy_repl_result result;
} probe;

static bool complain(const probe *p, const char *what)
{
    printf("%s: %s\n%s%s\n", what, p->err.text, p->result.out != NULL ? p->result.out : "",
           p->result.traceback != NULL ? p->result.traceback : "");
    return false;
}

/* Runs code and looks for words in what it printed, or in its traceback. */
static bool gives(probe *p, const char *code, const char *out, const char *traceback)
{
    p->err = (espy_err){0};
    if (espy_repl_exec(p->repl, code, strlen(code), 0, &p->result, &p->err) != ESPY_OK)
        return complain(p, "exec");
    bool ok = strcmp(p->result.out, out) == 0 &&
              (traceback != NULL ? strstr(p->result.traceback, traceback) != NULL : p->result.traceback_size == 0);
    return ok || complain(p, "another answer");
}

/* 32 KiB of code: 128 windows. */
static bool long_code(probe *p)
{
    enum { SIZE = 32768 };
    static const char line[] = "n += 1  # a line of code that is long enough for a window\n";
    char *code = calloc(1, SIZE + sizeof line);
    if (code == NULL)
        return false;
    strcpy(code, "n = 0\n");
    size_t count = 0, n = strlen(code);
    for (; n + sizeof line < SIZE; n += sizeof line - 1, count++)
        memcpy(code + n, line, sizeof line);
    strcpy(code + n, "print(n)\n");
    char want[32];
    snprintf(want, sizeof want, "%zu\r\n", count);
    bool ok = gives(p, code, want, NULL);
    memcpy(code, "n = )", 5);
    ok = ok && gives(p, code, "", "SyntaxError");
    free(code);
    return ok;
}

static bool endless_code(probe *p)
{
    static const char code[] = "while True: pass\n";
    p->err = (espy_err){0};
    if (espy_repl_exec(p->repl, code, sizeof code - 1, 1000, &p->result, &p->err) != ESPY_E_TIMEOUT)
        return complain(p, "no time-out");
    return gives(p, "print('back')", "back\r\n", NULL);
}

static bool soft_reset(probe *p)
{
    return gives(p, "x = 1\nimport machine\nmachine.soft_reset()\n", "", NULL) && p->result.soft_reset &&
           gives(p, "print(x)", "", "NameError");
}

static bool all(probe *p)
{
    espy_repl_proof proof;
    if (espy_repl_wait(p->repl, NULL, &p->err) != ESPY_OK)
        return complain(p, "wait");
    if (!gives(p, "print('h\303\251', 6*7)", "h\303\251 42\r\n", NULL) || !gives(p, "1/0", "", "ZeroDivisionError"))
        return false;
    if (!long_code(p) || !endless_code(p) || !soft_reset(p))
        return false;
    if (espy_repl_leave(p->repl, &p->err) != ESPY_OK || strncmp(espy_repl_banner(p->repl), "MicroPython v", 13) != 0)
        return complain(p, "leave");
    if (espy_repl_prove(p->repl, &proof, &p->err) != ESPY_OK || !proof.fs_works)
        return complain(p, "prove");
    return true;
}

int main(int argc, char **argv)
{
    probe p = {0};
    if (argc != 2)
        return 2;
    if (espy_emu_link_open(&p.link, argv[1], NULL, &p.err) != ESPY_OK ||
        espy_repl_new(&p.repl, p.link, &p.err) != ESPY_OK)
        return complain(&p, "open") ? 0 : 1;
    bool ok = all(&p);
    if (ok)
        printf("ok\n");
    espy_repl_free(p.repl);
    espy_link_close(p.link);
    return ok ? 0 : 1;
}
