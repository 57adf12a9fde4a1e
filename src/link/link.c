/* SPDX-License-Identifier: MIT
 *
 * The calls of espy/link.h: each logs the wire, then does what the operation of its
 * name does.
 */
#include "transport.h"

#include <inttypes.h>
#include <stdio.h>

/* Bytes per line of the wire log. */
enum { LOG_BYTES = 64 };
/* A board that never stops talking must not hold espy_link_drain() for ever. */
enum { DRAIN_MAX = 1 << 20 };

void espy_link_init(espy_link *link, const espy_link_ops *ops, void *self, const char *name, const espy_log *log)
{
    *link = (espy_link){.ops = ops, .self = self, .log = log};
    snprintf(link->name, sizeof link->name, "%s", name);
}

/* What a replay must know of the port, before the first thing that is done to it. */
static void describe(espy_link *link)
{
    unsigned lines = !link->has_lines ? 0 : link->lines_apart ? 2 : 1;
    if (link->described || !espy_log_on(link->log, ESPY_LOG_WIRE))
        return;
    link->described = true;
    espy_log(link->log, ESPY_LOG_WIRE, "%" PRIu64 " port %u %04x %04x %" PRIu32 " %d %s", espy_link_now_ms(link), lines,
             link->usb_vid, link->usb_pid, link->top_baud, link->returns, link->name);
}

static void log_bytes(espy_link *link, char kind, const uint8_t *bytes, size_t n)
{
    char hex[2 * LOG_BYTES + 1];
    for (size_t at = 0; at < n; at += LOG_BYTES) {
        for (size_t i = 0; i < LOG_BYTES && at + i < n; i++)
            snprintf(hex + 2 * i, 3, "%02x", bytes[at + i]);
        espy_log(link->log, ESPY_LOG_WIRE, "%" PRIu64 " %c %s", espy_link_now_ms(link), kind, hex);
    }
}

static espy_status log_failure(espy_link *link, const char *call, espy_status st)
{
    if (st == ESPY_E_IO)
        espy_log(link->log, ESPY_LOG_WIRE, "%" PRIu64 " failed %s", espy_link_now_ms(link), call);
    return st;
}

espy_status espy_link_read(espy_link *link, uint8_t *bytes, size_t cap, uint32_t timeout_ms, size_t *got, espy_err *err)
{
    *got = 0;
    describe(link);
    espy_status st = link->ops->read(link->self, bytes, cap, timeout_ms, got, err);
    if (espy_log_on(link->log, ESPY_LOG_WIRE))
        log_bytes(link, '<', bytes, *got);
    return log_failure(link, "read", st);
}

espy_status espy_link_write(espy_link *link, const uint8_t *bytes, size_t n, espy_err *err)
{
    describe(link);
    if (espy_log_on(link->log, ESPY_LOG_WIRE))
        log_bytes(link, '>', bytes, n);
    return log_failure(link, "write", link->ops->write(link->self, bytes, n, err));
}

espy_status espy_link_set_lines(espy_link *link, bool dtr, bool rts, espy_err *err)
{
    describe(link);
    espy_log(link->log, ESPY_LOG_WIRE, "%" PRIu64 " lines %d %d", espy_link_now_ms(link), dtr, rts);
    return log_failure(link, "lines", link->ops->set_lines(link->self, dtr, rts, err));
}

espy_status espy_link_set_baud(espy_link *link, uint32_t baud, espy_err *err)
{
    describe(link);
    espy_log(link->log, ESPY_LOG_WIRE, "%" PRIu64 " baud %" PRIu32, espy_link_now_ms(link), baud);
    return log_failure(link, "baud", link->ops->set_baud(link->self, baud, err));
}

espy_status espy_link_reopen(espy_link *link, uint32_t timeout_ms, espy_err *err)
{
    if (!link->returns)
        return espy_fail(err, ESPY_E_IO, "the port %s has gone", link->name);
    espy_status st = link->ops->reopen(link->self, timeout_ms, err);
    link->described = st != ESPY_OK;
    if (st == ESPY_OK)
        describe(link);
    return st;
}

/* Of a character's ten bits the last is still sampled within itself at 4 %, which both ends
 * share. */
bool espy_baud_matches(uint32_t wanted, uint32_t actual)
{
    uint32_t off = actual > wanted ? actual - wanted : wanted - actual;
    return off <= wanted / 100 * 3;
}

uint64_t espy_link_now_ms(espy_link *link)
{
    return link->ops->now_ms(link->self);
}

espy_status espy_link_sleep(espy_link *link, uint32_t ms, espy_err *err)
{
    return link->ops->sleep(link->self, ms, err);
}

espy_status espy_link_drain(espy_link *link, espy_err *err)
{
    uint8_t bytes[1024];
    size_t got = 1;
    for (size_t total = 0; got > 0 && total < DRAIN_MAX; total += got) {
        espy_status st = espy_link_read(link, bytes, sizeof bytes, 0, &got, err);
        if (st != ESPY_OK)
            return st;
    }
    return ESPY_OK;
}

void espy_link_close(espy_link *link)
{
    if (link != NULL)
        link->ops->close(link->self);
}
