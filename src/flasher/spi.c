/* SPDX-License-Identifier: MIT
 *
 * Commands to the flash chip by hand, through the SPI1 controller's registers (ESP32-S3
 * Technical Reference Manual, "SPI Controller"; spi_mem_reg.h of ESP-IDF for the offsets).
 */
#include "flasher.h"

#define SPI1 0x60002000u
#define SPI_MEM_CMD_REG (SPI1 + 0x00)
#define SPI_MEM_ADDR_REG (SPI1 + 0x04)
#define SPI_MEM_USER_REG (SPI1 + 0x18)
#define SPI_MEM_USER1_REG (SPI1 + 0x1C)
#define SPI_MEM_USER2_REG (SPI1 + 0x20)
#define SPI_MEM_MOSI_DLEN_REG (SPI1 + 0x24)
#define SPI_MEM_MISO_DLEN_REG (SPI1 + 0x28)
#define SPI_MEM_W0_REG (SPI1 + 0x58)
#define SPI_MEM_USR (1u << 18)
#define SPI_MEM_USR_COMMAND (1u << 31)
#define SPI_MEM_USR_ADDR (1u << 30)
#define SPI_MEM_USR_DUMMY (1u << 29)
#define SPI_MEM_USR_MISO (1u << 28)
#define SPI_MEM_USR_MOSI (1u << 27)

enum { COMMAND_BITS = 8, POLLS = 10, ADDR_BITLEN_S = 26, COMMAND_BITLEN_S = 28 };

static espy_status wait_for_spi(espy_flasher *flasher, uint8_t op, espy_err *err)
{
    for (int i = 0; i < POLLS; i++) {
        uint32_t cmd;
        espy_status st = espy_flasher_read_reg(flasher, SPI_MEM_CMD_REG, &cmd, err);
        if (st != ESPY_OK || (cmd & SPI_MEM_USR) == 0)
            return st;
    }
    return espy_fail(err, ESPY_E_DEVICE, "the chip's flash controller has not finished command 0x%02x", op);
}

static uint32_t phases(const espy_spi_command *c)
{
    return SPI_MEM_USR_COMMAND | (c->addr_bits > 0 ? SPI_MEM_USR_ADDR : 0) |
           (c->dummy_bits > 0 ? SPI_MEM_USR_DUMMY : 0) | (c->read_bits > 0 ? SPI_MEM_USR_MISO : 0) |
           (c->write_bits > 0 ? SPI_MEM_USR_MOSI : 0);
}

/* Only the lengths that count are set, since 0 bits cannot be said. */
static size_t prepare(const espy_spi_command *c, espy_loader_reg *regs)
{
    size_t n = 0;
    uint32_t addr_len = c->addr_bits > 0 ? (uint32_t)(c->addr_bits - 1) << ADDR_BITLEN_S : 0;
    if (c->read_bits > 0)
        regs[n++] = (espy_loader_reg){SPI_MEM_MISO_DLEN_REG, c->read_bits - 1u, UINT32_MAX, 0};
    if (c->write_bits > 0)
        regs[n++] = (espy_loader_reg){SPI_MEM_MOSI_DLEN_REG, c->write_bits - 1u, UINT32_MAX, 0};
    if (c->addr_bits > 0 || c->dummy_bits > 0)
        regs[n++] = (espy_loader_reg){SPI_MEM_USER1_REG, addr_len | (c->dummy_bits > 0 ? c->dummy_bits - 1u : 0),
                                      UINT32_MAX, 0};
    if (c->addr_bits > 0)
        regs[n++] = (espy_loader_reg){SPI_MEM_ADDR_REG, c->addr, UINT32_MAX, 0};
    regs[n++] = (espy_loader_reg){SPI_MEM_USER_REG, phases(c), UINT32_MAX, 0};
    regs[n++] = (espy_loader_reg){SPI_MEM_USER2_REG, (COMMAND_BITS - 1u) << COMMAND_BITLEN_S | c->op, UINT32_MAX, 0};
    regs[n++] = (espy_loader_reg){SPI_MEM_W0_REG, c->data, UINT32_MAX, 0};
    regs[n++] = (espy_loader_reg){SPI_MEM_CMD_REG, SPI_MEM_USR, UINT32_MAX, 0};
    return n;
}

/* The ROM's own settings are put back, since its reads go on using them. */
espy_status espy_flasher_spi(espy_flasher *flasher, const espy_spi_command *command, uint32_t *answer, espy_err *err)
{
    static const uint32_t kept[] = {SPI_MEM_USER_REG, SPI_MEM_USER2_REG, SPI_MEM_USER1_REG};
    espy_loader_reg regs[8], restore[3];
    espy_status st = ESPY_OK;
    size_t n = command->addr_bits > 0 || command->dummy_bits > 0 ? 3 : 2; /* USER1 is not touched otherwise */
    for (size_t i = 0; i < n && st == ESPY_OK; i++) {
        restore[i] = (espy_loader_reg){kept[i], 0, UINT32_MAX, 0};
        st = espy_flasher_read_reg(flasher, kept[i], &restore[i].value, err);
    }
    if (st == ESPY_OK)
        st = espy_flasher_write_regs(flasher, regs, prepare(command, regs), err);
    if (st == ESPY_OK)
        st = wait_for_spi(flasher, command->op, err);
    if (st == ESPY_OK && answer != NULL)
        st = espy_flasher_read_reg(flasher, SPI_MEM_W0_REG, answer, err);
    if (st == ESPY_OK)
        st = espy_flasher_write_regs(flasher, restore, n, err);
    if (st == ESPY_OK && answer != NULL && command->read_bits < 32)
        *answer &= (UINT32_C(1) << command->read_bits) - 1;
    return st;
}
