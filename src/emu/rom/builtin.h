/* SPDX-License-Identifier: MIT
 *
 * The built-in mask ROM as the machine sees it: an image of the ROM's 384 KiB, and
 * what runs when a core comes upon one of its SIMCALLs.
 */
#ifndef ESPY_EMU_ROM_BUILTIN_H
#define ESPY_EMU_ROM_BUILTIN_H

#include "native.h"
#include "rom.h"

/* Where code lies that divides by zero; the real ROM has a function of the radio there. */
#define ESPY_ROM_DIVIDE_BY_ZERO 0x40006440u
/* Functions of the guest's: uint32_t load(addr), and store(addr, value). */
#define ESPY_ROM_LOAD 0x40047ecau
#define ESPY_ROM_STORE 0x40047e9eu

typedef struct espy_rom_place espy_rom_place;

struct espy_builtin_rom {
    espy_bus *bus;
    espy_clock *clock;
    const espy_log *log;
    espy_rom_place *places; /* where SIMCALLs are */
    size_t place_count;
    uint16_t *place_at; /* for each word of the ROM 1 + the index of the place in it, or 0 */
    /* An access of the call under way that the core has to make, because it raises an exception. */
    bool denied, denied_store;
    uint32_t denied_addr;
    espy_err fault; /* what it could not do; status ESPY_OK if nothing */
    void (*stop)(void *self);
    void *stop_self;
};

/* Fills image[ESPY_ROM_SIZE].  stop is called, once, when there is a fault: the machine
 * is to run the cores no further. */
espy_status espy_builtin_rom_init(espy_builtin_rom *rom, uint8_t *image, espy_bus *bus, espy_clock *clock,
                                  const espy_log *log, espy_err *err);
void espy_builtin_rom_free(espy_builtin_rom *rom);
/* What a call of addr, in the table of calls or where that leads, runs; NULL if it would stop
 * the machine. */
const espy_rom_function *espy_builtin_rom_function(const espy_builtin_rom *rom, uint32_t addr);
/* Makes a core's SIMCALLs this ROM's business. */
void espy_builtin_rom_attach(espy_builtin_rom *rom, espy_cpu *cpu);
/* The board was reset: the fault is over. */
void espy_builtin_rom_revive(espy_builtin_rom *rom);

#endif
