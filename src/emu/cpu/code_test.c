/* SPDX-License-Identifier: MIT
 *
 * The cache of decoded code: changed memory, changed mappings, loops, and slices
 * that end in the middle of a block.
 */
#include "cpu_rig.h"

/* clang-format off */
static const uint8_t count[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x42, 0xc4, 0x01,  /* 0x06 addi a4, a4, 1 */
    0xc6, 0xfc, 0xff,  /* 0x09 j start */
};
/* clang-format on */

/* A slice of n cycles executes n instructions, wherever they lie in a block. */
static void test_slices_are_exact(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 40; first++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, count);
        rig_step(&r, first);
        rig_step(&r, 37);
        unsigned n = first + 37;
        assert_int_equal(r.clock.now, n * RIG_CYCLE);
        assert_int_equal(espy_cpu_instructions(r.cpu), n);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + n % 4 * 3);
        assert_int_equal(rig_a(&r, 2), (n + 3) / 4);
        assert_int_equal(rig_a(&r, 3), (n + 2) / 4);
        assert_int_equal(rig_a(&r, 4), (n + 1) / 4);
        rig_free(&r);
    }
}

/* clang-format off */
static const uint8_t look[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x52, 0x26, 0x00,  /* 0x03 l32i a5, a6, 0 */
    0x22, 0xc2, 0x01,  /* 0x06 addi a2, a2, 1 */
    0x52, 0x26, 0x00,  /* 0x09 l32i a5, a6, 0 */
    0x70, 0xea, 0x03,  /* 0x0c rsr a7, ccount */
    0x52, 0x26, 0x00,  /* 0x0f l32i a5, a6, 0 */
    0x86, 0xfa, 0xff,  /* 0x12 j start */
};
/* clang-format on */

/* A peripheral sees the time at which its access begins. */
static void test_time_of_access(void **state)
{
    static const unsigned steps[] = {2, 4, 6, 9, 11, 13};
    static const unsigned at[] = {1, 3, 5, 8, 10, 12};
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, look);
        espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
        rig_step(&r, steps[i]);
        assert_int_equal(r.asked_at, at[i] * RIG_CYCLE);
        rig_free(&r);
    }
}

static void stop_core(rig *r)
{
    espy_cpu_stop(r->cpu);
}

static void test_stop_during_access(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    r.on_access = stop_core;
    LOAD_AT(&r, RIG_CODE, look);
    espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
    assert_int_equal(espy_cpu_run(r.cpu, 1000), 2 * RIG_CYCLE);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + 6);
    assert_int_equal(espy_cpu_run(r.cpu, 1000), 2 * RIG_CYCLE);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + 12);
    assert_int_equal(rig_a(&r, 2), 2);
    rig_free(&r);
}

static espy_event event;

static void arm_event(rig *r)
{
    if (!event.armed)
        espy_clock_at(&r->clock, &event, r->clock.now + 7);
}

/* An event armed by an access ends the slice when it is due: 7 ticks after cycle
 * 1 is within cycle 4, so cycle 4 is completed. */
static void test_event_armed_during_access(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    event = (espy_event){0};
    r.on_access = arm_event;
    LOAD_AT(&r, RIG_CODE, look);
    espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
    assert_int_equal(espy_cpu_run(r.cpu, 1000), 5 * RIG_CYCLE);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + 15);
    rig_free(&r);
}

static void slow_down(rig *r)
{
    espy_cpu_set_cycle(r->cpu, 12);
}

/* A change of the core's clock holds from the next instruction on. */
static void test_cycle_changed_during_access(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    r.on_access = slow_down;
    LOAD_AT(&r, RIG_CODE, look);
    espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
    espy_cpu_run(r.cpu, 2 * 2 + 3 * 12);
    assert_int_equal(espy_cpu_instructions(r.cpu), 5);
    assert_int_equal(r.asked_at, 2 * 2 + 12);
    assert_int_equal(r.clock.now, 2 * 2 + 3 * 12);
    rig_free(&r);
}

/* ---- changed code ---- */

/* clang-format off */
static const uint8_t increment[] = {
    0x22, 0xc2, 0x01,  /* 0x00 start: addi a2, a2, 1 */
    0x46, 0xfe, 0xff,  /* 0x03 j start */
};
/* clang-format on */

/* clang-format off */
static const uint8_t decrement[] = {
    0x22, 0xc2, 0xff,  /* 0x00 start: addi a2, a2, -1 */
    0x46, 0xfe, 0xff,  /* 0x03 j start */
};
/* clang-format on */

