/* SPDX-License-Identifier: MIT
 *
 * Inflate, with its state in guest memory; see the header.
 *
 * A stream is a chain of states, numbered as in the mask ROM.  Each handler does its
 * work and names the next state; where input or output runs out it says so, and is
 * entered again, at the same place, by the next call.  What a handler reads for one
 * item stays in the bit buffer until the item is whole.
 *
 * Bits are taken as the mask ROM takes them, which matters to callers that look at how
 * much input was used: two bytes at a time before a symbol where there are two.
 */
#include "download_inflate.h"

#include "../../base/bytes.h"

#include <string.h>

enum { LITERALS, DISTANCES, LENGTHS, TABLES }; /* the three codes, by their place */

enum {
    SYMBOLS_MAX = 288,
    LOOKUP_BITS = 10,
    LOOKUP_SIZE = 1 << LOOKUP_BITS,
    TREE_SIZE = 2 * SYMBOLS_MAX,
    CODE_BITS_MAX = 15,
    LENGTH_CODES = 19,
    LEN_CODES_SIZE = 288 + 32 + 137,
    BUFFERED_ENOUGH = 15, /* bits that hold any symbol */
    TABLE_ADDR = 64,      /* in the tinfl_decompressor */
    TABLE_STRIDE = SYMBOLS_MAX + 2 * LOOKUP_SIZE + 2 * TREE_SIZE,
    RAW_HEADER_ADDR = TABLE_ADDR + TABLES * TABLE_STRIDE,
    LEN_CODES_ADDR = RAW_HEADER_ADDR + 4
};

/* m_state. */
enum {
    NEW = 0,
    ZLIB_HEADER_0 = 1,
    ZLIB_HEADER_1 = 2,
    BLOCK_HEADER = 3,
    STORED_ALIGN = 5,
    STORED_HEADER_BITS = 6,
    STORED_HEADER = 7,
    STORED_COPY_FULL = 9,
    BAD_BLOCK_TYPE = 10,
    TABLE_SIZES = 11,
    LENGTH_CODE_SIZES = 14,
    CODE_LENGTH = 16,
    BAD_REPEAT = 17,
    CODE_LENGTH_REPEAT = 18,
    BAD_REPEAT_COUNT = 21,
    SYMBOL = 23,
    LITERAL_FULL = 24,
    LENGTH_EXTRA = 25,
    DISTANCE = 26,
    DISTANCE_EXTRA = 27,
    TRAILER_ALIGN = 32,
    DONE = 34,
    BAD_CODE = 35,
    BAD_ZLIB_HEADER = 36,
    BAD_DISTANCE = 37,
    STORED_COPY = 38,
    BAD_STORED_HEADER = 39,
    STORED_COPY_ENDS = 40,
    TRAILER_BITS = 41,
    TRAILER = 42,
    STORED_BITS = 51,
    STORED_BITS_FULL = 52,
    MATCH_FULL = 53,
    /* Between two of the above; never in guest memory. */
    BLOCK_DONE = 100,
    BUILD_TABLES,
    COPY_MATCH
};

/* What a handler says, beside a status that ends the call. */
enum { GO_ON = 3 };

typedef struct table {
    uint8_t code_size[SYMBOLS_MAX];
    int16_t lookup[LOOKUP_SIZE]; /* size << 9 | symbol; or negative: ~index of tree */
    int16_t tree[TREE_SIZE];     /* for codes beyond LOOKUP_BITS: two branches a node, symbols or ~index */
} table;

/* The tinfl_decompressor, in its order. */
typedef struct inflater {
    uint32_t state, bits, header[2], stream_adler, final, type, adler, dist, counter, extra, sizes[TABLES], buffer,
        dist_from_start;
    table table[TABLES];
    uint8_t raw_header[4], len_codes[LEN_CODES_SIZE];

    /* Of this call. */
    const espy_rom_call *c;
    uint32_t in, in_end, start, out, out_end, mask, flags;
    bool resumed; /* within a symbol that lacks a byte */
} inflater;

/* ---- the tinfl_decompressor in guest memory ---- */

#define HEADER_WORDS (TABLE_ADDR / 4)

