/* SPDX-License-Identifier: MIT
 *
 * espy's RAM stub at work: its upload through the ROM, and its commands.  What the
 * commands mean is in stub/PROTOCOL.md.
 */
#ifndef ESPY_FLASHER_STUB_H
#define ESPY_FLASHER_STUB_H

#include "espy/flasher.h"

#include "../loader/stub.h"

typedef struct espy_stub {
    bool running;
    bool uploaded; /* the ROM had all of it when it was last started */
    bool given_up; /* it did not start here; the ROM alone goes on */
    espy_stub_hello hello;
    uint16_t tag;     /* of the last request */
    uint32_t session; /* of the last BEGIN */
    uint8_t wire[ESPY_STUB_WIRE_MAX(ESPY_STUB_PAYLOAD_MAX)];
} espy_stub;

enum {
    ESPY_STUB_ASK_MS = 500,   /* for a request that only computes */
    ESPY_STUB_ALIVE_MS = 1500 /* the stub at work says something every 250 ms */
};

/* Uploads and starts the stub, in step with the ROM, the flash attached, and checks by
 * its CRC that it is what was sent. */
espy_status espy_stub_start(espy_flasher *flasher, espy_err *err);
/* A stub runs on the board already: ESPY_E_DEVICE unless it is one of this version. */
espy_status espy_stub_adopt(espy_flasher *flasher, espy_err *err);

/* Sends a request; its tag is flasher->stub.tag, one more than the last. */
espy_status espy_stub_send(espy_flasher *flasher, espy_stub_op op, const uint8_t *head, size_t head_size,
                           const uint8_t *data, size_t data_size, espy_err *err);
/* The next frame of the stub's; *found == false: none came before the deadline. */
espy_status espy_stub_next(espy_flasher *flasher, uint64_t deadline, espy_stub_frame *frame, bool *found,
                           espy_err *err);
/* Records a refusal. */
espy_status espy_stub_refused(espy_stub_op op, unsigned status, espy_err *err);
/* Records a silence. */
espy_status espy_stub_silent(espy_flasher *flasher, espy_stub_op op, espy_err *err);

/* A request with one answer that may be carried out twice: tries again what is lost.
 * The payload is at most ESPY_STUB_PAYLOAD_MAX; the answer is valid until the next call. */
espy_status espy_stub_ask(espy_flasher *flasher, espy_stub_op op, const uint8_t *payload, size_t n,
                          espy_stub_frame *answer, espy_err *err);

espy_status espy_stub_read_regs(espy_flasher *flasher, const uint32_t *addr, size_t n, uint32_t *values, espy_err *err);
espy_status espy_stub_write_regs(espy_flasher *flasher, const espy_loader_reg *regs, size_t n, espy_err *err);
/* The reply comes at the old rate. */
espy_status espy_stub_baud(espy_flasher *flasher, uint32_t baud, espy_err *err);

/* The work itself; the arguments have been checked. */
espy_status espy_stub_read(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err);
espy_status espy_stub_write(espy_flasher *flasher, const espy_flash_part *parts, size_t n, espy_err *err);

#endif
