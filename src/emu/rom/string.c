/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: newlib's mem*, str*, and kin.
 *
 * Results are those of the C standard where it defines them, and the ROM's where it
 * does not: what strcmp() and its like return is the difference of the first bytes that
 * differ, a forward memcpy() onto itself repeats in the ROM's pattern, and memcpy() and
 * memset() reach aligned registers of peripherals in words.
 */
#include "native.h"

#include <stdbool.h>
#include <string.h>

/* ---- reading along ---- */

typedef struct cursor {
    const espy_rom_call *call;
    uint32_t addr; /* of the next byte */
    const uint8_t *host;
    size_t left; /* bytes at host */
} cursor;

static cursor at(const espy_rom_call *c, uint32_t addr)
{
    return (cursor){c, addr, NULL, 0};
}

static uint8_t refill(cursor *s)
{
    s->host = espy_rom_view(s->call, s->addr, &s->left);
    if (s->host == NULL) {
        s->left = 0;
        return espy_rom_read8(s->call, s->addr++);
    }
    s->addr++;
    s->left--;
    return *s->host++;
}

static inline uint8_t next(cursor *s)
{
    if (s->left == 0)
        return refill(s);
    s->addr++;
    s->left--;
    return *s->host++;
}

/* How many of n bytes come before the first that is `byte`; n if none is. */
static uint32_t find(const espy_rom_call *c, uint32_t addr, uint8_t byte, uint32_t n)
{
    cursor s = at(c, addr);
    for (uint32_t i = 0; i < n && !espy_rom_denied(c); i++)
        if (next(&s) == byte)
            return i;
    return n;
}

static uint32_t length(const espy_rom_call *c, uint32_t addr)
{
    uint32_t n = 0;
    for (size_t span;; n += (uint32_t)span) {
        const uint8_t *host = espy_rom_view(c, addr + n, &span);
        const uint8_t *end = host != NULL ? memchr(host, 0, span) : NULL;
        if (end != NULL)
            return n + (uint32_t)(end - host);
        if (host == NULL)
            return n + find(c, addr + n, 0, UINT32_MAX);
    }
}

/* ---- copying ---- */

static uint32_t room_in_page(uint32_t addr)
{
    return ESPY_PAGE_SIZE - (addr & (ESPY_PAGE_SIZE - 1));
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void copy_bytes(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    for (uint32_t i = 0; i < n && !espy_rom_denied(c); i++)
        espy_rom_write8(c, to + i, espy_rom_read8(c, from + i));
}

/* Both are loaded before the first is stored. */
static void copy_pair(const espy_rom_call *c, uint32_t to, uint32_t from)
{
    uint8_t low = espy_rom_read8(c, from), high = espy_rom_read8(c, from + 1);
    espy_rom_write8(c, to, low);
    espy_rom_write8(c, to + 1, high);
}

/* A group of words as the ROM's loop copies it: loads run one ahead of stores. */
static void copy_group(const espy_rom_call *c, uint32_t to, uint32_t from, unsigned shift, uint32_t *last, unsigned n)
{
    uint32_t words[5] = {*last};
    for (unsigned stored = 0, loaded = 0; stored < n; stored++) {
        for (; loaded < n && loaded < stored + 2; loaded++)
            words[loaded + 1] = espy_rom_read32(c, from + 4 * loaded);
        uint32_t value = shift == 0 ? words[stored + 1] : words[stored] >> shift | words[stored + 1] << (32 - shift);
        espy_rom_write32(c, to + 4 * stored, value);
    }
    *last = words[n];
}

/* Word by word to an aligned address, in the ROM's order, for what looks at the order: memory
 * that overlaps, and peripherals. */
static void copy_words(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    unsigned shift = 8 * (from & 3);
    uint32_t source = from & ~3u, last = 0, done = 0;
    if (shift != 0 && n >= 4) {
        last = espy_rom_read32(c, source);
        source += 4;
    }
    while (n - done >= 4 && !espy_rom_denied(c)) {
        unsigned words = n - done >= 16 ? 4 : (n & 8) != 0 && n - done >= 8 ? 2 : 1;
        copy_group(c, to + done, source + done, shift, &last, words);
        done += 4 * words;
    }
    if ((n & 2) != 0 && shift == 0)
        espy_rom_put(c, to + done, espy_rom_get(c, from + done, 2), 2);
    else if ((n & 2) != 0)
        copy_pair(c, to + done, from + done);
    done += n & 2;
    copy_bytes(c, to + done, from + done, n & 1);
}

static void copy_in_order(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    uint32_t head = -to & 3, odd = head & 1;
    if (n < (odd != 0 ? 7 : 6) && head != 0) {
        copy_bytes(c, to, from, n);
        return;
    }
    copy_bytes(c, to, from, odd);
    if (head > 1)
        copy_pair(c, to + odd, from + odd);
    copy_words(c, to + head, from + head, n - head);
}

/* Copies what is memory up to the end of a page; the number of bytes, 0 if it is none. */
static uint32_t copy_span(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    size_t readable;
    n = min_u32(n, room_in_page(to));
    const uint8_t *source = espy_rom_view(c, from, &readable);
    n = min_u32(n, (uint32_t)readable);
    uint8_t *host = source != NULL ? espy_rom_edit(c, to, n) : NULL;
    if (host == NULL)
        return 0;
    memmove(host, source, n);
    return n;
}

static void copy(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t n)
{
    bool repeats = to - from < n && to != from;
    while (n > 0) {
        uint32_t span = repeats ? 0 : copy_span(c, to, from, n);
        if (span == 0) {
            copy_in_order(c, to, from, n);
            return;
        }
        to += span;
        from += span;
        n -= span;
    }
}

static void rom_memcpy(espy_rom_call *c)
{
    copy(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2));
}