/* Code written through the data bus is what the instruction bus then executes,
 * by the guest and by DMA alike. */
static void test_code_changed_through_alias(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, increment);
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 10);
    LOAD_AT(&r, RIG_DATA, decrement);
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 0);
    memcpy(r.ram, increment, sizeof increment);
    espy_bus_mem_changed(&r.bus, &r.mem, 0, sizeof increment);
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 10);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t self_modifying[] = {
    0x52, 0x26, 0x00,  /* 0x00 start: l32i a5, a6, 0 */
    0x52, 0x67, 0x00,  /* 0x03 s32i a5, a7, 0 */
    0x00, 0x20, 0x00,  /* 0x06 isync */
    0xf0, 0x20, 0x00,  /* 0x09 nop */
    0x22, 0xc2, 0x01,  /* 0x0c victim: addi a2, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x0f addi a3, a3, 1 */
    0x86, 0xfa, 0xff,  /* 0x12 j start */
};
/* clang-format on */
#define self_modifying_victim 0x0cu

/* The program puts another instruction in its own way. */
static void test_self_modification(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, self_modifying);
    espy_cpu_set_a(r.cpu, 6, RIG_DATA + 0x100);
    espy_cpu_set_a(r.cpu, 7, RIG_DATA + self_modifying_victim);
    /* a2 += 16 instead, then the first byte of what follows */
    espy_bus_write(&r.bus, RIG_DATA + 0x100, 0x3210c222, 4);
    rig_step(&r, 7);
    assert_int_equal(rig_a(&r, 2), 16);
    assert_int_equal(rig_a(&r, 3), 1);
    espy_bus_write(&r.bus, RIG_DATA + 0x100, 0x3220c222, 4);
    rig_step(&r, 7);
    assert_int_equal(rig_a(&r, 2), 48);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t no_barrier[] = {
    0x52, 0x67, 0x00,  /* 0x00 start: s32i a5, a7, 0 */
    0x22, 0xc2, 0x01,  /* 0x03 victim: addi a2, a2, 1 */
    0x32, 0xc3, 0x01,  /* 0x06 addi a3, a3, 1 */
    0x06, 0xff, 0xff,  /* 0x09 done: j done */
};
/* clang-format on */
#define no_barrier_victim 0x03u

/* Even without ISYNC, for which the architecture promises nothing, what is
 * executed never depends on how code was cut into blocks. */
static void test_modification_without_barrier(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, no_barrier);
    espy_cpu_set_a(r.cpu, 5, 0x3210c222); /* addi a2, a2, 16, then the first byte of what follows */
    espy_cpu_set_a(r.cpu, 7, RIG_DATA + no_barrier_victim);
    rig_step(&r, 3);
    assert_int_equal(rig_a(&r, 2), 16);
    assert_int_equal(rig_a(&r, 3), 1);
    rig_free(&r);
}

/* The same address shows other memory: a page of flash behind the MMU. */
static void test_mapping_changed(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    uint32_t window = 0x42000000;
    LOAD_AT(&r, RIG_CODE + 0x1000, increment);
    LOAD_AT(&r, RIG_CODE + 0x2000, decrement);
    espy_bus_map(&r.bus, window, ESPY_PAGE_SIZE, &r.mem, 0x1000, false);
    espy_cpu_set_pc(r.cpu, window);
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 10);
    espy_bus_map(&r.bus, window, ESPY_PAGE_SIZE, &r.mem, 0x2000, false);
    rig_step(&r, 20);
    assert_int_equal(rig_a(&r, 2), 0);
    espy_bus_unmap(&r.bus, window, ESPY_PAGE_SIZE);
    rig_step(&r, 1);
    assert_int_equal(r.cpu->exccause, EXC_INSTR_ERROR);
    rig_free(&r);
}

/* An instruction that lies in two pages depends on both. */
static void test_instruction_across_pages(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    uint32_t window = 0x42000000, at = window + 0xffe;
    LOAD_AT(&r, RIG_CODE + 0x1ffe, increment);
    espy_bus_map(&r.bus, window, 2 * ESPY_PAGE_SIZE, &r.mem, 0x1000, false);
    espy_cpu_set_pc(r.cpu, at);
    rig_step(&r, 10);
    assert_int_equal(rig_a(&r, 2), 5);
    espy_bus_write(&r.bus, RIG_DATA + 0x2000, 0xff, 1); /* the immediate of ADDI */
    rig_step(&r, 10);
    assert_int_equal(rig_a(&r, 2), 0);
    rig_free(&r);
}

