/* SPDX-License-Identifier: MIT
 *
 * The built-in mask ROM: how a function of the ROM is done by the host.
 *
 * The image that the cores see has, at each address that the real ROM gives a
 * function, both in the table of calls and where that leads, a few instructions:
 *
 *     leaf:      entry a1, N;  simcall;           retw.n
 *     stepping:  entry a1, N;  simcall;  simcall;  retw.n
 *     naked:     simcall
 *
 * ENTRY and RETW are the guest's, so windows, interrupts and task switches need no
 * thought here; SIMCALL calls the host, which finds the arguments in a2 to a7.  A
 * leaf does all of its work at once, in no time.  A stepping function may also let
 * time pass (espy_rom_wait) and call the guest (espy_rom_guest), and is then called
 * anew, at its second SIMCALL, when that is over.  All that it remembers meanwhile is
 * in the guest: its step and its locals on its stack, its arguments in their
 * registers, as with compiled code, so that it may be interrupted, moved to the other
 * core, or abandoned by longjmp.  A naked function is no procedure: a vector.
 *
 * A function of the ROM that has no row anywhere stops the machine, by name.
 *
 *     static void ets_delay_us(espy_rom_call *c)           a stepping function
 *     {
 *         switch (c->step) {
 *         case 0: espy_rom_wait(c, 1, espy_rom_arg(c, 0) * ESPY_TICKS_PER_US); break;
 *         default: break;                                  done: returns
 *         }
 *     }
 *
 * Source: the ROM's prototypes in ESP-IDF, components/esp_rom/include/esp32s3/rom;
 * the windowed procedure call in the Xtensa ISA Reference Manual, chapter 8.
 */
#ifndef ESPY_EMU_ROM_NATIVE_H
#define ESPY_EMU_ROM_NATIVE_H

#include "../core/bus.h"
#include "../core/clock.h"
#include "../cpu/cpu.h"

typedef struct espy_builtin_rom espy_builtin_rom;
typedef struct espy_rom_call espy_rom_call;
typedef struct espy_rom_function espy_rom_function;

typedef enum espy_rom_kind { ESPY_ROM_LEAF, ESPY_ROM_STEPS, ESPY_ROM_NAKED } espy_rom_kind;

/* A row of a table of functions; tables end with a NULL run. */
struct espy_rom_function {
    const char *name;             /* as in names.inc, which knows the addresses; */
    uint32_t addr;                /* or 0 there and the address here */
    void (*run)(espy_rom_call *); /* does the work */
    espy_rom_kind kind;
    uint16_t locals; /* bytes of guest stack that a stepping function keeps beyond 12; a multiple of 16 */
};

/* A call under way.  Valid during the host call only. */
struct espy_rom_call {
    espy_builtin_rom *rom;
    const espy_rom_function *function;
    espy_cpu *cpu;
    espy_bus *bus;
    espy_clock *clock;
    uint32_t pc;   /* of the SIMCALL */
    uint32_t step; /* of a stepping function: 0 when it was just called */
};

/* Arguments 0 to 5 are in registers, those beyond on the caller's stack.  One of 64 bits
 * takes two, of which the first is even. */
uint32_t espy_rom_arg(const espy_rom_call *c, unsigned n);
uint64_t espy_rom_arg64(const espy_rom_call *c, unsigned n);
/* The result, for the caller's a10 (and a11). */
void espy_rom_return(espy_rom_call *c, uint32_t value);
void espy_rom_return64(espy_rom_call *c, uint64_t value);

/* Memory and registers, as a load or a store of the core would reach them, of 1, 2 or 4
 * bytes.  One that the core would raise an exception for reads as 0 or does nothing, and is
 * made by the core itself when the function is done, which raises it; espy_rom_denied()
 * tells that there was one, for loops that would go on for long. */
uint32_t espy_rom_get(const espy_rom_call *c, uint32_t addr, unsigned size);
void espy_rom_put(const espy_rom_call *c, uint32_t addr, uint32_t value, unsigned size);
bool espy_rom_denied(const espy_rom_call *c);
uint32_t espy_rom_read32(const espy_rom_call *c, uint32_t addr);
uint8_t espy_rom_read8(const espy_rom_call *c, uint32_t addr);
void espy_rom_write32(const espy_rom_call *c, uint32_t addr, uint32_t value);
void espy_rom_write8(const espy_rom_call *c, uint32_t addr, uint8_t value);
/* Changes the bits of mask to those of value. */
void espy_rom_update32(const espy_rom_call *c, uint32_t addr, uint32_t mask, uint32_t value);
/* Blocks of any length and alignment. */
void espy_rom_read(const espy_rom_call *c, uint32_t addr, void *bytes, size_t n);
void espy_rom_write(const espy_rom_call *c, uint32_t addr, const void *bytes, size_t n);
/* The host address of guest memory at addr, and in *n how many bytes are contiguous from
 * there (at most to the end of its page); NULL where there is none. */
