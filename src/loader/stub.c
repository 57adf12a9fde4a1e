/* SPDX-License-Identifier: MIT
 *
 * Frames of espy's RAM stub; see the header.
 */
#include "stub.h"

#include "../base/bytes.h"

#include <string.h>

/* The reflected polynomial 0xEDB88320, four bits at a time. */
uint32_t espy_stub_crc(uint32_t crc, const uint8_t *bytes, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc = table[(crc ^ bytes[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ bytes[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

size_t espy_stub_encode(uint8_t *out, size_t cap, espy_stub_op op, uint16_t tag, const uint8_t *head, size_t head_size,
                        const uint8_t *data, size_t data_size)
{
    uint8_t frame[ESPY_STUB_FRAME_MAX] = {(uint8_t)op, 0};
    size_t n = ESPY_STUB_HEADER;
    if (head_size > ESPY_STUB_PAYLOAD_MAX || data_size > ESPY_STUB_PAYLOAD_MAX - head_size ||
        cap < ESPY_STUB_WIRE_MAX(head_size + data_size))
        return 0;
    put_le16(frame + 2, tag);
    if (head_size > 0)
        memcpy(frame + n, head, head_size);
    n += head_size;
    if (data_size > 0)
        memcpy(frame + n, data, data_size);
    n += data_size;
    put_le32(frame + n, espy_stub_crc(0, frame, n));
    return espy_slip_encode(out, frame, n + ESPY_STUB_CRC);
}

bool espy_stub_parse(espy_stub_frame *frame, const uint8_t *bytes, size_t n)
{
    if (n < ESPY_STUB_HEADER + ESPY_STUB_CRC || !(bytes[0] & ESPY_STUB_REPLY))
        return false;
    size_t covered = n - ESPY_STUB_CRC;
    if (get_le32(bytes + covered) != espy_stub_crc(0, bytes, covered))
        return false;
    *frame = (espy_stub_frame){
        .op = bytes[0] & ~ESPY_STUB_REPLY,
        .status = bytes[1],
        .tag = get_le16(bytes + 2),
        .payload = bytes + ESPY_STUB_HEADER,
        .size = covered - ESPY_STUB_HEADER,
    };
    return true;
}

/* ---- payloads -------------------------------------------------------------------- */

enum { HELLO_SIZE = 32, ACK_SIZE = 28, DIGESTS_HEAD = 8 };

bool espy_stub_parse_hello(espy_stub_hello *hello, const espy_stub_frame *frame)
{
    const uint8_t *p = frame->payload;
    if (frame->op != ESPY_STUB_HELLO || frame->status != ESPY_STUB_OK || frame->size < HELLO_SIZE ||
        get_le32(p) != ESPY_STUB_MAGIC || get_le32(p + 12) < ESPY_STUB_PAYLOAD_MAX)
        return false;
    *hello = (espy_stub_hello){
        .version = get_le32(p + 4),
        .ring = get_le32(p + 8),
        .flash_id = get_le32(p + 16) & 0xFFFFFF,
        .flash_octal = get_le32(p + 20) != 0,
        .cpu_mhz = get_le32(p + 24),
        .crc = get_le32(p + 28),
    };
    return true;
}

bool espy_stub_parse_ack(espy_stub_ack *ack, const espy_stub_frame *frame)
{
    const uint8_t *p = frame->payload;
    bool has_digest = frame->size == ACK_SIZE + ESPY_STUB_DIGEST;
    if (frame->op < ESPY_STUB_BEGIN || frame->op > ESPY_STUB_STATUS || (frame->size != ACK_SIZE && !has_digest))
        return false;
    *ack = (espy_stub_ack){
        .session = get_le32(p),
        .next = get_le32(p + 4),
        .durable = get_le32(p + 8),
        .error = get_le32(p + 12),
        .error_at = get_le32(p + 16),
        .error_addr = get_le32(p + 20),
        .erased = get_le32(p + 24),
        .has_digest = has_digest,
    };
    if (has_digest)
        memcpy(ack->digest, p + ACK_SIZE, ESPY_STUB_DIGEST);
    return true;
}

bool espy_stub_parse_digests(espy_stub_digests *digests, const espy_stub_frame *frame)
{
    if (frame->op != ESPY_STUB_DIGESTS || frame->status > ESPY_STUB_PART || frame->size < DIGESTS_HEAD ||
        (frame->size - DIGESTS_HEAD) % ESPY_STUB_DIGEST != 0)
        return false;
    *digests = (espy_stub_digests){
        .first = get_le32(frame->payload),
        .total = get_le32(frame->payload + 4),
        .n = (uint32_t)((frame->size - DIGESTS_HEAD) / ESPY_STUB_DIGEST),
        .digests = frame->payload + DIGESTS_HEAD,
    };
    return digests->n <= digests->total && digests->first <= digests->total - digests->n;
}

bool espy_stub_parse_piece(espy_stub_piece *piece, const espy_stub_frame *frame)
{
    const uint8_t *p = frame->payload;
    if (frame->op != ESPY_STUB_READ || frame->status != ESPY_STUB_PART || frame->size <= ESPY_STUB_PIECE_HEAD)
        return false;
    *piece = (espy_stub_piece){
        .addr = get_le32(p),
        .size = get_le32(p + 4) & 0xFFFFFF,
        .format = (espy_stub_format)p[7],
        .bytes = p + ESPY_STUB_PIECE_HEAD,
        .n_bytes = frame->size - ESPY_STUB_PIECE_HEAD,
    };
    switch (p[7]) {
    case ESPY_STUB_RAW: return piece->n_bytes == piece->size;
    case ESPY_STUB_DEFLATE:
    case ESPY_STUB_CODE: return piece->size <= ESPY_STUB_CHUNK_MAX;
    case ESPY_STUB_RUN: return piece->n_bytes == 1;
    default: return false;
    }
}

/* ---- names ------------------------------------------------------------------------ */

const char *espy_stub_op_name(unsigned op)
{
    static const char *const names[] = {
        [ESPY_STUB_HELLO] = "HELLO",       [ESPY_STUB_REGS_READ] = "REGS_READ", [ESPY_STUB_REGS_WRITE] = "REGS_WRITE",
        [ESPY_STUB_MEM_READ] = "MEM_READ", [ESPY_STUB_MEM_WRITE] = "MEM_WRITE", [ESPY_STUB_BAUD] = "BAUD",
        [ESPY_STUB_ERASE] = "ERASE",       [ESPY_STUB_BEGIN] = "BEGIN",         [ESPY_STUB_DATA] = "DATA",
        [ESPY_STUB_END] = "END",           [ESPY_STUB_STATUS] = "STATUS",       [ESPY_STUB_DIGESTS] = "DIGESTS",
        [ESPY_STUB_READ] = "READ",
    };
    return op < sizeof names / sizeof names[0] && names[op] != NULL ? names[op] : "unknown command";
}

const char *espy_stub_status_name(unsigned status)
{
    switch (status) {
    case ESPY_STUB_OK: return "done";
    case ESPY_STUB_PART: return "under way";
    case ESPY_STUB_GAP: return "blocks are missing";
    case ESPY_STUB_BAD_REQUEST: return "malformed or unknown command";
    case ESPY_STUB_BAD_RANGE: return "no whole sectors, or too many ranges";
    case ESPY_STUB_NO_SESSION: return "no such session";
    case ESPY_STUB_BAD_ADDRESS: return "nothing is at this address";
    case ESPY_STUB_BAD_STREAM: return "bad compressed data";
    case ESPY_STUB_STREAM_LENGTH: return "the stream is not as long as its ranges";
    case ESPY_STUB_FLASH_BUSY: return "the flash does not get ready";
    case ESPY_STUB_FLASH_DIFFERS: return "the flash does not hold what was written";
    default: return "unknown status";
    }
}
