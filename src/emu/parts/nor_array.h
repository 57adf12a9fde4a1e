/* SPDX-License-Identifier: MIT
 *
 * What all NOR flash has in common: an array whose bits can only be cleared, a
 * page at a time, and set, a block at a time; and the time that takes.
 *
 * Where time is not real, an operation is over when its transfer is.  Where it is, the
 * array changes at the end of the chip's busy time, before which nobody can look; and a
 * chip that loses its supply or is reset before that end has changed in part: each cell
 * with the probability that its time had come.
 */
#ifndef ESPY_EMU_PARTS_NOR_ARRAY_H
#define ESPY_EMU_PARTS_NOR_ARRAY_H

#include "../core/soc.h"

#define ESPY_NOR_PAGE_SIZE 256u

typedef struct espy_nor_array {
    espy_soc *soc;
    espy_mem *mem; /* the chip's contents, of exactly its size; the machine's */
    bool timing_real;
    espy_tick busy_until;
    /* What is under way, with timing real. */
    enum { ESPY_NOR_NOTHING, ESPY_NOR_ERASE, ESPY_NOR_PROGRAM } work;
    size_t offset, size;
    uint8_t page[ESPY_NOR_PAGE_SIZE]; /* PROGRAM: bits to clear are 0 */
    espy_tick since;
    espy_event end;
    /* Told after each erase or program what changed, so that the owner can keep
     * it; may be NULL.  Set by the owner after the part's init. */
    void (*changed)(void *user, size_t offset, size_t size);
    void *changed_user;
} espy_nor_array;

/* Completes what is over by now; to be called before a transfer is looked at. */
void espy_nor_array_settle(espy_nor_array *array);
/* The chip is reset, or loses its supply: what is under way stays half done. */
void espy_nor_array_cut(espy_nor_array *array);
bool espy_nor_array_busy(const espy_nor_array *array);
/* The chip is busy for us microseconds from now on. */
void espy_nor_array_work(espy_nor_array *array, uint64_t us);
/* Erases the aligned block of `size` bytes, a power of two, that holds addr. */
void espy_nor_array_erase(espy_nor_array *array, uint32_t addr, size_t size, uint64_t us);
/* Programs n bytes from addr on, wrapping at the end of the page; of more than a
 * page the last page's worth counts. */
void espy_nor_array_program(espy_nor_array *array, uint32_t addr, const uint8_t *bytes, size_t n, uint64_t us);

#endif
