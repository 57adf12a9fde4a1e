/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: exceptions, interrupts and their handlers.
 *
 * An exception of a program, an interrupt of level 1 among them, goes by the table of
 * 64 addresses to one of the ROM's own handlers.  Those that call a function of the guest
 * save the whole program in a frame on its stack and every older frame of its window on the
 * stacks of those, call the function as any other, and go on with what the frame
 * says then.  Interrupts of levels 2 and 3 do the same without the table.  Those of levels
 * 4 and 5 may come while the window moves: all 64 registers are put aside, and the
 * handler has a stack of its own.
 *
 * Source: Xtensa ISA Reference Manual, "Exception Option", "Interrupt Option"; the
 * prototypes in ESP-IDF, xtensa/xtruntime.h.  What no handler takes stands still, as
 * does the mask ROM at its BREAK, and waits for a watchdog.
 */
#include "xtos.h"

#include "data.h"

#define LEVEL_5 0x84010000u

enum {
    LEVEL_1 = 0x000637ff, /* the interrupts of this level */
    LEVEL_2 = 0x00380000,
    LEVEL_3 = 0x28c08800,
    LEVEL_4 = 0x53000000,
    INTERRUPT_NMI = 14, /* has no handler */
    INTERRUPTS = 32,
    CALL_FRAME = 32, /* below the frame of an interrupted program */
    EXCEPTIONS = 64,
    SYSCALL_SIZE = 3,
    L1INT_NEXT = ESPY_ROM_L1INT + 4, /* where handlers return to */
    L2INT_NEXT = ESPY_ROM_L2INT + 4,
    L3INT_NEXT = ESPY_ROM_L3INT + 4,
    L4INT_NEXT = ESPY_ROM_L4INT + 4,
    L5INT_NEXT = ESPY_ROM_L5INT + 4,
    L4_AREA = 0x3fcee780, /* where all registers go; the stack is below */
    L5_AREA = 0x3fceece0,
    AREA_REGISTERS = 52,
    WINDOWS = 16,
    EXCEPTION_NEXT = ESPY_ROM_C_WRAPPER + 4
};

static uint32_t sr(const espy_rom_call *c, unsigned n)
{
    return espy_cpu_get_sr(c->cpu, n);
}

static void set_sr(const espy_rom_call *c, unsigned n, uint32_t value)
{
    espy_cpu_set_sr(c->cpu, n, value);
}

static uint32_t reg(const espy_rom_call *c, unsigned n)
{
    return espy_cpu_get_a(c->cpu, n);
}

static void set_reg(const espy_rom_call *c, unsigned n, uint32_t value)
{
    espy_cpu_set_a(c->cpu, n, value);
}

/* ---- the frame of an interrupted program ---- */

static uint32_t frame_slot(unsigned n)
{
    return n < 2 ? FRAME_A0 + 4 * n : n < 6 ? FRAME_A2 + 4 * (n - 2) : FRAME_A6 + 4 * (n - 6);
}

static const struct {
    uint8_t offset, sr;
} frame_registers[] = {
    {FRAME_SAR, XT_SAR},   {FRAME_CAUSE, XT_EXCCAUSE}, {FRAME_LCOUNT, XT_LCOUNT}, {FRAME_LBEG, XT_LBEG},
    {FRAME_LEND, XT_LEND}, {FRAME_ACCLO, XT_ACCLO},    {FRAME_ACCHI, XT_ACCHI},   {FRAME_EXCVADDR, XT_EXCVADDR},
};
enum { FRAME_REGISTERS = sizeof frame_registers / sizeof frame_registers[0] };

/* Of the frame at `frame`, in which a0 to a4 are already. */
static void save_program(const espy_rom_call *c, uint32_t frame, uint32_t pc, uint32_t ps)
{
    for (unsigned n = 5; n < 16; n++)
        espy_rom_write32(c, frame + frame_slot(n), reg(c, n));
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        espy_rom_write32(c, frame + frame_registers[i].offset, sr(c, frame_registers[i].sr));
    espy_rom_write32(c, frame + FRAME_PC, pc);
    espy_rom_write32(c, frame + FRAME_PS, ps);
    set_reg(c, 1, espy_rom_read32(c, frame + FRAME_A1));
    espy_cpu_spill(c->cpu);
}

