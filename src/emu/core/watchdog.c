/* SPDX-License-Identifier: MIT
 *
 * The stages of a watchdog; see the header.
 */
#include "watchdog.h"

static void settle(espy_watchdog *dog)
{
    if (dog->running)
        dog->count += espy_rate_cycles(dog->rate, espy_since(dog->clock, dog->since));
    dog->since = espy_not_before(dog->clock, dog->since);
}

static void arm(espy_watchdog *dog)
{
    espy_clock_cancel(dog->clock, &dog->due);
    if (!dog->running)
        return;
    uint64_t hold = dog->hold(dog->self, dog->stage);
    /* A stage of no length would let time stand still; the hardware needs a cycle, too. */
    uint64_t left = hold > dog->count ? hold - dog->count : 1;
    espy_clock_at(dog->clock, &dog->due, dog->since + espy_rate_ticks(dog->rate, left));
}

static void stage_over(void *self)
{
    espy_watchdog *dog = self;
    unsigned stage = dog->stage;
    dog->stage = (stage + 1) % ESPY_WATCHDOG_STAGES;
    dog->count = 0;
    dog->since = dog->due.when;
    arm(dog);
    dog->expire(dog->self, stage);
}

void espy_watchdog_init(espy_watchdog *dog)
{
    dog->due = (espy_event){.fire = stage_over, .self = dog};
    dog->running = false;
    dog->stage = 0;
    dog->count = 0;
    dog->since = dog->clock->now;
}

void espy_watchdog_feed(espy_watchdog *dog)
{
    dog->stage = 0;
    dog->count = 0;
    dog->since = dog->clock->now;
    arm(dog);
}

void espy_watchdog_run(espy_watchdog *dog, bool running)
{
    settle(dog);
    dog->running = running;
    arm(dog);
}

void espy_watchdog_set_rate(espy_watchdog *dog, espy_rate rate)
{
    settle(dog);
    dog->rate = rate;
    arm(dog);
}
