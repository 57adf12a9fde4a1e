/* SPDX-License-Identifier: MIT
 *
 * Getting in touch with the ROM loader and staying in touch: resets and SYNC, the
 * baud rate, and what to do after trouble.
 */
#include "flasher.h"

#include "diagnose.h"
#include "rescue.h"
#include "reset.h"
#include "rtc.h"

enum {
    SYNC_TRIES = 8,        /* per reset: 700 ms */
    RETURN_MS = 10000,     /* within which a chip on its own USB shows its port again after a reset */
    NO_LINES_ATTEMPTS = 4, /* rounds of SYNCs for each configured attempt where nothing resets the board */
    /* Until the ROM runs at a new rate, it needs 1 ms after its reply.  The drivers of the
     * usual bridges wait for theirs to have taken it; where one is slower than that, the first
     * SYNC is lost, and the next comes 20 ms later. */
    BAUD_SETTLE_MS = 5,
    PROOF_SYNCS = 3, /* at a new rate: 500 bytes both ways.  The stub's upload is the rest of the proof */
    /* Beyond this nothing is gained: a flash chip programs 256 bytes in 0.5 ms and erases 64 KiB in
     * 150 ms (typical, W25Q128JV data sheet), 200 kB/s of image or 130 kB/s compressed; and the ROM,
     * which runs from the 40 MHz crystal, loses bytes of long blocks at 3 Mbaud. */
    USEFUL_BAUD = 2000000,
    DEFAULT_BAUD = 921600 /* of a bridge that nobody knows: what all bridges of the last twenty years do */
};

uint32_t espy_flasher_default_baud(const espy_link *link)
{
    uint32_t top = link->top_baud;
    return top == 0 ? DEFAULT_BAUD : top < USEFUL_BAUD ? top : USEFUL_BAUD;
}

espy_status espy_flasher_link_baud(espy_flasher *flasher, uint32_t baud, espy_err *err)
{
    espy_err why = {0};
    espy_status st = espy_link_set_baud(flasher->link, baud, &why);
    flasher->fixed_baud =
        st == ESPY_E_UNSUPPORTED || espy_reset_is_usb_jtag(flasher->link) || espy_reset_is_usb_otg(flasher->link);
    if (st == ESPY_OK || st == ESPY_E_UNSUPPORTED) {
        flasher->baud = baud;
        return ESPY_OK;
    }
    return espy_pass(err, st, &why);
}

static bool can_reset(const espy_flasher *flasher)
{
    return espy_reset_possible(flasher->link, flasher->config.reset);
}

/* The chip's own USB port keeps the watchdogs of the firmware before running.  In secure
 * download mode the loader writes no registers, and they cannot be helped. */
static espy_status stop_watchdogs(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, 0, UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
        {RTC_CNTL_SWD_WPROTECT_REG, RTC_CNTL_SWD_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_SWD_CONF_REG, RTC_CNTL_SWD_AUTO_FEED_EN, RTC_CNTL_SWD_AUTO_FEED_EN, 0},
        {RTC_CNTL_SWD_WPROTECT_REG, 0, UINT32_MAX, 0},
    };
    espy_err why = {0};
    espy_status st = espy_flasher_write_regs(flasher, regs, sizeof regs / sizeof regs[0], &why);
    return st == ESPY_OK || st == ESPY_E_DEVICE ? ESPY_OK : espy_pass(err, st, &why);
}

static espy_status refuse_stub(espy_flasher *flasher, espy_err *err)
{
    espy_fail(err, ESPY_E_DEVICE, "another tool's flasher stub runs on the board on %s", flasher->link->name);
    espy_advise(err, "Reset the board into download mode: hold BOOT, press and release RESET, release BOOT.");
    return ESPY_E_DEVICE;
}

