/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: CRC, Adler-32, MD5, HMAC-MD5, and SHA by the chip's accelerator.
 *
 * Contexts are laid out in the guest as ESP-IDF's rom/md5_hash.h and rom/sha.h declare
 * them, and are left as the ROM leaves them.
 *
 * Sources: RFC 1321; RFC 1950; RFC 2104; rom/crc.h, rom/sha.h; ESP32-S3 TRM, "SHA Accelerator" and
 * "System Registers".
 */
#include "native.h"

#include "../../base/bytes.h"

#include <stdbool.h>
#include <string.h>

/* ---- CRC ---- */

/* Bit by bit in groups of four: tables of 16 are made for each call. */
static uint32_t crc_reflected(const espy_rom_call *c, uint32_t crc, uint32_t polynomial, uint32_t addr, uint32_t n)
{
    uint32_t table[16];
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 4; bit++)
            table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? polynomial : 0);
    }
    for (size_t span; n > 0; addr += (uint32_t)span, n -= (uint32_t)span) {
        uint8_t single;
        const uint8_t *bytes = espy_rom_view(c, addr, &span);
        if (bytes == NULL) {
            single = espy_rom_read8(c, addr);
            bytes = &single;
            span = 1;
        }
        span = span < n ? span : n;
        for (size_t i = 0; i < span; i++) {
            crc ^= bytes[i];
            crc = crc >> 4 ^ table[crc & 15];
            crc = crc >> 4 ^ table[crc & 15];
        }
    }
    return crc;
}

/* The highest bit first, for a CRC in the upper bits of the word. */
static uint32_t crc_straight(const espy_rom_call *c, uint32_t crc, uint32_t polynomial, uint32_t addr, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        crc ^= (uint32_t)espy_rom_read8(c, addr + i) << 24;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 != 0 ? polynomial : 0);
    }
    return crc;
}

static void return_reflected(espy_rom_call *c, unsigned width, uint32_t polynomial)
{
    uint32_t mask = UINT32_MAX >> (32 - width), crc = ~espy_rom_arg(c, 0) & mask;
    espy_rom_return(c, ~crc_reflected(c, crc, polynomial, espy_rom_arg(c, 1), espy_rom_arg(c, 2)) & mask);
}

static void return_straight(espy_rom_call *c, unsigned width, uint32_t polynomial)
{
    uint32_t up = 32 - width, crc = ~espy_rom_arg(c, 0) << up;
    crc = crc_straight(c, crc, polynomial << up, espy_rom_arg(c, 1), espy_rom_arg(c, 2));
    espy_rom_return(c, ~crc >> up & UINT32_MAX >> up);
}

static void rom_crc32_le(espy_rom_call *c)
{
    return_reflected(c, 32, 0xedb88320);
}

/* miniz's, which gives what to begin with where there are no bytes. */
static void rom_mz_crc32(espy_rom_call *c)
{
    if (espy_rom_arg(c, 1) != 0)
        rom_crc32_le(c);
    else
        espy_rom_return(c, 0);
}

static void rom_crc32_be(espy_rom_call *c)
{
    return_straight(c, 32, 0x04c11db7);
}

static void rom_crc16_le(espy_rom_call *c)
{
    return_reflected(c, 16, 0x8408);
}

static void rom_crc16_be(espy_rom_call *c)
{
    return_straight(c, 16, 0x1021);
}

static void rom_crc8_le(espy_rom_call *c)
{
    return_reflected(c, 8, 0xe0);
}

static void rom_crc8_be(espy_rom_call *c)
{
    return_straight(c, 8, 0x07);
}

/* Of the fuses' MAC address: another polynomial, and nothing inverted. */
static void rom_esp_crc8(espy_rom_call *c)
{
    espy_rom_return(c, crc_reflected(c, 0, 0x8c, espy_rom_arg(c, 0), espy_rom_arg(c, 1)));
}

/* ---- Adler-32 ---- */

