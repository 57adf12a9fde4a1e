/* SPDX-License-Identifier: MIT
 *
 * Flashing an ESP32-S3: reset into download mode, find out what the board has, write and
 * verify, let it run.
 *
 * The work is done by a program of espy's own in the chip's RAM, which the serial loader
 * in the mask ROM takes up; stub/PROTOCOL.md is its manual.  Where it is not wanted or
 * does not start, the ROM's loader itself does the work, with less reach and speed: its
 * protocol is the one of Espressif's "Serial Protocol" (esptool documentation, advanced
 * topics) as the ROM of 27 March 2021 implements it.  Left out: chips other than the
 * ESP32-S3 (they are named and refused).
 *
 * The usual order of calls:
 *
 *     espy_flasher_new, espy_flasher_connect, espy_flasher_identify,
 *     espy_flasher_write, espy_flasher_reset, espy_flasher_free
 *
 * Everything blocks; all waiting is on the link's clock.  A call that fails
 * leaves the board in download mode, and espy_flasher_connect() may be called
 * again.  Not thread-safe; several flashers on several links are independent.
 */
#ifndef ESPY_FLASHER_H
#define ESPY_FLASHER_H

#include "espy/err.h"
#include "espy/image.h"
#include "espy/link.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_flasher espy_flasher;

typedef enum espy_phase {
    ESPY_PHASE_CONNECT,  /* done, total: reset attempts */
    ESPY_PHASE_IDENTIFY, /* done, total: 0 */
    ESPY_PHASE_COMPARE,  /* done, total: bytes that this phase is about; so for the next four */
    ESPY_PHASE_ERASE,
    ESPY_PHASE_WRITE,
    ESPY_PHASE_VERIFY,
    ESPY_PHASE_READ,
    ESPY_PHASE_RESET /* done, total: 0 */
} espy_phase;

/* "connect", "identify", ... */
const char *espy_phase_name(espy_phase phase);

/* Zero means the default in every member. */
typedef struct espy_flasher_config {
    /* Rate of the transfer.  0: what the port's maker says it does, up to 2 Mbaud, or 921600
     * where that is not known.  A rate that link or board do not sustain is lowered, by a
     * reset, or by the chip's watchdog where the link has no lines.  Connect and the end
     * are at 115200. */
    uint32_t baud;
    /* How to reset into download mode: NULL, what fits the port, one way after the other;
     * "classic", "tight" or "usb-jtag", that way alone; "none", not at all: the board is in
     * download mode already; or a sequence of one's own in the notation of esptool's
     * custom_reset_sequence, as "D0|R1|W0.1|D1|R0|W0.05|D0" (docs/PORTS.md). */
    const char *reset;
    const char *hard_reset; /* the sequence that lets the board run again; NULL: what fits the port */
    unsigned attempts;      /* resets to try before giving up; 0: 7 */
    bool no_stub;           /* work through the ROM alone (default: through espy's RAM stub, if it starts) */
    bool uncompressed;      /* send what is written as it is (default: compressed) */
    /* Where the flash is, as the ROM's SPI_ATTACH takes it: GPIO numbers, HD << 24 | CS << 18 |
     * D << 12 | Q << 6 | CLK.  0: where the eFuses say. */
    uint32_t spi_pins;
    bool rewrite; /* write even what the flash already holds (default: compare by MD5 first, skip what is equal) */
    /* Both may be NULL.  progress is called at every step, from within the calls
     * below; cancelled is asked between commands, and true makes the call fail
     * with ESPY_E_CANCELLED. */
    void (*progress)(void *user, espy_phase phase, uint64_t done, uint64_t total);
    bool (*cancelled)(void *user);
    void *user;
    const espy_log *log; /* ESPY_LOG_CMD; may be NULL */
} espy_flasher_config;

typedef enum espy_width {
    ESPY_WIDTH_NONE, /* there is no such memory, or nobody can tell: see size */
    ESPY_WIDTH_QUAD,
    ESPY_WIDTH_OCTAL
} espy_width;

