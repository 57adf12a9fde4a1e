/* SPDX-License-Identifier: MIT
 *
 * The register window: calls of all sizes far beyond 64 registers, and each
 * exception about it at the instruction that needs it.
 *
 * The window handlers are those of the Instruction Set Architecture Reference
 * Manual, chapter 4, "Windowed Procedure-Call Protocol".
 */
#include "cpu_rig.h"

/* clang-format off */
static const uint8_t overflow4[] = {
    0x00, 0xc5, 0x49,  /* 0x00 s32e a0, a5, -16 */
    0x10, 0xd5, 0x49,  /* 0x03 s32e a1, a5, -12 */
    0x20, 0xe5, 0x49,  /* 0x06 s32e a2, a5, -8 */
    0x30, 0xf5, 0x49,  /* 0x09 s32e a3, a5, -4 */
    0x00, 0x34, 0x00,  /* 0x0c rfwo */
};
/* clang-format on */

/* clang-format off */
static const uint8_t underflow4[] = {
    0x00, 0xc5, 0x09,  /* 0x00 l32e a0, a5, -16 */
    0x10, 0xd5, 0x09,  /* 0x03 l32e a1, a5, -12 */
    0x20, 0xe5, 0x09,  /* 0x06 l32e a2, a5, -8 */
    0x30, 0xf5, 0x09,  /* 0x09 l32e a3, a5, -4 */
    0x00, 0x35, 0x00,  /* 0x0c rfwu */
};
/* clang-format on */

/* clang-format off */
static const uint8_t overflow8[] = {
    0x00, 0xc9, 0x49,  /* 0x00 s32e a0, a9, -16 */
    0x00, 0xd1, 0x09,  /* 0x03 l32e a0, a1, -12 */
    0x10, 0xd9, 0x49,  /* 0x06 s32e a1, a9, -12 */
    0x20, 0xe9, 0x49,  /* 0x09 s32e a2, a9, -8 */
    0x30, 0xf9, 0x49,  /* 0x0c s32e a3, a9, -4 */
    0x40, 0x80, 0x49,  /* 0x0f s32e a4, a0, -32 */
    0x50, 0x90, 0x49,  /* 0x12 s32e a5, a0, -28 */
    0x60, 0xa0, 0x49,  /* 0x15 s32e a6, a0, -24 */
    0x70, 0xb0, 0x49,  /* 0x18 s32e a7, a0, -20 */
    0x00, 0x34, 0x00,  /* 0x1b rfwo */
};
/* clang-format on */

/* clang-format off */
static const uint8_t underflow8[] = {
    0x00, 0xc9, 0x09,  /* 0x00 l32e a0, a9, -16 */
    0x10, 0xd9, 0x09,  /* 0x03 l32e a1, a9, -12 */
    0x20, 0xe9, 0x09,  /* 0x06 l32e a2, a9, -8 */
    0x70, 0xd1, 0x09,  /* 0x09 l32e a7, a1, -12 */
    0x30, 0xf9, 0x09,  /* 0x0c l32e a3, a9, -4 */
    0x40, 0x87, 0x09,  /* 0x0f l32e a4, a7, -32 */
    0x50, 0x97, 0x09,  /* 0x12 l32e a5, a7, -28 */
    0x60, 0xa7, 0x09,  /* 0x15 l32e a6, a7, -24 */
    0x70, 0xb7, 0x09,  /* 0x18 l32e a7, a7, -20 */
    0x00, 0x35, 0x00,  /* 0x1b rfwu */
};
/* clang-format on */

/* clang-format off */
static const uint8_t overflow12[] = {
    0x00, 0xcd, 0x49,  /* 0x00 s32e a0, a13, -16 */
    0x00, 0xd1, 0x09,  /* 0x03 l32e a0, a1, -12 */
    0x10, 0xdd, 0x49,  /* 0x06 s32e a1, a13, -12 */
    0x20, 0xed, 0x49,  /* 0x09 s32e a2, a13, -8 */
    0x30, 0xfd, 0x49,  /* 0x0c s32e a3, a13, -4 */
    0x40, 0x40, 0x49,  /* 0x0f s32e a4, a0, -48 */
    0x50, 0x50, 0x49,  /* 0x12 s32e a5, a0, -44 */
    0x60, 0x60, 0x49,  /* 0x15 s32e a6, a0, -40 */
    0x70, 0x70, 0x49,  /* 0x18 s32e a7, a0, -36 */
    0x80, 0x80, 0x49,  /* 0x1b s32e a8, a0, -32 */
    0x90, 0x90, 0x49,  /* 0x1e s32e a9, a0, -28 */
    0xa0, 0xa0, 0x49,  /* 0x21 s32e a10, a0, -24 */
    0xb0, 0xb0, 0x49,  /* 0x24 s32e a11, a0, -20 */
    0x00, 0x34, 0x00,  /* 0x27 rfwo */
};
/* clang-format on */

