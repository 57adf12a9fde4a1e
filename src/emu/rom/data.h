/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: its data, for the firmware and for the functions that print.
 *
 * In ROM: the vectors, the table of regions, the tables of functions and the texts, each
 * where the mask ROM has it.  In RAM: the variables that the reset code leaves for the
 * bootloader and for the firmware, between 0x3FCED710 and the end of SRAM1.
 *
 * Source: ESP-IDF, components/esp_rom/esp32s3/ld/esp32s3.rom.ld and the structures in
 * include/esp32s3/rom (rom_layout.h, spi_flash.h, cache.h); the values are the mask
 * ROM's.  Left out: what only the radio's functions use.
 */
#ifndef ESPY_EMU_ROM_DATA_H
#define ESPY_EMU_ROM_DATA_H

#include "native.h"

/* Variables of the ROM. */
#define ESPY_ROM_G_SHARED_BUFFERS 0x3fcd7e04u
#define ESPY_ROM_STACK 0x3fceb710u     /* its top, on core 0 */
#define ESPY_ROM_STACK_APP 0x3fced710u /* on core 1 */
#define ESPY_ROM_ETS_INTR_COUNT 0x3fced710u
#define ESPY_ROM_UART_RX_BUFF 0x3fced714u
#define ESPY_ROM_EXC_HANDLER_TABLE 0x3fcedf68u /* of 64 addresses */
#define ESPY_ROM_C_HANDLER_TABLE 0x3fcee068u   /* of 64 */
#define ESPY_ROM_XTOS_ENABLED 0x3fcee168u
#define ESPY_ROM_XTOS_VPRI_ENABLED 0x3fcee16cu
#define ESPY_ROM_INTERRUPT_TABLE 0x3fcee170u      /* of 32 handlers and arguments, 31 first */
#define ESPY_ROM_INTERRUPT_MASK_TABLE 0x3fcee270u /* of 32 masks of priority and of the interrupt */
#define ESPY_ROM_PRI_4_HANDLER 0x3fcee370u
#define ESPY_ROM_PRI_5_HANDLER 0x3fcee374u
#define ESPY_ROM_UART_DEV 0x3fcef134u
#define ESPY_ROM_DATA_END 0x3fcef770u /* of what a bootloader may not be loaded onto */
#define ESPY_ROM_G_USB_PRINT 0x3fceffb8u
#define ESPY_ROM_G_UART_PRINT 0x3fceffb9u

/* Tables in ROM. */
#define ESPY_ROM_ETS_OPS 0x3ff1a810u   /* the first is ets_delay_us */
#define ESPY_ROM_SPI_MODES 0x3ff1b218u /* the names of eleven */

/* The ROM's own addresses of what its tables lead to. */
#define ESPY_ROM_ALLOCA 0x40000010u
#define ESPY_ROM_SYSCALL 0x40034c94u
#define ESPY_ROM_CAUSE3 0x40034de4u
#define ESPY_ROM_C_WRAPPER 0x40034df4u
#define ESPY_ROM_L1INT 0x40034eb8u
#define ESPY_ROM_L2INT 0x40034ff4u
#define ESPY_ROM_L3INT 0x400350c4u
#define ESPY_ROM_L4INT 0x40035190u
#define ESPY_ROM_L5INT 0x40035300u
#define ESPY_ROM_P_NONE 0x400559a4u
#define ESPY_ROM_UNHANDLED_INTERRUPT 0x400559acu
#define ESPY_ROM_UNHANDLED_EXCEPTION 0x400559e8u