/* From the end, where the two overlap that way. */
static void rom_memmove(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    if (to - from >= n) {
        copy(c, to, from, n);
        return;
    }
    while (n > 0) {
        uint32_t span =
            min_u32(n, min_u32(((to + n - 1) & (ESPY_PAGE_SIZE - 1)) + 1, ((from + n - 1) & (ESPY_PAGE_SIZE - 1)) + 1));
        n -= span;
        if (copy_span(c, to + n, from + n, span) == 0)
            for (uint32_t i = span; i-- > 0;)
                copy_bytes(c, to + n + i, from + n + i, 1);
    }
}

static void rom_memccpy(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), n = espy_rom_arg(c, 3);
    uint8_t last = (uint8_t)espy_rom_arg(c, 2);
    espy_rom_return(c, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t byte = espy_rom_read8(c, from + i);
        espy_rom_write8(c, to + i, byte);
        if (byte == last) {
            espy_rom_return(c, to + i + 1);
            return;
        }
    }
}

/* ---- filling ---- */

/* Stores as wide as the address allows, but for short pieces that begin unaligned; as the ROM's. */
static void fill_registers(const espy_rom_call *c, uint32_t to, uint8_t byte, uint32_t n)
{
    bool aligned = false, bytewise = false;
    while (n > 0) {
        aligned = aligned || (to & 3) == 0;
        bytewise = bytewise || (!aligned && n < 8);
        unsigned size = bytewise || (to & 1) != 0 || n == 1 ? 1 : (to & 2) != 0 || n < 4 ? 2 : 4;
        espy_rom_put(c, to, byte * 0x01010101u, size);
        to += size;
        n -= size;
    }
}

static void fill(const espy_rom_call *c, uint32_t to, uint8_t byte, uint32_t n)
{
    for (uint32_t span; n > 0 && !espy_rom_denied(c); to += span, n -= span) {
        span = min_u32(n, room_in_page(to));
        uint8_t *host = espy_rom_edit(c, to, span);
        if (host != NULL)
            memset(host, byte, span);
        else
            fill_registers(c, to, byte, span);
    }
}

static void rom_memset(espy_rom_call *c)
{
    fill(c, espy_rom_arg(c, 0), (uint8_t)espy_rom_arg(c, 1), espy_rom_arg(c, 2));
}

static void rom_bzero(espy_rom_call *c)
{
    fill(c, espy_rom_arg(c, 0), 0, espy_rom_arg(c, 1));
}

/* ---- comparing ---- */

/* The difference of the first bytes that differ. */
static int difference(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t i = 0;
    while (i < n && a[i] == b[i])
        i++;
    return i < n ? a[i] - b[i] : 0;
}

