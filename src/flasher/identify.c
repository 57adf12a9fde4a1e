/* SPDX-License-Identifier: MIT
 *
 * Which chip answers and what is soldered around it: security information, eFuses, and
 * the flash's RDID.
 */
#include "flasher.h"

#include "efuse.h"
#include "flash_id.h"

#include "espy/image.h"

#include "../base/bytes.h"

#include <stddef.h>
#include <string.h>

/* ---- registers --------------------------------------------------------------------- */

espy_status espy_flasher_read_reg(espy_flasher *flasher, uint32_t addr, uint32_t *value, espy_err *err)
{
    if (flasher->stub.running)
        return espy_stub_read_regs(flasher, &addr, 1, value, err);
    espy_loader_request request = espy_loader_read_reg(addr);
    espy_loader_reply reply;
    espy_status st = espy_session_ask(&flasher->session, &request, ESPY_COMMAND_MS, &reply, err);
    if (st == ESPY_OK)
        *value = reply.value;
    return st;
}

espy_status espy_flasher_write_regs(espy_flasher *flasher, const espy_loader_reg *regs, size_t n, espy_err *err)
{
    if (flasher->stub.running)
        return espy_stub_write_regs(flasher, regs, n, err);
    espy_loader_request request = espy_loader_write_reg(regs, n);
    return espy_session_ask(&flasher->session, &request, ESPY_COMMAND_MS, NULL, err);
}

/* Replies carry no checksum, and what is read here decides what is written and where:
 * it is read until it reads twice the same, at most so many times. */
enum { READINGS = 4 };

/* ---- which chip --------------------------------------------------------------------- */

enum {
    CHIP_MAGIC_REG = 0x40001000, /* a word of ROM code that differs by chip, of those before the ESP32-C3 */
    SECURITY_INFO_SIZE = 20,     /* the ESP32-S2 has no chip id in it and sends 12 */
    SECURE_BOOT_EN = 1 << 0,
    SECURE_DOWNLOAD_ENABLE = 1 << 2,
    CRYPT_COUNT = 4 /* which byte: SPI_BOOT_CRYPT_CNT */
};

static espy_status unsupported(const char *name, uint32_t number, espy_err *err)
{
    if (name != NULL)
        espy_fail(err, ESPY_E_UNSUPPORTED, "the board has an %s, not an ESP32-S3", name);
    else
        espy_fail(err, ESPY_E_UNSUPPORTED, "the board has a chip that espy does not know (0x%x), not an ESP32-S3",
                  (unsigned)number);
    espy_advise(err, "espy flashes the ESP32-S3 alone; use esptool for other chips.");
    return ESPY_E_UNSUPPORTED;
}

static espy_status name_older_chip(espy_flasher *flasher, espy_err *err)
{
    static const struct {
        uint32_t magic;
        const char *name;
    } chips[] = {{0xFFF0C101, "ESP8266"}, {0x00F01D83, "ESP32"}, {0x000007C6, "ESP32-S2"}};
    uint32_t magic;
    espy_status st = espy_flasher_read_reg(flasher, CHIP_MAGIC_REG, &magic, err);
    if (st != ESPY_OK)
        return st;
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].magic == magic)
            return unsupported(chips[i].name, magic, err);
    return unsupported(NULL, magic, err);
}

/* *size == 0: the chip has no such command. */
static espy_status security_info(espy_flasher *flasher, uint8_t info[SECURITY_INFO_SIZE], size_t *size, espy_err *err)
{
    espy_loader_request request = espy_loader_security_info();
    espy_loader_reply reply;
    espy_err why = {0};
    espy_status st = espy_session_ask(&flasher->session, &request, ESPY_COMMAND_MS, &reply, &why);
    *size = 0;
    if (st == ESPY_E_DEVICE)
        return ESPY_OK;
    if (st != ESPY_OK)
        return espy_pass(err, st, &why);
    *size = reply.size < SECURITY_INFO_SIZE ? reply.size : SECURITY_INFO_SIZE;
    memcpy(info, reply.data, *size);
    return ESPY_OK;
}

