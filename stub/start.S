/* SPDX-License-Identifier: MIT
 *
 * The stub's entry, its vectors, and the interrupt that takes in what the host sends and
 * sends what waits for it.
 *
 * The image begins at the level-2 vector, 0x180 behind VECBASE: no window exception can
 * happen, since code of the call0 ABI leaves PS.WOE clear.  Source: Xtensa Instruction
 * Set Architecture, "Exception Option" and "High-Priority Interrupt Option"; the vector
 * offsets are those of the ESP32-S3's cores (core-isa.h of ESP-IDF).
 */
#include "regs.h"

#define VECTORS 0x40378000
#define PS_RUN 0x20  /* user vectors, interrupts on */
#define PS_HOLD 0x2f /* interrupts off */
#define NO_ACCESS 15 /* for regions where nothing is: a fault says more than what a read there gives */

    .section .vectors, "ax"
    .global _vectors
_vectors:
    j level2
    .align 4
    .literal_position

/* Moves all that has come into one ring, and as much out of the other as the FIFO takes;
 * where there is nothing to send it asks no more.  The interrupts are cleared first, so that none
 * is lost.  An overrun needs no care: it costs frames, which the protocol sends again. */
level2:
    wsr.excsave2 a0
    movi a0, saved
    s32i a2, a0, 0
    s32i a3, a0, 4
    s32i a4, a0, 8
    s32i a5, a0, 12
    s32i a6, a0, 16
    s32i a7, a0, 20
    movi a3, rx
    movi a7, ring
    l32i a6, a3, 0
    movi a5, -1
    movi a2, UART0
    s32i a5, a2, UART_INT_CLR
    memw
1:  l32i a4, a2, UART_STATUS
    extui a4, a4, 0, 10
    beqz a4, 3f
    movi a5, 0
    s32i a5, a3, 4
2:  l32i a5, a2, UART_FIFO
    add a0, a7, a6
    s8i a5, a0, 0
    addi a6, a6, 1
    slli a6, a6, 32 - RING_BITS
    srli a6, a6, 32 - RING_BITS
    addi a4, a4, -1
    bnez a4, 2b
    j 1b
3:  movi a5, -1
    movi a2, USB
    s32i a5, a2, USB_INT_CLR
    memw
4:  l32i a4, a2, USB_EP1_CONF
    bbci a4, USB_OUT_AVAIL_BIT, 5f
    l32i a5, a2, USB_EP1
    add a0, a7, a6
    s8i a5, a0, 0
    addi a6, a6, 1
    slli a6, a6, 32 - RING_BITS
    srli a6, a6, 32 - RING_BITS
    movi a5, 1
    s32i a5, a3, 4
    j 4b
5:  s32i a6, a3, 0
    movi a2, UART0
    movi a3, tx
    l32i a6, a3, 0
    l32i a7, a3, 4
    beq a6, a7, 8f
    l32i a4, a2, UART_STATUS
    extui a4, a4, 16, 10
    movi a5, FIFO_ROOM
    sub a4, a5, a4
    blti a4, 1, 9f
    sub a6, a6, a7
    bgeu a4, a6, 6f
    mov a6, a4
6:  movi a4, tx_ring
7:  extui a0, a7, 0, TX_BITS
    add a0, a0, a4
    l8ui a5, a0, 0
    s32i a5, a2, UART_FIFO
    addi a7, a7, 1
    addi a6, a6, -1
    bnez a6, 7b
    s32i a7, a3, 4
    j 9f
8:  movi a5, UART_RX_INTS
    s32i a5, a2, UART_INT_ENA
9:  movi a0, saved
    l32i a2, a0, 0
    l32i a3, a0, 4
    l32i a4, a0, 8
    l32i a5, a0, 12
    l32i a6, a0, 16
    l32i a7, a0, 20
    rsr.excsave2 a0
    rfi 2

/* Gives the command at work up and takes the next one, on a fresh stack. */
    .align 4
    .global restart
restart:
    movi a1, stack_top
    movi a2, PS_RUN
    wsr.ps a2
    rsync
    call0 serve

/* An exception is the fault of an address that the host has given. */
fault:
    movi a3, faulted
    rsr.exccause a2
    addi a2, a2, 1
    s32i a2, a3, 0
    rsr.excvaddr a2
    s32i a2, a3, 4
    j restart

    .org 0x300 - 0x180
    j fault
    .org 0x340 - 0x180
    j fault
    .org 0x3c0 - 0x180
    j fault

/* The ROM looks at one byte of checksum for each block that it takes, and at none for where
 * a block goes.  A program that is damaged could do anything to the flash, so this one adds
 * itself up first, and resets the chip into the ROM's loader where the sums are not those
 * that tools/stub-image has put behind it. */
    .section .entry, "ax"
    .align 4
    .literal_position
    .global _start
_start:
    movi a2, text_start
    movi a3, text_end
    movi a4, 0
    movi a5, 0
1:  l32i a6, a2, 0
    add a4, a4, a6
    add a5, a5, a4
    addi a2, a2, 4
    bltu a2, a3, 1b
    movi a2, data_start
    movi a3, check
2:  l32i a6, a2, 0
    add a4, a4, a6
    add a5, a5, a4
    addi a2, a2, 4
    bltu a2, a3, 2b
    l32i a6, a3, 0
    bne a4, a6, 3f
    l32i a6, a3, 4
    beq a5, a6, 4f
3:  movi a2, RTC_CNTL
    movi a3, RTC_CNTL_FORCE_DOWNLOAD_BOOT
    s32i a3, a2, RTC_CNTL_OPTION1
    movi a3, RTC_CNTL_SW_SYS_RST
    s32i a3, a2, RTC_CNTL_OPTIONS0
    j 3b
4:  movi a2, PS_HOLD
    wsr.ps a2
    movi a2, 0
    wsr.intenable a2
    movi a2, VECTORS
    wsr.vecbase a2
    rsync
    movi a3, NO_ACCESS
    movi a2, 0
    wdtlb a3, a2
    movi a2, 0x80000000
    movi a4, 0x20000000
1:  wdtlb a3, a2
    add a2, a2, a4
    bnez a2, 1b
    dsync
    movi a1, stack_top
    movi a2, bss_start
    movi a3, bss_end
    movi a4, 0
1:  s32i a4, a2, 0
    addi a2, a2, 4
    bltu a2, a3, 1b
    call0 set_up
    j restart

    .section .bss
    .align 4
saved:
    .space 24
