/* SPDX-License-Identifier: MIT
 *
 * A machine in step with the wall clock; see the header.
 */
#include "pace.h"

#include <time.h>

/* A slice is what a client may have to wait for the attention of a busy board, and a nap
 * what a running core is behind the wall at most.  A lag is caught up with as long as it
 * may come from a busy computer. */
enum { SLICE_US = 5000, NAP_US = 1000, LAG_US = 500000 };

uint64_t espy_wall_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void espy_pace_start(espy_pace *pace, espy_machine *machine)
{
    *pace = (espy_pace){machine, espy_wall_us() - espy_machine_now_us(machine)};
}

static void run_until(espy_machine *machine, uint64_t end)
{
    for (uint64_t at; (at = espy_machine_now_us(machine)) < end;)
        espy_machine_run(machine, end - at);
}

/* A board that sleeps is not behind: what nothing happens in costs nothing to pass. */
static uint64_t asleep_until(const espy_pace *pace, uint64_t target)
{
    uint64_t at = espy_machine_now_us(pace->machine), idle = espy_machine_idle_us(pace->machine);
    return target <= at ? at : idle < target - at ? at + idle : target;
}

uint64_t espy_pace_step(espy_pace *pace)
{
    uint64_t target = espy_wall_us() - pace->epoch_us, at = asleep_until(pace, target);
    if (target > at + LAG_US) {
        pace->epoch_us += target - at - SLICE_US;
        target = at + SLICE_US;
    }
    bool behind = target > at + SLICE_US;
    run_until(pace->machine, behind ? at + SLICE_US : target);
    if (behind)
        return 0;
    uint64_t idle = espy_machine_idle_us(pace->machine);
    return idle > NAP_US ? idle : NAP_US;
}
