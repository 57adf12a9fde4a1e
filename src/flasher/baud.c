/* SPDX-License-Identifier: MIT
 *
 * The baud rate: up to what port and board sustain, and back to where the loader can be
 * heard.
 *
 * A rate that does not work leaves the loader where nobody hears it.  A reset takes it
 * back; where no line can reset the board, the RTC watchdog is set going before a rate is
 * tried: if nobody stops it, it resets the chip's core, and the loader is back at 115200
 * baud.  A core reset does not latch the strapping pins anew, nor does it touch the forced
 * download bit, so that the chip boots into the mode that it is in.  Source: ESP32-S3
 * Technical Reference Manual, "Watchdog Timers", "Reset and Clock", "Chip Boot Control".
 */
#include "flasher.h"

#include "reset.h"
#include "rtc.h"

enum {
    /* Until the ROM runs at a new rate, it needs 1 ms after its reply.  The drivers of the
     * usual bridges wait for theirs to have taken it; where one is slower than that, the first
     * SYNC is lost, and the next comes 20 ms later. */
    BAUD_SETTLE_MS = 5,
    PROOF_SYNCS = 3, /* at a new rate: 500 bytes both ways.  The stub's upload is the rest of the proof */
    /* Beyond this nothing is gained: a flash chip programs 256 bytes in 0.5 ms and erases 64 KiB in
     * 150 ms (typical, W25Q128JV data sheet), 200 kB/s of image or 130 kB/s compressed; and the ROM,
     * which runs from the 40 MHz crystal, loses bytes of long blocks at 3 Mbaud. */
    USEFUL_BAUD = 2000000,
    DEFAULT_BAUD = 921600, /* of a bridge that nobody knows: what all bridges of the last twenty years do */
    /* The watchdog counts a slow clock: most often 136 kHz, for 2 s; 32 kHz at the least. */
    RESCUE_TICKS = 272000,
    RESCUE_MS_MAX = 9000
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

static uint32_t slower(uint32_t baud)
{
    static const uint32_t ladder[] = {2000000, 1500000, 921600, 460800, 230400, ESPY_ROM_BAUD};
    for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++)
        if (ladder[i] < baud)
            return ladder[i];
    return ESPY_ROM_BAUD;
}

void espy_flasher_slow_down(espy_flasher *flasher, uint32_t tried)
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
        st = espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, err);
    return st == ESPY_OK && !flasher->stub.running ? espy_session_prove(&flasher->session, PROOF_SYNCS, err) : st;
}

/* ---- where no line can reset the board ------------------------------------------------ */

/* Stage 0 lasts for twice its register, more where eFuse WDT_DELAY_SEL says so. */
static espy_status arm_rescue(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG1_REG, RESCUE_TICKS / 2, UINT32_MAX, 0},
        {RTC_CNTL_WDTFEED_REG, RTC_CNTL_WDT_FEED, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, RTC_CNTL_WDT_EN | RTC_CNTL_WDT_STG0_RESET_CORE | RTC_CNTL_WDT_RESET_LENGTHS,
         UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
    };
    return espy_flasher_write_regs(flasher, regs, sizeof regs / sizeof regs[0], err);
}

static espy_status disarm_rescue(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, 0, UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
    };
    return espy_flasher_write_regs(flasher, regs, sizeof regs / sizeof regs[0], err);
}

/* Nothing else than the chip's watchdog could take back a rate that does not work. */
static bool wants_rescue(const espy_flasher *flasher, uint32_t baud)
{
    return baud > ESPY_ROM_BAUD && !espy_flasher_can_reset(flasher);
}

/* In secure download mode nobody sets a watchdog: the rate stays. */
static espy_status try_baud(espy_flasher *flasher, uint32_t baud, espy_err *err)
{
    if (!wants_rescue(flasher, baud))
        return change_baud(flasher, baud, err);
    espy_err why = {0};
    espy_status st = arm_rescue(flasher, &why);
    if (st == ESPY_E_DEVICE) {
        flasher->top_baud = flasher->baud;
        return ESPY_OK;
    }
    if (st == ESPY_OK)
        st = change_baud(flasher, baud, &why);
    if (st == ESPY_OK)
        st = disarm_rescue(flasher, &why);
    return st == ESPY_OK ? ESPY_OK : espy_pass(err, st, &why);
}

/* The loader is heard at 115200 baud because it never went to another rate, or because the
 * watchdog has reset it, and is to do so no more. */
static espy_status await_rescue(espy_flasher *flasher, espy_err *err)
{
    espy_err why = {0};
    uint64_t deadline = espy_link_now_ms(flasher->link) + RESCUE_MS_MAX;
    espy_status st = espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, &why);
    if (st == ESPY_OK)
        do {
            why = (espy_err){0};
            st = espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, &why);
        } while (st == ESPY_E_TIMEOUT && espy_link_now_ms(flasher->link) < deadline);
    flasher->stub.running = false;
    if (st != ESPY_OK)
        return espy_pass(err, st, &why);
    st = espy_flasher_settle(flasher, err);
    return st == ESPY_OK ? disarm_rescue(flasher, err) : st;
}

/* A slow rate needs no rescue: the loader is at one of the two. */
static espy_status look_for_it(espy_flasher *flasher, uint32_t tried, espy_err *err)
{
    const uint32_t rates[] = {ESPY_ROM_BAUD, tried};
    espy_status st = ESPY_E_TIMEOUT;
    for (size_t i = 0; i < 2 && st == ESPY_E_TIMEOUT; i++) {
        st = espy_flasher_link_baud(flasher, rates[i], err);
        if (st == ESPY_OK)
            st = espy_session_sync(&flasher->session, ESPY_SYNC_TRIES, i == 0 ? NULL : err);
    }
    return st;
}

/* Back to where the loader can be heard. */
espy_status espy_flasher_fall_back(espy_flasher *flasher, uint32_t tried, espy_err *err)
{
    espy_flasher_slow_down(flasher, tried);
    if (espy_flasher_can_reset(flasher))
        return espy_flasher_reach_loader(flasher, err);
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
            espy_flasher_slow_down(flasher, baud);
            continue;
        }
        espy_status st = try_baud(flasher, baud, &why);
        if (st == ESPY_OK)
            break;
        if (st == ESPY_E_CANCELLED || st == ESPY_E_MEMORY)
            return espy_pass(err, st, &why);
        st = espy_flasher_fall_back(flasher, baud, err);
        if (st != ESPY_OK || baud == ESPY_ROM_BAUD)
            return st;
    }
    flasher->stats.baud = flasher->baud;
    return ESPY_OK;
}
