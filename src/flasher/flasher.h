/* SPDX-License-Identifier: MIT
 *
 * The flasher's inside, shared by the files of this directory.
 */
#ifndef ESPY_FLASHER_INTERNAL_H
#define ESPY_FLASHER_INTERNAL_H

#include "espy/flasher.h"

#include "session.h"
#include "stub.h"

enum {
    ESPY_ROM_BAUD = 115200, /* of the ROM's log, of connect, and of the firmware after it */
    ESPY_DEFAULT_ATTEMPTS = 7,
    ESPY_SYNC_TRIES = 8,          /* per reset: 700 ms */
    ESPY_COMMAND_MS = 3000,       /* for a request that only computes */
    ESPY_ERASE_MS_PER_MB = 40000, /* what the ROM may take for more; these three as esptool has them */
    ESPY_WRITE_MS_PER_MB = 40000,
    ESPY_MD5_MS_PER_MB = 8000,
    ESPY_FLASH_SECTOR = 4096,
    ESPY_ROM_REACH = 16 << 20,   /* its flash addresses have 24 bits; beyond, they begin again at 0 */
    ESPY_REGION_MAX = 256 * 1024 /* what is done again when something goes wrong */
};

struct espy_flasher {
    espy_link *link;
    espy_flasher_config config;
    espy_session session;
    espy_flasher_stats stats;
    uint32_t baud;     /* of link and loader now */
    uint32_t top_baud; /* the fastest rate still believed in */
    bool fixed_baud;   /* there is no rate to set, or it has no meaning, as on USB */
    bool identified;
    uint32_t flash_id;
    uint32_t flash_size; /* 0 until identified, and where the id says none */
    bool secure_download;
    bool secure_boot;
    espy_stub stub;
};

/* The progress callback, if there is one. */
void espy_flasher_progress(espy_flasher *flasher, espy_phase phase, uint64_t done, uint64_t total);
/* How long to wait for a request that works on so many bytes of flash. */
uint32_t espy_flasher_timeout(uint64_t size, uint32_t ms_per_mb);
/* Adds the time since start_ms to *seconds. */
void espy_flasher_spent(espy_flasher *flasher, double *seconds, uint64_t start_ms);

/* An error unless there is flash to read and write. */
espy_status espy_flasher_writable(const espy_flasher *flasher, espy_err *err);
/* An error where the ROM cannot address all of the range. */
espy_status espy_flasher_reach(uint32_t addr, uint64_t size, espy_err *err);
/* An error where the range goes beyond the flash, or beyond what the ROM reaches if it
 * is what reads it. */
espy_status espy_flasher_readable(const espy_flasher *flasher, uint32_t addr, uint64_t size, espy_err *err);

/* Whether lines, or the chip's own USB, reset the board. */
bool espy_flasher_can_reset(const espy_flasher *flasher);
/* Resets the board until its loader answers, and settles with it. */
espy_status espy_flasher_reach_loader(espy_flasher *flasher, espy_err *err);
/* After a SYNC: adopts espy's stub where that is what has answered. */
espy_status espy_flasher_settle(espy_flasher *flasher, espy_err *err);

/* The rate to begin with where the user names none. */
uint32_t espy_flasher_default_baud(const espy_link *link);
/* Sets the link's rate; nothing where it has none. */
espy_status espy_flasher_link_baud(espy_flasher *flasher, uint32_t baud, espy_err *err);
/* Goes to top_baud, or to the fastest slower rate that works. */
espy_status espy_flasher_to_top_baud(espy_flasher *flasher, espy_err *err);
/* Believes in nothing that is as fast as `tried` any more. */
void espy_flasher_slow_down(espy_flasher *flasher, uint32_t tried);
/* The same, and back to where the loader can be heard. */
espy_status espy_flasher_fall_back(espy_flasher *flasher, uint32_t tried, espy_err *err);
/* The ROM's SPI_ATTACH, and SPI_SET_PARAMS once the size is known; a stub needs neither. */
espy_status espy_flasher_attach(espy_flasher *flasher, espy_err *err);
/* The rate, the flash attached and, where it is wanted, the stub running. */
espy_status espy_flasher_prepare(espy_flasher *flasher, espy_err *err);
/* Resets the board into its loader once more, or recovers where it cannot be reset; at a
 * lower rate from now on. */
espy_status espy_flasher_again(espy_flasher *flasher, espy_err *err);
/* After trouble: gets in step at the present rate, or else resets and sets up anew; goes
 * on at a lower rate where the one before seems to be what is wrong. */
espy_status espy_flasher_recover(espy_flasher *flasher, bool slow_down, espy_err *err);

espy_status espy_flasher_read_reg(espy_flasher *flasher, uint32_t addr, uint32_t *value, espy_err *err);
espy_status espy_flasher_write_regs(espy_flasher *flasher, const espy_loader_reg *regs, size_t n, espy_err *err);

/* RDID through the chip's SPI1 controller. */
espy_status espy_flasher_rdid(espy_flasher *flasher, uint32_t *id, espy_err *err);

#endif
