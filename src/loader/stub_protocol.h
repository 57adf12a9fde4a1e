/* SPDX-License-Identifier: MIT
 *
 * The numbers of the protocol between espy and its RAM stub, for both of them; what they
 * mean is in stub/PROTOCOL.md.
 */
#ifndef ESPY_LOADER_STUB_PROTOCOL_H
#define ESPY_LOADER_STUB_PROTOCOL_H

enum {
    ESPY_STUB_MAGIC = 0x59505345, /* "ESPY" */
    ESPY_STUB_VERSION = 3,
    ESPY_STUB_REPLY = 0x80, /* set in the op of what the stub sends */

    ESPY_STUB_HEADER = 4, /* u8 op, u8 status, u16 tag */
    ESPY_STUB_CRC = 4,
    ESPY_STUB_PAYLOAD_MAX = 4096 + 8,
    ESPY_STUB_FRAME_MAX = ESPY_STUB_HEADER + ESPY_STUB_PAYLOAD_MAX + ESPY_STUB_CRC,
    ESPY_STUB_CHUNK_MAX = 16384, /* of flash in one answer to READ, save for a run */
    ESPY_STUB_PIECE_HEAD = 8,    /* u32 address, u24 size, u8 espy_stub_format */
    ESPY_STUB_ANSWER_MAX = ESPY_STUB_HEADER + ESPY_STUB_PIECE_HEAD + ESPY_STUB_CHUNK_MAX + ESPY_STUB_CRC,

    ESPY_STUB_BLOCK = 4096, /* the most data of one DATA */
    ESPY_STUB_RANGES = 512, /* the most (address, size) pairs of one request */
    ESPY_STUB_DIGEST = 16,  /* the first bytes of a SHA-256 */
    ESPY_STUB_SECTOR = 4096
};

typedef enum espy_stub_op {
    ESPY_STUB_HELLO = 0x40,
    ESPY_STUB_REGS_READ = 0x41,
    ESPY_STUB_REGS_WRITE = 0x42,
    ESPY_STUB_MEM_READ = 0x43,
    ESPY_STUB_MEM_WRITE = 0x44,
    ESPY_STUB_BAUD = 0x45,
    ESPY_STUB_ERASE = 0x50,
    ESPY_STUB_BEGIN = 0x51,
    ESPY_STUB_DATA = 0x52,
    ESPY_STUB_END = 0x53,
    ESPY_STUB_STATUS = 0x54,
    ESPY_STUB_DIGESTS = 0x55,
    ESPY_STUB_READ = 0x56
} espy_stub_op;

typedef enum espy_stub_status {
    ESPY_STUB_OK = 0,
    ESPY_STUB_PART = 1, /* not an error: more answers follow */
    ESPY_STUB_GAP = 2,  /* not an error: blocks are missing */
    ESPY_STUB_BAD_REQUEST = 0x10,
    ESPY_STUB_BAD_RANGE = 0x11,
    ESPY_STUB_NO_SESSION = 0x12,
    ESPY_STUB_BAD_ADDRESS = 0x13,
    ESPY_STUB_BAD_STREAM = 0x20,
    ESPY_STUB_STREAM_LENGTH = 0x21,
    ESPY_STUB_FLASH_BUSY = 0x30,
    ESPY_STUB_FLASH_DIFFERS = 0x31
} espy_stub_status;

typedef enum espy_stub_format {
    ESPY_STUB_RAW = 0,
    ESPY_STUB_DEFLATE = 1,
    ESPY_STUB_RUN = 2,
    ESPY_STUB_CODE = 3 /* DEFLATE of what espy_code_absolute() makes */
} espy_stub_format;

#endif
