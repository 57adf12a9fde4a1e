/* SPDX-License-Identifier: MIT
 *
 * Having MicroPython itself say what the board has.  Each answer is a line
 * "key<TAB>value", or "!key<TAB>exception" where asking failed, so that a
 * function which some build lacks costs one answer and not the proof.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Alone and first: what follows needs memory itself. */
static const char ask_memory[] = "import gc\n"
                                 "print('mem_free',gc.mem_free(),sep='\\t')\n";

static const char ask_system[] = "import sys,os\n"
                                 "i=sys.implementation\n"
                                 "def q(k,f):\n"
                                 " try:print(k,f(),sep='\\t')\n"
                                 " except Exception as e:print('!'+k,repr(e),sep='\\t')\n"
                                 "def v():\n"
                                 " v=i.version\n"
                                 " return '.'.join(str(x) for x in v[:3])+('-'+v[3] if len(v)>3 and v[3] else '')\n"
                                 "def m():\n"
                                 " return getattr(i,'_machine',None) or os.uname().machine\n"
                                 "def s():\n"
                                 " import esp\n"
                                 " return esp.flash_size()\n"
                                 "q('name',lambda:i.name)\n"
                                 "q('version',v)\n"
                                 "q('machine',m)\n"
                                 "q('platform',lambda:sys.platform)\n"
                                 "q('flash_size',s)\n";

/* The file is new and its name unlikely; it goes even when a step fails. */
static const char ask_files[] = "import os\n"
                                "def v():\n"
                                " s=os.statvfs('/')\n"
                                " print('fs_bytes',s[1]*s[2],sep='\\t')\n"
                                " print('fs_free',s[1]*s[3],sep='\\t')\n"
                                "def w():\n"
                                " n='/espy-proof.tmp'\n"
                                " b=bytes(range(64))\n"
                                " try:\n"
                                "  with open(n,'wb') as f:f.write(b)\n"
                                "  if hasattr(os,'sync'):os.sync()\n"
                                "  with open(n,'rb') as f:r=f.read()\n"
                                " finally:\n"
                                "  try:os.remove(n)\n"
                                "  except OSError:pass\n"
                                " print('fs_works',1 if r==b else 0,sep='\\t')\n"
                                "for k,f in (('fs_bytes',v),('fs_works',w)):\n"
                                " try:f()\n"
                                " except Exception as e:\n"
                                "  print('!'+k,repr(e),sep='\\t')\n"
                                "  break\n";

/* Making a file on a slow, full flash takes its erase times. */
enum { FILES_MS = 20000 };

static bool is(const char *key, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(key, name, n) == 0;
}

static uint64_t number(const char *value, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n && value[i] >= '0' && value[i] <= '9'; i++)
        v = v > (UINT64_MAX - 9) / 10 ? v : v * 10 + (uint64_t)(value[i] - '0');
    return v;
}

static void take_failure(espy_repl_proof *proof, const char *key, size_t nk, const char *value, size_t nv)
{
    char why[120];
    espy_repl_printable(why, sizeof why, value, nv);
    if (is(key, nk, "!fs_bytes"))
        snprintf(proof->warning, sizeof proof->warning, "there is no file system on / (os.statvfs: %s)", why);
    else if (is(key, nk, "!fs_works"))
        snprintf(proof->warning, sizeof proof->warning, "a file on / cannot be written and read back (%s)", why);
}

static void take_answer(espy_repl_proof *proof, const char *key, size_t nk, const char *value, size_t nv)
{
    const struct {
        const char *key;
        char *text;
        size_t cap;
    } texts[] = {
        {"name", proof->name, sizeof proof->name},
        {"version", proof->version, sizeof proof->version},
        {"machine", proof->machine, sizeof proof->machine},
        {"platform", proof->platform, sizeof proof->platform},
    };
    const struct {
        const char *key;
        uint64_t *number;
    } numbers[] = {
        {"mem_free", &proof->mem_free},
        {"flash_size", &proof->flash_size},
        {"fs_bytes", &proof->fs_bytes},
        {"fs_free", &proof->fs_free},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is(key, nk, texts[i].key))
            espy_repl_printable(texts[i].text, texts[i].cap, value, nv);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (is(key, nk, numbers[i].key))
            *numbers[i].number = number(value, nv);
    if (is(key, nk, "fs_works"))
        proof->fs_works = nv > 0 && value[0] == '1';
}

void espy_repl_proof_parse(espy_repl_proof *proof, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t end = at, tab;
        while (end < n && text[end] != '\n')
            end++;
        for (tab = at; tab < end && text[tab] != '\t';)
            tab++;
        if (tab < end && text[at] == '!')
            take_failure(proof, text + at, tab - at, text + tab + 1, end - tab - 1);
        else if (tab < end)
            take_answer(proof, text + at, tab - at, text + tab + 1, end - tab - 1);
        at = end + 1;
    }
}

static espy_status ask(espy_repl *repl, const char *code, uint32_t timeout_ms, espy_repl_proof *proof, espy_err *err)
{
    espy_repl_result result;
    espy_status st = espy_repl_exec(repl, code, strlen(code), timeout_ms, &result, err);
    if (st != ESPY_OK)
        return st;
    espy_repl_proof_parse(proof, result.out, result.out_size);
    if (result.traceback_size == 0)
        return ESPY_OK;
    char line[120];
    espy_repl_last_line(&repl->traceback, line, sizeof line);
    return espy_fail(err, ESPY_E_DEVICE, "the prompt on %s works, but a question to it failed: %s", repl->link->name,
                     line);
}

/* A full file system is one that works, of which this proof found no room. */
static void judge_files(espy_repl_proof *proof)
{
    if (proof->fs_works)
        return;
    if (proof->fs_bytes == 0 && strncmp(proof->warning, "there is", 8) != 0)
        snprintf(proof->warning, sizeof proof->warning, "there is no file system on / (os.statvfs: 0 bytes)");
    else if (proof->warning[0] == '\0')
        snprintf(proof->warning, sizeof proof->warning, "a file on / reads back other than it was written");
    if (proof->fs_bytes > 0 && proof->fs_free == 0)
        snprintf(proof->warning, sizeof proof->warning, "the file system on / is full");
    else
        proof->fs_bytes = 0;
}

espy_status espy_repl_prove(espy_repl *repl, espy_repl_proof *proof, espy_err *err)
{
    *proof = (espy_repl_proof){0};
    espy_status st = espy_repl_enter(repl, err);
    if (st == ESPY_OK)
        st = ask(repl, ask_memory, 0, proof, err);
    if (st == ESPY_OK)
        st = ask(repl, ask_system, 0, proof, err);
    if (st == ESPY_OK)
        st = ask(repl, ask_files, FILES_MS, proof, err);
    if (st == ESPY_OK)
        st = espy_repl_leave(repl, err);
    if (st != ESPY_OK)
        return st;
    judge_files(proof);
    snprintf(proof->banner, sizeof proof->banner, "%s", repl->banner);
    return ESPY_OK;
}
