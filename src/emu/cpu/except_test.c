/* SPDX-License-Identifier: MIT
 *
 * Exceptions, interrupts and timers: where control goes, what is kept, when.
 * Vectors and levels are those of ESP-IDF's core-isa.h.
 */
#include "cpu_rig.h"

#define UNTOUCHED 0x2ffu
#define TASK (PS_WOE | PS_UM)

/* clang-format off */
static const uint8_t counting[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x42, 0xc4, 0x01,  /* 0x06 addi a4, a4, 1 */
    0xc6, 0xfc, 0xff,  /* 0x09 j start */
};
/* clang-format on */

/* ---- exceptions ---- */

typedef struct fault {
    uint8_t bytes[4];
    uint8_t cause;
    uint32_t vaddr;
} fault;

/* With a2 = 0, a3 = RIG_DATA + 1, a4 = 0x100, in a region without access. */
static const fault faults[] = {
    {{0x00, 0x00, 0x00}, EXC_ILLEGAL, UNTOUCHED},                /* ill */
    {{0x6d, 0xf0}, EXC_ILLEGAL, UNTOUCHED},                      /* ill.n */
    {{0x00, 0x50, 0x00}, EXC_SYSCALL, UNTOUCHED},                /* syscall */
    {{0x20, 0x55, 0xd2}, EXC_DIVIDE_BY_ZERO, UNTOUCHED},         /* quos a5, a5, a2 */
    {{0x20, 0x55, 0xc2}, EXC_DIVIDE_BY_ZERO, UNTOUCHED},         /* quou a5, a5, a2 */
    {{0x20, 0x55, 0xf2}, EXC_DIVIDE_BY_ZERO, UNTOUCHED},         /* rems a5, a5, a2 */
    {{0x20, 0x55, 0xe2}, EXC_DIVIDE_BY_ZERO, UNTOUCHED},         /* remu a5, a5, a2 */
    {{0x52, 0xe3, 0x00}, EXC_UNALIGNED, RIG_DATA + 1},           /* s32c1i a5, a3, 0 */
    {{0x52, 0xb3, 0x00}, EXC_UNALIGNED, RIG_DATA + 1},           /* l32ai a5, a3, 0 */
    {{0x52, 0xf3, 0x00}, EXC_UNALIGNED, RIG_DATA + 1},           /* s32ri a5, a3, 0 */
    {{0x52, 0x24, 0x01}, EXC_LOAD_PROHIBITED, 0x104},            /* l32i a5, a4, 4 */
    {{0x52, 0x04, 0x01}, EXC_LOAD_PROHIBITED, 0x101},            /* l8ui a5, a4, 1 */
    {{0x52, 0x64, 0x00}, EXC_STORE_PROHIBITED, 0x100},           /* s32i a5, a4, 0 */
    {{0x30, 0x12, 0x0a}, EXC_CP0_DISABLED, UNTOUCHED},           /* add.s f1, f2, f3 */
    {{0x13, 0x03, 0x00}, EXC_CP0_DISABLED, UNTOUCHED},           /* lsi f1, a3, 0 */
    {{0x80, 0x2e, 0xe3}, EXC_CP0_DISABLED, UNTOUCHED},           /* rur a2, fcr */
    {{0x24, 0x08, 0x65}, EXC_CP0_DISABLED + 3, UNTOUCHED},       /* a 24-bit one of the vector unit */
    {{0x0e, 0x00, 0x00, 0x00}, EXC_CP0_DISABLED + 3, UNTOUCHED}, /* and a 32-bit one */
    {{0x50, 0x05, 0x03}, EXC_ILLEGAL, UNTOUCHED},                /* rsr a5, 5: no such register */
    {{0x50, 0xeb, 0x13}, EXC_ILLEGAL, UNTOUCHED},                /* wsr a5, prid: read only */
    {{0x40, 0x56, 0xe3}, EXC_ILLEGAL, UNTOUCHED},                /* rur a5, 100: no such register */
};

