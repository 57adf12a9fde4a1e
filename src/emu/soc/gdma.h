/* SPDX-License-Identifier: MIT
 *
 * The general DMA controller: five channels, each an IN half (peripheral to
 * memory) and an OUT half (memory to peripheral), over linked descriptors.
 *
 * Transfers happen when the peripheral asks, through the pull and push of
 * core/dma.h, and take no time.  Memory is reached through the bus, PSRAM
 * included.  A channel in memory-to-memory mode copies when both halves run.  One
 * request walks at most 4096 descriptors.
 *
 * Source: ESP32-S3 Technical Reference Manual, "GDMA Controller"; ESP-IDF
 * v5.0.4, soc/gdma_reg.h, hal/gdma_ll.h.
 *
 * Left out: arbitration and priorities, FIFO levels and their interrupts, the
 * CRC registers, permission checks.
 */
#ifndef ESPY_EMU_SOC_GDMA_H
#define ESPY_EMU_SOC_GDMA_H

#include "../core/dma.h"
#include "../core/soc.h"

#define ESPY_GDMA_CHANNELS 5
#define ESPY_GDMA_PERIPHERALS 10

/* The numbers in PERI_IN_SEL and PERI_OUT_SEL. */
enum {
    ESPY_GDMA_SPI2 = 0,
    ESPY_GDMA_SPI3 = 1,
    ESPY_GDMA_UHCI0 = 2,
    ESPY_GDMA_I2S0 = 3,
    ESPY_GDMA_I2S1 = 4,
    ESPY_GDMA_LCD_CAM = 5,
    ESPY_GDMA_AES = 6,
    ESPY_GDMA_SHA = 7,
    ESPY_GDMA_ADC = 8,
    ESPY_GDMA_RMT = 9
};

/* One half of a channel. */
typedef struct espy_gdma_half {
    espy_line irq;
    bool out;
    uint32_t conf0, conf1, raw, ena, link, weight, priority, peripheral;
    uint32_t eof_desc, eof_before_desc;
    bool running, loaded;
    uint32_t desc, before;      /* addresses of the descriptor in use and the one before it */
    uint32_t dw0, buffer, next; /* the descriptor in use, once loaded */
    uint32_t done;              /* bytes of it already moved */
} espy_gdma_half;

typedef struct espy_gdma {
    espy_soc *soc;
    espy_gdma_half in[ESPY_GDMA_CHANNELS], out[ESPY_GDMA_CHANNELS];
    espy_line ready[ESPY_GDMA_PERIPHERALS]; /* a channel of this peripheral was started; may be unconnected */
    uint32_t common[0x50 / 4];              /* AHB_TEST to DATE */
    unsigned walk;                          /* descriptors that the request at hand may still load */
} espy_gdma;

/* irq_in[n], irq_out[n]: the interrupt sources of channel n. */
void espy_gdma_init(espy_gdma *gdma, espy_soc *soc, const espy_line irq_in[ESPY_GDMA_CHANNELS],
                    const espy_line irq_out[ESPY_GDMA_CHANNELS]);
void espy_gdma_reset(espy_gdma *gdma, espy_reset reset);
/* The port through which a peripheral (ESPY_GDMA_*) moves its bytes. */
espy_dma_port espy_gdma_port(espy_gdma *gdma, unsigned peripheral);

#endif