/* "none", "quad", "octal" */
const char *espy_width_name(espy_width width);

/* What drives VDD_SPI, the supply of the flash, by eFuse. */
typedef enum espy_supply {
    ESPY_SUPPLY_PIN, /* the level of GPIO45 at reset decides */
    ESPY_SUPPLY_3V3,
    ESPY_SUPPLY_1V8,
    ESPY_SUPPLY_OFF /* it comes from outside */
} espy_supply;

typedef struct espy_board {
    const char *chip;    /* "ESP32-S3" */
    const char *package; /* "QFN56" */
    uint32_t chip_id;    /* 9: as in image headers (IMAGE_CHIP_ID) */
    unsigned revision_major, revision_minor;
    uint8_t mac[6];
    struct {
        uint32_t id;        /* RDID as esptool prints its parts: manufacturer in bits 7:0, capacity code in 23:16 */
        uint32_t size;      /* bytes, by the capacity code; 0: no flash answers, or secure download mode */
        espy_width width;   /* eFuse FLASH_TYPE */
        const char *vendor; /* "Macronix"; "unknown" */
        espy_supply supply; /* eFuses VDD_SPI_FORCE, _XPD and _TIEH */
        uint32_t embedded;  /* bytes of flash inside the package by eFuse FLASH_CAP; 0: the flash is outside */
    } flash;
    struct {
        uint32_t size;      /* bytes of PSRAM inside the package by eFuse PSRAM_CAP; 0: none there */
        espy_width width;   /* up to 4 MB quad, 8 MB and more octal */
        const char *vendor; /* "AP_3v3"; "" where the eFuse does not say */
    } psram;
    bool secure_boot;
    bool flash_encryption;    /* an odd number of SPI_BOOT_CRYPT_CNT's bits is burnt */
    bool encryption_key;      /* a key for it has been burnt */
    bool encrypts_for_loader; /* not forbidden by eFuse DIS_DOWNLOAD_MANUAL_ENCRYPT */
    bool secure_download;     /* the loader allows flashing only: only chip_id and the first two of these are known */
} espy_board;

/* One piece of work on the flash. */
typedef struct espy_flash_part {
    uint32_t addr;        /* 4 KiB aligned: erasing is by sectors */
    uint32_t size;        /* any for bytes; a multiple of 4 KiB for an erasure */
    const uint8_t *bytes; /* NULL: erase the range.  The caller keeps it until the call returns */
} espy_flash_part;

typedef struct espy_flasher_stats {
    uint64_t bytes_image;     /* of all parts that carry bytes */
    uint64_t bytes_skipped;   /* of these, found equal on the flash and not sent */
    uint64_t bytes_sent;      /* on the wire since connect, SLIP and commands included */
    uint32_t regions_retried; /* times that something had to be done once more */
    uint32_t baud;            /* in use during the transfer */
    double connect_s, identify_s, compare_s, erase_s, write_s, verify_s, reset_s;
} espy_flasher_stats;

/* The link stays the caller's and must outlive the flasher, as what config points to must.
 * config may be NULL.  ESPY_E_ARG: no way to reset is called that, or no step is written so. */
espy_status espy_flasher_new(espy_flasher **flasher, espy_link *link, const espy_flasher_config *config, espy_err *err);
/* Leaves the board as it is; NULL is allowed. */
void espy_flasher_free(espy_flasher *flasher);

/* Resets the board into its ROM loader and gets in step with it at 115200 baud.
 * Fails with ESPY_E_TIMEOUT when nothing answers, ESPY_E_DEVICE when the board
 * talks but is not in download mode (the sentence quotes its boot mode). */
espy_status espy_flasher_connect(espy_flasher *flasher, espy_err *err);

/* Raises the baud rate (falling back to a slower one that works), attaches the flash,
 * starts the stub, and reads chip, eFuses and flash id.
 * ESPY_E_UNSUPPORTED: another chip (the sentence names it). */
espy_status espy_flasher_identify(espy_flasher *flasher, espy_board *board, espy_err *err);

