/* SPDX-License-Identifier: MIT
 *
 * The serial loader's commands; see the header.
 *
 * The packet is at the first argument: direction, opcode, length of the data, checksum,
 * data.  Nothing of a former packet is cleared, and the length is the sender's word.
 */
#include "download_command.h"

#include "builtin.h"
#include "download_inflate.h"
#include "download_link.h"

#include "../../base/bytes.h"

#include <string.h>

/* Functions of the ROM, by their addresses in its table of calls. */
enum {
    UART_TX_ONE_CHAR2 = 0x40000654,
    UART_TX_WAIT_IDLE = 0x4000069c,
    UART_DIV_MODIFY = 0x400006a8,
    SOFTWARE_RESET = 0x400006d8,
    SEND_PACKET = 0x40000744,
    RECV_PACKET = 0x40000750,
    WRITE_ENCRYPTED = 0x4000096c,
    FLASH_WRITE = 0x40000a14,
    FLASH_READ = 0x40000a20,
    SPI_ERASE_AREA = 0x40000a38,
    CONFIG_PARAM = 0x40000a50,
    SPI_FLASH_ATTACH = 0x40000aec,
    SPI_LOCK = 0x40000c78,
    ISR_MASK = 0x40001b84,
    ISR_UNMASK = 0x40001b90,
    MD5_INIT = 0x40001c5c,
    MD5_UPDATE = 0x40001c68,
    MD5_FINAL = 0x40001c74
};

/* Source: esptool's documentation and its list of the ROM's errors. */
enum {
    ERROR_FORMAT = 0x05,
    ERROR_RESULT = 0x06,
    ERROR_CHECKSUM = 0x07,
    ERROR_FLASH_WRITE = 0x08,
    ERROR_FLASH_READ = 0x09,
    ERROR_READ_LENGTH = 0x0a, /* from here on down: tinfl_decompress's status */
    ERROR_PARAMETER = 0x64
};

enum {
    BLOCK_MAX = 0x1800,
    DATA_HEAD = 16, /* size, number and two unused words before the data of a data packet */
    READ_MAX = 64,
    MD5_CHUNK = 128,
    WINDOW_SIZE = 0x8000,
    XTAL_HZ = 40000000,
    MEMORY_FROM = 0x20000000, /* below, the core has no access */
    RUN = 2                   /* of a file: leave the loader */
};

/* eFuse registers.  Source: ESP-IDF, soc/efuse_reg.h. */
enum {
    EFUSE_REPEAT_DATA0 = 0x60007030,
    EFUSE_REPEAT_DATA1 = 0x60007034,
    EFUSE_REPEAT_DATA2 = 0x60007038,
    EFUSE_REPEAT_DATA3 = 0x6000703c,
    DIS_DOWNLOAD_MANUAL_ENCRYPT = 1 << 20, /* of the first */
    DIS_DOWNLOAD_MODE = 1 << 0,            /* of the last */
    ENABLE_SECURITY_DOWNLOAD = 1 << 5
};

enum {
    LEGACY_FUNCTIONS = 0x3fceffe8, /* rom_spiflash_legacy_funcs */
    ECO_VERSION = 0x40000574       /* _rom_eco_version */
};

/* Where the locals are, from the stack pointer on. */
enum {
    REPLY = 4, /* head 8, data at most 64, status 4 */
    REPLY_OP = REPLY + 1,
    REPLY_LENGTH = REPLY + 2,
    REPLY_VALUE = REPLY + 4,
    REPLY_DATA = REPLY + 8,
    REPLY_END = REPLY + 76,
    FILE_HEAD = REPLY_END, /* of MEM_ and FLASH_; see below */
    BAUD = FILE_HEAD + 32, /* a divider to be set after the reply */
    ERROR = BAUD + 4,
    FAILED = BAUD + 8,
    EXTRA = BAUD + 12, /* bytes of REPLY_DATA before the status */
    LEFT = BAUD + 16,  /* replies still to be sent */
    REBOOT = BAUD + 20,
    AT = BAUD + 24, /* where a command that takes several steps is */
    MD5_SIZE = BAUD + 28,
    MD5_BUFFER = BAUD + 32,
    MD5_CONTEXT = MD5_BUFFER + MD5_CHUNK,
    LOCALS_END = MD5_CONTEXT + 88
};