static uint8_t same(uint8_t byte)
{
    return byte;
}

static uint8_t to_lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

static uint8_t to_upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? byte - 32 : byte;
}

/* How many bytes from either address on are at hand; 0 if one is no memory. */
static size_t both_at_hand(const espy_rom_call *c, uint32_t left, uint32_t right, const uint8_t *host[2])
{
    size_t a, b;
    host[0] = espy_rom_view(c, left, &a);
    host[1] = espy_rom_view(c, right, &b);
    return host[0] == NULL || host[1] == NULL ? 0 : a < b ? a : b;
}

static inline int compare(const espy_rom_call *c, uint32_t left, uint32_t right, uint32_t n, uint8_t fold(uint8_t))
{
    while (n > 0) {
        const uint8_t *host[2];
        uint8_t one[2];
        size_t span = both_at_hand(c, left, right, host);
        if (span == 0) {
            one[0] = espy_rom_read8(c, left);
            one[1] = espy_rom_read8(c, right);
            host[0] = &one[0];
            host[1] = &one[1];
            span = 1;
        }
        span = span < n ? span : n;
        for (size_t i = 0; i < span; i++) {
            uint8_t x = fold(host[0][i]), y = fold(host[1][i]);
            if (x != y || x == 0)
                return x - y;
        }
        left += (uint32_t)span;
        right += (uint32_t)span;
        n -= (uint32_t)span;
    }
    return 0;
}

static void rom_memcmp(espy_rom_call *c)
{
    uint32_t left = espy_rom_arg(c, 0), right = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    int result = 0;
    while (n > 0 && result == 0 && !espy_rom_denied(c)) {
        const uint8_t *host[2];
        uint32_t span = min_u32((uint32_t)both_at_hand(c, left, right, host), n);
        if (span == 0) {
            result = espy_rom_read8(c, left) - espy_rom_read8(c, right);
            span = 1;
        } else if (memcmp(host[0], host[1], span) != 0) {
            result = difference(host[0], host[1], span);
        }
        left += span;
        right += span;
        n -= span;
    }
    espy_rom_return(c, (uint32_t)result);
}

static void rom_strcmp(espy_rom_call *c)
{
    espy_rom_return(c, (uint32_t)compare(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), UINT32_MAX, same));
}

static void rom_strncmp(espy_rom_call *c)
{
    espy_rom_return(c, (uint32_t)compare(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2), same));
}

static void rom_strcasecmp(espy_rom_call *c)
{
    espy_rom_return(c, (uint32_t)compare(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), UINT32_MAX, to_lower));
}

static void rom_strncasecmp(espy_rom_call *c)
{
    espy_rom_return(c, (uint32_t)compare(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2), to_lower));
}

/* ---- searching ---- */

static void rom_strlen(espy_rom_call *c)
{
    espy_rom_return(c, length(c, espy_rom_arg(c, 0)));
}

static void rom_strnlen(espy_rom_call *c)
{
    espy_rom_return(c, find(c, espy_rom_arg(c, 0), 0, espy_rom_arg(c, 1)));
}

static void rom_memchr(espy_rom_call *c)
{
    uint32_t s = espy_rom_arg(c, 0), n = espy_rom_arg(c, 2);
    uint32_t i = find(c, s, (uint8_t)espy_rom_arg(c, 1), n);
    espy_rom_return(c, i < n ? s + i : 0);
}

static void rom_memrchr(espy_rom_call *c)
{
    uint32_t s = espy_rom_arg(c, 0), n = espy_rom_arg(c, 2);
    while (n > 0 && espy_rom_read8(c, s + n - 1) != (uint8_t)espy_rom_arg(c, 1))
        n--;
    espy_rom_return(c, n > 0 ? s + n - 1 : 0);
}

/* The terminator can be looked for too. */
static void rom_strchr(espy_rom_call *c)
{
    uint8_t wanted = (uint8_t)espy_rom_arg(c, 1), byte;
    cursor s = at(c, espy_rom_arg(c, 0));
    do
        byte = next(&s);
    while (byte != 0 && byte != wanted);
    espy_rom_return(c, byte == wanted ? s.addr - 1 : 0);
}