/* RFC 1950; miniz's gives what to begin with where there are no bytes. */
static void rom_mz_adler32(espy_rom_call *c)
{
    uint32_t low = espy_rom_arg(c, 0) & 0xffff, high = espy_rom_arg(c, 0) >> 16;
    uint32_t addr = espy_rom_arg(c, 1), n = espy_rom_arg(c, 2);
    for (uint32_t i = 0; i < n && addr != 0; i++) {
        low = (low + espy_rom_read8(c, addr + i)) % 65521;
        high = (high + low) % 65521;
    }
    espy_rom_return(c, addr != 0 ? high << 16 | low : 1);
}

/* ---- MD5 ---- */

enum { MD5_BLOCK = 64, MD5_DIGEST = 16, MD5_CONTEXT = 88, MD5_BITS = 16, MD5_BUFFER = 24 };

/* struct MD5Context: state, count of bits, and the block that is being filled. */
typedef struct md5 {
    uint32_t state[4];
    uint64_t bits;
    uint8_t block[MD5_BLOCK];
} md5;

static const md5 md5_start = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};

static void md5_load(const espy_rom_call *c, md5 *m, uint32_t addr)
{
    uint8_t bytes[MD5_CONTEXT];
    espy_rom_read(c, addr, bytes, sizeof bytes);
    for (unsigned i = 0; i < 4; i++)
        m->state[i] = get_le32(bytes + 4 * i);
    m->bits = get_le32(bytes + MD5_BITS) | (uint64_t)get_le32(bytes + MD5_BITS + 4) << 32;
    memcpy(m->block, bytes + MD5_BUFFER, MD5_BLOCK);
}

static void md5_store(const espy_rom_call *c, const md5 *m, uint32_t addr, size_t size)
{
    uint8_t bytes[MD5_CONTEXT];
    for (unsigned i = 0; i < 4; i++)
        put_le32(bytes + 4 * i, m->state[i]);
    put_le32(bytes + MD5_BITS, (uint32_t)m->bits);
    put_le32(bytes + MD5_BITS + 4, (uint32_t)(m->bits >> 32));
    memcpy(bytes + MD5_BUFFER, m->block, MD5_BLOCK);
    espy_rom_write(c, addr, bytes, size);
}