const uint8_t *espy_rom_view(const espy_rom_call *c, uint32_t addr, size_t *n);
/* The same to change n bytes there, which must not reach into the next page; code that was
 * decoded from them is forgotten.  NULL where there is no memory, or it is read-only. */
uint8_t *espy_rom_edit(const espy_rom_call *c, uint32_t addr, size_t n);

/* The bytes that a function's ENTRY takes off the stack. */
unsigned espy_rom_frame_size(const espy_rom_function *f);
/* The word at byte `offset` of a stepping function's locals: 4, 8, ...; at 0 is its step. */
uint32_t espy_rom_local(const espy_rom_call *c, unsigned offset);
void espy_rom_set_local(const espy_rom_call *c, unsigned offset, uint32_t value);
uint32_t espy_rom_locals_addr(const espy_rom_call *c); /* of offset 4, for larger things */

/* Each of the following must be the last thing that a stepping or naked function does. */
/* Lets time pass, then goes on at `step`.  An interrupt may be served meanwhile. */
void espy_rom_wait(espy_rom_call *c, uint32_t step, espy_tick ticks);
/* Calls `to`, a guest's function or the ROM's own address of one, with up to six
 * arguments, then goes on at `step`, where espy_rom_result() is what it returned. */
void espy_rom_guest(espy_rom_call *c, uint32_t step, uint32_t to, unsigned argc, const uint32_t *args);
uint32_t espy_rom_result(const espy_rom_call *c);

/* What dividing by zero does: the exception, at an instruction of the ROM. */
void espy_rom_divide_by_zero(espy_rom_call *c);

/* The address in the ROM's table of calls of a named function; 0 if there is none. */
uint32_t espy_rom_address(const char *name);
/* 0 on the core that boots, 1 on the other. */
unsigned espy_rom_core(const espy_rom_call *c);

/* Stops the machine for good with this sentence; see espy_machine_fault(). */
void espy_rom_fault(espy_rom_call *c, const char *fmt, ...) ESPY_PRINTF(2, 3);
/* The same with another advice: no ROM helps. */
void espy_rom_fault_radio(espy_rom_call *c, const char *fmt, ...) ESPY_PRINTF(2, 3);

/* The tables. */
extern const espy_rom_function espy_rom_string_functions[];     /* string.c: newlib's mem*, str*, and kin */
extern const espy_rom_function espy_rom_stdlib_functions[];     /* stdlib.c: qsort, strtol, setjmp, locks */
extern const espy_rom_function espy_rom_libgcc_functions[];     /* libgcc.c: integers of 64 bits */
extern const espy_rom_function espy_rom_float_functions[];      /* libgcc_float.c: float, double, complex */
extern const espy_rom_function espy_rom_digest_functions[];     /* digest.c: CRC, MD5, SHA */
extern const espy_rom_function espy_rom_print_functions[];      /* print.c: ets_printf and what it prints to */
extern const espy_rom_function espy_rom_uart_functions[];       /* uart.c */
extern const espy_rom_function espy_rom_cache_functions[];      /* cache.c */
extern const espy_rom_function espy_rom_cache_mode_functions[]; /* cache_mode.c */
extern const espy_rom_function espy_rom_mmu_functions[];        /* cache_mmu.c */
extern const espy_rom_function espy_rom_flash_functions[];      /* spiflash.c */
extern const espy_rom_function espy_rom_flash_init_functions[]; /* spiflash_init.c */
extern const espy_rom_function espy_rom_encrypt_functions[];    /* spiflash_encrypt.c */
extern const espy_rom_function espy_rom_spi_functions[];        /* spi_command.c */
extern const espy_rom_function espy_rom_opi_functions[];        /* opiflash.c */
extern const espy_rom_function espy_rom_chip_functions[];       /* chip.c: clocks, resets, interrupt sources, regi2c */
extern const espy_rom_function espy_rom_pin_functions[];        /* pins.c: pads and the GPIO matrix */
extern const espy_rom_function espy_rom_fuse_functions[];       /* fuses.c */
extern const espy_rom_function espy_rom_wdt_functions[];        /* wdt.c: wdt_hal */
extern const espy_rom_function espy_rom_xtos_functions[];       /* xtos.c: vectors, interrupt levels and handlers */
extern const espy_rom_function espy_rom_boot_functions[];       /* boot.c: from reset to the bootloader */
extern const espy_rom_function espy_rom_loader_functions[];     /* download.c: the serial loader */
extern const espy_rom_function espy_rom_usb_functions[]; /* usb.c: what esp_restart hands to the USB of the ROM */

#endif
