/* SPDX-License-Identifier: MIT
 *
 * The images that a download page links to.  Only href attributes are looked at,
 * and of these only what ends in the name of a published image; how the page is
 * laid out does not matter.
 */
#include "espy/release.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 4096 };

typedef struct list {
    espy_release *items;
    size_t count, cap;
} list;

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static char lower(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* The next href attribute's name at or after `at`, or end. */
static const char *find_href(const char *at, const char *end)
{
    for (; end - at >= 4; at++)
        if (lower(at[0]) == 'h' && lower(at[1]) == 'r' && lower(at[2]) == 'e' && lower(at[3]) == 'f')
            return at;
    return end;
}

/* The attribute's value, quoted or not; returns where it starts, and its length. */
static const char *href_value(const char *at, const char *end, size_t *n)
{
    *n = 0;
    at = skip_space(at + 4, end);
    if (at == end || *at != '=')
        return at;
    at = skip_space(at + 1, end);
    char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
    const char *start = at;
    while (at < end && (quote != '\0' ? *at != quote : !is_space(*at) && *at != '>'))
        at++;
    *n = (size_t)(at - start);
    return start;
}

static bool known(const list *l, const char *file)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i].file, file) == 0)
            return true;
    return false;
}

static espy_status add(list *l, const espy_release *release, espy_err *err)
{
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 64 : l->cap * 2;
        espy_release *items = realloc(l->items, cap * sizeof *items);
        if (items == NULL)
            return espy_fail(err, ESPY_E_MEMORY, "no memory for a list of %zu releases", cap);
        l->items = items;
        l->cap = cap;
    }
    l->items[l->count++] = *release;
    return ESPY_OK;
}

/* What a link names: the part behind its last slash, before a query or fragment. */
static bool link_release(espy_release *release, const char *link, size_t n)
{
    size_t end = 0, start = 0;
    while (end < n && link[end] != '?' && link[end] != '#')
        end++;
    for (size_t i = 0; i < end; i++)
        if (link[i] == '/')
            start = i + 1;
    if (n >= sizeof release->link || memchr(link, '\0', n) != NULL ||
        !espy_release_parse_name(release, link + start, end - start))
        return false;
    memcpy(release->link, link, n);
    return true;
}

espy_status espy_release_parse_page(espy_release **items, size_t *count, const char *page, size_t n, espy_err *err)
{
    list l = {0};
    espy_status st = ESPY_OK;
    const char *end = page + n;
    for (const char *at = find_href(page, end); at < end && st == ESPY_OK; at = find_href(at, end)) {
        size_t len;
        espy_release release;
        const char *value = href_value(at, end, &len);
        if (link_release(&release, value, len) && l.count < LIST_MAX && !known(&l, release.file))
            st = add(&l, &release, err);
        at = value + len > at + 4 ? value + len : at + 4;
    }
    *items = l.items;
    *count = l.count;
    if (st == ESPY_OK)
        return ESPY_OK;
    free(l.items);
    *items = NULL;
    *count = 0;
    return st;
}