static espy_status security_of_efuses(espy_flasher *flasher, espy_security *security, espy_err *err)
{
    uint32_t addr[ESPY_EFUSE_REPEAT_WORDS], data[ESPY_EFUSE_REPEAT_WORDS];
    for (uint32_t i = 0; i < ESPY_EFUSE_REPEAT_WORDS; i++)
        addr[i] = ESPY_EFUSE_REPEAT_DATA0 + 4 * i;
    espy_status st = espy_stub_read_regs(flasher, addr, ESPY_EFUSE_REPEAT_WORDS, data, err);
    if (st == ESPY_OK)
        espy_efuse_security(security, data);
    return st;
}

espy_status espy_flasher_security(espy_flasher *flasher, espy_security *security, espy_err *err)
{
    uint8_t info[SECURITY_INFO_SIZE] = {0};
    size_t size;
    if (flasher->stub.running)
        return security_of_efuses(flasher, security, err);
    espy_status st = security_info(flasher, info, &size, err);
    if (st == ESPY_OK && size < sizeof info)
        st = espy_fail(err, ESPY_E_PROTOCOL, "the board sent %zu bytes of security information, not %zu", size,
                       sizeof info);
    if (st != ESPY_OK)
        return st;
    security->flags = get_le32(info);
    security->crypt_count = info[CRYPT_COUNT];
    memcpy(security->key_purpose, info + 5, sizeof security->key_purpose);
    security->chip_id = get_le32(info + 12);
    security->api_version = get_le32(info + 16);
    return ESPY_OK;
}

static espy_status identify_chip(espy_flasher *flasher, espy_board *board, espy_err *err)
{
    uint8_t info[SECURITY_INFO_SIZE] = {0}, before[SECURITY_INFO_SIZE];
    if (flasher->stub.running) { /* which is the ESP32-S3's */
        board->chip_id = ESPY_CHIP_ESP32S3;
        board->chip = espy_image_chip_name(ESPY_CHIP_ESP32S3);
        return ESPY_OK;
    }
    for (unsigned i = 0; i < READINGS && (i < 2 || memcmp(info, before, sizeof info) != 0); i++) {
        size_t size;
        memcpy(before, info, sizeof before);
        espy_status st = security_info(flasher, info, &size, err);
        if (st == ESPY_OK && size < sizeof info)
            st = name_older_chip(flasher, err);
        if (st != ESPY_OK)
            return st;
    }
    board->chip_id = get_le32(info + 12);
    board->secure_download = (get_le32(info) & SECURE_DOWNLOAD_ENABLE) != 0;
    flasher->secure_download = board->secure_download;
    board->secure_boot = flasher->secure_boot = (get_le32(info) & SECURE_BOOT_EN) != 0;
    board->flash_encryption = ((info[CRYPT_COUNT] ^ info[CRYPT_COUNT] >> 1 ^ info[CRYPT_COUNT] >> 2) & 1) != 0;
    const char *name = board->chip_id <= UINT16_MAX ? espy_image_chip_name((uint16_t)board->chip_id) : NULL;
    if (board->chip_id != ESPY_CHIP_ESP32S3)
        return unsupported(name, board->chip_id, err);
    board->chip = name;
    return ESPY_OK;
}

/* ---- flash ------------------------------------------------------------------------- */

enum { RDID = 0x9F, RDID_BITS = 24 };

espy_status espy_flasher_rdid(espy_flasher *flasher, uint32_t *id, espy_err *err)
{
    const espy_spi_command rdid = {.op = RDID, .read_bits = RDID_BITS};
    return espy_flasher_spi(flasher, &rdid, id, err);
}

espy_status espy_flasher_attach(espy_flasher *flasher, espy_err *err)
{
    if (flasher->stub.running)
        return ESPY_OK;
    espy_loader_request request = espy_loader_spi_attach(flasher->config.spi_pins);
    espy_status st = espy_session_ask(&flasher->session, &request, ESPY_COMMAND_MS, NULL, err);
    if (st != ESPY_OK || flasher->flash_size == 0)
        return st;
    request = espy_loader_spi_set_params(flasher->flash_size);
    return espy_session_ask(&flasher->session, &request, ESPY_COMMAND_MS, NULL, err);
}

/* ---- all together -------------------------------------------------------------------- */

typedef struct reading {
    uint32_t efuses[ESPY_EFUSE_WORDS];
    uint32_t flash_id;
} reading;

