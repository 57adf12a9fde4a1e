/* SPDX-License-Identifier: MIT
 *
 * The AES accelerator.  See aes.h.
 */
#include "aes.h"

#include "../../base/bytes.h"

#include <string.h>

enum {
    AES_KEY = 0x00,
    AES_TEXT_IN = 0x20,
    AES_TEXT_OUT = 0x30,
    AES_MODE = 0x40,
    AES_ENDIAN = 0x44,
    AES_TRIGGER = 0x48,
    AES_STATE = 0x4c,
    AES_IV = 0x50,
    AES_DMA_ENABLE = 0x90,
    AES_BLOCK_MODE = 0x94,
    AES_BLOCK_NUM = 0x98,
    AES_INC_SEL = 0x9c,
    AES_INT_CLR = 0xac,
    AES_INT_ENA = 0xb0,
    AES_DATE = 0xb4,
    AES_DMA_EXIT = 0xb8
};

enum { AES_IDLE, AES_BUSY, AES_DONE };
enum { MODE_ECB, MODE_CBC, MODE_OFB, MODE_CTR, MODE_CFB8, MODE_CFB128 };

#define MODE_DECRYPT 4u
#define MODE_KEY_256 2u
#define BLOCK 16

/* A long operation is cut up, so that a guest's endless list of descriptors does not stop time. */
#define BLOCKS_AT_ONCE 4096
#define BLOCKS_TICKS (BLOCKS_AT_ONCE * UINT64_C(16) * 6) /* about 16 cycles of APB each */

/* ---- The cipher: FIPS 197 ---- */

