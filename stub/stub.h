/* SPDX-License-Identifier: MIT
 *
 * What the stub's files know of each other.  The stub is one program without an
 * operating system: its state is global, and a command that cannot go on calls restart().
 */
#ifndef STUB_H
#define STUB_H

#include "../src/loader/stub_protocol.h"
#include "regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- start.S ---- */

struct rx {
    volatile uint32_t head; /* where the next byte goes */
    volatile uint32_t usb;  /* whether the last one came by USB */
};
struct fault {
    uint32_t cause_plus_1, addr;
};
struct tx {
    volatile uint32_t head, tail; /* bytes put in and taken out so far */
};
extern struct rx rx;
extern struct tx tx;
extern uint8_t ring[RING_SIZE], tx_ring[TX_SIZE];
extern struct fault faulted;

_Noreturn void restart(void);

/* ---- port.c: frames ---- */

/* The frame received last: header, then payload; u32s lie aligned. */
extern uint32_t frame[];
extern uint32_t payload_size;

static inline unsigned frame_op(void)
{
    return frame[0] & 0xff;
}
static inline uint32_t *payload(void)
{
    return frame + ESPY_STUB_HEADER / 4;
}

void port_set_up(void);
void port_baud(uint32_t baud);
/* Waits for the next whole frame; calls idle again and again meanwhile, which says
 * whether it has more to do. */
void receive(bool (*idle)(void));
/* A frame's beginning, content and end; the tag is that of the frame received last. */
void reply_begin(unsigned op, unsigned status);
void reply_word(uint32_t word);
void reply_bytes(const void *bytes, size_t n);
void reply_end(void);
/* Bytes of answers that wait for the wire; by USB none do. */
uint32_t backlog(void);
/* Ends a frame that cannot be finished: it has no CRC, so that nobody takes it. */
void reply_break(void);
/* All in one: status and n words. */
void reply(unsigned op, unsigned status, const uint32_t *words, size_t n);
/* In the ROM's format, without a CRC. */
void reply_sync(void);

/* Bytes of CRC-32 (IEEE 802.3): begins with 0xFFFFFFFF, ends with the complement. */
static inline uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
    extern uint32_t crc_table[256];
    return crc_table[(crc ^ byte) & 0xff] ^ crc >> 8;
}

/* ---- flash.c ---- */

#define SECTOR 4096u
#define BLOCK32 32768u
#define BLOCK64 65536u
#define PIECE 64u /* the most that SPI1 moves at a time */

extern bool flash_octal;

void flash_set_up(void);
uint32_t flash_id(void);
/* Whether an erase or a program still runs. */
bool flash_busy(void);
/* Until it does not; false where that takes longer than any flash may. */
bool flash_wait(void);
bool flash_hung(void);
/* Takes away the protection of blocks, where there is one; false as flash_wait(). */
bool flash_unlock(void);
/* These three leave the chip busy.  n is at most a piece, within a page. */
void flash_program(uint32_t addr, const uint32_t *words, unsigned n);
void flash_erase(uint32_t addr, uint32_t size);
/* Reads a piece; the chip must not be busy. */
void flash_read(uint32_t addr, uint32_t words[PIECE / 4]);
bool flash_blank(uint32_t addr, uint32_t size);

/* An (address, size) list walked by position. */
struct range {
    uint32_t addr, size;
};
struct cursor {
    const struct range *range;
    uint32_t at; /* in the range */
};
static inline uint32_t cursor_addr(const struct cursor *c)
{
    return c->range->addr + c->at;
}
void cursor_advance(struct cursor *c, uint32_t n);

/* Erasing by the largest blocks that pay, past what is blank. */
struct eraser {
    struct cursor at;
    uint32_t left;    /* bytes of the ranges still to be looked at */
    uint32_t unit;    /* bytes of the piece at work, within a block of 64 KiB; 0: none */
    uint16_t pending; /* its sectors that are not blank, by their number in the block */
    uint32_t erased;  /* bytes erased so far */
};
void eraser_begin(struct eraser *e, const struct range *ranges, uint32_t total);
/* Takes the next step where the chip is not busy.  What precedes e->left is clean when
 * the chip is no longer busy. */
void eraser_step(struct eraser *e);

/* ---- digest.c ---- */

void sha_set_up(void);
void sha_begin(void);
void sha_piece(const uint32_t words[16]);
/* digest: the first ESPY_STUB_DIGEST bytes; n: of all pieces */
void sha_end(uint32_t n, uint32_t digest[ESPY_STUB_DIGEST / 4]);
void serve_digests(void);

/* ---- inflate.c ---- */

#define WINDOW 32768u
extern uint8_t window[WINDOW];
/* Decodes a whole stream; false where it is broken.  What has been taken in beyond its
 * end is the next stream's, unless a new session begins. */
bool inflate(void);
void inflate_reset(void);

/* ---- session.c, read.c ---- */

/* The block at work, and how far it is used up. */
extern const uint8_t *in, *in_end;
/* Bytes put into the window so far. */
extern uint32_t written;

/* Waits for the next block. */
void take_block(void);
/* A piece of the window is complete. */
void piece_done(void);

static inline uint8_t next_byte(void)
{
    while (in == in_end)
        take_block();
    return *in++;
}
static inline void put_byte(uint8_t byte)
{
    window[written++ % WINDOW] = byte;
    if (written % PIECE == 0)
        piece_done();
}

/* Those of BEGIN to STATUS. */
void serve_session(void);
void read_set_up(void);
void serve_read(void);
void serve_erase(void);

/* ---- main.c ---- */

void set_up(void);
_Noreturn void serve(void);
/* Commands that may come at any time; false: the frame is none of them. */
bool serve_simple(void);
/* Leaves the frame received last to the main loop. */
_Noreturn void leave_to_main(void);

static inline uint32_t ccount(void)
{
    uint32_t value;
    __asm__ volatile("rsr.ccount %0" : "=a"(value));
    return value;
}
extern uint32_t cpu_mhz;
void delay_us(uint32_t us);

#endif