/* The capacity that follows from an RDID's code, or 0. */
uint32_t espy_flash_size_of_id(uint32_t id);

typedef enum espy_flash_action {
    ESPY_FLASH_KEEP, /* the flash holds what it shall hold */
    ESPY_FLASH_ERASE,
    ESPY_FLASH_WRITE /* erased first unless it is blank */
} espy_flash_action;

typedef struct espy_flash_step {
    uint32_t addr, size;
    espy_flash_action action;
    bool blank; /* it is 0xFF throughout, now */
} espy_flash_step;

/* What the flash and some parts have in common.  Zero-initialised it is empty and valid. */
typedef struct espy_flash_plan {
    espy_flash_step *steps; /* ascending; neighbours of one kind are one step */
    size_t n;
    uint64_t keep, erase, write; /* bytes of the steps with that action */
    uint64_t to_erase;           /* bytes of the steps to erase or write that are not blank */
    uint64_t compressed;         /* about what the steps to write come to on the wire; 0 of a verification */
} espy_flash_plan;

/* Compares the parts with the flash by the chip's digests, and tells what
 * espy_flasher_write() would do with them now; writes nothing.  Errors are those of that. */
espy_status espy_flasher_plan(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_flash_plan *plan,
                              espy_err *err);

/* The same comparison for its own sake: nothing but the parts' bytes counts, not what is
 * behind them in their last sector, and steps are as fine as sectors without the stub too.
 * The parts and the flash are equal if all is to be kept. */
espy_status espy_flasher_verify(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_flash_plan *plan,
                                espy_err *err);

void espy_flash_plan_free(espy_flash_plan *plan);

/* Makes the flash hold the parts: compares by the chip's digests, erases and sends
 * compressed what differs, verifies by the chip's digests, and does what is missing once
 * more where something went wrong, the wire included.  The stub goes by sectors, the ROM
 * by regions of at most 256 KiB.  What shall be blank is erased before anything is
 * written, so that who is interrupted while writing may count on it.  Parts may be in any
 * order and must not share a sector; the last sector of a part is erased whole.
 * ESPY_E_ARG: misaligned, overlapping, or beyond the flash; ESPY_E_UNSUPPORTED: without
 * the stub, beyond the first 16 MB, which is as far as the ROM's addresses go; nothing is
 * written then. */
espy_status espy_flasher_write(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err);

/* The partition table on the board; *found == false: it is blank or damaged. */
espy_status espy_flasher_table(espy_flasher *flasher, espy_partitions *table, bool *found, espy_err *err);

#define ESPY_IMAGE_PARTS_MAX (ESPY_WRITES_MAX + ESPY_ERASES_MAX)

/* What writing a merged image means for this board, as espy_image_plan_make() has it: up to
 * ESPY_IMAGE_PARTS_MAX parts, which point into the image.  A board whose update was
 * interrupted gets the parts that complete it: the files that were to stay stay. */
espy_status espy_flasher_image_parts(espy_flasher *flasher, const espy_image *image, espy_flash_part *parts, size_t *n,
                                     espy_err *err);

/* Writes what no digest can verify: parts that the chip shall encrypt with the key in its
 * eFuses, and any part on a board in secure download mode.  It goes through the ROM,
 * uncompressed: the stub must not run (no_stub).  Parts are as for espy_flasher_write();
 * contents are filled up with 0xFF to 16 bytes where they are encrypted, else to 4.
 *
 * What is sure afterwards: the ROM has received every block with the right sum, in order;
 * unencrypted blocks it has read back from the flash with the right sum (8 bits); and the
 * flash holds neither the plaintext of what was to be encrypted, nor nothing, and the rest
 * of it is what it was; these two cannot be found out in secure download mode.  Nothing
 * can tell that the key is the right one. */
espy_status espy_flasher_write_unverified(espy_flasher *flasher, const espy_flash_part *parts, size_t n, bool encrypt,
                                          espy_err *err);