static void step_into(rig *r, const fault *f)
{
    rig_init(r);
    rig_load(r, RIG_CODE, counting, 3);
    rig_load(r, RIG_CODE + 3, f->bytes, sizeof f->bytes);
    espy_cpu_set_a(r->cpu, 2, UINT32_MAX);
    espy_cpu_set_a(r->cpu, 3, RIG_DATA + 1);
    espy_cpu_set_a(r->cpu, 4, 0x100);
    r->cpu->dtlb[0] = 15;
    r->cpu->excvaddr = UNTOUCHED;
    rig_step(r, 2);
}

static void test_exceptions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        rig r;
        step_into(&r, &faults[i]);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + VEC_USER);
        assert_int_equal(r.cpu->exccause, faults[i].cause);
        assert_int_equal(r.cpu->epc[1], RIG_CODE + 3);
        assert_int_equal(r.cpu->ps, TASK | PS_EXCM);
        assert_int_equal(r.cpu->excvaddr, faults[i].vaddr);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t jump_away[] = {
    0xa0, 0x02, 0x00,  /* 0x00 jx a2 */
};
/* clang-format on */

static void test_fetch_from_nowhere(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, jump_away);
    espy_cpu_set_a(r.cpu, 2, RIG_NOTHING);
    rig_step(&r, 2);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + VEC_USER);
    assert_int_equal(r.cpu->exccause, EXC_INSTR_ERROR);
    assert_int_equal(r.cpu->epc[1], RIG_NOTHING);
    assert_int_equal(r.cpu->excvaddr, RIG_NOTHING);
    rig_free(&r);
}

/* Vectors that are nowhere either must not hang the emulator. */
static void test_vectors_nowhere(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    r.cpu->vecbase = RIG_NOTHING;
    espy_cpu_set_pc(r.cpu, RIG_NOTHING);
    rig_step(&r, 100);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_NOTHING + VEC_DOUBLE);
    rig_free(&r);
}

static void test_kernel_and_double(void **state)
{
    static const struct {
        uint32_t ps, vector;
    } cases[] = {{PS_WOE | PS_UM, VEC_USER}, {PS_WOE, VEC_KERNEL}, {PS_WOE | PS_UM | PS_EXCM, VEC_DOUBLE}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_init(&r);
        espy_set_ps(r.cpu, cases[i].ps);
        r.cpu->epc[1] = UNTOUCHED;
        rig_step(&r, 1); /* zeros are ILL */
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + cases[i].vector);
        assert_int_equal(cases[i].vector == VEC_DOUBLE ? r.cpu->depc : r.cpu->epc[1], RIG_CODE);
        if (cases[i].vector == VEC_DOUBLE)
            assert_int_equal(r.cpu->epc[1], UNTOUCHED);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t return_from_exception[] = {
    0x50, 0xb1, 0x03,  /* 0x00 rsr a5, epc1 */
    0x52, 0xc5, 0x03,  /* 0x03 addi a5, a5, 3 */
    0x50, 0xb1, 0x13,  /* 0x06 wsr a5, epc1 */
    0x00, 0x30, 0x00,  /* 0x09 rfe */
};
/* clang-format on */

/* clang-format off */
static const uint8_t faulting[] = {
    0x00, 0x00, 0x00,  /* 0x00 ill */
    0x62, 0xc6, 0x01,  /* 0x03 addi a6, a6, 1 */
    0x06, 0xff, 0xff,  /* 0x06 done: j done */
};
/* clang-format on */
#define faulting_done 0x06u

static void test_rfe(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, faulting);
    LOAD_AT(&r, RIG_VECTORS + VEC_USER, return_from_exception);
    rig_step(&r, 6);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + faulting_done);
    assert_int_equal(rig_a(&r, 6), 1);
    assert_int_equal(r.cpu->ps, TASK);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t break_point[] = {
    0x20, 0x41, 0x00,  /* 0x00 break 1, 2 */
    0x06, 0xff, 0xff,  /* 0x03 done: j done */
};
/* clang-format on */
#define break_point_done 0x03u

