/* SPDX-License-Identifier: MIT
 *
 * The AES accelerator.  See aes.h.
 */
#include "aes.h"

#include "../../base/bytes.h"
#include "../core/aes_block.h"

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

static void xor_block(uint8_t *to, const uint8_t *with)
{
    for (unsigned n = 0; n < BLOCK; n++)
        to[n] ^= with[n];
}

/* ---- Modes: SP 800-38A ---- */

static void ecb(const espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    if ((aes->mode & MODE_DECRYPT) != 0)
        espy_aes_decrypt(key, b);
    else
        espy_aes_encrypt(key, b);
}

static void cbc(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    uint8_t in[BLOCK];
    memcpy(in, b, BLOCK);
    if ((aes->mode & MODE_DECRYPT) != 0) {
        espy_aes_decrypt(key, b);
        xor_block(b, aes->iv);
        memcpy(aes->iv, in, BLOCK);
    } else {
        xor_block(b, aes->iv);
        espy_aes_encrypt(key, b);
        memcpy(aes->iv, b, BLOCK);
    }
}

static void ofb(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    espy_aes_encrypt(key, aes->iv);
    xor_block(b, aes->iv);
}

static void ctr(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    uint8_t stream[BLOCK];
    memcpy(stream, aes->iv, BLOCK);
    espy_aes_encrypt(key, stream);
    xor_block(b, stream);
    /* INC_SEL: the counter has 32 or 128 bits. */
    for (unsigned n = BLOCK, end = aes->inc_sel != 0 ? 0 : 12; n > end && ++aes->iv[n - 1] == 0; n--)
        ;
}

static void cfb8(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    for (unsigned n = 0; n < BLOCK; n++) {
        uint8_t stream[BLOCK], in = b[n];
        memcpy(stream, aes->iv, BLOCK);
        espy_aes_encrypt(key, stream);
        b[n] ^= stream[0];
        memmove(aes->iv, aes->iv + 1, BLOCK - 1);
        aes->iv[BLOCK - 1] = (aes->mode & MODE_DECRYPT) != 0 ? in : b[n];
    }
}

static void cfb128(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    uint8_t in[BLOCK];
    memcpy(in, b, BLOCK);
    espy_aes_encrypt(key, aes->iv);
    xor_block(b, aes->iv);
    memcpy(aes->iv, (aes->mode & MODE_DECRYPT) != 0 ? in : b, BLOCK);
}

static void transform(espy_aes *aes, const espy_aes_key *key, uint8_t *b)
{
    switch (aes->block_mode) {
    case MODE_CBC: cbc(aes, key, b); break;
    case MODE_OFB: ofb(aes, key, b); break;
    case MODE_CTR: ctr(aes, key, b); break;
    case MODE_CFB8: cfb8(aes, key, b); break;
    case MODE_CFB128: cfb128(aes, key, b); break;
    default: ecb(aes, key, b); break;
    }
}

/* ---- Operations ---- */

static void expand(const espy_aes *aes, espy_aes_key *key)
{
    espy_aes_expand(key, aes->key, (aes->mode & MODE_KEY_256) != 0 ? 32 : 16);
}

static void update_irq(espy_aes *aes)
{
    espy_line_set(&aes->irq, aes->int_raw && aes->int_ena != 0);
}

/* Pulls, transforms and pushes until all blocks are done, no more bytes are there, or it is time to pause. */
static void run_dma(void *self)
{
    espy_aes *aes = self;
    espy_aes_key key;
    expand(aes, &key);
    for (unsigned n = 0; aes->left != 0; n++) {
        if (n == BLOCKS_AT_ONCE) {
            espy_clock_at(aes->soc->clock, &aes->more, aes->soc->clock->now + BLOCKS_TICKS);
            return;
        }
        aes->got_count += espy_dma_pull(&aes->dma, aes->got + aes->got_count, BLOCK - aes->got_count);
        if (aes->got_count < BLOCK)
            return;
        aes->got_count = 0;
        transform(aes, &key, aes->got);
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
    espy_aes_key key;
    expand(aes, &key);
    memcpy(aes->text_out, aes->text_in, BLOCK);
    ecb(aes, &key, aes->text_out);
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