/* clang-format off */
static const uint8_t underflow12[] = {
    0x00, 0xcd, 0x09,  /* 0x00 l32e a0, a13, -16 */
    0x10, 0xdd, 0x09,  /* 0x03 l32e a1, a13, -12 */
    0x20, 0xed, 0x09,  /* 0x06 l32e a2, a13, -8 */
    0xb0, 0xd1, 0x09,  /* 0x09 l32e a11, a1, -12 */
    0x30, 0xfd, 0x09,  /* 0x0c l32e a3, a13, -4 */
    0x40, 0x4b, 0x09,  /* 0x0f l32e a4, a11, -48 */
    0x50, 0x5b, 0x09,  /* 0x12 l32e a5, a11, -44 */
    0x60, 0x6b, 0x09,  /* 0x15 l32e a6, a11, -40 */
    0x70, 0x7b, 0x09,  /* 0x18 l32e a7, a11, -36 */
    0x80, 0x8b, 0x09,  /* 0x1b l32e a8, a11, -32 */
    0x90, 0x9b, 0x09,  /* 0x1e l32e a9, a11, -28 */
    0xa0, 0xab, 0x09,  /* 0x21 l32e a10, a11, -24 */
    0xb0, 0xbb, 0x09,  /* 0x24 l32e a11, a11, -20 */
    0x00, 0x35, 0x00,  /* 0x27 rfwu */
};
/* clang-format on */

/* f(n) = n + f(n - 1), f(0) = 0.  Each adds what it kept in registers that its
 * callees' windows overlap in the register file. */
/* clang-format off */
static const uint8_t recurse4[] = {
    0x20, 0x62, 0x20,  /* 0x00 start: mov a6, a2 */
    0x95, 0x00, 0x00,  /* 0x03 call4 f */
    0x60, 0x26, 0x20,  /* 0x06 mov a2, a6 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
    0x36, 0x81, 0x00,  /* 0x0c f: entry a1, 64 */
    0x20, 0x32, 0x20,  /* 0x0f mov a3, a2 */
    0x16, 0x82, 0x00,  /* 0x12 beqz a2, zero */
    0x62, 0xc2, 0xff,  /* 0x15 addi a6, a2, -1 */
    0x15, 0xff, 0xff,  /* 0x18 call4 f */
    0x60, 0x23, 0x80,  /* 0x1b add a2, a3, a6 */
    0x90, 0x00, 0x00,  /* 0x1e zero: retw */
};
/* clang-format on */
#define recurse4_done 0x09u

/* clang-format off */
static const uint8_t recurse8[] = {
    0x20, 0xa2, 0x20,  /* 0x00 start: mov a10, a2 */
    0xa5, 0x00, 0x00,  /* 0x03 call8 f */
    0xa0, 0x2a, 0x20,  /* 0x06 mov a2, a10 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
    0x36, 0x81, 0x00,  /* 0x0c f: entry a1, 64 */
    0x20, 0x42, 0x20,  /* 0x0f mov a4, a2 */
    0x72, 0xc2, 0x4d,  /* 0x12 addi a7, a2, 77 */
    0x16, 0xb2, 0x00,  /* 0x15 beqz a2, zero */
    0xa2, 0xc2, 0xff,  /* 0x18 addi a10, a2, -1 */
    0x25, 0xff, 0xff,  /* 0x1b call8 f */
    0xa0, 0x27, 0x80,  /* 0x1e add a2, a7, a10 */
    0x22, 0xc2, 0xb3,  /* 0x21 addi a2, a2, -77 */
    0x90, 0x00, 0x00,  /* 0x24 zero: retw */
};
/* clang-format on */
#define recurse8_done 0x09u