/* floor(2^32 abs(sin(i + 1))) */
static const uint32_t md5_sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_transform(uint32_t state[4], const uint8_t block[MD5_BLOCK])
{
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t f, k;
        switch (i / 16) {
        case 0:
            f = (b & c) | (~b & d);
            k = i;
            break;
        case 1:
            f = (d & b) | (~d & c);
            k = 5 * i + 1;
            break;
        case 2:
            f = b ^ c ^ d;
            k = 3 * i + 5;
            break;
        default:
            f = c ^ (b | ~d);
            k = 7 * i;
            break;
        }
        uint32_t sum = a + f + md5_sines[i] + get_le32(block + 4 * (k % 16));
        unsigned s = shifts[i / 16][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << s | sum >> (32 - s);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void md5_update(md5 *m, const uint8_t *bytes, size_t n)
{
    size_t used = m->bits / 8 % MD5_BLOCK;
    m->bits += (uint64_t)n * 8;
    while (n > 0) {
        size_t taken = MD5_BLOCK - used < n ? MD5_BLOCK - used : n;
        memcpy(m->block + used, bytes, taken);
        bytes += taken;
        n -= taken;
        used += taken;
        if (used < MD5_BLOCK)
            break;
        md5_transform(m->state, m->block);
        used = 0;
    }
}

static void md5_update_guest(const espy_rom_call *c, md5 *m, uint32_t addr, uint32_t n)
{
    uint8_t bytes[8 * MD5_BLOCK];
    for (uint32_t taken; n > 0; addr += taken, n -= taken) {
        taken = n < sizeof bytes ? n : (uint32_t)sizeof bytes;
        espy_rom_read(c, addr, bytes, taken);
        md5_update(m, bytes, taken);
    }
}

static void md5_final(md5 *m, uint8_t digest[MD5_DIGEST])
{
    static const uint8_t padding[MD5_BLOCK] = {0x80};
    uint8_t length[8];
    size_t used = m->bits / 8 % MD5_BLOCK;
    put_le32(length, (uint32_t)m->bits);
    put_le32(length + 4, (uint32_t)(m->bits >> 32));
    md5_update(m, padding, (used < 56 ? 56 : 120) - used);
    md5_update(m, length, sizeof length);
    for (unsigned i = 0; i < 4; i++)
        put_le32(digest + 4 * i, m->state[i]);
}

/* The block keeps what it had. */
static void rom_md5_init(espy_rom_call *c)
{
    md5_store(c, &md5_start, espy_rom_arg(c, 0), MD5_BUFFER);
}

static void rom_md5_update(espy_rom_call *c)
{
    md5 m;
    md5_load(c, &m, espy_rom_arg(c, 0));
    md5_update_guest(c, &m, espy_rom_arg(c, 1), espy_rom_arg(c, 2));
    md5_store(c, &m, espy_rom_arg(c, 0), MD5_CONTEXT);
}

/* The context is wiped. */
static void rom_md5_final(espy_rom_call *c)
{
    static const uint8_t wiped[MD5_CONTEXT];
    md5 m;
    uint8_t digest[MD5_DIGEST];
    md5_load(c, &m, espy_rom_arg(c, 1));
    md5_final(&m, digest);
    espy_rom_write(c, espy_rom_arg(c, 0), digest, sizeof digest);
    espy_rom_write(c, espy_rom_arg(c, 1), wiped, sizeof wiped);
}

static void md5_vector(const espy_rom_call *c, md5 *m, uint32_t count, uint32_t pieces, uint32_t lengths)
{
    for (uint32_t i = 0; i < count; i++)
        md5_update_guest(c, m, espy_rom_read32(c, pieces + 4 * i), espy_rom_read32(c, lengths + 4 * i));
}

static void rom_md5_vector(espy_rom_call *c)
{
    md5 m = md5_start;
    uint8_t digest[MD5_DIGEST];
    md5_vector(c, &m, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2));
    md5_final(&m, digest);
    espy_rom_write(c, espy_rom_arg(c, 3), digest, sizeof digest);
    espy_rom_return(c, 0);
}

/* ---- HMAC-MD5 ---- */

/* The ROM keeps the padded key on the guest's heap.  newlib's syscall_table_ptr, which
 * firmware sets, has the functions for that. */
enum {
    SYSCALL_TABLE_PTR = 0x3fceffd4,
    GETREENT = 0,
    MALLOC_R = 4,
    FREE_R = 8,
    MOST_PIECES = 5,
    LOCAL_PAD = 4,
    LOCAL_RESULT = 8
};

/* What is authenticated: pieces in the guest, or a single one. */
typedef struct message {
    uint32_t count, pieces, lengths; /* count is 0 for ... */
    uint32_t piece, length;          /* ... this one */
} message;

static void pad_key(uint8_t padded[MD5_BLOCK], const uint8_t key[MD5_BLOCK], uint8_t with)
{
    for (unsigned i = 0; i < MD5_BLOCK; i++)
        padded[i] = key[i] ^ with;
}

static void read_key(const espy_rom_call *c, uint8_t key[MD5_BLOCK])
{
    uint32_t addr = espy_rom_arg(c, 0), n = espy_rom_arg(c, 1);
    memset(key, 0, MD5_BLOCK);
    if (n <= MD5_BLOCK) {
        espy_rom_read(c, addr, key, n);
        return;
    }
    md5 m = md5_start;
    md5_update_guest(c, &m, addr, n);
    md5_final(&m, key);
}

static void hmac(const espy_rom_call *c, const message *text, uint32_t to, uint32_t pad)
{
    uint8_t key[MD5_BLOCK], padded[MD5_BLOCK], digest[MD5_DIGEST];
    read_key(c, key);
    pad_key(padded, key, 0x36);
    md5 m = md5_start;
    md5_update(&m, padded, sizeof padded);
    if (text->count > 0)
        md5_vector(c, &m, text->count, text->pieces, text->lengths);
    else
        md5_update_guest(c, &m, text->piece, text->length);
    md5_final(&m, digest);
    pad_key(padded, key, 0x5c);
    m = md5_start;
    md5_update(&m, padded, sizeof padded);
    md5_update(&m, digest, sizeof digest);
    md5_final(&m, digest);
    espy_rom_write(c, pad, padded, sizeof padded);
    espy_rom_write(c, to, digest, sizeof digest);
}

static void call_system(espy_rom_call *c, uint32_t step, uint32_t offset, unsigned argc, uint32_t a, uint32_t b)
{
    uint32_t function = espy_rom_read32(c, espy_rom_read32(c, SYSCALL_TABLE_PTR) + offset);
    espy_rom_guest(c, step, function, argc, (const uint32_t[]){a, b});
}

static void hmac_step(espy_rom_call *c, const message *text, bool too_many, uint32_t to)
{
    uint32_t pad;
    switch (c->step) {
    case 0: call_system(c, 1, GETREENT, 0, 0, 0); break;
    case 1: call_system(c, 2, MALLOC_R, 2, espy_rom_result(c), MD5_BLOCK); break;
    case 2:
        pad = espy_rom_result(c);
        if (pad == 0) {
            espy_rom_return(c, UINT32_MAX);
            break;
        }
        if (!too_many)
            hmac(c, text, to, pad);
        espy_rom_set_local(c, LOCAL_PAD, pad);
        espy_rom_set_local(c, LOCAL_RESULT, too_many ? UINT32_MAX : 0);
        call_system(c, 3, GETREENT, 0, 0, 0);
        break;
    case 3: call_system(c, 4, FREE_R, 2, espy_rom_result(c), espy_rom_local(c, LOCAL_PAD)); break;
    default: espy_rom_return(c, espy_rom_local(c, LOCAL_RESULT)); break;
    }
}

static void rom_hmac_md5_vector(espy_rom_call *c)
{
    const message text = {.count = espy_rom_arg(c, 2), .pieces = espy_rom_arg(c, 3), .lengths = espy_rom_arg(c, 4)};
    hmac_step(c, &text, text.count > MOST_PIECES, espy_rom_arg(c, 5));
}

static void rom_hmac_md5(espy_rom_call *c)
{
    const message text = {.piece = espy_rom_arg(c, 2), .length = espy_rom_arg(c, 3)};
    hmac_step(c, &text, false, espy_rom_arg(c, 4));
}

/* ---- SHA ---- */

enum {
    PERIP_CLK_EN1 = 0x600c001c,
    PERIP_RST_EN1 = 0x600c0024,
    CRYPTO_SHA = 1 << 2, /* in both; its reset, and those of the signature and the HMAC unit: */
    CRYPTO_RESETS = 0x34,
    SHA_MODE = 0x6003b000,
    SHA_T_STRING = 0x6003b004,
    SHA_T_LENGTH = 0x6003b008,
    SHA_START = 0x6003b010,
    SHA_CONTINUE = 0x6003b014,
    SHA_BUSY = 0x6003b018,
    SHA_H = 0x6003b040,
    SHA_M = 0x6003b080,
    /* SHA_CTX */
    CTX_START = 0,
    CTX_IN_HARDWARE = 1,
    CTX_TYPE = 4,
    CTX_STATE = 8,
    CTX_BUFFER = 72,
    CTX_BITS = 200,
    CTX_SIZE = 216,
    SHA2_256 = 2,
    SHA2_512T = 7,
    SHA_TYPES = 8,
    SHA_MOST = 128, /* bytes of the largest block */
    ETS_ERROR = 0x102
};

/* The bytes of a digest, of the state, and of a block, by type. */
static const uint8_t sha_digest[SHA_TYPES] = {20, 28, 32, 48, 64, 64, 64, 64};
static const uint8_t sha_state[SHA_TYPES] = {20, 32, 32, 64, 64, 64, 64, 64};
static const uint8_t sha_block[SHA_TYPES] = {64, 64, 64, 128, 128, 128, 128, 128};

static uint32_t sha_type(const espy_rom_call *c, uint32_t ctx)
{
    return espy_rom_read32(c, ctx + CTX_TYPE) % SHA_TYPES;
}

/* The accelerator's memories are words. */
static void copy_words(const espy_rom_call *c, uint32_t to, uint32_t from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4)
        espy_rom_write32(c, to + i, espy_rom_read32(c, from + i));
}

