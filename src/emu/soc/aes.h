/* SPDX-License-Identifier: MIT
 *
 * The AES accelerator: AES-128 and AES-256, one block from its registers, or
 * ECB, CBC, OFB, CTR, CFB8 and CFB128 by DMA.
 *
 * Source: ESP32-S3 Technical Reference Manual, "AES Accelerator"; ESP-IDF
 * v5.0.4, soc/hwcrypto_reg.h, hal/aes_ll.h; FIPS 197, NIST SP 800-38A.
 *
 * A block is done when the trigger is written, and so are the first blocks of a
 * DMA operation; a long one goes on later, and any waits for descriptors.
 */
#ifndef ESPY_EMU_SOC_AES_H
#define ESPY_EMU_SOC_AES_H

#include "../core/dma.h"
#include "../core/soc.h"

typedef struct espy_aes {
    espy_soc *soc;
    espy_line irq;
    espy_dma_port dma;
    uint8_t key[32], text_in[16], text_out[16], iv[16]; /* as memory */
    uint32_t mode, endian, dma_enable, block_mode, block_num, inc_sel, int_ena, date;
    uint32_t state; /* ESPY_AES_* in aes.c */
    bool int_raw;
    espy_event more; /* goes on with a long operation */
    uint32_t left;   /* blocks still to be pulled */
    uint8_t got[16]; /* bytes of the next */
    size_t got_count;
} espy_aes;

/* dma may be NULL. */
void espy_aes_init(espy_aes *aes, espy_soc *soc, espy_line irq, const espy_dma_port *dma);
void espy_aes_reset(espy_aes *aes, espy_reset reset);
/* More data may have arrived for a DMA operation; fits espy_line. */
void espy_aes_dma_ready(void *aes, unsigned n, bool level);

#endif