static void test_break(void **state)
{
    (void)state;
    for (uint32_t level = 5; level < 8; level++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, break_point);
        espy_set_ps(r.cpu, TASK | level);
        rig_step(&r, 1);
        if (level < DEBUG_LEVEL) {
            assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + 0x280);
            assert_int_equal(r.cpu->epc[6], RIG_CODE);
            assert_int_equal(r.cpu->eps[6], TASK | level);
            assert_int_equal(r.cpu->debugcause, DEBUGCAUSE_BREAK);
            assert_int_equal(r.cpu->ps, TASK | PS_EXCM | DEBUG_LEVEL);
        } else {
            assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + break_point_done);
        }
        rig_free(&r);
    }
}

/* ---- interrupts ---- */

static unsigned level_of(unsigned n)
{
    static const uint8_t level[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 7, 3,
                                      5, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 3, 4, 3, 4, 5};
    return level[n];
}

/* Each external input reaches its level's vector exactly when it is enabled and
 * the level is open. */
static void test_levels(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 32; n++) {
        bool internal = (0x200180c0u >> n & 1) != 0 || n == 11;
        unsigned level = level_of(n);
        for (unsigned masked = 0; masked < 8; masked++) {
            rig r;
            rig_init(&r);
            LOAD_AT(&r, RIG_CODE, counting);
            LOAD_AT(&r, RIG_VECTORS + VEC_USER, counting);
            espy_set_ps(r.cpu, TASK | masked);
            r.cpu->intenable = 1u << n;
            espy_cpu_set_interrupts(r.cpu, 1u << n);
            rig_step(&r, 1);
            if (internal || level <= masked) {
                assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + 3);
            } else if (level == 1) {
                assert_int_equal(r.cpu->epc[1], RIG_CODE);
                assert_int_equal(r.cpu->exccause, EXC_LEVEL1_INTERRUPT);
                assert_int_equal(r.cpu->ps, TASK | masked | PS_EXCM);
            } else {
                assert_int_equal(r.cpu->epc[level], RIG_CODE);
                assert_int_equal(r.cpu->eps[level], TASK | masked);
                assert_int_equal(r.cpu->ps, TASK | level | PS_EXCM);
            }
            rig_free(&r);
        }
    }
}

static void test_excm_masks_up_to_level_3(void **state)
{
    static const uint32_t inputs[] = {1u << 0, 1u << 19, 1u << 22, 1u << 24, 1u << 31};
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, counting);
        espy_set_ps(r.cpu, TASK | PS_EXCM);
        r.cpu->intenable = UINT32_MAX;
        espy_cpu_set_interrupts(r.cpu, inputs[i]);
        assert_int_equal(espy_interrupt_due(r.cpu), i + 1 > 3);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t read_and_clear[] = {
    0x50, 0xe2, 0x03,  /* 0x00 start: rsr a5, interrupt */
    0x60, 0xe3, 0x13,  /* 0x03 wsr a6, intclear */
    0x70, 0xe2, 0x03,  /* 0x06 rsr a7, interrupt */
    0xc6, 0xfc, 0xff,  /* 0x09 j start */
};
/* clang-format on */

/* Edges are kept until cleared, levels follow the wire. */
static void test_edge_and_level(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, read_and_clear);
    espy_cpu_set_a(r.cpu, 6, UINT32_MAX);
    espy_cpu_set_interrupts(r.cpu, 1u << 10 | 1u << 4);
    espy_cpu_set_interrupts(r.cpu, 1u << 4);
    rig_step(&r, 4);
    assert_int_equal(rig_a(&r, 5), 1u << 10 | 1u << 4);
    assert_int_equal(rig_a(&r, 7), 1u << 4);
    espy_cpu_set_interrupts(r.cpu, 0);
    rig_step(&r, 4);
    assert_int_equal(rig_a(&r, 5), 0);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t software[] = {
    0x20, 0xe2, 0x13,  /* 0x00 start: wsr a2, intset */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x32, 0xc3, 0x01,  /* 0x06 addi a3, a3, 1 */
};
/* clang-format on */

