/* SPDX-License-Identifier: MIT
 *
 * A link to a pretended ESP32-S3 in its ROM loader, for tests of the flasher: time is
 * virtual, and the wire can be made bad at any byte.
 *
 * It does with each request what the ROM's code does, its weaknesses included: the
 * length in a request's header is believed, not the frame's; what a short frame lacks
 * is what the frame before left in the buffer; data blocks are counted before their
 * checksum is looked at; only data is checked at all.  Left out: encryption, MEM_*.
 */
#ifndef ESPY_TEST_FAKE_ROM_H
#define ESPY_TEST_FAKE_ROM_H

#include "espy/link.h"

enum { FAKE_FLASH = 512 * 1024, FAKE_RDID = 0x1340EF, FAKE_NEVER = 0 };

typedef struct fake_faults {
    /* Counted from 1 over the link's life; FAKE_NEVER for none. */
    unsigned drop_sent, flip_sent; /* a byte to the board */
    unsigned drop_back, flip_back; /* a byte from the board */
    unsigned lose_reply;           /* a whole reply */
    unsigned vanish;               /* the write at which the port disappears */
    unsigned bad_page;             /* the flash page whose programming goes wrong */
    uint32_t top_baud;             /* beyond it nothing gets through; 0: any rate works */
    uint32_t port_baud;            /* beyond it the port refuses; 0: it takes any rate */
    uint32_t top_block_baud;       /* beyond it, frames of more than 1 KiB lose bytes; 0: any rate works */
    bool dead;                     /* nothing ever answers */
    bool no_gpio0;                 /* the reset circuit cannot pull GPIO0 low */
    bool deaf;                     /* the board's RX pin is not connected */
    uint32_t chip_id;              /* 0: the ESP32-S3's 9 */
    uint32_t rdid;                 /* 0: FAKE_RDID */
    bool secure_download;
    bool stub; /* not the ROM answers but a stub, to SYNC alone */
} fake_faults;

typedef struct fake_rom fake_rom;

/* The board is running its flash.  has_lines == false: it is in download mode. */
fake_rom *fake_rom_new(bool has_lines, const fake_faults *faults);
/* As new: many runs need not allocate many. */
void fake_rom_restart(fake_rom *fake, bool has_lines, const fake_faults *faults);
void fake_rom_free(fake_rom *fake);
espy_link *fake_rom_link(fake_rom *fake);
uint8_t *fake_rom_flash(fake_rom *fake);
/* Whether the last reset, by lines or watchdog, started the flash. */
bool fake_rom_runs_flash(const fake_rom *fake);
unsigned fake_rom_blocks(const fake_rom *fake); /* FLASH_DEFL_DATA requests received */
uint32_t fake_rom_baud(const fake_rom *fake);
/* Whether the counted fault has come about. */
bool fake_rom_struck(const fake_rom *fake);

#endif
