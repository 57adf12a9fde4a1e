/* SPDX-License-Identifier: MIT
 *
 * The built-in mask ROM: its image, and the way from a SIMCALL to the function.
 */
#include "builtin.h"

#include "../../base/bytes.h"

#include "data.h"

#include <stdlib.h>
#include <string.h>

/* Instructions.  Source: Xtensa ISA Reference Manual, "Instruction Descriptions". */
#define SIMCALL 0x005100u
#define RETW_N 0xf01du
#define ENTRY(frame) (0x000136u | (uint32_t)(frame) / 8 << 12) /* of a1 */
#define MOVI_N_A8_0 0x080cu
#define QUOU_A8_A8_A8 0xc28880u
#define L32I_N_A2_A2_0 0x0228u
#define S32I_N_A3_A2_0 0x0239u

enum {
    SIZE_ENTRY = 3,
    SIZE_SIMCALL = 3,
    CODE_SIZE = 0x58c00,    /* the rest of the image is data */
    RADIO_FROM = 0x40002a78 /* the ROM's table of calls lists the radio's functions last */
};

typedef struct rom_name {
    uint32_t call, code; /* the address in the table of calls, and where that leads */
    const char *name;
} rom_name;

static const rom_name names[] = {
#define ROM(call, code, name) {call, code, #name},
#include "names.inc"
#undef ROM
};
enum { NAMES = sizeof names / sizeof names[0] };

static const espy_rom_function *const tables[] = {
    espy_rom_string_functions,     espy_rom_stdlib_functions, espy_rom_libgcc_functions, espy_rom_float_functions,
    espy_rom_digest_functions,     espy_rom_print_functions,  espy_rom_uart_functions,   espy_rom_cache_functions,
    espy_rom_cache_mode_functions, espy_rom_mmu_functions,    espy_rom_flash_functions,  espy_rom_flash_init_functions,
    espy_rom_encrypt_functions,    espy_rom_spi_functions,    espy_rom_opi_functions,    espy_rom_chip_functions,
    espy_rom_pin_functions,        espy_rom_fuse_functions,   espy_rom_wdt_functions,    espy_rom_xtos_functions,
    espy_rom_boot_functions,       espy_rom_loader_functions, espy_rom_usb_functions,
};
enum { TABLES = sizeof tables / sizeof tables[0] };

/* A SIMCALL, and whose it is: a function's, or that of a name which has none.  No two are
 * in one word: functions are aligned, and their SIMCALLs are three bytes apart. */
struct espy_rom_place {
    uint32_t pc;
    const espy_rom_function *function; /* or NULL, and */
    const rom_name *name;
    bool first; /* the call begins here */
};

/* ---- the image ---- */

static uint8_t *put_insn(uint8_t *at, uint32_t insn, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(insn >> 8 * i);
    return at + size;
}

static void add_place(espy_builtin_rom *rom, uint32_t pc, const espy_rom_function *f, const rom_name *name, bool first)
{
    rom->places[rom->place_count++] = (espy_rom_place){pc, f, name, first};
    rom->place_at[(pc - ESPY_ROM_CODE_ADDR) / 4] = (uint16_t)rom->place_count;
}

static void put_function(espy_builtin_rom *rom, uint8_t *image, const espy_rom_function *f, uint32_t addr)
{
    uint8_t *at = image + (addr - ESPY_ROM_CODE_ADDR);
    if (f->kind == ESPY_ROM_NAKED) {
        put_insn(at, SIMCALL, SIZE_SIMCALL);
        add_place(rom, addr, f, NULL, true);
        return;
    }
    at = put_insn(at, ENTRY(espy_rom_frame_size(f)), SIZE_ENTRY);
    at = put_insn(at, SIMCALL, SIZE_SIMCALL);
    add_place(rom, addr + SIZE_ENTRY, f, NULL, true);
    if (f->kind == ESPY_ROM_STEPS) {
        at = put_insn(at, SIMCALL, SIZE_SIMCALL);
        add_place(rom, addr + SIZE_ENTRY + SIZE_SIMCALL, f, NULL, false);
    }
    put_insn(at, RETW_N, 2);
}

/* The mask ROM has code where the image would have nothing: whoever calls it is to be told. */
static void put_unknown_code(uint8_t *image)
{
    for (size_t at = 0; at < CODE_SIZE; at += 4)
        put_insn(image + at, SIMCALL, SIZE_SIMCALL);
}

static void put_traps(uint8_t *image)
{
    uint8_t *at = put_insn(image + (ESPY_ROM_DIVIDE_BY_ZERO - ESPY_ROM_CODE_ADDR), MOVI_N_A8_0, 2);
    put_insn(at, QUOU_A8_A8_A8, 3);
}

/* Accesses that the core itself is to make, since they may be none that it is allowed. */
static void put_access(uint8_t *image, uint32_t addr, uint32_t insn)
{
    uint8_t *at = put_insn(image + (addr - ESPY_ROM_CODE_ADDR), ENTRY(32), SIZE_ENTRY);
    at = put_insn(at, insn, 2);
    put_insn(at, RETW_N, 2);
}

static const rom_name *find_name(const char *text)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(names[i].name, text) == 0)
            return &names[i];
    return NULL;
}

uint32_t espy_rom_address(const char *text)
{
    const rom_name *n = find_name(text);
    return n != NULL ? n->call : 0;
}

static void put_missing(espy_builtin_rom *rom, uint8_t *image, const rom_name *n)
{
    const uint32_t addresses[] = {n->call, n->code};
    for (unsigned i = 0; i < 2; i++) {
        put_insn(image + (addresses[i] - ESPY_ROM_CODE_ADDR), SIMCALL, SIZE_SIMCALL);
        add_place(rom, addresses[i], NULL, n, true);
    }
}