/* A DMA operation may be under way; then the caller is to come again. */
static bool sha_is_busy(espy_rom_call *c)
{
    if (espy_rom_read32(c, SHA_BUSY) != 1)
        return false;
    espy_rom_wait(c, 1, ESPY_TICKS_PER_US);
    return true;
}

static void sha_get_state(const espy_rom_call *c, uint32_t ctx)
{
    copy_words(c, ctx + CTX_STATE, SHA_H, sha_state[sha_type(c, ctx)]);
    espy_rom_write8(c, ctx + CTX_IN_HARDWARE, 1);
}

static void sha_process(const espy_rom_call *c, uint32_t ctx, const uint8_t *block)
{
    uint32_t type = sha_type(c, ctx);
    bool started = espy_rom_read8(c, ctx + CTX_START) != 0;
    espy_rom_write32(c, SHA_MODE, type);
    for (uint32_t i = 0; i < sha_block[type]; i += 4)
        espy_rom_write32(c, SHA_M + i, get_le32(block + i));
    if (started && espy_rom_read8(c, ctx + CTX_IN_HARDWARE) == 0)
        copy_words(c, SHA_H, ctx + CTX_STATE, sha_state[type]);
    if (started || type == SHA2_512T) {
        espy_rom_write32(c, SHA_CONTINUE, 1);
    } else {
        espy_rom_write32(c, SHA_START, 1);
        espy_rom_write8(c, ctx + CTX_START, 1);
    }
    espy_rom_write8(c, ctx + CTX_IN_HARDWARE, 1);
}

