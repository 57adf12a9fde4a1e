/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the commands that need a board, and what they share.
 */
#ifndef ESPY_CLI_ESPTOOL_BOARD_H
#define ESPY_CLI_ESPTOOL_BOARD_H

#include "esptool.h"
#include "progress.h"

#include "espy/flasher.h"
#include "espy/link.h"

typedef struct espy_esptool_board {
    espy_esptool *et;
    espy_link *link;
    espy_flasher *flasher;
    espy_board info;
    espy_pieces pieces; /* the command's files */
    espy_pieces old;    /* --diff-with: one for each of them, empty for "skip" */
    char reset[64];     /* a sequence made of --before and the configuration file */
    espy_progress progress;
    espy_phase phase;
} espy_esptool_board;

/* esptool_board.c */
void espy_esptool_print_mac(const espy_esptool *et, const espy_board *info);
/* An error unless the range lies within the flash that was detected. */
espy_status espy_esptool_within(espy_esptool_board *board, uint32_t addr, uint32_t size);
/* Turns ALL into the size of the flash. */
espy_status espy_esptool_resolve_size(espy_esptool_board *board, uint32_t *size);
/* Ends a progress bar that is still drawn. */
void espy_esptool_quiet(espy_esptool_board *board);
/* Seconds of the link's clock. */
double espy_esptool_now(const espy_esptool_board *board);
/* Bytes in that time as kbit/s. */
double espy_esptool_kbits(double bytes, double seconds);
/* --flash-size with "detect" replaced by what was found. */
const char *espy_esptool_flash_size(espy_esptool_board *board, char *text, size_t cap);

/* esptool_port.c: opens --port, or the one port that looks like a board and passes
 * --port-filter. */
espy_status espy_esptool_open(espy_esptool *et, espy_link **link);
/* The flasher's `reset` for --before and the configuration file; may be written into text. */
const char *espy_esptool_reset(const espy_esptool *et, const espy_link *link, char *text, size_t cap);
/* --spi-connection as the ROM's SPI_ATTACH takes it; 0 for the pins that the eFuses say. */
espy_status espy_esptool_pins(espy_esptool *et, uint32_t *word);

/* esptool_locked.c: whether a piece is to be encrypted by the chip; what a locked chip cannot
 * do, or must not be made to, before anything is written; in secure download mode, the size
 * that --flash-size says, and erasing. */
bool espy_esptool_encrypted(const espy_esptool *et, const espy_piece *piece);
espy_status espy_esptool_check_locks(espy_esptool_board *board);
espy_status espy_esptool_secure_size(espy_esptool_board *board);
espy_status espy_esptool_erase_secure(espy_esptool_board *board, uint32_t addr, uint32_t size);

/* esptool_look.c */
espy_status espy_esptool_chip_id(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_flash_id(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_read_mac(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_read_mem(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_write_mem(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_dump_mem(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_run(espy_esptool *et, espy_esptool_board *board);

/* esptool_rom.c */
espy_status espy_esptool_security(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_read_status(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_write_status(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_read_sfdp(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_load_ram(espy_esptool *et, espy_esptool_board *board);

/* esptool_diff.c: reads --diff-with's files; writes what differs of a piece that begins on a
 * sector.  *done == false: the flash holds something else, and the piece is to be written
 * whole.  old has its own address, as it was before the piece was aligned. */
espy_status espy_esptool_load_old(espy_esptool *et, espy_pieces *old);
espy_status espy_esptool_write_changed(espy_esptool_board *board, const espy_piece *piece, const espy_piece *old,
                                       const char *name, bool *done);

/* esptool_flash.c */
/* Whether the flash has a piece's MD5. */
espy_status espy_esptool_in_flash(espy_esptool_board *board, const espy_piece *piece, bool *same);
espy_status espy_esptool_erase_flash(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_erase_region(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_read_flash(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_write_flash(espy_esptool *et, espy_esptool_board *board);
espy_status espy_esptool_verify_flash(espy_esptool *et, espy_esptool_board *board);

#endif
