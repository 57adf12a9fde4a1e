/* SPDX-License-Identifier: MIT
 *
 * The flasher's life, its numbers, and its small reads; see espy/flasher.h.
 */
#include "flasher.h"

#include "diagnose.h"
#include "reset.h"
#include "rtc.h"

#include <mbedtls/md5.h>

#include <stdlib.h>
#include <string.h>

const char *espy_phase_name(espy_phase phase)
{
    static const char *const names[] = {
        [ESPY_PHASE_CONNECT] = "connect", [ESPY_PHASE_IDENTIFY] = "identify", [ESPY_PHASE_COMPARE] = "compare",
        [ESPY_PHASE_ERASE] = "erase",     [ESPY_PHASE_WRITE] = "write",       [ESPY_PHASE_VERIFY] = "verify",
        [ESPY_PHASE_READ] = "read",       [ESPY_PHASE_RESET] = "reset",
    };
    return names[phase];
}

const char *espy_width_name(espy_width width)
{
    static const char *const names[] = {
        [ESPY_WIDTH_NONE] = "none", [ESPY_WIDTH_QUAD] = "quad", [ESPY_WIDTH_OCTAL] = "octal"};
    return names[width];
}

espy_status espy_flasher_new(espy_flasher **flasher, espy_link *link, const espy_flasher_config *config, espy_err *err)
{
    const espy_flasher_config plain = {0}, *wanted = config != NULL ? config : &plain;
    espy_reset_sequence own;
    espy_status st = espy_reset_check(wanted->reset, err);
    if (st == ESPY_OK && wanted->hard_reset != NULL)
        st = espy_reset_parse(&own, wanted->hard_reset, err);
    if (st != ESPY_OK)
        return st;
    espy_flasher *made = calloc(1, sizeof *made);
    if (made == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for a flasher");
    made->link = link;
    made->config = *wanted;
    if (made->config.baud == 0)
        made->config.baud = espy_flasher_default_baud(link);
    if (made->config.attempts == 0)
        made->config.attempts = ESPY_DEFAULT_ATTEMPTS;
    made->top_baud = made->config.baud;
    espy_session_init(&made->session, link);
    made->session.log = made->config.log;
    made->session.cancelled = made->config.cancelled;
    made->session.user = made->config.user;
    *flasher = made;
    return ESPY_OK;
}

void espy_flasher_free(espy_flasher *flasher)
{
    if (flasher == NULL)
        return;
    espy_session_free(&flasher->session);
    free(flasher);
}

const espy_flasher_stats *espy_flasher_get_stats(espy_flasher *flasher)
{
    flasher->stats.bytes_sent = flasher->session.bytes_sent;
    return &flasher->stats;
}

void espy_flasher_progress(espy_flasher *flasher, espy_phase phase, uint64_t done, uint64_t total)
{
    if (flasher->config.progress != NULL)
        flasher->config.progress(flasher->config.user, phase, done, total);
}

uint32_t espy_flasher_timeout(uint64_t size, uint32_t ms_per_mb)
{
    return ESPY_COMMAND_MS + (uint32_t)(size * ms_per_mb / 1000000);
}

void espy_flasher_spent(espy_flasher *flasher, double *seconds, uint64_t start_ms)
{
    *seconds += (double)(espy_link_now_ms(flasher->link) - start_ms) / 1000.0;
}

espy_status espy_flasher_writable(const espy_flasher *flasher, espy_err *err)
{
    if (flasher->secure_download) {
        espy_fail(err, ESPY_E_UNSUPPORTED, "the board is in secure download mode, which allows no verified writing");
        espy_advise(err, "Its eFuses make that permanent; update it by its own firmware.");
        return ESPY_E_UNSUPPORTED;
    }
    if (flasher->flash_size > 0)
        return ESPY_OK;
    if (!flasher->identified)
        return espy_fail(err, ESPY_E_ARG, "the flash was not identified before it is used");
    espy_fail(err, ESPY_E_DEVICE, "no flash that espy knows answers on the board (RDID 0x%06x)",
              (unsigned)flasher->flash_id);
    espy_advise(err, "Check the flash's supply and that nothing else is wired to GPIO26 to GPIO37.");
    return ESPY_E_DEVICE;
}

espy_status espy_flasher_reach(uint32_t addr, uint64_t size, espy_err *err)
{
    if (addr + size <= ESPY_ROM_REACH)
        return ESPY_OK;
    espy_fail(err, ESPY_E_UNSUPPORTED, "0x%llx bytes at 0x%x go beyond the first 16 MB of the flash",
              (unsigned long long)size, (unsigned)addr);
    espy_advise(err,
                "The chip's own loader reaches no further; espy's stub, which does, is not wanted or has not started.");
    return ESPY_E_UNSUPPORTED;
}

espy_status espy_flasher_readable(const espy_flasher *flasher, uint32_t addr, uint64_t size, espy_err *err)
{
    espy_status st = espy_flasher_writable(flasher, err);
    if (st != ESPY_OK || !flasher->stub.running)
        return st == ESPY_OK ? espy_flasher_reach(addr, size, err) : st;
    if (addr + size <= flasher->flash_size)
        return ESPY_OK;
    return espy_fail(err, ESPY_E_ARG, "0x%llx bytes at 0x%x go beyond the flash, which has 0x%x",
                     (unsigned long long)size, (unsigned)addr, (unsigned)flasher->flash_size);
}

enum {
    READINGS = 12,
    ROM_PIECE = 64 * 1024, /* is checked by itself */
    ROM_PIECE_MIN = 512,
    ROM_READ_MS = 300 /* for the 64 bytes of a request, whose work is a few microseconds */
};

/* The ROM always answers with 64 bytes, of which as many mean something as asked for. */
static espy_status read_piece(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    espy_loader_request request = espy_loader_read_flash_slow(addr, (uint32_t)n);
    espy_loader_reply reply;
    espy_status st = espy_session_ask(&flasher->session, &request, ROM_READ_MS, &reply, err);
    if (st != ESPY_OK)
        return st;
    if (reply.size < n)
        return espy_fail(err, ESPY_E_PROTOCOL, "the board sent %zu of %zu bytes of its flash at 0x%x", reply.size, n,
                         (unsigned)addr);
    memcpy(bytes, reply.data, n);
    return ESPY_OK;
}

static espy_status read_once(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    espy_status st = ESPY_OK;
    for (size_t at = 0; at < n && st == ESPY_OK; at += ESPY_LOADER_READ_MAX) {
        size_t left = n - at;
        st = read_piece(flasher, addr + (uint32_t)at, bytes + at,
                        left < ESPY_LOADER_READ_MAX ? left : ESPY_LOADER_READ_MAX, err);
    }
    return st;
}

/* The ROM's replies carry no checksum, but its MD5 tells whether all of them were right. */
static espy_status read_checked(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, bool *right,
                                espy_err *err)
{
    uint8_t is[16], was[16];
    espy_status st = read_once(flasher, addr, bytes, n, err);
    if (st == ESPY_OK)
        st = espy_flasher_md5(flasher, addr, (uint32_t)n, is, err);
    if (st == ESPY_OK && mbedtls_md5_ret(bytes, n, was) != 0)
        st = espy_fail(err, ESPY_E_MEMORY, "MD5 of %zu bytes failed on this computer", n);
    *right = st == ESPY_OK && memcmp(is, was, sizeof is) == 0;
    return st;
}

static espy_status read_wrongly(uint32_t addr, espy_err *err)
{
    espy_fail(err, ESPY_E_PROTOCOL, "the flash at 0x%x was read wrongly each of %d times", (unsigned)addr, READINGS);
    espy_advise(err, "Try a lower baud rate, another cable, or another USB port.");
    return ESPY_E_PROTOCOL;
}

/* On a wire that damages one reply in a hundred no long piece is ever right: what was wrong
 * is read again in halves. */
static espy_status read_by_rom(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    size_t piece = ROM_PIECE;
    unsigned wrong = 0;
    for (size_t at = 0; at < n;) {
        bool right;
        size_t left = n - at, now = left < piece ? left : piece;
        espy_flasher_progress(flasher, ESPY_PHASE_READ, at, n);
        espy_status st = read_checked(flasher, addr + (uint32_t)at, bytes + at, now, &right, err);
        if (st != ESPY_OK)
            return st;
        if (right) {
            at += now;
            wrong = 0;
        } else if (++wrong == READINGS) {
            return read_wrongly(addr + (uint32_t)at, err);
        } else {
            piece = now / 2 > ROM_PIECE_MIN ? now / 2 : ROM_PIECE_MIN;
        }
    }
    espy_flasher_progress(flasher, ESPY_PHASE_READ, n, n);
    return ESPY_OK;
}

espy_status espy_flasher_read(espy_flasher *flasher, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    espy_status st = espy_flasher_readable(flasher, addr, n, err);
    if (st != ESPY_OK || n == 0)
        return st;
    return flasher->stub.running ? espy_stub_read(flasher, addr, bytes, n, err)
                                 : read_by_rom(flasher, addr, bytes, n, err);
}

/* ---- leaving ---------------------------------------------------------------------------- */

enum { WATCHDOG_TICKS = 2000, WATCHDOG_WAIT_MS = 500, LAST_REPLY_MS = 200, LOADER_SYNCS = 8, WATCHDOG_TRIES = 4 };

/* Firmware that was told to reboot into download mode by this bit would stay there.
 * That the request fails must not keep the board from its reset. */
static espy_status clear_forced_download(espy_flasher *flasher, espy_err *err)
{
    static const espy_loader_reg reg = {RTC_CNTL_OPTION1_REG, 0, RTC_CNTL_FORCE_DOWNLOAD_BOOT, 0};
    espy_err why = {0};
    espy_status st = flasher->secure_download ? ESPY_OK : espy_flasher_write_regs(flasher, &reg, 1, &why);
    if (st == ESPY_OK || why.status == ESPY_E_DEVICE || espy_session_transient(&why))
        return ESPY_OK;
    return espy_pass(err, st, &why);
}

/* The chip may be gone before it has answered.  *told: the stub, which checks what it gets, has. */
static espy_status set_watchdog(espy_flasher *flasher, bool *told, espy_err *err)
{
    static const espy_loader_reg regs[] = {
        {RTC_CNTL_WDTWPROTECT_REG, RTC_CNTL_WDT_WKEY, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG1_REG, WATCHDOG_TICKS, UINT32_MAX, 0},
        {RTC_CNTL_WDTCONFIG0_REG, RTC_CNTL_WDT_EN | RTC_CNTL_WDT_STG0_RESET_RTC | RTC_CNTL_WDT_RESET_LENGTHS,
         UINT32_MAX, 0},
        {RTC_CNTL_WDTWPROTECT_REG, 0, UINT32_MAX, 0},
    };
    espy_loader_request request = espy_loader_write_reg(regs, sizeof regs / sizeof regs[0]);
    espy_loader_reply reply;
    espy_err why = {0};
    espy_status st = flasher->stub.running
                         ? espy_stub_write_regs(flasher, regs, sizeof regs / sizeof regs[0], &why)
                         : espy_session_request(&flasher->session, &request, LAST_REPLY_MS, &reply, &why);
    *told = st == ESPY_OK && flasher->stub.running;
    return st == ESPY_OK || espy_session_transient(&why) ? ESPY_OK : espy_pass(err, st, &why);
}

/* At the rate it had, the loader would still answer; at the ROM's it may do so, too. */
static espy_status ask_whether_there(espy_flasher *flasher, uint32_t baud, bool *there, espy_err *err)
{
    const uint32_t rates[] = {ESPY_ROM_BAUD, baud};
    *there = false;
    for (size_t i = 0; i < (baud == ESPY_ROM_BAUD ? 1 : 2) && !*there; i++) {
        espy_err why = {0};
        espy_status st = espy_flasher_link_baud(flasher, rates[i], err);
        if (st == ESPY_OK)
            st = espy_session_sync(&flasher->session, LOADER_SYNCS, &why);
        if (st != ESPY_OK && !espy_session_transient(&why))
            return espy_pass(err, st, &why);
        *there = st == ESPY_OK;
    }
    flasher->stub.running = *there && flasher->session.sync_value == ESPY_STUB_MAGIC;
    return *there ? ESPY_OK : espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, err);
}

