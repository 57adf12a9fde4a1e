/* SPDX-License-Identifier: MIT
 *
 * The special registers, as RSR, WSR and XSR see them.
 *
 * Source: Xtensa Instruction Set Architecture Reference Manual, chapter 5; which
 * of them the core has, from ESP-IDF's specreg.h.
 */
#include "core.h"

#include <stddef.h>

typedef enum kind {
    ABSENT,
    PLAIN,     /* storage, `mask` are the bits it has */
    READ_ONLY, /* storage that WSR cannot reach */
    SPECIAL    /* writing does more; so does reading where there is no offset */
} kind;

typedef struct sreg {
    uint8_t kind;
    bool ends_block; /* a write changes what blocks rely on, or what is due */
    uint16_t offset; /* in espy_cpu */
    uint32_t mask;
} sreg;

#define AT(field) .offset = (uint16_t)offsetof(espy_cpu, field)
#define ALL UINT32_MAX

static const sreg sregs[256] = {
    [0] = {PLAIN, .mask = ALL, AT(lbeg)},
    [ESPY_SR_LEND] = {.kind = SPECIAL, .ends_block = true, AT(lend)},
    [2] = {PLAIN, .mask = ALL, AT(lcount)},
    [3] = {PLAIN, .mask = 0x3f, AT(sar)},
    [4] = {PLAIN, .mask = 0xffff, AT(br)},
    [12] = {PLAIN, .mask = ALL, AT(scompare1)},
    [16] = {PLAIN, .mask = ALL, AT(acclo)},
    [ESPY_SR_ACCHI] = {.kind = SPECIAL, AT(acchi)},
    [32] = {PLAIN, .mask = ALL, AT(mr[0])},
    [33] = {PLAIN, .mask = ALL, AT(mr[1])},
    [34] = {PLAIN, .mask = ALL, AT(mr[2])},
    [35] = {PLAIN, .mask = ALL, AT(mr[3])},
    [ESPY_SR_WINDOWBASE] = {.kind = SPECIAL, .ends_block = true, AT(window_base)},
    [ESPY_SR_WINDOWSTART] = {.kind = SPECIAL, .ends_block = true, AT(window_start)},
    [96] = {PLAIN, .mask = 3, AT(ibreakenable)},
    [97] = {PLAIN, .mask = ALL, AT(memctl)},
    [99] = {PLAIN, .mask = 0x3f, AT(atomctl)},
    [104] = {PLAIN, .mask = ALL, AT(ddr)},
    [128] = {PLAIN, .mask = ALL, AT(ibreaka[0])},
    [129] = {PLAIN, .mask = ALL, AT(ibreaka[1])},
    [144] = {PLAIN, .mask = ALL, AT(dbreaka[0])},
    [145] = {PLAIN, .mask = ALL, AT(dbreaka[1])},
    [160] = {PLAIN, .mask = 0xc000003f, AT(dbreakc[0])},
    [161] = {PLAIN, .mask = 0xc000003f, AT(dbreakc[1])},
    [ESPY_SR_CONFIGID0] = {.kind = SPECIAL},
    [177] = {PLAIN, .mask = ALL, AT(epc[1])},
    [178] = {PLAIN, .mask = ALL, AT(epc[2])},
    [179] = {PLAIN, .mask = ALL, AT(epc[3])},
    [180] = {PLAIN, .mask = ALL, AT(epc[4])},
    [181] = {PLAIN, .mask = ALL, AT(epc[5])},
    [182] = {PLAIN, .mask = ALL, AT(epc[6])},
    [183] = {PLAIN, .mask = ALL, AT(epc[7])},
    [192] = {PLAIN, .mask = ALL, AT(depc)},
    [194] = {PLAIN, .mask = PS_MASK, AT(eps[2])},
    [195] = {PLAIN, .mask = PS_MASK, AT(eps[3])},
    [196] = {PLAIN, .mask = PS_MASK, AT(eps[4])},
    [197] = {PLAIN, .mask = PS_MASK, AT(eps[5])},
    [198] = {PLAIN, .mask = PS_MASK, AT(eps[6])},
    [199] = {PLAIN, .mask = PS_MASK, AT(eps[7])},
    [ESPY_SR_CONFIGID1] = {.kind = SPECIAL},
    [209] = {PLAIN, .mask = ALL, AT(excsave[1])},
    [210] = {PLAIN, .mask = ALL, AT(excsave[2])},
    [211] = {PLAIN, .mask = ALL, AT(excsave[3])},
    [212] = {PLAIN, .mask = ALL, AT(excsave[4])},
    [213] = {PLAIN, .mask = ALL, AT(excsave[5])},
    [214] = {PLAIN, .mask = ALL, AT(excsave[6])},
    [215] = {PLAIN, .mask = ALL, AT(excsave[7])},
    [224] = {PLAIN, .mask = 0xff, AT(cpenable)},
    [ESPY_SR_INTSET] = {.kind = SPECIAL, .ends_block = true, AT(interrupt)},
    [ESPY_SR_INTCLEAR] = {.kind = SPECIAL, .ends_block = true},
    [228] = {PLAIN, true, .mask = ALL, AT(intenable)},
    [ESPY_SR_PS] = {.kind = SPECIAL, .ends_block = true, AT(ps)},
    [231] = {PLAIN, .mask = 0xfffffc00, AT(vecbase)},
    [232] = {PLAIN, .mask = 0x3f, AT(exccause)},
    [233] = {READ_ONLY, .mask = 0x3f, AT(debugcause)},
    [ESPY_SR_CCOUNT] = {.kind = SPECIAL, .ends_block = true},
    [235] = {READ_ONLY, .mask = ALL, AT(prid)},
    [236] = {PLAIN, .mask = ALL, AT(icount)},
    [237] = {PLAIN, .mask = 0xf, AT(icountlevel)},
    [238] = {PLAIN, .mask = ALL, AT(excvaddr)},
    [ESPY_SR_CCOMPARE] = {.kind = SPECIAL, .ends_block = true, AT(ccompare[0])},
    [ESPY_SR_CCOMPARE + 1] = {.kind = SPECIAL, .ends_block = true, AT(ccompare[1])},
    [ESPY_SR_CCOMPARE + 2] = {.kind = SPECIAL, .ends_block = true, AT(ccompare[2])},
    [244] = {PLAIN, .mask = ALL, AT(misc[0])},
    [245] = {PLAIN, .mask = ALL, AT(misc[1])},
    [246] = {PLAIN, .mask = ALL, AT(misc[2])},
    [247] = {PLAIN, .mask = ALL, AT(misc[3])},
};

