/* SPDX-License-Identifier: MIT
 *
 * How a peripheral moves bytes through a DMA controller without knowing which:
 * the peripheral pulls what it consumes and pushes what it produces; the
 * controller walks its descriptors.  A zero port moves nothing.
 */
#ifndef ESPY_EMU_CORE_DMA_H
#define ESPY_EMU_CORE_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_dma_port {
    /* Memory to peripheral: takes up to n bytes, returns how many there were. */
    size_t (*pull)(void *self, unsigned peripheral, uint8_t *bytes, size_t n);
    /* Peripheral to memory; `eof` ends a packet after these bytes.  Returns how many found room. */
    size_t (*push)(void *self, unsigned peripheral, const uint8_t *bytes, size_t n, bool eof);
    void *self;
    unsigned peripheral; /* the controller's number of this peripheral */
} espy_dma_port;

static inline size_t espy_dma_pull(const espy_dma_port *port, uint8_t *bytes, size_t n)
{
    return port->pull != NULL ? port->pull(port->self, port->peripheral, bytes, n) : 0;
}

static inline size_t espy_dma_push(const espy_dma_port *port, const uint8_t *bytes, size_t n, bool eof)
{
    return port->push != NULL ? port->push(port->self, port->peripheral, bytes, n, eof) : 0;
}

#endif
