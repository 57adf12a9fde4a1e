/* SPDX-License-Identifier: MIT
 *
 * Replies of the loader protocol and the names of its numbers; see espy/loader.h.
 * A reply is u8 1, u8 op, u16 length, u32 value, data, then the status bytes, of
 * which two mean something.
 */
#include "espy/loader.h"

#include "../base/bytes.h"

enum { HEADER = 8, DIRECTION_REPLY = 1 };

bool espy_loader_reply_parse(espy_loader_reply *reply, const uint8_t *frame, size_t n, size_t status_size)
{
    if (n < HEADER + status_size || frame[0] != DIRECTION_REPLY || get_le16(frame + 2) != n - HEADER)
        return false;
    *reply = (espy_loader_reply){
        .op = frame[1],
        .value = get_le32(frame + 4),
        .data = frame + HEADER,
        .size = n - HEADER - status_size,
        .status = frame[n - status_size],
        .error = frame[n - status_size + 1],
    };
    return status_size != ESPY_LOADER_ROM_STATUS || reply->status <= 1;
}

static const char *const op_names[] = {
    [ESPY_OP_FLASH_BEGIN] = "FLASH_BEGIN",
    [ESPY_OP_FLASH_DATA] = "FLASH_DATA",
    [ESPY_OP_FLASH_END] = "FLASH_END",
    [ESPY_OP_MEM_BEGIN] = "MEM_BEGIN",
    [ESPY_OP_MEM_END] = "MEM_END",
    [ESPY_OP_MEM_DATA] = "MEM_DATA",
    [ESPY_OP_SYNC] = "SYNC",
    [ESPY_OP_WRITE_REG] = "WRITE_REG",
    [ESPY_OP_READ_REG] = "READ_REG",
    [ESPY_OP_SPI_SET_PARAMS] = "SPI_SET_PARAMS",
    [ESPY_OP_SPI_ATTACH] = "SPI_ATTACH",
    [ESPY_OP_READ_FLASH_SLOW] = "READ_FLASH_SLOW",
    [ESPY_OP_CHANGE_BAUDRATE] = "CHANGE_BAUDRATE",
    [ESPY_OP_FLASH_DEFL_BEGIN] = "FLASH_DEFL_BEGIN",
    [ESPY_OP_FLASH_DEFL_DATA] = "FLASH_DEFL_DATA",
    [ESPY_OP_FLASH_DEFL_END] = "FLASH_DEFL_END",
    [ESPY_OP_SPI_FLASH_MD5] = "SPI_FLASH_MD5",
    [ESPY_OP_GET_SECURITY_INFO] = "GET_SECURITY_INFO",
};

const char *espy_loader_op_name(unsigned op)
{
    if (op >= sizeof op_names / sizeof op_names[0] || op_names[op] == NULL)
        return "unknown command";
    return op_names[op];
}

static const struct {
    uint8_t code;
    const char *name;
} error_names[] = {
    {0x00, "undefined error"},
    {0x01, "bad parameter"},
    {0x02, "out of memory"},
    {0x03, "sending failed"},
    {0x04, "receiving failed"},
    {0x05, "malformed or unsupported command"},
    {0x06, "the operation failed"},
    {0x07, "wrong checksum"},
    {0x08, "flash write failed"},
    {0x09, "flash read failed"},
    {0x0A, "bad read length"},
    {0x0B, "bad compressed data"},
    {0x0C, "wrong Adler-32 of the compressed data"},
    {0x0D, "bad parameters of the compressed data"},
    {0x0E, "bad RAM size"},
    {0x0F, "bad RAM address"},
    {0x64, "not allowed by the security eFuses"},
    {0xC0, "stub: bad data length"},
    {0xC1, "stub: wrong checksum"},
    {0xC2, "stub: bad block size"},
    {0xC3, "stub: unsupported command"},
    {0xC4, "stub: flash operation failed"},
    {0xC5, "stub: flash unlock failed"},
    {0xC6, "stub: not in flash mode"},
    {0xC7, "stub: bad compressed data"},
    {0xC8, "stub: not enough data"},
    {0xC9, "stub: too much data"},
    {0xFF, "stub: not implemented"},
};

const char *espy_loader_error_name(uint8_t error)
{
    for (size_t i = 0; i < sizeof error_names / sizeof error_names[0]; i++)
        if (error_names[i].code == error)
            return error_names[i].name;
    return "unknown error";
}