static void header_words(inflater *s, uint32_t *word[HEADER_WORDS])
{
    uint32_t *const order[HEADER_WORDS] = {&s->state,        &s->bits,     &s->header[0], &s->header[1],
                                           &s->stream_adler, &s->final,    &s->type,      &s->adler,
                                           &s->dist,         &s->counter,  &s->extra,     &s->sizes[0],
                                           &s->sizes[1],     &s->sizes[2], &s->buffer,    &s->dist_from_start};
    memcpy(word, order, sizeof order);
}

static void load_table(table *t, const uint8_t *from)
{
    memcpy(t->code_size, from, sizeof t->code_size);
    from += sizeof t->code_size;
    for (unsigned i = 0; i < LOOKUP_SIZE; i++)
        t->lookup[i] = (int16_t)get_le16(from + 2 * i);
    from += 2 * LOOKUP_SIZE;
    for (unsigned i = 0; i < TREE_SIZE; i++)
        t->tree[i] = (int16_t)get_le16(from + 2 * i);
}

static void store_table(const table *t, uint8_t *to)
{
    memcpy(to, t->code_size, sizeof t->code_size);
    to += sizeof t->code_size;
    for (unsigned i = 0; i < LOOKUP_SIZE; i++)
        put_le16(to + 2 * i, (uint16_t)t->lookup[i]);
    to += 2 * LOOKUP_SIZE;
    for (unsigned i = 0; i < TREE_SIZE; i++)
        put_le16(to + 2 * i, (uint16_t)t->tree[i]);
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

/* What the guest may have spoilt is bounded here, once. */
static void load(inflater *s, uint32_t self)
{
    uint8_t bytes[ESPY_TINFL_SIZE];
    uint32_t *word[HEADER_WORDS];
    espy_rom_read(s->c, self, bytes, sizeof bytes);
    header_words(s, word);
    for (unsigned i = 0; i < HEADER_WORDS; i++)
        *word[i] = get_le32(bytes + 4 * i);
    for (unsigned i = 0; i < TABLES; i++) {
        load_table(&s->table[i], bytes + TABLE_ADDR + i * TABLE_STRIDE);
        s->sizes[i] = at_most(s->sizes[i], SYMBOLS_MAX);
    }
    s->bits = at_most(s->bits, 31);
    memcpy(s->raw_header, bytes + RAW_HEADER_ADDR, sizeof s->raw_header);
    memcpy(s->len_codes, bytes + LEN_CODES_ADDR, sizeof s->len_codes);
}

static void store(inflater *s, uint32_t self)
{
    uint8_t bytes[LEN_CODES_ADDR + LEN_CODES_SIZE];
    uint32_t *word[HEADER_WORDS];
    header_words(s, word);
    for (unsigned i = 0; i < HEADER_WORDS; i++)
        put_le32(bytes + 4 * i, *word[i]);
    for (unsigned i = 0; i < TABLES; i++)
        store_table(&s->table[i], bytes + TABLE_ADDR + i * TABLE_STRIDE);
    memcpy(bytes + RAW_HEADER_ADDR, s->raw_header, sizeof s->raw_header);
    memcpy(bytes + LEN_CODES_ADDR, s->len_codes, sizeof s->len_codes);
    espy_rom_write(s->c, self, bytes, sizeof bytes);
}

/* ---- input and output ---- */

/* Without HAS_MORE_INPUT zeros follow the end of the input. */
static bool get_byte(inflater *s, uint32_t *byte)
{
    s->resumed = false;
    *byte = 0;
    if (s->in == s->in_end)
        return (s->flags & ESPY_TINFL_HAS_MORE_INPUT) == 0;
    *byte = espy_rom_read8(s->c, s->in++);
    return true;
}

static bool buffer_byte(inflater *s)
{
    uint32_t byte;
    if (!get_byte(s, &byte))
        return false;
    s->buffer |= byte << s->bits;
    s->bits += 8;
    return true;
}

static uint32_t drop_bits(inflater *s, unsigned n)
{
    n = at_most(n, s->bits);
    uint32_t value = s->buffer & ((1u << n) - 1);
    s->buffer >>= n;
    s->bits -= n;
    return value;
}

static bool get_bits(inflater *s, unsigned n, uint32_t *value)
{
    while (s->bits < n)
        if (!buffer_byte(s))
            return false;
    *value = drop_bits(s, n);
    return true;
}

/* Takes whole bytes, from the buffer while it has any. */
static bool get_aligned_byte(inflater *s, uint32_t *byte)
{
    return s->bits != 0 ? get_bits(s, 8, byte) : get_byte(s, byte);
}

static bool full(const inflater *s)
{
    return s->out >= s->out_end;
}

static void put(inflater *s, uint32_t byte)
{
    espy_rom_write8(s->c, s->out++, (uint8_t)byte);
}

static int go_to(inflater *s, uint32_t state)
{
    s->state = state;
    return GO_ON;
}

static int wait_in(inflater *s, uint32_t state, int status)
{
    s->state = state;
    return status;
}

/* ---- prefix codes ---- */

static int16_t tree_at(const table *t, unsigned index)
{
    return index < TREE_SIZE ? t->tree[index] : 0;
}

/* The symbol at the bottom of the buffer and its size, of which at most `bits` bits may
 * be looked at; negative if that takes more. */
static int look_up(const inflater *s, const table *t, unsigned bits, unsigned *size)
{
    int found = t->lookup[s->buffer & (LOOKUP_SIZE - 1)];
    if (found >= 0) {
        *size = (unsigned)found >> 9;
        return *size <= bits ? found & 511 : -1;
    }
    *size = LOOKUP_BITS;
    if (bits <= LOOKUP_BITS)
        return -1;
    do
        found = tree_at(t, (unsigned)~found + (s->buffer >> (*size)++ & 1));
    while (found < 0 && *size < bits);
    return found < 0 ? -1 : found & 511;
}

/* Fewer than two bytes are left: takes one at a time until there is a symbol. */
static bool buffer_symbol(inflater *s, const table *t)
{
    unsigned size;
    for (;;) {
        if (!s->resumed && look_up(s, t, s->bits, &size) >= 0 && size != 0)
            return true;
        if (!buffer_byte(s))
            return false;
        if (s->bits >= BUFFERED_ENOUGH)
            return true;
    }
}

static bool get_symbol(inflater *s, const table *t, uint32_t *symbol)
{
    unsigned size;
    if (s->bits < BUFFERED_ENOUGH) {
        if (s->resumed || s->in_end - s->in < 2) {
            if (!buffer_symbol(s, t))
                return false;
        } else {
            buffer_byte(s);
            buffer_byte(s);
        }
    }
    int found = look_up(s, t, CODE_BITS_MAX, &size);
    *symbol = found < 0 ? 0 : (uint32_t)found;
    drop_bits(s, size);
    return true;
}

static uint32_t reversed(uint32_t code, unsigned size)
{
    uint32_t r = 0;
    for (; size > 0; size--, code >>= 1)
        r = r << 1 | (code & 1);
    return r;
}

/* Hangs a code longer than LOOKUP_BITS into the tree; *next is the next free node. */
static void add_to_tree(table *t, uint32_t code, unsigned size, unsigned symbol, int *next)
{
    int16_t *link = &t->lookup[code & (LOOKUP_SIZE - 1)];
    for (unsigned bit = LOOKUP_BITS; bit < size; bit++) {
        if (*link == 0) {
            *link = (int16_t)*next;
            *next -= 2;
        }
        unsigned index = (unsigned)~*link + (code >> bit & 1);
        if (index >= TREE_SIZE)
            return;
        link = &t->tree[index];
    }
    *link = (int16_t)symbol;
}

/* False if the sizes make no code: too many or too few, unless it has one symbol or none. */
static bool first_codes(const table *t, unsigned n, uint32_t next_code[CODE_BITS_MAX + 2])
{
    unsigned count[16] = {0}, used = 0;
    uint32_t total = 0;
    for (unsigned i = 0; i < n; i++)
        count[t->code_size[i] & 15]++;
    next_code[0] = next_code[1] = 0;
    for (unsigned size = 1; size <= CODE_BITS_MAX; size++) {
        used += count[size];
        total = (total + count[size]) << 1;
        next_code[size + 1] = total;
    }
    return total == 65536 || used <= 1;
}

static bool build_table(table *t, unsigned n)
{
    uint32_t next_code[CODE_BITS_MAX + 2];
    int next = -1;
    memset(t->lookup, 0, sizeof t->lookup);
    memset(t->tree, 0, sizeof t->tree);
    if (!first_codes(t, n, next_code))
        return false;
    for (unsigned symbol = 0; symbol < n; symbol++) {
        unsigned size = t->code_size[symbol] & 15;
        if (size == 0)
            continue;
        uint32_t code = reversed(next_code[size]++, size);
        if (size > LOOKUP_BITS)
            add_to_tree(t, code, size, symbol, &next);
        else
            for (; code < LOOKUP_SIZE; code += 1u << size)
                t->lookup[code] = (int16_t)(size << 9 | symbol);
    }
    return true;
}

/* ---- the zlib header, the blocks' headers ---- */

static int new_stream(inflater *s)
{
    s->buffer = s->bits = s->dist = s->counter = s->extra = s->header[0] = s->header[1] = 0;
    s->stream_adler = s->adler = 1;
    return go_to(s, (s->flags & ESPY_TINFL_PARSE_ZLIB_HEADER) != 0 ? ZLIB_HEADER_0 : BLOCK_HEADER);
}

static int zlib_header(inflater *s, unsigned n)
{
    if (!get_byte(s, &s->header[n]))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    if (n == 0)
        return go_to(s, ZLIB_HEADER_1);
    uint32_t window = 1u << (8 + (s->header[0] >> 4 & 15));
    s->counter = (s->header[0] * 256 + s->header[1]) % 31 != 0 || (s->header[1] & 32) != 0 || (s->header[0] & 15) != 8;
    if ((s->flags & ESPY_TINFL_NON_WRAPPING) == 0)
        s->counter |= window > 32768 || s->mask + 1 < window;
    return go_to(s, s->counter != 0 ? BAD_ZLIB_HEADER : BLOCK_HEADER);
}

static int fixed_codes(inflater *s)
{
    static const struct {
        uint8_t size, count;
    } runs[] = {{8, 144}, {9, 112}, {7, 24}, {8, 8}}; /* RFC 1951, 3.2.6 */
    uint8_t *to = s->table[LITERALS].code_size;
    for (unsigned i = 0; i < 4; i++, to += runs[i - 1].count)
        memset(to, runs[i].size, runs[i].count);
    memset(s->table[DISTANCES].code_size, 5, 32);
    s->sizes[LITERALS] = 288;
    s->sizes[DISTANCES] = 32;
    return go_to(s, BUILD_TABLES);
}

static int block_header(inflater *s)
{
    if (!get_bits(s, 3, &s->final))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    s->type = s->final >> 1;
    switch (s->type) {
    case 0: return go_to(s, STORED_ALIGN);
    case 1: return fixed_codes(s);
    case 2: s->counter = 0; return go_to(s, TABLE_SIZES);
    default: return go_to(s, BAD_BLOCK_TYPE);
    }
}

static int table_sizes(inflater *s)
{
    static const uint8_t bits[] = {5, 5, 4};
    static const uint16_t least[] = {257, 1, 4};
    for (; s->counter < TABLES; s->counter++) {
        uint32_t n;
        if (!get_bits(s, bits[s->counter], &n))
            return ESPY_TINFL_NEEDS_MORE_INPUT;
        s->sizes[s->counter] = n + least[s->counter];
    }
    memset(s->table[LENGTHS].code_size, 0, sizeof s->table[LENGTHS].code_size);
    s->counter = 0;
    return go_to(s, LENGTH_CODE_SIZES);
}

static int length_code_sizes(inflater *s)
{
    static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    for (; s->counter < at_most(s->sizes[LENGTHS], LENGTH_CODES); s->counter++) {
        uint32_t size;
        if (!get_bits(s, 3, &size))
            return ESPY_TINFL_NEEDS_MORE_INPUT;
        s->table[LENGTHS].code_size[order[s->counter]] = (uint8_t)size;
    }
    s->sizes[LENGTHS] = LENGTH_CODES;
    return go_to(s, BUILD_TABLES);
}

/* From the code's type downwards: the lengths' code leads to the other two. */
static int build_tables(inflater *s)
{
    for (; s->type < TABLES; s->type--) {
        if (!build_table(&s->table[s->type], s->sizes[s->type]))
            return go_to(s, BAD_CODE);
        if (s->type == LENGTHS) {
            s->counter = 0;
            return go_to(s, CODE_LENGTH);
        }
    }
    return go_to(s, SYMBOL);
}

static int code_lengths_done(inflater *s)
{
    uint32_t literals = s->sizes[LITERALS], distances = s->sizes[DISTANCES];
    if (s->counter != literals + distances)
        return go_to(s, BAD_REPEAT_COUNT);
    memcpy(s->table[LITERALS].code_size, s->len_codes, literals);
    memcpy(s->table[DISTANCES].code_size, s->len_codes + literals, at_most(distances, LEN_CODES_SIZE - literals));
    s->type--;
    return go_to(s, BUILD_TABLES);
}

static int code_length(inflater *s)
{
    while (s->counter < at_most(s->sizes[LITERALS] + s->sizes[DISTANCES], LEN_CODES_SIZE)) {
        if (!get_symbol(s, &s->table[LENGTHS], &s->dist))
            return ESPY_TINFL_NEEDS_MORE_INPUT;
        if (s->dist >= 16)
            return go_to(s, s->dist == 16 && s->counter == 0 ? BAD_REPEAT : CODE_LENGTH_REPEAT);
        s->len_codes[s->counter++] = (uint8_t)s->dist;
    }
    return code_lengths_done(s);
}

static int code_length_repeat(inflater *s)
{
    static const uint8_t bits[] = {2, 3, 7}, least[] = {3, 3, 11};
    unsigned kind = (s->dist - 16) % 3;
    uint32_t n;
    s->extra = bits[kind];
    if (!get_bits(s, s->extra, &n))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    n += least[kind];
    uint8_t last = s->counter > 0 && s->counter <= LEN_CODES_SIZE ? s->len_codes[s->counter - 1] : 0;
    if (s->counter <= LEN_CODES_SIZE)
        memset(s->len_codes + s->counter, kind == 0 ? last : 0, at_most(n, LEN_CODES_SIZE - s->counter));
    s->counter += n;
    return go_to(s, CODE_LENGTH);
}

/* ---- stored blocks ---- */

static int stored_align(inflater *s)
{
    uint32_t skipped;
    if (!get_bits(s, s->bits & 7, &skipped))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    s->counter = 0;
    return go_to(s, STORED_HEADER);
}

static int stored_header(inflater *s)
{
    for (; s->counter < 4; s->counter++) {
        uint32_t byte, state = s->bits != 0 ? STORED_HEADER_BITS : STORED_HEADER;
        if (!get_aligned_byte(s, &byte))
            return wait_in(s, state, ESPY_TINFL_NEEDS_MORE_INPUT);
        s->raw_header[s->counter] = (uint8_t)byte;
    }
    s->counter = get_le16(s->raw_header);
    if (s->counter != (get_le16(s->raw_header + 2) ^ 0xffffu))
        return go_to(s, BAD_STORED_HEADER);
    return go_to(s, STORED_BITS);
}

/* The bytes that are in the bit buffer already. */
static int stored_bits(inflater *s)
{
    for (; s->counter != 0 && s->bits != 0; s->counter--) {
        if (!get_bits(s, 8, &s->dist))
            return ESPY_TINFL_NEEDS_MORE_INPUT;
        if (full(s))
            return wait_in(s, STORED_BITS_FULL, ESPY_TINFL_HAS_MORE_OUTPUT);
        put(s, s->dist);
    }
    return go_to(s, STORED_COPY);
}

/* A byte that had been taken from the buffer before the output was full. */
static int stored_bits_full(inflater *s)
{
    if (full(s))
        return ESPY_TINFL_HAS_MORE_OUTPUT;
    put(s, s->dist);
    s->counter--;
    return go_to(s, STORED_BITS);
}

static int stored_copy(inflater *s)
{
    for (; s->counter != 0; s->counter--) {
        if (full(s))
            return wait_in(s, STORED_COPY_FULL, ESPY_TINFL_HAS_MORE_OUTPUT);
        if (s->in == s->in_end && (s->flags & ESPY_TINFL_HAS_MORE_INPUT) == 0)
            return go_to(s, STORED_COPY_ENDS);
        if (s->in == s->in_end)
            return wait_in(s, STORED_COPY, ESPY_TINFL_NEEDS_MORE_INPUT);
        put(s, espy_rom_read8(s->c, s->in++));
    }
    return go_to(s, BLOCK_DONE);
}

/* ---- compressed blocks ---- */

static int literal(inflater *s)
{
    if (full(s))
        return wait_in(s, LITERAL_FULL, ESPY_TINFL_HAS_MORE_OUTPUT);
    put(s, s->counter);
    return go_to(s, SYMBOL);
}

/* RFC 1951, 3.2.5; codes that it does not define have no length and no distance. */
static const uint16_t length_base[32] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                         31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[32] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2,
                                         2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};
