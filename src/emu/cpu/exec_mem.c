/* SPDX-License-Identifier: MIT
 *
 * Loads and stores.  The fast way is a host pointer per page; what has none
 * (peripherals, pages with decoded code in them, nothing) and what crosses a
 * page takes the slow way through the bus, with the clock exact.
 *
 * The core handles unaligned accesses in hardware (XCHAL_UNALIGNED_LOAD_HW).
 * Of region protection, the attribute 15, "no access", is enforced on the slow
 * way alone: no memory of the chip lies in a region that firmware closes.
 */
#include "exec.h"

#include "../../base/bytes.h"

#include <stddef.h>

#define IN_PAGE(addr) ((addr) & (ESPY_PAGE_SIZE - 1))
#define FITS(addr, size) LIKELY(IN_PAGE(addr) <= ESPY_PAGE_SIZE - (size))

static inline uint32_t get_8(const uint8_t *p)
{
    return *p;
}

static inline void put_8(uint8_t *p, uint32_t value)
{
    *p = (uint8_t)value;
}

static inline void put_16(uint8_t *p, uint32_t value)
{
    put_le16(p, (uint16_t)value);
}

static inline uint32_t same(uint32_t value)
{
    return value;
}

static inline uint32_t signed_16(uint32_t value)
{
    return (uint32_t)(int16_t)value;
}

typedef uint32_t convert(uint32_t value);

static ESPY_NOINLINE espy_op *load_slowly(espy_cpu *cpu, espy_op *op, uint32_t addr, unsigned size, uint32_t *to,
                                          convert *conv)
{
    if (cpu->dtlb[addr >> 29] == NO_ACCESS)
        return espy_raise_at(cpu, op, EXC_LOAD_PROHIBITED, addr);
    espy_exec_sync(cpu, op);
    *to = conv(espy_bus_read(cpu->bus, addr, size));
    return espy_exec_after_access(cpu, op);
}

static ESPY_NOINLINE espy_op *store_slowly(espy_cpu *cpu, espy_op *op, uint32_t addr, unsigned size, uint32_t value)
{
    if (cpu->dtlb[addr >> 29] == NO_ACCESS)
        return espy_raise_at(cpu, op, EXC_STORE_PROHIBITED, addr);
    espy_exec_sync(cpu, op);
    espy_bus_write(cpu->bus, addr, value, size);
    return espy_exec_after_access(cpu, op);
}

/* A load of `size` bytes from `address` to the register `to`; `after` runs when
 * it is done.  A store likewise. */