/* A counter of 128 bits, of which the top three bits of n are lost. */
static void sha_count(const espy_rom_call *c, uint32_t ctx, uint32_t n)
{
    uint32_t sum = espy_rom_read32(c, ctx + CTX_BITS) + 8 * n;
    bool carry = sum < 8 * n;
    espy_rom_write32(c, ctx + CTX_BITS, sum);
    for (uint32_t i = 4; carry && i < 16; i += 4) {
        sum = espy_rom_read32(c, ctx + CTX_BITS + i) + 1;
        espy_rom_write32(c, ctx + CTX_BITS + i, sum);
        carry = sum == 0;
    }
}

static uint32_t sha_used(const espy_rom_call *c, uint32_t ctx)
{
    return espy_rom_read32(c, ctx + CTX_BITS) / 8 % sha_block[sha_type(c, ctx)];
}

/* Takes n bytes that fit into what is left of the block; used is how much of it is full. */
static void sha_take(const espy_rom_call *c, uint32_t ctx, uint32_t used, const uint8_t *bytes, uint32_t n)
{
    uint8_t block[SHA_MOST];
    if (used + n == sha_block[sha_type(c, ctx)]) {
        espy_rom_read(c, ctx + CTX_BUFFER, block, used);
        memcpy(block + used, bytes, n);
        if (used > 0)
            espy_rom_write(c, ctx + CTX_BUFFER + used, bytes, n);
        sha_process(c, ctx, block);
    } else {
        espy_rom_write(c, ctx + CTX_BUFFER + used, bytes, n);
    }
}

