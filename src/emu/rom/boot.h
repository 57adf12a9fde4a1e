/* SPDX-License-Identifier: MIT
 *
 * The built-in ROM: the parts of the boot path, each a function at the address that it
 * has in the mask ROM, and how they are written.
 *
 * A part is a list of steps.  A step does its work and then does one of: say or call
 * something, whereupon the next step follows; go on at another step; or nothing, and the
 * part returns.
 */
#ifndef ESPY_EMU_ROM_BOOT_H
#define ESPY_EMU_ROM_BOOT_H

#include "data.h"
#include "native.h"

typedef void espy_rom_step(espy_rom_call *c);

/* Runs the step that is due, of `count`.  Which it is comes from the guest's stack. */
void espy_rom_run_steps(espy_rom_call *c, espy_rom_step *const *steps, uint32_t count);
/* ets_printf of a text with up to four arguments. */
void espy_rom_say(espy_rom_call *c, uint32_t text, unsigned argc, ...);
/* A function by its name, with up to six arguments. */
void espy_rom_do(espy_rom_call *c, const char *name, unsigned argc, ...);
/* The same by its address. */
void espy_rom_do_at(espy_rom_call *c, uint32_t addr, unsigned argc, ...);
/* Instead of the next step, this one follows what is said or called next. */
espy_rom_call *espy_rom_then(espy_rom_call *c, uint32_t step);
/* The ROM gives up: "FILE LINE", and stands still until a watchdog bites. */
void espy_rom_give_up(espy_rom_call *c, uint32_t file, uint32_t line);

/* boot.c: restart(text) says the text and resets the chip */
#define ESPY_ROM_RESTART 0x40043ad4u
#define ESPY_ROM_UPDATE_PRINT_STATUS 0x40048b80u

/* fatal.c: ets_fatal_exception_handler(frame, cause) */
#define ESPY_ROM_FATAL_EXCEPTION 0x40050d50u
void espy_rom_fatal_exception(espy_rom_call *c);

/* image.c */
#define ESPY_ROM_LOADER_MAP_RANGE 0x400454acu
#define ESPY_ROM_CONFIG_FLASH 0x4004559cu
#define ESPY_ROM_PRINT_HASH 0x400453bcu
#define ESPY_ROM_RUN_FLASH_BOOTLOADER 0x4004578cu
void espy_rom_loader_map_range(espy_rom_call *c);
void espy_rom_config_flash(espy_rom_call *c);
void espy_rom_print_hash(espy_rom_call *c);
void espy_rom_run_flash_bootloader(espy_rom_call *c);
/* Bytes of locals of the last. */
#define ESPY_ROM_RUN_FLASH_LOCALS 320

#endif