static void put_table(espy_builtin_rom *rom, uint8_t *image, const espy_rom_function *f)
{
    for (; f->run != NULL; f++) {
        const rom_name *n = f->addr == 0 ? find_name(f->name) : NULL;
        if (n != NULL)
            put_function(rom, image, f, n->call);
        if (n != NULL || f->addr != 0)
            put_function(rom, image, f, n != NULL ? n->code : f->addr);
    }
}

static size_t count_functions(void)
{
    size_t n = 0;
    for (size_t t = 0; t < TABLES; t++)
        for (const espy_rom_function *f = tables[t]; f->run != NULL; f++)
            n++;
    return n;
}

espy_status espy_builtin_rom_init(espy_builtin_rom *rom, uint8_t *image, espy_bus *bus, espy_clock *clock,
                                  const espy_log *log, espy_err *err)
{
    *rom = (espy_builtin_rom){.bus = bus, .clock = clock, .log = log};
    rom->places = calloc(2 * NAMES + 4 * count_functions(), sizeof *rom->places);
    rom->place_at = calloc(ESPY_ROM_SIZE / 4, sizeof *rom->place_at);
    if (rom->places == NULL || rom->place_at == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the built-in mask ROM");
    memset(image, 0, ESPY_ROM_SIZE);
    put_unknown_code(image);
    espy_rom_put_data(image);
    for (size_t i = 0; i < NAMES; i++)
        put_missing(rom, image, &names[i]);
    put_traps(image);
    put_access(image, ESPY_ROM_LOAD, L32I_N_A2_A2_0);
    put_access(image, ESPY_ROM_STORE, S32I_N_A3_A2_0);
    for (size_t t = 0; t < TABLES; t++)
        put_table(rom, image, tables[t]);
    return ESPY_OK;
}

void espy_builtin_rom_free(espy_builtin_rom *rom)
{
    free(rom->places);
    free(rom->place_at);
    *rom = (espy_builtin_rom){0};
}

/* ---- calls ---- */

static void missing(espy_rom_call *c, const espy_rom_place *place)
{
    uint32_t from = espy_cpu_get_a(c->cpu, 4 * (espy_cpu_get_sr(c->cpu, 230) >> 16 & 3));
    from = (from & 0x3fffffff) | 0x40000000;
    if (place == NULL)
        espy_rom_fault(c, "the ROM's code at 0x%08x, called from 0x%08x, is not in the built-in ROM", c->pc, from);
    else if (place->name->call >= RADIO_FROM)
        espy_rom_fault_radio(
            c, "the firmware started the radio: %s (0x%08x), called from 0x%08x, is not in the built-in ROM",
            place->name->name, place->pc, from);
    else
        espy_rom_fault(c, "%s (0x%08x), called from 0x%08x, is not in the built-in ROM", place->name->name, place->pc,
                       from);
}

/* The core makes the access, behind the ENTRY of the function that is there for that. */
static void raise_denied(espy_rom_call *c)
{
    espy_cpu_set_a(c->cpu, 2, c->rom->denied_addr & ~3u);
    espy_cpu_set_pc(c->cpu, (c->rom->denied_store ? ESPY_ROM_STORE : ESPY_ROM_LOAD) + SIZE_ENTRY);
}

/* A step lives in the first word of the locals. */
static void run_function(espy_rom_call *c, bool first)
{
    if (c->function->kind == ESPY_ROM_STEPS && first) {
        espy_rom_set_local(c, 0, 0);
        c->pc += SIZE_SIMCALL;
        espy_cpu_set_pc(c->cpu, c->pc + SIZE_SIMCALL);
    } else if (c->function->kind == ESPY_ROM_STEPS) {
        c->step = espy_rom_local(c, 0);
    }
    c->rom->denied = false;
    c->function->run(c);
    if (c->rom->denied)
        raise_denied(c);
}

/* What is in the word of this address, or NULL. */
static const espy_rom_place *place_in_word(const espy_builtin_rom *rom, uint32_t addr)
{
    uint32_t offset = addr - ESPY_ROM_CODE_ADDR;
    unsigned n = offset < ESPY_ROM_SIZE ? rom->place_at[offset / 4] : 0;
    return n != 0 ? &rom->places[n - 1] : NULL;
}

static const espy_rom_place *find_place(const espy_builtin_rom *rom, uint32_t pc)
{
    const espy_rom_place *place = place_in_word(rom, pc);
    return place != NULL && place->pc == pc ? place : NULL;
}

const espy_rom_function *espy_builtin_rom_function(const espy_builtin_rom *rom, uint32_t addr)
{
    const espy_rom_place *place = place_in_word(rom, addr);
    return place != NULL ? place->function : NULL;
}

static void host_call(void *self, espy_cpu *cpu, uint32_t pc)
{
    espy_builtin_rom *rom = self;
    const espy_rom_place *place = find_place(rom, pc);
    espy_rom_call c = {.rom = rom, .cpu = cpu, .bus = rom->bus, .clock = rom->clock, .pc = pc};
    if (place == NULL || place->function == NULL) {
        missing(&c, place);
        return;
    }
    c.function = place->function;
    run_function(&c, place->first);
}

void espy_builtin_rom_attach(espy_builtin_rom *rom, espy_cpu *cpu)
{
    espy_cpu_set_host(cpu, host_call, rom);
}

void espy_builtin_rom_revive(espy_builtin_rom *rom)
{
    rom->fault = (espy_err){0};
}
