/* SPDX-License-Identifier: MIT
 *
 * One request and its reply over a link: framing, matching, time-outs, and getting in
 * step again.  It knows the loader protocol and nothing of chips or flash.
 */
#ifndef ESPY_FLASHER_SESSION_H
#define ESPY_FLASHER_SESSION_H

#include "espy/link.h"
#include "espy/loader.h"

#include "../base/buf.h"
#include "../loader/stub.h"

/* What a board says between its reset and the first frame: a boot log's beginning. */
enum { ESPY_HEARD_MAX = 1024 };

typedef struct espy_session {
    espy_link *link;
    const espy_log *log;
    bool (*cancelled)(void *user); /* may be NULL */
    void *user;

    espy_slip slip;
    uint8_t frame[ESPY_STUB_ANSWER_MAX]; /* no reply of the ROM is longer */
    uint8_t rx[1024];                    /* read from the link, not yet decoded from rx_at on */
    size_t rx_at, rx_size;
    espy_buf tx;
    uint8_t last_op; /* of the request before this one */

    char heard[ESPY_HEARD_MAX + 1]; /* raw bytes since espy_session_forget(), NULs made dots */
    size_t heard_size;
    uint32_t sync_value; /* of the last SYNC reply: 0 and ESPY_STUB_MAGIC mean that a stub runs */
    uint64_t bytes_sent;
} espy_session;

void espy_session_init(espy_session *session, espy_link *link);
void espy_session_free(espy_session *session);

/* Drops received bytes, decoder state and what was heard: before a reset. */
espy_status espy_session_forget(espy_session *session, espy_err *err);

/* Drops received bytes and decoder state, but adds them to what was heard. */
espy_status espy_session_listen(espy_session *session, espy_err *err);

/* Sends the request once and waits for its reply, which stays valid until the next
 * call.  ESPY_E_TIMEOUT: no reply.  ESPY_E_DEVICE: a refusal, its code in err->detail. */
espy_status espy_session_request(espy_session *session, const espy_loader_request *request, uint32_t timeout_ms,
                                 espy_loader_reply *reply, espy_err *err);

/* The same for a request that may safely be carried out twice: what is lost, damaged or,
 * perhaps for its damage, refused is tried again, twice, after getting in step.  reply may
 * be NULL. */
espy_status espy_session_ask(espy_session *session, const espy_loader_request *request, uint32_t timeout_ms,
                             espy_loader_reply *reply, espy_err *err);

/* For protocols other than the ROM's: sends bytes that are a frame, and takes the next
 * frame, session->frame[0..session->slip.size), valid until the next call; *found ==
 * false: none came before the deadline. */
espy_status espy_session_send(espy_session *session, const uint8_t *bytes, size_t n, espy_err *err);
espy_status espy_session_receive(espy_session *session, uint64_t deadline, bool *found, espy_err *err);

/* Gets in step: up to `tries` SYNCs, each answered within 20 to 150 ms, the later the
 * longer, then takes in all of its replies. */
espy_status espy_session_sync(espy_session *session, unsigned tries, espy_err *err);
/* With the ROM, in step already: that so many SYNCs are answered, each with all its replies. */
espy_status espy_session_prove(espy_session *session, unsigned syncs, espy_err *err);

/* ESPY_E_CANCELLED where the user wants to stop. */
espy_status espy_session_check(espy_session *session, espy_err *err);

/* Advises what there is to do about a wire that loses bytes. */
void espy_session_advise(espy_err *err);

/* Whether a failure of a request may be a matter of the wire, and worth another try. */
bool espy_session_transient(const espy_err *err);

#endif
