/* SPDX-License-Identifier: MIT
 *
 * The serial loader protocol of Espressif's mask ROMs, as pure functions: SLIP
 * frames, request encoders, the reply decoder, names of errors.  No I/O, no clock,
 * no allocation.
 *
 * Sources: "Serial Protocol" in esptool's documentation (advanced topics); RFC 1055;
 * and, where these are silent, the code of the ESP32-S3's ROM of 27 March 2021.
 * Left out: the commands that only a RAM stub knows.
 */
#ifndef ESPY_LOADER_H
#define ESPY_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- SLIP ------------------------------------------------------------------ */

/* The most bytes that n bytes become: all escaped, between two ENDs. */
#define ESPY_SLIP_MAX(n) (2 * (size_t)(n) + 2)

/* Writes one frame, END to END, to out, which holds ESPY_SLIP_MAX(n); returns its size. */
size_t espy_slip_encode(uint8_t *out, const uint8_t *bytes, size_t n);

typedef enum espy_slip_event {
    ESPY_SLIP_MORE,  /* the frame goes on, or none has begun */
    ESPY_SLIP_FRAME, /* buf[0..size) is a frame, until the next call */
    ESPY_SLIP_BAD    /* a frame was dropped: a bad escape, or longer than the buffer */
} espy_slip_event;

/* The decoder.  Every END both ends a frame and may begin the next, so that it is in
 * step again after any loss; empty frames are not reported. */
typedef struct espy_slip {
    uint8_t *buf; /* the caller's */
    size_t cap;
    size_t size;
    enum { ESPY_SLIP_OUTSIDE, ESPY_SLIP_INSIDE, ESPY_SLIP_ESCAPE, ESPY_SLIP_SKIP, ESPY_SLIP_DONE } state;
} espy_slip;

/* Begins outside of any frame: what precedes the first END is noise. */
void espy_slip_init(espy_slip *slip, uint8_t *buf, size_t cap);
espy_slip_event espy_slip_feed(espy_slip *slip, uint8_t byte);

/* ---- requests ---------------------------------------------------------------- */

typedef enum espy_loader_op {
    ESPY_OP_FLASH_BEGIN = 0x02,
    ESPY_OP_FLASH_DATA = 0x03,
    ESPY_OP_FLASH_END = 0x04,
    ESPY_OP_MEM_BEGIN = 0x05,
    ESPY_OP_MEM_END = 0x06,
    ESPY_OP_MEM_DATA = 0x07,
    ESPY_OP_SYNC = 0x08,
    ESPY_OP_WRITE_REG = 0x09,
    ESPY_OP_READ_REG = 0x0A,
    ESPY_OP_SPI_SET_PARAMS = 0x0B,
    ESPY_OP_SPI_ATTACH = 0x0D,
    ESPY_OP_READ_FLASH_SLOW = 0x0E,
    ESPY_OP_CHANGE_BAUDRATE = 0x0F,
    ESPY_OP_FLASH_DEFL_BEGIN = 0x10,
    ESPY_OP_FLASH_DEFL_DATA = 0x11,
    ESPY_OP_FLASH_DEFL_END = 0x12,
    ESPY_OP_SPI_FLASH_MD5 = 0x13,
    ESPY_OP_GET_SECURITY_INFO = 0x14
} espy_loader_op;

/* Limits of the ESP32-S3's ROM. */
enum {
    ESPY_LOADER_BLOCK_MAX = 0x1800, /* of FLASH_BEGIN's and MEM_BEGIN's packet size */
    ESPY_LOADER_READ_MAX = 64,      /* of READ_FLASH_SLOW */
    ESPY_LOADER_REGS_MAX = 8,       /* entries of one WRITE_REG here; the ROM takes any number */
    ESPY_LOADER_FRAME_MAX = 512     /* more than any reply of the ROM */
};

/* One entry of WRITE_REG: *addr = (*addr & ~mask) | (value & mask), after a pause. */
typedef struct espy_loader_reg {
    uint32_t addr, value, mask, delay_us;
} espy_loader_reg;

