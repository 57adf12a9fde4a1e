/* SPDX-License-Identifier: MIT
 *
 * Software may write anything anywhere: the timers, RTC, pads, SYSTEM, the matrix and
 * the stores take random writes at random times, and time must still pass.  Run under
 * the sanitizers; what is checked is that nothing is out of bounds, overflows, or
 * lets time stand still.
 */
#include "../src/emu/soc/assist_debug.h"
#include "../src/emu/soc/efuse.h"
#include "../src/emu/soc/gpio.h"
#include "../src/emu/soc/intmatrix.h"
#include "../src/emu/soc/regi2c.h"
#include "../src/emu/soc/rtc.h"
#include "../src/emu/soc/rtc_io.h"
#include "../src/emu/soc/sens.h"
#include "../src/emu/soc/storage.h"
#include "../src/emu/soc/system.h"
#include "../src/emu/soc/systimer.h"
#include "../src/emu/soc/timg.h"

#include "../src/emu/core/bench.h"

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

typedef struct rig {
    bench b;
    espy_assist_debug assist_debug;
    espy_intmatrix matrix;
    espy_regi2c regi2c;
    espy_efuse efuse;
    espy_gpio gpio;
    espy_rtc rtc;
    espy_rtc_io rtc_io;
    espy_sens sens;
    espy_storage storage;
    espy_system system;
    espy_systimer systimer;
    espy_timg timg[2];
    unsigned resets;
} rig;

static void request(void *self, espy_reset_cause cause, unsigned cores)
{
    rig *r = self;
    (void)cause;
    (void)cores;
    r->resets++;
}

static void clock_changed(void *self, unsigned cpu_ticks, unsigned apb_ticks)
{
    rig *r = self;
    assert_in_range(cpu_ticks, 2, 1024 * 27);
    for (unsigned i = 0; i < 2; i++)
        espy_timg_set_apb(&r->timg[i], apb_ticks);
}

/* GPIO, RTC_IO and RTC_CNTL tell each other about pads. */
static void open_pads(rig *r)
{
    espy_gpio_init(&r->gpio, &r->b.soc, (espy_line){0}, (espy_line){0});
    espy_rtc_io_init(&r->rtc_io, &r->b.soc);
    r->rtc_io.pad = espy_gpio_set_rtc;
    r->rtc_io.pad_self = &r->gpio;
    r->rtc_io.inputs = espy_rtc_set_pads;
    r->rtc_io.inputs_self = &r->rtc;
    r->rtc_io.wake = (espy_line){espy_rtc_gpio_wakes, &r->rtc, 1};
    r->gpio.changed = (espy_line){espy_rtc_io_changed, &r->rtc_io, 0};
    r->gpio.wake = (espy_line){espy_rtc_gpio_wakes, &r->rtc, 0};
    r->rtc.hold = espy_gpio_set_hold;
    r->rtc.hold_self = &r->gpio;
}

static void open_rig(rig *r)
{
    *r = (rig){0};
    bench_open(&r->b);
    espy_assist_debug_init(&r->assist_debug, &r->b.soc);
    espy_intmatrix_init(&r->matrix, &r->b.soc);
    espy_regi2c_init(&r->regi2c, &r->b.soc);
    espy_rtc_init(&r->rtc, &r->b.soc);
    espy_efuse_init(&r->efuse, &r->b.soc, &(espy_efuse_config){0});
    espy_calibration calibration;
    espy_efuse_calibration(&r->efuse, &calibration);
    espy_sens_init(&r->sens, &r->b.soc, &calibration);
    open_pads(r);
    espy_storage_init(&r->storage, &r->b.soc);
    espy_system_init(&r->system, &r->b.soc);
    espy_systimer_init(&r->systimer, &r->b.soc);
    for (unsigned i = 0; i < 2; i++) {
        espy_timg_init(&r->timg[i], &r->b.soc, i);
        r->timg[i].reset = (espy_reset_port){request, r};
    }
    r->rtc.reset = (espy_reset_port){request, r};
    r->regi2c.sar_adc = espy_sens_analog;
    r->regi2c.sar_adc_self = &r->sens;
    r->system.clock = clock_changed;
    r->system.clock_self = r;
}

static void poke(rig *r, uint64_t *random)
{
    const espy_device *device = &r->b.bus.devices[next_random(random) % r->b.bus.device_count];
    uint32_t offset = next_random(random) % device->size & ~3u;
    if (next_random(random) % 4 != 0)
        offset &= 0xFF; /* where the registers are */
    /* Few bits, so that enables and small values meet. */
    uint32_t value = next_random(random) & next_random(random);
    if (next_random(random) & 1)
        wr(&r->b, device->base + offset % device->size, value);
    else
        rd(&r->b, device->base + offset % device->size);
}

static void time_passes_whatever_is_written(void **state)
{
    (void)state;
    static rig r;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed;
        open_rig(&r);
        for (unsigned i = 0; i < 2000; i++) {
            poke(&r, &random);
            pass(&r.b, next_random(&random) % 2000);
        }
        espy_rtc_reset(&r.rtc, ESPY_RESET_CHIP);
        espy_systimer_reset(&r.systimer, ESPY_RESET_CHIP);
        for (unsigned i = 0; i < 2; i++)
            espy_timg_reset(&r.timg[i], ESPY_RESET_CHIP);
        assert_int_equal(espy_clock_next(&r.b.clock), ESPY_NEVER); /* a reset disarms everything */
        bench_close(&r.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_passes_whatever_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
