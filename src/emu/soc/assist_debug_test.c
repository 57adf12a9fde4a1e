/* SPDX-License-Identifier: MIT
 *
 * The recorder of program counters.
 */
#include "assist_debug.h"

#include "../core/bench.h"

#define BASE 0x600CE000u
#define ENABLE(c) (BASE + 0x48 + 0x90 * (c))
#define RECORDING(c) (BASE + 0x4C + 0x90 * (c))
#define PDEBUGPC(c) (BASE + 0x5C + 0x90 * (c))
#define SP(c) (BASE + 0x6C + 0x90 * (c))

static void what_is_recorded_survives_all_but_power(void **state)
{
    (void)state;
    bench b;
    espy_assist_debug debug;
    bench_open(&b);
    espy_assist_debug_init(&debug, &b.soc);
    for (unsigned c = 0; c < 2; c++) {
        espy_assist_debug_record(&debug, c, 0x1111, 0x2222);
        assert_int_equal(rd(&b, PDEBUGPC(c)), 0); /* not switched on */
        wr(&b, ENABLE(c), 1);
        wr(&b, RECORDING(c), 1);
        espy_assist_debug_record(&debug, c, 0x40048836 + c, 0x3FCEB000 + c);
        espy_assist_debug_record(&debug, c, 0x40000400, 0); /* another reset, before the ROM looks */
    }
    espy_assist_debug_reset(&debug, ESPY_RESET_CORE);
    for (unsigned c = 0; c < 2; c++) {
        assert_int_equal(rd(&b, PDEBUGPC(c)), 0x40048836 + c);
        assert_int_equal(rd(&b, SP(c)), 0x3FCEB000 + c);
        assert_int_equal(rd(&b, ENABLE(c)), 0);
        wr(&b, PDEBUGPC(c), 0); /* read-only */
        assert_int_equal(rd(&b, PDEBUGPC(c)), 0x40048836 + c);
    }
    espy_assist_debug_reset(&debug, ESPY_RESET_CHIP);
    assert_int_equal(rd(&b, PDEBUGPC(0)), 0);
    assert_int_equal(rd(&b, BASE + 0x1FC), 0x02003040);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_recorded_survives_all_but_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