/* More code than the arena holds: it is emptied, and nobody notices. */
static void test_arena_overflows(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, increment);
    r.code->size = 8192;
    for (unsigned i = 0; i < 100; i++) {
        LOAD_AT(&r, RIG_DATA, increment);
        rig_step(&r, 20);
    }
    assert_int_equal(rig_a(&r, 2), 1000);
    assert_true(r.code->flushes > 0);
    rig_free(&r);
}

/* ---- loops ---- */

/* clang-format off */
static const uint8_t loops[] = {
    0x76, 0x82, 0x05,  /* 0x00 start: loop a2, end1 */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x42, 0xc4, 0x01,  /* 0x06 addi a4, a4, 1 */
    0x76, 0x92, 0x02,  /* 0x09 end1: loopnez a2, end2 */
    0x52, 0xc5, 0x01,  /* 0x0c addi a5, a5, 1 */
    0x76, 0xa6, 0x02,  /* 0x0f end2: loopgtz a6, end3 */
    0x72, 0xc7, 0x01,  /* 0x12 addi a7, a7, 1 */
    0x06, 0xff, 0xff,  /* 0x15 end3: done: j done */
};
/* clang-format on */
#define loops_end1 0x09u
#define loops_done 0x15u

static void test_loops(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 20; n++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, loops);
        espy_cpu_set_a(r.cpu, 2, n);
        espy_cpu_set_a(r.cpu, 6, n);
        rig_step(&r, 3 + 4 * n);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loops_done);
        assert_int_equal(rig_a(&r, 3), n);
        assert_int_equal(rig_a(&r, 4), n);
        assert_int_equal(rig_a(&r, 5), n);
        assert_int_equal(rig_a(&r, 7), n);
        assert_int_equal(r.cpu->lcount, 0);
        rig_free(&r);
    }
}

/* LOOPNEZ skips its body for 0, LOOPGTZ for 0 and less. */
static void test_skipped_loops(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, loops);
    espy_cpu_set_pc(r.cpu, RIG_CODE + loops_end1);
    espy_cpu_set_a(r.cpu, 2, 0);
    espy_cpu_set_a(r.cpu, 6, (uint32_t)-3);
    rig_step(&r, 2);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loops_done);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t loop_with_branch[] = {
    0x76, 0x82, 0x08,  /* 0x00 start: loop a2, end */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x16, 0x24, 0x00,  /* 0x06 beqz a4, end */
    0x52, 0xc5, 0x01,  /* 0x09 addi a5, a5, 1 */
    0x62, 0xc6, 0x01,  /* 0x0c end: addi a6, a6, 1 */
    0x06, 0xff, 0xff,  /* 0x0f done: j done */
};
/* clang-format on */
#define loop_with_branch_done 0x0fu

/* A branch that is taken to LEND leaves the loop: only falling into LEND turns
 * back. */
static void test_branch_to_loop_end(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, loop_with_branch);
    espy_cpu_set_a(r.cpu, 2, 5);
    rig_run_to(&r, RIG_CODE + loop_with_branch_done);
    assert_int_equal(rig_a(&r, 3), 1);
    assert_int_equal(rig_a(&r, 6), 1);
    assert_int_equal(r.cpu->lcount, 4);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t loop_of_nops[] = {
    0x76, 0x82, 0x08,  /* 0x00 start: loop a2, end */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0xf0, 0x20, 0x00,  /* 0x06 nop */
    0xf0, 0x20, 0x00,  /* 0x09 nop */
    0x06, 0xff, 0xff,  /* 0x0c end: done: j done */
};
/* clang-format on */
#define loop_of_nops_done 0x0cu

/* A loop ends its iterations as they are counted however slices cut it, and
 * does not turn back in an exception handler. */
static void test_loop_in_slices(void **state)
{
    (void)state;
    for (unsigned slice = 1; slice < 8; slice++) {
        rig r;
        rig_init(&r);
        LOAD_AT(&r, RIG_CODE, loop_of_nops);
        espy_cpu_set_a(r.cpu, 2, 9);
        for (unsigned done = 0; done < 28; done += slice)
            rig_step(&r, slice);
        assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loop_of_nops_done);
        assert_int_equal(rig_a(&r, 3), 9);
        rig_free(&r);
    }
}

