/* SPDX-License-Identifier: MIT
 *
 * The MMU's windows over the real chips' models, and the caches' handshakes as the
 * mask ROM's Cache_* functions make them.
 */
#include "../../../tests/support/memory_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { INVALID = 1 << 14, PSRAM = 1 << 15 };

static int setup(void **state)
{
    memory_bench *b = memory_bench_new(false, false, false);
    wr(b, SPI0 + 0x18, 1u << 31); /* SPI0: slow read of the flash, 24 bits of address */
    wr(b, SPI0 + 0x08, 0);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    memory_bench_free(*state);
    return 0;
}

static void enable_psram(memory_bench *b)
{
    wr(b, SPI0 + 0x40, 23 << 14); /* 03h and 02h on one line, which an APS1604M knows */
}

static void test_entries_start_invalid(void **state)
{
    memory_bench *b = *state;
    for (uint32_t n = 0; n < 512; n++)
        assert_int_equal(rd(b, MMU + n * 4), INVALID);
    assert_false(espy_bus_is_memory(&b->bus, IWIN));
    assert_false(espy_bus_is_memory(&b->bus, DWIN));
}

static void test_one_table_serves_both_windows(void **state)
{
    memory_bench *b = *state;
    memcpy(b->flash_bytes + 0x30000, "\x11\x22\x33\x44", 4);
    wr(b, MMU + 511 * 4, 3);
    assert_int_equal(rd(b, IWIN + 0x1ff0000), 0x44332211);
    assert_int_equal(rd(b, DWIN + 0x1ff0000), 0x44332211);
    wr(b, DWIN + 0x1ff0000, 0); /* flash is not written through the cache */
    assert_int_equal(rd(b, DWIN + 0x1ff0000), 0x44332211);
    wr(b, MMU + 511 * 4, INVALID);
    assert_false(espy_bus_is_memory(&b->bus, IWIN + 0x1ff0000));
}

static void test_pages_beyond_the_chip_wrap(void **state)
{
    memory_bench *b = *state;
    b->flash_bytes[0x20000] = 0x77;
    wr(b, MMU, 256 + 2); /* page 258 of 256 */
    assert_int_equal(rd(b, DWIN) & 0xff, 0x77);
}

static void test_psram_is_writable_in_both(void **state)
{
    memory_bench *b = *state;
    enable_psram(b);
    wr(b, MMU + 5 * 4, PSRAM | 1);
    wr(b, DWIN + 0x50010, 0xcafef00d);
    assert_int_equal(rd(b, IWIN + 0x50010), 0xcafef00d);
    assert_int_equal(b->ram_bytes[0x10010], 0x0d);
}

static void test_a_chip_that_does_not_answer(void **state)
{
    memory_bench *b = *state;
    b->flash_bytes[0] = 0x42;
    wr(b, MMU, 0);
    assert_int_equal(rd(b, DWIN) & 0xff, 0x42);
    wr(b, SPI0 + 0x08, 1 << 24 | 1 << 13); /* quad reads without QE */
    assert_int_equal(rd(b, DWIN), 0xffffffff);
    wr(b, SPI0 + 0x08, 0);
    assert_int_equal(rd(b, DWIN) & 0xff, 0x42);
}

static void count_changes(void *user, espy_mem *mem, size_t offset, size_t size)
{
    (void)mem, (void)offset, (void)size;
    (*(unsigned *)user)++;
}

/* Code decoded from flash is dropped when its sector is erased. */
static void test_erasing_drops_code(void **state)
{
    memory_bench *b = *state;
    unsigned changes = 0;
    b->bus.code_changed = count_changes;
    b->bus.code_user = &changes;
    wr(b, MMU, 0);
    espy_bus_mark_code(&b->bus, IWIN + 0x1000, 16);
    wr(b, SPI1, 1 << 30);
    wr(b, SPI1 + 0x04, 0x1000);
    wr(b, SPI1, 1 << 24);
    assert_int_equal(changes, 1);
}

/* Operations: enable, then poll for done. */
static void test_handshakes(void **state)
{
    memory_bench *b = *state;
    static const struct {
        uint32_t offset, enable, done;
    } operations[] = {{0x1c, 1, 4}, {0x1c, 2, 4}, {0x28, 1, 8}, {0x28, 2, 8}, {0x28, 4, 8},
                      {0x34, 1, 2}, {0x40, 1, 2}, {0x7c, 1, 4}, {0x88, 1, 2}, {0x94, 1, 2}};
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        wr(b, EXTMEM + operations[i].offset, operations[i].enable);
        assert_int_equal(rd(b, EXTMEM + operations[i].offset), operations[i].done);
    }
    wr(b, EXTMEM + 0xa0, 0);
    assert_int_equal(rd(b, EXTMEM + 0xa0), 8);
    for (uint32_t freeze = 0x150; freeze <= 0x154; freeze += 4) {
        wr(b, EXTMEM + freeze, 3);
        assert_int_equal(rd(b, EXTMEM + freeze), 7);
        wr(b, EXTMEM + freeze, 2);
        assert_int_equal(rd(b, EXTMEM + freeze), 2);
    }
    wr(b, EXTMEM + 0x130, 0);
    assert_int_equal(rd(b, EXTMEM + 0x130), 0x001001); /* both caches idle */
}

static void test_sync_interrupt(void **state)
{
    memory_bench *b = *state;
    b->extmem.irq[ESPY_EXTMEM_DCACHE_SYNC] = (espy_line){memory_bench_irq, b, 0};
    wr(b, EXTMEM + 0x144, 1 << 4);
    wr(b, EXTMEM + 0x28, 1);
    assert_int_equal(rd(b, EXTMEM + 0x144), 1 << 4 | 1 << 3);
    assert_true(b->irq);
    wr(b, EXTMEM + 0x144, 1 << 5 | 1 << 4);
    assert_int_equal(rd(b, EXTMEM + 0x144), 1 << 4);
    assert_false(b->irq);
}

static void test_reset(void **state)
{
    memory_bench *b = *state;
    wr(b, MMU, 0);
    espy_extmem_reset(&b->extmem, ESPY_RESET_CORE);
    assert_int_equal(rd(b, MMU), 0);
    espy_extmem_reset(&b->extmem, ESPY_RESET_CHIP);
    assert_int_equal(rd(b, MMU), INVALID);
    assert_false(espy_bus_is_memory(&b->bus, DWIN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries_start_invalid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_table_serves_both_windows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_beyond_the_chip_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_psram_is_writable_in_both, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_chip_that_does_not_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_erasing_drops_code, setup, teardown),
        cmocka_unit_test_setup_teardown(test_handshakes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sync_interrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
