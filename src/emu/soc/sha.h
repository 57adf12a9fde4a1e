/* SPDX-License-Identifier: MIT
 *
 * The SHA accelerator: SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224,
 * SHA-512/256 and SHA-512/t, block by block from its registers or by DMA.
 *
 * Source: ESP32-S3 Technical Reference Manual, "SHA Accelerator"; FIPS 180-4.
 *
 * A block is done when the start is written; BUSY is set only while a DMA
 * operation waits for descriptors.
 */
#ifndef ESPY_EMU_SOC_SHA_H
#define ESPY_EMU_SOC_SHA_H

#include "../core/dma.h"
#include "../core/soc.h"

typedef struct espy_sha {
    espy_soc *soc;
    espy_line irq;
    espy_dma_port dma;
    uint32_t mode, t_string, t_length, block_num, int_ena;
    bool int_raw;
    uint8_t h[64];     /* SHA_H as bytes of memory: a digest reads in its own order */
    uint8_t m[128];    /* SHA_M likewise */
    uint32_t dma_left; /* blocks still to be pulled */
    bool dma_first;    /* the next of them starts a message */
    size_t dma_got;    /* bytes of it in m */
} espy_sha;

/* dma may be NULL. */
void espy_sha_init(espy_sha *sha, espy_soc *soc, espy_line irq, const espy_dma_port *dma);
void espy_sha_reset(espy_sha *sha, espy_reset reset);
/* More data may have arrived for a DMA operation; fits espy_line. */
void espy_sha_dma_ready(void *sha, unsigned n, bool level);

#endif