/* bytes is where the input is, or NULL where it is in the guest at addr. */
static void sha_update(const espy_rom_call *c, uint32_t ctx, const uint8_t *bytes, uint32_t addr, uint32_t n)
{
    uint32_t used = sha_used(c, ctx), size = sha_block[sha_type(c, ctx)];
    uint8_t chunk[SHA_MOST];
    sha_count(c, ctx, n);
    for (uint32_t done = 0, taken; done < n; done += taken, used = 0) {
        taken = n - done < size - used ? n - done : size - used;
        if (bytes == NULL)
            espy_rom_read(c, addr + done, chunk, taken);
        sha_take(c, ctx, used, bytes == NULL ? chunk : bytes + done, taken);
    }
}

static void rom_sha_enable(espy_rom_call *c)
{
    espy_rom_update32(c, PERIP_CLK_EN1, CRYPTO_SHA, CRYPTO_SHA);
    espy_rom_update32(c, PERIP_RST_EN1, CRYPTO_RESETS, 0);
}

static void rom_sha_disable(espy_rom_call *c)
{
    espy_rom_update32(c, PERIP_RST_EN1, CRYPTO_SHA, CRYPTO_SHA);
    espy_rom_update32(c, PERIP_CLK_EN1, CRYPTO_SHA, 0);
}

static void rom_sha_init(espy_rom_call *c)
{
    static const uint8_t empty[CTX_SIZE];
    uint32_t ctx = espy_rom_arg(c, 0), type = espy_rom_arg(c, 1);
    espy_rom_return(c, ETS_ERROR);
    if (ctx == 0 || type >= SHA_TYPES)
        return;
    espy_rom_write(c, ctx, empty, sizeof empty);
    espy_rom_write32(c, ctx + CTX_TYPE, type);
    espy_rom_return(c, 0);
}

/* The decimal digits of t, then a bit of 1, and how many bits that digits' block has. */
static void sha_set_t(const espy_rom_call *c, uint32_t t)
{
    uint32_t digits = t > 99 ? 3 : t > 9 ? 2 : 1, word = 0x80u << (24 - 8 * digits);
    for (uint32_t i = 0; i < digits; i++, t /= 10)
        word |= ('0' + t % 10) << (32 - 8 * (digits - i));
    espy_rom_write32(c, SHA_MODE, SHA2_512T);
    espy_rom_write32(c, SHA_T_STRING, word);
    espy_rom_write32(c, SHA_T_LENGTH, 64 + 8 * digits);
    espy_rom_write32(c, SHA_START, 1);
}

/* SHA-512/t has an initial state that depends on t, which the accelerator computes. */
static void rom_sha_starts(espy_rom_call *c)
{
    uint32_t ctx = espy_rom_arg(c, 0), t = espy_rom_arg(c, 1) & 0xffff;
    espy_rom_return(c, ETS_ERROR);
    if (ctx == 0)
        return;
    espy_rom_write8(c, ctx + CTX_START, 0);
    if (espy_rom_read32(c, ctx + CTX_TYPE) == SHA2_512T) {
        if (t == 0 || t > 511 || t == 384)
            return;
        sha_set_t(c, t);
        espy_rom_write8(c, ctx + CTX_START, 1);
    }
    espy_rom_return(c, 0);
}

static void rom_sha_get_state(espy_rom_call *c)
{
    if (!sha_is_busy(c))
        sha_get_state(c, espy_rom_arg(c, 0));
}

static void rom_sha_clone(espy_rom_call *c)
{
    uint8_t bytes[CTX_SIZE];
    uint32_t to = espy_rom_arg(c, 0);
    if (sha_is_busy(c))
        return;
    espy_rom_read(c, espy_rom_arg(c, 1), bytes, sizeof bytes);
    espy_rom_write(c, to, bytes, sizeof bytes);
    if (bytes[CTX_IN_HARDWARE] == 0)
        return;
    sha_get_state(c, to);
    espy_rom_write8(c, to + CTX_IN_HARDWARE, 0);
}

