/* SPDX-License-Identifier: MIT
 *
 * Requests and replies over a link; see the header.
 */
#include "session.h"

enum {
    SYNC_MS = 100, /* for the replies to a SYNC after the first, and where the first must come */
    SYNC_REPLIES = 8,
    ASK_TRIES = 3,
    DRAIN_READS = 256, /* a board that never stops talking must not stop us */
    SLICE_MS = 200     /* how often a long wait looks at the cancel flag */
};

#define SYNC_VALUE 0x20120707u /* the first word of a SYNC */

/* Loader codes that a damaged frame earns as well as a wrong one. */
enum { ERROR_FORMAT = 0x05, ERROR_CHECKSUM = 0x07 };

void espy_session_init(espy_session *session, espy_link *link)
{
    *session = (espy_session){.link = link};
    espy_slip_init(&session->slip, session->frame, sizeof session->frame);
}

void espy_session_free(espy_session *session)
{
    espy_buf_free(&session->tx);
}

espy_status espy_session_check(espy_session *session, espy_err *err)
{
    if (session->cancelled != NULL && session->cancelled(session->user))
        return espy_fail(err, ESPY_E_CANCELLED, "stopped by the user");
    return ESPY_OK;
}

bool espy_session_transient(const espy_err *err)
{
    switch (err->status) {
    case ESPY_E_TIMEOUT:
    case ESPY_E_PROTOCOL: return true;
    case ESPY_E_DEVICE: return err->detail == ERROR_FORMAT || err->detail == ERROR_CHECKSUM;
    default: return false;
    }
}

void espy_session_advise(espy_err *err)
{
    espy_advise(err, "Try a lower baud rate and another cable, and check that the board keeps its power.");
}

static void hear(espy_session *session, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && session->heard_size < ESPY_HEARD_MAX; i++)
        session->heard[session->heard_size++] = bytes[i] == 0 ? '.' : (char)bytes[i];
    session->heard[session->heard_size] = '\0';
}

/* Not espy_link_drain(): what a board says between its reset and the first SYNC is what
 * a diagnosis needs. */
espy_status espy_session_listen(espy_session *session, espy_err *err)
{
    session->rx_at = session->rx_size = 0;
    espy_slip_init(&session->slip, session->frame, sizeof session->frame);
    size_t got = 1;
    for (unsigned i = 0; i < DRAIN_READS && got > 0; i++) {
        espy_status st = espy_link_read(session->link, session->rx, sizeof session->rx, 0, &got, err);
        if (st != ESPY_OK)
            return st;
        hear(session, session->rx, got);
    }
    return ESPY_OK;
}

espy_status espy_session_forget(espy_session *session, espy_err *err)
{
    espy_status st = espy_session_listen(session, err);
    session->heard_size = 0;
    session->heard[0] = '\0';
    return st;
}

/* Feeds the decoder until a frame is whole or the bytes run out. */
static bool next_frame(espy_session *session)
{
    while (session->rx_at < session->rx_size)
        if (espy_slip_feed(&session->slip, session->rx[session->rx_at++]) == ESPY_SLIP_FRAME)
            return true;
    return false;
}

espy_status espy_session_receive(espy_session *session, uint64_t deadline, bool *found, espy_err *err)
{
    while (!(*found = next_frame(session))) {
        espy_status st = espy_session_check(session, err);
        uint64_t now = espy_link_now_ms(session->link);
        if (st != ESPY_OK || now >= deadline)
            return st;
        uint32_t wait = deadline - now < SLICE_MS ? (uint32_t)(deadline - now) : SLICE_MS;
        session->rx_at = 0;
        st = espy_link_read(session->link, session->rx, sizeof session->rx, wait, &session->rx_size, err);
        if (st != ESPY_OK)
            return st;
        hear(session, session->rx, session->rx_size);
    }
    return ESPY_OK;
}

espy_status espy_session_send(espy_session *session, const uint8_t *bytes, size_t n, espy_err *err)
{
    session->bytes_sent += n;
    return espy_link_write(session->link, bytes, n, err);
}

static espy_status transmit(espy_session *session, const espy_loader_request *request, espy_err *err)
{
    espy_buf_clear(&session->tx);
    espy_status st = espy_buf_reserve(&session->tx, espy_loader_wire_max(request), err);
    if (st != ESPY_OK)
        return st;
    size_t n = espy_loader_encode(session->tx.bytes, session->tx.cap, request);
    return espy_session_send(session, session->tx.bytes, n, err);
}

/* Answers of other commands are what is left of earlier trouble.  An unknown command
 * is answered, in error, under the name of the command before it. */
static bool answers(const espy_session *session, const espy_loader_reply *reply, uint8_t op)
{
    return reply->op == op || (reply->op == session->last_op && reply->status != 0 && reply->error == ERROR_FORMAT);
}

static espy_status refused(const espy_loader_request *request, const espy_loader_reply *reply, espy_err *err)
{
    espy_fail(err, ESPY_E_DEVICE, "the board's loader refuses %s: %s (0x%02x%02x)",
              espy_loader_op_name((unsigned)request->op), espy_loader_error_name(reply->error), reply->status,
              reply->error);
    espy_session_advise(err);
    if (err != NULL)
        err->detail = reply->error;
    return ESPY_E_DEVICE;
}

/* The ROM's answer to a SYNC repeats its first word, and that of a damaged one whatever was
 * there.  A stub, which ends its replies otherwise, is known by its answer to a SYNC. */