/* clang-format off */
static const uint8_t recurse12[] = {
    0x20, 0xe2, 0x20,  /* 0x00 start: mov a14, a2 */
    0xb5, 0x00, 0x00,  /* 0x03 call12 f */
    0xe0, 0x2e, 0x20,  /* 0x06 mov a2, a14 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
    0x36, 0x81, 0x00,  /* 0x0c f: entry a1, 64 */
    0x20, 0x42, 0x20,  /* 0x0f mov a4, a2 */
    0xb2, 0xc2, 0x4d,  /* 0x12 addi a11, a2, 77 */
    0x16, 0xb2, 0x00,  /* 0x15 beqz a2, zero */
    0xe2, 0xc2, 0xff,  /* 0x18 addi a14, a2, -1 */
    0x35, 0xff, 0xff,  /* 0x1b call12 f */
    0xe0, 0x2b, 0x80,  /* 0x1e add a2, a11, a14 */
    0x22, 0xc2, 0xb3,  /* 0x21 addi a2, a2, -77 */
    0x90, 0x00, 0x00,  /* 0x24 zero: retw */
};
/* clang-format on */
#define recurse12_done 0x09u

/* f calls g with 4, g calls h with 8, h calls f with 12. */
/* clang-format off */
static const uint8_t recurse_mixed[] = {
    0x20, 0xa2, 0x20,  /* 0x00 start: mov a10, a2 */
    0xa5, 0x00, 0x00,  /* 0x03 call8 f */
    0xa0, 0x2a, 0x20,  /* 0x06 mov a2, a10 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
    0x36, 0x81, 0x00,  /* 0x0c f: entry a1, 64 */
    0x20, 0x32, 0x20,  /* 0x0f mov a3, a2 */
    0x16, 0x82, 0x00,  /* 0x12 beqz a2, f0 */
    0x62, 0xc2, 0xff,  /* 0x15 addi a6, a2, -1 */
    0x95, 0x00, 0x00,  /* 0x18 call4 g */
    0x60, 0x23, 0x80,  /* 0x1b add a2, a3, a6 */
    0x90, 0x00, 0x00,  /* 0x1e f0: retw */
    0xf0, 0x20, 0x00,  /* 0x21 nop */
    0x36, 0x81, 0x00,  /* 0x24 g: entry a1, 64 */
    0x20, 0x72, 0x20,  /* 0x27 mov a7, a2 */
    0x16, 0x82, 0x00,  /* 0x2a beqz a2, g0 */
    0xa2, 0xc2, 0xff,  /* 0x2d addi a10, a2, -1 */
    0xa5, 0x00, 0x00,  /* 0x30 call8 h */
    0xa0, 0x27, 0x80,  /* 0x33 add a2, a7, a10 */
    0x90, 0x00, 0x00,  /* 0x36 g0: retw */
    0xf0, 0x20, 0x00,  /* 0x39 nop */
    0x36, 0x81, 0x00,  /* 0x3c h: entry a1, 64 */
    0x20, 0xb2, 0x20,  /* 0x3f mov a11, a2 */
    0x16, 0x82, 0x00,  /* 0x42 beqz a2, h0 */
    0xe2, 0xc2, 0xff,  /* 0x45 addi a14, a2, -1 */
    0x35, 0xfc, 0xff,  /* 0x48 call12 f */
    0xe0, 0x2b, 0x80,  /* 0x4b add a2, a11, a14 */
    0x90, 0x00, 0x00,  /* 0x4e h0: retw */
};
/* clang-format on */
#define recurse_mixed_done 0x09u

static void load_handlers(rig *r)
{
    LOAD_AT(r, RIG_VECTORS + 0x000, overflow4);
    LOAD_AT(r, RIG_VECTORS + 0x040, underflow4);
    LOAD_AT(r, RIG_VECTORS + 0x080, overflow8);
    LOAD_AT(r, RIG_VECTORS + 0x0c0, underflow8);
    LOAD_AT(r, RIG_VECTORS + 0x100, overflow12);
    LOAD_AT(r, RIG_VECTORS + 0x140, underflow12);
}

/* The stack of the outermost frame needs a base save area, for the handlers. */
static uint32_t recurse(const uint8_t *program, size_t size, uint32_t done, uint32_t n)
{
    static rig r;
    rig_init(&r);
    load_handlers(&r);
    rig_load(&r, RIG_CODE, program, size);
    espy_bus_write(&r.bus, RIG_STACK - 12, RIG_STACK, 4);
    espy_cpu_set_a(r.cpu, 1, RIG_STACK - 64);
    espy_cpu_set_a(r.cpu, 2, n);
    rig_run_to(&r, RIG_CODE + done);
    assert_int_equal(rig_a(&r, 1), RIG_STACK - 64);
    assert_int_equal(r.cpu->window_base, 0);
    assert_int_equal(r.cpu->window_start, 1);
    uint32_t sum = rig_a(&r, 2);
    rig_free(&r);
    return sum;
}