/* A file under way; its address is the guest's. */
enum {
    FILE_SIZE = 0,
    FILE_PACKETS = 4,
    FILE_PACKET_SIZE = 8,
    FILE_NEXT = 12, /* the packet that is due */
    FILE_DONE = 16, /* bytes */
    FILE_ADDR = 20,
    FILE_RUN = 24,
    FILE_ENCRYPT = 28,
    /* Only of a deflated one: */
    FILE_OUT = 32, /* where the window goes on */
    FILE_WINDOW = 36,
    FILE_INFLATER = FILE_WINDOW + WINDOW_SIZE
};

/* Where the mask ROM has the deflated file. */
#define DEFLATED (ESPY_DOWNLOAD_PACKET + ESPY_DOWNLOAD_PACKET_MAX)

/* Where the function goes on after a wait or a call. */
enum {
    START,
    LISTEN,
    OBEY,
    ERASED,
    WRITTEN,
    READ_BACK,
    WRITTEN_ENCRYPTED,
    LOCKED,
    SET,
    REG_READ,
    DELAYED,
    REG_LOADED,
    REG_STORED,
    ATTACHED,
    READ_SLOWLY,
    HASH_BEGUN,
    HASH_READ,
    HASH_UPDATED,
    HASH_DONE,
    INFLATING,
    WINDOW_WRITTEN,
    LAST_WRITTEN,
    REPLIED,
    FIRST_END_SENT,
    SECOND_END_SENT,
    LINE_IDLE,
    DIVIDER_SET,
    MASKED,
    RESETTING
};

/* ---- the packet and the locals ---- */

static uint32_t sp(const espy_rom_call *c)
{
    return espy_rom_locals_addr(c) - 4;
}

static uint32_t get(const espy_rom_call *c, unsigned local)
{
    return espy_rom_local(c, local);
}

static void set(const espy_rom_call *c, unsigned local, uint32_t value)
{
    espy_rom_set_local(c, local, value);
}

static uint32_t packet(const espy_rom_call *c)
{
    return espy_rom_arg(c, 0);
}

static uint32_t length(const espy_rom_call *c)
{
    uint8_t bytes[2];
    espy_rom_read(c, packet(c) + 2, bytes, sizeof bytes);
    return get_le16(bytes);
}

/* The n-th word of the packet's data. */
static uint32_t word(const espy_rom_call *c, unsigned n)
{
    return espy_rom_read32(c, packet(c) + 8 + 4 * n);
}

static uint32_t data(const espy_rom_call *c)
{
    return packet(c) + 8 + DATA_HEAD;
}

static uint32_t file_get(const espy_rom_call *c, uint32_t file, unsigned field)
{
    return espy_rom_read32(c, file + field);
}

static void file_set(const espy_rom_call *c, uint32_t file, unsigned field, uint32_t value)
{
    espy_rom_write32(c, file + field, value);
}

static uint32_t plain_file(const espy_rom_call *c)
{
    return sp(c) + FILE_HEAD;
}

/* ---- answering ---- */

static void send_reply(espy_rom_call *c)
{
    const uint32_t args[] = {sp(c) + REPLY, get(c, EXTRA) + 12};
    espy_rom_guest(c, REPLIED, SEND_PACKET, 2, args);
}

static void reply(espy_rom_call *c, bool failed)
{
    uint32_t extra = get(c, EXTRA), at = sp(c) + REPLY_DATA + extra;
    uint8_t n[2];
    put_le16(n, (uint16_t)(extra + 4));
    espy_rom_write(c, sp(c) + REPLY_LENGTH, n, sizeof n);
    espy_rom_write8(c, at, failed);
    espy_rom_write8(c, at + 1, (uint8_t)get(c, ERROR));
    set(c, LEFT, espy_rom_read8(c, sp(c) + REPLY_OP) == 0x08 ? 8 : 1);
    send_reply(c);
}

/* A success that leaves the code of the last error in the reply, ... */
static void done(espy_rom_call *c)
{
    reply(c, false);
}

/* ... one that does not, ... */
static void done_well(espy_rom_call *c)
{
    set(c, ERROR, 0);
    reply(c, false);
}

/* ... and a failure. */
static void fail(espy_rom_call *c, uint32_t error)
{
    set(c, ERROR, error);
    reply(c, true);
}

/* ---- files ---- */

static void begin_file(espy_rom_call *c, uint32_t file)
{
    file_set(c, file, FILE_SIZE, word(c, 0));
    file_set(c, file, FILE_PACKETS, word(c, 1));
    file_set(c, file, FILE_PACKET_SIZE, word(c, 2));
    file_set(c, file, FILE_NEXT, 0);
    file_set(c, file, FILE_DONE, 0);
    file_set(c, file, FILE_ADDR, word(c, 3));
}