static void resume_program(const espy_rom_call *c, uint32_t frame)
{
    for (unsigned n = 0; n < 16; n++)
        set_reg(c, n, espy_rom_read32(c, frame + frame_slot(n)));
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        set_sr(c, frame_registers[i].sr, espy_rom_read32(c, frame + frame_registers[i].offset));
    set_sr(c, XT_PS, espy_rom_read32(c, frame + FRAME_PS) & ~XT_PS_EXCM);
    espy_cpu_set_pc(c->cpu, espy_rom_read32(c, frame + FRAME_PC));
}

/* Calls a handler above the frame; it returns to `back`. */
static void call_handler(const espy_rom_call *c, uint32_t frame, uint32_t handler, uint32_t level, uint32_t back)
{
    uint32_t sp = frame - CALL_FRAME;
    espy_rom_write32(c, sp - 12, frame);
    set_reg(c, 0, 0);
    set_reg(c, 1, sp);
    uint32_t ps = sr(c, XT_PS) & ~(XT_PS_INTLEVEL | XT_PS_EXCM);
    set_sr(c, XT_PS, ps | level | XT_PS_UM | XT_PS_WOE);
    espy_cpu_call(c->cpu, handler, back);
}

static uint32_t frame_of_handler(const espy_rom_call *c)
{
    return reg(c, 1) + CALL_FRAME;
}

/* ---- exceptions ---- */

static void user_exception(espy_rom_call *c)
{
    uint32_t sp = reg(c, 1), frame = sp - FRAME_SIZE, cause = sr(c, XT_EXCCAUSE);
    for (unsigned n = 0; n < 5; n++)
        espy_rom_write32(c, frame + frame_slot(n), reg(c, n));
    set_reg(c, 1, frame);
    set_reg(c, 2, cause);
    espy_cpu_set_pc(c->cpu, espy_rom_read32(c, ESPY_ROM_EXC_HANDLER_TABLE + 4 * (cause % EXCEPTIONS)));
}

/* A handler in C is given the frame, which it may change, and the cause. */
static void c_exception(espy_rom_call *c)
{
    uint32_t frame = reg(c, 1), cause = sr(c, XT_EXCCAUSE);
    save_program(c, frame, sr(c, XT_EPC + 1), sr(c, XT_PS));
    set_reg(c, 10, frame);
    set_reg(c, 11, cause);
    uint32_t level = sr(c, XT_PS) & XT_PS_INTLEVEL;
    uint32_t handler = espy_rom_read32(c, ESPY_ROM_C_HANDLER_TABLE + 4 * (cause % EXCEPTIONS));
    call_handler(c, frame, handler, level, EXCEPTION_NEXT);
}

static void exception_done(espy_rom_call *c)
{
    resume_program(c, frame_of_handler(c));
}

/* An exception or an interrupt that nobody takes. */
static void stand_still(espy_rom_call *c)
{
    espy_rom_wait(c, 0, ESPY_NEVER - c->clock->now);
}

static void leave_exception(const espy_rom_call *c, uint32_t frame)
{
    for (unsigned n = 1; n < 5; n++)
        set_reg(c, n, espy_rom_read32(c, frame + frame_slot(n)));
    set_sr(c, XT_PS, sr(c, XT_PS) & ~XT_PS_EXCM);
}

/* SYSCALL: 0 in a2 writes the window's frames to their stacks; there is nothing else. */
static void syscall_exception(espy_rom_call *c)
{
    uint32_t frame = reg(c, 1), pc = sr(c, XT_EPC + 1) + SYSCALL_SIZE, loops = sr(c, XT_LCOUNT);
    if (pc == sr(c, XT_LEND) && loops > 0) {
        set_sr(c, XT_LCOUNT, loops - 1);
        pc = sr(c, XT_LBEG);
    }
    leave_exception(c, frame);
    if (reg(c, 2) == 0)
        espy_cpu_spill(c->cpu);
    else
        set_reg(c, 2, 0xffffffff);
    espy_cpu_set_pc(c->cpu, pc);
}

/* MOVSP needs the frame of its caller in the window: the underflow handler of its size
 * fetches it, and then MOVSP is tried again. */
static void alloca_exception(espy_rom_call *c)
{
    static const uint16_t underflow[] = {0, 0x040, 0x0c0, 0x140};
    leave_exception(c, reg(c, 1));
    unsigned size = reg(c, 0) >> 30, base = sr(c, XT_WINDOWBASE);
    uint32_t ps = sr(c, XT_PS) & ~XT_PS_OWB;
    set_sr(c, XT_PS, ps | XT_PS_EXCM | base << 8);
    set_sr(c, XT_WINDOWBASE, (base - size) & 15);
    espy_cpu_set_pc(c->cpu, sr(c, XT_VECBASE) + underflow[size]);
}

