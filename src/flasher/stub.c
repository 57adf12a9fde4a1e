/* SPDX-License-Identifier: MIT
 *
 * The RAM stub's upload and its small commands; see the header.
 */
#include "stub.h"

#include "flasher.h"
#include "stub_image.h"

#include "../base/bytes.h"

enum {
    UPLOAD_BLOCK = ESPY_LOADER_BLOCK_MAX, /* at first; it is halved whenever one is lost */
    UPLOAD_BLOCK_MIN = 384,
    UPLOAD_FAILURES_MAX = 24,
    UPLOAD_FAILURES_FAST = 5, /* at a rate that can be lowered */
    UPLOAD_MS = 300,          /* for the ROM to answer, besides the time on the wire */
    START_MS = 400,           /* from MEM_END to the stub's HELLO */
    LAST_REPLY_MS = 200,      /* the ROM's reply to MEM_END may be lost in the jump */
    ASK_TRIES = 6,
    HELLO_TRIES = 3,
    REGS_MAX = 64,
    LEGACY_FLASH_READ = 0x3FCEF688 /* ESP-IDF's rom/spi_flash.h: rom_spiflash_legacy_funcs->read, of the ROM's 2021 */
};

/* ---- frames ------------------------------------------------------------------------ */

espy_status espy_stub_send(espy_flasher *flasher, espy_stub_op op, const uint8_t *head, size_t head_size,
                           const uint8_t *data, size_t data_size, espy_err *err)
{
    espy_stub *stub = &flasher->stub;
    size_t n = espy_stub_encode(stub->wire, sizeof stub->wire, op, ++stub->tag, head, head_size, data, data_size);
    if (n == 0)
        return espy_fail(err, ESPY_E_ARG, "%zu bytes are too many for one request to the stub", head_size + data_size);
    return espy_session_send(&flasher->session, stub->wire, n, err);
}

espy_status espy_stub_next(espy_flasher *flasher, uint64_t deadline, espy_stub_frame *frame, bool *found, espy_err *err)
{
    for (;;) {
        espy_status st = espy_session_receive(&flasher->session, deadline, found, err);
        if (st != ESPY_OK || !*found || espy_stub_parse(frame, flasher->session.frame, flasher->session.slip.size))
            return st;
    }
}

espy_status espy_stub_refused(espy_stub_op op, unsigned status, espy_err *err)
{
    espy_fail(err, ESPY_E_DEVICE, "the stub refuses %s: %s (0x%02x)", espy_stub_op_name(op),
              espy_stub_status_name(status), status);
    if (err != NULL)
        err->detail = (int)status;
    return ESPY_E_DEVICE;
}

espy_status espy_stub_silent(espy_flasher *flasher, espy_stub_op op, espy_err *err)
{
    espy_fail(err, ESPY_E_TIMEOUT, "the stub on %s has not answered %s", flasher->link->name, espy_stub_op_name(op));
    espy_session_advise(err);
    return ESPY_E_TIMEOUT;
}

/* One try; *found == false: no answer. */
static espy_status ask_once(espy_flasher *flasher, espy_stub_op op, const uint8_t *payload, size_t n,
                            espy_stub_frame *answer, bool *found, espy_err *err)
{
    espy_status st = espy_stub_send(flasher, op, payload, n, NULL, 0, err);
    uint64_t deadline = espy_link_now_ms(flasher->link) + ESPY_STUB_ASK_MS;
    do {
        if (st == ESPY_OK)
            st = espy_stub_next(flasher, deadline, answer, found, err);
    } while (st == ESPY_OK && *found && (answer->op != op || answer->tag != flasher->stub.tag));
    return st;
}

espy_status espy_stub_ask(espy_flasher *flasher, espy_stub_op op, const uint8_t *payload, size_t n,
                          espy_stub_frame *answer, espy_err *err)
{
    for (unsigned i = 0; i < ASK_TRIES; i++) {
        bool found = false;
        espy_status st = ask_once(flasher, op, payload, n, answer, &found, err);
        if (st != ESPY_OK)
            return st;
        if (found) {
            espy_log(flasher->config.log, ESPY_LOG_CMD, "stub %s: %s", espy_stub_op_name(op),
                     espy_stub_status_name(answer->status));
            return answer->status == ESPY_STUB_OK ? ESPY_OK : espy_stub_refused(op, answer->status, err);
        }
    }
    return espy_stub_silent(flasher, op, err);
}

/* ---- starting ------------------------------------------------------------------------ */