static bool begin_is_wrong(const espy_rom_call *c, uint32_t length_due)
{
    return length(c) != length_due || word(c, 2) > BLOCK_MAX;
}

static uint8_t checksum(const espy_rom_call *c)
{
    uint8_t sum = 0xef;
    for (uint32_t at = data(c), n = word(c, 0); n > 0 && n <= INT32_MAX; n--)
        sum ^= espy_rom_read8(c, at++);
    return sum;
}

static bool checksum_is_wrong(const espy_rom_call *c)
{
    return espy_rom_read8(c, packet(c) + 4) != checksum(c);
}

/* Whether a data packet is out of place, which leaves the file as it was. */
static bool packet_is_wrong(const espy_rom_call *c, uint32_t file)
{
    return length(c) > BLOCK_MAX + DATA_HEAD || word(c, 1) != file_get(c, file, FILE_NEXT) ||
           word(c, 0) > file_get(c, file, FILE_PACKET_SIZE);
}

static void next_packet(espy_rom_call *c, uint32_t file)
{
    file_set(c, file, FILE_NEXT, word(c, 1) + 1);
}

static void advance(espy_rom_call *c, uint32_t file)
{
    file_set(c, file, FILE_DONE, file_get(c, file, FILE_DONE) + word(c, 0));
    file_set(c, file, FILE_ADDR, file_get(c, file, FILE_ADDR) + word(c, 0));
}

/* ---- MEM_ ---- */

static void mem_begin(espy_rom_call *c)
{
    if (begin_is_wrong(c, 16)) {
        fail(c, ERROR_FORMAT);
        return;
    }
    begin_file(c, plain_file(c));
    done(c);
}

/* Whether a copy gets to where the core must not write; it panics then. */
static bool is_forbidden(uint32_t addr, uint32_t n)
{
    return n > 0 && (addr < MEMORY_FROM || addr + (n - 1) < addr);
}

static void mem_data(espy_rom_call *c)
{
    uint32_t file = plain_file(c);
    uint8_t bytes[BLOCK_MAX];
    if (packet_is_wrong(c, file) || word(c, 0) > sizeof bytes) {
        fail(c, ERROR_FORMAT);
        return;
    }
    next_packet(c, file);
    if (checksum_is_wrong(c)) {
        fail(c, ERROR_CHECKSUM);
        return;
    }
    if (is_forbidden(file_get(c, file, FILE_ADDR), word(c, 0))) {
        const uint32_t args[] = {0, 0};
        espy_rom_guest(c, RESETTING, ESPY_ROM_STORE, 2, args);
        return;
    }
    espy_rom_read(c, data(c), bytes, word(c, 0));
    espy_rom_write(c, file_get(c, file, FILE_ADDR), bytes, word(c, 0));
    advance(c, file);
    done(c);
}

static void mem_end(espy_rom_call *c)
{
    if (length(c) > 8) {
        fail(c, ERROR_FORMAT);
        return;
    }
    file_set(c, plain_file(c), FILE_RUN, espy_rom_read8(c, packet(c) + 8) == 0 ? RUN : 0);
    espy_rom_write32(c, espy_rom_arg(c, 2), word(c, 1));
    done(c);
}

/* ---- FLASH_ ---- */

static void erase(espy_rom_call *c)
{
    const uint32_t args[] = {word(c, 3), word(c, 0)};
    espy_rom_guest(c, ERASED, SPI_ERASE_AREA, 2, args);
}

static void erased(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        fail(c, ERROR_RESULT);
    else
        done(c);
}

static void flash_begin(espy_rom_call *c)
{
    bool barred = (espy_rom_read32(c, EFUSE_REPEAT_DATA0) & DIS_DOWNLOAD_MANUAL_ENCRYPT) != 0;
    if (begin_is_wrong(c, 20)) {
        fail(c, ERROR_FORMAT);
    } else if (word(c, 4) != 0 && barred) {
        fail(c, ERROR_PARAMETER);
    } else {
        begin_file(c, plain_file(c));
        espy_rom_write8(c, plain_file(c) + FILE_ENCRYPT, word(c, 4) != 0);
        erase(c);
    }
}

static void call_with_data(espy_rom_call *c, uint32_t to, uint32_t step)
{
    const uint32_t args[] = {file_get(c, plain_file(c), FILE_ADDR), data(c), word(c, 0)};
    espy_rom_guest(c, step, to, 3, args);
}

