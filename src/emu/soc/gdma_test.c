/* SPDX-License-Identifier: MIT
 *
 * Descriptor lists, from memory to a peripheral, back, and to memory.
 */
#include "gdma.h"

#include "../core/bench.h"

#include <stdlib.h>
#include <string.h>

enum { BASE = 0x6003f000, IN = BASE, OUT = BASE + 0x60, CHANNEL = 0xc0 };
enum {
    CONF0 = 0x00,
    CONF1 = 0x04,
    INT_RAW = 0x08,
    INT_ENA = 0x10,
    INT_CLR = 0x14,
    LINK = 0x20,
    EOF_DES = 0x28,
    PERI_SEL = 0x48
};
enum { DONE = 1, EOF_INT = 2, OUT_DSCR_ERR = 4, OUT_TOTAL_EOF = 8, IN_DSCR_ERR = 8, IN_DSCR_EMPTY = 16 };

#define OWNER (1u << 31)
#define SUC_EOF (1u << 30)

#define RAM 0x3fc88000u
#define RAM_SIZE 0x10000u
#define LIST (RAM + 0x100)
#define DATA (RAM + 0x2000)

typedef struct board {
    bench f;
    probe in_irq[ESPY_GDMA_CHANNELS], out_irq[ESPY_GDMA_CHANNELS];
    espy_mem mem;
    uint8_t ram[RAM_SIZE];
    espy_gdma gdma;
} board;

static int setup(void **state)
{
    board *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_open(&b->f);
    bench_map_ram(&b->f, &b->mem, b->ram, RAM, sizeof b->ram);
    espy_line in[ESPY_GDMA_CHANNELS], out[ESPY_GDMA_CHANNELS];
    for (unsigned n = 0; n < ESPY_GDMA_CHANNELS; n++) {
        in[n] = probe_line(&b->f, &b->in_irq[n]);
        out[n] = probe_line(&b->f, &b->out_irq[n]);
    }
    espy_gdma_init(&b->gdma, &b->f.soc, in, out);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    board *b = *state;
    espy_mem_free(&b->mem);
    bench_close(&b->f);
    free(b);
    return 0;
}

static void describe(board *b, uint32_t at, uint32_t dw0, uint32_t buffer, uint32_t next)
{
    wr(&b->f, at, dw0);
    wr(&b->f, at + 4, buffer);
    wr(&b->f, at + 8, next);
}

static void test_pull(void **state)
{
    board *b = *state;
    memcpy(b->ram + 0x2000, "hello, world", 12);
    describe(b, LIST, OWNER | 7 << 12 | 7, DATA, LIST + 12);
    describe(b, LIST + 12, OWNER | SUC_EOF | 5 << 12 | 5, DATA + 7, 0);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_AES);
    uint8_t got[16];
    assert_int_equal(espy_dma_pull(&port, got, 16), 0);
    wr(&b->f, OUT + 2 * CHANNEL + PERI_SEL, ESPY_GDMA_AES);
    wr(&b->f, OUT + 2 * CHANNEL + INT_ENA, EOF_INT);
    wr(&b->f, OUT + 2 * CHANNEL + LINK, 1u << 21 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_pull(&port, got, 9), 9);
    assert_memory_equal(got, "hello, wo", 9);
    assert_int_equal(rd(&b->f, OUT + 2 * CHANNEL + INT_RAW), DONE);
    assert_false(b->out_irq[2].level);
    assert_int_equal(espy_dma_pull(&port, got, 16), 3);
    assert_memory_equal(got, "rld", 3);
    assert_true(b->out_irq[2].level);
    assert_int_equal(rd(&b->f, OUT + 2 * CHANNEL + INT_RAW), DONE | EOF_INT | OUT_TOTAL_EOF);
    assert_int_equal(rd(&b->f, OUT + 2 * CHANNEL + EOF_DES), LIST + 12);
    wr(&b->f, OUT + 2 * CHANNEL + INT_CLR, 0xff);
    assert_false(b->out_irq[2].level);
    /* The list grows, and is taken up where it ended. */
    describe(b, LIST + 24, OWNER | SUC_EOF | 2 << 12 | 2, DATA, 0);
    wr(&b->f, LIST + 20, LIST + 24);
    wr(&b->f, OUT + 2 * CHANNEL + LINK, 1u << 22 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_pull(&port, got, 16), 2);
}

static void test_push(void **state)
{
    board *b = *state;
    describe(b, LIST, OWNER | 4, DATA, LIST + 12);
    describe(b, LIST + 12, OWNER | 8, DATA + 0x10, 0);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_AES);
    wr(&b->f, IN + PERI_SEL, ESPY_GDMA_AES);
    wr(&b->f, IN + LINK, 1u << 22 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_push(&port, (const uint8_t *)"abcdef", 6, true), 6);
    assert_memory_equal(b->ram + 0x2000, "abcd", 4);
    assert_memory_equal(b->ram + 0x2010, "ef", 2);
    assert_int_equal(rd(&b->f, LIST), 4 << 12 | 4); /* now the CPU's, with its length */
    assert_int_equal(rd(&b->f, LIST + 12), SUC_EOF | 2 << 12 | 8);
    assert_int_equal(rd(&b->f, IN + INT_RAW), DONE | EOF_INT);
    assert_int_equal(rd(&b->f, IN + EOF_DES), LIST + 12);
    assert_int_equal(espy_dma_push(&port, (const uint8_t *)"x", 1, false), 0);
    assert_int_equal(rd(&b->f, IN + LINK) >> 24 & 1, 1); /* parked */
}

