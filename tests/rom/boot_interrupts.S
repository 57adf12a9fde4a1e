/* SPDX-License-Identifier: MIT
 *
 * A bootloader that attaches a handler to the software interrupt of level 1 and raises it
 * five times from a loop, with every register of its window in use.  The handler uses
 * loop and shift registers and nests deep enough for the window to overflow.
 *
 * Results, at 0x3fca0000: what _xtos_set_interrupt_handler_arg() and _xtos_ints_on()
 * returned, the turns of the loop, the registers after it, how often the handler ran, with
 * what arguments, in which state, and what the frame of the interrupted program says.
 */
    .align 4
.Lset: .long 0x40001c2c
.Lon: .long 0x40001bfc
.Lbase: .long 0x3fca0000
.Larg: .long 0x12345678
.Lpat: .long 0xa5a50000
.Lhp: .long 0x403c9700+handler-.Lset
    .align 4
main:
    entry a1, 64
    l32r a2, .Lbase
    movi a10, 7
    movi a11, 0
    l32r a11, .Lhp
    l32r a12, .Larg
    l32r a8, .Lset
    callx8 a8
    s32i a10, a2, 0
    movi a10, 128
    l32r a8, .Lon
    callx8 a8
    s32i a10, a2, 4
    l32r a8, .Lpat
    addi a9, a8, 1
    addi a10, a8, 2
    addi a11, a8, 3
    addi a12, a8, 4
    addi a13, a8, 5
    addi a14, a8, 6
    addi a15, a8, 7
    movi a7, 9
    ssr a7
    movi a4, 5
    movi a5, 0
    loop a4, .Lend
    addi a5, a5, 1
    movi a6, 128
    wsr a6, intset
    rsync
    nop
.Lend:
    s32i a5, a2, 8
    xor a9, a9, a8
    xor a10, a10, a8
    xor a11, a11, a8
    xor a12, a12, a8
    xor a13, a13, a8
    xor a14, a14, a8
    xor a15, a15, a8
    slli a10, a10, 4
    or a9, a9, a10
    slli a11, a11, 8
    or a9, a9, a11
    slli a12, a12, 12
    or a9, a9, a12
    slli a13, a13, 16
    or a9, a9, a13
    slli a14, a14, 20
    or a9, a9, a14
    slli a15, a15, 24
    or a9, a9, a15
    s32i a9, a2, 12
    rsr a9, sar
    s32i a9, a2, 60
    rsr a9, ps
    extui a9, a9, 0, 6
    s32i a9, a2, 64
    rsr a9, intenable
    s32i a9, a2, 68
    movi a9, 1
    s32i a9, a2, 252
    j .
    .align 4
.Lb2: .long 0x3fca0000
    .align 4
handler:
    entry a1, 32
    l32r a4, .Lb2
    l32i a5, a4, 16
    addi a5, a5, 1
    s32i a5, a4, 16
    s32i a2, a4, 20
    rsr a5, ps
    extui a5, a5, 0, 6
    s32i a5, a4, 24
    rsr a5, intenable
    s32i a5, a4, 28
    l32i a5, a3, 4
    extui a5, a5, 0, 6
    s32i a5, a4, 32
    l32i a5, a3, 0
    s32i a5, a4, 36
    l32i a5, a3, 12
    s32i a5, a4, 40
    l32i a5, a3, 28
    s32i a5, a4, 44
    l32i a5, a3, 36
    s32i a5, a4, 48
    s32i a3, a4, 52
    movi a10, 14
    call8 deep
    s32i a10, a4, 56
    movi a5, 3
    loop a5, .Lh
    nop
    nop
.Lh:
    movi a5, 31
    ssr a5
    retw
    .align 4
deep:
    entry a1, 32
    beqz a2, .Lz
    addi a10, a2, -1
    call8 deep
    add a2, a10, a2
.Lz:
    retw
