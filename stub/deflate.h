/* SPDX-License-Identifier: MIT
 *
 * A compressor to DEFLATE (RFC 1951) for a CPU of 40 MHz and pieces of up to 16 KiB: one
 * block with codes of its own, of matches found by hash chains as far as the caller's time
 * allows.  It knows nothing of the chip.  Left out: fixed codes, stored blocks and more
 * than one block, which pieces as small as these do not need.
 */
#ifndef STUB_DEFLATE_H
#define STUB_DEFLATE_H

#include <stdint.h>

#define DEFLATE_MAX 16384u

enum { DEFLATE_HASHES = 4096, DEFLATE_LITERALS = 286, DEFLATE_DISTANCES = 30, DEFLATE_LENGTHS = 19 };

/* How hard to look for matches. */
struct effort {
    uint16_t chain; /* earlier places looked at, at most */
    uint16_t good;  /* a match as long as this is taken as it is */
};

struct deflate {
    const uint8_t *in;
    uint32_t size;
    union {
        uint16_t head[DEFLATE_HASHES]; /* where three bytes with this hash were last, + 1 */
        struct {                       /* once there are tokens, of the code that is made */
            uint32_t sorted[DEFLATE_LITERALS], weight[DEFLATE_LITERALS];
            uint16_t parent[2 * DEFLATE_LITERALS];
        };
    };
    uint16_t prev[DEFLATE_MAX]; /* where those with the same hash were before these, + 1 */
    /* A literal; or 256 + length - 3, then distance - 1. */
    uint16_t tokens[DEFLATE_MAX], *end;
    /* How often each symbol comes; then its code, the first bit lowest, << 4 | its length. */
    uint32_t literals[DEFLATE_LITERALS], distances[DEFLATE_DISTANCES], lengths[DEFLATE_LENGTHS];
    /* The lengths of these codes, as symbol | extra << 8. */
    uint16_t packed[DEFLATE_LITERALS + DEFLATE_DISTANCES];
    unsigned n_packed;
};

/* Makes a whole stream of n bytes, 1 to DEFLATE_MAX; returns its size, or 0 where that were
 * more than cap.  d needs no setting up. */
uint32_t deflate_chunk(struct deflate *d, const uint8_t *in, uint32_t n, const struct effort *effort, uint8_t *out,
                       uint32_t cap);

#endif
