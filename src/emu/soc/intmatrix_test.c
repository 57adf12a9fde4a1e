/* SPDX-License-Identifier: MIT
 *
 * The interrupt matrix: routing, sharing, masking of the core's own inputs.
 */
#include "intmatrix.h"

#include "../core/bench.h"

#define CORE0 0x600C2000u
#define CORE1 0x600C2800u

typedef struct rig {
    bench b;
    espy_intmatrix matrix;
    uint32_t levels[2];
    unsigned calls;
} rig;

static void output(void *self, unsigned core, uint32_t levels)
{
    rig *r = self;
    r->levels[core] = levels;
    r->calls++;
}

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_intmatrix_init(&r->matrix, &r->b.soc);
    r->matrix.output = output;
    r->matrix.output_self = r;
}

static void set(rig *r, unsigned source, bool level)
{
    espy_line line = espy_intmatrix_source(&r->matrix, source);
    espy_line_set(&line, level);
}

static void maps_start_at_16_and_keep_five_bits(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    for (unsigned n = 0; n < ESPY_INT_SOURCES; n++) {
        assert_int_equal(rd(&r.b, CORE0 + 4 * n), 16);
        assert_int_equal(rd(&r.b, CORE1 + 4 * n), 16);
    }
    wr(&r.b, CORE0 + 4 * 27, 0xFFFFFFE3);
    assert_int_equal(rd(&r.b, CORE0 + 4 * 27), 3);
    assert_int_equal(rd(&r.b, CORE0 + 0x19C), 1);
    assert_int_equal(rd(&r.b, CORE1 + 0x7FC), 0x02012300);
    bench_close(&r.b);
}

static void a_source_reaches_each_core_where_it_is_mapped(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, CORE0 + 4 * 79, 2);
    wr(&r.b, CORE1 + 4 * 79, 31);
    set(&r, 79, true);
    assert_int_equal(r.levels[0], 1u << 2);
    assert_int_equal(r.levels[1], 1u << 31);
    assert_int_equal(rd(&r.b, CORE0 + 0x18C + 8), 1u << (79 - 64));
    assert_int_equal(rd(&r.b, CORE1 + 0x18C + 8), 1u << (79 - 64));
    set(&r, 79, false);
    assert_int_equal(r.levels[0], 0);
    assert_int_equal(r.levels[1], 0);
    assert_int_equal(rd(&r.b, CORE0 + 0x18C + 8), 0);
    bench_close(&r.b);
}

static void sources_that_share_an_input_are_ored(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    wr(&r.b, CORE0 + 4 * 0, 5);
    wr(&r.b, CORE0 + 4 * 98, 5);
    set(&r, 0, true);
    set(&r, 98, true);
    set(&r, 0, false);
    assert_int_equal(r.levels[0], 1u << 5);
    set(&r, 98, false);
    assert_int_equal(r.levels[0], 0);
    bench_close(&r.b);
}

static void mapping_away_lowers_the_input(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    set(&r, 40, true);
    wr(&r.b, CORE0 + 4 * 40, 9);
    assert_int_equal(r.levels[0], 1u << 9);
    wr(&r.b, CORE0 + 4 * 40, 10);
    assert_int_equal(r.levels[0], 1u << 10);
    espy_intmatrix_reset(&r.matrix, ESPY_RESET_CORE);
    assert_int_equal(r.levels[0], 0);
    bench_close(&r.b);
}

/* core-isa.h: timers on 6, 15, 16, software on 7, 29, profiling on 11; no pin leads there. */
static void the_cores_own_inputs_are_not_driven(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    static const unsigned own[] = {6, 7, 11, 15, 16, 29};
    for (unsigned i = 0; i < 6; i++) {
        wr(&r.b, CORE1 + 4 * 50, own[i]);
        set(&r, 50, true);
        assert_int_equal(r.levels[1], 0);
        set(&r, 50, false);
    }
    assert_int_equal(r.calls, 0);
    bench_close(&r.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_start_at_16_and_keep_five_bits),
        cmocka_unit_test(a_source_reaches_each_core_where_it_is_mapped),
        cmocka_unit_test(sources_that_share_an_input_are_ored),
        cmocka_unit_test(mapping_away_lowers_the_input),
        cmocka_unit_test(the_cores_own_inputs_are_not_driven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