/* ---- interrupts ---- */

/* The place of interrupt n in a table that has the highest first. */
static uint32_t interrupt_row(uint32_t table, unsigned n)
{
    return table + 8 * (INTERRUPTS - 1 - n);
}

static void set_priority(const espy_rom_call *c, uint32_t mask)
{
    espy_rom_write32(c, ESPY_ROM_XTOS_VPRI_ENABLED, mask);
    set_sr(c, XT_INTENABLE, espy_rom_read32(c, ESPY_ROM_XTOS_ENABLED) & mask);
}

static unsigned highest(uint32_t bits)
{
    unsigned n = 0;
    while (bits >>= 1)
        n++;
    return n;
}

static void serve(const espy_rom_call *c, uint32_t frame, unsigned n, uint32_t level, uint32_t back)
{
    uint32_t row = interrupt_row(ESPY_ROM_INTERRUPT_TABLE, n);
    set_sr(c, XT_INTCLEAR, 1u << n);
    set_reg(c, 10, espy_rom_read32(c, row + 4));
    set_reg(c, 11, frame);
    call_handler(c, frame, espy_rom_read32(c, row), level, back);
}

/* The next interrupt of level 1; one of higher priority may interrupt its handler. */
static void serve_level_1(const espy_rom_call *c, uint32_t frame)
{
    uint32_t vpri = espy_rom_read32(c, frame + FRAME_VPRI);
    uint32_t enabled = espy_rom_read32(c, ESPY_ROM_XTOS_ENABLED) & vpri;
    uint32_t pending = sr(c, XT_INTERRUPT) & enabled & LEVEL_1;
    if (pending == 0) {
        set_priority(c, vpri);
        resume_program(c, frame);
        return;
    }
    unsigned n = highest(pending);
    set_priority(c, espy_rom_read32(c, interrupt_row(ESPY_ROM_INTERRUPT_MASK_TABLE, n)));
    serve(c, frame, n, 0, L1INT_NEXT);
}

static void level_1(espy_rom_call *c)
{
    uint32_t frame = reg(c, 1);
    save_program(c, frame, sr(c, XT_EPC + 1), sr(c, XT_PS));
    espy_rom_write32(c, frame + FRAME_VPRI, espy_rom_read32(c, ESPY_ROM_XTOS_VPRI_ENABLED));
    serve_level_1(c, frame);
}

static void level_1_next(espy_rom_call *c)
{
    serve_level_1(c, frame_of_handler(c));
}

static void serve_level(const espy_rom_call *c, uint32_t frame, unsigned level)
{
    uint32_t mine = level == 2 ? LEVEL_2 : LEVEL_3;
    uint32_t pending = sr(c, XT_INTERRUPT) & sr(c, XT_INTENABLE) & mine;
    if (pending == 0)
        resume_program(c, frame);
    else
        serve(c, frame, highest(pending & -pending), level, level == 2 ? L2INT_NEXT : L3INT_NEXT);
}

/* The vector exchanged a2 with EXCSAVE, where the handler's address was. */
static void level_2_or_3(espy_rom_call *c, unsigned level)
{
    uint32_t handler = reg(c, 2), frame = reg(c, 1) - FRAME_SIZE;
    set_reg(c, 2, sr(c, XT_EXCSAVE + level));
    set_sr(c, XT_EXCSAVE + level, handler);
    for (unsigned n = 0; n < 5; n++)
        espy_rom_write32(c, frame + frame_slot(n), reg(c, n));
    save_program(c, frame, sr(c, XT_EPC + level), sr(c, XT_EPS + level));
    serve_level(c, frame, level);
}

static void level_2(espy_rom_call *c)
{
    level_2_or_3(c, 2);
}

static void level_3(espy_rom_call *c)
{
    level_2_or_3(c, 3);
}

static void level_2_next(espy_rom_call *c)
{
    serve_level(c, frame_of_handler(c), 2);
}

static void level_3_next(espy_rom_call *c)
{
    serve_level(c, frame_of_handler(c), 3);
}

