/* SPDX-License-Identifier: MIT
 *
 * How the registers of SPI0 and SPI1 shape a transfer: lines, commands, dummies.
 * The arguments are register values: ctrl of CTRL, user of USER, fctrl of
 * CACHE_FCTRL.  Private to mspi*.c.
 *
 * Source: TRM, "SPI Controller".
 */
#ifndef ESPY_EMU_SOC_MSPI_SHAPE_H
#define ESPY_EMU_SOC_MSPI_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

unsigned espy_mspi_lines(bool oct, bool quad, bool dual);
unsigned espy_mspi_cmd_lines(uint32_t ctrl);
/* The FREAD_ bits shape transfers that read, the FWRITE_ bits those that write. */
unsigned espy_mspi_addr_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl, bool reads, bool writes);
unsigned espy_mspi_din_lines(uint32_t ctrl, uint32_t fctrl);
unsigned espy_mspi_dout_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl);
/* The read command that the FREAD_ bits stand for. */
unsigned espy_mspi_read_command(uint32_t ctrl);
/* Dummy steps that a value of TIMING_CALI adds. */
uint16_t espy_mspi_extra_dummy(uint32_t cali);
/* What is driven behind the address of a read on several lines. */
uint8_t espy_mspi_mode_bits(uint32_t ctrl, uint32_t rd_status);

#endif