static void test_push_runs_out_of_descriptors(void **state)
{
    board *b = *state;
    describe(b, LIST, OWNER | 4, DATA, 0);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_SPI2);
    wr(&b->f, IN + PERI_SEL, ESPY_GDMA_SPI2);
    wr(&b->f, IN + LINK, 1u << 22 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_push(&port, (const uint8_t *)"abcdef", 6, true), 4);
    assert_int_equal(rd(&b->f, IN + INT_RAW) & IN_DSCR_EMPTY, IN_DSCR_EMPTY);
}

static void test_owner_is_checked_if_asked(void **state)
{
    board *b = *state;
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_SHA);
    uint8_t got[4];
    describe(b, LIST, 4 << 12 | 4, DATA, 0);
    wr(&b->f, OUT + PERI_SEL, ESPY_GDMA_SHA);
    wr(&b->f, OUT + LINK, 1u << 21 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_pull(&port, got, 4), 4);
    wr(&b->f, OUT + CONF1, 1u << 12);
    wr(&b->f, OUT + LINK, 1u << 21 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_pull(&port, got, 4), 0);
    assert_int_equal(rd(&b->f, OUT + INT_RAW) & OUT_DSCR_ERR, OUT_DSCR_ERR);
}

static void test_memory_to_memory(void **state)
{
    board *b = *state;
    for (unsigned n = 0; n < 5000; n++)
        b->ram[0x2000 + n] = (uint8_t)(n * 13);
    describe(b, LIST, OWNER | 4000 << 12 | 4000, DATA, LIST + 12);
    describe(b, LIST + 12, OWNER | SUC_EOF | 1000 << 12 | 1000, DATA + 4000, 0);
    describe(b, LIST + 24, OWNER | 3000, DATA + 0x4000, LIST + 36);
    describe(b, LIST + 36, OWNER | 3000, DATA + 0x4000 + 3000, 0);
    wr(&b->f, IN + CONF0, 1 << 4);
    wr(&b->f, IN + INT_ENA, EOF_INT);
    wr(&b->f, OUT + LINK, 1u << 21 | (LIST & 0xfffff));
    wr(&b->f, IN + LINK, 1u << 22 | ((LIST + 24) & 0xfffff));
    assert_memory_equal(b->ram + 0x6000, b->ram + 0x2000, 5000);
    assert_true(b->in_irq[0].level);
    assert_int_equal(rd(&b->f, LIST + 36), SUC_EOF | 2000 << 12 | 3000);
}

/* A guest can tie its lists into knots; the controller must come back. */
static void test_endless_lists_end(void **state)
{
    board *b = *state;
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_SHA);
    uint8_t got[4];
    describe(b, LIST, OWNER, DATA, LIST); /* no bytes, and on to itself */
    wr(&b->f, OUT + PERI_SEL, ESPY_GDMA_SHA);
    wr(&b->f, OUT + LINK, 1u << 21 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_pull(&port, got, 4), 0);
    describe(b, LIST, OWNER | 16 << 12 | 16, DATA, LIST);
    describe(b, LIST + 12, OWNER | 16, DATA + 16, LIST + 12);
    wr(&b->f, IN + CONF0, 1 << 4);
    wr(&b->f, OUT + LINK, 1u << 21 | (LIST & 0xfffff));
    wr(&b->f, IN + LINK, 1u << 22 | ((LIST + 12) & 0xfffff));
    /* Descriptors that lie nowhere. */
    wr(&b->f, IN + CONF0, 1);
    wr(&b->f, IN + CONF0, 0);
    wr(&b->f, IN + PERI_SEL, ESPY_GDMA_SPI3);
    wr(&b->f, IN + LINK, 1u << 22);
    port = espy_gdma_port(&b->gdma, ESPY_GDMA_SPI3);
    assert_int_equal(espy_dma_push(&port, got, 4, false), 0);
    assert_int_equal(rd(&b->f, IN + INT_RAW) & IN_DSCR_ERR, IN_DSCR_ERR);
}

/* Bytes that DMA writes over decoded code must be noticed. */
static unsigned code_changes;

static void note_code(void *user, espy_mem *mem, size_t offset, size_t size)
{
    (void)user, (void)mem, (void)offset, (void)size;
    code_changes++;
}

static void test_code_under_dma(void **state)
{
    board *b = *state;
    b->f.bus.code_changed = note_code;
    espy_bus_mark_code(&b->f.bus, DATA, 64);
    describe(b, LIST, OWNER | 64, DATA, 0);
    espy_dma_port port = espy_gdma_port(&b->gdma, ESPY_GDMA_AES);
    wr(&b->f, IN + PERI_SEL, ESPY_GDMA_AES);
    wr(&b->f, IN + LINK, 1u << 22 | (LIST & 0xfffff));
    assert_int_equal(espy_dma_push(&port, (const uint8_t *)"abcdef", 6, true), 6);
    assert_memory_equal(b->ram + 0x2000, "abcdef", 6);
    assert_true(code_changes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pull, setup, teardown),
        cmocka_unit_test_setup_teardown(test_push, setup, teardown),
        cmocka_unit_test_setup_teardown(test_push_runs_out_of_descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owner_is_checked_if_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_to_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless_lists_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_code_under_dma, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
