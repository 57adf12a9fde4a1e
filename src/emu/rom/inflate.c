/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: miniz's tinfl_decompress, which esptool's stub loader calls, and the
 * checksums beside it.
 *
 * What it keeps from call to call is in the guest's tinfl_decompressor, in an order of its
 * own but for m_state, m_z_adler32 and m_check_adler32, which the interface shows.  It
 * takes no byte of the input before it needs it; the ROM may be up to three ahead when it
 * returns for more room.
 *
 * Sources: RFC 1950, RFC 1951; ESP-IDF's esp_rom/include/miniz.h.  Left out: the functions
 * that decompress memory to memory, and all that compress.
 */
#include "native.h"

#include <stdbool.h>
#include <string.h>

/* Arguments of tinfl_decompress, its flags, and what it returns. */
enum { STATE_ARG, IN, IN_SIZE, OUT_START, OUT_NEXT, OUT_SIZE, FLAGS_ARG };
enum { PARSE_ZLIB_HEADER = 1, HAS_MORE_INPUT = 2, NON_WRAPPING_OUTPUT = 4, COMPUTE_ADLER32 = 8 };
enum { BAD_PARAM = -3, ADLER32_MISMATCH = -2, FAILED = -1, DONE = 0, NEEDS_MORE_INPUT = 1, HAS_MORE_OUTPUT = 2 };
enum { GOES_ON = 3 }; /* not returned */

enum {
    LENGTH_SYMBOLS = 288,
    DISTANCE_SYMBOLS = 32,
    SYMBOLS = LENGTH_SYMBOLS + DISTANCE_SYMBOLS,
    CODE_SYMBOLS = 19,
    LONGEST_REPEAT = 138,
    MAX_BITS = 15,
    END_OF_BLOCK = 256,
    WINDOW = 32768
};

/* Where the stream is.  BEGIN is 0: tinfl_init() sets no more than that. */
typedef enum phase {
    BEGIN,
    ZLIB_HEADER,
    BLOCK_HEADER,
    STORED_HEADER,
    STORED_BYTES,
    CODE_COUNTS,
    CODE_LENGTHS,
    SYMBOL_LENGTHS,
    SYMBOL,
    LITERAL,
    LENGTH_BITS,
    DISTANCE,
    DISTANCE_BITS,
    MATCH,
    TRAILER,
    AT_END,
    BROKEN
} phase;

typedef struct kept {
    uint32_t phase, bits, bit_count, final, z_adler32, reserved[2], check_adler32;
    uint32_t symbol, length, distance; /* of the match or literal under way */
    uint32_t lengths, distances, codes, known;
    uint8_t
        size[CODE_SYMBOLS + SYMBOLS + LONGEST_REPEAT]; /* code lengths: of the alphabets, or of the codes of those */
} kept;

/* A canonical code. */
typedef struct code {
    uint16_t count[MAX_BITS + 1]; /* of codes, by length */
    uint16_t symbol[LENGTH_SYMBOLS];
} code;

typedef struct inflater {
    espy_rom_call *call;
    kept k;
    uint32_t flags, in, in_end, out_start, out, out_end, mask;
    code length_code, distance_code;
} inflater;

/* ---- bits ---- */

/* Whether n bits are at hand.  Behind the end of input that is all there is, zeros follow. */
static bool need(inflater *z, unsigned n)
{
    while (z->k.bit_count < n) {
        if (z->in == z->in_end && (z->flags & HAS_MORE_INPUT) != 0)
            return false;
        uint32_t byte = z->in == z->in_end ? 0 : espy_rom_read8(z->call, z->in++);
        z->k.bits |= byte << z->k.bit_count;
        z->k.bit_count += 8;
    }
    return true;
}

static uint32_t take(inflater *z, unsigned n)
{
    uint32_t value = z->k.bits & ((UINT32_C(1) << n) - 1);
    z->k.bits >>= n;
    z->k.bit_count -= n;
    return value;
}

