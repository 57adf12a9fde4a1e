/* SPDX-License-Identifier: MIT
 *
 * The random number register.  See rng.h.
 */
#include "rng.h"

#define DEFAULT_SEED UINT64_C(0x9e3779b97f4a7c15)

uint32_t espy_rng_next(espy_rng *rng)
{
    uint64_t x = rng->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    return (uint32_t)(x * UINT64_C(2685821657736338717) >> 32);
}

static uint32_t rng_read(void *self, uint32_t offset)
{
    (void)offset;
    return espy_rng_next(self);
}

static void rng_write(void *self, uint32_t offset, uint32_t value)
{
    (void)self, (void)offset, (void)value; /* read-only */
}

void espy_rng_init(espy_rng *rng, espy_soc *soc, uint64_t seed)
{
    rng->state = seed != 0 ? seed : DEFAULT_SEED;
    espy_device device = {
        .name = "RNG", .base = 0x6003507c, .size = 4, .self = rng, .read = rng_read, .write = rng_write};
    espy_bus_attach(soc->bus, &device);
}