/* The ROM's loader takes a damaged request for a good one.  So the chip's boot log has to tell
 * of the reset, or the loader has to be silent: asked only where there is no log, since a
 * program that runs would take it for its input. */
static espy_status reset_once(espy_flasher *flasher, bool *there, espy_err *err)
{
    uint32_t baud = flasher->baud;
    bool told = false;
    espy_status st = espy_session_forget(&flasher->session, err);
    if (st == ESPY_OK)
        st = clear_forced_download(flasher, err);
    if (st == ESPY_OK)
        st = set_watchdog(flasher, &told, err);
    if (st == ESPY_OK)
        st = espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, err);
    if (st == ESPY_OK)
        st = espy_link_sleep(flasher->link, WATCHDOG_WAIT_MS, err);
    if (st == ESPY_OK)
        st = espy_session_listen(&flasher->session, err);
    *there = false;
    espy_boot_log log = espy_boot_log_parse(flasher->session.heard);
    bool proven = told || (log.found && !log.waiting);
    return st == ESPY_OK && !proven ? ask_whether_there(flasher, baud, there, err) : st;
}

static espy_status watchdog_reset(espy_flasher *flasher, espy_err *err)
{
    bool there = true;
    espy_status st = ESPY_OK;
    for (unsigned i = 0; i < WATCHDOG_TRIES && there && st == ESPY_OK; i++)
        st = reset_once(flasher, &there, err);
    flasher->stub.running = false;
    if (st != ESPY_OK || !there)
        return st;
    espy_fail(err, ESPY_E_TIMEOUT, "the board on %s is still in its loader after %d resets by its watchdog",
              flasher->link->name, WATCHDOG_TRIES);
    espy_advise(err, "Press its RESET button, without BOOT.");
    return ESPY_E_TIMEOUT;
}