static int broken(inflater *z)
{
    z->k.phase = BROKEN;
    return FAILED;
}

static int go(inflater *z, phase next)
{
    z->k.phase = next;
    return GOES_ON;
}

/* ---- codes ---- */

/* Returns whether the code is complete, or has one symbol at most. */
static bool make_code(code *h, const uint8_t *size, unsigned n)
{
    uint16_t next[MAX_BITS + 2] = {0};
    int left = 1;
    unsigned used = 0;
    memset(h, 0, sizeof *h);
    for (unsigned i = 0; i < n; i++)
        h->count[size[i] & MAX_BITS]++;
    h->count[0] = 0;
    for (unsigned bits = 1; bits <= MAX_BITS; bits++) {
        left = 2 * left - h->count[bits];
        used += h->count[bits];
        next[bits + 1] = (uint16_t)(next[bits] + h->count[bits]);
        if (left < 0)
            return false;
    }
    for (unsigned i = 0; i < n; i++)
        if ((size[i] & MAX_BITS) != 0)
            h->symbol[next[size[i] & MAX_BITS]++] = (uint16_t)i;
    return left == 0 || used <= 1;
}

/* Reads a symbol, bit by bit, for in a canonical code the codes of a length are numbers in
 * a row.  GOES_ON with *symbol; or NEEDS_MORE_INPUT, and nothing is taken. */