static void flash_data(espy_rom_call *c)
{
    uint32_t file = plain_file(c);
    if (packet_is_wrong(c, file) || word(c, 0) % 4 != 0) {
        fail(c, ERROR_FORMAT);
        return;
    }
    next_packet(c, file);
    if (checksum_is_wrong(c))
        fail(c, ERROR_CHECKSUM);
    else if (espy_rom_read8(c, file + FILE_ENCRYPT) == 0)
        call_with_data(c, FLASH_WRITE, WRITTEN);
    else if (((file_get(c, file, FILE_ADDR) | word(c, 0)) & 15) != 0)
        fail(c, ERROR_PARAMETER);
    else
        call_with_data(c, WRITE_ENCRYPTED, WRITTEN_ENCRYPTED);
}

static void flash_data_done(espy_rom_call *c)
{
    advance(c, plain_file(c));
    done(c);
}

static void flash_data_read_back(espy_rom_call *c)
{
    if (checksum_is_wrong(c))
        fail(c, ERROR_FLASH_WRITE);
    else
        flash_data_done(c);
}

static void lock(espy_rom_call *c)
{
    espy_rom_guest(c, LOCKED, SPI_LOCK, 0, NULL);
}

static void locked(espy_rom_call *c)
{
    if (espy_rom_read8(c, packet(c) + 8) == 0) {
        set(c, ERROR, 0);
        set(c, REBOOT, 1);
    }
    done(c);
}

/* It leaves the loader even where it fails. */
static void flash_end(espy_rom_call *c)
{
    uint32_t file = plain_file(c);
    file_set(c, file, FILE_RUN, RUN);
    espy_rom_write32(c, espy_rom_arg(c, 2), 0);
    if (file_get(c, file, FILE_NEXT) != file_get(c, file, FILE_PACKETS) ||
        file_get(c, file, FILE_SIZE) != file_get(c, file, FILE_DONE))
        fail(c, ERROR_RESULT);
    else
        lock(c);
}

/* ---- FLASH_DEFL_ ---- */

static void deflated_begin(espy_rom_call *c)
{
    if (begin_is_wrong(c, 20)) {
        fail(c, ERROR_FORMAT);
    } else if (word(c, 4) != 0) {
        fail(c, ERROR_PARAMETER);
    } else {
        begin_file(c, DEFLATED);
        espy_rom_write8(c, DEFLATED + FILE_ENCRYPT, 0);
        file_set(c, DEFLATED, FILE_INFLATER, 0);
        file_set(c, DEFLATED, FILE_OUT, DEFLATED + FILE_WINDOW);
        erase(c);
    }
}

static void write_window(espy_rom_call *c, uint32_t n, uint32_t step)
{
    const uint32_t args[] = {file_get(c, DEFLATED, FILE_ADDR), DEFLATED + FILE_WINDOW, n};
    espy_rom_guest(c, step, FLASH_WRITE, 3, args);
}

static bool is_last_packet(const espy_rom_call *c)
{
    return word(c, 1) + 1 == file_get(c, DEFLATED, FILE_PACKETS);
}

static void deflated_data_done(espy_rom_call *c)
{
    file_set(c, DEFLATED, FILE_DONE, file_get(c, DEFLATED, FILE_DONE) + word(c, 0));
    done(c);
}

static void all_inflated(espy_rom_call *c)
{
    uint32_t n = file_get(c, DEFLATED, FILE_OUT) - (DEFLATED + FILE_WINDOW);
    if (is_last_packet(c))
        write_window(c, (n + 3) & ~3u, LAST_WRITTEN);
    else
        deflated_data_done(c);
}

/* Inflates what is left of the packet, from AT on, into the window; writes that when it is
 * full.  Bytes behind the stream's end are never used up, and the mask ROM hangs. */
static void inflate_packet(espy_rom_call *c)
{
    uint32_t out = file_get(c, DEFLATED, FILE_OUT), end = DEFLATED + FILE_WINDOW + WINDOW_SIZE;
    espy_tinfl_call call = {
        .self = DEFLATED + FILE_INFLATER,
        .in = get(c, AT),
        .in_size = word(c, 0),
        .out_start = DEFLATED + FILE_WINDOW,
        .out = out,
        .out_size = end - out,
        .flags = ESPY_TINFL_PARSE_ZLIB_HEADER | (is_last_packet(c) ? 0 : ESPY_TINFL_HAS_MORE_INPUT),
    };
    espy_tinfl_status status = espy_rom_inflate(c, &call);
    if (status < 0) {
        fail(c, (uint32_t)(ERROR_READ_LENGTH - status));
        return;
    }
    set(c, AT, call.in + call.in_size);
    espy_rom_write32(c, packet(c) + 8, word(c, 0) - call.in_size);
    file_set(c, DEFLATED, FILE_OUT, out + call.out_size);
    if (out + call.out_size == end)
        write_window(c, WINDOW_SIZE, WINDOW_WRITTEN);
    else if (word(c, 0) != 0)
        espy_rom_wait(c, INFLATING, ESPY_TICKS_PER_US);
    else
        all_inflated(c);
}

