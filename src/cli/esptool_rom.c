/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the commands that work through the ROM alone, without the stub.
 */
#include "esptool_board.h"
#include "security_names.h"

#include "../base/bytes.h"
#include "../image/ihex.h"
#include "../image/layout.h"

#include <stdio.h>
#include <string.h>

/* ---- security ------------------------------------------------------------------------------ */

enum {
    SECURE_BOOT_EN = 1 << 0,
    SECURE_BOOT_AGGRESSIVE_REVOKE = 1 << 1,
    SECURE_BOOT_KEY_REVOKE0 = 1 << 3,
    SOFT_DIS_JTAG = 1 << 6,
    HARD_DIS_JTAG = 1 << 7,
    DIS_USB = 1 << 8,
    DIS_DOWNLOAD_DCACHE = 1 << 9,
    DIS_DOWNLOAD_ICACHE = 1 << 10,
    KEYS = 6
};

static void print_secure_boot(const espy_esptool *et, uint32_t flags)
{
    espy_esptool_print(et, "Secure Boot: %s", (flags & SECURE_BOOT_EN) != 0 ? "Enabled" : "Disabled");
    if ((flags & SECURE_BOOT_EN) == 0)
        return;
    if ((flags & SECURE_BOOT_AGGRESSIVE_REVOKE) != 0)
        espy_esptool_print(et, "Secure Boot Aggressive key revocation: Enabled");
    if ((flags & 7 * SECURE_BOOT_KEY_REVOKE0) != 0)
        espy_esptool_print(et, "Secure Boot Key Revocation Status:\n");
    for (unsigned i = 0; i < 3; i++)
        if ((flags & (uint32_t)SECURE_BOOT_KEY_REVOKE0 << i) != 0)
            espy_esptool_print(et, "\tSecure Boot Key%u is Revoked\n", i);
}

static void print_locks(const espy_esptool *et, uint32_t flags)
{
    if ((flags & DIS_DOWNLOAD_DCACHE) != 0)
        espy_esptool_print(et, "Dcache in UART download mode: Disabled");
    if ((flags & DIS_DOWNLOAD_ICACHE) != 0)
        espy_esptool_print(et, "Icache in UART download mode: Disabled");
    if ((flags & HARD_DIS_JTAG) != 0)
        espy_esptool_print(et, "JTAG: Permanently Disabled");
    else if ((flags & SOFT_DIS_JTAG) != 0)
        espy_esptool_print(et, "JTAG: Software Access Disabled");
    if ((flags & DIS_USB) != 0)
        espy_esptool_print(et, "USB Access: Disabled");
}

static void print_flags(const espy_esptool *et, uint32_t flags)
{
    char binary[33];
    size_t n = 0;
    for (int bit = 31; bit >= 0; bit--)
        if (n > 0 || bit == 0 || (flags >> bit & 1) != 0)
            binary[n++] = (flags >> bit & 1) != 0 ? '1' : '0';
    binary[n] = '\0';
    espy_esptool_print(et, "Flags: 0x%08x (0b%s)", (unsigned)flags, binary);
}

espy_status espy_esptool_security(espy_esptool *et, espy_esptool_board *board)
{
    espy_security s;
    espy_status st = espy_flasher_security(board->flasher, &s, &et->cli->err);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Security Information:\n=====================");
    print_flags(et, s.flags);
    espy_esptool_print(et, "Key Purposes: (%u, %u, %u, %u, %u, %u, %u)", s.key_purpose[0], s.key_purpose[1],
                       s.key_purpose[2], s.key_purpose[3], s.key_purpose[4], s.key_purpose[5], s.key_purpose[6]);
    for (unsigned i = 0; i < KEYS; i++)
        espy_esptool_print(et, "  BLOCK_KEY%u - %s", i, espy_key_purpose_name(s.key_purpose[i]));
    espy_esptool_print(et, "Chip ID: %u\nAPI Version: %u", (unsigned)s.chip_id, (unsigned)s.api_version);
    print_secure_boot(et, s.flags);
    bool odd = false;
    for (unsigned bit = 0; bit < 8; bit++)
        odd ^= (s.crypt_count >> bit & 1) != 0;
    espy_esptool_print(et, "Flash Encryption: %s", odd ? "Enabled" : "Disabled");
    espy_esptool_print(et, "SPI Boot Crypt Count (SPI_BOOT_CRYPT_CNT): 0x%x", s.crypt_count);
    print_locks(et, s.flags);
    return ESPY_OK;
}