/* The interrupt comes before the very next instruction. */
static void test_software_interrupt(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, software);
    LOAD_AT(&r, RIG_VECTORS + 0x1c0, counting);
    r.cpu->intenable = 1u << 29;
    espy_cpu_set_a(r.cpu, 2, 1u << 29 | 1u << 5); /* 5 is no software interrupt */
    rig_step(&r, 2);
    assert_int_equal(r.cpu->epc[3], RIG_CODE + 3);
    assert_int_equal(r.cpu->interrupt, 1u << 29);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_VECTORS + 0x1c0 + 3);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t open_and_close[] = {
    0x50, 0x63, 0x00,  /* 0x00 rsil a5, 3 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x60, 0x60, 0x00,  /* 0x06 rsil a6, 0 */
    0x32, 0xc3, 0x01,  /* 0x09 addi a3, a3, 1 */
};
/* clang-format on */

static void test_rsil(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, open_and_close);
    LOAD_AT(&r, RIG_VECTORS + VEC_USER, counting);
    r.cpu->intenable = 1;
    rig_step(&r, 1);
    espy_cpu_set_interrupts(r.cpu, 1);
    rig_step(&r, 3);
    assert_int_equal(rig_a(&r, 5), TASK);
    assert_int_equal(rig_a(&r, 6), TASK | 3);
    assert_int_equal(r.cpu->epc[1], RIG_CODE + 9);
    assert_int_equal(rig_a(&r, 3), 1);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t leave_level[] = {
    0x10, 0x33, 0x00,  /* 0x00 rfi 3 */
};
/* clang-format on */

static void test_rfi(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_VECTORS, leave_level);
    LOAD_AT(&r, RIG_CODE, counting);
    espy_cpu_set_pc(r.cpu, RIG_VECTORS);
    r.cpu->epc[3] = RIG_CODE;
    r.cpu->eps[3] = TASK | 1;
    rig_step(&r, 2);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + 3);
    assert_int_equal(r.cpu->ps, TASK | 1);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t access[] = {
    0x52, 0x26, 0x00,  /* 0x00 start: l32i a5, a6, 0 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x32, 0xc3, 0x01,  /* 0x06 addi a3, a3, 1 */
    0xc6, 0xfc, 0xff,  /* 0x09 j start */
};
/* clang-format on */

static void raise_input(rig *r)
{
    espy_cpu_set_interrupts(r->cpu, 1);
}

/* A peripheral that raises its line while it is accessed interrupts right there. */
static void test_interrupt_during_access(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    r.on_access = raise_input;
    LOAD_AT(&r, RIG_CODE, access);
    r.cpu->intenable = 1;
    espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
    rig_step(&r, 2);
    assert_int_equal(r.cpu->epc[1], RIG_CODE + 3);
    assert_int_equal(rig_a(&r, 3), 0);
    rig_free(&r);
}

/* ---- timers ---- */

/* clang-format off */
static const uint8_t set_timer[] = {
    0x20, 0xea, 0x03,  /* 0x00 start: rsr a2, ccount */
    0x32, 0xc2, 0x14,  /* 0x03 addi a3, a2, 20 */
    0x30, 0xf1, 0x13,  /* 0x06 wsr a3, ccompare1 */
    0x42, 0xc4, 0x01,  /* 0x09 spin: addi a4, a4, 1 */
    0x46, 0xfe, 0xff,  /* 0x0c j spin */
};
/* clang-format on */