/* One reset, if it is wanted, and a few SYNCs. */
static espy_status attempt(espy_flasher *flasher, unsigned i, bool reset, espy_err *err)
{
    espy_status st = espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, err);
    flasher->stub.running = false;
    if (st == ESPY_OK)
        st = espy_session_forget(&flasher->session, err);
    if (st == ESPY_OK && reset)
        st = espy_reset_to_loader(flasher->link, flasher->config.reset, i, err);
    return st == ESPY_OK ? espy_session_sync(&flasher->session, SYNC_TRIES, err) : st;
}

static espy_status settled(espy_flasher *flasher, espy_err *err)
{
    if (flasher->session.sync_value == ESPY_STUB_MAGIC)
        return espy_stub_adopt(flasher, err);
    if (flasher->session.sync_value == 0)
        return refuse_stub(flasher, err);
    return espy_reset_is_usb_jtag(flasher->link) ? stop_watchdogs(flasher, err) : ESPY_OK;
}

/* The chip's own USB went with a reset: what comes back may be the loader. */
static espy_status follow(espy_flasher *flasher, espy_err *err)
{
    espy_err why = {0};
    espy_status st = espy_link_reopen(flasher->link, RETURN_MS, err);
    if (st != ESPY_OK)
        return st;
    st = attempt(flasher, 0, false, &why);
    return st == ESPY_E_IO ? ESPY_E_TIMEOUT /* gone again: the next attempt follows it */
                           : espy_pass(err, st, &why);
}

/* What a drain throws away between SYNCs was heard only in part; the loudest attempt
 * tells most. */
static espy_status reach_loader(espy_flasher *flasher, espy_err *err)
{
    unsigned total = flasher->config.attempts * (can_reset(flasher) ? 1 : NO_LINES_ATTEMPTS);
    for (unsigned i = 0; i < total; i++) {
        espy_err why = {0};
        espy_flasher_progress(flasher, ESPY_PHASE_CONNECT, i, total);
        espy_status st = attempt(flasher, i, can_reset(flasher), &why);
        if (st == ESPY_E_IO && flasher->link->returns) {
            why = (espy_err){0};
            st = follow(flasher, &why);
        }
        if (st == ESPY_OK)
            return settled(flasher, err);
        if (st != ESPY_E_TIMEOUT)
            return espy_pass(err, st, &why);
    }
    return espy_diagnose_silence(flasher->link->name, can_reset(flasher), total, flasher->session.heard, err);
}

espy_status espy_flasher_connect(espy_flasher *flasher, espy_err *err)
{
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_status st = reach_loader(flasher, err);
    espy_flasher_spent(flasher, &flasher->stats.connect_s, start);
    return st;
}

/* ---- baud rate ------------------------------------------------------------------- */

static uint32_t slower(uint32_t baud)
{
    static const uint32_t ladder[] = {2000000, 1500000, 921600, 460800, 230400, ESPY_ROM_BAUD};
    for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++)
        if (ladder[i] < baud)
            return ladder[i];
    return ESPY_ROM_BAUD;
}

static void next_slower(espy_flasher *flasher, uint32_t tried)
{
    flasher->top_baud = slower(tried);
    espy_log(flasher->config.log, ESPY_LOG_CMD, "%u baud does not work here, next: %u", (unsigned)tried,
             (unsigned)flasher->top_baud);
}

/* Whether the port has such a rate, before the board is told of it. */
static bool link_does(espy_flasher *flasher, uint32_t baud)
{
    bool does = espy_link_set_baud(flasher->link, baud, NULL) == ESPY_OK;
    return espy_link_set_baud(flasher->link, flasher->baud, NULL) == ESPY_OK && does;
}

/* The reply comes at the old rate; it says nothing of the new one, SYNCs do.  A lost
 * reply leaves the new rate as likely as not. */
