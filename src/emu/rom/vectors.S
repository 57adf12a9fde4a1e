/* SPDX-License-Identifier: MIT
 *
 * The vectors of the built-in ROM that are code of the core: those that move register
 * windows, and those that jump to where EXCSAVE says.  tools/rom-vectors assembles
 * each part into vectors.inc.
 *
 * Source: Xtensa ISA Reference Manual, "Windowed Register Option", for where a frame's
 * registers go on the stack: a0 to a3 below the stack pointer of the frame it called,
 * the others below the extra save area of the frame that called it.
 */

vector 0x40000000 /* window overflow, a frame of 4 registers */
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo

vector 0x40000040 /* window underflow, 4 */
    l32e    a3, a5, -4
    l32e    a2, a5, -8
    l32e    a1, a5, -12
    l32e    a0, a5, -16
    rfwu

vector 0x40000080 /* window overflow, 8 */
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo

vector 0x400000c0 /* window underflow, 8 */
    l32e    a1, a9, -12
    l32e    a0, a9, -16
    l32e    a7, a1, -12
    l32e    a2, a9, -8
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu

vector 0x40000100 /* window overflow, 12 */
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo

vector 0x40000140 /* window underflow, 12 */
    l32e    a1, a13, -12
    l32e    a0, a13, -16
    l32e    a11, a1, -12
    l32e    a2, a13, -8
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu

vector 0x40000180 /* level 2 */
    xsr     a2, excsave2
    jx      a2

vector 0x400001c0 /* level 3 */
    xsr     a2, excsave3
    jx      a2

vector 0x40000200 /* level 4 */
    xsr     a2, excsave4
    jx      a2

vector 0x40000240 /* level 5 */
    xsr     a2, excsave5
    jx      a2

vector 0x400002c0 /* NMI */
    rfi     7