static void deflated_data(espy_rom_call *c)
{
    if (packet_is_wrong(c, DEFLATED)) {
        fail(c, ERROR_FORMAT);
        return;
    }
    next_packet(c, DEFLATED);
    set(c, AT, data(c));
    if (checksum_is_wrong(c))
        fail(c, ERROR_CHECKSUM);
    else
        inflate_packet(c);
}

static void window_written(espy_rom_call *c)
{
    file_set(c, DEFLATED, FILE_ADDR, file_get(c, DEFLATED, FILE_ADDR) + WINDOW_SIZE);
    file_set(c, DEFLATED, FILE_OUT, DEFLATED + FILE_WINDOW);
    if (word(c, 0) != 0)
        inflate_packet(c);
    else
        all_inflated(c);
}

/* It never leaves the loader. */
static void deflated_end(espy_rom_call *c)
{
    file_set(c, DEFLATED, FILE_RUN, RUN);
    espy_rom_write32(c, espy_rom_arg(c, 2), 0);
    if (file_get(c, DEFLATED, FILE_NEXT) != file_get(c, DEFLATED, FILE_PACKETS))
        fail(c, ERROR_RESULT);
    else
        lock(c);
}

/* ---- the flash as such ---- */

static void set_params(espy_rom_call *c)
{
    if (length(c) != 24) {
        fail(c, ERROR_FORMAT);
        return;
    }
    const uint32_t args[] = {word(c, 0), word(c, 1), word(c, 2), word(c, 3), word(c, 4), word(c, 5)};
    espy_rom_guest(c, SET, CONFIG_PARAM, 6, args);
}

/* The bits of an address in page program, sector erase, block erase and read. */
static void set_addr_bits(espy_rom_call *c)
{
    static const uint8_t order[] = {2, 0, 1, 3};
    if (length(c) != 8) {
        fail(c, ERROR_FORMAT);
        return;
    }
    uint32_t functions = espy_rom_read32(c, LEGACY_FUNCTIONS);
    for (unsigned i = 0; i < 4; i++)
        espy_rom_write8(c, functions + i, espy_rom_read8(c, packet(c) + 8 + order[i]));
    done(c);
}

static void attach(espy_rom_call *c)
{
    const uint32_t args[] = {word(c, 0), word(c, 1) != 0};
    espy_rom_guest(c, ATTACHED, SPI_FLASH_ATTACH, 2, args);
}

static void read_slowly(espy_rom_call *c)
{
    const uint32_t args[] = {word(c, 0), sp(c) + REPLY_DATA, word(c, 1)};
    set(c, EXTRA, READ_MAX);
    if (word(c, 1) > READ_MAX)
        fail(c, ERROR_READ_LENGTH);
    else
        espy_rom_guest(c, READ_SLOWLY, FLASH_READ, 3, args);
}

static void read_done(espy_rom_call *c)
{
    if (espy_rom_result(c) != 0)
        fail(c, ERROR_FLASH_READ);
    else
        done_well(c);
}

/* ---- MD5 ---- */

static void hash(espy_rom_call *c)
{
    const uint32_t args[] = {sp(c) + MD5_CONTEXT};
    set(c, EXTRA, 32);
    if (length(c) > BLOCK_MAX + DATA_HEAD) {
        fail(c, ERROR_FORMAT);
        return;
    }
    set(c, AT, word(c, 0));
    set(c, MD5_SIZE, word(c, 1));
    espy_rom_guest(c, HASH_BEGUN, MD5_INIT, 1, args);
}

static uint32_t chunk(const espy_rom_call *c)
{
    uint32_t left = get(c, MD5_SIZE);
    return left < MD5_CHUNK ? left : MD5_CHUNK;
}

static void hash_next(espy_rom_call *c)
{
    const uint32_t read[] = {get(c, AT), sp(c) + MD5_BUFFER, (chunk(c) + 3) & ~3u};
    const uint32_t final[] = {sp(c) + MD5_BUFFER, sp(c) + MD5_CONTEXT};
    if (get(c, MD5_SIZE) != 0 && get(c, MD5_SIZE) <= INT32_MAX)
        espy_rom_guest(c, HASH_READ, FLASH_READ, 3, read);
    else
        espy_rom_guest(c, HASH_DONE, MD5_FINAL, 2, final);
}

