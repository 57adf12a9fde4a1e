/* SPDX-License-Identifier: MIT
 *
 * Boot logs and the sentences that follow from them; see the header.
 */
#include "diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse_name(espy_boot_log *log, const char *at)
{
    size_t n = strcspn(at, ")\r\n");
    if (at[0] != '(' || at[n] != ')')
        return;
    /* The name may hold a pair of brackets of its own: "DOWNLOAD(USB/UART0)". */
    if (memchr(at + 1, '(', n - 1) != NULL && at[n + 1] == ')')
        n++;
    snprintf(log->mode_name, sizeof log->mode_name, "%.*s", (int)(n - 1), at + 1);
}

espy_boot_log espy_boot_log_parse(const char *text)
{
    espy_boot_log log = {0};
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, "boot:0x")) != NULL; at++)
        last = at;
    if (last == NULL)
        return log;
    char *end;
    log.found = true;
    log.boot_mode = (unsigned)strtoul(last + strlen("boot:"), &end, 16);
    parse_name(&log, end + (*end == ' '));
    log.waiting = strstr(end, "waiting for download") != NULL;
    return log;
}

static const char by_hand[] = "Hold BOOT, press and release RESET, release BOOT, and try again.";

static espy_status nothing(const char *port, bool has_lines, unsigned resets, espy_err *err)
{
    if (!has_lines) {
        espy_fail(err, ESPY_E_TIMEOUT, "nothing answers on %s, which has no lines to reset the board by", port);
        espy_advise(err, "Put the board into download mode yourself: hold BOOT, press and release RESET, release BOOT; "
                         "then try again.");
    } else {
        espy_fail(err, ESPY_E_TIMEOUT, "nothing answers on %s: after %u resets not one byte has come back", port,
                  resets);
        espy_advise(err, "Check that this is the board's port and that the cable carries data.  If so: hold BOOT, "
                         "press and release RESET, release BOOT, and try again.");
    }
    return ESPY_E_TIMEOUT;
}

espy_status espy_diagnose_silence(const char *port, bool has_lines, unsigned resets, const char *heard, espy_err *err)
{
    espy_boot_log log = espy_boot_log_parse(heard);
    if (heard[0] == '\0')
        return nothing(port, has_lines, resets, err);
    if (log.waiting) {
        espy_fail(err, ESPY_E_DEVICE, "the board on %s waits for a download but answers nothing that is sent to it",
                  port);
        espy_advise(err, "Bytes to the board are lost: check its RX pin (GPIO44), what else is wired to it, and the "
                         "cable.");
        return ESPY_E_DEVICE;
    }
    if (log.found) {
        espy_fail(err, ESPY_E_DEVICE, "the board on %s starts in boot mode 0x%x%s%s%s, not in download mode", port,
                  log.boot_mode, log.mode_name[0] != '\0' ? " (" : "", log.mode_name,
                  log.mode_name[0] != '\0' ? ")" : "");
        espy_advise(err, "Its reset circuit does not pull GPIO0 low. %s", by_hand);
        return ESPY_E_DEVICE;
    }
    espy_fail(err, ESPY_E_TIMEOUT, "the board on %s talks (%zu bytes) but not as a loader", port, strlen(heard));
    espy_advise(err, "It is not an ESP32-S3 at 115200 baud, or its reset lines are not connected. %s", by_hand);
    return ESPY_E_TIMEOUT;
}
