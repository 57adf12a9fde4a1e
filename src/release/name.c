/* SPDX-License-Identifier: MIT
 *
 * Versions, and the names of published images:
 * BOARD[-VARIANT]-YYYYMMDD-[unstable-]vVERSION.bin, as MicroPython's
 * tools/autobuild names them since v1.12.  Left out: other kinds of file (.elf,
 * .map, .uf2, .app-bin).
 */
#include "espy/release.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 9999, DATE_DIGITS = 8 };

/* A piece of text that is being read. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static bool take(cursor *c, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0)
        return false;
    c->at += n;
    return true;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool take_number(cursor *c, unsigned *number)
{
    unsigned v = 0;
    const char *start = c->at;
    while (c->at < c->end && is_digit(*c->at) && v <= NUMBER_MAX)
        v = v * 10 + (unsigned)(*c->at++ - '0');
    *number = v;
    return c->at > start && v <= NUMBER_MAX;
}

static bool is_name_char(char ch)
{
    return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || is_digit(ch) || ch == '_';
}

/* Copies letters, digits and underscores up to the next "-". */
static bool take_word(cursor *c, char *word, size_t cap)
{
    size_t n = 0;
    while (c->at < c->end && is_name_char(*c->at) && n + 1 < cap)
        word[n++] = *c->at++;
    word[n] = '\0';
    return n > 0 && take(c, "-");
}

static bool take_date(cursor *c, uint32_t *date)
{
    uint32_t v = 0;
    cursor d = *c;
    for (int i = 0; i < DATE_DIGITS; i++) {
        if (d.at == d.end || !is_digit(*d.at))
            return false;
        v = v * 10 + (uint32_t)(*d.at++ - '0');
    }
    if (!take(&d, "-"))
        return false;
    *date = v;
    *c = d;
    return true;
}

/* The whole of what is left: 1.23, 1.23.0, or either followed by "-" and the
 * marks of a build between releases. */
static bool take_version(cursor *c, espy_version *version)
{
    *version = (espy_version){0};
    if (!take_number(c, &version->major) || !take(c, ".") || !take_number(c, &version->minor))
        return false;
    if (take(c, ".") && !take_number(c, &version->patch))
        return false;
    version->preview = take(c, "-");
    while (version->preview && c->at < c->end && (is_name_char(*c->at) || strchr(".-+", *c->at) != NULL))
        c->at++;
    return c->at == c->end;
}

espy_status espy_version_parse(espy_version *version, const char *text, espy_err *err)
{
    cursor c = {text, text + strlen(text)};
    take(&c, "v");
    if (take_version(&c, version))
        return ESPY_OK;
    espy_fail(err, ESPY_E_ARG, "\"%.60s\" is not a version", text);
    espy_advise(err, "A version looks like 1.23.0.");
    return ESPY_E_ARG;
}

int espy_version_compare(const espy_version *a, const espy_version *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    if (a->patch != b->patch)
        return a->patch < b->patch ? -1 : 1;
    return (int)b->preview - (int)a->preview;
}

bool espy_release_parse_name(espy_release *release, const char *name, size_t n)
{
    cursor c = {name, name + n};
    *release = (espy_release){0};
    if (n >= sizeof release->file || n < 4 || memcmp(c.end - 4, ".bin", 4) != 0)
        return false;
    c.end -= 4;
    if (!take_word(&c, release->board, sizeof release->board))
        return false;
    if (!take_date(&c, &release->date)) {
        if (!take_word(&c, release->variant, sizeof release->variant) || !take_date(&c, &release->date))
            return false;
    }
    bool unstable = take(&c, "unstable-");
    if (!take(&c, "v") || !take_version(&c, &release->version))
        return false;
    release->version.preview = release->version.preview || unstable;
    memcpy(release->file, name, n);
    return true;
}
