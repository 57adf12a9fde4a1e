/* SPDX-License-Identifier: MIT
 *
 * SPI commands of any shape, for the drivers of the built-in ROM: what
 * esp_rom_opiflash_exec_cmd does, in a mode and with phases of any length.
 */
#ifndef ESPY_EMU_ROM_SPI_COMMAND_H
#define ESPY_EMU_ROM_SPI_COMMAND_H

#include "flash.h"

/* esp_rom_spiflash_read_mode_t, as far as it matters here. */
enum { ESPY_SPI_FAST_READ = 4, ESPY_SPI_OPI_STR = 6, ESPY_SPI_OPI_DTR = 7, ESPY_SPI_OIO_DTR = 10, ESPY_SPI_MODES = 12 };

/* Addresses are of guest memory; lengths are in bits. */
typedef struct espy_spi_command {
    uint32_t code, code_bits, addr, addr_bits, dummy, tx, tx_bits, rx, rx_bits;
} espy_spi_command;

/* Locals of a function that executes commands: the settings meanwhile, and up to 256 bits. */
enum { ESPY_SPI_SAVED = 8, ESPY_SPI_ANSWER = 28, ESPY_SPI_LOCALS = 48 };

typedef struct espy_spi_execution {
    uint32_t port, mode, cs_mask;
    bool program_or_erase;
    espy_spi_command x;
} espy_spi_execution;

/* Reads and writes go by the same number of lines. */
void espy_spi_set_mode(const espy_rom_call *c, uint32_t port, uint32_t mode);
/* The ROM reaches the parts of a command through a table, which firmware could replace:
 * false, and a fault, if it did. */
bool espy_spi_has_own_commands(espy_rom_call *c);
/* Begins an execution, if `first`, and waits at `step` for its end.  Afterwards SPI1 is set
 * as it was. */
bool espy_spi_executed(espy_rom_call *c, uint32_t step, bool first, const espy_spi_execution *e);

#endif
