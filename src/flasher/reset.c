/* SPDX-License-Identifier: MIT
 *
 * Reset sequences and their order; see the header.
 */
#include "reset.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE(...)                                                                                                  \
    {                                                                                                                  \
        .steps = {__VA_ARGS__}, .n = sizeof((const espy_reset_step[]){__VA_ARGS__}) / sizeof(espy_reset_step)          \
    }

/* Passing through "both" keeps GPIO0 high while RTS takes EN low; then DTR takes GPIO0
 * low in the same moment that EN rises.  Slow EN capacitors need the longer hold. */
static const espy_reset_sequence tight = SEQUENCE({0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 50}, {0, 0, 0});
static const espy_reset_sequence tight_slow = SEQUENCE({0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 550}, {0, 0, 0});

static const espy_reset_sequence classic = SEQUENCE({0, 1, 100}, {1, 0, 50}, {0, 0, 0});
static const espy_reset_sequence classic_slow = SEQUENCE({0, 1, 100}, {1, 0, 550}, {0, 0, 0});

/* The USB-Serial/JTAG controller takes DTR as the boot mode and RTS as the reset, and
 * goes through "both", never through "none", to tell a reset from an idle port. */
static const espy_reset_sequence usb_jtag = SEQUENCE({0, 0, 100}, {1, 0, 100}, {1, 1, 0}, {0, 1, 100}, {0, 0, 0});

/* A loader that is there needs no reset. */
static const espy_reset_sequence as_it_is = {.n = 0};

static const espy_reset_sequence to_flash = SEQUENCE({0, 1, 100}, {0, 0, 0});
static const espy_reset_sequence usb_to_flash = SEQUENCE({0, 1, 200}, {0, 0, 200});

/* What is tried in turn, up to the first NULL, and then from the beginning. */
typedef struct order {
    const char *name;
    const espy_reset_sequence *sequences[4];
} order;

/* By the name that the user gives. */
static const order named[] = {
    {"classic", {&classic, &classic_slow}},
    {"tight", {&tight, &tight_slow}},
    {"usb-jtag", {&usb_jtag}},
    {"none", {0}},
};

static const order of_bridge = {.sequences = {&tight, &tight_slow, &classic, &classic_slow}};
/* "Both" would last a round trip, in which the chip leaves reset: no tight sequence first. */
static const order of_lines_apart = {.sequences = {&classic, &classic_slow, &tight, &tight_slow}};
static const order of_usb_jtag = {.sequences = {&usb_jtag, &tight, &classic}};
/* The port's identity is the ROM's loader itself, or firmware with the ROM's USB driver. */
static const order of_usb_otg = {.sequences = {&as_it_is, &classic, &usb_jtag}};

enum { ESPRESSIF_VID = 0x303A, USB_JTAG_PID = 0x1001, USB_OTG_PID = 0x0009 };

bool espy_reset_is_usb_jtag(const espy_link *link)
{
    return link->usb_vid == ESPRESSIF_VID && link->usb_pid == USB_JTAG_PID;
}

bool espy_reset_is_usb_otg(const espy_link *link)
{
    return link->usb_vid == ESPRESSIF_VID && link->usb_pid == USB_OTG_PID;
}

/* ---- a sequence of one's own ------------------------------------------------------------ */

static bool parse_line(const char **at, bool *value)
{
    *at += strspn(*at, " ");
    if (**at != '0' && **at != '1')
        return false;
    *value = *(*at)++ == '1';
    *at += strspn(*at, " ");
    return true;
}

enum { WAIT_MAX_S = 60 };

static bool parse_wait(const char **at, uint32_t *ms)
{
    char *end;
    if (!isdigit((unsigned char)**at) && **at != '.')
        return false;
    double seconds = strtod(*at, &end);
    *at = end + strspn(end, " ");
    if (!(seconds >= 0 && seconds <= WAIT_MAX_S))
        return false;
    *ms += (uint32_t)(seconds * 1000 + 0.5);
    return true;
}