/* XCHAL_HW_CONFIGID0, 1 */
#define CONFIGID0 0xc2f0fffeu
#define CONFIGID1 0x23090f1fu

/* The interrupts of CCOMPARE0 to 2. */
static const uint32_t timer_bit[3] = {1u << 6, 1u << 15, 1u << 16};

static uint32_t *storage(const espy_cpu *cpu, const sreg *sr)
{
    return (uint32_t *)(void *)((char *)(uintptr_t)cpu + sr->offset);
}

bool espy_sreg_readable(unsigned n)
{
    return sregs[n].kind != ABSENT && n != ESPY_SR_INTCLEAR;
}

bool espy_sreg_writable(unsigned n)
{
    return sregs[n].kind == PLAIN || (sregs[n].kind == SPECIAL && n != ESPY_SR_CONFIGID0 && n != ESPY_SR_CONFIGID1);
}

bool espy_sreg_ends_block(unsigned n)
{
    return sregs[n].ends_block;
}

bool espy_sreg_sets_time(unsigned n)
{
    return n == ESPY_SR_CCOUNT || (n >= ESPY_SR_CCOMPARE && n < ESPY_SR_CCOMPARE + 3);
}

size_t espy_sreg_offset(unsigned n)
{
    return sregs[n].offset;
}

uint32_t espy_sreg_read(const espy_cpu *cpu, unsigned n, const espy_op *op)
{
    switch (n) {
    case ESPY_SR_CONFIGID0: return CONFIGID0;
    case ESPY_SR_CONFIGID1: return CONFIGID1;
    case ESPY_SR_CCOUNT: return espy_ccount(cpu, op);
    default: return *storage(cpu, &sregs[n]);
    }
}

static void write_ccompare(espy_cpu *cpu, unsigned timer, uint32_t value)
{
    cpu->ccompare[timer] = value;
    cpu->interrupt &= ~timer_bit[timer];
}

static void write_lend(espy_cpu *cpu, uint32_t value)
{
    cpu->lend = value;
    espy_code_mark_loop_end(cpu->code, value);
}

static void write_window_start(espy_cpu *cpu, uint32_t value)
{
    cpu->window_start = value & 0xffff;
    espy_window_refresh(cpu);
}

void espy_sreg_write(espy_cpu *cpu, unsigned n, uint32_t value, const espy_op *op)
{
    if (sregs[n].kind != SPECIAL) {
        *storage(cpu, &sregs[n]) = value & sregs[n].mask;
        return;
    }
    switch (n) {
    case ESPY_SR_LEND: write_lend(cpu, value); break;
    case ESPY_SR_ACCHI: cpu->acchi = (uint32_t)(int8_t)value; break;
    case ESPY_SR_WINDOWBASE: espy_window_set_base(cpu, value); break;
    case ESPY_SR_WINDOWSTART: write_window_start(cpu, value); break;
    case ESPY_SR_INTSET: cpu->interrupt |= value & INT_SOFTWARE; break;
    case ESPY_SR_INTCLEAR: cpu->interrupt &= ~(value & (INT_SOFTWARE | INT_EDGE)); break;
    case ESPY_SR_PS: espy_set_ps(cpu, value); break;
    case ESPY_SR_CCOUNT:
        cpu->ccount_base += value - espy_ccount(cpu, op) - 1; /* it counts on meanwhile */
        break;
    default: write_ccompare(cpu, (n - ESPY_SR_CCOMPARE) % 3, value); break;
    }
}

/* ---- timers ---- */

uint32_t espy_timers_next(const espy_cpu *cpu, uint32_t ccount)
{
    uint32_t next = UINT32_MAX;
    for (unsigned i = 0; i < 3; i++)
        if (cpu->ccompare[i] - ccount - 1 < next)
            next = cpu->ccompare[i] - ccount - 1;
    return next;
}

bool espy_timers_wake(const espy_cpu *cpu, uint32_t ccount, uint32_t *cycles)
{
    bool any = false;
    *cycles = UINT32_MAX;
    for (unsigned i = 0; i < 3; i++) {
        bool counts =
            (cpu->intenable & timer_bit[i]) != 0 && espy_interrupt_level(timer_bit[i]) > (cpu->ps & PS_INTLEVEL);
        uint32_t left = cpu->ccompare[i] - ccount - 1;
        if (counts && left <= *cycles)
            *cycles = left;
        any |= counts;
    }
    return any;
}

void espy_timers_pass(espy_cpu *cpu, uint32_t ccount, uint64_t cycles)
{
    for (unsigned i = 0; i < 3; i++)
        if (cpu->ccompare[i] - ccount - 1 < cycles)
            cpu->interrupt |= timer_bit[i];
}