static espy_status rom(espy_flasher *flasher, const espy_loader_request *request, espy_err *err)
{
    espy_loader_reply reply;
    uint32_t wire_ms = (uint32_t)(20000 * espy_loader_request_size(request) / flasher->baud);
    return espy_session_request(&flasher->session, request, UPLOAD_MS + wire_ms, &reply, err);
}

/* Each block is an upload of its own, which can be done once more. */
static espy_status upload_block(espy_flasher *flasher, uint32_t addr, const uint8_t *bytes, size_t n, espy_err *err)
{
    espy_loader_request request = espy_loader_mem_begin((uint32_t)n, 1, (uint32_t)n, addr);
    espy_status st = rom(flasher, &request, err);
    request = espy_loader_mem_data(0, bytes, n);
    return st == ESPY_OK ? rom(flasher, &request, err) : st;
}

typedef struct uploading {
    espy_flasher *flasher;
    size_t block;
    unsigned failures;
} uploading;

/* After a failure: ESPY_OK means that the ROM is in step and the block may be tried again. */
static espy_status retry(uploading *u, const espy_err *why, espy_err *err)
{
    unsigned most = u->flasher->baud > ESPY_ROM_BAUD ? UPLOAD_FAILURES_FAST : UPLOAD_FAILURES_MAX;
    if (!espy_session_transient(why) || ++u->failures > most)
        return espy_pass(err, why->status, why);
    u->block = u->block / 2 > UPLOAD_BLOCK_MIN ? u->block / 2 : UPLOAD_BLOCK_MIN;
    return espy_session_sync(&u->flasher->session, ASK_TRIES, err);
}

static espy_status upload_segment(uploading *u, const espy_stub_segment *segment, espy_err *err)
{
    for (size_t at = 0; at < segment->size;) {
        espy_err why = {0};
        size_t left = segment->size - at, n = left < u->block ? left : u->block;
        espy_status st = upload_block(u->flasher, segment->addr + (uint32_t)at, segment->bytes + at, n, &why);
        if (st == ESPY_OK)
            at += n;
        else if ((st = retry(u, &why, err)) != ESPY_OK)
            return st;
    }
    return ESPY_OK;
}

static espy_status upload(espy_flasher *flasher, espy_err *err)
{
    uploading u = {.flasher = flasher, .block = UPLOAD_BLOCK};
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < espy_stub_esp32s3.n && st == ESPY_OK; i++)
        st = upload_segment(&u, &espy_stub_esp32s3.segments[i], err);
    return st == ESPY_OK ? ESPY_OK : espy_context(err, "uploading the stub");
}

/* A request that makes the ROM jump, and whose reply may be lost in that. */
static espy_status jump_by(espy_flasher *flasher, const espy_loader_request *request, espy_err *err)
{
    espy_loader_reply reply;
    espy_err why = {0};
    espy_status st = espy_session_request(&flasher->session, request, LAST_REPLY_MS, &reply, &why);
    return st == ESPY_OK || st == ESPY_E_TIMEOUT ? ESPY_OK : espy_pass(err, st, &why);
}

static espy_status jump(espy_flasher *flasher, espy_err *err)
{
    espy_loader_request end = espy_loader_mem_end(espy_stub_esp32s3.entry);
    return jump_by(flasher, &end, err);
}

/* With secure boot the ROM loads programs but does not jump to them.  It reads flash through a
 * pointer in RAM, which leads there. */
static espy_status jump_with_secure_boot(espy_flasher *flasher, uint32_t *read, espy_err *err)
{
    const espy_loader_reg detour = {LEGACY_FLASH_READ, espy_stub_esp32s3.entry, UINT32_MAX, 0};
    const espy_loader_request slow = espy_loader_read_flash_slow(0, 0);
    espy_status st = espy_flasher_read_reg(flasher, LEGACY_FLASH_READ, read, err);
    if (st == ESPY_OK)
        st = espy_flasher_write_regs(flasher, &detour, 1, err);
    return st == ESPY_OK ? jump_by(flasher, &slow, err) : st;
}

/* The stub says HELLO by itself; that may be lost, so it is asked as well. */
static espy_status await_hello(espy_flasher *flasher, espy_err *err)
{
    uint64_t deadline = espy_link_now_ms(flasher->link) + START_MS;
    for (unsigned i = 0; i <= HELLO_TRIES; i++) {
        espy_stub_frame frame;
        bool found = true;
        espy_status st = ESPY_OK;
        while (st == ESPY_OK && found) {
            st = espy_stub_next(flasher, deadline, &frame, &found, err);
            if (st == ESPY_OK && found && espy_stub_parse_hello(&flasher->stub.hello, &frame))
                return ESPY_OK;
        }
        if (st == ESPY_OK)
            st = espy_stub_send(flasher, ESPY_STUB_HELLO, NULL, 0, NULL, 0, err);
        if (st != ESPY_OK)
            return st;
        deadline = espy_link_now_ms(flasher->link) + ESPY_STUB_ASK_MS;
    }
    return espy_stub_silent(flasher, ESPY_STUB_HELLO, err);
}

