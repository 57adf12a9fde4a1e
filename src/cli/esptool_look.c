/* SPDX-License-Identifier: MIT
 *
 * `espy esptool`: the commands that look at a board and do not touch its flash.
 */
#include "esptool_board.h"
#include "file_write.h"

#include "../base/buf.h"
#include "../base/bytes.h"

#include <string.h>

espy_status espy_esptool_read_mac(espy_esptool *et, espy_esptool_board *board)
{
    espy_esptool_print_mac(et, &board->info);
    return ESPY_OK;
}

espy_status espy_esptool_chip_id(espy_esptool *et, espy_esptool_board *board)
{
    espy_esptool_warn(et, "ESP32-S3 has no chip ID. Reading MAC address instead.");
    return espy_esptool_read_mac(et, board);
}

/* What VDD_SPI, the flash's supply, is made by: eFuse block 0, else GPIO45 at the reset. */
static void print_voltage(const espy_esptool *et, uint32_t efuse, uint32_t straps)
{
    enum { VDD_SPI_XPD = 1 << 4, VDD_SPI_TIEH = 1 << 5, VDD_SPI_FORCE = 1 << 6, STRAP_GPIO45 = 1 << 4 };
    bool forced = (efuse & VDD_SPI_FORCE) != 0, low = (straps & STRAP_GPIO45) != 0;
    const char *volts = low ? "1.8V" : "3.3V";
    if (forced)
        volts = (efuse & VDD_SPI_XPD) == 0 ? "OFF" : (efuse & VDD_SPI_TIEH) != 0 ? "3.3V" : "1.8V";
    espy_esptool_print(et, "Flash voltage set by %s: %s", forced ? "eFuse" : "a strapping pin", volts);
}

espy_status espy_esptool_flash_id(espy_esptool *et, espy_esptool_board *board)
{
    enum { RD_REPEAT_DATA1_REG = 0x60007034, GPIO_STRAP_REG = 0x60004038 };
    char name[16];
    uint32_t id = board->info.flash.id, size = board->info.flash.size, efuse, straps;
    espy_status st = espy_flasher_read_word(board->flasher, RD_REPEAT_DATA1_REG, &efuse, &et->cli->err);
    if (st == ESPY_OK)
        st = espy_flasher_read_word(board->flasher, GPIO_STRAP_REG, &straps, &et->cli->err);
    if (st != ESPY_OK)
        return st;
    espy_esptool_print(et, "Flash Memory Information:\n=========================");
    espy_esptool_print(et, "Manufacturer: %02x", (unsigned)id & 0xFF);
    espy_esptool_print(et, "Device: %02x%02x", (unsigned)id >> 8 & 0xFF, (unsigned)id >> 16 & 0xFF);
    espy_esptool_print(et, "Detected flash size: %s",
                       size > 0 ? espy_esptool_size_name(size, name, sizeof name) : "Unknown");
    espy_esptool_print(et, "Flash type set in eFuse: %s",
                       board->info.flash.width == ESPY_WIDTH_OCTAL ? "octal (8 data lines)" : "quad (4 data lines)");
    print_voltage(et, efuse, straps);
    return ESPY_OK;
}

espy_status espy_esptool_read_mem(espy_esptool *et, espy_esptool_board *board)
{
    uint32_t value;
    espy_status st = espy_flasher_read_word(board->flasher, et->address, &value, &et->cli->err);
    if (st == ESPY_OK)
        espy_esptool_print(et, "0x%08x = 0x%08x", (unsigned)et->address, (unsigned)value);
    return st;
}

espy_status espy_esptool_write_mem(espy_esptool *et, espy_esptool_board *board)
{
    espy_status st = espy_flasher_write_word(board->flasher, et->address, et->value, et->mask, &et->cli->err);
    if (st == ESPY_OK)
        espy_esptool_print(et, "Wrote 0x%08x with mask 0x%08x to 0x%08x.", (unsigned)et->value, (unsigned)et->mask,
                           (unsigned)et->address);
    return st;
}

espy_status espy_esptool_dump_mem(espy_esptool *et, espy_esptool_board *board)
{
    espy_err *err = &et->cli->err;
    espy_buf data = {0};
    espy_status st = ESPY_OK;
    if (et->size == ESPY_SIZE_ALL)
        return espy_fail(err, ESPY_E_ARG, "memory has no size that ALL could mean");
    double start = espy_esptool_now(board);
    for (uint32_t at = 0; st == ESPY_OK && at + 4 <= et->size; at += 4) {
        uint8_t word[4];
        uint32_t value = 0;
        st = espy_cli_cancelled(NULL) ? espy_fail(err, ESPY_E_CANCELLED, "stopped")
                                      : espy_flasher_read_word(board->flasher, et->address + at, &value, err);
        put_le32(word, value);
        if (st == ESPY_OK)
            st = espy_buf_append(&data, word, sizeof word, err);
    }
    if (st == ESPY_OK)
        st = espy_file_write(et->output, data.bytes, data.size, err);
    double seconds = espy_esptool_now(board) - start;
    if (st == ESPY_OK)
        espy_esptool_print(et, "Dumped %zu bytes from 0x%08x in %.1f seconds (%.1f kbit/s) to '%s'.", data.size,
                           (unsigned)et->address, seconds, espy_esptool_kbits((double)data.size, seconds), et->output);
    espy_buf_free(&data);
    return st;
}

/* What runs is the flash's program, and a reset is what starts it. */
espy_status espy_esptool_run(espy_esptool *et, espy_esptool_board *board)
{
    (void)board;
    et->after = "hard-reset";
    return ESPY_OK;
}
