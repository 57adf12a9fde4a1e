/* SPDX-License-Identifier: MIT
 *
 * A virtual ESP32-S3 board.
 *
 * The machine never owns the loop: espy_machine_run() executes a slice and says
 * why it stopped.  Nothing is shared between machines; any number may live in
 * one process, each on one thread at a time.
 */
#ifndef ESPY_MACHINE_H
#define ESPY_MACHINE_H

#include "espy/err.h"
#include "espy/link.h"
#include "espy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct espy_machine espy_machine;

typedef enum espy_bus_mode { ESPY_MODE_NONE, ESPY_MODE_QUAD, ESPY_MODE_OCTAL } espy_bus_mode;

/* A board model: a row of the table in DESIGN's "Models". */
typedef struct espy_model {
    const char *name;   /* "n16r8" */
    const char *module; /* "ESP32-S3-WROOM-1-N16R8" */
    uint32_t flash_size;
    espy_bus_mode flash_mode;
    uint32_t psram_size; /* 0: none */
    espy_bus_mode psram_mode;
} espy_model;

/* NULL-name-terminated table of all models, the default first. */
extern const espy_model espy_models[];
const espy_model *espy_model_find(const char *name);

typedef struct espy_machine_config {
    const espy_model *model; /* NULL: the default */
    const char *rom_path;    /* a mask ROM's ELF or 384 KiB binary; NULL: the built-in ROM */
    const char *flash_path;  /* keeps the flash in this file; NULL: a blank chip in memory */
    const char *efuse_path;  /* keeps the eFuses in this file, as espefuse --virt does; NULL: the module's own */
    bool timing_real;        /* UART bits and flash operations take their time */
    const espy_log *log;
} espy_machine_config;

espy_status espy_machine_new(espy_machine **machine, const espy_machine_config *config, espy_err *err);
void espy_machine_free(espy_machine *machine);

/* Why a slice ended. */
typedef enum espy_stop {
    ESPY_STOP_TIME,   /* the slice is over */
    ESPY_STOP_OUTPUT, /* the board has just sent bytes to the host, see espy_machine_uart_read() */
    ESPY_STOP_FAULT   /* the built-in ROM cannot do what the firmware asks, see espy_machine_fault() */
} espy_stop;

/* Runs for at most `us` microseconds of virtual time. */
espy_stop espy_machine_run(espy_machine *machine, uint64_t us);

/* What the built-in ROM could not do, with the name of the function and its caller, or
 * NULL.  Both cores stand still, while time goes on, until the board is next reset
 * by a line, a key or its power. */
const espy_err *espy_machine_fault(const espy_machine *machine);

uint64_t espy_machine_now_us(const espy_machine *machine);
/* For how long nothing will happen on the board unless somebody outside acts: both cores
 * sleep and no event is due; 0 while a core runs, UINT64_MAX where nothing is to come. */
uint64_t espy_machine_idle_us(const espy_machine *machine);
/* Guest instructions executed by both cores so far. */
uint64_t espy_machine_instructions(const espy_machine *machine);

/* UART0, the board's USB-to-serial bridge.  Bytes to the board are queued and
 * delivered as the guest's receiver takes them.  While EN is low nobody listens: what
 * is queued is lost, and so is what comes. */
espy_status espy_machine_uart_write(espy_machine *machine, const uint8_t *bytes, size_t n, espy_err *err);
/* How many of them the guest has not taken yet. */
size_t espy_machine_uart_pending(const espy_machine *machine);
/* Forgets those. */
void espy_machine_uart_purge(espy_machine *machine);
size_t espy_machine_uart_read(espy_machine *machine, uint8_t *bytes, size_t cap);
/* How many bytes there are to read. */
size_t espy_machine_uart_available(const espy_machine *machine);
void espy_machine_uart_baud(espy_machine *machine, uint32_t baud);

/* How the bridge frames characters, 8N1 at first; it expects the same of the board. */
typedef struct espy_uart_frame {
    uint8_t data_bits; /* 5 to 8 */
    bool parity, odd;
    uint8_t half_stops; /* 2, 3 or 4 half bits of stop */
} espy_uart_frame;

void espy_machine_uart_frame(espy_machine *machine, const espy_uart_frame *frame);
/* The bridge sends a break, a little longer than a character. */
void espy_machine_uart_break(espy_machine *machine);
/* The bridge's DTR and RTS, through the DevKitC's two-transistor auto-reset
 * circuit: true asserts (pin low).  RTS alone holds EN low, DTR alone GPIO0. */
void espy_machine_lines(espy_machine *machine, bool dtr, bool rts);
/* The board's two keys, each held while true: BOOT grounds GPIO0, RESET grounds EN. */
void espy_machine_keys(espy_machine *machine, bool boot, bool reset);
/* Takes the 3.3 V away, or gives them back: nothing but the flash keeps its contents, and
 * a sector that was being erased or a page that was being written is left half done. */
void espy_machine_power(espy_machine *machine, bool on);

/* The board's other socket, which is the chip's own USB: the USB Serial/JTAG controller, and a host at the cable
 * that opens its serial port (303A:1001) whenever it sees it.  The cable is out at first.  USB OTG, which shares
 * the socket, is not there: while firmware uses it the host sees nothing. */
void espy_machine_usb_plug(espy_machine *machine, bool plugged);
/* 0 while the host sees no port; else how many it has seen so far: another number means
 * that the port was gone meanwhile. */
unsigned espy_machine_usb_device(const espy_machine *machine);
/* Whether firmware has given the socket to USB OTG. */
bool espy_machine_usb_is_otg(const espy_machine *machine);
/* Like those of UART0.  While there is no port, what is written is lost, and lines do nothing.
 * RTS without DTR resets the chip's digital core; DTR without RTS, before that, makes the ROM's loader
 * what it starts, as the straps do (TRM, "CDC-ACM Settings with RTS and DTR"). */
espy_status espy_machine_usb_write(espy_machine *machine, const uint8_t *bytes, size_t n, espy_err *err);
size_t espy_machine_usb_pending(const espy_machine *machine);
size_t espy_machine_usb_read(espy_machine *machine, uint8_t *bytes, size_t cap);
size_t espy_machine_usb_available(const espy_machine *machine);
void espy_machine_usb_lines(espy_machine *machine, bool dtr, bool rts);

/* A link to UART0, or with the key port=usb to the USB Serial/JTAG controller, of a new machine, opened from
 * "MODEL[,key=value...]" (the part after "emu:"); the link owns the machine.  Time on the link is the machine's.
 * A port on USB that goes away fails with ESPY_E_IO from then on. */
espy_status espy_emu_link_open(espy_link **link, const char *spec, const espy_log *log, espy_err *err);
/* The machine behind such a link. */
espy_machine *espy_emu_link_machine(espy_link *link);

#endif