static void test_recursion(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 120; n = n < 24 ? n + 1 : n + 17) {
        uint32_t sum = n * (n + 1) / 2;
        assert_int_equal(recurse(recurse4, sizeof recurse4, recurse4_done, n), sum);
        assert_int_equal(recurse(recurse8, sizeof recurse8, recurse8_done, n), sum);
        assert_int_equal(recurse(recurse12, sizeof recurse12, recurse12_done, n), sum);
        assert_int_equal(recurse(recurse_mixed, sizeof recurse_mixed, recurse_mixed_done, n), sum);
    }
}

/* clang-format off */
static const uint8_t touch[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x92, 0xc2, 0x01,  /* 0x06 addi a9, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x09 addi a3, a3, 1 */
    0x06, 0xff, 0xff,  /* 0x0c done: j done */
};
/* clang-format on */
#define touch_done 0x0cu

/* Overflow is raised by the first instruction that needs a frame not owned, and
 * spills by the distance from that frame to the next. */
static void test_overflow(void **state)
{
    static const struct {
        uint16_t start;       /* WINDOWSTART with WINDOWBASE 2 */
        uint8_t base, vector; /* expected: WINDOWBASE, vector / 0x40 */
    } cases[] = {
        {0x0014, 4, 4}, /* nothing above frame 4 up to frame 2: 12 registers at most */
        {0x0034, 4, 0}, {0x0054, 4, 2}, {0x0094, 4, 4}, {0x000c, 3, 4}, {0x001c, 3, 0}, {0x002c, 3, 2}, {0x004c, 3, 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, touch);
        r.cpu->window_start = cases[i].start;
        espy_window_set_base(r.cpu, 2);
        espy_cpu_set_a(r.cpu, 3, 0);
        rig_step(&r, 3);
        assert_int_equal(r.cpu->epc[1], RIG_CODE + 6);
        assert_int_equal(r.cpu->ar[4 * 2 + 3], 1);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + 0x40u * cases[i].vector);
        assert_int_equal(r.cpu->window_base, cases[i].base);
        assert_int_equal(r.cpu->ps, PS_WOE | PS_UM | PS_EXCM | 2u << PS_OWB_SHIFT);
        rig_free(&r);
    }
}

