/* SPDX-License-Identifier: MIT
 *
 * Frames of the protocol with espy's RAM stub, as pure functions: what goes into a frame
 * and what was in one.  The manual is stub/PROTOCOL.md; SLIP is espy/loader.h's.
 */
#ifndef ESPY_LOADER_STUB_H
#define ESPY_LOADER_STUB_H

#include "espy/loader.h"

#include "stub_protocol.h"

typedef struct espy_stub_frame {
    uint8_t op;     /* of the request that it answers, without ESPY_STUB_REPLY */
    uint8_t status; /* espy_stub_status */
    uint16_t tag;   /* the request's */
    const uint8_t *payload;
    size_t size;
} espy_stub_frame;

/* The most bytes that espy_stub_encode() writes for n bytes of payload. */
#define ESPY_STUB_WIRE_MAX(n) ESPY_SLIP_MAX((size_t)(n) + ESPY_STUB_HEADER + ESPY_STUB_CRC)

/* CRC-32 of IEEE 802.3, as zlib's; crc is what the bytes before gave, 0 for none. */
uint32_t espy_stub_crc(uint32_t crc, const uint8_t *bytes, size_t n);

/* Writes the frame of a request for the wire, its payload in two parts; returns its size,
 * or 0 where the payload is longer than ESPY_STUB_PAYLOAD_MAX or does not fit into cap. */
size_t espy_stub_encode(uint8_t *out, size_t cap, espy_stub_op op, uint16_t tag, const uint8_t *head, size_t head_size,
                        const uint8_t *data, size_t data_size);

/* False where the bytes, without SLIP, are no frame of the stub's: too short, a request's
 * op, a wrong CRC. */
bool espy_stub_parse(espy_stub_frame *frame, const uint8_t *bytes, size_t n);

/* ---- payloads -------------------------------------------------------------------- */

typedef struct espy_stub_hello {
    uint32_t version;
    uint32_t ring;     /* bytes of the wire that the stub can take ahead */
    uint32_t flash_id; /* RDID, manufacturer in bits 7:0 */
    bool flash_octal;
    uint32_t cpu_mhz;
    uint32_t crc; /* of the stub's own code and constants, as they lie in RAM */
} espy_stub_hello;

/* What a session's answers say. */
typedef struct espy_stub_ack {
    uint32_t session;
    uint32_t next;       /* bytes of the stream that are used up: where the next block begins */
    uint32_t durable;    /* bytes of the ranges that are in the flash */
    uint32_t error;      /* espy_stub_status of the first error; it stays until a new BEGIN */
    uint32_t error_at;   /* where in the stream the block began that was at work */
    uint32_t error_addr; /* in the flash */
    uint32_t erased;     /* bytes */
    bool has_digest;     /* END, done: of all ranges, read back */
    uint8_t digest[ESPY_STUB_DIGEST];
} espy_stub_ack;

/* Of DIGESTS: n digests from number `first` on. */
typedef struct espy_stub_digests {
    uint32_t first, total, n;
    const uint8_t *digests;
} espy_stub_digests;

/* Of READ: `size` bytes of flash, as they are, compressed, or a run of one byte. */
typedef struct espy_stub_piece {
    uint32_t addr, size;
    espy_stub_format format;
    const uint8_t *bytes; /* as the format has them; of a run one */
    size_t n_bytes;
} espy_stub_piece;

/* False where the frame is not what its op and status promise. */
bool espy_stub_parse_hello(espy_stub_hello *hello, const espy_stub_frame *frame);
bool espy_stub_parse_ack(espy_stub_ack *ack, const espy_stub_frame *frame);
bool espy_stub_parse_digests(espy_stub_digests *digests, const espy_stub_frame *frame);
bool espy_stub_parse_piece(espy_stub_piece *piece, const espy_stub_frame *frame);

/* "BEGIN"; "unknown command" */
const char *espy_stub_op_name(unsigned op);
/* What a status means, in a few words. */
const char *espy_stub_status_name(unsigned status);

#endif