static espy_status line_reset(espy_flasher *flasher, espy_err *err)
{
    espy_status st = clear_forced_download(flasher, err);
    if (st == ESPY_OK)
        st = espy_flasher_link_baud(flasher, ESPY_ROM_BAUD, err);
    flasher->stub.running = false;
    if (st == ESPY_OK)
        st = espy_session_forget(&flasher->session, err);
    return st == ESPY_OK ? espy_reset_to_flash(flasher->link, flasher->config.hard_reset, err) : st;
}

/* Through the chip's own USB the lines reset its core alone, which does not look at its pins
 * again: where somebody held BOOT, the ROM waits for a download once more, and says so.  That
 * is listened for, not asked, since a program that runs would take it for its input. */
static espy_status usb_reset(espy_flasher *flasher, espy_err *err)
{
    espy_status st = line_reset(flasher, err);
    if (st == ESPY_OK)
        st = espy_session_listen(&flasher->session, err);
    if (st != ESPY_OK || !espy_boot_log_parse(flasher->session.heard).waiting)
        return st;
    st = espy_session_sync(&flasher->session, LOADER_SYNCS, err);
    return st == ESPY_OK ? watchdog_reset(flasher, err) : st;
}

/* The chip's own USB goes with its reset; whoever uses the link next reopens it. */
static espy_status pull_reset(espy_flasher *flasher, bool by_lines, espy_err *err)
{
    espy_err why = {0};
    espy_status st;
    if (!by_lines)
        st = watchdog_reset(flasher, &why);
    else if (espy_reset_is_usb_jtag(flasher->link) && flasher->config.hard_reset == NULL)
        st = usb_reset(flasher, &why);
    else
        st = line_reset(flasher, &why);
    return st == ESPY_E_IO && flasher->link->returns ? ESPY_OK : espy_pass(err, st, &why);
}