#define LOAD(NAME, address, size, get, conv, to)                                                                       \
    SLOWLY(slow_##NAME)                                                                                                \
    {                                                                                                                  \
        GO(load_slowly(cpu, op, (address), (size), &(to), conv));                                                      \
    }                                                                                                                  \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        uint32_t addr = (address);                                                                                     \
        const uint8_t *host = cpu->read_page[addr >> ESPY_PAGE_BITS];                                                  \
        if (UNLIKELY(host == NULL) || !FITS(addr, size))                                                               \
            DEFER(slow_##NAME);                                                                                        \
        (to) = conv(get(host + IN_PAGE(addr)));                                                                        \
        NEXT;                                                                                                          \
    }

#define STORE(NAME, address, size, put, value)                                                                         \
    SLOWLY(slow_##NAME)                                                                                                \
    {                                                                                                                  \
        GO(store_slowly(cpu, op, (address), (size), (value)));                                                         \
    }                                                                                                                  \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        uint32_t addr = (address);                                                                                     \
        uint8_t *host = cpu->write_page[addr >> ESPY_PAGE_BITS];                                                       \
        if (UNLIKELY(host == NULL) || !FITS(addr, size))                                                               \
            DEFER(slow_##NAME);                                                                                        \
        put(host + IN_PAGE(addr), (value));                                                                            \
        NEXT;                                                                                                          \
    }

#define BASE_PLUS_IMM (a[op->s] + op->imm)
#define T a[op->t]

LOAD(L32I, BASE_PLUS_IMM, 4, get_le32, same, T)
LOAD(L16UI, BASE_PLUS_IMM, 2, get_le16, same, T)
LOAD(L16SI, BASE_PLUS_IMM, 2, get_le16, signed_16, T)
LOAD(L8UI, BASE_PLUS_IMM, 1, get_8, same, T)
LOAD(L32R, op->imm, 4, get_le32, same, T)
STORE(S32I, BASE_PLUS_IMM, 4, put_le32, T)
STORE(S16I, BASE_PLUS_IMM, 2, put_16, T)
STORE(S8I, BASE_PLUS_IMM, 1, put_8, T)

/* ---- synchronisation: these insist on alignment ---- */

SLOWLY(unaligned)
{
    GO(espy_raise_at(cpu, op, EXC_UNALIGNED, BASE_PLUS_IMM));
}

OP(L32AI)
{
    if (UNLIKELY((BASE_PLUS_IMM & 3) != 0))
        DEFER(unaligned);
    DEFER(espy_run_L32I);
}

OP(S32RI)
{
    if (UNLIKELY((BASE_PLUS_IMM & 3) != 0))
        DEFER(unaligned);
    DEFER(espy_run_S32I);
}

static espy_op *compare_and_swap(espy_cpu *cpu, espy_op *op, uint32_t *reg, uint32_t addr)
{
    if (cpu->dtlb[addr >> 29] == NO_ACCESS)
        return espy_raise_at(cpu, op, EXC_STORE_PROHIBITED, addr);
    espy_exec_sync(cpu, op);
    uint32_t value = *reg;
    *reg = espy_bus_read(cpu->bus, addr, 4);
    if (*reg == cpu->scompare1)
        espy_bus_write(cpu->bus, addr, value, 4);
    return espy_exec_after_access(cpu, op);
}

SLOWLY(slow_S32C1I)
{
    GO(compare_and_swap(cpu, op, &T, BASE_PLUS_IMM));
}

OP(S32C1I)
{
    uint32_t addr = BASE_PLUS_IMM;
    uint8_t *host = cpu->write_page[addr >> ESPY_PAGE_BITS];
    if (UNLIKELY((addr & 3) != 0))
        DEFER(unaligned);
    if (UNLIKELY(host == NULL))
        DEFER(slow_S32C1I);
    uint32_t value = T;
    T = get_le32(host + IN_PAGE(addr));
    if (T == cpu->scompare1)
        put_le32(host + IN_PAGE(addr), value);
    NEXT;
}

/* ---- floating-point registers ---- */

#define FPU_ENABLED LIKELY((cpu->cpenable & 1) != 0)
#define FT cpu->fpu.f[op->t]
#define FR cpu->fpu.f[op->r]
#define BASE a[op->s]
#define INDEXED (a[op->s] + a[op->t])

#define FPU_LOAD(NAME, address, to)                                                                                    \
    SLOWLY(slow_##NAME)                                                                                                \
    {                                                                                                                  \
        GO(load_slowly(cpu, op, (address), 4, &(to), same));                                                           \
    }                                                                                                                  \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        uint32_t addr = (address);                                                                                     \
        const uint8_t *host = cpu->read_page[addr >> ESPY_PAGE_BITS];                                                  \
        if (!FPU_ENABLED)                                                                                              \
            DEFER(espy_run_NO_FPU);                                                                                    \
        if (UNLIKELY(host == NULL) || !FITS(addr, 4))                                                                  \
            DEFER(slow_##NAME);                                                                                        \
        (to) = get_le32(host + IN_PAGE(addr));                                                                         \
        NEXT;                                                                                                          \
    }

#define FPU_STORE(NAME, address, value)                                                                                \
    SLOWLY(slow_##NAME)                                                                                                \
    {                                                                                                                  \
        GO(store_slowly(cpu, op, (address), 4, (value)));                                                              \
    }                                                                                                                  \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        uint32_t addr = (address);                                                                                     \
        uint8_t *host = cpu->write_page[addr >> ESPY_PAGE_BITS];                                                       \
        if (!FPU_ENABLED)                                                                                              \
            DEFER(espy_run_NO_FPU);                                                                                    \
        if (UNLIKELY(host == NULL) || !FITS(addr, 4))                                                                  \
            DEFER(slow_##NAME);                                                                                        \
        put_le32(host + IN_PAGE(addr), (value));                                                                       \
        NEXT;                                                                                                          \
    }

FPU_LOAD(LSI, BASE_PLUS_IMM, FT)
FPU_LOAD(LSX, INDEXED, FR)
FPU_STORE(SSI, BASE_PLUS_IMM, FT)
FPU_STORE(SSX, INDEXED, FR)

/* The forms that increment the base afterwards always go through the bus. */
#define FPU_UPDATE(NAME, access, by)                                                                                   \
    OP(NAME)                                                                                                           \
    {                                                                                                                  \
        if (!FPU_ENABLED)                                                                                              \
            DEFER(espy_run_NO_FPU);                                                                                    \
        uint32_t addr = BASE;                                                                                          \
        espy_op *next = access;                                                                                        \
        if (cpu->dtlb[addr >> 29] != NO_ACCESS)                                                                        \
            BASE = addr + (by);                                                                                        \
        GO(next);                                                                                                      \
    }

FPU_UPDATE(LSIP, load_slowly(cpu, op, addr, 4, &FT, same), op->imm)
FPU_UPDATE(SSIP, store_slowly(cpu, op, addr, 4, FT), op->imm)
FPU_UPDATE(LSXP, load_slowly(cpu, op, addr, 4, &FR, same), a[op->t])
FPU_UPDATE(SSXP, store_slowly(cpu, op, addr, 4, FR), a[op->t])