/* ---- the flash chip's registers ---------------------------------------------------------------- */

enum { WRDI = 0x04, WREN = 0x06, WRITE_ENABLE_VOLATILE = 0x50, WRSR = 0x01, RDSFDP = 0x5A };

static espy_status spi(espy_esptool_board *board, espy_spi_command command, uint32_t *answer)
{
    return espy_flasher_spi(board->flasher, &command, answer, &board->et->cli->err);
}

/* Status registers 1 to 3 are read by commands of their own. */
static espy_status read_status(espy_esptool_board *board, unsigned bytes, uint32_t *status)
{
    static const uint8_t ops[] = {0x05, 0x35, 0x15};
    espy_status st = ESPY_OK;
    *status = 0;
    for (unsigned i = 0; i < bytes && st == ESPY_OK; i++) {
        uint32_t part;
        st = spi(board, (espy_spi_command){.op = ops[i], .read_bits = 8}, &part);
        *status |= st == ESPY_OK ? part << 8 * i : 0;
    }
    return st;
}

static espy_status write_enabled(espy_esptool_board *board, uint8_t op, unsigned bits, uint32_t data)
{
    uint8_t enable = board->et->non_volatile ? WREN : WRITE_ENABLE_VOLATILE;
    espy_status st = spi(board, (espy_spi_command){.op = enable}, NULL);
    if (st == ESPY_OK)
        st = spi(board, (espy_spi_command){.op = op, .write_bits = (uint8_t)bits, .data = data}, NULL);
    /* The chip takes no command while it writes. */
    uint32_t status = 1;
    for (unsigned i = 0; st == ESPY_OK && (status & 1) != 0 && i < 100; i++)
        st = read_status(board, 1, &status);
    return st;
}

/* Older chips take 16 bits at once, newer ones each register by itself: both are done. */
static espy_status write_status(espy_esptool_board *board, unsigned bytes, uint32_t value)
{
    static const uint8_t ops[] = {WRSR, 0x31, 0x11};
    espy_status st = bytes == 2 ? write_enabled(board, WRSR, 16, value) : ESPY_OK;
    for (unsigned i = 0; i < bytes && st == ESPY_OK; i++)
        st = write_enabled(board, ops[i], 8, value >> 8 * i & 0xFF);
    return st == ESPY_OK ? spi(board, (espy_spi_command){.op = WRDI}, NULL) : st;
}

espy_status espy_esptool_read_status(espy_esptool *et, espy_esptool_board *board)
{
    uint32_t status;
    espy_status st = read_status(board, (unsigned)(et->bytes[0] - '0'), &status);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Flash memory status: 0x%04x", (unsigned)status);
    return st;
}

espy_status espy_esptool_write_status(espy_esptool *et, espy_esptool_board *board)
{
    unsigned bytes = (unsigned)(et->bytes[0] - '0');
    int digits = 2 * (int)bytes;
    uint32_t value = et->value & ((UINT32_C(1) << 8 * bytes) - 1), status;
    espy_status st = read_status(board, bytes, &status);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Initial flash memory status: 0x%0*x", digits, (unsigned)status);
    espy_esptool_print(et, "Setting flash memory status: 0x%0*x", digits, (unsigned)value);
    st = write_status(board, bytes, value);
    if (st == ESPY_OK)
        st = read_status(board, bytes, &status);
    if (st == ESPY_OK)
        espy_esptool_print(et, "After flash memory status:   0x%0*x", digits, (unsigned)status);
    return st;
}

