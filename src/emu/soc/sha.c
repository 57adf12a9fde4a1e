/* SPDX-License-Identifier: MIT
 *
 * The SHA accelerator.  See sha.h.
 */
#include "sha.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    SHA_MODE = 0x00,
    SHA_T_STRING = 0x04,
    SHA_T_LENGTH = 0x08,
    SHA_BLOCK_NUM = 0x0c,
    SHA_START = 0x10,
    SHA_CONTINUE = 0x14,
    SHA_BUSY = 0x18,
    SHA_DMA_START = 0x1c,
    SHA_DMA_CONTINUE = 0x20,
    SHA_CLEAR_IRQ = 0x24,
    SHA_INT_ENA = 0x28,
    SHA_DATE = 0x2c,
    SHA_H = 0x40,
    SHA_M = 0x80,
    SHA_SIZE = 0x100
};

enum { SHA1, SHA2_224, SHA2_256, SHA2_384, SHA2_512, SHA2_512224, SHA2_512256, SHA2_512T };

/* FIPS 180-4: the first 64 bits of the fractional parts of the cube roots of the
 * first 80 primes.  The upper halves of the first 64 are SHA-256's constants. */
static const uint64_t k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* ... and of the square roots of the first eight primes; the upper halves are SHA-256's. */
static const uint64_t iv_512[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* ... and of the next eight; the lower halves are SHA-224's. */
static const uint64_t iv_384[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

/* ---- Big-endian words, as the registers hold them in memory ---- */

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get_be64(const uint8_t *p)
{
    return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static void put_be32(uint8_t *p, uint32_t v)
{
    for (unsigned n = 0; n < 4; n++)
        p[n] = (uint8_t)(v >> (24 - 8 * n));
}

static void put_be64(uint8_t *p, uint64_t v)
{
    put_be32(p, (uint32_t)(v >> 32));
    put_be32(p + 4, (uint32_t)v);
}

static uint32_t rotl32(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t rotr32(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint64_t rotr64(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

/* ---- Blocks: FIPS 180-4, sections 6.1.2, 6.2.2, 6.4.2 ---- */

static uint32_t sha1_f(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    static const uint32_t constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t f = b ^ c ^ d;
    if (t < 20)
        f = (b & c) ^ (~b & d);
    else if (t >= 40 && t < 60)
        f = (b & c) ^ (b & d) ^ (c & d);
    return f + constant[t / 20];
}

static void sha1_block(uint8_t h[20], const uint8_t *block)
{
    uint32_t w[80], s[5], v[5];
    for (unsigned t = 0; t < 80; t++)
        w[t] = t < 16 ? get_be32(block + 4 * t) : rotl32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (unsigned n = 0; n < 5; n++)
        v[n] = s[n] = get_be32(h + 4 * n);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t next = rotl32(v[0], 5) + sha1_f(t, v[1], v[2], v[3]) + v[4] + w[t];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = rotl32(v[1], 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (unsigned n = 0; n < 5; n++)
        put_be32(h + 4 * n, s[n] + v[n]);
}

static void sha256_block(uint8_t h[32], const uint8_t *block)
{
    uint32_t w[64], s[8], v[8];
    for (unsigned t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = get_be32(block + 4 * t);
            continue;
        }
        uint32_t a = w[t - 15], b = w[t - 2];
        w[t] =
            (rotr32(b, 17) ^ rotr32(b, 19) ^ b >> 10) + w[t - 7] + (rotr32(a, 7) ^ rotr32(a, 18) ^ a >> 3) + w[t - 16];
    }
    for (unsigned n = 0; n < 8; n++)
        v[n] = s[n] = get_be32(h + 4 * n);
    for (unsigned t = 0; t < 64; t++) {
        uint32_t e = v[4], a = v[0];
        uint32_t t1 = v[7] + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) + ((e & v[5]) ^ (~e & v[6])) +
                      (uint32_t)(k[t] >> 32) + w[t];
        uint32_t t2 = (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (unsigned n = 0; n < 8; n++)
        put_be32(h + 4 * n, s[n] + v[n]);
}

static void sha512_block(uint8_t h[64], const uint8_t *block)
{
    uint64_t w[80], s[8], v[8];
    for (unsigned t = 0; t < 80; t++) {
        if (t < 16) {
            w[t] = get_be64(block + 8 * t);
            continue;
        }
        uint64_t a = w[t - 15], b = w[t - 2];
        w[t] = (rotr64(b, 19) ^ rotr64(b, 61) ^ b >> 6) + w[t - 7] + (rotr64(a, 1) ^ rotr64(a, 8) ^ a >> 7) + w[t - 16];
    }
    for (unsigned n = 0; n < 8; n++)
        v[n] = s[n] = get_be64(h + 8 * n);
    for (unsigned t = 0; t < 80; t++) {
        uint64_t e = v[4], a = v[0];
        uint64_t t1 = v[7] + (rotr64(e, 14) ^ rotr64(e, 18) ^ rotr64(e, 41)) + ((e & v[5]) ^ (~e & v[6])) + k[t] + w[t];
        uint64_t t2 = (rotr64(a, 28) ^ rotr64(a, 34) ^ rotr64(a, 39)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (unsigned n = 0; n < 8; n++)
        put_be64(h + 8 * n, s[n] + v[n]);
}

/* ---- Messages ---- */

static size_t block_size(uint32_t mode)
{
    return mode <= SHA2_256 ? 64 : 128;
}

static void hash_block(uint8_t h[64], uint32_t mode, const uint8_t *block)
{
    if (mode == SHA1)
        sha1_block(h, block);
    else if (mode <= SHA2_256)
        sha256_block(h, block);
    else
        sha512_block(h, block);
}

/* FIPS 180-4, section 5.3.6: hash the name of the function under a masked start value.  `name`
 * holds the digits of t and the padding bit behind "SHA-512/"; `bits` is the length of it all. */
static void start_512_t(uint8_t h[64], uint32_t name, uint32_t bits)
{
    uint8_t block[128] = "SHA-512/";
    put_be32(block + 8, name);
    put_be64(block + 120, bits);
    for (unsigned n = 0; n < 8; n++)
        put_be64(h + 8 * n, iv_512[n] ^ UINT64_C(0xa5a5a5a5a5a5a5a5));
    sha512_block(h, block);
}

static void start_hash(uint8_t h[64], uint32_t mode)
{
    static const uint32_t iv_1[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    switch (mode) {
    case SHA1:
        for (unsigned n = 0; n < 5; n++)
            put_be32(h + 4 * n, iv_1[n]);
        break;
    case SHA2_224:
    case SHA2_256:
        for (unsigned n = 0; n < 8; n++)
            put_be32(h + 4 * n, mode == SHA2_224 ? (uint32_t)iv_384[n] : (uint32_t)(iv_512[n] >> 32));
        break;
    case SHA2_512224: start_512_t(h, 0x32323480, 88); break; /* "224", then the padding bit */
    case SHA2_512256: start_512_t(h, 0x32353680, 88); break; /* "256" */
    default:
        for (unsigned n = 0; n < 8; n++)
            put_be64(h + 8 * n, mode == SHA2_384 ? iv_384[n] : iv_512[n]);
        break;
    }
}

/* START in mode SHA-512/t makes the start value of the t given and hashes nothing yet. */
static void start(espy_sha *sha)
{
    if (sha->mode == SHA2_512T) {
        start_512_t(sha->h, sha->t_string, sha->t_length);
        return;
    }
    start_hash(sha->h, sha->mode);
    hash_block(sha->h, sha->mode, sha->m);
}

static void update_irq(espy_sha *sha)
{
    espy_line_set(&sha->irq, sha->int_raw && sha->int_ena != 0);
}

/* Pulls blocks until all are hashed or no more bytes are there. */
static void run_dma(espy_sha *sha)
{
    size_t size = block_size(sha->mode);
    while (sha->dma_left != 0) {
        sha->dma_got += espy_dma_pull(&sha->dma, sha->m + sha->dma_got, size - sha->dma_got);
        if (sha->dma_got < size)
            return;
        sha->dma_got = 0;
        if (sha->dma_first)
            start_hash(sha->h, sha->mode);
        sha->dma_first = false;
        hash_block(sha->h, sha->mode, sha->m);
        if (--sha->dma_left == 0)
            sha->int_raw = true;
    }
    update_irq(sha);
}

/* In mode SHA-512/t the start value was made before, so that DMA_START must not replace it. */
static void start_dma(espy_sha *sha, bool first)
{
    sha->dma_left = sha->block_num;
    sha->dma_first = first && sha->mode != SHA2_512T;
    sha->dma_got = 0;
    run_dma(sha);
}

void espy_sha_dma_ready(void *user, unsigned n, bool level)
{
    (void)n;
    if (level)
        run_dma(user);
}

/* ---- Registers ---- */

static uint32_t sha_read(void *self, uint32_t offset)
{
    espy_sha *sha = self;
    if (offset >= SHA_M)
        return offset < SHA_SIZE ? get_le32(sha->m + (offset - SHA_M)) : 0;
    if (offset >= SHA_H)
        return get_le32(sha->h + (offset - SHA_H));
    switch (offset) {
    case SHA_MODE: return sha->mode;
    case SHA_T_STRING: return sha->t_string;
    case SHA_T_LENGTH: return sha->t_length;
    case SHA_BLOCK_NUM: return sha->block_num;
    case SHA_BUSY: return sha->dma_left != 0;
    case SHA_INT_ENA: return sha->int_ena;
    case SHA_DATE: return 0x20190402;
    default: return 0;
    }
}

static void sha_write(void *self, uint32_t offset, uint32_t value)
{
    espy_sha *sha = self;
    if (offset >= SHA_M) {
        if (offset < SHA_SIZE)
            put_le32(sha->m + (offset - SHA_M), value);
        return;
    }
    if (offset >= SHA_H) {
        put_le32(sha->h + (offset - SHA_H), value);
        return;
    }
    switch (offset) {
    case SHA_MODE: sha->mode = value & 7; break;
    case SHA_T_STRING: sha->t_string = value; break;
    case SHA_T_LENGTH: sha->t_length = value & 0x7f; break;
    case SHA_BLOCK_NUM: sha->block_num = value & 0x3f; break;
    case SHA_START: start(sha); break;
    case SHA_CONTINUE: hash_block(sha->h, sha->mode, sha->m); break;
    case SHA_DMA_START: start_dma(sha, true); break;
    case SHA_DMA_CONTINUE: start_dma(sha, false); break;
    case SHA_CLEAR_IRQ: sha->int_raw = false; break;
    case SHA_INT_ENA: sha->int_ena = value & 1; break;
    default: break;
    }
    update_irq(sha);
}

/* ---- The machine's side ---- */

void espy_sha_init(espy_sha *sha, espy_soc *soc, espy_line irq, const espy_dma_port *dma)
{
    *sha = (espy_sha){.soc = soc, .irq = irq};
    if (dma != NULL)
        sha->dma = *dma;
    espy_device device = {
        .name = "SHA", .base = 0x6003b000, .size = 0x1000, .self = sha, .read = sha_read, .write = sha_write};
    espy_bus_attach(soc->bus, &device);
}

void espy_sha_reset(espy_sha *sha, espy_reset reset)
{
    (void)reset;
    sha->mode = sha->t_string = sha->t_length = sha->block_num = sha->int_ena = 0;
    sha->int_raw = false;
    sha->dma_left = 0;
    memset(sha->h, 0, sizeof sha->h);
    memset(sha->m, 0, sizeof sha->m);
    update_irq(sha);
}