static uint32_t image_crc(void)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < espy_stub_esp32s3.n; i++)
        crc = espy_stub_crc(crc, espy_stub_esp32s3.segments[i].bytes, espy_stub_esp32s3.segments[i].size);
    return crc;
}

/* Its last session's number is asked for, so that the next one has another. */
static espy_status greet(espy_flasher *flasher, espy_err *err)
{
    espy_stub_frame frame;
    espy_stub_ack ack;
    espy_status st = await_hello(flasher, err);
    if (st != ESPY_OK)
        return st;
    if (flasher->stub.hello.version != ESPY_STUB_VERSION || flasher->stub.hello.crc != image_crc())
        return espy_fail(err, ESPY_E_PROTOCOL, "the stub on %s is not the one that this espy brings",
                         flasher->link->name);
    st = espy_stub_ask(flasher, ESPY_STUB_STATUS, NULL, 0, &frame, err);
    if (st == ESPY_E_DEVICE && espy_stub_parse_ack(&ack, &frame))
        st = ESPY_OK; /* the error is that of its last session */
    if (st != ESPY_OK)
        return st;
    if (!espy_stub_parse_ack(&ack, &frame))
        return espy_fail(err, ESPY_E_PROTOCOL, "the stub's STATUS makes no sense");
    flasher->stub.session = ack.session;
    flasher->stub.running = true;
    return ESPY_OK;
}

espy_status espy_stub_start(espy_flasher *flasher, espy_err *err)
{
    uint32_t read = 0;
    flasher->stub.running = false;
    espy_status st = upload(flasher, err);
    if (st == ESPY_OK)
        st = flasher->secure_boot ? jump_with_secure_boot(flasher, &read, err) : jump(flasher, err);
    flasher->stub.uploaded = st == ESPY_OK;
    if (st == ESPY_OK)
        st = greet(flasher, err);
    const espy_loader_reg pointer = {LEGACY_FLASH_READ, read, UINT32_MAX, 0};
    return st == ESPY_OK && flasher->secure_boot ? espy_stub_write_regs(flasher, &pointer, 1, err) : st;
}

espy_status espy_stub_adopt(espy_flasher *flasher, espy_err *err)
{
    espy_status st = espy_stub_send(flasher, ESPY_STUB_HELLO, NULL, 0, NULL, 0, err);
    return st == ESPY_OK ? greet(flasher, err) : st;
}

/* ---- small commands --------------------------------------------------------------------- */

espy_status espy_stub_read_regs(espy_flasher *flasher, const uint32_t *addr, size_t n, uint32_t *values, espy_err *err)
{
    uint8_t payload[4 * REGS_MAX];
    espy_stub_frame frame;
    if (n > REGS_MAX)
        return espy_fail(err, ESPY_E_ARG, "%zu registers are too many for one request", n);
    for (size_t i = 0; i < n; i++)
        put_le32(payload + 4 * i, addr[i]);
    espy_status st = espy_stub_ask(flasher, ESPY_STUB_REGS_READ, payload, 4 * n, &frame, err);
    if (st == ESPY_OK && frame.size != 4 * n)
        st = espy_fail(err, ESPY_E_PROTOCOL, "the stub sent %zu bytes for %zu registers", frame.size, n);
    for (size_t i = 0; i < n && st == ESPY_OK; i++)
        values[i] = get_le32(frame.payload + 4 * i);
    return st;
}

espy_status espy_stub_write_regs(espy_flasher *flasher, const espy_loader_reg *regs, size_t n, espy_err *err)
{
    espy_loader_request request = espy_loader_write_reg(regs, n); /* the entries are the ROM's */
    espy_stub_frame frame;
    return espy_stub_ask(flasher, ESPY_STUB_REGS_WRITE, request.head, request.head_size, &frame, err);
}

espy_status espy_stub_baud(espy_flasher *flasher, uint32_t baud, espy_err *err)
{
    uint8_t payload[4];
    espy_stub_frame frame;
    bool found = false;
    put_le32(payload, baud);
    espy_status st = ask_once(flasher, ESPY_STUB_BAUD, payload, sizeof payload, &frame, &found, err);
    return st != ESPY_OK || found ? st : espy_stub_silent(flasher, ESPY_STUB_BAUD, err);
}