static const uint8_t s_box[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76, 0xca, 0x82, 0xc9,
    0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, 0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f,
    0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15, 0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07,
    0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75, 0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3,
    0x29, 0xe3, 0x2f, 0x84, 0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58,
    0xcf, 0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8, 0x51, 0xa3,
    0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, 0xcd, 0x0c, 0x13, 0xec, 0x5f,
    0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73, 0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88,
    0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb, 0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac,
    0x62, 0x91, 0x95, 0xe4, 0x79, 0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a,
    0xae, 0x08, 0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a, 0x70,
    0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e, 0xe1, 0xf8, 0x98, 0x11,
    0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf, 0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42,
    0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

static const uint8_t inverse_s_box[256] = {
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb, 0x7c, 0xe3, 0x39,
    0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb, 0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2,
    0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e, 0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76,
    0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25, 0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc,
    0x5d, 0x65, 0xb6, 0x92, 0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d,
    0x84, 0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06, 0xd0, 0x2c,
    0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b, 0x3a, 0x91, 0x11, 0x41, 0x4f,
    0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73, 0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85,
    0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e, 0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62,
    0x0e, 0xaa, 0x18, 0xbe, 0x1b, 0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd,
    0x5a, 0xf4, 0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f, 0x60,
    0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef, 0xa0, 0xe0, 0x3b, 0x4d,
    0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61, 0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6,
    0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d,
};

typedef struct schedule {
    uint8_t key[15][BLOCK];
    unsigned rounds;
} schedule;

static uint8_t xtime(uint8_t x)
{
    return (uint8_t)(x << 1 ^ ((x & 0x80) != 0 ? 0x1b : 0));
}

static void xor_block(uint8_t *to, const uint8_t *with)
{
    for (unsigned n = 0; n < BLOCK; n++)
        to[n] ^= with[n];
}

/* Section 5.2, for keys of 16 or 32 bytes. */
static void expand_key(schedule *s, const uint8_t *key, unsigned size)
{
    uint8_t *w = s->key[0], round = 1;
    s->rounds = size / 4 + 6;
    memcpy(w, key, size);
    for (unsigned n = size; n < (s->rounds + 1) * BLOCK; n += 4) {
        uint8_t t[4] = {w[n - 4], w[n - 3], w[n - 2], w[n - 1]};
        if (n % size == 0) {
            uint8_t first = t[0];
            t[0] = s_box[t[1]] ^ round;
            t[1] = s_box[t[2]];
            t[2] = s_box[t[3]];
            t[3] = s_box[first];
            round = xtime(round);
        } else if (size == 32 && n % size == 16) {
            for (unsigned i = 0; i < 4; i++)
                t[i] = s_box[t[i]];
        }
        for (unsigned i = 0; i < 4; i++)
            w[n + i] = w[n + i - size] ^ t[i];
    }
}

/* Column by column, with the factors 2 3 1 1, or those of their inverse. */
static void mix_columns(uint8_t *b)
{
    for (unsigned c = 0; c < BLOCK; c += 4) {
        uint8_t all = b[c] ^ b[c + 1] ^ b[c + 2] ^ b[c + 3], first = b[c];
        for (unsigned r = 0; r < 4; r++)
            b[c + r] ^= all ^ xtime(b[c + r] ^ (r < 3 ? b[c + r + 1] : first));
    }
}

static void unmix_columns(uint8_t *b)
{
    for (unsigned c = 0; c < BLOCK; c += 4) {
        uint8_t even = xtime(xtime(b[c] ^ b[c + 2])), odd = xtime(xtime(b[c + 1] ^ b[c + 3]));
        for (unsigned r = 0; r < 4; r++)
            b[c + r] ^= r % 2 == 0 ? even : odd;
    }
    mix_columns(b);
}

/* Substitutes the bytes and shifts row r by r places, or back. */
static void substitute(uint8_t *b, const uint8_t *box, bool back)
{
    uint8_t from[BLOCK];
    memcpy(from, b, BLOCK);
    for (unsigned n = 0; n < BLOCK; n++) {
        unsigned row = n % 4;
        b[n] = box[from[(n + (back ? 16 - 4 * row : 4 * row)) % BLOCK]];
    }
}

static void encrypt(const schedule *s, uint8_t *b)
{
    xor_block(b, s->key[0]);
    for (unsigned round = 1; round <= s->rounds; round++) {
        substitute(b, s_box, false);
        if (round < s->rounds)
            mix_columns(b);
        xor_block(b, s->key[round]);
    }
}

static void decrypt(const schedule *s, uint8_t *b)
{
    for (unsigned round = s->rounds; round > 0; round--) {
        xor_block(b, s->key[round]);
        if (round < s->rounds)
            unmix_columns(b);
        substitute(b, inverse_s_box, true);
    }
    xor_block(b, s->key[0]);
}

/* ---- Modes: SP 800-38A ---- */

static void ecb(const espy_aes *aes, const schedule *s, uint8_t *b)
{
    if ((aes->mode & MODE_DECRYPT) != 0)
        decrypt(s, b);
    else
        encrypt(s, b);
}

static void cbc(espy_aes *aes, const schedule *s, uint8_t *b)
{
    uint8_t in[BLOCK];
    memcpy(in, b, BLOCK);
    if ((aes->mode & MODE_DECRYPT) != 0) {
        decrypt(s, b);
        xor_block(b, aes->iv);
        memcpy(aes->iv, in, BLOCK);
    } else {
        xor_block(b, aes->iv);
        encrypt(s, b);
        memcpy(aes->iv, b, BLOCK);
    }
}

static void ofb(espy_aes *aes, const schedule *s, uint8_t *b)
{
    encrypt(s, aes->iv);
    xor_block(b, aes->iv);
}

static void ctr(espy_aes *aes, const schedule *s, uint8_t *b)
{
    uint8_t stream[BLOCK];
    memcpy(stream, aes->iv, BLOCK);
    encrypt(s, stream);
    xor_block(b, stream);
    /* INC_SEL: the counter has 32 or 128 bits. */
    for (unsigned n = BLOCK, end = aes->inc_sel != 0 ? 0 : 12; n > end && ++aes->iv[n - 1] == 0; n--)
        ;
}

static void cfb8(espy_aes *aes, const schedule *s, uint8_t *b)
{
    for (unsigned n = 0; n < BLOCK; n++) {
        uint8_t stream[BLOCK], in = b[n];
        memcpy(stream, aes->iv, BLOCK);
        encrypt(s, stream);
        b[n] ^= stream[0];
        memmove(aes->iv, aes->iv + 1, BLOCK - 1);
        aes->iv[BLOCK - 1] = (aes->mode & MODE_DECRYPT) != 0 ? in : b[n];
    }
}

static void cfb128(espy_aes *aes, const schedule *s, uint8_t *b)
{
    uint8_t in[BLOCK];
    memcpy(in, b, BLOCK);
    encrypt(s, aes->iv);
    xor_block(b, aes->iv);
    memcpy(aes->iv, (aes->mode & MODE_DECRYPT) != 0 ? in : b, BLOCK);
}

static void transform(espy_aes *aes, const schedule *s, uint8_t *b)
{
    switch (aes->block_mode) {
    case MODE_CBC: cbc(aes, s, b); break;
    case MODE_OFB: ofb(aes, s, b); break;
    case MODE_CTR: ctr(aes, s, b); break;
    case MODE_CFB8: cfb8(aes, s, b); break;
    case MODE_CFB128: cfb128(aes, s, b); break;
    default: ecb(aes, s, b); break;
    }
}

/* ---- Operations ---- */

static void expand(const espy_aes *aes, schedule *s)
{
    expand_key(s, aes->key, (aes->mode & MODE_KEY_256) != 0 ? 32 : 16);
}

static void update_irq(espy_aes *aes)
{
    espy_line_set(&aes->irq, aes->int_raw && aes->int_ena != 0);
}

/* Pulls, transforms and pushes until all blocks are done, no more bytes are there, or it is time to pause. */
static void run_dma(void *self)
{
    espy_aes *aes = self;
    schedule s;
    expand(aes, &s);
    for (unsigned n = 0; aes->left != 0; n++) {
        if (n == BLOCKS_AT_ONCE) {
            espy_clock_at(aes->soc->clock, &aes->more, aes->soc->clock->now + BLOCKS_TICKS);
            return;
        }
        aes->got_count += espy_dma_pull(&aes->dma, aes->got + aes->got_count, BLOCK - aes->got_count);
        if (aes->got_count < BLOCK)
            return;
        aes->got_count = 0;
        transform(aes, &s, aes->got);
        espy_dma_push(&aes->dma, aes->got, BLOCK, --aes->left == 0);
    }
    aes->state = AES_DONE;
    aes->int_raw = true;
    update_irq(aes);
}

void espy_aes_dma_ready(void *user, unsigned n, bool level)
{
    espy_aes *aes = user;
    (void)n;
    if (level && aes->state == AES_BUSY && !aes->more.armed)
        run_dma(aes);
}

static void stop_dma(espy_aes *aes)
{
    espy_clock_cancel(aes->soc->clock, &aes->more);
    aes->state = AES_IDLE;
    aes->left = 0;
    aes->got_count = 0;
}

static void trigger(espy_aes *aes)
{
    stop_dma(aes);
    if (aes->dma_enable != 0) {
        aes->left = aes->block_num;
        aes->state = AES_BUSY;
        run_dma(aes);
        return;
    }
    schedule s;
    expand(aes, &s);
    memcpy(aes->text_out, aes->text_in, BLOCK);
    ecb(aes, &s, aes->text_out);
}

/* ---- Registers ---- */

/* The bytes behind the registers that are memory; NULL for the others. */
static uint8_t *memory(espy_aes *aes, uint32_t offset)
{
    if (offset < AES_TEXT_IN)
        return aes->key + offset;
    if (offset < AES_TEXT_OUT)
        return aes->text_in + (offset - AES_TEXT_IN);
    if (offset < AES_MODE)
        return aes->text_out + (offset - AES_TEXT_OUT);
    if (offset >= AES_IV && offset < AES_IV + BLOCK)
        return aes->iv + (offset - AES_IV);
    return NULL;
}

static uint32_t aes_read(void *self, uint32_t offset)
{
    espy_aes *aes = self;
    const uint8_t *at = memory(aes, offset);
    if (at != NULL)
        return offset < AES_TEXT_IN ? 0 : get_le32(at); /* keys are write-only */
    switch (offset) {
    case AES_MODE: return aes->mode;
    case AES_ENDIAN: return aes->endian;
    case AES_STATE: return aes->state;
    case AES_DMA_ENABLE: return aes->dma_enable;
    case AES_BLOCK_MODE: return aes->block_mode;
    case AES_BLOCK_NUM: return aes->block_num;
    case AES_INC_SEL: return aes->inc_sel;
    case AES_INT_ENA: return aes->int_ena;
    case AES_DATE: return aes->date;
    default: return 0;
    }
}

static void aes_write(void *self, uint32_t offset, uint32_t value)
{
    espy_aes *aes = self;
    uint8_t *at = memory(aes, offset);
    if (at != NULL) {
        put_le32(at, value);
        return;
    }
    switch (offset) {
    case AES_MODE: aes->mode = value & 7; break;
    case AES_ENDIAN: aes->endian = value; break;
    case AES_TRIGGER: trigger(aes); break;
    case AES_DMA_ENABLE: aes->dma_enable = value & 1; break;
    case AES_BLOCK_MODE: aes->block_mode = value & 7; break;
    case AES_BLOCK_NUM: aes->block_num = value; break;
    case AES_INC_SEL: aes->inc_sel = value & 1; break;
    case AES_INT_CLR: aes->int_raw = false; break;
    case AES_INT_ENA: aes->int_ena = value & 1; break;
    case AES_DATE: aes->date = value; break;
    case AES_DMA_EXIT: stop_dma(aes); break;
    default: break;
    }
    update_irq(aes);
}

/* ---- The machine's side ---- */

void espy_aes_init(espy_aes *aes, espy_soc *soc, espy_line irq, const espy_dma_port *dma)
{
    *aes = (espy_aes){.soc = soc, .irq = irq};
    if (dma != NULL)
        aes->dma = *dma;
    espy_device device = {
        .name = "AES", .base = 0x6003a000, .size = 0x1000, .self = aes, .read = aes_read, .write = aes_write};
    espy_bus_attach(soc->bus, &device);
    espy_aes_reset(aes, ESPY_RESET_CHIP);
}

void espy_aes_reset(espy_aes *aes, espy_reset reset)
{
    (void)reset;
    stop_dma(aes);
    *aes = (espy_aes){
        .soc = aes->soc, .irq = aes->irq, .dma = aes->dma, .more = {.fire = run_dma, .self = aes}, .date = 0x20191210};
    update_irq(aes);
}