static void rom_strrchr(espy_rom_call *c)
{
    uint8_t wanted = (uint8_t)espy_rom_arg(c, 1), byte;
    uint32_t found = 0;
    cursor s = at(c, espy_rom_arg(c, 0));
    do {
        byte = next(&s);
        if (byte == wanted)
            found = s.addr - 1;
    } while (byte != 0);
    espy_rom_return(c, found);
}

/* The bytes of a string, as a set. */
typedef struct byte_set {
    bool has[256];
} byte_set;

static byte_set set_of(const espy_rom_call *c, uint32_t addr)
{
    byte_set set = {{false}};
    cursor s = at(c, addr);
    for (uint8_t byte; (byte = next(&s)) != 0;)
        set.has[byte] = true;
    return set;
}

/* How many bytes at the start of a string are in the set, or are not. */
static uint32_t span_of(const espy_rom_call *c, uint32_t addr, const byte_set *set, bool in)
{
    cursor s = at(c, addr);
    for (uint32_t n = 0;; n++) {
        uint8_t byte = next(&s);
        if (byte == 0 || set->has[byte] != in)
            return n;
    }
}

static void rom_strspn(espy_rom_call *c)
{
    byte_set set = set_of(c, espy_rom_arg(c, 1));
    espy_rom_return(c, span_of(c, espy_rom_arg(c, 0), &set, true));
}

static void rom_strcspn(espy_rom_call *c)
{
    byte_set set = set_of(c, espy_rom_arg(c, 1));
    espy_rom_return(c, span_of(c, espy_rom_arg(c, 0), &set, false));
}

static uint32_t search(const espy_rom_call *c, uint8_t fold(uint8_t))
{
    uint32_t s = espy_rom_arg(c, 0), wanted = espy_rom_arg(c, 1), n = length(c, wanted);
    for (uint32_t rest = length(c, s); rest >= n; rest--, s++)
        if (compare(c, s, wanted, n, fold) == 0)
            return s;
    return 0;
}

static void rom_strstr(espy_rom_call *c)
{
    espy_rom_return(c, search(c, same));
}

static void rom_strcasestr(espy_rom_call *c)
{
    espy_rom_return(c, search(c, to_lower));
}

/* ---- tokens ---- */

/* What strtok_r() and strsep() share: cuts at the first byte of the set and keeps in
 * *rest where to go on; leading separators are skipped, or each ends an empty token. */
static uint32_t token(const espy_rom_call *c, uint32_t s, uint32_t separators, uint32_t rest, bool skip)
{
    if (s == 0)
        s = espy_rom_read32(c, rest);
    if (s == 0)
        return 0;
    byte_set set = set_of(c, separators);
    if (skip)
        s += span_of(c, s, &set, true);
    if (espy_rom_read8(c, s) == 0) {
        espy_rom_write32(c, rest, 0);
        return 0;
    }
    uint32_t end = s + span_of(c, s, &set, false);
    bool last = espy_rom_read8(c, end) == 0;
    if (!last)
        espy_rom_write8(c, end, 0);
    espy_rom_write32(c, rest, last ? 0 : end + 1);
    return s;
}

static void rom_strtok_r(espy_rom_call *c)
{
    espy_rom_return(c, token(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2), true));
}

static void rom_strsep(espy_rom_call *c)
{
    uint32_t rest = espy_rom_arg(c, 0);
    espy_rom_return(c, token(c, espy_rom_read32(c, rest), espy_rom_arg(c, 1), rest, false));
}

/* ---- copying strings ---- */

static void rom_strcpy(espy_rom_call *c)
{
    uint32_t from = espy_rom_arg(c, 1);
    copy(c, espy_rom_arg(c, 0), from, length(c, from) + 1);
}

static void rom_strncpy(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    uint32_t text = find(c, from, 0, n);
    copy(c, to, from, text);
    fill(c, to + text, 0, n - text);
}

static void rom_strlcpy(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    uint32_t text = length(c, from), kept = min_u32(text, n - 1);
    if (n > 0) {
        copy(c, to, from, kept);
        espy_rom_write8(c, to + kept, 0);
    }
    espy_rom_return(c, text);
}

static void rom_strcat(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1);
    copy(c, to + length(c, to), from, length(c, from) + 1);
}