static const uint16_t dist_base[32] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                       33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                       1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t dist_extra[32] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                       6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

static int symbol(inflater *s)
{
    for (;;) {
        if (!get_symbol(s, &s->table[LITERALS], &s->counter))
            return ESPY_TINFL_NEEDS_MORE_INPUT;
        if (s->counter >= 256)
            break;
        if (full(s))
            return wait_in(s, LITERAL_FULL, ESPY_TINFL_HAS_MORE_OUTPUT);
        put(s, s->counter);
    }
    if (s->counter == 256)
        return go_to(s, BLOCK_DONE);
    unsigned code = (s->counter - 257) & 31;
    s->extra = length_extra[code];
    s->counter = length_base[code];
    return go_to(s, s->extra != 0 ? LENGTH_EXTRA : DISTANCE);
}

static int length_bits(inflater *s)
{
    uint32_t more;
    if (!get_bits(s, s->extra & 15, &more))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    s->counter += more;
    return go_to(s, DISTANCE);
}

static int distance(inflater *s)
{
    if (!get_symbol(s, &s->table[DISTANCES], &s->dist))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    unsigned code = s->dist & 31;
    s->extra = dist_extra[code];
    s->dist = dist_base[code];
    return go_to(s, s->extra != 0 ? DISTANCE_EXTRA : COPY_MATCH);
}