/* Levels 4 and 5: the special registers, in their order in the area from offset 0 on. */
static const uint8_t area_registers[] = {
    XT_SAR,         XT_WINDOWSTART, XT_WINDOWBASE, XT_EPC + 1, XT_EXCCAUSE, XT_EXCVADDR,
    XT_EXCSAVE + 1, XT_ACCLO,       XT_ACCHI,      XT_LCOUNT,  XT_LBEG,     XT_LEND,
};

static void move_area(const espy_rom_call *c, uint32_t area, bool save)
{
    uint32_t base = save ? sr(c, XT_WINDOWBASE) : espy_rom_read32(c, area + 8);
    for (unsigned window = 0; window < WINDOWS; window += 4) {
        set_sr(c, XT_WINDOWBASE, (base + window) % WINDOWS);
        for (unsigned n = 0; n < 16; n++) {
            uint32_t at = area + AREA_REGISTERS + 4 * (4 * window + n);
            if (save)
                espy_rom_write32(c, at, reg(c, n));
            else
                set_reg(c, n, espy_rom_read32(c, at));
        }
    }
    set_sr(c, XT_WINDOWBASE, base);
}

static void put_all_aside(const espy_rom_call *c, uint32_t area)
{
    for (unsigned i = 0; i < sizeof area_registers; i++)
        espy_rom_write32(c, area + 4 * i, sr(c, area_registers[i]));
    move_area(c, area, true);
    set_sr(c, XT_WINDOWBASE, 0);
    set_sr(c, XT_WINDOWSTART, 1);
}

static void take_all_back(const espy_rom_call *c, uint32_t area, unsigned level)
{
    move_area(c, area, false);
    for (unsigned i = 0; i < sizeof area_registers; i++)
        if (area_registers[i] != XT_WINDOWBASE)
            set_sr(c, area_registers[i], espy_rom_read32(c, area + 4 * i));
    set_sr(c, XT_PS, sr(c, XT_EPS + level));
    espy_cpu_set_pc(c->cpu, sr(c, XT_EPC + level));
}

static void serve_high_level(const espy_rom_call *c, uint32_t area, unsigned level)
{
    uint32_t mine = level == 4 ? (uint32_t)LEVEL_4 : LEVEL_5;
    uint32_t pending = sr(c, XT_INTERRUPT) & sr(c, XT_INTENABLE) & mine;
    if (pending == 0)
        take_all_back(c, area, level);
    else
        serve(c, area, highest(pending & -pending), level, level == 4 ? L4INT_NEXT : L5INT_NEXT);
}

static void high_level(const espy_rom_call *c, uint32_t area, unsigned level)
{
    uint32_t handler = reg(c, 2);
    set_reg(c, 2, sr(c, XT_EXCSAVE + level));
    set_sr(c, XT_EXCSAVE + level, handler);
    put_all_aside(c, area);
    serve_high_level(c, area, level);
}

static void level_4(espy_rom_call *c)
{
    high_level(c, L4_AREA, 4);
}

static void level_5(espy_rom_call *c)
{
    high_level(c, L5_AREA, 5);
}

static void level_4_next(espy_rom_call *c)
{
    serve_high_level(c, L4_AREA, 4);
}

static void level_5_next(espy_rom_call *c)
{
    serve_high_level(c, L5_AREA, 5);
}

/* ---- levels and masks ---- */

/* Both return and take the whole PS. */
static void xtos_set_intlevel(espy_rom_call *c)
{
    uint32_t ps = sr(c, XT_PS);
    set_sr(c, XT_PS, (ps & ~XT_PS_INTLEVEL) | (espy_rom_arg(c, 0) & XT_PS_INTLEVEL));
    espy_rom_return(c, ps);
}

static void xtos_restore_intlevel(espy_rom_call *c)
{
    set_sr(c, XT_PS, espy_rom_arg(c, 0));
}

static void enable(espy_rom_call *c, uint32_t on, uint32_t off)
{
    uint32_t old = espy_rom_read32(c, ESPY_ROM_XTOS_ENABLED), enabled = (old | on) & ~off;
    espy_rom_write32(c, ESPY_ROM_XTOS_ENABLED, enabled);
    set_sr(c, XT_INTENABLE, enabled & espy_rom_read32(c, ESPY_ROM_XTOS_VPRI_ENABLED));
    espy_rom_return(c, old);
}

static void xtos_ints_on(espy_rom_call *c)
{
    enable(c, espy_rom_arg(c, 0), 0);
}