static espy_status change_baud(espy_flasher *flasher, uint32_t baud, espy_err *err)
{
    espy_loader_request request = espy_loader_change_baudrate(baud);
    espy_loader_reply reply;
    espy_status st = flasher->stub.running
                         ? espy_stub_baud(flasher, baud, err)
                         : espy_session_request(&flasher->session, &request, ESPY_COMMAND_MS, &reply, err);
    if (st != ESPY_OK)
        return st;
    st = espy_flasher_link_baud(flasher, baud, err);
    if (st == ESPY_OK)
        st = espy_link_sleep(flasher->link, BAUD_SETTLE_MS, err);
    if (st == ESPY_OK)
        st = espy_session_sync(&flasher->session, SYNC_TRIES, err);
    return st == ESPY_OK && !flasher->stub.running ? espy_session_prove(&flasher->session, PROOF_SYNCS, err) : st;
}

/* Nothing else than the chip's watchdog could take back a rate that does not work. */
static bool wants_rescue(const espy_flasher *flasher, uint32_t baud)
{
    return baud > ESPY_ROM_BAUD && !can_reset(flasher);
}

static espy_status try_baud(espy_flasher *flasher, uint32_t baud, espy_err *err)
{
    if (!wants_rescue(flasher, baud))
        return change_baud(flasher, baud, err);
    espy_status st = espy_rescue_arm(flasher, err);
    if (st == ESPY_OK)
        st = change_baud(flasher, baud, err);
    return st == ESPY_OK ? espy_rescue_disarm(flasher, err) : st;
}

/* The loader is heard at 115200 baud because it never went to another rate, or because the
 * watchdog has reset it, and is to do so no more. */
static espy_status await_rescue(espy_flasher *flasher, espy_err *err)
{
    espy_err why = {0};
    uint64_t deadline = espy_link_now_ms(flasher->link) + ESPY_RESCUE_MS_MAX;
    espy_status st = espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, &why);
    if (st == ESPY_OK)
        do {
            why = (espy_err){0};
            st = espy_session_sync(&flasher->session, SYNC_TRIES, &why);
        } while (st == ESPY_E_TIMEOUT && espy_link_now_ms(flasher->link) < deadline);
    flasher->stub.running = false;
    if (st != ESPY_OK)
        return espy_pass(err, st, &why);
    st = settled(flasher, err);
    return st == ESPY_OK ? espy_rescue_disarm(flasher, err) : st;
}

/* A slow rate needs no rescue: the loader is at one of the two. */
static espy_status look_for_it(espy_flasher *flasher, uint32_t tried, espy_err *err)
{
    const uint32_t rates[] = {ESPY_ROM_BAUD, tried};
    espy_status st = ESPY_E_TIMEOUT;
    for (size_t i = 0; i < 2 && st == ESPY_E_TIMEOUT; i++) {
        st = espy_flasher_link_baud(flasher, rates[i], err);
        if (st == ESPY_OK)
            st = espy_session_sync(&flasher->session, SYNC_TRIES, i == 0 ? NULL : err);
    }
    return st;
}

/* Back to where the loader can be heard. */
static espy_status fall_back(espy_flasher *flasher, uint32_t tried, espy_err *err)
{
    next_slower(flasher, tried);
    if (can_reset(flasher))
        return reach_loader(flasher, err);
    espy_err why = {0};
    espy_status st = wants_rescue(flasher, tried) ? await_rescue(flasher, &why) : look_for_it(flasher, tried, &why);
    if (st == ESPY_E_TIMEOUT) {
        espy_fail(err, st, "the loader on %s does not answer any more since its rate was set to %u baud",
                  flasher->link->name, (unsigned)tried);
        espy_advise(err,
                    "Put the board into download mode again (hold BOOT, press and release RESET, release BOOT) and "
                    "take a lower rate, such as -b 115200.");
        return st;
    }
    return espy_pass(err, st, &why);
}

espy_status espy_flasher_to_top_baud(espy_flasher *flasher, espy_err *err)
{
    while (!flasher->fixed_baud && flasher->top_baud != flasher->baud) {
        espy_err why = {0};
        uint32_t baud = flasher->top_baud;
        if (baud > ESPY_ROM_BAUD && !link_does(flasher, baud)) {
            next_slower(flasher, baud);
            continue;
        }
        espy_status st = try_baud(flasher, baud, &why);
        if (st == ESPY_OK)
            break;
        if (st == ESPY_E_CANCELLED || st == ESPY_E_MEMORY)
            return espy_pass(err, st, &why);
        st = fall_back(flasher, baud, err);
        if (st != ESPY_OK || baud == ESPY_ROM_BAUD)
            return st;
    }
    flasher->stats.baud = flasher->baud;
    return ESPY_OK;
}

