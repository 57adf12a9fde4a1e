/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: how libgcc's functions read their arguments.
 */
#ifndef ESPY_EMU_ROM_LIBGCC_H
#define ESPY_EMU_ROM_LIBGCC_H

#include "native.h"

static inline uint32_t u32(const espy_rom_call *c, unsigned n)
{
    return espy_rom_arg(c, n);
}

static inline uint64_t u64(const espy_rom_call *c, unsigned n)
{
    return espy_rom_arg64(c, n);
}

static inline int64_t s64(const espy_rom_call *c, unsigned n)
{
    return (int64_t)espy_rom_arg64(c, n);
}

static inline int64_t s32(const espy_rom_call *c, unsigned n)
{
    return (int32_t)espy_rom_arg(c, n);
}

static inline uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

#endif