static void rom_strncat(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1);
    uint32_t end = to + length(c, to), text = find(c, from, 0, espy_rom_arg(c, 2));
    copy(c, end, from, text);
    espy_rom_write8(c, end + text, 0);
}

static void rom_strlcat(espy_rom_call *c)
{
    uint32_t to = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    uint32_t before = find(c, to, 0, n), text = length(c, from);
    if (before < n) {
        uint32_t kept = min_u32(text, n - before - 1);
        copy(c, to + before, from, kept);
        espy_rom_write8(c, to + before + kept, 0);
    }
    espy_rom_return(c, before + text);
}

static void fold_string(const espy_rom_call *c, uint8_t fold(uint8_t))
{
    cursor s = at(c, espy_rom_arg(c, 0));
    for (uint8_t byte; (byte = next(&s)) != 0;)
        espy_rom_write8(c, s.addr - 1, fold(byte));
}

static void rom_strlwr(espy_rom_call *c)
{
    fold_string(c, to_lower);
}

static void rom_strupr(espy_rom_call *c)
{
    fold_string(c, to_upper);
}

/* ---- copies that the guest's heap holds ---- */

/* newlib's syscall_table_ptr, which firmware sets to a table of its own functions. */
enum { SYSCALL_TABLE_PTR = 0x3fceffd4, GETREENT = 0, MALLOC_R = 4 };

static uint32_t system_call(const espy_rom_call *c, uint32_t offset)
{
    return espy_rom_read32(c, espy_rom_read32(c, SYSCALL_TABLE_PTR) + offset);
}

static void duplicate(espy_rom_call *c, uint32_t from, uint32_t text)
{
    switch (c->step) {
    case 0: espy_rom_guest(c, 1, system_call(c, GETREENT), 0, NULL); break;
    case 1: espy_rom_guest(c, 2, system_call(c, MALLOC_R), 2, (const uint32_t[]){espy_rom_result(c), text + 1}); break;
    default: {
        uint32_t to = espy_rom_result(c);
        if (to != 0) {
            copy(c, to, from, text);
            espy_rom_write8(c, to + text, 0);
        }
        espy_rom_return(c, to);
        break;
    }
    }
}

static void rom_strdup(espy_rom_call *c)
{
    uint32_t from = espy_rom_arg(c, 0);
    duplicate(c, from, length(c, from));
}

static void rom_strndup(espy_rom_call *c)
{
    uint32_t from = espy_rom_arg(c, 0);
    duplicate(c, from, find(c, from, 0, espy_rom_arg(c, 1)));
}

/* ---- characters ---- */

/* newlib's classes, for ASCII; the ROM's locale knows no others. */
enum { UPPER = 1, LOWER = 2, DIGIT = 4, SPACE = 8, PUNCT = 16, CONTROL = 32, HEX = 64, BLANK = 128 };

static unsigned class_of(uint32_t character)
{
    if (character == ' ')
        return SPACE | BLANK;
    if (character < 0x20 || character == 0x7f)
        return character >= '\t' && character <= '\r' ? CONTROL | SPACE : CONTROL;
    if (character > 0x7f)
        return 0;
    if (character >= '0' && character <= '9')
        return DIGIT;
    uint8_t lower = to_lower((uint8_t)character);
    if (lower < 'a' || lower > 'z')
        return PUNCT;
    return (lower == character ? LOWER : UPPER) | (lower <= 'f' ? HEX : 0);
}

static void classify(espy_rom_call *c, unsigned classes)
{
    espy_rom_return(c, class_of(espy_rom_arg(c, 0)) & classes);
}

static void rom_isalnum(espy_rom_call *c)
{
    classify(c, UPPER | LOWER | DIGIT);
}

static void rom_isalpha(espy_rom_call *c)
{
    classify(c, UPPER | LOWER);
}

static void rom_iscntrl(espy_rom_call *c)
{
    classify(c, CONTROL);
}

static void rom_isdigit(espy_rom_call *c)
{
    classify(c, DIGIT);
}

static void rom_isgraph(espy_rom_call *c)
{
    classify(c, UPPER | LOWER | DIGIT | PUNCT);
}

static void rom_isprint(espy_rom_call *c)
{
    classify(c, UPPER | LOWER | DIGIT | PUNCT | BLANK);
}

