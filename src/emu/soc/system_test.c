/* SPDX-License-Identifier: MIT
 *
 * SYSTEM: clocks, the second core, module resets, interrupts between cores.
 */
#include "system.h"

#include "../core/bench.h"

#define BASE 0x600C0000u
#define CORE_1_CONTROL_0 (BASE + 0x000)
#define CORE_1_CONTROL_1 (BASE + 0x004)
#define CPU_PER_CONF (BASE + 0x010)
#define PERIP_RST_EN0 (BASE + 0x020)
#define PERIP_RST_EN1 (BASE + 0x024)
#define FROM_CPU(n) (BASE + 0x030 + 4 * (n))
#define SYSCLK_CONF (BASE + 0x060)

typedef struct rig {
    bench b;
    espy_system system;
    unsigned cpu, apb;
    probe reset, clock, stall, from_cpu[4], module[ESPY_RST_COUNT];
} rig;

static void clock_changed(void *self, unsigned cpu, unsigned apb)
{
    rig *r = self;
    r->cpu = cpu;
    r->apb = apb;
}

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_system_init(&r->system, &r->b.soc);
    r->system.clock = clock_changed;
    r->system.clock_self = r;
    r->system.core1_reset = probe_line(&r->b, &r->reset);
    r->system.core1_clock = probe_line(&r->b, &r->clock);
    r->system.core1_stall = probe_line(&r->b, &r->stall);
    for (unsigned i = 0; i < 4; i++)
        r->system.from_cpu[i] = probe_line(&r->b, &r->from_cpu[i]);
    for (unsigned i = 0; i < ESPY_RST_COUNT; i++)
        r->system.module_reset[i] = probe_line(&r->b, &r->module[i]);
    espy_system_reset(&r->system, ESPY_RESET_CHIP);
}

/* TRM: after reset the CPU runs from the crystal divided by two, 20 MHz. */
static void the_clock_after_reset(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    assert_int_equal(r.cpu, 24);
    assert_int_equal(r.apb, 24);
    uint32_t conf = rd(&r.b, SYSCLK_CONF);
    assert_int_equal(conf >> 12 & 0x7F, 40); /* ets_get_xtal_freq() */
    assert_true(conf & 1u << 19);            /* ets_get_xtal_div() reads the divider */
    assert_int_equal(conf & 0x3FF, 1);
    bench_close(&r.b);
}

/* The frequencies that ESP-IDF's rtc_clk.c sets, and the ticks of 480 MHz they are. */
static void every_cpu_frequency(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    const struct {
        uint32_t source, divider, period, cpu, apb;
    } cases[] = {{1, 1, 0, 6, 6},   {1, 1, 1, 3, 6},   {1, 1, 2, 2, 6},  {0, 1, 0, 12, 12},
                 {0, 2, 0, 24, 24}, {0, 4, 0, 48, 48}, {2, 1, 0, 27, 27}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        wr(&r.b, CPU_PER_CONF, 0xC | cases[i].period);
        wr(&r.b, SYSCLK_CONF, cases[i].source << 10 | (cases[i].divider - 1));
        assert_int_equal(r.cpu, cases[i].cpu);
        assert_int_equal(r.apb, cases[i].apb);
    }
    bench_close(&r.b);
}

/* As cpu_start.c: clock on, stall off, reset pulsed. */
static void the_second_core(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    assert_true(r.reset.level);
    assert_false(r.clock.level);
    wr(&r.b, CORE_1_CONTROL_0, 0x6);
    assert_true(r.clock.level);
    assert_true(r.reset.level);
    wr(&r.b, CORE_1_CONTROL_0, 0x2);
    assert_false(r.reset.level);
    wr(&r.b, CORE_1_CONTROL_0, 0x3);
    assert_true(r.stall.level);
    wr(&r.b, CORE_1_CONTROL_1, 0x40375F30);
    assert_int_equal(rd(&r.b, CORE_1_CONTROL_1), 0x40375F30);
    espy_system_reset(&r.system, ESPY_RESET_CORE);
    assert_true(r.reset.level);
    assert_false(r.stall.level);
    assert_int_equal(rd(&r.b, CORE_1_CONTROL_1), 0);
    bench_close(&r.b);
}

static void cores_interrupt_each_other(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (unsigned i = 0; i < 4; i++) {
        wr(&r.b, FROM_CPU(i), 1);
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(r.from_cpu[k].level, k == i);
        wr(&r.b, FROM_CPU(i), 0);
    }
    bench_close(&r.b);
}

static void module_resets(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, PERIP_RST_EN0, 1u << 29 | 1u << 2);
    assert_true(r.module[ESPY_RST_SYSTIMER].level);
    assert_true(r.module[ESPY_RST_UART].level);
    assert_false(r.module[ESPY_RST_SPI01].level);
    wr(&r.b, PERIP_RST_EN0, 1u << 2);
    assert_false(r.module[ESPY_RST_SYSTIMER].level);
    assert_int_equal(r.module[ESPY_RST_UART].rises, 1);
    assert_int_equal(rd(&r.b, PERIP_RST_EN1), 0x1FE);
    wr(&r.b, PERIP_RST_EN1, 0x1FE | 1u << 9);
    assert_true(r.module[ESPY_RST_UART2].level);
    espy_system_reset(&r.system, ESPY_RESET_CORE); /* releases what software held */
    assert_false(r.module[ESPY_RST_UART].level);
    assert_false(r.module[ESPY_RST_UART2].level);
    bench_close(&r.b);
}

static void other_registers_store(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    assert_int_equal(rd(&r.b, BASE + 0x018), 0xF9C1E06F);
    assert_int_equal(rd(&r.b, BASE + 0xFFC), 0x02101220);
    wr(&r.b, BASE + 0x018, 0x12345678);
    assert_int_equal(rd(&r.b, BASE + 0x018), 0x12345678);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_after_reset), cmocka_unit_test(every_cpu_frequency),
        cmocka_unit_test(the_second_core),       cmocka_unit_test(cores_interrupt_each_other),
        cmocka_unit_test(module_resets),         cmocka_unit_test(other_registers_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