static int distance_bits(inflater *s)
{
    uint32_t more;
    if (!get_bits(s, s->extra & 15, &more))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    s->dist += more;
    return go_to(s, COPY_MATCH);
}

static uint32_t match_byte(const inflater *s, uint32_t at)
{
    return espy_rom_read8(s->c, s->start + ((at - s->dist) & s->mask));
}

/* A match that the end of the buffer may cut: one byte is due, and counter more. */
static int cut_match(inflater *s)
{
    do {
        if (full(s))
            return wait_in(s, MATCH_FULL, ESPY_TINFL_HAS_MORE_OUTPUT);
        put(s, match_byte(s, s->dist_from_start++));
    } while (s->counter-- != 0);
    return go_to(s, SYMBOL);
}

/* Byte by byte, since a match may overlap what it makes.  The length codes 286 and 287,
 * which no encoder makes and which mean 0, make three bytes, even beyond the buffer. */
static int whole_match(inflater *s)
{
    uint32_t n = s->counter != 0 ? s->counter : 3;
    for (uint32_t at = s->dist_from_start, end = at + n; at != end; at++)
        put(s, match_byte(s, at));
    s->counter = s->counter != 0 ? s->counter % 3 : (uint32_t)-3;
    return go_to(s, SYMBOL);
}

