/* SPDX-License-Identifier: MIT
 *
 * The compressor; see the header.
 */
#include "deflate.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MATCH_MIN = 3,
    MATCH_MAX = 258,
    FAR = 4096, /* a match of three bytes from beyond costs more than they do */
    END_OF_BLOCK = 256,
    MATCH = 256, /* in a token */
    BITS_MAX = 15,
    LENGTH_BITS_MAX = 7,
    REPEAT = 16,    /* of a length of a code: the one before 3 to 6 times */
    ZEROS = 17,     /* 3 to 10 */
    MORE_ZEROS = 18 /* 11 to 138 */
};

struct match {
    uint32_t length, distance; /* length < MATCH_MIN: none */
};

static unsigned log_2(uint32_t n)
{
    return 31u - (unsigned)__builtin_clz(n);
}

/* ---- matches ---- */

/* Enters a place into its chain; returns the one before it, + 1. */
static inline uint32_t enter(struct deflate *d, uint32_t at)
{
    const uint8_t *p = d->in + at;
    uint32_t key = (uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24;
    uint16_t *head = &d->head[key * 0x9e3779b1u >> 20];
    uint32_t before = *head;
    d->prev[at] = (uint16_t)before;
    *head = (uint16_t)(at + 1);
    return before;
}

/* Enters a place and looks for a match longer than `least` there. */
static struct match search(struct deflate *d, uint32_t at, uint32_t least, const struct effort *effort)
{
    struct match found = {least, 0};
    uint32_t left = d->size - at, most = left < MATCH_MAX ? left : MATCH_MAX;
    if (left < MATCH_MIN || most <= least)
        return found;
    uint32_t cand = enter(d, at);
    const uint8_t *in = d->in, *here = in + at;
    for (unsigned chain = effort->chain; cand != 0 && chain > 0; chain--) {
        const uint8_t *there = in + cand - 1;
        if (there[found.length] == here[found.length] && there[0] == here[0] && there[1] == here[1] &&
            there[2] == here[2]) {
            uint32_t n = MATCH_MIN;
            while (n < most && there[n] == here[n])
                n++;
            if (n > found.length && (n > MATCH_MIN || here - there <= FAR)) {
                found = (struct match){n, (uint32_t)(here - there)};
                if (n >= effort->good || n == most)
                    break;
            }
        }
        cand = d->prev[cand - 1];
    }
    return found;
}

static inline unsigned distance_symbol(uint32_t less_1)
{
    if (less_1 < 2)
        return less_1;
    unsigned n = log_2(less_1);
    return 2 * n + (less_1 >> (n - 1) & 1);
}

static inline unsigned length_symbol(uint32_t less_3)
{
    if (less_3 < 8)
        return 257 + less_3;
    if (less_3 == MATCH_MAX - MATCH_MIN)
        return 285;
    unsigned n = log_2(less_3);
    return 257 + 4 * (n - 1) + (less_3 >> (n - 2) & 3);
}

static void take_literal(struct deflate *d, uint8_t byte)
{
    *d->end++ = byte;
    d->literals[byte]++;
}

static void take_match(struct deflate *d, const struct match *m)
{
    *d->end++ = (uint16_t)(MATCH + m->length - MATCH_MIN);
    *d->end++ = (uint16_t)(m->distance - 1);
    d->literals[length_symbol(m->length - MATCH_MIN)]++;
    d->distances[distance_symbol(m->distance - 1)]++;
}

/* A match gives way to a longer one that begins a byte later. */
static void find_tokens(struct deflate *d, const struct effort *effort)
{
    struct match m = {0, 0};
    for (uint32_t at = 0; at < d->size;) {
        if (m.length < MATCH_MIN)
            m = search(d, at, MATCH_MIN - 1, effort);
        if (m.length < MATCH_MIN) {
            take_literal(d, d->in[at++]);
            continue;
        }
        uint32_t next = at + 1;
        if (m.length < effort->good) {
            struct match later = search(d, next++, m.length, effort);
            if (later.length > m.length) {
                take_literal(d, d->in[at++]);
                m = later;
                continue;
            }
        }
        take_match(d, &m);
        at += m.length;
        m.length = 0;
        for (; next < at; next++)
            if (next + MATCH_MIN <= d->size)
                enter(d, next);
    }
}

/* ---- codes ---- */

/* The symbols that come, as count << 9 | symbol, the rarest first; at least two, since not all
 * decoders take a code of one. */
static unsigned sort(const uint32_t *counts, unsigned n, uint32_t *sorted)
{
    unsigned used = 0;
    for (unsigned i = 0; i < n; i++)
        if (counts[i] != 0)
            sorted[used++] = counts[i] << 9 | i;
    for (unsigned i = 0; used < 2; i++)
        if (counts[i] == 0)
            sorted[used++] = i;
    for (unsigned gap = used / 2; gap > 0; gap /= 2)
        for (unsigned i = gap; i < used; i++) {
            uint32_t key = sorted[i];
            unsigned to = i;
            for (; to >= gap && sorted[to - gap] > key; to -= gap)
                sorted[to] = sorted[to - gap];
            sorted[to] = key;
        }
    return used;
}

/* How many codes there are of each length in Huffman's tree: the two rarest of what is left
 * become one, until one is left.  What becomes one is never rarer than what did before. */
static void count_lengths(struct deflate *d, unsigned n, unsigned most, uint16_t *by_length)
{
    uint32_t *sorted = d->sorted, *weight = d->weight;
    uint16_t *parent = d->parent; /* of the symbols, then of the nodes; then their depths */
    unsigned symbol = 0, node = 0;
    for (unsigned made = 0; made < n - 1; made++) {
        weight[made] = 0;
        for (unsigned i = 0; i < 2; i++) {
            bool rarer = symbol < n && (node == made || sorted[symbol] >> 9 <= weight[node]);
            weight[made] += rarer ? sorted[symbol] >> 9 : weight[node];
            parent[rarer ? symbol++ : n + node++] = (uint16_t)(n + made);
        }
    }
    parent[2 * n - 2] = 0;
    for (unsigned i = 2 * n - 2; i-- > 0;) {
        parent[i] = (uint16_t)(parent[parent[i]] + 1);
        if (i < n)
            by_length[parent[i] < most ? parent[i] : most]++;
    }
}

/* Where some were longer than they may be: a shorter code gives up its place to two. */
static void limit_lengths(unsigned most, uint16_t *by_length)
{
    uint32_t total = 0;
    for (unsigned i = 1; i <= most; i++)
        total += (uint32_t)by_length[i] << (most - i);
    for (; total > 1u << most; total--) {
        unsigned i = most - 1;
        while (by_length[i] == 0)
            i--;
        by_length[i]--;
        by_length[i + 1] += 2;
        by_length[most]--;
    }
}

static uint32_t reversed(uint32_t code, unsigned n)
{
    uint32_t r = 0;
    for (; n > 0; n--, code >>= 1)
        r = r << 1 | (code & 1);
    return r;
}

/* From counts to codes; returns the bits that the symbols take. */
static uint32_t make_code(struct deflate *d, uint32_t *symbols, unsigned n, unsigned most)
{
    uint32_t *sorted = d->sorted, bits = 0, code = 0;
    uint16_t by_length[BITS_MAX + 1] = {0};
    uint32_t next[BITS_MAX + 1];
    unsigned used = sort(symbols, n, sorted);
    count_lengths(d, used, most, by_length);
    limit_lengths(most, by_length);
    for (unsigned i = 0; i < n; i++)
        symbols[i] = 0;
    for (unsigned length = most, i = 0; length > 0; length--)
        for (unsigned left = by_length[length]; left > 0; left--, i++) {
            symbols[sorted[i] & 511] = length;
            bits += (sorted[i] >> 9) * length;
        }
    for (unsigned length = 1; length <= most; length++) {
        next[length] = code;
        code = (code + by_length[length]) << 1;
    }
    for (unsigned i = 0; i < n; i++)
        if (symbols[i] != 0)
            symbols[i] |= reversed(next[symbols[i]]++, symbols[i]) << 4;
    return bits;
}

/* ---- the stream ---- */

struct bits {
    uint8_t *to;
    uint32_t held;
    unsigned n;
};

/* At most 17 bits at a time. */
static inline void put(struct bits *b, uint32_t value, unsigned n)
{
    b->held |= value << b->n;
    for (b->n += n; b->n >= 8; b->n -= 8, b->held >>= 8)
        *b->to++ = (uint8_t)b->held;
}

static inline void put_symbol(struct bits *b, uint32_t code)
{
    put(b, code >> 4, code & 15);
}

/* The lengths of both codes as symbols of a third. */
static void pack_lengths(struct deflate *d, unsigned literals, unsigned distances)
{
    static const uint8_t least[] = {[REPEAT - REPEAT] = 3, [ZEROS - REPEAT] = 3, [MORE_ZEROS - REPEAT] = 11};
    static const uint8_t most[] = {[REPEAT - REPEAT] = 6, [ZEROS - REPEAT] = 10, [MORE_ZEROS - REPEAT] = 138};
    unsigned total = literals + distances;
    uint16_t *packed = d->packed;
    uint8_t all[DEFLATE_LITERALS + DEFLATE_DISTANCES + 1];
    for (unsigned i = 0; i < total; i++)
        all[i] = (i < literals ? d->literals[i] : d->distances[i - literals]) & 15;
    all[total] = 0xff;
    for (unsigned at = 0; at < total;) {
        uint8_t length = all[at];
        unsigned same = 1, symbol = length;
        while (all[at + same] == length)
            same++;
        bool repeats = at > 0 && all[at - 1] == length;
        if (length == 0 && same >= least[ZEROS - REPEAT])
            symbol = same < least[MORE_ZEROS - REPEAT] ? ZEROS : MORE_ZEROS;
        else if (length != 0 && repeats && same >= least[0])
            symbol = REPEAT;
        if (symbol < REPEAT) {
            same = 1;
            *packed++ = (uint16_t)symbol;
        } else {
            if (same > most[symbol - REPEAT])
                same = most[symbol - REPEAT];
            *packed++ = (uint16_t)(symbol | (same - least[symbol - REPEAT]) << 8);
        }
        d->lengths[symbol]++;
        at += same;
    }
    d->n_packed = (unsigned)(packed - d->packed);
}

static unsigned extra_bits(unsigned length)
{
    static const uint8_t bits[] = {2, 3, 7};
    return length < REPEAT ? 0 : bits[length - REPEAT];
}

static unsigned highest(const uint32_t *symbols, unsigned n, unsigned least)
{
    while (n > least && symbols[n - 1] == 0)
        n--;
    return n;
}

static const uint8_t order[DEFLATE_LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static void put_header(const struct deflate *d, struct bits *b, unsigned literals, unsigned distances, unsigned lengths)
{
    put(b, 5, 3); /* the last block, with codes of its own */
    put(b, literals - 257, 5);
    put(b, distances - 1, 5);
    put(b, lengths - 4, 4);
    for (unsigned i = 0; i < lengths; i++)
        put(b, d->lengths[order[i]] & 15, 3);
    for (unsigned i = 0; i < d->n_packed; i++) {
        unsigned symbol = d->packed[i] & 0xff;
        put_symbol(b, d->lengths[symbol]);
        put(b, d->packed[i] >> 8, extra_bits(symbol));
    }
}

static void put_match(const struct deflate *d, struct bits *b, uint32_t less_3, uint32_t less_1)
{
    unsigned symbol = length_symbol(less_3);
    put_symbol(b, d->literals[symbol]);
    if (symbol >= 265 && symbol < 285) {
        unsigned n = log_2(less_3) - 2;
        put(b, less_3 & ((1u << n) - 1), n);
    }
    put_symbol(b, d->distances[distance_symbol(less_1)]);
    if (less_1 >= 4) {
        unsigned n = log_2(less_1) - 1;
        put(b, less_1 & ((1u << n) - 1), n);
    }
}

static void put_tokens(const struct deflate *d, struct bits *b)
{
    for (const uint16_t *token = d->tokens; token < d->end; token++)
        if (*token < MATCH) {
            put_symbol(b, d->literals[*token]);
        } else {
            put_match(d, b, *token - MATCH, token[1]);
            token++;
        }
    put_symbol(b, d->literals[END_OF_BLOCK]);
    put(b, 0, 7);
}

/* The bits that lengths and distances take besides their symbols; by the counts. */
static uint32_t count_extra(const struct deflate *d)
{
    uint32_t bits = 0;
    for (unsigned i = 265; i < 285; i++)
        bits += d->literals[i] * ((i - 261) / 4);
    for (unsigned i = 4; i < DEFLATE_DISTANCES; i++)
        bits += d->distances[i] * (i / 2 - 1);
    return bits;
}

static uint32_t put_stream(struct deflate *d, uint8_t *out, uint32_t cap)
{
    uint32_t bits = 3 + 5 + 5 + 4 + count_extra(d);
    d->literals[END_OF_BLOCK] = 1;
    bits += make_code(d, d->literals, DEFLATE_LITERALS, BITS_MAX);
    bits += make_code(d, d->distances, DEFLATE_DISTANCES, BITS_MAX);
    unsigned literals = highest(d->literals, DEFLATE_LITERALS, 257);
    unsigned distances = highest(d->distances, DEFLATE_DISTANCES, 1);
    unsigned lengths = DEFLATE_LENGTHS;
    pack_lengths(d, literals, distances);
    for (unsigned i = 0; i < d->n_packed; i++)
        bits += extra_bits(d->packed[i] & 0xff);
    bits += make_code(d, d->lengths, DEFLATE_LENGTHS, LENGTH_BITS_MAX);
    while (lengths > 4 && d->lengths[order[lengths - 1]] == 0)
        lengths--;
    uint32_t size = (bits + 3 * lengths + 7) / 8;
    if (size > cap)
        return 0;
    struct bits b = {out, 0, 0};
    put_header(d, &b, literals, distances, lengths);
    put_tokens(d, &b);
    return size;
}

static void clear(void *to, size_t size)
{
    for (uint32_t *word = to; size > 0; size -= sizeof *word)
        *word++ = 0;
}

uint32_t deflate_chunk(struct deflate *d, const uint8_t *in, uint32_t n, const struct effort *effort, uint8_t *out,
                       uint32_t cap)
{
    clear(d->head, sizeof d->head);
    clear(d->literals, sizeof d->literals);
    clear(d->distances, sizeof d->distances);
    clear(d->lengths, sizeof d->lengths);
    d->end = d->tokens;
    d->in = in;
    d->size = n;
    find_tokens(d, effort);
    return put_stream(d, out, cap);
}
