/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: special registers by name, and what the boot path shares with xtos.c.
 *
 * Source: Xtensa ISA Reference Manual, "Special Registers"; for the frame of an
 * interrupted program, xtensa/xtruntime-frames.h in ESP-IDF's components/xtensa.
 */
#ifndef ESPY_EMU_ROM_XTOS_H
#define ESPY_EMU_ROM_XTOS_H

#include "native.h"

enum {
    XT_LBEG = 0,
    XT_LEND = 1,
    XT_LCOUNT = 2,
    XT_SAR = 3,
    XT_ACCLO = 16,
    XT_ACCHI = 17,
    XT_WINDOWBASE = 72,
    XT_WINDOWSTART = 73,
    XT_MEMCTL = 97,
    XT_ATOMCTL = 99,
    XT_EPC = 176,     /* + level */
    XT_EPS = 192,     /* + level */
    XT_EXCSAVE = 208, /* + level */
    XT_INTERRUPT = 226,
    XT_INTCLEAR = 227,
    XT_INTENABLE = 228,
    XT_PS = 230,
    XT_VECBASE = 231,
    XT_EXCCAUSE = 232,
    XT_CCOUNT = 234,
    XT_EXCVADDR = 238,
    XT_CCOMPARE = 240 /* to 242 */
};

/* Fields of PS. */
#define XT_PS_INTLEVEL 0x0000000fu
#define XT_PS_EXCM 0x00000010u
#define XT_PS_UM 0x00000020u
#define XT_PS_OWB 0x00000f00u
#define XT_PS_CALLINC 0x00030000u
#define XT_PS_WOE 0x00040000u

/* A program that an exception interrupted, as the ROM's handlers are given it: offsets. */
enum {
    FRAME_PC = 0,
    FRAME_PS = 4,
    FRAME_SAR = 8,
    FRAME_VPRI = 12,
    FRAME_A2 = 16, /* to a5 */
    FRAME_CAUSE = 32,
    FRAME_LCOUNT = 36,
    FRAME_LBEG = 40,
    FRAME_LEND = 44,
    FRAME_ACCLO = 48,
    FRAME_ACCHI = 52,
    FRAME_A0 = 80,
    FRAME_A1 = 84,
    FRAME_A6 = 88, /* to a15 */
    FRAME_EXCVADDR = 128,
    FRAME_SIZE = 256
};

#endif