static void xtos_ints_off(espy_rom_call *c)
{
    enable(c, 0, espy_rom_arg(c, 0));
}

static void xtos_set_vpri(espy_rom_call *c)
{
    uint32_t old = espy_rom_read32(c, ESPY_ROM_XTOS_VPRI_ENABLED);
    set_priority(c, espy_rom_arg(c, 0));
    espy_rom_return(c, old);
}

/* Calls may nest. */
static void intr_lock(espy_rom_call *c)
{
    set_sr(c, XT_PS, (sr(c, XT_PS) & ~XT_PS_INTLEVEL) | 3);
    espy_rom_write32(c, ESPY_ROM_ETS_INTR_COUNT, espy_rom_read32(c, ESPY_ROM_ETS_INTR_COUNT) + 1);
}

static void intr_unlock(espy_rom_call *c)
{
    uint32_t count = espy_rom_read32(c, ESPY_ROM_ETS_INTR_COUNT) - 1;
    espy_rom_write32(c, ESPY_ROM_ETS_INTR_COUNT, count);
    if (count == 0)
        set_sr(c, XT_PS, sr(c, XT_PS) & ~XT_PS_INTLEVEL);
}

static void set_intclear(espy_rom_call *c)
{
    set_sr(c, XT_INTCLEAR, espy_rom_arg(c, 0));
}

static void get_interrupt(espy_rom_call *c)
{
    espy_rom_return(c, sr(c, XT_INTERRUPT));
}

static void get_ccount(espy_rom_call *c)
{
    espy_rom_return(c, sr(c, XT_CCOUNT));
}

static void get_ccompare(espy_rom_call *c)
{
    uint32_t n = espy_rom_arg(c, 0);
    espy_rom_return(c, n < 3 ? sr(c, XT_CCOMPARE + n) : 0);
}

static void set_ccompare(espy_rom_call *c)
{
    uint32_t n = espy_rom_arg(c, 0);
    if (n < 3)
        set_sr(c, XT_CCOMPARE + n, espy_rom_arg(c, 1));
}

/* ---- handlers ---- */

/* The old one, which is 0 where there was none. */
static uint32_t set_interrupt_handler(espy_rom_call *c, uint32_t n, uint32_t handler, uint32_t arg)
{
    if (n >= INTERRUPTS || n == INTERRUPT_NMI)
        return 0;
    uint32_t row = interrupt_row(ESPY_ROM_INTERRUPT_TABLE, n), old = espy_rom_read32(c, row);
    espy_rom_write32(c, row, handler != 0 ? handler : ESPY_ROM_UNHANDLED_INTERRUPT);
    espy_rom_write32(c, row + 4, handler != 0 ? arg : n);
    return old == ESPY_ROM_UNHANDLED_INTERRUPT ? 0 : old;
}

static void xtos_set_interrupt_handler(espy_rom_call *c)
{
    uint32_t n = espy_rom_arg(c, 0);
    espy_rom_return(c, set_interrupt_handler(c, n, espy_rom_arg(c, 1), n));
}

static void xtos_set_interrupt_handler_arg(espy_rom_call *c)
{
    espy_rom_return(c, set_interrupt_handler(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2)));
}

static void isr_attach(espy_rom_call *c)
{
    set_interrupt_handler(c, espy_rom_arg(c, 0), espy_rom_arg(c, 1), espy_rom_arg(c, 2));
}

static void isr_mask(espy_rom_call *c)
{
    uint32_t mask = espy_rom_arg(c, 0);
    enable(c, 0, mask);
    espy_rom_return(c, mask);
}

static void isr_unmask(espy_rom_call *c)
{
    uint32_t mask = espy_rom_arg(c, 0);
    enable(c, mask, 0);
    espy_rom_return(c, mask);
}

static void xtos_set_exception_handler(espy_rom_call *c)
{
    int32_t n = (int32_t)espy_rom_arg(c, 0);
    if (n >= EXCEPTIONS) {
        espy_rom_return(c, 0);
        return;
    }
    uint32_t handler = espy_rom_arg(c, 1), row = ESPY_ROM_C_HANDLER_TABLE + 4 * (uint32_t)n;
    uint32_t old = espy_rom_read32(c, row);
    bool none = handler == 0 || handler == ESPY_ROM_P_NONE;
    espy_rom_write32(c, ESPY_ROM_EXC_HANDLER_TABLE + 4 * (uint32_t)n,
                     none ? ESPY_ROM_UNHANDLED_EXCEPTION : ESPY_ROM_C_WRAPPER);
    espy_rom_write32(c, row, none ? ESPY_ROM_P_NONE : handler);
    espy_rom_return(c, old == ESPY_ROM_P_NONE ? 0 : old);
}

