/* SPDX-License-Identifier: MIT
 *
 * DEFLATE (RFC 1951), decoded into a window of 32 KiB that is also the buffer of the
 * flash.  Codes up to FAST_BITS long are looked up; longer ones, which are rare, are
 * decoded bit by bit from the count of codes of each length.
 */
#include "stub.h"

enum { BITS_MAX = 15, LITERALS = 288, DISTANCES = 32, FAST_BITS = 9, END_OF_BLOCK = 256, BAD = -1 };

struct code {
    uint16_t count[BITS_MAX + 1];  /* codes by length */
    uint16_t symbol[LITERALS];     /* by code */
    uint16_t fast[1 << FAST_BITS]; /* symbol << 4 | length, by the next bits; 0: a longer code */
};

uint8_t window[WINDOW] __attribute__((section(".noinit")));

static struct code literals, distances;
static uint32_t bits; /* taken in and not used, the next one lowest */
static unsigned bit_count;

/* Takes in what is there, and waits for what is needed alone: the stream may end right
 * behind its last code. */
static inline void refill(void)
{
    while (bit_count <= 24 && in != in_end) {
        bits |= (uint32_t)*in++ << bit_count;
        bit_count += 8;
    }
}

static void need(unsigned n)
{
    while (bit_count < n) {
        bits |= (uint32_t)next_byte() << bit_count;
        bit_count += 8;
    }
}

static uint32_t get(unsigned n)
{
    if (bit_count < n)
        need(n);
    uint32_t value = bits & ((1u << n) - 1);
    bits >>= n;
    bit_count -= n;
    return value;
}