static void rom_ispunct(espy_rom_call *c)
{
    classify(c, PUNCT);
}

static void rom_isspace(espy_rom_call *c)
{
    classify(c, SPACE);
}

/* These three say 1. */
static void rom_islower(espy_rom_call *c)
{
    espy_rom_return(c, (class_of(espy_rom_arg(c, 0)) & LOWER) != 0);
}

static void rom_isupper(espy_rom_call *c)
{
    espy_rom_return(c, (class_of(espy_rom_arg(c, 0)) & UPPER) != 0);
}

static void rom_isblank(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_arg(c, 0) == ' ' || espy_rom_arg(c, 0) == '\t');
}

static void rom_isascii(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_arg(c, 0) < 0x80);
}

static void rom_toascii(espy_rom_call *c)
{
    espy_rom_return(c, espy_rom_arg(c, 0) & 0x7f);
}

static void rom_tolower(espy_rom_call *c)
{
    uint32_t character = espy_rom_arg(c, 0);
    espy_rom_return(c, character < 0x80 ? to_lower((uint8_t)character) : character);
}

static void rom_toupper(espy_rom_call *c)
{
    uint32_t character = espy_rom_arg(c, 0);
    espy_rom_return(c, character < 0x80 ? to_upper((uint8_t)character) : character);
}

const espy_rom_function espy_rom_string_functions[] = {
    {.name = "memset", .run = rom_memset},
    {.name = "memcpy", .run = rom_memcpy},
    {.name = "memmove", .run = rom_memmove},
    {.name = "memcmp", .run = rom_memcmp},
    {.name = "memccpy", .run = rom_memccpy},
    {.name = "memchr", .run = rom_memchr},
    {.name = "memrchr", .run = rom_memrchr},
    {.name = "bzero", .run = rom_bzero},
    {.name = "strcpy", .run = rom_strcpy},
    {.name = "strncpy", .run = rom_strncpy},
    {.name = "strlcpy", .run = rom_strlcpy},
    {.name = "strcat", .run = rom_strcat},
    {.name = "strncat", .run = rom_strncat},
    {.name = "strlcat", .run = rom_strlcat},
    {.name = "strcmp", .run = rom_strcmp},
    {.name = "strcoll", .run = rom_strcmp},
    {.name = "strncmp", .run = rom_strncmp},
    {.name = "strcasecmp", .run = rom_strcasecmp},
    {.name = "strncasecmp", .run = rom_strncasecmp},
    {.name = "strlen", .run = rom_strlen},
    {.name = "strnlen", .run = rom_strnlen},
    {.name = "strchr", .run = rom_strchr},
    {.name = "strrchr", .run = rom_strrchr},
    {.name = "strspn", .run = rom_strspn},
    {.name = "strcspn", .run = rom_strcspn},
    {.name = "strstr", .run = rom_strstr},
    {.name = "strcasestr", .run = rom_strcasestr},
    {.name = "strtok_r", .run = rom_strtok_r},
    {.name = "strsep", .run = rom_strsep},
    {.name = "strlwr", .run = rom_strlwr},
    {.name = "strupr", .run = rom_strupr},
    {.name = "strdup", .run = rom_strdup, .kind = ESPY_ROM_STEPS},
    {.name = "strndup", .run = rom_strndup, .kind = ESPY_ROM_STEPS},
    {.name = "isalnum", .run = rom_isalnum},
    {.name = "isalpha", .run = rom_isalpha},
    {.name = "isascii", .run = rom_isascii},
    {.name = "isblank", .run = rom_isblank},
    {.name = "iscntrl", .run = rom_iscntrl},
    {.name = "isdigit", .run = rom_isdigit},
    {.name = "isgraph", .run = rom_isgraph},
    {.name = "islower", .run = rom_islower},
    {.name = "isprint", .run = rom_isprint},
    {.name = "ispunct", .run = rom_ispunct},
    {.name = "isspace", .run = rom_isspace},
    {.name = "isupper", .run = rom_isupper},
    {.name = "toascii", .run = rom_toascii},
    {.name = "tolower", .run = rom_tolower},
    {.name = "toupper", .run = rom_toupper},
    {0},
};
