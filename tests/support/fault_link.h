/* SPDX-License-Identifier: MIT
 *
 * A link between a caller and a virtual board to which things happen: bytes lost, changed,
 * doubled and made up, frames lost, a wire that stands still and then brings all at once,
 * a port that is gone, a board that loses its power.
 */
#ifndef TESTS_SUPPORT_FAULT_LINK_H
#define TESTS_SUPPORT_FAULT_LINK_H

#include "espy/machine.h"

#include "../../src/base/buf.h"

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_DROP,    /* n bytes are lost */
    FAULT_FLIP,    /* a bit of each of n bytes */
    FAULT_DOUBLE,  /* n bytes come twice */
    FAULT_GARBAGE, /* n bytes of noise before the byte */
    FAULT_FRAME,   /* all up to the end of the frame is lost */
    FAULT_STALL,   /* nothing more goes this way for n ms, then all of it does */
    FAULT_GONE,    /* every call fails from now on */
    FAULT_POWER,   /* the same, since the board has lost its supply */
    FAULT_BROWNOUT /* the board loses its supply for n ms, and starts anew */
} fault_kind;

/* Where a fault's counting of bytes begins besides at the frame of a command. */
enum { FAULT_SINCE_START = 0, FAULT_SINCE_RESET = 0x100 };

typedef struct fault {
    fault_kind kind;
    bool back;         /* it is about bytes from the board, not to it */
    unsigned since;    /* the opcode of the caller's frame that counting begins with, or one of the above */
    unsigned nth;      /* which of these, from 1 */
    uint64_t at;       /* the number of the byte then, from 1 */
    uint32_t n;        /* see the kinds */
    uint32_t after_us; /* GONE, POWER, BROWNOUT: how long after that byte */
} fault;

enum { FAULTS_MAX = 3 };

typedef struct fault_plan {
    fault faults[FAULTS_MAX];
    uint32_t one_in;     /* noise: one byte in so many is lost, changed or doubled, both ways; 0: none */
    uint32_t clean_baud; /* up to this rate there is no noise */
    uint64_t seed;
    bool no_lines;    /* the link has neither lines nor a rate to set, as a socket */
    uint64_t last_ms; /* on the link's clock; then every call fails; 0: never */
} fault_plan;

typedef struct fault_link {
    espy_link link;
    espy_link *inner;
    fault_plan plan;
    struct {
        bool counting;
        unsigned seen; /* frames of the opcode */
        uint64_t bytes;
        bool eating, eaten; /* FRAME: at work, and bytes but ENDs have been lost */
    } state[FAULTS_MAX];
    const fault *due; /* what happens at due_us, or NULL */
    uint64_t due_us;
    uint64_t stalled_ms[2]; /* until when, by direction */
    espy_buf queue[2];      /* on their way: to the board, from it */
    uint32_t baud;
    bool rts;
    bool dead;
    bool late; /* last_ms came */
    uint64_t random;
    uint64_t bytes[2]; /* so far, as sent */
    char boot;         /* the digit of the last boot mode that the board has told, whatever became of it */
    size_t told;       /* bytes of what precedes it */
    unsigned struck;   /* faults so far */
} fault_link;

/* inner is a link to a virtual board, and stays the caller's. */
void fault_link_init(fault_link *f, espy_link *inner, const fault_plan *plan);
void fault_link_free(fault_link *f);

/* "byte lost" */
const char *fault_name(fault_kind kind);

#endif
