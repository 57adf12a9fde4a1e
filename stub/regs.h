/* SPDX-License-Identifier: MIT
 *
 * The registers of the ESP32-S3 that the stub uses, by Espressif's names, for C and for
 * the assembler.  Source: ESP32-S3 Technical Reference Manual; soc/esp32s3/include/soc
 * of ESP-IDF v5.0.4 for the offsets.
 */
#ifndef STUB_REGS_H
#define STUB_REGS_H

#define RING_BITS 17 /* 128 KiB between the wire and the rest */
#define RING_SIZE (1 << RING_BITS)
#define TX_BITS 14 /* 16 KiB between the rest and the wire */
#define TX_SIZE (1 << TX_BITS)
#define FIFO_ROOM 126 /* bytes that the UART's FIFO is filled up to */

#define UART0 0x60000000
#define UART_FIFO 0x00
#define UART_INT_ENA 0x0c
#define UART_INT_CLR 0x10
#define UART_CLKDIV 0x14
#define UART_STATUS 0x1c
#define UART_CONF1 0x24
#define UART_FSM_STATUS 0x6c
#define UART_CLK_CONF 0x78
#define UART_ID 0x80
#define UART_TXFIFO_EMPTY_INT 0x2
#define UART_RX_INTS 0x101 /* RXFIFO_FULL, RXFIFO_TOUT */

#define USB 0x60038000
#define USB_EP1 0x00
#define USB_EP1_CONF 0x04
#define USB_INT_ENA 0x10
#define USB_INT_CLR 0x14
#define USB_OUT_AVAIL_BIT 2

#define RTC_CNTL 0x60008000
#define RTC_CNTL_OPTIONS0 0x00
#define RTC_CNTL_SW_SYS_RST 0x80000000
#define RTC_CNTL_OPTION1 0x12c
#define RTC_CNTL_FORCE_DOWNLOAD_BOOT 1

#ifndef __ASSEMBLER__

#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(addr))

#define UART_RXFIFO_FULL_THRHD_M 0x3ffu
#define UART_TXFIFO_EMPTY_THRHD_S 10
#define UART_TXFIFO_EMPTY_THRHD_M (0x3ffu << UART_TXFIFO_EMPTY_THRHD_S)
#define UART_RX_TOUT_EN (1u << 23)
#define UART_SCLK_SEL_M (3u << 20)
#define UART_SCLK_SEL_XTAL (3u << 20)
#define UART_SCLK_DIV_M 0xfffffu
#define UART_REG_UPDATE (1u << 31)

#define USB_WR_DONE (1u << 0)
#define USB_IN_FREE (1u << 1)
#define USB_OUT_RECV_PKT_INT (1u << 2)

#define INTERRUPT_CORE0_UART_MAP 0x600c206c
#define INTERRUPT_CORE0_USB_DEVICE_MAP 0x600c2180

#define SYSTEM_CPU_PER_CONF 0x600c0010
#define SYSTEM_PERIP_CLK_EN1 0x600c001c
#define SYSTEM_PERIP_RST_EN1 0x600c0024
#define SYSTEM_SYSCLK_CONF 0x600c0060
#define SYSTEM_CRYPTO_SHA (1u << 2)
#define SYSTEM_CRYPTO_DS (1u << 4)
#define SYSTEM_CRYPTO_HMAC (1u << 5)
#define SYSTEM_SOC_CLK_SEL_M (3u << 10)
#define SYSTEM_SOC_CLK_SEL_PLL (1u << 10)
#define SYSTEM_PRE_DIV_CNT_M 0x3ffu

#define SHA_BASE 0x6003b000
#define SHA_MODE 0x00
#define SHA_START 0x10
#define SHA_CONTINUE 0x14
#define SHA_BUSY 0x18
#define SHA_H 0x40
#define SHA_M 0x80
#define SHA_MODE_256 2

#define EFUSE_RD_REPEAT_DATA3 0x6000703c
#define EFUSE_FLASH_TYPE (1u << 9)

#define SPI1 0x60002000
#define SPI_MEM_CMD 0x00
#define SPI_MEM_ADDR 0x04
#define SPI_MEM_CTRL 0x08
#define SPI_MEM_CLOCK 0x14
#define SPI_MEM_USER 0x18
#define SPI_MEM_USER1 0x1c
#define SPI_MEM_USER2 0x20
#define SPI_MEM_MOSI_DLEN 0x24
#define SPI_MEM_MISO_DLEN 0x28
#define SPI_MEM_MISC 0x34
#define SPI_MEM_CACHE_FCTRL 0x3c
#define SPI_MEM_W0 0x58
#define SPI_MEM_DDR 0xe0
#define SPI_MEM_USR (1u << 18)
#define SPI_MEM_USR_COMMAND (1u << 31)
#define SPI_MEM_USR_ADDR (1u << 30)
#define SPI_MEM_USR_MISO (1u << 28)
#define SPI_MEM_USR_MOSI (1u << 27)
#define SPI_MEM_FCMD_OCT (1u << 9)
/* What puts a phase on more than one line, or adds dummy clocks. */
#define SPI_MEM_CTRL_LINES 0x019063f0u
#define SPI_MEM_CACHE_FCTRL_LINES 0x1f8u
#define SPI_MEM_CS_DIS_M 3u
#define SPI_MEM_CS1_DIS (1u << 1)
#define SPI_MEM_SPI_FMEM_DDR_EN 1u
#define SPI_MEM_CLOCK_BY_2 0x00010001u
#define SPI_MEM_CLOCK_BY_4 0x00030103u

#endif
#endif
