/* SPDX-License-Identifier: MIT
 *
 * A bootloader that handles a division by zero, makes frames move by MOVSP after its caller
 * left the window, and spills its window by SYSCALL.
 *
 * Results, at 0x3fca0000: what _xtos_set_exception_handler() returned, the registers that
 * the handler changed, sums over deep recursions, the state of the window, and what the
 * handler was given.
 */
    .align 4
.Lset: .long 0x40001c14
.Lbase: .long 0x3fca0000
.Lhp: .long 0x403c9700+handler-.Lset
    .align 4
main:
    entry a1, 64
    l32r a2, .Lbase
    movi a10, 6
    l32r a11, .Lhp
    l32r a8, .Lset
    callx8 a8
    s32i a10, a2, 0
    movi a10, 6
    l32r a11, .Lhp
    l32r a8, .Lset
    callx8 a8
    s32i a10, a2, 4
    movi a10, 64
    l32r a11, .Lhp
    l32r a8, .Lset
    callx8 a8
    s32i a10, a2, 8
    movi a3, 7
    movi a4, 0
    quou a3, a3, a4
    s32i a3, a2, 12
    s32i a4, a2, 16
    rsr a5, ps
    extui a5, a5, 0, 6
    s32i a5, a2, 20
    movi a10, 12
    call8 alloca
    s32i a10, a2, 24
    movi a3, 5
    s32i a2, a1, 0
    movi a2, 0
    syscall
    rsr a4, windowstart
    rsr a5, windowbase
    l32i a6, a1, 0
    s32i a4, a6, 28
    s32i a5, a6, 32
    s32i a2, a6, 36
    s32i a3, a6, 40
    movi a2, 3
    syscall
    s32i a2, a6, 44
    movi a10, 6
    movi a11, 0
    l32r a8, .Lset
    callx8 a8
    s32i a10, a6, 48
    movi a9, 1
    s32i a9, a6, 252
    j .
    .align 4
.Lb2: .long 0x3fca0000
    .align 4
handler:
    entry a1, 32
    l32r a4, .Lb2
    s32i a3, a4, 64
    s32i a2, a4, 68
    rsr a5, ps
    extui a5, a5, 0, 6
    s32i a5, a4, 72
    l32i a5, a2, 0
    s32i a5, a4, 76
    addi a5, a5, 3
    s32i a5, a2, 0
    l32i a5, a2, 4
    extui a5, a5, 0, 6
    s32i a5, a4, 80
    l32i a5, a2, 20
    s32i a5, a4, 84
    l32i a5, a2, 32
    s32i a5, a4, 88
    movi a5, 99
    s32i a5, a2, 20
    movi a5, 98
    s32i a5, a2, 24
    movi a10, 14
    call8 deep
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
    .align 4
alloca:
    entry a1, 32
    beqz a2, .Ly
    movi a10, 14
    call8 deep
    movi a8, 64
    sub a8, a1, a8
    movsp a1, a8
    addi a10, a2, -1
    call8 alloca
    add a2, a10, a2
.Ly:
    retw
