/* SPDX-License-Identifier: MIT
 *
 * The machine's time; see the header.  A sorted list serves: some twenty
 * events exist and few are armed at a time.
 */
#include "clock.h"

#include <stddef.h>

void espy_clock_cancel(espy_clock *clock, espy_event *ev)
{
    if (!ev->armed)
        return;
    espy_event **at = &clock->first;
    while (*at != ev)
        at = &(*at)->next;
    *at = ev->next;
    ev->armed = false;
}

void espy_clock_at(espy_clock *clock, espy_event *ev, espy_tick when)
{
    espy_clock_cancel(clock, ev);
    espy_event **at = &clock->first;
    while (*at != NULL && (*at)->when <= when)
        at = &(*at)->next;
    ev->when = when;
    ev->next = *at;
    ev->armed = true;
    *at = ev;
}

espy_tick espy_clock_next(const espy_clock *clock)
{
    return clock->first != NULL ? clock->first->when : ESPY_NEVER;
}

void espy_clock_fire_due(espy_clock *clock)
{
    while (clock->first != NULL && clock->first->when <= clock->now) {
        espy_event *ev = clock->first;
        espy_clock_cancel(clock, ev);
        ev->fire(ev->self);
    }
}