/* A request: a header of its own and, for the data commands, the caller's bytes after it. */
typedef struct espy_loader_request {
    espy_loader_op op;
    uint32_t checksum;
    uint8_t head[16 * ESPY_LOADER_REGS_MAX];
    size_t head_size;
    const uint8_t *data;
    size_t data_size;
} espy_loader_request;

espy_loader_request espy_loader_sync(void);
/* n is at most ESPY_LOADER_REGS_MAX; the rest is ignored. */
espy_loader_request espy_loader_write_reg(const espy_loader_reg *regs, size_t n);
espy_loader_request espy_loader_read_reg(uint32_t addr);
/* The flash at the chip's own pins. */
/* pins: HD << 24 | CS << 18 | D << 12 | Q << 6 | CLK, or 0 for those of the eFuses. */
espy_loader_request espy_loader_spi_attach(uint32_t pins);
/* The size bounds every later erase, write and MD5. */
espy_loader_request espy_loader_spi_set_params(uint32_t flash_size);
/* Erases size bytes, rounded up to sectors, from the sector-aligned addr, before it
 * answers; FLASH_DATA may then bring n blocks of at most block bytes. */
espy_loader_request espy_loader_flash_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr);
/* The same where the chip is to encrypt the blocks, whose sizes are multiples of 16. */
espy_loader_request espy_loader_flash_begin_encrypted(uint32_t size, uint32_t n, uint32_t block, uint32_t addr);
/* FLASH_BEGIN for a zlib stream cut into n blocks. */
espy_loader_request espy_loader_flash_defl_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr);
espy_loader_request espy_loader_flash_data(uint32_t seq, const uint8_t *data, size_t n);
espy_loader_request espy_loader_flash_defl_data(uint32_t seq, const uint8_t *data, size_t n);
espy_loader_request espy_loader_flash_md5(uint32_t addr, uint32_t size);
espy_loader_request espy_loader_read_flash_slow(uint32_t addr, uint32_t size);
/* Takes n blocks of at most block bytes, size in all, to RAM at addr. */
espy_loader_request espy_loader_mem_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr);
espy_loader_request espy_loader_mem_data(uint32_t seq, const uint8_t *data, size_t n);
/* Jumps to entry; the reply may be lost in the jump. */
espy_loader_request espy_loader_mem_end(uint32_t entry);
espy_loader_request espy_loader_change_baudrate(uint32_t baud);
espy_loader_request espy_loader_security_info(void);

/* 0xEF XOR all bytes: the checksum of data commands. */
uint8_t espy_loader_checksum(const uint8_t *bytes, size_t n);

/* The bytes of a request's frame before SLIP. */
size_t espy_loader_request_size(const espy_loader_request *request);
/* The most bytes espy_loader_encode() writes for it. */
size_t espy_loader_wire_max(const espy_loader_request *request);
/* Writes the frame for the wire; returns its size, or 0 where cap is below espy_loader_wire_max(). */
size_t espy_loader_encode(uint8_t *out, size_t cap, const espy_loader_request *request);

/* ---- replies ------------------------------------------------------------------- */

/* How many status bytes end a reply: it tells the ROM from a stub. */
enum { ESPY_LOADER_ROM_STATUS = 4, ESPY_LOADER_STUB_STATUS = 2 };

typedef struct espy_loader_reply {
    uint8_t op; /* the ROM answers an unknown command with the op of the one before */
    uint32_t value;
    const uint8_t *data; /* inside the frame */
    size_t size;
    uint8_t status; /* 0: done */
    uint8_t error;  /* the loader's code where status is not 0 */
} espy_loader_reply;

/* False where the frame is no reply: wrong direction, length or size, or a status that
 * the ROM, which knows 0 and 1, does not send. */
bool espy_loader_reply_parse(espy_loader_reply *reply, const uint8_t *frame, size_t n, size_t status_size);

/* "FLASH_BEGIN"; "0x42" has no name: "unknown command". */
const char *espy_loader_op_name(unsigned op);
/* What a ROM's or stub's error code means, in a few words. */
const char *espy_loader_error_name(uint8_t error);

#endif