/* CCOUNT reaches CCOMPARE1 20 cycles after RSR read it: 17 instructions after
 * the WSR.  Then CCOUNT is what CCOMPARE1 says. */
static void test_timer(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, set_timer);
    r.cpu->intenable = 1u << 15;
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 0);
    assert_int_equal(r.cpu->interrupt, 1u << 15);
    assert_int_equal(rig_a(&r, 4), 9); /* 17 of addi, j, addi, ... */
    espy_cpu_run(r.cpu, RIG_CYCLE);
    assert_int_equal(r.cpu->epc[3], RIG_CODE + 12);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t ack_timer[] = {
    0x30, 0xf1, 0x13,  /* 0x00 wsr a3, ccompare1 */
    0x50, 0xe2, 0x03,  /* 0x03 rsr a5, interrupt */
};
/* clang-format on */

static void test_writing_ccompare_acknowledges(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, ack_timer);
    r.cpu->interrupt = 1u << 6 | 1u << 15 | 1u << 16;
    rig_step(&r, 2);
    assert_int_equal(rig_a(&r, 5), 1u << 6 | 1u << 16);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t wait[] = {
    0x00, 0x70, 0x00,  /* 0x00 start: waiti 0 */
    0x42, 0xc4, 0x01,  /* 0x03 addi a4, a4, 1 */
    0x86, 0xfd, 0xff,  /* 0x06 j start */
};
/* clang-format on */

static void test_waiti(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, wait);
    LOAD_AT(&r, RIG_VECTORS + VEC_USER, counting);
    espy_set_ps(r.cpu, TASK | 5);
    r.cpu->intenable = 1u << 6 | 1u << 0;
    r.cpu->ccompare[0] = 1001;
    r.cpu->ccompare[1] = 500; /* not enabled: wakes nobody */
    assert_int_equal(espy_cpu_run(r.cpu, 1000), RIG_CYCLE);
    assert_true(espy_cpu_waiting(r.cpu));
    assert_int_equal(espy_cpu_wake_in(r.cpu), 1000 * RIG_CYCLE);
    assert_int_equal(espy_cpu_run(r.cpu, 1000), 0);
    espy_cpu_idle(r.cpu, 999 * RIG_CYCLE + 1);
    assert_int_equal(espy_cpu_wake_in(r.cpu), 1);
    assert_true(espy_cpu_waiting(r.cpu));
    espy_cpu_idle(r.cpu, 1);
    assert_false(espy_cpu_waiting(r.cpu));
    rig_step(&r, 1);
    assert_int_equal(r.cpu->epc[1], RIG_CODE + 3);
    assert_int_equal(r.cpu->interrupt & 1u << 15, 1u << 15);
    rig_free(&r);
}

static void test_waiti_wakes_on_input(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, wait);
    r.cpu->intenable = 1u << 3;
    rig_step(&r, 1);
    assert_true(espy_cpu_waiting(r.cpu));
    assert_int_equal(espy_cpu_wake_in(r.cpu), ESPY_NEVER);
    espy_cpu_set_interrupts(r.cpu, 1u << 3);
    assert_false(espy_cpu_waiting(r.cpu));
    rig_step(&r, 1);
    assert_int_equal(r.cpu->epc[1], RIG_CODE + 3);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_fetch_from_nowhere),
        cmocka_unit_test(test_vectors_nowhere),
        cmocka_unit_test(test_kernel_and_double),
        cmocka_unit_test(test_rfe),
        cmocka_unit_test(test_break),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_excm_masks_up_to_level_3),
        cmocka_unit_test(test_edge_and_level),
        cmocka_unit_test(test_software_interrupt),
        cmocka_unit_test(test_rsil),
        cmocka_unit_test(test_rfi),
        cmocka_unit_test(test_interrupt_during_access),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_writing_ccompare_acknowledges),
        cmocka_unit_test(test_waiti),
        cmocka_unit_test(test_waiti_wakes_on_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
