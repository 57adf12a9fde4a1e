/* SPDX-License-Identifier: MIT
 *
 * The registers of SPI0 and SPI1 that mean something to the model, and their bits,
 * by Espressif's names without their prefix; private to mspi*.c.
 *
 * Source: ESP-IDF v5.0.4, components/soc/esp32s3/include/soc/spi_mem_reg.h.
 */
#ifndef ESPY_EMU_SOC_MSPI_REG_H
#define ESPY_EMU_SOC_MSPI_REG_H

#include "mspi.h"

enum {
    CMD = 0x00,
    ADDR = 0x04,
    CTRL = 0x08,
    CTRL2 = 0x10,
    CLOCK = 0x14,
    USER = 0x18,
    USER1 = 0x1c,
    USER2 = 0x20,
    MOSI_DLEN = 0x24,
    MISO_DLEN = 0x28,
    RD_STATUS = 0x2c,
    MISC = 0x34,
    TX_CRC = 0x38,
    CACHE_FCTRL = 0x3c,
    CACHE_SCTRL = 0x40,
    SRAM_CMD = 0x44,
    SRAM_DRD_CMD = 0x48,
    SRAM_DWR_CMD = 0x4c,
    SRAM_CLK = 0x50,
    FSM = 0x54,
    W0 = 0x58,
    FLASH_WAITI_CTRL = 0x98,
    FLASH_SUS_CMD = 0x9c,
    FLASH_SUS_CTRL = 0xa0,
    SUS_STATUS = 0xa4,
    TIMING_CALI = 0xa8,
    DIN_MODE = 0xac,
    DIN_NUM = 0xb0,
    SMEM_TIMING_CALI = 0xbc,
    SMEM_DIN_MODE = 0xc0,
    SMEM_DIN_NUM = 0xc4,
    ECC_CTRL = 0xcc,
    SMEM_AC = 0xdc,
    DDR = 0xe0,
    SMEM_DDR = 0xe4,
    CLOCK_GATE = 0xe8,
    CORE_CLK_SEL = 0xec,
    INT_ENA = 0xf0,
    INT_CLR = 0xf4,
    INT_RAW = 0xf8,
    INT_ST = 0xfc,
    DATE = 0x3fc,
    SPACE = 0x400
};

#define BIT(n) (UINT32_C(1) << (n))

/* CMD: one bit starts each operation. */
#define FLASH_READ BIT(31)
#define FLASH_WREN BIT(30)
#define FLASH_WRDI BIT(29)
#define FLASH_RDID BIT(28)
#define FLASH_RDSR BIT(27)
#define FLASH_WRSR BIT(26)
#define FLASH_PP BIT(25)
#define FLASH_SE BIT(24)
#define FLASH_BE BIT(23)
#define FLASH_CE BIT(22)
#define FLASH_DP BIT(21)
#define FLASH_RES BIT(20)
#define FLASH_HPM BIT(19)
#define USR BIT(18)
#define FLASH_PE BIT(17) /* says of USR that it programs or erases */

#define FREAD_QIO BIT(24)
#define FREAD_DIO BIT(23)
#define WRSR_2B BIT(22)
#define FREAD_QUAD BIT(20)
#define RESANDRES BIT(15)
#define FREAD_DUAL BIT(14)
#define FASTRD_MODE BIT(13)
#define FCMD_OCT BIT(9)
#define FCMD_QUAD BIT(8)
#define FCMD_DUAL BIT(7)
#define FADDR_OCT BIT(6)
#define FDIN_OCT BIT(5)
#define FDOUT_OCT BIT(4)

#define USR_COMMAND BIT(31)
#define USR_ADDR BIT(30)
#define USR_DUMMY BIT(29)
#define USR_MISO BIT(28)
#define USR_MOSI BIT(27)
#define USR_MOSI_HIGHPART BIT(25)
#define USR_MISO_HIGHPART BIT(24)
#define FWRITE_QIO BIT(15)
#define FWRITE_DIO BIT(14)
#define FWRITE_QUAD BIT(13)
#define FWRITE_DUAL BIT(12)

/* CACHE_FCTRL */
#define FADDR_QUAD BIT(8)
#define FDOUT_QUAD BIT(7)
#define FDIN_QUAD BIT(6)
#define FADDR_DUAL BIT(5)
#define FDOUT_DUAL BIT(4)
#define FDIN_DUAL BIT(3)
#define CACHE_FLASH_USR_CMD BIT(2)

/* CACHE_SCTRL */
#define SRAM_OCT BIT(21)
#define CACHE_SRAM_USR_WCMD BIT(20)
#define CACHE_SRAM_USR_RCMD BIT(5)
#define USR_RD_SRAM_DUMMY BIT(4)
#define USR_WR_SRAM_DUMMY BIT(3)
#define USR_SRAM_QIO BIT(2)
#define USR_SRAM_DIO BIT(1)

/* SRAM_CMD */
#define SCMD_OCT BIT(21)
#define SADDR_OCT BIT(20)
#define SDOUT_OCT BIT(19)
#define SDIN_OCT BIT(18)
#define SCMD_QUAD BIT(17)
#define SADDR_QUAD BIT(16)
#define SDOUT_QUAD BIT(15)
#define SDIN_QUAD BIT(14)
#define SCMD_DUAL BIT(13)
#define SADDR_DUAL BIT(12)
#define SDOUT_DUAL BIT(11)
#define SDIN_DUAL BIT(10)

/* DDR and SPI_SMEM_DDR */
#define DDR_DQS_LOOP BIT(21)
#define DDR_CMD_DIS BIT(4)
#define DDR_WDAT_SWP BIT(3)
#define DDR_RDAT_SWP BIT(2)
#define VAR_DUMMY BIT(1)
#define DDR_EN BIT(0)

#define CALI_ENABLE BIT(1)
#define CALI_HCLK BIT(0)
#define CLK_EQU_SYSCLK BIT(31)
#define SYNC_RESET BIT(31)
#define WAITI_EN BIT(0)
#define WAITI_DUMMY BIT(1)
#define FLASH_PES BIT(1)
#define FLASH_PER BIT(0)
#define FLASH_SUS BIT(0)
#define PER_END_INT BIT(0)
#define PES_END_INT BIT(1)
#define TOTAL_TRANS_END_INT BIT(2)
#define INT_ALL 0x1fu

/* A register of SPI0 (n == 0) or SPI1. */
static inline uint32_t espy_mspi_get(const espy_mspi *mspi, unsigned n, uint32_t offset)
{
    return mspi->port[n].reg[offset / 4];
}

#endif