static void test_no_overflow(void **state)
{
    static const struct {
        uint16_t start;
        uint32_t ps;
    } cases[] = {
        {0x0004, PS_WOE},
        {0x0024, PS_WOE}, /* frame 5 is beyond a11 */
        {0x001c, 0},
        {0x001c, PS_WOE | PS_EXCM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, touch);
        r.cpu->window_start = cases[i].start;
        espy_window_set_base(r.cpu, 2);
        espy_set_ps(r.cpu, cases[i].ps);
        rig_step(&r, 5);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + touch_done);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t branchy[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x16, 0x23, 0x00,  /* 0x03 beqz a3, done */
    0xc2, 0xc2, 0x01,  /* 0x06 addi a12, a2, 1 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
};
/* clang-format on */
#define branchy_done 0x09u

/* A use behind a branch matters only when control gets there. */
static void test_overflow_behind_branch(void **state)
{
    (void)state;
    for (uint32_t taken = 0; taken < 2; taken++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, branchy);
        r.cpu->window_start = 0x8009;
        espy_window_set_base(r.cpu, 0);
        espy_cpu_set_a(r.cpu, 3, !taken);
        rig_step(&r, 3);
        assert_int_equal(espy_cpu_pc(r.cpu), taken ? RIG_CODE + branchy_done : RIG_VECTORS + 0x100);
        if (!taken)
            assert_int_equal(r.cpu->epc[1], RIG_CODE + 6);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t return_windowed[] = {
    0x90, 0x00, 0x00,  /* 0x00 retw */
};
/* clang-format on */

/* RETW looks at the size in its own return address, and refuses contradictions. */
static void test_return(void **state)
{
    static const struct {
        uint32_t n;
        uint16_t start;  /* with WINDOWBASE 5 */
        uint32_t vector; /* expected; 0: a plain return */
        uint8_t base;
    } cases[] = {
        {2, 0x0028, 0, 3},     {1, 0x0030, 0, 4},     {3, 0x0024, 0, 2},     {1, 0x0020, 0x040, 4},
        {2, 0x0020, 0x0c0, 3}, {3, 0x0020, 0x140, 2}, {0, 0x0030, 0x340, 5}, {2, 0x0030, 0x340, 5},
        {3, 0x0028, 0x340, 5}, {1, 0x0028, 0x340, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, return_windowed);
        r.cpu->window_start = cases[i].start;
        espy_window_set_base(r.cpu, 5);
        espy_cpu_set_a(r.cpu, 0, cases[i].n << 30 | ((RIG_CODE + 0x100) & 0x3fffffff));
        rig_step(&r, 1);
        uint32_t pc = cases[i].vector != 0 ? RIG_VECTORS + cases[i].vector : RIG_CODE + 0x100;
        assert_int_equal(espy_cpu_pc(r.cpu), pc);
        assert_int_equal(r.cpu->window_base, cases[i].base);
        assert_int_equal(r.cpu->window_start, cases[i].start & (cases[i].vector == 0 ? ~0x20 : ~0));
        if (cases[i].vector == 0x340)
            assert_int_equal(r.cpu->exccause, EXC_ILLEGAL);
        else if (cases[i].vector != 0)
            assert_int_equal(r.cpu->ps & PS_OWB, 5u << PS_OWB_SHIFT);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t move_sp[] = {
    0x10, 0x12, 0x00,  /* 0x00 movsp a1, a2 */
    0x06, 0xff, 0xff,  /* 0x03 done: j done */
};
/* clang-format on */

/* MOVSP needs the caller's frame in the registers, else the handler must move
 * its save area. */
static void test_movsp(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 8; start++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, move_sp);
        r.cpu->window_start = 0x10 | (start & 7) << 1; /* frames 1 to 3 below 4 */
        espy_window_set_base(r.cpu, 4);
        espy_cpu_set_a(r.cpu, 2, 1234);
        rig_step(&r, 1);
        if ((start & 7) != 0) {
            assert_int_equal(rig_a(&r, 1), 1234);
        } else {
            assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + VEC_USER);
            assert_int_equal(r.cpu->exccause, EXC_ALLOCA);
        }
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t rotate[] = {
    0x10, 0x80, 0x40,  /* 0x00 rotw 1 */
    0x80, 0x80, 0x40,  /* 0x03 rotw -8 */
    0x70, 0x80, 0x40,  /* 0x06 rotw 7 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
};
/* clang-format on */

/* All 64 registers keep their values wherever the window stands, also where it
 * wraps around. */
static void test_rotation(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, rotate);
    espy_set_ps(r.cpu, PS_EXCM);
    for (unsigned base = 0; base < 16; base++) {
        espy_window_set_base(r.cpu, base);
        for (unsigned n = 0; n < 4; n++)
            espy_cpu_set_a(r.cpu, n, base * 4 + n);
    }
    for (unsigned base = 0; base < 16; base++) {
        espy_window_set_base(r.cpu, base);
        for (unsigned n = 0; n < 16; n++)
            assert_int_equal(rig_a(&r, n), (base * 4 + n) % 64);
        espy_cpu_set_a(r.cpu, 15, (base * 4 + 15) % 64);
        espy_cpu_set_pc(r.cpu, RIG_CODE);
        rig_step(&r, 3);
        assert_int_equal(r.cpu->window_base, base);
    }
    rig_free(&r);
}

/* clang-format off */
static const uint8_t enter[] = {
    0x36, 0x41, 0x00,  /* 0x00 entry a1, 32 */
    0x06, 0xff, 0xff,  /* 0x03 done: j done */
};
/* clang-format on */

static void test_entry(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, enter);
    espy_set_ps(r.cpu, PS_WOE | PS_UM | 2u << PS_CALLINC_SHIFT);
    espy_window_set_base(r.cpu, 15);
    r.cpu->window_start = 0x8000;
    espy_window_refresh(r.cpu);
    espy_cpu_set_a(r.cpu, 1, 0x1000);
    rig_step(&r, 1);
    assert_int_equal(r.cpu->window_base, 1);
    assert_int_equal(r.cpu->window_start, 0x8002);
    assert_int_equal(rig_a(&r, 1), 0x1000 - 32);
    /* Without windows there are no frames to enter. */
    espy_set_ps(r.cpu, PS_UM);
    espy_cpu_set_pc(r.cpu, RIG_CODE);
    rig_step(&r, 1);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + VEC_USER);
    assert_int_equal(r.cpu->exccause, EXC_ILLEGAL);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recursion),   cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_no_overflow), cmocka_unit_test(test_overflow_behind_branch),
        cmocka_unit_test(test_return),      cmocka_unit_test(test_movsp),
        cmocka_unit_test(test_rotation),    cmocka_unit_test(test_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