static int copy_match(inflater *s)
{
    s->dist_from_start = s->out - s->start;
    if (s->dist > s->dist_from_start && (s->flags & ESPY_TINFL_NON_WRAPPING) != 0)
        return go_to(s, BAD_DISTANCE);
    uint32_t from = s->start + ((s->dist_from_start - s->dist) & s->mask), later = from > s->out ? from : s->out;
    if (later <= s->out_end && s->counter <= s->out_end - later)
        return whole_match(s);
    return s->counter-- == 0 ? go_to(s, SYMBOL) : cut_match(s);
}

/* ---- the end ---- */

static int block_done(inflater *s)
{
    if ((s->final & 1) == 0)
        return go_to(s, BLOCK_HEADER);
    return go_to(s, (s->flags & ESPY_TINFL_PARSE_ZLIB_HEADER) != 0 ? TRAILER_ALIGN : DONE);
}

static int trailer_align(inflater *s)
{
    uint32_t skipped;
    if (!get_bits(s, s->bits & 7, &skipped))
        return ESPY_TINFL_NEEDS_MORE_INPUT;
    s->counter = 0;
    return go_to(s, TRAILER);
}

static int trailer(inflater *s)
{
    for (; s->counter < 4; s->counter++) {
        uint32_t byte, state = s->bits != 0 ? TRAILER_BITS : TRAILER;
        if (!get_aligned_byte(s, &byte))
            return wait_in(s, state, ESPY_TINFL_NEEDS_MORE_INPUT);
        s->stream_adler = s->stream_adler << 8 | byte;
    }
    return go_to(s, DONE);
}

