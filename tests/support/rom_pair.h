/* SPDX-License-Identifier: MIT
 *
 * Two boards that differ in their mask ROM alone: the real one, and the one that is
 * built in.  A function of the ROM is called on both with the same arguments in the same
 * state, and whatever it left that is not the same fails the test, with its address and
 * both values.
 *
 *     static void copies(void **state)
 *     {
 *         rom_pair *pair = rom_pair_get(state);
 *         rom_pair_random(pair, ROM_PAIR_DATA, 4096);
 *         rom_pair_call(pair, "memcpy", 3, ROM_PAIR_DATA, ROM_PAIR_DATA + 1001, 17);
 *     }
 *     ... rom_pair_test(copies) among the tests of main()
 *
 * Both boards boot the real ROM, from a flash with a bootloader that does nothing; then
 * one is given the built-in ROM's image.  So both have the state that a bootloader finds,
 * and nothing rests on how the built-in ROM boots.  The watchdogs are off, no interrupt is
 * enabled, core 1 is in reset.
 *
 * Compared after each call: the result; a0 to a7 of the caller, its window and PS;
 * SCOMPARE1, THREADPTR, VECBASE and EXCSAVE (unless the boards were given vectors of their
 * own), INTENABLE, CPENABLE, MISC, CCOMPARE and the regions' attributes; what UART0 sent; and
 * the areas in rom_pair.compare.  Not compared: what the ABI leaves to the callee (a8 to a15
 * but the result, SAR, LBEG, LEND, LCOUNT, BR), the stack below the caller's pointer, and how
 * long it took: the faster board waits for the other.
 *
 * Each function fails the running cmocka test if it cannot do its work.
 */
#ifndef ESPY_TEST_ROM_PAIR_H
#define ESPY_TEST_ROM_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/emu/inspect.h"
#include "../../src/emu/rom/builtin.h"

/* Guest memory for the caller's use. */
#define ROM_PAIR_DATA 0x3fca0000u /* SRAM, ... */
#define ROM_PAIR_DATA_SIZE 0x10000u
#define ROM_PAIR_STACK 0x3fcb7f00u /* the caller's stack pointer; its stack begins at 0x3fcb0000 */
/* ... and after rom_pair_map_chips(), the chips from their offset 0 on. */
#define ROM_PAIR_FLASH 0x3c400000u /* 1 MiB, read only */
#define ROM_PAIR_PSRAM 0x3d000000u /* 1 MiB */
#define ROM_PAIR_CHIP_SIZE 0x100000u

enum { ROM_PAIR_REAL, ROM_PAIR_BUILTIN, ROM_PAIR_BOARDS };

/* What is compared. */
enum {
    ROM_PAIR_RAM = 1,    /* SRAM and RTC memory */
    ROM_PAIR_CHIPS = 2,  /* flash and PSRAM: takes milliseconds */
    ROM_PAIR_BLOCKS = 4, /* the peripherals' registers, but counters and those that reading changes */
    ROM_PAIR_ALL = 7
};

typedef struct rom_pair {
    unsigned compare;                  /* ROM_PAIR_ALL at first */
    uint64_t limit_us;                 /* virtual time that a call may take; 2,000,000 at first */
    uint32_t seed;                     /* of rom_pair_rand() and rom_pair_random() */
    uint32_t ps;                       /* the caller's; 0x40020 (WOE, UM) at first */
    char sent[8192];                   /* what UART0 sent during the last call */
    uint64_t took_us[ROM_PAIR_BOARDS]; /* virtual time that the last call took, to a ms */
    uint32_t vecbase[ROM_PAIR_BOARDS]; /* at first that of vectors which serve the window alone */
    /* The rest is rom_pair.c's. */
    espy_machine *machine[ROM_PAIR_BOARDS];
    espy_cpu *cpu[ROM_PAIR_BOARDS];
    espy_bus *bus[ROM_PAIR_BOARDS];
    espy_builtin_rom rom;
    char builtin_sent[8192];
    char calling[256];
    uint32_t code_end;
    unsigned differences;
} rom_pair;

/* model: as in espy_models, NULL for "n8r2"; with ",timing=real" behind it the UARTs and the
 * flash take their time.  The ROM is the file ESPY_ROM, or esp32s3_rev0_rom.elf in
 * ESPY_ROM_DIR or ../shared/rom; without one, says so and returns NULL.  Opening takes a tenth of a second. */
rom_pair *rom_pair_open(const char *model);
void rom_pair_close(rom_pair *pair);

/* A fresh pair for each test; rom_pair_get() skips the test where there is no ROM. */
#define rom_pair_test(function) cmocka_unit_test_setup_teardown(function, rom_pair_setup, rom_pair_teardown)
int rom_pair_setup(void **state);
int rom_pair_teardown(void **state);
rom_pair *rom_pair_get(void **state);

/* Calls a function by its name in names.inc, or any address, with up to 30 arguments of 32
 * bits; a 64-bit one takes two, of which the first is even.  Returns the real ROM's result. */
uint32_t rom_pair_call(rom_pair *pair, const char *name, unsigned argc, ...);
uint64_t rom_pair_call64(rom_pair *pair, const char *name, unsigned argc, ...);
/* One that returns nothing. */
void rom_pair_call_void(rom_pair *pair, const char *name, unsigned argc, ...);
/* A guest program of the test's own, called like a function; see rom_pair_code(). */
uint32_t rom_pair_call_at(rom_pair *pair, uint32_t addr, unsigned argc, ...);

/* One that ends in an exception, of the same cause and for the same word of memory; returns
 * the cause. */
uint32_t rom_pair_call_raises(rom_pair *pair, const char *name, unsigned argc, ...);
/* On the board with the built-in ROM alone: for what the real one does not survive. */
uint32_t rom_pair_call_builtin(rom_pair *pair, const char *name, unsigned argc, ...);

/* Puts a program or a callback into memory; its address for code, a multiple of 4.  Bytes
 * are made by `llvm-mc -triple=xtensa -mcpu=esp32` from the text beside them. */
uint32_t rom_pair_code(rom_pair *pair, const uint8_t *bytes, size_t n);

/* The same on both boards.  Memory can be any that is mapped; flash is written without its
 * commands.  Registers of peripherals take rom_pair_write32 alone. */
void rom_pair_write(rom_pair *pair, uint32_t addr, const void *bytes, size_t n);
void rom_pair_write32(rom_pair *pair, uint32_t addr, uint32_t value);
void rom_pair_fill(rom_pair *pair, uint32_t addr, uint8_t byte, size_t n);
void rom_pair_random(rom_pair *pair, uint32_t addr, size_t n);
/* From the board with the real ROM. */
void rom_pair_read(rom_pair *pair, uint32_t addr, void *bytes, size_t n);
uint32_t rom_pair_read32(rom_pair *pair, uint32_t addr);
/* A seeded number. */
uint32_t rom_pair_rand(rom_pair *pair);

/* Lets both boards wait; a UART sends, a chip finishes its work. */
void rom_pair_pass(rom_pair *pair, uint64_t us);
/* What UART0 of both receives. */
void rom_pair_receive(rom_pair *pair, const void *bytes, size_t n);
/* Flash and PSRAM at ROM_PAIR_FLASH and ROM_PAIR_PSRAM, whatever the MMU says, until it is written. */
void rom_pair_map_chips(rom_pair *pair);
/* Compares the areas in pair->compare now. */
void rom_pair_check(rom_pair *pair);

#endif