espy_status espy_esptool_read_sfdp(espy_esptool *et, espy_esptool_board *board)
{
    char text[32];
    uint32_t sfdp, n = et->size, id = board->info.flash.id, size = board->info.flash.size;
    if (n < 1 || n > 4)
        return espy_fail(&et->cli->err, ESPY_E_ARG, "Invalid number of bytes to read from SFDP (1-4)");
    espy_status st =
        spi(board,
            (espy_spi_command){
                .op = RDSFDP, .addr_bits = 24, .dummy_bits = 8, .read_bits = (uint8_t)(8 * n), .addr = et->address},
            &sfdp);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Manufacturer: %02x", (unsigned)id & 0xFF);
    espy_esptool_print(et, "Device: %02x%02x", (unsigned)id >> 8 & 0xFF, (unsigned)id >> 16 & 0xFF);
    espy_esptool_print(et, "Detected flash size: %s",
                       size > 0 ? espy_esptool_size_name(size, text, sizeof text) : "Unknown");
    text[0] = '\0';
    for (unsigned i = 0; i < n; i++)
        snprintf(text + 5 * i, sizeof text - 5 * i, "0x%02x ", (unsigned)(sfdp >> 8 * i) & 0xFF);
    espy_esptool_print(et, "Flash memory SFDP[%u..%u]: %s", (unsigned)et->address, (unsigned)(et->address + n - 1),
                       text);
    return ESPY_OK;
}

/* ---- programs in RAM ---------------------------------------------------------------------------- */

static espy_status run_image(espy_esptool_board *board, const espy_layout *layout)
{
    espy_esptool *et = board->et;
    espy_ram_part parts[ESPY_LAYOUT_SEGMENTS];
    uint32_t entry = get_le32(layout->header + 4);
    for (size_t i = 0; i < layout->segment_count; i++) {
        const espy_layout_segment *s = &layout->segment[i];
        parts[i] = (espy_ram_part){s->load_addr, s->size, s->data};
    }
    espy_esptool_print(et, "Loading '%s' to RAM...", et->input);
    espy_status st = espy_flasher_run_ram(board->flasher, parts, layout->segment_count, entry, &et->cli->err);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Loaded %zu segments from '%s' to RAM, executing at 0x%08x.", layout->segment_count,
                           et->input, (unsigned)entry);
    return st;
}

/* The image, also out of an Intel HEX file. */
static espy_status read_image(espy_esptool *et, espy_buf *file)
{
    espy_pieces pieces = {0};
    espy_err *err = &et->cli->err;
    espy_status st = espy_buf_read_file(file, et->input, err);
    if (st != ESPY_OK || !espy_ihex_is(file->bytes, file->size))
        return st;
    st = espy_ihex_read(&pieces, file->bytes, file->size, err);
    if (st == ESPY_OK && pieces.count != 1)
        st = espy_fail(err, ESPY_E_ARG,
                       "Merged binary image detected. Only one file can be specified for the load-ram "
                       "command");
    if (st == ESPY_OK) {
        espy_buf_free(file);
        *file = pieces.piece[0].data;
        pieces.piece[0].data = (espy_buf){0};
    }
    espy_pieces_free(&pieces);
    return st;
}

espy_status espy_esptool_load_ram(espy_esptool *et, espy_esptool_board *board)
{
    espy_layout layout;
    espy_buf file = {0};
    espy_status st = read_image(et, &file);
    if (st == ESPY_OK)
        st = espy_layout_read(&layout, file.bytes, file.size, &et->cli->err);
    if (st == ESPY_OK)
        st = run_image(board, &layout);
    et->stay = st == ESPY_OK;
    espy_buf_free(&file);
    return st;
}