/* ---- after trouble ----------------------------------------------------------------- */

/* Whether the loader that answered last is the one that answered before: a board that
 * has reset itself has lost its stub. */
static bool still_there(const espy_flasher *flasher)
{
    return flasher->stub.running == (flasher->session.sync_value == ESPY_STUB_MAGIC);
}

espy_status espy_flasher_again(espy_flasher *flasher, espy_err *err)
{
    if (flasher->baud > ESPY_ROM_BAUD)
        next_slower(flasher, flasher->baud);
    return can_reset(flasher) ? reach_loader(flasher, err) : espy_flasher_recover(flasher, false, err);
}

/* The flash is attached anew in any case: its parameters may be what was damaged. */
espy_status espy_flasher_recover(espy_flasher *flasher, bool slow_down, espy_err *err)
{
    if (slow_down)
        next_slower(flasher, flasher->baud);
    espy_status st = espy_session_check(&flasher->session, err);
    if (st == ESPY_OK && (espy_session_sync(&flasher->session, SYNC_TRIES, NULL) != ESPY_OK || !still_there(flasher)))
        st = reach_loader(flasher, err);
    return st == ESPY_OK ? espy_flasher_prepare(flasher, err) : st;
}

/* ---- the stub ------------------------------------------------------------------------- */

enum { STUB_TRIES = 3 };

static bool wants_stub(const espy_flasher *flasher)
{
    return !flasher->config.no_stub && !flasher->stub.running && !flasher->stub.given_up && !flasher->secure_download;
}

/* A stub that does not come up leaves the board in no known state: it is reset, if it can be. */
static espy_status try_stub(espy_flasher *flasher, espy_err *err)
{
    espy_err why = {0};
    espy_status st = espy_stub_start(flasher, &why);
    if (st == ESPY_OK)
        return st;
    espy_log(flasher->config.log, ESPY_LOG_CMD, "%s", why.text);
    if (st != ESPY_E_DEVICE && !espy_session_transient(&why))
        return espy_pass(err, st, &why);
    if (!flasher->stub.uploaded)
        next_slower(flasher, flasher->baud);
    if (can_reset(flasher))
        return reach_loader(flasher, err);
    if (espy_session_sync(&flasher->session, SYNC_TRIES, NULL) == ESPY_OK)
        return settled(flasher, err);
    return espy_pass(err, st, &why);
}

/* At the highest rate at which the loader takes a request. */
static espy_status attach(espy_flasher *flasher, espy_err *err)
{
    for (;;) {
        espy_err why = {0};
        espy_status st = espy_flasher_to_top_baud(flasher, err);
        if (st != ESPY_OK || (st = espy_flasher_attach(flasher, &why)) == ESPY_OK)
            return st;
        if (!espy_session_transient(&why) || flasher->baud <= ESPY_ROM_BAUD || !can_reset(flasher))
            return espy_pass(err, st, &why);
        st = fall_back(flasher, flasher->baud, err);
        if (st != ESPY_OK)
            return st;
    }
}

espy_status espy_flasher_prepare(espy_flasher *flasher, espy_err *err)
{
    for (unsigned i = 0;;) {
        espy_status st = attach(flasher, err);
        if (st != ESPY_OK || !wants_stub(flasher))
            return st;
        bool at_its_slowest = flasher->baud <= ESPY_ROM_BAUD || flasher->stub.uploaded;
        flasher->stub.given_up = at_its_slowest && i++ == STUB_TRIES;
        if (!flasher->stub.given_up)
            st = try_stub(flasher, err);
        if (st != ESPY_OK)
            return st;
    }
}
