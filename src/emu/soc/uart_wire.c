/* SPDX-License-Identifier: MIT
 *
 * An asynchronous serial wire.  See uart_wire.h.
 */
#include "uart_wire.h"

espy_wire_char espy_wire_encode(uint8_t byte, const espy_wire_format *format)
{
    unsigned n = format->data_bits;
    uint32_t data = byte & ((1u << n) - 1);
    uint32_t levels = data << 1;
    unsigned bits = 1 + n;
    if (format->parity) {
        unsigned ones = 0;
        for (uint32_t d = data; d != 0; d &= d - 1)
            ones++;
        levels |= ((ones & 1) ^ format->odd) << bits++;
    }
    int64_t length = (int64_t)bits * format->bit + (int64_t)format->half_stops * format->bit / 2;
    levels |= 1u << bits++;
    return (espy_wire_char){.levels = levels, .bits = bits, .bit = format->bit, .length = length};
}

static bool level_at(const espy_wire_char *sent, int64_t t)
{
    int64_t n = t / sent->bit;
    return n >= (int64_t)sent->bits || (sent->levels >> n & 1) != 0;
}

/* The first falling edge at or after t, or -1; *level is the wire just before t. */
static int64_t next_fall(const espy_wire_char *sent, int64_t t, bool *level)
{
    if (t > 0)
        *level = level_at(sent, t);
    for (int64_t n = t > 0 ? t / sent->bit + 1 : 0; n < (int64_t)sent->bits; n++) {
        bool now = (sent->levels >> n & 1) != 0;
        if (*level && !now)
            return n * sent->bit;
        *level = now;
    }
    *level = true;
    return -1;
}

void espy_sampler_reset(espy_sampler *sampler)
{
    *sampler = (espy_sampler){.level = true};
}

static unsigned samples_of(const espy_wire_format *format)
{
    return 1 + format->data_bits + format->parity + 1;
}

static espy_wire_received decode(uint32_t samples, const espy_wire_format *format)
{
    unsigned n = format->data_bits;
    espy_wire_received r = {.byte = (uint8_t)(samples >> 1 & ((1u << n) - 1))};
    if (format->parity) {
        unsigned ones = 0;
        for (uint32_t d = samples >> 1 & ((2u << n) - 1); d != 0; d &= d - 1)
            ones++;
        r.parity_error = (ones & 1) != format->odd;
    }
    r.framing_error = (samples >> (samples_of(format) - 1) & 1) == 0;
    r.is_break = samples == 0;
    return r;
}

/* Takes the sample that is due; true when it ended the character or a false start. */
static bool take_sample(espy_sampler *s, bool level, const espy_wire_format *format, espy_wire_emit *emit, void *user)
{
    if (s->taken == 0 && level) {
        s->active = false;
        return true;
    }
    s->samples |= (uint32_t)level << s->taken++;
    if (s->taken < samples_of(format)) {
        s->next += format->bit;
        return false;
    }
    s->active = false;
    espy_wire_received r = decode(s->samples, format);
    emit(user, &r);
    return true;
}

void espy_sampler_feed(espy_sampler *s, const espy_wire_char *sent, const espy_wire_format *format,
                       espy_wire_emit *emit, void *user)
{
    int64_t t = 0;
    for (;;) {
        if (!s->active) {
            int64_t edge = next_fall(sent, t, &s->level);
            if (edge < 0)
                return;
            *s = (espy_sampler){.active = true, .level = s->level, .next = edge + format->bit / 2};
        }
        while (s->active && s->next < sent->length)
            take_sample(s, level_at(sent, s->next), format, emit, user);
        if (s->active)
            break;
        t = s->next;
    }
    s->next -= sent->length;
    s->level = true; /* every character ends with its stop bit */
}

void espy_sampler_idle(espy_sampler *s, const espy_wire_format *format, espy_wire_emit *emit, void *user)
{
    while (s->active)
        take_sample(s, true, format, emit, user);
    s->level = true;
}

void espy_wire_meter_reset(espy_wire_meter *meter)
{
    *meter = (espy_wire_meter){0};
}

static void keep_min(int64_t *min, int64_t value)
{
    if (value > 0 && (*min == 0 || value < *min))
        *min = value;
}

void espy_wire_meter_feed(espy_wire_meter *m, const espy_wire_char *sent, bool joined)
{
    if (!joined)
        m->high = m->last_rise = m->last_fall = 0;
    bool level = true;
    int64_t since = joined ? -m->high : INT64_MIN; /* of the last edge; INT64_MIN: unknown */
    int64_t rise = joined && m->last_rise != 0 ? -m->last_rise : INT64_MIN;
    int64_t fall = joined && m->last_fall != 0 ? -m->last_fall : INT64_MIN;
    for (unsigned n = 0; n < sent->bits; n++) {
        bool now = (sent->levels >> n & 1) != 0;
        if (now == level)
            continue;
        int64_t t = (int64_t)n * sent->bit;
        int64_t *last = now ? &rise : &fall;
        if (since != INT64_MIN)
            keep_min(now ? &m->low_min : &m->high_min, t - since);
        if (*last != INT64_MIN)
            keep_min(now ? &m->rise_min : &m->fall_min, t - *last);
        *last = since = t;
        level = now;
        m->edges++;
    }
    m->high = sent->length - since;
    m->last_rise = sent->length - rise;
    m->last_fall = sent->length - fall;
}
