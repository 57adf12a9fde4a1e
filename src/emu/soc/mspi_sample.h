/* SPDX-License-Identifier: MIT
 *
 * When the controllers sample the data lines.  The controller samples in the middle
 * of each step of its clock; what it then sees left the chip a round trip earlier,
 * held up by the delay cells of each line, and belongs to a later step if more dummy
 * steps were made than the chip needs.  Where the sum lies inside a step's eye, data
 * is right or slipped by whole steps; at the edges it is torn.
 *
 * The delay cells' formulas are those of spi_mem_reg.h; the round trip is chosen so
 * that the table that ESP-IDF tunes 80 MHz DTR with has the window it expects and
 * what it leaves untuned works.  Private to mspi*.c.
 */
#ifndef ESPY_EMU_SOC_MSPI_SAMPLE_H
#define ESPY_EMU_SOC_MSPI_SAMPLE_H

#include "mspi.h"

#define ESPY_MSPI_TORN (1 << 16)

/* By how many steps a transfer that SPI0 or SPI1 (port) made with the chip cs is
 * sampled late (negative: early); 0 is right; or ESPY_MSPI_TORN. */
int espy_mspi_slip(const espy_mspi *mspi, unsigned port, unsigned cs, const espy_spi_xfer *x);
/* Makes of n <= 128 bytes on the wire what such sampling gives. */
void espy_mspi_slip_bytes(uint8_t *bytes, size_t n, int slip, unsigned data_lines);

#endif