static espy_status leave(espy_flasher *flasher, bool by_lines, espy_err *err)
{
    uint64_t start = espy_link_now_ms(flasher->link);
    espy_flasher_progress(flasher, ESPY_PHASE_RESET, 0, 0);
    espy_status st = pull_reset(flasher, by_lines, err);
    espy_flasher_spent(flasher, &flasher->stats.reset_s, start);
    return st;
}

espy_status espy_flasher_reset(espy_flasher *flasher, espy_err *err)
{
    /* The loader behind USB-OTG does not obey the lines. */
    return leave(flasher, flasher->link->has_lines && !espy_reset_is_usb_otg(flasher->link), err);
}

espy_status espy_flasher_reset_by_watchdog(espy_flasher *flasher, espy_err *err)
{
    return leave(flasher, false, err);
}

espy_status espy_flasher_stay(espy_flasher *flasher, espy_err *err)
{
    flasher->top_baud = ESPY_ROM_BAUD;
    return espy_flasher_to_top_baud(flasher, err);
}

/* ---- words ------------------------------------------------------------------------------ */

bool espy_flasher_has_stub(const espy_flasher *flasher)
{
    return flasher->stub.running;
}

espy_status espy_flasher_read_word(espy_flasher *flasher, uint32_t addr, uint32_t *value, espy_err *err)
{
    if (addr % 4 != 0)
        return espy_fail(err, ESPY_E_ARG, "0x%x is not the address of a word: it is no multiple of 4", (unsigned)addr);
    return espy_flasher_read_reg(flasher, addr, value, err);
}

espy_status espy_flasher_write_word(espy_flasher *flasher, uint32_t addr, uint32_t value, uint32_t mask, espy_err *err)
{
    const espy_loader_reg reg = {addr, value, mask, 0};
    if (addr % 4 != 0)
        return espy_fail(err, ESPY_E_ARG, "0x%x is not the address of a word: it is no multiple of 4", (unsigned)addr);
    return espy_flasher_write_regs(flasher, &reg, 1, err);
}