static int decode(inflater *z, const code *h, uint32_t *symbol)
{
    uint32_t value = 0, first = 0, index = 0;
    for (unsigned bits = 1; bits <= MAX_BITS; bits++) {
        if (!need(z, bits))
            return NEEDS_MORE_INPUT;
        value |= z->k.bits >> (bits - 1) & 1;
        uint32_t count = h->count[bits];
        if (value < first + count) {
            *symbol = h->symbol[index + value - first];
            take(z, bits);
            return GOES_ON;
        }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    return FAILED;
}

/* ---- headers ---- */

static int zlib_header(inflater *z)
{
    if (!need(z, 16))
        return NEEDS_MORE_INPUT;
    uint32_t method = take(z, 8), flags = take(z, 8), window = UINT32_C(1) << (8 + (method >> 4));
    bool bad = (method << 8 | flags) % 31 != 0 || (flags & 32) != 0 || (method & 15) != 8;
    if ((z->flags & NON_WRAPPING_OUTPUT) == 0)
        bad = bad || window > WINDOW || z->mask + 1 < window;
    return bad ? broken(z) : go(z, BLOCK_HEADER);
}

static void make_codes(inflater *z)
{
    make_code(&z->length_code, z->k.size, z->k.lengths);
    make_code(&z->distance_code, z->k.size + z->k.lengths, z->k.distances);
}

static void set_fixed_code(inflater *z)
{
    memset(z->k.size, 8, LENGTH_SYMBOLS);
    memset(z->k.size + 144, 9, 256 - 144);
    memset(z->k.size + 256, 7, 280 - 256);
    memset(z->k.size + LENGTH_SYMBOLS, 5, DISTANCE_SYMBOLS);
    z->k.lengths = LENGTH_SYMBOLS;
    z->k.distances = DISTANCE_SYMBOLS;
    make_codes(z);
}

static int block_header(inflater *z)
{
    if (!need(z, 3))
        return NEEDS_MORE_INPUT;
    z->k.final = take(z, 1);
    switch (take(z, 2)) {
    case 0: take(z, z->k.bit_count & 7); return go(z, STORED_HEADER);
    case 1: set_fixed_code(z); return go(z, SYMBOL);
    case 2: return go(z, CODE_COUNTS);
    default: return broken(z);
    }
}

/* The length goes into `length` before its complement is at hand. */
static int stored_header(inflater *z)
{
    if (z->k.known == 0) {
        if (!need(z, 16))
            return NEEDS_MORE_INPUT;
        z->k.length = take(z, 16);
        z->k.known = 1;
    }
    if (!need(z, 16))
        return NEEDS_MORE_INPUT;
    z->k.known = 0;
    return (take(z, 16) ^ z->k.length) == 0xffff ? go(z, STORED_BYTES) : broken(z);
}

static int code_counts(inflater *z)
{
    if (!need(z, 14))
        return NEEDS_MORE_INPUT;
    z->k.lengths = 257 + take(z, 5);
    z->k.distances = 1 + take(z, 5);
    z->k.codes = 4 + take(z, 4);
    z->k.known = 0;
    memset(z->k.size, 0, CODE_SYMBOLS);
    return go(z, CODE_LENGTHS);
}

static int code_lengths(inflater *z)
{
    static const uint8_t order[CODE_SYMBOLS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    for (; z->k.known < z->k.codes; z->k.known++) {
        if (!need(z, 3))
            return NEEDS_MORE_INPUT;
        z->k.size[order[z->k.known]] = (uint8_t)take(z, 3);
    }
    if (!make_code(&z->length_code, z->k.size, CODE_SYMBOLS))
        return broken(z);
    z->k.known = 0;
    z->k.symbol = 0;
    return go(z, SYMBOL_LENGTHS);
}

/* The lengths of both alphabets are one sequence, behind those of their own code; its
 * symbols 16 to 18 repeat, and wait in `symbol` for their bits. */
static int symbol_lengths(inflater *z)
{
    static const uint8_t bits[] = {2, 3, 7}, least[] = {3, 3, 11};
    uint8_t *size = z->k.size + CODE_SYMBOLS;
    uint32_t all = z->k.lengths + z->k.distances;
    while (z->k.known < all) {
        if (z->k.symbol == 0) {
            int status = decode(z, &z->length_code, &z->k.symbol);
            if (status != GOES_ON)
                return status == FAILED ? broken(z) : status;
        }
        uint32_t symbol = z->k.symbol, repeat = 1;
        if (symbol == 16 && z->k.known == 0)
            return broken(z);
        if (symbol >= 16) {
            if (!need(z, bits[symbol - 16]))
                return NEEDS_MORE_INPUT;
            repeat = least[symbol - 16] + take(z, bits[symbol - 16]);
        }
        uint8_t value = symbol == 16 ? size[z->k.known - 1] : symbol < 16 ? (uint8_t)symbol : 0;
        memset(size + z->k.known, value, repeat);
        z->k.known += repeat;
        z->k.symbol = 0;
    }
    if (z->k.known != all)
        return broken(z);
    z->k.known = 0;
    memmove(z->k.size, size, all);
    bool good = make_code(&z->length_code, z->k.size, z->k.lengths);
    good = make_code(&z->distance_code, z->k.size + z->k.lengths, z->k.distances) && good;
    return good ? go(z, SYMBOL) : broken(z);
}

/* ---- contents ---- */

static void put_byte(inflater *z, uint8_t byte)
{
    espy_rom_write8(z->call, z->out++, byte);
}

static int end_block(inflater *z)
{
    if (z->k.final == 0)
        return go(z, BLOCK_HEADER);
    if ((z->flags & PARSE_ZLIB_HEADER) == 0)
        return go(z, AT_END);
    take(z, z->k.bit_count & 7);
    z->k.known = 0;
    return go(z, TRAILER);
}

static int stored_bytes(inflater *z)
{
    for (; z->k.length > 0; z->k.length--) {
        if (z->out == z->out_end)
            return HAS_MORE_OUTPUT;
        if (z->k.bit_count == 0 && z->in == z->in_end && (z->flags & HAS_MORE_INPUT) == 0)
            return broken(z);
        if (!need(z, 8))
            return NEEDS_MORE_INPUT;
        put_byte(z, (uint8_t)take(z, 8));
    }
    return end_block(z);
}

static int symbol(inflater *z)
{
    int status = decode(z, &z->length_code, &z->k.symbol);
    if (status != GOES_ON)
        return status == FAILED ? broken(z) : status;
    if (z->k.symbol == END_OF_BLOCK)
        return end_block(z);
    return go(z, z->k.symbol < END_OF_BLOCK ? LITERAL : LENGTH_BITS);
}

static int literal(inflater *z)
{
    if (z->out == z->out_end)
        return HAS_MORE_OUTPUT;
    put_byte(z, (uint8_t)z->k.symbol);
    return go(z, SYMBOL);
}

/* RFC 1951, 3.2.5.  Symbols that it does not know stand for nothing. */
static int length_bits(inflater *z)
{
    uint32_t n = z->k.symbol - 257;
    if (n >= 28) {
        z->k.length = n == 28 ? 258 : 0;
        return go(z, DISTANCE);
    }
    unsigned extra = n < 8 ? 0 : n / 4 - 1;
    if (!need(z, extra))
        return NEEDS_MORE_INPUT;
    z->k.length = 3 + (n < 8 ? n : (4 + n % 4) << extra) + take(z, extra);
    return go(z, DISTANCE);
}

static int distance(inflater *z)
{
    int status = decode(z, &z->distance_code, &z->k.symbol);
    if (status != GOES_ON)
        return status == FAILED ? broken(z) : status;
    return go(z, DISTANCE_BITS);
}

static int distance_bits(inflater *z)
{
    uint32_t n = z->k.symbol;
    unsigned extra = n < 4 || n >= 30 ? 0 : n / 2 - 1;
    if (!need(z, extra))
        return NEEDS_MORE_INPUT;
    z->k.distance = n >= 30 ? 0 : 1 + (n < 4 ? n : (2 + n % 2) << extra) + take(z, extra);
    if ((z->flags & NON_WRAPPING_OUTPUT) != 0 && z->k.distance > z->out - z->out_start)
        return broken(z);
    return go(z, MATCH);
}

static int match(inflater *z)
{
    for (; z->k.length > 0; z->k.length--) {
        if (z->out == z->out_end)
            return HAS_MORE_OUTPUT;
        uint32_t from = z->out_start + ((z->out - z->out_start - z->k.distance) & z->mask);
        put_byte(z, espy_rom_read8(z->call, from));
    }
    return go(z, SYMBOL);
}

/* Four bytes, the highest first. */
static int trailer(inflater *z)
{
    if (z->k.known == 0)
        z->k.z_adler32 = 1;
    for (; z->k.known < 4; z->k.known++) {
        if (!need(z, 8))
            return NEEDS_MORE_INPUT;
        z->k.z_adler32 = z->k.z_adler32 << 8 | take(z, 8);
    }
    return go(z, AT_END);
}

static int begin(inflater *z)
{
    memset(&z->k, 0, sizeof z->k);
    z->k.z_adler32 = z->k.check_adler32 = 1;
    return go(z, (z->flags & PARSE_ZLIB_HEADER) != 0 ? ZLIB_HEADER : BLOCK_HEADER);
}

static int step(inflater *z)
{
    switch ((phase)z->k.phase) {
    case BEGIN: return begin(z);
    case ZLIB_HEADER: return zlib_header(z);
    case BLOCK_HEADER: return block_header(z);
    case STORED_HEADER: return stored_header(z);
    case STORED_BYTES: return stored_bytes(z);
    case CODE_COUNTS: return code_counts(z);
    case CODE_LENGTHS: return code_lengths(z);
    case SYMBOL_LENGTHS: return symbol_lengths(z);
    case SYMBOL: return symbol(z);
    case LITERAL: return literal(z);
    case LENGTH_BITS: return length_bits(z);
    case DISTANCE: return distance(z);
    case DISTANCE_BITS: return distance_bits(z);
    case MATCH: return match(z);
    case TRAILER: return trailer(z);
    case AT_END: return DONE;
    case BROKEN: return FAILED;
    }
    return FAILED;
}

/* ---- the call ---- */

static uint32_t adler32(const espy_rom_call *c, uint32_t adler, uint32_t addr, uint32_t n)
{
    uint32_t low = adler & 0xffff, high = adler >> 16;
    for (uint32_t i = 0; i < n; i++) {
        low = (low + espy_rom_read8(c, addr + i)) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

/* What the guest has in its memory may be anything. */
static bool is_sane(const kept *k)
{
    return k->phase <= BROKEN && k->lengths <= LENGTH_SYMBOLS && k->distances <= DISTANCE_SYMBOLS &&
           k->codes <= CODE_SYMBOLS && k->known <= SYMBOLS + LONGEST_REPEAT &&
           (k->phase != SYMBOL_LENGTHS || k->symbol < CODE_SYMBOLS);
}

/* The codes are made anew from their lengths. */
static void load(inflater *z)
{
    espy_rom_read(z->call, espy_rom_arg(z->call, STATE_ARG), &z->k, sizeof z->k);
    if (z->k.phase != BEGIN && !is_sane(&z->k))
        z->k.phase = BROKEN;
    if (z->k.phase == SYMBOL_LENGTHS)
        make_code(&z->length_code, z->k.size, CODE_SYMBOLS);
    else if (z->k.phase >= SYMBOL && z->k.phase <= MATCH)
        make_codes(z);
}

static int finish(inflater *z, int status)
{
    const espy_rom_call *c = z->call;
    uint32_t in = espy_rom_arg(c, IN), out = espy_rom_arg(c, OUT_NEXT);
    espy_rom_write32(c, espy_rom_arg(c, IN_SIZE), z->in - in);
    espy_rom_write32(c, espy_rom_arg(c, OUT_SIZE), z->out - out);
    if ((z->flags & (PARSE_ZLIB_HEADER | COMPUTE_ADLER32)) != 0 && status >= 0) {
        z->k.check_adler32 = adler32(c, z->k.check_adler32, out, z->out - out);
        if (status == DONE && (z->flags & PARSE_ZLIB_HEADER) != 0 && z->k.check_adler32 != z->k.z_adler32)
            status = ADLER32_MISMATCH;
    }
    espy_rom_write(c, espy_rom_arg(c, STATE_ARG), &z->k, sizeof z->k);
    return status;
}

static void rom_tinfl_decompress(espy_rom_call *c)
{
    inflater z = {.call = c, .flags = espy_rom_arg(c, FLAGS_ARG), .in = espy_rom_arg(c, IN)};
    z.in_end = z.in + espy_rom_read32(c, espy_rom_arg(c, IN_SIZE));
    z.out_start = espy_rom_arg(c, OUT_START);
    z.out = espy_rom_arg(c, OUT_NEXT);
    z.out_end = z.out + espy_rom_read32(c, espy_rom_arg(c, OUT_SIZE));
    z.mask = (z.flags & NON_WRAPPING_OUTPUT) != 0 ? UINT32_MAX : z.out_end - z.out_start - 1;
    if (((z.mask + 1) & z.mask) != 0 || z.out < z.out_start) {
        espy_rom_write32(c, espy_rom_arg(c, IN_SIZE), 0);
        espy_rom_write32(c, espy_rom_arg(c, OUT_SIZE), 0);
        espy_rom_return(c, (uint32_t)BAD_PARAM);
        return;
    }
    int status = GOES_ON;
    load(&z);
    while (status == GOES_ON)
        status = step(&z);
    espy_rom_return(c, (uint32_t)finish(&z, status));
}

/* ---- checksums ---- */

static void rom_mz_adler32(espy_rom_call *c)
{
    uint32_t from = espy_rom_arg(c, 1);
    espy_rom_return(c, from != 0 ? adler32(c, espy_rom_arg(c, 0), from, espy_rom_arg(c, 2)) : 1);
}

const espy_rom_function espy_rom_inflate_functions[] = {
    {.name = "tinfl_decompress", .run = rom_tinfl_decompress},
    {.name = "mz_adler32", .run = rom_mz_adler32},
    {0},
};
