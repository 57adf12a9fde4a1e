/* SPDX-License-Identifier: MIT
 *
 * Requests of the loader protocol; see espy/loader.h.  A frame is u8 0, u8 op,
 * u16 length, u32 checksum, then the payload, all little-endian.
 */
#include "espy/loader.h"

#include "../base/bytes.h"

#include <string.h>

enum { HEADER = 8 };

/* The flash geometry that SPI_SET_PARAMS tells: 64 KiB blocks, 4 KiB sectors, 256-byte
 * pages, and a 16-bit status register. */
enum { FLASH_BLOCK = 0x10000, FLASH_SECTOR = 0x1000, FLASH_PAGE = 0x100, FLASH_STATUS_MASK = 0xFFFF };

static espy_loader_request words(espy_loader_op op, const uint32_t *values, size_t n)
{
    espy_loader_request request = {.op = op, .head_size = 4 * n};
    for (size_t i = 0; i < n; i++)
        put_le32(request.head + 4 * i, values[i]);
    return request;
}

#define WORDS(op, ...)                                                                                                 \
    words(op, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static espy_loader_request data(espy_loader_op op, uint32_t seq, const uint8_t *bytes, size_t n)
{
    espy_loader_request request = WORDS(op, (uint32_t)n, seq, 0, 0);
    request.checksum = espy_loader_checksum(bytes, n);
    request.data = bytes;
    request.data_size = n;
    return request;
}

/* The run of 0x55 is what the ROM measures the baud rate by. */
espy_loader_request espy_loader_sync(void)
{
    espy_loader_request request = {.op = ESPY_OP_SYNC, .head = {0x07, 0x07, 0x12, 0x20}, .head_size = 36};
    memset(request.head + 4, 0x55, 32);
    return request;
}

espy_loader_request espy_loader_write_reg(const espy_loader_reg *regs, size_t n)
{
    espy_loader_request request = {.op = ESPY_OP_WRITE_REG};
    for (size_t i = 0; i < n && i < ESPY_LOADER_REGS_MAX; i++) {
        put_le32(request.head + 16 * i, regs[i].addr);
        put_le32(request.head + 16 * i + 4, regs[i].value);
        put_le32(request.head + 16 * i + 8, regs[i].mask);
        put_le32(request.head + 16 * i + 12, regs[i].delay_us);
        request.head_size += 16;
    }
    return request;
}

espy_loader_request espy_loader_read_reg(uint32_t addr)
{
    return WORDS(ESPY_OP_READ_REG, addr);
}

espy_loader_request espy_loader_spi_attach(uint32_t pins)
{
    return WORDS(ESPY_OP_SPI_ATTACH, pins, 0);
}

espy_loader_request espy_loader_spi_set_params(uint32_t flash_size)
{
    return WORDS(ESPY_OP_SPI_SET_PARAMS, 0, flash_size, FLASH_BLOCK, FLASH_SECTOR, FLASH_PAGE, FLASH_STATUS_MASK);
}

espy_loader_request espy_loader_flash_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr)
{
    return WORDS(ESPY_OP_FLASH_BEGIN, size, n, block, addr, 0);
}

espy_loader_request espy_loader_flash_begin_encrypted(uint32_t size, uint32_t n, uint32_t block, uint32_t addr)
{
    return WORDS(ESPY_OP_FLASH_BEGIN, size, n, block, addr, 1);
}

espy_loader_request espy_loader_flash_defl_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr)
{
    return WORDS(ESPY_OP_FLASH_DEFL_BEGIN, size, n, block, addr, 0);
}

espy_loader_request espy_loader_flash_data(uint32_t seq, const uint8_t *bytes, size_t n)
{
    return data(ESPY_OP_FLASH_DATA, seq, bytes, n);
}

espy_loader_request espy_loader_flash_defl_data(uint32_t seq, const uint8_t *bytes, size_t n)
{
    return data(ESPY_OP_FLASH_DEFL_DATA, seq, bytes, n);
}

espy_loader_request espy_loader_flash_md5(uint32_t addr, uint32_t size)
{
    return WORDS(ESPY_OP_SPI_FLASH_MD5, addr, size, 0, 0);
}

espy_loader_request espy_loader_read_flash_slow(uint32_t addr, uint32_t size)
{
    return WORDS(ESPY_OP_READ_FLASH_SLOW, addr, size);
}

espy_loader_request espy_loader_mem_begin(uint32_t size, uint32_t n, uint32_t block, uint32_t addr)
{
    return WORDS(ESPY_OP_MEM_BEGIN, size, n, block, addr);
}

espy_loader_request espy_loader_mem_data(uint32_t seq, const uint8_t *bytes, size_t n)
{
    return data(ESPY_OP_MEM_DATA, seq, bytes, n);
}

espy_loader_request espy_loader_mem_end(uint32_t entry)
{
    return WORDS(ESPY_OP_MEM_END, 0, entry);
}

espy_loader_request espy_loader_change_baudrate(uint32_t baud)
{
    return WORDS(ESPY_OP_CHANGE_BAUDRATE, baud, 0);
}

espy_loader_request espy_loader_security_info(void)
{
    return (espy_loader_request){.op = ESPY_OP_GET_SECURITY_INFO};
}

uint8_t espy_loader_checksum(const uint8_t *bytes, size_t n)
{
    uint8_t sum = 0xEF;
    for (size_t i = 0; i < n; i++)
        sum ^= bytes[i];
    return sum;
}

size_t espy_loader_request_size(const espy_loader_request *request)
{
    return HEADER + request->head_size + request->data_size;
}

size_t espy_loader_wire_max(const espy_loader_request *request)
{
    return ESPY_SLIP_MAX(espy_loader_request_size(request));
}

/* Encodes one piece of a frame; the ENDs that espy_slip_encode() puts around it fall
 * on the last byte of the piece before and on the first of the piece after. */
static size_t piece(uint8_t *out, size_t at, const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return at;
    uint8_t before = out[at - 1];
    size_t size = espy_slip_encode(out + at - 1, bytes, n);
    out[at - 1] = before;
    return at + size - 2;
}

size_t espy_loader_encode(uint8_t *out, size_t cap, const espy_loader_request *request)
{
    if (cap < espy_loader_wire_max(request))
        return 0;
    uint8_t header[HEADER] = {0x00, (uint8_t)request->op};
    put_le16(header + 2, (uint16_t)(request->head_size + request->data_size));
    put_le32(header + 4, request->checksum);
    size_t at = espy_slip_encode(out, header, HEADER) - 1;
    at = piece(out, at, request->head, request->head_size);
    at = piece(out, at, request->data, request->data_size);
    out[at] = out[0];
    return at + 1;
}
