/* SPDX-License-Identifier: MIT
 *
 * A link between a caller and another link that loses, changes or doubles bytes on their
 * way: one byte by its number, or bytes at random.
 */
#ifndef TESTS_SUPPORT_FAULT_LINK_H
#define TESTS_SUPPORT_FAULT_LINK_H

#include "espy/link.h"

typedef enum fault_kind { FAULT_NONE, FAULT_DROP, FAULT_FLIP, FAULT_DOUBLE, FAULT_KINDS } fault_kind;

typedef struct fault_plan {
    fault_kind kind;
    bool back;       /* bytes from the board, not to it */
    uint64_t at;     /* the number of the byte, from 1; 0: none */
    uint32_t one_in; /* at random: one byte in so many, of all kinds both ways; 0: none */
    uint64_t seed;
    uint64_t burst; /* bytes in a row that are hit; 0: one */
} fault_plan;

typedef struct fault_link {
    espy_link link;
    espy_link *inner;
    fault_plan plan;
    uint64_t sent, received; /* bytes so far */
    uint64_t random;
    uint64_t struck; /* faults so far */
    uint8_t *scratch;
    size_t cap;
    uint8_t held[4096]; /* received in excess of what the caller took */
    size_t held_size;
} fault_link;

/* inner stays the caller's. */
void fault_link_init(fault_link *fault, espy_link *inner, const fault_plan *plan);
void fault_link_free(fault_link *fault);

#endif