static int decode_slowly(const struct code *c)
{
    int code = 0, first = 0, index = 0;
    for (unsigned n = 1; n <= BITS_MAX; n++) {
        code |= (int)get(1);
        int count = c->count[n];
        if (code - count < first)
            return c->symbol[index + (code - first)];
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return BAD;
}

static int decode(const struct code *c)
{
    for (;;) {
        unsigned entry = c->fast[bits & ((1 << FAST_BITS) - 1)];
        unsigned n = entry & 15;
        if (n != 0 && n <= bit_count) {
            bits >>= n;
            bit_count -= n;
            return (int)(entry >> 4);
        }
        if (bit_count >= FAST_BITS)
            return decode_slowly(c);
        need(bit_count + 1);
    }
}

static unsigned reversed(unsigned code, unsigned n)
{
    unsigned r = 0;
    for (; n > 0; n--, code >>= 1)
        r = r << 1 | (code & 1);
    return r;
}

static void make_fast(struct code *c)
{
    unsigned code = 0, index = 0;
    for (unsigned i = 0; i < 1u << FAST_BITS; i++)
        c->fast[i] = 0;
    for (unsigned n = 1; n <= FAST_BITS; n++, code <<= 1)
        for (unsigned i = 0; i < c->count[n]; i++, code++, index++)
            for (unsigned at = reversed(code, n); at < 1u << FAST_BITS; at += 1u << n)
                c->fast[at] = (uint16_t)(c->symbol[index] << 4 | n);
}

/* False where the lengths are more than a code can have, or fewer, save a single one. */
static bool make_code(struct code *c, const uint8_t *lengths, unsigned n)
{
    uint16_t offset[BITS_MAX + 1];
    int left = 1;
    for (unsigned i = 0; i <= BITS_MAX; i++)
        c->count[i] = 0;
    for (unsigned i = 0; i < n; i++)
        c->count[lengths[i]]++;
    unsigned used = n - c->count[0];
    c->count[0] = 0;
    offset[1] = 0;
    for (unsigned i = 1; i <= BITS_MAX; i++) {
        left = (left << 1) - c->count[i];
        if (left < 0)
            return false;
        if (i < BITS_MAX)
            offset[i + 1] = (uint16_t)(offset[i] + c->count[i]);
    }
    for (unsigned i = 0; i < n; i++)
        if (lengths[i] != 0)
            c->symbol[offset[lengths[i]]++] = (uint16_t)i;
    make_fast(c);
    return left == 0 || used <= 1;
}

/* Up to the end of a piece at a time, within which the window does not wrap. */
static void copy(uint32_t distance, unsigned length)
{
    while (length > 0) {
        unsigned room = PIECE - written % PIECE, n = length < room ? length : room;
        uint8_t *to = window + written % WINDOW;
        uint32_t from = written - distance;
        for (const uint8_t *end = to + n; to < end; from++)
            *to++ = window[from % WINDOW];
        written += n;
        length -= n;
        if (n == room)
            piece_done();
    }
}

static bool copy_match(int symbol)
{
    static const uint16_t length_base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                           31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t distance_base[] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                             33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                             1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    symbol -= END_OF_BLOCK + 1;
    if (symbol >= (int)(sizeof length_bits))
        return false;
    refill();
    unsigned length = length_base[symbol] + get(length_bits[symbol]);
    int d = decode(&distances);
    if (d < 0 || d >= (int)(sizeof distance_base / sizeof distance_base[0]))
        return false;
    uint32_t distance = distance_base[d] + get(d < 2 ? 0 : (unsigned)d / 2 - 1);
    if (distance > written)
        return false;
    copy(distance, length);
    return true;
}

/* The state of the bits lives in registers from one literal to the next: a store to the
 * window could be a store to any of the variables. */
static bool coded_block(void)
{
    uint32_t held = bits;
    unsigned n = bit_count;
    for (;;) {
        for (; n <= 24 && in != in_end; n += 8)
            held |= (uint32_t)*in++ << n;
        unsigned entry = literals.fast[held & ((1 << FAST_BITS) - 1)], length = entry & 15;
        if (length != 0 && length <= n && entry < END_OF_BLOCK << 4) {
            held >>= length;
            n -= length;
            put_byte((uint8_t)(entry >> 4));
            continue;
        }
        bits = held;
        bit_count = n;
        int symbol = decode(&literals);
        if (symbol < 0)
            return false;
        if (symbol == END_OF_BLOCK)
            return true;
        if (symbol < END_OF_BLOCK)
            put_byte((uint8_t)symbol);
        else if (!copy_match(symbol))
            return false;
        held = bits;
        n = bit_count;
    }
}

static bool stored_block(void)
{
    get(bit_count % 8);
    uint32_t n = get(16), complement = get(16);
    if (n != (~complement & 0xffff))
        return false;
    for (; n > 0; n--)
        put_byte((uint8_t)get(8));
    return true;
}

static bool fixed_codes(void)
{
    uint8_t lengths[LITERALS];
    for (unsigned i = 0; i < LITERALS; i++)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    bool good = make_code(&literals, lengths, LITERALS);
    for (unsigned i = 0; i < DISTANCES; i++)
        lengths[i] = 5;
    return make_code(&distances, lengths, DISTANCES) && good;
}

/* The lengths of both codes, themselves coded, with runs across the border. */
static bool read_lengths(uint8_t *lengths, unsigned n)
{
    for (unsigned at = 0; at < n;) {
        int symbol = decode(&literals);
        if (symbol < 0)
            return false;
        if (symbol < 16) {
            lengths[at++] = (uint8_t)symbol;
            continue;
        }
        uint8_t value = symbol == 16 && at > 0 ? lengths[at - 1] : 0;
        unsigned times = symbol == 16 ? 3 + get(2) : symbol == 17 ? 3 + get(3) : 11 + get(7);
        if ((symbol == 16 && at == 0) || times > n - at)
            return false;
        for (; times > 0; times--)
            lengths[at++] = value;
    }
    return true;
}

static bool dynamic_codes(void)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[LITERALS + DISTANCES] = {0};
    unsigned n_literals = get(5) + 257, n_distances = get(5) + 1, n = get(4) + 4;
    if (n_literals > 286 || n_distances > 30)
        return false;
    for (unsigned i = 0; i < n; i++)
        lengths[order[i]] = (uint8_t)get(3);
    if (!make_code(&literals, lengths, 19) || !read_lengths(lengths, n_literals + n_distances))
        return false;
    return lengths[END_OF_BLOCK] != 0 && make_code(&literals, lengths, n_literals) &&
           make_code(&distances, lengths + n_literals, n_distances);
}

static bool block(void)
{
    switch (get(2)) {
    case 0: return stored_block();
    case 1: return fixed_codes() && coded_block();
    case 2: return dynamic_codes() && coded_block();
    default: return false;
    }
}

void inflate_reset(void)
{
    bits = bit_count = 0;
}

bool inflate(void)
{
    for (;;) {
        bool last = get(1);
        if (!block())
            return false;
        if (last)
            break;
    }
    get(bit_count % 8);
    return true;
}
