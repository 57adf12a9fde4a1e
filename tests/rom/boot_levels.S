/* SPDX-License-Identifier: MIT
 *
 * A bootloader that maps SYSTEM's four interrupts between cores to interrupts of levels 2,
 * 3, 4 and 5, and raises each three times from a loop.  The handler takes the interrupt back
 * and nests deep enough for the window to overflow.
 *
 * Results, at 0x3fca0000, 16 bytes a level: the turns of the loop with the registers after
 * it, how often the handler ran, its level, its sum; at 64 EXCSAVE2.
 */
    .align 4
.Lset: .long 0x40001c2c
.Lon: .long 0x40001bfc
.Lmap: .long 0x40001b54
.Lbase: .long 0x3fca0000
.Lhp: .long 0x403c9700+handler-.Lset
.Lreg: .long 0x600c0030
    .align 4
main:
    entry a1, 64
    l32r a2, .Lbase
    movi a10, 0
    movi a11, 19
    call8 level
    movi a10, 1
    movi a11, 23
    call8 level
    movi a10, 2
    movi a11, 24
    call8 level
    movi a10, 3
    movi a11, 26
    call8 level
    movi a9, 1
    s32i a9, a2, 252
    j .
    .align 4
level:
    entry a1, 48
    mov a4, a2
    l32r a8, .Lmap
    movi a10, 0
    addi a11, a4, 79
    mov a12, a3
    callx8 a8
    mov a10, a3
    l32r a11, .Lhp
    l32r a12, .Lreg
    slli a5, a4, 2
    add a12, a12, a5
    l32r a8, .Lset
    callx8 a8
    movi a10, 1
    ssl a3
    sll a10, a10
    l32r a8, .Lon
    callx8 a8
    l32r a6, .Lreg
    add a6, a6, a5
    movi a9, 1
    movi a10, 10
    movi a11, 11
    movi a12, 12
    movi a13, 13
    movi a14, 14
    movi a15, 15
    movi a7, 7
    ssr a7
    movi a7, 3
    movi a2, 0
    loop a7, .Lend
    s32i a9, a6, 0
    memw
    nop
    nop
    nop
    nop
    addi a2, a2, 1
.Lend:
    add a9, a9, a10
    add a9, a9, a11
    add a9, a9, a12
    add a9, a9, a13
    add a9, a9, a14
    add a9, a9, a15
    slli a9, a9, 8
    or a2, a2, a9
    rsr a9, sar
    slli a9, a9, 24
    or a2, a2, a9
    l32r a7, .Lbase
    slli a5, a5, 2
    add a7, a7, a5
    s32i a2, a7, 0
    rsr a9, excsave2
    s32i a9, a7, 64
    retw
    .align 4
.Lb2: .long 0x3fca0000
.Lr2: .long 0x600c0030
    .align 4
handler:
    entry a1, 32
    movi a5, 0
    s32i a5, a2, 0
    memw
    l32i a5, a2, 0
    l32r a4, .Lb2
    l32r a6, .Lr2
    sub a6, a2, a6
    slli a6, a6, 2
    add a4, a4, a6
    l32i a5, a4, 4
    addi a5, a5, 1
    s32i a5, a4, 4
    rsr a5, ps
    extui a5, a5, 0, 6
    s32i a5, a4, 8
    movi a10, 17
    call8 deep
    s32i a10, a4, 12
    movi a5, 3
    loop a5, .Lh
    nop
    nop
.Lh:
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
