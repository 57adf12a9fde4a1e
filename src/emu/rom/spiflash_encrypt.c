/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: writing to encrypted flash.  The ROM tells the XTS-AES block what is to
 * be written and where, waits for it, and lets SPI1 program what it made.  A block that
 * does not answer is given up after a while, with ESP_ROM_SPIFLASH_RESULT_TIMEOUT.
 *
 * Sources: ESP-IDF v5.0.4, rom/spi_flash.h; TRM, "External Memory Encryption and
 * Decryption"; the real ROM.
 */
#include "bits.h"
#include "flash.h"

enum {
    EXTERNAL_DEVICE_CRYPT = 0x600c004c, /* SYSTEM_EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL */
    MANUAL_ENCRYPT = 1,
    DOWNLOAD_ENCRYPT = 8,
    PERIP_CLK_EN1 = 0x600c001c,
    PERIP_RST_EN1 = 0x600c0024,
    CRYPTO_AES = 1 << 1,
    CRYPTO_DS = 1 << 4,
    XTS = 0x600cc000,
    XTS_LINESIZE = XTS + 0x40,
    XTS_DESTINATION = XTS + 0x44,
    XTS_PHYSICAL_ADDRESS = XTS + 0x48,
    XTS_TRIGGER = XTS + 0x4c,
    XTS_RELEASE = XTS + 0x50,
    XTS_DESTROY = XTS + 0x54,
    XTS_STATE = XTS + 0x58,
    XTS_ENCRYPTED = 2,
    XTS_RELEASED = 3,
    RESULT_ERROR = 1,
    RESULT_TIMEOUT = 2,
    TRIES = 1000,

    /* Functions of the ROM */
    WAIT_IDLE = 0x40000960,
    WRITE_ENCRYPTED_DEST = 0x40000978,
    UNLOCK = 0x40000a2c,
    WRITE_ENABLE = 0x40000a44
};

#define SPI_CMD_PP 0x02000000u

static void enable(const espy_rom_call *c)
{
    espy_rom_set_bits(c, EXTERNAL_DEVICE_CRYPT, MANUAL_ENCRYPT | DOWNLOAD_ENCRYPT);
    espy_rom_set_bits(c, PERIP_CLK_EN1, CRYPTO_AES);
    espy_rom_clear_bits(c, PERIP_RST_EN1, CRYPTO_AES | CRYPTO_DS);
}

static void disable(const espy_rom_call *c)
{
    espy_rom_clear_bits(c, EXTERNAL_DEVICE_CRYPT, MANUAL_ENCRYPT);
}

static void esp_rom_spiflash_write_encrypted_enable(espy_rom_call *c)
{
    enable(c);
}

static void esp_rom_spiflash_write_encrypted_disable(espy_rom_call *c)
{
    disable(c);
}

static void finish(espy_rom_call *c, uint32_t result)
{
    disable(c);
    espy_rom_return(c, result);
}

/* The steps of a write, and a local. */
enum { BEGIN, UNLOCKED, ENABLED, ENCRYPTING, ENCRYPTED, RELEASING, RELEASED, SENT, LAST };
enum { TRIED = 4 };

/* A piece is 64, 32 or 16 bytes long, and aligned to that. */
static uint32_t piece_size(const espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 1), left = espy_rom_arg(c, 3);
    uint32_t page = espy_rom_read32(c, espy_rom_chip(c) + CHIP_PAGE), room = page == 0 ? 0 : page - addr % page;
    for (uint32_t size = 64; size > 16; size /= 2)
        if (addr % size == 0 && left >= size && room >= size)
            return size;
    return 16;
}

/* Arguments: destination, address, source, length, whether to use a user command. */
static void next_piece(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 1), from = espy_rom_arg(c, 2), size = piece_size(c), chip = espy_rom_chip(c);
    if (espy_rom_arg(c, 3) == 0) {
        espy_rom_guest(c, LAST, WAIT_IDLE, 0, NULL);
        return;
    }
    espy_rom_write32(c, XTS_LINESIZE, size / 32);
    for (uint32_t i = 0; i < size; i += 4)
        espy_rom_write32(c, XTS + addr % 64 + i, espy_rom_read32(c, from + i));
    espy_rom_write32(c, XTS_PHYSICAL_ADDRESS, addr);
    espy_rom_write32(c, XTS_TRIGGER, 1);
    espy_rom_set_local(c, TRIED, 0);
    espy_rom_guest(c, ENABLED, WRITE_ENABLE, 1, &chip);
}