static void test_no_loop_under_exception(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, loop_of_nops);
    espy_cpu_set_a(r.cpu, 2, 9);
    espy_set_ps(r.cpu, PS_EXCM);
    rig_step(&r, 5);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loop_of_nops_done);
    assert_int_equal(r.cpu->lcount, 8);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t set_lend[] = {
    0x20, 0x00, 0x13,  /* 0x00 start: wsr a2, lbeg */
    0x30, 0x01, 0x13,  /* 0x03 wsr a3, lend */
    0x40, 0x02, 0x13,  /* 0x06 wsr a4, lcount */
    0x00, 0x20, 0x00,  /* 0x09 isync */
    0x52, 0xc5, 0x01,  /* 0x0c body: addi a5, a5, 1 */
    0x62, 0xc6, 0x01,  /* 0x0f addi a6, a6, 1 */
    0x72, 0xc7, 0x01,  /* 0x12 end: addi a7, a7, 1 */
    0x06, 0xff, 0xff,  /* 0x15 done: j done */
};
/* clang-format on */
#define set_lend_body 0x0cu
#define set_lend_end 0x12u
#define set_lend_done 0x15u

/* LEND written by WSR, into the middle of code that was decoded before. */
static void test_loop_end_by_wsr(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    LOAD_AT(&r, RIG_CODE, set_lend);
    espy_cpu_set_pc(r.cpu, RIG_CODE + set_lend_body);
    rig_run_to(&r, RIG_CODE + set_lend_done);
    espy_cpu_set_a(r.cpu, 2, RIG_CODE + set_lend_body);
    espy_cpu_set_a(r.cpu, 3, RIG_CODE + set_lend_end);
    espy_cpu_set_a(r.cpu, 4, 3);
    espy_cpu_set_pc(r.cpu, RIG_CODE);
    rig_run_to(&r, RIG_CODE + set_lend_done);
    assert_int_equal(rig_a(&r, 5), 1 + 4);
    assert_int_equal(rig_a(&r, 6), 1 + 4);
    assert_int_equal(rig_a(&r, 7), 1 + 1);
    rig_free(&r);
}

/* clang-format off */
static const uint8_t loop_over_access[] = {
    0x76, 0x82, 0x05,  /* 0x00 start: loop a2, end */
    0x32, 0xc3, 0x01,  /* 0x03 addi a3, a3, 1 */
    0x52, 0x26, 0x00,  /* 0x06 l32i a5, a6, 0 */
    0x06, 0xff, 0xff,  /* 0x09 end: done: j done */
};
/* clang-format on */
#define loop_over_access_done 0x09u

/* A slice that ends with the loop's last instruction goes on in the loop. */
static void test_stop_at_loop_end(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    r.on_access = stop_core;
    LOAD_AT(&r, RIG_CODE, loop_over_access);
    espy_cpu_set_a(r.cpu, 2, 4);
    espy_cpu_set_a(r.cpu, 6, RIG_DEVICE);
    for (unsigned i = 0; i < 4; i++)
        espy_cpu_run(r.cpu, 1000);
    assert_int_equal(rig_a(&r, 3), 4);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loop_over_access_done);
    rig_free(&r);
}

/* Any number of different loop ends: beyond the table, every address may be one. */
static void test_many_loop_ends(void **state)
{
    rig r;
    (void)state;
    rig_init(&r);
    for (uint32_t i = 1; i < 40000; i++)
        espy_code_mark_loop_end(r.code, 0x42000000 + 8 * i);
    LOAD_AT(&r, RIG_CODE, loops);
    espy_cpu_set_a(r.cpu, 2, 7);
    espy_cpu_set_a(r.cpu, 6, 7);
    rig_step(&r, 3 + 4 * 7);
    assert_int_equal(espy_cpu_pc(r.cpu), RIG_CODE + loops_done);
    assert_int_equal(rig_a(&r, 3), 7);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_are_exact),
        cmocka_unit_test(test_time_of_access),
        cmocka_unit_test(test_stop_during_access),
        cmocka_unit_test(test_event_armed_during_access),
        cmocka_unit_test(test_cycle_changed_during_access),
        cmocka_unit_test(test_code_changed_through_alias),
        cmocka_unit_test(test_self_modification),
        cmocka_unit_test(test_modification_without_barrier),
        cmocka_unit_test(test_mapping_changed),
        cmocka_unit_test(test_instruction_across_pages),
        cmocka_unit_test(test_arena_overflows),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_skipped_loops),
        cmocka_unit_test(test_branch_to_loop_end),
        cmocka_unit_test(test_loop_in_slices),
        cmocka_unit_test(test_no_loop_under_exception),
        cmocka_unit_test(test_loop_end_by_wsr),
        cmocka_unit_test(test_stop_at_loop_end),
        cmocka_unit_test(test_many_loop_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