static espy_status read_once(espy_flasher *flasher, reading *r, espy_err *err)
{
    espy_status st = espy_flasher_rdid(flasher, &r->flash_id, err);
    for (size_t i = 0; i < ESPY_EFUSE_WORDS && st == ESPY_OK; i++)
        st = espy_flasher_read_reg(flasher, espy_efuse_addr[i], &r->efuses[i], err);
    return st;
}

/* It counts once it has been read twice the same; the stub's answers carry a CRC. */
static espy_status read_surely(espy_flasher *flasher, reading *r, espy_err *err)
{
    reading before = {0};
    if (flasher->stub.running) {
        r->flash_id = flasher->stub.hello.flash_id;
        return espy_stub_read_regs(flasher, espy_efuse_addr, ESPY_EFUSE_WORDS, r->efuses, err);
    }
    for (unsigned i = 0; i < READINGS; i++) {
        espy_status st = read_once(flasher, r, err);
        if (st != ESPY_OK || (i > 0 && memcmp(r, &before, sizeof before) == 0))
            return st;
        before = *r;
    }
    espy_fail(err, ESPY_E_PROTOCOL, "the board's registers read differently each of %d times", READINGS);
    espy_advise(err, "Try a lower baud rate, another cable, or another USB port.");
    return ESPY_E_PROTOCOL;
}

static espy_status identify_parts(espy_flasher *flasher, espy_board *board, espy_err *err)
{
    reading r;
    espy_status st = read_surely(flasher, &r, err);
    if (st != ESPY_OK)
        return st;
    espy_efuse_decode(board, r.efuses);
    board->flash.id = r.flash_id;
    board->flash.size = espy_flash_size_of_id(r.flash_id);
    board->flash.vendor = espy_flash_vendor_of_id(r.flash_id);
    flasher->flash_size = board->flash.size;
    return espy_flasher_attach(flasher, err);
}

enum { IDENTIFY_TRIES = 3 };

static espy_status identify(espy_flasher *flasher, espy_board *board, espy_err *err)
{
    *board = (espy_board){.chip = "", .package = "unknown", .flash.vendor = "unknown", .psram.vendor = ""};
    flasher->flash_size = 0;
    espy_status st = identify_chip(flasher, board, err);
    if (st == ESPY_OK && board->secure_download)
        st = espy_flasher_to_top_baud(flasher, err);
    else if (st == ESPY_OK)
        st = espy_flasher_prepare(flasher, err);
    return st == ESPY_OK && !board->secure_download ? identify_parts(flasher, board, err) : st;
}

/* Once more at a lower rate, where the wire may be what went wrong; and once after a reset,
 * since a damaged request may leave a register of the chip as it must not be. */
static espy_status get_in_step(espy_flasher *flasher, bool reset, espy_err *err)
{
    return reset ? espy_flasher_again(flasher, err) : espy_flasher_recover(flasher, flasher->baud > ESPY_ROM_BAUD, err);
}

static espy_status identify_stubbornly(espy_flasher *flasher, espy_board *board, espy_err *err)
{
    espy_err why, then = {0};
    for (unsigned tries = 1;; tries++) {
        why = (espy_err){0};
        espy_status st = identify(flasher, board, &why);
        if (st == ESPY_OK)
            return st;
        espy_log(flasher->config.log, ESPY_LOG_CMD, "%s", why.text);
        if (st == ESPY_E_UNSUPPORTED && tries == 1) /* which noise can make of any chip */
            continue;
        if (tries == IDENTIFY_TRIES || !espy_session_transient(&why) ||
            get_in_step(flasher, tries > 1, &then) != ESPY_OK)
            break;
    }
    /* What was wrong at first says more than that the board has been silent since. */
    bool silent = then.status == ESPY_OK || then.status == ESPY_E_TIMEOUT || then.status == ESPY_E_DEVICE;
    return silent ? espy_pass(err, why.status, &why) : espy_pass(err, then.status, &then);
}

espy_status espy_flasher_identify(espy_flasher *flasher, espy_board *board, espy_err *err)
{
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_flasher_progress(flasher, ESPY_PHASE_IDENTIFY, 0, 0);
    espy_status st = identify_stubbornly(flasher, board, err);
    flasher->identified = st == ESPY_OK;
    flasher->flash_id = board->flash.id;
    espy_flasher_spent(flasher, &flasher->stats.identify_s, start);
    return st;
}
