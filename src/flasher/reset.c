/* SPDX-License-Identifier: MIT
 *
 * Reset sequences; see the header.
 */
#include "reset.h"

#include <stddef.h>

typedef struct step {
    bool dtr, rts;
    uint32_t ms; /* to hold it */
} step;

#define SEQUENCE(...)                                                                                                  \
    {                                                                                                                  \
        (const step[]){__VA_ARGS__}, sizeof((const step[]){__VA_ARGS__}) / sizeof(step)                                \
    }

typedef struct sequence {
    const step *steps;
    size_t n;
} sequence;

/* Passing through "both" keeps GPIO0 high while RTS takes EN low; then DTR takes GPIO0
 * low in the same moment that EN rises.  Slow EN capacitors need the longer hold. */
static const sequence to_loader[] = {
    SEQUENCE({0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 50}, {0, 0, 0}),
    SEQUENCE({0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 550}, {0, 0, 0}),
    SEQUENCE({0, 1, 100}, {1, 0, 50}, {0, 0, 0}),
    SEQUENCE({0, 1, 100}, {1, 0, 550}, {0, 0, 0}),
};

/* The USB-Serial/JTAG controller takes DTR as the boot mode and RTS as the reset, and
 * goes through "both", never through "none", to tell a reset from an idle port. */
static const sequence usb_jtag_to_loader = SEQUENCE({0, 0, 100}, {1, 0, 100}, {1, 1, 0}, {0, 1, 100}, {0, 0, 0});

static const sequence to_flash = SEQUENCE({0, 1, 100}, {0, 0, 0});
static const sequence usb_jtag_to_flash = SEQUENCE({0, 1, 200}, {0, 0, 200});

enum { ESPRESSIF_VID = 0x303A, USB_JTAG_PID = 0x1001 };

bool espy_reset_is_usb_jtag(const espy_link *link)
{
    return link->usb_vid == ESPRESSIF_VID && link->usb_pid == USB_JTAG_PID;
}

static espy_status run(espy_link *link, const sequence *s, espy_err *err)
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

espy_status espy_reset_to_loader(espy_link *link, unsigned attempt, espy_err *err)
{
    const sequence *s = &to_loader[attempt % (sizeof to_loader / sizeof to_loader[0])];
    return run(link, espy_reset_is_usb_jtag(link) ? &usb_jtag_to_loader : s, err);
}

espy_status espy_reset_to_flash(espy_link *link, espy_err *err)
{
    return run(link, espy_reset_is_usb_jtag(link) ? &usb_jtag_to_flash : &to_flash, err);
}