/* One step, up to its end; false: it is none.  A wait holds the step before it. */
static bool parse_step(espy_reset_sequence *s, const char *at, const char *end)
{
    espy_reset_step step = s->n > 0 ? s->steps[s->n - 1] : (espy_reset_step){0};
    int code = toupper((unsigned char)*at++);
    if (code == 'W' && s->n > 0)
        return parse_wait(&at, &s->steps[s->n - 1].ms) && at == end;
    step.ms = 0;
    bool good = s->n < ESPY_RESET_STEPS_MAX;
    switch (code) {
    case 'W': good = parse_wait(&at, &step.ms); break;
    case 'D': good = good && parse_line(&at, &step.dtr); break;
    case 'R': good = good && parse_line(&at, &step.rts); break;
    case 'U': good = good && parse_line(&at, &step.dtr) && *at++ == ',' && parse_line(&at, &step.rts); break;
    default: good = false;
    }
    if (good)
        s->steps[s->n++] = step;
    return good && at == end;
}

static espy_status bad_step(const char *text, const char *at, const char *end, espy_err *err)
{
    espy_fail(err, ESPY_E_ARG, "\"%.*s\" at character %d of the reset sequence \"%s\" is no step of one",
              (int)(end - at), at, (int)(at - text) + 1, text);
    espy_advise(err,
                "A sequence has up to %d steps with \"|\" between: D0 or D1 (DTR), R0 or R1 (RTS), U0,1 (both at once) "
                "and W0.1 (wait so many seconds, up to %d).",
                ESPY_RESET_STEPS_MAX, WAIT_MAX_S);
    return ESPY_E_ARG;
}

espy_status espy_reset_parse(espy_reset_sequence *sequence, const char *text, espy_err *err)
{
    *sequence = (espy_reset_sequence){0};
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, " ");
        const char *end = at + strcspn(at, "|");
        if (end > at && !parse_step(sequence, at, end))
            return bad_step(text, at, end, err);
        at = end + (*end == '|');
    }
    return sequence->n > 0 ? ESPY_OK : bad_step(text, text, text + strlen(text), err);
}

/* ---- which way ---------------------------------------------------------------------------- */

/* The order of this name, or NULL. */
static const order *find(const char *way)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(named[i].name, way) == 0)
            return &named[i];
    return NULL;
}

static const order *order_of_link(const espy_link *link)
{
    if (espy_reset_is_usb_jtag(link))
        return &of_usb_jtag;
    if (espy_reset_is_usb_otg(link))
        return &of_usb_otg;
    return link->lines_apart ? &of_lines_apart : &of_bridge;
}

espy_status espy_reset_check(const char *way, espy_err *err)
{
    espy_reset_sequence own;
    if (way == NULL || find(way) != NULL)
        return ESPY_OK;
    if (strchr(way, '|') != NULL || strlen(way) < 5)
        return espy_reset_parse(&own, way, err);
    espy_fail(err, ESPY_E_ARG, "there is no way to reset a board that is called \"%s\"", way);
    espy_advise(err, "There are classic, tight, usb-jtag, none, and sequences such as \"D0|R1|W0.1|D1|R0|W0.05|D0\".");
    return ESPY_E_ARG;
}

bool espy_reset_possible(const espy_link *link, const char *way)
{
    return link->has_lines && (way == NULL || strcmp(way, "none") != 0);
}

static espy_status run(espy_link *link, const espy_reset_sequence *s, espy_err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        espy_status st = espy_link_set_lines(link, s->steps[i].dtr, s->steps[i].rts, err);
        if (st == ESPY_OK && s->steps[i].ms > 0)
            st = espy_link_sleep(link, s->steps[i].ms, err);
        if (st != ESPY_OK)
            return st;
    }
    return ESPY_OK;
}

static espy_status run_own(espy_link *link, const char *text, espy_err *err)
{
    espy_reset_sequence own;
    espy_status st = espy_reset_parse(&own, text, err);
    return st == ESPY_OK ? run(link, &own, err) : st;
}

espy_status espy_reset_to_loader(espy_link *link, const char *way, unsigned attempt, espy_err *err)
{
    const order *o = way == NULL ? order_of_link(link) : find(way);
    if (o == NULL)
        return run_own(link, way, err);
    unsigned n = 0;
    while (n < sizeof o->sequences / sizeof o->sequences[0] && o->sequences[n] != NULL)
        n++;
    return n > 0 ? run(link, o->sequences[attempt % n], err) : ESPY_OK;
}

espy_status espy_reset_to_flash(espy_link *link, const char *way, espy_err *err)
{
    bool usb = espy_reset_is_usb_jtag(link) || espy_reset_is_usb_otg(link);
    return way == NULL ? run(link, usb ? &usb_to_flash : &to_flash, err) : run_own(link, way, err);
}