/* How large the flash is, on a board in secure download mode, which does not tell; without
 * it 2 MB, which is what the ROM believes.  Beyond the real size addresses begin again at
 * 0, which nothing can detect there. */
espy_status espy_flasher_set_flash_size(espy_flasher *flasher, uint32_t size, espy_err *err);

/* The MD5 of a range of the flash: the ROM's, or of what is read through the stub. */
espy_status espy_flasher_md5(espy_flasher *flasher, uint32_t addr, uint32_t size, uint8_t digest[16], espy_err *err);

/* Reads flash.  Through the stub it comes compressed and keeps the wire full, and runs of one
 * byte cost nothing: fit for a backup of all of it.  The ROM sends 64 bytes a command, which are checked by its
 * MD5: for a header or a partition table. */
espy_status espy_flasher_read(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err);

/* Leaves download mode: puts the link back to 115200 baud, clears the forced
 * download bit and resets through the lines, or through the chip's watchdog where the link
 * has none or they would not do: on the chip's own USB after BOOT was held.  The board runs
 * its flash when this returns ESPY_OK, which is proven where no line has done it; where the
 * link `returns`, its port may have gone, and espy_link_reopen() finds it. */
espy_status espy_flasher_reset(espy_flasher *flasher, espy_err *err);

/* The same through the chip's watchdog whatever the link has. */
espy_status espy_flasher_reset_by_watchdog(espy_flasher *flasher, espy_err *err);

/* Stays in download mode, what runs there at 115200 baud, where the next to come looks
 * for it. */
espy_status espy_flasher_stay(espy_flasher *flasher, espy_err *err);

/* Whether espy's stub runs on the board, once it is identified. */
bool espy_flasher_has_stub(const espy_flasher *flasher);

/* One word of the chip's memory or of its registers, at an address that is a multiple of
 * 4; writing changes the bits that mask has set. */
espy_status espy_flasher_read_word(espy_flasher *flasher, uint32_t addr, uint32_t *value, espy_err *err);
espy_status espy_flasher_write_word(espy_flasher *flasher, uint32_t addr, uint32_t value, uint32_t mask, espy_err *err);

/* What the ROM's GET_SECURITY_INFO tells ("Serial Protocol"); through the stub the same is
 * read from the eFuses. */
typedef struct espy_security {
    uint32_t flags;                /* bit 0 secure boot, 2 secure download mode, 6 and 7 no JTAG, 8 no USB, ... */
    uint8_t crypt_count;           /* SPI_BOOT_CRYPT_CNT: flash encryption is on if an odd number of bits are set */
    uint8_t key_purpose[7];        /* of BLOCK_KEY0 to BLOCK_KEY5; the last has no meaning */
    uint32_t chip_id, api_version; /* api_version: 0 through the stub */
} espy_security;

espy_status espy_flasher_security(espy_flasher *flasher, espy_security *security, espy_err *err);

/* One command to the flash chip: command, address, dummy clocks, then data out or in. */
typedef struct espy_spi_command {
    uint8_t op;
    uint8_t addr_bits, dummy_bits, write_bits, read_bits; /* at most 32; 0: no such phase */
    uint32_t addr;
    uint32_t data; /* what is written, the first byte in bits 7:0 */
} espy_spi_command;

/* answer: what is read, in the same order; NULL where nothing is.  This call and the next
 * need the ROM itself: set no_stub. */
espy_status espy_flasher_spi(espy_flasher *flasher, const espy_spi_command *command, uint32_t *answer, espy_err *err);

typedef struct espy_ram_part {
    uint32_t addr, size;
    const uint8_t *bytes;
} espy_ram_part;

/* Loads the parts into RAM and jumps to entry; chip and link keep the rate they are at. */
espy_status espy_flasher_run_ram(espy_flasher *flasher, const espy_ram_part *parts, size_t n, uint32_t entry,
                                 espy_err *err);

/* Numbers of everything since espy_flasher_new(); seconds are of the link's clock. */
const espy_flasher_stats *espy_flasher_get_stats(espy_flasher *flasher);

#endif