static void rom_sha_process(espy_rom_call *c)
{
    uint8_t block[SHA_MOST];
    uint32_t ctx = espy_rom_arg(c, 0);
    if (sha_is_busy(c))
        return;
    espy_rom_read(c, espy_rom_arg(c, 1), block, sha_block[sha_type(c, ctx)]);
    sha_process(c, ctx, block);
}

static void rom_sha_update(espy_rom_call *c)
{
    uint32_t ctx = espy_rom_arg(c, 0);
    if (sha_is_busy(c))
        return;
    sha_update(c, ctx, NULL, espy_rom_arg(c, 1), espy_rom_arg(c, 2));
    if ((espy_rom_arg(c, 3) & 0xff) != 0 && espy_rom_read8(c, ctx + CTX_IN_HARDWARE) != 0)
        sha_get_state(c, ctx);
}

/* Most significant byte first. */
static void put_length(uint8_t *to, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void rom_sha_finish(espy_rom_call *c)
{
    static const uint8_t padding[SHA_MOST] = {0x80};
    uint8_t length[16];
    uint32_t ctx = espy_rom_arg(c, 0), size = sha_block[sha_type(c, ctx)], used = sha_used(c, ctx);
    if (sha_is_busy(c))
        return;
    for (unsigned i = 0; i < 4; i++)
        put_length(length + 12 - 4 * i, espy_rom_read32(c, ctx + CTX_BITS + 4 * i));
    uint32_t counter = size / 8, before = size - counter;
    sha_update(c, ctx, padding, 0, (used < before ? before : before + size) - used);
    sha_update(c, ctx, length + 16 - counter, 0, counter);
    sha_get_state(c, ctx);
    copy_words(c, espy_rom_arg(c, 1), ctx + CTX_STATE, sha_digest[sha_type(c, ctx)]);
    espy_rom_return(c, 0);
}

const espy_rom_function espy_rom_digest_functions[] = {
    {.name = "crc32_le", .run = rom_crc32_le},
    {.name = "mz_adler32", .run = rom_mz_adler32},
    {.name = "mz_crc32", .run = rom_mz_crc32},
    {.name = "crc32_be", .run = rom_crc32_be},
    {.name = "crc16_le", .run = rom_crc16_le},
    {.name = "crc16_be", .run = rom_crc16_be},
    {.name = "crc8_le", .run = rom_crc8_le},
    {.name = "crc8_be", .run = rom_crc8_be},
    {.name = "esp_crc8", .run = rom_esp_crc8},
    {.name = "MD5Init", .run = rom_md5_init},
    {.name = "MD5Update", .run = rom_md5_update},
    {.name = "MD5Final", .run = rom_md5_final},
    {.name = "md5_vector", .run = rom_md5_vector},
    {.name = "hmac_md5_vector", .run = rom_hmac_md5_vector, .kind = ESPY_ROM_STEPS},
    {.name = "hmac_md5", .run = rom_hmac_md5, .kind = ESPY_ROM_STEPS},
    {.name = "ets_sha_enable", .run = rom_sha_enable},
    {.name = "ets_sha_disable", .run = rom_sha_disable},
    {.name = "ets_sha_init", .run = rom_sha_init},
    {.name = "ets_sha_starts", .run = rom_sha_starts},
    {.name = "ets_sha_get_state", .run = rom_sha_get_state, .kind = ESPY_ROM_STEPS},
    {.name = "ets_sha_clone", .run = rom_sha_clone, .kind = ESPY_ROM_STEPS},
    {.name = "ets_sha_process", .run = rom_sha_process, .kind = ESPY_ROM_STEPS},
    {.name = "ets_sha_update", .run = rom_sha_update, .kind = ESPY_ROM_STEPS},
    {.name = "ets_sha_finish", .run = rom_sha_finish, .kind = ESPY_ROM_STEPS},
    {0},
};