static void hash_update(espy_rom_call *c)
{
    const uint32_t args[] = {sp(c) + MD5_CONTEXT, sp(c) + MD5_BUFFER, chunk(c)};
    if (espy_rom_result(c) != 0)
        fail(c, ERROR_FLASH_READ);
    else
        espy_rom_guest(c, HASH_UPDATED, MD5_UPDATE, 3, args);
}

static void hash_updated(espy_rom_call *c)
{
    set(c, AT, get(c, AT) + MD5_CHUNK);
    set(c, MD5_SIZE, get(c, MD5_SIZE) - chunk(c));
    hash_next(c);
}

static void hash_done(espy_rom_call *c)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        uint8_t byte = espy_rom_read8(c, sp(c) + MD5_BUFFER + i);
        espy_rom_write8(c, sp(c) + REPLY_DATA + 2 * i, (uint8_t)digits[byte >> 4]);
        espy_rom_write8(c, sp(c) + REPLY_DATA + 2 * i + 1, (uint8_t)digits[byte & 15]);
    }
    done_well(c);
}

/* ---- registers, fuses, the line ---- */

static void sync(espy_rom_call *c)
{
    set(c, REPLY_VALUE, word(c, 0));
    done_well(c);
}

/* The core itself reads and writes, since the address may be one that it must not. */
static void load(espy_rom_call *c, uint32_t addr, uint32_t step)
{
    espy_rom_guest(c, step, ESPY_ROM_LOAD, 1, &addr);
}

static void read_reg(espy_rom_call *c)
{
    load(c, word(c, 0), REG_READ);
}

static void reg_read(espy_rom_call *c)
{
    set(c, REPLY_VALUE, espy_rom_result(c));
    done_well(c);
}

/* Entries of WRITE_REG from AT on: address, value, mask, and a delay that comes first. */
static void write_next_reg(espy_rom_call *c)
{
    uint32_t i = get(c, AT);
    if (i == length(c) / 16)
        done_well(c);
    else if (word(c, 4 * i + 3) != 0)
        espy_rom_wait(c, DELAYED, word(c, 4 * i + 3) * ESPY_TICKS_PER_US);
    else
        load(c, word(c, 4 * i), REG_LOADED);
}

static void write_reg(espy_rom_call *c)
{
    set(c, AT, 0);
    write_next_reg(c);
}

static void delayed(espy_rom_call *c)
{
    load(c, word(c, 4 * get(c, AT)), REG_LOADED);
}

static void reg_loaded(espy_rom_call *c)
{
    uint32_t i = get(c, AT), value = word(c, 4 * i + 1), mask = word(c, 4 * i + 2);
    const uint32_t args[] = {word(c, 4 * i), (espy_rom_result(c) & ~mask) | (value & mask)};
    set(c, AT, i + 1);
    espy_rom_guest(c, REG_STORED, ESPY_ROM_STORE, 2, args);
}

static unsigned key_purpose(const espy_rom_call *c, unsigned block)
{
    enum { NONE = 12 };
    if (block > 9)
        return NONE;
    uint32_t purposes = espy_rom_read32(c, block < 6 ? EFUSE_REPEAT_DATA1 : EFUSE_REPEAT_DATA2);
    return purposes >> (block < 6 ? 24 + 4 * (block - 4) : 4 * (block - 6)) & 15;
}

/* Of three bits the odd counts mean yes. */
static bool odd(uint32_t bits)
{
    return ((bits ^ bits >> 1 ^ bits >> 2) & 1) != 0;
}

static uint32_t security_flags(const espy_rom_call *c)
{
    uint32_t data0 = espy_rom_read32(c, EFUSE_REPEAT_DATA0), data1 = espy_rom_read32(c, EFUSE_REPEAT_DATA1);
    uint32_t data2 = espy_rom_read32(c, EFUSE_REPEAT_DATA2), data3 = espy_rom_read32(c, EFUSE_REPEAT_DATA3);
    bool secure_download = (data3 & (ENABLE_SECURITY_DOWNLOAD | DIS_DOWNLOAD_MODE)) == ENABLE_SECURITY_DOWNLOAD;
    return (data2 >> 20 & 3)                 /* SECURE_BOOT_EN, SECURE_BOOT_AGGRESSIVE_REVOKE */
           | (uint32_t)secure_download << 2  /* ENABLE_SECURITY_DOWNLOAD */
           | (data1 >> 21 & 7) << 3          /* SECURE_BOOT_KEY_REVOKE0 to 2 */
           | (uint32_t)odd(data0 >> 16) << 6 /* SOFT_DIS_JTAG */
           | (data0 >> 19 & 1) << 7          /* DIS_PAD_JTAG */
           | (data0 >> 13 & 1) << 8          /* DIS_USB_OTG */
           | (data0 >> 11 & 1) << 9          /* DIS_DOWNLOAD_DCACHE */
           | (data0 >> 10 & 1) << 10;        /* DIS_DOWNLOAD_ICACHE */
}

