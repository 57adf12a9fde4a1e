/* SPDX-License-Identifier: MIT
 *
 * The random number generator's data register, WDEV_RND_REG at 0x6003507C.  The
 * chip feeds it from noise; here a seeded generator (xorshift64*, Vigna 2016)
 * does, so that a run can be repeated exactly.
 */
#ifndef ESPY_EMU_SOC_RNG_H
#define ESPY_EMU_SOC_RNG_H

#include "../core/soc.h"

typedef struct espy_rng {
    uint64_t state;
} espy_rng;

/* Seed 0 is the default seed.  Resets do not restart the sequence. */
void espy_rng_init(espy_rng *rng, espy_soc *soc, uint64_t seed);
/* The next word, as a guest would read it. */
uint32_t espy_rng_next(espy_rng *rng);

#endif