static void piece_is_written(espy_rom_call *c)
{
    uint32_t size = piece_size(c);
    espy_rom_write32(c, XTS_DESTROY, 1);
    espy_rom_set_arg(c, 1, espy_rom_arg(c, 1) + size);
    espy_rom_set_arg(c, 2, espy_rom_arg(c, 2) + size);
    espy_rom_set_arg(c, 3, espy_rom_arg(c, 3) - size);
    next_piece(c);
}

/* Waits for the block to be in a state, then for the chip to be idle, and goes on at `next`. */
static void await(espy_rom_call *c, uint32_t state, uint32_t step, uint32_t next)
{
    uint32_t tried = espy_rom_local(c, TRIED);
    if (espy_rom_read32(c, XTS_STATE) == state) {
        espy_rom_guest(c, next, WAIT_IDLE, 0, NULL);
    } else if (tried == TRIES) {
        finish(c, RESULT_TIMEOUT);
    } else {
        espy_rom_set_local(c, TRIED, tried + 1);
        espy_rom_wait(c, step, ESPY_ROM_FLASH_LOOK);
    }
}

static void begin(espy_rom_call *c)
{
    if ((espy_rom_arg(c, 1) | espy_rom_arg(c, 3)) % 16 != 0) {
        espy_rom_return(c, RESULT_ERROR);
        return;
    }
    enable(c);
    if (espy_rom_arg(c, 0) > 1) {
        finish(c, RESULT_ERROR);
        return;
    }
    espy_rom_write32(c, XTS_DESTINATION, espy_rom_arg(c, 0));
    espy_rom_guest(c, UNLOCKED, UNLOCK, 0, NULL);
}

static void esp_rom_spiflash_write_encrypted_dest(espy_rom_call *c)
{
    bool failed = (c->step == UNLOCKED || c->step == ENABLED || c->step == RELEASED) && espy_rom_result(c) != 0;
    if (failed) {
        finish(c, espy_rom_result(c));
        return;
    }
    switch (c->step) {
    case BEGIN: begin(c); break;
    case UNLOCKED: next_piece(c); break;
    case ENABLED:
    case ENCRYPTING: await(c, XTS_ENCRYPTED, ENCRYPTING, ENCRYPTED); break;
    case ENCRYPTED: espy_rom_write32(c, XTS_RELEASE, 1); /* fall through */
    case RELEASING: await(c, XTS_RELEASED, RELEASING, RELEASED); break;
    case RELEASED:
        espy_rom_write32(c, espy_rom_spi(1) + SPI_CMD,
                         espy_rom_arg(c, 4) & 0xff ? SPI_CMD_USR | SPI_CMD_PE : SPI_CMD_PP);
        /* fall through */
    case SENT:
        if (espy_rom_spi_done(c, 1, SENT))
            piece_is_written(c);
        break;
    default: finish(c, espy_rom_result(c));
    }
}

/* Arguments: address, source, length. */
static void esp_rom_spiflash_write_encrypted(espy_rom_call *c)
{
    uint32_t addr = espy_rom_arg(c, 0), from = espy_rom_arg(c, 1), length = espy_rom_arg(c, 2);
    uint32_t own = espy_rom_read32(c, espy_rom_flash_funcs(c) + FUNCS_ENCRYPT_WRITE);
    if (c->step != 0)
        espy_rom_return(c, espy_rom_result(c));
    else if (own != 0)
        espy_rom_guest(c, 1, own, 3, (const uint32_t[]){addr, from, length});
    else
        espy_rom_guest(c, 1, WRITE_ENCRYPTED_DEST, 5, (const uint32_t[]){0, addr, from, length, 0});
}

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, .run = name                                                                                             \
    }
#define STEPS(name)                                                                                                    \
    {                                                                                                                  \
#name, .run = name, .kind = ESPY_ROM_STEPS                                                                     \
    }

const espy_rom_function espy_rom_encrypt_functions[] = {
    ROW(esp_rom_spiflash_write_encrypted_enable),
    ROW(esp_rom_spiflash_write_encrypted_disable),
    STEPS(esp_rom_spiflash_write_encrypted_dest),
    STEPS(esp_rom_spiflash_write_encrypted),
    {0},
};