enum { SECURITY_INFO_SIZE = 20 };

static void put_security_info(espy_rom_call *c, uint32_t to)
{
    enum { CHIP_ID = 9 };
    uint8_t info[SECURITY_INFO_SIZE] = {0};
    put_le32(info, security_flags(c));
    info[4] = espy_rom_read32(c, EFUSE_REPEAT_DATA1) >> 18 & 7; /* SPI_BOOT_CRYPT_CNT */
    for (unsigned block = 4; block <= 10; block++)
        info[1 + block] = (uint8_t)key_purpose(c, block);
    put_le32(info + 12, CHIP_ID);
    put_le32(info + 16, espy_rom_read32(c, ECO_VERSION));
    espy_rom_write(c, to, info, sizeof info);
}

static void security_info(espy_rom_call *c)
{
    put_security_info(c, sp(c) + REPLY_DATA);
    set(c, EXTRA, SECURITY_INFO_SIZE);
    done(c);
}

void espy_rom_get_security_info_proc(espy_rom_call *c)
{
    put_security_info(c, espy_rom_arg(c, 2));
    espy_rom_return(c, 0);
}

/* With a second word the first is a divider, in sixteenths, and no rate. */
static void change_baud_rate(espy_rom_call *c)
{
    uint32_t rate = word(c, 0);
    bool divider = espy_rom_read8(c, packet(c) + 12) != 0;
    if (!divider && rate == 0) {
        espy_rom_divide_by_zero(c);
        return;
    }
    set(c, BAUD, divider ? rate : 16u * XTAL_HZ / rate);
    done_well(c);
}

/* ---- the commands ---- */

typedef struct command {
    void (*obey)(espy_rom_call *);
    bool secure; /* also where the fuses allow flashing alone */
} command;

