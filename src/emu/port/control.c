/* SPDX-License-Identifier: MIT
 *
 * Words for the board's keys; see the header.
 */
#include "control.h"

#include <stdio.h>
#include <string.h>

static void do_boot(espy_bridge *b, bool on)
{
    espy_bridge_keys(b, on, b->reset);
}

static void do_reset(espy_bridge *b, bool on)
{
    espy_bridge_keys(b, b->boot, on);
}

static void tell(const espy_bridge *b, char *reply, size_t cap)
{
    const espy_err *fault = espy_machine_fault(b->machine);
    snprintf(reply, cap, "ok boot %d reset %d power %d%s%s", b->boot, b->reset, !b->power_off,
             fault != NULL ? " fault " : "", fault != NULL ? fault->text : "");
}

/* Words with a 0 or 1 after them, and words alone. */
static const struct {
    const char *word;
    void (*set)(espy_bridge *b, bool on);
} switches[] = {{"boot", do_boot}, {"reset", do_reset}, {"power", espy_bridge_power}};

static const struct {
    const char *word;
    void (*act)(espy_bridge *b);
} acts[] = {{"reset", espy_bridge_tap_reset}, {"download", espy_bridge_download}};

static bool obey(espy_bridge *b, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (value != NULL && strcmp(word, switches[i].word) == 0 &&
            (strcmp(value, "0") == 0 || strcmp(value, "1") == 0)) {
            switches[i].set(b, *value == '1');
            return true;
        }
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (value == NULL && strcmp(word, acts[i].word) == 0) {
            acts[i].act(b);
            return true;
        }
    return false;
}

void espy_control_line(espy_bridge *b, const char *line, char *reply, size_t cap, bool *quit)
{
    char text[64], *rest = NULL;
    snprintf(text, sizeof text, "%s", line);
    const char *word = strtok_r(text, " \t", &rest), *value = strtok_r(NULL, " \t", &rest);
    bool alone = value == NULL, whole = strtok_r(NULL, " \t", &rest) == NULL && strlen(line) < sizeof text;
    if (word != NULL && alone && strcmp(word, "status") == 0) {
        tell(b, reply, cap);
        return;
    }
    *quit = word != NULL && alone && strcmp(word, "quit") == 0;
    bool done = word != NULL && whole && (*quit || obey(b, word, value));
    snprintf(reply, cap,
             done ? "ok"
                  : "error the commands are boot 0|1, reset 0|1, reset, download, power 0|1, "
                    "status and quit");
}
