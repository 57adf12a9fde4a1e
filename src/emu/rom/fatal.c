/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: what it prints of an exception that nobody handles, until the
 * firmware has handlers of its own; then it stands still and waits for a watchdog.
 *
 * Source: the mask ROM's texts and their order.
 */
#include "boot.h"
#include "xtos.h"

enum {
    CAUSE_FETCH_PROHIBITED = 20,
    SRAM_START = 0x3fc88010, /* a stack pointer is above this, ... */
    SRAM_SPAN = 0x77ff0,     /* ... and not further */
    CALLS_MAX = 100,
    REGISTERS = 24
};

/* Locals: how many calls were printed, and the one to be printed next. */
enum { COUNT = 4, RETURN = 8, SP = 12 };

enum {
    FATAL_BEGIN,
    FATAL_JTAG,
    FATAL_DUMP,
    FATAL_REGISTER,
    FATAL_BACKTRACE = FATAL_REGISTER + REGISTERS,
    FATAL_FIRST,
    FATAL_CALL,
    FATAL_END
};

static const struct {
    uint32_t name, offset;
} registers[REGISTERS] = {
    {ESPY_TEXT_REG_PC, FRAME_PC},       {ESPY_TEXT_REG_PS, FRAME_PS},          {ESPY_TEXT_REG_A0, FRAME_A0},
    {ESPY_TEXT_REG_A1, FRAME_A1},       {ESPY_TEXT_REG_A2, FRAME_A2},          {ESPY_TEXT_REG_A3, FRAME_A2 + 4},
    {ESPY_TEXT_REG_A4, FRAME_A2 + 8},   {ESPY_TEXT_REG_A5, FRAME_A2 + 12},     {ESPY_TEXT_REG_A6, FRAME_A6},
    {ESPY_TEXT_REG_A7, FRAME_A6 + 4},   {ESPY_TEXT_REG_A8, FRAME_A6 + 8},      {ESPY_TEXT_REG_A9, FRAME_A6 + 12},
    {ESPY_TEXT_REG_A10, FRAME_A6 + 16}, {ESPY_TEXT_REG_A11, FRAME_A6 + 20},    {ESPY_TEXT_REG_A12, FRAME_A6 + 24},
    {ESPY_TEXT_REG_A13, FRAME_A6 + 28}, {ESPY_TEXT_REG_A14, FRAME_A6 + 32},    {ESPY_TEXT_REG_A15, FRAME_A6 + 36},
    {ESPY_TEXT_REG_SAR, FRAME_SAR},     {ESPY_TEXT_REG_EXCCAUSE, FRAME_CAUSE}, {ESPY_TEXT_REG_EXCVADDR, FRAME_EXCVADDR},
    {ESPY_TEXT_REG_LBEG, FRAME_LBEG},   {ESPY_TEXT_REG_LEND, FRAME_LEND},      {ESPY_TEXT_REG_LCOUNT, FRAME_LCOUNT},
};

static uint32_t cause_name(uint32_t cause)
{
    switch (cause) {
    case 0: return ESPY_TEXT_CAUSE_ILLEGAL_INSTRUCTION;
    case 2: return ESPY_TEXT_CAUSE_INSTRUCTION_FETCH_ERROR;
    case 3: return ESPY_TEXT_CAUSE_LOAD_STORE_ERROR;
    case 8: return ESPY_TEXT_CAUSE_PRIVILEGED;
    case 9: return ESPY_TEXT_CAUSE_LOAD_STORE_ALIGNMENT;
    case 28: return ESPY_TEXT_CAUSE_LOAD_PROHIBITED;
    case 29: return ESPY_TEXT_CAUSE_STORE_PROHIBITED;
    default: return ESPY_TEXT_UNKNOWN;
    }
}

static uint32_t in_frame(const espy_rom_call *c, uint32_t offset)
{
    return espy_rom_read32(c, espy_rom_arg(c, 0) + offset);
}

/* A return address says how its caller's window lies where an address has its region. */
static uint32_t code_address(uint32_t value)
{
    return value >> 31 ? (value & 0x3fffffff) | 0x40000000 : value;
}

static void say_register(espy_rom_call *c, unsigned n)
{
    bool last = n % 4 == 3;
    espy_rom_say(c, last ? ESPY_TEXT_REGISTER_LAST : ESPY_TEXT_REGISTER, 2, registers[n].name,
                 in_frame(c, registers[n].offset));
}

static void end(espy_rom_call *c)
{
    espy_rom_say(espy_rom_then(c, FATAL_END), ESPY_TEXT_EMPTY_LINES, 0);
}

static void say_first(espy_rom_call *c)
{
    espy_rom_set_local(c, COUNT, 0);
    espy_rom_set_local(c, RETURN, in_frame(c, FRAME_A0));
    espy_rom_set_local(c, SP, in_frame(c, FRAME_A1));
    espy_rom_say(c, ESPY_TEXT_CALL, 2, code_address(in_frame(c, FRAME_PC)), in_frame(c, FRAME_A1));
}

/* Below each stack pointer are the a0 and a1 of the caller. */
static void say_call(espy_rom_call *c)
{
    uint32_t sp = espy_rom_local(c, SP), count = espy_rom_local(c, COUNT), from = espy_rom_local(c, RETURN);
    bool jumped_wild = count == 1 && espy_rom_arg(c, 1) == CAUSE_FETCH_PROHIBITED;
    if (count >= CALLS_MAX || sp - SRAM_START > SRAM_SPAN || sp % 16 != 0 ||
        (count > 0 && !jumped_wild && from <= 0x3fffffff)) {
        end(c);
        return;
    }
    uint32_t caller_sp = espy_rom_read32(c, sp - 12);
    espy_rom_set_local(c, COUNT, count + 1);
    espy_rom_set_local(c, RETURN, espy_rom_read32(c, sp - 16));
    espy_rom_set_local(c, SP, caller_sp);
    espy_rom_say(espy_rom_then(c, FATAL_CALL), ESPY_TEXT_CALL, 2, code_address(from - 3), caller_sp);
}

void espy_rom_fatal_exception(espy_rom_call *c)
{
    uint32_t core = espy_rom_core(c), cause = espy_rom_arg(c, 1);
    switch (c->step) {
    case FATAL_BEGIN: espy_rom_do(c, "ets_efuse_jtag_disabled", 0); break;
    case FATAL_JTAG:
        if (espy_rom_result(c) != 0)
            espy_rom_say(espy_rom_then(c, FATAL_END), ESPY_TEXT_PANIC, 1, core);
        else
            espy_rom_say(c, ESPY_TEXT_PANIC_CAUSE, 2, core, cause_name(cause));
        break;
    case FATAL_DUMP: espy_rom_say(c, ESPY_TEXT_DUMP, 1, core); break;
    case FATAL_BACKTRACE: espy_rom_say(c, ESPY_TEXT_BACKTRACE, 0); break;
    case FATAL_FIRST: say_first(c); break;
    case FATAL_CALL: say_call(c); break;
    default:
        if (c->step < FATAL_BACKTRACE)
            say_register(c, c->step - FATAL_REGISTER);
        else
            espy_rom_wait(c, FATAL_END, ESPY_NEVER - c->clock->now);
        break;
    }
}