static void p_none(espy_rom_call *c)
{
    (void)c;
}

const espy_rom_function espy_rom_xtos_functions[] = {
    {"kernel exception vector", 0x40000300, stand_still, ESPY_ROM_NAKED, 0},
    {"user exception vector", 0x40000340, user_exception, ESPY_ROM_NAKED, 0},
    {"double exception vector", 0x400003c0, stand_still, ESPY_ROM_NAKED, 0},
    {"debug exception vector", 0x40000280, stand_still, ESPY_ROM_NAKED, 0},
    {"_xtos_alloca_handler", ESPY_ROM_ALLOCA, alloca_exception, ESPY_ROM_NAKED, 0},
    {"_xtos_syscall_handler", ESPY_ROM_SYSCALL, syscall_exception, ESPY_ROM_NAKED, 0},
    {"xtos_cause3_handler", ESPY_ROM_CAUSE3, c_exception, ESPY_ROM_NAKED, 0},
    {"xtos_c_wrapper_handler", ESPY_ROM_C_WRAPPER, c_exception, ESPY_ROM_NAKED, 0},
    {"xtos_c_wrapper_handler", EXCEPTION_NEXT, exception_done, ESPY_ROM_NAKED, 0},
    {"_xtos_l1int_handler", ESPY_ROM_L1INT, level_1, ESPY_ROM_NAKED, 0},
    {"_xtos_l1int_handler", L1INT_NEXT, level_1_next, ESPY_ROM_NAKED, 0},
    {"_Level2FromVector", ESPY_ROM_L2INT, level_2, ESPY_ROM_NAKED, 0},
    {"_Level2FromVector", L2INT_NEXT, level_2_next, ESPY_ROM_NAKED, 0},
    {"_Level3FromVector", ESPY_ROM_L3INT, level_3, ESPY_ROM_NAKED, 0},
    {"_Level3FromVector", L3INT_NEXT, level_3_next, ESPY_ROM_NAKED, 0},
    {"_Level4FromVector", ESPY_ROM_L4INT, level_4, ESPY_ROM_NAKED, 0},
    {"_Level4FromVector", L4INT_NEXT, level_4_next, ESPY_ROM_NAKED, 0},
    {"_Level5FromVector", ESPY_ROM_L5INT, level_5, ESPY_ROM_NAKED, 0},
    {"_Level5FromVector", L5INT_NEXT, level_5_next, ESPY_ROM_NAKED, 0},
    {"xtos_unhandled_exception", ESPY_ROM_UNHANDLED_EXCEPTION, stand_still, ESPY_ROM_NAKED, 0},
    {"xtos_unhandled_interrupt", ESPY_ROM_UNHANDLED_INTERRUPT, stand_still, ESPY_ROM_NAKED, 0},
    {"xtos_p_none", ESPY_ROM_P_NONE, p_none, ESPY_ROM_LEAF, 0},
    {"_xtos_set_intlevel", .run = xtos_set_intlevel},
    {"_xtos_restore_intlevel", .run = xtos_restore_intlevel},
    {"_xtos_ints_on", .run = xtos_ints_on},
    {"_xtos_ints_off", .run = xtos_ints_off},
    {"_xtos_set_vpri", .run = xtos_set_vpri},
    {"_xtos_set_interrupt_handler", .run = xtos_set_interrupt_handler},
    {"_xtos_set_interrupt_handler_arg", .run = xtos_set_interrupt_handler_arg},
    {"_xtos_set_exception_handler", .run = xtos_set_exception_handler},
    {"ets_isr_attach", .run = isr_attach},
    {"ets_isr_mask", .run = isr_mask},
    {"ets_isr_unmask", .run = isr_unmask},
    {"ets_intr_lock", .run = intr_lock},
    {"ets_intr_unlock", .run = intr_unlock},
    {"xthal_set_intclear", .run = set_intclear},
    {"xthal_get_interrupt", .run = get_interrupt},
    {"xthal_get_ccount", .run = get_ccount},
    {"xthal_get_ccompare", .run = get_ccompare},
    {"xthal_set_ccompare", .run = set_ccompare},
    {0},
};