/* ---- the call ---- */

static int step(inflater *s)
{
    switch (s->state) {
    case NEW: return new_stream(s);
    case ZLIB_HEADER_0: return zlib_header(s, 0);
    case ZLIB_HEADER_1: return zlib_header(s, 1);
    case BLOCK_HEADER: return block_header(s);
    case STORED_ALIGN: return stored_align(s);
    case STORED_HEADER_BITS:
    case STORED_HEADER: return stored_header(s);
    case STORED_BITS: return stored_bits(s);
    case STORED_BITS_FULL: return stored_bits_full(s);
    case STORED_COPY:
    case STORED_COPY_FULL: return stored_copy(s);
    case TABLE_SIZES: return table_sizes(s);
    case LENGTH_CODE_SIZES: return length_code_sizes(s);
    case BUILD_TABLES: return build_tables(s);
    case CODE_LENGTH: return code_length(s);
    case CODE_LENGTH_REPEAT: return code_length_repeat(s);
    case SYMBOL: return symbol(s);
    case LITERAL_FULL: return literal(s);
    case LENGTH_EXTRA: return length_bits(s);
    case DISTANCE: return distance(s);
    case DISTANCE_EXTRA: return distance_bits(s);
    case COPY_MATCH: return copy_match(s);
    case MATCH_FULL: return cut_match(s);
    case BLOCK_DONE: return block_done(s);
    case TRAILER_ALIGN: return trailer_align(s);
    case TRAILER_BITS:
    case TRAILER: return trailer(s);
    case DONE: return ESPY_TINFL_DONE;
    default: return ESPY_TINFL_FAILED;
    }
}