static const command commands[] = {
    [0x02] = {flash_begin, true},
    [0x03] = {flash_data, true},
    [0x04] = {flash_end, true},
    [0x05] = {mem_begin, false},
    [0x06] = {mem_end, false},
    [0x07] = {mem_data, false},
    [0x08] = {sync, true},
    [0x09] = {write_reg, false},
    [0x0a] = {read_reg, false},
    [0x0b] = {set_params, true},
    [0x0d] = {attach, true},
    [0x0e] = {read_slowly, false},
    [0x0f] = {change_baud_rate, true},
    [0x10] = {deflated_begin, false},
    [0x11] = {deflated_data, false},
    [0x12] = {deflated_end, false},
    [0x13] = {hash, false},
    [0x14] = {security_info, true},
    [0x15] = {set_addr_bits, true},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void obey(espy_rom_call *c, bool secure)
{
    uint8_t to_host = espy_rom_read8(c, packet(c)), op = espy_rom_read8(c, packet(c) + 1);
    const command *known = to_host == 0 && op < COMMANDS ? &commands[op] : NULL;
    set(c, EXTRA, 0);
    if (known == NULL || known->obey == NULL || (secure && !known->secure)) {
        fail(c, ERROR_FORMAT);
        return;
    }
    espy_rom_write8(c, sp(c) + REPLY_OP, op);
    known->obey(c);
}

/* ---- from packet to packet ---- */

static void reset(espy_rom_call *c)
{
    espy_rom_guest(c, RESETTING, SOFTWARE_RESET, 0, NULL);
}

/* The fuses may have been changed meanwhile, or a fault may have led here. */
static bool is_allowed(const espy_rom_call *c, bool secure)
{
    uint32_t fuses = espy_rom_read32(c, EFUSE_REPEAT_DATA3);
    return (fuses & DIS_DOWNLOAD_MODE) == 0 && (secure || (fuses & ENABLE_SECURITY_DOWNLOAD) == 0);
}

static void listen(espy_rom_call *c, bool secure)
{
    const uint32_t args[] = {packet(c), espy_rom_arg(c, 1) & 0xffff, 0};
    if (is_allowed(c, secure))
        espy_rom_guest(c, OBEY, RECV_PACKET, 3, args);
    else
        reset(c);
}

/* Before its first BEGIN a file is what the stack has left, and no DATA and no END fits it. */
static void start(espy_rom_call *c)
{
    static const uint8_t head[REPLY_END - REPLY] = {1, 0, 4};
    const uint32_t args[] = {ESPY_DOWNLOAD_ISR};
    espy_rom_write(c, sp(c) + REPLY, head, sizeof head);
    for (unsigned at = BAUD; at < LOCALS_END; at += 4)
        set(c, at, 0);
    for (unsigned at = 0; at < FILE_OUT; at += 4)
        file_set(c, plain_file(c), at, at == FILE_RUN || at == FILE_ENCRYPT ? 0 : at);
    espy_rom_guest(c, LISTEN, ISR_UNMASK, 1, args);
}

static void send_end(espy_rom_call *c, uint32_t step)
{
    const uint32_t args[] = {ESPY_SLIP_END};
    espy_rom_guest(c, step, UART_TX_ONE_CHAR2, 1, args);
}

static void wait_idle(espy_rom_call *c)
{
    const uint32_t args[] = {espy_rom_download_port(c)};
    espy_rom_guest(c, LINE_IDLE, UART_TX_WAIT_IDLE, 1, args);
}

static void set_divider(espy_rom_call *c)
{
    const uint32_t args[] = {espy_rom_download_port(c), get(c, BAUD)};
    set(c, BAUD, 0);
    espy_rom_guest(c, DIVIDER_SET, UART_DIV_MODIFY, 2, args);
}

static void leave_or_listen(espy_rom_call *c, bool secure)
{
    const uint32_t args[] = {ESPY_DOWNLOAD_ISR};
    if (file_get(c, plain_file(c), FILE_RUN) == RUN)
        espy_rom_guest(c, MASKED, ISR_MASK, 1, args);
    else
        listen(c, secure);
}

/* Before the line changes its rate or goes down, two ENDs. */
static void replied(espy_rom_call *c, bool secure)
{
    set(c, LEFT, get(c, LEFT) - 1);
    if (get(c, LEFT) != 0)
        send_reply(c);
    else if (get(c, REBOOT) != 0 || get(c, BAUD) != 0)
        send_end(c, FIRST_END_SENT);
    else
        leave_or_listen(c, secure);
}

static void line_idle(espy_rom_call *c)
{
    if (get(c, REBOOT) != 0 || get(c, BAUD) == 0)
        reset(c);
    else
        set_divider(c);
}

static void masked(espy_rom_call *c, bool secure)
{
    if (secure)
        wait_idle(c);
    else
        espy_rom_return(c, 0);
}

static void run(espy_rom_call *c, bool secure)
{
    switch (c->step) {
    case START: start(c); break;
    case LISTEN: listen(c, secure); break;
    case OBEY: obey(c, secure); break;
    case ERASED: erased(c); break;
    case WRITTEN: call_with_data(c, FLASH_READ, READ_BACK); break;
    case READ_BACK: flash_data_read_back(c); break;
    case WRITTEN_ENCRYPTED: flash_data_done(c); break;
    case LOCKED: locked(c); break;
    case SET: done(c); break;
    case REG_READ: reg_read(c); break;
    case DELAYED: delayed(c); break;
    case REG_LOADED: reg_loaded(c); break;
    case REG_STORED: write_next_reg(c); break;
    case ATTACHED: done_well(c); break;
    case READ_SLOWLY: read_done(c); break;
    case HASH_BEGUN: hash_next(c); break;
    case HASH_READ: hash_update(c); break;
    case HASH_UPDATED: hash_updated(c); break;
    case HASH_DONE: hash_done(c); break;
    case INFLATING: inflate_packet(c); break;
    case WINDOW_WRITTEN: window_written(c); break;
    case LAST_WRITTEN: deflated_data_done(c); break;
    case REPLIED: replied(c, secure); break;
    case FIRST_END_SENT: send_end(c, SECOND_END_SENT); break;
    case SECOND_END_SENT: wait_idle(c); break;
    case LINE_IDLE: line_idle(c); break;
    case DIVIDER_SET: leave_or_listen(c, secure); break;
    case MASKED: masked(c, secure); break;
    default: espy_rom_wait(c, RESETTING, ESPY_TICKS_PER_SECOND); break;
    }
}

void espy_rom_uart_dwn_ld_proc(espy_rom_call *c)
{
    run(c, false);
}

void espy_rom_uart_secure_dwn_ld_proc(espy_rom_call *c)
{
    run(c, true);
}
