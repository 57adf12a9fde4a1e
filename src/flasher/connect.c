/* SPDX-License-Identifier: MIT
 *
 * Getting in touch with the ROM loader and staying in touch: resets and SYNC, what to do
 * after trouble, and the start of the stub.
 */
#include "flasher.h"

#include "diagnose.h"
#include "reset.h"
#include "rtc.h"

enum {
    RETURN_MS = 10000,    /* within which a chip on its own USB shows its port again after a reset */
    NO_LINES_ATTEMPTS = 4 /* rounds of SYNCs for each configured attempt where nothing resets the board */
};

bool espy_flasher_can_reset(const espy_flasher *flasher)
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
    return st == ESPY_OK ? espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, err) : st;
}

espy_status espy_flasher_settle(espy_flasher *flasher, espy_err *err)
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
espy_status espy_flasher_reach_loader(espy_flasher *flasher, espy_err *err)
{
    unsigned total = flasher->config.attempts * (espy_flasher_can_reset(flasher) ? 1 : NO_LINES_ATTEMPTS);
    for (unsigned i = 0; i < total; i++) {
        espy_err why = {0};
        espy_flasher_progress(flasher, ESPY_PHASE_CONNECT, i, total);
        espy_status st = attempt(flasher, i, espy_flasher_can_reset(flasher), &why);
        if (st == ESPY_E_IO && flasher->link->returns) {
            why = (espy_err){0};
            st = follow(flasher, &why);
        }
        if (st == ESPY_OK)
            return espy_flasher_settle(flasher, err);
        if (st != ESPY_E_TIMEOUT)
            return espy_pass(err, st, &why);
    }
    return espy_diagnose_silence(flasher->link->name, espy_flasher_can_reset(flasher), total, flasher->session.heard,
                                 err);
}

espy_status espy_flasher_connect(espy_flasher *flasher, espy_err *err)
{
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_status st = espy_flasher_reach_loader(flasher, err);
    espy_flasher_spent(flasher, &flasher->stats.connect_s, start);
    return st;
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
        espy_flasher_slow_down(flasher, flasher->baud);
    return espy_flasher_can_reset(flasher) ? espy_flasher_reach_loader(flasher, err)
                                           : espy_flasher_recover(flasher, false, err);
}

/* The flash is attached anew in any case: its parameters may be what was damaged. */
espy_status espy_flasher_recover(espy_flasher *flasher, bool slow_down, espy_err *err)
{
    if (slow_down)
        espy_flasher_slow_down(flasher, flasher->baud);
    espy_status st = espy_session_check(&flasher->session, err);
    if (st == ESPY_OK &&
        (espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, NULL) != ESPY_OK || !still_there(flasher)))
        st = espy_flasher_reach_loader(flasher, err);
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
        espy_flasher_slow_down(flasher, flasher->baud);
    if (espy_flasher_can_reset(flasher))
        return espy_flasher_reach_loader(flasher, err);
    if (espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, NULL) == ESPY_OK)
        return espy_flasher_settle(flasher, err);
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
        if (!espy_session_transient(&why) || flasher->baud <= ESPY_ROM_BAUD || !espy_flasher_can_reset(flasher))
            return espy_pass(err, st, &why);
        st = espy_flasher_fall_back(flasher, flasher->baud, err);
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