static uint32_t adler32(const espy_rom_call *c, uint32_t adler, uint32_t addr, uint32_t n)
{
    uint32_t a = adler & 0xffff, b = adler >> 16;
    for (; n > 0; n--) {
        a = (a + espy_rom_read8(c, addr++)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static espy_tinfl_status check_adler(inflater *s, uint32_t out, espy_tinfl_status status)
{
    bool parse = (s->flags & ESPY_TINFL_PARSE_ZLIB_HEADER) != 0;
    if (status < 0 || (!parse && (s->flags & ESPY_TINFL_COMPUTE_ADLER32) == 0))
        return status;
    s->adler = adler32(s->c, s->adler, out, s->out - out);
    bool differs = status == ESPY_TINFL_DONE && parse && s->adler != s->stream_adler;
    return differs ? ESPY_TINFL_ADLER32_MISMATCH : status;
}

espy_tinfl_status espy_rom_inflate(const espy_rom_call *c, espy_tinfl_call *call)
{
    inflater s = {.c = c, .flags = call->flags, .in = call->in, .in_end = call->in + call->in_size};
    s.start = call->out_start;
    s.out = call->out;
    s.out_end = call->out + call->out_size;
    s.mask = (call->flags & ESPY_TINFL_NON_WRAPPING) != 0 ? UINT32_MAX : s.out_end - s.start - 1;
    if (((s.mask + 1) & s.mask) != 0 || s.out < s.start) {
        call->in_size = call->out_size = 0;
        return ESPY_TINFL_BAD_PARAM;
    }
    load(&s, call->self);
    s.resumed = s.state == SYMBOL || s.state == DISTANCE || s.state == CODE_LENGTH;
    int status;
    do
        status = step(&s);
    while (status == GO_ON);
    status = check_adler(&s, call->out, (espy_tinfl_status)status);
    store(&s, call->self);
    call->in_size = s.in - call->in;
    call->out_size = s.out - call->out;
    return (espy_tinfl_status)status;
}

/* tinfl_decompress(r, in, in_size, out_start, out_next, out_size, flags) */
void espy_rom_tinfl_decompress(espy_rom_call *c)
{
    uint32_t in_size = espy_rom_arg(c, 2), out_size = espy_rom_arg(c, 5);
    espy_tinfl_call call = {
        .self = espy_rom_arg(c, 0),
        .in = espy_rom_arg(c, 1),
        .in_size = espy_rom_read32(c, in_size),
        .out_start = espy_rom_arg(c, 3),
        .out = espy_rom_arg(c, 4),
        .out_size = espy_rom_read32(c, out_size),
        .flags = espy_rom_arg(c, 6),
    };
    espy_tinfl_status status = espy_rom_inflate(c, &call);
    espy_rom_write32(c, in_size, call.in_size);
    espy_rom_write32(c, out_size, call.out_size);
    espy_rom_return(c, (uint32_t)status);
}