/* The texts that the ROM prints, by the address of each. */
#define ESPY_ROM_TEXTS(T)                                                                                              \
    T(0x3ff1a5f4, RADIO_VERSION, "e7ae62f")                                                                            \
    T(0x3ff1a878, FILE_LINE, "%s %u \n")                                                                               \
    T(0x3ff1a8a8, UNKNOWN_MODE, "unk")                                                                                 \
    T(0x3ff1a8ac, UART0_BOOT, "UART0_BOOT")                                                                            \
    T(0x3ff1a8b7, DOWNLOAD, "DOWNLOAD(USB/UART0)")                                                                     \
    T(0x3ff1a8cb, SPI_FAST_FLASH_BOOT, "SPI_FAST_FLASH_BOOT")                                                          \
    T(0x3ff1a8df, SPI_FLASH_BOOT, "SPI_FLASH_BOOT")                                                                    \
    T(0x3ff1a8ee, SPI_DOWNLOAD_BOOT, "SPI_DOWNLOAD_BOOT")                                                              \
    T(0x3ff1a900, ETS_MAIN, "ets_main.c")                                                                              \
    T(0x3ff1a90b, ROM_VERSION, "esp32s3-20210327")                                                                     \
    T(0x3ff1a91c, ESP_ROM, "ESP-ROM:%s\n")                                                                             \
    T(0x3ff1a928, ROM_DATE, "Mar 27 2021")                                                                             \
    T(0x3ff1a934, BUILD, "Build:%s\n")                                                                                 \
    T(0x3ff1a93e, RST, "rst:0x%x (%s),boot:0x%x (%s)\n")                                                               \
    T(0x3ff1a95c, SAVED_PC, "Saved PC:0x%08x\n")                                                                       \
    T(0x3ff1a96d, RST_NONE, "N/A")                                                                                     \
    T(0x3ff1a971, RST_POWERON, "POWERON")                                                                              \
    T(0x3ff1a979, RST_SW_SYS, "RTC_SW_SYS_RST")                                                                        \
    T(0x3ff1a988, RST_DSLEEP, "DSLEEP")                                                                                \
    T(0x3ff1a98f, RST_TG0_SYS, "TG0WDT_SYS_RST")                                                                       \
    T(0x3ff1a99e, RST_TG1_SYS, "TG1WDT_SYS_RST")                                                                       \
    T(0x3ff1a9ad, RST_RTC_SYS, "RTCWDT_SYS_RST")                                                                       \
    T(0x3ff1a9bc, RST_INTRUSION, "INTRUSION_RST")                                                                      \
    T(0x3ff1a9ca, RST_TG0_CPU, "TG0WDT_CPU_RST")                                                                       \
    T(0x3ff1a9d9, RST_SW_CPU, "RTC_SW_CPU_RST")                                                                        \
    T(0x3ff1a9e8, RST_RTC_CPU, "RTCWDT_CPU_RST")                                                                       \
    T(0x3ff1a9f7, RST_BROWNOUT, "BROWNOUT_RST")                                                                        \
    T(0x3ff1aa04, RST_RTC_RTC, "RTCWDT_RTC_RST")                                                                       \
    T(0x3ff1aa13, RST_TG1_CPU, "TG1WDT_CPU_RST")                                                                       \
    T(0x3ff1aa22, RST_SUPER, "SUPER_WDT_RST")                                                                          \
    T(0x3ff1aa30, RST_GLITCH, "GLITCH_RTC_RST")                                                                        \
    T(0x3ff1aa3f, RST_EFUSE, "EFUSE_RST")                                                                              \
    T(0x3ff1aa49, RST_USB_UART, "USB_UART_CHIP_RESET")                                                                 \
    T(0x3ff1aa5d, RST_USB_JTAG, "USB_JTAG_CHIP_RESET")                                                                 \
    T(0x3ff1aa71, RST_POWER_GLITCH, "POWER_GLITCH_RESET")                                                              \
    T(0x3ff1aa84, SUPER_WDT, "analog super wdt reset\n")                                                               \
    T(0x3ff1aa9c, JTAG_RESET, "pro cpu reset by JTAG\n")                                                               \
    T(0x3ff1aab3, NO_DOWNLOAD, "Download boot modes disabled\n")                                                       \
    T(0x3ff1aaf8, WAIT_SECURE, "wait uart download(secure mode)\n")                                                    \
    T(0x3ff1ab1e, WAIT_UART0, "wait uart0 download\n")                                                                 \
    T(0x3ff1ab46, WAITING, "waiting for download\n")                                                                   \
    T(0x3ff1ab5c, INVALID_RESET, "invalid reset\n")                                                                    \
    T(0x3ff1ab6b, USER_CODE_DONE, "user code done\n")                                                                  \
    T(0x3ff1af30, HASH_NAME, "%s: ")                                                                                   \
    T(0x3ff1af35, HASH_BYTE, "%02x")                                                                                   \
    T(0x3ff1af3a, ETS_LOADER, "ets_loader.c")                                                                          \
    T(0x3ff1af47, CONFIG_SPI, "configspi:0x%08x\n")                                                                    \
    T(0x3ff1af59, SPIWP, "SPIWP:0x%02x\n")                                                                             \
    T(0x3ff1af67, CONFIG_OPI, "configopi:0x%08x\n")                                                                    \
    T(0x3ff1af79, OCTAL, "Octal Flash Mode Enabled\n")                                                                 \
    T(0x3ff1af93, OCTAL_DEFAULT, "For OPI Flash, Use Default Flash Boot Mode\n")                                       \
    T(0x3ff1afbf, FLASH_MODE, "mode:%s, clock div:%d\n")                                                               \
    T(0x3ff1afd6, DIRECT_BOOT, "Direct boot returned")                                                                 \
    T(0x3ff1afeb, INVALID_HEADER, "invalid header: 0x%02x%02x%02x%02x\n")                                              \
    T(0x3ff1b00f, BLOCK_COUNT, "Invalid image block count: %d (max %d)\n")                                             \
    T(0x3ff1b037, CHIP_ID, "Invalid chip id. Expected %u read %u. Bootloader for wrong chip?\n")                       \
    T(0x3ff1b0be, COMMAND_LENGTH, "cmd len %d\n")                                                                      \
    T(0x3ff1b0ca, LOAD, "load:0x%08x,len:0x%x\n")                                                                      \
    T(0x3ff1b0e0, BLOCK, "Invalid image block, can't boot.\n")                                                         \
    T(0x3ff1b102, OVERLAP, "region 0x%08x-0x%08x overlaps 0x%08x-%p, can't load\n")                                    \
    T(0x3ff1b137, CHECKSUM, "Checksum failure. Calculated 0x%02x stored 0x%02x\n")                                     \
    T(0x3ff1b16a, HASH_FAILED, "SHA-256 comparison failed:\n")                                                         \
    T(0x3ff1b186, CALCULATED, "Calculated")                                                                            \
    T(0x3ff1b191, EXPECTED, "Expected")                                                                                \
    T(0x3ff1b1a4, BOOT_ANYWAY, "Attempting to boot anyway...\n")                                                       \
    T(0x3ff1b1c2, ENTRY, "entry 0x%08x\n")                                                                             \
    T(0x3ff1b1d0, QIO, "QIO")                                                                                          \
    T(0x3ff1b1d4, QOUT, "QOUT")                                                                                        \
    T(0x3ff1b1d9, DIO, "DIO")                                                                                          \
    T(0x3ff1b1dd, DOUT, "DOUT")                                                                                        \
    T(0x3ff1b1e2, FAST_RD, "FAST_RD")                                                                                  \
    T(0x3ff1b1ea, SLOW_RD, "SLOW_RD")                                                                                  \
    T(0x3ff1b1f2, OPI_STR, "OPI_STR")                                                                                  \
    T(0x3ff1b1fa, OPI_DTR, "OPI_DTR")                                                                                  \
    T(0x3ff1b202, OOUT, "OOUT")                                                                                        \
    T(0x3ff1b207, OIO_STR, "OIO_STR")                                                                                  \
    T(0x3ff1b20f, OIO_DTR, "OIO_DTR")                                                                                  \
    T(0x3ff1dfda, DFU, "Booting into dfu mode.\n")                                                                     \
    T(0x3ff1e3d8, UNKNOWN, "Unknown")                                                                                  \
    T(0x3ff1e3e0, REGISTER_LAST, "%-8s: 0x%08x\n")                                                                     \
    T(0x3ff1e3ee, REGISTER, "%-8s: 0x%08x  ")                                                                          \
    T(0x3ff1e3fd, PANIC, "Guru Meditation Error: Core %d panic'ed\n")                                                  \
    T(0x3ff1e426, PANIC_CAUSE, "Guru Meditation Error: Core %d panic'ed (%s)\n")                                       \
    T(0x3ff1e454, DUMP, "Core %d register dump:\n")                                                                    \
    T(0x3ff1e46c, BACKTRACE, "\nBacktrace:")                                                                           \
    T(0x3ff1e478, CALL, " 0x%08x:0x%08x")                                                                              \
    T(0x3ff1e487, EMPTY_LINES, "\n\n")                                                                                 \
    T(0x3ff1e48a, REG_PC, "PC")                                                                                        \
    T(0x3ff1e48d, REG_PS, "PS")                                                                                        \
    T(0x3ff1e490, REG_A0, "A0")                                                                                        \
    T(0x3ff1e493, REG_A1, "A1")                                                                                        \
    T(0x3ff1e496, REG_A2, "A2")                                                                                        \
    T(0x3ff1e499, REG_A3, "A3")                                                                                        \
    T(0x3ff1e49c, REG_A4, "A4")                                                                                        \
    T(0x3ff1e49f, REG_A5, "A5")                                                                                        \
    T(0x3ff1e4a2, REG_A6, "A6")                                                                                        \
    T(0x3ff1e4a5, REG_A7, "A7")                                                                                        \
    T(0x3ff1e4a8, REG_A8, "A8")                                                                                        \
    T(0x3ff1e4ab, REG_A9, "A9")                                                                                        \
    T(0x3ff1e4ae, REG_A10, "A10")                                                                                      \
    T(0x3ff1e4b2, REG_A11, "A11")                                                                                      \
    T(0x3ff1e4b6, REG_A12, "A12")                                                                                      \
    T(0x3ff1e4ba, REG_A13, "A13")                                                                                      \
    T(0x3ff1e4be, REG_A14, "A14")                                                                                      \
    T(0x3ff1e4c2, REG_A15, "A15")                                                                                      \
    T(0x3ff1e4c6, REG_SAR, "SAR")                                                                                      \
    T(0x3ff1e4ca, REG_EXCCAUSE, "EXCCAUSE")                                                                            \
    T(0x3ff1e4d3, REG_EXCVADDR, "EXCVADDR")                                                                            \
    T(0x3ff1e4dc, REG_LBEG, "LBEG")                                                                                    \
    T(0x3ff1e4e1, REG_LEND, "LEND")                                                                                    \
    T(0x3ff1e4e6, REG_LCOUNT, "LCOUNT")                                                                                \
    T(0x3ff1e4ed, CAUSE_ILLEGAL_INSTRUCTION, "IllegalInstruction")                                                     \
    T(0x3ff1e508, CAUSE_INSTRUCTION_FETCH_ERROR, "InstructionFetchError")                                              \
    T(0x3ff1e51e, CAUSE_LOAD_STORE_ERROR, "LoadStoreError")                                                            \
    T(0x3ff1e565, CAUSE_PRIVILEGED, "Privileged")                                                                      \
    T(0x3ff1e570, CAUSE_LOAD_STORE_ALIGNMENT, "LoadStoreAlignment")                                                    \
    T(0x3ff1e658, CAUSE_LOAD_PROHIBITED, "LoadProhibited")                                                             \
    T(0x3ff1e667, CAUSE_STORE_PROHIBITED, "StoreProhibited")

enum {
#define ESPY_ROM_TEXT_ADDRESS(address, name, text) ESPY_TEXT_##name = address,
    ESPY_ROM_TEXTS(ESPY_ROM_TEXT_ADDRESS)
#undef ESPY_ROM_TEXT_ADDRESS
};

#define ESPY_ROM_NEWLINE (ESPY_TEXT_EMPTY_LINES + 1)

/* Puts the data and the vectors into image[ESPY_ROM_SIZE]. */
void espy_rom_put_data(uint8_t *image);
/* The RAM variables, as after the reset of core 0. */
void espy_rom_init_ram(const espy_rom_call *c);

#endif