static bool parse(const espy_session *session, espy_loader_reply *reply, uint8_t op)
{
    const uint8_t *frame = session->frame;
    size_t n = session->slip.size;
    if (espy_loader_reply_parse(reply, frame, n, ESPY_LOADER_ROM_STATUS))
        return answers(session, reply, op) &&
               (op != ESPY_OP_SYNC || reply->value == SYNC_VALUE || reply->value == ESPY_STUB_MAGIC);
    return op == ESPY_OP_SYNC && espy_loader_reply_parse(reply, frame, n, ESPY_LOADER_STUB_STATUS) && reply->op == op &&
           reply->size == 0 && reply->value == 0 && reply->status == 0;
}

static espy_status await(espy_session *session, const espy_loader_request *request, uint32_t timeout_ms,
                         espy_loader_reply *reply, espy_err *err)
{
    uint64_t deadline = espy_link_now_ms(session->link) + timeout_ms;
    for (;;) {
        bool found;
        espy_status st = espy_session_receive(session, deadline, &found, err);
        if (st != ESPY_OK)
            return st;
        if (!found) {
            espy_fail(err, ESPY_E_TIMEOUT, "the board's loader has not answered %s within %u ms",
                      espy_loader_op_name((unsigned)request->op), (unsigned)timeout_ms);
            espy_session_advise(err);
            return ESPY_E_TIMEOUT;
        }
        if (parse(session, reply, (uint8_t)request->op))
            return reply->status == 0 ? ESPY_OK : refused(request, reply, err);
    }
}

espy_status espy_session_request(espy_session *session, const espy_loader_request *request, uint32_t timeout_ms,
                                 espy_loader_reply *reply, espy_err *err)
{
    espy_status st = espy_session_check(session, err);
    if (st == ESPY_OK)
        st = transmit(session, request, err);
    if (st == ESPY_OK)
        st = await(session, request, timeout_ms, reply, err);
    session->last_op = (uint8_t)request->op;
    espy_log(session->log, ESPY_LOG_CMD, "%s, %zu bytes: %s", espy_loader_op_name((unsigned)request->op),
             espy_loader_request_size(request), st == ESPY_OK ? "ok" : espy_status_name(st));
    return st;
}

espy_status espy_session_ask(espy_session *session, const espy_loader_request *request, uint32_t timeout_ms,
                             espy_loader_reply *reply, espy_err *err)
{
    espy_loader_reply ignored;
    for (unsigned left = ASK_TRIES;; left--) {
        espy_err why = {0};
        espy_status st = espy_session_request(session, request, timeout_ms, reply != NULL ? reply : &ignored, &why);
        if (st == ESPY_OK)
            return st;
        bool worth = why.status == ESPY_E_DEVICE || espy_session_transient(&why);
        if (left > 1 && worth && espy_session_sync(session, 5, NULL) == ESPY_OK)
            continue;
        return espy_pass(err, st, &why);
    }
}

/* The replies after the first; that fewer come is no fault. */
static espy_status take_replies(espy_session *session, espy_err *err)
{
    bool found = true;
    for (unsigned i = 1; i < SYNC_REPLIES && found; i++) {
        espy_status st = espy_session_receive(session, espy_link_now_ms(session->link) + SYNC_MS, &found, err);
        if (st != ESPY_OK)
            return st;
    }
    return espy_session_listen(session, err);
}

/* How long the n-th SYNC is waited for.  The ROM measures the rate by one SYNC and finds the
 * beginning of a frame by the next, so that it answers the third at best: the first are not
 * worth a long wait, and even times would let them meet the same moment of its loop again
 * and again. */
static uint32_t sync_ms(unsigned n)
{
    static const uint16_t ms[] = {20, 30, 40, 60, 100, 150};
    return ms[n < sizeof ms / sizeof ms[0] ? n : sizeof ms / sizeof ms[0] - 1];
}

espy_status espy_session_sync(espy_session *session, unsigned tries, espy_err *err)
{
    espy_loader_request request = espy_loader_sync();
    for (unsigned i = 0; i < tries; i++) {
        espy_loader_reply reply;
        espy_err why = {0};
        espy_status st = espy_session_listen(session, &why);
        uint64_t until = espy_link_now_ms(session->link) + sync_ms(i);
        if (st == ESPY_OK)
            st = espy_session_request(session, &request, sync_ms(i), &reply, &why);
        if (st == ESPY_OK) {
            session->sync_value = reply.value;
            return reply.value == ESPY_STUB_MAGIC ? ESPY_OK : take_replies(session, err);
        }
        if (!espy_session_transient(&why))
            return espy_pass(err, st, &why);
        uint64_t now = espy_link_now_ms(session->link); /* a refusal comes at once */
        st = now < until ? espy_link_sleep(session->link, (uint32_t)(until - now), err) : ESPY_OK;
        if (st != ESPY_OK)
            return st;
    }
    espy_fail(err, ESPY_E_TIMEOUT, "the board's loader has not answered %u SYNCs", tries);
    espy_session_advise(err);
    return ESPY_E_TIMEOUT;
}

/* The replies to one SYNC, every one of them in time and whole. */
static espy_status sync_in_full(espy_session *session, espy_err *err)
{
    espy_loader_request request = espy_loader_sync();
    espy_loader_reply reply;
    espy_status st = espy_session_listen(session, err);
    if (st == ESPY_OK)
        st = espy_session_request(session, &request, SYNC_MS, &reply, err);
    for (unsigned i = 1; i < SYNC_REPLIES && st == ESPY_OK; i++)
        st = await(session, &request, SYNC_MS, &reply, err);
    return st;
}

espy_status espy_session_prove(espy_session *session, unsigned syncs, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (unsigned i = 0; i < syncs && st == ESPY_OK; i++)
        st = sync_in_full(session, err);
    return st;
}
